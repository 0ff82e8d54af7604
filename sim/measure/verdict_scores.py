"""Verdicts scored part by part: skill and power by party, sector, reporting period and regime.

A mediator sees where and in which regime compliance checking beats the best verdict that needs no monitoring, and where it
does not.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.ledger import Columns

F64 = NDArray[np.float64]
Scores = list[tuple[str, str, str, float, float]]


def scored_by_part(table: Columns, loss: F64, blind: Mapping[str, F64], regimes: Sequence[str], *, period_h: float,
                   days: float) -> Scores:
    """Rows (measure, by, group, numerator, denominator) by side, sector, side and sector, period, and regime.

    Skill of a part is 1 − loss / loss of the blind verdict that is best in that part, by the same rule as for all together.
    Power is the median (and for regimes the least) over the verdicts of the part.

    Parameters
    ----------
    table : the table of verdicts
    loss : loss of each verdict
    blind : loss of each verdict under each rule that needs no monitoring, by the name of the rule
    regimes : regime in force in each reporting period; empty where not known
    """
    if not len(loss):
        return []
    period = np.floor(table["from_h"] / period_h).astype(np.int64)
    joined = np.char.add(np.char.add(table["side"].astype(str), "/"), table["sector"].astype(str))
    parts = {"side": table["side"], "sector": table["sector"], "side/sector": joined, "period": period}
    if regimes:
        parts["regime"] = np.array(regimes, dtype=str)[np.minimum(period, len(regimes) - 1)]
    return [row for by, keys in parts.items() for row in _of(by, keys, table, loss, blind, days=days)]


def _of(by: str, keys: NDArray[np.generic], table: Columns, loss: F64, blind: Mapping[str, F64], *, days: float) -> Scores:
    """Scores of each group of one kind of part."""
    known, where = np.unique(keys, return_inverse=True)
    names, n = [f"{key:04d}" if by == "period" else str(key) for key in known.tolist()], len(known)
    totals = np.bincount(where, minlength=n)
    sums = np.bincount(where, weights=loss, minlength=n)
    best = np.min([np.bincount(where, weights=one, minlength=n) for one in blind.values()], axis=0)
    open_ = np.bincount(where, weights=table["called"] == "undetermined", minlength=n)
    columns = [("skill", best - sums, best), ("power_median", _medians(table["power"], where, totals), np.ones(n))]
    if by != "side":  # counted by side among the errors of verdicts
        columns.append(("undetermined_share", open_, totals))
    if by == "regime":
        columns += _errors(table, where, totals, days=days)
    return [(measure, by, name, float(top), float(bottom)) for measure, tops, bottoms in columns
            for name, top, bottom in zip(names, tops, bottoms, strict=True)]


def _medians(values: F64, where: NDArray[np.int64], totals: NDArray[np.int64]) -> F64:
    """Median of each group, which has at least one value."""
    ranked = values[np.lexsort((values, where))]
    first = np.cumsum(totals) - totals
    return np.asarray((ranked[first + (totals - 1) // 2] + ranked[first + totals // 2]) / 2, dtype=np.float64)


def _errors(table: Columns, where: NDArray[np.int64], totals: NDArray[np.int64], *, days: float) -> list[tuple[str, F64, F64]]:
    """Least power, and errors of the verdicts in each group; wrong accusations in 30 days of that regime."""
    n = len(totals)
    breach, called = table["truth"] == "breach", table["called"]
    least = np.full(n, np.inf)
    np.minimum.at(least, where, table["power"])
    count = {name: np.bincount(where, weights=rows, minlength=n) for name, rows in (
        ("missed", breach & (called == "compliant")), ("wrong", ~breach & (called == "breach")), ("breach", breach))}
    in_force_d = days * totals / totals.sum()
    return [("power_worst", least, np.ones(n)), ("wrong_accusations_per_30d", 30 * count["wrong"], in_force_d),
            ("missed_breach_share", count["missed"], count["breach"]),
            ("wrong_accusation_share", count["wrong"], totals - count["breach"]),
            ("true_breach_share", count["breach"], totals.astype(np.float64))]
