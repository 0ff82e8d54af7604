"""Closed forms of acts in time: daily rhythm, contagion, thinning and clusters.
They tell how many acts to expect, how unevenly they come, and when a simulated series strays from its law.
"""

import math
from typing import Any

import numpy as np

from sim.measure.theory.names import Names, above_zero, many, need, short


def point_process(
    *,
    base: float | None = None,
    amplitude: float | None = None,
    period_h: float = 24.0,
    windows: Any = ((0, 18), (6, 12)),
    within_h: float = 0.5,
    lmax: float | None = None,
    mu: Any = None,
    n: Any = None,
    beta: float | None = None,
    T: float | None = None,
    rates: Any = None,
    mean_stays: Any = None,
    lam: float | None = None,
    keep: float | None = None,
    rate: float | None = None,
    jump_mean: float | None = None,
    jump_var: float | None = None,
    nb_mean: float | None = None,
    nb_size: float | None = None,
    alpha: float | None = None,
) -> Names:
    """Counts and times of acts; the keys given choose the law.

    none, or ``base amplitude period_h windows within_h lmax``: Poisson with rate base + amplitude sin(2 pi
    t/period) per hour (D01) · ``mu n beta T``: Hawkes with exponential kernel (D02); ``mu`` a list and ``n``
    a matrix give the mutually exciting process · ``rates mean_stays T``: two regimes in turn
    (Markov-modulated Poisson) · ``lam keep``, ``rate jump_mean jump_var``, ``nb_mean nb_size``: thinned,
    compound, negative binomial (D05) · ``n alpha``: critical values of the Kolmogorov test after time
    rescaling (D06).
    """
    if alpha is not None:
        return {f"D{int(size)}": _kolmogorov(int(size), alpha) for size in many(n)}
    if isinstance(mu, list | tuple):
        return _mutual(mu, n)
    if mu is not None:
        return _hawkes(mu, *need(n=n, beta=beta, T=T))
    if rates is not None:
        return _regimes(many(rates), many(mean_stays), 1.0 if T is None else T)
    counted = _counts(lam, keep, rate, jump_mean, jump_var, nb_mean, nb_size)
    if counted:
        return counted
    rhythm = _rhythm(
        5.0 if base is None else base,
        3.0 if amplitude is None else amplitude,
        period_h,
        windows,
        within_h,
        lmax,
    )
    return rhythm if base is not None else rhythm | _counts(3.0, 0.35, 4.0, 3.0, 4.5, 30.0, 5.0)


def expected_count(*, base: float, amplitude: float, period_h: float, start_h: float, end_h: float) -> float:
    """Integral of base + amplitude sin(2 pi t/period) over a window."""
    turn = 2 * math.pi / period_h
    return base * (end_h - start_h) + amplitude / turn * (math.cos(turn * start_h) - math.cos(turn * end_h))


def _rhythm(
    base: float, amplitude: float, period: float, windows: Any, within: float, lmax: float | None
) -> Names:
    """Non-homogeneous Poisson process (Lewis & Shedler 1979 for the thinning acceptance)."""
    if abs(amplitude) > base:
        raise ValueError(f"amplitude = {amplitude} must not pass base = {base}: a rate cannot be negative")

    def count(start: float, end: float) -> float:
        return expected_count(base=base, amplitude=amplitude, period_h=period, start_h=start, end_h=end)

    found: Names = {f"NHPP mean count [{short(a)},{short(b)}h]": count(a, b) for a, b in windows}
    found[f"NHPP P(N(0,{short(within)}h)=0)"] = math.exp(-count(0, within))
    top = base + abs(amplitude) if lmax is None else lmax
    found[f"NHPP thinning acceptance (lmax={short(top)}, full day)"] = base / top
    found["NHPP mean first event h"] = _mean_first(base, amplitude, period)
    # integral of t (base + amplitude sin) over one period, by parts, over the count in it
    found["NHPP mean event time-of-day h"] = period / 2 - amplitude * period / (2 * math.pi * base)
    return found


def _mean_first(base: float, amplitude: float, period: float) -> float:
    """Integral of exp(-Lambda(t)): one period by quadrature, the others a geometric series."""
    nodes, weights = np.polynomial.legendre.leggauss(64)
    pieces = max(8, math.ceil(base * period))
    half = period / pieces / 2
    t = (np.arange(pieces)[:, None] * 2 + 1 + nodes[None, :]) * half
    turn = 2 * math.pi / period
    gone = np.exp(-(base * t + amplitude / turn * (1 - np.cos(turn * t))))
    return float((gone * weights).sum() * half / -math.expm1(-base * period))


def _hawkes(mu: float, n: float, beta: float, T: float) -> Names:
    """Hawkes 1971 with kernel n beta exp(-beta t); the count's variance from the stationary covariance
    density."""
    if not 0 <= n < 1:
        raise ValueError(f"n = {n} must lie in 0 to under 1: the process would grow without end")
    level, decay = mu / (1 - n), beta * (1 - n)
    settled = -math.expm1(-decay * T) / decay
    wide = 1 / (1 - n) ** 2
    return {
        "rate": level,
        "stationary_var_count": level * (wide * T + (1 - wide) * settled),
        "mean_count_from_empty": level * T - level * n * settled,
        "P_cluster_size_1": math.exp(-n),
        "mean_cluster": 1 / (1 - n),
        "var_cluster": n / (1 - n) ** 3,
        "branching_ratio": n,
    }


def cluster_size_chance(*, n: float, size: int) -> float:
    """P(cluster has that size), the Borel law (Borel 1942) of a Poisson family tree."""
    return (
        math.exp(-n * size + (size - 1) * math.log(n * size) - math.lgamma(size + 1))
        if n
        else float(size == 1)
    )


def _mutual(mu: Any, n: Any) -> Names:
    """Rates (I - N)^-1 mu of mutually exciting processes, N[i][j] = children of i per act of j (Hawkes
    1971)."""
    matrix = np.array(n, dtype=float)
    radius = float(np.max(np.abs(np.linalg.eigvals(matrix))))
    if radius >= 1:
        raise ValueError(
            f"spectral radius {radius:g} of n must be under 1: the process would grow without end"
        )
    lasting = np.linalg.solve(np.eye(len(matrix)) - matrix, np.array(mu, dtype=float))
    return {"rates": [float(v) for v in lasting], "rate": float(lasting.sum()), "spectral_radius": radius}


def _regimes(rates: list[float], stays: list[float], T: float) -> Names:
    """Two regimes in turn: Var N = mean + 2 pi1 pi2 (l1-l2)^2 (T/g - (1-exp(-gT))/g^2) (Fischer &
    Meier-Hellstern 1993)."""
    (first, second), (stay, leave) = rates, stays
    share, pace = stay / (stay + leave), 1 / stay + 1 / leave
    mean = (share * first + (1 - share) * second) * T
    memory = T / pace + math.expm1(-pace * T) / pace**2
    var = mean + 2 * share * (1 - share) * (first - second) ** 2 * memory
    return {"rate": mean / T, "mean_count": mean, "var_count": var, "dispersion": var / mean}


def _counts(
    lam: float | None,
    keep: float | None,
    rate: float | None,
    jump_mean: float | None,
    jump_var: float | None,
    nb_mean: float | None,
    nb_size: float | None,
) -> Names:
    """Thinned Poisson [mean, P0]; compound Poisson [mean, variance]; negative binomial [variance, P0]."""
    found: Names = {}
    if lam is not None and keep is not None:
        found["thinned"] = [lam * keep, math.exp(-lam * keep)]
    if rate is not None:
        jump, wide = need(jump_mean=jump_mean, jump_var=jump_var)
        found["compound"] = [rate * jump, rate * (wide + jump * jump)]
    if nb_mean is not None:
        (size,) = need(nb_size=nb_size)
        above_zero(nb_size=size)
        found["nb"] = [nb_mean + nb_mean**2 / size, (size / (size + nb_mean)) ** size]
    return found


def _kolmogorov(n: int, alpha: float) -> float:
    """Exact critical value of the two-sided Kolmogorov distance (Marsaglia, Tsang & Wang 2003, in scipy)."""
    from scipy.stats import kstwo

    return float(kstwo.isf(alpha, n))
