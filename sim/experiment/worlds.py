"""Many worlds of one scenario side by side: what its rates lead one to expect, and what was drawn.

A mediator sees how far two worlds of the same truce differ by chance alone, before any monitor is thought of.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.area.light import Light
from sim.area.weather import clouded
from sim.engine.world import Stage, World, stage_of, world_of
from sim.foundation.streams import F64, I64
from sim.measure.statistics import Estimate, mean_interval
from sim.scenario.conduct import Conduct
from sim.scenario.excitation import first_share
from sim.scenario.scenario import Scenario
from sim.truth.regimes import Spells, in_force, levels

_DAY_US = 86_400_000_000
_HOUR_US = 3_600_000_000
SKY_STEP_H = 3


class Worlds(NamedTuple):
    """Worlds of a scenario; arrays by world, row of the agreement's kinds, side (A, B), day of the run or cell of the line."""

    stage: Stage
    first: World
    capped: tuple[str, ...]
    """Why each world that reached its cap ended early."""
    incidents: I64
    """Acts by onset, shape (worlds, kinds, 2, days)."""
    counts: I64
    """Explosions, bursts and strikes, shape (worlds, kinds, 2, days)."""
    expected: F64
    """Incidents that the rates lead one to expect under the regimes of each world, mean over worlds, shape (kinds, 2, days)."""
    expected_counts: F64
    """Their counts, shape (kinds, 2, days)."""
    by_cell: I64
    """Incidents on the line, shape (worlds, land cells, 2)."""
    clear: F64
    """Share of looks that the sky lets through, shape (worlds, sectors, days)."""
    daylight_h: F64
    """Shape (sectors, days)."""


def worlds_of(scenario: Scenario, *, seed: int, replications: int,
              tell: Callable[[int, int], None] = lambda done, every: None) -> Worlds:
    """Draw that many worlds; nothing depends on the monitoring design.

    Raises TooManyCandidates as `sim.engine.world.stage_of`.
    """
    stage = stage_of(scenario)
    first, parts, capped = None, [], []
    for number in range(replications):
        world = world_of(stage, seed=seed, replication=number)
        first = first or world
        if world.cut_us >= 0:
            capped.append(f"world {number}: conduct.max_acts = {scenario.conduct.max_acts} reached after "
                          f"{world.cut_us / _HOUR_US:.1f} h; it ends there")
        parts.append(_counted(stage, world))
        tell(number + 1, replications)
    assert first is not None
    incidents, counts, expected, by_cell, clear = (np.stack(column) for column in zip(*parts, strict=True))
    mean = expected.mean(axis=0)
    return Worlds(stage, first, tuple(capped), incidents, counts, mean, mean * _means(scenario)[:, None, None], by_cell, clear,
                  daylight_h(stage.light, len(stage.cells.sectors), _days(scenario)))


def _days(scenario: Scenario) -> int:
    return int(np.ceil(scenario.days))


def counted_us(scenario: Scenario) -> tuple[int, int]:
    """Begin and end of the counted days."""
    return round(scenario.warm_up_h * _HOUR_US), round(scenario.days * _DAY_US)


def _counted(stage: Stage, world: World) -> tuple[I64, I64, F64, I64, F64]:
    """Count one world: acts and their counts by kind, side and day, what to expect, acts by cell, and the sky."""
    scenario, acts = stage.scenario, world.acts
    kinds, days = len(scenario.agreement.kinds), _days(scenario)
    low, high = counted_us(scenario)
    mine = np.flatnonzero(acts.happens & (acts.onset_us >= low) & (acts.onset_us < high))
    cell = (acts.kind[mine] * 2 + acts.side[mine]) * days + acts.onset_us[mine] // _DAY_US
    shape = (kinds, 2, days)
    incidents = np.bincount(cell, minlength=kinds * 2 * days).reshape(shape)
    counts = np.bincount(cell, acts.counts[mine], minlength=kinds * 2 * days).astype(np.int64).reshape(shape)
    land = int((~stage.cells.sea).sum())
    on_line = mine[~stage.cells.sea[acts.cell[mine]]]
    by_cell = np.bincount(acts.cell[on_line] * 2 + acts.side[on_line], minlength=land * 2)[: land * 2].reshape(land, 2)
    return incidents, counts, expected_of(scenario, world.spells), by_cell, _clear(stage, world)


def _clear(stage: Stage, world: World) -> F64:
    """Share of the day's hours at which an optical look would not be blocked, by sector and day."""
    sectors, days = len(stage.cells.sectors), _days(stage.scenario)
    at = np.arange(0, days * 24, SKY_STEP_H, dtype=np.int64) * _HOUR_US
    blocked = clouded(world.sky, np.repeat(np.arange(sectors), len(at)), np.tile(at, sectors))
    return np.asarray(1.0 - blocked.reshape(sectors, days, -1).mean(axis=2), dtype=np.float64)


def daylight_h(light: Light, sectors: int, days: int) -> F64:
    """Hours of sun in each sector and day, from the sunrises and sunsets themselves, shape (sectors, days)."""
    marks = np.arange(days + 1, dtype=np.int64) * _DAY_US
    found = []
    for sector in range(sectors):
        mine = light.edges_us // light.span_us == sector
        edges = np.append(light.edges_us[mine] - sector * light.span_us, max(int(marks[-1]) + 1, light.span_us))
        sunny = np.concatenate(([0], np.cumsum(np.diff(edges) * light.lit_after[mine])))
        found.append(np.diff(np.interp(marks, edges, sunny)) / _HOUR_US)
    return np.array(found)


# ---- what to expect ------------------------------------------------------------------------------------


def expected_of(scenario: Scenario, spells: Spells) -> F64:
    """Expected incidents by kind (row of the agreement), side and day, given the regimes.

    Rates times the factor in force; where offspring come on top of the rates, the mean of the cluster process in the steady
    state of each regime, (I − N)⁻¹ μ with N by kind and side (Hawkes and Oakes 1974).
    """
    conduct, days = scenario.conduct, _days(scenario)
    number = {kind.id: row for row, kind in enumerate(scenario.agreement.kinds)}
    found = np.zeros((len(scenario.agreement.kinds), 2, days))
    if not conduct.kinds:
        return found
    a_day = _a_day(conduct)
    whole = _whole_days(conduct, spells, *counted_us(scenario), days)
    for row, how in enumerate(conduct.kinds):
        found[number[how.id]] = a_day[row][:, None] * whole[row]
    return found


def _a_day(conduct: Conduct) -> F64:
    """Incidents a day by kind and side at a factor of 1, offspring included, shape (kinds, 2)."""
    rate = np.array([how.incidents_per_day for how in conduct.kinds])
    share = np.array([how.side_a_share for how in conduct.kinds])
    first = (rate * first_share(conduct, rate))[:, None] * np.stack((share, 1 - share), axis=1)
    names, n = [how.id for how in conduct.kinds], len(rate)
    matrix = np.zeros((n, 2, n, 2))
    for kernel in conduct.excitation:
        for kind in kernel.kinds or names:
            to, of = names.index(kernel.to_kind or kind), names.index(kind)
            for side in (0, 1):
                matrix[to, side if kernel.side == "same" else 1 - side, of, side] += kernel.ratio
    return np.linalg.solve(np.eye(2 * n) - matrix.reshape(2 * n, 2 * n), first.ravel()).reshape(n, 2)


def _whole_days(conduct: Conduct, spells: Spells, low: int, high: int, days: int) -> F64:
    """Days at a factor of 1 that each counted day of the run is worth, by kind, shape (kinds, days)."""
    edges = np.unique(np.concatenate((np.arange(days + 1) * _DAY_US, np.clip(spells.from_us, 0, days * _DAY_US), [low, high])))
    begin, end = np.clip(edges[:-1], low, high), np.clip(edges[1:], low, high)
    worth = levels(conduct, spells)[in_force(spells, edges[:-1])] * ((end - begin) / _DAY_US)[:, None]
    day = np.minimum(edges[:-1] // _DAY_US, days - 1)
    return np.stack([np.bincount(day, column, minlength=days)[:days] for column in worth.T])


def _means(scenario: Scenario) -> F64:
    """Mean counts in one incident, by row of the agreement."""
    known = {how.id: how.counts_mean for how in scenario.conduct.kinds}
    return np.array([known.get(kind.id, 1.0) for kind in scenario.agreement.kinds])


# ---- figures of merit ----------------------------------------------------------------------------------


def gini(values: F64) -> float | None:
    """Gini coefficient of values, Σ(2i − n − 1)x₍ᵢ₎ / nΣx; None where there is nothing to share."""
    ranked, n = np.sort(np.asarray(values, dtype=np.float64)), len(values)
    total = float(ranked.sum())
    return float(((2 * np.arange(1, n + 1) - n - 1) * ranked).sum() / (n * total)) if total > 0 else None


def busiest_share(values: F64, *, share: float) -> float | None:
    """What the busiest `share` of the cells hold, a part of a cell counted as a part; None where there is nothing to share."""
    ranked = np.sort(np.asarray(values, dtype=np.float64))[::-1]
    total = float(ranked.sum())
    held = np.concatenate(([0.0], np.cumsum(ranked)))
    return float(np.interp(share * len(ranked), np.arange(len(held)), held) / total) if total > 0 else None


def mean_of(values: list[float | None]) -> Estimate:
    """Mean over worlds with its 95 % interval; worlds without a value are left out."""
    known = [v for v in values if v is not None]
    return mean_interval(known) if known else Estimate(None, None, None, 0, "nothing was drawn: 0 of 0")
