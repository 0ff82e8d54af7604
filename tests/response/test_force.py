"""Teams and units over real distances: who can be there first, when they are free again, and how far they move a day."""

from __future__ import annotations

from typing import Any

import pytest

from sim.foundation.geodesy import Place, distance_km
from sim.foundation.streams import name_key
from sim.response.force import Force, travel_us
from sim.scenario.area import Area, Climate, Sector
from sim.scenario.area import Place as Town
from sim.scenario.response import Response, Unit

H = 3_600_000_000
NEAR, FAR, GOAL = (Place(lat_deg=48.0, lon_deg=lon) for lon in (36.0, 30.0, 37.0))
SKY = Climate(cloud_share=(0.5,) * 12, strong_wind_share=(0.0,) * 12, icing_share=(0.0,) * 12)
AREA = Area(
    line=((37.0, 48.0), (38.0, 48.0)),
    sectors=(Sector(id="s", from_km=0.0, to_km=70.0),),
    climate=SKY,
    places=(
        Town(id="near", lat_deg=48.0, lon_deg=36.0),
        Town(id="far", lat_deg=48.0, lon_deg=30.0),
        Town(id="box", lat_deg=49.0, lon_deg=35.0),
    ),
)
KM = distance_km(NEAR, GOAL)


def unit(name: str = "team", **keys: Any) -> Unit:
    calm: dict[str, Any] = {
        "id": name,
        "contribution": "c",
        "domain": "land",
        "role": "team",
        "base": "near",
        "notice_h": 2.0,
        "speed_kmh": 50.0,
        "task_h": 6.0,
    }
    return Unit(**(calm | keys))


def force(*units: Unit) -> Force:
    return Force(Response(units=units), AREA)


def send(
    of: Force, *, at_h: float = 0.0, key: int = 1, domain: str = "land", role: str = "team"
) -> Any:
    move = of.dispatch(key, round(at_h * H), domain=domain, role=role, place=GOAL)
    return None if move is None else (move.unit, *(round(t / H, 6) for t in (move.moved_us, move.on_station_us, move.left_us)))


def test_time_from_order_to_on_station() -> None:
    there = round(2 + KM / 50, 6)
    assert send(force(unit())) == (0, 2.0, pytest.approx(there), pytest.approx(there + 6))
    slow = send(force(unit(route_factor=1.3)))
    assert slow is not None and slow[2] == pytest.approx(2 + 1.3 * KM / 50)


def test_posture_goes_to_its_station_not_to_the_place() -> None:
    ship = unit("ship", role="posture", domain="sea", station="box")
    found = send(force(ship), domain="sea", role="posture")
    assert found is not None
    assert found[2] == pytest.approx(2 + distance_km(NEAR, Place(lat_deg=49.0, lon_deg=35.0)) / 50)


def test_the_unit_that_can_be_there_first_goes() -> None:
    slow, fast, away = unit("slow", speed_kmh=20.0), unit("fast", notice_h=0.5), unit("away", base="far", notice_h=0.0)
    assert send(force(slow, fast, away))[0] == 1
    assert send(force(slow, away))[0] == 0
    assert send(force(unit("one"), unit("two")))[0] == 0


def test_only_units_of_the_domain_and_role_go() -> None:
    of = force(unit(), unit("ship", domain="sea", role="posture", station="box"))
    assert send(of, domain="sea") is None and send(of, domain="air", role="posture") is None
    assert send(of, domain="sea", role="posture")[0] == 1


def test_a_unit_is_free_after_its_task_its_way_home_and_its_rest() -> None:
    of = force(unit(rest_h=12.0))
    first = send(of)
    assert first is not None
    way = first[2] - first[1]
    second = send(of, at_h=1.0)
    assert second is not None and second[1] == pytest.approx(first[3] + way + 12 + 2, abs=1e-5)


def test_a_pool_sends_its_members_one_after_another() -> None:
    of = force(unit(count=3, task_h=100.0))
    moved = [send(of, at_h=float(h))[1] for h in range(4)]
    assert moved[:3] == [2.0, 3.0, 4.0] and moved[3] > 100


def test_a_busy_unit_leaves_the_task_to_one_farther_away() -> None:
    of = force(unit("near", task_h=500.0), unit("away", base="far"))
    assert [send(of)[0], send(of)[0]] == [0, 1]


def test_nobody_moves_before_the_unit_is_ready() -> None:
    found = send(force(unit(ready_d=30.0)))
    assert found is not None and found[1] == 30 * 24 + 2


def test_caveats_hold_back_their_share_by_the_key_of_the_order() -> None:
    gone = [send(force(unit(caveat_share=0.25)), key=name_key("order", k)) is not None for k in range(2000)]
    assert abs(sum(gone) / 2000 - 0.75) < 4 * (0.1875 / 2000) ** 0.5
    assert gone == [send(force(unit(caveat_share=0.25)), key=name_key("order", k)) is not None for k in range(2000)]
    assert send(force(unit(caveat_share=1.0))) is None


@pytest.mark.parametrize(
    ("km", "daily_h", "hours"),
    [
        (0.0, 10.0, 0.0),
        (100.0, 24.0, 2.0),
        (100.0, 10.0, 2.0),
        (500.0, 10.0, 10.0),
        (501.0, 10.0, 24.02),
        (1000.0, 10.0, 34.0),
        (1600.0, 10.0, 74.0),
        (2000.0, 24.0, 40.0),
    ],
)
def test_travel_with_hours_of_movement_a_day(km: float, daily_h: float, hours: float) -> None:
    """At 50 km/h for 10 h a day: 500 km in one march of 10 h, 1,000 km by the end of the second, 34 h after the start."""
    assert travel_us(km, unit(daily_move_h=daily_h)) / H == pytest.approx(hours)
