"""A scenario made ready: all that needs no luck, once; then the luck of one replication as arrays.

A mediator changes a design and only what depends on it is worked out again; the world it meets stays the same.
"""
from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from sim.area.light import Light, light_of
from sim.area.line import Cells, cells_of
from sim.area.weather import Sky, sky_of
from sim.engine.veil import Veil, hindered_watch, mischief_of, shown_by, spells_drawn, veil_of, veiled
from sim.foundation.streams import F64, I64, Streams, streams_of
from sim.monitoring.alarms import alarms_of
from sim.monitoring.consent import by_the_clock
from sim.monitoring.cueing import fates
from sim.monitoring.design import Layout, Watch, layout_of, watch_of, with_pauses
from sim.monitoring.detection import TrueDoor
from sim.monitoring.families import windows_of_family
from sim.monitoring.gate import GatedDoor
from sim.monitoring.hindrance import Fire
from sim.monitoring.library import Library, library_of
from sim.monitoring.misled_door import MisledDoor
from sim.monitoring.published import Published, published_of
from sim.monitoring.satellites import passes_from
from sim.monitoring.startup import with_start_up
from sim.records import Acts, Observation
from sim.scenario.participation import as_contributed
from sim.scenario.scenario import Scenario
from sim.truth.obstruction import nothing
from sim.truth.offspring import Lineage
from sim.truth.particulars import Told, told
from sim.truth.regimes import Spells
from sim.truth.replay import Recorded, recorded_of, replayed
from sim.truth.violations import Truth, expected_candidates, truth_of

_DAY_US = 86_400_000_000


class TooManyCandidates(ValueError):
    """The scenario expects more acts than its own cap allows."""


class Prepared(NamedTuple):
    """All that needs no luck: cells, daylight, the library, sensors, patrols and passes."""

    scenario: Scenario
    cells: Cells
    light: Light
    library: Library
    layout: Layout
    months: tuple[I64, I64]
    days: int
    """Days of the clock, follow-up included."""
    horizon_us: int
    start_hour: float
    published: Published | None = None
    """Looks that parties can expect, where some adapt."""
    recorded: Recorded | None = None
    """Real events that are replayed."""


def prepare(scenario: Scenario, *, data_dirs: tuple[Path, ...] = (), cache_dir: Path | None = None) -> Prepared:
    """Work out everything that needs no luck.

    Raises
    ------
    TooManyCandidates
        Where the rates would give more acts than `conduct.max_candidates`.
    """
    scenario = as_contributed(scenario)
    scenario = scenario.model_copy(update={"monitoring": with_start_up(scenario.monitoring)})
    days = days_of(scenario)
    local = scenario.start.hour + scenario.start.minute / 60 + scenario.area.utc_offset_h
    monitoring = by_the_clock(scenario.monitoring, start_hour=local % 24, days=days)
    if monitoring is not scenario.monitoring:
        scenario = scenario.model_copy(update={"monitoring": monitoring})
    cells = cells_of(scenario.area)
    horizon_us = days * _DAY_US
    start = scenario.start.timestamp()
    passes = tuple(passes_from(family, cells, **windows_of_family(
        family, cells.lat_deg, cells.lon_deg, start_unix_s=start, days=days, phase_seed=scenario.monitoring.phase_seed,
        data_dirs=data_dirs, cache_dir=cache_dir)) for family in scenario.monitoring.satellites)
    layout = layout_of(scenario.monitoring, scenario.verification.tasking, scenario.area, cells, passes, days=days)
    light = light_of(cells, start_unix_s=start, horizon_us=horizon_us)
    adapts = bool(scenario.conduct.adaptation)
    return Prepared(scenario, cells, light, library_of(scenario.monitoring, scenario.agreement), layout,
                    months_of(scenario, days), days, horizon_us, local % 24,
                    published_of(scenario.monitoring, passes, cells, light, horizon_us=horizon_us) if adapts else None,
                    recorded_of(scenario, cells, data_dirs, days))


def days_of(scenario: Scenario) -> int:
    """Days of the clock, follow-up included; raises TooManyCandidates where their acts would pass the scenario's own cap."""
    days, conduct = int(np.ceil(scenario.days + scenario.follow_up_h / 24)), scenario.conduct
    expected = expected_candidates(conduct, days=days)
    if expected > conduct.max_candidates:
        most = max(conduct.kinds, key=lambda how: how.incidents_per_day)
        raise TooManyCandidates(f"conduct.kinds.*.incidents_per_day (most: {most.id} = {most.incidents_per_day:g}) expect "
                                f"{expected:.0f} acts in {days} days, above conduct.max_candidates = {conduct.max_candidates}")
    return days


def months_of(scenario: Scenario, days: int) -> tuple[I64, I64]:
    """Begin of each calendar month of the run in µs, and its number (0 = January)."""
    year, month = scenario.start.year, scenario.start.month
    begin, number = [-(2**62)], [month - 1]
    while begin[-1] < days * _DAY_US:
        year, month = (year + month // 12, month % 12 + 1)
        first = scenario.start.replace(year=year, month=month, day=1, hour=0, minute=0, second=0, microsecond=0)
        begin.append(round((first - scenario.start).total_seconds() * 1e6))
        number.append(month - 1)
    return np.array(begin, dtype=np.int64), np.array(number, dtype=np.int64)


class Opened(NamedTuple):
    """The luck of one replication as arrays: acts, sky, looks and false alarms."""

    streams: Streams
    acts: Acts
    sky: Sky
    watch: Watch
    alarms: list[Observation]
    spells: Spells
    cut_us: int = -1
    """Onset of the act at which `conduct.max_acts` ends the run; −1 where it was not reached."""
    lineage: Lineage | None = None
    """What decides at its onset whether each act happens, where parties adapt."""
    told: Told | None = None
    """Acts that parties announced; None where the agreement knows no notifications."""
    veil: Veil | None = None
    """What the parties do beside their acts; None where the scenario has nothing of the kind."""
    shots: tuple[tuple[int, int, int], ...] = ()
    """Drones shot at: number of the spell, from when to when."""


def open_world(prepared: Prepared, *, seed: int, replication: int) -> Opened:
    """Draw acts, sky, flights and false alarms of one replication, each by its name."""
    scenario, streams = prepared.scenario, streams_of(seed, replication)
    truth = _truth(prepared, streams)
    acts = truth.acts
    sky = sky_of(scenario.area.climate, prepared.cells, streams, start_month=prepared.months, horizon_us=prepared.horizon_us)
    hidden = veiled(scenario)
    spells = spells_drawn(scenario, prepared.cells, streams, truth.spells, days=prepared.days) if hidden else nothing()
    fire = Fire(spells, scenario.conduct.obstruction, prepared.cells) if len(spells.id) else None
    watch = watch_of(scenario.monitoring, prepared.layout, prepared.cells, sky, prepared.light, streams,
                     horizon_us=prepared.horizon_us, fire=fire)
    veil = None
    if hidden:
        watch, cost = hindered_watch(scenario, prepared.layout, prepared.cells, watch, spells, fire)
        veil = veil_of(scenario, prepared.cells, streams, acts, cost, days=prepared.days,
                       months=prepared.months, local_start_h=prepared.start_hour, horizon_us=prepared.horizon_us)
    kinds = tuple(kind.id for kind in scenario.agreement.kinds)
    watch = with_pauses(watch, scenario.monitoring.security, prepared.layout, acts, kinds, prepared.cells)
    alarms = alarms_of(scenario.monitoring, scenario.agreement, prepared.library, prepared.layout.sensing, prepared.layout.terms,
                       prepared.cells, streams, days=prepared.days,
                       first_side=int(scenario.conduct.key_a > scenario.conduct.key_b))
    return Opened(streams, acts, sky, watch, alarms, truth.spells, truth.cut_us, truth.lineage,
                  told(scenario.conduct, scenario.agreement, acts) if scenario.agreement.notifications else None,
                  veil, tuple(fire.met) if fire else ())


def _truth(prepared: Prepared, streams: Streams) -> Truth:
    """Acts as drawn, or as recorded."""
    scenario, start_h = prepared.scenario, prepared.start_hour
    if prepared.recorded is not None:
        return replayed(scenario.conduct, scenario.agreement, prepared.cells, streams, prepared.recorded, days=prepared.days,
                        local_start_h=start_h)
    return truth_of(scenario.conduct, scenario.agreement, prepared.cells, streams, days=prepared.days, local_start_h=start_h,
                    traced=scenario.response.feedback is not None)


def bin_us(scenario: Scenario) -> int:
    """Length of the bin of the clock in which a stare is one look."""
    return round(scenario.monitoring.same_look_h * 3_600_000_000)


def true_door(prepared: Prepared, opened: Opened, *, event_by_event: bool = False) -> TrueDoor:
    """Return the door between the drawn truth and the mission."""
    if opened.veil is not None:
        shown, library = shown_by(prepared.scenario, prepared.library, opened.acts, opened.veil)
        return MisledDoor(shown, library, prepared.layout.sensing, opened.watch.looks, opened.watch.flight,
                          prepared.cells, opened.sky, prepared.light, bin_us=bin_us(prepared.scenario),
                          fates=fates(opened.watch.flying), terms=prepared.layout.terms, event_by_event=event_by_event,
                          across_kmh=_across_kmh(prepared.scenario)).burdened(
                              mischief_of(prepared.scenario, prepared.layout, opened.acts, shown, opened.veil))
    kind_of_door = TrueDoor if opened.lineage is None else GatedDoor
    return kind_of_door(opened.acts, prepared.library, prepared.layout.sensing, opened.watch.looks, opened.watch.flight,
                        prepared.cells, opened.sky, prepared.light, bin_us=bin_us(prepared.scenario),
                        fates=fates(opened.watch.flying), terms=prepared.layout.terms, event_by_event=event_by_event,
                        across_kmh=_across_kmh(prepared.scenario))


def _across_kmh(scenario: Scenario) -> F64 | None:
    """Speed across the line of acts of each kind; None where all keep their place."""
    speed = {how.id: how.across_kmh for how in scenario.conduct.kinds}
    return np.array([speed.get(kind.id, 0.0) for kind in scenario.agreement.kinds]) if any(speed.values()) else None
