"""Security: a casualty among monitors, and the pause in which patrols and inspections stand down.

A mediator sees here how one bad hour on the line takes days of eyes away.
"""
from __future__ import annotations

import numpy as np

from sim.area.line import Cells
from sim.foundation.streams import F64, I64, mix64, mix_name, uniform
from sim.monitoring.looks import MADE, OTHER, Looks
from sim.records import Acts
from sim.scenario.drills import Security

_HOUR_US = 3_600_000_000
Pauses = tuple[tuple[int, int], ...]
"""Spells in µs in which patrols and teams stand down."""


def pauses_of(rule: Security, looks: Looks, patrols: I64, offset_km: F64, acts: Acts, kinds: tuple[str, ...],
              cells: Cells) -> Pauses:
    """Pauses after casualties: an act of a dangerous kind under way within `near_km` of a patrol at its stop.

    `patrols` are the sensor rows of observers. The place of a patrol within its cell, and whether the act hurts, come from
    the keys of look and act. A patrol that stands down meets nothing, so a pause has no casualties of its own.
    """
    dangerous = np.isin(acts.kind, [kinds.index(kind) for kind in rule.kinds if kind in kinds]) & acts.happens
    act, look = _meetings(looks, patrols, acts, np.flatnonzero(dangerous))
    cell = looks.cell[look]
    km = cells.km[cell] + (uniform(mix_name(looks.luck[look], "place")) - 0.5) * cells.size_km[cell]
    apart = np.hypot(acts.km[act] - km, acts.trace_depth_km[act] - offset_km[looks.sensor[look]])
    hurt = (apart <= rule.near_km) & (uniform(mix_name(mix64(looks.luck[look], acts.id[act]), "casualty")) < rule.casualty_share)
    found: list[tuple[int, int]] = []
    for when in np.sort(np.maximum(acts.onset_us[act[hurt]], looks.start_us[look[hurt]])).tolist():
        if not found or when >= found[-1][1]:
            found.append((when, when + round(rule.pause_h * _HOUR_US)))
    return tuple(found)


def _meetings(looks: Looks, patrols: I64, acts: Acts, act: I64) -> tuple[I64, I64]:
    """Pairs of an act and a stop of a patrol in its cell at the same time."""
    rows = np.flatnonzero((looks.lost == MADE) & np.isin(looks.sensor, patrols))
    if not len(rows) or not len(act):
        return act[:0], rows[:0]
    span = int(max(looks.end_us[rows].max(), acts.end_us[act].max())) + 2
    order = rows[np.argsort(looks.cell[rows] * span + looks.start_us[rows], kind="stable")]
    begins = looks.cell[order] * span + looks.start_us[order]
    longest = int((looks.end_us[rows] - looks.start_us[rows]).max())
    base = acts.cell[act] * span
    low = np.searchsorted(begins, base + np.maximum(acts.onset_us[act] - longest, 0))
    high = np.searchsorted(begins, base + acts.end_us[act])
    many = np.maximum(high - low, 0)
    pair = np.repeat(np.arange(len(act)), many)
    look = order[low[pair] + np.arange(len(pair)) - np.repeat(np.cumsum(many) - many, many)]
    both = (looks.end_us[look] > acts.onset_us[act[pair]]) & (looks.start_us[look] < acts.end_us[act[pair]])
    return act[pair[both]], look[both]


def stood_down(looks: Looks, patrols: I64, pauses: Pauses) -> tuple[Looks, float]:
    """Looks without those of patrols in a pause, and the hours of exposure that this spares."""
    mine, spared_us = np.isin(looks.sensor, patrols) & (looks.lost == MADE), 0
    for begin, end in pauses:
        off = mine & (looks.start_us >= begin) & (looks.start_us < end)
        cut = mine & (looks.start_us < begin) & (looks.end_us > begin)
        spared_us += int((looks.end_us - looks.start_us)[off].sum() + (looks.end_us - begin)[cut].sum())
        looks = looks._replace(lost=np.where(off, np.int8(OTHER), looks.lost), end_us=np.where(cut, begin, looks.end_us))
    return looks, spared_us / _HOUR_US


def paused(pauses: Pauses, time_us: int) -> bool:
    """Whether monitors stand down at a time."""
    return any(begin <= time_us < end for begin, end in pauses)
