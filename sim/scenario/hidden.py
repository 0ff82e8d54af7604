"""What the parties do about being watched: obstruction, complaints, deception; and what resembles a violation and is none.

A mediator sets here how far a mission is hindered, flooded with allegations or misled; none of it is shown to the mission.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.agreement import Side
from sim.scenario.fields import Hours, Id, Km, LogSd, NonNegative, Part, PositiveHours, Share, Text, key
from sim.scenario.monitoring import Physics, Target

Form = Literal["jamming", "denial", "shooting", "camera-destruction"]
FORMS: tuple[Form, ...] = ("jamming", "denial", "shooting", "camera-destruction")
PerDay = Annotated[float, Field(ge=0.0, le=1e5)]
Duration = Annotated[float, Field(gt=2e-7, le=1e5)]


class Obstruction(Part):
    """One form of obstruction of the monitors, in spells that each hold in one sector."""

    id: Id
    form: Form = key("jamming of drones, denial of access, shooting at means, or destruction of cameras")
    spells_per_day: PerDay = key("spells a day on the whole line, both sides together, at a regime factor of 1")
    side_a_share: Share = key("share of them that party A commits", 0.5)
    regime_factors: dict[Id, NonNegative] = key("factor on the rate in a regime; absent = that of the regime on all kinds", {})
    duration_median_h: Duration = key("median time that a spell lasts; for cameras, until they stand again")
    duration_log_sd: LogSd = key("spread of that time (standard deviation of its logarithm)", 0.9)
    duration_law: Literal["lognormal", "exponential", "fixed"] = key("law of that time", "lognormal")
    sectors: tuple[Id, ...] = key("sectors or sea areas in which it happens; none named = all of the line", ())
    reach_km: Km = key("distance along the line within which cameras are destroyed", 3.0)
    loss_share: Share = key("chance that a drone over the sector while it is shot at is lost", 0.0)
    pause_h: Hours = key("time from the first shot for which patrols keep out of the sector", 0.0)
    unattributed_share: Share = key("share of spells whose author the mission cannot tell", 0.0)
    follows_looks_share: Share = key("share of spells that go where, by its published plan, the mission looks most", 0.0)


class Complaints(Part):
    """What one party complains of and claims."""

    id: Id
    side: Side = key("the party that complains, of the other one")
    filed_share: Share = key("share of the acts suffered of which it complains", 0.25)
    untrue_per_day: PerDay = key("complaints a day behind which there is no act", 0.0)
    delay_median_h: Annotated[float, Field(gt=0.0, le=1e4)] = key("median time from act to complaint", 6.0)
    delay_log_sd: LogSd = key("spread of that time", 0.9)
    place_error_km: Km = key("median error of the place along the line", 2.0)
    wrong_kind_share: Share = key("share of complaints that allege another kind than the act was", 0.1)
    claimed_factor: NonNegative = key("published totals over complaints filed, mean", 4.0)


class Deception(Part):
    """Violations made to look like another's, and violations that were staged."""

    share: Share = key("share of violations with which a deception goes, drawn once for each", 0.02)
    staged_share: Share = key("share of these where the other party stages a like act of its own and blames its author; "
                              "the rest are false flags, whose traces name the other party", 0.5)
    staged_delay_mean_h: PositiveHours = key("mean time from a violation to the act staged after it, exponential", 12.0)


class Confuser(Part):
    """Events of nature or daily life that resemble a violation and are none."""

    id: Id
    title: Text = key("words used in tables", "")
    per_day: Annotated[tuple[PerDay, ...], Field(min_length=12, max_length=12)] = key(
        "events a day on the whole line (or all sea areas), both sides together, by month, January first")
    side_a_share: Share = key("share of them on the side of party A", 0.5)
    from_hour_h: Annotated[float, Field(ge=0.0, le=24.0)] = key("local hour from which they begin", 0.0)
    to_hour_h: Annotated[float, Field(ge=0.0, le=24.0)] = key("local hour up to which they begin", 24.0)
    at_sea: bool = key("they happen in the sea areas", False)
    duration_median_h: Duration = key("median duration")
    duration_log_sd: LogSd = key("spread of the duration", 0.8)
    trace_median_h: Hours = key("median life of the trace afterwards; 0 = leaves none", 0.0)
    trace_log_sd: LogSd = key("spread of the life of the trace", 0.5)
    depth_median_km: Km = key("median distance off the line", 5.0)
    depth_log_sd: LogSd = key("spread of that distance", 0.9)
    notified_share: Share = key("share of which the mission was notified, and which it therefore does not take for a violation",
                                0.0)
    unattributed_share: Share = key("share that points to no side", 0.5)
    target: Target = key("class of target that it presents to a search", "flashes")
    pd: dict[Physics, Share] = key("chance by physics class that a proper look takes it, under way, for a violation", {})
    trace_pd: dict[Physics, Share] = key("the same for its trace alone", {})
    means_pd: dict[Id, Share] = key("the same under way for single means, instead of that of their class", {})
    taken_for: dict[Id, Share] = key("shares of the kinds of violation for which it is taken; they sum to 1")
