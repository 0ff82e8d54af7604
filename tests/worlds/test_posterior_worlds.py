"""A mission that confirms by posterior: findings follow from beliefs, observations and its own looks, and not from the world."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from small_worlds import DAY_US, SEED, ready, world
from test_wall import ScriptedDoor, weaker

from sim.engine import Opened, Prepared, open_world
from sim.engine.chronicle import Chronicle, history_of
from sim.engine.history import play
from sim.engine.preparation import bin_us
from sim.monitoring.detection import Door
from sim.monitoring.looks import by_physics
from sim.scenario.scenario import Scenario

RULE = (("verification.standard.rule", '"posterior"'),)


class LookingDoor(ScriptedDoor):
    """The scripted door, beside the table of looks that the mission really made."""

    def __init__(self, prepared: Prepared, opened: Opened) -> None:
        super().__init__(prepared)
        self.tables = by_physics(opened.watch.looks, prepared.library.physics, len(prepared.cells.km),
                                 bin_us=bin_us(prepared.scenario))


def told(scenario: Scenario) -> Chronicle:
    return play(ready(scenario), seed=SEED, replication=0, door_of=_door)


def _door(prepared: Prepared, opened: Opened) -> Door:
    return LookingDoor(prepared, opened)


def posterior(*more: tuple[str, str]) -> Scenario:
    return world(more=(*RULE, *more))


def believing(scenario: Scenario, true: Scenario, **other: Any) -> Scenario:
    """The scenario with a mission that holds the values of another world as its own."""
    means, monitoring = true.monitoring.means, true.monitoring
    library = ready(true).library
    kinds = [kind.id for kind in true.agreement.kinds]
    hidden = {name: dict(zip(kinds, library.hidden[row].tolist(), strict=True))
              for row, name in enumerate(("optical", "thermal", "radar", "acoustic", "rf", "human"))}
    beliefs = {
        "pd": {m.id: dict(m.pd) for m in means}, "trace_pd": {m.id: dict(m.trace_pd) for m in means},
        "hidden_share": hidden, "look_correlation": monitoring.look_correlation,
        "false_alarms_per_day": {m.id: dict(m.false_alarms_per_day) for m in means},
    } | other
    section = scenario.verification.beliefs.model_copy(update=beliefs)
    return scenario.model_copy(update={"verification": scenario.verification.model_copy(update={"beliefs": section})})


@cache
def as_it_is() -> Chronicle:
    return told(believing(posterior(), posterior()))


def test_the_world_changes_and_the_findings_do_not() -> None:
    """Pd, hidden shares and correlation of the world are other ones; beliefs and observations are kept."""
    here = as_it_is()
    there = told(believing(weaker(posterior()), posterior()))
    assert (there.prepared.library.pd < here.prepared.library.pd).any()
    assert (there.prepared.library.hidden != here.prepared.library.hidden).any()
    assert len(here.mission.findings) > 20
    assert here.mission.findings == there.mission.findings
    assert here.mission.ladder.orders == there.mission.ladder.orders
    assert here.mission.weighed.keys() == there.mission.weighed.keys()
    own = [np.array([c.mission.weighed[key][0] for key in here.mission.weighed]) for c in (here, there)]
    assert np.array_equal(own[0], own[1])
    assert np.array_equal(here.power, there.power)


def test_other_beliefs_are_other_findings() -> None:
    """The test above would say nothing if beliefs did not matter."""
    doubting = told(believing(posterior(), posterior(), false_alarms_per_day={
        m.id: dict.fromkeys(m.pd, 500.0) for m in posterior().monitoring.means}))
    assert 0 < len(doubting.mission.findings) < len(as_it_is().mission.findings)


def test_the_missions_silence_counts() -> None:
    """The same reports and beliefs without any look that was made: the posteriors are other ones."""
    blind = play(ready(believing(posterior(), posterior())), seed=SEED, replication=0,
                 door_of=lambda prepared, opened: ScriptedDoor(prepared))
    common = sorted(set(blind.mission.weighed) & set(as_it_is().mission.weighed))
    here, there = (np.array([c.mission.weighed[key][0] for key in common]) for c in (as_it_is(), blind))
    assert len(common) > 20
    assert (here != there).any()


@cache
def true_world(*more: tuple[str, str]) -> Chronicle:
    return play(ready(posterior(*more)), seed=SEED, replication=0)


def test_a_stricter_threshold_finds_less_and_errs_less_often() -> None:
    found = {}
    for share in ("0.5", "0.99"):
        history = history_of(true_world(("verification.standard.posterior_share", share)))
        table = history.tables["findings"]
        found[share] = (len(table["finding"]), float((table["violation"] == "").mean()))
    assert found["0.99"][0] < 0.9 * found["0.5"][0]
    assert found["0.99"][1] < found["0.5"][1]


def test_posteriors_say_what_is_behind_cases() -> None:
    """Cases held nearly certain have an act behind them, cases held doubtful far less often."""
    chronicle = true_world(("verification.beliefs.disturbance_log_odds_sd", "0.0"))
    cases = history_of(chronicle).tables["posteriors"]
    sure, doubtful = cases["own_share"] > 0.95, cases["own_share"] < 0.5
    assert sure.sum() > 30
    assert doubtful.sum() > 10
    assert cases["true"][sure].mean() > cases["true"][doubtful].mean() + 0.2


def test_no_look_of_tomorrow_counts_today() -> None:
    """Thirty days are the first of more: cases closed early have the posterior that they have in a longer run."""
    more = posterior().model_copy(update={"days": posterior().days + 1})
    short, long = true_world(), play(ready(more), seed=SEED, replication=0)
    early = [key for key in short.mission.weighed
             if 0 <= short.mission.book.cases[key].closed_us < 2 * DAY_US and key in long.mission.weighed]
    assert len(early) > 10
    assert all(np.array_equal(short.mission.weighed[key], long.mission.weighed[key]) for key in early)


def test_another_standard_asks_no_posterior() -> None:
    chronicle = play(ready(world()), seed=SEED, replication=0)
    assert chronicle.mission.reckoning is None
    assert len(history_of(chronicle).tables["posteriors"]["posterior"]) == 0


@pytest.mark.parametrize("path", ["array", "event"])
def test_both_paths_weigh_alike(path: str) -> None:
    here = play(ready(posterior()), seed=SEED, replication=0, path=path)
    assert open_world(here.prepared, seed=SEED, replication=0).acts.id.tolist() == here.opened.acts.id.tolist()
    assert here.mission.findings == true_world().mission.findings
