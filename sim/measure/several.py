"""Several designs at once: each against one that is given, all intervals holding together, and the best of all.

A mediator who compares ten designs is not misled by the one that chance put first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.measure.statistics import t_quantile

Floats = NDArray[np.float64]
_DRAWS = 100_000
_KEY = 20260201


class Joint(NamedTuple):
    """Estimate less that of the control for each design, with intervals that hold for all together."""

    estimates: Floats
    half_widths: Floats
    critical: float


class Best(NamedTuple):
    """The selected design, how many replications the selection needs, and the reach within which others count as alike."""

    chosen: int
    needed: int
    spread: float
    constant: float


def pseudo_values(numerators: ArrayLike, denominators: ArrayLike) -> Floats:
    """Value of each replication whose mean is the ratio of sums and whose spread is that of its linear part.

    Cochran 1977, section 6.3: R + (a − R b) n / Σb. Raises ValueError where nothing was counted.
    """
    a, b = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    bottom = math.fsum(b)
    if not bottom:
        raise ValueError("nothing was counted: 0 of 0")
    ratio = math.fsum(a) / bottom
    return np.asarray(ratio + (a - ratio * b) * len(a) / bottom, dtype=np.float64)


def against_one(control: Floats, others: Sequence[Floats], *, level: float = 0.95) -> Joint:
    """Paired differences of several designs from one, with intervals that hold for all of them together.

    Dunnett's (1955) comparison with a control for pairs that share their luck: the critical value is that of the largest
    of correlated t values, with the correlation of the differences as estimated (Hothorn, Bretz & Westfall 2008).
    """
    gaps = np.stack([other - control for other in others], axis=1)
    n = len(gaps)
    errors = gaps.std(axis=0, ddof=1) / math.sqrt(n)
    moving = errors > 0
    critical = largest_t(_correlation(gaps[:, moving]), df=n - 1, level=level) if moving.any() else 0.0
    return Joint(gaps.mean(axis=0), critical * errors, critical)


def _correlation(columns: Floats) -> Floats:
    return np.atleast_2d(np.corrcoef(columns, rowvar=False)) if columns.shape[1] > 1 else np.ones((1, 1))


def largest_t(correlation: Floats, *, df: int, level: float, two_sided: bool = True) -> float:
    """Quantile of the largest of k correlated t values that share their denominator; drawn with fixed luck, ± 0.01."""
    k = len(correlation)
    if k == 1:
        return t_quantile(df=df, p=0.5 + level / 2 if two_sided else level)
    rng = np.random.Generator(np.random.Philox(key=_KEY))
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    normal = rng.standard_normal((_DRAWS, k)) @ root.T
    scale = np.sqrt(rng.chisquare(df, _DRAWS) / df)
    largest = (np.abs(normal) if two_sided else normal).max(axis=1) / scale
    return float(np.quantile(largest, level))


@lru_cache(maxsize=64)
def _alike_t(k: int, df: int, level: float) -> float:
    return largest_t(np.full((k, k), 0.5) + 0.5 * np.eye(k), df=df, level=level, two_sided=False)


def best_of(values: Sequence[Floats], *, indifference: float, level: float = 0.95, least: bool = False) -> Best:
    """Select the best of k designs that share their luck, with an indifference zone (Nelson & Matejcik 1995).

    Parameters
    ----------
    values : one array of replications for each design, paired by position
    indifference : gap between best and next from which on the right choice is promised with probability `level`
    least : the smallest mean is the best

    Returns
    -------
    Best
        `needed`: replications that the promise takes, ⌈(g S/δ)²⌉, S² the variance of a difference when designs are alike
        but for a shift; if it is above the number given, run that many and select anew.
    """
    x = np.stack(values, axis=1) * (-1.0 if least else 1.0)
    n, k = x.shape
    rest = x - x.mean(axis=0) - x.mean(axis=1, keepdims=True) + x.mean()
    df = (k - 1) * (n - 1)
    spread = math.sqrt(2 * float((rest * rest).sum()) / df)
    constant = _alike_t(k - 1, df, level)
    return Best(int(np.argmax(x.mean(axis=0))), max(n, math.ceil((constant * spread / indifference) ** 2)), spread, constant)
