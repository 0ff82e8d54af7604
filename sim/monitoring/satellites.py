"""Satellites: which passes a family makes over each cell, which it images, and which scenes the mission may order.

A mediator sees here that a satellite overhead is not a look: scenes are few, orders take time, and clouds belong to all.
"""
from __future__ import annotations

from bisect import bisect_left, insort
from math import inf
from typing import NamedTuple

import numpy as np

from sim.area.line import Cells
from sim.area.weather import Sky, clouded
from sim.foundation.streams import I64, U64, mix64, name_key
from sim.monitoring.looks import CLOUD, MADE, OTHER, Looks, glances, no_looks
from sim.monitoring.startup import available_us
from sim.scenario.monitoring import Means, Monitoring, Satellites

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US


class Passes(NamedTuple):
    """Passes of one family over cells, sorted by (cell, time); `luck` is the id of the look that each could be."""

    cell: I64
    time_us: I64
    satellite: I64
    luck: U64


def passes_from(family: Satellites, cells: Cells, *, cell: I64, time_us: I64, satellite: I64, names: tuple[str, ...],
                pass_number: I64) -> Passes:
    """Give each access window of a family the identity of its look: satellite, pass number and cell, never its order."""
    keep = time_us >= round(family.available_from_d * _DAY_US)
    if family.ramp_d > 0 and len(names):
        ready = available_us(from_d=family.available_from_d, ramp_d=family.ramp_d, members=len(names))
        keep &= time_us >= ready[satellite]
    keys = np.array([name_key("satellite", family.id, name) for name in names], dtype=np.uint64)
    luck = mix64(keys[satellite], pass_number.astype(np.int64).astype(np.uint64) * np.uint64(len(cells.km))
                 + cell.astype(np.uint64)) if len(cell) else np.zeros(0, dtype=np.uint64)
    order = np.lexsort((luck, time_us, cell))
    order = order[keep[order]]
    return Passes(cell[order], time_us[order], satellite[order], luck[order])


def imaged(family: Satellites, passes: Passes, cells: int, *, days: int) -> I64:
    """Rows of the passes that are imaged without being asked: all, or the standing plan of a tasked family.

    The plan takes cells in turn, day by day, each at the first pass over it, so that it needs no luck and no foresight.
    """
    if family.mode == "systematic":
        return np.arange(len(passes.cell))
    scenes = round(family.scenes_per_day * family.standing_share)
    rows = []
    edges = np.searchsorted(passes.cell, np.arange(cells + 1))
    for day in range(days):
        turn = (np.arange(scenes) + day * scenes) % cells if scenes else np.zeros(0, dtype=np.int64)
        for cell in sorted(set(turn.tolist())):
            low, high = edges[cell], edges[cell + 1]
            first = low + np.searchsorted(passes.time_us[low:high], day * _DAY_US)
            if first < high and passes.time_us[first] < (day + 1) * _DAY_US:
                rows.append(int(first))
    return np.array(sorted(rows), dtype=np.int64)


def withdrawn_us(monitoring: Monitoring, operator: str | None, own_h: float = 1e6) -> int:
    """Instant from which something is withdrawn, by itself or with its operator."""
    hours = [one.withdrawn_from_h for one in monitoring.operators if one.id == operator]
    return round(min([own_h, *hours]) * _HOUR_US)


def satellite_looks(passes: Passes, rows: I64, sensor: int, means: int, what: Means, cells: Cells, sky: Sky, *,
                    until_us: int = 2**62) -> Looks:
    """Looks of the imaged passes; optical ones are lost to the cloud that all looks at a place share, and all of them once
    the family is withdrawn: nobody knows before."""
    if not len(rows):
        return no_looks()
    cell, time = passes.cell[rows], passes.time_us[rows]
    lost = np.full(len(rows), MADE)
    if what.stopped_by_cloud:
        lost[clouded(sky, cells.sector[cell], time)] = CLOUD
    lost[time >= until_us] = OTHER
    return glances(passes.luck[rows], cell, time, time, sensor, means, lost)


class Booking(NamedTuple):
    """A scene on order: whose it is (case 0 = the standing plan), what that is worth, and the row of its pass."""

    points: float
    later_us: int
    """Minus its time: of scenes worth the same, the one furthest off is called off first."""
    row: int
    case: int
    number: int


class Orders:
    """Scenes that the mission may still order from one tasked family, day by day."""

    def __init__(self, family: Satellites, passes: Passes, standing: I64, *, until_us: int = 2**62) -> None:
        self.family, self.passes = family, passes
        self.taken = set(standing.tolist())
        self.left: dict[int, int] = {}
        self.times: dict[int, tuple[int, list[int]]] = {}
        self.daily = family.scenes_per_day - round(family.scenes_per_day * family.standing_share)
        self.kept = round(self.daily * family.graver_share)
        self.withdrawn_us, self.slew_us = until_us, round(family.slew_s * 1e6)
        self.busy: dict[int, list[int]] = {}
        self.booked: dict[int, list[Booking]] = {}
        self.called_off = 0
        """Scenes of the standing plan that tips took before it was withdrawn."""
        if family.tips_preempt:
            for row in standing.tolist():
                self._book(Booking(0.0, -int(passes.time_us[row]), row, 0, 0))
        if self.slew_us:
            for row in standing.tolist():
                insort(self.busy.setdefault(int(passes.satellite[row]), []), int(passes.time_us[row]))

    def order(self, cell: int, now_us: int, *, until_us: int, points: float = inf) -> int | None:
        """Take the next free pass over a cell after the reaction time; returns its row, or None within the time given."""
        return self.take(cell, now_us, until_us=until_us, points=points)[0]

    def take(self, cell: int, now_us: int, *, until_us: int, points: float = inf, case: int = -1,
             number: int = 0) -> tuple[int | None, Booking | None]:
        """Take the next pass over a cell after the reaction time: its row, and the scene that was called off for it.

        Part of the scenes of a day may be kept for kinds of many points, and a satellite needs its time to turn. On a day
        without a free scene, the one worth least goes where tips preempt, if it is worth less and can still be called off.
        """
        if now_us >= self.withdrawn_us:
            return None, None
        least = self.kept if points < self.family.graver_points else 0
        if cell not in self.times:
            low, high = np.searchsorted(self.passes.cell, [cell, cell + 1]).tolist()
            self.times[cell] = (low, self.passes.time_us[low:high].tolist())
        first, times = self.times[cell]
        index = bisect_left(times, now_us + round(self.family.reaction_h * _HOUR_US))
        while index < len(times) and times[index] <= until_us:
            day, row = times[index] // _DAY_US, first + index
            full = self.left.get(day, self.daily) <= least
            gone = self._least(day, now_us, points) if full else None
            if full and gone is None:
                index = bisect_left(times, (day + 1) * _DAY_US)
            elif row in self.taken or (self.slew_us and self._turning(row, gone)):
                index += 1
            else:
                if gone is not None:
                    self._call_off(gone)
                self.taken.add(row)
                if self.slew_us:
                    insort(self.busy.setdefault(int(self.passes.satellite[row]), []), times[index])
                self.left[day] = self.left.get(day, self.daily) - 1
                if self.family.tips_preempt:
                    self._book(Booking(points, -times[index], row, case, number))
                return row, gone
        return None, None

    def _book(self, booking: Booking) -> None:
        """Keep a scene among those of its day, the one worth least first."""
        insort(self.booked.setdefault(-booking.later_us // _DAY_US, []), booking)

    def _least(self, day: int, now_us: int, points: float) -> Booking | None:
        """The scene of a day that is worth least, less than a tip, and that can still be called off."""
        recall_us = now_us + round(self.family.reaction_h * _HOUR_US)
        return next((one for one in self.booked.get(day, ()) if one.points < points and -one.later_us >= recall_us), None)

    def _call_off(self, gone: Booking) -> None:
        """Free the pass and the scene of the day that another tip is to have."""
        day, time = -gone.later_us // _DAY_US, -gone.later_us
        self.booked[day].remove(gone)
        self.taken.discard(gone.row)
        self.left[day] = self.left.get(day, self.daily) + 1
        self.called_off += gone.case == 0 and time < self.withdrawn_us
        if self.slew_us:
            self.busy[int(self.passes.satellite[gone.row])].remove(time)

    def _turning(self, row: int, but: Booking | None = None) -> bool:
        """Whether the satellite of a pass takes another scene, `but` one, too close in time to turn between the two."""
        satellite = int(self.passes.satellite[row])
        taken, time = self.busy.get(satellite, []), int(self.passes.time_us[row])
        if but is not None and int(self.passes.satellite[but.row]) == satellite:
            taken = [other for other in taken if other != -but.later_us]
        after = bisect_left(taken, time)
        return any(abs(other - time) < self.slew_us for other in taken[max(after - 1, 0) : after + 1])
