"""Verdicts: compliant, breach or undetermined, for each party, sector and period.

A mediator reads the last word of the mission here; silence is compliance only where a breach would have been noticed.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.area.terms import FORBIDDEN, Announced, Terms, covered, deeds, judged
from sim.foundation.streams import F64, I64
from sim.records import UNATTRIBUTED, Finding
from sim.scenario.agreement import GRADES, Agreement

COMPLIANT, BREACH, UNDETERMINED = range(3)
CALLED = ("compliant", "breach", "undetermined")


def points_found(findings: Sequence[Finding], agreement: Agreement, sector_of_cell: I64, *, sectors: int, periods: int,
                 period_us: int, delay_us: int, terms: Terms | None = None, announced: Announced | None = None,
                 standing: int = FORBIDDEN) -> F64:
    """Points that findings with the grade required give to each party, sector and period, by estimated onset and place.

    With `terms`, what each is worth depends on place and time; `standing` = UNDECLARED gives the points that would have been,
    had the party declared its baseline.
    """
    if terms is not None:
        worth = found_points(findings, terms, announced, standing=standing)
    else:
        worth = np.array([agreement.kinds[found.kind].points for found in findings])
    points = np.zeros((2, sectors, periods))
    needed = [GRADES.index(kind.grade) for kind in agreement.kinds]
    for found, own in zip(findings, worth.tolist(), strict=True):
        period = found.onset_us // period_us
        if (found.side != UNATTRIBUTED and 0 <= period < periods and found.grade >= needed[found.kind]
                and found.found_us <= (period + 1) * period_us + delay_us):
            points[found.side, sector_of_cell[found.cell], period] += own
    return points


def found_points(findings: Sequence[Finding], terms: Terms, announced: Announced | None, *, standing: int = FORBIDDEN) -> F64:
    """Points of each finding by the terms, as far as the mission can tell: none for an act that was announced in time."""
    if not findings:
        return np.zeros(0)
    columns = zip(*((f.kind, f.side, f.cell, f.onset_us) for f in findings), strict=True)
    kind, side, cell, onset = (np.array(column, dtype=np.int64) for column in columns)
    known = None if announced is None else np.array([
        covered(terms, announced, kind=f.kind, side=f.side, km=float(terms.km[f.cell]), onset_us=f.onset_us, now_us=f.found_us)
        for f in findings], dtype=bool)
    found, points = judged(terms, deeds(kind, side, cell, onset, depth_km=np.array([f.depth_km for f in findings]),
                                        notified=known))
    return np.where(found == standing, points, 0.0)


def called(points: F64, power: F64, *, breach_points: float, required_power: float, pending: F64 | None = None,
           obstructed: NDArray[np.bool_] | None = None) -> I64:
    """Apply the rule: breach on points or by obstruction, compliant only with power, else undetermined.

    Undetermined also where acts that are measured against a baseline not yet declared (`pending`) would make the breach.
    """
    silent = np.where(power >= required_power, COMPLIANT, UNDETERMINED)
    if pending is not None:
        silent = np.where(points + pending >= breach_points, UNDETERMINED, silent)
    breach = points >= breach_points if obstructed is None else (points >= breach_points) | obstructed
    return np.where(breach, BREACH, silent).astype(np.int64)
