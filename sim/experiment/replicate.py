"""Runs many replications, in this process or on all cores, and hands in each as soon as it is finished.

A mediator may stop at any moment; the same seed gives the same numbers however many workers shared the work.
"""

from __future__ import annotations

import os
import signal
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sim.experiment.journal import Outcome
from sim.experiment.machinery import Machinery
from sim.experiment.refusals import BadPlace, Refusal
from sim.experiment.tables import write_shard
from sim.experiment.withheld import Counts, guarded, published
from sim.measure.steady import batch_rows
from sim.scenario.scenario import Scenario

MAX_DEATHS = 3
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Work(NamedTuple):
    """What all jobs of an experiment share; `extra` adds rows of counts that the measures do not hold."""

    machinery: Machinery
    seed: int
    data_dirs: tuple[Path, ...] = ()
    cache_dir: Path | None = None
    shards: Path | None = None
    extra: Callable[[Any, Scenario], list[tuple[str, str, str, float, float]]] | None = None
    all_rows: bool = True


class Job(NamedTuple):
    """Some replications of one scenario; `point` names the scenario by its content."""

    point: str
    scenario: Scenario
    replications: tuple[int, ...]


class Done(NamedTuple):
    """Outcomes of a job, and the traceback of the first failure."""

    outcomes: tuple[Outcome, ...]
    trace: str = ""


Take = Callable[[Done], None]


# ---- one replication -----------------------------------------------------------------------------------


def prepared(work: Work, scenario: Scenario) -> Any:
    """What the engine computes once for a scenario, without luck."""
    return work.machinery.prepare(scenario, data_dirs=work.data_dirs, cache_dir=work.cache_dir)


def one(work: Work, job: Job, ready: Any, replication: int) -> Outcome:
    """Run and measure one replication and write its rows aside."""
    machinery = work.machinery
    history = machinery.replicate(ready, seed=work.seed, replication=replication)
    measured = machinery.measure(history, job.scenario)
    extra = [] if work.extra is None else work.extra(history, job.scenario)
    counts = Counts([tuple(row) for row in measured.rows], dict(measured.times), [tuple(row) for row in extra])
    counts = guarded(counts, job.scenario, machinery.catalogue, history.facts)
    rows = [row for row in counts.rows if work.all_rows or row[1] == "all"] + counts.extra
    if job.scenario.study.batches > 1:
        rows += batch_rows(machinery.measure, history, job.scenario)
    status = "capped" if history.capped else "done"
    written = published(history, job.scenario)
    digest = machinery.digest(written)
    shard = _aside(work, written, replication)
    return Outcome(job.point, replication, status, history.capped, digest, history.events, tuple(rows), counts.times, shard)


def _aside(work: Work, history: Any, replication: int) -> tuple[str, str, dict[str, int]] | tuple[()]:
    if work.shards is None:
        return ()
    try:
        shard = write_shard(work.shards, replication, history.tables, work.machinery.columns())
    except OSError as error:
        raise BadPlace(f"{work.shards}: {error.strerror or error}") from None
    return shard.name, shard.digest, shard.rows


def attempt(work: Work, job: Job, ready: Callable[[], Any]) -> Iterator[Done]:
    """Run a job's replications one by one; a failure is an outcome with its reason, and the others go on."""
    for replication in job.replications:
        try:
            yield Done((one(work, job, ready(), replication),))
        except Refusal:
            raise
        except Exception as error:  # any fault of one replication must not lose the others
            yield Done((_failed(job, replication, reason_of(error)),), traceback.format_exc())


def reason_of(error: BaseException) -> str:
    """One line that says what went wrong."""
    if isinstance(error, MemoryError):
        return "out of memory"
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:300]}" if text else type(error).__name__


def _failed(job: Job, replication: int, reason: str) -> Outcome:
    return Outcome(job.point, replication, "failed", reason)


# ---- in this process -----------------------------------------------------------------------------------


class _Ready:
    """The last prepared scenario; neighbouring jobs share it."""

    def __init__(self, point: str | None = None, value: Any = None) -> None:
        self.point, self.value = point, value

    def of(self, work: Work, job: Job) -> Any:
        """Prepared scenario of a job."""
        if self.point != job.point:
            self.value = prepared(work, job.scenario)
            self.point = job.point
        return self.value


def run_jobs(jobs: Iterable[Job], work: Work, take: Take, *, workers: int = 1, first: tuple[str, Any] | None = None) -> None:
    """Run all jobs and hand in what is finished.

    Parameters
    ----------
    jobs : in the order in which they should start
    take : called in this process with each finished piece of work; what it raises ends the run
    workers : 1 = in this process, else so many processes
    first : point and what was prepared for it already, used in this process

    Raises
    ------
    BadPlace if rows cannot be written; KeyboardInterrupt passes through once the workers are stopped.
    """
    if workers == 1:
        ready = _Ready(*(first or (None, None)))
        for job in jobs:
            for done in attempt(work, job, lambda job=job: ready.of(work, job)):  # type: ignore[misc]
                take(done)
        return
    with _one_thread_each():
        _Pool(work, workers).run(iter(jobs), take)


# ---- in worker processes -------------------------------------------------------------------------------

_IN_WORKER: dict[str, Any] = {}


def _open_worker(work: Work) -> None:
    """Start of a worker: the parent alone answers Ctrl-C, and a worker never outlives its parent."""
    from multiprocessing import parent_process
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        Thread(target=_leave_with, args=(parent.sentinel,), daemon=True).start()
    _IN_WORKER.update(work=work, ready=_Ready())


def _leave_with(sentinel: int) -> None:
    from multiprocessing.connection import wait as wait_for

    wait_for([sentinel])
    os._exit(1)


def _in_worker(job: Job) -> Done:
    work, ready = _IN_WORKER["work"], _IN_WORKER["ready"]
    found = list(attempt(work, job, lambda: ready.of(work, job)))
    trace = next((done.trace for done in found if done.trace), "")
    return Done(tuple(outcome for done in found for outcome in done.outcomes), trace)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Workers inherit one thread for linear algebra: more would fight for cores and could change last bits."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes started here never see Ctrl-C, not even while they start; ours is delivered afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Pool:
    """Worker processes with at most one job each under way, so that a dead worker leaves few suspects.

    Jobs under way when a worker dies are tried again alone; one that kills its worker three times is given
    up.
    """

    def __init__(self, work: Work, workers: int) -> None:
        self.work, self.workers = work, workers
        self.flight: dict[Future[Done], Job] = {}
        self.alone: deque[Job] = deque()
        self.back: deque[Job] = deque()
        self.deaths: Counter[tuple[str, tuple[int, ...]]] = Counter()
        self.pool = self._new()

    def _new(self) -> ProcessPoolExecutor:
        from multiprocessing import get_context

        return ProcessPoolExecutor(self.workers, mp_context=get_context("spawn"), initializer=_open_worker, initargs=(self.work,))

    def run(self, jobs: Iterator[Job], take: Take) -> None:
        """Run all jobs; whatever ends this early stops the workers at once."""
        try:
            while self._fill(jobs):
                self._collect(take)
            self.pool.shutdown()
        except BaseException:
            self._kill()
            raise

    def _fill(self, jobs: Iterator[Job]) -> bool:
        if self.alone:
            if not self.flight:
                self._submit(self.alone.popleft())
            return True
        while len(self.flight) < self.workers:
            job = self.back.popleft() if self.back else next(jobs, None)
            if job is None or not self._submit(job):
                break
        return bool(self.flight or self.back)

    def _submit(self, job: Job) -> bool:
        try:
            with _deaf_to_interrupts():
                self.flight[self.pool.submit(_in_worker, job)] = job
        except BrokenProcessPool:
            self.back.appendleft(job)
            if not self.flight:
                self._restart()
            return False
        return True

    def _collect(self, take: Take) -> None:
        finished, _ = wait(self.flight, timeout=0.5, return_when=FIRST_COMPLETED)
        broken: list[Job] = []
        for future in [f for f in self.flight if f in finished]:
            job = self.flight.pop(future)
            try:
                take(future.result())
            except BrokenProcessPool:
                broken.append(job)
        if broken:
            self._suspect(broken, take)

    def _suspect(self, broken: Sequence[Job], take: Take) -> None:
        """Sort out who killed a worker: the only one under way is the culprit, of several each is tried
        alone.
        """
        wait(self.flight)
        for future, job in list(self.flight.items()):
            if future.exception() is None:
                take(future.result())
            else:
                broken = [*broken, job]
        self.flight.clear()
        for job in broken:
            name = (job.point, job.replications)
            self.deaths[name] += 1
            if self.deaths[name] < MAX_DEATHS or len(broken) > 1:
                self.alone.append(job)
            else:
                reason = f"its worker process died {self.deaths[name]} times"
                take(Done(tuple(_failed(job, r, reason) for r in job.replications)))
        self._restart()

    def _restart(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.pool = self._new()

    def _kill(self) -> None:
        # Only a private name tells the processes (public from Python 3.14 on); else they leave after their job.
        for process in list((getattr(self.pool, "_processes", None) or {}).values()):
            process.kill()
        self.pool.shutdown(wait=False, cancel_futures=True)


def worker_count(asked: int | None, jobs: int) -> int:
    """Workers worth starting: no more than asked for, than cores and than jobs."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(asked if asked is not None else cores, jobs))
