"""Capture–recapture: how many acts there were in all, estimated from how often two or more kinds of evidence caught the same.

A mediator sees what such an estimate says, its interval, how far the kinds of evidence depend on one another, and how far the
estimate lies from the truth of the assumed world; it rests on independence that monitors seldom have, and may miss either way.
"""
from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import exp, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.ledger import Columns, History
from sim.scenario.monitoring import PHYSICS
from sim.scenario.scenario import Scenario

I64 = NDArray[np.int64]
_Z = 1.959963984540054
"""97.5 % quantile of the normal law."""
BASES = ("cases", "acts")
"""What is matched: reports as the mission merged them into cases, errors of merging and false alarms included; or reports
matched by the act behind them, which no mission can do: what then remains is the error of the method itself."""


class Estimated(NamedTuple):
    """An estimated number with its own 95 % interval; None where the estimator gives none."""

    estimate: float | None
    low: float | None = None
    high: float | None = None


def lincoln_petersen(*, first: int, second: int, both: int) -> float | None:
    """n₁n₂/m, from the numbers that two lists hold and that both hold (Petersen 1896; Lincoln 1930); None where m = 0.

    The most likely number if the lists are independent and every item is as easily listed as any other.
    """
    _checked(first, second, both)
    return first * second / both if both else None


def chapman(*, first: int, second: int, both: int) -> Estimated:
    """Chapman's (1951) form (n₁+1)(n₂+1)/(m+1) − 1, which holds for m = 0 too, with the transformed logit interval.

    The interval is that of Sadinle (2009, doi 10.1080/03610910903168595), at 95 %.
    """
    _checked(first, second, both)
    only_1, only_2, m = first - both + 0.5, second - both + 0.5, both + 0.5
    spread = exp(_Z * sqrt(1 / m + 1 / only_1 + 1 / only_2 + m / (only_1 * only_2)))
    seen, unseen = first + second - both - 0.5, only_1 * only_2 / m
    return Estimated((first + 1) * (second + 1) / (both + 1) - 1, seen + unseen / spread, seen + unseen * spread)


def _checked(first: int, second: int, both: int) -> None:
    if not 0 <= both <= min(first, second):
        raise ValueError(f"both = {both}: must lie between 0 and the lesser of first = {first} and second = {second}")


def chao(*, once: int, twice: int, seen: int, lists: int | None = None) -> Estimated:
    """Chao's (1987, doi 10.2307/2531532) lower bound S + f₁²/2f₂, from items on one list only and on exactly two.

    Parameters
    ----------
    seen : items on any list, S
    lists : number of lists t; the bound is then S + (t − 1)/t · f₁²/2f₂. None = many

    Returns
    -------
    Estimated
        With f₂ = 0 the bias-corrected form S + (t − 1)/t · f₁(f₁ − 1)/2, without an interval. The interval is Chao's lognormal
        one about the number unseen.
    """
    if min(once, twice) < 0 or once + twice > seen:
        raise ValueError(f"once = {once}, twice = {twice}: must not be negative, nor more together than seen = {seen}")
    part = 1.0 if lists is None else (lists - 1) / lists
    if not twice:
        return Estimated(seen + part * once * (once - 1) / 2)
    ratio = once / twice
    unseen = part * once * ratio / 2
    variance = twice * (part * ratio**2 / 2 + part**2 * ratio**3 + part**2 * ratio**4 / 4)
    if not unseen:
        return Estimated(float(seen), float(seen), float(seen))
    spread = exp(_Z * sqrt(log(1 + variance / unseen**2)))
    return Estimated(seen + unseen, seen + unseen / spread, seen + unseen * spread)


def dependence(*, first: int, second: int, both: int, true: int) -> float | None:
    """m N/(n₁ n₂): how many times as often two lists share an item as they would if they were independent; 1 = independent.

    Only who knows the truth N can tell. The estimate n₁n₂/m is N over this number: too low where it is above 1.
    """
    return both * true / (first * second) if first and second else None


# ---- from the tables of a history -----------------------------------------------------------------------------


class Pair(NamedTuple):
    """Two kinds of evidence: what each caught, what both caught, what is estimated and how many there truly were."""

    basis: str
    names: tuple[str, str]
    first: int
    second: int
    both: int
    true: int

    @property
    def estimate(self) -> Estimated:
        """Chapman's estimate with its interval."""
        return chapman(first=self.first, second=self.second, both=self.both)


class Many(NamedTuple):
    """All kinds of evidence together: items caught by one, by two, by any; of one kind of act, or of all (empty)."""

    basis: str
    kind: str
    once: int
    twice: int
    seen: int
    lists: int
    true: int

    @property
    def estimate(self) -> Estimated:
        """Chao's lower bound with its interval."""
        return chao(once=self.once, twice=self.twice, seen=self.seen, lists=max(self.lists, 1))


class Recapture(NamedTuple):
    """What capture–recapture makes of one history."""

    pairs: tuple[Pair, ...]
    many: tuple[Many, ...]

    def best(self, basis: str) -> Pair | None:
        """The two kinds of evidence that caught most, as a mission would choose them."""
        mine = [pair for pair in self.pairs if pair.basis == basis]
        return max(mine, key=lambda pair: (min(pair.first, pair.second), pair.first + pair.second)) if mine else None


def recapture(history: History, scenario: Scenario) -> Recapture:
    """Capture histories by physics class, on both bases; the truth is all acts with onset in the counted days, also those
    that the terms allow, since no list tells them apart. Complaints are no evidence and make no list."""
    acts = history.tables["violations"]
    inside = (acts["onset_h"] >= scenario.warm_up_h) & (acts["onset_h"] < scenario.days * 24)
    cases = history.tables["cases"]
    held = (cases["opened_h"] >= scenario.warm_up_h) & (cases["opened_h"] < scenario.days * 24)
    seen = history.tables["observations"]
    kinds = acts["kind"][inside]
    pairs: list[Pair] = []
    many: list[Many] = []
    for basis, of, mine in (("cases", "case", _kinds_of(cases, "case", held)), ("acts", "violation",
                                                                               _kinds_of(acts, "violation", inside))):
        caught, of_kind = _caught(seen, of, mine)
        pairs += _pairs(basis, caught, int(inside.sum()))
        many.append(_many(basis, "", caught, int(inside.sum())))
        for kind in sorted(set(kinds.tolist())) if basis == "cases" else ():
            many.append(_many(basis, kind, caught[:, of_kind == kind], int((kinds == kind).sum())))
    return Recapture(tuple(pairs), tuple(many))


def _kinds_of(table: Columns, name: str, mine: NDArray[np.bool_]) -> dict[str, str]:
    return dict(zip(table[name][mine].tolist(), table["kind"][mine].tolist(), strict=True))


def _caught(seen: Columns, of: str, mine: dict[str, str]) -> tuple[NDArray[np.bool_], NDArray[np.str_]]:
    """Which physics class caught which item, shape (classes, items caught), and the kind of each item."""
    bit = {name: 1 << number for number, name in enumerate(PHYSICS)}
    masks: dict[str, int] = {}
    for item, physics in zip(seen[of].tolist(), seen["physics"].tolist(), strict=True):
        if item in mine and physics in bit:
            masks[item] = masks.get(item, 0) | bit[physics]
    whole = np.array(list(masks.values()), dtype=np.int64)
    caught = (whole[None, :] >> np.arange(len(PHYSICS))[:, None]) & 1 == 1
    return caught, np.array([mine[item] for item in masks], dtype=str)


def _pairs(basis: str, caught: NDArray[np.bool_], true: int) -> list[Pair]:
    alone = caught.sum(axis=1)
    used = np.flatnonzero(alone).tolist()
    return [Pair(basis, (PHYSICS[i], PHYSICS[j]), int(alone[i]), int(alone[j]), int((caught[i] & caught[j]).sum()), true)
            for i, j in combinations(used, 2)]


def _many(basis: str, kind: str, caught: NDArray[np.bool_], true: int) -> Many:
    times = np.bincount(caught.sum(axis=0), minlength=3).tolist()
    return Many(basis, kind, times[1], times[2], caught.shape[1], int(caught.any(axis=1).sum()), true)


def ratios(found: Recapture) -> list[tuple[str, str, str, float, float]]:
    """Rows of measures: estimated over true, from the mission's cases and, by basis, had every report been matched rightly;
    and the dependence of the two kinds of evidence that caught most acts."""
    rows: list[tuple[str, str, str, float, float]] = []
    for by, basis in (("all", "cases"), ("basis", "cases"), ("basis", "acts")):
        group, pair = basis if by == "basis" else "", found.best(basis)
        whole = next(one for one in found.many if one.basis == basis and not one.kind)
        if pair is not None:
            rows += [("chapman_ratio", by, group, float(pair.estimate.estimate or 0.0), float(pair.true)),
                     ("chao_ratio", by, group, float(whole.estimate.estimate or 0.0), float(whole.true))]
    pair = found.best("acts")
    if pair is not None:
        rows.append(("capture_dependence", "all", "", float(pair.both * pair.true), float(pair.first * pair.second)))
    return rows


def told(found: Sequence[Pair] | Sequence[Many]) -> list[tuple[str, str, str, float, float]]:
    """Rows of counts for a table over replications: measure, basis, group, value and 1, or estimate and truth."""
    rows: list[tuple[str, str, str, float, float]] = []
    for one in found:
        group, made = "+".join(one.names) if isinstance(one, Pair) else one.kind, one.estimate
        name = "pair" if isinstance(one, Pair) else "many"
        counts = ({"first": one.first, "second": one.second, "both": one.both} if isinstance(one, Pair)
                  else {"once": one.once, "twice": one.twice, "seen": one.seen})
        true = float(one.true)
        rows += [(f"{name}.{what}", one.basis, group, float(n), true) for what, n in counts.items()]
        ends = (("estimate", made.estimate), ("low", made.low), ("high", made.high))
        rows += [(f"{name}.{what}", one.basis, group, float(value), true) for what, value in ends if value is not None]
        if made.low is not None and made.high is not None:
            rows.append((f"{name}.holds", one.basis, group, true * float(made.low <= true <= made.high), true))
    return rows
