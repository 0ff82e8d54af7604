"""Closed forms of queues, fleets and dispatch: known numbers, linear solves and draws at other values."""

import heapq
import math

import numpy as np
import pytest

from sim.measure.theory import FAMILIES
from sim.measure.theory.queues import erlang_b

queue = FAMILIES["queue"]


def _rng(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def _solve(moves: dict[tuple[object, object], float], states: list[object]) -> dict[object, float]:
    """Stationary law by least squares on all balances and the sum: independent of the closed forms."""
    place = {state: i for i, state in enumerate(states)}
    balance = np.zeros((len(states) + 1, len(states)))
    for (start, end), rate in moves.items():
        if start in place and end in place:
            balance[place[end], place[start]] += rate
            balance[place[start], place[start]] -= rate
    balance[-1] = 1.0
    law = np.linalg.lstsq(balance, np.r_[np.zeros(len(states)), 1.0], rcond=None)[0]
    return dict(zip(states, law.tolist(), strict=True))


def _lindley(rng: np.random.Generator, lam: float, service: np.ndarray) -> np.ndarray:
    """Waits of a single server, by cumulative sums and their running least."""
    step = np.r_[0.0, service[:-1]] - rng.exponential(1 / lam, len(service))
    total = np.cumsum(step)
    return total - np.minimum.accumulate(np.minimum(total, 0.0))


def _batched(value: float, waits: np.ndarray, batches: int = 50) -> None:
    means = waits[: len(waits) // batches * batches].reshape(batches, -1).mean(axis=1)
    assert abs(means.mean() - value) <= 4 * means.std(ddof=1) / math.sqrt(batches)


def test_queue_numbers() -> None:
    clinic = queue(lam=6, mu=3, c=3)
    assert (clinic["P_wait"], clinic["L"]) == pytest.approx((0.4444444444444445, 2.8888888888888893))
    assert queue(lam=2, mu=3, c=[1, 2])["c2"]["P_Wq_gt_1"] == pytest.approx(0.0030526064814556963)
    loss = queue(pairs=[[5, 3], [10, 4.461]])
    assert loss["erlangB c=10 a=4.461"] == pytest.approx(0.009997786687902766)
    assert queue(lam=0.8, ES=1)["lognormal_cv15"] == pytest.approx(6.5)
    assert queue(lam_per_d=3, ES_d=2)["P_ge_10"] == pytest.approx(0.08392401699487584)
    assert queue(cases="(2,1,2,5),(4,1,3,8)")["b"]["Wq"] == pytest.approx(1.0522302345683399)
    patient = queue(lam=5.0, mu=1.0, c=6, theta=0.5)
    assert patient["reneging_P_abandon"] == pytest.approx(0.07557697814998161)
    assert patient["Wq_p95"] == pytest.approx(2.4638812409821753)


@pytest.mark.parametrize(("lam", "mu", "c", "K", "theta"), [(3.0, 0.7, 4, 9, 0.0), (5.0, 1.0, 2, 12, 0.8)])
def test_bounded_queue_by_linear_solve(lam: float, mu: float, c: int, K: int, theta: float) -> None:
    moves: dict[tuple[object, object], float] = {}
    for n in range(K):
        moves[n, n + 1] = lam
        moves[n + 1, n] = min(n + 1, c) * mu + max(n + 1 - c, 0) * theta
    law = _solve(moves, list(range(K + 1)))
    found = queue(lam=lam, mu=mu, c=c, K=K, theta=theta or None)
    assert found["P_block"] == pytest.approx(law[K])
    assert found["L"] == pytest.approx(sum(n * p for n, p in law.items()))  # type: ignore[operator]
    assert found["p0"] == pytest.approx(law[0])


def test_erlang_a_by_linear_solve_and_its_limits() -> None:
    found = queue(
        lam=7.0, mu=1.0, c=5, theta=0.4
    )  # more work than servers: only the impatient keep it stable
    moves: dict[tuple[object, object], float] = {}
    for n in range(80):
        moves[n, n + 1] = 7.0
        moves[n + 1, n] = min(n + 1, 5) + max(n - 4, 0) * 0.4
    law = _solve(moves, list(range(81)))
    waiting = sum(p * max(n - 5, 0) for n, p in law.items())  # type: ignore[operator, call-overload]
    assert found["reneging_Lq"] == pytest.approx(waiting)
    assert "Wq" not in found
    hasty = queue(lam=4.0, mu=1.0, c=5, theta=1e7)["reneging_P_abandon"]
    assert hasty == pytest.approx(erlang_b(5, 4.0), abs=1e-6)
    patient = queue(lam=4.0, mu=1.0, c=5, theta=1e-4)
    assert patient["reneging_Lq"] == pytest.approx(patient["Lq"], rel=2e-3)


def test_erlang_b_by_sum() -> None:
    load, c = 7.3, 9
    terms = [load**n / math.factorial(n) for n in range(c + 1)]
    assert erlang_b(c, load) == pytest.approx(terms[-1] / sum(terms))
    assert queue(lam=7.3, mu=1.0, c=c, K=c)["P_block"] == pytest.approx(erlang_b(c, load))


@pytest.mark.parametrize("service", ["deterministic", "erlang2", "uniform", "exponential", "lognormal"])
def test_single_server_waits_by_draws(service: str) -> None:
    rng, n, lam, mean = _rng(21), 400_000, 1.2, 0.5
    cv = 1.5 if service == "lognormal" else None
    found = queue(lam=lam, mu=1 / mean, service=service, cv=cv)
    log_var = math.log1p(1.5**2)
    drawn = {
        "deterministic": lambda: np.full(n, mean),
        "erlang2": lambda: rng.gamma(2, mean / 2, n),
        "uniform": lambda: rng.uniform(0, 2 * mean, n),
        "exponential": lambda: rng.exponential(mean, n),
        "lognormal": lambda: np.exp(
            math.log(mean) - log_var / 2 + math.sqrt(log_var) * rng.standard_normal(n)
        ),
    }[service]()
    _batched(found["Wq"], _lindley(rng, lam, drawn))
    assert found["Lq"] == pytest.approx(lam * found["Wq"])


def test_unstable_queues_and_unknown_services_are_named() -> None:
    with pytest.raises(ValueError, match="must be under c = 2"):
        queue(lam=9, mu=3, c=2)
    with pytest.raises(ValueError, match="'slow'"):
        queue(lam=1, mu=3, service="slow")
    with pytest.raises(ValueError, match="K = 1"):
        queue(lam=1, mu=3, c=2, K=1)
    with pytest.raises(ValueError, match="mu"):
        queue(lam=1)


@pytest.mark.parametrize("law", ["exponential", "fixed"])
def test_unlimited_servers_after_an_empty_start(law: str) -> None:
    found = queue(lam_per_d=4.0, ES_d=1.5, t_d=2.0)
    rng = _rng(22)
    counts = np.zeros(20_000)
    for i in range(len(counts)):
        born = rng.uniform(0, 2.0, rng.poisson(8.0))
        counts[i] = (born + (rng.exponential(1.5, len(born)) if law == "exponential" else 1.5) > 2.0).sum()
    value = found["transient_t1_exp" if law == "exponential" else "transient_t1_det"]
    assert abs(counts.mean() - value) <= 4 * counts.std() / math.sqrt(len(counts))


def test_priority_numbers() -> None:
    found = FAMILIES["priority"](lams=[0.2, 0.6, 1.2], mu=3.0, c=1)
    assert found["nonpreemptive_Wq"] == pytest.approx(
        [0.23809523809523808, 0.3246753246753246, 0.9090909090909088]
    )
    assert found["preemptive_Wq"] == pytest.approx(
        [0.023809523809523836, 0.1536796536796537, 1.0303030303030303]
    )


def _two_class_chain(lam1: float, lam2: float, c: int, most: int) -> tuple[float, float, float, float]:
    """Mean numbers waiting (two classes) without, and present with, preemption; service rate 1."""
    keep, cut = {}, {}
    for i in range(most + 1):
        for j in range(most + 1):
            for busy in range(c + 1):
                if busy < c and i + j > 0:
                    continue
                here = (busy, i, j)
                if busy < c:
                    keep[here, (busy + 1, 0, 0)] = lam1 + lam2
                    if busy:
                        keep[here, (busy - 1, 0, 0)] = float(busy)
                    continue
                keep[here, (c, i + 1, j)] = lam1
                keep[here, (c, i, j + 1)] = lam2
                end = (c, i - 1, j) if i else ((c, i, j - 1) if j else (c - 1, 0, 0))
                keep[here, end] = float(c)
            cut[(i, j), (i + 1, j)] = lam1
            cut[(i, j), (i, j + 1)] = lam2
            if i:
                cut[(i, j), (i - 1, j)] = float(min(i, c))
            if j and i < c:
                cut[(i, j), (i, j - 1)] = float(min(j, c - i))
    one = _solve(keep, list(dict.fromkeys(start for start, _end in keep)))
    two = _solve(cut, list(dict.fromkeys(start for start, _end in cut)))
    waits = [sum(p * state[k] for state, p in one.items()) for k in (1, 2)]  # type: ignore[index]
    inside = [sum(p * state[k] for state, p in two.items()) for k in (0, 1)]  # type: ignore[index]
    return waits[0], waits[1], inside[0], inside[1]


@pytest.mark.parametrize("c", [1, 2, 3])
def test_priority_by_linear_solve(c: int) -> None:
    lam1, lam2 = 0.2 * c, 0.25 * c
    found = FAMILIES["priority"](lams=[lam1, lam2], mu=1.0, c=c)
    keep1, keep2, cut1, cut2 = _two_class_chain(lam1, lam2, c, 22)
    assert found["nonpreemptive_Wq"] == pytest.approx([keep1 / lam1, keep2 / lam2], rel=1e-5)
    assert found["preemptive_W"] == pytest.approx([cut1 / lam1, cut2 / lam2], rel=1e-5)


def test_priority_with_unlike_services_by_draws() -> None:
    """Single server, two classes with their own fixed services, waits in order of rank."""
    found = FAMILIES["priority"](lams=[0.3, 0.2], ES=[1.0, 2.0], cv=[0.0, 0.0])
    rng, n = _rng(23), 60_000
    at = np.cumsum(rng.exponential(2.0, n))
    kind = (rng.random(n) < 0.4).astype(int)
    waits: list[list[float]] = [[], []]
    line: list[tuple[int, int]] = []
    now, i = 0.0, 0
    while i < n or line:
        if not line:
            now = max(now, at[i])
        while i < n and at[i] <= now:
            heapq.heappush(line, (int(kind[i]), i))
            i += 1
        if line:
            rank, who = heapq.heappop(line)
            waits[rank].append(now - at[who])
            now += (1.0, 2.0)[rank]
    for rank in (0, 1):
        _batched(found["nonpreemptive_Wq"][rank], np.array(waits[rank]), 40)


def test_priority_refuses_what_has_no_closed_form() -> None:
    with pytest.raises(ValueError, match="c = 2"):
        FAMILIES["priority"](lams=[0.1, 0.1], mu=[1.0, 2.0], c=2)
    with pytest.raises(ValueError, match="must be under 1"):
        FAMILIES["priority"](lams=[1.0, 1.0], mu=1.0)


def test_tandem_numbers_and_linear_solve() -> None:
    found = FAMILIES["tandem"](lam=1.0, mus=[2.0, 3.0])
    assert (found["W"], found["L"]) == pytest.approx((1.5, 1.5))
    assert found["P_empty"] == pytest.approx(0.5 * 2 / 3)
    other = FAMILIES["tandem"](lam=0.5, mus=[1.4, 0.8], c=[1, 2], feedback=0.2)
    moves: dict[tuple[object, object], float] = {}
    for i in range(26):
        for j in range(26):
            moves[(i, j), (i + 1, j)] = 0.5
            if i:
                moves[(i, j), (i - 1, j + 1)] = 1.4
            if j:
                moves[(i, j), (i, j - 1)] = min(j, 2) * 0.8 * 0.8
                moves[(i, j), (i + 1, j - 1)] = min(j, 2) * 0.8 * 0.2
    law = _solve(moves, [(i, j) for i in range(26) for j in range(26)])
    assert other["L_1"] == pytest.approx(sum(p * s[0] for s, p in law.items()), rel=1e-4)  # type: ignore[index]
    assert other["L_2"] == pytest.approx(sum(p * s[1] for s, p in law.items()), rel=1e-4)  # type: ignore[index]


def test_tandem_whole_time_is_a_sum_of_exponentials() -> None:
    found = FAMILIES["tandem"](lam=1.0, mus=[2.0, 3.0], t=2.0)
    wait = _rng(24).exponential(1.0, 100_000) + _rng(25).exponential(0.5, 100_000)
    share = (wait > 2.0).mean()
    assert abs(share - found["P_W_gt_t"]) <= 4 * math.sqrt(share * (1 - share) / 100_000)
    assert found["P_W_gt_t"] == pytest.approx(2 * math.exp(-2) - math.exp(-4))


def test_fleet_numbers_and_linear_solve() -> None:
    found = FAMILIES["fleet"](N=10, crews=3, mtbf_h=50.0, mttr_h=8.0, need=8)
    assert found["availability"] == pytest.approx(0.8550980072266292)
    assert found["coldspare_mean_on_station"] == pytest.approx(7.7813495608031875)
    other = FAMILIES["fleet"](N=6, crews=2, mtbf_h=30.0, mttr_h=10.0, need=4)
    for name, running in (("hot", lambda up: up), ("cold", lambda up: min(up, 4))):
        moves: dict[tuple[object, object], float] = {}
        for down in range(6):
            moves[down, down + 1] = running(6 - down) / 30
            moves[down + 1, down] = min(down + 1, 2) / 10
        law = _solve(moves, list(range(7)))
        enough = sum(law[d] for d in range(3))
        up = sum((6 - d) * law[d] for d in range(7))
        if name == "hot":
            assert (other["P_at_least_need_up"], other["availability"]) == pytest.approx((enough, up / 6))
        else:
            assert other["coldspare_P_need_on_station"] == pytest.approx(enough)


def test_orbit_fleet_numbers() -> None:
    assert FAMILIES["orbit_fleet"](on=14, transit=3, turn=24) == {"ratio": pytest.approx(44 / 14), "ceil": 4}
    assert FAMILIES["orbit_fleet"](on=10, transit=2, turn=6)["ceil"] == 2  # exactly two
    assert FAMILIES["orbit_fleet"](on=14, transit=3, turn=24, stations=3)["ceil"] == 10


def test_duty_numbers_and_clockwork() -> None:
    found = FAMILIES["duty"](on_h=10, cycle_h=24, n=2)
    assert (found["coverage"], found["P_d1"], found["P_d2"]) == pytest.approx((5 / 6, 11 / 12, 1.0))
    assert found["unstaggered_P_d1"] == pytest.approx(11 / 24)
    other = FAMILIES["duty"](on_h=3, cycle_h=20, n=3, d_h=2.5)
    t = (np.arange(200_000) + 0.5) / 10_000
    phase = t % (20 / 3)
    assert other["coverage"] == pytest.approx((phase <= 3).mean(), abs=1e-4)
    assert other["P_d2.5"] == pytest.approx(((phase <= 3) | (phase + 2.5 >= 20 / 3)).mean(), abs=1e-4)


def test_hypercube_numbers() -> None:
    prefs = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [2, 0, 1]]
    found = FAMILIES["hypercube"](N=3, rates=[0.3, 0.2, 0.4, 0.1], prefs=prefs, mu=1.0)
    assert found["zero_line_workloads"][0] == pytest.approx(0.386940298507463)
    assert found["infinite_line_workloads"][2] == pytest.approx(0.23087592341323748)
    two = FAMILIES["hypercube"](rates=[0.5, 1.0], mu=1)
    assert two["states_00_10_01_11"] == pytest.approx(
        [0.2758620689655171, 0.17931034482758618, 0.2344827586206896, 0.3103448275862068]
    )
    assert two["interresponse"] == pytest.approx(0.31333333333333324)


def test_hypercube_with_a_line_by_linear_solve() -> None:
    """Two units, three districts; the line is cut at 60 waiting, which weighs under 1e-6."""
    rates, mu = [0.3, 0.5, 0.4], 0.9
    prefs = [[0, 1], [1, 0], [1, 0]]
    found = FAMILIES["hypercube"](rates=rates, mu=mu, prefs=prefs)
    moves: dict[tuple[object, object], float] = {("00", "10"): 0.3, ("00", "01"): 0.9}
    moves |= {("10", "11"): 1.2, ("01", "11"): 1.2, ("10", "00"): mu, ("01", "00"): mu}
    moves |= {("11", "01"): mu, ("11", "10"): mu, ("11", 1): 1.2, (1, "11"): 2 * mu}
    for n in range(1, 60):
        moves[n, n + 1], moves[n + 1, n] = 1.2, 2 * mu
    law = _solve(moves, ["00", "10", "01", "11", *range(1, 61)])
    waiting = sum(p for state, p in law.items() if isinstance(state, int))
    assert found["infinite_line_workloads"] == pytest.approx(
        [law["10"] + law["11"] + waiting, law["01"] + law["11"] + waiting], abs=1e-8
    )
    assert found["infinite_line_P_wait"] == pytest.approx(law["11"] + waiting, abs=1e-8)
    assert found["zero_line_loss"] == pytest.approx(erlang_b(2, 1.2 / mu))
