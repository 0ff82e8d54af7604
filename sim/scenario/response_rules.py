"""Whether procedures, contributions and rungs hold together: rules of decision and the numbers that each of them needs.

A mediator learns before any run that a body decides unanimously with fewer than all its members, or that votes have no owner.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from sim.scenario.errors import show
from sim.scenario.shape import Fault
from sim.scenario.sight import Sight

_PLANE = 0.01
"""Share by which a distance on the plane may err."""


def _numbers(sight: Sight) -> Iterator[Fault]:
    """Members and consents fit the rule by which a body decides."""
    for path, row in sight.rows("response.procedures.*"):
        rule, members, needed = row.get("rule"), sight.number((*path, "members")), sight.number((*path, "needed"))
        if members is None or needed is None:
            continue
        if rule == "unanimity" and needed != members:
            yield Fault((*path, "needed"), f"unanimity needs the consent of all members, {members:g}", "", f"{needed:g}")
        if rule in ("delegated", "automatic") and members != 1:
            yield Fault((*path, "members"), f"{rule} means that one authority decides: members = 1", "", f"{members:g}")
        if rule == "co-chairs" and members < 2:
            yield Fault((*path, "members"), "co-chairs are at least 2", "", f"{members:g}")


def _automatic(sight: Sight) -> Iterator[Fault]:
    """What starts by itself is not refused."""
    for path, row in sight.rows("response.procedures.*"):
        for name in ("refusal_share", "common_refusal_share"):
            if row.get("rule") == "automatic" and (share := sight.number((*path, name))):
                yield Fault((*path, name), "an automatic answer asks nobody, so nobody refuses it: 0", "", f"{share:g}")


def _votes(sight: Sight) -> Iterator[Fault]:
    """Votes belong to members of a body that weighs them."""
    for path, row in sight.rows("response.procedures.*"):
        weights, members = row.get("weights"), sight.number((*path, "members"))
        if not sight.fine((*path, "weights")) or not isinstance(weights, list) or not weights:
            continue
        if row.get("rule") != "weighted":
            yield Fault((*path, "weights"), 'votes count only where rule = "weighted"', "", show(weights))
        elif members is not None and len(weights) > members:
            yield Fault((*path, "weights"), f"has votes of {len(weights)} members, the body has {members:g}", "", show(weights))


def _contributions(sight: Sight) -> Iterator[Fault]:
    """A contribution is there before it is withdrawn."""
    for path, _ in sight.rows("response.contributions.*"):
        begin, end = sight.number((*path, "from_d")), sight.number((*path, "withdrawn_d"))
        if begin is not None and end is not None and begin > end:
            yield Fault((*path, "withdrawn_d"), f"must be >= from_d, {begin:g}", "", f"{end:g}")


def _effects(sight: Sight) -> Iterator[Fault]:
    """What an answer can do sums to 1 at most, and is modelled for parties that neither adapt nor hide."""
    here = ("response", "feedback")
    if not isinstance(sight.value(here), dict):
        return
    ends, calms = sight.number((*here, "end_share")), sight.number((*here, "calm_share"))
    if ends is not None and calms is not None and ends + calms > 1 + 1e-9:
        yield Fault((*here, "calm_share"), f"with end_share, shares must sum to 1 at most, they sum to {ends + calms:g}", "",
                    f"{calms:g}")
    for name in ("adaptation", "obstruction", "complaints", "deception", "confusers", "replay"):
        if sight.value(("conduct", name)):
            yield Fault(here, f"is not modelled together with conduct.{name}", "run one without the other", "", "key")


def _standoff(sight: Sight) -> Iterator[Fault]:
    """Stations keep their distance from the line."""
    line, places = sight.value(("area", "line")), {row.get("id"): path for path, row in sight.rows("area.places.*")}
    if not isinstance(line, list) or len(line) < 2 or not sight.fine(("area", "line")):
        return
    for path, row in sight.rows("response.units.*"):
        station = row.get("station")
        at = places.get(station) if isinstance(station, str) else None
        lat, lon = (None, None) if at is None else (sight.number((*at, "lat_deg")), sight.number((*at, "lon_deg")))
        name = "air_standoff_km" if row.get("domain") == "air" else "standoff_km"
        least = sight.number(("response", name))
        if lat is None or lon is None or least is None:
            continue
        km = _from_line_km(lat, lon, line)
        if km < least * (1 - _PLANE):
            yield Fault((*path, "station"), f"lies {km:.0f} km from the line, response.{name} asks for {least:g}", "",
                        show(station))


def _from_line_km(lat_deg: float, lon_deg: float, line: list[list[float]]) -> float:
    """Distance of a place from a line of (lon, lat), on a plane that touches the globe there; good to 1 % within 300 km."""
    east, north = 111.32 * math.cos(math.radians(lat_deg)), 111.2
    points = [((lon - lon_deg) * east, (lat - lat_deg) * north) for lon, lat in line]
    return min(_from_leg(a, b) for a, b in pairwise(points))


def _from_leg(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance of the origin from the leg between two points."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    along = min(max(-(a[0] * dx + a[1] * dy) / max(dx * dx + dy * dy, 1e-12), 0.0), 1.0)
    return math.hypot(a[0] + along * dx, a[1] + along * dy)


RULES = (_effects, _standoff, _numbers, _automatic, _votes, _contributions)
