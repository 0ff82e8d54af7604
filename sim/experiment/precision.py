"""How many replications are enough: run on until a number is known as exactly as was asked, and say so if it never is.

A mediator asks for two percentage points and gets them, or is told how close the simulation came.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sim.experiment.journal import Outcome
from sim.experiment.refusals import BadUsage
from sim.experiment.summary import Line, lines, usable

FEWEST = 10
MOST = 1000
LOOK_AHEAD = 5
MEASURE = "significant_confirmed_in_time_share"
_SHAPE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*(pp|%|[A-Za-z]{0,8})(?::([a-z][a-z0-9_]{0,63}))?", re.ASCII)


class Target(NamedTuple):
    """Half width of the noise interval that is asked for; `relative`: as a share of the estimate."""

    text: str
    measure: str
    half_width: float
    relative: bool


class Reached(NamedTuple):
    """How exactly a measure is known; `at` is the number of replications from which on the target holds, or None."""

    target: Target
    replications: int
    estimate: float | None
    half_width: float | None
    at: int | None

    @property
    def told(self) -> str:
        """One sentence."""
        width = "not known" if self.half_width is None else f"{self.half_width:.3g}"
        verb = "reached" if self.at is not None else "was not reached"
        return (
            f"precision {self.target.text} of {self.target.measure} {verb}: half width of the noise interval {width} "
            f"after {self.replications} replications"
        )


def target(text: str, catalogue: Mapping[str, Any]) -> Target:
    """Read `2pp`, `2pp:MEASURE`, `0.5h:MEASURE` or `5%:MEASURE`.

    `pp` are percentage points of a share, `%` is relative to the estimate, any other unit must be the measure's own.
    Raises BadUsage, naming the value, for anything else.
    """
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise BadUsage(f"--precision {text}: write 2pp, 2pp:MEASURE, 5%:MEASURE or 0.5h:MEASURE")
    number, unit, measure = float(found[1]), found[2], found[3] or MEASURE
    entry = catalogue.get(measure)
    if entry is None:
        raise BadUsage(f"--precision {text}: there is no measure {measure}")
    if number == 0:
        raise BadUsage(f"--precision {text}: 0 is never reached")
    share = entry.unit.startswith("share")
    if (unit == "pp") != share and unit not in ("%", ""):
        raise BadUsage(f"--precision {text}: {measure} is given in {entry.unit}")
    if unit not in ("pp", "%", "") and unit != entry.unit.split()[0]:
        raise BadUsage(f"--precision {text}: {measure} is given in {entry.unit}, not in {unit}")
    return Target(text, measure, number / 100 if unit in ("pp", "%") else number, unit == "%")


def look_ahead(n: int) -> int:
    """Replications over which the target must go on to hold after n (Hoad, Robinson & Davies 2010, kLimit = 5)."""
    return LOOK_AHEAD if n <= 100 else LOOK_AHEAD * n // 100


class Widths:
    """Half widths after 10, 11, … usable replications; each is worked out once."""

    def __init__(self, asked: Target, catalogue: Mapping[str, Any]) -> None:
        self.target, self.entry = asked, catalogue[asked.measure]
        self.known: dict[int, tuple[float | None, float | None]] = {}

    def read(self, outcomes: Iterable[Outcome]) -> Reached:
        """Whether the target holds from some number of replications on, with the look-ahead behind it."""
        kept = [self._slim(o) for o in usable(outcomes)]
        held, at = 0, None
        for n in range(FEWEST, len(kept) + 1):
            held = held + 1 if self._holds(kept, n) else 0
            first = n - held + 1
            if held > look_ahead(first):
                at = first
                break
        estimate, half = self._width(kept, len(kept)) if kept else (None, None)
        return Reached(self.target, len(kept), estimate, half, at)

    def _holds(self, kept: list[Outcome], n: int) -> bool:
        estimate, half = self._width(kept, n)
        if estimate is None or half is None:
            return False
        return half <= self.target.half_width * (abs(estimate) if self.target.relative else 1.0)

    def _width(self, kept: list[Outcome], n: int) -> tuple[float | None, float | None]:
        if n not in self.known:
            self.known[n] = half_width(next(x for x in lines(kept[:n], self._only()) if x.by == "all"))
        return self.known[n]

    def _only(self) -> dict[str, Any]:
        return {self.target.measure: self.entry}

    def _slim(self, outcome: Outcome) -> Outcome:
        """Only what this measure needs, since it is read again for every number of replications."""
        wanted = (self.target.measure, self.entry.of)
        return outcome._replace(rows=tuple(row for row in outcome.rows if row[0] in wanted))


def half_width(line: Line) -> tuple[float | None, float | None]:
    """Estimate and the longer arm of its noise interval."""
    if line.estimate is None or line.noise_low is None or line.noise_high is None:
        return line.estimate, None
    return line.estimate, max(line.estimate - line.noise_low, line.noise_high - line.estimate)


def next_count(found: Reached, asked: int, *, most: int) -> int:
    """Replications to have next; depends on results only, so that every number of workers ends alike.

    The noise falls with the square root of the number (Law 2015, section 9.4.1); never more than twice as many at once.
    """
    if found.half_width is None or found.estimate is None or not found.half_width:
        guess = 2 * asked
    else:
        goal = found.target.half_width * (abs(found.estimate) if found.target.relative else 1.0)
        guess = math.ceil(asked * min(4.0, (found.half_width / goal) ** 2 if goal else 4.0))
    return min(most, max(asked + LOOK_AHEAD, min(guess + look_ahead(guess), 2 * asked)))
