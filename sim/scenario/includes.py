"""Reads a scenario file and all that it includes, each once, and never a file outside the folders it may use.

A mediator builds scenarios from parts; a path that leaves the scenario's folder is refused before it is
opened.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sim.scenario.errors import Problem, ScenarioErrors, did_you_mean, dotted, printable, quoted, show
from sim.scenario.folders import SHIPPED, Folders, Refusal
from sim.scenario.merge import (
    Branch,
    Clash,
    Leaf,
    Place,
    Table,
    Unmet,
    found,
    merged,
    never_met,
    planted,
    settled,
)
from sim.scenario.positions import Positions, Spot
from sim.scenario.scan import read_text
from sim.scenario.shipped import shipped
from sim.scenario.syntax import parse

MAX_STEPS = 8
MAX_FILES = 64
MAX_TOTAL = 4 * 2**20
MAX_MARKS = 60_000
COMMAND_LINE = -1
Chain = tuple[tuple[Path, str], ...]


class File(NamedTuple):
    """One file read: its name in messages, its name in origins, its resolved path and its places."""

    label: str
    origin: str
    path: Path
    positions: Positions


class Whole(NamedTuple):
    """A file with all that it includes, merged, and the contradictions left for an including file to
    settle.
    """

    tree: Table
    clashes: tuple[Clash, ...]


class Library:
    """The files of one scenario, in order of reading."""

    def __init__(self, root: Path, label: str) -> None:
        self.files: list[File] = []
        self.problems: list[Problem] = []
        self.folders = Folders(Path(os.path.abspath(root)).parent.resolve(), shipped("scenarios").resolve())
        self._label_folder = os.path.dirname(label)
        self._done: dict[Path, Whole] = {}
        self._size = self._marks = 0

    def spot(self, place: Place) -> Spot:
        """Line and column of a place; zeros on the command line."""
        return Spot(0, 0, 0, 0) if place.file == COMMAND_LINE else self.files[place.file].positions.at(place.path)

    def label(self, place: Place) -> str:
        """File of a place as messages name it."""
        return "--set" if place.file == COMMAND_LINE else self.files[place.file].label

    def origin(self, place: Place) -> str:
        """`parts/x.toml:12`, or `--set`."""
        if place.file == COMMAND_LINE:
            return "--set"
        return f"{self.files[place.file].origin}:{self.spot(place).line}"

    def load(self, path: Path, label: str, origin: str, above: Chain = ()) -> Whole:
        """One file merged with all that it includes."""
        real = path.resolve()
        if real not in self._done:
            self._done[real] = self._read(path, label, origin, (*above, (real, origin)))
        return self._done[real]

    def forget(self, path: Path) -> None:
        """Drop a file that is wrong, with what was wrong about it, so that it is read anew when it is named again."""
        self._done.pop(path.resolve(), None)
        self.problems.clear()

    def _read(self, path: Path, label: str, origin: str, above: Chain) -> Whole:
        text = read_text(path, label)
        is_json = path.suffix.lower() == ".json"
        self._size += len(text)
        tree, marks = parse(text, label, is_json=is_json) if self._size <= MAX_TOTAL else ({}, 0)
        self._marks += marks
        if len(self.files) >= MAX_FILES or self._size > MAX_TOTAL or self._marks > MAX_MARKS:
            raise ScenarioErrors([Problem(printable(label), 0, 0, "include", "", _TOO_MANY)])
        self.files.append(File(printable(label), printable(origin), above[-1][0], Positions(text, is_json=is_json)))
        number = len(self.files) - 1
        self._note_twice(self.files[number])
        includes = self._listed(tree, number)
        parts = [self._included(name, Place(number, ("include", i)), above) for i, name in enumerate(includes)]
        own = planted({k: v for k, v in tree.items() if k != "include"}, Place(number, ()))
        assert isinstance(own, Table)
        return self._joined(own, [part for part in parts if part])

    def _note_twice(self, file: File) -> None:
        for name, first, line, column in file.positions.twice:
            rule = f"key {quoted(name)} is set twice (line {line}, first on line {first})"
            self.problems.append(Problem(file.label, line, column, "", "", rule))

    def _listed(self, tree: dict[str, Any], number: int) -> list[str]:
        names = tree.get("include", [])
        if isinstance(names, list) and all(isinstance(name, str) for name in names) and len(names) <= MAX_FILES:
            return names
        rule = f"expected a list of at most {MAX_FILES} file names"
        self._fault(Place(number, ("include",)), "include", show(names), rule, 'such as ["parts/line.toml"]')
        return []

    def _joined(self, own: Table, parts: Sequence[Whole]) -> Whole:
        clashes = [clash for part in parts for clash in part.clashes]
        unmet: list[Unmet] = []
        base: Branch | None = None
        for part in parts:
            base = part.tree if base is None else merged(base, part.tree, clashes, unmet)
        tree: Branch = own if base is None else merged(base, own, None, unmet)
        self._report_unmet([*unmet, *never_met(tree)])
        assert isinstance(tree, Table)
        return Whole(tree, tuple(c for c in clashes if not settled(own, c.path) and found(tree, c.path)))

    def _report_unmet(self, unmet: Sequence[Unmet]) -> None:
        for place, name, times, known in unmet:
            if times:
                home = next(k for k in known if k.endswith(f".{name}"))
                rule, hint = f"{times} lists hold an item of this id", f"name the list, as in {home}"
            else:
                rule, hint = "nothing of this id is inherited here", did_you_mean(name, known)
            self._fault(place, dotted(place.path[:-1]), quoted(name), rule, hint)

    def _included(self, name: str, place: Place, above: Chain) -> Whole | None:
        """What an include brings, or nothing after noting what is wrong with it."""
        target = self.folders.target(name, self.files[place.file].path.parent)
        refusal = target if isinstance(target, Refusal) else _endless(target.resolve(), above)
        if isinstance(target, Refusal) or refusal:
            self._fault(place, "include", quoted(name), *(refusal or ("", "")))
            return None
        origin = self.folders.origin(target.resolve())
        label = origin if origin.startswith(SHIPPED) else os.path.join(self._label_folder, origin)
        try:
            return self.load(target, label, origin, above)
        except ScenarioErrors as errors:
            self.problems.extend(p for p in errors.problems if p not in self.problems)
            return None

    def _fault(self, place: Place, key: str, value: str, rule: str, hint: str = "") -> None:
        spot = self.spot(place)
        self.problems.append(Problem(self.label(place), spot.value_line, spot.value_column, key, value, rule, hint))

    def contradictions(self, clashes: Sequence[Clash], tree: Branch) -> list[Problem]:
        """Faults for keys on which includes disagree, unless the command line has settled them in `tree`."""
        problems = []
        for clash in clashes:
            leaf = found(tree, clash.path)
            if leaf is None or leaf.place.file == COMMAND_LINE:
                continue
            value = show(leaf.value) if isinstance(leaf, Leaf) else ""
            first, second = self.origin(clash.first), self.origin(clash.second)
            rule = f"includes disagree: {first} and {second} set it differently"
            spot = self.spot(clash.second)
            where = (self.label(clash.second), spot.line, spot.column)
            problems.append(Problem(*where, dotted(clash.path), value, rule, "set it in the including file"))
        return problems


_TOO_MANY = f"a scenario is read from at most {MAX_FILES} files, {MAX_TOTAL // 2**20} MiB and {MAX_MARKS} keys and values in all"


def _endless(real: Path, above: Chain) -> Refusal | None:
    """Why a file may not be included below those above it."""
    paths, names = [path for path, _ in above], [printable(name) for _, name in above]
    if real in paths:
        start = paths.index(real)
        return Refusal(f"include cycle: {' includes '.join([*names[start:], names[start]])}", "")
    return Refusal(f"includes go deeper than {MAX_STEPS} files", "") if len(above) >= MAX_STEPS else None
