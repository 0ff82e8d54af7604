"""The daily report: what the mission knows at the close of a day is published on the next one, at an hour that varies.

A mediator sees from this why the public record of an act is a day and a half old on average when it appears.
"""
from __future__ import annotations

import numpy as np

from sim.foundation.streams import F64, I64, U64, mix64, uniform
from sim.scenario.verification import Publication

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US


def published_us(known_us: I64, law: Publication, key: U64, *, start_hour: float) -> I64:
    """Instant at which each report is published: in the daily report of the first close after it, issued on the next day.

    Parameters
    ----------
    known_us
        When the mission had each report, µs since the start; not negative.
    key
        Name of the luck of the issue hours; each report of the day draws once, uniformly between the hours given.
    start_hour
        Local hour of the start.
    """
    midnight = -round(start_hour * _HOUR_US)
    closes = midnight + round(law.closes_h * _HOUR_US)
    number = _number(known_us - closes)
    luck: F64 = uniform(mix64(key, (number + 1).astype(np.uint64))) if len(number) else np.zeros(0)
    issue_h = law.issued_from_h + luck * (law.issued_to_h - law.issued_from_h)
    return midnight + (number + 1) * _DAY_US + np.round(issue_h * _HOUR_US).astype(np.int64)


def _number(after_close_us: I64) -> I64:
    """Number of the daily report, 0 = that of the local day of the start; a report at the very close is still in it."""
    return np.maximum(-((-after_close_us) // _DAY_US), 0)
