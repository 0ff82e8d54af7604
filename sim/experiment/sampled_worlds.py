"""Runs the sampled worlds of a run, each with the same seeds, and tells what becomes of every number over them.

A mediator sees beside each estimate how far it moves when what is only assumed is moved within its stated range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sim.experiment import findings, tables
from sim.experiment.executors import run_jobs, worker_count
from sim.experiment.identity import identify
from sim.experiment.inputs import Name, Range, Sampled, World, point_estimates, ranges, sampled, worlds
from sim.experiment.journal import Outcome, reading
from sim.experiment.place import Folder
from sim.experiment.replicate import Done, Job, Work
from sim.experiment.summary import Difference, usable

SAME_SIGN = 0.9
"""A difference counts as clear only if so large a share of the sampled worlds shows its sign."""
_ESTIMATES = ("world", "measure", "by", "group", "unit", "estimate", "replications", "capped", "failed", "status")
_PLACES = ("world", "assumption", "place", "status")


class Over(NamedTuple):
    """What the sampled worlds say: the range of every estimate, two tables, facts for the summary and one sentence."""

    ranges: dict[Name, Range]
    table: bytes
    worlds: bytes
    facts: dict[str, Any]
    told: str


def run_worlds(plan: Any, folder: Folder, points: int, replications: int) -> Over:
    """Run what the first `points` worlds lack of so many replications (0: as many as each has) and sum them up."""
    drawn = worlds(plan.scenario, points, plan.read)
    names = {w.number: identify(w.content.scenario, seed=plan.seed, digests=w.content.digests).digest for w in drawn}
    folder.journal.name_points({w.label: names[w.number] for w in drawn})
    have = folder.journal.finished()
    lacking = {w.number: [r for r in range(replications) if r not in have.get(names[w.number], ())] for w in drawn}
    work = Work(plan.machinery, plan.seed, plan.data_dirs, plan.cache_dir, None, findings.counted_goals)
    _run(plan, folder, work, [(w, names[w.number], lacking[w.number]) for w in drawn if lacking[w.number]], points * replications)
    told = {"inputs": str(points)} | ({"inputs_replications": str(replications)} if replications else {})
    folder.journal.tell(told)
    each = [list(folder.journal.outcomes(names[w.number])) for w in drawn]
    return _summed(plan, drawn, each)


def _run(plan: Any, folder: Folder, work: Work, todo: Sequence[tuple[World, str, list[int]]], every: int) -> None:
    runs = sum(len(lacking) for _, _, lacking in todo)
    workers = worker_count(plan.workers, runs)
    share = 1 if not todo else max(1, -(-workers // len(todo)))
    finished = every - runs

    def jobs() -> Iterator[Job]:
        for world, name, lacking in todo:
            for part in range(share):
                if lacking[part::share]:
                    yield Job(name, world.content.scenario, tuple(lacking[part::share]))

    def take(done: Done) -> None:
        nonlocal finished
        folder.journal.record(done.outcomes)
        finished += len(done.outcomes)
        plan.tell(finished, every, done)

    if todo:
        run_jobs(jobs(), work, take, workers=workers, dask=plan.dask)


def _summed(plan: Any, drawn: Sequence[World], each: Sequence[Sequence[Outcome]]) -> Over:
    catalogue = plan.machinery.catalogue()
    estimates = [point_estimates(outcomes, catalogue) for outcomes in each]
    over = sampled(plan.scenario)
    lost = sum(len(outcomes) - len(usable(outcomes)) for outcomes in each)
    facts = {
        "points": len(drawn),
        "assumptions": len(over.ranged),
        "without_range": list(over.fixed),
        "replications": max((len(usable(outcomes)) for outcomes in each), default=0),
        "failed_or_capped": lost,
    }
    every = zip(drawn, estimates, each, strict=True)
    rows = [row for w, found, outcomes in every for row in _rows(w, found, outcomes, catalogue)]
    placed = [(w.number, pattern, place, tables.STATUS) for w in drawn for pattern, place in w.places.items()]
    whole, where = tables.csv_bytes(_ESTIMATES, rows), tables.csv_bytes(_PLACES, placed)
    return Over(ranges(estimates), whole, where, facts, _told(over, facts))


def _rows(world: World, found: Mapping[Name, float], outcomes: Sequence[Outcome], catalogue: Mapping[str, Any]) -> Iterator[Any]:
    counts = [sum(o.status == status for o in outcomes) for status in ("done", "capped", "failed")]
    for (measure, by, group), value in found.items():
        if measure in catalogue:
            yield (world.number, measure, by, group, catalogue[measure].unit, value, *counts, tables.STATUS)


def _told(over: Sampled, facts: Mapping[str, Any]) -> str:
    still = f"; {len(over.fixed)} more state no range and stay as they are" if over.fixed else ""
    lost = f"; {facts['failed_or_capped']} runs failed or reached a limit and are left out" if facts["failed_or_capped"] else ""
    return (
        f"Range over the assumptions: middle 95 % of {facts['points']} sampled worlds of {facts['replications']} replications, "
        f"with {len(over.ranged)} inputs of grade C and D moved within their stated ranges{still}{lost}."
    )


def worlds_of(path: Path) -> dict[str, list[Outcome]]:
    """Replications of the sampled worlds of a finished run, by the label of the world; empty if none were sampled."""
    with reading(path) as journal:
        return {label: list(journal.outcomes(point)) for label, point in journal.points().items() if label.startswith("world ")}


def places_of(path: Path) -> dict[str, dict[str, float]]:
    """Places of the assumptions of a finished run by the label of the world."""
    import csv

    found: dict[str, dict[str, float]] = {}
    if (path / "worlds.csv").exists():
        with open(path / "worlds.csv", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found.setdefault(f"world {int(row['world']):06d}", {})[row["assumption"]] = float(row["place"])
    return found


Paired = list[tuple[list[Outcome], list[Outcome]]]


def paired_worlds(a: Path, b: Path) -> Paired:
    """Worlds that two finished runs share: the same number, and every assumption that both make at the same place."""
    shared = shared_worlds(a, b)
    left, right = (worlds_of(path) if shared else {} for path in (a, b))
    return [(left[label], right[label]) for label in shared]


def shared_worlds(a: Path, b: Path) -> list[str]:
    """Labels of these worlds, in order."""
    one, other = places_of(a), places_of(b)
    return [label for label in one if label in other and _alike(one[label], other[label])]


def _alike(a: Mapping[str, float], b: Mapping[str, float]) -> bool:
    return all(b[pattern] == place for pattern, place in a.items() if pattern in b)


def judged(found: Sequence[Difference], pairs: Paired, catalogue: Mapping[str, Any]) -> list[Difference]:
    """Differences with their range over shared worlds; clear is only what has one sign in 90 of 100 of them."""
    if not pairs:
        return list(found)
    estimates = [(point_estimates(a, catalogue), point_estimates(b, catalogue)) for a, b in pairs]
    return [_judged(row, estimates) for row in found]


def _judged(row: Difference, estimates: Sequence[tuple[Mapping[Name, float], Mapping[Name, float]]]) -> Difference:
    name = (row.measure, "all", "")
    gaps = [{name: b[name] - a[name]} for a, b in estimates if name in a and name in b]
    if not gaps or row.difference is None:
        return row
    low, high, points = ranges(gaps)[name]
    sign = 1 if row.difference > 0 else -1
    same = sum(gap[name] * sign > 0 for gap in gaps)
    clear = row.clear and same >= SAME_SIGN * points
    return row._replace(clear=clear, input_low=low, input_high=high, input_points=points, same_sign=same)
