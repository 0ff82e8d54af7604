"""Reviews: desks that a confirmed case passes one after the other before it is a finding, and may be sent back from.

A mediator sees what a legal review or an attribution cell of few people costs in hours, and how often work is done twice.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from sim.foundation.clock import Clock, low40
from sim.foundation.desk import Desk, Done
from sim.foundation.streams import key_of, luck_of
from sim.scenario.verification import Review
from sim.verification.work import service_factor

_MINUTE_US = 60_000_000
C = TypeVar("C")
AGAIN = -1
"""Number of the analysts' desk, to which a case is sent back, among the desks of reviews."""


class Visit(NamedTuple):
    """One visit of a case to a desk: which desk, when it came, how long it waited in all, and when it left; µs."""

    desk: int
    case: int
    came_us: int
    waited_us: int
    left_us: int


class Reviews(Generic[C]):
    """The desks of a mission behind its analysts, in their order; a tandem queue with feedback (Jackson 1957).

    Parameters
    ----------
    key_of_case
        Key and priority of a case.
    done
        Called with a case that has passed all desks.
    again
        Puts a case that was sent back on the analysts' desk, with the number of the turn, and what to call when that is done.
    """

    def __init__(self, clock: Clock, section: Sequence[Review], *, key_of_case: Callable[[C], tuple[int, int]],
                 done: Callable[[C], object], again: Callable[[C, int, Done], object]) -> None:
        self.clock, self.section, self.done, self.again, self.key_of_case = clock, section, done, again, key_of_case
        self.desks = [Desk(clock, one.id, one.analysts, number=n + 1) for n, one in enumerate(section)]
        self.visits: list[Visit] = []
        self.turns: dict[int, int] = {}
        """Case → how often it was sent back."""

    def begin(self, case: C) -> None:
        """Put a case on the first desk."""
        self._bring(0, case)

    def _bring(self, desk: int, case: C) -> None:
        one, (key, priority) = self.section[desk], self.key_of_case(case)
        luck = luck_of(key_of(key, "review", one.id), self.turns.get(key, 0))
        work = round(service_factor(one.service_law, luck, one.service_log_sd) * one.service_median_min * _MINUTE_US)
        self.desks[desk].submit(low40(key), priority, max(work, 0), self._noted(desk, key, lambda: self._leave(desk, case)))

    def _noted(self, desk: int, key: int, then: Callable[[], None]) -> Done:
        """Note a visit when it is over, and go on."""
        came = self.clock.now

        def left(_: int, waited_us: int) -> None:
            self.visits.append(Visit(desk, key, came, waited_us, self.clock.now))
            then()

        return left

    def _leave(self, desk: int, case: C) -> None:
        """Send a reviewed case back, on to the next desk, or out."""
        one, key = self.section[desk], self.key_of_case(case)[0]
        turn = self.turns.get(key, 0)
        if one.back_share and luck_of(key_of(key, "sent back", one.id), turn) < one.back_share:
            self.turns[key] = turn + 1
            self.again(case, turn + 1, self._noted(AGAIN, key, lambda: self._bring(0, case)))
        elif desk + 1 < len(self.section):
            self._bring(desk + 1, case)
        else:
            self.done(case)
