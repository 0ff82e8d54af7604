"""What a proof can read off the engine: a small fixed vocabulary over acts, sights, the desk and decisions.

A mediator sees for each name in a proof which of the engine's own outputs it is; no law is written here a second time.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.experiment.desk_readings import DESK_READINGS, DESK_SHARES
from sim.experiment.estimates import Estimate, Ratio, quantile, ratio, spread, variance
from sim.experiment.profiles import average as _average
from sim.experiment.profiles import inside as _inside
from sim.experiment.profiles import mean_of as _mean_of
from sim.experiment.profiles import none as _none
from sim.experiment.profiles import number as _number
from sim.experiment.profiles import profile as _profile
from sim.experiment.profiles import share_of as _share_of
from sim.experiment.stages import Sample
from sim.foundation.streams import F64

__all__ = ["READINGS", "Estimate", "Ratio", "ratio", "read_off"]


def _left_h(sample: Sample) -> F64:
    """Time at which each report left the desk: worked through, given up or refused at once."""
    gone = np.where(sample.items["refused"] > 0, sample.items["from_h"], sample.items["gone_h"])
    return np.where(np.isnan(sample.items["done_h"]), gone, sample.items["done_h"])


def _begun_h(sample: Sample) -> F64:
    """Time at which each report left the queue: work began, or it was given up."""
    begun = sample.items["from_h"] + sample.items["wait_h"]
    return np.where(np.isnan(begun), _left_h(sample), begun)


def _let_in(sample: Sample) -> NDArray[np.bool_]:
    return np.asarray(_inside(sample) & (sample.items["refused"] == 0), dtype=np.bool_)


def _served(sample: Sample) -> NDArray[np.bool_]:
    return _inside(sample) & ~np.isnan(sample.items["wait_h"])


def _delay(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _mean_of(sample, sample.items["delay_h"] / unit_h)


def _seen(sample: Sample, at: float, unit_h: float) -> Ratio:
    delay = sample.items["delay_h"]
    return _share_of(sample, ~np.isnan(delay), np.ones(len(delay), dtype=bool))


def _unseen(sample: Sample, at: float, unit_h: float) -> Ratio:
    delay = sample.items["delay_h"]
    return _share_of(sample, np.isnan(delay), np.ones(len(delay), dtype=bool))


def _first_by(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Acts that one sensor, by its number in the design, was the first to see."""
    return _share_of(sample, sample.items["by"] == at, np.ones(len(sample.unit), dtype=bool))


def _settled(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Time until an act was seen, or ended unseen."""
    delay = sample.items["delay_h"]
    return _mean_of(sample, np.where(np.isnan(delay), sample.items["lasted_h"], delay) / unit_h)


def _rounds(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Rounds of one unit of time begun until an act was seen."""
    return _mean_of(sample, np.ceil(sample.items["delay_h"] / unit_h))


def _successes(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _share_of(sample, sample.items["successes"] >= at, np.ones(len(sample.unit), dtype=bool))


def _looks_until(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _mean_of(sample, sample.items.get(f"look_{int(at)}", np.full(len(sample.unit), np.nan)))


def _under_way(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _average(sample, _profile(sample, sample.items["from_h"], sample.items["to_h"]), _number)


def _none_under_way(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _average(sample, _profile(sample, sample.items["from_h"], sample.items["to_h"]), _none)


def _many_under_way(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _average(
        sample, _profile(sample, sample.items["from_h"], sample.items["to_h"]), lambda n: (n >= at).astype(np.float64)
    )


def _under_way_at(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Number under way at a moment in each unit."""
    moment = at * unit_h
    now = (sample.items["from_h"] <= moment) & (sample.items["to_h"] > moment)
    number = np.bincount(sample.unit, weights=now.astype(np.float64), minlength=sample.units)
    return Ratio(number.astype(np.float64), np.ones(sample.units), np.arange(sample.units), sample.units)


def _under_way_after(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Items begun in the window after which, a time later, some item of the same unit was under way."""
    low, high = sample.window_h
    begun = np.flatnonzero((sample.items["from_h"] >= low) & (sample.items["from_h"] + at * unit_h < high))
    order = np.lexsort((sample.items["from_h"], sample.unit))
    span = 2 * (high - low) + float(np.abs(sample.items["from_h"]).max(initial=0.0)) + 1
    starts = sample.unit[order] * span + sample.items["from_h"][order]
    then = sample.items["from_h"][begun] + at * unit_h
    row = order[np.searchsorted(starts, sample.unit[begun] * span + then, side="right") - 1]
    held = (sample.items["to_h"][row] > then).astype(np.float64)
    return Ratio(held, np.ones(len(begun)), sample.unit[begun], sample.units)


def _under_way_each(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Number under way for each station that is to be held."""
    return _each(sample, _under_way(sample, at, unit_h))


def _missing(sample: Sample, of: Callable[[F64], F64]) -> Ratio:
    """Time average of a function of the number of stations that nobody holds."""
    profile = _profile(sample, sample.items["from_h"], sample.items["to_h"])
    return _average(sample, profile, lambda n: of(np.maximum(sample.servers - n, 0.0)))


def _down(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Number that is not under way, of those meant to be."""
    return _missing(sample, _number)


def _down_each_of(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Share of so many crews that is at work, each on one that is not under way."""
    return _missing(sample, lambda down: np.minimum(down, at) / max(at, 1.0))


def _down_beyond(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Number that is not under way beyond so many: those wait for a crew."""
    return _missing(sample, lambda down: np.maximum(down - at, 0.0))


def _taken_each(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Airframes taken up at a time, on the way and in turnaround too, for each station that is to be held."""
    return _each(sample, _average(sample, _profile(sample, sample.items["taken_h"], sample.items["free_h"]), _number))


def _each(sample: Sample, number: Ratio) -> Ratio:
    return number._replace(value=number.value / max(sample.servers, 1))


def _most_taken(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Most airframes taken up at once in each unit."""
    profile = _profile(sample, sample.items["taken_h"], sample.items["free_h"])
    most = np.zeros(sample.units)
    np.maximum.at(most, profile.unit[profile.length_h > 0], profile.number[profile.length_h > 0])
    return Ratio(most, np.ones(sample.units), np.arange(sample.units), sample.units)


def _gap(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Time from a look to the next one at the same place."""
    return _mean_of(sample, (sample.items["to_h"] - sample.items["from_h"]) / unit_h)


def _unvisited(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Units without a look."""
    number = np.bincount(sample.unit, minlength=sample.units)
    return Ratio((number == 0).astype(np.float64), np.ones(sample.units), np.arange(sample.units), sample.units)


def _come(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Items that came in the window, per unit of time."""
    span = (sample.window_h[1] - sample.window_h[0]) / unit_h
    number = np.bincount(sample.unit, weights=_inside(sample).astype(np.float64), minlength=sample.units)
    return Ratio(number.astype(np.float64), np.full(sample.units, span), np.arange(sample.units), sample.units)


def _count(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Items that came in the window, in each unit."""
    number = _come(sample, at, unit_h)
    return number._replace(weight=np.ones(sample.units))


def _answers(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Answers given to a case until it came to an end."""
    return _mean_of(sample, sample.items["answers"], _inside(sample) & (sample.items["end"] >= 0))


def _ended_as(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Cases that came to one end, by its number, of those that came to any."""
    return _share_of(sample, sample.items["end"] == at, _inside(sample) & (sample.items["end"] >= 0))


def _busy_period(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Time with some item under way over the number of times at which that began."""
    profile = _profile(sample, sample.items["from_h"], sample.items["to_h"])
    before = np.append(0.0, profile.number[:-1])
    begun = (profile.number == 1) & (before == 0) & (profile.at_h > sample.window_h[0])
    busy = np.where(profile.number > 0, profile.length_h, 0.0) / unit_h
    return Ratio(busy, begun.astype(np.float64), profile.unit, sample.units)


def _wait(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Time in the queue of every report let in, worked on or given up."""
    return _mean_of(sample, (_begun_h(sample) - sample.items["from_h"]) / unit_h, _let_in(sample))


def _waited(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _share_of(sample, sample.items["wait_h"] > 0, _served(sample))


def _wait_above(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _share_of(sample, sample.items["wait_h"] > at * unit_h, _served(sample))


def _delayed(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Reports that found nobody free: they waited, or gave up."""
    gave_up = (sample.items["refused"] == 0) & ~np.isnan(sample.items["gone_h"])
    return _share_of(sample, (sample.items["wait_h"] > 0) | gave_up, _inside(sample))


def _refused(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _share_of(sample, sample.items["refused"] > 0, _inside(sample))


def _abandoned(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _share_of(sample, (sample.items["refused"] == 0) & ~np.isnan(sample.items["gone_h"]), _inside(sample))


def _sojourn(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Time at the desk of every report let in, worked through or given up."""
    return _mean_of(sample, (_left_h(sample) - sample.items["from_h"]) / unit_h, _let_in(sample))


def _in_system(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _average(sample, _profile(sample, sample.items["from_h"], _left_h(sample)), _number)


def _waiting(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _average(sample, _profile(sample, sample.items["from_h"], _begun_h(sample)), _number)


def _busy_share(sample: Sample, at: float, unit_h: float) -> Ratio:
    working = _average(sample, _profile(sample, _begun_h(sample), _left_h(sample)), _number)
    return working._replace(value=working.value / max(sample.servers, 1))


def _idle(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _average(sample, _profile(sample, sample.items["from_h"], _left_h(sample)), _none)


def _entering(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Reports let in, per unit of time."""
    span = (sample.window_h[1] - sample.window_h[0]) / unit_h
    let_in = np.bincount(sample.unit, weights=_let_in(sample).astype(np.float64), minlength=sample.units)
    return Ratio(let_in.astype(np.float64), np.full(sample.units, span), np.arange(sample.units), sample.units)


def _found(sample: Sample) -> NDArray[np.bool_]:
    return (sample.items["found_h"] >= sample.window_h[0]) & (sample.items["found_h"] < sample.window_h[1])


def _decided(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _share_of(sample, ~np.isnan(sample.items["decision_h"]), _found(sample))


def _decision(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _mean_of(sample, sample.items["decision_h"] / unit_h, _found(sample))


def _sent(sample: Sample) -> NDArray[np.bool_]:
    return sample.items["by"] >= 0


def _unit_out(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Time for which one unit, by its number, is out."""
    moved, left = (np.where(sample.items["by"] == at, sample.items[name], np.inf) for name in ("moved_h", "left_h"))
    return _average(sample, _profile(sample, moved, left), _number)


def _units_out(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Time in one state of the units: the sum of 2 to the number of each that is out."""
    low, high = sample.window_h
    mine = _sent(sample)
    start, end = (np.clip(sample.items[name][mine], low, high) for name in ("moved_h", "left_h"))
    step = np.exp2(sample.items["by"][mine])
    time, change = np.concatenate(([low], start, end, [high])), np.concatenate(([0.0], step, -step, [0.0]))
    order = np.argsort(time, kind="stable")
    here = np.round(np.cumsum(change[order]))[:-1] == at
    spent = float(np.diff(time[order])[here].sum())
    return Ratio(np.array([spent]), np.array([high - low]), np.zeros(1, dtype=np.int64), 1)


def _nobody_free(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Orders for which every unit was out, and that lapsed."""
    return _share_of(sample, ~_sent(sample), _inside(sample))


def _not_first(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Orders carried out by another unit than the one whose turn comes first in the sector."""
    return _share_of(sample, sample.items["turn"] > 0, _inside(sample) & _sent(sample))


def _order_waits(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Orders that waited for a unit to come free."""
    return _share_of(sample, sample.items["moved_h"] > sample.items["from_h"] + 1e-9, _inside(sample) & _sent(sample))


def _orders_waiting(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Number of orders that wait for a unit to come free."""
    return _average(sample, _profile(sample, sample.items["from_h"], sample.items["moved_h"]), _number)
def _unseen_in(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Of what a look failed to see, the share that is in one sector, by its number."""
    return _share_of(sample, sample.items["sector"] == at, sample.items["first"] == 0)


def _true_of_first(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Of what the first sensor reports, the share that is a violation; with `at` 1 or 0, where a second one does or does not."""
    among = sample.items["first"] == 1
    return _share_of(sample, sample.items["true"] == 1, among if at < 0 else among & (sample.items["second"] == at))


def _none_of_silent(sample: Sample, at: float, unit_h: float) -> Ratio:
    """Of what the first sensor does not report, the share that is no violation."""
    return _share_of(sample, sample.items["true"] == 0, sample.items["first"] == 0)


def in_window(sample: Sample, *, least: int, window: int) -> Sample:
    """The sample with the look at which so many of the last looks had succeeded (sliding confirmation); never is NaN."""
    names = sorted((name for name in sample.items if name.startswith("look_")), key=lambda name: int(name[5:]))
    number = np.stack([sample.items[name] for name in names], axis=1) if names else np.zeros((sample.units, 0))
    if number.shape[1] < least:
        return sample._replace(items=sample.items | {"confirmed_look": np.full(len(sample.unit), np.nan)})
    last = number[:, least - 1 :]
    close = last - number[:, : number.shape[1] - least + 1] < window
    when = np.where(close.any(axis=1), last[np.arange(len(last)), close.argmax(axis=1)], np.nan)
    return sample._replace(items=sample.items | {"confirmed_look": when})


def _confirmed(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _share_of(sample, ~np.isnan(sample.items["confirmed_look"]), np.ones(len(sample.unit), dtype=bool))


def _confirmed_look(sample: Sample, at: float, unit_h: float) -> Ratio:
    return _mean_of(sample, sample.items["confirmed_look"])


READINGS: dict[str, Callable[[Sample, float, float], Ratio]] = {
    "delay": _delay,
    "seen": _seen,
    "unseen": _unseen,
    "first_by": _first_by,
    "settled": _settled,
    "rounds": _rounds,
    "successes_at_least": _successes,
    "looks_until": _looks_until,
    "under_way": _under_way,
    "none_under_way": _none_under_way,
    "under_way_at_least": _many_under_way,
    "under_way_at": _under_way_at,
    "under_way_after": _under_way_after,
    "under_way_each": _under_way_each,
    "down": _down,
    "down_each_of": _down_each_of,
    "down_beyond": _down_beyond,
    "taken_each": _taken_each,
    "most_taken": _most_taken,
    "gap": _gap,
    "unvisited": _unvisited,
    "come": _come,
    "count": _count,
    "answers": _answers,
    "ended_as": _ended_as,
    "busy_period": _busy_period,
    "wait": _wait,
    "waited": _waited,
    "wait_above": _wait_above,
    "delayed": _delayed,
    "refused": _refused,
    "abandoned": _abandoned,
    "sojourn": _sojourn,
    "in_system": _in_system,
    "waiting": _waiting,
    "busy_share": _busy_share,
    "idle": _idle,
    "entering": _entering,
    "unit_out": _unit_out,
    "units_out": _units_out,
    "nobody_free": _nobody_free,
    "not_first": _not_first,
    "order_waits": _order_waits,
    "orders_waiting": _orders_waiting,
    "decided": _decided,
    "decision": _decision,
    "unseen_in": _unseen_in,
    "true_of_first": _true_of_first,
    "none_of_silent": _none_of_silent,
    "confirmed": _confirmed,
    "confirmed_look": _confirmed_look,
} | DESK_READINGS
"""What a proof file may read: the words of the keys under `simulated`."""


SHARES = frozenset({
    "seen", "unseen", "first_by", "ended_as", "under_way_after", "unvisited", "successes_at_least", "none_under_way",
    "under_way_at_least", "waited", "wait_above", "delayed", "refused", "abandoned", "idle", "decided",
    "nobody_free", "not_first", "order_waits", "unseen_in", "true_of_first", "none_of_silent", "confirmed"}) | DESK_SHARES


def read_off(samples: Sequence[Sample], reading: dict[str, Any], *, at: float, unit_h: float) -> Estimate | None:
    """Estimate one name from all replications; None where nothing happened that would tell it."""
    parts = [READINGS[reading["reading"]](sample, at, unit_h) for sample in samples]
    ends = np.cumsum([0, *(part.units for part in parts)])
    unit = [part.unit + begin for part, begin in zip(parts, ends, strict=False)]
    whole = Ratio(np.concatenate([part.value for part in parts]), np.concatenate([part.weight for part in parts]),
                  np.concatenate(unit), int(ends[-1]))
    if whole.weight.sum() <= 0 or whole.units < 2:
        return None
    if "quantile" in reading:
        return quantile(whole, float(reading["quantile"]))
    if reading.get("sd"):
        return spread(whole)
    if reading.get("variance"):
        return variance(whole)
    found = ratio(whole)
    # A share that is none or all in every unit says no more than that one unit in so many would have been otherwise.
    return found._replace(se=1 / whole.units) if found.se == 0 and reading["reading"] in SHARES else found
