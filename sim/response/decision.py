"""Decision: how long a body takes to decide, and whether it does.

A mediator compares here one delegated authority with co-chairs and with the consent of many capitals, on the same cases.
"""
from __future__ import annotations

from functools import lru_cache

import numpy as np

from sim.foundation.streams import F64, key_of, luck_of, mix_name, numbered, steps, uniform
from sim.scenario.response import Procedure

_HOUR_US = 3_600_000_000


def decision_us(procedure: Procedure, key: int) -> int | None:
    """Time until enough members consent, in µs; None where they never do.

    The k-th smallest of the consenting members' times (order statistics, David and Nagaraja 2003); each member's
    luck is keyed by the case and its own number, so a larger body keeps the luck of its first members.
    """
    if luck_of(key, "common refusal", procedure.id) < procedure.common_refusal_share:
        return None
    members = numbered(key_of(key, "decision", procedure.id), _numbers(procedure.members))
    times = member_hours(procedure, uniform(members))
    if procedure.refusal_share > 0:
        times = times[uniform(mix_name(members, "consent")) >= procedure.refusal_share]
    times.sort()
    return round(float(times[procedure.needed - 1]) * _HOUR_US) if len(times) >= procedure.needed else None


_numbers = lru_cache(maxsize=64)(steps)


@lru_cache(maxsize=64)
def _medians_h(listed: tuple[float, ...], rest: float, members: int) -> F64:
    """Median time of each member, those beyond the list by the common one."""
    return np.array((*listed[:members], *(rest,) * (members - len(listed))))


def member_hours(procedure: Procedure, luck: F64) -> F64:
    """Times of single members by their law, by inversion."""
    from scipy.special import ndtri

    median = _medians_h(procedure.medians_h, procedure.median_h, len(luck))
    if procedure.law == "exponential":
        return np.asarray(-np.log1p(-luck) * median / np.log(2), dtype=np.float64)
    if procedure.law == "fixed":
        return median.copy()
    # Luck is below 1, on the grid of 2**-53; only 0 has no quantile.
    return np.asarray(median * np.exp(procedure.log_sd * ndtri(np.maximum(luck, 1e-16))), dtype=np.float64)
