"""A made-up run folder for the shipped technical-means scenario: plausible tables, no engine.

Numbers are drawn with fixed seeds; nothing here claims to be a result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from sim.experiment.summary import HEADER, NO_RANGE
from sim.experiment.tables import csv_bytes
from sim.ledger import COLUMNS
from sim.measure.statistics import ratio_interval
from sim.scenario.canonical import dump_toml
from sim.scenario.reader import read
from sim.scenario.scenario import Scenario

Rows = list[tuple[Any, ...]]
NAN = float("nan")
MEANS = ("drone-eo", "drone-ir", "sar-25cm", "optical-vhr", "optical-10m", "camera-thermal", "impulse-node")


def scenario(**changes: Any) -> Scenario:
    """The shipped scenario with some of its top-level values changed."""
    return read("technical-means").scenario.model_copy(update=changes)


def write_run(folder: Path, world: Scenario, *, replications: int = 6, acts_per_day: float = 30.0) -> Path:
    """Write a whole run folder; the same arguments give the same bytes."""
    rng = np.random.Generator(np.random.Philox(key=20260106))
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "violations": _violations(world, rng, replications, acts_per_day),
        "verdicts": _verdicts(world, rng, replications),
        "coverage": _coverage(world, rng, replications),
    }
    for name, columns in COLUMNS.items():
        rows = [(*row, "SIMULATED") for row in tables.get(name, [])]
        (folder / f"{name}.csv").write_bytes(csv_bytes(("replication", *columns, "status"), rows))
    measures, groups = _measures(tables["violations"], replications)
    (folder / "summary.csv").write_bytes(csv_bytes(HEADER, groups))
    _json(
        folder / "summary.json",
        {
            "status": "SIMULATED",
            "replications": {"asked": replications, "done": replications, "capped": 0, "failed": 0},
            "measures": measures,
        },
    )
    (folder / "scenario.resolved.toml").write_text(dump_toml(world), encoding="utf-8")
    digests = {p.name: sha256(p.read_bytes()).hexdigest() for p in sorted(folder.glob("*.csv"))}
    _json(
        folder / "provenance.json",
        {
            "status": "SIMULATED",
            "run": "0123456789ab",
            "scenario": "fedcba9876543210",
            "seed": 1,
            "versions": {"python": "3.11", "numpy": "2.4"},
            "platform": "any",
            "files": digests,
        },
    )
    return folder


def _json(path: Path, whole: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(whole, indent=1), encoding="utf-8")


def _violations(world: Scenario, rng: np.random.Generator, replications: int, acts_per_day: float) -> Rows:
    kinds = list(world.agreement.kinds)
    weight = np.array([0.2 if k.domain == "sea" else 3.0 if k.severity == "grave" else 20.0 for k in kinds])
    sectors = [s.id for s in world.area.sectors]
    rows: Rows = []
    for r in range(replications):
        for v in range(rng.poisson(acts_per_day * world.days)):
            kind = kinds[int(rng.choice(len(kinds), p=weight / weight.sum()))]
            side = "AB"[int(rng.random() < 0.5)]
            place = int(min(17, rng.exponential(5.0))) if kind.domain != "sea" else 0
            onset = rng.random() * world.days * 24
            see = (0.75 if side == "A" else 0.4) * (1.0 - 0.03 * place)
            seen = onset + rng.lognormal(0.3, 1.4) if rng.random() < see else NAN
            sure = seen + rng.lognormal(1.2, 0.9) if rng.random() < 0.7 else NAN
            named = sure + rng.lognormal(2.0, 0.8)
            right = 0 if np.isnan(named) else int(rng.choice([1, 0, -1], p=[0.75, 0.2, 0.05]))
            answered = named + rng.lognormal(2.5, 0.5) if right and rng.random() < 0.3 else NAN
            where = world.area.seas[0].id if kind.domain == "sea" else sectors[place]
            rows.append(
                (
                    r,
                    f"v{v:05d}",
                    kind.id,
                    side,
                    where,
                    onset,
                    onset + 1,
                    onset + 9,
                    seen,
                    sure,
                    named,
                    answered,
                    50.0 * place,
                    1.0,
                    1,
                    "light" if rng.random() < 0.4 else "dark",
                    1,
                    right,
                    kind.grade,
                    "forbidden",
                    0,
                )
            )
    return rows


def _verdicts(world: Scenario, rng: np.random.Generator, replications: int) -> Rows:
    rows: Rows = []
    for r in range(replications):
        for number, (sector, side, day) in enumerate(
            (s.id, side, d) for s in world.area.sectors for side in "AB" for d in range(int(world.days))
        ):
            at = int(sector[1:])
            true = "breach" if rng.random() < 0.5 / (1 + at / 4) else "compliant"
            chance = [0.55, 0.4, 0.05] if true == "breach" else [0.02, 0.5, 0.48]
            called = str(rng.choice(["breach", "undetermined", "compliant"], p=chance))
            rows.append(
                (
                    r,
                    f"j{number:05d}",
                    "period",
                    side,
                    sector,
                    24.0 * day,
                    24.0 * day + 24,
                    24.0 * day + 96,
                    called,
                    true,
                    0.5,
                    1.0,
                    1.0,
                )
            )
    return rows


def _coverage(world: Scenario, rng: np.random.Generator, replications: int) -> Rows:
    rows: Rows = []
    for r in range(replications):
        for place, sector in enumerate(world.area.sectors):
            for day in range(int(world.days)):
                for i, means in enumerate(MEANS):
                    due = int(rng.poisson(30 / (1 + i)))
                    parts = rng.multinomial(due, [0.3 - 0.01 * place, 0.2, 0.15, 0.1, 0.05, 0.1, 0.05, 0.05 + 0.01 * place])
                    rows.append((r, f"c{len(rows)}", "", "", sector.id, 24.0 * day, means, due, *map(int, parts)))
    return rows


def _entry(estimate: float | None, low: float | None, high: float | None, n: int, unit: str, reason: str = "") -> dict[str, Any]:
    return {
        "unit": unit,
        "estimate": estimate,
        "noise_low": low,
        "noise_high": high,
        "level": 0.95,
        "replications": n,
        "input_low": None,
        "input_high": None,
        "input_points": None,
        "reason": "; ".join(filter(None, (reason, NO_RANGE))),
    }


def _measures(rows: Rows, n: int) -> tuple[dict[str, Any], Rows]:
    """A summary that fits the violations where it can, and made-up figures with every kind of gap elsewhere."""
    at = {name: i + 1 for i, name in enumerate(COLUMNS["violations"])}
    bottom = np.bincount([row[0] for row in rows], minlength=n)
    tests = {
        "detected_share": lambda row: row[at["detected_h"]] == row[at["detected_h"]],
        "verified_share": lambda row: row[at["verified_h"]] == row[at["verified_h"]],
        "attributed_share": lambda row: row[at["attributed"]] == 1,
        "answered_share": lambda row: row[at["answered_h"]] == row[at["answered_h"]],
    }
    found: dict[str, Any] = {
        "skill": _entry(None, None, None, n, "ratio", "no ghost breach was planted"),
        "power_median": _entry(0.412, 0.39, 0.43, n, "share"),
        "power_worst": _entry(0.0, 0.0, 0.006, n, "share"),
        "wrong_accusations_per_30d": _entry(1.3, 0.8, 1.8, n, "per 30 d"),
        "undetermined_share": _entry(0.44, 0.42, 0.46, n, "share"),
        "significant_confirmed_in_time_share": _entry(0.21, 0.19, 0.23, n, "share"),
        "significant_confirmed_in_time_worst": _entry(None, None, None, n, "share", "nothing was counted: 0 of 0"),
        "violations_per_day": _entry(30.1, 28.0, 32.2, n, "per day"),
    }
    for name, test in tests.items():
        top = np.bincount([row[0] for row in rows if test(row)], minlength=n)
        e = ratio_interval(top, bottom)
        found[name] = _entry(e.estimate, e.low, e.high, n, "share", e.reason)
    for i, stage in enumerate(("detection_h", "verification_h", "attribution_h", "decision_h", "notice_h", "transit_h")):
        found[stage] = _entry(3.0 + 2 * i, 2.5 + 2 * i, 3.5 + 2 * i, n, "h")
    found |= {
        "false_findings_per_day": _entry(0.7, 0.5, 0.9, n, "per day"),
        "precision": _entry(0.93, 0.91, 0.95, n, "share"),
        "trend_error": _entry(-0.21, -0.4, -0.02, n, "ln"),
        "cost_eur_year": _entry(3.5e8, 3.4e8, 3.6e8, n, "EUR/year"),
        "time_to_verify_p90_h": _entry(None, None, None, n, "h", "only 0.431 ever get there, under 0.9"),
        "made_up_extra": _entry(12345.678, 12000.0, 12700.0, n, "count"),
    }
    groups: Rows = [(name, "all", "", *_line(e)) for name, e in found.items()]
    groups += [("undetermined_share", "side", side, *_line(_entry(0.4, 0.38, 0.42, n, "share"))) for side in "AB"]
    groups += [
        (stage, "domain", domain, *_line(_entry(k * (2.0 + i), k * 1.5, k * 4.0, n, "h")))
        for k, domain in enumerate(("land", "sea", "air"), start=1)
        for i, stage in enumerate(("detection_h", "verification_h", "attribution_h", "decision_h", "notice_h", "transit_h"))
    ]
    return found, groups


def _line(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    names = (
        "unit",
        "estimate",
        "noise_low",
        "noise_high",
        "level",
        "replications",
        "input_low",
        "input_high",
        "input_points",
        "reason",
    )
    return (*(entry[name] for name in names), "SIMULATED")
