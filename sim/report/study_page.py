"""The page of a named study: for each question what designs cost, where each wins and loses, and what only one confirms.

A mediator can open, print and pass on the folder; the page opens no connection and says SIMULATED.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sim.experiment.tables import put
from sim.report.cells import Table
from sim.report.document import POLICY, _environment
from sim.report.languages import words


def write_study(folder: Path, summary: Mapping[str, Any]) -> Path:
    """Write `study.html` into a folder; returns the page. Raises OSError if the folder cannot be written."""
    how = [f"{summary['replications']} replications a design, paired by common random numbers, seed {summary['seed']}. "
           f"Noise: {summary['level']:.0%} intervals. Inputs: {summary['inputs']}.",
           "A design is never called better: where it wins and where it loses stand side by side."]
    text = _environment().get_template("study.html.j2").render(
        t=words(language="en"), policy=POLICY, title=summary["title"], paragraphs=how, tables=tuple(tables_of(summary)),
        how="How to read this page", pictures="Pictures", numbers="Tables", shown=[])
    put(folder / "study.html", text.encode())
    return folder / "study.html"


def tables_of(summary: Mapping[str, Any]) -> Iterator[Table]:
    """Three tables for each question, then the rankings that flip."""
    for one in summary["questions"]:
        yield Table(f"{one['title']}: designs", ("design", "measure", "estimate", "noise", "n", "inputs"), tuple(
            (d["title"], name, told(m["estimate"]) if m["estimate"] is not None else m["reason"],
             f"{told(m['noise_low'])} to {told(m['noise_high'])}", str(m["replications"]), "not computed")
            for d in one["designs"] for name, m in d["measures"].items()))
        yield Table(f"{one['title']}: who wins where", ("A", "B", "A wins in", "B wins in", "no clear difference in"), tuple(
            (pair["a"], pair["b"], *(", ".join(r["measure"] for r in pair["rows"] if r["wins"] == side) or "—"
                                     for side in ("a", "b", ""))) for pair in one["comparisons"]))
        yield Table(f"{one['title']}: kinds that one design alone confirmed", ("kind", "side", "design", "confirmed"), tuple(
            (row["kind"], row["side"], row["only"], f"{row['confirmed']:.0f} of {row['acts']:.0f}") for row in one["only"]))
    yield Table("Rankings that flip", ("A", "B", "measure", "A wins in", "B wins in"), tuple(
        (row["a"], row["b"], row["measure"], ", ".join(row["a_wins_in"]), ", ".join(row["b_wins_in"]))
        for row in summary["flips"]))


def told(value: float | None) -> str:
    """A number for a table."""
    return "—" if value is None else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
