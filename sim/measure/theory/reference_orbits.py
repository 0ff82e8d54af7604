"""Reference orbits: the published test set of the orbit law, and passes of one satellite over one place.
They prove that the satellites of a run fly where real ones fly.
"""

import datetime as dt
import math
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import numpy as np

from sim.measure.theory.names import Names

_A_KM, _F = 6378.137, 1 / 298.257223563  # WGS84
_J2000 = 2451545.0


def sgp4(
    *,
    files: str = "SGP4-VER.TLE + tcppver.out as shipped in the sgp4 package",
    gravity: str = "WGS72",
) -> Names:
    """Distance of the orbit law from its published vectors (B05; Vallado et al. 2006, AIAA 2006-6753).

    ``files`` names the two files, read from the sgp4 package; ``gravity`` the constants (WGS72, WGS72OLD,
    WGS84). A satellite that the law refuses (33334, whose elements are meant to fail) is named and its
    vectors are not counted.
    """
    from sgp4 import api

    constants = {"WGS72": api.WGS72, "WGS72OLD": api.WGS72OLD, "WGS84": api.WGS84}
    if gravity not in constants:
        raise ValueError(f"gravity = {gravity!r} must be one of {', '.join(constants)}")
    lines, table = (name for name in files.replace("+", " ").split() if "." in name)
    elements = _elements(lines)
    apart, faster, count = 0.0, 0.0, 0
    satellites: list[int] = []
    refused: list[int] = []
    for number, minutes, r, v in _vectors(table):
        error, place, speed = api.Satrec.twoline2rv(*elements[number], constants[gravity]).sgp4_tsince(
            minutes
        )
        satellites.append(number)
        if error:
            refused.append(number)
            continue
        apart, faster = max(apart, math.dist(r, place)), max(faster, math.dist(v, speed))
        count += 1
    return {
        "vectors": count,
        "satellites": len(dict.fromkeys(satellites)),
        "max_dr_km": apart,
        "max_dv_km_s": faster,
        "refused": refused,
    }


def _lines(name: str) -> list[str]:
    return (resources.files("sgp4") / name).read_text(encoding="ascii").splitlines()


def _elements(name: str) -> dict[int, tuple[str, str]]:
    """Two lines by satellite number."""
    rows = [line for line in _lines(name) if line[:2] in ("1 ", "2 ")]
    return {int(one[2:7]): (one[:69], two[:69]) for one, two in zip(rows[::2], rows[1::2], strict=True)}


def _vectors(name: str) -> Iterator[tuple[int, float, list[float], list[float]]]:
    """Rows of the published table: satellite, minutes since epoch, position and velocity (TEME)."""
    number = 0
    for line in _lines(name):
        if line.rstrip().endswith("xx"):
            number = int(line.split()[0])
        elif line.strip():
            row = [float(word) for word in line.split()[:7]]
            yield number, row[0], row[1:4], row[4:7]


def passes(
    *,
    tle: Any,
    site: Any,
    min_el: float = 30.0,
    start: str | None = None,
    hours: float = 24.0,
    look: str | None = None,
) -> Names:
    """Rise, culmination and set of a satellite above ``min_el`` over a place (B06).

    Parameters
    ----------
    tle : two lines of text
    site : latitude, longitude in degrees (and height in metres) on WGS84
    start : day or instant in UTC, such as ``2014-01-23``; default three days after the day of the epoch
    look : instant of the first day, ``11:18:07``, for elevation, azimuth and range

    Notes
    -----
    SGP4 (Vallado et al. 2006), sidereal time of 1982 (Aoki et al. 1982) with UT1 = UTC, no polar motion, no
    refraction: good to a tenth of a second. Passes open at the ends of the span are left out.
    """
    from sgp4.api import Satrec

    satellite = Satrec.twoline2rv(*tle)
    epoch = dt.datetime(2000, 1, 1, 12, tzinfo=dt.UTC) + dt.timedelta(
        days=satellite.jdsatepoch - _J2000 + satellite.jdsatepochF
    )
    first = (
        _instant(start)
        if start
        else epoch.replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(3)
    )

    def height(seconds: Any) -> Any:
        return _look(satellite, site, first, seconds)[0]

    found = [_named_pass(first, row, height) for row in _above(height, min_el, hours * 3600)]
    moment = look or "11:18:07"
    at = sum(int(part) * unit for part, unit in zip(moment.split(":"), (3600, 60, 1), strict=True))
    el, az, far = (float(v[0]) for v in _look(satellite, site, first, np.array([float(at)])))
    return {
        "published": [_clock(first, t, 0) for row in _above(height, min_el, hours * 3600) for t in row],
        "recomputed": found,
        "look_" + moment.replace(":", "_"): {"el": el, "az": az, "range_km": far},
    }


def _instant(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _clock(first: dt.datetime, seconds: float, digits: int) -> str:
    """``06:25:37`` rounded to the second, or ``01-23 06:25:36.5`` with digits."""
    moment = first + dt.timedelta(seconds=round(seconds, digits))
    if digits == 0:
        return moment.strftime("%H:%M:%S")
    return moment.strftime("%m-%d %H:%M:%S.") + f"{moment.microsecond // 100_000}"


def _named_pass(
    first: dt.datetime, row: tuple[float, float, float], height: Callable[[Any], Any]
) -> list[Any]:
    return [*(_clock(first, t, 1) for t in row), round(float(height(np.array([row[1]]))[0]), 4)]


def _look(satellite: Any, site: Any, first: dt.datetime, seconds: Any) -> tuple[Any, Any, Any]:
    """Elevation and azimuth in degrees, range in km, at seconds after an instant."""
    day = (first - dt.datetime(2000, 1, 1, 12, tzinfo=dt.UTC)) / dt.timedelta(days=1)
    whole, part = _J2000 + math.floor(day), day % 1 + seconds / 86400
    error, teme, _speed = satellite.sgp4_array(np.full(len(seconds), whole), part)
    if error.any():
        raise ValueError(f"SGP4 error {int(error.max())} for satellite {satellite.satnum}")
    angle = _sidereal_rad(whole + part)
    x = np.cos(angle) * teme[:, 0] + np.sin(angle) * teme[:, 1]
    y = np.cos(angle) * teme[:, 1] - np.sin(angle) * teme[:, 0]
    east, north, up = _local(np.stack([x, y, teme[:, 2]], axis=1), site)
    far = np.sqrt(east**2 + north**2 + up**2)
    return np.degrees(np.arcsin(up / far)), np.degrees(np.arctan2(east, north)) % 360, far


def _sidereal_rad(jd: Any) -> Any:
    """Greenwich mean sidereal time (Aoki et al. 1982)."""
    t = (jd - _J2000) / 36525
    seconds = 67310.54841 + (876600 * 3600 + 8640184.812866) * t + 0.093104 * t**2 - 6.2e-6 * t**3
    return np.radians(seconds / 240 % 360)


def _local(place: Any, site: Any) -> tuple[Any, Any, Any]:
    """East, north and up of Earth-fixed places as seen from a site on the ellipsoid."""
    lat, lon = math.radians(site[0]), math.radians(site[1])
    height = site[2] / 1000 if len(site) > 2 else 0.0
    bend = _A_KM / math.sqrt(1 - _F * (2 - _F) * math.sin(lat) ** 2)
    ground = np.array(
        [
            (bend + height) * math.cos(lat) * math.cos(lon),
            (bend + height) * math.cos(lat) * math.sin(lon),
            (bend * (1 - _F) ** 2 + height) * math.sin(lat),
        ]
    )
    d = place - ground
    flat = math.cos(lon) * d[:, 0] + math.sin(lon) * d[:, 1]
    east = math.cos(lon) * d[:, 1] - math.sin(lon) * d[:, 0]
    north = math.cos(lat) * d[:, 2] - math.sin(lat) * flat
    return east, north, math.cos(lat) * flat + math.sin(lat) * d[:, 2]


def _above(height: Callable[[Any], Any], min_el: float, span_s: float) -> list[tuple[float, float, float]]:
    """Rise, top and set in seconds; every 20 s a look, then halving. Tops between two looks are tried too."""
    t = np.arange(0.0, span_s + 20, 20)
    el = height(t)
    tops = np.flatnonzero((el[1:-1] >= el[:-2]) & (el[1:-1] > el[2:])) + 1
    found = []
    for i in tops:
        top = _top(height, t[i - 1], t[i + 1])
        if float(height(np.array([top]))[0]) < min_el or top > span_s:
            continue
        back = i - int(np.argmax(el[i::-1] < min_el)) if el[i] >= min_el else i - 1
        on = i + int(np.argmax(el[i:] < min_el)) if el[i] >= min_el else i + 1
        found.append((_cross(height, min_el, t[back], top), top, _cross(height, min_el, t[on], top)))
    return [row for row in found if all(math.isfinite(v) for v in row)]


def _top(height: Callable[[Any], Any], low: float, high: float) -> float:
    """Highest point between two instants, by narrowing a grid of 21 four times."""
    for _ in range(4):
        t = np.linspace(low, high, 21)
        i = int(np.argmax(height(t)))
        low, high = t[max(0, i - 1)], t[min(20, i + 1)]
    return float((low + high) / 2)


def _cross(height: Callable[[Any], Any], level: float, below: float, above: float) -> float:
    """Instant of crossing a level between an instant below and one above; infinite when none is below."""
    if float(height(np.array([below]))[0]) >= level:
        return math.inf
    for _ in range(40):
        middle = (below + above) / 2
        below, above = (middle, above) if float(height(np.array([middle]))[0]) < level else (below, middle)
    return float((below + above) / 2)
