"""How much of a published trend is the monitors' own: what they captured changed, not what was done.

A mediator reads from here whether the record would fall though the violence did not, because less was watched.
"""
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def effort_part(incidents: dict[str, NDArray[Any]], late: NDArray[np.bool_]) -> tuple[float, float]:
    """Part of the error of the trend that is due to monitoring, and 1 where it can be told, else 0.

    The share captured in a half is Σ nᵢcᵢ / Σ nᵢ over strata i of kind, side and light, with cᵢ the share confirmed. Its
    change has two parts (Kitagawa 1955, doi 10.1080/01621459.1955.10501299): another mix nᵢ of incidents, and other shares
    cᵢ for the same mix. The second is due to monitoring: here as a log ratio at the mix of both halves together.

    Parameters
    ----------
    incidents : columns `kind`, `side`, `light` and `verified_h` of the counted incidents
    late : which of them have their onset in the second half
    """
    names = zip(*(incidents[name].tolist() for name in ("kind", "side", "light")), strict=True)
    strata, where = np.unique(np.array(["/".join(one) for one in names], dtype=str), return_inverse=True)
    held = np.isfinite(incidents["verified_h"])
    totals = np.stack([np.bincount(where[half], minlength=len(strata)) for half in (~late, late)]).astype(np.float64)
    found = np.stack([np.bincount(where[half & held], minlength=len(strata)) for half in (~late, late)])
    both = (totals > 0).all(axis=0)
    captured = (totals.sum(axis=0)[both] * found[:, both] / totals[:, both]).sum(axis=1)
    known = bool(both.any() and captured.min() > 0)
    return (float(np.log(captured[1] / captured[0])) if known else 0.0), float(known)
