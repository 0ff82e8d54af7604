"""A grave tip takes a scene that was on order for less; the plan's gap is in the tables, and nobody knew the sky to come."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest
from small_worlds import HOUR_US, SEED, door_of, ready, rows_that_differ, world

from sim.engine import play
from sim.engine.chronicle import Chronicle, history_of
from sim.monitoring.looks import CLOUD, DIVERTED, MADE

FAMILIES = ("iceye-class", "skysat-class", "pleiades-neo-class")


@cache
def told(*, preempt: bool, path: str = "array") -> Chronicle:
    more = tuple((f"monitoring.satellites.{name}.tips_preempt", str(preempt).lower()) for name in FAMILIES)
    return play(ready(world("tips-preempt-scenes", more=more)), seed=SEED, replication=0, path=path)


def called_off(chronicle: Chronicle) -> list[tuple[int, int]]:
    """Standing scenes that tips took: row of the look and its instant."""
    looks, names = door_of(chronicle).tables.looks, np.array(chronicle.prepared.layout.sensing.units)
    rows = np.flatnonzero(np.isin(names[looks.sensor], FAMILIES) & (looks.lost == DIVERTED))
    return [(row, int(looks.start_us[row])) for row in rows.tolist()]


def test_tips_take_scenes_of_the_plan_and_the_gap_shows_in_coverage() -> None:
    with_, without = told(preempt=True), told(preempt=False)
    gone = called_off(with_)
    assert len(gone) > 10 and not called_off(without)
    coverage = history_of(with_).tables["coverage"]
    mine = np.isin(coverage["means"], ["sar-25cm", "optical-vhr"])
    days = with_.prepared.scenario.days * 24 * HOUR_US
    assert coverage["diverted"][mine].sum() == sum(when < days for _, when in gone)
    assert history_of(without).tables["coverage"]["diverted"][np.isin(history_of(without).tables["coverage"]["means"],
                                                                      ["sar-25cm", "optical-vhr"])].sum() == 0


def test_no_more_scenes_a_day_than_were_bought() -> None:
    """What a tip takes the plan loses: scenes of a day, planned and cued together, stay within the day's number."""
    chronicle = told(preempt=True)
    looks, units = door_of(chronicle).tables.looks, chronicle.prepared.layout.sensing.units
    names = np.array(units)
    taken = Counter[tuple[str, int]]()
    for row in np.flatnonzero(np.isin(names[looks.sensor], FAMILIES) & (looks.lost != DIVERTED)).tolist():
        taken[units[looks.sensor[row]], int(looks.start_us[row]) // (24 * HOUR_US)] += 1
    for cue, fate in chronicle.mission.looked:
        if units[cue.sensor] in FAMILIES and fate != DIVERTED:
            taken[units[cue.sensor], cue.start_us // (24 * HOUR_US)] += 1
    scenes = {f.id: f.scenes_per_day for f in chronicle.prepared.scenario.monitoring.satellites}
    assert taken and all(number <= scenes[unit] for (unit, _), number in taken.items())


def test_a_lesser_case_gives_way_and_orders_anew() -> None:
    """Scenes ordered for a case and called off went to graver kinds; they cost that case no look of its share."""
    chronicle = told(preempt=True)
    cases, kinds = chronicle.mission.book.cases, chronicle.prepared.scenario.agreement.kinds
    lost = [cue for cue, fate in chronicle.mission.looked if fate == DIVERTED]
    assert lost
    share = chronicle.prepared.scenario.verification.tasking.looks_per_case
    most = max(kind.points for kind in kinds)
    for cue in lost:
        case = cases[cue.case]
        assert kinds[case.kind].points < most and case.called_off >= 1
        assert case.cues <= share + case.called_off


def test_a_scene_is_called_off_while_that_can_be_done_and_for_no_sky_to_come() -> None:
    """Some scenes called off would have been under cloud, some taken instead were: nobody asked the sky of another hour."""
    chronicle = told(preempt=True)
    fates = {fate for cue, fate in chronicle.mission.looked if cue.start_us == cue.end_us}
    assert {MADE, CLOUD, DIVERTED} <= fates
    first = min(r.reported_us for case in chronicle.mission.book.cases.values() for r in case.reports)
    reaction = min(f.reaction_h for f in chronicle.prepared.scenario.monitoring.satellites if f.id in FAMILIES)
    assert all(when >= first + reaction * HOUR_US for _, when in called_off(chronicle))


def test_nothing_differs_before_the_first_scene_is_called_off() -> None:
    """Up to the first scene that a tip takes both histories are the same, row by row."""
    with_, without = told(preempt=True), told(preempt=False)
    one, other = ({(cue.case, cue.sensor, cue.start_us) for cue, _ in history.mission.looked} for history in (with_, without))
    first = min([when for _, _, when in one ^ other] + [when for _, when in called_off(with_)])
    assert first > 4 * HOUR_US
    assert rows_that_differ(history_of(without), history_of(with_), first / HOUR_US - 1e-6) == {}
    assert rows_that_differ(history_of(without), history_of(with_), 90.0)


@pytest.mark.parametrize("table", ["looks", "observations", "cases", "findings", "coverage"])
def test_both_paths_write_the_same_bytes(table: str) -> None:
    one, other = (history_of(told(preempt=True, path=path)).tables[table] for path in ("array", "event"))
    assert all(one[name].tobytes() == other[name].tobytes() for name in one)
