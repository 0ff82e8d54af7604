"""Contributions over all replications: shares, losses and drills with their intervals, and whether the shares sum to the whole.

A mediator sees which contributions carry a measure and which could stand in for one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.experiment.journal import Outcome
from sim.experiment.summary import LEVEL, Group, Pairs, collected, usable
from sim.foundation.streams import F64
from sim.measure.statistics import PairedDifference, paired_ratio_difference, ratio_error, t_quantile

NO_VALUE = "the measure has no value for some coalition of some replication"


class Worth(NamedTuple):
    """One contribution and measure: its share of the whole, and what is lost without it, each with its interval."""

    measure: str
    contribution: str
    share: float | None
    share_low: float | None
    share_high: float | None
    loss: float | None
    loss_low: float | None
    loss_high: float | None
    replications: int
    reason: str = ""


class Whole(NamedTuple):
    """One measure with everyone and with nobody, and the sum of all shares beside their difference."""

    measure: str
    unit: str
    everyone: float | None
    nobody: float | None
    gain: float | None
    gain_se: float | None
    sum_of_shares: float | None
    replications: int
    reason: str = ""

    @property
    def holds(self) -> bool:
        """Whether the shares sum to the gain within four standard errors (and rounding)."""
        if self.gain is None or self.sum_of_shares is None or self.gain_se is None:
            return False
        return abs(self.sum_of_shares - self.gain) <= 4 * self.gain_se + 1e-9


class Drilled(NamedTuple):
    """One drill and measure: the change that it makes, with its interval."""

    measure: str
    drill: str
    title: str
    change: float | None
    low: float | None
    high: float | None
    replications: int
    reason: str = ""


class Found(NamedTuple):
    """All that a study of contributions says."""

    wholes: tuple[Whole, ...]
    worths: tuple[Worth, ...]
    drilled: tuple[Drilled, ...]


def found_of(outcomes: Iterable[Outcome], *, measures: Sequence[str], contributions: Sequence[str], players: Sequence[str],
             catalogue: Mapping[str, Any], drills: Mapping[str, str]) -> Found:
    """Estimates over replications; contributions that are no players are worth exactly nothing."""
    kept = usable(outcomes)
    pairs = collected(kept)
    wholes, worths, drilled = [], [], []
    for measure in measures:
        groups = pairs.get(measure, {})
        shares = {player: _share(groups, player, len(kept)) for player in players}
        whole = _whole(measure, catalogue[measure], groups, [shares[player] for player in players], len(kept))
        wholes.append(whole)
        worths += [_worth(measure, name, shares.get(name), groups, len(kept)) if name in shares else
                   Worth(measure, name, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, len(kept), "brings neither unit nor sensor")
                   for name in contributions]
        drilled += [_drilled(measure, name, title, groups) for name, title in drills.items()]
    return Found(tuple(wholes), tuple(worths), tuple(drilled))


def _share(groups: Mapping[Group, Pairs], player: str, n: int) -> Pairs | None:
    """Shares of a player by replication; each replication's own ratio where some denominators differ between coalitions."""
    same, own = groups.get(("share", player)), groups.get(("own", player))
    if own is None:
        return same if same is not None and bool((same.bottom != 0).all()) else None
    top, bottom = own.top.copy(), own.bottom.copy()
    if same is not None:
        mine = same.bottom != 0
        top[mine], bottom[mine] = same.top[mine] / same.bottom[mine], 1.0
    return Pairs(top, bottom) if bool((bottom != 0).all()) else None


def by_label(outcomes: Iterable[Outcome], *, measures: Sequence[str], labels: Mapping[str, str]) -> tuple[Worth, ...]:
    """Shares of all contributions with the same label together; a loss without all of them is another question."""
    kept = usable(outcomes)
    pairs, found = collected(kept), []
    for measure in measures:
        for label in dict.fromkeys(labels.values()):
            mine = [_share(pairs.get(measure, {}), name, len(kept)) for name, one in labels.items() if one == label]
            known = [one for one in mine if one is not None]
            share = None
            if known and len(known) == len(mine):
                share = Pairs(np.sum([one.top for one in known], axis=0), known[0].bottom)
            found.append(_worth(measure, label, share, {}, len(kept)))
    return tuple(found)


def _interval(pairs: Pairs) -> tuple[float, float | None, float | None]:
    """Ratio of sums with its t interval over replications."""
    n, value = len(pairs.top), float(pairs.top.sum() / pairs.bottom.sum())
    if n < 2:
        return value, None, None
    half = t_quantile(df=n - 1, p=0.5 + LEVEL / 2) * ratio_error(pairs.top, pairs.bottom)
    return value, value - half, value + half


def _worth(measure: str, name: str, share: Pairs | None, groups: Mapping[Group, Pairs], n: int) -> Worth:
    value: tuple[float | None, float | None, float | None] = (None, None, None) if share is None else _interval(share)
    loss = _difference(groups, ("everyone", ""), ("without", name))
    reason = NO_VALUE if share is None else "one replication shows no noise" if n < 2 else loss.reason
    return Worth(measure, name, *value, loss.estimate, loss.low, loss.high, n, reason)


def _difference(groups: Mapping[Group, Pairs], a: Group, b: Group) -> PairedDifference:
    """A less B over paired replications."""
    left, right = groups.get(a), groups.get(b)
    if left is None or right is None:
        return PairedDifference(None, None, None, 0, None, False, "nothing was counted: 0 of 0")
    return paired_ratio_difference(left.top, left.bottom, right.top, right.bottom, level=LEVEL)


def _drilled(measure: str, name: str, title: str, groups: Mapping[Group, Pairs]) -> Drilled:
    change = _difference(groups, ("drill", name), ("everyone", ""))
    return Drilled(measure, name, title, change.estimate, change.low, change.high, change.n, change.reason)


def _whole(measure: str, entry: Any, groups: Mapping[Group, Pairs], shares: Sequence[Pairs | None], n: int) -> Whole:
    everyone, nobody = (groups.get((by, "")) for by in ("everyone", "nobody"))
    ends = [None if end is None or not end.bottom.sum() else float(end.top.sum() / end.bottom.sum())
            for end in (everyone, nobody)]
    if everyone is None or nobody is None or not shares or any(one is None for one in shares):
        return Whole(measure, entry.unit, ends[0], ends[1], None, None, None, n, entry.reason or NO_VALUE)
    known = [one for one in shares if one is not None]
    gains = _gains(everyone, nobody, known[0])
    if bool((known[0].bottom != everyone.bottom).any()):  # on the scale of the shares, so that their difference is the gain
        ends = [float((end.top / end.bottom).mean()) for end in (everyone, nobody)]
    total = float(sum(one.top.sum() / one.bottom.sum() for one in known))
    se = ratio_error(gains.top, gains.bottom) if n > 1 else None
    return Whole(measure, entry.unit, ends[0], ends[1], float(gains.top.sum() / gains.bottom.sum()), se, total, n)


def _gains(everyone: Pairs, nobody: Pairs, share: Pairs) -> Pairs:
    """Gain of all over nobody by replication, on the scale of the shares."""
    if bool((share.bottom == everyone.bottom).all()):
        return Pairs(everyone.top - nobody.top, share.bottom)
    own: F64 = everyone.top / everyone.bottom - nobody.top / nobody.bottom
    return Pairs(own, np.ones(len(own)))
