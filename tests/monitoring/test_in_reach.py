"""Looks that reach a place off the line against the search's own law of contact."""

from __future__ import annotations

import numpy as np
import pytest
import short_line as world

import sim
from sim.engine import Prepared, open_world, prepare
from sim.foundation.scan import GLANCE, NEVER, STARE, Sensors, Targets, contacts
from sim.monitoring.in_reach import within_reach
from sim.monitoring.looks import Looks, stares, table_of
from sim.monitoring.sightings import Sensing


@pytest.fixture(scope="module")
def short_run() -> tuple[Prepared, Looks]:
    prepared = prepare(sim.load("technical-means", days=3).scenario)
    return prepared, open_world(prepared, seed=3, replication=0).watch.looks


@pytest.mark.parametrize("depth", [-20.0, -5.0, 0.0, 5.0, 20.0])
def test_reach_is_that_of_the_search(short_run: tuple[Prepared, Looks], depth: float) -> None:
    """A sure glance, or stare of what stands, meets a target at the depth when and only when the look reaches it."""
    prepared, looks = short_run
    sensing = prepared.layout.sensing
    rng = np.random.Generator(np.random.PCG64(1))
    taken = rng.permutation(len(looks.cell))[:4000]
    some = looks._make(column[taken] for column in looks)
    stands = (some.law != GLANCE) & (some.centre_us >= 0) & (sensing.speed_kmh[some.sensor] <= 0)
    assert stands.any()
    some = some._replace(law=np.where(stands, STARE, GLANCE).astype(np.int8), condition=np.ones(4000))
    km = prepared.cells.km[some.cell]
    rows, start, end = within_reach(some, sensing, depth_km=np.full(4000, depth), km=km)
    table = table_of(some, np.arange(4000), len(prepared.cells.km), bin_us=world.H)
    n = len(sensing.means)
    sure = Sensors(np.arange(n), np.ones((n, 1)), np.ones((n, 1)), np.zeros(1, dtype=np.int64), sensing.reach_km,
                   sensing.offset_km, sensing.speed_kmh)
    every = np.arange(4000)
    acts = Targets(every.astype(np.uint64), some.cell, np.full(4000, -10), np.full(4000, 2**60), np.full(4000, depth),
                   np.zeros(4000, dtype=np.int64), km=km)
    met = contacts(table, sure, acts, every, every)
    reached = np.full(4000, NEVER)
    reached[rows] = start
    assert reached.tolist() == met.tolist() and (start <= end).all()
    assert len(rows) > 0 and (len(rows) < 4000 or abs(depth) < 20)


@pytest.mark.parametrize(("depth", "apart", "inside"),
                         [(3.0, 0.0, True), (3.0, 3.9, True), (3.0, 4.1, False), (-1.0, 5.0, False)])
def test_range_of_a_post_is_a_disc(depth: float, apart: float, inside: bool) -> None:
    """A post at kilometre 100, on the line, with a range of 5 km: 3 km off the line it reaches 4 km to either side."""
    means = np.zeros(1, dtype=np.int64)
    sensing = Sensing(("post",), ("post",), means, np.ones((1, 1)), np.array([5.0]), np.zeros(1), np.zeros(1), np.zeros(1),
                      np.zeros(1), np.zeros(1, dtype=bool))
    look = stares(np.ones(1, dtype=np.uint64), means, np.array([0]), np.array([world.H]), 0, 0, np.zeros(1, dtype=np.int8),
                  np.array([100_000]))
    for km in (100.0 - apart, 100.0 + apart):
        rows, _, _ = within_reach(look, sensing, depth_km=np.array([depth]), km=np.array([km]))
        assert (len(rows) == 1) is inside
