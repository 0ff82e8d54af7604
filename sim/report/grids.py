"""Pictures on a grid: verdicts and looks by sector and day, and a measure over two keys of a sweep.

A mediator sees which stretches of the line went unwatched or unjudged, and where a design stops paying.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path as Outline
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sim.report.drawing import (
    INK,
    MUTED,
    SKY,
    VERMILION,
    Data,
    Drawn,
    finish,
    key_below,
    nothing_to_draw,
    panels,
    seamless,
    sequential,
    style,
)
from sim.report.languages import Words
from sim.report.numbers import exact, figures, is_share, known, shorten, with_unit
from sim.report.results import Run

CALLED: Mapping[str, tuple[str, str]] = {
    "compliant": (SKY, ""),
    "breach": (VERMILION, ""),
    "undetermined": ("#e3e3e3", "///"),
}
Grid = NDArray[np.float64]


# ---- verdict calendar --------------------------------------------------------------------------------------


def verdict_calendar(run: Run, words: Words) -> Drawn:
    """Verdict on each sector, period and side in one replication; a dot where there truly was a breach."""
    rows = run.table("verdicts", ("replication", "side", "sector", "from_h", "to_h", "called", "truth"))
    first = min(run.kept(), default=0)
    one = rows[rows["replication"] == first]
    names = _sectors_in(run, one)
    with style():
        figure, axes = panels(height_in=1.1 + 2 * (0.35 + 0.125 * max(len(names), 6)), rows=2, sharex=True)
        for ax, side in zip(axes, ("A", "B"), strict=True):
            _calendar(ax, one[one["side"] == side], names, words("figures.verdict_calendar.side", side=side), run)
        axes[-1].set_xlabel(words("figures.verdict_calendar.x"))
        if not len(one):
            nothing_to_draw(axes[0], words("figures.verdict_calendar.none"))
        handles = [Patch(facecolor=c, hatch=h, edgecolor=MUTED, linewidth=0.3) for c, h in CALLED.values()]
        dot = Line2D([], [], marker="o", color=INK, linestyle="none", markersize=4)
        key_below(
            figure,
            [*handles, dot],
            [*(words(f"verdicts.{name}") for name in CALLED), words("figures.verdict_calendar.truth")],
        )
        caption = words("figures.verdict_calendar.caption", replication=first, n=len(run.kept()))
        return finish(figure, words, "verdict_calendar", caption=caption, data=_confusion(rows, words))


def _sectors_in(run: Run, rows: pd.DataFrame) -> list[str]:
    there = dict.fromkeys(rows["sector"])
    return [s for s in run.sectors if s in there] + [s for s in there if s not in run.sectors]


def _calendar(axes: Axes, rows: pd.DataFrame, names: Sequence[str], title: str, run: Run) -> None:
    axes.set_title(title)
    at = rows["sector"].map({name: i for i, name in enumerate(names)})
    for called, (colour, hatch) in CALLED.items():
        some = rows["called"] == called
        boxes = [(a / 24, b / 24, float(y)) for a, b, y in zip(rows["from_h"][some], rows["to_h"][some], at[some], strict=True)]
        one_outline(axes, boxes, colour, hatch)
    true = rows["truth"] == "breach"
    middle = (rows["from_h"][true] + rows["to_h"][true]) / 48
    axes.plot(middle, at[true], marker="o", linestyle="none", markersize=2.4, color=INK, markeredgewidth=0,
              rasterized=True)
    axes.set_yticks(range(len(names)), [shorten(run.sector_title(s), 24) for s in names], fontsize=7.5)
    axes.set_ylim(max(len(names), 1) - 0.5, -0.5)
    axes.set_xlim(0, float(rows["to_h"].max()) / 24 if len(rows) else 1.0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def one_outline(axes: Axes, boxes: Sequence[tuple[float, float, float]], colour: str, hatch: str, *, gap: float = 0.06,
                half: float = 0.44) -> None:
    """All boxes (from, to, row) of one colour as one outline, which keeps the file small."""
    if not boxes:
        return
    corners = [
        [
            (a + gap, y - half),
            (b - gap, y - half),
            (b - gap, y + half),
            (a + gap, y + half),
            (a + gap, y - half),
        ]
        for a, b, y in boxes
    ]
    codes = [Outline.MOVETO, Outline.LINETO, Outline.LINETO, Outline.LINETO, Outline.CLOSEPOLY] * len(boxes)
    outline = Outline(np.array(corners).reshape(-1, 2), codes)
    axes.add_collection(
        PathCollection(
            [outline],
            facecolors=[colour],
            edgecolors=[MUTED],
            linewidths=[0.0 if not hatch else 0.2],
            hatch=hatch or None,
            transform=axes.transData,
        )
    )


def _confusion(rows: pd.DataFrame, words: Words) -> Data:
    """Counts of verdicts by side and truth over all replications that the tables keep."""
    head = tuple(words(f"columns.{name}") for name in ("side", "truth")) + tuple(words(f"verdicts.{c}") for c in CALLED)
    counts = rows.groupby(["side", "truth", "called"]).size()
    cells = [
        (
            str(side),
            words.get(f"verdicts.{truth}", str(truth)),
            *(exact(float(counts.get((side, truth, called), 0))) for called in CALLED),
        )
        for side, truth in sorted({(a, b) for a, b, _ in counts.index})
    ]
    return Data(head, tuple(cells))


# ---- coverage ----------------------------------------------------------------------------------------------


def coverage_map(run: Run, words: Words) -> Drawn:
    """How many means made a look, by sector and day; mean over the replications that the tables keep.

    Means are counted and not looks, because a microphone makes a thousand looks while a satellite makes one.
    """
    rows = run.table("coverage", ("replication", "sector", "from_h", "means", "made"))
    rows = rows.assign(day=np.floor(rows["from_h"].astype(float) / 24).astype(int))
    names = _sectors_in(run, rows)
    looked = rows[rows["made"].astype(float) > 0].drop_duplicates(["replication", "sector", "day", "means"])
    counts = looked.groupby(["sector", "day"]).size().unstack(fill_value=0) / max(1, len(run.kept()))
    days = range(int(rows["day"].max()) + 1) if len(rows) else ()
    table = counts.reindex(index=names, columns=list(days), fill_value=0.0)
    with style():
        figure, (axes,) = panels(height_in=1.1 + 0.17 * max(len(names), 8))
        if len(table):
            _heat(figure, axes, table.to_numpy(dtype=np.float64), words("figures.coverage_map.unit"))
            axes.set_yticks(range(len(names)), [shorten(run.sector_title(s), 24) for s in names], fontsize=8)
            shown = range(0, len(days), max(1, len(days) // 10))
            axes.set_xticks(list(shown), [str(day + 1) for day in shown])
            axes.set_xlabel(words("figures.coverage_map.x"))
        else:
            nothing_to_draw(axes, words("figures.coverage_map.none"))
        caption = words("figures.coverage_map.caption", n=len(run.kept()))
        return finish(figure, words, "coverage_map", caption=caption, data=_coverage_data(table, run, words))


def _coverage_data(table: pd.DataFrame, run: Run, words: Words) -> Data:
    head = (words("columns.sector"), *(words("columns.day_n", day=int(d) + 1) for d in table.columns))
    return Data(
        head,
        tuple((run.sector_title(str(s)), *(figures(float(v)) for v in table.loc[s])) for s in table.index),
    )


def _heat(figure: Figure, axes: Axes, values: Grid, unit: str) -> None:
    """Colours of a grid from 0 on; exact zeros stay pale grey."""
    cells = np.ma.masked_where(~np.isfinite(values) | (values == 0), values)
    edges = [np.arange(n + 1) - 0.5 for n in (values.shape[1], values.shape[0])]
    scale = Normalize(0.0, max(1.0, float(values.max())))
    mesh = axes.pcolormesh(*edges, cells, cmap=sequential(), norm=scale, edgecolors="white", linewidth=0.3, rasterized=True)
    axes.invert_yaxis()
    _bare(axes)
    seamless(figure.colorbar(mesh, ax=axes, label=unit, fraction=0.04, pad=0.02))


def _bare(axes: Axes) -> None:
    """A grid needs neither frame nor tick marks."""
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


# ---- sweep -------------------------------------------------------------------------------------------------


def heatmap(
    table: pd.DataFrame,
    x: str,
    y: str,
    value: str,
    *,
    words: Words,
    unit: str = "share",
    title: str = "",
    replications: int | None = None,
) -> Drawn:
    """One measure over two keys of a sweep, each cell with its number.

    Parameters
    ----------
    table : DataFrame with columns `x`, `y` and `value`, one row a point; rows at one point are averaged
    unit : unit of the value, a name of the catalogue or plain text
    """
    grid = table.pivot_table(index=y, columns=x, values=value, aggfunc="mean", dropna=False).sort_index(ascending=False)
    values = grid.to_numpy(dtype=np.float64)
    name = words.get(f"measures.{value}", value)
    with style():
        wide = min(7.2, 2.6 + 0.75 * len(grid.columns))
        figure, (axes,) = panels(height_in=1.3 + 0.42 * max(len(grid), 2), width_in=max(4.2, wide))
        _sweep_cells(figure, axes, values, shorten(name, 60), unit, words)
        axes.set_xticks(range(len(grid.columns)), [_tick(v) for v in grid.columns])
        axes.set_yticks(range(len(grid)), [_tick(v) for v in grid.index])
        axes.set_xlabel(shorten(x, 70))
        axes.set_ylabel(shorten(y, 36))
        head = (f"{y} \\ {x}", *map(_tick, grid.columns))
        cells = tuple((_tick(v), *(with_unit(float(c), unit, words) for c in grid.loc[v])) for v in grid.index)
        caption = words("figures.heatmap.caption", n="—" if replications is None else replications)
        return finish(
            figure,
            words,
            "heatmap",
            title=title or words("figures.heatmap.title", measure=name),
            caption=caption,
            data=Data(head, cells),
        )


def _sweep_cells(figure: Figure, axes: Axes, values: Grid, label: str, unit: str, words: Words) -> None:
    masked = np.ma.masked_invalid(values)
    edges = [np.arange(n + 1) - 0.5 for n in (values.shape[1], values.shape[0])]
    mesh: Any = axes.pcolormesh(*edges, masked, cmap=sequential(), edgecolors="white", linewidth=1.0)
    axes.invert_yaxis()
    _bare(axes)
    for (row, column), value in np.ndenumerate(values):
        ink = _ink_on(mesh.cmap(mesh.norm(float(value)))) if np.isfinite(value) else INK
        axes.text(
            column,
            row,
            with_unit(float(value), unit, words),
            ha="center",
            va="center",
            fontsize=8.5,
            color=ink,
        )
    bar = seamless(figure.colorbar(mesh, ax=axes, label=label, fraction=0.06, pad=0.03))
    if is_share(unit):
        bar.ax.yaxis.set_major_formatter(lambda v, _: words("units.percent", value=f"{100 * v:.0f}"))


def _ink_on(colour: Any) -> str:
    """White or black, whichever stands out more (relative luminance, WCAG 2.2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return "#000000" if 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.179 else "#ffffff"


def _tick(value: Any) -> str:
    return f"{value:g}" if known(value) else shorten(str(value), 20)
