"""Complaints: how many, how late, how wrong, and with what behind them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from line_of_four import DAY, HOUR, TERMS, cells, conduct, first, mirrored, poisson, share

from sim.foundation.streams import streams_of
from sim.records import Acts, Filed
from sim.scenario.hidden import Complaints
from sim.truth.complaints import filed_of
from sim.truth.violations import candidates

NONE = slice(0, 0)


def acts_of(days: int) -> Acts:
    return candidates(conduct(), TERMS, cells(), streams_of(5, 0), days=days, local_start_h=2.0)


def by(side: str = "A", **keys: Any) -> Complaints:
    return Complaints(**({"id": f"by-{side.lower()}", "side": side} | keys))


def drawn(*rows: Complaints, days: int = 60, staged: Acts | None = None, acts: Acts | None = None, **parts: Any) -> Filed:
    known = acts_of(days) if acts is None else acts
    none = Acts._make(column[NONE] for column in known) if staged is None else staged
    return filed_of(conduct(complaints=rows, **parts), TERMS, known, none, cells(), streams_of(5, 0), days=days)


def test_a_share_of_what_was_suffered_is_filed_about_its_author() -> None:
    acts = acts_of(60)
    early = acts.happens & (acts.side == 1) & (acts.onset_us < 40 * DAY)
    filed = drawn(by("A", filed_share=0.3))
    assert (filed.about == 1).all() and (acts.side[filed.act] == 1).all() and acts.happens[filed.act].all()
    share(np.isin(np.flatnonzero(early), filed.act), 0.3)


def test_untrue_ones_come_at_their_rate_with_the_usual_mix() -> None:
    filed = drawn(by("B", filed_share=0.0, untrue_per_day=50.0, delay_median_h=0.01), days=60)
    poisson(len(filed.id), 3000)
    assert (filed.act == -1).all() and (filed.about == 0).all()
    for kind, rate in enumerate((30, 10, 4)):
        share(filed.kind == kind, rate / 44)
    assert (cells().sea[filed.cell] == (filed.kind == 2)).all()


def test_delay_place_and_kind_have_the_errors_asked_for() -> None:
    acts = acts_of(60)
    filed = drawn(by("A", filed_share=1.0, delay_median_h=1.0, delay_log_sd=0.5, place_error_km=2.0, wrong_kind_share=0.2),
                  acts=acts)
    before = filed.onset_us < 50 * DAY
    hours = (filed.told_us - filed.onset_us)[before] / HOUR
    share(hours < 1.0, 0.5)
    share(hours < math.exp(0.5), 0.8413447)
    inland = before & (np.abs(acts.km[filed.act] - 100) < 80) & (acts.kind[filed.act] != 2)
    share(np.abs(filed.km - acts.km[filed.act])[inland] < 2.0, 0.5)
    assert (np.abs(cells().km[filed.cell] - filed.km)[inland] <= 2.5 + 1e-9).all()
    share((filed.kind != acts.kind[filed.act])[inland], 0.2)
    assert not ((filed.kind == 2) & (acts.kind[filed.act] != 2)).any()
    assert (filed.onset_us == acts.onset_us[filed.act]).all() and (np.diff(filed.told_us) >= 0).all()


def test_what_a_party_staged_it_always_complains_of() -> None:
    acts = acts_of(60)
    staged = Acts._make(column[:200] for column in acts)
    filed = drawn(by("A", filed_share=0.0, delay_median_h=0.1), by("B", filed_share=0.0, delay_median_h=0.1), staged=staged)
    assert len(filed.id) == 200 and (filed.act == -1).all()
    assert sorted((1 - filed.about).tolist()) == sorted(staged.side.tolist())


def test_thirty_days_are_the_first_of_sixty() -> None:
    rows = (by("A", untrue_per_day=9.0), by("B", untrue_per_day=30.0, filed_share=0.6))
    short, long = drawn(*rows, days=30), drawn(*rows, days=60)
    assert first(short, 30, "told_us") == first(long, 30, "told_us")


def test_swapped_parties_swap_their_complaints() -> None:
    rows = (by("A", untrue_per_day=9.0), by("B", untrue_per_day=30.0, filed_share=0.6))
    turned = tuple(how.model_copy(update={"side": "B" if how.side == "A" else "A"}) for how in rows)
    acts = acts_of(30)
    plain = drawn(*rows, days=30, acts=acts)
    other = drawn(*turned, days=30, acts=mirrored(acts), key_a="beta", key_b="alpha")
    assert [c.tolist() for c in plain._replace(about=1 - plain.about)] == [c.tolist() for c in other]
    assert len(plain.id) > 500 and (plain.about == 0).sum() > 2 * (plain.about == 1).sum()
