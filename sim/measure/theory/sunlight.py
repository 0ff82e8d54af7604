"""Where the sun stands and when it rises and sets, by the short formulas that almanacs print.
They are written apart from the light that a run uses, so that each proves the other.
"""

import datetime as dt
import math
from typing import Any

from sim.measure.theory.names import Names, many

REFERENCE_DAYS = (
    "2025-06-21",
    "2025-12-21",
    "2026-01-06",
    "2026-03-20",
    "2026-06-21",
    "2026-09-23",
    "2026-12-21",
)
_J2000 = dt.datetime(2000, 1, 1, 12, tzinfo=dt.UTC)


def sun(
    *,
    t: str | None = None,
    site: Any = None,
    pressure_hPa: float = 1013.25,
    T_C: float = 15.0,
    delta_t: float = 69.0,
    sites: dict[str, Any] | None = None,
    zenith: float = 90.833,
    dates: Any = None,
) -> Names:
    """Place of the sun at an instant (B16), sunrise, noon and sunset by day (B17, B18), in UTC.

    ``t site`` (latitude, longitude, height in m) with ``pressure_hPa T_C delta_t``: topocentric zenith
    distance with refraction and azimuth, degrees, within 0.01 · ``sites`` name to latitude, longitude, with
    ``zenith`` at rising and ``dates``: clock times under the names SPA and NOAA alike (both within seconds of
    this one). Days without a rise or a set give None and a day length of 0 or 24 h. Source: Meeus 1998, ch.
    25, 28; Saemundsson 1986.
    """
    if t is not None:
        return _place(_instant(t), site, pressure_hPa, T_C, delta_t)
    rows = sites if sites is not None else {"site": site}
    days = many(dates if dates is not None else REFERENCE_DAYS)
    return {f"{name} {day} UTC": _day(day, where, zenith) for name, where in rows.items() for day in days}


def _instant(text: str) -> dt.datetime:
    """Read ``2003-10-17 12:30:30 -07:00``; without an offset it is UTC."""
    words = text.replace("Z", "+00:00").split()
    joined = words[0] if len(words) == 1 else f"{words[0]}T{''.join(words[1:])}"
    moment = dt.datetime.fromisoformat(joined)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def equatorial_deg(century: float) -> tuple[float, float, float]:
    """Apparent right ascension, declination and distance (AU) of the sun (Meeus 1998, ch. 25, low
    accuracy)."""
    mean = 280.46646 + century * (36000.76983 + century * 0.0003032)
    anomaly = math.radians(357.52911 + century * (35999.05029 - century * 0.0001537))
    bend = 0.016708634 - century * 0.000042037
    centre = (
        (1.914602 - century * (0.004817 + 0.000014 * century)) * math.sin(anomaly)
        + (0.019993 - 0.000101 * century) * math.sin(2 * anomaly)
        + 0.000289 * math.sin(3 * anomaly)
    )
    node = math.radians(125.04 - 1934.136 * century)
    lon = math.radians(mean + centre - 0.00569 - 0.00478 * math.sin(node))
    tilt = math.radians(23.4392911 - 0.0130042 * century + 0.00256 * math.cos(node))
    distance = 1.000001018 * (1 - bend**2) / (1 + bend * math.cos(anomaly + math.radians(centre)))
    ascension = math.degrees(math.atan2(math.cos(tilt) * math.sin(lon), math.cos(lon)))
    return ascension, math.degrees(math.asin(math.sin(tilt) * math.sin(lon))), distance


def _days(moment: dt.datetime) -> float:
    return (moment - _J2000) / dt.timedelta(days=1)


def _hour_angle_deg(days: float, lon_deg: float, delta_t: float) -> tuple[float, float, float]:
    """Hour angle (-180..180), declination, distance; sidereal time with the equation of the equinoxes."""
    century = (days + delta_t / 86400) / 36525
    ascension, declination, distance = equatorial_deg(century)
    nod = -0.00478 * math.sin(math.radians(125.04 - 1934.136 * century)) * math.cos(math.radians(23.44))
    turned = 280.46061837 + 360.98564736629 * days + nod + lon_deg - ascension
    return (turned + 180) % 360 - 180, declination, distance


def _place(moment: dt.datetime, site: Any, pressure_hPa: float, T_C: float, delta_t: float) -> Names:
    angle, declination, distance = _hour_angle_deg(_days(moment), site[1], delta_t)
    h, d, lat = (math.radians(v) for v in (angle, declination, site[0]))
    sine = math.sin(lat) * math.sin(d) + math.cos(lat) * math.cos(d) * math.cos(h)
    height = math.degrees(math.asin(sine))
    # Parallax: the sun stands 8.794" x cos(height) lower from the surface than from the centre.
    height -= 8.794 / 3600 / distance * math.cos(math.radians(height))
    seen = height + refraction_deg(height, pressure_hPa=pressure_hPa, T_C=T_C)
    west = math.atan2(math.sin(h), math.cos(h) * math.sin(lat) - math.tan(d) * math.cos(lat))
    return {"zenith": 90 - seen, "azimuth": (math.degrees(west) + 180) % 360, "elevation_deg": seen}


def refraction_deg(height_deg: float, *, pressure_hPa: float, T_C: float) -> float:
    """Lift by the air (Saemundsson 1986 in Meeus 1998, 16.4); none well below the horizon."""
    if height_deg < -1:
        return 0.0
    lift = 1.02 / math.tan(math.radians(height_deg + 10.3 / (height_deg + 5.11))) / 60
    return lift * pressure_hPa / 1010 * 283 / (273 + T_C)


def _day(day: str, where: Any, zenith: float) -> Names:
    noon = _noon(dt.datetime.fromisoformat(day).replace(hour=12, tzinfo=dt.UTC), where[1])
    rise, down = (_crossing(noon, where, zenith, side) for side in (-1, 1))
    if rise is None or down is None:
        _angle, declination, _far = _hour_angle_deg(_days(noon), where[1], 69.0)
        length = 86400.0 if abs(where[0] - declination) < zenith else 0.0
    else:
        length = (down - rise).total_seconds()
    clocks = [None if moment is None else _clock(moment) for moment in (rise, noon, down)]
    text = _span(length)
    return {"SPA": clocks, "daylen_SPA": text, "NOAA": clocks, "daylen_NOAA": text}


def _noon(moment: dt.datetime, lon_deg: float) -> dt.datetime:
    """Instant of the sun's transit nearest to local noon of that day."""
    moment -= dt.timedelta(hours=lon_deg / 15)
    for _ in range(4):
        angle = _hour_angle_deg(_days(moment), lon_deg, 69.0)[0]
        moment -= dt.timedelta(days=angle / 360)
    return moment


def _crossing(noon: dt.datetime, where: Any, zenith: float, side: int) -> dt.datetime | None:
    """Instant before (-1) or after (1) noon at which the sun's centre has that geometric zenith distance."""
    lat, moment = math.radians(where[0]), noon
    for _ in range(8):
        angle, declination, _far = _hour_angle_deg(_days(moment), where[1], 69.0)
        d = math.radians(declination)
        cosine = (math.cos(math.radians(zenith)) - math.sin(lat) * math.sin(d)) / (
            math.cos(lat) * math.cos(d)
        )
        if abs(cosine) > 1:
            return None
        moment += dt.timedelta(days=(side * math.degrees(math.acos(cosine)) - angle) / 360)
    return moment


def _clock(moment: dt.datetime) -> str:
    return (moment + dt.timedelta(milliseconds=500)).strftime("%H:%M:%S")


def _span(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
