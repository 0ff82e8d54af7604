"""The points of a sweep: which keys take which values, counted before any of them is made.

A mediator who asks for a billion points is told the number at once instead of waiting for the machine to give
up.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Any, NamedTuple

from sim.experiment.refusals import BadInput, BadUsage

MAX_POINTS = 10_000
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?"
_RANGE = re.compile(rf"({_NUMBER}):({_NUMBER}):({_NUMBER})", re.ASCII)
_ENDS = re.compile(rf"({_NUMBER}):({_NUMBER})", re.ASCII)
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class Axis(NamedTuple):
    """A key and its values as TOML text; a range is kept as start, step and count until the grid is known to
    fit.
    """

    key: str
    listed: tuple[str, ...] = ()
    start: Decimal = Decimal(0)
    step: Decimal = Decimal(0)
    steps: int = 0
    span: tuple[str, str] | tuple[()] = ()
    """Ends of a range without a step, for designs that are no grid."""

    def values(self) -> Iterator[str]:
        """Values as TOML text; steps are exact decimals, so that 0:1:0.1 ends on 1.0."""
        if not self.steps:
            yield from self.listed
        for i in range(self.steps):
            yield _written(self.start + i * self.step, self.step, self.start)


class Point(NamedTuple):
    """One combination of values; its label does not depend on the order of the axes."""

    values: tuple[tuple[str, str], ...]

    @property
    def label(self) -> str:
        """Values by key, keys sorted."""
        return ", ".join(f"{key} = {value}" for key, value in sorted(self.values))


def axis(text: str) -> Axis:
    """Read `KEY=a:b:step` or `KEY=a,b,c`.

    Raises BadUsage for anything else, for a step of 0 and for one that leads away from the end.
    """
    key, found, values = text.partition("=")
    key = key.strip()
    if not found or not key or not values.strip():
        raise BadUsage(f"--vary {text}: write KEY=a:b:step or KEY=a,b,c")
    span = _RANGE.fullmatch(values.strip())
    if span:
        return _range(text, key, *span.groups())
    ends = _ENDS.fullmatch(values.strip())
    if ends:
        return Axis(key, (ends[1], ends[2]), span=(ends[1], ends[2]))
    return Axis(key, _listed(text, values))


def _range(text: str, key: str, *ends: str) -> Axis:
    try:
        start, stop, step = map(Decimal, ends)
    except InvalidOperation:
        raise BadUsage(f"--vary {text}: a, b and step must be numbers") from None
    if step == 0:
        raise BadUsage(f"--vary {text}: the step is 0")
    if (stop - start) / step < 0:
        raise BadUsage(f"--vary {text}: a step of {step} leads from {start} away from {stop}")
    return Axis(key, (), start, step, int((stop - start) // step) + 1)


def _written(value: Decimal, *like: Decimal) -> str:
    """Number with as many decimals as the start and the step have."""
    places = max(0, *(-int(d.as_tuple().exponent) for d in like))
    return f"{value:.{places}f}"


def _listed(text: str, values: str) -> tuple[str, ...]:
    parts = [one_value(part) for part in _split(values)]
    if any(part is None for part in parts):
        raise BadUsage(f"--vary {text}: the values are not a list of TOML values a,b,c nor a range a:b:step")
    found = tuple(part for part in parts if part is not None)
    twice = next((part for i, part in enumerate(found) if part in found[:i]), None)
    if twice is not None:
        raise BadUsage(f"--vary {text}: {twice} is given twice")
    return found


def _split(values: str) -> list[str]:
    """Parts between commas that stand outside quotes and brackets."""
    parts, depth, quote, part = [], 0, "", ""
    for letter in values:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        else:
            depth += (letter in "[{") - (letter in "]}")
        if letter == "," and not depth and not quote:
            parts.append(part)
            part = ""
        else:
            part += letter
    return [*parts, part]


def one_value(part: str) -> str | None:
    """A value as TOML text or @FILE; a bare word is taken as text, since shells eat quotes."""
    text = part.strip()
    if text.startswith("@") and len(text) > 1:
        return text
    try:
        if set(tomllib.loads(f"v = {text}")) == {"v"}:
            return text
    except (ValueError, RecursionError):
        pass
    return f'"{text}"' if _BARE.fullmatch(text) else None


def axes_of(texts: Sequence[str], study: Mapping[str, Sequence[Any]]) -> list[Axis]:
    """Axes of the command line, else those of `[study] vary`.

    Raises BadUsage if there are none or if a key comes twice.
    """
    found = [axis(text) for text in texts] or [Axis(k, tuple(as_text(v) for v in vs)) for k, vs in study.items() if vs]
    if not found:
        raise BadUsage("nothing to vary: give --vary KEY=a:b:step or KEY=a,b,c, or write [study] vary in the scenario")
    keys = [a.key for a in found]
    twice = next((key for i, key in enumerate(keys) if key in keys[:i]), None)
    if twice is not None:
        raise BadUsage(f"--vary {twice}: is given twice")
    return found


def as_text(value: Any) -> str:
    """Value of a scenario's own sweep as TOML text; @FILE stays as it is."""
    from sim.scenario.canonical import inline

    return value if isinstance(value, str) and value.startswith("@") else inline(value)


def size(axes: Sequence[Axis]) -> int:
    """Number of points, computed without making them."""
    whole = 1
    for one in axes:
        whole *= one.steps or len(one.listed)
    return whole


def points(axes: Sequence[Axis], *, most: int = MAX_POINTS) -> list[Point]:
    """All points, the last axis fastest.

    Raises BadInput with the exact number if there are more than `most`.
    """
    count = size(axes)
    if count > most:
        raise BadInput(f"the grid has {count} points, above --max-points {most}; widen the steps or raise --max-points")
    keys = [one.key for one in axes]
    return [Point(tuple(zip(keys, values, strict=True))) for values in product(*(list(a.values()) for a in axes))]
