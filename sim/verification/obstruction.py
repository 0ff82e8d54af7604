"""Obstruction as the mission counts it: the hours that a party is known to have taken from it, against the hours owed.

A mediator sees a breach by obstruction found by the same rule that makes one, on what the mission met itself.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.area.owed import obstructed_share
from sim.foundation.streams import I64
from sim.records import UNATTRIBUTED, Observation
from sim.scenario.agreement import Agreement


def obstruction_found(met: Sequence[Observation], agreement: Agreement, sector_of_cell: I64, *, sectors: int, periods: int,
                      period_us: int, delay_us: int, local_start_h: float) -> NDArray[np.bool_]:
    """Whether obstruction met and told by the time of each verdict is a breach, shape (2, sectors, periods)."""
    found = np.zeros((2, sectors, periods), dtype=bool)
    named = [seen for seen in met if seen.side != UNATTRIBUTED]
    if not named:
        return found
    side = np.array([seen.side for seen in named], dtype=np.int64)
    sector = sector_of_cell[[seen.cell for seen in named]]
    spells = np.array([(seen.onset_us, seen.seen_us) for seen in named], dtype=np.int64)
    told = np.array([seen.reported_us for seen in named], dtype=np.int64)
    for period in range(periods):
        mine = (told <= (period + 1) * period_us + delay_us) & (spells[:, 0] < (period + 1) * period_us) & (
            spells[:, 1] > period * period_us)
        if mine.any():
            share = obstructed_share(side[mine], sector[mine], spells[mine], agreement, sectors=sectors, periods=periods,
                                     period_us=period_us, local_start_h=local_start_h)
            found[:, :, period] = share[:, :, period] > agreement.breach.obstruction_share
    return found
