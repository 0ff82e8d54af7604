"""The rule of the agreement applied to findings by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sim.records import Finding
from sim.scenario.agreement import Agreement, Kind
from sim.verification.verdicts import BREACH, COMPLIANT, UNDETERMINED, called, points_found

H = 3_600_000_000
TERMS = Agreement(kinds=(Kind(id="fire"), Kind(id="zone", points=6.0, grade="confirmed-remote")))
SECTOR = np.array([0, 0, 1, 1])


def finding(
    *, kind: int = 0, side: int = 0, cell: int = 0, onset_h: float = 1.0, found_h: float = 30.0, grade: int = 1
) -> Finding:
    return Finding(1, kind, side, cell, round(onset_h * H), round(found_h * H), round(found_h * H), grade)


def points(*found: Finding) -> np.ndarray:
    return points_found(found, TERMS, SECTOR, sectors=2, periods=3, period_us=24 * H, delay_us=72 * H)


def test_points_go_to_party_sector_and_period_by_estimated_onset() -> None:
    made = points(finding(), finding(side=1, cell=2, onset_h=24.0), finding(side=1, cell=3, onset_h=47.9, kind=1, grade=2))
    assert made.sum() == 8 and made[0, 0, 0] == 1 and made[1, 1, 1] == 7


def test_findings_that_do_not_count() -> None:
    for one in (finding(side=2), finding(grade=0), finding(kind=1, grade=1), finding(onset_h=-1.0), finding(onset_h=72.0)):
        assert points(one).sum() == 0


@pytest.mark.parametrize(("found_h", "counts"), [(96.0, True), (96.001, False)])
def test_findings_count_until_the_verdict(found_h: float, counts: bool) -> None:
    """Verdict on the first day: 72 h after its end."""
    assert points(finding(found_h=found_h)).sum() == float(counts)
    assert points(finding(found_h=found_h + 24, onset_h=25.0)).sum() == float(counts)


def test_points_of_several_findings_add_up() -> None:
    assert points(*[finding()] * 5, finding(kind=1, grade=3))[0, 0, 0] == 11


def test_rule_of_the_verdict() -> None:
    made = called(
        np.array([6.0, 5.9, 5.9, 0.0, 7.0]), np.array([0.0, 0.5, 0.49, 1.0, 1.0]), breach_points=6.0, required_power=0.5
    )
    assert made.tolist() == [BREACH, COMPLIANT, UNDETERMINED, COMPLIANT, BREACH]


@pytest.mark.parametrize(("required", "silent"), [(0.2, 3), (0.5, 2), (0.9, 1)])
def test_silence_is_compliance_with_the_power_asked_for(required: float, silent: int) -> None:
    made = called(np.zeros(4), np.array([0.19, 0.2, 0.5, 0.9]), breach_points=6.0, required_power=required)
    assert made.tolist() == [UNDETERMINED] * (4 - silent) + [COMPLIANT] * silent
