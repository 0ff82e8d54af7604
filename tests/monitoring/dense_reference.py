"""Access windows the slow way: SGP4 once a second, then bisection on SGP4 itself; shares no code with the product.

Windows shorter than a second are found by a closer look at every local maximum of the view.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from sgp4.propagation import gstime

A_KM, F = 6378.137, 1 / 298.257223563
_CLOSE = np.arange(-1.0, 1.0 + 1e-9, 0.01)


class Reference(NamedTuple):
    """Windows of one satellite and one site: start and end in seconds after the start of the horizon."""

    start_s: Any
    end_s: Any


class Limits(NamedTuple):
    """Least elevation and largest off-nadir angle, in degrees."""

    elevation_deg: float
    off_nadir_deg: float


def ground(lat_deg: float, lon_deg: float) -> tuple[Any, Any]:
    """Place and zenith on the WGS84 ellipsoid."""
    lat, lon = math.radians(lat_deg), math.radians(lon_deg)
    up = np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])
    scale = np.array([1, 1, (1 - F) ** 2]) * A_KM**2
    return scale * up / math.sqrt(float(up @ (scale * up))), up


def fly(satrec: Any, start_jd: tuple[float, float], seconds: Any) -> Any:
    """Earth-fixed places (n, 3): SGP4 turned by its own sidereal time."""
    seconds = np.asarray(seconds, dtype=float)
    day = start_jd[1] + seconds / 86400
    error, r, _ = satrec.sgp4_array(np.full(len(day), start_jd[0]), day)
    assert not error.any()
    # The sidereal time is smooth: from one exact value, its rate (Aoki et al. 1982) carries it for weeks.
    theta = gstime(sum(start_jd)) + 7.29211585531e-5 * seconds
    c, s = np.cos(theta), np.sin(theta)
    return np.stack((c * r[:, 0] + s * r[:, 1], c * r[:, 1] - s * r[:, 0], r[:, 2]), 1)


def view(place: Any, site: tuple[Any, Any], limits: Limits) -> Any:
    """Least of the two margins in degrees: elevation over its limit, off-nadir limit over the angle."""
    gap = place - site[0]
    far = np.linalg.norm(gap, axis=1)
    elevation = np.degrees(np.arcsin(gap @ site[1] / far))
    sine = np.linalg.norm(np.cross(gap, place), axis=1)
    angle = np.degrees(np.arctan2(sine, (gap * place).sum(axis=1)))
    return np.minimum(elevation - limits.elevation_deg, limits.off_nadir_deg - angle)


def reference_windows(satrec: Any, start_jd: tuple[float, float], track: Any, site: tuple[Any, Any],
                      limits: Limits) -> Reference:
    """Windows over the seconds of a dense track; one cut by the horizon starts or ends on it."""
    near = _near(track, site[0], limits)
    margin = np.full(len(track), -999.0)
    margin[near] = view(track[near], site, limits)
    marks = [(float(k), bool(margin[k] > 0)) for k in range(0, len(track), len(track) - 1)]
    change = np.flatnonzero((margin[1:] > 0) != (margin[:-1] > 0))
    pairs = [(float(k), float(k + 1)) for k in change]
    for k in _peaks(margin):
        local = view(fly(satrec, start_jd, k + _CLOSE), site, limits)
        turns = np.flatnonzero((local[1:] > 0) != (local[:-1] > 0))
        pairs += [(k + _CLOSE[j], k + _CLOSE[j + 1]) for j in turns]
    edges = sorted(_bisected(satrec, start_jd, site, limits, pairs))
    if marks[0][1]:
        edges.insert(0, 0.0)
    if marks[1][1]:
        edges.append(float(len(track) - 1))
    return Reference(np.array(edges[::2]), np.array(edges[1::2]))


def _near(track: Any, place: Any, limits: Limits) -> Any:
    """Seconds at which the satellite is within 2° (over the ground) of where it could be in view, on a sphere."""
    square = np.einsum("ij,ij->i", track, track)
    far, low = math.sqrt(float(square.max())), math.radians(limits.elevation_deg)
    cone, ground_km = math.radians(min(limits.off_nadir_deg, 89.9)), 6356.0
    angle = math.acos(ground_km * math.cos(low) / far) - low
    sine = far * math.sin(cone) / ground_km
    angle = min(angle, math.asin(sine) - cone) if sine < 1 else angle
    nearest = math.cos(angle + math.radians(2.0)) * math.sqrt(float(square.min())) * float(np.linalg.norm(place))
    return track @ place > nearest


def _peaks(margin: Any) -> list[int]:
    """Seconds at which the view is best but not yet good: a window may hide beside them."""
    middle = margin[1:-1]
    top = (middle >= margin[:-2]) & (middle > margin[2:]) & (middle <= 0) & (middle > -0.5)
    return [int(k) + 1 for k in np.flatnonzero(top)]


def _bisected(satrec: Any, start_jd: tuple[float, float], site: tuple[Any, Any], limits: Limits,
              pairs: list[tuple[float, float]]) -> list[float]:
    if not pairs:
        return []
    low, high = (np.array(column) for column in zip(*pairs, strict=True))
    sign = view(fly(satrec, start_jd, low), site, limits) > 0
    for _ in range(24):
        middle = (low + high) / 2
        same = (view(fly(satrec, start_jd, middle), site, limits) > 0) == sign
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return [float(t) for t in (low + high) / 2]
