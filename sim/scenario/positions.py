"""Where each key and value of a scenario file stands, in lines and characters.

A mediator's editor can jump from a fault, or from a resolved number, to the place that set it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from sim.scenario.errors import Key

if TYPE_CHECKING:
    from tree_sitter import Node

_TABLES = ("inline_table", "object")


class Spot(NamedTuple):
    """Line and column of a key (or of an item's first character) and of its value, counted from 1."""

    line: int
    column: int
    value_line: int
    value_column: int


class Twice(NamedTuple):
    """A JSON key given twice in one object."""

    name: str
    first_line: int
    line: int
    column: int


class Positions:
    """Places in one accepted text, by path with list items counted from 0; arrays are opened when asked
    for.
    """

    def __init__(self, text: str, *, is_json: bool) -> None:
        self._data = text.encode("utf-8")
        self._ascii = text.isascii()
        self._spots: dict[Key, Spot] = {(): Spot(1, 1, 1, 1)}
        self._closed: dict[Key, Node] = {}
        self._counts: dict[Key, int] = {}
        self.twice: list[Twice] = []
        root = _tree(self._data, is_json=is_json)
        if is_json:
            for node in root.named_children:
                self._value((), node)
        else:
            self._document(root)

    def at(self, path: Key) -> Spot:
        """Place of a path, or of the nearest table above it that stands in the text."""
        for length in range(len(path) + 1):
            if path[:length] in self._closed:
                self._open(path[:length])
        return next(self._spots[path[:n]] for n in range(len(path), -1, -1) if path[:n] in self._spots)

    def _document(self, root: Node) -> None:
        for child in root.named_children:
            if child.type == "pair":
                self._pair((), child)
            elif child.type in ("table", "table_array_element"):
                self._header(child)

    def _header(self, node: Node) -> None:
        names, *pairs = node.named_children
        path: Key = ()
        for part in _parts(names):
            path = self._last((*path, part))
        if node.type == "table_array_element":
            array = path[:-1] if path and isinstance(path[-1], int) else path
            self._counts[array] = count = self._counts.get(array, 0) + 1
            self._spots.setdefault(array, self._spot(names, names))
            path = (*array, count - 1)
        self._spots[path] = self._spot(names, names)
        for pair in pairs:
            if pair.type == "pair":
                self._pair(path, pair)

    def _last(self, path: Key) -> Key:
        return (*path, self._counts[path] - 1) if path in self._counts else path

    def _pair(self, table: Key, node: Node) -> None:
        named = [child for child in node.named_children if child.type != "comment"]
        if len(named) != 2:
            return
        spot = self._spot(named[0], named[1])
        path = table
        for part in _parts(named[0]):
            path = (*path, part)
            self._note(path, spot, is_json=named[0].type == "string")
        self._spots[path] = spot
        self._value(path, named[1])

    def _note(self, path: Key, spot: Spot, *, is_json: bool) -> None:
        first = self._spots.setdefault(path, spot)
        if is_json and first is not spot:
            self.twice.append(Twice(str(path[-1]), first.line, spot.line, spot.column))

    def _value(self, path: Key, node: Node) -> None:
        if node.type in _TABLES:
            for child in node.named_children:
                if child.type == "pair":
                    self._pair(path, child)
        elif node.type == "array":
            self._closed[path] = node
            if any(child.type in _TABLES for child in node.named_children[:3]):
                self._open(path)

    def _open(self, path: Key) -> None:
        items = [child for child in self._closed.pop(path).named_children if child.type != "comment"]
        for i, item in enumerate(items):
            self._spots[(*path, i)] = self._spot(item, item)
            self._value((*path, i), item)

    def _spot(self, name: Node, value: Node) -> Spot:
        return Spot(*self._point(name), *self._point(value))

    def _point(self, node: Node) -> tuple[int, int]:
        row, column = node.start_point
        if not self._ascii:
            start = node.start_byte
            column = len(self._data[start - column : start].decode("utf-8", "replace"))
        return row + 1, column + 1


def _tree(data: bytes, *, is_json: bool) -> Node:
    from tree_sitter import Language, Parser

    grammar = import_module("tree_sitter_json" if is_json else "tree_sitter_toml")
    return Parser(Language(grammar.language())).parse(data).root_node


def _parts(node: Node) -> Iterator[str]:
    """Parts of a key, dotted or not; a dotted key is nested on its left."""
    if node.type == "dotted_key":
        for child in node.named_children:
            yield from _parts(child)
        return
    text = (node.text or b"").decode("utf-8")
    yield _unquoted(text) if text[:1] in ("'", '"') else text


def _unquoted(text: str) -> str:
    if text[0] == "'":
        return text[1:-1]
    if "\\" not in text:
        return text[1:-1]
    try:
        return str(tomllib.loads(f"k = {text}")["k"])
    except tomllib.TOMLDecodeError:
        return str(json.loads(text))
