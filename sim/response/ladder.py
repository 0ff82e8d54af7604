"""The ladder: liaison first, then rungs with triggers, procedures and deadlines.

A mediator can follow each finding to the answers it started, when they were decided and whether they were in time.
"""
from __future__ import annotations

from collections.abc import Callable

from sim.foundation.clock import Clock, Rank, low40
from sim.foundation.geodesy import Place
from sim.foundation.streams import key_of, luck_for, purpose
from sim.records import NEVER, Finding, Order
from sim.records import Response as Answer
from sim.response.climb import Climb, climbed
from sim.response.decision import Decided, decided
from sim.response.dispatch import Dispatcher, nowhere
from sim.response.force import Force
from sim.response.office import worked_until
from sim.response.optin import Asked, opted_in
from sim.scenario.agreement import GRADES, Agreement, Kind, seated_us
from sim.scenario.response import Liaison, Response, Rung

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
_SEVERITIES = ("minor", "significant", "grave")
_DECISION = Rank.DECISION
_LIAISON, _CONTACT, _FOLLOWS = purpose("liaison"), purpose("contact"), purpose("follows")


def contact_us(liaison: Liaison, key: int, now_us: int | None = None) -> int | None:
    """Time from first report to the parties' contact; None where the hotline does not answer, or is not there yet."""
    share = liaison.available_share
    if now_us is not None and (liaison.from_d or liaison.ramp_d):
        share *= min(max((now_us / _DAY_US - liaison.from_d) / max(liaison.ramp_d, 1e-9), 0.0), 1.0)
    if luck_for(key, _LIAISON) >= share or (now_us is not None and any(
            round(cut.from_h * _HOUR_US) <= now_us < round(cut.to_h * _HOUR_US) for cut in liaison.outages)):
        return None
    minutes = liaison.contact_min + luck_for(key, _CONTACT) * (liaison.contact_max_min - liaison.contact_min)
    return round(minutes / 60 * _HOUR_US)


def _rungs_for(kind: Kind, ladder: tuple[Rung, ...]) -> list[tuple[int, Rung, int]]:
    """Rungs that acts of a kind can start, with their numbers and the least grade that they ask for."""
    grave = _SEVERITIES.index(kind.severity)
    return [(number, rung, GRADES.index(rung.grade)) for number, rung in enumerate(ladder)
            if kind.domain in rung.domains and grave >= _SEVERITIES.index(rung.severity)]


class Ladder:
    """Rungs in order; each finding, and each open case at its grade, starts those whose trigger it meets, once."""

    def __init__(self, clock: Clock, agreement: Agreement, section: Response, force: Force, *,
                 place_of: Callable[[int], Place], on_arrival: Callable[[Answer], None],
                 sector_of: Callable[[int], str] = nowhere, midnight_us: int = 0, weekday: int = 0,
                 on_notice: Callable[[Order], None] | None = None) -> None:
        self.clock, self.agreement, self.section, self.force = clock, agreement, section, force
        self.dispatcher = Dispatcher(clock, force, place_of=place_of, sector_of=sector_of, on_arrival=on_arrival,
                                     kinds=tuple(kind.id for kind in agreement.kinds))
        self.midnight_us, self.weekday, self.on_notice = midnight_us, weekday, on_notice
        """An instant of local midnight not after the start, and the day of the week that it begins (0 = Monday)."""
        self.procedures = {p.id: p for p in section.procedures}
        self.rungs = [_rungs_for(kind, section.ladder) for kind in agreement.kinds]
        self.orders: list[Order] = []
        self.joined: dict[int, list[tuple[int, int]]] = {}
        """Order → (case, time at which it joined): answers already under way serve later findings too."""
        self.started: set[tuple[int, int]] = set()
        self.recent: dict[str, list[int]] = {}
        self.standing: dict[int, tuple[int, int]] = {}
        self.lapsed = 0
        self.asked: list[tuple[int, int]] = []
        """Rung and instant of every answer that was asked for, also those that lapsed."""
        self.climbs: dict[int, Climb] = {}
        """Case → its way up and down the rungs that follow one another, and the end that it came to."""

    def consider(self, *, case: int, kind: int, side: int, cell: int, grade: int, onset_us: int, logged_us: int,
                 finding: Finding | None) -> None:
        """Start every rung whose trigger a case or finding meets now."""
        terms = self.agreement.kinds[kind]
        if finding is not None:
            self.recent.setdefault(terms.domain, []).append(self.clock.now)
        for number, rung, least in self.rungs[kind]:
            if grade < least or (case, number) in self.started or (rung.action != "inspection" and finding is None):
                continue
            if rung.action == "posture" and not self._threshold(terms.domain, terms.severity):
                continue
            if rung.follow_share or rung.end_share:
                if case in self.climbs:  # a case climbs once, from the rung that it met first
                    continue
                self.climbs[case] = Climb(self.clock.now, [(number, self.clock.now)],
                                          shared_us=0 if finding is None else finding.coalition_us)
            self.started.add((case, number))
            clocks = {"onset": onset_us, "logged": logged_us, "finding": self.clock.now}
            shared_us = 0 if finding is None else finding.coalition_us
            self._start(case, number, rung, kind, side, cell, clocks[rung.clock] + round(rung.deadline_h * _HOUR_US), shared_us)

    def _threshold(self, domain: str, severity: str) -> bool:
        """Whether findings of the last day, or one grave act, warrant a posture answer."""
        day = [t for t in self.recent.get(domain, ()) if t > self.clock.now - _DAY_US]
        self.recent[domain] = day
        return severity == "grave" or len(day) >= self.section.posture_threshold

    def _start(self, case: int, number: int, rung: Rung, kind: int, side: int, cell: int, due_us: int,
               shared_us: int = 0, visit: int = 0) -> None:
        """Put a decision on the clock, or join an answer of this rung that is already under way.

        Several members decide only on evidence that is released to them, from `shared_us` on.
        """
        standing = self.standing.get(number)
        climb = self.climbs.get(case) if rung.follow_share or rung.end_share else None
        if rung.action == "posture" and standing is not None and self.clock.now < standing[1]:
            self.joined.setdefault(standing[0], []).append((case, self.clock.now))
            self._go_on(climb, case, rung, kind, side, cell, self.clock.now)
            return
        key = key_of(case, "order", rung.id) if not visit else key_of(case, "order", rung.id, visit)
        self.asked.append((number, self.clock.now))
        made = self._made(rung, key, due_us, shared_us)
        if made is None:
            self.lapsed += 1
            self._go_on(climb, case, rung, kind, side, cell, max(due_us, self.clock.now))
            return
        order = Order(key, case, number, kind, side, cell, self.clock.now, made.after_us, due_us, made.member, made.accepted,
                      made.strength or rung.strength)
        self.joined.setdefault(key, []).append((case, self.clock.now))
        if rung.action == "posture":
            self.standing[number] = (key, order.decided_us + _DAY_US)
        self.clock.at(order.decided_us, _DECISION, low40(key), self._decided, order, rung)

    def _made(self, rung: Rung, key: int, due_us: int, shared_us: int) -> Decided | None:
        """Decision on an answer, with the instant at which it falls; None where there is none."""
        procedure, now = self.procedures[rung.procedure], self.clock.now
        if procedure.rule == "opt-in":
            found = opted_in(procedure, rung, key, self._asked(rung), due_h=(due_us - now) / _HOUR_US)
        else:
            found = decided(procedure, key, rung.decision_median_h)
        waits_us = max(shared_us, now) if procedure.members > 1 else now
        if found is None or waits_us >= NEVER:
            return None
        instant = worked_until(procedure, waits_us, found.after_us, midnight_us=self.midnight_us, weekday=self.weekday)
        return found._replace(after_us=seated_us(self.agreement, instant) if procedure.chaired else instant)

    def _asked(self, rung: Rung) -> list[Asked]:
        """Contributors that have units for a rung, with the capacity of these."""
        role = "team" if rung.action == "inspection" else "posture"
        found = [Asked(one, self.force.capacity_of(one.id, self.clock.now, domain=rung.domain, role=role, rung=rung.id))
                 for one in self.section.contributions]
        return [one for one in found if one.capacity > 0]

    def _decided(self, order: Order, rung: Rung) -> None:
        """Carry out an order: a notice is given at once, a team or unit is sent."""
        self.orders.append(order)
        climb = self.climbs.get(order.case) if rung.follow_share or rung.end_share else None
        way = (climb, order.case, rung, order.kind, order.side, order.cell)
        if rung.action == "notice":
            if self.on_notice is not None:
                self.on_notice(order)
            self._go_on(*way, self.clock.now)
            return
        stay = self.dispatcher.send(order, rung)
        if stay is None:
            self.lapsed += 1
            self.standing.pop(order.rung, None)
            self.started -= {(case, order.rung) for case, _ in self.joined.get(order.id, ())}
        elif rung.action == "posture":
            self.standing[order.rung] = (order.id, stay.left_us)
        there_us, late_us = (stay.there_us, stay.left_us) if stay is not None else (NEVER, self.clock.now)
        self._go_on(*way, there_us if there_us < NEVER else max(order.due_us, late_us))

    @property
    def answers(self) -> list[Answer]:
        """Teams and units that were sent."""
        return self.dispatcher.answers

    @property
    def reached(self) -> dict[int, int]:
        """Order → instant at which its answer was on station, with all units that it got."""
        return self.dispatcher.reached

    def _go_on(self, climb: Climb | None, case: int, rung: Rung, kind: int, side: int, cell: int, after_us: int) -> None:
        """Put on the clock what follows an answer to a case that climbs."""
        if climb is not None:
            key = key_of(case, "climb", len(climb.rungs))
            self.clock.at(after_us + round(rung.follow_h * _HOUR_US), _DECISION, low40(key), self._follow, climb, case, rung, key,
                          kind, side, cell)

    def _follow(self, climb: Climb, case: int, rung: Rung, key: int, kind: int, side: int, cell: int) -> None:
        """Take the next rung, or come to an end, by the luck of the case and the number of the step."""
        ids = [other.id for other in self.section.ladder]
        following, climb.end = climbed(rung, luck_for(key, _FOLLOWS))
        climb.ended_us = -1 if climb.end is None else self.clock.now
        if following is not None:
            number = ids.index(following)
            rung, visit = self.section.ladder[number], sum(before == number for before, _ in climb.rungs)
            climb.rungs.append((number, self.clock.now))
            self._start(case, number, rung, kind, side, cell, self.clock.now + round(rung.deadline_h * _HOUR_US), climb.shared_us,
                        visit)
