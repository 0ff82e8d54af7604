"""The clock: whole microseconds, one order at each instant, and no silent stall."""

from __future__ import annotations

import gc
import itertools
import math
from collections.abc import Callable
from statistics import median
from time import process_time
from typing import Any

import numpy as np
import pytest
from simpy.core import Environment

from sim.foundation.clock import Clock, EventLimit, Life, Rank, StalledClock, low40

U = Rank.UNIT


def test_ranks_stand_in_the_order_of_the_model() -> None:
    names = "WEATHER ACT_END ONSET LOOK REPORT STAFF COMMISSION DECISION UNIT VERDICT"
    assert [rank.name for rank in sorted(Rank)] == names.split()


def test_order_at_one_instant_is_rank_then_entity_whatever_the_insertion() -> None:
    ranks, entities = (Rank.WEATHER, Rank.LOOK, Rank.VERDICT), (0, 7, 2**40 - 1)
    wanted = list(itertools.product(ranks, entities))
    for order in itertools.islice(itertools.permutations(wanted), 0, 362880, 9973):
        clock, seen = Clock(), list[tuple[Rank, int]]()
        for rank, entity in order:
            clock.at(5, rank, entity, seen.append, (rank, entity))
        clock.run(5)
        assert seen == wanted


def test_equal_rank_and_entity_keep_the_order_of_insertion() -> None:
    clock, seen = Clock(), list[int]()
    for i in range(20):
        clock.after(3, U, 1, seen.append, i)
    clock.run(10)
    assert seen == list(range(20))


def test_processes_and_callbacks_share_one_order() -> None:
    def life(clock: Clock, entity: int, seen: list[str]) -> Life:
        seen.append(f"start {entity}")
        yield clock.wait(10, Rank.LOOK, entity)
        seen.append(f"look {entity}")

    for order in itertools.permutations(range(3)):
        clock, seen = Clock(), list[str]()
        for entity in order:
            clock.start(life(clock, entity, seen), U, entity)
            clock.at(10, Rank.REPORT, entity, seen.append, f"report {entity}")
        clock.at(10, Rank.WEATHER, 0, seen.append, "weather")
        clock.run(10)
        starts, looks, reports = ([f"{w} {e}" for e in range(3)] for w in ("start", "look", "report"))
        assert seen == [*starts, "weather", *looks, *reports]


def test_run_includes_its_last_instant_and_what_is_born_there() -> None:
    clock, seen = Clock(), list[int]()
    clock.at(10, Rank.VERDICT, 2**40 - 1, lambda: clock.after(0, Rank.WEATHER, 0, seen.append, clock.now))
    clock.at(11, U, 0, seen.append, 11)
    clock.run(10)
    assert (seen, clock.now, clock.count) == ([10], 10, 2)
    clock.run(10)
    clock.run(2**62)
    assert (seen, clock.now, clock.count) == ([10, 11], 2**62, 3)


def test_now_stays_a_python_int_when_numpy_integers_come_in() -> None:
    clock, seen = Clock(), list[type]()
    clock.at(np.int64(3), U, np.uint32(4), lambda: seen.append(type(clock.now)))  # type: ignore[arg-type]
    clock.after(np.int32(5), U, 4, lambda: seen.append(type(clock.now)))  # type: ignore[arg-type]
    clock.run(np.int64(9))  # type: ignore[arg-type]
    assert seen == [int, int]
    assert type(clock.now) is int


@pytest.mark.parametrize("bad", [1.0, math.nan, math.inf, np.float64(2), "3", None])
def test_times_that_are_not_whole_are_refused_by_value(bad: Any) -> None:
    clock = Clock()
    for call in (
        lambda: clock.at(bad, U, 0, print),
        lambda: clock.after(bad, U, 0, print),
        lambda: clock.wait(bad, U, 0),
        lambda: clock.run(bad),
        lambda: clock.at(1, U, bad, print),
    ):
        with pytest.raises(TypeError, match="whole number"):
            call()


def test_the_past_and_foreign_entities_are_refused_by_value() -> None:
    clock = Clock(start_us=100)
    for call, text in (
        (lambda: clock.at(99, U, 0, print), "99 µs lies in the past: it is 100 µs"),
        (lambda: clock.after(-1, U, 0, print), "negative: -1 µs"),
        (lambda: clock.wait(-2, U, 0), "negative: -2 µs"),
        (lambda: clock.run(98), "98 µs lies in the past"),
        (lambda: clock.at(100, U, 2**40, print), "entity number 1099511627776"),
        (lambda: clock.after(1, U, -1, print), "entity number -1"),
        (lambda: Clock(max_events=0), "max_events must be at least 1, not 0"),
    ):
        with pytest.raises(ValueError, match=text):
            call()


def test_low40_keeps_the_low_bits_of_64_bit_ids() -> None:
    assert low40(2**63 + 5) == 5
    assert low40(-1) == 2**40 - 1
    assert low40(np.uint64(2**64 - 1)) == 2**40 - 1  # type: ignore[arg-type]


def test_the_stall_guard_is_exact_and_names_instant_and_callback() -> None:
    clock = Clock(max_at_one_instant=5)
    for entity in range(5):
        clock.at(7, U, entity, int)
        clock.at(8, U, entity, int)
    clock.run(8)

    def again() -> None:
        clock.after(0, U, 0, again)

    clock.at(9, U, 0, again)
    with pytest.raises(StalledClock, match=r"more than 5 events at the one instant 9 µs.*again") as caught:
        clock.run(20)
    assert (clock.count, caught.value.limit) == (15, 5)


def test_a_stalled_process_is_named() -> None:
    def spinner(clock: Clock) -> Life:
        while True:
            yield clock.wait(0, U, 1)

    clock = Clock(max_at_one_instant=50)
    clock.start(spinner(clock), U, 1, name="patrol north")
    with pytest.raises(StalledClock, match="patrol north"):
        clock.run(1)


def test_the_event_limit_is_exact_and_the_clock_can_go_on_reporting() -> None:
    clock, seen = Clock(max_events=3), list[int]()
    for i in range(4):
        clock.at(i, U, 0, seen.append, i)
    clock.run(2)
    with pytest.raises(EventLimit, match="limit of 3 events was reached at 3 µs") as caught:
        clock.run(9)
    assert (seen, clock.count, clock.now, caught.value.limit) == ([0, 1, 2], 3, 3, 3)


def test_waiters_and_stuck_processes_are_listed_in_order_of_start() -> None:
    def waits_for(clock: Clock, delay_us: int) -> Life:
        yield clock.wait(delay_us, U, 0)

    def forgotten(clock: Clock) -> Life:
        yield clock.promise()

    clock = Clock()
    clock.start(waits_for(clock, 50), U, 3, name="late")
    clock.start(waits_for(clock, 5), U, 2, name="early")
    clock.start(forgotten(clock), U, 1, name="forgotten")
    clock.run(10)
    assert clock.waiters() == ("late", "forgotten")
    assert clock.stuck() == ("forgotten",)
    clock.run(60)
    assert clock.waiters() == ("forgotten",)


def test_a_promise_is_kept_in_its_rank_and_only_once() -> None:
    clock, seen = Clock(), list[object]()
    promise = clock.promise()

    def hears() -> Life:
        seen.append((yield promise))

    clock.start(hears(), U, 0)
    clock.at(4, U, 0, lambda: clock.settle(promise, Rank.VERDICT, 0, "news"))
    clock.at(4, U, 9, seen.append, "unit")
    clock.run(4)
    assert seen == ["unit", "news"]
    with pytest.raises(ValueError, match="settled before"):
        clock.settle(promise, U, 0)


def test_an_error_in_a_callback_leaves_a_clock_that_still_runs() -> None:
    clock, seen = Clock(), list[int]()
    clock.at(1, U, 0, lambda: 1 // 0)
    clock.at(30, U, 0, seen.append, 30)
    with pytest.raises(ZeroDivisionError):
        clock.run(20)
    clock.run(40)
    assert (seen, clock.now) == ([30], 40)


def _delay(i: int, k: int) -> int:
    return 1 + (i * 7919 + k * 104729) % 1000


def _ranked(fleet: int, legs: int) -> int:
    clock = Clock()

    def leg(i: int, k: int) -> None:
        if k:
            clock.after(_delay(i, k), U, i, leg, i, k - 1)

    for i in range(fleet):
        clock.after(i, U, i, leg, i, legs)
    clock.run(10**9)
    return clock.count


def _bare(fleet: int, legs: int) -> int:
    env, count = Environment(), 0

    def leg(event: Any) -> None:
        nonlocal count
        count += 1
        i, k = event._value
        if k:
            env.timeout(_delay(i, k), (i, k - 1)).callbacks.append(leg)

    for i in range(fleet):
        env.timeout(i, (i, legs)).callbacks.append(leg)
    env.run()
    return count


def test_a_ranked_event_costs_little_more_than_a_bare_simpy_timeout() -> None:
    """Measured 1.25; the limit leaves room for a noisy machine."""

    def cost(run: Callable[[int, int], int]) -> float:
        gc.collect()
        start = process_time()
        assert run(100, 400) == 40_100
        return process_time() - start

    assert median(cost(_ranked) / cost(_bare) for _ in range(7)) < 1.7
