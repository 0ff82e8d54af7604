"""Closed forms of queues: analysts, teams and ships that serve what comes, and how long things wait.
Each function answers one proof family and returns the names that the simulation returns.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from sim.measure.theory.names import Names, above_zero, given, many, need, numbers_in

# Squared coefficient of variation of the service laws that scenarios name; lognormal takes its own.
SERVICE_CV2 = {"deterministic": 0.0, "erlang2": 0.5, "uniform": 1 / 3, "exponential": 1.0}
# The loss table that the Erlang B family prints beside the pairs asked for (C04).
USUAL_LOSS_PAIRS = ((5, 18.2), (16, 18.2))


def queue(
    *,
    lam: float | None = None,
    mu: float | None = None,
    c: Any = None,
    K: int | None = None,
    theta: float | None = None,
    service: str | None = None,
    cv: float | None = None,
    ES: float | None = None,
    lam_per_d: float | None = None,
    ES_d: float | None = None,
    t_d: float = 1.0,
    pairs: Any = None,
    cases: Any = None,
    feedback: float = 0.0,
) -> Names:
    """Poisson arrivals to servers; the keys given choose the law.

    ``lam mu c`` M/M/c, c a number or a list (C01-C03; Erlang C) · ``theta`` patience, exponential with that
    rate (C10; Erlang A) · ``K`` places in all (C07; K = c is Erlang's loss system), ``cases`` as
    ``(lam,mu,c,K),...`` · ``pairs`` of c and offered load: Erlang B (C04) · ``lam ES`` Pollaczek-Khinchine
    for five services (C05); ``service`` (deterministic, erlang2, uniform, exponential, lognormal) and ``cv``
    choose one · ``lam_per_d ES_d`` M/G/infinity at ``t_d`` after an empty start (C06) · ``feedback``: that
    share of the served comes back. Sources: Gross & Harris 1998; Takacs 1962 (M/G/infinity); Garnett,
    Mandelbaum & Reiman 2002 (Erlang A).
    """
    if cases is not None:
        return _lettered(queue_cases(cases))
    if pairs is not None:
        return {
            f"erlangB c={int(n)} a={float(a)}": erlang_b(int(n), float(a))
            for n, a in [*pairs, *USUAL_LOSS_PAIRS]
        }
    if lam_per_d is not None:
        (mean_d,) = need(ES_d=ES_d)
        return _unlimited(lam_per_d, mean_d, t_d)
    (rate,) = need(lam=lam)
    rate = rate / (1 - feedback)
    if ES is not None or service is not None or cv is not None:
        mean = ES if ES is not None else 1 / need(mu=mu)[0]
        return _general(rate, mean, 1 if c is None else c, service, cv)
    (speed,) = need(mu=mu)
    return _markov(rate, speed, 1 if c is None else c, K, theta)


def _markov(lam: float, mu: float, c: Any, K: int | None, theta: float | None) -> Names:
    above_zero(lam=lam, mu=mu)
    if isinstance(c, list | tuple):
        return {f"c{int(n)}": _markov(lam, mu, int(n), K, theta) for n in c}
    if K is not None:
        return _bounded(lam, mu, c, K, theta or 0.0)
    if theta is None:
        return _erlang_c(lam, mu, c)
    return _impatient(lam, mu, c, theta)


def erlang_b(servers: int, load: float) -> float:
    """Share of calls lost by a system without waiting (Erlang 1917), by the stable recursion."""
    lost = 1.0
    for n in range(1, servers + 1):
        lost = load * lost / (n + load * lost)
    return lost


def chance_of_wait(servers: int, load: float) -> float:
    """Erlang C from Erlang B; refuses a load that the servers cannot carry."""
    if load >= servers:
        raise ValueError(
            f"load lam/mu = {load:g} must be under c = {servers}: the queue would grow without end"
        )
    lost = erlang_b(servers, load)
    return lost / (1 - load / servers * (1 - lost))


def _erlang_c(lam: float, mu: float, c: int) -> Names:
    wait = chance_of_wait(c, lam / mu)
    spare = c * mu - lam
    mean = wait / spare
    return {
        "rho": lam / (c * mu),
        "P_wait": wait,
        "Lq": lam * mean,
        "Wq": mean,
        "W": mean + 1 / mu,
        "L": lam * (mean + 1 / mu),
        "P_Wq_gt_1": wait * math.exp(-spare),
        "Wq_p95": max(0.0, math.log(wait / 0.05) / spare) if wait > 0 else 0.0,
        "erlang_B": erlang_b(c, lam / mu),
    }


def _stationary(lam: float, leave: Callable[[int], float], most: int | None) -> np.ndarray[Any, Any]:
    """Stationary law of a birth-death chain; without a bound it stops when the rest weighs nothing."""
    logs, n, top = [0.0], 0, 0.0
    while n < (1_000_000 if most is None else most):
        logs.append(logs[-1] + math.log(lam) - math.log(leave(n + 1)))
        top, n = max(top, logs[-1]), n + 1
        if most is None and logs[-1] < top - 60 and leave(n + 1) > 2 * lam:
            break
    mass = np.exp(np.array(logs) - top)
    return np.asarray(mass / math.fsum(mass))


def _impatient(lam: float, mu: float, c: int, theta: float) -> Names:
    """Erlang A beside Erlang B and C of the same load (C10)."""
    above_zero(theta=theta)
    law = _stationary(lam, lambda n: min(n, c) * mu + max(n - c, 0) * theta, None)
    waiting = math.fsum(p * max(n - c, 0) for n, p in enumerate(law))
    stable = _erlang_c(lam, mu, c) if lam < c * mu else {"erlang_B": erlang_b(c, lam / mu)}
    return stable | {
        "reneging_P_abandon": theta * waiting / lam,
        "reneging_Lq": waiting,
        "reneging_P_wait": math.fsum(law[c:]),
        "reneging_L": math.fsum(p * n for n, p in enumerate(law)),
    }


def _bounded(lam: float, mu: float, c: int, K: int, theta: float) -> Names:
    """M/M/c/K with K places in all (C07); theta makes those who wait impatient."""
    if c > K:
        raise ValueError(f"K = {K} places must be at least c = {c} servers")
    law = _stationary(lam, lambda n: min(n, c) * mu + max(n - c, 0) * theta, K)
    inside = math.fsum(p * n for n, p in enumerate(law))
    waiting = math.fsum(p * max(n - c, 0) for n, p in enumerate(law))
    entering = lam * (1 - float(law[K]))
    found = {
        "P_block": float(law[K]),
        "L": inside,
        "Lq": waiting,
        "lam_eff": entering,
        "W": inside / entering,
        "Wq": waiting / entering,
        "p0": float(law[0]),
    }
    return found | ({"reneging_P_abandon": theta * waiting / lam} if theta else {})


def queue_cases(cases: Any) -> list[list[float]]:
    """Read ``(2,1,2,5),(4,1,3,8)`` or a list of lists of lam, mu, c, K."""
    if isinstance(cases, str):
        return [numbers_in(part) for part in cases.split(")") if numbers_in(part)]
    return [list(row) for row in cases]


def _lettered(rows: list[list[float]]) -> Names:
    return {
        chr(ord("a") + i): _markov(float(lam), float(mu), int(c), int(K), None)
        for i, (lam, mu, c, K) in enumerate(rows)
    }


def _general(lam: float, mean: float, c: Any, service: str | None, cv: float | None) -> Names:
    """Pollaczek-Khinchine (C05); with more servers the Allen-Cunneen approximation, exact for exponential."""
    if service is None and cv is None:
        laws = SERVICE_CV2 | {"lognormal_cv15": 2.25}
        return {name: wait_of_service(lam, mean, int(c), cv2) for name, cv2 in laws.items()}
    name = service or "general"
    if cv is None and name not in SERVICE_CV2:
        raise ValueError(f"service = {name!r} must be one of {', '.join(SERVICE_CV2)}, or give its cv")
    cv2 = cv * cv if cv is not None else SERVICE_CV2[name]
    wait = wait_of_service(lam, mean, int(c), cv2)
    named = f"lognormal_cv{round(cv * 10)}" if name == "lognormal" and cv is not None else name
    return {
        "rho": lam * mean / c,
        "Wq": wait,
        "Lq": lam * wait,
        "W": wait + mean,
        "L": lam * (wait + mean),
        named: wait,
    }


def wait_of_service(lam: float, mean: float, c: int, cv2: float) -> float:
    """Mean wait before a service of mean ``mean`` and squared variation ``cv2`` (Pollaczek 1930; Allen
    1990)."""
    return chance_of_wait(c, lam * mean) * mean / (c - lam * mean) * (1 + cv2) / 2


def _unlimited(lam: float, mean: float, t: float) -> Names:
    """M/G/infinity: Poisson with mean lam E[S] whatever the law of S; mean busy period (e^a - 1)/lam."""
    from scipy.special import pdtrc

    load = lam * mean
    return {
        "mean": load,
        "P0": math.exp(-load),
        "P_ge_10": float(pdtrc(9, load)),
        "transient_t1_exp": load * -math.expm1(-t / mean),
        "transient_t1_det": lam * min(t, mean),
        "busy_period": math.expm1(load) / lam,
    }


def priority(
    *,
    lams: Sequence[float],
    mu: Any = None,
    c: int = 1,
    ES: Any = None,
    cv: Any = None,
    mus: Any = None,
) -> Names:
    """Classes served by rank, 1 first (C08, C09): mean waits in queue without and with preemption.

    Non-preemptive: Cobham 1954, any service law at c = 1 (one mean and cv per class), exponential with one
    mean at c > 1. Preemptive resume, exponential: at c = 1 one mean per class (White & Christie 1958); at c >
    1 the first k classes together are an M/M/c queue of their own, and L adds. ``preemptive_Wq`` is the
    sojourn less the service. ``mu`` (or ``ES``) and ``cv`` may be lists, one per class.
    """
    rates = [float(v) for v in lams]
    means = _per_class(
        [1 / v for v in many(mus if mus is not None else mu)] if ES is None else many(ES), len(rates)
    )
    cvs = _per_class([1.0] if cv is None else many(cv), len(rates))
    if c > 1 and (len(set(means)) > 1 or set(cvs) != {1.0}):
        raise ValueError(f"c = {c} servers: only one exponential service law has a closed form")
    found: Names = {"nonpreemptive_Wq": _cobham(rates, means, cvs, c)}
    found["preemptive_Wq"] = _resumed(rates, means, cvs) if c == 1 else _layered(rates, means[0], c)
    for kind in ("nonpreemptive", "preemptive"):
        waits = found[f"{kind}_Wq"]
        found[f"{kind}_W"] = [w + s for w, s in zip(waits, means, strict=True)]
        found[f"{kind}_Lq"] = [w * r for w, r in zip(waits, rates, strict=True)]
    return found


def _per_class(values: list[Any], n: int) -> list[float]:
    if len(values) not in (1, n):
        raise ValueError(f"{values} must hold one value or one for each of {n} classes")
    return [float(v) for v in (values * n if len(values) == 1 else values)]


def _loads(rates: list[float], means: list[float], c: int) -> list[float]:
    """Share of the servers taken by the first 0, 1, ... classes."""
    loads = [0.0, *np.cumsum(np.array(rates) * np.array(means) / c).tolist()]
    if loads[-1] >= 1:
        raise ValueError(f"load {loads[-1]:g} must be under 1: the queue would grow without end")
    return loads


def _cobham(rates: list[float], means: list[float], cvs: list[float], c: int) -> list[float]:
    loads = _loads(rates, means, c)
    if c == 1:
        left = sum(r * s * s * (1 + v * v) for r, s, v in zip(rates, means, cvs, strict=True)) / 2
    else:
        left = chance_of_wait(c, loads[-1] * c) * means[0] / c
    return [left / ((1 - before) * (1 - after)) for before, after in pairwise(loads)]


def _resumed(rates: list[float], means: list[float], cvs: list[float]) -> list[float]:
    loads, found, left = _loads(rates, means, 1), [], 0.0
    for k, (rate, mean, cv) in enumerate(zip(rates, means, cvs, strict=True)):
        left += rate * mean * mean * (1 + cv * cv) / 2
        found.append(mean / (1 - loads[k]) + left / ((1 - loads[k]) * (1 - loads[k + 1])) - mean)
    return found


def _layered(rates: list[float], mean: float, c: int) -> list[float]:
    _loads(rates, [mean] * len(rates), c)
    below, total, found = 0.0, 0.0, []
    for rate in rates:
        total += rate
        inside = total * (wait_of_service(total, mean, c, 1.0) + mean)
        found.append((inside - below) / rate - mean)
        below = inside
    return found


def tandem(
    *,
    lam: float,
    mus: Any = None,
    mu: Any = None,
    mu1: float | None = None,
    mu2: float | None = None,
    c: Any = None,
    feedback: float = 0.0,
    p_back: float | None = None,
    t: float | None = None,
) -> Names:
    """Stations one after the other, each a queue of its own (C17; Burke 1956, Jackson 1957).

    ``mus`` service rates (or ``mu1 mu2``), ``c`` servers per station; ``feedback`` (or ``p_back``): share of
    the finished that starts again. Names: per station ``rho_i Wq_i W_i L_i``, totals ``W Wq L``, chance of an
    empty system; with single servers and no feedback the whole time is a sum of exponentials: ``P_W_gt_t``,
    ``W_p90``.
    """
    pair = [mu1, mu2] if mu1 is not None and mu2 is not None else None
    speeds = [float(v) for v in many(given(mus=mus, mu=mu, mu1_mu2=pair))]
    servers = [int(v) for v in _per_class([1] if c is None else many(c), len(speeds))]
    back = feedback if p_back is None else p_back
    flow = lam / (1 - back)
    rows = [_erlang_c(flow, v, n) for v, n in zip(speeds, servers, strict=True)]
    found: Names = {
        f"{k}_{i}": r[k] for i, r in enumerate(rows, 1) for k in ("rho", "P_wait", "Wq", "W", "Lq", "L")
    }
    found["L"] = math.fsum(r["L"] for r in rows)
    found["W"] = found["L"] / lam
    found["Wq"] = math.fsum(r["Lq"] for r in rows) / lam
    found["Lq"] = math.fsum(r["Lq"] for r in rows)
    found["P_empty"] = math.prod(_empty(flow, v, n) for v, n in zip(speeds, servers, strict=True))
    if set(servers) == {1} and back == 0:
        found |= _whole_time([v - flow for v in speeds], t)
    return found


def _empty(lam: float, mu: float, c: int) -> float:
    load = lam / mu
    terms = math.fsum(load**n / math.factorial(n) for n in range(c))
    return 1 / (terms + load**c / math.factorial(c) / (1 - load / c))


def _whole_time(rates: list[float], t: float | None) -> Names:
    from sim.measure.theory.decisions import stages_quantile, stages_tail

    found = {"W_sd": math.sqrt(sum(1 / r**2 for r in rates))}
    for share in (50, 90, 95):
        found[f"W_p{share}"] = stages_quantile([1 / r for r in rates], share / 100)
    return found | ({"P_W_gt_t": stages_tail([1 / r for r in rates], t)} if t is not None else {})
