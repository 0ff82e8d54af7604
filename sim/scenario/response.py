"""Response: liaison, decision procedures, the ladder, contributions, teams and units.

A mediator chooses here who decides, by which rule and deadline, and which units answer from which real bases.
"""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.agreement import Domain, Grade, Severity
from sim.scenario.fields import Hours, Id, Km, LogSd, Minutes, NonNegative, Part, Positive, PositiveHours, Share, Speed, Text, key

Strength = Literal["soldiers", "aircraft", "ships"]
Brought = Annotated[str, Field(pattern=r"^(drones|satellites|posts|observers|timetables)\.[a-z0-9][a-z0-9_-]{0,63}$")]
StartDays = Annotated[float, Field(ge=0.0, le=3650.0)]
DayHour = Annotated[float, Field(ge=0.0, le=24.0)]
Rule = Literal["automatic", "delegated", "co-chairs", "k-of-n", "weighted", "unanimity", "opt-in"]


class Outage(Part):
    """A spell in which the hotline is cut, for a political reason."""

    id: Id
    title: Text = key("words used in tables", "")
    from_h: Hours = key("start of the spell, after the ceasefire takes effect", 0.0)
    to_h: Hours = key("end of the spell", 1e6)


class Liaison(Part):
    """Rung 0: the parties' hotline, beside verification."""

    contact_min: Minutes = key("shortest time from first report to contact", 10.0)
    contact_max_min: Minutes = key("longest time from first report to contact", 60.0)
    available_share: Share = key("chance that the hotline answers", 0.9)
    from_d: StartDays = key("days after the ceasefire before the hotline can be there", 0.0)
    ramp_d: StartDays = key("days from then on over which the chance that it is there rises to all of available_share", 0.0)
    outages: tuple[Outage, ...] = key("spells in which the hotline is cut", ())


class Procedure(Part):
    """Who decides, and by which rule."""

    id: Id
    title: Text = key("words used in tables", "")
    members: Annotated[int, Field(ge=1, le=200)] = key("members asked")
    needed: Annotated[int, Field(ge=1, le=200)] = key("consents needed")
    median_h: PositiveHours = key("median time of one member's answer")
    medians_h: Annotated[tuple[PositiveHours, ...], Field(max_length=200)] = key(
        "median times of single members in their order, where some are slower; members beyond the list have median_h", ())
    log_sd: LogSd = key("spread of that time, where its law is lognormal", 0.8)
    law: Literal["lognormal", "exponential", "fixed"] = key("law of one member's time", "lognormal")
    refusal_share: Share = key("chance that a member refuses", 0.0)
    common_refusal_share: Share = key("chance that all refuse together, for one common cause", 0.0)
    rule: Rule = key("rule by which single answers make a decision", "k-of-n")
    weights: Annotated[tuple[Positive, ...], Field(max_length=200)] = key(
        "weighted: votes of single members in their order; members beyond the list have 1", ())
    needed_weight_share: Share = key("weighted: share of all votes that must consent, beside the members needed", 0.0)
    on_shortfall: Literal["wait", "shrink", "lapse"] = key(
        "opt-in, where too little is accepted by the deadline of the rung: wait and ask again, start smaller, or lapse", "lapse")
    ask_again_h: PositiveHours = key("opt-in: those who declined are asked again after this time", 24.0)
    wait_h: Hours = key("opt-in: longest wait for enough to be accepted", 240.0)
    chaired: bool = key("needs the chair (agreement.chair_vacant): no decision while the chair is vacant", False)
    working_from_h: DayHour = key("local hour from which members work on an answer", 0.0)
    working_to_h: DayHour = key("local hour to which they do; nights do not count", 24.0)
    weekends: bool = key("members work on Saturdays and Sundays too", True)


class Rung(Part):
    """One rung of the ladder: what starts it, who decides it, what it does and by when."""

    id: Id
    title: Text = key("words used in tables", "")
    domains: tuple[Domain, ...] = key("domains of acts that it answers", ("land", "air", "sea"))
    severity: Severity = key("least severity that starts it", "significant")
    grade: Grade = key("least grade of a finding that starts it", "probable")
    procedure: Id = key("decision procedure")
    action: Literal["inspection", "notice", "posture"] = key("mechanism answer at the place, or posture answer at a station")
    domain: Domain = key("domain of the units that answer", "land")
    deadline_h: PositiveHours = key("deadline of the rung")
    clock: Literal["onset", "logged", "finding"] = key("clock that the deadline counts from", "onset")
    follow_share: dict[Id, Share] = key("chance that, after its answer, the case goes on to another rung, by rung", {})
    end_share: dict[Id, Share] = key("chance that, after its answer, the case comes to an end, by a name for the end", {})
    decision_median_h: PositiveHours | None = key(
        "median time of one member's answer for this action, where it differs from that of the procedure", None)
    strength: Positive = key("posture: capacity that the answer needs, as the units' capacity counts it", 1.0)
    clear_km2: NonNegative = key("posture at sea: area to be cleared of mines before the answer stands", 0.0)
    follow_h: Hours = key("time after its answer (or, where it lapsed, its deadline) at which the case goes on", 0.0)


class Unit(Part):
    """A unit, or a pool of like units, at a real base."""

    id: Id
    title: Text = key("words used in tables", "")
    contribution: Id = key("the contribution that it belongs to")
    domain: Domain = key("domain")
    role: Literal["team", "posture"] = key("verification team that goes to the place, or unit that goes to a station", "posture")
    base: Id = key("place (area.places)")
    station: Id | None = key("place (area.places) of its station; a team goes to the place itself", None)
    count: Annotated[int, Field(ge=1, le=1000)] = key("units in the pool", 1)
    team_eur_year: NonNegative | None = key("cost of one team a year; absent = by study.costs; other units have no price", None)
    notice_h: Hours = key("notice to move")
    speed_kmh: Speed = key("speed of movement")
    route_factor: Annotated[float, Field(ge=1.0, le=10.0)] = key("route length over geodesic distance", 1.0)
    daily_move_h: Annotated[float, Field(gt=0.0, le=24.0)] = key("hours of movement a day", 24.0)
    task_h: PositiveHours = key("time on station or on site; the mean, where its law is exponential")
    task_law: Literal["fixed", "exponential"] = key("law of that time", "fixed")
    turns: dict[Id, Annotated[int, Field(ge=0, le=1000)]] = key(
        "turn in which it is sent to acts in a sector or of a kind, by sector or kind (the sector counts first): of the pools "
        "that are free the lowest goes; whoever can be there first among equals and where there are no turns", {})
    rest_h: Hours = key("rest before the next task", 0.0)
    ready_d: Annotated[float, Field(ge=0.0, le=3650.0)] = key("days after the ceasefire at which it is ready", 0.0)
    caveat_share: Share = key("chance that a national caveat holds it back from a task", 0.0)
    caveat_rungs: tuple[Id, ...] = key("rungs in which a standing national caveat forbids it to take part", ())
    caveat_sectors: tuple[Id, ...] = key("sectors about whose acts a standing national caveat forbids it to move", ())
    mode: Literal["road", "rail", "ship", "air", "airlift"] | None = key("how it moves, in a word; absent = not told", None)
    via: tuple[Id, ...] = key("places (area.places) through which its way leads, as a corridor at sea or a railhead", ())
    load_h: Hours = key("loading and unloading on the way, as of rail, ships and airlift", 0.0)
    preference: Annotated[int, Field(ge=0, le=1000)] = key(
        "of the units that are free, those with a lower number go first; with equal ones who is there first", 0)
    tour_d: StartDays = key("length of a tour, after which the unit is relieved; 0 = it stays", 0.0)
    relief_d: StartDays = key("days between two tours in which nobody is there", 0.0)
    clears_km2_per_day: NonNegative = key("area that one unit clears of mines a day", 0.0)
    beyond_straits: bool = key("a warship that would have to pass the Turkish Straits to come", False)
    capacity: Positive = key("what one unit of the pool counts for in the strength of an answer", 1.0)


class Contribution(Part):
    """What one member brings; members are archetypes, not states."""

    id: Id
    title: Text = key("words used in tables", "")
    contributes: bool = key("whether it contributes; else it attends only, and all that it could bring stays away", True)
    brings: tuple[Brought, ...] = key(
        "parts of the design that go with it: drones.ID, satellites.ID, posts.ID, observers.ID or timetables.ID", ())
    strength: dict[Strength, NonNegative] = key("what it adds to the force: soldiers, aircraft, ships", {})
    state: Text = key("name of a state that has pledged this in public; needs a source of grade A, B or C", "")
    backing: bool = key("a backing non-member", False)
    from_d: StartDays = key("days after the ceasefire before which none of its units moves", 0.0)
    withdrawn_d: StartDays = key("day from which all its units are withdrawn", 3650.0)
    accept_share: Share = key("opt-in: chance that it takes part when asked", 1.0)
    accept_shares: dict[Id, Share] = key("opt-in: the same by rung, where it differs", {})
    answer_median_h: PositiveHours | None = key("opt-in: median time of its answer; absent = that of the procedure", None)


class Total(Part):
    """A range that was published for what all contributions add up to."""

    id: Strength
    low: NonNegative = key("least that was published")
    high: NonNegative = key("most that was published")
class Feedback(Part):
    """What answers do to conduct: each ends acts, calms a place for a while, or fails; liaison damps replies."""

    actions: tuple[Literal["inspection", "notice", "posture"], ...] = key(
        "answers that have an effect", ("inspection", "posture"))
    end_share: Share = key("chance that an answer ends the acts under way within its reach", 0.0)
    calm_share: Share = key("chance that it calms the place instead; what is left of 1 is the chance that it fails", 0.0)
    calm_factor: Share = key("factor on the chance of acts that come due in a place while it is calm", 0.5)
    calm_h: Hours = key("time for which a place stays calm", 24.0)
    reach_km: Km = key("reach of an answer along the line, to both sides of its place", 5.0)
    reply_factor: Share = key("factor on the chance of a reply across the line, where the parties were in contact before it", 1.0)


class Response(Part):
    """From findings to answers."""

    liaison: Liaison = key("rung 0", Liaison())
    procedures: tuple[Procedure, ...] = key("decision procedures", ())
    ladder: tuple[Rung, ...] = key("rungs, lowest first", ())
    contributions: tuple[Contribution, ...] = key("contributions", ())
    totals: tuple[Total, ...] = key("published ranges of what those who contribute add up to", ())
    units: tuple[Unit, ...] = key("teams and units", ())
    teams_from_d: StartDays = key(
        "days after the ceasefire before the first verification team is ready, where units say no later", 0.0)
    teams_ramp_d: StartDays = key("days from then on over which all teams become ready", 0.0)
    answers_end_acts: bool = key("a team that arrives ends the acts that it finds under way in its cell", False)
    feedback: Feedback | None = key("what answers do to conduct; absent = nothing", None)
    posture_threshold: Annotated[int, Field(ge=1, le=10_000)] = key(
        "findings of one domain within 24 h that start a posture answer; one grave act starts it alone", 3)
    when_all_are_out: Literal["wait", "lapse"] = key(
        "what becomes of an answer for which no unit is free: the first that comes free goes, or it lapses", "wait")
    standoff_km: Km = key("least distance of a land or sea station from the line", 100.0)
    air_standoff_km: Km = key("least distance of an air station from the line", 200.0)
    straits_closed: bool = key("the Turkish Straits are closed to warships: none from beyond them comes (a declared limit)", True)
