"""Beliefs: what the mission holds true of its means and of the parties, apart from what they are.

A mediator states here a mission that misjudges its sensors, or one that expects another conduct than it meets.
"""

from typing import Annotated

from pydantic import Field

from sim.scenario.fields import Id, Km, NonNegative, Part, PositiveHours, Share, key
from sim.scenario.monitoring import Physics


class Beliefs(Part):
    """What the mission thinks its means can do, and how it thinks the parties act; a value given here is held as it stands."""

    disturbance_log_odds_sd: Annotated[float, Field(ge=0.0, le=5.0)] = key(
        "error of the mission's own Pd and shares, on log-odds, drawn once per replication; 0 = it knows them exactly", 0.5)
    pd: dict[Id, dict[Id, Share]] = key(
        "chance that one proper look by a means notices an act of a kind, as the mission sees it; absent = the library's", {})
    trace_pd: dict[Id, dict[Id, Share]] = key("the same for the trace alone; absent = the library's", {})
    false_alarms_per_day: dict[Id, dict[Id, NonNegative]] = key(
        "false sightings a day, whole area, that it expects of a means, by the kind they claim; absent = the library's", {})
    hidden_share: dict[Physics, dict[Id, Share]] = key(
        "share of acts of a kind that it thinks hidden from a physics class; absent = the library's", {})
    look_correlation: Annotated[float, Field(ge=0.0, le=0.99)] | None = key(
        "correlation that it assumes between looks at one act; absent = that of the means", None)
    wrong_side_share: Share | None = key("share of side evidence that it expects to be wrong; absent = mean of the means", None)
    attributed_share: dict[Id, Share] = key("share of acts of a kind whose author it expects evidence to show", {})
    incidents_per_day: dict[Id, NonNegative] = key("acts a day of a kind that it expects, both sides and the whole area", {})
    night_share: dict[Id, Share] = key("share of acts of a kind that it expects between 18 h and 6 h local time", {})
    sector_share: dict[Id, Share] = key(
        "shares of acts that it expects in sectors or sea areas, beside what it expects elsewhere by length", {})
    duration_median_h: dict[Id, PositiveHours] = key("median duration of an act of a kind, as it expects it", {})
    trace_median_h: dict[Id, Annotated[float, Field(ge=0.0, le=1e6)]] = key("median life of its trace, as it expects it", {})
    depth_median_km: dict[Id, Km] = key("median distance off the line of acts of a kind, as it expects it", {})
