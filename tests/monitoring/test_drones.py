"""Drone units: rotation, failures, weather, loss and jamming against hand calculations; legs against the geometry of flight."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
import short_line as world
from short_line import DAY, H

from sim.area.line import Cells
from sim.area.weather import Sky, in_spell
from sim.foundation.scan import NEVER, Targets, first_contacts
from sim.foundation.streams import mix64, streams_of
from sim.monitoring.design import layout_of
from sim.monitoring.drones import Patrol, Sortie, legs, patrol_of, position_km, sorties
from sim.monitoring.library import TARGETS
from sim.monitoring.looks import CLOUD, CONSENT, JAMMED, MADE, Looks, table_of
from sim.monitoring.sightings import sensors_of
from sim.scenario.area import Area, Place, Sector
from sim.scenario.monitoring import Drones, Monitoring
from sim.scenario.verification import Tasking


class Flown(NamedTuple):
    """A unit that has flown."""

    unit: Drones
    patrol: Patrol
    flights: list[Sortie]


def fly(
    unit: Drones,
    *,
    days: int = 30,
    transit_h: float = 1.0,
    replication: int = 0,
    sky: Sky | None = None,
    where: Monitoring | None = None,
) -> Flown:
    cells = world.cells()
    design = where or world.monitoring()
    patrol = patrol_of(unit, design, cells, world.BASE)._replace(transit_us=round(transit_h * H))
    flown = sorties(unit, patrol, design, sky or world.sky(cells, days=days), streams_of(2, replication), horizon_us=days * DAY)
    return Flown(unit, patrol, flown)


def real(flown: Flown) -> list[Sortie]:
    return [s for s in flown.flights if s.airframe >= 0]


def share(flown: Flown, *, days: int, from_us: int = 0) -> float:
    """Share of airframe-hours on station that were achieved."""
    watched = sum(max(min(s.off_us, days * DAY) - max(s.on_us, from_us), 0) for s in real(flown))
    return watched / (days * DAY - from_us) / flown.unit.orbits


@pytest.mark.parametrize("airframes", [1, 2, 3, 4])
def test_rotation_holds_the_station_as_long_as_the_cycle_lets_it(airframes: int) -> None:
    """14 h on station, 3 h of transit each way, 24 h of turnaround: a cycle of 44 h, so 44/14 = 3.14 airframes, 4 in whole."""
    flown = fly(world.unit(airframes=airframes, endurance_h=20.0, turnaround_h=24.0), transit_h=3.0, days=110)
    found = share(flown, days=110, from_us=3 * H)
    assert found == pytest.approx(min(1.0, airframes * 14 / 44), abs=14 / (110 * 24))
    if airframes == 4:
        on = sorted(s.on_us for s in real(flown))
        assert on[0] == 3 * H and set(np.diff(on).tolist()) == {14 * H}


def test_two_orbits_share_the_airframes() -> None:
    """Two stations need 2 × 44/14 = 6.29 airframes; six hold 6 × 14/44 of two."""
    for airframes, expected in ((6, 6 * 14 / 88), (7, 1.0)):
        flown = fly(world.unit(airframes=airframes, orbits=2, endurance_h=20.0, turnaround_h=24.0), transit_h=3.0, days=220)
        assert share(flown, days=220, from_us=14 * H) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("replication", range(3))
def test_no_airframe_flies_twice_at_once_or_before_its_turnaround(replication: int) -> None:
    unit = world.unit(
        airframes=3, crews=4, orbits=2, failure_mean_h=20.0, repair_mean_h=15.0, interference_share=0.4, loss_share=0.05
    )
    flights = real(fly(unit, days=60, replication=replication))
    assert {s.lost for s in flights} >= {"", "failure", "jammed"}
    for frame in range(3):
        mine = sorted((s for s in flights if s.airframe == frame), key=lambda s: s.start_us)
        assert all(b.start_us - a.end_us >= 3 * H for a, b in pairwise(mine))
        assert [s.lost for s in mine].index("loss") == len(mine) - 1 if "loss" in [s.lost for s in mine] else True
    marks = sorted([(s.start_us, 1) for s in flights] + [(s.end_us, -1) for s in flights], key=lambda m: (m[0], m[1]))
    assert 0 < np.cumsum([m[1] for m in marks]).max() <= 3
    assert all(s.start_us <= s.on_us <= s.off_us <= s.end_us for s in flights)


def test_crews_limit_what_airframes_could_do() -> None:
    """One crew: 8 h on station in a cycle of 10 h aloft and 3 h of rest, whatever the number of airframes."""
    found = share(fly(world.unit(airframes=9, crews=1), days=130), days=130)
    assert found == pytest.approx(8 / 13, abs=0.01)


def test_failures_and_repairs_by_renewal() -> None:
    """One airframe with exponential failures by flight hour and exponential repairs: share = E[on station] / E[cycle].

    With transit t, watch w, mean life M, repair R and turnaround u: E[on] = M (e^(−t/M) − e^(−(t+w)/M)), a flight takes
    2t + E[on], and the cycle adds u + P(failure) R e^(−u/R).
    """
    t, w, life, repair, turn = 1.0, 8.0, 30.0, 12.0, 3.0
    on = life * (math.exp(-t / life) - math.exp(-(t + w) / life))
    fails = 1 - math.exp(-(w + 2 * t) / life)
    expected = on / (2 * t + on + turn + fails * repair * math.exp(-turn / repair))
    days = 400
    found = [
        share(fly(world.unit(airframes=1, failure_mean_h=life, repair_mean_h=repair), days=days, replication=r), days=days)
        for r in range(24)
    ]
    assert abs(np.mean(found) - expected) < 4 * np.std(found, ddof=1) / math.sqrt(24) + 1e-4  # 1e-4: the last flight is cut
    assert np.std(found) < 0.02


def test_one_repair_crew_works_on_one_airframe_at_a_time() -> None:
    """With repairs that take 50 times a flight, nearly all airframes wait: the yard mends one in R hours."""
    unit = world.unit(airframes=6, orbits=3, failure_mean_h=2.0, repair_mean_h=500.0, turnaround_h=0.1)
    flights = real(fly(unit, days=800))
    failures = sum(s.lost == "failure" for s in flights)
    mended = 800 * 24 / 500
    assert failures - 6 < mended + 4 * math.sqrt(mended)


def test_breakdowns_are_not_foreseen() -> None:
    """A relief takes off when a flight breaks off, not one transit before."""
    unit = world.unit(airframes=12, failure_mean_h=15.0, interference_share=0.3, loss_share=0.05)
    flights = real(fly(unit, days=40))
    broken = [s for s in flights if s.lost in ("failure", "loss")]
    assert len(broken) > 10
    for one in broken:
        later = [s.start_us for s in flights if s.start_us > one.start_us]
        assert not later or min(later) >= one.off_us
    whole = [s for s in flights if s.lost in ("", "jammed")]
    assert any(b.on_us == a.off_us for a in whole for b in flights)


def test_a_loss_ends_the_airframe() -> None:
    """Jammed flights (half of all) end in loss one time in five: a single airframe makes 10 flights on average."""
    unit = world.unit(airframes=1, interference_share=0.5, loss_share=0.2)
    flown = [fly(unit, days=90, replication=r) for r in range(300)]
    made = np.array([len(real(f)) for f in flown])
    lost = np.array([real(f)[-1].lost == "loss" for f in flown])
    assert lost.mean() > 0.99
    assert abs(made[lost].mean() - 10) < 4 * math.sqrt(90) / math.sqrt(300)
    assert all(f.flights[-1].lost == "no airframe left" for f, gone in zip(flown, lost, strict=True) if gone)


def test_interference_takes_its_share_of_its_flights() -> None:
    flights = [
        s
        for r in range(20)
        for s in real(fly(world.unit(interference_share=0.3, watch_lost_share=0.4, loss_share=0.0), replication=r))
    ]
    jammed = [s for s in flights if s.lost == "jammed"]
    n = len(flights)
    assert abs(len(jammed) / n - 0.3) < 4 * math.sqrt(0.21 / n)
    assert all(
        s.jam_to_us - s.jam_from_us == round(0.4 * 8 * H) and s.on_us <= s.jam_from_us < s.jam_to_us <= s.off_us for s in jammed
    )
    where = np.array([(s.jam_from_us - s.on_us) / (0.6 * 8 * H) for s in jammed])
    assert abs(where.mean() - 0.5) < 4 / math.sqrt(12 * len(jammed))


def test_no_take_off_in_wind_or_icing() -> None:
    cells = world.cells()
    sky = world.sky(cells, days=90, strong_wind_share=(0.4,) * 12, icing_share=(0.3,) * 12)
    flown = fly(world.unit(), days=90, sky=sky)
    starts = np.array([s.start_us for s in real(flown)])
    assert len(starts) > 20
    assert not in_spell(sky, "wind", starts).any() and not in_spell(sky, "icing", starts).any()
    assert any(s.lost == "weather or consent" for s in flown.flights)
    grounded = 1 - share(flown, days=90)
    assert 0.3 < grounded < 0.75  # 1 − 0.6 × 0.7 = 0.58 of the time no take-off, less what those aloft sit out
    hardy = fly(world.unit(wind_limited=False, icing_limited=False), days=90, sky=sky)
    assert share(hardy, days=90, from_us=H) == 1.0


def test_flights_keep_to_spells_of_consent() -> None:
    spells = (
        world.allowed(id="early", to_h=100.0),
        world.allowed(id="no", from_h=100.0, to_h=300.0, may_base=False),
        world.allowed(id="late", from_h=300.0, to_h=500.0),
    )
    flown = fly(world.unit(), where=world.monitoring(consent=spells))
    starts = np.array([s.start_us / H for s in real(flown)])
    assert ((starts < 100) | ((starts >= 300) & (starts < 500))).all() and starts.min() == 0 and (starts >= 300).any()
    assert fly(world.unit(), where=world.monitoring(consent=())).flights == []


def test_consent_that_comes_later_lets_the_unit_fly_then() -> None:
    late = world.monitoring(consent=(world.allowed(from_h=240.0, standoff_km=15.0),))
    flown = fly(world.unit(large=True), where=late)
    assert flown.patrol.offset_km == -15.0
    assert min(s.start_us for s in real(flown)) == 240 * H


def test_large_drones_keep_the_stand_off_on_their_side() -> None:
    design = world.monitoring(consent=(world.allowed(standoff_km=15.0), world.allowed("B", standoff_km=15.0, depth_km=9.0)))
    offsets = [
        patrol_of(world.unit(side=side, large=large), design, world.cells(), world.BASE).offset_km
        for side in ("A", "B")
        for large in (True, False)
    ]
    assert offsets == [-15.0, 0.0, 9.0, 0.0]


def test_thirty_days_are_the_first_of_sixty() -> None:
    unit = world.unit(failure_mean_h=30.0, interference_share=0.3)
    short, long = (fly(unit, days=d, sky=world.sky(world.cells(), days=60)).flights for d in (30, 60))
    early = [s for s in long if s.start_us < 30 * DAY]
    assert [s for s in short if s.airframe >= 0] == [s for s in early if s.airframe >= 0]


# ---- legs ---------------------------------------------------------------------------------------------------------


def _legs(
    flown: Flown, cells: Cells, *, days: int = 30, where: Monitoring | None = None, cloud: float = 0.0
) -> tuple[Looks, np.ndarray]:
    library = (world.means("eye", stopped_by_cloud=True), world.means("heat", "thermal", stopped_by_cloud=True))
    return legs(
        flown.unit,
        flown.patrol,
        flown.flights,
        (0, 1),
        (0, 1),
        library,
        where or world.monitoring(),
        cells,
        world.light(cells, days=days),
        world.sky(cells, days=days, cloud_share=(cloud,) * 12),
        horizon_us=days * DAY,
    )


def test_position_is_a_formula_of_time_and_legs_follow_it() -> None:
    """A cell is on a leg exactly while the formula puts the drone within reach of it."""
    cells = world.cells()
    flown = fly(world.unit(orbits=1), days=5)
    looks, flight = _legs(flown, cells, days=5)
    assert flown.patrol.length_km == pytest.approx(50.0)  # the sector from edge to edge
    rng = np.random.Generator(np.random.PCG64(4))
    for sortie_number in (0, 3):
        sortie = flown.flights[sortie_number]
        mine = flight == sortie_number
        for time in rng.integers(sortie.on_us, sortie.off_us, 150).tolist():
            at = position_km(flown.unit, flown.patrol, sortie, time)
            assert 0 <= at <= flown.patrol.length_km
            under = set(looks.cell[mine & (looks.start_us <= time) & (time < looks.end_us)].tolist())
            apart = np.abs(flown.patrol.along_km - at)
            sure = np.abs(apart - 12) > 0.001
            near = set(flown.patrol.cell[sure & (apart < 12)].tolist())
            assert under & set(flown.patrol.cell[sure].tolist()) == near


def test_position_goes_back_and_forth_at_speed() -> None:
    flown = fly(world.unit(), days=2)
    sortie = flown.flights[0]
    times = [sortie.on_us + round(h * H) for h in (0.0, 0.25, 0.5, 0.75, 1.0, 1.1)]
    found = [position_km(flown.unit, flown.patrol, sortie, t) for t in times]
    assert found == pytest.approx([0.0, 25.0, 50.0, 25.0, 0.0, 10.0], abs=1e-6)


def test_legs_have_one_identity_each_whatever_the_reach() -> None:
    cells = world.cells()
    wide, narrow = (_legs(fly(world.unit(reach_km=reach), days=5), cells, days=5)[0] for reach in (12.0, 6.0))
    assert len(np.unique(wide.luck)) == len(wide.luck)
    assert set(narrow.luck.tolist()) <= set(wide.luck.tolist())


def test_legs_are_lost_to_jamming_cloud_and_consent() -> None:
    cells = world.cells()
    flown = fly(world.unit(interference_share=1.0, watch_lost_share=0.3, loss_share=0.0), days=30)
    looks, flight = _legs(flown, cells)
    jammed = looks.lost == JAMMED
    hours = looks.end_us - looks.start_us
    assert abs(hours[jammed].sum() / hours.sum() - 0.3) < 0.03
    for number in (0, 1, 2):
        s = flown.flights[number]
        mine = (flight == number) & jammed
        middle = (looks.start_us + looks.end_us)[mine] // 2
        assert ((middle >= s.jam_from_us) & (middle < s.jam_to_us)).all()
    calm = fly(world.unit(), days=30)
    assert (_legs(calm, cells, cloud=1.0)[0].lost == MADE).all()  # it flies below the cloud
    high = fly(world.unit(above_cloud=True), days=30)
    assert (_legs(high, cells, cloud=1.0)[0].lost == CLOUD).all()
    withdrawn = world.monitoring(consent=(world.allowed(to_h=100.0),))
    later = _legs(calm, cells, where=withdrawn)[0]
    middle = (later.start_us + later.end_us) // 2
    assert ((later.lost == CONSENT) == (middle >= 100 * H)).all()


def test_means_follow_the_light() -> None:
    cells = world.cells()
    looks, _ = _legs(fly(world.unit(), days=10), cells, days=10)
    hour = ((looks.start_us + looks.end_us) / 2 / H + 36.3 / 15) % 24  # mean solar time
    assert (looks.means[np.abs(hour - 12) < 4] == 0).all() and (looks.means[np.abs(hour - 12) > 6] == 1).all()
    assert (looks.sensor == looks.means).all()


# ---- search -------------------------------------------------------------------------------------------------------


def _met(rate_km2_h: float, *, acts: int, minutes: float) -> float:
    """Share of short acts under a drone that stays over one cell which it meets uncued, through legs and scan."""
    cells = world.cells(sectors=20)
    unit = world.unit(patrols=("w9",), turnaround_h=0.1, search_km2_per_h={"crews": rate_km2_h})
    design = world.monitoring(
        means=(world.means(pd=1.0), world.means("heat", "thermal", pd=1.0)),
        drones=(unit,),
        targets={"fire": "crews"},
        hidden_share={"optical": {"fire": 0.0}, "thermal": {"fire": 0.0}},
        look_correlation=0.0,
    )
    area = Area(
        line=((36.0, 48.0), (37.4, 48.0)),
        sectors=(Sector(id="w0", from_km=0.0, to_km=100.0),),
        climate=world.climate(),
        places=(Place(id="base", lat_deg=48.0, lon_deg=36.0),),
    )
    from sim.monitoring.library import library_of

    layout = layout_of(design, Tasking(), area, cells, (), days=30)
    flown = Flown(
        unit, layout.patrols[0], sorties(unit, layout.patrols[0], design, world.sky(cells), streams_of(1, 0), horizon_us=30 * DAY)
    )
    looks, _ = _legs(flown, cells, where=design)
    order = np.lexsort((looks.luck, looks.start_us, looks.cell))
    looks = Looks._make(column[order] for column in looks)
    keys, kind = mix64(8, np.arange(acts)), np.zeros(acts, dtype=np.int64)
    sensors = sensors_of(keys, kind, library_of(design, world.TERMS), layout.sensing)
    rng = np.random.Generator(np.random.PCG64(6))
    begin = rng.integers(2 * H, 29 * DAY, acts)
    targets = Targets(keys, np.full(acts, 9), begin, begin + round(minutes / 60 * H), np.full(acts, 1.0), np.arange(acts))
    table = table_of(looks, np.arange(len(looks.cell)), len(cells.km), bin_us=H)
    return float((first_contacts(table, sensors, targets)[0] < NEVER).mean())


@pytest.mark.parametrize(("rate", "about"), [(75.0, 0.006), (1000.0, 0.074)])
def test_an_uncued_act_of_two_minutes_is_rarely_met(rate: float, about: float) -> None:
    """Reach is not coverage: 75 km²/h spread over π 12² km² meet 0.55 % of acts of 2 min, 1,000 km²/h 7.1 % (Koopman)."""
    n = 150_000
    expected = -math.expm1(-rate / (math.pi * 144) * 2 / 60)
    found = _met(rate, acts=n, minutes=2.0)
    assert abs(found - expected) < 4 * math.sqrt(expected * (1 - expected) / n)
    assert found == pytest.approx(about, rel=0.12)
    assert TARGETS[1] == "crews"


def test_a_unit_over_one_short_sector_makes_a_bounded_number_of_legs() -> None:
    cells = world.cells(sectors=20)
    patrol = patrol_of(world.unit(patrols=("w9",)), world.monitoring(), cells, world.BASE)
    assert patrol.length_km == pytest.approx(5.0)


def test_repairs_begin_in_the_order_of_failures() -> None:
    """One bench: what breaks first is mended first, also where it took off last; no bench waits for a failure to come."""
    unit = world.unit(airframes=6, orbits=6, crews=50, endurance_h=40.0, turnaround_h=0.001, failure_mean_h=30.0,
                      repair_mean_h=4.0, repair_crews=1)
    flights = real(fly(unit, transit_h=0.0, days=200))
    broke = sorted((s.end_us, s.airframe) for s in flights if s.lost == "failure")
    back = [min((s.start_us for s in flights if s.airframe == frame and s.start_us > end), default=None) for end, frame in broke]
    life = {frame: streams_of(2, 0).generator("failure", unit.id, frame) for frame in range(6)}
    for generator in life.values():
        generator.standard_exponential()
    free = 0
    for (end, frame), start in zip(broke, back, strict=True):
        free = max(free, end) + round(float(life[frame].standard_exponential()) * 4.0 * H)
        life[frame].standard_exponential()
        # Once all six stations have begun, each airframe is off again as soon as it is whole.
        assert start is None or start >= free
        assert start is None or end < 40 * H or start - max(free, end + round(0.001 * H)) <= 10
    assert len(broke) > 300
