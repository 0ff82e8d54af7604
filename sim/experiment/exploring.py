"""Places at which a result is looked at to see which input moves it, more and more of them until the ranking stands still.

A mediator gets the ranking of the assumptions at the least cost at which it can be relied on, or is told that it cannot yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.experiment.sampling import unit_points
from sim.foundation.streams import name_key
from sim.measure.influence import RANKED, Figures, Floats, Ints, Scatter, effects_of, morris, rank_distance, scatter, sobol

METHODS = ("morris", "sobol")
FEWEST = {"morris": 8, "sobol": 32}
MOST = {"morris": 64, "sobol": 512}
STABLE = 1.0
_TWICE = 2
Evaluate = Callable[[Floats], Mapping[str, Floats]]
"""Points (rows, columns, inputs) in the unit cube → values (rows, columns, replications) by measure; NaN where there is none."""


class Rows(NamedTuple):
    """Rows of points in the unit cube, shape (rows, columns, inputs); `order` and `step` tell the moves of trajectories."""

    points: Floats
    order: Ints
    step: Floats


class Found(NamedTuple):
    """What is known of one measure."""

    figures: Figures | None
    scatter: Scatter
    rows: int
    left_out: int
    """Rows with a point without a value."""
    reason: str = ""


class Explored(NamedTuple):
    """All measures, and how the ranking by the one that was asked for settled: its distance by number of rows."""

    method: str
    names: tuple[str, ...]
    found: dict[str, Found]
    distances: tuple[tuple[int, float], ...]

    @property
    def stable(self) -> bool:
        """Whether the ranking stood still at the last two sizes."""
        return settled(self.distances)


def settled(distances: Sequence[tuple[int, float]]) -> bool:
    """Whether a ranking stood still twice in succession."""
    return len(distances) >= _TWICE and all(far < STABLE for _, far in distances[-_TWICE:])


def rows_of(method: str, names: Sequence[str], rows: int) -> Rows:
    """The first `rows` rows; more rows keep those before them, and the luck is that of the names of the inputs.

    `sobol`: rows A, B, AB_1 … AB_k of Saltelli et al. 2010. `morris`: trajectories in which each input moves once, by half its
    range up or down from anywhere (Morris 1991 with endlessly many levels), in an order of their own.
    """
    k = len(names)
    parts = ("",) * 2 if method == "sobol" else ("",) * 3
    keys = [f"{method} {name} {i}" for i in range(len(parts)) for name in names]
    u = unit_points("sobol", keys, rows)
    if method == "sobol":
        points = np.repeat(u[:, None, :k], k + 2, axis=1)
        points[:, 1] = u[:, k:]
        each = np.arange(k)
        points[:, 2 + each, each] = u[:, k + each]
        return Rows(points, np.zeros((rows, 0), dtype=np.int64), np.zeros((rows, 0)))
    step = np.where(u[:, k : 2 * k] < 0.5, 0.5, -0.5)
    order = np.argsort(u[:, 2 * k :], axis=1, kind="stable").astype(np.int64)
    begin = u[:, :k] / 2 + np.where(step < 0, 0.5, 0.0)
    rank = np.argsort(order, axis=1, kind="stable")
    moved = np.arange(k + 1)[None, :, None] > rank[:, None, :]
    return Rows(begin[:, None] + moved * step[:, None], order, step)


def points_of(method: str, inputs: int, rows: int) -> int:
    """Number of points in so many rows."""
    return rows * (inputs + (2 if method == "sobol" else 1))


def explored(evaluate: Evaluate, names: Sequence[str], method: str, measure: str, *, most: int) -> Explored:
    """Look at more and more rows until the ranking by `measure` stood still twice in succession, or there are `most`.

    Raises KeyError if the evaluation does not give the measure.
    """
    n = 0
    values: dict[str, Floats] = {}
    distances: list[tuple[int, float]] = []
    size = min(FEWEST[method], most)
    while True:
        rows = rows_of(method, names, size)
        new = evaluate(rows.points[n:])
        values = {key: np.concatenate([values[key], y]) if n else y for key, y in new.items()}
        n = size
        found = _found(method, measure, values[measure], rows)
        distances.append((n, np.inf if found.figures is None else rank_distance(found.figures.drawn(RANKED[method]))))
        if settled(distances) or n >= most:
            break
        size = min(2 * n, most)
    every = {key: found if key == measure else _found(method, key, y, rows) for key, y in values.items()}
    return Explored(method, tuple(names), every, tuple(distances))


def _found(method: str, measure: str, y: Floats, rows: Rows) -> Found:
    whole = np.isfinite(y).all(axis=(1, 2))
    n, kept = int(whole.sum()), y[whole]
    if n < 2:
        return Found(None, Scatter(0.0, 0.0), n, len(y) - n, "too few rows have a value at every point")
    rng = np.random.Generator(np.random.Philox(key=name_key("influence", method, measure)))
    spread = scatter(kept[:, : 2 if method == "sobol" else 1])
    if np.ptp(kept) == 0:
        return Found(None, spread, n, len(y) - n, "it is the same at every point")
    if method == "morris":
        return Found(morris(effects_of(kept, rows.order[whole], rows.step[whole]), rng=rng), spread, n, len(y) - n)
    figures = sobol(kept, rng=rng)
    if not np.isfinite(figures.draws).all():
        return Found(None, spread, n, len(y) - n, "the inputs move it too little to be told from luck with so few rows")
    return Found(figures, spread, n, len(y) - n)


def ranking(found: Found, method: str) -> list[int]:
    """Inputs by their place in the order, the one that moves the result most first."""
    assert found.figures is not None
    size: Any = found.figures.of(RANKED[method])
    return [int(i) for i in np.argsort(-size, kind="stable")]
