"""Second looks: the drone that can be there first, committed to one case at a time, and scenes in their turn."""

from __future__ import annotations

import numpy as np
import short_line as world
from short_line import DAY, H

from sim.monitoring.cueing import Bought, Cueing, Flying
from sim.monitoring.drones import Sortie, patrol_of, position_km
from sim.monitoring.satellites import Orders, Passes
from sim.scenario.monitoring import RepeatCycle, Satellites

CELLS = world.cells()
LIGHT = world.light(CELLS)
OPTICAL, THERMAL, RADAR = 0, 1, 2
NOON, NIGHT = 10 * H, 24 * H


def sortie(number: int, on_h: float, off_h: float, *, jam: tuple[float, float] = (0.0, 0.0)) -> Sortie:
    on, off = round(on_h * H), round(off_h * H)
    return Sortie(number, 0, number, on - H, on, off, off + H, round(jam[0] * H), round(jam[1] * H), "")


def grounded(number: int, at_h: float) -> Sortie:
    at = round(at_h * H)
    return Sortie(number, 0, -1, at, at, at, at + H, 0, 0, "weather or consent")


def flying(*flights: Sortie, first: int = 0, sensors: tuple[int, int] = (0, 1), **keys: object) -> Flying:
    unit = world.unit(**keys)
    patrol = patrol_of(unit, world.monitoring(), CELLS, world.BASE)._replace(transit_us=H)
    return Flying(unit, patrol, list(flights), first, sensors)


def cueing(
    *units: Flying, bought: tuple[Bought, ...] = (), physics: tuple[int, ...] = (OPTICAL, THERMAL, OPTICAL, THERMAL)
) -> Cueing:
    return Cueing(list(units), list(bought), CELLS, LIGHT, np.array(physics, dtype=np.int8), dwell_us=H // 2)


def test_a_drone_comes_when_it_can_be_there() -> None:
    one = flying(sortie(0, 8, 16))
    offer = cueing(one).drone(5, 1, 0, frozenset(), NOON)
    assert offer is not None and offer.diversion is not None
    apart = position_km(one.unit, one.patrol, one.sorties[0], NOON) - 2.5
    travel = max(apart - 6, 0) / 100 * H
    assert abs(offer.cue.start_us - NOON - travel) <= 1 and offer.cue.end_us - offer.cue.start_us == H // 2
    assert offer.diversion.to_us == offer.cue.end_us + offer.cue.start_us - NOON
    assert offer.cue.sensor == 0 and offer.new_kind


def test_means_of_the_night_are_used_at_night() -> None:
    offer = cueing(flying(sortie(0, 20, 30))).drone(5, 1, 0, frozenset({THERMAL}), NIGHT)
    assert offer is not None and offer.cue.sensor == 1 and not offer.new_kind


def test_no_drone_off_station_out_of_reach_or_about_to_leave() -> None:
    assert cueing(flying(sortie(0, 8, 16))).drone(5, 1, 0, frozenset(), 17 * H) is None
    assert cueing(flying(sortie(0, 8, 16))).drone(5, 1, 19, frozenset(), NOON) is None
    assert cueing(flying(sortie(0, 8, 16))).drone(5, 1, 0, frozenset(), round(15.8 * H)) is None
    assert cueing(flying(sortie(0, 8, 16, jam=(9, 12)))).drone(5, 1, 0, frozenset(), NOON) is None


def test_what_will_befall_a_flight_is_not_known() -> None:
    """A flight that will break off or be jammed a little later is asked like any other."""
    for flight in (sortie(0, 8, 10.1), sortie(0, 8, 16, jam=(10.01, 12))):
        assert cueing(flying(flight)).drone(5, 1, 0, frozenset(), NOON) is not None


def test_a_drone_serves_one_case_at_a_time() -> None:
    desk = cueing(flying(sortie(0, 8, 16)))
    first = desk.drone(5, 1, 0, frozenset(), NOON)
    assert first is not None and first.diversion is not None
    desk.commit(first)
    assert desk.drone(6, 1, 0, frozenset(), NOON + 1) is None
    assert desk.drone(6, 1, 0, frozenset(), first.diversion.to_us) is not None


def test_groundings_beside_a_flight_do_not_hide_it() -> None:
    """Groundings are on record between the flights, whose order is that of take-off, not of coming on station."""
    flights = [sortie(0, 8, 16), grounded(1, 7.5), grounded(2, 9.0), sortie(3, 10.5, 18)]
    assert cueing(flying(*flights, orbits=2)).drone(5, 1, 0, frozenset(), NOON) is not None
    offer = cueing(flying(*flights, orbits=2)).drone(5, 1, 0, frozenset(), 17 * H)
    assert offer is not None and offer.diversion is not None and offer.diversion.flight == 3


def test_new_kinds_of_evidence_go_first_then_the_earlier() -> None:
    near, far = flying(sortie(0, 9.9, 16)), flying(sortie(0, 9.55, 16), first=10, sensors=(2, 3))
    both = cueing(near, far, physics=(OPTICAL, THERMAL, RADAR, RADAR))
    offer = both.drone(5, 1, 0, frozenset(), NOON)
    assert offer is not None and offer.cue.sensor == 0  # ten kilometres away, not forty-five
    offer = both.drone(5, 1, 0, frozenset({OPTICAL}), NOON)
    assert offer is not None and offer.cue.sensor == 2 and offer.diversion is not None and offer.diversion.flight == 10


def _bought(sensor: int, times_h: list[float]) -> Bought:
    orbit = RepeatCycle(type="repeat", revolutions=175, days=12, descending_time_h=6.0)
    family = Satellites(
        id=f"f{sensor}",
        means="eye",
        orbit=orbit,
        off_nadir_max_deg=30.0,
        mode="tasked",
        scenes_per_day=2,
        standing_share=0.0,
        reaction_h=2.0,
    )
    n = len(times_h)
    passes = Passes(
        np.zeros(n, dtype=np.int64),
        np.array([round(t * H) for t in times_h]),
        np.zeros(n, dtype=np.int64),
        np.arange(n, dtype=np.uint64),
    )
    return Bought(Orders(family, passes, np.zeros(0, dtype=np.int64)), sensor)


def test_scenes_bring_a_new_kind_first_and_run_out() -> None:
    desk = cueing(bought=(_bought(0, [13, 14, 15]), _bought(3, [20])), physics=(OPTICAL, THERMAL, OPTICAL, RADAR))
    found = [desk.scene(5, n, 0, frozenset({OPTICAL}), NOON, until_us=2 * DAY, only_new=False) for n in range(4)]
    assert [f and (f.cue.start_us // H, f.new_kind) for f in found] == [(20, True), (13, False), (14, False), None]


def test_no_scene_is_bought_for_nothing() -> None:
    """Where a drone can go, only a scene of a new kind is ordered; the others stay for other cases."""
    desk = cueing(bought=(_bought(0, [13, 14]),), physics=(OPTICAL, THERMAL, OPTICAL, RADAR))
    assert desk.scene(5, 1, 0, frozenset({OPTICAL}), NOON, until_us=2 * DAY, only_new=True) is None
    found = desk.scene(5, 2, 0, frozenset({OPTICAL}), NOON, until_us=2 * DAY, only_new=False)
    assert found is not None and found.cue.start_us == 13 * H
