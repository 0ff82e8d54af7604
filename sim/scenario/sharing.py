"""Who owns what a means sees, whom the owner lets see it and when, and which operators may withdraw.

A mediator states here how much evidence stays behind closed doors; nothing is shown that its owner does not release.
"""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.fields import Hours, Id, LogSd, Part, Share, Text, key

Owner = Literal["mission", "contributor", "backing-state", "company", "party", "open-source"]


class Release(Part):
    """After which time, and with which probability, one class of owner releases what its means saw."""

    id: Owner
    mission_h: Hours = key("from report to release to the mission", 0.0)
    mission_share: Share = key("share of sights released to the mission", 1.0)
    coalition_h: Hours = key("from report to release to the states of the coalition", 0.0)
    coalition_share: Share = key("share of sights released to the states of the coalition", 1.0)
    accused_h: Hours = key("from report until it may be shown to the party accused", 0.0)
    accused_share: Share = key("share of sights that may be shown to the party accused", 1.0)
    public_h: Hours = key("from report until it may be published", 0.0)
    public_share: Share = key("share of sights that may be published", 1.0)
    delay_log_sd: LogSd = key("spread of these times, which are medians", 0.0)
    embargo_from_h: Hours = key("start of an embargo: what would be released in it waits for its end", 0.0)
    embargo_to_h: Hours = key("end of the embargo; at its start = none", 0.0)


class Operator(Part):
    """A company or agency that operates several families or data streams and may stop serving the mission."""

    id: Id
    title: Text = key("words used in tables", "")
    withdrawn_from_h: Annotated[float, Field(ge=0.0, le=1e6)] = key("hour from which all that it operates is withdrawn", 1e6)
