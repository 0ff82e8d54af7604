"""Windows of time: when a place could be seen, and how long nobody could look.

Windows are half-open (the first instant belongs to them, the last does not), in whole microseconds, so that
their unions, overlaps and gaps are exact.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Windows = NDArray[np.int64]
Convention = Literal["interior", "boundary"]


class GapFigures(NamedTuple):
    """How long nobody looks: number of gaps, their mean and longest, and what somebody waiting meets.

    `time_average_us` is the length of the gap that a random instant falls into (0 inside a look), and
    `wait_us` the mean time from a random instant to the next look.
    """

    gaps: int
    mean_us: float | None
    max_us: int | None
    time_average_us: float
    wait_us: float


def windows(start_us: ArrayLike, end_us: ArrayLike) -> Windows:
    """Windows from starts and ends.

    Returns
    -------
    int64 array, shape (n, 2)
        Start and end of each window; empty windows are dropped, order and overlaps kept.

    Raises
    ------
    TypeError
        If the instants are not whole numbers.
    ValueError
        If a window ends before it starts (the message names it).
    """
    start, end = np.atleast_1d(_whole(start_us)), np.atleast_1d(_whole(end_us))
    if start.shape != end.shape or start.ndim != 1:
        raise ValueError(f"starts and ends must be lists of one length, not {start.shape} and {end.shape}")
    wrong = np.flatnonzero(end < start)
    if wrong.size:
        i = int(wrong[0])
        raise ValueError(f"window {i} ends at {end[i]} µs, before its start at {start[i]} µs")
    return np.stack((start, end), axis=1)[end > start]


def empty() -> Windows:
    """No windows at all."""
    return np.empty((0, 2), dtype=np.int64)


def union(*parts: Windows) -> Windows:
    """Union of windows, sorted and disjoint; windows that touch become one. O(n log n)."""
    every = np.concatenate([empty(), *parts])
    every = every[every[:, 1] > every[:, 0]]
    if not len(every):
        return every
    # A stable sort is twice as fast on windows that are nearly in order, as windows of orbits are.
    every = every[np.argsort(every[:, 0], kind="stable")]
    reach = np.maximum.accumulate(every[:, 1])
    first = np.concatenate(([True], every[1:, 0] > reach[:-1]))
    last = np.concatenate((np.flatnonzero(first)[1:] - 1, [len(every) - 1]))
    return np.stack((every[first, 0], reach[last]), axis=1)


def normalise(w: Windows) -> Windows:
    """Sort windows and join those that overlap or touch; the other functions do so where they need it."""
    return union(w)


def intersection(a: Windows, b: Windows) -> Windows:
    """Time inside both; sorted and disjoint."""
    a, b = union(a), union(b)
    low = np.searchsorted(b[:, 1], a[:, 0], side="right")
    high = np.searchsorted(b[:, 0], a[:, 1], side="left")
    count = np.maximum(high - low, 0)
    i = np.repeat(np.arange(len(a)), count)
    j = np.arange(len(i)) - np.repeat(np.cumsum(count) - count, count) + low[i]
    return np.stack((np.maximum(a[i, 0], b[j, 0]), np.minimum(a[i, 1], b[j, 1])), axis=1)


def clip(w: Windows, start_us: int, end_us: int) -> Windows:
    """Windows cut to [start, end); order and overlaps kept, what falls outside dropped."""
    cut = np.clip(w, start_us, _horizon(start_us, end_us))
    return cut[cut[:, 1] > cut[:, 0]]


def gaps(w: Windows, start_us: int, end_us: int) -> Windows:
    """Time of [start, end) outside all windows; sorted and disjoint."""
    cover = clip(union(w), start_us, end_us)
    starts = np.concatenate(([start_us], cover[:, 1]))
    ends = np.concatenate((cover[:, 0], [end_us]))
    return np.stack((starts, ends), axis=1)[ends > starts]


def subtract(a: Windows, b: Windows) -> Windows:
    """Time inside `a` and outside `b`; sorted and disjoint."""
    a = union(a)
    return intersection(a, gaps(b, int(a[0, 0]), int(a[-1, 1]))) if len(a) else a


def length_us(w: Windows) -> int:
    """Time covered by at least one window."""
    cover = union(w)
    return int(np.sum(cover[:, 1] - cover[:, 0]))


def contains(w: Windows, time_us: ArrayLike) -> NDArray[np.bool_]:
    """Whether each instant lies in a window; the shape is that of `time_us`."""
    return depth_at(union(w), time_us) > 0


def depth_at(w: Windows, time_us: ArrayLike) -> NDArray[np.int64]:
    """Return the number of windows that cover each instant; the shape is that of `time_us`."""
    times = _whole(time_us)
    begun = np.searchsorted(np.sort(w[:, 0]), times, side="right")
    over = np.searchsorted(np.sort(w[:, 1]), times, side="right")
    return np.asarray(begun - over, dtype=np.int64)


def depth(w: Windows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Coverage as a step function.

    Returns
    -------
    edges_us : int64 array, shape (m,)
        Instants at which windows begin or end, rising.
    count : int64 array, shape (m,)
        Windows that cover [edges[i], edges[i + 1]); the last is 0.
    """
    edges = np.unique(w)
    return edges, depth_at(w, edges)


def at_least(w: Windows, fold: int) -> Windows:
    """Time covered by at least `fold` windows; sorted and disjoint."""
    if fold < 1:
        raise ValueError(f"the fold of coverage must be at least 1, not {fold}")
    edges, count = depth(w)
    deep = np.flatnonzero(count >= fold)
    return union(np.stack((edges[deep], edges[deep + 1]), axis=1))


def gap_figures(w: Windows, start_us: int, end_us: int, *, convention: Convention) -> GapFigures:
    """Statistics of the gaps between looks in the horizon [start, end).

    The time-average gap is sum(g²) / horizon and the mean wait for a look sum(g²) / (2 horizon): gaps of 5,
    10 and 15 in a horizon of 100 give 3.5 and 1.75 (inspection paradox: long gaps are met more often).

    Parameters
    ----------
    convention : {"interior", "boundary"}
        "interior" ignores gaps that touch an end of the horizon, whose true length is not known; "boundary"
        counts them as if looks stood at both ends. The horizon of the averages is the same in both.

    Returns
    -------
    GapFigures
        Mean and longest gap are None where there is no gap.
    """
    if convention not in ("interior", "boundary"):
        raise ValueError(f"the convention must be 'interior' or 'boundary', not {convention!r}")
    free = gaps(w, start_us, end_us)
    if convention == "interior":
        free = free[(free[:, 0] > start_us) & (free[:, 1] < end_us)]
    size = free[:, 1] - free[:, 0]
    # Squares of microseconds pass 2**63 after 51 minutes, hence floats; they keep 15 digits.
    average = float(np.sum(size.astype(np.float64) ** 2)) / (end_us - start_us)
    mean, longest = (float(np.mean(size)), int(np.max(size))) if size.size else (None, None)
    return GapFigures(len(size), mean, longest, average, average / 2)


def _horizon(start_us: int, end_us: int) -> int:
    if end_us <= start_us:
        raise ValueError(f"the horizon must not be empty: it runs from {start_us} to {end_us} µs")
    return end_us


def _whole(time_us: ArrayLike) -> NDArray[np.int64]:
    times = np.asarray(time_us)
    if times.size and times.dtype.kind not in "iu":
        raise TypeError(f"instants must be whole microseconds, not {times.dtype}: {times.flat[0]!r}")
    return times.astype(np.int64)
