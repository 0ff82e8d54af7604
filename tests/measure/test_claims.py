"""What parties claim is a ledger of its own, and the party most complained of a verdict that needs no monitoring."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hand_made import act, history, scenario, table

from sim.ledger import Columns
from sim.measure.measures import measure, most_complained_of


def claim(day: int, side: str, filed: int, *, sector: str = "w", kind: str = "fire", claimed: int = 0) -> dict[str, Any]:
    return {"claim": f"{day}{side}{sector}", "kind": kind, "side": side, "sector": sector, "from_h": 24.0 * day, "filed": filed,
            "untrue": 0, "claimed": claimed}


def verdict(day: int, side: str, called: str, truth: str, sector: str = "w") -> dict[str, Any]:
    return {"verdict": f"{side}{sector}{day}", "side": side, "sector": sector, "from_h": 24.0 * day, "to_h": 24.0 * day + 24,
            "called": called, "truth": truth, "power": 1.0}


def row(name: str, by: str, group: str, **tables: Any) -> tuple[float, float]:
    found = [r for r in measure(history(**tables), scenario()).rows if (r.measure, r.by, r.group) == (name, by, group)]
    return (found[0].numerator, found[0].denominator) if found else (-1.0, -1.0)


def test_claimed_ratio_counts_totals_about_the_counted_days() -> None:
    tables = {"violations": [act("1", 3.0), act("2", 30.0), act("3", 50.0, side="B")],
              "claims": [claim(0, "A", 2, claimed=8), claim(1, "B", 1, claimed=5), claim(4, "A", 9, claimed=90)]}
    assert row("claimed_ratio", "all", "", **tables) == (13.0, 3.0)
    assert row("claimed_ratio", "side", "A", **tables) == (8.0, 2.0)
    assert row("claimed_ratio", "side", "B", **tables) == (5.0, 1.0)
    assert row("claimed_ratio", "kind", "fire", **tables) == (13.0, 3.0)
    assert row("claimed_ratio", "all", "", violations=tables["violations"]) == (-1.0, -1.0)


def columns(name: str, rows: list[dict[str, Any]]) -> Columns:
    return table(name, rows)


def test_the_party_most_complained_of_by_sector_and_period() -> None:
    verdicts = columns("verdicts", [verdict(d, s, "compliant", "breach", w) for d in (0, 1) for s in "AB" for w in ("w", "e")])
    claims = columns("claims", [claim(0, "A", 3), claim(0, "A", 2, kind="strike"), claim(0, "B", 4), claim(1, "A", 4),
                                claim(1, "B", 4), claim(1, "B", 1, sector="e")])
    blamed = most_complained_of(verdicts, claims, 24.0)
    assert blamed is not None
    names = verdicts["verdict"][blamed].tolist()
    assert names == ["Aw0", "Be1"]
    assert most_complained_of(verdicts, columns("claims", []), 24.0) is None
    longer = most_complained_of(columns("verdicts", [verdict(0, "A", "", ""), verdict(0, "B", "", "")]), claims, 48.0)
    assert longer is not None and longer.tolist() == [True, False]


@pytest.mark.parametrize(("claims", "best"), [([], 4.0), ([claim(0, "A", 5), claim(1, "B", 5), claim(2, "A", 1)], 1.0)])
def test_skill_is_against_the_best_blind_verdict(claims: list[dict[str, Any]], best: float) -> None:
    """Eight verdicts, four breaches: always compliant loses 4; naming the most complained of misses one breach."""
    breaches = {(0, "A"), (1, "B"), (2, "A"), (3, "B")}
    rows = [verdict(d, s, "undetermined", "breach" if (d, s) in breaches else "compliant") for s in "AB" for d in range(4)]
    loss = 8 * 0.3
    assert row("skill", "all", "", verdicts=rows, claims=claims) == pytest.approx((best - loss, best))
    assert np.isfinite(best)
