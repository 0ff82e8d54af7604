"""Small worlds to compare: a short scenario, designs that differ in one thing, and tables cut at an instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from sim.engine import Prepared, prepare
from sim.engine.chronicle import Chronicle
from sim.ledger import Columns, History
from sim.monitoring.detection import TrueDoor
from sim.scenario.monitoring import Drones, Posts, Satellites
from sim.scenario.reader import read
from sim.scenario.scenario import Scenario

ROOT = Path(__file__).parents[2]
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
SEED = 20260201


@cache
def world(name: str = "technical-means", days: int = 3, follow_up_h: int = 24,
          more: tuple[tuple[str, str], ...] = ()) -> Scenario:
    """A shipped scenario made short and thin: fewer acoustic nodes, fewer ghosts, verdicts after a day, many cues."""
    thin = (("days", f"{days}.0"), ("follow_up_h", f"{follow_up_h}.0"), ("verification.verdicts.delay_h", "24.0"),
            ("verification.verdicts.ghosts", "2"), ("monitoring.posts.impulse-nodes.sites", "150"),
            ("monitoring.posts.engine-mics.sites", "100"), ("verification.tasking.min_points", "1.0"))
    return read(ROOT / "scenarios" / f"{name}.toml", overrides=(*thin, *more)).scenario


_WINDOWS = TemporaryDirectory(prefix="worlds-")


def ready(scenario: Scenario) -> Prepared:
    """The scenario prepared, with the passes of its satellites worked out once for all tests."""
    return prepare(scenario, cache_dir=Path(_WINDOWS.name))


def monitored(scenario: Scenario, **parts: Any) -> Scenario:
    """The scenario with other parts of its monitoring design."""
    return scenario.model_copy(update={"monitoring": scenario.monitoring.model_copy(update=parts)})


def untasked(scenario: Scenario) -> Scenario:
    """The scenario without cued looks."""
    none = scenario.verification.tasking.model_copy(update={"drones": False, "satellites": False, "teams": False})
    return scenario.model_copy(update={"verification": scenario.verification.model_copy(update={"tasking": none})})


def named(items: Iterable[Any], name: str) -> Any:
    """The item with an id."""
    return next(item for item in items if item.id == name)


def more_drones(scenario: Scenario) -> Scenario:
    """One drone unit more, put before all others so that every number of a sensor and flight moves."""
    old = scenario.monitoring.drones
    extra: Drones = named(old, "centre").model_copy(update={"id": "extra-drones", "base": "kharkiv",
                                                            "patrols": ("s07", "s08", "s09", "s10")})
    return monitored(scenario, drones=(extra, *old))


def more_satellites(scenario: Scenario, like: str = "iceye-class") -> Scenario:
    """One family of satellites more, put before all others."""
    old = scenario.monitoring.satellites
    extra: Satellites = named(old, like).model_copy(update={"id": "extra-satellites", "scenes_per_day": 80})
    return monitored(scenario, satellites=(extra, *old))


def more_posts(scenario: Scenario) -> Scenario:
    """One kind of post more, put before all others."""
    old = scenario.monitoring.posts
    extra: Posts = named(old, "cameras").model_copy(update={"id": "extra-cameras", "sites": 90})
    return monitored(scenario, posts=(extra, *old))


CHANGES: dict[str, Callable[[Scenario], Scenario]] = {
    "drone unit": more_drones, "satellite family": more_satellites, "posts": more_posts}


def door_of(chronicle: Chronicle) -> TrueDoor:
    """The true door of a history."""
    assert isinstance(chronicle.door, TrueDoor)
    return chronicle.door


def same_columns(first: Columns, second: Columns) -> list[str]:
    """Columns in which two tables differ, bit for bit."""
    return [name for name in first if first[name].dtype != second[name].dtype
            or first[name].tobytes() != second[name].tobytes()]


def differing(first: History, second: History, tables: Iterable[str]) -> list[str]:
    """`table.column` of all differences between two histories."""
    return [f"{table}.{column}" for table in tables for column in same_columns(first.tables[table], second.tables[table])]


STAMPED: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "violations": ("onset_h", ("violation", "kind", "side", "sector", "km", "depth_km", "counts", "light"),
                   ("end_h", "trace_end_h", "detected_h", "verified_h", "attributed_h", "answered_h")),
    "observations": ("reported_h", ("observation", "kind", "side", "sector", "seen_h", "km", "means", "physics", "case",
                                    "violation"), ()),
    "looks": ("end_h", ("look", "kind", "side", "sector", "start_h", "means", "unit", "tasked", "met", "reported", "lost"), ()),
    "cases": ("opened_h", ("case", "kind", "sector"), ("triaged_h", "confirmed_h", "closed_h")),
    "findings": ("found_h", ("finding", "kind", "side", "sector", "onset_h", "case", "grade", "points"), ("agreed_h",)),
    "verdicts": ("given_h", ("verdict", "side", "sector", "from_h", "to_h", "called", "truth", "power", "points_found",
                             "points_true"), ()),
    "orders": ("decided_h", ("order", "kind", "side", "sector", "triggered_h", "due_h", "rung", "procedure", "domain", "case",
                             "in_time"), ()),
    "responses": ("ordered_h", ("response", "kind", "side", "sector", "order", "unit", "domain", "distance_km", "case"),
                  ("moved_h", "on_station_h", "left_h")),
    "assets": ("end_h", ("asset", "unit", "airframe", "start_h", "on_station_h", "off_station_h", "planned_h", "lost"), ()),
    "coverage": ("until_h", ("coverage", "means", "sector", "due", "made", "night", "cloud", "weather", "jammed", "consent",
                             "diverted", "other"), ()),
}
"""For each table: the stamp at which a row exists, columns fixed from then on, and stamps that may come later."""


def rows_up_to(table: str, columns: Columns, hour: float) -> list[tuple[Any, ...]]:
    """All that a table says that was settled up to an hour; later stamps count as not yet."""
    exists, fixed, later = STAMPED[table]
    stamp = columns["from_h"] + 24 if exists == "until_h" else columns[exists]
    rows = np.flatnonzero(stamp <= hour)
    # An inspection may come before its case is found, and counts as an answer only once it is: settled by the later of both.
    settled = {name: columns[name] for name in later}
    if "answered_h" in settled:
        settled["answered_h"] = np.maximum(columns["answered_h"], columns["verified_h"])
    masked = [np.where(settled[name][rows] <= hour, columns[name][rows], np.inf) for name in later]
    kept = [stamp[rows], *(columns[name][rows] for name in fixed), *masked]
    return sorted(zip(*(_comparable(column) for column in kept), strict=True))


def _comparable(column: np.ndarray[Any, Any]) -> list[Any]:
    """Values of a column, with what is not known as one value that equals itself."""
    return (np.where(np.isnan(column), -np.inf, column) if column.dtype.kind == "f" else column).tolist()  # type: ignore[no-any-return]


def rows_that_differ(first: History, second: History, hour: float, *, but: frozenset[str] = frozenset()) -> dict[str, list[Any]]:
    """Rows settled up to an hour that only one of two histories holds, by table, the first three of each."""
    found = {}
    for table in STAMPED:
        if table in but:
            continue
        mine, other = (rows_up_to(table, history.tables[table], hour) for history in (first, second))
        odd = sorted(set(mine) ^ set(other))
        if odd or len(mine) != len(other):
            found[table] = odd[:3]
    return found
