"""The verb trace through the command line: every step of a life against the tables of the run, digests, and refusals."""

from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_world import environment

ROOT = Path(__file__).parents[2]


def _ceasefire(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "sim", *args], cwd=ROOT, env=environment(), capture_output=True, text=True,
                          check=False, timeout=300)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of a world with deception, complaints and false alarms."""
    out = tmp_path_factory.mktemp("trace") / "run"
    done = _ceasefire("run", "scenarios/coordinated-fabrication.toml", "--set", "days=2", "--replications", "2", "--workers", "1",
                      "--out", str(out), "--quiet")
    assert done.returncode == 0, done.stderr
    return out


def _rows(run: Path, table: str) -> list[dict[str, str]]:
    with open(run / f"{table}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _traced(run: Path, *args: str) -> dict[str, Any]:
    done = _ceasefire("trace", str(run), *args, "--json")
    assert done.returncode == 0, done.stderr
    whole: dict[str, Any] = json.loads(done.stdout)
    return whole


def _observed(run: Path, key: str) -> list[dict[str, str]]:
    return [row for row in _rows(run, "observations") if row["violation"] == key]


def test_the_life_of_a_confirmed_violation_is_that_of_the_tables(finished: Path) -> None:
    row = next(r for r in _rows(finished, "violations") if r["replication"] == "1" and r["attributed_h"] and r["answered_h"])
    whole = _traced(finished, "--violation", row["violation"])
    assert (whole["status"], whole["replication"], whole["digest_matches"]) == ("SIMULATED", 1, True)
    (seen,) = {r["digest"] for r in _rows(finished, "replications") if r["replication"] == "1"}
    assert whole["digest"] == seen
    for column in ("onset_h", "verified_h", "attributed_h", "answered_h"):
        assert whole["violation"][column] == pytest.approx(float(row[column]), abs=1e-4)
    reported = {one["observation"]: one["seen_h"] for one in whole["looks"] if one["outcome"] == "reported"}
    for one in _observed(finished, row["violation"]):
        assert reported[one["observation"]] == pytest.approx(float(one["seen_h"]), abs=1e-4)
    confirmed = [c["confirmed_h"] for c in whole["cases"] if c["confirmed_h"] is not None]
    assert min(confirmed) == pytest.approx(float(row["verified_h"]), abs=1e-4)
    met = [one["desk"] for c in whole["cases"] for one in c["reports"] if one["desk"].get("standard_met")]
    assert min(desk["at_h"] for desk in met) == pytest.approx(min(confirmed), abs=1e-4)
    assert whole["findings"] and whole["orders"] and whole["verdict"]["side"] == row["side"]


def test_each_look_lies_within_the_life_and_says_why_it_failed(finished: Path) -> None:
    row = next(r for r in _rows(finished, "violations") if not r["detected_h"] and float(r["trace_end_h"]) < 40)
    whole = _traced(finished, "--violation", row["violation"])
    assert whole["looks"], "an act of a watched line has looks"
    assert not [one for one in whole["looks"] if one["outcome"] in ("reported", "repeat")]
    for one in whole["looks"]:
        begin, end = ("onset_h", "end_h") if one["of"] == "act" else ("end_h", "trace_end_h")
        assert one["start_h"] <= float(row[end]) + 1e-3 and one["end_h"] >= float(row[begin]) - 1e-3
        assert (one["detectability"] > 0) or one["outcome"] != "missed"
    text = _ceasefire("trace", str(finished), "--violation", row["violation"]).stdout
    assert text.startswith("SIMULATED.") and "Who could have seen it:" in text and "No finding came of it." in text


def test_a_false_finding_tells_what_was_behind_its_reports(finished: Path) -> None:
    every = _rows(finished, "findings")
    row = next(r for r in every if not r["violation"])
    whole = _traced(finished, "--finding", row["finding"])
    assert whole["false"] is True and whole["finding"]["grade"] == row["grade"]
    (case,) = whole["cases"]
    behind = [one["behind"] for one in case["reports"]]
    assert set(behind) - {"violation"}, behind
    true = next(r for r in every if r["violation"])
    assert _traced(finished, "--finding", true["finding"])["false"] is False


def test_an_unknown_id_names_the_nearest_and_usage_is_checked(finished: Path) -> None:
    key = _rows(finished, "violations")[0]["violation"]
    near = key[:-1] + ("0" if key[-1] != "0" else "1")
    done = _ceasefire("trace", str(finished), "--violation", near)
    assert done.returncode == 3 and f"did you mean {key}?" in done.stderr and done.stdout == ""
    assert _ceasefire("trace", str(finished), "--violation", key, "--replication", "7").returncode == 3
    assert _ceasefire("trace", str(finished)).returncode == 2
    assert _ceasefire("trace", str(finished), "--violation", key, "--finding", key).returncode == 2
    assert _ceasefire("trace", str(finished / "absent"), "--violation", key).returncode == 3


def test_a_replication_of_another_digest_is_told_nothing_of(finished: Path, tmp_path: Path) -> None:
    """The journal is changed together with its seal and manifest, as other code would have written it."""
    from shutil import copytree

    from sim.experiment.journal import _row, reading
    from sim.experiment.place import write_sums

    copy = tmp_path / "run"
    copytree(finished, copy)
    with reading(copy) as journal:
        first = next(iter(journal.outcomes()))
    with sqlite3.connect(copy / "journal.sqlite") as base:
        base.execute("INSERT OR REPLACE INTO outcomes VALUES (?,?,?,?,?,?,?,?,?)", _row(first._replace(digest="0" * 32)))
    base.close()
    write_sums(copy)
    key = next(r["violation"] for r in _rows(copy, "violations") if r["replication"] == "0")
    done = _ceasefire("trace", str(copy), "--violation", key)
    assert done.returncode == 6 and "run again gives digest" in done.stderr and done.stdout == ""
    (copy / "violations.csv").write_bytes((copy / "violations.csv").read_bytes() + b"x")
    assert _ceasefire("trace", str(copy), "--violation", key).returncode == 6


def test_parties_that_adapt_are_not_traced(tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = _ceasefire("run", "scenarios/adaptive-parties.toml", "--set", "days=1", "--replications", "1", "--workers", "1",
                      "--out", str(out), "--quiet")
    assert done.returncode == 0, done.stderr
    done = _ceasefire("trace", str(out), "--violation", "0" * 16)
    assert done.returncode == 3 and "adapt" in done.stderr and done.stdout == ""
