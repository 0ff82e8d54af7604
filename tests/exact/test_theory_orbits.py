"""Closed forms of orbits, views and sun: known numbers, and brute force in space at other values."""

import datetime as dt
import math

import numpy as np
import pytest

from sim.measure.theory import FAMILIES
from sim.measure.theory.orbits import repeat_cycle

ISS = (
    "1 25544U 98067A   14020.93268519  .00009878  00000-0  18200-3 0  5082",
    "2 25544  51.6498 109.4756 0003572  55.9686 274.8005 15.49815350868473",
)


def _clock(text: str) -> float:
    return sum(
        float(part) * unit for part, unit in zip(text.split()[-1].split(":"), (3600, 60, 1), strict=True)
    )


def test_swath_numbers() -> None:
    table = FAMILIES["swath"](Re_km=6378.14)
    assert table["h=700 el=5"]["slant_km"] == pytest.approx(2563.14861, abs=1e-5)
    assert table["h=500 el=30"]["swath_km"] == pytest.approx(1464.003122, abs=1e-5)
    landsat = FAMILIES["swath"](h_km=705, full_fov_deg=15, Re_km=6371.0088)
    assert landsat["swath_km"] == pytest.approx(185.814974, abs=1e-5)
    assert landsat["min_elevation_deg"] == pytest.approx(81.664464, abs=1e-6)


@pytest.mark.parametrize(("h", "el"), [(550, 0), (620, 22), (1200, 45)])
def test_view_by_a_triangle_in_space(h: float, el: float) -> None:
    view = FAMILIES["swath"](h_km=h, el_deg=el)
    lam = math.radians(view["lam_deg"])
    ground = 6378.137 * np.array([math.sin(lam), math.cos(lam)])
    line = np.array([0.0, 6378.137 + h]) - ground
    assert np.hypot(*line) == pytest.approx(view["slant_km"])
    up = ground / 6378.137
    assert math.degrees(math.asin(line @ up / np.hypot(*line))) == pytest.approx(el, abs=1e-6)
    nadir = math.degrees(math.acos(line[1] / np.hypot(*line)))
    assert nadir == pytest.approx(view["eta_deg"])


def test_a_field_of_view_is_the_same_view_from_the_other_end() -> None:
    seen = FAMILIES["swath"](h_km=600, full_fov_deg=50)
    view = FAMILIES["swath"](h_km=600, el_deg=seen["min_elevation_deg"])
    assert view["eta_deg"] == pytest.approx(25) and view["swath_km"] == pytest.approx(seen["swath_km"])
    with pytest.raises(ValueError, match="full_fov_deg = 170"):
        FAMILIES["swath"](h_km=600, full_fov_deg=170)


def test_repeat_orbit_numbers() -> None:
    table = FAMILIES["repeat_orbit"]()
    assert table["h=693"]["period_min"] == pytest.approx(98.626497, rel=1e-7)
    assert table["h=420"]["noderate_i51_64"] == pytest.approx(-4.946641, rel=1e-6)
    assert table["h=786"]["sso_inc"] == pytest.approx(98.544087, rel=1e-7)
    s2 = FAMILIES["repeat_orbit"](repeat="143/10")
    assert (s2["a_km"], s2["inc_deg"]) == pytest.approx((7164.2577, 98.54459), abs=1e-4)
    noaa = FAMILIES["repeat_orbit"](missions={"SNPP": "227/16"})["SNPP/VIIRS 227/16"]
    assert noaa["track_spacing_km"] == pytest.approx(176.5419, abs=1e-4)


def _pull(r: np.ndarray) -> np.ndarray:
    """Acceleration of a point mass with J2, km/s^2."""
    x, y, z = r
    far = math.sqrt(x * x + y * y + z * z)
    flat = 1.5 * 1.08262668e-3 * (6378.137 / far) ** 2
    own = 5 * z * z / far**2
    return -398600.4418 / far**3 * r * (1 - flat * (own - np.array([1, 1, 3])))


def test_node_rate_by_flying_the_orbit() -> None:
    """Ten days of numerical flight with J2: the node of 143/10 turns 360 degrees in a tropical year."""
    from scipy.integrate import solve_ivp

    orbit = repeat_cycle(revolutions=143, days=10)
    i, a = math.radians(orbit.inclination_deg), orbit.a_km
    v = math.sqrt(398600.4418 / a)
    start = [a, 0, 0, 0, v * math.cos(i), v * math.sin(i)]
    span = 10 * 86400.0
    flown = solve_ivp(
        lambda _t, s: np.r_[s[3:], _pull(s[:3])], (0, span), start, method="DOP853", rtol=1e-9, atol=1e-6,
        events=lambda _t, s: s[2] if _t > 60 else 1.0, max_step=120,
    )  # fmt: skip
    nodes = [(t, s) for t, s in zip(flown.t_events[0], flown.y_events[0], strict=True) if s[5] > 0]
    turn = math.degrees(math.atan2(nodes[-1][1][1], nodes[-1][1][0]))
    # Flown from osculating elements: their axis is 0.1 % off the mean one, the node 3.5 times that.
    assert turn / (nodes[-1][0] / 86400) == pytest.approx(360 / 365.2421897, rel=0.006)
    period = (nodes[-1][0] - nodes[0][0]) / (len(nodes) - 1)
    assert period / 60 == pytest.approx(orbit.draconitic_min, rel=3e-3)


@pytest.mark.parametrize("repeat", ["143", "a/b", "0/3"])
def test_repeat_cycles_that_say_too_little_are_refused(repeat: str) -> None:
    with pytest.raises(ValueError, match="repeat = "):
        FAMILIES["repeat_orbit"](repeat=repeat)


def test_no_sun_synchronous_orbit_far_out() -> None:
    with pytest.raises(ValueError, match="too high"):
        FAMILIES["repeat_orbit"](h_km=9000)


def test_sgp4_reproduces_the_published_vectors() -> None:
    found = FAMILIES["sgp4"]()
    assert (found["vectors"], found["satellites"]) == (666, 32)
    assert found["max_dr_km"] <= 1e-6 and found["max_dv_km_s"] <= 1e-9
    assert FAMILIES["sgp4"](gravity="WGS84")["max_dr_km"] > 0.01  # the constants matter
    with pytest.raises(ValueError, match="'GRS80'"):
        FAMILIES["sgp4"](gravity="GRS80")


def test_station_passes_over_bluffton() -> None:
    found = FAMILIES["passes"](tle=ISS, site=[40.8939, -83.8917], min_el=30)
    wanted = ["06:25:37", "06:26:58", "06:28:19", "12:54:56", "12:56:27", "12:57:58"]
    assert [_clock(v) for v in found["published"]] == pytest.approx([_clock(v) for v in wanted], abs=1.0)
    assert [row[3] for row in found["recomputed"]] == pytest.approx([54.3597, 85.7497], abs=0.005)
    assert found["look_11_18_07"]["range_km"] == pytest.approx(1168.7, abs=0.1)


def test_lower_horizons_hold_the_higher_passes() -> None:
    low = FAMILIES["passes"](tle=ISS, site=[40.8939, -83.8917], min_el=10, start="2014-01-22", hours=48)
    high = FAMILIES["passes"](tle=ISS, site=[40.8939, -83.8917], min_el=30, start="2014-01-22", hours=48)
    tops = {row[1]: row for row in low["recomputed"]}
    assert len(tops) > len(high["recomputed"]) >= 2
    for row in high["recomputed"]:
        outer = tops[row[1]]
        assert outer[3] == row[3] >= 30
        assert outer[0] < row[0] < row[1] < row[2] < outer[2]


def test_revisit_orbit_numbers() -> None:
    found = FAMILIES["revisit_orbit"](
        repeat="143/10", swath_km=290, sats="one; two at 180 deg", passes="descending only", lats=[0, 60]
    )
    one, two = found["S2A lat=0"], found["S2A+B lat=60"]
    assert one["max_gap"] == pytest.approx(10) and one["min_gap"] == pytest.approx(3.007, abs=1e-3)
    assert one["vpd"] == pytest.approx(0.1061, rel=2e-3) and two["vpd"] == pytest.approx(0.4389, rel=2e-3)
    assert (two["max_gap"], two["min_gap"], two["med_gap"]) == pytest.approx((3.007, 1.014, 1.993), abs=1e-3)
    assert two["mean_gap"] == pytest.approx(2.2736, rel=0.03)
    wide = FAMILIES["revisit_orbit"](repeat="227/16", swath_km=3060)
    assert wide["equator_overlap_deg"] == pytest.approx(2.8427808, rel=1e-5)
    assert wide["obs_per_day"]["48"] == pytest.approx(3.4233, rel=1e-4)


@pytest.mark.parametrize("lat", [0.0, 35.0, -52.0, 70.0])
def test_passes_per_day_by_flying_a_cycle(lat: float) -> None:
    """One satellite over one repeat cycle: instants at which 240 places come within the swath."""
    orbit = repeat_cycle(revolutions=29, days=2)
    i, half = math.radians(orbit.inclination_deg), 600 / 2 / 6371.0088
    t = np.arange(0, 2 * 86400, 4.0)
    u, turned = 2 * math.pi * t / (orbit.draconitic_min * 60), 2 * math.pi * t / 86400
    sat = np.stack([np.cos(u), np.sin(u) * math.cos(i), np.sin(u) * math.sin(i)])
    flat = np.stack(
        [
            np.cos(turned) * sat[0] + np.sin(turned) * sat[1],
            np.cos(turned) * sat[1] - np.sin(turned) * sat[0],
            sat[2],
        ]
    )
    lons, phi = (np.arange(240) + 0.5) * 2 * math.pi / 240 / 29, math.radians(lat)
    passes = 0
    for lon in lons:
        place = np.array([math.cos(phi) * math.cos(lon), math.cos(phi) * math.sin(lon), math.sin(phi)])
        near = place @ flat >= math.cos(half)
        passes += int((near & ~np.roll(near, 1)).sum())
    found = FAMILIES["revisit_orbit"](repeat="29/2", swath_km=600, lats=[lat])
    assert found["obs_per_day"][f"{lat:g}"] == pytest.approx(passes / 240 / 2, rel=0.02)
    pattern = found[f"S2A lat={lat:g}"]
    assert pattern["vpd"] == pytest.approx(found["obs_per_day"][f"{lat:g}"], rel=5e-3)


def test_directions_and_fleets() -> None:
    both = FAMILIES["revisit_orbit"](repeat="29/2", swath_km=600, lats=[40], sats=3)["N=3 lat=40"]
    one = FAMILIES["revisit_orbit"](repeat="29/2", swath_km=600, lats=[40], passes="ascending only")
    assert both["vpd"] == pytest.approx(6 * one["obs_per_day"]["40"], rel=5e-3)
    with pytest.raises(ValueError, match="passes = 'sideways'"):
        FAMILIES["revisit_orbit"](repeat="29/2", swath_km=600, passes="sideways")


def test_eclipse_numbers_and_flight_round_the_shadow() -> None:
    found = FAMILIES["eclipse"](h_km=[500, 786])
    assert found["eclipse_500"] == pytest.approx(0.3778815211913714, abs=1e-9)
    assert found["max_pass_420km_el10_s"] == pytest.approx(386.98119924134204, abs=1e-6)
    u = (np.arange(400_000) + 0.5) * 2 * math.pi / 400_000
    for beta in (0.0, 35.0, 80.0):
        tilt = math.radians(beta)
        r = 7000.0 * np.stack([np.cos(u) * math.cos(tilt), np.sin(u), np.cos(u) * math.sin(tilt)])
        dark = (r[0] < 0) & (np.hypot(r[1], r[2]) < 6378.137)
        share = FAMILIES["eclipse"](h_km=7000 - 6378.137, beta_deg=beta)
        assert next(iter(share.values())) == pytest.approx(dark.mean(), abs=2e-5)


def test_sun_numbers() -> None:
    spot = FAMILIES["sun"](
        t="2003-10-17 12:30:30 -07:00",
        site=[39.742476, -105.1786, 1830.14],
        pressure_hPa=820,
        T_C=11,
        delta_t=67,
    )
    assert spot["zenith"] == pytest.approx(50.11162, abs=0.01)
    assert spot["azimuth"] == pytest.approx(194.34024, abs=0.01)
    kyiv = FAMILIES["sun"](sites={"Kyiv": [50.4501, 30.5234]}, dates=["2025-06-21", "2025-12-21"])
    for day, wanted in (
        ("2025-06-21", ["01:46:14", "09:59:44", "18:13:14"]),
        ("2025-12-21", ["05:55:59", "09:56:02", "13:56:06"]),
    ):
        found = [_clock(v) for v in kyiv[f"Kyiv {day} UTC"]["SPA"]]
        assert found == pytest.approx([_clock(v) for v in wanted], abs=10)


def test_polar_days_and_nights() -> None:
    days = FAMILIES["sun"](sites={"Tromso": [69.65, 18.96]}, dates=["2026-06-21", "2026-12-21"])
    assert days["Tromso 2026-06-21 UTC"]["daylen_SPA"] == "24:00:00"
    assert days["Tromso 2026-12-21 UTC"]["daylen_SPA"] == "00:00:00"
    assert days["Tromso 2026-12-21 UTC"]["SPA"][0] is None


def test_day_and_night_are_alike_at_the_equator_and_noon_is_highest() -> None:
    day = FAMILIES["sun"](site=[0.0, 0.0], dates="2026-03-20", zenith=90.0)["site 2026-03-20 UTC"]
    # The sun's clock gains 18 s a day in March: half of that by night, half by day.
    assert _clock(day["daylen_SPA"]) == pytest.approx(43200 - 9, abs=2)
    noon = dt.datetime.fromisoformat(f"2026-01-06T{_noon_of(48.0, 37.8)}+00:00")
    heights = [
        FAMILIES["sun"](t=(noon + dt.timedelta(minutes=m)).isoformat(), site=[48.0, 37.8])["elevation_deg"]
        for m in (-5, 0, 5)
    ]
    assert heights[1] == max(heights)


def _noon_of(lat: float, lon: float) -> str:
    return str(FAMILIES["sun"](site=[lat, lon], dates="2026-01-06")["site 2026-01-06 UTC"]["SPA"][1])
