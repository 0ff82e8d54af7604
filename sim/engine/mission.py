"""The mission: what it does with what it is told, from report to case, second look, finding and answer.

A mediator can follow every step; nothing of the truth is at hand here, only what passed the door.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import numpy as np

from sim.area.line import beside
from sim.area.terms import FORBIDDEN, terms_of
from sim.engine.preparation import Opened, Prepared
from sim.engine.reckoning import Reckoning, by_posterior, tables_of
from sim.foundation.clock import Clock, Rank, low40
from sim.foundation.geodesy import Place
from sim.foundation.streams import F64
from sim.monitoring.consent import granted_until, notice_us, permissions
from sim.monitoring.cueing import Cueing, Offer
from sim.monitoring.design import SIDES
from sim.monitoring.detection import Door
from sim.monitoring.navigation import spells_us
from sim.monitoring.security import paused
from sim.records import OBSTRUCTED, Cue, Finding, Observation, Order, Response
from sim.response.force import Force
from sim.response.ladder import Ladder, contact_us
from sim.scenario.scenario import Scenario
from sim.verification.cases import Case, CaseBook
from sim.verification.commission import Commission
from sim.verification.evidence import side_of
from sim.verification.tasking import want_of
from sim.verification.verdicts import found_points

_HOUR_US = 3_600_000_000


class Mission:
    """What the mission does with what it is told: cases, second looks, findings, answers."""

    def __init__(self, prepared: Prepared, opened: Opened, door: Door, clock: Clock) -> None:
        scenario = prepared.scenario
        self.prepared, self.door, self.clock, self.scenario = prepared, door, clock, scenario
        physics = prepared.library.physics[prepared.layout.sensing.means]
        tasking = scenario.verification.tasking
        self.cueing = Cueing(opened.watch.flying, opened.watch.bought, prepared.cells, prepared.light, physics,
                             dwell_us=round(tasking.drone_dwell_h * _HOUR_US),
                             lost_us=spells_us(scenario.monitoring.navigation_lost))
        self.pauses = opened.watch.pauses
        team = prepared.layout.first.get("team")
        inspections = frozenset() if team is None else frozenset([int(prepared.layout.sensing.means[team])])
        self.team = team
        self.reckoning = Reckoning(prepared, opened.streams, tables_of(door)) if by_posterior(scenario) else None
        self.weighed: dict[int, F64] = {}
        """Case → its posteriors when it was closed."""
        self.book = _case_book(self, inspections)
        self.force = Force(scenario.response, scenario.area)
        self.ladder = _ladder(self)
        self.on_answer: Callable[[int, int, str], None] | None = None
        """Told of each answer that is given, by its id, cell and action; None where answers do nothing to conduct."""
        self.effects: dict[str, float] = {}
        """What answers did to conduct, in numbers; empty where they do nothing."""
        self.findings: list[Finding] = []
        self.obstructed: list[Observation] = []
        self.contacts: dict[int, int] = {}
        self.backlog: list[int] = []
        self.terms = terms_of(scenario.agreement, prepared.cells, start_hour=prepared.start_hour)
        self.announced = None if opened.told is None else opened.told.announced
        how = scenario.verification.commission
        self.commission = None if how is None else Commission(clock, how, scenario.agreement, opened.streams)
        if self.commission is not None:
            self.commission.begin(prepared.horizon_us)
        self.looked: list[tuple[Cue, int]] = []
        """Cued looks and what became of each, a number of `looks.REASONS`."""

    def hear(self, seen: Observation) -> None:
        """Take in a report; the first of a case rings the parties' hotline. Obstruction met is counted, not investigated."""
        if seen.physics == OBSTRUCTED:
            self.obstructed.append(seen)
            return
        known = len(self.book.cases)
        self.book.report(seen)
        if len(self.book.cases) > known:
            contact = contact_us(self.scenario.response.liaison, seen.id, self.clock.now)
            if contact is not None:
                self.contacts[seen.id] = self.clock.now + contact

    def count_backlog(self) -> None:
        """Note how many reports wait at the desk, every three hours."""
        self.backlog.append(self.book.desk.figures().waiting)

    def after_look(self, cue: Cue, fate: int) -> None:
        """Keep note of a cued look, also of one that saw nothing or was lost."""
        self.looked.append((cue, fate))
        if self.reckoning is not None:
            self.reckoning.note(cue, fate)

    def _on_case(self, case: Case) -> None:
        """Order a second look for a case that does not meet its standard, and let the ladder see its grade."""
        points = self.scenario.agreement.kinds[case.kind].points
        if not self.terms.untouched[case.kind]:
            side = side_of(case.evidence)
            points = self._worth(Finding(case.key, case.kind, side, case.cell, case.onset_us, -1, self.clock.now, case.grade))
            if points <= 0:
                return
        _look_again(self, case, points)
        self.ladder.consider(case=case.key, kind=case.kind, side=2, cell=case.cell, grade=case.grade,
                             onset_us=case.onset_us, logged_us=case.opened_us, finding=None)

    def _offer(self, case: Case, number: int, known: frozenset[int]) -> Offer | None:
        """Prefer the drone, which is there within the hour; a scene where no drone brings a new kind of evidence."""
        tasking, now = self.scenario.verification.tasking, self.clock.now
        until = now + round(self.scenario.verification.standard.close_after_h * _HOUR_US)
        drone = self.cueing.drone(case.key, number, case.cell, known, now) if tasking.drones else None
        if drone is not None and drone.new_kind:
            return drone
        scene = None
        if tasking.satellites:
            scene = self.cueing.scene(case.key, number, case.cell, known, now, until_us=until, only_new=drone is not None,
                                       points=self.scenario.agreement.kinds[case.kind].points)
        return drone if scene is None else scene

    def _on_finding(self, found: Finding) -> None:
        """Keep a finding and start the answers that it warrants."""
        self.findings.append(found)
        case = self.book.cases[found.case]
        if not self.terms.untouched[found.kind] and self._worth(found) <= 0:
            return
        if self.commission is not None:
            self.commission.submit(found)
        self.ladder.consider(case=found.case, kind=found.kind, side=found.side, cell=found.cell, grade=found.grade,
                             onset_us=found.onset_us, logged_us=case.opened_us, finding=found)

    def _worth(self, found: Finding) -> float:
        """Points of what a case or finding tells, by the terms and the notices known now; nothing is done about a lawful act."""
        return float(found_points([found], self.terms, self.announced, standing=FORBIDDEN)[0])

    def _posterior(self, case: Case, evidence: Sequence[Observation]) -> float:
        """How sure the mission is now that an act is behind a case."""
        assert self.reckoning is not None
        return float(self.reckoning.of(case, evidence, self.clock.now)[0])

    def _on_close(self, case: Case) -> None:
        """Let the door rest what lies behind a closed case; note how sure the mission is of it in the end."""
        if self.reckoning is not None and case.evidence:
            self.weighed[case.key] = self.reckoning.of(case, case.evidence, self.clock.now)
        self.door.close(case.key)

    def _place(self, cell: int) -> Place:
        """Place of a cell, for teams that go there."""
        return beside(self.scenario.area, self.prepared.cells, cell, 0.0)

    def _on_arrival(self, answer: Response) -> None:
        """A team that arrived looks, where teams confirm; answers end acts only where the scenario says so."""
        is_team = self.scenario.response.units[answer.unit].role == "team"
        if is_team and self.team is not None and self.scenario.verification.tasking.teams:
            notice = min(notice_us(self.scenario.monitoring, side, "teams") for side in SIDES)
            begin = max(self.clock.now, answer.ordered_us + notice)
            if begin > self.clock.now:
                self.clock.at(begin, Rank.UNIT, low40(answer.id), self._inspect, answer, self.team)
            else:
                self._inspect(answer, self.team)
        if is_team and self.scenario.response.answers_end_acts:
            self.door.arrive(answer.cell)
        if self.on_answer is not None:
            self.on_answer(answer.id, answer.cell, "inspection" if is_team else "posture")

    def _on_notice(self, order: Order) -> None:
        """A notice is given when it is decided."""
        if self.on_answer is not None:
            self.on_answer(order.id, order.cell, "notice")

    def _inspect(self, answer: Response, team: int) -> None:
        """Look on the side, or sides, that let a team in now, for as long as they do."""
        now = self.clock.now
        if paused(self.pauses, now):
            return
        # A side whose notice has not run is not open yet.
        waits = [now < answer.ordered_us + notice_us(self.scenario.monitoring, side, "teams") for side in SIDES]
        until = [None if wait else granted_until(permissions(self.scenario.monitoring, side, "teams"), now)
                 for side, wait in zip(SIDES, waits, strict=True)]
        open_to = [end for end in until if end is not None]
        if open_to:
            stay = round(self.scenario.verification.tasking.inspection_h * _HOUR_US)
            sensor = team + (2 if len(open_to) == len(SIDES) else int(until[0] is None))
            self.door.cue(Cue(answer.case, 99, sensor, answer.cell, now, min(now + stay, *open_to),
                              kind=self.book.cases[answer.case].kind))


def _look_again(mission: Mission, case: Case, points: float) -> None:
    """Order the look that a case wants; a case whose scene is called off for it orders anew at once."""
    want = want_of(case, mission.scenario.verification.tasking, points=points)
    offer = None if want is None else mission._offer(case, want.number, want.known_physics)
    if offer is None:
        return
    case.cues += 1
    mission.cueing.commit(offer)
    mission.door.cue(offer.cue._replace(kind=case.kind))
    if offer.diversion is not None:
        mission.door.divert(*offer.diversion)
    if offer.called_off is not None:
        mission.door.call_off(offer.called_off)
        other = mission.book.cases.get(offer.called_off.case)
        if other is not None:
            other.called_off += 1
            if other.closed_us < 0:
                _look_again(mission, other, mission.scenario.agreement.kinds[other.kind].points)


def _case_book(mission: Mission, inspections: frozenset[int]) -> CaseBook:
    """The case book that tells the mission of cases, findings and closed files."""
    scenario, prepared = mission.scenario, mission.prepared
    reach_cells = int(np.ceil((scenario.verification.merging.distance_km + 2) / scenario.area.cell_km))
    return CaseBook(mission.clock, scenario.agreement, scenario.verification, start_hour=prepared.start_hour,
                    persistence_us=_persistence(scenario), inspections=inspections, reach_cells=reach_cells,
                    on_case=mission._on_case, on_finding=mission._on_finding, on_close=mission._on_close,
                    posterior=None if mission.reckoning is None else mission._posterior)


def _ladder(mission: Mission) -> Ladder:
    """The ladder of answers, on the calendar of the scenario."""
    scenario = mission.scenario
    return Ladder(mission.clock, scenario.agreement, scenario.response, mission.force, place_of=mission._place,
                  on_arrival=mission._on_arrival, sector_of=sector_of(mission.prepared), on_notice=mission._on_notice,
                  midnight_us=-round(mission.prepared.start_hour * _HOUR_US), weekday=_weekday(scenario))


def sector_of(prepared: Prepared) -> Callable[[int], str]:
    """Names of the sectors of cells, for caveats and orders of preference."""
    cells = prepared.cells
    return lambda cell: cells.sectors[int(cells.sector[cell])]


def _weekday(scenario: Scenario) -> int:
    """Day of the week, local time, on which the run starts; 0 = Monday."""
    return (scenario.start + timedelta(hours=scenario.area.utc_offset_h)).weekday()


def _persistence(scenario: Scenario) -> tuple[int, ...]:
    """How long after a sighting another one of the same kind and place is taken for the same act: the timeliness goal of
    kinds that must be seen to last (zones), else the merging window."""
    lasting = {kind for zone in scenario.agreement.zones for kind in zone.kinds}
    return tuple(round(kind.goal_h * _HOUR_US) if kind.id in lasting else 0 for kind in scenario.agreement.kinds)
