"""Offspring: the acts that an act brings about, as retaliation across the line or as a flare-up on its own side.

A mediator gets truces that flicker in bursts, as real ones do, with every reply drawn by the name of the act it answers.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.area.line import Cells
from sim.foundation.streams import F64, I64, U64, mix64, mix_name, name_key, uniform, words
from sim.scenario.conduct import Conduct, Kernel
from sim.truth.acts import ACCEPT, DRAWS, HOUR_US, Births, chosen, joined, normal
from sim.truth.regimes import Spells, in_force, levels


class Setting(NamedTuple):
    """What offspring meets: how acts beget acts, the regimes of the run, the line, and where the run ends."""

    conduct: Conduct
    spells: Spells
    cells: Cells
    horizon_us: int


class Lineage(NamedTuple):
    """For each act its parent's id (0 = none) and, of the chance left to it by the regimes, the part that its number takes up.

    An act that may happen does so where that part is below the deterrence of the moment.
    """

    parent: U64
    number: F64


class Grown(NamedTuple):
    """Immigrants and all their descendants; `cut_us` is the onset of the last act that the cap allows, −1 = not reached."""

    births: Births
    cut_us: int
    lineage: Lineage


def grown(immigrants: Births, setting: Setting, number: F64 | None = None) -> Grown:
    """Hawkes process in cluster form, generation by generation (Hawkes and Oakes 1974, doi 10.2307/3212693).

    Only acts that happen have offspring. A child lost to a fall of the regime, with chance 1 − m(new)/m(old), does not happen.
    `number`: what `Lineage.number` is for the immigrants.
    """
    level = levels(setting.conduct, setting.spells)
    parts, parents = [immigrants], chosen(immigrants, immigrants.happens)
    lines = [Lineage(np.zeros_like(immigrants.id), np.zeros(len(immigrants.id)) if number is None else number)]
    onsets, cut = _cut(np.zeros(0, dtype=np.int64), parents.onset_us, setting.conduct.max_acts)
    while len(parents.id) and setting.conduct.excitation:
        end = setting.horizon_us if cut < 0 else min(cut + 1, setting.horizon_us)
        broods = [_children(kernel, parents, setting, level, end) for kernel in setting.conduct.excitation]
        brood = joined([born for born, _ in broods])
        parts.append(brood)
        lines += [line for _, line in broods]
        parents = chosen(brood, brood.happens)
        onsets, cut = _cut(onsets, parents.onset_us, setting.conduct.max_acts)
    return Grown(joined(parts), cut, Lineage(*(np.concatenate(column) for column in zip(*lines, strict=True))))


def _cut(onsets: I64, more: I64, most: int) -> tuple[I64, int]:
    """Onsets in the run so far, no more of them than the cap, and the last one that it allows."""
    known = np.concatenate((onsets, more[more >= 0]))
    if len(known) <= most:
        return known, -1
    known = np.sort(known)[: most + 1]
    return known, int(known[most - 1])


def _children(kernel: Kernel, parents: Births, setting: Setting, level: F64, end_us: int) -> tuple[Births, Lineage]:
    """Children of all parents by one kernel, that come before the end."""
    row, number = _family(kernel, parents, [how.id for how in setting.conduct.kinds])
    ids = mix64(mix_name(parents.id[row], "child", kernel.id), number) if len(row) else parents.id[:0]
    gap_h = kernel.delay_h - kernel.memory_h * np.log1p(-_luck(ids, "gap"))
    late = np.minimum(gap_h * HOUR_US, 2.0**61).astype(np.int64)
    onset = parents.onset_us[row] + np.maximum(late, 1)
    stay = onset < end_us
    row, ids, onset = row[stay], ids[stay], onset[stay]
    kind = _kinds(kernel, setting.conduct)[parents.kind[row]]
    side = parents.side[row] if kernel.side == "same" else 1 - parents.side[row]
    cell, km = _places(kernel, setting.cells, parents.cell[row], parents.km[row], _luck(ids, "shift"))
    old = level[in_force(setting.spells, parents.onset_us[row]), kind]
    new = level[in_force(setting.spells, onset), kind]
    luck = draws_of(ids, 1)[:, ACCEPT]
    left = np.divide(new, old, out=np.ones(len(new)), where=new < old)
    return (Births(ids, kind, side, cell, km, onset, luck * old < new),
            Lineage(parents.id[row], np.divide(luck, left, out=luck.copy(), where=left > 0)))


def _family(kernel: Kernel, parents: Births, kinds: list[str]) -> tuple[I64, I64]:
    """Row of the parent of each child and the child's number: Poisson many, by inversion of one draw of the parent."""
    begets = np.array([not kernel.kinds or kind in kernel.kinds for kind in kinds], dtype=bool)[parents.kind]
    luck = uniform(mix_name(parents.id, "offspring", kernel.id)) if len(parents.id) else np.zeros(0)
    count = np.where(begets, np.searchsorted(_poisson(kernel.ratio), luck, side="right"), 0)
    row = np.repeat(np.arange(len(count)), count)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)


def _poisson(mean: float) -> F64:
    """Distribution function of a Poisson number at 0, 1, 2 …, as far as draws on the grid of 2**-53 can tell."""
    from scipy.special import pdtr

    most = int(mean + 12 * np.sqrt(mean) + 30)
    return np.asarray(pdtr(np.arange(most), mean), dtype=np.float64)


def _kinds(kernel: Kernel, conduct: Conduct) -> I64:
    """Kind of the child of each kind."""
    names = [how.id for how in conduct.kinds]
    return np.array([row if kernel.to_kind is None else names.index(kernel.to_kind) for row in range(len(names))])


def _places(kernel: Kernel, cells: Cells, cell: I64, km: F64, luck: F64) -> tuple[I64, F64]:
    """Cell and place along the line: normal about the parent, turned back at the ends; acts at sea stay in their cell."""
    land = np.flatnonzero(~cells.sea)
    if kernel.spread_km == 0 or not len(land):
        return cell, km
    land = land[np.argsort(cells.km[land], kind="stable")]
    low, high = (cells.km - cells.size_km / 2)[land], (cells.km + cells.size_km / 2)[land]
    first, span = low[0], high[-1] - low[0]
    turned = (km + kernel.spread_km * normal(luck) - first) % (2 * span)
    there = first + np.minimum(turned, 2 * span - turned)
    # Between sectors that do not touch lies no cell: the act falls to the nearest one.
    row = np.searchsorted((high[:-1] + low[1:]) / 2, there, side="right")
    stays: NDArray[np.bool_] = cells.sea[cell]
    return np.where(stays, cell, land[row]), np.where(stays, km, np.clip(there, low[row], high[row]))


def _luck(ids: NDArray[np.uint64], purpose: str) -> F64:
    """Fractions of children by name; none for none."""
    return uniform(mix_name(ids, purpose)) if len(ids) else np.zeros(0)


def draws_of(ids: NDArray[np.uint64], columns: int = DRAWS) -> F64:
    """Draws of offspring, shape (acts, columns), each keyed by the act's id and the number of its use."""
    if not len(ids):
        return np.zeros((0, columns))
    return uniform(mix64(mix64(ids, words(name_key("act")))[:, None], np.arange(columns, dtype=np.uint64)[None, :]))
