"""Worlds of one law to try offspring on: kinds that are processes of their own, and means held within four standard errors."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from sim.area.line import Cells
from sim.foundation.streams import streams_of
from sim.records import Acts
from sim.scenario.agreement import Agreement, Kind
from sim.scenario.conduct import Conduct, Kernel, KindConduct, Regime
from sim.truth.violations import candidates

ROOT = Path(__file__).parents[2]
BASE = ROOT / "tests" / "scenario" / "base" / "base.toml"
DAY, H = 86_400_000_000, 3.6e9
ONE = (Regime(id="tense"),)
THREE = (Regime(id="calm", factor=0.2), Regime(id="tense"), Regime(id="failing", factor=3.0))
LOCAL = Kernel(id="local", side="same", ratio=0.2, memory_h=168.0, spread_km=15.0)
REPLY = Kernel(id="reply", side="cross", ratio=0.1, memory_h=4.0)


def cells(land: int = 40, sea: int = 0) -> Cells:
    n = land + sea
    return Cells(np.arange(n) // 10, (np.arange(n) + 0.5) * 5.0, np.full(n, 5.0), np.full(n, 48.0), np.full(n, 37.0),
                 np.arange(n) >= land, tuple(f"s{i}" for i in range(n // 10 + 1)), 4, land * 5.0)


def many(count: int, per_day: float, *kernels: Kernel, share: float = 0.5, **keys: Any) -> tuple[Conduct, Agreement]:
    """As many kinds of one law, each a process of its own."""
    kinds = tuple(KindConduct(id=f"k{i}", incidents_per_day=per_day, duration_median_h=0.5, side_a_share=share,
                              **keys.get("kind", {})) for i in range(count))
    rest = {"regime": "tense", "regimes": ONE, "rates_count_offspring": False} | {k: v for k, v in keys.items() if k != "kind"}
    return (Conduct(kinds=kinds, excitation=kernels, **rest), Agreement(kinds=tuple(Kind(id=kind.id) for kind in kinds)))


def drawn(world: tuple[Conduct, Agreement], *, days: int = 20, replication: int = 0, where: Cells | None = None) -> Acts:
    return candidates(*world, where or cells(), streams_of(11, replication), days=days, local_start_h=0.0)


def same(one: Acts, two: Acts) -> bool:
    return all(a.tolist() == b.tolist() for a, b in zip(one, two, strict=True))


def within(values: Any, mean: float, level: float = 4.0) -> None:
    """Simulated mean within four standard errors."""
    values = np.asarray(values, dtype=float)
    error = values.std(ddof=1) / math.sqrt(len(values))
    assert abs(values.mean() - mean) < level * error, (values.mean(), mean, error)


def within_variance(values: Any, variance: float) -> None:
    """Simulated variance within four standard errors, these from the fourth moment."""
    squares = (np.asarray(values, dtype=float) - np.mean(values)) ** 2
    within(squares * len(squares) / (len(squares) - 1), variance)
