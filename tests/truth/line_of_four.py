"""A line of four sectors and a bay for tests of what the parties do beside their acts, and laws that all of them share."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.area.line import Cells
from sim.records import Acts
from sim.scenario.agreement import Agreement, Kind
from sim.scenario.conduct import Conduct, KindConduct, Regime

DAY = 86_400_000_000
HOUR = 3_600_000_000
TERMS = Agreement(kinds=(Kind(id="fire"), Kind(id="zone"), Kind(id="sea", domain="sea")))


def cells(land: int = 40, sea: int = 6) -> Cells:
    """Forty cells of 5 km in four sectors, and six in a bay."""
    n = land + sea
    return Cells(np.concatenate((np.arange(land) // 10, np.full(sea, 4))), np.arange(2.5, 5.0 * n, 5.0), np.full(n, 5.0),
                 np.full(n, 48.0), np.full(n, 37.0), np.arange(n) >= land, ("s1", "s2", "s3", "s4", "bay"), 4, land * 5.0)


def conduct(**parts: Any) -> Conduct:
    """Two kinds on land and one at sea, in a calm, a tense and a failing regime."""
    kinds = tuple(KindConduct(id=name, incidents_per_day=rate, duration_median_h=0.5)
                  for name, rate in (("fire", 30.0), ("zone", 10.0), ("sea", 4.0)))
    regimes = (Regime(id="calm", factor=0.5), Regime(id="tense"), Regime(id="failing", factor=3.0))
    return Conduct(**({"regime": "tense", "regimes": regimes, "kinds": kinds} | parts))


def poisson(count: int, mean: float) -> None:
    """A count lies within four standard errors of its mean."""
    assert abs(count - mean) < 4 * math.sqrt(mean), (count, mean)


def share(hits: Any, expected: float) -> None:
    """A share of many draws lies within four standard errors."""
    drawn = np.asarray(hits)
    assert len(drawn) > 100
    assert abs(drawn.mean() - expected) < 4 * math.sqrt(expected * (1 - expected) / len(drawn)), (drawn.mean(), expected)


def first(events: Any, days: int, time: str) -> list[tuple[Any, ...]]:
    """Events of the first days, as rows."""
    keep = getattr(events, time) < days * DAY
    return [tuple(row) for row in zip(*(column[keep].tolist() for column in events), strict=True)]


def mirrored(acts: Acts) -> Acts:
    """The same acts with sides exchanged."""
    return acts._replace(side=1 - acts.side, depth_km=-acts.depth_km, trace_depth_km=-acts.trace_depth_km)
