"""Windows of time against a plain count of every instant, and gap figures against numbers done by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.foundation import intervals as iv

END = 30
_PAIRS = st.lists(st.tuples(st.integers(-5, END + 5), st.integers(0, 9)), max_size=12)
_SETS = _PAIRS.map(lambda pairs: iv.windows([a for a, _ in pairs], [a + d for a, d in pairs]))
_TIMES = np.arange(-20, END + 30)


def _count(w: iv.Windows) -> Any:
    return sum(((t[0] <= _TIMES) & (t[1] > _TIMES) for t in w), np.zeros(_TIMES.shape, dtype=int))


def _is_normal(w: iv.Windows) -> bool:
    return w.dtype == np.int64 and bool((w[:, 0] < w[:, 1]).all() and (w[1:, 0] > w[:-1, 1]).all())


@settings(max_examples=150, deadline=None, derandomize=True)
@given(_SETS, _SETS)
def test_set_algebra_agrees_with_counting_every_instant(a: iv.Windows, b: iv.Windows) -> None:
    in_a, in_b = _count(a) > 0, _count(b) > 0
    inside = (_TIMES >= 0) & (_TIMES < END)
    for result, wanted in (
        (iv.union(a, b), in_a | in_b),
        (iv.normalise(a), in_a),
        (iv.intersection(a, b), in_a & in_b),
        (iv.subtract(a, b), in_a & ~in_b),
        (iv.gaps(a, 0, END), inside & ~in_a),
        (iv.at_least(a, 2), _count(a) >= 2),
    ):
        assert _is_normal(result)
        assert ((_count(result) > 0) == wanted).all()
    assert (_count(iv.clip(a, 0, END)) == _count(a) * inside).all()
    assert iv.length_us(a) == in_a.sum()
    assert (iv.contains(a, _TIMES) == in_a).all()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(_SETS)
def test_depth_counts_the_windows_over_each_instant(a: iv.Windows) -> None:
    assert (iv.depth_at(a, _TIMES) == _count(a)).all()
    edges, count = iv.depth(a)
    step = np.searchsorted(edges, _TIMES, side="right") - 1
    filled = np.where(step >= 0, np.append(count, 0)[step], 0)
    assert (filled == _count(a)).all()
    assert not len(count) or count[-1] == 0


def test_windows_are_half_open_and_touching_ones_join() -> None:
    w = iv.windows([5, 0], [9, 5])
    assert iv.union(w).tolist() == [[0, 9]]
    assert iv.contains(w, [[-1, 0], [8, 9]]).tolist() == [[False, True], [True, False]]
    assert iv.intersection(iv.windows(0, 5), iv.windows(5, 9)).shape == (0, 2)


def test_gaps_of_5_10_15_in_100_average_three_and_a_half() -> None:
    w = iv.windows([0, 25, 55, 90], [20, 45, 75, 100])  # gaps 20–25, 45–55, 75–90
    for convention in ("interior", "boundary"):
        figures = iv.gap_figures(w, 0, 100, convention=convention)
        assert figures == (3, 10.0, 15, 3.5, 1.75)


def test_the_two_conventions_differ_by_the_gaps_at_the_ends() -> None:
    w = iv.windows([10, 30], [20, 60])  # gaps 0–10, 20–30, 60–100
    assert iv.gap_figures(w, 0, 100, convention="interior") == (1, 10.0, 10, 1.0, 0.5)
    assert iv.gap_figures(w, 0, 100, convention="boundary") == (3, 20.0, 40, 18.0, 9.0)


def test_nobody_looks_and_somebody_always_looks() -> None:
    assert iv.gap_figures(iv.empty(), 0, 8, convention="boundary") == (1, 8.0, 8, 8.0, 4.0)
    assert iv.gap_figures(iv.empty(), 0, 8, convention="interior") == (0, None, None, 0.0, 0.0)
    assert iv.gap_figures(iv.windows(0, 8), 0, 8, convention="boundary") == (0, None, None, 0.0, 0.0)


def test_squares_of_microseconds_do_not_overflow() -> None:
    month = 30 * 86_400_000_000
    figures = iv.gap_figures(iv.empty(), 0, month, convention="boundary")
    assert figures.time_average_us == pytest.approx(month, rel=1e-15)


def test_the_mean_wait_is_what_a_random_instant_meets() -> None:
    """Case A14's paradox: E[X²]/(2E[X]), by random instants at a fixed seed, within four standard errors."""
    rng = np.random.Generator(np.random.PCG64(14))
    looks = np.cumsum(np.rint(rng.gamma(2.0, 500_000, 20_000)).astype(np.int64) + 1)
    end = int(looks[-1])
    figures = iv.gap_figures(iv.windows(looks[:-1], looks[:-1] + 1), 0, end, convention="boundary")
    times = rng.integers(0, end, 40_000)
    waits = looks[np.searchsorted(looks, times)] - times
    assert abs(waits.mean() - figures.wait_us) < 4 * waits.std(ddof=1) / 200


@pytest.mark.parametrize(
    ("start", "end", "error", "text"),
    [
        ([0, 9], [5, 7], ValueError, "window 1 ends at 7 µs, before its start at 9 µs"),
        ([0, 9], [5], ValueError, r"\(2,\) and \(1,\)"),
        ([0.5], [5], TypeError, "0.5"),
        ([float("nan")], [5], TypeError, "nan"),
    ],
)
def test_wrong_windows_are_named(start: Any, end: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        iv.windows(start, end)


def test_wrong_horizons_folds_and_conventions_are_named() -> None:
    with pytest.raises(ValueError, match="from 5 to 5"):
        iv.gaps(iv.empty(), 5, 5)
    with pytest.raises(ValueError, match="not 0"):
        iv.at_least(iv.empty(), 0)
    with pytest.raises(ValueError, match="'outer'"):
        iv.gap_figures(iv.empty(), 0, 5, convention="outer")  # type: ignore[arg-type]
