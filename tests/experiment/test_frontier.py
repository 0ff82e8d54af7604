"""What the money buys: places of mixtures, the cheapest for each kind, what is left out, and the verb."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import fake_engine
import numpy as np
import pytest
from small_world import Command, command, digests

from sim.experiment.frontier import FrontierPlan, confirmed_by_month, frontier, less_is_better
from sim.experiment.grid import axes_of, points
from sim.experiment.points import Labour, Loaded
from sim.experiment.refusals import BadInput, BadUsage
from sim.measure.measures import Measure, Measured, Row
from sim.scenario.reader import read

PRICES = ("include", "@library/costs.toml")


def catalogue() -> dict[str, Any]:
    return {**fake_engine.CATALOGUE, "cost_eur_year": Measure("cost_eur_year", "EUR a year")}


def measure(history: Any, scenario: Any) -> Measured:
    """A million for each analyst, and headquarters that give nothing."""
    found = fake_engine.measure(history, scenario)
    cost = 1e6 * scenario.verification.staff.analysts * (1 + scenario.study.costs.headquarters_share)
    return Measured((*found.rows, Row("cost_eur_year", "all", "", cost, 1.0)), found.times)


PRICED = fake_engine.FAKE._replace(measure=measure, catalogue=catalogue)


def plan(small: Path, out: Path, *, budget: float | None = None, replications: int = 6, workers: int = 1) -> FrontierPlan:
    def loaded(values: Any) -> Loaded:
        return Loaded(read(small, overrides=[PRICES, *values]).scenario, {})

    axes = axes_of(["verification.staff.analysts=2,4,8", "study.costs.headquarters_share=0.0,0.5"], {})
    labour = Labour(loaded, PRICED, 1, replications, workers)
    return FrontierPlan(loaded([]), axes, points(axes), ["detected_share"], budget, labour, out)


def table(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_only_what_no_other_beats_is_on_the_frontier(small: Path, tmp_path: Path) -> None:
    found = frontier(plan(small, tmp_path / "f"))
    rows = table(tmp_path / "f" / "frontier.csv")
    places = {(r["verification.staff.analysts"], r["study.costs.headquarters_share"]): r["place"] for r in rows}
    assert all(places[analysts, "0.0"] == "frontier" for analysts in ("2", "4", "8"))
    assert all(places[analysts, "0.5"] == "beaten" for analysts in ("2", "4", "8")), "the same luck, the same share, dearer"
    assert {r["beaten_by"] for r in rows if r["place"] == "beaten"} <= {r["point"] for r in rows if r["place"] == "frontier"}
    assert [float(r["cost_eur_year"]) for r in rows] == [2e6, 3e6, 4e6, 6e6, 8e6, 12e6]
    assert all(float(r["detected_share_low"]) < float(r["detected_share"]) < float(r["detected_share_high"]) for r in rows)
    assert found.summary["places"] == {"beaten": 3, "frontier": 3} and found.code == 0


def test_a_budget_leaves_out_what_is_dearer(small: Path, tmp_path: Path) -> None:
    found = frontier(plan(small, tmp_path / "f", budget=4e6))
    assert found.summary["places"] == {"beaten": 1, "frontier": 2, "over budget": 3}
    kinds = table(tmp_path / "f" / "kinds.csv")
    assert all(not r["cost_eur_year"] or float(r["cost_eur_year"]) <= 4e6 for r in kinds)


def test_the_cheapest_mixture_for_each_kind_and_those_that_none_reaches(small: Path, tmp_path: Path) -> None:
    """With eight analysts 40 % are confirmed; with four 20 %, whose interval reaches below."""
    found = frontier(plan(small, tmp_path / "f", replications=40))
    rows = {(r["kind"], r["grade"]): r for r in table(tmp_path / "f" / "kinds.csv")}
    low = rows["small-arms", "low"]
    assert low["reached"] == "1" and float(low["cost_eur_year"]) == 8e6 and float(low["low"]) >= 0.2
    assert rows["small-arms", "medium"]["reached"] == "0" and "no mixture reaches it" in rows["small-arms", "medium"]["reason"]
    assert float(low["low"]) < float(low["share"]) < float(low["high"]) and int(low["acts"]) > 100
    assert low["worst_side_month"] in ("A/2026-02", "B/2026-02")
    assert any("No mixture confirms half in time" in text and "small-arms" in text for text in found.summary["told"])


def test_done_is_done_and_workers_change_no_byte(small: Path, tmp_path: Path) -> None:
    frontier(plan(small, tmp_path / "f"))
    before = digests(tmp_path / "f")
    assert frontier(plan(small, tmp_path / "f")).already and digests(tmp_path / "f") == before
    frontier(plan(small, tmp_path / "g", replications=3))
    frontier(plan(small, tmp_path / "g"))
    assert digests(tmp_path / "g") == before, "extended, the bytes are the same"


def test_what_has_no_price_or_no_name_is_refused(small: Path, tmp_path: Path) -> None:
    one = plan(small, tmp_path / "f")
    with pytest.raises(BadInput, match="states no prices"):
        frontier(one._replace(base=Loaded(read(small).scenario, {})))
    with pytest.raises(BadUsage, match="no such measure"):
        frontier(one._replace(measures=["nothing"]))
    assert not (tmp_path / "f").exists()


def test_acts_by_kind_side_and_calendar_month() -> None:
    scenario = read("technical-means", overrides=[("days", "30.0")]).scenario
    kind = scenario.agreement.kinds[0]
    onset = np.array([0.0, 27.9 * 24, 28.1 * 24, 28.2 * 24])
    late = np.array([1.0, np.nan, kind.goal_h - 0.1, kind.goal_h + 0.1])
    columns = {"counted": np.ones(4), "kind": np.array([kind.id] * 4), "side": np.array(["A", "A", "A", "B"]),
               "onset_h": onset, "verified_h": onset + late}  # fmt: skip
    history = type("H", (), {"tables": {"violations": columns}})
    found = {row[2]: row[3:] for row in confirmed_by_month(history, scenario)}
    assert found == {f"{kind.id}/A/2026-02": (1.0, 2.0), f"{kind.id}/A/2026-03": (1.0, 1.0), f"{kind.id}/B/2026-03": (0.0, 1.0)}


LESS = {"detected_share": False, "time_to_detect_median_h": True, "skill": False, "wrong_accusations_per_30d": True}


@pytest.mark.parametrize(("measure_name", "less"), [*LESS.items(), ("precision", False), ("cost_eur_year", True)])
def test_which_way_is_better(measure_name: str, less: bool) -> None:
    assert less_is_better(measure_name) is less


def test_the_verb_with_the_prices_of_the_library(small: Path) -> None:
    args = ("frontier", "small.toml", "--vary", "verification.staff.analysts=1,3", "--replications", "2", "--measures", "skill")
    dry = command(small.parent, *args, "--dry-run", real=True)
    assert dry.code == 0 and "2 points of 2 replications: 4 runs" in dry.out and "prices" in dry.err
    answer = command(small.parent, *args, "--out", "f", "--json", "--measures", "x", real=True)
    assert answer.code == 2, "given twice"
    answer = command(small.parent, *args[:-1], "detected_share", "--out", "f", "--json", "--quiet", real=True)
    assert answer.code == 0, answer.err
    summary = json.loads(answer.out)
    cost = 16 * 365.25 / 1700 * 110_000 * 1.35
    assert [one["cost_eur_year"]["estimate"] for one in summary["frontier"]] == [pytest.approx(cost)]


def test_frontier_needs_levers(ceasefire: Command) -> None:
    assert ceasefire("frontier", "small.toml").code == 2
