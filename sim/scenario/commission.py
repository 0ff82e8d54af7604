"""The joint commission of the parties: when it sits, how much it hears, who attends, who stays away and who contests.

A mediator chooses here what stands between a finding of the mission and a violation that both parties accept.
"""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.agreement import Severity
from sim.scenario.fields import Hours, Id, Part, PositiveHours, Share, key


class Boycott(Part):
    """A time in which one party stays away."""

    id: Id
    side: Literal["A", "B"] = key("party that stays away")
    from_h: Hours = key("hour of the run from which it stays away", 0.0)
    to_h: Hours = key("hour of the run at which it comes back", 1e6)


class Commission(Part):
    """What becomes of findings that name a party."""

    every_h: PositiveHours = key("time between regular sittings", 168.0)
    emergency_h: PositiveHours | None = key("time from a grave finding to an emergency sitting; absent = none are held", 48.0)
    emergency_severity: Severity = key("findings at least this grave may call an emergency sitting", "grave")
    cases_per_sitting: Annotated[int, Field(ge=0, le=100_000)] = key("findings that one sitting can hear", 20)
    members: Annotated[int, Field(ge=1, le=1000)] = key("members of the commission", 6)
    attend_share: Share = key("chance that a member attends a sitting", 0.95)
    quorum: Annotated[int, Field(ge=0, le=1000)] = key("members present without whom a sitting agrees nothing", 4)
    boycotts: tuple[Boycott, ...] = key("times in which a party stays away; a sitting without both parties agrees nothing", ())
    contest_share: Annotated[tuple[Share, ...], Field(min_length=4, max_length=4)] = key(
        "chance that the party accused contests, by grade from indicative up", (0.9, 0.7, 0.5, 0.3))
    shown_share: Share = key("share of findings whose evidence may be shown to the party accused", 0.5)
    not_shown_extra_share: Share = key("what is added to that chance where the evidence is not shown", 0.2)
