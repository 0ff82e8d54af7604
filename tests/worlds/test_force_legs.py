"""Legs of the force: tours, lanes cleared together, closed straits, stand-off, and each shipped leg at work."""

from __future__ import annotations

import numpy as np
import pytest
from small_worlds import SEED, ready, world

from sim.engine import replicate
from sim.records import NEVER
from sim.response.force import cleared_us, on_tour_us
from sim.scenario.errors import ScenarioErrors
from sim.scenario.response import Unit

DAY = 24 * 3_600_000_000


@pytest.mark.parametrize(("arrivals", "days"), [
    (((0, 2.0),), 5.0), (((0, 2.0), (0, 2.0)), 2.5), (((0, 2.0), (2, 2.0)), 3.5), (((1, 0.0), (0, 5.0)), 2.0)])
def test_a_lane_is_cleared_by_the_rates_together(arrivals: tuple[tuple[int, float], ...], days: float) -> None:
    assert cleared_us([(d * DAY, rate) for d, rate in arrivals], 10.0) == round(days * DAY)
    assert cleared_us([(0, 0.0)], 10.0) == NEVER


@pytest.mark.parametrize(("day", "there"), [(0, 0), (9, 9), (10, 13), (12, 13), (13, 13), (23, 26)])
def test_nobody_goes_between_two_tours(day: int, there: int) -> None:
    unit = Unit(id="u", contribution="c", domain="land", base="b", notice_h=0.0, speed_kmh=1.0, task_h=1.0, tour_d=10.0,
                relief_d=3.0)
    assert on_tour_us(unit, day * DAY, begin_us=0) == there * DAY


def test_stations_keep_their_distance() -> None:
    for key, value in (("standoff_km", "200.0"), ("air_standoff_km", "400.0")):
        with pytest.raises(ScenarioErrors, match=f"km from the line, response.{key} asks for {float(value):g}"):
            world(more=((f"response.{key}", value),))


@pytest.mark.parametrize(("name", "domain", "more"), [
    ("air-leg", "air", ()), ("land-leg", "land", ()),
    ("sea-leg", "sea", (("conduct.kinds.sea-attack.incidents_per_day", "40.0"), ("verification.standard.kinds", "1"),
                        ("response.ladder.sea-posture.grade", '"indicative"'),
                        ("agreement.kinds.sea-attack.grade", '"indicative"')))])
def test_each_leg_is_at_work(name: str, domain: str, more: tuple[tuple[str, str], ...]) -> None:
    sent = replicate(ready(world(name, follow_up_h=72, more=more)), seed=SEED, replication=0).tables["responses"]
    posture = sent["domain"] != "team"
    assert posture.any() and set(sent["domain"][posture].tolist()) == {domain}
    assert "destroyer-beyond" not in sent["unit"].tolist()
    if domain == "air":
        free = sent["moved_h"] - sent["ordered_h"]
        assert np.nanmin(free[sent["unit"] == "fighter-pair-1"]) == pytest.approx(0.25)
