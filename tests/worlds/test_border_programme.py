"""A border programme planned 23,296 flight hours in a year and flew 5,102 (US audit): a scenario file alone meets both.

What is put in are fleet, crews, weather and repair; what comes out are the hours.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sim.engine import prepare, replicate
from sim.scenario.reader import read

ROOT = Path(__file__).parents[2]
PLANNED_H, FLOWN_H = 23_296.0, 5_102.0
REPLICATIONS = 100


def test_hours_planned_and_flown() -> None:
    """One hundred years: the plan exactly, the mean flown within 2 per cent (standard error about 0.7 per cent)."""
    prepared = prepare(read(ROOT / "scenarios" / "border-drone-programme.toml").scenario)
    facts = [replicate(prepared, seed=1, replication=r).facts for r in range(REPLICATIONS)]
    assert {f["planned_h"] for f in facts} == {PLANNED_H}
    flown = np.array([f["flown_h"] for f in facts])
    assert flown.std(ddof=1) / REPLICATIONS**0.5 < 0.01 * FLOWN_H
    assert abs(flown.mean() / FLOWN_H - 1) < 0.02


def test_it_is_crews_and_weather_that_ground_it() -> None:
    """Twice the crews, or calm air, fly many more hours: the number is a result and not an input."""
    hours = {}
    calm = f"[{', '.join(['0.0'] * 12)}]"
    for name, key, value in (("crews", "monitoring.drones.patrols.crews", "4"), ("calm", "area.climate.strong_wind_share", calm)):
        prepared = prepare(read(ROOT / "scenarios" / "border-drone-programme.toml", overrides=[(key, value)]).scenario)
        hours[name] = np.mean([replicate(prepared, seed=1, replication=r).facts["flown_h"] for r in range(5)])
    assert min(hours.values()) > 1.3 * FLOWN_H
    assert max(hours.values()) < PLANNED_H
