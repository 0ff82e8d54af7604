"""Whether parties that adapt, and events that are replayed, are told without contradiction.

A mediator learns before any run that a replay lacks a column, or that sectors are too short to keep a chosen place to themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.scenario.adaptation import SHORTEST_KM
from sim.scenario.errors import Key, show
from sim.scenario.replay import day_of
from sim.scenario.shape import Fault
from sim.scenario.sight import Sight

_HERE: Key = ("conduct", "replay")


def _once(sight: Sight) -> Iterator[Fault]:
    """Each party adapts in one way."""
    first: dict[object, object] = {}
    for path, row in sight.rows("conduct.adaptation.*"):
        side = row.get("side")
        if side in first:
            yield Fault((*path, "side"), f"party {side} adapts in one way only, {first[side]} says how", "", f'"{side}"')
        first.setdefault(side, row.get("id"))


def _coarse(sight: Sight) -> Iterator[Fault]:
    """Where parties choose places, sectors are long enough not to tell them."""
    short = [row.get("id") for path, row in sight.rows("area.sectors.*")
             if (a := sight.number((*path, "from_km"))) is not None and (b := sight.number((*path, "to_km"))) is not None
             and b - a < SHORTEST_KM]
    for path, row in sight.rows("conduct.adaptation.*"):
        if short and (sight.number((*path, "shift_share")) or 0.0) > 0:
            yield Fault((*path, "shift_share"), f"chosen places are written by sector, so that each must be {SHORTEST_KM:g} km "
                        "long or more", f"shorter: {', '.join(map(str, short[:3]))}", f"{row['shift_share']:g}")


def _days(sight: Sight) -> Iterator[Fault]:
    """The days of a replay are days, in order."""
    ends = {name: sight.value((*_HERE, name)) for name in ("from", "to")}
    for name, text in ends.items():
        if isinstance(text, str) and day_of(text) is None:
            yield Fault((*_HERE, name), "is not a day such as 2015-06-01", "", show(text))
    first, last = (day_of(text) for text in ends.values())
    if first is not None and last is not None and last < first:
        yield Fault((*_HERE, "to"), f"must not lie before from, {first}", "", show(ends["to"]))


def _columns(sight: Sight) -> Iterator[Fault]:
    """Place, kind and side are told in one way each."""
    at: Key = (*_HERE, "columns")
    if not sight.fine(at):
        return
    told = {name: sight.value((*at, name)) is not None for name in ("latitude", "longitude", "km", "kind", "side")}
    if told["km"] == (told["latitude"] and told["longitude"]) or told["latitude"] != told["longitude"]:
        yield Fault(at, "needs columns latitude and longitude, or the column km", "", "", "key")
    kinds, kind, sides = (sight.value((*_HERE, name)) for name in ("kinds", "kind", "sides"))
    if told["kind"] == (kind is not None) or told["kind"] != bool(kinds):
        yield Fault(_HERE, "needs the column kind with kinds, or one kind for all events", "", "", "key")
    if sight.fine((*_HERE, "sides")) and (len(sides or ()) == 2 and sides[0] != sides[1]) != told["side"]:
        yield Fault(_HERE, "needs the column side with two sides, or neither", "", "", "key")


def _precision(sight: Sight) -> Iterator[Fault]:
    """A column that tells how exact something is comes with the values that are exact."""
    for name, values in (("date_precision", "exact_dates"), ("place_precision", "exact_places")):
        told = sight.value((*_HERE, "columns", name)) is not None
        if sight.fine((*_HERE, values)) and told != bool(sight.value((*_HERE, values))):
            yield Fault(_HERE, f"needs the column {name} with {values}, or neither", "", "", "key")


def _alone(sight: Sight) -> Iterator[Fault]:
    """What is recorded is not drawn: no replies, no regimes that change, no parties that adapt."""
    for name in ("excitation", "adaptation", "path", "chain"):
        if sight.value(("conduct", name)):
            yield Fault(("conduct", name), "a replay runs what was recorded: nothing is drawn, and nobody adapts", "", "", "key")


def _captured(sight: Sight) -> Iterator[Fault]:
    """The range of q is a range."""
    low, high = (sight.number((*_HERE, f"capture_{name}_share")) for name in ("low", "high"))
    if low is not None and high is not None and low > high:
        yield Fault((*_HERE, "capture_high_share"), f"must be >= capture_low_share, {low:g}", "", f"{high:g}", "key")


def _unveiled(sight: Sight) -> Iterator[Fault]:
    """Parties that adapt are modelled without what else they may hide: the door knows one of the two."""
    if not sight.value(("conduct", "adaptation")):
        return
    for name in ("obstruction", "complaints", "deception", "confusers"):
        if sight.value(("conduct", name)):
            yield Fault(("conduct", name), "is not modelled together with conduct.adaptation", "run one without the other", "",
                        "key")


def contradictions_of_replay(sight: Sight) -> Iterator[Fault]:
    """All rules that a replay breaks; none where there is none."""
    if isinstance(sight.value(_HERE), dict):
        for rule in (_days, _columns, _precision, _alone, _captured):
            yield from rule(sight)


RULES = (_once, _coarse, _unveiled, contradictions_of_replay)
