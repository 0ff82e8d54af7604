"""How long bodies take to decide, against order statistics in closed form."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.foundation.streams import name_key
from sim.response.decision import decision_us, member_hours
from sim.scenario.response import Procedure

H = 3.6e9
N = 6000


def body(**keys: Any) -> Procedure:
    calm: dict[str, Any] = {"id": "body", "members": 5, "needed": 3, "median_h": 6.0, "law": "exponential"}
    return Procedure(**(calm | keys))


def times(how: Procedure, n: int = N) -> np.ndarray:
    """Hours of n decisions; inf where there is none."""
    found = [decision_us(how, name_key("case", k)) for k in range(n)]
    return np.array([math.inf if f is None else f / H for f in found])


def _mean(sample: np.ndarray, expected: float) -> None:
    assert abs(sample.mean() - expected) < 4 * sample.std() / math.sqrt(len(sample))


@pytest.mark.parametrize(("members", "needed"), [(1, 1), (5, 3), (26, 18), (9, 9)])
def test_kth_of_n_exponential_members(members: int, needed: int) -> None:
    """Mean of the k-th smallest of n exponential times: (median / ln 2) Σ 1/(n − i), i = 0 … k − 1."""
    expected = 6 / math.log(2) * sum(1 / (members - i) for i in range(needed))
    _mean(times(body(members=members, needed=needed)), expected)


def test_two_thirds_of_35_lognormal_members_take_three_days_where_all_take_twelve() -> None:
    """Median 2 d and log-sd 0.8: 24 of 35 take 2.89 d, all 35 take 11.7 d on average."""
    for needed, days in ((24, 2.8896490528965857), (35, 11.7)):
        found = times(body(members=35, needed=needed, median_h=48.0, law="lognormal", log_sd=0.8)) / 24
        assert abs(found.mean() - days) < 4 * found.std() / math.sqrt(N) + (0.05 if needed == 35 else 0)


def test_fixed_times_are_fixed() -> None:
    assert set(times(body(law="fixed"), 50).tolist()) == {6.0}


def test_members_of_their_own_times() -> None:
    how = body(members=4, needed=1, law="fixed", medians_h=(9.0, 2.0))
    assert member_hours(how, np.full(4, 0.5)).tolist() == [9.0, 2.0, 6.0, 6.0]
    assert set(times(how, 20).tolist()) == {2.0}


def test_refusals_are_binomial() -> None:
    """18 of 26 members, each refusing with chance 0.3: P(at least 18 consent) by the binomial law."""
    how = body(members=26, needed=18, refusal_share=0.3)
    expected = sum(math.comb(26, k) * 0.7**k * 0.3 ** (26 - k) for k in range(18, 27))
    found = np.isfinite(times(how)).mean()
    assert abs(found - expected) < 4 * math.sqrt(expected * (1 - expected) / N)


def test_refusal_of_all_for_one_cause() -> None:
    found = np.isinf(times(body(common_refusal_share=0.2))).mean()
    assert abs(found - 0.2) < 4 * math.sqrt(0.16 / N)
    assert np.isinf(times(body(refusal_share=1.0), 20)).all()
    assert np.isinf(times(body(members=2, needed=3), 20)).all()


def test_decisions_follow_the_key_of_the_case() -> None:
    assert times(body(), 50).tolist() == times(body(), 50).tolist()
    assert times(body(), 50).tolist() != times(body(id="other"), 50).tolist()


def test_a_larger_body_keeps_the_luck_of_its_first_members() -> None:
    """With the same quorum more members can only be faster, case by case; and a common refusal is the same."""
    keys = {"needed": 3, "refusal_share": 0.3, "common_refusal_share": 0.1}
    small, large = times(body(members=5, **keys), 2000), times(body(members=9, **keys), 2000)
    assert (large <= small).all() and (large < small).any()
    stricter = times(body(members=5, needed=4, refusal_share=0.3, common_refusal_share=0.1), 2000)
    assert (stricter >= small).all()
