"""Security: a casualty stops patrols for the time of the rule, and never what went before it."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from sim.engine import open_world, play, prepare
from sim.engine.chronicle import Chronicle
from sim.engine.preparation import Opened, Prepared
from sim.monitoring.design import patrol_rows
from sim.monitoring.looks import MADE, OTHER
from sim.monitoring.security import paused
from sim.scenario.reader import read

ROOT = Path(__file__).parents[2]
H = 3_600_000_000


@cache
def opened(share: str, *, pause_h: str = "48.0") -> tuple[Prepared, Opened]:
    keys = [("days", "12.0"), ("monitoring.security.casualty_share", share), ("monitoring.security.near_km", "1.5"),
            ("monitoring.security.pause_h", pause_h)]
    prepared = prepare(read(ROOT / "scenarios" / "observers-under-fire.toml", overrides=keys).scenario)
    return prepared, open_world(prepared, seed=4, replication=0)


def test_without_casualties_nobody_stands_down() -> None:
    assert opened("0.0")[1].watch.pauses == ()


def test_patrols_stand_down_and_come_back() -> None:
    """No stop begins in a pause, those under way end at its begin, and all others are the same look for look."""
    prepared, calm = opened("0.0")
    _, hurt = opened("0.05")
    pauses = hurt.watch.pauses
    assert len(pauses) >= 2
    assert all(end - begin == 48 * H for begin, end in pauses)
    assert all(one[1] <= following[0] for one, following in pairwise(pauses))
    before, after = calm.watch.looks, hurt.watch.looks
    mine = np.isin(before.sensor, patrol_rows(prepared.layout)) & (before.lost == MADE)
    inside = np.array([paused(pauses, t) for t in before.start_us.tolist()])
    assert (after.lost[mine & inside] == OTHER).all()
    assert (after.lost[~(mine & inside)] == before.lost[~(mine & inside)]).all()
    ends = np.array([min([b for b, _ in pauses if s < b < e], default=e)
                     for s, e in zip(before.start_us.tolist(), before.end_us.tolist(), strict=True)])
    assert (after.end_us[mine & ~inside] == ends[mine & ~inside]).all()
    assert (ends < before.end_us)[mine & ~inside].any()


def test_exposure_counts_the_hours_that_are_left() -> None:
    _, calm = opened("0.0")
    prepared, hurt = opened("0.05")
    looks = hurt.watch.looks
    made = np.isin(looks.sensor, patrol_rows(prepared.layout)) & (looks.lost == MADE)
    assert hurt.watch.exposure_h < 0.8 * calm.watch.exposure_h
    assert abs(hurt.watch.exposure_h - (looks.end_us - looks.start_us)[made].sum() / H) < 0.01 * calm.watch.exposure_h


def test_casualties_come_at_their_share() -> None:
    """Meetings of patrols with fire nearby hurt somebody with the share of the rule: a certain share meets all of them."""
    counts = [len(opened(share, pause_h="0.001")[1].watch.pauses) for share in ("0.1", "1.0")]
    assert counts[1] > 30
    assert abs(counts[0] - 0.1 * counts[1]) < 4 * (counts[1] * 0.1 * 0.9) ** 0.5


@cache
def told() -> Chronicle:
    return play(opened("0.05")[0], seed=4, replication=0)


def test_inspections_stand_down_too() -> None:
    """No team begins to look in a pause, though some would have arrived in one."""
    names = told().prepared.layout.sensing.names
    visits = [cue.start_us for cue, _ in told().mission.looked if names[cue.sensor] == "team"]
    pauses = told().opened.watch.pauses
    assert visits
    assert not any(paused(pauses, when) for when in visits)
    assert any(paused(pauses, answer.on_station_us) for answer in told().mission.ladder.answers)
