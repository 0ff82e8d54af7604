"""The terms as one rule: every special term against cases worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.area.line import Cells
from sim.area.terms import (
    ALLOWED,
    EXEMPT,
    FORBIDDEN,
    NOTIFIED,
    UNDECLARED,
    Announced,
    Terms,
    covered,
    deeds,
    judged,
    lawful_notice,
    owed_kinds,
    points_of,
    terms_of,
)
from sim.scenario.agreement import Agreement, Kind, Zone
from sim.scenario.special import Declaration, Exemption, Notification, Special

H = 3_600_000_000
DAY = 24 * H
FIRE, GUNS, SEA = 0, 1, 2
KINDS = (Kind(id="fire"), Kind(id="guns", points=6.0), Kind(id="sea", domain="sea", points=12.0))


def cells() -> Cells:
    """Two sectors of four cells of 5 km and a sea of two."""
    n = 10
    return Cells(np.array([0] * 4 + [1] * 4 + [2] * 2), np.arange(2.5, 50, 5.0), np.full(n, 5.0), np.full(n, 48.0),
                 np.full(n, 37.0), np.arange(n) >= 8, ("west", "east", "bay"), 2, 40.0)


def terms(start_hour: float = 0.0, **keys: Any) -> Terms:
    return terms_of(Agreement(**({"kinds": KINDS} | keys)), cells(), start_hour=start_hour)


def one(of: Terms, *, kind: int = FIRE, side: int = 0, cell: int = 0, hour: float = 1.0, depth: float = 3.0, weapon: int = -1,
        notified: bool = False) -> tuple[int, float]:
    """Standing and points of one act."""
    act = deeds(np.array([kind]), np.array([side]), np.array([cell]), np.array([round(hour * H)]), depth_km=np.array([depth]),
                weapon=np.array([weapon]), notified=np.array([notified]))
    standing, points = judged(of, act)
    assert points_of(of, act)[0] == (points[0] if standing[0] == FORBIDDEN else 0.0)
    return int(standing[0]), float(points[0])


def test_plain_terms_give_the_points_of_the_kind() -> None:
    plain = terms()
    assert plain.plain and plain.untouched.all()
    assert [one(plain, kind=k) for k in (FIRE, GUNS, SEA)] == [(FORBIDDEN, 1.0), (FORBIDDEN, 6.0), (FORBIDDEN, 12.0)]


def test_obligations_by_party() -> None:
    of = terms(kinds=(Kind(id="fire", binds=("A",)), Kind(id="guns", binds=()), KINDS[2]))
    assert not of.plain and of.untouched.tolist() == [False, False, True]
    assert [one(of, side=side)[0] for side in (0, 1, 2)] == [FORBIDDEN, ALLOWED, FORBIDDEN]
    assert one(of, kind=GUNS)[0] == ALLOWED


@pytest.mark.parametrize(("weapon", "limit"), [(-1, 50.0), (0, 40.0), (1, 75.0), (2, 150.0)])
def test_zones_by_class_of_weapons(weapon: int, limit: float) -> None:
    """The widest zone that names the kind counts; the class that nobody knows has the depth of the zone."""
    zones = (Zone(id="back", kinds=("guns",), depth_km=50.0,
                  depth_by_class_km={"guns": 40.0, "rockets": 75.0, "long-range": 150.0}),
             Zone(id="near", kinds=("guns",), depth_km=5.0, depth_by_class_km={"rockets": 5.0, "long-range": 5.0}))
    of = terms(zones=zones)
    for depth, standing in ((limit, FORBIDDEN), (limit + 0.01, ALLOWED), (-limit - 0.01, ALLOWED), (float("nan"), FORBIDDEN)):
        assert one(of, kind=GUNS, weapon=weapon, depth=depth)[0] == standing
    assert one(of, depth=1000.0)[0] == FORBIDDEN  # no zone names fire


def test_window_of_silence_forbids_what_is_else_allowed() -> None:
    war = tuple(kind.model_copy(update={"binds": ()}) for kind in KINDS)
    of = terms(kinds=war, special=(Special(id="easter", kinds=("fire",), from_h=24.0, to_h=54.0),))
    assert [one(of, hour=h)[0] for h in (23.999, 24.0, 53.999, 54.0)] == [ALLOWED, FORBIDDEN, FORBIDDEN, ALLOWED]
    assert one(of, kind=GUNS, hour=30.0)[0] == ALLOWED


@pytest.mark.parametrize(("start_hour", "hour", "inside"), [
    (0.0, 21.9, False), (0.0, 22.0, True), (0.0, 29.9, True), (0.0, 30.0, False), (2.0, 20.0, True), (2.0, 4.0, False)])
def test_daily_windows_by_the_local_clock(start_hour: float, hour: float, inside: bool) -> None:
    of = terms(start_hour, special=(Special(id="night", daily_from_h=22.0, daily_to_h=6.0, points_factor=3.0),))
    assert one(of, hour=hour) == (FORBIDDEN, 3.0 if inside else 1.0)


def test_disengagement_area_and_corridor_are_places() -> None:
    special = (Special(id="area", kinds=("guns",), start_km=10.0, stop_km=20.0, depth_km=2.0, points=20.0),
               Special(id="corridor", sectors=("east",), sides=("B",), points_factor=2.0))
    of = terms(special=special)
    assert [one(of, kind=GUNS, cell=c, depth=1.0)[1] for c in (1, 2, 3, 4)] == [6.0, 20.0, 20.0, 6.0]
    assert one(of, kind=GUNS, cell=2, depth=2.1)[1] == 6.0 and one(of, cell=2, depth=1.0)[1] == 1.0
    assert [one(of, cell=5, side=side)[1] for side in (0, 1)] == [1.0, 2.0]


def test_stricter_terms_never_make_an_act_lighter() -> None:
    of = terms(special=(Special(id="low", points=0.5), Special(id="high", points=4.0), Special(id="low-2", points=2.0)))
    assert one(of) == (FORBIDDEN, 4.0) and one(of, kind=GUNS) == (FORBIDDEN, 6.0)


def test_partial_truce_leaves_its_kinds_alone_forbidden() -> None:
    of = terms(special=(Special(id="sea", rule="only", kinds=("sea",), to_h=100.0),))
    assert [one(of, kind=k, hour=50.0)[0] for k in (FIRE, GUNS, SEA)] == [ALLOWED, ALLOWED, FORBIDDEN]
    assert one(of, hour=101.0)[0] == FORBIDDEN


def test_exemptions_notices_and_baselines() -> None:
    of = terms(exemptions=(Exemption(id="range", kinds=("fire",), sectors=("west",), daily_from_h=8.0, daily_to_h=16.0),),
               notifications=(Notification(id="drill", kinds=("guns",), sides=("A",), notice_h=24.0),),
               declarations=(Declaration(id="a", side="A", kinds=("guns",), declared_h=48.0),
                             Declaration(id="b", side="B", kinds=("guns",))))
    assert [one(of, hour=h)[0] for h in (7.9, 8.0, 16.0)] == [FORBIDDEN, EXEMPT, FORBIDDEN]
    assert one(of, hour=10.0, cell=5)[0] == FORBIDDEN
    assert [one(of, kind=GUNS, hour=h)[0] for h in (47.9, 48.0)] == [UNDECLARED, FORBIDDEN]
    assert one(of, kind=GUNS, side=1, hour=5000.0)[0] == UNDECLARED
    assert one(of, kind=GUNS, hour=10.0, notified=True)[0] == NOTIFIED
    whole = np.array([GUNS, GUNS, GUNS, FIRE])
    when = lawful_notice(of, whole, np.array([0, 0, 1, 0]), np.full(4, 100 * H), np.array([76, 77, 10, 10]) * H)
    assert when.tolist() == [True, False, False, False]


@pytest.mark.parametrize(("change", "known"), [
    ({}, True), ({"kind": FIRE}, False), ({"side": 1}, False), ({"side": 2}, True), ({"km": 32.6}, False),
    ({"onset_us": 93 * H}, False), ({"onset_us": 94 * H}, True), ({"onset_us": 116 * H}, True), ({"onset_us": 117 * H}, False),
    ({"now_us": 9 * H}, False)])
def test_mission_knows_an_announced_act_by_kind_party_place_and_time(change: dict[str, Any], known: bool) -> None:
    """Announced at 10 h for 100 to 110 h at km 22.5; the mission allows 6 h and 10 km."""
    of = terms(notifications=(Notification(id="drill", kinds=("guns",)),))
    told = Announced(*(np.array([v]) for v in (GUNS, 0, 22.5, 100 * H, 110 * H, 10 * H)))
    asked: dict[str, Any] = {"kind": GUNS, "side": 0, "km": 25.0, "onset_us": 101 * H, "now_us": 200 * H}
    assert covered(of, told, **(asked | change)) is known
    late = told._replace(told_us=np.array([77 * H]))
    assert not covered(of, late, **(asked | change))


def test_what_is_owed_where_and_when() -> None:
    """A silence of the second day in the west for party B, and a lasting truce at sea."""
    war = tuple(kind.model_copy(update={"binds": ()}) for kind in KINDS[:2])
    special = (Special(id="quiet", kinds=("fire",), sides=("B",), sectors=("west",), from_h=30.0, to_h=31.0),)
    owed = owed_kinds(terms(kinds=(*war, KINDS[2]), special=special), cells(), periods=3, period_us=DAY)
    want = np.zeros((2, 3, 3, 3), dtype=bool)
    want[1, 0, 1, FIRE] = True
    want[:, 2, :, SEA] = True
    assert (owed == want).all()
