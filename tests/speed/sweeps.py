"""Price of a sweep itself, with points of known length in place of histories.

A mediator gets milliseconds lost at each point, the share of two cores that works, and how long a finished sweep takes to
open again. Run it with `python tests/speed/sweeps.py`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

sys.path[:0] = [str(Path(__file__).parents[1] / "experiment"), str(Path(__file__).parents[2])]

import fake_engine  # noqa: E402
from small_world import SMALL  # noqa: E402

from sim.cli import work  # noqa: E402
from sim.experiment import executors  # noqa: E402
from sim.experiment.design import SweepPlan, sweep  # noqa: E402
from sim.experiment.grid import axes_of, points  # noqa: E402


class Price(NamedTuple):
    """Milliseconds at each point beside its own work: CPU and wall; seconds to resume and to read the table."""

    cpu_ms: float
    wall_ms: float
    resume_s: float
    read_s: float


def scenario(folder: Path) -> Path:
    """The small scenario, written to a folder."""
    (folder / "small.toml").write_text(SMALL, encoding="utf-8")
    return folder / "small.toml"


def plan(file: Path, out: Path, count: int, *, workers: int = 1) -> SweepPlan:
    """Sweep of so many points of one replication."""
    asked = work.Asked()
    axes = axes_of([f"days=1:{count}:1"] if count <= 3650 else [f"days=1:2:{1 / (count - 1)}"], {})
    read = work.reader(str(file), asked)
    return SweepPlan(read([]), read, axes, points(axes, most=count), fake_engine.FAKE, 1, 1, out, workers)


def timed(job: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    job()
    return time.perf_counter() - wall, time.process_time() - cpu


def price(count: int) -> Price:
    """Price of a sweep of so many points in this process; the history itself is taken off by running it bare."""
    with TemporaryDirectory() as name:
        file = scenario(Path(name))
        one = plan(file, Path(name) / "out", count)
        ready = one.base.scenario

        def bare() -> None:
            for _ in range(count):
                history = fake_engine.replicate(ready, seed=1, replication=0)
                fake_engine.measure(history, ready)

        sweep(plan(file, Path(name) / "warm", 5))
        bare_wall, bare_cpu = timed(bare)
        wall, cpu = timed(lambda: sweep(one))
        resume, _ = timed(lambda: sweep(one))
        table(one.path)  # opens pandas
        read, _ = timed(lambda: table(one.path))
        return Price(1000 * (cpu - bare_cpu) / count, 1000 * (wall - bare_wall) / count, resume, read)


def table(path: Path) -> int:
    """Rows of the table of a sweep, read as a notebook reads it."""
    import pandas as pd

    return len(pd.read_csv(path / "sweep.csv"))


def efficiency(count: int, *, length_s: float, workers: int = 2) -> float:
    """Share of the workers' time that is work: from the first result of the last worker on, start-up apart."""
    os.environ["FAKE_SECONDS"] = str(length_s)
    try:
        with TemporaryDirectory() as name:
            file = scenario(Path(name))
            marks: list[tuple[float, int]] = []
            one = plan(file, Path(name) / "out", count, workers=workers)

            def tell(finished: int, every: int, done: object) -> None:
                marks.append((time.perf_counter(), finished))

            sweep(one._replace(tell=tell))
            start, first = next(m for m in marks if m[1] >= 2 * workers)
            end, last = next(m for m in marks if m[1] == count)
            return (last - first) * length_s / workers / (end - start)
    finally:
        os.environ.pop("FAKE_SECONDS", None)


def sentences(found: Price, share: float, count: int) -> list[str]:
    """What is printed."""
    return [
        f"{count} points: {found.cpu_ms:.2f} ms of CPU and {found.wall_ms:.2f} ms of wall time at each beside its own work",
        f"opened again when finished: {found.resume_s:.2f} s; its table read: {found.read_s:.3f} s",
        f"two workers, points of 50 ms: {share:.3f} of their time is work, start-up apart (tasks of {executors.POOL_TASK_S} s)",
    ]


if __name__ == "__main__":
    print("\n".join(sentences(price(1000), efficiency(400, length_s=0.05), 1000)))
