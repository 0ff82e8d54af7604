"""Several designs at once: published critical values, and how often the promise is kept."""

from __future__ import annotations

import numpy as np
import pytest

from sim.measure.several import against_one, best_of, largest_t, pseudo_values
from sim.measure.statistics import t_quantile


def alike(k: int) -> np.ndarray:
    return np.full((k, k), 0.5) + 0.5 * np.eye(k)


@pytest.mark.parametrize(
    ("k", "df", "value"),
    [(2, 10**7, 2.21), (3, 10**7, 2.35), (4, 10**7, 2.44), (5, 10**7, 2.51), (2, 10, 2.57), (3, 20, 2.54)],
)
def test_critical_values_are_those_of_dunnetts_table(k: int, df: int, value: float) -> None:
    """Dunnett 1964, table of two-sided 5 % points; tables and draws both round to 0.01."""
    assert largest_t(alike(k), df=df, level=0.95) == pytest.approx(value, abs=0.015)


def test_one_design_against_one_is_a_paired_t_interval() -> None:
    rng = np.random.Generator(np.random.Philox(key=1))
    a, b = rng.normal(0, 1, 15), rng.normal(1, 1, 15)
    found = against_one(a, [b])
    assert found.estimates[0] == pytest.approx((b - a).mean())
    assert found.half_widths[0] == pytest.approx(t_quantile(df=14, p=0.975) * (b - a).std(ddof=1) / np.sqrt(15))


def test_all_intervals_together_cover_as_often_as_they_say() -> None:
    """150 studies of five designs that do not differ: in 95 % of them ± 4 standard errors no interval leaves 0 out."""
    rng, whole, apart = np.random.Generator(np.random.Philox(key=2)), 0, 0
    for _ in range(150):
        shared = rng.normal(0, 3, 20)
        designs = [shared + rng.normal(0, 1, 20) for _ in range(6)]
        found = against_one(designs[0], designs[1:])
        whole += bool((np.abs(found.estimates) <= found.half_widths).all())
        alone = found.half_widths / found.critical * t_quantile(df=19, p=0.975)
        apart += bool((np.abs(found.estimates) <= alone).all())
    assert whole / 150 >= 0.95 - 4 * np.sqrt(0.05 * 0.95 / 150) and whole > apart
    assert apart / 150 < 0.9, "intervals one by one must be seen to fail"


def test_the_best_of_five_is_chosen_as_often_as_promised() -> None:
    rng, right, needed = np.random.Generator(np.random.Philox(key=3)), 0, []
    for _ in range(300):
        def draw(n: int) -> list[np.ndarray]:
            shared = rng.normal(0, 3, n)
            return [shared + rng.normal(0.5 if i == 2 else 0.0, 1, n) for i in range(5)]

        first = best_of(draw(20), indifference=0.5)
        right += best_of(draw(first.needed), indifference=0.5).chosen == 2
        needed.append(first.needed)
    assert right / 300 >= 0.95 - 4 * np.sqrt(0.05 * 0.95 / 300)
    assert 25 < np.mean(needed) < 60, "(2.2 · √2 / 0.5)² = 39"


def test_the_least_can_be_the_best_and_ratios_have_their_own_values() -> None:
    rng = np.random.Generator(np.random.Philox(key=4))
    shared = rng.normal(0, 1, 10)
    assert best_of([shared + 1, shared, shared + rng.normal(2, 0.1, 10)], indifference=0.5, least=True).chosen == 1
    values = pseudo_values([1, 3], [2, 10])
    assert values.mean() == pytest.approx(4 / 12)
    with pytest.raises(ValueError, match="0 of 0"):
        pseudo_values([0, 0], [0, 0])
