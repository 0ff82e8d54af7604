"""What answers do to conduct, on the clock: each ends acts, calms a place for a while, or fails, and liaison damps replies.

A mediator can ask what an answer in time is worth in acts that are cut short or not done; no answer knows what it will meet.
"""
from __future__ import annotations

import numpy as np

from sim.engine.mission import Mission
from sim.engine.preparation import Opened, Prepared
from sim.foundation.clock import Clock, Rank, low40
from sim.foundation.streams import I64, luck_of
from sim.monitoring.gate import GatedDoor
from sim.scenario.response import Feedback

_HOUR_US = 3_600_000_000


class Feeding:
    """Decides acts as they come due, by the calm of the place and what liaison did before, and lets answers work on it.

    An act happens where the part that its own number takes up of the chance left to it lies below the factor of the moment
    (`sim.truth.offspring.Lineage`), so that a factor of 1 changes nothing and a smaller one thins acts at random.
    """

    def __init__(self, prepared: Prepared, opened: Opened, door: GatedDoor, mission: Mission, clock: Clock) -> None:
        assert opened.lineage is not None and prepared.scenario.response.feedback is not None
        self.how: Feedback = prepared.scenario.response.feedback
        self.cells, self.acts = prepared.cells, opened.acts
        self.door, self.mission, self.clock = door, mission, clock
        rows = {int(name): row for row, name in enumerate(opened.acts.id.tolist())}
        self.parent = [rows.get(int(name), -1) for name in opened.lineage.parent.tolist()]
        """Row of each act's parent; −1 where it has none or its parent lies before the run."""
        self.number = opened.lineage.number.tolist()
        self.calm_until_us = [0] * len(prepared.cells.km)
        self.told: dict[int, list[int]] = {}
        """Act → its observations; read from the door as they come."""
        self.read = 0
        self.effects = mission.effects
        self.effects |= dict.fromkeys(("answers effective", "answers ended", "answers calmed", "answers failed", "acts due",
                                       "acts spared", "replies due", "replies contacted"), 0.0)
        mission.on_answer = self.answered

    def begin(self) -> None:
        """Put all acts that may happen on the clock; none has happened yet."""
        self.acts.happens[:] = False
        for act, (when, key) in enumerate(zip(self.acts.onset_us.tolist(), self.acts.id.tolist(), strict=True)):
            self.clock.at(when, Rank.ONSET, low40(key), self._due, act)

    def _due(self, act: int) -> None:
        """Decide an act that is due: not without its parent, and not where its number lies above the factor of the moment."""
        parent = self.parent[act]
        if parent >= 0 and not self.acts.happens[parent]:
            return
        factor = self.how.calm_factor if self.clock.now < self.calm_until_us[int(self.acts.cell[act])] else 1.0
        if parent >= 0 and self.acts.side[parent] != self.acts.side[act]:
            contacted = self._contacted(parent)
            self.effects["replies due"] += 1
            self.effects["replies contacted"] += contacted
            factor *= self.how.reply_factor if contacted else 1.0
        self.effects["acts due"] += 1
        if self.number[act] >= factor:
            self.effects["acts spared"] += 1
            return
        self.acts.happens[act] = True
        self.door.admit(act)

    def _contacted(self, act: int) -> bool:
        """Whether the parties have been in contact by now about a case that an act was reported into."""
        for seen in self.door.seen[self.read :]:
            self.told.setdefault(seen.act, []).append(seen.observation)
        self.read = len(self.door.seen)
        cases = (self.mission.book.case_of.get(key) for key in self.told.get(act, ()))
        contacts = (self.mission.contacts.get(case, -1) for case in cases if case is not None)
        return any(0 <= contact <= self.clock.now for contact in contacts)

    def answered(self, key: int, cell: int, action: str) -> None:
        """Let an answer that was given end the acts in its reach, calm the place, or fail, by the luck of its id."""
        if action not in self.how.actions:
            return
        luck, self.effects["answers effective"] = luck_of(key, "effect"), self.effects["answers effective"] + 1
        if luck < self.how.end_share:
            self.effects["answers ended"] += 1
            for near in self._reach(cell).tolist():
                self.door.arrive(near)
        elif luck < self.how.end_share + self.how.calm_share:
            self.effects["answers calmed"] += 1
            until = self.clock.now + round(self.how.calm_h * _HOUR_US)
            for near in self._reach(cell).tolist():
                self.calm_until_us[near] = max(self.calm_until_us[near], until)
        else:
            self.effects["answers failed"] += 1

    def _reach(self, cell: int) -> I64:
        """Cells of the line within reach of an answer; at sea the cell itself."""
        if self.cells.sea[cell]:
            return np.array([cell])
        return np.flatnonzero(~self.cells.sea & (np.abs(self.cells.km - self.cells.km[cell]) <= self.how.reach_km))
