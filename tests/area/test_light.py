"""Daylight of the sectors against published sunrises and sunsets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from sim.area.light import Light, daylight_share, light_of, lit
from sim.area.line import Cells

S = 1_000_000
DAY = 86_400
CASES = Path(__file__).parents[2].parent / "shared" / "cases" / "cases_developer.json"


def cells_at(*places: tuple[float, float]) -> Cells:
    n = len(places)
    lat, lon = (np.array(c, dtype=np.float64) for c in zip(*places, strict=True))
    return Cells(np.arange(n), np.arange(25.0, 50.0 * n, 50.0), np.full(n, 50.0), lat, lon, np.zeros(n, dtype=bool),
                 tuple(f"s{i}" for i in range(n)), n, 50.0 * n)


def unix(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def edges_s(light: Light, sector: int) -> list[tuple[float, bool]]:
    mine = (light.edges_us // light.span_us == sector) & (light.edges_us % light.span_us > 1)
    return list(zip(((light.edges_us[mine] % light.span_us) / S).tolist(), light.lit_after[mine].tolist(), strict=True))


def _published() -> list[tuple[tuple[float, float], str, list[str]]]:
    if not CASES.exists():
        pytest.skip("the published sun times are not at hand beside this checkout")
    data = json.loads(CASES.read_text(encoding="utf-8"))
    case = next(c for c in (data["cases"] if isinstance(data, dict) else data) if c["id"] == "B17")
    rows = []
    for name, expected in case["expected"].items():
        site, day = name.split()[:2]
        if isinstance(expected, dict) and "NOAA" in expected:
            rows.append((tuple(case["setup"]["sites"][site]), day, expected["NOAA"]))
    return rows


def test_sunrise_and_sunset_within_a_minute_of_noaa() -> None:
    rows = _published()
    assert len(rows) >= 8
    for place, day, (rise, _, down) in rows:
        start = unix(day)
        found = edges_s(light_of(cells_at(place), start_unix_s=start, horizon_us=DAY * S), 0)
        for clock, up in ((rise, True), (down, False)):
            hours, minutes, seconds = map(int, clock.split(":"))
            wanted = hours * 3600 + minutes * 60 + seconds
            assert min(abs(t - wanted) for t, after in found if after is up) < 60, (place, day, clock)


def test_lit_changes_at_the_edges_of_its_own_sector() -> None:
    light = light_of(cells_at((48.0, 38.0), (48.0, 32.0)), start_unix_s=unix("2026-02-01"), horizon_us=5 * DAY * S)
    for sector in (0, 1):
        for time, after in edges_s(light, sector):
            at = np.array([round(time * S) - 2 * S, round(time * S) + 2 * S])
            assert lit(light, np.full(2, sector), at).tolist() == [not after, after]
    rises = [next(t for t, up in edges_s(light, s) if up) for s in (0, 1)]
    assert rises[1] - rises[0] == pytest.approx(6 * 240, abs=3)  # 6° further west: 24 min later


def test_light_at_the_start_of_the_run() -> None:
    for hour, day in ((0, False), (10, True), (20, False)):
        light = light_of(cells_at((48.0, 38.0)), start_unix_s=unix(f"2026-02-01 {hour:02d}:00"), horizon_us=DAY * S)
        assert lit(light, np.array([0]), np.array([0]))[0] == day


def test_a_longer_run_has_the_same_first_days() -> None:
    start = unix("2026-06-01")
    short, long = (edges_s(light_of(cells_at((47.0, 33.0)), start_unix_s=start, horizon_us=d * DAY * S), 0) for d in (30, 60))
    assert long[: len(short) - 1] == short[:-1]


def test_daylight_of_winter_and_summer_at_donetsk() -> None:
    """Day lengths at 48° N: 8 h 21 min at the winter solstice and 16 h 03 min at the summer one (NOAA calculator, ± 2 min)."""
    for day, hours in (("2025-12-21", 8.35), ("2026-06-21", 16.05)):
        light = light_of(cells_at((48.0, 38.0)), start_unix_s=unix(day), horizon_us=DAY * S)
        assert 24 * daylight_share(light, 1, horizon_us=DAY * S)[0] == pytest.approx(hours, abs=0.12)


def test_polar_night_and_midnight_sun_have_no_edges() -> None:
    for day, always in (("2025-12-21", False), ("2026-06-21", True)):
        light = light_of(cells_at((75.0, 30.0)), start_unix_s=unix(day), horizon_us=3 * DAY * S)
        assert edges_s(light, 0) == []
        assert daylight_share(light, 1, horizon_us=3 * DAY * S)[0] == float(always)
