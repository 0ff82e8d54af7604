"""Complaints at the desk: they open and join cases and cost time, and are no evidence; and obstruction met makes a breach."""

from __future__ import annotations

import numpy as np
import pytest
from reports import FIRE, GRAVE, HINT, OPTICAL, THERMAL, H, Office, section, seen

from sim.records import COMPLAINT, OBSTRUCTED, UNATTRIBUTED, Observation
from sim.scenario.agreement import Agreement, Breach, Kind
from sim.scenario.monitoring import PHYSICS
from sim.scenario.verification import Complaints, Verification
from sim.verification.obstruction import obstruction_found
from sim.verification.verdicts import BREACH, COMPLIANT, UNDETERMINED, called


def flooded(limit: int = 500, *, after_sightings: bool = False, **keys: float) -> Verification:
    """A desk with a limit on waiting complaints."""
    rule = Complaints(waiting_limit=limit, after_sightings=after_sightings)
    return section(**keys).model_copy(update={"complaints": rule})  # type: ignore[arg-type]


def complaint(number: int, at_h: float = 0.0, **keys: object) -> Observation:
    return seen(number, at_h, **({"physics": COMPLAINT, "means": -1, "side": 1} | keys))


def test_complaints_are_no_physics_class() -> None:
    assert {COMPLAINT, OBSTRUCTED}.isdisjoint(range(len(PHYSICS)))


@pytest.mark.parametrize("kind", [FIRE, HINT, GRAVE])
def test_complaints_alone_confirm_nothing(kind: int) -> None:
    """However many, also where one kind of evidence would do; the case asks for looks and ends unconfirmed."""
    office = Office(flooded(kinds=1)).run(*(complaint(n, 0.01 * n, kind=kind) for n in range(1, 30)))
    assert office.cases() == [list(range(1, 30))] and office.findings == []
    assert {grade for _, grade, _ in office.considered} == {-1} and len(office.considered) == 29
    assert [outcome for _, outcome, _ in office.closed] == ["not confirmed"]


def test_a_complaint_does_not_replace_a_second_kind_of_evidence() -> None:
    once = Office(flooded()).run(complaint(1), seen(2, 0.1), complaint(3, 0.2))
    assert once.cases() == [[1, 2, 3]] and once.findings == []
    twice = Office(flooded()).run(complaint(1), seen(2, 0.1), seen(3, 0.2, physics=THERMAL))
    assert len(twice.findings) == 1 and twice.findings[0].case == 1
    assert twice.findings[0].side == UNATTRIBUTED, "the party's word names nobody"


def test_what_was_seen_dates_a_case_that_a_complaint_opened() -> None:
    sights = (seen(2, 0.5, onset_us=round(0.4 * H)), seen(3, 0.6, physics=THERMAL))
    office = Office(flooded()).run(complaint(1, 0.0), *sights, complaint(4, 0.1, reported_us=round(0.61 * H)))
    assert office.findings[0].onset_us == round(0.6 * H)
    alone = Office(flooded()).run(complaint(1, 0.3))
    assert [case.onset_us for case in alone.book.cases.values()] == [round(0.3 * H)]


def test_beyond_the_limit_complaints_are_logged_and_left() -> None:
    """Two analysts work on two while five may wait; the others open no case."""
    office = Office(flooded(5, service_min=60.0)).run(*(complaint(n, 0.0, km=8.0 * n) for n in range(1, 13)))
    assert len(office.cases()) == 5 and office.book.complaints_left == 7
    assert office.book.complaints_waiting == 0
    none = Office(flooded(0)).run(complaint(1), seen(2, 0.1))
    assert none.cases() == [[2]] and none.book.complaints_left == 1


@pytest.mark.parametrize(("after", "waited_h"), [(True, 0.5), (False, 1.0)])
def test_complaints_wait_until_no_sighting_waits(after: bool, waited_h: float) -> None:
    """One analyst, half an hour a report: he works on the first complaint when another and a sighting come in."""
    office = Office(flooded(after_sightings=after, service_min=30.0, analysts=1)).run(
        complaint(1, 0.0), complaint(2, 0.0, km=80.0, reported_us=1), seen(3, 0.0, km=20.0, reported_us=2))
    assert office.book.served[3][0] / H == pytest.approx(waited_h, abs=1e-6)


def test_those_who_tire_free_their_place() -> None:
    office = Office(flooded(2, service_min=600.0, analysts=1, patience_mean_h=0.1)).run(
        *(complaint(n, 0.0, km=8.0 * n) for n in range(1, 4)), complaint(9, 5.0, km=90.0))
    assert office.book.complaints_left == 1 and office.book.complaints_waiting == 0 and 9 in office.book.cases


# ---- obstruction met ------------------------------------------------------------------------------------------------

TERMS = Agreement(kinds=(Kind(id="fire"),), breach=Breach(points=6.0, obstruction_share=0.25), observation_owed_h=24.0)


def met(begin_h: float, end_h: float, told_h: float, *, side: int = 0, cell: int = 0) -> Observation:
    """Obstruction from one hour to another, told at a third."""
    return Observation(7, round(end_h * H), round(begin_h * H), round(told_h * H), cell, 0.0, 0, side, -1, OBSTRUCTED, False,
                       0.0, 0)


def found(*facts: Observation) -> list[tuple[int, int, int]]:
    """Party, sector and period of each breach by obstruction: two sectors, three days, verdicts a day later."""
    made = obstruction_found(facts, TERMS, np.array([0, 1]), sectors=2, periods=3, period_us=24 * H, delay_us=24 * H,
                             local_start_h=2.0)
    return [tuple(place) for place in np.argwhere(made).tolist()]


def test_a_breach_needs_more_than_the_share() -> None:
    assert found(met(0, 6, 6)) == [] and found(met(0, 6.01, 7)) == [(0, 0, 0)]
    assert found(met(24, 28, 28, side=1, cell=1), met(30, 33, 33, side=1, cell=1)) == [(1, 1, 1)]
    assert found(met(0, 4, 4), met(2, 6, 6)) == [], "overlaps count once"
    assert found(met(0, 4, 4, cell=0), met(4, 8, 8, cell=1)) == []


def test_only_what_is_known_and_named_by_the_verdict_counts() -> None:
    assert found(met(0, 12, 48)) == [(0, 0, 0)] and found(met(0, 12, 48.1)) == []
    assert found(met(0, 12, 12, side=UNATTRIBUTED)) == []
    assert found() == []


def test_the_rule_calls_obstruction_a_breach() -> None:
    verdict = called(np.array([0.0, 0.0, 7.0]), np.array([1.0, 0.0, 0.0]), breach_points=6.0, required_power=0.5,
                     obstructed=np.array([True, False, False]))
    assert verdict.tolist() == [BREACH, UNDETERMINED, BREACH]
    assert called(np.zeros(1), np.ones(1), breach_points=6.0, required_power=0.5).tolist() == [COMPLIANT]
    assert OPTICAL == 0
