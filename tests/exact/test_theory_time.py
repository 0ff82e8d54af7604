"""Closed forms of decisions, distances, acts in time, report figures, games and whole missions."""

import itertools
import math
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from sim.measure.theory import FAMILIES
from sim.measure.theory.pointprocess import cluster_size_chance

DRAWS = 40_000


def _rng(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def _within(value: float, drawn: np.ndarray) -> None:
    spread = drawn.std(ddof=1) / math.sqrt(len(drawn))
    assert abs(drawn.mean() - value) <= 4 * spread, (value, drawn.mean(), spread)


def test_decision_numbers() -> None:
    table = FAMILIES["decision"](n=35, k=[18, 24, 35])
    assert table["24th of 35 exp mean 1"] == pytest.approx(1.1269040741395164, abs=1e-12)
    assert table["2 of 3 exp means 1,2,4 mean"] == pytest.approx(1.657142857142857, abs=1e-9)
    slow = FAMILIES["decision"](n=35, k=24, median_d=2.0, sigma=0.8)
    assert (slow["mean_d"], slow["p95_d"]) == pytest.approx(
        (2.8896490528965857, 3.7999203189698463), abs=1e-9
    )
    assert FAMILIES["decision"](n=35, p=0.7, k=24)["P"] == pytest.approx(0.6515554112526043, abs=1e-12)


def test_unanimity_is_slow() -> None:
    """All 35 take about four times as long as 24 of 35 (lognormal, median 2 d, sigma 0.8)."""
    assert FAMILIES["decision"](n=35, k=35, median_d=2.0, sigma=0.8)["mean_d"] == pytest.approx(
        11.7, abs=0.05
    )


@pytest.mark.parametrize(("n", "k"), [(5, 1), (9, 6), (12, 12)])
def test_quorum_times_by_draws(n: int, k: int) -> None:
    rng = _rng(31)
    kth = np.sort(rng.lognormal(math.log(3), 0.9, (DRAWS, n)), axis=1)[:, k - 1]
    found = FAMILIES["decision"](n=n, k=k, law="lognormal", median_d=3.0, sigma=0.9)
    _within(found["mean_d"], kth)
    _within(0.9, (kth <= found["p90_d"]).astype(float))
    kth = np.sort(rng.exponential(2.5, (DRAWS, n)), axis=1)[:, k - 1]
    found = FAMILIES["decision"](n=n, k=k, law="exponential", mean=2.5)
    _within(found["mean_d"], kth)
    _within(0.5, (kth <= found["p50_d"]).astype(float))
    assert found["sd_d"] == pytest.approx(kth.std(), rel=0.03)


def test_unlike_members_by_subsets_and_draws() -> None:
    means = [0.5, 1.0, 3.0, 7.0]
    found = FAMILIES["decision"](means=means, k=[2, 4])
    latest = sum(
        (-1) ** (size + 1) / sum(1 / m for m in some)
        for size in range(1, 5)
        for some in itertools.combinations(means, size)
    )
    assert found["max of exp means 0.5,1,3,7"] == pytest.approx(latest, abs=1e-9)
    second = np.sort(_rng(32).exponential(1.0, (DRAWS, 4)) * np.array(means), axis=1)[:, 1]
    _within(found["2 of 4 exp means 0.5,1,3,7 mean"], second)


def test_consent_with_refusal_takes_time_only_if_enough_agree() -> None:
    found = FAMILIES["decision"](n=10, k=6, p=0.7, law="lognormal", median_d=1.0, sigma=0.6)
    rng = _rng(33)
    times = np.where(rng.random((DRAWS, 10)) < 0.7, rng.lognormal(0, 0.6, (DRAWS, 10)), np.inf)
    sixth = np.sort(times, axis=1)[:, 5]
    _within(found["P"], np.isfinite(sixth).astype(float))
    _within(found["mean_d"], sixth[np.isfinite(sixth)])
    _within(0.95, (sixth[np.isfinite(sixth)] <= found["p95_d"]).astype(float))


@pytest.mark.parametrize("k", [0, 11])
def test_impossible_quorums_are_named(k: int) -> None:
    with pytest.raises(ValueError, match=f"k = {k} must lie in 1 to n = 10"):
        FAMILIES["decision"](n=10, k=k, law="exponential", mean=1.0)


def test_chain_numbers_and_equal_steps() -> None:
    found = FAMILIES["chain"]()
    assert (found["P"], found["p90"]) == pytest.approx((0.6464623147796982, 40.397859716184456), abs=1e-9)
    same = FAMILIES["chain"](means_h=[2.0, 2.0, 2.0], deadline_h=5.0)
    assert same["P"] == pytest.approx(1 - math.exp(-2.5) * (1 + 2.5 + 2.5**2 / 2), abs=1e-12)
    parts = FAMILIES["chain"](means_h=[6.0], shapes=[3], deadline_h=5.0)
    assert parts["P"] == pytest.approx(same["P"], abs=1e-12) and parts["var"] == pytest.approx(12)
    total = _rng(34).exponential(1.0, (DRAWS, 3)) @ np.array([1.0, 3.0, 8.0])
    _within(FAMILIES["chain"](means_h=[1, 3, 8], deadline_h=10)["P"], (total <= 10).astype(float))


def test_escalation_numbers_and_walks() -> None:
    found = FAMILIES["escalation"]()
    assert found["mean_steps"] == pytest.approx([190 / 71, 170 / 71, 122 / 71], abs=1e-12)
    assert found["absorb"] == pytest.approx([0.7535211267605634, 0.24647887323943662], abs=1e-12)
    assert found["P_truce_t7"] == pytest.approx(0.7762022682164829, abs=1e-12)
    other = FAMILIES["escalation"](
        Q=[[0, 0.5], [0.3, 0.1]], R=[[0.5, 0], [0.2, 0.4]], mean_truce=9, mean_violence=2, t=3
    )
    whole = np.array([[0, 0.5, 0.5, 0], [0.3, 0.1, 0.2, 0.4], [0, 0, 1, 0], [0, 0, 0, 1]])
    assert other["absorb"] == pytest.approx(np.linalg.matrix_power(whole, 300)[0, 2:])
    powers = sum(np.linalg.matrix_power(whole[:2, :2], j) for j in range(300))
    assert other["mean_steps"] == pytest.approx(powers.sum(axis=1))
    with pytest.raises(ValueError, match="sum to 1"):
        FAMILIES["escalation"](Q=[[0.5]], R=[[0.4]])


def test_truce_and_violence_in_turn_by_the_matrix_exponential() -> None:
    from scipy.linalg import expm

    found = FAMILIES["escalation"](mean_truce=9.0, mean_violence=2.0, t=3.0)["P_truce_t3"]
    assert found == pytest.approx(expm(np.array([[-1 / 9, 1 / 9], [0.5, -0.5]]) * 3)[0, 0])


def test_distance_numbers() -> None:
    found = FAMILIES["distance"]()
    assert found["nearest Manhattan mean"] == pytest.approx(19.816636488030053, abs=1e-9)
    assert found["two pts in unit square mean"] == pytest.approx(0.5214054331647207, abs=1e-12)
    assert found["Rzeszow-Kyiv m"]["s12"] == pytest.approx(607025.949643, abs=1e-3)
    karney = FAMILIES["distance"](lines=[[35.60777, -139.44815, -11.17491, -69.95921]])
    assert karney["s12"] == pytest.approx([8935244.56048183], abs=1e-6)
    assert karney["azi1"] == pytest.approx([111.09874842956033], abs=1e-9)


def test_nearest_distances_by_draws() -> None:
    found = FAMILIES["distance"](density_per_km2=0.01, over_km=8.0, bases=4, line_km=100.0, disc_km=30.0)
    rng = _rng(35)
    straight, blocks = np.zeros(20_000), np.zeros(20_000)
    for i in range(20_000):
        points = np.abs(rng.uniform(-45, 45, (rng.poisson(81), 2)))
        straight[i], blocks[i] = np.hypot(*points.T).min(), points.sum(axis=1).min()
    _within(found["nearest in Poisson plane g=.01/km2 mean km"], straight)
    _within(found["  P(D>8km)"], (straight > 8).astype(float))
    _within(found["nearest Manhattan mean"], blocks)
    round_ = np.abs(rng.uniform(0, 100, (DRAWS, 4)))
    _within(
        found["random 4 bases on circle 100: mean distance to nearest"],
        np.minimum(round_, 100 - round_).min(axis=1),
    )
    assert found["N=4 equally spaced bases on L=100 km: mean distance to nearest"] == 6.25
    _within(found["point in disc R=30 to centre mean"], 30 * np.sqrt(rng.random(DRAWS)))


def test_two_points_by_draws() -> None:
    found = FAMILIES["distance"](density_per_km2=0.01)
    rng = _rng(36)
    _within(
        found["two pts in unit square mean"], np.hypot(*(rng.random((2, DRAWS)) - rng.random((2, DRAWS))))
    )
    r, a = np.sqrt(rng.random((2, DRAWS))), 2 * math.pi * rng.random((2, DRAWS))
    apart = np.hypot(r[0] * np.cos(a[0]) - r[1] * np.cos(a[1]), r[0] * np.sin(a[0]) - r[1] * np.sin(a[1]))
    _within(found["two pts in disc R=1"], apart)


def test_unknown_places_are_named() -> None:
    with pytest.raises(ValueError, match="Atlantis-Kyiv"):
        FAMILIES["distance"](pairs=["Atlantis-Kyiv"])
    own = FAMILIES["distance"](pairs=["P-Q"], places={"P": [0, 0], "Q": [0, 1]})["P-Q m"]
    assert own["s12"] == pytest.approx(111319.490793, abs=1e-5) and own["azi1"] == pytest.approx(90)


def test_point_process_numbers() -> None:
    rhythm = FAMILIES["point_process"]()
    assert rhythm["NHPP mean first event h"] == pytest.approx(0.19424363281120455, abs=1e-12)
    assert rhythm["nb"] == pytest.approx([210.0, 5.949901826619859e-05])
    hawkes = FAMILIES["point_process"](mu=2.0, n=0.6, beta=1.5, T=10.0)
    assert hawkes["stationary_var_count"] == pytest.approx(268.85844540772916, abs=1e-9)
    test = FAMILIES["point_process"](n=[200, 1000], alpha=0.01)
    assert test["D200"] == pytest.approx(0.11415556228260802, abs=1e-9)


def test_daily_rhythm_by_thinning() -> None:
    found = FAMILIES["point_process"](base=0.4, amplitude=0.3, period_h=10.0, windows=[(0, 4)], within_h=1)
    rng = _rng(37)
    first, count, total, hours = np.zeros(8000), np.zeros(8000), 0, []
    for i in range(8000):
        at = np.sort(rng.uniform(0, 60, rng.poisson(0.7 * 60)))
        at = at[rng.random(len(at)) * 0.7 < 0.4 + 0.3 * np.sin(2 * math.pi * at / 10)]
        first[i], count[i] = at[0] if len(at) else 60.0, (at <= 4).sum()
        total += len(at)
        hours.append(at % 10)
    _within(found["NHPP mean count [0,4h]"], count)
    _within(found["NHPP mean first event h"], first)
    _within(found["NHPP P(N(0,1h)=0)"], (first > 1).astype(float))
    _within(found["NHPP mean event time-of-day h"], np.concatenate(hours))
    assert found["NHPP thinning acceptance (lmax=0.7, full day)"] == pytest.approx(0.4 / 0.7)


def _hawkes_counts(
    rng: np.random.Generator, mu: float, n: float, beta: float, T: float, before: float
) -> int:
    born = rng.uniform(-before, T, rng.poisson(mu * (T + before)))
    count = 0
    while len(born):
        count += int(((born >= 0) & (born < T)).sum())
        children = rng.poisson(n, len(born))
        born = np.repeat(born, children) + rng.exponential(1 / beta, int(children.sum()))
        born = born[born < T]
    return count


def test_contagion_by_family_trees() -> None:
    found = FAMILIES["point_process"](mu=1.2, n=0.45, beta=0.9, T=6.0)
    rng = _rng(38)
    empty = np.array([_hawkes_counts(rng, 1.2, 0.45, 0.9, 6.0, 0.0) for _ in range(8000)], dtype=float)
    steady = np.array([_hawkes_counts(rng, 1.2, 0.45, 0.9, 6.0, 40.0) for _ in range(8000)], dtype=float)
    _within(found["mean_count_from_empty"], empty)
    _within(found["rate"] * 6, steady)
    _within(found["stationary_var_count"], (steady - found["rate"] * 6) ** 2)


def test_cluster_sizes_follow_borel() -> None:
    found = FAMILIES["point_process"](mu=1.0, n=0.6, beta=1.0, T=1.0)
    sizes = np.arange(1, 2000)
    chance = np.array([cluster_size_chance(n=0.6, size=int(k)) for k in sizes])
    assert chance.sum() == pytest.approx(1)
    assert chance[0] == pytest.approx(found["P_cluster_size_1"])
    assert (sizes * chance).sum() == pytest.approx(found["mean_cluster"])
    assert ((sizes - found["mean_cluster"]) ** 2 * chance).sum() == pytest.approx(found["var_cluster"])


def test_mutual_contagion_and_regimes() -> None:
    found = FAMILIES["point_process"](mu=[1.0, 0.5], n=[[0.2, 0.1], [0.3, 0.4]])
    assert found["rates"] == pytest.approx(np.linalg.inv(np.eye(2) - [[0.2, 0.1], [0.3, 0.4]]) @ [1.0, 0.5])
    with pytest.raises(ValueError, match="spectral radius"):
        FAMILIES["point_process"](mu=[1.0, 1.0], n=[[0.9, 0.3], [0.3, 0.9]])
    turns = FAMILIES["point_process"](rates=[5.0, 0.5], mean_stays=[3.0, 6.0], T=8.0)
    rng = _rng(39)
    counts = np.zeros(10_000)
    for i in range(len(counts)):
        state, t, exposure = int(rng.random() > 1 / 3), 0.0, 0.0
        while t < 8:
            stay = min(rng.exponential((3.0, 6.0)[state]), 8 - t)
            exposure += stay * (5.0, 0.5)[state]
            t, state = t + stay, 1 - state
        counts[i] = rng.poisson(exposure)
    _within(turns["mean_count"], counts)
    _within(turns["var_count"], (counts - turns["mean_count"]) ** 2)


def test_thinned_compound_and_clumped_counts() -> None:
    found = FAMILIES["point_process"](
        lam=4.0, keep=0.3, rate=3.0, jump_mean=2.0, jump_var=4.0, nb_mean=6.0, nb_size=2.0
    )
    rng = _rng(40)
    kept = rng.binomial(rng.poisson(4.0, DRAWS), 0.3)
    _within(found["thinned"][0], kept.astype(float))
    _within(found["thinned"][1], (kept == 0).astype(float))
    sums = np.array([rng.exponential(2.0, k).sum() for k in rng.poisson(3.0, 10_000)])
    _within(found["compound"][0], sums)
    _within(found["compound"][1], (sums - found["compound"][0]) ** 2)
    mixed = rng.poisson(rng.gamma(2.0, 3.0, DRAWS))
    _within(found["nb"][0], (mixed - 6.0) ** 2)
    _within(found["nb"][1], (mixed == 0).astype(float))


@pytest.mark.parametrize(("key", "value"), [("n", 1.2), ("amplitude", 9.0)])
def test_acts_without_end_or_below_nothing_are_refused(key: str, value: float) -> None:
    setup = {"mu": 1.0, "n": 0.5, "beta": 1.0, "T": 1.0} if key == "n" else {"base": 5.0}
    with pytest.raises(ValueError, match=f"{key} = {value}"):
        FAMILIES["point_process"](**setup | {key: value})


def test_metrics_numbers() -> None:
    metrics = FAMILIES["metrics"]
    table = metrics(tp=72, fp=18, fn=28, tn=882)
    assert (table["MCC"], table["Cohen kappa"]) == pytest.approx((0.7337993857053429, 0.7325581395348836))
    scores = metrics(pos=[0.9, 0.8, 0.8, 0.6, 0.55, 0.4], neg=[0.8, 0.7, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
    assert scores["tied_auc"] == pytest.approx(0.8229166666666666)
    assert metrics(x=[1.0, 2.0, 4.0], conf=0.9)["mean_var_half"][1] == pytest.approx(7 / 3)
    assert metrics(pairs=["0/20"])["clopper-pearson 0/20"][1] == pytest.approx(0.16843347098308536)
    assert metrics(data="Freireich 1963")["rmst35"] == pytest.approx(23.28739496)
    rest = metrics()
    assert rest["CRPS N(0,1) at x=.5"] == pytest.approx(0.3314035312548558)
    assert rest["order-stat 95% CI for p95, n=100 (ranks)"] == [90, 100]
    assert rest["mu_star"] == [2.5, 2.5]


def test_metrics_give_none_for_nothing_and_refuse_strangers() -> None:
    assert FAMILIES["metrics"](tp=0, fp=0, fn=3, tn=5)["precision"] is None
    with pytest.raises(TypeError, match="'colour'"):
        FAMILIES["metrics"](colour=3)
    with pytest.raises(ValueError, match="missing key: tn"):
        FAMILIES["metrics"](tp=1, fp=1, fn=1)


def test_competing_ends() -> None:
    found = FAMILIES["metrics"](rates=[0.2, 0.3], t=2.0)
    assert found["incidence"] == pytest.approx([0.4 * (1 - math.exp(-1)), 0.6 * (1 - math.exp(-1))])
    rows = FAMILIES["metrics"](times=[1, 2, 3, 4], causes=[1, 2, 1, 0])
    assert rows["incidence_1"][-1] + rows["incidence_2"][-1] + rows["free"][-1] == pytest.approx(1)


def test_confusion_against_the_correlation_of_labels() -> None:
    tp, fp, fn, tn = 13, 5, 8, 40
    truth = np.r_[np.ones(tp), np.zeros(fp), np.ones(fn), np.zeros(tn)]
    said = np.r_[np.ones(tp + fp), np.zeros(fn + tn)]
    found = FAMILIES["metrics"](tp=tp, fp=fp, fn=fn, tn=tn)
    assert found["MCC"] == pytest.approx(np.corrcoef(truth, said)[0, 1])


def test_savings_in_noise_by_draws() -> None:
    found = FAMILIES["metrics"](rho=0.5, variance=2.0, strata=4)
    rng = _rng(41)
    u = rng.random(200_000)
    pair = np.cov(-np.log(u), -np.log1p(-u))[0, 1]
    assert found["antithetic exp: cov(F^-1(U),F^-1(1-U)) mean 1"] == pytest.approx(pair, abs=0.01)
    left = 1 - np.corrcoef(np.exp(u), u)[0, 1] ** 2
    assert found["control variate ratio 1-rho^2 for E[e^U] with U"] == pytest.approx(left, rel=0.02)
    strata = ((np.arange(4) + rng.random((100_000, 4))) / 4).mean(axis=1).var()
    assert found["LHS/stratified var of mean(x), n=4 vs iid"][0] == pytest.approx(strata, rel=0.03)
    assert found["CRN: var of diff indep vs rho=.5 (var 2)"] == [4.0, 2.0]


def test_variance_shares_by_brute_force() -> None:
    found = FAMILIES["metrics"](a=5, b=0.2, g=[0, 3])
    nodes, weights = np.polynomial.legendre.leggauss(60)
    x, w = nodes * math.pi, weights / 2
    value = np.sin(x)[:, None, None] + 5 * np.sin(x)[None, :, None] ** 2
    value = value + 0.2 * x[None, None, :] ** 4 * np.sin(x)[:, None, None]
    mean = np.einsum("ijk,i,j,k->", value, w, w, w)
    var = np.einsum("ijk,i,j,k->", (value - mean) ** 2, w, w, w)
    assert found["Ishigami mean,var"] == pytest.approx([mean, var])
    for axis, rest in enumerate(("jk", "ik", "ij")):
        main = np.einsum(f"ijk,{rest[0]},{rest[1]}->{'ijk'[axis]}", value, w, w)
        assert found["Ishigami S1"][axis] == pytest.approx((w * (main - mean) ** 2).sum() / var, abs=1e-12)
    own = np.array([1 / 3, 1 / 48])
    assert found["Sobol g S1"] == pytest.approx(own / (np.prod(1 + own) - 1))


def test_elementary_effects_that_change_sign() -> None:
    found = FAMILIES["metrics"](coefficients=[1.0, -0.5, 4.0], interaction=1.0)
    effect = -0.5 + _rng(42).random(DRAWS)
    _within(found["mu_star"][1], np.abs(effect))
    assert found["sigma"] == pytest.approx([1 / math.sqrt(12)] * 2 + [0])


def test_scores_by_hand() -> None:
    from scipy.integrate import quad
    from scipy.stats import norm

    found = FAMILIES["metrics"](
        crps_x=-1.2, p_values=[0.04, 0.01, 0.03], forecasts=[0.5, 1.0], outcomes=[1, 0]
    )
    area = quad(lambda y: (norm.cdf(y) - (y >= -1.2)) ** 2, -12, 12, points=[-1.2])[0]
    assert found["CRPS N(0,1) at x=-1.2"] == pytest.approx(area, abs=1e-8)
    assert found["BH adjusted p"] == pytest.approx([0.04, 0.03, 0.04])
    assert found["Brier p=[.5,1], y=[1,0]"] == pytest.approx(0.625)


@cache
def _dresher(n: int, m: int) -> Fraction:
    """Value by the recursive game: inspect or wait against violate or wait (solved as a 2 x 2 matrix
    game)."""
    if m == 0:
        return Fraction(-1)
    if m >= n:
        return Fraction(0)
    caught, missed, spent, saved = Fraction(1), Fraction(-1), _dresher(n - 1, m - 1), _dresher(n - 1, m)
    return (caught * saved - missed * spent) / (caught - missed + saved - spent)


def test_dresher_by_recursion() -> None:
    table = FAMILIES["games"](n=11, m=4)
    for name, (text, value) in table.items():
        n, m = map(int, name.split(","))
        assert Fraction(text) == _dresher(n, m) and value == pytest.approx(float(_dresher(n, m)))
    assert table["8,3"][0] == "-35/93" and table["4,2"][0] == "-3/11"


def test_one_shot_game_makes_both_sides_indifferent() -> None:
    found = FAMILIES["games"](b=3, d=1, e=0.1, a=0.5, c=1)
    assert found["p_deter_false_alarm"] == pytest.approx(0.31496062992125984)
    assert (found["p_inspect"], found["q_violate"]) == pytest.approx((0.25, 1 / 6))
    b, d, e, a, c = 4.0, 1.5, 0.2, 0.7, 2.0
    other = FAMILIES["games"](b=b, d=d, e=e, a=a, c=c, beta=0.3)
    p, q = other["p_inspect"], other["q_violate"]
    assert -b * p + d * (1 - p) == pytest.approx(0)
    assert -e * (1 - q) - a * q == pytest.approx(-c * q) == pytest.approx(other["inspector_payoff"])
    p = other["p_deter_beta03"]
    assert -b * p * 0.7 + d * (1 - 0.7 * p) == pytest.approx(0)
    assert other["leader_payoff"] >= other["inspector_payoff"]


def test_hide_and_seek_equalises() -> None:
    found = FAMILIES["games"](pod=[0.9, 0.5, 0.3])
    for p, share in zip([0.9, 0.5, 0.3], found["search"], strict=True):
        assert p * share == pytest.approx(found["value"])


def test_sampling_numbers_and_smallness() -> None:
    found = FAMILIES["games"](cases=[[100, 10, 0.95], [300, 5, 0.9], [50, 1, 0.5]])
    assert found["n"] == [25, 110, 25] and found["P_100_10_25"] == pytest.approx(0.9521134438156095)
    size = FAMILIES["games"](cases=[[12, 3, 0.8]])["n"][0]
    chances = [
        sum(any(i < 3 for i in draw) for draw in itertools.combinations(range(12), n)) / math.comb(12, n)
        for n in (size - 1, size)
    ]
    assert chances[0] < 0.8 <= chances[1]


def test_race_by_draws() -> None:
    rng = _rng(43)
    periodic = rng.uniform(0, 5, DRAWS) + 5 * (rng.geometric(0.6, DRAWS) - 1)
    poisson, length = rng.exponential(1 / (0.08 * 0.5), DRAWS), rng.exponential(7, DRAWS)
    for end, setup in ((length, {"mean_dur_h": 7.0}), (np.full(DRAWS, 8.5), {"d_h": 8.5})):
        found = FAMILIES["race"](T_h=5.0, p=0.6, rate_per_h=0.08, p_poisson=0.5, **setup)
        first = np.minimum(np.minimum(periodic, poisson), end)
        _within(found["P_periodic_first"], (periodic == first).astype(float))
        _within(found["P_poisson_first"], (poisson == first).astype(float))
        _within(found["P_end_first"], (end == first).astype(float))
        _within(found["mean_time_h"], first)
        assert found["P_detect"] + found["P_end"] == pytest.approx(1)


def test_race_without_poisson_looks_is_the_revisit_law() -> None:
    for setup, name in (({"mean_dur_h": 12.0}, "periodic_P_exp"), ({"d_h": 30.0}, "periodic_P_fixed")):
        alone = FAMILIES["race"](T_h=24.0, p=0.7, **setup)["P_detect"]
        assert alone == pytest.approx(FAMILIES["revisit"](T_h=24.0, p=0.7, **setup)[name], abs=1e-10)


def test_pipeline_numbers_and_flow() -> None:
    found = FAMILIES["pipeline"](tp_per_day=32 / 31, fp_per_day=0.5, se=0.95, sp=0.9)
    assert found["verified precision"] == pytest.approx(0.9514866979655713, abs=1e-12)
    assert found["end-to-end recall"] == pytest.approx(0.4903225806451614, abs=1e-12)
    whole = FAMILIES["pipeline"](
        mean_dur_h=8.0, T_h=6.0, p=0.8, fp_per_day=0.5, se=0.95, sp=0.9, staff=1, service_h=4.0
    )
    assert whole["detected_share"] == pytest.approx(16 / 31)
    assert whole["end-to-end recall"] == pytest.approx(found["end-to-end recall"])
    line = FAMILIES["queue"](lam=(32 / 31 + 0.5) / 24, mu=0.25, c=1)
    assert whole["W_h"] == pytest.approx(line["W"]) and whole["staff_utilisation"] == pytest.approx(
        line["rho"]
    )
    assert whole["mean_total_h"] == pytest.approx(1 / (0.8 / 6 + 1 / 8) + line["W"])


def test_load_is_littles_law() -> None:
    found = FAMILIES["load"](per_day=48.0, hours_per_case=1.5, staff=10, shift_h=8.0)
    assert (found["offered_load"], found["utilisation"]) == (3.0, 0.9)
    assert found["staff_needed"] == 11 and found["growth_per_day"] == 0
    assert FAMILIES["load"](per_day=48.0, hours_per_case=1.5, staff=8)["growth_per_day"] == pytest.approx(
        48 - 64 / 1.5
    )


def test_daylight_by_draws() -> None:
    found = FAMILIES["daylight"](daylight_h=9.0, d_h=3.0, mean_dur_h=4.0, night_share=0.7, cloud=0.2)
    rng = _rng(44)
    dawn = np.maximum(rng.uniform(0, 24, DRAWS) - 9.0, -1)  # hours since dusk; below 0 it is light
    wait = np.where(dawn < 0, 0.0, 15.0 - dawn)
    clear = rng.random(DRAWS) < 0.8
    _within(found["P"], ((wait <= 3) & clear).astype(float))
    _within(found["P_exp"], ((wait <= rng.exponential(4, DRAWS)) & clear).astype(float))
    assert found["P_instant"] == pytest.approx(0.24)
    with pytest.raises(ValueError, match="daylight_h = 25"):
        FAMILIES["daylight"](daylight_h=25)
