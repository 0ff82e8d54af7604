"""Rules of the fourth pass about the desks of the mission: shifts that exist.

A mediator learns here of a shift that begins when it ends, before nobody could be on it.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sim.scenario.shape import Fault
from sim.scenario.sight import Sight


def shifts(sight: Sight) -> Iterator[Fault]:
    """A shift ends at another hour than it begins, and begins before midnight."""
    for path, _ in sight.rows("verification.staff.shifts.*"):
        begin, end = sight.number((*path, "from_h")), sight.number((*path, "to_h"))
        if begin is None or end is None:
            continue
        if begin == 24 or end == 0:
            wrong = "from_h" if begin == 24 else "to_h"
            yield Fault((*path, wrong), "a shift begins at 0 to under 24 and ends at over 0 to 24", "",
                        f"{begin if begin == 24 else end:g}")
        elif begin == end:
            yield Fault((*path, "to_h"), "a shift must end at another hour than it begins", "0 to 24 is all day", f"{end:g}")


RULES: Sequence[Callable[[Sight], Iterator[Fault]]] = (shifts,)
