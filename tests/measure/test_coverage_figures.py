"""Figures of merit of coverage against worked examples, a plain loop over instants, and the windows of intervals.py."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.foundation import intervals as iv
from sim.measure.coverage_figures import (
    CONVENTIONS,
    DAY_US,
    HOUR_US,
    Convention,
    Looked,
    by_convention,
    fold_share,
    gap_histogram,
    gaps_of,
    group_figures,
    looked,
    place_figures,
    quantile_h,
    seen_days,
    watched_bins,
)

H = HOUR_US


def looks(*rows: tuple[int, float, float], places: int = 1, hours: float = 100) -> Looked:
    """Looks from (place, start, end) in hours."""
    place, start, end = (np.array([row[i] for row in rows]) for i in range(3))
    return looked(place.astype(np.int64), (start * H).astype(np.int64), (end * H).astype(np.int64), places=places,
                  horizon_us=round(hours * H))


# ---- worked examples ---------------------------------------------------------------------------------------

TEXTBOOK = ((0, 0, 20), (0, 25, 45), (0, 55, 75), (0, 90, 100))  # gaps 20–25, 45–55, 75–90


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_gaps_of_5_10_15_in_100_average_three_and_a_half(convention: Convention) -> None:
    (found,) = group_figures(looks(*TEXTBOOK), np.zeros(4, dtype=np.int64), groups=[np.array([0])], convention=convention)
    assert (found.time_average_gap_h, found.wait_for_look_h, found.age_of_information_h) == (3.5, 1.75, 1.75)
    assert (found.gaps, found.revisit_mean_h, found.revisit_median_h, found.revisit_max_h) == (3, 10, 10, 15)
    assert found.covered_share == pytest.approx(0.7) and found.accesses == 4


def test_the_two_conventions_differ_by_the_gaps_at_the_ends() -> None:
    cut = looks((0, 10, 20), (0, 30, 60))  # gaps 0–10, 20–30, 60–100
    found = {c: place_figures(cut, convention=c) for c in CONVENTIONS}
    assert [found[c].revisit_mean_h[0] for c in CONVENTIONS] == [20, 10]
    assert [found[c].revisit_max_h[0] for c in CONVENTIONS] == [40, 10]
    assert [found[c].time_average_gap_h[0] for c in CONVENTIONS] == [18, 1]
    assert found["boundary"].covered_share[0] == found["interior"].covered_share[0] == pytest.approx(0.4)


def test_nobody_looks_somebody_looks_once_and_somebody_always_looks() -> None:
    found = looks((1, 50, 50), (2, 0, 60), (2, 60, 100), places=3)
    boundary, interior = (place_figures(found, convention=c) for c in CONVENTIONS)
    assert boundary.revisit_max_h.tolist() == [100, 50, 0] and boundary.wait_for_look_h.tolist() == [50, 25, 0]
    assert np.isnan(interior.revisit_max_h).tolist() == [True, True, False]
    assert np.isnan(interior.wait_for_look_h).tolist() == [True, True, False]
    assert interior.revisit_mean_h[2] == 0 and interior.gaps.tolist() == [0, 0, 0]
    never, always = (group_figures(found, np.zeros(3, dtype=np.int64), groups=[np.array([g])], convention="interior")[0]
                     for g in (0, 2))
    assert never.revisit_mean_h is never.revisit_max_h is never.wait_for_look_h is never.revisit_p90_h is None
    assert (always.revisit_mean_h, always.wait_for_look_h, always.revisit_p90_h) == (0, 0, None)


def test_looks_of_an_instant_end_gaps_and_cover_no_time() -> None:
    found = place_figures(looks(*((0, t, t) for t in range(0, 100, 6)), hours=96), convention="boundary")
    assert (found.revisit_mean_h[0], found.wait_for_look_h[0], found.covered_share[0]) == (6, 3, 0)


def test_means_over_places_and_the_worst_of_them() -> None:
    some = looks((0, 50, 50), (1, 20, 20), (1, 80, 80), places=3)
    both, far = group_figures(some, np.zeros(3, dtype=np.int64), groups=[np.array([0, 1]), np.array([2])],
                              convention="boundary")
    assert both.revisit_mean_h == pytest.approx((50 + 100 / 3) / 2) and both.revisit_max_h == 60
    assert both.wait_for_look_h == pytest.approx((25 + (400 + 3600 + 400) / 200) / 2)
    assert (both.revisit_median_h, both.revisit_p90_h) == (50, 60)  # of 20, 20, 50, 50, 60
    assert far.revisit_max_h == 100 and far.coverage_share == 0


def test_days_with_looks_of_two_means() -> None:
    some = looks((0, 1, 1), (0, 2, 2), (0, 30, 30), (0, 31, 31), hours=72)
    seen = [seen_days(some.place, some.start_us, np.array([7, 7, 7, 3]), places=1, days=3, fold=n)[0].tolist() for n in (1, 2)]
    assert seen == [[True, True, False], [False, True, False]]
    (found,) = group_figures(some, np.array([7, 7, 7, 3]), groups=[np.array([0])], convention="boundary")
    assert (found.coverage_share, found.coverage_2_share) == (pytest.approx(2 / 3), pytest.approx(1 / 3))


def test_fold_of_coverage() -> None:
    some = looks((0, 0, 50), (0, 25, 75), (0, 30, 40), (1, 0, 10), places=3)
    assert [fold_share(some, n).tolist() for n in (1, 2, 3, 4)] == [[0.75, 0.1, 0], [0.25, 0, 0], [0.1, 0, 0], [0, 0, 0]]


def test_gaps_told_in_bins_of_six_hours() -> None:
    number, hours = gap_histogram(gaps_of(looks(*TEXTBOOK)), member=np.array([True]), bin_h=6, bins=3)
    assert number.tolist() == [1, 1, 1] and hours.tolist() == [5, 10, 15]
    number, hours = gap_histogram(gaps_of(looks((0, 6, 94))), member=np.array([True]), bin_h=6, bins=2)
    assert number.tolist() == [2, 0] and hours.tolist() == [12, 0]  # a gap of 6 h is at most 6 h long
    number, hours = gap_histogram(gaps_of(looks((0, 50, 50))), member=np.array([True]), bin_h=6, bins=3)
    assert number.tolist() == [0, 0, 2] and hours.tolist() == [0, 0, 100]


def test_bins_in_which_somebody_looks() -> None:
    seen = watched_bins(looks((0, 6, 12), (0, 18, 18), (1, 5, 19), places=2, hours=24), bin_us=6 * H)
    assert seen.tolist() == [[False, True, False, True], [True, True, True, True]]


@pytest.mark.parametrize(("shape", "wait"), [("alternating", 1.25), ("exponential", 2.0), ("erlang", 1.5), ("uniform", 4 / 3)])
def test_a14_the_wait_is_that_of_the_inspection_paradox(shape: str, wait: float) -> None:
    """Mean wait E[X²]/2E[X] of four laws of the gap, within four standard errors over 40,000 gaps at a fixed seed."""
    rng, n = np.random.Generator(np.random.PCG64(14)), 40_000
    gap = {"alternating": np.resize([1.0, 3.0], n), "exponential": rng.exponential(2.0, n), "erlang": rng.gamma(2, 1, n),
           "uniform": rng.uniform(0, 4, n)}[shape]
    at = np.cumsum(np.rint(gap * H).astype(np.int64))
    found = place_figures(looked(np.zeros(n, dtype=np.int64), at, at, places=1, horizon_us=int(at[-1])), convention="boundary")
    squares = gap**2 / 2 - wait * gap
    assert abs(found.wait_for_look_h[0] - wait) <= 4 * squares.std(ddof=1) / math.sqrt(n) / gap.mean() + 1e-9


# ---- any looks against a plain loop ------------------------------------------------------------------------

ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(-5, 40), st.integers(0, 12)), max_size=14)


def _plain(rows: list[tuple[int, int, int]], place: int, horizon: int, convention: str) -> list[int]:
    """Lengths of the gaps of one place, hour by hour: runs of hours that no look covers or ends."""
    mine = [(max(a, 0), min(a + d, horizon)) for p, a, d in rows if p == place and a < horizon and (a + d > 0 or a >= 0)]
    cuts = sorted({0, horizon, *(t for pair in mine for t in pair)})
    free = [(a, b) for a, b in pairwise(cuts) if not any(x <= a and b <= y for x, y in mine)]
    if convention == "interior":
        free = [(a, b) for a, b in free if any(x <= a for x, _ in mine) and any(y >= b for _, y in mine)]
    return [b - a for a, b in free]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(ROWS, st.integers(20, 40), st.sampled_from(CONVENTIONS))
def test_any_looks_against_a_plain_loop(rows: list[tuple[int, int, int]], horizon: int, convention: Convention) -> None:
    place, start, length = (np.array([r[i] for r in rows], dtype=np.int64) for i in range(3))
    some = looked(place, start * H, (start + length) * H, places=3, horizon_us=horizon * H)
    found = place_figures(some, convention=convention)
    for p in range(3):
        gap, every = _plain(rows, p, horizon, convention), _plain(rows, p, horizon, "boundary")
        assert found.gaps[p] == len(gap)
        assert found.covered_share[p] == pytest.approx(1 - sum(every) / horizon)
        if gap or not every:
            assert found.revisit_mean_h[p] == pytest.approx(np.mean(gap) if gap else 0)
            assert found.revisit_max_h[p] == max(gap, default=0)
            assert found.time_average_gap_h[p] == pytest.approx(sum(g * g for g in gap) / horizon)
            assert found.wait_for_look_h[p] == found.age_of_information_h[p] == pytest.approx(found.time_average_gap_h[p] / 2)
        else:
            assert np.isnan(found.revisit_mean_h[p]) and np.isnan(found.wait_for_look_h[p])


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 39), st.integers(1, 12)), min_size=1, max_size=12), st.sampled_from(CONVENTIONS))
def test_windows_give_the_figures_of_intervals(rows: list[tuple[int, int]], convention: Convention) -> None:
    start, length = (np.array([r[i] for r in rows], dtype=np.int64) for i in range(2))
    wanted = iv.gap_figures(iv.windows(start * H, (start + length) * H), 0, 40 * H, convention=convention)
    some = looked(np.zeros(len(rows), dtype=np.int64), start * H, (start + length) * H, places=1, horizon_us=40 * H)
    found = place_figures(some, convention=convention)
    assert found.gaps[0] == wanted.gaps
    assert np.nan_to_num(found.wait_for_look_h[0]) == pytest.approx(wanted.wait_us / H)
    for n in (1, 2, 3):
        deep = iv.at_least(iv.clip(iv.windows(start * H, (start + length) * H), 0, 40 * H), n)
        assert fold_share(some, n)[0] == pytest.approx(iv.length_us(deep) / (40 * H))


# ---- refusals ----------------------------------------------------------------------------------------------


def test_errors_name_the_value() -> None:
    one = np.array([0])
    for place, start, end, horizon, words in ((1, 0, 1, 9, r"place = 1 must lie in 0\.\.0"), (0, 5, 4, 9, "ends at 4 µs"),
                                              (0, 0, 1, 0, "horizon_us = 0")):
        with pytest.raises(ValueError, match=words):
            looked(one + place, one + start, one + end, places=1, horizon_us=horizon)
    some = looks((0, 1, 2))
    with pytest.raises(ValueError, match="'outer'"):
        by_convention(gaps_of(some), "outer")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not 0"):
        fold_share(some, 0)
    with pytest.raises(ValueError, match="level = 0"):
        quantile_h(np.ones(2), 0)
    assert quantile_h(np.zeros(0), 0.5) is None and DAY_US == 24 * H
