"""The fourth pass: does the scenario hold together: orders of times, sums of shares, stretches of the line.

A mediator learns here of values that are each legal and together impossible, before a run could divide by
them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from sim.scenario.belief_rules import RULES as BELIEFS
from sim.scenario.designs import RULES as DESIGNS
from sim.scenario.errors import Key, show
from sim.scenario.excitation import RULES as EXCITATION
from sim.scenario.excitation import with_offspring
from sim.scenario.hidden_rules import RULES as HIDDEN
from sim.scenario.participation import RULES as PARTICIPATION
from sim.scenario.parties import RULES as PARTIES
from sim.scenario.response_rules import RULES as RESPONSE
from sim.scenario.shape import Fault
from sim.scenario.sight import Sight
from sim.scenario.staff_rules import RULES as STAFF
from sim.scenario.term_rules import RULES as TERMS

_SUM = 1e-6
_ON_LINE_KM = 1e-6

# Table, smaller key, relation, greater key.
ORDERS = (
    ("area.sectors.*", "from_km", "<", "to_km"),
    ("area.seas.*", "west_deg", "<", "east_deg"),
    ("area.seas.*", "south_deg", "<", "north_deg"),
    ("agreement.exemptions.*", "from_h", "<", "to_h"),
    ("agreement.exemptions.*", "start_km", "<", "stop_km"),
    ("agreement.special.*", "from_h", "<", "to_h"),
    ("agreement.special.*", "start_km", "<", "stop_km"),
    ("monitoring.consent.*", "from_h", "<", "to_h"),
    ("monitoring.navigation_lost.*", "from_h", "<", "to_h"),
    ("monitoring.release.*", "coalition_share", "<=", "mission_share"),
    ("monitoring.release.*", "accused_share", "<=", "mission_share"),
    ("monitoring.release.*", "public_share", "<=", "mission_share"),
    ("monitoring.satellites.*", "off_nadir_min_deg", "<", "off_nadir_max_deg"),
    ("verification.commission", "quorum", "<=", "members"),
    ("verification.commission.boycotts.*", "from_h", "<", "to_h"),
    ("agreement.chair_vacant.*", "from_h", "<", "to_h"),
    ("monitoring.release.*", "embargo_from_h", "<=", "embargo_to_h"),
    ("response.liaison.outages.*", "from_h", "<", "to_h"),
    ("response.procedures.*", "working_from_h", "<", "working_to_h"),
    ("response.procedures.*", "needed", "<=", "members"),
    ("response.liaison", "contact_min", "<=", "contact_max_min"),
    ("response.totals.*", "low", "<=", "high"),
    ("sources.*", "low", "<=", "high"),
)


def contradictions(sight: Sight) -> Iterator[Fault]:
    """All rules of this pass that the scenario breaks."""
    for rule in RULES:
        yield from rule(sight)


def orders(sight: Sight) -> Iterator[Fault]:
    """Pairs of keys of which one must be smaller."""
    for pattern, low, relation, high in ORDERS:
        for path, row in sight.rows(pattern):
            a, b = sight.number((*path, low)), sight.number((*path, high))
            if a is None or b is None or a < b or (a == b and relation == "<="):
                continue
            at = low if low in row else high
            yield Fault(
                (*path, at),
                f"{low} must be {relation} {high}",
                f"{low} {a:g}, {high} {b:g}",
                show(row.get(at)),
            )


def ground_shares(sight: Sight) -> Iterator[Fault]:
    """Ground cover sums to one."""
    path = ("area", "ground")
    names = ("open_share", "tree_belt_share", "forest_share", "urban_share", "water_share")
    shares = [sight.number((*path, name)) for name in names]
    numbers = [share for share in shares if share is not None]
    if len(numbers) == len(names) and sight.value(path) and abs(math.fsum(numbers) - 1) > _SUM:
        yield Fault(
            path,
            f"the shares of ground cover must sum to 1, they sum to {math.fsum(numbers):.6g}",
            "",
            "",
            "key",
        )


def confusion_rows(sight: Sight) -> Iterator[Fault]:
    """Shares reported as other kinds sum to at most one, and none is the kind itself."""
    for path, row in sight.rows("monitoring.means.*.confusion.*"):
        numbers = [n for name in row if (n := sight.number((*path, name))) is not None]
        if math.fsum(numbers) > 1 + _SUM:
            yield Fault(
                path,
                f"shares reported as other kinds must sum to at most 1, they sum to {math.fsum(numbers):.6g}",
                "",
                "",
                "key",
            )
        if path[-1] in row:
            yield Fault(
                (*path, str(path[-1])),
                "a kind is not confused with itself",
                "the rest is reported rightly",
                "",
                "key",
            )


def line(sight: Sight) -> Iterator[Fault]:
    """Vertices differ, sectors lie on the line, and none overlaps another."""
    vertices = _vertices(sight)
    for i, (a, b) in enumerate(pairwise(vertices)):
        if a == b:
            yield Fault(("area", "line", i + 1), "two vertices in a row are the same place")
            return
    length_km = _length_km(vertices) if vertices else math.inf
    spans: list[tuple[float, float, Key]] = []
    for path, _ in sight.rows("area.sectors.*"):
        low, high = sight.number((*path, "from_km")), sight.number((*path, "to_km"))
        if high is not None and high > length_km + _ON_LINE_KM:
            yield Fault(
                (*path, "to_km"),
                f"the line ends at {math.floor(length_km * 1000) / 1000} km",
                "",
                f"{high:g}",
            )
        if low is not None and high is not None and low < high:
            spans.append((low, high, path))
    yield from _overlaps(sorted(spans), sight)


def _vertices(sight: Sight) -> list[Any]:
    value = sight.value(("area", "line"))
    return value if isinstance(value, list) and len(value) > 1 and sight.fine(("area", "line")) else []


def _length_km(vertices: list[Any]) -> float:
    from sim.foundation.geodesy import Place, polyline_length_km

    return polyline_length_km([Place(float(lat), float(lon)) for lon, lat in vertices])


def _overlaps(spans: list[tuple[float, float, Key]], sight: Sight) -> Iterator[Fault]:
    for (_, end, before), (start, _, path) in pairwise(spans):
        if start < end - _ON_LINE_KM:
            other = sight.value((*before, "id"))
            yield Fault((*path, "from_km"), f"overlaps sector {other}, which ends at {end:g} km", "", f"{start:g}")


def starts_known(sight: Sight) -> Iterator[Fault]:
    """The warm-up ends within the counted days."""
    warm, days = sight.number(("warm_up_h",)), sight.number(("days",))
    if warm and days is not None and warm >= days * 24:
        yield Fault(("warm_up_h",), f"must be shorter than the counted days, {days * 24:g} h", "", f"{warm:g}")


def candidates(sight: Sight) -> Iterator[Fault]:
    """The candidates to be drawn stay below the cap that the scenario sets itself."""
    cap, expected = sight.number(("conduct", "max_candidates")), expected_candidates(sight)
    if cap is not None and cap < expected < math.inf:
        rule = f"about {expected:.3g} acts are to be expected in a replication, the cap is {cap:.0f}"
        yield Fault(
            ("conduct", "max_candidates"),
            rule,
            f"lower {_largest(sight)}the regime's factor or days = {sight.number(('days',)) or 0.0:g}",
            "",
            "key",
        )


def _largest(sight: Sight) -> str:
    """Key and value of the kind with most acts."""
    found = [(sight.number((*path, "incidents_per_day")) or 0.0, str(row.get("id"))) for path, row in
             sight.rows("conduct.kinds.*")]
    rate, kind = max(found, default=(0.0, ""))
    return f"conduct.kinds.{kind}.incidents_per_day = {rate:g}, " if found else ""


def expected_candidates(sight: Sight) -> float:
    """Candidates to be drawn in one replication: first acts at the highest rate that each kind has in any regime, and the
    offspring of the worst regime that it can be in.
    """
    counted_d, late_h = sight.number(("days",)) or 0.0, sight.number(("follow_up_h",)) or 0.0
    days = math.ceil(counted_d + late_h / 24) + (sight.number(("conduct", "history_days")) or 0.0)
    chosen = {sight.value(("conduct", "regime"))} | {name for _, name in sight.select("conduct.path.*.regime")}
    chosen |= {name for _, name in sight.select("conduct.chain.next_share.*.#")}
    regimes = {str(name): _per_day(sight, p[:-1]) for p, name in sight.select("conduct.regimes.*.id")}
    offspring = max((with_offspring(rates, sight) - math.fsum(rates) for name, rates in regimes.items() if name in chosen),
                    default=0.0)
    highest = [max(rates) for rates in zip(*(regimes.values() or [_per_day(sight, None)]), strict=True)]
    return days * (math.fsum(highest) + offspring)


def _per_day(sight: Sight, regime: Key | None) -> list[float]:
    """First acts of each kind a day in a regime; without one, at a factor of 1."""
    factor = sight.number((*regime, "factor")) if regime else 1.0
    return [(1.0 if factor is None else factor) * _rate(sight, path, row, regime) for path, row in
            sight.rows("conduct.kinds.*")]


def _rate(sight: Sight, path: Key, row: Any, regime: Key | None) -> float:
    own = sight.number((*path, "incidents_per_day")) or 0.0
    factor = sight.number((*regime, "kind_factors", str(row.get("id")))) if regime else None
    return own * (1.0 if factor is None else factor)


def light(sight: Sight) -> Iterator[Fault]:
    """No means needs light and dark at once."""
    for path, row in sight.rows("monitoring.means.*"):
        if row.get("needs_light") is True and row.get("needs_dark") is True:
            yield Fault((*path, "needs_dark"), "needs_light and needs_dark together leave no hour to look", "", "true")


def hidden_acts(sight: Sight) -> Iterator[Fault]:
    """Acts that are not hidden can be noticed often enough: hidden share and best Pd of a class sum to at
    most 1.
    """
    best: dict[tuple[str, str], float] = {}
    for path, row in sight.rows("monitoring.means.*"):
        physics = sight.value((*path, "physics"))
        for kind in row.get("pd", {}) if isinstance(row.get("pd"), dict) else ():
            pd = sight.number((*path, "pd", kind)) or 0.0
            best[str(physics), kind] = max(pd, best.get((str(physics), kind), 0.0))
    for path, share in sight.select("monitoring.hidden_share.*.*"):
        pd = best.get((str(path[-2]), str(path[-1])), 0.0)
        if sight.number(path) is not None and share + pd > 1 + _SUM:
            yield Fault(path, f"must be <= {1 - pd:.6g}, 1 - the best pd of this physics class", "", show(share))


def orbits(sight: Sight) -> Iterator[Fault]:
    """Planes hold members, and local times are given for all planes or for none."""
    for path, row in sight.rows("monitoring.satellites.*.orbit"):
        if row.get("type") != "elements":
            continue
        planes, members = sight.number((*path, "planes")), sight.number((*path[:-1], "members"))
        times = row.get("descending_times_h", [])
        if planes is not None and members is not None and planes > members:
            yield Fault((*path, "planes"), f"more planes than members, {members:g}", "", f"{planes:g}")
        if planes is not None and isinstance(times, list) and len(times) not in (0, planes):
            yield Fault(
                (*path, "descending_times_h"),
                f"needs one time for each of {planes:g} planes, has {len(times)}",
            )


def patrols(sight: Sight) -> Iterator[Fault]:
    """A drone unit patrols sectors, or one sea area."""
    seas = sight.ids("area.seas") or []
    for path, names in sight.select("monitoring.drones.*.patrols"):
        if not isinstance(names, list) or not sight.fine(path):
            continue
        if not names:
            yield Fault(path, "needs at least 1 sector or a sea area")
        if len(names) > 1 and any(name in seas for name in names):
            yield Fault(path, "patrols sectors of the line or one sea area, not both", "make two units of it")
        first = {name: i for i, name in reversed(list(enumerate(names)))}
        yield from (Fault((*path, i), "named twice", "", show(n)) for i, n in enumerate(names) if first[n] != i)


def timetables(sight: Sight) -> Iterator[Fault]:
    """Each law has the numbers that it needs."""
    needs = {"alternating": "alternating_h", "list": "times_h"}
    for path, row in sight.rows("monitoring.timetables.*"):
        key = needs.get(str(row.get("law")))
        if key and not row.get(key):
            yield Fault((*path, "law"), f"needs {key}", "", show(row["law"]))
        times = row.get("times_h", [])
        if sight.fine((*path, "times_h")) and isinstance(times, list) and any(a >= b for a, b in pairwise(times)):
            yield Fault((*path, "times_h"), "times must rise")


def climbs(sight: Sight) -> Iterator[Fault]:
    """What may follow the answer of a rung sums to 1 at most."""
    for path, row in sight.rows("response.ladder.*"):
        shares = [row.get(key) for key in ("follow_share", "end_share")]
        if not all(sight.fine((*path, key)) for key in ("follow_share", "end_share")):
            continue
        total = sum(share for table in shares if isinstance(table, dict) for share in table.values())
        if total > 1 + 1e-9:
            yield Fault((*path, "follow_share"), "with end_share, shares must sum to 1 at most", "", f"{total:g}")


def stations(sight: Sight) -> Iterator[Fault]:
    """A unit that answers by posture has a station."""
    for path, row in sight.rows("response.units.*"):
        if sight.value((*path, "role")) == "posture" and row.get("station") is None and sight.reached((*path, "station")):
            yield Fault(
                (*path, "station"),
                "missing: a posture unit goes to a station",
                "a team has none",
                "",
                "parent",
            )


RULES: Sequence[Callable[[Sight], Iterator[Fault]]] = (
    orders,
    ground_shares,
    confusion_rows,
    line,
    starts_known,
    candidates,
    *EXCITATION,
    *PARTIES,
    *TERMS,
    *DESIGNS,
    *PARTICIPATION,
    light,
    hidden_acts,
    orbits,
    patrols,
    timetables,
    climbs,
    stations,
    *RESPONSE,
    *STAFF,
    *HIDDEN,
    *BELIEFS,
)
