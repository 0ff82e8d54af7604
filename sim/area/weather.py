"""The sky: cloud that all optical looks at a place share, and spells of wind and icing that keep drones on the ground.

A mediator learns here why ten satellites do not see ten times as much: one weather front blinds them together.

Law: z = √w · front + √(1 − w) · local, each constant between Poisson refreshes, cover = logistic(a(month) + s·z). Fitted so
that simulated two-year records agree with The Economist's daily cloud over the east of Ukraine in 2023-24 (area) and with
Open-Meteo's city series (points). Fronts d km apart correlate by exp(−(d/L)²): the daily cloud of two places correlates by
0.69 at 252 km and 0.35 at 565 km, which the chain exp(−d/L) along the line (`correlation_power = 1`) meets only with a local
share so small that days at a point are as alike (0.5 and more) as days of the area (0.57), while the data say 0.42 to 0.45.
The spread is that of the sky at one place and moment; the 1.07 measured on daily means of the area is what averaging leaves.
"""
from __future__ import annotations

from functools import lru_cache
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.area.line import Cells
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
    return Sky(front_us, _along(normal, cells, climate), np.concatenate(local_us), np.concatenate(local),
               np.concatenate(fate), spells, luck, span, cloud_logits(climate), climate.cloud_logit_sd,
               climate.front_weight, *start_month,
               {"wind": np.array(climate.strong_wind_share), "icing": np.array(climate.icing_share)})


def _along(normal: F64, cells: Cells, climate: Climate) -> F64:
    """Give independent values the correlation exp(−(d/L)^p) of places d km apart; at p = 1 on a straight line the chain
    z(k+1) = φ z(k) + √(1 − φ²) ε, φ = exp(−d/L).

    Summed column by column, not by a matrix product, so that a refresh has the same value however many follow it.
    """
    root = _root(_middles_km(cells).tobytes(), climate.correlation_km, climate.correlation_power)
    along = np.zeros_like(normal)
    for sector in range(len(root)):
        along += normal[:, sector, None] * root[:, sector]
    return along


def _middles_km(cells: Cells) -> F64:
    """Middle of each sector and sea area, shape (sectors, 3): kilometres from the centre of the WGS84 ellipsoid."""
    lat, lon = np.radians(cells.lat_deg), np.radians(cells.lon_deg)
    across = 6378.137 / np.sqrt(1 - 0.00669438 * np.sin(lat) ** 2)
    places = (across * np.cos(lat) * np.cos(lon), across * np.cos(lat) * np.sin(lon), across * (1 - 0.00669438) * np.sin(lat))
    middles: F64 = np.stack([np.bincount(cells.sector, axis) / np.bincount(cells.sector) for axis in places], axis=1)
    return middles


@lru_cache(maxsize=64)
def _root(middles_km: bytes, correlation_km: float, power: float) -> F64:
    """Lower Cholesky root of the correlation between sectors.

    Distances are straight lines (within 0.1 % of the geodesic up to 1,000 km): between points of space the law is a valid
    correlation for every power up to 2 (Schoenberg 1938, Annals of Mathematics 39), along the curved earth it need not be.
    Each sector has a billionth of the variance for itself, so that rounding cannot make sectors that nearly touch impossible.
    """
    places: F64 = np.frombuffer(middles_km).reshape(-1, 3)
    apart_km = np.sqrt(((places[:, None] - places) ** 2).sum(axis=2))
    law = np.exp(-((apart_km / correlation_km) ** power)) + 1e-9 * np.eye(len(places))
    root: F64 = np.zeros_like(law)
    for j in range(len(law)):
        rest = law[j:, j] - (root[j:, :j] * root[j, :j]).sum(axis=1)
        root[j:, j] = rest / sqrt(rest[0])
    return root


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
