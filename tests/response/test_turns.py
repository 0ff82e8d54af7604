"""Preference, tasks of random length, and orders for which every unit is out."""

import math
from typing import Any

import numpy as np
import pytest

from sim.foundation.geodesy import Place
from sim.foundation.streams import name_key
from sim.response.force import Errand, Force
from sim.scenario.area import Area, Climate, Sector
from sim.scenario.area import Place as Town
from sim.scenario.response import Response, Unit

H = 3_600_000_000
GOAL = Place(lat_deg=48.0, lon_deg=37.0)
AREA = Area(line=((37.0, 48.0), (38.0, 48.0)), sectors=(Sector(id="s", from_km=0.0, to_km=70.0),),
            climate=Climate(cloud_share=(0.5,) * 12, strong_wind_share=(0.0,) * 12, icing_share=(0.0,) * 12),
            places=(Town(id="near", lat_deg=48.0, lon_deg=36.9), Town(id="far", lat_deg=48.0, lon_deg=36.0)))
NEAR_LAST: dict[str, Any] = {"turns": {"s": 2, "shelling": 0}}
FAR_FIRST: dict[str, Any] = {"base": "far", "turns": {"s": 1, "shelling": 5}}


def _unit(name: str, **keys: Any) -> Unit:
    calm: dict[str, Any] = {"id": name, "contribution": "c", "domain": "land", "role": "team", "base": "near", "notice_h": 0.0,
                            "speed_kmh": 100.0, "task_h": 6.0}
    return Unit(**(calm | keys))


def _sent(of: Force, *about: str, key: int = 1, at_h: float = 0.0) -> str:
    move = of.dispatch(key, round(at_h * H), domain="land", role="team", place=GOAL,
                       errand=Errand(sector=about[0] if about else "", kind=about[1] if len(about) > 1 else ""))
    return "" if move is None else of.units[move.unit].id


def _force(*units: Unit, **keys: Any) -> Force:
    return Force(Response(units=units, **keys), AREA)


def test_the_lowest_turn_of_those_free_goes_first_by_sector_then_by_kind() -> None:
    units = (_unit("near", **NEAR_LAST), _unit("far", **FAR_FIRST), _unit("any"))
    assert _sent(_force(*units), "s", "shelling") == "far"
    assert _sent(_force(*units), "elsewhere", "shelling") == "near"
    assert _sent(_force(*units), "elsewhere", "fire") == "near"
    force = _force(*units)
    assert [_sent(force, "s", key=k) for k in range(4)] == ["far", "near", "any", "near"]


def test_an_order_lapses_where_all_are_out_and_waits_otherwise() -> None:
    for what, last in (("lapse", ""), ("wait", "one")):
        force = _force(_unit("one"), when_all_are_out=what)
        assert [_sent(force), _sent(force, key=2, at_h=1.0)] == ["one", last]
        assert _sent(force, key=3, at_h=20.0) == "one"


@pytest.mark.parametrize("law", ["fixed", "exponential"])
def test_the_length_of_a_task_follows_its_law(law: str) -> None:
    stays = []
    for k in range(2000):
        move = _force(_unit("one", task_law=law)).dispatch(name_key(k), 0, domain="land", role="team", place=GOAL)
        assert move is not None
        stays.append((move.left_us - move.on_station_us) / H)
    if law == "fixed":
        assert set(stays) == {6.0}
        return
    assert abs(np.mean(stays) - 6.0) <= 4 * 6.0 / math.sqrt(len(stays))
    assert abs(np.mean(np.array(stays) > 6.0) - math.exp(-1)) <= 4 * math.sqrt(0.2325 / len(stays))
