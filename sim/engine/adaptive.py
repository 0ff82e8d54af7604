"""Parties that adapt, on the clock: each act is decided when it is due, and what came of it is learnt when its goal has passed.

A mediator finds here all that passes from the mission back to the parties: published findings, and answers that arrived.
"""
from __future__ import annotations

from collections.abc import Sequence

from sim.engine.mission import Mission
from sim.engine.preparation import Opened, Prepared
from sim.foundation.clock import Clock, Rank, low40
from sim.foundation.streams import F64
from sim.monitoring.gate import GatedDoor
from sim.monitoring.published import expected_looks
from sim.truth.adaptation import Parties

_HOUR_US = 3_600_000_000


class Record:
    """What the parties can read and see for themselves: findings that name them, notices given, teams and units that came."""

    def __init__(self, mission: Mission, door: GatedDoor) -> None:
        self.mission, self.door = mission, door
        self.told: dict[int, list[int]] = {}
        """Act → its observations, by their ids."""
        self.named: dict[int, int] = {}
        """Case → side that its finding names."""
        self.joined: dict[int, list[tuple[int, int]]] = {}
        """Case → answers ordered for it, and when it joined each."""
        self.came: dict[int, int] = {}
        """Answer → when it was given or was on station."""
        self.read = {"seen": 0, "findings": 0, "orders": 0, "answers": 0}
        self.joins: dict[int, int] = {}
        self.growing: dict[int, None] = {}
        """Answers that later cases may still join, and how many cases of each answer were read."""

    def found_in_time(self, act: int, side: int, now: int) -> bool:
        """Whether by now a finding about an act names its side, or an answer to it has arrived."""
        self._catch_up()
        cases = [self.mission.book.case_of[key] for key in self.told.get(act, ()) if key in self.mission.book.case_of]
        return any(self.named.get(case, 2) == side or self._answered(case, now) for case in cases)

    def _answered(self, case: int, now: int) -> bool:
        return any(max(joined, self.came.get(order, now + 1)) <= now for order, joined in self.joined.get(case, ()))

    def _new(self, name: str, rows: Sequence[object]) -> slice:
        """Rows that came since the last time."""
        first, self.read[name] = self.read[name], len(rows)
        return slice(first, len(rows))

    def _catch_up(self) -> None:
        """Take in what has been written since the last time."""
        mission, ladder = self.mission, self.mission.ladder
        rungs = mission.scenario.response.ladder
        for seen in self.door.seen[self._new("seen", self.door.seen)]:
            self.told.setdefault(seen.act, []).append(seen.observation)
        for found in mission.findings[self._new("findings", mission.findings)]:
            self.named[found.case] = found.side
        for order in ladder.orders[self._new("orders", ladder.orders)]:
            if rungs[order.rung].action == "notice":
                self.came[order.id] = order.decided_us
        for answer in ladder.answers[self._new("answers", ladder.answers)]:
            self.came[answer.order] = ladder.reached[answer.order]
        if len(ladder.joined) > len(self.joins):
            self.growing.update(dict.fromkeys(list(ladder.joined)[len(self.joins):]))
        for key in self.growing:
            cases, known = ladder.joined[key], self.joins.get(key, 0)
            self.joins[key] = len(cases)
            for case, when in cases[known:]:
                self.joined.setdefault(case, []).append((key, when))
        self.growing = {key: None for key, _ in ladder.standing.values()}


class Adapting:
    """Decides acts as they come due, lets the door in on those that happen, and tells the parties what came of them."""

    def __init__(self, prepared: Prepared, opened: Opened, door: GatedDoor, mission: Mission, clock: Clock) -> None:
        assert opened.lineage is not None
        scenario = prepared.scenario
        self.prepared, self.opened, self.door, self.clock = prepared, opened, door, clock
        self.parties = Parties(scenario.conduct.adaptation, opened.acts, opened.lineage, prepared.cells,
                               kinds=len(scenario.agreement.kinds), start_hour=prepared.start_hour)
        self.record = Record(mission, door)
        self.goal_us = [round(kind.goal_h * _HOUR_US) for kind in scenario.agreement.kinds]

    def begin(self) -> None:
        """Put all acts that may happen on the clock, at their planned instants; none has happened yet."""
        acts = self.opened.acts
        acts.happens[:] = False
        for act, (when, key) in enumerate(zip(acts.onset_us.tolist(), acts.id.tolist(), strict=True)):
            self.clock.at(when, Rank.ONSET, low40(key), self._due, act)

    def _due(self, act: int) -> None:
        """Decide an act that is due, and commit it now or later in the planning step."""
        acts, now = self.opened.acts, self.clock.now
        plan = self.parties.decide(act, now, self._expected)
        if plan is None:
            return
        acts.happens[act] = True
        if plan.onset_us != now or plan.cell != int(acts.cell[act]):
            self.door.move(act, plan.cell, plan.onset_us)
        if plan.onset_us == now:
            self._commit(act)
        else:
            self.clock.at(plan.onset_us, Rank.ONSET, low40(int(acts.id[act])), self._commit, act)

    def _commit(self, act: int) -> None:
        """Let an act begin, and see to it that its party takes stock when its goal has passed."""
        self.door.admit(act)
        self.clock.after(self.goal_us[int(self.opened.acts.kind[act])], Rank.VERDICT, low40(int(self.opened.acts.id[act])),
                         self._take_stock, act)

    def _take_stock(self, act: int) -> None:
        """Tell a party whether one of its acts was found, or answered, in time."""
        found = self.record.found_in_time(act, int(self.opened.acts.side[act]), self.clock.now)
        self.parties.learn(act, found_in_time=found)

    def _expected(self, cells: Sequence[int], first: int, last: int) -> F64:
        """Looks that anybody would expect, as things stand now."""
        assert self.prepared.published is not None
        return expected_looks(self.prepared.published, self.opened.sky, cells, first, last, now=self.clock.now)
