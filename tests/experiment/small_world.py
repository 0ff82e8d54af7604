"""A small valid scenario, and the command line as a process of its own, for the tests of experiments."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

SMALL = """
schema = 1
name = "small"
title = "A small test world"
start = 2026-02-01T00:00:00Z
days = 1

[area]
line = [[36.0, 48.0], [37.0, 48.5]]
sectors = [{ id = "s01", from_km = 0, to_km = 50 }, { id = "s02", from_km = 50, to_km = 90 }]
[area.climate]
cloud_share = [0.8, 0.7, 0.6, 0.6, 0.5, 0.5, 0.4, 0.4, 0.5, 0.6, 0.8, 0.8]
strong_wind_share = [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
icing_share = [0.1, 0.1, 0.1, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.1, 0.1]

[agreement]
kinds = [
  { id = "small-arms", title = "small-arms fire", severity = "minor", goal_h = 24.0 },
  { id = "advance", title = "advance into the grey zone", severity = "significant", goal_h = 6.0 },
]

[conduct]
regime = "tense"
regimes = [{ id = "tense" }]
kinds = [
  { id = "small-arms", incidents_per_day = 30.0, duration_median_h = 0.1 },
  { id = "advance", incidents_per_day = 10.0, duration_median_h = 3.0 },
]

[verification.staff]
analysts = 6

[study]
replications = 4
seed = 1
"""


class Answer(NamedTuple):
    """What a command gave back."""

    code: int
    out: str
    err: str


Command = Callable[..., Answer]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def command(cwd: Path, *args: str, real: bool = False, **env: str) -> Answer:
    """Run the command line as a process of its own, with the small world unless `real`."""
    program = ["-m", "sim"] if real else [str(HERE / "fake_cli.py")]
    done = subprocess.run(
        [sys.executable, *program, *args], cwd=cwd, env=environment(**env), capture_output=True, timeout=60, check=False
    )
    return Answer(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


def digests(folder: Path) -> dict[str, str]:
    """Digest of every file below a folder."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
