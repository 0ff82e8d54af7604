"""Named studies: the shipped one reads and runs at small size, and who wins where is told by both sides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_world import command

from sim.experiment.refusals import BadUsage
from sim.experiment.studies import flips, gain, read_study, said
from sim.experiment.summary import Difference

FILE = Path(__file__).parents[2] / "scenarios" / "studies" / "agenda.toml"


def row(measure: str, difference: float, *, clear: bool = True) -> Difference:
    return Difference(measure, "", 1.0, 1.0 + difference, difference, None, None, clear, None, 8, "")


def test_less_is_a_gain_where_less_is_better() -> None:
    assert gain(row("detected_share", 0.1)) == "b" and gain(row("wrong_accusations_per_30d", 0.1)) == "a"
    assert gain(row("detected_share", 0.1, clear=False)) == ""


def test_both_sides_are_told_and_nothing_is_better() -> None:
    text = said([row("detected_share", 0.1), row("exposure_h", 5.0), row("verified_share", 0.1, clear=False)], "one", "two")
    assert text == "one wins in exposure_h; two wins in detected_share; no clear difference in 1 of 3"


def test_a_flip_takes_a_clear_win_on_each_side() -> None:
    def answer(name: str, wins: str) -> dict[str, object]:
        rows = [{"measure": "detected_share", "wins": wins}]
        return {"id": name, "comparisons": [{"arm_a": "x", "arm_b": "y", "rows": rows}]}

    assert flips([answer("winter", "a"), answer("summer", "a"), answer("jam", "")]) == []
    assert flips([answer("winter", "a"), answer("summer", "b")]) == [
        {"a": "x", "b": "y", "measure": "detected_share", "a_wins_in": ["winter"], "b_wins_in": ["summer"]}]


def test_an_unknown_question_is_refused() -> None:
    with pytest.raises(BadUsage, match="--only nothing"):
        read_study(FILE, only=["nothing"])


def test_the_shipped_study_runs_small(tmp_path: Path) -> None:
    args = ("study", "agenda", "--only", "budget-105", "--set", "days=3", "--replications", "2", "--workers", "1", "--quiet")
    answer = command(tmp_path, *args, "--out", "s", real=True)
    assert answer.code == 0, answer.err
    summary = json.loads((tmp_path / "s" / "study.json").read_bytes())
    (question,) = summary["questions"]
    assert len(question["designs"]) == 5 and len(question["comparisons"]) == 10
    assert all(one["measures"]["cost_eur_year"]["estimate"] > 0 for one in question["designs"])
    assert "SIMULATED" in (tmp_path / "s" / "study.html").read_text(encoding="utf-8")
