"""Nights are left out before anything is flown: no lit window may be lost by it, wherever the places lie.

The windows without a rule of light, cut to the light by hand, are what the rule must give.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.foundation.sky_mechanics import sun_direction_ecef, up_vectors
from sim.monitoring.access import AccessRule, access_windows
from sim.monitoring.orbits import CircularOrbit

START, DAYS = 1_767_657_600.0, 6.0
FLEET = [CircularOrbit("low", START, 6800.0, 51.6, 10.0, 0.0), CircularOrbit("polar", START, 7100.0, 98.2, 200.0, 30.0),
         CircularOrbit("high", START, 8600.0, 63.4, 100.0, 200.0)]
PLACES = {"line": ([46.5, 47.0, 48.3, 49.9, 50.9], [32.1, 34.0, 36.5, 37.8, 38.0]),
          "both hemispheres": ([48.0, 48.1, -33.9, -34.0, 0.1], [37.0, 37.2, 18.4, 18.9, -70.0]),
          "everywhere": (np.linspace(-80, 80, 30), np.linspace(-170, 175, 30) * 7 % 360 - 180)}


def _height_deg(lat: float, lon: float, seconds: Any) -> Any:
    sine = (sun_direction_ecef(START + np.asarray(seconds)) * up_vectors(np.array([lat]), np.array([lon]))).sum(axis=1)
    return np.degrees(np.arcsin(sine))


def _lit_by_hand(lat: float, lon: float, start_s: float, end_s: float, level_deg: float) -> list[tuple[float, float]]:
    """Parts of a window in the light, by the tenth of a second."""
    times = np.append(np.arange(start_s, end_s, 0.1), end_s)
    bright = np.concatenate(([False], _height_deg(lat, lon, times) >= level_deg, [False])).astype(np.int8)
    turns = np.diff(bright)
    return [(times[a], times[b - 1]) for a, b in zip(np.flatnonzero(turns == 1), np.flatnonzero(turns == -1), strict=True)]


@pytest.mark.parametrize("places", PLACES)
@pytest.mark.parametrize(("level_deg", "off_nadir_deg"), [(10.0, 30.0), (0.0, 65.0), (-6.0, 45.0), (17.5, 60.0), (40.0, 20.0)])
def test_lit_windows_are_the_windows_cut_to_the_light(places: str, level_deg: float, off_nadir_deg: float) -> None:
    lat, lon = (np.asarray(column, dtype=np.float64) for column in PLACES[places])
    asked: dict[str, Any] = {"orbits": FLEET, "lat_deg": lat, "lon_deg": lon, "start": START, "days": DAYS}
    whole = access_windows(rule=AccessRule(off_nadir_max_deg=off_nadir_deg), **asked)
    lit = access_windows(rule=AccessRule(off_nadir_max_deg=off_nadir_deg, sun_elevation_min_deg=level_deg), **asked)
    wanted = [(k, i, a, b) for k, i, start, end in zip(whole.satellite, whole.site, whole.start_us / 1e6, whole.end_us / 1e6,
                                                       strict=True)
              for a, b in _lit_by_hand(float(lat[i]), float(lon[i]), start, end, level_deg)]
    found = list(zip(lit.satellite, lit.site, lit.start_us / 1e6, lit.end_us / 1e6, strict=True))
    assert len(whole.site) > len(wanted) or level_deg < -5
    left = list(found)
    for one in wanted:
        same = [other for other in left if other[:2] == one[:2] and max(abs(other[2] - one[2]), abs(other[3] - one[3])) < 0.15]
        assert len(same) == 1 or one[3] - one[2] < 0.3, one
        for other in same:
            left.remove(other)
    assert all(b - a < 0.3 for _, _, a, b in left), left
