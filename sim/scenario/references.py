"""Names that must exist: every id that one part of a scenario uses and another part declares, and the files
it names.

A mediator who renames a base, a means or a kind of violation hears of every place that still uses the old
name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sim.scenario.errors import Key, did_you_mean, quoted
from sim.scenario.folders import Folders, Refusal
from sim.scenario.merge import Table
from sim.scenario.overrides import split_key, unknown_key
from sim.scenario.scan import refusal
from sim.scenario.shape import Fault
from sim.scenario.sight import Sight

MAX_DATA_BYTES = 64 * 2**20
_SUFFIXES = (".tle", ".txt", ".json", ".csv", ".xml")


class Reference(NamedTuple):
    """A pattern of uses, the word for what is used, and the lists that declare it."""

    uses: str
    word: str
    lists: tuple[str, ...]


_KIND, _MEANS, _PLACE = ("agreement.kinds",), ("monitoring.means",), ("area.places",)
_SECTOR, _WATER = ("area.sectors",), ("area.sectors", "area.seas")

REFERENCES = (
    Reference("agreement.zones.*.kinds.*", "kind", _KIND),
    *(Reference(f"agreement.{terms}.*.kinds.*", "kind", _KIND)
      for terms in ("notifications", "exemptions", "declarations", "special")),
    *(Reference(f"agreement.{terms}.*.sectors.*", "sector or sea area", _WATER) for terms in ("exemptions", "special")),
    Reference("conduct.regime", "regime", ("conduct.regimes",)),
    Reference("conduct.regimes.*.kind_factors.#", "kind", _KIND),
    Reference("conduct.kinds.*.id", "kind", _KIND),
    Reference("conduct.path.*.regime", "regime", ("conduct.regimes",)),
    Reference("conduct.chain.mean_stay_d.#", "regime", ("conduct.regimes",)),
    Reference("conduct.chain.next_share.#", "regime", ("conduct.regimes",)),
    Reference("conduct.chain.next_share.*.#", "regime", ("conduct.regimes",)),
    Reference("conduct.excitation.*.kinds.*", "kind", ("conduct.kinds",)),
    Reference("conduct.excitation.*.to_kind", "kind", ("conduct.kinds",)),
    Reference("conduct.replay.kind", "kind", ("conduct.kinds",)),
    Reference("conduct.replay.kinds.*", "kind", ("conduct.kinds",)),
    Reference("conduct.obstruction.*.regime_factors.#", "regime", ("conduct.regimes",)),
    Reference("conduct.obstruction.*.sectors.*", "sector or sea area", _WATER),
    Reference("conduct.confusers.*.taken_for.#", "kind", _KIND),
    Reference("conduct.confusers.*.means_pd.#", "means", _MEANS),
    Reference("monitoring.means.*.pd.#", "kind", _KIND),
    Reference("monitoring.means.*.trace_pd.#", "kind", _KIND),
    Reference("monitoring.means.*.confusion.#", "kind", _KIND),
    Reference("monitoring.means.*.confusion.*.#", "kind", _KIND),
    Reference("monitoring.means.*.false_alarms_per_day.#", "kind", _KIND),
    Reference("monitoring.targets.#", "kind", _KIND),
    Reference("monitoring.hidden_share.*.#", "kind", _KIND),
    Reference("monitoring.satellites.*.means", "means", _MEANS),
    Reference("monitoring.drones.*.base", "place", _PLACE),
    Reference("monitoring.drones.*.means_by_day", "means", _MEANS),
    Reference("monitoring.drones.*.means_by_night", "means", _MEANS),
    Reference("monitoring.drones.*.patrols.*", "sector or sea area", _WATER),
    Reference("monitoring.posts.*.means", "means", _MEANS),
    Reference("monitoring.posts.*.sectors.*", "sector", _SECTOR),
    Reference("monitoring.posts.*.place", "place", _PLACE),
    Reference("monitoring.satellites.*.operator", "operator", ("monitoring.operators",)),
    Reference("monitoring.drones.*.operator", "operator", ("monitoring.operators",)),
    Reference("monitoring.timetables.*.operator", "operator", ("monitoring.operators",)),
    Reference("monitoring.security.kinds.*", "kind", _KIND),
    Reference("monitoring.means.*.misled_per_day.#", "kind", _KIND),
    Reference("monitoring.timetables.*.means", "means", _MEANS),
    Reference("monitoring.timetables.*.sectors.*", "sector", _SECTOR),
    Reference("monitoring.observers.*.means", "means", _MEANS),
    Reference("monitoring.observers.*.sectors.*", "sector", _SECTOR),
    *(Reference(f"verification.beliefs.{name}.#", "means", _MEANS) for name in ("pd", "trace_pd", "false_alarms_per_day")),
    *(Reference(f"verification.beliefs.{name}.#", "kind", _KIND)
      for name in ("pd.*", "trace_pd.*", "false_alarms_per_day.*", "hidden_share.*", "attributed_share", "incidents_per_day",
                   "night_share", "duration_median_h", "trace_median_h", "depth_median_km")),
    Reference("verification.beliefs.sector_share.#", "sector or sea area", _WATER),
    Reference("verification.staff.work_factor.#", "kind", _KIND),
    Reference("response.ladder.*.procedure", "procedure", ("response.procedures",)),
    Reference("response.ladder.*.follow_share.#", "rung", ("response.ladder",)),
    Reference("response.units.*.caveat_rungs.*", "rung", ("response.ladder",)),
    Reference("response.units.*.caveat_sectors.*", "sector or sea area", _WATER),
    Reference("response.contributions.*.accept_shares.#", "rung", ("response.ladder",)),
    Reference("response.units.*.contribution", "contribution", ("response.contributions",)),
    Reference("response.units.*.base", "place", _PLACE),
    Reference("response.units.*.via.*", "place", _PLACE),
    Reference("response.units.*.station", "place", _PLACE),
    Reference("response.units.*.turns.#", "sector, sea area or kind", (*_WATER, *_KIND)),
)


def dangling(sight: Sight) -> Iterator[Fault]:
    """Names that no list declares."""
    names = dict.fromkeys(name for reference in REFERENCES for name in reference.lists)
    ids_of = {name: sight.ids(name) for name in names}
    for reference in REFERENCES:
        lists = [ids_of[name] for name in reference.lists]
        known = list(dict.fromkeys(name for ids in lists if ids is not None for name in ids))
        declared = frozenset(known)
        if None in lists:
            continue
        for path, name in sight.select(reference.uses):
            if isinstance(name, str) and name not in declared:
                yield _dangling(path, name, reference, known)


def _dangling(path: Key, name: str, reference: Reference, known: Sequence[str]) -> Fault:
    rule = f"no such {reference.word} in {' or '.join(reference.lists)}"
    value, at = ("", "key") if reference.uses.endswith("#") else (quoted(name), "value")
    return Fault(path, "", "", value, at, lambda: (rule, _meant(name, known)))


def _meant(name: str, known: Sequence[str]) -> str:
    return did_you_mean(name, known) or (f"known: {', '.join(known[:8])}" if known else "none is declared")


def doubled(sight: Sight) -> Iterator[Fault]:
    """Ids used twice in one list, and sea areas named like a sector."""
    for pattern in _lists(sight.tree):
        yield from _doubled(sight, (pattern,))
    yield from _doubled(sight, _WATER)


def _lists(tree: dict[str, object]) -> list[str]:
    sections = [(name, part) for name, part in tree.items() if isinstance(part, dict)]
    return [f"{name}.{key}" for name, part in sections for key, value in part.items() if isinstance(value, list)]


def _doubled(sight: Sight, patterns: Sequence[str]) -> Iterator[Fault]:
    """Repeats within the one list, or, of two lists, those of the second that the first has."""
    first: dict[str, Key] = {}
    for pattern in patterns:
        own: dict[str, Key] = {}
        for path, name in sight.select(f"{pattern}.*.id"):
            if isinstance(name, str) and name in (first if len(patterns) > 1 else own):
                before = (first if len(patterns) > 1 else own)[name]
                yield Fault(path, f"this id is used twice, first at {sight.origin(before)}", "", quoted(name))
            elif isinstance(name, str):
                own[name] = path
        first |= own


def unknown_sweep_keys(sight: Sight, tree: Table) -> Iterator[Fault]:
    """Keys of `study.vary` that no scenario of this shape could hold, and keys without a value."""
    for path, key in sight.select("study.vary.#") if sight.reached(("study", "vary")) else ():
        parts = split_key(str(key))
        if key == "include":
            continue
        reason = unknown_key(parts, tree) if parts else ("not a dotted key", "")
        if reason:
            yield Fault(path, *reason, "", "key")
        elif sight.value(path) == []:
            yield Fault(path, "needs at least 1 value")


def data_files(sight: Sight, folders: Folders) -> tuple[list[Fault], dict[Key, Path]]:
    """Data files that the scenario names, or why each cannot be used."""
    faults: list[Fault] = []
    files: dict[Key, Path] = {}
    for path, name in sight.select("monitoring.satellites.*.orbit.elements"):
        if isinstance(name, str):
            file = _data_file(name, folders)
            if isinstance(file, Path):
                files[path] = file
            else:
                faults.append(Fault(path, *file, quoted(name)))
    for path, name in sight.select("conduct.replay.file"):
        if isinstance(name, str):
            table = _data_file(name, folders, (".csv",), "events")
            if isinstance(table, Path):
                files[path] = table
            else:
                faults.append(Fault(path, *table, quoted(name)))
    return faults, files


def _data_file(name: str, folders: Folders, suffixes: Sequence[str] = _SUFFIXES, what: str = "element sets") -> Path | Refusal:
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in suffixes:
        return Refusal(refusal(suffix) or f"{what} are read from {', '.join(suffixes)}", "")
    file = folders.target(name, folders.own)
    if isinstance(file, Refusal):
        return file
    if not file.is_file():
        return Refusal("is not a regular file", "")
    if file.stat().st_size > MAX_DATA_BYTES:
        return Refusal(f"larger than {MAX_DATA_BYTES} bytes, the limit for a data file", "")
    return file
