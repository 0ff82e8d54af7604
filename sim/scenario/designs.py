"""What a monitoring design must hold together beyond its single keys: constellations, patterns of patrol, terms of release.

A mediator hears here of lanes that no pattern flies, planes that do not divide a constellation and secrets told to the accused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sim.scenario.shape import Fault
from sim.scenario.sight import Sight


def constellations(sight: Sight) -> Iterator[Fault]:
    """Planes of a Walker constellation divide its members; listed orbits have a node and an argument for each member."""
    for path, row in sight.rows("monitoring.satellites.*.orbit"):
        members = sight.number((*path[:-1], "members"))
        if members is None:
            continue
        planes, phasing = sight.number((*path, "planes")), sight.number((*path, "phasing"))
        if row.get("type") == "walker" and planes is not None:
            if members % planes:
                yield Fault((*path, "planes"), f"must divide the members, {members:g}", "", f"{planes:g}")
            if phasing is not None and phasing >= planes:
                yield Fault((*path, "phasing"), f"must be < planes, {planes:g}", "", f"{phasing:g}")
        for name in ("nodes_deg", "arguments_deg") if row.get("type") == "planes" else ():
            listed = row.get(name)
            if isinstance(listed, list) and len(listed) != members:
                yield Fault((*path, name), f"needs one angle for each of {members:g} members, has {len(listed)}")


def patterns(sight: Sight) -> Iterator[Fault]:
    """A search has lanes, no other pattern has any, a ring lies well within reach, and eyes that pass by need a track."""
    for path, row in sight.rows("monitoring.drones.*"):
        search = row.get("pattern") == "search"
        if search and not row.get("lanes_km"):
            yield Fault((*path, "pattern"), "needs lanes_km", "", '"search"')
        if not search and row.get("lanes_km"):
            yield Fault((*path, "lanes_km"), 'lanes belong to pattern = "search"', "", "", "key")
        ring, reach = sight.number((*path, "ring_km")), sight.number((*path, "reach_km"))
        if row.get("pattern") == "orbit" and ring is not None and reach is not None and ring >= reach:
            better = "nothing is in reach from all of the ring"
            yield Fault((*path, "ring_km"), f"must be < reach_km, {reach:g}", better, f"{ring:g}")
        if row.get("pattern") == "orbit" and row.get("search_law") == "inverse-cube":
            # The law is that of eyes that pass a place once, at a least distance; over a ring nothing is ever passed.
            yield Fault((*path, "search_law"), 'needs a track that passes by, pattern = "orbit" has none',
                        "random, systematic, or another pattern", '"inverse-cube"')


def daily_hours(sight: Sight) -> Iterator[Fault]:
    """Daily hours leave some time of the day."""
    for pattern in ("monitoring.consent.*", "monitoring.drones.*"):
        for path, row in sight.rows(pattern):
            begin, end = sight.number((*path, "daily_from_h")), sight.number((*path, "daily_to_h"))
            if begin is not None and begin == end:
                at = "daily_from_h" if "daily_from_h" in row else "daily_to_h"
                yield Fault((*path, at), "daily_from_h and daily_to_h are the same hour: no time is left", "", f"{begin:g}")


RULES: Sequence[Callable[[Sight], Iterator[Fault]]] = (constellations, patterns, daily_hours)
