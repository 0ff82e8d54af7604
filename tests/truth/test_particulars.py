"""Depths drawn below a limit, classes of weapons, announcements and harm: each by its law and by the id of the act."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest, norm
from test_violations import cells, conduct, happened, kind

from sim.foundation.streams import streams_of
from sim.records import Acts
from sim.scenario.agreement import Agreement, Kind, Zone
from sim.scenario.area import Ground
from sim.scenario.conduct import Conduct
from sim.truth.particulars import harmed, told, weapons
from sim.truth.violations import candidates

H = 3_600_000_000
CLASSES = {"guns": 10.0, "rockets": 20.0, "long-range": 40.0}
KINDS = (Kind(id="fire"), Kind(id="zone"), Kind(id="sea", domain="sea"))
TERMS = Agreement(kinds=KINDS, zones=(Zone(id="back", kinds=("zone",), depth_km=10.0),))
BY_CLASS = Agreement(kinds=KINDS, zones=(Zone(id="back", kinds=("zone",), depth_km=10.0, depth_by_class_km=CLASSES),))
SHARES = {"guns": 0.6, "rockets": 0.3, "long-range": 0.1}


def drawn(how: Conduct, terms: Agreement = TERMS) -> Acts:
    return happened(candidates(how, terms, cells(), streams_of(5, 0), days=60, local_start_h=2.0))


def near(found: float, share: float, n: int) -> None:
    assert abs(found - share) < 4 * math.sqrt(share * (1 - share) / n), (found, share, n)


def truncated(median: float, log_sd: float, limit: float) -> Any:
    """Distribution function of a lognormal given that it lies below a limit."""
    return lambda x: norm.cdf(np.log(x / median) / log_sd) / norm.cdf(math.log(limit / median) / log_sd)


def test_depth_in_a_zone_follows_the_law_below_its_limit_and_does_not_pile_up() -> None:
    acts = drawn(conduct(kind("zone", rate=200.0, depth_median_km=9.0, depth_log_sd=0.6)))
    depth = np.abs(acts.depth_km)
    assert depth.max() <= 10.0 and (depth > 9.99).mean() < 0.005  # min() would put 43 % there
    assert kstest(depth, truncated(9.0, 0.6, 10.0)).pvalue > 1e-4


def test_each_act_keeps_its_draw_when_a_zone_is_drawn_around_it() -> None:
    how = conduct(kind("zone", rate=60.0, depth_median_km=9.0), kind(rate=60.0, depth_median_km=9.0))
    free, bound = drawn(how, Agreement(kinds=KINDS)), drawn(how)
    assert free.id.tolist() == bound.id.tolist() and free.onset_us.tolist() == bound.onset_us.tolist()
    mine, deep, limited = free.kind == 1, np.abs(free.depth_km), np.abs(bound.depth_km)
    assert (deep[~mine] == limited[~mine]).all() and (limited[mine] < deep[mine]).all()
    order = np.argsort(deep[mine])
    assert (np.diff(limited[mine][order]) >= 0).all()


def test_depth_without_spread_and_of_kinds_without_zone() -> None:
    acts = drawn(conduct(kind("zone", depth_median_km=25.0, depth_log_sd=0.0), kind(depth_median_km=25.0, depth_log_sd=0.0)))
    assert (np.abs(acts.depth_km[acts.kind == 1]) == 10.0).all()
    assert np.abs(acts.depth_km[acts.kind == 0]) == pytest.approx(25.0)


def test_limit_of_conduct_rules_over_the_zone() -> None:
    """So that wide and narrow terms judge the same acts."""
    how = conduct(kind("zone", rate=100.0, depth_median_km=9.0, depth_limit_km=30.0))
    one, other = drawn(how), drawn(how, Agreement(kinds=KINDS, zones=(Zone(id="back", kinds=("zone",), depth_km=3.0),)))
    assert 10 < np.abs(one.depth_km).max() <= 30
    assert all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


def test_classes_of_weapons_have_their_shares_and_depths() -> None:
    how = conduct(kind("zone", rate=100.0, depth_median_km=15.0, depth_log_sd=0.6, weapon_shares=SHARES), kind(rate=10.0))
    acts = drawn(how, BY_CLASS)
    number = weapons(how, BY_CLASS, acts)
    assert (number[acts.kind == 0] == -1).all()
    depth, n = np.abs(acts.depth_km), int((acts.kind == 1).sum())
    for row, (name, share) in enumerate(SHARES.items()):
        mine = number == row
        near(mine.sum() / n, share, n)
        assert kstest(depth[mine], truncated(15.0, 0.6, CLASSES[name])).pvalue > 1e-4
        assert depth[mine].max() <= CLASSES[name]


def test_announcements_have_their_share_and_lead() -> None:
    how = conduct(kind("zone", rate=100.0, notified_share=0.3, notice_median_h=72.0, notice_log_sd=0.5), kind(rate=50.0))
    acts = drawn(how)
    known = told(how, TERMS, acts)
    assert (acts.kind[known.act] == 1).all() and known.announced.side.tolist() == acts.side[known.act].tolist()
    n = int((acts.kind == 1).sum())
    near(len(known.act) / n, 0.3, n)
    lead = (acts.onset_us[known.act] - known.announced.told_us) / H
    assert kstest(np.log(lead / 72.0) / 0.5, "norm").pvalue > 1e-4
    assert len(told(conduct(kind()), TERMS, drawn(conduct(kind()))).act) == 0


def test_harm_by_settlement() -> None:
    """Towns cover a quarter: 0.25·0.4 + 0.75·0.1 = 0.175 on land, the countryside's share at sea."""
    how = conduct(kind(rate=150.0, harm_share={"town": 0.4, "countryside": 0.1}), kind("zone", rate=20.0),
                  kind("sea", rate=100.0, harm_share={"town": 0.9, "countryside": 0.2}))
    acts, ground = drawn(how), Ground(open_share=0.75, tree_belt_share=0.0, forest_share=0.0, urban_share=0.25, water_share=0.0)
    harm = harmed(how, TERMS, ground, cells(), acts)
    for number, share in ((0, 0.175), (2, 0.2)):
        mine = acts.kind == number
        near(harm[mine].mean(), share, int(mine.sum()))
    assert not harm[acts.kind == 1].any()


def test_particulars_of_nothing() -> None:
    none = Acts._make(column[:0] for column in drawn(conduct(kind())))
    how = conduct(kind())
    assert len(weapons(how, BY_CLASS, none)) == len(told(how, TERMS, none).act) == len(
        harmed(how, TERMS, Ground(), cells(), none)) == 0
