"""Answers, right and wrong: how many are in time by each clock, what makes them late, and who was waited for.

A mediator reads beside every share of answers in time how many answers had nothing behind them or were aimed at the wrong side.
"""
from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sim.ledger import Columns, History
from sim.measure.stages import STAGES, Joined, answered_cases, arrivals, spent_hours
from sim.scenario.response import Rung
from sim.scenario.scenario import Scenario

Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
CLOCKS = ("onset", "logged", "finding")
_BY = ("domain", "rung", "procedure")


class Count(NamedTuple):
    """Part and whole of a measure, for all or for one group."""

    measure: str
    by: str
    group: str
    part: float
    whole: float


def answer_counts(history: History, scenario: Scenario) -> Iterator[Count]:
    """All counts of this module."""
    tables, orders = history.tables, history.tables["orders"]
    yield from stage_counts(tables, history.joined)
    inside = (orders["triggered_h"] >= scenario.warm_up_h) & (orders["triggered_h"] < scenario.days * 24)
    yield from _right_and_wrong(tables, inside, scenario.days - scenario.warm_up_h / 24)
    yield from _in_time(history, inside, scenario)
    yield from _members(history.facts, scenario)
    yield from _effects(history.facts)


def stage_counts(tables: dict[str, Columns], joined: Joined = ()) -> Iterator[Count]:
    """Hours of each stage over answered true cases, by domain, rung and procedure of the answer, and in which share of them
    each stage took longest (the first of them where several did).
    """
    cases = answered_cases(tables, joined)
    hours, orders = spent_hours(cases.stamps), tables["orders"]
    if not len(hours):
        return
    for by in _BY:
        names = orders[by][cases.order]
        for name in np.unique(names).tolist():
            mine = hours[names == name]
            yield from (Count(f"{stage}_h", by, name, float(mine[:, row].sum()), float(len(mine)))
                        for row, stage in enumerate(STAGES))
    longest = np.bincount(np.argmax(hours, axis=1), minlength=len(STAGES))
    for stage, count in zip(STAGES, longest.tolist(), strict=True):
        yield Count("critical_stage_share", "stage", stage, float(count), float(len(hours)))


def _right_and_wrong(tables: dict[str, Columns], inside: Flags, days: float) -> Iterator[Count]:
    """Answers with an act behind them that name its side, name the other side, or have nothing behind them, in 30 days."""
    orders, acts = tables["orders"], tables["violations"]
    side_of = dict(zip(acts["violation"].tolist(), acts["side"].tolist(), strict=True))
    truth = np.array([side_of.get(act, "") for act in orders["violation"].tolist()], dtype="U1")
    true, named = orders["violation"] != "", orders["side"] != ""
    wrong = true & named & (orders["side"] != truth)
    kinds = {"true_answers_per_30d": true & ~wrong, "false_answers_per_30d": ~true, "wrong_side_answers_per_30d": wrong}
    yield Count("true_answers_per_30d", "all", "", 30 * float((kinds["true_answers_per_30d"] & inside).sum()), days)
    for by in _BY:
        for name in np.unique(orders[by][inside]).tolist():
            mine = inside & (orders[by] == name)
            yield from (Count(measure, by, name, 30 * float((mine & which).sum()), days) for measure, which in kinds.items())


def _in_time(history: History, inside: Flags, scenario: Scenario) -> Iterator[Count]:
    """Share of the answers asked for that were given by the deadline of their rung: by its own clock, and by each of the three.

    Those that lapsed, and those not decided or not there before the end of the run, are not in time.
    """
    rungs = {rung.id: rung for rung in scenario.response.ladder}
    known = np.isin(history.tables["orders"]["rung"], list(rungs))
    orders, inside = {name: values[known] for name, values in history.tables["orders"].items()}, inside[known]
    tables = history.tables | {"orders": orders}
    asked = {name: history.facts.get(f"asked {name}", 0.0) for name in rungs}
    given, due = given_h(tables, rungs), due_h(tables, rungs)
    met = {clock: inside & (given <= due[clock] + 1e-9) for clock in due}
    whole = sum(asked.values())
    yield Count("deadline_met_share", "all", "", float(met["own"].sum()), whole)
    yield from (Count("deadline_met_share", "clock", clock, float(met[clock].sum()), whole) for clock in CLOCKS)
    groups: dict[tuple[str, str], list[str]] = {}
    for name, rung in rungs.items():
        for by, group in zip(_BY, (rung.domain, name, rung.procedure), strict=True):
            groups.setdefault((by, group), []).append(name)
    for (by, group), names in groups.items():
        mine = np.isin(orders["rung"], names)
        yield Count("deadline_met_share", by, group, float((met["own"] & mine).sum()), sum(asked[name] for name in names))


def given_h(tables: dict[str, Columns], rungs: dict[str, Rung]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Hour at which each order was answered: a notice when it was decided, others when on station; inf where never."""
    orders, there = tables["orders"], arrivals(tables["responses"])
    given = [decided if rungs[name].action == "notice" else there.get(order, (np.nan, np.nan))[1]
             for order, name, decided in zip(orders["order"].tolist(), orders["rung"].tolist(), orders["decided_h"].tolist(),
                                             strict=True)]
    return np.nan_to_num(np.array(given, dtype=np.float64), nan=np.inf)


def due_h(tables: dict[str, Columns], rungs: dict[str, Rung]) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Hour at which each order is due by its own clock and by each of the three.

    The onset is the mission's estimate; where there is no finding, its clock starts with the order, and the onset of an
    order on another clock is taken for the first report.
    """
    orders, cases, findings = tables["orders"], tables["cases"], tables["findings"]
    limit = np.array([rungs[name].deadline_h for name in orders["rung"].tolist()], dtype=np.float64)
    own = np.array([rungs[name].clock for name in orders["rung"].tolist()], dtype="U7")
    of_case = orders["case"].tolist()
    logged = dict(zip(cases["case"].tolist(), cases["opened_h"].tolist(), strict=True))
    onset = dict(zip(findings["case"].tolist(), findings["onset_h"].tolist(), strict=True))
    found = dict(zip(findings["case"].tolist(), findings["found_h"].tolist(), strict=True))
    triggered = orders["triggered_h"].tolist()
    begin = {"onset": [onset.get(case, logged.get(case, at)) for case, at in zip(of_case, triggered, strict=True)],
             "logged": [logged.get(case, at) for case, at in zip(of_case, triggered, strict=True)],
             "finding": [min(found.get(case, at), at) for case, at in zip(of_case, triggered, strict=True)]}
    due = {clock: np.where(own == clock, orders["due_h"], np.array(hours, dtype=np.float64) + limit)
           for clock, hours in begin.items()}
    return due | {"own": orders["due_h"]}


def _members(facts: dict[str, float], scenario: Scenario) -> Iterator[Count]:
    """Share of the decisions of each procedure that waited for a member to the last.

    Members for whom none waited have their row too: a share over the replications in which one was waited for is too high.
    """
    last = {name.removeprefix("last "): count for name, count in facts.items() if name.startswith("last ")}
    totals: dict[str, float] = {}
    for name, count in last.items():
        procedure = name.split("/")[0]
        totals[procedure] = totals.get(procedure, 0.0) + count
    for body in scenario.response.procedures:
        ids = [f"member-{n + 1}" for n in range(body.members)]
        if body.rule == "opt-in":
            ids = [one.id for one in scenario.response.contributions]
        for name in (f"{body.id}/{one}" for one in ids if body.id in totals):
            yield Count("critical_member_share", "member", name, last.get(name, 0.0), totals[body.id])


def _effects(facts: dict[str, float]) -> Iterator[Count]:
    """What answers did to conduct: shares that ended acts, calmed a place or failed; acts that did not happen for it; and
    replies across the line that came due after the parties were in contact.
    """
    if "answers effective" not in facts:
        return
    whole = facts["answers effective"]
    yield from (Count("answer_effect_share", "effect", name, facts[f"answers {name}"], whole)
                for name in ("ended", "calmed", "failed"))
    yield Count("acts_spared_share", "all", "", facts["acts spared"], facts["acts due"])
    yield Count("contacted_before_reply_share", "all", "", facts["replies contacted"], facts["replies due"])
