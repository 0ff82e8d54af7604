"""What may be published: findings and acts by the first of their evidence that its owner, and the side it was seen from, let go.

A mediator sees from this how far the public record falls short of what the mission itself knows.
"""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.foundation.streams import F64, I64
from sim.records import NEVER

if TYPE_CHECKING:
    from sim.engine.chronicle import Chronicle

_HOUR_US = 3_600_000_000


def public_findings_h(chronicle: Chronicle) -> F64 | None:
    """When each finding may be published, in hours; infinite where none of its evidence ever may, None where all may at once."""
    if chronicle.prepared.layout.terms is None:
        return None
    cases = chronicle.mission.book.cases
    first = [max(found.found_us, min((seen.public_us for seen in cases[found.case].evidence), default=0))
             for found in chronicle.mission.findings]
    return np.array([np.inf if when >= NEVER else when / _HOUR_US for when in first], dtype=np.float64)


def public_acts_us(chronicle: Chronicle, detected_us: I64) -> I64:
    """Instant from which the record of each act may be published, -1 where never; `detected_us` where all may at once."""
    if chronicle.prepared.layout.terms is None:
        return detected_us
    first, cause = np.full(len(detected_us), NEVER), getattr(chronicle.door, "cause", {})
    for case in chronicle.mission.book.cases.values():
        for seen in case.reports:
            act = cause.get(seen.id, -1)
            if act >= 0:
                first[act] = min(first[act], max(seen.public_us, seen.reported_us))
    return np.where((detected_us >= 0) & (first < NEVER), first, -1)
