"""The clock of a case: where the hours go between an act and its answer.

A mediator sees six stages that add up exactly: detection, verification, attribution, decision, notice and transit.
"""
from __future__ import annotations

import numpy as np

from sim.ledger import Columns

STAGES = ("detection", "verification", "attribution", "decision", "notice", "transit")


def stage_hours(tables: dict[str, Columns]) -> dict[str, tuple[float, float]]:
    """Sum of hours and number of answered true cases, by stage.

    Stamps of a case (onset, first report, confirmation, finding, decision, move, on station) are made non-decreasing and
    end with the answer, so that the stages of each case sum to the time from onset to answer. A notice is answered when it
    is decided; a team may arrive before the finding, which then took no time of the answer.
    """
    stamps = case_stamps(tables)
    hours = np.diff(np.maximum.accumulate(np.minimum(stamps, stamps[:, -1:]), axis=1), axis=1)
    return {stage: (float(hours[:, number].sum()), float(len(hours))) for number, stage in enumerate(STAGES)}


def case_stamps(tables: dict[str, Columns]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Seven stamps in hours for each answered counted act, shape (cases, 7)."""
    acts, cases, orders, sent = (tables[name] for name in ("violations", "cases", "orders", "responses"))
    number = {v: i for i, v in enumerate(acts["violation"].tolist()) if acts["counted"][i]}
    confirmed = dict(zip(cases["case"].tolist(), cases["confirmed_h"].tolist(), strict=True))
    moved = {o: (m, s) for o, m, s in zip(sent["order"].tolist(), sent["moved_h"].tolist(), sent["on_station_h"].tolist(),
                                          strict=True)}
    found = dict(zip(tables["findings"]["case"].tolist(), tables["findings"]["found_h"].tolist(), strict=True))
    best: dict[str, tuple[float, ...]] = {}
    for order, case, decided, act in zip(orders["order"].tolist(), orders["case"].tolist(), orders["decided_h"].tolist(),
                                         orders["violation"].tolist(), strict=True):
        if act not in number or case not in found:
            continue
        row = number[act]
        move, there = moved.get(order, (decided, decided))
        stamps = (float(acts["onset_h"][row]), float(acts["detected_h"][row]), confirmed[case], found[case], decided, move, there)
        if not np.isnan(stamps).any() and (act not in best or there < best[act][-1]):
            best[act] = stamps
    return np.array(list(best.values()), dtype=np.float64).reshape(len(best), 7)
