"""Reads a scenario file into one checked tree, or tells everything that is wrong with it.

A mediator gets the scenario with the origin of every number, or one list of faults sorted by line; nothing is
ever run.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from sim.scenario.errors import SHOWN, Key, Problem, ScenarioErrors, dotted
from sim.scenario.exchange import with_files
from sim.scenario.includes import COMMAND_LINE, Library
from sim.scenario.meaning import contradictions
from sim.scenario.merge import Leaf, Named, Place, Table, numbered, plain
from sim.scenario.overrides import overridden
from sim.scenario.references import dangling, data_files, doubled, unknown_sweep_keys
from sim.scenario.resolved import values
from sim.scenario.scan import readable
from sim.scenario.scenario import Scenario
from sim.scenario.shape import Fault, shaped
from sim.scenario.shipped import find_scenario, shipped_names
from sim.scenario.sight import sight

_LONGEST_KEY = 300
_EVENTS: Key = ("conduct", "replay", "file")
SECTIONS = ("area", "agreement", "conduct", "monitoring", "verification", "response", "sources")


class Loaded(NamedTuple):
    """A scenario that has passed all checks.

    `origins`: dotted key → `parts/x.toml:12`, `shipped:parts/x.toml:12`, `--set` or `default`, for every value;
    `warnings`: remarks of the reader; `tree`: what the files gave, merged, without defaults; `data_files`:
    dotted key → file.
    """

    scenario: Scenario
    origins: dict[str, str]
    warnings: tuple[str, ...]
    tree: dict[str, Any]
    data_files: dict[str, Path]


def read(
    path: str | os.PathLike[str],
    *,
    overrides: Sequence[tuple[str, str]] = (),
    data_dirs: Sequence[str | os.PathLike[str]] = (),
    absent_data: Literal["error", "remark"] = "error",
) -> Loaded:
    """Read, merge and check a scenario.

    Parameters
    ----------
    path : path
        A `.toml` or `.json` file, or the bare name of a shipped scenario.
    overrides : pairs of text
        Dotted key and value as TOML text, laid on last; `@FILE` takes that key from a file in place of what is there, and
        `include` with `@FILE` lays the whole file on. Files come before values.
    data_dirs : paths
        Folders beside the scenario's own and the shipped ones in which data files may lie.
    absent_data : "error" or "remark"
        What a table of events is that lies in none of the folders: nothing can be run without it, all else can be checked.

    Raises
    ------
    ScenarioErrors
        All faults of shape and meaning at once; faults of reading and of grammar stand alone.
    """
    return Base(path).read(overrides, data_dirs, absent_data=absent_data)


class Base:
    """The files of a scenario, read once, to be checked with one set of values after another laid on them."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        label = os.fspath(path)
        file = find_scenario(label) if _is_name(label) else Path(label)
        readable(file, str(file))
        self.library = Library(file, str(file))
        self.whole = self.library.load(file, str(file), file.name)
        self._first: Scenario | None = None
        if self.library.problems:
            raise _errors(self.library.problems, [], {}, self.library)

    def read(
        self,
        overrides: Sequence[tuple[str, str]] = (),
        data_dirs: Sequence[str | os.PathLike[str]] = (),
        *,
        origins: bool = True,
        absent_data: Literal["error", "remark"] = "error",
    ) -> Loaded:
        """The scenario with these values; `origins`: also where each value comes from. Raises as `read` does."""
        files = [(key, value.strip()[1:]) for key, value in overrides if value.strip().startswith("@")]
        base, clashes = with_files(self.library, self.whole, files)
        tree = overridden(base, [one for one in overrides if not one[1].strip().startswith("@")])
        contradictory = self.library.contradictions(clashes, tree)
        found = _checked(tree, self.library, contradictory, [Path(d) for d in data_dirs], origins=origins,
                         remark=absent_data == "remark")
        if self._first is None:
            self._first = found.scenario
        return found._replace(scenario=_sharing(found.scenario, self._first))


def _sharing(scenario: Scenario, first: Scenario) -> Scenario:
    """The scenario with the very sections of an earlier one where they are equal: a thousand variants take little room."""
    pairs = ((name, getattr(scenario, name), getattr(first, name)) for name in SECTIONS)
    return scenario.model_copy(update={name: old for name, new, old in pairs if new == old})


def _is_name(label: str) -> bool:
    """Whether a text without suffix is the name of a shipped scenario, or of nothing at all."""
    if os.path.splitext(label)[1]:
        return False
    return label in shipped_names() or not os.path.exists(label.replace("\0", "�"))


def _checked(
    tree: Table, library: Library, problems: list[Problem], data_dirs: Sequence[Path], *, origins: bool, remark: bool
) -> Loaded:
    whole, known = plain(tree), dict(numbered(tree))
    shape = shaped(whole)
    view = sight(whole, (f.path for f in shape.faults), lambda path: library.origin(_found(path, known)[1]))
    missing, files = data_files(view, library.folders._replace(data=tuple(d.resolve() for d in data_dirs)))
    absent = [fault for fault in missing if remark and fault.path == _EVENTS and fault.rule.startswith("no such file")]
    meaning = (
        *dangling(view),
        *doubled(view),
        *unknown_sweep_keys(view, tree),
        *contradictions(view),
        *(fault for fault in missing if fault not in absent),
    )
    faults = [_Found(fault, *_spot(fault, known, library)) for fault in (*shape.faults, *meaning)]
    if problems or faults or shape.scenario is None:
        raise _errors(problems, faults, known, library)
    _read_events(shape.scenario, files)
    named = {dotted(known[path].path): file for path, file in files.items()}
    remarks = tuple(f"{dotted(fault.path)} = {fault.value}: {fault.rule}: it cannot be run without" for fault in absent)
    return Loaded(shape.scenario, _origins(shape.scenario, known, library) if origins else {}, remarks, whole, named)


def _read_events(scenario: Scenario, files: Mapping[Key, Path]) -> None:
    """Read the table that a replay names, so that a bad row is told before anything runs."""
    if scenario.conduct.replay is not None and _EVENTS in files:
        from sim.scenario.events import read_events

        read_events(files[_EVENTS], scenario.conduct.replay, label=scenario.conduct.replay.file)


def _origins(scenario: Scenario, known: Mapping[Key, Named], library: Library) -> dict[str, str]:
    leaves = (named for named in known.values() if isinstance(named.branch, Leaf))
    found = {dotted(leaf.path): library.origin(leaf.place) for leaf in leaves}
    return found | {value.key: "default" for value in values(scenario) if value.key not in found}


class _Found(NamedTuple):
    fault: Fault
    label: str
    line: int
    column: int


def _found(path: Key, known: Mapping[Key, Named]) -> tuple[Key, Place]:
    """Named path and place of a numbered path; inside a plain list the place is found from the list's own."""
    length = next(n for n in range(len(path), -1, -1) if path[:n] in known)
    near, rest = known[path[:length]], path[length:]
    place = near.place if near.place.file == COMMAND_LINE else Place(near.place.file, (*near.place.path, *rest))
    return (*near.path, *rest), place


def _spot(fault: Fault, known: Mapping[Key, Named], library: Library) -> tuple[str, int, int]:
    place = _found(fault.path[:-1] if fault.at == "parent" else fault.path, known)[1]
    spot = library.spot(place)
    line, column = (spot.value_line, spot.value_column) if fault.at == "value" else (spot.line, spot.column)
    return library.label(place), line, column


def _errors(problems: list[Problem], faults: list[_Found], known: Mapping[Key, Named], library: Library) -> ScenarioErrors:
    """The first faults by place, put into words; of the others only the number."""
    order = {file.label: number for number, file in enumerate(library.files)}
    both: list[_Found | Problem] = [*problems, *faults]
    both.sort(key=lambda p: (order.get(p.label if isinstance(p, _Found) else p.file, len(order)), p.line, p.column))
    shown = [p if isinstance(p, Problem) else _problem(p, known) for p in both[:SHOWN]]
    return ScenarioErrors(shown, len(both) - len(shown))


def _problem(found: _Found, known: Mapping[Key, Named]) -> Problem:
    fault = found.fault
    key = _cut(dotted(_found(fault.path, known)[0]))
    rule, hint = fault.words() if fault.words else (fault.rule, fault.hint)
    return Problem(found.label, found.line, found.column, key, fault.value, rule, hint)


def _cut(key: str) -> str:
    return key if len(key) <= _LONGEST_KEY else key[:_LONGEST_KEY] + "…"
