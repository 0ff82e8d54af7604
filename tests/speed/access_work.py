"""The work by which access is timed: 60 satellites of SGP4 over 200 cells on a line for 30 days, in whole or in part.

A mediator gets one sentence of what "fast" means; the test beside this and the script that times peers share it.
"""

from __future__ import annotations

import datetime as dt
import gc
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from sim.monitoring.access import AccessRule, access_windows
from sim.monitoring.orbits import ElementSet

START = dt.datetime(2026, 1, 6, tzinfo=dt.UTC)
LIT = AccessRule(off_nadir_max_deg=30.0, sun_elevation_min_deg=10.0)
HIGH = AccessRule(elevation_min_deg=57.0)
"""The rule that every peer can ask for: elevation alone, about 30° off nadir at 550 km."""
CONE = AccessRule(off_nadir_max_deg=30.0)
HIGH_LIT = HIGH._replace(sun_elevation_min_deg=10.0)


def fleet(count: int = 60) -> tuple[ElementSet, ...]:
    """Satellites at 550 km, 97.6°, in 6 planes of 10; the first ones in different planes."""
    motion = 86400 / (2 * np.pi) * np.sqrt(398600.8 / 6928.135**3)
    return tuple(ElementSet(f"T{k:02d}", str(90001 + k), START.timestamp(), round(float(motion), 8), 0.0003, 97.6,
                            round(60.0 * (k % 6), 4), 0.0, round((36.0 * (k // 6) + 6 * (k % 6)) % 360, 4), 1e-5, 0.0, 0.0)
                 for k in range(count))


def cells(count: int = 200) -> tuple[Any, Any]:
    """Places along a line of 1,200 km from the sea to the north-east, latitudes and longitudes."""
    share = (np.arange(200) + 0.5) / 200
    picked = np.linspace(0, 199, count).round().astype(int)
    return (46.0 + 5.0 * share)[picked], (32.0 + 6.0 * np.sqrt(share))[picked]


def ours(satellites: int, places: int, days: float, rule: AccessRule) -> Any:
    """Windows of a part of the work."""
    lat, lon = cells(places)
    return access_windows(orbits=fleet(satellites), lat_deg=lat, lon_deg=lon, start=START, days=days, rule=rule)


def yardstick() -> None:
    """SGP4 of the whole fleet every 240 s for 30 days, by the sgp4 package: what any access search must beat or pay."""
    import sgp4.api

    from sim.monitoring.orbits import satrec_of

    fractions = np.arange(0, 30 * 86400, 240) / 86400
    flown = sgp4.api.SatrecArray([satrec_of(one) for one in fleet()])
    flown.sgp4(np.full(len(fractions), START.timestamp() / 86400 + 2440587.5), fractions)


def cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    gc.collect()
    begin = time.process_time()
    work()
    return time.process_time() - begin


def by_turns(works: dict[str, Callable[[], object]], *, rounds: int) -> dict[str, float]:
    """Median CPU seconds of each work, all done by turns in one process, after one round to warm up."""
    for work in works.values():
        work()
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            taken[name].append(cpu_s(work))
    return {name: median(one) for name, one in taken.items()}
