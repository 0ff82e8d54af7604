"""Whatever kills a run, at whatever moment: nothing is lost, nothing is double, and the same bytes come out."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil
import pytest
from small_world import HERE, command, digests, environment

KILLS = 10
ARGS = ("run", "small.toml", "--replications", "20", "--quiet")


def start(cwd: Path, *args: str, **env: str) -> subprocess.Popen[bytes]:
    program = [sys.executable, str(HERE / "fake_cli.py"), *args]
    return subprocess.Popen(program, cwd=cwd, env=environment(**env), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            preexec_fn=heed_ctrl_c)


def heed_ctrl_c() -> None:
    """A shell that runs the tests in the background lets its children ignore Ctrl-C; a user's shell does not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def orphans(mark: str) -> list[int]:
    """Processes whose environment bears a mark and that are not dead."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("FAKE_MARK") == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def gone(mark: str, *, within_s: float) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if not orphans(mark):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("workers", ["1", "2"])
def test_killed_at_random_moments_and_resumed_the_bytes_are_the_same(small: Path, workers: str) -> None:
    luck = np.random.Generator(np.random.Philox(key=int(workers)))
    clean = command(small.parent, *ARGS, "--out", "clean", "--workers", "1")
    assert clean.code == 0, clean.err
    mark, killed = f"kills-{os.getpid()}-{workers}", 0
    for _ in range(KILLS):
        process = start(small.parent, *ARGS, "--out", "out", "--workers", workers, FAKE_SECONDS="0.02", FAKE_MARK=mark)
        try:
            process.wait(timeout=float(luck.uniform(0.3, 1.5)))
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        process.communicate()
    assert killed > 0
    assert gone(mark, within_s=3), "a worker outlived its parent"
    last = command(small.parent, *ARGS, "--out", "out", "--workers", workers, "--resume")
    assert last.code == 0, last.err
    assert digests(small.parent / "out") == digests(small.parent / "clean")


def test_a_killed_sweep_ends_with_the_same_bytes(small: Path) -> None:
    args = ("sweep", "small.toml", "--vary", "verification.staff.analysts=1:8:1", "--replications", "3", "--quiet")
    assert command(small.parent, *args, "--out", "clean", "--workers", "1").code == 0
    for wait in (0.5, 0.8, 1.1):
        process = start(small.parent, *args, "--out", "out", "--workers", "2", FAKE_SECONDS="0.02")
        time.sleep(wait)
        process.kill()
        process.communicate()
    assert command(small.parent, *args, "--out", "out").code == 0
    assert digests(small.parent / "out") == digests(small.parent / "clean")


@pytest.mark.slow
def test_100_kills_of_a_sweep_of_400_points(small: Path) -> None:
    """Points of 50 ms, killed at random moments, each time resumed: nothing lost, nothing double, the same bytes."""
    luck = np.random.Generator(np.random.Philox(key=100))
    args = ("sweep", "small.toml", "--vary", "days=1:400:1", "--replications", "1", "--quiet")
    clean = command(small.parent, *args, "--out", "clean", "--workers", "2")
    assert clean.code == 0, clean.err
    mark, kills, most, killed_in = f"kills-400-{os.getpid()}", 0, 0, set()
    for attempt in range(400):
        if kills == 100:
            break
        process = start(small.parent, *args, "--out", "out", "--workers", "2", FAKE_SECONDS="0.05", FAKE_MARK=mark)
        try:
            process.wait(timeout=float(luck.uniform(0.2, 3.0)))
        except subprocess.TimeoutExpired:
            process.kill()
            kills += 1
        process.communicate()
        done = done_in(small.parent / "out" / "journal.sqlite")
        assert done >= most, "something finished was lost"
        most = done
        killed_in.add(done)
        if process.returncode == 0:  # finished: begin anew, the number of kills is what counts
            assert digests(small.parent / "out") == digests(small.parent / "clean")
            os.rename(small.parent / "out", small.parent / f"out-{attempt}")
            most = 0
    assert kills == 100 and len(killed_in) > 10
    assert gone(mark, within_s=5)
    last = command(small.parent, *args, "--out", "out", "--workers", "2")
    assert last.code == 0, last.err
    assert digests(small.parent / "out") == digests(small.parent / "clean")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_ends_within_two_seconds_keeps_what_was_done_and_says_how_to_resume(small: Path, workers: str) -> None:
    mark = f"ctrl-c-{os.getpid()}-{workers}"
    process = start(small.parent, *ARGS, "--out", "out", "--workers", workers, FAKE_SECONDS="0.2", FAKE_MARK=mark)
    journal = small.parent / "out" / "journal.sqlite"
    end = time.monotonic() + 20
    while time.monotonic() < end and done_in(journal) < 2:
        time.sleep(0.05)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert time.monotonic() - began <= 2.0
    assert process.returncode == 130 and b"Traceback" not in err
    assert f"ceasefire run small.toml --replications 20 --quiet --out out --workers {workers} --resume" in err.decode()
    assert gone(mark, within_s=2)
    kept = done_in(journal)
    assert kept >= 2
    again = command(small.parent, *ARGS, "--out", "out", "--workers", "1", "--resume")
    assert again.code == 0
    assert command(small.parent, *ARGS, "--out", "clean").code == 0
    assert digests(small.parent / "out") == digests(small.parent / "clean")


def done_in(journal: Path) -> int:
    try:
        with closing(sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT count(*) FROM outcomes").fetchone()[0])
    except sqlite3.Error:
        return 0


def test_the_second_run_in_a_folder_is_turned_away_at_once(small: Path) -> None:
    journal = small.parent / "out" / "journal.sqlite"
    for _ in range(2):
        before = done_in(journal)
        first = start(small.parent, *ARGS, "--out", "out", "--workers", "1", FAKE_SECONDS="2")
        end = time.monotonic() + 20
        while time.monotonic() < end and done_in(journal) <= before:
            time.sleep(0.02)
        second = command(small.parent, *ARGS, "--out", "out")
        assert second.code == 75 and "another run is working" in second.err
        assert command(small.parent, *ARGS, "--out", "out", "--force").code == 75
        first.kill()
        first.communicate()
    assert command(small.parent, *ARGS, "--out", "out").code == 0, "the lock of a killed run must be free at once"


def test_a_disk_that_is_full_is_the_fault_of_the_place_and_the_run_can_go_on(small: Path) -> None:
    """RLIMIT_FSIZE stands for a full disk: writes over the limit fail with EFBIG."""
    code = (
        "import resource, sys, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)\n"
        "sys.argv = sys.argv[2:]; sys.path.insert(0, sys.argv[0].rpartition('/')[0])\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    assert command(small.parent, *ARGS, "--out", "clean").code == 0
    seen = []
    for limit in (2_000, 20_000, 40_000, 60_000, 80_000):
        program = [sys.executable, "-c", code, str(limit), str(HERE / "fake_cli.py"), *ARGS, "--out", "out", "--workers", "1"]
        done = subprocess.run(program, cwd=small.parent, env=environment(), capture_output=True, check=False)
        assert done.returncode in (0, 5) and b"Traceback" not in done.stderr, done.stderr
        seen.append(done.returncode)
    assert 5 in seen
    last = command(small.parent, *ARGS, "--out", "out")
    assert last.code == 0, last.err
    assert digests(small.parent / "out") == digests(small.parent / "clean")


def test_a_full_disk_in_a_sweep_leaves_a_journal_that_can_be_read(small: Path) -> None:
    args = ("sweep", "small.toml", "--vary", "verification.staff.analysts=1:8:1", "--replications", "3", "--quiet")
    code = (
        "import resource, sys, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)\n"
        "sys.argv = sys.argv[2:]; sys.path.insert(0, sys.argv[0].rpartition('/')[0])\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    assert command(small.parent, *args, "--out", "clean").code == 0
    seen = []
    for limit in (40_000, 70_000):
        program = [sys.executable, "-c", code, str(limit), str(HERE / "fake_cli.py"), *args, "--out", "out", "--workers", "1"]
        done = subprocess.run(program, cwd=small.parent, env=environment(), capture_output=True, check=False)
        seen.append(done.returncode)
        assert done.returncode in (0, 5) and b"Traceback" not in done.stderr, done.stderr
        with closing(sqlite3.connect(small.parent / "out" / "journal.sqlite")) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert 5 in seen
    assert command(small.parent, *args, "--out", "out").code == 0
    assert digests(small.parent / "out") == digests(small.parent / "clean")


def test_ctrl_c_in_a_sweep_ends_within_two_seconds(small: Path) -> None:
    args = ("sweep", "small.toml", "--vary", "days=1:40:1", "--replications", "2", "--quiet")
    mark = f"ctrl-c-sweep-{os.getpid()}"
    process = start(small.parent, *args, "--out", "out", "--workers", "2", FAKE_SECONDS="0.2", FAKE_MARK=mark)
    end = time.monotonic() + 30
    while time.monotonic() < end and done_in(small.parent / "out" / "journal.sqlite") < 2:
        time.sleep(0.05)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert time.monotonic() - began <= 2.0
    assert process.returncode == 130 and b"--resume" in err and b"Traceback" not in err
    assert gone(mark, within_s=2)
