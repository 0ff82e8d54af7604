"""What the money buys: mixtures of levers within a budget, those that no other beats, and the cheapest that does for each kind.

A mediator sees which design gives most for its price, which kinds of violation none can confirm in time, and how sure that is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.experiment import tables
from sim.experiment.design import plain
from sim.experiment.grid import Axis, Point
from sim.experiment.identity import identify
from sim.experiment.journal import FILE, Outcome
from sim.experiment.outputs import put_results
from sim.experiment.place import SUMS, Folder, opened, settled, verify
from sim.experiment.points import Labour, Loaded, lacking, outcomes_of, run_points
from sim.experiment.refusals import BadInput, BadUsage, LimitReached
from sim.experiment.run_folder import as_json
from sim.experiment.summary import LEVEL, Difference, Line, collected, differences, lines, usable
from sim.measure.statistics import ratio_interval

COST = "cost_eur_year"
GRADES = {"low": 0.2, "medium": 0.5, "high": 0.9}
"""Share of the acts of a kind that is confirmed in time, as assurance is graded."""
FEWEST_ACTS = 10
TABLE, KINDS, SUMMARY, FAILURES = "frontier.csv", "kinds.csv", "frontier.json", "failures.csv"
_BY = "kind-side-month"
_IN_TIME = "confirmed_in_time"
_LESS = ("time_to_", "wrong_", "false_", "undetermined", "missed_", "unattributed", "brier", "backlog", "response_time", COST,
         "exposure", "revisit", "wait_for", "time_average", "age_of")  # fmt: skip


class FrontierPlan(NamedTuple):
    """What is asked for: a base scenario, the levers and their mixtures, the budget, and what is bought."""

    base: Loaded
    axes: Sequence[Axis]
    points: Sequence[Point]
    measures: Sequence[str]
    budget_eur: float | None
    labour: Labour
    path: Path
    force: bool = False


class Mixture(NamedTuple):
    """One point: its values, cost, measures, worst cases by kind, and how it stands against the others."""

    number: int
    point: Point
    cost: Line
    measures: dict[str, Line]
    kinds: dict[str, Worst]
    capped: int
    failed: int
    place: str = ""
    beaten_by: int | None = None


class Worst(NamedTuple):
    """Share of a kind confirmed in time in its worst side and month, with the lowest end of all of them."""

    group: str
    share: float
    low: float
    high: float
    acts: int


class Frontier(NamedTuple):
    """A finished study as its summary says it, and where it lies."""

    path: Path
    already: bool
    summary: dict[str, Any]

    @property
    def code(self) -> int:
        """Exit code: 4 if replications were given up or cut short."""
        return LimitReached.code if self.summary["capped"] or self.summary["failed"] else 0


def confirmed_by_month(history: Any, scenario: Any) -> list[tuple[str, str, str, float, float]]:
    """Acts of each kind, side and calendar month of onset, and those that were confirmed within the goal of the kind."""
    table = history.tables["violations"]
    counted = np.asarray(table["counted"]).astype(bool)
    goal = {kind.id: kind.goal_h for kind in scenario.agreement.kinds}
    onset = np.asarray(table["onset_h"])[counted]
    goals = np.array([goal[kind] for kind in np.asarray(table["kind"])[counted].tolist()], dtype=np.float64)
    hit = np.nan_to_num(np.asarray(table["verified_h"])[counted] - onset, nan=np.inf) <= goals
    start = np.datetime64(scenario.start.replace(tzinfo=None), "s")
    months = (start + (onset * 3600).astype("timedelta64[s]")).astype("datetime64[M]").astype(str)
    parts = zip(table["kind"][counted].tolist(), table["side"][counted].tolist(), months.tolist(), strict=True)
    names, member = np.unique(np.array(["/".join(part) for part in parts], dtype="U140"), return_inverse=True)
    hits, every = np.bincount(member, weights=hit, minlength=len(names)), np.bincount(member, minlength=len(names))
    return [(_IN_TIME, _BY, str(n), float(a), float(b)) for n, a, b in zip(names, hits, every, strict=True)]


def frontier(plan: FrontierPlan) -> Frontier:
    """Run what is missing and write the tables; the same call again goes on, or just reads.

    Raises BadUsage for an unknown measure, BadInput for a design without prices, and as `run_folder.run` does.
    """
    _checked(plan)
    identity = identify(plan.base.scenario, seed=plan.labour.seed, digests=plan.base.digests)
    count, asked = plan.labour.replications, _asked(plan)
    if not (plan.path / FILE).exists():
        plan.labour.read(plan.points[0].values)  # bad keys write nothing
    with opened(plan.path, identity, force=plan.force, kind="frontier") as folder:
        if folder.journal.about().get("asked") == asked and (plan.path / SUMS).exists():
            verify(plan.path)
            return Frontier(plan.path, True, json.loads((plan.path / SUMMARY).read_bytes()))
        folder.begin_change()
        folder.journal.tell({"state": "running"})
        known = folder.journal.points()
        labour = plan.labour._replace(extra=confirmed_by_month)
        run_points(labour, folder, lacking(plan.points, folder, known, count), known, every=count * len(plan.points))
        outcomes = [outcomes_of(point, folder, known, count) for point in plan.points]
        mixtures = placed([_mixture(plan, n, outcomes[n]) for n in range(len(plan.points))], outcomes, plan)
        summary = _summary(plan, identity.name, mixtures)
        put_results(folder, identity, {**_tables(plan, mixtures, outcomes), SUMMARY: as_json(summary)})
        _close(folder, asked)
        return Frontier(plan.path, False, summary)


def _close(folder: Folder, asked: str) -> None:
    settled(folder, {"state": "complete", "asked": asked})


def _checked(plan: FrontierPlan) -> None:
    catalogue = plan.labour.machinery.catalogue()
    for name in plan.measures:
        if name not in catalogue:
            raise BadUsage(f"--measure {name}: there is no such measure")
        if name == COST:
            raise BadUsage(f"--measure {name}: is the price itself")
    if plan.base.scenario.study.costs is None:
        raise BadInput("study.costs: the scenario states no prices, so that no mixture has a cost")


def _asked(plan: FrontierPlan) -> str:
    labels = "\n".join(point.label for point in plan.points)
    return json.dumps([labels, list(plan.measures), plan.budget_eur, plan.labour.replications])


# ---- one mixture ---------------------------------------------------------------------------------------


def _mixture(plan: FrontierPlan, number: int, outcomes: Sequence[Outcome]) -> Mixture:
    catalogue = plan.labour.machinery.catalogue()
    wanted = {name: catalogue[name] for name in (COST, *plan.measures)}
    found = {line.measure: line for line in lines(outcomes, wanted) if line.by == "all"}
    counts = (sum(o.status == "capped" for o in outcomes), sum(o.status == "failed" for o in outcomes))
    measures = {name: found[name] for name in plan.measures}
    return Mixture(number, plan.points[number], found[COST], measures, worst_of(outcomes), *counts)


def worst_of(outcomes: Sequence[Outcome]) -> dict[str, Worst]:
    """Worst side and month of each kind, among those with ten acts or more; a kind with none of them is left out."""
    found: dict[str, Worst] = {}
    for (_, group), pairs in collected(usable(outcomes)).get(_IN_TIME, {}).items():
        acts = int(pairs.bottom.sum())
        one = ratio_interval(pairs.top, pairs.bottom, level=LEVEL)
        if acts < FEWEST_ACTS or one.estimate is None or one.low is None or one.high is None:
            continue
        kind, _, where = group.partition("/")
        other = found.get(kind)
        here = Worst(where, one.estimate, one.low, one.high, acts)
        if other is None or here.share < other.share:
            found[kind] = here._replace(low=min(here.low, other.low) if other else here.low)
        else:
            found[kind] = other._replace(low=min(here.low, other.low))
    return found


# ---- which beats which ---------------------------------------------------------------------------------


def less_is_better(measure: str) -> bool:
    """Whether a smaller value is the better one."""
    return measure.startswith(_LESS) or measure.endswith("_h")


def placed(mixtures: Sequence[Mixture], outcomes: Sequence[Sequence[Outcome]], plan: FrontierPlan) -> list[Mixture]:
    """Mixtures with their places.

    `frontier`: no mixture within the budget is at most as costly and at least as good in every measure, and better in one, by the
    estimates. `beaten`: one of them is so clearly (paired differences whose intervals leave 0 out). `not told apart`: beaten by
    the estimates only. `over budget`, `no cost`: as it says.
    """
    catalogue = plan.labour.machinery.catalogue()
    wanted = {name: catalogue[name] for name in (COST, *plan.measures)}
    values = {m.number: _values(m) for m in mixtures if _bar(m, plan) == ""}
    found = []
    for m in mixtures:
        bar = _bar(m, plan)
        better = [] if bar else [n for n, other in values.items() if _dominates(other, values[m.number])]
        sure = next((n for n in better if _clearly(differences(outcomes[m.number], outcomes[n], wanted))), None)
        place = bar or ("frontier" if not better else "not told apart" if sure is None else "beaten")
        found.append(m._replace(place=place, beaten_by=sure if sure is not None else (better[0] if better else None)))
    return found


def _bar(m: Mixture, plan: FrontierPlan) -> str:
    if m.cost.estimate is None or any(line.estimate is None for line in m.measures.values()):
        return "no number"
    return "over budget" if plan.budget_eur is not None and m.cost.estimate > plan.budget_eur else ""


def _values(m: Mixture) -> list[float]:
    """Numbers of which less is better, cost first."""
    signed = [(1 if less_is_better(name) else -1, line.estimate) for name, line in m.measures.items()]
    return [float(m.cost.estimate or 0.0), *(sign * float(value or 0.0) for sign, value in signed)]


def _dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


def _clearly(rows: Sequence[Difference]) -> bool:
    """Whether the second of two mixtures is clearly better in one respect and clearly worse in none (B less A)."""
    signs = [(row.difference or 0.0) * (1 if less_is_better(row.measure) else -1) for row in rows if row.clear]
    return bool(signs) and all(sign < 0 for sign in signs)


# ---- what is written -----------------------------------------------------------------------------------


def _status(mixtures: Sequence[Mixture]) -> str:
    lost = sum(m.capped + m.failed for m in mixtures)
    return tables.capped_status(f"{lost} replications over a limit or given up, left out") if lost else tables.STATUS


def _tables(plan: FrontierPlan, mixtures: Sequence[Mixture], outcomes: Sequence[Sequence[Outcome]]) -> dict[str, bytes]:
    keys, status = [axis.key for axis in plan.axes], _status(mixtures)
    names = (COST, *plan.measures)
    header = ("point", *keys, *(f"{n}{end}" for n in names for end in ("", "_low", "_high")), "level", "place", "beaten_by",
              "replications", "capped", "failed", "status")  # fmt: skip
    rows = [
        (m.number, *_plain(m.point, keys), *_numbers(m), LEVEL, m.place, m.beaten_by, m.cost.replications, m.capped, m.failed,
         status)
        for m in mixtures
    ]  # fmt: skip
    failures = [(n, o) for n, every in enumerate(outcomes) for o in every if o.status != "done"]
    lost = [(n, o.replication, o.status, o.reason, tables.STATUS) for n, o in failures]
    return {
        TABLE: tables.csv_bytes(header, rows),
        KINDS: tables.csv_bytes(_KIND_HEADER, [(*row, status) for row in kind_rows(plan, mixtures)]),
        FAILURES: tables.csv_bytes(("point", "replication", "outcome", "reason", "status"), lost),
    }


def _plain(point: Point, keys: Sequence[str]) -> list[Any]:
    return [plain(dict(point.values)[key]) for key in keys]


def _numbers(m: Mixture) -> Iterator[float | None]:
    for line in (m.cost, *m.measures.values()):
        yield from (line.estimate, line.noise_low, line.noise_high)


_KIND_HEADER = (
    "kind", "grade", "grade_share", "reached", "point", "cost_eur_year", "worst_side_month", "share", "low", "high", "acts",
    "reason", "capped", "failed", "status",
)  # fmt: skip


def kind_rows(plan: FrontierPlan, mixtures: Sequence[Mixture]) -> Iterator[tuple[Any, ...]]:
    """For each kind and grade the cheapest mixture within the budget that reaches it, or the best of those that do not.

    A mixture reaches a grade if the lowest end of the intervals of all sides and months is at least the share of the grade.
    """
    allowed = [m for m in mixtures if _bar(m, plan) == ""]
    for kind in plan.base.scenario.agreement.kinds:
        some = [m for m in allowed if kind.id in m.kinds]
        for grade, share in GRADES.items():
            enough = [m for m in some if m.kinds[kind.id].low >= share]
            if not some:
                none = "under ten acts in every side and month" if allowed else "no mixture within the budget"
                yield (kind.id, grade, share, 0, None, None, "", None, None, None, 0, none, *_lost(mixtures))
                continue
            best = min(enough, key=_price) if enough else max(some, key=lambda m: m.kinds[kind.id].low)
            worst = best.kinds[kind.id]
            reason = "" if enough else "no mixture reaches it; the best is shown"
            yield (kind.id, grade, share, int(bool(enough)), best.number, best.cost.estimate, *worst, reason, *_lost(mixtures))


def _price(m: Mixture) -> float:
    return m.cost.estimate or 0.0


def _lost(mixtures: Sequence[Mixture]) -> tuple[int, int]:
    return sum(m.capped for m in mixtures), sum(m.failed for m in mixtures)


def _summary(plan: FrontierPlan, name: str, mixtures: Sequence[Mixture]) -> dict[str, Any]:
    best = sorted((m for m in mixtures if m.place == "frontier"), key=lambda m: m.cost.estimate or 0.0)
    rows = [dict(zip(_KIND_HEADER[:-3], row, strict=False)) for row in kind_rows(plan, mixtures)]
    capped, failed = _lost(mixtures)
    return {
        "status": tables.STATUS,
        "name": name,
        "seed": plan.labour.seed,
        "replications": plan.labour.replications,
        "budget_eur": plan.budget_eur,
        "levers": {axis.key: [plain(v) for v in axis.values()] for axis in plan.axes},
        "mixtures": len(mixtures),
        "places": {place: sum(m.place == place for m in mixtures) for place in sorted({m.place for m in mixtures})},
        "capped": capped,
        "failed": failed,
        "frontier": [_record(m) for m in best],
        "kinds": rows,
        "told": told(plan, best, rows),
    }


def _record(m: Mixture) -> dict[str, Any]:
    return {"point": m.number, "values": dict(m.point.values)} | {
        line.measure: {"estimate": line.estimate, "low": line.noise_low, "high": line.noise_high}
        for line in (m.cost, *m.measures.values())
    }


def told(plan: FrontierPlan, best: Sequence[Mixture], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the study says, in sentences."""
    within = "" if plan.budget_eur is None else f" within {plan.budget_eur / 1e6:g} million EUR a year"
    said = [f"Of {len(plan.points)} mixtures of {len(plan.axes)} levers, {plan.labour.replications} replications each, "
            f"{len(best)} are on the frontier{within}: no other is as cheap and as good."]  # fmt: skip
    medium = [row for row in rows if row["grade"] == "medium"]
    reached = [row for row in medium if row["reached"]]
    said += [
        f"{row['kind']}: at least {row['grade_share']:.0%} confirmed in time in the worst side and month "
        f"({row['worst_side_month']}: {row['share']:.0%}, {row['low']:.0%} to {row['high']:.0%}) costs at least "
        f"{row['cost_eur_year'] / 1e6:.1f} million EUR a year (mixture {row['point']})."
        for row in reached
    ]
    never = [f"{row['kind']} (best {row['share']:.0%}, {row['low']:.0%} to {row['high']:.0%})" for row in medium
             if not row["reached"] and row["share"] is not None]  # fmt: skip
    if never:
        said.append(f"No mixture confirms half in time in the worst side and month of: {'; '.join(never)}.")
    unknown = [row["kind"] for row in medium if row["share"] is None]
    if unknown:
        said.append(f"Too few acts to judge: {', '.join(unknown)}.")
    return said
