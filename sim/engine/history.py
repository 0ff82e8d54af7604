"""The run of one replication, and the judgement of the mission on what it found.

A mediator gets verdicts from the mission's own looks, findings and beliefs, never from the truth.
"""
from __future__ import annotations

import gc
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.area.terms import FORBIDDEN, UNDECLARED, owed_kinds
from sim.engine.adaptive import Adapting
from sim.engine.chronicle import Chronicle, history_of
from sim.engine.feedback import Feeding
from sim.engine.knowledge import believed, correlation_of
from sim.engine.mission import Mission
from sim.engine.preparation import Opened, Prepared, open_world, true_door
from sim.foundation.clock import Clock, ClockLimit, Rank, low40
from sim.foundation.scan import LookTable
from sim.foundation.streams import F64, I64, mix_name, uniform
from sim.ledger import History
from sim.monitoring.design import Layout
from sim.monitoring.detection import Door
from sim.monitoring.gate import GatedDoor
from sim.monitoring.library import Library
from sim.monitoring.looks import MADE, Tables
from sim.monitoring.release import MISSION, shown_share
from sim.monitoring.sightings import sensors_of
from sim.scenario.scenario import Scenario
from sim.verification.obstruction import obstruction_found
from sim.verification.power import Field, ghosts_of, power_of, sighted, winnable, worth_of
from sim.verification.verdicts import called, points_found

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US



def replicate(prepared: Prepared, *, seed: int, replication: int, path: str = "array",
              door_of: Callable[[Prepared, Opened], Door] | None = None) -> History:
    """Run one replication.

    Parameters
    ----------
    path : "array" or "event"
        Search first sights in one array call, or act by act at each onset; both write the same bytes.
    door_of
        A door of a test's own, in place of the true one.
    """
    collecting = gc.isenabled()
    gc.disable()  # a run makes many objects and few circles: looking for these costs a tenth of its time
    try:
        return history_of(play(prepared, seed=seed, replication=replication, path=path, door_of=door_of))
    finally:
        if collecting:
            gc.enable()


def play(prepared: Prepared, *, seed: int, replication: int, path: str = "array",
         door_of: Callable[[Prepared, Opened], Door] | None = None,
         watched: Callable[[Mission], None] | None = None) -> Chronicle:
    """Run the clock of one replication and judge what the mission found; `watched` may listen to the mission at work."""
    opened = open_world(prepared, seed=seed, replication=replication)
    door = door_of(prepared, opened) if door_of else true_door(prepared, opened, event_by_event=path == "event")
    clock = Clock()
    mission = Mission(prepared, opened, door, clock)
    if watched is not None:
        watched(mission)
    door.begin(clock, mission.hear, mission.after_look)
    if isinstance(door, GatedDoor):
        gate = Adapting if prepared.scenario.response.feedback is None else Feeding
        gate(prepared, opened, door, mission, clock).begin()
    for alarm in opened.alarms:
        clock.at(alarm.reported_us, Rank.REPORT, low40(alarm.id), mission.hear, alarm)
    for hour in range(0, prepared.horizon_us // _HOUR_US, 3):
        clock.at(hour * _HOUR_US, Rank.STAFF, 0, mission.count_backlog)
    most, cut_us = prepared.scenario.conduct.max_acts, opened.cut_us
    capped = f"conduct.max_acts = {most}: reached after {cut_us / _HOUR_US:.1f} h; the run ended there" if cut_us >= 0 else ""
    try:
        clock.run(prepared.horizon_us if cut_us < 0 else cut_us)
    except ClockLimit as limit:
        capped = str(limit)
    owed = owed_of(prepared, mission)
    power, points = judge(prepared, opened, door, mission, owed=owed)
    verdict = called(points, power, breach_points=prepared.scenario.agreement.breach.points,
                     required_power=prepared.scenario.verification.verdicts.required_power,
                     pending=pending(prepared, opened, mission) if prepared.scenario.agreement.declarations else None,
                     obstructed=_obstructed(prepared, mission, periods=points.shape[-1]))
    return Chronicle(prepared, opened, door, mission, power, points, verdict, replication, clock.count, capped, owed)


def _obstructed(prepared: Prepared, mission: Mission, *, periods: int) -> NDArray[np.bool_]:
    """Where the obstruction that the mission met makes a breach."""
    scenario, cells = prepared.scenario, prepared.cells
    return obstruction_found(mission.obstructed, scenario.agreement, cells.sector, sectors=len(cells.sectors), periods=periods,
                             period_us=round(scenario.agreement.period_h * _HOUR_US), local_start_h=prepared.start_hour,
                             delay_us=round(scenario.verification.verdicts.delay_h * _HOUR_US))


def owed_of(prepared: Prepared, mission: Mission) -> NDArray[np.bool_] | None:
    """Kinds that are owed by party, sector and period; None where no special term makes a difference."""
    scenario = prepared.scenario
    return None if mission.terms.plain else owed_kinds(
        mission.terms, prepared.cells, periods=_periods(scenario), period_us=round(scenario.agreement.period_h * _HOUR_US))


def _periods(scenario: Scenario) -> int:
    """Whole reporting periods of a run, at least one."""
    return max(1, int(scenario.days * _DAY_US // round(scenario.agreement.period_h * _HOUR_US)))


def pending(prepared: Prepared, opened: Opened, mission: Mission) -> F64:
    """Points that findings would give, had the parties declared the baselines against which these acts are measured."""
    return _found(prepared, opened, mission, UNDECLARED)


def _found(prepared: Prepared, opened: Opened, mission: Mission, standing: int) -> F64:
    """Points of the findings of one standing, by party, sector and period."""
    scenario, cells = prepared.scenario, prepared.cells
    return points_found(mission.findings, scenario.agreement, cells.sector, sectors=len(cells.sectors),
                        periods=_periods(scenario), period_us=round(scenario.agreement.period_h * _HOUR_US),
                        delay_us=round(scenario.verification.verdicts.delay_h * _HOUR_US), terms=mission.terms,
                        announced=None if opened.told is None else opened.told.announced, standing=standing)


def judge(prepared: Prepared, opened: Opened, door: Door, mission: Mission, *,
          owed: NDArray[np.bool_] | None = None) -> tuple[F64, F64]:
    """Power and points for each party, sector and period, from the mission's own looks, findings and beliefs."""
    scenario, cells = prepared.scenario, prepared.cells
    period_us = round(scenario.agreement.period_h * _HOUR_US)
    field = Field(tuple(np.flatnonzero(cells.sector == s) for s in range(len(cells.sectors))),
                  np.arange(len(cells.sectors)) >= cells.land_sectors, _periods(scenario),
                  period_us, scenario.verification.verdicts.ghosts)
    delay_us = round(scenario.verification.verdicts.delay_h * _HOUR_US)
    points = _found(prepared, opened, mission, FORBIDDEN)
    tables = getattr(door, "tables", None)
    if tables is None:
        return np.zeros(points.shape), points
    beliefs = believed(prepared, opened.streams)
    ghosts = ghosts_of(scenario.agreement, beliefs, field, opened.streams, terms=mission.terms, owed=owed)
    ghosts = winnable(scenario.agreement, beliefs, ghosts, worth=worth_of(scenario.agreement, ghosts, field, mission.terms))
    library = prepared.library._replace(pd=beliefs.pd, trace_pd=beliefs.trace_pd, hidden=beliefs.hidden,
                                        correlation=correlation_of(prepared))
    given_us = (np.arange(field.periods) + 1) * period_us + delay_us
    lag_us = _lags_us(mission, scenario, given_us)
    due = (given_us - lag_us)[ghosts.place // field.ghosts % field.periods]
    km = cells.km[ghosts.cell] + (uniform(mix_name(ghosts.key, "km")) - 0.5) * cells.size_km[ghosts.cell]
    searched, shown = as_released(tables, prepared.layout, prepared.library)
    sensors = sensors_of(ghosts.key, ghosts.kind, library, prepared.layout.sensing, nodes=64)
    times = sighted(ghosts, searched, sensors, library.physics, due, km)
    return power_of(scenario.agreement, beliefs, field, ghosts, times, kinds=scenario.verification.standard.kinds,
                    lag_us=lag_us, delay_us=delay_us, teams=scenario.verification.tasking.teams,
                    cued=scenario.verification.tasking.looks_per_case > 0, terms=mission.terms, shown=shown,
                    proof=None if mission.reckoning is None else mission.reckoning.proof()), points


def as_released(tables: Tables, layout: Layout, library: Library) -> tuple[tuple[LookTable, ...], float]:
    """Looks as the mission may count on them, with the share of sights that their owners release to it, and the share of
    images that may be shown to the accused."""
    terms = layout.terms
    if terms is None:
        return tables.tables, 1.0
    share = terms.share[:, MISSION]
    made = np.bincount(tables.looks.sensor[tables.looks.lost == MADE], minlength=len(share))
    image = (library.images[layout.sensing.means] * made).astype(np.float64)
    return tuple(t._replace(condition=t.condition * share[t.sensor]) for t in tables.tables), shown_share(terms, image)


def _lags_us(mission: Mission, scenario: Scenario, given_us: I64) -> I64:
    """Median time from the sight that completed the evidence to the finding, in the cases found by the time of each verdict."""
    how = scenario.verification
    minutes = how.staff.service_median_min + sum(review.service_median_min for review in how.reviews)
    assumed = how.attribution.delay_median_h * _HOUR_US + minutes * 6e7
    found_us = np.array([found.found_us for found in mission.findings], dtype=np.int64)
    lag_us = found_us - np.array([mission.book.cases[found.case].sighted_us for found in mission.findings], dtype=np.int64)
    known = [lag_us[found_us <= given] for given in given_us.tolist()]
    return np.array([round(float(np.median(lags)) if len(lags) else assumed) for lags in known], dtype=np.int64)
