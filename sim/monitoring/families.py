"""Families of satellites: from a scenario's orbit to the passes over every cell.

A mediator may use real satellites here, but no timetable of one leaves the tool: over the region at issue the phase of each
family is redrawn from its name, the same for all seeds, designs and points.
"""
from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np

from sim.foundation.sky_mechanics import node_rate_deg_per_day, semi_axis_of_mean_motion_km
from sim.foundation.streams import F64, I64, luck_of, name_key
from sim.monitoring.access import AccessRule, load_or_make
from sim.monitoring.element_files import read_orbits
from sim.monitoring.orbits import (
    CircularOrbit,
    ElementSet,
    Orbit,
    repeat_cycle_orbits,
    sun_plane_orbits,
    walker_orbits,
)
from sim.scenario.monitoring import Elements, Listed, Planes, RepeatCycle, Satellites, Walker

_REGION = ((44.0, 53.0), (22.0, 41.0))
"""Latitudes and longitudes within which exact phases of catalogued satellites are never used."""
_SUN_RATE = 360 / 365.2421897
_EARTH_KM = 6378.137


class ElementsMissing(FileNotFoundError):
    """A file of element sets that lies in none of the folders allowed."""


class FamilyPasses(TypedDict):
    """Columns that `passes_from` takes."""

    cell: I64
    time_us: I64
    satellite: I64
    names: tuple[str, ...]
    pass_number: I64


def windows_of_family(family: Satellites, lat_deg: F64, lon_deg: F64, *, start_unix_s: float, days: float, phase_seed: int,
                      data_dirs: Sequence[Path] = (), cache_dir: Path | None = None) -> FamilyPasses:
    """Closest approaches of all satellites of a family to all cells, from certified access windows."""
    inside = bool(((lat_deg >= _REGION[0][0]) & (lat_deg <= _REGION[0][1])
                   & (lon_deg >= _REGION[1][0]) & (lon_deg <= _REGION[1][1])).any())
    orbits = orbits_of(family, start_unix_s=start_unix_s, days=days, phase_seed=phase_seed, redraw=inside, data_dirs=data_dirs)
    rule = AccessRule(off_nadir_max_deg=family.off_nadir_max_deg, off_nadir_min_deg=family.off_nadir_min_deg, side=family.looks,
                      sun_elevation_min_deg=family.sun_elevation_min_deg)
    found = load_or_make(cache_dir, orbits=orbits, lat_deg=lat_deg, lon_deg=lon_deg, start=start_unix_s, days=days, rule=rule)
    return {"cell": found.site.astype(np.int64), "time_us": found.best_us, "satellite": found.satellite.astype(np.int64),
            "names": tuple(orbit.name for orbit in orbits), "pass_number": found.pass_number}


def orbits_of(family: Satellites, *, start_unix_s: float, days: float, phase_seed: int, redraw: bool,
              data_dirs: Sequence[Path]) -> tuple[Orbit, ...]:
    """Orbits of a family; the phase of a designed one, and of a catalogued one over the region at issue, comes from its name."""
    key = name_key("phase", phase_seed, family.id)
    phase = 360 * luck_of(key, "argument")
    orbit = family.orbit
    if isinstance(orbit, RepeatCycle):
        return repeat_cycle_orbits(name=family.id, revolutions=orbit.revolutions, days=orbit.days, members=family.members,
                                   descending_time_h=orbit.descending_time_h, epoch_unix_s=start_unix_s, argument_deg=phase)
    if isinstance(orbit, Elements):
        return _designed(family, orbit, start_unix_s, phase, 24 * luck_of(key, "node"))
    if isinstance(orbit, Walker):
        return walker_orbits(name=family.id, total=family.members, planes=orbit.planes, phasing=orbit.phasing,
                             a_km=semi_axis_of_mean_motion_km(mean_motion_rev_day=orbit.mean_motion_rev_day,
                                                              inclination_deg=orbit.inclination_deg),
                             inclination_deg=orbit.inclination_deg, epoch_unix_s=start_unix_s, spread_deg=orbit.spread_deg,
                             node_deg=360 * luck_of(key, "node"), argument_deg=phase)
    if isinstance(orbit, Planes):
        return _one_by_one(family, orbit, start_unix_s, phase if redraw else 0.0)
    return _listed(orbit, start_unix_s, days, data_dirs, key, redraw=redraw)


def _designed(family: Satellites, orbit: Elements, start_unix_s: float, phase_deg: float, node_h: float) -> tuple[Orbit, ...]:
    """Circular orbits of a mean motion and inclination in planes at the local times given, or evenly spread."""
    planes = min(orbit.planes, family.members)
    times = orbit.descending_times_h or tuple((node_h + 24 * plane / planes) % 24 for plane in range(planes))
    axis = semi_axis_of_mean_motion_km(mean_motion_rev_day=orbit.mean_motion_rev_day, inclination_deg=orbit.inclination_deg)
    return sun_plane_orbits(name=family.id, members=family.members, a_km=axis, inclination_deg=orbit.inclination_deg,
                            descending_times_h=times[: family.members], epoch_unix_s=start_unix_s, argument_deg=phase_deg,
                            track_spacing_deg=360 / orbit.mean_motion_rev_day)


def _one_by_one(family: Satellites, orbit: Planes, start_unix_s: float, phase_deg: float) -> tuple[Orbit, ...]:
    """Circular orbits at the nodes and arguments listed; over the region at issue all are turned alike along their tracks."""
    axis = semi_axis_of_mean_motion_km(mean_motion_rev_day=orbit.mean_motion_rev_day, inclination_deg=orbit.inclination_deg)
    return tuple(CircularOrbit(f"{family.id} {number}", start_unix_s, axis, orbit.inclination_deg, node,
                               (argument + phase_deg) % 360)
                 for number, (node, argument) in enumerate(zip(orbit.nodes_deg, orbit.arguments_deg, strict=True), start=1))


def _listed(orbit: Listed, start_unix_s: float, days: float, data_dirs: Sequence[Path], key: int, *,
            redraw: bool) -> tuple[Orbit, ...]:
    """Orbits of a file of element sets; satellites that cannot be flown are named in a warning and left out."""
    fleet = read_orbits(element_file(orbit.elements, data_dirs), start_unix_s=start_unix_s, days=days, words=orbit.names,
                        rebase=orbit.rebase)
    for message in (*fleet.warnings, *(f"{one.name}: left out, {one.reason}" for one in fleet.refused)):
        warnings.warn(message, stacklevel=2)
    return tuple(_shifted(one, key) for one in fleet.orbits) if redraw else fleet.orbits


def element_file(name: str, data_dirs: Sequence[Path]) -> Path:
    """Find a file of element sets in the folders allowed, in order; raises ElementsMissing."""
    for folder in data_dirs:
        for path in (folder / name, *sorted(folder.rglob(Path(name).name))):
            if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
                return path
    raise ElementsMissing(f"{name}: in none of {', '.join(str(d) for d in data_dirs) or 'no folders (give --data DIR)'}")


def _shifted(one: ElementSet, key: int) -> ElementSet:
    """Turn a catalogued satellite along its track with its whole family, and its node unless it keeps to the sun."""
    axis = semi_axis_of_mean_motion_km(mean_motion_rev_day=one.mean_motion_rev_day, inclination_deg=one.inclination_deg)
    sun_synchronous = abs(node_rate_deg_per_day(axis - _EARTH_KM, one.inclination_deg) - _SUN_RATE) < 0.05
    node = one.node_deg if sun_synchronous else (one.node_deg + 360 * luck_of(key, "node")) % 360
    return one._replace(anomaly_deg=(one.anomaly_deg + 360 * luck_of(key, "argument")) % 360, node_deg=node)
