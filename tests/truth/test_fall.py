"""The fall of 27 July 2020 with the shipped defaults: counts fall 19-fold and fatal events 3-fold, on the very next day."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from sim.area.line import cells_of
from sim.foundation.streams import F64, streams_of
from sim.scenario.reader import read
from sim.scenario.scenario import Scenario
from sim.scenario.shipped import shipped
from sim.truth.violations import truth_of

DAY = 86_400_000_000
FATAL = ("drone-strike", "missile", "advance")
RUNS, DAYS, FALL = 40, 14, 10
TEXT = """
schema = 1
name = "fall"
start = 2026-02-01T00:00:00Z
days = 14
include = ["parts/line-2026.toml", "parts/agreement-full.toml", "parts/regimes-fall-2020.toml",
           "parts/verification-standard.toml", "parts/response-ladder.toml"]
"""


@pytest.fixture(scope="module")
def fall(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    assert (shipped("scenarios") / "parts" / "regimes-fall-2020.toml").is_file()
    file: Path = tmp_path_factory.mktemp("fall") / "fall.toml"
    file.write_text(TEXT, encoding="utf-8")
    return read(file).scenario


@pytest.fixture(scope="module")
def daily(fall: Scenario) -> tuple[F64, F64]:
    """Counts of all kinds, and fatal events, by replication and day."""
    kinds = [kind.id for kind in fall.agreement.kinds]
    fatal = [kinds.index(name) for name in FATAL]
    cells, counts, deaths = cells_of(fall.area), [], []
    for run in range(RUNS):
        acts = truth_of(fall.conduct, fall.agreement, cells, streams_of(2020, run), days=DAYS, local_start_h=2.0).acts
        day = acts.onset_us // DAY
        counts.append(np.bincount(day, acts.counts, DAYS))
        deaths.append(np.bincount(day[np.isin(acts.kind, fatal)], minlength=DAYS).astype(np.float64))
    return np.array(counts), np.array(deaths)


def test_the_rates_fall_by_what_was_seen(fall: Scenario) -> None:
    """Without luck: the mean counts of all kinds and the mean number of fatal events under either regime."""
    regimes = {regime.id: regime for regime in fall.conduct.regimes}

    def factor(regime: str, kind: str) -> float:
        return regimes[regime].factor * regimes[regime].kind_factors.get(kind, 1.0)

    def total(regime: str) -> float:
        return math.fsum(how.incidents_per_day * how.counts_mean * factor(regime, how.id) for how in fall.conduct.kinds)

    assert total("tense") / total("renewed") == pytest.approx(19.0, rel=1e-3)
    for kind in FATAL:
        assert factor("tense", kind) / factor("renewed", kind) == pytest.approx(3.0, rel=1e-3)


@pytest.mark.parametrize(("which", "fold"), [(0, 19.0), (1, 3.0)])
def test_the_day_after_is_as_low_as_the_days_after(daily: tuple[F64, F64], which: int, fold: float) -> None:
    """Forty replications; the fall is there on the first day, and each day after it differs from before by its fold."""
    runs = daily[which]
    before = runs[:, :FALL].mean(axis=1)
    for day in range(FALL, DAYS):
        apart = before - fold * runs[:, day]
        assert abs(apart.mean()) < 4 * apart.std(ddof=1) / math.sqrt(RUNS), (day, before.mean() / runs[:, day].mean())


def test_the_day_before_knows_nothing_of_it(daily: tuple[F64, F64]) -> None:
    counts = daily[0]
    apart = counts[:, FALL - 1] - counts[:, : FALL - 1].mean(axis=1)
    assert abs(apart.mean()) < 4 * apart.std(ddof=1) / math.sqrt(RUNS)
