"""The wall between what is so and what the mission knows: two truths behind one scripted door leave one and the same file.

Whatever the parties do, findings, orders and responses follow from what passed the door and from nothing else.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from small_worlds import DAY_US, HOUR_US, SEED, monitored, ready, same_columns, world

from sim.engine import Opened, Prepared, open_world
from sim.engine.chronicle import Chronicle, history_of
from sim.engine.history import play
from sim.foundation.clock import Clock, Rank, low40
from sim.foundation.streams import luck_of, mix_one, name_key
from sim.monitoring.detection import Door, Inform, Looked
from sim.monitoring.looks import CLOUD, MADE
from sim.records import Cue, Observation
from sim.scenario.scenario import Scenario

SCRIPT_LENGTH = 400


class ScriptedDoor:
    """A door whose observations, and replies to cues, are a fixed script: it never looks at the acts."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared, self.asked = prepared, list[tuple[str, Any]]()

    def begin(self, clock: Clock, inform: Inform, looked: Looked) -> None:
        self.clock, self.inform, self.looked = clock, inform, looked
        for number in range(SCRIPT_LENGTH):
            key = mix_one(name_key("script"), number // 2)
            seen_us = round(luck_of(key, "time") * 3 * DAY_US) + number % 2 * HOUR_US // 3
            self._tell(mix_one(key, number), self._seen(key, number, seen_us, 0))

    def _seen(self, key: int, number: int, seen_us: int, case: int, cell: int | None = None) -> Observation:
        """One line of the script: pairs of reports of one act by two kinds of evidence."""
        prepared = self.prepared
        means = int(luck_of(key, "means", number) * len(prepared.library.physics))
        where = int(luck_of(key, "cell") * len(prepared.cells.km)) if cell is None else cell
        return Observation(
            id=mix_one(key, number), seen_us=seen_us, onset_us=seen_us - round(luck_of(key, "age") * HOUR_US),
            reported_us=seen_us + round(luck_of(key, "delay", number) * HOUR_US), cell=where, km=float(prepared.cells.km[where]),
            kind=int(luck_of(key, "kind") * len(prepared.scenario.agreement.kinds)), side=int(luck_of(key, "side", number) * 3),
            means=means, physics=int(prepared.library.physics[means]), images=number % 3 == 0, error_km=1.0, case=case)

    def _tell(self, entity: int, seen: Observation) -> None:
        self.clock.at(seen.reported_us, Rank.REPORT, low40(entity), self.inform, seen)

    def cue(self, cue: Cue) -> None:
        self.asked.append(("cue", cue))
        self.clock.at(cue.start_us, Rank.LOOK, low40(cue.case + cue.number), self._reply, cue)

    def _reply(self, cue: Cue) -> None:
        """Two replies in three see what the case is about, some see nothing, some are lost."""
        key = mix_one(cue.case, cue.number)
        fate = luck_of(key, "fate")
        self.looked(cue, CLOUD if fate < 0.2 else MADE)
        if fate > 0.4:
            self._tell(key, self._seen(key, 7, self.clock.now, cue.case, cue.cell))

    def divert(self, flight: int, from_us: int, to_us: int) -> None:
        self.asked.append(("divert", (flight, from_us, to_us)))

    def call_off(self, scene: Cue) -> None:
        self.asked.append(("call off", scene))

    def arrive(self, cell: int) -> None:
        self.asked.append(("arrive", cell))

    def close(self, founding: int) -> None:
        self.asked.append(("close", founding))


def other_conduct(scenario: Scenario) -> Scenario:
    """Other parties: other rates, mix of kinds, sides, durations, hot spots, regime and luck."""
    kinds = tuple(how.model_copy(update={"incidents_per_day": 3 + 40.0 * (number % 3), "side_a_share": 0.9,
                                         "duration_median_h": 2.0, "trace_median_h": 1.0, "unattributed_share": 0.0})
                  for number, how in enumerate(scenario.conduct.kinds))
    spots = scenario.conduct.hot_spots.model_copy(update={"gini": 0.1})
    conduct = scenario.conduct.model_copy(update={"kinds": kinds, "key_a": "aleph", "hot_spots": spots})
    return scenario.model_copy(update={"conduct": conduct})


def told(scenario: Scenario) -> tuple[Chronicle, list[tuple[str, Any]]]:
    """History behind the scripted door, and all that the mission asked of it, in order."""
    doors: list[ScriptedDoor] = []

    def scripted(prepared: Prepared, opened: Opened) -> Door:
        doors.append(ScriptedDoor(prepared))
        return doors[0]

    chronicle = play(ready(scenario), seed=SEED, replication=0, door_of=scripted)
    return chronicle, [(what, tuple(v) if isinstance(v, tuple) else v) for what, v in doors[0].asked]


@cache
def world_as_it_is(name: str) -> tuple[Chronicle, list[tuple[str, Any]]]:
    return told(world(name, more=(("response.answers_end_acts", "true"),)))


@pytest.mark.parametrize("name", ["technical-means", "technical-with-teams"])
def test_two_truths_behind_one_door(name: str) -> None:
    here, asked = world_as_it_is(name)
    there, asked_there = told(other_conduct(world(name, more=(("response.answers_end_acts", "true"),))))
    assert not set(here.opened.acts.id.tolist()) & set(there.opened.acts.id[there.opened.acts.side == 0].tolist())
    first, second = here.mission, there.mission
    assert len(first.findings) > 20
    assert len(first.ladder.orders) > 20
    assert len(first.ladder.answers) > 2
    assert sum(what == "cue" for what, _ in asked) > 20
    assert first.findings == second.findings
    assert first.ladder.orders == second.ladder.orders
    assert first.ladder.answers == second.ladder.answers
    assert first.looked == second.looked
    assert asked == asked_there
    assert np.array_equal(here.points, there.points)


def test_tables_of_two_truths() -> None:
    """Bit for bit in the ledger too, but for the column that only the analyst may see."""
    here = history_of(world_as_it_is("technical-means")[0])
    there = history_of(told(other_conduct(world(more=(("response.answers_end_acts", "true"),))))[0])
    for table in ("observations", "cases", "findings", "orders", "responses", "looks", "assets", "coverage"):
        assert len(here.tables[table][next(iter(here.tables[table]))]) > 2
        assert same_columns(here.tables[table], there.tables[table]) == [], table
    assert same_columns(here.tables["violations"], there.tables["violations"])


def test_a_script_that_differs_is_noticed() -> None:
    """The door is what decides: another script gives other findings."""
    scripted = world_as_it_is("technical-means")[0].mission.findings
    true = play(ready(world()), seed=SEED, replication=0).mission.findings
    assert scripted != true


def weaker(scenario: Scenario) -> Scenario:
    """The same design in a world in which every means notices a third as much, and hides more."""
    means = tuple(m.model_copy(update={"pd": {kind: value / 3 for kind, value in m.pd.items()},
                                       "trace_pd": {kind: value / 3 for kind, value in m.trace_pd.items()}})
                  for m in scenario.monitoring.means)
    return monitored(scenario, means=means, look_correlation=0.8,
                     hidden_share={"optical": dict.fromkeys((k.id for k in scenario.agreement.kinds), 0.9)})


def test_what_means_can_really_do_is_not_known() -> None:
    """The world's Pd is changed, observations are kept: the findings are the same."""
    here = world_as_it_is("technical-means")
    scenario = weaker(world(more=(("response.answers_end_acts", "true"),)))
    there = told(scenario)
    pd = ready(scenario).library.pd
    assert (pd < here[0].prepared.library.pd).any()
    assert here[0].mission.findings == there[0].mission.findings
    assert here[0].mission.ladder.orders == there[0].mission.ladder.orders
    assert here[1] == there[1]


def test_weaker_means_see_less_through_the_true_door() -> None:
    """The test above would say nothing if Pd did not matter."""
    first, second = (play(ready(s), seed=SEED, replication=0) for s in (world(), weaker(world())))
    assert len(second.door.seen) < 0.7 * len(first.door.seen)  # type: ignore[attr-defined]


def test_the_other_conduct_is_another_world() -> None:
    here, there = (open_world(ready(s), seed=SEED, replication=0).acts for s in (world(), other_conduct(world())))
    assert abs(len(here.id) - len(there.id)) > 50
    assert abs((here.side == 0).mean() - (there.side == 0).mean()) > 0.3
