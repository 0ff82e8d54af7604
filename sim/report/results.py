"""A finished run as the report reads it: its summary, its tables, its scenario and where all of it came from.

A mediator's report rests on the run folder alone; nothing is simulated again, nothing else is opened.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.measure.statistics import Estimate, mean_interval, ratio_interval
from sim.scenario.scenario import Scenario
from sim.scenario.shape import shaped

Measures = dict[str, dict[str, Any]]
_TEXT = (
    "violation",
    "kind",
    "side",
    "sector",
    "called",
    "truth",
    "attributed",
    "grade",
    "light",
    "by",
    "group",
    "measure",
    "unit",
    "means",
    "reason",
    "status",
)


class RunUnreadable(ValueError):
    """A run folder lacks a file that the report needs, or the file is not what it should be."""


class Run(NamedTuple):
    """What a run folder says."""

    folder: Path
    measures: Measures
    notes: dict[str, Any]
    """All of summary.json beside the measures: rows kept, findings, status of the run."""
    groups: pd.DataFrame
    """summary.csv: one row a measure, way of grouping and group."""
    scenario: Scenario
    provenance: dict[str, Any]

    def table(self, name: str, columns: Sequence[str] = ()) -> pd.DataFrame:
        """Rows of one table, or only some of its columns; empty if the run kept none of them."""
        return _table(self.folder / f"{name}.csv", tuple(columns))

    def kept(self) -> list[int]:
        """Replications whose rows the tables keep, the quiet ones too."""
        tables = (self.table(name, ("replication",)) for name in ("violations", "verdicts", "coverage", "assets"))
        return sorted({int(r) for table in tables for r in table["replication"].unique()})

    @property
    def replications(self) -> int:
        """Replications that stand behind the measures."""
        return max((int(m.get("replications") or 0) for m in self.measures.values()), default=0)

    def kind_title(self, kind: str) -> str:
        """Words for a kind of violation."""
        titles = {k.id: k.title for k in self.scenario.agreement.kinds}
        return titles.get(kind) or kind

    def sector_title(self, sector: str) -> str:
        """Words for a sector or sea area."""
        area = self.scenario.area
        titles = {s.id: s.name for s in area.sectors} | {s.id: s.name for s in area.seas}
        return titles.get(sector) or sector

    @property
    def sectors(self) -> tuple[str, ...]:
        """Sectors along the line, then sea areas."""
        area = self.scenario.area
        return (*(s.id for s in area.sectors), *(s.id for s in area.seas))

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of violation in the order of the agreement."""
        return tuple(k.id for k in self.scenario.agreement.kinds)


def read_run(folder: Path) -> Run:
    """Read what the report needs from a run folder.

    Raises RunUnreadable, naming the file, if something is missing or broken.
    """
    summary = _json(folder / "summary.json")
    measures = summary.pop("measures", None)
    if not isinstance(measures, dict):
        raise RunUnreadable(f"{folder / 'summary.json'}: holds no measures")
    provenance = _json(folder / "provenance.json") if (folder / "provenance.json").exists() else {}
    return Run(
        folder,
        {str(k): _finite(v) for k, v in measures.items()},
        summary,
        _table(folder / "summary.csv", ()),
        _scenario(folder / "scenario.resolved.toml"),
        provenance,
    )


def _finite(measure: Mapping[str, Any]) -> dict[str, Any]:
    """A measure in which whatever is not finite is nothing."""
    return {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in measure.items()}


def _json(file: Path) -> dict[str, Any]:
    try:
        whole = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunUnreadable(f"{file}: cannot be read ({error})") from None
    if not isinstance(whole, dict):
        raise RunUnreadable(f"{file}: is no table")
    return whole


def _scenario(file: Path) -> Scenario:
    try:
        tree = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunUnreadable(f"{file}: cannot be read ({error})") from None
    tree.pop("include", None)
    found = shaped(tree)
    if found.scenario is None:
        first = found.faults[0]
        raise RunUnreadable(f"{file}: {'.'.join(map(str, first.path))}: {first.rule}")
    return found.scenario


def _table(file: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Columns of a CSV table; a file or a column that is not there reads as empty."""
    if not file.exists():
        return pd.DataFrame(columns=list(columns))
    state = file.stat()
    return _rows(file, columns, (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=16)
def _rows(file: Path, columns: tuple[str, ...], _state: tuple[int, int]) -> pd.DataFrame:
    """Rows of a table as it was at that state of its file."""
    wanted = {*columns, "status"} if columns else set()
    types = dict.fromkeys(_TEXT, str)
    whole = pd.read_csv(
        file,
        usecols=(lambda name: name in wanted) if wanted else None,
        dtype=types,
        keep_default_na=False,
        na_values={c: [""] for c in columns if c not in _TEXT},
        encoding="utf-8",
        low_memory=False,
    )
    if not wanted:
        return whole
    # A replication that a declared cap ended is one row that says so; it holds no numbers.
    whole = whole[whole["status"] == "SIMULATED"] if "status" in whole else whole
    return whole.reindex(columns=list(columns))


def counted(run: Run, columns: Sequence[str]) -> pd.DataFrame:
    """Violations that count, with these columns and `replication`."""
    rows = run.table("violations", tuple(dict.fromkeys(("replication", "counted", *columns))))
    return rows[rows["counted"].isin((1, "1", True, "True"))]


def share(hits: pd.Series[bool], replication: pd.Series[int], among: Sequence[int], *, level: float = 0.95) -> Estimate:
    """Share of rows that are hits, with its noise over replications (ratio of sums)."""
    place = {r: i for i, r in enumerate(among)}
    at = replication.map(place).to_numpy(dtype=np.int64)
    bottom = np.bincount(at, minlength=len(among)).astype(np.float64)
    top = np.bincount(at, weights=hits.to_numpy(dtype=np.float64), minlength=len(among))
    return ratio_interval(top, bottom, level=level)


def count(replication: pd.Series[int], among: Sequence[int], *, level: float = 0.95) -> Estimate:
    """Rows a replication, with their noise; a count is never below 0."""
    place = {r: i for i, r in enumerate(among)}
    at = replication.map(place).to_numpy(dtype=np.int64)
    found = mean_interval(np.bincount(at, minlength=len(among)).astype(np.float64), level=level)
    return found if found.low is None else found._replace(low=max(0.0, found.low))


def rightly(column: pd.Series[Any]) -> pd.Series[bool]:
    """Whether the column `attributed` says that the finding names the right side."""
    return column.astype(str).isin(("1", "1.0", "right", "True", "true"))
