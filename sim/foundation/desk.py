"""A desk with a queue: people who work through what arrives, the most urgent first, during their shifts.

It shows how long a report waits until somebody is free for it, and how much is refused or given up meanwhile.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from operator import index
from typing import Literal, NamedTuple

from sim.foundation.clock import Clock, Rank

DAY_US = 86_400_000_000
_STAFF = Rank.STAFF
_SLACK = 64

Reason = Literal["refused", "abandoned"]
Shift = tuple[float, float, int]
Done = Callable[[int, int], object]
Gone = Callable[[int, Reason], object]


class Shifts(NamedTuple):
    """Staff over the local day: `staff[i]` from `edges_us[i]` to the next edge; the first edge is 0."""

    edges_us: tuple[int, ...]
    staff: tuple[int, ...]
    offset_us: int

    def staff_at(self, time_us: int) -> int:
        """Staff on duty at an instant; a shift begins at its first microsecond."""
        return self.staff[bisect_right(self.edges_us, (time_us + self.offset_us) % DAY_US) - 1]

    def duty_at(self, time_us: int) -> tuple[int, int]:
        """Staff on duty at an instant, and when that shift ends."""
        phase = (time_us + self.offset_us) % DAY_US
        shift = bisect_right(self.edges_us, phase)
        end = self.edges_us[shift] if shift < len(self.edges_us) else DAY_US
        return self.staff[shift - 1], time_us - phase + end

    def next_rise(self, time_us: int) -> int | None:
        """First instant after `time_us` at which staff increase; None if they never do."""
        phase = (time_us + self.offset_us) % DAY_US
        waits = (
            (edge - phase - 1) % DAY_US + 1
            for i, edge in enumerate(self.edges_us)
            if self.staff[i] > self.staff[i - 1]
        )
        wait = min(waits, default=None)
        return None if wait is None else time_us + wait

    def staffed_us(self, start_us: int, end_us: int) -> int:
        """Integral of staff over [start, end), in person-microseconds."""
        return self._since_midnight(end_us + self.offset_us) - self._since_midnight(start_us + self.offset_us)

    def _since_midnight(self, local_us: int) -> int:
        days, phase = divmod(local_us, DAY_US)
        ends = (*self.edges_us[1:], DAY_US)
        spans = list(zip(self.staff, self.edges_us, ends, strict=True))
        whole = sum(n * (b - a) for n, a, b in spans)
        return days * whole + sum(n * (min(b, phase) - a) for n, a, b in spans if a < phase)


def shifts(staff: int | Sequence[Shift], *, local_offset_h: float = 0.0) -> Shifts:
    """Staff over the day from a number or from shifts (start hour, end hour, staff).

    Parameters
    ----------
    staff : int or sequence of (float, float, int)
        Local hours of the day; a shift with start > end passes midnight; shifts that overlap add up; nobody
        is there outside the shifts.
    local_offset_h : float
        Local hour of the day at time zero of the clock.

    Raises
    ------
    ValueError
        For hours outside 0 … 24, an empty shift, or a negative number of staff; the message names the shift.
    """
    offset_us = round(local_offset_h * 3_600_000_000)
    if not isinstance(staff, Sequence):
        return Shifts((0,), (_heads(staff, staff),), offset_us)
    pieces = [piece for shift in staff for piece in _pieces(shift)]
    edges = sorted({0, *(a for a, _, _ in pieces), *(b for _, b, _ in pieces if b < DAY_US)})
    counts = tuple(sum(n for a, b, n in pieces if a <= edge < b) for edge in edges)
    return Shifts(tuple(edges), counts, offset_us)


def _pieces(shift: Shift) -> list[tuple[int, int, int]]:
    start_h, end_h, staff = shift
    if not (0 <= start_h < 24 and 0 < end_h <= 24) or start_h == end_h:
        raise ValueError(f"the shift {shift!r} must have a start in [0, 24) and another end in (0, 24]")
    a, b, n = round(start_h * 3_600_000_000), round(end_h * 3_600_000_000), _heads(staff, shift)
    return [(a, b, n)] if a < b else [(a, DAY_US, n), (0, b, n)]


def _heads(staff: int, shown: object) -> int:
    number = index(staff)
    if number < 0:
        raise ValueError(f"the number of staff must not be negative: {shown!r}")
    return number


class DeskFigures(NamedTuple):
    """What a desk did up to an instant; times are integrals, in (person- or request-) microseconds."""

    submitted: int
    served: int
    refused: int
    abandoned: int
    interrupted: int
    waiting: int
    working: int
    max_waiting: int
    busy_us: int
    waiting_us: int
    waited_us: int
    staffed_us: int


class _Request:
    __slots__ = ("began", "done", "gone", "key", "left", "mark", "service")

    def __init__(self, key: tuple[int, int, int, int], service: int, done: Done, gone: Gone | None) -> None:
        self.key = key  # priority, arrival, entity, serial number
        self.service = self.left = service
        self.done = done
        self.gone = gone
        self.began = 0
        self.mark = 0


class _Line:
    """A heap whose entries lapse when the mark of their request moves on; they are dropped in passing."""

    def __init__(self) -> None:
        self.length = 0
        self._heap: list[tuple[int, int, int, int, int, _Request]] = []

    def push(self, key: tuple[int, int, int, int], request: _Request) -> None:
        self.length += 1
        heap = self._heap
        if len(heap) > 2 * self.length + _SLACK:
            heap[:] = [entry for entry in heap if entry[5].mark == entry[4]]
            heapify(heap)
        heappush(heap, (*key, request.mark, request))

    def leave(self, request: _Request) -> None:
        self.length -= 1
        request.mark += 1

    def head(self) -> _Request:
        heap = self._heap
        while heap[0][5].mark != heap[0][4]:
            heappop(heap)
        return heap[0][5]


class _Tally:
    """Counts and integrals of one desk."""

    def __init__(self, now: int) -> None:
        self.last = now
        self.submitted = self.served = self.refused = self.abandoned = self.interrupted = 0
        self.max_waiting = self.busy_us = self.waiting_us = self.waited_us = 0

    def advance(self, now: int, waiting: int, busy: int) -> None:
        span = now - self.last
        self.busy_us += busy * span
        self.waiting_us += waiting * span
        # Only a queue that lasts counts as a queue: what arrives to free staff starts within the instant.
        if span and waiting > self.max_waiting:
            self.max_waiting = waiting
        self.last = now


class _Duty:
    """Staff on duty, asked of the shifts once a shift."""

    def __init__(self, shifts: Shifts) -> None:
        self.shifts, self.staff, self.until_us = shifts, 0, -(1 << 62)

    def at(self, now: int) -> int:
        if now >= self.until_us:
            self.staff, self.until_us = self.shifts.duty_at(now)
        return self.staff


class Desk:
    """A queue in front of staff, served by priority (lower first), then arrival, then entity number.

    Work starts in the rank STAFF of an instant: what arrives together is sorted before anyone chooses.
    Running work is never broken off when a shift shrinks, but no work starts beyond the staff on duty.

    Parameters
    ----------
    staff, local_offset_h
        See `shifts`.
    capacity : int or None
        Most requests in the system, those in work included; arrivals beyond it are refused.
    preemptive : bool
        If true, a more urgent request interrupts the least urgent work, which later resumes where it stopped.
    number : int
        Number of the desk among entities, which orders desks at one instant.
    """

    def __init__(
        self, clock: Clock, name: str, staff: int | Sequence[Shift], *, capacity: int | None = None,
        preemptive: bool = False, local_offset_h: float = 0.0, number: int = 0,
    ) -> None:
        self.clock, self.name, self.number = clock, name, number
        self.capacity, self.preemptive = capacity, preemptive
        self._shifts = shifts(staff, local_offset_h=local_offset_h)
        self._line, self._working = _Line(), _Line()
        self._tally, self._since, self._staffed = _Tally(clock.now), clock.now, 0
        self._called, self._duty = False, _Duty(self._shifts)
        self._wake: int | None = None

    def submit(
        self, entity: int, priority: int, service_us: int, done: Done, *,
        patience_us: int | None = None, gone: Gone | None = None,
    ) -> bool:
        """Bring a request; returns whether it was let in.

        ``done(entity, waited_us)`` is called when the work ends; waited is the time in the system less the
        service, interruptions included. ``gone(entity, reason)`` is called with "refused" at once, or with
        "abandoned" when `patience_us` have passed before work on it began.
        """
        service = index(service_us)
        if service < 0:
            raise ValueError(f"{self.name}: the service time must not be negative: {service} µs")
        now = self._advance()
        self._tally.submitted += 1
        if self.capacity is not None and self._line.length + self._working.length >= self.capacity:
            self._tally.refused += 1
            if gone is not None:
                gone(entity, "refused")
            return False
        request = _Request((index(priority), now, index(entity), self._tally.submitted), service, done, gone)
        if patience_us is not None:
            self.clock.after(patience_us, _STAFF, request.key[2], self._tire, request)
        self._line.push(request.key, request)
        self._look(now)
        return True

    def restaff(self, staff: int | Sequence[Shift], *, local_offset_h: float = 0.0) -> None:
        """Change the staff from now on; work that runs goes on."""
        now = self._advance()
        self._staffed += self._shifts.staffed_us(self._since, now)
        self._shifts, self._since, self._wake = shifts(staff, local_offset_h=local_offset_h), now, None
        self._duty = _Duty(self._shifts)
        self._look(now)

    def figures(self) -> DeskFigures:
        """Return counts and integrals up to now."""
        t, now = self._tally, self._advance()
        counts = (t.submitted, t.served, t.refused, t.abandoned, t.interrupted)
        levels, staffed = (self._line.length, self._working.length, t.max_waiting), self._shifts.staffed_us(self._since, now)
        return DeskFigures(*counts, *levels, t.busy_us, t.waiting_us, t.waited_us, self._staffed + staffed)

    def _advance(self) -> int:
        if self.clock.now != self._tally.last:
            self._tally.advance(self.clock.now, self._line.length, self._working.length)
        return self.clock.now

    def _look(self, now: int) -> None:
        if self._called:
            return
        if self.preemptive or self._working.length < self._duty.at(now):
            self._called = True
            self.clock.after(0, _STAFF, self.number, self._serve)
        else:
            self._plan(now)

    def _plan(self, now: int) -> None:
        """Come back when the next shift brings more staff."""
        planned = len(self._shifts.staff) == 1 or (self._wake is not None and self._wake > now)
        if not planned and (rise := self._shifts.next_rise(now)) is not None:
            self._wake = rise
            self.clock.at(rise, _STAFF, self.number, self._serve)

    def _serve(self) -> None:
        self._called = False
        now = self._advance()
        staff = self._duty.at(now)
        while self._line.length:
            request = self._line.head()
            if not (self._working.length < staff or self._make_room(request, staff, now)):
                self._plan(now)
                return
            self._start(request, now)

    def _start(self, request: _Request, now: int) -> None:
        self._line.leave(request)
        request.began = now
        if self.preemptive:
            priority, arrived, entity, serial = request.key
            self._working.push((-priority, -arrived, -entity, -serial), request)
        else:
            self._working.length += 1
        self.clock.after(request.left, _STAFF, request.key[2], self._finish, request, request.mark)

    def _make_room(self, urgent: _Request, staff: int, now: int) -> bool:
        if not self.preemptive or not self._working.length or self._working.length > staff:
            return False
        worst = self._working.head()
        left = worst.left - (now - worst.began)
        # Work that ends at this very instant is not interrupted: it makes room by itself.
        if worst.key[0] <= urgent.key[0] or left <= 0:
            return False
        worst.left = left
        self._tally.interrupted += 1
        self._working.leave(worst)
        self._line.push(worst.key, worst)
        return True

    def _finish(self, request: _Request, mark: int) -> None:
        if request.mark != mark:
            return
        now = self._advance()
        self._working.leave(request)
        waited = now - request.key[1] - request.service
        self._tally.served += 1
        self._tally.waited_us += waited
        self._called = True  # what `done` submits here is seen by the line below
        request.done(request.key[2], waited)
        self._serve()

    def _tire(self, request: _Request) -> None:
        if self._called:
            self._serve()
        if request.mark:
            return
        self._advance()
        self._line.leave(request)
        self._tally.abandoned += 1
        if request.gone is not None:
            request.gone(request.key[2], "abandoned")
