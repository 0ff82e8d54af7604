"""The cells of the tables below figures, and labels that fit their places.

A mediator reads in them every number that was drawn, with its noise and its number of replications.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sim.measure.statistics import Estimate
from sim.report.languages import Words
from sim.report.numbers import interval, known, shorten, with_unit


def columns_of(words: Words, *first: str) -> tuple[str, ...]:
    """Header: some columns, then estimate, noise and replications."""
    return tuple(words(f"columns.{name}") for name in (*first, "estimate", "noise", "replications"))


def cells_of(measure: Mapping[str, Any], words: Words) -> tuple[str, str, str]:
    """A measure as number or reason, noise interval, and replications."""
    unit = str(measure.get("unit") or "")
    n = measure.get("replications")
    value = measure.get("estimate")
    text = with_unit(value, unit, words) if known(value) else str(measure.get("reason") or "—")
    return (
        text,
        interval(measure.get("noise_low"), measure.get("noise_high"), unit, words),
        "—" if n is None else str(n),
    )


def as_measure(found: Estimate) -> dict[str, Any]:
    """An estimated share in the shape that measures of the summary have."""
    return {
        "unit": "share",
        "estimate": found.estimate,
        "noise_low": found.low,
        "noise_high": found.high,
        "replications": found.n,
        "reason": found.reason,
    }


def wrapped(text: str, width: int = 22) -> str:
    """Text on at most two or three lines of that width."""
    return "\n".join(textwrap.wrap(shorten(text, 2 * width), width, break_long_words=True) or [""])


class Table(NamedTuple):
    """A table with a title; the first cell of each row names the row."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def table_of(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], words: Words) -> Table:
    """Table whose columns are named by the catalogue."""
    return Table(title, tuple(words(f"columns.{c}") for c in columns), tuple(tuple(row) for row in rows))
