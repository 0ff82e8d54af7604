"""The door: the one place where the truth becomes something that the mission can know, with all its errors.

A mediator can trust that nothing else leaks: what is reported here, late, misplaced or wrong, is all that verification ever sees.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.area.light import Light
from sim.area.line import Cells, line_edges
from sim.area.weather import Sky, clouded
from sim.foundation.clock import Clock, Rank, low40
from sim.foundation.scan import GLANCE, NEVER, Targets, all_contacts, first_contacts
from sim.foundation.streams import F64, I64, key_of, mix64, mix_one, succeeds
from sim.monitoring.library import Library
from sim.monitoring.looks import CLOUD, DIVERTED, JAMMED, MADE, OTHER, Looks, Tables, by_physics
from sim.monitoring.mistaken import mistaken
from sim.monitoring.release import Terms, released
from sim.monitoring.sightings import Seen, Sensing, observe, sensors_of
from sim.records import Acts, Cue, Observation
from sim.scenario.monitoring import PHYSICS

_LOOK, _ONSET, _REPORT = Rank.LOOK, Rank.ONSET, Rank.REPORT
_MANY = 256
_ALL = tuple(range(len(PHYSICS)))
Inform = Callable[[Observation], None]
Looked = Callable[[Cue, int], None]
"""Called with a cued look and its fate, a number of `looks.REASONS`."""


class Door(Protocol):
    """What the engine may ask of a door; a test may pass one whose replies are scripted."""

    def begin(self, clock: Clock, inform: Inform, looked: Looked) -> None:
        """Put everything that will be seen unasked on the clock."""

    def cue(self, cue: Cue) -> None:
        """Take a look that a case ordered."""

    def divert(self, flight: int, from_us: int, to_us: int) -> None:
        """Take the legs of a flight off the table while it is elsewhere."""

    def call_off(self, scene: Cue) -> None:
        """Take a scene off the table that another case is to have: a cued one, or (number 0) one of the standing plan."""

    def arrive(self, cell: int) -> None:
        """End the acts in reach of an answer that arrived."""

    def close(self, founding: int) -> None:
        """Stop searching for what lies behind a case that was closed."""


class Sights:
    """First sights of acts by each physics class, kept current while looks and acts change."""

    def __init__(self, acts: Acts, library: Library, sensing: Sensing, looks: Looks, flight: NDArray[np.int32], cells: int, *,
                 bin_us: int, across_kmh: F64 | None = None) -> None:
        self.acts, self.flight, self.physics = acts, flight, library.physics
        self.across_kmh = None if across_kmh is None else np.where(acts.side == 1, -1, 1) * across_kmh[acts.kind]
        self.tables: Tables = by_physics(looks, library.physics, cells, bin_us=bin_us)
        self.sensors = sensors_of(acts.id, acts.kind, library, sensing)
        self.until_us = np.stack([acts.end_us, acts.trace_us])
        self.useful = [(self.sensors.theta[library.physics == number] > 0).any(axis=0) if (library.physics == number).any()
                       else np.zeros(2 * len(acts.id), dtype=bool) for number in _ALL]
        self.time = np.full((len(acts.id), len(PHYSICS)), NEVER)
        self.row = np.full((len(acts.id), len(PHYSICS)), -1, dtype=np.int64)
        self.by_row: dict[int, list[tuple[int, int]]] = {}
        self._legs: dict[int, tuple[I64, list[int]]] | None = None

    def search(self, acts: I64, now: int, physics: Iterable[int] = _ALL) -> None:
        """First sight of each act by each physics class from now on, in one array call a class and phase."""
        block = 16 if len(acts) > _MANY else 512  # few acts: fewer and longer steps cost less
        for number in physics:
            table = self.tables.tables[number]
            best, row = np.full(len(acts), NEVER), np.full(len(acts), -1, dtype=np.int64)
            for phase in (0, 1):
                open_ = self.until_us[phase, acts] > (np.maximum(self.until_us[0, acts], now) if phase else now)
                mine = np.flatnonzero(open_ & self.useful[number][acts + phase * len(self.acts.id)])
                if not len(mine) or not len(table.order):
                    continue
                time, which = first_contacts(table, self.sensors, self.targets(acts[mine], phase, now), block=block)
                better = time < best[mine]
                best[mine[better]], row[mine[better]] = time[better], which[better]
            self.time[acts, number], self.row[acts, number] = best, -1
            found = np.flatnonzero(row >= 0)
            whole = self.tables.rows[number][row[found]]
            self.row[acts[found], number] = whole
            for act, where in zip(acts[found].tolist(), whole.tolist(), strict=True):
                self.by_row.setdefault(where, []).append((act, number))

    def targets(self, acts: I64, phase: int, now: int) -> Targets:
        """Acts (phase 0) or their traces (phase 1) as targets from now on."""
        begin = self.acts.onset_us[acts] if phase == 0 else self.until_us[0, acts]
        return Targets(self.acts.id[acts], self.acts.cell[acts], begin, self.until_us[phase, acts],
                       (self.acts.trace_depth_km if phase else self.acts.depth_km)[acts], acts + phase * len(self.acts.id), now,
                       self.acts.km[acts], None if phase or self.across_kmh is None else self.across_kmh[acts])

    def depth_km(self, acts: I64, phase: I64, now: int) -> F64:
        """Depth of acts (phase 0), where those that move across the line are by now, or of their traces (phase 1)."""
        depth = np.where(phase == 1, self.acts.trace_depth_km[acts], self.acts.depth_km[acts])
        if self.across_kmh is None:
            return depth
        return depth + np.where(phase == 1, 0.0, self.across_kmh[acts] * (now - self.acts.onset_us[acts]) / 3.6e9)

    def remove(self, flight: int, from_us: int, to_us: int) -> list[int]:
        """Take the legs of a flight off the table; return the rows that changed."""
        looks, changed = self.tables.looks, []
        for number, (order, first) in self.legs_by_flight().items():
            table, rows = self.tables.tables[number], self.tables.rows[number]
            local = order[first[flight] : first[flight + 1]]
            local = local[(table.start_us[local] < to_us) & (table.end_us[local] > from_us)]
            begun = table.start_us[local] < from_us
            table.end_us[local[begun]] = looks.end_us[rows[local[begun]]] = from_us
            table.condition[local[~begun]] = 0.0
            gone = rows[local[~begun]]
            looks.lost[gone[looks.lost[gone] == MADE]] = DIVERTED
            changed += rows[local].tolist()
        return changed

    def call_off(self, scene: Cue) -> list[int]:
        """Take one look off the table; return its row."""
        looks = self.tables.looks
        low, high = np.searchsorted(looks.cell, [scene.cell, scene.cell + 1]).tolist()
        low += int(np.searchsorted(looks.start_us[low:high], scene.start_us))
        same = (looks.luck[low:high] == np.uint64(scene.luck)) & (looks.sensor[low:high] == scene.sensor)
        row = low + int(np.flatnonzero(same)[0])
        number = int(self.physics[looks.means[row]])
        local = int(np.searchsorted(self.tables.rows[number], row))
        if looks.lost[row] == MADE:
            self.tables.tables[number].condition[local] = 0.0
        looks.lost[row] = DIVERTED
        return [row]

    def legs_by_flight(self) -> dict[int, tuple[I64, list[int]]]:
        """For each physics class that flies: rows of its table in the order of flights, and where each flight begins."""
        if self._legs is None:
            self._legs = {}
            for number, rows in enumerate(self.tables.rows):
                flight = self.flight[rows]
                flown = np.flatnonzero(flight >= 0)
                if len(flown):
                    order = flown[np.argsort(flight[flown], kind="stable")]
                    first = np.searchsorted(flight[order], np.arange(int(self.flight.max()) + 2))
                    self._legs[number] = (order, first.tolist())
        return self._legs

    def again(self, rows: list[int], now: int, done: list[int]) -> list[int]:
        """Search once more, all at once, for what was to be seen from rows that have changed; return the acts touched.

        `done` holds for each act the physics classes that have seen it, as bits: nobody waits for those.
        """
        touched: dict[int, set[int]] = {}
        for row in rows:
            pairs = self.by_row.pop(row, None)
            for act, number in pairs or ():
                waited_for = not done[act] >> number & 1
                if waited_for and self.row[act, number] == row and self.time[act, number] >= now:
                    touched.setdefault(number, set()).add(act)
        for number in sorted(touched):
            self.search(np.array(sorted(touched[number])), now, (number,))
        return sorted(set().union(*touched.values()))

    def next(self, act: int, done: int) -> tuple[int, int] | None:
        """Time and physics class of the next sight by a kind of evidence that has not yet seen the act."""
        first, which = int(NEVER), -1
        for number, time in enumerate(self.time[act].tolist()):
            if time < first and not done >> number & 1:
                first, which = time, number
        return (first, which) if which >= 0 else None


def apart_km(door: TrueDoor, act: int, sensor: int, row: int) -> float:
    """Distance from a sensor that stands along the line, or else from its track, to an act or its trace; 0 where the error
    of its means does not grow with it."""
    sensing, looks = door.sensing, door.tables.looks
    if not door.library.error_per_km[int(sensing.means[sensor])]:
        return 0.0
    phase = np.array([int(door.clock.now >= door.until_us[0, act])])
    depth = door.sights.depth_km(np.array([act]), phase, door.clock.now).item()
    across = abs(depth - float(sensing.offset_km[sensor]))
    if row < 0 or sensing.speed_kmh[sensor] > 0 or looks.law[row] == GLANCE or looks.centre_us[row] < 0:
        return across
    return float(np.hypot(across, door.acts.km[act] - looks.centre_us[row] / 1000))


class TrueDoor:
    """The door between the drawn truth and the mission."""

    def __init__(self, acts: Acts, library: Library, sensing: Sensing, looks: Looks, flight: NDArray[np.int32], cells: Cells,
                 sky: Sky, light: Light, *, bin_us: int, fates: Sequence[tuple[int, int, int]] = (),
                 terms: Terms | None = None, event_by_event: bool = False, across_kmh: F64 | None = None) -> None:
        self.acts, self.library, self.sensing, self.cells, self.terms = acts, library, sensing, cells, terms
        self.sky, self.light, self.fates, self.event_by_event = sky, light, fates, event_by_event
        self.sights = Sights(acts, library, sensing, looks, flight, len(cells.km), bin_us=bin_us, across_kmh=across_kmh)
        self.tables, self.until_us = self.sights.tables, self.sights.until_us
        self.stamp, self.done = [0] * len(acts.id), [0] * len(acts.id)
        self.edges = line_edges(cells)
        order = np.lexsort((acts.onset_us, acts.cell))
        self.in_cell = np.split(order, np.searchsorted(acts.cell[order], np.arange(1, len(cells.km))))
        self.seen: list[Seen] = []
        self.cause: dict[int, int] = {}
        self.called_off: set[tuple[int, int]] = set()

    def begin(self, clock: Clock, inform: Inform, looked: Looked) -> None:
        """Search all acts in one array call and put their first sights on the clock, or search each act at its onset."""
        self.clock, self.inform, self.looked = clock, inform, looked
        if self.event_by_event:
            for act, (when, key) in enumerate(zip(self.acts.onset_us.tolist(), self.acts.id.tolist(), strict=True)):
                clock.at(when, _ONSET, low40(key), self._onset, act)
            return
        self.sights.search(np.arange(len(self.acts.id)), 0)
        for act in np.flatnonzero(self.sights.time.min(axis=1) < NEVER).tolist():
            self._schedule(act)

    def _onset(self, act: int) -> None:
        """Search for an act that begins now and schedule its next sight."""
        self.sights.search(np.array([act]), self.clock.now)
        self._schedule(act)

    def _begun(self, cell: int) -> tuple[I64, I64]:
        """Acts in a cell that have begun and whose trace still lives, and acts that are yet to begin."""
        there = self.in_cell[cell]
        begun = int(np.searchsorted(self.acts.onset_us[there], self.clock.now, side="right"))
        return there[:begun][self.until_us[1, there[:begun]] > self.clock.now], there[begun:]

    def _schedule(self, act: int) -> None:
        """Schedule only the next sight; what was scheduled before loses its stamp."""
        self.stamp[act] += 1
        following = self.sights.next(act, self.done[act])
        if following is not None:
            when, number = following
            key = mix_one(self.tables.looks.luck.item(self.sights.row.item(act, number)), self.acts.id.item(act))
            self.clock.at(max(when, self.clock.now), _LOOK, low40(key), self._sight, act, number, self.stamp[act])

    def _sight(self, act: int, physics: int, stamp: int) -> None:
        """Report a sight, unless looks or the act have changed since it was scheduled."""
        if stamp != self.stamp[act]:
            return
        row, looks = self.sights.row.item(act, physics), self.tables.looks
        self._report(act, looks.luck.item(row), looks.sensor.item(row), row, looks.start_us.item(row), looks.end_us.item(row), 0)
        self._schedule(act)

    def _report(self, act: int, luck: int, sensor: int, row: int, start: int, end: int, case: int) -> None:
        """Draw the errors of one observation by its key and tell the mission when it arrives."""
        key = mix_one(luck, self.acts.id.item(act))
        seen = self._told(observe(key, self.clock.now, self.acts, act, sensor, self.sensing, self.library, self.cells, case,
                                  self.edges, apart_km(self, act, sensor, row)), act, sensor)
        seen = seen if self.terms is None else released(seen, self.terms, sensor)
        cell, never = self.acts.cell.item(act), bool(seen.reported_us >= NEVER)
        self.seen.append(Seen(key, act, row, luck, sensor, cell, start, end, case != 0, never))
        if self.seen[-1].withheld:  # the next sight by the same physics may be one that the mission is told of
            self.sights.search(np.array([act]), self.clock.now + 1, (seen.physics,))
            return
        self.done[act] |= 1 << seen.physics
        self.cause[key] = act
        self.clock.at(seen.reported_us, _REPORT, low40(key), self.inform, seen)

    def _told(self, seen: Observation, act: int, sensor: int) -> Observation:
        """What is told of an observation; a door of another kind may know better."""
        return seen

    def cue(self, cue: Cue) -> None:
        """Put a cued look on the clock."""
        self.clock.at(cue.start_us, _LOOK, low40(cue.case + cue.number), self._begin_stare, cue)

    def _begin_stare(self, cue: Cue) -> None:
        """Stare at a cell, if the sky and the flight allow: acts under way are tried now, later ones at their onset."""
        cue, fate = self._fate(cue)
        if fate != MADE:
            self.looked(cue, fate)
            return
        living, later = self._begun(cue.cell)
        self._stare(cue, living)
        _mistake(self, cue, living)
        for act in later[: np.searchsorted(self.acts.onset_us[later], cue.end_us, side="right")]:
            self.clock.at(int(self.acts.onset_us[act]), _ONSET, low40(int(self.acts.id[act])), self._stare, cue, act[None])
        self.looked(cue, MADE)

    def _fate(self, cue: Cue) -> tuple[Cue, int]:
        """What became of a cued look: cut short or lost where its flight had to leave or was jammed, lost to cloud, or made."""
        now = self.clock.now
        if cue.flight >= 0:
            off, jam_from, jam_to = self.fates[cue.flight]
            if now >= off or jam_from <= now < jam_to:
                return cue, OTHER if now >= off else JAMMED
            cue = cue._replace(end_us=min(cue.end_us, off, jam_from if jam_from > now else cue.end_us))
        return cue, _fate_of(self, cue, now)

    def _stare(self, cue: Cue, which: I64) -> None:
        """Decide by key which acts in a cell a stare notices at this instant."""
        if not len(which):
            return
        means, n, luck = int(self.sensing.means[cue.sensor]), len(self.acts.id), _luck_of(self, cue)
        phase = (self.clock.now >= self.until_us[0, which]).astype(np.int64)
        depth = self.sights.depth_km(which, phase, self.clock.now)
        near = np.abs(depth - self.sensing.offset_km[cue.sensor]) <= self.sensing.reach_km[cue.sensor]
        alive = near & (self.clock.now < self.until_us[phase, which])
        noticed = alive & succeeds(mix64(luck, self.acts.id[which]), self.sights.sensors.theta[means, which + phase * n])
        for act in which[noticed].tolist():
            self._report(act, luck, cue.sensor, -1, cue.start_us, cue.end_us, cue.case)
            self._schedule(act)

    def divert(self, flight: int, from_us: int, to_us: int) -> None:
        """Take the legs of a flight off the table, and search again for acts whose first sight was among them."""
        for act in self.sights.again(self.sights.remove(flight, from_us, to_us), from_us, self.done):
            self._schedule(act)

    def call_off(self, scene: Cue) -> None:
        """Take a scene off the table, and search again for acts whose first sight was in one of the standing plan."""
        self.called_off.add((scene.case, scene.number))
        for act in self.sights.again([] if scene.number else self.sights.call_off(scene), self.clock.now, self.done):
            self._schedule(act)

    def arrive(self, cell: int) -> None:
        """End the acts that an answer finds under way: their trace begins now."""
        now, living = self.clock.now, self._begun(cell)[0]
        ended = sorted(living[self.until_us[0, living] > now].tolist())
        for act in ended:
            self.until_us[1, act] -= self.until_us[0, act] - now
            self.until_us[0, act] = now
        if ended:
            self.sights.search(np.array(ended), now)
        for act in ended:
            self._schedule(act)

    def close(self, founding: int) -> None:
        """Stop the search for the act behind a closed case; later sights of it would be repeats."""
        act = self.cause.get(founding, -1)
        if act >= 0:
            self.done[act] = (1 << len(PHYSICS)) - 1
            self.stamp[act] += 1

    def all_successes(self) -> tuple[I64, I64, I64]:
        """Every success (act, row of the look, time), for tests that compare whole worlds."""
        return _every_success(self)


def _every_success(door: TrueDoor) -> tuple[I64, I64, I64]:
    """Every success of every look, by act and time."""
    acts, parts = np.arange(len(door.acts.id)), []
    for number, table in enumerate(door.tables.tables):
        for phase in (0, 1):
            target, look, time = all_contacts(table, door.sights.sensors, door.sights.targets(acts, phase, 0))
            parts.append((acts[target], door.tables.rows[number][look], time))
    act, row, when = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((row, when, act))
    return act[order], row[order], when[order]


def _luck_of(door: TrueDoor, cue: Cue) -> int:
    """Key of the luck of a cued look: that of the pass that it takes, else of the case, the sensor and the number."""
    return cue.luck or mix_one(key_of(cue.case, "cue", door.sensing.names[cue.sensor]), cue.number)


def _mistake(door: TrueDoor, cue: Cue, living: I64) -> None:
    """Tell the mission of what a cued look took for the act that it was sent to look for, where there was none."""
    if not door.library.mistaken:
        return
    seen = mistaken(cue, _luck_of(door, cue), door.clock.now, living, door.acts, door.library, door.sensing, door.cells)
    if seen is not None:
        told = seen if door.terms is None else released(seen, door.terms, cue.sensor)
        if told.reported_us < NEVER:
            door.clock.at(told.reported_us, _REPORT, low40(told.id), door.inform, told)


def _fate_of(door: TrueDoor, cue: Cue, now: int) -> int:
    """What becomes of a cued look whose flight allows it: called off, lost to a withdrawn sensor or to cloud, or made."""
    if (cue.case, cue.number) in door.called_off:
        return DIVERTED
    if door.sensing.until_us is not None and now >= door.sensing.until_us[cue.sensor]:
        return OTHER
    blocked = door.sensing.clouded[cue.sensor] and clouded(door.sky, door.cells.sector[[cue.cell]], np.array([now]))[0]
    return CLOUD if blocked else MADE
