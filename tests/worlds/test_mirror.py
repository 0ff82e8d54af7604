"""Sides swapped, everything mirrors: nothing in the tool prefers one party.

A mediator who exchanges the parties' names, conduct, consent and monitors finds every later figure exchanged, and no other.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from small_worlds import SEED, monitored, ready, world

from sim.engine import replicate
from sim.ledger import Columns, History
from sim.scenario.scenario import Scenario

OTHER = {"A": "B", "B": "A", "": ""}
UNEVEN = (("conduct.kinds.small-arms.side_a_share", "0.75"), ("conduct.kinds.drone-strike.side_a_share", "0.25"),
          ("conduct.kinds.indirect-fire.side_a_share", "0.625"), ("conduct.kinds.advance.side_a_share", "0.125"),
          ("conduct.kinds.heavy-weapons.side_a_share", "0.75"), ("conduct.kinds.missile.side_a_share", "0.875"))


def both_sides(name: str) -> Scenario:
    """A design with posts, drones and consent on both sides, unequal, so that a swap that does nothing is found out."""
    plain = world(name, more=UNEVEN)
    old = plain.monitoring
    posts = tuple(p.model_copy(update={"id": f"{p.id}-b", "side": "B", "sites": p.sites // 2}) for p in old.posts)
    drones = tuple(d.model_copy(update={"id": f"{d.id}-b", "side": "B"}) for d in old.drones[:3])
    terms = {"side": "B", "depth_km": 30.0}
    consent = tuple(c.model_copy(update=terms | {"id": f"{c.id}-b", "standoff_km": 10.0 * (c.standoff_km > 0)})
                    for c in old.consent if c.side == "A")
    return monitored(plain, posts=(*old.posts, *posts), drones=(*old.drones, *drones),
                     consent=(*(c for c in old.consent if c.side == "A"), *consent))


def swapped(scenario: Scenario) -> Scenario:
    """The same world with the names of the parties exchanged everywhere."""
    def turned(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(item.model_copy(update={"side": OTHER[item.side]}) for item in items)

    old, conduct = scenario.monitoring, scenario.conduct
    kinds = tuple(how.model_copy(update={"side_a_share": 1 - how.side_a_share}) for how in conduct.kinds)
    area = scenario.area.model_copy(update={"side_a": "right" if scenario.area.side_a == "left" else "left"})
    other = conduct.model_copy(update={"kinds": kinds, "key_a": conduct.key_b, "key_b": conduct.key_a})
    turned_about = monitored(scenario, posts=turned(old.posts), drones=turned(old.drones), consent=turned(old.consent),
                             observers=turned(old.observers))
    return turned_about.model_copy(update={"area": area, "conduct": other})


@cache
def pair(name: str) -> tuple[History, History]:
    scenario = both_sides(name)
    first, second = (replicate(ready(s), seed=SEED, replication=0) for s in (scenario, swapped(scenario)))
    return first, second


def mirrored(table: str, columns: Columns) -> list[tuple[Any, ...]]:
    """Rows of a table with sides exchanged."""
    turned = dict(columns)
    turned["side"] = np.array([OTHER[side] for side in columns["side"].tolist()], dtype=columns["side"].dtype)
    if "depth_km" in columns:
        turned["depth_km"] = 0.0 - columns["depth_km"]
    if table == "verdicts":
        turned["verdict"] = np.array([OTHER[v[0]] + v[1:] for v in columns["verdict"].tolist()])
    return rows(turned)


def rows(columns: Columns) -> list[tuple[Any, ...]]:
    """Rows of a table in an order that does not depend on sides; never counts as −1."""
    plain = [np.where(np.isnan(c), -1.0, c + 0.0).tolist() if c.dtype.kind == "f" else c.tolist() for c in columns.values()]
    return sorted(zip(*plain, strict=True))


@pytest.mark.parametrize("name", ["technical-with-teams", "mixed"])
@pytest.mark.parametrize("table", ["violations", "observations", "looks", "cases", "findings", "verdicts", "orders", "responses",
                                   "assets", "coverage"])
def test_every_table_mirrors(name: str, table: str) -> None:
    first, second = (history.tables[table] for history in pair(name))
    assert len(rows(first)) > 2
    assert mirrored(table, first) == rows(second)


def test_the_swap_changes_something() -> None:
    """Shares, posts and drones are unequal, so the mirror is not the thing itself."""
    first, second = pair("mixed")
    for table in ("violations", "observations", "findings", "verdicts"):
        assert rows(first.tables[table]) != rows(second.tables[table]), table
    count = [int((first.tables["violations"]["side"] == side).sum()) for side in "AB"]
    assert abs(count[0] - count[1]) > 50


def test_swapping_twice_gives_the_same_scenario() -> None:
    scenario = both_sides("mixed")
    assert swapped(swapped(scenario)) == scenario
    assert swapped(scenario).monitoring.posts[0].side == "B"
