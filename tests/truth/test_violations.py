"""The assumed truth: counts, sides, hours, places and lives of acts follow the laws that the scenario states."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.area.line import Cells
from sim.foundation.streams import streams_of
from sim.records import Acts
from sim.scenario.agreement import Agreement, Kind, Zone
from sim.scenario.conduct import Conduct, HotSpots, KindConduct, Regime
from sim.truth.violations import candidates, expected_candidates, hot_spots

DAY = 86_400_000_000
H = 3.6e9


def cells(land: int = 40, sea: int = 6) -> Cells:
    n = land + sea
    return Cells(np.concatenate((np.arange(land) // 10, np.full(sea, 4))), np.arange(2.5, 5.0 * n, 5.0), np.full(n, 5.0),
                 np.full(n, 48.0), np.full(n, 37.0), np.arange(n) >= land, ("s1", "s2", "s3", "s4", "bay"), 4, land * 5.0)


def conduct(*kinds: KindConduct, regime: str = "tense", gini: float = 0.6, keys: tuple[str, str] = ("alpha", "beta")) -> Conduct:
    regimes = (Regime(id="calm", factor=0.2, kind_factors={"zone": 2.0}), Regime(id="tense"), Regime(id="failing", factor=3.0))
    return Conduct(regime=regime, regimes=regimes, kinds=kinds, hot_spots=HotSpots(gini=gini), key_a=keys[0], key_b=keys[1])


def kind(name: str = "fire", rate: float = 30.0, **keys: Any) -> KindConduct:
    calm: dict[str, Any] = {"id": name, "incidents_per_day": rate, "duration_median_h": 0.5}
    return KindConduct(**(calm | keys))


TERMS = Agreement(kinds=(Kind(id="fire"), Kind(id="zone"), Kind(id="sea", domain="sea")),
                  zones=(Zone(id="back", kinds=("zone",), depth_km=10.0),))


def drawn(how: Conduct, *, days: int = 30, replication: int = 0, local_start_h: float = 2.0) -> Acts:
    return candidates(how, TERMS, cells(), streams_of(5, replication), days=days, local_start_h=local_start_h)


def happened(acts: Acts) -> Acts:
    return Acts._make(column[acts.happens] for column in acts)


def _poisson(count: int, mean: float) -> None:
    assert abs(count - mean) < 4 * math.sqrt(mean), (count, mean)


def test_counts_by_kind_side_and_regime_are_poisson() -> None:
    how = (kind(rate=30.0, side_a_share=0.7), kind("zone", rate=5.0), kind("sea", rate=2.0))
    for regime, factor, zone in (("calm", 0.2, 2.0), ("tense", 1.0, 1.0), ("failing", 3.0, 1.0)):
        acts = happened(drawn(conduct(*how, regime=regime), days=60))
        for number, (rate, share) in enumerate(((30.0, 0.7), (5.0, 0.5), (2.0, 0.5))):
            mean = rate * factor * 60 * (zone if number == 1 else 1.0)
            for side, part in ((0, share), (1, 1 - share)):
                _poisson(int(((acts.kind == number) & (acts.side == side)).sum()), mean * part)


def test_days_are_independent_and_poisson() -> None:
    """Index of dispersion of the daily counts: (n − 1) I is chi-squared with n − 1 degrees of freedom."""
    acts = happened(drawn(conduct(kind(rate=20.0)), days=400))
    daily = np.bincount(acts.onset_us // DAY, minlength=400)
    index = daily.var(ddof=1) / daily.mean()
    assert abs(index - 1) < 4 * math.sqrt(2 / 399)
    assert abs(np.corrcoef(daily[1:], daily[:-1])[0, 1]) < 4 / math.sqrt(399)


def test_expected_number_is_that_of_the_highest_regime() -> None:
    how = conduct(kind(rate=30.0), kind("zone", rate=5.0))
    assert expected_candidates(how, days=10) == pytest.approx((30 * 3 + 5 * 3) * 10)
    _poisson(len(drawn(how, days=10).id), 1050.0)


@pytest.mark.parametrize(("share", "start_h"), [(0.5, 0.0), (0.8, 2.0), (0.1, 13.5)])
def test_night_share_by_the_local_clock(share: float, start_h: float) -> None:
    acts = drawn(conduct(kind(rate=100.0, night_share=share)), days=20, local_start_h=start_h)
    local = (acts.onset_us / H + start_h) % 24
    night = ((local >= 18) | (local < 6)).mean()
    assert abs(night - share) < 4 * math.sqrt(share * (1 - share) / len(local))
    assert ((acts.onset_us >= 0) & (acts.onset_us < 20 * DAY)).all()


def test_acts_are_sorted_and_their_ids_are_their_own() -> None:
    acts = drawn(conduct(kind(), kind("zone"), kind("sea")), days=20)
    assert (np.diff(acts.onset_us) >= 0).all() and len(np.unique(acts.id)) == len(acts.id)
    assert (acts.end_us > acts.onset_us).all() and (acts.trace_us >= acts.end_us).all()


def _gini(weight: np.ndarray) -> float:
    ordered, n = np.sort(weight), len(weight)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum()))


@pytest.mark.parametrize("gini", [0.0, 0.3, 0.6, 0.75])
def test_hot_spots_have_the_gini_asked_for(gini: float) -> None:
    """182 cells, as on the line of 2026; steps of a curve are a little more even than the curve."""
    weight = np.diff(hot_spots(conduct(gini=gini), cells(land=182), streams_of(1, 0)), prepend=0.0)
    assert _gini(weight) == pytest.approx(gini, abs=0.005)
    if gini == 0.6:
        top = np.sort(weight)[-18:].sum()
        assert 0.36 < top < 0.48  # the top tenth holds near 40 %


def test_acts_fall_where_the_hot_spots_are() -> None:
    how = conduct(kind(rate=400.0))
    weight = np.diff(hot_spots(how, cells(), streams_of(5, 0)), prepend=0.0)
    acts = drawn(how, days=20)
    n = len(acts.id)
    found = np.bincount(acts.cell, minlength=46)[:40] / n
    assert (np.abs(found - weight) < 4.5 * np.sqrt(weight * (1 - weight) / n)).all()
    where = cells()
    assert (np.abs(acts.km - where.km[acts.cell]) <= where.size_km[acts.cell] / 2).all()


def test_hot_spots_move_with_the_replication_not_with_the_design() -> None:
    spots = [hot_spots(conduct(), cells(), streams_of(5, r)).tolist() for r in (0, 0, 1)]
    assert spots[0] == spots[1] != spots[2]


def test_acts_at_sea_lie_evenly_in_sea_cells_and_land_acts_never() -> None:
    acts = drawn(conduct(kind("sea", rate=200.0), kind(rate=50.0)), days=10)
    at_sea = acts.kind == 2
    assert (acts.cell[at_sea] >= 40).all() and (acts.cell[~at_sea] < 40).all()
    assert (acts.depth_km[at_sea] == 0).all()
    counts = np.bincount(acts.cell[at_sea] - 40, minlength=6)
    mean = at_sea.sum() / 6
    assert ((counts - mean) ** 2 / mean).sum() < 25.7  # chi-squared, 5 degrees of freedom, 99.99 %


def test_depth_is_on_the_side_that_acts_and_lognormal() -> None:
    acts = drawn(conduct(kind(rate=300.0, depth_median_km=3.5, depth_log_sd=0.9)), days=20)
    assert (acts.depth_km[acts.side == 0] < 0).all() and (acts.depth_km[acts.side == 1] > 0).all()
    log, n = np.log(np.abs(acts.depth_km)), len(acts.id)
    assert abs(log.mean() - math.log(3.5)) < 4 * 0.9 / math.sqrt(n)
    assert abs(log.std() - 0.9) < 4 * 0.9 / math.sqrt(2 * n)


def test_zone_limits_the_depth_of_its_kinds_alone() -> None:
    acts = drawn(conduct(kind("zone", depth_median_km=9.0), kind(depth_median_km=9.0)), days=20)
    depth = np.abs(acts.depth_km)
    assert depth[acts.kind == 1].max() <= 10.0 < depth[acts.kind == 0].max()


@pytest.mark.parametrize("law", ["lognormal", "exponential", "fixed"])
def test_durations_and_traces_have_their_medians(law: str) -> None:
    how = kind(rate=200.0, duration_median_h=2.0, duration_law=law, trace_median_h=24.0, trace_log_sd=0.5)
    acts = drawn(conduct(how), days=20)
    life, trace, n = (acts.end_us - acts.onset_us) / H, (acts.trace_us - acts.end_us) / H, len(acts.id)
    assert abs((trace < 24.0).mean() - 0.5) < 2 / math.sqrt(n)
    if law == "fixed":
        assert np.allclose(life, 2.0)
    else:
        assert abs((life < 2.0).mean() - 0.5) < 2 / math.sqrt(n)
    if law == "exponential":
        assert abs(life.mean() - 2 / math.log(2)) < 4 * life.std() / math.sqrt(n)


@pytest.mark.parametrize(("mean", "log_sd"), [(1.0, 1.2), (1.5, 1.2), (2.0, 0.5), (5.0, 1.0), (15.0, 1.2), (25.0, 1.2)])
def test_counts_per_incident_have_their_mean(mean: float, log_sd: float) -> None:
    acts = drawn(conduct(kind(rate=500.0, counts_mean=mean, counts_log_sd=log_sd)), days=40)
    counts = acts.counts
    assert counts.min() >= 1
    assert abs(counts.mean() - mean) < 4 * counts.std() / math.sqrt(len(counts)) + 1e-12
    if mean > 2:
        assert counts.std() > 0.6 * mean  # heavy-tailed


def test_authors_that_no_evidence_can_show() -> None:
    acts = drawn(conduct(kind(rate=200.0, unattributed_share=0.6)), days=20)
    assert abs(acts.anonymous.mean() - 0.6) < 4 * math.sqrt(0.24 / len(acts.id))


def test_calm_acts_are_a_subset_of_tense_acts() -> None:
    """Regimes thin one stream of candidates: the luck of each stays with it."""
    how = (kind(rate=60.0), kind("sea", rate=20.0))
    calm, tense, failing = (drawn(conduct(*how, regime=r), days=20) for r in ("calm", "tense", "failing"))
    for one in (calm, tense):
        for column in range(len(failing) - 1):
            assert one[column].tolist() == failing[column].tolist()
    assert failing.happens.all()
    assert (tense.happens >= calm.happens).all() and tense.happens.sum() > calm.happens.sum() > 0


def test_thirty_days_are_the_first_of_sixty() -> None:
    how = conduct(kind(), kind("sea"))
    short, long = drawn(how, days=30), drawn(how, days=60)
    n = len(short.id)
    assert (long.onset_us[n:] >= 30 * DAY).all()
    assert all(a.tolist() == b[:n].tolist() for a, b in zip(short, long, strict=True))


def test_another_kind_leaves_the_acts_of_the_first() -> None:
    one, two = drawn(conduct(kind())), drawn(conduct(kind(), kind("sea")))
    assert one.id.tolist() == two.id[two.kind == 0].tolist()
    assert one.km.tolist() == two.km[two.kind == 0].tolist()


def test_swapped_sides_mirror() -> None:
    one = drawn(conduct(kind(side_a_share=0.7)))
    other = drawn(conduct(kind(side_a_share=0.3), keys=("beta", "alpha")))
    assert one.id.tolist() == other.id.tolist()
    assert one.side.tolist() == (1 - other.side).tolist()
    assert np.allclose(one.depth_km, -other.depth_km) and one.onset_us.tolist() == other.onset_us.tolist()


def test_replications_differ() -> None:
    assert drawn(conduct(kind())).id.tolist() != drawn(conduct(kind()), replication=1).id.tolist()


def test_world_in_which_nothing_can_happen() -> None:
    for how in (conduct(), conduct(kind(rate=0.0))):
        assert [len(column) for column in drawn(how)] == [0] * len(Acts._fields)
