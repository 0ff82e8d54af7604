"""Special terms: notifications, exemptions, baseline declarations, and regimes that hold for an area and a time only.

A mediator writes here what makes the same act lawful in one place and hour and a violation in another, for either party.
"""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.fields import Hours, Id, Km, NonNegative, Part, Text, key

Party = Literal["A", "B"]
PARTIES: tuple[Party, Party] = ("A", "B")
Hour = Annotated[float, Field(ge=0.0, le=24.0)]


class Stretch(Part):
    """Kinds, parties, an area and a time for which a term holds."""

    id: Id
    title: Text = key("words used in tables", "")
    kinds: tuple[Id, ...] = key("kinds of violation that it is about; none named = all", ())
    sides: tuple[Party, ...] = key("parties that it holds for; none named = both", ())
    sectors: tuple[Id, ...] = key("sectors and sea areas in which it holds; none named = all", ())
    start_km: Km | None = key("start of its stretch along the drawn line; absent = no such limit", None)
    stop_km: Km | None = key("end of its stretch along the drawn line; absent = no such limit", None)
    depth_km: Km | None = key("distance off the line up to which it holds; absent = any", None)
    from_h: Hours = key("hour of the run from which it holds", 0.0)
    to_h: Hours = key("hour of the run up to which it holds", 1e6)
    daily_from_h: Hour = key("local hour of the day from which it holds", 0.0)
    daily_to_h: Hour = key("local hour of the day up to which it holds; below daily_from_h = past midnight", 24.0)


class Special(Stretch):
    """A special regime: stricter terms (silence, disengagement area, corridor), or a truce for some kinds only."""

    form: Literal["silence", "disengagement-area", "corridor", "partial-truce", "other"] = key(
        "what the parties call it", "other")
    rule: Literal["forbids", "only"] = key(
        "forbids: its kinds are violations there and then, also where they are not elsewhere; "
        "only: no other kinds are violations there and then", "forbids")
    points: NonNegative | None = key(
        "points of one such act there and then, if more than elsewhere; absent = by points_factor", None)
    points_factor: Annotated[float, Field(ge=1.0, le=1000.0)] = key("factor on the points of a kind there and then", 1.0)


class Exemption(Stretch):
    """Acts that are lawful there and then without notice."""


class Notification(Part):
    """Acts that are lawful when they were announced in time."""

    id: Id
    title: Text = key("words used in tables", "")
    kinds: Annotated[tuple[Id, ...], Field(min_length=1)] = key("kinds of acts that may be announced")
    sides: tuple[Party, ...] = key("parties that may announce them; none named = both", ())
    notice_h: Hours = key("hours before its onset by which an act must be announced to be lawful", 24.0)
    slack_h: Hours = key("hours by which the mission lets a finding miss the times announced", 6.0)
    near_km: Km = key("kilometres along the line by which the mission lets a finding miss the place announced", 10.0)


class Declaration(Part):
    """The baseline that a party declares: before it, nobody can say what is new, and such acts are undetermined."""

    id: Id
    side: Party = key("the party that declares")
    kinds: Annotated[tuple[Id, ...], Field(min_length=1)] = key("kinds that are measured against the baseline")
    declared_h: Hours | None = key("hour of the run at which it is declared; absent = never", None)


__all__ = ["PARTIES", "Declaration", "Exemption", "Notification", "Party", "Special", "Stretch"]
