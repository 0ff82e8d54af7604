"""Runs what the points of an experiment lack, point by point, and writes down at once what is finished.

A mediator may stop a large study at any moment and go on with it later; no point is run twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from sim.experiment.executors import run_jobs, worker_count
from sim.experiment.identity import point_digest
from sim.experiment.journal import Outcome
from sim.experiment.limits import Limits
from sim.experiment.machinery import Machinery
from sim.experiment.place import Folder
from sim.experiment.replicate import Done, Job, Work
from sim.scenario.errors import ScenarioErrors
from sim.scenario.scenario import Scenario

Read = Callable[[Sequence[tuple[str, str]]], "Loaded"]
Tell = Callable[[int, int, "Done | None"], None]


class Loaded(NamedTuple):
    """A checked scenario and the digests of its data files."""

    scenario: Scenario
    digests: Mapping[str, str]


class Place(Protocol):
    """A point: the values that make it, and a label that stands for them in the journal."""

    @property
    def values(self) -> tuple[tuple[str, str], ...]:
        """Keys and TOML values."""

    @property
    def label(self) -> str:
        """Name in the journal."""


class Labour(NamedTuple):
    """What all points share: how a scenario is read and run, its luck, and who does the work."""

    read: Read
    machinery: Machinery
    seed: int
    replications: int
    workers: int | None = 1
    data_dirs: tuple[Path, ...] = ()
    cache_dir: Path | None = None
    tell: Tell = lambda finished, every, done: None
    dask: str | None = None
    limits: Limits = Limits()
    extra: Callable[[Any, Scenario], list[tuple[str, str, str, float, float]]] | None = None
    """Rows of counts beside those of the measures."""


Todo = Sequence[tuple[Place, tuple[int, ...]]]


def lacking(points: Sequence[Place], folder: Folder, known: Mapping[str, str], replications: int) -> Todo:
    """Points with the replications that they lack; points never met lack all."""
    finished = folder.journal.finished()
    todo = []
    for point in points:
        have = finished.get(known.get(point.label, ""), set())
        missing = tuple(r for r in range(replications) if r not in have)
        if missing:
            todo.append((point, missing))
    return todo


def run_points(
    labour: Labour,
    folder: Folder,
    todo: Todo,
    known: dict[str, str],
    *,
    every: int,
    seen: dict[str, Loaded] | None = None,
) -> None:
    """Run what points lack and record it; `known` learns which content each label stands for.

    `every` is the number of replications of the whole experiment, for the progress bar; `seen` holds scenarios read already.
    """
    seen = {} if seen is None else seen
    finished = every - sum(len(missing) for _, missing in todo)
    workers = worker_count(labour.workers, sum(len(missing) for _, missing in todo))
    share = 1 if not todo else max(1, -(-workers // len(todo)))
    work = Work(labour.machinery, labour.seed, labour.data_dirs, labour.cache_dir, extra=labour.extra, all_rows=False,
                limits=labour.limits)  # fmt: skip
    named: dict[str, str] = {}

    def jobs() -> Iterator[Job]:
        for point, missing in todo:
            try:
                loaded = seen.pop(point.label, None) or labour.read(point.values)
            except ScenarioErrors as errors:
                take(_impossible(point, missing, errors, folder, known))
                continue
            name = point_digest(loaded.scenario, seed=labour.seed, digests=loaded.digests)
            if known.get(point.label) != name:
                known[point.label] = named[point.label] = name
                have = folder.journal.replications(name)  # another label may have stood for the same content
                missing = tuple(r for r in missing if r not in have)
            for part in range(share):
                if missing[part::share]:
                    yield Job(name, loaded.scenario, missing[part::share])

    def take(done: Done) -> None:
        nonlocal finished
        folder.journal.record(done.outcomes, named)
        named.clear()
        finished += len(done.outcomes)
        labour.tell(finished, every, done)

    labour.tell(finished, every, None)
    if todo:
        run_jobs(jobs(), work, take, workers=workers, dask=labour.dask)
        folder.journal.name_points(named)


def _impossible(point: Place, missing: Sequence[int], errors: ScenarioErrors, folder: Folder, known: dict[str, str]) -> Done:
    """A combination that no scenario may hold, though each of its values may be held: put aside with the reason."""
    name = f"none {blake2b(point.label.encode(), digest_size=6).hexdigest()}"
    known[point.label] = name
    folder.journal.name_points({point.label: name})
    problem = errors.problems[0]
    reason = f"is no scenario: {problem.key}: {problem.rule}"
    return Done(tuple(Outcome(name, r, "failed", reason) for r in missing))


def outcomes_of(point: Place, folder: Folder, known: Mapping[str, str], replications: int) -> list[Any]:
    """Recorded outcomes of a point, of so many replications."""
    return [o for o in folder.journal.outcomes(known[point.label]) if o.replication < replications]
