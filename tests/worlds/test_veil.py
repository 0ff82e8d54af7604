"""Obstruction, complaints, deception and confusers lie over a world and leave what is beneath as it was.

Acts, weather and the luck of every look stay bit for bit; sides mirror; nothing is known early; and the mission learns of all
of it through the door.
"""

from __future__ import annotations

import tracemalloc
from functools import cache
from typing import Any

import numpy as np
import pytest
from small_worlds import DAY_US, HOUR_US, ROOT, SEED, differing, named, ready, rows_that_differ, same_columns, world
from test_mirror import both_sides, mirrored, rows, swapped
from test_wall import ScriptedDoor

from sim.engine import Opened, Prepared, open_world, play, replicate
from sim.engine.chronicle import Chronicle, history_of
from sim.ledger import COLUMNS, MARGINS, History, digest
from sim.monitoring.detection import Door
from sim.monitoring.looks import MADE, REASONS
from sim.monitoring.misled_door import MisledDoor
from sim.records import COMPLAINT, UNATTRIBUTED
from sim.scenario.conduct import Conduct
from sim.scenario.hidden import Deception, Obstruction
from sim.scenario.reader import read
from sim.scenario.scenario import Scenario


@cache
def hidden() -> dict[str, Any]:
    """All that the shipped parts say of obstruction, complaints, deception and confusers, at higher rates."""
    flood = read(ROOT / "scenarios" / "coordinated-fabrication.toml").scenario.conduct
    fires = read(ROOT / "scenarios" / "harvest-fires.toml").scenario.conduct.confusers
    often = {"side_a_share": 0.75, "unattributed_share": 0.25}
    more = tuple(how.model_copy(update=often | {"spells_per_day": 4 * how.spells_per_day}) for how in flood.obstruction)
    burn = tuple(how.model_copy(update={"per_day": (20.0,) * 12, "side_a_share": 0.25}) for how in fires)
    return {"obstruction": more, "complaints": flood.complaints, "confusers": burn,
            "deception": Deception(share=0.3, staged_share=0.5)}


def over(scenario: Scenario, **parts: Any) -> Scenario:
    """The scenario with parts of its conduct changed."""
    return scenario.model_copy(update={"conduct": scenario.conduct.model_copy(update=parts)})


@cache
def veiled(name: str = "mixed", days: int = 3) -> Prepared:
    return ready(over(world(name, days=days), **hidden()))


@cache
def told(name: str = "mixed") -> Chronicle:
    return play(veiled(name), seed=SEED, replication=0)


@pytest.mark.parametrize("part", ["obstruction", "complaints", "deception", "confusers"])
def test_each_part_leaves_acts_weather_and_false_alarms_bit_for_bit(part: str) -> None:
    plain = open_world(ready(world("mixed")), seed=SEED, replication=0)
    other = open_world(ready(over(world("mixed"), **{part: hidden()[part]})), seed=SEED, replication=0)
    for mine, its in zip((*plain.acts, *plain.spells), (*other.acts, *other.spells), strict=True):
        assert mine.tobytes() == its.tobytes()
    assert plain.alarms == other.alarms and other.veil is not None
    assert all(same_columns({"spell": plain.sky.spell_us[name]}, {"spell": other.sky.spell_us[name]}) == []
               for name in plain.sky.spell_us)
    if part != "obstruction":
        assert all(a.tobytes() == b.tobytes() for a, b in zip(plain.watch.looks, other.watch.looks, strict=True))


def test_empty_parts_are_the_plain_world() -> None:
    plain = replicate(ready(world("mixed")), seed=SEED, replication=0)
    none = over(world("mixed"), deception=Deception(share=0.0))
    still = replicate(ready(none), seed=SEED, replication=0)
    assert differing(plain, still, COLUMNS) == [] and digest(plain) == digest(still)
    assert all(len(plain.tables[name][COLUMNS[name][0]]) == 0 for name in MARGINS)


def test_both_paths_write_the_same_bytes() -> None:
    events = history_of(play(veiled(), seed=SEED, replication=0, path="event"))
    assert differing(history_of(told()), events, COLUMNS) == []


@cache
def pair() -> tuple[History, History]:
    scenario = over(both_sides("mixed"), **hidden())
    conduct = swapped(scenario).conduct
    turned: dict[str, Any] = {"complaints": tuple(how.model_copy(update={"side": "B" if how.side == "A" else "A"})
                                                  for how in conduct.complaints)}
    for part in ("obstruction", "confusers"):
        turned[part] = tuple(how.model_copy(update={"side_a_share": 1 - how.side_a_share}) for how in getattr(conduct, part))
    first, second = (replicate(ready(s), seed=SEED, replication=0) for s in (scenario, over(swapped(scenario), **turned)))
    return first, second


@pytest.mark.parametrize("table", [name for name in COLUMNS if name != "posteriors"])  # here kinds of evidence confirm
def test_every_table_mirrors(table: str) -> None:
    first, second = (dict(history.tables[table]) for history in pair())
    turn = np.array(["A", "B", ""])
    if table == "obstruction":
        first["named"] = turn[[1 - "AB".index(s) if s else 2 for s in first["named"].tolist()]]
    assert len(rows(first)) > 2
    assert mirrored(table, first) == rows(second)


def test_a_short_run_is_the_beginning_of_a_long_one() -> None:
    more = (("verification.standard.close_after_h", "24.0"),)
    short, long = (replicate(ready(over(world("mixed", days=days, more=more), **hidden())), seed=SEED, replication=0)
                   for days in (2, 4))
    assert rows_that_differ(short, long, 48.0, but=frozenset({"verdicts"})) == {}
    for table, stamp in (("obstruction", "from_h"), ("confusers", "onset_h")):
        mine, other = (h.tables[table] for h in (short, long))
        early, late = mine[stamp] < 48.0, other[stamp] < 48.0
        assert early.sum() > 20
        assert mine[COLUMNS[table][0]][early].tolist() == other[COLUMNS[table][0]][late].tolist()


def test_looks_lost_are_lost_for_a_reason_and_within_a_spell() -> None:
    """Every look that obstruction took lies in a spell of its sector; none that it did not take has changed."""
    plain, other = open_world(ready(world("mixed")), seed=SEED, replication=0), told().opened
    assert other.veil is not None
    cost, spells = other.veil.hindered.cost, other.veil.hindered.spells
    assert cost.looks.sum() > 200 and (cost.to_us >= spells.from_us[cost.spell]).all()
    assert (cost.from_us < spells.to_us[cost.spell] + 6 * HOUR_US).all()
    lost = {reason: int((other.watch.looks.lost == number).sum() - (plain.watch.looks.lost == number).sum())
            for number, reason in enumerate(REASONS)}
    assert lost["jammed"] > 50 and lost["consent"] > 10 and lost["other"] > 10
    assert (other.watch.looks.lost == MADE).sum() < (plain.watch.looks.lost == MADE).sum()


def test_drones_shot_down_are_lost_to_their_unit() -> None:
    deadly = (Obstruction(id="fire", form="shooting", spells_per_day=40.0, duration_median_h=2.0, loss_share=0.5),)
    plain = replicate(ready(world("mixed")), seed=SEED, replication=0)
    shot = replicate(ready(over(world("mixed"), obstruction=deadly)), seed=SEED, replication=0)
    count = [int((h.tables["assets"]["lost"] == "loss").sum()) for h in (plain, shot)]
    assert count[1] > count[0] + 3 and shot.facts["flown_h"] < plain.facts["flown_h"]
    assert shot.tables["obstruction"]["flights_fired_on"].sum() > count[1]


# ---- the door -------------------------------------------------------------------------------------------------------


def scripted(scenario: Scenario) -> Chronicle:
    """History behind the scripted door of the test of two truths."""
    def door(prepared: Prepared, opened: Opened) -> Door:
        return ScriptedDoor(prepared)

    return play(ready(scenario), seed=SEED, replication=0, door_of=door)


def test_complaints_and_obstruction_reach_the_mission_through_the_door_only() -> None:
    """A door that tells none of it leaves the same mission as a world without, whatever the parties complain of."""
    flooded = tuple(how.model_copy(update={"untrue_per_day": 500.0}) for how in hidden()["complaints"])
    only = {"complaints": flooded, "confusers": hidden()["confusers"], "deception": hidden()["deception"]}
    plain, other = scripted(world("mixed")), scripted(over(world("mixed"), **only))
    assert plain.mission.findings == other.mission.findings and len(plain.mission.findings) > 20
    assert plain.mission.ladder.orders == other.mission.ladder.orders
    assert list(plain.mission.book.cases) == list(other.mission.book.cases)
    assert other.mission.obstructed == [] and (plain.verdict == other.verdict).all()


def test_complaints_open_cases_and_confirm_none_alone() -> None:
    book = told().mission.book
    alone = [case for case in book.cases.values() if all(seen.physics == COMPLAINT for seen in case.reports)]
    assert len(alone) > 100
    assert all(case.confirmed_us < 0 and case.grade < 0 and not case.evidence for case in alone)
    assert any(case.cues for case in alone), "a complaint may ask for a look"
    joined = [c for c in book.cases.values() if {s.physics == COMPLAINT for s in c.reports} == {True, False}]
    assert joined and all(seen.physics != COMPLAINT for case in joined for seen in case.evidence)


def test_fires_are_seen_by_several_means_and_make_false_findings() -> None:
    plain, history = replicate(ready(world("mixed")), seed=SEED, replication=0), history_of(told())
    events, found = history.tables["confusers"], history.tables["findings"]
    assert (events["reports"] > 1).sum() > 5
    assert (events["reports"][events["notified"] == 1] == 0).all() and events["notified"].sum() > 10
    assert (found["violation"] == "").sum() > (plain.tables["findings"]["violation"] == "").sum()
    known = set(history.tables["violations"]["violation"].tolist())
    assert set(history.tables["observations"]["violation"].tolist()) <= known | {""}
    assert set(history.tables["findings"]["violation"].tolist()) <= known | {""}


def test_deception_fools_impact_together_and_never_the_origin() -> None:
    """Of acts under a false flag, means that sense impact and all sights of traces name the other side; others do not."""
    scenario = over(world("mixed"), deception=Deception(share=1.0, staged_share=0.0))
    chronicle = play(ready(scenario), seed=SEED, replication=0)
    door = chronicle.door
    assert isinstance(door, MisledDoor)
    reports = {seen.id: seen for case in chronicle.mission.book.cases.values() for seen in case.reports}
    fooled, right = 0, []
    for key, act in door.cause.items():
        seen = reports.get(key)
        if seen is None:
            continue
        if door.library.origin[seen.means] and seen.seen_us < door.acts.end_us[act]:
            right.append(seen.side in (UNATTRIBUTED, int(door.acts.side[act])))
        else:
            fooled += 1
            assert seen.side == 1 - door.acts.side[act]
    assert fooled > 100 and len(right) > 100 and np.mean(right) > 0.8


def test_staged_acts_are_no_violations_and_accuse_the_other_side() -> None:
    scenario = over(world("mixed"), deception=Deception(share=1.0, staged_share=1.0, staged_delay_mean_h=3.0))
    chronicle = play(ready(scenario), seed=SEED, replication=0)
    door, n = chronicle.door, len(chronicle.opened.acts.id)
    assert isinstance(door, MisledDoor)
    reports = {seen.id: seen for case in chronicle.mission.book.cases.values() for seen in case.reports}
    blamed = [(reports[key], act) for key, act in door.cause.items() if act >= n and key in reports]
    assert len(blamed) > 50 and all(seen.side == 1 - door.acts.side[act] for seen, act in blamed)
    under_way = [seen for seen, act in blamed if seen.seen_us < door.acts.end_us[act]]
    assert under_way and not any(door.library.origin[seen.means] for seen in under_way)
    plain = replicate(ready(world("mixed")), seed=SEED, replication=0).tables["violations"]
    mine = history_of(chronicle).tables["violations"]
    for column in ("violation", "side", "onset_h", "km", "counts"):
        assert mine[column].tobytes() == plain[column].tobytes()


# ---- verdicts -------------------------------------------------------------------------------------------------------


def lawful(**parts: Any) -> Scenario:
    """A world without acts: only obstruction can make a breach."""
    conduct: Conduct = world("mixed").conduct
    kinds = tuple(how.model_copy(update={"incidents_per_day": 0.0}) for how in conduct.kinds)
    return over(world("mixed"), kinds=kinds, **parts)


def denial(**keys: Any) -> tuple[Obstruction, ...]:
    given = {"id": "gate", "form": "denial", "spells_per_day": 3.0, "duration_median_h": 6.0, "duration_law": "fixed",
             "side_a_share": 1.0, "sectors": ("s05", "s06")}
    return (Obstruction(**(given | keys)),)


def test_obstruction_makes_a_breach_in_truth_by_the_hours_in_force() -> None:
    """Counted by hand from the table of spells: more than a fifth of the 24 hours owed, overlaps once."""
    history = replicate(ready(lawful(obstruction=denial())), seed=SEED, replication=0)
    spells, verdicts = history.tables["obstruction"], history.tables["verdicts"]
    minutes = np.zeros((2, 3 * 24 * 60), dtype=bool)
    for sector, begin, end in zip(spells["sector"].tolist(), spells["from_h"].tolist(), spells["to_h"].tolist(), strict=True):
        minutes[("s05", "s06").index(sector), round(begin * 60) : round(end * 60)] = True
    share = minutes.reshape(2, 3, 1440).mean(axis=2)
    assert (np.abs(share - 0.2) > 0.002).all() and (share > 0.2).any() and (share < 0.2).any()
    for side, sector, begin, truth in zip(*(verdicts[c].tolist() for c in ("side", "sector", "from_h", "truth")), strict=True):
        breach = side == "A" and sector in ("s05", "s06") and share[("s05", "s06").index(sector), int(begin // 24)] > 0.2
        assert truth == ("breach" if breach else "compliant"), (side, sector, begin)


def test_owed_hours_and_share_change_the_truth() -> None:
    def breaches(**terms: Any) -> int:
        scenario = lawful(obstruction=denial(spells_per_day=8.0))
        breach = scenario.agreement.breach.model_copy(update={"obstruction_share": terms.pop("share", 0.2)})
        agreement = scenario.agreement.model_copy(update={"breach": breach} | terms)
        table = replicate(ready(scenario.model_copy(update={"agreement": agreement})), seed=SEED,
                          replication=0).tables["verdicts"]
        return int((table["truth"] == "breach").sum())

    plain = breaches()
    assert plain > 2 and breaches(share=1.0) == 0 and breaches(share=0.6) < plain and breaches(observation_owed_h=0.0) == 0


def test_the_mission_calls_the_obstruction_that_it_met() -> None:
    """Observers of side A turned away all day: a breach by A, nothing by B; one that names nobody is no breach."""
    sectors = tuple(s.id for s in world("mixed").area.sectors)
    whole = denial(spells_per_day=60.0, duration_median_h=20.0, sectors=sectors)
    met = play(ready(lawful(obstruction=whole)), seed=SEED, replication=0)
    assert len(met.mission.obstructed) > 20 and {seen.side for seen in met.mission.obstructed} == {0}
    table = history_of(met).tables["verdicts"]
    called = (table["called"] == "breach") & (table["points_found"] < 6)
    assert called.sum() > 10 and set(table["side"][called].tolist()) == {"A"}
    assert (table["truth"][called] == "breach").all()
    hidden_author = play(ready(lawful(obstruction=denial(spells_per_day=60.0, duration_median_h=20.0, sectors=sectors,
                                                         unattributed_share=1.0))), seed=SEED, replication=0)
    other = history_of(hidden_author).tables["verdicts"]
    assert ((other["called"] == "breach") & (other["points_found"] < 6)).sum() == 0
    assert (other["truth"] == "breach").sum() == (table["truth"] == "breach").sum()


def test_teams_are_turned_away_where_access_is_denied() -> None:
    sectors = tuple(s.id for s in world().area.sectors)
    gate = denial(spells_per_day=200.0, duration_median_h=50.0, sectors=sectors)
    plain = play(ready(world("technical-with-teams")), seed=SEED, replication=0)
    shut = play(ready(over(world("technical-with-teams"), obstruction=gate)), seed=SEED, replication=0)
    team = plain.prepared.layout.first["team"]
    made = [sum(fate == MADE for cue, fate in c.mission.looked if cue.sensor >= team) for c in (plain, shut)]
    assert made[0] > 10 and made[1] < made[0] / 4
    assert any(seen.seen_us > seen.onset_us for seen in shut.mission.obstructed)


def test_jamming_stops_cued_drones_too() -> None:
    sectors = tuple(s.id for s in world().area.sectors)
    noise = (Obstruction(id="noise", form="jamming", spells_per_day=200.0, duration_median_h=60.0, sectors=sectors),)
    jammed = play(ready(over(world(), obstruction=noise)), seed=SEED, replication=0)
    fates = [REASONS[fate] for cue, fate in jammed.mission.looked if cue.flight >= 0 and cue.start_us > DAY_US]
    assert fates.count("jammed") > 0.8 * len(fates) > 0


# ---- size -----------------------------------------------------------------------------------------------------------


def test_a_flood_of_complaints_keeps_its_memory() -> None:
    """Ten times the complaints: what is kept does not grow with them, for what cannot be worked on is only counted."""
    def peak(per_day: float) -> tuple[float, Chronicle]:
        rows = tuple(how.model_copy(update={"untrue_per_day": per_day / 2}) for how in hidden()["complaints"])
        prepared = ready(over(world("mixed", days=2), complaints=rows))
        tracemalloc.start()
        try:
            chronicle = play(prepared, seed=SEED, replication=0)
            return tracemalloc.get_traced_memory()[1] / 1e6, chronicle
        finally:
            tracemalloc.stop()

    (some, few), (most, many) = peak(1000.0), peak(10_000.0)
    assert few.opened.veil is not None and many.opened.veil is not None
    assert len(many.opened.veil.filed.id) > 8 * len(few.opened.veil.filed.id)
    assert many.mission.book.complaints_left > 15_000
    assert most - some < 12.0, (some, most)


def test_claims_add_up() -> None:
    history = history_of(told())
    veil = told().opened.veil
    assert veil is not None
    table = history.tables["claims"]
    assert table["filed"].sum() == len(veil.filed.id) and table["untrue"].sum() == (veil.filed.act < 0).sum()
    assert abs(table["claimed"].sum() - 4.0 * table["filed"].sum()) <= len(table["filed"])
    assert len(np.unique(table["claim"])) == len(table["claim"])
    assert named(told().prepared.scenario.conduct.complaints, "by-a").claimed_factor == 4.0
