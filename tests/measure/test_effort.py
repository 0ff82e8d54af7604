"""The part of the published trend that is the monitors' own, against cases worked out by hand."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import pytest

from sim.measure.effort import effort_part


def _world(rows: list[tuple[str, int, int, int]]) -> tuple[dict[str, Any], Any]:
    """Incidents from (kind, half, number, number confirmed)."""
    kind, late, held = [], [], []
    for name, half, number, confirmed in rows:
        kind += [name] * number
        late += [bool(half)] * number
        held += [1.0] * confirmed + [np.nan] * (number - confirmed)
    n = len(kind)
    return ({"kind": np.array(kind, dtype=str), "side": np.full(n, "A"), "light": np.full(n, "day"),
             "verified_h": np.array(held, dtype=float)}, np.array(late, dtype=bool))


def test_half_the_capture_at_the_same_mix_is_all_effort() -> None:
    assert effort_part(*_world([("fire", 0, 40, 20), ("fire", 1, 40, 10)])) == (pytest.approx(log(0.5)), 1.0)


def test_another_mix_at_the_same_shares_is_no_effort() -> None:
    rows = [("fire", 0, 80, 40), ("mine", 0, 20, 2), ("fire", 1, 20, 10), ("mine", 1, 80, 8)]
    assert effort_part(*_world(rows)) == (pytest.approx(0.0), 1.0)


def test_mix_and_shares_together_are_told_apart() -> None:
    """At the mix of both halves, 100 of each: 50 + 10 captured by the first shares, 25 + 10 by the second."""
    rows = [("fire", 0, 80, 40), ("mine", 0, 20, 2), ("fire", 1, 20, 5), ("mine", 1, 80, 8)]
    assert effort_part(*_world(rows)) == (pytest.approx(log(35 / 60)), 1.0)


def test_nothing_is_said_where_a_half_captured_nothing_or_there_is_nothing() -> None:
    assert effort_part(*_world([("fire", 0, 40, 20), ("fire", 1, 40, 0)])) == (0.0, 0.0)
    assert effort_part(*_world([("fire", 0, 40, 20)])) == (0.0, 0.0)
    assert effort_part(*_world([])) == (0.0, 0.0)
