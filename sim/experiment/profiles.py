"""Items over time: which of them fall into the window, means and shares over them, and how many were under way when.

A mediator sees here how a number such as "reports that wait" is read off single reports.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.experiment.estimates import Ratio
from sim.experiment.stages import Sample
from sim.foundation.streams import F64, I64


def inside(sample: Sample) -> NDArray[np.bool_]:
    """Items that came within the window."""
    low, high = sample.window_h
    return np.asarray((sample.items["from_h"] >= low) & (sample.items["from_h"] < high), dtype=np.bool_)


def mean_of(sample: Sample, value: F64, among: NDArray[np.bool_] | None = None) -> Ratio:
    """Mean of a value over items, over all that have one unless said `among` which."""
    weight = ~np.isnan(value) if among is None else among & ~np.isnan(value)
    return Ratio(np.where(weight, value, 0.0), weight.astype(np.float64), sample.unit, sample.units)


def share_of(sample: Sample, holds: NDArray[np.bool_], among: NDArray[np.bool_]) -> Ratio:
    """Share of some items for which something holds."""
    return Ratio((holds & among).astype(np.float64), among.astype(np.float64), sample.unit, sample.units)


class Profile(NamedTuple):
    """Number of items under way in each unit, step by step over the window; hours."""

    unit: I64
    at_h: F64
    number: F64
    length_h: F64


def profile(sample: Sample, start: F64, end: F64) -> Profile:
    """Steps of the number of items under way; an item without an end lasts to the end of the window."""
    low, high = sample.window_h
    start, end = np.clip(start, low, high), np.clip(np.where(np.isnan(end), high, end), low, high)
    kept = start < end
    time, unit = np.concatenate((start[kept], end[kept])), np.tile(sample.unit[kept], 2)
    step = np.repeat([1.0, -1.0], int(kept.sum()))
    order = np.lexsort((step, time, unit))
    time, unit = time[order], unit[order]
    follows = np.append(unit[1:] == unit[:-1], False)
    return Profile(unit, time, np.cumsum(step[order]), np.where(follows, np.append(time[1:], 0.0) - time, 0.0))


def average(sample: Sample, steps: Profile, of: Callable[[F64], F64]) -> Ratio:
    """Time average in each unit of a function of the number under way."""
    span = sample.window_h[1] - sample.window_h[0]
    area = np.bincount(steps.unit, weights=steps.length_h * of(steps.number), minlength=sample.units)
    known = np.bincount(steps.unit, weights=steps.length_h, minlength=sample.units)
    return Ratio(
        area + float(of(np.zeros(1))[0]) * (span - known), np.full(sample.units, span), np.arange(sample.units), sample.units
    )


def number(under_way: F64) -> F64:
    """The number under way itself."""
    return under_way


def none(under_way: F64) -> F64:
    """Whether none is under way."""
    return np.asarray(under_way == 0, dtype=np.float64)
