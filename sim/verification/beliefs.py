"""Beliefs: what the mission thinks of its own means and of the parties, right or wrong.

A mediator sees here why a mission that misjudges its sensors also misjudges what silence means.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sim.foundation.streams import F64, Streams


class Beliefs(NamedTuple):
    """Believed values, arrays by kind unless said; the engine fills them from the library, disturbed once per replication."""

    pd: F64
    """Means × kinds."""
    trace_pd: F64
    hidden: F64
    """Physics × kinds."""
    share: F64
    """Share of a kind among acts."""
    duration_h: F64
    trace_h: F64
    depth_km: F64
    trace_sign: F64
    """−1 where the trace lies on the other side of the line, else 1."""
    attributed: F64
    wrong_side: float


def disturbed(values: F64, sd: float, streams: Streams, name: str) -> F64:
    """Shares disturbed on log-odds by one normal draw each; 0 and 1 stay what they are."""
    noise = streams.generator("beliefs", name).standard_normal(values.shape)
    inner = (values > 0) & (values < 1)
    odds = np.where(inner, values, 0.5) / (1 - np.where(inner, values, 0.5)) * np.exp(sd * noise)
    return np.where(inner, odds / (1 + odds), values)


def disturbed_size(values: F64, sd: float, streams: Streams, name: str) -> F64:
    """Times, distances and rates disturbed on their logarithm, to which log-odds come down where a share is small."""
    return np.asarray(values * np.exp(sd * streams.generator("beliefs", name).standard_normal(values.shape)), dtype=np.float64)


def held(values: F64, given: Mapping[str, Mapping[str, float]], rows: Sequence[str], columns: Sequence[str]) -> F64:
    """Values with those that the mission was given in their place, by names of rows and columns; these are not disturbed."""
    found = values.copy()
    for row, cells in given.items():
        for column, value in cells.items():
            found[rows.index(row), columns.index(column)] = value
    return found


def held_by_kind(values: F64, given: Mapping[str, float], kinds: Sequence[str]) -> F64:
    """The same for values by kind alone."""
    return np.asarray(held(values[None], {"": given}, ("",), kinds)[0])
