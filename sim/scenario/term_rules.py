"""Do the special terms of an agreement hold together: windows with an hour in them, one baseline each, shares that sum.

A mediator learns here of terms that bind nobody, or that two baselines claim for the same party and kind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sim.scenario.errors import show
from sim.scenario.shape import Fault
from sim.scenario.sight import Sight

_SUM = 1e-6


def windows(sight: Sight) -> Iterator[Fault]:
    """A daily window holds at least some of the day."""
    for name in ("exemptions", "special"):
        for path, row in sight.rows(f"agreement.{name}.*"):
            begin, end = sight.number((*path, "daily_from_h")), sight.number((*path, "daily_to_h"))
            if begin is not None and begin == end:
                at = "daily_to_h" if "daily_to_h" in row else "daily_from_h"
                yield Fault((*path, at), "leaves no hour of the day: daily_from_h and daily_to_h are the same", "", f"{end:g}")


def partial_truces(sight: Sight) -> Iterator[Fault]:
    """A truce for some kinds only names them."""
    for path, row in sight.rows("agreement.special.*"):
        if row.get("rule") == "only" and not row.get("kinds") and sight.fine((*path, "kinds")):
            yield Fault((*path, "rule"), "needs kinds: those that stay forbidden", "", show("only"))


def bound(sight: Sight) -> Iterator[Fault]:
    """Somebody is bound by something."""
    rows = list(sight.rows("agreement.kinds.*"))
    special = list(sight.rows("agreement.special.*"))
    if not sight.fine(("agreement", "kinds")) or not sight.fine(("agreement", "special")) or not rows:
        return
    if all(row.get("binds") == [] for _, row in rows) and all(row.get("rule") == "only" for _, row in special):
        rule = "no kind binds any party and no special regime forbids one: nothing could be a violation"
        yield Fault(("agreement", "kinds"), rule, "", "", "key")


def baselines(sight: Sight) -> Iterator[Fault]:
    """A party declares each kind at one time."""
    first: dict[tuple[Any, Any], Any] = {}
    for path, row in sight.rows("agreement.declarations.*"):
        side = row.get("side")
        for at, kind in sight.select("agreement.declarations.*.kinds.*"):
            if at[:3] != path[:3] or not isinstance(kind, str):
                continue
            other = first.setdefault((side, kind), row.get("id"))
            if other != row.get("id"):
                yield Fault(at, f"party {side} already declares this kind in {other}", "", show(kind))


def weapon_shares(sight: Sight) -> Iterator[Fault]:
    """Shares of classes of weapons sum to one, and zones tell these classes apart."""
    known = list(dict.fromkeys(str(name) for _, name in sight.select("agreement.zones.*.depth_by_class_km.#")))
    for path, row in sight.rows("conduct.kinds.*.weapon_shares"):
        for name in row:
            if name not in known and sight.fine(("agreement", "zones")):
                hint = f"known: {', '.join(known)}" if known else "none is declared"
                yield Fault((*path, name), "no such class in agreement.zones.ID.depth_by_class_km", hint, "", "key")
        shares = [n for name in row if (n := sight.number((*path, name))) is not None]
        if row and len(shares) == len(row) and abs(math.fsum(shares) - 1) > _SUM:
            yield Fault(path, f"shares of classes must sum to 1, they sum to {math.fsum(shares):.6g}", "", "", "key")


RULES: Sequence[Callable[[Sight], Iterator[Fault]]] = (windows, partial_truces, bound, baselines, weapon_shares)
