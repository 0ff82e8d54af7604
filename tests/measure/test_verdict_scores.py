"""Skill and power part by part: each part scored by the definition itself, with blind verdicts that know the whole history."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hand_made import history, scenario

from sim.measure.measures import Row, measure

RNG = np.random.Generator(np.random.Philox(key=8))
PLACES = [(side, sector) for side in ("A", "B") for sector in ("e", "w")]


def verdicts() -> list[dict[str, Any]]:
    """Four parties and sectors over four days of 24 h, drawn once."""
    rows = []
    for side, sector in PLACES:
        for day in range(4):
            truth = ("breach", "compliant")[int(RNG.random() < 0.6)]
            called = ("breach", "compliant", "undetermined")[int(RNG.random() * 3)]
            rows.append({"verdict": f"{side}{sector}{day}", "side": side, "sector": sector, "from_h": 24.0 * day,
                         "to_h": 24.0 * day + 24, "called": called, "truth": truth, "power": float(RNG.random())})
    return rows


ROWS = verdicts()
REGIMES = ("calm", "calm", "failing", "failing")


def rows_of() -> dict[tuple[str, str, str], Row]:
    whole = history(verdicts=ROWS)._replace(regimes=REGIMES)
    return {(row.measure, row.by, row.group): row for row in measure(whole, scenario()).rows}


def skill(rows: list[dict[str, Any]]) -> tuple[float, float]:
    """Loss of the best blind verdict less the mission's loss, and the former; missed 1, wrong 3, open 0.3."""
    before = {(r["side"], r["sector"], r["from_h"] + 24.0): r["truth"] for r in ROWS}
    own = sum(0.3 if r["called"] == "undetermined" else lost(r["called"], r["truth"]) for r in rows)
    blind = [sum(lost(says(r), r["truth"]) for r in rows) for says in (
        lambda r: "breach", lambda r: "compliant",
        lambda r: before.get((r["side"], r["sector"], r["from_h"]), "compliant"))]
    return min(blind) - own, min(blind)


def lost(called: str, truth: str) -> float:
    return {("compliant", "breach"): 1.0, ("breach", "compliant"): 3.0}.get((called, truth), 0.0)


@pytest.mark.parametrize(("by", "key"), [
    ("side", lambda r: r["side"]), ("sector", lambda r: r["sector"]), ("side/sector", lambda r: f"{r['side']}/{r['sector']}"),
    ("period", lambda r: f"{int(r['from_h'] / 24):04d}"), ("regime", lambda r: REGIMES[int(r["from_h"] / 24)])])
def test_each_part_is_scored_by_the_definition(by: str, key: Any) -> None:
    found = rows_of()
    groups = {key(r) for r in ROWS}
    assert {group for measure_, kind, group in found if measure_ == "skill" and kind == by} == groups
    for group in groups:
        mine = [r for r in ROWS if key(r) == group]
        row = found["skill", by, group]
        assert (row.numerator, row.denominator) == pytest.approx(skill(mine), abs=1e-12)
        assert found["power_median", by, group].numerator == pytest.approx(float(np.median([r["power"] for r in mine])))


def test_errors_of_each_regime() -> None:
    found = rows_of()
    for regime, days in (("calm", (0, 1)), ("failing", (2, 3))):
        mine = [r for r in ROWS if int(r["from_h"] / 24) in days]
        wrong = sum(r["called"] == "breach" and r["truth"] == "compliant" for r in mine)
        row = found["wrong_accusations_per_30d", "regime", regime]
        assert (row.numerator, row.denominator) == (30.0 * wrong, 2.0)
        assert found["power_worst", "regime", regime].numerator == min(r["power"] for r in mine)
        row = found["true_breach_share", "regime", regime]
        assert (row.numerator, row.denominator) == (sum(r["truth"] == "breach" for r in mine), 8.0)


def test_skill_of_all_is_as_before() -> None:
    row = rows_of()["skill", "all", ""]
    assert (row.numerator, row.denominator) == pytest.approx(skill(ROWS), abs=1e-12)
