"""Rules of the fourth pass for what the mission believes: shares of places that fit together.

A mediator hears of a mission that expects more acts in its sectors than there are, before anything runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from sim.scenario.shape import Fault
from sim.scenario.sight import Sight

_SUM = 1e-6
_PLACES = ("verification", "beliefs", "sector_share")


def places(sight: Sight) -> Iterator[Fault]:
    """Shares of sectors leave the others nothing less than nothing."""
    row = sight.value(_PLACES)
    if not isinstance(row, dict):
        return
    shares = [n for name in row if (n := sight.number((*_PLACES, name))) is not None]
    if len(shares) == len(row) and math.fsum(shares) > 1 + _SUM:
        yield Fault(_PLACES, f"shares of sectors must sum to at most 1, they sum to {math.fsum(shares):.6g}", "", "", "key")


RULES = (places,)
