"""Looks that reach a place off the line against the search's own law of contact."""

from __future__ import annotations

import numpy as np
import pytest
import short_line as world

import sim
from sim.engine import Prepared, open_world, prepare
from sim.foundation.scan import GLANCE, NEVER, Sensors, Targets, contacts
from sim.monitoring.in_reach import within_reach
from sim.monitoring.looks import Looks, table_of


@pytest.fixture(scope="module")
def short_run() -> tuple[Prepared, Looks]:
    prepared = prepare(sim.load("technical-means", days=3).scenario)
    return prepared, open_world(prepared, seed=3, replication=0).watch.looks


@pytest.mark.parametrize("depth", [-20.0, -5.0, 0.0, 5.0, 20.0])
def test_reach_is_that_of_the_search(short_run: tuple[Prepared, Looks], depth: float) -> None:
    """A sure glance meets a target at the depth exactly when the look reaches it, and first when it does."""
    prepared, looks = short_run
    sensing = prepared.layout.sensing
    rng = np.random.Generator(np.random.PCG64(1))
    taken = rng.permutation(len(looks.cell))[:4000]
    some = looks._make(column[taken] for column in looks)
    some = some._replace(law=np.full(4000, GLANCE, dtype=np.int8), condition=np.ones(4000))
    rows, start, end = within_reach(some, sensing, depth_km=np.full(4000, depth))
    table = table_of(some, np.arange(4000), len(prepared.cells.km), bin_us=world.H)
    n = len(sensing.means)
    sure = Sensors(np.arange(n), np.ones((n, 1)), np.ones((n, 1)), np.zeros(1, dtype=np.int64), sensing.reach_km,
                   sensing.offset_km, sensing.speed_kmh)
    every = np.arange(4000)
    acts = Targets(every.astype(np.uint64), some.cell, np.full(4000, -10), np.full(4000, 2**60), np.full(4000, depth),
                   np.zeros(4000, dtype=np.int64))
    met = contacts(table, sure, acts, every, every)
    reached = np.full(4000, NEVER)
    reached[rows] = start
    assert reached.tolist() == met.tolist() and (start <= end).all()
    assert len(rows) > 0 and (len(rows) < 4000 or abs(depth) < 20)
