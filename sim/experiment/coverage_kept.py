"""Coverage of the first history of a run, kept in its folder, so that its report can draw it without simulating again.

A mediator gets the pictures of who looks where and when with every run; the verb `coverage` has the full tables.
"""
from __future__ import annotations

import json
from typing import Any

import numpy as np

from sim.area.line import Cells
from sim.engine import Prepared, play
from sim.experiment import coverage as law
from sim.experiment.coverage import ALL, BIN_H, SIDES, Marey, Region, Study
from sim.experiment.refusals import BadInput
from sim.measure.coverage_figures import (
    CONVENTIONS,
    HOUR_US,
    Figures,
    Looked,
    by_convention,
    gap_histogram,
    gaps_of,
    group_figures,
    members,
    watched_bins,
)

FILE = "coverage-study.json"
SHOWN_H = 96
"""Hours of the line against time that are kept."""
_DIGITS = 4
_WAIT = Figures._fields.index("wait_for_look_h")


def kept(prepared: Prepared, seed: int) -> dict[str, bytes]:
    """File of the run folder with what the pictures of coverage need; none where the line is too short to tell."""
    try:
        regions = law.regions_of(prepared)
    except BadInput:
        return {}
    chronicle = play(prepared, seed=seed, replication=0)
    arms, due = law.arms_of(prepared), np.unique(prepared.layout.sensing.means)
    groups, everywhere = [r.cells for r in regions], regions[-1].cells
    sides: dict[str, Any] = {}
    for side, (looks, means, sensor) in zip(SIDES, law._by_side(chronicle), strict=True):
        if side == "both":
            continue
        bins = [watched_bins(law._only(looks, means == m), bin_us=BIN_H * HOUR_US) for m in due.tolist()]
        count = np.sum(bins or [watched_bins(looks, bin_us=BIN_H * HOUR_US)], axis=0)
        some = [looks, *(law._only(looks, np.isin(sensor, rows)) for rows in arms.values())]
        wait = [one.wait_for_look_h for one in group_figures(looks, means, groups=groups, convention="boundary")]
        sides[side] = {"watched": _short([count[g].mean(axis=0) for g in groups]), "wait_for_look_h": _short(wait),
                       "gap_hours": [_gap_hours(one, everywhere, bins=count.shape[1]) for one in some]}
    whole = {"status": "SIMULATED", "replication": 0, "hours": law._horizon_us(prepared) / HOUR_US, "bin_h": BIN_H,
             "arms": [ALL, *arms], "regions": [[r.id, list(r.sectors), round(r.length_km, 3)] for r in regions],
             "sides": sides, "marey": _marey(law._marey(chronicle, regions))}
    return {FILE: (json.dumps(whole, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n").encode()}


def _short(values: Any) -> list[Any]:
    """Numbers to four places as a list of lists; None stays."""
    array = np.array(values, dtype=np.float64)
    return [[None if np.isnan(v) else round(v, _DIGITS) for v in row] if isinstance(row, list) else
            None if np.isnan(row) else round(row, _DIGITS) for row in array.tolist()]


def _gap_hours(looks: Looked, cells: Any, *, bins: int) -> list[Any]:
    """Hours in gaps by length over all cells, under each convention."""
    every = gaps_of(looks)
    return _short([gap_histogram(by_convention(every, c), member=members(looks.places, cells), bin_h=BIN_H, bins=bins)[1]
                   for c in CONVENTIONS])


def _marey(found: Marey) -> dict[str, Any]:
    bins, shown = SHOWN_H // BIN_H, found.onset_h < SHOWN_H
    return {"patrolled_share": _short(found.patrolled_share[:, :bins]), "passes": found.passes[:, :bins].tolist(),
            "km": _short(found.km[shown]), "onset_h": _short(found.onset_h[shown]), "side": found.side[shown].tolist(),
            "seen": found.seen[shown].astype(int).tolist()}


def study_of(data: bytes, cells: Cells, name: str) -> Study:
    """The study that a run folder keeps, as far as its pictures need it; raises ValueError where it does not fit the cells."""
    whole = json.loads(data)
    number = {sector: row for row, sector in enumerate(cells.sectors)}
    regions = tuple(Region(str(r), tuple(sectors), float(km), np.flatnonzero(np.isin(cells.sector, [number[s] for s in sectors])))
                    for r, sectors, km in whole["regions"])
    arms, sides = tuple(whole["arms"]), whole["sides"]
    bins = len(sides["A"]["watched"][0])
    watched = np.zeros((len(SIDES), len(regions), bins))
    gap_hours = np.zeros((len(SIDES), len(arms), len(CONVENTIONS), len(regions), len(sides["A"]["gap_hours"][0][0])))
    values = np.full((1, len(SIDES), len(arms), len(CONVENTIONS), len(regions), len(Figures._fields)), np.nan)
    for s, side in enumerate(SIDES):
        if side in sides:
            watched[s] = sides[side]["watched"]
            gap_hours[s, :, :, -1] = sides[side]["gap_hours"]
            values[0, s, 0, 0, :, _WAIT] = [np.nan if v is None else v for v in sides[side]["wait_for_look_h"]]
    line = whole["marey"]
    marey = Marey(np.array(line["patrolled_share"], dtype=np.float64), np.array(line["passes"], dtype=np.int64),
                  np.array(line["km"], dtype=np.float64), np.array(line["onset_h"], dtype=np.float64),
                  np.array(line["side"], dtype="U1"), np.array(line["seen"], dtype=bool))
    return Study(name, regions, arms, 1, float(whole["hours"]), values, watched, np.zeros_like(gap_hours), gap_hours, marey)
