"""Cases: reports merged into files, worked on by a staffed desk, confirmed by a standard and closed.

A mediator sees here why a mission with many sensors can still be slow: every report passes a finite number of people.
"""
from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import isnan, log1p, nan

from sim.foundation.clock import Clock, Rank, low40
from sim.foundation.desk import Desk, Done, Shift
from sim.foundation.streams import key_of, luck_for, luck_of, purpose
from sim.records import COMPLAINT, NEVER, Finding, Observation
from sim.scenario.agreement import GRADES, Agreement, ever_forbidden, seated_us
from sim.scenario.verification import Staff, Verification
from sim.verification.evidence import grade_of, shared_us, side_of
from sim.verification.reviews import Reviews
from sim.verification.work import service_factor

_HOUR_US = 3_600_000_000
_MINUTE_US = 60_000_000
_STAFF = Rank.STAFF
_PATIENCE, _DESK, _ATTRIBUTION = purpose("patience"), purpose("desk"), purpose("attribution")
_DOUBTFUL_US = 2**62
"""Doubt about the onset of a case of which nothing was seen."""

_SEVERITY = {"grave": 0, "significant": 1, "minor": 2}


@dataclass(slots=True)
class Case:
    """A file that the mission opened; its key is that of its founding observation."""

    key: int
    kind: int
    cell: int
    km: float
    opened_us: int
    onset_us: int
    doubt_us: int
    """Time between the estimated onset and the sight that gave it: the shorter, the surer."""
    last_seen_us: int
    reports: list[Observation] = field(default_factory=list)
    evidence: list[Observation] = field(default_factory=list)
    triaged_us: int = -1
    sighted_us: int = -1
    """When the sight that completed the evidence was made."""
    confirmed_us: int = -1
    closed_us: int = -1
    grade: int = -1
    cues: int = 0
    called_off: int = 0
    """Scenes ordered for it that went to graver cases."""
    awaits_us: int = 0
    """When the last image that is still withheld from the accused may be shown."""
    settled: bool = False
    outcome: str = "open"
    serial: int = 0
    """Order in which cases were opened."""
    seen_at: list[int] = field(default_factory=list)
    """When what its reports tell was seen, in order of time."""


Notice = Callable[[Case], None]
_NOBODY: dict[int, Case] = {}
Posterior = Callable[[Case, Sequence[Observation]], float]
"""How sure the mission is that an act is behind a case, on some of its evidence."""


class CaseBook:
    """The cases of a mission and the desk that works on them; it knows reports, never the truth."""

    def __init__(self, clock: Clock, agreement: Agreement, section: Verification, *, start_hour: float,
                 persistence_us: tuple[int, ...], inspections: frozenset[int], reach_cells: int,
                 on_case: Notice, on_finding: Callable[[Finding], None], on_close: Notice,
                 posterior: Posterior | None = None) -> None:
        self.clock, self.agreement, self.section = clock, agreement, section
        self.inspections, self.reach_cells, self.near_km = inspections, reach_cells, section.merging.distance_km
        self.windows_us = [max(round(section.merging.window_h * _HOUR_US), own) for own in persistence_us]
        self.close_after_us = round(section.standard.close_after_h * _HOUR_US)
        self.on_case, self.on_finding, self.on_close, self.posterior = on_case, on_finding, on_close, posterior
        staff = section.staff
        self.desk = Desk(clock, "analysts", _duty(staff), capacity=staff.queue_limit, local_offset_h=start_hour,
                         preemptive=staff.preemptive)
        self.work = [staff.work_factor.get(kind.id, 1.0) for kind in agreement.kinds]
        self.reviews = _reviewed(self) if section.reviews else None
        self.cases: dict[int, Case] = {}
        self.open: dict[tuple[int, int, int], dict[int, Case]] = {}
        """Kind, cell and span of time of a window's length → open cases with a report that was seen then: however many are
        open, a report is held against those near it in time only."""
        self.case_of: dict[int, int] = {}
        """Report → the case that it went to."""
        self.required = [GRADES.index(kind.grade) for kind in agreement.kinds]
        self.priority = [_SEVERITY[kind.severity] if ever_forbidden(agreement, kind) else len(_SEVERITY)
                         for kind in agreement.kinds]
        self.served: dict[int, tuple[int, int]] = {}
        """Report → how long it waited for an analyst, and when work on it ended; in µs."""
        self.lost: dict[int, tuple[str, int]] = {}
        """Report → why nobody worked on it (refused, abandoned), and when that was."""
        self.complaints_waiting, self.complaints_left = 0, 0

    def report(self, seen: Observation) -> None:
        """Take in one observation: merge it into a case or open one, and put it on the desk.

        A complaint is logged and left where too many wait; it never dates a case that something was seen of.
        """
        complaint = seen.physics == COMPLAINT
        if complaint and self.complaints_waiting >= self.section.complaints.waiting_limit:
            self.complaints_left += 1
            return
        self.complaints_waiting += complaint
        case = self._case_for(seen)
        case.reports.append(seen)
        if case.closed_us < 0:  # the reply to a look that a case had ordered may come after its end
            _file(self, case, seen.seen_us)
        self.case_of[seen.id] = case.key
        case.last_seen_us = max(case.last_seen_us, seen.seen_us)
        if not complaint and seen.seen_us - seen.onset_us < case.doubt_us:
            case.onset_us, case.doubt_us = seen.onset_us, seen.seen_us - seen.onset_us
        last = len(_SEVERITY) if complaint and self.section.complaints.after_sightings else 0
        self.desk.submit(low40(seen.id), self.priority[case.kind] + last, _service_us(self, case, luck_for(seen.id, _DESK)),
                         lambda _, waited: self._assess(case, seen, waited), patience_us=_patience_us(self.section.staff, seen),
                         gone=lambda _, reason: self._leave(seen, reason))

    def _leave(self, seen: Observation, reason: str) -> None:
        """Note a report on which nobody worked."""
        self.lost[seen.id] = (reason, self.clock.now)
        self.complaints_waiting -= seen.physics == COMPLAINT

    def _case_for(self, seen: Observation) -> Case:
        """Find the open case of the same kind, near in place and time, or open a new one."""
        if seen.case and seen.case in self.cases and self.cases[seen.case].kind == seen.kind:
            return self.cases[seen.case]
        near_km = self.near_km + seen.error_km
        window = self.windows_us[seen.kind]
        span = seen.seen_us // max(window, 1)
        for cell in range(seen.cell - self.reach_cells, seen.cell + self.reach_cells + 1):
            near = {key: case for at in (span - 1, span, span + 1)
                    for key, case in self.open.get((seen.kind, cell, at), _NOBODY).items()
                    if abs(case.km - seen.km) <= near_km and _within(window, seen.seen_us, case.seen_at)}
            if near:
                return min(near.values(), key=lambda case: case.serial)
        return self._open_case(seen)

    def _open_case(self, seen: Observation) -> Case:
        """Open a file on a new report and see to its closing."""
        doubt_us = _DOUBTFUL_US if seen.physics == COMPLAINT else seen.seen_us - seen.onset_us
        case = Case(seen.id, seen.kind, seen.cell, seen.km, self.clock.now, seen.onset_us, doubt_us, seen.seen_us)
        self.cases[seen.id] = case
        case.serial = len(self.cases)
        self.clock.after(self.close_after_us, _STAFF, low40(seen.id), self._expire, case)
        return case

    def _assess(self, case: Case, seen: Observation, waited_us: int) -> None:
        """Add a report to the evidence of its case and see whether the standard is met; a complaint is no evidence."""
        self.served[seen.id] = (waited_us, self.clock.now)
        if seen.physics == COMPLAINT:
            self.complaints_waiting -= 1
        else:
            case.evidence.append(seen)
        if case.triaged_us < 0:
            case.triaged_us = self.clock.now
        case.grade = max(case.grade, _grade_by_now(self, case))
        if not case.settled and case.closed_us < 0:
            if case.grade >= self.required[case.kind]:
                self._confirm(case)
            else:
                self.on_case(case)
        if seen.images and self.clock.now < seen.shown_us < NEVER:
            case.awaits_us = max(case.awaits_us, seen.shown_us)
            self.clock.at(seen.shown_us, _STAFF, low40(seen.id), self._shown, case)

    def _shown(self, case: Case) -> None:
        """See whether an image that may now be shown to the accused meets the standard."""
        if case.settled or case.closed_us >= 0:
            return
        case.grade = max(case.grade, _grade_by_now(self, case))
        if case.grade >= self.required[case.kind]:
            self._confirm(case)

    def _confirm(self, case: Case) -> None:
        """Hold that the act happened; attribution follows after its own time."""
        case.settled = True
        case.confirmed_us = self.clock.now
        case.sighted_us = max(seen.seen_us for seen in case.evidence)
        how = self.section.attribution
        luck = luck_for(case.key, _ATTRIBUTION)
        delay = how.delay_median_h * _HOUR_US * service_factor("lognormal", luck, how.delay_log_sd)
        found_us = seated_us(self.agreement, self.clock.now + round(delay))
        self.clock.at(found_us, _STAFF, low40(case.key), self._find if self.reviews is None else self.reviews.begin, case)

    def _find(self, case: Case) -> None:
        """Conclude: kind, grade and side, on the evidence of the case so far."""
        self.on_finding(Finding(case.key, case.kind, side_of(case.evidence), case.cell, case.onset_us, case.confirmed_us,
                                self.clock.now, case.grade, _depth_km(case.evidence), _shared_us(self, case)))
        self._close(case, "finding")

    def _expire(self, case: Case) -> None:
        """Close a case that met no standard in time; put off while reports still come in."""
        if case.settled or case.closed_us >= 0:
            return
        wait = self.close_after_us
        if case.awaits_us >= self.clock.now:
            self.clock.at(case.awaits_us + 1, _STAFF, low40(case.key), self._expire, case)
            return
        if self.clock.now - case.last_seen_us < wait and case.last_seen_us > case.opened_us:
            self.clock.at(case.last_seen_us + wait, _STAFF, low40(case.key), self._expire, case)
            return
        self._close(case, "queue" if case.triaged_us < 0 else "not confirmed")

    def _close(self, case: Case, outcome: str) -> None:
        """Close the file."""
        case.closed_us, case.outcome = self.clock.now, outcome
        for span in dict.fromkeys(at // max(self.windows_us[case.kind], 1) for at in case.seen_at):
            there = self.open[case.kind, case.cell, span]
            there.pop(case.key, None)
            if not there:
                del self.open[case.kind, case.cell, span]
        self.on_close(case)


def _duty(staff: Staff) -> int | tuple[Shift, ...]:
    """Staff of the analysts' desk over the day: the shifts listed, else those of day and night."""
    if staff.shifts:
        return tuple((one.from_h, one.to_h, one.analysts) for one in staff.shifts)
    if staff.night_analysts == staff.analysts:
        return staff.analysts
    return (6.0, 22.0, staff.analysts), (22.0, 6.0, staff.night_analysts)


def _file(book: CaseBook, case: Case, seen_us: int) -> None:
    """Note an open case under the time of one more sight of it."""
    insort(case.seen_at, seen_us)
    book.open.setdefault((case.kind, case.cell, seen_us // max(book.windows_us[case.kind], 1)), {})[case.key] = case


def _patience_us(staff: Staff, seen: Observation) -> int | None:
    """How long a report waits before it is dropped; None = for ever."""
    if staff.patience_mean_h is None:
        return None
    return max(1, round(-log1p(-luck_for(seen.id, _PATIENCE)) * staff.patience_mean_h * _HOUR_US))


def _service_us(book: CaseBook, case: Case, luck: float) -> int:
    """Work on one report of a case by its law, by inversion."""
    staff = book.section.staff
    return max(0, round(service_factor(staff.service_law, luck, staff.service_log_sd)
                        * staff.service_median_min * book.work[case.kind] * _MINUTE_US))


def _reviewed(book: CaseBook) -> Reviews[Case]:
    """The desks behind that of the analysts, to which the last of them may send a case back."""

    def again(case: Case, turn: int, left: Done) -> None:
        book.desk.submit(low40(case.key), book.priority[case.kind],
                         _service_us(book, case, luck_of(key_of(case.key, "once more"), turn)), left)

    return Reviews(book.clock, book.section.reviews, key_of_case=lambda case: (case.key, book.priority[case.kind]),
                   done=book._find, again=again)


def _within(window_us: int, seen_us: int, others: list[int]) -> bool:
    """Whether one sight of a case, in order of time, was made near in time to another one."""
    return bisect_left(others, seen_us - window_us) < bisect_right(others, seen_us + window_us)


def _depth_km(evidence: list[Observation]) -> float:
    """Distance off the line by the report that places it best; NaN where none tells."""
    told = [(seen.error_km, seen.id, seen.depth_km) for seen in evidence if not isnan(seen.depth_km)]
    return min(told)[2] if told else nan


def _grade_by_now(book: CaseBook, case: Case) -> int:
    """Grade that the evidence of a case supports by now; complaints are none."""
    if not case.evidence:
        return -1
    return grade_of(case.evidence, kinds=book.section.standard.kinds, inspections=book.inspections, now_us=book.clock.now,
                    sure=_sure(book, case, case.evidence))


def _sure(book: CaseBook, case: Case, evidence: Sequence[Observation]) -> bool | None:
    """Whether some evidence meets the standard of a posterior; None where that is not the standard."""
    if book.posterior is None:
        return None
    return book.posterior(case, evidence) >= book.section.standard.posterior_share


def _shared_us(book: CaseBook, case: Case) -> int:
    """Instant from which the states of the coalition can see for themselves what was found; 0 where they can now."""
    if all(seen.coalition_us <= book.clock.now for seen in case.evidence):
        return 0
    return shared_us(case.evidence, kinds=book.section.standard.kinds, inspections=book.inspections,
                     grade=min(case.grade, book.required[case.kind]), sure=lambda known: _sure(book, case, known))
