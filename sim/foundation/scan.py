"""First success among keyed looks: who sees an act first, for thousands of acts and a million looks in one array call.

A mediator gets exact times of first sight, because nothing is stepped through time; the same search serves the ghosts of power.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.foundation.streams import F64, I64, U64, mix64, succeeds, uniform

NEVER = np.int64(2**62)
GLANCE, SEARCH, STARE, SWEEP, CUBE = 0, 1, 2, 3, 4
_HOUR_US = 3.6e9
_LONGEST_H = 1e18 / _HOUR_US
"""Waits beyond this are never over; a product of a rate near 0 would not fit a number."""
_MANY = 512


class LookTable(NamedTuple):
    """Looks of one physics class sorted by (cell, start); times in µs.

    `order` holds cell × span + start, so that one search serves all cells, and `longest_us` the longest look of each cell.
    `law` is GLANCE (seen at once with a probability), SEARCH (a contact rate within reach), STARE (one trial in each bin
    of the clock, `bin_us` long, whose luck all stares of a post in that bin share), SWEEP (the area in reach searched in
    rounds, one trial a round) or CUBE (a contact rate that falls with the cube of the distance).
    """

    luck: U64
    sensor: NDArray[np.int32]
    start_us: I64
    end_us: I64
    centre_us: I64
    """Closest approach of a moving sensor to the middle of the cell. For a sensor that stands, its place along the line in
    whole metres; below 0 where it has none."""
    law: NDArray[np.int8]
    condition: F64
    order: I64
    longest_us: I64
    span_us: int
    bin_us: int


class Targets(NamedTuple):
    """Acts or traces to be looked for, one row each; `row` names the column of `Sensors.theta`."""

    key: U64
    cell: I64
    from_us: I64
    to_us: I64
    depth_km: F64
    row: I64
    since_us: int = 0
    """Contacts before this instant are over; it never moves the time of another."""
    km: F64 | None = None
    """Place along the line; with it the range of a sensor that stands at a known place is a disc."""
    across_kmh: F64 | None = None
    """Signed speed across the line of each target, which lies at `depth_km` at `from_us`; None = all keep their place."""


class Sensors(NamedTuple):
    """What each sensor can do: probability by means, search rate by class of target, reach and place beside the line."""

    means: I64
    theta: F64
    """Detectability, shape (means, target rows)."""
    rate_per_h: F64
    """Search rate over the area in reach, per hour, shape (sensors, classes of target)."""
    target: I64
    """Class of each target row."""
    reach_km: F64
    offset_km: F64
    """Signed distance of the track from the line, positive towards side B."""
    speed_kmh: F64
    """Speed along the track; 0 where the sensor stands."""


def _crossing_leg(table: LookTable, sensors: Sensors, look: I64, targets: Targets, target: I64, kmh: F64) -> tuple[I64, I64]:
    """Part of a look in which a target that moves across the line lies within reach: in the target's own frame the sensor
    draws a slanting line through the circle of reach, (v² + w²)τ² + 2awτ + a² − R² ≤ 0 with τ from closest approach along
    the line and a the distance across at that instant.
    """
    sensor = table.sensor[look]
    speed, reach, centre = sensors.speed_kmh[sensor], sensors.reach_km[sensor], table.centre_us[look]
    if targets.km is not None:  # the target crosses a chord of the disc around a sensor that stands
        reach = np.sqrt(np.maximum(reach**2 - _along_km(table, sensors, look, targets.km[target]) ** 2, 0.0))
    apart = targets.depth_km[target] + kmh * (centre - targets.from_us[target]) / _HOUR_US - sensors.offset_km[sensor]
    square = np.maximum(speed**2 + kmh**2, 1e-12)
    root = (apart * kmh) ** 2 - square * (apart**2 - reach**2)
    half = np.sqrt(np.maximum(root, 0.0))
    enter, leave = ((-apart * kmh + sign * half) / square * _HOUR_US for sign in (-1, 1))
    start = np.maximum(table.start_us[look], centre + np.clip(enter, -1e18, 1e18).astype(np.int64))
    end = np.minimum(table.end_us[look], centre + np.clip(leave, -1e18, 1e18).astype(np.int64))
    return start, np.where(root < 0, start - 1, end)


def _legs(table: LookTable, sensors: Sensors, look: I64, sensor: NDArray[np.int32], across_km: F64) -> tuple[I64, I64]:
    """Part of each look in which a place that far off the track lies within reach: a chord of the circle of reach."""
    start, end = table.start_us.take(look), table.end_us.take(look)
    if not sensors.speed_kmh.any():
        return start, end
    speed = sensors.speed_kmh.take(sensor)
    moving = np.flatnonzero(speed > 0)
    half_km = np.sqrt(np.maximum(sensors.reach_km.take(sensor[moving]) ** 2 - across_km[moving] ** 2, 0.0))
    half, centre = (half_km / speed[moving] * _HOUR_US).astype(np.int64), table.centre_us.take(look[moving])
    start[moving] = np.maximum(start[moving], centre - half)
    end[moving] = np.minimum(end[moving], centre + half)
    return start, end


def _along_km(table: LookTable, sensors: Sensors, look: I64, km: F64) -> F64:
    """Distance along the line from sensors that stand at a known place; 0 for all others."""
    at_m = table.centre_us[look]
    stands = (table.law[look] != GLANCE) & (at_m >= 0) & (sensors.speed_kmh[table.sensor[look]] <= 0)
    return np.where(stands, km - np.where(stands, at_m, 0) / 1000, 0.0)


def _in_disc(table: LookTable, sensors: Sensors, look: I64, km: F64, across_km: F64) -> NDArray[np.bool_]:
    """Whether a place lies in the disc of range of a sensor that stands at a known place; True for all others."""
    along = _along_km(table, sensors, look, km)
    return np.asarray((along == 0) | (np.hypot(across_km, along) <= sensors.reach_km[table.sensor[look]]), dtype=np.bool_)


def contacts(table: LookTable, sensors: Sensors, targets: Targets, target: I64, look: I64) -> I64:
    """Time of contact of each (target, look) pair in µs; NEVER where the look fails.

    A glance succeeds when mix64(look, act) falls below the probability; a search leg's contact comes at a − ln(1−u)/r
    with r = search rate / area in reach × detectability (Koopman 1946, random search); a stare has one trial a bin.
    """
    found = np.full(len(look), NEVER)
    sensor = table.sensor.take(look)
    cell = sensors.means.take(sensor) * sensors.theta.shape[1] + targets.row.take(target)
    chance = sensors.theta.ravel().take(cell) * table.condition.take(look)
    across = np.abs(targets.depth_km.take(target) - sensors.offset_km.take(sensor))
    kmh = None if targets.across_kmh is None else targets.across_kmh[target]
    near = across <= sensors.reach_km.take(sensor)
    if kmh is not None:
        near |= kmh != 0
    near &= chance > 0
    able = np.flatnonzero(near)
    if targets.km is not None:
        able = able[_in_disc(table, sensors, look[able], targets.km[target[able]],
                             across[able] if kmh is None else np.where(kmh[able] != 0, 0.0, across[able]))]
    start, end = _legs(table, sensors, look.take(able), sensor.take(able), across.take(able))
    if kmh is not None:
        moves = np.flatnonzero(kmh[able] != 0)
        mine = able[moves]
        start[moves], end[moves] = _crossing_leg(table, sensors, look[mine], targets, target[mine], kmh[mine])
    owner = target.take(able)
    begin, until = np.maximum(start, targets.from_us.take(owner)), targets.to_us.take(owner)
    open_ = np.flatnonzero((begin <= end) & (begin < until))
    rows, begin, end, until = able.take(open_), begin.take(open_), end.take(open_), until.take(open_)
    seen = look.take(rows)
    law, mixed = table.law.take(seen), mix64(table.luck.take(seen), targets.key.take(target.take(rows)))
    glance = np.flatnonzero(law == GLANCE)
    glance = glance[succeeds(mixed[glance], chance[rows[glance]])]
    found[rows[glance]] = begin[glance]
    search, stare = np.flatnonzero((law == SEARCH) | (law >= SWEEP)), np.flatnonzero(law == STARE)
    if len(search):
        mine, since = rows[search], begin[search]
        legs = Legs(look[mine], target[mine], sensor[mine], law[search], since)
        wait_h = _wait_h(table, sensors, targets, legs, mixed[search], chance[mine])
        time = since + (np.minimum(wait_h, _LONGEST_H) * _HOUR_US).astype(np.int64)
        found[mine] = np.where((time <= end[search]) & (time < until[search]), time, NEVER)
    if len(stare):
        mine = rows[stare]
        last = np.minimum(end[stare], until[stare] - 1)
        found[mine] = _stare(table, look[mine], begin[stare], last, targets.key[target[mine]], chance[mine])
    return np.where(found < targets.since_us, NEVER, found) if targets.since_us else found


def meets(table: LookTable, sensors: Sensors, targets: Targets, target: I64,
          look: I64) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each look goes on at the cell while its target lasts, and whether it also has the target within reach.

    The same geometry as `contacts`, without the luck; looks that were taken off the table (condition 0) meet nothing.
    """
    sensor = table.sensor[look]
    across = np.abs(targets.depth_km[target] - sensors.offset_km[sensor])
    near = across <= sensors.reach_km[sensor]
    start, end = _legs(table, sensors, look, sensor, across)
    if targets.across_kmh is not None:
        kmh = targets.across_kmh[target]
        moves = np.flatnonzero(kmh != 0)
        near[moves] = True
        start[moves], end[moves] = _crossing_leg(table, sensors, look[moves], targets, target[moves], kmh[moves])
        across = np.where(kmh != 0, 0.0, across)
    if targets.km is not None:
        near &= _in_disc(table, sensors, look, targets.km[target], across)
    begin, until = targets.from_us[target], targets.to_us[target]
    there = (table.condition[look] > 0) & (table.start_us[look] < until) & (table.end_us[look] >= begin)
    first = np.maximum(start, begin)
    return there, there & near & (first <= end) & (first < until)


class Legs(NamedTuple):
    """Legs that search, one for each pair: rows of look and target, the look's sensor and law, and when the search begins."""

    look: I64
    target: I64
    sensor: NDArray[np.int32]
    law: NDArray[np.int8]
    begin_us: I64


def _wait_h(table: LookTable, sensors: Sensors, targets: Targets, legs: Legs, mixed: U64, chance: F64) -> F64:
    """Time from the begin of a leg to contact: at random, in rounds, or by eyes that pass."""
    row = targets.row.take(legs.target)
    rate = sensors.rate_per_h.ravel().take(legs.sensor * sensors.rate_per_h.shape[1] + sensors.target.take(row))
    with np.errstate(divide="ignore"):
        wait_h: F64 = -np.log1p(-uniform(mixed)) / (rate * chance)
    rows = np.flatnonzero(legs.law == SWEEP)
    if len(rows):
        wait_h[rows] = _round_h(mixed[rows], chance[rows], rate[rows])
    rows = np.flatnonzero(legs.law == CUBE)
    if len(rows):
        apart = np.abs(targets.depth_km[legs.target[rows]] - sensors.offset_km[legs.sensor[rows]])
        wait_h[rows] = _passing_h(table, sensors, legs.look[rows], legs.begin_us[rows], apart, mixed[rows], (rate * chance)[rows])
    return np.asarray(wait_h)


def _round_h(mixed: U64, chance: F64, rate: F64) -> F64:
    """Time until a search in rounds of 1/rate meets a place whose turn comes at an even chance, each turn a trial.

    By inversion of P(met by k + f rounds) = 1 − (1 − p)^k (1 − p f).
    """
    left = 1 - uniform(mixed)
    with np.errstate(divide="ignore", invalid="ignore"):
        full = np.where(chance < 1, np.floor(np.log(left) / np.log1p(-chance)), 0.0)
        part = (1 - left / (1 - chance) ** full) / chance
    return (full + np.clip(part, 0.0, 1.0)) / rate


def _passing_h(table: LookTable, sensors: Sensors, look: I64, begin: I64, apart_km: F64, mixed: U64, rate: F64) -> F64:
    """Time until eyes that pass by at a distance notice: contact rate k/r³, k = v W²/8π, so that the whole pass has the chance
    1 − exp(−W²/4πx²) of the inverse-cube law, with W = search rate over speed (Koopman 1946, OEG Report 56).

    The area searched until then grows as u/√(1 + u²), u = distance along the track over the distance off it.
    """
    sensor = table.sensor[look]
    speed, x = np.maximum(sensors.speed_kmh[sensor], 1e-9), np.maximum(apart_km, 1e-6)
    width = rate * np.pi * sensors.reach_km[sensor] ** 2 / speed
    u = (begin - table.centre_us[look]) / _HOUR_US * speed / x
    whole = width**2 / (8 * np.pi * x**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = u / np.sqrt(1 + u**2) - np.log1p(-uniform(mixed)) / whole
        there = at / np.sqrt(1 - at**2)
    return np.where(at < 1, (there - u) * x / speed, 1e9)


def _stare(table: LookTable, look: I64, begin: I64, until: I64, key: U64, chance: F64) -> I64:
    """First bin of the clock in which a stare succeeds, one trial a bin; NEVER where none does."""
    found = np.full(len(look), NEVER)
    at = begin // table.bin_us
    active = np.flatnonzero(begin <= until)
    while len(active):
        luck = mix64(mix64(table.luck[look[active]], at[active].astype(np.uint64)), key[active])
        hit = succeeds(luck, chance[active])
        found[active[hit]] = np.maximum(begin[active[hit]], at[active[hit]] * table.bin_us)
        active = active[~hit]
        at[active] += 1
        active = active[at[active] * table.bin_us <= until[active]]
    return found


def rows_of(table: LookTable, cell: I64, from_us: I64, to_us: I64) -> tuple[I64, I64]:
    """First and last-but-one row of the looks of a cell that may overlap [from, to)."""
    first, beyond = _ends_of(table, cell, from_us, to_us)
    return np.searchsorted(table.order, first), np.searchsorted(table.order, beyond)


def _ends_of(table: LookTable, cell: I64, from_us: I64, to_us: I64) -> tuple[I64, I64]:
    base, last = cell * table.span_us, table.span_us - 1
    first = base + np.minimum(np.maximum(from_us - table.longest_us.take(cell), 0), last)
    return first, base + np.minimum(np.maximum(to_us, 0), last)


def first_contacts(table: LookTable, sensors: Sensors, targets: Targets, *, block: int = 3) -> tuple[I64, I64]:
    """Find the first contact of every target: its time in µs (NEVER) and its row in the table (−1).

    Looks are taken in time order in growing blocks; a target leaves once no later look can come before its best contact.
    """
    n = len(targets.key)
    best, which = np.full(n, NEVER), np.full(n, -1, dtype=np.int64)
    if n == 0 or len(table.start_us) == 0:
        return best, which
    first, beyond = _ends_of(table, targets.cell, np.maximum(targets.from_us, targets.since_us), targets.to_us)
    # Many are looked up in rising order: neighbours in the table are read together. No result depends on it.
    active = np.argsort(first) if n >= _MANY else np.arange(n)
    at, stop = np.empty((2, n), dtype=np.int64)
    at[active], stop[active] = (np.searchsorted(table.order, one.take(active)) for one in (first, beyond))
    active = active[at.take(active) < stop.take(active)]
    while len(active):
        now = at.take(active)
        take = np.minimum(stop.take(active) - now, block)
        after = np.cumsum(take)
        target = np.repeat(active, take)
        look = np.arange(len(target)) + np.repeat(now - after + take, take)
        _keep_first(best, which, target, look, contacts(table, sensors, targets, target, look))
        now += take
        at[active] = now
        following = table.start_us.take(np.minimum(now, len(table.start_us) - 1))
        active = active[(now < stop.take(active)) & (following <= best.take(active))]
        block = min(block * 2, 1024)
    return best, which


def _keep_first(best: I64, which: I64, target: I64, look: I64, time: I64) -> None:
    """Keep the earliest contact of each target, whose pairs stand together; at equal times the earlier row."""
    hit = np.flatnonzero(time < NEVER)
    if not len(hit):
        return
    owner, when = target.take(hit), time.take(hit)
    lead = np.flatnonzero(np.diff(owner, prepend=-1))
    least = np.minimum.reduceat(when, lead)
    wanted = np.where(least < best[owner[lead]], least, -1)
    first = np.flatnonzero(when == np.repeat(wanted, np.diff(lead, append=len(hit))))
    first = first[np.diff(owner[first], prepend=-1) != 0]
    best[owner[first]] = when[first]
    which[owner[first]] = look[hit[first]]


def all_contacts(table: LookTable, sensors: Sensors, targets: Targets) -> tuple[I64, I64, I64]:
    """Return every success: target, row of the look and time, for tests that compare whole worlds."""
    at, stop = rows_of(table, targets.cell, targets.from_us, targets.to_us)
    take = np.maximum(stop - at, 0)
    target = np.repeat(np.arange(len(take)), take)
    look = at[target] + np.arange(len(target)) - np.repeat(np.cumsum(take) - take, take)
    time = contacts(table, sensors, targets, target, look)
    hit = np.flatnonzero(time < NEVER)
    return target[hit], look[hit], time[hit]
