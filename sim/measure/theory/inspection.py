"""Inspection games in closed form: what a party that chooses when to violate can be held to.
They tell how far a few inspections deter, when they are announced and when they are not.
"""

import math
from fractions import Fraction
from typing import Any

from sim.measure.theory.names import Names


def games(
    *,
    payoff: str | None = None,
    n: int = 8,
    m: int = 3,
    b: float | None = None,
    d: float | None = None,
    e: float | None = None,
    a: float | None = None,
    c: float | None = None,
    beta: float = 0.2,
    alpha: float = 0.05,
    false_alarm_cost: float = 0.5,
    cases: Any = None,
    pod: Any = None,
) -> Names:
    """Games between inspector and inspected (F01-F05); the keys given choose the game.

    ``b d e a c``: one-shot game (F03) · ``cases`` as [items, violations, wanted chance]: attribute sampling
    (F05) · ``pod``, a chance of detection per place: hide and seek with one look · else ``n`` periods and
    ``m`` inspections: Dresher's recursive game (F01), all sizes up to these.
    """
    if cases is not None:
        return _sampling(cases)
    if b is not None:
        values = {"d": d, "e": e, "a": a, "c": c}
        missing = [k for k, v in values.items() if v is None]
        if missing:
            raise ValueError(f"missing key: {', '.join(missing)}")
        return _one_shot(b, d or 0.0, e or 0.0, a or 0.0, c or 0.0, beta, alpha, false_alarm_cost)
    if pod is not None:
        return _hide_and_seek([float(v) for v in pod])
    return _dresher_table(n, m)


def dresher_value(periods: int, inspections: int) -> Fraction:
    """Value to the inspector of Dresher's game: -C(n-1, m)/sum_{i<=m} C(n, i) (Dresher 1962)."""
    below = sum(math.comb(periods, i) for i in range(inspections + 1))
    return -Fraction(math.comb(periods - 1, inspections), below)


def _dresher_table(n: int, m: int) -> Names:
    found: Names = {}
    for periods in range(2, n + 1):
        for inspections in range(1, min(m, periods - 1) + 1):
            value = dresher_value(periods, inspections)
            found[f"{periods},{inspections}"] = [str(value), float(value)]
    return found


def _one_shot(
    b: float, d: float, e: float, a: float, c: float, beta: float, alpha: float, alarm_cost: float
) -> Names:
    """Inspect or not, violate or not (Avenhaus & Canty 1996, ch. 8).

    The violator gets d undetected and -b caught; the inspector loses e by an inspection without cause, a when
    he catches, c when he misses. Mixed equilibrium by making the other side indifferent; as leader the
    inspector commits to the least chance that deters. A miss chance beta and a false-alarm chance alpha
    (which costs the honest ``alarm_cost``) change the chance that deters: p ((1-beta)(b+d) - alpha cost) = d.
    """
    inspect, violate = d / (b + d), e / (c - a + e)
    return {
        "p_inspect": inspect,
        "q_violate": violate,
        "inspector_payoff": -c * violate,
        "leader_payoff": -e * inspect,
        "violator_payoff": 0.0,
        f"p_deter_beta{str(beta).replace('.', '')}": d / ((1 - beta) * (b + d)),
        "p_deter_false_alarm": d / ((1 - beta) * (b + d) - alpha * alarm_cost),
    }


def _hide_and_seek(pod: list[float]) -> Names:
    """One look at one of several places: both sides mix in proportion to 1/POD; value 1/sum(1/POD)."""
    value = 1 / math.fsum(1 / p for p in pod)
    return {"value": value, "search": [value / p for p in pod], "hide": [value / p for p in pod]}


def miss_chance(items: int, bad: int, sample: int) -> float:
    """No bad item in a sample without replacement (hypergeometric)."""
    if sample > items - bad:
        return 0.0
    return float(Fraction(math.comb(items - bad, sample), math.comb(items, sample)))


def sample_size(items: int, bad: int, wanted: float) -> int:
    """Smallest sample that finds at least one of the bad items with the wanted chance."""
    return next(n for n in range(items + 1) if 1 - miss_chance(items, bad, n) >= wanted - 1e-12)


def _sampling(cases: Any) -> Names:
    sizes = [sample_size(int(N), int(r), float(w)) for N, r, w in cases]
    found: Names = {"n": sizes}
    for (N, r, _wanted), size in zip(cases, sizes, strict=True):
        found[f"P_{int(N)}_{int(r)}_{size}"] = 1 - miss_chance(int(N), int(r), size)
    return found
