"""First contacts against a plain loop over all pairs, and each law of looking against its closed form."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.foundation.scan import (
    CUBE,
    GLANCE,
    NEVER,
    SEARCH,
    STARE,
    SWEEP,
    LookTable,
    Sensors,
    Targets,
    all_contacts,
    contacts,
    first_contacts,
)
from sim.foundation.streams import mix64, mix_one

H = 3_600_000_000
CELLS = 4


class Row(NamedTuple):
    """One look of a made-up table."""

    cell: int
    start: int
    end: int
    centre: int
    sensor: int
    law: int
    condition: float
    luck: int


def table_of(rows: list[Row], *, bin_us: int = H) -> LookTable:
    rows = sorted(rows, key=lambda r: (r.cell, r.start, r.luck))
    span = max((r.start for r in rows), default=0) + 2
    longest = np.zeros(CELLS, dtype=np.int64)
    for r in rows:
        longest[r.cell] = max(longest[r.cell], r.end - r.start)
    return LookTable(
        np.array([r.luck for r in rows], dtype=np.uint64), np.array([r.sensor for r in rows], dtype=np.int32),
        np.array([r.start for r in rows], dtype=np.int64), np.array([r.end for r in rows], dtype=np.int64),
        np.array([r.centre for r in rows], dtype=np.int64), np.array([r.law for r in rows], dtype=np.int8),
        np.array([r.condition for r in rows], dtype=np.float64),
        np.array([r.cell * span + r.start for r in rows], dtype=np.int64), longest, span, bin_us)


def sensors(*, theta: float = 1.0, rate: float = 2.0, reach: float = 12.0, offset: float = 0.0, speed: float = 0.0) -> Sensors:
    """One sensor that looks for one class of target."""
    one = np.ones(1)
    return Sensors(np.arange(1), theta * np.ones((1, 1)), rate * np.ones((1, 1)), np.zeros(1, dtype=np.int64), reach * one,
                   offset * one, speed * one)


def acts(keys: list[int] | np.ndarray, *, cell: int = 0, begin: int = 0, end: int = 10 * H, depth: float = 0.0) -> Targets:
    n = len(keys)
    return Targets(np.array(keys, dtype=np.uint64), np.full(n, cell), np.full(n, begin), np.full(n, end), np.full(n, depth),
                   np.zeros(n, dtype=np.int64))


# ---- the laws, written once more in plain Python on single numbers --------------------------------------------


def _contact(row: Row, s: Sensors, t: Targets, i: int, bin_us: int) -> int:
    across = abs(float(t.depth_km[i]) - float(s.offset_km[row.sensor]))
    reach, speed = float(s.reach_km[row.sensor]), float(s.speed_kmh[row.sensor])
    if across > reach:
        return int(NEVER)
    start, end = row.start, row.end
    if speed > 0:
        half = int(math.sqrt(reach**2 - across**2) / speed * 3.6e9)
        start, end = max(start, row.centre - half), min(end, row.centre + half)
    begin, until = max(start, int(t.from_us[i])), int(t.to_us[i])
    if begin > end or begin >= until:
        return int(NEVER)
    column = int(t.row[i])
    chance = float(s.theta[s.means[row.sensor], column]) * row.condition
    key = int(t.key[i])
    bar = math.ceil(chance * 2**53)
    if row.law == GLANCE:
        return begin if mix_one(row.luck, key) >> 11 < bar else int(NEVER)
    if row.law == SEARCH:
        rate = float(s.rate_per_h[row.sensor, s.target[column]]) * chance
        if rate <= 0:
            return int(NEVER)
        u = (mix_one(row.luck, key) >> 11) / 2**53
        when = begin + int(float(-np.log1p(-u) / rate) * 3.6e9)
        return when if when <= end and when < until else int(NEVER)
    for at in range(begin // bin_us, min(end, until - 1) // bin_us + 1):
        if mix_one(mix_one(row.luck, at), key) >> 11 < bar:
            return max(begin, at * bin_us)
    return int(NEVER)


def _loop(rows: list[Row], s: Sensors, t: Targets, bin_us: int) -> tuple[list[int], list[int]]:
    rows = sorted(rows, key=lambda r: (r.cell, r.start, r.luck))
    best, which = [], []
    for i in range(len(t.key)):
        times = [_contact(r, s, t, i, bin_us) if r.cell == t.cell[i] else int(NEVER) for r in rows]
        times = [time if time >= t.since_us else int(NEVER) for time in times]
        first = min(times, default=int(NEVER))
        best.append(first)
        which.append(times.index(first) if first < NEVER else -1)
    return best, which


_TIMES = st.integers(0, 40)
_LOOKS = st.lists(
    st.builds(
        lambda cell, start, length, lead, sensor, law, condition, luck: Row(
            cell, start * H // 4, (start + length) * H // 4, (start * 2 + lead) * H // 8, sensor, law, condition, luck),
        st.integers(0, CELLS - 1), _TIMES, st.integers(0, 12), st.integers(-6, 20), st.integers(0, 2),
        st.sampled_from([GLANCE, SEARCH, STARE]), st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 2**64 - 1)),
    max_size=60)
_ACTS = st.lists(st.tuples(st.integers(0, CELLS - 1), _TIMES, st.integers(0, 20), st.floats(-20, 20), st.integers(0, 1),
                           st.integers(0, 2**64 - 1)), min_size=1, max_size=12)


Wanted = list[tuple[int, int, int, float, int, int]]


def _targets(rows: Wanted) -> Targets:
    cell, begin, length, depth, column, key = (list(c) for c in zip(*rows, strict=True))
    start = np.array(begin, dtype=np.int64) * H // 4 + 17
    return Targets(np.array(key, dtype=np.uint64), np.array(cell), start, start + np.array(length, dtype=np.int64) * H // 4,
                   np.array(depth, dtype=np.float64), np.array(column))


def _three(theta: list[float]) -> Sensors:
    """A sensor that stands, one that flies 15 km back and one that flies along the line, of three means."""
    return Sensors(np.array([2, 0, 1]), np.array(theta).reshape(3, 2), np.array([[2.0, 0.1], [0.3, 5.0], [30.0, 0.0]]),
                   np.array([1, 0]), np.array([12.0, 25.0, 4.0]), np.array([0.0, -15.0, 2.0]), np.array([0.0, 150.0, 60.0]))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(_LOOKS, _ACTS, st.lists(st.sampled_from([0.0, 0.05, 0.4, 1.0]), min_size=6, max_size=6), st.sampled_from([H, H // 3]),
       st.sampled_from([1, 2, 16]), st.sampled_from([0, 3 * H]))
def test_first_contacts_are_those_of_a_plain_loop(rows: list[Row], wanted: Wanted,
                                                  theta: list[float], bin_us: int, block: int, since: int) -> None:
    table, watching, targets = table_of(rows, bin_us=bin_us), _three(theta), _targets(wanted)._replace(since_us=since)
    time, which = first_contacts(table, watching, targets, block=block)
    assert (time.tolist(), which.tolist()) == _loop(rows, watching, targets, bin_us)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(_LOOKS, _ACTS)
def test_all_contacts_hold_the_first_and_nothing_outside_life(rows: list[Row], wanted: Wanted) -> None:
    table, watching, targets = table_of(rows), _three([0.4] * 6), _targets(wanted)
    target, _, time = all_contacts(table, watching, targets)
    first = np.full(len(targets.key), NEVER)
    np.minimum.at(first, target, time)
    assert first.tolist() == first_contacts(table, watching, targets)[0].tolist()
    assert (time >= targets.from_us[target]).all() and (time < targets.to_us[target]).all()


def test_blocks_do_not_matter() -> None:
    rng = np.random.Generator(np.random.PCG64(5))
    rows = [Row(int(c), int(s), int(s + d), int(s + d // 2), 0, int(law), 1.0, int(luck)) for c, s, d, law, luck in zip(
        rng.integers(0, CELLS, 6000), rng.integers(0, 900 * H, 6000), rng.integers(0, 5 * H, 6000), rng.integers(0, 3, 6000),
        rng.integers(0, 2**63, 6000), strict=True)]
    table, keys = table_of(rows), rng.integers(0, 2**63, 400)
    begin = rng.integers(0, 900 * H, 400)
    targets = acts(keys)._replace(cell=rng.integers(0, CELLS, 400), from_us=begin, to_us=begin + rng.integers(1, 300 * H, 400))
    watching = sensors(theta=0.02, rate=0.05)
    found = [first_contacts(table, watching, targets, block=block) for block in (1, 7, 16, 4096)]
    assert len({f[0].tobytes() + f[1].tobytes() for f in found}) == 1
    assert 0 < (found[0][0] < NEVER).sum() < 400


def test_empty_table_and_no_targets() -> None:
    assert first_contacts(table_of([]), sensors(), acts([1, 2]))[0].tolist() == [NEVER, NEVER]
    assert first_contacts(table_of([Row(0, 0, H, 0, 0, GLANCE, 1.0, 1)]), sensors(), acts([]))[0].tolist() == []


def test_certain_glance_is_seen_at_once_or_at_onset() -> None:
    table = table_of([Row(0, 2 * H, 4 * H, 3 * H, 0, GLANCE, 1.0, 9)])
    begin = [0, 3 * H, 4 * H, 4 * H + 1]
    targets = acts([1, 2, 3, 4])._replace(from_us=np.array(begin), to_us=np.full(4, 10 * H))
    assert first_contacts(table, sensors(), targets)[0].tolist() == [2 * H, 3 * H, 4 * H, NEVER]


def test_act_that_ends_as_the_look_begins_is_not_seen() -> None:
    table = table_of([Row(0, 2 * H, 2 * H, 2 * H, 0, GLANCE, 1.0, 9)])
    assert first_contacts(table, sensors(), acts([1], end=2 * H))[0].tolist() == [NEVER]
    assert first_contacts(table, sensors(), acts([1], end=2 * H + 1))[0].tolist() == [2 * H]


@pytest.mark.parametrize("law", [GLANCE, SEARCH, STARE])
def test_impossible_looks_see_nothing(law: int) -> None:
    table = table_of([Row(0, 0, 8 * H, 4 * H, 0, law, 1.0, n) for n in range(300)])
    assert (first_contacts(table, sensors(theta=0.0), acts(list(range(40))))[0] == NEVER).all()


def test_search_is_exponential() -> None:
    """Random search (Koopman 1946): P(contact within t) = 1 − exp(−rate t)."""
    n = 40_000
    keys = mix64(3, np.arange(n))
    time, _ = first_contacts(table_of([Row(0, 0, 3 * H, H, 0, SEARCH, 0.8, 77)]), sensors(theta=0.5, rate=1.5), acts(keys))
    for hours in (0.25, 1.0, 2.9):
        expected = 1 - math.exp(-1.5 * 0.5 * 0.8 * hours)
        assert abs((time <= hours * H).mean() - expected) < 4 * math.sqrt(expected * (1 - expected) / n)
    assert (time[time < NEVER] <= 3 * H).all()


def test_search_in_pieces_is_search_in_one() -> None:
    n = 40_000
    keys = mix64(4, np.arange(n))
    pieces = table_of([Row(0, k * H // 10, (k + 1) * H // 10, 0, 0, SEARCH, 1.0, 1000 + k) for k in range(30)])
    found = (first_contacts(pieces, sensors(rate=0.4), acts(keys))[0] < NEVER).mean()
    expected = 1 - math.exp(-0.4 * 3)
    assert abs(found - expected) < 4 * math.sqrt(expected * (1 - expected) / n)


def test_stare_has_one_trial_a_bin_whoever_stares() -> None:
    """Stares of one post that meet in one bin of the clock share their luck; bins are independent."""
    n = 40_000
    keys = mix64(5, np.arange(n))
    whole = table_of([Row(0, 0, 3 * H - 1, 0, 0, STARE, 1.0, 5)])
    pieces = table_of([Row(0, k * H // 4, (k + 1) * H // 4 - 1, 0, 0, STARE, 1.0, 5) for k in range(12)])
    found = [first_contacts(t, sensors(theta=0.2), acts(keys))[0] for t in (whole, pieces)]
    assert found[0].tolist() == found[1].tolist()
    expected = 1 - 0.8**3
    assert abs((found[0] < NEVER).mean() - expected) < 4 * math.sqrt(expected * (1 - expected) / n)
    assert set((found[0][found[0] < NEVER]).tolist()) == {0, H, 2 * H}


@pytest.mark.parametrize(("depth", "half_km"), [
    (0.0, 12.0), (9.6, 7.2), (-9.6, 7.2), (11.9, math.sqrt(144 - 11.9**2)), (12.1, -1.0)])
def test_place_off_the_track_is_in_reach_for_a_chord(depth: float, half_km: float) -> None:
    """A drone at 120 km/h with a reach of 12 km has a place at depth d in reach for 2 √(144 − d²) km of track."""
    table = table_of([Row(0, 0, 4 * H, 2 * H, 0, GLANCE, 1.0, 1)])
    watching = sensors(speed=120.0)
    half = half_km / 120 * H
    for shift, within in ((-1.001, False), (-0.999, True), (0.0, True), (0.999, True), (1.001, False)):
        at = int(2 * H + shift * half)
        seen = contacts(table, watching, acts([1], begin=at, end=at + 1, depth=depth), np.array([0]), np.array([0]))[0] < NEVER
        assert seen == (within and half_km > 0)
    first = first_contacts(table, watching, acts([1], depth=depth))[0][0]
    assert first == NEVER if half_km < 0 else abs(first - (2 * H - half)) <= 1


def test_depth_is_measured_from_the_track_of_the_sensor() -> None:
    """Large drones keep 15 km from the line: with 25 km of reach they look 10 km deep on the far side, 40 on their own."""
    table = table_of([Row(0, 0, H, H // 2, 0, GLANCE, 1.0, 1)])
    watching = sensors(offset=-15.0, reach=25.0)
    for depth, seen in ((10.0, True), (10.1, False), (-39.9, True), (-40.1, False)):
        assert (first_contacts(table, watching, acts([1], depth=depth))[0][0] < NEVER) == seen


def test_rounds_meet_an_act_with_its_length_over_the_round() -> None:
    """Search in rounds of 1/rate, each a trial of chance p: P(met within k + f rounds) = 1 − (1 − p)^k (1 − p f)."""
    n, p = 40_000, 0.4
    keys = mix64(6, np.arange(n))
    time, _ = first_contacts(table_of([Row(0, 0, 9 * H, H, 0, SWEEP, 0.8, 78)]), sensors(theta=0.5, rate=0.5), acts(keys))
    for hours in (0.5, 2.0, 3.0, 8.5):
        whole, part = divmod(hours * 0.5, 1.0)
        expected = 1 - (1 - p) ** whole * (1 - p * part)
        assert abs((time <= hours * H).mean() - expected) < 4 * math.sqrt(expected * (1 - expected) / n), hours
    sure, _ = first_contacts(table_of([Row(0, 0, 9 * H, H, 0, SWEEP, 1.0, 79)]), sensors(rate=0.5), acts(keys))
    assert sure.max() < 2 * H and abs(sure.mean() / H - 1.0) < 4 / math.sqrt(3 * n)


@pytest.mark.parametrize("depth", [0.3, 1.0, 3.0])
def test_eyes_that_pass_by_follow_the_inverse_cube_law(depth: float) -> None:
    """Koopman 1946: p(x) = 1 − exp(−W²/4πx²) for a whole pass, and half the exponent up to closest approach."""
    n, width, speed, reach = 40_000, 2.0, 100.0, 400.0
    watching = sensors(rate=width * speed / (math.pi * reach**2), reach=reach, speed=speed)
    table = table_of([Row(0, 0, 12 * H, 6 * H, 0, CUBE, 1.0, 80)])
    keys = mix64(7, np.arange(n))
    time, _ = first_contacts(table, watching, acts(keys, end=20 * H, depth=depth))
    whole = width**2 / (4 * math.pi * depth**2)
    for until, exponent in ((6 * H, whole / 2), (12 * H, whole)):
        expected = 1 - math.exp(-exponent)
        assert abs((time <= until).mean() - expected) < 4 * math.sqrt(expected * (1 - expected) / n)


def test_eyes_in_pieces_are_eyes_in_one() -> None:
    n = 40_000
    keys = mix64(8, np.arange(n))
    watching = sensors(rate=2 * 100 / (math.pi * 400**2), reach=400.0, speed=100.0)
    pieces = table_of([Row(0, k * H, (k + 1) * H, 6 * H, 0, CUBE, 1.0, 2000 + k) for k in range(12)])
    found = (first_contacts(pieces, watching, acts(keys, end=20 * H, depth=1.0))[0] < NEVER).mean()
    expected = 1 - math.exp(-1 / math.pi)
    assert abs(found - expected) < 4 * math.sqrt(expected * (1 - expected) / n)


@pytest.mark.parametrize("sign", [-1, 1])
def test_who_crosses_the_line_is_in_reach_while_the_distance_says_so(sign: int) -> None:
    """A drone at 100 km/h passes at 2 h; a crosser at 30 km/h starts 15 km off the line; seen when first within 12 km."""
    watching = sensors(speed=100.0)
    table = table_of([Row(0, H, 3 * H, 2 * H, 0, GLANCE, 1.0, 1)])
    for begin_h in (1.0, 1.4, 1.5, 1.7, 2.2, 2.6):
        one = acts([1], begin=round(begin_h * H), end=round((begin_h + 1) * H), depth=-15.0 * sign)
        found = int(first_contacts(table, watching, one._replace(across_kmh=np.array([30.0 * sign])))[0][0])
        moment = np.arange(max(begin_h, 1.0), min(begin_h + 1, 3.0), 1e-5)
        near = np.hypot(100 * (moment - 2), -15 + 30 * (moment - begin_h)) <= 12
        wanted = moment[near.argmax()] if near.any() else math.inf
        assert found == NEVER if math.isinf(wanted) else abs(found / H - wanted) < 2e-5, begin_h


def test_who_keeps_his_place_is_found_as_before() -> None:
    table = table_of([Row(0, 0, 8 * H, 4 * H, 0, SEARCH, 1.0, 5)])
    plain = acts(list(range(50)), depth=3.0)
    still = plain._replace(across_kmh=np.zeros(50))
    found = [first_contacts(table, sensors(speed=50.0), which)[0].tolist() for which in (plain, still)]
    assert found[0] == found[1]
