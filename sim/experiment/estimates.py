"""Estimates with their standard errors over independent units: ratios, spreads, variances and quantiles.

A mediator sees with every simulated number how far it may lie from the truth by chance alone.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.foundation.streams import F64, I64


class Estimate(NamedTuple):
    """An estimate and its standard error over independent units."""

    estimate: float
    se: float


class Ratio(NamedTuple):
    """Numerator, denominator and unit of each item; the estimate is the ratio of their sums."""

    value: F64
    weight: F64
    unit: I64
    units: int


def ratio(values: Ratio) -> Estimate:
    """Ratio of sums with the standard error of independent units (Cochran 1977, ratio estimator)."""
    total = float(values.weight.sum())
    estimate = float(values.value.sum()) / total
    excess = np.bincount(values.unit, weights=values.value - estimate * values.weight, minlength=values.units)
    k = values.units
    return Estimate(estimate, float(np.sqrt((excess**2).sum() * k / (k - 1))) / total)


def spread(values: Ratio) -> Estimate:
    """Standard deviation, with the error of its linear part (delta method)."""
    mean = ratio(values).estimate
    square = np.where(values.weight > 0, (values.value - mean) ** 2, 0.0)
    variance = ratio(values._replace(value=square))
    sd = float(np.sqrt(variance.estimate))
    return Estimate(sd, variance.se / (2 * sd) if sd > 0 else 0.0)


def variance(values: Ratio) -> Estimate:
    """Variance between single items, with the error of its linear part."""
    mean = ratio(values).estimate
    return ratio(values._replace(value=np.where(values.weight > 0, (values.value - mean) ** 2, 0.0)))


def quantile(values: Ratio, share: float) -> Estimate:
    """Quantile; its error from that of the share below it, turned back into values (Woodruff 1952)."""
    kept = values.weight > 0
    ranked = np.sort(values.value[kept])
    at = float(np.quantile(ranked, share, method="hazen"))
    below = ratio(values._replace(value=np.where(kept & (values.value <= at), 1.0, 0.0)))
    low, high = (float(np.quantile(ranked, min(max(share + sign * below.se, 0.0), 1.0), method="hazen")) for sign in (-1, 1))
    return Estimate(at, (high - low) / 2)
