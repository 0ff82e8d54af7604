"""The record of a mission against the record of a real one: its level, its bursts, its empty days and its hot spots.

A mediator can hold a simulated year of daily reports beside a published one, figure by figure.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.ledger import Columns

F64 = NDArray[np.float64]


class Record(NamedTuple):
    """Figures of recorded counts over some days; None where there is nothing to take them of."""

    counts: float
    """All counts recorded."""
    per_day: float
    capture_share: float | None
    dispersion_k: float | None
    """Negative binomial k of daily counts, m² / (s² − m): the smaller, the burstier."""
    variance_over_mean: float | None
    lag_1: float | None
    """Correlation of log(1 + counts) of successive days."""
    zero_day_share: float
    hot_spot_share: float | None
    """Share of the counts in the four busiest stretches of `stretch_km` that do not overlap."""
    fatal_per_day: float


def record_of(violations: Columns, *, from_h: float, to_h: float, fatal: str = "casualty", stretch_km: float = 20.0,
              cell_km: float = 5.0) -> Record:
    """Record of acts with onset in [from_h, to_h) that the mission was told of; all counts of such an act are recorded."""
    inside = (violations["onset_h"] >= from_h) & (violations["onset_h"] < to_h)
    told = inside & ~np.isnan(violations["detected_h"])
    counts, days = violations["counts"].astype(np.float64), (to_h - from_h) / 24
    whole = int(days)
    day = ((violations["onset_h"] - from_h) // 24).astype(np.int64)
    full = told & (day < whole)
    daily = np.bincount(day[full], counts[full], minlength=whole).astype(np.float64)
    total, true = float(counts[told].sum()), float(counts[inside].sum())
    return Record(total, total / days, total / true if true else None, dispersion_k(daily), _over_mean(daily), lag_1(daily),
                  float((daily == 0).mean()) if whole else 0.0,
                  hot_spot_share(violations["km"][told], counts[told], stretches=4, stretch_km=stretch_km, cell_km=cell_km),
                  float((inside & (violations["kind"] == fatal)).sum()) / days)


def dispersion_k(daily: F64) -> float | None:
    """k of the negative binomial law by moments; None where the counts are no burstier than Poisson's."""
    if len(daily) < 2:
        return None
    mean, variance = float(daily.mean()), float(daily.var(ddof=1))
    return mean**2 / (variance - mean) if variance > mean else None


def _over_mean(daily: F64) -> float | None:
    return float(daily.var(ddof=1) / daily.mean()) if len(daily) > 1 and daily.mean() > 0 else None


def lag_1(daily: F64) -> float | None:
    """Autocorrelation of log(1 + counts) at one day."""
    away = np.log1p(daily)
    away = away - away.mean() if len(away) else away
    spread = float((away**2).sum())
    return float((away[1:] * away[:-1]).sum() / spread) if spread > 0 else None


def hot_spot_share(km: F64, counts: F64, *, stretches: int, stretch_km: float, cell_km: float) -> float | None:
    """Share of counts in the busiest stretches of the line, taken one after the other, that do not overlap."""
    total = float(counts.sum())
    if total <= 0:
        return None
    wide = max(1, round(stretch_km / cell_km))
    cells = np.bincount((km // cell_km).astype(np.int64), counts)
    cells = np.pad(cells, (0, max(0, wide - len(cells))))
    held = 0.0
    for _ in range(stretches):
        window = np.convolve(cells, np.ones(wide), "valid")
        at = int(window.argmax())
        held += float(window[at])
        cells[at : at + wide] = 0.0
    return held / total
