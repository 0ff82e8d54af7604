"""Opt-in: every contributor decides for itself whether it takes part, and the answer starts when enough do.

A mediator sees what a coalition of the willing gains in time, and how often too few are willing.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from sim.foundation.streams import key_of, luck_of
from sim.response.decision import Decided, hours_of_law
from sim.scenario.response import Contribution, Procedure, Rung

_HOUR_US = 3_600_000_000


class Asked(NamedTuple):
    """A contributor that is asked to take part, and the capacity that it could bring."""

    contribution: Contribution
    capacity: float


def opted_in(procedure: Procedure, rung: Rung, key: int, asked: Sequence[Asked], *, due_h: float) -> Decided | None:
    """When enough capacity is accepted, and by whom; None where the answer lapses.

    Contributors answer in rounds, each by luck of its own, keyed by the order and its id. Acceptances add up in the order in
    which they come. Where they reach neither the strength of the rung nor the contributors needed by `due_h` (hours from the
    question), the answer lapses, starts then with what there is (shrink), or waits, and those who declined are asked again.
    """
    if luck_of(key, "common refusal", procedure.id) < procedure.common_refusal_share:
        return None
    due_h = max(due_h, 0.0)
    limit_h = max(procedure.wait_h, due_h) if procedure.on_shortfall == "wait" else due_h
    taken: list[Asked] = []
    for when_h, one in sorted(_acceptances(procedure, rung, key, asked, limit_h), key=lambda a: (a[0], a[1].contribution.id)):
        taken.append(one)
        if sum(a.capacity for a in taken) >= rung.strength and len(taken) >= procedure.needed:
            return _decided(when_h, taken, rung.strength)
    if procedure.on_shortfall == "shrink" and taken:
        return _decided(due_h, taken, min(sum(a.capacity for a in taken), rung.strength))
    return None


def _decided(when_h: float, taken: Sequence[Asked], strength: float) -> Decided:
    return Decided(round(when_h * _HOUR_US), taken[-1].contribution.id, tuple(sorted(a.contribution.id for a in taken)), strength)


def _acceptances(procedure: Procedure, rung: Rung, key: int, asked: Sequence[Asked], limit_h: float
                 ) -> Iterator[tuple[float, Asked]]:
    """When each contributor accepts, for those who do by the limit; only who waits asks again."""
    rounds = 1 + int(limit_h // procedure.ask_again_h) if procedure.on_shortfall == "wait" else 1
    for one in asked:
        who = one.contribution
        own = key_of(key, "opt-in", who.id)
        median = np.array([procedure.median_h if who.answer_median_h is None else who.answer_median_h])
        if rung.decision_median_h is not None and who.answer_median_h is None:
            median[0] = rung.decision_median_h
        share = who.accept_shares.get(rung.id, who.accept_share)
        for turn in range(rounds):
            if luck_of(own, "accepts", turn) < share:
                luck = np.array([luck_of(own, "answer", turn)])
                when_h = turn * procedure.ask_again_h + float(hours_of_law(procedure, luck, median)[0])
                if when_h <= limit_h:
                    yield when_h, one
                break
