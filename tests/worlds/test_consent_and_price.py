"""Consent ends at its hour and not before, and a second look costs the first.

A mediator sees that a side which withdraws takes away what its consent allowed from then on, and nothing of the past.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from small_worlds import HOUR_US, SEED, door_of, monitored, ready, rows_that_differ, world

from sim.engine import Prepared, open_world, play
from sim.engine.chronicle import Chronicle, history_of
from sim.monitoring.looks import DIVERTED, MADE, REASONS
from sim.scenario.scenario import Scenario

HOUR = 31.3
CLASSES = {"drones": "a-drones", "ground": "a-ground"}


def busy(scenario: Scenario) -> Scenario:
    """Drones that fly in any weather and without interference, so that there is always something to withdraw."""
    fair = {"wind_limited": False, "icing_limited": False, "interference_share": 0.0, "failure_mean_h": 1e5}
    return monitored(scenario, drones=tuple(u.model_copy(update=fair) for u in scenario.monitoring.drones))


@cache
def base(name: str = "mixed") -> Scenario:
    return busy(world(name))


def withdrawn(scenario: Scenario, consent: str, hour: float = HOUR) -> Scenario:
    """Consent of one kind ends at an hour."""
    return monitored(scenario, consent=tuple(c.model_copy(update={"to_h": hour}) if c.id == consent else c
                                             for c in scenario.monitoring.consent))


def granted(scenario: Scenario, consent: str, hour: float = HOUR) -> Scenario:
    """Consent of one kind begins at an hour."""
    return monitored(scenario, consent=tuple(c.model_copy(update={"from_h": hour}) if c.id == consent else c
                                             for c in scenario.monitoring.consent))


def units_of(scenario: Scenario, consent: str) -> frozenset[str]:
    """Units that stand or fly on this consent."""
    parts = (scenario.monitoring.drones,) if consent == "a-drones" else (scenario.monitoring.posts, scenario.monitoring.observers)
    return frozenset(unit.id for part in parts for unit in part if unit.side == "A")


@cache
def told(how: str = "", consent: str = "") -> Chronicle:
    scenario = {"": lambda s, c: s, "withdrawn": withdrawn, "granted": granted}[how](base(), consent)
    return play(ready(scenario), seed=SEED, replication=0)


def made(prepared: Prepared, units: frozenset[str]) -> set[tuple[Any, ...]]:
    """Looks of some units that an open world holds as made, before any tasking."""
    looks = open_world(prepared, seed=SEED, replication=0).watch.looks
    mine = np.flatnonzero((looks.lost == MADE) & np.isin(np.array(prepared.layout.sensing.units)[looks.sensor], sorted(units)))
    return set(zip(*(column[mine].tolist() for column in (looks.luck, looks.cell, looks.start_us, looks.end_us)), strict=True))


@pytest.mark.parametrize("consent", CLASSES.values())
def test_looks_after_withdrawal_are_gone_and_none_before(consent: str) -> None:
    cut, units = round(HOUR * HOUR_US), units_of(base(), consent)
    before, after = made(told().prepared, units), made(told("withdrawn", consent).prepared, units)
    assert any(end > cut for *_, end in before)
    assert all(end <= cut for *_, end in after)
    assert {look for look in before if look[3] <= cut} <= after
    # What was under way at the hour ends there: same look, same begin.
    crossing = {look[:3] for look in before if look[2] < cut < look[3]}
    assert crossing
    assert {look[:3] for look in after if look[3] == cut} >= crossing
    assert len(after) == len({look for look in before if look[3] <= cut} | {look for look in after if look[3] == cut})


@pytest.mark.parametrize("consent", CLASSES.values())
def test_looks_of_all_others_stay(consent: str) -> None:
    mine = units_of(base(), consent)
    others = frozenset(told().prepared.layout.sensing.units) - mine
    assert made(told().prepared, others) == made(told("withdrawn", consent).prepared, others)


@pytest.mark.parametrize("consent", CLASSES.values())
def test_nothing_is_seen_or_asked_on_a_consent_that_ended(consent: str) -> None:
    """No report of these units comes from a sight after the hour, cued looks and verification teams included."""
    units, cut = units_of(base(), consent), round(HOUR * HOUR_US)
    asked = units | {"team"} if consent == "a-ground" else units
    times, stares = sights_and_stares(told("withdrawn", consent), asked)
    assert len(times) > 5
    assert max(times) <= cut
    assert all(end <= cut for end in stares)
    times, stares = sights_and_stares(told(), asked)
    assert max(times) > cut
    assert any(end > cut for end in stares)


def sights_and_stares(chronicle: Chronicle, units: frozenset[str]) -> tuple[list[int], list[int]]:
    """Times of the sights that some units reported, and ends of the cued looks that they made."""
    names = chronicle.prepared.layout.sensing.units
    when = {seen.id: seen.seen_us for case in chronicle.mission.book.cases.values() for seen in case.reports}
    times = [when[s.observation] for s in door_of(chronicle).seen if names[s.sensor] in units and s.observation in when]
    return times, [cue.end_us for cue, fate in chronicle.mission.looked if fate == MADE and names[cue.sensor] in units]


@pytest.mark.parametrize("consent", CLASSES.values())
def test_history_before_the_hour_is_the_same(consent: str) -> None:
    """No flight, report, case, finding or order of before knows that consent will end."""
    first, second = history_of(told()), history_of(told("withdrawn", consent))
    assert rows_that_differ(first, second, HOUR - 1e-6, but=frozenset({"coverage"})) == {}
    assert rows_that_differ(first, second, 90.0)


@pytest.mark.parametrize("consent", CLASSES.values())
def test_consent_that_comes_late(consent: str) -> None:
    """From the hour on the means look; before it they do not."""
    looks = made(told("granted", consent).prepared, units_of(base(), consent))
    assert len(looks) > 50
    assert min(start for _, _, start, _ in looks) >= round(HOUR * HOUR_US)


def test_teams_look_only_where_they_are_let_in() -> None:
    """Side B refuses teams: no act on its side is noticed by one, and none at all once side A refuses too."""
    names = told().prepared.layout.sensing.names
    acts = told().opened.acts
    seen = [s.act for s in door_of(told()).seen if names[s.sensor] == "team"]
    assert seen, "no team noticed anything, so nothing was tried"
    assert all(min(acts.depth_km[a], acts.trace_depth_km[a]) <= 0 for a in seen)
    closed = play(ready(withdrawn(base(), "a-ground", 0.0)), seed=SEED, replication=0)
    assert not [s for s in door_of(closed).seen if closed.prepared.layout.sensing.names[s.sensor] == "team"]


def test_a_team_leaves_when_its_consent_ends() -> None:
    """An inspection that would last for days ends with the consent."""
    tasking = base().verification.tasking.model_copy(update={"inspection_h": 60.0})
    patient = base().model_copy(update={"verification": base().verification.model_copy(update={"tasking": tasking})})
    ends = {}
    for name, scenario in (("kept", patient), ("withdrawn", withdrawn(patient, "a-ground"))):
        chronicle = play(ready(scenario), seed=SEED, replication=0)
        ends[name] = sights_and_stares(chronicle, frozenset({"team"}))[1]
    assert max(ends["kept"]) > HOUR * HOUR_US
    assert ends["withdrawn"]
    assert max(ends["withdrawn"]) == round(HOUR * HOUR_US)


def diverted_flights(chronicle: Chronicle) -> dict[int, tuple[int, int]]:
    """Flights that were pulled off their patrol, with the first instant and the last at which they were away."""
    away: dict[int, tuple[int, int]] = {}
    for cue, _ in chronicle.mission.looked:
        if cue.flight >= 0:
            low, high = away.get(cue.flight, (cue.start_us, cue.end_us))
            away[cue.flight] = (min(low, cue.start_us), max(high, cue.end_us))
    return away


def test_a_second_look_costs_the_legs_of_the_flight() -> None:
    chronicle = told()
    fresh = open_world(chronicle.prepared, seed=SEED, replication=0).watch
    after = door_of(chronicle).tables.looks
    away = diverted_flights(chronicle)
    assert len(away) > 3
    changed = np.flatnonzero(fresh.looks.lost != after.lost)
    assert len(changed) > 20
    assert set(after.lost[changed].tolist()) == {DIVERTED}
    assert set(fresh.looks.lost[changed].tolist()) == {MADE}
    assert set(fresh.flight[changed].tolist()) <= set(away)
    for flight, (start, end) in away.items():
        legs = np.flatnonzero((fresh.flight == flight) & (fresh.looks.lost == MADE))
        kept = legs[after.lost[legs] == MADE]
        assert not ((fresh.looks.start_us[kept] >= start) & (fresh.looks.start_us[kept] < min(end, start + HOUR_US // 2))).any()
        assert (after.end_us[kept] <= fresh.looks.end_us[kept]).all()


def test_the_price_is_in_the_tables() -> None:
    """Legs lost to a cue are counted with their reason, and none without cueing."""
    table = history_of(told()).tables["coverage"]
    assert table["diverted"].sum() > 20
    assert (table["due"] == sum(table[reason] for reason in REASONS)).all()
    tasking = base().verification.tasking.model_copy(update={"drones": False})
    uncued = base().model_copy(update={"verification": base().verification.model_copy(update={"tasking": tasking})})
    other = history_of(play(ready(uncued), seed=SEED, replication=0)).tables["coverage"]
    assert other["diverted"].sum() == 0
    assert other["made"].sum() > table["made"].sum()
