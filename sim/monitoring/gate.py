"""The door where parties decide as they go: an act exists for the monitors only from the moment at which it is committed.

A mediator can trust that nobody looks ahead: what may happen is looked up in advance, and seen only once it does.
"""
from __future__ import annotations

import numpy as np

from sim.foundation.clock import Clock
from sim.foundation.streams import I64
from sim.monitoring.detection import Inform, Looked, TrueDoor
from sim.monitoring.looks import MADE
from sim.records import Cue


class GatedDoor(TrueDoor):
    """A door through which nothing shows of an act before it is let in."""

    def begin(self, clock: Clock, inform: Inform, looked: Looked) -> None:
        """Search all acts that may happen in one array call, unless each is to be searched when it is let in."""
        self.clock, self.inform, self.looked = clock, inform, looked
        self.let_in = np.zeros(len(self.acts.id), dtype=bool)
        self.here: dict[int, list[int]] = {}
        self.staring: dict[int, list[Cue]] = {}
        self.moved: set[int] = set()
        if not self.event_by_event:
            self.sights.search(np.arange(len(self.acts.id)), 0)

    def move(self, act: int, cell: int, onset_us: int) -> None:
        """Put an act that is not yet let in at another cell and time; it keeps its place within the cell and its length."""
        acts, late = self.acts, onset_us - int(self.acts.onset_us[act])
        old, size = int(acts.cell[act]), self.cells.size_km
        acts.km[act] = self.cells.km[cell] + (acts.km[act] - self.cells.km[old]) * size[cell] / size[old]
        acts.cell[act] = cell
        for times in (acts.onset_us, acts.end_us, acts.trace_us):
            times[act] += late
        self.until_us[:, act] += late
        self.moved.add(act)

    def admit(self, act: int) -> None:
        """Let an act in that begins now: its next sight is scheduled, and stares under way at its cell try it."""
        self.let_in[act] = True
        cell = int(self.acts.cell[act])
        self.here.setdefault(cell, []).append(act)
        if self.event_by_event or act in self.moved:
            self.sights.search(np.array([act]), self.clock.now)
        self._schedule(act)
        for cue in self.staring.get(cell, ()):
            if cue.end_us >= self.clock.now:
                self._stare(cue, np.array([act]))

    def _schedule(self, act: int) -> None:
        """Schedule the next sight of an act that was let in."""
        if self.let_in[act]:
            super()._schedule(act)

    def _begun(self, cell: int) -> tuple[I64, I64]:
        """Acts in a cell whose trace still lives; of those to come nothing is known."""
        here = np.array(self.here.get(cell, ()), dtype=np.int64)
        return here[self.until_us[1, here] > self.clock.now], here[:0]

    def _begin_stare(self, cue: Cue) -> None:
        """Stare at a cell, if the sky and the flight allow: at acts under way now, at later ones when they are let in."""
        cue, fate = self._fate(cue)
        if fate == MADE:
            living, _ = self._begun(cue.cell)
            self._stare(cue, living)
            under_way = [one for one in self.staring.get(cue.cell, ()) if one.end_us >= self.clock.now]
            self.staring[cue.cell] = [*under_way, cue]
        self.looked(cue, fate)
