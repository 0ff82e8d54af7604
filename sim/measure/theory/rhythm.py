"""Closed forms of revisit: looks that come back at fixed, random or uneven gaps, and events that last a
while.
They tell a mediator how often an act is met, and after how long, for a stated rhythm of looks.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from sim.measure.theory.names import Names, above_zero, many, numbers_in, share, short


class Gap(NamedTuple):
    """A law of gaps between looks: a cycle of set gaps, or one family with its mean."""

    name: str
    mean_h: float
    cycle_h: tuple[float, ...] = ()


def revisit(
    *,
    gaps: Any = None,
    T_h: float | None = None,
    p: float = 1.0,
    d_h: float | None = None,
    mean_dur_h: float | None = None,
    tau_h: float = 0.0,
    lognormal: dict[str, float] | None = None,
    median_h: float | None = None,
    sigma: float | None = None,
    K: Any = None,
    phase: str | None = None,
) -> Names:
    """Looks at a rhythm, events of some length: delays and chances by the keys given.

    ``gaps`` (A14): words as ``alternating 1,3 | exp mean 2 | Erlang2 mean 2 | U(0,4)``, a list of gaps in
    hours, or one of fixed, exponential, erlang2, uniform with mean ``T_h``. ``K`` (A15): satellites of period
    T_h with even or random phase. ``T_h p d_h mean_dur_h`` (A11): periodic against Poisson looks. ``tau_h``
    and ``lognormal = {median_h, sigma}`` (A13): looks that dwell, lognormal lengths. All by renewal theory
    from a uniform phase (Cox 1962): P(met | p = 1) = E[min(G, d)]/E[G], mean wait E[G^2]/(2 E[G]).
    """
    share(p=p)
    found: Names = {}
    if gaps is not None:
        found |= _by_gaps(gaps, T_h, p, d_h, mean_dur_h)
    if T_h is None:
        return found
    above_zero(T_h=T_h)
    if K is not None:
        return found | _constellation(T_h, K, phase, p, d_h)
    found |= _delays(T_h, p) | _fixed(T_h, p, d_h, tau_h) | _exponential(T_h, p, mean_dur_h, tau_h)
    law = dict(lognormal or {}) | {
        k: v for k, v in (("median_h", median_h), ("sigma", sigma)) if v is not None
    }
    return found | (_lognormal(T_h, law["median_h"], law["sigma"], p, tau_h) if law else {})


def _delays(T_h: float, p: float) -> Names:
    """Delay of the first success from a random instant: T U + T (geometric - 1), or exponential of rate
    p/T."""
    if p == 0:
        return {}
    return {
        "periodic_mean_delay_h": T_h / 2 + T_h * (1 - p) / p,
        "periodic_sd_delay_h": T_h * math.sqrt(1 / 12 + (1 - p) / p**2),
        "poisson_mean_delay_h": T_h / p,
    }


def met_at_rhythm(*, T_h: float, p: float, d_h: float) -> float:
    """Chance that an event of length d meets a success among looks T apart with uniform phase."""
    whole, part = divmod(d_h / T_h, 1.0)
    return float(1 - (1 - p) ** whole * (1 - part * p))


def _fixed(T_h: float, p: float, d_h: float | None, tau_h: float) -> Names:
    if d_h is None:
        return {}
    return {
        "periodic_P_fixed": met_at_rhythm(T_h=T_h, p=p, d_h=d_h),
        "poisson_P_fixed": -math.expm1(-p * d_h / T_h),
        "P_dwell_look": met_at_rhythm(T_h=T_h, p=p, d_h=d_h + tau_h),
        "poisson_P_dwell_look": -math.expm1(-p * (d_h + tau_h) / T_h),
    }


def _exponential(T_h: float, p: float, mean_dur_h: float | None, tau_h: float) -> Names:
    """Exponential lengths: sum over looks of p (1-p)^j E[exp(-(U + jT)/m)]; a look's dwell shortens the
    wait."""
    if mean_dur_h is None:
        return {}
    above_zero(mean_dur_h=mean_dur_h)
    s = T_h / mean_dur_h
    once = p * -math.expm1(-s) / s / (1 - (1 - p) * math.exp(-s))
    found = {"periodic_P_exp": once, "poisson_P_exp": p / (p + s)}
    if tau_h and p == 1:
        gap = max(T_h - tau_h, 0.0)
        found["P_dwell_exp"] = 1 - gap / T_h + mean_dur_h / T_h * -math.expm1(-gap / mean_dur_h)
    return found


def _lognormal(T_h: float, median_h: float, sigma: float, p: float, tau_h: float) -> Names:
    """Lognormal lengths and p = 1: E[min(D, T)]/T; any p by summing the looks T apart (own derivation)."""
    above_zero(median_h=median_h, sigma=sigma)
    met, tail, reach = 0.0, 1.0, 0.0
    while tail > 1e-15 and reach < 10_000:
        step = _lognormal_min(median_h, sigma, (reach + 1) * T_h) - _lognormal_min(
            median_h, sigma, reach * T_h
        )
        met += p * tail * step / T_h
        tail *= 1 - p
        reach += 1
    found = {"P_lognormal_p1_no_dwell": _lognormal_min(median_h, sigma, T_h) / T_h, "P_lognormal": met}
    if tau_h:
        open_h = max(T_h - tau_h, 0.0)
        found["P_lognormal_p1_dwell"] = (T_h - open_h + _lognormal_min(median_h, sigma, open_h)) / T_h
    return found


def _lognormal_min(median_h: float, sigma: float, cap_h: float) -> float:
    """E[min(D, cap)] of a lognormal length (limited expected value; Klugman et al. 2012, appendix A)."""
    from scipy.special import ndtr

    if cap_h <= 0:
        return 0.0
    z = math.log(cap_h / median_h) / sigma
    return float(median_h * math.exp(sigma**2 / 2) * ndtr(z - sigma) + cap_h * ndtr(-z))


def _constellation(T_h: float, K: Any, phase: str | None, p: float, d_h: float | None) -> Names:
    """K looks per period: mean wait T/(K+1) at random phases (spacings of uniforms), T/(2K) at even ones."""
    if phase not in (None, "random", "even"):
        raise ValueError(f"phase = {phase!r} must be random or even")
    rows = {f"K={int(k)}": _phases(T_h, int(k), p, d_h) for k in many(K)}
    if len(rows) == 1 and not isinstance(K, list | tuple):
        (row,) = rows.values()
        rows = rows | row
        if phase is not None:
            rows["mean_wait_h"] = row[phase]
    return rows


def _phases(T_h: float, k: int, p: float, d_h: float | None) -> Names:
    found = {"random": T_h / (k + 1), "even": T_h / (2 * k)}
    if d_h is not None:
        found["random_P"] = 1 - (1 - met_at_rhythm(T_h=T_h, p=p, d_h=d_h)) ** k
        found["even_P"] = met_at_rhythm(T_h=T_h / k, p=p, d_h=d_h)
    return found


def _by_gaps(gaps: Any, T_h: float | None, p: float, d_h: float | None, mean_dur_h: float | None) -> Names:
    laws = gap_laws(gaps, T_h)
    found: Names = {}
    for law in laws:
        row = _one_law(law, p, d_h, mean_dur_h)
        found[law.name] = row["mean_wait_h"]
        short_d = 1.0 if d_h is None else d_h
        found[f"{law.name}_P_detect_d{short(short_d)}"] = overlap(law, short_d) / law.mean_h
        found |= row if len(laws) == 1 else {}
    return found


def _one_law(law: Gap, p: float, d_h: float | None, mean_dur_h: float | None) -> Names:
    found: Names = {"mean_wait_h": square(law) / (2 * law.mean_h)}
    if p > 0:
        found["mean_delay_h"] = _mean_delay(law, p)
    if d_h is not None and p == 1:
        found["P"] = overlap(law, d_h) / law.mean_h
    if mean_dur_h is not None:
        found["P_exp"] = _met_exponential(law, p, mean_dur_h)
    return found


def gap_laws(gaps: Any, T_h: float | None) -> list[Gap]:
    """Read the key ``gaps`` as laws: words, a list of words, or hours in turn."""
    if isinstance(gaps, str):
        return [_read_gap(text, T_h) for text in gaps.split("|")]
    if all(isinstance(g, str) for g in gaps):
        return [_read_gap(text, T_h) for text in gaps]
    return [_cycle(tuple(float(g) for g in gaps))]


def _cycle(values: Sequence[float]) -> Gap:
    if not values or min(values) < 0 or sum(values) <= 0:
        raise ValueError(f"gaps = {list(values)} must be hours of at least 0 with a sum above 0")
    return Gap("alternating", sum(values) / len(values), tuple(values))


def _read_gap(text: str, T_h: float | None) -> Gap:
    word = text.strip().lower()
    rest = word.removeprefix("erlang2").removeprefix("erlang-2").removeprefix("erlang 2")
    values = numbers_in(rest) if rest != word or not word.startswith("erlang") else []
    if word.startswith("altern"):
        return _cycle(values)
    mean = values[-1] if values else T_h
    if word.startswith("u"):
        mean = sum(values) / 2 if values else T_h
        if len(values) == 2 and values[0] != 0:
            raise ValueError(f"gaps = {text!r}: uniform gaps start at 0")
    for start, name in (
        ("exp", "exponential"),
        ("poisson", "exponential"),
        ("erl", "erlang2"),
        ("u", "uniform"),
    ):
        if word.startswith(start) and mean is not None:
            return Gap(name, mean)
    if word.startswith(("fixed", "periodic", "even", "det")) and mean is not None:
        return Gap("fixed", mean, (mean,))
    raise ValueError(
        f"gaps = {text!r} must name fixed, alternating, exponential, erlang2 or uniform with a mean"
    )


def square(law: Gap) -> float:
    """Mean square of a gap."""
    if law.cycle_h:
        return sum(g * g for g in law.cycle_h) / len(law.cycle_h)
    return {"exponential": 2.0, "erlang2": 1.5, "uniform": 4 / 3}[law.name] * law.mean_h**2


def overlap(law: Gap, d_h: float) -> float:
    """E[min(gap, d)]."""
    m = law.mean_h
    if law.cycle_h:
        return sum(min(g, d_h) for g in law.cycle_h) / len(law.cycle_h)
    if law.name == "exponential":
        return -m * math.expm1(-d_h / m)
    if law.name == "erlang2":
        return m - math.exp(-2 * d_h / m) * (m + d_h)
    d = min(d_h, 2 * m)
    return d - d * d / (4 * m)


def _transform(law: Gap, s: float) -> float:
    """Laplace transform E[exp(-s gap)]."""
    x = s * law.mean_h
    if law.name == "exponential":
        return 1 / (1 + x)
    if law.name == "erlang2":
        return 1 / (1 + x / 2) ** 2
    return -math.expm1(-2 * x) / (2 * x)


def _mean_delay(law: Gap, p: float) -> float:
    """Mean time to the first success; in a cycle D_i = g_{i+1} + (1-p) D_{i+1} is solved by going round."""
    wait = square(law) / (2 * law.mean_h)
    if not law.cycle_h:
        return wait + law.mean_h * (1 - p) / p
    return wait + (1 - p) * _after_misses(law.cycle_h, 1 - p)


def _after_misses(cycle: tuple[float, ...], miss: float) -> float:
    """Length-biased mean of D_i, D_i = g_{i+1} + miss D_{i+1}, i the gap in which the onset falls."""
    n, total, mean = len(cycle), sum(cycle), 0.0
    for i, gap in enumerate(cycle):
        once = sum(miss**j * cycle[(i + 1 + j) % n] for j in range(n))
        mean += gap / total * once / (1 - miss**n)
    return mean


def _met_exponential(law: Gap, p: float, mean_dur_h: float) -> float:
    """Met before an exponential end: p phi_r/(1 - (1-p) phi), phi_r = (1 - phi)/(s E[G]) (Cox 1962, 5.2)."""
    s = 1 / mean_dur_h
    if not law.cycle_h:
        whole = _transform(law, s)
        return p * (1 - whole) / (s * law.mean_h) / (1 - (1 - p) * whole)
    cycle, total = law.cycle_h, sum(law.cycle_h)
    first = [(-math.expm1(-s * g) / s / total) for g in cycle]
    decay = [math.exp(-s * g) for g in cycle]
    met = 0.0
    for i, start in enumerate(first):
        value, weight = p, 1.0 - p
        for j in range(1, len(cycle) + 1):
            weight *= decay[(i + j) % len(cycle)]
            value += weight * p * (j < len(cycle))
            weight *= 1.0 if j == len(cycle) else 1 - p
        met += start * value / (1 - weight)
    return met
