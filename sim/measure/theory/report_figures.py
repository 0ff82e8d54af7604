"""Closed forms of what a report says: shares, intervals, curves, waits, and what a saving in noise is worth.
They are the textbook values against which the measures of a run are proven.
"""

import math
from typing import Any

import numpy as np

from sim.measure import statistics
from sim.measure.theory.names import Names, many, need, numbers_in
from sim.measure.theory.sampling import efficiency, elementary_effects, sequential, variance_shares

# Freireich et al. 1963: weeks of remission, 6-MP (with 1 = relapse seen) and placebo (all relapsed).
SIX_MP_WEEKS = (6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35)
SIX_MP_SEEN = (1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0)
PLACEBO_WEEKS = (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)


def metrics(
    *,
    tp: float | None = None,
    fp: float | None = None,
    fn: float | None = None,
    tn: float | None = None,
    pos: Any = None,
    neg: Any = None,
    d_prime: float = 1.5,
    fpr: float = 0.05,
    rate_ratio: float = 3.0,
    data: Any = None,
    times: Any = None,
    happened: Any = None,
    causes: Any = None,
    rates: Any = None,
    t: float | None = None,
    horizon: float = 35.0,
    pairs: Any = None,
    level: float = 0.95,
    x: Any = None,
    conf: float | None = None,
    phi: float | None = None,
    n: int = 300,
    a: float | None = None,
    b: float | None = None,
    g: Any = None,
    **more: Any,
) -> Names:
    """Figures of a report; the keys given choose which (E01-E12).

    ``tp fp fn tn`` confusion (E01) · ``pos neg`` scores, ``d_prime fpr rate_ratio`` ROC (E02) · ``data``
    (Freireich 1963) or ``times happened``: Kaplan-Meier, log-rank, restricted mean to ``horizon`` (E04) ·
    ``times causes`` or ``rates t``: competing ends · ``pairs`` as ``"81/263"``: Wilson, Clopper-Pearson and
    rule of three for ``n`` (E06) · ``x conf``: t interval (E07) · ``phi n``: mean of a first-order
    autoregression · ``a b g``: Sobol shares of Ishigami and g (E10) · else: common random numbers and the
    like (E08), Morris (E11), tests and scores (E12), whose keys are those of ``efficiency``,
    ``elementary_effects`` and ``sequential``.
    """
    if tp is not None:
        return _confusion(tp, *need(fp=fp, fn=fn, tn=tn))
    if pos is not None or neg is not None:
        high, low = need(pos=pos, neg=neg)
        return _roc(high, low, d_prime, fpr, rate_ratio)
    if data is not None or (times is not None and happened is not None):
        return _survival(data, times, happened, horizon)
    if causes is not None or rates is not None:
        return _competing(times, causes, rates, t)
    if pairs is not None:
        return _intervals(pairs, n, level)
    if x is not None:
        return {"mean_var_half": list(statistics.spread(x, level=level if conf is None else conf))}
    if phi is not None:
        return {"variance_inflation": (1 + phi) / (1 - phi), "effective_n": n * (1 - phi) / (1 + phi)}
    if a is not None:
        return variance_shares(a=a, b=0.1 if b is None else b, g=[] if g is None else many(g))
    return _methods(more)


def _methods(keys: dict[str, Any]) -> Names:
    """E08, E11 and E12 by their own keys; a key that none of them knows is an error."""
    found: Names = {}
    parts = (efficiency, elementary_effects, sequential)
    known: set[str] = set()
    for part in parts:
        mine = {k: v for k, v in keys.items() if k in (part.__kwdefaults__ or {})}
        known |= set(mine)
        found |= part(**mine) if mine or not keys else {}
    unknown = sorted(set(keys) - known)
    if unknown:
        raise TypeError(f"metrics does not know the key {unknown[0]!r}")
    return found


def _confusion(tp: float, fp: float, fn: float, tn: float) -> Names:
    """Shares of a two-by-two table (van Rijsbergen 1979; Matthews 1975; Cohen 1960); None for 0 of 0."""
    total = tp + fp + fn + tn
    chance = ((tp + fp) * (tp + fn) + (fn + tn) * (fp + tn)) / total**2
    recall, specificity, accuracy = _share(tp, tp + fn), _share(tn, tn + fp), (tp + tn) / total
    balanced = None if recall is None or specificity is None else (recall + specificity) / 2
    root = math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return {
        "precision": _share(tp, tp + fp),
        "recall": recall,
        "F1": _share(2 * tp, 2 * tp + fp + fn),
        "F2": _share(5 * tp, 5 * tp + 4 * fn + fp),
        "specificity": specificity,
        "accuracy": accuracy,
        "MCC": _share(tp * tn - fp * fn, root),
        "balanced acc": balanced,
        "Cohen kappa": _share(accuracy - chance, 1 - chance),
        "npv": _share(tn, tn + fn),
        "prevalence": (tp + fn) / total,
    }


def _share(top: float, bottom: float) -> float | None:
    return top / bottom if bottom else None


def _roc(pos: Any, neg: Any, d_prime: float, fpr: float, rate_ratio: float) -> Names:
    """Area under the curve: binormal Phi(d'/sqrt 2), two exponentials k/(1 + k), scores with ties
    counted half
    (Green & Swets 1966; Hanley & McNeil 1982)."""
    from scipy.special import ndtr, ndtri

    high, low = np.asarray(pos, dtype=float)[:, None], np.asarray(neg, dtype=float)[None, :]
    return {
        "binormal_auc": float(ndtr(d_prime / math.sqrt(2))),
        f"tpr_at_fpr{f'{fpr:.2f}'[2:]}": float(ndtr(d_prime + ndtri(fpr))),
        "exp_auc": rate_ratio / (1 + rate_ratio),
        "tied_auc": float(np.mean((high > low) + 0.5 * (high == low))),
    }


def _survival(data: Any, times: Any, happened: Any, horizon: float) -> Names:
    two = times is None
    weeks, seen = (SIX_MP_WEEKS, SIX_MP_SEEN) if two else (times, happened)
    if two and "Freireich" not in str(data):
        raise ValueError(f"data = {data!r} is not known: give times and happened")
    found = statistics.kaplan_meier(weeks, seen)
    area = statistics.restricted_mean(found, horizon=horizon)
    rows: Names = {"km": [[float(v) for v in row] for row in zip(*found, strict=True)]}
    rows[f"rmst{horizon:g}"] = area
    if two:
        test = statistics.log_rank(weeks, seen, PLACEBO_WEEKS, [1] * len(PLACEBO_WEEKS))
        rows["logrank"] = [test.observed, test.expected, test.chi2]
    return rows


def _competing(times: Any, causes: Any, rates: Any, t: float | None) -> Names:
    """Competing ends: Aalen-Johansen from rows, or exponential ends r/R (1 - exp(-R t)) (Prentice et al.
    1978). The last of the rates is taken for the end of the act: without it the others would take 1/(R - r) on average,
    while those that they see are seen after 1/R: with equal rates of sight and end the mean of the seen is half of it."""
    found: Names
    if rates is not None:
        total, end = math.fsum(rates), math.inf if t is None else t
        met = 1.0 if math.isinf(end) else -math.expm1(-total * end)
        found = {"incidence": [r / total * met for r in rates], "free": 1 - met}
        found |= {"mean_time": 1 / total, "mean_of_seen": 1 / total}
        others = total - rates[-1]
        return found | ({"mean_without_end": 1 / others, "seen_over_without_end": others / total} if others > 0 else {})
    found = {}
    for cause in sorted({int(c) for c in causes if c}):
        curve = statistics.cumulative_incidence(times, causes, cause=cause)
        found[f"incidence_{cause}"] = [float(v) for v in curve.incidence]
        found[f"median_{cause}"] = statistics.incidence_quantile(curve)[0]
        found["free"], found["time"] = curve.free.tolist(), curve.time.tolist()
    return found


def _intervals(pairs: Any, n: int, level: float) -> Names:
    """Intervals of shares given as ``hits/n`` (text) or [hits, n]; names keep the text."""
    found: Names = {}
    for pair in many(pairs):
        hits, size = (int(v) for v in (numbers_in(pair) if isinstance(pair, str) else pair))
        found[f"wilson {hits}/{size}"] = list(statistics.wilson(hits=hits, n=size, level=level))
        found[f"clopper-pearson {hits}/{size}"] = list(
            statistics.clopper_pearson(hits=hits, n=size, level=level)
        )
    bound = statistics.rule_of_three(n=n, level=level)
    return found | {f"rule of three n={n} (exact {100 * level:g}% one-sided)": bound}
