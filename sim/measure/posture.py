"""Posture in time: which share of the posture answers that were decided is on station by its deadline.

A mediator sees here what forces bring to the answers, apart from notices and inspections, in all and by domain.
"""
from __future__ import annotations

import numpy as np

from sim.ledger import Columns
from sim.measure.measures import Measure, Row
from sim.scenario.scenario import Scenario

DOMAINS = ("land", "sea", "air")
POSTURE: dict[str, Measure] = {name: Measure(name, "share of posture orders") for name in (
    "posture_in_time_share", *(f"posture_in_time_{domain}_share" for domain in DOMAINS))}
"""Measures of posture answers that studies of contributions know beside the catalogue."""


def posture_rows(tables: dict[str, Columns], scenario: Scenario) -> list[Row]:
    """Posture orders of the counted days with a unit on station by the deadline of the rung, over all of them.

    An order for which no unit was left is one that is not in time, not one that does not count.
    """
    orders, sent = tables["orders"], tables["responses"]
    posture = {rung.id for rung in scenario.response.ladder if rung.action == "posture"}
    asked = np.array([rung in posture for rung in orders["rung"].tolist()], dtype=bool)
    asked &= (orders["triggered_h"] >= scenario.warm_up_h) & (orders["triggered_h"] < scenario.days * 24)
    there = dict(zip(sent["order"].tolist(), sent["on_station_h"].tolist(), strict=True))
    on_station_h = np.array([there.get(order, np.inf) for order in orders["order"].tolist()], dtype=np.float64)
    in_time = asked & (on_station_h <= orders["due_h"])
    rows = [Row("posture_in_time_share", "all", "", float(in_time.sum()), float(asked.sum()))]
    for domain in DOMAINS:
        mine = orders["domain"] == domain
        rows.append(Row(f"posture_in_time_{domain}_share", "all", "", float((in_time & mine).sum()), float((asked & mine).sum())))
    return rows
