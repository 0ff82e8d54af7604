"""Closed forms of method: what paired luck saves, how a sum of effects splits, when a test may stop.
They prove the tools of comparison and sensitivity, before any result of a mission is read with them.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.measure.theory.names import Names, bare, short

# Ten p values of the textbook example of Benjamini and Hochberg's step-up rule.
CLASSIC_P = (0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216)


def efficiency(*, rho: float = 0.8, variance: float = 4.0, strata: int = 10) -> Names:
    """What common random numbers, antithetic pairs, control variates and strata save (E08; Law 2015, ch. 11).

    Var(A - B) = 2 v (1 - rho); exponential antithetic pair: covariance 1 - pi^2/6; control U of e^U: 1 -
    rho^2; a Latin hypercube of n points of a linear x: 1/(12 n^3) against 1/(12 n).
    """
    pair = 1 - math.pi**2 / 6
    cov = (3 - math.e) / 2
    left = 1 - cov**2 * 12 / ((math.e**2 - 1) / 2 - (math.e - 1) ** 2)
    named = f"rho={bare(rho)} (var {short(variance)})"
    return {
        f"CRN: var of diff indep vs {named}": [2 * variance, 2 * variance * (1 - rho)],
        "CRN half-width ratio": math.sqrt(1 - rho),
        "antithetic exp: cov(F^-1(U),F^-1(1-U)) mean 1": pair,
        "antithetic var ratio for mean of pair exp(1)": 1 + pair,
        "control variate ratio 1-rho^2 for E[e^U] with U": left,
        f"LHS/stratified var of mean(x), n={strata} vs iid": [1 / (12 * strata**3), 1 / (12 * strata)],
    }


def elementary_effects(*, coefficients: Sequence[float] = (2.0, -3.0), interaction: float = 1.0) -> Names:
    """Morris figures of y = sum c_i x_i + k x1 x2 on the unit cube (E11; Morris 1991, Campolongo et al.
    2007).

    The effect of x1 is c1 + k x2, uniform; so mean c + k/2, sd |k|/sqrt 12, and the mean of its size.
    """
    crossed = [interaction if i < 2 else 0.0 for i in range(len(coefficients))]
    rows = list(zip(coefficients, crossed, strict=True))
    return {
        "mu": [c + k / 2 for c, k in rows],
        "mu_star": [_mean_size(c, c + k) for c, k in rows],
        "sigma": [abs(k) / math.sqrt(12) for _c, k in rows],
    }


def _mean_size(low: float, high: float) -> float:
    """E|U| for U uniform between two values."""
    if low == high or low * high >= 0:
        return abs(low + high) / 2
    return (low * low + high * high) / (2 * abs(high - low))


def variance_shares(*, a: float, b: float, g: Sequence[float]) -> Names:
    """Sobol shares of two test functions (E10; Ishigami & Homma 1990; Saltelli & Sobol 1995).

    Ishigami: sin x1 + a sin^2 x2 + b x3^4 sin x1 on (-pi, pi); g: product of (|4x - 2| + g_i)/(1 + g_i).
    """
    pi4 = math.pi**4
    parts = ((1 + b * pi4 / 5) ** 2 / 2, a * a / 8, 8 * b * b * pi4**2 / 225)
    var = sum(parts)
    found: Names = {
        "Ishigami mean,var": [a / 2, var],
        "Ishigami S1": [parts[0] / var, parts[1] / var, 0.0],
        "Ishigami ST": [(parts[0] + parts[2]) / var, parts[1] / var, parts[2] / var],
    }
    own = [1 / (3 * (1 + v) ** 2) for v in g]
    whole = math.prod(1 + v for v in own)
    if g:
        found["Sobol g S1"] = [v / (whole - 1) for v in own]
        found["Sobol g ST"] = [v * whole / (1 + v) / (whole - 1) for v in own]
    return found


def sequential(
    *,
    alpha: float = 0.01,
    beta: float = 0.05,
    p95_n: int = 100,
    quantile: float = 0.95,
    p_values: Sequence[float] = CLASSIC_P,
    forecasts: Sequence[float] = (0.9, 0.2, 0.7, 0.4),
    outcomes: Sequence[float] = (1, 0, 1, 1),
    crps_x: float = 0.5,
) -> Names:
    """Bounds, ranks, adjusted p values and scores (E12).

    Wald 1947: A = (1 - beta)/alpha, B = beta/(1 - alpha) · ranks of a distribution-free interval of a
    quantile (David & Nagaraja 2003) · Benjamini & Hochberg 1995 · Brier 1950 · CRPS of a normal (Gneiting &
    Raftery 2007).
    """
    text = f"p=[{','.join(bare(v) for v in forecasts)}], y=[{','.join(short(v) for v in outcomes)}]"
    classic = " (classic 10)" if len(p_values) == 10 else ""
    return {
        f"SPRT thresholds A,B (alpha {bare(alpha)},beta {bare(beta)})": [
            (1 - beta) / alpha,
            beta / (1 - alpha),
        ],
        f"order-stat 95% CI for p{round(100 * quantile)}, n={p95_n} (ranks)": quantile_ranks(
            n=p95_n, q=quantile
        ),
        f"BH adjusted p{classic}": step_up(p_values),
        f"Brier {text}": brier(forecasts, outcomes),
        f"CRPS N(0,1) at x={bare(crps_x)}": crps_normal(crps_x),
    }


def quantile_ranks(*, n: int, q: float, level: float = 0.95) -> list[int]:
    """Ranks l, u with P(X_(l) <= quantile < X_(u)) about the level, tails equal: from the binomial law."""
    mass = [math.comb(n, j) * q**j * (1 - q) ** (n - j) for j in range(n + 1)]
    below = np.cumsum(mass)
    low = int(np.searchsorted(below, (1 - level) / 2))
    high = int(np.searchsorted(below, (1 + level) / 2)) + 1
    return [max(1, low), min(n, high)]


def step_up(p_values: Sequence[float]) -> list[float]:
    """Benjamini-Hochberg adjusted p values, in the order given."""
    n = len(p_values)
    order = sorted(range(n), key=lambda i: p_values[i])
    found, least = [0.0] * n, 1.0
    for rank in range(n, 0, -1):
        least = min(least, p_values[order[rank - 1]] * n / rank)
        found[order[rank - 1]] = least
    return found


def brier(forecasts: Sequence[float], outcomes: Sequence[float]) -> float:
    """Mean squared distance between forecast chance and what happened."""
    return math.fsum((p - y) ** 2 for p, y in zip(forecasts, outcomes, strict=True)) / len(forecasts)


def crps_normal(x: Any, *, mean: float = 0.0, sd: float = 1.0) -> float:
    """Continuous ranked probability score of a normal forecast."""
    z = (x - mean) / sd
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return float(sd * (z * math.erf(z / math.sqrt(2)) + 2 * density - 1 / math.sqrt(math.pi)))
