"""The sky: mean cover by month, correlation along the line, spells, shared cloud, and days that do not depend on later days."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.area.line import Cells
from sim.area.weather import Sky, cloud_cover, cloud_logits, clouded, in_spell, refreshes, sky_of
from sim.foundation.streams import streams_of
from sim.scenario.area import Climate

DAY = 86_400_000_000
NO_MONTHS = (np.array([-(2**62)]), np.array([0]))


def cells(n: int = 4, *, km: float = 50.0, sea: int = 0) -> Cells:
    """Sectors of one cell each along the 48th parallel, then sea areas far in the west, beside the first sector."""
    total = n + sea
    lon = np.concatenate((30 + np.arange(n) * km / 74.6, np.full(sea, 29.9)))
    return Cells(np.arange(total), (np.arange(total) + 0.5).astype(np.float64) * km, np.full(total, km),
                 np.full(total, 48.0), lon, np.arange(total) >= n, tuple(f"s{i}" for i in range(total)), n, n * km)


TEXTBOOK: dict[str, Any] = {"cloud_logit_sd": 1.07, "front_refresh_d": 1.2, "local_refresh_d": 0.25, "front_weight": 0.75,
                            "correlation_km": 600.0, "correlation_power": 1.0}
"""The chain along the line, in round numbers that expectations are written with; fitted values have tests of their own."""


def climate(**keys: Any) -> Climate:
    shares = {"cloud_share": (0.75,) * 12, "strong_wind_share": (0.2,) * 12, "icing_share": (0.3,) * 12}
    return Climate(**(shares | TEXTBOOK | keys))


def sky(where: Climate, *, days: int = 30, sectors: int = 4, replication: int = 0, sea: int = 0,
        months: tuple[np.ndarray, np.ndarray] = NO_MONTHS) -> Sky:
    return sky_of(where, cells(sectors, sea=sea), streams_of(3, replication), start_month=months, horizon_us=days * DAY)


@pytest.mark.parametrize("sd", [0.0, 1.07, 2.0])
def test_logit_of_each_month_gives_its_mean(sd: float) -> None:
    """Against an integral by plain midpoints over the normal law, not by the quadrature that the code uses."""
    shares = (0.82, 0.8, 0.7, 0.62, 0.55, 0.5, 0.45, 0.42, 0.5, 0.6, 0.8, 0.02)
    z = (np.arange(200_000) + 0.5) / 200_000 * 18 - 9
    weight = np.exp(-(z**2) / 2)
    for share, logit in zip(shares, cloud_logits(climate(cloud_share=shares, cloud_logit_sd=sd)), strict=True):
        assert (weight / (1 + np.exp(-(logit + sd * z)))).sum() / weight.sum() == pytest.approx(share, abs=1e-9)


def test_mean_cover_and_share_of_blocked_looks() -> None:
    """Over independent worlds, so that the standard error needs no model of the memory of the sky."""
    covers, blocked = [], []
    for replication in range(600):
        drawn = sky(climate(), days=2, replication=replication)
        at = np.full(4, 1.3 * DAY, dtype=np.int64)
        covers.append(cloud_cover(drawn, np.arange(4), at)[0].mean())
        blocked.append(clouded(drawn, np.arange(4), at).mean())
    for sample in (covers, blocked):
        assert abs(np.mean(sample) - 0.75) < 4 * np.std(sample) / math.sqrt(600)


def test_cover_follows_the_month() -> None:
    shares = (0.9, *(0.1,) * 11)
    months = (np.array([-(2**62), 10 * DAY]), np.array([0, 1]))
    drawn = [sky(climate(cloud_share=shares), replication=r, months=months) for r in range(60)]
    winter, spring = (np.mean([cloud_cover(s, np.arange(4), np.full(4, day * DAY))[0] for s in drawn]) for day in (9, 11))
    assert winter > 0.8 and spring < 0.2


def test_neighbours_share_a_front_by_their_distance() -> None:
    """corr z(k), z(k+j) = exp(−d/L): with L = 600 km and sectors of 150 km, e^(−1/4), e^(−1/2) and e^(−3/4)."""
    fronts = np.concatenate([sky_of(climate(front_refresh_d=0.2), cells(4, km=150.0), streams_of(9, r), start_month=NO_MONTHS,
                                    horizon_us=60 * DAY).front for r in range(20)])
    n = len(fronts)
    assert n > 5000
    found = np.corrcoef(fronts.T)
    for apart in (1, 2, 3):
        expected = math.exp(-apart * 150 / 600)
        assert abs(found[0, apart] - expected) < 4 * (1 - expected**2) / math.sqrt(n)
    assert abs(fronts.std() - 1) < 4 / math.sqrt(8 * n)


def test_sea_shares_the_front_of_the_nearest_sector() -> None:
    """A sea area beside the first sector of the line has its weather, not that of the far end."""
    where = cells(4, km=300.0, sea=1)
    fronts = np.concatenate([sky_of(climate(front_refresh_d=0.2), where, streams_of(9, r), start_month=NO_MONTHS,
                                    horizon_us=60 * DAY).front for r in range(20)])
    found = np.corrcoef(fronts.T)
    assert found[4, 0] > 0.95
    assert abs(found[4, 3] - math.exp(-900 / 600)) < 0.06


def test_front_and_local_sky_carry_their_shares_of_variance() -> None:
    drawn = [sky(climate(front_weight=0.75, cloud_logit_sd=1.0), days=1, replication=r) for r in range(3000)]
    cover = np.array([cloud_cover(s, np.zeros(2, dtype=np.int64), np.array([0, 20 * 3_600_000_000]))[0] for s in drawn])
    z = np.log(cover / (1 - cover)) - drawn[0].logit[0]
    assert abs(z[:, 0].std() - 1) < 4 / math.sqrt(2 * 3000)
    # After 20 h the local sky (6 h) and the front (28.8 h) have been renewed with chance 1 − exp(−20/τ).
    expected = 0.75 * math.exp(-20 / 28.8) + 0.25 * math.exp(-20 / 6)
    assert abs(np.corrcoef(z.T)[0, 1] - expected) < 4 * (1 - expected**2) / math.sqrt(3000)


def test_gaps_between_refreshes_are_exponential() -> None:
    gaps = np.concatenate([np.diff(refreshes(streams_of(1, r), ("x",), mean_us=0.25 * DAY, horizon_us=50 * DAY))
                           for r in range(40)])
    n, mean = len(gaps), 0.25 * DAY
    assert abs(gaps.mean() - mean) < 4 * mean / math.sqrt(n)
    for share in (0.25, 0.5, 0.9):
        assert abs((gaps < -math.log(1 - share) * mean).mean() - share) < 4 * math.sqrt(share * (1 - share) / n)


def test_spells_of_wind_keep_their_share_and_their_length() -> None:
    """On while the draw of a spell lies below the share: the marginal is exact; an on-time has mean τ/(1 − share)."""
    step = DAY // 48
    on = np.array([in_spell(sky(climate(), days=90, replication=r), "wind", np.arange(0, 90 * DAY, step)) for r in range(80)])
    shares = on.mean(axis=1)
    assert abs(shares.mean() - 0.2) < 4 * shares.std() / math.sqrt(80)
    begins = (~on[:, :-1] & on[:, 1:]).sum(axis=1)
    # Rate of beginnings: (1 − share) × share / τ a day, less what a grid of half hours cannot see (under 3 %).
    expected = 0.2 * 0.8 / 1.2 * 90
    assert abs(begins.mean() - expected) < 4 * begins.std() / math.sqrt(80) + 0.03 * expected


def test_all_looks_between_two_refreshes_share_one_draw() -> None:
    drawn = sky(climate(front_refresh_d=1000.0, local_refresh_d=1.0), days=30)
    at = np.arange(0, 30 * DAY, DAY // 50)
    for sector in range(4):
        where = np.full(len(at), sector)
        blocked, (_, local) = clouded(drawn, where, at), cloud_cover(drawn, where, at)
        for row in np.unique(local):
            assert np.ptp(blocked[local == row].astype(int)) == 0
        assert 0 < blocked.mean() < 1


def test_thirty_days_are_the_first_thirty_of_sixty() -> None:
    short, long = (sky(climate(), days=d) for d in (30, 60))
    at = np.arange(0, 30 * DAY, DAY // 20)
    for sector in range(4):
        where = np.full(len(at), sector)
        assert cloud_cover(short, where, at)[0].tolist() == cloud_cover(long, where, at)[0].tolist()
        assert clouded(short, where, at).tolist() == clouded(long, where, at).tolist()
    for name in ("wind", "icing"):
        assert in_spell(short, name, at).tolist() == in_spell(long, name, at).tolist()


def test_a_sky_that_hardly_changes_is_still_found_by_sector() -> None:
    """A local sky of a thousand days must not run into the times of the next sector."""
    drawn = sky(climate(front_refresh_d=1000.0, local_refresh_d=1000.0), days=5)
    assert (np.diff(drawn.local_us) >= 0).all()
    rows = cloud_cover(drawn, np.arange(4), np.full(4, 3 * DAY))[1]
    assert (drawn.local_us[rows] // drawn.span_us).tolist() == [0, 1, 2, 3]


def test_another_sector_leaves_the_others_as_they_were() -> None:
    """Local skies are found by the name of their sector."""
    few, many = (sky(climate(front_weight=0.0), sectors=n) for n in (4, 5))
    at = np.arange(0, 30 * DAY, DAY // 4)
    for sector in range(4):
        where = np.full(len(at), sector)
        assert cloud_cover(few, where, at)[0].tolist() == cloud_cover(many, where, at)[0].tolist()
