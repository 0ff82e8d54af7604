"""How far a comparison holds over what is only assumed: in how many sampled worlds, and which inputs turn it around.

A mediator reads in plain words under which assumptions the other design would have been the better one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.experiment import tables
from sim.experiment.findings import KEY_MEASURES
from sim.experiment.inputs import point_estimates
from sim.experiment.sampled_worlds import paired_worlds, places_of, shared_worlds
from sim.experiment.summary import Difference
from sim.foundation.streams import name_key
from sim.measure.flips import Cut, Leaf, leaves
from sim.measure.statistics import wilson

_HEADER = ("a", "b", "measure", "worlds", "same_sign", "share", "share_low", "share_high", "level", "conditions", "in_worlds",
           "flipped", "p", "told", "status")  # fmt: skip


class Robust(NamedTuple):
    """One measure of one comparison: worlds with the sign of the assumed one, and where the others lie."""

    a: str
    b: str
    measure: str
    worlds: int
    same: int
    leaves: tuple[Leaf, ...]
    inputs: tuple[str, ...]
    told: str


def robustness(
    a: Path, b: Path, names: tuple[str, str], rows: Sequence[Difference], catalogue: Mapping[str, Any]
) -> list[Robust]:
    """Judge the key measures of a comparison of two finished runs over the worlds that they share; empty without such worlds."""
    pairs = paired_worlds(a, b)
    if not pairs:
        return []
    inputs, x = _places(a, b)
    estimates = [(point_estimates(left, catalogue), point_estimates(right, catalogue)) for left, right in pairs]
    found = []
    for row in rows:
        gaps = [_gap(one, other, row.measure) for one, other in estimates]
        known = np.array([gap is not None for gap in gaps], dtype=bool)
        if row.measure not in KEY_MEASURES or not row.difference or not known.any():
            continue
        sign = 1 if row.difference > 0 else -1
        flipped = np.array([gap is not None and gap * sign <= 0 for gap in gaps], dtype=bool)[known]
        rng = np.random.Generator(np.random.Philox(key=name_key("flips", row.measure)))
        found.append(_judged(names, row, flipped, leaves(x[known], flipped, rng=rng) if inputs else [], inputs))
    return found


def _gap(a: Mapping[Any, float], b: Mapping[Any, float], measure: str) -> float | None:
    name = (measure, "all", "")
    return b[name] - a[name] if name in a and name in b else None


def _places(a: Path, b: Path) -> tuple[tuple[str, ...], np.ndarray[Any, np.dtype[np.float64]]]:
    """Inputs that either run moves, and their places in the worlds that both share."""
    places = [places_of(path) for path in (a, b)]
    whole = [places[0].get(label, {}) | places[1].get(label, {}) for label in shared_worlds(a, b)]
    inputs = tuple(sorted(dict.fromkeys(name for one in whole for name in one)))
    return inputs, np.array([[one.get(name, 0.5) for name in inputs] for one in whole], dtype=np.float64)


def _judged(names: tuple[str, str], row: Difference, flipped: Any, tree: Sequence[Leaf], inputs: tuple[str, ...]) -> Robust:
    n, turned = len(flipped), int(flipped.sum())
    return Robust(*names, row.measure, n, n - turned, tuple(tree), inputs, _told(names, row, n, turned, tree, inputs))


def _told(names: tuple[str, str], row: Difference, n: int, turned: int, tree: Sequence[Leaf], inputs: Sequence[str]) -> str:
    """One measure in plain words."""
    more = "higher" if (row.difference or 0) > 0 else "lower"
    low, high = wilson(hits=n - turned, n=n)
    said = (
        f"{row.measure} is {more} with {names[1]} than with {names[0]} in {n - turned} of {n} sampled worlds "
        f"({low:.0%} to {high:.0%} of all that the ranges allow)."
    )
    if not turned:
        return f"{said} No sampled world turns it around."
    worst = tree[0] if tree else None
    if worst is None or not worst.cuts:
        return f"{said} No input tells where it turns around: the other {turned} lie scattered, or are too few."
    where = " and ".join(_words(cut, inputs) for cut in worst.cuts)
    rest, rest_n = turned - worst.flipped, n - worst.worlds
    found = f"in {worst.flipped} of {worst.worlds} such worlds, and in {rest} of the other {rest_n}"
    return f"{said} It turns around mostly where {where}: {found}."


def _words(cut: Cut, inputs: Sequence[str]) -> str:
    """A condition in words; places are those of the sampled range, half of which lies below what is stated."""
    part = 1 - cut.place if cut.above else cut.place
    return f"{inputs[cut.column]} lies in the {'upper' if cut.above else 'lower'} {part:.0%} of its range"


def robustness_bytes(found: Sequence[Robust]) -> bytes:
    """Table: one row for each leaf of each measure."""
    rows = []
    for one in found:
        low, high = wilson(hits=one.same, n=one.worlds)
        head = (one.a, one.b, one.measure, one.worlds, one.same, one.same / one.worlds, low, high, 0.95)
        for leaf in one.leaves:
            where = " and ".join(_words(cut, one.inputs) for cut in leaf.cuts)
            rows.append((*head, where, leaf.worlds, leaf.flipped, leaf.p if leaf.cuts else None, one.told, tables.STATUS))
    return tables.csv_bytes(_HEADER, rows)


def record(one: Robust) -> dict[str, Any]:
    """As a JSON document holds it."""
    cuts = [
        {"worlds": leaf.worlds, "flipped": leaf.flipped, "p": leaf.p,
         "where": [{"input": one.inputs[c.column], "side": "above" if c.above else "below", "place": c.place} for c in leaf.cuts]}
        for leaf in one.leaves
    ]  # fmt: skip
    head = {"a": one.a, "b": one.b, "measure": one.measure, "worlds": one.worlds, "same_sign": one.same}
    return {**head, "leaves": cuts, "told": one.told}
