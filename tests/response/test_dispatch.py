"""Who is sent: caveats, contributions that come late or are withdrawn, answers of several units, and who takes a place."""

from __future__ import annotations

from typing import Any

import pytest

from sim.foundation.clock import Clock
from sim.foundation.geodesy import Place, distance_km
from sim.records import NEVER, Order
from sim.records import Response as Answer
from sim.response.dispatch import Dispatcher
from sim.response.force import Force
from sim.scenario.area import Area, Climate, Sector
from sim.scenario.area import Place as Town
from sim.scenario.response import Contribution, Response, Rung, Unit

H = 3_600_000_000
AREA = Area(
    line=((37.0, 48.0), (38.0, 48.0)),
    sectors=(Sector(id="s", from_km=0.0, to_km=70.0),),
    climate=Climate(cloud_share=(0.5,) * 12, strong_wind_share=(0.0,) * 12, icing_share=(0.0,) * 12),
    places=(Town(id="near", lat_deg=48.0, lon_deg=36.0), Town(id="far", lat_deg=48.0, lon_deg=30.0),
            Town(id="box", lat_deg=49.0, lon_deg=35.0)),
)
BOX = Place(lat_deg=49.0, lon_deg=35.0)
NEAR_H = distance_km(Place(lat_deg=48.0, lon_deg=36.0), BOX) / 50 + 2
FAR_H = distance_km(Place(lat_deg=48.0, lon_deg=30.0), BOX) / 50 + 2


def unit(name: str, **keys: Any) -> Unit:
    calm: dict[str, Any] = {"id": name, "contribution": name, "domain": "land", "role": "posture", "base": "near",
                            "station": "box", "notice_h": 2.0, "speed_kmh": 50.0, "task_h": 100.0}
    return Unit(**(calm | keys))


class Yard:
    """A dispatcher on a clock of its own, with one rung."""

    def __init__(self, *units: Unit, contributions: tuple[Contribution, ...] = (), strength: float = 1.0) -> None:
        self.clock, self.arrived = Clock(), list[Answer]()
        section = Response(units=units, contributions=contributions)
        self.rung = Rung(id="rung", procedure="p", action="posture", deadline_h=48.0, strength=strength)
        self.dispatcher = Dispatcher(self.clock, Force(section, AREA), place_of=lambda _: BOX, sector_of=lambda _: "s",
                                     on_arrival=self.arrived.append)

    def send(self, key: int = 5, accepted: tuple[str, ...] | None = None) -> Any:
        order = Order(key, 1, 0, 0, 0, 3, 0, self.clock.now, 48 * H, "", accepted, self.rung.strength)
        return self.dispatcher.send(order, self.rung)

    def sent(self) -> list[tuple[int, float, float]]:
        return [(a.unit, a.on_station_us / H, a.left_us / H) for a in self.dispatcher.answers]


def test_an_answer_stands_when_the_last_of_its_units_is_there() -> None:
    yard = Yard(unit("a"), unit("b", base="far"), strength=2.0)
    stay = yard.send()
    assert stay.there_us / H == pytest.approx(FAR_H) and stay.left_us / H == pytest.approx(NEAR_H + 100)
    assert [u for u, _, _ in yard.sent()] == [0, 1] and len({a.id for a in yard.dispatcher.answers}) == 2
    assert yard.dispatcher.reached[5] == stay.there_us


def test_capacity_counts_and_no_unit_goes_twice() -> None:
    yard = Yard(unit("a", capacity=2.0), unit("b"), strength=2.0)
    assert yard.send() is not None and [u for u, _, _ in yard.sent()] == [0]
    yard = Yard(unit("a", count=2), strength=3.0)  # no third unit is to be had: the answer starts with two
    assert yard.send() is not None and [u for u, _, _ in yard.sent()] == [0, 0]
    assert {round(at, 6) for _, at, _ in yard.sent()} == {round(NEAR_H, 6)}


def test_standing_caveats_and_choices_of_contributors_are_kept() -> None:
    for caveat in ({"caveat_rungs": ("rung",)}, {"caveat_sectors": ("s",)}):
        yard = Yard(unit("a", **caveat), unit("b", base="far"))
        assert yard.send() and [u for u, _, _ in yard.sent()] == [1]
    yard = Yard(unit("a", caveat_rungs=("other",), caveat_sectors=("t",)), unit("b", base="far"))
    assert yard.send() and [u for u, _, _ in yard.sent()] == [0]
    yard = Yard(unit("a"), unit("b", base="far"))
    assert yard.send(accepted=("b",)) and [u for u, _, _ in yard.sent()] == [1]
    assert Yard(unit("a")).send(accepted=()) is None


def test_a_contribution_that_comes_late_moves_late() -> None:
    yard = Yard(unit("a"), contributions=(Contribution(id="a", from_d=3.0),))
    assert yard.send().there_us / H == pytest.approx(72 + NEAR_H)


def test_a_withdrawal_recalls_who_is_under_way_and_another_goes_then() -> None:
    yard = Yard(unit("a"), unit("b", base="far"), contributions=(Contribution(id="a", withdrawn_d=NEAR_H / 48), ))
    stay = yard.send()
    assert stay.there_us == NEVER and yard.dispatcher.reached[5] == NEVER and yard.dispatcher.recalled == 1
    yard.clock.run(100 * H)
    assert [(u, round(at, 3)) for u, at, _ in yard.sent()] == [(0, round(-1 / H, 3)), (1, round(NEAR_H / 2 + FAR_H, 3))]
    assert [a.unit for a in yard.arrived] == [1] and yard.dispatcher.reached[5] / H == pytest.approx(NEAR_H / 2 + FAR_H)


def test_a_withdrawal_takes_away_who_is_there_and_nobody_goes_after_it() -> None:
    yard = Yard(unit("a"), contributions=(Contribution(id="a", withdrawn_d=2.0),))
    stay = yard.send()
    assert stay.left_us == 48 * H and stay.there_us / H == pytest.approx(NEAR_H)
    yard.clock.run(50 * H)
    assert yard.send(6) is None
    assert yard.dispatcher.force.capacity_of("a", 0, domain="land", role="posture", rung="rung") == 1.0
    assert yard.dispatcher.force.capacity_of("a", 50 * H, domain="land", role="posture", rung="rung") == 0.0


def test_who_is_not_yet_under_way_at_a_withdrawal_never_moved() -> None:
    yard = Yard(unit("a"), contributions=(Contribution(id="a", withdrawn_d=1 / 24),))
    yard.send()
    (answer,) = yard.dispatcher.answers
    assert (answer.moved_us, answer.on_station_us, answer.left_us) == (-1, -1, H)
