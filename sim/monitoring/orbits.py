"""Where every satellite is at every instant, from published element sets or from an orbit that one designs.

A mediator can fly the satellites of today, or ask what a constellation that does not exist yet would see.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.foundation.sky_mechanics import (
    DAY_S,
    EARTH_EQUATOR_KM,
    EARTH_TURN_RAD_S,
    J2,
    MU_KM3_S2,
    WGS72_EQUATOR_KM,
    WGS72_J2,
    WGS72_MU_KM3_S2,
    argument_rate_rad_s,
    gmst_rad,
    node_rate_rad_s,
    repeat_orbit,
)
from sim.foundation.streams import F64

_1950_JD = 2433281.5  # 1949-12-31T00:00Z, the zero of SGP4's own calendar
_1970_JD = 2440587.5
LONGEST_PERIOD_MIN = 225.0  # beyond it SGP4 uses its deep-space part and passes lose their simple shape
MOST_ECCENTRIC = 0.1


class CircularOrbit(NamedTuple):
    """Circular orbit whose node and argument of latitude turn at constant rates (secular J2).

    Angles at the epoch; the node is counted from the mean equinox of date.
    """

    name: str
    epoch_unix_s: float
    a_km: float
    inclination_deg: float
    node_deg: float
    argument_deg: float


class ElementSet(NamedTuple):
    """Mean elements of SGP4 as a TLE or OMM prints them; `ndot` and `nddot` as printed (halved, sixthed)."""

    name: str
    number: str
    epoch_unix_s: float
    mean_motion_rev_day: float
    eccentricity: float
    inclination_deg: float
    node_deg: float
    perigee_deg: float
    anomaly_deg: float
    bstar: float
    ndot: float
    nddot: float


Orbit = CircularOrbit | ElementSet


class Motion(NamedTuple):
    """Place (km), velocity (km/s) and acceleration (km/s²) in the Earth-fixed frame, (n, 3) each."""

    place: F64
    speed: F64
    acceleration: F64


class Secular(NamedTuple):
    """Mean turning of an orbit: angles at the epoch (rad), rates (rad/s), half the growth of the argument."""

    argument: float
    argument_rate: float
    argument_growth: float
    node: float
    node_rate: float
    a_km: float
    eccentricity: float
    inclination: float


class SatelliteError(ValueError):
    """A satellite that the orbit law refuses; the message names it and says why."""


# ---- designed orbits ---------------------------------------------------------------------------------------


def node_at_local_time_deg(*, ascending_time_h: float, epoch_unix_s: float) -> float:
    """Node whose northbound crossing has that mean local solar time at the epoch.

    The node's longitude is 15°·(local time − UTC), and the node lies a sidereal time east of it.
    """
    utc_h = epoch_unix_s % DAY_S / 3600
    return (15 * (ascending_time_h - utc_h) + math.degrees(float(gmst_rad(epoch_unix_s)))) % 360


def repeat_cycle_orbits(*, name: str, revolutions: int, days: int, members: int, descending_time_h: float,
                        epoch_unix_s: float, argument_deg: float = 0.0) -> tuple[CircularOrbit, ...]:
    """Sun-synchronous satellites of one repeat cycle, evenly spread along one plane.

    Axis and inclination follow from the cycle, never from a published altitude.
    """
    shape = repeat_orbit(revolutions, days)
    return sun_plane_orbits(name=name, members=members, a_km=shape.a_km,
                            inclination_deg=shape.inclination_deg, descending_times_h=(descending_time_h,),
                            epoch_unix_s=epoch_unix_s, argument_deg=argument_deg)


def sun_plane_orbits(*, name: str, members: int, a_km: float, inclination_deg: float,
                     descending_times_h: tuple[float, ...], epoch_unix_s: float,
                     argument_deg: float = 0.0, track_spacing_deg: float | None = None) -> tuple[CircularOrbit, ...]:
    """Satellites dealt in turn to planes with given local times of the descending node, evenly in each.

    With `track_spacing_deg`, the degrees of longitude between successive tracks of one satellite, planes are phased so that
    the tracks of all members part the ground between two tracks evenly; without it, planes whose nodes lie a multiple of
    that spacing apart would fly over the same ground, all on the same days.

    Raises ValueError if there are more planes than satellites or none of either.
    """
    planes = len(descending_times_h)
    if not 1 <= planes <= members:
        raise ValueError(f"{name}: {planes} planes for {members} satellites")
    nodes = [node_at_local_time_deg(ascending_time_h=hour + 12, epoch_unix_s=epoch_unix_s)
             for hour in descending_times_h]
    made = []
    for member in range(members):
        plane, place = member % planes, member // planes
        in_plane = (members - plane + planes - 1) // planes
        argument = (argument_deg + 360 * place / in_plane) % 360
        if track_spacing_deg is not None:
            # A step along the orbit moves the track by that share of the spacing; the node has moved it already.
            share = plane / planes / in_plane - (nodes[plane] - nodes[0]) / track_spacing_deg
            argument = (argument + 360 * share) % 360
        made.append(_circular(_named(name, member, members), epoch_unix_s, a_km, inclination_deg,
                              nodes[plane], argument))
    return tuple(made)


def walker_orbits(*, name: str, total: int, planes: int, phasing: int, a_km: float, inclination_deg: float,
                  epoch_unix_s: float, node_deg: float = 0.0, argument_deg: float = 0.0,
                  spread_deg: float = 360.0) -> tuple[CircularOrbit, ...]:
    """Walker constellation i:t/p/f (Walker 1984): neighbours in adjacent planes are f·360/t degrees apart.

    `spread_deg` is 360 for a delta and 180 for a star. Satellites are numbered plane by plane.

    Raises ValueError unless the planes divide the total and 0 ≤ f < p.
    """
    if total < 1 or planes < 1 or total % planes or not 0 <= phasing < planes:
        raise ValueError(f"{name}: Walker {total}/{planes}/{phasing}: planes divide the total, 0 ≤ f < p")
    each = total // planes
    return tuple(
        _circular(_named(name, plane * each + place, total), epoch_unix_s, a_km, inclination_deg,
                  (node_deg + spread_deg * plane / planes) % 360,
                  (argument_deg + 360 * place / each + 360 * phasing * plane / total) % 360)
        for plane in range(planes) for place in range(each)
    )


def _named(name: str, member: int, members: int) -> str:
    return name if members == 1 else f"{name} {member + 1}"


def _circular(name: str, epoch_unix_s: float, a_km: float, inclination_deg: float, node_deg: float,
              argument_deg: float) -> CircularOrbit:
    numbers = (epoch_unix_s, a_km, inclination_deg, node_deg, argument_deg)
    if not all(map(math.isfinite, numbers)) or a_km <= EARTH_EQUATOR_KM or not 0 <= inclination_deg <= 180:
        raise ValueError(f"{name}: no orbit with a_km = {a_km}, inclination_deg = {inclination_deg}, "
                         f"node_deg = {node_deg}, argument_deg = {argument_deg}")
    return CircularOrbit(name, *numbers)


# ---- mean turning ------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def secular_of(orbit: Orbit) -> Secular:
    """Secular J2 rates of an orbit; for an element set also its drag (Vallado 2013, sec. 9.6)."""
    if isinstance(orbit, CircularOrbit):
        shape = orbit.a_km, orbit.inclination_deg
        return Secular(math.radians(orbit.argument_deg), argument_rate_rad_s(*shape), 0.0,
                       math.radians(orbit.node_deg), node_rate_rad_s(*shape), orbit.a_km, 0.0,
                       math.radians(orbit.inclination_deg))
    n = orbit.mean_motion_rev_day * 2 * math.pi / DAY_S
    i, a = math.radians(orbit.inclination_deg), (WGS72_MU_KM3_S2 / n**2) ** (1 / 3)
    pull = 1.5 * n * WGS72_J2 * (WGS72_EQUATOR_KM / (a * (1 - orbit.eccentricity**2))) ** 2
    return Secular(math.radians(orbit.perigee_deg + orbit.anomaly_deg),
                   n + pull / 2 * (5 * math.cos(i) ** 2 - 1), orbit.ndot * 2 * math.pi / DAY_S**2,
                   math.radians(orbit.node_deg), -pull * math.cos(i), a, orbit.eccentricity, i)


def outside_domain(orbit: Orbit) -> str | None:
    """Why access windows cannot be certified (period over 225 min, eccentricity over 0.1, low perigee), or None."""
    mean = secular_of(orbit)
    period_min = 2 * math.pi / mean.argument_rate / 60
    if period_min > LONGEST_PERIOD_MIN:
        return f"its period of {period_min:.0f} min is over {LONGEST_PERIOD_MIN:.0f} min"
    if mean.eccentricity > MOST_ECCENTRIC:
        return f"its eccentricity of {mean.eccentricity:.3f} is over {MOST_ECCENTRIC}"
    perigee_km = mean.a_km * (1 - mean.eccentricity) - EARTH_EQUATOR_KM
    if perigee_km < 100:
        return f"its perigee of {perigee_km:.0f} km is under 100 km"
    return None


def revolution_numbers(orbit: Orbit, unix_s: F64, place: F64, south: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number of the revolution in which each place is flown, counted from the orbit's own epoch.

    Parameters
    ----------
    unix_s, place : instants (n) and Earth-fixed places (n, 3) of the satellite then
    south : the ground site that is passed lies south of the equator

    Returns
    -------
    int64 array (n)
        A revolution ends where the satellite is farthest from that hemisphere, so that no pass lies on the
        seam. It depends on the orbit and the instant only, not on what else is asked.
    """
    if not len(unix_s):
        return np.zeros(0, dtype=np.int64)
    turns, angle = _turns_apart(orbit, unix_s, place)
    whole = np.rint(turns - _slip(orbit, unix_s))
    seam = np.where(south, -0.25, 0.25)
    return np.asarray(np.floor(whole + angle / (2 * math.pi) + seam)).astype(np.int64)


def _turns_apart(orbit: Orbit, unix_s: F64, place: F64) -> tuple[F64, F64]:
    """Turns by which the secular argument of latitude leads the geometric one, and the latter (−π to π)."""
    mean = secular_of(orbit)
    since = unix_s - orbit.epoch_unix_s
    node = mean.node + mean.node_rate * since - gmst_rad(unix_s)
    along = place[:, 0] * np.cos(node) + place[:, 1] * np.sin(node)
    across = place[:, 1] * np.cos(node) - place[:, 0] * np.sin(node)
    angle = np.arctan2(across * math.cos(mean.inclination) + place[:, 2] * math.sin(mean.inclination), along)
    turned = mean.argument + (mean.argument_rate + mean.argument_growth * since) * since
    return (turned - angle) / (2 * math.pi), angle


def _slip(orbit: Orbit, unix_s: F64) -> F64 | float:
    """Turns by which drag has shifted the secular argument, followed day by day from the epoch."""
    if isinstance(orbit, CircularOrbit):
        return 0.0
    day = (unix_s - orbit.epoch_unix_s) / DAY_S
    first, last = min(0, math.ceil(day.min())), max(0, math.floor(day.max()))
    days = np.arange(first, last + 1)
    instants = orbit.epoch_unix_s + days * DAY_S
    apart = _turns_apart(orbit, instants, motion_ecef(orbit, instants).place)[0]
    apart -= np.rint(apart[-first])
    forth, back = np.unwrap(apart[-first:], period=1), np.unwrap(apart[:-first + 1][::-1], period=1)[::-1]
    return np.asarray(np.interp(day, days, np.concatenate((back[:-1], forth))))


# ---- motion ------------------------------------------------------------------------------------------------


def motion_ecef(orbit: Orbit, unix_s: F64) -> Motion:
    """Earth-fixed motion at instants in Unix seconds.

    TEME is turned by the mean sidereal time (no polar motion, UT1 = UTC: within 40 m of the full reduction).
    The acceleration of an element set is that of the central field with J2.

    Raises SatelliteError, naming the satellite, if SGP4 refuses an instant.
    """
    if isinstance(orbit, CircularOrbit):
        return _circular_motion(orbit, unix_s)
    place, speed = _sgp4(orbit, unix_s)
    return _turned(place, speed, _gravity(place), *_turn_of(unix_s))


def flight_ecef(orbit: Orbit, unix_s: F64) -> tuple[F64, F64]:
    """Place and velocity of `motion_ecef` to the last bit, for work that has no use for the acceleration."""
    if isinstance(orbit, CircularOrbit):
        return _circular_motion(orbit, unix_s)[:2]
    place, speed = _sgp4(orbit, unix_s)
    return _turned_flight(place, speed, *_turn_of(unix_s))


def _circular_motion(orbit: CircularOrbit, unix_s: F64) -> Motion:
    """Exact derivatives of a·(cos u P + sin u Q); P and Q turn about the pole in the Earth-fixed frame."""
    mean = secular_of(orbit)
    since = unix_s - orbit.epoch_unix_s
    node = mean.node + mean.node_rate * since - gmst_rad(unix_s)
    spin, rate = mean.node_rate - EARTH_TURN_RAD_S, mean.argument_rate
    angle = mean.argument + rate * since
    c, s, zero = np.cos(node), np.sin(node), np.zeros_like(node)
    ci, si, a = math.cos(mean.inclination), math.sin(mean.inclination), mean.a_km
    p, q = np.stack((c, s, zero), 1), np.stack((-ci * s, ci * c, si + zero), 1)
    dp, dq = spin * np.stack((-s, c, zero), 1), spin * ci * np.stack((-c, -s, zero), 1)
    p_flat, q_flat = p * [1, 1, 0], q * [1, 1, 0]
    cu, su = a * np.cos(angle)[:, None], a * np.sin(angle)[:, None]
    place = cu * p + su * q
    speed = rate * (cu * q - su * p) + cu * dp + su * dq
    bent = 2 * rate * (cu * dq - su * dp) - spin**2 * (cu * p_flat + su * q_flat)
    return Motion(place, speed, bent - rate**2 * place)


@lru_cache(maxsize=4096)
def satrec_of(elements: ElementSet) -> Any:
    """SGP4 satellite (WGS72, improved mode) of an element set; raises SatelliteError if it refuses."""
    from sgp4.api import WGS72, Satrec

    turn = 2 * math.pi / 1440
    days = elements.epoch_unix_s / DAY_S
    whole = _1970_JD + math.floor(days)
    made = Satrec()
    # The published code rounds the sum of both parts of the date (40 µs) where it starts the sidereal time.
    made.sgp4init(WGS72, "i", 0, whole + (days - math.floor(days)) - _1950_JD, elements.bstar,
                  elements.ndot * turn / 1440, elements.nddot * turn / 1440**2, elements.eccentricity,
                  *map(math.radians, (elements.perigee_deg, elements.inclination_deg, elements.anomaly_deg)),
                  elements.mean_motion_rev_day * turn, math.radians(elements.node_deg))
    made.jdsatepoch, made.jdsatepochF = whole, days - math.floor(days)
    if made.error:
        raise SatelliteError(f"{elements.name} ({elements.number}): SGP4 {refusal(made.error)}")
    return made


def refusal(code: int) -> str:
    """Words of SGP4 for an error code."""
    from sgp4.api import SGP4_ERRORS

    return f"refuses it with error {code}: {SGP4_ERRORS.get(code, 'unknown')}"


def _sgp4(orbit: ElementSet, unix_s: F64) -> tuple[F64, F64]:
    days = unix_s / DAY_S
    whole = np.floor(days)
    error, place, speed = satrec_of(orbit).sgp4_array(_1970_JD + whole, days - whole)
    if error.any():
        first = int(np.flatnonzero(error)[0])
        when = np.datetime64(round(float(unix_s[first])), "s")
        raise SatelliteError(f"{orbit.name} ({orbit.number}): SGP4 {refusal(int(error[first]))} at {when}Z")
    return place, speed


def _gravity(place: F64) -> F64:
    """Central field and J2 (Vallado 2013, eq. 8-29), WGS84."""
    r2 = (place * place).sum(axis=1)[:, None]
    pull = -MU_KM3_S2 / (r2 * np.sqrt(r2))
    flat = 1.5 * J2 * EARTH_EQUATOR_KM**2 / r2
    high = 5 * place[:, 2:] ** 2 / r2
    return np.asarray(pull * place * (1 + flat * (np.array([1.0, 1.0, 3.0]) - high)))


def _turn_of(unix_s: F64) -> tuple[F64, F64]:
    sidereal = gmst_rad(unix_s)
    return np.cos(sidereal), np.sin(sidereal)


def _turned_flight(place: F64, speed: F64, c: F64, s: F64) -> tuple[F64, F64]:
    """Place and velocity from the inertial to the turning frame."""
    w = EARTH_TURN_RAD_S
    x, y = c * place[:, 0] + s * place[:, 1], c * place[:, 1] - s * place[:, 0]
    u, v = c * speed[:, 0] + s * speed[:, 1] + w * y, c * speed[:, 1] - s * speed[:, 0] - w * x
    return np.array((x, y, place[:, 2])).T, np.array((u, v, speed[:, 2])).T


def _turned(place: F64, speed: F64, pull: F64, c: F64, s: F64) -> Motion:
    """From the inertial to the turning frame: transport, Coriolis and centrifugal terms."""
    w = EARTH_TURN_RAD_S
    there, going = _turned_flight(place, speed, c, s)
    a, b = c * pull[:, 0] + s * pull[:, 1], c * pull[:, 1] - s * pull[:, 0]
    bent = np.array((a + 2 * w * going[:, 1] + w * w * there[:, 0], b - 2 * w * going[:, 0] + w * w * there[:, 1], pull[:, 2]))
    return Motion(there, going, bent.T)
