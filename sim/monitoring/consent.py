"""Consent: what each side allows, from when to when.

A mediator sees here how one-sided access bends every later figure; nothing is assumed that a party has not granted.
"""
from __future__ import annotations

from math import inf
from typing import Literal, NamedTuple

from sim.scenario.agreement import Side
from sim.scenario.monitoring import Monitoring

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
    spells = [Permission(round(c.from_h * _HOUR_US), round(c.to_h * _HOUR_US), c.may_base, c.may_overfly, c.depth_km,
                         c.standoff_km, round(c.reclear_h * _HOUR_US))
              for c in monitoring.consent if c.side == side and means in c.means]
    return tuple(sorted(spells))


def at(spells: tuple[Permission, ...], time_us: int) -> Permission | None:
    """Return the permission in force at a time, or None where nothing is allowed."""
    for spell in reversed(spells):
        if spell.from_us <= time_us < spell.to_us:
            return spell
    return None


def track_offset_km(monitoring: Monitoring, side: Side, time_us: int, *, large: bool) -> float:
    """Signed distance from the line at which a drone's track runs, positive towards side B; NaN where it may not fly.

    Large drones keep the stand-off; others fly over the line itself.
    """
    spell = at(permissions(monitoring, side, "drones"), time_us)
    if spell is None or not spell.may_base:
        return float("nan")
    back = min(spell.standoff_km if large else 0.0, spell.depth_km)
    return back if side == "B" else -back


def changes_us(monitoring: Monitoring, side: Side, means: MeansClass) -> tuple[int, ...]:
    """Instants at which a permission begins or ends."""
    spells = permissions(monitoring, side, means)
    return tuple(sorted({t for s in spells for t in (s.from_us, s.to_us) if t < inf}))
