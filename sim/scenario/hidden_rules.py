"""Rules of the fourth pass for obstruction, complaints and confusers: hours, shares and forms that fit together.

A mediator hears of a fire taken for an attack at sea, or of a party that complains twice, before anything runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from sim.scenario.errors import show
from sim.scenario.shape import Fault
from sim.scenario.sight import Sight

MOST_ROWS, MOST_SPELLS = 2_000_000, 100_000
_SUM = 1e-6


def orders(sight: Sight) -> Iterator[Fault]:
    """Confusers begin in hours that follow one another."""
    for path, row in sight.rows("conduct.confusers.*"):
        low, high = sight.number((*path, "from_hour_h")), sight.number((*path, "to_hour_h"))
        if low is not None and high is not None and low >= high:
            at = "from_hour_h" if "from_hour_h" in row else "to_hour_h"
            yield Fault((*path, at), "from_hour_h must be < to_hour_h", f"from_hour_h {low:g}, to_hour_h {high:g}",
                        show(row.get(at)))


def taken_for(sight: Sight) -> Iterator[Fault]:
    """A confuser is taken for one kind or another, at sea for kinds at sea and on land for others."""
    at = {row.get("id"): sight.value((*path, "domain")) for path, row in sight.rows("agreement.kinds.*")}
    for path, row in sight.rows("conduct.confusers.*.taken_for"):
        shares = [n for kind in row if (n := sight.number((*path, kind))) is not None]
        if len(shares) == len(row) and abs(math.fsum(shares) - 1) > _SUM:
            yield Fault(path, f"the shares must sum to 1, they sum to {math.fsum(shares):.6g}", "", "", "key")
        at_sea = sight.value((*path[:-1], "at_sea"))
        for kind in [k for k in row if k in at and isinstance(at_sea, bool) and (at[k] == "sea") != at_sea]:
            yield Fault((*path, kind), f"{kind} is an act on {at[kind]}, this confuser is not", "", "", "key")
            break


def complainants(sight: Sight) -> Iterator[Fault]:
    """Each party complains once."""
    first: dict[str, str] = {}
    for path, row in sight.rows("conduct.complaints.*"):
        side = sight.value((*path, "side"))
        if side in first:
            yield Fault((*path, "side"), f"party {side} complains already, in {first[side]}", "", show(side))
        elif isinstance(side, str):
            first[side] = str(row.get("id"))


def staged(sight: Sight) -> Iterator[Fault]:
    """Obstruction has the numbers that its form uses, and no others; a resolved file writes out defaults, which do nothing."""
    from sim.scenario.hidden import Obstruction

    own = {"reach_km": "camera-destruction", "loss_share": "shooting", "pause_h": "shooting"}
    for path, row in sight.rows("conduct.obstruction.*"):
        form = sight.value((*path, "form"))
        for name, needed in own.items():
            usual = Obstruction.model_fields[name].default
            if isinstance(form, str) and form != needed and row.get(name, usual) != usual:
                yield Fault((*path, name), f"belongs to {needed}, this is {form}", "remove it", show(row[name]))


def many(sight: Sight) -> Iterator[Fault]:
    """Spells, complaints and confusers of a run can be held in memory and gone through."""
    days = (sight.number(("days",)) or 0.0) + (sight.number(("follow_up_h",)) or 0.0) / 24
    factors = [sight.number((*path, "factor")) or 0.0 for path, _ in sight.rows("conduct.regimes.*")]
    for pattern, name, factor, most in (("conduct.obstruction.*", "spells_per_day", max(factors, default=1.0), MOST_SPELLS),
                                        ("conduct.complaints.*", "untrue_per_day", 1.0, MOST_ROWS),
                                        ("conduct.confusers.*", "per_day", 1.0, MOST_ROWS)):
        for path, row in sight.rows(pattern):
            given = row.get(name)
            months = given if isinstance(given, list) else []
            rates = [sight.number((*path, name, n)) for n in range(len(months))] or [sight.number((*path, name))]
            expected = max((rate for rate in rates if rate is not None), default=0.0) * days * factor
            if expected > most:
                yield Fault((*path, name), f"about {expected:.3g} are to be expected in a replication, the limit is {most}",
                            "", "" if months else show(given))


RULES = (orders, taken_for, complainants, staged, many)
