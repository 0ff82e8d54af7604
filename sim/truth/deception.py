"""Deception: violations whose traces name the other party, and like acts that are staged to blame their author.

A mediator sees why two kinds of impact evidence may agree and both be wrong, while a means that senses the origin is not fooled.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.foundation.streams import mix_name, uniform
from sim.records import Acts
from sim.scenario.hidden import Deception
from sim.truth.acts import HOUR_US


class Deceit(NamedTuple):
    """Which acts bear a false flag, and the acts that were staged; a staged act has the side of the party that staged it."""

    false_flag: NDArray[np.bool_]
    staged: Acts


def deceit_of(deception: Deception | None, acts: Acts, *, horizon_us: int) -> Deceit:
    """Draw once for each act, by its id, whether a deception goes with it; every means then meets the same one."""
    if deception is None or not len(acts.id):
        return Deceit(np.zeros(len(acts.id), dtype=bool), Acts._make(column[:0] for column in acts))
    luck = uniform(mix_name(acts.id, "deception"))
    stages = acts.happens & (luck < deception.share * deception.staged_share)
    flagged = acts.happens & ~stages & (luck < deception.share)
    return Deceit(flagged, _staged(deception, Acts._make(column[stages] for column in acts), horizon_us))


def _staged(deception: Deception, models: Acts, horizon_us: int) -> Acts:
    """Acts staged after true ones by the party that suffered them: same kind, place and length, some hours later."""
    if not len(models.id):
        return models
    ids = mix_name(models.id, "staged")
    wait_h = -np.log1p(-uniform(mix_name(ids, "wait"))) * deception.staged_delay_mean_h
    wait = np.maximum((wait_h * HOUR_US).astype(np.int64), 1)
    found = models._replace(id=ids, side=1 - models.side, onset_us=models.onset_us + wait, end_us=models.end_us + wait,
                            trace_us=models.trace_us + wait, depth_km=models.trace_depth_km,
                            anonymous=np.zeros(len(ids), dtype=bool))
    keep = np.flatnonzero(found.onset_us < horizon_us)
    order = keep[np.lexsort((found.id[keep], found.onset_us[keep]))]
    return Acts._make(column[order] for column in found)
