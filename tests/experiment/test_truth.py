"""The world alone: the verb `truth`, its tables and pictures, and what it refuses."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from small_world import ROOT, Answer, command, digests

from sim.engine import open_world, prepare
from sim.engine.world import stage_of, world_of
from sim.experiment.worlds import busiest_share, daylight_h, expected_of, gini, worlds_of
from sim.scenario.reader import read
from sim.truth.regimes import Spells

FILES = ["by_kind_and_side.csv", "counts_per_day.csv", "counts_per_day.svg", "hot_spots.csv", "hot_spots.svg", "regimes.csv",
         "sky.csv", "sky.svg", "truth.json"]  # fmt: skip


def truth(small: Path, *more: str) -> Answer:
    return command(small.parent, "truth", "small.toml", *more, real=True)


def table(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_files_screen_and_then_already_done(small: Path) -> None:
    first = truth(small, "--out", "t", "--replications", "6")
    assert first.code == 0, first.err
    folder = small.parent / "t"
    assert set(FILES) <= {p.name for p in folder.iterdir()}
    assert "the world alone, 6 worlds, seed 1, 1 days" in first.out and "regimes of the first world: tense from 0 d" in first.out
    for words in ("expected", "95 % interval", "Gini", "busiest tenth", "sky lets through", "hours of sun", "SIMULATED"):
        assert words in first.out
    assert len(first.out.splitlines()) <= 40
    for name in FILES:
        text = (folder / name).read_text(encoding="utf-8")
        assert "SIMULATED" in text, name
        if name.endswith(".csv"):
            assert {row["status"] for row in table(folder / name)} == {"SIMULATED"}
            assert text.partition("\n")[0].endswith(",status")
    before = digests(folder)
    again = truth(small, "--out", "t", "--replications", "6")
    assert again.code == 0 and "already done" in again.out and digests(folder) == before


def test_same_bytes_for_the_same_seed_and_other_luck_for_another(small: Path) -> None:
    for out, more in (("a", ()), ("b", ()), ("c", ("--seed", "2"))):
        assert truth(small, "--out", out, "--quiet", *more).code == 0
    a, b, c = (digests(small.parent / out) for out in "abc")
    assert a == b
    assert a["counts_per_day.csv"] != c["counts_per_day.csv"]


def test_tables_agree_with_one_another(small: Path) -> None:
    assert truth(small, "--out", "t", "--quiet", "--set", "days=3").code == 0
    folder = small.parent / "t"
    days, kinds, spots = (table(folder / f"{n}.csv") for n in ("counts_per_day", "by_kind_and_side", "hot_spots"))
    for row in kinds:
        mine = [d for d in days if (d["kind"], d["side"]) == (row["kind"], row["side"])]
        assert sum(int(d["acts_first_world"]) for d in mine) == int(row["acts_first_world"])
        assert math.fsum(float(d["expected_acts"]) for d in mine) == pytest.approx(float(row["expected_acts"]))
    first = sum(int(row["acts_first_world"]) for row in kinds)
    assert sum(int(s["acts_a_first_world"]) + int(s["acts_b_first_world"]) for s in spots) == first > 0
    assert math.fsum(float(s["expected_share"]) for s in spots) == pytest.approx(1)
    said = json.loads((folder / "truth.json").read_bytes())
    assert [row["acts_first_world"] for row in said["counts"]] == [int(row["acts_first_world"]) for row in kinds]


def test_default_folder_other_runs_and_other_files(small: Path) -> None:
    assert truth(small, "--quiet").code == 0
    (folder,) = (small.parent / "truth").iterdir()
    assert folder.name.startswith("small-") and len(folder.name) == len("small-") + 12
    assert truth(small, "--out", str(folder), "--seed", "9").code == 6
    assert truth(small, "--out", str(folder), "--replications", "7").code == 6
    assert truth(small, "--out", str(folder), "--seed", "9", "--force", "--quiet").code == 0
    assert (folder.parent / f"{folder.name}.1").is_dir()
    other = small.parent / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine", encoding="utf-8")
    assert truth(small, "--out", "other").code == 5 and (other / "mine.txt").read_text(encoding="utf-8") == "mine"
    assert command(small.parent, "truth", "nothing.toml", real=True).code == 3
    assert truth(small, "--seed", "-1").code == 2
    assert json.loads(truth(small, "--json", "--out", "j").out)["worlds"] == 4


def test_changed_tables_are_found_out(small: Path) -> None:
    assert truth(small, "--out", "t", "--quiet").code == 0
    path = small.parent / "t" / "sky.csv"
    path.write_bytes(path.read_bytes().replace(b"SIMULATED", b"MEASURED", 1))
    assert truth(small, "--out", "t").code == 6


def test_a_world_alone_is_the_world_of_a_run(small: Path) -> None:
    scenario = read(small).scenario
    opened, world = open_world(prepare(scenario), seed=3, replication=2), world_of(stage_of(scenario), seed=3, replication=2)
    for name, column in opened.acts._asdict().items():
        assert np.array_equal(column, getattr(world.acts, name)), name
    assert np.array_equal(opened.sky.fate, world.sky.fate) and np.array_equal(opened.sky.front, world.sky.front)


REGIMES = [("conduct.regimes", '[{id="tense"},{id="calm",factor=0.2},{id="failing",factor=2.5,kind_factors={advance=2.0}}]'),
           ("conduct.path", '[{id="x",from_h=30,regime="failing"},{id="y",from_h=60,regime="calm"}]'), ("days", "4"),
           ("warm_up_h", "6")]  # fmt: skip


def test_what_is_expected_is_drawn_on_average(small: Path) -> None:
    """400 worlds of a dated path: every kind, side and day within 4 standard errors of a Poisson mean."""
    worlds = worlds_of(read(small, overrides=REGIMES).scenario, seed=1, replications=400)
    se = np.sqrt(worlds.expected / 400)
    assert (np.abs(worlds.incidents.mean(axis=0) - worlds.expected) <= 4 * se).all()
    # small arms: 15 a day and side; days 0 (18 h counted), 1 (6 h tense, 18 h failing), 2 (12 h failing, 12 h calm), 3 calm
    assert worlds.expected[0, 0] == pytest.approx([15 * 0.75, 15 * (0.25 + 0.75 * 2.5), 15 * (0.5 * 2.5 + 0.5 * 0.2), 15 * 0.2])
    assert worlds.expected[1, 1, 3] == pytest.approx(5 * 0.2)


@pytest.mark.parametrize("counted", ["true", "false"])
def test_offspring_are_expected_too(small: Path, counted: str) -> None:
    """With rates that count offspring the mean stays; without, it is (I − N)⁻¹ μ; 300 worlds, 4 standard errors."""
    kernels = '[{id="f",side="same",ratio=0.2,memory_h=6.0},{id="r",side="cross",kinds=["advance"],ratio=0.3,memory_h=2.0}]'
    sets = [("conduct.excitation", kernels), ("conduct.rates_count_offspring", counted), ("conduct.history_days", "3"),
            ("conduct.kinds.advance.side_a_share", "0.5"), ("days", "2")]  # fmt: skip
    worlds = worlds_of(read(small, overrides=sets).scenario, seed=1, replications=300)
    per_day = {"true": (15.0, 5.0), "false": (15 / 0.8, 5 / (1 - 0.2 - 0.3))}[counted]
    assert worlds.expected[:, 0, 0] == pytest.approx(per_day)
    totals = worlds.incidents.sum(axis=3)
    se = totals.std(axis=0, ddof=1) / math.sqrt(300)
    assert (np.abs(totals.mean(axis=0) - worlds.expected.sum(axis=2)) <= 4 * se).all()


def test_daylight_is_that_of_an_almanac(small: Path) -> None:
    """Day length from the sunrise equation, cos ω = (sin −0.833° − sin φ sin δ) / (cos φ cos δ), within 3 minutes."""
    for start, declination in (("2026-02-01T00:00:00Z", -17.06), ("2026-06-21T00:00:00Z", 23.44)):
        stage = stage_of(read(small, overrides=[("start", start)]).scenario)
        at, tilt = np.radians([48.139, 48.389]), math.radians(declination)
        cosine = (math.sin(math.radians(-0.833)) - np.sin(at) * math.sin(tilt)) / (np.cos(at) * math.cos(tilt))
        assert daylight_h(stage.light, 2, 1)[:, 0] == pytest.approx(np.degrees(np.arccos(cosine)) * 2 / 15, abs=0.05)


def test_concentration() -> None:
    assert gini(np.array([1.0, 1.0, 1.0])) == pytest.approx(0)
    assert gini(np.array([0.0, 0.0, 0.0, 1.0])) == pytest.approx(0.75)
    assert gini(np.zeros(3)) is None and busiest_share(np.zeros(3), share=0.1) is None
    assert busiest_share(np.arange(1.0, 11.0), share=0.1) == pytest.approx(10 / 55)
    assert busiest_share(np.array([4.0, 3.0, 2.0, 1.0]), share=0.375) == pytest.approx(0.55)


def test_spells_without_kinds_expect_nothing(small: Path) -> None:
    scenario = read(small, overrides=[("conduct.kinds", "[]")]).scenario
    assert expected_of(scenario, Spells(np.array([0]), np.array([0]), np.ones(1))).sum() == 0
    assert truth(small, "--set", "conduct.kinds=[]", "--quiet").code == 0


def test_it_is_fast() -> None:
    """Twenty worlds of the full scenario, pictures and tables, in under 3 s of CPU."""
    import subprocess
    import sys
    import tempfile

    from small_world import environment

    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); " \
        "u = resource.getrusage(resource.RUSAGE_CHILDREN); print(u.ru_utime + u.ru_stime)"  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        run = [sys.executable, "-c", code, sys.executable, "-m", "sim", "truth", str(ROOT / "scenarios" / "technical-means.toml"),
               "--out", f"{folder}/t"]  # fmt: skip
        done = subprocess.run(run, env=environment(), capture_output=True, text=True, check=True)
    assert float(done.stdout) < 3
