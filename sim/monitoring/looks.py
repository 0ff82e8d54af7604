"""The table of looks: every opportunity to see a cell, made or lost, with the reason where it was lost.

A mediator can follow from here why a place was not seen: night, cloud, weather on the ground, jamming, consent, diversion.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.foundation.scan import GLANCE, STARE, LookTable
from sim.foundation.streams import F64, I64, U64
from sim.scenario.monitoring import PHYSICS

MADE, NIGHT, CLOUD, WEATHER, JAMMED, CONSENT, DIVERTED, OTHER = range(8)
REASONS = ("made", "night", "cloud", "weather", "jammed", "consent", "diverted", "other")


class Looks(NamedTuple):
    """Looks of all sensors, one row each; `means` is the row of the library, `lost` a reason."""

    luck: U64
    cell: I64
    start_us: I64
    end_us: I64
    centre_us: I64
    sensor: NDArray[np.int32]
    means: NDArray[np.int16]
    law: NDArray[np.int8]
    condition: F64
    lost: NDArray[np.int8]


def no_looks() -> Looks:
    """An empty table."""
    whole = np.zeros(0, dtype=np.int64)
    return Looks(whole.astype(np.uint64), whole, whole, whole, whole, whole.astype(np.int32), whole.astype(np.int16),
                 whole.astype(np.int8), np.zeros(0), whole.astype(np.int8))


def joined(parts: list[Looks]) -> tuple[Looks, I64]:
    """Several tables as one, sorted by cell, start and luck whatever the order of the parts; and the order taken."""
    whole = Looks._make(np.concatenate(column) for column in zip(*parts, strict=True)) if parts else no_looks()
    order = _sorted(whole)
    return Looks._make(column[order] for column in whole), order


def _sorted(looks: Looks) -> I64:
    """Order by cell, start and luck; luck is looked at only where cell and start are the same, which is rare."""
    place = looks.cell * (int(looks.start_us.max(initial=0)) + 1) + looks.start_us
    order = np.argsort(place)  # whatever it does with ties, they are put in order below
    same = np.diff(place[order]) == 0
    tied = np.flatnonzero(np.concatenate(([False], same)) | np.concatenate((same, [False])))
    among = order[tied]
    order[tied] = among[np.lexsort((looks.luck[among], place[among]))]
    return order.astype(np.int64)


class Tables(NamedTuple):
    """Looks that were made, split by physics class; `rows` leads back to the whole table."""

    looks: Looks
    tables: tuple[LookTable, ...]
    rows: tuple[I64, ...]


def by_physics(looks: Looks, physics_of_means: NDArray[np.int8], cells: int, *, bin_us: int) -> Tables:
    """Split the looks that were made into one sorted table for each physics class."""
    tables, rows = [], []
    made = looks.lost == MADE
    physics = physics_of_means[looks.means] if len(looks.means) else np.zeros(0, dtype=np.int8)
    for number in range(len(PHYSICS)):
        mine = np.flatnonzero(made & (physics == number))
        rows.append(mine)
        tables.append(table_of(looks, mine, cells, bin_us=bin_us))
    return Tables(looks, tuple(tables), tuple(rows))


def table_of(looks: Looks, mine: I64, cells: int, *, bin_us: int) -> LookTable:
    """Table for searching from some rows of the looks (which are sorted by cell and start)."""
    cell, start = looks.cell[mine], looks.start_us[mine]
    longest = np.zeros(cells, dtype=np.int64)
    if len(mine):
        first = np.flatnonzero(np.diff(cell, prepend=-1))
        longest[cell[first]] = np.maximum(np.maximum.reduceat(looks.end_us[mine] - start, first), 0)
    span = int(start.max(initial=0)) + 2
    return LookTable(looks.luck[mine], looks.sensor[mine], start, looks.end_us[mine], looks.centre_us[mine], looks.law[mine],
                     looks.condition[mine], cell * span + start, longest, span, bin_us)


def glances(luck: U64, cell: I64, start_us: I64, end_us: I64, sensor: int, means: int, lost: NDArray[np.int8]) -> Looks:
    """Looks of one sensor that see at once, with full condition where they are made."""
    n = len(luck)
    return Looks(luck, cell.astype(np.int64), start_us, end_us, (start_us + end_us) // 2, np.full(n, sensor, dtype=np.int32),
                 np.full(n, means, dtype=np.int16), np.full(n, GLANCE, dtype=np.int8), np.ones(n), lost.astype(np.int8))


def stares(luck: U64, cell: I64, start_us: I64, end_us: I64, sensor: int, means: int, lost: NDArray[np.int8],
           at_m: I64 | None = None) -> Looks:
    """Looks of a sensor that stands and stares, with one trial in each bin of the clock; `at_m` is its place along the line."""
    looks = glances(luck, cell, start_us, end_us, sensor, means, lost)._replace(law=np.full(len(luck), STARE, dtype=np.int8))
    return looks._replace(centre_us=np.full(len(luck), -1) if at_m is None else at_m)
