"""Pictures of what contributions are worth: bars with intervals, one picture a measure.

A mediator sees which contributions carry a measure, which stand in for one another, and what a drill breaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sim.experiment.worths import Drilled, Found, Whole, Worth
from sim.report.cells import wrapped
from sim.report.drawing import (
    BLUE,
    INK,
    MUTED,
    ORANGE,
    VERMILION,
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
from sim.report.numbers import figures, is_share, shorten


class Named(NamedTuple):
    """A study with the words for its contributions."""

    found: Found
    titles: dict[str, str]
    orders: int


def contribution_figures(named: Named, words: Words) -> dict[str, Drawn]:
    """All pictures of a study by name."""
    drawn = [contribution_bars(named, whole, words) for whole in named.found.wholes]
    if named.found.drilled:
        drawn += [drill_bars(named, whole, words) for whole in named.found.wholes]
    return {one.name: one for one in drawn}


def _title(measure: str, words: Words) -> str:
    return words.get(f"measures.{measure}", measure)


def scale_of(unit: str, words: Words) -> tuple[float, str]:
    """Factor and unit of differences: shares are told in percentage points."""
    return (100.0, words("figures.contribution_bars.point")) if is_share(unit) else (1.0, words.get(f"units.{unit}", unit))


def told(value: float | None, factor: float) -> str:
    """A difference as text; a dash where there is none."""
    return "—" if value is None else figures(factor * value)


def between(low: float | None, high: float | None, factor: float, words: Words) -> str:
    """An interval as text."""
    return "—" if low is None or high is None else words("units.range", low=told(low, factor), high=told(high, factor))


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value


# ---- contributions ---------------------------------------------------------------------------------------


def contribution_bars(named: Named, whole: Whole, words: Words) -> Drawn:
    """Share of each contribution with its interval, largest first, and what is lost if it alone stays away."""
    factor, unit = scale_of(whole.unit, words)
    mine = [one for one in named.found.worths if one.measure == whole.measure]
    valued = sorted((one for one in mine if one.share is not None), key=lambda one: -abs(one.share or 0.0))
    some = [one for one in valued if one.share or one.loss]
    with style():
        figure, (axes,) = panels(height_in=1.3 + 0.2 * max(len(some), 4))
        if not some:
            nothing_to_draw(axes, whole.reason or words("figures.contribution_bars.none"))
        caption = words("figures.contribution_bars.caption", orders=named.orders, n=whole.replications)
        if len(valued) > len(some):
            caption += " " + words("figures.contribution_bars.others", number=len(valued) - len(some))
        for at, one in enumerate(some):
            _bar(axes, at, one, factor)
        if some:
            _bar_axis(axes, [named.titles.get(one.contribution, one.contribution) for one in some],
                      words("figures.contribution_bars.x", unit=unit))
            _key(figure, words)
        return finish(figure, words, f"contribution_bars_{whole.measure}", caption=caption,
                      title=words("figures.contribution_bars.title", measure=_title(whole.measure, words)),
                      alt=words("figures.contribution_bars.alt"), data=_data(named, mine, factor, words))


def _bar(axes: Axes, at: int, one: Worth, factor: float) -> None:
    axes.barh(at, factor * (one.share or 0.0), height=0.66, color=BLUE)
    whisker(axes, at=at, low=_scaled(one.share_low, factor), high=_scaled(one.share_high, factor))
    if one.loss is not None:
        axes.plot(factor * one.loss, at, marker="D", markersize=4.5, color=ORANGE, markeredgecolor=INK, markeredgewidth=0.5,
                  linestyle="none", zorder=4)


def _bar_axis(axes: Axes, names: Sequence[str], label: str) -> None:
    axes.axvline(0.0, color=MUTED, linewidth=0.9)
    axes.set_yticks(range(len(names)), [shorten(name, 40) for name in names], fontsize=7.5)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    plain(axes.xaxis)
    axes.set_xlabel(label)


def _key(figure: Any, words: Words) -> None:
    mark = Line2D([], [], marker="D", markersize=4.5, color=ORANGE, markeredgecolor=INK, markeredgewidth=0.5, linestyle="none")
    key_below(figure, [Patch(facecolor=BLUE), mark], [words(f"figures.contribution_bars.{name}") for name in ("share", "loss")])


def _data(named: Named, mine: Sequence[Worth], factor: float, words: Words) -> Data:
    head = [words(f"contributions.{name}") for name in ("contribution", "share", "loss")]
    noise = words("columns.noise")
    rows = tuple((named.titles.get(one.contribution, one.contribution), told(one.share, factor),
                  between(one.share_low, one.share_high, factor, words), told(one.loss, factor),
                  between(one.loss_low, one.loss_high, factor, words), str(one.replications)) for one in mine)
    return Data((head[0], head[1], noise, head[2], noise, words("columns.replications")), rows)


# ---- drills ----------------------------------------------------------------------------------------------


def drill_bars(named: Named, whole: Whole, words: Words) -> Drawn:
    """Change that each drill makes, with its interval."""
    factor, unit = scale_of(whole.unit, words)
    mine = [one for one in named.found.drilled if one.measure == whole.measure]
    some = [one for one in mine if one.change is not None]
    with style():
        figure, (axes,) = panels(height_in=1.1 + 0.3 * max(len(some), 3))
        if not some:
            nothing_to_draw(axes, words("figures.nothing_counted"))
        for at, one in enumerate(some):
            axes.barh(at, factor * (one.change or 0.0), height=0.6, color=VERMILION)
            whisker(axes, at=at, low=_scaled(one.low, factor), high=_scaled(one.high, factor))
        if some:
            _bar_axis(axes, [wrapped(one.title, 40) for one in some], words("figures.drill_bars.x", unit=unit))
        return finish(figure, words, f"drill_bars_{whole.measure}", data=_drill_data(mine, factor, words),
                      title=words("figures.drill_bars.title", measure=_title(whole.measure, words)),
                      alt=words("figures.drill_bars.alt"), caption=words("figures.drill_bars.caption", n=whole.replications))


def _drill_data(mine: Sequence[Drilled], factor: float, words: Words) -> Data:
    head = (words("contributions.drill"), words("contributions.change"), words("columns.noise"), words("columns.replications"))
    return Data(head, tuple((one.title, told(one.change, factor) if one.change is not None else one.reason,
                             between(one.low, one.high, factor, words), str(one.replications)) for one in mine))
