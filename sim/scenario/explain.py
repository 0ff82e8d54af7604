"""Every resolved value of a scenario with its unit, its meaning, where it was set, and the source and grade
behind it.

A mediator can ask of any number: who says so, and how sure is it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sim.scenario.errors import ScenarioErrors, alone, did_you_mean, quoted
from sim.scenario.keys import unit
from sim.scenario.overrides import split_key
from sim.scenario.reader import Loaded
from sim.scenario.resolved import Sourced, Sources, Value, values

_SITUATION_AND_DESIGN = ("area", "agreement", "conduct", "monitoring", "verification", "response")
_LONG = 12


def explain(loaded: Loaded, key: str | None = None) -> list[str]:
    """One line for each resolved value, or for those at and below a key.

    Each line: `key = value unit · meaning · origin · source`. The drawn and the digitised length of the line
    follow `area.line`. Raises ScenarioErrors for a key that the scenario does not hold.
    """
    sources = Sources(loaded.scenario.sources)
    lines = [(value.path, _line(value, loaded, sources)) for value in values(loaded.scenario) if value.path[0] != "sources"]
    place = next(i for i, (path, _) in enumerate(lines) if path == ("area", "line"))
    lines[place + 1 : place + 1] = list(_lengths(loaded))
    if key is None:
        return [line for _, line in lines]
    wanted = split_key(key) or (key,)
    chosen = [line for path, line in lines if path[: len(wanted)] == wanted]
    if not chosen:
        raise _unknown(key, [path for path, _ in lines])
    return chosen


def _unknown(key: str, paths: list[tuple[str, ...]]) -> ScenarioErrors:
    tables = {path[:n] for path in paths for n in range(1, len(path) + 1)}
    return alone(
        "",
        "the scenario holds no such key",
        did_you_mean(key, [".".join(t) for t in tables]),
        value=quoted(key),
    )


def _line(value: Value, loaded: Loaded, sources: Sources) -> str:
    number = f"{_shown(value.value)} {_unit(value)}".rstrip()
    parts = [f"{value.key} = {number}", value.meaning, loaded.origins[value.key], _source(value, sources)]
    return " · ".join(part for part in parts if part)


def _unit(value: Value) -> str:
    """Unit by the last part of the key that has one: the values of `false_alarms_per_day` stand below it."""
    if not value.numeric:
        return ""
    return next((found for name in reversed(value.path) if (found := unit(name))), "")


def _source(value: Value, sources: Sources) -> str:
    """Source of a number; of another value only if the source is for that very key."""
    sourced = sources.of(value.path)
    exact = sourced is not None and sourced.length == len(value.path) and not sourced.pattern.endswith("*")
    if sourced and (value.numeric or exact):
        source = sourced.source
        note = f"; {source.note}" if source.note else ""
        return f"grade {source.grade}: {source.source}{_span(sourced) if exact else ''}{note}"
    return "no source" if value.numeric and value.path[0] in _SITUATION_AND_DESIGN else ""


def _span(sourced: Sourced) -> str:
    low, high = sourced.source.low, sourced.source.high
    if low is None and high is None:
        return ""
    return f" ({'…' if low is None else f'{low:g}'} to {'…' if high is None else f'{high:g}'})"


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        items = [_shown(item) for item in value[:_LONG]]
        more = f", … {len(value)} in all" if len(value) > _LONG else ""
        return f"[{', '.join(items)}{more}]"
    if isinstance(value, str):
        return quoted(value, 2000)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else repr(value)


def drawn_length_km(loaded: Loaded) -> float:
    """Length of the line of contact as drawn, along geodesics."""
    from sim.foundation.geodesy import Place, polyline_length_km

    return polyline_length_km([Place(lat, lon) for lon, lat in loaded.scenario.area.line])


def _lengths(loaded: Loaded) -> Iterator[tuple[tuple[str, ...], str]]:
    drawn, factor = drawn_length_km(loaded), loaded.scenario.area.length_factor
    rows = (
        ("drawn_length_km", drawn, "length of the line as drawn"),
        (
            "digitised_length_km",
            drawn * factor,
            f"drawn length × length_factor {factor:g}; rates per km go by it",
        ),
    )
    for name, number, meaning in rows:
        yield ("area", "line", name), f"area.line.{name} = {number:.1f} km · {meaning} · computed"


def unsourced(loaded: Loaded, *, defaults: bool = False) -> list[str]:
    """Keys of numbers of the situation and the design without a source; `defaults`: also those not set."""
    sources = Sources(loaded.scenario.sources)
    numbers = (v for v in values(loaded.scenario) if v.numeric and v.path[0] in _SITUATION_AND_DESIGN)
    return [v.key for v in numbers if (defaults or loaded.origins[v.key] != "default") and sources.of(v.path) is None]
