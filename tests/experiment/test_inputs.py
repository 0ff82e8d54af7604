"""Sampled worlds of the assumptions: a sample that grows without moving, ranges in every table, and designs over worlds."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from small_world import SMALL, Command, digests

from sim.experiment.inputs import moved, places, sampled, worlds
from sim.scenario.errors import ScenarioErrors
from sim.scenario.reader import read

SOURCES = """
[sources]
"conduct.kinds.small-arms.incidents_per_day" = { source = "assumed", grade = "D", low = 10.0, high = 60.0 }
"verification.staff.analysts" = { source = "assumed", grade = "C", low = 2.0, high = 9.0 }
"conduct.kinds.advance.incidents_per_day" = { source = "assumed", grade = "D" }
"follow_up_h" = { source = "measured", grade = "A", low = 1.0, high = 9.0 }
"""


@pytest.fixture
def sourced(small: Path) -> Path:
    small.write_text(SMALL + SOURCES, encoding="utf-8")
    return small


def test_every_power_of_two_is_a_latin_hypercube_and_further_worlds_move_none() -> None:
    for name in ("a", "monitoring.means.*.pd"):
        whole = places(name, 128)
        for n in (1, 2, 16, 64, 128):
            assert sorted(np.floor(whole[:n] * n).astype(int)) == list(range(n)), "one world in each stratum"
        assert (places(name, 100) == whole[:100]).all()
    assert abs(np.corrcoef(places("a", 128), places("b", 128))[0, 1]) < 4 / np.sqrt(128)


def test_half_of_the_worlds_lie_below_what_is_stated() -> None:
    found = [moved(2.0, u, low=1.0, high=11.0) for u in places("x", 64).tolist()]
    assert sum(v < 2 for v in found) == 32 and min(found) >= 1 and max(found) <= 11
    assert moved(2.0, 0.5, low=1.0, high=11.0) == 2.0
    assert moved(6, 0.99, low=2.0, high=9.0) == 9 and moved((1.0, 2.0), 0.0, low=0.0, high=4.0) == [0.0, 0.0]


def test_only_weak_inputs_are_sampled_and_those_without_a_range_are_named(sourced: Path) -> None:
    found = sampled(read(sourced).scenario)
    assert [a.pattern for a in found.ranged] == ["conduct.kinds.small-arms.incidents_per_day", "verification.staff.analysts"]
    assert found.fixed == ("conduct.kinds.advance.incidents_per_day",)


def test_shipped_scenarios_have_worlds() -> None:
    loaded = read("technical-means")
    found = sampled(loaded.scenario)
    assert len(found.ranged) > 100
    (one,) = worlds(loaded.scenario, 1, lambda values: read("technical-means", overrides=values).scenario)
    assert one.content.conduct != loaded.scenario.conduct and set(one.places) == {a.pattern for a in found.ranged}


def test_a_world_that_contradicts_itself_is_pulled_back(sourced: Path) -> None:
    calls = []

    def fussy(values: list[tuple[str, str]]) -> object:
        calls.append(dict(values))
        if int(dict(values)["verification.staff.analysts"]) > 7:
            read(sourced, overrides=[("verification.staff.analysts", "-1")])
        return values

    found = worlds(read(sourced).scenario, 16, fussy)  # type: ignore[arg-type]
    assert len(calls) > 16 and max(int(dict(w.content)["verification.staff.analysts"]) for w in found) == 7
    first = places("conduct.kinds.small-arms.incidents_per_day", 16)
    assert [w.places["conduct.kinds.small-arms.incidents_per_day"] for w in found] == list(first), "only what is to blame moves"
    with pytest.raises(ScenarioErrors):
        read(sourced, overrides=[("verification.staff.analysts", "-1")])


def test_both_ranges_stand_in_every_table_and_sentence(ceasefire: Command, sourced: Path) -> None:
    plain = json.loads(ceasefire("run", "small.toml", "--out", "out", "--json").out)
    whole = json.loads(ceasefire("run", "small.toml", "--inputs", "8", "--out", "out", "--json").out)
    share = whole["measures"]["detected_share"]
    assert share["estimate"] == plain["measures"]["detected_share"]["estimate"] and share["input_points"] == 8
    assert share["input_low"] < share["estimate"] < share["input_high"] and "not computed" not in share["reason"]
    assert "sampled worlds" in whole["findings"][0] and whole["inputs"]["without_range"] and "8 sampled" in whole["range"]
    with open(sourced.parent / "out" / "summary.csv", encoding="utf-8", newline="") as file:
        assert all(row["input_low"] for row in csv.DictReader(file) if row["measure"] == "detected_share")
    before = digests(sourced.parent / "out")
    again = ceasefire("run", "small.toml", "--inputs", "8", "--out", "out")
    assert "already done" in again.out and digests(sourced.parent / "out") == before
    assert ceasefire("run", "small.toml", "--out", "out").code == 0 and digests(sourced.parent / "out") == before
    more = ceasefire("run", "small.toml", "--inputs", "16", "--out", "out", "--quiet")
    assert more.code == 0
    fresh = ceasefire("run", "small.toml", "--inputs", "16", "--out", "new", "--workers", "2", "--quiet")
    assert fresh.code == 0 and digests(sourced.parent / "new") == digests(sourced.parent / "out")


def test_inputs_alone_means_64_worlds(ceasefire: Command, sourced: Path) -> None:
    whole = json.loads(ceasefire("run", "--inputs", "small.toml", "--replications", "2", "--out", "o", "--json").out)
    assert whole["inputs"]["points"] == 64
    assert [ceasefire("run", "small.toml", "--inputs", text).code for text in ("0", "-5", "1_0")] == [2, 2, 2]


def test_designs_are_compared_world_by_world(ceasefire: Command, sourced: Path) -> None:
    text = sourced.read_text(encoding="utf-8").replace('name = "small"', 'name = "slow"').replace("days = 1", "days = 1")
    text = text.replace("analysts = 6", "analysts = 5").replace("low = 2.0, high = 9.0", "low = 1.0, high = 5.0")
    (sourced.parent / "slow.toml").write_text(text, encoding="utf-8")
    answer = ceasefire("compare", "small.toml", "slow.toml", "--inputs", "8", "--replications", "20", "--json", "--out", "c")
    rows = {d["measure"]: d for d in json.loads(answer.out)["comparisons"][0]["differences"]}
    assert rows["detected_share"]["input_points"] == 8 and rows["detected_share"]["same_sign"] == 8
    assert rows["detected_share"]["clear"] and rows["detected_share"]["input_high"] < 0
    told = ceasefire("compare", "c/small", "c/slow")
    assert "lower in 8 of 8 sampled worlds" in told.out
