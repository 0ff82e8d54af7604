"""A small world in place of the engine: a few dozen acts whose fates are drawn from seed and replication
alone.

Environment: FAKE_SECONDS = time that a replication takes; FAKE_DIE, FAKE_RAISE, FAKE_CAP = numbers of
replications
whose process dies, that raise, or that reach a limit; FAKE_LOOP, FAKE_FILL = numbers of those that never end, or ask for 2 GB;
FAKE_ACTS = acts a replication.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.experiment.machinery import Machinery
from sim.foundation.streams import streams_of
from sim.ledger import COLUMNS, History, digest
from sim.measure.measures import Measure, Measured, Row

TEXT = {
    "kind",
    "side",
    "sector",
    "light",
    "means",
    "physics",
    "grade",
    "outcome",
    "called",
    "truth",
    "rung",
    "procedure",
    "domain",
    "unit",
    "airframe",
    "lost",
}


CATALOGUE = {
    m.name: m
    for m in (
        Measure("skill", "", "ratio", reason="the stage that gives it does not exist yet"),
        Measure("violations_per_day", "1/day", "ratio"),
        Measure("detected_share", "share of incidents", "ratio"),
        Measure("verified_share", "share of incidents", "ratio"),
        Measure("time_to_detect_median_h", "h", "quantile", 0.5),
        Measure("time_to_verify_median_h", "h", "quantile", 0.5),
    )
}


def prepare(scenario: Any, *, data_dirs: Any = (), cache_dir: Any = None) -> Any:
    return scenario


def _listed(name: str) -> list[int]:
    return [int(part) for part in os.environ.get(name, "").split(",") if part]


def replicate(prepared: Any, *, seed: int, replication: int, path: str = "array") -> History:
    time.sleep(float(os.environ.get("FAKE_SECONDS", "0")))
    if replication in _listed("FAKE_DIE"):
        os._exit(9)
    if replication in _listed("FAKE_LOOP"):
        while True:
            pass
    if replication in _listed("FAKE_FILL"):
        np.zeros(2**28)
    if replication in _listed("FAKE_RAISE"):
        raise ValueError(f"replication {replication} was told to fail")
    rng = streams_of(seed, replication).generator("fake")
    acts = int(os.environ.get("FAKE_ACTS", "40"))
    tables = {name: _empty(columns) for name, columns in COLUMNS.items()}
    tables["violations"] = _violations(prepared, rng, acts)
    capped = "the limit of acts was reached" if replication in _listed("FAKE_CAP") else ""
    return History(replication, tables, {}, acts, capped)


def _empty(columns: tuple[str, ...]) -> dict[str, Any]:
    return {c: np.zeros(0, dtype="<U8" if c in TEXT else np.float64) for c in columns}


def _violations(scenario: Any, rng: Any, acts: int) -> dict[str, Any]:
    kinds = np.array([k.id for k in scenario.agreement.kinds])
    table: dict[str, Any] = {c: np.zeros(acts) for c in COLUMNS["violations"]}
    table["violation"] = np.array([f"v{i}" for i in range(acts)])
    table["kind"] = kinds[rng.integers(0, len(kinds), acts)]
    table["side"] = np.array(["A", "B"])[rng.integers(0, 2, acts)]
    table["light"] = np.array(["day", "night"])[rng.integers(0, 2, acts)]
    table["sector"] = np.array(["=s01", "s02"])[rng.integers(0, 2, acts)]
    table["onset_h"] = np.sort(rng.random(acts)) * 24
    luck = rng.random(acts)
    share = min(0.9, 0.1 * scenario.verification.staff.analysts)
    for column, at in (("detected_h", share), ("verified_h", share / 2), ("answered_h", share / 4)):
        table[column] = np.where(luck < at, table["onset_h"] + 10 * luck, np.nan)
    table["counted"] = np.ones(acts, dtype=np.int64)
    table["attributed"] = np.where(luck < share / 2, np.where(luck < 0.01, -1, 1), 0)
    table["grade"] = np.array(["", "probable"])[(luck < share).astype(int)]
    return table


def measure(history: History, scenario: Any) -> Measured:
    v = history.tables["violations"]
    seen, confirmed = np.isfinite(v["detected_h"]), np.isfinite(v["verified_h"])
    rows = [Row("violations_per_day", "all", "", float(len(seen)), scenario.days)]
    for name, hit in (("detected_share", seen), ("verified_share", confirmed)):
        rows.append(Row(name, "all", "", float(hit.sum()), float(len(hit))))
        for side in ("A", "B"):
            rows.append(Row(name, "side", side, float(hit[v["side"] == side].sum()), float((v["side"] == side).sum())))
    times = {
        "time_to_detect_median_h": np.where(seen, v["detected_h"] - v["onset_h"], np.inf),
        "time_to_verify_median_h": np.where(confirmed, v["verified_h"] - v["onset_h"], np.inf),
    }
    return Measured(tuple(rows), times)


def catalogue() -> Mapping[str, Any]:
    return CATALOGUE


def columns() -> Mapping[str, tuple[str, ...]]:
    return COLUMNS


FAKE = Machinery(prepare, replicate, measure, digest, catalogue, columns)
