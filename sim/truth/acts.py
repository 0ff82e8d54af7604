"""Acts in full: from an identity, an instant and ten draws to duration, trace, depth, counts and author, by the law of the kind.

A mediator finds here the one place where what a kind of violation looks like is worked out, for first acts and replies alike.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.area.line import Cells
from sim.foundation.streams import F64, I64, U64, mix_name, uniform
from sim.records import Acts
from sim.scenario.agreement import Agreement, weapon_classes, zone_depth_km
from sim.scenario.conduct import Conduct, KindConduct

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
    """Kinds × classes of weapons, the last column where zones tell no classes apart; 1e9 = none."""
    weapon_share: F64
    """Cumulative shares of the classes of weapons, kinds × classes; 1 for a kind that has none."""
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
    kinds = conduct.kinds

    def column(name: str) -> F64:
        return np.array([getattr(how, name) for how in kinds], dtype=np.float64)

    spread, fixed = column("counts_log_sd"), np.array([how.duration_law == "fixed" for how in kinds], dtype=bool)
    return Laws(np.array([number[how.id] for how in kinds], dtype=np.int64),
                np.array([agreement.kinds[number[how.id]].domain == "sea" for how in kinds], dtype=bool), column("night_share"),
                np.array([how.duration_law == "exponential" for how in kinds], dtype=bool), column("duration_median_h"),
                np.where(fixed, 0.0, column("duration_log_sd")), column("trace_median_h"), column("trace_log_sd"),
                column("depth_median_km"), column("depth_log_sd"), _limits_km(conduct, agreement), _shares(conduct, agreement),
                np.array([how.trace_side == "other" for how in kinds], dtype=bool), column("counts_mean"),
                (column("counts_mean") - 1) * np.exp(-spread**2 / 2), spread, column("unattributed_share"))


def acts_of(laws: Laws, cells: Cells, births: Births, draws: F64) -> Acts:
    """Work out all that the draws, shape (acts, 10), decide about acts whose time and place are known."""
    of = Laws._make(column[births.kind] for column in laws)
    end = births.onset_us + np.maximum((_duration_h(of, draws[:, DURATION]) * HOUR_US).astype(np.int64), 1)
    trace = end + (_lognormal(of.trace_median_h, of.trace_log_sd, draws[:, TRACE]) * HOUR_US).astype(np.int64)
    limit = of.depth_limit_km[np.arange(len(births.id)), weapon_numbers(births.id, of.weapon_share)]
    off = _within(of.depth_median_km, of.depth_log_sd, limit, draws[:, DEPTH])
    off = np.where(cells.sea[births.cell], 0.0, off)
    depth = np.where(births.side == 1, off, -off)
    return Acts(births.id, of.number, births.side, births.cell, births.km, depth, np.where(of.other_side, -depth, depth),
                births.onset_us, end, trace, _counts(of, draws[:, COUNTS]), draws[:, AUTHOR] < of.unattributed_share,
                births.happens)


def weapon_numbers(ids: U64, share: F64) -> I64:
    """Class of the weapon of each act by its id; −1 where its kind has no classes. `share` is cumulative, acts × classes."""
    if share.shape[1] == 0 or not len(ids):
        return np.full(len(ids), -1, dtype=np.int64)
    number = (uniform(mix_name(ids, "weapon"))[:, None] >= share).sum(axis=1)
    return np.where(share[:, -1] > 0, np.minimum(number, share.shape[1] - 1), -1)


def _limits_km(conduct: Conduct, agreement: Agreement) -> F64:
    """Largest depth of acts of each kind and class: as conduct says, else that of the zone, else none."""
    def limit(how: KindConduct, weapon: str) -> float:
        zone = zone_depth_km(agreement, how.id, weapon) if how.depth_limit_km is None else how.depth_limit_km
        return 1e9 if zone is None else zone

    classes = (*weapon_classes(agreement), "")
    return np.array([[limit(how, weapon) for weapon in classes] for how in conduct.kinds]).reshape(-1, len(classes))


def _shares(conduct: Conduct, agreement: Agreement) -> F64:
    """Cumulative shares of the classes of weapons of each kind; all 0 for a kind without."""
    classes = weapon_classes(agreement)
    rows = [[how.weapon_shares.get(weapon, 0.0) for weapon in classes] for how in conduct.kinds]
    return np.cumsum(np.array(rows).reshape(len(rows), len(classes)), axis=1)


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


def _within(median: F64, log_sd: F64, limit: F64, luck: F64) -> F64:
    """Lognormal values up to a limit: drawn from the law given that they lie below it, never piled up at the limit.

    The draw u becomes u·F(limit), so each act keeps its own draw and no other act is touched (inversion; Devroye 1986, II.2).
    """
    from scipy.special import ndtr

    with np.errstate(divide="ignore"):
        below = ndtr(np.log(limit / np.maximum(median, 1e-12)) / np.maximum(log_sd, 1e-12))
    return np.minimum(_lognormal(median, log_sd, luck * np.where(log_sd > 0, below, 1.0)), limit)


def _duration_h(of: Laws, luck: F64) -> F64:
    """Duration of each act by the law of its kind; an exponential one has the median asked for."""
    waiting = -np.log1p(-luck) * of.duration_median_h / np.log(2)
    return np.where(of.exponential, waiting, _lognormal(of.duration_median_h, of.duration_log_sd, luck))


def _counts(of: Laws, luck: F64) -> I64:
    """Counts per incident: 1 or 2 by chance up to a mean of 2, heavy-tailed above, always with the mean asked for."""
    spread = _lognormal(of.counts_median, of.counts_log_sd, luck)
    heavy = 1 + np.floor(spread + (luck * 7919.0) % 1.0).astype(np.int64)
    return np.where(of.counts_mean <= 2, 1 + (luck < of.counts_mean - 1), heavy)
