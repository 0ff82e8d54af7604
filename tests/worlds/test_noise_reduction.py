"""Two designs that share their luck differ by far less noise than two that do not: drones by a quarter more, cueing on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_worlds import named, ready, world

import sim
from sim.engine import prepare, replicate
from sim.foundation import streams
from sim.measure.measures import measure
from sim.measure.statistics import paired_ratio_difference
from sim.scenario.scenario import Scenario


def grown(scenario: Scenario) -> Scenario:
    """A quarter more airframes in every unit, rounded up."""
    units = tuple(u.model_copy(update={"airframes": -(-u.airframes * 5 // 4)}) for u in scenario.monitoring.drones)
    monitoring = scenario.monitoring.model_copy(update={"drones": units})
    return scenario.model_copy(update={"monitoring": monitoring})


def detected(prepared: Any, scenario: Scenario, *, seed: int, replications: int, first: int = 0) -> np.ndarray:
    """Incidents detected and counted, by replication, shape (replications, 2)."""
    rows = []
    for r in range(first, first + replications):
        found = measure(replicate(prepared, seed=seed, replication=r), scenario)
        row = next(x for x in found.rows if x.measure == "detected_share" and x.by == "all")
        rows.append((row.numerator, row.denominator))
    return np.array(rows)


def reduction(a: np.ndarray, b: np.ndarray) -> float:
    found = paired_ratio_difference(b[:, 0], b[:, 1], a[:, 0], a[:, 1]).noise_reduction
    assert found is not None
    return found


class InOrder:
    """Luck as simulations without names have it: one sequence, each draw takes the next number of it."""

    def __init__(self) -> None:
        self.taken = 0

    def __call__(self, *name: str | int) -> int:
        self.taken += 1
        return _BY_NAME("in order", name[0], self.taken) if name else 0


_BY_NAME = streams.name_key


def by_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams are numbered in the order of asking; a design that asks once more shifts the luck of all that follows."""
    order = InOrder()
    monkeypatch.setattr(streams.Streams, "key", lambda self, *name: order(self.root, *name))


def test_sharing_luck_by_name_reduces_noise_and_by_order_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    small = world(days=3)
    assert small.verification.tasking.drones and small.verification.tasking.looks_per_case > 0
    assert named(grown(small).monitoring.drones, "north").airframes > named(small.monitoring.drones, "north").airframes
    pair = (small, grown(small))
    a, b = (detected(ready(s), s, seed=3, replications=24) for s in pair)
    shared = reduction(a, b)
    by_order(monkeypatch)
    c, d = (detected(ready(s), s, seed=3, replications=24) for s in pair)
    ordered = reduction(c, d)
    assert shared >= 3 * ordered and ordered < 2.5, (shared, ordered)


@pytest.mark.slow
def test_noise_reduction_of_the_standard_set(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Seed set standard: 40 replications of technical-means against a quarter more airframes in every unit."""
    from sim.experiment.seeds import seed_set

    name, seed, count = seed_set("standard")
    assert (name, count) == ("standard", 40)
    base = sim.load("technical-means").scenario
    found = {}
    for how in ("by name", "by order"):
        if how == "by order":
            by_order(monkeypatch)
        sides = [detected(prepare(s), s, seed=seed, replications=count) for s in (base, grown(base))]
        found[how] = reduction(*sides)
    with capsys.disabled():
        print(f"\nnoise reduction of detected_share: {found['by name']:.1f}, with draws keyed by order {found['by order']:.2f}")
    assert found["by name"] >= 5 and found["by order"] < 1.5
