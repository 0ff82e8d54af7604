"""Which input moves a result most: Morris' effects or Sobol's shares over the ranges of the inputs, run, stopped and resumed.

A mediator learns what to find out first, how sure that order is, and how much of the scatter is luck that nobody can find out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.experiment import exploring, tables
from sim.experiment.exploring import Explored, Found
from sim.experiment.factors import Factor, Spot, spots_of
from sim.experiment.identity import identify
from sim.experiment.journal import Outcome
from sim.experiment.outputs import put_results
from sim.experiment.place import SUMS, Folder, opened, settled, verify
from sim.experiment.points import Labour, Loaded, lacking, outcomes_of, run_points
from sim.experiment.refusals import BadUsage, LimitReached
from sim.experiment.run_folder import as_json
from sim.experiment.summary import LEVEL, collected, usable
from sim.measure.influence import RANKED, Floats
from sim.measure.several import pseudo_values

FEWEST_REPLICATIONS = 3
"""With fewer, the noise of the replications cannot be told from the work of the inputs."""
REPLICATIONS = 4
TABLE, SUMMARY = "sensitivity.csv", "sensitivity.json"
_SHOWN = 12
_HEADER = (
    "measure", "unit", "input", "input_low", "input_high", "rank", "figure", "estimate", "low", "high", "level", "rows_error",
    "noise_error", "rows", "rows_left_out", "replications", "capped", "failed", "reason", "status",
)  # fmt: skip
_FIGURES = {
    "first": "share of the variance that the input takes with it alone",
    "total": "share of the variance that the input has any part in",
    "mu": "mean change over the whole range of the input",
    "mu_star": "mean size of the change over the whole range of the input",
    "sigma": "spread of the change: interplay with other inputs, or a bend",
}


class SensitivityPlan(NamedTuple):
    """What is asked for: a base scenario, the inputs to move, the method, the measure to rank by, and the most rows."""

    base: Loaded
    factors: Sequence[Factor]
    method: str
    measure: str
    most: int
    labour: Labour
    path: Path
    force: bool = False


class Sensitivity(NamedTuple):
    """A finished study as its summary says it, and where it lies."""

    path: Path
    already: bool
    summary: dict[str, Any]

    @property
    def code(self) -> int:
        """Exit code: 4 if the ranking is not stable, or if replications were given up or cut short."""
        lost = self.summary["capped"] or self.summary["failed"]
        return LimitReached.code if lost or not self.summary["stable"] else 0


def checked(plan: SensitivityPlan) -> SensitivityPlan:
    """Plan with its factors in the order of their names.

    Raises BadUsage, naming the value, for an unknown measure, one that is no ratio, and too few replications.
    """
    entry = plan.labour.machinery.catalogue().get(plan.measure)
    if entry is None:
        raise BadUsage(f"--measure {plan.measure}: there is no such measure")
    if entry.estimator != "ratio":
        raise BadUsage(f"--measure {plan.measure}: is no share, rate or mean, so single replications have no value to compare")
    if plan.labour.replications < FEWEST_REPLICATIONS:
        raise BadUsage(
            f"--replications {plan.labour.replications}: at least {FEWEST_REPLICATIONS} are needed to tell luck from the inputs"
        )
    return plan._replace(factors=sorted(plan.factors, key=lambda one: one.name))


def sensitivity(plan: SensitivityPlan) -> Sensitivity:
    """Run what is missing and write the table of all measures; the same call again goes on, or just reads.

    Raises as `run_folder.run` does.
    """
    plan = checked(plan)
    identity = identify(plan.base.scenario, seed=plan.labour.seed, digests=plan.base.digests)
    asked = _asked(plan)
    for factor in plan.factors:  # bad keys write nothing
        for place in (0.25, 0.75):
            plan.labour.read(factor.at(place))
    with opened(plan.path, identity, force=plan.force, kind="sensitivity") as folder:
        if folder.journal.about().get("asked") == asked and (plan.path / SUMS).exists():
            verify(plan.path)
            return Sensitivity(plan.path, True, json.loads((plan.path / SUMMARY).read_bytes()))
        folder.begin_change()
        folder.journal.tell({"state": "running"})
        points = _Points(plan, folder)
        names = [factor.name for factor in plan.factors]
        found = exploring.explored(points.evaluate, names, plan.method, plan.measure, most=plan.most)
        summary = _summary(plan, identity.name, found, points)
        put_results(folder, identity, {TABLE: _table(plan, found, points), SUMMARY: as_json(summary)})
        settled(folder, {"state": "complete", "asked": asked})
        return Sensitivity(plan.path, False, summary)


def _asked(plan: SensitivityPlan) -> str:
    """What a finished study is known by."""
    inputs = [(f.name, f.low, f.high) for f in plan.factors]
    return json.dumps([plan.method, plan.measure, plan.most, plan.labour.replications, inputs])


# ---- points --------------------------------------------------------------------------------------------


class _Points:
    """Values of all measures at points of the unit cube, from the journal, run where they are not there yet."""

    def __init__(self, plan: SensitivityPlan, folder: Folder) -> None:
        self.plan, self.folder, self.known = plan, folder, folder.journal.points()
        self.measures = [name for name, entry in plan.labour.machinery.catalogue().items() if entry.estimator == "ratio"]
        self.capped = self.failed = self.points = 0
        self.reasons: list[str] = []

    def evaluate(self, points: Floats) -> dict[str, Floats]:
        """Values by measure, shape (rows, columns, replications)."""
        plan, count = self.plan, self.plan.labour.replications
        spots = spots_of(plan.factors, points)
        once = list({spot.label: spot for spot in spots}.values())
        todo = lacking(once, self.folder, self.known, count)
        run_points(plan.labour, self.folder, todo, self.known, every=(self.points + len(once)) * count)
        self.points += len(once)
        values = {spot.label: self._of(spot) for spot in once}
        shape = (*points.shape[:-1], count)
        none = np.full(count, np.nan)
        return {m: np.stack([values[spot.label].get(m, none) for spot in spots]).reshape(shape) for m in self.measures}

    def _of(self, spot: Spot) -> dict[str, Floats]:
        outcomes: list[Outcome] = outcomes_of(spot, self.folder, self.known, self.plan.labour.replications)
        self.capped += sum(o.status == "capped" for o in outcomes)
        self.failed += sum(o.status == "failed" for o in outcomes)
        self.reasons += [o.reason for o in outcomes if o.status != "done"]
        kept = usable(outcomes)
        if len(kept) < self.plan.labour.replications:
            return {}  # luck is shared between points: one without all replications has no partner
        pairs = {measure: groups.get(("all", "")) for measure, groups in collected(kept).items()}
        return {m: pseudo_values(p.top, p.bottom) for m, p in pairs.items() if p is not None and p.bottom.sum()}


# ---- what is written -----------------------------------------------------------------------------------


def _rows(plan: SensitivityPlan, name: str, unit: str, found: Found) -> Iterator[tuple[Any, ...]]:
    """Rows of one measure: all inputs by their rank, or one that says why there are none."""
    ends = (found.rows, found.left_out, plan.labour.replications)
    if found.figures is None:
        yield (name, unit, "", "", "", None, "", None, None, None, LEVEL, None, None, *ends, found.reason)
        return
    spans = found.figures.interval()
    for rank, i in enumerate(exploring.ranking(found, plan.method), 1):
        factor = plan.factors[i]
        for j, figure in enumerate(found.figures.names):
            numbers = (found.figures.estimates[j, i], spans[0, j, i], spans[1, j, i])
            errors = (float(found.figures.rows_error[j, i]), float(found.figures.noise_error[j, i]))
            told = (name, unit, factor.name, factor.low, factor.high, rank, figure)
            yield (*told, *map(float, numbers), LEVEL, *errors, *ends, "")


def _table(plan: SensitivityPlan, found: Explored, points: _Points) -> bytes:
    catalogue = plan.labour.machinery.catalogue()
    lost = points.capped + points.failed
    status = tables.capped_status(f"{lost} replications over a limit or given up, left out") if lost else tables.STATUS
    rows = [
        (*row[:-1], points.capped, points.failed, row[-1], status)
        for name, one in found.found.items()
        for row in _rows(plan, name, catalogue[name].unit, one)
    ]
    return tables.csv_bytes(_HEADER, rows)


def _summary(plan: SensitivityPlan, name: str, found: Explored, points: _Points) -> dict[str, Any]:
    one = found.found[plan.measure]
    return {
        "status": tables.STATUS,
        "name": name,
        "seed": plan.labour.seed,
        "method": plan.method,
        "measure": plan.measure,
        "inputs": {f.name: [f.low, f.high] for f in plan.factors},
        "points": points.points,
        "replications": plan.labour.replications,
        "rows": one.rows,
        "rows_left_out": one.left_out,
        "capped": points.capped,
        "failed": points.failed,
        "reasons": sorted(dict.fromkeys(points.reasons))[:20],
        "stable": found.stable,
        "rank_distance": [[n, far if np.isfinite(far) else None] for n, far in found.distances],
        "variance_of_inputs": one.scatter.inputs,
        "variance_of_luck": one.scatter.luck,
        "luck_share": one.scatter.luck_share,
        "ranking": _ranking(plan, one),
        "told": told(plan, found),
    }


def _ranking(plan: SensitivityPlan, one: Found) -> list[dict[str, Any]]:
    if one.figures is None:
        return []
    values = np.stack((one.figures.estimates, *one.figures.interval()))
    names = ("estimate", "low", "high")
    return [
        {"input": plan.factors[i].name}
        | {figure: dict(zip(names, values[:, j, i].tolist(), strict=True)) for j, figure in enumerate(one.figures.names)}
        for i in exploring.ranking(one, plan.method)
    ]


def told(plan: SensitivityPlan, found: Explored) -> list[str]:
    """What the study says, in sentences."""
    one = found.found[plan.measure]
    if one.figures is None:
        return [f"{plan.measure}: no ranking of inputs ({one.reason})."]
    rows = f"{one.rows} {'trajectories' if plan.method == 'morris' else 'rows'}"
    head = (
        f"In the assumed world, over the ranges of {len(plan.factors)} inputs ({rows} of {columns_of(plan)} points, "
        f"{plan.labour.replications} replications each), {plan.measure} depends most on {_most(plan, one)}."
    )
    share, far = one.scatter.luck_share, found.distances[-1][1]
    luck = "Nothing varies."
    if share is not None:
        luck = f"Of the scatter of a single replication {share:.0%} is luck that no input explains; the figures are free of it, "
        luck += "and their intervals hold it."
    still = f"The ranking stood still at the last two sizes (distance {far:.2f}, below 1)."
    if not found.stable:
        still = f"The ranking is not stable yet (distance {far:.2f}; below 1 twice in succession is asked for): more --rows "
        still += "or --replications may settle it, unless inputs matter alike."
    return [head, luck, still]


def columns_of(plan: SensitivityPlan) -> int:
    """Points in a row."""
    return exploring.points_of(plan.method, len(plan.factors), 1)


def _most(plan: SensitivityPlan, one: Found) -> str:
    """The first three inputs with their figures."""
    assert one.figures is not None
    figure = RANKED[plan.method]
    j = one.figures.names.index(figure)
    spans, parts = one.figures.interval(), []
    for i in exploring.ranking(one, plan.method)[:3]:
        value, low, high = one.figures.estimates[j, i], spans[0, j, i], spans[1, j, i]
        if plan.method == "sobol":
            parts.append(f"{plan.factors[i].name} (part in {value:.0%} of what the inputs move, {low:.0%} to {high:.0%})")
        else:
            parts.append(f"{plan.factors[i].name} (moves it by {value:.3g} on average, {low:.3g} to {high:.3g})")
    return ", then ".join(parts)


def screen_rows(summary: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Ranking for a screen: rank, input, and each figure with its interval."""
    figures = [name for name in (summary["ranking"][0] if summary["ranking"] else {}) if name != "input"]
    rows: list[tuple[str, ...]] = [("", "input", *(f"{name} (95 % interval)" for name in figures))]
    for rank, one in enumerate(summary["ranking"][:_SHOWN], 1):
        cells = (f"{one[f]['estimate']:.3g} ({one[f]['low']:.3g} to {one[f]['high']:.3g})" for f in figures)
        rows.append((str(rank), one["input"], *cells))
    return rows


def meaning_of(method: str) -> list[str]:
    """What the figures of a method mean, one line each."""
    names = ("first", "total") if method == "sobol" else ("mu", "mu_star", "sigma")
    return [f"{name}: {_FIGURES[name]}" for name in names]
