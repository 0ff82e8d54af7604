"""Answers in time by three clocks, right beside wrong, the stage that took longest and the member who was waited for."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest

from sim.engine import prepare, replicate
from sim.ledger import History
from sim.measure.answers import answer_counts, due_h, given_h
from sim.measure.measures import measure
from sim.measure.stages import STAGES, answered_cases, spent_hours
from sim.scenario.reader import read
from sim.scenario.scenario import Scenario

THIN = (("days", "3.0"), ("follow_up_h", "24.0"), ("verification.verdicts.ghosts", "2"), ("response.posture_threshold", "1"),
        ("monitoring.posts.impulse-nodes.sites", "150"), ("monitoring.posts.engine-mics.sites", "100"))


@cache
def told(name: str = "ladder-24-72", *more: tuple[str, str]) -> tuple[History, Scenario]:
    from pathlib import Path

    scenario = read(Path(__file__).parents[2] / "scenarios" / f"{name}.toml", overrides=(*THIN, *more)).scenario
    return replicate(prepare(scenario), seed=7, replication=0), scenario


def counts(history: History, scenario: Scenario) -> dict[tuple[str, str, str], tuple[float, float]]:
    return {(c.measure, c.by, c.group): (c.part, c.whole) for c in answer_counts(history, scenario)}


def test_stages_of_every_case_sum_to_the_time_from_act_to_answer() -> None:
    history, _ = told()
    cases = answered_cases(history.tables, history.joined)
    hours = spent_hours(cases.stamps)
    assert len(hours) > 30 and (hours >= 0).all()
    assert hours.sum(axis=1) == pytest.approx(cases.stamps[:, -1] - cases.stamps[:, 0], abs=1e-9)
    acts = history.tables["violations"]
    answered = np.isfinite(acts["answered_h"]) & (acts["counted"] == 1)
    late = dict(zip(acts["onset_h"].tolist(), (acts["answered_h"] - acts["onset_h"]).tolist(), strict=True))
    ends = [late[onset] for onset in cases.stamps[:, 0].tolist()]
    # The table takes an act as answered when it is reported into the case, if that is later; nothing else differs.
    assert len(hours) >= 0.9 * answered.sum() and np.mean(hours.sum(axis=1) <= np.array(ends) + 1e-9) == 1.0


def test_groups_of_stages_add_to_the_whole() -> None:
    history, scenario = told()
    rows = {(r.measure, r.by, r.group): (r.numerator, r.denominator) for r in measure(history, scenario).rows}
    for stage in STAGES:
        whole = rows[f"{stage}_h", "all", ""]
        for by in ("domain", "rung", "procedure"):
            parts = [pair for (name, kind, _), pair in rows.items() if (name, kind) == (f"{stage}_h", by)]
            assert np.array(parts).sum(axis=0) == pytest.approx(whole)
    critical = [pair for (name, _, _), pair in rows.items() if name == "critical_stage_share"]
    assert sum(part for part, _ in critical) == critical[0][1] == rows["detection_h", "all", ""][1]


def test_clocks_count_the_same_answers_against_later_deadlines() -> None:
    """Act before report before finding: by each later clock at least as many are in time, and a rung's own clock is onset."""
    history, scenario = told()
    found = counts(history, scenario)
    onset, logged, finding = (found["deadline_met_share", "clock", clock] for clock in ("onset", "logged", "finding"))
    assert onset == found["deadline_met_share", "all", ""] and onset[1] == logged[1] == finding[1] > 30
    assert onset[0] <= logged[0] <= finding[0] and onset[0] < finding[0]
    rungs = {r.id: r for r in scenario.response.ladder}
    due = due_h(history.tables, rungs)
    assert (due["onset"] == history.tables["orders"]["due_h"]).all() and (due["finding"] >= due["logged"] - 1e-9).all()


def test_shares_in_time_are_counted_by_hand() -> None:
    history, scenario = told()
    found, orders = counts(history, scenario), history.tables["orders"]
    given = given_h(history.tables, {r.id: r for r in scenario.response.ladder})
    for rung in scenario.response.ladder:
        rows = [k for k, name in enumerate(orders["rung"].tolist()) if name == rung.id and orders["triggered_h"][k] < 72]
        met = sum(1 for k in rows if given[k] <= orders["due_h"][k])
        assert found["deadline_met_share", "rung", rung.id] == (met, history.facts[f"asked {rung.id}"])
        assert history.facts[f"asked {rung.id}"] >= len(rows)


def test_answers_that_lapse_are_not_in_time() -> None:
    """A body that refuses everything for one common cause leaves every answer asked for and none given."""
    history, scenario = told("unanimity-of-35", ("response.procedures.all-of-35.common_refusal_share", "1.0"))
    part, whole = counts(history, scenario)["deadline_met_share", "all", ""]
    assert part == 0 and whole > 30


def test_right_false_and_wrong_answers_are_all_answers() -> None:
    history, scenario = told("delegated", ("verification.standard.kinds", "1"))
    found, orders = counts(history, scenario), history.tables["orders"]
    inside = orders["triggered_h"] < 72
    for by in ("domain", "rung", "procedure"):
        totals: Counter[str] = Counter()
        for (name, kind, group), (part, _) in found.items():
            if kind == by and name.endswith("answers_per_30d"):
                totals[group] += part / 30
        assert {g: round(n) for g, n in totals.items()} == Counter(orders[by][inside].tolist())
    every = {r.measure: r.numerator for r in measure(history, scenario).rows if r.by == "all"}
    three = [every[f"{what}_answers_per_30d"] for what in ("true", "false", "wrong_side")]
    assert sum(three) == pytest.approx(30 * inside.sum()) and three[0] > 0 and three[1] > 0


def test_the_member_who_is_waited_for_is_named() -> None:
    """All of three exponential members with medians 12, 6 and 3 h: the slowest is last with chance by inclusion, exclusion."""
    body: Any = (("response.procedures.two-of-three.needed", "3"), ("response.procedures.two-of-three.law", '"exponential"'),
                 ("response.procedures.two-of-three.medians_h", "[12.0, 6.0, 3.0]"),
                 ("response.procedures.two-of-three.refusal_share", "0.0"), ("follow_up_h", "168.0"))
    history, scenario = told("co-chairs", *body)
    found = counts(history, scenario)
    part, whole = found["critical_member_share", "member", "two-of-three/member-1"]
    a, b, c = (1 / m for m in (12, 6, 3))
    last = b / (a + b) + c / (a + c) - (b + c) / (a + b + c)
    assert whole > 40 and abs(part / whole - last) < 4 * math.sqrt(last * (1 - last) / whole)
    assert sum(p for (name, _, _), (p, _) in found.items() if name == "critical_member_share") == whole


def test_members_for_whom_nobody_waited_count_with_no_decision() -> None:
    """Two of five decisions waited for one member and three for another: the third has none of five, not no share at all."""
    history, scenario = told("co-chairs")
    facts = {name: value for name, value in history.facts.items() if not name.startswith("last ")}
    facts |= {"last two-of-three/member-1": 2.0, "last two-of-three/member-3": 3.0}
    found = {group: pair for (name, _, group), pair in counts(history._replace(facts=facts), scenario).items()
             if name == "critical_member_share"}
    assert found == {f"two-of-three/member-{n}": (count, 5.0) for n, count in ((1, 2.0), (2, 0.0), (3, 3.0))}
