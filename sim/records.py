"""What the stages pass on to one another: acts, observations, cues, cases, findings, orders and responses.

A mediator can read here what the mission is told about the world, and what it is never told.
"""
from __future__ import annotations

from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.foundation.streams import F64, I64, U64

SIDES = ("A", "B", "")
"""Names of sides by number; 2 = unattributed."""
UNATTRIBUTED = 2
NEVER = 2**62
"""An instant that does not come, in µs."""


CALIBRATED_AT = (0.0, 0.5, 1.0)
"""Disturbances of the beliefs, on log-odds, at which the posteriors of a mission that confirms by them are compared."""


class Acts(NamedTuple):
    """Candidates sorted by (onset, id); `side` is 0 for A and 1 for B, `depth_km` is positive on side B."""

    id: U64
    kind: I64
    side: I64
    cell: I64
    km: F64
    depth_km: F64
    trace_depth_km: F64
    """Depth of the trace: fire leaves it on the other side of the line."""
    onset_us: I64
    end_us: I64
    trace_us: I64
    counts: I64
    anonymous: NDArray[np.bool_]
    happens: NDArray[np.bool_]


class Observation(NamedTuple):
    """What a sensor or a person reported: an opaque id, times, and place, kind and side as reported."""

    id: int
    seen_us: int
    onset_us: int
    """Onset as estimated: the time seen for an act under way, seen less the age given to a trace."""
    reported_us: int
    cell: int
    km: float
    kind: int
    side: int
    means: int
    physics: int
    images: bool
    error_km: float
    case: int
    """Key of the case whose cued look this was; 0 where nobody had asked."""
    depth_km: float = nan
    """Distance off the line as reported, where the terms ask for it; NaN = not told."""
    shown_us: int = 0
    """From when it may be shown to the accused (0 = at once, NEVER = not at all); likewise the coalition and the public."""
    coalition_us: int = 0
    public_us: int = 0
    party: bool = False
    """Seen by a means that a party owns."""


class Cue(NamedTuple):
    """A look that a case ordered: which sensor stares at which cell, from when to when."""

    case: int
    number: int
    sensor: int
    cell: int
    start_us: int
    end_us: int
    luck: int = 0
    """Identity of the pass that it takes; 0 = that of the case, its number and the sensor."""
    flight: int = -1
    """Flight that is pulled off its patrol for it."""
    kind: int = -1
    """Kind of act that it is sent to look for; −1 = any."""


class Finding(NamedTuple):
    """What the mission concludes about one case, with its grade."""

    case: int
    kind: int
    side: int
    cell: int
    onset_us: int
    confirmed_us: int
    found_us: int
    grade: int
    depth_km: float = nan
    """Distance off the line, by the report that places it best; NaN = not known."""
    coalition_us: int = 0
    """From when the states of the coalition may see evidence of that grade (0 = at once, NEVER = not at all)."""


class Order(NamedTuple):
    """An answer that was decided."""

    id: int
    case: int
    rung: int
    kind: int
    side: int
    cell: int
    triggered_us: int
    decided_us: int
    due_us: int
    member: str = ""
    """Member whose consent completed the decision; empty where nobody was asked."""
    accepted: tuple[str, ...] | None = None
    """Contributions that take part; None = whoever can."""
    strength: float = 1.0
    """Capacity that the answer is to have."""


class Response(NamedTuple):
    """A team or unit on its way to an answer; times in µs, on station −1 where it was recalled on the way."""

    id: int
    order: int
    case: int
    unit: int
    cell: int
    ordered_us: int
    moved_us: int
    on_station_us: int
    left_us: int
    distance_km: float


COMPLAINT, OBSTRUCTED = 6, 7
"""Numbers of two kinds of report that are no physics class: what a party alleges, and a look that was obstructed."""


class Obstructions(NamedTuple):
    """Spells of obstruction in force, sorted by (begin, id); `row` is that of `conduct.obstruction`, `form` its form."""

    id: U64
    row: I64
    form: I64
    side: I64
    sector: I64
    cell: I64
    km: F64
    from_us: I64
    to_us: I64
    anonymous: NDArray[np.bool_]


class Filed(NamedTuple):
    """Complaints as filed, sorted by (told, id): place, kind, side and time as alleged; `act` is what is behind, −1 = nothing."""

    id: U64
    row: I64
    about: I64
    act: I64
    kind: I64
    cell: I64
    km: F64
    onset_us: I64
    told_us: I64
