"""Satellites: the published vectors of SGP4 (case B05), designed planes, and files good, bad and old."""

from __future__ import annotations

import datetime as dt
import json
import math
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.foundation.sky_mechanics import DAY_S, EARTH_EQUATOR_KM, gmst_rad, sun_direction_ecef
from sim.monitoring import element_files as files
from sim.monitoring import orbits

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "orbits" / "eo_sar_rf_2026-08-08.tle"
START = dt.datetime(2026, 8, 8, tzinfo=dt.UTC).timestamp()
NAME = "TERRA"
ONE = "1 25994U 99068A   26220.63041602  .00000163  00000+0  42059-4 0  9998"
TWO = "2 25994  97.9421 268.0881 0003593  75.3601  86.2118 14.61139905417263"
OMM = {
    "OBJECT_NAME": "TERRA", "NORAD_CAT_ID": "25994", "EPOCH": "2026-08-08T15:07:47.944128",
    "MEAN_MOTION": "14.61139905", "ECCENTRICITY": "0.0003593", "INCLINATION": "97.9421",
    "RA_OF_ASC_NODE": "268.0881", "ARG_OF_PERICENTER": "75.3601", "MEAN_ANOMALY": "86.2118",
    "BSTAR": "0.000042059", "MEAN_MOTION_DOT": "0.00000163", "MEAN_MOTION_DDOT": "0",
}


def _written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _checked_line(line: str) -> str:
    """The line with a checksum that fits."""
    body = line[:68]
    return body + str(sum(int(c) if c.isdigit() else c == "-" for c in body) % 10)


def test_b05_published_vectors(tmp_path: Path) -> None:
    lines = (resources.files("sgp4") / "SGP4-VER.TLE").read_text(encoding="ascii").splitlines()
    body = "\n".join(_checked_line(line[:69]) for line in lines if line[:2] in ("1 ", "2 "))
    sets = {one.number: one for one in files.read_element_sets(_written(tmp_path, "published.tle", body))}
    count, number = 0, ""
    refused: list[str] = []
    satellites: list[str] = []
    for line in (resources.files("sgp4") / "tcppver.out").read_text(encoding="ascii").splitlines():
        words = line.split()
        if line.rstrip().endswith("xx"):
            number = words[0].zfill(5)
            satellites.append(number)
        elif words:
            row = [float(word) for word in words[:7]]
            try:
                error, r, v = orbits.satrec_of(sets[number]).sgp4_tsince(row[0])
            except orbits.SatelliteError:
                error = 1
            if error:
                refused.append(number)
                continue
            assert math.dist(r, row[1:4]) <= 1e-6 and math.dist(v, row[4:]) <= 1e-9
            count += 1
    # 33334 is printed to be refused; the other 32 satellites have 666 vectors.
    assert (count, refused, len(satellites)) == (666, ["33334"], 33)


def test_three_forms_of_omm_and_the_tle_are_one_satellite(tmp_path: Path) -> None:
    tle = files.read_element_sets(_written(tmp_path, "a.tle", f"{NAME}\n{ONE}\n{TWO}\n"))
    bare = files.read_element_sets(_written(tmp_path, "b.txt", f"{ONE}\n{TWO}\n"))
    fields = "".join(f"<{key}>{value}</{key}>" for key, value in OMM.items())
    forms = {
        "c.json": json.dumps([OMM]), "d.csv": f"{','.join(OMM)}\n{','.join(OMM.values())}\n",
        "e.xml": f"<ndm><omm><body><segment><metadata/><data>{fields}</data></segment></body></omm></ndm>",
    }
    assert bare[0] == tle[0]._replace(name="25994")
    for name, text in forms.items():
        found = files.read_element_sets(_written(tmp_path, name, text))
        assert len(found) == 1 and found[0][:2] == ("TERRA", "25994"), name
        assert found[0][2:] == pytest.approx(tle[0][2:], rel=1e-12, abs=1e-12), name


@pytest.mark.parametrize(("name", "text", "words"), [
    ("x.tle", f"A\n{ONE[:-1]}7\n{TWO}\n", r"x\.tle:2: checksum 7 .*gives 8"),
    ("x.tle", f"A\n{ONE}\n{TWO[:-1]}4\n", r"x\.tle:3: checksum 4"),
    ("x.tle", f"{ONE}\n{TWO[:50]}\n", r"x\.tle:2: not line 2"),
    ("x.tle", f"{ONE}\nB\n", r"x\.tle:2: line 2 of an element set was due"),
    ("x.tle", f"{TWO}\n", r"x\.tle:1: line 2 of an element set without"),
    ("x.tle", f"{ONE}\n{TWO}\nC\n", r"x\.tle:3: the file ends inside"),
    ("x.tle", "A\nB\n", r"x\.tle:2: line 1 of 'A' was due"),
    ("x.tle", f"{ONE}\n{_checked_line(TWO.replace('25994', '25995'))}\n", r"x\.tle:2: satellite 25995 after"),
    ("x.tle", "\n\n", r"x\.tle:1: no element set"),
    ("x.json", json.dumps([OMM, OMM | {"INCLINATION": "steep"}], indent=1), r"x\.json:16: .*INCLINATION = 'steep'"),
    ("x.json", json.dumps([OMM | {"ECCENTRICITY": 1.5}]), r"x\.json:1: TERRA: eccentricity 1\.5"),
    ("x.json", json.dumps([OMM | {"EPOCH": "lately"}]), r"x\.json:1: .*EPOCH = 'lately'"),
    ("x.json", json.dumps([OMM | {"MEAN_MOTION": float("nan")}]), r"x\.json:1: .*MEAN_MOTION = nan"),
    ("x.json", '[{"A": 1,\n}]', r"x\.json:2: not JSON"),
    ("x.json", "[3]", r"x\.json:1: an OMM object was due"),
    ("x.csv", "EPOCH,MEAN_MOTION\n1,2\n", r"x\.csv:1: the heading lacks ECCENTRICITY"),
    ("x.csv", f"{','.join(OMM)}\n{','.join(OMM.values())},9\n", r"x\.csv:2: more fields"),
    ("x.xml", "<ndm>\n<segment></ndm>", r"x\.xml:2: not XML"),
    ("x.xml", '<!DOCTYPE a [<!ENTITY b "c">]>\n<a/>', r"x\.xml:1: a document type"),
])
def test_bad_files_are_named_with_their_line(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(files.ElementFileError, match=words):
        files.read_element_sets(_written(tmp_path, name, text))


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "x.tle"
    path.write_bytes(b"A\n\xff\n")
    with pytest.raises(files.ElementFileError, match=r"x\.tle:2: not UTF-8"):
        files.read_element_sets(path)


def test_a_satellite_that_sgp4_refuses_is_named_and_left_out(tmp_path: Path) -> None:
    low = _checked_line(TWO[:52] + "16.90000000" + TWO[63:])
    far = _checked_line(TWO[:52] + " 1.00270000" + TWO[63:])
    drag = _checked_line(ONE.replace(" 42059-4", " 90000-0"))
    text = f"GOOD\n{ONE}\n{TWO}\nLOW\n{ONE}\n{low}\nFAR\n{ONE}\n{far}\nSINKS\n{drag}\n{TWO}\n"
    fleet = files.read_orbits(_written(tmp_path, "mixed.tle", text), start_unix_s=START, days=10)
    assert [one.name for one in fleet.orbits] == ["GOOD"]
    reasons = dict(fleet.refused)
    assert list(reasons) == ["LOW", "FAR", "SINKS"]
    assert "perigee" in reasons["LOW"] and "period of 1436 min" in reasons["FAR"]
    assert "error" in reasons["SINKS"]


def test_age_of_elements(tmp_path: Path) -> None:
    path = _written(tmp_path, "one.tle", f"{NAME}\n{ONE}\n{TWO}\n")
    assert files.read_orbits(path, start_unix_s=START, days=10).warnings == ()
    (warning,) = files.read_orbits(path, start_unix_s=START, days=30).warnings
    assert "1 of 1" in warning and "up to 29" in warning and "60 km (8 s)" in warning
    with pytest.raises(files.ElementFileError, match=r"TERRA is up to 69 days from its epoch.*rebase"):
        files.read_orbits(path, start_unix_s=START, days=70)
    fleet = files.read_orbits(path, start_unix_s=START - 214 * DAY_S, days=30, rebase=True)
    assert len(fleet.orbits) == 1 and "passes not real" in fleet.warnings[0]


def test_words_choose_satellites(tmp_path: Path) -> None:
    path = _written(tmp_path, "two.tle", f"TERRA\n{ONE}\n{TWO}\nAQUA\n{ONE}\n{TWO}\n")
    assert [o.name for o in files.read_orbits(path, start_unix_s=START, days=1, words=("aqu",)).orbits] == ["AQUA"]
    with pytest.raises(files.ElementFileError, match="holds one of NOAA"):
        files.read_orbits(path, start_unix_s=START, days=1, words=("NOAA",))


def _local_time_h(orbit: orbits.Orbit, unix_s: float) -> float:
    """Mean local solar time of the ascending node, from the law of the mean turning."""
    mean = orbits.secular_of(orbit)
    node = mean.node + mean.node_rate * (unix_s - orbit.epoch_unix_s)
    lon_deg = math.degrees(node - float(gmst_rad(unix_s)))
    return (unix_s % DAY_S / 3600 + lon_deg / 15) % 24


def test_rebased_sets_keep_shape_local_time_and_relative_phase(tmp_path: Path) -> None:
    later = _checked_line(ONE.replace("26220.63041602", "26222.13041602"))
    text = f"A\n{ONE}\n{TWO}\nB\n{later}\n{TWO}\n"
    old = files.read_element_sets(_written(tmp_path, "two.tle", text))
    start = START - 214 * DAY_S
    new = files.rebased(old, start_unix_s=start)
    common = max(one.epoch_unix_s for one in old)
    for before, after in zip(old, new, strict=True):
        assert after.epoch_unix_s == start and after.bstar == after.ndot == after.nddot == 0
        assert after[3:6] == before[3:6]
        apart = _local_time_h(after, start) - _local_time_h(before, common)
        assert (apart + 12) % 24 - 12 == pytest.approx(0, abs=1e-3)
    phases = []
    for pair, when in ((old, common), (new, start)):
        angle = [orbits.secular_of(o).argument + orbits.secular_of(o).argument_rate * (when - o.epoch_unix_s)
                 for o in pair]
        phases.append(math.degrees(angle[1] - angle[0]) % 360)
    assert phases[0] == pytest.approx(phases[1], abs=1e-6)


def test_local_time_of_the_descending_node_is_flown() -> None:
    (orbit,) = orbits.repeat_cycle_orbits(name="S", revolutions=143, days=10, members=1, descending_time_h=10.5,
                                          epoch_unix_s=START + 5 * 3600)
    t = START + 5 * 3600 + np.arange(0, 30 * DAY_S, 10.0)
    z = orbits.motion_ecef(orbit, t).place[:, 2]
    down = np.flatnonzero((z[:-1] > 0) & (z[1:] <= 0))
    place = orbits.motion_ecef(orbit, t[down]).place
    hour = (t[down] % DAY_S / 3600 + np.degrees(np.arctan2(place[:, 1], place[:, 0])) / 15) % 24
    assert np.abs(hour - 10.5).max() < 0.01  # ten seconds of flight are 0.003 h
    sun = sun_direction_ecef(t[down])
    apart = np.degrees(np.arctan2(sun[:, 1], sun[:, 0]) - np.arctan2(place[:, 1], place[:, 0]))
    assert np.abs((apart - 22.5 + 180) % 360 - 180).max() < 4.2  # the equation of time, up to 16 min


def test_members_of_a_cycle_are_evenly_spread() -> None:
    twins = orbits.repeat_cycle_orbits(name="S", revolutions=143, days=10, members=2, descending_time_h=10.5,
                                       epoch_unix_s=START)
    assert [o.name for o in twins] == ["S 1", "S 2"]
    assert twins[1].argument_deg - twins[0].argument_deg == 180
    planes = orbits.sun_plane_orbits(name="P", members=5, a_km=6900, inclination_deg=97.5,
                                     descending_times_h=(9.5, 13.5), epoch_unix_s=START)
    assert [o.argument_deg for o in planes] == pytest.approx([0, 0, 120, 180, 240])
    assert (planes[1].node_deg - planes[0].node_deg) % 360 == pytest.approx(60)


def test_tracks_of_phased_planes_part_the_ground_evenly() -> None:
    """Unphased, ten planes 36 degrees apart at 15 tracks a day fly over two tracks only, all on the same days."""
    spacing = 360 / 14.9834
    hours = tuple(2.4 * plane for plane in range(10))
    for phased, tracks in ((spacing, 20), (None, 2)):
        fleet = orbits.sun_plane_orbits(name="P", members=20, a_km=6930, inclination_deg=97.7, descending_times_h=hours,
                                        epoch_unix_s=START, track_spacing_deg=phased)
        at = np.sort([(o.node_deg - fleet[0].node_deg + o.argument_deg * spacing / 360) % spacing for o in fleet])
        gaps = np.diff(np.append(at, at[0] + spacing))
        wide = gaps[gaps > spacing / 50]
        assert len(wide) == tracks
        assert wide.max() < 1.1 * spacing / tracks


def test_walker_constellation() -> None:
    fleet = orbits.walker_orbits(name="W", total=12, planes=3, phasing=1, a_km=6978, inclination_deg=53,
                                 epoch_unix_s=START)
    assert [o.node_deg for o in fleet] == [0] * 4 + [120] * 4 + [240] * 4
    assert fleet[1].argument_deg == 90 and fleet[4].argument_deg == 30 and fleet[8].argument_deg == 60
    with pytest.raises(ValueError, match="Walker 12/5/1"):
        orbits.walker_orbits(name="W", total=12, planes=5, phasing=1, a_km=6978, inclination_deg=53,
                             epoch_unix_s=START)
    with pytest.raises(ValueError, match="a_km = 5000"):
        orbits.walker_orbits(name="W", total=1, planes=1, phasing=0, a_km=5000, inclination_deg=53,
                             epoch_unix_s=START)


@settings(max_examples=20, deadline=None)
@given(height=st.floats(300, 1500), inclination=st.floats(0, 180), node=st.floats(0, 360), day=st.floats(-5, 5))
def test_designed_motion_is_its_own_derivative(height: float, inclination: float, node: float, day: float) -> None:
    orbit = orbits.CircularOrbit("x", START, EARTH_EQUATOR_KM + height, inclination, node, 11.0)
    t, h = START + day * DAY_S, 0.5
    before, now, after = (orbits.motion_ecef(orbit, np.array([t + k * h])) for k in (-1, 0, 1))
    assert np.linalg.norm(now.place) == pytest.approx(orbit.a_km, rel=1e-12)
    assert (after.place - before.place) / (2 * h) == pytest.approx(now.speed, abs=5e-6)
    assert (after.speed - before.speed) / (2 * h) == pytest.approx(now.acceleration, abs=5e-8)


def test_revolutions_are_counted_one_by_one_under_strong_drag() -> None:
    drag = orbits.ElementSet("D", "1", START, 15.6, 1e-3, 97.5, 40.0, 10.0, 20.0, 1.2e-3, 8e-4, 0.0)
    t = START + np.arange(-1.0, 20.0, 1 / 1440) * DAY_S
    place = orbits.motion_ecef(drag, t).place
    numbers = orbits.revolution_numbers(drag, t, place, np.zeros(len(t), dtype=bool))
    change = np.flatnonzero(np.diff(numbers))
    assert (np.diff(numbers)[change] == 1).all()
    # Each begins where the satellite is southernmost, whatever instants are asked for together.
    assert (place[change + 1, 2] < -0.97 * np.linalg.norm(place[change + 1], axis=1) * math.sin(math.radians(82))).all()
    alone = orbits.revolution_numbers(drag, t[-1:], place[-1:], np.zeros(1, dtype=bool))
    assert alone[0] == numbers[-1]


def test_the_real_file_is_read_whole() -> None:
    if not REAL.exists():
        pytest.skip(f"the element file is not beside this checkout: {REAL.name}")
    fleet = files.read_orbits(REAL, start_unix_s=START, days=10)
    assert len(fleet.orbits) == 355 and fleet.refused == () and fleet.warnings == ()
