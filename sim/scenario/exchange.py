"""Sections and whole files given on the command line: one part of a scenario taken from another file.

A mediator compares two agreements, two regimes or two designs without copying a scenario.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.scenario.errors import Key, Problem, ScenarioErrors, quoted
from sim.scenario.folders import SHIPPED, Refusal
from sim.scenario.includes import Library, Whole
from sim.scenario.merge import Branch, Clash, Rows, Table, Unmet, found, merged
from sim.scenario.overrides import split_key


def with_files(library: Library, whole: Whole, files: Sequence[tuple[str, str]]) -> tuple[Table, tuple[Clash, ...]]:
    """Tree with the parts of other files in place, in order, and the contradictions within all of them.

    `include` lays a file on as an including file would be; any other key is replaced by what the file holds there.
    Raises ScenarioErrors for a file that may not be read or lacks the key.
    """
    tree, clashes = whole.tree, whole.clashes
    for key, name in files:
        part = _loaded(library, key, name)
        clashes = (*clashes, *part.clashes)
        tree = _laid(tree, part.tree, key, name)
    return tree, clashes


def _loaded(library: Library, key: str, name: str) -> Whole:
    target = library.folders.target(name, library.folders.own)
    if isinstance(target, Refusal):
        raise _refused(key, f"{quoted(name)}: {target.rule}", target.hint)
    origin = library.folders.origin(target.resolve())
    part = library.load(target, origin if origin.startswith(SHIPPED) else name, origin)
    if library.problems:
        problems = list(library.problems)
        library.forget(target)
        raise ScenarioErrors(problems)
    return part


def _laid(tree: Table, part: Table, key: str, name: str) -> Table:
    if key == "include":
        unmet: list[Unmet] = []
        over = merged(tree, part, None, unmet)
        if unmet:
            raise _refused(key, f"{quoted(name)} removes {quoted(unmet[0].name)}, which is not there", "")
        assert isinstance(over, Table)
        return over
    path = split_key(key)
    branch = found(part, path) if path else None
    if path is None or branch is None:
        raise _refused(key, f"{quoted(name)} holds no such key", "")
    swapped = _swapped(tree, path, branch)
    if not isinstance(swapped, Table):
        raise _refused(key, "the scenario holds no such table or item", "")
    return swapped


def _swapped(node: Branch | None, path: Key, branch: Branch) -> Branch | None:
    """Copy of the tree with a branch in place of what was there; None where the way leads nowhere."""
    if not path:
        return branch
    part, rest = path[0], path[1:]
    if isinstance(node, Table) and isinstance(part, str):
        below = _swapped(node.entries.get(part), rest, branch)
        return None if below is None else Table({**node.entries, part: below}, node.place)
    if isinstance(node, Rows) and part in node.items:
        item = _swapped(node.items[part], rest, branch)
        return Rows({**node.items, part: item}, node.place) if isinstance(item, Table) else None
    return None


def _refused(key: str, rule: str, hint: str) -> ScenarioErrors:
    return ScenarioErrors([Problem("--set", 0, 0, quoted(key)[1:-1], "", rule, hint)])
