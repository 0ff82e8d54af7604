"""The library of means as arrays: what each means notices of each kind, and how often a kind is hidden from a physics.

A mediator can vary every one of these numbers; each has its source in the scenario files.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.foundation.streams import F64, I64, U64, mix_name, uniform
from sim.scenario.agreement import Agreement
from sim.scenario.monitoring import PHYSICS, Monitoring

TARGETS = ("vehicles", "crews", "flashes", "ships")


class Library(NamedTuple):
    """Means × kinds; probabilities per proper look."""

    physics: NDArray[np.int8]
    pd: F64
    trace_pd: F64
    hidden: F64
    """Share of acts hidden from a physics class, shape (physics, kinds)."""
    ground: F64
    correlation: float
    target: I64
    wrong_side: F64
    origin: NDArray[np.bool_]
    images: NDArray[np.bool_]
    error_km: F64
    dating_log_sd: F64
    confusion: F64
    """Cumulative shares of the kind as reported, shape (means, kinds, kinds)."""
    deep: frozenset[int] = frozenset()
    """Kinds of which the terms ask how far off the line they are."""
    error_per_km: tuple[float, ...] = ()
    """Growth of the location error with distance, by means; empty = none."""
    mistaken: tuple[float, ...] = ()
    """Chance that an ordered look finds what it was sent for where there is nothing, by means; empty = none."""


def library_of(monitoring: Monitoring, agreement: Agreement) -> Library:
    """Turn the library of a scenario into arrays; rows in the order of the file."""
    kinds = [kind.id for kind in agreement.kinds]
    means = monitoring.means
    physics = np.array([PHYSICS.index(m.physics) for m in means], dtype=np.int8)
    pd = np.array([[m.pd.get(k, 0.0) for k in kinds] for m in means]).reshape(len(means), len(kinds))
    trace = np.array([[m.trace_pd.get(k, 0.0) for k in kinds] for m in means]).reshape(pd.shape)
    target = np.array([TARGETS.index(monitoring.targets.get(k, "crews")) for k in kinds], dtype=np.int64)
    ground = np.array([monitoring.ground_factor.get(m.physics, 1.0) for m in means])
    return Library(physics, pd, trace, _hidden(monitoring, kinds, physics, np.maximum(pd, trace)), ground,
                   monitoring.look_correlation, target, np.array([m.wrong_side_share for m in means]),
                   np.array([m.senses_origin for m in means], dtype=bool), np.array([m.images for m in means], dtype=bool),
                   np.array([m.location_error_km for m in means]), np.array([m.dating_log_sd for m in means]),
                   np.array([_confusion(m.confusion, kinds) for m in means]).reshape(len(means), len(kinds), len(kinds)),
                   _deep(agreement), tuple(m.location_error_per_km for m in means),
                   tuple(m.mistaken_share for m in means) if any(m.mistaken_share for m in means) else ())


def _deep(agreement: Agreement) -> frozenset[int]:
    """Kinds that a zone, a special regime or an exemption judges by depth."""
    terms = [term for term in (*agreement.special, *agreement.exemptions) if term.depth_km is not None]
    named = {kind for zone in agreement.zones for kind in zone.kinds} | {kind for term in terms for kind in term.kinds}
    every = any(not term.kinds for term in terms)
    return frozenset(number for number, kind in enumerate(agreement.kinds) if every or kind.id in named)


def _hidden(monitoring: Monitoring, kinds: list[str], physics: NDArray[np.int8], pd: F64) -> F64:
    """Hidden share by physics and kind: as given, else half of 1 − the best Pd of the class in the library (grade D)."""
    hidden = np.zeros((len(PHYSICS), len(kinds)))
    for row, name in enumerate(PHYSICS):
        best = pd[physics == row].max(axis=0, initial=0.0)
        given = monitoring.hidden_share.get(name, {})
        hidden[row] = [given.get(kind, 0.5 * (1 - best[k])) for k, kind in enumerate(kinds)]
    return hidden


def _confusion(rows: dict[str, dict[str, float]], kinds: list[str]) -> list[list[float]]:
    """Cumulative confusion rows; what is not confused is reported as it is."""
    table = np.eye(len(kinds))
    for true, others in rows.items():
        for other, share in others.items():
            if true in kinds and other in kinds and other != true:
                table[kinds.index(true), kinds.index(other)] += share
                table[kinds.index(true), kinds.index(true)] -= share
    cumulative: list[list[float]] = np.cumsum(table, axis=1).tolist()
    return cumulative


def detectability(pd: F64, hidden: F64, physics: NDArray[np.int8], kind: I64, keys: U64, correlation: float, *,
                  nodes: int = 0) -> F64:
    """Detectability of each act for each means, shape (means, acts): 0 where the act is hidden from the physics.

    Each act draws once for each physics class whether it is hidden and, if not, a beta quantile with mean
    Pd / (1 − hidden share) and intra-class correlation `correlation`, so that looks are independent only given these.
    With `nodes`, quantiles are interpolated between so many exact ones.
    """
    theta = np.zeros((len(physics), len(kind)))
    known: dict[tuple[int, int, float], F64] = {}
    for number in np.unique(physics).tolist():
        luck = uniform(mix_name(keys, "detectability", number))
        luck[uniform(mix_name(keys, "hidden", number)) < hidden[number, kind]] = -1.0
        for row in np.flatnonzero(physics == number).tolist():
            for k in np.flatnonzero(pd[row] > 0).tolist():
                mine = np.flatnonzero((kind == k) & (luck >= 0))
                mean = min(float(pd[row, k] / max(1 - hidden[number, k], 1e-12)), 1.0)
                if (number, k, mean) not in known:
                    known[number, k, mean] = _beta_quantile(mean, correlation, luck[mine], nodes)
                theta[row, mine] = known[number, k, mean]
    return theta


def quantiles(mean: F64, correlation: float, *, nodes: int) -> F64:
    """Detectability at so many even chances, for means of any shape; the last axis is the chance."""
    if correlation <= 0:
        return np.asarray(np.repeat(mean[..., None], nodes, axis=-1))
    from scipy.special import betaincinv

    strength, inner = 1 / correlation - 1, np.clip(mean, 1e-9, 1 - 1e-9)[..., None]
    law = betaincinv(inner * strength, (1 - inner) * strength, (np.arange(nodes) + 0.5) / nodes)
    return np.where((mean <= 0) | (mean >= 1), mean, 1.0)[..., None] * np.where(((mean <= 0) | (mean >= 1))[..., None], 1.0, law)


def _beta_quantile(mean: float, correlation: float, luck: F64, nodes: int) -> F64:
    """Quantiles of the beta law with a mean and a correlation ρ: a = m(1/ρ − 1), b = (1 − m)(1/ρ − 1)."""
    if correlation <= 0 or mean >= 1:
        return np.full(len(luck), mean)
    from scipy.special import betaincinv

    strength = 1 / correlation - 1
    if nodes and len(luck) > nodes:
        grid = (np.arange(nodes) + 0.5) / nodes
        return np.interp(luck, grid, betaincinv(mean * strength, (1 - mean) * strength, grid))
    return np.asarray(betaincinv(mean * strength, (1 - mean) * strength, luck), dtype=np.float64)
