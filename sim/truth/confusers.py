"""Confusers: fires, exercises, blasts and traffic, which happen whether or not anybody breaks the truce.

A mediator sees the same fire fool two kinds of evidence at once; a false alarm of one sensor never does that.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.area.line import Cells
from sim.foundation.streams import F64, I64, Streams
from sim.records import Acts
from sim.scenario.conduct import Conduct
from sim.scenario.hidden import Confuser
from sim.truth.acts import HOUR_US, normal
from sim.truth.blocks import Block, by_party, drawn

_DAY_US = 86_400_000_000
_COLUMNS = 8
_HOUR, _CELL, _WITHIN, _DURATION, _TRACE, _DEPTH, _NOTIFIED, _AUTHOR = range(_COLUMNS)


class Confusers(NamedTuple):
    """Events that are no violations, sorted by (onset, id); `kind` is the row of `conduct.confusers`."""

    acts: Acts
    notified: NDArray[np.bool_]


def confusers_of(conduct: Conduct, cells: Cells, streams: Streams, *, days: int, months: tuple[I64, I64],
                 local_start_h: float) -> Confusers:
    """Draw the confusers of a run, Poisson at the rate of the month in which each day has its noon."""
    items = conduct.confusers
    noon = np.arange(days) * _DAY_US + _DAY_US // 2
    month = months[1][np.searchsorted(months[0], noon, side="right") - 1]
    sources = [source for row, how in enumerate(items) if len(_where(how, cells)) for source in
               by_party(row, how.id, (conduct.key_a, conduct.key_b), how.side_a_share, np.array(how.per_day)[month])]
    found = drawn("confuser", sources, streams, columns=_COLUMNS)
    acts = _acts(items, cells, found, local_start_h)
    notified = found.draws[:, _NOTIFIED] < _column(items, "notified_share")[found.row]
    order = np.lexsort((acts.id, acts.onset_us))
    return Confusers(Acts._make(column[order] for column in acts), notified[order])


def _where(how: Confuser, cells: Cells) -> I64:
    """Cells in which a confuser can happen."""
    return np.flatnonzero(cells.sea == how.at_sea)


def _column(items: tuple[Confuser, ...], name: str) -> F64:
    return np.array([getattr(how, name) for how in items], dtype=np.float64)


def _acts(items: tuple[Confuser, ...], cells: Cells, found: Block, local_start_h: float) -> Acts:
    """Place, time, duration and side of each confuser from its draws."""
    of = {name: _column(items, name)[found.row] for name in
          ("from_hour_h", "to_hour_h", "duration_median_h", "duration_log_sd", "trace_median_h", "trace_log_sd",
           "depth_median_km", "depth_log_sd", "unattributed_share")}
    luck = found.draws
    local = of["from_hour_h"] + luck[:, _HOUR] * (of["to_hour_h"] - of["from_hour_h"])
    onset = found.day * _DAY_US + ((local - local_start_h) % 24 * HOUR_US).astype(np.int64)
    lasts = of["duration_median_h"] * np.exp(of["duration_log_sd"] * normal(luck[:, _DURATION]))
    end = onset + np.maximum((lasts * HOUR_US).astype(np.int64), 1)
    after = of["trace_median_h"] * np.exp(of["trace_log_sd"] * normal(luck[:, _TRACE]))
    cell = np.zeros(len(found.id), dtype=np.int64)
    for row, how in enumerate(items):
        mine, there = found.row == row, _where(how, cells)
        if len(there):
            cell[mine] = there[np.minimum((luck[mine, _CELL] * len(there)).astype(np.int64), len(there) - 1)]
    km = cells.km[cell] + (luck[:, _WITHIN] - 0.5) * cells.size_km[cell]
    off = np.where(cells.sea[cell], 0.0, of["depth_median_km"] * np.exp(of["depth_log_sd"] * normal(luck[:, _DEPTH])))
    depth = np.where(found.side == 1, off, -off)
    return Acts(found.id, found.row, found.side, cell, km, depth, depth, onset, end, end + (after * HOUR_US).astype(np.int64),
                np.ones(len(cell), dtype=np.int64), luck[:, _AUTHOR] < of["unattributed_share"], np.ones(len(cell), dtype=bool))
