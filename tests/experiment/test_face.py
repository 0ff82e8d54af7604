"""The face for notebooks, with a small world in place of the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fake_engine
import pytest

import sim
from sim.experiment import machinery


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machinery, "real", lambda: fake_engine.FAKE)
    monkeypatch.setattr(machinery, "catalogue", fake_engine.catalogue)


@pytest.fixture
def base(small: Path) -> Any:
    return sim.load(small)


def test_three_lines_for_the_common_question(base: Any) -> None:
    run = sim.run(base, replications=5, report=False)
    assert {"measure", "estimate", "noise_low", "noise_high", "replications", "reason"} <= set(run.summary.columns)
    assert run.summary.set_index(["measure", "by"]).loc[("detected_share", "all"), "replications"] == 5
    assert len(run.tables["violations"]) == 200 and "findings" in run.tables
    assert run.tables["violations"]["onset_h"].dtype == float
    assert run.findings[-1] == "Range over the assumptions: not computed."
    assert "SIMULATED" in run._repr_html_()
    with pytest.raises(KeyError, match="the tables are violations"):
        run.tables["nothing"]


def test_a_design_never_changes(base: Any) -> None:
    more = base.vary("verification.staff.analysts", 9)
    assert (base.scenario.verification.staff.analysts, more.scenario.verification.staff.analysts) == (6, 9)
    assert more.name == "small, verification.staff.analysts = 9"
    with pytest.raises(ValueError, match="analysts"):
        base.vary("verification.staff.analysts", -1)


def test_compare_and_sweep(base: Any) -> None:
    more = base.vary("verification.staff.analysts", 9)
    table = sim.compare(base, more, seeds="quick").table
    assert table.loc["detected_share", "verdict"] == "B higher" and table.loc["detected_share", "replications"] == 10
    grid = sim.sweep(base, {"verification.staff.analysts": [3, 9], "days": [1, 2]}, replications=3)
    rows = grid.table[grid.table["measure"] == "detected_share"]
    assert list(rows["verification.staff.analysts"]) == [3, 3, 9, 9] and list(rows["days"]) == [1, 2, 1, 2]
    assert "<svg" in grid.heatmap("detected_share").svg
    with pytest.raises(ValueError, match="no such measure"):
        grid.heatmap("nothing")


def test_theory_opens_on_first_use() -> None:
    assert callable(sim.theory.queue)
    with pytest.raises(AttributeError, match="nothing"):
        sim.nothing  # noqa: B018


def test_importing_the_face_is_light() -> None:
    import subprocess
    import sys

    from small_world import environment

    code = "import sim, sys; print([m for m in ('numpy', 'pandas', 'simpy', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_precision_sampled_worlds_and_a_spread_design_from_a_notebook(small: Path) -> None:
    sources = '\n[sources]\n"verification.staff.analysts" = { source = "assumed", grade = "D", low = 2.0, high = 9.0 }\n'
    small.write_text(small.read_text(encoding="utf-8") + sources, encoding="utf-8")
    base = sim.load(small)
    run = sim.run(base, precision="5pp:detected_share", report=False)
    line = run.summary.set_index(["measure", "by"]).loc[("detected_share", "all")]
    assert line["replications"] >= 15 and line["noise_high"] - line["noise_low"] <= 0.1
    worlds = sim.run(base, replications=3, inputs=8, report=False)
    line = worlds.summary.set_index(["measure", "by"]).loc[("detected_share", "all")]
    assert line["input_points"] == 8 and line["input_low"] < line["estimate"] < line["input_high"]
    assert "8 sampled worlds" in worlds.findings[-1]
    found = sim.sweep(base, {"verification.staff.analysts": [2, 9], "days": [1.0, 2.0]}, design="lhs", points=6, replications=2)
    days = found.table["days"].unique()
    assert len(days) == 6 and days.min() >= 1 and days.max() <= 2
    with pytest.raises(ValueError, match="design"):
        sim.sweep(base, {"days": [1, 2]}, design="random")
