"""Intervals hold what they promise, empty counts stay empty, and textbook numbers come out."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.measure import statistics as s

LAW_X = [1.2, 1.5, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.5, 1.09]
SIX_MP = (
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
    [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
)
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_t_interval_of_ten_replications() -> None:
    assert s.spread(LAW_X, level=0.9) == pytest.approx(
        (1.343, 0.16751222222222223, 0.23725341448939702), abs=1e-12
    )
    found = s.mean_interval(LAW_X, level=0.9)
    assert found.low == pytest.approx(1.343 - 0.23725341448939702)
    assert found.n == 10


@pytest.mark.parametrize(("values", "reason"), [([], "no replication"), ([3.0], "one replication")])
def test_too_few_replications_say_so(values: list[float], reason: str) -> None:
    found = s.mean_interval(values)
    assert found.low is None and reason in found.reason
    with pytest.raises(ValueError, match="at least 2"):
        s.spread(values)


def test_sum_does_not_depend_on_order() -> None:
    values = [1e16, 1.0, -1e16, 0.1, 3.0] * 7
    assert s.exact_sum(values) == s.exact_sum(sorted(values)) == s.exact_sum(values[::-1])
    assert s.exact_sum(values) == pytest.approx(28.7, abs=1e-12)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (81, 263, 0.2552885198782742, 0.36620957698280004),
        (0, 20, 0.0, 0.16112515805281938),
        (998, 1000, 0.9927371921365079, 0.9994513564118793),
    ],
)
def test_wilson(hits: int, n: int, low: float, high: float) -> None:
    assert s.wilson(hits=hits, n=n) == pytest.approx((low, high), abs=1e-12)


def test_clopper_pearson_and_rule_of_three() -> None:
    assert s.clopper_pearson(hits=0, n=20) == pytest.approx((0.0, 0.16843347098308536), abs=1e-12)
    assert s.clopper_pearson(hits=20, n=20)[1] == 1.0
    assert s.rule_of_three(n=300) == pytest.approx(0.00993608194445772, abs=1e-13)


@pytest.mark.parametrize(("hits", "n"), [(3, 17), (1, 4), (9, 10)])
def test_clopper_pearson_leaves_its_tails(hits: int, n: int) -> None:
    low, high = s.clopper_pearson(hits=hits, n=n)

    def tail(p: float, counts: range) -> float:
        return sum(math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in counts)

    assert tail(low, range(hits, n + 1)) == pytest.approx(0.025)
    assert tail(high, range(hits + 1)) == pytest.approx(0.025)


def test_ratio_of_nothing_is_none_with_reason() -> None:
    found = s.ratio_interval([0, 0, 0], [0, 0, 0])
    assert found.estimate is None and "0 of 0" in found.reason
    assert s.ratio_interval([], []).estimate is None


def test_ratio_at_the_edges_has_an_honest_interval() -> None:
    none = s.ratio_interval([0, 0, 0], [40, 30, 30])
    assert (
        none.estimate == 0
        and none.low == 0
        and none.high == pytest.approx(s.clopper_pearson(hits=0, n=100)[1])
    )
    every = s.ratio_interval([4, 3], [4, 3])
    assert every.estimate == 1 and every.high == 1 and every.low is not None and every.low < 0.7


def test_ratio_pools_replications_and_is_not_a_mean_of_ratios() -> None:
    found = s.ratio_interval([1, 90], [10, 100])
    assert found.estimate == pytest.approx(91 / 110)
    assert found.low is not None and found.high is not None
    assert 0 < found.low < 91 / 110 < found.high < 1


def test_ratio_error_is_the_jackknife_one_for_many_replications() -> None:
    rng = np.random.Generator(np.random.PCG64(5))
    b = rng.poisson(30, 400).astype(float)
    a = rng.binomial(b.astype(int), 0.4).astype(float)
    left_out = (a.sum() - a) / (b.sum() - b)
    jackknife = math.sqrt(399 / 400 * float(((left_out - left_out.mean()) ** 2).sum()))
    assert s.ratio_error(a, b) == pytest.approx(jackknife, rel=0.01)


def test_ratio_interval_covers_at_its_level() -> None:
    """400 studies of 20 replications whose shares vary between replications: 95 % within 4 standard
    errors."""
    rng = np.random.Generator(np.random.PCG64(20260106))
    studies, held = 400, 0
    for _ in range(studies):
        counts = rng.poisson(25, 20)
        hits = rng.binomial(counts, rng.beta(6, 14, 20))
        found = s.ratio_interval(hits, counts)
        assert found.low is not None and found.high is not None
        held += found.low <= 0.3 <= found.high
    assert abs(held / studies - 0.95) < 4 * math.sqrt(0.95 * 0.05 / studies)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=12))
def test_a_share_stays_a_share(rows: list[tuple[int, int]]) -> None:
    top = [min(a, b) for a, b in rows]
    found = s.ratio_interval(top, [max(a, b) for a, b in rows])
    for value in found[:3]:
        assert value is None or 0 <= value <= 1
    if found.low is not None and found.high is not None and found.estimate is not None:
        assert found.low <= found.estimate <= found.high


def test_rows_of_unlike_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        s.ratio_interval([1, 2], [1, 2, 3])


def test_paired_difference_sees_through_shared_luck() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    luck = rng.normal(0, 10, 40)
    a, b = luck + rng.normal(1, 0.5, 40), luck + rng.normal(0, 0.5, 40)
    found = s.paired_difference(a.tolist(), b.tolist())
    assert found.clear and found.noise_reduction is not None and found.noise_reduction > 100
    assert found.noise_reduction == pytest.approx((a.var(ddof=1) + b.var(ddof=1)) / (a - b).var(ddof=1))
    alone = s.paired_difference(a.tolist(), rng.permutation(b).tolist())
    assert not alone.clear


def test_the_same_design_differs_by_nothing() -> None:
    found = s.paired_difference([1.0, 2.0, 4.0], [1.0, 2.0, 4.0])
    assert found.estimate == 0 and not found.clear and found.noise_reduction is None and found.reason


def test_paired_ratio_difference() -> None:
    rng = np.random.Generator(np.random.PCG64(2))
    counts = rng.poisson(50, 60)
    luck = rng.beta(5, 5, 60)
    a, b = rng.binomial(counts, np.minimum(luck + 0.05, 1)), rng.binomial(counts, luck)
    found = s.paired_ratio_difference(a, counts, b, counts)
    assert found.estimate == pytest.approx(a.sum() / counts.sum() - b.sum() / counts.sum())
    assert found.noise_reduction is not None and found.noise_reduction > 2 and found.clear
    assert s.paired_ratio_difference([0, 0], [0, 0], [1, 1], [2, 2]).estimate is None


def test_kaplan_meier_of_freireich() -> None:
    km = s.kaplan_meier(*SIX_MP)
    assert km.time.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert km.survival[[0, 3, 6]] == pytest.approx([0.85714286, 0.69019608, 0.44817927], abs=1e-8)
    assert km.se[[0, 3, 6]] == pytest.approx([0.07636035, 0.10681471, 0.13459146], abs=1e-8)
    assert s.restricted_mean(km, horizon=35) == pytest.approx(23.28739496, abs=1e-8)
    test = s.log_rank(*SIX_MP, PLACEBO, [1] * 21)
    assert test.observed == 9 and test.expected == pytest.approx(19.25050094803113, abs=1e-12)
    assert test.chi2 == pytest.approx(16.79294098921654, abs=1e-10)
    assert test.p == pytest.approx(4.17e-5, rel=1e-2)


def test_incidence_without_censoring_is_the_plain_share() -> None:
    times, causes = [3, 1, 2, 2, 5, 4], [1, 2, 1, 2, 1, 2]
    found = s.cumulative_incidence(times, causes)
    assert found.time.tolist() == [1, 2, 3, 4, 5]
    assert found.incidence == pytest.approx(np.array([0, 1, 2, 2, 3]) / 6)
    assert found.free == pytest.approx(np.array([5, 3, 2, 1, 0]) / 6)
    assert s.incidence_quantile(found, q=0.5) == (5.0, "")


def test_incidence_with_one_ending_is_one_minus_kaplan_meier() -> None:
    found, km = s.cumulative_incidence(*SIX_MP), s.kaplan_meier(*SIX_MP)
    at = np.searchsorted(found.time, km.time)
    assert found.incidence[at] == pytest.approx(1 - km.survival)


def test_incidence_by_hand_with_competing_ends_and_censoring() -> None:
    # At 1: 1 of 5 by ours; at 2 one lost from sight; at 3: 1 of 3 by the other; at 4: 1 of 2 by ours.
    found = s.cumulative_incidence([1, 2, 3, 4, 5], [1, 0, 2, 1, 0])
    assert found.incidence == pytest.approx([1 / 5, 1 / 5, 1 / 5, 1 / 5 + 4 / 5 * 2 / 3 / 2, 1 / 5 + 4 / 15])


def test_median_is_none_when_under_half_ever_happen() -> None:
    value, reason = s.incidence_quantile(s.cumulative_incidence([1, 2, 3, 4], [1, 2, 2, 2]))
    assert value is None and "0.250" in reason
    assert s.incidence_quantile(s.cumulative_incidence([], []))[0] is None


def test_weights_stand_for_repeated_rows() -> None:
    times, causes = np.array([2.0, 1.0, 3.0]), np.array([1, 2, 1])
    weighted = s.cumulative_incidence(times, causes, weights=np.array([2.0, 0.0, 3.0]))
    repeated = s.cumulative_incidence([2, 2, 3, 3, 3], [1, 1, 1, 1, 1])
    assert weighted.incidence[-2:] == pytest.approx(repeated.incidence)


def test_bootstrap_of_a_median_covers_it() -> None:
    """Replications differ in pace; the pooled median lies in the 95 % interval in most of 60 studies."""
    rng = np.random.Generator(np.random.PCG64(11))
    held = 0
    for _ in range(60):
        times = rng.exponential(1.0, (25, 40)) * rng.choice([0.5, 1.5], (25, 1))
        member = np.repeat(np.arange(25), 40)
        found = s.bootstrap_incidence_quantile(times.ravel(), np.ones(1000), member, rng=rng, draws=100)
        assert found.low is not None and found.high is not None
        held += found.low <= 0.6009 <= found.high  # root of exp(-2t) + exp(-2t/3) = 1
    assert held >= 60 * 0.95 - 4 * math.sqrt(60 * 0.95 * 0.05)


def test_bootstrap_is_found_again_with_the_same_key() -> None:
    rows = [np.arange(5.0) + i for i in range(6)]
    first, second = (
        s.cluster_bootstrap(rows, lambda v: float(np.median(v)), rng=np.random.Generator(np.random.PCG64(3)))
        for _ in range(2)
    )
    assert first == second and first.low is not None and first.low < first.high  # type: ignore[operator]


def test_bootstrap_says_when_the_upper_end_is_open() -> None:
    times, causes = np.tile([1.0, 2.0], 10), np.tile([1, 2], 10)
    causes[:2] = 1
    member = np.repeat(np.arange(10), 2)
    found = s.bootstrap_incidence_quantile(
        times, causes, member, rng=np.random.Generator(np.random.PCG64(4)), q=0.52, draws=200
    )
    assert found.estimate is not None and found.high is None and "draws" in found.reason
