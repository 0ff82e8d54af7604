"""Start-up of answers: teams become ready turn about over the pools, and the hotline grows into its availability."""

from __future__ import annotations

import math

import pytest
from test_force import AREA, unit

from sim.foundation.streams import name_key
from sim.response.force import Force
from sim.response.ladder import contact_us
from sim.scenario.response import Liaison, Response

DAY = 86_400_000_000


def ready_d(**keys: float) -> list[list[float]]:
    pools = (unit("north", count=2), unit("south", count=2, ready_d=30.0), unit("ship", role="posture", station="box"))
    return [[t / DAY for t in pool] for pool in Force(Response(units=pools, **keys), AREA).free]


def test_teams_become_ready_turn_about_and_never_before_they_say() -> None:
    """Four teams from day 14 over 40 days: 19, 29, 39, 49, first of each pool first; the ship is no team."""
    assert ready_d(teams_from_d=14.0, teams_ramp_d=40.0) == [[19.0, 39.0], [30.0, 49.0], [0.0]]
    assert ready_d() == [[0.0, 0.0], [30.0, 30.0], [0.0]]


@pytest.mark.parametrize(("day", "share"), [(0.0, 0.0), (3.0, 0.0), (8.5, 0.45), (14.0, 0.9), (100.0, 0.9)])
def test_hotline_grows_into_its_availability(day: float, share: float) -> None:
    how, n = Liaison(available_share=0.9, from_d=3.0, ramp_d=11.0), 4000
    reached = sum(contact_us(how, name_key("case", k), round(day * DAY)) is not None for k in range(n))
    assert abs(reached / n - share) <= 4 * math.sqrt(share * (1 - share) / n)
    plain = [contact_us(Liaison(), name_key("case", k), 0) for k in range(50)]
    assert plain == [contact_us(Liaison(), name_key("case", k)) for k in range(50)]
