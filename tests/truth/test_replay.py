"""Replay: every event of a table is used once or left out with its reason, and the capture share gives the level it states."""

from __future__ import annotations

import csv
import math
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from processes import ROOT, within
from replays import event, many, real_file, scenario_in, write

from sim.engine import Prepared, open_world, prepare
from sim.records import Acts
from sim.scenario.errors import ScenarioErrors
from sim.scenario.reader import read
from sim.truth.replay import EventsMissing, Recorded

DAY_US, HOUR_US = 86_400_000_000, 3.6e9


def ready(folder: Path, *more: tuple[str, str], without: tuple[str, ...] = ()) -> tuple[Prepared, Recorded]:
    prepared = prepare(scenario_in(folder, *more, without=without).scenario, data_dirs=(folder,))
    assert prepared.recorded is not None
    return prepared, prepared.recorded


def acts_of(prepared: Prepared, replication: int = 0) -> Acts:
    return open_world(prepared, seed=1, replication=replication).acts


def test_each_event_is_used_once_or_left_out_with_its_reason(tmp_path: Path) -> None:
    write(tmp_path, [
        event(clock="07:30"), event(day="2015-06-10", clock="23:59:30"), event(day="2015-06-01", what="raid", who="Blue"),
        event(day="2015-05-31"), event(day="2015-06-11"), event(day="2016-06-03", day_exact="4"),
        event(day="2015-06"), event(day=""), event(day_exact="2"), event(day_exact=""),
        event(lat=""), event(place_exact="6"),
        event(what="siege"), event(what=""),
        event(who="Green"),
        event(lat="0.2"), event(lon="0.95"), event(lon="0.89")])
    prepared, recorded = ready(tmp_path)
    assert recorded.counts == {"outside_days": 3, "coarse_dates": 4, "coarse_places": 2, "unknown_kinds": 2, "unknown_sides": 1,
                               "off_area": 2}
    assert recorded.row.tolist() == [1, 2, 3, 18]  # row 17: near the line, beyond the last sector
    acts = acts_of(prepared)
    onset_h = sorted((acts.onset_us / HOUR_US).tolist())
    assert any(abs(hour - (48 + 7.5)) < 1e-6 for hour in onset_h)
    assert any(abs(hour - (216 + 23 + 59.5 / 60)) < 1e-6 for hour in onset_h)
    assert min(onset_h) < 24 and len(onset_h) == 4
    assert np.abs(acts.depth_km).max() == pytest.approx(recorded.off_km.max())


def test_places_are_those_of_the_table(tmp_path: Path) -> None:
    """On the equator a degree of longitude is 111.3195 km of line, a degree of latitude 110.5744 km off it."""
    write(tmp_path, [event(lon="0.3", lat="0.05"), event(lon="0.7", lat="-0.02")])
    _, recorded = ready(tmp_path)
    assert recorded.km == pytest.approx([0.3 * 111.319491, 0.7 * 111.319491], abs=1e-3)
    assert recorded.off_km == pytest.approx([0.05 * 110.5743, 0.02 * 110.5743], abs=1e-3)


def test_hours_come_from_the_night_share_where_only_the_day_is_known(tmp_path: Path) -> None:
    write(tmp_path, [event(day=f"2015-06-{1 + i % 10:02d}", lon=f"{0.1 + 0.0001 * i:.4f}") for i in range(2000)])
    acts = acts_of(ready(tmp_path)[0])
    hour = acts.onset_us / HOUR_US % 24
    night = (hour < 6) | (hour >= 18)
    assert abs(night.mean() - 0.25) < 4 * math.sqrt(0.25 * 0.75 / len(night))
    assert np.bincount(acts.onset_us // DAY_US).tolist() == [200] * 10


def test_sides_by_a_key_of_the_replication(tmp_path: Path) -> None:
    """Events of one side of the table stay together; which one is called A changes from replication to replication."""
    write(tmp_path, many(70))
    prepared, recorded = ready(tmp_path)
    named = []
    for replication in range(40):
        acts = acts_of(prepared, replication)
        by_km = dict(zip(np.round(acts.km, 6).tolist(), acts.side.tolist(), strict=True))
        turned = {by_km[round(float(km), 6)] ^ int(side) for km, side in zip(recorded.km, recorded.side, strict=True)}
        assert len(turned) == 1
        named.append(turned.pop())
    assert abs(sum(named) - 20) < 4 * math.sqrt(10)


def test_untold_sides_are_drawn_event_by_event(tmp_path: Path) -> None:
    write(tmp_path, many(900))
    prepared, _ = ready(tmp_path, ("conduct.replay.side_a_share", "0.3"), without=('side = "who"\n', 'sides = ["Red", "Blue"]\n'))
    share = float((acts_of(prepared).side == 0).mean())
    assert abs(share - 0.3) < 4 * math.sqrt(0.3 * 0.7 / 900)


@pytest.mark.parametrize("q", [0.2, 0.5, 0.8])
def test_true_rate_is_recorded_over_capture_share(q: float, tmp_path: Path) -> None:
    """N recorded events become N + Poisson(N (1/q − 1)), by kind too; the recorded ones are all there."""
    write(tmp_path, many(90))
    prepared, recorded = ready(tmp_path, ("conduct.replay.capture_share", str(q)))
    every = acts_of(ready(tmp_path)[0])
    counts: list[Any] = []
    for replication in range(60):
        acts = acts_of(prepared, replication)
        counts.append(np.bincount(acts.kind, minlength=2))
        assert (acts.onset_us >= 0).all() and (acts.onset_us < 10 * DAY_US).all() and acts.happens.all()
    assert set(every.id.tolist()) <= set(acts_of(prepared).id.tolist())
    assert len(recorded.row) == len(every.id) == 90
    within([float(c.sum()) for c in counts], 90 / q)
    within([float(c[1]) for c in counts], 30 / q)
    total = np.array([c.sum() for c in counts], dtype=np.float64)
    expected = 90 * (1 / q - 1)
    assert abs(total.var(ddof=1) - expected) < 4 * expected * math.sqrt(2 / 59)


def test_a_larger_capture_share_only_takes_acts_away(tmp_path: Path) -> None:
    write(tmp_path, many(90))
    worlds = [set(acts_of(ready(tmp_path, ("conduct.replay.capture_share", q))[0]).id.tolist()) for q in ("0.2", "0.5", "1.0")]
    assert worlds[0] > worlds[1] > worlds[2]


def test_unrecorded_events_lie_near_recorded_ones(tmp_path: Path) -> None:
    """Within 3 days and 10 km of the one event, uniformly: variance of days 4, of km 100/3."""
    write(tmp_path, [event(day="2015-06-05", lon="0.45")])
    prepared, recorded = ready(tmp_path, ("conduct.replay.capture_share", "0.01"))
    km, day = [], []
    for replication in range(20):
        acts = acts_of(prepared, replication)
        others = np.abs(acts.km - recorded.km[0]) > 1e-9
        km += (acts.km[others] - recorded.km[0]).tolist()
        day += (acts.onset_us[others] // DAY_US - 4).tolist()
    assert max(map(abs, km)) <= 10.0 and set(day) == set(range(-3, 4)) and len(km) > 1500
    within(np.array(km) ** 2, 100 / 3)
    within(np.array(day) ** 2, 4.0)


def test_a_table_that_is_nowhere(tmp_path: Path) -> None:
    write(tmp_path, many(3))
    scenario = scenario_in(tmp_path).scenario
    with pytest.raises(EventsMissing, match=r"events\.csv: in none of"):
        prepare(scenario, data_dirs=(tmp_path / "elsewhere",))


def test_real_events_against_an_independent_count() -> None:
    """The table of UCDP on the Minsk line, summer of 2015: window, coarse dates and places counted by other code."""
    file = real_file()
    if file is None:
        pytest.skip("the table of real events does not lie beside this checkout")
    loaded = read(ROOT / "scenarios" / "replay-minsk.toml", data_dirs=[file.parent])
    prepared = prepare(loaded.scenario, data_dirs=(file.parent,))
    recorded = prepared.recorded
    assert recorded is not None
    count: Counter[str] = Counter()
    near = 0
    with open(file, encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            day = date.fromisoformat(row["date_start"])
            if not date(2015, 6, 1) <= day <= date(2015, 8, 31):
                count["outside_days"] += 1
            elif row["date_prec"] != "1":
                count["coarse_dates"] += 1
            elif row["where_prec"] not in ("1", "2"):
                count["coarse_places"] += 1
            elif planar_km(loaded.scenario.area.line, float(row["longitude"]), float(row["latitude"])) <= 20.0:
                near += 1
            else:
                count["off_area"] += 1
    assert {name: n for name, n in recorded.counts.items() if n} == dict(count)
    assert len(recorded.row) == near == 115
    assert sum(count.values()) + near == 2744
    acts = acts_of(prepared)
    assert abs(len(acts.id) - 230) < 4 * math.sqrt(115)


def planar_km(line: Any, lon: float, lat: float) -> float:
    """Distance to a polyline on a local plane, good to a hundredth within 50 km."""
    x = [(a - lon) * 111.32 * math.cos(math.radians(lat)) for a, _ in line]
    y = [(b - lat) * 111.2 for _, b in line]
    best = math.inf
    for i in range(len(x) - 1):
        dx, dy = x[i + 1] - x[i], y[i + 1] - y[i]
        t = min(max(-(x[i] * dx + y[i] * dy) / (dx * dx + dy * dy), 0.0), 1.0)
        best = min(best, math.hypot(x[i] + t * dx, y[i] + t * dy))
    return best


def test_the_minsk_line_has_its_length() -> None:
    """325 km drawn, 420 km published."""
    area = read(ROOT / "scenarios" / "replay-minsk.toml", absent_data="remark").scenario.area
    assert len(area.line) == 31
    assert area.sectors[-1].to_km == pytest.approx(324.67, abs=0.01)
    assert area.sectors[-1].to_km * area.length_factor == pytest.approx(420, abs=2)


@pytest.mark.parametrize(("events", "told"), [
    ([event(), event(day="2015-13-01")], ':3:1: day = "2015-13-01": is not a day such as 2015-06-01, with or without a time'),
    ([event(day="03.06.2015")], ':2:1: day = "03.06.2015": is not a day such as 2015-06-01, with or without a time'),
    ([event(day="2015-06-03T10:00:00+02:00")], ":2:1: day = \"2015-06-03T10:00:00+02:00\": has an offset"),
    ([event(clock="25:00")], ':2:12: clock = "25:00": is not a time of day such as 14:30'),
    ([event(clock="7 h")], ':2:12: clock = "7 h": is not a time of day such as 14:30'),
    ([event(lat="0,01")], ':2:13: lat = "0,01": must be a number in -90..90, with a point and not a comma'),
    ([event(lat="91")], ':2:13: lat = "91": must be a number in -90..90'),
    ([event(lat="nan")], ':2:13: lat = "nan": must be a number in -90..90'),
    ([event(lat="1_0")], ':2:13: lat = "1_0": must be a number in -90..90'),
    ([event(who='a "quoted", name\nin two lines'), event(lon="x")], ':4:18: lon = "x": must be a number in -180..180'),
])
def test_broken_cells_are_told_with_their_place(events: list[dict[str, Any]], told: str, tmp_path: Path) -> None:
    write(tmp_path, events)
    with pytest.raises(ScenarioErrors) as caught:
        scenario_in(tmp_path)
    assert str(caught.value).startswith(f"events.csv{told}")


@pytest.mark.parametrize(("content", "told"), [
    (b"", "events.csv: the table is empty"),
    (b"day,clock\n\xff", "events.csv: not UTF-8: byte 0xff at byte 11 (save the file as UTF-8)"),
    (b"day,clock,lat,lon,what,who,day_exact\n",
     "events.csv:1:1: place_exact: no such column in the table (did you mean day_exact?)"),
    (b"day,clock,lat,lon,what,who,day_exact,place_exact,day\n", "events.csv:1:1: day: this column stands twice in the table"),
    (b"day,clock,lat,lon,what,who,day_exact,place_exact\n\n2015-06-03,1\n",
     "events.csv:3:1: 2 cells: the header has 8 columns"),
    (b'day,clock,lat,lon,what,who,day_exact,place_exact\n"2015', "events.csv:2:1: not CSV: unexpected end of data"),
])
def test_broken_tables_are_told(content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_bytes(content)
    with pytest.raises(ScenarioErrors) as caught:
        scenario_in(tmp_path)
    assert str(caught.value).split("\n")[0] == told


@pytest.mark.parametrize(("key", "text", "told"), [
    ("from", '"2015-6-1"', 'conduct.replay.from = "2015-6-1": is not a day such as 2015-06-01'),
    ("to", '"2015-05-01"', 'conduct.replay.to = "2015-05-01": must not lie before from, 2015-06-01'),
    ("kind", '"raid"', "conduct.replay: needs the column kind with kinds, or one kind for all events"),
    ("kinds", '{ gun = "sheling" }', "no such kind in conduct.kinds (did you mean shelling?)"),
    ("sides", '["Red"]', "conduct.replay: needs the column side with two sides, or neither"),
    ("exact_dates", "[]", "conduct.replay: needs the column date_precision with exact_dates, or neither"),
    ("columns.km", '"km"', "conduct.replay.columns: needs columns latitude and longitude, or the column km"),
    ("capture_share", "0.0", "conduct.replay.capture_share = 0.0: must be >= 0.01"),
    ("capture_low_share", "0.9", "conduct.replay.capture_high_share = 0.8: must be >= capture_low_share, 0.9"),
    ("min_events", "29", "conduct.replay.min_events = 29: must be >= 30"),
    ("file", '"../events.csv"', "lies outside the scenario directory and the shipped scenarios"),
    ("file", '"events.pkl"', 'conduct.replay.file = "events.pkl"'),
    ("file", '"event.csv"', "no such file in the scenario directory or among the shipped scenarios"),
])
def test_broken_keys_are_told(key: str, text: str, told: str, tmp_path: Path) -> None:
    write(tmp_path, many(3))
    with pytest.raises(ScenarioErrors) as caught:
        scenario_in(tmp_path, (f"conduct.replay.{key}", text))
    assert told in str(caught.value), str(caught.value)


def test_nothing_is_drawn_beside_a_replay(tmp_path: Path) -> None:
    write(tmp_path, many(3))
    how = '[{ id = "a", side = "A", stake_ratio = 1.0, learning_share = 0.1 }]'
    with pytest.raises(ScenarioErrors, match=r"conduct\.adaptation: a replay runs what was recorded"):
        scenario_in(tmp_path, ("conduct.adaptation", how))
