"""Closed forms of circular orbits: periods, repeat cycles, views from a height, shadow and passes.
They are written apart from the orbits that a run flies, so that each proves the other.
"""

import math
from typing import Any, NamedTuple

from sim.measure.theory.names import Names, given, many, short

MU_KM3_S2 = 398600.4418  # WGS84, NIMA TR8350.2
RADIUS_KM = 6378.137
J2 = 1.08262668e-3
TROPICAL_YEAR_D = 365.2421897  # the node of a sun-synchronous orbit turns once in it

REFERENCE_HEIGHTS_KM = (400, 420, 500, 600, 693, 705, 786, 824, 829, 900)
REFERENCE_VIEWS = ((700, 5), (1000, 5), (500, 10), (786, 0), (500, 30))
# Missions whose printed names hold the instrument too.
FULL_NAMES = {"MetOp-SG": "MetOp-SG/Sentinel-5", "SNPP": "SNPP/VIIRS"}


class RepeatOrbit(NamedTuple):
    """Circular sun-synchronous orbit of a repeat cycle."""

    draconitic_min: float
    a_km: float
    inclination_deg: float


def mean_motion_rad_s(a_km: float) -> float:
    """Kepler's third law."""
    return math.sqrt(MU_KM3_S2 / a_km**3)


def node_rate_rad_s(a_km: float, inclination_rad: float) -> float:
    """Secular turn of the node by J2: -3/2 n J2 (R/a)^2 cos i (Kozai 1959; Vallado 2013, 9.6)."""
    return -1.5 * mean_motion_rad_s(a_km) * J2 * (RADIUS_KM / a_km) ** 2 * math.cos(inclination_rad)


def sun_synchronous_rad(a_km: float) -> float:
    """Inclination whose node keeps pace with the mean sun; refuses heights where none does."""
    pace = 2 * math.pi / (TROPICAL_YEAR_D * 86400)
    cosine = pace / node_rate_rad_s(a_km, 0.0)
    if cosine < -1:
        raise ValueError(f"a_km = {a_km:g} is too high for a sun-synchronous orbit")
    return math.acos(cosine)


def draconitic_s(a_km: float, inclination_rad: float) -> float:
    """Node to node: 2 pi over n plus the secular rates of perigee and mean anomaly (e = 0)."""
    n, c2 = mean_motion_rad_s(a_km), math.cos(inclination_rad) ** 2
    pull = 0.75 * J2 * (RADIUS_KM / a_km) ** 2
    return 2 * math.pi / (n * (1 + pull * (5 * c2 - 1) + pull * (3 * c2 - 1)))


def repeat_cycle(*, revolutions: int, days: int) -> RepeatOrbit:
    """Sun-synchronous circular orbit with that many revolutions in that many days (secular J2).

    A sun-synchronous node meets the sun once a mean day, so the draconitic period is days/revolutions days.
    """
    period = 86400 * days / revolutions
    a = (MU_KM3_S2 * (period / (2 * math.pi)) ** 2) ** (1 / 3)
    for _ in range(60):
        a *= (period / draconitic_s(a, sun_synchronous_rad(a))) ** (2 / 3)
    return RepeatOrbit(period / 60, a, math.degrees(sun_synchronous_rad(a)))


def repeat_orbit(
    *,
    model: str | None = None,
    h_km: Any = None,
    inc_deg: float = 51.64,
    missions: dict[str, str] | None = None,
    repeat: str | None = None,
    note: str | None = None,
) -> Names:
    """Period, node rate and sun-synchronous inclination by height (B03), orbits of repeat cycles (B04).

    ``h_km`` heights over the equatorial radius and ``inc_deg`` for the node rate (``model`` is the case's
    words) · ``missions`` name to ``revolutions/days``, or one ``repeat``. ``model`` and ``note`` are only
    read by people.
    """
    if repeat is not None:
        return _mission(repeat)
    if missions is not None:
        return {f"{FULL_NAMES.get(name, name)} {cycle}": _mission(cycle) for name, cycle in missions.items()}
    heights = many(h_km if h_km is not None else REFERENCE_HEIGHTS_KM)
    return {f"h={short(h)}": _by_height(float(h), inc_deg) for h in heights}


def _by_height(h_km: float, inc_deg: float) -> Names:
    a = RADIUS_KM + h_km
    turn = math.degrees(node_rate_rad_s(a, math.radians(inc_deg))) * 86400
    return {
        "period_min": 2 * math.pi / mean_motion_rad_s(a) / 60,
        f"noderate_i{short(inc_deg).replace('.', '_')}": turn,
        "sso_inc": math.degrees(sun_synchronous_rad(a)),
    }


def _mission(cycle: str) -> Names:
    revolutions, days = read_cycle(cycle)
    orbit = repeat_cycle(revolutions=revolutions, days=days)
    degree_km = 2 * math.pi * RADIUS_KM / 360
    return {
        "T_draconitic_min": orbit.draconitic_min,
        "a_km": orbit.a_km,
        "alt_km": orbit.a_km - RADIUS_KM,
        "inc_deg": orbit.inclination_deg,
        "node_spacing_deg": 360 * days / revolutions,
        "node_spacing_km": 360 * days / revolutions * degree_km,
        "track_spacing_km": 360 / revolutions * degree_km,
    }


def read_cycle(text: str) -> tuple[int, int]:
    """Read ``143/10`` as revolutions and days."""
    try:
        revolutions, days = (int(part) for part in str(text).split("/"))
    except ValueError:
        raise ValueError(f"repeat = {text!r} must be revolutions/days, as 143/10") from None
    if revolutions < 1 or days < 1:
        raise ValueError(f"repeat = {text!r} must hold two counts of at least 1")
    return revolutions, days


def swath(
    *,
    Re_km: float = RADIUS_KM,
    h_km: Any = None,
    el_deg: Any = None,
    full_fov_deg: float | None = None,
) -> Names:
    """What a satellite sees on a sphere: from a least elevation (B01) or from a field of view (B02).

    sin rho = R/(R+h), sin eta = cos el sin rho, lam = 90 - eta - el (Wertz, SMAD, ch. 5). Without ``h_km``
    the reference table; ``h_km`` and ``el_deg`` give one view, or a table for lists of one length. From
    ``full_fov_deg``: swath, least elevation, longest access of a point under the track of a sphere that
    stands still.
    """
    if full_fov_deg is not None:
        return _from_fov(float(given(h_km=h_km)), full_fov_deg, Re_km)
    if h_km is not None and not isinstance(h_km, list | tuple):
        view = _view(float(h_km), 0.0 if el_deg is None else float(el_deg), Re_km)
        return view | {f"h={short(h_km)} el={short(el_deg or 0)}": view}
    views = REFERENCE_VIEWS if h_km is None else zip(many(h_km), many(el_deg), strict=True)
    return {f"h={short(h)} el={short(el)}": _view(float(h), float(el), Re_km) for h, el in views}


def _view(h_km: float, el_deg: float, Re_km: float) -> Names:
    rho, el = math.asin(Re_km / (Re_km + h_km)), math.radians(el_deg)
    eta = math.asin(math.cos(el) * math.sin(rho))
    lam = math.pi / 2 - eta - el
    return {
        "rho_deg": math.degrees(rho),
        "eta_deg": math.degrees(eta),
        "lam_deg": math.degrees(lam),
        "slant_km": math.sqrt(Re_km**2 + (Re_km + h_km) ** 2 - 2 * Re_km * (Re_km + h_km) * math.cos(lam)),
        "swath_km": 2 * lam * Re_km,
        "horizon_km": math.sqrt((Re_km + h_km) ** 2 - Re_km**2),
    }


def _from_fov(h_km: float, full_fov_deg: float, Re_km: float) -> Names:
    eta = math.radians(full_fov_deg) / 2
    reach = (Re_km + h_km) / Re_km * math.sin(eta)
    if reach > 1:
        raise ValueError(f"full_fov_deg = {full_fov_deg} looks past the horizon from h_km = {h_km}")
    el = math.acos(reach)
    lam = math.pi / 2 - eta - el
    return {
        "swath_km": 2 * lam * Re_km,
        "min_elevation_deg": math.degrees(el),
        "max_access_s_no_rotation": 2 * lam / mean_motion_rad_s(Re_km + h_km),
    }


def eclipse(
    *,
    h_km: Any = (500, 786),
    beta_deg: float = 0.0,
    pass_h_km: float = 420.0,
    pass_el_deg: float = 10.0,
) -> Names:
    """Share of a circular orbit in shadow, and the longest pass over a place (B15).

    Cylinder of shadow: (1/pi) acos(sqrt(h^2 + 2Rh)/((R + h) cos beta)), nothing when the sun is too high over
    the orbit (Vallado 2013, 5.3). Longest pass: 2 lam/n above the least elevation, Earth held still.
    """
    found: Names = {f"eclipse_{short(h)}": shadow_share(h_km=float(h), beta_deg=beta_deg) for h in many(h_km)}
    view = _view(pass_h_km, pass_el_deg, RADIUS_KM)
    longest = 2 * math.radians(view["lam_deg"]) / mean_motion_rad_s(RADIUS_KM + pass_h_km)
    return found | {f"max_pass_{short(pass_h_km)}km_el{short(pass_el_deg)}_s": longest}


def shadow_share(*, h_km: float, beta_deg: float = 0.0) -> float:
    """Share of one revolution in the Earth's cylinder of shadow; beta: the sun's height over the orbit
    plane."""
    lit = math.sqrt(h_km**2 + 2 * RADIUS_KM * h_km) / (RADIUS_KM + h_km) / math.cos(math.radians(beta_deg))
    return math.acos(lit) / math.pi if lit < 1 else 0.0
