"""What a proof can read off desks in a row, reports by rank, and cases that climb: more words of the same vocabulary.

A mediator sees for each name in a proof which of the engine's own outputs it is; no law is written here a second time.
"""
from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.experiment.estimates import Ratio
from sim.experiment.profiles import average, inside, mean_of, none, number, profile, share_of
from sim.experiment.stages import Sample
from sim.foundation.streams import F64

Bools = NDArray[np.bool_]


def _of_kind(sample: Sample, kind: float) -> Bools:
    """Reports of one kind that were worked on."""
    return np.asarray(inside(sample) & (sample.items["kind"] == kind) & ~np.isnan(sample.items["wait_h"]), dtype=np.bool_)


def _wait_of_kind(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Time that reports of one kind waited, interruptions of the work on them included."""
    return mean_of(sample, sample.items["wait_h"] / unit_h, _of_kind(sample, at))


def _sojourn_of_kind(sample: Sample, at: float, unit_h: float) -> Ratio:
    return mean_of(sample, (sample.items["done_h"] - sample.items["from_h"]) / unit_h, _of_kind(sample, at))


def _waiting_of_kind(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Time that reports of one kind waited in all, over the time of the window: the mean number that wait (Little)."""
    span = sample.window_h[1] - sample.window_h[0]
    waited = np.bincount(sample.unit, weights=np.where(_of_kind(sample, at), sample.items["wait_h"], 0.0), minlength=sample.units)
    return Ratio(waited.astype(np.float64), np.full(sample.units, span), np.arange(sample.units), sample.units)


def _busy(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Reports that are worked on at a time."""
    begun = sample.items["from_h"] + sample.items["wait_h"]
    return average(sample, profile(sample, begun, np.where(np.isnan(begun), begun, sample.items["done_h"])), number)


def _growing(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Reports that came in the window less those that were done in it, per unit of time."""
    low, high = sample.window_h
    done = (sample.items["done_h"] >= low) & (sample.items["done_h"] < high)
    more = np.bincount(sample.unit, weights=inside(sample).astype(np.float64) - done, minlength=sample.units)
    return Ratio(more.astype(np.float64), np.full(sample.units, (high - low) / unit_h), np.arange(sample.units), sample.units)


def _at(sample: Sample, station: float) -> Sample:
    """Visits to one desk alone."""
    kept = sample.items["station"] == station
    return sample._replace(items={name: column[kept] for name, column in sample.items.items()}, unit=sample.unit[kept])


def _station_wait(sample: Sample, at: float, unit_h: float) -> Ratio:
    one = _at(sample, at)
    return mean_of(one, one.items["wait_h"] / unit_h, inside(one))


def _station_waited(sample: Sample, at: float, unit_h: float) -> Ratio:
    one = _at(sample, at)
    return share_of(one, one.items["wait_h"] > 0, inside(one))


def _station_time(sample: Sample, at: float, unit_h: float) -> Ratio:
    one = _at(sample, at)
    return mean_of(one, (one.items["done_h"] - one.items["from_h"]) / unit_h, inside(one))


def _station_above(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Share of cases whose whole way took longer than a time."""
    one = _at(sample, 0)
    return share_of(one, one.items["done_h"] - one.items["from_h"] > at * unit_h, inside(one))


def _station_number(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Cases at one desk, in work and waiting."""
    one = _at(sample, at)
    return average(one, profile(one, one.items["from_h"], one.items["done_h"]), number)


def _station_waiting(sample: Sample, at: float, unit_h: float) -> Ratio:
    one = _at(sample, at)
    return average(one, profile(one, one.items["from_h"], one.items["from_h"] + one.items["wait_h"]), number)


def _station_working(sample: Sample, at: float, unit_h: float) -> Ratio:
    one = _at(sample, at)
    return average(one, profile(one, one.items["from_h"] + one.items["wait_h"], one.items["done_h"]), number)


def _station_empty(sample: Sample, at: float, unit_h: float) -> Ratio:
    one = _at(sample, at)
    return average(one, profile(one, one.items["from_h"], one.items["done_h"]), none)


def _station_waits(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Cases that wait at any desk: all their waits over the time of the window."""
    span = sample.window_h[1] - sample.window_h[0]
    one = _at(sample, 0)
    waited = np.bincount(one.unit, weights=np.where(inside(one), one.items["wait_h"], 0.0), minlength=sample.units)
    return Ratio(waited.astype(np.float64), np.full(sample.units, span), np.arange(sample.units), sample.units)


def _took(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Time from the first rung of a case to its end."""
    return mean_of(sample, sample.items["took_h"] / unit_h, inside(sample))


def _took_within(sample: Sample, at: float, unit_h: float) -> Ratio:
    return share_of(sample, sample.items["took_h"] <= at * unit_h, inside(sample) & ~np.isnan(sample.items["took_h"]))


def _ends_h(sample: Sample) -> F64:
    """Time at which an act was seen, or ended unseen."""
    delay = sample.items["delay_h"]
    return np.where(np.isnan(delay), sample.items["lasted_h"], delay)


def _first_within(sensor: int) -> Callable[[Sample, float, float], Ratio]:
    """Acts that one sensor, by its number in the design, was the first to see, and within a time."""

    def reading(sample: Sample, at: float, unit_h: float) -> Ratio:
        return share_of(sample, (sample.items["by"] == sensor) & (_ends_h(sample) <= at * unit_h), _all(sample))

    return reading


def _ended_within(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Acts that ended unseen within a time."""
    return share_of(sample, np.isnan(sample.items["delay_h"]) & (_ends_h(sample) <= at * unit_h), _all(sample))


def _neither_within(sample: Sample, at: float, unit_h: float) -> Ratio:
    return share_of(sample, _ends_h(sample) > at * unit_h, _all(sample))


def _all(sample: Sample) -> Bools:
    return np.ones(len(sample.unit), dtype=np.bool_)


def _cases(sample: Sample) -> Bools:
    return np.asarray(inside(sample) & (sample.items["what"] == 1), dtype=np.bool_)


def _raw_true(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Cases with an act behind them."""
    return share_of(sample, sample.items["true"] > 0, _cases(sample))


def _found_true(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Findings with an act behind them."""
    return share_of(sample, sample.items["true"] > 0, _cases(sample) & (sample.items["found"] > 0))


def _found_false(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Findings with nothing behind them, per unit of time."""
    false = (_cases(sample) & (sample.items["found"] > 0) & (sample.items["true"] == 0)).astype(np.float64)
    number = np.bincount(sample.unit, weights=false, minlength=sample.units)
    span = (sample.window_h[1] - sample.window_h[0]) / unit_h
    return Ratio(number.astype(np.float64), np.full(sample.units, span), np.arange(sample.units), sample.units)


def _recalled(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Acts of which a finding came."""
    return share_of(sample, sample.items["found"] > 0, np.asarray(inside(sample) & (sample.items["what"] == 0), dtype=np.bool_))


DESK_READINGS: dict[str, Callable[[Sample, float, float], Ratio]] = {
    "wait_of_kind": _wait_of_kind,
    "sojourn_of_kind": _sojourn_of_kind,
    "waiting_of_kind": _waiting_of_kind,
    "busy": _busy,
    "growing": _growing,
    "station_wait": _station_wait,
    "station_waited": _station_waited,
    "station_time": _station_time,
    "station_above": _station_above,
    "station_number": _station_number,
    "station_waiting": _station_waiting,
    "station_working": _station_working,
    "station_empty": _station_empty,
    "station_waits": _station_waits,
    **{f"first_{sensor}_within": _first_within(sensor) for sensor in range(4)},
    "ended_within": _ended_within,
    "neither_within": _neither_within,
    "raw_true": _raw_true,
    "found_true": _found_true,
    "found_false": _found_false,
    "recalled": _recalled,
    "took": _took,
    "took_within": _took_within,
}
DESK_SHARES = frozenset({"station_waited", "station_above", "station_empty", "took_within", "ended_within", "neither_within",
                         "raw_true", "found_true", "recalled", *(f"first_{sensor}_within" for sensor in range(4))})
"""Readings that are shares."""
