"""The sun and the orbits of satellites: when a place is lit, how an orbit turns, what a height lets one see.

A mediator finds here why a sensor that needs light is blind for most of a winter day, and why a satellite
comes back only after so many days.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

F64 = NDArray[np.float64]

# WGS84 (NIMA TR8350.2, 2000): designed orbits and places on the ground. J2 as EGM96.
MU_KM3_S2 = 398600.4418
EARTH_EQUATOR_KM = 6378.137
FLATTENING = 1 / 298.257223563
J2 = 1.08262668e-3
# WGS72 (Hoots and Roehrich 1980, Spacetrack report 3): published element sets are fitted in it.
WGS72_MU_KM3_S2 = 398600.8
WGS72_EQUATOR_KM = 6378.135
WGS72_J2 = 1.082616e-3
EARTH_MEAN_KM = 6371.0088  # (2a + b)/3, IUGG
EARTH_TURN_RAD_S = 7.29211585531e-5  # sidereal time of 1982, with precession (Aoki et al. 1982)
TROPICAL_YEAR_D = 365.2421897  # a sun-synchronous node turns once in it
DAY_S = 86400.0
ZENITH_DEG = 90.833  # sunrise: the sun's radius 16' and refraction 34' below the horizon (NOAA)
_J2000_UNIX_S = 946728000.0
_ECC2 = FLATTENING * (2 - FLATTENING)


class RepeatOrbit(NamedTuple):
    """Circular sun-synchronous orbit that repeats its ground track."""

    draconitic_min: float
    a_km: float
    altitude_km: float
    inclination_deg: float
    node_spacing_deg: float
    node_spacing_km: float
    track_spacing_km: float


class SwathGeometry(NamedTuple):
    """What can be seen from a height: Earth's angular radius, off-nadir angle, central angle, ranges."""

    rho_deg: float
    eta_deg: float
    lam_deg: float
    slant_km: float
    swath_km: float
    horizon_km: float


class FovSwath(NamedTuple):
    """Swath of a field of view, the elevation at its edge, longest stay of a place in it (Earth at rest)."""

    swath_km: float
    min_elevation_deg: float
    max_access_s: float


class SunTimes(NamedTuple):
    """Sunrise, noon and sunset in Unix seconds; rise and set are NaN where it stays up or down all day."""

    sunrise_unix_s: F64
    noon_unix_s: F64
    sunset_unix_s: F64


# ---- orbits ------------------------------------------------------------------------------------------------


def mean_motion_rad_s(a_km: float) -> float:
    """Kepler's third law."""
    return math.sqrt(MU_KM3_S2 / a_km**3)


def orbit_period_min(altitude_km: float) -> float:
    """Period of a circular orbit at a height over the equatorial radius, without J2."""
    return 2 * math.pi / mean_motion_rad_s(_semi_axis_km(altitude_km)) / 60


def node_rate_rad_s(a_km: float, inclination_deg: float) -> float:
    """Secular turn of the node by J2: −3/2 n J2 (R/a)² cos i (Vallado 2013, eq. 9-38)."""
    cosine = math.cos(math.radians(inclination_deg))
    return -1.5 * mean_motion_rad_s(a_km) * J2 * (EARTH_EQUATOR_KM / a_km) ** 2 * cosine


def node_rate_deg_per_day(altitude_km: float, inclination_deg: float) -> float:
    """Secular turn of the node of a circular orbit, in degrees a day (east positive)."""
    return math.degrees(node_rate_rad_s(_semi_axis_km(altitude_km), inclination_deg)) * DAY_S


def argument_rate_rad_s(a_km: float, inclination_deg: float) -> float:
    """Rate of the argument of latitude of a circular orbit, perigee and anomaly turned by J2 (as above)."""
    c2 = math.cos(math.radians(inclination_deg)) ** 2
    pull = 0.75 * J2 * (EARTH_EQUATOR_KM / a_km) ** 2
    return mean_motion_rad_s(a_km) * (1 + pull * (5 * c2 - 1) + pull * (3 * c2 - 1))


def draconitic_period_s(a_km: float, inclination_deg: float) -> float:
    """Time from one ascending node to the next."""
    return 2 * math.pi / argument_rate_rad_s(a_km, inclination_deg)


def sun_synchronous_inclination_deg(altitude_km: float) -> float:
    """Inclination at which the node keeps pace with the mean sun.

    Raises ValueError for heights (from 5,975 km) at which J2 cannot turn any node that fast.
    """
    pace = 2 * math.pi / (TROPICAL_YEAR_D * DAY_S)
    cosine = pace / node_rate_rad_s(_semi_axis_km(altitude_km), 0.0)
    if cosine < -1:
        raise ValueError(f"altitude_km = {altitude_km:g} is too high for a sun-synchronous orbit (to 5,974)")
    return math.degrees(math.acos(cosine))


def repeat_orbit(revolutions: int, days: int) -> RepeatOrbit:
    """Circular sun-synchronous orbit with that many revolutions in that many days (secular J2).

    The node of such an orbit meets the mean sun once a day, so the draconitic period is days/revolutions of
    a day; axis and inclination follow by fixed point. Altitude and spacings are over the equatorial radius.

    Raises ValueError if a count is not positive or no orbit above the ground does it.
    """
    if revolutions < 1 or days < 1:
        raise ValueError(f"{revolutions} revolutions in {days} days: a cycle needs two counts of at least 1")
    period_s = DAY_S * days / revolutions
    a = (MU_KM3_S2 * (period_s / (2 * math.pi)) ** 2) ** (1 / 3)
    if a <= EARTH_EQUATOR_KM:
        raise ValueError(f"{revolutions} revolutions in {days} days would need an orbit below the ground")
    for _ in range(60):
        inclination = sun_synchronous_inclination_deg(a - EARTH_EQUATOR_KM)
        a *= (period_s / draconitic_period_s(a, inclination)) ** (2 / 3)
    spacing, km = 360 * days / revolutions, 2 * math.pi * EARTH_EQUATOR_KM / 360
    altitude = a - EARTH_EQUATOR_KM
    return RepeatOrbit(period_s / 60, a, altitude, inclination, spacing, spacing * km, spacing * km / days)


def semi_axis_of_mean_motion_km(*, mean_motion_rev_day: float, inclination_deg: float) -> float:
    """Semi-major axis of a circular orbit from the mean motion as element sets print it (Kozai 1959).

    That mean motion holds the J2 turn of the mean anomaly: n (1 + 3/4 J2 (R/a)² (3 cos² i − 1)).
    """
    if not mean_motion_rev_day > 0:
        raise ValueError(f"mean_motion_rev_day = {mean_motion_rev_day} must be positive")
    wanted = mean_motion_rev_day * 2 * math.pi / DAY_S
    factor, a = 1.0, 0.0
    for _ in range(30):
        a = math.cbrt(MU_KM3_S2 / (wanted / factor) ** 2)
        shape = 3 * math.cos(math.radians(inclination_deg)) ** 2 - 1
        factor = 1 + 0.75 * J2 * (EARTH_EQUATOR_KM / a) ** 2 * shape
    return a


def _semi_axis_km(altitude_km: float) -> float:
    if not altitude_km > -EARTH_EQUATOR_KM:
        raise ValueError(f"altitude_km = {altitude_km} lies below the centre of the Earth")
    return EARTH_EQUATOR_KM + altitude_km


# ---- what a height lets one see ----------------------------------------------------------------------------


def swath_geometry(altitude_km: float, elevation_deg: float,
                   earth_radius_km: float = EARTH_EQUATOR_KM) -> SwathGeometry:
    """View down to a least elevation on a sphere: sin ρ = R/(R+h), sin η = cos ε sin ρ, λ = 90° − η − ε.

    Source: Wertz and Larson, Space mission analysis and design, ch. 5. Swath is 2 R λ.
    """
    _check(altitude_km=altitude_km, earth_radius_km=earth_radius_km)
    r, el = earth_radius_km + altitude_km, math.radians(elevation_deg)
    rho = math.asin(earth_radius_km / r)
    eta = math.asin(math.cos(el) * math.sin(rho))
    lam = math.pi / 2 - eta - el
    slant = math.sqrt(earth_radius_km**2 + r**2 - 2 * earth_radius_km * r * math.cos(lam))
    horizon = math.sqrt(r**2 - earth_radius_km**2)
    return SwathGeometry(math.degrees(rho), math.degrees(eta), math.degrees(lam), slant,
                         2 * lam * earth_radius_km, horizon)


def swath_from_fov(altitude_km: float, full_fov_deg: float,
                   earth_radius_km: float = EARTH_EQUATOR_KM) -> FovSwath:
    """Swath of a nadir-looking field of view on a sphere (same source); refuses a look past the horizon."""
    _check(altitude_km=altitude_km, earth_radius_km=earth_radius_km, full_fov_deg=full_fov_deg)
    eta = math.radians(full_fov_deg) / 2
    reach = (earth_radius_km + altitude_km) / earth_radius_km * math.sin(eta)
    if reach > 1 or full_fov_deg > 180:
        raise ValueError(f"full_fov_deg = {full_fov_deg} looks past the horizon from {altitude_km} km")
    el = math.acos(reach)
    lam = math.pi / 2 - eta - el
    stay_s = 2 * lam / mean_motion_rad_s(earth_radius_km + altitude_km)
    return FovSwath(2 * lam * earth_radius_km, math.degrees(el), stay_s)


def eclipse_fraction(altitude_km: float, beta_deg: float = 0.0) -> float:
    """Share of a circular orbit inside the Earth's cylinder of shadow; β: the sun's height over its plane.

    (1/π) acos(√(h² + 2Rh) / ((R + h) cos β)), zero where the orbit stays in light (Vallado 2013, sec. 5.3).
    """
    _check(altitude_km=altitude_km)
    a = _semi_axis_km(altitude_km)
    lit = math.sqrt(altitude_km**2 + 2 * EARTH_EQUATOR_KM * altitude_km)
    shade = a * math.cos(math.radians(beta_deg))
    return math.acos(lit / shade) / math.pi if lit < shade else 0.0


def max_pass_s(altitude_km: float, elevation_min_deg: float) -> float:
    """Longest pass over a place above an elevation, Earth at rest: 2 λ/n."""
    lam = math.radians(swath_geometry(altitude_km, elevation_min_deg).lam_deg)
    return 2 * lam / mean_motion_rad_s(_semi_axis_km(altitude_km))


def apparent_inclination_deg(revolutions: int, days: int, inclination_deg: float) -> float:
    """Angle between the equator and the ground track where they cross, the Earth's turn included."""
    i = math.radians(inclination_deg)
    return math.degrees(math.atan2(math.sin(i), math.cos(i) - days / revolutions))


def equator_overlap_deg(revolutions: int, days: int, swath_km: float) -> float:
    """Longitude that neighbouring swaths share at the equator (negative: a gap between them)."""
    i = apparent_inclination_deg(revolutions, days, repeat_orbit(revolutions, days).inclination_deg)
    share = math.sin(swath_km / 2 / EARTH_MEAN_KM) / math.sin(math.radians(i))
    return 2 * math.degrees(math.asin(min(1.0, share))) - 360 * days / revolutions


def observations_per_day(revolutions: int, days: int, swath_km: float, lat_deg: float) -> float:
    """Mean looks a day at a latitude by one sun-synchronous satellite of a cycle, by day and night.

    A cycle spreads its nodes evenly, so looks fall to the longitude between both edges of the swath, twice
    a revolution. Exact on a sphere, for places whose parallel both edges cross; others raise ValueError.
    """
    i = math.radians(repeat_orbit(revolutions, days).inclination_deg)
    half, lat, turn = swath_km / 2 / EARTH_MEAN_KM, math.radians(lat_deg), days / revolutions
    if abs(lat) + half >= min(i, math.pi - i):
        raise ValueError(f"lat_deg = {lat_deg}: one edge of the swath of {swath_km} km never crosses it")
    left, right = (_edge_longitude(i, turn, side * half, lat) for side in (-1, 1))
    return revolutions / days * abs(right - left) / math.pi


def _edge_longitude(i: float, turn: float, offset: float, lat: float) -> float:
    """Longitude from the node at which the northbound edge of a swath crosses a latitude."""
    low, high = -math.pi / 2, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _beside_track(i, turn, offset, middle)[0] < lat else (low, middle)
    return _beside_track(i, turn, offset, low)[1]


def _beside_track(i: float, turn: float, offset: float, u: float) -> tuple[float, float]:
    """Latitude, and longitude from the node, at an angle to the right of the ground track."""
    lat = math.asin(math.sin(i) * math.sin(u))
    lon = math.atan2(math.cos(i) * math.sin(u), math.cos(u)) - turn * u
    east = math.cos(i) / math.cos(lat) - turn * math.cos(lat)
    north = math.sin(i) * math.cos(u) / math.cos(lat)
    right = math.atan2(east, north) + math.pi / 2
    sine = math.sin(lat) * math.cos(offset) + math.cos(lat) * math.sin(offset) * math.cos(right)
    reach = math.sin(right) * math.sin(offset) * math.cos(lat)
    return math.asin(sine), lon + math.atan2(reach, math.cos(offset) - math.sin(lat) * sine)


def _check(**values: float) -> None:
    for name, value in values.items():
        if not (value > 0 and math.isfinite(value)):
            raise ValueError(f"{name} = {value} must be a positive finite number")


# ---- places and the turning Earth --------------------------------------------------------------------------


def gmst_rad(unix_s: ArrayLike) -> F64:
    """Greenwich mean sidereal time, 0 to 2π (IAU 1982, Aoki et al.; UT1 taken as UTC, under 0.9 s apart)."""
    days = (np.asarray(unix_s, dtype=np.float64) - _J2000_UNIX_S) / DAY_S
    century = days / 36525
    extra_s = 8640184.812866 * century + (0.093104 - 6.2e-6 * century) * century**2
    turns = 67310.54841 / DAY_S + (days - np.floor(days)) + extra_s / DAY_S
    return np.asarray((turns - np.floor(turns)) * (2 * math.pi))


def ecef_km(lat_deg: ArrayLike, lon_deg: ArrayLike, height_km: ArrayLike = 0.0) -> F64:
    """Earth-fixed places (…, 3) of geodetic coordinates on the WGS84 ellipsoid."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    normal = EARTH_EQUATOR_KM / np.sqrt(1 - _ECC2 * np.sin(lat) ** 2)
    height = np.asarray(height_km, dtype=np.float64)
    ring = (normal + height) * np.cos(lat)
    z = (normal * (1 - _ECC2) + height) * np.sin(lat)
    return np.stack(np.broadcast_arrays(ring * np.cos(lon), ring * np.sin(lon), z), axis=-1)


def up_vectors(lat_deg: ArrayLike, lon_deg: ArrayLike) -> F64:
    """Outward normals (…, 3) of the ellipsoid: the zenith of each place."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    flat = np.cos(lat)
    return np.stack(np.broadcast_arrays(flat * np.cos(lon), flat * np.sin(lon), np.sin(lat)), axis=-1)


# ---- the sun -----------------------------------------------------------------------------------------------


def sun_direction_ecef(unix_s: ArrayLike) -> F64:
    """Unit vectors (…, 3) to the sun in the Earth-fixed frame, within 0.01° (Meeus 1998, ch. 25).

    Nutation enters by its largest term, in longitude and in sidereal time; parallax (0.0024°) is left out.
    """
    t = np.asarray(unix_s, dtype=np.float64)
    century = (t + 69.0 - _J2000_UNIX_S) / DAY_S / 36525  # dynamical time runs 69 s ahead of UTC
    node = np.radians(125.04 - 1934.136 * century)
    lon = np.radians(_true_longitude_deg(century) - 0.00569 - 0.00478 * np.sin(node))
    tilt = np.radians(23.4392911 - 0.0130042 * century + 0.00256 * np.cos(node))
    turn = gmst_rad(t) - np.radians(0.00478) * np.sin(node) * np.cos(tilt)
    x, y, z = np.cos(lon), np.cos(tilt) * np.sin(lon), np.sin(tilt) * np.sin(lon)
    c, s = np.cos(turn), np.sin(turn)
    return np.stack((c * x + s * y, c * y - s * x, z), axis=-1)


def _true_longitude_deg(century: F64) -> F64:
    mean = 280.46646 + century * (36000.76983 + century * 0.0003032)
    anomaly = np.radians(357.52911 + century * (35999.05029 - century * 0.0001537))
    centre = (1.914602 - century * (0.004817 + 0.000014 * century)) * np.sin(anomaly)
    centre += (0.019993 - 0.000101 * century) * np.sin(2 * anomaly) + 0.000289 * np.sin(3 * anomaly)
    return np.asarray(mean + centre)


def sun_elevation_deg(unix_s: ArrayLike, lat_deg: ArrayLike, lon_deg: ArrayLike) -> F64:
    """Height of the sun's centre over the horizon of each place, without refraction; arguments broadcast."""
    sine = np.sum(sun_direction_ecef(unix_s) * up_vectors(lat_deg, lon_deg), axis=-1)
    return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1, 1))))


def sun_azimuth_deg(unix_s: ArrayLike, lat_deg: ArrayLike, lon_deg: ArrayLike) -> F64:
    """Direction of the sun clockwise from north, 0 to 360; the three arguments broadcast."""
    s, lat, lon = sun_direction_ecef(unix_s), np.radians(lat_deg), np.radians(lon_deg)
    east = s[..., 1] * np.cos(lon) - s[..., 0] * np.sin(lon)
    outward = s[..., 0] * np.cos(lon) + s[..., 1] * np.sin(lon)
    north = s[..., 2] * np.cos(lat) - outward * np.sin(lat)
    return np.asarray(np.degrees(np.arctan2(east, north)) % 360)


def sunrise_sunset(day_unix_s: ArrayLike, lat_deg: ArrayLike, lon_deg: ArrayLike,
                   zenith_deg: float = ZENITH_DEG) -> SunTimes:
    """Sunrise, noon and sunset around local noon of a UTC day.

    Parameters
    ----------
    day_unix_s : any instant of the UTC day; broadcasts with the places
    zenith_deg : geometric zenith distance of the sun's centre at rising and setting

    Returns
    -------
    SunTimes
        Unix seconds, within 5 s of an accurate almanac up to 60° N; NaN where the sun does not cross.
    """
    day = np.floor(np.asarray(day_unix_s, dtype=np.float64) / DAY_S) * DAY_S
    lat, lon = np.asarray(lat_deg, dtype=np.float64), np.asarray(lon_deg, dtype=np.float64)
    noon = day + DAY_S / 2 - lon * 240 + 0.0 * lat
    for _ in range(3):
        noon = noon - _hour_angle_and_declination(noon, lon)[0] / (2 * math.pi) * DAY_S
    rise, down = (_crossing(noon, lat, lon, zenith_deg, side) for side in (-1, 1))
    return SunTimes(rise, noon, down)


def _crossing(noon: F64, lat_deg: F64, lon_deg: F64, zenith_deg: float, side: int) -> F64:
    """Instant whose hour angle is the one at which the sun stands at that zenith distance (fixed point)."""
    lat, when = np.radians(lat_deg), noon
    level = math.cos(math.radians(zenith_deg))
    with np.errstate(invalid="ignore", divide="ignore"):
        for _ in range(8):
            angle, declination = _hour_angle_and_declination(when, lon_deg)
            cosine = (level - np.sin(lat) * np.sin(declination)) / (np.cos(lat) * np.cos(declination))
            when = when + (side * np.arccos(cosine) - angle) / (2 * math.pi) * DAY_S
    return np.asarray(when)


def _hour_angle_and_declination(unix_s: F64, lon_deg: F64) -> tuple[F64, F64]:
    s = sun_direction_ecef(unix_s)
    angle = np.radians(lon_deg) - np.arctan2(s[..., 1], s[..., 0])
    return (angle + math.pi) % (2 * math.pi) - math.pi, np.arcsin(s[..., 2])


def daylight_windows(start_unix_s: float, days: float, lat_deg: float, lon_deg: float,
                     zenith_deg: float = ZENITH_DEG) -> F64:
    """Spells of daylight (n, 2) at a place in Unix seconds, cut at both ends of the horizon."""
    end = start_unix_s + days * DAY_S
    around = np.arange(math.floor(start_unix_s / DAY_S) - 1, math.ceil(end / DAY_S) + 2) * DAY_S
    rise, noon, down = sunrise_sunset(around, lat_deg, lon_deg, zenith_deg)
    up_all_day = np.isnan(rise) & (sun_elevation_deg(noon, lat_deg, lon_deg) > 90 - zenith_deg)
    rise = np.where(up_all_day, noon - DAY_S / 2 - 60, rise)
    down = np.where(up_all_day, noon + DAY_S / 2 + 60, down)
    spells = np.clip(np.stack((rise, down), axis=1)[~np.isnan(rise)], start_unix_s, end)
    spells = spells[spells[:, 1] > spells[:, 0]]
    apart = np.flatnonzero(spells[1:, 0] > spells[:-1, 1])
    if not len(spells):
        return spells
    return np.stack((spells[np.r_[0, apart + 1], 0], spells[np.r_[apart, len(spells) - 1], 1]), axis=1)
