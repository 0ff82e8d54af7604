"""The clock of a case: where the hours go between an act and its answer.

A mediator sees six stages that add up exactly: detection, verification, attribution, decision, notice and transit.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from sim.ledger import Columns

Stamps = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Joined = Sequence[tuple[str, str, float]]

STAGES = ("detection", "verification", "attribution", "decision", "notice", "transit")


def stage_hours(tables: dict[str, Columns], joined: Joined = ()) -> dict[str, tuple[float, float]]:
    """Sum of hours and number of answered true cases, by stage.

    Stamps of a case (onset, first report, confirmation, finding, decision, move, on station) are made non-decreasing and
    end with the answer, so that the stages of each case sum to the time from onset to answer. A notice is answered when it
    is decided; a team may arrive before the finding, which then took no time of the answer. A case that joins an answer under
    way waits for nothing that was done before it joined.
    """
    hours = spent_hours(answered_cases(tables, joined).stamps)
    return {stage: (float(hours[:, number].sum()), float(len(hours))) for number, stage in enumerate(STAGES)}


def spent_hours(stamps: Stamps) -> Stamps:
    """Hours of each stage of each case, shape (cases, 6); each row sums to the time from its first stamp to its last."""
    return np.diff(np.maximum.accumulate(np.minimum(stamps, stamps[:, -1:]), axis=1), axis=1)


class Answered(NamedTuple):
    """Seven stamps in hours of each answered counted act, shape (cases, 7), and the row of the order that answered it."""

    stamps: Stamps
    order: np.ndarray[tuple[int], np.dtype[np.int64]]


def case_stamps(tables: dict[str, Columns]) -> Stamps:
    """Seven stamps in hours for each answered counted act, shape (cases, 7)."""
    return answered_cases(tables).stamps


def answered_cases(tables: dict[str, Columns], joined: Joined = ()) -> Answered:
    """First answer to each counted act, with its stamps.

    Parameters
    ----------
    joined : sequence of (order, case, hours)
        Cases that joined an answer under way, and when.
    """
    acts, orders = tables["violations"], tables["orders"]
    number = {v: i for i, v in enumerate(acts["violation"].tolist()) if acts["counted"][i]}
    cases, findings = tables["cases"], tables["findings"]
    confirmed = dict(zip(cases["case"].tolist(), cases["confirmed_h"].tolist(), strict=True))
    found = dict(zip(findings["case"].tolist(), findings["found_h"].tolist(), strict=True))
    moved = arrivals(tables["responses"])
    decided = orders["decided_h"].tolist()
    best: dict[str, tuple[tuple[float, ...], int]] = {}
    for row, case, act, since in _served(orders, findings, joined):
        if act not in number or case not in found:
            continue
        mine, chosen = number[act], max(decided[row], since)
        move, there = moved.get(orders["order"][row], (chosen, chosen))
        stamps = (float(acts["onset_h"][mine]), float(acts["detected_h"][mine]), confirmed[case], found[case], chosen, move,
                  max(there, since))
        if not np.isnan(stamps).any() and (act not in best or stamps[-1] < best[act][0][-1]):
            best[act] = stamps, row
    return Answered(np.array([stamps for stamps, _ in best.values()], dtype=np.float64).reshape(len(best), 7),
                    np.array([row for _, row in best.values()], dtype=np.int64))


def _served(orders: Columns, findings: Columns, joined: Joined) -> Iterator[tuple[int, str, str, float]]:
    """Row of an order, case that it serves, act behind the case, and hour from which it serves it."""
    for row, (case, act) in enumerate(zip(orders["case"].tolist(), orders["violation"].tolist(), strict=True)):
        yield row, case, act, -np.inf
    if joined:
        row_of = {key: row for row, key in enumerate(orders["order"].tolist())}
        behind = dict(zip(findings["case"].tolist(), findings["violation"].tolist(), strict=True))
        for key, case, since in joined:
            if key in row_of and behind.get(case):
                yield row_of[key], case, behind[case], since


def arrivals(sent: Columns) -> dict[str, tuple[float, float]]:
    """Order → when the last of its units to arrive moved and was on station; NaN where none arrives."""
    last: dict[str, tuple[float, float]] = {}
    for order, move, there in zip(sent["order"].tolist(), sent["moved_h"].tolist(), sent["on_station_h"].tolist(), strict=True):
        known = last.get(order)
        if known is None or np.isnan(known[1]) or there > known[1]:
            last[order] = (move, there)
    return last
