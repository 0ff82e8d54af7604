"""The line cut into sectors and cells: lengths add up, places lie on the line, and depth leads to the right side."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.area.line import Cells, beside, cell_of_km, cells_of, line_edges, vertices
from sim.foundation.geodesy import distance_km, inverse, polyline_distance_km, polyline_length_km
from sim.scenario.area import Area, Climate, Sea, Sector

SKY = Climate(cloud_share=(0.5,) * 12, strong_wind_share=(0.0,) * 12, icing_share=(0.0,) * 12)
LINE = ((33.0, 47.0), (34.0, 47.0), (34.0, 48.0))


def area(*, seas: tuple[Sea, ...] = (), side_a: Any = "left", cell_km: float = 5.0) -> Area:
    total = polyline_length_km(vertices(Area(line=LINE, sectors=(Sector(id="x", from_km=0.0, to_km=1.0),), climate=SKY)))
    sectors = (Sector(id="west", from_km=0.0, to_km=73.0), Sector(id="north", from_km=73.0, to_km=total))
    return Area(line=LINE, sectors=sectors, seas=seas, climate=SKY, side_a=side_a, cell_km=cell_km)


BAY = Sea(id="bay", west_deg=30.0, south_deg=45.0, east_deg=31.0, north_deg=46.0, cell_km=25.0)


@pytest.fixture
def cells() -> Cells:
    return cells_of(area(seas=(BAY,)))


def test_cells_fill_each_sector(cells: Cells) -> None:
    for number, (begin, end) in enumerate(((0.0, 73.0), (73.0, cells.line_km))):
        mine = cells.sector == number
        assert cells.size_km[mine].sum() == pytest.approx(end - begin)
        assert (cells.km - cells.size_km / 2)[mine].min() == pytest.approx(begin)
        assert abs(cells.size_km[mine][0] - 5) < 0.2 and np.ptp(cells.size_km[mine]) < 1e-9
    assert cells.sectors == ("west", "north", "bay") and cells.land_sectors == 2


def test_cells_lie_on_the_line(cells: Cells) -> None:
    line = vertices(area())
    for row in np.flatnonzero(~cells.sea)[::7].tolist():
        place = beside(area(), cells, row, 0.0)
        nearest = polyline_distance_km(line, place)
        assert nearest.distance_km < 0.02
        assert nearest.along_km == pytest.approx(cells.km[row], abs=0.05)


def test_length_is_geodesic(cells: Cells) -> None:
    """One degree of longitude at 47° N and one of latitude from 47° to 48°: 76.06 and 111.18 km on WGS84."""
    assert cells.line_km == pytest.approx(76.06 + 111.18, abs=0.05)


def test_sea_cells_cover_their_box_once(cells: Cells) -> None:
    sea = np.flatnonzero(cells.sea)
    rows, columns = round(111.2 / 25), round(111.2 * math.cos(math.radians(45.5)) / 25)
    assert len(sea) == rows * columns == len({*zip(cells.lat_deg[sea].tolist(), cells.lon_deg[sea].tolist(), strict=True)})
    assert cells.lat_deg[sea].mean() == pytest.approx(45.5) and cells.lon_deg[sea].mean() == pytest.approx(30.5)
    steps = np.hypot(np.diff(cells.lat_deg[sea]) * 111.2, np.diff(cells.lon_deg[sea]) * 78)
    assert steps.max() < 1.3 * 25  # neighbours follow one another


def test_cell_of_a_place_along_the_line(cells: Cells) -> None:
    land = np.flatnonzero(~cells.sea)
    assert [cell_of_km(line_edges(cells), km) for km in cells.km[land].tolist()] == land.tolist()
    rng = np.random.Generator(np.random.PCG64(1))
    km = rng.random(500) * cells.line_km
    found = np.array([cell_of_km(line_edges(cells), at) for at in km.tolist()])
    assert (np.abs(km - cells.km[found]) <= cells.size_km[found] / 2 + 1e-9).all()


def test_places_beyond_the_ends_belong_to_the_last_cells_of_the_line(cells: Cells) -> None:
    """Never to the sea, whose cells only run on in number."""
    last = int(np.flatnonzero(~cells.sea)[-1])
    assert [cell_of_km(line_edges(cells), km) for km in (-3.0, cells.line_km, cells.line_km + 2.0)] == [0, last, last]


@pytest.mark.parametrize(("side_a", "to_b"), [("left", 90.0), ("right", -90.0)])
def test_depth_leads_to_the_side_of_b(cells: Cells, side_a: str, to_b: float) -> None:
    where = area(side_a=side_a)
    for row, course in ((3, 90.0), (25, 0.0), (int(np.flatnonzero(~cells.sea)[-1]), 0.0)):
        here = beside(where, cells, row, 0.0)
        for depth, turn in ((12.0, to_b), (-12.0, -to_b)):
            there = beside(where, cells, row, depth)
            assert distance_km(here, there) == pytest.approx(12.0)
            off = (inverse(here, there).azi1_deg - course - turn + 180) % 360 - 180
            assert abs(off) < 2


def test_depth_at_sea_is_the_place_itself(cells: Cells) -> None:
    row = int(np.flatnonzero(cells.sea)[0])
    assert beside(area(seas=(BAY,)), cells, row, 9.0) == beside(area(seas=(BAY,)), cells, row, 0.0)


def test_a_short_sector_is_one_cell() -> None:
    sectors = (Sector(id="dot", from_km=10.0, to_km=11.0), Sector(id="rest", from_km=11.0, to_km=100.0))
    found = cells_of(Area(line=LINE, sectors=sectors, climate=SKY, cell_km=10.0))
    assert (found.sector == 0).sum() == 1 and found.size_km[0] == pytest.approx(1.0)
