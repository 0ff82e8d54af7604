"""Closed forms of decisions and answers: when enough states have agreed, and how long a chain of steps takes.
They tell a mediator what quorum, refusal and slow members cost in days.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from sim.measure.theory.names import Names, above_zero, many, need, ordinal, share, short


def decision(
    *,
    n: int | None = None,
    k: Any = None,
    law: str | None = None,
    mean: float | None = None,
    means: Any = None,
    median_d: float | None = None,
    sigma: float | None = None,
    p: float | None = None,
) -> Names:
    """k of n members agree: when, and whether (C19-C22).

    ``law = "exponential"`` with one ``mean`` or with ``means`` of unlike members, ``law = "lognormal"`` with
    ``median_d sigma``; ``k`` a number or a list. ``p``: each agrees at all with that chance (binomial); with
    a law the time is given that enough agree. k = n is unanimity. Without law and p the reference table of
    C19 is printed. Sources: Renyi 1953 (exponential order statistics), David & Nagaraja 2003 (beta form).
    """
    law = law or ("lognormal" if median_d is not None else None)
    if law not in (None, "exponential", "lognormal"):
        raise ValueError(f"law = {law!r} must be exponential or lognormal")
    if means is not None:
        return _unlike(many(means), k)
    size, wanted = need(n=n, k=k)
    if p is not None:
        return _with_refusal(size, wanted, p, law, mean, median_d, sigma)
    if law == "lognormal":
        return _lognormal(size, wanted, *need(median_d=median_d, sigma=sigma))
    found: Names = {}
    for one in many(wanted):
        found |= _exponential(size, int(one), 1.0 if mean is None else mean)
    if law is None and mean is None:
        return {"max of 5 exp mean2": 2 * order_mean(5, 5)} | _unlike([1, 2, 4], [2, 3]) | found
    return found


def _check(n: int, k: int) -> None:
    if not 1 <= k <= n:
        raise ValueError(f"k = {k} must lie in 1 to n = {n}")


def order_mean(n: int, k: int) -> float:
    """Mean of the k-th of n exponential times of mean 1: H(n) - H(n - k) (Renyi 1953)."""
    _check(n, k)
    return math.fsum(1 / j for j in range(n - k + 1, n + 1))


def _exponential(n: int, k: int, mean: float) -> Names:
    scale = mean * order_mean(n, k)
    found: Names = {f"{ordinal(k) if k < n else k} of {n} exp mean {short(mean)}": scale, "mean": scale}
    if k == n:
        found[f"max of {n} exp mean{short(mean)}"] = scale
    found["mean_d"] = scale
    found["sd_d"] = mean * math.sqrt(math.fsum(1 / j**2 for j in range(n - k + 1, n + 1)))
    for at in (50, 90, 95):
        found[f"p{at}_d"] = -mean * math.log1p(-_beta_quantile(n, k, at / 100))
    return found


def _beta_quantile(n: int, k: int, q: float) -> float:
    """Quantile of the k-th of n uniforms, a beta law."""
    from scipy.special import betaincinv

    return float(betaincinv(k, n - k + 1, q))


def _unlike(means: Sequence[float], k: Any) -> Names:
    """k-th of unlike exponential times."""
    n, text = len(means), ",".join(short(m) for m in means)
    found: Names = {}
    for one in many(n if k is None else k):
        _check(n, int(one))
        value = unlike_mean(means, int(one))
        found[f"{int(one)} of {n} exp means {text} mean"] = value
        if one == n:
            found[f"max of exp means {text}"] = value
        found["mean"] = found["mean_d"] = value
    return found


def unlike_mean(means: Sequence[float], k: int) -> float:
    """Mean of the k-th of unlike exponentials: integral of P(fewer than k done by t), a Poisson-binomial
    sum."""

    def fewer(t: float) -> float:
        mass = np.zeros(len(means) + 1)
        mass[0] = 1.0
        for m in means:
            done = -math.expm1(-t / m)
            mass[1:] = mass[1:] * (1 - done) + mass[:-1] * done
            mass[0] *= 1 - done
        return float(mass[:k].sum())

    return _area(fewer, max(means) * (40 + math.log(len(means))))


def _area(tail: Callable[[float], float], end: float) -> float:
    """Integral of a falling tail from 0, in pieces that double, Gauss-Legendre of degree 64 each."""
    nodes, weights = np.polynomial.legendre.leggauss(64)
    edges = [0.0, *(end / 2**j for j in range(10, -1, -1))]
    total = []
    for low, high in pairwise(edges):
        half = (high - low) / 2
        total.append(
            half * math.fsum(w * tail(low + half * (x + 1)) for x, w in zip(nodes, weights, strict=True))
        )
    return math.fsum(total)


def _lognormal(n: int, k: Any, median_d: float, sigma: float) -> Names:
    above_zero(median_d=median_d, sigma=sigma)
    if isinstance(k, list | tuple):
        return {f"k={int(one)}": _lognormal(n, int(one), median_d, sigma) for one in k}
    _check(n, k)
    found: Names = {"mean_d": _lognormal_order_mean(n, k, median_d, sigma)}
    for at in (50, 90, 95):
        found[f"p{at}_d"] = median_d * math.exp(sigma * _probit(_beta_quantile(n, k, at / 100)))
    found["exp_mean_if_exponential_mean1"] = order_mean(n, k)
    return found


def _probit(u: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(u))


def _lognormal_order_mean(n: int, k: int, median_d: float, sigma: float) -> float:
    """Mean of the k-th of n lognormal times: integral of exp(sigma z) against the law of the k-th normal."""
    from scipy.special import betaln, log_ndtr

    z = np.linspace(-12.0, 12.0 + 2 * sigma, 40_001)
    logs = sigma * z - z * z / 2 + (k - 1) * log_ndtr(z) + (n - k) * log_ndtr(-z)
    area = np.trapezoid(np.exp(logs - float(betaln(k, n - k + 1))), z)
    return median_d * float(area) / math.sqrt(2 * math.pi)


def _with_refusal(
    n: int, k: Any, p: float, law: str | None, mean: float | None, median_d: float | None, sigma: float | None
) -> Names:
    share(p=p)
    if isinstance(k, list | tuple):
        return {f"k={int(one)}": _with_refusal(n, int(one), p, law, mean, median_d, sigma) for one in k}
    _check(n, k)
    found: Names = {"P": _binomial_tail(n, k, p)}
    if law is not None or mean is not None:
        found |= _time_if_enough(n, k, p, _single_law(law, mean, median_d, sigma))
    return found


def _binomial_tail(n: int, k: int, p: float) -> float:
    return math.fsum(math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k, n + 1))


def _single_law(
    law: str | None, mean: float | None, median_d: float | None, sigma: float | None
) -> Callable[[float], float]:
    """Quantile function of one member's time."""
    if law == "lognormal":
        middle, wide = need(median_d=median_d, sigma=sigma)
        return lambda u: float(middle * math.exp(wide * _probit(u)))
    scale = 1.0 if mean is None else mean
    return lambda u: -scale * math.log1p(-u)


def _time_if_enough(n: int, k: int, p: float, quantile: Callable[[float], float]) -> Names:
    """Quantiles of the k-th of those who agree, given that k agree: each has agreed by t with chance p
    F(t)."""
    from scipy.special import betainc, betaincinv

    enough = float(betainc(k, n - k + 1, p))
    found = {}
    for at in (50, 90, 95):
        found[f"p{at}_d"] = quantile(float(betaincinv(k, n - k + 1, at / 100 * enough)) / p)
    nodes, weights = np.polynomial.legendre.leggauss(400)
    levels = betaincinv(k, n - k + 1, (nodes + 1) / 2 * enough) / p
    found["mean_d"] = math.fsum(w / 2 * quantile(float(u)) for u, w in zip(levels, weights, strict=True))
    return found


def chain(
    *,
    means_h: Any = (4.0, 6.0, 12.0),
    deadline_h: float = 24.0,
    means: Any = None,
    deadline: float | None = None,
    shapes: Any = None,
) -> Names:
    """Steps one after the other, exponential each, against a deadline (C23, C24).

    ``means_h`` may repeat; ``shapes`` makes a step Erlang with that many equal parts. Phase-type law
    (Neuts 1981): P(sum > t) from the matrix exponential, so equal means need no special case.
    """
    steps = [float(m) for m in many(means if means is not None else means_h)]
    parts = [int(v) for v in many(shapes)] if shapes is not None else [1] * len(steps)
    split = [m / s for m, s in zip(steps, parts, strict=True) for _ in range(s)]
    limit = deadline_h if deadline is None else deadline
    return {
        "P": 1 - stages_tail(split, limit),
        "mean": math.fsum(steps),
        "var": math.fsum(m * m for m in split),
        "sd": math.sqrt(math.fsum(m * m for m in split)),
        "p50": stages_quantile(split, 0.5),
        "p90": stages_quantile(split, 0.9),
        "p95": stages_quantile(split, 0.95),
    }


def stages_tail(means: Sequence[float], t: float) -> float:
    """P(sum of exponential stages > t)."""
    from scipy.linalg import expm

    if t <= 0:
        return 1.0
    rates = 1 / np.array(means, dtype=float)
    moves = np.diag(-rates) + np.diag(rates[:-1], 1)
    return float(expm(moves * t)[0].sum())


def stages_quantile(means: Sequence[float], q: float) -> float:
    """Time by which a share q of sums of exponential stages is over."""
    from scipy.optimize import brentq

    end = sum(means) * 4
    while stages_tail(means, end) > 1 - q:
        end *= 2
    return float(brentq(lambda t: 1 - q - stages_tail(means, t), 0.0, end, xtol=1e-13, rtol=1e-14))


# The reference ladder of C29: liaison, warning, posture; leaves to "resolved" or "lapsed".
LADDER = ((0.0, 0.7, 0.0), (0.2, 0.0, 0.5), (0.0, 0.3, 0.0))
LADDER_ENDS = ((0.3, 0.0), (0.3, 0.0), (0.2, 0.5))


def escalation(
    *,
    Q: Any = LADDER,
    R: Any = LADDER_ENDS,
    mean_truce: float = 14.0,
    mean_violence: float = 5.0,
    t: float = 7.0,
) -> Names:
    """A ladder of rungs that ends, and a truce that breaks and mends (C29).

    ``Q`` chances from rung to rung, ``R`` from rung to end: mean steps (I - Q)^-1 1 by starting rung, and
    from the first rung the chance of each end (Kemeny & Snell 1960). Truce and violence in turn, exponential:
    share of truce a/(a + b), and in truce at t after one began: a/(a+b) + b/(a+b) exp(-(1/a + 1/b) t).
    """
    moves, ends = np.array(Q, dtype=float), np.array(R, dtype=float)
    rows = moves.sum(axis=1) + ends.sum(axis=1)
    if not np.allclose(rows, 1.0):
        raise ValueError(f"rows of Q and R together must sum to 1, they give {rows.tolist()}")
    visits = np.linalg.inv(np.eye(len(moves)) - moves)
    absorbed = visits @ ends
    held = mean_truce / (mean_truce + mean_violence)
    return {
        "mean_steps": [float(v) for v in visits.sum(axis=1)],
        "absorb": [float(v) for v in absorbed[0]],
        "absorb_all": absorbed.tolist(),
        "compliant_fraction": held,
        f"P_truce_t{short(t)}": held + (1 - held) * math.exp(-(1 / mean_truce + 1 / mean_violence) * t),
    }
