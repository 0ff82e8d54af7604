"""The design as a whole: all sensors in rows, and the looks of one replication under its weather, light and luck.

A mediator's list of drones, satellites, posts and observers becomes here one table of opportunities to see.
"""
from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.area.light import Light
from sim.area.line import Cells
from sim.area.weather import Sky, clouded
from sim.foundation.geodesy import Place
from sim.foundation.streams import F64, I64, Streams
from sim.monitoring.consent import permissions
from sim.monitoring.cueing import Bought, Flying
from sim.monitoring.drones import legs, patrol_of, sorties
from sim.monitoring.hindrance import Fire
from sim.monitoring.library import TARGETS
from sim.monitoring.looks import CLOUD, MADE, OTHER, Looks, joined
from sim.monitoring.navigation import silent
from sim.monitoring.patterns import Patrol, reach_km
from sim.monitoring.posts import observer_looks, post_looks, strewn_places, timetable_looks
from sim.monitoring.release import Terms, terms_of
from sim.monitoring.satellites import Orders, Passes, imaged, satellite_looks, withdrawn_us
from sim.monitoring.security import Pauses, pauses_of, stood_down
from sim.monitoring.sightings import Sensing
from sim.records import Acts
from sim.scenario.agreement import Side
from sim.scenario.area import Area
from sim.scenario.drills import Security
from sim.scenario.monitoring import Drones, Means, Monitoring
from sim.scenario.verification import Tasking

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US


SIDES: tuple[Side, Side] = ("A", "B")


class Layout(NamedTuple):
    """What a design is before any luck: sensor rows, patrols, passes and standing plans."""

    sensing: Sensing
    first: dict[str, int]
    """Sensor row of each item: `satellites.ID`, `drones.ID` (day, then night), `posts.ID`, `observers.ID`, …"""
    patrols: tuple[Patrol, ...]
    passes: tuple[Passes, ...]
    imaged: tuple[I64, ...]
    means: dict[str, int]
    terms: Terms | None = None
    """On which terms sights are released; None = all at once."""
    places: Mapping[str, Place] = MappingProxyType({})


class _Row(NamedTuple):
    name: str
    unit: str
    means: str
    rates: tuple[float, ...]
    reach_km: float
    offset_km: float
    speed_kmh: float
    delay_us: float
    log_sd: float
    clouded: bool
    until_us: int = 2**62


def _column(rows: list[_Row], name: str) -> F64:
    """One number of every sensor row."""
    return np.array([getattr(r, name) for r in rows], dtype=np.float64)


def _side(side: str, km: float) -> float:
    """Signed distance from the line of something that stands on a side."""
    return km if side == "B" else -km


def layout_of(monitoring: Monitoring, tasking: Tasking, area: Area, cells: Cells, passes: tuple[Passes, ...], *,
              days: int) -> Layout:
    """Lay out all sensors of a design, one row each (two for drones: day and night)."""
    library = {means.id: number for number, means in enumerate(monitoring.means)}
    places = {p.id: Place(lat_deg=p.lat_deg, lon_deg=p.lon_deg) for p in area.places}
    patrols = tuple(patrol_of(unit, monitoring, cells, places[unit.base]) for unit in monitoring.drones)
    rows, first = _rows(monitoring, tasking, patrols)
    sensing = Sensing(tuple(r.name for r in rows), tuple(r.unit for r in rows),
                      np.array([library[r.means] for r in rows], dtype=np.int64),
                      np.array([r.rates for r in rows]).reshape(len(rows), len(TARGETS)),
                      _column(rows, "reach_km"), _column(rows, "offset_km"), _column(rows, "speed_kmh"),
                      _column(rows, "delay_us"), _column(rows, "log_sd"), np.array([r.clouded for r in rows], dtype=bool),
                      np.array([r.until_us for r in rows], dtype=np.int64))
    standing = tuple(imaged(family, own, len(cells.km), days=days)
                     for family, own in zip(monitoring.satellites, passes, strict=True))
    return Layout(sensing, first, patrols, passes, standing, library, terms_of(monitoring, first, len(rows)), places)


def _rows(monitoring: Monitoring, tasking: Tasking, patrols: tuple[Patrol, ...]) -> tuple[list[_Row], dict[str, int]]:
    """Sensor rows in the order of the sections, and the first row of each item."""
    means = {m.id: m for m in monitoring.means}
    still, everywhere = (0.0,) * len(TARGETS), 1e9
    rows: list[_Row] = []
    first: dict[str, int] = {}

    def add(item: str, *new: _Row) -> None:
        first[item] = len(rows)
        rows.extend(new)

    for family in monitoring.satellites:
        what = means[family.means]
        add(f"satellites.{family.id}", _Row(family.id, family.id, what.id, still, everywhere, 0.0, 0.0,
                                            family.delivery_median_h * _HOUR_US, family.delivery_log_sd, what.stopped_by_cloud,
                                            withdrawn_us(monitoring, family.operator, family.withdrawn_from_h)))
    for unit, patrol in zip(monitoring.drones, patrols, strict=True):
        add(f"drones.{unit.id}", *_drone_rows(unit, patrol, means))
    for post in monitoring.posts:
        back_km = strewn_places(post, monitoring.phase_seed)[1].tolist() if post.strewn_km else [post.setback_km]
        add(f"posts.{post.id}", *(_Row(post.id, post.id, post.means, still, post.reach_km, _side(post.side, back), 0.0,
                                       post.report_min / 60 * _HOUR_US, 0.0, False) for back in back_km))
    for people in monitoring.observers:
        add(f"observers.{people.id}", _Row(people.id, people.id, people.means, still, people.reach_km,
                                           _side(people.side, people.setback_km), 0.0, people.report_h * _HOUR_US, 0.0, False))
    for table in monitoring.timetables:
        add(f"timetables.{table.id}", _Row(table.id, table.id, table.means, still, everywhere, 0.0, 0.0,
                                           table.report_h * _HOUR_US, 0.0, False))
    deep = {side: max((s.depth_km for s in permissions(monitoring, side, "teams") if s.may_base), default=0.0)
            for side in SIDES}
    if tasking.inspection_means is not None and max(deep.values()) > 0:
        # Where side A, side B or both let a team in; one name, so that its luck does not depend on who lets it in.
        add("team", *(_Row("team", "team", tasking.inspection_means, still, (a + b) / 2, (b - a) / 2, 0.0, 0.5 * _HOUR_US, 0.0,
                           False) for a, b in ((deep["A"], 0.0), (0.0, deep["B"]), (deep["A"], deep["B"]))))
    return rows, first


def _drone_rows(unit: Drones, patrol: Patrol, means: dict[str, Means]) -> list[_Row]:
    """Sensor rows of a drone unit by day and by night, for each lane; the search rate is spread over the area in reach."""
    reach = reach_km(unit)
    area = np.pi * reach**2
    rates = tuple(getattr(unit.search_km2_per_h, target) / area for target in TARGETS)
    speed = 0.0 if unit.pattern == "orbit" else unit.speed_kmh

    def row(suffix: str, which: str, lane_km: float) -> _Row:
        return _Row(unit.id + suffix, unit.id, which, rates, reach, lane_km, speed,
                    unit.report_min / 60 * _HOUR_US, 0.0, unit.above_cloud and means[which].stopped_by_cloud)

    return [row(suffix, which, lane_km) for lane_km in patrol.lanes_km or (patrol.offset_km,)
            for suffix, which in ((".day", unit.means_by_day), (".night", unit.means_by_night))]


class Watch(NamedTuple):
    """The looks of one replication, the flight each belongs to, and what can still be cued."""

    looks: Looks
    flight: NDArray[np.int32]
    flying: list[Flying]
    bought: list[Bought]
    exposure_h: float
    pauses: Pauses = ()
    """Spells in which patrols and teams stand down after a casualty."""


def watch_of(monitoring: Monitoring, layout: Layout, cells: Cells, sky: Sky, light: Light, streams: Streams, *,
             horizon_us: int, fire: Fire | None = None) -> Watch:
    """Open all sensors for one replication."""
    parts: list[Looks] = []
    flights: list[NDArray[np.int32]] = []
    means = {m.id: m for m in monitoring.means}

    def add(looks: Looks, flight: NDArray[np.int32] | None = None) -> None:
        parts.append(looks)
        flights.append(np.full(len(looks.cell), -1, dtype=np.int32) if flight is None else flight)

    bought = []
    for family, passes, rows in zip(monitoring.satellites, layout.passes, layout.imaged, strict=True):
        sensor = layout.first[f"satellites.{family.id}"]
        until = withdrawn_us(monitoring, family.operator, family.withdrawn_from_h)
        add(satellite_looks(passes, rows, sensor, layout.means[family.means], means[family.means], cells, sky, until_us=until))
        if family.mode == "tasked":
            bought.append(Bought(Orders(family, passes, rows, until_us=until), sensor))
    flying: list[Flying] = []
    flown = 0
    for unit, patrol in zip(monitoring.drones, layout.patrols, strict=True):
        sensor = layout.first[f"drones.{unit.id}"]
        shot = None if fire is None else fire.at(unit, patrol.start_km, patrol.length_km)
        own = sorties(unit, patrol, monitoring, sky, streams, horizon_us=horizon_us, shot=shot)
        pair = (means[unit.means_by_day], means[unit.means_by_night])
        looks, flight = legs(unit, patrol, own, (sensor, sensor + 1),
                             (layout.means[unit.means_by_day], layout.means[unit.means_by_night]), pair, monitoring, cells,
                             light, sky, horizon_us=horizon_us)
        add(looks, flight + np.int32(flown))
        reclear = max((s.reclear_us for s in permissions(monitoring, unit.side, "drones")), default=0)
        flying.append(Flying(unit, patrol, own, flown, (sensor, sensor + 1), reclear))
        flown += len(own)
    exposure = _standing(monitoring, layout, cells, light, sky, streams, means, add, horizon_us)
    whole, order = joined(parts)
    return Watch(whole, np.concatenate(flights)[order] if flights else np.zeros(0, dtype=np.int32), flying, bought, exposure)


def _standing(monitoring: Monitoring, layout: Layout, cells: Cells, light: Light, sky: Sky, streams: Streams,
              means: dict[str, Means], add: object, horizon_us: int) -> float:
    """Add the looks of posts, observers and timetables; returns hours of exposure of people."""
    assert callable(add)
    exposure = 0.0
    for post in monitoring.posts:
        add(post_looks(post, layout.first[f"posts.{post.id}"], layout.means[post.means], means[post.means], monitoring, cells,
                       light, streams, horizon_us=horizon_us, at=None if post.place is None else layout.places[post.place]))
    for people in monitoring.observers:
        looks, hours = observer_looks(people, layout.first[f"observers.{people.id}"], layout.means[people.means], monitoring,
                                      cells, light, streams, horizon_us=horizon_us)
        exposure += hours
        add(looks)
    for table in monitoring.timetables:
        looks = timetable_looks(table, layout.first[f"timetables.{table.id}"], layout.means[table.means], means[table.means],
                                cells, light, streams, horizon_us=horizon_us)
        if means[table.means].needs_navigation:
            looks = silent(looks, monitoring.navigation_lost)
        looks = _withdrawn(looks, withdrawn_us(monitoring, table.operator))
        add(_under_cloud(looks, cells, sky) if means[table.means].stopped_by_cloud else looks)
    return exposure


def _withdrawn(looks: Looks, until_us: int) -> Looks:
    """Looks of what is withdrawn at an instant: ended then, or lost."""
    if not (looks.end_us >= until_us).any():
        return looks
    lost = np.where((looks.start_us >= until_us) & (looks.lost == MADE), np.int8(OTHER), looks.lost)
    return looks._replace(lost=lost, end_us=np.minimum(looks.end_us, np.maximum(looks.start_us, until_us)))


def scenes_planned(monitoring: Monitoring, layout: Layout, *, before_us: float = math.inf) -> dict[str, int]:
    """Scenes of each family on the standing plan before an instant, up to its withdrawal; none of systematic families."""
    found = {family.id: 0 for family in monitoring.satellites}
    for family, passes, rows in zip(monitoring.satellites, layout.passes, layout.imaged, strict=True):
        if family.mode == "tasked":
            until = withdrawn_us(monitoring, family.operator, family.withdrawn_from_h)
            found[family.id] = int((passes.time_us[rows] < min(until, before_us)).sum())
    return found


def patrol_rows(layout: Layout) -> I64:
    """Sensor rows of observers."""
    return np.array([row for item, row in layout.first.items() if item.startswith("observers.")], dtype=np.int64)


def with_pauses(watch: Watch, rule: Security | None, layout: Layout, acts: Acts, kinds: tuple[str, ...], cells: Cells) -> Watch:
    """Let patrols stand down after casualties, where the design has such a rule."""
    if rule is None:
        return watch
    patrols = patrol_rows(layout)
    pauses = pauses_of(rule, watch.looks, patrols, layout.sensing.offset_km, acts, kinds, cells)
    looks, spared_h = stood_down(watch.looks, patrols, pauses)
    return watch._replace(looks=looks, pauses=pauses, exposure_h=watch.exposure_h - spared_h)


def _under_cloud(looks: Looks, cells: Cells, sky: Sky) -> Looks:
    """Looks of a means that cloud stops, with those lost at which the sky was overcast."""
    blocked = (looks.lost == MADE) & clouded(sky, cells.sector[looks.cell], looks.start_us)
    return looks._replace(lost=np.where(blocked, np.int8(CLOUD), looks.lost))
