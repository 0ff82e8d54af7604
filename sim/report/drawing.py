"""How every figure is drawn: one style, colours that colour-blind readers tell apart, SVG whose bytes repeat.

A mediator sees on each picture that it is simulated, and below it the numbers and replications behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from sim.report.languages import Words
from sim.report.numbers import MINUS

# Okabe & Ito 2008, reordered; text is never set in these colours.
BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, YELLOW = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#E69F00",
    "#56B4E9",
    "#CC79A7",
    "#F0E442",
)
INK, MUTED, RULE, PALE = "#1a1a1a", "#555555", "#d4d4d4", "#ececec"
SERIES = (BLUE, ORANGE, GREEN, SKY, VERMILION, YELLOW, PURPLE, "#000000", "#7f7f7f")
HATCHES = ("", "///", "\\\\\\", "xxx", "---", "|||", "++", "//", "\\\\")
WIDTH_IN = 7.2
STAMP_IN = 0.2

_STYLE: Any = {
    "text.parse_math": False,
    "text.usetex": False,
    "axes.unicode_minus": True,
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "hatch.linewidth": 0.5,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "figure.constrained_layout.use": False,
    "figure.dpi": 72.0,
    "savefig.dpi": 180.0,
    "path.simplify": False,
}


class Data(NamedTuple):
    """Numbers of a figure as a table of text."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Drawn(NamedTuple):
    """A figure: its SVG, what to say beside it, and its numbers."""

    name: str
    title: str
    caption: str
    alt: str
    svg: str
    data: Data

    def _repr_svg_(self) -> str:
        return self.svg


@contextmanager
def style() -> Iterator[None]:
    """Draw within this: the style holds, and the caller's settings come back afterwards."""
    with rc_context(_STYLE):
        yield


def panels(
    *, height_in: float, rows: int = 1, columns: int = 1, width_in: float = WIDTH_IN, **grid: Any
) -> tuple[Figure, list[Axes]]:
    """Figure with a grid of axes, in reading order; draw within `style`."""
    figure = Figure(figsize=(width_in, height_in))
    figure.set_layout_engine("constrained", rect=(0.0, 0.0, 1.0, 1.0 - STAMP_IN / height_in))
    grid_of = figure.subplots(rows, columns, squeeze=False, **grid)
    return figure, [axes for row in grid_of for axes in row]


def finish(figure: Figure, words: Words, name: str, *, caption: str, data: Data, alt: str = "", title: str = "") -> Drawn:
    """Stamp a figure as simulated and write it; title and alternative text are the catalogue's unless given."""
    stamp = figure.text(
        0.995,
        0.995,
        words("figures.stamp"),
        ha="right",
        va="top",
        fontsize=7.5,
        color=MUTED,
        fontweight="bold",
    )
    stamp.set_in_layout(False)
    title = title or words(f"figures.{name}.title")
    return Drawn(name, title, caption, alt or words(f"figures.{name}.alt"), _svg(figure, name), data)


def _svg(figure: Figure, name: str) -> str:
    salted: Any = {**_STYLE, "svg.hashsalt": name}
    with rc_context(salted):
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _tidy(text.getvalue())


_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_PATH = re.compile(r'( d| points)="([^"]*)"')
_LONG = re.compile(r"(\d+\.\d\d)\d+")


def _tidy(svg: str) -> str:
    """Drop empty metadata and figures beyond a hundredth of a point; text is left as it is."""
    svg = _METADATA.sub("", svg, count=1)
    return _PATH.sub(lambda m: f'{m[1]}="{_LONG.sub(lambda n: n[1], m[2]).replace(chr(10), "")}"', svg)


_PROLOG = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
_OPEN = re.compile(r"<svg\b[^>]*>")
_VIEW = re.compile(r'viewBox="([-0-9. ]+)"')
_STYLE_BLOCK = re.compile(r"\s*<defs>\s*<style[^>]*>.*?</style>\s*</defs>", re.DOTALL)
_ID = re.compile(r'(\bid="|href="#|url\(#)([A-Za-z_][\w.-]*)')


def inline(drawn: Drawn) -> str:
    """SVG for the inside of a page: ids of its own, no prolog or style block, a label for who cannot see it."""
    body = _PROLOG.sub("", drawn.svg, count=1)
    opening = _OPEN.match(body)
    view = _VIEW.search(opening[0]) if opening else None
    if opening is None or view is None:
        raise ValueError(f"figure {drawn.name!r} is no SVG with a view box")
    body = _STYLE_BLOCK.sub("", body[opening.end() :], count=1)
    body = _outside_text(body, lambda part: _ID.sub(rf"\g<1>{drawn.name}-\g<2>", part).replace("xlink:href", "href"))
    body = _COMMENT.sub("", body)
    return f'<svg viewBox="{view[1]}" role="img" aria-label={quoteattr(drawn.alt)}>{body}'


_TAG = re.compile(r"<[^<>]*>")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def _outside_text(svg: str, change: Callable[[str], str]) -> str:
    """Change tags only, never the text between them."""
    return _TAG.sub(lambda tag: change(tag[0]), svg)


def sequential() -> Colormap:
    """Colours from low to high in 40 steps, few enough that a colour bar is drawn as boxes and not as an image."""
    return colormaps["viridis"].resampled(40).with_extremes(bad=PALE)


def seamless(bar: Colorbar) -> Colorbar:
    """Colour bar without the hairlines that viewers show between its boxes."""
    if bar.solids is not None:
        bar.solids.set_edgecolor("face")
    return bar


def per_cent(axis: Any, words: Words) -> None:
    """Label an axis of shares in per cent."""
    axis.set_major_formatter(FuncFormatter(lambda v, _: words("units.percent", value=f"{100 * v:.0f}")))


def plain(axis: Any) -> None:
    """Label an axis with plain numbers and true minus signs."""
    axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}".replace("-", MINUS)))


def whisker(axes: Axes, *, at: float, low: float | None, high: float | None, across: bool = True) -> None:
    """Noise interval at one place: a thin line with caps, along x if `across`."""
    if low is None or high is None:
        return
    (axes.hlines if across else axes.vlines)(at, low, high, color=INK, linewidth=1.1)
    ends, mark = ([low, high], "|") if across else ([low, high], "_")
    where = (ends, [at, at]) if across else ([at, at], ends)
    axes.plot(*where, linestyle="none", marker=mark, color=INK, markersize=5, markeredgewidth=1.1)


def key_below(figure: Figure, handles: Sequence[Patch | Any], labels: Sequence[str], *, columns: int = 4) -> None:
    """Legend under the axes, where it covers nothing."""
    figure.legend(
        handles=list(handles),
        labels=list(labels),
        loc="outside lower center",
        ncols=columns,
        handlelength=1.6,
        columnspacing=1.4,
    )


def nothing_to_draw(axes: Axes, reason: str) -> None:
    """Say in the middle of the axes why they are empty."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, reason, ha="center", va="center", transform=axes.transAxes, color=MUTED, wrap=True)
