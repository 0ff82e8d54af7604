"""Satellites: which passes a family makes over each cell, which it images, and which scenes the mission may order.

A mediator sees here that a satellite overhead is not a look: scenes are few, orders take time, and clouds belong to all.
"""
from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

import numpy as np

from sim.area.line import Cells
from sim.area.weather import Sky, clouded
from sim.foundation.streams import I64, U64, mix64, name_key
from sim.monitoring.looks import CLOUD, MADE, Looks, glances, no_looks
from sim.monitoring.startup import available_us
from sim.scenario.monitoring import Means, Satellites

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
    begin, end = round(family.available_from_d * _DAY_US), round(family.withdrawn_from_h * _HOUR_US)
    keep = (time_us >= begin) & (time_us < end)
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


def satellite_looks(passes: Passes, rows: I64, sensor: int, means: int, what: Means, cells: Cells, sky: Sky) -> Looks:
    """Looks of the imaged passes; optical ones are lost to the cloud that all looks at a place share."""
    if not len(rows):
        return no_looks()
    cell, time = passes.cell[rows], passes.time_us[rows]
    lost = np.full(len(rows), MADE)
    if what.stopped_by_cloud:
        lost[clouded(sky, cells.sector[cell], time)] = CLOUD
    return glances(passes.luck[rows], cell, time, time, sensor, means, lost)


class Orders:
    """Scenes that the mission may still order from one tasked family, day by day."""

    def __init__(self, family: Satellites, passes: Passes, standing: I64) -> None:
        self.family, self.passes = family, passes
        self.taken = set(standing.tolist())
        self.left: dict[int, int] = {}
        self.times: dict[int, tuple[int, list[int]]] = {}
        self.daily = family.scenes_per_day - round(family.scenes_per_day * family.standing_share)

    def order(self, cell: int, now_us: int, *, until_us: int) -> int | None:
        """Take the next free pass over a cell after the reaction time; returns its row, or None within the time given."""
        if cell not in self.times:
            low, high = np.searchsorted(self.passes.cell, [cell, cell + 1]).tolist()
            self.times[cell] = (low, self.passes.time_us[low:high].tolist())
        first, times = self.times[cell]
        index = bisect_left(times, now_us + round(self.family.reaction_h * _HOUR_US))
        while index < len(times) and times[index] <= until_us:
            day, row = times[index] // _DAY_US, first + index
            if self.left.get(day, self.daily) <= 0:
                index = bisect_left(times, (day + 1) * _DAY_US)
            elif row in self.taken:
                index += 1
            else:
                self.taken.add(row)
                self.left[day] = self.left.get(day, self.daily) - 1
                return row
        return None
