"""The ladder by small stories: triggers, deadlines and their clocks, decisions, and answers that serve several cases."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.foundation.clock import Clock, Rank
from sim.foundation.geodesy import Place
from sim.foundation.streams import name_key
from sim.records import NEVER, Finding
from sim.records import Response as Answer
from sim.response.force import Force
from sim.response.ladder import Ladder, contact_us
from sim.scenario.agreement import GRADES, Agreement, Kind
from sim.scenario.area import Area, Climate, Sector
from sim.scenario.area import Place as Town
from sim.scenario.response import Liaison, Procedure, Response, Rung, Unit

H = 3_600_000_000
SKY = Climate(cloud_share=(0.5,) * 12, strong_wind_share=(0.0,) * 12, icing_share=(0.0,) * 12)
AREA = Area(
    line=((37.0, 48.0), (38.0, 48.0)),
    sectors=(Sector(id="s", from_km=0.0, to_km=70.0),),
    climate=SKY,
    places=(Town(id="base", lat_deg=48.0, lon_deg=36.0), Town(id="box", lat_deg=49.0, lon_deg=35.0)),
)
TERMS = Agreement(
    kinds=(
        Kind(id="fire"),
        Kind(id="zone", severity="significant"),
        Kind(id="strike", domain="air", severity="grave"),
        Kind(id="flight", domain="air", severity="significant"),
    )
)
FIRE, ZONE, STRIKE, FLIGHT = range(4)
TEAM = Unit(
    id="team", contribution="c", domain="land", role="team", base="base", notice_h=1.0, speed_kmh=50.0, task_h=6.0, count=9
)
WING = Unit(
    id="wing",
    contribution="c",
    domain="air",
    role="posture",
    base="base",
    station="box",
    notice_h=1.0,
    speed_kmh=800.0,
    task_h=10.0,
)
AT_ONCE = Procedure(id="at-once", members=1, needed=1, median_h=2.0, law="fixed")


def rung(name: str = "rung", action: str = "notice", **keys: Any) -> Rung:
    calm: dict[str, Any] = {"id": name, "severity": "minor", "procedure": "at-once", "action": action, "deadline_h": 24.0}
    return Rung(**(calm | keys))


NOTICE = rung("notice")
INSPECTION = rung("inspection", "inspection", severity="significant", clock="finding")
POSTURE = rung("posture", "posture", domain="air", domains=("air",), severity="significant")


class Room:
    """A ladder on a clock of its own."""

    def __init__(self, *rungs: Rung, units: tuple[Unit, ...] = (TEAM, WING), procedure: Procedure = AT_ONCE, **keys: Any) -> None:
        self.clock, self.arrived = Clock(), list[Answer]()
        section = Response(ladder=rungs, procedures=(procedure,), units=units, **keys)
        self.ladder = Ladder(
            self.clock,
            TERMS,
            section,
            Force(section, AREA),
            place_of=lambda _: Place(lat_deg=48.0, lon_deg=37.0),
            on_arrival=self.arrived.append,
        )

    def tell(
        self,
        case: int,
        at_h: float,
        kind: int = FIRE,
        *,
        grade: str = "probable",
        found: bool = True,
        onset_h: float = 0.0,
        logged_h: float = 1.0,
    ) -> None:
        """Let the ladder consider a case, or its finding, at a time."""
        onset, level = round(onset_h * H), GRADES.index(grade)
        finding = Finding(case, kind, 0, 3, onset, 0, round(at_h * H), level) if found else None
        self.clock.at(round(at_h * H), Rank.STAFF, case, self._consider, case, kind, level, onset, round(logged_h * H), finding)

    def _consider(self, case: int, kind: int, grade: int, onset: int, logged: int, finding: Finding | None) -> None:
        self.ladder.consider(case=case, kind=kind, side=0, cell=3, grade=grade, onset_us=onset, logged_us=logged, finding=finding)

    def run(self, until_h: float = 400.0) -> Room:
        self.clock.run(round(until_h * H))
        return self

    def orders(self) -> list[tuple[int, str, float]]:
        ladder = self.ladder.section.ladder
        return [(o.case, ladder[o.rung].id, o.decided_us / H) for o in self.ladder.orders]


def test_a_notice_is_given_when_it_is_decided() -> None:
    room = Room(NOTICE)
    room.tell(7, 5.0)
    assert room.run().orders() == [(7, "notice", 7.0)] and room.ladder.answers == []


@pytest.mark.parametrize(
    ("kind", "grade", "rungs"),
    [
        (FIRE, "probable", ["notice"]),
        (FIRE, "indicative", []),
        (ZONE, "probable", ["notice", "inspection"]),
        (ZONE, "indicative", []),
        (STRIKE, "confirmed-remote", ["notice", "inspection", "posture"]),
    ],
)
def test_rungs_start_by_domain_severity_and_grade(kind: int, grade: str, rungs: list[str]) -> None:
    room = Room(NOTICE, INSPECTION, POSTURE)
    room.tell(7, 5.0, kind, grade=grade)
    assert sorted(o[1] for o in room.run().orders()) == sorted(rungs)


def test_a_rung_of_another_domain_does_not_start() -> None:
    room = Room(rung(domains=("sea",)))
    room.tell(7, 5.0)
    assert room.run().orders() == []


@pytest.mark.parametrize(("clock", "due_h"), [("onset", 2.0 + 24), ("logged", 3.5 + 24), ("finding", 9.0 + 24)])
def test_deadlines_name_their_clock(clock: str, due_h: float) -> None:
    room = Room(rung(clock=clock))
    room.tell(7, 9.0, onset_h=2.0, logged_h=3.5)
    (order,) = room.run().ladder.orders
    assert (order.due_us / H, order.triggered_us / H, order.decided_us / H) == (due_h, 9.0, 11.0)


def test_an_open_case_starts_only_inspections() -> None:
    room = Room(NOTICE, INSPECTION, POSTURE)
    room.tell(7, 5.0, STRIKE, found=False)
    assert [o[1] for o in room.run().orders()] == ["inspection"]


def test_a_rung_starts_once_a_case() -> None:
    room = Room(NOTICE, INSPECTION)
    room.tell(7, 5.0, ZONE, found=False)
    room.tell(7, 6.0, ZONE)
    room.tell(8, 6.0, ZONE)
    assert sorted(room.run().orders()) == [(7, "inspection", 7.0), (7, "notice", 8.0), (8, "inspection", 8.0), (8, "notice", 8.0)]


def test_a_team_goes_to_the_place_and_arrives() -> None:
    room = Room(INSPECTION)
    room.tell(7, 5.0, ZONE)
    (answer,) = room.run().arrived
    assert answer.ordered_us == 7 * H and answer.moved_us == 8 * H and (answer.case, answer.unit, answer.cell) == (7, 0, 3)
    assert (answer.on_station_us - answer.moved_us) / H == pytest.approx(answer.distance_km / 50)
    assert room.clock.now == 400 * H


def test_one_grave_act_starts_a_posture_answer_and_others_need_the_threshold() -> None:
    room = Room(POSTURE, posture_threshold=3)
    room.tell(1, 1.0, FLIGHT)
    room.tell(2, 10.0, FLIGHT)
    assert room.run(20.0).orders() == []
    room = Room(POSTURE, posture_threshold=3)
    for case, at in ((1, 1.0), (2, 10.0), (3, 24.9)):
        room.tell(case, at, FLIGHT)
    assert room.run().orders() == [(3, "posture", 26.9)]
    room = Room(POSTURE, posture_threshold=3)
    for case, at in ((1, 1.0), (2, 10.0), (3, 25.0)):  # the first is a day old
        room.tell(case, at, FLIGHT)
    assert room.run().orders() == []
    room = Room(POSTURE, posture_threshold=3)
    room.tell(1, 1.0, STRIKE)
    assert room.run().orders() == [(1, "posture", 3.0)]


def test_later_cases_join_an_answer_that_is_under_way() -> None:
    """A patrol stays for 10 h; findings until it leaves join it, a later one orders another."""
    room = Room(POSTURE)
    room.tell(1, 1.0, STRIKE)
    room.tell(2, 2.0, STRIKE)  # while it is decided
    room.tell(3, 9.0, STRIKE)  # while it is on station
    room.tell(4, 40.0, STRIKE)  # after it left
    room.run()
    (first, second) = room.ladder.orders
    assert [c for c, _ in room.ladder.joined[first.id]] == [1, 2, 3] and [c for c, _ in room.ladder.joined[second.id]] == [4]
    assert [t / H for _, t in room.ladder.joined[first.id]] == [1.0, 2.0, 9.0]
    assert len(room.arrived) == 2


def test_answers_to_places_are_not_joined() -> None:
    room = Room(INSPECTION)
    room.tell(1, 1.0, ZONE)
    room.tell(2, 2.0, ZONE)
    assert len(room.run().arrived) == 2


def test_refused_orders_and_orders_without_units_lapse() -> None:
    refusing = Procedure(id="at-once", members=3, needed=2, median_h=2.0, refusal_share=1.0)
    room = Room(NOTICE, procedure=refusing)
    room.tell(1, 1.0)
    assert room.run().orders() == [] and room.ladder.lapsed == 1
    room = Room(POSTURE, units=(TEAM,))
    room.tell(1, 1.0, STRIKE)
    room.tell(2, 10.0, STRIKE)
    assert room.run().ladder.lapsed == 2 and len(room.ladder.orders) == 2 and room.arrived == []


def test_liaison_answers_at_its_share_within_its_minutes() -> None:
    how = Liaison(contact_min=10.0, contact_max_min=60.0, available_share=0.9)
    found = [contact_us(how, name_key("case", k)) for k in range(5000)]
    minutes = np.array([f / H * 60 for f in found if f is not None])
    assert abs(len(minutes) / 5000 - 0.9) < 4 * math.sqrt(0.09 / 5000)
    assert minutes.min() >= 10 and minutes.max() <= 60
    assert abs(minutes.mean() - 35) < 4 * 50 / math.sqrt(12 * len(minutes))
    assert contact_us(Liaison(available_share=0.0), 1) is None


UP = rung("call", follow_share={"warning": 1.0})
ROUND = rung("warning", severity="grave", follow_share={"call": 0.5}, end_share={"settled": 0.3, "dropped": 0.2}, follow_h=1.0)


def test_a_case_climbs_from_rung_to_rung_until_it_ends() -> None:
    room = Room(UP, ROUND)
    for case in range(1, 401):
        room.tell(case, 5.0)
    orders = room.run(2000.0).orders()
    climbs = room.ladder.climbs
    assert set(climbs) == set(range(1, 401)) and {climb.end for climb in climbs.values()} == {"settled", "dropped"}
    for case in (1, 17, 400):
        way = [(rung, start / H) for rung, start in climbs[case].rungs]
        # Each rung takes two hours to decide, and the second rests an hour before it goes on.
        assert [r for r, _ in way] == [0, 1] * (len(way) // 2)
        assert [at for _, at in way] == pytest.approx([5.0 + 5 * (i // 2) + 2 * (i % 2) for i in range(len(way))])
        assert sorted(at for c, _, at in orders if c == case) == pytest.approx([at + 2.0 for _, at in way])
    settled = np.mean([climb.end == "settled" for climb in climbs.values()])
    steps = np.array([len(climb.rungs) for climb in climbs.values()])
    assert abs(settled - 0.6) < 4 * math.sqrt(0.24 / 400)
    assert abs(steps.mean() - 4.0) < 4 * steps.std() / 20


def test_orders_of_one_rung_taken_twice_are_two_orders() -> None:
    room = Room(UP, ROUND)
    for case in range(1, 101):
        room.tell(case, 5.0)
    orders = room.run(2000.0).ladder.orders
    assert len({order.id for order in orders}) == len(orders) > 200


def test_a_case_climbs_once_and_rests_where_nothing_follows() -> None:
    room = Room(rung("call", follow_share={"last": 0.4}), rung("last", severity="grave"))
    for case in range(1, 101):
        room.tell(case, 5.0)
        room.tell(case, 50.0)
    room.run()
    ways = [[r for r, _ in climb.rungs] for climb in room.ladder.climbs.values()]
    assert {tuple(way) for way in ways} == {(0,), (0, 1)} and all(climb.end is None for climb in room.ladder.climbs.values())
    assert len(room.ladder.orders) == sum(map(len, ways))


def test_a_decision_that_lapses_goes_on_at_its_deadline() -> None:
    never = Procedure(id="at-once", members=1, needed=1, median_h=2.0, law="fixed", refusal_share=1.0)
    room = Room(rung("call", end_share={"lapsed": 1.0}, clock="finding"), procedure=never)
    room.tell(7, 5.0)
    assert room.run(28.9).ladder.climbs[7].end is None
    room.clock.run(round(29.1 * H))
    assert room.ladder.climbs[7].end == "lapsed" and room.ladder.orders == []


@pytest.mark.parametrize(("members", "shared_h", "decided_h"), [
    (1, 0.0, 7.0), (1, 30.0, 7.0), (1, math.inf, 7.0), (3, 0.0, 7.0), (3, 3.0, 7.0), (3, 30.0, 32.0), (3, math.inf, None)])
def test_several_members_wait_for_what_is_released_to_them(members: int, shared_h: float, decided_h: float | None) -> None:
    """A council that takes two hours decides two hours after evidence found at hour 5 reaches it, and never on what does not;
    one head of mission decides on what the mission knows."""
    council = AT_ONCE.model_copy(update={"members": members, "needed": members})
    room = Room(NOTICE, procedure=council)
    shared = NEVER if math.isinf(shared_h) else round(shared_h * H)
    finding = Finding(7, FIRE, 0, 3, 0, 0, 5 * H, 1, coalition_us=shared)
    room.clock.at(5 * H, Rank.STAFF, 7, room._consider, 7, FIRE, 1, 0, H, finding)
    assert room.run().orders() == ([] if decided_h is None else [(7, "notice", decided_h)])
    assert room.ladder.lapsed == (decided_h is None)
