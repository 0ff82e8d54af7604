"""The joint commission: sittings on the clock, an agenda by severity, a quorum, parties that stay away or contest.

A mediator sees how many findings both parties accept; what the mission itself holds is kept apart and never changes.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from sim.foundation.clock import Clock, Rank, low40
from sim.foundation.streams import Streams, luck_for, luck_of, purpose
from sim.records import UNATTRIBUTED, Finding
from sim.scenario.agreement import Agreement
from sim.scenario.commission import Commission as Section

_HOUR_US = 3_600_000_000
_SEVERITY = {"grave": 0, "significant": 1, "minor": 2}
_CONTEST, _SHOWN = purpose("contest"), purpose("evidence shown")
AGREED, CONTESTED, WAITING = "agreed", "contested", "waiting"


class Sitting(NamedTuple):
    """One sitting: when, how many members came, and why it agreed nothing (empty = it did its work)."""

    when_us: int
    emergency: bool
    present: int
    failed: str
    heard: int


class Commission:
    """An agenda of findings that name a party, and what each sitting makes of it.

    Luck is keyed by the instant of a sitting and the number of a member, and by the key of a finding: one member more, or
    another agenda, changes nobody else's luck.
    """

    def __init__(self, clock: Clock, section: Section, agreement: Agreement, streams: Streams, *,
                 shown: Callable[[Finding], bool] | None = None) -> None:
        self.clock, self.section, self.streams = clock, section, streams
        self.shown = shown or (lambda found: luck_for(found.case, _SHOWN) < section.shown_share)
        self.severity = [_SEVERITY[kind.severity] for kind in agreement.kinds]
        self.urgent = -1 if section.emergency_h is None else _SEVERITY[section.emergency_severity]
        self.every_us = max(1, round(section.every_h * _HOUR_US))
        self.away = [(spell.side, round(spell.from_h * _HOUR_US), round(spell.to_h * _HOUR_US)) for spell in section.boycotts]
        self.agenda: list[tuple[int, int, int, Finding]] = []
        self.fate: dict[int, tuple[str, int]] = {}
        """Case → what became of its finding, and when it was agreed or contested (−1 while it waits)."""
        self.sittings: list[Sitting] = []
        self.called: set[int] = set()

    def begin(self, horizon_us: int) -> None:
        """Put the regular sittings on the clock; the first is one interval after the ceasefire."""
        for when in range(self.every_us, horizon_us + 1, self.every_us):
            self.clock.at(when, Rank.COMMISSION, 0, self._sit, len(_SEVERITY) - 1, False)

    def submit(self, found: Finding) -> None:
        """Put a finding that names a party on the agenda; a grave one calls a sitting where none comes in time."""
        if found.side == UNATTRIBUTED:
            return
        rank, now = self.severity[found.kind], self.clock.now
        heappush(self.agenda, (rank, found.found_us, found.case, found))
        self.fate[found.case] = (WAITING, -1)
        if rank <= self.urgent and self.section.emergency_h is not None:
            when = now + max(1, round(self.section.emergency_h * _HOUR_US))
            regular = -(-now // self.every_us) * self.every_us or self.every_us
            if when < regular and not any(now < soon <= when for soon in self.called):
                self.called.add(when)
                self.clock.at(when, Rank.COMMISSION, low40(found.case), self._sit, self.urgent, True)

    def _sit(self, least: int, emergency: bool) -> None:
        """Hold one sitting: hear the agenda down to a severity, as far as there is time."""
        now = self.clock.now
        if emergency and not (self.agenda and self.agenda[0][0] <= least):
            return
        present, failed = self.present(now), ""
        if any(begin <= now < end for _, begin, end in self.away):
            failed = "boycott"
        elif present < self.section.quorum:
            failed = "no quorum"
        heard = 0
        while not failed and heard < self.section.cases_per_sitting and self.agenda and self.agenda[0][0] <= least:
            found = heappop(self.agenda)[-1]
            self.fate[found.case] = (CONTESTED if self.contests(found) else AGREED, now)
            heard += 1
        self.sittings.append(Sitting(now, emergency, present, failed, heard))

    def present(self, when_us: int) -> int:
        """Members who attend the sitting of an instant, each by its own luck."""
        key = self.streams.key("commission", when_us)
        return sum(luck_of(key, member) < self.section.attend_share for member in range(self.section.members))

    def contests(self, found: Finding) -> bool:
        """Whether the party accused contests a finding: by its grade, and more often where the evidence is not shown."""
        extra = 0.0 if self.shown(found) else self.section.not_shown_extra_share
        return luck_for(found.case, _CONTEST) < min(1.0, self.section.contest_share[found.grade] + extra)


def fates(commission: Commission | None, found: Sequence[Finding]) -> tuple[list[int], list[str]]:
    """When each finding was agreed (µs, −1 = not), and what the commission made of it; empty where it was not on its agenda."""
    if commission is None:
        return [-1] * len(found), [""] * len(found)
    known = [commission.fate.get(one.case, ("", -1)) for one in found]
    return [when if fate == AGREED else -1 for fate, when in known], [fate for fate, _ in known]
