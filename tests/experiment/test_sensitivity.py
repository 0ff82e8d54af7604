"""Which input moves a result: textbook functions through the same code as scenarios, noise told apart, and the verb itself."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from small_world import Command, digests

from sim.experiment import exploring
from sim.experiment.exploring import explored, points_of, rows_of
from sim.measure.influence import morris, rank_distance, sobol
from sim.measure.theory import metrics

Floats = NDArray[np.float64]
G = (0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0)


def ishigami(u: Floats) -> Floats:
    x = 2 * np.pi * u - np.pi
    return np.asarray(np.sin(x[..., 0]) + 7 * np.sin(x[..., 1]) ** 2 + 0.1 * x[..., 2] ** 4 * np.sin(x[..., 0]))


def g_function(u: Floats) -> Floats:
    return np.asarray(np.prod((np.abs(4 * u - 2) + G) / (1 + np.array(G)), axis=-1))


def bent(u: Floats) -> Floats:
    return np.asarray(2 * u[..., 0] - 3 * u[..., 1] + u[..., 0] * u[..., 1])


def alone(function: Callable[[Floats], Floats]) -> exploring.Evaluate:
    """A function without luck, as a scenario of one replication."""
    return lambda points: {"y": function(points)[..., None]}


def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Go on to the most rows though the ranking is stable before."""
    monkeypatch.setattr(exploring, "settled", lambda distances: False)


@pytest.mark.parametrize(("function", "inputs", "label"), [(ishigami, 3, "Ishigami"), (g_function, 8, "Sobol g")])
def test_shares_of_the_textbook_functions(
    function: Callable[[Floats], Floats], inputs: int, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case E10: within 0.02 at 8,192 rows."""
    whole(monkeypatch)
    exact = metrics(a=7, b=0.1, g=list(G))
    found = explored(alone(function), [f"x{i}" for i in range(inputs)], "sobol", "y", most=8192).found["y"]
    assert found.figures is not None and found.rows == 8192
    assert np.abs(found.figures.of("first") - exact[f"{label} S1"]).max() < 0.02
    assert np.abs(found.figures.of("total") - exact[f"{label} ST"]).max() < 0.02
    if label == "Ishigami":
        assert abs(found.scatter.inputs / exact["Ishigami mean,var"][1] - 1) < 0.01


def test_effects_of_the_textbook_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """Case E11: y = 2 x1 − 3 x2 + x1 x2, within 0.05."""
    whole(monkeypatch)
    exact = metrics(coefficients=[2, -3], interaction=1)
    found = explored(alone(bent), ["x1", "x2"], "morris", "y", most=512).found["y"]
    assert found.figures is not None
    for name in ("mu", "mu_star", "sigma"):
        assert np.abs(found.figures.of(name) - exact[name]).max() < 0.05, name


def test_the_cases_as_filed(monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(__file__).parents[2].parent / "shared" / "cases" / "cases_developer.json"
    if not path.exists():
        pytest.skip("the file of proof cases is not there")
    whole_file: Any = json.loads(path.read_text(encoding="utf-8"))
    cases = {one["id"]: one["expected"] for one in (whole_file if isinstance(whole_file, list) else whole_file["cases"])}
    whole(monkeypatch)
    found = explored(alone(ishigami), ["x0", "x1", "x2"], "sobol", "y", most=8192).found["y"].figures
    assert found is not None and np.abs(found.of("total") - cases["E10"]["Ishigami ST"]).max() < 0.02
    found = explored(alone(bent), ["x1", "x2"], "morris", "y", most=512).found["y"].figures
    assert found is not None and np.abs(found.of("sigma") - cases["E11"]["sigma"]).max() < 0.05


def test_libraries_find_the_same_on_the_same_points() -> None:
    from scipy.stats import sobol_indices

    points = rows_of("sobol", ["a", "b", "c"], 1024).points
    y = ishigami(points)
    mine = sobol(y[..., None], rng=np.random.default_rng(1), draws=10)
    theirs = sobol_indices(func={"f_A": y[None, :, 0], "f_B": y[None, :, 1], "f_AB": y[:, 2:].T[:, None, :]}, n=1024)
    assert mine.of("first") == pytest.approx(theirs.first_order, abs=1e-3)
    assert mine.of("total") == pytest.approx(theirs.total_order, abs=1e-3)


def test_a_further_library_finds_the_same() -> None:
    analyze = pytest.importorskip("SALib.analyze.sobol", reason="the extra `sensitivity` is not installed").analyze
    points = rows_of("sobol", ["a", "b", "c"], 1024).points
    y = ishigami(points)
    columns = np.concatenate((y[:, :1], y[:, 2:], y[:, 1:2]), axis=1)  # A, AB_1 … AB_k, B
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 1]] * 3}
    theirs = analyze(problem, columns.ravel(), calc_second_order=False, num_resamples=10, seed=1)
    mine = sobol(y[..., None], rng=np.random.default_rng(1), draws=10)
    assert mine.of("total") == pytest.approx(theirs["ST"], abs=2e-3)
    assert mine.of("first") == pytest.approx(theirs["S1"], abs=5e-3)


# ---- luck told apart -----------------------------------------------------------------------------------


def noisy(rng: np.random.Generator, points: Floats, *, replications: int) -> Floats:
    """Ishigami with luck of its own at each point and luck that all points of a replication share."""
    common = rng.normal(0, 3, replications)
    return ishigami(points)[..., None] + rng.normal(0, 3, (*points.shape[:2], replications)) + common


def test_luck_is_no_input_and_the_intervals_hold_it() -> None:
    """Thirty noisy studies: the mean is right though luck outweighs the inputs, and intervals cover."""
    exact = np.array(metrics(a=7, b=0.1, g=[])["Ishigami ST"])
    points = np.random.default_rng(9).random((30, 256, 2, 3))
    rows = np.repeat(points[:, :, :1], 5, axis=2)
    rows[:, :, 1] = points[:, :, 1]
    for i in range(3):
        rows[:, :, 2 + i, i] = points[:, :, 1, i]
    found = []
    for n in range(30):
        rng = np.random.default_rng(100 + n)
        found.append(sobol(noisy(rng, rows[n], replications=6), rng=rng))
    totals = np.array([one.of("total") for one in found])
    error = totals.std(axis=0, ddof=1) / np.sqrt(30)
    assert (np.abs(totals.mean(axis=0) - exact) < 4 * error).all()
    low, high = np.array([one.interval()[:, 1] for one in found]).transpose(1, 0, 2)
    assert ((low <= exact) & (exact <= high)).mean() >= 0.88
    y = noisy(np.random.default_rng(5), rows[0], replications=6).mean(axis=-1, keepdims=True)
    naive = sobol(y, rng=np.random.default_rng(5)).of("total")
    assert naive[2] > exact[2] + 0.06, "means over replications alone take luck for an input"


def test_an_input_that_does_nothing_has_no_effect_but_luck() -> None:
    rng = np.random.default_rng(3)
    effects = rng.normal(0, 1, (200, 1, 5))
    found = morris(effects, rng=rng)
    assert abs(found.of("mu_star")[0]) < 4 * found.rows_error[1, 0] and found.rows_error[1, 0] < 0.06
    assert np.abs(effects.mean(axis=-1)).mean() > 0.3, "the mean size of noisy effects is no effect"
    assert found.of("sigma")[0] < 0.2


def test_rank_distance_by_hand() -> None:
    same = np.array([[3.0, 2.0, 1.0]] * 8)
    assert rank_distance(same) == 0
    swapped = np.array([[3.0, 2.0, 0.0]] * 4 + [[2.0, 3.0, 0.0]] * 4)
    assert rank_distance(swapped) == pytest.approx(1.0)
    small = np.array([[9.0, 1.0, 0.9]] * 4 + [[9.0, 0.9, 1.0]] * 4)
    assert rank_distance(small) == pytest.approx(2 / 83)
    assert rank_distance(np.full((4, 2), np.nan)) == np.inf


# ---- points --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["morris", "sobol"])
def test_more_rows_keep_those_before_them(method: str) -> None:
    few, many = rows_of(method, ["a", "b", "c"], 8), rows_of(method, ["a", "b", "c"], 64)
    assert (many.points[:8] == few.points).all() and (many.order[:8] == few.order).all()
    assert many.points.shape[0] * many.points.shape[1] == points_of(method, 3, 64)
    assert (many.points >= 0).all() and (many.points <= 1).all()


def test_each_input_moves_once_in_a_trajectory_by_half_its_range_and_stays_even() -> None:
    rows = rows_of("morris", ["a", "b", "c"], 256)
    moves = np.diff(rows.points, axis=1)
    assert ((np.abs(moves) > 1e-12).sum(axis=2) == 1).all()
    assert np.abs(np.abs(moves).sum(axis=1) - 0.5).max() < 1e-12
    assert np.abs(rows.points.mean(axis=(0, 1)) - 0.5).max() < 0.01
    assert np.abs(rows.points.var(axis=(0, 1)) - 1 / 12).max() < 0.005


# ---- the verb ------------------------------------------------------------------------------------------

ARGS = ("sensitivity", "small.toml", "--measure", "detected_share", "--vary", "verification.staff.analysts=1:9",
        "--vary", "days=1:3.0")  # fmt: skip


def table(path: Path) -> list[dict[str, str]]:
    with open(path / "sensitivity.csv", encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["measure"] == "detected_share"]


def test_the_verb_ranks_and_stops_when_the_ranking_is_stable(ceasefire: Command, small: Path) -> None:
    first = ceasefire(*ARGS, "--out", "s")
    assert first.code == 0, first.err
    assert first.err.startswith("2 inputs, at most 192 points of 4 replications: 768 runs")
    assert "depends most on verification.staff.analysts (moves it by" in first.out.replace("\n", " ")
    rows = table(small.parent / "s")
    assert [r["input"] for r in rows if r["figure"] == "mu_star"] == ["verification.staff.analysts", "days"]
    assert {r["rows"] for r in rows} == {"16"}, "eight, sixteen and stop"
    assert all(float(r["low"]) <= float(r["estimate"]) <= float(r["high"]) for r in rows)
    assert float(rows[0]["noise_error"]) > 0 and float(rows[0]["rows_error"]) > 0
    before = digests(small.parent / "s")
    again = ceasefire(*ARGS, "--out", "s", "--json")
    assert json.loads(again.out)["already_done"] and digests(small.parent / "s") == before


def test_what_failed_is_left_out_and_counted_and_the_same_call_mends_it(ceasefire: Command, small: Path) -> None:
    lost = ceasefire(*ARGS, "--out", "s", "--rows", "8", FAKE_RAISE="3")
    assert lost.code == 4 and "no ranking of inputs" in lost.out
    assert {(r["rows"], r["rows_left_out"], r["failed"]) for r in table(small.parent / "s")} == {("0", "8", "24")}
    mended = ceasefire(*ARGS, "--out", "s", "--quiet", "--workers", "2")
    assert mended.code == 0, mended.err
    assert ceasefire(*ARGS, "--out", "t", "--quiet").code == 0
    assert digests(small.parent / "s") == digests(small.parent / "t"), "resumed, the bytes are the same"


def test_sobol_and_a_ranking_that_is_not_stable(ceasefire: Command, small: Path) -> None:
    answer = ceasefire(*ARGS, "--method", "sobol", "--rows", "32", "--out", "s")
    assert answer.code == 4 and "not stable yet" in answer.out
    rows = table(small.parent / "s")
    total = {r["input"]: float(r["estimate"]) for r in rows if r["figure"] == "total"}
    assert total["verification.staff.analysts"] > 0.8 and abs(total["days"]) < 0.05


def test_assumptions_with_ranges_are_the_inputs_where_no_key_is_named(ceasefire: Command, small: Path) -> None:
    assert ceasefire("sensitivity", "small.toml", "--dry-run").code == 3
    text = small.read_text(encoding="utf-8")
    source = '[sources]\n"verification.staff.analysts" = { source = "assumed", grade = "D", low = 2, high = 8 }\n'
    small.write_text(text + source, encoding="utf-8")
    dry = ceasefire("sensitivity", "small.toml", "--dry-run")
    assert dry.code == 0 and dry.out.startswith("1 inputs, at most 128 points of 4 replications"), dry.err
    assert ceasefire("sensitivity", "small.toml", "--dry-run", "--only", "verification.").out == dry.out
    none = ceasefire("sensitivity", "small.toml", "--dry-run", "--only", "conduct.,area.")
    assert none.code == 3 and "below conduct., area." in none.err


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [(("--measure", "nothing"), 2, "no such measure"), (("--replications", "2"), 2, "at least 3"),
     (("--vary", "verification.staff.analysts=3"), 2, "one value only"), (("--vary", "nothing.here=1:2"), 3, "nothing"),
     (("--method", "fast"), 2, "none of morris, sobol"), (("--measure", "time_to_detect_median_h"), 2, "no share")],
)  # fmt: skip
def test_what_cannot_be_asked(ceasefire: Command, small: Path, more: tuple[str, ...], code: int, said: str) -> None:
    args = ("sensitivity", "small.toml", *(() if "--measure" in more else ("--measure", "detected_share")))
    args += () if "--vary" in more else ("--vary", "days=1:2.0")
    answer = ceasefire(*args, *more)
    assert answer.code == code and said in answer.err, answer.err
    assert not (small.parent / "runs").exists()


def test_points_over_their_limits_are_counted_in_every_table(ceasefire: Command, small: Path) -> None:
    args = ("sweep", "small.toml", "--vary", "verification.staff.analysts=3,9", "--replications", "3", "--quiet")
    assert ceasefire(*args, "--out", "t", "--point-s", "1", FAKE_LOOP="1").code == 4
    with open(small.parent / "t" / "sweep.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["measure"] == "detected_share"]
    assert {(r["replications"], r["capped"], r["failed"]) for r in rows} == {("1", "2", "0")}
    assert all("2 replications" in r["status"] or "4 replications" in r["status"] for r in rows)
    told = (small.parent / "t" / "failures.csv").read_text(encoding="utf-8")
    assert told.count("over its limit of 1 s of processor time") == 4
    assert ceasefire(*args, "--out", "m", "--point-mb", "256", "--workers", "2", FAKE_FILL="0").code == 4
    told = (small.parent / "m" / "failures.csv").read_text(encoding="utf-8")
    assert told.count("over its limit of 256 MB of memory") == 6
