"""A replay of the findings through other units gives what a whole run with these units gives."""

from functools import lru_cache

import pytest

import sim
from sim.engine import prepare, replicate
from sim.engine.replaying import Recorded, answered_anew, feedback, recorded, same_questions
from sim.ledger import History, digest
from sim.scenario.participation import without
from sim.scenario.scenario import Scenario

AWAY = ("battalion-2", "brigade-2", "frigate-1", "verification-teams-2", "fighter-pair-1")


@lru_cache(maxsize=1)
def _scenario() -> Scenario:
    return sim.load("contributions-35", days=5, follow_up_h=72).scenario


@lru_cache(maxsize=1)
def _record() -> Recorded:
    return recorded(prepare(_scenario()), seed=5, replication=2)


def test_a_replay_with_everyone_is_the_run_itself() -> None:
    record = _record()
    assert record.history.tables["responses"]["response"].size > 10
    again = answered_anew(record, ())
    assert (digest(again), again.facts) == (digest(record.history), record.history.facts)


@pytest.mark.parametrize("absent", [AWAY, tuple(one.id for one in _scenario().response.contributions)])
def test_a_replay_without_some_is_a_run_without_them(absent: tuple[str, ...]) -> None:
    bringing = {one.id for one in _scenario().response.contributions if one.brings}
    absent = tuple(one for one in absent if one not in bringing)
    run = replicate(prepare(without(_scenario(), absent)), seed=5, replication=2)
    again = answered_anew(_record(), absent)
    assert digest(run) != digest(_record().history)
    assert (digest(again), again.facts) == (digest(run), run.facts)


def _land(history: History) -> list[tuple[str, float]]:
    table = history.tables["responses"]
    on_land = table["domain"] != "air"
    return list(zip(table["unit"][on_land].tolist(), table["ordered_h"][on_land].tolist(), strict=True))


def test_what_stays_away_leaves_the_caveats_of_others() -> None:
    """A unit that stays away keeps its place, so that the luck of those after it does not move."""
    with_all, with_less = _record().history, answered_anew(_record(), ("fighter-pair-3",))
    sent = [set(one.tables["responses"]["unit"].tolist()) for one in (with_all, with_less)]
    assert "fighter-pair-3" in sent[0] - sent[1]
    land = [_land(one) for one in (with_all, with_less)]
    assert len(land[0]) > 10
    assert land[0] == land[1]


def test_answers_that_end_acts_are_no_case_for_a_replay() -> None:
    assert feedback(_scenario()) == ""
    assert "answers_end_acts" in feedback(sim.load("contributions-35", days=5).vary("response.answers_end_acts", True).scenario)
    assert "teams" in feedback(sim.load("technical-with-teams").scenario)
    assert "adapt" in feedback(sim.load("adaptive-parties").scenario)
    fewer = recorded(prepare(without(_scenario(), ("backing-state", "maritime-patrol-1"))), seed=5, replication=2)
    assert not same_questions(_record(), fewer)
