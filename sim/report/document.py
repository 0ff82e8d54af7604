"""One offline page that answers what was asked: findings first, limits beside them, then chapter by chapter.

A mediator can open, print and pass on the file; it runs no script, opens no connection, and says SIMULATED.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from sim.experiment import findings
from sim.experiment.journal import Outcome
from sim.experiment.tables import put
from sim.report.cells import Table
from sim.report.chapters import chapters, grade_counts
from sim.report.drawing import Data, Drawn, inline
from sim.report.figures import figures_of
from sim.report.languages import Words, words
from sim.report.measure_tables import HEADLINE, measures_table
from sim.report.numbers import exact, with_unit
from sim.report.results import Run, RunUnreadable, read_run
from sim.report.stress import range_text, stress_des

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


class Shown(NamedTuple):
    """A figure with its number and its SVG, ready for the page."""

    number: int
    name: str
    title: str
    caption: str
    svg: Markup
    data: Data


def write_report(run_folder: Path | str, *, lang: str = "en") -> Path:
    """Write `report.html`, `stress-des.md` and the figures of a finished run into its folder.

    Parameters
    ----------
    run_folder : folder with `summary.json`, `scenario.resolved.toml` and, as far as kept, tables and provenance
    lang : language that has a catalogue

    Returns
    -------
    Path of `report.html`.

    Raises
    ------
    RunUnreadable (a ValueError) naming the file that is missing or broken; ValueError for an unknown
    language; OSError if the folder cannot be written.
    """
    folder = Path(run_folder)
    catalogue = words(lang)
    run = read_run(folder)
    drawn = figures_of(run, catalogue) | kept_figures(run, catalogue)
    page = render(run, drawn, catalogue)
    (folder / "figures").mkdir(exist_ok=True)
    for figure in drawn.values():
        put(folder / "figures" / f"{figure.name}.svg", figure.svg.encode())
    put(folder / "stress-des.md", stress_des(run, catalogue).encode())
    put(folder / "report.html", page.encode())
    return folder / "report.html"


def kept_figures(run: Run, catalogue: Words) -> dict[str, Drawn]:
    """Pictures of coverage, where the run folder keeps what they need."""
    file = run.folder / "coverage-study.json"
    if not file.exists():
        return {}
    from sim.area.line import cells_of
    from sim.experiment.coverage_kept import study_of
    from sim.report.coverage_figures import coverage_figures, seen_of

    cells = cells_of(run.scenario.area)
    try:
        study = study_of(file.read_bytes(), cells, run.scenario.name)
    except (ValueError, LookupError, TypeError) as error:
        raise RunUnreadable(f"{file}: cannot be read ({error})") from None
    return coverage_figures(seen_of(study, cells, run.scenario), catalogue)


def render(run: Run, drawn: dict[str, Drawn], catalogue: Words) -> str:
    """The page as text; every value of the scenario passes the template's escaping."""
    whole = chapters(run, drawn, catalogue)
    order = [block.name for chapter in whole for block in chapter.blocks if isinstance(block, Drawn)]
    shown = {name: _shown(drawn[name], number) for number, name in enumerate(order, start=1)}
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            t=catalogue,
            policy=POLICY,
            run=run,
            chapters=whole,
            shown=shown,
            is_table=_is_table,
            findings=list(sentences(run)),
            headline=measures_table(HEADLINE, run, catalogue("page.headline"), catalogue),
            limits=_limits(run, catalogue),
            range_text=range_text(run, catalogue),
            notes=_notes(run, catalogue),
            n=exact,
        )
    )


def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("sim.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    found.filters["breakable"] = _breakable
    return found


def _breakable(text: str) -> Markup:
    """Text, escaped, that a browser may break after the dots and underscores of a dotted key."""
    safe = escape(text)
    if " " in text or not ("." in text or "_" in text):
        return safe
    return Markup(str(safe).replace(".", ".<wbr>").replace("_", "_<wbr>"))


def _shown(drawn: Drawn, number: int) -> Shown:
    return Shown(number, drawn.name, drawn.title, drawn.caption, Markup(inline(drawn)), drawn.data)


def _is_table(block: object) -> bool:
    return isinstance(block, Table)


def _notes(run: Run, catalogue: Words) -> list[str]:
    """What a reader must know about replications that are missing from the measures or from the tables."""
    counts, kept = run.notes.get("replications"), len(run.kept())
    told = run.notes.get("notes", [])
    notes = [str(text) for text in told] if isinstance(told, list) else []
    if isinstance(counts, dict) and (counts.get("failed") or counts.get("capped")):
        numbers = {name: int(counts.get(name) or 0) for name in ("asked", "failed", "capped")}
        notes.append(catalogue("page.incomplete", **numbers))
    if 0 < kept < run.replications:
        notes.append(catalogue("page.kept", kept=kept, n=run.replications))
    return notes


def _limits(run: Run, catalogue: Words) -> list[str]:
    counts = grade_counts(run)
    total, weak = sum(counts.values()), counts["C"] + counts["D"]
    sources = (
        catalogue("limits.sources_none")
        if not total
        else catalogue("limits.sources_text", total=total, weak=weak, share=with_unit(weak / total, "share", catalogue))
    )
    return catalogue("limits.items", range=range_text(run, catalogue), sources=sources).split("\n")


# ---- findings ----------------------------------------------------------------------------------------------


def sentences(run: Run, *, most: int = 2) -> Sequence[str]:
    """Findings as the run states them, else formed by the same rules from the violations in the tables."""
    stated = run.notes.get("sentences")
    if isinstance(stated, list) and all(isinstance(text, str) for text in stated) and stated:
        return [str(text) for text in stated]
    outcomes = [Outcome("", r, "done", rows=tuple(rows)) for r, rows in _goal_rows(run)]
    return [found.text for found in findings.sentences(run.scenario, outcomes, most=most)]


_NEEDED = (
    "kind",
    "side",
    "light",
    "counted",
    "attributed",
    "onset_h",
    "detected_h",
    "verified_h",
    "answered_h",
)


def _goal_rows(run: Run) -> Iterator[tuple[int, list[tuple[str, str, str, float, float]]]]:
    rows = run.table("violations", ("replication", *_NEEDED))
    count = findings.Goals(run.scenario)
    for replication in run.kept():
        some = rows[rows["replication"] == replication]
        yield (
            replication,
            count(SimpleNamespace(tables={"violations": {c: _column(some[c], c) for c in _NEEDED}})),
        )


def _column(values: pd.Series[Any], name: str) -> np.ndarray[Any, Any]:
    """Column as the engine had it: text, flags or hours with NaN for never."""
    if name in ("kind", "side", "light"):
        return values.to_numpy(dtype=str)
    numbers = pd.to_numeric(values, errors="coerce")
    if name == "attributed" and numbers.isna().any():
        return values.to_numpy(dtype=str)
    return numbers.to_numpy(dtype=np.int64 if name in ("attributed", "counted") else np.float64)
