"""False sightings of a whole design: only by means that are at work, more of them without navigation, released like all else.

A mediator can trust that a means which is withdrawn stops crying wolf too.
"""
from __future__ import annotations

import numpy as np

from sim.area.line import Cells
from sim.foundation.streams import F64, Streams
from sim.monitoring.consent import MeansClass, permissions
from sim.monitoring.library import Library
from sim.monitoring.navigation import spells_us
from sim.monitoring.release import Terms, released
from sim.monitoring.satellites import withdrawn_us
from sim.monitoring.sightings import Sensing, false_alarms
from sim.records import NEVER, Observation
from sim.scenario.agreement import Agreement, Side
from sim.scenario.monitoring import Monitoring

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
Spells = tuple[tuple[int, int], ...]


def alarms_of(monitoring: Monitoring, agreement: Agreement, library: Library, sensing: Sensing, terms: Terms | None,
              cells: Cells, streams: Streams, *, days: int, first_side: int) -> list[Observation]:
    """All false sightings that reach the mission, each at the time at which it does.

    Their number, kind, time and place do not depend on the rest of the design.
    """
    kinds = [kind.id for kind in agreement.kinds]
    names = tuple(m.id for m in monitoring.means)
    active = np.unique(sensing.means)
    at_sea = tuple(k.domain == "sea" for k in agreement.kinds)

    def drawn(rates: F64, called: tuple[str, ...]) -> list[Observation]:
        return false_alarms(rates, active, library, cells, streams, days=days, names=called, first_side=first_side,
                            at_sea=at_sea)

    found = drawn(np.array([[m.false_alarms_per_day.get(k, 0.0) for k in kinds] for m in monitoring.means]), names)
    if monitoring.navigation_lost:
        rates = np.array([[m.misled_per_day.get(k, 0.0) for k in kinds] for m in monitoring.means])
        spells = spells_us(monitoring.navigation_lost)
        found += [a for a in drawn(rates, tuple(f"misled {name}" for name in names)) if _within(spells, a.seen_us)]
    at_work = _at_work(monitoring)
    found = [a for a in found if _within(at_work.get(names[a.means], ()), a.seen_us)]
    if terms is None:
        return found
    sensor = {means: row for row, means in reversed(list(enumerate(sensing.means.tolist())))}
    told = (released(alarm, terms, sensor[alarm.means]) for alarm in found)
    return [alarm for alarm in told if alarm.reported_us < NEVER]


def _within(spells: Spells, time_us: int) -> bool:
    return any(begin <= time_us < end for begin, end in spells)


def _at_work(monitoring: Monitoring) -> dict[str, Spells]:
    """Spells in which something that carries a means may be at work: bought, allowed, ready and not withdrawn."""
    found: dict[str, Spells] = {}

    def add(means: str, spells: Spells, from_d: float = 0.0) -> None:
        begin = round(from_d * _DAY_US)
        found[means] = found.get(means, ()) + tuple((max(low, begin), high) for low, high in spells)

    for family in monitoring.satellites:
        add(family.means, ((0, withdrawn_us(monitoring, family.operator, family.withdrawn_from_h)),), family.available_from_d)
    for table in monitoring.timetables:
        add(table.means, ((0, withdrawn_us(monitoring, table.operator)),))
    for unit in monitoring.drones:
        for means in {unit.means_by_day: 0, unit.means_by_night: 0}:
            gone = withdrawn_us(monitoring, unit.operator)
            add(means, tuple((low, min(high, gone)) for low, high in _allowed(monitoring, unit.side, "drones") if low < gone),
                unit.available_from_d)
    for post in monitoring.posts:
        add(post.means, _allowed(monitoring, post.side, "posts"), post.available_from_d)
    for people in monitoring.observers:
        add(people.means, _allowed(monitoring, people.side, "observers"), people.available_from_d)
    return found


def _allowed(monitoring: Monitoring, side: Side, means: MeansClass) -> Spells:
    """Spells in which a side lets a class of means work."""
    return tuple((s.from_us, s.to_us) for s in permissions(monitoring, side, means) if s.may_base)
