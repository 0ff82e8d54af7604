"""Consent, an operator or satellite navigation is lost at an hour: what depends on it goes, all else and all before stays.

Each drill is a shipped scenario, made short; its twin differs in nothing but the drill.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from small_worlds import HOUR_US, ROOT, SEED, door_of, monitored, ready, rows_that_differ, world

from sim.engine import open_world, play
from sim.engine.chronicle import Chronicle, history_of
from sim.ledger import History
from sim.monitoring.looks import JAMMED, MADE, OTHER
from sim.scenario.reader import read
from sim.scenario.scenario import Scenario

HOUR, BACK = 31.3, 50.0
NEVER_H = "1000000.0"
DRILLS = {
    "access-withdrawn-day-20": (("monitoring.consent.a-drones.to_h", HOUR), ("monitoring.consent.a-ground.to_h", HOUR)),
    "operator-withdrawn": (("monitoring.operators.optical-contract.withdrawn_from_h", HOUR),),
    "navigation-lost": (("monitoring.navigation_lost.ten-days.from_h", HOUR), ("monitoring.navigation_lost.ten-days.to_h", BACK)),
}
ACOUSTIC = {"impulse-nodes", "engine-mics", "seismic"}
FAIR: tuple[tuple[str, str], ...] = (("area.climate.strong_wind_share", f"[{', '.join(['0.0'] * 12)}]"),
                                     ("area.climate.icing_share", f"[{', '.join(['0.0'] * 12)}]"))


def scenario(drill: str, *, on: bool) -> Scenario:
    """A drill at its hour, or its twin in which that hour never comes."""
    keys = tuple((key, str(hour)) for key, hour in DRILLS[drill])
    if on or drill == "navigation-lost":
        found = world(drill, more=(*FAIR, *keys))
        return found if on else monitored(found, navigation_lost=())
    return world(drill, more=(*FAIR, *((key, NEVER_H) for key, _ in keys)))


@cache
def told(drill: str, *, on: bool) -> Chronicle:
    return play(ready(scenario(drill, on=on)), seed=SEED, replication=0)


@cache
def looks(drill: str, *, on: bool) -> dict[str, dict[tuple[int, int, int], tuple[int, int]]]:
    """Looks of each unit before any tasking: (luck, cell, begin) -> (end, reason)."""
    prepared = told(drill, on=on).prepared
    whole = open_world(prepared, seed=SEED, replication=0).watch.looks
    units = np.array(prepared.layout.sensing.units)[whole.sensor]
    found: dict[str, dict[tuple[int, int, int], tuple[int, int]]] = {}
    columns = (units, whole.luck, whole.cell, whole.start_us, whole.end_us, whole.lost)
    for unit, luck, cell, start, end, lost in zip(*(c.tolist() for c in columns), strict=True):
        found.setdefault(unit, {})[luck, cell, start] = (end, lost)
    return found


def units_touched(drill: str) -> set[str]:
    """Units that a drill may touch."""
    design = scenario(drill, on=True).monitoring
    if drill == "operator-withdrawn":
        return {f.id for f in design.satellites if f.operator == "optical-contract"}
    posts = {p.id for p in design.posts}
    return {d.id for d in design.drones} | (posts & (ACOUSTIC | {"ais"}) if drill == "navigation-lost" else posts)


@pytest.mark.parametrize("drill", DRILLS)
def test_everything_before_the_hour_is_the_same(drill: str) -> None:
    """No row of any table that was settled before the hour differs, coverage included; later ones do."""
    first, second = history_of(told(drill, on=False)), history_of(told(drill, on=True))
    assert rows_that_differ(first, second, HOUR - 1e-6) == {}
    assert rows_that_differ(first, second, 90.0)


@pytest.mark.parametrize("drill", DRILLS)
def test_acts_and_sky_are_the_same_after_it_too(drill: str) -> None:
    first, second = told(drill, on=False).opened, told(drill, on=True).opened
    assert all(a.tobytes() == b.tobytes() for a, b in zip(first.acts, second.acts, strict=True))
    assert all((first.sky.spell[name] == second.sky.spell[name]).all() for name in first.sky.spell)


@pytest.mark.parametrize("drill", DRILLS)
def test_only_what_depends_on_it_loses_looks(drill: str) -> None:
    """Looks of all other units are the same, made or lost; those touched lose some, and none before the hour."""
    before, after = looks(drill, on=False), looks(drill, on=True)
    touched, cut = units_touched(drill), round(HOUR * HOUR_US)
    assert touched
    for unit in (set(before) | set(after)) - touched:
        assert before[unit] == after[unit], unit
    for unit in touched & set(before):
        early = {key: fate for key, fate in before[unit].items() if fate[0] <= cut}
        assert {key: after[unit].get(key) for key in early} == early, unit
    assert any(before[unit] != after.get(unit) for unit in touched & set(before))


@pytest.mark.parametrize("drill", DRILLS)
def test_looks_that_both_worlds_make_have_the_same_luck(drill: str) -> None:
    """Whatever look with one identity and interval stands in both worlds notices the same acts at the same times."""
    one, other = noticed(told(drill, on=False)), noticed(told(drill, on=True))
    shared = set(one[0]) & set(other[0])
    hits = [key for key in one[1] if key in shared]
    assert len(hits) > 50
    assert all(other[1].get(key) == one[1][key] for key in hits)


def noticed(chronicle: Chronicle) -> tuple[set[Any], dict[Any, set[tuple[int, int]]]]:
    """Looks as they were made in the end, and what each noticed."""
    door = door_of(chronicle)
    ids, names, spans = door.acts.id, chronicle.prepared.layout.sensing.names, {}
    for table, rows in zip(door.tables.tables, door.tables.rows, strict=True):
        for row, luck, start, end, sensor, condition in zip(
                *(c.tolist() for c in (rows, table.luck, table.start_us, table.end_us, table.sensor, table.condition)),
                strict=True):
            if condition > 0:
                spans[row] = (luck, int(door.tables.looks.cell[row]), start, end, names[sensor])
    found: dict[Any, set[tuple[int, int]]] = {}
    for act, row, when in zip(*(c.tolist() for c in door.all_successes()), strict=True):
        if row in spans:
            found.setdefault(spans[row], set()).add((int(ids[act]), when))
    return set(spans.values()), found


def test_scenes_ordered_before_an_operator_withdraws_are_lost() -> None:
    """Nobody knows before: a scene ordered for later is ordered all the same, and not taken."""
    cut = round(HOUR * HOUR_US)
    chronicle = told("operator-withdrawn", on=True)
    touched = units_touched("operator-withdrawn")
    names = chronicle.prepared.layout.sensing.units
    scenes = [(cue, fate) for cue, fate in chronicle.mission.looked if names[cue.sensor] in touched]
    late = [(cue, fate) for cue, fate in scenes if cue.start_us >= cut]
    assert all(fate == OTHER for _, fate in late)
    assert {fate for cue, fate in scenes if cue.start_us < cut} <= {MADE, 2}
    kept = {(cue.case, cue.start_us): fate for cue, fate in told("operator-withdrawn", on=False).mission.looked
            if names[cue.sensor] in touched and cue.start_us >= cut}
    assert {(cue.case, cue.start_us) for cue, _ in late} <= set(kept)
    assert len(late) > 5
    assert MADE in kept.values()


def test_passes_and_images_do_not_need_navigation() -> None:
    """The drill leaves passes alone, takes acoustic posts off the air inside its spell only, and a share of search legs."""
    before, after = looks("navigation-lost", on=False), looks("navigation-lost", on=True)
    families = {f.id for f in scenario("navigation-lost", on=True).monitoring.satellites}
    assert families <= set(before)
    assert all(before[name] == after[name] for name in families)
    low, high = round(HOUR * HOUR_US), round(BACK * HOUR_US)
    for name in ACOUSTIC:
        inside = [lost for (_, _, start), (_, lost) in after[name].items() if low <= start < high]
        assert inside and MADE not in inside and JAMMED in inside
        assert MADE in [lost for (_, _, start), (_, lost) in after[name].items() if start >= high]
    units = {d.id for d in scenario("navigation-lost", on=True).monitoring.drones}
    legs = [(before[u][key][1], fate[1]) for u in sorted(units) for key, fate in after.get(u, {}).items()
            if low <= key[2] < high and before[u][key][1] == MADE]
    share = sum(lost == JAMMED for _, lost in legs) / len(legs)
    assert len(legs) > 500
    # Legs of one sortie have a luck each, so the share lies near 0.6.
    assert abs(share - 0.6) < 4 * (0.6 * 0.4 / len(legs)) ** 0.5


def test_ships_report_false_places_while_it_is_lost() -> None:
    """AIS adds false sightings inside the spell and none outside; no other alarm changes."""
    before, after = (told("navigation-lost", on=on).opened.alarms for on in (False, True))
    more = set(after) - set(before)
    ais = [m.id for m in scenario("navigation-lost", on=True).monitoring.means].index("ais")
    assert set(before) <= set(after) | {a for a in before if a.means == ais}
    assert more and all(a.means == ais and HOUR <= a.seen_us / HOUR_US < BACK for a in more)


def test_no_drone_is_sent_anywhere_while_navigation_is_lost() -> None:
    flown = {on: [cue.start_us / HOUR_US for cue, _ in told("navigation-lost", on=on).mission.looked if cue.flight >= 0]
             for on in (False, True)}
    assert [h for h in flown[False] if HOUR + 1 < h < BACK]
    assert not [h for h in flown[True] if HOUR + 1 < h < BACK]


def test_means_that_are_gone_cry_wolf_no_more() -> None:
    """False sightings of drones and posts end with the consent they stood on; those of satellites go on."""
    cut = round(HOUR * HOUR_US)
    before, after = (told("access-withdrawn-day-20", on=on).opened.alarms for on in (False, True))
    names = [m.id for m in scenario("access-withdrawn-day-20", on=True).monitoring.means]
    gone = {names.index(n) for n in ("drone-eo", "drone-ir", "camera-thermal", "impulse-node", "engine-mic", "rf-sensor")}
    assert [a for a in before if a.means in gone and a.seen_us >= cut]
    assert after == [a for a in before if a.seen_us < cut or a.means not in gone | set(lone(names))]


def lone(names: list[str]) -> list[int]:
    """Other means that only drones or posts carry."""
    return [names.index(n) for n in ("maritime-radar", "radar-gmti", "weapon-locating-radar", "seismic-array")]


def test_the_baseline_spelled_out_is_the_baseline() -> None:
    """The scenario of one-sided access runs exactly as technical means do."""
    first, second = (history_of(play(ready(world(name, days=1)), seed=SEED, replication=0))
                     for name in ("technical-means", "access-one-side"))
    assert all(first.tables[t][c].tobytes() == second.tables[t][c].tobytes() for t in first.tables for c in first.tables[t])


def test_day_twenty_as_shipped() -> None:
    """The shipped withdrawal, unshortened: 480 hours of every table have the same bytes, then drones and posts fall silent."""
    first, second = (history_of(play(ready(read(ROOT / "scenarios" / f"{name}.toml").scenario), seed=SEED, replication=0))
                     for name in ("technical-means", "access-withdrawn-day-20"))
    assert rows_that_differ(first, second, 480.0 - 1e-6) == {}
    near, far = ["drone-eo", "drone-ir", "radar-gmti", "camera-thermal", "impulse-node"], ["sar-systematic", "air-picture"]
    made = [_made(one, near, from_h=480.0) for one in (first, second)]
    assert made[1] == 0 < made[0]
    assert _made(first, far, from_h=0.0) == _made(second, far, from_h=0.0) > 0


def _made(history: History, means: list[str], *, from_h: float) -> int:
    """Looks made by some means from an hour on."""
    table = history.tables["coverage"]
    return int(table["made"][(table["from_h"] >= from_h) & np.isin(table["means"], means)].sum())
