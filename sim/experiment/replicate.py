"""One replication after another: run, measured, its rows written aside; a failure is an outcome with its reason.

A mediator may trust that one replication gone wrong neither stops the others nor hides among them.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sim.experiment.journal import Outcome
from sim.experiment.limits import Limits, Meter, OverLimit
from sim.experiment.machinery import Machinery
from sim.experiment.refusals import BadPlace, Refusal
from sim.experiment.tables import put, shard_of
from sim.experiment.withheld import Counts, guarded, published
from sim.measure.steady import batch_rows
from sim.scenario.scenario import Scenario


class Work(NamedTuple):
    """What all jobs of an experiment share; `extra` adds rows of counts that the measures do not hold."""

    machinery: Machinery
    seed: int
    data_dirs: tuple[Path, ...] = ()
    cache_dir: Path | None = None
    shards: Path | None = None
    extra: Callable[[Any, Scenario], list[tuple[str, str, str, float, float]]] | None = None
    all_rows: bool = True
    hand_over: bool = False
    """Rows are handed over with the outcome instead of being written here: a worker elsewhere has no such folder."""
    limits: Limits = Limits()
    """What one worker may spend on a point."""


class Job(NamedTuple):
    """Some replications of one scenario; `point` names the scenario by its content."""

    point: str
    scenario: Scenario
    replications: tuple[int, ...]


class Done(NamedTuple):
    """Outcomes of a job, and the traceback of the first failure."""

    outcomes: tuple[Outcome, ...]
    trace: str = ""
    shards: tuple[tuple[str, bytes], ...] = ()
    seconds: float = 0.0




# ---- one replication -----------------------------------------------------------------------------------


def prepared(work: Work, scenario: Scenario) -> Any:
    """What the engine computes once for a scenario, without luck."""
    return work.machinery.prepare(scenario, data_dirs=work.data_dirs, cache_dir=work.cache_dir)


def one(work: Work, job: Job, ready: Any, replication: int) -> Done:
    """Run and measure one replication and write its rows aside, or hand them over."""
    machinery = work.machinery
    history = machinery.replicate(ready, seed=work.seed, replication=replication)
    measured = machinery.measure(history, job.scenario)
    extra = [] if work.extra is None else [*measured.aside, *work.extra(history, job.scenario)]
    counts = Counts([tuple(row) for row in measured.rows], dict(measured.times), [tuple(row) for row in extra])
    counts = guarded(counts, job.scenario, machinery.catalogue, history.facts)
    rows = [row for row in counts.rows if work.all_rows or row[1] == "all"] + counts.extra
    if job.scenario.study.batches > 1:
        rows += batch_rows(machinery.measure, history, job.scenario)
    status = "capped" if history.capped else "done"
    written = published(history, job.scenario)
    digest = machinery.digest(written)
    shard, handed = _aside(work, written, replication)
    found = Outcome(job.point, replication, status, history.capped, digest, history.events, tuple(rows), counts.times, shard)
    return Done((found,), shards=handed)


_Aside = tuple[tuple[str, str, dict[str, int]] | tuple[()], tuple[tuple[str, bytes], ...]]


def _aside(work: Work, history: Any, replication: int) -> _Aside:
    if work.shards is None:
        return (), ()
    shard, whole = shard_of(replication, history.tables, work.machinery.columns())
    if work.hand_over:
        return (shard.name, shard.digest, shard.rows), ((shard.name, whole),)
    put_aside(work.shards, shard.name, whole)
    return (shard.name, shard.digest, shard.rows), ()


def put_aside(folder: Path, name: str, whole: bytes) -> None:
    """Write the rows of a replication; BadPlace if the disk refuses."""
    try:
        put(folder / name, whole)
    except OSError as error:
        raise BadPlace(f"{folder}: {error.strerror or error}") from None


def attempt(work: Work, job: Job, ready: Callable[[], Any]) -> Iterator[Done]:
    """Run a job's replications one by one; a failure is an outcome with its reason, and the others go on.

    Once the point is over its limits, what is left of it is marked as such and not tried.
    """
    meter = Meter(work.limits)
    for replication in job.replications:
        try:
            with meter.running():
                done = one(work, job, ready(), replication)
            yield done
        except OverLimit as over:
            yield Done((Outcome(job.point, replication, "capped", str(over)),))
        except Refusal:
            raise
        except Exception as error:  # any fault of one replication must not lose the others
            yield Done((failed(job, replication, reason_of(error)),), traceback.format_exc())


def reason_of(error: BaseException) -> str:
    """One line that says what went wrong."""
    if isinstance(error, MemoryError):
        return "out of memory"
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:300]}" if text else type(error).__name__


def failed(job: Job, replication: int, reason: str) -> Outcome:
    """Outcome of a replication that could not be finished."""
    return Outcome(job.point, replication, "failed", reason)
