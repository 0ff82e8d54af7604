"""Speed of one replication of full size, beside a bare SimPy loop with as many timeouts, in the same process.

A mediator gets the price of one more replication: seconds, events, events per second. Run it with
`python tests/speed/full_size.py`.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

import simpy

import sim
from sim.engine import Prepared, prepare, replicate
from sim.ledger import digest
from sim.scenario.scenario import Scenario

ROUNDS = 5
GROWN = {
    "monitoring.satellites.iceye-class.members": 36,  # with the 24 of the other families: 60 satellites
    **{f"monitoring.drones.{unit}.airframes": 10 for unit in ("southwest", "south", "centre", "north", "sea")},
    **{f"monitoring.drones.{unit}.airframes": 5 for unit in ("large-eo", "large-radar")},
    "response.procedures.coalition.members": 35,
    "response.procedures.coalition.needed": 24,
}
"""What differs from technical-means, so that the sizes below are reached."""


class Size(NamedTuple):
    """What "full size" means."""

    line_km: float
    satellites: int
    drones: int
    members: int
    incidents_per_day: float
    days: float


class Speed(NamedTuple):
    """Medians over the rounds; `events` and `digest` must be the same in all rounds."""

    cpu_s: float
    bare_s: float
    events: int
    digests: frozenset[str]

    @property
    def ratio(self) -> float:
        """CPU of the replication over CPU of the bare loop."""
        return self.cpu_s / self.bare_s


def size_of(prepared: Prepared) -> Size:
    """Size of a prepared scenario."""
    scenario: Scenario = prepared.scenario
    return Size(
        prepared.cells.line_km * scenario.area.length_factor,
        sum(family.members for family in scenario.monitoring.satellites),
        sum(unit.airframes for unit in scenario.monitoring.drones),
        max(procedure.members for procedure in scenario.response.procedures),
        sum(kind.incidents_per_day for kind in scenario.conduct.kinds),
        scenario.days,
    )


def full_size() -> Prepared:
    """technical-means grown to full size, prepared."""
    return prepare(sim.load("technical-means", **GROWN).scenario)


def bare(timeouts: int) -> None:
    """One SimPy process that waits as often as the replication has events."""
    env = simpy.Environment()

    def wait() -> simpy.events.ProcessGenerator:
        for _ in range(timeouts):
            yield env.timeout(1)

    env.process(wait())
    env.run()


def cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    gc.collect()
    begin = time.process_time()
    work()
    return time.process_time() - begin


def measure(prepared: Prepared, *, rounds: int = ROUNDS) -> Speed:
    """The same replication and a bare loop by turns, after one round to warm up."""
    first = replicate(prepared, seed=1, replication=0)
    seen = {digest(first)}
    whole, loop = [], []
    for _ in range(rounds):
        whole.append(cpu_s(lambda: seen.add(digest(replicate(prepared, seed=1, replication=0)))))
        loop.append(cpu_s(lambda: bare(first.events)))
    return Speed(median(whole), median(loop), first.events, frozenset(seen))


def sentences(size: Size, speed: Speed) -> list[str]:
    """What is printed."""
    return [
        f"line {size.line_km:.0f} km, {size.satellites} satellites, {size.drones} drones, {size.members} members, "
        f"{size.incidents_per_day:.0f} incidents a day, {size.days:.0f} days",
        f"one replication after preparation: {speed.cpu_s:.2f} s of CPU (median of {ROUNDS}), {speed.events} events, "
        f"{speed.events / speed.cpu_s:.0f} events per second",
        f"ratio to a bare SimPy loop with as many timeouts: {speed.ratio:.1f}",
    ]


if __name__ == "__main__":
    world = full_size()
    print("\n".join(sentences(size_of(world), measure(world))))
