"""Consent: what each side allows, from when to when.

A mediator sees here how one-sided access bends every later figure; nothing is assumed that a party has not granted.
"""
from __future__ import annotations

from math import inf
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.foundation.streams import I64
from sim.scenario.agreement import Side
from sim.scenario.monitoring import Consent, Monitoring

MeansClass = Literal["drones", "posts", "observers", "teams"]
_HOUR_US = 3_600_000_000


class Permission(NamedTuple):
    """One spell of permission for a class of means on one side, in µs."""

    from_us: int
    to_us: int
    may_base: bool
    may_overfly: bool
    depth_km: float
    standoff_km: float
    reclear_us: int


def permissions(monitoring: Monitoring, side: Side, means: MeansClass) -> tuple[Permission, ...]:
    """All spells in which a side allows a class of means, in time order."""
    spells = [Permission(round(c.from_h * _HOUR_US), round(c.to_h * _HOUR_US), _based(c, means), c.may_overfly, c.depth_km,
                         c.standoff_km, round(c.reclear_h * _HOUR_US))
              for c in monitoring.consent if c.side == side and means in c.means]
    return tuple(sorted(spells))


def _based(row: Consent, means: MeansClass) -> bool:
    """Whether a class of means may begin from a side: a drone that may not fly over it cannot take off."""
    return row.may_base and (row.may_overfly or means != "drones")


def at(spells: tuple[Permission, ...], time_us: int) -> Permission | None:
    """Return the permission in force at a time, or None where nothing is allowed."""
    for spell in reversed(spells):
        if spell.from_us <= time_us < spell.to_us:
            return spell
    return None


def granted_until(spells: tuple[Permission, ...], time_us: int) -> int | None:
    """End of the time for which basing is allowed without a break; None where it is not allowed at the time."""
    spell = at(spells, time_us)
    if spell is None or not spell.may_base:
        return None
    return granted_until(spells, spell.to_us) or spell.to_us


def refused(spells: tuple[Permission, ...], time_us: I64) -> NDArray[np.bool_]:
    """Times at which no spell allows basing."""
    allowed = np.zeros(time_us.shape, dtype=bool)
    for spell in spells:
        allowed |= spell.may_base & (time_us >= spell.from_us) & (time_us < spell.to_us)
    return ~allowed


def cut_us(spells: tuple[Permission, ...], start_us: I64, end_us: I64) -> I64:
    """End of looks that began lawfully, cut where the consent that they began under ends."""
    ends = end_us.copy()
    for spell in spells:
        inside = (start_us >= spell.from_us) & (start_us < spell.to_us) & (ends > spell.to_us)
        ends[inside & refused(spells, np.full(len(start_us), spell.to_us))] = spell.to_us
    return ends


def track_offset_km(monitoring: Monitoring, side: Side, time_us: int, *, large: bool) -> float:
    """Signed distance from the line at which a drone's track runs, positive towards side B; NaN where it may never fly.

    Large drones keep the stand-off; others fly over the line itself. The terms are those in force at the time or, where
    basing is not allowed then, those of the first spell that allows it.
    """
    spells = [s for s in permissions(monitoring, side, "drones") if s.may_base and s.to_us > time_us]
    if not spells:
        return float("nan")
    spell = at(tuple(spells), time_us) or spells[0]
    back = min(spell.standoff_km if large else 0.0, spell.depth_km)
    return back if side == "B" else -back


def changes_us(monitoring: Monitoring, side: Side, means: MeansClass) -> tuple[int, ...]:
    """Instants at which a permission begins or ends."""
    spells = permissions(monitoring, side, means)
    return tuple(sorted({t for s in spells for t in (s.from_us, s.to_us) if t < inf}))
