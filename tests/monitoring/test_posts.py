"""Posts, observers and timetables: where they look, when they fail, and how often they come back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import short_line as world
from short_line import DAY, H

from sim.area.light import Light, lit
from sim.foundation.streams import streams_of
from sim.monitoring.looks import CONSENT, MADE, NIGHT, OTHER, Looks
from sim.monitoring.posts import cells_of_sectors, look_times, observer_looks, outages, post_looks, strewn_places, timetable_looks
from sim.scenario.monitoring import Means, Observers, Posts, Timetable

CELLS = world.cells()
LIGHT = world.light(CELLS)


def posts(**keys: Any) -> Posts:
    calm: dict[str, Any] = {
        "id": "masts",
        "means": "eye",
        "side": "A",
        "sites": 4,
        "reach_km": 6.0,
        "setback_km": 2.0,
        "available_share": 1.0,
    }
    return Posts(**(calm | keys))


def stand(which: Posts, *, what: Means | None = None, days: int = 30, replication: int = 0, **keys: Any) -> Looks:
    return post_looks(
        which,
        3,
        1,
        what or world.means(),
        world.monitoring(**keys),
        CELLS,
        LIGHT,
        streams_of(1, replication),
        horizon_us=days * DAY,
    )


def hours(looks: Looks, reason: int) -> float:
    mine = looks.lost == reason
    return float((looks.end_us - looks.start_us)[mine].sum() / H)


# ---- posts --------------------------------------------------------------------------------------------------------


def test_posts_stand_evenly_and_watch_the_cells_in_reach() -> None:
    looks = stand(posts())
    sites = np.array([12.5, 37.5, 62.5, 87.5])
    reach = 6.0
    wanted = sorted({c for s in sites for c in range(20) if abs(CELLS.km[c] - s) <= reach + 2.5})
    assert sorted(set(looks.cell.tolist())) == wanted
    assert len(set(looks.luck.tolist())) == 4
    assert hours(looks, MADE) == pytest.approx(720 * sum(sum(abs(CELLS.km - s) <= reach + 2.5) for s in sites))


def test_stares_of_one_cell_follow_one_another_without_a_hole() -> None:
    looks = stand(posts(sites=1, available_share=0.8))
    mine = looks.cell == looks.cell[0]
    assert looks.start_us[mine][0] == 0 and looks.end_us[mine][-1] == 30 * DAY
    assert (looks.start_us[mine][1:] == looks.end_us[mine][:-1]).all()
    assert ((looks.end_us - looks.start_us) <= DAY).all()


def test_outages_keep_their_share_from_the_first_hour_on() -> None:
    n = 3000
    which = posts(sites=1, available_share=0.8, outage_mean_h=24.0)
    down = np.array(
        [
            np.searchsorted(outages(streams_of(4, r), which, 0, horizon_us=30 * DAY), [0, H, 10 * DAY, 29 * DAY], side="right")
            % 2
            == 1
            for r in range(n)
        ]
    )
    assert (np.abs(down.mean(axis=0) - 0.2) < 4 * math.sqrt(0.16 / n)).all()


def test_outages_are_exponential_of_their_mean() -> None:
    which = posts(sites=1, available_share=0.7, outage_mean_h=10.0)
    edges = outages(streams_of(4, 1), which, 0, horizon_us=4000 * DAY)
    gaps = np.diff(edges) / H
    down, up = gaps[0::2], gaps[1::2]
    for found, mean in ((down, 10.0), (up, 10.0 * 0.7 / 0.3)):
        n = len(found)
        assert n > 1000
        assert abs(found.mean() - mean) < 4 * mean / math.sqrt(n)
        assert abs((found < mean).mean() - (1 - math.exp(-1))) < 4 * math.sqrt(0.2325 / n)


def test_sites_fail_alone_and_their_lost_hours_are_told() -> None:
    which = posts(available_share=0.8, outage_mean_h=12.0)
    looks = stand(which)
    assert set(looks.lost.tolist()) == {MADE, OTHER}
    assert hours(looks, OTHER) / (hours(looks, OTHER) + hours(looks, MADE)) == pytest.approx(0.2, abs=0.08)
    alone = [outages(streams_of(1, 0), which, site, horizon_us=DAY).tolist() for site in range(3)]
    assert len({str(a) for a in alone}) == 3


@pytest.mark.parametrize(("key", "day"), [("needs_light", True), ("needs_dark", False)])
def test_cameras_lose_the_night_and_others_the_day(key: Any, day: bool) -> None:
    looks = stand(posts(), what=world.means().model_copy(update={key: True}))
    assert set(looks.lost.tolist()) == {MADE, NIGHT}
    for step in (0.01, 0.5, 0.99):  # edges of light cut the stares
        at = looks.start_us + (step * (looks.end_us - looks.start_us)).astype(np.int64)
        sunny = lit(LIGHT, np.zeros(len(at), dtype=np.int64), at)
        slow = np.abs(looks.end_us - looks.start_us) > H  # sectors a degree apart differ by minutes
        assert ((sunny == day) == (looks.lost == MADE))[slow & (looks.cell < 10)].all()


def test_posts_stand_only_where_and_while_they_may() -> None:
    spells = (world.allowed(from_h=48.0, to_h=120.0),)
    looks = stand(posts(available_from_d=1.0), consent=spells)
    made = looks.lost == MADE
    assert looks.start_us.min() == DAY and (looks.lost[~made] == CONSENT).all()
    assert looks.start_us[made].min() == 48 * H and looks.end_us[made].max() == 120 * H
    assert (stand(posts(side="B")).lost == CONSENT).all()


def test_cells_of_sectors_are_found_by_name() -> None:
    assert cells_of_sectors(CELLS, ("w1",)).tolist() == list(range(10, 20))
    assert cells_of_sectors(CELLS, ()).tolist() == list(range(20))


# ---- observers ------------------------------------------------------------------------------------------------------


def people(**keys: Any) -> Observers:
    calm: dict[str, Any] = {"id": "eyes", "means": "human", "side": "A", "monitors": 100, "reach_km": 5.0, "access_share": 1.0}
    return Observers(**(calm | keys))


def walk(which: Observers, *, days: int = 30, replication: int = 0, light: Light = LIGHT, **keys: Any) -> tuple[Looks, float]:
    return observer_looks(which, 5, 2, world.monitoring(**keys), CELLS, light, streams_of(1, replication), horizon_us=days * DAY)


def test_patrols_leave_and_return_by_daylight() -> None:
    """Patrols of 6 h fit into the 9.4 h of a day in February, so none of their stops is lost to the night."""
    for start_h in (0, 7, 15):
        light = world.light(CELLS, days=31, start_s=world.START_S + 3600 * start_h)
        looks, exposed = walk(people(), light=light)
        assert (looks.lost == MADE).mean() > 0.995  # a patrol that walks east meets dusk minutes earlier
        assert exposed == pytest.approx((looks.lost == MADE).sum() * 0.75)


def test_long_patrols_lose_the_night() -> None:
    looks, exposed = walk(people(patrol_h=20.0))
    night = looks.lost == NIGHT
    assert 0.4 < night.mean() < 0.6  # 9.4 of 20 h are light
    assert (lit(LIGHT, CELLS.sector[looks.cell], looks.start_us) != night).all()
    assert exposed < 0.6 * len(night) * 0.75


def test_number_of_patrols_is_that_of_the_monitors() -> None:
    """37 monitors at 0.08 patrols a day: 2.96 patrols, each with 8 stops of three quarters of an hour."""
    looks, _ = walk(people(monitors=37), days=30)
    patrols = len(looks.cell) / 8
    assert abs(patrols - 30 * 2.96) < 4 * math.sqrt(30 * 0.96 * 0.04)
    assert ((looks.end_us - looks.start_us) == round(0.75 * H)).all()


def test_patrols_walk_from_cell_to_cell_and_turn_at_the_end() -> None:
    looks, _ = walk(people(sectors=("w1",)))
    cell = looks.cell.reshape(-1, 8)
    assert cell.min() == 10 and cell.max() == 19
    assert (np.abs(np.diff(cell, axis=1)) == 1).all()
    assert set(cell[:, 0].tolist()) == set(range(10, 20))
    one, _ = walk(people(sectors=("w1",), patrol_h=1.0))
    assert len(one.cell) == 240


def test_patrols_are_stopped_at_their_share_and_by_consent() -> None:
    looks, _ = walk(people(monitors=1000, access_share=0.9))
    stopped = (looks.lost == CONSENT).reshape(-1, 8)
    assert (stopped.all(axis=1) == stopped.any(axis=1)).all()
    n = len(stopped)
    assert abs(stopped[:, 0].mean() - 0.1) < 4 * math.sqrt(0.09 / n)
    assert (walk(people(side="B"))[0].lost == CONSENT).all()


def test_more_monitors_leave_the_first_patrols_as_they_were() -> None:
    few, many = walk(people(monitors=50))[0], walk(people(monitors=100))[0]
    kept = {(lk, c, s) for lk, c, s in zip(few.luck.tolist(), few.cell.tolist(), few.start_us.tolist(), strict=True)}
    assert kept <= {(lk, c, s) for lk, c, s in zip(many.luck.tolist(), many.cell.tolist(), many.start_us.tolist(), strict=True)}


# ---- timetables -----------------------------------------------------------------------------------------------------


def table(**keys: Any) -> Timetable:
    calm: dict[str, Any] = {"id": "t", "means": "eye", "gap_h": 12.0}
    return Timetable(**(calm | keys))


def test_fixed_gaps_with_even_phases_interleave() -> None:
    merged = np.sort(
        np.concatenate([look_times(table(members=3), 4, m, streams_of(1, 0), horizon_us=30 * DAY) for m in range(3)])
    )
    assert np.abs(np.diff(merged) - 4 * H).max() <= 1
    assert merged[0] < 4 * H and merged[-1] >= 30 * DAY - 4 * H


def test_first_look_of_a_random_phase_is_uniform() -> None:
    first = np.array(
        [
            look_times(table(phase="random"), cell, 0, streams_of(1, r), horizon_us=2 * DAY)[0]
            for cell in range(20)
            for r in range(50)
        ]
    ) / (12 * H)
    assert abs(first.mean() - 0.5) < 4 / math.sqrt(12 * 1000)
    assert first.min() >= 0 and first.max() < 1


LAWS: list[tuple[str, dict[str, Any], float, float]] = [
    ("exponential", {}, 12.0, 2 * 144.0),
    ("erlang", {"shape": 4}, 12.0, 144.0 * (1 + 1 / 4)),
    ("uniform", {}, 12.0, 24.0**2 / 3),
    ("alternating", {"alternating_h": (4.0, 20.0)}, 12.0, (16 + 400) / 2),
    ("alternating", {"alternating_h": (1.0, 2.0, 3.0)}, 2.0, (1 + 4 + 9) / 3),
]


@pytest.mark.parametrize(("law", "keys", "mean", "square"), LAWS)
def test_looks_begin_in_the_steady_state(law: str, keys: dict[str, Any], mean: float, square: float) -> None:
    """Wait for the first look: E[g²] / 2 E[g], the inspection paradox; looks in T: T / E[g]."""
    n = 1500
    drawn = [
        look_times(table(law=law, phase="random", **keys), r % 20, 0, streams_of(2, r), horizon_us=20 * DAY) for r in range(n)
    ]
    waits, counts = np.array([d[0] for d in drawn]) / H, np.array([len(d) for d in drawn])
    assert abs(waits.mean() - square / (2 * mean)) < 4 * waits.std() / math.sqrt(n)
    assert abs(counts.mean() - 480 / mean) < 4 * max(counts.std(), 0.5) / math.sqrt(n)
    gaps = np.concatenate([np.diff(d) for d in drawn[:300]]) / H
    assert (
        abs(gaps.mean() - mean) < 4 * gaps.std() / math.sqrt(len(gaps)) + 0.02 * mean
    )  # short gaps fit more often before the end


def test_list_of_times_is_kept() -> None:
    times = look_times(table(law="list", times_h=(1.0, 5.5, 800.0)), 0, 0, streams_of(1, 0), horizon_us=30 * DAY)
    assert times.tolist() == [H, round(5.5 * H)]


def test_timetable_looks_at_every_cell_with_looks_of_their_own() -> None:
    looks = timetable_looks(
        table(members=2, dwell_h=0.5), 0, 0, world.means(needs_light=True), CELLS, LIGHT, streams_of(1, 0), horizon_us=10 * DAY
    )
    assert set(looks.cell.tolist()) == set(range(20)) and len(np.unique(looks.luck)) == len(looks.luck)
    assert ((looks.end_us - looks.start_us) == H // 2).all()
    assert ((looks.lost == NIGHT) == ~lit(LIGHT, CELLS.sector[looks.cell], looks.start_us)).all()


def test_thirty_days_are_the_first_of_sixty() -> None:
    for law, keys, _, _ in LAWS:
        short, long = (look_times(table(law=law, **keys), 3, 0, streams_of(1, 0), horizon_us=d * DAY) for d in (30, 60))
        assert long[long < 30 * DAY].tolist() == short.tolist()


def test_cells_drawn_for_a_day_are_so_many_and_others_the_next_day() -> None:
    looks = timetable_looks(table(gap_h=24.0, cells_per_day=5), 0, 0, world.means(), CELLS, LIGHT, streams_of(1, 0),
                            horizon_us=300 * DAY)
    day = looks.start_us // DAY
    drawn = [frozenset(looks.cell[day == d].tolist()) for d in range(300)]
    assert {len(cells) for cells in drawn} == {5} and len(set(drawn)) > 250
    each = np.bincount(looks.cell, minlength=20)
    assert each.sum() == 1500 and abs(each - 75).max() < 4 * math.sqrt(300 * 0.25 * 0.75)
    again = timetable_looks(table(gap_h=24.0, cells_per_day=5), 0, 0, world.means(), CELLS, LIGHT, streams_of(1, 0),
                            horizon_us=30 * DAY)
    assert again.start_us[again.cell == 7].tolist() == looks.start_us[(looks.cell == 7) & (day < 30)].tolist()


def test_a_drawn_day_has_all_the_looks_of_its_cells() -> None:
    whole, drawn = (timetable_looks(table(gap_h=4.0, cells_per_day=k), 0, 0, world.means(), CELLS, LIGHT, streams_of(1, 0),
                                    horizon_us=10 * DAY) for k in (None, 20))
    assert whole.luck.tolist() == drawn.luck.tolist()


def test_strewn_posts_lie_over_their_strip_each_with_its_own_sensor() -> None:
    many = posts(sites=400, setback_km=1.0, strewn_km=4.0)
    share, back = strewn_places(many, 1)
    assert back.min() >= 1.0 and back.max() <= 5.0 and abs(back.mean() - 3.0) < 4 * 4 / math.sqrt(12 * 400)
    assert abs(share.mean() - 0.5) < 4 / math.sqrt(12 * 400)
    assert strewn_places(many, 2)[0].tolist() != share.tolist()
    assert strewn_places(posts(sites=100, setback_km=1.0, strewn_km=4.0), 1)[0].tolist() == share[:100].tolist()
    looks = stand(many, days=1)
    for look in range(0, len(looks.cell), 97):
        site = int(looks.sensor[look]) - 3
        apart = abs(CELLS.km[looks.cell[look]] - share[site] * 100.0) - CELLS.size_km[looks.cell[look]] / 2
        assert math.hypot(max(apart, 0.0), back[site]) <= 6.0 + 1e-9, "a cell that the circle of range touches"


# ---- range ----------------------------------------------------------------------------------------------------------


def test_the_range_of_a_post_is_a_disc() -> None:
    """With Pd 1, acts all over the belt are seen exactly where they lie within range of a post, on either side of the line."""
    from sim.foundation.scan import NEVER, Sensors, Targets, first_contacts
    from sim.foundation.streams import mix64
    from sim.monitoring.looks import table_of

    which, n = posts(reach_km=9.0, setback_km=3.0), 4000
    looks = stand(which, days=1)
    order = np.lexsort((looks.start_us, looks.cell))
    looks = Looks._make(column[order] for column in looks)
    none = np.zeros(n, dtype=np.int64)
    table = table_of(looks._replace(sensor=np.zeros(len(looks.cell), dtype=np.int32)), np.arange(len(looks.cell)), 20, bin_us=H)
    sensors = Sensors(none[:1], np.ones((1, 1)), np.zeros((1, 1)), none[:1], np.array([9.0]), np.array([-3.0]), np.zeros(1))
    draw = np.random.Generator(np.random.Philox(key=6))
    km, depth = draw.uniform(0, 100, n), draw.uniform(-14, 8, n)
    cell = np.searchsorted(CELLS.km - CELLS.size_km / 2, km, side="right").clip(1) - 1
    time, _ = first_contacts(table, sensors, Targets(mix64(2, np.arange(n)), cell, none, none + H, depth, none, 0, km))
    sites = np.array([12.5, 37.5, 62.5, 87.5])
    within = (np.hypot(km[:, None] - sites, depth[:, None] + 3.0) <= 9.0).any(axis=1)
    assert 0.1 < within.mean() < 0.6
    assert ((time < NEVER) == within).all()


def test_a_coastal_post_sees_the_cells_within_its_range() -> None:
    from sim.foundation.geodesy import Place, distance_km

    port = Place(lat_deg=float(CELLS.lat_deg[3]), lon_deg=float(CELLS.lon_deg[3]) + 0.05)
    coast = posts(place="port", reach_km=40.0)
    looks = post_looks(coast, 0, 0, world.means(), world.monitoring(), CELLS, LIGHT, streams_of(1, 0), horizon_us=DAY, at=port)
    near = [c for c in range(len(CELLS.km))
            if distance_km(port, Place(lat_deg=float(CELLS.lat_deg[c]), lon_deg=float(CELLS.lon_deg[c]))) <= 40]
    assert sorted(set(looks.cell.tolist())) == near
    assert 0 < len(near) < len(CELLS.km)
    assert (looks.centre_us == -1000).all()


def test_a_post_that_needs_navigation_is_silent_without_it() -> None:
    from sim.monitoring.looks import JAMMED
    from sim.scenario.drills import NavigationLost

    gap = NavigationLost(id="gap", from_h=30.5, to_h=40.25)
    looks = stand(posts(sites=1), what=world.means(needs_navigation=True), days=3, navigation_lost=(gap,))
    mine = looks.cell == looks.cell[0]
    spans = [(s / H, e / H, lost) for s, e, lost in zip(looks.start_us[mine], looks.end_us[mine], looks.lost[mine], strict=True)]
    assert spans == [(0, 24, MADE), (24, 30.5, MADE), (30.5, 40.25, JAMMED), (40.25, 48, MADE), (48, 72, MADE)]
    assert not (stand(posts(sites=1), days=3, navigation_lost=(gap,)).lost == JAMMED).any()


def test_the_place_of_a_far_act_is_less_sure() -> None:
    """The median error of a report grows by so much a kilometre: 2 km and 0.1 km a km give 12 km at 100 km."""
    from sim.area.line import line_edges
    from sim.foundation.streams import mix_one
    from sim.monitoring.library import library_of
    from sim.monitoring.sightings import Sensing, observe
    from sim.records import Acts

    means = world.means("array", "acoustic", location_error_km=2.0, location_error_per_km=0.1)
    library = library_of(world.monitoring(means=(means,)), world.TERMS)
    whole, number = np.zeros(1, dtype=np.int64), np.zeros(1)
    acts = Acts(whole.astype(np.uint64), whole, whole, whole + 10, number + 52.0, number, number, whole, whole + H, whole + H,
                whole, np.zeros(1, dtype=bool), np.ones(1, dtype=bool))
    sensing = Sensing(("a",), ("a",), whole, np.zeros((1, 4)), number, number, number, number, number, np.zeros(1, dtype=bool))
    for distance, error in ((0.0, 2.0), (100.0, 12.0)):
        told = [observe(mix_one(3, k), 0, acts, 0, 0, sensing, library, CELLS, 0, line_edges(CELLS), distance)
                for k in range(2000)]
        assert {o.error_km for o in told} == {error}
        off = np.array([abs(o.km - 52.0) for o in told])
        assert abs((off < error).mean() - 0.5) < 4 * (0.25 / 2000) ** 0.5
