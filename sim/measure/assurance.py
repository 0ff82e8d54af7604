"""Grades of assurance: how surely a significant violation would be confirmed in time, by kind, in the worst case.

A mediator reads for each kind whether 90, 50 or only 20 of 100 would be confirmed in time by the side, at the light and in the
season in which it is worst.
"""
from __future__ import annotations

from datetime import timedelta

import numpy as np

from sim.ledger import History
from sim.scenario.scenario import Scenario

LEVELS = (("high", 0.9), ("medium", 0.5), ("low", 0.2))
"""Grades and the share confirmed in time that each asks for, after the chances of detection that nuclear safeguards
call high (90 %), medium (50 %) and low (20 %)."""
BELOW = "below low"
_SEASONS = (*("winter",) * 2, *("spring",) * 3, *("summer",) * 3, *("autumn",) * 3, "winter")
"""Season of each month, January first (north of the equator, as the whole area)."""


def grade(share: float | None) -> str:
    """Grade of assurance that a share confirmed in time reaches; empty where there is no share."""
    if share is None:
        return ""
    return next((name for name, least in LEVELS if share >= least), BELOW)


def assured(history: History, scenario: Scenario) -> list[tuple[str, str, str, float, float]]:
    """Rows ("assured", "kind/side/light/season", group, confirmed in time, acts) of counted significant acts.

    In time: the case reached the grade that its kind requires within the kind's goal from onset.
    """
    table = history.tables["violations"]
    goals = {kind.id: kind.goal_h for kind in scenario.agreement.kinds if kind.severity != "minor"}
    mine = np.flatnonzero((table["counted"] == 1) & np.isin(table["kind"], sorted(goals)))
    wait_h = table["verified_h"][mine] - table["onset_h"][mine]
    counts: dict[str, list[int]] = {}
    days = (table["onset_h"][mine] // 24).astype(np.int64).tolist()
    season = {day: _SEASONS[(scenario.start + timedelta(days=day)).month - 1] for day in dict.fromkeys(days)}
    columns = (table[name][mine].tolist() for name in ("kind", "side", "light"))
    for kind, side, light, day, wait in zip(*columns, days, wait_h.tolist(), strict=True):
        row = counts.setdefault(f"{kind}/{side}/{light}/{season[day]}", [0, 0])
        row[0] += wait <= goals[kind]
        row[1] += 1
    return [("assured", "kind/side/light/season", group, float(hit), float(n)) for group, (hit, n) in sorted(counts.items())]
