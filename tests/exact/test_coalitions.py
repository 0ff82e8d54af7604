"""Shapley values against games whose values are known: additive, glove, airport, majority, and null players."""

import math
from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest

from sim.measure.coalitions import left_out, orders_of, shapley

Game = Callable[[frozenset[int]], float]
COSTS = (8.0, 11.0, 13.0, 18.0, 18.0)
"""Airport game: the runway of the largest aircraft that lands (Littlechild and Owen 1973)."""


def _airport(coalition: frozenset[int]) -> float:
    return max((COSTS[i] for i in coalition), default=0.0)


def _airport_values() -> list[float]:
    """Each stretch of runway is shared by those who need it."""
    steps = np.diff([0.0, *COSTS])
    return [float(sum(steps[j] / (len(COSTS) - j) for j in range(i + 1))) for i in range(len(COSTS))]


def _glove(coalition: frozenset[int]) -> float:
    """Players 0 and 1 hold left gloves, 2 a right one; a pair is worth 1 (values 1/6, 1/6, 2/3)."""
    return float(min(len(coalition & {0, 1}), len(coalition & {2})))


def _additive(coalition: frozenset[int]) -> float:
    return float(sum((i + 1) ** 2 for i in coalition))


def _weighted(coalition: frozenset[int]) -> float:
    """Four votes of seven with weights 4, 3, 2, 1, 0 and a quota of 6: 5/12, 3/12, 3/12, 1/12 and a null player."""
    return float(sum((4, 3, 2, 1, 0)[i] for i in coalition) >= 6)


GAMES = (
    (_airport, 5, _airport_values()),
    (_glove, 3, [1 / 6, 1 / 6, 2 / 3]),
    (_additive, 6, [1.0, 4.0, 9.0, 16.0, 25.0, 36.0]),
    (_weighted, 5, [5 / 12, 3 / 12, 3 / 12, 1 / 12, 0.0]),
)


def _figures(game: Game) -> Callable[[frozenset[int]], np.ndarray]:
    return lambda coalition: np.array([game(coalition), -2 * game(coalition) + 7])


@pytest.mark.parametrize(("game", "players", "known"), GAMES)
def test_all_orders_give_the_known_values(game: Game, players: int, known: list[float]) -> None:
    found = shapley(_figures(game), np.array(list(permutations(range(players)))))
    assert found.value[:, 0] == pytest.approx(known, abs=1e-12)
    assert found.value[:, 1] == pytest.approx([-2 * v for v in known], abs=1e-12)
    assert found.nobody.tolist() == [0.0, 7.0]
    assert found.everyone[0] == pytest.approx(sum(known))


@pytest.mark.parametrize(("game", "players", "known"), GAMES)
def test_drawn_orders_lie_within_four_standard_errors_and_always_sum_to_the_whole(
        game: Game, players: int, known: list[float]) -> None:
    draws = [shapley(_figures(game), orders_of(players=players, pairs=2, seed=3, replication=r)) for r in range(200)]
    values = np.array([one.value[:, 0] for one in draws])
    se = values.std(axis=0, ddof=1) / math.sqrt(len(draws))
    assert (np.abs(values.mean(axis=0) - known) <= 4 * se + 1e-12).all()
    assert values.sum(axis=1) == pytest.approx(sum(known), abs=1e-12)
    assert game is _additive or (se > 0).sum() >= 3


def test_antithetic_orders_spread_less_than_independent_ones() -> None:
    """In the airport game with the same number of orders."""
    pairs = [shapley(_figures(_airport), orders_of(players=5, pairs=1, seed=1, replication=r)).value[:, 0] for r in range(300)]
    first = [orders_of(players=5, pairs=2, seed=2, replication=r)[::2] for r in range(300)]
    alone = [shapley(_figures(_airport), orders).value[:, 0] for orders in first]
    assert np.var(pairs, axis=0).sum() < 0.8 * np.var(alone, axis=0).sum()


def test_orders_are_permutations_in_pairs_and_more_of_them_keep_the_first() -> None:
    few, many = (orders_of(players=7, pairs=n, seed=9, replication=4) for n in (2, 5))
    assert (many[:4] == few).all()
    assert (np.sort(many, axis=1) == np.arange(7)).all()
    assert (many[::2] == many[1::2, ::-1]).all()
    assert not (orders_of(players=7, pairs=2, seed=9, replication=5) == few).all()


def test_leaving_out_takes_one_away_from_the_whole() -> None:
    assert left_out(_figures(_glove), 3)[:, 0].tolist() == [1.0, 1.0, 0.0]
    assert left_out(_figures(_additive), 6)[:, 0].tolist() == [91.0 - (i + 1) ** 2 for i in range(6)]
