"""Pictures of the world alone: acts a day under the regimes, where they gather along the line, and the sky above.

A mediator sees what the scenario assumes before any monitor has looked at it; each picture has its table beside it.
"""
from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sim.experiment.worlds import Worlds
from sim.report.drawing import BLUE, INK, MUTED, ORANGE, RULE, Drawn, finish, key_below, nothing_to_draw, panels, plain, style
from sim.report.languages import words
from sim.report.worldtables import counts_per_day, data_of, hot_spots, sky

SIDES = (("A", BLUE), ("B", ORANGE))
_DAY_US = 86_400_000_000
# One grey a regime, in the order of the file: pale enough that lines and bands stay readable on it.
_GREYS = ("#ffffff", "#eeeeee", "#dcdcdc", "#cacaca", "#b8b8b8")


def figures_of_world(worlds: Worlds) -> list[Drawn]:
    """The three pictures of `ceasefire truth`: acts a day, hot spots, sky and daylight."""
    return [days_figure(worlds), spots_figure(worlds), sky_figure(worlds)]


def days_figure(worlds: Worlds) -> Drawn:
    """Acts a day, a panel for each kind: the first world as a step line, mean and 95 % band over all worlds, by side."""
    scenario = worlds.stage.scenario
    known = {how.id for how in scenario.conduct.kinds}
    rows = [(row, kind) for row, kind in enumerate(scenario.agreement.kinds) if kind.id in known]
    table = data_of(counts_per_day(worlds))
    with style():
        figure, every = panels(height_in=1.2 + 0.9 * max(len(rows), 1), rows=max(len(rows), 1), columns=2, sharex=True,
                               sharey="row")
        for axes in () if rows else every:
            nothing_to_draw(axes, "this scenario commits no acts")
        for number, (row, kind) in enumerate(rows):
            for side, axes in enumerate(every[2 * number : 2 * number + 2]):
                _shade(axes, worlds)
                _days_panel(axes, worlds, row, side)
                axes.set_title(f"{kind.title or kind.id}, side {SIDES[side][0]}", fontsize=8, pad=3)
        for axes in every[-2:]:
            axes.set_xlabel("day of the run")
        figure.supylabel("acts a day", fontsize=9)
        _days_key(figure, worlds)
        n = len(worlds.incidents)
        return finish(figure, words(), "counts_per_day", title="Acts a day, by kind and side", data=table,
                      caption=f"Acts that happen a day, seen or not. Coloured steps: the first world; black line and band: "
                              f"mean and 95 % of {n} worlds. Grey behind: the regime in force in the first world.",
                      alt="Small charts, one for each kind of violation: acts a day of sides A and B over the days of the run, "
                          "with the regimes shaded.")


def _days_panel(axes: Axes, worlds: Worlds, row: int, side: int) -> None:
    drawn, both, colour = worlds.incidents[:, row, side], worlds.incidents[:, row], SIDES[side][1]
    days = np.arange(drawn.shape[-1])
    top = float(both[0].max())
    if len(drawn) > 1:
        low, high = np.quantile(both, (0.025, 0.975), axis=0)
        top = max(top, float(high.max()))
        axes.fill_between(days + 0.5, low[side], high[side], color=colour, alpha=0.25, linewidth=0)
        axes.plot(days + 0.5, drawn.mean(axis=0), color=INK, linewidth=1.0)
    axes.stairs(drawn[0], np.append(days, days[-1] + 1), color=colour, linewidth=1.0, baseline=None)
    axes.set_xlim(0, drawn.shape[-1])
    axes.set_ylim(0, max(1.0, top * 1.08))
    plain(axes.yaxis)
    axes.locator_params(axis="y", nbins=3, integer=True)


def _shade(axes: Axes, worlds: Worlds) -> None:
    """Regimes of the first world behind the lines."""
    for begin, end, regime in spells_shown(worlds):
        axes.axvspan(begin, end, color=_GREYS[regime % len(_GREYS)], linewidth=0, zorder=-2)
        if begin > 0:
            axes.axvline(begin, color=MUTED, linewidth=0.6, linestyle=":", zorder=-1)


def spells_shown(worlds: Worlds) -> list[tuple[float, float, int]]:
    """Begin and end in days, and number of the regime, of the first world's spells that touch the days of the run."""
    spells, days = worlds.first.spells, worlds.incidents.shape[-1]
    begin = np.clip(spells.from_us / _DAY_US, 0.0, days)
    end = np.append(begin[1:], float(days))
    return [(b, e, r) for b, e, r in zip(begin.tolist(), end.tolist(), spells.regime.tolist(), strict=True) if e > b]


def _days_key(figure: Any, worlds: Worlds) -> None:
    shown = list(dict.fromkeys(regime for _, _, regime in spells_shown(worlds)))
    handles: list[Any] = [Line2D([], [], color=colour) for _, colour in SIDES]
    labels = [f"side {name}, first world" for name, _ in SIDES]
    handles += [Line2D([], [], color=INK)]
    labels += [f"mean of {len(worlds.incidents)} worlds, with 95 % band"]
    handles += [Patch(facecolor=_GREYS[r % len(_GREYS)], edgecolor=RULE) for r in shown]
    labels += [f"regime {worlds.stage.scenario.conduct.regimes[r].id}" for r in shown]
    key_below(figure, handles, labels, columns=3)


def spots_figure(worlds: Worlds) -> Drawn:
    """Acts along the line in the first world, side A upwards and side B downwards, with what its hot spots let expect."""
    cells = worlds.stage.cells
    land = np.flatnonzero(~cells.sea)
    first = worlds.by_cell[0].astype(np.float64)
    with style():
        figure, (axes,) = panels(height_in=3.1)
        for side, (name, colour) in enumerate(SIDES):
            sign = 1 - 2 * side
            axes.bar(cells.km[land], sign * first[:, side], width=cells.size_km[land] * 0.92, color=colour, label=f"side {name}")
            expected = worlds.first.spots * float(first[:, side].sum())
            order = np.argsort(cells.km[land], kind="stable")
            axes.plot(cells.km[land][order], sign * expected[order], color=INK, linewidth=0.9, drawstyle="steps-mid",
                      label="expected from the hot spots of this world" if side == 0 else None)
        _sector_marks(axes, worlds)
        axes.axhline(0, color=INK, linewidth=0.6)
        axes.set_xlabel("kilometres along the drawn line")
        axes.set_ylabel("acts in the counted days")
        axes.yaxis.set_major_formatter(lambda v, _: f"{abs(v):g}")
        handles, labels = axes.get_legend_handles_labels()
        key_below(figure, handles, labels, columns=3)
        return finish(figure, words(), "hot_spots", title="Where acts gather along the line", data=data_of(hot_spots(worlds)),
                      caption="Acts in each cell of the line in the first world: side A upwards, side B downwards. Each world "
                              "draws the places of its hot spots anew.",
                      alt="Bar chart of acts by cell along the line, side A above and side B below the axis.")


def _sector_marks(axes: Axes, worlds: Worlds) -> None:
    """Edges and ids of the sectors above the axes."""
    area = worlds.stage.scenario.area
    for sector in area.sectors:
        axes.axvline(sector.from_km, color=RULE, linewidth=0.6, zorder=-1)
        axes.text((sector.from_km + sector.to_km) / 2, 1.01, sector.id, transform=axes.get_xaxis_transform(), ha="center",
                  va="bottom", fontsize=7, color=MUTED)
    axes.set_xlim(area.sectors[0].from_km, area.sectors[-1].to_km)


def sky_figure(worlds: Worlds) -> Drawn:
    """Ribbon of the sky, a row a sector and a column a day of the first world, above hours of daylight and of clear day."""
    clear = worlds.clear[0]
    sectors, days = clear.shape
    with style():
        figure, (top, below) = panels(height_in=1.9 + 0.17 * sectors + 1.2, rows=2, sharex=True,
                                      height_ratios=(0.17 * sectors + 0.5, 1.2))
        shade = ListedColormap([(g, g + 0.05 * (1 - g), min(1.0, g + 0.2 * (1 - g))) for g in np.linspace(0.35, 0.99, 9)])
        mesh = top.pcolormesh(np.arange(days + 1), np.arange(sectors + 1), clear, cmap=shade, vmin=0, vmax=1, edgecolors="face",
                              linewidth=0.2, rasterized=False)
        bar = figure.colorbar(mesh, ax=top, shrink=0.9, pad=0.01)
        bar.set_label("share of the day\nwith a clear sky", fontsize=7.5)
        bar.ax.tick_params(labelsize=7)
        top.set_yticks(np.arange(sectors) + 0.5, worlds.stage.cells.sectors, fontsize=6.5)
        top.invert_yaxis()
        _daylight(below, worlds)
        below.set_xlabel("day of the run")
        below.set_xlim(0, days)
        return finish(figure, words(), "sky", title="Sky and daylight", data=data_of(sky(worlds)),
                      caption=f"Above: share of each day at which a look from above is not blocked, by sector, first world. "
                              f"Below: hours of sun, mean over sectors, and of sun under a clear sky, first world and mean of "
                              f"{len(worlds.clear)} worlds.",
                      alt="Heat map of clear sky by sector and day, above a chart of hours of daylight a day.")


def _daylight(axes: Axes, worlds: Worlds) -> None:
    hours = worlds.daylight_h.mean(axis=0)
    days = np.arange(len(hours)) + 0.5
    usable = worlds.daylight_h * worlds.clear
    axes.fill_between(days, 0, hours, color="#fff3c4", linewidth=0, label="hours of sun")
    axes.plot(days, hours, color=INK, linewidth=0.8)
    axes.plot(days, usable[0].mean(axis=0), color=BLUE, linewidth=1.0, label="clear, first world")
    axes.plot(days, usable.mean(axis=(0, 1)), color=ORANGE, linestyle="--", linewidth=1.2, label="clear, mean of worlds")
    axes.set_ylim(0, 24)
    axes.set_yticks([0, 6, 12, 18, 24])
    axes.set_ylabel("h a day")
    axes.legend(loc="upper right", ncols=3, fontsize=7.5)


__all__ = ["days_figure", "figures_of_world", "sky_figure", "spells_shown", "spots_figure"]
