"""The tables of the world alone, and the screen of words that sums them up.

A mediator can open each table in a spreadsheet; every row says that it is simulated, and how many worlds stand behind it.
"""
from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np

from sim.experiment.tables import STATUS
from sim.experiment.worlds import SKY_STEP_H, Worlds, busiest_share, gini, mean_of
from sim.foundation.streams import F64
from sim.measure.statistics import Estimate, mean_interval
from sim.truth.regimes import in_force

_DAY_US = 86_400_000_000
SIDES = ("A", "B")


class Table(NamedTuple):
    """A table: its name, its header and its rows; the last column is the status."""

    name: str
    header: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def status_of(worlds: Worlds) -> str:
    """SIMULATED, and that worlds were cut short where they were: each table says so itself."""
    if not worlds.capped:
        return STATUS
    return f"{STATUS}, CAPPED: {len(worlds.capped)} of {len(worlds.incidents)} worlds; {worlds.capped[0]}"


def tables_of_world(worlds: Worlds) -> list[Table]:
    """All tables of `ceasefire truth`."""
    return [counts_per_day(worlds), by_kind_and_side(worlds), hot_spots(worlds), sky(worlds), regimes(worlds)]


def data_of(table: Table) -> Any:
    """Numbers of a figure as text, for whoever draws it into a page."""
    from sim.report.drawing import Data

    return Data(table.header, tuple(tuple("" if v is None else str(v) for v in row) for row in table.rows))


def counts_per_day(worlds: Worlds) -> Table:
    """Acts and their counts by day, kind and side: expected, drawn in the first world, mean and 95 % of all worlds."""
    scenario, said = worlds.stage.scenario, status_of(worlds)
    low, high = np.quantile(worlds.incidents, (0.025, 0.975), axis=0)
    mean, counts = worlds.incidents.mean(axis=0), worlds.counts.mean(axis=0)
    names = [scenario.conduct.regimes[r].id for r in _regimes_at_noon(worlds)]
    rows = []
    for day, regime in enumerate(names):
        date = (scenario.start + timedelta(days=day)).date().isoformat()
        for row, kind in enumerate(scenario.agreement.kinds):
            for side, name in enumerate(SIDES):
                at = (row, side, day)
                rows.append((day, date, kind.id, name, regime, float(worlds.expected[at]), int(worlds.incidents[0][at]),
                             float(mean[at]), float(low[at]), float(high[at]), int(worlds.counts[0][at]), float(counts[at]),
                             len(worlds.incidents), said))
    return Table("counts_per_day", ("day", "date", "kind", "side", "regime", "expected_acts", "acts_first_world", "acts_mean",
                                    "acts_low_95", "acts_high_95", "counts_first_world", "counts_mean", "worlds", "status"), rows)


def _regimes_at_noon(worlds: Worlds) -> list[int]:
    spells, days = worlds.first.spells, worlds.incidents.shape[-1]
    noon = np.arange(days, dtype=np.int64) * _DAY_US + _DAY_US // 2
    return [int(r) for r in spells.regime[in_force(spells, noon)]]


def by_kind_and_side(worlds: Worlds) -> Table:
    """Acts and counts of the counted days by kind and side: expected, first world, mean with its 95 % interval."""
    said = status_of(worlds)
    rows = []
    for row, kind in enumerate(worlds.stage.scenario.agreement.kinds):
        for side, name in enumerate(SIDES):
            acts, counts = worlds.incidents[:, row, side].sum(axis=1), worlds.counts[:, row, side].sum(axis=1)
            found, more = mean_interval(acts.astype(np.float64)), mean_interval(counts.astype(np.float64))
            rows.append((kind.id, name, float(worlds.expected[row, side].sum()), int(acts[0]), found.estimate, found.low,
                         found.high, float(worlds.expected_counts[row, side].sum()), int(counts[0]), more.estimate, more.low,
                         more.high, len(acts), said))
    return Table("by_kind_and_side", ("kind", "side", "expected_acts", "acts_first_world", "acts_mean", "acts_mean_low_95",
                                      "acts_mean_high_95", "expected_counts", "counts_first_world", "counts_mean",
                                      "counts_mean_low_95", "counts_mean_high_95", "worlds", "status"), rows)


def hot_spots(worlds: Worlds) -> Table:
    """Acts by cell of the line in the first world, with the share that its hot spots give the cell."""
    cells, said = worlds.stage.cells, status_of(worlds)
    land = np.flatnonzero(~cells.sea).tolist()
    total = float(worlds.by_cell[0].sum())
    rows = [(cell, cells.sectors[cells.sector[cell]], round(float(cells.km[cell] - cells.size_km[cell] / 2), 3),
             round(float(cells.km[cell] + cells.size_km[cell] / 2), 3), float(worlds.first.spots[at]),
             float(worlds.by_cell[0, at].sum() / total) if total else None, int(worlds.by_cell[0, at, 0]),
             int(worlds.by_cell[0, at, 1]), said) for at, cell in enumerate(land)]
    return Table("hot_spots", ("cell", "sector", "from_km", "to_km", "expected_share", "share_first_world",
                               "acts_a_first_world", "acts_b_first_world", "status"), rows)


def sky(worlds: Worlds) -> Table:
    """Clear sky and daylight by day and sector, clear shares of the first world and mean of all worlds."""
    said, mean = status_of(worlds), worlds.clear.mean(axis=0)
    start = worlds.stage.scenario.start
    rows = [(day, (start + timedelta(days=day)).date().isoformat(), name, float(worlds.clear[0, sector, day]),
             float(mean[sector, day]), round(float(worlds.daylight_h[sector, day]), 4), SKY_STEP_H, len(worlds.clear), said)
            for day in range(worlds.clear.shape[-1]) for sector, name in enumerate(worlds.stage.cells.sectors)]
    return Table("sky", ("day", "date", "sector", "clear_share_first_world", "clear_share_mean", "daylight_h", "sampled_every_h",
                         "worlds", "status"), rows)


def regimes(worlds: Worlds) -> Table:
    """Spells of the regimes in the first world."""
    spells, said = worlds.first.spells, status_of(worlds)
    names = [regime.id for regime in worlds.stage.scenario.conduct.regimes]
    begin = np.maximum(spells.from_us, 0) / 3.6e9
    end = np.append(begin[1:], float(worlds.stage.scenario.days) * 24)
    rows = [(b, e, names[r], float(f), said) for b, e, r, f in zip(begin.tolist(), end.tolist(), spells.regime.tolist(),
                                                                  spells.factor.tolist(), strict=True) if e > b]
    return Table("regimes", ("from_h", "to_h", "regime", "further_factor", "status"), rows)


# ---- words ---------------------------------------------------------------------------------------------


class Said(NamedTuple):
    """Figures of the whole world, each with its interval over worlds."""

    gini: Estimate
    top_tenth: Estimate
    clear: Estimate
    daylight_h: Estimate
    clear_day_h: Estimate
    gini_spots: float | None
    top_tenth_spots: float | None


def said_of(worlds: Worlds) -> Said:
    """Concentration of acts over the cells of the line, clear-sky share and hours of daylight."""
    totals: list[F64] = [world.sum(axis=1).astype(np.float64) for world in worlds.by_cell]
    sun = float(worlds.daylight_h.mean())
    usable = (worlds.clear * worlds.daylight_h).mean(axis=(1, 2))
    spots = worlds.first.spots
    return Said(mean_of([gini(t) for t in totals]), mean_of([busiest_share(t, share=0.1) for t in totals]),
                mean_interval(worlds.clear.mean(axis=(1, 2))), Estimate(sun, None, None, len(totals)), mean_interval(usable),
                gini(spots), busiest_share(spots, share=0.1))
