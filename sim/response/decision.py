"""Decision: how long a body takes to decide, and whether it does.

A mediator compares here one delegated authority with co-chairs and with the consent of many capitals, on the same cases.
"""
from __future__ import annotations

import numpy as np

from sim.foundation.streams import F64, key_of, luck_of, mix64, mix_name, uniform
from sim.scenario.response import Procedure

_HOUR_US = 3_600_000_000


def decision_us(procedure: Procedure, key: int) -> int | None:
    """Time until enough members consent, in µs; None where they never do.

    The k-th smallest of the consenting members' times (order statistics, David and Nagaraja 2003); each member's
    luck is keyed by the case and its own number, so a larger body keeps the luck of its first members.
    """
    if luck_of(key, "common refusal", procedure.id) < procedure.common_refusal_share:
        return None
    members = mix64(key_of(key, "decision", procedure.id), np.arange(procedure.members))
    consents = uniform(mix_name(members, "consent")) >= procedure.refusal_share
    times = np.sort(member_hours(procedure, uniform(members))[consents])
    return round(float(times[procedure.needed - 1]) * _HOUR_US) if len(times) >= procedure.needed else None


def member_hours(procedure: Procedure, luck: F64) -> F64:
    """Times of single members by their law, by inversion."""
    from scipy.special import ndtri

    own = procedure.medians_h[: len(luck)]
    median = np.array(own + (procedure.median_h,) * (len(luck) - len(own)))
    if procedure.law == "exponential":
        return np.asarray(-np.log1p(-luck) * median / np.log(2), dtype=np.float64)
    if procedure.law == "fixed":
        return median
    return np.asarray(median * np.exp(procedure.log_sd * ndtri(np.clip(luck, 1e-16, 1 - 1e-16))), dtype=np.float64)
