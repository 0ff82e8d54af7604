"""Access windows against SGP4 once a second, against published revisit figures, and against themselves."""

from __future__ import annotations

import datetime as dt
import math
import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from dense_reference import Limits, fly, ground, reference_windows
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.foundation.sky_mechanics import EARTH_EQUATOR_KM, EARTH_MEAN_KM, repeat_orbit, sun_elevation_deg
from sim.monitoring import access, element_files, orbits, passes
from sim.monitoring.access import AccessRule, Windows, access_windows, load_or_make
from sim.monitoring.orbits import CircularOrbit, ElementSet

DAY_US = 86_400_000_000
UTC_START = dt.datetime(2026, 8, 8, tzinfo=dt.UTC)
START = UTC_START.timestamp()
JD = (START / 86400 + 2440587.5, 0.0)
REAL = Path(__file__).parents[2].parent / "shared" / "data" / "orbits" / "eo_sar_rf_2026-08-08.tle"
LINE = np.array([[46.5, 32.0], [47.5, 35.2], [48.0, 37.8], [50.0, 37.6], [51.3, 35.0]])

# Elements as of real imaging satellites and a few harder ones: low perigee, eccentric, equatorial, retrograde.
FLEET = (
    ElementSet("sun-synchronous", "1", START - 40000, 14.61140, 0.00036, 97.94, 268.1, 75.4, 86.2, 4.2e-5, 2e-6, 0.0),
    ElementSet("low", "2", START - 90000, 15.57675, 0.00076, 98.11, 12.0, 120.0, 240.0, 4.0e-4, 2e-4, 0.0),
    ElementSet("inclined", "3", START - 10000, 15.05760, 0.00120, 53.05, 120.0, 30.0, 5.0, 1.0e-4, 1e-5, 0.0),
    ElementSet("eccentric", "4", START - 70000, 13.60000, 0.06000, 63.40, 220.0, 270.0, 100.0, 1.0e-5, 1e-6, 0.0),
)
NARROW, CONE, HORIZON, BOTH, WIDE = (
    Limits(0, 0.5), Limits(0, 30), Limits(10, 90), Limits(57, 30), Limits(0, 62))


def _rule(limits: Limits) -> AccessRule:
    return AccessRule(off_nadir_max_deg=limits.off_nadir_deg, elevation_min_deg=limits.elevation_deg)


def _beside_track(orbit: orbits.Orbit, limits: Limits, count: int, days: float, seed: int) -> Any:
    """Places at shares of the half swath, six in ten within a hair of its edge, so that passes graze."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        m = orbits.motion_ecef(orbit, np.array([START + rng.uniform(300, days * 86400 - 300)]))
        r, normal = m.place[0], np.cross(m.place[0], m.speed[0])
        radius = float(np.linalg.norm(r))
        low, cone = math.radians(limits.elevation_deg), math.radians(min(limits.off_nadir_deg, 89.9))
        sine = radius * math.sin(cone) / EARTH_MEAN_KM
        half = min(math.acos(EARTH_MEAN_KM * math.cos(low) / radius) - low, math.asin(sine) - cone if sine < 1 else 9)
        share = 1 - 10 ** rng.uniform(-5, 0) if rng.random() < 0.6 else rng.random()
        turn = half * share * rng.choice([-1, 1])
        p = math.cos(turn) * r / radius + math.sin(turn) * normal / np.linalg.norm(normal)
        flat = math.hypot(p[0], p[1]) * (1 - 1 / 298.257223563) ** 2
        made.append((math.degrees(math.atan2(p[2], flat)), math.degrees(math.atan2(p[1], p[0]))))
    return np.array(made)


def _compare(orbit: ElementSet, limits: Limits, *, sites: int, days: float, seed: int) -> int:
    """Windows of the product against the reference; returns how many the reference has."""
    place = _beside_track(orbit, limits, sites, days, seed)
    found = access_windows(orbits=[orbit], lat_deg=place[:, 0], lon_deg=place[:, 1], start=UTC_START, days=days,
                           rule=_rule(limits))
    satrec = orbits.satrec_of(orbit)
    track = fly(satrec, JD, np.arange(int(days * 86400) + 1))
    count = 0
    for site, (lat, lon) in enumerate(place):
        wanted = reference_windows(satrec, JD, track, ground(lat, lon), limits)
        mine = found.site == site
        start, end = found.start_us[mine] / 1e6, found.end_us[mine] / 1e6
        for a, b in ((wanted.start_s, wanted.end_s), (start, end)):
            other = (start, end) if a is wanted.start_s else (wanted.start_s, wanted.end_s)
            _each_is_among(a, b, other, f"{orbit.name} site {site} {limits}")
        count += len(wanted.start_s)
    return count


def _each_is_among(start: Any, end: Any, other: Any, what: str) -> None:
    """Every window longer than the tolerance has one with the same edges, within 5 ms, on the other side."""
    for a, b in zip(start, end, strict=True):
        same = (np.abs(other[0] - a) <= 0.005) & (np.abs(other[1] - b) <= 0.005)
        assert same.sum() == 1 or b - a <= access.TOLERANCE_S, f"{what}: window {a:.4f}-{b:.4f} s"


def test_certified_against_sgp4_every_second() -> None:
    """Over 2,000 windows, a fifth of them of swaths of half a degree, many that only graze the limit."""
    plan = [(NARROW, 150), (CONE, 60), (HORIZON, 30), (BOTH, 60), (WIDE, 30), (Limits(0, 3), 60)]
    counts = [[_compare(orbit, limits, sites=sites, days=3.0, seed=7000 + 100 * k + j)
               for j, (limits, sites) in enumerate(plan)] for k, orbit in enumerate(FLEET)]
    assert np.sum(counts) >= 2000 and np.sum(counts, axis=0)[0] >= 400, np.sum(counts, axis=0)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(motion=st.floats(13.2, 15.7), inclination=st.floats(0, 180), shape=st.floats(0, 0.01), node=st.floats(0, 359),
       perigee=st.floats(0, 359), anomaly=st.floats(0, 359), limits=st.sampled_from([NARROW, CONE, HORIZON, BOTH, WIDE]),
       seed=st.integers(0, 10_000))
def test_certified_for_any_orbit_and_site(motion: float, inclination: float, shape: float, node: float, perigee: float,
                                          anomaly: float, limits: Limits, seed: int) -> None:
    orbit = ElementSet("any", "9", START - 2e4, motion, shape, inclination, node, perigee, anomaly, 1e-5, 0.0, 0.0)
    _compare(orbit, limits, sites=3, days=0.5, seed=seed)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(which=st.integers(0, 3), begin_s=st.integers(0, 86_400), length_s=st.integers(60, 86_400),
       inside=st.booleans(), pick=st.integers(0, 10_000))
def test_any_horizon_keeps_and_marks_the_windows_that_it_cuts(which: int, begin_s: int, length_s: int, inside: bool,
                                                              pick: int) -> None:
    rule = AccessRule(elevation_min_deg=0)
    whole = _line([FLEET[which]], 2.5, rule)
    if inside:  # begin within a window, so that one is cut for certain
        k = pick % len(whole.site)
        begin_s = int(min((whole.start_us[k] + whole.end_us[k]) // 2_000_000, 86_400))
    begin, end = begin_s * 10**6, (begin_s + length_s) * 10**6
    cut = _line([FLEET[which]], length_s / 86_400, rule, start=START + begin_s)
    met = np.flatnonzero((whole.end_us > begin + 1000) & (whole.start_us < end - 1000))
    clear = (cut.end_us - cut.start_us) > 1000
    assert cut.pass_number[clear].tolist() == whole.pass_number[met].tolist()
    for mine, theirs in ((cut.start_us[clear], np.maximum(whole.start_us[met], begin) - begin),
                         (cut.end_us[clear], np.minimum(whole.end_us[met], end) - begin)):
        assert (np.abs(mine - theirs) <= 1000).all()
    sure = (np.abs(whole.start_us[met] - begin) > 1000) & (np.abs(whole.end_us[met] - end) > 1000)
    assert (cut.open_start[clear] == (whole.start_us[met] < begin))[sure].all()
    assert (cut.open_end[clear] == (whole.end_us[met] > end))[sure].all()


@settings(max_examples=12, deadline=None)
@given(perigee=st.floats(300, 1200), inclination=st.floats(0, 180), shape=st.floats(0, 0.1), node=st.floats(0, 359),
       anomaly=st.floats(0, 359), lat=st.floats(-90, 90), lon=st.floats(-180, 180), off_nadir=st.floats(0.5, 80),
       elevation=st.floats(0, 60))
def test_every_instant_in_view_lies_in_a_window(perigee: float, inclination: float, shape: float, node: float,
                                                anomaly: float, lat: float, lon: float, off_nadir: float,
                                                elevation: float) -> None:
    motion = math.sqrt(398600.8 / ((EARTH_EQUATOR_KM + perigee) / (1 - shape)) ** 3) * 43200 / math.pi
    orbit = ElementSet("any", "9", START - 1e4, motion, shape, inclination, node, 45.0, anomaly, 1e-5, 0.0, 0.0)
    rule = AccessRule(off_nadir_max_deg=off_nadir, elevation_min_deg=elevation)
    found = access_windows(orbits=[orbit], lat_deg=[lat], lon_deg=[lon], start=START, days=1, rule=rule)
    seconds = np.arange(0, 86400, 2.0)
    place = orbits.motion_ecef(orbit, START + seconds).place
    sites = passes.sites_of(np.array([lat]), np.array([lon]))
    gap = place - sites.place
    height = np.degrees(np.arcsin(gap @ sites.up[0] / np.linalg.norm(gap, axis=1)))
    angle = passes.off_nadir_deg(place, sites.place)
    margin: Any = np.minimum(height - elevation, off_nadir - angle)
    t = seconds[:, None] * 1e6
    inside: Any = ((t >= found.start_us) & (t < found.end_us)).any(axis=1)
    assert inside[margin > 0.002].all() and not inside[margin < -0.002].any()


def test_b06_published_passes_of_the_space_station(tmp_path: Path) -> None:
    (tmp_path / "iss.tle").write_text(
        "1 25544U 98067A   14020.93268519  .00009878  00000-0  18200-3 0  5082\n"
        "2 25544  51.6498 109.4756 0003572  55.9686 274.8005 15.49815350868473\n", encoding="utf-8")
    day = dt.datetime(2014, 1, 23, tzinfo=dt.UTC)
    fleet = element_files.read_orbits(tmp_path / "iss.tle", start_unix_s=day.timestamp(), days=1)
    found = access_windows(orbits=fleet.orbits, lat_deg=40.8939, lon_deg=-83.8917, start=day, days=1,
                           rule=AccessRule(elevation_min_deg=30))
    clocks = ("06:25:36.5", "06:26:57.6", "06:28:19.0"), ("12:54:55.7", "12:56:26.8", "12:57:57.6")
    assert len(found.site) == 2
    for row, clock in zip(zip(found.start_us, found.best_us, found.end_us, strict=True), clocks, strict=True):
        for us, text in zip(row, clock, strict=True):
            wanted = dt.datetime.fromisoformat(f"2014-01-23T{text}+00:00") - day
            assert abs(us / 1e6 - wanted.total_seconds()) <= 0.2
    assert not found.open_start.any() and not found.open_end.any()


def _swath_deg(swath_km: float, altitude_km: float) -> float:
    """Off-nadir angle of the edge of a swath on the mean sphere."""
    half = swath_km / 2 / EARTH_MEAN_KM
    return math.degrees(math.atan2(math.sin(half), (EARTH_EQUATOR_KM + altitude_km) / EARTH_MEAN_KM - math.cos(half)))


B09 = {(1, 0): (0.1061, 10.0, 9.3813), (1, 48): (0.1606, 10.0, 6.1249), (2, 0): (0.2121, 5.0, 4.7035),
       (2, 48): (0.3211, 5.0, 3.0966)}


@pytest.mark.parametrize(("members", "lat"), list(B09))
def test_b09_revisit_of_sentinel_2(members: int, lat: int) -> None:
    seen_per_day, longest_d, mean_d = B09[members, lat]
    spring = dt.datetime(2026, 3, 5, tzinfo=dt.UTC)
    fleet = orbits.repeat_cycle_orbits(name="S2", revolutions=143, days=10, members=members, descending_time_h=10.5,
                                       epoch_unix_s=spring.timestamp())
    lon = np.linspace(-180, 180, 120, endpoint=False)
    days = 60
    rule = AccessRule(off_nadir_max_deg=_swath_deg(290, repeat_orbit(143, 10).altitude_km), sun_elevation_min_deg=0)
    found = access_windows(orbits=fleet, lat_deg=np.full(120, float(lat)), lon_deg=lon, start=spring, days=days,
                           rule=rule)
    gap_d = np.diff(found.best_us)[np.diff(found.site) == 0] / DAY_US
    assert gap_d.max() == pytest.approx(longest_d, abs=0.01)
    assert gap_d.mean() == pytest.approx(mean_d, rel=0.03)
    assert len(found.site) / 120 / days == pytest.approx(seen_per_day, rel=0.02)


def test_b12_observations_of_viirs() -> None:
    (orbit,) = orbits.repeat_cycle_orbits(name="VIIRS", revolutions=227, days=16, members=1, descending_time_h=1.5,
                                          epoch_unix_s=START)
    lat = np.repeat([0.0, 48.0, 50.45], 120)
    lon = np.tile(np.linspace(-180, 180, 120, endpoint=False), 3)
    rule = AccessRule(off_nadir_max_deg=_swath_deg(3060, orbit.a_km - EARTH_EQUATOR_KM))
    found = access_windows(orbits=[orbit], lat_deg=lat, lon_deg=lon, start=START, days=16, rule=rule)
    rate = [float((lat[found.site] == where).sum()) / 120 / 16 for where in (0.0, 48.0, 50.45)]
    assert rate == pytest.approx([2.2241, 3.4233, 3.6203], rel=0.02)


def test_satellites_of_45_degrees_never_see_the_line() -> None:
    fleet = orbits.walker_orbits(name="W", total=8, planes=4, phasing=1, a_km=EARTH_EQUATOR_KM + 500,
                                 inclination_deg=45, epoch_unix_s=START)
    found = [access_windows(orbits=fleet, lat_deg=lat, lon_deg=37.8, start=START, days=10,
                            rule=AccessRule(off_nadir_max_deg=30)) for lat in (48.3, 46.5)]
    assert len(found[0].site) == 0 and len(found[1].site) > 0


# ---- what must not change ----------------------------------------------------------------------------------

LIT = AccessRule(off_nadir_max_deg=35, sun_elevation_min_deg=10)


def _line(orbits_: Any, days: float, rule: AccessRule = LIT, rows: slice = slice(None), **more: Any) -> Windows:
    return access_windows(orbits=orbits_, lat_deg=LINE[rows, 0], lon_deg=LINE[rows, 1], start=more.get("start", START),
                          days=days, rule=rule)


def _rows(found: Windows, keep: Any, *, site: int = 0) -> list[tuple[Any, ...]]:
    fields = [column[keep].tolist() for column in (found.site - site, *found[2:])]
    return list(zip(*fields, strict=True))


def test_fifteen_days_are_the_first_of_thirty() -> None:
    rule = AccessRule(elevation_min_deg=0)
    short, long = _line(FLEET, 15, rule), _line(FLEET, 30, rule)
    limit = 15 * DAY_US
    for k in range(len(FLEET)):
        whole = (short.satellite == k) & ~short.open_end
        assert _rows(short, whole) == _rows(long, (long.satellite == k) & (long.end_us < limit))
    cut, crossing = short.open_end, (long.start_us < limit) & (long.end_us >= limit)
    assert short.start_us[cut].tolist() == long.start_us[crossing].tolist()
    assert short.pass_number[cut].tolist() == long.pass_number[crossing].tolist()
    assert (short.end_us[cut] == limit).all()


def test_other_satellites_and_sites_change_nothing() -> None:
    whole = _line(FLEET, 10)
    alone = _line([FLEET[2]], 10)
    assert _rows(alone, alone.satellite == 0) == _rows(whole, whole.satellite == 2)
    two = _line(FLEET, 10, rows=slice(2, 4))
    assert _rows(two, two.satellite >= 0) == _rows(whole, (whole.site == 2) | (whole.site == 3), site=2)


def test_pass_numbers_tell_passes_apart_and_do_not_hang_on_the_start() -> None:
    rule = AccessRule(elevation_min_deg=0)
    found, later = _line(FLEET, 12, rule), _line(FLEET, 6, rule, start=START + 4 * 86400.0)
    names = list(zip(found.satellite.tolist(), found.site.tolist(), found.pass_number.tolist(), strict=True))
    assert len(names) == len(dict.fromkeys(names))
    by_name = dict(zip(names, found.best_us.tolist(), strict=True))
    whole = np.flatnonzero(~later.open_start & ~later.open_end)
    assert len(whole) > 100
    for k in whole:
        name = (int(later.satellite[k]), int(later.site[k]), int(later.pass_number[k]))
        assert abs(by_name[name] - later.best_us[k] - 4 * DAY_US) <= 1000


def test_windows_are_sorted_and_in_whole_milliseconds() -> None:
    found = _line(FLEET, 10)
    order = np.lexsort((found.start_us, found.site))
    assert (order == np.arange(len(order))).all() and len(order) > 50
    for column in (found.start_us, found.end_us, found.best_us):
        assert (column % 1000 == 0).all() and column.dtype == np.int64
    assert (found.start_us <= found.best_us).all() and (found.best_us <= found.end_us).all()
    assert (found.off_nadir_deg <= 35.001).all()


def test_windows_cut_by_the_horizon_are_kept_and_marked() -> None:
    rule = AccessRule(elevation_min_deg=0)
    whole = _line([FLEET[0]], 2, rule, rows=slice(0, 1))
    k = 3
    inside_s = (whole.start_us[k] + 60_000_000) / 1e6
    cut = _line([FLEET[0]], 1, rule, rows=slice(0, 1), start=START + inside_s)
    assert cut.open_start[0] and not cut.open_end[0] and cut.start_us[0] == 0
    assert cut.end_us[0] + round(inside_s * 1e6) == pytest.approx(whole.end_us[k], abs=1000)
    assert cut.pass_number[0] == whole.pass_number[k]
    ends = _line([FLEET[0]], inside_s / 86400, rule, rows=slice(0, 1))
    assert ends.open_end[-1] and ends.end_us[-1] == pytest.approx(inside_s * 1e6, abs=1000)
    assert not ends.open_end[:-1].any() and len(ends.site) == k + 1


# ---- light, side, inner limits -----------------------------------------------------------------------------


@pytest.mark.parametrize(("lat", "level"), [(48.0, 10.0), (66.0, 45.0), (80.0, 14.0)])
def test_lit_windows_are_the_windows_while_the_sun_is_up(lat: float, level: float) -> None:
    summer = dt.datetime(2026, 6, 10, tzinfo=dt.UTC).timestamp()
    place = np.full(30, lat), np.linspace(-180, 180, 30, endpoint=False)
    fleet = [o._replace(epoch_unix_s=summer) for o in (FLEET[0], FLEET[1])]
    rule = AccessRule(elevation_min_deg=5)
    every, lit = (access_windows(orbits=fleet, lat_deg=place[0], lon_deg=place[1], start=summer, days=4, rule=r)
                  for r in (rule, rule._replace(sun_elevation_min_deg=level)))
    expected, cut = 0.0, 0
    for k in range(len(every.site)):
        t = np.arange(every.start_us[k], every.end_us[k], 250_000) + 125_000
        up = sun_elevation_deg(summer + t / 1e6, lat, place[1][every.site[k]]) >= level
        expected += up.sum() * 0.25
        cut += bool(up.any() and not up.all())
    total = (lit.end_us - lit.start_us).sum() / 1e6
    assert cut > 0
    assert total == pytest.approx(expected, abs=0.25 * 2 * cut + 0.3 * len(every.site) * 0.01 + 0.13 * len(every.site))
    for edge in (lit.start_us, lit.end_us):
        assert (sun_elevation_deg(summer + edge / 1e6, lat, place[1][lit.site]) > level - 1e-4).all()


def test_sides_and_inner_limit_divide_the_passes() -> None:
    rule = AccessRule(off_nadir_max_deg=45)
    both, left, right = (_line(FLEET, 10, rule._replace(side=side)) for side in ("both", "left", "right"))
    assert len(left.site) + len(right.site) == len(both.site) and min(len(left.site), len(right.site)) > 20
    inner = _line(FLEET, 10, rule._replace(off_nadir_min_deg=20))
    assert len(inner.site) == int((both.off_nadir_deg >= 20).sum()) < len(both.site)
    steep = _line(FLEET, 10, AccessRule(incidence_max_deg=40, incidence_min_deg=20))
    outer, core = _line(FLEET, 10, AccessRule(incidence_max_deg=40)), _line(FLEET, 10, AccessRule(incidence_max_deg=20))
    assert len(steep.site) == len(outer.site) - len(core.site)


def test_left_is_left_of_the_flight() -> None:
    eastward = CircularOrbit("east", START, 7000.0, 0.0, 0.0, 0.0)
    sides: tuple[tuple[Literal["left", "right"], float], ...] = (("left", 2.0), ("right", -2.0))
    for side, lat in sides:
        rule = AccessRule(off_nadir_max_deg=45, side=side)
        found = access_windows(orbits=[eastward], lat_deg=[2.0, -2.0], lon_deg=[30, 30], start=START, days=1, rule=rule)
        assert len(found.site) > 10 and (found.site == (0 if lat > 0 else 1)).all()


# ---- cache, domain, errors ---------------------------------------------------------------------------------


def _keep(folder: Path, fleet: Any = FLEET, **more: Any) -> Windows:
    asked: dict[str, Any] = {"lat_deg": LINE[:, 0], "lon_deg": LINE[:, 1], "start": START, "days": 5, "rule": LIT}
    return load_or_make(folder, orbits=fleet, **(asked | more))


def _same(a: Windows, b: Windows) -> bool:
    pairs = [(np.asarray(x), np.asarray(y)) for x, y in zip(a, b, strict=True)]
    return all(np.array_equal(x, y) and x.dtype == y.dtype for x, y in pairs)


def test_windows_are_kept_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = _keep(tmp_path)
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".npy"] * 4
    made: list[str] = []

    def noted(orbit: orbits.Orbit, *rest: Any, **more: Any) -> passes.Pass:
        made.append(orbit.name)
        return passes.passes_of(orbit, *rest, **more)

    monkeypatch.setattr(access, "passes_of", noted)
    assert _same(_keep(tmp_path), fresh) and made == []
    renamed = [o._replace(name="other") for o in FLEET]
    assert _same(_keep(tmp_path, renamed), fresh) and made == []
    _keep(tmp_path, [*FLEET, FLEET[0]._replace(node_deg=1.0)])
    assert made == ["sun-synchronous"]
    for change in ({"days": 6}, {"start": START + 1}, {"rule": LIT._replace(side="left")}, {"lat_deg": LINE[:, 0] + 1}):
        made.clear()
        _keep(tmp_path, [FLEET[1]], **change)
        assert made == ["low"], change


def test_a_broken_file_is_made_again(tmp_path: Path) -> None:
    fresh = _keep(tmp_path)
    for path, content in zip(sorted(tmp_path.iterdir()), (b"", b"\x93NUMPY", b"junk", None), strict=True):
        if content is None:
            np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
        else:
            path.write_bytes(content)
    assert _same(_keep(tmp_path), fresh)
    assert all(np.load(path, allow_pickle=False).dtype.names for path in sorted(tmp_path.iterdir()))
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]


def test_any_damaged_byte_is_found_out(tmp_path: Path) -> None:
    """A byte that flips inside the rows leaves a readable file; its digest tells, and the satellite alone is made again."""
    fresh = _keep(tmp_path, [FLEET[0]])
    (path,) = tmp_path.iterdir()
    good = path.read_bytes()
    for at in (0, 40, len(good) // 2, len(good) - 30, len(good) - 1):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        assert _same(_keep(tmp_path, [FLEET[0]]), fresh) and path.read_bytes() == good
    path.write_bytes(good[:-25])
    assert _same(_keep(tmp_path, [FLEET[0]]), fresh) and path.read_bytes() == good


def test_the_sixty_first_satellite_costs_one_and_a_sweep_over_other_things_none(tmp_path: Path,
                                                                               monkeypatch: pytest.MonkeyPatch) -> None:
    import sim
    from sim.engine import prepare

    made: list[str] = []

    def noted(orbit: orbits.Orbit, *rest: Any, **more: Any) -> passes.Pass:
        made.append(orbit.name)
        return passes.passes_of(orbit, *rest, **more)

    monkeypatch.setattr(access, "passes_of", noted)
    fleet = [FLEET[0]._replace(node_deg=6.0 * k) for k in range(60)]
    few: dict[str, Any] = {"lat_deg": LINE[:2, 0], "lon_deg": LINE[:2, 1], "days": 1}
    _keep(tmp_path, fleet, **few)
    assert len(made) == 60
    made.clear()
    _keep(tmp_path, [*fleet, FLEET[2]], **few)
    assert made == ["inclined"]
    made.clear()
    base = sim.load("technical-means", days=2, follow_up_h=24)
    prepare(base.scenario, cache_dir=tmp_path / "sweep")
    assert len(made) == sum(family.members for family in base.scenario.monitoring.satellites)
    made.clear()
    for key, value in (("verification.staff.analysts", 3), ("conduct.regime", "calm"), ("monitoring.look_correlation", 0.1)):
        prepare(base.vary(key, value).scenario, cache_dir=tmp_path / "sweep")
    assert made == []
    prepare(base.vary("monitoring.satellites.iceye-class.off_nadir_max_deg", 30.0).scenario, cache_dir=tmp_path / "sweep")
    assert 0 < len(made) < sum(family.members for family in base.scenario.monitoring.satellites)


@pytest.mark.parametrize(("more", "words"), [
    ({"days": 0}, "days = 0"), ({"start": dt.datetime(2026, 1, 1)}, "no time zone"),  # noqa: DTZ001
    ({"start": math.nan}, "start = nan"), ({"lat_deg": LINE[:, 0] + 60}, "site 0: .*106.5"),
    ({"lat_deg": LINE[:4, 0]}, "one length"), ({"rule": AccessRule(off_nadir_max_deg=95)}, "off_nadir_max_deg = 95"),
    ({"rule": AccessRule(off_nadir_max_deg=20, off_nadir_min_deg=30)}, "off_nadir_min_deg = 30"),
    ({"rule": AccessRule(elevation_min_deg=-1)}, "elevation_min_deg = -1"),
    ({"rule": AccessRule(sun_elevation_min_deg=math.nan)}, "sun_elevation_min_deg = nan"),
    ({"rule": AccessRule(side="up")}, "side = 'up'"),  # type: ignore[arg-type]
])
def test_errors_name_the_value(more: dict[str, Any], words: str) -> None:
    asked: dict[str, Any] = {"lat_deg": LINE[:, 0], "lon_deg": LINE[:, 1], "start": START, "days": 5, "rule": LIT}
    with pytest.raises(ValueError, match=words):
        access_windows(orbits=FLEET, **(asked | more))


def test_orbits_outside_the_domain_are_refused_by_name() -> None:
    far = CircularOrbit("far", START, 42164.0, 0.0, 0.0, 0.0)
    oval = FLEET[3]._replace(name="oval", mean_motion_rev_day=7.0, eccentricity=0.4)
    for orbit, words in ((far, "far: no certified windows, its period"), (oval, "oval: .* its eccentricity of 0.400")):
        with pytest.raises(orbits.SatelliteError, match=words):
            _line([orbit], 2, AccessRule(elevation_min_deg=0))


def test_nothing_asked_nothing_found() -> None:
    assert len(_line([], 5).site) == 0
    assert len(access_windows(orbits=FLEET, lat_deg=[], lon_deg=[], start=START, days=2, rule=LIT).site) == 0
    assert len(_line([FLEET[2]], 5, AccessRule(off_nadir_max_deg=0.01)).site) == 0


def test_the_real_fleet_sees_the_line() -> None:
    if not REAL.exists():
        pytest.skip(f"the element file is not beside this checkout: {REAL.name}")
    fleet = element_files.read_orbits(REAL, start_unix_s=START, days=3)
    found = _line(fleet.orbits, 3, AccessRule(off_nadir_max_deg=30))
    seen = np.unique(found.satellite)
    assert len(fleet.orbits) == 355 and len(seen) > 250
    assert (np.bincount(found.site, minlength=5) > 300).all()
