"""Consent: what each side allows, from when to when.

A mediator sees here how one-sided access bends every later figure; nothing is assumed that a party has not granted.
"""
from __future__ import annotations

from math import inf, isnan
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
    spells = [Permission(_begin_us(c, means), round(c.to_h * _HOUR_US), _based(c, means), c.may_overfly, c.depth_km,
                         c.standoff_km, round(c.reclear_h * _HOUR_US))
              for c in monitoring.consent if c.side == side and means in c.means]
    return tuple(sorted(spells))


def _based(row: Consent, means: MeansClass) -> bool:
    """Whether a class of means may begin from a side: a drone that may not fly over it cannot take off."""
    return row.may_base and (row.may_overfly or means != "drones")


def _begin_us(consent: Consent, means: MeansClass) -> int:
    """Begin of a spell: flights and patrols start when their notice has run, unless it was given before the ceasefire."""
    notice_h = consent.notice_h if consent.from_h > 0 and means in ("drones", "observers") else 0.0
    return round(min(consent.from_h + notice_h, consent.to_h) * _HOUR_US)


def notice_us(monitoring: Monitoring, side: Side, means: MeansClass) -> int:
    """Longest notice that a side asks for before a visit by a class of means."""
    return round(max((c.notice_h for c in monitoring.consent if c.side == side and means in c.means), default=0.0) * _HOUR_US)


def by_the_clock(monitoring: Monitoring, *, start_hour: float, days: int) -> Monitoring:
    """Turn local hours of the day into the hours of a run that starts at `start_hour`: one spell a day for consent that holds
    by hours, and daily watches of drones counted from the start of the run."""
    consent = tuple(row for one in monitoring.consent for row in _daily(one, start_hour, days))
    drones = tuple(d if whole_day(d.daily_from_h, d.daily_to_h) else d.model_copy(update={
        "daily_from_h": (d.daily_from_h - start_hour) % 24, "daily_to_h": (d.daily_to_h - start_hour) % 24})
        for d in monitoring.drones)
    if len(consent) == len(monitoring.consent) and all(a is b for a, b in zip(drones, monitoring.drones, strict=True)):
        return monitoring
    return monitoring.model_copy(update={"consent": consent, "drones": drones})


def whole_day(from_h: float, to_h: float) -> bool:
    """Whether daily hours cover the day."""
    return to_h - from_h >= 24


def _daily(consent: Consent, start_hour: float, days: int) -> list[Consent]:
    """Spells of consent that holds only between two local hours, a day at a time."""
    if whole_day(consent.daily_from_h, consent.daily_to_h):
        return [consent]
    length_h = (consent.daily_to_h - consent.daily_from_h) % 24
    begins = [(consent.daily_from_h - start_hour) + 24.0 * day for day in range(-1, days + 2)]
    # Notice is given once, at the begin of the whole spell, and not for each of its days.
    first_h = consent.from_h + (consent.notice_h if consent.from_h > 0 else 0.0)
    spells = [(max(begin, first_h), min(begin + length_h, consent.to_h)) for begin in begins]
    return [consent.model_copy(update={"from_h": low, "to_h": high, "daily_from_h": 0.0, "daily_to_h": 24.0, "notice_h": 0.0})
            for low, high in spells if low < high]


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


def _across(side: Side) -> tuple[float, Side]:
    """Sign of distances on a side, and the other side."""
    return (1.0, "A") if side == "B" else (-1.0, "B")


def lanes_km(monitoring: Monitoring, side: Side, behind_km: tuple[float, ...], *, nearest_km: float) -> tuple[float, ...]:
    """Signed distances from the line of the lanes of a search, clipped to what consent allows, each once.

    On the own side they lie between the nearest track allowed and the depth granted; beyond the line, for negative
    distances, only as deep as the other side lets drones fly over it, and otherwise not beyond the nearest track.
    """
    if isnan(nearest_km) or not behind_km:
        return ()
    sign, other = _across(side)
    own = max((s.depth_km for s in permissions(monitoring, side, "drones") if s.may_base), default=0.0)
    beyond = max((s.depth_km for s in permissions(monitoring, other, "drones") if s.may_overfly), default=0.0)
    lanes = [min(max(km, -beyond if km < 0 < beyond else abs(nearest_km)), own) for km in behind_km]
    return tuple(dict.fromkeys(sign * km for km in lanes))


def changes_us(monitoring: Monitoring, side: Side, means: MeansClass) -> tuple[int, ...]:
    """Instants at which a permission begins or ends."""
    spells = permissions(monitoring, side, means)
    return tuple(sorted({t for s in spells for t in (s.from_us, s.to_us) if t < inf}))
