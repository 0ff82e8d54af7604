"""The posterior of a case against Bayes worked by hand, and findings that do not change when only the world does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from reports import OPTICAL, RADAR, THERMAL, H, Office, section, seen

from sim.foundation.scan import NEVER
from sim.measure.theory import FAMILIES
from sim.scenario.verification import Standard
from sim.verification.evidence import CONFIRMED_REMOTE, INDICATIVE, PROBABLE, grade_of
from sim.verification.posterior import (
    NODES,
    Glimpses,
    Hits,
    Knowledge,
    Setting,
    lifetimes,
    noticed,
    posterior,
    silence,
    spread_over,
)
from sim.verification.proof import Proof, proof_of, proven


def knowledge(*pd: float, hidden: float = 0.0, false: float = 0.1, rate: float = 0.2, act_h: float = 1e6,
              trace_h: float = 0.0, trace_pd: float = 0.0, night: float = 0.5) -> Knowledge:
    """One set of beliefs about one kind, one means of each physics class, in one cell."""
    shape = (1, len(pd), 1, NODES)
    law = np.broadcast_to(np.array(pd)[None, :, None, None], shape)
    return Knowledge(law, np.full(shape, trace_pd), np.full((1, 6, 1), hidden), np.full((1, len(pd), 1), false),
                     np.full((1, 1, 1), rate), np.full((1, 1), night), lifetimes(np.array([[act_h * H]])),
                     spread_over(np.array([[trace_h * H]])))


def hits(*rows: tuple[int, int, int]) -> Hits:
    """Reports by (means, trace, asked); the means of a class bears its number."""
    means, trace, asked = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return Hits(means, means, trace, asked)


def glances(means: int, *at_h: float) -> Glimpses:
    n = len(at_h)
    at = np.array(at_h) * H
    return Glimpses(np.full(n, means), np.full(n, means), at, at, np.ones(n), np.ones(n), np.zeros(n))


def weigh(know: Knowledge, reports: Hits, *, usual: tuple[Any, ...] | None = None, quiet: dict[int, Any] | None = None,
          night: bool = False, patch: float = 0.5) -> float:
    chances = usual or tuple(know.act[:, int(m), 0][:, None].repeat(NODES, axis=1) for m in reports.means)
    return float(posterior(know, Setting(0, 0, night, patch), reports, chances, quiet or {})[0])


# ---- Bayes by hand ----------------------------------------------------------------------------------------------------


def test_one_and_two_positive_reports_are_bayes_of_the_textbook() -> None:
    """E03: prior 0.02, tests of 0.9/0.95 and 0.8/0.9, here rates of acts and of false reports in the same place and time."""
    exact = FAMILIES["belief"](prior=0.02, se=0.9, sp=0.95, se2=0.8, sp2=0.9)
    know = knowledge(0.9, 0.8, rate=0.02)
    know = know._replace(false_per_day=np.array([0.98 * 0.05, 0.1])[None, :, None])
    assert weigh(know, hits((0, 0, 0)), patch=1.0) == pytest.approx(exact["ppv"], abs=1e-12)
    assert weigh(know, hits((0, 0, 0), (1, 0, 0)), patch=1.0) == pytest.approx(exact["after_second_pos"], abs=1e-12)


def test_silence_of_a_look_is_what_it_would_have_missed() -> None:
    know = knowledge(0.9, 0.6, rate=0.02, false=0.01)
    before = weigh(know, hits((0, 0, 0)))
    after = weigh(know, hits((0, 0, 0)), quiet={1: silence(know, 0, glances(1, 0.5, 1.0))})
    assert after / (1 - after) == pytest.approx(before / (1 - before) * 0.4**2, rel=1e-4)


def test_what_is_hidden_from_a_class_is_silent_to_it() -> None:
    know = knowledge(0.9, 0.999, hidden=0.3)
    quiet = {1: silence(know, 0, glances(1, *np.linspace(0.1, 2.0, 9).tolist()))}
    after, before = weigh(know, hits((0, 0, 0)), quiet=quiet), weigh(know, hits((0, 0, 0)))
    assert after / (1 - after) == pytest.approx(before / (1 - before) * 0.3, rel=1e-3)


def test_looks_of_one_class_are_not_independent() -> None:
    """Two asked looks of one class that see say less than two of two classes: they share one detectability."""
    know = knowledge(0.5, 0.5)
    spread = np.where(np.arange(NODES) < NODES // 2, 0.1, 0.9)
    know = know._replace(act=np.broadcast_to(spread, know.act.shape))
    odds = [p / (1 - p) for p in (weigh(know, hits((0, 0, 1), (0, 0, 1))), weigh(know, hits((0, 0, 1), (1, 0, 1))))]
    assert odds[0] / odds[1] == pytest.approx((0.1**2 + 0.9**2) / 2 / 0.5**2)


def test_looks_after_the_act_and_its_trace_tell_nothing() -> None:
    know = knowledge(0.9, 0.9, act_h=1.0)
    late = silence(know, 0, glances(1, 900.0))
    assert np.abs(late).max() == 0
    alive = silence(know, 0, glances(1, 1.0))  # at its median half of the lives are over
    assert (alive[0, :, 0] < 0).sum() == NODES // 2


def test_a_trace_is_looked_for_after_the_act() -> None:
    know = knowledge(0.0, 0.0, act_h=1e-3, trace_h=1000.0, trace_pd=0.5)
    assert np.allclose(silence(know, 0, glances(1, 5.0))[0, 2:, 0], math.log(0.5))


def test_a_search_is_a_rate_and_a_stare_tries_what_it_meets() -> None:
    know = knowledge(0.5)
    search = Glimpses(np.array([0]), np.array([0]), np.zeros(1), np.array([2.0 * H]), np.zeros(1), np.ones(1), np.array([3.0]))
    assert np.allclose(silence(know, 0, search), -3.0 * 0.5)
    stare = search._replace(trials=np.array([4.0]), contacts=np.zeros(1))
    assert np.allclose(silence(know, 0, stare), 4 * math.log(0.5))
    brief = knowledge(0.5, act_h=1e-4)
    assert np.allclose(silence(brief, 0, stare), math.log(0.5), rtol=1e-3)


def test_chance_of_being_noticed_at_all() -> None:
    """Glances every hour at an act of exponential life with mean 2 h: 1 − E exp(−rate·life)."""
    know = knowledge(0.4, act_h=2.0 * math.log(2))
    every = glances(0, *(float(h) for h in range(24)))
    found = noticed(know, 0, every, span_us=24.0 * H)
    rate = -math.log(0.6)
    exact = np.mean(1 - np.exp(-rate * know.act_us[0, 0] / H))
    assert found.mean() == pytest.approx(exact, rel=1e-9)
    assert exact == pytest.approx(rate * 2 / (1 + rate * 2), abs=0.03)


def test_night_and_place_enter_the_prior() -> None:
    know = knowledge(0.5, night=0.8)
    day, night = (weigh(know, hits((0, 0, 0)), night=dark) for dark in (False, True))
    assert (night / (1 - night)) / (day / (1 - day)) == pytest.approx(0.8 / 0.2)


# ---- the standard -----------------------------------------------------------------------------------------------------


def test_posterior_takes_the_place_of_kinds_and_of_nothing_else() -> None:
    lone = [seen(1, physics=RADAR)]
    assert grade_of(lone, kinds=2, inspections=frozenset(), sure=True) == PROBABLE
    assert grade_of([*lone, seen(2, physics=OPTICAL)], kinds=2, inspections=frozenset(), sure=False) == INDICATIVE
    assert grade_of([seen(1, party=True)], kinds=2, inspections=frozenset(), sure=True) == INDICATIVE
    many = [seen(1, physics=RADAR), seen(2, images=True), seen(3)]
    assert grade_of(many, kinds=2, inspections=frozenset(), sure=True) == CONFIRMED_REMOTE
    assert grade_of(many[:2], kinds=2, inspections=frozenset(), sure=True) == PROBABLE


def test_a_case_is_confirmed_when_the_posterior_reaches_the_threshold() -> None:
    how = section().model_copy(update={"standard": Standard(rule="posterior", posterior_share=0.8, close_after_h=24.0)})
    office = Office(how)
    asked: list[int] = []

    def by_number(case: Any, evidence: Any) -> float:
        asked.append(len(evidence))
        return 0.45 * len(evidence)

    office.book.posterior = by_number
    office.run(seen(1, 0.0), seen(2, 0.2))
    assert len(office.findings) == 1
    assert (office.findings[0].grade, asked[:2]) == (PROBABLE, [1, 2])
    alone = Office(how)
    alone.book.posterior = by_number
    alone.run(seen(1, 0.0), seen(2, 0.2, km=100.0, physics=THERMAL))
    assert alone.findings == []


# ---- power ------------------------------------------------------------------------------------------------------------


def test_ghosts_are_proven_by_the_same_odds() -> None:
    proof = Proof(np.log(np.array([[3.0], [0.5]])), np.log(np.array([[4.0], [8.0]])), math.log(9.0))
    times = np.array([[5, 9], [9, 5], [7, NEVER], [NEVER, NEVER], [1, 2]], dtype=np.int64)
    found = proven(proof, times, np.zeros(5, dtype=np.int64), np.array([1, 1, 1, 1, 3]))
    # Founding 3 then 8: 24. Founding 0.5 then 4: 2. Alone 3. Nothing. Two kinds where three are wanted.
    assert found.tolist() == [9, NEVER, NEVER, NEVER, NEVER]
    easy = proven(proof._replace(needed=math.log(2.5)), times, np.zeros(5, dtype=np.int64), np.ones(5, dtype=np.int64))
    assert easy.tolist() == [5, NEVER, 7, NEVER, 1]


def test_worth_of_reports_is_that_of_the_sharpest_means_in_use() -> None:
    know = knowledge(0.2, 0.8, 0.99, rate=0.5, false=0.1)
    found = proof_of(know, np.array([0, 0, 1]), np.array([0, 1]), classes=2, patch=0.5, posterior_share=0.9)
    assert math.exp(found.founding[0, 0]) == pytest.approx(0.5 * 0.8 / 0.1)
    assert math.exp(found.further[0, 0]) == pytest.approx(0.8 / 0.05)
    assert found.founding[1, 0] < -20  # nothing of that class is carried
    assert found.needed == pytest.approx(math.log(9.0))
