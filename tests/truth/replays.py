"""A made-up table of events on a straight line of 100 km, and scenarios that replay it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from processes import ROOT

from sim.scenario.reader import Loaded, read

HEADER = ("day", "clock", "lat", "lon", "what", "who", "day_exact", "place_exact")
SCENARIO = """
schema = 1
name = "replayed"
start = 2015-06-01T00:00:00Z
days = 10
[area]
line = [[0.0, 0.0], [0.5, 0.0], [0.9, 0.0]]
utc_offset_h = 0.0
cell_km = 5.0
sectors = [{ id = "west", from_km = 0, to_km = 50 }, { id = "east", from_km = 50, to_km = 100 }]
[area.climate]
cloud_share = [0.7, 0.7, 0.6, 0.6, 0.5, 0.4, 0.4, 0.4, 0.5, 0.6, 0.7, 0.8]
strong_wind_share = [0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2]
icing_share = [0.3, 0.3, 0.2, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.2, 0.3]
[agreement]
kinds = [{ id = "shelling", severity = "significant", points = 6.0, goal_h = 24.0, grade = "indicative" },
         { id = "raid", goal_h = 24.0, grade = "indicative" }]
[conduct]
regime = "tense"
regimes = [{ id = "tense" }]
kinds = [{ id = "shelling", incidents_per_day = 5.0, duration_median_h = 0.5, night_share = 0.25 },
         { id = "raid", incidents_per_day = 5.0, duration_median_h = 1.0 }]
[conduct.replay]
file = "events.csv"
from = "2015-06-01"
to = "2015-06-10"
kinds = { gun = "shelling", mortar = "shelling", raid = "raid" }
sides = ["Red", "Blue"]
exact_dates = ["1"]
exact_places = ["1", "2"]
capture_share = 1.0
[conduct.replay.columns]
date = "day"
time = "clock"
latitude = "lat"
longitude = "lon"
kind = "what"
side = "who"
date_precision = "day_exact"
place_precision = "place_exact"
[monitoring]
means = [{ id = "ear", title = "an ear", physics = "human", pd = { shelling = 0.6, raid = 0.3 }, location_error_km = 1.0 }]
timetables = [{ id = "rounds", means = "ear", law = "exponential", gap_h = 2.0 }]
[verification.staff]
analysts = 6
[study]
replications = 2
seed = 1
"""


def event(**cells: Any) -> dict[str, Any]:
    """A row of a table, sound but for what is told."""
    return {"day": "2015-06-03", "clock": "", "lat": "0.01", "lon": "0.2", "what": "gun", "who": "Red", "day_exact": "1",
            "place_exact": "1"} | cells


def many(count: int) -> list[dict[str, Any]]:
    """Sound events, spread over days, places, kinds and sides."""
    return [event(day=f"2015-06-{1 + i % 10:02d}", lon=f"{0.02 + 0.85 * i / count:.4f}", lat=f"{0.001 * (i % 40 - 20):.3f}",
                  what=("gun", "mortar", "raid")[i % 3], who=("Red", "Blue")[i % 7 < 3]) for i in range(count)]


def write(folder: Path, events: Iterable[dict[str, Any]], name: str = "events.csv") -> Path:
    """Write a table into a folder."""
    with open(folder / name, "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, HEADER)
        table.writeheader()
        table.writerows(events)
    return folder / name


def scenario_in(folder: Path, *more: tuple[str, str], without: tuple[str, ...] = ()) -> Loaded:
    """The scenario that replays the table in a folder."""
    text = SCENARIO
    for part in without:
        assert part in text
        text = text.replace(part, "")
    (folder / "replayed.toml").write_text(text, encoding="utf-8")
    return read(folder / "replayed.toml", overrides=more)


def real_file() -> Path | None:
    """Table of real events beside this checkout, where there is one."""
    for root in (ROOT, *ROOT.parents[:3]):
        file = root.parent / "shared" / "data" / "events" / "ucdp_ged_23_1_ukraine_2014_2019.csv"
        if file.exists():
            return file
    return None
