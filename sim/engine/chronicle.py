"""The chronicle of one replication: what happened beside what was known, written into the columns of the ledger.

A mediator's tables come from here; this is the only place where the truth and the mission's files lie side by side.
"""
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.area.terms import FORBIDDEN, STANDINGS, deeds, judged, lawful_notice
from sim.engine.columns import hex_keys as _hex
from sim.engine.columns import hours as _hours
from sim.engine.columns import names_of as _names
from sim.engine.margins import claims_table, confusers_table, decoy_names, obstruction_table, posteriors_table
from sim.engine.mission import Mission
from sim.engine.preparation import Opened, Prepared, bin_us
from sim.engine.published import public_acts_us, public_findings_h
from sim.engine.spent import spent
from sim.engine.unseen import losses_of
from sim.engine.veil import obstruction_in_force
from sim.foundation.streams import F64, I64, words
from sim.ledger import COLUMNS, Columns, History
from sim.monitoring.coverage import Coverage, coverage_of
from sim.monitoring.design import scenes_planned
from sim.monitoring.detection import Door
from sim.monitoring.drones import daily_watch_h
from sim.monitoring.looks import MADE, REASONS
from sim.monitoring.satellites import withdrawn_us
from sim.monitoring.startup import available_us
from sim.records import SIDES, Acts
from sim.scenario.agreement import GRADES
from sim.scenario.monitoring import Drones
from sim.truth.particulars import harmed, weapons
from sim.truth.replay import Recorded
from sim.verification.cases import Case
from sim.verification.commission import fates
from sim.verification.publication import published_us
from sim.verification.verdicts import CALLED, found_points

_HOUR_US = 3.6e9
_DAY_US = 86_400_000_000


class Chronicle(NamedTuple):
    """Everything that one replication left behind."""

    prepared: Prepared
    opened: Opened
    door: Door
    mission: Mission
    power: F64
    points: F64
    verdict: I64
    replication: int
    events: int
    capped: str
    owed: NDArray[np.bool_] | None = None
    """Kinds that can be violations, by party, sector and period; None where all can, everywhere and always."""

    @property
    def door_acts(self) -> Acts:
        """Acts as the door has them: those that happen, then decoys."""
        acts: Acts = getattr(self.door, "acts", self.opened.acts)
        return acts

    @property
    def cause(self) -> dict[int, int]:
        """Act behind each observation, where a violation is behind it."""
        cause: dict[int, int] = getattr(self.door, "cause", {})
        if self.opened.veil is None:
            return cause
        violations = len(self.opened.acts.id)
        return {seen: act for seen, act in cause.items() if act < violations}


class Links(NamedTuple):
    """How acts, observations, cases and answers hang together; times in µs, −1 = never."""

    detected: I64
    verified: I64
    attributed_at: I64
    attributed: I64
    """1 where the right side was named, 0 where the wrong one or none."""
    answered: I64
    grade: I64
    cause_of_case: dict[int, int]
    mixed: set[int]
    case_of: dict[int, int]


def history_of(chronicle: Chronicle) -> History:
    """Write the columns of all tables."""
    links = link(chronicle)
    coverage = coverage_of(chronicle.opened.watch.looks, chronicle.prepared.cells,
                           days=int(np.ceil(chronicle.prepared.scenario.days)),
                           means=len(chronicle.prepared.library.physics), bin_us=bin_us(chronicle.prepared.scenario))
    tables = {"violations": _violations(chronicle, links), "observations": _observations(chronicle, links),
              "looks": _looks(chronicle), "cases": _cases(chronicle, links), "findings": _findings(chronicle, links),
              "verdicts": _verdicts(chronicle), "orders": _orders(chronicle, links),
              "responses": _responses(chronicle, links), "assets": _assets(chronicle),
              "coverage": _coverage(chronicle, coverage)}
    tables |= {"obstruction": obstruction_table(chronicle), "claims": claims_table(chronicle),
               "confusers": confusers_table(chronicle), "posteriors": posteriors_table(chronicle, links.cause_of_case)}
    ordered = {name: {column: tables[name][column] for column in COLUMNS[name]} for name in COLUMNS}
    return History(chronicle.replication, ordered, _facts(chronicle, coverage), chronicle.events, chronicle.capped,
                   _published_h(chronicle, links), public_findings_h(chronicle), _joined(chronicle),
                   lambda: losses_of(chronicle, links.detected), _regimes(chronicle))


def _joined(chronicle: Chronicle) -> tuple[tuple[str, str, float], ...]:
    """Cases that joined an answer under way, beside the one that it was ordered for."""
    ladder = chronicle.mission.ladder
    rows = [(order.id, case, when) for order in ladder.orders for case, when in ladder.joined.get(order.id, ())
            if case != order.case]
    orders, cases = (_hex([row[column] for row in rows]).tolist() for column in (0, 1))
    return tuple(zip(orders, cases, (when / _HOUR_US for _, _, when in rows), strict=True))


def _regimes(chronicle: Chronicle) -> tuple[str, ...]:
    """Regime in force for most of each reporting period; of two for as long, the earlier."""
    scenario, spells = chronicle.prepared.scenario, chronicle.opened.spells
    names = [regime.id for regime in scenario.conduct.regimes]
    edges = np.arange(chronicle.points.shape[-1] + 1) * round(scenario.agreement.period_h * _HOUR_US)
    begin = np.maximum(spells.from_us, 0)
    end = np.append(begin[1:], edges[-1])
    held = np.minimum(end, edges[1:, None]) - np.maximum(begin, edges[:-1, None])
    return tuple(names[row] for row in spells.regime[np.maximum(held, 0).argmax(axis=1)].tolist())


def _published_h(chronicle: Chronicle, links: Links) -> F64 | None:
    """Hours from onset to the daily report, for counted acts of which the mission was told in time."""
    prepared, law = chronicle.prepared, chronicle.prepared.scenario.verification.publication
    if law is None:
        return None
    acts, scenario = chronicle.opened.acts, prepared.scenario
    counted = acts.happens & (acts.onset_us >= scenario.warm_up_h * _HOUR_US) & (acts.onset_us < scenario.days * _DAY_US)
    known = public_acts_us(chronicle, links.detected)
    mine = np.flatnonzero(counted & (known >= 0))
    key = words(chronicle.opened.streams.key("publication"))
    told = published_us(known[mine], law, key, start_hour=prepared.start_hour)
    return np.asarray((told - acts.onset_us[mine]) / _HOUR_US, dtype=np.float64)


def link(chronicle: Chronicle) -> Links:
    """Follow every act to its observations, cases, findings and answers."""
    book, sides = chronicle.mission.book, chronicle.opened.acts.side.tolist()
    # Lists of plain numbers: one value at a time costs a tenth of what it costs in an array.
    detected, verified, named_at, answered, grade = ([-1] * len(sides) for _ in range(5))
    attributed = [0] * len(sides)
    required = [GRADES.index(terms.grade) for terms in chronicle.prepared.scenario.agreement.kinds]
    cause, behind = chronicle.cause, getattr(chronicle.door, "cause", {})
    found = {finding.case: finding for finding in chronicle.mission.findings}
    answers = _answer_times(chronicle)
    cause_of_case: dict[int, int] = {}
    case_of: dict[int, int] = {}
    mixed: set[int] = set()
    for case in book.cases.values():
        acts_behind = [behind[seen.id] for seen in case.reports if seen.id in behind]
        case_of.update((seen.id, case.key) for seen in case.reports)
        several = set(acts_behind)
        if len(several) > 1:
            mixed.add(case.key)
            cause_of_case[case.key] = max(several, key=lambda a: (acts_behind.count(a), -a))
        else:
            cause_of_case[case.key] = acts_behind[0] if acts_behind else -1
        if cause_of_case[case.key] >= len(sides):
            cause_of_case[case.key] = -1  # most of its reports are of something that is no violation
        finding = found.get(case.key)
        for seen in case.reports:
            act = cause.get(seen.id, -1)
            if act < 0:
                continue
            detected[act] = _earlier(detected[act], seen.reported_us)
            # Confirmed counts from its own instant, also where the finding comes later or not before the end.
            if case.confirmed_us >= 0:
                verified[act] = _earlier(verified[act], max(case.confirmed_us, seen.reported_us))
                grade[act] = max(grade[act], case.grade)
            if finding is not None and finding.grade >= required[finding.kind]:
                if finding.side == sides[act]:
                    attributed[act] = 1
                    named_at[act] = _earlier(named_at[act], max(finding.found_us, seen.reported_us))
                if case.key in answers:
                    answered[act] = _earlier(answered[act], max(answers[case.key], seen.reported_us))
    columns = [np.array(times, dtype=np.int64) for times in (detected, verified, named_at, attributed, answered, grade)]
    return Links._make((*columns, cause_of_case, mixed, case_of))


def _earlier(old: int, new: int) -> int:
    """Earlier of two instants, where −1 means never."""
    return new if old < 0 or new < old else old


def _answer_times(chronicle: Chronicle) -> dict[int, int]:
    """First answer above liaison to each case: a notice when decided, a team or unit when on station."""
    ladder = chronicle.mission.ladder
    arrived = ladder.reached
    times: dict[int, int] = {}
    for order in ladder.orders:
        notice = chronicle.prepared.scenario.response.ladder[order.rung].action == "notice"
        when = order.decided_us if notice else arrived.get(order.id)
        if when is None or when > chronicle.prepared.horizon_us:
            continue
        for case, joined in ladder.joined.get(order.id, ()):
            times[case] = _earlier(times.get(case, -1), max(when, joined))
    return times


def _kinds(chronicle: Chronicle) -> tuple[str, ...]:
    return tuple(kind.id for kind in chronicle.prepared.scenario.agreement.kinds)


def _sectors(chronicle: Chronicle, cells: Any) -> np.ndarray[Any, Any]:
    """Names of the sectors of cells."""
    known = chronicle.prepared.cells
    return _names(known.sector[np.asarray(cells, dtype=np.int64)], known.sectors)


def _keys_of_acts(chronicle: Chronicle, acts: Any) -> np.ndarray[Any, Any]:
    """Ids of acts by number, empty for −1."""
    rows = np.asarray(acts, dtype=np.int64)
    names = np.zeros(len(rows), dtype="U16")
    names[rows >= 0] = _hex(chronicle.opened.acts.id[rows[rows >= 0]])
    return names


def _violations(chronicle: Chronicle, links: Links) -> Columns:
    """Acts that happened, with what became known of each."""
    acts, scenario = chronicle.opened.acts, chronicle.prepared.scenario
    done = np.flatnonzero(acts.happens & (acts.onset_us < chronicle.prepared.horizon_us))
    until = getattr(chronicle.door, "until_us", np.stack([acts.end_us, acts.trace_us]))
    from sim.area.light import lit

    light = lit(chronicle.prepared.light, chronicle.prepared.cells.sector[acts.cell[done]], acts.onset_us[done])
    counted = (acts.onset_us[done] >= scenario.warm_up_h * _HOUR_US) & (acts.onset_us[done] < scenario.days * _DAY_US)
    standing = judged_acts(chronicle)[0][done]
    harm = harmed(scenario.conduct, scenario.agreement, scenario.area.ground, chronicle.prepared.cells, acts)[done]
    return {"violation": _hex(acts.id[done]), "kind": _names(acts.kind[done], _kinds(chronicle)),
            "side": _names(acts.side[done], SIDES), "sector": _sectors(chronicle, acts.cell[done]),
            "onset_h": _hours(acts.onset_us[done]), "end_h": _hours(until[0, done]), "trace_end_h": _hours(until[1, done]),
            "detected_h": _hours(links.detected[done]), "verified_h": _hours(links.verified[done]),
            "attributed_h": _hours(links.attributed_at[done]), "answered_h": _hours(links.answered[done]),
            "km": np.round(acts.km[done], 3), "depth_km": np.round(acts.depth_km[done], 3), "counts": acts.counts[done],
            "light": np.where(light, "day", "night"), "counted": (counted & (standing == FORBIDDEN)).astype(np.int64),
            "attributed": links.attributed[done], "grade": _names(links.grade[done] + 1, ("", *GRADES)),
            "terms": _names(standing, STANDINGS), "harmed": harm.astype(np.int64)}


def _observations(chronicle: Chronicle, links: Links) -> Columns:
    """All that was reported, with the case it went to and, for the analyst only, what caused it."""
    seen = sorted((s for case in chronicle.mission.book.cases.values() for s in case.reports),
                  key=lambda s: (s.reported_us, s.id))
    cause = chronicle.cause
    means = tuple(m.id for m in chronicle.prepared.scenario.monitoring.means)
    physics: tuple[str, ...] = tuple(m.physics for m in chronicle.prepared.scenario.monitoring.means)
    if chronicle.prepared.scenario.conduct.complaints:
        means, physics = (*means, "complaint"), (*physics, "complaint")
    return {"observation": _hex([s.id for s in seen]), "kind": _names([s.kind for s in seen], _kinds(chronicle)),
            "side": _names([s.side for s in seen], SIDES), "sector": _sectors(chronicle, [s.cell for s in seen]),
            "seen_h": _hours([s.seen_us for s in seen]), "reported_h": _hours([s.reported_us for s in seen]),
            "km": np.round(np.array([s.km for s in seen], dtype=np.float64), 3),
            "means": _names([s.means for s in seen], means),
            "physics": _names([s.means for s in seen], tuple(physics)),
            "case": _hex([links.case_of[s.id] for s in seen]),
            "violation": _keys_of_acts(chronicle, [cause.get(s.id, -1) for s in seen])}


def _looks(chronicle: Chronicle) -> Columns:
    """Looks that reported and cued looks; all others are sums in the table of coverage."""
    sensing = chronicle.prepared.layout.sensing
    means = tuple(m.id for m in chronicle.prepared.scenario.monitoring.means)
    acts = chronicle.door_acts
    seen = getattr(chronicle.door, "seen", ())
    kinds, sides = acts.kind.tolist(), acts.side.tolist()
    rows: list[tuple[Any, ...]] = [(s.luck, kinds[s.act], sides[s.act], s.cell, s.start_us, s.end_us, s.sensor,
                                    int(s.tasked), 1, int(not s.withheld), "withheld" if s.withheld else "") for s in seen]
    told = {(s.sensor, s.cell, s.start_us) for s in seen if s.tasked}
    for cue, fate in chronicle.mission.looked:
        if (cue.sensor, cue.cell, cue.start_us) not in told:
            rows.append((cue.case, -1, 2, cue.cell, cue.start_us, cue.end_us, cue.sensor, 1, 0, 0,
                         "" if fate == MADE else REASONS[fate]))
    rows.sort(key=lambda r: (r[4], r[0], r[6]))
    columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True)) if rows else [()] * 11
    look, kind, side, cell, start, end, sensor, tasked, met, reported, lost = columns
    sensors = np.asarray(sensor, dtype=np.int64)
    names = ("", *_kinds(chronicle))
    if max(kind, default=0) >= len(names) - 1:
        names = (*names, *decoy_names(chronicle))
    return {"look": _hex(look), "kind": _names(np.asarray(kind, dtype=np.int64) + 1, names),
            "side": _names(side, SIDES), "sector": _sectors(chronicle, cell), "start_h": _hours(start), "end_h": _hours(end),
            "means": _names(sensing.means[sensors] if len(sensors) else [], means), "unit": _names(sensors, sensing.units),
            "tasked": np.array(tasked, dtype=np.int64), "met": np.array(met, dtype=np.int64),
            "reported": np.array(reported, dtype=np.int64), "lost": np.array(lost, dtype="U16")}


def _cases(chronicle: Chronicle, links: Links) -> Columns:
    """Files of the mission, in the order in which they were opened."""
    from sim.verification.evidence import kinds_of_evidence, side_of

    cases: list[Case] = sorted(chronicle.mission.book.cases.values(), key=lambda c: (c.opened_us, c.key))
    return {"case": _hex([c.key for c in cases]), "kind": _names([c.kind for c in cases], _kinds(chronicle)),
            "side": _names([side_of(c.evidence) for c in cases], SIDES), "sector": _sectors(chronicle, [c.cell for c in cases]),
            "opened_h": _hours([c.opened_us for c in cases]), "triaged_h": _hours([c.triaged_us for c in cases]),
            "confirmed_h": _hours([c.confirmed_us for c in cases]), "closed_h": _hours([c.closed_us for c in cases]),
            "reports": np.array([len(c.reports) for c in cases], dtype=np.int64),
            "kinds": np.array([kinds_of_evidence(c.evidence) for c in cases], dtype=np.int64),
            "cued_looks": np.array([c.cues for c in cases], dtype=np.int64),
            "wrong_merge": np.array([c.key in links.mixed for c in cases], dtype=np.int64),
            "outcome": np.array([c.outcome for c in cases], dtype="U16")}


def _findings(chronicle: Chronicle, links: Links) -> Columns:
    """Conclusions of the mission, and the act behind each (empty = none: a false finding)."""
    found = chronicle.mission.findings
    points = found_points(found, chronicle.mission.terms, chronicle.mission.announced)
    agreed_us, fate = fates(chronicle.mission.commission, found)
    return {"finding": _hex([f.case for f in found]), "kind": _names([f.kind for f in found], _kinds(chronicle)),
            "side": _names([f.side for f in found], SIDES), "sector": _sectors(chronicle, [f.cell for f in found]),
            "onset_h": _hours([f.onset_us for f in found]), "found_h": _hours([f.found_us for f in found]),
            "case": _hex([f.case for f in found]), "grade": _names([f.grade for f in found], tuple(GRADES)),
            "points": points,
            "violation": _keys_of_acts(chronicle, [links.cause_of_case[f.case] for f in found]),
            "agreed_h": _hours(agreed_us), "commission": np.array(fate, dtype="U9")}


def true_points(chronicle: Chronicle) -> F64:
    """Points of each party, sector and period by its acts with onset there, seen or not."""
    acts, cells = chronicle.opened.acts, chronicle.prepared.cells
    points = np.zeros_like(chronicle.points)
    period_us = round(chronicle.prepared.scenario.agreement.period_h * _HOUR_US)
    standing, worth = judged_acts(chronicle)
    period = acts.onset_us // period_us
    inside = np.flatnonzero(acts.happens & (period < chronicle.points.shape[-1]) & (standing == FORBIDDEN))
    np.add.at(points, (acts.side[inside], cells.sector[acts.cell[inside]], period[inside]), worth[inside])
    return points


def judged_acts(chronicle: Chronicle) -> tuple[I64, F64]:
    """What the terms say of every act, by the same rule that the findings are judged by, and its points."""
    acts, scenario, terms, told = (chronicle.opened.acts, chronicle.prepared.scenario, chronicle.mission.terms,
                                   chronicle.opened.told)
    notified = np.zeros(len(acts.id), dtype=bool)
    if told is not None:
        rows = told.act
        notified[rows] = lawful_notice(terms, acts.kind[rows], acts.side[rows], acts.onset_us[rows], told.announced.told_us)
    standing, points = judged(terms, deeds(acts.kind, acts.side, acts.cell, acts.onset_us, depth_km=acts.depth_km,
                                           weapon=weapons(scenario.conduct, scenario.agreement, acts), notified=notified))
    return standing.astype(np.int64), points


def _verdicts(chronicle: Chronicle) -> Columns:
    """Verdict of the mission and true state for each party, sector and period in which anything is forbidden to it."""
    scenario, cells = chronicle.prepared.scenario, chronicle.prepared.cells
    truth = true_points(chronicle)
    asked = np.ones(chronicle.points.shape, dtype=bool) if chronicle.owed is None else chronicle.owed.any(axis=3)
    side, sector, period = np.nonzero(asked)
    begin = period * scenario.agreement.period_h
    breach = truth[asked] >= scenario.agreement.breach.points
    if chronicle.opened.veil is not None:
        shares = obstruction_in_force(scenario, chronicle.opened.veil.hindered.spells, cells, periods=chronicle.points.shape[-1],
                                      local_start_h=chronicle.prepared.start_hour)
        breach |= shares[asked] > scenario.agreement.breach.obstruction_share
    return {"verdict": np.array([f"{SIDES[p]}-{cells.sectors[s]}-{t:04d}" for p, s, t in
                                 zip(side.tolist(), sector.tolist(), period.tolist(), strict=True)], dtype="U80"),
            "kind": np.full(len(side), "", dtype="U1"), "side": _names(side, SIDES), "sector": _names(sector, cells.sectors),
            "from_h": begin.astype(np.float64), "to_h": begin + scenario.agreement.period_h,
            "given_h": begin + scenario.agreement.period_h + scenario.verification.verdicts.delay_h,
            "called": _names(chronicle.verdict[asked], CALLED), "truth": np.where(breach, "breach", "compliant"),
            "power": chronicle.power[asked], "points_found": chronicle.points[asked], "points_true": truth[asked]}


def _orders(chronicle: Chronicle, links: Links) -> Columns:
    """Answers that were decided."""
    orders = chronicle.mission.ladder.orders
    rungs = chronicle.prepared.scenario.response.ladder
    return {"order": _hex([o.id for o in orders]), "kind": _names([o.kind for o in orders], _kinds(chronicle)),
            "side": _names([o.side for o in orders], SIDES), "sector": _sectors(chronicle, [o.cell for o in orders]),
            "triggered_h": _hours([o.triggered_us for o in orders]), "decided_h": _hours([o.decided_us for o in orders]),
            "due_h": _hours([o.due_us for o in orders]), "rung": _names([o.rung for o in orders], tuple(r.id for r in rungs)),
            "procedure": _names([o.rung for o in orders], tuple(r.procedure for r in rungs)),
            "domain": _names([o.rung for o in orders], tuple(r.domain for r in rungs)), "case": _hex([o.case for o in orders]),
            "in_time": np.array([o.decided_us <= o.due_us for o in orders], dtype=np.int64),
            "violation": _keys_of_acts(chronicle, [links.cause_of_case.get(o.case, -1) for o in orders])}


def _responses(chronicle: Chronicle, links: Links) -> Columns:
    """Teams and units that were sent."""
    ladder = chronicle.mission.ladder
    order = {o.id: o for o in ladder.orders}
    sent, units = ladder.answers, chronicle.prepared.scenario.response.units
    return {"response": _hex([r.id for r in sent]), "kind": _names([order[r.order].kind for r in sent], _kinds(chronicle)),
            "side": _names([order[r.order].side for r in sent], SIDES), "sector": _sectors(chronicle, [r.cell for r in sent]),
            "ordered_h": _hours([r.ordered_us for r in sent]), "moved_h": _hours([r.moved_us for r in sent]),
            "on_station_h": _hours([r.on_station_us for r in sent]), "left_h": _hours([r.left_us for r in sent]),
            "order": _hex([r.order for r in sent]), "unit": _names([r.unit for r in sent], tuple(u.id for u in units)),
            "domain": _names([r.unit for r in sent], tuple(u.domain if u.role == "posture" else "team" for u in units)),
            "distance_km": np.round(np.array([r.distance_km for r in sent], dtype=np.float64), 3),
            "case": _hex([r.case for r in sent]),
            "violation": _keys_of_acts(chronicle, [links.cause_of_case.get(r.case, -1) for r in sent])}


def _assets(chronicle: Chronicle) -> Columns:
    """Flights of the drones, and the times when none could fly."""
    rows = [(f"{f.unit.id}-{s.slot}-{s.number}", f.unit.id, s) for f in chronicle.opened.watch.flying for s in f.sorties]
    return {"asset": np.array([r[0] for r in rows], dtype="U96"), "kind": np.full(len(rows), "drone"),
            "side": np.full(len(rows), "", dtype="U1"), "sector": np.full(len(rows), "", dtype="U1"),
            "start_h": _hours([r[2].start_us for r in rows]), "on_station_h": _hours([r[2].on_us for r in rows]),
            "off_station_h": _hours([r[2].off_us for r in rows]), "end_h": _hours([r[2].end_us for r in rows]),
            "unit": np.array([r[1] for r in rows], dtype="U64"),
            "airframe": np.array([r[2].airframe for r in rows], dtype=np.int64),
            "planned_h": np.array([(r[2].end_us - r[2].start_us) / _HOUR_US for r in rows], dtype=np.float64),
            "lost": np.array([r[2].lost for r in rows], dtype="U20")}


def _coverage(chronicle: Chronicle, coverage: Coverage) -> Columns:
    """Looks due, made and lost by reason, for each sector, day and means that had any."""
    sector, day, means = np.nonzero(coverage.counts.sum(axis=3))
    counts = coverage.counts[sector, day, means]
    names = tuple(m.id for m in chronicle.prepared.scenario.monitoring.means)
    columns: Columns = {
        "coverage": np.array([f"{chronicle.prepared.cells.sectors[s]}-{d:04d}-{names[m]}" for s, d, m in
                              zip(sector.tolist(), day.tolist(), means.tolist(), strict=True)], dtype="U140"),
        "kind": np.full(len(sector), "", dtype="U1"), "side": np.full(len(sector), "", dtype="U1"),
        "sector": _names(sector, chronicle.prepared.cells.sectors), "from_h": day * 24.0, "means": _names(means, names),
        "due": counts.sum(axis=1)}
    return columns | {reason: counts[:, number] for number, reason in enumerate(REASONS)}


def _planned_h(unit: Drones, days: float) -> float:
    """Hours on station that a unit is meant to fly, each of its orbits from the day on which it begins."""
    if unit.ramp_d <= 0:
        return unit.orbits * max(days - unit.available_from_d, 0) * daily_watch_h(unit)
    begin_d = available_us(from_d=unit.available_from_d, ramp_d=unit.ramp_d, members=unit.orbits) / _DAY_US
    return float(np.maximum(days - begin_d, 0).sum()) * daily_watch_h(unit)


def _facts(chronicle: Chronicle, coverage: Coverage) -> dict[str, float]:
    """Scalars that the measures need beside the tables."""
    scenario, mission = chronicle.prepared.scenario, chronicle.mission
    days_us, watch = scenario.days * _DAY_US, chronicle.opened.watch
    flights = [s for f in watch.flying for s in f.sorties if s.start_us < days_us]
    desk = mission.book.desk.figures()
    large, n = coverage.gap_max_h, len(coverage.gap_max_h)
    contacted = [key for key in mission.contacts if key in mission.book.cases]
    return {
        "flown_h": sum((s.end_us - s.start_us) / _HOUR_US for s in flights if s.airframe >= 0),
        "planned_h": sum(_planned_h(f.unit, min(scenario.days, withdrawn_us(scenario.monitoring, f.unit.operator) / _DAY_US))
                         for f in watch.flying),
        "scenes": float(sum(1 for cue, fate in mission.looked if fate == MADE and cue.start_us == cue.end_us)
                        + sum(scenes_planned(scenario.monitoring, chronicle.prepared.layout).values())
                        - sum(one.orders.called_off for one in watch.bought)),
        "staffed_h": desk.staffed_us / _HOUR_US, "busy_h": desk.busy_us / _HOUR_US, "waiting_h": desk.waiting_us / _HOUR_US,
        "served": float(desk.served), "waited_h": desk.waited_us / _HOUR_US,
        "backlog_p90": float(np.quantile(mission.backlog, 0.9)) if mission.backlog else 0.0, "exposure_h": watch.exposure_h,
        "cell_days_seen": float((coverage.seen_share * np.bincount(chronicle.prepared.cells.sector)).sum()), "cells": float(n),
        "gap_mean_h": float(coverage.gap_mean_h.mean()), "gap_max_h": float(large.max(initial=0.0)),
        "gap_square_h2": float(coverage.gap_square_h2.mean()), "contacted": float(len(contacted)),
        "cases": float(len(mission.book.cases)), "lapsed": float(mission.ladder.lapsed),
    } | spent(scenario.monitoring, chronicle.prepared.layout, watch, mission.looked, days_us) | mission.effects | _answers_asked(
        chronicle) | _replayed(chronicle.prepared.recorded)


def _answers_asked(chronicle: Chronicle) -> dict[str, float]:
    """Answers that were asked for in the counted days, by rung, and whose consent came last in those decided, by procedure."""
    scenario, ladder = chronicle.prepared.scenario, chronicle.mission.ladder
    begin, end = scenario.warm_up_h * _HOUR_US, scenario.days * _DAY_US
    found = {f"asked {rung.id}": 0.0 for rung in scenario.response.ladder}
    for number, asked_us in ladder.asked:
        found[f"asked {scenario.response.ladder[number].id}"] += begin <= asked_us < end
    for order in ladder.orders:
        if order.member and begin <= order.triggered_us < end:
            name = f"last {scenario.response.ladder[order.rung].procedure}/{order.member}"
            found[name] = found.get(name, 0.0) + 1
    return found


def _replayed(recorded: Recorded | None) -> dict[str, float]:
    """How many real events were used, and why the others were not."""
    if recorded is None:
        return {}
    return {"replay_used": float(len(recorded.row))} | {f"replay_{why}": float(n) for why, n in recorded.counts.items()}
