"""Start-up is a ramp: members of a means become available one after another, not all on one day.

A mediator sees here why the first weeks of a truce, when it is most fragile, are also those that are watched least.
"""
from __future__ import annotations

from typing import TypeVar

import numpy as np

from sim.foundation.streams import I64
from sim.scenario.monitoring import Drones, Monitoring, Observers, Posts, Satellites, StartUp

_DAY_US = 86_400_000_000


Item = TypeVar("Item", Satellites, Drones, Posts, Observers)


def started(item: Item, start_up: StartUp | None) -> Item:
    """Return an item with the start-up of its class, unless it has one of its own."""
    if start_up is None or item.available_from_d or item.ramp_d:
        return item
    return item.model_copy(update={"available_from_d": start_up.from_d, "ramp_d": start_up.ramp_d})


def with_start_up(monitoring: Monitoring) -> Monitoring:
    """Return the design with the start-up of each class of means given to its items; the same design where there is none."""
    by = monitoring.start_up
    if by == type(by)():
        return monitoring
    return monitoring.model_copy(update={
        "satellites": tuple(started(s, by.commercial_imagery) if s.owner == "company" else s for s in monitoring.satellites),
        "drones": tuple(started(d, by.drones) for d in monitoring.drones),
        "posts": tuple(started(p, by.posts) for p in monitoring.posts),
        "observers": tuple(started(o, by.observers) for o in monitoring.observers)})


def available_us(*, from_d: float, ramp_d: float, members: int) -> I64:
    """When each of n members becomes available: member k at from + ramp·(k + ½)/n, in µs; all at `from_d` without a ramp."""
    return np.round((from_d + ramp_d * (np.arange(members) + 0.5) / members) * _DAY_US).astype(np.int64)


def spread_order(members: int) -> I64:
    """Turn in which members that stand in a row are set up, so that every part of the row rises alike.

    Member k comes in the order of the fractions of k·φ (golden section; low discrepancy, Kuipers and Niederreiter 1974).
    """
    golden = (np.sqrt(5) - 1) / 2
    return np.argsort(np.argsort(((np.arange(members) + 0.5) * golden) % 1.0, kind="stable"), kind="stable")


def share_by_day(*, from_d: float, ramp_d: float, day: int) -> float:
    """Share of people who are there on a day: those who have come by its middle, evenly over the ramp."""
    if ramp_d <= 0:
        return float(day >= int(from_d))
    return float(np.clip((day + 0.5 - from_d) / ramp_d, 0.0, 1.0))
