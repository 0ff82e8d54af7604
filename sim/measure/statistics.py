"""What many simulated histories say together: estimates with their simulation noise.
The replication is the unit; where nothing was counted the answer is empty and says why, never a made-up
number.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Estimate(NamedTuple):
    """An estimate with its interval; ``reason`` says why a number is missing or how an interval was got."""

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    reason: str = ""


class PairedDifference(NamedTuple):
    """A minus B over paired replications; ``clear`` is true when the interval leaves 0 out."""

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    noise_reduction: float | None
    clear: bool
    reason: str = ""


class Spread(NamedTuple):
    """Mean, variance (n - 1) and half width of the t interval."""

    mean: float
    variance: float
    half_width: float


class Incidence(NamedTuple):
    """Cumulative incidence of one ending; ``free`` is the share with no ending yet, both just after
    ``time``."""

    time: Floats
    incidence: Floats
    free: Floats


class Survival(NamedTuple):
    """Kaplan-Meier steps: one row per time with an event; ``se`` is Greenwood's."""

    time: Floats
    at_risk: Floats
    events: Floats
    survival: Floats
    se: Floats


class LogRank(NamedTuple):
    """Observed and expected events in the first group, variance, chi square with one degree, p value."""

    observed: float
    expected: float
    variance: float
    chi2: float
    p: float


def exact_sum(values: Iterable[float]) -> float:
    """Sum that does not depend on the order (Shewchuk 1997), so that workers cannot change the last bit."""
    return math.fsum(values)


def exact_mean(values: Sequence[float] | Floats) -> float:
    """Mean from the order-free sum."""
    return exact_sum(float(v) for v in values) / len(values)


def t_quantile(*, df: float, p: float) -> float:
    """Quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(df, p))


def z_quantile(*, p: float) -> float:
    """Quantile of the standard normal law."""
    from scipy.special import ndtri

    return float(ndtri(p))


def spread(values: Sequence[float] | Floats, *, level: float = 0.95) -> Spread:
    """Mean, variance and half width of the t interval over replications (Law 2015, section 4.5).

    Raises ValueError under two values: one replication has no noise to show.
    """
    n = len(values)
    if n < 2:
        raise ValueError(f"{n} replications give no interval: at least 2 are needed")
    mean = exact_mean(values)
    variance = exact_sum((float(v) - mean) ** 2 for v in values) / (n - 1)
    return Spread(mean, variance, t_quantile(df=n - 1, p=0.5 + level / 2) * math.sqrt(variance / n))


def mean_interval(values: Sequence[float] | Floats, *, level: float = 0.95) -> Estimate:
    """Mean over replications with its t interval; replications without a value (NaN) must be left out
    first."""
    n = len(values)
    if n == 0:
        return Estimate(None, None, None, 0, "no replication has a value")
    if n == 1:
        return Estimate(float(values[0]), None, None, 1, "one replication shows no noise")
    found = spread(values, level=level)
    return Estimate(found.mean, found.mean - found.half_width, found.mean + found.half_width, n)


def _pair(top: ArrayLike, bottom: ArrayLike) -> tuple[Floats, Floats]:
    a, b = np.asarray(top, dtype=np.float64), np.asarray(bottom, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"numerators {a.shape} and denominators {b.shape} must be two lists of one length")
    return a, b


def ratio_interval(
    numerators: ArrayLike, denominators: ArrayLike, *, level: float = 0.95, share: bool = True
) -> Estimate:
    """Ratio of sums over replications with a noise interval; the replication is the unit.

    Parameters
    ----------
    numerators, denominators : one number per replication, shape (n,)
    share : the ratio is a share: the interval is taken on log-odds and stays within 0 and 1; any other ratio of
        numbers that are never negative has it on the logarithm, so that a rate stays a rate

    Notes
    -----
    Linearised ratio estimator (Cochran 1977, section 6.3): the residuals a - R b give the standard
    error. A share
    of exactly 0 or 1 has no residuals; then the exact binomial interval over all that was counted is given,
    and ``reason`` says so. 0 of 0 gives None with the reason.
    """
    a, b = _pair(numerators, denominators)
    n, top, bottom = len(a), exact_sum(a), exact_sum(b)
    if bottom == 0:
        return Estimate(None, None, None, n, "nothing was counted: 0 of 0" if n else "no replication")
    ratio = top / bottom
    if share and ratio in (0.0, 1.0):
        low, high = clopper_pearson(hits=round(top), n=max(1, round(bottom)), level=level)
        return Estimate(
            ratio, low, high, n, "no spread between replications: exact binomial over all counted"
        )
    if n < 2:
        return Estimate(ratio, None, None, n, "one replication shows no noise")
    half = t_quantile(df=n - 1, p=0.5 + level / 2) * ratio_error(a, b)
    if share and 0 < ratio < 1:
        return Estimate(ratio, *_on_log_odds(ratio, half), n)
    if ratio > 0 and min(a) >= 0 and min(b) >= 0:
        return Estimate(ratio, ratio * math.exp(-half / ratio), ratio * math.exp(half / ratio), n)
    return Estimate(ratio, ratio - half, ratio + half, n)


def ratio_error(numerators: ArrayLike, denominators: ArrayLike) -> float:
    """Linearised standard error of a ratio of sums over replications (Cochran 1977, 6.3)."""
    a, b = _pair(numerators, denominators)
    return math.sqrt(exact_sum(_influences(a, b) ** 2) / (len(a) * (len(a) - 1)))


def _influences(a: Floats, b: Floats) -> Floats:
    """Each replication's pull on the ratio of sums, in units of the ratio; they add to nothing."""
    bottom = exact_sum(b)
    return np.asarray((a - exact_sum(a) / bottom * b) * len(a) / bottom, dtype=np.float64)


def _on_log_odds(ratio: float, half: float) -> tuple[float, float]:
    """Interval on log-odds by the delta method, so that a share stays a share."""
    middle, reach = math.log(ratio / (1 - ratio)), half / (ratio * (1 - ratio))
    return 1 / (1 + math.exp(min(700.0, reach - middle))), 1 / (1 + math.exp(max(-700.0, -middle - reach)))


def paired_difference(a: Sequence[float], b: Sequence[float], *, level: float = 0.95) -> PairedDifference:
    """Mean of A - B over replications run with common random numbers (Law 2015, 10.2.1 and 11.2).

    ``noise_reduction`` is (var A + var B) / var(A - B): 1 without any gain, None when the difference
    never varies. Where only m of the pairs differ, and those to one side, the interval has m - 1 degrees of
    freedom, not n - 1: the alike ones tell nothing of how large a difference is, and the usual interval would hold the
    truth too seldom (87 instead of 95 in 100). Under half, ``reason`` says so.
    """
    left, right = _pair(a, b)
    if len(left) < 2:
        alone = float(left[0] - right[0]) if len(left) else None
        return PairedDifference(alone, None, None, len(left), None, False, "under two pairs show no noise")
    return _difference(left, right, float(exact_mean(left - right)), level, differing=int((left != right).sum()))


def paired_ratio_difference(
    top_a: ArrayLike, bottom_a: ArrayLike, top_b: ArrayLike, bottom_b: ArrayLike, *, level: float = 0.95
) -> PairedDifference:
    """Difference of two ratios of sums over paired replications: the influences are paired, so noise
    cancels."""
    (a, b), (c, d) = _pair(top_a, bottom_a), _pair(top_b, bottom_b)
    if exact_sum(b) == 0 or exact_sum(d) == 0:
        return PairedDifference(None, None, None, len(a), None, False, "nothing was counted: 0 of 0")
    estimate = exact_sum(a) / exact_sum(b) - exact_sum(c) / exact_sum(d)
    if len(a) < 2:
        return PairedDifference(estimate, None, None, len(a), None, False, "under two pairs show no noise")
    differing = int(((a != c) | (b != d)).sum())
    return _difference(_influences(a, b), _influences(c, d), estimate, level, differing=differing)


def _difference(left: Floats, right: Floats, estimate: float, level: float, *, differing: int) -> PairedDifference:
    both, n = spread(left - right, level=level), len(left)
    if differing < n and _lopsided(left - right):
        df = max(1, differing - 1)
        half = t_quantile(df=df, p=0.5 + level / 2) * math.sqrt(both.variance / n)
        both = both._replace(half_width=half)
    apart = spread(left, level=level).variance + spread(right, level=level).variance
    reduction = apart / both.variance if both.variance > 0 else None
    low, high = estimate - both.half_width, estimate + both.half_width
    reason = f"rests on {differing} of {n} pairs that differ: a wide interval" if 2 * differing < n else ""
    reason = reason if reduction is not None else "the difference is the same in every replication"
    return PairedDifference(estimate, low, high, len(left), reduction, not low <= 0 <= high, reason)


def _lopsided(values: Floats) -> bool:
    """Whether values lie so much to one side (skewness above 1) that the usual interval of their mean is too short."""
    off = values - values.mean()
    return bool(abs(float((off**3).mean())) > float((off**2).mean()) ** 1.5)


def wilson(*, hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Score interval of a binomial share (Wilson 1927; Newcombe 1998, method 3)."""
    z = z_quantile(p=0.5 + level / 2)
    share, width = hits / n, z * z / n
    middle = (share + width / 2) / (1 + width)
    half = z * math.sqrt(share * (1 - share) / n + width / (4 * n)) / (1 + width)
    return (0.0 if hits == 0 else middle - half), (1.0 if hits == n else middle + half)


def clopper_pearson(*, hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a binomial share (Clopper & Pearson 1934)."""
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = 0.0 if hits == 0 else float(betaincinv(hits, n - hits + 1, tail))
    return low, (1.0 if hits == n else float(betaincinv(hits + 1, n - hits, 1 - tail)))


def rule_of_three(*, n: int, level: float = 0.95) -> float:
    """Exact one-sided upper bound after 0 of n; about 3/n at 95 % (Hanley & Lippman-Hand 1983)."""
    return float(-np.expm1(math.log(1 - level) / n))


def _steps(times: ArrayLike, weights: Floats | None) -> tuple[Floats, Ints, Ints, Floats]:
    """Sorted distinct times, where each starts in the sorted order, that order, and weights in it."""
    t = np.asarray(times, dtype=np.float64)
    order = np.argsort(t, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(t[order]) > 0]) if len(t) else np.zeros(0, np.int64)
    w = np.ones(len(t)) if weights is None else np.asarray(weights, dtype=np.float64)[order]
    return t[order][first], first.astype(np.int64), order.astype(np.int64), w


def cumulative_incidence(
    times: ArrayLike, causes: ArrayLike, *, cause: int = 1, weights: Floats | None = None
) -> Incidence:
    """Share that has met one ending by each time, other endings competing (Aalen & Johansen 1978).

    Parameters
    ----------
    times : time of the ending or of the last sight, shape (n,)
    causes : which ending; 0 means still going on when last seen (censored)
    weights : times each row counts (cluster bootstrap)
    """
    at, first, order, w = _steps(times, weights)
    if not len(at):
        return Incidence(np.zeros(0), np.zeros(0), np.zeros(0))
    what = np.asarray(causes)[order]
    risk = np.add.reduceat(w, first)[::-1].cumsum()[::-1]
    risk = np.where(risk > 0, risk, 1.0)
    ours = np.add.reduceat(w * (what == cause), first) / risk
    free = np.cumprod(1 - np.add.reduceat(w * (what != 0), first) / risk)
    return Incidence(at, np.cumsum(ours * np.r_[1.0, free[:-1]]), free)


def incidence_quantile(found: Incidence, *, q: float = 0.5) -> tuple[float | None, str]:
    """Time by which a share q of all has met the ending; None with the reason when it never gets there."""
    if not len(found.time):
        return None, "nothing was counted"
    reached = found.incidence >= q - 1e-12
    if not reached.any():
        return None, f"only {found.incidence[-1]:.3f} ever get there, under {q:g}"
    return float(found.time[int(np.argmax(reached))]), ""


def bootstrap_incidence_quantile(
    times: ArrayLike,
    causes: ArrayLike,
    replication: ArrayLike,
    *,
    rng: np.random.Generator,
    q: float = 0.5,
    draws: int = 200,
    level: float = 0.95,
    cause: int = 1,
) -> Estimate:
    """Quantile of the time to an ending; noise by drawing whole replications anew (Davison & Hinkley
    1997, 3.8).

    ``replication`` holds 0 ... n - 1 per row. When the quantile is missing in over (1 - level)/2 of the draws
    the upper end is open (None) and the reason says so.
    """
    member = np.asarray(replication, dtype=np.int64)
    n = int(member.max()) + 1 if len(member) else 0
    value, reason = incidence_quantile(cumulative_incidence(times, causes, cause=cause), q=q)
    if value is None or n < 2:
        return Estimate(value, None, None, n, reason or "one replication shows no noise")
    found = []
    for _ in range(draws):
        weights = np.bincount(rng.integers(0, n, n), minlength=n)[member].astype(np.float64)
        drawn, _why = incidence_quantile(
            cumulative_incidence(times, causes, cause=cause, weights=weights), q=q
        )
        found.append(math.inf if drawn is None else drawn)
    low, high = _percentiles(found, level)
    return Estimate(
        value, low, high, n, "" if high is not None else "in some draws under this share get there"
    )


def cluster_bootstrap(
    groups: Sequence[ArrayLike],
    statistic: Callable[[Floats], float],
    *,
    rng: np.random.Generator,
    draws: int = 200,
    level: float = 0.95,
) -> Estimate:
    """Any statistic of pooled rows, with noise by drawing whole replications (percentile interval)."""
    rows = [np.asarray(group, dtype=np.float64) for group in groups]
    if not rows or not sum(map(len, rows)):
        return Estimate(None, None, None, len(rows), "nothing was counted")
    value = float(statistic(np.concatenate(rows)))
    if len(rows) < 2:
        return Estimate(value, None, None, len(rows), "one replication shows no noise")
    picks = rng.integers(0, len(rows), (draws, len(rows)))
    pools = [np.concatenate([rows[i] for i in pick]) for pick in picks]
    low, high = _percentiles([float(statistic(pool)) for pool in pools if len(pool)], level)
    return Estimate(value, low, high, len(rows))


def _percentiles(found: list[float], level: float) -> tuple[float | None, float | None]:
    ranked, tail = sorted(found), (1 - level) / 2
    low = ranked[max(0, math.ceil(tail * len(ranked)) - 1)]
    high = ranked[min(len(ranked) - 1, math.ceil((1 - tail) * len(ranked)) - 1)]
    return (low if math.isfinite(low) else None), (high if math.isfinite(high) else None)


def kaplan_meier(times: ArrayLike, happened: ArrayLike) -> Survival:
    """Share not yet ended by each event time with Greenwood's error (Kaplan & Meier 1958; Greenwood 1926)."""
    at, first, order, w = _steps(times, None)
    if not len(at):
        return Survival(*(np.zeros(0) for _ in range(5)))
    events = np.add.reduceat(w * np.asarray(happened, dtype=bool)[order], first)
    risk = np.add.reduceat(w, first)[::-1].cumsum()[::-1]
    keep = events > 0
    at, risk, events = at[keep], risk[keep], events[keep]
    survival = np.cumprod(1 - events / risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = survival * np.sqrt(np.cumsum(events / (risk * (risk - events))))
    return Survival(at, risk, events, survival, np.where(survival > 0, greenwood, 0.0))


def restricted_mean(found: Survival, *, horizon: float) -> float:
    """Mean time without the ending, counted to the horizon: the area under the survival steps."""
    at = np.r_[0.0, np.minimum(found.time, horizon), horizon]
    return float(np.sum(np.diff(at) * np.r_[1.0, found.survival]))


def log_rank(times_a: ArrayLike, happened_a: ArrayLike, times_b: ArrayLike, happened_b: ArrayLike) -> LogRank:
    """Do two groups end at the same pace? (Mantel 1966; Peto & Peto 1972)."""
    from scipy.special import chdtrc

    a, b = _counts(times_a, happened_a), _counts(times_b, happened_b)
    at = np.union1d(a[0][a[1]], b[0][b[1]])
    risk_a, risk_b = (np.sum(g[0][None, :] >= at[:, None], axis=1) for g in (a, b))
    d_a, d_b = (np.sum((g[0][None, :] == at[:, None]) & g[1][None, :], axis=1) for g in (a, b))
    risk, d = risk_a + risk_b, d_a + d_b
    expected = exact_sum(d * risk_a / risk)
    variance = exact_sum(d * risk_a * risk_b * (risk - d) / (risk**2 * np.maximum(risk - 1, 1)))
    observed = float(d_a.sum())
    chi2 = (observed - expected) ** 2 / variance if variance > 0 else 0.0
    return LogRank(observed, expected, variance, chi2, float(chdtrc(1, chi2)))


def _counts(times: ArrayLike, happened: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    return np.asarray(times, dtype=np.float64), np.asarray(happened, dtype=bool)


def as_record(found: Estimate) -> dict[str, Any]:
    """Write an estimate as the summary does: ``estimate, noise_low, noise_high, replications, reason``."""
    return {
        "estimate": found.estimate,
        "noise_low": found.low,
        "noise_high": found.high,
        "replications": found.n,
        "reason": found.reason,
    }
