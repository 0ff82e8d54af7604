"""How values become columns of a table: hours, keys as text, and names by number.

A mediator meets the same units and the same spelling in every table.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from sim.foundation.streams import F64

HOUR_US = 3.6e9


def hours(us: Any) -> F64:
    """Hours from µs, NaN where never (negative)."""
    values = np.asarray(us, dtype=np.float64)
    return np.where(values < 0, np.nan, values / HOUR_US)


def hex_keys(keys: Any) -> np.ndarray[Any, Any]:
    """64-bit keys as text of sixteen letters; empty for −1."""
    numbers = keys.tolist() if isinstance(keys, np.ndarray) else list(keys)
    missing = [row for row, number in enumerate(numbers) if number < 0]
    for row in missing:
        numbers[row] = 0
    text = np.array(numbers, dtype=np.uint64).astype(">u8").tobytes().hex()
    names = np.frombuffer(text.encode(), dtype="S16").astype("U16")
    names[missing] = ""
    return names


def names_of(values: Any, names: tuple[str, ...]) -> np.ndarray[Any, Any]:
    """Names by number."""
    width = max((len(n) for n in names), default=1) or 1
    return np.array(names, dtype=f"U{width}")[np.asarray(values, dtype=np.int64)] if names else np.zeros(0, dtype="U1")
