"""Pictures of the answers: by when violations are answered, what each unit did, and how far units get by the hour.

A mediator sees deadlines beside what was reached, forces at their real bases, and nothing that says where anyone acts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import cos, floor, radians
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, Patch
from matplotlib.ticker import MaxNLocator

from sim.report.cells import as_measure, cells_of, columns_of
from sim.report.drawing import (
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
)
from sim.report.figures import _incidence
from sim.report.grids import one_outline
from sim.report.languages import Words
from sim.report.maps import _KM_PER_DEG, _disclaim, _ground, _line
from sim.report.numbers import exact, figures, shorten
from sim.report.results import Run, counted
from sim.scenario.response import Unit

HOURS = (1.0, 2.0, 4.0, 6.0, 9.0, 12.0, 18.0, 24.0, 30.0, 36.0, 48.0, 60.0, 72.0, 96.0)
REACH_H = {"land": (12.0, 24.0, 48.0, 72.0), "sea": (6.0, 12.0, 24.0), "air": (0.5, 1.0, 2.0)}
DOMAINS = ("land", "sea", "air")
_LINES: tuple[Any, ...] = ("-", "--", "-.")
_SHADES = ("#2b6ca3", "#6ea6d1", "#a9cbe6", "#dbe9f4")
"""From the nearest hour to the farthest, all of one hue."""
_MOST_UNITS = 30


# ---- deadlines -------------------------------------------------------------------------------------------


def deadlines(run: Run, words: Words) -> Drawn:
    """Share of counted violations answered by each time since onset, by domain, with its band and the deadlines."""
    rows = counted(run, ("kind", "onset_h", "answered_h"))
    domain = {kind.id: kind.domain for kind in run.scenario.agreement.kinds}
    rows = rows.assign(domain=rows["kind"].map(domain))
    kept, grid = run.kept(), [h for h in HOURS if h <= max(run.scenario.follow_up_h, 1.0)]
    there = [one for one in DOMAINS if (rows["domain"] == one).any()]
    cells: list[tuple[str, ...]] = []
    with style():
        figure, (axes,) = panels(height_in=3.3)
        if not there:
            nothing_to_draw(axes, words("figures.nothing_counted"))
        for number, one in enumerate(there):
            cells += _curve(axes, rows[rows["domain"] == one], kept, grid, number, words(f"domains.{one}"), words)
        if there:
            _deadline_axis(axes, run, grid, words)
            keys = [Line2D([], [], color=SERIES[n], linestyle=_LINES[n]) for n in range(len(there))]
            labels = [f"{words(f'domains.{one}')}, n {exact(int((rows['domain'] == one).sum()))}" for one in there]
            key_below(figure, [*keys, Line2D([], [], color=MUTED, linestyle=":")], [*labels, words("figures.deadlines.due")])
        return finish(figure, words, "deadlines", caption=words("figures.deadlines.caption", n=len(kept)),
                      data=Data(columns_of(words, "group", "by_h"), tuple(cells)))


def _curve(axes: Axes, rows: pd.DataFrame, kept: Sequence[int], grid: Sequence[float], number: int, name: str,
           words: Words) -> Iterator[tuple[str, ...]]:
    found = _incidence(rows["answered_h"] - rows["onset_h"], rows["replication"], kept, grid)
    low, mid, high = (np.array([np.nan if (v := getattr(e, f)) is None else v for e in found])
                      for f in ("low", "estimate", "high"))
    axes.fill_between(grid, low, high, color=SERIES[number], alpha=0.22, linewidth=0)
    axes.plot(grid, mid, color=SERIES[number], linestyle=_LINES[number], linewidth=1.7)
    return ((name, figures(h), *cells_of(as_measure(e), words)) for h, e in zip(grid, found, strict=True))


def _deadline_axis(axes: Axes, run: Run, grid: Sequence[float], words: Words) -> None:
    due = sorted({rung.deadline_h for rung in run.scenario.response.ladder if rung.clock == "onset"})
    for h in (h for h in due if h <= grid[-1]):
        axes.axvline(h, color=MUTED, linestyle=":", linewidth=1.1)
        axes.text(h, 1.0, f" {exact(h)} h", transform=axes.get_xaxis_transform(), va="top", fontsize=7.5, color=MUTED)
    axes.set_xlim(0, grid[-1])
    axes.set_ylim(bottom=0)
    axes.grid(True)
    plain(axes.xaxis)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    per_cent(axes.yaxis, words)
    axes.set_xlabel(words("figures.deadlines.x"))
    axes.set_ylabel(words("figures.deadlines.y"))


# ---- what each unit did ----------------------------------------------------------------------------------

_PHASES = (("notice", "ordered_h", "moved_h", PALE, ""), ("transit", "moved_h", "on_station_h", ORANGE, "///"),
           ("station", "on_station_h", "left_h", GREEN, ""))


def units_gantt(run: Run, words: Words) -> Drawn:
    """What each pool of units did in one history: notice, on the way, on station, from order to leaving again."""
    table = run.table("responses", ("replication", "unit", *dict.fromkeys(c for p in _PHASES for c in p[1:3])))
    first = min(run.kept(), default=0)
    mine = table[table["replication"] == first].copy()
    for column in ("ordered_h", "moved_h", "on_station_h", "left_h"):
        mine[column] = pd.to_numeric(mine[column], errors="coerce")
    units = [unit for unit in run.scenario.response.units if (mine["unit"].astype(str) == unit.id).any()][:_MOST_UNITS]
    with style():
        figure, (axes,) = panels(height_in=1.3 + 0.22 * max(len(units), 4))
        if not units:
            nothing_to_draw(axes, words("figures.units_gantt.none"))
        for at, unit in enumerate(units):
            _unit_row(axes, at, mine[mine["unit"].astype(str) == unit.id])
        if units:
            _gantt_axis(axes, run, units, words)
            keys = [Patch(facecolor=colour, hatch=hatch, edgecolor=INK, linewidth=0.4) for *_, colour, hatch in _PHASES]
            key_below(figure, keys, [words(f"figures.units_gantt.{name}") for name, *_ in _PHASES])
        head = tuple(words(f"figures.units_gantt.{name}") for name in ("pool", "sent", *(p[0] for p in _PHASES)))
        return finish(figure, words, "units_gantt", caption=words("figures.units_gantt.caption", replication=first),
                      data=Data(head, tuple(_unit_cells(unit, mine) for unit in units)))


def _unit_row(axes: Axes, at: int, rows: pd.DataFrame) -> None:
    for _, begin, end, colour, hatch in _PHASES:
        start, stop = rows[begin].to_numpy(dtype=np.float64) / 24, rows[end].to_numpy(dtype=np.float64) / 24
        real = ~(np.isnan(start) | np.isnan(stop))
        spans = [(a, b, float(at)) for a, b in zip(start[real].tolist(), stop[real].tolist(), strict=True)]
        one_outline(axes, spans, colour, hatch, gap=0.0, half=0.31)


def _gantt_axis(axes: Axes, run: Run, units: Sequence[Unit], words: Words) -> None:
    axes.set_yticks(range(len(units)), [shorten(unit.title or unit.id, 40) for unit in units], fontsize=7.5)
    axes.set_ylim(len(units) - 0.4, -0.6)
    axes.set_xlim(0, run.scenario.days + run.scenario.follow_up_h / 24)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    plain(axes.xaxis)
    axes.set_xlabel(words("figures.units_gantt.x"))


def _unit_cells(unit: Unit, rows: pd.DataFrame) -> tuple[str, ...]:
    """A unit with the number of times it was sent, and the mean hours of each phase."""
    some = rows[rows["unit"].astype(str) == unit.id]
    means = (float((some[end] - some[begin]).mean()) for _, begin, end, *_ in _PHASES)
    return (unit.title or unit.id, str(len(some)), *("—" if np.isnan(v) else f"{figures(v)} h" for v in means))


# ---- reach by the hour -----------------------------------------------------------------------------------


def reach_km(unit: Unit, hours: float) -> float:
    """How far from its base a unit gets in so many hours after the order: notice first, then its hours of movement a day."""
    left = max(hours - unit.notice_h, 0.0)
    moving = floor(left / 24) * unit.daily_move_h + min(left % 24, unit.daily_move_h)
    return moving * unit.speed_kmh / unit.route_factor


def reach_map(run: Run, words: Words) -> Drawn:
    """Bases and how far the quickest unit of each gets by the hour, on land, at sea and in the air; no border is drawn."""
    area, places = run.scenario.area, {p.id: p for p in run.scenario.area.places}
    away = {one.id for one in run.scenario.response.contributions if not one.contributes}
    units = [unit for unit in run.scenario.response.units if unit.base in places and unit.contribution not in away]
    points = [*area.line, *((places[u.base].lon_deg, places[u.base].lat_deg) for u in units)]
    rows: list[tuple[str, ...]] = []
    with style():
        figure, axes = panels(height_in=3.4, columns=3, sharex=True, sharey=True)
        for one, domain in zip(axes, DOMAINS, strict=True):
            _ground(one, points, margin_deg=0.8, words=words)
            _line(one, area, None, width=1.6)
            rows += _rings(one, [u for u in units if u.domain == domain], domain, run, words)
            one.set_title(words(f"domains.{domain}"))
            one.set_xlabel(words("figures.sector_map.x") if domain == "sea" else "")
            one.set_ylabel(words("figures.sector_map.y") if domain == "land" else "")
        _disclaim(figure, words)
        head = (words("figures.units_gantt.pool"), words("columns.base"), words("figures.reach_map.notice"),
                words("figures.reach_map.reach"))
        return finish(figure, words, "reach_map", caption=words("figures.reach_map.caption", n=len(units)),
                      data=Data(head, tuple(rows)))


def _rings(axes: Axes, units: Sequence[Unit], domain: str, run: Run, words: Words) -> Iterator[tuple[str, ...]]:
    """Rings of one domain, the widest of the units at each base; the numbers of every unit are handed back."""
    places = {p.id: p for p in run.scenario.area.places}
    hours = REACH_H[domain]
    for base in dict.fromkeys(unit.base for unit in units):
        spot, mine = places[base], [unit for unit in units if unit.base == base]
        axes.plot(spot.lon_deg, spot.lat_deg, marker="o", markersize=4, color="white", markeredgecolor=INK, zorder=6)
        for h, colour in zip(hours, _SHADES, strict=False):
            wide = 2 * max(reach_km(unit, h) for unit in mine) / _KM_PER_DEG
            axes.add_patch(Ellipse((spot.lon_deg, spot.lat_deg), wide / cos(radians(spot.lat_deg)), wide, facecolor=colour,
                                   edgecolor="none", zorder=0.9 - h / 1000))
    if units:
        axes.legend(handles=[Patch(facecolor=c) for c, _ in zip(_SHADES, hours, strict=False)],
                    labels=[f"{exact(h)} h" for h in hours], loc="lower right", fontsize=7, frameon=True, framealpha=0.9,
                    edgecolor=PALE)
    return ((unit.title or unit.id, places[unit.base].name or unit.base, f"{exact(unit.notice_h)} h",
             ", ".join(f"{exact(h)} h: {figures(reach_km(unit, h))} km" for h in hours)) for unit in units)
