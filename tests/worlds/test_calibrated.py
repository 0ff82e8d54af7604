"""Posteriors against the truth: right where the mission's beliefs are those of a textbook world, worse the more it errs."""

from __future__ import annotations

import math
import tomllib
from typing import Any

import numpy as np
import pytest
from small_worlds import SEED, ready, world

from sim.engine import prepare, replicate
from sim.measure.calibration import BINS, calibration, label
from sim.scenario.scenario import Scenario
from sim.scenario.shape import shaped
from sim.scenario.shipped import shipped

REPLICATIONS = 1
Book = dict[tuple[str, str, str], tuple[float, float]]


def textbook() -> Scenario:
    """Forty cells, brief acts that live exponentially, three sensors of different sharpness and very different false alarms."""
    file = shipped("scenarios") / "proofs" / "looks.toml"
    tree: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))["scenario"]
    tree |= {"days": 20.0, "follow_up_h": 24.0}
    tree["area"] |= {"line": [[36.0, 48.0], [38.8, 48.0]], "sectors": [{"id": "line", "from_km": 0.0, "to_km": 200.0}]}
    tree["agreement"]["kinds"][0]["grade"] = "probable"
    tree["conduct"]["kinds"][0] |= {"incidents_per_day": 30.0, "duration_median_h": 0.4, "duration_law": "exponential"}
    sensors = {"sharp": ("optical", 0.5, 8.0, 1.0), "poor": ("thermal", 0.25, 60.0, 0.5), "third": ("radar", 0.4, 15.0, 2.0)}
    tree["monitoring"] |= {
        "means": [{"id": name, "physics": physics, "pd": {"act": pd}, "wrong_side_share": 0.0, "location_error_km": 0.0,
                   "false_alarms_per_day": {"act": false}} for name, (physics, pd, false, _) in sensors.items()],
        "timetables": [{"id": name, "means": name, "law": "exponential", "gap_h": gap} for name, (*_, gap) in sensors.items()],
        "hidden_share": {physics: {"act": 0.1} for physics, *_ in sensors.values()}, "look_correlation": 0.0}
    verification = tree["verification"]
    verification["staff"] |= {"analysts": 50, "night_analysts": 50}
    verification["merging"] = {"window_h": 2.0, "distance_km": 1.0}
    verification["standard"] = {"rule": "posterior", "posterior_share": 0.999, "close_after_h": 6.0}
    found = shaped(tree)
    assert found.scenario is not None, found.faults
    return found.scenario


def pooled(scenario: Scenario, replications: int) -> Book:
    prepared, found = prepare(scenario), dict[tuple[str, str, str], tuple[float, float]]()
    for r in range(replications):
        for measure, by, group, top, bottom in calibration(replicate(prepared, seed=SEED, replication=r).tables["posteriors"]):
            one = found.get((measure, by, group), (0.0, 0.0))
            found[measure, by, group] = (one[0] + top, one[1] + bottom)
    return found


@pytest.fixture(scope="module")
def book() -> Book:
    return pooled(textbook(), REPLICATIONS)


def test_a_mission_that_knows_its_means_is_right_as_often_as_it_says(book: Book) -> None:
    """Within 4 standard errors and 0.06 for what merges of neighbours and coarse lives add, in every class with cases."""
    told = 0
    for number in range(len(BINS) - 1):
        hits, n = book["posterior_true_share", "disturbance-0", label(number)]
        mean = book["posterior_mean", "disturbance-0", label(number)][0]
        if n >= 80:
            told += 1
            p = mean / n
            assert abs(hits / n - p) < 0.06 + 4 * math.sqrt(p * (1 - p) / n), (label(number), hits / n, p, n)
    assert told >= 4


def test_the_more_it_errs_the_worse(book: Book) -> None:
    for score in ("posterior_brier", "posterior_log_score"):
        exact, half, whole = (book[score, "disturbance", name][0] for name in ("0", "0.5", "1"))
        assert exact < half < whole, score


def test_the_reckoning_beats_the_base_rate(book: Book) -> None:
    hits, n = book["posterior_true_share", "all", ""]
    base = hits / n * (1 - hits / n)
    loss, _ = book["posterior_brier", "disturbance", "0"]
    assert loss / n < 0.9 * base


def test_a_shipped_mission_is_worse_the_more_it_errs() -> None:
    scenario = world(more=(("verification.standard.rule", '"posterior"'),))
    prepared, scores = ready(scenario), np.zeros(3)
    for r in range(3):
        rows = calibration(replicate(prepared, seed=SEED, replication=r).tables["posteriors"])
        found = {group: top for measure, by, group, top, _ in rows if (measure, by) == ("posterior_brier", "disturbance")}
        scores += [found["0"], found["0.5"], found["1"]]
    assert scores[0] < scores[1] < scores[2]
