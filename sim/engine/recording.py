"""A recording of one replication: who could have seen one act and when, why each look failed, and how each case grew.

A mediator reads from here the life of a single violation, or of a finding with nothing behind it; nothing is drawn anew.
"""
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.engine.chronicle import Chronicle
from sim.engine.columns import hex_keys
from sim.engine.history import play
from sim.engine.mission import Mission
from sim.engine.preparation import Prepared
from sim.foundation.scan import NEVER, contacts
from sim.foundation.streams import I64
from sim.monitoring.detection import TrueDoor
from sim.monitoring.looks import MADE, REASONS
from sim.monitoring.sightings import Seen
from sim.records import COMPLAINT, SIDES, Cue, Observation
from sim.scenario.agreement import GRADES
from sim.verification.cases import Case
from sim.verification.evidence import kinds_of_evidence

_HOUR_US = 3.6e9
BLIND, HIDDEN, FAR, MISSED, REPEAT, REPORTED = ("cannot sense it", "hidden", "out of reach", "missed", "repeat", "reported")
"""Why a look that was made told nothing, or that it did; other looks carry a reason of `looks.REASONS`."""


class Step(NamedTuple):
    """One report assessed at the desk, and what the case held then."""

    case: int
    report: int
    at_us: int
    waited_us: int
    grade: int
    kinds: int
    settled: bool


class Opportunity(NamedTuple):
    """One look at the place of an act while the act or its trace lasted; `seen_h` is None where nothing was noticed."""

    of: str
    means: str
    physics: str
    unit: str
    start_h: float
    end_h: float
    tasked: bool
    detectability: float
    outcome: str
    seen_h: float | None
    observation: str


class Recording(NamedTuple):
    """A chronicle, and the desk's steps in the order in which they were taken."""

    chronicle: Chronicle
    steps: list[Step]


def record(prepared: Prepared, *, seed: int, replication: int) -> Recording:
    """Run one replication with recording on; its tables are the same as without."""
    steps: list[Step] = []
    return Recording(play(prepared, seed=seed, replication=replication, watched=lambda mission: _listen(mission, steps)), steps)


def _listen(mission: Mission, steps: list[Step]) -> None:
    """Note every assessment at the desk once it is done."""
    book = mission.book
    assess = book._assess

    def noted(case: Case, seen: Observation, waited_us: int) -> None:
        assess(case, seen, waited_us)
        steps.append(Step(case.key, seen.id, book.clock.now, waited_us, case.grade, kinds_of_evidence(case.evidence),
                          case.settled))

    book._assess = noted  # type: ignore[method-assign]


def name_of(key: int) -> str:
    """Key as tables write it."""
    return str(hex_keys([key])[0])


def h(us: int) -> float | None:
    """Hours of an instant, None where it never came."""
    return None if us < 0 else round(us / _HOUR_US, 4)


# ---- looks at one act ------------------------------------------------------------------------------------


def opportunities(chronicle: Chronicle, act: int) -> list[Opportunity]:
    """Every look at the cell of an act while the act or its trace lasted, tasked ones included, in order of time.

    Parameters
    ----------
    act : row of `chronicle.opened.acts`
    """
    door = chronicle.door
    assert isinstance(door, TrueDoor)
    told = {seen.row: seen for seen in door.seen if seen.act == act and seen.row >= 0}
    found = [one for phase in (0, 1) for one in _untasked(chronicle, door, act, phase, told)]
    found += _tasked(chronicle, door, act)
    return sorted(found, key=lambda one: (one.start_h, one.end_h, one.unit, one.of))


def _untasked(chronicle: Chronicle, door: TrueDoor, act: int, phase: int, told: dict[int, Seen]) -> list[Opportunity]:
    """Looks that nobody had ordered at the act (phase 0) or its trace (phase 1)."""
    looks = door.tables.looks
    begin, end = _life(door, act, phase)
    rows = np.flatnonzero((looks.cell == int(door.acts.cell[act])) & (looks.start_us < end) & (looks.end_us >= begin))
    times = _contact_times(door, act, phase, rows)
    made = []
    for row, time in zip(rows.tolist(), times.tolist(), strict=True):
        seen = told.get(row)
        mine = seen is not None and begin <= _seen_us(chronicle, seen) < end
        sensor, outcome = int(looks.sensor[row]), REASONS[int(looks.lost[row])]
        if mine:
            outcome = REPORTED
        elif looks.lost[row] == MADE or _blind(door, act, phase, sensor):
            outcome = _why(door, act, phase, sensor, noticed=time < NEVER)
        made.append(_opportunity(chronicle, door, act, phase, sensor, (int(looks.start_us[row]), int(looks.end_us[row])), outcome,
                                 tasked=False, condition=float(looks.condition[row]),
                                 seen=seen if mine else None, noticed_us=int(time)))
    return made


def _contact_times(door: TrueDoor, act: int, phase: int, rows: I64) -> I64:
    """When each look would notice the act or trace, NEVER where it would not."""
    times = np.full(len(rows), NEVER)
    target = door.sights.targets(np.array([act]), phase, 0)
    for number, mine in enumerate(door.tables.rows):
        at = np.flatnonzero(np.isin(rows, mine))
        if len(at):
            local = np.searchsorted(mine, rows[at])
            only = np.zeros(len(at), dtype=np.int64)
            times[at] = contacts(door.tables.tables[number], door.sights.sensors, target, only, local)
    return times


def _life(door: TrueDoor, act: int, phase: int) -> tuple[int, int]:
    """From when to when the act, or its trace, lasted."""
    end, trace = (int(one) for one in door.until_us[:, act])
    return (end, trace) if phase else (int(door.acts.onset_us[act]), end)


def _why(door: TrueDoor, act: int, phase: int, sensor: int, *, noticed: bool) -> str:
    """Why a look that was made told nothing new."""
    if noticed:
        return REPEAT
    if _blind(door, act, phase, sensor):
        return BLIND
    depth = float((door.acts.trace_depth_km if phase else door.acts.depth_km)[act])
    if abs(depth - float(door.sensing.offset_km[sensor])) > float(door.sensing.reach_km[sensor]):
        return FAR
    return MISSED if _theta(door, act, phase, int(door.sensing.means[sensor])) > 0 else HIDDEN


def _blind(door: TrueDoor, act: int, phase: int, sensor: int) -> bool:
    """Whether a means cannot sense acts, or traces, of this kind at all."""
    pd = door.library.trace_pd if phase else door.library.pd
    return bool(pd[int(door.sensing.means[sensor]), int(door.acts.kind[act])] <= 0)


def _theta(door: TrueDoor, act: int, phase: int, means: int) -> float:
    return float(door.sights.sensors.theta[means, act + phase * len(door.acts.id)])


def _tasked(chronicle: Chronicle, door: TrueDoor, act: int) -> list[Opportunity]:
    """Looks that a case had ordered at the cell of the act."""
    cell, told = int(door.acts.cell[act]), [seen for seen in door.seen if seen.act == act and seen.tasked]
    found, matched = [], set()
    for cue, fate in chronicle.mission.looked:
        if cue.cell != cell:
            continue
        mine = [seen for seen in told if (seen.sensor, seen.start_us) == (cue.sensor, cue.start_us)]
        matched |= {seen.observation for seen in mine}
        phase = next((p for p in (0, 1) if _overlaps(_life(door, act, p), cue)), None)
        if phase is None:
            continue
        outcome = REASONS[fate] if fate != MADE else REPORTED if mine else _why(door, act, phase, cue.sensor, noticed=False)
        found.append(_opportunity(chronicle, door, act, phase, cue.sensor, (cue.start_us, cue.end_us), outcome, tasked=True,
                                  condition=1.0, seen=mine[0] if mine else None))
    for seen in told:  # a team let in on one side only looks with another sensor than was sent
        if seen.observation not in matched:
            phase = int(_seen_us(chronicle, seen) >= int(door.until_us[0, act]))
            found.append(_opportunity(chronicle, door, act, phase, seen.sensor, (seen.start_us, seen.end_us), REPORTED,
                                      tasked=True, condition=1.0, seen=seen))
    return found


def _overlaps(life: tuple[int, int], cue: Cue) -> bool:
    return cue.start_us < life[1] and cue.end_us >= life[0]


def _seen_us(chronicle: Chronicle, seen: Seen) -> int:
    """Instant of a sight; that of the begin of its look where the report came after the end of the run."""
    case = chronicle.mission.book.case_of.get(seen.observation)
    reports = () if case is None else chronicle.mission.book.cases[case].reports
    return next((one.seen_us for one in reports if one.id == seen.observation), max(seen.start_us, 0))


def _opportunity(chronicle: Chronicle, door: TrueDoor, act: int, phase: int, sensor: int, when: tuple[int, int], outcome: str, *,
                 tasked: bool, condition: float, seen: Seen | None, noticed_us: int = int(NEVER)) -> Opportunity:
    means = int(door.sensing.means[sensor])
    named = chronicle.prepared.scenario.monitoring.means[means]
    at = _seen_us(chronicle, seen) if seen is not None else noticed_us if outcome == REPEAT else -1
    return Opportunity("trace" if phase else "act", named.id, named.physics, door.sensing.units[sensor], when[0] / _HOUR_US,
                       when[1] / _HOUR_US, tasked, round(_theta(door, act, phase, means) * condition, 4), outcome, h(at),
                       name_of(seen.observation) if seen else "")


# ---- one case --------------------------------------------------------------------------------------------


def causes(chronicle: Chronicle) -> dict[int, int]:
    """Row of `door_acts` behind each observation and each complaint that has something behind it."""
    behind: dict[int, int] = dict(getattr(chronicle.door, "cause", {}))
    if chronicle.opened.veil is not None:
        filed = chronicle.opened.veil.filed
        behind |= {key: act for key, act in zip(filed.id.tolist(), filed.act.tolist(), strict=True) if act >= 0}
    return behind


def cause_named(chronicle: Chronicle, seen: Observation, behind: dict[int, int]) -> tuple[str, str]:
    """What was behind a report, and its id: a violation, a staged act, something that merely resembles one, or nothing."""
    act, violations = behind.get(seen.id, -1), len(chronicle.opened.acts.id)
    if act < 0:
        return ("untrue complaint" if seen.physics == COMPLAINT else "false alarm"), ""
    key = name_of(int(chronicle.door_acts.id[act]))
    if act < violations:
        return "violation", key
    veil = chronicle.opened.veil
    staged = veil is not None and act >= len(chronicle.door_acts.id) - len(veil.staged.id)
    return ("staged" if staged else "confuser"), key


def case_record(recording: Recording, case: Case, behind: dict[int, int]) -> dict[str, Any]:
    """One case: its reports with what was behind each, the desk's steps, the looks that it ordered, and its end."""
    chronicle, book = recording.chronicle, recording.chronicle.mission.book
    kinds = chronicle.prepared.scenario.agreement.kinds
    sensing = chronicle.prepared.layout.sensing
    steps = {step.report: step for step in recording.steps if step.case == case.key}
    return {
        "case": name_of(case.key), "kind": kinds[case.kind].id, "required": kinds[case.kind].grade,
        "opened_h": h(case.opened_us), "confirmed_h": h(case.confirmed_us), "closed_h": h(case.closed_us),
        "outcome": case.outcome, "contact_h": h(chronicle.mission.contacts.get(case.key, -1)),
        "reports": [_report(chronicle, seen, steps.get(seen.id), book.lost.get(seen.id), behind) for seen in case.reports],
        "ordered": [{"unit": sensing.units[cue.sensor], "start_h": h(cue.start_us), "end_h": h(cue.end_us),
                     "fate": REASONS[fate]} for cue, fate in chronicle.mission.looked if cue.case == case.key],
    }


def _report(chronicle: Chronicle, seen: Observation, step: Step | None, lost: tuple[str, int] | None,
            behind: dict[int, int]) -> dict[str, Any]:
    """One report and what the desk made of it."""
    scenario = chronicle.prepared.scenario
    what, key = cause_named(chronicle, seen, behind)
    desk: dict[str, Any] = {"state": "waiting at the end of the run"}
    if step is not None:
        desk = {"state": "assessed", "at_h": h(step.at_us), "waited_h": h(step.waited_us), "kinds_of_evidence": step.kinds,
                "grade": GRADES[step.grade] if step.grade >= 0 else "none", "standard_met": step.settled}
    elif lost is not None:
        desk = {"state": lost[0], "at_h": h(lost[1])}
    means = "complaint" if seen.physics == COMPLAINT else scenario.monitoring.means[seen.means].id
    return {"observation": name_of(seen.id), "means": means, "seen_h": h(seen.seen_us), "reported_h": h(seen.reported_us),
            "kind": scenario.agreement.kinds[seen.kind].id, "side": SIDES[seen.side], "km": round(seen.km, 1),
            "behind": what, "violation": key if what == "violation" else "", "desk": desk}
