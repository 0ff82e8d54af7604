"""The pictures of a run: how far violations get from done to answered, how fast, and where they are lost.

A mediator finds under each picture how many replications stand behind it and the numbers that were drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from sim.measure.statistics import Estimate, ratio_interval
from sim.report.breakdowns import losses, stages
from sim.report.cells import as_measure, cells_of, columns_of, wrapped
from sim.report.comparisons import forest
from sim.report.drawing import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PALE,
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
    whisker,
)
from sim.report.grids import coverage_map, heatmap, verdict_calendar
from sim.report.languages import Words
from sim.report.ledgers import ledger_losses
from sim.report.numbers import exact, known, with_unit
from sim.report.numbers import figures as three_figures
from sim.report.reliability import reliability
from sim.report.results import Run, counted, rightly, share

__all__ = [
    "coverage_map",
    "figures_of",
    "forest",
    "funnel",
    "heatmap",
    "incidence",
    "ledger_losses",
    "losses",
    "shares",
    "stages",
    "verdict_calendar",
]

STEPS = ("detected_share", "verified_share", "attributed_share", "answered_share")
ENDS: tuple[tuple[str, str, Any], ...] = (("detected", ORANGE, "--"), ("verified", BLUE, "-"))
GRID_H = (
    0.1,
    0.2,
    0.35,
    0.5,
    0.75,
    1.0,
    1.5,
    2.0,
    3.0,
    4.0,
    6.0,
    8.0,
    12.0,
    16.0,
    20.0,
    24.0,
    30.0,
    36.0,
    48.0,
    60.0,
    72.0,
    96.0,
    120.0,
    168.0,
    240.0,
    336.0,
    720.0,
)


def figures_of(run: Run, words: Words) -> dict[str, Drawn]:
    """All pictures of a run by name, in the order of the report."""
    from sim.report.answers import deadlines, reach_map, units_gantt
    from sim.report.maps import base_map, sector_map

    makers = (sector_map, base_map, funnel, ledger_losses, shares, incidence, verdict_calendar, coverage_map, losses, stages,
              deadlines, units_gantt, reach_map)
    found = {drawn.name: drawn for drawn in (make(run, words) for make in makers)}
    return found | ({"reliability": reliability(run, words)} if run.scenario.verification.standard.rule == "posterior" else {})


def funnel(run: Run, words: Words) -> Drawn:
    """True → detected → confirmed → attributed → answered, as shares of all counted violations."""
    found = [{"estimate": 1.0, "unit": "share"}, *(run.measures.get(step, {}) for step in STEPS)]
    names = [words(f"figures.funnel.{step}") for step in ("true_share", *STEPS)]
    with style():
        figure, (axes,) = panels(height_in=2.6)
        for at, (measure, colour) in enumerate(zip(found, (MUTED, *SERIES), strict=False)):
            _share_bar(axes, at, measure, colour, words)
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.2)
        axes.spines["bottom"].set_bounds(0, 1)
        axes.xaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1.0]))
        per_cent(axes.xaxis, words)
        axes.set_xlabel(words("figures.funnel.x"))
        rows = tuple((name, *cells_of(measure, words)) for name, measure in zip(names, found, strict=True))
        return finish(
            figure,
            words,
            "funnel",
            caption=words("figures.funnel.caption", n=run.replications),
            data=Data(columns_of(words, "stage"), rows),
        )


def _share_bar(axes: Axes, at: float, measure: Mapping[str, Any], colour: str, words: Words) -> None:
    value = measure.get("estimate")
    axes.barh(at, 1.0, height=0.62, color=PALE)
    if not known(value):
        axes.text(0.01, at, words("figures.no_number"), va="center", color=INK)
        return
    axes.barh(at, float(value or 0.0), height=0.62, color=colour)
    whisker(axes, at=at, low=measure.get("noise_low"), high=measure.get("noise_high"))
    axes.text(1.02, at, with_unit(value, "share", words), va="center", ha="left")


# ---- shares by kind and side -------------------------------------------------------------------------------


class _Group(NamedTuple):
    kind: str
    side: str
    n: int
    found: tuple[dict[str, Any], ...]


def shares(run: Run, words: Words) -> Drawn:
    """Detected, confirmed and rightly attributed shares by kind and side, with their noise."""
    groups = list(_by_kind_and_side(run))
    kept = len(run.kept())
    kinds = [k for k in run.kinds if any(g.kind == k for g in groups)]
    labels = [words(f"figures.shares.{end}") for end in ("detected", "verified", "attributed")]
    with style():
        figure, axes = panels(height_in=1.1 + 0.5 * max(len(kinds), 2), columns=2, sharey=True, sharex=True)
        for one, side in zip(axes, ("A", "B"), strict=True):
            _side_panel(one, [g for g in groups if g.side == side], kinds, side, words)
        axes[0].set_yticks(range(len(kinds)), [wrapped(run.kind_title(k)) for k in kinds])
        axes[0].invert_yaxis()
        handles = [Patch(facecolor=c, hatch=h, edgecolor=INK, linewidth=0.4) for c, h in _LOOKS]
        key_below(figure, handles, labels)
        rows = tuple(
            (run.kind_title(g.kind), g.side, exact(g.n), label, *cells_of(m, words))
            for g in groups
            for label, m in zip(labels, g.found, strict=True)
        )
        return finish(
            figure,
            words,
            "shares",
            caption=words("figures.shares.caption", n=kept),
            data=Data(columns_of(words, "kind", "side", "violations", "step"), rows),
        )


_LOOKS = ((ORANGE, ""), (BLUE, "///"), (GREEN, "---"))


def _by_kind_and_side(run: Run) -> Iterable[_Group]:
    rows = counted(run, ("kind", "side", "detected_h", "verified_h", "attributed"))
    kept = run.kept()
    for kind in run.kinds:
        for side in ("A", "B"):
            some = rows[(rows["kind"] == kind) & (rows["side"] == side)]
            if len(some):
                hits = (some["detected_h"].notna(), some["verified_h"].notna(), rightly(some["attributed"]))
                yield _Group(
                    kind,
                    side,
                    len(some),
                    tuple(as_measure(share(hit, some["replication"], kept)) for hit in hits),
                )


def _side_panel(axes: Axes, groups: Sequence[_Group], kinds: Sequence[str], side: str, words: Words) -> None:
    axes.set_title(words("figures.shares.side", side=side))
    for group in groups:
        for step, (measure, (colour, hatch)) in enumerate(zip(group.found, _LOOKS, strict=True)):
            at = kinds.index(group.kind) + 0.25 * (step - 1)
            axes.barh(at, measure["estimate"], height=0.23, color=colour, hatch=hatch, edgecolor=INK, linewidth=0.4)
            whisker(axes, at=at, low=measure["noise_low"], high=measure["noise_high"])
        axes.text(1.03, kinds.index(group.kind), f"n {exact(group.n)}", va="center", fontsize=7.5, color=MUTED)
    axes.set_xlim(0, 1.28)
    axes.spines["bottom"].set_bounds(0, 1)
    axes.xaxis.set_major_locator(FixedLocator([0, 0.5, 1.0]))
    per_cent(axes.xaxis, words)
    axes.grid(axis="x")
    axes.set_xlabel(words("figures.shares.x"))


# ---- cumulative incidence ----------------------------------------------------------------------------------


def incidence(run: Run, words: Words) -> Drawn:
    """Share of counted violations detected and confirmed by each time since onset, by kind, with noise."""
    rows = counted(run, ("kind", "onset_h", *(f"{end}_h" for end, *_ in ENDS)))
    kept = run.kept()
    goals = {k.id: k.goal_h for k in run.scenario.agreement.kinds}
    kinds = [k for k in run.kinds if (rows["kind"] == k).any()]
    grid = [t for t in GRID_H if t <= max(run.scenario.follow_up_h, 1.0)]
    deep = max(1, -(-len(kinds) // 3))
    cells: list[tuple[str, ...]] = []
    with style():
        figure, axes = panels(height_in=0.7 + 1.75 * deep, rows=deep, columns=3, sharex=True, sharey=True)
        for one in axes[len(kinds) :]:
            one.set_axis_off()
        for at, (one, kind) in enumerate(zip(axes, kinds, strict=False)):
            some = rows[rows["kind"] == kind]
            cells += _curves(one, some, kept, grid, run.kind_title(kind), words)
            one.axvline(goals[kind], color=MUTED, linewidth=1.0, linestyle=":")
            title = words("figures.incidence.panel", n=exact(len(some)))
            one.set_title(f"{wrapped(run.kind_title(kind), 27)}\n{title}", fontsize=8.5)
            _time_axis(one, grid, words, bottom=at + 3 >= len(kinds), left=at % 3 == 0)
        if not kinds:
            nothing_to_draw(axes[0], words("figures.nothing_counted"))
        lines = [Line2D([], [], color=c, linestyle=s) for _, c, s in ENDS]
        key_below(
            figure,
            [*lines, Line2D([], [], color=MUTED, linestyle=":")],
            [
                words("figures.incidence.detected"),
                words("figures.incidence.verified"),
                words("figures.incidence.goal"),
            ],
        )
        return finish(
            figure,
            words,
            "incidence",
            caption=words("figures.incidence.caption", n=len(kept)),
            data=Data(columns_of(words, "kind", "step", "by_h"), tuple(cells)),
        )


def _curves(
    axes: Axes, rows: pd.DataFrame, kept: Sequence[int], grid: Sequence[float], title: str, words: Words
) -> list[tuple[str, ...]]:
    cells: list[tuple[str, ...]] = []
    for end, colour, line in ENDS:
        found = _incidence(rows[f"{end}_h"] - rows["onset_h"], rows["replication"], kept, grid)
        low, mid, high = (
            np.array([getattr(e, f) if getattr(e, f) is not None else np.nan for e in found]) for f in ("low", "estimate", "high")
        )
        axes.fill_between(grid, low, high, color=colour, alpha=0.25, linewidth=0)
        axes.plot(grid, mid, color=colour, linestyle=line, linewidth=1.6)
        cells += [
            (title, words(f"figures.incidence.{end}"), three_figures(t), *cells_of(as_measure(e), words))
            for t, e in zip(grid, found, strict=True)
            if t in (1.0, 6.0, 24.0, 72.0)
        ]
    return cells


def _incidence(
    wait_h: pd.Series[float], replication: pd.Series[int], kept: Sequence[int], grid: Sequence[float]
) -> list[Estimate]:
    """Share that has met the end by each time; no act leaves before the follow-up ends: a plain share."""
    place = {r: i for i, r in enumerate(kept)}
    at = replication.map(place).to_numpy(dtype=np.int64)
    bottom = np.bincount(at, minlength=len(kept)).astype(np.float64)
    met = wait_h.to_numpy(dtype=np.float64)[:, None] <= np.asarray(grid) + 1e-9
    top = np.stack([np.bincount(at, weights=met[:, j], minlength=len(kept)) for j in range(len(grid))])
    return [ratio_interval(one, bottom) for one in top]


def _time_axis(axes: Axes, grid: Sequence[float], words: Words, *, bottom: bool, left: bool) -> None:
    axes.set_xscale("log")
    axes.set_xlim(grid[0], grid[-1])
    axes.set_ylim(0, 1)
    axes.xaxis.set_major_locator(FixedLocator([t for t in (0.1, 1.0, 6.0, 24.0, 72.0, 336.0) if t <= grid[-1]]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    plain(axes.xaxis)
    axes.yaxis.set_major_locator(FixedLocator([0, 0.5, 1.0]))
    per_cent(axes.yaxis, words)
    axes.grid(True)
    axes.tick_params(labelbottom=bottom)
    if bottom:
        axes.set_xlabel(words("figures.incidence.x"))
    if left:
        axes.set_ylabel(words("figures.incidence.y"))
