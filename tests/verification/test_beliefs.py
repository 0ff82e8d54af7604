"""Beliefs disturbed on log-odds, and second looks that a case may order."""

from __future__ import annotations

import math

import numpy as np
from reports import OPTICAL, THERMAL, seen

from sim.foundation.streams import streams_of
from sim.scenario.verification import Tasking
from sim.verification.beliefs import disturbed
from sim.verification.cases import Case
from sim.verification.tasking import want_of


def test_no_disturbance_is_the_truth() -> None:
    values = np.array([0.0, 0.1, 0.5, 0.99, 1.0])
    assert np.allclose(disturbed(values, 0.0, streams_of(1, 0), "pd"), values, atol=1e-15)


def test_certain_and_impossible_stay_so() -> None:
    for replication in range(20):
        assert disturbed(np.array([0.0, 1.0]), 3.0, streams_of(1, replication), "pd").tolist() == [0.0, 1.0]


def test_error_is_normal_on_log_odds() -> None:
    values = np.full((200, 200), 0.3)
    found = disturbed(values, 0.5, streams_of(1, 0), "pd")
    error = np.log(found / (1 - found)) - math.log(0.3 / 0.7)
    n = error.size
    assert abs(error.mean()) < 4 * 0.5 / math.sqrt(n) and abs(error.std() - 0.5) < 4 * 0.5 / math.sqrt(2 * n)
    assert ((found > 0) & (found < 1)).all()


def test_luck_of_beliefs_has_a_name() -> None:
    values = np.full(5, 0.4)
    one, again, other, later = (
        disturbed(values, 0.5, streams_of(1, r), name).tolist() for r, name in ((0, "pd"), (0, "pd"), (0, "hidden"), (1, "pd"))
    )
    assert one == again and one != other and one != later


def _case() -> Case:
    first = seen(7)
    given = {"key": 7, "kind": 0, "cell": 10, "km": 52.0, "opened_us": 0}
    rest = {
        name: 0
        for name in Case.__dataclass_fields__
        if name not in given
        and Case.__dataclass_fields__[name].default is not False
        and name in ("onset_us", "doubt_us", "first_seen_us", "last_seen_us")
    }
    return Case(**given, **rest, evidence=[first, seen(8, physics=THERMAL)])  # type: ignore[arg-type]


def test_a_case_orders_its_share_of_looks() -> None:
    case, tasking = _case(), Tasking(looks_per_case=2)
    wants = []
    for _ in range(3):
        wants.append(want_of(case, tasking, points=1.0))
        case.cues += wants[-1] is not None  # the engine counts a look once it is had
    assert [w and (w.case, w.number, w.cell) for w in wants] == [(7, 1, 10), (7, 2, 10), None]
    assert wants[0] is not None and wants[0].known_physics == {OPTICAL, THERMAL}


def test_cases_of_few_points_are_not_worth_a_look() -> None:
    assert want_of(_case(), Tasking(min_points=2.0), points=1.9) is None
    assert want_of(_case(), Tasking(min_points=2.0), points=2.0) is not None
    assert want_of(_case(), Tasking(looks_per_case=0), points=9.0) is None
