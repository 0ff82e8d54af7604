"""Patterns of patrol: a formula of the clock, lanes where consent lets them be, rings that see a disc, daily watches."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import short_line as world
from short_line import DAY, H

from sim.engine import play, prepare
from sim.foundation.scan import LookTable, Sensors, Targets, first_contacts
from sim.foundation.streams import mix64, streams_of
from sim.monitoring.consent import by_the_clock, lanes_km
from sim.monitoring.drones import daily_watch_h, patrol_of, position_km, sorties
from sim.monitoring.looks import table_of
from sim.monitoring.patterns import pass_us, place_km, reach_km, windows
from sim.scenario.monitoring import Drones, Monitoring

CELLS = world.cells()


def patrol(unit: Drones, design: Monitoring | None = None) -> Any:
    return patrol_of(unit, design or world.monitoring(), CELLS, world.BASE)


@pytest.mark.parametrize("pattern", ["back-and-forth", "search"])
def test_a_relief_flies_on_where_the_last_one_was(pattern: str) -> None:
    """Whoever is on station, the place moves no faster than drones fly, and covers the patrol from end to end."""
    unit = world.unit(pattern=pattern, lanes_km=(0.0, 20.0) if pattern == "search" else (), endurance_h=7.0)
    own = patrol(unit)
    flown = [s for s in sorties(unit, own, world.monitoring(), world.sky(CELLS), streams_of(1, 0), horizon_us=10 * DAY)
             if s.airframe >= 0]
    assert len(flown) > 20
    step = H // 60
    for one, following in pairwise(flown):
        before = position_km(unit, own, one, one.off_us)
        after = position_km(unit, own, following, following.on_us)
        assert abs(after - before) <= unit.speed_kmh * abs(following.on_us - one.off_us) / H + 1e-3
    places = np.array([place_km(unit, own, 0, t) for t in range(0, 3 * DAY, step)])
    assert np.abs(np.diff(places)).max() <= unit.speed_kmh / 60 + 1e-6
    assert places.min() < 2 and places.max() > own.length_km - 2


def test_slots_are_spread_evenly() -> None:
    """Two drones on one track are half a cycle apart: where one flies out of an end, the other flies out of the other."""
    unit = world.unit(orbits=2)
    own = patrol(unit)
    for time in range(0, DAY, H // 7):
        assert place_km(unit, own, 0, time) + place_km(unit, own, 1, time) == pytest.approx(own.length_km, abs=1e-3)


def test_lanes_are_flown_in_turn_there_and_back() -> None:
    unit = world.unit(pattern="search", lanes_km=(0.0, 20.0, 40.0), endurance_h=1000.0 / 12)
    own = patrol(unit, world.monitoring(consent=(world.allowed(depth_km=100.0),)))
    assert own.lanes_km == (-0.0, -20.0, -40.0)
    length = pass_us(unit, own)
    assert length == pytest.approx((own.length_km + 20) / 100 * H, abs=2)
    seen = windows(unit, own, np.zeros(1, dtype=np.int64), np.array([0]), np.array([12 * length]))
    assert seen.lane.tolist() == [0, 1, 2, 2, 1, 0] * 2
    assert (seen.end - seen.start).max() <= 2 * unit.reach_km / unit.speed_kmh * H + 2


@pytest.mark.parametrize(("wanted", "b_depth", "standoff", "found"), [
    ((0.0, 20.0, 50.0), 0.0, 0.0, (0.0, -20.0, -30.0)), ((0.0, 20.0), 0.0, 15.0, (-15.0, -20.0)),
    ((-40.0, 5.0), 0.0, 0.0, (0.0, -5.0)), ((-40.0, 5.0), 25.0, 0.0, (25.0, -5.0))])
def test_lanes_are_clipped(wanted: tuple[float, ...], b_depth: float, standoff: float, found: tuple[float, ...]) -> None:
    """Side A grants 30 km; beyond the line only as deep as side B lets drones fly."""
    consent = (world.allowed(depth_km=30.0), world.allowed("B", may_base=False, may_overfly=b_depth > 0, depth_km=b_depth))
    assert lanes_km(world.monitoring(consent=consent), "A", wanted, nearest_km=-standoff) == found
    assert lanes_km(world.monitoring(consent=consent), "A", wanted, nearest_km=float("nan")) == ()


def ring_table(unit: Drones, hours: int) -> tuple[LookTable, Sensors]:
    """All looks of one flight over a ring, as a table to search from, and its sensor."""
    from sim.foundation.scan import SEARCH
    from sim.monitoring.looks import Looks, joined

    own = patrol(unit)
    seen = windows(unit, own, np.zeros(1, dtype=np.int64), np.array([0]), np.array([hours * H]))
    keep = np.nonzero(seen.start < seen.end)
    n = len(keep[0])
    none = np.zeros(n, dtype=np.int64)
    looks = Looks(mix64(5, seen.leg[keep[0]] * 100 + own.cell[keep[1]]), own.cell[keep[1]], seen.start[keep], seen.end[keep],
                  seen.centre[keep], none.astype(np.int32), none.astype(np.int16), np.full(n, SEARCH, dtype=np.int8), np.ones(n),
                  none.astype(np.int8))
    whole, _ = joined([looks])
    rate = 500.0 / (np.pi * reach_km(unit) ** 2)
    zero = np.zeros(1)
    sensors = Sensors(none[:1], np.ones((1, 1)), np.array([[rate]]), none[:1], np.array([reach_km(unit)]), zero, zero)
    return table_of(whole, np.arange(n), len(CELLS.km), bin_us=H), sensors


def test_over_a_ring_the_search_is_koopmans_within_a_disc() -> None:
    """P(contact within t) = 1 − exp(−W t / A) inside the disc, whatever the leg (random search, Koopman 1946); 0 outside it."""
    unit = world.unit(pattern="orbit", ring_km=2.0)
    own, n = patrol(unit), 6000
    table, sensors = ring_table(unit, hours=4)
    middle = own.start_km + own.length_km / 2
    draw = np.random.Generator(np.random.Philox(key=4))
    km, depth = middle + draw.uniform(-14, 14, n), draw.uniform(-14, 14, n)
    cell = np.searchsorted(CELLS.km - CELLS.size_km / 2, km, side="right") - 1
    targets = Targets(mix64(9, np.arange(n)), cell, np.zeros(n, dtype=np.int64), np.full(n, 3 * H), depth,
                      np.zeros(n, dtype=np.int64), 0, km)
    time, _ = first_contacts(table, sensors, targets)
    inside = np.hypot(km - middle, depth) <= reach_km(unit)
    assert reach_km(unit) == 10.0
    met = time < 3 * H
    assert not met[~inside].any()
    chance = 1 - np.exp(-3 * 500.0 / (np.pi * 100))
    for half in (inside & (np.hypot(km - middle, depth) < 5), inside & (np.hypot(km - middle, depth) >= 5)):
        assert abs(met[half].mean() - chance) < 4 * (chance * (1 - chance) / half.sum()) ** 0.5


def test_daily_watch() -> None:
    """A watch from 18 to 10 is served on each of ten days, and nobody is on station outside it."""
    unit = world.unit(daily_from_h=18.0, daily_to_h=10.0, endurance_h=20.0, airframes=9)
    assert daily_watch_h(unit) == 16.0
    design = by_the_clock(world.monitoring(drones=(unit,)), start_hour=2.0, days=10)
    shifted = design.drones[0]
    assert (shifted.daily_from_h, shifted.daily_to_h) == (16.0, 8.0)
    flown = [s for s in sorties(shifted, patrol(shifted), design, world.sky(CELLS), streams_of(1, 0), horizon_us=10 * DAY)
             if s.airframe >= 0]
    hours = np.array([((s.on_us / H) % 24, (s.off_us / H) % 24) for s in flown])
    assert len(flown) >= 9
    clock = np.concatenate([np.arange(s.on_us, s.off_us, H // 4) for s in flown]) / H % 24
    assert not ((clock > 8.01) & (clock < 15.99)).any()
    assert hours.shape[1] == 2
    on = sum(s.off_us - s.on_us for s in flown if 16 * H <= s.on_us < 16 * H + 9 * DAY) / H
    assert on == pytest.approx(9 * 16, abs=0.5)


def test_whole_days_leave_the_design_as_it_is() -> None:
    design = world.monitoring(drones=(world.unit(),))
    assert by_the_clock(design, start_hour=5.0, days=10) is design


def test_a_design_with_all_patterns_runs() -> None:
    """Technical means with one unit on each pattern: every lane and ring makes looks, and cues still pull drones off."""
    from pathlib import Path

    from sim.scenario.reader import read

    root = Path(__file__).parents[2]
    keys = [("days", "2.0"), ("follow_up_h", "24.0"), ("verification.tasking.min_points", "1.0"),
            ("monitoring.drones.south.pattern", '"search"'), ("monitoring.drones.south.lanes_km", "[0.0, 20.0]"),
            ("monitoring.drones.centre.pattern", '"orbit"'), ("monitoring.drones.centre.ring_km", "3.0")]
    chronicle = play(prepare(read(root / "scenarios" / "technical-means.toml", overrides=keys).scenario), seed=2, replication=0)
    names, first = chronicle.prepared.layout.sensing.units, chronicle.prepared.layout.first
    looks = chronicle.opened.watch.looks
    made = np.bincount(looks.sensor[looks.lost == 0], minlength=len(names))
    south = first["drones.south"]
    assert names[south : south + 4] == ("south",) * 4
    assert chronicle.prepared.layout.sensing.offset_km[south : south + 4].tolist() == [0.0, 0.0, -20.0, -20.0]
    assert (made[south : south + 4].reshape(2, 2).sum(axis=1) > 50).all()
    assert made[first["drones.centre"] : first["drones.centre"] + 2].sum() > 50
    assert any(cue.flight >= 0 for cue, _ in chronicle.mission.looked)
