"""Single values given on the command line, `key = value`, laid on a scenario after all its files.

A mediator changes one number without a file of her own; a key that does not exist is an error, never a silent
no-op.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from typing import Any, get_args, get_origin

from sim.scenario.errors import Key, Problem, ScenarioErrors, did_you_mean, dotted, quoted
from sim.scenario.includes import COMMAND_LINE
from sim.scenario.keys import fields, meant_key, model_of, options, slot
from sim.scenario.merge import Branch, Leaf, Place, Rows, Table, merged, plain, planted
from sim.scenario.scan import check_nesting

_PART = re.compile(r'\s*(?:([A-Za-z0-9_-]+)|"([^"\\\n]*)"|\'([^\'\n]*)\')\s*(\.|$)')
_LONGEST_KEY = 1000


def overridden(tree: Table, overrides: Sequence[tuple[str, str]]) -> Table:
    """Tree with the values laid on it, in order.

    Raises ScenarioErrors for unknown keys, unknown ids and values that are not TOML.
    """
    problems: list[Problem] = []
    for key, value in overrides:
        try:
            tree = _laid(tree, key, value)
        except ScenarioErrors as errors:
            problems += errors.problems
    if problems:
        raise ScenarioErrors(problems)
    return tree


def _laid(tree: Table, key: str, text: str) -> Table:
    path = split_key(key)
    if path is None or len(path) > 64:
        raise _refused(key, "not a key", "write names joined by points, as in monitoring.drones.north.airframes")
    reason = unknown_key(path, tree)
    if reason:
        raise _refused(key, *reason)
    branch = planted(_value(key, text), Place(COMMAND_LINE, path))
    result = _put(tree, path, branch)
    assert isinstance(result, Table)
    return result


def split_key(key: str) -> tuple[str, ...] | None:
    """Parts of a dotted key, quoted parts included; None where it is not one."""
    parts, place = [], 0
    while place < len(key) <= _LONGEST_KEY:
        match = _PART.match(key, place)
        if match is None:
            return None
        parts.append(match[1] or match[2] or match[3] or "")
        place = match.end()
        if not match[4]:
            return tuple(parts)
    return None


def _value(key: str, text: str) -> Any:
    try:
        check_nesting(text, "--set", is_json=False)
        tree = tomllib.loads(f"value = {text}")
    except (ScenarioErrors, ValueError, RecursionError, MemoryError):
        hint = f'text needs quotes: {key}="{text}"' if re.fullmatch(r"[\w -]{1,60}", text) else ""
        raise _refused(key, f"{quoted(text)} is not a TOML value", hint) from None
    if set(tree) != {"value"}:
        raise _refused(key, f"{quoted(text)} is more than one TOML value", "")
    return tree["value"]


def _refused(key: str, rule: str, hint: str) -> ScenarioErrors:
    return ScenarioErrors([Problem("--set", 0, 0, quoted(key)[1:-1], "", rule, hint)])


def unknown_key(path: Sequence[str], tree: Table) -> tuple[str, str] | None:
    """Rule and hint if a key names nothing that a scenario of this tree could hold; ids name items."""
    node: Branch | None = tree
    numbered: list[str | int] = []
    whole = plain(tree)
    for i, part in enumerate(path):
        where = tuple(path[: i + 1])
        if isinstance(node, Rows):
            if part not in node.items:
                return _no_item(where), _item_meant(part, node.items)
            numbered.append(list(node.items).index(part))
            node = node.items[part]
            continue
        numbered.append(int(part) if _is_place(node, part) else part)
        reason = _unknown_step(tuple(numbered), where, whole)
        if reason:
            return reason
        node = _below(node, part)
    return None


def _below(node: Branch | None, part: str) -> Branch | None:
    if isinstance(node, Leaf) and _is_place(node, part) and int(part) < len(node.value):
        return Leaf(node.value[int(part)], node.place)
    return node.entries.get(part) if isinstance(node, Table) else None


def _unknown_step(numbered: Key, where: Key, whole: Any) -> tuple[str, str] | None:
    if numbered[0] in ("include", "schema"):
        return f"{numbered[0]} cannot be set", ""
    if slot(numbered, whole) is None:
        parent = slot(numbered[:-1], whole)
        if parent and len(options(parent.annotation)) > 1:
            return None  # a union whose `type` is wrong: the shape pass says so
        if parent and "id" in _item_fields(parent.annotation):
            return _no_item(where), ""
        return "unknown key", meant_key(str(where[-1]), numbered, whole)
    return None


def _no_item(where: Key) -> str:
    return f"{dotted(where[:-1])} holds no item {quoted(str(where[-1]))}"


def _item_fields(annotation: Any) -> Iterable[str]:
    if get_origin(annotation) is not tuple:
        return ()
    model = model_of(get_args(annotation)[0], None)
    return fields(model) if model else ()


def _is_place(node: Branch | None, part: str) -> bool:
    is_list = isinstance(node, Leaf) and isinstance(node.value, list)
    return is_list and part.isascii() and part.isdigit() and len(part) < 6


def _item_meant(part: str, items: Iterable[str | int]) -> str:
    known = [str(item) for item in items]
    return did_you_mean(part, known) or f"it holds {', '.join(known[:8])}"


def _put(node: Branch | None, path: Key, branch: Branch) -> Branch:
    """Copy of the tree with a branch in place; tables are merged, values replaced."""
    if not path:
        return branch if node is None else merged(node, branch, None, [])
    part, rest = path[0], path[1:]
    if isinstance(node, Rows):
        item = _put(node.items[part], rest, branch)
        assert isinstance(item, Table)
        return Rows({**node.items, part: item}, node.place)
    if isinstance(node, Leaf) and isinstance(node.value, list):
        return Leaf(_put_in_list(node.value, path, plain(branch)), branch.place)
    below = node if isinstance(node, Table) else Table({}, branch.place)
    assert isinstance(part, str)
    return Table({**below.entries, part: _put(below.entries.get(part), rest, branch)}, below.place)


def _put_in_list(value: Any, path: Key, item: Any) -> Any:
    if not path or not isinstance(value, list):
        return item
    place = int(path[0])
    if place >= len(value):
        raise _refused(dotted(path), f"the list has {len(value)} items, counted from 0", "")
    return [*value[:place], _put_in_list(value[place], path[1:], item), *value[place + 1 :]]
