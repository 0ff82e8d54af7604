"""Who takes part: contributions that come or stay away, what they add up to, and how sure anyone is of them.

A mediator sees a member stay away with its units and its sensors while the luck of all others stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

from sim.scenario.errors import did_you_mean, quoted
from sim.scenario.resolved import Sources, values
from sim.scenario.response import Strength
from sim.scenario.scenario import Scenario
from sim.scenario.shape import Fault
from sim.scenario.sight import Sight

DESIGN = ("satellites", "drones", "posts", "observers", "timetables")
"""Lists of the design of which a contribution can bring parts."""
STRENGTHS: tuple[Strength, ...] = ("soldiers", "aircraft", "ships")


# ---- rules -----------------------------------------------------------------------------------------------


def _brought(sight: Sight) -> Iterator[Fault]:
    """What a contribution brings is a part of the design, and one contribution brings it."""
    by: dict[str, object] = {}
    lists = {name: sight.ids(f"monitoring.{name}") for name in DESIGN}
    if None in lists.values():
        return
    known = [f"{name}.{item}" for name, items in lists.items() for item in items or ()]
    for path, name in sight.select("response.contributions.*.brings.*"):
        owner = sight.value((*path[:3], "id"))
        if not isinstance(name, str):
            continue
        if name not in known:
            yield Fault(path, "no such part of the design", did_you_mean(name, known), quoted(name))
        elif name in by:
            yield Fault(path, f"{by[name]} brings it already", "", quoted(name))
        by.setdefault(name, owner)


def _pledged(sight: Sight) -> Iterator[Fault]:
    """A state is named only where it has pledged in public."""
    sources = sight.tree.get("sources", {})
    for path, name in sight.select("response.contributions.*.state"):
        exact = f"response.contributions.{sight.value((*path[:3], 'id'))}.state"
        grade = sources.get(exact, {}).get("grade") if isinstance(sources, dict) else None
        if name and grade not in ("A", "B", "C"):
            hint = f'needs sources."{exact}" of grade A, B or C'
            yield Fault(path, "a state is named only with its pledge", hint, quoted(str(name)))


RULES: Sequence[Callable[[Sight], Iterator[Fault]]] = (_brought, _pledged)


# ---- totals and grades -----------------------------------------------------------------------------------


def totals_of(scenario: Scenario) -> dict[Strength, float]:
    """What those who contribute add up to, by soldiers, aircraft and ships."""
    there = [one for one in scenario.response.contributions if one.contributes]
    return {name: sum(one.strength.get(name, 0.0) for one in there) for name in STRENGTHS}


def outside_totals(scenario: Scenario) -> Iterator[str]:
    """Remarks on totals that lie outside the range that was published."""
    found = totals_of(scenario)
    for total in scenario.response.totals:
        if not total.low <= found[total.id] <= total.high:
            yield (f"response.contributions: those who contribute add up to {found[total.id]:,.0f} {total.id}, outside the "
                   f"published range of {total.low:,.0f} to {total.high:,.0f}")


class Grades(NamedTuple):
    """Numbers of contributions and units: how many there are, and how many are assumed (grade D, or no source at all)."""

    inputs: int
    assumed: int

    @property
    def share(self) -> float:
        """Share that is assumed; 0 of nothing."""
        return self.assumed / max(self.inputs, 1)


def grades_of(scenario: Scenario) -> Grades:
    """Count the numbers that say what each contribution is and can do, and those of grade D among them."""
    sources = Sources(scenario.sources)
    kinds = [sources.of(value.path) for value in values(scenario)
             if value.path[:2] in (("response", "contributions"), ("response", "units")) and value.numeric]
    return Grades(len(kinds), sum(found is None or found.source.grade == "D" for found in kinds))


# ---- who is there ----------------------------------------------------------------------------------------


def contributing(scenario: Scenario) -> tuple[str, ...]:
    """Contributions that are there, in the order of the scenario."""
    return tuple(one.id for one in scenario.response.contributions if one.contributes)


def without(scenario: Scenario, absent: Collection[str]) -> Scenario:
    """The scenario in which these contributions stay away as well."""
    if not absent:
        return scenario
    kept = tuple(one.model_copy(update={"contributes": one.contributes and one.id not in absent})
                 for one in scenario.response.contributions)
    return scenario.model_copy(update={"response": scenario.response.model_copy(update={"contributions": kept})})


def as_contributed(scenario: Scenario) -> Scenario:
    """The scenario as it is run: what stays away brings no sensor, and its units move for no order.

    The units keep their places in the list, so that the caveats of all others fall as before. The very same scenario where
    everyone contributes.
    """
    absent = frozenset(one.id for one in scenario.response.contributions if not one.contributes)
    if not absent:
        return scenario
    response, monitoring = scenario.response, scenario.monitoring
    lost = {name for one in response.contributions if one.id in absent for name in one.brings}
    design = {name: tuple(item for item in getattr(monitoring, name) if f"{name}.{item.id}" not in lost) for name in DESIGN}
    units = tuple(unit.model_copy(update={"caveat_share": 1.0}) if unit.contribution in absent else unit
                  for unit in response.units)
    rest = {"units": units, "contributions": tuple(map(_declining, response.contributions))}
    return scenario.model_copy(update={"monitoring": monitoring.model_copy(update=design) if lost else monitoring,
                                       "response": response.model_copy(update=rest)})


def _declining(one: Any) -> Any:
    """A contribution that stays away takes part in nothing that it is asked for."""
    if one.contributes or "accept_share" not in type(one).model_fields:
        return one
    return one.model_copy(update={"accept_share": 0.0, "accept_shares": {}})
