"""Estimates: ratios of sums, pooled quantiles against a plain definition, pairs that share their luck."""

from __future__ import annotations

import numpy as np
import pytest
from fake_engine import CATALOGUE
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.experiment.journal import Outcome
from sim.experiment.summary import differences, lines, pool, pooled_quantiles
from sim.measure.measures import Measure

Rows = tuple[tuple[str, str, str, float, float], ...]


def outcome(replication: int, rows: Rows = (), status: str = "done", **times: list[float]) -> Outcome:
    arrays = {name: np.array(values, dtype=np.float64) for name, values in times.items()}
    return Outcome("p", replication, status, rows=rows, times=arrays)


def test_a_ratio_is_a_ratio_of_sums_and_not_a_mean_of_ratios() -> None:
    runs = [outcome(0, (("detected_share", "all", "", 1, 1),)), outcome(1, (("detected_share", "all", "", 0, 9),))]
    line = next(x for x in lines(runs, CATALOGUE) if x.measure == "detected_share")
    assert line.estimate == pytest.approx(0.1) and line.replications == 2
    assert line.noise_low is not None and line.noise_high is not None
    assert 0 <= line.noise_low < 0.1 < line.noise_high <= 1


def test_nothing_counted_is_empty_with_a_reason() -> None:
    found = {x.measure: x for x in lines([outcome(0, (("detected_share", "all", "", 0, 0),))], CATALOGUE)}
    assert found["detected_share"].estimate is None and "0 of 0" in found["detected_share"].reason
    assert found["skill"].reason == "the stage that gives it does not exist yet"
    assert all(x.reason for x in found.values() if x.estimate is None)


def test_failed_and_capped_replications_are_left_out() -> None:
    row = (("detected_share", "all", "", 1.0, 2.0),)
    runs = [outcome(0, row), outcome(1, row, "capped"), outcome(2, (), "failed"), outcome(3, row)]
    line = next(x for x in lines(runs, CATALOGUE) if x.measure == "detected_share")
    assert (line.estimate, line.replications) == (0.5, 2)


_times = st.lists(st.floats(0, 100) | st.just(float("inf")), max_size=12)


@settings(max_examples=200, deadline=None)
@given(st.lists(_times, min_size=1, max_size=5), st.sampled_from([0.1, 0.5, 0.9]), st.randoms(use_true_random=False))
def test_quantiles_of_weighted_pools_follow_their_definition(groups: list[list[float]], q: float, luck: object) -> None:
    """The least time by which a share q of all rows, each counted by its weight, has happened."""
    weights = np.array([[luck.randint(0, 3) for _ in groups] for _ in range(4)], dtype=np.float64)  # type: ignore[attr-defined]
    found = pooled_quantiles(pool([np.array(g) for g in groups]), weights, q=q)
    for row, value in zip(weights, found, strict=True):
        every = sorted(t for g, w in zip(groups, row, strict=True) for t in g for _ in range(int(w)))
        if not every:
            assert np.isnan(value)
        else:
            assert value == every[max(0, int(np.ceil(q * len(every) - 1e-9)) - 1)]


def test_a_median_that_under_half_reach_is_empty() -> None:
    entry = {"m": Measure("m", "h", "quantile", 0.5)}
    (line,) = lines([outcome(0, m=[1.0, float("inf"), float("inf")])], entry)
    assert line.estimate is None and line.reason == "only 0.333 ever get there, under 0.5"
    (line,) = lines([outcome(0, m=[1.0, 2.0, float("inf")])], entry)
    assert line.estimate == 2.0


def test_the_interval_of_a_median_covers_as_often_as_it_says() -> None:
    """400 studies of 20 replications of 40 exponential times: 95 % ± 4 standard errors, less what 200 draws lose."""
    rng = np.random.Generator(np.random.Philox(key=11))
    entry = {"m": Measure("m", "h", "quantile", 0.5)}
    hits = 0
    for _ in range(400):
        (line,) = lines([outcome(r, m=list(rng.exponential(1.0, 40))) for r in range(20)], entry)
        hits += (line.noise_low or 0) <= np.log(2) <= (line.noise_high or 9)
    assert 0.90 <= hits / 400 <= 0.99


def test_the_worst_group_is_named() -> None:
    entry = {"s": Measure("s", "share of incidents"), "w": Measure("w", "share of incidents", "worst", of="s")}
    rows = (("s", "kind-side-light", "a/A/day", 5.0, 20.0), ("s", "kind-side-light", "b/A/day", 15.0, 20.0),
            ("s", "kind-side-light", "rare/A/day", 0.0, 1.0))  # fmt: skip
    worst = next(x for x in lines([outcome(0, rows), outcome(1, rows)], entry) if x.measure == "w")
    assert worst.estimate == 0.25 and worst.reason.endswith("a/A/day")


def test_pairs_cancel_the_noise_that_they_share() -> None:
    rng = np.random.Generator(np.random.Philox(key=5))
    shared = rng.integers(20, 60, 30).astype(float)
    a = [outcome(i, (("detected_share", "all", "", s, 100.0),)) for i, s in enumerate(shared)]
    b = [outcome(i, (("detected_share", "all", "", s + rng.integers(9, 12), 100.0),)) for i, s in enumerate(shared)]
    row = next(x for x in differences(a, b, CATALOGUE) if x.measure == "detected_share")
    assert row.difference is not None and row.difference == pytest.approx(0.10, abs=0.01)
    assert row.clear and row.noise_reduction is not None and row.noise_reduction > 50


def test_a_design_against_itself_shows_no_clear_difference() -> None:
    runs = [outcome(i, (("detected_share", "all", "", float(i % 7), 10.0),), m=[1.0, 2.0]) for i in range(10)]
    for row in differences(runs, runs, CATALOGUE):
        assert not row.clear and row.difference in (0.0, None)
