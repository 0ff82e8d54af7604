"""Hindrance: what obstruction costs the mission in looks, flights and posts, and what the mission learns of it.

A mediator reads in the table of coverage which looks were jammed, refused or shot away, and in the verdicts who did it.
"""
from __future__ import annotations

from collections.abc import Callable
from math import floor, inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.area.line import Cells
from sim.foundation.streams import F64, I64, U64, luck_of, mix_one, name_key
from sim.monitoring.looks import CONSENT, JAMMED, MADE, OTHER, Looks, joined
from sim.monitoring.posts import cells_of_sectors, site_km
from sim.records import OBSTRUCTED, UNATTRIBUTED, Observation, Obstructions
from sim.scenario.hidden import FORMS, Obstruction
from sim.scenario.monitoring import Drones, Monitoring

JAMMING, DENIAL, SHOOTING, DESTRUCTION = range(len(FORMS))
_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
_, _DRONE, _POST, _PEOPLE_A, _PEOPLE_B = range(5)
_CAMERA_PHYSICS = ("optical", "thermal")
Shot = Callable[[int, int, int, int], int | None]
"""Called with slot, number, begin and end of a watch; tells when the drone is shot down, or None."""


class Cost(NamedTuple):
    """Looks that spells cost, one row a spell and day: first begin and last end of the looks lost, and how many."""

    spell: I64
    from_us: I64
    to_us: I64
    looks: I64


class Firing(NamedTuple):
    """Spells of shooting as a drone unit meets them: which, from when to when, along which stretch, and how deadly."""

    spell: list[int]
    key: list[int]
    from_us: list[int]
    to_us: list[int]
    start_km: list[float]
    end_km: list[float]
    loss: list[float]


class Fire:
    """Shooting at drones: decides which flights are lost, and keeps note of all that were shot at."""

    def __init__(self, spells: Obstructions, items: tuple[Obstruction, ...], cells: Cells) -> None:
        self.spells, self.items, self.cells = spells, items, cells
        self.met: list[tuple[int, int, int]] = []

    def at(self, unit: Drones, start_km: float, length_km: float) -> Shot | None:
        """Shots at one unit whose patrol begins at that kilometre; None where nobody shoots at it."""
        firing = self._firing(unit, start_km)
        if not firing.spell:
            return None
        return lambda slot, number, on, off: self._hit(unit, firing, length_km, slot, number, on, off)

    def _firing(self, unit: Drones, start_km: float) -> Firing:
        """Spells over sectors that the unit patrols, along its track."""
        s, cells = self.spells, self.cells
        patrolled = np.unique(cells.sector[cells_of_sectors(cells, unit.patrols, sea=True)])
        rows = np.flatnonzero((s.form == SHOOTING) & np.isin(s.sector, patrolled))
        ends = [(cells.km - cells.size_km / 2, np.min), (cells.km + cells.size_km / 2, np.max)]
        low, high = ([float(pick(edge[cells.sector == sector])) - start_km for sector in s.sector[rows].tolist()]
                     for edge, pick in ends)
        return Firing(rows.tolist(), s.id[rows].tolist(), s.from_us[rows].tolist(), s.to_us[rows].tolist(), low, high,
                      [self.items[row].loss_share for row in s.row[rows].tolist()])

    def _hit(self, unit: Drones, firing: Firing, length_km: float, slot: int, number: int, on: int, off: int) -> int | None:
        """First instant at which a flight is shot down; each spell shoots once, when the drone first comes over its sector."""
        hit: int | None = None
        for n, (begin, end) in enumerate(zip(firing.from_us, firing.to_us, strict=True)):
            if begin >= off or end <= on:
                continue
            flown = (max(begin, on) - on) / _HOUR_US * unit.speed_kmh
            over = first_over_km(flown, firing.start_km[n], firing.end_km[n], length_km)
            when = on + round(over / unit.speed_kmh * _HOUR_US) if over > flown else max(begin, on)
            if when >= min(end, off) or (hit is not None and when >= hit):
                continue
            self.met.append((firing.spell[n], when, min(end, off)))
            if luck_of(firing.key[n], "shot", unit.id, slot, number) < firing.loss[n]:
                hit = when
        return hit


def first_over_km(flown_km: float, start_km: float, end_km: float, length_km: float) -> float:
    """Way flown when a drone that goes to and fro first lies over a stretch, at or after the way flown so far."""
    best = inf
    for low, high in ((start_km, end_km), (2 * length_km - end_km, 2 * length_km - start_km)):
        turns = floor((flown_km - high) / (2 * length_km)) + 1
        best = min(best, max(flown_km, low + 2 * length_km * turns))
    return best


class Crowd(NamedTuple):
    """Whom each sensor row belongs to, and the cameras by key and place along the line."""

    of_sensor: NDArray[np.int8]
    camera: U64
    camera_km: F64


def crowd_of(monitoring: Monitoring, first: dict[str, int], sensors: int, cells: Cells) -> Crowd:
    """Sort sensors by what hinders them."""
    of, physics = np.zeros(sensors, dtype=np.int8), {means.id: means.physics for means in monitoring.means}
    for unit in monitoring.drones:
        begin = first[f"drones.{unit.id}"]
        of[begin : min((row for row in first.values() if row > begin), default=sensors)] = _DRONE
    for people in monitoring.observers:
        of[first[f"observers.{people.id}"]] = _PEOPLE_A if people.side == "A" else _PEOPLE_B
    keys: list[int] = []
    places: list[float] = []
    for post in monitoring.posts:
        if physics[post.means] in _CAMERA_PHYSICS and post.place is None:
            of[first[f"posts.{post.id}"]] = _POST
            keys += [name_key("post", post.id, number) for number in range(post.sites)]
            places += site_km(post, cells).tolist()
    return Crowd(of, np.array(keys, dtype=np.uint64), np.array(places, dtype=np.float64))


def hindered(looks: Looks, flight: NDArray[np.int32], crowd: Crowd, spells: Obstructions, items: tuple[Obstruction, ...],
             cells: Cells) -> tuple[Looks, NDArray[np.int32], Cost]:
    """Looks with those lost that obstruction prevents, and what each spell cost, day by day.

    Search legs are lost where their middle lies in a spell, visits where they begin in one; stares are cut at its edges.
    """
    who = crowd.of_sensor[looks.sensor]
    first = np.searchsorted(looks.cell, np.arange(len(cells.km) + 1))
    lost, staring = looks.lost.copy(), np.flatnonzero(who == _POST)
    cost: list[tuple[int, I64, I64]] = []
    for n, (row, form, side, sector, begin, end) in enumerate(zip(
            *(c.tolist() for c in (spells.row, spells.form, spells.side, spells.sector, spells.from_us, spells.to_us)),
            strict=True)):
        if form == DESTRUCTION:
            continue
        there = np.flatnonzero(cells.sector == sector)
        rows = np.arange(first[there[0]], first[there[-1] + 1])
        until = max(end, begin + round(items[row].pause_h * _HOUR_US)) if form == SHOOTING else end
        at = (looks.start_us[rows] + looks.end_us[rows]) // 2 if form == JAMMING else looks.start_us[rows]
        hit = rows[(lost[rows] == MADE) & _meant(form, side, who[rows]) & (at >= begin) & (at < until)]
        lost[hit] = (JAMMED, CONSENT, OTHER)[form]
        cost.append((n, looks.start_us[hit], looks.end_us[hit]))
    looks, flight, destroyed = _without_cameras(looks._replace(lost=lost), flight, staring, crowd, spells, items)
    return looks, flight, _by_day(cost + destroyed)


def _meant(form: int, side: int, who: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Sensors that a form of obstruction by a side hinders: drones, its own guests, or all patrols."""
    if form == JAMMING:
        return np.asarray(who == _DRONE)
    return np.asarray(who == (_PEOPLE_A + side) if form == DENIAL else who >= _PEOPLE_A)


def _without_cameras(looks: Looks, flight: NDArray[np.int32], staring: I64, crowd: Crowd, spells: Obstructions,
                     items: tuple[Obstruction, ...]) -> tuple[Looks, NDArray[np.int32], list[tuple[int, I64, I64]]]:
    """Cut the stares of destroyed cameras at the edges of the time for which they are gone."""
    cost: list[tuple[int, I64, I64]] = []
    rest = Looks._make(column[staring] for column in looks)
    for n in np.flatnonzero(spells.form == DESTRUCTION).tolist():
        gone = crowd.camera[np.abs(crowd.camera_km - spells.km[n]) <= items[int(spells.row[n])].reach_km]
        begin, end = int(spells.from_us[n]), int(spells.to_us[n])
        hit = np.isin(rest.luck, gone) & (rest.lost == MADE) & (rest.start_us < end) & (rest.end_us > begin)
        rest, start, stop = _cut(rest, np.flatnonzero(hit), begin, end)
        cost.append((n, start, stop))
    if not cost:
        return looks, flight, cost
    keep = np.ones(len(looks.cell), dtype=bool)
    keep[staring] = False
    whole, order = joined([Looks._make(column[keep] for column in looks), rest])
    flights = np.concatenate((flight[keep], np.full(len(rest.cell), -1, dtype=np.int32)))
    return whole, flights[order], cost


def _cut(looks: Looks, rows: I64, begin: int, end: int) -> tuple[Looks, I64, I64]:
    """Put what is lost of some stares, and what is left of them, in their place; also begins and ends of what is lost."""
    start, stop = looks.start_us[rows], looks.end_us[rows]
    pieces = [(start, np.minimum(stop, begin), MADE), (np.maximum(start, begin), np.minimum(stop, end), OTHER),
              (np.maximum(start, end), stop, MADE)]
    rest = np.ones(len(looks.cell), dtype=bool)
    rest[rows] = False
    parts = [Looks._make(column[rest] for column in looks)]
    for a, b, fate in pieces:
        some = np.flatnonzero(a < b)
        piece = Looks._make(column[rows[some]] for column in looks)
        parts.append(piece._replace(start_us=a[some], end_us=b[some], centre_us=(a[some] + b[some]) // 2,
                                    lost=np.full(len(some), fate, dtype=np.int8)))
    return Looks._make(np.concatenate(c) for c in zip(*parts, strict=True)), pieces[1][0], pieces[1][1]


def _by_day(cost: list[tuple[int, I64, I64]]) -> Cost:
    """Sum up lost looks by spell and the day on which they begin."""
    rows: list[tuple[int, int, int, int]] = []
    for spell, start, end in cost:
        for day in np.unique(start // _DAY_US).tolist():
            mine = start // _DAY_US == day
            rows.append((spell, int(start[mine].min()), int(end[mine].max()), int(mine.sum())))
    table = np.array(rows, dtype=np.int64).reshape(len(rows), 4)
    return Cost(*(table[:, column] for column in range(4)))


def met_by(spells: Obstructions, cost: Cost, fire: list[tuple[int, int, int]]) -> list[Observation]:
    """Obstruction as the mission learns of it: from the first look lost on a day to the last, told when that one ends.

    The side is that of the spell, or none where nobody can tell; a drone shot at reports it when it happens.
    """
    rows = list(zip(cost.spell.tolist(), cost.from_us.tolist(), cost.to_us.tolist(), strict=True)) + fire
    return [obstructed(spells, spell, max(start, int(spells.from_us[spell])), min(end, int(spells.to_us[spell])), end, number)
            for number, (spell, start, end) in enumerate(rows)]


def obstructed(spells: Obstructions, spell: int, start: int, end: int, told: int, number: int) -> Observation:
    """One fact of obstruction met: a report of no physics class, with begin and end in place of onset and sight.

    Its kind is the form; its `case` is an opaque key that facts of one spell share.
    """
    side = UNATTRIBUTED if spells.anonymous[spell] else int(spells.side[spell])
    return Observation(mix_one(int(spells.id[spell]), number), max(end, start), start, max(told, start), int(spells.cell[spell]),
                       float(spells.km[spell]), int(spells.form[spell]), side, -1, OBSTRUCTED, False, 0.0,
                       int(spells.id[spell]))


def watched_of(monitoring: Monitoring, cells: Cells) -> F64:
    """How much the published plan looks at each sector, per km, with the means that each form hinders, shape (forms, sectors)."""
    km = np.bincount(cells.sector, weights=cells.size_km, minlength=len(cells.sectors))

    def spread(sectors: tuple[str, ...], amount: float, *, sea: bool = False) -> F64:
        mine = cells_of_sectors(cells, sectors, sea=sea)
        share = np.bincount(cells.sector[mine], weights=cells.size_km[mine], minlength=len(cells.sectors))
        return np.asarray(amount * share / share.sum(), dtype=np.float64)

    none = np.zeros(len(cells.sectors))
    physics = {means.id: means.physics for means in monitoring.means}
    drones = sum((spread(unit.patrols, float(unit.orbits), sea=True) for unit in monitoring.drones), none)
    people = sum((spread(p.sectors, p.monitors * p.patrols_per_monitor_day) for p in monitoring.observers), none)
    cameras = sum((spread(p.sectors, float(p.sites)) for p in monitoring.posts if physics[p.means] in _CAMERA_PHYSICS), none)
    return np.stack([drones, people, drones + people, cameras]) / np.maximum(km, 1e-9)


class Barrier:
    """Obstruction in force as a cued drone or a team meets it."""

    def __init__(self, spells: Obstructions, cells: Cells) -> None:
        self.spells, self.sector = spells, cells.sector.tolist()

    def in_force(self, form: int, cell: int, now: int, side: int | None = None) -> list[int]:
        """Spells of a form, and of a side if asked, in force at a cell."""
        s = self.spells
        here = (s.form == form) & (s.sector == self.sector[cell]) & (s.from_us <= now) & (s.to_us > now)
        return np.flatnonzero(here if side is None else here & (s.side == side)).tolist()

    def next_us(self, form: int, cell: int, now: int, end: int) -> int:
        """Begin of the next spell of a form at a cell, at most `end`."""
        s = self.spells
        later = s.from_us[(s.form == form) & (s.sector == self.sector[cell]) & (s.from_us > now)]
        return min(end, int(later.min(initial=end)))


__all__ = ["Barrier", "Cost", "Crowd", "Fire", "crowd_of", "first_over_km", "hindered", "met_by", "obstructed", "watched_of"]
