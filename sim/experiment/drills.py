"""Drills: one thing fails for the whole run, and all else stays as it is.

A mediator sees beside the worth of each member what breaks when a role of the backing state, an operator, the access of one
side, satellite navigation or half of the desk is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, get_args

from sim.scenario.drills import NavigationLost
from sim.scenario.participation import DESIGN
from sim.scenario.response import Response
from sim.scenario.scenario import Scenario
from sim.scenario.sharing import Operator, Release

BACKING = "backing-state"


class Drill(NamedTuple):
    """One failure: its name, what it is in words, and the scenario in which it befalls."""

    id: str
    title: str
    scenario: Scenario


def drills_of(scenario: Scenario) -> tuple[Drill, ...]:
    """All drills that change something in this scenario, in a fixed order; a member away is told by leaving it out."""
    made = [*_backing(scenario), *_operators(scenario), *_access(scenario), *_navigation(scenario), *_desk(scenario)]
    return tuple(one for one in made if one.scenario != scenario)


def _monitoring(scenario: Scenario, **values: Any) -> Scenario:
    return scenario.model_copy(update={"monitoring": scenario.monitoring.model_copy(update=values)})


def _backing(scenario: Scenario) -> Iterator[Drill]:
    """The backing non-member in each of its four roles: means, data, chair, forces."""
    monitoring, response, agreement = scenario.monitoring, scenario.response, scenario.agreement
    own = {one.id for one in response.contributions if one.backing}
    lost = {name for one in response.contributions if one.backing for name in one.brings}
    design = {name: tuple(item for item in getattr(monitoring, name)
                          if f"{name}.{item.id}" not in lost and getattr(item, "owner", "") != BACKING) for name in DESIGN}
    yield Drill("backing-means", "the backing state withdraws its sensors", _monitoring(scenario, **design))
    closed = Release(id="backing-state", mission_share=0.0, coalition_share=0.0, accused_share=0.0, public_share=0.0)
    release = (*(one for one in monitoring.release if one.id != BACKING), closed)
    if any(getattr(item, "owner", "") == BACKING for name in DESIGN for item in getattr(monitoring, name)):
        yield Drill("backing-data", "the backing state releases nothing of what it sees", _monitoring(scenario, release=release))
    vacancies = type(agreement).model_fields.get("chair_vacant")
    if vacancies is not None:
        spell = get_args(vacancies.annotation)[0](id="drill")
        vacant = agreement.model_copy(update={"chair_vacant": (spell,)})
        yield Drill("backing-chair", "the chair of adjudication is vacant", scenario.model_copy(update={"agreement": vacant}))
    units = tuple(one.model_copy(update={"caveat_share": 1.0}) if one.contribution in own else one for one in response.units)
    away: Response = response.model_copy(update={"units": units})
    yield Drill("backing-forces", "the backing state sends no forces", scenario.model_copy(update={"response": away}))


def _operators(scenario: Scenario) -> Iterator[Drill]:
    """Each operator withdraws; where none is named, each family of satellites that a company sells is one."""
    monitoring = scenario.monitoring
    for gone in monitoring.operators:
        left = tuple(Operator(id=one.id, title=one.title, withdrawn_from_h=0.0) if one.id == gone.id else one
                     for one in monitoring.operators)
        yield Drill(f"operator-{gone.id}", f"{gone.title or gone.id} stops serving", _monitoring(scenario, operators=left))
    for family in () if monitoring.operators else monitoring.satellites:
        if family.owner == "company":
            kept = tuple(one for one in monitoring.satellites if one.id != family.id)
            yield Drill(f"operator-{family.id}", f"the operator of {family.title or family.id} stops serving",
                        _monitoring(scenario, satellites=kept))


def _access(scenario: Scenario) -> Iterator[Drill]:
    """Each side lets nobody in."""
    for side in ("A", "B"):
        kept = tuple(one for one in scenario.monitoring.consent if one.side != side)
        yield Drill(f"access-{side.lower()}", f"side {side} lets nobody in", _monitoring(scenario, consent=kept))


def _navigation(scenario: Scenario) -> Iterator[Drill]:
    """Satellite navigation cannot be used along the line; passes and images of satellites are as before."""
    yield Drill("navigation", "satellite navigation is lost along the line",
                _monitoring(scenario, navigation_lost=(NavigationLost(id="drill"),)))


def _desk(scenario: Scenario) -> Iterator[Drill]:
    """One of two data centres is lost, and half of the desk with it."""
    staff = scenario.verification.staff
    half = staff.model_copy(update={"analysts": staff.analysts // 2, "night_analysts": staff.night_analysts // 2})
    yield Drill("data-centre", "one of two data centres is lost, and half of the desk with it",
                scenario.model_copy(update={"verification": scenario.verification.model_copy(update={"staff": half})}))
