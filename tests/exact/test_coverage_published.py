"""Published revisit figures by the figures of merit: Sentinel-2, VIIRS, and the trap of mid-inclination satellites."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pytest

from sim.foundation.sky_mechanics import EARTH_EQUATOR_KM, EARTH_MEAN_KM, repeat_orbit
from sim.measure.coverage_figures import DAY_US, Convention, Looked, group_figures, looked
from sim.monitoring.access import AccessRule, access_windows
from sim.monitoring.orbits import repeat_cycle_orbits, walker_orbits

SPRING = dt.datetime(2026, 3, 5, tzinfo=dt.UTC)
LON = np.linspace(-180, 180, 60, endpoint=False)


def _off_nadir_deg(swath_km: float, altitude_km: float) -> float:
    half = swath_km / 2 / EARTH_MEAN_KM
    return math.degrees(math.atan2(math.sin(half), (EARTH_EQUATOR_KM + altitude_km) / EARTH_MEAN_KM - math.cos(half)))


def _looks(orbits: Any, lat_deg: float, rule: AccessRule, *, days: int) -> Looked:
    """Nearest approaches over places all round one parallel."""
    found = access_windows(orbits=orbits, lat_deg=np.full(60, lat_deg), lon_deg=LON, start=SPRING, days=days, rule=rule)
    return looked(found.site.astype(np.int64), found.best_us, found.best_us, places=60, horizon_us=days * DAY_US)


def _days(looks: Looked, convention: Convention) -> tuple[Any, Any, int]:
    """Mean and longest revisit in days, and the number of looks."""
    (one,) = group_figures(looks, np.zeros(len(looks.place), dtype=np.int64), groups=[np.arange(60)], convention=convention)
    mean, longest = one.revisit_mean_h, one.revisit_max_h
    return None if mean is None else mean / 24, None if longest is None else longest / 24, one.accesses


@pytest.mark.parametrize(("members", "longest_d", "seen_per_day"), [(1, 10.0, 0.1061), (2, 5.0, 0.2121)])
def test_b09_sentinel_2_revisits_the_equator_in_ten_days_and_two_in_five(members: int, longest_d: float,
                                                                         seen_per_day: float) -> None:
    fleet = repeat_cycle_orbits(name="S2", revolutions=143, days=10, members=members, descending_time_h=10.5,
                                epoch_unix_s=SPRING.timestamp())
    rule = AccessRule(off_nadir_max_deg=_off_nadir_deg(290, repeat_orbit(143, 10).altitude_km), sun_elevation_min_deg=0)
    looks = _looks(fleet, 0.0, rule, days=60)
    interior, boundary = _days(looks, "interior"), _days(looks, "boundary")
    assert interior[1] == pytest.approx(longest_d, abs=0.01)
    assert interior[2] / 60 / 60 == pytest.approx(seen_per_day, rel=0.02)
    # Gaps cut by the ends are shorter than whole ones: they lower the mean, and never raise the longest of a full cycle.
    assert boundary[0] < interior[0] and boundary[1] == pytest.approx(longest_d, abs=0.01)


def test_b12_viirs_sees_the_parallel_of_the_line_over_three_times_a_day() -> None:
    (orbit,) = repeat_cycle_orbits(name="VIIRS", revolutions=227, days=16, members=1, descending_time_h=1.5,
                                   epoch_unix_s=SPRING.timestamp())
    rule = AccessRule(off_nadir_max_deg=_off_nadir_deg(3060, orbit.a_km - EARTH_EQUATOR_KM))
    for lat, per_day in ((0.0, 2.2241), (48.0, 3.4233), (50.45, 3.6203)):
        looks = _looks([orbit], lat, rule, days=16)
        mean_d, longest_d, accesses = _days(looks, "interior")
        assert accesses / 60 / 16 == pytest.approx(per_day, rel=0.02)
        assert longest_d < 1.0 and mean_d == pytest.approx(1 / per_day, rel=0.05)


def test_satellites_of_45_degrees_give_no_look_at_48_north_within_30_off_nadir() -> None:
    fleet = walker_orbits(name="W", total=8, planes=4, phasing=1, a_km=EARTH_EQUATOR_KM + 500, inclination_deg=45,
                          epoch_unix_s=SPRING.timestamp())
    rule = AccessRule(off_nadir_max_deg=30)
    looks = _looks(fleet, 48.3, rule, days=10)
    assert _days(looks, "interior") == (None, None, 0) and _days(looks, "boundary") == (10.0, 10.0, 0)
    assert _days(_looks(fleet, 44.0, rule, days=10), "interior")[0] < 1.0
