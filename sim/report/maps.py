"""The map of a run: coast, line of contact in its sectors, sea areas and bases, and nothing below that level.

A mediator sees which sectors are watched; the line is a modelling input, and no state border is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, cos, hypot, radians
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sim.area.line import vertices
from sim.foundation.geodesy import Place, leg_lengths_km, points_on_polyline
from sim.report.drawing import (
    INK,
    MUTED,
    PALE,
    VERMILION,
    Data,
    Drawn,
    finish,
    panels,
    per_cent,
    seamless,
    sequential,
    style,
)
from sim.report.languages import Words
from sim.report.numbers import exact, interval, shorten, with_unit
from sim.report.results import Run, counted, share
from sim.scenario.area import Area, Sea

Point = tuple[float, float]

# Coast of the Black Sea and the Sea of Azov, longitude and latitude. Facts from Natural Earth, 1:10 million,
# public domain: the outline of the land with every state border left out, thinned and rounded to 0.05 degrees.
COAST: tuple[tuple[Point, ...], ...] = (
    (
        (27.50, 41.00),
        (29.05, 41.05),
        (29.10, 41.25),
        (28.10, 41.65),
        (28.00, 42.05),
        (27.45, 42.50),
        (27.90, 42.70),
        (28.10, 43.40),
        (28.55, 43.45),
        (28.65, 44.30),
        (28.95, 44.70),
        (29.60, 44.85),
        (29.65, 45.45),
        (29.85, 45.65),
        (30.75, 46.55),
        (31.40, 46.65),
        (31.90, 46.65),
        (32.00, 46.85),
        (32.05, 46.65),
        (32.60, 46.60),
        (31.50, 46.55),
        (32.05, 46.40),
        (31.80, 46.30),
        (32.50, 46.10),
        (33.65, 46.15),
        (33.70, 45.85),
        (32.50, 45.40),
        (33.55, 45.10),
        (33.35, 44.60),
        (33.95, 44.40),
        (35.50, 45.10),
        (36.45, 45.05),
        (36.60, 45.35),
        (35.35, 45.35),
        (34.80, 46.20),
        (35.20, 46.50),
        (35.35, 46.35),
        (35.00, 46.05),
        (35.90, 46.65),
        (36.70, 46.80),
        (37.60, 47.10),
        (39.25, 47.25),
        (39.30, 47.00),
        (38.40, 46.85),
        (38.60, 46.65),
        (37.75, 46.65),
        (38.55, 46.05),
        (38.05, 45.95),
        (37.60, 45.65),
        (37.75, 45.30),
        (37.10, 45.25),
        (36.85, 45.45),
        (36.65, 45.30),
        (36.60, 45.15),
        (38.75, 44.25),
        (39.95, 43.40),
        (41.45, 42.70),
        (41.75, 41.90),
        (41.40, 41.40),
        (40.30, 40.95),
    ),
    (
        (29.10, 41.00),
        (29.25, 41.25),
        (31.25, 41.10),
        (32.60, 41.85),
        (33.30, 42.00),
        (34.75, 41.95),
        (34.95, 42.10),
        (35.50, 41.65),
        (36.05, 41.70),
        (36.40, 41.25),
        (36.75, 41.35),
        (37.95, 41.00),
    ),
)
_TOGETHER_KM = 60.0
_MOST_NAMES = 28
_KM_PER_DEG = 111.2


class Base(NamedTuple):
    """Places from which units or drones start, drawn as one mark where they lie close together."""

    lon_deg: float
    lat_deg: float
    names: tuple[str, ...]


def sector_map(run: Run, words: Words) -> Drawn:
    """Share of violations detected by sector, on the line and at sea, each sector with its name."""
    found = _detected(run)
    area = run.scenario.area
    top = max((m["estimate"] for m in found.values() if m["estimate"] is not None), default=1.0)
    paint = _Paint(
        sequential(),
        Normalize(0.0, max(0.1, ceil(top * 10) / 10)),
        {s: m["estimate"] for s, m in found.items()},
    )
    with style():
        figure, (axes,) = panels(height_in=5.3)
        _ground(axes, [*area.line, *(c for s in area.seas for c in _corners(s))], margin_deg=0.35, words=words)
        _line(axes, area, paint, width=5.0)
        _names(axes, area, run)
        bar = seamless(
            figure.colorbar(
                ScalarMappable(paint.norm, paint.colours),
                ax=axes,
                orientation="horizontal",
                shrink=0.55,
                aspect=36,
                pad=0.02,
                label=words("figures.sector_map.bar"),
            )
        )
        per_cent(bar.ax.xaxis, words)
        _disclaim(figure, words)
        rows = tuple(
            (
                run.sector_title(s),
                exact(m["n"]),
                with_unit(m["estimate"], "share", words),
                interval(m["low"], m["high"], "share", words),
            )
            for s, m in found.items()
        )
        head = tuple(words(f"columns.{c}") for c in ("sector", "violations", "estimate", "noise"))
        return finish(
            figure,
            words,
            "sector_map",
            caption=words("figures.sector_map.caption", n=len(run.kept())),
            data=Data(head, rows),
        )


def base_map(run: Run, words: Words) -> Drawn:
    """Line of contact, sea areas and the numbered bases of the design, with their names beside the map."""
    area, based = run.scenario.area, bases(run)
    points = [
        *area.line,
        *((b.lon_deg, b.lat_deg) for b in based),
        *(c for s in area.seas for c in _corners(s)),
    ]
    with style():
        figure, (axes,) = panels(height_in=4.4)
        _ground(axes, points, margin_deg=0.8, words=words)
        _line(axes, area, None, width=2.4)
        for number, base in enumerate(based, start=1):
            axes.plot(
                base.lon_deg,
                base.lat_deg,
                marker="o",
                markersize=11,
                color="white",
                markeredgecolor=INK,
                markeredgewidth=0.9,
                zorder=5,
            )
            axes.text(
                base.lon_deg,
                base.lat_deg,
                str(number),
                ha="center",
                va="center_baseline",
                fontsize=7,
                zorder=6,
            )
        names = [f"{i}  {_wrapped(b)}" for i, b in enumerate(based, start=1)]
        axes.annotate(
            "\n".join(names),
            (1.0, 1.0),
            xycoords="axes fraction",
            xytext=(8, 0),
            textcoords="offset points",
            ha="left",
            va="top",
            fontsize=7.5,
            linespacing=1.35,
        )
        _disclaim(figure, words)
        rows = tuple((str(i), " + ".join(b.names)) for i, b in enumerate(based, start=1))
        return finish(
            figure,
            words,
            "base_map",
            caption=words("figures.base_map.caption", n=len(based)),
            data=Data((words("columns.number"), words("columns.base")), rows),
        )


def _wrapped(base: Base) -> str:
    return "\n+ ".join(shorten(name, 44) for name in base.names)


def _disclaim(figure: Figure, words: Words) -> None:
    figure.supxlabel(words("disclaimer.map"), fontsize=7.5, color=MUTED)


class _Paint(NamedTuple):
    colours: Colormap
    norm: Normalize
    values: Mapping[str, float | None]

    def of(self, sector: str) -> Any:
        value = self.values.get(sector)
        return MUTED if value is None else self.colours(self.norm(value))


def _detected(run: Run) -> dict[str, dict[str, Any]]:
    rows = counted(run, ("replication", "sector", "detected_h"))
    kept = run.kept()
    found = {}
    for sector in run.sectors:
        some = rows[rows["sector"] == sector]
        e = share(some["detected_h"].notna(), some["replication"], kept)
        found[sector] = {"n": len(some), "estimate": e.estimate, "low": e.low, "high": e.high}
    return found


def bases(run: Run) -> tuple[Base, ...]:
    """Places named as bases by drone units and response units, merged where they lie within 60 km."""
    places = {p.id: p for p in run.scenario.area.places}
    used = dict.fromkeys((*(d.base for d in run.scenario.monitoring.drones), *(u.base for u in run.scenario.response.units)))
    merged: list[Base] = []
    for place in (places[u] for u in used if u in places):
        name = place.name or place.id
        near = next(
            (i for i, b in enumerate(merged) if _apart_km(b, place.lon_deg, place.lat_deg) < _TOGETHER_KM),
            None,
        )
        if near is None:
            merged.append(Base(place.lon_deg, place.lat_deg, (name,)))
        else:
            merged[near] = merged[near]._replace(names=(*merged[near].names, name))
    return tuple(sorted(merged, key=lambda b: (b.lon_deg, b.lat_deg)))


def _apart_km(base: Base, lon_deg: float, lat_deg: float) -> float:
    return _KM_PER_DEG * hypot((base.lon_deg - lon_deg) * cos(radians(lat_deg)), base.lat_deg - lat_deg)


def sector_lines(area: Area) -> dict[str, list[Point]]:
    """Longitude and latitude of the line of each sector, from its start to its end."""
    line = vertices(area)
    at_km = [0.0]
    for leg in leg_lengths_km(line):
        at_km.append(at_km[-1] + leg)
    pieces = {}
    for sector in area.sectors:
        marks = [sector.from_km, min(sector.to_km, at_km[-1])]
        first, last = points_on_polyline(line, marks) if marks[0] < at_km[-1] else (line[-1], line[-1])
        inner = [p for p, km in zip(line, at_km, strict=True) if sector.from_km < km < sector.to_km]
        pieces[sector.id] = [_lon_lat(p) for p in (first, *inner, last)]
    return pieces


def _lon_lat(place: Place) -> Point:
    return place.lon_deg, place.lat_deg


def _names(axes: Axes, area: Area, run: Run) -> None:
    """Names of sectors in a column at the right, from the northern end of the line, each tied to its middle."""
    middles = {s: piece[len(piece) // 2] if len(piece) > 2 else _middle(piece) for s, piece in sector_lines(area).items()}
    middles |= {s.id: ((s.west_deg + s.east_deg) / 2, (s.south_deg + s.north_deg) / 2) for s in area.seas}
    line = [s for s in middles if s not in {sea.id for sea in area.seas}]
    line = line if middles[line[0]][1] >= middles[line[-1]][1] else line[::-1]
    ranked = [*line, *(sea.id for sea in area.seas)]
    shown = ranked[:: max(1, -(-len(ranked) // _MOST_NAMES))]
    for place, sector in enumerate(shown):
        axes.annotate(
            shorten(run.sector_title(sector), 24),
            middles[sector],
            xycoords="data",
            xytext=(1.03, 0.97 - 0.94 * place / max(1, len(shown) - 1)),
            textcoords="axes fraction",
            va="center",
            fontsize=8,
            arrowprops={"arrowstyle": "-", "color": "#9a9a9a", "linewidth": 0.6, "shrinkA": 1},
        )


def _middle(piece: Sequence[Point]) -> Point:
    return (piece[0][0] + piece[-1][0]) / 2, (piece[0][1] + piece[-1][1]) / 2


def _corners(sea: Sea) -> tuple[Point, Point]:
    return (sea.west_deg, sea.south_deg), (sea.east_deg, sea.north_deg)


def _ground(axes: Axes, points: Sequence[Point], *, margin_deg: float, words: Words) -> None:
    """Coast and a frame around the points, true to scale in the middle of the frame."""
    for coast in COAST:
        axes.plot(*zip(*coast, strict=True), color="#8aa3b5", linewidth=0.9, zorder=1)
    west, east = min(p[0] for p in points) - margin_deg, max(p[0] for p in points) + margin_deg
    south, north = min(p[1] for p in points) - margin_deg, max(p[1] for p in points) + margin_deg
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_aspect(1 / cos(radians((south + north) / 2)))
    axes.set_xlabel(words("figures.sector_map.x"))
    axes.set_ylabel(words("figures.sector_map.y"))
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color(PALE)


def _line(axes: Axes, area: Area, paint: _Paint | None, *, width: float) -> None:
    """Sectors and sea areas in their colours, or all in one colour without a paint."""
    for sector, piece in sector_lines(area).items():
        lons, lats = zip(*piece, strict=True)
        axes.plot(lons, lats, color=INK, linewidth=width + 1.2, solid_capstyle="butt", zorder=2)
        axes.plot(
            lons,
            lats,
            color=paint.of(sector) if paint else VERMILION,
            linewidth=width,
            solid_capstyle="butt",
            zorder=3,
        )
    for sea in area.seas:
        axes.add_patch(_box(sea, paint.of(sea.id) if paint else PALE))


def _box(sea: Sea, colour: Any) -> Rectangle:
    return Rectangle(
        (sea.west_deg, sea.south_deg),
        sea.east_deg - sea.west_deg,
        sea.north_deg - sea.south_deg,
        facecolor=colour,
        edgecolor=INK,
        linewidth=0.8,
        zorder=2,
    )
