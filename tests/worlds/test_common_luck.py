"""Two designs that differ in one thing meet the same acts and the same luck of every look they share.

An analyst may compare them in pairs only because of this: what one more sensor brings is its own doing, never other dice.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from small_worlds import CHANGES, HOUR_US, SEED, door_of, monitored, more_satellites, ready, untasked, world

from sim.engine import open_world, play, replicate
from sim.engine.chronicle import Chronicle
from sim.foundation.clock import low40
from sim.foundation.scan import NEVER, SEARCH, LookTable, Sensors, Targets, all_contacts, first_contacts
from sim.foundation.streams import mix64
from sim.ledger import digest
from sim.monitoring.looks import Looks, table_of

Pair = tuple[Any, ...]


@cache
def told(change: str = "", *, tasking: bool = True) -> Chronicle:
    """The history of a design, with or without one thing more."""
    scenario = CHANGES[change](world()) if change else world()
    return play(ready(scenario if tasking else untasked(scenario)), seed=SEED, replication=0)


@pytest.mark.parametrize("change", CHANGES)
def test_one_sensor_more_leaves_every_candidate(change: str) -> None:
    before, after = told().opened.acts, told(change).opened.acts
    assert len(before.id) > 500
    for name, one, other in zip(before._fields, before, after, strict=True):
        assert one.dtype == other.dtype
        assert one.tobytes() == other.tobytes(), name
    assert looks_made(told(change)) != looks_made(told())


def looks_made(chronicle: Chronicle) -> set[Pair]:
    """Uncued looks as they were made in the end: identity, cell, interval and sensor."""
    door, names = door_of(chronicle), chronicle.prepared.layout.sensing.names
    return {(luck, cell, start, end, names[sensor])
            for table, rows in zip(door.tables.tables, door.tables.rows, strict=True)
            for luck, cell, start, end, sensor, condition in zip(
                table.luck.tolist(), door.tables.looks.cell[rows].tolist(), table.start_us.tolist(), table.end_us.tolist(),
                table.sensor.tolist(), table.condition.tolist(), strict=True) if condition > 0}


def intervals(chronicle: Chronicle) -> dict[int, tuple[int, int]]:
    """Interval of each row of the looks as it was made in the end, after diversions."""
    tables = door_of(chronicle).tables
    return {row: (start, end) for table, rows in zip(tables.tables, tables.rows, strict=True)
            for row, start, end in zip(rows.tolist(), table.start_us.tolist(), table.end_us.tolist(), strict=True)}


@cache
def successes(change: str = "", *, tasking: bool = True) -> dict[Pair, set[tuple[int, int]]]:
    """All (violation, time) that each uncued look notices, by look."""
    chronicle = told(change, tasking=tasking)
    door, names, spans = door_of(chronicle), chronicle.prepared.layout.sensing.names, intervals(chronicle)
    looks, ids = door.tables.looks, door.acts.id
    found: dict[Pair, set[tuple[int, int]]] = {}
    for act, row, when in zip(*(column.tolist() for column in door.all_successes()), strict=True):
        key = (int(looks.luck[row]), int(looks.cell[row]), *spans[row], names[looks.sensor[row]])
        found.setdefault(key, set()).add((int(ids[act]), when))
    return found


@pytest.mark.parametrize("change", CHANGES)
def test_outcome_of_every_look_that_both_designs_make(change: str) -> None:
    """With cueing on: looks with one identity and interval notice the same acts at the same times.

    A flight that was diverted in one design only has legs that it did not fly or cut short: no look of both.
    """
    shared = looks_made(told()) & looks_made(told(change))
    before, after = successes(), successes(change)
    hits = [key for key in before if key in shared]
    assert len(hits) > 300
    assert {key for key in after if key in shared} == set(hits)
    assert all(before[key] == after[key] for key in hits)


def test_diversions_made_these_designs_differ() -> None:
    """The test above would say nothing if both designs had made the same looks of the old units."""
    old = {key for key in looks_made(told()) if key[4].partition(".")[0] in {u.id for u in world().monitoring.drones}}
    assert old - looks_made(told("drone unit"))
    assert looks_made(told("drone unit")) - looks_made(told())


@pytest.mark.parametrize("change", ["", *CHANGES])
def test_what_is_reported_is_the_success_of_a_look(change: str) -> None:
    """Searching again after a diversion must not redraw, or shift, what another look would notice."""
    chronicle = told(change)
    door = door_of(chronicle)
    when = {seen.id: seen.seen_us for case in chronicle.mission.book.cases.values() for seen in case.reports}
    act, row, time = door.all_successes()
    every = set(zip(act.tolist(), row.tolist(), time.tolist(), strict=True))
    uncued = [(s.act, s.row, when[s.observation]) for s in door.seen if not s.tasked and s.observation in when]
    assert len(uncued) > 300
    assert [pair for pair in uncued if pair not in every] == []


def test_sights_of_one_instant_come_by_number_and_not_by_insertion() -> None:
    """A post that begins its bin sees several acts at once; their order is that of what they are."""
    crowded = world(more=(("conduct.kinds.advance.incidents_per_day", "400.0"),))
    chronicle = play(ready(crowded), seed=SEED, replication=0)
    when = {seen.id: seen.seen_us for case in chronicle.mission.book.cases.values() for seen in case.reports}
    at_once: dict[tuple[int, int], list[int]] = {}
    for seen in door_of(chronicle).seen:
        if not seen.tasked and seen.observation in when:
            at_once.setdefault((seen.luck, when[seen.observation]), []).append(low40(seen.observation))
    several = [keys for keys in at_once.values() if len(keys) > 1]
    assert len(several) > 5
    assert [keys for keys in several if keys != sorted(keys)] == []


def overlapping() -> tuple[LookTable, Sensors, Targets]:
    """Three hundred acts in one cell under sixty search legs that lie over one another, with low rates of search."""
    legs, acts = 60, 300
    draw = np.random.Generator(np.random.Philox(key=SEED))
    start = np.sort(draw.integers(0, 10 * HOUR_US, legs))
    none, one = np.zeros(legs, dtype=np.int64), np.ones(legs)
    looks = Looks(mix64(1, np.arange(legs)), none, start, start + 4 * HOUR_US, start + 2 * HOUR_US, none.astype(np.int32),
                  none.astype(np.int16), np.full(legs, SEARCH, dtype=np.int8), one, none.astype(np.int8))
    sensors = Sensors(np.zeros(1, dtype=np.int64), np.full((1, acts), 0.5), np.full((1, 1), 0.1), np.zeros(acts, dtype=np.int64),
                      np.full(1, 50.0), np.zeros(1), np.zeros(1))
    onset = draw.integers(0, 8 * HOUR_US, acts)
    return table_of(looks, np.arange(legs), 1, bin_us=HOUR_US), sensors, Targets(
        mix64(2, np.arange(acts)), np.zeros(acts, dtype=np.int64), onset, onset + 12 * HOUR_US, np.zeros(acts), np.arange(acts))


def test_searching_again_from_an_instant_keeps_the_time_of_every_look() -> None:
    """What a leg notices, and when, was settled when it met the act; searching later only leaves out what is past."""
    table, sensors, targets = overlapping()
    target, look, time = all_contacts(table, sensors, targets)
    now = 6 * HOUR_US
    first, row = first_contacts(table, sensors, targets._replace(since_us=now))
    hits_of = list(zip(target.tolist(), look.tolist(), time.tolist(), strict=True))
    ahead = {one: sorted((t, r) for a, r, t in hits_of if a == one and t >= now) for one in range(len(first))}
    assert sum(1 for hits in ahead.values() if hits and table.start_us[hits[0][1]] < now) > 100
    assert {one: (int(first[one]), int(row[one])) for one, hits in ahead.items() if hits} == {
        one: hits[0] for one, hits in ahead.items() if hits}
    assert all(first[one] == NEVER for one, hits in ahead.items() if not hits)


def cues(chronicle: Chronicle) -> dict[Pair, tuple[int, frozenset[int]]]:
    """Each cued look by what it is: what became of it, and the violations that it noticed."""
    names, ids = chronicle.prepared.layout.sensing.names, door_of(chronicle).acts.id
    noticed: dict[tuple[Any, ...], set[int]] = {}
    for seen in door_of(chronicle).seen:
        if seen.tasked:
            noticed.setdefault((seen.sensor, seen.cell, seen.start_us, seen.end_us), set()).add(int(ids[seen.act]))
    return {(cue.case, cue.number, names[cue.sensor], cue.cell, cue.start_us, cue.end_us):
            (fate, frozenset(noticed.get((cue.sensor, cue.cell, cue.start_us, cue.end_us), ())))
            for cue, fate in chronicle.mission.looked}


@pytest.mark.parametrize("change", ["satellite family", "posts"])
def test_cued_looks_that_both_designs_make(change: str) -> None:
    before, after = cues(told()), cues(told(change))
    shared = set(before) & set(after)
    assert len(shared) > 20
    assert any(before[key][1] for key in shared)
    assert {key: before[key] for key in shared} == {key: after[key] for key in shared}
    assert set(before) != set(after)


@pytest.mark.parametrize("change", CHANGES)
def test_every_success_of_every_other_sensor_without_feedback(change: str) -> None:
    """With tasking off, the door returns all successes: those of the old sensors are the same, look by look."""
    before, after = successes(tasking=False), successes(change, tasking=False)
    old = set(told(tasking=False).prepared.layout.sensing.names)
    assert sum(map(len, before.values())) > 400
    assert {key: value for key, value in after.items() if key[4] in old} == before
    assert any(key[4] not in old for key in after)


def test_a_pass_keeps_its_luck_whether_planned_or_ordered() -> None:
    """A scene of the standing plan of one design that a case of the other orders is one look with one luck."""
    scenario = more_satellites(world())
    family = scenario.monitoring.satellites[0].model_copy(update={"standing_share": 1.0, "scenes_per_day": 100_000})
    planned = ready(monitored(scenario, satellites=(family, *scenario.monitoring.satellites[1:])))
    ordered = told("satellite family")
    seen = [s for s in door_of(ordered).seen if s.tasked and s.start_us == s.end_us
            and ordered.prepared.layout.sensing.names[s.sensor] == "extra-satellites"]
    passes = planned.layout.passes[0]
    identity = {(cell, time): luck for cell, time, luck in
                zip(passes.cell.tolist(), passes.time_us.tolist(), passes.luck.tolist(), strict=True)}
    assert seen
    assert all(s.luck == identity[s.cell, s.start_us] for s in seen)


def test_replications_differ() -> None:
    prepared = ready(world(days=1, follow_up_h=0))
    first = [digest(replicate(prepared, seed=SEED, replication=r)) for r in range(10)]
    following = [digest(replicate(prepared, seed=SEED + 1, replication=r)) for r in range(4)]
    assert len({*first, *following}) == 14
    assert digest(replicate(prepared, seed=SEED, replication=3)) == first[3]


def test_seeds_side_by_side_share_no_act() -> None:
    prepared = ready(world(days=1))
    ids = [set(open_world(prepared, seed=s, replication=r).acts.id.tolist()) for s in (SEED, SEED + 1) for r in (0, 1)]
    assert sum(map(len, ids)) == len(set().union(*ids))
    assert min(map(len, ids)) > 100
