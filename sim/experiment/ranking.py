"""Several designs in one comparison: intervals that hold for all of them together, and the best within a stated zone.

A mediator who asks which of five designs is best is told, or is told how many replications the answer would take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sim.experiment.design import Comparison
from sim.experiment.journal import Outcome
from sim.experiment.precision import Target
from sim.experiment.refusals import BadUsage
from sim.experiment.summary import Difference, Floats, collected, differences, usable
from sim.measure.several import against_one, best_of, pseudo_values

LEVEL = 0.95


class Choice(NamedTuple):
    """The best of several designs by one measure."""

    measure: str
    least: bool
    indifference: float
    best: str
    estimates: tuple[tuple[str, float], ...]
    replications: int
    needed: int

    @property
    def kept(self) -> bool:
        """Whether the replications were enough for the promise."""
        return self.replications >= self.needed

    @property
    def told(self) -> str:
        """One sentence."""
        word = "least" if self.least else "greatest"
        said = f"{word} {self.measure}: {self.best}"
        if self.kept:
            return (
                f"{said}; if it is {self.indifference:g} or more apart from the next, this is right with 95 % "
                f"({self.replications} replications, {self.needed} were needed)"
            )
        return f"{said}, not yet sure: {self.needed} replications are needed, there are {self.replications}"


def shared(sides: Sequence[Sequence[Outcome]]) -> list[list[Outcome]]:
    """Replications that every design has finished, in order."""
    kept = [usable(side) for side in sides]
    common = set.intersection(*({o.replication for o in side} for side in kept))
    return [[o for o in side if o.replication in common] for side in kept]


def values_of(sides: Sequence[Sequence[Outcome]], measure: str) -> list[Floats] | None:
    """Values by replication for each design; None where a design counted nothing or has no plain ratio."""
    pairs = [collected(side).get(measure, {}).get(("all", "")) for side in sides]
    if any(p is None or not p.bottom.sum() for p in pairs):
        return None
    return [pseudo_values(p.top, p.bottom) for p in pairs if p is not None]


def together(found: Sequence[Comparison], sides: Sequence[Sequence[Outcome]], catalogue: Mapping[str, Any]) -> list[Comparison]:
    """Comparisons with the first design, their intervals widened so that all of one measure hold together.

    Ratios: Dunnett's comparison on paired differences. Quantiles: intervals at 1 − 0.05/k each (Bonferroni).
    """
    if len(found) < 2:
        return list(found)
    kept = shared(sides)
    level = 1 - (1 - LEVEL) / len(found)
    quantiles = {name: entry for name, entry in catalogue.items() if entry.estimator == "quantile"}
    wide = [{row.measure: row for row in differences(kept[0], other, quantiles, level=level)} for other in kept[1:]]
    joint = {name: _joint(kept, name) for name, entry in catalogue.items() if entry.estimator == "ratio"}
    return [
        one._replace(rows=[_widened(row, joint.get(row.measure), wide[i].get(row.measure), i) for row in one.rows])
        for i, one in enumerate(found)
    ]


def _joint(kept: Sequence[Sequence[Outcome]], measure: str) -> Any:
    values = values_of(kept, measure)
    return None if values is None or len(values[0]) < 2 else against_one(values[0], values[1:], level=LEVEL)


def _widened(row: Difference, joint: Any, wide: Difference | None, number: int) -> Difference:
    if row.difference is None or row.noise_low is None:
        return row
    if wide is not None:
        low, high = wide.noise_low, wide.noise_high
    elif joint is not None:
        half = float(joint.half_widths[number])
        low, high = row.difference - half, row.difference + half
    else:
        return row
    apart = low is not None and high is not None and not low <= 0 <= high
    return row._replace(noise_low=low, noise_high=high, clear=row.clear and apart)


def choose(
    names: Sequence[str], sides: Sequence[Sequence[Outcome]], asked: Target, entry: Any, *, least: bool
) -> Choice:
    """The best design by a measure, with the gap of `asked` as indifference zone (Nelson & Matejcik 1995).

    Raises BadUsage for a measure that is no plain ratio or that some design does not have.
    """
    kept = shared(sides)
    values = values_of(kept, asked.measure) if entry.estimator == "ratio" else None
    if values is None or asked.relative:
        raise BadUsage(f"--best {asked.text}: the best is chosen by a measure that every design counts, with a gap in its unit")
    if len(values[0]) < 2:
        raise BadUsage(f"--best {asked.text}: {len(values[0])} shared replications show no noise; at least 2 are needed")
    found = best_of(values, indifference=asked.half_width, least=least)
    means = tuple((name, float(v.mean())) for name, v in zip(names, values, strict=True))
    return Choice(asked.measure, least, asked.half_width, names[found.chosen], means, len(values[0]), found.needed)
