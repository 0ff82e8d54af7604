"""A replication answered anew: what the mission found, led once more through the ladder with some contributions away.

A mediator learns what a contribution to the answers is worth without running the whole history again, wherever no answer
changes what is found.
"""
from __future__ import annotations

from collections.abc import Collection
from copy import copy
from typing import Any, NamedTuple

import numpy as np

from sim.engine.chronicle import Chronicle, Links, _answer_times, _answers_asked, _orders, _responses, history_of, link
from sim.engine.columns import hours
from sim.engine.history import play
from sim.engine.mission import Mission, sector_of
from sim.engine.preparation import Prepared
from sim.foundation.clock import Clock, Rank
from sim.foundation.streams import I64
from sim.ledger import History
from sim.records import Response as Answer
from sim.response.force import Force
from sim.response.ladder import Ladder
from sim.scenario.agreement import GRADES
from sim.scenario.participation import as_contributed, without
from sim.scenario.scenario import Scenario


class Call(NamedTuple):
    """One moment at which the ladder was asked about a case: when, and all that it was told."""

    at_us: int
    told: dict[str, Any]


class Reports(NamedTuple):
    """Reports of acts in cases whose finding can be answered: act, case and when it was reported."""

    act: I64
    case: tuple[int, ...]
    reported_us: tuple[int, ...]


class Recorded(NamedTuple):
    """A replication with everything that its ladder was asked, ready to be answered anew."""

    chronicle: Chronicle
    history: History
    links: Links
    calls: tuple[Call, ...]
    reports: Reports
    rows: I64
    """Acts by row of the table of violations."""


def recorded(prepared: Prepared, *, seed: int, replication: int) -> Recorded:
    """Run one replication and keep what its ladder was asked."""
    calls: list[Call] = []
    chronicle = play(prepared, seed=seed, replication=replication, watched=lambda mission: _listen(mission, calls))
    acts = chronicle.opened.acts
    rows = np.flatnonzero(acts.happens & (acts.onset_us < prepared.horizon_us))
    return Recorded(chronicle, history_of(chronicle), link(chronicle), tuple(calls), _reports(chronicle), rows)


def _listen(mission: Mission, calls: list[Call]) -> None:
    """Keep every question to the ladder, then let it be answered as ever."""
    consider, clock = mission.ladder.consider, mission.clock

    def noted(**told: Any) -> None:
        calls.append(Call(clock.now, told))
        consider(**told)

    mission.ladder.consider = noted  # type: ignore[method-assign]


def _reports(chronicle: Chronicle) -> Reports:
    """Reports behind which an act stands, in cases with a finding of the grade that the act's kind asks for."""
    required = [GRADES.index(terms.grade) for terms in chronicle.prepared.scenario.agreement.kinds]
    enough = {one.case for one in chronicle.mission.findings if one.grade >= required[one.kind]}
    cause = chronicle.cause
    found = [(cause[seen.id], case.key, seen.reported_us) for case in chronicle.mission.book.cases.values()
             if case.key in enough for seen in case.reports if seen.id in cause]
    return Reports(np.array([one[0] for one in found], dtype=np.int64), tuple(one[1] for one in found),
                   tuple(one[2] for one in found))


def answered_anew(record: Recorded, absent: Collection[str]) -> History:
    """The history as it would have been had these contributions sent nobody, where no answer changes what is found.

    Parameters
    ----------
    absent : ids of contributions; sensors that they bring stay, since what was found is taken as it is
    """
    before = record.chronicle
    ladder = _answered(record, as_contributed(without(before.prepared.scenario, absent)))
    mission = copy(before.mission)
    mission.ladder, mission.force = ladder, ladder.force
    chronicle = before._replace(mission=mission)
    tables = dict(record.history.tables)
    tables["orders"], tables["responses"] = _orders(chronicle, record.links), _responses(chronicle, record.links)
    tables["violations"] = tables["violations"] | {"answered_h": hours(_answered_us(record, chronicle))}
    kept = {name: value for name, value in record.history.facts.items() if not name.startswith(("asked ", "last "))}
    return record.history._replace(tables=tables, facts=kept | {"lapsed": float(ladder.lapsed)} | _answers_asked(chronicle))


def _answered(record: Recorded, scenario: Scenario) -> Ladder:
    """Ask a ladder of other units what the first one was asked, at the same instants."""
    mission, clock = record.chronicle.mission, Clock()
    ladder = Ladder(clock, scenario.agreement, scenario.response, Force(scenario.response, scenario.area),
                    place_of=mission._place, on_arrival=_unheeded, sector_of=sector_of(record.chronicle.prepared),
                    midnight_us=mission.ladder.midnight_us, weekday=mission.ladder.weekday)
    for number, call in enumerate(record.calls):
        if _starts(ladder, call.told):
            clock.at(call.at_us, Rank.STAFF, number, _ask, ladder, call.told)
    clock.run(record.chronicle.prepared.horizon_us)
    return ladder


def _ask(ladder: Ladder, told: dict[str, Any]) -> None:
    ladder.consider(**told)


def _unheeded(answer: Answer) -> None:
    """An arrival after which nothing follows."""


def _starts(ladder: Ladder, told: dict[str, Any]) -> bool:
    """Whether a question can start anything: a case without a finding starts inspections only."""
    return told["finding"] is not None or any(
        told["grade"] >= least and rung.action == "inspection" for _, rung, least in ladder.rungs[told["kind"]])


def _answered_us(record: Recorded, chronicle: Chronicle) -> I64:
    """First answer to each act of the table of violations, −1 where there was none."""
    answers, never = _answer_times(chronicle), np.iinfo(np.int64).max
    first = np.full(len(chronicle.opened.acts.id), never)
    reports = record.reports
    times = [max(answers[case], told) if case in answers else never
             for case, told in zip(reports.case, reports.reported_us, strict=True)]
    np.minimum.at(first, reports.act, np.array(times, dtype=np.int64))
    return np.where(first == never, -1, first)[record.rows]


# ---- whether that may be done ------------------------------------------------------------------------------


def feedback(scenario: Scenario) -> str:
    """Why an answer changes what is found, in words; empty where none does."""
    response, verification = scenario.response, scenario.verification
    if response.answers_end_acts:
        return "answers end acts (response.answers_end_acts)"
    if verification.tasking.teams and any(unit.role == "team" for unit in response.units):
        return "teams that arrive look and report (verification.tasking.teams)"
    if response.feedback is not None:
        return "answers change conduct (response.feedback)"
    if scenario.conduct.adaptation:
        return "parties adapt to answers (conduct.adaptation)"
    return ""


def same_questions(a: Recorded, b: Recorded) -> bool:
    """Whether two replications asked their ladders the very same."""
    return a.calls == b.calls
