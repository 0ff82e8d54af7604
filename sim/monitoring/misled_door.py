"""The door where parties hinder, mislead and complain: the same door, with what they do to what passes it.

A mediator can be sure that obstruction, deception and complaints reach the mission here or not at all.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.foundation.clock import Clock, Rank, low40
from sim.monitoring.detection import Inform, Looked, TrueDoor
from sim.monitoring.hindrance import DENIAL, JAMMING, Barrier, obstructed
from sim.monitoring.looks import CONSENT, JAMMED, MADE
from sim.records import COMPLAINT, Cue, Filed, Observation, Obstructions

_HOUR_US = 3_600_000_000
_A, _B, _BOTH = range(3)
"""Sides that let a team in, by the place of its sensor among those of teams."""


class Mischief(NamedTuple):
    """What the parties do to the door."""

    fooled: NDArray[np.bool_]
    """Acts, decoys included, whose impact names the other side."""
    violations: int
    """Number of the acts that are violations; what comes after them is not."""
    spells: Obstructions
    met: list[Observation]
    filed: Filed
    place_error_km: tuple[float, ...]
    """Error of the place as the mission believes it, by row of `filed`."""
    team: int | None
    """First sensor of teams: where side A, side B or both let them in."""


class MisledDoor(TrueDoor):
    """The true door, hindered by obstruction, fooled by deception, and with complaints passing through it."""

    mischief: Mischief
    barrier: Barrier

    def burdened(self, mischief: Mischief) -> MisledDoor:
        """Take on what the parties do."""
        self.mischief, self.barrier = mischief, Barrier(mischief.spells, self.cells)
        return self

    def begin(self, clock: Clock, inform: Inform, looked: Looked) -> None:
        """Put obstruction met on the clock too, and the complaints of each hour at its start."""
        super().begin(clock, inform, looked)
        for seen in self.mischief.met:
            clock.at(seen.reported_us, Rank.REPORT, low40(seen.id), inform, seen)
        told = self.mischief.filed.told_us
        for hour in np.unique(told // _HOUR_US).tolist():
            low, high = np.searchsorted(told, [hour * _HOUR_US, (hour + 1) * _HOUR_US]).tolist()
            clock.at(hour * _HOUR_US, Rank.REPORT, 0, self._post, low, high)

    def _post(self, low: int, high: int) -> None:
        """Put one hour's complaints on the clock, so that only so many exist at once."""
        rows = zip(*(column[low:high].tolist() for column in self.mischief.filed), strict=True)
        for key, row, about, _, kind, cell, km, onset, told in rows:
            seen = Observation(key, onset, onset, told, cell, km, kind, about, -1, COMPLAINT, False,
                               self.mischief.place_error_km[row], 0)
            self.clock.at(told, Rank.REPORT, low40(key), self.inform, seen)

    def _told(self, seen: Observation, act: int, sensor: int) -> Observation:
        """Name the other side where a planted impact is all that the means could see."""
        if not self.mischief.fooled[act]:
            return seen
        origin = self.library.origin[self.sensing.means[sensor]] and seen.seen_us < self.acts.end_us[act]
        return seen if origin else seen._replace(side=1 - int(self.acts.side[act]))

    def _fate(self, cue: Cue) -> tuple[Cue, int]:
        """Turn away a team, or jam a cued drone, where obstruction is in force."""
        now, team = self.clock.now, self.mischief.team
        if cue.flight >= 0:
            if self.barrier.in_force(JAMMING, cue.cell, now):
                return cue, JAMMED
            cue = cue._replace(end_us=self.barrier.next_us(JAMMING, cue.cell, now, cue.end_us))
        elif team is not None and team <= cue.sensor <= team + _BOTH:
            cue, fate = self._turned_away(cue, team)
            if fate != MADE:
                return cue, fate
        return super()._fate(cue)

    def _turned_away(self, cue: Cue, team: int) -> tuple[Cue, int]:
        """Let a team in on the sides that do not refuse it now; it reports the refusals."""
        open_to = [side for side in (_A, _B) if cue.sensor - team in (side, _BOTH)]
        for side in tuple(open_to):
            refusals = self.barrier.in_force(DENIAL, cue.cell, self.clock.now, side)
            if refusals:
                open_to.remove(side)
                self._refused(cue, refusals[0])
        if not open_to:
            return cue, CONSENT
        sensor = team + (_BOTH if len(open_to) == 2 else open_to[0])
        return cue._replace(sensor=sensor, end_us=self.barrier.next_us(DENIAL, cue.cell, self.clock.now, cue.end_us)), MADE

    def _refused(self, cue: Cue, spell: int) -> None:
        """Tell the mission that a team stood before a closed barrier, for as long as it would have stayed."""
        now, spells = self.clock.now, self.mischief.spells
        end = min(cue.end_us, int(spells.to_us[spell]))
        seen = obstructed(spells, spell, now, end, end, cue.case)
        self.clock.at(seen.reported_us, Rank.REPORT, low40(seen.id), self.inform, seen)

    def arrive(self, cell: int) -> None:
        """End violations in reach; what is no violation goes on."""
        whole = self.in_cell[cell]
        self.in_cell[cell] = whole[whole < self.mischief.violations]
        super().arrive(cell)
        self.in_cell[cell] = whole
