"""Climbing: how a case goes from rung to rung of the ladder, back down again, and to an end.

A mediator can follow one case from a call on the hotline to posture, and see in which share of cases each end comes.
"""
from __future__ import annotations

from dataclasses import dataclass

from sim.scenario.response import Rung


@dataclass
class Climb:
    """The way of one case: when it began, each rung with the instant at which it was taken (µs), and the end, if any."""

    begun_us: int
    rungs: list[tuple[int, int]]
    end: str | None = None
    shared_us: int = 0
    """Instant from which the evidence of its finding is released to all members (µs)."""
    ended_us: int = -1
    """When it came to its end (µs); −1 = not yet."""


def climbed(rung: Rung, luck: float) -> tuple[str | None, str | None]:
    """Rung that follows an answer, or the end that the case comes to; neither where the case rests.

    The rungs and ends of a rung are the states of an absorbing Markov chain (Kemeny and Snell 1960, chapter 3): they lie one
    after another on the unit interval in the order of the file, and the luck falls on one of them.
    """
    passed = 0.0
    for name, share in rung.follow_share.items():
        passed += share
        if luck < passed:
            return name, None
    for name, share in rung.end_share.items():
        passed += share
        if luck < passed:
            return None, name
    return None, None
