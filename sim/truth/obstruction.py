"""Obstruction: spells in which a party jams, refuses access, shoots at means or destroys cameras, sector by sector.

A mediator can let it react to monitoring, with a share of the spells going where the published plan looks most.
"""
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.area.line import Cells
from sim.foundation.streams import F64, I64, Streams
from sim.records import Obstructions
from sim.scenario.conduct import Conduct
from sim.scenario.hidden import FORMS, Obstruction
from sim.truth.acts import HOUR_US, normal
from sim.truth.blocks import Block, by_party, drawn
from sim.truth.regimes import Spells, in_force

_DAY_US = 86_400_000_000
_COLUMNS = 6
_ACCEPT, _HOUR, _PLACE, _DURATION, _FOLLOW, _AUTHOR = range(_COLUMNS)


def obstructions_of(conduct: Conduct, cells: Cells, streams: Streams, spells: Spells, watched: F64, *,
                    days: int) -> Obstructions:
    """Draw the spells of obstruction of a run: Poisson in time at the highest regime's rate, thinned to the regime in force.

    Parameters
    ----------
    watched : shape (forms, sectors)
        How much the published plan looks at each sector with the means that a form hinders, in any unit.
    """
    items = conduct.obstruction
    factors = regime_factors(conduct)
    highest = factors.max(axis=0, initial=0.0)
    parties = (conduct.key_a, conduct.key_b)
    sources = [source for row, how in enumerate(items) for source in
               by_party(row, how.id, parties, how.side_a_share, np.full(days, how.spells_per_day * highest[row]))]
    found = drawn("obstruction", sources, streams, columns=_COLUMNS)
    begin = found.day * _DAY_US + (found.draws[:, _HOUR] * _DAY_US).astype(np.int64)
    level = spells.factor[:, None] * factors[spells.regime]
    happens = found.draws[:, _ACCEPT] * highest[found.row] < level[in_force(spells, begin), found.row]
    found, begin = Block._make(column[happens] for column in found), begin[happens]
    cell = _cells(items, cells, found, watched)
    end = begin + np.maximum((_durations_h(items, found) * HOUR_US).astype(np.int64), 1)
    form = np.array([FORMS.index(how.form) for how in items], dtype=np.int64)[found.row]
    anonymous = found.draws[:, _AUTHOR] < np.array([how.unattributed_share for how in items])[found.row]
    order = np.lexsort((found.id, begin))
    columns = (found.id, found.row, form, found.side, cells.sector[cell], cell, cells.km[cell], begin, end, anonymous)
    return Obstructions._make(column[order] for column in columns)


def regime_factors(conduct: Conduct) -> F64:
    """Factor on the rate of each form in each regime, shape (regimes, items): its own, else that of the regime."""
    rows = [[how.regime_factors.get(regime.id, regime.factor) for how in conduct.obstruction] for regime in conduct.regimes]
    return np.array(rows, dtype=np.float64).reshape(len(conduct.regimes), len(conduct.obstruction))


def _durations_h(items: tuple[Obstruction, ...], found: Block) -> F64:
    """Duration of each spell by the law of its form; an exponential one has the median asked for."""
    median = np.array([how.duration_median_h for how in items])[found.row]
    spread = np.array([how.duration_log_sd * (how.duration_law == "lognormal") for how in items])[found.row]
    exponential = np.array([how.duration_law == "exponential" for how in items], dtype=bool)[found.row]
    luck = found.draws[:, _DURATION]
    return np.where(exponential, -np.log1p(-luck) * median / np.log(2), median * np.exp(spread * normal(luck)))


def _cells(items: tuple[Obstruction, ...], cells: Cells, found: Block, watched: F64) -> I64:
    """Cell of each spell: any of its sectors by length, or of those among them that are watched most."""
    cell = np.zeros(len(found.id), dtype=np.int64)
    for row, how in enumerate(items):
        allowed = _allowed(how, cells)
        busiest = allowed[_most(watched[FORMS.index(how.form), cells.sector[allowed]])]
        follows = found.draws[:, _FOLLOW] < how.follows_looks_share
        for there, mine in ((allowed, ~follows), (busiest, follows)):
            which = np.flatnonzero((found.row == row) & mine)
            steps = np.cumsum(cells.size_km[there])
            cell[which] = there[np.searchsorted(steps, found.draws[which, _PLACE] * steps[-1], side="right")]
    return cell


def _allowed(how: Obstruction, cells: Cells) -> I64:
    """Cells in which a form of obstruction can happen."""
    named = np.isin(cells.sector, [cells.sectors.index(name) for name in how.sectors]) if how.sectors else ~cells.sea
    return np.flatnonzero(named)


def _most(watched: F64) -> NDArray[np.bool_]:
    """Where most is watched."""
    return np.asarray(watched >= watched.max(initial=0.0) * (1 - 1e-9))


def nothing() -> Obstructions:
    """No obstruction."""
    whole = np.zeros(0, dtype=np.int64)
    return Obstructions(whole.astype(np.uint64), whole, whole, whole, whole, whole, np.zeros(0), whole, whole,
                        np.zeros(0, dtype=bool))
