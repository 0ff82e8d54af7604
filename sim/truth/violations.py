"""Candidates: the acts that may happen, drawn by day, kind and party, so that every design meets the same world.

A mediator finds for each act who, where, when, for how long, and whether its trace outlives it.
"""
from __future__ import annotations

import numpy as np

from sim.area.line import Cells
from sim.foundation.streams import F64, I64, U64, Streams, mix64
from sim.records import Acts
from sim.scenario.agreement import Agreement, Kind
from sim.scenario.conduct import Conduct, KindConduct

_DAY_US = 86_400_000_000
_HOUR_US = 3_600_000_000.0
_DRAWS = 10
"""Draws of one act, one column each; a new use gets a new column, so that old worlds stay as they were."""
_ACCEPT, _HOUR, _NIGHT, _CELL, _WITHIN, _DURATION, _TRACE, _DEPTH, _COUNTS, _AUTHOR = range(_DRAWS)


def hot_spots(conduct: Conduct, cells: Cells, streams: Streams) -> F64:
    """Cumulative weights of the cells of the line: lognormal quantiles of the Gini asked for, in a drawn order.

    A lognormal has Gini = 2Φ(σ/√2) − 1 (Aitchison and Brown 1957).
    """
    from scipy.special import ndtri

    land = np.flatnonzero(~cells.sea)
    sigma = np.sqrt(2) * ndtri((conduct.hot_spots.gini + 1) / 2)
    weight = np.exp(sigma * ndtri((np.arange(len(land)) + 0.5) / len(land)))
    order = np.argsort(streams.generator("hot-spots").random(len(land)), kind="stable")
    return np.asarray(np.cumsum(weight[order]) / weight.sum(), dtype=np.float64)


def candidates(conduct: Conduct, agreement: Agreement, cells: Cells, streams: Streams, *, days: int,
               local_start_h: float) -> Acts:
    """Draw the acts of all kinds, parties and days at the highest regime's rate, and thin them to the regime in force."""
    spots = hot_spots(conduct, cells, streams)
    terms = {kind.id: (number, kind) for number, kind in enumerate(agreement.kinds)}
    depth = {kind: zone.depth_km for zone in agreement.zones for kind in zone.kinds}
    parts = []
    for how in conduct.kinds:
        number, kind = terms[how.id]
        accept, highest = _regime_factors(conduct, how.id)
        for side, party, share in ((0, conduct.key_a, how.side_a_share), (1, conduct.key_b, 1 - how.side_a_share)):
            block, day, draws = _blocks(streams, how.id, party, days, how.incidents_per_day * share * highest)
            if len(block):
                parts.append(_acts(how, kind, number, side, cells, spots, block, day, draws, accept / highest,
                                   local_start_h, depth.get(how.id, 1e9)))
    if not parts:
        return _none()
    joined = Acts._make(np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((joined.id, joined.onset_us))
    return Acts._make(column[order] for column in joined)


def _none() -> Acts:
    """Return a world in which nothing can happen."""
    whole, real, flag = np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=bool)
    return Acts(whole.astype(np.uint64), whole, whole, whole, real, real, whole, whole, whole, whole, flag, flag)


def expected_candidates(conduct: Conduct, *, days: float) -> float:
    """Expected number of candidates, for the cap that is checked before anything is drawn."""
    return sum(how.incidents_per_day * _regime_factors(conduct, how.id)[1] for how in conduct.kinds) * days


def _regime_factors(conduct: Conduct, kind: str) -> tuple[float, float]:
    """Factor of the regime in force, and the highest of all regimes, on the rate of a kind."""
    factors = {regime.id: regime.factor * regime.kind_factors.get(kind, 1.0) for regime in conduct.regimes}
    return factors[conduct.regime], max(max(factors.values()), 1e-12)


def _blocks(streams: Streams, kind: str, party: str, days: int, rate: float) -> tuple[U64, I64, F64]:
    """Ids, days and draws of the candidates of one kind and party, one generator a day."""
    ids, day_of, draws = [], [], []
    for day in range(days):
        generator = streams.generator("candidates", kind, party, day)
        count = int(generator.poisson(rate))
        if count:
            ids.append(mix64(streams.key("candidate", kind, party, day), np.arange(count)))
            day_of.append(np.full(count, day))
            draws.append(generator.random((count, _DRAWS)))
    if not ids:
        return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64), np.zeros((0, _DRAWS))
    return np.concatenate(ids), np.concatenate(day_of), np.concatenate(draws)


def _acts(how: KindConduct, kind: Kind, number: int, side: int, cells: Cells, spots: F64, ids: U64, day: I64, draws: F64,
          accept: float, local_start_h: float, depth_limit_km: float) -> Acts:
    """Turn draws into acts."""
    onset = day * _DAY_US + (_hours(how, draws, local_start_h) * _HOUR_US).astype(np.int64)
    end = onset + np.maximum((_duration_h(how, draws[:, _DURATION]) * _HOUR_US).astype(np.int64), 1)
    trace = end + (_lognormal(how.trace_median_h, how.trace_log_sd, draws[:, _TRACE]) * _HOUR_US).astype(np.int64)
    cell = _cells(kind, cells, spots, draws[:, _CELL])
    km = cells.km[cell] + (draws[:, _WITHIN] - 0.5) * cells.size_km[cell]
    off = np.minimum(_lognormal(how.depth_median_km, how.depth_log_sd, draws[:, _DEPTH]), depth_limit_km)
    off = np.where(cells.sea[cell], 0.0, off)
    return Acts(ids, np.full(len(ids), number), np.full(len(ids), side), cell, km, off if side else -off, onset, end,
                      trace, _counts(how, draws[:, _COUNTS]), draws[:, _AUTHOR] < how.unattributed_share,
                      draws[:, _ACCEPT] < accept)


def _hours(how: KindConduct, draws: F64, local_start_h: float) -> F64:
    """Hour of each act after the start of its day block, from its share by night (18 h to 6 h local time)."""
    local = draws[:, _HOUR] * 12 + np.where(draws[:, _NIGHT] < how.night_share, 18.0, 6.0)
    return (local - local_start_h) % 24


def _lognormal(median: float, log_sd: float, luck: F64) -> F64:
    """Lognormal values by inversion of their distribution."""
    from scipy.special import ndtri

    return np.asarray(median * np.exp(log_sd * ndtri(np.clip(luck, 1e-16, 1 - 1e-16))), dtype=np.float64)


def _duration_h(how: KindConduct, luck: F64) -> F64:
    """Duration of each act by the law of its kind; an exponential one has the median asked for."""
    if how.duration_law == "exponential":
        return np.asarray(-np.log1p(-luck) * how.duration_median_h / np.log(2), dtype=np.float64)
    return _lognormal(how.duration_median_h, how.duration_log_sd if how.duration_law == "lognormal" else 0.0, luck)


def _counts(how: KindConduct, luck: F64) -> I64:
    """Counts per incident: 1 or 2 by chance up to a mean of 2, heavy-tailed above, always with the mean asked for."""
    if how.counts_mean <= 2:
        return 1 + (luck < how.counts_mean - 1).astype(np.int64)
    spread = _lognormal((how.counts_mean - 1) * np.exp(-how.counts_log_sd**2 / 2), how.counts_log_sd, luck)
    return 1 + np.floor(spread + (luck * 7919.0) % 1.0).astype(np.int64)


def _cells(kind: Kind, cells: Cells, spots: F64, luck: F64) -> I64:
    """Cell of each act: by hot spots on the line, evenly over the sea areas."""
    sea = np.flatnonzero(cells.sea)
    if kind.domain == "sea" and len(sea):
        return sea[np.minimum((luck * len(sea)).astype(np.int64), len(sea) - 1)]
    return np.searchsorted(spots, luck, side="right").astype(np.int64).clip(0, len(spots) - 1)


