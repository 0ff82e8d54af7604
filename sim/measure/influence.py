"""How much each input moves a result: shares of its variance and elementary effects, with the luck of the draw told apart.

A mediator learns which assumption to look at first, how sure that ranking is, and how much of the scatter is mere luck.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Stat = Callable[[Floats, Floats], Floats]

DRAWS = 400
SOBOL = ("first", "total")
MORRIS = ("mu", "mu_star", "sigma")
RANKED = {"sobol": "total", "morris": "mu_star"}
"""Figure by which inputs are ranked."""


class Figures(NamedTuple):
    """Figures by name and input, shape (names, inputs); `draws` are what they might as well have been.

    `rows_error` is the standard error from the few places looked at, `noise_error` that from the few replications at each.
    """

    names: tuple[str, ...]
    estimates: Floats
    draws: Floats
    rows_error: Floats
    noise_error: Floats

    def of(self, name: str) -> Floats:
        """Estimates of one figure, shape (inputs,)."""
        return np.asarray(self.estimates[self.names.index(name)])

    def drawn(self, name: str) -> Floats:
        """Draws of one figure, shape (draws, inputs)."""
        return np.asarray(self.draws[:, self.names.index(name)])

    def interval(self, *, level: float = 0.95) -> Floats:
        """Low and high ends from the draws, shape (2, names, inputs); shares of a variance lie within 0 and 1."""
        tail = (1 - level) / 2
        ends = np.asarray(np.quantile(self.draws, (tail, 1 - tail), axis=0, method="hazen"))
        return np.clip(ends, 0.0, 1.0) if self.names == SOBOL else ends


class Scatter(NamedTuple):
    """Variance of the mean response over the inputs, and that of one replication about it."""

    inputs: float
    luck: float

    @property
    def luck_share(self) -> float | None:
        """Part of the variance of a single replication that is luck; None where nothing varies."""
        whole = max(self.inputs, 0.0) + self.luck
        return self.luck / whole if whole > 0 else None


def _crossed(a: Floats, b: Floats) -> Floats:
    """Mean of a·b over pairs of unlike replications (last axis), so that the noise of one never meets itself.

    This is what makes every square below free of replication noise (a U-statistic, Hoeffding 1948); with one replication
    there is nothing to tell apart.
    """
    r = a.shape[-1]
    if r == 1:
        return np.asarray((a * b)[..., 0])
    return np.asarray((a.sum(-1) * b.sum(-1) - (a * b).sum(-1)) / (r * (r - 1)))


# ---- shares of variance --------------------------------------------------------------------------------


def sobol(y: Floats, *, rng: np.random.Generator, draws: int = DRAWS) -> Figures:
    """First and total shares of the variance of the mean response.

    Parameters
    ----------
    y : values of the rows A, B, AB_1 … AB_k by replication, shape (rows, k + 2, replications)

    Notes
    -----
    First shares by Saltelli et al. 2010 (doi 10.1016/j.cpc.2009.09.018, table 2b), total ones by Jansen 1999 (table 2f);
    every product takes its two factors from unlike replications. Rows are drawn anew for the error of the places,
    replications are left out one by one (jackknife) for that of the noise; `draws` hold both.
    """
    centred = y - y[:, :2].mean()
    return _figures(SOBOL, _shares, centred, rng, draws)


def _shares(weights: Floats, y: Floats) -> Floats:
    a, b, ab = y[:, 0], y[:, 1], y[:, 2:]
    total = _crossed(ab - a[:, None], ab - a[:, None]) / 2
    first = _crossed(np.broadcast_to(b[:, None], ab.shape), ab - a[:, None])
    whole = _variance(weights, y[:, :2])[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.stack((weights @ first / whole, weights @ total / whole), axis=1)
    return np.where(whole[:, None] > 0, found, np.nan)


def _variance(weights: Floats, y: Floats) -> Floats:
    """Variance of the mean response over points spread evenly, shape (rows, points, replications), by row of weights."""
    m = y.shape[0] * y.shape[1]
    square = weights @ _crossed(y, y).mean(axis=1)
    mean = weights @ y.mean(axis=1)
    return np.asarray((square - _crossed(mean, mean)) * m / (m - 1))


def scatter(y: Floats) -> Scatter:
    """Variance over the inputs and within a point, from points spread evenly, shape (rows, points, replications)."""
    weights = np.full((1, len(y)), 1 / len(y))
    luck = float(y.var(axis=-1, ddof=1).mean()) if y.shape[-1] > 1 else 0.0
    return Scatter(float(_variance(weights, y - y.mean())[0]), luck)


# ---- elementary effects --------------------------------------------------------------------------------


def morris(effects: Floats, *, rng: np.random.Generator, draws: int = DRAWS) -> Figures:
    """Mean, mean size and spread of elementary effects (Morris 1991; Campolongo et al. 2007).

    Parameters
    ----------
    effects : change of the response over the change of the input, shape (trajectories, inputs, replications)

    Notes
    -----
    The size of an effect takes its sign from the other replications, so that noise alone gives 0 in the mean, not √(2/π) of
    its standard error; the spread is that of the mean response. Errors as in `sobol`.
    """
    return _figures(MORRIS, _effects, effects, rng, draws)


def _effects(weights: Floats, e: Floats) -> Floats:
    n, _, r = e.shape
    size = np.abs(e[..., 0]) if r == 1 else (np.sign(e.sum(-1, keepdims=True) - e) * e).mean(-1)
    mean = np.einsum("dn,nkr->dkr", weights, e)
    square = (weights @ _crossed(e, e) - _crossed(mean, mean)) * n / max(n - 1, 1)
    return np.stack((mean.mean(-1), weights @ size, np.sqrt(np.maximum(square, 0.0))), axis=1)


def effects_of(y: Floats, order: Ints, step: Floats) -> Floats:
    """Elementary effects of trajectories.

    Parameters
    ----------
    y : values along each trajectory, shape (trajectories, k + 1, replications)
    order : input that moves at each step, shape (trajectories, k)
    step : by how much it moves, in units of its range, shape (trajectories, k) by input

    Returns
    -------
    Floats
        Shape (trajectories, k, replications), by input.
    """
    moved = np.diff(y, axis=1)
    found = np.empty_like(moved)
    np.put_along_axis(found, order[..., None], moved, axis=1)
    return np.asarray(found / step[..., None])


# ---- errors and ranks ----------------------------------------------------------------------------------


def _figures(names: tuple[str, ...], stat: Stat, y: Floats, rng: np.random.Generator, draws: int) -> Figures:
    n, r = len(y), y.shape[-1]
    even = np.full((1, n), 1 / n)
    estimates = stat(even, y)[0]
    weights = rng.multinomial(n, np.full(n, 1 / n), size=draws) / n
    rows = stat(weights, y)
    noise, error = np.zeros_like(rows), np.zeros_like(estimates)
    if r > 2:
        apart = np.stack([stat(even, np.delete(y, i, axis=-1))[0] for i in range(r)])
        pull = (apart - apart.mean(axis=0)) * math.sqrt((r - 1) / r)
        noise = np.einsum("dr,rmk->dmk", rng.standard_normal((draws, r)), pull)
        error = np.sqrt((pull**2).sum(axis=0))
    return Figures(names, estimates, rows + noise, rows.std(axis=0, ddof=1), error)


def rank_distance(draws: Floats, *, level: float = 0.95) -> float:
    """How far the ranking of inputs may differ from one draw to the next; below 1 it counts as stable.

    Sum over inputs of the change in rank, weighted with the square of the larger of the two figures, of which the
    `level` quantile over pairs of draws is taken (Sarrazin, Pianosi & Wagener 2016, doi 10.1016/j.envsoft.2016.02.005, eq. 5).
    Infinite where a draw has no figure.
    """
    if not np.isfinite(draws).all():
        return math.inf
    size = np.maximum(draws, 0.0)
    ranks = np.argsort(np.argsort(-size, axis=1, kind="stable"), axis=1)
    half = len(size) // 2
    one, other = size[:half], size[half : 2 * half]
    weight = np.maximum(one, other) ** 2
    whole = weight.sum(axis=1)
    apart = np.abs(ranks[:half] - ranks[half : 2 * half])
    distance = (apart * weight).sum(axis=1) / np.where(whole > 0, whole, 1.0)
    return float(np.quantile(np.where(whole > 0, distance, math.inf), level, method="higher"))
