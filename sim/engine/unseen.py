"""Why acts were never seen: looked at in vain, hidden, out of reach, between two looks, or every look at them lost.

A mediator learns where a design loses what was done before anyone knows of it; each unseen act has one reason.
"""
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.columns import hex_keys
from sim.foundation.scan import meets, rows_of
from sim.foundation.streams import I64
from sim.ledger import BETWEEN, FAR, HIDDEN, LATE, MISSED, NEVER, UNSEEN, WITHHELD, Losses
from sim.monitoring.detection import Sights, TrueDoor
from sim.monitoring.looks import MADE, REASONS
from sim.records import NEVER as NOT_EVER
from sim.verification.cases import CaseBook
from sim.verification.evidence import grade_of

Codes = NDArray[np.int8]
_HOUR_US = 3.6e9
_BLOCK = 8
_LOST = np.array([0, *(UNSEEN.index(reason) for reason in REASONS[1:])], dtype=np.int8)
"""Code of each reason of `looks.REASONS`."""
_FAR, _HIDDEN, _IN_VAIN = 1, 2, 3
"""How near a look came to an act: made at its cell; within reach, but of a physics that the act is hidden from; or in vain."""


def losses_of(chronicle: Any, detected: I64) -> Losses:
    """Work out from a finished chronicle what the tables do not tell of why acts were lost.

    Parameters
    ----------
    chronicle : `sim.engine.chronicle.Chronicle`
    detected : instant at which the mission was first told of each act, −1 = never
    """
    acts, scenario = chronicle.opened.acts, chronicle.prepared.scenario
    done = np.flatnonzero(acts.happens & (acts.onset_us < chronicle.prepared.horizon_us))
    onset_h = acts.onset_us[done] / _HOUR_US
    rows = np.flatnonzero((detected[done] < 0) & (onset_h >= scenario.warm_up_h) & (onset_h < scenario.days * 24))
    unseen = np.zeros(len(done), dtype=np.int8)
    unseen[rows] = why_unseen(chronicle.door, done[rows])
    commission = chronicle.mission.commission
    failed = () if commission is None else tuple((s.when_us / _HOUR_US, s.failed) for s in commission.sittings if s.failed)
    released = chronicle.prepared.layout.terms is None
    return Losses(unseen, frozenset() if released else _unshown(chronicle.mission.book), failed)


def _unshown(book: CaseBook) -> frozenset[str]:
    """Cases not confirmed that would have been, had all their images been released to the accused in time."""
    held = [case for case in book.cases.values() if case.outcome == "not confirmed" and any(
        seen.images and seen.shown_us > case.closed_us for seen in case.evidence)]
    missed = [case.key for case in held if grade_of(case.evidence, kinds=book.section.standard.kinds, now_us=NOT_EVER,
                                                    inspections=book.inspections) >= book.required[case.kind]]
    return frozenset(hex_keys(missed).tolist())


def why_unseen(door: Any, acts: I64) -> Codes:
    """One reason for each act that the mission was never told of, as numbers of `ledger.UNSEEN`.

    In this order: seen, but not released or told too late; looks that could have noticed it failed; looks were made, but it
    was hidden from their physics; looks at it were planned and lost (the reason that took most); looks were made at its cell,
    but out of their reach; nobody looked just then; nobody ever looks there.

    Parameters
    ----------
    door : the door of the replication once it has run; a scripted one gives no reasons (all 0)
    acts : rows of its acts
    """
    why = np.zeros(len(acts), dtype=np.int8)
    if not isinstance(door, TrueDoor) or not len(acts):
        return why
    wanted = set(acts.tolist())
    told = {seen.act: WITHHELD if seen.withheld else LATE for seen in door.seen if seen.act in wanted}
    why[:] = [told.get(act, 0) for act in acts.tolist()]
    rest = np.flatnonzero(why == 0)
    near = _nearest(door, acts[rest])
    why[rest] = np.array([0, 0, HIDDEN, MISSED], dtype=np.int8)[near]
    rest, near = rest[near < _HIDDEN], near[near < _HIDDEN]
    why[rest] = _lost(door, acts[rest])
    rest, near = (values[why[rest] == 0] for values in (rest, near))
    why[rest[near == _FAR]] = FAR
    why[rest[near < _FAR]] = _elsewhen(door, acts[rest[near < _FAR]])
    return why


# ---- looks that were made --------------------------------------------------------------------------------


def _able(door: TrueDoor, phase: int) -> NDArray[np.bool_]:
    """Whether each means can notice acts (or traces) of each kind at all, shape (means, kinds)."""
    pd = door.library.trace_pd if phase else door.library.pd
    return np.asarray(pd > 0, dtype=np.bool_)


def _nearest(door: TrueDoor, acts: I64) -> I64:
    """How near any look came to each act or its trace, from 0 (none made) to `_IN_VAIN`."""
    near = np.zeros(len(acts), dtype=np.int64)
    busiest = sorted(range(len(door.tables.tables)), key=lambda number: -len(door.tables.rows[number]))
    for hidden_too in (False, True):  # most were looked at in vain: those need no second search
        for number in busiest:
            for phase in (0, 1):
                open_ = np.flatnonzero((near < _HIDDEN) if hidden_too else (near < _IN_VAIN))
                _raise(door, acts, near, open_, number, phase, hidden_too=hidden_too)
    return near


def _raise(door: TrueDoor, acts: I64, near: I64, open_: I64, number: int, phase: int, *, hidden_too: bool) -> None:
    """Raise the nearness of those acts by the looks of one physics class at them (phase 0) or at their traces (phase 1)."""
    sights, kind = door.sights, door.acts.kind
    mine = np.flatnonzero(door.library.physics == number)
    alive = sights.until_us[phase, acts[open_]] > (sights.until_us[0] if phase else sights.acts.onset_us)[acts[open_]]
    useful = sights.useful[number][acts[open_] + phase * len(kind)]
    able = np.asarray(_able(door, phase)[mine].any(axis=0), dtype=np.bool_)
    open_ = open_[alive & (able[kind[acts[open_]]] if hidden_too else useful)]
    if len(open_) and len(door.tables.tables[number].order):
        near[open_] = np.maximum(near[open_], _by_class(sights, _able(door, phase), acts[open_], number, phase))


def _by_class(sights: Sights, able: NDArray[np.bool_], acts: I64, number: int, phase: int) -> I64:
    """Nearness of looks of one class, taken in blocks until one could have noticed the act."""
    table, sensors, targets = sights.tables.tables[number], sights.sensors, sights.targets(acts, phase, 0)
    at, stop = rows_of(table, targets.cell, targets.from_us, targets.to_us)
    near, block = np.zeros(len(acts), dtype=np.int64), _BLOCK
    active = np.flatnonzero(at < stop)
    while len(active):
        take = np.minimum(stop[active] - at[active], block)
        target = np.repeat(active, take)
        look = at[target] + np.arange(len(target)) - np.repeat(np.cumsum(take) - take, take)
        means = sensors.means[table.sensor[look]]
        level = np.where(sensors.theta[means, targets.row[target]] > 0, _IN_VAIN, _HIDDEN)
        there, within = meets(table, sensors, targets, target, look)
        level = np.where(there & able[means, sights.acts.kind[acts[target]]], np.where(within, level, _FAR), 0)
        near[active] = np.maximum(near[active], np.maximum.reduceat(level, np.cumsum(take) - take))
        at[active] += take
        active = active[(at[active] < stop[active]) & (near[active] < _IN_VAIN)]
        block = min(2 * block, 1024)
    return near


# ---- looks that were lost, and cells that nobody looks at --------------------------------------------------


def _lost(door: TrueDoor, acts: I64) -> Codes:
    """Reason that took most of the looks due at each act and at its trace, by means that can notice them; 0 = none was due."""
    looks = door.tables.looks
    if not len(acts) or not len(looks.cell):
        return np.zeros(len(acts), dtype=np.int8)
    longest = int((looks.end_us - looks.start_us).max())
    low, high = _slice(door, door.acts.cell[acts])
    whole = np.zeros((len(acts), len(_LOST)), dtype=np.int64)
    for phase in (0, 1):
        begin = door.until_us[0, acts] if phase else door.acts.onset_us[acts]
        end = door.until_us[phase, acts]
        first, stop = (_first_from(looks.start_us, low, high, at) for at in (begin - longest, end))
        take = np.where(begin < end, np.maximum(stop - first, 0), 0)
        act = np.repeat(np.arange(len(acts)), take)
        row = first[act] + np.arange(len(act)) - np.repeat(np.cumsum(take) - take, take)
        due = (looks.lost[row] != MADE) & (looks.end_us[row] >= begin[act])
        act, row = act[due], row[due]
        able = _able(door, phase)[looks.means[row], door.acts.kind[acts[act]]]
        place = act[able] * len(_LOST) + looks.lost[row[able]]
        whole += np.bincount(place, minlength=whole.size).reshape(whole.shape)
    return np.where(whole.any(axis=1), _LOST[whole.argmax(axis=1)], 0).astype(np.int8)


def _first_from(start_us: I64, low: I64, high: I64, from_us: I64) -> I64:
    """First row of each slice [low, high), which rises, with a start at or after an instant: one search for all slices."""
    low, high = low.copy(), high.copy()
    while (open_ := low < high).any():
        middle = (low + high) // 2
        before = start_us[np.minimum(middle, len(start_us) - 1)] < from_us
        low, high = np.where(open_ & before, middle + 1, low), np.where(open_ & ~before, middle, high)
    return low


def _slice(door: TrueDoor, cell: I64) -> tuple[I64, I64]:
    """First and last-but-one row of the looks of each cell."""
    return np.searchsorted(door.tables.looks.cell, cell), np.searchsorted(door.tables.looks.cell, cell, side="right")


def _elsewhen(door: TrueDoor, acts: I64) -> Codes:
    """Whether looks that were made at any other time could have met an act at that place."""
    looks = door.tables.looks
    why = np.full(len(acts), NEVER, dtype=np.int8)
    if not len(acts) or not len(looks.cell):
        return why
    cells, of = np.unique(door.acts.cell[acts], return_inverse=True)
    for place, (low, high) in enumerate(zip(*(ends.tolist() for ends in _slice(door, cells)), strict=True)):
        sensor = np.unique(looks.sensor[low:high][looks.lost[low:high] == MADE])
        mine = np.flatnonzero(of == place)
        able = (_able(door, 0) | _able(door, 1))[door.sensing.means[sensor]][:, door.acts.kind[acts[mine]]]
        for depth in (door.acts.depth_km, door.acts.trace_depth_km):
            apart = np.abs(depth[acts[mine]][None, :] - door.sensing.offset_km[sensor][:, None])
            why[mine[(able & (apart <= door.sensing.reach_km[sensor][:, None])).any(axis=0)]] = BETWEEN
    return why
