"""What the mission holds true: values given stand as given, all others are the library's, disturbed once per replication."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.engine.knowledge import believed, correlation_of, rates_of
from sim.engine.preparation import Prepared, prepare
from sim.foundation.streams import streams_of
from sim.scenario.reader import read
from sim.scenario.scenario import Scenario
from sim.scenario.shipped import shipped
from sim.verification.beliefs import Beliefs, disturbed_size

GIVEN: dict[str, Any] = {
    "pd": {"drone-eo": {"small-arms": 0.77}}, "trace_pd": {"drone-eo": {"indirect-fire": 0.66}},
    "hidden_share": {"optical": {"small-arms": 0.11}}, "wrong_side_share": 0.21, "attributed_share": {"small-arms": 0.33},
    "incidents_per_day": {"small-arms": 44.0}, "duration_median_h": {"small-arms": 5.5}, "trace_median_h": {"small-arms": 6.5},
    "depth_median_km": {"small-arms": 7.5}, "look_correlation": 0.05,
}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return read(shipped("scenarios") / "technical-means.toml").scenario


def ready(scenario: Scenario, **beliefs: Any) -> Prepared:
    section = scenario.verification.beliefs.model_copy(update=beliefs)
    verification = scenario.verification.model_copy(update={"beliefs": section})
    return prepare(scenario.model_copy(update={"verification": verification, "days": 1.0}))


@pytest.fixture(scope="module")
def plain(scenario: Scenario) -> Prepared:
    return ready(scenario)


def rows(prepared: Prepared, means: str, kind: str) -> tuple[int, int]:
    kinds = [k.id for k in prepared.scenario.agreement.kinds]
    return [m.id for m in prepared.scenario.monitoring.means].index(means), kinds.index(kind)


def test_given_values_stand_and_the_others_stay_disturbed(scenario: Scenario, plain: Prepared) -> None:
    told = ready(scenario, **GIVEN)
    here, there = believed(plain, streams_of(3, 1)), believed(told, streams_of(3, 1))
    means, kind = rows(told, "drone-eo", "small-arms")
    fire = rows(told, "drone-eo", "indirect-fire")[1]
    assert there.pd[means, kind] == 0.77
    assert there.trace_pd[means, fire] == 0.66
    assert there.hidden[0, kind] == 0.11
    assert (there.wrong_side, there.attributed[kind]) == (0.21, 0.33)
    assert (there.duration_h[kind], there.trace_h[kind], there.depth_km[kind]) == (5.5, 6.5, 7.5)
    assert rates_of(told, streams_of(3, 1), sd=0.5)[kind] == 44.0
    assert correlation_of(told) == 0.05
    assert (here.pd != there.pd).sum() == 1
    assert (here.depth_km != there.depth_km).sum() == 1


def test_without_disturbance_the_mission_knows_the_library(scenario: Scenario, plain: Prepared) -> None:
    exact = believed(plain, streams_of(3, 1), sd=0.0)
    how = {row.id: row for row in scenario.conduct.kinds}
    assert np.allclose(exact.pd, plain.library.pd, atol=1e-12)
    assert exact.wrong_side == pytest.approx(float(plain.library.wrong_side.mean()))
    assert [round(h, 9) for h in exact.duration_h] == [
        round(how[k.id].duration_median_h, 9) if k.id in how else 0.0 for k in scenario.agreement.kinds]
    assert correlation_of(plain) == scenario.monitoring.look_correlation


def test_everything_that_is_believed_is_disturbed_once_a_replication(plain: Prepared) -> None:
    exact = believed(plain, streams_of(3, 1), sd=0.0)
    one, again, other = (believed(plain, streams_of(3, r)) for r in (1, 1, 2))
    for name in Beliefs._fields:
        if name != "trace_sign":
            values = [np.asarray(getattr(b, name)) for b in (exact, one, again, other)]
            assert np.array_equal(values[1], values[2]), name
            assert not np.allclose(values[0], values[1]), name
            assert not np.allclose(values[1], values[3]), name


def test_twice_the_disturbance_is_twice_as_far_on_log_odds(plain: Prepared) -> None:
    exact, half, whole = (believed(plain, streams_of(3, 1), sd=sd) for sd in (0.0, 0.5, 1.0))
    inner = (exact.pd > 0) & (exact.pd < 1)

    def odds(pd: np.ndarray) -> np.ndarray:
        return np.asarray(np.log(pd[inner] / (1 - pd[inner])))

    assert inner.sum() > 20
    assert np.allclose(odds(whole.pd) - odds(exact.pd), 2 * (odds(half.pd) - odds(exact.pd)))


def test_sizes_are_lognormal_about_what_they_are() -> None:
    found = np.log(disturbed_size(np.full(40_000, 3.0), 0.5, streams_of(1, 0), "duration") / 3.0)
    assert abs(found.mean()) < 4 * 0.5 / math.sqrt(found.size)
    assert abs(found.std() - 0.5) < 4 * 0.5 / math.sqrt(2 * found.size)
