"""Coverage: looks due, made and lost by reason, for each sector, day and means; and the gaps between looks.

A mediator reads here where and when nobody was looking, and why.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.area.line import Cells
from sim.foundation.scan import STARE
from sim.foundation.streams import F64, I64
from sim.monitoring.looks import MADE, REASONS, Looks

_DAY_US = 86_400_000_000


class Coverage(NamedTuple):
    """Counts of looks, shape (sectors, days, means, reasons), and gap figures by cell."""

    counts: I64
    seen_share: F64
    """Share of cell-days with at least one look, by sector."""
    gap_mean_h: F64
    gap_max_h: F64
    gap_square_h2: F64
    """Sum of squared gaps of each cell, ends of the horizon included."""


def coverage_of(looks: Looks, cells: Cells, *, days: int, means: int, bin_us: int) -> Coverage:
    """Count looks by sector, day, means and reason (a stare counts once a bin), and measure gaps by cell."""
    horizon = days * _DAY_US
    inside = looks.start_us < horizon
    day = np.minimum(looks.start_us[inside] // _DAY_US, days - 1)
    place = (cells.sector[looks.cell[inside]] * days + day) * means + looks.means[inside]
    flat = place * len(REASONS) + looks.lost[inside]
    staring = np.where(looks.law[inside] == STARE, -(-(looks.end_us[inside] - looks.start_us[inside]) // bin_us), 1)
    counts = np.bincount(flat, weights=staring, minlength=len(cells.sectors) * days * means * len(REASONS))
    shape = (len(cells.sectors), days, means, len(REASONS))
    made = np.flatnonzero(inside & (looks.lost == MADE))
    return Coverage(counts.reshape(shape).astype(np.int64), _seen_share(looks, made, cells, days),
                    *_gaps(looks, made, cells, horizon))


def _seen_share(looks: Looks, made: I64, cells: Cells, days: int) -> F64:
    """Share of cell-days with at least one look, by sector."""
    seen = np.zeros((len(cells.km), days), dtype=bool)
    seen[looks.cell[made], np.minimum(looks.start_us[made] // _DAY_US, days - 1)] = True
    return np.array([seen[cells.sector == s].mean() for s in range(len(cells.sectors))])


def _gaps(looks: Looks, made: I64, cells: Cells, horizon: int) -> tuple[F64, F64, F64]:
    """Mean and largest gap between looks at each cell, and the sum of squared gaps, in hours, with the ends counted."""
    n = len(cells.km)
    # Looks stand in order of cell and start: each cell's own follow its begin and precede its end.
    at = np.searchsorted(looks.cell[made], np.arange(n + 1))
    begin, bounds = np.repeat(at[:-1], 2), np.tile([0, horizon], n)
    begin[1::2] = at[1:]
    cell = np.insert(looks.cell[made], begin, np.repeat(np.arange(n), 2))
    start = np.insert(looks.start_us[made], begin, bounds)
    end = np.insert(np.minimum(looks.end_us[made], horizon), begin, bounds)
    span = horizon + _DAY_US
    reached = np.maximum.accumulate(end + cell * span) - cell * span
    gap = np.where(cell[1:] == cell[:-1], np.maximum(start[1:] - reached[:-1], 0), 0) / 3.6e9
    open_ = gap > 0
    count = np.maximum(np.bincount(cell[1:][open_], minlength=n), 1)
    largest = np.zeros(n)
    np.maximum.at(largest, cell[1:], gap)
    total = np.bincount(cell[1:], weights=gap, minlength=n)
    return total / count, largest, np.asarray(np.bincount(cell[1:], weights=gap**2, minlength=n), dtype=np.float64)
