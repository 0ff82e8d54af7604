"""What a design costs a year, against sums made by hand and against the audited hours of a real programme."""

from __future__ import annotations

from pathlib import Path

import pytest
from hand_made import FACTS, history, scenario

from sim.engine import prepare, replicate
from sim.measure.costs import yearly_costs
from sim.measure.measures import measure
from sim.scenario.reader import read
from sim.scenario.scenario import Study

ROOT = Path(__file__).parents[2]
PRICES = {
    "monitor_eur_year": 150e3, "team_eur_year": 1.3e6, "analyst_eur_year": 110e3, "analyst_year_h": 1753.2,
    "large_drone_eur_h": 11_000.0, "small_drone_eur_h": 4_000.0, "optical_scene_eur": 2_600.0, "radar_scene_eur": 1_500.0,
    "priority_factor": 2.5, "camera_site_eur_year": 110e3, "node_eur_year": 800.0, "headquarters_share": 0.35,
}


def test_without_prices_there_is_no_cost() -> None:
    """Nothing is guessed: the measure is empty and says why."""
    assert yearly_costs(FACTS, scenario()) == ()
    assert not [row for row in measure(history(), scenario()).rows if row.measure == "cost_eur_year"]


def test_analysts_on_two_shifts() -> None:
    """One analyst by day for 16 h, none by night: 16 x 365.25 h at 1,753.2 h a person are 3⅓ persons, and headquarters on top."""
    costs = {c.line: c.eur_year for c in yearly_costs(FACTS, scenario(study=Study.model_validate({"costs": PRICES})))}
    assert costs == pytest.approx({"analysts": 16 * 365.25 / 1753.2 * 110e3, "headquarters": 0.35 * 16 * 365.25 / 1753.2 * 110e3})


def test_a_whole_design() -> None:
    """The shipped design: every line by hand from the amounts of one replication; lines and payers add up to the total."""
    loaded = read(ROOT / "scenarios" / "technical-means.toml", overrides=[("days", "3"), ("follow_up_h", "0")])
    ran = replicate(prepare(loaded.scenario), seed=1, replication=0)
    facts, year = ran.facts, 8766.0 / 72.0
    assert sum(v for k, v in facts.items() if k.startswith("flown_h.")) == pytest.approx(facts["flown_h"])
    scenes = sum(v for k, v in facts.items() if k.startswith(("scenes.", "cued_scenes.")))
    assert scenes == pytest.approx(facts["scenes"]) and facts["cued_scenes.iceye-class"] + facts["cued_scenes.skysat-class"] > 0
    rows = {(row.by, row.group): row.numerator for row in measure(ran, loaded.scenario).rows if row.measure == "cost_eur_year"}
    flights = sum(facts[f"flown_h.{u}"] * 4_000.0 for u in ("southwest", "south", "centre", "north", "sea"))
    flights += (facts["flown_h.large-eo"] + facts["flown_h.large-radar"]) * 11_300.0
    assert rows["line", "flight hours"] == pytest.approx(flights * year)
    sold = ("iceye-class", "skysat-class", "pleiades-neo-class")
    paid = {f: facts[f"scenes.{f}"] + 2.5 * facts[f"cued_scenes.{f}"] for f in sold}
    assert rows["line", "scenes"] == pytest.approx(
        (1_500.0 * paid["iceye-class"] + 2_600.0 * (paid["skysat-class"] + paid["pleiades-neo-class"])) * year)
    assert rows["line", "sites"] == pytest.approx(60 * 110e3 + 1200 * 800.0 + 40 * 60e3 + 18 * 1.5e6 + 12 * 150e3)
    assert rows["line", "verification teams"] == pytest.approx(12 * 1.3e6)
    assert rows["all", ""] == pytest.approx(1.35 / 0.35 * rows["line", "headquarters"])
    for by in ("line", "payer"):
        assert sum(value for (name, _), value in rows.items() if name == by) == pytest.approx(rows["all", ""])


def test_more_of_anything_costs_more() -> None:
    """Each added item adds its own price, whatever else the design holds."""
    prices = {f"study.costs.{key}": str(value) for key, value in PRICES.items()}
    totals = []
    for monitors in ("1700", "1710"):
        sets = [("monitoring.observers.observers-a.monitors", monitors), *prices.items()]
        totals.append(sum(c.eur_year for c in yearly_costs({}, read(
            ROOT / "scenarios" / "observers.toml", overrides=sets).scenario)))
    assert totals[1] - totals[0] == pytest.approx(10 * 150e3 * 1.35)
