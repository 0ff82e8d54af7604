"""The reliability of a mission that confirms by posterior: how often it is right when it is this sure, drawn and as numbers.

A mediator sees at once whether a mission that misjudges its means is overconfident, and by how much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator

from sim.measure.calibration import BINS, label
from sim.report.cells import cells_of, columns_of
from sim.report.drawing import MUTED, SERIES, Data, Drawn, finish, key_below, nothing_to_draw, panels, per_cent, style
from sim.report.languages import Words
from sim.report.numbers import figures, known, with_unit
from sim.report.results import Run

SETS = ("own", "0", "0.5", "1")
_MARKS = ("o", "s", "^", "D")
Found = dict[str, Any]


def reliability(run: Run, words: Words) -> Drawn:
    """Share of true cases against mean posterior by class of posterior, for the mission's own beliefs and three disturbances."""
    sets = {name: list(_classes(run, name)) for name in SETS}
    own = words("figures.reliability.own")
    names = {name: own if name == "own" else words("figures.reliability.set", sd=name) for name in SETS}
    rows = tuple((names[name], at, with_unit(mean, "share", words), *cells_of(true, words))
                 for name, classes in sets.items() for at, mean, true in classes)
    with style():
        figure, (axes,) = panels(height_in=3.6)
        if rows:
            _lines(axes, sets, words)
            labels = [words("figures.reliability.perfect"), *names.values()]
            key_below(figure, [axes.lines[0], *_handles(axes)], labels, columns=3)
        else:
            nothing_to_draw(axes, words("figures.reliability.none"))
        return finish(
            figure,
            words,
            "reliability",
            caption=words("figures.reliability.caption", n=run.replications, scores=_scores(run, names)),
            data=Data(columns_of(words, "group", "posterior", "mean_posterior"), rows),
        )


def _classes(run: Run, name: str) -> Iterator[tuple[str, float, Found]]:
    """Classes that hold cases: name, mean posterior, and the share of true cases with its noise."""
    rows = _numbers(run)
    mine = rows[rows["by"] == f"disturbance-{name}"]
    for number in range(len(BINS) - 1):
        some = {str(r["measure"]): r for r in mine[mine["group"] == label(number)].to_dict("records")}
        mean, true = some.get("posterior_mean", {}).get("estimate"), some.get("posterior_true_share", {})
        if known(mean) and known(true.get("estimate")):
            yield label(number), float(mean or 0.0), {str(k): v for k, v in true.items()}


def _numbers(run: Run) -> pd.DataFrame:
    """Rows of the summary with numbers as numbers; empty where the run has no such columns."""
    wanted = ["measure", "by", "group", "unit", "estimate", "noise_low", "noise_high", "replications", "reason"]
    rows = run.groups.reindex(columns=wanted).copy()
    for column in ("estimate", "noise_low", "noise_high"):
        rows[column] = pd.to_numeric(rows[column], errors="coerce")
    return rows[rows["measure"].isin(("posterior_mean", "posterior_true_share", "posterior_brier"))]


def _lines(axes: Axes, sets: Mapping[str, list[tuple[str, float, Found]]], words: Words) -> None:
    axes.plot([0, 1], [0, 1], color=MUTED, linestyle=":", linewidth=1.0)
    for (_, classes), colour, mark in zip(sets.items(), SERIES, _MARKS, strict=False):
        axes.plot([m for _, m, _ in classes], [t["estimate"] for *_, t in classes], color=colour, marker=mark, markersize=4,
                  linewidth=1.4)
        for _, mean, true in classes:
            if known(true.get("noise_low")) and known(true.get("noise_high")):
                axes.plot([mean, mean], [true["noise_low"], true["noise_high"]], color=colour, linewidth=0.8)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1.0]))
        per_cent(axis, words)
    axes.grid(True)
    axes.set_xlabel(words("figures.reliability.x"))
    axes.set_ylabel(words("figures.reliability.y"))


def _handles(axes: Axes) -> list[Any]:
    """The lines that bear marks: one for each set of beliefs."""
    return [line for line in axes.lines if line.get_marker() in _MARKS]


def _scores(run: Run, names: Mapping[str, str]) -> str:
    """Brier scores in words."""
    rows = _numbers(run)
    rows = rows[(rows["measure"] == "posterior_brier") & (rows["by"].isin(("all", "disturbance")))]
    by_set = {"own" if r["by"] == "all" else str(r["group"]): r["estimate"] for r in rows.to_dict("records")}
    return "; ".join(f"{names[name]} {figures(float(by_set[name]))}" for name in SETS if known(by_set.get(name)))
