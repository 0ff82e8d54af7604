"""Each measure by hand on a small history, and what is null and why."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hand_made import act, history, scenario

from sim.ledger import History
from sim.measure.measures import CATALOGUE, Measured, measure
from sim.scenario.scenario import Scenario

ACTS = [
    act("a1", 1.0, detected_h=2.0, verified_h=5.0, attributed_h=9.0, answered_h=20.0, grade="probable", attributed=1),
    act("a2", 10.0, detected_h=17.0, verified_h=18.0),
    act("a3", 30.0, side="B", light="night", detected_h=31.0),
    act("a4", 50.0, side="B"),
    act("s1", 60.0, kind="strike", detected_h=60.2, verified_h=60.9, attributed_h=62.0, answered_h=100.0),
    act("s2", 70.0, kind="strike", side="B", light="night", detected_h=70.1, verified_h=72.0, attributed_h=73.0, answered_h=80.0),
    act("a5", 90.0, side="B", detected_h=90.5, verified_h=95.0),
    act("late", 97.0, counted=0, detected_h=97.5, verified_h=98.0),
]


def measured(made: History | None = None, how: Scenario | None = None, **rows: Any) -> Measured:
    return measure(made or history(violations=ACTS, **rows), how or scenario())


def value(of: Measured, name: str, by: str = "all", group: str = "") -> Any:
    found = [(r.numerator, r.denominator) for r in of.rows if (r.measure, r.by, r.group) == (name, by, group)]
    assert len(found) == 1, (name, by, group, found)
    return found[0]


# ---- the chain --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hits"),
    [
        ("detected_share", 6),
        ("timely_share", 5),
        ("verified_share", 5),
        ("attributed_share", 3),
        ("answered_share", 3),
        ("answered_24h_share", 2),
        ("answered_72h_share", 3),
    ],
)
def test_chain_over_the_seven_counted_incidents(name: str, hits: int) -> None:
    assert value(measured(), name) == (hits, 7)


@pytest.mark.parametrize(
    ("by", "group", "expected"),
    [
        ("side", "A", (3, 3)),
        ("side", "B", (3, 4)),
        ("kind", "strike", (2, 2)),
        ("domain", "land", (4, 5)),
        ("light", "night", (2, 2)),
        ("sector", "w", (6, 7)),
    ],
)
def test_detected_share_by_group(by: str, group: str, expected: tuple[int, int]) -> None:
    assert value(measured(), "detected_share", by, group) == expected


def test_incidents_a_day() -> None:
    assert value(measured(), "violations_per_day") == (7, 4) and value(measured(), "violations_per_day", "side", "B") == (4, 4)
    warm = scenario(warm_up_h=24.0)
    assert value(measured(how=warm), "violations_per_day") == (7, 3)


def test_significant_incidents_confirmed_in_time() -> None:
    """The strike of A was confirmed after 0.9 h, that of B after 2 h; the goal is 1 h."""
    found = measured()
    assert value(found, "significant_confirmed_in_time_share") == (1, 2)
    groups = {r.group: (r.numerator, r.denominator) for r in found.rows if r.by == "kind-side-light"}
    assert groups == {"strike/A/day": (1, 1), "strike/B/night": (0, 1)}
    assert CATALOGUE["significant_confirmed_in_time_worst"].of == "significant_confirmed_in_time_share"


def test_break_even_ratio_is_odds_of_attributed_in_time() -> None:
    """Verified within the goal and attributed: a1 (4 h of 6) and s1; p/(1 − p) = 2/5."""
    assert value(measured(), "break_even_ratio") == (2, 5)


def test_times_run_from_onset_and_are_infinite_where_never() -> None:
    times = measured().times
    assert sorted(times["time_to_detect"].tolist()) == pytest.approx([0.1, 0.2, 0.5, 1.0, 1.0, 7.0, math.inf])
    assert sorted(times["time_to_verify"].tolist()) == pytest.approx([0.9, 2.0, 4.0, 5.0, 8.0, math.inf, math.inf])
    assert sorted(times["time_to_attribute"].tolist()) == pytest.approx([2.0, 3.0, 8.0, *[math.inf] * 4])


# ---- verdicts ---------------------------------------------------------------------------------------------------------


def verdict(side: str, day: int, truth: str, called: str, power: float = 0.5) -> dict[str, Any]:
    return {
        "verdict": f"{side}{day}",
        "side": side,
        "sector": "w",
        "from_h": 24.0 * day,
        "to_h": 24.0 * day + 24,
        "truth": truth,
        "called": called,
        "power": power,
    }


B, C, U = "breach", "compliant", "undetermined"
VERDICTS = [
    verdict("A", 0, B, B, 0.2),
    verdict("A", 1, B, C, 0.9),
    verdict("A", 2, C, B, 0.6),
    verdict("A", 3, C, C, 0.8),
    verdict("B", 0, C, U, 0.1),
    verdict("B", 1, B, U, 0.3),
    verdict("B", 2, C, C, 0.7),
    verdict("B", 3, C, C, 0.5),
]


def test_skill_against_the_best_blind_verdict() -> None:
    """Loss: missed 1, wrong 3, two undetermined 0.6: 4.6. Blind: always breach 5 × 3 = 15, always compliant 3 × 1 = 3,
    previous state: A misses day 0 and accuses day 2, B misses day 1 and accuses day 2: 2 × 1 + 2 × 3 = 8."""
    assert value(measured(verdicts=VERDICTS), "skill") == (pytest.approx(3 - 4.6), 3)


def test_persistence_is_the_best_blind_verdict_where_states_last() -> None:
    """A breach on the first five days of twenty: the previous state misses the first and accuses once: 4, against 5 and 45."""
    lasting = [verdict("A", d, B if d < 5 else C, B) for d in range(20)]
    found = value(measured(verdicts=lasting), "skill")
    assert found == (pytest.approx(4 - 45), 4)


@pytest.mark.parametrize(
    ("name", "all_", "a", "b"),
    [
        ("wrong_accusations_per_30d", (30, 4), (30, 4), (0, 4)),
        ("undetermined_share", (2, 8), (0, 4), (2, 4)),
        ("missed_breach_share", (1, 3), (1, 2), (0, 1)),
        ("wrong_accusation_share", (1, 5), (1, 2), (0, 3)),
        ("true_breach_share", (3, 8), (2, 4), (1, 4)),
    ],
)
def test_errors_of_verdicts_by_side(name: str, all_: tuple[int, int], a: tuple[int, int], b: tuple[int, int]) -> None:
    found = measured(verdicts=VERDICTS)
    assert [value(found, name), value(found, name, "side", "A"), value(found, name, "side", "B")] == [all_, a, b]


def test_power_and_parity() -> None:
    found = measured(verdicts=VERDICTS)
    assert value(found, "power_median") == (pytest.approx(0.55), 1) and value(found, "power_worst") == (0.1, 1)
    assert value(found, "parity_error") == (0.5, 1)


def test_brier_score_of_the_verdicts() -> None:
    """A breach called is a forecast of 1; silence leaves (1 − power)/(2 − power), from even odds."""
    silence = [(1 - p) / (2 - p) for p in (0.9, 0.8, 0.1, 0.3, 0.7, 0.5)]
    expected = (
        0
        + (silence[0] - 1) ** 2
        + 1
        + silence[1] ** 2
        + silence[2] ** 2
        + (silence[3] - 1) ** 2
        + silence[4] ** 2
        + silence[5] ** 2
    )
    assert value(measured(verdicts=VERDICTS), "brier") == (pytest.approx(expected), 8)


def test_no_verdicts_no_measure() -> None:
    found = measured()
    for name in ("skill", "power_median", "power_worst", "undetermined_share", "parity_error"):
        assert value(found, name)[1] == 0


# ---- errors and record --------------------------------------------------------------------------------------------------


def finding(number: int, onset_h: float, violation: str = "", side: str = "", **keys: Any) -> dict[str, Any]:
    return {
        "finding": f"f{number}",
        "case": f"c{number}",
        "kind": "fire",
        "side": side,
        "onset_h": onset_h,
        "found_h": onset_h + 10,
        "violation": violation,
        "points": 1.0,
    } | keys


FINDINGS = [
    finding(1, 1.0, "a1", "A"),
    finding(2, 10.0, "a2", "B"),
    finding(3, 20.0, "", "A"),
    finding(4, 70.0, "s2", "B"),
    finding(5, 90.0, "a5"),
    finding(6, 97.0, "", "B"),
    finding(7, 98.0, "late", "A"),
]


def test_errors_of_findings_with_onset_in_the_counted_days() -> None:
    """Five findings: one with nothing behind it, one against the wrong side, one that names nobody."""
    found = measured(findings=FINDINGS)
    assert value(found, "false_findings_per_day") == (1, 4)
    assert value(found, "precision") == (4, 5)
    assert value(found, "wrong_attribution_share") == (1, 3)
    assert value(found, "unattributed_share") == (1, 4)


def test_findings_about_lawful_acts_are_no_part_of_the_record() -> None:
    found = measured(findings=[*FINDINGS, finding(8, 30.0, "a3", "A", points=0.0), finding(9, 31.0, points=0.0)])
    assert value(found, "precision") == (4, 5) and value(found, "reported_ratio") == (5, 7)


def test_errors_of_answers_ordered_in_the_counted_days() -> None:
    orders = [
        {"order": "o1", "violation": "a1", "side": "A", "triggered_h": 5.0},
        {"order": "o2", "violation": "", "side": "A", "triggered_h": 6.0},
        {"order": "o3", "violation": "a3", "side": "A", "triggered_h": 40.0},
        {"order": "o4", "violation": "a3", "side": "", "triggered_h": 41.0},
        {"order": "o5", "violation": "", "side": "B", "triggered_h": 96.0},
    ]
    found = measured(orders=orders)
    assert value(found, "false_answers_per_30d") == (30, 4) and value(found, "wrong_side_answers_per_30d") == (30, 4)


def test_published_record_against_the_true_one() -> None:
    """True: 3 in the first two days, 4 in the others; found 3 and 2: ln(2/3) − ln(4/3)."""
    found = measured(findings=FINDINGS)
    assert value(found, "reported_ratio") == (5, 7)
    assert value(found, "trend_error") == (pytest.approx(math.log(2 / 3) - math.log(4 / 3)), 1)
    assert value(measured(findings=FINDINGS[:3]), "trend_error")[1] == 0


def test_days_before_the_count_are_not_part_of_the_record() -> None:
    warm = scenario(warm_up_h=48.0)
    acts = [row | {"counted": int(48 <= row["onset_h"] < 96)} for row in ACTS]
    found = measured(history(violations=acts, findings=FINDINGS), warm)
    assert value(found, "reported_ratio") == (2, 4)
    assert value(found, "false_findings_per_day") == (0, 2)
    assert value(found, "trend_error") == (
        pytest.approx(math.log(1) - math.log(1 / 3)),
        1,
    )  # halves part at 72 h: 3 and 1, 1 and 1


def test_parity_of_opportunity() -> None:
    """Detected: 3 of 4 by B, 3 of 3 by A: 0.75."""
    numerator, denominator = value(measured(), "parity_opportunity")
    assert numerator / denominator == pytest.approx(0.75)


# ---- coverage, response, load ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("coverage_share", 30 / 56),
        ("revisit_mean_h", 8.0),
        ("revisit_max_h", 50.0),
        ("wait_for_look_h", 6.0),
        ("time_average_gap_h", 12.0),
        ("age_of_information_h", 6.0),
        ("staff_utilisation", 0.25),
        ("backlog_p90", 7.0),
        ("drone_hours_planned", 96.0),
        ("drone_hours_flown", 60.0),
        ("scenes_taken", 12.0),
        ("exposure_h", 5.0),
    ],
)
def test_coverage_and_load_by_the_facts(name: str, expected: float) -> None:
    numerator, denominator = value(measured(), name)
    assert numerator / denominator == pytest.approx(expected)


def test_response_times_by_domain_without_teams() -> None:
    rows = [
        {"response": "r1", "domain": "land", "ordered_h": 10.0, "on_station_h": 34.0},
        {"response": "r2", "domain": "sea", "ordered_h": 20.0},
        {"response": "r3", "domain": "team", "ordered_h": 5.0, "on_station_h": 9.0},
        {"response": "r4", "domain": "land", "ordered_h": 96.5, "on_station_h": 99.0},
    ]
    times = measured(responses=rows).times
    assert sorted(times["response_time"].tolist()) == [24.0, math.inf] and times["response_time_land"].tolist() == [24.0]
    assert times["response_time_sea"].tolist() == [math.inf] and times["response_time_air"].tolist() == []


# ---- the whole ------------------------------------------------------------------------------------------------------------


def test_every_measure_has_rows_or_times_or_a_reason() -> None:
    found = measured(verdicts=VERDICTS, findings=FINDINGS)
    made = {r.measure for r in found.rows}
    for name, what in CATALOGUE.items():
        if what.estimator == "ratio":
            assert (name in made) != bool(what.reason), name
        elif what.estimator == "quantile":
            assert what.of in found.times and what.quantile in (0.05, 0.5, 0.9, 0.95), name
        else:
            assert what.of in made, name
    assert made <= set(CATALOGUE)


def test_numbers_are_finite_even_when_nothing_happened() -> None:
    for made in (history(), history(violations=ACTS), history(verdicts=VERDICTS)):
        rows = measure(made, scenario()).rows
        assert all(np.isfinite([r.numerator, r.denominator]).all() for r in rows)
