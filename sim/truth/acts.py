"""Acts in full: from an identity, an instant and ten draws to duration, trace, depth, counts and author, by the law of the kind.

A mediator finds here the one place where what a kind of violation looks like is worked out, for first acts and replies alike.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.area.line import Cells
from sim.foundation.streams import F64, I64, U64
from sim.records import Acts
from sim.scenario.agreement import Agreement
from sim.scenario.conduct import Conduct

HOUR_US = 3_600_000_000.0
DRAWS = 10
"""Draws of one act, one column each; a new use gets a new column, so that old worlds stay as they were."""
ACCEPT, HOUR, NIGHT, CELL, WITHIN, DURATION, TRACE, DEPTH, COUNTS, AUTHOR = range(DRAWS)


class Laws(NamedTuple):
    """Laws of the kinds that are committed, one row a kind in the order of `conduct.kinds`."""

    number: I64
    """Number of the kind in the agreement."""
    at_sea: NDArray[np.bool_]
    night_share: F64
    exponential: NDArray[np.bool_]
    duration_median_h: F64
    duration_log_sd: F64
    trace_median_h: F64
    trace_log_sd: F64
    depth_median_km: F64
    depth_log_sd: F64
    depth_limit_km: F64
    other_side: NDArray[np.bool_]
    """Whether the trace lies on the other side of the line."""
    counts_mean: F64
    counts_median: F64
    counts_log_sd: F64
    unattributed_share: F64


class Births(NamedTuple):
    """Acts by identity, kind (row of `Laws`), side, place and onset, before anything else about them is worked out."""

    id: U64
    kind: I64
    side: I64
    cell: I64
    km: F64
    onset_us: I64
    happens: NDArray[np.bool_]


def laws_of(conduct: Conduct, agreement: Agreement) -> Laws:
    """Laws of all kinds as columns."""
    number = {kind.id: row for row, kind in enumerate(agreement.kinds)}
    depth = {kind: zone.depth_km for zone in agreement.zones for kind in zone.kinds}
    kinds = conduct.kinds

    def column(name: str) -> F64:
        return np.array([getattr(how, name) for how in kinds], dtype=np.float64)

    spread, fixed = column("counts_log_sd"), np.array([how.duration_law == "fixed" for how in kinds], dtype=bool)
    return Laws(np.array([number[how.id] for how in kinds], dtype=np.int64),
                np.array([agreement.kinds[number[how.id]].domain == "sea" for how in kinds], dtype=bool), column("night_share"),
                np.array([how.duration_law == "exponential" for how in kinds], dtype=bool), column("duration_median_h"),
                np.where(fixed, 0.0, column("duration_log_sd")), column("trace_median_h"), column("trace_log_sd"),
                column("depth_median_km"), column("depth_log_sd"), np.array([depth.get(how.id, 1e9) for how in kinds]),
                np.array([how.trace_side == "other" for how in kinds], dtype=bool), column("counts_mean"),
                (column("counts_mean") - 1) * np.exp(-spread**2 / 2), spread, column("unattributed_share"))


def acts_of(laws: Laws, cells: Cells, births: Births, draws: F64) -> Acts:
    """Work out all that the draws, shape (acts, 10), decide about acts whose time and place are known."""
    of = Laws._make(column[births.kind] for column in laws)
    end = births.onset_us + np.maximum((_duration_h(of, draws[:, DURATION]) * HOUR_US).astype(np.int64), 1)
    trace = end + (_lognormal(of.trace_median_h, of.trace_log_sd, draws[:, TRACE]) * HOUR_US).astype(np.int64)
    off = np.minimum(_lognormal(of.depth_median_km, of.depth_log_sd, draws[:, DEPTH]), of.depth_limit_km)
    off = np.where(cells.sea[births.cell], 0.0, off)
    depth = np.where(births.side == 1, off, -off)
    return Acts(births.id, of.number, births.side, births.cell, births.km, depth, np.where(of.other_side, -depth, depth),
                births.onset_us, end, trace, _counts(of, draws[:, COUNTS]), draws[:, AUTHOR] < of.unattributed_share,
                births.happens)


def joined(parts: list[Births]) -> Births:
    """Put births one after another."""
    return Births._make(np.concatenate(column) for column in zip(*parts, strict=True))


def chosen(births: Births, which: NDArray[np.bool_]) -> Births:
    """Keep some births."""
    return births if which.all() else Births._make(column[which] for column in births)


def normal(luck: F64) -> F64:
    """Standard normal values by inversion."""
    from scipy.special import ndtri

    return np.asarray(ndtri(np.clip(luck, 1e-16, 1 - 1e-16)), dtype=np.float64)


def _lognormal(median: F64, log_sd: F64, luck: F64) -> F64:
    return np.asarray(median * np.exp(log_sd * normal(luck)), dtype=np.float64)


def _duration_h(of: Laws, luck: F64) -> F64:
    """Duration of each act by the law of its kind; an exponential one has the median asked for."""
    waiting = -np.log1p(-luck) * of.duration_median_h / np.log(2)
    return np.where(of.exponential, waiting, _lognormal(of.duration_median_h, of.duration_log_sd, luck))


def _counts(of: Laws, luck: F64) -> I64:
    """Counts per incident: 1 or 2 by chance up to a mean of 2, heavy-tailed above, always with the mean asked for."""
    spread = _lognormal(of.counts_median, of.counts_log_sd, luck)
    heavy = 1 + np.floor(spread + (luck * 7919.0) % 1.0).astype(np.int64)
    return np.where(of.counts_mean <= 2, 1 + (luck < of.counts_mean - 1), heavy)
