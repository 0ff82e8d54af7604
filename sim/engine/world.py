"""The world alone: acts, regimes, sky and daylight, without a mission to see any of it.

A mediator can look at the assumed truth of a scenario within a second, before any design is judged against it.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.area.light import Light, light_of
from sim.area.line import Cells, cells_of
from sim.area.weather import Sky, sky_of
from sim.engine.preparation import days_of, months_of
from sim.foundation.streams import F64, I64, streams_of
from sim.records import Acts
from sim.scenario.scenario import Scenario
from sim.truth.regimes import Spells
from sim.truth.violations import hot_spots, truth_of

_DAY_US = 86_400_000_000


class Stage(NamedTuple):
    """What every world of a scenario shares: cells, daylight and the calendar."""

    scenario: Scenario
    cells: Cells
    light: Light
    months: tuple[I64, I64]
    days: int
    """Days of the clock, follow-up included."""
    start_hour: float


class World(NamedTuple):
    """One world: what the parties do, under which regimes, where it gathers, and the sky above."""

    acts: Acts
    spells: Spells
    spots: F64
    """Share of first acts that each cell of the line draws, in the order of the cells."""
    sky: Sky
    cut_us: int
    """Onset of the act at which `conduct.max_acts` ends the world; −1 where it was not reached."""


def stage_of(scenario: Scenario) -> Stage:
    """Cells, daylight and calendar of a scenario; no satellite, drone or post is opened.

    Raises
    ------
    TooManyCandidates
        Where the rates would give more acts than `conduct.max_candidates`.
    """
    days = days_of(scenario)
    cells = cells_of(scenario.area)
    local = scenario.start.hour + scenario.start.minute / 60 + scenario.area.utc_offset_h
    light = light_of(cells, start_unix_s=scenario.start.timestamp(), horizon_us=days * _DAY_US)
    return Stage(scenario, cells, light, months_of(scenario, days), days, local % 24)


def world_of(stage: Stage, *, seed: int, replication: int) -> World:
    """Draw one world; the same acts and the same sky as in a run with that seed and replication."""
    scenario, streams = stage.scenario, streams_of(seed, replication)
    truth = truth_of(scenario.conduct, scenario.agreement, stage.cells, streams, days=stage.days,
                     local_start_h=stage.start_hour)
    sky = sky_of(scenario.area.climate, stage.cells, streams, start_month=stage.months, horizon_us=stage.days * _DAY_US)
    return World(truth.acts, truth.spells, np.diff(hot_spots(scenario.conduct, stage.cells, streams), prepend=0.0), sky,
                 truth.cut_us)
