"""Verdicts that need no monitoring and regimes, as the screen and the summary show them; two agreements over one truth."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from sim.cli.screen import comparison_document, comparison_screen, verdict_parts
from sim.cli.work import Compared
from sim.engine import prepare, replicate
from sim.experiment.design import Comparison, compare
from sim.experiment.journal import Outcome
from sim.experiment.run_folder import _parts
from sim.experiment.summary import lines
from sim.ledger import History
from sim.measure.measures import CATALOGUE, measure
from sim.scenario.reader import read

ROOT = Path(__file__).parents[2]
SHORT = (("days", "4.0"), ("follow_up_h", "72.0"), ("verification.verdicts.ghosts", "2"))


@cache
def ran(name: str, *more: tuple[str, str]) -> tuple[tuple[Outcome, ...], tuple[History, ...]]:
    """Two replications of four days."""
    scenario = read(ROOT / "scenarios" / f"{name}.toml", overrides=(*SHORT, *more)).scenario
    ready = prepare(scenario)
    histories = tuple(replicate(ready, seed=11, replication=r) for r in range(2))
    return tuple(Outcome("p", r, "done", rows=tuple(tuple(row) for row in measure(history, scenario).rows))
                 for r, history in enumerate(histories)), histories


@cache
def compared() -> Comparison:
    return compare(("terms-narrow", ran("terms-narrow")[0], {}), ("terms-broad", ran("terms-broad")[0], {}), CATALOGUE)


def test_narrow_and_broad_terms_judge_the_same_truth() -> None:
    """The very same acts; whoever breaches by the narrow terms breaches by the broad ones, and more do."""
    for narrow, broad in zip(ran("terms-narrow")[1], ran("terms-broad")[1], strict=True):
        acts = [history.tables["violations"] for history in (narrow, broad)]
        assert np.array_equal(acts[0]["violation"], acts[1]["violation"])
        assert np.array_equal(acts[0]["onset_h"], acts[1]["onset_h"])
        counted = [table["counted"] == 1 for table in acts]
        assert (counted[0] <= counted[1]).all()
        assert counted[0].sum() < counted[1].sum()
        breach = [history.tables["verdicts"]["truth"] == "breach" for history in (narrow, broad)]
        assert breach[0].sum() < breach[1].sum()


def test_one_comparison_shows_skill_of_both_and_the_blind_verdicts() -> None:
    """Each side is held against its own truth: the best blind verdict has 0 on either."""
    found = compared()
    row = next(one for one in found.rows if one.measure == "skill")
    assert row.a is not None
    assert row.b is not None
    assert {name for name, _, _ in found.blind} == {"always breach", "always compliant", "state of the previous period"}
    for side in (1, 2):
        assert max(one[side].estimate for one in found.blind) <= 0
    screen = "\n".join(comparison_screen(found))
    for name, a, b in found.blind:
        line = next(text for text in screen.splitlines() if f"skill of “{name}”" in text)
        assert f"{a.estimate:.3g}" in line
        assert f"{b.estimate:.3g}" in line
        assert a.replications == b.replications == 2
    document = comparison_document(Compared([found]))
    assert document["comparisons"][0]["blind"]["always breach"]["a"]["estimate"] == found.blind[0][1].estimate


def test_blind_verdicts_on_the_screen_of_a_run() -> None:
    found = lines(ran("terms-narrow")[0], CATALOGUE)
    parts = _parts(found)
    screen = verdict_parts(parts)
    assert sum("always" in line for line in screen) == 2
    value = next(line for line in found if line.by == "blind" and line.group == "always breach")
    assert f"{value.estimate:.3g}" in next(line for line in screen if "always breach" in line)
    assert "regimes" not in parts
    assert verdict_parts({}) == []


def test_regimes_in_force_for_most_of_each_period_are_told_apart() -> None:
    """Failing from hour 30 on: the second day is tense for 6 of its hours only; from hour 43 on it is tense for 19 of them."""
    path = ("conduct.path", '[{ id = "fall", from_h = 30.0, regime = "failing" }]')
    outcomes, histories = ran("technical-means", path)
    assert {history.regimes for history in histories} == {("tense", "failing", "failing", "failing")}
    later = ran("technical-means", ("conduct.path", '[{ id = "fall", from_h = 43.0, regime = "failing" }]'))[1]
    assert later[0].regimes == ("tense", "tense", "failing", "failing")
    parts = _parts(lines(outcomes, CATALOGUE))
    assert set(parts["regimes"]) == {"tense", "failing"}
    screen = "\n".join(verdict_parts(parts))
    assert "failing: skill" in screen
    assert "tense: power_median" in screen
    tense, failing = (parts["regimes"][name]["true_breach_share"]["estimate"] for name in ("tense", "failing"))
    assert failing > tense


def test_a_world_without_skill_has_no_blind_verdicts() -> None:
    found = compare(("a", ran("terms-narrow")[0], {}), ("b", ran("terms-narrow")[0], {}),
                    {"detected_share": CATALOGUE["detected_share"]})
    assert found.blind == ()
