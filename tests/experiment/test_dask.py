"""The same bytes from a real scheduler with worker processes, also when one of them is killed half-way."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
from small_world import HERE, Command, command, digests, environment

pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
ARGS = ("run", "small.toml", "--replications", "20", "--quiet")
SWEEP = ("sweep", "small.toml", "--vary", "verification.staff.analysts=2:9:1", "--replications", "4", "--quiet")


@contextmanager
def program(*args: str) -> Iterator[subprocess.Popen[str]]:
    """A program of the cluster on loopback, ended with all its children."""
    env = environment(PYTHONPATH=os.pathsep.join((environment()["PYTHONPATH"], str(HERE))), FAKE_SECONDS="0.05")
    command = [sys.executable, "-m", *args]
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.kill()
        for child in children:
            if child.is_running():
                child.kill()
        process.wait()


def wait_for(process: subprocess.Popen[str], pattern: str) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        found = re.search(pattern, line)
        if found:
            return found[0]
    raise AssertionError(f"{pattern} was never said")


@pytest.fixture
def scheduler() -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """A scheduler with two workers as processes; its address and the workers."""
    with ExitStack() as stack:
        where = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        lead = stack.enter_context(program("distributed.cli.dask_scheduler", *where))
        address = wait_for(lead, r"tcp://127\.0\.0\.1:\d+")
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", os.environ.get("TMPDIR", "/tmp"))
        workers = [stack.enter_context(program("distributed.cli.dask_worker", address, *options)) for _ in range(2)]
        for worker in workers:
            wait_for(worker, r"Starting established connection|Registered to")
        yield address, workers


def test_the_same_bytes_from_every_executor(ceasefire: Command, small: Path, scheduler: tuple[str, list[object]]) -> None:
    for args in (ARGS, SWEEP):
        name = args[0]
        for out, more in (("one", ["--workers", "1"]), ("pool", ["--workers", "2"]), ("dask", ["--dask", scheduler[0]])):
            answer = ceasefire(*args, "--out", f"{name}-{out}", *more)
            assert answer.code == 0, answer.err
        assert digests(small.parent / f"{name}-one") == digests(small.parent / f"{name}-pool")
        assert digests(small.parent / f"{name}-one") == digests(small.parent / f"{name}-dask")


def test_a_worker_killed_half_way_changes_no_byte(
    ceasefire: Command, small: Path, scheduler: tuple[str, list[subprocess.Popen[str]]]
) -> None:
    sys.path.insert(0, str(HERE.parent / "faults"))
    from test_kills import done_in, start

    args = (*ARGS[:3], "60", "--quiet")
    process = start(small.parent, *args, "--out", "dask", "--dask", scheduler[0])
    end = time.monotonic() + 40
    while time.monotonic() < end and done_in(small.parent / "dask" / "journal.sqlite") < 10:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    assert process.poll() is None, "the run was over before the worker could be killed"
    scheduler[1][0].send_signal(signal.SIGKILL)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert ceasefire(*args, "--out", "one", "--workers", "1").code == 0
    assert digests(small.parent / "dask") == digests(small.parent / "one")


def test_a_cluster_of_ones_own(ceasefire: Command, small: Path) -> None:
    local = command(small.parent, *ARGS, "--out", "local", "--dask", "local", "--workers", "2")
    assert local.code == 0, local.err
    assert ceasefire(*ARGS, "--out", "one", "--workers", "1").code == 0
    assert digests(small.parent / "local") == digests(small.parent / "one")


@pytest.mark.parametrize(("where", "code"), [("nonsense", 2), ("http://host:80", 2), ("tcp://127.0.0.1", 2)])
def test_addresses_are_checked(ceasefire: Command, where: str, code: int) -> None:
    answer = ceasefire(*ARGS, "--dask", where)
    assert answer.code == code and "--dask" in answer.err


def test_no_scheduler_is_told(ceasefire: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.experiment import cluster
    from sim.experiment.refusals import BadInput

    monkeypatch.setattr(cluster, "WAIT_S", 1.0)
    import fake_engine

    from sim.experiment.replicate import Work

    with pytest.raises(BadInput, match="no scheduler"):
        cluster.Cluster("tcp://127.0.0.1:9", Work(fake_engine.FAKE, 1), 1)


def test_tasks_are_at_least_half_a_second_long() -> None:
    """Jobs of 50 ms are bundled by ten once their length is known."""
    from sim.experiment.cluster import TASK_S
    from sim.experiment.executors import Crew
    from sim.experiment.replicate import Job

    class Hands:
        task_s, deaths, workers = TASK_S, 1, 2

    crew = Crew(Hands(), None)  # type: ignore[arg-type]
    jobs = iter([Job("p", None, (r,)) for r in range(30)])  # type: ignore[arg-type]
    assert len(crew._bundle(jobs) or ()) == 1
    crew.runs, crew.seconds = 4, 0.2
    assert len(crew._bundle(jobs) or ()) == 10
