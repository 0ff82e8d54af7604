"""Force: teams and units at real bases, with notice, readiness, speed, tasks and rest.

A mediator reads response time as order to on station, over real distances; nothing here can be aimed at anyone.
"""
from __future__ import annotations

import heapq
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sim.foundation.geodesy import Place, distance_km
from sim.foundation.streams import luck_of
from sim.records import NEVER
from sim.scenario.area import Area
from sim.scenario.response import Response, Unit

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US


class Move(NamedTuple):
    """A dispatch that was found: which unit, when it moves, arrives and leaves again."""

    unit: int
    moved_us: int
    on_station_us: int
    left_us: int
    distance_km: float


class Errand(NamedTuple):
    """What an order asks of units beside domain and role; an empty one asks nothing."""

    rung: str = ""
    sector: str = ""
    accepted: tuple[str, ...] | None = None
    """Contributions that take part; None = whoever can."""
    spent: tuple[int, ...] = ()
    """Pools that already sent a unit on this order, one entry a unit."""
    kind: str = ""


ANY_ERRAND = Errand()


class Force:
    """The pools of units of a response; each pool is a heap of the times from which its units are free."""

    def __init__(self, section: Response, area: Area) -> None:
        self.units = section.units
        places = {p.id: Place(lat_deg=p.lat_deg, lon_deg=p.lon_deg) for p in area.places}
        self.bases = [places[unit.base] for unit in self.units]
        self.ways = [tuple(places[stop] for stop in unit.via) for unit in self.units]
        self.stations = [places[unit.station] if unit.station else None for unit in self.units]
        by = {one.id: one for one in section.contributions}
        self.from_us = [round(by[u.contribution].from_d * _DAY_US) if u.contribution in by else 0 for u in self.units]
        self.withdrawn_us = [round(by[u.contribution].withdrawn_d * _DAY_US) if u.contribution in by else NEVER
                             for u in self.units]
        if section.straits_closed:
            self.withdrawn_us = [0 if u.beyond_straits else gone for u, gone in zip(self.units, self.withdrawn_us, strict=True)]
        """Instant from which the contribution of each pool is withdrawn; nobody knows it before."""
        self.preferring = any(unit.preference for unit in self.units)
        self.free = [[max(round(unit.ready_d * _DAY_US), begin)] * unit.count
                     for unit, begin in zip(self.units, self.from_us, strict=True)]
        self.lapses = section.when_all_are_out == "lapse"
        if section.teams_from_d or section.teams_ramp_d:
            self._start_teams(section)

    def _start_teams(self, section: Response) -> None:
        """Make verification teams ready one by one, turn about over the pools: team k of n at from + ramp·(k + ½)/n."""
        teams = [(place, number) for number, unit in enumerate(self.units) if unit.role == "team" for place in range(unit.count)]
        for turn, (place, number) in enumerate(sorted(teams)):
            ready = section.teams_from_d + section.teams_ramp_d * (turn + 0.5) / len(teams)
            self.free[number][place] = max(self.free[number][place], round(ready * _DAY_US))

    def dispatch(self, key: int, now: int, *, domain: str, role: str, place: Place, errand: Errand = ANY_ERRAND) -> Move | None:
        """Send the unit whose turn it is, or that can be there first; caveats hold back by the key of the order; None where no
        unit can go."""
        options = [self._option(number, unit, now, place) for number, unit in enumerate(self.units)
                   if unit.domain == domain and unit.role == role and self.withdrawn_us[number] > now
                   and self._allowed(number, unit, errand) and self._willing(key, number, unit)]
        if self.lapses:
            options = [move for move in options if self.free[move.unit][0] <= now]
        if not options:
            return None
        about = (errand.sector, errand.kind)
        best = min(options, key=lambda move: (*self._turn(move, now, about), *self._rank(move, now)))
        unit = self.units[best.unit]
        if unit.task_law == "exponential":
            stay_h = -np.log1p(-luck_of(key, "task")) * unit.task_h
            best = best._replace(left_us=best.on_station_us + round(float(stay_h) * _HOUR_US))
        back = best.on_station_us - best.moved_us
        heapq.heapreplace(self.free[best.unit], best.left_us + back + round(unit.rest_h * _HOUR_US))
        return best

    def _rank(self, move: Move, now: int) -> tuple[int, int, int, int]:
        """Order in which units are chosen: free ones by preference, then who can be there first.

        Without preferences the first to arrive goes, whether it is free now or soon.
        """
        if not self.preferring:
            return 0, 0, move.on_station_us, move.unit
        return int(self.free[move.unit][0] > now), self.units[move.unit].preference, move.on_station_us, move.unit

    def _allowed(self, number: int, unit: Unit, errand: Errand) -> bool:
        """Whether standing caveats, and the contributor's own decision, let a unit take part in an order."""
        if errand is ANY_ERRAND:
            return True
        return (errand.rung not in unit.caveat_rungs and errand.sector not in unit.caveat_sectors
                and (errand.accepted is None or unit.contribution in errand.accepted)
                and errand.spent.count(number) < unit.count)

    def capacity_of(self, contribution: str, now: int, *, domain: str, role: str, rung: str) -> float:
        """Capacity that a contribution could bring to an answer of a domain and role, were it to take part."""
        return sum(unit.capacity * unit.count for number, unit in enumerate(self.units)
                   if unit.contribution == contribution and unit.domain == domain and unit.role == role
                   and rung not in unit.caveat_rungs and self.withdrawn_us[number] > now)

    def _turn(self, move: Move, now: int, about: tuple[str, ...]) -> tuple[bool, int]:
        """Place in the order of preference: pools that are free by their turn in the sector or for the kind, then all others."""
        turns = self.units[move.unit].turns
        turn = next((turns[name] for name in about if name in turns), None) if self.free[move.unit][0] <= now else None
        return turn is None, turn or 0

    def _willing(self, key: int, number: int, unit: Unit) -> bool:
        """Whether no national caveat holds this unit back from this order."""
        return luck_of(key, "caveat", unit.id, number) >= unit.caveat_share

    def _option(self, number: int, unit: Unit, now: int, place: Place) -> Move:
        """When a unit could move and arrive."""
        goal = self.stations[number] or place
        stops = (self.bases[number], *self.ways[number], goal)
        km = sum(_apart_km(a, b) for a, b in pairwise(stops)) * unit.route_factor
        begin = max(round(unit.ready_d * _DAY_US), self.from_us[number])
        ready = on_tour_us(unit, max(self.free[number][0], now), begin_us=begin)
        moved = ready + round(unit.notice_h * _HOUR_US)
        arrived = moved + travel_us(km, unit) + round(unit.load_h * _HOUR_US)
        return Move(number, moved, arrived, arrived + round(unit.task_h * _HOUR_US), km)


@lru_cache(maxsize=65_536)
def _apart_km(base: Place, goal: Place) -> float:
    """Geodesic distance, kept: the same bases send to the same cells again and again."""
    return distance_km(base, goal)


def on_tour_us(unit: Unit, instant_us: int, *, begin_us: int) -> int:
    """First instant, not before the given one, at which a unit is there: tours begin when it is ready, reliefs lie between."""
    if unit.tour_d <= 0 or unit.relief_d <= 0 or instant_us < begin_us:
        return instant_us
    tour, cycle = round(unit.tour_d * _DAY_US), round((unit.tour_d + unit.relief_d) * _DAY_US)
    since = (instant_us - begin_us) % cycle
    return instant_us if since < tour else instant_us + cycle - since


def cleared_us(arrivals: Sequence[tuple[int, float]], area_km2: float) -> int:
    """Instant at which units that arrive one after another have cleared an area together; NEVER where they clear nothing.

    Parameters
    ----------
    arrivals : sequence of (µs, km² a day)
    """
    done, rate, now = 0.0, 0.0, 0
    for when, more in sorted(arrivals):
        if rate > 0 and done + rate * (when - now) / _DAY_US >= area_km2:
            break
        done, rate, now = done + rate * (when - now) / _DAY_US, rate + more, when
    return now + round((area_km2 - done) / rate * _DAY_US) if rate > 0 else NEVER


def travel_us(km: float, unit: Unit) -> int:
    """Time under way: hours of movement, with the rest of each day spent halted where a unit moves only part of it."""
    hours = km / unit.speed_kmh
    halts = max(int(np.ceil(hours / unit.daily_move_h)) - 1, 0)  # none on arrival
    return round((hours + halts * (24 - unit.daily_move_h)) * _HOUR_US)
