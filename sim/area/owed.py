"""Hours of access that a party owes to monitors, and the share of them that obstruction takes.

A mediator applies one and the same rule to what was so and to what the mission met.
"""
from __future__ import annotations

import numpy as np

from sim.foundation.intervals import Windows, clip, intersection, union
from sim.foundation.streams import F64, I64
from sim.scenario.agreement import Agreement

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US


def owed_windows(agreement: Agreement, *, horizon_us: int, local_start_h: float) -> Windows:
    """Hours a day of access that each party owes: `observation_owed_h`, half of them before local noon and half after."""
    half = round(min(agreement.observation_owed_h, 24.0) * _HOUR_US / 2)
    noon = np.arange(-1, horizon_us // _DAY_US + 2) * _DAY_US + round((12.0 - local_start_h) * _HOUR_US)
    return clip(union(np.stack((noon - half, noon + half), axis=1).astype(np.int64)), 0, horizon_us)


def obstructed_share(side: I64, sector: I64, spells: Windows, agreement: Agreement, *, sectors: int, periods: int,
                     period_us: int, local_start_h: float) -> F64:
    """Share of the owed hours in which a party's obstruction is in force, shape (2, sectors, periods).

    Spells of one party in one sector that overlap count once; where no hour is owed the share is 0.
    """
    owed = owed_windows(agreement, horizon_us=periods * period_us, local_start_h=local_start_h)
    due = _by_period(owed, periods, period_us)
    share = np.zeros((2, sectors, periods))
    for place in np.unique(side * sectors + sector).tolist():
        mine = spells[side * sectors + sector == place]
        met = _by_period(intersection(mine, owed), periods, period_us)
        share[place // sectors, place % sectors] = np.where(due > 0, met / np.maximum(due, 1), 0.0)
    return share


def _by_period(windows: Windows, periods: int, period_us: int) -> I64:
    """Length of disjoint windows in each reporting period, in µs."""
    length = np.zeros(periods, dtype=np.int64)
    for start, end in windows.tolist():
        for period in range(max(start // period_us, 0), min((end - 1) // period_us + 1, periods)):
            length[period] += min(end, (period + 1) * period_us) - max(start, period * period_us)
    return length
