"""Tracks of satellites over the turning Earth, kept only where some place on the ground might be in view.

The reader may trust that nothing is skipped: intervals are dropped by a bound on how fast a satellite can move,
never by looking at samples.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.foundation.sky_mechanics import DAY_S, EARTH_TURN_RAD_S, MU_KM3_S2, sun_direction_ecef
from sim.foundation.streams import F64, I64
from sim.monitoring.orbits import Motion, Orbit, SatelliteError, motion_ecef, secular_of

COARSE_S = 960
"""Coarse nodes lie at whole multiples of this in Unix time, whatever the horizon: longer runs keep their nodes."""
FINE_S = 240
_FINEST_S = 15
TRACK_ERROR_KM = 1.5e-3
"""Largest error of the interpolated track that is accepted at the sampled instants."""
_LEAST_RADIUS_KM = 6356.0
SUN_DEG_PER_S = 15.05 / 3600
"""Bound on how fast the sun climbs or sinks anywhere."""
_UPRIGHT_DEG = 0.3  # the vertical against the direction from the centre (0.19°), and rounding
_SLACK_RAD = math.radians(0.35)  # geodetic against geocentric vertical (0.19°), and the bulge of the ground
_DRIFT_KM = 30.0  # short-periodic and drag motion of the radius round its mean ellipse


class Cap(NamedTuple):
    """A circle on the ground that holds a group of sites: unit vector of its centre, angular radius."""

    centre: F64
    radius_rad: float


class Daylight(NamedTuple):
    """Light that some place of a group needs: least elevation of the sun, and how long before or after an instant it may be
    met for that instant still to count."""

    sun_elevation_min_deg: float
    around_s: float


class Track(NamedTuple):
    """Piecewise quintic Earth-fixed track; times in seconds from `origin_s` (Unix)."""

    origin_s: float
    step_s: float
    interval: I64
    """Numbers of the intervals that are kept, ascending."""
    row: I64
    """Row of each interval of the whole grid in `terms`, or −1."""
    terms: F64
    """(6, 3, kept): powers of the share of the interval gone by, in km; each coordinate in one piece of memory."""
    first_s: F64
    last_s: F64
    """Ends of the unbroken run of kept intervals in which each lies."""
    nodes: F64
    """(2, 6, kept): place and velocity at both ends of each interval."""


def at(track: Track, row: I64, seconds: F64) -> Motion:
    """Motion on the intervals `row` at instants; the run of an interval may be left for its neighbours."""
    terms, share = _terms_at(track, row, seconds)
    place, speed, bent = terms[5] * share + terms[4], terms[5], terms[5].copy()
    speed *= share
    speed += place
    place *= share
    place += terms[3]
    for power in (2, 1, 0):
        bent *= share
        bent += speed
        speed *= share
        speed += place
        place *= share
        place += terms[power]
    return Motion(place.T, speed.T / track.step_s, bent.T * (2 / track.step_s**2))


def going(track: Track, row: I64, seconds: F64) -> tuple[F64, F64]:
    """Place and velocity alone, as `at`."""
    terms, share = _terms_at(track, row, seconds)
    place, speed = terms[5] * share + terms[4], terms[5]
    for power in (3, 2, 1, 0):
        speed *= share
        speed += place
        place *= share
        place += terms[power]
    return place.T, speed.T / track.step_s


def _terms_at(track: Track, row: I64, seconds: F64) -> tuple[F64, F64]:
    """Terms (6, 3, n) of the intervals in which instants lie, fetched at once, and the shares gone by."""
    inside = np.minimum(np.maximum(seconds, track.first_s[row]), track.last_s[row] - track.step_s / 2)
    number = (inside / track.step_s).astype(np.int64)
    terms = track.terms.reshape(18, track.terms.shape[2]).take(track.row[number], axis=1)
    return terms.reshape(6, 3, len(number)), seconds / track.step_s - number


def rows_at(table: F64, which: I64) -> F64:
    """Rows of an (n, 3) table, each coordinate of the result in one piece of memory (as the columns of a track)."""
    return table.T.take(which, axis=1).T


def quintic_terms(start: Motion, end: Motion, step_s: float) -> F64:
    """Coefficients (6, …) of the quintic that meets place, velocity and acceleration (…) at both ends."""
    h = step_s
    p0, v0, a0 = start.place, start.speed * h, start.acceleration * (h * h / 2)
    gap = end.place - p0 - v0 - a0
    rate = end.speed * h - v0 - 2 * a0
    bend = end.acceleration * (h * h / 2) - a0
    return np.stack((p0, v0, a0, 10 * gap - 4 * rate + bend, -15 * gap + 7 * rate - 2 * bend,
                     6 * gap - 3 * rate + bend))


def top_radius_km(orbit: Orbit) -> float:
    """Bound on the distance from the centre of the Earth."""
    mean = secular_of(orbit)
    return mean.a_km * (1 + mean.eccentricity) + _DRIFT_KM


def fastest_turn_rad_s(orbit: Orbit) -> float:
    """Bound on the angular speed of the point below the satellite: √(μp)/r² at perigee, and the Earth's turn."""
    mean = secular_of(orbit)
    low = mean.a_km * (1 - mean.eccentricity) - _DRIFT_KM
    swept = math.sqrt(MU_KM3_S2 * mean.a_km * (1 - mean.eccentricity**2))
    return 1.02 * swept / low**2 + EARTH_TURN_RAD_S


def reach_rad(orbit: Orbit, *, elevation_rad: float, off_nadir_rad: float) -> float:
    """Bound on the geocentric angle between satellite and visible place, for both limits together."""
    top = top_radius_km(orbit)
    low = max(elevation_rad - math.radians(0.2), math.radians(-5))
    by_elevation = math.acos(min(1.0, _LEAST_RADIUS_KM * math.cos(low) / top)) - low
    sine = top * math.sin(min(off_nadir_rad, math.pi / 2)) / _LEAST_RADIUS_KM
    by_angle = math.asin(sine) - off_nadir_rad if sine < 1 else by_elevation
    return min(by_elevation, by_angle) + _SLACK_RAD


@lru_cache(maxsize=4096)
def step_of(orbit: Orbit) -> int:
    """Longest step (240 s halved) at which a quintic follows the orbit, judged at fixed instants of one day.

    Raises SatelliteError if even 15 s is too long.
    """
    instants = orbit.epoch_unix_s + np.modf(np.arange(1, 33) * 0.6180339887498949)[0] * DAY_S
    middle = motion_ecef(orbit, instants).place
    step = FINE_S
    while step >= _FINEST_S:
        before, after = motion_ecef(orbit, instants - step / 2), motion_ecef(orbit, instants + step / 2)
        guess = np.tensordot(0.5 ** np.arange(6), quintic_terms(before, after, step), axes=1)
        if np.abs(guess - middle).max() <= TRACK_ERROR_KM:
            return step
        step //= 2
    raise SatelliteError(f"{orbit.name}: its track cannot be followed even in steps of {_FINEST_S} s")


def track_over(orbit: Orbit, *, caps: list[Cap], reach: float, start_s: float, end_s: float,
               daylight: Daylight | None = None) -> Track:
    """Track of a satellite wherever it may come within reach of a cap, over a horizon widened on both sides.

    The horizon is widened by half a revolution, so that every pass that touches it is found whole. Intervals
    are dropped only if (A₀ + A₁ − Ωh)/2, a lower bound of the angle to the cap inside them, exceeds the reach
    (A: angles at both ends, Ω: fastest turn), or if the whole cap is dark for as long before and after as `daylight` says.

    Raises SatelliteError if the satellite moves faster or farther than the bounds, or SGP4 refuses it.
    """
    step = step_of(orbit)
    pad_s = math.pi / secular_of(orbit).argument_rate + COARSE_S
    origin = math.floor((start_s - pad_s) / COARSE_S) * COARSE_S
    count = math.ceil((end_s + pad_s - origin) / COARSE_S)
    grid = _Grid(orbit, float(origin), step, count * (COARSE_S // step))
    interval = np.arange(count, dtype=np.int64) * (COARSE_S // step)
    turn, length = fastest_turn_rad_s(orbit), COARSE_S
    lit = grid.lit(caps, daylight)
    if lit is not None:
        interval = interval[np.logical_or.reduce(lit, axis=0)]
    while True:
        grid.fill(interval)
        grid.fill(interval + length // step)
        interval = interval[grid.near(interval, length // step, caps, lit, reach, turn * length)]
        if length == step:
            break
        length //= 2
        interval = np.concatenate((interval, interval + length // step))
        interval.sort()
    grid.check_bounds(turn)
    return grid.track(interval)


@lru_cache(maxsize=4)
def _suns(first_s: float, count: int) -> F64:
    """Directions of the sun at coarse steps; satellites of one horizon share them."""
    made = sun_direction_ecef(first_s + np.arange(count) * float(COARSE_S))
    made.setflags(write=False)
    return made


class _Grid:
    """Nodes of one satellite, computed when asked for and never twice."""

    def __init__(self, orbit: Orbit, origin_s: float, step_s: int, intervals: int) -> None:
        self.orbit, self.origin_s, self.step_s = orbit, origin_s, step_s
        self.known = np.zeros(intervals + 1, dtype=np.bool_)
        self.motion = np.zeros((9, intervals + 1))
        self.toward = np.zeros((3, intervals + 1))

    def fill(self, node: I64) -> None:
        """Compute the motion at nodes that are still unknown."""
        node = node[~self.known[node]]
        if not len(node):
            return
        found = motion_ecef(self.orbit, self.origin_s + (node * self.step_s).astype(np.float64))
        for k, column in enumerate(found):
            self.motion[3 * k:3 * k + 3, node] = column.T
        x, y, z = found.place.T
        self.toward[:, node] = found.place.T / np.sqrt(x * x + y * y + z * z)
        self.known[node] = True

    def lit(self, caps: list[Cap], daylight: Daylight | None) -> NDArray[np.bool_] | None:
        """Which coarse intervals have light anywhere in each cap (caps, intervals), the time around them counted in?"""
        if daylight is None:
            return None
        count = (len(self.known) - 1) * self.step_s // COARSE_S
        sun = _suns(self.origin_s + COARSE_S / 2, count)
        made = np.zeros((len(caps), count), dtype=np.bool_)
        for k, cap in enumerate(caps):
            around_deg = SUN_DEG_PER_S * (COARSE_S / 2 + daylight.around_s) + math.degrees(cap.radius_rad) + _UPRIGHT_DEG
            low = math.sin(math.radians(max(daylight.sun_elevation_min_deg - around_deg, -90.0)))
            made[k] = sun @ cap.centre >= low
        return made

    def near(self, interval: I64, width: int, caps: list[Cap], lit: NDArray[np.bool_] | None, reach: float,
             moved: float) -> NDArray[np.bool_]:
        """Which intervals may hold an instant within reach of a cap that has light?"""
        near = np.zeros(len(interval), dtype=np.bool_)
        for k, cap in enumerate(caps):
            a, b = (np.arccos(np.clip(cap.centre @ self.toward.take(node, axis=1), -1, 1))
                    for node in (interval, interval + width))
            there = (a + b - moved) / 2 <= cap.radius_rad + reach
            near |= there if lit is None else there & lit[k].take(interval // (COARSE_S // self.step_s))
        return near

    def check_bounds(self, turn: float) -> None:
        """Compare the bounds with every node that was computed."""
        x, y, z, u, v, w = self.motion[:6].compress(self.known, axis=1)
        if not len(x):
            return
        r2 = x * x + y * y + z * z
        # |r × v|/r² by Lagrange's identity; its rounding is far below the 2 % that the bound leaves.
        speed = np.sqrt(np.maximum(r2 * (u * u + v * v + w * w) - (x * u + y * v + z * w) ** 2, 0.0)) / r2
        top = top_radius_km(self.orbit)
        if speed.max() > turn or r2.max() > top * top:
            raise SatelliteError(f"{self.orbit.name}: leaves the bounds of its mean orbit (turn {speed.max():.2e} of "
                                 f"{turn:.2e} rad/s, radius {math.sqrt(r2.max()):.0f} of {top:.0f} km)")

    def track(self, interval: I64) -> Track:
        """Polynomials of the kept intervals."""
        step = float(self.step_s)
        before, after = (self.motion.take(node, axis=1) for node in (interval, interval + 1))
        row = np.full(len(self.known) - 1, -1, dtype=np.int64)
        row[interval] = np.arange(len(interval))
        opens = np.flatnonzero(np.diff(interval, prepend=-2) > 1)
        run = np.repeat(np.arange(len(opens)), np.diff(opens, append=len(interval)))
        closes = np.append(opens[1:], len(interval))[:len(opens)] - 1
        first: F64 = (interval[opens][run] * self.step_s).astype(np.float64)
        last: F64 = ((interval[closes][run] + 1) * self.step_s).astype(np.float64)
        nodes = np.stack([before[:6], after[:6]])
        start, end = (Motion(m[:3], m[3:6], m[6:]) for m in (before, after))
        return Track(self.origin_s, step, interval, row, quintic_terms(start, end, step), first, last, nodes)
