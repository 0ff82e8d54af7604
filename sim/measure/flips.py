"""Which inputs turn a comparison around: a small tree over sampled worlds that splits only where chance cannot explain it.

A mediator reads in words where the weaker design would have been the better one, or that no input says where.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEAST = 5
"""Fewest worlds on either side of a split."""
DEPTH = 2
PERMUTATIONS = 400
LEVEL = 0.05


class Cut(NamedTuple):
    """One condition: an input lies above or below a place in (0, 1)."""

    column: int
    above: bool
    place: float


class Leaf(NamedTuple):
    """Worlds that meet all conditions, and how many of them are turned around; `p` is the largest of its splits."""

    cuts: tuple[Cut, ...]
    worlds: int
    flipped: int
    p: float


def leaves(x: Floats, flipped: Flags, *, rng: np.random.Generator) -> list[Leaf]:
    """Leaves of the tree, the one with most flips for its size first; a single one without conditions if nothing splits.

    Parameters
    ----------
    x : places of the inputs in each world, shape (worlds, inputs)
    flipped : whether the comparison is turned around there, shape (worlds,)

    Notes
    -----
    The split is the one with the largest sum of squares between its sides, over all inputs and places; it is made only if as
    large a one comes by chance in under 5 % of permutations of the flags, which allows for the number of inputs (conditional
    inference trees: Hothorn, Hornik & Zeileis 2006, doi 10.1198/106186006X133933).
    """
    found = _grown(x, flipped, (), 0.0, rng)
    return sorted(found, key=lambda leaf: -leaf.flipped / leaf.worlds)


def _grown(x: Floats, y: Flags, cuts: tuple[Cut, ...], p: float, rng: np.random.Generator) -> list[Leaf]:
    whole = [Leaf(cuts, len(y), int(y.sum()), p)]
    if len(cuts) == DEPTH or len(y) < 2 * LEAST or y.all() or not y.any():
        return whole
    order = np.argsort(x, axis=0, kind="stable")
    gains = _gains(y[None, :].astype(np.float64), order)[0]
    position, column = np.unravel_index(int(np.argmax(gains)), gains.shape)
    chance = _by_chance(y, order, float(gains.max()), rng)
    if chance >= LEVEL:
        return whole
    ranked = x[order[:, column], column]
    at = int(position) + LEAST
    place = float((ranked[at - 1] + ranked[at]) / 2)
    above = x[:, column] > place
    p = max(p, chance)
    return [
        *_grown(x[above], y[above], (*cuts, Cut(int(column), True, place)), p, rng),
        *_grown(x[~above], y[~above], (*cuts, Cut(int(column), False, place)), p, rng),
    ]


def _gains(y: Floats, order: NDArray[np.int64]) -> Floats:
    """Sum of squares between the sides of every split, shape (rows of flags, places, inputs)."""
    n = order.shape[0]
    below = np.arange(LEAST, n - LEAST + 1)
    scale = n / (below * (n - below))
    mean = y.mean(axis=1, keepdims=True)
    found = np.empty((len(y), len(below), order.shape[1]))
    for column in range(order.shape[1]):
        sums = np.cumsum(y[:, order[:, column]], axis=1)[:, below - 1]
        found[:, :, column] = (sums - below * mean) ** 2 * scale
    return found


def _by_chance(y: Flags, order: NDArray[np.int64], gain: float, rng: np.random.Generator) -> float:
    """Share of permutations of the flags whose best split is as good."""
    shuffled = rng.permuted(np.tile(y.astype(np.float64), (PERMUTATIONS, 1)), axis=1)
    best = np.concatenate([_gains(part, order).max(axis=(1, 2)) for part in np.array_split(shuffled, 40)])
    return float((1 + (best >= gain - 1e-12).sum()) / (PERMUTATIONS + 1))
