"""A short straight line for tests of monitoring: cells in a row along the 48th parallel, a base beside it, an open sky."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.area.light import Light, light_of
from sim.area.line import Cells
from sim.area.weather import Sky, sky_of
from sim.foundation.geodesy import Place
from sim.foundation.streams import streams_of
from sim.scenario.agreement import Agreement, Kind
from sim.scenario.area import Climate
from sim.scenario.monitoring import Consent, Drones, Means, Monitoring

H = 3_600_000_000
DAY = 24 * H
START_S = 1_769_904_000.0  # 2026-02-01T00:00Z
KM_PER_DEG = 74.6


def cells(n: int = 20, *, size_km: float = 5.0, sectors: int = 2) -> Cells:
    """Cells in equal sectors w0, w1, … along the 48th parallel from 36° E."""
    km: Any = (np.arange(n) + 0.5) * size_km
    return Cells(
        np.arange(n) * sectors // n,
        km,
        np.full(n, size_km),
        np.full(n, 48.0),
        36 + km / KM_PER_DEG,
        np.zeros(n, dtype=bool),
        tuple(f"w{s}" for s in range(sectors)),
        sectors,
        n * size_km,
    )


BASE = Place(lat_deg=48.0, lon_deg=36.0)


def climate(**keys: Any) -> Climate:
    """A clear and calm sky, unless told otherwise."""
    return Climate(**({"cloud_share": (0.0,) * 12, "strong_wind_share": (0.0,) * 12, "icing_share": (0.0,) * 12} | keys))


def sky(where: Cells, *, days: int = 30, replication: int = 0, **keys: Any) -> Sky:
    """One history of the sky."""
    return sky_of(
        climate(**keys),
        where,
        streams_of(1, replication),
        start_month=(np.array([-(2**62)]), np.array([1])),
        horizon_us=days * DAY,
    )


def light(where: Cells, *, days: int = 30, start_s: float = START_S) -> Light:
    """Daylight from 1 February 2026, unless told otherwise."""
    return light_of(where, start_unix_s=start_s, horizon_us=days * DAY)


def means(name: str = "eye", physics: str = "optical", pd: float = 0.5, **keys: Any) -> Means:
    """One means that notices fire."""
    return Means(**({"id": name, "physics": physics, "pd": {"fire": pd}} | keys))


def allowed(side: str = "A", **keys: Any) -> Consent:
    """Consent to everything on one side."""
    every = ("drones", "posts", "observers", "teams")
    return Consent(**({"id": f"all-{side.lower()}", "side": side, "means": every} | keys))


def monitoring(*, consent: tuple[Consent, ...] | None = None, **keys: Any) -> Monitoring:
    """A design with consent of side A."""
    return Monitoring(consent=(allowed(),) if consent is None else consent, **keys)


def unit(**keys: Any) -> Drones:
    """A drone unit that nothing troubles, unless told otherwise."""
    calm: dict[str, Any] = {
        "id": "unit",
        "base": "base",
        "means_by_day": "eye",
        "means_by_night": "heat",
        "airframes": 4,
        "crews": 50,
        "endurance_h": 10.0,
        "speed_kmh": 100.0,
        "turnaround_h": 3.0,
        "reach_km": 12.0,
        "patrols": ("w0",),
        "failure_mean_h": 1e5,
        "interference_share": 0.0,
    }
    return Drones(**(calm | keys))


TERMS = Agreement(kinds=(Kind(id="fire"),))
