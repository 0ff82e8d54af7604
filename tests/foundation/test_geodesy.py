"""Distances against published geodesics (cases C26, C27), and the fast formulas against the exact ones."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.foundation import geodesy as geo
from sim.foundation.geodesy import Place

ROOT = Path(__file__).parents[2]
CASES = ROOT.parent / "shared" / "cases" / "cases_developer.json"

KYIV, DONETSK = Place(50.4501, 30.5234), Place(48.0159, 37.8029)
LINE = [Place(46.5, 32.0), Place(47.5, 35.2), Place(48.0, 37.8), Place(50.0, 37.6), Place(51.3, 35.0)]

# GeodTest lines as published with geographiclib: start, azimuth, end, length (case C26).
GEODTEST = [
    (Place(35.60777, -139.44815), 111.09874842956033, Place(-11.17491, -69.95921), 8935244.56048183),
    (Place(55.52454, 106.05087), 22.0200598809828, Place(77.03196, 197.18234), 4105086.171392441),
    (Place(-21.97856, 142.59065), -32.44456876433189, Place(41.84138, 98.56635), 8394328.894657671),
]


@pytest.mark.parametrize(("start", "azimuth", "end", "length"), GEODTEST)
def test_c26_published_geodesics(start: Place, azimuth: float, end: Place, length: float) -> None:
    found = geo.inverse(start, end)
    assert abs(found.s12_m - length) < 1e-6
    assert abs(found.azi1_deg - azimuth) < 1e-9
    assert abs(geo.distance_km(start, end) * 1000 - length) < 1e-6
    there = geo.destination(start, azimuth_deg=azimuth, distance_km=length / 1000)
    assert geo.distance_km(there, end) < 1e-9
    assert geo.distances_km([start], [end])[0, 0] * 1000 == pytest.approx(length, rel=2e-5)


def _case(case_id: str) -> dict[str, Any]:
    if not CASES.exists():
        pytest.skip(f"the proof cases are not beside this checkout: {CASES.name}")
    cases = json.loads(CASES.read_text(encoding="utf-8"))["cases"]
    return next(case for case in cases if case["id"] == case_id)


def test_c26_is_the_case_on_file() -> None:
    case = _case("C26")
    assert [[*a, *b] for a, _, b, _ in GEODTEST] == case["setup"]["lines"]
    assert [s for *_, s in GEODTEST] == case["expected"]["s12"]
    assert [azimuth for _, azimuth, _, _ in GEODTEST] == case["expected"]["azi1"]


# Case C27 gives no coordinates. Kyiv and Donetsk are those of B17; the others are the usual ones of each city
# that give the length on file, so azimuth and haversine are the independent part of this test.
PAIRS = {
    "Kyiv-Donetsk m": (KYIV, DONETSK, 594922.533793, 114.258376526, 593469.246),
    "Paris-Kyiv m": (Place(48.8566, 2.3522), KYIV, 2029652.081833, 74.293766637, 2023482.73),
    "London-Kyiv m": (Place(51.5074, -0.1278), KYIV, 2140053.717637, 81.032390031, 2133356.809),
    "Berlin-Kyiv m": (Place(52.52, 13.405), KYIV, 1208163.879336, 94.162821759, 1204453.219),
    "Warsaw-Kyiv m": (Place(52.2297, 21.0122), KYIV, 691124.228253, 102.87832088, 689090.551),
    "Rzeszow-Kyiv m": (Place(50.11, 22.019), KYIV, 607025.949643, 83.162269318, 605152.077),
    "Kyiv-Kharkiv m": (KYIV, Place(49.9935, 36.2304), 410332.278791, 94.908641925, 409079.907),
    "Odesa-Donetsk m": (Place(46.4825, 30.7233), DONETSK, 562153.578317, 69.775093621, 560671.349),
}


@pytest.mark.parametrize("name", PAIRS)
def test_c27_distances_between_cities(name: str) -> None:
    start, end, length, azimuth, sphere = PAIRS[name]
    found = geo.inverse(start, end)
    assert abs(found.s12_m - length) < 1e-3
    assert abs(found.azi1_deg - azimuth) < 1e-8
    assert abs(geo.haversine_km(start, end) * 1000 - sphere) < 1
    assert abs(geo.distances_km([start], [end])[0, 0] * 1000 / length - 1) < 2e-6


def test_c27_is_the_case_on_file() -> None:
    expected = _case("C27")["expected"]
    numbers = {name: (e["s12"], e["azi1"], e["haversine"]) for name, e in expected.items()}
    assert {name: pair[2:] for name, pair in PAIRS.items()} == numbers


@pytest.mark.parametrize(
    ("low_km", "high_km", "bound"),
    [(1e-3, 1.0, 2e-6), (1.0, 100.0, 2e-6), (100.0, 10_000.0, 2e-6), (10_000.0, 19_000.0, 2e-5)],
)
def test_the_array_formula_keeps_the_accuracy_it_states(low_km: float, high_km: float, bound: float) -> None:
    rng = np.random.Generator(np.random.PCG64(27))
    for _ in range(150):
        start = Place(rng.uniform(-89, 89), rng.uniform(-180, 180))
        length = float(rng.uniform(low_km, high_km))
        end = geo.destination(start, azimuth_deg=rng.uniform(0, 360), distance_km=length)
        assert abs(geo.distances_km([start], [end])[0, 0] / length - 1) < bound


def test_the_array_formula_has_points_in_rows_and_zero_for_the_same_place() -> None:
    found = geo.distances_km([KYIV, DONETSK, KYIV], [DONETSK, KYIV])
    assert found.shape == (3, 2)
    assert found[0, 1] == found[1, 0] == 0
    assert found[0, 0] == found[2, 0] == pytest.approx(594.922533793, rel=2e-6)
    assert geo.distances_km([(90, 0)], [(-90, 0)])[0, 0] == pytest.approx(20003.93, rel=4e-3)


def test_points_along_divide_a_geodesic() -> None:
    middle = geo.point_along(KYIV, DONETSK, distance_km=geo.distance_km(KYIV, DONETSK) / 2)
    assert geo.distance_km(KYIV, middle) == pytest.approx(geo.distance_km(middle, DONETSK), abs=1e-9)


def test_marks_on_a_polyline_lie_where_its_legs_say() -> None:
    legs = geo.leg_lengths_km(LINE)
    total = geo.polyline_length_km(LINE)
    assert total == pytest.approx(sum(legs), abs=1e-9)
    ends = geo.points_on_polyline(LINE, [0.0, *np.cumsum(legs).tolist()])
    assert all(geo.distance_km(a, b) < 1e-6 for a, b in zip(ends, LINE, strict=True))
    inside = geo.point_on_polyline(LINE, along_km=legs[0] + 10)
    assert geo.distance_km(LINE[1], inside) == pytest.approx(10, abs=1e-9)
    for mark in (-0.1, total + 0.1, math.nan):
        with pytest.raises(ValueError, match=f"{mark} km is off the polyline"):
            geo.point_on_polyline(LINE, along_km=mark)


def _nearest_by_search(place: Place) -> float:
    """Distance by a fine search: a coarse grid, then thirds of the bracket around its best mark."""
    total = geo.polyline_length_km(LINE)

    def far(mark: float) -> float:
        return geo.distance_km(geo.point_on_polyline(LINE, along_km=min(max(mark, 0.0), total)), place)

    step = total / 200
    best = min((i * step for i in range(201)), key=far)
    low, high = best - step, best + step
    while high - low > 1e-4:
        a, b = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, b) if far(a) < far(b) else (a, high)
    return far((low + high) / 2)


def test_the_nearest_point_of_a_polyline_agrees_with_a_fine_search() -> None:
    rng = np.random.Generator(np.random.PCG64(28))
    for _ in range(12):
        place = Place(rng.uniform(44, 53), rng.uniform(30, 41))
        found = geo.polyline_distance_km(LINE, place)
        assert found.distance_km == pytest.approx(_nearest_by_search(place), abs=1e-5)
        foot = geo.point_on_polyline(LINE, along_km=found.along_km)
        assert geo.distance_km(foot, place) == pytest.approx(found.distance_km, abs=1e-9)


@pytest.mark.parametrize("off_km", [0.01, 1.0, 30.0, 800.0])
@pytest.mark.parametrize(("turn", "side"), [(-90.0, "left"), (90.0, "right")])
def test_a_place_set_off_the_line_is_found_again_on_its_side(off_km: float, turn: float, side: str) -> None:
    a, b = Place(48.0, 30.0), Place(49.0, 40.0)
    foot = geo.point_along(a, b, distance_km=300)
    heading = geo.inverse(foot, b).azi1_deg
    place = geo.destination(foot, azimuth_deg=heading + turn, distance_km=off_km)
    found = geo.polyline_distance_km([a, b], place)
    assert found.distance_km == pytest.approx(off_km, abs=1e-6)
    assert found.along_km == pytest.approx(300, abs=1e-4)
    assert found.side == side


def test_sides_at_the_line_its_ends_and_a_sharp_bend() -> None:
    assert geo.polyline_distance_km(LINE, geo.point_on_polyline(LINE, along_km=123.4)).side == "on"
    east = [Place(48, 30), Place(48, 31), Place(48.1, 30)]  # turns left by about 170°
    for azimuth, off_km in itertools.product(range(15, 180, 15), (0.5, 3.0, 7.0, 20.0)):
        # One leg alone would call some of these "left", and which leg is nearer is left to the last bits.
        place = geo.destination(east[1], azimuth_deg=azimuth, distance_km=off_km)
        outside = geo.polyline_distance_km(east, place)
        assert outside.side == "right"
        assert outside.along_km == pytest.approx(geo.leg_lengths_km(east)[0], abs=1e-6)
        assert geo.polyline_distance_km(east[::-1], place).side == "left"
    assert geo.polyline_distance_km(east, Place(48.05, 30.2)).side == "left"
    assert geo.polyline_distance_km(east[:2], Place(47.9, 29.0)).side == "right"
    assert geo.polyline_distance_km(east[:2], Place(48.1, 32.0)).side == "left"


@pytest.mark.parametrize("bad", [Place(91, 0), Place(math.nan, 0), Place(0, math.inf)])
def test_places_off_the_earth_are_named(bad: Place) -> None:
    value = "91" if bad.lat_deg == 91 else "nan|inf"
    for call in (geo.distance_km, geo.inverse, geo.haversine_km, lambda a, b: geo.distances_km([a], [b])):
        with pytest.raises(ValueError, match=value):
            call(KYIV, bad)
    with pytest.raises(ValueError, match="at least two places, not 1"):
        geo.polyline_length_km([KYIV])
    with pytest.raises(ValueError, match=r"\(n, 2\), not \(2,\)"):
        geo.distances_km(KYIV, [KYIV])


def test_the_scalar_functions_load_no_numpy() -> None:
    code = (
        "import sys; from sim.foundation.geodesy import Place, distance_km, polyline_distance_km as p;"
        "p([Place(48, 37), Place(49, 38)], Place(48, 38)); sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
