"""The ledgers of a run side by side: true, detected, reported and agreed, by kind and side, and claimed.

A mediator reads as a funnel where violations are lost, each for one reason: at the sensors, the desk, the side or the commission.
"""
from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.ledger import UNSEEN, Columns, History, Losses
from sim.measure.agreed import agreed_hours
from sim.scenario.scenario import Scenario

STEPS = ("true", "detected", "reported", "agreed")
NEVER, MISSED = "never in any look", "looked and missed"
UNKNOWN = "reason not kept"
NO_SIDE = "none"
"""Side of findings that name neither."""
OUTSIDE = ("allowed", "exempt", "notified", "undeclared")
"""Why the terms do not forbid an act: it is in no ledger."""
LOSSES = {
    "detected": (*UNSEEN[1:], UNKNOWN),
    "reported": ("merged", "queue", "not releasable", "not confirmed", "not attributed", "still open"),
    "agreed": ("contested", "boycotted", "no quorum", "waiting", "not on the agenda", "no commission"),
}
"""Reasons of the loss before each ledger."""
_REASONS = ("", *(reason for step in STEPS[1:] for reason in LOSSES[step]))
_CODE = {(step, reason): 1 + sum(len(LOSSES[earlier]) for earlier in STEPS[1:number]) + row
         for number, step in enumerate(STEPS) if number for row, reason in enumerate(LOSSES[step])}


_FURTHEST = {why: rank for rank, why in enumerate(("not attributed", "merged", "still open", "not releasable", "not confirmed",
                                                   "queue"))}
_RANKED = [_CODE["reported", why] for why in _FURTHEST]
"""Reasons of acts that were seen but are in no finding, from the case that came furthest to the one that came least far."""


class Ledger(NamedTuple):
    """Counts of one kind and side: in each ledger, and lost before it by reason; claims are totals that verify nothing."""

    kind: str
    side: str
    counts: dict[str, int]
    lost: dict[str, dict[str, int]]
    claimed: int
    outside: dict[str, int]
    """Acts in the counted days that the terms do not forbid, by what the terms say of them."""
    findings: int
    """Findings of this kind that name this side and carry points, with onset in the counted days; true and false ones."""
    false: int
    """Those of them with no act behind."""


def ledgers(history: History, scenario: Scenario) -> tuple[Ledger, ...]:
    """Five ledgers of the counted acts of one history, by kind and side; what is lost before a ledger sums to the difference.

    Detected: an observation caused by the act was reported. Reported: a finding of the required grade names its side. Agreed:
    the commission accepted such a finding. Why an act was not detected is told by the engine (`History.losses`), act by act.
    """
    table = history.tables["violations"]
    inside = (table["onset_h"] >= scenario.warm_up_h) & (table["onset_h"] < scenario.days * 24)
    mine = table["counted"] == 1
    acts = {name: values[mine] for name, values in table.items()}
    losses = Losses() if history.losses is None else history.losses()
    last = _last(acts, agreed_hours(history, acts))
    why = np.zeros(len(last), dtype=np.int64)
    unseen, unreported, unagreed = (np.flatnonzero(last == step) for step in range(3))
    why[unseen] = _why_unseen(losses, mine, unseen)
    why[unreported] = _why_unreported(history, losses, acts["violation"][unreported])
    why[unagreed] = _why_not_agreed(history, losses, scenario, acts["violation"][unagreed], acts["side"][unagreed])
    names, whole = _by_group(acts, last, why)
    aside = _beside(history, scenario, table, inside & ~mine)
    return tuple(_ledger(kind, side, whole[names.index((kind, side))] if (kind, side) in names else None, aside)
                 for kind, side in sorted({*names, *(key[1:] for key in aside)}))


def _last(acts: dict[str, NDArray[Any]], agreed: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number of the last ledger that each act is in."""
    return np.where(np.isfinite(agreed), 3, np.where(acts["attributed"] == 1, 2, np.where(np.isnan(acts["detected_h"]), 0, 1)))


def _by_group(acts: dict[str, NDArray[Any]], last: NDArray[np.int64],
              why: NDArray[np.int64]) -> tuple[list[tuple[str, str]], NDArray[np.int64]]:
    """Kinds and sides that occur, and their acts by last ledger and reason; shape (groups, ledgers, reasons)."""
    kinds, kind = np.unique(acts["kind"], return_inverse=True)
    sides, side = np.unique(acts["side"], return_inverse=True)
    shape = (len(kinds) * len(sides), len(STEPS), len(_REASONS))
    place = ((kind * len(sides) + side) * shape[1] + last) * shape[2] + why
    whole = np.bincount(place, minlength=int(np.prod(shape))).reshape(shape)
    return [(k, s) for k in kinds.tolist() for s in sides.tolist()], whole


def _beside(history: History, scenario: Scenario, table: Columns, free: NDArray[np.bool_]) -> Counter[tuple[str, str, str]]:
    """What stands beside the ledgers, by name, kind and side: claims, findings, false findings, acts outside the rules."""
    found: Counter[tuple[str, str, str]] = Counter()
    claims, findings = history.tables["claims"], history.tables["findings"]
    counted = (claims["from_h"] >= scenario.warm_up_h) & (claims["from_h"] < scenario.days * 24)
    for kind, side, n in zip(*(claims[name][counted].tolist() for name in ("kind", "side", "claimed")), strict=True):
        found["claimed", kind, side] += n
    mine = (findings["points"] > 0) & (findings["onset_h"] >= scenario.warm_up_h) & (findings["onset_h"] < scenario.days * 24)
    for kind, side, act in zip(*(findings[name][mine].tolist() for name in ("kind", "side", "violation")), strict=True):
        found["findings", kind, side or NO_SIDE] += 1
        found["false", kind, side or NO_SIDE] += not act
    if free.any():
        for kind, side, terms in zip(*(table[name][free].tolist() for name in ("kind", "side", "terms")), strict=True):
            found[terms, kind, side] += 1
    return +found


def _ledger(kind: str, side: str, whole: NDArray[np.int64] | None, beside: Counter[tuple[str, str, str]]) -> Ledger:
    whole = np.zeros((len(STEPS), len(_REASONS)), dtype=np.int64) if whole is None else whole
    reached = whole.sum(axis=1)[::-1].cumsum()[::-1].tolist()
    lost = {step: {reason: n for reason in LOSSES[step] if (n := int(whole[number, _CODE[step, reason]]))}
            for number, step in enumerate(STEPS[1:])}
    outside = {terms: n for terms in OUTSIDE if (n := beside[terms, kind, side])}
    claimed, findings, false = (beside[name, kind, side] for name in ("claimed", "findings", "false"))
    return Ledger(kind, side, dict(zip(STEPS, reached, strict=True)), lost, claimed, outside, findings, false)


# ---- one reason for each loss ------------------------------------------------------------------------------


def _why_unseen(losses: Losses, counted: NDArray[np.bool_], acts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Reason why the mission was never told of each act, as the engine has it."""
    unknown = _CODE["detected", UNKNOWN]
    if losses.unseen is None:
        return np.full(len(acts), unknown)
    codes = losses.unseen[counted][acts].astype(np.int64)
    return np.where(codes > 0, codes + _CODE["detected", UNSEEN[1]] - 1, unknown)


def _why_unreported(history: History, losses: Losses, acts: NDArray[np.str_]) -> list[int]:
    """Reason why each act that was seen is in no finding that names its side; of several cases, the one that came furthest."""
    cases, found, seen = (history.tables[name] for name in ("cases", "findings", "observations"))
    sought, unshown = set(acts.tolist()), losses.unshown
    of_case = {case: {"queue": "queue", "not confirmed": "not confirmed"}.get(what, "still open")
               for case, what in zip(cases["case"].tolist(), cases["outcome"].tolist(), strict=True)}
    of_case.update(dict.fromkeys(unshown & of_case.keys(), "not releasable"))
    rank = {case: _FURTHEST[what] for case, what in of_case.items()}
    behind = dict(zip(found["case"].tolist(), found["violation"].tolist(), strict=True))
    best: dict[str, int] = {}
    for act, case in zip(seen["violation"].tolist(), seen["case"].tolist(), strict=True):
        if act in sought:
            one = rank[case] if case not in behind else _FURTHEST["not attributed" if behind[case] == act else "merged"]
            best[act] = min(one, best.get(act, one))
    last = len(_FURTHEST) - 1
    return [_RANKED[best.get(act, last)] for act in acts.tolist()]


def _why_not_agreed(history: History, losses: Losses, scenario: Scenario, acts: NDArray[np.str_],
                    sides: NDArray[np.str_]) -> list[int]:
    """Reason why no finding that names the side of each act was agreed."""
    if scenario.verification.commission is None:
        return [_CODE["agreed", "no commission"]] * len(acts)
    found, seen = history.tables["findings"], history.tables["observations"]
    fate = {case: (side, what, when) for case, side, what, when in zip(
        *(found[name].tolist() for name in ("case", "side", "commission", "found_h")), strict=True)}
    side_of = dict(zip(acts.tolist(), sides.tolist(), strict=True))
    told: dict[str, set[str]] = {}
    for act, case in zip(seen["violation"].tolist(), seen["case"].tolist(), strict=True):
        if act in side_of and case in fate and fate[case][0] == side_of[act]:
            _, what, when = fate[case]
            told.setdefault(act, set()).add(_waiting(losses, when) if what == "waiting" else what)
    order = ("contested", "boycotted", "no quorum", "waiting")
    return [_CODE["agreed", next((what for what in order if what in told.get(act, ())), "not on the agenda")]
            for act in acts.tolist()]


def _waiting(losses: Losses, found_h: float) -> str:
    """Why a finding still waits at the end: a sitting after it failed for want of a party or of a quorum, or time was short."""
    failed = {why for when_h, why in losses.failed_sittings if when_h >= found_h}
    return "boycotted" if "boycott" in failed else "no quorum" if failed else "waiting"
