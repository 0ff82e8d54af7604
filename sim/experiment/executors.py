"""Who does the work: this process, processes on all cores, or the workers of a cluster; the bytes are the same from each.

A mediator may stop at any moment, lose a machine, or bring more of them: what is finished stays, nothing is run twice.
"""

from __future__ import annotations

import math
import os
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Protocol

from sim.experiment.journal import Outcome
from sim.experiment.replicate import Done, Job, Work, attempt, failed, prepared, put_aside

MAX_DEATHS = 3
FLUSH_S = 0.1
POOL_TASK_S = 0.1
MOST_IN_TASK = 256
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
Take = Callable[[Done], None]
Task = tuple[Job, ...]


def run_jobs(
    jobs: Iterable[Job],
    work: Work,
    take: Take,
    *,
    workers: int = 1,
    first: tuple[str, Any] | None = None,
    dask: str | None = None,
) -> None:
    """Run all jobs and hand in what is finished.

    Parameters
    ----------
    jobs : in the order in which they should start
    take : called in this process with each finished piece of work; what it raises ends the run
    workers : 1 = in this process, else so many processes
    first : point and what was prepared for it already, used in this process
    dask : address of a scheduler, or `local` for a cluster of so many processes that is started and ended here

    Raises
    ------
    BadPlace if rows cannot be written; KeyboardInterrupt passes through once the workers are stopped.
    """
    if dask is not None:
        from sim.experiment.cluster import Cluster

        Crew(Cluster(dask, work, workers), work).run(iter(jobs), take)
    elif workers == 1:
        _in_this_process(jobs, work, take, first)
    else:
        with _one_thread_each():
            Crew(Pool(work, workers), work).run(iter(jobs), take)


def worker_count(asked: int | None, jobs: int) -> int:
    """Workers worth starting: no more than asked for, than cores and than jobs."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(asked if asked is not None else cores, jobs))


# ---- in this process -----------------------------------------------------------------------------------


class Ready:
    """The last prepared scenario; neighbouring jobs share it."""

    def __init__(self, point: str | None = None, value: Any = None) -> None:
        self.point, self.value = point, value

    def of(self, work: Work, job: Job) -> Any:
        """Prepared scenario of a job."""
        if self.point != job.point:
            self.value = prepared(work, job.scenario)
            self.point = job.point
        return self.value


def _in_this_process(jobs: Iterable[Job], work: Work, take: Take, first: tuple[str, Any] | None) -> None:
    """Run job after job; quick ones are handed in together, since each handing in waits for the disk."""
    ready = Ready(*(first or (None, None)))
    held: list[Done] = []
    since = perf_counter()
    try:
        for job in jobs:
            for done in attempt(work, job, lambda job=job: ready.of(work, job)):  # type: ignore[misc]
                held.append(done)
                if perf_counter() - since >= FLUSH_S:
                    held, now = [], held
                    take(_together(now))
                    since = perf_counter()
    finally:
        if held:
            take(_together(held))


def _together(found: Sequence[Done]) -> Done:
    trace = next((done.trace for done in found if done.trace), "")
    outcomes = tuple(outcome for done in found for outcome in done.outcomes)
    return Done(outcomes, trace, tuple(shard for done in found for shard in done.shards))


# ---- in workers ----------------------------------------------------------------------------------------

_IN_WORKER: dict[str, Any] = {}


def in_worker(task: Task) -> Done:
    """Carry out a task with the work that this worker was opened for."""
    work, ready = _IN_WORKER["work"], _IN_WORKER["ready"]
    begin = perf_counter()
    found = [done for job in task for done in attempt(work, job, lambda job=job: ready.of(work, job))]  # type: ignore[misc]
    return _together(found)._replace(seconds=perf_counter() - begin)


def open_work(work: Work) -> None:
    """Open a worker for some work, once."""
    if _IN_WORKER.get("work") != work:
        _IN_WORKER.update(work=work, ready=Ready())


def _open_worker(work: Work) -> None:
    """Start of a worker process: the parent alone answers Ctrl-C, and a worker never outlives its parent."""
    from multiprocessing import parent_process
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        Thread(target=_leave_with, args=(parent.sentinel,), daemon=True).start()
    open_work(work)


def _leave_with(sentinel: int) -> None:
    from multiprocessing.connection import wait as wait_for

    wait_for([sentinel])
    os._exit(1)


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


class Hands(Protocol):
    """Workers behind `concurrent.futures`.

    `task_s`: least length of a task worth sending; `deaths`: deaths of workers that one broken future stands for.
    """

    task_s: float
    deaths: int

    @property
    def workers(self) -> int:
        """Tasks that can be under way at once."""

    def submit(self, task: Task) -> Future[Done]:
        """Send a task; raises BrokenProcessPool if the workers must be replaced first."""

    def is_death(self, error: BaseException) -> bool:
        """Whether an error means that a worker died, not that the task went wrong."""

    def renew(self) -> None:
        """Replace workers after a death."""

    def stop(self, *, now: bool) -> None:
        """Let go of the workers; `now`: without waiting for anything."""


class Pool:
    """Processes of this machine."""

    def __init__(self, work: Work, workers: int) -> None:
        self.work, self.processes, self.task_s, self.deaths = work, workers, POOL_TASK_S, 1
        self.pool: Executor = self._new()

    @property
    def workers(self) -> int:
        """Number of processes."""
        return self.processes

    def _new(self) -> ProcessPoolExecutor:
        from multiprocessing import get_context

        context = get_context("spawn")
        return ProcessPoolExecutor(self.processes, mp_context=context, initializer=_open_worker, initargs=(self.work,))

    def submit(self, task: Task) -> Future[Done]:
        """Send a task to a process, starting one if need be."""
        with _deaf_to_interrupts():
            return self.pool.submit(in_worker, task)

    def is_death(self, error: BaseException) -> bool:
        """A pool is broken as a whole."""
        return isinstance(error, BrokenProcessPool)

    def renew(self) -> None:
        """Start a new pool."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.pool = self._new()

    def stop(self, *, now: bool) -> None:
        """End the processes."""
        if not now:
            self.pool.shutdown()
            return
        # Only a private name tells the processes (public from Python 3.14 on); else they leave after their task.
        for process in list((getattr(self.pool, "_processes", None) or {}).values()):
            process.kill()
        self.pool.shutdown(wait=False, cancel_futures=True)


class Crew:
    """Hands out tasks, at most one a worker, so that a dead worker leaves few suspects, and takes in what is done.

    Replications under way when a worker dies are tried again alone; one that kills its worker three times is given up.
    """

    def __init__(self, hands: Hands, work: Work) -> None:
        self.hands, self.work = hands, work
        self.flight: dict[Future[Done], Task] = {}
        self.alone: deque[Task] = deque()
        self.back: deque[Task] = deque()
        self.deaths: Counter[tuple[str, int]] = Counter()
        self.runs, self.seconds = 0, 0.0

    def run(self, jobs: Iterator[Job], take: Take) -> None:
        """Run all jobs; whatever ends this early stops the workers at once."""
        try:
            while self._fill(jobs):
                finished, _ = wait(self.flight, timeout=0.5, return_when=FIRST_COMPLETED)
                done, broken = self._sorted([future for future in self.flight if future in finished])
                if not broken:
                    self._fill(jobs)  # workers go on while the journal waits for the disk
                for one in done:
                    self._hand_in(one, take)
                if broken:
                    self._suspect(broken, take)
            self.hands.stop(now=False)
        except BaseException:
            self.hands.stop(now=True)
            raise

    def _bundle(self, jobs: Iterator[Job]) -> Task | None:
        """Jobs enough for a task worth sending, by the mean length of those done; a single one while that is not known."""
        if self.back:
            return self.back.popleft()
        want = 1 if not self.runs else math.ceil(self.hands.task_s / max(self.seconds / self.runs, 1e-6))
        found: list[Job] = []
        while sum(len(job.replications) for job in found) < min(want, MOST_IN_TASK):
            job = next(jobs, None)
            if job is None:
                break
            found.append(job)
        return tuple(found) or None

    def _fill(self, jobs: Iterator[Job]) -> bool:
        if self.alone:
            if not self.flight:
                self._submit(self.alone.popleft())
            return True
        while len(self.flight) < self.hands.workers:
            task = self._bundle(jobs)
            if task is None or not self._submit(task):
                break
        return bool(self.flight or self.back)

    def _submit(self, task: Task) -> bool:
        try:
            self.flight[self.hands.submit(task)] = task
        except BrokenProcessPool:
            self.back.appendleft(task)
            if not self.flight:
                self.hands.renew()
            return False
        return True

    def _sorted(self, futures: Sequence[Future[Done]]) -> tuple[list[Done], list[Task]]:
        """Results of finished tasks, and tasks whose worker died instead."""
        results: list[Done] = []
        broken: list[Task] = []
        for future in futures:
            task = self.flight.pop(future)
            try:
                results.append(future.result())
            except (Exception, CancelledError) as error:
                if not self.hands.is_death(error):
                    raise
                broken.append(task)
        self.runs += sum(len(done.outcomes) for done in results)
        self.seconds += sum(done.seconds for done in results)
        return results, broken

    def _hand_in(self, done: Done, take: Take) -> None:
        if self.work.shards is not None:
            for name, whole in done.shards:
                put_aside(self.work.shards, name, whole)
        take(done)

    def _suspect(self, broken: list[Task], take: Take) -> None:
        """Sort out who killed a worker: the only one under way is the culprit, of several each is tried alone."""
        if self.hands.deaths == 1:  # a pool dies as a whole, other tasks with it
            wait(self.flight)
            done, more = self._sorted(list(self.flight))
            broken += more
            for one in done:
                self._hand_in(one, take)
        singles = [(job, r) for task in broken for job in task for r in job.replications]
        for job, replication in singles:
            name = (job.point, replication)
            self.deaths[name] += self.hands.deaths if len(singles) == 1 else 1
            if self.deaths[name] < MAX_DEATHS or len(singles) > 1:
                self.alone.append((job._replace(replications=(replication,)),))
            else:
                take(Done((_given_up(job, replication, self.deaths[name]),)))
        self.hands.renew()


def _given_up(job: Job, replication: int, deaths: int) -> Outcome:
    return failed(job, replication, f"its worker process died {deaths} times")
