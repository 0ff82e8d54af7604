"""The ledgers of a run side by side: true, detected, reported and agreed, by kind and side, and claimed.

A mediator reads as a funnel where violations are lost, each for one reason: at the sensors, the desk, the side or the commission.
"""
from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.ledger import Columns, History
from sim.measure.agreed import agreed_hours
from sim.scenario.scenario import Scenario

STEPS = ("true", "detected", "reported", "agreed")
_LOST = ("night", "cloud", "weather", "jammed", "consent", "diverted", "other")
NEVER, MISSED = "never in reach", "between looks or missed look"
LOSSES = {
    "detected": (NEVER, *_LOST, MISSED),
    "reported": ("merged", "queue", "not confirmed", "not attributed", "still open"),
    "agreed": ("contested", "waiting", "not on the agenda", "no commission"),
}
"""Reasons of the loss before each ledger, in the order in which they are asked."""


class Ledger(NamedTuple):
    """Counts of one kind and side: in each ledger, and lost before it by reason; claims are totals that verify nothing."""

    kind: str
    side: str
    counts: dict[str, int]
    lost: dict[str, dict[str, int]]
    claimed: int


def ledgers(history: History, scenario: Scenario) -> tuple[Ledger, ...]:
    """Five ledgers of the counted acts of one history, by kind and side; what is lost before a ledger sums to the difference.

    Detected: an observation caused by the act was reported. Reported: a finding of the required grade names its side. Agreed:
    the commission accepted such a finding. An act that was not detected is put down to the looks of its sector and days by
    means that can see its kind: none due, or none made and the reason that took most of them, or made in vain.
    """
    table = history.tables["violations"]
    acts = {name: values[table["counted"] == 1] for name, values in table.items()}
    agreed = agreed_hours(history, acts)
    last = np.where(np.isfinite(agreed), 3, np.where(acts["attributed"] == 1, 2, np.where(np.isnan(acts["detected_h"]), 0, 1)))
    why = np.full(len(last), "", dtype="U32")
    unseen, unreported, unagreed = (np.flatnonzero(last == step) for step in range(3))
    why[unseen] = _why_unseen(history, scenario, {name: values[unseen] for name, values in acts.items()})
    why[unreported] = _why_unreported(history, acts["violation"][unreported])
    why[unagreed] = _why_not_agreed(history, scenario, acts["violation"][unagreed], acts["side"][unagreed])
    claims = history.tables["claims"]
    groups = sorted(set(zip(acts["kind"].tolist(), acts["side"].tolist(), strict=True)))
    return tuple(_ledger(kind, side, last, why, (acts["kind"] == kind) & (acts["side"] == side), _claimed(claims, kind, side,
                                                                                                          scenario))
                 for kind, side in groups)


def _claimed(claims: Columns, kind: str, side: str, scenario: Scenario) -> int:
    """Acts of one kind of which a side is accused in claims about the counted days."""
    mine = (claims["kind"] == kind) & (claims["side"] == side)
    mine &= (claims["from_h"] >= scenario.warm_up_h) & (claims["from_h"] < scenario.days * 24)
    return int(claims["claimed"][mine].sum())


def _ledger(kind: str, side: str, last: NDArray[np.int64], why: NDArray[np.str_], mine: NDArray[np.bool_],
            claimed: int) -> Ledger:
    counts = {step: int((last[mine] >= number).sum()) for number, step in enumerate(STEPS)}
    lost = {}
    for number, step in enumerate(STEPS[1:]):
        told = Counter(why[mine & (last == number)].tolist())
        lost[step] = {reason: told[reason] for reason in LOSSES[step] if told[reason]}
    return Ledger(kind, side, counts, lost, claimed)


def _why_unseen(history: History, scenario: Scenario, acts: dict[str, NDArray[Any]]) -> list[str]:
    """Reason why each act was never seen, by the looks of its sector and of the days of its act and trace."""
    table, names = history.tables["coverage"], ("due", "made", *_LOST)
    able = {kind.id: {m.id for m in scenario.monitoring.means if m.pd.get(kind.id, 0) > 0 or m.trace_pd.get(kind.id, 0) > 0}
            for kind in scenario.agreement.kinds}
    sector, day = table["sector"].tolist(), (table["from_h"] // 24).astype(np.int64)
    days, sums = int(day.max(initial=0)) + 1, np.stack([table[name] for name in names], axis=1)
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(sector):
        rows.setdefault(name, []).append(row)
    totals: dict[tuple[str, str], NDArray[np.int64]] = {}
    for kind in dict.fromkeys(acts["kind"].tolist()):
        useful = np.isin(table["means"], sorted(able[kind])) if able[kind] else np.zeros(len(day), dtype=bool)
        for name, mine in rows.items():
            kept = np.array(mine)[useful[mine]]
            whole = np.zeros((days + 1, len(names)), dtype=np.int64)
            np.add.at(whole, day[kept] + 1, sums[kept])
            totals[name, kind] = whole.cumsum(axis=0)
    first = np.clip(acts["onset_h"] // 24, 0, days - 1).astype(np.int64).tolist()
    end = np.fmax(acts["end_h"], acts["trace_end_h"])
    until = np.clip(np.nan_to_num(end, nan=0.0) // 24 + 1, 0, days).astype(np.int64).tolist()
    nothing = np.zeros((days + 1, len(names)), dtype=np.int64)
    return [_reason(total[max(b, a + 1)] - total[a]) for total, a, b in
            ((totals.get(key, nothing), a, b) for key, a, b in
             zip(zip(acts["sector"].tolist(), acts["kind"].tolist(), strict=True), first, until, strict=True))]


def _reason(looks: NDArray[np.int64]) -> str:
    """One reason from looks due, made and lost by reason."""
    if looks[0] == 0:
        return NEVER
    return MISSED if looks[1] else _LOST[int(np.argmax(looks[2:]))]


def _why_unreported(history: History, acts: NDArray[np.str_]) -> list[str]:
    """Reason why each act that was seen is in no finding that names its side; of several cases, the one that came furthest."""
    cases, found, seen = (history.tables[name] for name in ("cases", "findings", "observations"))
    outcome = dict(zip(cases["case"].tolist(), cases["outcome"].tolist(), strict=True))
    behind = dict(zip(found["case"].tolist(), found["violation"].tolist(), strict=True))
    asked: dict[str, set[str]] = {act: set() for act in acts.tolist()}
    for act, case in zip(seen["violation"].tolist(), seen["case"].tolist(), strict=True):
        if act not in asked:
            continue
        if case in behind:
            asked[act].add("not attributed" if behind[case] == act else "merged")
        else:
            asked[act].add({"queue": "queue", "not confirmed": "not confirmed"}.get(outcome.get(case, ""), "still open"))
    order = ("not attributed", "merged", "still open", "not confirmed", "queue")
    return [next((reason for reason in order if reason in asked[act]), "queue") for act in acts.tolist()]


def _why_not_agreed(history: History, scenario: Scenario, acts: NDArray[np.str_], sides: NDArray[np.str_]) -> list[str]:
    """Reason why no finding that names the side of each act was agreed."""
    if scenario.verification.commission is None:
        return ["no commission"] * len(acts)
    found, seen = history.tables["findings"], history.tables["observations"]
    fate = {case: (side, what) for case, side, what in zip(found["case"].tolist(), found["side"].tolist(),
                                                           found["commission"].tolist(), strict=True)}
    side_of = dict(zip(acts.tolist(), sides.tolist(), strict=True))
    told: dict[str, set[str]] = {}
    for act, case in zip(seen["violation"].tolist(), seen["case"].tolist(), strict=True):
        if act in side_of and case in fate and fate[case][0] == side_of[act]:
            told.setdefault(act, set()).add(fate[case][1])
    return [next((what for what in ("contested", "waiting") if what in told.get(act, ())), "not on the agenda")
            for act in acts.tolist()]
