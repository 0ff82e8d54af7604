"""What the run folder of a replay holds: no rows or verdicts about real events, and no shares of fewer than thirty of them."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from processes import ROOT
from replays import many, scenario_in, write

from sim.experiment.withheld import OF_ACTS


class Answer(NamedTuple):
    """What a command gave back."""

    code: int
    out: str
    err: str


def run_cli(*args: str) -> Answer:
    """Run the command line as a process of its own."""
    done = subprocess.run([sys.executable, "-m", "sim", *args], cwd=ROOT, capture_output=True, timeout=120, check=False)
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())


def finished(folder: Path, events: int, *more: str) -> dict[str, Any]:
    """Run the made-up replay and read its summary."""
    write(folder, many(events))
    scenario_in(folder)
    answer = run_cli("run", str(folder / "replayed.toml"), "--out", str(folder / "out"), "--workers", "1", "--replications", "3",
                     *more)
    assert answer.code == 0, answer.err
    (folder / "screen.txt").write_text(answer.out, encoding="utf-8")
    whole: dict[str, Any] = json.loads((folder / "out" / "summary.json").read_bytes())
    return whole


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with open(folder / "out" / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_replay_holds_no_single_event(tmp_path: Path) -> None:
    summary = finished(tmp_path, 90)
    for name in (*OF_ACTS, "verdicts"):
        assert table(tmp_path, f"{name}.csv") == [], name
    assert len(table(tmp_path, "coverage.csv")) > 10
    assert summary["measures"]["detected_share"]["estimate"] > 0
    assert summary["measures"]["violations_per_day"]["estimate"] == pytest.approx(9.0)
    told = " ".join(summary["notes"])
    assert "90 events used; left out: 0 outside the days asked for, 0 with coarse dates" in told
    assert "q = 1: true rate = recorded / q" in told
    screen = " ".join((tmp_path / "screen.txt").read_text(encoding="utf-8").split())
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    for note in summary["notes"]:
        assert note in screen
        assert note[:60] in report


def test_shares_rest_on_thirty_events(tmp_path: Path) -> None:
    """Of 90 events 45 lie in each sector (shares), 60 and 30 are of the two kinds (shares), and few of both together (none)."""
    finished(tmp_path, 90)
    shares = {(row["by"], row["group"]): row["estimate"] for row in table(tmp_path, "summary.csv")
              if row["measure"] == "detected_share"}
    assert shares["kind", "shelling"] and shares["kind", "raid"] and shares["sector", "west"]
    rows = [row for row in table(tmp_path, "summary.csv") if row["by"] == "kind-side-light"]
    assert len(rows) == 4 and all(row["estimate"] == "" and "under 30" in row["reason"] for row in rows)


@pytest.mark.parametrize(("events", "shown"), [(29, False), (30, True)])
def test_the_limit_is_thirty(events: int, shown: bool, tmp_path: Path) -> None:
    summary = finished(tmp_path, events)
    share = summary["measures"]["detected_share"]
    assert (share["estimate"] is not None) is shown
    assert ("under 30 recorded events" in share["reason"]) is not shown
    if not shown:
        for name in ("skill", "power_median", "undetermined_share", "precision", "time_to_detect_median_h"):
            assert summary["measures"][name]["estimate"] is None, name
        assert summary["findings"] == []
        row = next(r for r in table(tmp_path, "replications.csv") if r["measure"] == "detected_share")
        assert (row["value"], row["numerator"], row["denominator"]) == ("", "0.0", "0.0")


def test_unrecorded_events_do_not_count_towards_the_limit(tmp_path: Path) -> None:
    """At q = 0.2 twenty events stand for a hundred acts, and still no share is shown."""
    summary = finished(tmp_path, 20, "--set", "conduct.replay.capture_share=0.2")
    assert summary["measures"]["violations_per_day"]["estimate"] > 5
    assert summary["measures"]["detected_share"]["estimate"] is None


def test_a_replay_sweeps_over_its_capture_share(tmp_path: Path) -> None:
    write(tmp_path, many(60))
    scenario_in(tmp_path)
    answer = run_cli("sweep", str(tmp_path / "replayed.toml"), "--vary", "conduct.replay.capture_share=0.2,0.5,0.8", "--workers",
                     "1", "--replications", "3", "--out", str(tmp_path / "out"))
    assert answer.code == 0, answer.err
    rates = [float(row["estimate"]) for row in table(tmp_path, "sweep.csv") if row["measure"] == "violations_per_day"]
    assert rates == pytest.approx([30.0, 12.0, 7.5], rel=0.2) and rates == sorted(rates, reverse=True)


def test_a_bad_table_is_an_input_error(tmp_path: Path) -> None:
    write(tmp_path, many(1))
    scenario_in(tmp_path)
    write(tmp_path, [{**many(1)[0], "lat": "north"}])
    answer = run_cli("run", str(tmp_path / "replayed.toml"), "--out", str(tmp_path / "out"))
    assert answer.code == 3
    assert 'events.csv:2:13: lat = "north": must be a number in -90..90' in answer.err
    assert not (tmp_path / "out").exists()


def test_an_absent_table_is_remarked_by_check_and_refused_by_run(tmp_path: Path) -> None:
    file = str(ROOT / "scenarios" / "replay-minsk.toml")
    checked = run_cli("check", "--strict", file)
    assert checked.code == 0 and "cannot be run without" in checked.out
    refused = run_cli("run", file, "--out", str(tmp_path / "out"))
    assert refused.code == 3 and "conduct.replay.file" in refused.err
