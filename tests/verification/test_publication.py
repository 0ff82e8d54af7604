"""The daily report: what is known at its close appears on the next day."""
from __future__ import annotations

import numpy as np
import pytest

from sim.foundation.streams import words
from sim.scenario.verification import Publication
from sim.verification.publication import published_us

HOUR_US = 3_600_000_000
LAW = Publication(closes_h=19.5, issued_from_h=14.0, issued_to_h=19.0)


def hours(known_h: list[float], law: Publication = LAW, start_hour: float = 2.0) -> list[float]:
    known = np.array([round(h * HOUR_US) for h in known_h], dtype=np.int64)
    return (published_us(known, law, words(7), start_hour=start_hour) / HOUR_US).tolist()


def test_by_hand() -> None:
    """Start at 2 h local: the first report closes 17.5 h later and is issued at noon of the next day, hour 34."""
    noon = Publication(closes_h=19.5, issued_from_h=12.0, issued_to_h=12.0)
    assert hours([0.0, 17.5, 17.5001, 41.5, 42.0], noon) == pytest.approx([34.0, 34.0, 58.0, 58.0, 82.0])
    assert hours([], noon) == []
    assert hours([0.0], noon, start_hour=20.0) == pytest.approx([40.0])  # the close of the day of the start is over


def test_one_issue_hour_a_report_within_its_limits() -> None:
    first, again, second = hours([0.0, 10.0, 20.0])
    assert first == again and second != first
    issued = np.array(hours((np.arange(4000) * 24.0).tolist())) - np.arange(4000) * 24.0 - 22.0
    assert issued.min() >= 14 and issued.max() <= 19
    assert issued.mean() == pytest.approx(16.5, abs=4 * 5 / np.sqrt(12 * 4000))


def test_known_at_once_and_at_any_hour() -> None:
    """Delay is U(0, 24) + U(18.5, 23.5): mean 33 h, 5 % at 21.8 h and 95 % at 44.2 h to a tenth, of 40,000."""
    known = np.arange(40_000) * 0.6007
    delay = np.array(hours(known.tolist())) - known
    assert delay.mean() == pytest.approx(33, abs=0.15)
    exact = np.quantile(np.add.outer(np.linspace(0, 24, 1001), np.linspace(18.5, 23.5, 1001)).ravel(), (0.05, 0.95))
    assert np.quantile(delay, (0.05, 0.95)) == pytest.approx(exact, abs=0.2)
