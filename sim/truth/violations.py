"""Candidates: the acts that may happen, drawn by day, kind and party, so that every design meets the same world.

A mediator finds for each act who, where, when, for how long, and whether its trace outlives it.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.area.line import Cells
from sim.foundation.streams import F64, I64, U64, Rekeyed, Streams, mix64
from sim.records import Acts
from sim.scenario.agreement import Agreement
from sim.scenario.conduct import Conduct
from sim.scenario.excitation import branching, first_share
from sim.truth.acts import ACCEPT, CELL, DRAWS, HOUR, HOUR_US, NIGHT, WITHIN, Births, acts_of, laws_of
from sim.truth.offspring import Grown, Lineage, Setting, draws_of, grown
from sim.truth.regimes import Spells, factors, in_force, levels, reachable, spells_of

_DAY_US = 86_400_000_000
_NEVER = 2**62


class Truth(NamedTuple):
    """What one replication's parties do: candidates sorted by (onset, id), the spells of regimes, and where a cap cut them."""

    acts: Acts
    spells: Spells
    cut_us: int
    """Onset of the last act that `conduct.max_acts` allows; −1 where it was not reached."""
    lineage: Lineage | None = None
    """What decides at its onset whether each act happens, where parties adapt: `acts` are then those that may happen."""


def hot_spots(conduct: Conduct, cells: Cells, streams: Streams) -> F64:
    """Cumulative weights of the cells of the line: lognormal with the Gini asked for, in a drawn order.

    A lognormal has Gini = 2Φ(σ/√2) − 1 and Lorenz curve Φ(Φ⁻¹(p) − σ), of which each cell takes one step (Aitchison and
    Brown 1957).
    """
    from scipy.special import ndtr, ndtri

    land = np.flatnonzero(~cells.sea)
    sigma = np.sqrt(2) * ndtri((conduct.hot_spots.gini + 1) / 2)
    weight = np.diff(ndtr(ndtri(np.arange(len(land) + 1) / len(land)) - sigma))
    order = np.argsort(streams.generator("hot-spots").random(len(land)), kind="stable")
    return np.asarray(np.cumsum(weight[order]) / weight.sum(), dtype=np.float64)


def candidates(conduct: Conduct, agreement: Agreement, cells: Cells, streams: Streams, *, days: int,
               local_start_h: float) -> Acts:
    """Draw the candidates of a run, also those that do not happen; see `truth_of`."""
    return truth_of(conduct, agreement, cells, streams, days=days, local_start_h=local_start_h, all_candidates=True).acts


def truth_of(conduct: Conduct, agreement: Agreement, cells: Cells, streams: Streams, *, days: int, local_start_h: float,
             all_candidates: bool = False, traced: bool = False) -> Truth:
    """Draw immigrants of all kinds, parties and days at the highest regime's rate, thin them to the regime in force at their
    onset (Lewis and Shedler 1979), and let those that happen have offspring; keep what happens, or all candidates.
    `traced`: keep what decides at its onset whether each act happens, as where parties adapt.
    """
    traced = traced or bool(conduct.adaptation)
    spells = spells_of(conduct, streams, days=days)
    drawn = _drawn(conduct, streams, range(-conduct.history_days, days))
    if not len(drawn.id):
        return Truth(_none(), spells, -1)
    laws, accept = laws_of(conduct, agreement), _accept(conduct, spells)
    if not all_candidates:
        drawn = _kept(drawn, drawn.draws[:, ACCEPT] < accept.max(axis=0)[drawn.kind])
    onset = drawn.day * _DAY_US + (hours_of(laws.night_share[drawn.kind], drawn.draws, local_start_h) * HOUR_US).astype(np.int64)
    chance = accept[in_force(spells, onset), drawn.kind]
    happens = drawn.draws[:, ACCEPT] < chance
    cell = _cells(laws.at_sea[drawn.kind], cells, hot_spots(conduct, cells, streams), drawn.draws[:, CELL])
    km = cells.km[cell] + (drawn.draws[:, WITHIN] - 0.5) * cells.size_km[cell]
    found = grown(Births(drawn.id, drawn.kind, drawn.side, cell, km, onset, happens),
                  Setting(conduct, spells, cells, days * _DAY_US),
                  drawn.draws[:, ACCEPT] / np.maximum(chance, 1e-300) if traced else None)
    order = _order(found, all_candidates=all_candidates)
    draws = np.concatenate((drawn.draws, draws_of(found.births.id[len(drawn.id):])))[order]
    lineage = Lineage._make(column[order] for column in found.lineage) if traced else None
    return Truth(acts_of(laws, cells, Births._make(column[order] for column in found.births), draws), spells, found.cut_us,
                 lineage)


def _order(found: Grown, *, all_candidates: bool) -> I64:
    """Rows of the acts within the run, up to the cap, in order of onset and id."""
    births, last = found.births, found.cut_us if found.cut_us >= 0 else _NEVER
    inside = np.flatnonzero((births.onset_us >= 0) & (births.onset_us <= last) & (all_candidates | births.happens))
    onset = births.onset_us[inside]
    order = np.argsort(onset, kind="stable")
    # Two acts in one microsecond are rare; only then do their ids matter.
    return inside[np.lexsort((births.id[inside], onset)) if (np.diff(onset[order]) == 0).any() else order]


def _none() -> Acts:
    """Return a world in which nothing can happen."""
    whole, real, flag = np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=bool)
    return Acts(whole.astype(np.uint64), whole, whole, whole, real, real, real, whole, whole, whole, whole, flag, flag)


def expected_candidates(conduct: Conduct, *, days: float) -> float:
    """Expected number of candidates, for the cap that is checked before anything is drawn: immigrants at the highest regime's
    rate, and offspring as many as the worst regime that the run can be in would bring for ever.
    """
    names, rate = [how.id for how in conduct.kinds], np.array([how.incidents_per_day for how in conduct.kinds])
    factor, matrix = factors(conduct), branching(names, conduct.excitation)
    worst = rate * factor[reachable(conduct)].max(axis=0) * first_share(conduct, rate) if names else rate
    offspring = float(np.linalg.solve(np.eye(len(names)) - matrix, worst).sum() - worst.sum()) if conduct.excitation else 0.0
    return float(rate @ factor.max(axis=0) + offspring) * (days + conduct.history_days)


class _Drawn(NamedTuple):
    """Immigrants by identity, kind, side and day, with their draws."""

    id: U64
    kind: I64
    side: I64
    day: I64
    draws: F64


def _kept(drawn: _Drawn, which: NDArray[np.bool_]) -> _Drawn:
    """Keep some immigrants."""
    return _Drawn._make(column[which] for column in drawn)


def _accept(conduct: Conduct, spells: Spells) -> F64:
    """Chance that an immigrant happens, shape (spells, kinds)."""
    first = first_share(conduct, np.array([how.incidents_per_day for how in conduct.kinds]))
    return np.asarray(levels(conduct, spells) / _highest(conduct) * first, dtype=np.float64)


def _highest(conduct: Conduct) -> F64:
    """Highest factor of all regimes on the rate of each kind."""
    return np.asarray(np.maximum(factors(conduct).max(axis=0), 1e-12), dtype=np.float64)


def _drawn(conduct: Conduct, streams: Streams, days: range) -> _Drawn:
    """Immigrants of all kinds and parties, one block a day, from the stream of that kind, party and day."""
    blocks: list[tuple[int, int, int, int, int]] = []
    draws = [np.zeros((0, DRAWS))]
    rekeyed = Rekeyed(streams)
    for row, (how, highest) in enumerate(zip(conduct.kinds, _highest(conduct).tolist(), strict=True)):
        for side, party, share in ((0, conduct.key_a, how.side_a_share), (1, conduct.key_b, 1 - how.side_a_share)):
            rate = how.incidents_per_day * share * highest
            for day in days if rate > 0 else ():
                generator = rekeyed.at("candidates", how.id, party, day)
                count = int(generator.poisson(rate))
                if count:
                    blocks.append((streams.key("candidate", how.id, party, day), row, side, day - days.start, count))
                    draws.append(generator.random((count, DRAWS)))
    table = np.array(blocks, dtype=np.uint64).reshape(len(blocks), 5)
    kind, side_of, day_of, many = (table[:, column].astype(np.int64) for column in range(1, 5))
    number = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    ids = mix64(np.repeat(table[:, 0], many), number) if blocks else table[:, 0]
    return _Drawn(ids, np.repeat(kind, many), np.repeat(side_of, many), np.repeat(day_of + days.start, many),
                  np.concatenate(draws))


def hours_of(night_share: F64, draws: F64, local_start_h: float) -> F64:
    """Hour of each act after the start of its day block, from its share by night (18 h to 6 h local time)."""
    local = draws[:, HOUR] * 12 + np.where(draws[:, NIGHT] < night_share, 18.0, 6.0)
    return (local - local_start_h) % 24


def _cells(at_sea: NDArray[np.bool_], cells: Cells, spots: F64, luck: F64) -> I64:
    """Cell of each act: by hot spots on the line, evenly over the sea areas."""
    sea = np.flatnonzero(cells.sea)
    line = np.searchsorted(spots, luck, side="right").astype(np.int64).clip(0, len(spots) - 1)
    if not len(sea):
        return line
    return np.where(at_sea, sea[np.minimum((luck * len(sea)).astype(np.int64), len(sea) - 1)], line)
