"""What obstruction takes from the mission: legs, visits and stares, and drones that are shot down where they fly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.area.line import Cells
from sim.foundation.streams import name_key, succeeds, words
from sim.monitoring.decoys import disguised
from sim.monitoring.hindrance import DENIAL, DESTRUCTION, JAMMING, SHOOTING, Crowd, Fire, first_over_km, hindered, met_by
from sim.monitoring.library import Library, library_of
from sim.monitoring.looks import CONSENT, JAMMED, MADE, OTHER, Looks, joined
from sim.records import OBSTRUCTED, Obstructions
from sim.scenario.agreement import Agreement, Kind
from sim.scenario.hidden import Confuser, Obstruction
from sim.scenario.monitoring import Drones, Means, Monitoring

H = 3_600_000_000
CELLS = Cells(np.repeat([0, 1], 10), np.arange(2.5, 100, 5.0), np.full(20, 5.0), np.full(20, 48.0), np.full(20, 37.0),
              np.zeros(20, dtype=bool), ("west", "east"), 2, 100.0)
CAMERA = name_key("post", "cams", 0)
CROWD = Crowd(np.array([1, 2, 3, 4, 0], dtype=np.int8), np.array([CAMERA], dtype=np.uint64), np.array([20.0]))
"""Sensors: a drone, cameras, people of side A, people of side B, a satellite."""


def spells(*rows: tuple[int, int, int, float, float]) -> Obstructions:
    """Spells as (form, side, cell, from, to) in hours."""
    form, side, cell, begin, end = (np.array(c) for c in zip(*rows, strict=True))
    n = np.arange(len(rows))
    return Obstructions(words(n + 77), n, form, side, CELLS.sector[cell], cell, CELLS.km[cell], (begin * H).astype(np.int64),
                        (end * H).astype(np.int64), np.zeros(len(n), dtype=bool))


def items(*forms: str, **keys: Any) -> tuple[Obstruction, ...]:
    return tuple(Obstruction(id=f"o{n}", form=form, spells_per_day=1.0, duration_median_h=1.0, **keys)  # type: ignore[arg-type]
                 for n, form in enumerate(forms))


def looks(*rows: tuple[int, int, float, float]) -> Looks:
    """Looks as (sensor, cell, from, to) in hours."""
    sensor, cell, begin, end = (np.array(c) for c in zip(*rows, strict=True))
    start, stop = (begin * H).astype(np.int64), (end * H).astype(np.int64)
    luck = np.where(sensor == 1, np.uint64(CAMERA), words(np.arange(len(rows)) + 5))
    return joined([Looks(luck, cell, start, stop, (start + stop) // 2, sensor.astype(np.int32), sensor.astype(np.int16),
                         np.zeros(len(rows), dtype=np.int8), np.ones(len(rows)), np.full(len(rows), MADE, dtype=np.int8))])[0]


def fates(seen: Looks) -> list[tuple[int, int, float, float, int]]:
    return sorted(zip(seen.sensor.tolist(), seen.cell.tolist(), (seen.start_us / H).tolist(), (seen.end_us / H).tolist(),
                      seen.lost.tolist(), strict=True))


def without(seen: Looks, s: Obstructions, how: tuple[Obstruction, ...]) -> tuple[Looks, Any]:
    whole, flight, cost = hindered(seen, np.full(len(seen.cell), -1, dtype=np.int32), CROWD, s, how, CELLS)
    assert len(flight) == len(whole.cell)
    return whole, cost


def test_jamming_takes_the_legs_of_drones_whose_middle_it_holds() -> None:
    seen = looks((0, 3, 1, 2), (0, 3, 2, 3), (0, 12, 2, 3), (4, 3, 2, 2), (2, 3, 2, 2.5))
    whole, cost = without(seen, spells((JAMMING, 0, 0, 1.6, 2.6)), items("jamming"))
    assert fates(whole) == [(0, 3, 1, 2, MADE), (0, 3, 2, 3, JAMMED), (0, 12, 2, 3, MADE), (2, 3, 2, 2.5, MADE),
                            (4, 3, 2, 2, MADE)]
    assert (cost.from_us / H).tolist() == [2.0] and cost.looks.tolist() == [1]


@pytest.mark.parametrize("side", [0, 1])
def test_denial_takes_the_visits_of_a_sides_own_guests(side: int) -> None:
    whole, _ = without(looks((2, 3, 1, 2), (3, 3, 1, 2), (2 + side, 3, 3, 4)), spells((DENIAL, side, 0, 0.5, 2)), items("denial"))
    lost = {(s, start) for s, _, start, _, fate in fates(whole) if fate == CONSENT}
    assert lost == {(2 + side, 1.0)}


def test_shooting_keeps_all_patrols_away_for_its_pause() -> None:
    whole, _ = without(looks((2, 3, 1, 2), (3, 4, 5, 6), (3, 4, 8, 9), (0, 3, 1, 2)), spells((SHOOTING, 0, 0, 0.5, 1)),
                       items("shooting", pause_h=6.0))
    assert [fate for *_, fate in fates(whole)] == [MADE, OTHER, OTHER, MADE]


def test_destroyed_cameras_see_nothing_until_they_stand_again() -> None:
    """A stare is cut at both edges of the outage, and keeps its luck; a camera out of reach stares on."""
    seen = looks((1, 3, 0, 24), (1, 4, 24, 48))
    whole, cost = without(seen, spells((DESTRUCTION, 1, 3, 6, 30)), items("camera-destruction", reach_km=3.0))
    assert fates(whole) == [(1, 3, 0, 6, MADE), (1, 3, 6, 24, OTHER), (1, 4, 24, 30, OTHER), (1, 4, 30, 48, MADE)]
    assert set(whole.luck.tolist()) == {CAMERA}
    assert list(zip((cost.from_us / H).tolist(), (cost.to_us / H).tolist(), strict=True)) == [(6, 24), (24, 30)]
    far, nothing = without(seen, spells((DESTRUCTION, 1, 9, 6, 30)), items("camera-destruction", reach_km=3.0))
    assert fates(far) == fates(seen) and not len(nothing.spell)


def test_what_is_met_is_told_when_the_last_look_of_a_day_is_lost() -> None:
    s = spells((JAMMING, 1, 0, 20, 28))
    _, cost = without(looks((0, 3, 20, 21), (0, 3, 22, 23), (0, 3, 25, 26), (0, 3, 29, 30)), s, items("jamming"))
    met = met_by(s, cost, [])
    assert [(m.onset_us / H, m.seen_us / H, m.reported_us / H) for m in met] == [(20, 23, 23), (25, 26, 26)]
    assert {m.physics for m in met} == {OBSTRUCTED} and {m.side for m in met} == {1}
    hidden = met_by(s._replace(anonymous=np.array([True])), cost, [])
    assert {m.side for m in hidden} == {2}


@pytest.mark.parametrize(("flown", "expected"), [(0, 20), (20, 20), (25, 25), (30, 170), (31, 170), (175, 175), (180, 220),
                                                 (399, 420)])
def test_first_way_over_a_stretch_of_a_track_flown_to_and_fro(flown: float, expected: float) -> None:
    """A track of 100 km; the stretch from 20 to 30 km is met at 20, 170, 220, 370, 420 … km flown."""
    assert first_over_km(flown, 20.0, 30.0, 100.0) == expected


def unit() -> Drones:
    return Drones(id="north", base="b", means_by_day="eye", means_by_night="eye", airframes=2, endurance_h=20.0, speed_kmh=100.0,
                  turnaround_h=1.0, reach_km=5.0, patrols=("west", "east"))


def test_a_drone_is_shot_at_where_and_when_it_flies_over_the_sector() -> None:
    """East lies 50 to 100 km along the track: a drone at 100 km/h is over it after half an hour."""
    certain = items("shooting", loss_share=1.0)
    fire = Fire(spells((SHOOTING, 0, 15, 10.2, 11)), certain, CELLS)
    shot = fire.at(unit(), 0.0, 100.0)
    assert shot is not None
    assert shot(0, 1, 10 * H, 20 * H) == round(10.5 * H) and shot(0, 1, 11 * H, 20 * H) is None
    assert shot(0, 1, round(10.5 * H), 20 * H) is None
    assert fire.met == [(0, round(10.5 * H), 11 * H)]
    spared = Fire(spells((SHOOTING, 0, 15, 10.2, 11)), items("shooting", loss_share=0.0), CELLS)
    miss = spared.at(unit(), 0.0, 100.0)
    assert miss is not None and miss(0, 1, 10 * H, 20 * H) is None and len(spared.met) == 1
    assert Fire(spells((JAMMING, 0, 15, 10.2, 11)), items("jamming"), CELLS).at(unit(), 0.0, 100.0) is None


def test_the_chance_of_a_loss_is_that_asked_for() -> None:
    fire = Fire(spells((SHOOTING, 0, 15, 0.4, 1)), items("shooting", loss_share=0.3), CELLS)
    shot = fire.at(unit(), 0.0, 100.0)
    assert shot is not None
    lost = sum(shot(0, number, 0, 10 * H) is not None for number in range(2000))
    assert abs(lost - 600) < 4 * (2000 * 0.21) ** 0.5


def library() -> tuple[Library, Library]:
    eye = Means(id="eye", physics="optical", pd={"fire": 0.4}, trace_pd={"fire": 0.2}, senses_origin=True)
    ear = Means(id="ear", physics="acoustic", pd={"fire": 0.6}, senses_origin=False, confusion={"fire": {"zone": 0.25}})
    plan = Monitoring(means=(eye, ear), look_correlation=0.0)
    terms = Agreement(kinds=(Kind(id="fire"), Kind(id="zone")))
    burn = Confuser(id="burn", per_day=(1.0,) * 12, duration_median_h=1.0, pd={"optical": 0.1, "acoustic": 0.3},
                    means_pd={"eye": 0.05}, trace_pd={"optical": 0.02}, taken_for={"fire": 0.75, "zone": 0.25})
    plain = library_of(plan, terms)
    return plain, disguised(plain, plan, ["fire", "zone"], (burn,))


def test_decoys_are_further_columns_of_the_library() -> None:
    plain, more = library()
    assert more.pd[:, :2].tolist() == plain.pd.tolist() and more.pd[:, 2].tolist() == [0.05, 0.3]
    assert more.trace_pd[:, 2].tolist() == [0.02, 0.0]
    assert more.pd[:, 3].tolist() == [0.0, 0.6], "a means that senses the origin sees through a staging"
    assert more.trace_pd[:, 3].tolist() == [0.2, 0.0]
    assert succeeds(words([0]), more.pd[:1, 3]).tolist() == [False]


def test_decoys_are_reported_as_kinds_of_the_agreement() -> None:
    from sim.monitoring.sightings import _kind_as_reported

    _, more = library()
    drawn = np.bincount([_kind_as_reported(name_key(n), 2, more, 0) for n in range(2000)], minlength=2)
    assert len(drawn) == 2 and abs(drawn[1] - 500) < 4 * (2000 * 0.1875) ** 0.5
    staged = np.bincount([_kind_as_reported(name_key(n), 3, more, 1) for n in range(2000)], minlength=2)
    assert len(staged) == 2 and abs(staged[1] - 500) < 4 * (2000 * 0.1875) ** 0.5
    assert {_kind_as_reported(name_key(n), 3, more, 0) for n in range(50)} == {0}
