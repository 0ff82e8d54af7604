"""How often the 95 % noise interval holds the truth: 1,000 studies of 20 replications each, drawn from many real histories.

The truth is the ratio over all the histories, so that it is known exactly and each study is an independent draw.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.experiment.summary import Pairs, _ratio
from sim.measure.measures import CATALOGUE, Measure, measure
from sim.measure.statistics import paired_ratio_difference

STUDIES, SIZE = 1000, 20
SHARES = (
    "skill", "power_median", "undetermined_share", "significant_confirmed_in_time_share", "detected_share", "timely_share",
    "verified_share", "attributed_share", "answered_share",
)  # fmt: skip
Columns = dict[str, Pairs]


def covered(pool: Columns, name: str, entry: Measure, picks: Any) -> float:
    """Share of the studies whose interval holds the ratio over the whole pool."""
    tops, bottoms = pool[name]
    truth, hits = tops.sum() / bottoms.sum(), 0
    for pick in picks:
        found = _ratio(entry, Pairs(tops[pick], bottoms[pick]), 0.95)
        assert found.low is not None and found.high is not None
        hits += found.low <= truth <= found.high
    return hits / len(picks)


def covered_difference(a: Columns, b: Columns, name: str, picks: Any) -> float:
    """Share of the studies whose interval of the paired difference holds that of the whole pools."""
    (top, bottom), (other_top, other_bottom) = a[name], b[name]
    truth, hits = other_top.sum() / other_bottom.sum() - top.sum() / bottom.sum(), 0
    for pick in picks:
        found = paired_ratio_difference(other_top[pick], other_bottom[pick], top[pick], bottom[pick])
        assert found.low is not None and found.high is not None
        hits += found.low <= truth <= found.high
    return hits / len(picks)


def test_coverage_of_shares_that_scatter_more_than_a_coin() -> None:
    """Shares of acts whose chance varies from replication to replication (beta), the acts being Poisson."""
    rng = np.random.Generator(np.random.Philox(key=7))
    acts = rng.poisson(60, 4000).astype(float)
    chance = rng.beta(6, 9, 4000)
    a = {"s": Pairs(rng.binomial(acts.astype(int), chance).astype(float), acts)}
    b = {"s": Pairs(rng.binomial(acts.astype(int), np.minimum(1, chance + 0.05)).astype(float), acts)}
    picks = rng.integers(0, 4000, (STUDIES, SIZE))
    entry = Measure("s", "share of incidents")
    assert 0.92 <= covered(a, "s", entry, picks) <= 0.98
    assert 0.92 <= covered_difference(a, b, "s", picks) <= 0.98


@pytest.mark.parametrize("share", [0.2, 0.3, 0.5])
def test_coverage_of_a_difference_in_which_most_pairs_are_alike(share: float) -> None:
    """Two designs that part in some replications only, by a skewed amount; the usual interval covers 87 in 100 or less."""
    rng = np.random.Generator(np.random.Philox(key=11))
    acts = rng.poisson(200, 4000).astype(float)
    top = rng.binomial(acts.astype(int), 0.4).astype(float)
    more = np.where(rng.random(4000) < share, 1 + np.floor(rng.exponential(4, 4000)), 0.0)
    a, b = {"s": Pairs(top, acts)}, {"s": Pairs(np.minimum(top + more, acts), acts)}
    picks = rng.integers(0, 4000, (STUDIES, SIZE))
    assert 0.92 <= covered_difference(a, b, "s", picks) <= 0.98


def test_a_difference_that_rests_on_few_pairs_says_so() -> None:
    a, b = np.full(20, 10.0), np.full(20, 40.0)
    other = a.copy()
    other[:4] += 2
    few = paired_ratio_difference(other, b, a, b)
    assert few.reason.startswith("rests on 4 of 20 pairs that differ") and few.low is not None and few.low < 0
    many = paired_ratio_difference(a + np.arange(1, 21), b, a, b)
    assert many.reason == "" and many.clear
    same = paired_ratio_difference(a, b, a, b)
    assert same.reason == "the difference is the same in every replication" and same.low == same.high == 0


def engine_pool(scenario: Any, replications: int) -> Columns:
    from sim.engine import replicate

    sys.path.insert(0, str(Path(__file__).parents[1] / "worlds"))
    from small_worlds import ready

    prepared = ready(scenario)
    found = {name: (np.zeros(replications), np.zeros(replications)) for name in SHARES}
    for r in range(replications):
        for row in measure(replicate(prepared, seed=5, replication=r), scenario).rows:
            if row.by == "all" and row.measure in found:
                found[row.measure][0][r], found[row.measure][1][r] = row.numerator, row.denominator
    return {name: Pairs(*pair) for name, pair in found.items()}


@pytest.mark.slow
def test_coverage_of_every_headline_share_and_of_the_paired_difference(capsys: pytest.CaptureFixture[str]) -> None:
    sys.path.insert(0, str(Path(__file__).parents[1] / "worlds"))
    from small_worlds import world

    more = tuple((f"monitoring.drones.{unit}.airframes", "12") for unit in ("south", "centre", "north"))
    a, b = engine_pool(world(days=3), 400), engine_pool(world(days=3, more=more), 400)
    picks = np.random.Generator(np.random.Philox(key=8)).integers(0, 400, (STUDIES, SIZE))
    alone = {name: covered(a, name, CATALOGUE[name], picks) for name in SHARES}
    paired = {name: covered_difference(a, b, name, picks) for name in SHARES}
    with capsys.disabled():
        print("\n" + "\n".join(f"{name}: {alone[name]:.3f}, paired difference {paired[name]:.3f}" for name in SHARES))
    assert all(0.92 <= share <= 0.98 for share in alone.values()), alone
    assert all(0.92 <= share <= 0.98 for share in paired.values()), paired
