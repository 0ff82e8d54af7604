"""Remarks on a scenario that is legal and may still mislead: a blind mission, a number without a source, a
rough run time.

A mediator reads here, before any run, what the design cannot see and which numbers nobody vouches for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import inf, pi

from sim.scenario.excitation import NEAR_CRITICAL, branching, spectral_radius
from sim.scenario.explain import unsourced
from sim.scenario.keys import unknown_pattern
from sim.scenario.monitoring import Drones, Means, Monitoring
from sim.scenario.participation import outside_totals
from sim.scenario.reader import Loaded
from sim.scenario.resolved import Sources, values
from sim.scenario.scenario import Scenario, Source

_SHARE_SEEN = 0.5
_FIXED_S = 1.6
_PREPARED_LOOK_S = 1.6e-6
_PER_ACT_S = 1.3e-4
_PER_LOOK_S = 1.4e-7


def remarks(loaded: Loaded) -> list[str]:
    """Warnings of meaning, one a line; an empty list means that there is nothing to remark."""
    found = [line for rule in RULES for line in rule(loaded.scenario)]
    return [*loaded.warnings, *found, *_sources(loaded), *_no_source(loaded)]


def _no_source(loaded: Loaded) -> Iterator[str]:
    keys = unsourced(loaded)
    if keys:
        more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
        yield f"sources: {len(keys)} numbers have no source: {', '.join(keys[:3])}{more}"


def strict_faults(loaded: Loaded) -> list[str]:
    """What `--strict` makes an error: each number set in a file that has no source."""
    return [f"{key}: no source" for key in unsourced(loaded)]


def _sources(loaded: Loaded) -> Iterator[str]:
    """Sources for keys that no scenario could hold, and numbers outside their own plausible range."""
    for pattern in loaded.scenario.sources:
        hint = unknown_pattern(pattern)
        if hint is not None:
            yield f"sources: {pattern} can name no key" + (f" ({hint})" if hint else "")
    sources = Sources(loaded.scenario.sources)
    for value in values(loaded.scenario):
        if not value.numeric:
            continue
        sourced = sources.of(value.path)
        if sourced and sourced.length == len(value.path) and _outside(value.value, sourced.source):
            span = f"{sourced.source.low} to {sourced.source.high}"
            yield f"{value.key} = {value.value:g} lies outside the range of its source, {span}"


def _outside(value: object, source: Source) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    low = -inf if source.low is None else source.low
    high = inf if source.high is None else source.high
    return not low <= value <= high


def _used(monitoring: Monitoring) -> list[Means]:
    """Means that some part of the design carries."""
    carried = [m for d in monitoring.drones for m in (d.means_by_day, d.means_by_night)]
    carried += [family.means for family in monitoring.satellites] + [row.means for row in monitoring.posts]
    carried += [row.means for row in monitoring.timetables] + [row.means for row in monitoring.observers]
    return [means for means in monitoring.means if means.id in carried]


def _empty(scenario: Scenario) -> Iterator[str]:
    m = scenario.monitoring
    if not (m.satellites or m.drones or m.posts or m.observers or m.timetables):
        yield "monitoring: no sensors: at least one is needed to see anything; only the truth is simulated"


def _blind_in_cloud(scenario: Scenario) -> Iterator[str]:
    used = _used(scenario.monitoring)
    if used and all(means.stopped_by_cloud for means in used):
        worst = max(scenario.area.climate.cloud_share)
        yield f"monitoring: no sensor works in cloud, which covers up to {worst:.0%} of the sky in a month"


def _blind_at_night(scenario: Scenario) -> Iterator[str]:
    used = _used(scenario.monitoring)
    if used and all(means.needs_light for means in used):
        yield "monitoring: no sensor works at night"
    by_id = {means.id: means for means in scenario.monitoring.means}
    for unit in scenario.monitoring.drones:
        if by_id[unit.means_by_night].needs_light:
            yield f"monitoring.drones.{unit.id}.means_by_night = {unit.means_by_night} works by daylight only"
        if by_id[unit.means_by_day].needs_dark:
            yield f"monitoring.drones.{unit.id}.means_by_day = {unit.means_by_day} works at night only"


def _never_seen(scenario: Scenario) -> Iterator[str]:
    used = _used(scenario.monitoring)
    if not used:
        return
    for kind in scenario.conduct.kinds:
        if kind.incidents_per_day and not any(m.pd.get(kind.id, 0) or m.trace_pd.get(kind.id, 0) for m in used):
            yield f"conduct.kinds.{kind.id}: no means in use notices this kind"


def _idle(scenario: Scenario) -> Iterator[str]:
    used = _used(scenario.monitoring)
    teams = any(unit.role == "team" for unit in scenario.response.units)
    rest = [means for means in scenario.monitoring.means if means not in used]
    idle = [means.id for means in rest if not (teams and means.physics == "human")]
    if idle:
        more = f" and {len(idle) - 3} more" if len(idle) > 3 else ""
        yield f"monitoring.means: carried by nothing in this design: {', '.join(idle[:3])}{more}"
    for means in used:
        if not any(means.pd.values()) and not any(means.trace_pd.values()):
            yield f"monitoring.means.{means.id}: notices no kind at all"
    for family in scenario.monitoring.satellites:
        if family.mode == "tasked" and not family.scenes_per_day:
            yield f"monitoring.satellites.{family.id}.scenes_per_day = 0: without scenes it never looks"


def _reach_as_coverage(scenario: Scenario) -> Iterator[str]:
    """A sensor that could look anywhere within reach needs long to search it all: reach is not coverage."""
    for unit in scenario.monitoring.drones:
        kinds = [(share, *rest) for share, *rest in _searches(scenario, unit) if share < _SHARE_SEEN]
        if kinds:
            share, sweep_h, kind, hours = min(kinds)
            yield (
                f"monitoring.drones.{unit.id}.reach_km = {unit.reach_km:g}: reach is not coverage: "
                f"searching it takes {sweep_h:.1f} h, {kind} lasts {hours:g} h (median): "
                f"about {share:.0%} are met by one airframe"
            )


def _searches(scenario: Scenario, unit: Drones) -> Iterator[tuple[float, float, str, float]]:
    """Share of acts met by searching all within reach, hours for it, kind and its median hours."""
    by_id = {means.id: means for means in scenario.monitoring.means}
    optics = [m for m in (by_id[unit.means_by_day], by_id[unit.means_by_night]) if m.physics != "radar"]
    for kind in scenario.conduct.kinds:
        target = scenario.monitoring.targets.get(kind.id)
        if target and any(means.pd.get(kind.id) for means in optics):
            sweep_h = pi * unit.reach_km**2 / getattr(unit.search_km2_per_h, target)
            hours = kind.duration_median_h
            yield min(1.0, hours / sweep_h), sweep_h, kind.id, hours


def _consent(scenario: Scenario) -> Iterator[str]:
    m = scenario.monitoring
    allowed = {name for row in m.consent for name in row.means}
    for name, rows in (("drones", m.drones), ("posts", m.posts), ("observers", m.observers)):
        if rows and name not in allowed:
            yield f"monitoring.consent: no party allows {name}"


def _conduct(scenario: Scenario) -> Iterator[str]:
    committed = [kind.id for kind in scenario.conduct.kinds]
    for kind in scenario.agreement.kinds:
        if kind.id not in committed:
            yield f"agreement.kinds.{kind.id}: nobody commits it: conduct.kinds has no such item"


def _near_critical(scenario: Scenario) -> Iterator[str]:
    """Chains of replies that hardly die out make runs differ wildly from one another."""
    if not scenario.conduct.excitation:
        return
    radius = spectral_radius(branching([kind.id for kind in scenario.conduct.kinds], scenario.conduct.excitation))
    if radius > NEAR_CRITICAL:
        yield (
            f"conduct.excitation: the spectral radius of the branching matrix is {radius:.4g}, close to 1: "
            f"one act brings about {1 / (1 - radius) - 1:.3g} others in the mean, and replications differ wildly"
        )


RULES: Sequence[Callable[[Scenario], Iterator[str]]] = (
    _empty,
    _blind_in_cloud,
    _blind_at_night,
    _never_seen,
    _idle,
    _reach_as_coverage,
    _consent,
    _conduct,
    _near_critical,
    outside_totals,
)


def run_time_s(loaded: Loaded) -> float:
    """Rough time of all replications on one core: fixed costs, acts and looks; right within a factor of
    about three.
    """
    scenario = loaded.scenario
    regime = next(r for r in scenario.conduct.regimes if r.id == scenario.conduct.regime)
    days = scenario.days + (scenario.warm_up_h + scenario.follow_up_h) / 24
    rates = (k.incidents_per_day * regime.kind_factors.get(k.id, 1.0) for k in scenario.conduct.kinds)
    acts = days * regime.factor * sum(rates)
    looks = _looks(scenario, days)
    each = 0.02 + acts * _PER_ACT_S + looks * _PER_LOOK_S
    return _FIXED_S + looks * _PREPARED_LOOK_S + scenario.study.replications * each


def _looks(scenario: Scenario, days: float) -> float:
    m = scenario.monitoring
    cells = (max(s.to_km for s in scenario.area.sectors)) / scenario.area.cell_km
    passes = sum(family.members * 2.0 for family in m.satellites) + sum(24 / t.gap_h * t.members for t in m.timetables)
    stares = sum(p.sites for p in m.posts) * 24.0 + sum(o.monitors * o.patrols_per_monitor_day * 8 for o in m.observers)
    return days * (passes * cells + stares + sum(24.0 * d.orbits for d in m.drones) * 10)
