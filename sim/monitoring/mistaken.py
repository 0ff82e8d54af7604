"""Mistaken looks: an ordered look at a place where there is nothing may find what it was sent to look for.

A mediator sees here how a second look, or an inspection, can confirm a report that has nothing behind it.
"""
from __future__ import annotations

import numpy as np

from sim.area.line import Cells
from sim.foundation.streams import I64, key_of, luck_of
from sim.monitoring.library import Library
from sim.monitoring.sightings import Sensing, delay_us
from sim.records import UNATTRIBUTED, Acts, Cue, Observation


def mistaken(cue: Cue, luck: int, now: int, there: I64, acts: Acts, library: Library, sensing: Sensing,
             cells: Cells) -> Observation | None:
    """What an ordered look reports of nothing; None where it is right, or where an act of that kind is there to be seen.

    Parameters
    ----------
    luck
        Key of the look.
    there
        Acts in its cell that have begun and whose trace still lives.
    """
    means = int(sensing.means[cue.sensor])
    if not library.mistaken or cue.kind < 0 or np.any(acts.kind[there] == cue.kind):
        return None
    key = key_of(luck, "mistaken", cue.number)
    if luck_of(key, "taken for it") >= library.mistaken[means]:
        return None
    side = int(luck_of(key, "side") * 2) if library.origin[means] else UNATTRIBUTED
    return Observation(key, now, now, now + delay_us(sensing, cue.sensor, luck_of(key, "delay")), cue.cell,
                       float(cells.km[cue.cell]), cue.kind, side, means, int(library.physics[means]),
                       bool(library.images[means]), float(library.error_km[means]), cue.case)
