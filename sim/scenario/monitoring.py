"""The monitoring design: consent, means, satellites, drones, posts, observers and teams.

A mediator chooses here who may look, from where, with what, and what each means can notice.
"""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.agreement import Side
from sim.scenario.drills import NavigationLost, Security
from sim.scenario.fields import (
    Count,
    Degrees,
    Hours,
    Id,
    Km,
    LogSd,
    Minutes,
    NonNegative,
    Part,
    Positive,
    PositiveHours,
    PositiveKm,
    Share,
    Speed,
    Text,
    key,
)
from sim.scenario.sharing import Operator, Owner, Release

Physics = Literal["optical", "thermal", "radar", "acoustic", "rf", "human"]
PHYSICS: tuple[Physics, ...] = ("optical", "thermal", "radar", "acoustic", "rf", "human")
Ramp = Annotated[float, Field(ge=0.0, le=3650.0)]
HourOfDay = Annotated[float, Field(ge=0.0, le=24.0)]
Target = Literal["vehicles", "crews", "flashes", "ships"]


class Means(Part):
    """One means of observation: its physics and what it notices of each kind."""

    id: Id
    title: Text = key("words used in tables", "")
    physics: Physics = key("physics class; two means of one class are one kind of evidence")
    pd: dict[Id, Share] = key("probability that one proper look notices an act or trace of a kind; absent = 0")
    trace_pd: dict[Id, Share] = key("the same for the trace alone, where it differs; absent = 0", {})
    needs_light: bool = key("works by daylight only", False)
    needs_dark: bool = key("works at night only", False)
    stopped_by_cloud: bool = key("a cloudy sky blocks the look", False)
    senses_origin: bool = key("can show which side acted", True)
    wrong_side_share: Share = key("share of side evidence that names the wrong side", 0.05)
    images: bool = key("yields a dated, located image or track", False)
    location_error_km: Km = key("median error of the place as reported", 0.5)
    location_error_per_km: Annotated[float, Field(ge=0.0, le=1.0)] = key(
        "growth of that error with the distance from a post to what it reports, in km a km", 0.0)
    dating_log_sd: LogSd = key("spread of the age that it gives to a trace (standard deviation of its logarithm)", 0.3)
    confusion: dict[Id, dict[Id, Share]] = key("for a true kind, the share reported as another kind", {})
    false_alarms_per_day: dict[Id, NonNegative] = key("false sightings a day, whole area, by the kind they claim", {})
    mistaken_share: Share = key(
        "chance that an ordered look at a place where there is nothing of that kind finds what it was sent to look for", 0.0)
    needs_navigation: bool = key("useless while satellite navigation is lost (timing of acoustic nodes, AIS)", False)
    misled_per_day: dict[Id, NonNegative] = key(
        "false sightings a day that it adds while satellite navigation is lost, by the kind they claim", {})


class Consent(Part):
    """What one party allows one class of means."""

    id: Id
    side: Side = key("the party whose consent this is")
    means: tuple[Literal["drones", "posts", "observers", "teams"], ...] = key("classes of means that it covers")
    may_base: bool = key("posts, patrols and take-off are allowed on its side", True)
    may_overfly: bool = key("drones may fly over its side", True)
    depth_km: Km = key("depth behind the line up to which movement is allowed", 30.0)
    standoff_km: Km = key("distance from the line that large drones keep", 0.0)
    reclear_h: Hours = key("wait before a cued look outside the cleared corridor", 2.0)
    notice_h: Hours = key("notice before flights and patrols begin under a new spell, and before each inspection", 0.0)
    daily_from_h: HourOfDay = key("local hour from which movement is allowed each day", 0.0)
    daily_to_h: HourOfDay = key("local hour until which movement is allowed each day", 24.0)
    may_publish: bool = key("what is seen from its side may be shown to the accused and published", True)
    from_h: Hours = key("start of the spell, after the ceasefire takes effect", 0.0)
    to_h: Hours = key("end of the spell", 1e6)


class RepeatCycle(Part):
    """A sun-synchronous orbit given by its repeat cycle."""

    type: Literal["repeat"]
    revolutions: Annotated[int, Field(ge=1, le=1000)] = key("revolutions in one cycle")
    days: Annotated[int, Field(ge=1, le=400)] = key("days in one cycle")
    descending_time_h: Annotated[float, Field(ge=0.0, lt=24.0)] = key("local solar time of the descending node")


class Elements(Part):
    """Circular orbits given by mean motion and inclination, in one or more planes."""

    type: Literal["elements"]
    mean_motion_rev_day: Annotated[float, Field(ge=0.5, le=17.0)] = key("revolutions a day")
    inclination_deg: Degrees = key("inclination")
    planes: Annotated[int, Field(ge=1, le=200)] = key("planes over which the members are spread", 1)
    descending_times_h: tuple[Annotated[float, Field(ge=0.0, lt=24.0)], ...] = key(
        "local solar times of the descending nodes at the start, one a plane; empty = planes spread evenly", ())


class Walker(Part):
    """A Walker constellation t/p/f: the members, evenly spread over evenly spaced planes (Walker 1984)."""

    type: Literal["walker"]
    mean_motion_rev_day: Annotated[float, Field(ge=0.5, le=17.0)] = key("revolutions a day")
    inclination_deg: Degrees = key("inclination")
    planes: Annotated[int, Field(ge=1, le=200)] = key("planes p, which divide the members t")
    phasing: Annotated[int, Field(ge=0, le=199)] = key("phasing f: neighbours in adjacent planes are f x 360/t apart", 0)
    spread_deg: Annotated[float, Field(gt=0.0, le=360.0)] = key("arc over which the nodes spread: 360 delta, 180 star", 360.0)


class Planes(Part):
    """Circular orbits listed one by one: node and place in the plane of each member."""

    type: Literal["planes"]
    mean_motion_rev_day: Annotated[float, Field(ge=0.5, le=17.0)] = key("revolutions a day")
    inclination_deg: Degrees = key("inclination")
    nodes_deg: tuple[Annotated[float, Field(ge=0.0, lt=360.0)], ...] = key("node of each member at the start")
    arguments_deg: tuple[Annotated[float, Field(ge=0.0, lt=360.0)], ...] = key("argument of latitude of each member at the start")


class Listed(Part):
    """Orbits read from a file of element sets (TLE, or OMM as JSON, CSV or XML)."""

    type: Literal["file"]
    elements: Text = key("file of element sets, in the scenario's folder, the shipped ones or below --data")
    names: tuple[Text, ...] = key("take the satellites whose name holds one of these words; empty = all", ())
    rebase: bool = key("accept element sets over 60 days old: orbits typical, passes not real", False)


Orbit = Annotated[RepeatCycle | Elements | Walker | Planes | Listed, Field(discriminator="type")]


class Satellites(Part):
    """A family of satellites of one kind."""

    id: Id
    title: Text = key("words used in tables", "")
    means: Id = key("the means they carry")
    owner: Owner = key("who decides on tasking and release", "company")
    operator: Id | None = key("operator (monitoring.operators) with which it is withdrawn", None)
    members: Annotated[int, Field(ge=1, le=1000)] = key("satellites in the family (a file brings its own number)", 1)
    orbit: Orbit = key("their orbits")
    off_nadir_max_deg: Annotated[float, Field(gt=0.0, le=75.0)] = key("largest angle off nadir at which they look")
    off_nadir_min_deg: Annotated[float, Field(ge=0.0, le=75.0)] = key("smallest angle off nadir (side-looking radar)", 0.0)
    looks: Literal["both", "left", "right"] = key("side of the track on which they look", "both")
    sun_elevation_min_deg: Annotated[float, Field(ge=-90.0, le=90.0)] | None = key("least elevation of the sun", None)
    mode: Literal["systematic", "tasked"] = key("images all it passes, or only scenes that were ordered", "systematic")
    scenes_per_day: Count = key("scenes a day that the mission may order from the family", 0)
    standing_share: Share = key("share of these scenes on the standing plan, the rest kept for cued looks", 0.5)
    reaction_h: Hours = key("from order to the earliest possible pass", 2.0)
    slew_s: Annotated[float, Field(ge=0.0, le=3600.0)] = key("least time between two scenes of one satellite", 0.0)
    graver_share: Share = key("share of the scenes for cued looks that is kept for kinds of graver_points and more", 0.0)
    graver_points: Annotated[float, Field(ge=0.0, le=1e6)] = key("points from which a kind may take those scenes", 6.0)
    tips_preempt: bool = key(
        "a tip may take a scene that the standing plan, or a tip of fewer points, has on order and that can still be called"
        " off, reaction_h before its pass", False)
    delivery_median_h: Hours = key("median time from look to report", 2.0)
    delivery_log_sd: LogSd = key("spread of that time", 0.6)
    available_from_d: Annotated[float, Field(ge=0.0, le=3650.0)] = key("days after the ceasefire until looks are bought", 0.0)
    ramp_d: Ramp = key("days over which its members become available one by one, from then on", 0.0)
    withdrawn_from_h: Hours = key("hour from which the operator is withdrawn", 1e6)


class Search(Part):
    """How fast a sensor searches ground for each class of target, in km2 an hour."""

    vehicles: Positive = key("vehicles in the open", 1000.0)
    crews: Positive = key("people and crewed weapons", 75.0)
    flashes: Positive = key("muzzle flashes and fires at night", 500.0)
    ships: Positive = key("ships and boats", 6000.0)


class Drones(Part):
    """A drone unit: base, airframes, crews, patrol and sensors."""

    id: Id
    title: Text = key("words used in tables", "")
    base: Id = key("place (area.places) from which it flies")
    side: Side = key("the side that holds the base and whose consent counts", "A")
    owner: Owner = key("who decides on tasking and release", "mission")
    means_by_day: Id = key("means used by daylight")
    means_by_night: Id = key("means used in the dark")
    airframes: Annotated[int, Field(ge=1, le=1000)] = key("airframes of the unit")
    crews: Annotated[int, Field(ge=1, le=1000)] = key("crews; each flight takes one", 4)
    orbits: Annotated[int, Field(ge=1, le=100)] = key("airframes meant to be on station at once", 1)
    endurance_h: Annotated[float, Field(gt=0.05, le=100.0)] = key("time in the air, transit included")
    speed_kmh: Speed = key("cruise speed")
    turnaround_h: Annotated[float, Field(gt=0.0, le=1000.0)] = key("from landing to the next take-off of the same airframe")
    reach_km: PositiveKm = key("distance at which its sensor can look at a place")
    search_km2_per_h: Search = key("search rates by class of target", Search())
    search_law: Literal["random", "systematic", "inverse-cube"] = key(
        "how the ground in reach is searched: at random; place after place in rounds; or by eyes whose chance falls with the"
        " cube of the distance, so that a pass sees best what lies below it", "random")
    patrols: tuple[Id, ...] = key("sectors of the line, or one sea area, over which it patrols")
    pattern: Literal["back-and-forth", "orbit", "search"] = key(
        "to and fro along the track; a ring over its middle; or lane after lane of an area", "back-and-forth")
    lanes_km: Annotated[tuple[Annotated[float, Field(ge=-500.0, le=500.0)], ...], Field(max_length=20)] = key(
        "lanes of a search: distance behind the line on the own side; negative = beyond the line, if consent allows", ())
    ring_km: Km = key("radius of the ring of an orbit", 2.0)
    daily_from_h: HourOfDay = key("local hour at which the daily watch begins", 0.0)
    daily_to_h: HourOfDay = key("local hour at which the daily watch ends", 24.0)
    large: bool = key("keeps the stand-off that consent asks of large drones", False)
    above_cloud: bool = key("flies above low cloud, which then blocks its view", False)
    wind_limited: bool = key("does not take off in strong wind", True)
    icing_limited: bool = key("does not take off in icing", True)
    failure_mean_h: Annotated[float, Field(gt=1.0, le=1e5)] = key("mean flight hours between failures of an airframe", 150.0)
    repair_mean_h: PositiveHours = key("mean time to repair", 24.0)
    repair_crews: Annotated[int, Field(ge=1, le=1000)] = key("repairs that can run at once", 1)
    interference_share: Share = key("share of flights that meet interference", 0.3)
    watch_lost_share: Share = key("share of the watch lost on such a flight", 0.3)
    loss_share: Share = key("chance that such a flight ends in the loss of the airframe", 0.01)
    report_min: Minutes = key("from sighting to report", 10.0)
    available_from_d: Annotated[float, Field(ge=0.0, le=3650.0)] = key("days after the ceasefire at which flights begin", 0.0)
    ramp_d: Ramp = key("days over which its members become available one by one, from then on", 0.0)
    operator: Id | None = key("operator (monitoring.operators) with which it is withdrawn", None)


class Posts(Part):
    """Unattended posts along the line: cameras, microphones, radars."""

    id: Id
    title: Text = key("words used in tables", "")
    means: Id = key("the means at each post")
    owner: Owner = key("who decides on release", "mission")
    side: Side = key("the side on which they stand")
    sites: Annotated[int, Field(ge=1, le=5000)] = key("number of posts, spread evenly over the sectors named")
    sectors: tuple[Id, ...] = key("sectors; empty = all", ())
    place: Id | None = key("place (area.places) at which all of them stand, for coasts; absent = along the line", None)
    setback_km: Km = key("distance behind the line", 2.0)
    strewn_km: Km = key("depth, from the setback on, of the strip over which posts are strewn at random, each with a place of"
                        " its own from monitoring.phase_seed; 0 = evenly in a row", 0.0)
    reach_km: PositiveKm = key("range")
    available_share: Share = key("share of time that a post works", 0.9)
    outage_mean_h: PositiveHours = key("mean length of an outage", 24.0)
    site_eur_year: NonNegative | None = key("cost of one site a year; absent = by study.costs", None)
    report_min: Minutes = key("from sighting to report", 15.0)
    available_from_d: Annotated[float, Field(ge=0.0, le=3650.0)] = key("days after the ceasefire at which they work", 0.0)
    ramp_d: Ramp = key("days over which its members become available one by one, from then on", 0.0)


class Timetable(Part):
    """Looks at every cell at times given by a law: for systems known only by a revisit figure."""

    id: Id
    title: Text = key("words used in tables", "")
    means: Id = key("the means that looks")
    owner: Owner = key("who decides on release", "company")
    operator: Id | None = key("operator (monitoring.operators) with which it is withdrawn", None)
    law: Literal["fixed", "alternating", "exponential", "erlang", "uniform", "list"] = key("law of the gaps", "fixed")
    gap_h: PositiveHours = key("mean gap between looks of one member")
    alternating_h: tuple[PositiveHours, ...] = key("gaps in turn, where the law is alternating", ())
    times_h: tuple[Hours, ...] = key("times of the looks, where the law is a list", ())
    shape: Annotated[int, Field(ge=1, le=1000)] = key("shape of the Erlang law", 2)
    members: Annotated[int, Field(ge=1, le=1000)] = key("members that look by the same law", 1)
    phase: Literal["even", "random"] = key("phases of the members: evenly spread after one random phase, or each random", "even")
    dwell_h: Hours = key("length of each look; 0 = an instant", 0.0)
    sectors: tuple[Id, ...] = key("sectors; empty = all", ())
    cells_per_day: Annotated[int, Field(ge=1, le=100_000)] | None = key(
        "cells drawn at random each day, which alone are looked at; absent = all", None)
    report_h: Hours = key("from look to report", 0.0)


class Observers(Part):
    """Unarmed observers who patrol the line by day."""

    id: Id
    title: Text = key("words used in tables", "")
    means: Id = key("what a patrol can notice by sight and hearing")
    side: Side = key("the side on which they are based")
    monitors: Count = key("monitors in the field")
    monitor_eur_year: NonNegative | None = key("cost of one of them a year; absent = by study.costs", None)
    patrols_per_monitor_day: Annotated[float, Field(ge=0.0, le=2.0)] = key("patrols a day for each monitor", 0.08)
    patrol_h: Annotated[float, Field(gt=0.1, le=24.0)] = key("length of a patrol", 6.0)
    stop_h: Annotated[float, Field(gt=0.05, le=24.0)] = key("time spent in each cell", 0.75)
    reach_km: PositiveKm = key("distance at which a patrol sees or hears an act", 5.0)
    setback_km: Km = key("distance behind the line at which patrols move", 1.5)
    access_share: Share = key("share of planned patrols that are let through", 0.95)
    sectors: tuple[Id, ...] = key("sectors; empty = all", ())
    report_h: Hours = key("from sighting to report", 3.0)
    available_from_d: Annotated[float, Field(ge=0.0, le=3650.0)] = key("days after the ceasefire at which patrols begin", 0.0)
    ramp_d: Ramp = key("days over which its members become available one by one, from then on", 0.0)


class StartUp(Part):
    """When the members of a class of means become available, one by one."""

    from_d: Ramp = key("days after the ceasefire before the first can be there", 0.0)
    ramp_d: Ramp = key("days from then on over which all become available", 0.0)


class StartUps(Part):
    """Start-up by class of means, for items that set neither available_from_d nor ramp_d themselves."""

    commercial_imagery: StartUp | None = key("satellites of companies", None)
    drones: StartUp | None = key("drone units", None)
    posts: StartUp | None = key("unattended posts", None)
    observers: StartUp | None = key("observers", None)


class Monitoring(Part):
    """The monitoring design."""

    start_up: StartUps = key("start-up by class of means; none = all is there on the first day", StartUps())

    means: tuple[Means, ...] = key("library of means", ())
    targets: dict[Id, Target] = key("class of target that each kind of violation presents to a search", {})
    consent: tuple[Consent, ...] = key("what each party allows; without a row nothing is allowed on its side", ())
    satellites: tuple[Satellites, ...] = key("satellite families", ())
    drones: tuple[Drones, ...] = key("drone units", ())
    posts: tuple[Posts, ...] = key("unattended posts", ())
    observers: tuple[Observers, ...] = key("observer missions", ())
    timetables: tuple[Timetable, ...] = key("means known only by the times of their looks", ())
    release: tuple[Release, ...] = key("what owners release, one row a class of owner; absent = all, at once", ())
    operators: tuple[Operator, ...] = key("operators that may be withdrawn", ())
    security: Security | None = key("when patrols stand down; absent = never", None)
    navigation_lost: tuple[NavigationLost, ...] = key("spells without satellite navigation", ())
    look_correlation: Annotated[float, Field(ge=0.0, le=0.99)] = key(
        "correlation of looks of one physics class at one act; 0 = independent looks", 0.5)
    hidden_share: dict[Physics, dict[Id, Share]] = key(
        "share of acts hidden from a physics class, by kind; absent = half of 1 - the best Pd of the class", {})
    same_look_h: Annotated[float, Field(gt=0.01, le=24.0)] = key("bin of the clock within which a stare is one look", 1.0)
    phase_seed: Annotated[int, Field(ge=0, le=2**53)] = key("seed from which the phases of satellites are redrawn", 1)
    ground_factor: dict[Physics, Annotated[float, Field(gt=0.0, le=1.0)]] = key(
        "factor on Pd of a physics class for ground cover, mean over the line", {})
