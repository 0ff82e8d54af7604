"""Blind verdicts beside skill, against losses counted by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.measure.measures import _blind, _skill

LOSSES: Any = SimpleNamespace(verification=SimpleNamespace(verdicts=SimpleNamespace(
    loss_missed=1.0, loss_wrong=3.0, loss_undetermined=0.3)))
TABLE = {"side": np.array(["A"] * 5 + ["B"] * 3), "sector": np.full(8, "s1"),
         "from_h": np.array([0, 24, 48, 72, 96, 0, 24, 48.0]),
         "called": np.array(["breach"] * 3 + ["undetermined"] * 2 + ["compliant"] * 3)}
BREACH = np.array([1, 1, 1, 1, 0, 1, 0, 0], dtype=bool)


@pytest.mark.parametrize(("blamed", "losses"), [
    (None, {"always breach": 9.0, "always compliant": 5.0, "state of the previous period": 8.0}),
    (np.array([1, 1, 1, 1, 0, 1, 1, 0], dtype=bool),
     {"always breach": 9.0, "always compliant": 5.0, "state of the previous period": 8.0, "party most complained of": 3.0}),
])
def test_blind_verdicts(blamed: Any, losses: dict[str, float]) -> None:
    """A has four breaches then none, B one then none: the previous state misses each first, and accuses twice too late."""
    rows = _blind(TABLE, BREACH, LOSSES, blamed)
    best = min(losses.values())
    assert {r.group: best - r.numerator for r in rows} == losses
    assert {r.denominator for r in rows} == {best}
    assert max(r.numerator for r in rows) == 0.0
    skill = _skill(TABLE, BREACH, LOSSES, blamed, loss_wrong=3.0)
    assert (skill.numerator, skill.denominator) == (pytest.approx(best - 1.6), best)
