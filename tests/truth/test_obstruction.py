"""Spells of obstruction come, last and lie where the scenario says, and follow the mission only where they are asked to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from line_of_four import DAY, HOUR, cells, conduct, first, poisson, share

from sim.foundation.streams import streams_of
from sim.records import Obstructions
from sim.scenario.conduct import Step
from sim.scenario.hidden import FORMS, Obstruction
from sim.truth.obstruction import obstructions_of
from sim.truth.regimes import spells_of

EVEN = np.ones((len(FORMS), 5))


def form(name: str = "jam", **keys: Any) -> Obstruction:
    return Obstruction(**({"id": name, "form": "jamming", "spells_per_day": 20.0, "duration_median_h": 2.0} | keys))


def drawn(*items: Obstruction, days: int = 60, watched: Any = EVEN, **parts: Any) -> Obstructions:
    how = conduct(obstruction=items, **parts)
    streams = streams_of(3, 0)
    return obstructions_of(how, cells(), streams, spells_of(how, streams, days=days), watched, days=days)


@pytest.mark.parametrize(("regime", "factor"), [("calm", 0.5), ("tense", 1.0), ("failing", 3.0)])
def test_counts_are_poisson_by_form_side_and_regime(regime: str, factor: float) -> None:
    spells = drawn(form(side_a_share=0.7), form("gate", form="denial", spells_per_day=5.0, regime_factors={"calm": 2.0}),
                   regime=regime)
    gate = 2.0 if regime == "calm" else factor
    for row, (rate, part) in enumerate(((20.0 * factor, 0.7), (5.0 * gate, 0.5))):
        for side, half in ((0, part), (1, 1 - part)):
            poisson(int(((spells.row == row) & (spells.side == side)).sum()), 60 * rate * half)
    assert (np.array(FORMS)[spells.form] == np.where(spells.row == 0, "jamming", "denial")).all()


def test_onsets_are_uniform_in_the_day_and_days_independent() -> None:
    spells = drawn(form(), days=400)
    hour = spells.from_us % DAY / DAY
    assert abs(hour.mean() - 0.5) < 4 * math.sqrt(1 / 12 / len(hour))
    daily = np.bincount(spells.from_us // DAY, minlength=400)
    assert abs(daily.var(ddof=1) / daily.mean() - 1) < 4 * math.sqrt(2 / 399)


@pytest.mark.parametrize(("law", "log_sd"), [("lognormal", 0.9), ("exponential", 0.9), ("fixed", 0.9)])
def test_durations_have_the_median_and_spread_asked_for(law: str, log_sd: float) -> None:
    spells = drawn(form(duration_law=law, duration_log_sd=log_sd), days=100)
    hours = (spells.to_us - spells.from_us) / HOUR
    if law == "fixed":
        assert hours == pytest.approx(2.0)
        return
    share(hours < 2.0, 0.5)
    share(hours < 4.0, 0.75 if law == "exponential" else 0.5 * (1 + math.erf(math.log(2) / 0.9 / math.sqrt(2))))


def test_places_are_uniform_over_the_sectors_named() -> None:
    everywhere, some = drawn(form()), drawn(form(sectors=("s2", "bay")))
    for sector in range(4):
        share(everywhere.sector == sector, 0.25)
    assert set(some.sector.tolist()) == {1, 4}
    share(some.sector == 4, 6 / 16)
    assert (cells().sector[everywhere.cell] == everywhere.sector).all()


def test_a_share_goes_where_the_plan_looks_most() -> None:
    watched = EVEN.copy()
    watched[FORMS.index("jamming"), 2] = 5.0
    share(drawn(form(follows_looks_share=0.6), watched=watched).sector == 2, 0.6 + 0.4 * 0.25)
    elsewhere = drawn(form(follows_looks_share=0.0), watched=watched)
    assert [c.tolist() for c in elsewhere] == [c.tolist() for c in drawn(form())]


def test_a_share_of_authors_stays_unknown() -> None:
    share(drawn(form(unattributed_share=0.8)).anonymous, 0.8)


def test_the_regime_in_force_thins_spells_by_day() -> None:
    spells = drawn(form(), path=(Step(id="fall", from_h=720.0, regime="failing"),))
    poisson(int((spells.from_us < 30 * DAY).sum()), 600)
    poisson(int((spells.from_us >= 30 * DAY).sum()), 1800)


def test_thirty_days_are_the_first_of_sixty() -> None:
    items = (form(), form("cams", form="camera-destruction", spells_per_day=2.0, follows_looks_share=0.5))
    short, long = (drawn(*items, days=days) for days in (30, 60))
    assert first(short, 30, "from_us") == first(long, 30, "from_us")
    assert len(long.id) > 1.8 * len(short.id)


def test_swapped_parties_swap_their_spells() -> None:
    plain = drawn(form(side_a_share=0.75))
    other = drawn(form(side_a_share=0.25), key_a="beta", key_b="alpha")
    assert [c.tolist() for c in plain._replace(side=1 - plain.side)] == [c.tolist() for c in other]


def test_one_form_does_not_move_another() -> None:
    alone, beside = drawn(form()), drawn(form("gate", form="denial"), form())
    mine = beside.row == 1
    assert alone.id.tolist() == beside.id[mine].tolist() and alone.to_us.tolist() == beside.to_us[mine].tolist()
