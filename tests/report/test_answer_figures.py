"""Pictures of answers: how far a unit gets by the hour, and the numbers below each picture."""

from pathlib import Path
from typing import Any

import pytest

from sim.report.answers import deadlines, reach_km, reach_map, units_gantt
from sim.report.languages import words
from sim.report.results import Run, read_run
from sim.response.force import travel_us
from sim.scenario.response import Unit

W = words()


@pytest.fixture(scope="module")
def run(run_folder: Path) -> Run:
    return read_run(run_folder)


def _unit(**keys: Any) -> Unit:
    calm: dict[str, Any] = {"id": "u", "contribution": "c", "domain": "land", "base": "b", "notice_h": 12.0, "speed_kmh": 40.0,
                            "task_h": 1.0, "route_factor": 1.25, "daily_move_h": 10.0}
    return Unit(**(calm | keys))


def test_reach_waits_for_notice_and_halts_each_day() -> None:
    assert [reach_km(_unit(), h) for h in (0.0, 12.0, 17.0, 30.0, 36.0, 41.0)] == pytest.approx([0, 0, 160, 320, 320, 480])


@pytest.mark.parametrize("hours", [13.0, 20.5, 39.0, 69.5])
def test_reach_is_the_road_that_the_force_covers_in_that_time(hours: float) -> None:
    unit = _unit()
    there_h = unit.notice_h + travel_us(reach_km(unit, hours) * unit.route_factor, unit) / 3.6e9
    assert there_h == pytest.approx(hours)


def test_pictures_hold_their_numbers_and_their_bytes_repeat(run: Run) -> None:
    for make in (deadlines, units_gantt, reach_map):
        drawn = make(run, W)
        assert drawn.svg == make(run, W).svg
        assert "SIMULATED" in drawn.svg
    assert len(reach_map(run, W).data.rows) == len(run.scenario.response.units)
    shares = [row for row in deadlines(run, W).data.rows if row[0] == "land"]
    assert [row[1] for row in shares][:3] == ["1", "2", "4"] or [row[1] for row in shares][:3] == ["1.00", "2.00", "4.00"]
