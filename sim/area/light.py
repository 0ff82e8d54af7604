"""Daylight in each sector: when the sun rises and sets, for every day of a run.

A mediator sees here why a winter fortnight holds half the daylight of a summer one, and what that costs a camera.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.area.line import Cells
from sim.foundation.sky_mechanics import sun_elevation_deg
from sim.foundation.streams import F64, I64

HORIZON_DEG = -0.833
"""Elevation of the sun's centre at sunrise: refraction and half the disc (NOAA convention)."""
_STEP_US = 300_000_000


class Light(NamedTuple):
    """Sunrises and sunsets of every sector in time order, one array for all sectors."""

    edges_us: I64
    """Sector × horizon + time of each crossing, ascending, so that one search serves all sectors."""
    lit_after: NDArray[np.bool_]
    span_us: int


def light_of(cells: Cells, *, start_unix_s: float, horizon_us: int) -> Light:
    """Find all sunrises and sunsets by interpolation on a 5-minute grid (within 2 s of the elevation law)."""
    grid = np.arange(-_STEP_US, horizon_us + 2 * _STEP_US, _STEP_US, dtype=np.int64)
    span = horizon_us + 4 * _STEP_US
    edges, after = [], []
    for sector in range(len(cells.sectors)):
        mine = cells.sector == sector
        high = sun_elevation_deg(start_unix_s + grid / 1e6, float(cells.lat_deg[mine].mean()),
                                 float(cells.lon_deg[mine].mean())) - HORIZON_DEG
        turn = np.flatnonzero((high[:-1] > 0) != (high[1:] > 0))
        share = high[turn] / (high[turn] - high[turn + 1])
        crossing = grid[turn] + (share * _STEP_US).astype(np.int64)
        edges.append(np.concatenate(([0], np.maximum(crossing, 1))) + sector * span)
        after.append(np.concatenate(([high[0] > 0], high[turn + 1] > 0)))
    return Light(np.concatenate(edges), np.concatenate(after), span)


def lit(light: Light, sector: I64, time_us: I64) -> NDArray[np.bool_]:
    """Is the sun up in each sector at each time?"""
    where = np.searchsorted(light.edges_us, sector * light.span_us + np.maximum(time_us, 0), side="right") - 1
    return light.lit_after[where]


def daylight_share(light: Light, sectors: int, *, horizon_us: int) -> F64:
    """Share of a horizon that is daylight, by sector."""
    times = np.arange(0, horizon_us, _STEP_US, dtype=np.int64)
    return np.array([lit(light, np.full(len(times), s), times).mean() for s in range(sectors)])
