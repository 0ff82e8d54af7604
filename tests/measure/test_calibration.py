"""Scores and reliability of posteriors: by hand, and for forecasts that are right by construction."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.ledger import Columns
from sim.measure.calibration import BINS, calibration, label


def table(own: Any, true: Any, **sets: Any) -> Columns:
    own = np.asarray(own, dtype=np.float64)
    return {"own_share": own, "exact_share": np.asarray(sets.get("exact", own)), "half_share": np.asarray(sets.get("half", own)),
            "whole_share": np.asarray(sets.get("whole", own)), "true": np.asarray(true, dtype=np.int64),
            "kind": np.array(["fire", "drone"] * (len(own) // 2), dtype="U8")}


def found(rows: Any) -> dict[tuple[str, str, str], tuple[float, float]]:
    return {(measure, by, group): (top, bottom) for measure, by, group, top, bottom in rows}


def test_scores_by_hand() -> None:
    """E12: Brier score of .9 .2 .7 .4 against 1 0 1 1 is 0.125."""
    rows = found(calibration(table([0.9, 0.2, 0.7, 0.4], [1, 0, 1, 1], whole=[1.0, 0.0, 1.0, 0.0])))
    top, bottom = rows["posterior_brier", "all", ""]
    assert top / bottom == pytest.approx(0.125)
    top, bottom = rows["posterior_log_score", "all", ""]
    assert top / bottom == pytest.approx(-sum(map(math.log, (0.9, 0.8, 0.7, 0.4))) / 4)
    assert rows["posterior_brier", "disturbance", "0"] == rows["posterior_brier", "all", ""]
    assert rows["posterior_brier", "disturbance", "1"] == (1.0, 4.0)
    assert rows["posterior_log_score", "disturbance", "1"][0] == pytest.approx(-math.log(1e-9))  # sure and wrong: bounded
    assert rows["posterior_brier", "kind", "fire"] == pytest.approx((0.1**2 + 0.3**2, 2.0))


def test_reliability_by_hand() -> None:
    rows = found(calibration(table([0.05, 0.2, 0.2, 0.96, 0.97, 1.0], [0, 1, 0, 1, 0, 1])))
    assert rows["posterior_true_share", "disturbance-own", "0.1-0.3"] == (1.0, 2.0)
    assert rows["posterior_mean", "disturbance-own", "0.95-0.99"] == pytest.approx((1.93, 2.0))
    assert rows["posterior_true_share", "disturbance-own", "0.99-1"] == (1.0, 1.0)
    assert rows["posterior_true_share", "disturbance-own", "0.5-0.7"] == (0.0, 0.0)
    assert sum(rows["posterior_mean", "disturbance-0.5", label(n)][1] for n in range(len(BINS) - 1)) == 6


def test_forecasts_that_are_right_lie_on_the_diagonal_and_overconfident_ones_do_not() -> None:
    draw = np.random.Generator(np.random.Philox(key=5))
    share = draw.random(40_000)
    true = draw.random(40_000) < share
    odds = (share / (1 - share)) ** 2
    rows = found(calibration(table(share, true, whole=odds / (1 + odds))))
    off = []
    for number in range(len(BINS) - 1):
        (hits, n), (mean, _) = (rows[m, "disturbance-own", label(number)] for m in ("posterior_true_share", "posterior_mean"))
        p = mean / n
        assert abs(hits / n - p) < 4 * math.sqrt(p * (1 - p) / n), label(number)
        (hits, n), (mean, _) = (rows[m, "disturbance-1", label(number)] for m in ("posterior_true_share", "posterior_mean"))
        off.append((hits - mean) / n)
    assert off[0] > 0.05
    assert off[-4] < -0.05
    # E (p − y)² = E p(1 − p) = 1/6 for p even on 0 … 1.
    top, bottom = rows["posterior_brier", "all", ""]
    assert abs(top / bottom - 1 / 6) < 4 * math.sqrt(1 / 30 / bottom)


def test_no_posteriors_no_rows() -> None:
    assert calibration(table([], [])) == []
