"""Calibration: of the cases that a mission holds nine in ten likely, are nine in ten true, and what if it misjudges its means.

A mediator reads here whether the mission's own certainty can be taken at its word, at three sizes of its errors.
"""
from __future__ import annotations

import numpy as np

from sim.ledger import Columns

BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 1.0)
"""Edges of the classes of posterior; the last holds 1 itself."""
SETS = {"own": "own_share", "0": "exact_share", "0.5": "half_share", "1": "whole_share"}
"""Columns of the posteriors table: the mission's own beliefs, then the disturbance of beliefs on log-odds."""
_LEAST = 1e-9
Count = tuple[str, str, str, float, float]


def calibration(table: Columns) -> list[Count]:
    """Scores and reliability of the posteriors of closed cases, as (measure, by, group, numerator, denominator).

    Brier score, the mean of (p − y)², and logarithmic score, −ln of the chance given to what is so (nats; Good 1952), with
    p the posterior and y whether a violation is behind the case; for the mission's own beliefs over all and by kind, and by
    `disturbance`. Reliability: the share of true cases, and the mean posterior, in each class of posterior (Murphy 1973).
    """
    true = table["true"].astype(np.float64)
    if not len(true):
        return []
    rows: list[Count] = []
    for name, column in SETS.items():
        share = table[column]
        found = {"posterior_brier": (share - true) ** 2,
                 "posterior_log_score": -np.log(np.clip(np.where(true > 0, share, 1 - share), _LEAST, 1.0))}
        by, group = ("all", "") if name == "own" else ("disturbance", name)
        rows += [(measure, by, group, float(loss.sum()), float(len(true))) for measure, loss in found.items()]
        if name == "own":
            rows += [row for measure, loss in found.items() for row in _by_kind(measure, loss, table)]
        rows += _reliability(name, share, true)
    return rows


def _by_kind(measure: str, loss: np.ndarray[tuple[int], np.dtype[np.float64]], table: Columns) -> list[Count]:
    kinds, where = np.unique(table["kind"], return_inverse=True)
    sums, totals = np.bincount(where, weights=loss), np.bincount(where)
    return [(measure, "kind", str(kind), float(s), float(n)) for kind, s, n in zip(kinds.tolist(), sums, totals, strict=True)]


def _reliability(name: str, share: np.ndarray[tuple[int], np.dtype[np.float64]],
                 true: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[Count]:
    """Share of true cases and mean posterior by class; over all classes for the mission's own beliefs too."""
    where = np.minimum(np.searchsorted(BINS, share, side="right") - 1, len(BINS) - 2)
    totals = np.bincount(where, minlength=len(BINS) - 1)
    sums = {"posterior_true_share": np.bincount(where, weights=true, minlength=len(totals)),
            "posterior_mean": np.bincount(where, weights=share, minlength=len(totals))}
    rows = [(measure, f"disturbance-{name}", label(number), float(found[number]), float(totals[number]))
            for measure, found in sums.items() for number in range(len(totals))]
    if name == "own":
        rows += [(measure, "all", "", float(found.sum()), float(len(true))) for measure, found in sums.items()]
    return rows


def label(number: int) -> str:
    """Name of a class of posterior by its number."""
    return f"{BINS[number]:g}-{BINS[number + 1]:g}"
