"""Errors of what is reported: place, kind, side and delay, each with the share or median that the scenario states."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import short_line as world
from short_line import DAY, H

from sim.foundation.streams import mix64, name_key, streams_of
from sim.monitoring.library import library_of
from sim.monitoring.sightings import Sensing, delay_us, false_alarms, observe
from sim.records import Acts, Observation
from sim.scenario.agreement import Agreement, Kind

CELLS = world.cells()
TERMS = Agreement(kinds=(Kind(id="fire"), Kind(id="move"), Kind(id="sea", domain="sea")))
MEANS = (world.means("a", location_error_km=2.0, wrong_side_share=0.1, confusion={"fire": {"move": 0.25}}),
         world.means("b", "thermal", senses_origin=False, images=True, location_error_km=0.0))
LIBRARY = library_of(world.monitoring(means=MEANS), TERMS)
NOTHING = np.zeros(2)
SENSING = Sensing(("a", "b"), ("a", "b"), np.arange(2), np.zeros((2, 4)), NOTHING, NOTHING, NOTHING, np.array([2.0 * H, 0.5 * H]),
                  np.array([0.6, 0.0]), np.zeros(2, dtype=bool))
N = 5000
KEYS = mix64(name_key("sights"), np.arange(N)).tolist()


def act(*, side: int = 0, anonymous: bool = False, km: float = 52.0) -> Acts:
    one = np.array([1])
    return Acts(**dict.fromkeys(Acts._fields, one)
                | {"id": np.array([77], dtype=np.uint64), "kind": one * 0, "side": one * side, "cell": one * int(km // 5),
                   "km": np.array([km]), "depth_km": np.array([1.0]), "onset_us": one * 0, "end_us": one * 10 * H,
                   "trace_us": one * 20 * H, "anonymous": np.array([anonymous]), "happens": np.array([True])})


def seen(sensor: int = 0, **keys: Any) -> list[Observation]:
    what = act(**keys)
    return [observe(key, H, what, 0, sensor, SENSING, LIBRARY, CELLS, 0) for key in KEYS]


def _share(flags: list[bool], expected: float) -> None:
    assert abs(np.mean(flags) - expected) <= 4 * math.sqrt(expected * (1 - expected) / len(flags))


def test_half_of_the_places_lie_within_the_location_error() -> None:
    reports = seen()
    _share([abs(o.km - 52.0) < 2.0 for o in reports], 0.5)
    _share([o.km < 52.0 for o in reports], 0.5)
    assert all(o.cell == min(max(int(o.km // 5), 0), 19) for o in reports)
    assert {o.km for o in seen(1)} == {52.0}


def test_places_beyond_the_end_of_the_line_stay_in_its_last_cell() -> None:
    assert {o.cell for o in seen(km=99.9) if o.km > 100} == {19}


def test_wrong_side_is_named_at_its_share_and_nobody_where_origin_is_not_sensed() -> None:
    for side in (0, 1):
        _share([o.side != side for o in seen(side=side)], 0.1)
    assert {o.side for o in seen(1)} == {2}
    assert {o.side for o in seen(anonymous=True)} == {2}


def test_kinds_are_confused_at_their_share() -> None:
    _share([o.kind == 1 for o in seen()], 0.25)
    assert {o.kind for o in seen()} == {0, 1} and {o.kind for o in seen(1)} == {0}


def test_delays_have_their_median_and_spread() -> None:
    delay = np.array([o.reported_us - o.seen_us for o in seen()]) / H
    _share((delay < 2.0).tolist(), 0.5)
    assert abs(np.log(delay).std() - 0.6) < 4 * 0.6 / math.sqrt(2 * N)
    assert delay_us(SENSING, 1, 0.99) == H // 2


def test_errors_follow_the_key_of_the_observation() -> None:
    assert seen() == seen()


@pytest.mark.parametrize("rate", [0.4, 6.0])
def test_false_alarms_are_poisson_and_bound_to_their_means(rate: float) -> None:
    rates = np.array([[rate, 0.0, 0.0], [0.0, 0.1, 0.0]])

    def drawn(active: list[int], days: int) -> list[Observation]:
        return false_alarms(rates, np.array(active), LIBRARY, CELLS, streams_of(3, 0), days=days, names=("a", "b"), first_side=0)

    both, alone = drawn([0, 1], 200), drawn([0], 200)
    first = [o for o in both if o.means == 0]
    assert first == alone
    assert abs(len(first) - 200 * rate) < 4 * math.sqrt(200 * rate)
    assert [o for o in alone if o.seen_us < 100 * DAY] == drawn([0], 100)
    assert len({o.id for o in both}) == len(both) and {o.side for o in both if o.means == 1} <= {2}
    assert all(0 <= o.seen_us < 200 * DAY and o.reported_us >= o.seen_us for o in both)
    if rate > 1:
        _share([o.side == 0 for o in first], 0.5)
