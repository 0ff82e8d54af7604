"""Wrong merges: cases whose reports come from more than one act are counted, for the analyst who knows the truth."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np

from sim.engine import prepare, replicate
from sim.ledger import History
from sim.scenario.reader import read

ROOT = Path(__file__).parents[2]


@cache
def played(distance_km: float) -> History:
    scenario = read(ROOT / "scenarios" / "technical-means.toml", overrides=(
        ("days", "3"), ("verification.merging.distance_km", str(distance_km)))).scenario
    return replicate(prepare(scenario), seed=5, replication=0)


def acts_of_cases(history: History) -> dict[str, set[str]]:
    """Acts that caused the reports of each case, told by the table of observations alone."""
    acts: dict[str, set[str]] = defaultdict(set)
    seen = history.tables["observations"]
    for case, act in zip(seen["case"].tolist(), seen["violation"].tolist(), strict=True):
        acts[case].update({act} - {""})
    return acts


def test_a_wrong_merge_is_a_case_of_several_acts() -> None:
    history = played(3.0)
    cases, acts = history.tables["cases"], acts_of_cases(history)
    several = [len(acts[case]) > 1 for case in cases["case"].tolist()]
    assert cases["wrong_merge"].tolist() == several
    assert 0 < sum(several) < len(several)


def test_wider_merging_merges_wrongly_more_often() -> None:
    near, far = (played(km).tables["cases"]["wrong_merge"] for km in (0.5, 10.0))
    assert np.mean(far) > np.mean(near)
