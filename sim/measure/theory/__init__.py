"""The analytic twin: closed forms by proof family, printed beside what the simulation found.
Each family takes the keys of its cases and returns their names, so that formula and simulation can be
compared.
"""

from collections.abc import Callable
from inspect import signature
from typing import Any

from sim.measure.theory.cover import ground_cover, random_tasking, sight
from sim.measure.theory.coverage import revisit_orbit
from sim.measure.theory.decisions import chain, decision, escalation
from sim.measure.theory.distances import distance
from sim.measure.theory.fleets import duty, fleet, hypercube, orbit_fleet
from sim.measure.theory.inspection import games
from sim.measure.theory.orbits import eclipse, repeat_orbit, swath
from sim.measure.theory.pointprocess import point_process
from sim.measure.theory.queues import priority, queue, tandem
from sim.measure.theory.reference_orbits import passes, sgp4
from sim.measure.theory.report_figures import metrics
from sim.measure.theory.rhythm import revisit
from sim.measure.theory.sampling import efficiency, elementary_effects, sequential
from sim.measure.theory.search import (
    barrier,
    belief,
    cloud,
    fusion,
    lateral_range,
    looks,
    moving_target,
    on_off,
    patrol,
    random_search,
)
from sim.measure.theory.sunlight import sun
from sim.measure.theory.system import daylight, load, pipeline, race

FAMILIES: dict[str, Callable[..., dict[str, Any]]] = {
    family.__name__: family
    for family in (
        random_search,
        lateral_range,
        moving_target,
        barrier,
        patrol,
        looks,
        revisit,
        cloud,
        on_off,
        fusion,
        belief,
        ground_cover,
        random_tasking,
        sight,
        swath,
        repeat_orbit,
        sgp4,
        passes,
        revisit_orbit,
        eclipse,
        sun,
        queue,
        priority,
        fleet,
        hypercube,
        tandem,
        decision,
        chain,
        distance,
        escalation,
        orbit_fleet,
        point_process,
        metrics,
        games,
        duty,
        race,
        pipeline,
        load,
        daylight,
    )
}


def keys_of(family: str) -> list[str]:
    """Keys that a family takes, in order; for ``metrics`` with those of the methods it hands them to.

    Raises KeyError for a family that is not known.
    """
    wanted = [
        FAMILIES[family],
        *((efficiency, elementary_effects, sequential) if family == "metrics" else ()),
    ]
    return [
        name
        for function in wanted
        for name, key in signature(function).parameters.items()
        if key.kind is key.KEYWORD_ONLY
    ]
