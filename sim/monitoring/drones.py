"""Drones: airframes that rotate over a patrol, break, are repaired, wait for weather, and are jammed or lost.

A mediator sees here how many airframes it takes to keep one in the air, and what a search from it can really cover.
"""
from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.area.light import Light, lit
from sim.area.line import Cells
from sim.area.weather import Sky, clouded, in_spell
from sim.foundation.geodesy import Place, distance_km
from sim.foundation.scan import CUBE, SEARCH, SWEEP
from sim.foundation.streams import I64, Streams, mix64, mix_name, uniform, words
from sim.monitoring import consent
from sim.monitoring.looks import CLOUD, CONSENT, JAMMED, MADE, Looks, no_looks
from sim.monitoring.navigation import without_navigation
from sim.monitoring.patterns import Patrol, place_km, windows
from sim.monitoring.posts import cells_of_sectors
from sim.monitoring.satellites import withdrawn_us
from sim.monitoring.startup import available_us
from sim.scenario.monitoring import Drones, Means, Monitoring

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
_LAWS = {"random": SEARCH, "systematic": SWEEP, "inverse-cube": CUBE}


class Sortie(NamedTuple):
    """One flight of one airframe; times in µs; `lost` tells why nothing, or less, was flown."""

    number: int
    slot: int
    airframe: int
    start_us: int
    on_us: int
    off_us: int
    end_us: int
    jam_from_us: int
    jam_to_us: int
    lost: str


def patrol_of(unit: Drones, monitoring: Monitoring, cells: Cells, base: Place) -> Patrol:
    """Lay the track of a unit over its sectors (no luck)."""
    mine = cells_of_sectors(cells, unit.patrols, sea=True)
    half_km = cells.size_km[mine] / 2
    start, end = float((cells.km[mine] - half_km).min()), float((cells.km[mine] + half_km).max())
    sea = bool(cells.sea[mine[0]])
    near = np.flatnonzero((cells.sea == sea) & (cells.km >= start - unit.reach_km) & (cells.km <= end + unit.reach_km))
    middle = mine[len(mine) // 2]
    there = Place(lat_deg=float(cells.lat_deg[middle]), lon_deg=float(cells.lon_deg[middle]))
    transit = distance_km(base, there) / unit.speed_kmh * _HOUR_US
    first = max(round(unit.available_from_d * _DAY_US), 0)
    offset = consent.track_offset_km(monitoring, unit.side, first, large=unit.large and not sea)
    lanes = () if unit.pattern != "search" else consent.lanes_km(monitoring, unit.side, unit.lanes_km, nearest_km=offset)
    return Patrol(near, cells.km[near] - start, start, end - start, round(transit), lanes[0] if lanes else offset, lanes, sea)


def sorties(unit: Drones, patrol: Patrol, monitoring: Monitoring, sky: Sky, streams: Streams, *,
            horizon_us: int, shot: Callable[[int, int, int, int], int | None] | None = None) -> list[Sortie]:
    """Fly a unit through the horizon: relief on station, crews, turnaround, repair, weather, interference and loss."""
    on_station = round(unit.endurance_h * _HOUR_US) - 2 * patrol.transit_us
    if on_station <= 0 or np.isnan(patrol.offset_km):
        return []
    fleet = _Fleet(unit, streams, shot)
    flown: list[Sortie] = []
    begin = round(unit.available_from_d * _DAY_US)
    wanted = [(begin + slot * on_station // unit.orbits, slot, 0) for slot in range(unit.orbits)]
    if unit.ramp_d > 0:
        first = available_us(from_d=unit.available_from_d, ramp_d=unit.ramp_d, members=unit.orbits)
        wanted = [(int(start), slot, 0) for slot, start in enumerate(first)]
    heapq.heapify(wanted)
    gone = withdrawn_us(monitoring, unit.operator)
    while wanted and wanted[0][0] < min(horizon_us, gone):
        start, slot, number = heapq.heappop(wanted)
        opens, closes = _daily_watch(unit, start + patrol.transit_us)
        if opens > start + patrol.transit_us:
            heapq.heappush(wanted, (opens - patrol.transit_us, slot, number))
            continue
        wait = _grounded_until(unit, monitoring, sky, start)
        if wait > start:
            flown.append(Sortie(number, slot, -1, start, start, start, min(wait, horizon_us), 0, 0, "weather or consent"))
            heapq.heappush(wanted, (wait, slot, number + 1))
            continue
        ready = fleet.ready_us(start)
        if ready is None:
            flown.append(Sortie(number, slot, -1, start, start, start, horizon_us, 0, 0, "no airframe left"))
            continue
        if ready > start:
            flown.append(Sortie(number, slot, -1, start, start, start, min(ready, horizon_us), 0, 0, "no airframe ready"))
            heapq.heappush(wanted, (ready, slot, number + 1))
            continue
        leave = consent.granted_until(consent.permissions(monitoring, unit.side, "drones"), start)
        stay = min(on_station, closes - start - patrol.transit_us)
        sortie = fleet.fly(number, slot, start, patrol.transit_us, stay, min(leave or start, gone))
        flown.append(sortie)
        # Relief is planned for a flight that goes as planned; what breaks is known only when it breaks.
        lead = 0 if sortie.lost in ("failure", "loss", "consent") else patrol.transit_us
        heapq.heappush(wanted, (max(sortie.off_us - lead, start + 1), slot, number + 1))
    return flown


def daily_watch_h(unit: Drones) -> float:
    """Hours of each day on which the unit is meant to be on station."""
    return 24.0 if consent.whole_day(unit.daily_from_h, unit.daily_to_h) else (unit.daily_to_h - unit.daily_from_h) % 24


def _daily_watch(unit: Drones, on_us: int) -> tuple[int, int]:
    """Begin (not before `on_us`) and end of the daily watch that a drone on station at `on_us` can serve."""
    length = round(daily_watch_h(unit) * _HOUR_US)
    if length >= _DAY_US:
        return on_us, 2**62
    since = (on_us - round(unit.daily_from_h * _HOUR_US)) % _DAY_US
    # Nobody takes off for the last minutes of a watch.
    opens = on_us if since == 0 or since < length - _HOUR_US // 4 else on_us + _DAY_US - since
    return opens, opens + length - (since if opens == on_us else 0)


def _grounded_until(unit: Drones, monitoring: Monitoring, sky: Sky, time_us: int) -> int:
    """Earliest time from `time_us` at which consent and weather let the unit take off."""
    spells = consent.permissions(monitoring, unit.side, "drones")
    now = consent.at(spells, time_us)
    if now is None or not now.may_base:
        later = [s.from_us for s in spells if s.from_us > time_us and s.may_base]
        return min(later, default=2**61)
    for limited, name in ((unit.wind_limited, "wind"), (unit.icing_limited, "icing")):
        if limited and bool(in_spell(sky, name, np.array([time_us]))[0]):
            edges = sky.spell_us[name]
            row = int(np.searchsorted(edges, time_us, side="right"))
            return int(edges[row]) if row < len(edges) else 2**61
    return time_us


class _Fleet:
    """Airframes and crews of one unit, each ready from a time; failure clocks run in flight hours of the airframe."""

    def __init__(self, unit: Drones, streams: Streams,
                 shot: Callable[[int, int, int, int], int | None] | None = None) -> None:
        self.unit, self.shot = unit, shot
        self.key = streams.key("sortie", unit.id)
        ready = available_us(from_d=unit.available_from_d, ramp_d=unit.ramp_d, members=unit.airframes)
        self.airframes = [(int(ready[frame]) if unit.ramp_d > 0 else 0, frame) for frame in range(unit.airframes)]
        self.crews = [0] * unit.crews
        self.benches = [0] * unit.repair_crews
        self.broken: list[tuple[int, int]] = []
        """Landed or to land with a failure, by time: which bench is free then shows only when that time has come."""
        self.life = [streams.generator("failure", unit.id, frame) for frame in range(unit.airframes)]
        self.left_us = [round(g.standard_exponential() * unit.failure_mean_h * _HOUR_US) for g in self.life]

    def ready_us(self, now: int) -> int | None:
        """Time from which an airframe and a crew are ready; None when no airframe is left."""
        while self.broken and (not self.airframes or self.broken[0][0] <= max(now, self.airframes[0][0])):
            self._repair()
        return max(self.airframes[0][0], self.crews[0]) if self.airframes else None

    def _repair(self) -> None:
        """Give the next airframe that breaks the bench that is free first: repairs begin in the order of failures.

        Until an airframe is ready nobody takes off, so none can break before those already in the air.
        """
        end, frame = heapq.heappop(self.broken)
        begin = max(self.benches[0], end)
        repaired = begin + round(float(self.life[frame].standard_exponential()) * self.unit.repair_mean_h * _HOUR_US)
        heapq.heapreplace(self.benches, repaired)
        self.left_us[frame] = round(float(self.life[frame].standard_exponential()) * self.unit.failure_mean_h * _HOUR_US)
        heapq.heappush(self.airframes, (max(end + round(self.unit.turnaround_h * _HOUR_US), repaired), frame))

    def fly(self, number: int, slot: int, start: int, transit: int, on_station: int, leave: int) -> Sortie:
        """Fly one sortie and put airframe and crew back with the time at which they are ready again.

        Where consent ends at `leave` the watch ends with it.
        """
        unit = self.unit
        _, frame = heapq.heappop(self.airframes)
        jammed, lost_at, where = self._interference(slot, number)
        on, off, end = start + transit, start + transit + on_station, start + 2 * transit + on_station
        reason = "jammed" if jammed else ""
        jam = (on + round(where * (1 - unit.watch_lost_share) * on_station), round(unit.watch_lost_share * on_station))
        if self.left_us[frame] < end - start:
            off = min(max(start + self.left_us[frame], on), off)
            end, reason = off + transit, "failure"
        if leave < off:
            off, end, reason = max(leave, on), max(leave, on) + transit, "consent"
        flown = end - start
        if lost_at is not None and on + round(lost_at * on_station) < off:
            off = end = on + round(lost_at * on_station)
            reason = "loss"
        hit = self.shot(slot, number, on, off) if self.shot else None
        if hit is not None:
            off = end = hit
            flown, reason = end - start, "loss"
        self._return(frame, end, flown, reason)
        window = (jam[0], min(jam[0] + jam[1], off)) if jammed else (0, 0)
        return Sortie(number, slot, frame, start, on, max(off, on), max(end, on), *window, reason)

    def _interference(self, slot: int, number: int) -> tuple[bool, float | None, float]:
        """Luck of one flight by its key: jammed or not, the share of the watch at which it is lost, place of the jamming."""
        luck = uniform(mix64(mix64(self.key, slot), words(number) * np.uint64(4) + np.arange(4, dtype=np.uint64)))
        jammed = bool(luck[0] < self.unit.interference_share)
        return jammed, float(luck[2]) if jammed and luck[1] < self.unit.loss_share else None, float(luck[3])

    def _return(self, frame: int, end: int, flown: int, reason: str) -> None:
        """Turn an airframe round, repair it or strike it off; free its crew."""
        heapq.heapreplace(self.crews, end + round(self.unit.turnaround_h * _HOUR_US))
        if reason == "loss":
            return
        if reason == "failure":
            heapq.heappush(self.broken, (end, frame))
            return
        self.left_us[frame] -= flown
        heapq.heappush(self.airframes, (end + round(self.unit.turnaround_h * _HOUR_US), frame))


def legs(unit: Drones, patrol: Patrol, flown: list[Sortie], sensors: tuple[int, int], means: tuple[int, int],
         library: tuple[Means, Means], monitoring: Monitoring, cells: Cells, light: Light, sky: Sky, *,
         horizon_us: int) -> tuple[Looks, np.ndarray[tuple[int], np.dtype[np.int32]]]:
    """Search legs: for each pass of each sortie, the time that each cell of the patrol lies within reach.

    Also returns the number of the flight, in the order of `flown`, that each leg belongs to.
    """
    numbers = np.array([n for n, s in enumerate(flown) if s.off_us > s.on_us], dtype=np.int32)
    watch = [flown[n] for n in numbers.tolist()]
    if not watch:
        return no_looks(), numbers
    on, off, slot = (np.array([getattr(s, name) for s in watch], dtype=np.int64) for name in ("on_us", "off_us", "slot"))
    row, leg, start, end, centre, lane = windows(unit, patrol, slot, on, off)
    sortie_key = np.concatenate([mix64(mix_name(words(s.slot), "leg", unit.id), s.number) for s in watch])
    luck = mix64(sortie_key[row][:, None], leg[:, None] * len(cells.km) + patrol.cell)
    keep = (start < end) & (start < horizon_us)
    jam = np.array([(s.jam_from_us, s.jam_to_us) for s in watch], dtype=np.int64)[row]
    middle = (start + end) // 2
    jammed = (middle >= jam[:, :1]) & (middle < jam[:, 1:])
    flat = np.nonzero(keep)
    cell = np.broadcast_to(patrol.cell, keep.shape)[flat]
    looks = _seen(unit, cell, luck[flat], start[flat], end[flat], centre[flat], middle[flat], jammed[flat], sensors,
                  means, library, monitoring, cells, light, sky)
    if len(patrol.lanes_km) > 1:
        looks = looks._replace(sensor=looks.sensor + 2 * lane[flat[0]].astype(np.int32))
    return without_navigation(looks, monitoring.navigation_lost), numbers[row[flat[0]]]


def _seen(unit: Drones, cell: I64, luck: np.ndarray[tuple[int], np.dtype[np.uint64]], start: I64, end: I64, centre: I64,
          middle: I64, jammed: np.ndarray[tuple[int], np.dtype[np.bool_]], sensors: tuple[int, int], means: tuple[int, int],
          library: tuple[Means, Means], monitoring: Monitoring, cells: Cells, light: Light, sky: Sky) -> Looks:
    """Give each leg its means by light, and the reason where it is lost."""
    night = (~lit(light, cells.sector[cell], middle)).astype(np.int64)
    blind = np.array([w.stopped_by_cloud and unit.above_cloud for w in library])[night]
    lost = np.full(len(cell), MADE)
    rows = np.flatnonzero(blind)
    lost[rows[clouded(sky, cells.sector[cell[rows]], middle[rows])]] = CLOUD
    lost[jammed] = JAMMED
    lost[consent.refused(consent.permissions(monitoring, unit.side, "drones"), middle)] = CONSENT
    return Looks(luck, cell, start, end, centre, np.array(sensors, dtype=np.int32)[night],
                 np.array(means, dtype=np.int16)[night], np.full(len(cell), _LAWS[unit.search_law], dtype=np.int8),
                 np.ones(len(cell)),
                 lost.astype(np.int8))


def position_km(unit: Drones, patrol: Patrol, sortie: Sortie, time_us: int) -> float:
    """Place of a drone on patrol along its track: a formula of time, so that a relief flies on where the last one was."""
    return place_km(unit, patrol, sortie.slot, time_us)
