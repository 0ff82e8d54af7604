"""How often a satellite with a repeating track and a fixed swath passes over a latitude, and with which gaps.
The pattern of a repeat cycle is exact: the same places come back in the same order every few days.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from sim.foundation.geodesy import EARTH_RADIUS_KM
from sim.measure.theory.names import Names, many, short
from sim.measure.theory.orbits import read_cycle, repeat_cycle

DEFAULT_LATS = (0, 15, 30, 45, 48, 50.45, 60)
DIRECTIONS = {"ascending": ("up",), "descending": ("down",), "both": ("up", "down")}


class Track(NamedTuple):
    """A repeat cycle: revolutions, days, inclination, half swath as an angle."""

    revolutions: int
    days: int
    inclination_rad: float
    half_rad: float


def revisit_orbit(
    *,
    repeat: str,
    swath_km: float,
    sats: Any = None,
    passes: str | None = None,
    lats: Any = None,
) -> Names:
    """Passes per day and gaps by latitude for a sun-synchronous repeat cycle (B09, B12).

    Parameters
    ----------
    repeat : revolutions over days, as ``143/10``
    swath_km : full width on the ground, across the ground track
    sats : ``one``, ``two at 180 deg``, several of these separated by ``;``, or how many evenly spread in
    one plane
    passes : ``descending only``, ``ascending only`` or ``both`` (default both)
    lats : latitudes in degrees

    Returns
    -------
    ``S2A lat=..`` and ``S2A+B lat=..`` (one, two; ``N=..`` for more): passes per day averaged over longitude,
    share of longitudes never seen, gaps in days pooled over longitudes; ``equator_overlap_deg`` between
    neighbours
    of one direction; ``obs_per_day`` by latitude, one satellite. Own derivation: the swath's edges at angle
    +-w/2R across the ground track of a circular orbit over a turning sphere; node longitudes form a
    lattice of
    360/revolutions degrees, visited in the order of the repeat cycle.
    """
    track = _track(repeat, swath_km)
    ways = directions_in_words(passes)
    rows = [float(v) for v in many(lats if lats is not None else DEFAULT_LATS)]
    found: Names = {
        "equator_overlap_deg": _width(track, 0.0, "down") - 360 * track.days / track.revolutions,
        "obs_per_day": {short(lat): _per_day(track, lat, ways) for lat in rows},
    }
    for fleet in fleets_in_words(sats):
        name = fleet_name(fleet)
        found |= {f"{name} lat={short(lat)}": _pattern(track, lat, ways, fleet) for lat in rows}
    return found


def _track(repeat: str, swath_km: float) -> Track:
    revolutions, days = read_cycle(repeat)
    orbit = repeat_cycle(revolutions=revolutions, days=days)
    half = swath_km / 2 / EARTH_RADIUS_KM
    return Track(revolutions, days, math.radians(orbit.inclination_deg), half)


def fleet_name(number: int) -> str:
    """Name of a fleet in the answers: one and two as Sentinel-2 has them, more by number."""
    return {1: "S2A", 2: "S2A+B"}.get(number, f"N={number}")


def directions_in_words(passes: str | None) -> tuple[str, ...]:
    """Ways of flight that count, `up` or `down`, from words such as ``descending only``."""
    word = "both" if passes is None else passes.split()[0].lower()
    if word not in DIRECTIONS:
        raise ValueError(f"passes = {passes!r} must begin with one of {', '.join(DIRECTIONS)}")
    return DIRECTIONS[word]


def fleets_in_words(sats: Any) -> list[int]:
    """Numbers of satellites, from words such as ``one; two at 180 deg`` or from numbers."""
    if sats is None:
        return [1]
    if isinstance(sats, str):
        words = {"one": 1, "two": 2, "three": 3, "four": 4}
        return [words.get(part.split()[0].lower()) or int(part.split()[0]) for part in sats.split(";")]
    return [int(v) for v in many(sats)]


def _edge(track: Track, way: str, side: float) -> tuple[Any, Any]:
    """Latitude and Earth-fixed longitude (deg, from the node's) of one edge of the swath over half a
    revolution."""
    turn = track.days / track.revolutions
    i = track.inclination_rad
    u = np.linspace(-0.75, 0.75, 30_001) * math.pi + (math.pi if way == "down" else 0.0)
    sat = np.stack([np.cos(u), np.sin(u) * math.cos(i), np.sin(u) * math.sin(i)])
    run = np.stack([-np.sin(u), np.cos(u) * math.cos(i), np.cos(u) * math.sin(i)])
    run = run - turn * np.stack([-sat[1], sat[0], np.zeros_like(u)])
    across = np.cross(sat, run / np.linalg.norm(run, axis=0), axis=0)
    edge = sat * math.cos(side * track.half_rad) + across * math.sin(side * track.half_rad)
    lat = np.degrees(np.arcsin(np.clip(edge[2], -1, 1)))
    lon = np.degrees(np.unwrap(np.arctan2(edge[1], edge[0])) - u * turn)
    first, last = sorted((int(np.argmin(lat)), int(np.argmax(lat))))
    return lat[first : last + 1], lon[first : last + 1]


def _window(track: Track, lat_deg: float, way: str) -> tuple[float, float]:
    """Longitudes of one revolution's swath at a latitude, from the node's longitude; the width is at
    most 360."""
    ends = []
    for side in (-1.0, 1.0):
        lat, lon = _edge(track, way, side)
        order = slice(None) if lat[-1] > lat[0] else slice(None, None, -1)
        ends.append(float(np.interp(lat_deg, lat[order], lon[order])))
    # Both edges are unwrapped from their own start: bring them within half a turn of each other.
    gap = (ends[1] - ends[0] + 180) % 360 - 180
    return min(ends[0], ends[0] + gap), max(ends[0], ends[0] + gap)


def _width(track: Track, lat_deg: float, way: str) -> float:
    low, high = _window(track, lat_deg, way)
    return high - low


def _per_day(track: Track, lat_deg: float, ways: tuple[str, ...]) -> float:
    return sum(_width(track, lat_deg, way) for way in ways) / 360 * track.revolutions / track.days


def _pattern(track: Track, lat_deg: float, ways: tuple[str, ...], sats: int, columns: int = 720) -> Names:
    """Passes per day and pooled gaps over the longitudes between two neighbouring tracks."""
    windows = [_window(track, lat_deg, way) for way in ways]
    step = 360 / track.revolutions
    gaps: list[float] = []
    visits, never = 0, 0
    for column in range(columns):
        times = _times(track, windows, (column + 0.5) * step / columns, sats)
        visits += len(times)
        never += not times
        gaps += np.diff([*times, times[0] + track.days]).tolist() if times else []
    return {
        "vpd": visits / columns / track.days,
        "zero": never / columns,
        "max_gap": max(gaps) if gaps else None,
        "min_gap": min(gaps) if gaps else None,
        "med_gap": float(np.median(gaps)) if gaps else None,
        "mean_gap": math.fsum(gaps) / len(gaps) if gaps else None,
    }


def _times(track: Track, windows: list[tuple[float, float]], lon_deg: float, sats: int) -> list[float]:
    """Days within one cycle on which a longitude is seen (node of revolution j at -360 j
    days/revolutions)."""
    revolutions, days = track.revolutions, track.days
    j = np.arange(revolutions)[:, None] + np.arange(sats)[None, :] / sats
    place = lon_deg + 360 * j * days / revolutions
    found: list[float] = []
    for number, (low, high) in enumerate(windows):
        seen = (place - low) % 360 <= high - low
        # The other direction passes about half a revolution away.
        found += ((j[seen] + 0.5 * number) * days / revolutions % days).tolist()
    return sorted(found)
