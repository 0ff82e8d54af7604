"""What is not written: times and places that parties chose, and anything that would judge a single real event.

A mediator reads what adaptation or a replay does to the measures; nobody can read from a run where to act unseen, nor who did
what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from sim.scenario.scenario import Scenario

BIN_H = 6.0
"""Times in tables, where parties choose them, are the beginnings of bins of so many hours."""
OF_ACTS = ("violations", "observations", "looks", "cases", "findings", "orders", "responses")
"""Tables with rows about single acts."""
_ALWAYS = ("violations_per_day", "false_findings_per_day")
_OF_ALL = ("share of verdicts", "share of true breaches", "share of compliant states", "share of states", "squared error",
           "share of the loss of the best blind verdict", "wrong accusation share of A less B", "log ratio",
           "detected share of B over A", "share of findings", "findings a day", "verdicts in 30 days", "answers in 30 days",
           "ratio", "shared catches over those of independent means")
"""Units of measures that rest on all events together."""
_EVENTS = ("share of incidents", "share of significant incidents", "share of attributed true findings",
           "share of true findings", "incidents found over true", "incidents estimated over true")
"""Units of shares whose denominator counts events."""
_STAGES = ("detection_h", "verification_h", "attribution_h", "decision_h", "notice_h", "transit_h")


REPLAY = "replay"
"""Name of the rows that tell how many real events were used, and why the others were not."""


class Counts(NamedTuple):
    """Values of one replication: rows of measures, times to event, and rows of counts that the measures do not hold."""

    rows: list[tuple[Any, ...]]
    times: dict[str, Any]
    extra: list[tuple[Any, ...]]


def chooses(scenario: Scenario) -> bool:
    """Whether parties choose times and places."""
    return any(how.shift_share > 0 for how in scenario.conduct.adaptation)


# ---- tables ----------------------------------------------------------------------------------------------


def published(history: Any, scenario: Scenario) -> Any:
    """A history as it may be written; the very same where nothing is held back.

    Where parties choose times and places, tables of acts give times in 6 h bins and places by sector. A replay writes no row
    about a single act, and no verdict on a sector and period, which may hold a single event.
    """
    if scenario.conduct.replay is not None:
        empty = (*OF_ACTS, "verdicts")
        return history._replace(tables={name: _none(table) if name in empty else table for name, table in history.tables.items()})
    if not chooses(scenario):
        return history
    middle = {s.id: (s.from_km + s.to_km) / 2 for s in scenario.area.sectors}
    return history._replace(tables={name: _coarse(table, middle) if name in OF_ACTS else table
                                    for name, table in history.tables.items()})


def _none(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[:0] for name, values in table.items()}


def _coarse(table: Mapping[str, Any], middle_km: Mapping[str, float]) -> dict[str, Any]:
    """Times as the beginnings of their bins, places as the middles of their sectors (sea areas: none)."""
    found = {name: np.floor(values / BIN_H) * BIN_H if name.endswith("_h") else values for name, values in table.items()}
    if "km" in found:
        found["km"] = np.array([middle_km.get(name, np.nan) for name in found["sector"].tolist()], dtype=np.float64)
    return found


# ---- shares of few real events ---------------------------------------------------------------------------


def guarded(counts: Counts, scenario: Scenario, catalogue: Callable[[], Mapping[str, Any]],
            facts: Mapping[str, float]) -> Counts:
    """Counts of one replication with no share that rests on fewer real events than `conduct.replay.min_events`.

    The acts of a replay stand for q times as many recorded ones, so that a share of n acts rests on q n real events.
    """
    replay = scenario.conduct.replay
    if replay is None:
        return counts
    few = facts.get("replay_used", 0.0) < replay.min_events
    q, least = replay.capture_share, replay.min_events
    sides = {row[2]: row[4] for row in counts.rows if row[0] == "detected_share" and row[1] == "side"}
    uneven = q * min(sides.get("A", 0.0), sides.get("B", 0.0)) < least
    known = catalogue()
    rows = [(*row[:3], 0.0, 0.0) if _withheld(row, known[row[0]], few=few, uneven=uneven, least=least / q) else row
            for row in counts.rows]
    times = {name: values[:0] if few or q * len(values) < least else values for name, values in counts.times.items()}
    told = [(REPLAY, "events", name.removeprefix("replay_"), n, 1.0) for name, n in facts.items() if name.startswith("replay_")]
    return Counts(rows, times, [row for row in counts.extra if q * row[4] >= least and not few] + told)


def _withheld(row: tuple[Any, ...], entry: Any, *, few: bool, uneven: bool, least: float) -> bool:
    """Whether a row rests on too few real events, all of them or those of its own group."""
    if row[0] in _ALWAYS and row[1] == "all":
        return False
    if entry.unit in _EVENTS or row[0] in _STAGES or row[0] == "precision":
        return few or bool(row[4] < least)
    if row[0] == "violations_per_day":
        return bool(row[3] < least)
    if row[0] in ("parity_opportunity", "parity_error"):
        return few or uneven
    return few and bool(entry.unit in _OF_ALL or row[0].startswith("power"))


def reasons(catalogue: Mapping[str, Any], scenario: Scenario, outcomes: Iterable[Any]) -> Mapping[str, Any]:
    """The catalogue of measures, with the reason why a replay gives no number where it holds one back."""
    replay = scenario.conduct.replay
    if replay is None:
        return catalogue
    few = _events(outcomes).get("used", 0.0) < replay.min_events
    why = f"under {replay.min_events} recorded events (conduct.replay.min_events): no share of real events is shown"
    return {name: entry._replace(reason=why) if not entry.reason and (few or _of_events(name, entry)) else entry
            for name, entry in catalogue.items()}


def _of_events(name: str, entry: Any) -> bool:
    """Whether a measure rests on events one by one."""
    return bool(entry.unit in _EVENTS or name in _STAGES or name in ("precision", "parity_opportunity", "parity_error")
                or name == "violations_per_day" or entry.estimator in ("quantile", "worst"))


def _events(outcomes: Iterable[Any]) -> dict[str, float]:
    """How many real events were used, and why the others were not; the same in every replication."""
    return next(({row[2]: row[3] for row in one.rows if row[0] == REPLAY} for one in outcomes if one.rows), {})


def notes(scenario: Scenario, outcomes: Iterable[Any]) -> list[str]:
    """What a reader of a run must know about what was put in and what was held back; none for most runs."""
    found = []
    if chooses(scenario):
        found.append("Parties choose times and places here: tables give times in 6 h bins and places by sector, "
                     "and what was chosen is not kept.")
    replay = scenario.conduct.replay
    counts = _events(outcomes)
    if replay is not None and counts:
        from sim.scenario.events import REASONS

        out = ", ".join(f"{counts[name]:.0f} {text}" for name, text in REASONS.items())
        found.append(f"Replay of {replay.file}, {replay.from_} to {replay.to}: {counts['used']:.0f} events used; "
                     f"left out: {out}.")
        found.append(f"Assumed capture share q = {replay.capture_share:g}: true rate = recorded / q. Show the results over its "
                     f"range, {replay.capture_low_share:g} to {replay.capture_high_share:g}: ceasefire sweep, --vary "
                     f"conduct.replay.capture_share={replay.capture_low_share:g},{replay.capture_share:g},"
                     f"{replay.capture_high_share:g}.")
        found.append("Sides are called A and B by a key that is drawn in each replication and not kept. No table holds single "
                     f"events or verdicts, and no share rests on fewer than {replay.min_events} recorded events.")
    return found


def untraceable(scenario: Scenario) -> str:
    """Why no single act of a scenario may be traced; empty where all may."""
    if scenario.conduct.replay is not None:
        return "this run replays recorded events, and no single real event is judged: there is nothing to trace"
    if scenario.conduct.adaptation:
        return ("parties adapt in this run to what they expect to be seen; the life of a single act would tell when and where "
                "one goes unseen, so none is traced")
    return ""
