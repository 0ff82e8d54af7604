"""Passes of one satellite over places on the ground: nearest approach, first and last instant in view.

The reader may trust the edges: they are roots of the exact view over the ellipsoid, and passes that only graze
the limit are solved on the orbit itself.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.foundation.sky_mechanics import EARTH_TURN_RAD_S, MU_KM3_S2, ecef_km, sun_direction_ecef, up_vectors
from sim.foundation.streams import F64, I64
from sim.monitoring.edges import Seen, scanned_windows, single_windows
from sim.monitoring.orbits import Motion, Orbit, SatelliteError, flight_ecef, outside_domain, secular_of
from sim.monitoring.tracks import (
    SUN_DEG_PER_S,
    Cap,
    Daylight,
    Track,
    at,
    fastest_turn_rad_s,
    going,
    reach_rad,
    rows_at,
    top_radius_km,
    track_over,
)

_TILE_DEG = 15.0
_MOST_CAPS = 24
_MARGIN_RAD = math.radians(0.02)
_APART_RAD = math.radians(3.0)
"""By how much a nearest approach may lie beyond the reach when its pass is in view far from it (the plane of the
orbit turns by up to 0.25° a minute over the ground)."""
_FINEST_S = 20.0
_ROUND = 0.01
"""Up to this eccentricity a pass has one best view near its nearest approach (but see `_comes_twice`)."""


class View(NamedTuple):
    """Limits of a view: least elevation, largest off-nadir angle, and the light below which nobody looks."""

    elevation_min_deg: float
    off_nadir_max_deg: float
    sun_elevation_min_deg: float | None = None


class Sites(NamedTuple):
    """Places on the ground: Earth-fixed place, zenith, direction from the centre, distance from it."""

    south: NDArray[np.bool_]
    place: F64
    up: F64
    toward: F64
    radius_km: F64
    groups: tuple[tuple[I64, Cap], ...]


class Pass(NamedTuple):
    """Passes in view, one entry each; seconds from `origin_s` (Unix), not yet cut to the horizon."""

    origin_s: float
    site: I64
    row: I64
    start_s: F64
    end_s: F64
    nearest_s: F64
    motion: Motion
    track: Track


def sites_of(lat_deg: F64, lon_deg: F64) -> Sites:
    """Places at height zero, in groups of neighbours (tiles of 15°, or all as one where they are everywhere).

    Raises ValueError, naming the place, for a coordinate that is not finite or off the globe.
    """
    for k in np.flatnonzero(~(np.isfinite(lat_deg) & np.isfinite(lon_deg) & (np.abs(lat_deg) <= 90))):
        raise ValueError(f"site {k}: no place at lat_deg = {lat_deg[k]}, lon_deg = {lon_deg[k]}")
    place = ecef_km(lat_deg, lon_deg)
    radius = np.sqrt(_dot(place, place))
    toward = place / radius[:, None]
    tile = np.floor(lat_deg / _TILE_DEG) * 1000 + np.floor((lon_deg % 360) / _TILE_DEG)
    order = np.argsort(tile, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(tile[order])) + 1) if len(order) else []
    groups = tuple((np.sort(part), _cap(toward[part])) for part in parts)
    if len(groups) > _MOST_CAPS:
        groups = ((np.arange(len(tile)), Cap(np.array([0.0, 0.0, 1.0]), math.pi)),)
    columns = [np.asfortranarray(table) for table in (place, up_vectors(lat_deg, lon_deg), toward)]
    return Sites(lat_deg < 0, columns[0], columns[1], columns[2], radius, groups)


def _cap(toward: F64) -> Cap:
    centre = toward.sum(axis=0)
    centre /= np.linalg.norm(centre)
    return Cap(centre, float(np.arccos(np.clip(toward @ centre, -1, 1)).max()))


def passes_of(orbit: Orbit, sites: Sites, view: View, *, start_s: float, end_s: float) -> Pass:
    """All passes of a satellite that touch a horizon (Unix seconds).

    Light only screens here, with a margin: dark passes are dropped, twilight ones are kept for an exact test.

    Raises SatelliteError, naming the satellite, for an orbit outside the domain (period over 225 min, or so
    eccentric that a pass may have two nearest approaches) or one that SGP4 refuses.
    """
    reason = outside_domain(orbit)
    if reason:
        raise SatelliteError(f"{orbit.name}: no certified windows, {reason}")
    reach = reach_rad(orbit, elevation_rad=math.radians(view.elevation_min_deg),
                      off_nadir_rad=math.radians(view.off_nadir_max_deg))
    if _comes_twice(orbit, view):
        reach += _APART_RAD
    caps = [cap for _, cap in sites.groups]
    track = track_over(orbit, caps=caps, reach=reach, start_s=start_s, end_s=end_s, daylight=_daylight(orbit, view, reach))
    _check_shape(orbit, track, reach)
    row, site, guess = _candidates(orbit, track, sites, view, reach)
    nearest, motion, row, site = _nearest(track, sites, row, site, guess)
    return _solved(orbit, track, sites, view, (row, site, nearest, motion))


def _check_shape(orbit: Orbit, track: Track, reach: float) -> None:
    """The squared range to a visible place must be convex in time, so that a pass has one nearest approach.

    Its half second derivative is v² + (r − p)·a; with p no farther from r than the reach and a step, p·a is at
    most −|p||a| cos(that angle), up to the few per cent by which a leans from the vertical.
    """
    r, v = track.nodes[0, :3].T, track.nodes[0, 3:].T
    a = track.terms[2].T * (2 / track.step_s**2)
    lean = math.cos(min(math.pi / 2, reach + fastest_turn_rad_s(orbit) * track.step_s))
    bent = _dot(v, v) + _dot(r, a) + 0.9 * lean * 6356.0 * np.sqrt(_dot(a, a))
    if len(bent) and bent.min() <= 0:
        raise SatelliteError(f"{orbit.name}: no certified windows, its orbit is too eccentric "
                             f"(eccentricity {secular_of(orbit).eccentricity:.3f})")


def _candidates(orbit: Orbit, track: Track, sites: Sites, view: View, reach: float) -> tuple[I64, I64, F64]:
    """Pairs of interval and site with a nearest approach inside that may be in view, and a first guess of it.

    Three screens with margins, each a matrix product: sign change of the range rate, distance of the site
    from the plane of the interval, light in the middle of the interval.
    """
    first, last = track.nodes[0].T, track.nodes[1].T
    toward = first[:, :3] / np.sqrt(_dot(first[:, :3], first[:, :3]))[:, None]
    moved = fastest_turn_rad_s(orbit) * track.step_s
    normal, bulge = _planes(track, first[:, :3], last[:, :3])
    limit = np.sin(np.minimum(reach + _MARGIN_RAD + bulge, math.pi / 2))
    sun, dark = _darkness(orbit, track, view, reach)
    found = []
    for members, cap in sites.groups:
        near = np.flatnonzero(np.arccos(np.clip(toward @ cap.centre, -1, 1)) <= cap.radius_rad + reach + moved)
        there = sites.place[members].T
        before = _dot(first[near, :3], first[near, 3:])[:, None] - first[near, 3:] @ there
        after = _dot(last[near, :3], last[near, 3:])[:, None] - last[near, 3:] @ there
        # A nearest approach on the very node is taken twice rather than never; doubles are dropped later.
        keep = (before < 1e-6) & (after > -1e-6)
        keep &= np.abs(normal[near] @ sites.toward[members].T) <= limit[near, None]
        if sun is not None:
            keep &= sun[near] @ sites.up[members].T >= dark
        interval, which = np.nonzero(keep)
        low, high = before[interval, which], after[interval, which]
        row = near[interval]
        found.append((row, members[which], (track.interval[row] + low / (low - high)) * track.step_s))
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
    row, site, guess = (np.concatenate(column) for column in zip(*found, strict=True))
    return row, site, guess


def _planes(track: Track, first: F64, last: F64) -> tuple[F64, F64]:
    """Normal of the plane through both ends of each interval, and how far the track leaves it between them."""
    normal = np.cross(first, last)
    normal /= np.sqrt(_dot(normal, normal))[:, None]
    row = np.arange(len(track.interval))
    bulge = np.zeros(len(row))
    for share in (0.25, 0.5, 0.75):
        place, _ = going(track, row, np.multiply(track.interval + share, track.step_s, dtype=np.float64))
        bulge = np.maximum(bulge, np.abs(_dot(place, normal)) / np.sqrt(_dot(place, place)))
    return normal, 1.5 * bulge


def _daylight(orbit: Orbit, view: View, reach: float) -> Daylight | None:
    """Light without which no pass counts: a window that has it anywhere lies as a whole, with its nearest approach, within
    twice the longest time in view of that light."""
    if view.sun_elevation_min_deg is None:
        return None
    return Daylight(view.sun_elevation_min_deg, 2 * _half_in_view_s(orbit, reach))


def _darkness(orbit: Orbit, track: Track, view: View, reach: float) -> tuple[F64 | None, float]:
    """Sun at the middle of each interval, and the sine of the elevation below which a pass there is dark."""
    if view.sun_elevation_min_deg is None:
        return None, 0.0
    half_s = track.step_s / 2 + _half_in_view_s(orbit, reach)
    low = view.sun_elevation_min_deg - SUN_DEG_PER_S * half_s - 0.1
    middle = track.origin_s + (track.interval + 0.5) * track.step_s
    return sun_direction_ecef(middle), math.sin(math.radians(max(low, -90)))


def _nearest(track: Track, sites: Sites, row: I64, site: I64, guess: F64) -> tuple[F64, Motion, I64, I64]:
    """Nearest approaches by Newton on the range rate, each once.

    The rate is odd around its root but for small terms, so that two steps from the straight line between the nodes of
    the interval leave less than a microsecond.
    """
    there, seconds = rows_at(sites.place, site), guess
    for _ in range(2):
        motion = at(track, row, seconds)
        gap = motion.place - there
        slope = _dot(motion.speed, motion.speed) + _dot(gap, motion.acceleration)
        seconds = seconds - _dot(gap, motion.speed) / slope
    order = np.lexsort((seconds, site))
    twice = (np.diff(site[order], prepend=-1) == 0) & (np.diff(seconds[order], prepend=-1e9) < 1.0)
    order = order[~twice]
    row, site, seconds = row[order], site[order], seconds[order]
    return seconds, at(track, row, seconds), row, site


def _solved(orbit: Orbit, track: Track, sites: Sites, view: View,
            found: tuple[I64, I64, F64, Motion]) -> Pass:
    """Windows of the passes: one each, or every one where a pass may come into view more than once."""
    row, site, nearest, motion = found
    half = math.pi / secular_of(orbit).argument_rate
    low, high = np.maximum(nearest - half, track.first_s[row]), np.minimum(nearest + half, track.last_s[row])

    def on_track(which: I64, seconds: F64) -> Seen:
        return _margin(sites, view, site[which], *going(track, row[which], seconds))

    def on_orbit(which: I64, seconds: F64) -> Seen:
        return _margin(sites, view, site[which], *flight_ecef(orbit, track.origin_s + seconds))

    if _comes_twice(orbit, view):
        spread = np.full(len(row), min(half - _FINEST_S, _longest_half_s(orbit, view)))
        windows = scanned_windows(on_track, on_orbit, nearest=nearest, spread=spread, low=low, high=high)
    else:
        seen = _margin(sites, view, site, motion.place, motion.speed)
        # The best view may lie beside the nearest approach and be better by rate²/2·curvature.
        curvature = 0.3 * MU_KM3_S2 / top_radius_km(orbit) ** 2
        hope = np.flatnonzero(seen.margin + seen.rate**2 / curvature + 0.01 > 0)
        row, site, nearest, low, high = row[hope], site[hope], nearest[hope], low[hope], high[hope]
        motion = Motion(*(rows_at(column, hope) for column in motion))
        windows = single_windows(on_track, on_orbit, nearest=nearest, low=low, high=high,
                                 half_guess=_half_pass_s(sites, view, site, motion),
                                 graze=seen.margin[hope] < 0.002 * seen.share[hope])
    which = windows.which
    return Pass(track.origin_s, site[which], row[which], windows.start, windows.end, nearest[which],
                Motion(*(rows_at(column, which) for column in motion)), track)


def _comes_twice(orbit: Orbit, view: View) -> bool:
    """May one pass come into view more than once? Near the horizon it may, if the satellite climbs fast enough.

    The off-nadir angle, sin η = R cos ε/r, falls while the elevation sinks if tan ε |dε/dt| < (dr/dt)/r; the
    left side is at least a tenth of the mean motion times tan ε there, the right at most the mean motion times
    the eccentricity (and 0.002 for short periods), taken with a margin of two.
    """
    eccentricity = secular_of(orbit).eccentricity
    if eccentricity > _ROUND:
        return True
    if view.off_nadir_max_deg >= 90:
        return False
    reach = top_radius_km(orbit) * math.sin(math.radians(view.off_nadir_max_deg)) / 6356.0
    lowest = max(math.acos(min(1.0, reach)), math.radians(view.elevation_min_deg))
    return math.tan(lowest) < 20 * (eccentricity + 0.002)


def _longest_half_s(orbit: Orbit, view: View) -> float:
    """Bound on the time between the nearest approach and the last instant in view."""
    reach = reach_rad(orbit, elevation_rad=math.radians(view.elevation_min_deg),
                      off_nadir_rad=math.radians(view.off_nadir_max_deg))
    return _half_in_view_s(orbit, reach)


def _half_in_view_s(orbit: Orbit, reach: float) -> float:
    return 1.5 * reach / _slowest_turn_rad_s(orbit) + 60


def _slowest_turn_rad_s(orbit: Orbit) -> float:
    mean = secular_of(orbit)
    low_share = mean.a_km * (1 - mean.eccentricity) / top_radius_km(orbit)
    return mean.argument_rate * low_share**2 - EARTH_TURN_RAD_S


def _margin(sites: Sites, view: View, site: I64, r: F64, v: F64) -> Seen:
    """The smaller of two margins: d·u − sin ε |d| for elevation, d·r/|r| − cos η |d| for the off-nadir angle.

    d runs from the place to the satellite r, u is the zenith over the ellipsoid, nadir points to the centre.
    """
    gap, up = r - rows_at(sites.place, site), rows_at(sites.up, site)
    far = np.sqrt(_dot(gap, gap))
    pace = _dot(gap, v) / far
    low = math.sin(math.radians(view.elevation_min_deg))
    height, rate = _dot(gap, up) - low * far, _dot(v, up) - low * pace
    if view.off_nadir_max_deg >= 90:
        return Seen(height, rate, np.full(len(far), math.cos(math.radians(view.elevation_min_deg))))
    cone, top = math.cos(math.radians(view.off_nadir_max_deg)), np.sqrt(_dot(r, r))
    along, climb = _dot(gap, r) / top, _dot(r, v) / top
    angle, turn = along - cone * far, climb + (far * pace - along * climb) / top - cone * pace
    binding = height < angle
    share = np.where(binding, math.cos(math.radians(view.elevation_min_deg)), math.sqrt(1 - cone * cone))
    return Seen(np.where(binding, height, angle), np.where(binding, rate, turn), share)


def _half_pass_s(sites: Sites, view: View, site: I64, motion: Motion) -> F64:
    """Half the time in view on a sphere of the place's radius: cos λ = cos δ cos ωτ with δ the nearest angle."""
    r = np.sqrt(_dot(motion.place, motion.place))
    share = sites.radius_km[site] / r
    elevation, angle = math.radians(view.elevation_min_deg), math.radians(view.off_nadir_max_deg)
    limit = np.arccos(share * math.cos(elevation)) - elevation
    sine = math.sin(min(angle, math.pi / 2)) / share
    limit = np.minimum(limit, np.where(sine < 1, np.arcsin(np.minimum(sine, 1)) - angle, limit))
    nearest = _dot(motion.place, rows_at(sites.toward, site)) / r
    turned = np.arccos(np.clip(np.cos(limit) / nearest, -1, 1 - 1e-9))
    return np.asarray(turned * r / np.sqrt(_dot(motion.speed, motion.speed)))


def off_nadir_deg(place: F64, ground: F64) -> F64:
    """Angle at the satellite between the ground place and the centre of the Earth."""
    gap = place - ground
    across = np.cross(gap, place)
    return np.asarray(np.degrees(np.arctan2(np.sqrt(_dot(across, across)), _dot(gap, place))))


def elevation_deg(place: F64, ground: F64, up: F64) -> F64:
    """Height of the satellite over the horizon of a place on the ellipsoid."""
    gap = place - ground
    return np.asarray(np.degrees(np.arcsin(np.clip(_dot(gap, up) / np.sqrt(_dot(gap, gap)), -1, 1))))


def left_of_track(motion: Motion, ground: F64) -> NDArray[np.bool_]:
    """Does a place lie left of the ground track, seen along the flight over the turning Earth?"""
    return np.asarray(_dot(np.cross(motion.place, motion.speed), ground) > 0)


def _dot(a: F64, b: F64) -> F64:
    """Row by row, in one fixed order of additions: edges must not depend on how many rows there are."""
    return np.asarray(a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2])
