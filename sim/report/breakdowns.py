"""Where looks are lost and where the hours go, each as bars that add up.

A mediator sees what a design loses to night, cloud and missing consent, and which stage makes answers late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator

from sim.report.cells import cells_of, columns_of
from sim.report.drawing import (
    BLUE,
    HATCHES,
    INK,
    MUTED,
    ORANGE,
    SERIES,
    Data,
    Drawn,
    finish,
    key_below,
    nothing_to_draw,
    panels,
    per_cent,
    plain,
    style,
)
from sim.report.languages import Words
from sim.report.numbers import figures, known, shorten, with_unit
from sim.report.results import Run

STAGES = ("detection_h", "verification_h", "attribution_h", "decision_h", "notice_h", "transit_h")
LOST = ("night", "cloud", "weather", "jammed", "consent", "diverted", "other")


def losses(run: Run, words: Words) -> Drawn:
    """What became of the looks that were due, by means: made, or lost and why."""
    rows = run.table("coverage", ("replication", "means", "due", "made", *LOST))
    kept = max(1, len(run.kept()))
    sums = rows.groupby("means", sort=True)[["due", "made", *LOST]].sum() / kept
    sums = sums[sums["due"] > 0].sort_values("due", ascending=False)
    titles = {m.id: m.title or m.id for m in run.scenario.monitoring.means}
    with style():
        figure, (axes,) = panels(height_in=1.2 + 0.3 * max(len(sums), 2))
        if len(sums):
            _loss_bars(axes, sums, [shorten(titles.get(str(m), str(m))) for m in sums.index], words)
            handles = [
                Patch(facecolor=c, hatch=h, edgecolor=INK, linewidth=0.4) for c, h in zip(_loss_colours(), HATCHES, strict=False)
            ]
            key_below(figure, handles, [words(f"figures.losses.{name}") for name in ("made", *LOST)])
        else:
            nothing_to_draw(axes, words("figures.losses.none"))
        table = tuple((titles.get(str(m), str(m)), *(figures(float(v)) for v in sums.loc[m])) for m in sums.index)
        head = (
            words("columns.means"),
            words("figures.losses.due"),
            *(words(f"figures.losses.{name}") for name in ("made", *LOST)),
        )
        return finish(
            figure,
            words,
            "losses",
            caption=words("figures.losses.caption", n=len(run.kept())),
            data=Data(head, table),
        )


def _loss_colours() -> tuple[str, ...]:
    return (BLUE, "#333333", "#a9c7e8", ORANGE, "#D55E00", "#CC79A7", "#F0E442", "#bbbbbb")


def _loss_bars(axes: Axes, sums: pd.DataFrame, labels: Sequence[str], words: Words) -> None:
    left = np.zeros(len(sums))
    for name, colour, hatch in zip(("made", *LOST), _loss_colours(), HATCHES, strict=False):
        part = (sums[name] / sums["due"]).to_numpy(dtype=np.float64)
        axes.barh(
            range(len(sums)),
            part,
            left=left,
            height=0.7,
            color=colour,
            hatch=hatch,
            edgecolor=INK,
            linewidth=0.4,
        )
        left = left + part
    for at, due in enumerate(sums["due"]):
        axes.text(1.02, at, figures(float(due)), va="center", fontsize=8.5)
    axes.text(1.02, -0.75, words("figures.losses.due"), va="bottom", fontsize=8.5, color=MUTED)
    axes.set_yticks(range(len(sums)), labels)
    axes.set_ylim(len(sums) - 0.5, -1.0)
    axes.spines["left"].set_bounds(-0.5, len(sums) - 0.5)
    axes.spines["bottom"].set_bounds(0, 1)
    axes.set_xlim(0, 1.22)
    axes.xaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1.0]))
    per_cent(axes.xaxis, words)
    axes.set_xlabel(words("figures.losses.x"))


def stages(run: Run, words: Words) -> Drawn:
    """Mean hours of each stage from onset to arrival, stacked: over all answered violations and by domain."""
    bars = {
        words("figures.stages.all"): [run.measures.get(s, {}) for s in STAGES],
        **_stages_by_domain(run, words),
    }
    bars = {name: found for name, found in bars.items() if any(known(m.get("estimate")) for m in found)}
    with style():
        figure, (axes,) = panels(height_in=1.5 + 0.42 * max(len(bars), 1))
        if bars:
            _stage_bars(axes, bars, words)
            handles = [Patch(facecolor=c, hatch=h, edgecolor=INK, linewidth=0.4) for c, h in zip(SERIES, HATCHES, strict=False)][
                : len(STAGES)
            ]
            key_below(figure, handles, [words(f"figures.stages.{s}") for s in STAGES], columns=3)
        else:
            nothing_to_draw(axes, words("figures.stages.none"))
        rows = tuple(
            (name, words(f"figures.stages.{s}"), *cells_of(m, words))
            for name, found in bars.items()
            for s, m in zip(STAGES, found, strict=True)
        )
        return finish(
            figure,
            words,
            "stages",
            caption=words("figures.stages.caption", n=run.replications),
            data=Data(columns_of(words, "group", "stage"), rows),
        )


def _stages_by_domain(run: Run, words: Words) -> dict[str, list[dict[str, Any]]]:
    if not {"measure", "by", "group", "estimate"} <= set(run.groups.columns):
        return {}
    rows = run.groups[(run.groups["by"] == "domain") & run.groups["measure"].isin(STAGES)].copy()
    for column in ("estimate", "noise_low", "noise_high"):
        rows[column] = pd.to_numeric(rows[column], errors="coerce")
    bars: dict[str, list[dict[str, Any]]] = {}
    for domain in ("land", "sea", "air"):
        some = {str(r["measure"]): {str(k): v for k, v in r.items()} for r in rows[rows["group"] == domain].to_dict("records")}
        bars[words(f"domains.{domain}")] = [some.get(stage, {}) for stage in STAGES]
    return bars


def _stage_bars(axes: Axes, bars: Mapping[str, Sequence[Mapping[str, Any]]], words: Words) -> None:
    longest = max(sum(m["estimate"] for m in found if known(m.get("estimate"))) for found in bars.values())
    for at, found in enumerate(bars.values()):
        left = 0.0
        for measure, colour, hatch in zip(found, SERIES, HATCHES, strict=False):
            value = measure.get("estimate")
            if known(value):
                axes.barh(
                    at,
                    float(value or 0.0),
                    left=left,
                    height=0.6,
                    color=colour,
                    hatch=hatch,
                    edgecolor=INK,
                    linewidth=0.4,
                )
                left += float(value or 0.0)
        axes.text(left + 0.012 * longest, at, with_unit(left, "h", words), va="center")
    axes.set_yticks(range(len(bars)), list(bars))
    axes.invert_yaxis()
    axes.set_xlim(0, 1.14 * longest)
    plain(axes.xaxis)
    axes.set_xlabel(words("figures.stages.x"))
