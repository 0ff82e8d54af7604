"""Power by ghosts: certain eyes everywhere give the share that would be attributed, no eyes give nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.foundation.scan import GLANCE, NEVER, LookTable, Sensors
from sim.foundation.streams import name_key, streams_of
from sim.scenario.agreement import Agreement, Breach, Kind
from sim.verification.beliefs import Beliefs
from sim.verification.power import Field, Ghosts, ghosts_of, power_of, sighted

H = 3_600_000_000
DAY = 24 * H
PHYSICS = 3
CELLS = (np.arange(0, 4), np.arange(4, 10), np.arange(10, 13))
FIELD = Field(CELLS, np.array([False, False, True]), 10, DAY, 8)
TERMS = Agreement(
    kinds=(Kind(id="fire", points=1.0), Kind(id="zone", points=6.0), Kind(id="sea", domain="sea", points=12.0)),
    breach=Breach(points=6.0),
)


def beliefs(
    *, attributed: float = 1.0, wrong_side: float = 0.0, share: tuple[float, ...] = (0.8, 0.1, 0.1), duration_h: float = 1.0
) -> Beliefs:
    n = len(share)
    values: dict[str, Any] = {
        "pd": np.ones((PHYSICS, n)),
        "trace_pd": np.zeros((PHYSICS, n)),
        "hidden": np.zeros((PHYSICS, n)),
        "share": np.array(share),
        "duration_h": np.full(n, duration_h),
        "trace_h": np.zeros(n),
        "depth_km": np.array([2.0, 9.0, 0.0]),
        "trace_sign": np.ones(n),
        "attributed": np.full(n, attributed),
        "wrong_side": wrong_side,
    }
    return Beliefs(**{name: values[name] for name in Beliefs._fields})


def ghosts(field: Field = FIELD, replication: int = 0, terms: Agreement = TERMS, **keys: Any) -> Ghosts:
    return ghosts_of(terms, beliefs(**keys), field, streams_of(1, replication))


def points_of(of: Ghosts, terms: Agreement = TERMS) -> np.ndarray:
    return np.array([k.points for k in terms.kinds])[of.kind]


# ---- ghosts -----------------------------------------------------------------------------------------------------------


def test_every_ghost_reaches_the_points_of_a_breach_and_no_more_acts_than_it_needs() -> None:
    made = ghosts()
    total = np.bincount(made.place, weights=points_of(made))
    assert len(total) == 2 * 3 * 10 * 8 and (total >= 6).all()
    last = np.append(made.place[1:] != made.place[:-1], True)
    assert (total - points_of(made)[last] < 6).all()


def test_kinds_follow_their_believed_shares_on_land_and_at_sea() -> None:
    made = ghosts(FIELD._replace(ghosts=200))
    sector = made.place // (10 * 200) % 3
    assert (made.kind[sector == 2] == 2).all() and (made.kind[sector < 2] < 2).all()
    first = np.append(True, made.place[1:] != made.place[:-1])
    share = (made.kind[first & (sector < 2)] == 1).mean()
    # Both parties share the luck of a ghost, so that only half of the places count.
    assert abs(share - 1 / 9) < 4 * math.sqrt(1 / 9 * 8 / 9 / (2 * 10 * 200))


def test_ghosts_lie_in_their_sector_period_and_side() -> None:
    made = ghosts()
    sector, period, side = made.place // 80 % 3, made.place // 8 % 10, made.place // 240
    for number, cells in enumerate(CELLS):
        mine = sector == number
        assert set(made.cell[mine].tolist()) == set(cells.tolist())
    assert ((made.onset_us >= period * DAY) & (made.onset_us < (period + 1) * DAY)).all()
    land = sector < 2
    assert (np.sign(made.depth_km[land]) == np.where(side[land] == 1, 1, -1)).all() and (made.depth_km[~land] == 0).all()
    assert (made.end_us - made.onset_us == H).all()


def test_ghosts_of_later_periods_leave_the_first_as_they_were() -> None:
    short, long = ghosts(FIELD._replace(periods=5)), ghosts()
    early = long.place // 8 % 10 < 5
    assert sorted(short.key.tolist()) == sorted(long.key[early].tolist())
    assert sorted(short.onset_us.tolist()) == sorted(long.onset_us[early].tolist())


# ---- power ------------------------------------------------------------------------------------------------------------


def lags(hours: float = 0.0) -> np.ndarray:
    return np.full(FIELD.periods, round(hours * H))


def power(
    of: Ghosts,
    times: np.ndarray,
    *,
    kinds: int = 2,
    lag_h: float = 0.0,
    delay_h: float = 72.0,
    terms: Agreement = TERMS,
    field: Field = FIELD,
    **keys: Any,
) -> np.ndarray:
    return power_of(terms, beliefs(**keys), field, of, times, kinds=kinds, lag_us=lags(lag_h), delay_us=round(delay_h * H))


def seen_at_once(of: Ghosts) -> np.ndarray:
    return np.repeat(of.onset_us[:, None], PHYSICS, axis=1)


def test_all_ghosts_seen_and_attributed_is_full_power_and_none_seen_is_none() -> None:
    made = ghosts()
    assert (power(made, seen_at_once(made)) == 1).all()
    assert (power(made, np.full((len(made.key), PHYSICS), NEVER)) == 0).all()


@pytest.mark.parametrize(("attributed", "wrong"), [(0.5, 0.0), (0.8, 0.1), (0.0, 0.0)])
def test_power_is_the_attributed_share_where_one_act_makes_a_breach(attributed: float, wrong: float) -> None:
    terms = Agreement(kinds=(Kind(id="fire", points=6.0), Kind(id="zone", points=6.0), Kind(id="sea", domain="sea", points=6.0)))
    field = FIELD._replace(ghosts=100)
    made = ghosts(field, terms=terms)
    found = power(made, seen_at_once(made), terms=terms, field=field, attributed=attributed, wrong_side=wrong)
    expected, n = attributed * (1 - wrong), 3 * 10 * 100  # both parties share their luck
    assert abs(found.mean() - expected) <= 4 * math.sqrt(expected * (1 - expected) / n)


def test_six_minor_acts_must_all_be_attributed() -> None:
    terms = Agreement(kinds=(Kind(id="fire"), Kind(id="zone"), Kind(id="sea", domain="sea", points=12.0)))
    field = FIELD._replace(ghosts=100)
    made = ghosts(field, terms=terms)
    found = power(made, seen_at_once(made), terms=terms, field=field, attributed=0.9)
    expected = 0.9**6
    assert abs(found[:, :2].mean() - expected) < 4 * math.sqrt(expected * (1 - expected) / (2 * 10 * 100))


def test_the_standard_counts_kinds_of_evidence() -> None:
    made = ghosts()
    one, two = (np.full((len(made.key), PHYSICS), NEVER) for _ in range(2))
    one[:, 1] = two[:, 0] = two[:, 2] = made.onset_us
    assert (power(made, one) == 0).all() and (power(made, one, kinds=1) == 1).all()
    assert (power(made, two) == 1).all() and (power(made, two, kinds=3) == 0).all()
    hint = Agreement(
        kinds=(
            Kind(id="fire", grade="indicative"),
            Kind(id="zone", points=6.0, grade="indicative"),
            Kind(id="sea", domain="sea", points=12.0),
        )
    )
    assert (power(made, one, terms=hint)[:, :2] == 1).all()


def test_sights_count_until_the_deadline() -> None:
    """A ghost of the first day must be known, its lag included, 72 h after the end of that day."""
    made = ghosts()
    due = (made.place // 8 % 10 + 1) * DAY + 72 * H
    for late, expected in ((0, 1.0), (1, 0.0)):
        times = np.repeat((due - 5 * H + late)[:, None], PHYSICS, axis=1)
        assert (power(made, times, lag_h=5.0) == expected).all()


# ---- sights -----------------------------------------------------------------------------------------------------------


def tables(*, every_h: float = 0.5, cells: int = 13, days: int = 14) -> tuple[LookTable, ...]:
    """Instant looks at every cell, by each physics class alike."""
    times = np.arange(0, days * DAY, round(every_h * H))
    cell, start = np.repeat(np.arange(cells), len(times)), np.tile(times, cells)
    span, n = int(start.max()) + 2, len(start)
    luck = np.arange(n, dtype=np.uint64)
    return tuple(
        LookTable(
            luck + np.uint64(name_key("t", p) % 2**40),
            np.full(n, p, dtype=np.int32),
            start,
            start,
            start,
            np.full(n, GLANCE, dtype=np.int8),
            np.ones(n),
            cell * span + start,
            np.zeros(cells, dtype=np.int64),
            span,
            H,
        )
        for p in range(PHYSICS)
    )


def eyes(of: Ghosts, *, act: float, trace: float = 0.0, reach: float = 1e9) -> Sensors:
    n = len(of.key)
    theta = np.hstack((np.full((PHYSICS, n), act), np.full((PHYSICS, n), trace)))
    return Sensors(
        np.arange(PHYSICS),
        theta,
        np.zeros((PHYSICS, 4)),
        np.zeros(2 * n, dtype=np.int64),
        np.full(PHYSICS, reach),
        np.zeros(PHYSICS),
        np.zeros(PHYSICS),
    )


KINDS = np.arange(PHYSICS, dtype=np.int8)


def test_certain_eyes_on_every_cell_see_every_ghost_at_the_next_look() -> None:
    made = ghosts()
    times = sighted(made, tables(), eyes(made, act=1.0), KINDS, np.full(len(made.key), 20 * DAY))
    step = H // 2
    assert (times == (-(-made.onset_us // step) * step)[:, None]).all()
    assert (power(made, times) == 1).all()
    assert np.abs(power(made, times, attributed=0.0)).sum() == 0


def test_eyes_that_see_nothing_or_reach_nothing_have_no_power() -> None:
    made = ghosts()
    for blind in (eyes(made, act=0.0), eyes(made, act=1.0, reach=1.0)):
        times = sighted(made, tables(), blind, KINDS, np.full(len(made.key), 20 * DAY))
        land = made.place // 80 % 3 < 2
        assert (times[land] == NEVER).all()


def test_sights_after_the_deadline_are_not_sought() -> None:
    made = ghosts()
    times = sighted(made, tables(), eyes(made, act=1.0), KINDS, made.onset_us)
    assert (times == NEVER).all()


def test_traces_are_seen_after_the_act() -> None:
    made = ghosts()._replace()
    long = made._replace(trace_us=made.end_us + 5 * H)
    times = sighted(long, tables(), eyes(long, act=0.0, trace=1.0), KINDS, np.full(len(made.key), 20 * DAY))
    assert (times == (-(-made.end_us // (H // 2)) * (H // 2))[:, None]).all()


def test_rare_looks_give_the_power_of_an_act_that_meets_one() -> None:
    """Acts of 1 h under instant looks every 4 h by all classes at once: met with chance 1/4."""
    terms = Agreement(kinds=(Kind(id="fire", points=6.0), Kind(id="zone", points=6.0), Kind(id="sea", domain="sea", points=6.0)))
    field = FIELD._replace(ghosts=100)
    made = ghosts(field, terms=terms)
    times = sighted(made, tables(every_h=4.0), eyes(made, act=1.0), KINDS, np.full(len(made.key), 20 * DAY))
    found = power(made, times, terms=terms, field=field).mean()
    assert abs(found - 0.25) < 4 * math.sqrt(0.25 * 0.75 / (3 * 10 * 100))
