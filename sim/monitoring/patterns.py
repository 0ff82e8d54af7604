"""Patterns of patrol: to and fro along a track, lane after lane of an area, or a ring over one place.

A mediator sees here that the place of a drone is a formula of the clock: whoever relieves it flies on where it was.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.foundation.streams import F64, I64
from sim.scenario.monitoring import Drones

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US


class Patrol(NamedTuple):
    """Where a unit flies: the stretch it covers, its cells, and the way from its base."""

    cell: I64
    """Cells within reach of the track."""
    along_km: F64
    """Place of each cell along the track, from its first end."""
    start_km: float
    length_km: float
    transit_us: int
    offset_km: float
    """Signed distance of the first lane from the line; NaN where the unit may never fly."""
    lanes_km: tuple[float, ...] = ()
    """Signed distances of the lanes of a search; empty = one lane, the track."""
    sea: bool = False


class Windows(NamedTuple):
    """Time that each cell lies within reach in each pass of each flight, shape (passes, cells); `row` numbers the flights."""

    row: I64
    leg: I64
    """Number of the pass within its flight."""
    start: I64
    end: I64
    centre: I64
    lane: I64
    """Lane of each pass."""


def pass_us(unit: Drones, patrol: Patrol) -> int:
    """Time of one pass: the length of the patrol, and the step to the next lane."""
    step_km = max((abs(b - a) for a, b in zip(patrol.lanes_km, patrol.lanes_km[1:], strict=False)), default=0.0)
    return max(round((patrol.length_km + step_km) / unit.speed_kmh * _HOUR_US), 1)


def origin_us(unit: Drones, patrol: Patrol, slot: int) -> int:
    """Instant at which the pattern of one slot began, so that the slots of a unit are spread evenly over one cycle."""
    cycle = 2 * max(len(patrol.lanes_km), 1) * pass_us(unit, patrol)
    return round(unit.available_from_d * _DAY_US) - slot * cycle // unit.orbits


def ring_km(unit: Drones, patrol: Patrol, slot: int) -> float:
    """Middle of the ring of one slot, along the track."""
    return patrol.length_km * (slot + 0.5) / unit.orbits


def place_km(unit: Drones, patrol: Patrol, slot: int, time_us: int) -> float:
    """Place of the drone of a slot along its track: a formula of time, whichever airframe is on station."""
    if unit.pattern == "orbit":
        return ring_km(unit, patrol, slot)
    number, since = divmod(time_us - origin_us(unit, patrol, slot), pass_us(unit, patrol))
    along = min(since / _HOUR_US * unit.speed_kmh, patrol.length_km)
    return patrol.length_km - along if number % 2 else along


def windows(unit: Drones, patrol: Patrol, slot: I64, on: I64, off: I64) -> Windows:
    """When each cell of a patrol lies within reach of the flights of a unit that are on station from `on` to `off`."""
    length = _HOUR_US if unit.pattern == "orbit" else pass_us(unit, patrol)
    origin = on if unit.pattern == "orbit" else np.array([origin_us(unit, patrol, s) for s in slot.tolist()], dtype=np.int64)
    first, last = (on - origin) // length, -((origin - off) // length)
    passes = last - first
    row = np.repeat(np.arange(len(on)), passes)
    leg = np.arange(len(row)) - np.repeat(np.cumsum(passes) - passes, passes)
    number = first[row] + leg
    at = origin[row] + number * length
    begin, stop = np.maximum(at, on[row]), np.minimum(at + length, off[row])
    if unit.pattern == "orbit":
        return _ring(unit, patrol, slot, row, leg, begin, stop)
    lanes = max(len(patrol.lanes_km), 1)
    turn = number % (2 * lanes)
    to_us = _HOUR_US / unit.speed_kmh
    along = np.where(number[:, None] % 2 == 0, patrol.along_km, patrol.length_km - patrol.along_km)
    centre = at[:, None] + (along * to_us).astype(np.int64)
    half = round(unit.reach_km * to_us)
    return Windows(row, leg, np.maximum(centre - half, begin[:, None]), np.minimum(centre + half, stop[:, None]), centre,
                   np.minimum(turn, 2 * lanes - 1 - turn))


def reach_km(unit: Drones) -> float:
    """Reach of a drone's sensor from its track; over a ring, what lies within reach from all of it."""
    return max(unit.reach_km - unit.ring_km, 0.1) if unit.pattern == "orbit" else unit.reach_km


def _ring(unit: Drones, patrol: Patrol, slot: I64, row: I64, leg: I64, begin: I64, stop: I64) -> Windows:
    """Hours over a ring: all cells near its middle are in reach all the time; `centre` is its place on the line in metres."""
    middle = np.array([ring_km(unit, patrol, s) for s in slot[row].tolist()])
    near = np.abs(patrol.along_km - middle[:, None]) <= reach_km(unit) + np.diff(patrol.along_km).max(initial=0.0) / 2
    start = np.broadcast_to(begin[:, None], near.shape)
    end = np.where(near, stop[:, None], start)
    at_m = np.full(len(row), -1) if patrol.sea else np.round((middle + patrol.start_km) * 1000).astype(np.int64)
    return Windows(row, leg, start, end, np.broadcast_to(at_m[:, None], near.shape), np.zeros(len(row), dtype=np.int64))
