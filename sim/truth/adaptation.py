"""Parties that learn from being found out: fewer acts where it does not pay, and some of them elsewhere or later.

A mediator can ask whether a design deters, and how much of what it no longer sees is not done and how much has only moved.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from sim.area.line import Cells
from sim.foundation.streams import F64, I64, luck_of
from sim.records import SIDES, Acts
from sim.scenario.adaptation import Adaptation
from sim.truth.offspring import Lineage

_HOUR_US = 3_600_000_000


def deterrence(estimate: float, *, stake_ratio: float, floor_share: float) -> float:
    """Factor clip((p* − p̂)/p*, floor, 1) with p* = r/(1 + r): p* is the chance of being found at which an act of worth r is
    worth no more than it costs; between, a party holds back in proportion.
    """
    threshold = stake_ratio / (1 + stake_ratio)
    return min(max((threshold - estimate) / threshold, floor_share), 1.0)


def learnt(estimate: float, *, found_in_time: bool, learning_share: float) -> float:
    """Exponential smoothing: p̂ ← (1 − α) p̂ + α · found (Brown 1956)."""
    return (1 - learning_share) * estimate + learning_share * found_in_time


class Plan(NamedTuple):
    """When and where an act is committed."""

    onset_us: int
    cell: int


Looks = Callable[[Sequence[int], int, int], F64]
"""Looks that a party expects at some cells in some hours of the run, from the first to before the last, as known now;
shape (cells, hours)."""


class Parties:
    """What both parties have learnt, and what they decide about each act when it comes due."""

    def __init__(self, adaptations: Sequence[Adaptation], acts: Acts, lineage: Lineage, cells: Cells, *, kinds: int,
                 start_hour: float) -> None:
        self.how: list[Adaptation | None] = [next((one for one in adaptations if one.side == side), None) for side in SIDES[:2]]
        self.estimate = [[0.0 if one is None else one.initial_share] * kinds for one in self.how]
        self.acts, self.cells, self.start_us = acts, cells, round(start_hour * _HOUR_US)
        self.number = lineage.number.tolist()
        rows = {int(name): row for row, name in enumerate(acts.id.tolist())}
        self.parent = [rows.get(int(name), -1) for name in lineage.parent.tolist()]
        """Row of each act's parent; −1 where it has none or its parent lies before the run, in a time that nobody watched."""
        self.done_us = [-1] * len(acts.id)
        """Onset of each act that was decided on; −1 = not, or not yet."""

    def factor(self, side: int, kind: int) -> float:
        """Deterrence of a party from a kind, as things stand."""
        how = self.how[side]
        if how is None:
            return 1.0
        return deterrence(self.estimate[side][kind], stake_ratio=how.stake_ratio, floor_share=how.floor_share)

    def decide(self, act: int, now: int, expected: Looks) -> Plan | None:
        """Whether an act that is due now happens, and where and when; None where it does not.

        An act needs its parent to have been committed by now, and its own number to lie below the deterrence of the moment.
        """
        side, kind, cell = int(self.acts.side[act]), int(self.acts.kind[act]), int(self.acts.cell[act])
        parent = self.parent[act]
        if (parent >= 0 and not 0 <= self.done_us[parent] <= now) or self.number[act] >= self.factor(side, kind):
            return None
        plan, how, key = Plan(now, cell), self.how[side], int(self.acts.id[act])
        if how is not None and luck_of(key, "moves") < how.shift_share:
            plan = self._elsewhere(how, plan, key, expected)
        self.done_us[act] = plan.onset_us
        return plan

    def learn(self, act: int, *, found_in_time: bool) -> None:
        """Take in, once the goal of an act has passed, whether it was found or answered by then."""
        side, kind = int(self.acts.side[act]), int(self.acts.kind[act])
        how = self.how[side]
        if how is not None:
            self.estimate[side][kind] = learnt(self.estimate[side][kind], found_in_time=found_in_time,
                                               learning_share=how.learning_share)

    def _elsewhere(self, how: Adaptation, plan: Plan, key: int, expected: Looks) -> Plan:
        """The hour and cell with fewest looks expected, within reach and the planning step; of equal ones the soonest, then
        the nearest, then the one named by the act's luck.
        """
        near = self._near(plan.cell, how.shift_km)
        step = round(how.step_h * _HOUR_US)
        end = plan.onset_us + step - (plan.onset_us + self.start_us) % step
        first, last = plan.onset_us // _HOUR_US, -(-end // _HOUR_US)
        looks = expected(near.tolist(), first, last)
        hour, place = np.nonzero((looks <= looks.min() + 1e-12).T)
        away = np.abs(self.cells.km[near[place]] - self.cells.km[plan.cell])
        best = int(np.lexsort((near[place] if luck_of(key, "way") < 0.5 else -near[place], away, hour))[0])
        if hour[best] == 0:
            return Plan(plan.onset_us, int(near[place[best]]))
        begin = (first + int(hour[best])) * _HOUR_US
        moment = begin + int(luck_of(key, "moment") * (min(begin + _HOUR_US, end) - begin))
        return Plan(moment, int(near[place[best]]))

    def _near(self, cell: int, km: float) -> I64:
        """Cells of the line within reach; an act at sea stays in its cell."""
        if self.cells.sea[cell]:
            return np.array([cell])
        return np.flatnonzero(~self.cells.sea & (np.abs(self.cells.km - self.cells.km[cell]) <= km))
