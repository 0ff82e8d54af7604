"""Decision: how long a body takes to decide, and whether it does.

A mediator compares here one delegated authority with co-chairs and with the consent of many capitals, on the same cases.
"""
from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sim.foundation.streams import F64, key_of, luck_of, mix_name, numbered, steps, uniform
from sim.scenario.response import Procedure

_HOUR_US = 3_600_000_000


class Decided(NamedTuple):
    """A decision: after which time, whose answer completed it, and, where contributors decide for themselves, who takes part."""

    after_us: int
    member: str
    """`member-N`, or the id of a contribution; empty where nobody is asked."""
    accepted: tuple[str, ...] | None = None
    strength: float = 0.0
    """Capacity that was accepted, at most what the rung needs; 0 where it is not counted."""


def decision_us(procedure: Procedure, key: int) -> int | None:
    """Time until enough members consent, in µs; None where they never do."""
    found = decided(procedure, key)
    return None if found is None else found.after_us


def decided(procedure: Procedure, key: int, median_h: float | None = None) -> Decided | None:
    """When enough members consent, and whose consent was the last one needed; None where they never do.

    The k-th smallest of the consenting members' times (order statistics, David and Nagaraja 2003); where votes are weighed, the
    first time at which the consents so far reach both the members and the share of votes needed. Each member's luck is keyed by
    the case and its own number, so a larger body keeps the luck of its first members.

    Parameters
    ----------
    median_h
        Median time of one member's answer, in place of those of the procedure.
    """
    if procedure.rule == "automatic":
        return Decided(round((procedure.median_h if median_h is None else median_h) * _HOUR_US), "")
    if luck_of(key, "common refusal", procedure.id) < procedure.common_refusal_share:
        return None
    members = numbered(key_of(key, "decision", procedure.id), _numbers(procedure.members))
    times = member_hours(procedure, uniform(members), median_h)
    consents = np.arange(len(times))
    if procedure.refusal_share > 0:
        consents = consents[uniform(mix_name(members, "consent")) >= procedure.refusal_share]
    # Ties go by the member's number.
    order = consents[np.argsort(times[consents], kind="stable")]
    last = procedure.needed - 1 if procedure.rule != "weighted" else _carried(procedure, order)
    if last >= len(order):
        return None
    return Decided(round(float(times[order[last]]) * _HOUR_US), f"member-{order[last] + 1}")


def _carried(procedure: Procedure, order: np.ndarray[tuple[int], np.dtype[np.int64]]) -> int:
    """Place in the order of consents at which a weighted majority stands; beyond its end where it never does."""
    votes = np.ones(procedure.members)
    votes[: len(procedure.weights)] = procedure.weights
    # A whole number of equal votes must not fail by the last bit of the sum.
    reached = np.cumsum(votes[order]) >= procedure.needed_weight_share * votes.sum() * (1 - 1e-12)
    first = int(np.argmax(reached)) if reached.any() else len(order)
    return max(first, procedure.needed - 1)


_numbers = lru_cache(maxsize=64)(steps)


@lru_cache(maxsize=64)
def _medians_h(listed: tuple[float, ...], rest: float, members: int) -> F64:
    """Median time of each member, those beyond the list by the common one."""
    return np.array((*listed[:members], *(rest,) * (members - len(listed))))


def member_hours(procedure: Procedure, luck: F64, median_h: float | None = None) -> F64:
    """Times of single members by their law, by inversion."""
    median = (_medians_h(procedure.medians_h, procedure.median_h, len(luck)) if median_h is None
              else np.full(len(luck), median_h))
    return hours_of_law(procedure, luck, median)


def hours_of_law(procedure: Procedure, luck: F64, median_h: F64) -> F64:
    """Times with given medians by the law of a procedure, by inversion; shapes alike."""
    from scipy.special import ndtri

    if procedure.law == "exponential":
        return np.asarray(-np.log1p(-luck) * median_h / np.log(2), dtype=np.float64)
    if procedure.law == "fixed":
        return median_h.copy()
    # Luck is below 1, on the grid of 2**-53; only 0 has no quantile.
    return np.asarray(median_h * np.exp(procedure.log_sd * ndtri(np.maximum(luck, 1e-16))), dtype=np.float64)
