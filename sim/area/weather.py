"""The sky: cloud that all optical looks at a place share, and spells of wind and icing that keep drones on the ground.

A mediator learns here why ten satellites do not see ten times as much: one weather front blinds them together.
"""
from __future__ import annotations

from functools import lru_cache
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.area.line import Cells
from sim.foundation.geodesy import Place, distance_km
from sim.foundation.streams import F64, I64, Streams
from sim.scenario.area import Climate

_DAY_US = 86_400_000_000
_BLOCK = 64


class Sky(NamedTuple):
    """One history of the sky; a value holds from its refresh to the next."""

    front_us: I64
    front: F64
    """Front value, shape (refreshes, sectors)."""
    local_us: I64
    """Sector × span + time of each local refresh, ascending."""
    local: F64
    fate: F64
    """One draw per local refresh: looks are blocked where it lies below the cloud cover."""
    spell_us: dict[str, I64]
    spell: dict[str, F64]
    span_us: int
    logit: F64
    """Logit of median cloud cover by month."""
    sd: float
    weight: float
    month_us: I64
    month: I64
    shares: dict[str, F64]


def cloud_logits(climate: Climate) -> F64:
    """Logit a(month) whose logistic-normal mean is the month's cloud cover."""
    return np.array([_logit_for_mean(mean, climate.cloud_logit_sd) for mean in climate.cloud_share])


@lru_cache(maxsize=256)
def _logit_for_mean(mean: float, sd: float) -> float:
    """Solve E[logistic(a + sd·Z)] = mean by bisection, with 64-point Gauss–Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(64)
    weights = weights / weights.sum()
    low, high = -40.0, 40.0
    for _ in range(80):
        middle = (low + high) / 2
        if float((weights / (1 + np.exp(-(middle + sd * nodes)))).sum()) < mean:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def refreshes(streams: Streams, name: tuple[str | int, ...], *, mean_us: float, horizon_us: int) -> I64:
    """Poisson refresh times from 0, drawn in blocks so that a longer horizon only adds to them."""
    generator = streams.generator(*name, "gaps")
    times = [np.zeros(1, dtype=np.int64)]
    while times[-1][-1] <= horizon_us:
        gaps = np.maximum((generator.standard_exponential(_BLOCK) * mean_us).astype(np.int64), 1)
        times.append(times[-1][-1] + np.cumsum(gaps))
    return np.concatenate(times)


def sky_of(climate: Climate, cells: Cells, streams: Streams, *, start_month: tuple[I64, I64], horizon_us: int) -> Sky:
    """Draw the sky over the line and the seas; neighbouring sectors share a front by their distance."""
    front_us = refreshes(streams, ("sky", "front"), mean_us=climate.front_refresh_d * _DAY_US, horizon_us=horizon_us)
    normal = streams.generator("sky", "front", "values").standard_normal((len(front_us), len(cells.sectors)))
    span = horizon_us + 400 * _DAY_US
    local_us, local, fate = [], [], []
    for sector, name in enumerate(cells.sectors):
        times = refreshes(streams, ("sky", "local", name), mean_us=climate.local_refresh_d * _DAY_US, horizon_us=horizon_us)
        local_us.append(np.minimum(times, span - 1) + sector * span)
        local.append(streams.generator("sky", "local", name, "values").standard_normal(len(times)))
        fate.append(streams.generator("sky", "local", name, "fate").random(len(times)))
    spells = {name: refreshes(streams, ("sky", name), mean_us=climate.front_refresh_d * _DAY_US, horizon_us=horizon_us)
              for name in ("wind", "icing")}
    luck = {name: streams.generator("sky", name, "values").random(len(times)) for name, times in spells.items()}
    return Sky(front_us, _along(normal, cells, climate.correlation_km), np.concatenate(local_us), np.concatenate(local),
               np.concatenate(fate), spells, luck, span, cloud_logits(climate), climate.cloud_logit_sd,
               climate.front_weight, *start_month,
               {"wind": np.array(climate.strong_wind_share), "icing": np.array(climate.icing_share)})


def _along(normal: F64, cells: Cells, correlation_km: float) -> F64:
    """First-order chain along the line: z(k+1) = φ z(k) + √(1 − φ²) ε, φ = exp(−d/L); a sea area follows its nearest sector."""
    chained = normal.copy()
    for sector in range(1, len(cells.sectors)):
        before, apart_km = _neighbour(cells, sector)
        phi = np.exp(-apart_km / correlation_km)
        chained[:, sector] = phi * chained[:, before] + sqrt(1 - phi**2) * normal[:, sector]
    return chained


def _neighbour(cells: Cells, sector: int) -> tuple[int, float]:
    """Sector that a sector takes its front from, and how far it is: the one before it on the line, at sea the nearest."""
    if sector < cells.land_sectors:
        middle = [float(cells.km[cells.sector == s].mean()) for s in (sector - 1, sector)]
        return sector - 1, middle[1] - middle[0]
    members = [cells.sector == s for s in range(sector + 1)]
    places = [Place(lat_deg=float(cells.lat_deg[m].mean()), lon_deg=float(cells.lon_deg[m].mean())) for m in members]
    apart_km = [distance_km(places[sector], other) for other in places[:sector]]
    return int(np.argmin(apart_km)), min(apart_km)


def month_at(sky: Sky, time_us: I64) -> I64:
    """Calendar month (0 = January) of each time."""
    return sky.month[np.searchsorted(sky.month_us, time_us, side="right") - 1]


def cloud_cover(sky: Sky, sector: I64, time_us: I64) -> tuple[F64, I64]:
    """Cloud cover of each sector at each time, and the row of its local refresh."""
    front = np.maximum(np.searchsorted(sky.front_us, time_us, side="right") - 1, 0)
    local = np.searchsorted(sky.local_us, sector * sky.span_us + np.maximum(time_us, 0), side="right") - 1
    z = sqrt(sky.weight) * sky.front[front, sector] + sqrt(1 - sky.weight) * sky.local[local]
    return 1 / (1 + np.exp(-(sky.logit[month_at(sky, time_us)] + sky.sd * z))), local


def clouded(sky: Sky, sector: I64, time_us: I64) -> NDArray[np.bool_]:
    """Is an optical look at each sector and time blocked? All looks between two local refreshes share one draw."""
    cover, local = cloud_cover(sky, sector, time_us)
    return sky.fate[local] < cover


def in_spell(sky: Sky, name: str, time_us: I64) -> NDArray[np.bool_]:
    """Is the wind strong, or is there icing, at each time? On while the draw of the spell is below the month's share."""
    row = np.maximum(np.searchsorted(sky.spell_us[name], time_us, side="right") - 1, 0)
    return sky.spell[name][row] < sky.shares[name][month_at(sky, time_us)]
