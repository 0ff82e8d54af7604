"""Confusers follow the month, the hour and the side that the scenario gives them, and deception its share."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from line_of_four import DAY, HOUR, TERMS, cells, conduct, first, mirrored, poisson, share

from sim.foundation.streams import streams_of
from sim.records import Acts
from sim.scenario.hidden import Confuser, Deception
from sim.truth.confusers import Confusers, confusers_of
from sim.truth.deception import false_flags, staged_of
from sim.truth.violations import candidates

MONTHS = (np.array([-(2**62), 30 * DAY, 60 * DAY]), np.array([6, 7, 8]))


def confuser(name: str = "fires", **keys: Any) -> Confuser:
    rates = tuple(float(m + 1) for m in range(12))
    return Confuser(**({"id": name, "per_day": rates, "duration_median_h": 3.0, "taken_for": {"fire": 1.0}} | keys))


def drawn(*items: Confuser, days: int = 60, local_start_h: float = 2.0, **parts: Any) -> Confusers:
    return confusers_of(conduct(confusers=items, **parts), cells(), streams_of(9, 0), days=days, months=MONTHS,
                        local_start_h=local_start_h)


def test_rates_follow_the_month() -> None:
    acts = drawn(confuser()).acts
    poisson(int((acts.onset_us < 30 * DAY).sum()), 30 * 7)
    poisson(int((acts.onset_us >= 30 * DAY).sum()), 30 * 8)


def test_hours_durations_sides_and_notices() -> None:
    rates = (60.0,) * 12
    found = drawn(confuser(per_day=rates, from_hour_h=9.0, to_hour_h=17.0, side_a_share=0.3, notified_share=0.4,
                           duration_log_sd=0.8, unattributed_share=0.7), local_start_h=13.5)
    acts = found.acts
    local = (acts.onset_us / HOUR + 13.5) % 24
    assert local.min() >= 9.0 and local.max() < 17.0 and (acts.onset_us // DAY < 60).all()
    assert abs(local.mean() - 13.0) < 4 * 8 / math.sqrt(12 * len(local))
    hours = (acts.end_us - acts.onset_us) / HOUR
    share(hours < 3.0, 0.5)
    share(hours < 3.0 * math.exp(0.8), 0.8413447)
    share(acts.side == 0, 0.3)
    share(found.notified, 0.4)
    share(acts.anonymous, 0.7)
    assert ((acts.depth_km > 0) == (acts.side == 1)).all()
    assert (np.abs(acts.km - cells().km[acts.cell]) <= 2.5).all()


def test_land_and_sea_are_told_apart() -> None:
    found = drawn(confuser(), confuser("fishing", at_sea=True, taken_for={"sea": 1.0})).acts
    assert (cells().sea[found.cell] == (found.kind == 1)).all() and (found.kind == 1).sum() > 100


def test_thirty_days_are_the_first_of_sixty() -> None:
    items = (confuser(), confuser("guns", notified_share=0.5))
    short, long = drawn(*items, days=30), drawn(*items, days=60)
    assert first(short.acts, 30, "onset_us") == first(long.acts, 30, "onset_us")
    assert short.notified.tolist() == long.notified[: len(short.notified)].tolist()


def test_swapped_parties_swap_their_confusers() -> None:
    plain = drawn(confuser(side_a_share=0.75)).acts
    other = drawn(confuser(side_a_share=0.25), key_a="beta", key_b="alpha").acts
    assert [c.tolist() for c in mirrored(plain)] == [c.tolist() for c in other]


def acts_of(days: int = 120) -> Acts:
    return candidates(conduct(), TERMS, cells(), streams_of(5, 0), days=days, local_start_h=2.0)


def test_deception_goes_with_its_share_and_is_drawn_by_the_act() -> None:
    acts = acts_of()
    done = acts.happens
    how = Deception(share=0.1, staged_share=0.25, staged_delay_mean_h=6.0)
    flags = false_flags(how, acts)
    staged = staged_of(how, acts, cells(), horizon_us=200 * DAY)
    share(flags[done], 0.075)
    assert not flags[~done].any()
    n = int(done.sum())
    assert abs(len(staged.id) - 0.025 * n) < 4 * math.sqrt(0.025 * 0.975 * n)
    half = np.arange(len(acts.id)) % 2 == 0
    assert false_flags(how, Acts._make(column[half] for column in acts)).tolist() == flags[half].tolist()


def test_staged_acts_are_like_their_models_but_by_the_other_side() -> None:
    acts = acts_of()
    staged = staged_of(Deception(share=1.0, staged_share=1.0, staged_delay_mean_h=6.0), acts, cells(), horizon_us=10**16)
    done = np.flatnonzero(acts.happens)
    assert len(staged.id) == len(done) and len(np.unique(np.concatenate((staged.id, acts.id)))) == len(acts.id) + len(done)
    assert sorted((1 - staged.side).tolist()) == sorted(acts.side[done].tolist())
    assert sorted((staged.end_us - staged.onset_us).tolist()) == sorted((acts.end_us - acts.onset_us)[done].tolist())
    wait = (staged.onset_us.sum() - acts.onset_us[done].sum()) / HOUR / len(done)
    assert abs(wait - 6.0) < 4 * 6.0 / math.sqrt(len(done))
    assert (cells().sea[staged.cell] == (staged.kind == 2)).all()


def test_no_deception_no_staging() -> None:
    acts = acts_of(5)
    assert not false_flags(None, acts).any() and len(staged_of(None, acts, cells(), horizon_us=DAY).id) == 0
    none = Deception(share=0.0)
    assert not false_flags(none, acts).any() and len(staged_of(none, acts, cells(), horizon_us=DAY).id) == 0
