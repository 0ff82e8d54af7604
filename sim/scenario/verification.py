"""Verification: beliefs, merging, staff, standard, tasking, findings and verdicts.

A mediator chooses here how a mission turns reports into findings and findings into a verdict for each party, sector and period.
"""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.beliefs import Beliefs
from sim.scenario.commission import Commission
from sim.scenario.fields import Hours, Id, Km, LogSd, Part, Positive, PositiveHours, Share, Text, key


class Merging(Part):
    """When two reports become one case."""

    window_h: Hours = key("reports of one kind closer than this in time are one case", 1.0)
    distance_km: Km = key("and closer than this in place, plus the location error of the means", 3.0)


class Shift(Part):
    """One shift of a desk."""

    id: Id
    from_h: Annotated[float, Field(ge=0.0, le=24.0)] = key("local hour at which it begins", 0.0)
    to_h: Annotated[float, Field(ge=0.0, le=24.0)] = key(
        "local hour at which it ends; a shift that ends before it begins passes midnight", 24.0)
    analysts: Annotated[int, Field(ge=0, le=10_000)] = key("analysts on it")


class Staff(Part):
    """The analysts' desk."""

    analysts: Annotated[int, Field(ge=0, le=10_000)] = key("analysts on the day shift")
    night_analysts: Annotated[int, Field(ge=0, le=10_000)] = key("analysts on the night shift (22 h to 6 h)", 0)
    service_median_min: Annotated[float, Field(gt=0.0, le=1e5)] = key("median work on one report", 25.0)
    service_log_sd: LogSd = key("spread of that work, where its law is lognormal", 0.6)
    service_law: Literal["lognormal", "exponential", "erlang2", "fixed", "uniform"] = key("law of that work", "lognormal")
    queue_limit: Annotated[int, Field(ge=1, le=1_000_000)] | None = key("reports at the desk that make it full", None)
    patience_mean_h: PositiveHours | None = key("mean time after which a waiting report is dropped; absent = never", None)
    shifts: tuple[Shift, ...] = key("shifts of the day, in place of analysts and night_analysts; absent = those", ())
    preemptive: bool = key("a report of a graver kind interrupts work on a less grave one, which goes on afterwards", False)
    work_factor: dict[Id, Positive] = key("work on a report of a kind, as a multiple of the median; absent = 1", {})


class Standard(Part):
    """What a finding needs."""

    rule: Literal["kinds", "posterior"] = key(
        "what confirms: enough kinds of evidence, or the mission's posterior that an act is behind the case", "kinds")
    kinds: Annotated[int, Field(ge=1, le=6)] = key("kinds of evidence that a confirmed finding needs", 2)
    posterior_share: Annotated[float, Field(gt=0.0, lt=1.0)] = key(
        "posterior that a confirmed finding needs, where the rule is posterior", 0.95)
    close_after_h: PositiveHours = key("a case without further evidence is closed after this time", 72.0)


class Tasking(Part):
    """Second looks that an open case may order."""

    drones: bool = key("pull a drone off its patrol for a cued look", True)
    satellites: bool = key("order a scene from a tasked satellite", True)
    teams: bool = key("send a verification team where one is on call", True)
    inspection_means: Id | None = key("what a verification team can see on site", None)
    inspection_h: Annotated[float, Field(gt=0.0, le=240.0)] = key("time that a team looks on site", 3.0)
    min_points: Annotated[float, Field(ge=0.0, le=1e6)] = key("cases of kinds with fewer points are not worth a cued look", 0.0)
    drone_dwell_h: Annotated[float, Field(gt=0.0, le=24.0)] = key("time that a cued drone stares", 0.5)
    looks_per_case: Annotated[int, Field(ge=0, le=20)] = key("cued looks that one case may order", 2)


class Attribution(Part):
    """From confirmed to a side."""

    delay_median_h: Hours = key("median work of attribution after confirmation", 8.0)
    delay_log_sd: LogSd = key("spread of that time", 0.8)


class Review(Part):
    """One more desk that a confirmed case passes before it is a finding: attribution cell, legal review, release."""

    id: Id
    title: Text = key("words used in tables", "")
    analysts: Annotated[int, Field(ge=1, le=10_000)] = key("people who review, by day and night")
    service_median_min: Annotated[float, Field(gt=0.0, le=1e5)] = key("median work on one case", 60.0)
    service_log_sd: LogSd = key("spread of that work, where its law is lognormal", 0.6)
    service_law: Literal["lognormal", "exponential", "erlang2", "fixed", "uniform"] = key("law of that work", "lognormal")
    back_share: Annotated[float, Field(ge=0.0, le=0.95)] = key("share of reviewed cases sent back to the analysts' desk", 0.0)


class Publication(Part):
    """A daily report of what the mission recorded."""

    closes_h: Annotated[float, Field(ge=0.0, le=24.0)] = key("local hour at which the daily report closes", 19.5)
    issued_from_h: Annotated[float, Field(ge=0.0, le=48.0)] = key(
        "earliest hour at which it is issued, counted from midnight after the close", 14.0)
    issued_to_h: Annotated[float, Field(ge=0.0, le=48.0)] = key("latest hour at which it is issued", 19.0)


class Verdicts(Part):
    """Compliant, breach or undetermined: for each party, sector and period."""

    delay_h: Hours = key("verdict after the end of the period, on the findings available then", 72.0)
    required_power: Share = key("power below which silence is undetermined, not compliant", 0.5)
    ghosts: Annotated[int, Field(ge=1, le=200)] = key("ghost breaches planted per party, sector and period to measure power", 8)
    loss_missed: Positive = key("loss of a missed breach", 1.0)
    loss_wrong: Positive = key("loss of a wrong accusation", 3.0)
    loss_undetermined: Annotated[float, Field(ge=0.0, le=1e6)] = key("loss of an undetermined verdict", 0.3)


class Complaints(Part):
    """What becomes of the complaints of the parties."""

    waiting_limit: Annotated[int, Field(ge=0, le=1_000_000)] = key(
        "complaints that may wait at the desk; further ones are logged and left", 500)
    after_sightings: bool = key("complaints wait until no sighting waits", False)


class Verification(Part):
    """From reports to verdicts."""

    beliefs: Beliefs = key("what the mission thinks its means can do", Beliefs())
    merging: Merging = key("when two reports become one case", Merging())
    staff: Staff
    standard: Standard = key("what a finding needs", Standard())
    tasking: Tasking = key("second looks", Tasking())
    attribution: Attribution = key("from confirmed to a side", Attribution())
    verdicts: Verdicts = key("verdicts and their losses", Verdicts())
    complaints: Complaints = key("what becomes of complaints", Complaints())
    reviews: tuple[Review, ...] = key("desks that a confirmed case passes, one after the other, before it is a finding", ())
    publication: Publication | None = key("daily report to the public; absent = none", None)
    commission: Commission | None = key("the joint commission of the parties; absent = none", None)
