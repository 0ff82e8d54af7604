"""The command line: transcripts, exit codes, hostile arguments."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from small_world import HERE, Command, command, digests, environment


def test_one_screen_of_findings_and_then_already_done(ceasefire: Command, small: Path) -> None:
    first = ceasefire("run", "small.toml", "--out", "out")
    assert first.code == 0, first.err
    lines = first.out.splitlines()
    assert lines[0] == "A small test world: 4 replications, seed 1"
    whole = " ".join(lines)
    assert re.search(
        r"In the assumed world “small, tense regime”, of 100 acts of advance into the grey zone by side [AB] at "
        r"(daylight|night), design “A small test world” would notice \d+, confirm \d+, attribute \d+ rightly and "
        r"\d+ wrongly, and \d+ would be answered within 6 h \(simulation noise ± \d+\)\.", whole,
    )  # fmt: skip
    assert "Range over the assumptions: not computed." in lines
    assert re.search(r"^skill +none: the stage that gives it does not exist yet$", first.out, re.MULTILINE)
    assert re.search(r"^detected_share +0\.\d+ +0\.\d+ to 0\.\d+ +4$", first.out, re.MULTILINE)
    assert "implies no position on status or borders" in whole
    assert len(lines) <= 40 and max(map(len, lines)) <= 110
    again = ceasefire("run", "small.toml", "--out", "out")
    assert (again.code, again.out.splitlines()[1]) == (0, "already done: nothing was run, nothing was written")


def test_the_default_folder_has_name_and_hash(ceasefire: Command, small: Path) -> None:
    assert ceasefire("run", "small.toml", "--quiet").out == ""
    (folder,) = (small.parent / "runs").iterdir()
    assert re.fullmatch(r"small-[0-9a-f]{12}", folder.name)
    assert ceasefire("run", "small.toml", "--quiet", "--replications", "6").code == 0
    assert ceasefire("run", "small.toml", "--quiet", "--seed", "5").code == 0
    assert len(list((small.parent / "runs").iterdir())) == 2


def test_json_is_one_document_and_nothing_else(ceasefire: Command) -> None:
    whole = json.loads(ceasefire("run", "small.toml", "--out", "out", "--json").out)
    assert (whole["status"], whole["already_done"], whole["code"]) == ("SIMULATED", False, 0)
    assert whole["measures"]["detected_share"]["replications"] == 4


def test_several_files_go_to_folders_of_their_names(ceasefire: Command, small: Path) -> None:
    other = small.read_text(encoding="utf-8").replace('name = "small"', 'name = "other"')
    (small.parent / "b.toml").write_text(other, encoding="utf-8")
    assert ceasefire("run", "small.toml", "b.toml", "--out", "out", "--quiet").code == 0
    assert sorted(p.name for p in (small.parent / "out").iterdir()) == ["other", "small"]
    (small.parent / "c.toml").write_text(other, encoding="utf-8")
    assert ceasefire("run", "c.toml", "b.toml", "--out", "two").code == 2


def test_a_seed_set_gives_seed_and_replications(ceasefire: Command, small: Path) -> None:
    (small.parent / "mine.toml").write_text('name = "mine"\nseed = 9\nreplications = 3\n', encoding="utf-8")
    whole = json.loads(ceasefire("run", "small.toml", "--seeds", "mine.toml", "--out", "out", "--json").out)
    assert (whole["seed"], whole["replications"]["done"]) == (9, 3)
    assert (
        json.loads(ceasefire("run", "small.toml", "--seeds", "quick", "--out", "q", "--json").out)["replications"]["done"] == 10
    )
    assert ceasefire("run", "small.toml", "--seeds", "quick", "--seed", "1").code == 2
    assert ceasefire("run", "small.toml", "--seeds", "nothing").code == 3
    (small.parent / "bad.toml").write_text("seed = -1\nreplications = 3\n", encoding="utf-8")
    answer = ceasefire("run", "small.toml", "--seeds", "bad.toml")
    assert answer.code == 3 and "seed = -1" in answer.err


NUMBERS = ["-1", "1e9", "1.5", "nan", "1_000", "٣", "", " 1", "0x10", "+1", "9" * 40]


@pytest.mark.parametrize("text", NUMBERS)
@pytest.mark.parametrize(("option", "span"), [("--seed", "0..9223372036854775807"), ("--replications", "1..100000"),
                                              ("--workers", "1..1024")])  # fmt: skip
def test_numbers_are_whole_in_plain_digits_and_in_range(
    option: str, span: str, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    from sim.cli import door

    assert door(["run", "x.toml", option, text]) == 2
    err = capfd.readouterr().err
    assert option in err and span in err and "Usage: ceasefire run" in err


@pytest.mark.parametrize(
    "args",
    [
        ["--see", "5"], ["--seed", "1", "--seed", "2"], ["--Seed", "1"], ["--seed=1_000"], ["-seed", "1"],
        ["--seed=1", "--seed=1"],
        ["--workers", "0"], ["--workers", "9999"], ["--replications", "0"], ["--set", "nonsense"], ["--keep-rows", "-5"],
        ["--out", "a", "--out", "b"], ["--quiet", "--quiet"], ["--nothing"],
    ],
)  # fmt: skip
def test_options_are_never_guessed(args: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    from sim.cli import door

    assert door(["run", "x.toml", *args]) == 2
    out, err = capfd.readouterr()
    assert out == "" and "Usage:" in err and "Traceback" not in err
    assert args[0].partition("=")[0].lower().lstrip("-")[:4] in err.lower()


def test_usage_errors_do_not_open_heavy_libraries() -> None:
    code = (
        "import sys; from sim.cli import door; door(['run', 'x', '--seed', '-1'])\n"
        "print([m for m in ('numpy', 'pandas', 'simpy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_hostile_files(ceasefire: Command, small: Path) -> None:
    os.mkfifo(small.parent / "pipe")
    (small.parent / "-x.toml").write_bytes(small.read_bytes())
    (small.parent / "empty.toml").write_bytes(b"")
    (small.parent / "link.toml").symlink_to(small)
    assert ceasefire("run", "-").code == 2
    assert ceasefire("run", "pipe").code == 2
    assert ceasefire("run", "/dev/zero").code == 3
    twice = ceasefire("run", "small.toml", "./small.toml")
    assert twice.code == 2 and "given twice" in twice.err
    assert ceasefire("run", "small.toml", "link.toml").code == 2
    for name in ("nothing*.toml", "missing.toml", "empty.toml", ".", "a\nb.toml"):
        answer = ceasefire("run", name)
        assert answer.code == 3 and "Traceback" not in answer.err, name
    assert ceasefire("run").code == 2
    assert ceasefire("run", "--quiet", "--out", "o", "--", "-x.toml").code == 0
    assert not (small.parent / "runs").exists()


def test_bad_input_writes_nothing(ceasefire: Command, small: Path) -> None:
    (small.parent / "bad.toml").write_text(small.read_text(encoding="utf-8") + "\n[typo]\n", encoding="utf-8")
    answer = ceasefire("run", "small.toml", "bad.toml", "--out", "out")
    assert answer.code == 3 and "bad.toml" in answer.err and "typo" in answer.err
    assert not (small.parent / "out").exists()
    as_json = ceasefire("run", "bad.toml", "--json-errors")
    assert json.loads(as_json.err)["errors"][0]["key"] == "typo"
    assert ceasefire("run", "small.toml", "--set", "verification.staff.analysts=-3").code == 3
    assert ceasefire("run", "small.toml", "--data", "nowhere").code == 3


def test_places_that_cannot_be_written(ceasefire: Command, small: Path) -> None:
    (small.parent / "full").mkdir()
    (small.parent / "full" / "x.txt").write_text("mine", encoding="utf-8")
    (small.parent / "file").write_text("mine", encoding="utf-8")
    before = digests(small.parent)
    for out in ("full", "file", "file/below", ".", "/proc/nothing"):
        answer = ceasefire("run", "small.toml", "--out", out)
        assert answer.code == 5 and "--out" in answer.err and "Traceback" not in answer.err, out
    assert digests(small.parent) == before


def test_a_bug_of_ours_is_one_line_with_a_file(ceasefire: Command, tmp_path: Path) -> None:
    answer = ceasefire("run", "small.toml", FAKE_RAISE="0,1,2,3", TMPDIR=str(tmp_path))
    assert answer.code == 1
    last = answer.err.strip().splitlines()[-1]
    assert last.startswith("internal error: ValueError: replication 0 was told to fail")
    assert "Traceback" not in answer.err
    assert "Traceback" in Path(last.rpartition(" ")[2]).read_text(encoding="utf-8")


@pytest.mark.parametrize("env", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "TERM": "dumb"}, {"PYTHONHASHSEED": "1"},
                                 {"TZ": "Pacific/Apia"}])  # fmt: skip
def test_hostile_environments_change_no_byte(ceasefire: Command, small: Path, env: dict[str, str]) -> None:
    ceasefire("run", "small.toml", "--out", "plain", "--workers", "1")
    answer = ceasefire("run", "small.toml", "--out", "other", "--workers", "2", **env)
    assert answer.code == 0 and "Traceback" not in answer.err
    assert digests(small.parent / "plain") == digests(small.parent / "other")


def test_a_reader_that_goes_away_is_no_error(small: Path) -> None:
    script = f"{sys.executable} {HERE / 'fake_cli.py'} explain small.toml | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], cwd=small.parent, env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0" and done.stderr == ""


def test_compare_pairs_two_designs(ceasefire: Command, small: Path) -> None:
    (small.parent / "more.toml").write_text(
        'schema = 1\nname = "more"\ninclude = ["small.toml"]\n[verification.staff]\nanalysts = 9\n', encoding="utf-8"
    )
    answer = ceasefire("compare", "small.toml", "more.toml", "--replications", "12", "--out", "out")
    assert answer.code == 0, answer.err
    assert answer.out.splitlines()[0] == "A = small, B = more: 12 pairs of replications that share their luck"
    assert re.search(r"^detected_share .* B higher +÷ [0-9.]+$", answer.out, re.MULTILINE)
    assert re.search(r"^violations_per_day .* no clear difference$", answer.out, re.MULTILINE)
    with open(small.parent / "out" / "compare.csv", encoding="utf-8", newline="") as file:
        rows = {row["measure"]: row for row in csv.DictReader(file)}
    assert float(rows["detected_share"]["difference"]) > 0.1 and float(rows["detected_share"]["noise_reduction"]) > 1
    folders = ceasefire("compare", "out/small", "out/more", "--json")
    found = json.loads(folders.out)["comparisons"][0]["differences"]
    assert {d["measure"]: d["difference"] for d in found}["detected_share"] == float(rows["detected_share"]["difference"])


def test_compare_refuses_what_cannot_be_compared(ceasefire: Command, small: Path) -> None:
    ceasefire("run", "small.toml", "--out", "a", "--quiet")
    ceasefire("run", "small.toml", "--out", "b", "--quiet", "--seed", "2")
    ceasefire("run", "small.toml", "--out", "c", "--quiet", "--set", "days=2")
    (small.parent / "empty").mkdir()
    for other in ("b", "c", "empty"):
        answer = ceasefire("compare", "a", other)
        assert answer.code == 6 and other in answer.err, other
    assert ceasefire("compare", "a").code == 2
    assert ceasefire("compare", "a", "a").code == 2


def test_sweep_runs_a_grid_and_adds_to_it(ceasefire: Command, small: Path) -> None:
    grid = ["--vary", "verification.staff.analysts=3:9:3", "--vary", "days=1,2", "--replications", "3", "--out", "s"]
    answer = ceasefire("sweep", "small.toml", *grid, "--quiet")
    assert answer.code == 0, answer.err
    with open(small.parent / "s" / "sweep.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["measure"] == "detected_share"]
    assert [(r["verification.staff.analysts"], r["days"]) for r in rows] == [(a, d) for a in ("3", "6", "9") for d in ("1", "2")]
    assert (small.parent / "s" / "figures" / "heatmap.svg").read_text(encoding="utf-8").startswith("<?xml")
    before = digests(small.parent / "s")
    again = ceasefire("sweep", "small.toml", *grid, FAKE_RAISE="0,1,2")
    assert again.code == 0 and "already done" in again.out and digests(small.parent / "s") == before
    more = ceasefire("sweep", "small.toml", "--vary", "verification.staff.analysts=3:12:3", *grid[2:], FAKE_RAISE="9")
    assert more.code == 0
    ceasefire("sweep", "small.toml", "--vary", "days=2,1", "--vary", "verification.staff.analysts=12,3", "--replications",
              "3", "--out", "t", "--workers", "1")  # fmt: skip
    grown, fresh = (_estimates(small.parent / name / "sweep.csv") for name in ("s", "t"))
    assert len(fresh) == 4 and all(grown[key] == value for key, value in fresh.items())


def _estimates(path: Path) -> dict[tuple[str, str], tuple[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["measure"] == "detected_share"]
    return {(r["verification.staff.analysts"], r["days"]): (r["estimate"], r["noise_low"]) for r in rows}


def test_a_point_alone_equals_the_same_point_of_a_sweep_and_a_run(ceasefire: Command, small: Path) -> None:
    ceasefire("sweep", "small.toml", "--vary", "verification.staff.analysts=3,6,9", "--out", "s", "--quiet")
    ceasefire("run", "small.toml", "--set", "verification.staff.analysts=9", "--out", "r", "--quiet")
    with open(small.parent / "s" / "sweep.csv", encoding="utf-8", newline="") as file:
        swept = {r["measure"]: r["estimate"] for r in csv.DictReader(file) if r["point"] == "2"}
    with open(small.parent / "r" / "summary.csv", encoding="utf-8", newline="") as file:
        ran = {r["measure"]: r["estimate"] for r in csv.DictReader(file) if r["by"] == "all"}
    assert swept == ran


def test_sweep_says_its_size_first(ceasefire: Command, small: Path) -> None:
    dry = ceasefire("sweep", "small.toml", "--vary", "days=1:5:1", "--dry-run")
    assert dry.code == 0 and dry.out.startswith("5 points of 4 replications: 20 runs, about ")
    huge = ceasefire("sweep", "small.toml", "--vary", "days=0:1:1e-6", "--vary", "follow_up_h=0:1:1e-6")
    assert huge.code == 3 and "1000002000001 points" in huge.err and "--max-points" in huge.err
    assert ceasefire("sweep", "small.toml").code == 2
    assert ceasefire("sweep", "small.toml", "--vary", "days=0:1:0").code == 2
    bad = ceasefire("sweep", "small.toml", "--vary", "days=1,-2")
    assert bad.code == 3 and "days" in bad.err
    assert ceasefire("sweep", "small.toml", "--vary", "nothing.here=1,2").code == 3
    assert sorted(p.name for p in small.parent.iterdir()) == ["small.toml"]


def test_check_explain_new_and_schema(small: Path) -> None:
    here = small.parent
    assert command(here, "check", "small.toml", real=True).out.startswith("small.toml: valid; 4 replications take roughly")
    assert command(here, "check", "missing.toml", real=True).code == 3
    assert command(here, "check", "small.toml", "--strict", real=True).code == 3
    lines = command(here, "explain", "small.toml", "verification.staff", real=True).out.splitlines()
    assert lines[0].startswith("verification.staff.analysts = 6") and "small.toml:" in lines[0]
    assert command(here, "explain", "small.toml", "verification.stuff", real=True).code == 3
    assert command(here, "new", "mine", "--from", "technical-means", real=True).code == 0
    assert command(here, "check", "mine.toml", real=True).code == 0
    assert command(here, "new", "mine", real=True).code == 5
    assert command(here, "new", "../mine", real=True).code == 3
    assert json.loads(command(here, "schema", real=True).out)["title"] == "ceasefire-sim scenario"


def test_every_verb_teaches_with_an_example(capfd: pytest.CaptureFixture[str]) -> None:
    from sim.cli import door

    assert door(["--help"]) == 0
    verbs = re.findall(r"^  ([a-z]+)  ", capfd.readouterr().out, re.MULTILINE)
    assert {"check", "explain", "run", "compare", "sweep", "prove", "report", "new", "schema"} <= set(verbs)
    for verb in verbs:
        assert door([verb, "--help"]) == 0
        assert f"Example: ceasefire {verb}" in capfd.readouterr().out


def test_help_and_check_are_fast(small: Path) -> None:
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); " \
        "u = resource.getrusage(resource.RUSAGE_CHILDREN); print(u.ru_utime + u.ru_stime)"  # fmt: skip
    for args, limit in ((["--help"], 0.25), (["check", "technical-means"], 0.4)):
        best = min(
            float(subprocess.run([sys.executable, "-c", code, sys.executable, "-m", "sim", *args], env=environment(),
                                 capture_output=True, text=True, check=True).stdout) for _ in range(3)
        )  # fmt: skip
        assert best <= limit, (args, best)
