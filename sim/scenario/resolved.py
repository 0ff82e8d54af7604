"""Every value of a checked scenario, defaults included, one after another with its key and its meaning.

A mediator can print, source, compare and write back a scenario number by number because of this list.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import BaseModel

from sim.scenario.errors import dotted
from sim.scenario.keys import fields
from sim.scenario.scenario import Scenario, Source

_PLAIN = frozenset((float, int, bool, str, type(None)))


class Value(NamedTuple):
    """One resolved value: its path with items named by id, itself, and its meaning in words."""

    path: tuple[str, ...]
    value: Any
    meaning: str

    @property
    def key(self) -> str:
        """Dotted key."""
        return dotted(self.path)

    @property
    def numeric(self) -> bool:
        """Whether it is a number, or a list of numbers."""
        return _numeric(self.value)


class Sourced(NamedTuple):
    """A source and the pattern of keys that it is for."""

    pattern: str
    source: Source

    @property
    def length(self) -> int:
        """Parts of the pattern."""
        return self.pattern.count(".") + 1


def _numeric(value: Any) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(_numeric(item) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def values(scenario: Scenario) -> Iterator[Value]:
    """All values in the order of their declaration."""
    return _model(scenario, ())


def _model(model: BaseModel, path: tuple[str, ...]) -> Iterator[Value]:
    for key, name, meaning in _slots(type(model)):
        value = getattr(model, name)
        if type(value) in _PLAIN:  # nearly all values; each other layer of generators costs as much as the value
            yield Value((*path, key), value, meaning)
        else:
            yield from _any(value, (*path, key), meaning)


@lru_cache(maxsize=512)
def _slots(model: type[BaseModel]) -> tuple[tuple[str, str, str], ...]:
    """Of each key that a kind of part has: the key, the attribute that holds it, and its meaning."""
    held = model.model_fields
    return tuple((key, key if key in held else f"{key}_", info.description or "") for key, info in fields(model).items())


def _any(value: Any, path: tuple[str, ...], meaning: str) -> Iterator[Value]:
    if isinstance(value, BaseModel):
        yield from _model(value, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _any(item, (*path, key), meaning)
    elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        for item in value:
            yield from _model(item, (*path, str(getattr(item, "id", ""))))
    else:
        yield Value(path, value.astimezone(UTC) if isinstance(value, datetime) else value, meaning)


_HERE = "."  # no part of a dotted key is a dot


class Sources:
    """The sources of a scenario, found by key."""

    def __init__(self, sources: dict[str, Source]) -> None:
        self._root: dict[str, Any] = {}
        for pattern, source in sources.items():
            node = self._root
            for part in pattern.split("."):
                node = node.setdefault(part, {})
            node[_HERE] = Sourced(pattern, source)
        self._known: dict[tuple[str, ...], tuple[list[dict[str, Any]], Sourced | None]] = {(): ([self._root], None)}

    def of(self, path: tuple[str, ...]) -> Sourced | None:
        """Source of a key: the longest pattern that is the key or a table above it; of two, the one with
        fewer stars.
        """
        return self._walked(path)[1]

    def _walked(self, path: tuple[str, ...]) -> tuple[list[dict[str, Any]], Sourced | None]:
        """Patterns that go on below a path, and its source; keys of one table share the walk to it."""
        known = self._known.get(path)
        if known is None:
            above, best = self._walked(path[:-1])
            layer = _next(above, path[-1]) if above else above
            known = self._known[path] = layer, min(_sourced(layer), key=_stars, default=best) if layer else best
        return known


def _next(layer: list[dict[str, Any]], part: str) -> list[dict[str, Any]]:
    return [node[name] for node in layer for name in (part, "*") if name in node]


def _sourced(layer: list[dict[str, Any]]) -> list[Sourced]:
    return [node[_HERE] for node in layer if _HERE in node]


def _stars(sourced: Sourced) -> int:
    return sourced.pattern.count("*")
