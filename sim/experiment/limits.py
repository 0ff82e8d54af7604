"""Limits of a point: processor time and memory that it may take before it is ended and counted as over its limit.

A mediator who lets a thousand designs run overnight finds one monstrous design marked as such, not a machine that stands still.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

_MB = 2**20


class Limits(NamedTuple):
    """Processor seconds that one worker may spend on a point, and memory that it may take on for it; None = no limit."""

    time_s: float | None = None
    memory_mb: int | None = None


class OverLimit(BaseException):
    """A point took more than it may; no part of a history may catch this by accident."""


class Meter:
    """Time that the replications of a point have taken so far; each runs inside `running`."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.spent_s = limits, 0.0
        self.over: OverLimit | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run one replication within what is left.

        Raises OverLimit. Where signals cannot be heard (threads of a cluster's worker) the time is looked at when the
        replication ends. Nothing is done where there are no limits.
        """
        if self.limits == Limits():
            yield
            return
        if self.over is not None:
            raise self.over
        begin = time.process_time()
        try:
            with self._time(), self._memory():
                yield
            self.spent_s += time.process_time() - begin
            if self.limits.time_s is not None and self.spent_s > self.limits.time_s:
                raise self._late()
        except OverLimit as over:
            self.over = over
            raise

    def _late(self) -> OverLimit:
        return OverLimit(f"over its limit of {self.limits.time_s:g} s of processor time")

    @contextmanager
    def _time(self) -> Iterator[None]:
        if self.limits.time_s is None:
            yield
            return
        if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
            yield
            return
        before = signal.signal(signal.SIGPROF, self._stop)
        signal.setitimer(signal.ITIMER_PROF, max(self.limits.time_s - self.spent_s, 1e-3))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)

    def _stop(self, number: int, frame: Any) -> None:
        raise self._late()

    @contextmanager
    def _memory(self) -> Iterator[None]:
        """Let the process map so much more than it has; whatever asks beyond that is refused."""
        if self.limits.memory_mb is None:
            yield
            return
        import resource

        low, high = resource.getrlimit(resource.RLIMIT_AS)
        most = _mapped() + self.limits.memory_mb * _MB
        resource.setrlimit(resource.RLIMIT_AS, (most if low == resource.RLIM_INFINITY else min(low, most), high))
        try:
            yield
        except MemoryError:
            raise OverLimit(f"over its limit of {self.limits.memory_mb} MB of memory") from None
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (low, high))


def _mapped() -> int:
    """Bytes that this process has mapped; 0 where the system does not tell, so that the limit is that of the whole process."""
    import os

    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
