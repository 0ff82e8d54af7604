"""The line of contact and the sea areas, cut into named sectors and cells.

A mediator reads results by these sectors; distances are kilometres of the drawn line on the WGS84 ellipsoid.
"""
from __future__ import annotations

from bisect import bisect_right
from math import cos, radians
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.foundation.geodesy import Place, destination, inverse, points_on_polyline, polyline_length_km
from sim.foundation.streams import F64, I64
from sim.scenario.area import Area, Sea


class Cells(NamedTuple):
    """Cells of the line, in order, then of the sea areas; one row a cell."""

    sector: I64
    km: F64
    """Middle of the cell along the drawn line; sea cells run on from the end of the line."""
    size_km: F64
    lat_deg: F64
    lon_deg: F64
    sea: NDArray[np.bool_]
    sectors: tuple[str, ...]
    land_sectors: int
    line_km: float


def vertices(area: Area) -> tuple[Place, ...]:
    """Vertices of the line as places."""
    return tuple(Place(lat_deg=lat, lon_deg=lon) for lon, lat in area.line)


def cells_of(area: Area) -> Cells:
    """Cut sectors and sea areas into cells of about the size asked for."""
    line = vertices(area)
    rows: list[tuple[int, float, float, float, float, bool]] = []
    for number, sector in enumerate(area.sectors):
        count = max(1, round((sector.to_km - sector.from_km) / area.cell_km))
        size = (sector.to_km - sector.from_km) / count
        marks = [sector.from_km + (i + 0.5) * size for i in range(count)]
        rows += [(number, mark, size, place.lat_deg, place.lon_deg, False)
                 for mark, place in zip(marks, points_on_polyline(line, marks), strict=True)]
    line_km = polyline_length_km(line)
    at_km = line_km
    for number, sea in enumerate(area.seas, start=len(area.sectors)):
        for lat, lon in _grid(sea):
            rows.append((number, at_km + sea.cell_km / 2, sea.cell_km, lat, lon, True))
            at_km += sea.cell_km
    columns = list(zip(*rows, strict=True))
    middle, length, lat_deg, lon_deg = (np.array(c, dtype=np.float64) for c in columns[1:5])
    names = (*(s.id for s in area.sectors), *(s.id for s in area.seas))
    return Cells(np.array(columns[0], dtype=np.int64), middle, length, lat_deg, lon_deg, np.array(columns[5], dtype=bool), names,
                 len(area.sectors), line_km)


def _grid(sea: Sea) -> list[tuple[float, float]]:
    """Middles of sea cells, row by row, every second row backwards, so that neighbours follow one another."""
    mid = (sea.south_deg + sea.north_deg) / 2
    rows = max(1, round((sea.north_deg - sea.south_deg) * 111.2 / sea.cell_km))
    columns = max(1, round((sea.east_deg - sea.west_deg) * 111.2 * cos(radians(mid)) / sea.cell_km))
    lats = [sea.south_deg + (i + 0.5) * (sea.north_deg - sea.south_deg) / rows for i in range(rows)]
    lons = [sea.west_deg + (j + 0.5) * (sea.east_deg - sea.west_deg) / columns for j in range(columns)]
    return [(lat, lon) for i, lat in enumerate(lats) for lon in (lons if i % 2 == 0 else lons[::-1])]


def line_edges(cells: Cells) -> list[float]:
    """Starts of the cells along the line as a list, for single look-ups."""
    edges: list[float] = (cells.km - cells.size_km / 2)[~cells.sea].tolist()
    return edges


def cell_of_km(edges: list[float], km: float) -> int:
    """Cell of the line that holds a place along it, clipped to its ends; never a cell at sea."""
    return max(bisect_right(edges, km) - 1, 0)


def beside(area: Area, cells: Cells, cell: int, depth_km: float) -> Place:
    """Place at a signed depth off the middle of a cell, positive towards side B."""
    here = Place(lat_deg=float(cells.lat_deg[cell]), lon_deg=float(cells.lon_deg[cell]))
    if cells.sea[cell] or depth_km == 0:
        return here
    step = 1 if cell + 1 < len(cells.km) and not cells.sea[min(cell + 1, len(cells.km) - 1)] else -1
    ahead = Place(lat_deg=float(cells.lat_deg[cell + step]), lon_deg=float(cells.lon_deg[cell + step]))
    azimuth = inverse(here, ahead).azi1_deg + (0.0 if step == 1 else 180.0)
    to_b = 90.0 if area.side_a == "left" else -90.0
    return destination(here, azimuth_deg=azimuth + (to_b if depth_km > 0 else -to_b), distance_km=abs(depth_km))
