"""Cueing: a tip pulls a drone off its patrol or takes a satellite scene, with what is known at that moment.

A mediator sees the price of a second look: the gap that the drone leaves behind it.
"""
from __future__ import annotations

from bisect import bisect_right
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.area.light import Light
from sim.area.line import Cells
from sim.monitoring.drones import Sortie, position_km
from sim.monitoring.patterns import Patrol
from sim.monitoring.satellites import Orders
from sim.records import Cue
from sim.scenario.monitoring import Drones

_HOUR_US = 3_600_000_000


class Flying(NamedTuple):
    """A drone unit in one replication: its flights, the first of their numbers, and its sensors by day and night."""

    unit: Drones
    patrol: Patrol
    sorties: list[Sortie]
    first_flight: int
    sensors: tuple[int, int]
    reclear_us: int = 0
    """Wait before a look outside the sectors that the unit was cleared for."""


class Bought(NamedTuple):
    """A tasked satellite family and the sensor row of its scenes."""

    orders: Orders
    sensor: int


class Diversion(NamedTuple):
    """A flight off its patrol for a while."""

    flight: int
    from_us: int
    to_us: int


def fates(flying: list[Flying]) -> list[tuple[int, int, int]]:
    """For each flight: when it leaves its watch, and from when to when it is jammed; the door knows, the mission does not."""
    return [(s.off_us, s.jam_from_us, s.jam_to_us) for one in flying for s in one.sorties]


class Offer(NamedTuple):
    """A cued look that could be had, and what it costs."""

    cue: Cue
    diversion: Diversion | None
    new_kind: bool
    called_off: Cue | None = None
    """Scene that this one takes the place of; its number is 0 where it was one of the standing plan."""


class Cueing:
    """Means that can take a second look at a place, and what they are committed to."""

    def __init__(self, flying: list[Flying], bought: list[Bought], cells: Cells, light: Light,
                 sensing_physics: NDArray[np.int8], *, dwell_us: int, lost_us: tuple[tuple[int, int], ...] = ()) -> None:
        self.lost_us = lost_us
        self.flying, self.bought, self.cells, self.light = flying, bought, cells, light
        self.physics, self.dwell_us = sensing_physics.tolist(), dwell_us
        self.busy_until: dict[int, int] = {}
        self.sun_us, self.lit_after = light.edges_us.tolist(), light.lit_after.tolist()
        self.sector = cells.sector.tolist()
        self.started = [[s.start_us for s in f.sorties] for f in flying]
        self.over: dict[int, list[tuple[int, float]]] = {}
        for row, one in enumerate(flying):
            for cell, along in zip(one.patrol.cell.tolist(), one.patrol.along_km.tolist(), strict=True):
                self.over.setdefault(cell, []).append((row, along))

    def drone(self, case: int, number: int, cell: int, known: frozenset[int], now: int) -> Offer | None:
        """Find the drone on patrol that can stare at a cell first; a new kind of evidence goes before an earlier look."""
        if any(begin <= now < end for begin, end in self.lost_us):
            return None  # a drone that does not know its place cannot be sent to another
        over = self.over.get(cell, ())
        at_us = self.sector[cell] * self.light.span_us + now
        night = int(not self.lit_after[bisect_right(self.sun_us, at_us) - 1])
        offers = [offer for row, along in over for offer in self._drones(row, along, night, case, number, cell, known, now)]
        return min(offers, key=lambda o: (not o.new_kind, o.cue.start_us, o.cue.sensor)) if offers else None

    def _drones(self, row: int, along_km: float, night: int, case: int, number: int, cell: int, known: frozenset[int],
                now: int) -> list[Offer]:
        """Offers of the flights of one unit that are on station now and not yet committed."""
        flying, offers = self.flying[row], []
        sensor, watch_us = flying.sensors[night], round(flying.unit.endurance_h * _HOUR_US) - 2 * flying.patrol.transit_us
        last = bisect_right(self.started[row], now)
        for index in range(max(0, last - 4 * flying.unit.orbits), last):
            sortie, flight = flying.sorties[index], flying.first_flight + index
            if not sortie.on_us <= now < sortie.off_us or self.busy_until.get(flight, 0) > now:
                continue
            apart = abs(position_km(flying.unit, flying.patrol, sortie, now) - along_km)
            travel = round(max(apart - flying.unit.reach_km / 2, 0.0) / flying.unit.speed_kmh * _HOUR_US)
            outside = not 0 <= along_km <= flying.patrol.length_km
            begin = now + travel + (flying.reclear_us if outside else 0)
            # What is known now: whether it is jammed, and when it is meant to leave; not what will still befall it.
            if sortie.jam_from_us <= now < sortie.jam_to_us or begin + self.dwell_us > sortie.on_us + watch_us:
                continue
            cue = Cue(case, number, sensor, cell, begin, begin + self.dwell_us, flight=flight)
            away = Diversion(flight, now, begin + self.dwell_us + travel)
            offers.append(Offer(cue, away, self.physics[sensor] not in known))
        return offers

    def commit(self, offer: Offer) -> None:
        """Mark a flight as taken until it is back on its patrol."""
        if offer.diversion is not None:
            self.busy_until[offer.diversion.flight] = offer.diversion.to_us

    def scene(self, case: int, number: int, cell: int, known: frozenset[int], now: int, *, until_us: int,
              only_new: bool, points: float = inf) -> Offer | None:
        """Order the next scene of the family that brings a new kind of evidence, else (unless `only_new`) of any."""
        ranked = sorted(self.bought, key=lambda b: (self.physics[b.sensor] in known, b.sensor))
        for bought in ranked:
            if only_new and self.physics[bought.sensor] in known:
                continue
            row, gone = bought.orders.take(cell, now, until_us=until_us, points=points, case=case, number=number)
            if row is not None:
                lost = None if gone is None else _scene(bought, gone.row, gone.case, gone.number)
                return Offer(_scene(bought, row, case, number), None, self.physics[bought.sensor] not in known, lost)
        return None


def _scene(bought: Bought, row: int, case: int, number: int) -> Cue:
    """The look of one pass of a family that is bought by the scene."""
    passes = bought.orders.passes
    time = int(passes.time_us[row])
    return Cue(case, number, bought.sensor, int(passes.cell[row]), time, time, luck=int(passes.luck[row]))
