"""Coverage in the field's own figures of merit: how much is watched, how long nobody looks, how old the picture is.

A mediator compares designs by these numbers; each is given under both conventions for the gaps that the ends of the horizon
cut, because tools differ in silence and the same looks then give other numbers.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Convention = Literal["boundary", "interior"]
CONVENTIONS: tuple[Convention, ...] = get_args(Convention)
"""boundary: gaps cut by an end of the horizon count as if looks stood at both ends; interior: only gaps between two looks."""
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


class Looked(NamedTuple):
    """Looks at numbered places, sorted by (place, start); times in µs, cut to the horizon [0, horizon_us)."""

    place: I64
    start_us: I64
    end_us: I64
    places: int
    horizon_us: int


class Gaps(NamedTuple):
    """Times without a look, sorted by (place, start); one that touches neither end of the horizon is `interior`."""

    place: I64
    start_us: I64
    end_us: I64
    interior: NDArray[np.bool_]

    @property
    def hours(self) -> F64:
        """Lengths in hours."""
        return np.asarray((self.end_us - self.start_us) / HOUR_US, dtype=np.float64)


class PlaceFigures(NamedTuple):
    """Figures of merit of every place, one entry each; NaN where a place has gaps, but none that the convention counts.

    A place that is watched all the time has a revisit of 0.
    """

    accesses: I64
    """Looks, overlapping ones each."""
    covered_share: F64
    """Percent coverage: share of the time in which at least one look is under way (0 for looks of an instant)."""
    gaps: I64
    revisit_mean_h: F64
    revisit_max_h: F64
    time_average_gap_h: F64
    """Σg²/T: the gap that a random instant falls into, 0 inside a look."""
    wait_for_look_h: F64
    """Σg²/2T: mean time from a random instant to the next look (STK: response time)."""
    age_of_information_h: F64
    """Σg²/2T: mean time since the last look ended (STK: age of data), before the time that delivery takes."""


class Figures(NamedTuple):
    """Figures of merit of a group of places: means over its places, the largest gap of any, percentiles of all gaps."""

    places: int
    accesses: int
    covered_share: float
    coverage_share: float
    """Share of place-days with at least one look."""
    coverage_2_share: float
    """Share of place-days with looks of at least two means (2-fold coverage)."""
    gaps: int
    revisit_mean_h: float | None
    """Mean over places of the mean gap of each; places where it has no value are left out."""
    revisit_max_h: float | None
    revisit_median_h: float | None
    revisit_p90_h: float | None
    time_average_gap_h: float | None
    wait_for_look_h: float | None
    age_of_information_h: float | None


def looked(place: I64, start_us: I64, end_us: I64, *, places: int, horizon_us: int) -> Looked:
    """Sort looks by place and start, drop what lies outside [0, `horizon_us`) and cut the rest to it.

    Parameters
    ----------
    place, start_us, end_us : int64 (n); an end equal to its start is a look of an instant, which ends a gap too

    Raises
    ------
    ValueError
        Naming the value: an empty horizon, a place that is not in 0..places − 1, an end before its start.
    """
    if horizon_us <= 0:
        raise ValueError(f"horizon_us = {horizon_us} must lie above 0")
    for k in np.flatnonzero((place < 0) | (place >= places))[:1]:
        raise ValueError(f"look {k}: place = {place[k]} must lie in 0..{places - 1}")
    for k in np.flatnonzero(end_us < start_us)[:1]:
        raise ValueError(f"look {k}: ends at {end_us[k]} µs, before its start at {start_us[k]} µs")
    keep = np.flatnonzero((start_us < horizon_us) & ((end_us > 0) | (start_us >= 0)))
    place, start = place[keep], np.maximum(start_us[keep], 0)
    order = np.argsort(place * (horizon_us + 1) + start, kind="stable")
    return Looked(place[order], start[order], np.minimum(end_us[keep], horizon_us)[order], places, horizon_us)


def gaps_of(looks: Looked) -> Gaps:
    """Times of every place outside all looks; looks that touch leave no gap. O(n)."""
    every = np.arange(looks.places)
    nothing, horizon = np.zeros(looks.places, dtype=np.int64), looks.horizon_us
    place = np.concatenate((every, looks.place, every))
    begin = np.concatenate((nothing, looks.start_us, nothing + horizon))
    order = np.argsort(place, kind="stable")
    place, begin = place[order], begin[order]
    span = horizon + 1
    end = np.concatenate((nothing, looks.end_us, nothing + horizon))[order]
    reached = np.maximum.accumulate(end + place * span) - place * span
    keep = np.flatnonzero((place[1:] == place[:-1]) & (begin[1:] > reached[:-1]))
    start, stop = reached[keep], begin[keep + 1]
    # A look of an instant at the very start or end makes the gap beside it an interior one.
    first, last = _ends(looks)
    where = place[keep]
    return Gaps(where, start, stop, (start >= first[where]) & (stop <= last[where]))


def _ends(looks: Looked) -> tuple[I64, I64]:
    """Start of the first look at each place and end of the last to begin; past the horizon where there is none."""
    first = np.full(looks.places, looks.horizon_us + 1)
    last = np.full(looks.places, -1)
    np.minimum.at(first, looks.place, looks.start_us)
    np.maximum.at(last, looks.place, looks.end_us)
    return first, last


def by_convention(gaps: Gaps, convention: Convention) -> Gaps:
    """Gaps that a convention counts; raises ValueError for a convention that is not one of the two."""
    if convention not in CONVENTIONS:
        raise ValueError(f"the convention must be 'boundary' or 'interior', not {convention!r}")
    if convention == "boundary":
        return gaps
    keep = gaps.interior
    return Gaps(gaps.place[keep], gaps.start_us[keep], gaps.end_us[keep], keep[keep])


def place_figures(looks: Looked, *, convention: Convention) -> PlaceFigures:
    """Figures of merit of every place: gaps of 5, 10 and 15 in a horizon of 100 have a time-average gap of 3.5."""
    every = gaps_of(looks)
    counted = by_convention(every, convention)
    n, hours = looks.places, looks.horizon_us / HOUR_US
    count = np.bincount(counted.place, minlength=n)
    size = counted.hours
    largest = np.where(np.bincount(every.place, minlength=n) > 0, np.nan, 0.0)
    mean = largest.copy()
    np.fmax.at(largest, counted.place, size)
    total = np.bincount(counted.place, weights=size, minlength=n)
    mean[count > 0] = total[count > 0] / count[count > 0]
    average = np.bincount(counted.place, weights=size**2, minlength=n) / hours
    average[np.isnan(mean)] = np.nan  # a place that nobody looked at twice has no short wait
    free = np.bincount(every.place, weights=every.hours, minlength=n) / hours
    return PlaceFigures(np.bincount(looks.place, minlength=n), 1 - free, count, mean, largest, average, average / 2, average / 2)


def fold_share(looks: Looked, fold: int) -> F64:
    """Share of the time in which at least `fold` looks are under way at each place (N-fold coverage)."""
    if fold < 1:
        raise ValueError(f"the fold of coverage must be at least 1, not {fold}")
    place = np.concatenate((looks.place, looks.place))
    time = np.concatenate((looks.start_us, looks.end_us))
    change = np.repeat([1, -1], len(looks.place))
    order = np.lexsort((time, place))
    place, time, depth = place[order], time[order], np.cumsum(change[order])
    length = np.where(depth[:-1] >= fold, time[1:] - time[:-1], 0) if len(time) else np.zeros(0)
    return np.bincount(place[:-1], weights=length, minlength=looks.places) / looks.horizon_us


def seen_days(place: I64, start_us: I64, by: I64, *, places: int, days: int, fold: int = 1) -> NDArray[np.bool_]:
    """Return place-days, shape (places, days), on which looks of at least `fold` different `by` began."""
    inside = np.flatnonzero((start_us >= 0) & (start_us < days * DAY_US))
    most = int(by.max(initial=0)) + 1
    cell = place[inside] * days + start_us[inside] // DAY_US
    seen = np.unique(cell * most + by[inside]) // most
    return np.bincount(seen, minlength=places * days).reshape(places, days) >= fold


def group_figures(looks: Looked, by: I64, *, groups: Sequence[I64], convention: Convention) -> list[Figures]:
    """Figures of merit of groups of places.

    Parameters
    ----------
    by : means of each look in `looks`, int64 (n), for the 2-fold coverage of days
    groups : numbers of the places of each group; groups may overlap
    """
    found = place_figures(looks, convention=convention)
    counted = by_convention(gaps_of(looks), convention)
    days = -(-looks.horizon_us // DAY_US)
    seen = [seen_days(looks.place, looks.start_us, by, places=looks.places, days=days, fold=n) for n in (1, 2)]
    return [_figures(mine, found, counted.hours[members(looks.places, mine)[counted.place]], seen) for mine in groups]


def members(places: int, mine: I64) -> NDArray[np.bool_]:
    """Return which of the places belong to a group."""
    there = np.zeros(places, dtype=bool)
    there[mine] = True
    return there


def _figures(mine: I64, found: PlaceFigures, size: F64, seen: list[NDArray[np.bool_]]) -> Figures:
    """Figures of one group from those of its places and from all its gaps."""
    mean, largest, average, wait, age = (column[mine][~np.isnan(column[mine])] for column in found[3:])
    average_h, wait_h, age_h, mean_h = (float(x.mean()) if len(x) else None for x in (average, wait, age, mean))
    return Figures(len(mine), int(found.accesses[mine].sum()), float(found.covered_share[mine].mean()),
                   float(seen[0][mine].mean()), float(seen[1][mine].mean()), len(size), mean_h,
                   float(largest.max()) if len(largest) else None, quantile_h(size, 0.5), quantile_h(size, 0.9), average_h,
                   wait_h, age_h)


def quantile_h(hours: F64, level: float) -> float | None:
    """Quantile of gaps, the least that at least this share of them do not exceed; None where there is none."""
    if not 0 < level <= 1:
        raise ValueError(f"level = {level} must lie above 0 and at most 1")
    return float(np.sort(hours)[int(np.ceil(level * len(hours))) - 1]) if len(hours) else None


def gap_histogram(gaps: Gaps, *, member: NDArray[np.bool_], bin_h: float, bins: int) -> tuple[I64, F64]:
    """Gaps of some places by length in bins of `bin_h` (the last bin holds all longer ones): their number, and their hours."""
    size = gaps.hours[member[gaps.place]]
    # Edges belong to the bin below: a gap of exactly 6 h is one of at most 6 h.
    which = np.clip(np.ceil(size / bin_h).astype(np.int64) - 1, 0, bins - 1)
    return (np.bincount(which, minlength=bins).astype(np.int64),
            np.bincount(which, weights=size, minlength=bins).astype(np.float64))


def watched_bins(looks: Looked, *, bin_us: int) -> NDArray[np.bool_]:
    """Return the bins of the horizon in which a look is under way at each place, shape (places, bins)."""
    first = looks.start_us // bin_us
    count = np.maximum(first, (looks.end_us - 1) // bin_us) - first + 1
    place = np.repeat(looks.place, count)
    at = np.repeat(first, count) + np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
    seen = np.zeros((looks.places, -(-looks.horizon_us // bin_us)), dtype=bool)
    seen[place, at] = True
    return seen
