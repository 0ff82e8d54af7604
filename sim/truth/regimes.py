"""The regimes of a run: one for all its days, a dated path, or a hidden chain of truces that fray and are renewed.

A mediator can ask what a design makes of a truce that collapses on day ten, without forecasting politics.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.foundation.streams import F64, I64, Streams
from sim.scenario.conduct import Chain, Conduct

_DAY_US = 86_400_000_000
_ALWAYS = -(2**62)


class Spells(NamedTuple):
    """Spells of regimes in order of time; the first holds since ever."""

    from_us: I64
    regime: I64
    """Number of the regime in `conduct.regimes`."""
    factor: F64
    """Further factor on all rates: below 1 in a spell that began with a recommitment."""


def spells_of(conduct: Conduct, streams: Streams, *, days: int) -> Spells:
    """Regimes of a run of that many days; more days leave the first ones as they were.

    Fixed: `conduct.regime`. Dated: `conduct.path`. Hidden: a semi-Markov chain with exponential stays (`conduct.chain`),
    drawn from the stream "regimes", two draws a spell.
    """
    number = {regime.id: row for row, regime in enumerate(conduct.regimes)}
    first = number[conduct.regime]
    if conduct.chain is not None:
        return _hidden(conduct, conduct.chain, number, streams, days * _DAY_US)
    begin = [_ALWAYS, *(round(step.from_h * _DAY_US / 24) for step in conduct.path)]
    regimes = [first, *(number[step.regime] for step in conduct.path)]
    return Spells(np.array(begin, dtype=np.int64), np.array(regimes, dtype=np.int64), np.ones(len(begin)))


def _hidden(conduct: Conduct, chain: Chain, number: dict[str, int], streams: Streams, horizon_us: int) -> Spells:
    """Draw the chain spell by spell until the horizon."""
    generator = streams.generator("regimes")
    begin, now, name, factor = 0, _ALWAYS, conduct.regime, 1.0
    rows: list[tuple[int, int, float]] = []
    while begin < horizon_us:
        rows.append((now, number[name], factor))
        stay, turn = generator.random(2).tolist()
        begin = now = begin + max(round(float(-np.log1p(-stay)) * chain.mean_stay_d[name] * _DAY_US), 1)
        after = _next(chain.next_share[name], turn)
        fell = conduct.regimes[number[after]].factor < conduct.regimes[number[name]].factor
        name, factor = after, chain.recommitment_factor if fell else 1.0
    columns = list(zip(*rows, strict=True))
    return Spells(np.array(columns[0], dtype=np.int64), np.array(columns[1], dtype=np.int64), np.array(columns[2]))


def _next(shares: dict[str, float], luck: float) -> str:
    """Regime that follows, by its share."""
    names = [name for name, share in shares.items() if share > 0]
    steps = np.cumsum([shares[name] for name in names])
    return names[min(int(np.searchsorted(steps, luck * steps[-1], side="right")), len(names) - 1)]


def factors(conduct: Conduct) -> F64:
    """Factor on the rate of each kind in each regime, shape (regimes, kinds of `conduct.kinds`)."""
    rows = [[regime.factor * regime.kind_factors.get(how.id, 1.0) for how in conduct.kinds] for regime in conduct.regimes]
    return np.array(rows, dtype=np.float64).reshape(len(conduct.regimes), len(conduct.kinds))


def levels(conduct: Conduct, spells: Spells) -> F64:
    """Factor on the rate of each kind in each spell, shape (spells, kinds)."""
    return factors(conduct)[spells.regime] * spells.factor[:, None]


def in_force(spells: Spells, at_us: I64) -> I64:
    """Spell in which each instant lies."""
    return np.searchsorted(spells.from_us, at_us, side="right") - 1


def reachable(conduct: Conduct) -> list[int]:
    """Regimes that a run can be in."""
    names = {conduct.regime, *(step.regime for step in conduct.path)}
    if conduct.chain is not None:
        names |= {name for row in conduct.chain.next_share.values() for name, share in row.items() if share > 0}
    return [row for row, regime in enumerate(conduct.regimes) if regime.id in names]
