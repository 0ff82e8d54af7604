"""Verdicts: compliant, breach or undetermined, for each party, sector and period.

A mediator reads the last word of the mission here; silence is compliance only where a breach would have been noticed.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.foundation.streams import F64, I64
from sim.records import UNATTRIBUTED, Finding
from sim.scenario.agreement import GRADES, Agreement

COMPLIANT, BREACH, UNDETERMINED = range(3)
CALLED = ("compliant", "breach", "undetermined")


def points_found(findings: Sequence[Finding], agreement: Agreement, sector_of_cell: I64, *, sectors: int, periods: int,
                 period_us: int, delay_us: int) -> F64:
    """Points that findings with the grade required give to each party, sector and period, by estimated onset and place."""
    points = np.zeros((2, sectors, periods))
    for found in findings:
        period = found.onset_us // period_us
        terms = agreement.kinds[found.kind]
        if (found.side != UNATTRIBUTED and 0 <= period < periods and found.grade >= GRADES.index(terms.grade)
                and found.found_us <= (period + 1) * period_us + delay_us):
            points[found.side, sector_of_cell[found.cell], period] += terms.points
    return points


def called(points: F64, power: F64, *, breach_points: float, required_power: float) -> I64:
    """Apply the rule: breach on points, compliant only with power, else undetermined."""
    silent = np.where(power >= required_power, COMPLIANT, UNDETERMINED)
    return np.where(points >= breach_points, BREACH, silent).astype(np.int64)
