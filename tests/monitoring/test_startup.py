"""Start-up: member k of n is there from from + ramp·(k + ½)/n, whatever the means, and coverage rises with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import short_line as world
from short_line import DAY, H
from test_posts import posts, stand
from test_satellites import windows

from sim.area.light import Light
from sim.foundation.streams import streams_of
from sim.monitoring.drones import patrol_of, sorties
from sim.monitoring.looks import MADE
from sim.monitoring.posts import observer_looks
from sim.monitoring.startup import available_us, share_by_day, spread_order, with_start_up
from sim.scenario.monitoring import Observers, StartUp, StartUps

CELLS = world.cells()
LIGHT: Light = world.light(CELLS, days=60)


def test_law_of_the_ramp() -> None:
    assert (available_us(from_d=2.0, ramp_d=10.0, members=5) == np.array([3, 5, 7, 9, 11]) * DAY).all()
    assert (available_us(from_d=2.0, ramp_d=0.0, members=3) == 2 * DAY).all()
    assert [share_by_day(from_d=10.0, ramp_d=20.0, day=d) for d in (0, 9, 10, 19, 20, 29, 30)] == [
        0.0, 0.0, 0.025, 0.475, 0.525, 0.975, 1.0]
    assert [share_by_day(from_d=3.0, ramp_d=0.0, day=d) for d in (2, 3)] == [0.0, 1.0]


@pytest.mark.parametrize("n", [1, 2, 7, 60, 600])
def test_order_of_building_rises_alike_everywhere(n: int) -> None:
    """Each prefix of the order covers each third of the row within two members of its share."""
    turn = spread_order(n)
    assert sorted(turn.tolist()) == list(range(n))
    for built in range(1, n + 1):
        thirds = np.bincount(np.flatnonzero(turn < built) * 3 // n, minlength=3)
        share = built * np.bincount(np.arange(n) * 3 // n, minlength=3) / n
        assert np.abs(thirds - share).max() <= 2


def test_posts_begin_one_by_one_and_never_stop() -> None:
    ramp = stand(posts(sites=20, available_from_d=5.0, ramp_d=10.0), days=30)
    whole = stand(posts(sites=20), days=30)
    begins: dict[int, int] = {}
    for luck, start in zip(ramp.luck.tolist(), ramp.start_us.tolist(), strict=True):
        begins[luck] = min(start, begins.get(luck, start))
    first = sorted(begins.values())
    assert set(first) <= set(available_us(from_d=5.0, ramp_d=10.0, members=20).tolist())
    def watched(looks: Any, day: int) -> float:
        inside = np.minimum(looks.end_us, (day + 1) * DAY) - np.maximum(looks.start_us, day * DAY)
        return float(np.maximum(inside, 0)[looks.lost == MADE].sum() / H)
    shares = [watched(ramp, day) / watched(whole, day) for day in (2, 6, 8, 10, 12, 14, 16, 29)]
    assert shares[0] == 0.0 and shares[-2:] == [1.0, 1.0] and (np.diff(shares[:-1]) > 0).all()
    assert shares[3] == pytest.approx(0.55, abs=0.1)


def test_ramp_of_nothing_changes_nothing() -> None:
    one, other = stand(posts()), stand(posts(ramp_d=0.0, available_from_d=0.0))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


def test_satellites_of_a_family_are_bought_one_by_one() -> None:
    rows = [(0, day * DAY, satellite, day) for day in range(10) for satellite in (0, 1)]
    made = windows(rows, available_from_d=2.0, ramp_d=4.0)
    for satellite, first in ((0, 3), (1, 5)):
        assert made.time_us[made.satellite == satellite].min() == first * DAY
    assert len(windows(rows).time_us) == 20


def test_airframes_and_orbits_of_a_unit_come_one_by_one() -> None:
    unit = world.unit(airframes=4, orbits=2, available_from_d=4.0, ramp_d=8.0)
    design = world.monitoring()
    flown = sorties(unit, patrol_of(unit, design, CELLS, world.BASE), design, world.sky(CELLS), streams_of(1, 0),
                    horizon_us=30 * DAY)
    first = {slot: min(s.start_us for s in flown if s.slot == slot) for slot in (0, 1)}
    assert first == {0: 6 * DAY, 1: 10 * DAY}
    for frame, day in enumerate((5, 7, 9, 11)):
        assert min(s.start_us for s in flown if s.airframe == frame) >= day * DAY
    assert len({s.airframe for s in flown if s.start_us < 7 * DAY and s.airframe >= 0}) == 1


def test_patrols_grow_with_the_people() -> None:
    people = Observers(id="walkers", means="eye", side="A", monitors=500, patrols_per_monitor_day=0.08, access_share=1.0,
                       available_from_d=10.0, ramp_d=40.0)
    looks, _ = observer_looks(people, 0, 0, world.monitoring(), CELLS, LIGHT, streams_of(1, 0), horizon_us=60 * DAY)
    stops = int(people.patrol_h / people.stop_h)
    count = np.bincount(looks.start_us // DAY, minlength=60) / stops
    assert (count[:10] == 0).all() and (np.abs(count[50:] - 40) < 1e-9).all()
    assert np.abs(count[10:50] - (np.arange(40) + 0.5)).max() < 1


def test_classes_start_up_where_items_say_nothing_themselves() -> None:
    own = posts().model_copy(update={"id": "own", "available_from_d": 3.0})
    design = world.monitoring(posts=(posts(), own), drones=(world.unit(),))
    assert with_start_up(design) is design
    ramp = StartUps(posts=StartUp(from_d=60.0, ramp_d=120.0))
    started = with_start_up(design.model_copy(update={"start_up": ramp}))
    assert [(p.available_from_d, p.ramp_d) for p in started.posts] == [(60.0, 120.0), (3.0, 0.0)]
    assert (started.drones[0].available_from_d, started.drones[0].ramp_d) == (0.0, 0.0)
