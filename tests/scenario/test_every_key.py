"""Every key of a scenario refuses what lies just outside its bounds and what is of another type, and names itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.scenario.errors import ScenarioErrors
from sim.scenario.keys import Slot, homes, meant_key, slot, unit
from sim.scenario.reader import read
from sim.scenario.resolved import Value, values
from sim.scenario.scenario import Scenario

BASE = Path(__file__).parent / "base" / "base.toml"
LOADED = read(BASE)


def numbered(path: tuple[str, ...]) -> tuple[str | int, ...]:
    """Path with the ids of items turned into their numbers in the merged tree."""
    node: Any = LOADED.tree
    found: list[str | int] = []
    for part in path:
        if isinstance(node, list):
            number = next(i for i, item in enumerate(node) if item["id"] == part)
            found.append(number)
            node = node[number]
        else:
            found.append(part)
            node = node.get(part) if isinstance(node, dict) else None
    return tuple(found)


def settable() -> list[tuple[Value, Slot]]:
    """All values of the base but its ids and sources, with what their keys may hold."""
    found = []
    for value in values(LOADED.scenario):
        here = slot(numbered(value.path), LOADED.tree)
        assert here is not None, value.path
        if value.path[0] not in ("schema", "sources") and value.path[-1] not in ("id", "type"):
            found.append((value, here))
    return found


def wrong_values(value: Value, here: Slot) -> Iterator[str]:
    """TOML texts just outside the bounds of a key, and of another type."""
    low, high, open_low, open_high = here.bounds
    if isinstance(value.value, bool):
        yield from ("1", '"true"')
    elif isinstance(value.value, int):
        yield from ("true", '"1"', "1.5")
        yield from () if low is None else [str(int(low) - 1)]
        yield from () if high is None else [str(int(high) + 1)]
    elif isinstance(value.value, float):
        yield from ("false", '"1"', "nan", "inf", "[1]")
        yield from () if low is None else [repr(low if open_low else math.nextafter(low, -math.inf))]
        yield from () if high is None else [repr(high if open_high else math.nextafter(high, math.inf))]
    elif isinstance(value.value, str):
        yield from ("1", "true", '["a"]', '"a\\u0007"')
    elif isinstance(value.value, tuple):
        yield from ("1", '"a"', "true")


def right_values(value: Value, here: Slot) -> Iterator[str]:
    """TOML texts at the bounds of a key."""
    low, high, open_low, open_high = here.bounds
    if value.numeric and not isinstance(value.value, tuple):
        whole = isinstance(value.value, int)
        yield from () if low is None or open_low else [repr(int(low) if whole else low)]
        yield from () if high is None or open_high else [repr(int(high) if whole else high)]


def told(key: str, text: str) -> str:
    """Text of the faults if one key is given this value."""
    try:
        read(BASE, overrides=[(key, text)])
    except ScenarioErrors as errors:
        return str(errors)
    return ""


SETTABLE = settable()


@pytest.mark.parametrize(("value", "here"), SETTABLE, ids=[value.key for value, _ in SETTABLE])
def test_key(value: Value, here: Slot) -> None:
    """What is wrong is told under the key's own name; what is at a bound has the right shape."""
    for text in wrong_values(value, here):
        answer = told(value.key, text)
        assert answer.startswith(f"--set: {value.key}") or f"\n--set: {value.key}" in answer, (text, answer)
    for text in right_values(value, here):
        shape = [line for line in told(value.key, text).split("\n") if f": {value.key} = " in line and " must be " in line]
        assert not [line for line in shape if "maximum" in line or "at most" in line or "0..1" in line], (text, shape)


def test_there_are_enough_keys() -> None:
    """The base exercises most of the format."""
    assert len(SETTABLE) > 150


def test_hints_for_unknown_keys() -> None:
    """A sibling spelt alike, the table that a key belongs in, or nothing."""
    assert meant_key("tilte", ("tilte",), {}) == "did you mean title?"
    assert meant_key("gini", ("conduct", "gini"), {}) == "right key, wrong table? gini belongs in conduct.hot_spots"
    assert meant_key("zzzzzzzz", ("zzzzzzzz",), {}) == ""
    assert "monitoring.drones.ID" in homes()["airframes"]


@pytest.mark.parametrize(("name", "text"), [
    ("endurance_h", "h"), ("crews", ""), ("search_km2_per_h", "km²/h"), ("speed_kmh", "km/h"), ("incidents_per_day", "a day"),
    ("available_from_d", "d"), ("report_min", "min"), ("lon_deg", "°"), ("pd", ""), ("days", "d"), ("depth_km", "km"),
    ("night_share", "share"),
])
def test_units_by_suffix(name: str, text: str) -> None:
    """The end of a name is its unit."""
    assert unit(name) == text


def test_every_key_has_a_meaning() -> None:
    """What an analyst may set is explained; sections are explained by their own table."""
    tables = {"Scenario": Scenario.model_json_schema(), **Scenario.model_json_schema()["$defs"]}
    silent = [f"{table}.{name}" for table, schema in tables.items() for name, key in schema["properties"].items()
              if name not in ("id", "type") and "$ref" not in key and "description" not in key]
    assert silent == []
