"""Five ledgers in the report: where acts are lost and why, blind verdicts, skill part by part, capture–recapture, assurance.

A mediator sees beside each number its noise and replications, and beside each estimate of the unseen the truth it missed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator

from sim.measure.ledgers import STEPS
from sim.report.cells import Table, table_of
from sim.report.drawing import (
    BLUE,
    HATCHES,
    INK,
    MUTED,
    ORANGE,
    Data,
    Drawn,
    finish,
    key_below,
    nothing_to_draw,
    panels,
    per_cent,
    style,
    whisker,
)
from sim.report.languages import Words
from sim.report.numbers import exact, figures, interval, known, with_unit
from sim.report.results import Run

ALL = "all"
_FUNNEL = ("kind", "side", "ledger", "reason", "acts", "share_of_true", "noise_low", "noise_high", "replications")
_AGAIN = ("basis", "means", "kind", "first_or_once", "second_or_twice", "both_or_any", "estimate", "interval_low",
          "interval_high", "true", "ratio", "noise_low", "noise_high", "interval_holds_share", "dependence", "dependence_low",
          "dependence_high", "replications")
_ASSURED = ("kind", "side", "light", "season", "acts", "confirmed_in_time_share", "noise_low", "noise_high", "grade",
            "grade_at_low", "worst", "replications")


# ---- the funnel of losses ----------------------------------------------------------------------------------


def ledger_losses(run: Run, words: Words) -> Drawn:
    """Acts in each ledger, and between each two what was lost, reason by reason; the table holds it by kind and side."""
    rows = run.table("funnel", _FUNNEL)
    whole = rows[(rows["kind"] == ALL) & ((rows["ledger"].isin(STEPS)) & (rows["acts"] > 0))] if len(rows) else rows
    n = int(rows["replications"].max()) if len(rows) else 0
    with style():
        figure, (axes,) = panels(height_in=1.4 + 0.24 * max(len(whole), 3))
        if len(whole):
            _waterfall(axes, whole, words)
            handles = [Patch(facecolor=c, hatch=h, edgecolor=INK, linewidth=0.4)
                       for c, h in zip((BLUE, ORANGE), HATCHES, strict=False)]
            key_below(figure, handles, [words("figures.ledger_losses.ledger"), words("figures.ledger_losses.lost")])
        else:
            nothing_to_draw(axes, words("figures.nothing_counted"))
        header = tuple(words(f"columns.{name}") for name in ("kind", "side", "ledger", "reason_lost", "violations", "share_true",
                                                             "noise", "replications"))
        data = Data(header, tuple(_funnel_cells(run, rows, words)))
        return finish(figure, words, "ledger_losses", caption=words("figures.ledger_losses.caption", n=n), data=data)


def _waterfall(axes: Axes, rows: pd.DataFrame, words: Words) -> None:
    """Bars that step down from ledger to ledger, one loss at a time."""
    labels, left = [], 1.0
    for at, (step, reason, share, low, high) in enumerate(zip(*(rows[name] for name in _FUNNEL[2:4]), *(
            rows[name].to_numpy(dtype=np.float64) for name in _FUNNEL[5:8]), strict=True)):
        begin = 0.0 if not reason else max(0.0, left - share)
        axes.barh(at, share, left=begin, height=0.66, color=ORANGE if reason else BLUE, hatch=HATCHES[1] if reason else "",
                  edgecolor=INK, linewidth=0.4)
        if not reason:
            whisker(axes, at=at, low=_or_none(low), high=_or_none(high))
        axes.text(1.02, at, with_unit(share, "share", words), va="center")
        left = begin if reason else share
        labels.append(_step(step, words) if not reason else words.get(f"loss_reasons.{reason}", reason))
    axes.set_yticks(range(len(rows)), labels)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.2)
    axes.spines["bottom"].set_bounds(0, 1)
    axes.xaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1.0]))
    per_cent(axes.xaxis, words)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(words("figures.ledger_losses.x"))
    for label, reason in zip(axes.get_yticklabels(), rows["reason"], strict=True):
        label.set_color(MUTED if reason else INK)


def _or_none(value: Any) -> float | None:
    return float(value) if known(value) else None


def _step(step: str, words: Words) -> str:
    return words.get(f"ledger_names.{step}", step)


def _funnel_cells(run: Run, rows: pd.DataFrame, words: Words) -> Iterator[tuple[str, ...]]:
    for kind, side, step, reason, acts, share, low, high, n in rows.itertuples(index=False):
        yield (_kind(run, kind, words), _side(side, words), _step(step, words),
               words.get(f"loss_reasons.{reason}", reason) if reason else words("figures.ledger_losses.in"), exact(float(acts)),
               with_unit(share, "share", words) if known(share) else "—", interval(low, high, "share", words), str(int(n)))


def _kind(run: Run, kind: str, words: Words) -> str:
    return words("ledger_names.all") if kind == ALL else run.kind_title(kind)


def _side(side: str, words: Words) -> str:
    return words.get(f"ledger_names.side_{side}", side)


# ---- verdicts ----------------------------------------------------------------------------------------------


def verdict_tables(run: Run, words: Words) -> list[Table]:
    """Blind verdicts beside the mission's, then skill and power by regime, and by party and sector."""
    if not {"measure", "by", "group", "estimate", "noise_low", "noise_high", "replications"} <= set(run.groups.columns):
        return []
    rows = run.groups[run.groups["measure"] == "skill"]
    blind = [(words("verdict_parts.mission"), *_cells(row, words)) for row in _of(rows, "all")]
    blind += [(words.get(f"blind.{row['group']}", str(row["group"])), *_cells(row, words)) for row in _of(rows, "blind")]
    tables = [table_of(words("verdict_parts.blind"), ("verdict_rule", "estimate", "noise", "replications"), blind, words)]
    measures = ("skill", "power_median", "power_worst", "undetermined_share", "wrong_accusations_per_30d",
                "wrong_accusation_share", "missed_breach_share", "true_breach_share")
    tables.append(_regimes(run, measures, words))
    tables.append(_places(run, ("skill", "power_median", "undetermined_share"), words))
    return [table for table in tables if len(table.rows) > (table is tables[0])]


def _of(rows: pd.DataFrame, by: str) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in rows[rows["by"] == by].to_dict("records")]


def _cells(row: dict[str, Any], words: Words, unit: str = "") -> tuple[str, str, str]:
    """Number, noise and replications of one row of summary.csv."""
    numbers = [_number(row[name]) for name in ("estimate", "noise_low", "noise_high")]
    text = "—" if numbers[0] is None else with_unit(numbers[0], unit, words)
    return text, interval(numbers[1], numbers[2], unit, words), str(row["replications"])


def _number(cell: Any) -> float | None:
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return None
    return value if np.isfinite(value) else None


def _regimes(run: Run, measures: Sequence[str], words: Words) -> Table:
    """One row a regime and measure."""
    cells = []
    for row in (row for name in measures for row in _of(run.groups[run.groups["measure"] == name], "regime")):
        unit = "" if row["measure"] == "skill" else str(row["unit"])
        title = words.get(f"measures.{row['measure']}", str(row["measure"]))
        cells.append((str(row["group"]), title, *_cells(row, words, unit)))
    cells.sort(key=lambda one: one[0])
    columns = ("part_regime", "measure", "estimate", "noise", "replications")
    return table_of(words("verdict_parts.regime"), columns, cells, words)


def _places(run: Run, measures: Sequence[str], words: Words) -> Table:
    """One row a party and sector, along the line; each measure with its noise interval in one cell."""
    found: dict[str, dict[str, tuple[str, str, str]]] = {}
    for name in measures:
        for row in _of(run.groups[run.groups["measure"] == name], "side/sector"):
            unit = "" if name == "skill" else str(row["unit"])
            found.setdefault(str(row["group"]), {})[name] = _cells(row, words, unit)
    order = [f"{side}/{sector}" for side in ("A", "B") for sector in run.sectors]
    nothing = ("—", "—", "0")
    cells = []
    for place in sorted(found, key=lambda one: order.index(one) if one in order else len(order)):
        side, _, sector = place.partition("/")
        told = [found[place].get(name, nothing) for name in measures]
        cells.append((f"{side}, {run.sector_title(sector)}", *(f"{text} ({noise})" for text, noise, _ in told), told[0][2]))
    columns = ("part_place", *(f"part_{name}" for name in measures), "replications")
    return table_of(words("verdict_parts.place"), columns, cells, words)


# ---- capture–recapture and assurance -----------------------------------------------------------------------


def recapture_tables(run: Run, words: Words) -> list[Table]:
    """What capture–recapture says, its interval, the truth, and the dependence between two kinds of evidence."""
    rows = run.table("recapture", _AGAIN)
    cells = [_again(run, row, words) for row in rows.to_dict("records")]
    columns = ("basis", "evidence", "caught", "estimated", "own_interval", "truth", "ratio_true", "noise", "interval_holds",
               "dependence", "replications")
    return [table_of(words("recapture.title"), columns, cells, words)] if cells else []


def _again(run: Run, row: dict[Any, Any], words: Words) -> tuple[str, ...]:
    if row["means"] == ALL:
        what = words("recapture.chao", kind=words("ledger_names.all") if row["kind"] == ALL else run.kind_title(str(row["kind"])))
        caught = words("recapture.once", **_counts(row))
    else:
        what = words("recapture.chapman", pair=str(row["means"]).replace("+", " + "))
        caught = words("recapture.both", **_counts(row))
    depends = "—"
    if known(row["dependence"]):
        depends = f"{figures(row['dependence'])} ({interval(row['dependence_low'], row['dependence_high'], '', words)})"
    return (words(f"recapture.{row['basis']}"), what, caught, figures(row["estimate"]),
            interval(row["interval_low"], row["interval_high"], "", words), figures(row["true"]), figures(row["ratio"]),
            interval(row["noise_low"], row["noise_high"], "", words),
            with_unit(row["interval_holds_share"], "share", words) if known(row["interval_holds_share"]) else "—", depends,
            str(int(row["replications"])))


def _counts(row: dict[Any, Any]) -> dict[str, str]:
    return {name: figures(float(row[column])) for name, column in zip(("a", "b", "c"), _AGAIN[3:6], strict=True)}


def assurance_tables(run: Run, words: Words) -> list[Table]:
    """For each kind the share confirmed in time with its grade, of all and in the worst side, light and season."""
    rows = run.table("assurance", _ASSURED)
    if not len(rows):
        return []
    some = rows[(rows["side"] == ALL) | (rows["worst"] == 1)]
    cells = [_assured(run, row, words) for row in some.to_dict("records")]
    columns = ("kind", "where_when", "violations", "in_time", "noise", "assurance", "assurance_low", "replications")
    return [table_of(words("assurance.title"), columns, cells, words)]


def _assured(run: Run, row: dict[Any, Any], words: Words) -> tuple[str, ...]:
    place = words("assurance.whole") if row["side"] == ALL else words("assurance.worst", **{
        name: words.get(f"assurance.{row[name]}", str(row[name])) for name in ("side", "light", "season")})
    grades = [words.get(f"assurance.{row[name]}", "—") if known_text(row[name]) else "—" for name in ("grade", "grade_at_low")]
    return (run.kind_title(str(row["kind"])), place, exact(float(row["acts"])),
            with_unit(row["confirmed_in_time_share"], "share", words),
            interval(row["noise_low"], row["noise_high"], "share", words),
            *grades, str(int(row["replications"])))


def known_text(cell: Any) -> bool:
    """Whether a cell holds words."""
    return isinstance(cell, str) and bool(cell)


def told(run: Run, words: Words) -> tuple[str, ...]:
    """What a reader must know before these tables; nothing where the run has none of them."""
    return tuple(words(f"{name}.intro") for name in ("recapture", "assurance") if len(run.table(name, ("replications",))))


def ledger_tables(run: Run, words: Words) -> list[Table]:
    """All tables of this module in the order of the chapter."""
    return [*verdict_tables(run, words), *recapture_tables(run, words), *assurance_tables(run, words)]
