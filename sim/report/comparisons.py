"""Two designs side by side: the paired difference of every measure with its noise.

A mediator sees which differences stand clear of the noise and which do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from sim.report.cells import cells_of, columns_of, wrapped
from sim.report.drawing import (
    BLUE,
    MUTED,
    Data,
    Drawn,
    finish,
    key_below,
    nothing_to_draw,
    panels,
    plain,
    style,
    whisker,
)
from sim.report.languages import Words
from sim.report.numbers import is_share, known, shorten


def forest(rows: pd.DataFrame, words: Words, *, left: str, right: str) -> Drawn:
    """Paired differences, `left` minus `right`, with their noise: one row a measure, one panel a unit.

    `rows` has columns measure, unit, estimate (or difference), noise_low, noise_high, replications; a row
    whose interval holds 0 shows no clear difference and is drawn hollow.
    """
    rows = rows if "estimate" in rows else rows.rename(columns={"difference": "estimate"})
    whole = [_in_points({str(k): v for k, v in row.items()}) for row in rows.to_dict("records")]
    some = [row for row in whole if known(row["estimate"])]
    units = list(dict.fromkeys(str(row["unit"]) for row in some))
    panes = [[row for row in some if str(row["unit"]) == unit] for unit in units]
    with style():
        figure, axes = panels(
            height_in=0.8 + sum(0.62 + 0.26 * len(pane) for pane in panes or [some]),
            rows=max(1, len(units)),
            gridspec_kw={"height_ratios": [len(pane) + 1 for pane in panes] or [1]},
        )
        for one, unit, pane in zip(axes, units, panes, strict=False):
            _forest_panel(one, pane, unit, words)
        if not units:
            nothing_to_draw(axes[0], words("figures.forest.none"))
        key_below(
            figure,
            [
                Line2D([], [], color=BLUE, marker="o", linestyle="none"),
                Line2D([], [], color=BLUE, marker="o", markerfacecolor="white", linestyle="none"),
            ],
            [words("figures.forest.differs"), words("figures.forest.unclear")],
        )
        cells = tuple((_title(row, words), *cells_of(row, words)) for row in whole)
        n = max((int(v) for v in rows["replications"]), default=0)
        return finish(
            figure,
            words,
            "forest",
            data=Data(columns_of(words, "measure"), cells),
            caption=words("figures.forest.caption", n=n, left=shorten(left, 80), right=shorten(right, 80)),
        )


def _in_points(row: dict[str, Any]) -> dict[str, Any]:
    """Row whose shares are percentage points, so that no difference is taken for a share."""
    if not is_share(str(row["unit"])):
        return row
    ends = {name: 100 * row[name] for name in ("estimate", "noise_low", "noise_high") if known(row.get(name))}
    return {**row, **ends, "unit": "percentage points"}


def _title(row: Mapping[str, Any], words: Words) -> str:
    return words.get(f"measures.{row['measure']}", str(row["measure"]))


def _forest_panel(axes: Axes, rows: Sequence[Mapping[str, Any]], unit: str, words: Words) -> None:
    axes.axvline(0.0, color=MUTED, linewidth=1.0)
    for at, row in enumerate(rows):
        low, high = row.get("noise_low"), row.get("noise_high")
        bounded = known(low) and known(high)
        clear = bounded and (low > 0 or high < 0)  # type: ignore[operator]
        if bounded:
            whisker(axes, at=at, low=low, high=high)
        axes.plot(
            row["estimate"],
            at,
            marker="o",
            color=BLUE,
            markerfacecolor=BLUE if clear else "white",
            markersize=6,
            linestyle="none",
            zorder=3,
        )
    axes.set_yticks(range(len(rows)), [wrapped(_title(row, words), 44) for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x")
    axes.margins(x=0.12)
    plain(axes.xaxis)
    axes.set_xlabel(words("figures.forest.x", unit=words.get(f"units.{unit}", unit) or unit))
