"""Working hours: answers of capitals that are worked on by day and, maybe, not at weekends.

A mediator sees how many hours of a decision are nights and Sundays.
"""
from __future__ import annotations

from sim.scenario.response import Procedure

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US


def round_the_clock(procedure: Procedure) -> bool:
    """Whether every hour counts."""
    return procedure.weekends and procedure.working_from_h == 0 and procedure.working_to_h == 24


def worked_until(procedure: Procedure, begin_us: int, work_us: int, *, midnight_us: int, weekday: int) -> int:
    """Instant (µs) at which an amount of work is done that begins at an instant and rests outside working hours.

    Parameters
    ----------
    midnight_us : int
        An instant of local midnight, not after `begin_us`.
    weekday : int
        Day of the week that begins then; 0 = Monday.
    """
    if round_the_clock(procedure):
        return begin_us + work_us
    opens, closes = (round(h * _HOUR_US) for h in (procedure.working_from_h, procedure.working_to_h))
    day, left, now = (begin_us - midnight_us) // _DAY_US, work_us, begin_us
    while True:
        start, end = (midnight_us + day * _DAY_US + edge for edge in (opens, closes))
        now = max(now, start)
        if now < end and (procedure.weekends or (weekday + day) % 7 < 5):
            if now + left <= end:
                return now + left
            left -= end - now
        day += 1
