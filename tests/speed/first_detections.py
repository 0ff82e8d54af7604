"""First detections of 20,000 violations among a million looks, beside bare SimPy timeouts, and a small world to step.

A mediator learns what exact times of first sight cost, and what a model that steps minute by minute would have missed.
Run it with `python tests/speed/first_detections.py`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import simpy
from access_work import by_turns

from sim.foundation.scan import GLANCE, NEVER, SEARCH, LookTable, Sensors, Targets, first_contacts
from sim.foundation.streams import mix64

HOUR_US = 3_600_000_000
CELLS, LOOKS, ACTS, DAYS = 240, 1_000_000, 20_000, 30
ROUNDS = 7


class World(NamedTuple):
    """A table of looks, what its two sensors can do (satellite, drone), and the acts to be found."""

    table: LookTable
    sensors: Sensors
    acts: Targets


def sensors_of(*, glance: float, rate_per_h: float) -> Sensors:
    """A satellite that sees at once with a probability, and a drone that searches at a rate, both with any reach."""
    wide, none = np.full(2, 1e9), np.zeros(2)
    return Sensors(np.arange(2), np.array([[glance], [1.0]]), np.array([[0.0], [rate_per_h]]), np.zeros(1, dtype=np.int64), wide,
                   none, none)


def table_of(cell: Any, start: Any, end: Any, sensor: Any, *, cells: int) -> LookTable:
    """Looks sorted by cell and start, each with luck of its own."""
    span = int(start.max(initial=0)) + 2
    order = np.argsort(cell * span + start, kind="stable")
    cell, start, end, sensor = cell[order], start[order], end[order], sensor[order]
    longest = np.zeros(cells, dtype=np.int64)
    np.maximum.at(longest, cell, end - start)
    law = np.where(sensor == 1, SEARCH, GLANCE).astype(np.int8)
    return LookTable(mix64(7, np.arange(len(cell), dtype=np.uint64)), sensor.astype(np.int32), start, end, (start + end) // 2,
                     law, np.ones(len(cell)), cell * span + start, longest, span, HOUR_US)


def full_world() -> World:
    """Three looks in ten are passes of satellites, the others legs of patrols of 15 min; acts last an hour in the middle."""
    rng = np.random.Generator(np.random.PCG64(1))
    horizon = DAYS * 24 * HOUR_US
    cell, start = rng.integers(0, CELLS, LOOKS), rng.integers(0, horizon, LOOKS)
    sensor = (rng.random(LOOKS) < 0.7).astype(np.int64)
    table = table_of(cell, start, start + sensor * HOUR_US // 4, sensor, cells=CELLS)
    onset = rng.integers(0, horizon, ACTS)
    length = (rng.lognormal(0.0, 1.0, ACTS) * HOUR_US).astype(np.int64)
    acts = Targets(mix64(9, np.arange(ACTS, dtype=np.uint64)), rng.integers(0, CELLS, ACTS), onset, onset + length,
                   np.zeros(ACTS), np.zeros(ACTS, dtype=np.int64))
    return World(table, sensors_of(glance=0.3, rate_per_h=2.0), acts)


def find(world: World) -> Any:
    """Time and row of the first contact of every act."""
    return first_contacts(world.table, world.sensors, world.acts)


def bare(timeouts: int) -> None:
    """One SimPy process that waits as often as there are acts."""
    env = simpy.Environment()

    def wait() -> Any:
        for _ in range(timeouts):
            yield env.timeout(1)

    env.process(wait())
    env.run()


class Speed(NamedTuple):
    """Medians of CPU seconds by turns."""

    find_s: float
    bare_s: float
    found_share: float

    @property
    def timeouts_each(self) -> float:
        """What one first detection costs, in bare timeouts."""
        return self.find_s / self.bare_s


def measure(*, rounds: int = ROUNDS) -> Speed:
    """The search and as many bare timeouts by turns."""
    world = full_world()
    taken = by_turns({"find": lambda: find(world), "bare": lambda: bare(ACTS)}, rounds=rounds)
    return Speed(taken["find"], taken["bare"], float((find(world)[0] < NEVER).mean()))


# ---- a small world, which a stepping model can play too --------------------------------------------------------

SMALL_SECTORS, SMALL_DRONES, SMALL_DAYS, SMALL_ACTS = 20, 100, 7, 1341
SECTOR_KM, SPEED_KMH, REACH_KM = 60.0, 100.0, 3.0
SEGMENT_KM, PASSES_PER_DAY, PASS_H = 5.0, 4, 1 / 60


class Small(NamedTuple):
    """Drones that fly to and fro along sectors of 60 km, 20 h on and 4 h off, and see at once what lies within 3 km; and
    satellites that see all of a segment of 5 km in windows of one minute."""

    sector: Any
    phase_h: Any
    act_sector: Any
    act_km: Any
    onset_h: Any
    end_h: Any
    pass_segment: Any
    pass_h: Any
    """Starts of the windows, sorted by (segment, start)."""


def small_world() -> Small:
    """100 drones in 20 sectors, 1,341 acts in 7 days."""
    rng = np.random.Generator(np.random.PCG64(2))
    onset = rng.uniform(0, SMALL_DAYS * 24, SMALL_ACTS)
    segments = round(SMALL_SECTORS * SECTOR_KM / SEGMENT_KM)
    passes = rng.uniform(0, (SMALL_DAYS + 1) * 24, (segments, PASSES_PER_DAY * (SMALL_DAYS + 1)))
    segment = np.repeat(np.arange(segments), passes.shape[1])
    return Small(np.arange(SMALL_DRONES) % SMALL_SECTORS, rng.uniform(0, 24, SMALL_DRONES),
                 rng.integers(0, SMALL_SECTORS, SMALL_ACTS), rng.uniform(0, SECTOR_KM, SMALL_ACTS), onset,
                 onset + np.minimum(rng.lognormal(-1.5, 1.0, SMALL_ACTS), 20), segment, np.sort(passes, axis=1).ravel())


def place_km(phase_h: Any, time_h: Any) -> Any:
    """Place of a drone along its sector: a formula of time; NaN while it is on the ground."""
    clock = (np.asarray(time_h) + phase_h) % 24
    gone = clock * SPEED_KMH % (2 * SECTOR_KM)
    return np.where(clock < 20, np.minimum(gone, 2 * SECTOR_KM - gone), np.nan)


def segment_of(small: Small) -> Any:
    """Segment of each act."""
    return (small.act_sector * SECTOR_KM + small.act_km).astype(np.int64) // round(SEGMENT_KM)


def small_first_h(small: Small) -> Any:
    """Exact first sights (hours, inf = never): looks as intervals by closed form, searched by the product; one cell an act."""
    cell, start_h, end_h = (np.concatenate(pair) for pair in zip(_legs(small), _windows(small), strict=True))
    start, end = _us(np.maximum(start_h, 0)), _us(end_h)
    keep = np.flatnonzero(start < end)
    table = table_of(cell[keep], start[keep], end[keep], np.zeros(len(keep), dtype=np.int64), cells=SMALL_ACTS)
    every = np.arange(SMALL_ACTS)
    acts = Targets(every.astype(np.uint64), every, _us(small.onset_h), _us(small.end_h), np.zeros(SMALL_ACTS),
                   np.zeros(SMALL_ACTS, dtype=np.int64))
    found, _ = first_contacts(table, sensors_of(glance=1.0, rate_per_h=0.0), acts)
    return np.where(found < NEVER, found / HOUR_US, np.inf)


def _us(hours: Any) -> Any:
    return np.ceil(np.asarray(hours) * HOUR_US).astype(np.int64)


def _legs(small: Small) -> tuple[Any, Any, Any]:
    """Times for which a drone of its sector has the place of an act within reach, over the passes that may meet the act."""
    act, drone = np.nonzero(small.act_sector[:, None] == small.sector)
    pass_h = SECTOR_KM / SPEED_KMH
    first = np.floor((small.onset_h[act] + small.phase_h[drone]) / pass_h).astype(np.int64)
    last = np.floor((small.end_h[act] + small.phase_h[drone]) / pass_h).astype(np.int64)
    # Flights of 20 h hold 33 passes and a third; a day of 24 h holds 40 passes, so that the day restarts the count.
    count = last - first + 1
    pair = np.repeat(np.arange(len(act)), count)
    number = first[pair] + np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
    day, leg = np.divmod(number, 40)
    km = small.act_km[act[pair]]
    along = leg * SECTOR_KM + np.where(leg % 2 == 0, km, SECTOR_KM - km)
    low = np.maximum(along - REACH_KM, leg * SECTOR_KM)
    high = np.minimum(np.minimum(along + REACH_KM, (leg + 1) * SECTOR_KM), 20 * SPEED_KMH)
    begin = day * 24 - small.phase_h[drone[pair]]
    start, end, act = begin + low / SPEED_KMH, begin + high / SPEED_KMH, act[pair]
    keep = np.flatnonzero((low < high) & (end > small.onset_h[act]) & (start < small.end_h[act]))
    return act[keep], start[keep], end[keep]


def _windows(small: Small) -> tuple[Any, Any, Any]:
    """Windows of satellites over the segment of an act that may meet it."""
    span = 1000.0
    key = small.pass_segment * span + small.pass_h
    base = segment_of(small) * span
    low, high = np.searchsorted(key, base + np.maximum(small.onset_h - PASS_H, 0)), np.searchsorted(key, base + small.end_h)
    count = high - low
    act = np.repeat(np.arange(SMALL_ACTS), count)
    row = low[act] + np.arange(len(act)) - np.repeat(np.cumsum(count) - count, count)
    return act, small.pass_h[row], small.pass_h[row] + PASS_H


def by_hand_h(small: Small, act: int, step_h: float = 1 / 36_000) -> float:
    """First sight of one act by walking a tenth of a second at a time (inf = never): slow, for a few acts only."""
    times = np.arange(small.onset_h[act], small.end_h[act], step_h)
    seen = np.zeros(len(times), dtype=bool)
    for drone in np.flatnonzero(small.sector == small.act_sector[act]):
        seen |= np.abs(place_km(small.phase_h[drone], times) - small.act_km[act]) <= REACH_KM
    for start in small.pass_h[small.pass_segment == segment_of(small)[act]]:
        seen |= (times >= start) & (times < start + PASS_H)
    return float(times[seen.argmax()]) if seen.any() else np.inf


if __name__ == "__main__":
    speed = measure()
    print(f"{ACTS} first detections among {LOOKS} looks: {speed.find_s * 1e3:.1f} ms of CPU (median of {ROUNDS}), "
          f"{speed.find_s / ACTS * 1e6:.2f} µs or {speed.timeouts_each:.2f} bare timeouts each; {speed.found_share:.0%} found")
