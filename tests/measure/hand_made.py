"""A history written by hand: four days, two kinds, two sectors, every table short enough to measure with a pencil."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from sim.ledger import COLUMNS, Columns, History
from sim.scenario.agreement import Agreement, Kind
from sim.scenario.area import Area, Climate, Sector
from sim.scenario.conduct import Conduct, Regime
from sim.scenario.scenario import Scenario
from sim.scenario.verification import Staff, Verification

NEVER = float("nan")
_TEXT = {
    "kind",
    "side",
    "sector",
    "light",
    "grade",
    "violation",
    "case",
    "observation",
    "finding",
    "verdict",
    "order",
    "response",
    "means",
    "physics",
    "outcome",
    "called",
    "truth",
    "rung",
    "procedure",
    "domain",
    "unit",
    "look",
    "lost",
    "asset",
    "coverage",
    "obstruction",
    "claim",
    "confuser",
    "named",
}


def table(name: str, rows: list[dict[str, Any]]) -> Columns:
    """Columns of one table; what a row leaves out is empty text, NaN or 0."""
    columns: Columns = {}
    for column in COLUMNS[name]:
        values = [row.get(column, "" if column in _TEXT else NEVER if column.endswith("_h") else 0) for row in rows]
        columns[column] = np.array(values, dtype="U40" if column in _TEXT else np.float64 if column.endswith("_h") else None)
        if not rows and column not in _TEXT:
            columns[column] = np.zeros(0)
    return columns


def scenario(**keys: Any) -> Scenario:
    """Four days that count."""
    sky = Climate(cloud_share=(0.5,) * 12, strong_wind_share=(0.0,) * 12, icing_share=(0.0,) * 12)
    area = Area(line=((37.0, 48.0), (38.0, 48.0)), sectors=(Sector(id="w", from_km=0.0, to_km=70.0),), climate=sky)
    terms = Agreement(
        kinds=(Kind(id="fire", goal_h=6.0), Kind(id="strike", domain="air", severity="grave", points=12.0, goal_h=1.0))
    )
    given: dict[str, Any] = {
        "schema": 1,
        "name": "hand",
        "start": datetime(2026, 2, 1, tzinfo=UTC),
        "days": 4.0,
        "area": area,
        "agreement": terms,
        "conduct": Conduct(regimes=(Regime(id="tense"),), kinds=()),
        "verification": Verification(staff=Staff(analysts=1)),
    } | keys
    return Scenario(**given)


FACTS = {
    "busy_h": 30.0,
    "staffed_h": 120.0,
    "backlog_p90": 7.0,
    "planned_h": 96.0,
    "flown_h": 60.0,
    "scenes": 12.0,
    "exposure_h": 5.0,
    "cell_days_seen": 30.0,
    "cells": 14.0 * 4,
    "gap_mean_h": 8.0,
    "gap_max_h": 50.0,
    "gap_square_h2": 1152.0,
}


def act(name: str, onset_h: float, **keys: Any) -> dict[str, Any]:
    """One incident of fire by A at w by day."""
    return {
        "violation": name,
        "kind": "fire",
        "side": "A",
        "sector": "w",
        "light": "day",
        "counted": 1,
        "onset_h": onset_h,
    } | keys


def history(facts: dict[str, float] | None = None, **rows: list[dict[str, Any]]) -> History:
    """A history of the tables given; all others are empty."""
    return History(0, {name: table(name, rows.get(name, [])) for name in COLUMNS}, FACTS | (facts or {}), 0, "")
