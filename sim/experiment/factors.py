"""Inputs that a study moves: keys over a range that the analyst names, or every assumption within its stated range.

A mediator sees under one name what is moved together, and from where to where.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.experiment.grid import Axis
from sim.experiment.inputs import Assumption, overrides, sampled
from sim.experiment.refusals import BadInput, BadUsage
from sim.experiment.sampling import placed
from sim.scenario.scenario import Scenario

Values = list[tuple[str, str]]


class Factor(NamedTuple):
    """An input: what its place in (0, 1) makes of the scenario, and the ends of its range in words."""

    name: str
    at: Callable[[float], Values]
    low: str
    high: str


class Spot(NamedTuple):
    """A point known by its values; the label is short, since a point may move hundreds of numbers."""

    values: tuple[tuple[str, str], ...]

    @property
    def label(self) -> str:
        """Digest of the values, keys sorted."""
        whole = "\n".join(f"{key} = {value}" for key, value in sorted(self.values))
        return f"point {blake2b(whole.encode(), digest_size=12).hexdigest()}"


def of_axes(axes: Sequence[Axis]) -> list[Factor]:
    """Factors of keys with ranges or lists.

    Raises BadUsage for a key with a single value: nothing moves.
    """
    for axis in axes:
        ends = [*axis.span] if axis.span else list(axis.values())
        if len(set(ends)) < 2:
            raise BadUsage(f"--vary {axis.key}={','.join(ends)}: holds one value only, so nothing moves")
    return [_of_axis(axis) for axis in axes]


def _of_axis(axis: Axis) -> Factor:
    ends = axis.span or tuple(axis.values())
    return Factor(axis.key, lambda place: [(axis.key, placed(axis, place))], ends[0], ends[-1])


def of_assumptions(scenario: Scenario, *, only: tuple[str, ...] = ("",)) -> list[Factor]:
    """One factor for each source of grade C or D that states a range and whose key begins as one of `only`.

    Raises BadInput if there is none.
    """
    found = [_of_assumption(one) for one in sampled(scenario).ranged if one.pattern.startswith(only)]
    if not found:
        where = "" if only == ("",) else f" below {', '.join(only)}"
        raise BadInput(f"no source of grade C or D{where} states a range, so nothing can be moved; name keys with --vary KEY=a:b")
    return found


def _of_assumption(one: Assumption) -> Factor:
    return Factor(one.pattern, lambda place: overrides([one], {one.pattern: place}), f"{one.low:g}", f"{one.high:g}")


def spots_of(factors: Sequence[Factor], points: NDArray[np.float64]) -> list[Spot]:
    """Points in the unit cube, shape (…, factors), as points of the scenario, in order."""
    flat = points.reshape(-1, points.shape[-1])
    return [Spot(tuple(pair for f, u in zip(factors, row, strict=True) for pair in f.at(float(u)))) for row in flat]
