"""Sightings: what a sensor would notice of an act, and what is then reported, with every error drawn by key.

A mediator finds here the mistakes of observation: late, misplaced, the wrong kind, the wrong side, or nothing behind it at all.
"""
from __future__ import annotations

from bisect import bisect_right
from math import exp, nan, sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.area.line import Cells, cell_of_km, line_edges
from sim.foundation.scan import Sensors
from sim.foundation.streams import F64, I64, U64, Rekeyed, Streams, luck_for, mix_one, purpose
from sim.monitoring.library import Library, detectability
from sim.records import UNATTRIBUTED, Acts, Observation

_HOUR_US = 3_600_000_000
_NORMAL = NormalDist()
_PLACE, _SIDE, _DELAY, _KIND, _AGE, _DEPTH = (purpose(name) for name in ("place", "side", "delay", "kind", "age", "depth"))
_MEDIAN = 1 / (1 - 0.5**0.5)
"""The difference of two uniform numbers lies within 1 − √½ half of the time; so scaled, its median is 1."""


class Sensing(NamedTuple):
    """All sensors of a design, one row each, and how long their reports take."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    means: I64
    rate_per_h: F64
    reach_km: F64
    offset_km: F64
    speed_kmh: F64
    delay_median_us: F64
    delay_log_sd: F64
    clouded: NDArray[np.bool_]
    """Sensors whose cued look a cloudy sky blocks."""
    until_us: I64 | None = None
    """Instant from which a sensor is withdrawn; nobody knows before."""


class Seen(NamedTuple):
    """A sight and the look it came from, for the ledger."""

    observation: int
    act: int
    row: int
    luck: int
    sensor: int
    cell: int
    start_us: int
    end_us: int
    tasked: bool
    withheld: bool = False
    """Its owner does not release it to the mission."""


def sensors_of(keys: U64, kind: I64, library: Library, sensing: Sensing, *, nodes: int = 0) -> Sensors:
    """Detectability of all acts (first half of the rows) and of their traces (second half).

    With `nodes`, quantiles are interpolated between so many exact ones: enough for a mission's rough beliefs.
    """
    used = np.unique(sensing.means)
    theta = np.zeros((len(library.physics), 2 * len(kind)))
    physics, ground = library.physics[used], library.ground[used, None]
    for half, pd in enumerate((library.pd, library.trace_pd)):
        part = detectability(pd[used], library.hidden, physics, kind, keys, library.correlation, nodes=nodes)
        theta[used, half * len(kind) : (half + 1) * len(kind)] = part * ground
    return Sensors(sensing.means, theta, sensing.rate_per_h, np.tile(library.target[kind], 2), sensing.reach_km,
                   sensing.offset_km, sensing.speed_kmh)


def observe(key: int, now: int, acts: Acts, act: int, sensor: int, sensing: Sensing, library: Library, cells: Cells,
            case: int, edges: list[float] | None = None, distance_km: float = 0.0) -> Observation:
    """Draw what is reported of an act: delay, place, kind and side evidence, each by the key of the observation.

    `distance_km` from sensor to act adds to the error of the place where the means says so.
    """
    means = sensing.means.item(sensor)
    kind = _kind_as_reported(key, acts.kind.item(act), library, means)
    error = library.error_km.item(means)
    if distance_km:
        error += distance_km * library.error_per_km[means]
    km = acts.km.item(act) + _triangular(luck_for(key, _PLACE)) * _MEDIAN * error
    cell = acts.cell.item(act)
    if not cells.sea.item(cell):
        cell = cell_of_km(edges or line_edges(cells), min(km, cells.line_km))
    side = UNATTRIBUTED
    if library.origin.item(means) and not acts.anonymous.item(act):
        side = acts.side.item(act) ^ int(luck_for(key, _SIDE) < library.wrong_side.item(means))
    told = now + delay_us(sensing, sensor, luck_for(key, _DELAY) if sensing.delay_log_sd.item(sensor) else 0.5)
    return Observation(key, now, _onset_us(key, now, acts, act, library, means), told, cell, km, kind, side, means,
                       library.physics.item(means), library.images.item(means), error, case,
                       _depth_km(key, now, acts, act, error) if kind in library.deep else nan)


def _depth_km(key: int, now: int, acts: Acts, act: int, error_km: float) -> float:
    """Distance off the line as reported, of the act or of its trace, with the location error of the means."""
    depth = acts.depth_km if now < acts.end_us[act] else acts.trace_depth_km
    return float(depth[act]) + _triangular(luck_for(key, _DEPTH)) * _MEDIAN * error_km


def _kind_as_reported(key: int, kind: int, library: Library, means: int) -> int:
    """Kind that a means reports of an act, by its row of confusion."""
    shares = library.confusion[means, kind].tolist()
    if shares[kind] >= 1 and (kind == 0 or shares[kind - 1] <= 0):
        return kind
    return min(bisect_right(shares, luck_for(key, _KIND)), len(shares) - 1)


def _triangular(luck: float) -> float:
    """Quantile of the symmetric triangular law on −1 … 1, that of the difference of two uniform draws."""
    return sqrt(2 * luck) - 1 if luck < 0.5 else 1 - sqrt(2 * (1 - luck))


def _onset_us(key: int, now: int, acts: Acts, act: int, library: Library, means: int) -> int:
    """Onset as estimated from one sight: the sight itself, or the age of a trace with a lognormal error."""
    if now < acts.end_us.item(act):
        return now
    age = now - acts.onset_us.item(act)
    return now - round(age * exp(library.dating_log_sd.item(means) * _NORMAL.inv_cdf(max(luck_for(key, _AGE), 1e-12))))


def delay_us(sensing: Sensing, sensor: int, luck: float) -> int:
    """Time from sight to report: lognormal about the median of the sensor."""
    spread = sensing.delay_log_sd.item(sensor)
    if spread == 0:
        return round(sensing.delay_median_us.item(sensor))
    return round(sensing.delay_median_us.item(sensor) * exp(spread * _NORMAL.inv_cdf(min(max(luck, 1e-12), 1 - 1e-12))))


def false_alarms(rates: F64, active: I64, library: Library, cells: Cells, streams: Streams, *, days: int,
                 names: tuple[str, ...], first_side: int, at_sea: tuple[bool, ...] = ()) -> list[Observation]:
    """False sightings by (means, day): their number, kind, time and place do not depend on the rest of the design.

    `first_side` is the side that the first half of the luck accuses; it travels with the party, so that swapped sides mirror.
    `at_sea` tells the kinds that are acts at sea; they are claimed in sea cells, all others on the line.
    """
    alarms: list[Observation] = []
    rekeyed = Rekeyed(streams)
    land, sea = np.flatnonzero(~cells.sea).tolist(), np.flatnonzero(cells.sea).tolist()
    for means in active.tolist():
        for day in range(days if rates[means].sum() > 0 else 0):
            generator, day_key = rekeyed.at("false", names[means], day), streams.key("false", names[means], day)
            for kind, count in enumerate(generator.poisson(rates[means])):
                for number, draw in enumerate(generator.random((int(count), 4)).tolist()):
                    where = sea if sea and at_sea and at_sea[kind] else land
                    cell = where[min(int(draw[0] * len(where)), len(where) - 1)]
                    seen = int((day + draw[1]) * 24 * _HOUR_US)
                    side = first_side ^ int(draw[2] * 2) if library.origin[means] else UNATTRIBUTED
                    told = seen + round(draw[3] * _HOUR_US)
                    alarms.append(Observation(mix_one(day_key, kind * 1_000_000 + number), seen, seen, told, cell,
                                              float(cells.km[cell]), kind, side, means, int(library.physics[means]),
                                              bool(library.images[means]), float(library.error_km[means]), 0))
    return alarms
