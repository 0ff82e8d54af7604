"""Formulas beside the simulation: they agree where the law holds, they part where it does not, and say why there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_world import command

from sim.experiment.journal import Outcome
from sim.experiment.twin import FACTS, MARK, _service, counted, sentence, twins
from sim.scenario.reader import read

BUSY = (
    ("days", "4.0"), ("follow_up_h", "0.0"), ("verification.staff.analysts", "2"), ("verification.staff.night_analysts", "2"),
    ("verification.staff.service_law", '"exponential"'), ("verification.staff.service_median_min", "30.0"),
)  # fmt: skip


def outcomes_of(scenario: Any, n: int) -> list[Outcome]:
    from sim.engine import prepare, replicate
    from sim.measure.measures import measure

    prepared, found = prepare(scenario), []
    for r in range(n):
        history = replicate(prepared, seed=3, replication=r)
        rows = [*measure(history, scenario).rows, *counted(history, scenario)]
        found.append(Outcome("p", r, "done", rows=tuple(tuple(row) for row in rows)))
    return found


@pytest.fixture(scope="module")
def whole() -> tuple[Any, list[Outcome]]:
    scenario = read("technical-means", overrides=[("days", "3.0"), ("follow_up_h", "0.0")]).scenario
    return scenario, outcomes_of(scenario, 6)


def test_acts_and_work_agree_with_their_laws(whole: tuple[Any, list[Outcome]]) -> None:
    found = {one.name: one for one in twins(*whole)}
    assert len(found) >= 9 and not any(one.parts for one in found.values())
    assert found["violations_per_day"].formula == pytest.approx(200, rel=0.01)
    kinds = [one.formula or 0.0 for name, one in found.items() if name.startswith("violations_per_day, ")]
    assert sum(kinds) == pytest.approx(found["violations_per_day"].formula)
    assert found["wait_for_analyst_h"].formula is None and "shifts" in found["wait_for_analyst_h"].reason


def test_another_rate_or_another_law_of_service_is_flagged(whole: tuple[Any, list[Outcome]]) -> None:
    scenario, outcomes = whole
    kinds = tuple(k.model_copy(update={"incidents_per_day": 2 * k.incidents_per_day}) for k in scenario.conduct.kinds)
    other = scenario.model_copy(update={"conduct": scenario.conduct.model_copy(update={"kinds": kinds})})
    assert next(one for one in twins(other, outcomes) if one.name == "violations_per_day").parts
    staff = scenario.verification.staff.model_copy(update={"service_log_sd": 1.5})
    slow = scenario.model_copy(update={"verification": scenario.verification.model_copy(update={"staff": staff})})
    found = next(one for one in twins(slow, outcomes) if one.name == "work_on_a_report_h")
    assert found.parts and "they part" in found.told
    assert "They part in work_on_a_report_h" in sentence([one._asdict() for one in twins(slow, outcomes)])


def test_where_no_formula_holds_it_says_why() -> None:
    scenario = read("adaptive-parties", overrides=[("days", "1.0")]).scenario
    rows = (("violations_per_day", "all", "", 5.0, 1.0),)
    found = twins(scenario, [Outcome("p", r, "done", rows=rows) for r in range(3)])
    assert found[0].formula is None and found[0].reason == "parties adapt to what is found"
    assert sentence([one._asdict() for one in found]) == ""


def test_waits_as_erlang_has_them() -> None:
    """A desk of made-up replications with the waits of M/M/2; and one with twice these waits."""
    scenario = read("technical-means", overrides=BUSY).scenario
    from sim.measure.theory import queue

    exact = queue(lam=3.0, mu=2.0, c=2)["Wq"]
    for factor, parts in ((1.0, False), (2.0, True)):
        outcomes = []
        for r in range(20):
            served = 288.0
            waited = factor * exact * served * (1 + 0.01 * (-1) ** r)
            facts = dict(zip(FACTS, (served, waited, served / 2), strict=True))
            rows = tuple((MARK, "fact", name, value, 1.0) for name, value in facts.items())
            outcomes.append(Outcome("p", r, "done", rows=rows))
        found = {one.name: one for one in twins(scenario, outcomes)}["wait_for_analyst_h"]
        assert found.formula == pytest.approx(exact, rel=1e-9) and found.parts is parts


@pytest.mark.parametrize("law", ["lognormal", "exponential", "erlang2", "fixed", "uniform"])
def test_laws_of_service_are_those_of_the_desk(law: str) -> None:
    from sim.verification.work import service_factor

    u = (np.arange(20_000) + 0.5) / 20_000
    drawn = np.array([service_factor(law, float(x), 0.6) for x in u]) * 0.4
    mean, cv2 = _service(law, 0.4, 0.6)
    assert drawn.mean() == pytest.approx(mean, rel=2e-3)
    assert drawn.var() / drawn.mean() ** 2 == pytest.approx(cv2, abs=0.02)


def test_every_run_has_it_in_summary_screen_and_report(small: Path) -> None:
    answer = command(small.parent, "run", "small.toml", "--out", "r", "--workers", "1", real=True)
    assert answer.code == 0, answer.err
    assert "Formulas beside the simulation:" in answer.out
    summary = json.loads((small.parent / "r" / "summary.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in summary["twin"]][:2] == ["violations_per_day", "violations_per_day, small-arms"]
    assert summary["twin"][0]["formula"] == pytest.approx(40.0)
    assert "Formulas beside the simulation" in (small.parent / "r" / "report.html").read_text(encoding="utf-8")
