"""How a scenario that includes others becomes one tree: key by key, items by id, the including file last.

A mediator changes one number of a shipped scenario in three lines, and two parts that contradict each other
are found out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sim.scenario.errors import Key

MAX_REMOVED = 200


class Place(NamedTuple):
    """A path inside one file; the file is known by its number in order of reading, -1 for the command
    line.
    """

    file: int
    path: Key


@dataclass(frozen=True)
class Leaf:
    """A value that is replaced as a whole: a number, a text, a plain list."""

    value: Any
    place: Place


@dataclass(frozen=True)
class Table:
    """Keys and what they hold; `remove` names inherited items that this table drops."""

    entries: dict[str, Branch]
    place: Place
    remove: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rows:
    """Items named by their ids; a repeated id is kept under its number, to be reported."""

    items: dict[str | int, Table]
    place: Place


Branch = Leaf | Table | Rows


class Clash(NamedTuple):
    """Two includes that give one key different values."""

    path: Key
    first: Place
    second: Place


class Unmet(NamedTuple):
    """An id named in `remove` that was not inherited exactly once, with the ids that could be meant."""

    place: Place
    name: str
    times: int
    known: tuple[str, ...]


def planted(value: Any, place: Place) -> Branch:
    """Tree of one file's tables."""
    if isinstance(value, dict):
        names = _removed(value)
        kept = {k: v for k, v in value.items() if k != "remove" or names is None}
        entries = {k: planted(v, Place(place.file, (*place.path, k))) for k, v in kept.items()}
        return Table(entries, place, names or ())
    if isinstance(value, list) and value and all(_named(item) for item in value):
        return Rows(_rows(value, place), place)
    return Leaf(value, place)


def _removed(table: dict[str, Any]) -> tuple[str, ...] | None:
    names = table.get("remove")
    fits = isinstance(names, list) and len(names) <= MAX_REMOVED and all(isinstance(n, str) for n in names)
    return tuple(names) if isinstance(names, list) and fits else None


def _named(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("id"), str)


def _rows(items: list[dict[str, Any]], place: Place) -> dict[str | int, Table]:
    rows: dict[str | int, Table] = {}
    for i, item in enumerate(items):
        name = i if item["id"] in rows else item["id"]
        table = planted(item, Place(place.file, (*place.path, i)))
        assert isinstance(table, Table)
        rows[name] = table
    return rows


def merged(base: Branch, over: Branch, clashes: list[Clash] | None, unmet: list[Unmet], path: Key = ()) -> Branch:
    """`over` laid on `base`; between equals (sibling includes) different values are noted as clashes."""
    if isinstance(base, Table) and isinstance(over, Table):
        kept = dropped(base, over, unmet)
        entries = dict(kept.entries)
        for name, branch in over.entries.items():
            under = entries.get(name)
            entries[name] = branch if under is None else merged(under, branch, clashes, unmet, (*path, name))
        return Table(entries, over.place, ())
    if isinstance(base, Rows) and isinstance(over, Rows):
        rows = dict(base.items)
        for key, item in over.items.items():
            below = rows.get(key)
            table = item if below is None else merged(below, item, clashes, unmet, (*path, key))
            assert isinstance(table, Table)
            rows[key] = table
        return Rows(rows, over.place)
    if clashes is not None and plain(base) != plain(over):
        clashes.append(Clash(path, base.place, over.place))
    return over


def settled(tree: Branch | None, path: Key) -> bool:
    """Whether a tree says itself what stands at a path."""
    for part in path:
        if isinstance(tree, Leaf):
            return True
        tree = _child(tree, part)
    return tree is not None


def found(tree: Branch | None, path: Key) -> Branch | None:
    """What stands at a path, ids naming items."""
    for part in path:
        tree = _child(tree, part)
    return tree


def _child(tree: Branch | None, part: str | int) -> Branch | None:
    if isinstance(tree, Table) and isinstance(part, str):
        return tree.entries.get(part)
    return tree.items.get(part) if isinstance(tree, Rows) else None


def dropped(base: Table, over: Table, unmet: list[Unmet]) -> Table:
    """`base` without the items that `over` removes: `north`, or `drones.north` where two lists hold a
    north.
    """
    entries = dict(base.entries)
    for i, name in enumerate(over.remove):
        homes = _homes(base, name)
        if len(homes) != 1:
            unmet.append(Unmet(_at_remove(over, i), name, len(homes), _removable(base)))
            continue
        home, item = homes[0]
        rows = entries[home]
        assert isinstance(rows, Rows)
        entries[home] = Rows({k: v for k, v in rows.items.items() if k != item}, rows.place)
    return Table(entries, base.place, base.remove)


def _homes(table: Table, name: str) -> list[tuple[str, str]]:
    lists = {key: rows for key, rows in table.entries.items() if isinstance(rows, Rows)}
    key, _, item = name.rpartition(".")
    return [(home, item) for home, rows in lists.items() if item in rows.items and key in ("", home)]


def _removable(table: Table) -> tuple[str, ...]:
    pairs = [(k, i) for k, rows in table.entries.items() if isinstance(rows, Rows) for i in rows.items]
    return tuple(name for k, i in pairs for name in (str(i), f"{k}.{i}"))


def _at_remove(table: Table, number: int) -> Place:
    return Place(table.place.file, (*table.place.path, "remove", number))


def never_met(tree: Branch) -> Iterator[Unmet]:
    """Removals in tables that nothing was inherited into."""
    if isinstance(tree, Leaf):
        return
    if isinstance(tree, Table):
        yield from (Unmet(_at_remove(tree, i), name, 0, ()) for i, name in enumerate(tree.remove))
    children: Iterable[Branch] = (tree.entries if isinstance(tree, Table) else tree.items).values()
    for branch in children:
        yield from never_met(branch)


def plain(tree: Branch) -> Any:
    """Plain tables, lists and values."""
    if isinstance(tree, Table):
        return {name: plain(branch) for name, branch in tree.entries.items()}
    if isinstance(tree, Rows):
        return [plain(item) for item in tree.items.values()]
    return tree.value


class Named(NamedTuple):
    """A table, item or value: its path with items named by id, its place, and itself."""

    path: Key
    place: Place
    branch: Branch


def numbered(tree: Branch, number: Key = (), name: Key = ()) -> Iterator[tuple[Key, Named]]:
    """Everything in a tree by its path with list items counted from 0, as in the plain tree."""
    yield number, Named(name, tree.place, tree)
    if isinstance(tree, Table):
        for key, branch in tree.entries.items():
            yield from numbered(branch, (*number, key), (*name, key))
    elif isinstance(tree, Rows):
        for i, (own, item) in enumerate(tree.items.items()):
            yield from numbered(item, (*number, i), (*name, own))
