"""The case book by small stories: merging, work at the desk, confirmation, attribution and closing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from reports import FIRE, GRAVE, HINT, MINUTE, OPTICAL, RADAR, SITE, THERMAL, ZONE, H, Office, section, seen

from sim.verification.work import service_factor

# ---- merging ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("km", "error_km", "one"), [(54.9, 0.0, True), (55.1, 0.0, False), (56.9, 2.0, True), (57.1, 2.0, False), (49.1, 0.0, True)]
)
def test_reports_near_in_place_are_one_case(km: float, error_km: float, one: bool) -> None:
    """Closer than 3 km, plus the location error of the means."""
    found = Office().run(seen(1), seen(2, 0.1, km=km, error_km=error_km)).cases()
    assert found == ([[1, 2]] if one else [[1], [2]])


@pytest.mark.parametrize(("at_h", "one"), [(0.99, True), (1.01, False)])
def test_reports_near_in_time_are_one_case(at_h: float, one: bool) -> None:
    assert Office().run(seen(1), seen(2, at_h)).cases() == ([[1, 2]] if one else [[1], [2]])


def test_a_chain_of_reports_is_one_case() -> None:
    assert Office().run(*[seen(n, 0.9 * n) for n in range(1, 6)]).cases() == [[1, 2, 3, 4, 5]]


def test_a_late_report_finds_the_sight_that_it_belongs_to() -> None:
    """Seen half an hour before the first report of a case, but heard after the last: it is near to one of them."""
    late = seen(4, -0.0, reported_us=3 * H)
    assert Office().run(seen(1, 0.5), seen(2, 1.4), late).cases() == [[1, 2, 4]]


def test_kinds_that_last_are_merged_over_their_persistence() -> None:
    persistence = (0, 72 * H, 0, 0, 0)
    how = section(close_after_h=200.0)
    zone = Office(how, persistence_us=persistence).run(seen(1, kind=ZONE), seen(2, 70.0, kind=ZONE))
    fire = Office(how, persistence_us=persistence).run(seen(1), seen(2, 70.0))
    assert (zone.cases(), fire.cases()) == ([[1, 2]], [[1], [2]])


def test_kinds_are_kept_apart() -> None:
    assert Office().run(seen(1), seen(2, 0.1, kind=GRAVE)).cases() == [[1], [2]]


def test_a_case_may_name_both_sides() -> None:
    """Reports that accuse A and B are one case, which then names the side that most of them name, or neither."""
    even = Office().run(seen(1, side=0), seen(2, 0.1, side=1, physics=THERMAL))
    assert even.cases() == [[1, 2]]
    assert [found.side for found in even.findings] == [2]
    most = Office(section(attribution_h=2.0)).run(seen(1, side=0), seen(2, 0.1, side=1, physics=THERMAL), seen(3, 0.2, side=1))
    assert [found.side for found in most.findings] == [1]


def test_a_cued_look_joins_the_case_that_ordered_it() -> None:
    """Whatever its place and time, and also when the case is closed; another kind makes a case of its own."""
    office = Office().run(seen(1), seen(2, 10.0, km=90.0, case=1), seen(3, 60.0, case=1), seen(4, 0.2, kind=GRAVE, case=1))
    assert office.cases() == [[1, 2, 3], [4]]


def test_closed_cases_take_no_more_reports() -> None:
    office = Office(section(close_after_h=0.5)).run(seen(1), seen(2, 0.9))
    assert office.cases() == [[1], [2]]


# ---- the desk and the standard --------------------------------------------------------------------------------------


def test_two_kinds_confirm_and_the_finding_follows() -> None:
    office = Office(section(attribution_h=8.0)).run(seen(1, side=0), seen(2, 0.5, physics=THERMAL))
    (found,) = office.findings
    assert found.confirmed_us == round(0.5 * H) + 6 * MINUTE
    assert found.found_us == found.confirmed_us + 8 * H
    assert (found.case, found.kind, found.side, found.cell, found.grade, found.onset_us) == (1, FIRE, 0, 10, 1, 0)
    assert office.closed == [(1, "finding", found.found_us)]
    assert [c[:2] for c in office.considered] == [(1, 0)]  # the first report asked for more


def test_evidence_that_comes_during_attribution_counts() -> None:
    office = Office(section(attribution_h=8.0)).run(
        seen(1, side=0), seen(2, 0.5, physics=THERMAL), seen(3, 1.0, side=1), seen(4, 1.1, side=1, physics=RADAR, images=True)
    )
    (found,) = office.findings
    assert (found.side, found.grade) == (1, 2)


def test_grade_required_by_the_kind() -> None:
    two = (seen(1, kind=ZONE), seen(2, 0.5, kind=ZONE, physics=RADAR))
    assert Office().run(*two).findings == []
    assert len(Office().run(*two, seen(3, 0.9, kind=ZONE, images=True)).findings) == 1
    assert len(Office().run(seen(1, kind=HINT)).findings) == 1
    assert len(Office().run(seen(1, kind=SITE, means=9)).findings) == 1


def test_reports_wait_for_the_analyst() -> None:
    office = Office(section(analysts=1, service_min=30.0)).run(*[seen(n, km=20.0 * n) for n in range(1, 5)])
    assert [office.book.served[n] for n in range(1, 5)] == [(30 * (n - 1) * MINUTE, 30 * n * MINUTE) for n in range(1, 5)]


def test_grave_reports_go_first() -> None:
    office = Office(section(analysts=1, service_min=30.0)).run(
        seen(1, km=10.0), seen(2, 0.1, km=30.0), seen(3, 0.2, km=50.0, kind=ZONE), seen(4, 0.3, km=70.0, kind=GRAVE)
    )
    assert sorted(office.book.served, key=lambda n: office.book.served[n][1]) == [1, 4, 3, 2]


def test_nobody_works_at_night_where_nobody_is_on_shift() -> None:
    """A report at 23 h local time waits for 6 h where the night shift is empty."""
    office = Office(section(analysts=2, night=0), start_hour=23.0).run(seen(1))
    assert office.book.served[1] == (7 * H, 7 * H + 6 * MINUTE)


def test_impatient_reports_are_dropped_and_the_case_ends_in_the_queue() -> None:
    office = Office(section(analysts=1, service_min=600.0, patience_mean_h=0.01)).run(seen(1, km=10.0), seen(2, km=30.0))
    assert office.book.lost[2][0] == "abandoned"
    assert tuple(outcome for _, outcome, _ in sorted(office.closed)) == ("not confirmed", "queue")


def test_a_full_desk_refuses() -> None:
    office = Office(section(analysts=1, service_min=60.0, queue_limit=2)).run(*[seen(n, km=20.0 * n) for n in range(1, 5)])
    assert {n: why for n, (why, _) in office.book.lost.items()} == {3: "refused", 4: "refused"}


# ---- closing ------------------------------------------------------------------------------------------------------


def test_a_case_without_more_evidence_is_closed_in_time() -> None:
    assert Office().run(seen(1)).closed == [(1, "not confirmed", 24 * H)]


def test_closing_is_put_off_while_reports_come_in() -> None:
    office = Office(section(window_h=20.0)).run(seen(1), seen(2, 15.0), seen(3, 30.0))
    assert office.cases() == [[1, 2, 3]] and office.closed == [(1, "not confirmed", 54 * H)]


def test_a_confirmed_case_is_not_closed_before_its_finding() -> None:
    office = Office(section(attribution_h=100.0)).run(seen(1), seen(2, 0.5, physics=THERMAL))
    assert [c[1] for c in office.closed] == ["finding"]


def test_nothing_is_found_twice() -> None:
    office = Office(section(attribution_h=2.0)).run(
        seen(1), seen(2, 0.1, physics=THERMAL), seen(3, 0.2, physics=RADAR), seen(4, 5.0, case=1, physics=THERMAL)
    )
    assert len(office.findings) == 1 and len(office.closed) == 1


# ---- laws of work -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "mean", "square"),
    [
        ("fixed", 1.0, 1.0),
        ("exponential", 1.0, 2.0),
        ("erlang2", 1.0, 1.5),
        ("uniform", 1.0, 4 / 3),
        ("lognormal", math.exp(0.18), math.exp(0.72)),
    ],
)
def test_laws_of_work_by_their_moments(law: str, mean: float, square: float) -> None:
    """Midpoints of 20,000 equal parts of the luck; tails cut by them weigh under 1 %."""
    found = np.array([service_factor(law, (n + 0.5) / 20_000, 0.6) for n in range(20_000)])
    assert found.mean() == pytest.approx(mean, rel=2e-3) and (found**2).mean() == pytest.approx(square, rel=1e-2)
    assert (np.diff(found) >= 0).all()


def test_attribution_delays_have_their_median() -> None:
    from sim.scenario.verification import Attribution

    how = section().model_copy(update={"attribution": Attribution(delay_median_h=8.0, delay_log_sd=0.8)})
    n = 600
    reports = [
        seen(2 * n_ + k, 0.1 * k, km=10.0 * n_, cell=2 * n_, physics=(OPTICAL, THERMAL)[k])
        for n_ in range(1, n + 1)
        for k in (0, 1)
    ]
    office = Office(how.model_copy(update={"staff": section(analysts=5000).staff})).run(*reports)
    delay = np.array([f.found_us - f.confirmed_us for f in office.findings]) / H
    assert len(delay) == n
    assert abs((delay < 8).mean() - 0.5) < 4 * 0.5 / math.sqrt(n)
    assert abs(np.log(delay).std() - 0.8) < 4 * 0.8 / math.sqrt(2 * n)
