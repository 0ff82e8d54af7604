"""A flood of 5,000 complaints a day for 30 days: a case costs what it costs at 500 a day, and memory stays flat.

Times are processor time, the rates are run in turn, and the least of some runs counts: a busy machine only ever adds.
"""

from __future__ import annotations

import gc
import sys
import time
import tracemalloc
from typing import NamedTuple

import numpy as np
import pytest

from sim.foundation.clock import Clock, Rank, low40
from sim.foundation.streams import mix_one, name_key
from sim.records import COMPLAINT, Observation
from sim.scenario.agreement import Agreement
from sim.scenario.reader import read
from sim.scenario.shipped import shipped
from sim.scenario.verification import Verification
from sim.verification.cases import CaseBook

HOUR_US = 3_600_000_000
DAYS = 30
WARM_UP_D = 5
RATIO_MAX = 1.2
"""The goal, for the least of four runs at each rate; measured 1.11 to 1.18."""
GROWTH_MAX_MB = 50.0
LOADED = read(shipped("scenarios") / "complaint-flood.toml").scenario


class Flood(NamedTuple):
    """Complaints in the order in which they are filed."""

    at_us: np.ndarray
    cell: np.ndarray
    kind: np.ndarray


def flood(per_day: int, *, cells: int) -> Flood:
    generator, n = np.random.Generator(np.random.Philox(key=3)), per_day * DAYS
    at = np.sort(generator.random(n)) * DAYS * 24 * HOUR_US
    return Flood(at.astype(np.int64), generator.integers(0, cells, n), generator.integers(0, len(LOADED.agreement.kinds), n))


def book_of(clock: Clock, agreement: Agreement, section: Verification) -> CaseBook:
    """A case book whose cases nobody answers."""
    return CaseBook(clock, agreement, section, start_hour=2.0, persistence_us=(0,) * len(agreement.kinds),
                    inspections=frozenset(), reach_cells=1, on_case=lambda case: None, on_finding=lambda found: None,
                    on_close=lambda case: None)


def hear(clock: Clock, book: CaseBook, flooded: Flood) -> None:
    """File the complaints of each hour at its start, as the door does."""
    first = np.searchsorted(flooded.at_us, np.arange(DAYS * 24 + 1) * HOUR_US).tolist()

    def told(i: int) -> None:
        when, cell = int(flooded.at_us[i]), int(flooded.cell[i])
        book.report(Observation(mix_one(name_key("flood"), i), when, when, when, cell, cell * 5 + 2.5, int(flooded.kind[i]),
                                i % 2, -1, COMPLAINT, False, 1.0, 0))

    def post(hour: int) -> None:
        for i in range(first[hour], first[hour + 1]):
            clock.at(int(flooded.at_us[i]), Rank.REPORT, low40(i), told, i)

    for hour in range(DAYS * 24):
        clock.at(hour * HOUR_US, Rank.REPORT, 0, post, hour)


def run(flooded: Flood, section: Verification) -> tuple[CaseBook, float]:
    """The book after thirty days, and processor seconds for a case."""
    clock = Clock()
    book = book_of(clock, LOADED.agreement, section)
    hear(clock, book, flooded)
    gc.collect()
    gc.disable()
    try:
        begun = time.process_time()
        clock.run(DAYS * 24 * HOUR_US)
        spent = time.process_time() - begun
    finally:
        gc.enable()
    return book, spent / max(len(book.cases), 1)


def cost_s(flooded: Flood, section: Verification) -> float:
    """Processor seconds for a case, where every complaint is one."""
    book, spent = run(flooded, section)
    assert len(book.cases) > 0.99 * len(flooded.at_us)
    return spent


def every_complaint_a_case() -> Verification:
    """Nobody leaves a complaint, there are analysts for all, and nothing merges but what is the same."""
    section = LOADED.verification
    staff = section.staff.model_copy(update={"analysts": 400, "night_analysts": 400, "service_law": "fixed"})
    return section.model_copy(update={"complaints": section.complaints.model_copy(update={"waiting_limit": 1_000_000}),
                                      "staff": staff, "merging": section.merging.model_copy(update={"window_h": 1e-6})})


@pytest.mark.slow
@pytest.mark.parametrize("cells", [200, 1], ids=["along-the-line", "all-in-one-place"])
def test_a_case_costs_the_same_in_a_flood(cells: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Every complaint is worked on; in one place thousands of cases are open at once."""
    section = every_complaint_a_case()
    few, many = (flood(per_day, cells=cells) for per_day in (500, 5000))
    costs = [(cost_s(few, section), cost_s(many, section)) for _ in range(4)]
    least = [min(column) for column in zip(*costs, strict=True)]
    with capsys.disabled():
        print(f"\nflood, {cells} cells: {least[1] * 1e6:.1f} µs a case at 5,000 a day, {least[0] * 1e6:.1f} at 500, "
              f"ratio {least[1] / least[0]:.2f}")
    assert least[1] <= RATIO_MAX * least[0]


@pytest.mark.slow
def test_memory_stays_flat_as_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    """The mission of complaint-flood, whose desk leaves what it cannot take in: growth of all objects after five days."""
    clock = Clock()
    book = book_of(clock, LOADED.agreement, LOADED.verification)
    hear(clock, book, flood(5000, cells=200))
    clock.run(WARM_UP_D * 24 * HOUR_US)
    tracemalloc.start()
    try:
        clock.run(DAYS * 24 * HOUR_US)
        growth_mb = tracemalloc.get_traced_memory()[0] / 1e6
    finally:
        tracemalloc.stop()
    with capsys.disabled():
        print(f"\nflood: {growth_mb:.1f} MB in {DAYS - WARM_UP_D} days, {len(book.cases):,} cases, {book.complaints_left:,} left")
    assert book.complaints_left > 2000 * DAYS
    assert len(book.cases) > 300 * DAYS
    assert growth_mb < GROWTH_MAX_MB


def test_an_open_case_is_found_without_asking_all_others() -> None:
    """Comparisons of times made for one more report do not grow with the cases that are open in its place."""
    counts = []
    for open_cases in (100, 3000):
        clock = Clock()
        book = book_of(clock, LOADED.agreement, every_complaint_a_case())
        for i in range(open_cases):
            book.report(Observation(i + 1, i * 10**8, i * 10**8, i * 10**8, 7, 37.5, 0, 2, -1, COMPLAINT, False, 1.0, 0))
        assert len(book.cases) == open_cases
        calls = 0

        def count(frame: object, event: str, arg: object) -> None:
            nonlocal calls
            calls += event == "call"

        one = Observation(10**9, 5 * 10**8 + 1, 0, 0, 7, 37.5, 0, 2, -1, COMPLAINT, False, 1.0, 0)
        sys.setprofile(count)
        book.report(one)
        sys.setprofile(None)
        assert book.case_of[one.id] == 6
        counts.append(calls)
    assert counts[1] <= counts[0] + 5
