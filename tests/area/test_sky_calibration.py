"""The shipped sky against two years of daily cloud over the east of Ukraine and against city series; spells against their law.

Simulated records are daily means of eight looks at the cloud cover of each sector of the shipped line, 731 days from 1 January
2023; the area is the mean of the eighteen sectors.
"""

from __future__ import annotations

import csv
import json
import math
import tomllib
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.area.line import Cells, cells_of
from sim.area.weather import Sky, cloud_cover, clouded, in_spell, month_at, sky_of
from sim.foundation.geodesy import Place, distance_km
from sim.foundation.streams import streams_of
from sim.scenario.area import Area, Climate

F64 = NDArray[np.float64]

ROOT = Path(__file__).parents[2]
WEATHER = ROOT.parent / "shared" / "data" / "weather"
DAY = 86_400_000_000
DAYS = [date(2023, 1, 1) + timedelta(n) for n in range(731)]
MONTH = np.array([day.month - 1 for day in DAYS])
BINS = [0, 10, 40, 70, 90, 100.001]

# The Economist, war-fire model, daily cloud over the east of Ukraine 2023-24 (CC BY 4.0), computed from its 731 days.
AREA_MONTHS = [76.2, 75.9, 69.9, 71.3, 52.6, 52.1, 47.9, 38.9, 41.9, 59.9, 77.4, 87.2]
AREA_LAG = 0.571
AREA_BINS = [0.0096, 0.1997, 0.3543, 0.2695, 0.1669]
AREA_TWENTIES = [0.0561, 0.1532, 0.2079, 0.2845, 0.2982]
AREA_LONGEST = 27
"""Days in a row with at least 70 % of cloud in November to February."""

# Open-Meteo archive: lag-1 of daily anomalies at Kharkiv 2022-26 and in the 662 days without a gap of Crimea; correlation of
# daily anomalies by distance of the cities: Kharkiv-Zaporizhzhia, Zaporizhzhia-Odesa, Kharkiv-Kyiv, Kharkiv-Odesa.
POINT_LAGS = (0.42, 0.45)
ALIKE = {252: 0.69, 367: 0.57, 411: 0.49, 565: 0.35}
# Kharkiv on the 249 days of 2023-24 with an air attack, and monthly means of these days, which differ from the area's.
KHARKIV_BINS = [0.0803, 0.1365, 0.1968, 0.2209, 0.3655]
KHARKIV_SHARE = [0.772, 0.877, 0.739, 0.683, 0.516, 0.391, 0.291, 0.373, 0.394, 0.590, 0.852, 0.938]


class Record(NamedTuple):
    """What one record of two years shows, simulated or measured."""

    months: F64
    area_lag: float
    point_lag: float
    alike: F64
    bins: F64
    twenties: F64
    longest: int


@lru_cache(maxsize=1)
def shipped() -> tuple[Area, Cells]:
    text = (ROOT / "scenarios" / "parts" / "line-2026.toml").read_text(encoding="utf-8")
    area = Area.model_validate_json(json.dumps(tomllib.loads(text)["area"]))
    return area, cells_of(area)


def months_us() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    starts = np.flatnonzero(np.diff(MONTH, prepend=-1))
    return np.concatenate(([-(2**62)], starts[1:] * DAY)), MONTH[starts]


def daily(climate: Climate, replication: int, *, seed: int = 20260106) -> F64:
    """Cloud in percent, shape (sectors, 731)."""
    cells = shipped()[1]
    drawn = sky_of(climate, cells, streams_of(seed, replication), start_month=months_us(), horizon_us=731 * DAY)
    looks, sectors = np.arange(731 * 8) * (DAY // 8) + DAY // 16, cells.land_sectors
    cover = cloud_cover(drawn, np.repeat(np.arange(sectors), len(looks)), np.tile(looks, sectors))[0]
    means: F64 = 100 * cover.reshape(sectors, 731, 8).mean(axis=2)
    return means


def anomalies(values: F64, month: NDArray[np.int64] = MONTH) -> F64:
    """Daily values less the mean of their calendar month."""
    means: F64 = np.array([values[month == m].mean() for m in range(12)])
    return values - means[month]


def lag(values: F64) -> float:
    return float(np.corrcoef(values[:-1], values[1:])[0, 1])


def shares(values: F64, edges: list[float]) -> F64:
    return np.histogram(values, edges)[0] / len(values)


def longest_overcast(values: F64) -> int:
    longest = run = 0
    for on in (values >= 70) & np.isin(MONTH, (10, 11, 0, 1)):
        run = run + 1 if on else 0
        longest = max(longest, run)
    return longest


@lru_cache(maxsize=1)
def distances() -> F64:
    cells = shipped()[1]
    middles = [cells.sector == s for s in range(cells.land_sectors)]
    places = [Place(lat_deg=float(cells.lat_deg[m].mean()), lon_deg=float(cells.lon_deg[m].mean())) for m in middles]
    return np.array([[distance_km(a, b) for b in places] for a in places])


def alike(points: F64) -> F64:
    """Mean correlation of the pairs of sectors that are as far apart, within 40 km, as each pair of cities."""
    found: F64 = np.asarray(np.corrcoef(points))
    apart = distances()
    return np.array([found[np.abs(apart - km) < 40].mean() for km in ALIKE])


def record_of(cover: F64) -> Record:
    area, points = cover.mean(axis=0), np.array([anomalies(row) for row in cover])
    return Record(np.array([area[m == MONTH].mean() for m in range(12)]), lag(anomalies(area)),
                  float(np.mean([lag(row) for row in points])), alike(points), shares(area, BINS),
                  shares(area, [0, 20, 40, 60, 80, 100.001]), longest_overcast(area))


@lru_cache(maxsize=2)
def records(count: int) -> tuple[Record, ...]:
    return tuple(record_of(daily(shipped()[0].climate, r)) for r in range(count))


def inside(simulated: list[Any], measured: Any, *, few: bool) -> None:
    """Is the datum in the central 95 % of the records, or, of a few records, within two and a half deviations?"""
    values = np.array(simulated, dtype=np.float64)
    middle, spread = values.mean(axis=0), 2.5 * values.std(axis=0, ddof=1)
    low, high = (middle - spread, middle + spread) if few else np.percentile(values, [2.5, 97.5], axis=0)
    assert ((low <= measured) & (measured <= high)).all(), (low, measured, high)


def agrees(count: int, *, few: bool) -> None:
    found = records(count)
    assert np.abs(np.mean([r.months for r in found], axis=0) - AREA_MONTHS).max() < 3
    assert abs(np.mean([r.area_lag for r in found]) - AREA_LAG) < 0.05
    for measured in POINT_LAGS:
        assert abs(np.mean([r.point_lag for r in found]) - measured) < 0.05
    inside([r.alike for r in found], list(ALIKE.values()), few=few)
    inside([r.bins for r in found], AREA_BINS, few=few)
    inside([r.twenties for r in found], AREA_TWENTIES, few=few)
    inside([r.longest for r in found], AREA_LONGEST, few=few)


def test_twenty_records_agree_with_the_data() -> None:
    agrees(20, few=True)


@pytest.mark.slow
def test_two_hundred_records_agree_with_the_data() -> None:
    agrees(200, few=False)


def kharkiv(count: int, *, few: bool) -> None:
    """Its own monthly means, its own days: the law of the sky gives the shape."""
    days, cloud = cities("kharkiv")
    climate = shipped()[0].climate.model_copy(update={"cloud_share": tuple(KHARKIV_SHARE)})
    assert shares(cloud, BINS) == pytest.approx(KHARKIV_BINS, abs=1e-4)
    assert [cloud[MONTH[days] == m].mean() / 100 for m in range(12)] == pytest.approx(KHARKIV_SHARE, abs=1e-3)
    inside([shares(daily(climate, r, seed=20260107)[-1][days], BINS) for r in range(count)], KHARKIV_BINS, few=few)


def test_days_at_kharkiv_are_clear_broken_and_overcast_as_often() -> None:
    kharkiv(20, few=True)


@pytest.mark.slow
def test_days_at_kharkiv_are_clear_broken_and_overcast_as_often_in_full() -> None:
    kharkiv(200, few=False)


def rows(name: str) -> list[dict[str, str]]:
    path = WEATHER / name
    if not path.exists():
        pytest.skip("no weather data beside this checkout")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cities(name: str) -> tuple[list[int], F64]:
    """Days of 2023-24, counted from their first, on which a city has a value, and its cloud in percent."""
    table = rows("openmeteo_4cities_attack_dates_2022_2024.csv")
    values = {(date.fromisoformat(row["date"]) - DAYS[0]).days: float(row[f"{name}_cloudcover_mean"]) for row in table}
    days = [day for day in sorted(values) if 0 <= day < 731]
    return days, np.array([values[day] for day in days])


def test_targets_are_those_of_the_area_file() -> None:
    table = rows("economist_cloud_east_ukraine_2023_2024.csv")
    assert [row["date"] for row in table] == [day.isoformat() for day in DAYS]
    cloud = np.array([float(row["cloud_east_pct"]) for row in table])
    assert [cloud[m == MONTH].mean() for m in range(12)] == pytest.approx(AREA_MONTHS, abs=0.05)
    assert lag(anomalies(cloud)) == pytest.approx(AREA_LAG, abs=5e-4)
    assert shares(cloud, BINS) == pytest.approx(AREA_BINS, abs=1e-4)
    assert shares(cloud, [0, 20, 40, 60, 80, 100.001]) == pytest.approx(AREA_TWENTIES, abs=1e-4)
    assert longest_overcast(cloud) == AREA_LONGEST


def test_targets_are_near_those_of_the_city_files() -> None:
    """The files hold the days of air attacks to 2024 only and a year of Crimea; the targets come from longer series."""
    found = {name: anomalies(cloud, MONTH[days]) for name in ("kyiv", "kharkiv", "odesa", "zaporizhzhia")
             for days, cloud in (cities(name),)}
    for km, (one, other) in zip(ALIKE, (("kharkiv", "zaporizhzhia"), ("zaporizhzhia", "odesa"), ("kharkiv", "kyiv"),
                                        ("kharkiv", "odesa")), strict=True):
        assert float(np.corrcoef(found[one], found[other])[0, 1]) == pytest.approx(ALIKE[km], abs=0.06)
    table = rows("openmeteo_crimea_krasnodar_2024-06_2025-06.csv")
    month = np.array([date.fromisoformat(row["date"]).month - 1 for row in table])
    crimea = np.array([float(row["crimea_cloudcover_mean"]) for row in table])
    assert lag(anomalies(crimea, month)) == pytest.approx(0.435, abs=0.03)


def test_smooth_fronts_follow_the_stated_law() -> None:
    """corr = exp(−(d/L)²) between sectors of the shipped line, d by geodesic."""
    area, cells = shipped()
    fronts = np.concatenate([sky_of(area.climate, cells, streams_of(5, r), start_month=months_us(), horizon_us=731 * DAY).front
                             for r in range(8)])[:, :cells.land_sectors]
    expected, n = np.exp(-((distances() / area.climate.correlation_km) ** 2)), len(fronts)
    assert n > 5000
    assert (np.abs(np.corrcoef(fronts.T) - expected) <= 4 * (1 - expected**2) / math.sqrt(n) + 1e-6).all()
    assert np.abs(fronts.std(axis=0) - 1).max() < 4 / math.sqrt(2 * n)


def one_sector(climate: Climate, *, days: int, replication: int = 0, months: Any = None) -> Sky:
    cells = Cells(np.zeros(1, dtype=np.int64), np.array([25.0]), np.array([50.0]), np.array([48.0]), np.array([36.0]),
                  np.zeros(1, dtype=bool), ("s",), 1, 50.0)
    return sky_of(climate, cells, streams_of(7, replication), horizon_us=days * DAY,
                  start_month=months or (np.array([-(2**62)]), np.array([0])))


def flat(**keys: Any) -> Climate:
    """The same sky in every month."""
    return Climate(**(dict.fromkeys(("cloud_share", "strong_wind_share", "icing_share"), (0.4,) * 12) | keys))


def test_looks_through_clouds_that_last() -> None:
    """P(clear → cloud) 0.2 and P(cloud → clear) 0.3 from look to look: the sky is clear for 0.6 of the looks, the first clear
    look is the 2.333rd on average (1.667th if looks were independent), five looks see nothing with chance 0.09604 (0.01024)."""
    groups, looks = 100_000, 12
    life = 0.01
    spacing = life * math.log(2) * DAY  # renewed between two looks with chance 0.2 + 0.3
    days = math.ceil(groups * 0.25)
    drawn = one_sector(flat(cloud_logit_sd=0.0, local_refresh_d=life, front_refresh_d=1000.0), days=days)
    at = (np.arange(groups)[:, None] * 0.25 * DAY + np.arange(looks) * spacing).astype(np.int64)
    blocked = clouded(drawn, np.zeros(at.size, dtype=np.int64), at.ravel()).reshape(at.shape)
    assert abs(blocked[:, 0].mean() - 0.4) < 4 * math.sqrt(0.24 / groups)
    none = blocked[:, :5].all(axis=1).mean()
    assert abs(none - 0.09604) < 4 * math.sqrt(0.09604 * 0.90396 / groups)
    # Beyond twelve looks the wait is its own mean, 1/0.3, added in whole: a sky still clouded has forgotten how long.
    first = np.where(blocked.all(axis=1), looks + 1 / 0.3, blocked.argmin(axis=1) + 1)
    assert abs(first.mean() - 7 / 3) < 4 * first.std() / math.sqrt(groups)
    assert abs(blocked[:, 1][~blocked[:, 0]].mean() - 0.2) < 4 * math.sqrt(0.16 / (0.6 * groups))
    assert abs(blocked[:, 1][blocked[:, 0]].mean() - 0.7) < 4 * math.sqrt(0.21 / (0.4 * groups))


@pytest.mark.parametrize("name", ["wind", "icing"])
def test_spells_keep_the_share_of_each_month(name: str) -> None:
    shares_by_month = tuple(0.05 + 0.07 * m for m in range(12))
    climate = flat(strong_wind_share=shares_by_month, icing_share=shares_by_month[::-1])
    expected = np.array(shares_by_month if name == "wind" else shares_by_month[::-1])
    at = np.arange(0, 731 * DAY, DAY // 4)
    found = []
    for replication in range(60):
        drawn = one_sector(climate, days=731, replication=replication, months=months_us())
        on, month = in_spell(drawn, name, at), month_at(drawn, at)
        found.append(np.bincount(month, on) / np.bincount(month))
    values = np.array(found)
    assert (np.abs(values.mean(axis=0) - expected) < 4 * values.std(axis=0, ddof=1) / math.sqrt(60)).all()


def test_spells_of_icing_are_exponential() -> None:
    """An on-time is renewed away at rate (1 − share)/τ: mean τ/0.6 for a share of 0.4, Kolmogorov distance within chance."""
    drawn = one_sector(flat(front_refresh_d=0.5), days=20_000)
    starts = drawn.spell_us["icing"]
    on = in_spell(drawn, "icing", starts)
    edges = np.flatnonzero(np.diff(on.astype(np.int8)))
    begins, ends = starts[edges[~on[edges]] + 1], starts[edges[on[edges]] + 1]
    ends = ends[ends > begins[0]]
    lasted = np.sort((ends - begins[:len(ends)]) / DAY)
    n, mean = len(lasted), 0.5 / 0.6
    assert n > 9000
    assert abs(lasted.mean() - mean) < 4 * mean / math.sqrt(n)
    law = 1 - np.exp(-lasted / mean)
    distance = max((np.arange(1, n + 1) / n - law).max(), (law - np.arange(n) / n).max())
    assert distance < 2.2 / math.sqrt(n)  # exceeded by chance once in 8,000 (Kolmogorov)
    gap = DAY // 3
    at = np.arange(0, 19_999 * DAY, 5 * DAY)
    first, later = in_spell(drawn, "icing", at), in_spell(drawn, "icing", at + gap)
    stays = 0.4 + 0.6 * math.exp(-gap / DAY / 0.5)
    assert abs(later[first].mean() - stays) < 4 * math.sqrt(stays * (1 - stays) / first.sum())
