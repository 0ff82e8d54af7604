"""Pictures of coverage: when each sector is watched, how long nobody looks, the line against time, and the wait for a look.

A mediator sees both sides beside one another, in sectors of 20 km or more and bins of 6 h, with the numbers below each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from sim.area.line import Cells
from sim.experiment.coverage import ALL, BIN_H, SIDES, Study
from sim.measure.coverage_figures import CONVENTIONS, F64
from sim.report.cells import cells_of, columns_of
from sim.report.drawing import (
    BLUE,
    INK,
    MUTED,
    PALE,
    SERIES,
    VERMILION,
    Data,
    Drawn,
    finish,
    key_below,
    nothing_to_draw,
    panels,
    per_cent,
    plain,
    seamless,
    sequential,
    style,
)
from sim.report.languages import Words
from sim.report.maps import _disclaim, _ground, _line, _names, _Paint
from sim.report.numbers import figures, shorten, with_unit
from sim.report.results import Run
from sim.scenario.scenario import Scenario

MAREY_DAYS = 3
LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))
GAP_MARKS_H = (6, 12, 24, 48, 96, 168, 336, 720)


class Seen(NamedTuple):
    """A study with the names that its pictures need; `means` is the group of looks that is drawn."""

    study: Study
    cells: Cells
    run: Run
    means: str

    def title(self, region: int) -> str:
        """Words for a region: those of its sectors."""
        one = self.study.regions[region]
        return " + ".join(self.run.sector_title(s) for s in one.sectors) if one.id != ALL else ALL


def seen_of(study: Study, cells: Cells, scenario: Scenario, *, means: str = ALL) -> Seen:
    """A study with the names of the scenario beside it; raises ValueError for a group of looks that it does not have."""
    if means not in study.means:
        raise ValueError(f"{means}: no such group of looks; there are {', '.join(study.means)}")
    return Seen(study, cells, Run(Path(), {}, {}, pd.DataFrame(), scenario, {}), means)


def coverage_figures(seen: Seen, words: Words) -> dict[str, Drawn]:
    """All pictures of coverage by name, in the order of the page."""
    drawn = [hours(seen, words), gap_lengths(seen, words), marey(seen, words), *(wait_map(seen, s, words) for s in ("A", "B"))]
    return {one.name: one for one in drawn}


# ---- sector against hour -----------------------------------------------------------------------------------


def hours(seen: Seen, words: Words) -> Drawn:
    """Means that look at a cell of each sector in each bin of 6 h, by side."""
    study = seen.study
    rows = range(len(study.regions) - 1)
    scale = Normalize(0.0, max(1.0, float(ceil(study.watched[:, :-1].max(initial=1.0)))))
    with style():
        figure, axes = panels(height_in=1.2 + 2 * (0.35 + 0.15 * max(len(rows), 6)), rows=2, sharex=True)
        mesh = None
        for one, side in zip(axes, ("A", "B"), strict=True):
            values = study.watched[SIDES.index(side), :-1]
            masked = np.ma.masked_where(values == 0, values)
            # One image: thousands of drawn rectangles would be most of a report.
            mesh = one.imshow(masked, cmap=sequential(), norm=scale, aspect="auto", interpolation="nearest", origin="lower",
                              extent=(0.0, values.shape[1] * BIN_H / 24, -0.5, len(rows) - 0.5))
            _sector_axis(one, seen, rows)
            one.set_title(words("figures.coverage_hours.side", side=side))
        axes[-1].set_xlabel(words("figures.coverage_hours.x"))
        assert mesh is not None
        seamless(figure.colorbar(mesh, ax=axes, label=words("figures.coverage_hours.unit"), fraction=0.04, pad=0.02))
        caption = words("figures.coverage_hours.caption", n=study.replications)
        return finish(figure, words, "coverage_hours", caption=caption, data=_hours_data(seen, words))


def _sector_axis(axes: Axes, seen: Seen, rows: Sequence[int]) -> None:
    axes.set_yticks(list(rows), [shorten(seen.title(r), 24) for r in rows], fontsize=7.5)
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _hours_data(seen: Seen, words: Words) -> Data:
    """Means watching by side, sector and bin; bins of one week, and every bin in the CSV beside the page."""
    bins = min(seen.study.watched.shape[2], 28)
    head = (words("columns.sector"), words("columns.side"), *(f"{b * BIN_H}–{(b + 1) * BIN_H} h" for b in range(bins)))
    return Data(head, tuple(
        (seen.title(r), side, *(figures(float(v)) for v in seen.study.watched[SIDES.index(side), r, :bins]))
        for r in range(len(seen.study.regions) - 1) for side in ("A", "B")))  # fmt: skip


# ---- lengths of gaps ---------------------------------------------------------------------------------------


def gap_lengths(seen: Seen, words: Words) -> Drawn:
    """Share of the time that lies in gaps longer than so many hours, by arm and side."""
    study = seen.study
    marks = [m for m in GAP_MARKS_H if m <= study.hours]
    share = _longer(study)
    rows = []
    with style():
        figure, axes = panels(height_in=3.1, columns=2, sharey=True)
        for one, side in zip(axes, ("A", "B"), strict=True):
            for a, arm in enumerate(study.arms):
                line = share[SIDES.index(side), a, 0]
                at = np.arange(1, len(line)) * BIN_H
                one.step(at, line[1:], where="post", color=SERIES[a], linestyle=LINES[a % len(LINES)], linewidth=1.5)
                rows += [(arm, side, convention, *(with_unit(float(share[SIDES.index(side), a, c, m // BIN_H]), "share", words)
                                                   if m // BIN_H < len(line) else "—" for m in marks))
                         for c, convention in enumerate(CONVENTIONS)]  # fmt: skip
            _gap_axis(one, marks, study.hours, words)
            one.set_title(words("figures.coverage_gaps.side", side=side))
        axes[0].set_ylabel(words("figures.coverage_gaps.y"))
        keys = [Line2D([], [], color=SERIES[a], linestyle=LINES[a % len(LINES)]) for a in range(len(study.arms))]
        key_below(figure, keys, study.arms, columns=3)
        head = tuple(words(f"columns.{c}") for c in ("means", "side", "convention"))
        data = Data((*head, *(words("figures.coverage_gaps.longer", h=m) for m in marks)), tuple(rows))
        return finish(figure, words, "coverage_gaps", caption=words("figures.coverage_gaps.caption", n=study.replications),
                      data=data)  # fmt: skip


def _longer(study: Study) -> F64:
    """Share of the time in gaps longer than each multiple of 6 h: (sides, arms, conventions, bins), over all cells."""
    whole = study.gap_hours[:, :, :, -1]
    beyond = np.cumsum(whole[..., ::-1], axis=-1)[..., ::-1]
    return np.asarray(beyond / (study.hours * len(study.regions[-1].cells)), dtype=np.float64)


def _gap_axis(axes: Axes, marks: Sequence[int], most_h: float, words: Words) -> None:
    axes.set_xscale("log")
    axes.set_xlim(BIN_H, max(most_h, 2 * BIN_H))
    axes.set_ylim(0, 1.02)
    axes.xaxis.set_major_locator(FixedLocator(list(marks)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    plain(axes.xaxis)
    per_cent(axes.yaxis, words)
    axes.grid(True)
    axes.set_xlabel(words("figures.coverage_gaps.x"))


# ---- the line against time ---------------------------------------------------------------------------------


def marey(seen: Seen, words: Words) -> Drawn:
    """Place along the line against time in one history: patrols and posts, passes, and violations with their fate."""
    found = seen.study.marey
    bins = min(found.passes.shape[1], MAREY_DAYS * 24 // BIN_H)
    shades = LinearSegmentedColormap.from_list("patrols", ["#ffffff", "#9fd8c3"], N=20)
    with style():
        figure, (axes,) = panels(height_in=6.2)
        for r, low, high in _stretches(seen):
            edges = np.arange(bins + 1) * BIN_H / 24
            axes.pcolormesh(edges, [low, high], found.patrolled_share[r, None, :bins], cmap=shades, norm=Normalize(0, 1))
            times = np.flatnonzero(found.passes[r, :bins])
            axes.scatter((times + 0.5) * BIN_H / 24, np.full(len(times), (low + high) / 2), marker="^", color=MUTED,
                         s=6 + 10 * np.sqrt(found.passes[r, times] / max(1, found.passes[:-1].max(initial=1))) ** 2)
            axes.axhline(low, color=PALE, linewidth=0.5, zorder=0)
        _acts(axes, seen, bins * BIN_H)
        _marey_axes(axes, seen, bins, words)
        dot: dict[str, Any] = {"marker": "o", "linestyle": "none", "markersize": 5}
        keys = [Patch(facecolor="#9fd8c3", edgecolor=MUTED), Line2D([], [], color=MUTED, marker="^", linestyle="none"),
                Line2D([], [], color=VERMILION, **dot), Line2D([], [], color=BLUE, **dot),
                Line2D([], [], color=INK, markerfacecolor="white", **dot)]
        names = ("patrols", "passes", "side_a", "side_b", "unseen")
        key_below(figure, keys, [words(f"figures.marey.{name}") for name in names], columns=3)
        return finish(figure, words, "marey", caption=words("figures.marey.caption", days=MAREY_DAYS), data=_marey_data(
            seen, bins, words))  # fmt: skip


def _stretches(seen: Seen) -> Iterator[tuple[int, float, float]]:
    """Each region with its first and last kilometre; sea areas follow the line."""
    half = seen.cells.size_km / 2
    for r, region in enumerate(seen.study.regions[:-1]):
        mine = region.cells
        yield r, float((seen.cells.km[mine] - half[mine]).min()), float((seen.cells.km[mine] + half[mine]).max())


def _acts(axes: Axes, seen: Seen, until_h: float) -> None:
    found = seen.study.marey
    shown = found.onset_h < until_h
    for side, colour in (("A", VERMILION), ("B", BLUE)):
        for fate, fill in ((True, colour), (False, "white")):
            mine = shown & (found.side == side) & (found.seen == fate)
            axes.scatter(found.onset_h[mine] / 24, found.km[mine], s=7, facecolors=fill, edgecolors=colour, linewidths=0.6,
                         zorder=3)  # fmt: skip


def _marey_axes(axes: Axes, seen: Seen, bins: int, words: Words) -> None:
    places = list(_stretches(seen))
    names = [shorten(seen.title(r), 24) for r, _, _ in places]
    axes.set_yticks([(low + high) / 2 for _, low, high in places], names, fontsize=7.5)
    axes.set_xlim(0, bins * BIN_H / 24)
    axes.set_ylim(max(high for *_, high in places), min(low for _, low, _ in places))
    axes.set_xlabel(words("figures.marey.x"))
    axes.set_ylabel(words("figures.marey.sectors"))
    axes.tick_params(axis="y", length=0)


def _marey_data(seen: Seen, bins: int, words: Words) -> Data:
    found = seen.study.marey
    rows = []
    for r, low, high in _stretches(seen):
        here = (found.km >= low) & (found.km < high)
        for b in range(bins):
            now = here & (found.onset_h >= b * BIN_H) & (found.onset_h < (b + 1) * BIN_H)
            counts = (now & (found.side == "A"), now & (found.side == "B"), now & found.seen)
            share = with_unit(float(found.patrolled_share[r, b]), "share", words)
            rows.append((seen.title(r), f"{b * BIN_H}–{(b + 1) * BIN_H}", share, str(int(found.passes[r, b])),
                         *(str(int(c.sum())) for c in counts)))  # fmt: skip
    names = (words(f"figures.marey.{name}") for name in ("patrols", "passes", "side_a", "side_b", "seen"))
    return Data((words("columns.sector"), words("columns.hours"), *names), tuple(rows))


# ---- map ---------------------------------------------------------------------------------------------------


def wait_map(seen: Seen, side: str, words: Words) -> Drawn:
    """Mean wait for a look at places on one side, by sector."""
    study, area = seen.study, seen.run.scenario.area
    found = [study.estimate(side, seen.means, "boundary", r, "wait_for_look_h") for r in range(len(study.regions) - 1)]
    both = [study.estimate(s, seen.means, "boundary", r, "wait_for_look_h").estimate or 0.0
            for r in range(len(found)) for s in ("A", "B")]  # fmt: skip
    values = {s: e.estimate for region, e in zip(study.regions, found, strict=False) for s in region.sectors}
    paint = _Paint(sequential().reversed(), Normalize(0.0, max([*both, 1e-3])), values)
    name = f"wait_map_{side.lower()}"
    with style():
        figure, (axes,) = panels(height_in=5.3)
        if not values:
            nothing_to_draw(axes, words("figures.nothing_counted"))
        seas = [(x, y) for s in area.seas for x, y in ((s.west_deg, s.south_deg), (s.east_deg, s.north_deg))]
        _ground(axes, [*area.line, *seas], margin_deg=0.35, words=words)
        _line(axes, area, paint, width=5.0)
        _names(axes, area, seen.run)
        bar = figure.colorbar(ScalarMappable(paint.norm, paint.colours), ax=axes, orientation="horizontal", shrink=0.55,
                              aspect=36, pad=0.02, label=words("figures.wait_map.bar", side=side, means=seen.means))  # fmt: skip
        seamless(bar)
        _disclaim(figure, words)
        rows = tuple((seen.title(r), *cells_of({"unit": "h", "estimate": e.estimate, "noise_low": e.low, "noise_high": e.high,
                                                "replications": e.n, "reason": e.reason}, words)) for r, e in enumerate(found))
        return finish(figure, words, name, title=words("figures.wait_map.title", side=side, means=seen.means),
                      alt=words("figures.wait_map.alt", side=side), data=Data(columns_of(words, "sector"), rows),
                      caption=words("figures.wait_map.caption", side=side, n=study.replications))  # fmt: skip


__all__ = ["Seen", "coverage_figures", "gap_lengths", "hours", "marey", "seen_of", "wait_map"]
