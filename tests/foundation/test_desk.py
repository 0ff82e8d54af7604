"""The desk against queues whose answers are known, and against small stories told by hand."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.foundation.clock import Clock, Rank
from sim.foundation.desk import Desk, DeskFigures, Shift, shifts

H = 3_600_000_000
UNIT = 1_000_000  # one unit of time of the textbook cases
BATCHES = 40


class Sample(NamedTuple):
    """Time in the queue, fate (0 served, 1 refused, 2 abandoned), and the desk's own figures."""

    waited: NDArray[np.float64]
    fate: NDArray[np.int64]
    figures: DeskFigures
    span: int


def _draws(rng: np.random.Generator, n: int, mean: float) -> list[int]:
    return [int(x) for x in np.rint(rng.standard_exponential(n) * mean * UNIT)]


def _simulate(
    seed: int, n: int, lam: float, mean_service: float, staff: int, *, capacity: int | None = None,
    patience: float | None = None, fixed: bool = False, preemptive: bool = False,
    shares: tuple[float, ...] = (1.0,),
) -> tuple[Sample, NDArray[np.int64]]:
    rng = np.random.Generator(np.random.PCG64(seed))
    gaps = _draws(rng, n, 1 / lam)
    service = [round(mean_service * UNIT)] * n if fixed else _draws(rng, n, mean_service)
    kinds = np.searchsorted(np.cumsum(shares)[:-1], rng.random(n), side="right")
    patiences: list[Any] = [None] * n if patience is None else _draws(rng, n, patience)
    waited, fate = np.full(n, -1.0), np.zeros(n, dtype=np.int64)
    clock = Clock()
    desk = Desk(clock, "desk", staff, capacity=capacity, preemptive=preemptive)
    priority = kinds.tolist()

    def done(entity: int, wait_us: int) -> None:
        waited[entity] = wait_us

    def gone(entity: int, reason: str) -> None:
        fate[entity] = 1 if reason == "refused" else 2
        waited[entity] = 0 if reason == "refused" else patiences[entity]

    def arrive(i: int) -> None:
        desk.submit(i, priority[i], service[i], done, patience_us=patiences[i], gone=gone)
        if i + 1 < n:
            clock.after(gaps[i + 1], Rank.REPORT, i + 1, arrive, i + 1)

    clock.at(gaps[0], Rank.REPORT, 0, arrive, 0)
    clock.run(sum(gaps) + 10_000 * UNIT)
    return Sample(waited / UNIT, fate, desk.figures(), clock.now), kinds


def _within_four_errors(values: NDArray[Any], expected: float) -> None:
    """Batch means over the run, its first batch left out as warm-up."""
    means = np.array([batch.mean() for batch in np.array_split(values, BATCHES + 1)[1:]])
    error = means.std(ddof=1) / np.sqrt(BATCHES)
    assert abs(means.mean() - expected) < 4 * error, (means.mean(), expected, error)


def _books_balance(sample: Sample) -> None:
    """Integrals and sums over requests are the same thing, to the microsecond."""
    f = sample.figures
    assert f.submitted == len(sample.fate) == f.served + f.refused + f.abandoned
    assert (f.waiting, f.working) == (0, 0)
    assert [f.served, f.refused, f.abandoned] == np.bincount(sample.fate, minlength=3).tolist()
    in_queue = sample.waited[sample.fate != 1]
    assert f.waiting_us == round(float(in_queue.sum()) * UNIT)
    assert f.waited_us == round(float(sample.waited[sample.fate == 0].sum()) * UNIT)


def test_c01_three_servers() -> None:
    sample, _ = _simulate(101, 100_000, 6.0, 1 / 3, 3)
    _within_four_errors(sample.waited, 0.14814814814814817)
    _within_four_errors(sample.waited > 0, 0.4444444444444445)
    _within_four_errors(sample.waited > 1, 0.022127585941272867)
    _books_balance(sample)
    assert sample.figures.staffed_us == 3 * sample.span


def test_c05_constant_service() -> None:
    sample, _ = _simulate(105, 200_000, 0.8, 1.0, 1, fixed=True)
    _within_four_errors(sample.waited, 2.0)
    _books_balance(sample)
    assert sample.figures.busy_us == 200_000 * UNIT


def test_c07_bounded_queue() -> None:
    sample, _ = _simulate(107, 200_000, 2.0, 1.0, 2, capacity=5)
    _within_four_errors(sample.fate == 1, 0.18181818181818182)
    _within_four_errors(sample.waited[sample.fate == 0], 0.6666666666666666)
    _books_balance(sample)
    assert sample.figures.max_waiting == 3


def test_c10_patience() -> None:
    sample, _ = _simulate(110, 400_000, 5.0, 1.0, 6, patience=2.0)
    _within_four_errors(sample.fate == 2, 0.07557697814998161)
    _within_four_errors(sample.waited, 0.7557697814998161 / 5)
    _books_balance(sample)


@pytest.mark.parametrize(
    ("preemptive", "expected"),
    [
        (False, (0.23809523809523808, 0.3246753246753246, 0.9090909090909088)),
        (True, (0.023809523809523836, 0.1536796536796537, 1.0303030303030303)),
    ],
)
def test_c08_priorities(preemptive: bool, expected: tuple[float, ...]) -> None:
    shares = (0.1, 0.3, 0.6)
    sample, kinds = _simulate(108, 200_000, 2.0, 1 / 3, 1, preemptive=preemptive, shares=shares)
    for kind, wait in enumerate(expected):
        _within_four_errors(sample.waited[kinds == kind], wait)
    _books_balance(sample)
    assert (sample.figures.interrupted > 0) == preemptive


class Story:
    """A desk and a diary of what became of each request: (instant, entity, wait or reason)."""

    def __init__(self, staff: int | list[Shift], **options: Any) -> None:
        self.clock = Clock()
        self.desk = Desk(self.clock, "triage", staff, **options)
        self.diary: list[tuple[int, int, int | str]] = []

    def request(self, at: int, entity: int, priority: int, service: int, patience: int | None = None) -> None:
        self.clock.at(at, Rank.REPORT, entity, self._submit, entity, priority, service, patience)

    def _submit(self, entity: int, priority: int, service: int, patience: int | None) -> None:
        self.desk.submit(entity, priority, service, self._note, patience_us=patience, gone=self._note)

    def _note(self, entity: int, what: int | str) -> None:
        self.diary.append((self.clock.now, entity, what))


def test_arrivals_of_one_instant_are_sorted_before_anybody_chooses() -> None:
    requests = [(1, 1), (2, 0), (3, 1), (4, 0)]
    for order in itertools.permutations(requests):
        story = Story(1)
        for entity, priority in order:
            story.request(0, entity, priority, 10)
        story.clock.run(100)
        assert story.diary == [(10, 2, 0), (20, 4, 10), (30, 1, 20), (40, 3, 30)]


def test_interrupted_work_resumes_with_what_was_left() -> None:
    story = Story(1, preemptive=True)
    story.request(0, 1, 5, 100)
    story.request(30, 2, 1, 10)
    story.request(35, 3, 0, 20)
    story.request(36, 4, 5, 7)
    story.request(40, 5, 5, 7, 10)
    story.clock.run(500)
    assert story.diary == [(50, 5, "abandoned"), (55, 3, 0), (60, 2, 20), (130, 1, 30), (137, 4, 94)]
    assert story.desk.figures().interrupted == 2


def test_work_that_ends_at_this_instant_is_not_interrupted() -> None:
    story = Story(1, preemptive=True)
    story.request(0, 9, 5, 10)
    story.request(10, 1, 0, 10)
    story.clock.run(50)
    assert story.diary == [(10, 9, 0), (20, 1, 0)]
    assert story.desk.figures().interrupted == 0


def test_equal_priority_never_interrupts() -> None:
    story = Story(1, preemptive=True)
    story.request(0, 1, 3, 10)
    story.request(5, 2, 3, 10)
    story.clock.run(50)
    assert story.diary == [(10, 1, 0), (20, 2, 5)]


def test_capacity_counts_work_in_hand_and_refuses_at_once() -> None:
    story = Story(1, capacity=2)
    for entity in (1, 2, 3):
        story.request(entity, entity, 0, 10)
    story.clock.run(100)
    assert story.diary == [(3, 3, "refused"), (11, 1, 0), (21, 2, 9)]


def test_patience_ends_the_wait_but_never_the_work() -> None:
    story = Story(1)
    story.request(0, 1, 0, 100, 5)
    story.request(1, 2, 0, 10, 20)
    story.request(2, 3, 0, 10, 98)
    story.clock.run(500)
    assert story.diary == [(21, 2, "abandoned"), (100, 1, 0), (110, 3, 98)]


def test_patience_zero_still_takes_free_staff() -> None:
    story = Story(1)
    story.request(0, 0, 0, 10, 0)
    story.request(3, 1, 0, 10, 0)
    story.clock.run(50)
    assert story.diary == [(3, 1, "abandoned"), (10, 0, 0)]


def test_waiting_work_restarts_when_a_shift_begins() -> None:
    story = Story([(8, 16, 1), (10, 12, 1)])
    for entity in range(4):
        story.request(7 * H, entity, 0, 2 * H)
    story.clock.run(48 * H)
    assert [(t / H, e) for t, e, _ in story.diary] == [(10, 0), (12, 1), (12, 2), (14, 3)]
    assert story.desk.figures().staffed_us == 2 * (8 + 2) * H


def test_running_work_outlasts_a_shift_that_shrinks_but_nothing_new_starts() -> None:
    story = Story([(22, 6, 1)], local_offset_h=20.0)  # time zero is 20:00, so the shift is 2 … 10
    story.request(9 * H, 1, 0, 3 * H)
    story.request(9 * H, 2, 0, 3 * H)
    story.clock.run(48 * H)
    assert [(t / H, e) for t, e, _ in story.diary] == [(12, 1), (29, 2)]


def test_an_urgent_request_does_not_prolong_overtime() -> None:
    story = Story([(0, 10, 2), (10, 24, 1)], preemptive=True)
    for entity in (1, 2):
        story.request(9 * H, entity, 5, 2 * H)
    story.request(10 * H, 3, 0, 1 * H)
    story.clock.run(24 * H)
    assert [(t / H, e) for t, e, _ in story.diary] == [(11, 1), (11, 2), (12, 3)]


def test_restaff_wakes_the_queue_and_keeps_the_integral() -> None:
    story = Story(0)
    story.request(0, 1, 0, 10)
    story.clock.at(50, Rank.STAFF, 0, story.desk.restaff, 2)
    story.clock.run(100)
    assert story.diary == [(60, 1, 50)]
    figures = story.desk.figures()
    assert (figures.staffed_us, figures.busy_us, figures.waiting_us, figures.max_waiting) == (100, 10, 50, 1)


def test_work_brought_in_by_finished_work_takes_its_turn() -> None:
    clock, seen = Clock(), list[int]()
    desk = Desk(clock, "feedback", 1)

    def done(entity: int, _: int) -> None:
        seen.append(entity)
        if entity == 1:
            desk.submit(3, 0, 5, done)

    for entity in (1, 2):
        desk.submit(entity, 1, 5, done)
    clock.run(100)
    assert seen == [1, 3, 2]


def test_a_queue_that_everybody_leaves_holds_no_memory() -> None:
    story = Story(0)
    for entity in range(5_000):
        story.request(entity, entity, 0, 1, 10)
    story.clock.run(10_000)
    figures = story.desk.figures()
    assert (figures.abandoned, figures.served, figures.max_waiting) == (5_000, 0, 10)
    assert len(story.desk._line._heap) < 100


@pytest.mark.parametrize(
    ("staff", "text"),
    [
        ([(8.0, 8.0, 1)], "8.0, 8.0, 1"),
        ([(25.0, 3.0, 1)], "25.0"),
        ([(8.0, float("nan"), 1)], "nan"),
        ([(8.0, 9.0, -1)], "-1"),
        (-2, "-2"),
    ],
)
def test_a_wrong_shift_is_named(staff: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        shifts(staff)


def test_staff_over_the_day_agrees_with_counting_minutes() -> None:
    plan = shifts([(22, 6.5, 2), (8, 17, 3), (12, 13, 1)], local_offset_h=3.25)
    minutes = np.arange(0, 3 * 24 * 60) * 60_000_000
    staff = [plan.staff_at(int(t)) for t in minutes]
    assert plan.staffed_us(0, int(minutes[-1])) == sum(staff[:-1]) * 60_000_000
    for i in range(0, 2 * 24 * 60, 97):
        rises = (j for j in range(i + 1, len(staff)) if staff[j] > staff[j - 1])
        assert plan.next_rise(int(minutes[i])) == int(minutes[next(rises)])


def test_a_negative_service_time_is_named() -> None:
    with pytest.raises(ValueError, match="triage: the service time must not be negative: -1"):
        Story(1).desk.submit(1, 0, -1, print)
