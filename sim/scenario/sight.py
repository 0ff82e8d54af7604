"""A view of a merged scenario that shows only what has the right shape, so that its meaning can be checked
early.

A mediator who mistypes one number still hears at once of the other places where the file contradicts itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sim.scenario.errors import Key
from sim.scenario.keys import default_of


class Sight(NamedTuple):
    """The merged tree, the paths whose shape is wrong, all paths above them, and where a path was set."""

    tree: dict[str, Any]
    wrong: frozenset[Key]
    above_wrong: frozenset[Key]
    origin: Callable[[Key], str]

    def fine(self, path: Key) -> bool:
        """Whether nothing above, at or below a path has a wrong shape."""
        return path not in self.above_wrong and self.reached(path)

    def reached(self, path: Key) -> bool:
        """Whether neither a path nor any table above it has a wrong shape."""
        return not self.wrong or not any(path[:n] in self.wrong for n in range(1, len(path) + 1))

    def select(self, pattern: str) -> Iterator[tuple[Key, Any]]:
        """Paths and values of a pattern such as `monitoring.drones.*.base`; a last `#` gives the keys
        of a table.
        """
        layer: list[tuple[Key, Any]] = [((), self.tree)]
        for part in pattern.split("."):
            layer = [(p, v) for path, node in layer for p, v in _below(path, node, part) if not self.wrong or self.reached(p)]
        yield from layer

    def rows(self, pattern: str) -> Iterator[tuple[Key, Mapping[str, Any]]]:
        """Tables of a pattern."""
        return ((path, row) for path, row in self.select(pattern) if isinstance(row, dict))

    def value(self, path: Key) -> Any:
        """What stands at a path, else the default; None where it is wrong, missing or without default."""
        if not self.reached(path):
            return None
        node: Any = self.tree
        for part in path:
            if not holds(node, part):
                return default_of(path, self.tree)
            node = node[part]
        return node

    def number(self, path: Key) -> float | None:
        """A finite number at a path, or its default, else None."""
        value = self.value(path)
        real = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if real and math.isfinite(value) else None

    def ids(self, pattern: str) -> list[str] | None:
        """Ids of a list, empty if it may be absent; None where its shape is wrong, so that nothing
        can be said.
        """
        path = tuple(pattern.split("."))
        if not self.reached(path):
            return None
        return [row["id"] for _, row in self.rows(f"{pattern}.*") if isinstance(row.get("id"), str)]


def sight(tree: dict[str, Any], wrong: Iterable[Key], origin: Callable[[Key], str]) -> Sight:
    """View of a tree in which those paths have a wrong shape; `origin` tells where a path was set."""
    paths = frozenset(wrong)
    return Sight(tree, paths, frozenset(path[:n] for path in paths for n in range(len(path))), origin)


def holds(node: Any, part: str | int) -> bool:
    """Whether a table has that key, or a list that place."""
    if isinstance(node, list):
        return isinstance(part, int) and part < len(node)
    return isinstance(node, dict) and part in node


def _below(path: Key, node: Any, part: str) -> Iterator[tuple[Key, Any]]:
    if isinstance(node, dict):
        if part == "#":
            yield from (((*path, key), key) for key in node)
        elif part == "*":
            yield from (((*path, key), value) for key, value in node.items())
        elif part in node:
            yield (*path, part), node[part]
    elif isinstance(node, list) and part == "*":
        yield from (((*path, i), value) for i, value in enumerate(node))
