"""The clock of a case: six stages that add up to the time from onset to answer."""

from __future__ import annotations

from typing import Any

import pytest
from hand_made import act, history
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.measure.stages import STAGES, stage_hours


def told(
    *,
    onset: float = 1.0,
    detected: float = 2.0,
    confirmed: float = 5.0,
    found: float = 13.0,
    decided: float = 15.0,
    moved: float | None = 17.0,
    there: float | None = 21.0,
    **keys: Any,
) -> dict[str, list[dict[str, Any]]]:
    """The tables of one case and one answer."""
    return {
        "violations": [act("a", onset, detected_h=detected) | keys],
        "cases": [{"case": "c", "confirmed_h": confirmed}],
        "findings": [{"finding": "c", "case": "c", "found_h": found, "violation": "a"}],
        "orders": [{"order": "o", "case": "c", "decided_h": decided, "violation": "a"}],
        "responses": []
        if moved is None
        else [{"response": "r", "order": "o", "case": "c", "moved_h": moved, "on_station_h": there, "violation": "a"}],
    }


def hours(tables: dict[str, list[dict[str, Any]]]) -> list[float]:
    found = stage_hours(history({}, **tables).tables)
    assert list(found) == list(STAGES) and len({count for _, count in found.values()}) == 1
    return [total for total, _ in found.values()]


def test_six_stages_of_one_case() -> None:
    assert hours(told()) == [1.0, 3.0, 8.0, 2.0, 2.0, 4.0]


def test_a_notice_is_answered_when_it_is_decided() -> None:
    assert hours(told(moved=None)) == [1.0, 3.0, 8.0, 2.0, 0.0, 0.0]


def test_a_team_that_arrives_before_the_finding_ends_the_clock() -> None:
    """Ordered on the open case: attribution took no time of the answer, and the stages add to 10 h, not to 12."""
    found = hours(told(decided=6.0, moved=8.0, there=11.0, found=13.0))
    assert sum(found) == pytest.approx(10.0)
    assert found == [1.0, 3.0, 6.0, 0.0, 0.0, 0.0]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.floats(0.0, 300.0), min_size=6, max_size=6))
def test_stages_add_to_the_time_from_onset_to_answer(times: list[float]) -> None:
    detected, confirmed, found, decided, moved, there = (1.0 + t for t in times)
    made = hours(told(detected=detected, confirmed=confirmed, found=found, decided=decided, moved=moved, there=there))
    assert sum(made) == pytest.approx(there - 1.0, abs=1e-9) and min(made) >= 0


def test_the_earliest_answer_of_an_act_counts_once() -> None:
    tables = told()
    tables["orders"].append({"order": "o2", "case": "c", "decided_h": 14.0, "violation": "a"})  # a notice
    found = stage_hours(history({}, **tables).tables)
    assert found["decision"] == (1.0, 1.0) and found["transit"] == (0.0, 1.0)


def test_cases_that_are_not_counted() -> None:
    for tables in (
        told(counted=0),
        told(detected=float("nan")),
        told() | {"findings": []},
        told() | {"orders": []},
        told(there=float("nan")),
    ):
        assert stage_hours(history({}, **tables).tables)["detection"] == (0.0, 0.0)


def test_answers_to_nothing_are_not_counted() -> None:
    tables = told()
    tables["orders"][0]["violation"] = ""
    assert stage_hours(history({}, **tables).tables)["detection"] == (0.0, 0.0)
