"""A tip pulls a drone off its patrol or takes a scene, at a price that the tables show, and with what is known at that moment."""

from __future__ import annotations

from functools import cache

import numpy as np
from small_worlds import HOUR_US, SEED, door_of, monitored, ready, world

from sim.engine import open_world, play
from sim.engine.chronicle import Chronicle, history_of
from sim.monitoring.coverage import coverage_of
from sim.monitoring.looks import CLOUD, DIVERTED, MADE
from sim.scenario.scenario import Scenario


def fair() -> Scenario:
    """Drones that weather and failures leave alone, so that what happens to them is the tip's doing."""
    calm = {"wind_limited": False, "icing_limited": False, "interference_share": 0.0, "failure_mean_h": 1e5}
    scenario = world()
    return monitored(scenario, drones=tuple(u.model_copy(update=calm) for u in scenario.monitoring.drones))


@cache
def told(*, drones: bool = True, satellites: bool = True) -> Chronicle:
    scenario = fair()
    tasking = scenario.verification.tasking.model_copy(update={"drones": drones, "satellites": satellites})
    verification = scenario.verification.model_copy(update={"tasking": tasking})
    return play(ready(scenario.model_copy(update={"verification": verification})), seed=SEED, replication=0)


def test_every_cued_look_answers_a_case_that_was_open() -> None:
    """A tip comes first: each cue begins after a report of its case reached the mission, never before."""
    cases = told().mission.book.cases
    cued = [cue for cue, _ in told().mission.looked]
    assert len(cued) > 20
    assert all(cue.start_us >= min(r.reported_us for r in cases[cue.case].reports) for cue in cued)


def test_a_tip_pulls_a_drone_off_its_patrol_and_the_gap_is_visible() -> None:
    """Cells of the patrol go unseen for longer, and the table of coverage says that it was a diversion."""
    chronicle, alone = told(), told(drones=False)
    assert any(cue.flight >= 0 for cue, _ in chronicle.mission.looked)
    assert not any(cue.flight >= 0 for cue, _ in alone.mission.looked)
    with_cues, without = (history_of(one).tables["coverage"]["diverted"].sum() for one in (chronicle, alone))
    assert with_cues > 0 == without
    drones = {d.id for d in chronicle.prepared.scenario.monitoring.drones}
    gaps = {}
    for name, one in (("cued", chronicle), ("alone", alone)):
        looks = door_of(one).tables.looks
        units = np.array(one.prepared.layout.sensing.units)[looks.sensor]
        mine = np.isin(units, sorted(drones))
        patrol = looks._replace(lost=np.where(mine, looks.lost, np.int8(DIVERTED)))
        found = coverage_of(patrol, one.prepared.cells, days=3, means=len(one.prepared.library.physics), bin_us=HOUR_US)
        gaps[name] = found.gap_square_h2
    # A few looks that are only cut short may move an edge; no cell is seen more often for having lost legs.
    assert (gaps["cued"] >= gaps["alone"] - 1e-9).all()
    assert (gaps["cued"] > gaps["alone"] + 0.01).any()


def test_a_tip_takes_a_scene_and_it_is_gone_from_the_day() -> None:
    """Scenes that cases order are passes that the plan had not taken, each sold once, no more a day than are kept."""
    chronicle = told(drones=False)
    names = chronicle.prepared.layout.sensing.units
    scenes = [(names[cue.sensor], cue.cell, cue.start_us) for cue, fate in chronicle.mission.looked if fate in (MADE, CLOUD)]
    assert len(scenes) > 10
    assert len(set(scenes)) == len(scenes)
    for number, family in enumerate(chronicle.prepared.scenario.monitoring.satellites):
        passes, plan = chronicle.prepared.layout.passes[number], set(chronicle.prepared.layout.imaged[number].tolist())
        rows = {(int(c), int(t)): row for row, (c, t) in enumerate(zip(passes.cell, passes.time_us, strict=True))}
        mine = [(cell, when) for unit, cell, when in scenes if unit == family.id]
        assert not [pair for pair in mine if rows[pair] in plan]
        days = np.bincount([when // (24 * HOUR_US) for _, when in mine], minlength=1)
        assert days.max() <= family.scenes_per_day - round(family.scenes_per_day * family.standing_share)
    assert history_of(chronicle).facts["scenes"] > history_of(told(drones=False, satellites=False)).facts["scenes"]


def test_a_cue_is_decided_without_knowledge_of_clouds_or_jamming_to_come() -> None:
    """Some scenes that were ordered turn out to be under cloud: who knew the sky to come would not have ordered them."""
    fates = [fate for cue, fate in told(drones=False).mission.looked if cue.start_us == cue.end_us]
    assert {MADE, CLOUD} <= set(fates)


def test_patrol_looks_before_any_tip_are_those_of_a_world_without_cues() -> None:
    """Nothing of a patrol is given up before the first report that reached the mission."""
    first = min(r.reported_us for case in told().mission.book.cases.values() for r in case.reports)
    fresh = open_world(told().prepared, seed=SEED, replication=0).watch.looks
    after = door_of(told()).tables.looks
    early = fresh.end_us <= first
    assert early.any()
    assert (fresh.lost[early] == after.lost[early]).all() and (fresh.end_us[early] == after.end_us[early]).all()
