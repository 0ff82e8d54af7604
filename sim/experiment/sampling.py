"""Points of a sweep that are no full grid: a Latin hypercube, a Sobol sequence, or rows of a table of the analyst's own.

A mediator with ten open questions need not run a billion combinations; a few hundred well-spread ones show what matters.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.experiment.grid import MAX_POINTS, Axis, Point, one_value, points, size
from sim.experiment.refusals import BadInput, BadUsage
from sim.foundation.streams import name_key

DESIGNS = ("grid", "lhs", "sobol")
POINTS = 64
MAX_CSV_BYTES = 16 * 2**20
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"[-+]?\d+", re.ASCII)


class Design(NamedTuple):
    """Keys with the values that they take, and the points."""

    axes: list[Axis]
    points: list[Point]


def spread(axes: Sequence[Axis], design: str, count: int, *, most: int = MAX_POINTS) -> Design:
    """Points of a design over the axes.

    Parameters
    ----------
    axes : a range (`KEY=a:b`) is filled evenly, of a list each value is taken equally often
    design : `grid`, `lhs` (McKay, Beckman & Conover 1979) or `sobol` (Owen-scrambled); Sobol points stay as they are when
        more are asked for
    count : number of points; a grid has as many as it has

    Raises BadInput, with the number, for more than `most` points; BadUsage for a range without a step in a grid.
    """
    if design == "grid":
        open_ = next((one.key for one in axes if one.span), None)
        if open_ is not None:
            raise BadUsage(f"--vary {open_}=a:b: a grid needs a step, as in a:b:step (or use --design lhs or sobol)")
        return Design(list(axes), points(axes, most=most))
    if count > most:
        raise BadInput(f"the design has {count} points, above --max-points {most}; ask for fewer or raise --max-points")
    ordered = sorted(axes, key=lambda one: one.key)
    places = unit_points(design, [one.key for one in ordered], count)
    texts = {one.key: [placed(one, float(u)) for u in places[:, i]] for i, one in enumerate(ordered)}
    keys = [one.key for one in axes]
    found = [Point(tuple((key, texts[key][i]) for key in keys)) for i in range(count)]
    return _distinct(keys, found)


def unit_points(design: str, keys: Sequence[str], count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Points in the unit cube, shape (count, keys); the luck is that of the names of the keys."""
    from scipy.stats import qmc

    rng = np.random.Generator(np.random.PCG64(name_key("sweep", design, *keys)))
    if design == "lhs":
        return np.asarray(qmc.LatinHypercube(len(keys), rng=rng).random(count), dtype=np.float64)
    # whole powers of two are drawn and cut, so that the first points are the same whatever the number
    drawn = qmc.Sobol(len(keys), scramble=True, rng=rng).random_base2(max(0, (count - 1).bit_length()))
    return np.asarray(drawn[:count], dtype=np.float64)


def placed(axis: Axis, place: float) -> str:
    """Value of an axis at a place in [0, 1), as TOML text."""
    if not axis.span:
        values = list(axis.values())
        return values[min(int(place * len(values)), len(values) - 1)]
    low, high = axis.span
    if _WHOLE.fullmatch(low) and _WHOLE.fullmatch(high):
        first, last = sorted((int(low), int(high)))
        return str(first + min(int(place * (last - first + 1)), last - first))
    text = f"{float(low) + place * (float(high) - float(low)):.10g}"
    return text if any(mark in text for mark in ".en") else f"{text}.0"


def _distinct(keys: Sequence[str], found: Sequence[Point]) -> Design:
    """Design without doubles (whole numbers and lists can repeat), with the values that each key takes."""
    kept = list({point.label: point for point in found}.values())
    columns = {key: list(dict.fromkeys(dict(point.values)[key] for point in kept)) for key in keys}
    return Design([Axis(key, tuple(column)) for key, column in columns.items()], kept)


def from_csv(path: Path, *, most: int = MAX_POINTS) -> Design:
    """Points from a table: the first row holds keys, every other row one value for each.

    Raises BadInput, with file and row, for what cannot be read, a key given twice, a missing or surplus cell, a value that
    is not TOML, and more than `most` rows.
    """
    try:
        whole = path.read_bytes()[: MAX_CSV_BYTES + 1]
        text = whole.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"--csv {path}: cannot be read ({error})") from None
    if len(whole) > MAX_CSV_BYTES:
        raise BadInput(f"--csv {path}: is larger than {MAX_CSV_BYTES} bytes")
    try:
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if row]
    except csv.Error as error:
        raise BadInput(f"--csv {path}: is not a CSV table ({error})") from None
    if len(rows) < 2:
        raise BadInput(f"--csv {path}: needs a row of keys and a row of values")
    if len(rows) - 1 > most:
        raise BadInput(f"--csv {path}: has {len(rows) - 1} points, above --max-points {most}")
    keys = [key.strip() for key in rows[0]]
    twice = next((key for i, key in enumerate(keys) if key in keys[:i] or not key), None)
    if twice is not None:
        raise BadInput(f"--csv {path}: row 1: key {twice!r} is empty or given twice")
    return _distinct(keys, [_row(path, number, keys, row) for number, row in enumerate(rows[1:], 2)])


def _row(path: Path, number: int, keys: Sequence[str], row: Sequence[str]) -> Point:
    if len(row) != len(keys):
        raise BadInput(f"--csv {path}: row {number} has {len(row)} cells, the first row {len(keys)}")
    values = [one_value(cell) for cell in row]
    bad = next((cell for cell, value in zip(row, values, strict=True) if value is None), None)
    if bad is not None:
        raise BadInput(f"--csv {path}: row {number}: {bad!r} is not a TOML value")
    return Point(tuple(zip(keys, (value or "" for value in values), strict=True)))


def as_range(axis: Axis) -> Axis:
    """Two numbers that a scenario or a notebook lists are the ends of a range where the design is no grid."""
    values = list(axis.values())
    numbers = len(values) == 2 and all(_NUMBER.fullmatch(text) for text in values)
    return axis._replace(span=(values[0], values[1])) if numbers else axis


def count_of(axes: Sequence[Axis], design: str, count: int) -> int:
    """Number of points of a design, without making them."""
    return size(axes) if design == "grid" else count
