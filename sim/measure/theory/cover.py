"""Closed forms of cover: ground within reach of strewn sensors, cells drawn for a look, how far one sees.
They tell how much of an area a number of sensors can hold at best.
"""

import math
from typing import Any

from sim.measure.theory.names import Names, many

EARTH_RADIUS_KM = 6371.0


def ground_cover(*, density_per_km2: float, r_km: float, k: int = 2) -> Names:
    """Share of ground within reach of at least one, two (k) of sensors strewn at random (A24).

    The number in reach is Poisson with mean density pi r^2 (Boolean model; Hall 1988).
    """
    mean = density_per_km2 * math.pi * r_km**2
    found = {"covered": -math.expm1(-mean), "twice": 1 - math.exp(-mean) * (1 + mean)}
    if k > 2:
        below = math.fsum(mean**j / math.factorial(j) for j in range(k))
        found[f"covered_{k}"] = 1 - math.exp(-mean) * below
    return found


def random_tasking(*, K: int, N: int, days: int) -> Names:
    """A cell's fate when K of N cells are drawn anew each day (A25): geometric with chance K/N."""
    if not 0 < K <= N:
        raise ValueError(f"K = {K} must lie in 1 to N = {N}")
    return {"P_miss": (1 - K / N) ** days, "mean_days": N / K}


def sight(*, h_m: float, ratios: Any = (), target_m: float = 0.0) -> Names:
    """How far a sensor at height h sees, and the chance to do the task by resolved cycles (A26).

    Geometric horizon sqrt(2Rh + h^2); radio horizon with 4/3 of the radius (ITU-R P.453); target transform
    probability N^E/(1 + N^E), E = 2.7 + 0.7 N, N = cycles over cycles for half success (Johnson 1958;
    Ratches et al. 1975). ``target_m`` adds the height of what is seen.
    """
    tall, low = h_m / 1000, target_m / 1000
    radio = math.sqrt(8 / 3 * EARTH_RADIUS_KM * tall) + math.sqrt(8 / 3 * EARTH_RADIUS_KM * low)
    straight = sum(math.sqrt(2 * EARTH_RADIUS_KM * h + h * h) for h in (tall, low))
    return {"radio_horizon_km": radio, "geometric_km": straight, "TTPF": [_ttpf(r) for r in many(ratios)]}


def _ttpf(ratio: float) -> float:
    if ratio <= 0:
        return 0.0
    power = ratio ** (2.7 + 0.7 * ratio)
    return power / (1 + power) if math.isfinite(power) else 1.0
