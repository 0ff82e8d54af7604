"""Complaints: what each party alleges of the other, late, misplaced, of the wrong kind, or with nothing behind it.

A mediator sees how a flood of allegations works: it verifies nothing, and it costs the mission its time.
"""
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.area.line import Cells, cell_of_km, line_edges
from sim.foundation.streams import F64, I64, U64, Streams, mix_name, uniform
from sim.records import Acts, Filed
from sim.scenario.agreement import Agreement
from sim.scenario.conduct import Conduct
from sim.scenario.hidden import Complaints
from sim.truth.acts import HOUR_US, normal
from sim.truth.blocks import Source, drawn
from sim.truth.violations import hot_spots

_DAY_US = 86_400_000_000
_COLUMNS = 4
_HOUR, _KIND, _CELL, _WITHIN = range(_COLUMNS)
_QUARTILE = 0.6744897501960817
"""Standard deviation one has half of its normal values within this."""


def filed_of(conduct: Conduct, agreement: Agreement, acts: Acts, staged: Acts, cells: Cells, streams: Streams, *,
             days: int) -> Filed:
    """Complaints of all parties: of a share of what each suffered, of all that it staged, and of what never was."""
    parts = []
    for row, how in enumerate(conduct.complaints):
        by = 0 if how.side == "A" else 1
        suffered = np.flatnonzero(acts.happens & (acts.side == 1 - by))
        suffered = suffered[_luck(acts.id[suffered], "filed") < how.filed_share]
        own = np.flatnonzero(staged.side == by)
        parts.append(_of_acts(how, row, acts, suffered, agreement, cells, behind=suffered))
        parts.append(_of_acts(how, row, staged, own, agreement, cells, behind=np.full(len(own), -1)))
        parts.append(_untrue(how, row, by, conduct, agreement, cells, streams, days))
    whole = Filed._make(np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((whole.id, whole.told_us))
    order = order[whole.told_us[order] < days * _DAY_US]
    return Filed._make(column[order] for column in whole)


def _luck(ids: U64, purpose: str) -> F64:
    return uniform(mix_name(ids, purpose)) if len(ids) else np.zeros(0)


def _of_acts(how: Complaints, row: int, acts: Acts, which: I64, agreement: Agreement, cells: Cells, *, behind: I64) -> Filed:
    """Complaints of acts, each with the errors of its own id."""
    ids = mix_name(acts.id[which], "complaint") if len(which) else acts.id[:0]
    cell, km = _misplaced(how, cells, acts.cell[which], acts.km[which], ids)
    kind = _kinds(how, agreement, acts.kind[which], ids)
    return Filed(ids, np.full(len(ids), row), 1 - np.full(len(ids), 0 if how.side == "A" else 1), behind, kind, cell, km,
                 acts.onset_us[which], acts.onset_us[which] + _delay_us(how, ids))


def _delay_us(how: Complaints, ids: U64) -> I64:
    """Time from the act, as alleged, to the complaint: lognormal."""
    hours = how.delay_median_h * np.exp(how.delay_log_sd * normal(_luck(ids, "delay")))
    return np.maximum((hours * HOUR_US).astype(np.int64), 1)


def _misplaced(how: Complaints, cells: Cells, cell: I64, km: F64, ids: U64) -> tuple[I64, F64]:
    """Place as alleged: normal about the true one, within the line; acts at sea stay in their cell."""
    there = np.clip(km + normal(_luck(ids, "place")) * how.place_error_km / _QUARTILE, 0.0, cells.line_km)
    edges = line_edges(cells)
    on_land = np.array([cell_of_km(edges, place) for place in there.tolist()], dtype=np.int64)
    sea: NDArray[np.bool_] = cells.sea[cell]
    return np.where(sea, cell, on_land), np.where(sea, km, there)


def _kinds(how: Complaints, agreement: Agreement, kind: I64, ids: U64) -> I64:
    """Kind as alleged: for a share another one, any of those on the same ground."""
    at_sea = np.array([term.domain == "sea" for term in agreement.kinds], dtype=bool)
    wrong = np.flatnonzero(_luck(ids, "wrong kind") < how.wrong_kind_share)
    alleged, luck = kind.copy(), _luck(ids, "kind")
    for row in wrong.tolist():
        others = np.flatnonzero(at_sea == at_sea[kind[row]])
        others = others[others != kind[row]]
        if len(others):
            alleged[row] = others[min(int(luck[row] * len(others)), len(others) - 1)]
    return alleged


def _untrue(how: Complaints, row: int, by: int, conduct: Conduct, agreement: Agreement, cells: Cells, streams: Streams,
            days: int) -> Filed:
    """Complaints with nothing behind them: of the usual kinds, where fighting is known to be, at any hour."""
    party = conduct.key_a if by == 0 else conduct.key_b
    found = drawn("untrue", [Source(row, by, (how.id, party), np.full(days, how.untrue_per_day))], streams, columns=_COLUMNS)
    names = [kind.id for kind in agreement.kinds]
    usual = np.zeros(len(names))
    usual[[names.index(kind.id) for kind in conduct.kinds]] = [kind.incidents_per_day for kind in conduct.kinds]
    steps = np.cumsum(usual if usual.sum() > 0 else np.ones(len(names)))
    kind = np.searchsorted(steps, found.draws[:, _KIND] * steps[-1], side="right").clip(0, len(names) - 1)
    cell = np.searchsorted(hot_spots(conduct, cells, streams), found.draws[:, _CELL], side="right")
    cell = cell.clip(0, max(int((~cells.sea).sum()) - 1, 0))
    sea = np.flatnonzero(cells.sea)
    at_sea = np.array([term.domain == "sea" for term in agreement.kinds], dtype=bool)[kind]
    if len(sea):
        cell = np.where(at_sea, sea[np.minimum((found.draws[:, _CELL] * len(sea)).astype(np.int64), len(sea) - 1)], cell)
    km = cells.km[cell] + (found.draws[:, _WITHIN] - 0.5) * cells.size_km[cell]
    onset = found.day * _DAY_US + (found.draws[:, _HOUR] * _DAY_US).astype(np.int64)
    return Filed(found.id, found.row, 1 - found.side, np.full(len(cell), -1), kind.astype(np.int64), cell, km, onset,
                 onset + _delay_us(how, found.id))


def none_filed() -> Filed:
    """No complaints."""
    whole = np.zeros(0, dtype=np.int64)
    return Filed(whole.astype(np.uint64), whole, whole, whole, whole, whole, np.zeros(0), whole, whole)
