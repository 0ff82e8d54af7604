"""The instants at which a place comes into view and leaves it, found as roots and never stepped over.

A window that a coarse clock would skip is found here because its best instant is looked for first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.foundation.streams import F64, I64

CLOSING_KM_S = 1.3
"""Edges that the satellite crosses more slowly than this are solved on the orbit itself: 2 m of track error would
shift them by over 1.5 ms."""
_SETTLED_S = 1e-6
_LOST_S = 2e-8
_SCAN_S = 20.0


class Seen(NamedTuple):
    """Margin of a view (km, positive inside), its rate (km/s) and how much of a metre of error enters it."""

    margin: F64
    rate: F64
    share: F64


Looker = Callable[[I64, F64], Seen]
"""Margin of the numbered passes at one instant each (seconds)."""


class Found(NamedTuple):
    """Windows: number of the pass that each belongs to, first and last instant."""

    which: I64
    start: F64
    end: F64


def single_windows(track: Looker, orbit: Looker, *, nearest: F64, half_guess: F64, low: F64, high: F64,
                   graze: NDArray[np.bool_]) -> Found:
    """Windows of passes that rise to one best view near the nearest approach and sink again.

    Edges are roots on the track; those of passes that may only graze, or that are crossed slowly, on the orbit.
    `low` and `high` bound each pass; `graze` marks passes whose nearest approach is barely in view or not at all.
    """
    plain = np.flatnonzero(~graze)
    start, end, slow = _both_edges(track, plain, nearest[plain], low, high,
                                   (nearest[plain] - half_guess[plain], nearest[plain] + half_guess[plain]))
    # What the track says of the others is where the orbit is asked.
    grazing = np.flatnonzero(graze)
    delicate = np.concatenate((grazing, plain[slow]))
    best = _best_view(track, delicate, nearest[delicate], (high[delicate] - low[delicate]) / 8)
    half = _half_of_arc(track, grazing, best[:len(grazing)])
    guess = [np.concatenate((best[:len(grazing)] + side * half, edge[slow])) for side, edge in ((-1, start), (1, end))]
    kept = np.flatnonzero(orbit(delicate, best).margin > 0) if len(delicate) else delicate
    delicate, best = delicate[kept], best[kept]
    start_2, end_2, _ = _both_edges(orbit, delicate, best, low, high, (guess[0][kept], guess[1][kept]))
    which = np.concatenate((plain[~slow], delicate))
    order = np.argsort(which, kind="stable")
    start, end = np.concatenate((start[~slow], start_2)), np.concatenate((end[~slow], end_2))
    return Found(which[order], start[order], end[order])


def _half_of_arc(look: Looker, which: I64, best: F64) -> F64:
    """Half the time in view of passes whose margin is a parabola near their best view (a second where it is not)."""
    if not len(which):
        return best
    before, now, after = np.split(look(np.tile(which, 3), np.concatenate((best - 1, best, best + 1))).margin, 3)
    bend = 2 * now - before - after
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((now > 0) & (bend > 0), np.sqrt(np.maximum(2 * now / bend, 1e-6)), 1.0)


def scanned_windows(track: Looker, orbit: Looker, *, nearest: F64, spread: F64, low: F64, high: F64) -> Found:
    """Windows of passes that may come into view more than once: every turn and every root of the margin.

    Each pass is walked in steps of 20 s over ± `spread`; where the margin turns inside a step without changing
    sign, the turn itself is looked up on the orbit.
    """
    steps = int(np.ceil(spread.max() / _SCAN_S)) if len(nearest) else 0
    offsets = np.arange(-steps, steps + 1) * _SCAN_S
    times = np.clip(nearest[:, None] + offsets, low[:, None], high[:, None])
    number = np.repeat(np.arange(len(nearest)), len(offsets))
    seen = track(number, times.ravel())
    margin, rate = seen.margin.reshape(times.shape), seen.rate.reshape(times.shape)
    # Beyond the spread nothing is in view; the walk must end outside, so that edges come in pairs.
    margin[:, [0, -1]] = np.minimum(margin[:, [0, -1]], -1e-9)
    cells = _cells(orbit, times, margin, rate)
    sides = []
    for rising in (True, False):
        which, bad, good = (column[cells[3] == rising] for column in cells[:3])
        edge, _ = _root(orbit, which, good, bad, (good + bad) / 2)
        order = np.lexsort((edge, which))
        sides.append((which[order], edge[order]))
    return Found(sides[0][0], sides[0][1], sides[1][1])


def _cells(orbit: Looker, times: F64, margin: F64, rate: F64) -> tuple[I64, F64, F64, NDArray[np.bool_]]:
    """Pieces of time with one root each: pass, end outside, end inside, and whether the margin rises in it."""
    before, after, left, right = margin[:, :-1], margin[:, 1:], rate[:, :-1], rate[:, 1:]
    peak = (before < 0) & (after < 0) & (left > 0) & (right < 0)
    dip = (before >= 0) & (after >= 0) & (left < 0) & (right > 0)
    change = (before < 0) != (after < 0)
    parts = []
    number, step = np.nonzero(change)
    parts.append(_ordered(number, times[number, step], times[number, step + 1], before[number, step] < 0))
    for turn, sign in ((peak, 1.0), (dip, -1.0)):
        number, step = np.nonzero(turn)
        a, b = times[number, step], times[number, step + 1]
        top = _best_view(orbit, number, (a + b) / 2, (b - a) / 2, sign)
        crossed = sign * orbit(number, top).margin > 0 if len(number) else np.zeros(0, dtype=np.bool_)
        number, a, b, top = number[crossed], a[crossed], b[crossed], top[crossed]
        parts.append(_ordered(number, a, top, np.full(len(number), sign > 0)))
        parts.append(_ordered(number, top, b, np.full(len(number), sign < 0)))
    which, bad, good, rises = (np.concatenate(column) for column in zip(*parts, strict=True))
    return which, bad, good, rises


def _ordered(number: I64, first: F64, last: F64,
             rises: NDArray[np.bool_]) -> tuple[I64, F64, F64, NDArray[np.bool_]]:
    return number, np.where(rises, first, last), np.where(rises, last, first), rises


def _both_edges(look: Looker, which: I64, inside: F64, low: F64, high: F64,
                guess: tuple[F64, F64]) -> tuple[F64, F64, NDArray[np.bool_]]:
    """First and last instant in view around an instant inside, and whether either edge is crossed slowly."""
    outside = np.concatenate((low[which], high[which]))
    edge, seen = _root(look, np.tile(which, 2), np.tile(inside, 2), outside, np.concatenate(guess))
    slow = np.abs(seen.rate) < CLOSING_KM_S * seen.share
    count = len(which)
    return edge[:count], edge[count:], slow[:count] | slow[count:]


def _root(look: Looker, which: I64, inside: F64, outside: F64, guess: F64) -> tuple[F64, Seen]:
    """Instant at which a margin is zero between an instant inside and one outside: Newton, else bisection.

    An error that Newton squares goes on as the steps do: after steps a and b the next is about b (b/a)². A root is
    settled by its last step, or as soon as its next would be lost in the rounding of time.
    """
    t, rate, share = guess.copy(), np.ones_like(guess), np.ones_like(guess)
    todo: I64 = np.arange(len(t))
    now, good_now, bad_now, before = guess, inside, outside, np.zeros_like(guess)
    for _ in range(80):
        if not len(todo):
            break
        seen = look(which[todo] if len(todo) < len(t) else which, now)
        positive = seen.margin >= 0
        good_now, bad_now = np.where(positive, now, good_now), np.where(positive, bad_now, now)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = now - seen.margin / seen.rate
            width = bad_now - good_now
            off = ~((step - good_now) * (step - bad_now) <= _SETTLED_S * np.abs(width))
            step[off] = good_now[off] + width[off] / 2
            moved = np.abs(step - now)
            settled = (moved <= _SETTLED_S) | (~off & (moved * (moved / before) ** 2 <= _LOST_S))
        before, now = np.where(off, 0.0, moved), step
        t[todo], rate[todo], share[todo] = now, seen.rate, seen.share
        left = np.flatnonzero(~settled)
        now, good_now, bad_now, before = (column[left] for column in (now, good_now, bad_now, before))
        todo = todo[left]
    return t, Seen(rate, rate, share)


def _best_view(look: Looker, which: I64, start: F64, width: F64, sign: float = 1.0) -> F64:
    """Instant of the largest (sign 1) or least (−1) margin within ± `width`: where its rate is zero.

    False position with the Illinois rule; a kink, where the other limit takes over, is met by the bracket.
    """
    if not len(which):
        return start
    low, high = start - width, start + width
    rise, fall = sign * look(which, low).rate, sign * look(which, high).rate
    best, before = start, np.zeros(len(which))
    calm, settled = np.zeros(len(which), dtype=np.bool_), np.zeros(len(which), dtype=np.bool_)
    for _ in range(60):
        rate = sign * look(which, best).rate
        up = rate > 0
        # Illinois: an end that stays twice counts half, so that both ends move.
        fall = np.where(up, np.where(before > 0, fall / 2, fall), rate)
        rise = np.where(up, rate, np.where(before < 0, rise / 2, rise))
        low, high, before = np.where(up, best, low), np.where(up, high, best), np.where(up, 1.0, -1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.clip(np.nan_to_num(rise / (rise - fall), nan=0.5), 0.0, 1.0)
        following = low + share * (high - low)
        small = np.abs(following - best) < 1e-4
        best = np.where(settled, best, following)
        settled |= small & calm
        calm = small
        if settled.all():
            break
    return best
