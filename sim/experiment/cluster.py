"""The workers of a Dask cluster behind the same door as processes of this machine.

A mediator's institute with a cluster runs a large study there; the tables that come back are the same to the last byte.
"""

from __future__ import annotations

import re
from concurrent.futures import CancelledError, Future
from typing import Any

from sim.experiment.executors import Task, in_worker, open_work
from sim.experiment.identity import package_digest
from sim.experiment.refusals import BadInput, BadIntegrity, BadUsage
from sim.experiment.replicate import Done, Work

TASK_S = 0.5
WAIT_S = 30.0
_ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}", re.ASCII)
MISSING = "--dask needs a package that is not installed: python -m pip install 'ceasefire-sim[cluster]'"


def address(text: str) -> str:
    """Address of a scheduler, or `local`; BadUsage for anything else."""
    if text != "local" and not _ADDRESS.fullmatch(text):
        raise BadUsage(f"--dask {text}: write local, tcp://HOST:PORT or tls://HOST:PORT")
    return text


class Cluster:
    """Workers of a scheduler, or of a cluster of processes that lives as long as this object."""

    def __init__(self, where: str, work: Work, workers: int) -> None:
        """Connect, or start a local cluster; raises BadUsage without the package, BadInput without a scheduler."""
        try:
            import distributed
        except ImportError:
            raise BadUsage(MISSING) from None
        package: Any = distributed
        self.task_s, self.deaths = TASK_S, 3  # the scheduler tries a task on several workers before it gives up
        cache = work.cache_dir if where == "local" else None
        self.work = work._replace(hand_over=True, cache_dir=cache)
        self.local: Any = None
        target: Any = address(where)
        if where == "local":
            self.local = target = package.LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
            )
        try:
            self.client: Any = package.Client(target, timeout=WAIT_S)
            self.client.wait_for_workers(1, timeout=WAIT_S)
        except (OSError, TimeoutError) as error:
            raise BadInput(f"--dask {where}: no scheduler with workers answers there ({type(error).__name__})") from None
        self.executor = self.client.get_executor(pure=False)
        self.code = package_digest()

    @property
    def workers(self) -> int:
        """Tasks that can run at once; workers may come and go."""
        return max(1, sum(int(w["nthreads"]) for w in self.client.scheduler_info(n_workers=-1)["workers"].values()))

    def submit(self, task: Task) -> Future[Done]:
        """Send a task with all that it needs."""
        found: Future[Done] = self.executor.submit(on_cluster, self.code, self.work, task)
        return found

    def is_death(self, error: BaseException) -> bool:
        """Whether the scheduler gave a task up because workers died of it, or lost it."""
        return isinstance(error, CancelledError) or type(error).__name__ in ("KilledWorker", "FutureCancelledError")

    def renew(self) -> None:
        """Nothing to do: the scheduler sees to its workers."""

    def stop(self, *, now: bool) -> None:
        """Let go of the scheduler, and end a cluster of our own."""
        if now:
            self.executor.shutdown(wait=False)
        self.client.close(timeout=1)
        if self.local is not None:
            self.local.close(timeout=1)


def on_cluster(code: str, work: Work, task: Task) -> Done:
    """Carry out a task on a worker; BadIntegrity if the worker has another version of this package."""
    there = package_digest()
    if there != code:
        raise BadIntegrity(f"a worker of the cluster has another version of ceasefire-sim ({there}, here {code}); install the "
                           "same one everywhere")
    open_work(work)
    return in_worker(task)
