"""Numbers as people read them: shares in per cent, three figures, true minus signs.

A mediator never meets a NaN: what could not be computed says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, isfinite, log10
from typing import Any

from sim.report.languages import Words

MINUS = "\u2212"
NARROW = "\u202f"


def known(value: Any) -> bool:
    """Whether a value is a finite number (not None, not NaN, not infinite, not a flag)."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def figures(value: float, *, digits: int = 3) -> str:
    """Value to so many significant figures without an exponent, thousands apart by a narrow space."""
    if value == 0 or not isfinite(value):
        return "0" if value == 0 else ("∞" if value > 0 else f"{MINUS}∞")
    rounded = round(value, digits - 1 - floor(log10(abs(value))))
    places = max(0, digits - 1 - floor(log10(abs(rounded))))
    return _signed(f"{rounded:,.{min(places, 8)}f}")


def exact(value: float) -> str:
    """Value as it was written, without zeros at the end: for inputs and counts."""
    text = f"{value:,.9f}".rstrip("0").rstrip(".")
    return _signed(text if value == 0 or text.strip("-0.,") else f"{value:.6g}")


def _signed(text: str) -> str:
    return text.replace(",", NARROW).replace("-", MINUS)


def percent(share: float) -> str:
    """Share as a percentage with one decimal (none from 99.95 % on, two below 1 %)."""
    value = 100 * share
    places = 0 if abs(value) >= 99.95 or value == 0 else (1 if abs(value) >= 1 else 2)
    return f"{value:.{places}f}".replace("-", MINUS)


def is_share(unit: str) -> bool:
    """Whether a unit is a share, shown in per cent: `share` or `share of …`."""
    return unit == "share" or unit.startswith("share of ")


def _of(unit: str, words: Words) -> str:
    """What a share is of, where that needs saying."""
    return "" if unit == "share" else words.get(f"units.{unit}", unit.removeprefix("share "))


def with_unit(value: Any, unit: str, words: Words) -> str:
    """Value with its unit; `—` where there is none."""
    if not known(value):
        return "—"
    if is_share(unit):
        return f"{words('units.percent', value=percent(value))} {_of(unit, words)}".strip()
    name = words.get(f"units.{unit}", unit)
    return f"{figures(float(value))} {name}".strip()


def interval(low: Any, high: Any, unit: str, words: Words) -> str:
    """Interval in the unit of its estimate; `—` where there is none."""
    if not (known(low) and known(high)):
        return "—"
    if is_share(unit):
        pair = words("units.range", low=percent(low), high=percent(high))
        return words("units.percent", value=pair)
    pair = words("units.range", low=figures(float(low)), high=figures(float(high)))
    return f"{pair} {words.get(f'units.{unit}', unit)}".strip()


def reason(measure: Mapping[str, Any], words: Words) -> str:
    """Why a measure has no number, or how its interval was got; empty if there is nothing to say."""
    given = str(measure.get("reason") or "")
    if given or known(measure.get("estimate")):
        return given
    return words("measures_table.no_reason")


def shorten(text: str, limit: int = 38) -> str:
    """Text that fits a figure: cut at the limit with an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
