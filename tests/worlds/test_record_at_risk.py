"""Staging, fabrication, one party's radar, a closed archive and falling effort: what each does to wrong accusations and to the
published trend, against the baseline that the scenario names, in pairs that share their luck.

Twenty days, sixteen replications, at a seed not run before. This size is the second one: five replications of twelve days
(seed 20260201) left four of nine directions within three standard errors of zero. It was chosen from a comparison of twelve
replications of thirty days at the scenarios' own seed, in which a closed archive did not change the published trend clearly
(-0.018, -0.039 to 0.004): of that trend nothing is asserted. A direction holds if the 95 % interval does not hold zero.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest
from small_worlds import ROOT, ready

from sim.engine import replicate
from sim.measure.measures import Row, measure
from sim.scenario.reader import read
from sim.scenario.scenario import Scenario

REPLICATIONS = 16
DAYS = 20
FRESH = 20261126
T_95 = 2.131
"""Student's t of 15 degrees of freedom, two-sided."""
HALF_H = DAYS * 12
# Scenario: its baseline, and what moves the hour of the loss into the middle of the days.
DRILLS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "staged-evidence": ("mixed", ()),
    "coordinated-fabrication": ("mixed", ()),
    "one-partys-radar": ("technical-means", ()),
    "archive-suspended": ("technical-means", tuple(
        (f"monitoring.satellites.{one}.withdrawn_from_h", f"{HALF_H}.0") for one in ("skysat-class", "viirs"))),
    "reporting-effort-falls": ("technical-means", tuple(
        (f"monitoring.satellites.{one}.withdrawn_from_h", f"{HALF_H}.0")
        for one in ("iceye-class", "skysat-class", "pleiades-neo-class"))),
}


def scenario(name: str, more: tuple[tuple[str, str], ...] = ()) -> Scenario:
    short = (("days", f"{DAYS}.0"), ("follow_up_h", "24.0"), ("verification.verdicts.delay_h", "24.0"),
             ("verification.verdicts.ghosts", "1"))
    return read(ROOT / "scenarios" / f"{name}.toml", overrides=(*short, *more)).scenario


@cache
def rows_of(name: str, more: tuple[tuple[str, str], ...] = ()) -> tuple[tuple[Row, ...], ...]:
    one = scenario(name, more)
    prepared = ready(one)
    return tuple(measure(replicate(prepared, seed=FRESH, replication=r), one).rows for r in range(REPLICATIONS))


def difference(name: str, wanted: str, *, by: str = "all", group: str = "") -> tuple[float, float]:
    """Mean of the paired differences, scenario less baseline, and its standard error."""
    baseline, more = DRILLS[name]

    def values(rows: tuple[tuple[Row, ...], ...]) -> np.ndarray:
        found = [next(r for r in one if (r.measure, r.by, r.group) == (wanted, by, group)) for one in rows]
        return np.array([row.numerator / row.denominator for row in found])

    apart = values(rows_of(name, more)) - values(rows_of(baseline))
    return float(apart.mean()), float(apart.std(ddof=1) / np.sqrt(len(apart)))


def above(found: tuple[float, float]) -> bool:
    return found[0] > T_95 * found[1]


def below(found: tuple[float, float]) -> bool:
    return found[0] < -T_95 * found[1]


@pytest.mark.parametrize("name", DRILLS)
def test_the_question_names_the_baseline(name: str) -> None:
    said = re.match(r"Against the baseline ([a-z-]+): ", scenario(name).question)
    assert said is not None and said[1] == DRILLS[name][0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["staged-evidence", "coordinated-fabrication", "one-partys-radar"])
def test_deceit_adds_findings_that_accuse_a_party_wrongly(name: str) -> None:
    assert above(difference(name, "wrong_findings_per_30d")), difference(name, "wrong_findings_per_30d")


@pytest.mark.slow
@pytest.mark.parametrize("side", ["A", "B"])
def test_staged_acts_accuse_both_parties(side: str) -> None:
    assert above(difference("staged-evidence", "wrong_findings_per_30d", by="side", group=side))


@pytest.mark.slow
def test_staged_acts_enter_the_record_and_change_no_true_act() -> None:
    assert above(difference("staged-evidence", "reported_ratio"))
    assert difference("staged-evidence", "true_trend") == (0.0, 0.0)


@pytest.mark.slow
def test_falling_effort_makes_the_published_trend_fall_though_the_parties_do_the_same() -> None:
    assert difference("reporting-effort-falls", "true_trend") == (0.0, 0.0)
    for wanted in ("published_trend", "trend_error_effort", "reported_ratio"):
        assert below(difference("reporting-effort-falls", wanted)), (wanted, difference("reporting-effort-falls", wanted))


@pytest.mark.slow
def test_a_closed_archive_takes_acts_out_of_the_record() -> None:
    assert difference("archive-suspended", "true_trend") == (0.0, 0.0)
    assert below(difference("archive-suspended", "reported_ratio")), difference("archive-suspended", "reported_ratio")


@pytest.mark.slow
def test_what_is_not_found_accuses_nobody_wrongly_either() -> None:
    assert below(difference("reporting-effort-falls", "wrong_findings_per_30d"))
