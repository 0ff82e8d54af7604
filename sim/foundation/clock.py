"""The clock of a simulated ceasefire: it counts whole microseconds, so that two computers never disagree.

When several things happen at the same instant their order follows from what they are (weather before looks,
reports before decisions) and from their number, never from the order in which a program listed them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from enum import IntEnum
from operator import index
from sys import maxsize
from typing import Any, NoReturn

from simpy.core import Environment
from simpy.events import Event, EventPriority, Process

ENTITY_BITS = 40
ENTITY_LIMIT = 1 << ENTITY_BITS
_LAST = EventPriority(1 << 62)

Life = Generator[Event, Any, Any]


class Rank(IntEnum):
    """Order of things that happen at one instant.

    Begins at 1 so that SimPy's own events (priorities 0 and 1) come first. Reading a member costs 60 ns in
    Python 3.11: bind it to a module name (``_UNIT = Rank.UNIT``) where it is used often.
    """

    WEATHER = 1
    ACT_END = 2
    ONSET = 3
    LOOK = 4
    REPORT = 5
    STAFF = 6
    COMMISSION = 7
    DECISION = 8
    UNIT = 9
    VERDICT = 10


class ClockLimit(RuntimeError):
    """A declared limit of the clock was reached; `limit` is its value."""

    def __init__(self, message: str, limit: int = 0) -> None:
        super().__init__(message)
        self.limit = limit


class StalledClock(ClockLimit):
    """More events at one instant than allowed: time no longer moves."""


class EventLimit(ClockLimit):
    """More events in all than allowed."""


class _Call(Event):
    """A SimPy event that is settled at birth and runs one function."""

    # Slots that the clock fills itself: 0.1 µs less than a dictionary and an __init__ with arguments.
    __slots__ = ("args", "callbacks", "fn")
    _ok = True
    _value = None
    __init__ = object.__init__
    fn: Callable[..., object]
    args: tuple[Any, ...]


class _Wait(Event):
    """A settled event that a process yields; keeps the process so that a stalled clock can name it."""

    def __init__(self, env: Environment, process: Process | None) -> None:
        super().__init__(env)
        self.process = process


class Clock:
    """Events in whole microseconds, ranked within each instant.

    Parameters
    ----------
    start_us : int
        First instant.
    max_at_one_instant : int
        More events than this at one instant raise `StalledClock`.
    max_events : int or None
        More events than this in all raise `EventLimit`.
    """

    def __init__(
        self, start_us: int = 0, *, max_at_one_instant: int = 1_000_000, max_events: int | None = None
    ) -> None:
        self.count = 0
        self._spare = _positive(max_at_one_instant, "max_at_one_instant") - 1
        self._end = maxsize if max_events is None else _positive(max_events, "max_events")
        self.now = _whole(start_us, "start_us")
        """Microseconds since the ceasefire took effect."""
        self._env = Environment(self.now)
        self._schedule = self._env.schedule
        self._instant: float | None = None
        self._halt = 0
        self._fire_list = [self._fire]
        self._alive: dict[int, tuple[Process, str]] = {}
        self._started = 0

    def at(self, when_us: int, rank: Rank, entity: int, fn: Callable[..., object], *args: Any) -> None:
        """Run ``fn(*args)`` at the instant `when_us`, in the order of `rank`, then `entity`.

        Raises TypeError unless both are whole numbers (floats and NaN are never rounded), ValueError if
        `when_us` lies in the past or `entity` outside 0 … 2**40 - 1.
        """
        now = self.now
        exact = type(when_us) is int and type(entity) is int
        if not exact or when_us < now or not 0 <= entity < ENTITY_LIMIT:
            when_us, entity = _future(when_us, now), _entity(entity)
        call = _Call()
        call.callbacks = self._fire_list
        call.fn = fn
        call.args = args
        self._schedule(call, (rank << ENTITY_BITS) | entity, when_us - now)  # type: ignore[arg-type]

    def after(self, delay_us: int, rank: Rank, entity: int, fn: Callable[..., object], *args: Any) -> None:
        """Run ``fn(*args)`` `delay_us` from now; otherwise as `at`."""
        exact = type(delay_us) is int and type(entity) is int
        if not exact or delay_us < 0 or not 0 <= entity < ENTITY_LIMIT:
            delay_us, entity = _delay(delay_us), _entity(entity)
        call = _Call()
        call.callbacks = self._fire_list
        call.fn = fn
        call.args = args
        self._schedule(call, (rank << ENTITY_BITS) | entity, delay_us)  # type: ignore[arg-type]

    def wait(self, delay_us: int, rank: Rank, entity: int) -> Event:
        """Give a process an event to yield; it goes on `delay_us` from now, in its rank."""
        return self.settle(self.promise(), rank, entity, delay_us=delay_us)

    def promise(self) -> Event:
        """Give a process an event to yield that nobody has scheduled yet; see `settle`."""
        return _Wait(self._env, self._env.active_process)

    def settle(
        self, event: Event, rank: Rank, entity: int, value: object = None, *, delay_us: int = 0
    ) -> Event:
        """Let a promise come true `delay_us` from now, in its rank (SimPy's `succeed` would jump the queue).

        Raises ValueError if it was settled before.
        """
        if event.triggered or event.callbacks is None:
            raise ValueError(f"this promise was settled before: {event!r}")
        delay, number = _delay(delay_us), _entity(entity)
        event._ok = True
        event._value = value
        event.callbacks.insert(0, self._tick)
        self._schedule(event, EventPriority((rank << ENTITY_BITS) | number), delay)
        return event

    def start(self, life: Life, rank: Rank, entity: int, *, name: str | None = None) -> Process:
        """Start a process now, in its rank; it is listed in `waiters` until it ends."""
        label = name or str(getattr(life, "__qualname__", type(life).__name__))
        self._started += 1
        process = self._env.process(self._live(self._started, life, rank, _entity(entity)))
        self._alive[self._started] = (process, label)
        return process

    def _live(self, serial: int, life: Life, rank: Rank, entity: int) -> Life:
        yield self.wait(0, rank, entity)
        try:
            return (yield from life)
        finally:
            self._alive.pop(serial, None)

    def waiters(self) -> tuple[str, ...]:
        """Names of the processes that have not ended, in the order in which they were started."""
        return tuple(name for _, name in self._alive.values())

    def stuck(self) -> tuple[str, ...]:
        """Names of the processes that wait for something that nobody has scheduled."""
        return tuple(name for process, name in self._alive.values() if not process.target.triggered)

    def run(self, until_us: int) -> None:
        """Run all events up to and including the instant `until_us`, and leave the clock there.

        Raises StalledClock or EventLimit at a declared limit; the event that would pass it is not run.
        """
        end = _future(until_us, self.now)
        stop = self._env.event()
        stop._ok, stop._value = True, None
        # The last priority of that instant: SimPy's own `until` would leave out the events at `until` itself.
        self._env.schedule(stop, _LAST, end - self.now)
        try:
            self._env.run(until=stop)
        finally:
            stop.callbacks = []
            self.now = self._env.now  # type: ignore[assignment]  # integers in, integers out

    def _fire(self, call: _Call) -> None:
        self.count = count = self.count + 1
        now: int = self._env.now  # type: ignore[assignment]  # integers in, integers out
        if now != self._instant:
            self._instant = self.now = now
            self._halt = count + self._spare
        if count > self._halt or count > self._end:
            self._refuse(call.fn)
        call.fn(*call.args)

    def _tick(self, event: Event) -> None:
        self.count += 1
        if self._env.now != self._instant:
            self._instant = self.now = self._env.now  # type: ignore[assignment]  # integers in, integers out
            self._halt = self.count + self._spare
        if self.count > self._halt or self.count > self._end:
            self._refuse(event)

    def _refuse(self, last: object) -> NoReturn:
        self.count -= 1
        name = _name(last, self._alive.values())
        if self.count >= self._end:
            reached = f"the declared limit of {self._end} events was reached at {self.now} µs"
            raise EventLimit(f"{reached}; next was {name}", self._end)
        most = self._spare + 1
        raise StalledClock(f"more than {most} events at the one instant {self.now} µs; last was {name}", most)


def _name(last: object, alive: Iterable[tuple[Process, str]]) -> str:
    if isinstance(last, _Wait):
        return next((name for process, name in alive if process is last.process), "a promise")
    return str(getattr(last, "__qualname__", type(last).__name__))


def low40(key: int) -> int:
    """Entity number of a 64-bit id: its low 40 bits (ids are mixes, so any 40 bits serve)."""
    return index(key) & (ENTITY_LIMIT - 1)


def _whole(value: int, name: str) -> int:
    try:
        return index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {value!r}") from None


def _positive(value: int, name: str) -> int:
    number = _whole(value, name)
    if number < 1:
        raise ValueError(f"{name} must be at least 1, not {number}")
    return number


def _future(when_us: int, now: int) -> int:
    when = _whole(when_us, "the instant")
    if when < now:
        raise ValueError(f"{when} µs lies in the past: it is {now} µs")
    return when


def _delay(delay_us: int) -> int:
    delay = _whole(delay_us, "the delay")
    if delay < 0:
        raise ValueError(f"a delay must not be negative: {delay} µs")
    return delay


def _entity(entity: int) -> int:
    number = _whole(entity, "the entity number")
    if not 0 <= number < ENTITY_LIMIT:
        raise ValueError(f"the entity number {number} lies outside 0 … 2**40 - 1; take low40 of 64-bit ids")
    return number
