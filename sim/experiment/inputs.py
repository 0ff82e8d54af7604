"""Worlds that the assumptions allow: every number that nobody has measured is drawn anew within its stated range.

A mediator learns how far a result rests on what is only assumed, and in how many of the sampled worlds it stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.experiment.journal import Outcome
from sim.experiment.summary import Floats, collected, lines, pool, pooled_quantiles, times_of, usable
from sim.foundation.streams import name_key
from sim.scenario.errors import ScenarioErrors
from sim.scenario.scenario import Scenario

POINTS = 64
GRADES = ("C", "D")
SECTIONS = ("area", "agreement", "conduct", "monitoring", "verification", "response")
_PULLS = 5
Name = tuple[str, str, str]
Overrides = list[tuple[str, str]]


class Assumption(NamedTuple):
    """One source of grade C or D with its range, and the numbers of the scenario that rest on it."""

    pattern: str
    low: float
    high: float
    numbers: tuple[tuple[str, Any], ...]


class Sampled(NamedTuple):
    """What is sampled, and patterns of grade C or D that state no range and so stay as they are."""

    ranged: tuple[Assumption, ...]
    fixed: tuple[str, ...]


class World(NamedTuple):
    """One sampled world: the place of each assumption in its range (0 = low, ½ = as stated, 1 = high) and its content."""

    number: int
    places: dict[str, float]
    content: Any

    @property
    def label(self) -> str:
        """Name in the journal."""
        return f"world {self.number:06d}"


class Range(NamedTuple):
    """Middle 95 % of an estimate over the sampled worlds that have it."""

    low: float
    high: float
    points: int


def sampled(scenario: Scenario) -> Sampled:
    """All inputs of grade C and D by the pattern of their source; numbers of one source move together."""
    from sim.scenario.resolved import Sources, values

    sources = Sources(scenario.sources)
    found: dict[str, list[tuple[str, Any]]] = {}
    for value in values(scenario):
        sourced = sources.of(value.path) if value.numeric and value.path[0] in SECTIONS else None
        if sourced and sourced.source.grade in GRADES:
            found.setdefault(sourced.pattern, []).append((value.key, value.value))
    ranged, fixed = [], []
    for pattern in sorted(found):
        low, high = scenario.sources[pattern].low, scenario.sources[pattern].high
        if low is None or high is None or low >= high:
            fixed.append(pattern)
        else:
            ranged.append(Assumption(pattern, low, high, tuple(found[pattern])))
    return Sampled(tuple(ranged), tuple(fixed))


def places(pattern: str, points: int) -> Floats:
    """Places of one assumption in the first `points` worlds, each in (0, 1).

    A Latin hypercube for every power of two that grows by doubling (Qian 2009, nested designs, doi 10.1093/biomet/asp045):
    old places lie each in a stratum of its own, new ones fill the empty strata in a random order. The luck is that of
    the pattern's name, so that further worlds, or another design's further assumptions, move nothing.
    """
    rng = np.random.Generator(np.random.Philox(key=name_key("assumption", pattern)))
    found = np.array([rng.random()])
    while len(found) < points:
        strata = 2 * len(found)
        empty = np.setdiff1d(np.arange(strata), np.floor(found * strata).astype(np.int64))
        found = np.concatenate((found, (rng.permutation(empty) + rng.random(len(empty))) / strata))
    return found[:points]


def moved(value: Any, place: float, *, low: float, high: float) -> Any:
    """Number at a place of its range: half of all worlds lie below what is stated, half above, evenly on each side."""
    if isinstance(value, tuple):
        return [moved(item, place, low=low, high=high) for item in value]
    below, above = min(low, value), max(high, value)
    found = below + (value - below) * 2 * place if place < 0.5 else value + (above - value) * (2 * place - 1)
    return round(found) if isinstance(value, int) else float(found)


def worlds(scenario: Scenario, points: int, read: Callable[[Overrides], Any]) -> list[World]:
    """The first `points` worlds; what a scenario may not hold together is pulled back towards what is stated.

    `read` turns overrides into checked content; it raises ScenarioErrors for a world that contradicts itself.
    """
    ranged = sampled(scenario).ranged
    drawn = {a.pattern: places(a.pattern, points) for a in ranged}
    return [_world(i, ranged, {p: float(u[i]) for p, u in drawn.items()}, read) for i in range(points)]


def _world(number: int, ranged: Sequence[Assumption], at: dict[str, float], read: Callable[[Overrides], Any]) -> World:
    for _ in range(_PULLS):
        try:
            return World(number, at, read(overrides(ranged, at)))
        except ScenarioErrors as errors:
            blamed = [p.key for p in errors.problems]
            touched = [a.pattern for a in ranged if any(_near(key, name) for key, _ in a.numbers for name in blamed)]
            at = at | {pattern: (at[pattern] + 0.5) / 2 for pattern in touched or at}
    return World(number, dict.fromkeys(at, 0.5), read([]))


def _near(key: str, name: str) -> bool:
    """Whether a fault named here may rest on that number: the same item, or one above or below it."""
    above = name.rpartition(".")[0]
    return key.startswith(name) or (bool(above) and key.startswith(above))


def overrides(ranged: Sequence[Assumption], at: Mapping[str, float]) -> Overrides:
    """Keys and TOML values of one world."""
    from sim.scenario.canonical import inline

    return [(key, inline(moved(value, at[a.pattern], low=a.low, high=a.high))) for a in ranged for key, value in a.numbers]


# ---- over the worlds -----------------------------------------------------------------------------------


def point_estimates(outcomes: Sequence[Outcome], catalogue: Mapping[str, Any]) -> dict[Name, float]:
    """Estimates of one world without their noise, by measure, kind of group and group."""
    kept = usable(outcomes)
    found = {
        (measure, by, group): float(pairs.top.sum() / pairs.bottom.sum())
        for measure, groups in collected(kept).items()
        for (by, group), pairs in groups.items()
        if pairs.bottom.sum()
    }
    for name, entry in catalogue.items() if kept else ():
        value: float | None = None
        if entry.estimator == "quantile" and sum(map(len, times_of(entry, kept))):
            value = float(pooled_quantiles(pool(times_of(entry, kept)), np.ones((1, len(kept))), q=entry.quantile)[0])
        elif entry.estimator == "worst":
            value = next(x.estimate for x in lines(kept, {name: entry}) if x.by == "all")
        if value is not None and math.isfinite(value):
            found[name, "all", ""] = value
    return found


def ranges(estimates: Sequence[Mapping[Name, float]], *, level: float = 0.95) -> dict[Name, Range]:
    """Middle part of every estimate over the worlds (Hazen's rule for quantiles)."""
    every: dict[Name, list[float]] = {}
    for one in estimates:
        for name, value in one.items():
            every.setdefault(name, []).append(value)
    tail = (1 - level) / 2
    return {name: _range(found, tail) for name, found in every.items()}


def _range(found: Sequence[float], tail: float) -> Range:
    low, high = np.quantile(found, (tail, 1 - tail), method="hazen").tolist()
    return Range(float(low), float(high), len(found))
