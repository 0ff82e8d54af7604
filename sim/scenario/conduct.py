"""The conduct of the parties: how often, where, when and how hidden their acts are; monitors never see this section.

A mediator sets here the assumed truth against which the mission is judged, with both sides described by the same keys.
"""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.adaptation import Adaptation
from sim.scenario.fields import Count, Hours, Id, Km, LogSd, NonNegative, Part, PositiveHours, PositiveKm, Share, key
from sim.scenario.hidden import Complaints, Confuser, Deception, Obstruction
from sim.scenario.replay import Replay

Settlement = Literal["town", "countryside"]


class KindConduct(Part):
    """How one kind of violation is committed."""

    id: Id
    incidents_per_day: Annotated[float, Field(ge=0.0, le=1e5)] = key(
        "incidents a day of this kind on the whole line (or all sea areas), both sides together, at a regime factor of 1")
    side_a_share: Share = key("share of them that party A commits", 0.5)
    duration_median_h: Annotated[float, Field(gt=2e-7, le=1e5)] = key("median duration of the act")
    duration_log_sd: LogSd = key("spread of the duration (standard deviation of its logarithm)", 0.7)
    duration_law: Literal["lognormal", "exponential", "fixed"] = key("law of the duration", "lognormal")
    trace_median_h: Hours = key("median life of the trace after the act; 0 = leaves none", 0.0)
    trace_log_sd: LogSd = key("spread of the life of the trace", 0.5)
    night_share: Share = key("share of onsets between 18 h and 6 h local time", 0.5)
    depth_median_km: Km = key("median distance off the line, on the side of the party that acts", 3.5)
    depth_log_sd: LogSd = key("spread of that distance", 0.9)
    across_kmh: Annotated[float, Field(ge=0.0, le=3000.0)] = key(
        "speed at which the act moves across the line, from its first depth towards the other side; 0 = keeps its place", 0.0)
    trace_side: Literal["own", "other"] = key("side on which the trace lies: fire leaves it on the other one", "own")
    counts_mean: Annotated[float, Field(ge=1.0, le=1e5)] = key("explosions, bursts or strikes in one incident, mean", 1.0)
    counts_log_sd: LogSd = key("spread of the counts in one incident, where the mean is above 2", 1.2)
    unattributed_share: Share = key("share whose author no evidence can show, drawn once for each act", 0.0)
    depth_limit_km: PositiveKm | None = key(
        "largest distance off the line; absent = the depth of the zone of the agreement that names the kind", None)
    weapon_shares: dict[Id, Share] = key("shares of the classes of weapons that zones tell apart; they sum to 1", {})
    notified_share: Share = key("share of acts that the party announces beforehand", 0.0)
    notice_median_h: Hours = key("median time from the announcement to the act", 72.0)
    notice_log_sd: LogSd = key("spread of that time", 0.5)
    harm_share: dict[Settlement, Share] = key("chance that an act harms civilians, by where it lands: town or countryside", {})


class Regime(Part):
    """A state of the truce: a factor on all rates, and factors of single kinds."""

    id: Id
    factor: NonNegative = key("factor on the rates of all kinds", 1.0)
    kind_factors: dict[Id, NonNegative] = key("further factor on the rate of a kind", {})


class HotSpots(Part):
    """How unevenly incidents lie along the line."""

    gini: Annotated[float, Field(ge=0.0, lt=0.99)] = key("Gini coefficient of incidents over the cells of the line", 0.6)


class Step(Part):
    """A dated change of regime."""

    id: Id
    from_h: Hours = key("hour of the run from which the regime holds")
    regime: Id = key("regime that holds from then on")


class Chain(Part):
    """Regimes that follow one another by chance."""

    mean_stay_d: dict[Id, Annotated[float, Field(ge=0.04, le=1e5)]] = key("mean stay in a regime, exponential")
    next_share: dict[Id, dict[Id, Share]] = key("shares of the regimes that follow a regime; they sum to 1")
    recommitment_factor: Share = key("factor on all rates in a spell that begins with a step to a lower factor", 1.0)


class Kernel(Part):
    """How acts bring about other acts."""

    id: Id
    kinds: tuple[Id, ...] = key("kinds whose acts have offspring; none named = all", ())
    to_kind: Id | None = key("kind of the offspring; absent = that of the act", None)
    side: Literal["same", "cross"] = key("who commits the offspring: the same side, or the other one in reply")
    ratio: Annotated[float, Field(ge=0.0, le=100.0)] = key("mean number of direct offspring of one act")
    memory_h: PositiveHours = key("mean time from the act, and delay, to its offspring, exponential")
    delay_h: Hours = key("least time from an act to its offspring", 0.0)
    spread_km: Km = key("standard deviation of the distance along the line from an act to its offspring", 0.0)


class Conduct(Part):
    """What the parties do."""

    regime: Id = key("the regime in force, at the start or for the whole run", "tense")
    path: tuple[Step, ...] = key("dated changes of the regime; none = one regime for the whole run", ())
    chain: Chain | None = key("regimes that follow one another by chance; absent = none", None)
    regimes: Annotated[tuple[Regime, ...], Field(min_length=1)] = key("states that the truce can be in")
    kinds: tuple[KindConduct, ...] = key("how each kind of violation is committed")
    hot_spots: HotSpots = key("concentration along the line", HotSpots())
    key_a: Id = key("name under which the luck of party A is drawn; swapped sides swap these names too", "alpha")
    key_b: Id = key("name under which the luck of party B is drawn", "beta")
    max_candidates: Annotated[int, Field(ge=1, le=5_000_000)] = key("acts a replication above which a run is refused", 5_000_000)
    max_acts: Annotated[int, Field(ge=1, le=5_000_000)] = key("acts in a replication at which it ends, unfinished", 2_000_000)
    excitation: tuple[Kernel, ...] = key("how acts bring about other acts; none = every act is of its own", ())
    rates_count_offspring: bool = key(
        "incidents_per_day counts offspring too, so that excitation changes when acts come and not how many", True)
    history_days: Annotated[int, Field(ge=0, le=365)] = key("days before the start whose acts can have offspring in the run", 0)
    adaptation: tuple[Adaptation, ...] = key("how parties adapt to being found; none = they do not", ())
    replay: Replay | None = key("a table of real events in place of drawn ones; absent = none", None)
    obstruction: Annotated[tuple[Obstruction, ...], Field(max_length=64)] = key(
        "how the parties hinder monitors; none = they do not", ())
    complaints: tuple[Complaints, ...] = key("what the parties complain of and claim; none = nothing", ())
    deception: Deception | None = key("violations that were staged or bear a false flag; absent = none", None)
    confusers: Annotated[tuple[Confuser, ...], Field(max_length=64)] = key(
        "events that resemble violations and are none; none = there are no such events", ())


__all__ = ["Chain", "Conduct", "Count", "HotSpots", "Kernel", "KindConduct", "Regime", "Step"]
