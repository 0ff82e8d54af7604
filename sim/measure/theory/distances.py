"""Closed forms of distance: how far the nearest unit is, and how far two places lie apart on the Earth.
They prove the travel times of every answer that has to go somewhere.
"""

import math
from typing import Any

from sim.foundation.geodesy import Place, haversine_km, inverse
from sim.measure.theory.names import Names, above_zero, bare, many, short

# Places of the reference lines (C27), degrees north and east.
PLACES = {
    "Kyiv": (50.4501, 30.5234),
    "Donetsk": (48.0159, 37.8029),
    "Paris": (48.8566, 2.3522),
    "London": (51.5074, -0.1278),
    "Berlin": (52.52, 13.405),
    "Warsaw": (52.2297, 21.0122),
    "Rzeszow": (50.11, 22.019),
    "Kharkiv": (49.9935, 36.2304),
    "Odesa": (46.4825, 30.7233),
}
REFERENCE_PAIRS = (
    "Kyiv-Donetsk",
    "Paris-Kyiv",
    "London-Kyiv",
    "Berlin-Kyiv",
    "Warsaw-Kyiv",
    "Rzeszow-Kyiv",
    "Kyiv-Kharkiv",
    "Odesa-Donetsk",
)


def distance(
    *,
    lines: Any = None,
    pairs: Any = None,
    places: dict[str, Any] | None = None,
    density_per_km2: float | None = None,
    over_km: float = 30.0,
    disc_km: float = 50.0,
    bases: int = 6,
    line_km: float = 1200.0,
    square_km: float = 1.0,
    disc_two_km: float = 1.0,
    segment_km: float = 1.0,
) -> Names:
    """Distances in the mean and on the map (C25-C28); the keys given choose.

    ``lines`` rows of lat1, lon1, lat2, lon2 (C26): geodesic metres and azimuths · ``pairs`` of place names as
    ``"Kyiv-Donetsk"``, with own ``places`` if wanted (C27) · any of the others: means in the plane (C25) · no
    key: C25 and C27 together. Geodesics on WGS84 (Karney 2013); haversine with R = 6371008.8 m.
    """
    if lines is not None:
        return _geodesics(many(lines))
    known = PLACES | {k: tuple(v) for k, v in (places or {}).items()}
    if pairs is not None:
        return {f"{name} m": _between(name, known) for name in many(pairs)}
    means = _means(
        0.001 if density_per_km2 is None else density_per_km2, over_km, disc_km, bases, line_km
    ) | _two_points(square_km, disc_two_km, segment_km)
    if density_per_km2 is not None:
        return means
    return means | {f"{name} m": _between(name, known) for name in REFERENCE_PAIRS}


def _means(density: float, over_km: float, disc_km: float, bases: int, line_km: float) -> Names:
    """Nearest point of a Poisson plane (Larson & Odoni 1981, 3.7.1), of a disc's middle, of bases on a
    line."""
    above_zero(density_per_km2=density)
    return {
        f"nearest in Poisson plane g={bare(density)}/km2 mean km": 1 / (2 * math.sqrt(density)),
        f"  P(D>{short(over_km)}km)": math.exp(-density * math.pi * over_km**2),
        "nearest Manhattan mean": math.sqrt(math.pi / (2 * density)) / 2,
        f"point in disc R={short(disc_km)} to centre mean": 2 * disc_km / 3,
        f"N={bases} equally spaced bases on L={short(line_km)} km: mean distance to nearest": line_km
        / (4 * bases),
        f"random {bases} bases on circle {short(line_km)}: mean distance to nearest": line_km
        / (2 * (bases + 1)),
    }


def _two_points(square_km: float, disc_km: float, segment_km: float) -> Names:
    """Mean distance of two random points: square (Ghosh 1951), disc 128R/(45 pi), segment L/3."""
    unit = (2 + math.sqrt(2) + 5 * math.asinh(1)) / 15
    square = "unit square" if square_km == 1 else f"square a={short(square_km)}"
    return {
        f"two pts in {square} mean": unit * square_km,
        f"two pts in disc R={short(disc_km)}": 128 * disc_km / (45 * math.pi),
        f"two pts on segment L={short(segment_km)}": segment_km / 3,
    }


def _geodesics(lines: list[Any]) -> Names:
    found = [inverse(Place(row[0], row[1]), Place(row[2], row[3])) for row in lines]
    return {
        "s12": [line.s12_m for line in found],
        "azi1": [line.azi1_deg for line in found],
        "haversine": [1000 * haversine_km(Place(row[0], row[1]), Place(row[2], row[3])) for row in lines],
    }


def _between(name: str, known: dict[str, Any]) -> Names:
    ends = name.split("-")
    unknown = [end for end in ends if end not in known]
    if unknown or len(ends) != 2:
        raise ValueError(f"{name!r} must join two known places by a dash; known are {', '.join(known)}")
    a, b = (Place(*known[end]) for end in ends)
    line, sphere = inverse(a, b), 1000 * haversine_km(a, b)
    error = round(100 * (sphere / line.s12_m - 1), 4) if line.s12_m else None
    return {"s12": line.s12_m, "azi1": line.azi1_deg, "haversine": sphere, "rel_err_pct": error}
