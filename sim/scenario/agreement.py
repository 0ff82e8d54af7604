"""The agreement: what the parties promised, what counts as a violation and what makes a breach.

A mediator finds here the public terms against which every sector and every day is judged, alike for both sides.
"""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.fields import Hours, Id, Km, NonNegative, Part, Positive, PositiveHours, Share, Text, key
from sim.scenario.special import Declaration, Exemption, Notification, Special

Domain = Literal["land", "air", "sea"]
Severity = Literal["minor", "significant", "grave"]
Grade = Literal["indicative", "probable", "confirmed-remote", "confirmed-on-site"]
GRADES: tuple[Grade, ...] = ("indicative", "probable", "confirmed-remote", "confirmed-on-site")
Side = Literal["A", "B"]


class Kind(Part):
    """One kind of violation as the agreement defines it."""

    id: Id
    title: Text = key("words used in sentences and figures", "")
    domain: Domain = key("where such an act happens", "land")
    severity: Severity = key("how grave one such act is", "minor")
    points: NonNegative = key("points towards a breach that one such act by one party carries", 1.0)
    goal_h: PositiveHours = key("timeliness goal: hours from onset within which it should be known", 24.0)
    grade: Grade = key("grade that a finding needs before it counts", "probable")
    binds: tuple[Side, ...] = key("parties whom the agreement forbids it; none = forbidden only where a special regime says so",
                                  ("A", "B"))


class Zone(Part):
    """A withdrawal zone: kinds that are violations only within a depth of the line."""

    id: Id
    kinds: tuple[Id, ...] = key("kinds of violation that the zone defines")
    depth_km: Km = key("depth on each side of the line")
    depth_by_class_km: dict[Id, Km] = key(
        "depth for a class of weapons, where it differs; depth_km where the class is unknown", {})


class Breach(Part):
    """When violations add up to a breach by a party in a sector and period."""

    points: Positive = key("points at which a party is in breach in a sector and period", 6.0)
    obstruction_share: Share = key("share of owed access hours obstructed above which a party is in breach", 0.2)


class Vacancy(Part):
    """A spell in which nobody holds the chair of adjudication, which a backing non-member may hold."""

    id: Id
    title: Text = key("words used in tables", "")
    from_h: Hours = key("start of the spell, after the ceasefire takes effect", 0.0)
    to_h: Hours = key("end of the spell: a new chair, or an agreed deputy", 1e6)


class Agreement(Part):
    """The public terms."""

    title: Text = key("name of the agreement", "")
    period_h: Annotated[float, Field(ge=1.0, le=8760.0)] = key("reporting period", 24.0)
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1, max_length=64)] = key("kinds of violation")
    zones: tuple[Zone, ...] = key("withdrawal zones", ())
    breach: Breach = key("what makes a breach", Breach())
    observation_owed_h: Hours = key("hours a day of access that each party owes to monitors in a sector", 24.0)
    notifications: tuple[Notification, ...] = key("acts that are lawful when announced in time", ())
    exemptions: tuple[Exemption, ...] = key("acts that are lawful in an area and time without notice", ())
    declarations: tuple[Declaration, ...] = key("baselines to be declared, before which acts of some kinds are undetermined", ())
    special: tuple[Special, ...] = key("special regimes: area and time with terms of their own", ())
    chair_vacant: tuple[Vacancy, ...] = key("spells without a chair: no finding names a side, no chaired body decides", ())


def weapon_classes(agreement: Agreement) -> tuple[str, ...]:
    """Classes of weapons that the zones tell apart, in the order in which they name them."""
    return tuple(dict.fromkeys(name for zone in agreement.zones for name in zone.depth_by_class_km))


def zone_depth_km(agreement: Agreement, kind: str, weapon: str = "") -> float | None:
    """Depth up to which acts of a kind and class of weapons are violations: that of the widest zone that names the kind.

    Without a class, or where a zone has no depth of its own for it, `depth_km` holds; None where no zone names the kind.
    """
    depths = [zone.depth_by_class_km.get(weapon, zone.depth_km) for zone in agreement.zones if kind in zone.kinds]
    return max(depths, default=None)


def ever_forbidden(agreement: Agreement, kind: Kind) -> bool:
    """Whether acts of a kind can be violations anywhere at any time."""
    return bool(kind.binds) or any(term.rule == "forbids" and (not term.kinds or kind.id in term.kinds)
                                   for term in agreement.special)


def seated_us(agreement: Agreement, instant_us: int) -> int:
    """First instant, not before the given one, at which the chair is held (µs)."""
    for vacancy in sorted(agreement.chair_vacant, key=lambda one: one.from_h):
        if round(vacancy.from_h * 3_600_000_000) <= instant_us < (end := round(vacancy.to_h * 3_600_000_000)):
            instant_us = end
    return instant_us
