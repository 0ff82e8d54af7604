"""Tasking: second looks that an open case orders from drones and satellites, with what the mission knows now.

A mediator sees that a cued look is never free: the drone leaves its patrol, the scene is gone from the day's order.
"""
from __future__ import annotations

from typing import NamedTuple

from sim.scenario.verification import Tasking
from sim.verification.cases import Case


class Want(NamedTuple):
    """What a case wants next: another kind of evidence than it has, soon."""

    case: int
    number: int
    cell: int
    known_physics: frozenset[int]


def want_of(case: Case, tasking: Tasking, *, points: float) -> Want | None:
    """Decide whether a case orders a look now; None where it has had its share or is not worth one."""
    if case.cues - case.called_off >= tasking.looks_per_case or points < tasking.min_points:
        return None
    return Want(case.key, case.cues + 1, case.cell, frozenset(seen.physics for seen in case.evidence))
