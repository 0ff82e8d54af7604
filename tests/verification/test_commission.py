"""The joint commission by hand: whom it hears and when, against the binomial laws of its quorum and of those who contest."""

from __future__ import annotations

from math import comb, sqrt
from typing import Any

import pytest
from reports import FIRE, GRAVE, TERMS, ZONE, H

from sim.foundation.clock import Clock, Rank
from sim.foundation.streams import mix_one, streams_of
from sim.records import Finding
from sim.scenario.commission import Boycott
from sim.scenario.commission import Commission as Section
from sim.verification.commission import Commission


def finding(case: int, kind: int = FIRE, *, at_h: float = 1.0, side: int = 0, grade: int = 1) -> Finding:
    return Finding(case, kind, side, 3, 0, 0, round(at_h * H), grade)


def held(findings: list[Finding], *, until_h: float = 500.0, shown: bool = True, **how: Any) -> Commission:
    """A commission that hears findings when they are made; nobody is absent or contests unless told."""
    section = Section(**({"attend_share": 1.0, "contest_share": (0.0,) * 4, "emergency_h": None} | how))
    clock = Clock()
    commission = Commission(clock, section, TERMS, streams_of(7, 0), shown=lambda _: shown)
    commission.begin(round(until_h * H))
    for found in findings:
        clock.at(found.found_us, Rank.STAFF, 1, commission.submit, found)
    clock.run(round(until_h * H))
    return commission


def heard(commission: Commission) -> dict[int, float]:
    """Hours at which findings were heard."""
    return {case: when / H for case, (_, when) in commission.fate.items() if when >= 0}


def test_capacity_and_order() -> None:
    """Two a sitting: by severity, then by the time of the finding, then by key; the rest wait for the next."""
    asked = [finding(5, at_h=3), finding(4, at_h=3), finding(9, GRAVE, at_h=160), finding(2, ZONE, at_h=9), finding(1, at_h=2)]
    commission = held(asked, cases_per_sitting=2)
    assert heard(commission) == {9: 168.0, 2: 168.0, 1: 336.0, 4: 336.0}
    assert commission.fate[5] == ("waiting", -1)
    assert [s.heard for s in commission.sittings] == [2, 2]


def test_a_finding_of_that_very_instant_is_heard_and_one_without_a_side_never() -> None:
    commission = held([finding(1, at_h=168.0), finding(2, side=2)])
    assert heard(commission) == {1: 168.0}
    assert 2 not in commission.fate


def test_emergency_sittings() -> None:
    """A grave finding is heard after 48 h, with others as grave; one shortly before a regular sitting waits for that."""
    commission = held([finding(1, GRAVE, at_h=10), finding(2, GRAVE, at_h=20), finding(3, at_h=20),
                       finding(4, GRAVE, at_h=150)], emergency_h=48.0)
    assert heard(commission) == {1: 58.0, 2: 58.0, 3: 168.0, 4: 168.0}
    assert [s.when_us / H for s in commission.sittings if s.emergency] == [58.0]


def test_a_boycotted_sitting_agrees_nothing() -> None:
    away = (Boycott(id="b", side="B", from_h=168.0, to_h=336.0),)
    commission = held([finding(1), finding(2, GRAVE, at_h=200)], boycotts=away, emergency_h=48.0)
    assert [(s.when_us / H, s.failed) for s in commission.sittings] == [
        (168.0, "boycott"), (248.0, "boycott"), (336.0, "")]
    assert heard(commission) == {1: 336.0, 2: 336.0}


@pytest.mark.parametrize(("share", "quorum"), [(0.8, 4), (0.6, 5), (0.95, 6)])
def test_quorum(share: float, quorum: int) -> None:
    """Sittings with a quorum of six: the upper tail of the binomial law, within four standard errors of 3,000."""
    n = 3000
    commission = held([], every_h=1.0, until_h=n, attend_share=share, quorum=quorum)
    exact = sum(comb(6, k) * share**k * (1 - share) ** (6 - k) for k in range(quorum, 7))
    met = sum(s.failed == "" for s in commission.sittings) / n
    assert len(commission.sittings) == n
    assert abs(met - exact) < 4 * sqrt(exact * (1 - exact) / n)


@pytest.mark.parametrize("grade", range(4))
@pytest.mark.parametrize("shown", [True, False])
def test_contested_by_grade(grade: int, shown: bool) -> None:
    """The share contested is that of the grade, and 0.2 more, at most all, where the evidence is not shown."""
    n, shares = 4000, (0.9, 0.7, 0.5, 0.3)
    asked = [finding(mix_one(11, number), grade=grade) for number in range(n)]
    commission = held(asked, cases_per_sitting=n, contest_share=shares, shown=shown)
    exact = min(1.0, shares[grade] + (0.0 if shown else 0.2))
    contested = sum(fate == "contested" for fate, _ in commission.fate.values()) / n
    assert abs(contested - exact) <= 4 * sqrt(exact * (1 - exact) / n)


def test_one_finding_more_changes_nobody_elses_luck() -> None:
    asked = [finding(mix_one(3, number), grade=2) for number in range(300)]
    how: dict[str, Any] = {"cases_per_sitting": 1000, "contest_share": (0.5,) * 4}
    fewer, more = held(asked[1:], **how), held(asked, **how)
    assert all(more.fate[case] == fate for case, fate in fewer.fate.items())
    assert len({fate for fate, _ in fewer.fate.values()}) == 2
