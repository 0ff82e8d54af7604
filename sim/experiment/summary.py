"""From measured replications to estimates with their simulation noise, one line for each measure and group.

A mediator finds beside every number how many replications stand behind it, and a reason where there is no
number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.experiment.journal import Outcome
from sim.foundation.streams import name_key
from sim.measure.statistics import Estimate, PairedDifference, paired_ratio_difference, ratio_interval, t_quantile

LEVEL = 0.95
DRAWS = 400
FEWEST = 10
WORST_BY = "kind-side-light"
UNBOUNDED = ("skill",)
NO_RANGE = "range over the assumptions: not computed"
Floats = np.ndarray[Any, np.dtype[np.float64]]
Group = tuple[str, str]


class Line(NamedTuple):
    """One estimate: a measure, over all (`by` = all) or in one group of a kind of group."""

    measure: str
    by: str
    group: str
    unit: str
    estimate: float | None
    noise_low: float | None
    noise_high: float | None
    replications: int
    reason: str


class Pairs(NamedTuple):
    """Numerator and denominator by replication."""

    top: Floats
    bottom: Floats


def usable(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Replications that count: failed ones have no numbers, capped ones would bias them."""
    return sorted((o for o in outcomes if o.status == "done"), key=lambda o: o.replication)


def collected(outcomes: Sequence[Outcome]) -> dict[str, dict[Group, Pairs]]:
    """Numerators and denominators by measure and group; a group absent in a replication counts 0 of 0 there."""
    found: dict[str, dict[Group, Pairs]] = {}
    for i, outcome in enumerate(outcomes):
        for measure, by, group, top, bottom in outcome.rows:
            groups = found.setdefault(measure, {})
            pairs = groups.get((by, group))
            if pairs is None:
                pairs = groups[by, group] = Pairs(np.zeros(len(outcomes)), np.zeros(len(outcomes)))
            pairs.top[i] += top
            pairs.bottom[i] += bottom
    return found


def lines(outcomes: Iterable[Outcome], catalogue: Mapping[str, Any], *, level: float = LEVEL) -> list[Line]:
    """All estimates in the order of the catalogue; over all first, then group by group."""
    kept = usable(outcomes)
    pairs = collected(kept)
    found: list[Line] = []
    for name, entry in catalogue.items():
        groups = pairs.get(name, {})
        ordered = sorted(groups, key=lambda g: g[0] != "all")  # stable: groups stay as they first appeared
        if ("all", "") not in groups:
            found.append(_line(entry, ("all", ""), _whole(entry, kept, pairs, level)))
        for group in ordered:
            alone = len(kept) == 1 and group == ("all", "") and entry.estimator == "ratio"
            batches = [groups[g] for g in sorted(groups) if g[0] == "batch"] if alone else []
            estimate = _batched(entry, groups[group], batches, level) if batches else _ratio(entry, groups[group], level)
            found.append(_line(entry, group, estimate))
    return found


def _whole(entry: Any, kept: Sequence[Outcome], pairs: Mapping[str, Mapping[Group, Pairs]], level: float) -> Estimate:
    """Estimate over all of a measure that is no plain ratio, or the reason why there is none."""
    if entry.estimator == "quantile" and kept:
        return _quantile(entry, times_of(entry, kept), level)
    if entry.estimator == "worst" and kept:
        return _worst(entry, pairs.get(entry.of, {}), level)
    return _nothing(entry)


def times_of(entry: Any, outcomes: Sequence[Outcome]) -> list[Floats]:
    """Times that a quantile measure pools, one array for each replication."""
    return [o.times.get(entry.of or entry.name, np.zeros(0)) for o in outcomes]


def _worst(entry: Any, groups: Mapping[Group, Pairs], level: float) -> Estimate:
    """Least ratio among groups of kind, side and light; noise by drawing whole replications anew."""
    some = [g for g in groups if g[0] == WORST_BY and groups[g].bottom.sum() >= FEWEST]
    n = len(next(iter(groups.values())).top) if groups else 0
    if not some:
        return Estimate(None, None, None, n, entry.reason or f"no group has {FEWEST} incidents")
    tops, bottoms = (np.stack([groups[g][i] for g in some], axis=1) for i in (0, 1))
    ratios = tops.sum(axis=0) / bottoms.sum(axis=0)
    worst = int(np.argmin(ratios))
    reason = f"least of {len(some)} groups with {FEWEST} incidents or more: {some[worst][1]}"
    if n < 2:
        return Estimate(float(ratios[worst]), None, None, n, f"{reason}; one replication shows no noise")
    weights = drawn_weights(entry.name, n)
    drawn_tops, drawn_bottoms = weights @ tops, weights @ bottoms
    drawn = np.divide(drawn_tops, drawn_bottoms, out=np.full_like(drawn_tops, np.inf), where=drawn_bottoms > 0)
    return Estimate(float(ratios[worst]), *_percentiles(drawn.min(axis=1), level, n), n, reason)


def _batched(entry: Any, whole: Pairs, batches: Sequence[Pairs], level: float) -> Estimate:
    """Estimate of one long run with the noise that its batches show (Law 2015, section 9.5.3)."""
    from sim.measure.steady import judged

    tops, bottoms = (np.array([float(pairs[side].sum()) for pairs in batches]) for side in (0, 1))
    found, alone = _ratio(entry, Pairs(tops, bottoms), level), _ratio(entry, whole, level)
    if alone.estimate is None or found.low is None or found.high is None:
        return alone
    shift = alone.estimate - (found.estimate or 0.0)  # an act that lies on an edge may count elsewhere
    return Estimate(alone.estimate, found.low + shift, found.high + shift, 1, judged(tops, bottoms).told)


def _nothing(entry: Any) -> Estimate:
    return Estimate(None, None, None, 0, entry.reason or "nothing was counted: 0 of 0")


def _ratio(entry: Any, pairs: Pairs, level: float) -> Estimate:
    if entry.reason and not pairs.bottom.any():
        return Estimate(None, None, None, len(pairs.top), entry.reason)
    counted = entry.unit.startswith("share of") and entry.name not in UNBOUNDED
    found = ratio_interval(pairs.top, pairs.bottom, level=level, share=counted)
    if entry.unit == "share" and found.low is not None and found.high is not None:
        return found._replace(low=max(0.0, found.low), high=min(1.0, found.high))
    return found


def _line(entry: Any, group: Group, found: Estimate) -> Line:
    # an interval may only be left out with a reason, and infinities have no place in a table
    numbers = [v if v is not None and math.isfinite(v) else None for v in found[:3]]
    return Line(entry.name, *group, entry.unit, numbers[0], numbers[1], numbers[2], found.n, found.reason or "")


# ---- quantiles of pooled times -------------------------------------------------------------------------


class Pool(NamedTuple):
    """Times of all replications: each sorted, all finite ones sorted together, and how many there are in
    each.
    """

    each: list[Floats]
    finite: Floats
    counts: Floats


def pool(times: Sequence[Floats]) -> Pool:
    """Sort once what many draws will look up; inf = it never happened, NaN is not allowed."""
    each = [np.sort(np.asarray(t, dtype=np.float64)) for t in times]
    whole = np.sort(np.concatenate(each)) if each else np.zeros(0)
    return Pool(each, whole[np.isfinite(whole)], np.array([len(t) for t in each], dtype=np.float64))


def pooled_quantiles(pooled: Pool, weights: Floats, *, q: float) -> Floats:
    """Time by which a share q has happened, for each row of weights (draws × replications); inf = never.

    The least time at which the weighted count reaches q of all, found by bisection over the pooled times.
    """
    target = q * (weights @ pooled.counts) - 1e-9
    low = np.zeros(len(weights), dtype=np.int64)
    high = np.full(len(weights), len(pooled.finite), dtype=np.int64)
    while (low < high).any():
        middle = (low + high) // 2
        at = pooled.finite[np.minimum(middle, len(pooled.finite) - 1)]
        reached = _counted(pooled, weights, at) >= target
        active = low < high
        high = np.where(active & reached, middle, high)
        low = np.where(active & ~reached, middle + 1, low)
    ends = np.append(pooled.finite, np.inf)
    return np.asarray(np.where(weights @ pooled.counts > 0, ends[low], np.nan), dtype=np.float64)


def _counted(pooled: Pool, weights: Floats, at: Floats) -> Floats:
    total = np.zeros(len(weights))
    for i, times in enumerate(pooled.each):
        total += weights[:, i] * np.searchsorted(times, at, side="right")
    return total


def drawn_weights(measure: str, replications: int) -> Floats:
    """How often each replication comes up in each draw; the luck is keyed by the measure, so it never
    changes.
    """
    rng = np.random.Generator(np.random.Philox(key=name_key("bootstrap over replications", measure)))
    picks = rng.integers(0, replications, (DRAWS, replications))
    return np.stack([np.bincount(pick, minlength=replications) for pick in picks]).astype(np.float64)


def _quantile(entry: Any, times: Sequence[Floats], level: float) -> Estimate:
    """Quantile of pooled times; noise by drawing whole replications anew (Davison & Hinkley 1997, 3.8)."""
    pooled, n = pool(times), len(times)
    total = float(pooled.counts.sum())
    if total == 0:
        return Estimate(None, None, None, n, entry.reason or "nothing was counted: 0 of 0")
    value = float(pooled_quantiles(pooled, np.ones((1, n)), q=entry.quantile)[0])
    if not math.isfinite(value):
        share = len(pooled.finite) / total
        return Estimate(None, None, None, n, f"only {share:.3f} ever get there, under {entry.quantile:g}")
    if n < 2:
        return Estimate(value, None, None, n, "one replication shows no noise")
    found = pooled_quantiles(pooled, drawn_weights(entry.name, n), q=entry.quantile)
    low, high = _percentiles(found[~np.isnan(found)], level, n)
    reason = "" if math.isfinite(high) else "in some draws under this share get there"
    return Estimate(value, low, high, n, reason)


def _percentiles(found: Floats, level: float, n: int) -> tuple[float, float]:
    """Expanded percentile interval of draws over n replications (Hesterberg 2015, doi 10.1080/00031305.2015.1089789).

    Plain percentiles are too short for few replications: their tails are those of a normal law with variance (n - 1)/n.
    """
    from scipy.special import ndtr

    reach = t_quantile(df=n - 1, p=0.5 + level / 2) * math.sqrt(n / (n - 1))
    ranked, tail = np.sort(found), float(ndtr(-reach))
    low = max(0, math.ceil(tail * len(ranked)) - 1)
    high = min(len(ranked) - 1, math.ceil((1 - tail) * len(ranked)) - 1)
    return float(ranked[low]), float(ranked[high])


# ---- two designs ---------------------------------------------------------------------------------------


class Difference(NamedTuple):
    """B minus A of one measure, over paired replications."""

    measure: str
    unit: str
    a: float | None
    b: float | None
    difference: float | None
    noise_low: float | None
    noise_high: float | None
    clear: bool
    noise_reduction: float | None
    replications: int
    reason: str
    input_low: float | None = None
    input_high: float | None = None
    input_points: int | None = None
    same_sign: int | None = None


def differences(
    a: Iterable[Outcome], b: Iterable[Outcome], catalogue: Mapping[str, Any], *, level: float = LEVEL
) -> list[Difference]:
    """Every measure of B less that of A; replications are paired by number, those that one side lacks are
    left out.
    """
    left, right = usable(a), usable(b)
    both = {o.replication for o in left} & {o.replication for o in right}
    left, right = ([o for o in side if o.replication in both] for side in (left, right))
    estimates = [{x.measure: x for x in lines(side, catalogue) if x.by == "all"} for side in (left, right)]
    pairs = [collected(side) for side in (left, right)]
    found = []
    for name, entry in catalogue.items():
        if entry.estimator == "quantile":
            paired = _paired_quantile(entry, times_of(entry, left), times_of(entry, right), level)
        elif entry.estimator == "worst":
            paired = PairedDifference(None, None, None, 0, None, False, "the worst group differs between designs")
        else:
            paired = _paired_ratio(entry, [p.get(name, {}).get(("all", "")) for p in pairs], level)
        a_line, b_line = estimates[0][name], estimates[1][name]
        reason = paired.reason or ("" if paired.estimate is not None else a_line.reason or b_line.reason)
        found.append(
            Difference(
                name,
                entry.unit,
                a_line.estimate,
                b_line.estimate,
                paired.estimate,
                paired.low,
                paired.high,
                paired.clear,
                paired.noise_reduction,
                len(left),
                reason,
            )
        )
    return found


def _paired_ratio(entry: Any, sides: Sequence[Pairs | None], level: float) -> PairedDifference:
    a, b = sides
    if a is None or b is None:
        return PairedDifference(None, None, None, 0, None, False, entry.reason or "nothing was counted: 0 of 0")
    return paired_ratio_difference(b.top, b.bottom, a.top, a.bottom, level=level)


def _paired_quantile(entry: Any, a: Sequence[Floats], b: Sequence[Floats], level: float) -> PairedDifference:
    """Difference of two pooled quantiles; the same replications are drawn for both, so shared noise cancels."""
    n = len(a)
    estimates = [_quantile(entry, side, level) for side in (a, b)]
    if estimates[0].estimate is None or estimates[1].estimate is None:
        reason = estimates[0].reason if estimates[0].estimate is None else estimates[1].reason
        return PairedDifference(None, None, None, n, None, False, reason)
    estimate = estimates[1].estimate - estimates[0].estimate
    if n < 2:
        return PairedDifference(estimate, None, None, n, None, False, "under two pairs show no noise")
    weights = drawn_weights(entry.name, n)
    drawn = [pooled_quantiles(pool(side), weights, q=entry.quantile) for side in (a, b)]
    known = np.isfinite(drawn[0]) & np.isfinite(drawn[1])
    if known.sum() < DRAWS * level:
        return PairedDifference(estimate, None, None, n, None, False, "in some draws under this share get there")
    gaps = drawn[1][known] - drawn[0][known]
    low, high = _percentiles(gaps, level, n)
    apart, spread = float(np.var(drawn[0][known]) + np.var(drawn[1][known])), float(np.var(gaps))
    return PairedDifference(estimate, low, high, n, apart / spread if spread else None, not low <= 0 <= high)


# ---- as files hold them --------------------------------------------------------------------------------

HEADER = (
    "measure",
    "by",
    "group",
    "unit",
    "estimate",
    "noise_low",
    "noise_high",
    "level",
    "replications",
    "input_low",
    "input_high",
    "input_points",
    "reason",
    "status",
)


def as_row(line: Line, spread: Any = None, status: str = "SIMULATED") -> tuple[Any, ...]:
    """One row of summary.csv, in the order of `HEADER`; `spread`: low, high and number of the sampled worlds."""
    return (*line[:7], LEVEL, line.replications, *(spread or (None, None, None)), line.reason, status)


def as_record(line: Line, spread: Any = None) -> dict[str, Any]:
    """One entry of summary.json: a number with its noise, the range over the assumptions, and why one is
    missing.
    """
    return {
        "unit": line.unit,
        "estimate": line.estimate,
        "noise_low": line.noise_low,
        "noise_high": line.noise_high,
        "level": LEVEL,
        "replications": line.replications,
        **dict(zip(("input_low", "input_high", "input_points"), spread or (None, None, None), strict=True)),
        "reason": "; ".join(part for part in (line.reason, "" if spread else NO_RANGE) if part),
    }
