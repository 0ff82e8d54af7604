"""Closed forms of search and revisit: known numbers, and brute force at other values."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest

from sim.measure.theory import FAMILIES, rhythm

DRAWS = 40_000


def _rng(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def _within(value: float, hits: np.ndarray, errors: float = 4.0) -> None:
    """Mean of draws within 4 standard errors of the closed form."""
    spread = hits.std(ddof=1) / math.sqrt(len(hits))
    assert abs(hits.mean() - value) <= errors * spread, (value, hits.mean(), spread)


def test_random_search_numbers() -> None:
    found = FAMILIES["random_search"](W_km=2.0, v_kmh=100.0, t_h=3.0, A_km2=1000.0)
    assert found["P_random"] == pytest.approx(0.4511883639059736, abs=1e-12)
    assert found["P_inverse_cube_parallel"] == pytest.approx(0.5479420148257804, abs=1e-12)
    assert FAMILIES["random_search"](coverage=2)["2.0"]["random"] == pytest.approx(
        0.8646647167633873, abs=1e-12
    )


@pytest.mark.parametrize("spacing", [1.0, 2.5, 6.0])
def test_parallel_sweeps_add_up_the_lateral_range_curve(spacing: float) -> None:
    """Sweeps every S km of a sensor of sweep width 2: mean over the strip of 1 - prod(1 - p)."""
    width = 2.0
    x = (np.arange(4000) + 0.5) * spacing / 4000
    exponent = sum(width**2 / (4 * math.pi) / (x + k * spacing) ** 2 for k in range(-4000, 4001))
    # the sweeps beyond 4000 add about 2 W^2 / (4 pi S^2 4000)
    exponent = exponent + 2 * width**2 / (4 * math.pi) / (spacing**2 * 4000)
    found = FAMILIES["random_search"](coverage=width / spacing)[str(width / spacing)]
    assert found["inverse_cube_parallel"] == pytest.approx(float(np.mean(1 - np.exp(-exponent))), abs=1e-6)


def test_random_search_is_many_small_glimpses() -> None:
    found = FAMILIES["random_search"](W_km=0.5, v_kmh=60.0, t_h=2.0, A_km2=90.0)
    pieces = 200_000
    assert found["P_random"] == pytest.approx(1 - (1 - 0.5 * 60 * 2 / 90 / pieces) ** pieces, abs=1e-5)


def test_lateral_range_numbers_and_area() -> None:
    from scipy.integrate import quad

    found = FAMILIES["lateral_range"](W=3.0, x=[0.5, 4])
    assert found["p"] == pytest.approx([0.9430048427711374, 0.04377527708585138], abs=1e-12)
    area = 2 * quad(lambda x: FAMILIES["lateral_range"](W=1.7, x=x)["p"][0], 0, math.inf, limit=200)[0]
    assert area == pytest.approx(1.7, abs=1e-6)


def test_moving_target_numbers_and_average() -> None:
    found = FAMILIES["moving_target"](u_kmh=10.0, v_kmh=20.0, R_km=1.0, A_km2=10000.0)
    assert found["mean_rel_speed_kmh"] == pytest.approx(21.2708881994673, abs=1e-9)
    assert found["contact_rate_per_h"] == pytest.approx(0.00425417763989346, abs=1e-12)
    angle = (np.arange(20_000) + 0.5) * 2 * math.pi / 20_000
    mean = np.sqrt(35**2 + 60**2 - 2 * 35 * 60 * np.cos(angle)).mean()
    other = FAMILIES["moving_target"](u_kmh=35.0, v_kmh=60.0, R_km=2.0, A_km2=500.0)
    assert other["mean_rel_speed_kmh"] == pytest.approx(mean, abs=1e-9)
    assert FAMILIES["moving_target"](u_kmh=0, v_kmh=0, R_km=1, A_km2=1)["contact_rate_per_h"] == 0


def test_barrier_numbers() -> None:
    found = FAMILIES["barrier"](L_km=100, R_km=5, v_kmh=100, u_kmh=10)
    assert found["turn_at_edges"] == pytest.approx(0.7524875619434661, abs=2e-6)
    assert found["turn_R_inside"] == pytest.approx(0.7680742400517818, abs=2e-6)
    assert FAMILIES["barrier"](L_km=100, W_km=10, v_kmh=40, u_kmh=10)["P"] == pytest.approx(
        0.41231056256176607
    )


def _zigzag_distance(x: np.ndarray, y: np.ndarray, run: float, inset: float, rise: float) -> np.ndarray:
    best = np.full(len(x), np.inf)
    for leg in range(-6, 8):
        start, end = (inset, inset + run) if leg % 2 == 0 else (inset + run, inset)
        dx, dy = end - start, rise
        share = np.clip(((x - start) * dx + (y - leg * rise) * dy) / (dx * dx + dy * dy), 0, 1)
        best = np.minimum(best, np.hypot(x - start - share * dx, y - leg * rise - share * dy))
    return best


@pytest.mark.parametrize(
    ("length", "reach", "v", "u"),
    [(100, 5, 100, 10), (60, 4, 40, 15), (30, 6, 50, 20), (80, 3, 30, 20), (20, 2, 10, 10)],
)
def test_barrier_by_strewn_crossers(length: float, reach: float, v: float, u: float) -> None:
    found = FAMILIES["barrier"](L_km=length, R_km=reach, v_kmh=v, u_kmh=u)
    rng = _rng(7)
    for name, inset in (("turn_at_edges", 0.0), ("turn_R_inside", float(reach))):
        run = length - 2 * inset
        rise = run * u / v
        x, y = rng.uniform(0, length, DRAWS), rng.uniform(0, 2 * rise, DRAWS)
        _within(found[name], (_zigzag_distance(x, y, run, inset, rise) <= reach).astype(float))


def test_patrol_numbers_and_clockwork() -> None:
    found = FAMILIES["patrol"](L_km=100, v_kmh=50, x_km=20, dwell_h=1)
    assert (found["mean_wait_h"], found["P"]) == pytest.approx((1.36, 0.45))
    other = FAMILIES["patrol"](L_km=70, v_kmh=20, x_km=10, dwell_h=2.3)
    cycle = 7.0
    visits = np.array([0.5, 6.5, 7.5])  # hours at km 10 when leaving km 0 at hour 0
    start = _rng(8).uniform(0, cycle, DRAWS)
    wait = np.min(np.where(visits >= start[:, None], visits - start[:, None], np.inf), axis=1)
    _within(other["mean_wait_h"], wait)
    _within(other["P"], (wait <= 2.3).astype(float))


def test_patrol_refuses_a_place_off_the_line() -> None:
    with pytest.raises(ValueError, match="x_km = 120"):
        FAMILIES["patrol"](L_km=100, v_kmh=50, x_km=120, dwell_h=1)


def test_looks_numbers_and_enumeration() -> None:
    assert FAMILIES["looks"](p=0.3, n=5)["P"] == pytest.approx(0.83193, abs=1e-12)
    three = FAMILIES["looks"](m=3, n=5, p=0.6)
    assert three["P"] == pytest.approx(0.68256, abs=1e-12) and three["mean_looks_to_3rd"] == 5.0
    chances = [0.1, 0.5, 0.7, 0.25]
    brute = 0.0
    for seen in itertools.product([0, 1], repeat=4):
        if sum(seen) >= 2:
            brute += math.prod(p if s else 1 - p for p, s in zip(chances, seen, strict=True))
    assert FAMILIES["looks"](p=chances, n=4, m=2)["P"] == pytest.approx(brute, abs=1e-14)


def test_looks_at_one_object_share_their_luck() -> None:
    from scipy.integrate import quad
    from scipy.stats import beta

    found = FAMILIES["looks"](p=0.4, n=6, m=2, hidden_share=0.2, look_correlation=0.3)["P"]
    a, b = 0.5 * 0.7 / 0.3, 0.5 * 0.7 / 0.3

    def tail(q: float) -> float:
        return 1 - (1 - q) ** 6 - 6 * q * (1 - q) ** 5

    brute = 0.8 * quad(lambda q: tail(q) * beta.pdf(q, a, b), 0, 1)[0]
    assert found == pytest.approx(brute, abs=1e-7)


def test_revisit_numbers() -> None:
    found = FAMILIES["revisit"](T_h=24.0, p=0.7, d_h=10.0, mean_dur_h=12.0)
    assert found["periodic_sd_delay_h"] == pytest.approx(20.016319872156565, abs=1e-9)
    assert found["periodic_P_exp"] == pytest.approx(0.3154396866690113, abs=1e-12)
    gaps = FAMILIES["revisit"](gaps="alternating 1,3 | exp mean 2 | Erlang2 mean 2 | U(0,4)")
    assert (gaps["alternating"], gaps["erlang2"], gaps["uniform_P_detect_d1"]) == pytest.approx(
        (1.25, 1.5, 0.4375)
    )
    many = FAMILIES["revisit"](T_h=12, K=[2, 10])
    assert many["K=10"] == pytest.approx({"random": 12 / 11, "even": 0.6})
    dwell = FAMILIES["revisit"](T_h=24, tau_h=2, d_h=10, lognormal={"median_h": 6, "sigma": 1})
    assert dwell["P_lognormal_p1_no_dwell"] == pytest.approx(0.3508943832266998, abs=1e-9)


def _first_success(
    rng: np.random.Generator, gaps: Callable[[int], np.ndarray], first: np.ndarray, p: float
) -> np.ndarray:
    """Delay to the first success among looks: ``first`` wait, then gaps, each look with chance p."""
    wait = first.copy()
    open_ones = rng.random(len(wait)) >= p
    while open_ones.any():
        k = int(open_ones.sum())
        wait[open_ones] += gaps(k)
        still = rng.random(k) >= p
        open_ones[np.flatnonzero(open_ones)[~still]] = False
    return wait


def test_periodic_and_poisson_looks_by_draws() -> None:
    found = FAMILIES["revisit"](T_h=6.0, p=0.45, d_h=8.5, mean_dur_h=5.0)
    rng = _rng(9)
    even = _first_success(rng, lambda k: np.full(k, 6.0), rng.uniform(0, 6, DRAWS), 0.45)
    chance = _first_success(rng, lambda k: rng.exponential(6, k), rng.exponential(6, DRAWS), 0.45)
    length = rng.exponential(5, DRAWS)
    _within(found["periodic_mean_delay_h"], even)
    _within(found["periodic_sd_delay_h"] ** 2, (even - found["periodic_mean_delay_h"]) ** 2)
    _within(found["periodic_P_fixed"], (even <= 8.5).astype(float))
    _within(found["poisson_P_fixed"], (chance <= 8.5).astype(float))
    _within(found["periodic_P_exp"], (even <= length).astype(float))
    _within(found["poisson_P_exp"], (chance <= length).astype(float))


@pytest.mark.parametrize("law", ["exponential", "erlang2", "uniform"])
def test_uneven_gaps_by_draws(law: str) -> None:
    found = FAMILIES["revisit"](gaps=law, T_h=3.0, p=0.6, mean_dur_h=4.0)
    rng = _rng(10)
    drawn = {
        "exponential": lambda k: rng.exponential(3, k),
        "erlang2": lambda k: rng.gamma(2, 1.5, k),
        "uniform": lambda k: rng.uniform(0, 6, k),
    }[law]
    pool = drawn(400_000)
    long = rng.choice(pool, DRAWS, p=pool / pool.sum())  # the gap that holds the onset is length-biased
    wait = _first_success(rng, drawn, long * rng.random(DRAWS), 0.6)
    _within(found["mean_delay_h"], wait, 5)  # 5: the pool itself is drawn
    _within(found["P_exp"], (wait <= rng.exponential(4, DRAWS)).astype(float), 5)


def test_alternating_gaps_by_draws() -> None:
    cycle = np.array([1.0, 3.0, 4.0])
    found = FAMILIES["revisit"](gaps=[1.0, 3.0, 4.0], p=0.4, mean_dur_h=3.0, d_h=2.0)
    rng = _rng(11)
    edges = np.cumsum(np.tile(cycle, 60))
    start = rng.uniform(0, 8, DRAWS)
    looks = edges[None, :] - start[:, None]
    seen = (looks >= 0) & (rng.random(looks.shape) < 0.4)
    wait = np.where(seen.any(axis=1), looks[np.arange(DRAWS), seen.argmax(axis=1)], np.nan)
    assert not np.isnan(wait).any()
    _within(found["mean_delay_h"], wait)
    _within(found["P_exp"], (wait <= rng.exponential(3, DRAWS)).astype(float))
    first = np.where(looks >= 0, looks, np.inf).min(axis=1)
    _within(found["mean_wait_h"], first)
    _within(FAMILIES["revisit"](gaps=[1.0, 3.0, 4.0], d_h=2.0)["P"], (first <= 2).astype(float))


def test_dwelling_looks_and_lognormal_lengths_by_draws() -> None:
    found = FAMILIES["revisit"](T_h=12, p=1.0, tau_h=1.5, d_h=4, mean_dur_h=5, median_h=3.0, sigma=0.8)
    rng = _rng(12)
    start = rng.uniform(0, 12, DRAWS)  # looks last from 0 to 1.5 and from 12 on

    def met(length: np.ndarray, tau: float) -> np.ndarray:
        return ((start <= tau) | (start + length >= 12)).astype(float)

    _within(found["P_dwell_look"], met(np.full(DRAWS, 4.0), 1.5))
    _within(found["P_dwell_exp"], met(rng.exponential(5, DRAWS), 1.5))
    lengths = 3.0 * np.exp(0.8 * rng.standard_normal(DRAWS))
    _within(found["P_lognormal_p1_dwell"], met(lengths, 1.5))
    _within(found["P_lognormal_p1_no_dwell"], met(lengths, 0.0))
    dim = FAMILIES["revisit"](T_h=2, p=0.5, median_h=3.0, sigma=0.8)["P_lognormal"]
    wait = _first_success(rng, lambda k: np.full(k, 2.0), rng.uniform(0, 2, DRAWS), 0.5)
    _within(dim, (wait <= lengths).astype(float))


@pytest.mark.parametrize("k", [2, 4, 7])
def test_constellation_phases_by_draws(k: int) -> None:
    found = FAMILIES["revisit"](T_h=10.0, K=k, d_h=1.2, phase="random")
    wait = _rng(13).uniform(0, 10, (DRAWS, k)).min(axis=1)
    _within(found["random"], wait)
    _within(found["random_P"], (wait <= 1.2).astype(float))
    assert found["mean_wait_h"] == found["random"]
    assert found["even_P"] == pytest.approx(min(1, 1.2 * k / 10))


@pytest.mark.parametrize("gaps", ["weekly", "U(1,4)", "exponential"])
def test_gaps_that_say_too_little_are_refused(gaps: str) -> None:
    with pytest.raises(ValueError, match="gaps"):
        FAMILIES["revisit"](gaps=gaps)


def test_overlap_is_the_integral_of_the_tail() -> None:
    from scipy.integrate import quad

    tail = {
        "exponential": lambda t: math.exp(-t / 2),
        "erlang2": lambda t: math.exp(-t) * (1 + t),
        "uniform": lambda t: max(0.0, 1 - t / 4),
    }
    for name, left in tail.items():
        for d in (0.3, 2.0, 5.0):
            law = rhythm.Gap(name, 2.0)
            assert rhythm.overlap(law, d) == pytest.approx(
                quad(left, 0, d, points=[min(4.0, d)])[0], abs=1e-9
            )


def test_cloud_numbers_and_matrix_powers() -> None:
    found = FAMILIES["cloud"](P_clear_to_cloud=0.2, P_cloud_to_clear=0.3, n=5)
    assert found["mean_looks_to_clear"] == pytest.approx(7 / 3) and found["P_none_5"] == pytest.approx(
        0.09604
    )
    other = FAMILIES["cloud"](P_clear_to_cloud=0.15, P_cloud_to_clear=0.4, n=7)
    start = np.array([0.4, 0.15]) / 0.55
    stay = np.array([0.0, start[1]])  # clear ones are gone after the first look
    for _ in range(6):
        stay = np.array([0.0, stay[1] * 0.6])
    assert other["P_none_7"] == pytest.approx(stay[1])
    assert other["clear"] == pytest.approx(
        np.linalg.matrix_power(np.array([[0.85, 0.15], [0.4, 0.6]]), 200)[0, 0]
    )


def test_cloud_in_time_is_the_chain_of_its_gap() -> None:
    from scipy.linalg import expm

    found = FAMILIES["cloud"](mean_clear_h=30.0, mean_cloud_h=20.0, gap_h=6.0, n=4, d_h=5.0)
    moves = expm(np.array([[-1 / 30, 1 / 30], [1 / 20, -1 / 20]]) * 6.0)
    chain = FAMILIES["cloud"](P_clear_to_cloud=moves[0, 1], P_cloud_to_clear=moves[1, 0], n=4)
    assert {k: found[k] for k in chain} == pytest.approx(chain)
    assert found["P"] == FAMILIES["on_off"](on_h=30.0, off_h=20.0, d_h=5.0)["P"]


def test_on_off_numbers_and_draws() -> None:
    assert FAMILIES["on_off"](a_h=3.0, b_h=1.0, d_h=0.0)["P"] == 0.75
    assert FAMILIES["on_off"](mean_on_h=1.0, mean_off_h=1.0, d_h=math.log(2))["P"] == pytest.approx(0.75)
    found = FAMILIES["on_off"](on_h=7.0, off_h=3.0, d_h=2.0, mean_dur_h=2.0)
    rng = _rng(14)
    wait = np.where(rng.random(DRAWS) < 0.7, 0.0, rng.exponential(3.0, DRAWS))
    _within(found["P"], (wait <= 2.0).astype(float))
    _within(found["P_exp"], (wait <= rng.exponential(2.0, DRAWS)).astype(float))


def test_fusion_numbers_and_typed_keys() -> None:
    found = FAMILIES["fusion"](p=[0.3, 0.5, 0.2], weather="clear .6; optical .9,.8; SAR .5")
    assert (found["union"], found["common_cause"]) == pytest.approx((0.72, 0.794))
    typed = FAMILIES["fusion"](clear=0.45, optical=[0.7, 0.3], radar=[0.4, 0.1])["common_cause"]
    brute = 0.0
    for sky, weight in ((1, 0.45), (0, 0.55)):
        brute += weight * (1 - (1 - 0.7 * sky) * (1 - 0.3 * sky) * 0.6 * 0.9)
    assert typed == pytest.approx(brute)


def test_belief_numbers_and_tables() -> None:
    assert FAMILIES["belief"](prior=[0.7, 0.3], POD_cell1=0.8)["posterior_cell1"] == pytest.approx(
        0.14 / 0.44
    )
    two = FAMILIES["belief"](prior=0.02, se=0.9, sp=0.95, se2=0.8, sp2=0.9)
    assert two["after_second_pos"] == pytest.approx(0.7461139896373056)
    assert two["after_second_neg"] == pytest.approx(0.07547169811320747)
    cells = FAMILIES["belief"](prior=[0.2, 0.5, 0.3], POD=[0.5, 0.1, 0.0])["posterior"]
    assert cells == pytest.approx(np.array([0.1, 0.45, 0.3]) / 0.85)


def test_ground_cover_numbers_and_strewn_discs() -> None:
    found = FAMILIES["ground_cover"](density_per_km2=0.01, r_km=8)
    assert (found["covered"], found["twice"]) == pytest.approx((0.866094278600237, 0.5968608510014293))
    other = FAMILIES["ground_cover"](density_per_km2=0.02, r_km=5, k=3)
    rng, side = _rng(15), 60.0
    counts = np.zeros(4000)
    for i in range(4000):  # one random place per strewn map, so that places are independent
        points = rng.uniform(0, side, (rng.poisson(0.02 * side**2), 2)) - side / 2
        counts[i] = (np.hypot(points[:, 0], points[:, 1]) <= 5).sum()
    for name, k in (("covered", 1), ("twice", 2), ("covered_3", 3)):
        _within(other[name], (counts >= k).astype(float))


def test_random_tasking_numbers_and_draws() -> None:
    found = FAMILIES["random_tasking"](K=12, N=80, days=10)
    assert (found["P_miss"], found["mean_days"]) == pytest.approx((0.1968744043407226, 80 / 12))
    rng = _rng(16)
    drawn = np.array([[0 in rng.choice(9, 2, replace=False) for _ in range(4)] for _ in range(4000)])
    _within(FAMILIES["random_tasking"](K=2, N=9, days=4)["P_miss"], (~drawn.any(axis=1)).astype(float))
    with pytest.raises(ValueError, match="K = 9"):
        FAMILIES["random_tasking"](K=9, N=8, days=1)


def test_sight_numbers_and_tangent() -> None:
    found = FAMILIES["sight"](h_m=3000, ratios=[0.25, 1, 3])
    assert found["TTPF"] == pytest.approx([0.018242392684801278, 0.5, 0.994899681829348])
    assert found["radio_horizon_km"] == pytest.approx(225.76093550479453)
    far = FAMILIES["sight"](h_m=120)["geometric_km"]
    assert math.hypot(6371.0, far) == pytest.approx(6371.12, abs=1e-9)  # a tangent makes a right angle
