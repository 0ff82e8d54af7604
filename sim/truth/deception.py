"""Deception: violations whose traces name the other party, and like acts that are staged to blame their author.

A mediator sees why two kinds of impact evidence may agree and both be wrong, while a means that senses the origin is not fooled.
"""
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.area.line import Cells
from sim.foundation.streams import F64, I64, U64, mix_name, uniform
from sim.records import Acts
from sim.scenario.hidden import Deception
from sim.truth.acts import HOUR_US


def _drawn(deception: Deception | None, acts: Acts) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Acts after which another is staged, and acts that bear a false flag: drawn once for each act, by its id."""
    if deception is None or not len(acts.id):
        return np.zeros(len(acts.id), dtype=bool), np.zeros(len(acts.id), dtype=bool)
    luck = uniform(mix_name(acts.id, "deception"))
    stages = acts.happens & (luck < deception.share * deception.staged_share)
    return stages, acts.happens & ~stages & (luck < deception.share)


def false_flags(deception: Deception | None, acts: Acts) -> NDArray[np.bool_]:
    """Acts whose impact names the other party, to every means alike."""
    return _drawn(deception, acts)[1]


def staged_of(deception: Deception | None, acts: Acts, cells: Cells, *, horizon_us: int) -> Acts:
    """Acts that were staged, sorted by (onset, id); each has the side of the party that staged it."""
    stages = _drawn(deception, acts)[0]
    models = Acts._make(column[stages] for column in acts)
    return models if deception is None else _staged(deception, models, cells, horizon_us)


def _staged(deception: Deception, models: Acts, cells: Cells, horizon_us: int) -> Acts:
    """Acts staged after true ones by the party that suffered them: same kind and length, some hours later, somewhere else in
    the sector.
    """
    if not len(models.id):
        return models
    ids = mix_name(models.id, "staged")
    wait_h = -np.log1p(-uniform(mix_name(ids, "wait"))) * deception.staged_delay_mean_h
    wait = np.maximum((wait_h * HOUR_US).astype(np.int64), 1)
    cell, km = _elsewhere(cells, models.cell, ids)
    found = models._replace(id=ids, side=1 - models.side, cell=cell, km=km, onset_us=models.onset_us + wait,
                            end_us=models.end_us + wait, trace_us=models.trace_us + wait, depth_km=models.trace_depth_km,
                            anonymous=np.zeros(len(ids), dtype=bool))
    keep = np.flatnonzero(found.onset_us < horizon_us)
    order = keep[np.lexsort((found.id[keep], found.onset_us[keep]))]
    return Acts._make(column[order] for column in found)


def _elsewhere(cells: Cells, cell: I64, ids: U64) -> tuple[I64, F64]:
    """Cell and place anywhere in the sector of each act."""
    size = np.bincount(cells.sector, minlength=len(cells.sectors))
    first = np.searchsorted(cells.sector, np.arange(len(size)))  # cells of a sector stand together
    sector, luck = cells.sector[cell], uniform(mix_name(ids, "place"))
    there = first[sector] + np.minimum((luck * size[sector]).astype(np.int64), size[sector] - 1)
    return there, cells.km[there] + (uniform(mix_name(ids, "within")) - 0.5) * cells.size_km[there]
