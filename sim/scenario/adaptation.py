"""Adaptive parties: what a party learns from being found out, and how that changes what it risks.

A mediator sees here the stakes and the memory that are assumed for each party; without this section no party adapts.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.fields import Id, Km, Part, Share, key

SHORTEST_KM = 20.0
"""Places of acts leave the tool by sectors no shorter than this where parties choose them."""


class Adaptation(Part):
    """How one party adapts: it weighs what an act is worth against the chance of being found in time."""

    id: Id
    side: Literal["A", "B"] = key("party that adapts so")
    stake_ratio: Annotated[float, Field(gt=0.0, le=1e6)] = key(
        "r: worth of an act not found, over the cost of being found in time; it is deterred wholly at p* = r/(1+r)")
    learning_share: Share = key("α: weight of the newest outcome in its estimate of being found, by kind of violation")
    initial_share: Share = key("its estimate of being found in time, before anything has happened", 0.0)
    floor_share: Share = key("share of its acts that it commits however sure it is of being found", 0.0)
    shift_share: Share = key("share of its acts for which it looks for a time and place with fewer looks", 0.0)
    shift_km: Km = key("farthest that such an act moves along the line", 0.0)
    step_h: Annotated[float, Field(gt=0.0, le=24.0)] = key(
        "planning step: such an act may be put off, but not beyond the end of the step in which it was due", 6.0)
