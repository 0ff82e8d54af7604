"""Sweeps that are no full grid, and sweeps over sections and files."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from small_world import SMALL, Command, digests

from sim.experiment.grid import axis
from sim.experiment.refusals import BadInput, BadUsage
from sim.experiment.sampling import from_csv, placed, spread, unit_points
from sim.scenario.errors import ScenarioErrors
from sim.scenario.reader import read


def test_a_latin_hypercube_has_one_point_in_each_stratum_of_each_key() -> None:
    found = unit_points("lhs", ["a", "b", "c"], 50)
    for column in found.T:
        assert sorted(np.floor(column * 50).astype(int)) == list(range(50))


def test_sobol_points_are_even_and_stay_when_more_are_asked_for() -> None:
    few, many = unit_points("sobol", ["a", "b"], 20), unit_points("sobol", ["a", "b"], 64)
    assert (many[:16] == few[:16]).all()
    cells = {tuple(cell) for cell in np.floor(many * 8).astype(int)}
    assert len(cells) == 64, "a net of base 2: one point in each of 8 × 8 cells"


def test_values_of_ranges_and_lists() -> None:
    assert [placed(axis("k=1:3"), u) for u in (0.0, 0.34, 0.67, 0.999)] == ["1", "2", "3", "3"]
    assert placed(axis("k=0:1.0"), 0.5) == "0.5" and placed(axis("k=0:2.0"), 0.5) == "1.0"
    assert [placed(axis("k=calm,tense"), u) for u in (0.0, 0.5)] == ['"calm"', '"tense"']


def test_designs_do_not_depend_on_the_order_of_the_keys_and_hold_no_doubles() -> None:
    one, other = (spread([axis(t) for t in texts], "lhs", 30) for texts in (["a=1:9", "b=0:1.0"], ["b=0:1.0", "a=1:9"]))
    assert [p.label for p in one.points] == [p.label for p in other.points]
    assert len(spread([axis("a=1:3")], "sobol", 32).points) == 3
    with pytest.raises(BadUsage, match="needs a step"):
        spread([axis("a=1:3")], "grid", 0)
    with pytest.raises(BadInput, match="70 points, above --max-points 64"):
        spread([axis("a=1:3")], "lhs", 70, most=64)


@pytest.mark.parametrize(
    ("text", "said"),
    [("a,b\n1\n", "row 2 has 1 cells"), ("a,a\n1,2\n", "given twice"), ("a\n", "needs a row"), ("a\n1 2\n", "not a TOML"),
     ("a\n1\n2\n3\n", "has 3 points")],
)  # fmt: skip
def test_tables_of_points_name_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "p.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        from_csv(tmp_path / "p.csv", most=2)


def test_a_table_of_points(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("﻿a,b\n1,calm\n2,tense\n1,calm\n", encoding="utf-8")
    found = from_csv(tmp_path / "p.csv")
    assert [dict(p.values) for p in found.points] == [{"a": "1", "b": '"calm"'}, {"a": "2", "b": '"tense"'}]


def _rows(path: Path) -> list[dict[str, str]]:
    with open(path / "sweep.csv", encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["measure"] == "detected_share"]


def test_designs_run_and_resume(ceasefire: Command, small: Path) -> None:
    args = ("sweep", "small.toml", "--vary", "verification.staff.analysts=2:9", "--vary", "days=1:2.5", "--replications", "2")
    dry = ceasefire(*args, "--design", "lhs", "--points", "8", "--dry-run")
    assert dry.out.startswith("8 points of 2 replications: 16 runs, about ") and not (small.parent / "runs").exists()
    first = ceasefire(*args, "--design", "sobol", "--points", "8", "--out", "s")
    assert first.code == 0 and first.err.startswith("8 points of 2 replications: 16 runs"), first.err
    assert len(_rows(small.parent / "s")) == 8
    more = ceasefire(*args, "--design", "sobol", "--points", "16", "--out", "s", "--quiet", FAKE_RAISE="5")
    assert more.code == 0
    assert ceasefire(*args, "--design", "sobol", "--points", "16", "--out", "t", "--quiet", "--workers", "2").code == 0
    assert [r["estimate"] for r in _rows(small.parent / "s")] == [r["estimate"] for r in _rows(small.parent / "t")]
    assert ceasefire(*args, "--design", "grid").code == 2 and ceasefire(*args, "--design", "random").code == 2


def test_a_table_of_points_runs(ceasefire: Command, small: Path) -> None:
    (small.parent / "p.csv").write_text("verification.staff.analysts,days\n3,1\n9,2\n", encoding="utf-8")
    assert ceasefire("sweep", "small.toml", "--csv", "p.csv", "--out", "c", "--quiet").code == 0
    assert [(r["verification.staff.analysts"], r["days"]) for r in _rows(small.parent / "c")] == [("3", "1"), ("9", "2")]
    assert ceasefire("sweep", "small.toml", "--csv", "p.csv", "--vary", "days=1").code == 2
    assert ceasefire("sweep", "small.toml", "--csv", "none.csv").code == 3
    study = 'points_file = "p.csv"\nreplications = 4\n'
    small.write_text(SMALL.replace("replications = 4\n", study), encoding="utf-8")
    assert ceasefire("sweep", "small.toml", "--out", "d", "--quiet").code == 0
    assert [r["estimate"] for r in _rows(small.parent / "d")] == [r["estimate"] for r in _rows(small.parent / "c")]


def test_the_scenario_may_hold_a_design(ceasefire: Command, small: Path) -> None:
    study = 'design = "lhs"\npoints = 4\nvary = { "verification.staff.analysts" = [2, 9], "days" = [1.0, 2.0] }\n'
    small.write_text(SMALL + study, encoding="utf-8")
    assert ceasefire("sweep", "small.toml", "--dry-run").out.startswith("4 points of 4 replications")


def test_sections_and_files_are_swapped(ceasefire: Command, small: Path) -> None:
    staff = "[verification.staff]\nanalysts = {}\n"
    for name, analysts in (("few", 2), ("many", 9)):
        (small.parent / f"{name}.toml").write_text(staff.format(analysts), encoding="utf-8")
    for key in ("verification.staff", "include"):
        out = key.replace(".", "-")
        answer = ceasefire("sweep", "small.toml", "--vary", f"{key}=@few.toml,@many.toml", "--out", out, "--quiet")
        assert answer.code == 0, answer.err
        rows = _rows(small.parent / out)
        assert [r[key] for r in rows] == ["'@few.toml", "'@many.toml"]
        alone = ceasefire("run", "small.toml", "--set", "verification.staff.analysts=9", "--out", f"{out}-r", "--quiet")
        assert alone.code == 0 and float(rows[1]["estimate"]) > float(rows[0]["estimate"])
    by_value = ceasefire("sweep", "small.toml", "--vary", "verification.staff.analysts=2,9", "--out", "v", "--quiet")
    assert by_value.code == 0
    assert [r["estimate"] for r in _rows(small.parent / "v")] == [r["estimate"] for r in _rows(small.parent / "include")]


def test_a_section_replaces_and_a_file_is_laid_on(small: Path) -> None:
    kinds = '[conduct]\nregime = "calm"\nregimes = [{ id = "calm" }]\nkinds = [{ id = "advance", incidents_per_day = 1.0'
    kinds += ", duration_median_h = 3.0 }]\n"
    (small.parent / "calm.toml").write_text(kinds, encoding="utf-8")
    swapped = read(small, overrides=[("conduct", "@calm.toml"), ("days", "3.0")]).scenario
    laid = read(small, overrides=[("include", "@calm.toml")]).scenario
    assert [k.id for k in swapped.conduct.kinds] == ["advance"] and swapped.days == 3
    assert sorted(k.id for k in laid.conduct.kinds) == ["advance", "small-arms"] and laid.conduct.regime == "calm"


@pytest.mark.parametrize("value", ["@none.toml", "@../small.toml", "@/etc/passwd", "@small.toml\0"])
def test_files_stay_in_the_folders_of_the_scenario(small: Path, value: str) -> None:
    for key in ("conduct", "include"):
        with pytest.raises(ScenarioErrors):
            read(small, overrides=[(key, value)])
    with pytest.raises(ScenarioErrors, match="no such key"):
        read(small, overrides=[("monitoring.drones", "@small.toml")])


def test_a_combination_that_is_no_scenario_is_put_aside_and_counted(ceasefire: Command, small: Path) -> None:
    args = ("sweep", "small.toml", "--vary", "days=1,3", "--vary", "warm_up_h=0,48", "--design", "sobol", "--points", "16")
    answer = ceasefire(*args, "--out", "c", "--quiet")
    assert answer.code == 4, answer.err
    failures = (small.parent / "c" / "failures.csv").read_text(encoding="utf-8").splitlines()
    assert len(failures) == 5 and all("is no scenario: warm_up_h" in row for row in failures[1:])
    lost = {(r["days"], r["warm_up_h"]): r["failed"] for r in _rows(small.parent / "c")}
    assert lost == {("1", "0"): "0", ("3", "0"): "0", ("3", "48"): "0", ("1", "48"): "4"}
    (small.parent / "p.csv").write_text("days,warm_up_h\n1,0\n3,48\n1,48\n", encoding="utf-8")
    table = ceasefire("sweep", "small.toml", "--csv", "p.csv", "--out", "d")
    assert table.code == 3 and "warm_up_h" in table.err and not (small.parent / "d").exists()


def test_a_sweep_over_a_limit_or_with_failures_counts_them_at_each_point(ceasefire: Command, small: Path) -> None:
    args = ("sweep", "small.toml", "--vary", "verification.staff.analysts=3,9", "--out", "c")
    answer = ceasefire(*args, FAKE_RAISE="1", FAKE_CAP="2", FAKE_DIE="3")
    assert answer.code == 4
    assert {(r["replications"], r["capped"], r["failed"]) for r in _rows(small.parent / "c")} == {("1", "1", "2")}
    failures = (small.parent / "c" / "failures.csv").read_text(encoding="utf-8").splitlines()
    assert len(failures) == 7 and any("told to fail" in row for row in failures) and any("died" in row for row in failures)
    assert any("the limit of acts was reached" in row for row in failures)
    before = digests(small.parent / "c")
    assert ceasefire(*args).code == 4 and digests(small.parent / "c") != before, "failed ones are run again, capped ones are not"
