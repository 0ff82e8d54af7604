"""What anybody can know of the looks to come: published orbits, daylight, and the sky as it is now.

A mediator should assume that parties read the same almanacs; drones, posts and teams are not in them, nor is tomorrow's weather.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.area.light import Light, lit
from sim.area.line import Cells
from sim.area.weather import Sky, clouded
from sim.foundation.streams import F64, I64
from sim.monitoring.satellites import Passes
from sim.scenario.monitoring import Means, Monitoring

_HOUR_US = 3_600_000_000


class Published(NamedTuple):
    """Passes of satellites over each cell in each hour of the run that light allows, shape (cells, hours)."""

    any_sky: I64
    """By means that see through cloud."""
    clear_sky: I64
    """By means that cloud stops."""
    sector: I64


def published_of(monitoring: Monitoring, passes: Sequence[Passes], cells: Cells, light: Light, *, horizon_us: int) -> Published:
    """Count the passes of all families, whether or not anybody orders a scene."""
    means = {one.id: one for one in monitoring.means}
    hours = -(-horizon_us // _HOUR_US)
    counts = np.zeros((2, len(cells.km), hours), dtype=np.int64)
    for family, own in zip(monitoring.satellites, passes, strict=True):
        what = means[family.means]
        rows = np.flatnonzero((own.time_us >= 0) & (own.time_us < horizon_us))
        rows = rows[_lighted(what, light, cells.sector[own.cell[rows]], own.time_us[rows])]
        np.add.at(counts[int(what.stopped_by_cloud)], (own.cell[rows], own.time_us[rows] // _HOUR_US), 1)
    return Published(counts[0], counts[1], cells.sector)


def _lighted(means: Means, light: Light, sector: I64, time_us: I64) -> I64:
    """Rows at which a means has the light, or the dark, that it needs."""
    day = lit(light, sector, time_us)
    return np.flatnonzero(~(means.needs_light & ~day) & ~(means.needs_dark & day))


def expected_looks(published: Published, sky: Sky, cells: Sequence[int], first: int, last: int, *, now: int) -> F64:
    """Looks to expect at some cells in some hours, if the sky stays as it is now; shape (cells, hours)."""
    rows = np.asarray(cells, dtype=np.int64)
    clear = ~clouded(sky, published.sector[rows], np.full(len(rows), now, dtype=np.int64))
    return (published.any_sky[rows, first:last] + clear[:, None] * published.clear_sky[rows, first:last]).astype(np.float64)
