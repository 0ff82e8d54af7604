"""The ledger of one history: the columns of every table, and the pairs that say which report was caused by which act.

A mediator reads the tables; only the engine and the measures may see the pairs, because no mission ever does.
"""
from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

Columns = dict[str, np.ndarray[Any, Any]]

COLUMNS: dict[str, tuple[str, ...]] = {
    "violations": ("violation", "kind", "side", "sector", "onset_h", "end_h", "trace_end_h", "detected_h", "verified_h",
                   "attributed_h", "answered_h", "km", "depth_km", "counts", "light", "counted", "attributed", "grade",
                   "terms", "harmed"),
    "observations": ("observation", "kind", "side", "sector", "seen_h", "reported_h", "km", "means", "physics", "case",
                     "violation"),
    "looks": ("look", "kind", "side", "sector", "start_h", "end_h", "means", "unit", "tasked", "met", "reported", "lost"),
    "cases": ("case", "kind", "side", "sector", "opened_h", "triaged_h", "confirmed_h", "closed_h", "reports", "kinds",
              "cued_looks", "wrong_merge", "outcome"),
    "findings": ("finding", "kind", "side", "sector", "onset_h", "found_h", "case", "grade", "points", "violation", "agreed_h",
                 "commission"),
    "verdicts": ("verdict", "kind", "side", "sector", "from_h", "to_h", "given_h", "called", "truth", "power",
                 "points_found", "points_true"),
    "orders": ("order", "kind", "side", "sector", "triggered_h", "decided_h", "due_h", "rung", "procedure", "domain",
               "case", "in_time", "violation"),
    "responses": ("response", "kind", "side", "sector", "ordered_h", "moved_h", "on_station_h", "left_h", "order", "unit",
                  "domain", "distance_km", "case", "violation"),
    "assets": ("asset", "kind", "side", "sector", "start_h", "on_station_h", "off_station_h", "end_h", "unit", "airframe",
               "planned_h", "lost"),
    "coverage": ("coverage", "kind", "side", "sector", "from_h", "means", "due", "made", "night", "cloud", "weather",
                 "jammed", "consent", "diverted", "other"),
    "obstruction": ("obstruction", "kind", "side", "sector", "from_h", "to_h", "met_h", "looks_lost",
                    "flights_fired_on", "named"),
    "claims": ("claim", "kind", "side", "sector", "from_h", "filed", "untrue", "claimed"),
    "confusers": ("confuser", "kind", "side", "sector", "onset_h", "end_h", "km", "notified", "reports"),
    "posteriors": ("posterior", "kind", "side", "sector", "closed_h", "own_share", "exact_share", "half_share", "whole_share",
                   "true"),
}
"""Columns of each table after `replication`; every table ends with `status` = SIMULATED."""


UNSEEN = ("", "never in any look", "between looks", "out of reach", "night", "cloud", "weather", "jammed", "consent",
          "diverted", "other", "hidden", "looked and missed", "not releasable", "told after the end")
"""Why the mission was never told of an act, by number; 0 = it was, or nobody asked."""
NEVER, BETWEEN, FAR, HIDDEN, MISSED, WITHHELD, LATE = (UNSEEN.index(why) for why in (
    "never in any look", "between looks", "out of reach", "hidden", "looked and missed", "not releasable", "told after the end"))


MARGINS = ("obstruction", "claims", "confusers", "posteriors")
"""Tables that most scenarios leave empty; an empty one leaves the digest as it is."""


class Losses(NamedTuple):
    """What the tables do not tell of why acts are missing from a ledger."""

    unseen: np.ndarray[Any, Any] | None = None
    """Why the mission was never told of each counted act of the table of violations: number of `UNSEEN`."""
    unshown: frozenset[str] = frozenset()
    """Cases that would have met their standard, had all images been released to the accused in time."""
    failed_sittings: tuple[tuple[float, str], ...] = ()
    """Hour of each sitting of the commission that failed, and why (boycott, no quorum)."""


class History(NamedTuple):
    """What happened in one replication.

    `tables` maps each name of `COLUMNS` to its columns: times in hours as float64 (NaN = never), text as numpy str
    arrays, flags and counts as int64. `facts` holds scalars that measures need (flight hours, staff hours, …).
    """

    replication: int
    tables: dict[str, Columns]
    facts: dict[str, float]
    events: int
    capped: str
    published_h: np.ndarray[Any, Any] | None = None
    """Hours from onset to the daily report of each counted act that was recorded; None where no report is published."""
    public_h: np.ndarray[Any, Any] | None = None
    """When each finding, or the first of its evidence, may be published (infinite = never); None where all may at once."""
    joined: tuple[tuple[str, str, float], ...] = ()
    """Order, case and hour of each case that joined an answer already under way."""
    losses: Callable[[], Losses] | None = None
    """Works out why acts were lost between two ledgers, for whoever asks: it takes a fiftieth of the run's time."""
    regimes: tuple[str, ...] = ()
    """Regime in force for most of each reporting period."""


def digest(history: History) -> str:
    """BLAKE2b over the column bytes of all tables, in the order of `COLUMNS`."""
    whole = blake2b(digest_size=16)
    for name, columns in COLUMNS.items():
        if name in MARGINS and not len(history.tables[name][columns[0]]):
            continue
        for column in columns:
            values = history.tables[name][column]
            whole.update(f"{name}.{column}:{values.dtype.str}:{len(values)}".encode())
            whole.update(np.ascontiguousarray(values).tobytes())
    return whole.hexdigest()
