"""What an export tells: one row a sector and side, and one a sector, side and day, with the drawn line of each sector.

A mediator can hand these on: nothing in them is finer than a sector and a day, and every number has its n and interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.measure.statistics import Estimate, mean_interval, ratio_interval
from sim.report.maps import Point, sector_lines
from sim.report.results import Run, RunUnreadable, counted, rightly
from sim.scenario.area import Sea

SHARES = ("detected_share", "verified_share", "attributed_share", "answered_share")
SIDES = ("both", "A", "B")
_PLACES = 3
"""Decimals of a degree that are written: about 100 m, coarser than any cell."""
_NUMBERS = ("acts", *(f"acts_per_replication{end}" for end in ("", "_low", "_high")))
_SHARES = tuple(f"{name}{end}" for name in SHARES for end in ("", "_low", "_high"))
SECTOR_HEADER = ("sector", "name", "side", "from_km", "to_km", "replications", *_NUMBERS, *_SHARES, "status", "caveat")
DAY_HEADER = ("sector", "name", "side", "day", "replications", *_NUMBERS, *_SHARES[:3], "status", "caveat")

Row = dict[str, Any]


class Place(NamedTuple):
    """A sector of the line, or a sea area: its points as longitude and latitude, closed and anticlockwise for an area."""

    id: str
    name: str
    is_area: bool
    points: tuple[Point, ...]
    from_km: float | None
    to_km: float | None


def places_of(run: Run) -> tuple[Place, ...]:
    """Sectors cut from the drawn line by their kilometres, then sea areas."""
    area, pieces = run.scenario.area, sector_lines(run.scenario.area)
    line = (Place(s.id, run.sector_title(s.id), False, _rounded(pieces[s.id]), s.from_km, s.to_km) for s in area.sectors)
    return (*line, *(Place(s.id, run.sector_title(s.id), True, _ring(s), None, None) for s in area.seas))


def _rounded(points: list[Point]) -> tuple[Point, ...]:
    """Points to about 100 m; a short sector keeps both ends, even where they fall together."""
    found = [(round(lon, _PLACES), round(lat, _PLACES)) for lon, lat in points]
    inner = [p for before, p in pairwise(found[:-1]) if p != before]
    return (found[0], *inner, found[-1])


def _ring(sea: Sea) -> tuple[Point, ...]:
    west, east, south, north = (round(v, _PLACES) for v in (sea.west_deg, sea.east_deg, sea.south_deg, sea.north_deg))
    return ((west, south), (east, south), (east, north), (west, north), (west, south))


class Acts(NamedTuple):
    """Counted acts of the replications that the tables keep, by place, side, day and fate."""

    counts: np.ndarray[Any, Any]
    """Acts: (fates, places, sides A and B, days, replications); the first fate is every act, then those of `SHARES`."""
    replications: tuple[int, ...]


def acts_of(run: Run) -> Acts:
    """Count acts by place, side, day and fate in each replication that the tables keep.

    Raises RunUnreadable where the run keeps no rows, or a row names a place that the scenario lacks.
    """
    kept = tuple(run.kept())
    if not kept:
        raise RunUnreadable(f"{run.folder / 'violations.csv'}: keeps no rows of any replication, so there is nothing to export")
    rows = counted(run, ("sector", "side", "onset_h", "detected_h", "verified_h", "attributed", "answered_h"))
    places, shape = run.sectors, (len(run.sectors), 2, max(1, int(np.ceil(run.scenario.days))), len(kept))
    unknown = sorted({*rows["sector"].unique()} - {*places})
    if unknown:
        raise RunUnreadable(f"{run.folder / 'violations.csv'}: {unknown[0]} is no sector of the scenario")
    day = np.clip((rows["onset_h"].to_numpy(dtype=np.float64) / 24).astype(np.int64), 0, shape[2] - 1)
    at = (_number(rows["sector"], places), _number(rows["side"], ("A", "B")), day, _number(rows["replication"], kept))
    count = np.zeros((1 + len(SHARES), *shape))
    for fate, hit in enumerate(_fates(rows)):
        np.add.at(count[fate], at, hit.astype(np.float64))
    return Acts(count, kept)


def _fates(rows: pd.DataFrame) -> Iterator[np.ndarray[Any, Any]]:
    yield np.ones(len(rows), dtype=bool)
    yield rows["detected_h"].notna().to_numpy()
    yield rows["verified_h"].notna().to_numpy()
    yield rightly(rows["attributed"]).to_numpy()
    yield rows["answered_h"].notna().to_numpy()


def _number(values: pd.Series[Any], names: tuple[Any, ...]) -> np.ndarray[Any, Any]:
    return values.map({name: i for i, name in enumerate(names)}).to_numpy(dtype=np.int64)


def _of_side(count: np.ndarray[Any, Any], side: str) -> np.ndarray[Any, Any]:
    """Acts of one side, or of both: (fates, places, days, replications)."""
    found: np.ndarray[Any, Any] = count.sum(axis=2) if side == "both" else count[:, :, "AB".index(side)]
    return found


def sector_rows(run: Run, acts: Acts, caveat: str) -> list[Row]:
    """One row a place and side (both, A, B) over all counted days, with the columns of `SECTOR_HEADER`."""
    rows: list[Row] = []
    for p, place in enumerate(places_of(run)):
        for side in SIDES:
            found = _of_side(acts.counts, side)[:, p].sum(axis=1)
            head = {"sector": place.id, "name": place.name, "side": side, "from_km": place.from_km, "to_km": place.to_km}
            rows.append({**head, **_figures(found, SHARES), "status": "SIMULATED", "caveat": caveat})
    return rows


def day_rows(run: Run, acts: Acts, caveat: str) -> list[Row]:
    """One row a place, side (both, A, B) and day of the run from 1, with the columns of `DAY_HEADER`."""
    rows: list[Row] = []
    for p, place in enumerate(places_of(run)):
        for side in SIDES:
            found = _of_side(acts.counts, side)[:, p]
            for day in range(found.shape[1]):
                head = {"sector": place.id, "name": place.name, "side": side, "day": day + 1}
                rows.append({**head, **_figures(found[:, day], SHARES[:1]), "status": "SIMULATED", "caveat": caveat})
    return rows


def _figures(found: np.ndarray[Any, Any], shares: tuple[str, ...]) -> Row:
    """Acts a replication and shares of them, each with its noise interval; `found` is (fates, replications)."""
    mean = mean_interval(found[0])
    mean = mean if mean.low is None else mean._replace(low=max(0.0, mean.low))
    row: Row = {"replications": found.shape[1], "acts": int(found[0].sum()), **_interval("acts_per_replication", mean)}
    for fate, name in enumerate(shares, start=1):
        row |= _interval(name, ratio_interval(found[fate], found[0]))
    return row


def _interval(name: str, found: Estimate) -> Row:
    return {name: found.estimate, f"{name}_low": found.low, f"{name}_high": found.high}


__all__ = ["DAY_HEADER", "SECTOR_HEADER", "SHARES", "SIDES", "Acts", "Place", "Row", "acts_of", "day_rows", "places_of",
           "sector_rows"]
