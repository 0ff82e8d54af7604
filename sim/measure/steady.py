"""Steady-state studies: one long run cut into stretches that stand for replications, and the start that does not count.

A mediator who asks how a mission works once it runs gets noise intervals from one long history, or is told that its
stretches are too short to say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.ledger import Columns, History
from sim.measure.stages import STAGES
from sim.scenario.scenario import Scenario

Floats = NDArray[np.float64]
Rows = list[tuple[str, str, str, float, float]]
_WHOLE_RUN_ONLY = frozenset(f"{stage}_h" for stage in STAGES)
_CLOCK = {
    "violations": ("onset_h", "end_h", "trace_end_h", "detected_h", "verified_h", "attributed_h", "answered_h"),
    "findings": ("onset_h", "found_h"),
    "orders": ("triggered_h", "decided_h", "due_h"),
    "verdicts": ("from_h", "to_h", "given_h"),
}


class Batches(NamedTuple):
    """What the batches say of themselves: correlation of neighbours, and how many at the start look like warm-up."""

    number: int
    correlation: float
    correlated: bool
    warm_up: int

    @property
    def told(self) -> str:
        """One remark for the table."""
        parts = [f"{self.number} batch means of one long run, correlation of neighbours {self.correlation:.2f}"]
        parts += ["the batches are too short: their interval is too narrow"] if self.correlated else []
        parts += [f"the first {self.warm_up} look like warm-up: raise warm_up_h"] if self.warm_up else []
        return "; ".join(parts)


def batch_rows(measure: Callable[[History, Scenario], Any], history: History, scenario: Scenario) -> Rows:
    """Every measure in each of `study.batches` stretches of the counted days, grouped as `batch`.

    What is known for the whole run only (hours flown, gaps of coverage, stages of the response) has no such rows.
    """
    number = scenario.study.batches
    edges = np.linspace(scenario.warm_up_h, scenario.days * 24, number + 1).tolist()
    rows: Rows = []
    for i in range(number):
        part, days = stretch(history, from_h=edges[i], to_h=edges[i + 1]), (edges[i + 1] - edges[i]) / 24
        found = measure(part, scenario.model_copy(update={"days": days, "warm_up_h": 0.0}))
        whole = (row for row in found.rows if row[1] == "all" and row[0] not in _WHOLE_RUN_ONLY)
        rows += [(row[0], "batch", f"{i:04d}", *row[3:]) for row in whole if math.isfinite(row[3]) and math.isfinite(row[4])]
    return rows


def stretch(history: History, *, from_h: float, to_h: float) -> History:
    """The history as seen from a clock that starts at `from_h`, with only acts and verdicts before `to_h` counted."""
    tables = dict(history.tables)
    for name, columns in _CLOCK.items():
        tables[name] = {c: v - from_h if c in columns else v for c, v in tables[name].items()}
    acts, verdicts = tables["violations"], tables["verdicts"]
    onset = acts["onset_h"]
    acts["counted"] = np.where((onset >= 0) & (onset < to_h - from_h), acts["counted"], 0)
    inside = (verdicts["from_h"] >= 0) & (verdicts["from_h"] < to_h - from_h)
    tables["verdicts"] = _rows(verdicts, inside)
    return history._replace(tables=tables, facts=dict.fromkeys(history.facts, math.nan))


def _rows(table: Columns, keep: NDArray[np.bool_]) -> Columns:
    return {name: values[keep] for name, values in table.items()}


def neighbour_correlation(series: Sequence[float] | Floats) -> float:
    """Correlation of neighbouring values; 0 where nothing varies."""
    x = np.asarray(series, dtype=np.float64)
    x = x - x.mean()
    whole = float((x * x).sum())
    return float((x[1:] * x[:-1]).sum()) / whole if whole > 0 else 0.0


def mser(series: Sequence[float] | Floats) -> int:
    """Values at the start to leave out: least marginal standard error of the rest (White 1997, MSER), at most half."""
    x = np.asarray(series, dtype=np.float64)
    errors = [float(((x[d:] - x[d:].mean()) ** 2).sum()) / (len(x) - d) ** 2 for d in range(len(x) // 2 + 1)]
    return int(np.argmin(errors)) if errors else 0


def judged(tops: Floats, bottoms: Floats) -> Batches:
    """What the series of batch means says of its length (von Neumann's ratio, one-sided 5 %) and of its start.

    The start is called warm-up only where the batches beyond it differ from it by more than three standard errors.
    """
    kept = bottoms > 0
    means = tops[kept] / bottoms[kept]
    n = len(means)
    if n < 3:
        return Batches(n, 0.0, False, 0)
    correlation, drop = neighbour_correlation(means), mser(means)
    rest = means[drop:]
    error = float(rest.std(ddof=1)) * math.sqrt(1 / len(rest) + 1 / drop) if drop and len(rest) > 1 else math.inf
    apart = drop and abs(float(means[:drop].mean() - rest.mean())) > 3 * error
    return Batches(n, correlation, correlation > 1.645 / math.sqrt(n), drop if apart else 0)
