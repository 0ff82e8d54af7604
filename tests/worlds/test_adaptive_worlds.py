"""Parties that adapt: held estimates give the stated factor, luck stays that of the other world, and nothing sees the future."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from small_worlds import HOUR_US, ROOT, SEED, differing, ready, rows_that_differ, world
from test_mirror import OTHER, both_sides, mirrored, rows, swapped
from test_no_foreknowledge import PATIENT

import sim.engine.adaptive as adaptive_room
import sim.engine.history as history_room
from sim.engine import Opened, Prepared, open_world, play, replicate
from sim.engine.chronicle import Chronicle, history_of
from sim.foundation.streams import mix64
from sim.ledger import COLUMNS
from sim.monitoring.design import watch_of
from sim.monitoring.gate import GatedDoor
from sim.records import Acts
from sim.scenario.adaptation import Adaptation
from sim.scenario.reader import read
from sim.scenario.scenario import Scenario
from sim.truth.adaptation import deterrence, learnt

OPEN: dict[str, Any] = {"stake_ratio": 1.0, "learning_share": 0.0}
QUICK: dict[str, Any] = {"stake_ratio": 0.5, "learning_share": 0.2, "shift_share": 0.6, "shift_km": 20.0}


def adapting(scenario: Scenario, a: dict[str, Any] | None, b: dict[str, Any] | None = None) -> Scenario:
    """The scenario with parties that adapt so; None = one that does not."""
    how = tuple(Adaptation(id=f"party-{side.lower()}", side=side, **keys)
                for side, keys in (("A", a), ("B", b)) if keys is not None)
    return scenario.model_copy(update={"conduct": scenario.conduct.model_copy(update={"adaptation": how})})


@cache
def plain() -> Prepared:
    return ready(world())


@cache
def learning() -> Prepared:
    return ready(adapting(world(more=PATIENT), QUICK, QUICK))


@cache
def told(path: str = "array") -> Chronicle:
    return play(learning(), seed=SEED, replication=0, path=path)


def test_the_law() -> None:
    """p* = r/(1+r); clip((p* − p̂)/p*, floor, 1); p̂ ← (1−α)p̂ + α·found."""
    assert deterrence(0.0, stake_ratio=1.0, floor_share=0.1) == 1.0
    assert deterrence(0.25, stake_ratio=1.0, floor_share=0.1) == 0.5
    assert deterrence(0.25, stake_ratio=3.0, floor_share=0.1) == pytest.approx(2 / 3)
    assert deterrence(0.48, stake_ratio=1.0, floor_share=0.1) == 0.1
    assert deterrence(0.9, stake_ratio=1.0, floor_share=0.0) == 0.0
    assert learnt(0.2, found_in_time=True, learning_share=0.25) == pytest.approx(0.4)
    assert learnt(0.2, found_in_time=False, learning_share=0.25) == pytest.approx(0.15)


def test_parties_that_fear_nothing_write_the_same_bytes() -> None:
    """With p̂ held at 0 every act happens, and the gated door tells the mission just what the open one does."""
    free = ready(adapting(world(), OPEN, OPEN))
    first, second = (replicate(one, seed=SEED, replication=0) for one in (plain(), free))
    assert len(first.tables["observations"]["observation"]) > 100
    assert differing(first, second, COLUMNS) == []


@pytest.mark.parametrize(("held", "stake", "floor", "factor"), [
    (0.2, 1.0, 0.05, 0.6), (0.3, 3.0, 0.0, 0.6), (0.4, 0.25, 0.1, 0.1), (0.1, 0.25, 0.3, 0.5)])
def test_held_estimates_give_the_factor(held: float, stake: float, floor: float, factor: float) -> None:
    """Of n acts of the other world a share `factor` happens, side A alone: binomial, 4 standard errors; ids and luck stay."""
    keys = {"stake_ratio": stake, "learning_share": 0.0, "initial_share": held, "floor_share": floor}
    after = open_and_play(ready(adapting(world(), keys)))
    before = open_world(plain(), seed=SEED, replication=0).acts
    acts = after.opened.acts
    for name in ("id", "kind", "side", "cell", "km", "onset_us", "end_us", "counts", "anonymous"):
        assert getattr(acts, name).tolist() == getattr(before, name).tolist(), name
    mine = acts.side == 0
    n, happened = int(mine.sum()), int(acts.happens[mine].sum())
    assert n > 250
    assert abs(happened - n * factor) < 4 * np.sqrt(n * factor * (1 - factor))
    assert acts.happens[~mine].all()
    assert len(history_of(after).tables["violations"]["side"]) == int(acts.happens.sum())


def open_and_play(prepared: Prepared) -> Chronicle:
    return play(prepared, seed=SEED, replication=0)


def test_replies_of_a_deterred_party_need_their_act_and_their_own_nerve() -> None:
    """With ratio n and factor f each act has f·n offspring: f μ/(1 − f n) in all, of μ/(1 − n)."""
    kernel = ('[{ id = "own", side = "same", ratio = 0.4, memory_h = 2.0 }]')
    more = (("conduct.excitation", kernel), ("conduct.rates_count_offspring", "false"))
    keys = OPEN | {"initial_share": 0.25}
    prepared = ready(adapting(world(days=6, follow_up_h=0, more=more), keys, keys))
    counts = []
    for replication in range(6):
        chronicle = play(prepared, seed=SEED, replication=replication)
        acts, lineage = chronicle.opened.acts, chronicle.opened.lineage
        assert lineage is not None
        happened = set(acts.id[acts.happens].tolist())
        children = acts.happens & (lineage.parent != 0)
        assert all(parent in happened for parent in lineage.parent[children].tolist())
        counts.append(int(acts.happens.sum()))
    per_day = sum(kind.incidents_per_day for kind in prepared.scenario.conduct.kinds)
    expected = 6 * per_day * 0.5 / (1 - 0.5 * 0.4)
    # Acts of the last hours have offspring after the end: mean delay 2 h, at most one family's worth of 2/(1 − 0.2) h.
    expected -= per_day * 0.5 / (1 - 0.2) * 0.2 * 2 / (1 - 0.2) / 24
    error = float(np.std(counts, ddof=1) / np.sqrt(len(counts)))
    assert abs(np.mean(counts) - expected) < 4 * max(error, np.sqrt(expected / len(counts)))


@pytest.mark.parametrize("known", [True, False])
def test_what_is_found_in_time_is_given_up(known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where everything is found in time conduct falls to the floor, where nothing is it returns to the full rate."""
    monkeypatch.setattr(adaptive_room.Record, "found_in_time", lambda self, act, side, now: known)
    keys = {"stake_ratio": 1.0, "learning_share": 0.5, "initial_share": 0.25, "floor_share": 0.2}
    acts = open_and_play(ready(adapting(world(days=6, follow_up_h=0), keys, keys))).opened.acts
    common = np.isin(acts.kind, np.flatnonzero(np.bincount(acts.kind) > 150))
    late = common & (acts.onset_us > 3 * 24 * HOUR_US)
    share, n = float(acts.happens[late].mean()), int(late.sum())
    assert n > 300
    if known:
        assert abs(share - 0.2) < 4 * np.sqrt(0.2 * 0.8 / n)
    else:
        assert share == 1.0


def test_findings_and_answers_are_what_parties_learn_from() -> None:
    """A perfect mission teaches: what its findings name in time is what the parties are told, act by act."""
    chronicle = told()
    heard: list[tuple[int, bool]] = []
    record = adaptive_room.Record.found_in_time

    def noted(self: adaptive_room.Record, act: int, side: int, now: int) -> bool:
        heard.append((act, record(self, act, side, now)))
        return heard[-1][1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adaptive_room.Record, "found_in_time", noted)
        play(learning(), seed=SEED, replication=0)
    table, acts = history_of(chronicle).tables["violations"], chronicle.opened.acts
    goal = {kind.id: kind.goal_h for kind in learning().scenario.agreement.kinds}
    row = {name: i for i, name in enumerate(table["violation"].tolist())}
    found = {act for act, in_time in heard if in_time}
    assert len(found) > 5 and len(heard) > 3 * len(found)
    for act, in_time in heard:
        i = row[f"{int(acts.id[act]):016x}"]
        until = table["onset_h"][i] + goal[str(table["kind"][i])] + 1e-6
        # Attributed and answered in the table also ask for the grade that the kind requires, so they imply the lesson.
        if table["attributed_h"][i] <= until or table["answered_h"][i] <= until:
            assert in_time
        if in_time:
            assert table["detected_h"][i] <= until


def test_both_paths_write_the_same_bytes() -> None:
    first, second = told(), told("event")
    door = first.door
    assert isinstance(door, GatedDoor) and len(door.moved) > 50
    assert 0 < first.opened.acts.happens.sum() < len(first.opened.acts.id)
    assert differing(history_of(first), history_of(second), COLUMNS) == []


def test_moved_acts_stay_in_reach_and_go_where_fewer_looks_are_expected() -> None:
    """Within shift_km along the line, within the step of the clock, never earlier, and never to more looks."""
    chronicle = told()
    before = open_world(learning(), seed=SEED, replication=0).acts
    door, after = chronicle.door, chronicle.opened.acts
    assert isinstance(door, GatedDoor)
    published, cells = learning().published, learning().cells
    assert published is not None
    moved = np.array(sorted(door.moved))
    away = np.abs(cells.km[after.cell[moved]] - cells.km[before.cell[moved]])
    late = after.onset_us[moved] - before.onset_us[moved]
    start = round(learning().start_hour * HOUR_US)
    assert (away <= 20.0).all() and (away > 0).any() and (late >= 0).all() and (late > 0).any()
    step = [(times[moved] + start) // (6 * HOUR_US) for times in (before.onset_us, after.onset_us)]
    assert step[0].tolist() == step[1].tolist()
    looks = [published.any_sky[acts.cell[moved], acts.onset_us[moved] // HOUR_US] for acts in (before, after)]
    assert (looks[1] <= looks[0] + published.clear_sky[before.cell[moved], before.onset_us[moved] // HOUR_US]).all()
    assert looks[1].sum() < looks[0].sum()
    assert (after.end_us - after.onset_us).tolist() == (before.end_us - before.onset_us).tolist()


def test_a_short_run_is_the_beginning_of_a_long_one() -> None:
    """But for acts put off past the cut, which are none where the cut ends a planning step."""
    first, second = (replicate(ready(adapting(world(days=days, more=PATIENT), QUICK, QUICK)), seed=SEED, replication=0)
                     for days in (2, 4))
    assert rows_that_differ(first, second, 48.0) == {}


def parted_after(acts: Acts, at_us: int) -> Acts:
    """The acts that may happen; those due from an instant on are others, elsewhere."""
    later = acts.onset_us > at_us
    return acts._replace(id=np.where(later, mix64(acts.id, 17), acts.id), side=np.where(later, 1 - acts.side, acts.side),
                         depth_km=np.where(later, -acts.depth_km, acts.depth_km))


@pytest.mark.parametrize("hour", [20.0, 41.0])
def test_later_acts_are_not_known_earlier(hour: float, monkeypatch: pytest.MonkeyPatch) -> None:
    before = history_of(told())

    def parted(prepared: Prepared, *, seed: int, replication: int) -> Opened:
        opened = open_world(prepared, seed=seed, replication=replication)
        return opened._replace(acts=parted_after(opened.acts, round(hour * HOUR_US)))

    monkeypatch.setattr(history_room, "open_world", parted)
    other = replicate(learning(), seed=SEED, replication=0)
    assert rows_that_differ(before, other, hour, but=frozenset({"verdicts"})) == {}
    assert {"violations", "observations", "cases"} <= set(rows_that_differ(before, other, 90.0))


@pytest.mark.parametrize("hour", [15.0, 45.0])
def test_weather_to_come_is_not_known_to_the_parties(hour: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another sky from an instant on: what was committed before it, where and when, is the same."""
    before, at_us = history_of(told()), round(hour * HOUR_US)

    def parted(prepared: Prepared, *, seed: int, replication: int) -> Opened:
        opened = open_world(prepared, seed=seed, replication=replication)
        mine = opened.sky
        local = mine.local_us % mine.span_us > at_us
        mixed = mine._replace(front=np.where((mine.front_us > at_us)[:, None], -mine.front, mine.front),
                              local=np.where(local, -mine.local, mine.local), fate=np.where(local, 1 - mine.fate, mine.fate))
        watch = watch_of(prepared.scenario.monitoring, prepared.layout, prepared.cells, mixed, prepared.light, opened.streams,
                         horizon_us=prepared.horizon_us)
        return opened._replace(sky=mixed, watch=watch)

    monkeypatch.setattr(history_room, "open_world", parted)
    other = replicate(learning(), seed=SEED, replication=0)
    assert rows_that_differ(before, other, hour, but=frozenset({"coverage"})) == {}
    assert "violations" in rows_that_differ(before, other, 90.0)


@cache
def pair() -> tuple[Any, Any]:
    """An uneven world and its mirror image, with parties that adapt unequally."""
    one = adapting(both_sides("technical-with-teams"), QUICK, QUICK | {"stake_ratio": 2.0, "shift_share": 0.2})
    other = swapped(one)
    turned = tuple(how.model_copy(update={"side": OTHER[how.side]}) for how in one.conduct.adaptation)
    other = other.model_copy(update={"conduct": other.conduct.model_copy(update={"adaptation": turned})})
    first, second = (replicate(ready(s), seed=SEED, replication=0) for s in (one, other))
    return first, second


@pytest.mark.parametrize("table", ["violations", "observations", "cases", "findings", "verdicts", "orders"])
def test_every_table_mirrors(table: str) -> None:
    first, second = (history.tables[table] for history in pair())
    assert len(rows(first)) > 2
    assert mirrored(table, first) == rows(second)


def test_the_shipped_scenario_deters() -> None:
    """Both parties of the shipped scenario adapt alike, and do less than where nobody does."""
    name = "adaptive-parties"
    shipped = read(ROOT / "scenarios" / f"{name}.toml").scenario
    a, b = (how.model_dump(exclude={"id", "side"}) for how in shipped.conduct.adaptation)
    assert a == b
    fewer = replicate(ready(world(name)), seed=SEED, replication=0)
    every = replicate(plain(), seed=SEED, replication=0)
    counts = [len(history.tables["violations"]["kind"]) for history in (fewer, every)]
    assert counts[0] < 0.97 * counts[1]
