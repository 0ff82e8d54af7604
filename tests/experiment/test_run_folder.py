"""Run folders: the same bytes however the work is shared, nothing run twice, nothing overwritten."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FAKE
from small_world import digests

from sim.experiment import identity
from sim.experiment.refusals import BadIntegrity, BadPlace
from sim.experiment.run_folder import AllFailed, Finished, Plan, read_back, run
from sim.ledger import COLUMNS

Go = Callable[..., Finished]


@pytest.fixture
def go(loaded: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Go:
    monkeypatch.setattr(identity, "code_digest", lambda: "fake code")

    def start(name: str, count: int, workers: int = 1, *, seed: int = 7, **more: Any) -> Finished:
        return run(Plan(loaded.scenario, FAKE, seed, count, tmp_path / name, workers, **more))

    return start


def test_the_same_bytes_for_one_and_two_workers_and_for_a_run_that_was_extended(go: Go, tmp_path: Path) -> None:
    go("one", 8)
    go("two", 8, 2)
    go("grown", 3)
    go("grown", 8, 2)
    assert digests(tmp_path / "one") == digests(tmp_path / "two") == digests(tmp_path / "grown")


def test_a_finished_run_is_read_and_not_touched(go: Go, tmp_path: Path) -> None:
    first = go("run", 4)
    before = digests(tmp_path / "run"), (tmp_path / "run").stat().st_mtime_ns
    again = go("run", 4)
    assert (first.already, again.already) == (False, True)
    assert before == (digests(tmp_path / "run"), (tmp_path / "run").stat().st_mtime_ns)
    assert go("run", 2).replications == 4


def test_tables_have_the_columns_of_the_contract_and_say_simulated(go: Go, tmp_path: Path) -> None:
    go("run", 3)
    for name, columns in COLUMNS.items():
        with open(tmp_path / "run" / f"{name}.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert rows[0] == ["replication", *columns, "status"]
        assert all(row[-1] == "SIMULATED" for row in rows[1:])
    assert len((tmp_path / "run" / "violations.csv").read_bytes().splitlines()) == 1 + 3 * 40
    assert b"\r" not in (tmp_path / "run" / "violations.csv").read_bytes()


def test_the_summary_holds_what_the_contract_names(go: Go, tmp_path: Path) -> None:
    whole = go("run", 4).summary
    keys = ["unit", "estimate", "noise_low", "noise_high", "level", "replications", "input_low", "input_high",
            "input_points", "reason"]  # fmt: skip
    assert all(list(m) == keys for m in whole["measures"].values())
    assert all(m["reason"] for m in whole["measures"].values() if m["estimate"] is None)
    assert whole["measures"]["detected_share"]["reason"] == "range over the assumptions: not computed"
    assert whole["tables"]["kept_replications"] == 4 and whole["status"] == "SIMULATED"
    assert whole["findings"][0].startswith("In the assumed world “small, tense regime”, of 100 acts of ")
    assert "(simulation noise ± " in whole["findings"][0]


def test_only_whole_replications_within_the_limit_are_kept_and_it_is_said(go: Go, tmp_path: Path) -> None:
    kept = go("run", 5, rows=100).summary["tables"]
    assert kept == {"kept_replications": 2, "limit": 100, "rows": {n: 80 * (n == "violations") for n in COLUMNS}}
    go("run", 6, rows=100)
    assert len((tmp_path / "run" / "violations.csv").read_bytes().splitlines()) == 81


def test_digests_can_be_checked_with_any_sha256sum(go: Go, tmp_path: Path) -> None:
    go("run", 2)
    done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path / "run", check=False)
    assert done.returncode == 0


def test_provenance_holds_no_place_time_or_host(go: Go, tmp_path: Path) -> None:
    go("run", 2)
    text = (tmp_path / "run" / "provenance.json").read_text(encoding="utf-8").replace("confusers.csv", "confusing.csv")
    whole = json.loads(text)
    assert str(tmp_path) not in text and "time" not in whole and "host" not in text and "user" not in text
    assert set(whole["files"]) >= {"summary.csv", "summary.json", "violations.csv", "scenario.resolved.toml"}


def test_the_resolved_scenario_reads_back_as_the_same_scenario(go: Go, tmp_path: Path, loaded: Any) -> None:
    from sim.scenario.canonical import scenario_hash
    from sim.scenario.reader import read

    go("run", 2)
    again = read(tmp_path / "run" / "scenario.resolved.toml").scenario
    assert scenario_hash(again) == scenario_hash(loaded.scenario)
    assert (again.study.seed, again.study.replications) == (7, 2)


def test_another_seed_or_code_is_refused_with_what_differs(go: Go, tmp_path: Path, monkeypatch: Any) -> None:
    go("run", 2)
    before = digests(tmp_path / "run")
    with pytest.raises(BadIntegrity, match="seed: there 7, asked for 8"):
        go("run", 2, seed=8)
    monkeypatch.setattr(identity, "code_digest", lambda: "other code")
    with pytest.raises(BadIntegrity, match="code: there fake code, asked for other code"):
        go("run", 2)
    assert digests(tmp_path / "run") == before


def test_an_edited_scenario_is_refused_with_the_lines_that_differ(loaded: Any, tmp_path: Path, small: Path, go: Go) -> None:
    from sim.scenario.reader import read

    go("run", 2)
    other = read(small, overrides=[("verification.staff.analysts", "9")]).scenario
    with pytest.raises(BadIntegrity, match=r"-analysts = 6\n.*\n? *\+analysts = 9"):
        run(Plan(other, FAKE, 7, 2, tmp_path / "run"))


def test_force_moves_the_old_run_aside(go: Go, tmp_path: Path) -> None:
    go("run", 2)
    old = digests(tmp_path / "run")
    go("run", 2, seed=8, force=True)
    go("run", 2, seed=9, force=True)
    assert digests(tmp_path / "run.1") == old
    assert json.loads((tmp_path / "run.2" / "summary.json").read_bytes())["seed"] == 8
    assert json.loads((tmp_path / "run" / "summary.json").read_bytes())["seed"] == 9


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_with_other_files_is_left_alone_even_by_force(go: Go, tmp_path: Path, force: bool) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("do not touch", encoding="utf-8")
    with pytest.raises(BadPlace, match=r"--out .*--resume"):
        go("mine", 2, force=force)
    assert digests(tmp_path / "mine") == {**digests(tmp_path / "mine")} and len(digests(tmp_path / "mine")) == 1


def test_a_file_or_a_link_is_no_folder(go: Go, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        with pytest.raises(BadPlace, match="--out"):
            go(name, 2)


def test_a_failing_replication_loses_only_itself(go: Go, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("FAKE_RAISE", "1")
    found = go("run", 4)
    assert (found.replications, found.failed, found.code) == (3, 1, 4)
    assert found.summary["failures"] == [
        {"replication": 1, "outcome": "failed", "reason": "ValueError: replication 1 was told to fail"}
    ]
    monkeypatch.setenv("FAKE_RAISE", "")
    again = go("run", 4)
    assert (again.replications, again.failed, again.code) == (4, 0, 0)
    go("clean", 4)
    assert (tmp_path / "run" / "summary.csv").read_bytes() == (tmp_path / "clean" / "summary.csv").read_bytes()


def test_capped_replications_are_counted_and_left_out(go: Go, monkeypatch: Any) -> None:
    monkeypatch.setenv("FAKE_CAP", "0,2")
    found = go("run", 4)
    assert (found.replications, found.capped, found.code) == (2, 2, 4)
    assert found.summary["measures"]["detected_share"]["replications"] == 2


def test_a_world_that_always_fails_is_told(go: Go, monkeypatch: Any) -> None:
    monkeypatch.setenv("FAKE_RAISE", "0,1")
    with pytest.raises(AllFailed, match="told to fail"):
        go("run", 2)


def test_a_worker_that_dies_is_tried_again_and_then_given_up(go: Go, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("FAKE_DIE", "2")
    found = go("run", 5, 2)
    assert (found.replications, found.failed) == (4, 1)
    assert found.summary["failures"][0]["reason"] == "its worker process died 3 times"
    monkeypatch.setenv("FAKE_DIE", "")
    go("run", 5, 2)
    go("clean", 5)
    assert digests(tmp_path / "run") == digests(tmp_path / "clean")


def test_replications_differ_and_do_not_depend_on_how_many_there_are(go: Go, tmp_path: Path) -> None:
    go("few", 3)
    go("many", 6)
    few, many = (read_back(tmp_path / name)[1] for name in ("few", "many"))
    assert [o.digest for o in few] == [o.digest for o in many[:3]]
    assert len({o.digest for o in many}) == 6
