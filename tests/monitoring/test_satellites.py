"""Satellites: looks with an identity, the standing plan, cloud that all share, and scenes that are never sold twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import short_line as world
from hypothesis import given, settings
from hypothesis import strategies as st
from short_line import DAY, H

from sim.area.weather import clouded
from sim.monitoring.looks import CLOUD, MADE, OTHER
from sim.monitoring.satellites import Orders, Passes, imaged, passes_from, satellite_looks
from sim.scenario.monitoring import RepeatCycle, Satellites

CELLS = world.cells()
N = 20


def family(**keys: Any) -> Satellites:
    orbit = RepeatCycle(type="repeat", revolutions=175, days=12, descending_time_h=6.0)
    calm: dict[str, Any] = {
        "id": "eyes",
        "means": "eye",
        "orbit": orbit,
        "off_nadir_max_deg": 30.0,
        "mode": "tasked",
        "scenes_per_day": 10,
    }
    return Satellites(**(calm | keys))


def windows(rows: list[tuple[int, int, int, int]], names: tuple[str, ...] = ("one", "two"), **keys: Any) -> Passes:
    """Passes from (cell, time, satellite, pass number)."""
    cell, time, satellite, number = (np.array([r[i] for r in rows], dtype=np.int64) for i in range(4))
    return passes_from(family(**keys), CELLS, cell=cell, time_us=time, satellite=satellite, names=names, pass_number=number)


def daily(*, days: int = 30, per_day: int = 3, **keys: Any) -> Passes:
    """Passes over every cell at even times of each day."""
    rows = [
        (c, d * DAY + k * DAY // per_day + c * 1000, 0, d * per_day + k)
        for c in range(N)
        for d in range(days)
        for k in range(per_day)
    ]
    return windows(rows, **keys)


def test_looks_are_known_by_satellite_pass_and_cell() -> None:
    rows = [(3, 5 * H, 0, 7), (3, 9 * H, 1, 7), (4, 5 * H, 0, 7), (3, 30 * H, 0, 8)]
    passes = windows(rows)
    assert len(set(passes.luck.tolist())) == 4
    assert [*zip(passes.cell.tolist(), passes.time_us.tolist(), strict=True)] == [(3, 5 * H), (3, 9 * H), (3, 30 * H), (4, 5 * H)]
    again = windows(rows[::-1])
    assert again.luck.tolist() == passes.luck.tolist()


def test_another_satellite_leaves_the_looks_of_the_first() -> None:
    rows = [(3, 5 * H, 0, 7), (3, 30 * H, 0, 8)]
    few, many = windows(rows, names=("one",)), windows([*rows, (3, 9 * H, 1, 7)])
    assert set(few.luck.tolist()) < set(many.luck.tolist())


def test_looks_are_bought_from_a_day_and_withdrawn_at_an_hour() -> None:
    """Passes go on after the withdrawal, for nobody knows of it before; from its hour on none is looked at or ordered."""
    passes = daily(available_from_d=4.0)
    assert passes.time_us.min() >= 4 * DAY
    sky, eye = world.sky(CELLS), world.means("eye")
    kept, cut = (satellite_looks(passes, np.arange(len(passes.cell)), 0, 0, eye, CELLS, sky, until_us=until)
                 for until in (2**62, 240 * H))
    assert (kept.lost == MADE).all()
    assert (cut.lost == np.where(cut.start_us >= 240 * H, OTHER, MADE)).all() and (cut.luck == kept.luck).all()
    orders = Orders(family(), passes, np.zeros(0, dtype=np.int64), until_us=240 * H)
    row = orders.order(3, 239 * H, until_us=300 * H)
    assert row is not None and passes.time_us[row] > 240 * H
    assert orders.order(4, 240 * H, until_us=300 * H) is None


def test_systematic_family_images_all_it_passes() -> None:
    passes = daily()
    assert imaged(family(mode="systematic"), passes, N, days=30).tolist() == list(range(len(passes.cell)))


@pytest.mark.parametrize(("scenes", "share", "planned"), [(10, 0.5, 5), (10, 1.0, 10), (10, 0.0, 0), (60, 0.5, 20), (3, 0.5, 2)])
def test_standing_plan_takes_cells_in_turn(scenes: int, share: float, planned: int) -> None:
    """Each day the share of the scenes that stands, each cell at most once, all cells equally often."""
    passes = daily()
    rows = imaged(family(scenes_per_day=scenes, standing_share=share), passes, N, days=30)
    day = passes.time_us[rows] // DAY
    assert np.bincount(day, minlength=30).tolist() == [planned] * 30
    assert (passes.time_us[rows] % DAY < DAY // 3).all()  # the first pass of the day
    taken = np.bincount(passes.cell[rows], minlength=N)
    assert np.ptp(taken) <= 1


def test_standing_plan_needs_no_later_days() -> None:
    short, long = (imaged(family(), daily(days=d), N, days=d) for d in (10, 20))
    early = daily(days=20)
    assert early.luck[long][early.time_us[long] < 10 * DAY].tolist() == daily(days=10).luck[short].tolist()


def test_optical_scenes_are_lost_to_the_cloud_of_their_sector_and_radar_is_not() -> None:
    passes, sky = daily(), world.sky(CELLS, cloud_share=(0.6,) * 12)
    rows = np.arange(len(passes.cell))
    optical = satellite_looks(passes, rows, 4, 1, world.means(stopped_by_cloud=True), CELLS, sky)
    assert ((optical.lost == CLOUD) == clouded(sky, CELLS.sector[passes.cell], passes.time_us)).all()
    assert 0.3 < (optical.lost == CLOUD).mean() < 0.9
    assert (satellite_looks(passes, rows, 4, 1, world.means("sar", "radar"), CELLS, sky).lost == MADE).all()
    assert (optical.start_us == optical.end_us).all() and optical.luck.tolist() == passes.luck.tolist()


# ---- orders -------------------------------------------------------------------------------------------------------


def test_reaction_time_is_kept_to_the_microsecond() -> None:
    passes = windows([(0, 10 * H, 0, 1), (0, 20 * H, 0, 2)])
    for now, expected in ((8 * H, 10 * H), (8 * H + 1, 20 * H)):
        row = Orders(family(reaction_h=2.0), passes, np.zeros(0, dtype=np.int64)).order(0, now, until_us=DAY)
        assert row is not None and passes.time_us[row] == expected


def test_no_scene_after_the_time_given_or_of_a_family_without_scenes() -> None:
    passes = windows([(0, 10 * H, 0, 1)])
    none = np.zeros(0, dtype=np.int64)
    assert Orders(family(), passes, none).order(0, 0, until_us=10 * H - 1) is None
    assert Orders(family(scenes_per_day=0), passes, none).order(0, 0, until_us=DAY) is None
    assert Orders(family(), passes, none).order(1, 0, until_us=DAY) is None
    assert Orders(family(), passes, none).order(0, 0, until_us=10 * H) == 0


def test_scenes_of_a_day_run_out_and_the_next_day_serves() -> None:
    passes = daily(days=5)
    orders = Orders(family(scenes_per_day=4, standing_share=0.5), passes, np.zeros(0, dtype=np.int64))
    days = [
        int(passes.time_us[row] // DAY) for row in (orders.order(c, 0, until_us=5 * DAY) for c in range(9)) if row is not None
    ]
    assert days == [0, 0, 1, 1, 2, 2, 3, 3, 4]


def test_passes_of_the_standing_plan_are_not_sold_again() -> None:
    passes = daily(days=2)
    standing = imaged(family(scenes_per_day=20, standing_share=0.5), passes, N, days=2)
    orders = Orders(family(scenes_per_day=20, standing_share=0.5, reaction_h=0.0), passes, standing)
    sold = [orders.order(c, 0, until_us=DAY) for c in passes.cell[standing[:5]].tolist()]
    assert not set(sold) & set(standing.tolist())


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, 9 * 24), st.integers(0, 100)), max_size=120),
    st.integers(0, 6),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([0.0, 2.0, 30.0]),
)
def test_capacity_and_identity_of_any_orders(
    asked: list[tuple[int, int, int]], scenes: int, share: float, reaction_h: float
) -> None:
    what, passes = family(scenes_per_day=scenes, standing_share=share, reaction_h=reaction_h), daily(days=10)
    standing = imaged(what, passes, N, days=10)
    orders = Orders(what, passes, standing)
    sold = []
    for cell, hour, patience in sorted(asked, key=lambda a: a[1]):
        row = orders.order(cell, hour * H, until_us=(hour + patience) * H)
        if row is not None:
            assert passes.cell[row] == cell
            assert (hour + reaction_h) * H <= passes.time_us[row] <= (hour + patience) * H
            sold.append(row)
    assert len(sold) == len(set(sold)) and not set(sold) & set(standing.tolist())
    both = np.array([*sold, *standing.tolist()], dtype=np.int64)
    assert np.bincount(passes.time_us[both] // DAY, minlength=10).max(initial=0) <= scenes


def test_a_satellite_needs_time_to_turn() -> None:
    """Two cells under one pass, 60 s apart: with 90 s to turn only one scene of the pass is sold, with 30 s both."""
    rows = [(3, 5 * H, 0, 7), (4, 5 * H + 60_000_000, 0, 7), (4, 9 * H, 0, 8)]
    for slew_s, second in ((90.0, 9 * H), (30.0, 5 * H + 60_000_000), (0.0, 5 * H + 60_000_000)):
        passes = windows(rows, names=("one",))
        orders = Orders(family(slew_s=slew_s, reaction_h=0.0), passes, np.zeros(0, dtype=np.int64))
        assert orders.order(3, 0, until_us=DAY) is not None
        row = orders.order(4, 0, until_us=DAY)
        assert row is not None and passes.time_us[row] == second


def test_the_standing_plan_turns_the_satellite_too() -> None:
    rows = [(3, 5 * H, 0, 7), (4, 5 * H + 60_000_000, 0, 7)]
    passes = windows(rows, names=("one",))
    assert Orders(family(slew_s=90.0), passes, np.array([0])).order(4, 0, until_us=DAY) is None
    assert Orders(family(slew_s=90.0), passes, np.array([], dtype=np.int64)).order(4, 0, until_us=DAY) is not None


def test_scenes_kept_for_grave_kinds() -> None:
    """Of five cued scenes a day two are kept: minor cases get three, grave ones all five."""
    passes = daily(days=1)
    for points, expected in ((1.0, 3), (12.0, 5)):
        orders = Orders(family(graver_share=0.4, graver_points=6.0, reaction_h=0.0), passes, np.zeros(0, dtype=np.int64))
        got = [orders.order(cell, 0, until_us=DAY, points=points) for cell in range(8)]
        assert sum(row is not None for row in got) == expected


def test_an_operator_withdraws_with_all_its_families() -> None:
    from sim.monitoring.satellites import withdrawn_us
    from sim.scenario.sharing import Operator

    design = world.monitoring(operators=(Operator(id="firm", withdrawn_from_h=100.0), Operator(id="other")))
    assert withdrawn_us(design, "firm") == 100 * H
    assert withdrawn_us(design, "firm", 50.0) == 50 * H
    assert withdrawn_us(design, "other") == withdrawn_us(design, None) == round(1e6 * H)


def test_walker_and_listed_planes_fly_as_written() -> None:
    """A Walker 6/3/1: nodes 120 degrees apart, 180 within a plane, 60 from plane to plane; listed orbits as listed."""
    from sim.monitoring.families import orbits_of
    from sim.monitoring.orbits import CircularOrbit
    from sim.scenario.monitoring import Planes, Walker

    def flown(orbit: Any, members: int, *, redraw: bool = False) -> list[CircularOrbit]:
        found = orbits_of(family(members=members, orbit=orbit), start_unix_s=0.0, days=1.0, phase_seed=1, redraw=redraw,
                          data_dirs=())
        assert all(isinstance(one, CircularOrbit) for one in found)
        return [one for one in found if isinstance(one, CircularOrbit)]

    fleet = flown(Walker(type="walker", mean_motion_rev_day=15.0, inclination_deg=60.0, planes=3, phasing=1), 6)
    node = [(one.node_deg - fleet[0].node_deg) % 360 for one in fleet]
    argument = [(one.argument_deg - fleet[0].argument_deg) % 360 for one in fleet]
    assert node == pytest.approx([0, 0, 120, 120, 240, 240])
    assert argument == pytest.approx([0, 180, 60, 240, 120, 300])
    listed = Planes(type="planes", mean_motion_rev_day=15.0, inclination_deg=60.0, nodes_deg=(10.0, 200.0),
                    arguments_deg=(0.0, 90.0))
    assert [(one.node_deg, one.argument_deg) for one in flown(listed, 2)] == [(10.0, 0.0), (200.0, 90.0)]
    turned = flown(listed, 2, redraw=True)
    assert [one.node_deg for one in turned] == [10.0, 200.0]
    assert (turned[1].argument_deg - turned[0].argument_deg) % 360 == pytest.approx(90.0)
    assert len({one.name for one in fleet}) == 6
