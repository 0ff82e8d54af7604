"""Studies from a notebook in three lines: what moves a result, what the money buys, and several designs at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fake_engine
import pytest

import sim
from sim.experiment import machinery
from sim.experiment.refusals import BadUsage
from sim.measure.measures import Measure, Measured, Row

ANALYSTS = "verification.staff.analysts"


def catalogue() -> dict[str, Any]:
    return {**fake_engine.CATALOGUE, "cost_eur_year": Measure("cost_eur_year", "EUR a year")}


def measure(history: Any, scenario: Any) -> Measured:
    """A million for each analyst."""
    found = fake_engine.measure(history, scenario)
    cost = 1e6 * scenario.verification.staff.analysts
    return Measured((*found.rows, Row("cost_eur_year", "all", "", cost, 1.0)), found.times)


PRICED = fake_engine.FAKE._replace(measure=measure, catalogue=catalogue)


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machinery, "real", lambda: PRICED)
    monkeypatch.setattr(machinery, "catalogue", catalogue)


@pytest.fixture
def base(small: Path) -> Any:
    return sim.load(small)


def test_what_moves_a_result(base: Any) -> None:
    found = sim.sensitivity(base, {ANALYSTS: [1, 9], "days": [1.0, 3.0]}, measure="detected_share")
    sizes = found.ranking[found.ranking["figure"] == "mu_star"]
    assert list(sizes["input"]) == [ANALYSTS, "days"] and list(sizes["rank"]) == [1, 2] and found.stable
    assert (sizes["low"] <= sizes["estimate"]).all() and (sizes["estimate"] <= sizes["high"]).all()
    assert found.summary["replications"] == 4 and ANALYSTS in found.findings[0]
    shown = found._repr_html_()
    assert shown.startswith("<p>SIMULATED</p>") and "mu_star:" in shown and f"<td>{ANALYSTS}</td>" in shown
    assert {"verified_share", "detected_share"} & set(found.table["measure"])


def test_the_assumptions_themselves_and_what_cannot_be_asked(small: Path) -> None:
    sources = f'\n[sources]\n"{ANALYSTS}" = {{ source = "assumed", grade = "D", low = 2.0, high = 9.0 }}\n'
    small.write_text(small.read_text(encoding="utf-8") + sources, encoding="utf-8")
    found = sim.sensitivity(sim.load(small), measure="detected_share", rows=8, only="verification.")
    assert found.summary["inputs"] == {ANALYSTS: ["2", "9"]} and found.summary["rows"] == 8
    assert not found.stable and "not stable yet" in " ".join(found.findings)
    with pytest.raises(BadUsage, match="nothing"):
        sim.sensitivity(str(small), {"days": [1, 2]}, measure="nothing")
    with pytest.raises(ValueError, match="method = 'fast'"):
        sim.sensitivity(str(small), {"days": [1, 2]}, method="fast")


def test_what_the_money_buys(base: Any, tmp_path: Path) -> None:
    found = sim.frontier(base, {ANALYSTS: [2, 4, 8]}, measures=["detected_share"], budget_meur=5, out=tmp_path / "f")
    assert list(found.best[ANALYSTS]) == [2, 4] and list(found.best["cost_eur_year"]) == [2e6, 4e6]
    assert dict(zip(found.table[ANALYSTS], found.table["place"], strict=True))[8] == "over budget"
    assert set(found.kinds["kind"]) == {"small-arms", "advance"} and found.folder == tmp_path / "f"
    assert (found.best["detected_share_low"] < found.best["detected_share"]).all()
    shown = found._repr_html_()
    assert shown.startswith("<p>SIMULATED</p>") and shown.count("<table") == 2
    again = sim.frontier(base, {ANALYSTS: [2, 4, 8]}, measures=["detected_share"], budget_meur=5, out=tmp_path / "f")
    assert again.table.equals(found.table)


def test_several_designs_against_the_first(base: Any) -> None:
    others = [base.vary(ANALYSTS, n) for n in (7, 9)]
    alone = sim.compare(base, others[0], replications=12).table.loc["detected_share"]
    both = sim.compare(base, *others, replications=12, best="5pp:detected_share")
    together = both.table.loc[(others[0].name, "detected_share")]
    assert together["difference"] == alone["difference"]
    ratio = (together["noise_high"] - together["noise_low"]) / (alone["noise_high"] - alone["noise_low"])
    assert 1.02 < ratio < 1.25, "between one and the bound of Bonferroni"
    assert both.choice is not None and both.choice.best == others[1].name
    shown = both._repr_html_()
    assert "hold for all 2 comparisons" in shown and both.choice.told.split(";")[0] in shown
    with pytest.raises(ValueError, match="second design beside small"):
        sim.compare(base)


def test_points_over_their_limits_are_counted(base: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_LOOP", "1")
    table = sim.sweep(base, {ANALYSTS: [3, 9]}, replications=3, point_s=0.2).table
    table = table[table["measure"] == "detected_share"]
    assert set(table["capped"]) == {2} and set(table["replications"]) == {1}
    assert table["status"].str.contains("4 replications").all()
