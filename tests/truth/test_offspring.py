"""Offspring: counts, cluster sizes and times follow the laws of a Hawkes process, and nothing else changes its luck."""

from __future__ import annotations

import json
import math
from functools import cache

import numpy as np
import pytest
from processes import DAY, LOCAL, ONE, REPLY, ROOT, THREE, H, cells, drawn, many, same, within, within_variance

from sim.foundation.streams import streams_of
from sim.measure.theory.pointprocess import cluster_size_chance, point_process
from sim.records import Acts
from sim.scenario.agreement import Agreement, Kind
from sim.scenario.conduct import Kernel, Regime, Step
from sim.truth.acts import Births
from sim.truth.offspring import Setting, grown
from sim.truth.regimes import spells_of
from sim.truth.violations import candidates, expected_candidates, truth_of


@cache
def counts(history_days: int, worlds: int) -> tuple[float, ...]:
    """Counts in the first ten hours of D02, 50 kinds in each world."""
    kernel = Kernel(id="own", side="same", ratio=0.6, memory_h=1 / 1.5)
    world = many(50, 48.0, kernel, share=1.0, history_days=history_days)
    found = []
    for r in range(worlds):
        acts = drawn(world, days=1, replication=r)
        found += np.bincount(acts.kind[acts.happens & (acts.onset_us < 10 * H)], minlength=50).tolist()
    return tuple(found)


def test_hawkes_counts_from_an_empty_past() -> None:
    """D02 at 10,000 replications: mean count from empty 45.01 (mu 2 an hour, n 0.6, beta 1.5 an hour, 10 h)."""
    exact = point_process(mu=2.0, n=0.6, beta=1.5, T=10.0)
    assert exact["mean_count_from_empty"] == pytest.approx(45.012393760883334)
    within(counts(0, 200), exact["mean_count_from_empty"])


def test_hawkes_counts_with_a_past() -> None:
    """D02 at 10,000 replications: rate 5 an hour and variance 268.9 of the stationary count."""
    exact = point_process(mu=2.0, n=0.6, beta=1.5, T=10.0)
    assert exact["stationary_var_count"] == pytest.approx(268.85844540772916)
    within(counts(1, 200), 50.0)
    within_variance(counts(1, 200), exact["stationary_var_count"])


def families(n: float, count: int) -> np.ndarray:
    """Sizes of families: children without spread keep the place of their first ancestor."""
    ids = np.arange(1, count + 1).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    zero = np.zeros(count, dtype=np.int64)
    first = Births(ids, zero, zero, zero, np.arange(count) + 0.5, zero, np.ones(count, dtype=bool))
    how, _ = many(1, 1.0, Kernel(id="own", side="same", ratio=n, memory_h=1.0))
    setting = Setting(how, spells_of(how, streams_of(1, 0), days=1), cells(), 2**61)
    born = grown(first, setting).births
    assert len(np.unique(born.id)) == len(born.id)
    return np.bincount(born.km.astype(np.int64), minlength=count)


@pytest.mark.parametrize("n", [0.3, 0.6])
def test_cluster_sizes(n: float) -> None:
    """20,000 families: P(1) = exp(−n), mean 1/(1 − n), and the Borel law up to 4."""
    size = families(n, 20_000)
    assert cluster_size_chance(n=n, size=1) == pytest.approx(math.exp(-n))
    within(size, 1 / (1 - n))
    for k in (1, 2, 3, 4):
        within(size == k, cluster_size_chance(n=n, size=k))


def distance(gaps: np.ndarray) -> float:
    """Kolmogorov distance of gaps from the unit exponential."""
    u, n = np.sort(-np.expm1(-gaps)), len(gaps)
    return float(max((np.arange(1, n + 1) / n - u).max(), (u - np.arange(n) / n).max()))


def test_time_rescaling_hawkes() -> None:
    """Gaps of the compensator of the first 1,000 acts are unit exponential; critical values of D06, p > 0.001."""
    from scipy.stats import kstwo

    assert kstwo.isf(0.01, 1000) == pytest.approx(0.05129418752666127, abs=1e-6)
    acts = drawn(many(1, 48.0, Kernel(id="own", side="same", ratio=0.6, memory_h=1 / 1.5), share=1.0), days=20)
    t = acts.onset_us[:1000] / H
    excited, past, gaps = 0.0, 0.0, []
    for now in t.tolist():
        fade = math.exp(-1.5 * (now - past))
        gaps.append(2.0 * (now - past) + excited / 1.5 * (1 - fade))
        excited, past = excited * fade + 0.6 * 1.5, now
    assert distance(np.array(gaps)) < kstwo.isf(0.001, 1000)
    assert distance(np.diff(t, prepend=0.0) * 2.0) > kstwo.isf(0.001, 1000)  # the test can fail: without contagion it does


def test_time_rescaling_day_and_night() -> None:
    """A Poisson process with 80 % of its acts by night; the first 1,000 acts."""
    from scipy.stats import kstwo

    acts = candidates(*many(1, 120.0, kind={"night_share": 0.8}), cells(), streams_of(11, 0), days=12, local_start_h=6.0)
    t = acts.onset_us[:1000] / H
    day, night = 120 * 0.2 / 12, 120 * 0.8 / 12
    within_day = t % 24
    passed = t // 24 * 120 + np.minimum(within_day, 12) * day + np.maximum(within_day - 12, 0) * night
    assert distance(np.diff(passed, prepend=0.0)) < kstwo.isf(0.001, 1000)


def test_thinned_and_compound_counts() -> None:
    """D05 on 20,000 days of one kind each: thinning 3 a day by 0.35, and counts of 1 or 2 with mean 1.5 at 4 a day."""
    exact = point_process(lam=3.0, keep=0.35, rate=4.0, jump_mean=1.5, jump_var=0.25)
    calm = many(50, 3.0, regimes=(Regime(id="calm", factor=0.35), *ONE), regime="calm")
    acts = drawn(calm, days=400)
    row = (acts.onset_us // DAY * 50 + acts.kind)[acts.happens]
    daily = np.bincount(row, minlength=20_000)
    within(daily, exact["thinned"][0])
    within(daily == 0, exact["thinned"][1])
    acts = drawn(many(50, 4.0, kind={"counts_mean": 1.5}), days=400)
    total = np.bincount(acts.onset_us // DAY * 50 + acts.kind, weights=acts.counts, minlength=20_000)
    within(total, exact["compound"][0])
    within_variance(total, exact["compound"][1])


def test_developer_case_d02() -> None:
    """The numbers of the case file are those that the simulated counts are held against."""
    file = ROOT.parent / "shared" / "cases" / "cases_developer.json"
    if not file.is_file():
        pytest.skip("the case file is not here")
    case = next(c for c in json.loads(file.read_text())["cases"] if c["id"] == "D02")
    exact = point_process(**case["setup"])
    for name, value in case["expected"].items():
        assert exact[name] == pytest.approx(value, rel=1e-9)


def test_kinds_and_sides_excite_one_another() -> None:
    """Two kinds: fire on fire 0.3, fire brings drones across the line 0.4, drones bring fire 0.2; (I − N)⁻¹ μ by kind."""
    kernels = (Kernel(id="own", kinds=("k0",), side="same", ratio=0.3, memory_h=2.0),
               Kernel(id="up", kinds=("k0",), to_kind="k1", side="cross", ratio=0.4, memory_h=3.0, delay_h=1.0),
               Kernel(id="down", kinds=("k1",), to_kind="k0", side="same", ratio=0.2, memory_h=1.0))
    world = many(2, 10.0, *kernels, share=1.0, history_days=4)
    rates = point_process(mu=[10.0, 10.0], n=[[0.3, 0.2], [0.4, 0.0]])["rates"]
    runs = [drawn(world, days=10, replication=r) for r in range(40)]
    for kind, rate in enumerate(rates):
        within([(acts.kind == kind).sum() / 10 for acts in runs], rate)
    # Only B's acts are replies: by kind and side the mean is that of the matrix of four types, A0, B0, A1, B1.
    four = np.array([[0.3, 0, 0.2, 0], [0, 0.3, 0, 0.2], [0, 0.4, 0, 0], [0.4, 0, 0, 0]])
    lasting = np.linalg.solve(np.eye(4) - four, [10.0, 0, 10.0, 0])
    for row, rate in enumerate(lasting):
        within([((acts.kind == row // 2) & (acts.side == row % 2)).sum() / 10 for acts in runs], rate)


def test_rates_can_count_offspring() -> None:
    """With a past, excitation changes when acts come and not how many."""
    world = many(10, 20.0, Kernel(id="a", side="same", ratio=0.2, memory_h=24.0), REPLY, rates_count_offspring=True,
                 history_days=10)
    runs = [drawn(world, days=10, replication=r) for r in range(40)]
    daily = [acts.happens.sum() / 10 for acts in runs]
    within(daily, 200.0)
    assert np.var(daily, ddof=1) > 1.3 * 200 / 10  # but more uneven than Poisson: 1/(1 − n)² = 2.04 in the long run


def test_offspring_leave_immigrants_as_they_are() -> None:
    world, more = many(3, 30.0), many(3, 30.0, LOCAL, REPLY)
    one, two = drawn(world), drawn(more)
    kept = np.isin(two.id, one.id)
    assert kept.sum() == len(one.id) < len(two.id)
    assert same(one, Acts._make(column[kept] for column in two))
    counted = drawn(many(3, 30.0, LOCAL, REPLY, rates_count_offspring=True))
    first = np.isin(counted.id, one.id)
    assert all(a[first].tolist() == b.tolist() for a, b in zip(counted[:-1], one[:-1], strict=True))
    assert (counted.happens[first] <= one.happens).all()


def test_another_kernel_leaves_the_families_of_the_first() -> None:
    one, two = drawn(many(3, 30.0, LOCAL)), drawn(many(3, 30.0, LOCAL, REPLY))
    assert same(one, Acts._make(column[np.isin(two.id, one.id)] for column in two)) and len(two.id) > len(one.id)


def test_thirty_days_are_the_first_of_sixty() -> None:
    world = many(2, 20.0, LOCAL, REPLY, regimes=THREE, path=(Step(id="fall", from_h=200.0, regime="calm"),), history_days=5)
    short, long = drawn(world, days=30), drawn(world, days=60)
    n = len(short.id)
    assert (long.onset_us[n:] >= 30 * DAY).all() and (short.onset_us >= 0).all()
    assert all(a.tolist() == b[:n].tolist() for a, b in zip(short, long, strict=True))


def test_calm_families_are_tense_families_are_failing_families() -> None:
    ids = []
    for regime in ("calm", "tense", "failing"):
        acts = drawn(many(2, 20.0, LOCAL, REPLY, regimes=THREE, regime=regime))
        ids.append(set(acts.id[acts.happens].tolist()))
    assert ids[0] < ids[1] < ids[2]


def test_replies_come_from_the_other_side_and_near() -> None:
    one = drawn(many(1, 200.0, share=1.0), days=5)
    two = drawn(many(1, 200.0, REPLY, share=1.0), days=5)
    new = ~np.isin(two.id, one.id)
    assert (two.side[~new] == 0).all() and 0.85 < (two.side[new] == 1).mean() < 1.0
    assert np.isin(two.km[new], one.km).all()  # no spread: at the same place
    assert ((two.depth_km > 0) == (two.side == 1)).all()


def test_spread_is_normal_and_stays_on_the_line() -> None:
    """From the middle of a line of 2,000 km: standard deviation 15 km; from its end: turned back."""
    for start, bound in ((1000.0, 15.0), (0.0, 15.0)):
        n = 20_000
        ids = np.arange(1, n + 1).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        zero = np.zeros(n, dtype=np.int64)
        where = cells(land=400)
        first = Births(ids, zero, zero, zero + int(min(start / 5, 399)), np.full(n, start), zero, np.ones(n, dtype=bool))
        how, _ = many(1, 1.0, Kernel(id="own", side="same", ratio=0.5, memory_h=1e4, spread_km=15.0))
        born = grown(first, Setting(how, spells_of(how, streams_of(1, 0), days=1), where, 2**40)).births
        km = born.km[n:] - start
        assert len(km) > 200 and (np.abs(born.km - where.km[born.cell]) <= 2.5 + 1e-9).all()
        within(km**2, bound**2)
        assert born.km.min() >= 0.0


def test_acts_at_sea_beget_acts_in_their_cell() -> None:
    how = many(1, 50.0, LOCAL)
    terms = Agreement(kinds=(Kind(id="k0", domain="sea"),))
    where = cells(land=40, sea=6)
    one, two = (drawn((world, terms), where=where) for world in (many(1, 50.0)[0], how[0]))
    new = ~np.isin(two.id, one.id)
    assert new.any() and (two.cell >= 40).all() and (two.depth_km == 0).all() and np.isin(two.km[new], one.km).all()


def test_swapped_sides_mirror() -> None:
    one = drawn(many(2, 20.0, LOCAL, REPLY, share=0.7))
    other = drawn(many(2, 20.0, LOCAL, REPLY, share=1 - 0.7, key_a="beta", key_b="alpha"))
    assert one.id.tolist() == other.id.tolist() and one.side.tolist() == (1 - other.side).tolist()
    assert np.allclose(one.depth_km, -other.depth_km) and one.onset_us.tolist() == other.onset_us.tolist()


def test_a_fall_thins_offspring_of_the_acts_before_it() -> None:
    """Rates stay those of the regime, day by day, also right after the fall: 20 kinds of 10 acts a day, 20 replications."""
    kernel = Kernel(id="own", side="same", ratio=0.6, memory_h=24.0)
    world = many(20, 10.0, kernel, regimes=THREE, path=(Step(id="fall", from_h=72.0, regime="calm"),), history_days=20,
                 rates_count_offspring=True)
    runs = [drawn(world, days=6, replication=r) for r in range(20)]
    for day in range(6):
        within([(acts.happens & (acts.onset_us // DAY == day)).sum() for acts in runs], 200.0 if day < 3 else 40.0)


def test_no_act_whose_parent_did_not_happen() -> None:
    """Where nothing happens nothing is answered."""
    silent = (Regime(id="silent", factor=0.0), *ONE)
    acts = drawn(many(2, 30.0, LOCAL, REPLY, regimes=silent, regime="silent"))
    assert not acts.happens.any() and same(acts, drawn(many(2, 30.0, regimes=silent, regime="silent")))


def test_expected_candidates_count_offspring() -> None:
    world, _ = many(2, 30.0, LOCAL, REPLY, history_days=5)
    assert expected_candidates(world, days=10) == pytest.approx(60 / 0.7 * 15)
    counted, _ = many(2, 30.0, LOCAL, REPLY, rates_count_offspring=True)
    assert expected_candidates(counted, days=10) == pytest.approx(60 * 10 + 60 * 0.3 * 10)


def test_cap_ends_the_run_at_its_act() -> None:
    world = many(2, 30.0, LOCAL, REPLY, max_acts=500)
    free = drawn(many(2, 30.0, LOCAL, REPLY))
    truth = truth_of(*world, cells(), streams_of(11, 0), days=20, local_start_h=0.0, all_candidates=True)
    n = len(truth.acts.id)
    assert truth.acts.happens.sum() == 500 and truth.cut_us == truth.acts.onset_us[truth.acts.happens][-1]
    assert same(truth.acts, Acts._make(column[:n] for column in free))
