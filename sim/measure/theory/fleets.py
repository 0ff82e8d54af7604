"""Closed forms of fleets: drones that fail and are repaired, take turns on station, and units that share
a region.
They tell how many machines keep a watch alive and how the load falls on the units of several states.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sim.measure.theory.names import Names, above_zero, many, short


def fleet(
    *,
    N: int,
    crews: int,
    mtbf_h: float,
    mttr_h: float,
    need: int | None = None,
    spares: int = 0,
) -> Names:
    """N machines, some repair crews, exponential failures and repairs (C12, C13; Gross & Harris 1998, 2.7).

    ``availability`` and ``P_at_least_need_up``: all that are up run and may fail. ``coldspare_*``: at most
    ``need`` run at once, the others wait unharmed. ``spares`` are added to N.
    """
    above_zero(mtbf_h=mtbf_h, mttr_h=mttr_h)
    total = N + spares
    wanted = N if need is None else need
    hot = _down_law(total, crews, lambda up: up / mtbf_h, mttr_h)
    cold = _down_law(total, crews, lambda up: min(up, wanted) / mtbf_h, mttr_h)
    up = total - np.arange(total + 1)
    running = float(np.dot(cold, np.minimum(up, wanted)))
    return {
        "availability": float(np.dot(hot, up)) / total,
        "P_at_least_need_up": float(hot[up >= wanted].sum()),
        "mean_up": float(np.dot(hot, up)),
        "mean_down": float(np.dot(hot, total - up)),
        "crew_utilisation": float(np.dot(hot, np.minimum(total - up, crews))) / crews,
        "mean_waiting_repair": float(np.dot(hot, np.maximum(total - up - crews, 0))),
        "coldspare_P_need_on_station": float(cold[up >= wanted].sum()),
        "coldspare_mean_on_station": running,
        "coldspare_availability": float(np.dot(cold, up)) / total,
    }


def _down_law(total: int, crews: int, fail: Callable[[int], float], mttr_h: float) -> np.ndarray[Any, Any]:
    """Stationary number of machines down: births fail(up), deaths min(down, crews)/mttr."""
    mass = [1.0]
    for down in range(1, total + 1):
        mass.append(mass[-1] * fail(total - down + 1) * mttr_h / min(down, crews))
    return np.array(mass) / math.fsum(mass)


def orbit_fleet(*, on: float, transit: float, turn: float, stations: int = 1) -> Names:
    """Aircraft for one station held without a break (C30): cycle (on + 2 transit + turn) over time on
    station.

    With several ``stations`` the fleet is shared: ceil of the ratio times their number.
    """
    above_zero(on=on)
    ratio = (on + 2 * transit + turn) / on
    return {"ratio": ratio, "ceil": math.ceil(stations * ratio - 1e-12)}


def duty(*, on_h: float, cycle_h: float, n: int = 1, d_h: Any = (1, 2)) -> Names:
    """n machines on for ``on_h`` of each ``cycle_h``, evenly staggered or all at once (G05).

    An event of length d meets a watch of length on with chance min(1, (on + d)/cycle), staggered n times
    that.
    """
    above_zero(cycle_h=cycle_h)
    found = {
        "coverage": min(1.0, n * on_h / cycle_h),
        "unstaggered_coverage": min(1.0, on_h / cycle_h),
    }
    for d in many(d_h):
        found[f"P_d{short(d)}"] = min(1.0, n * (on_h + d) / cycle_h)
        found[f"unstaggered_P_d{short(d)}"] = min(1.0, (on_h + d) / cycle_h)
    return found


def hypercube(
    *,
    rates: Sequence[float],
    mu: float = 1.0,
    N: int | None = None,
    prefs: Sequence[Sequence[int]] | None = None,
) -> Names:
    """Which unit answers which district when all are called by preference (C14-C16; Larson 1974).

    ``rates`` calls per district, ``prefs`` for each district the units in order of preference (default: its
    own, then the others in order), ``mu`` service rate. Zero line: a call that finds all busy is lost.
    Infinite line: it waits, first come first served. Exact: the balance of all 2^N states; the waiting line's
    states are a geometric tail behind the state "all busy", which leaves the other balances as they are.
    """
    above_zero(mu=mu)
    units = N if N is not None else (len(prefs[0]) if prefs else len(rates))
    order = prefs if prefs is not None else [_own_first(j, units) for j in range(len(rates))]
    law, sent = _busy_law([float(r) for r in rates], order, units, mu)
    states = _state_names(units)
    total = math.fsum(rates)
    inter = sum(rates[j] * v for j, row in enumerate(sent) for i, v in enumerate(row) if i != order[j][0])
    served = sum(rates[j] * v for j, row in enumerate(sent) for v in row)
    loads = _workloads(law, units, 0.0)
    found: Names = {
        "zero_line_loss": float(law[-1]),
        "zero_line_workloads": loads,
        "workloads": loads,
        "interresponse": inter / served,
        "zero_line_dispatch": [[v / (1 - float(law[-1])) for v in row] for row in sent],
        "states_" + "_".join(states): [float(v) for v in law],
    }
    return found | (_with_line(law, units, total / (units * mu)) if total < units * mu else {})


def _own_first(district: int, units: int) -> list[int]:
    own = district % units
    return [own, *(i for i in range(units) if i != own)]


def _state_names(units: int) -> list[str]:
    """Names such as 00, 10, 01, 11: the first figure is unit 1, which changes fastest."""
    return ["".join(str(s >> i & 1) for i in range(units)) for s in range(1 << units)]


def _busy_law(
    rates: list[float], order: Sequence[Sequence[int]], units: int, mu: float
) -> tuple[np.ndarray[Any, Any], list[list[float]]]:
    """Stationary law of the busy states, and the chance that a call of a district is sent each unit."""
    size = 1 << units
    flow = np.zeros((size, size))
    for state in range(size):
        for rate, row in zip(rates, order, strict=True):
            unit = next((i for i in row if not state >> i & 1), None)
            if unit is not None:
                flow[state, state | 1 << unit] += rate
        for i in range(units):
            if state >> i & 1:
                flow[state, state ^ 1 << i] += mu
    law = stationary_law(flow)
    sent = [[0.0] * units for _ in rates]
    for state in range(size - 1):
        for j, row in enumerate(order):
            sent[j][next(i for i in row if not state >> i & 1)] += float(law[state])
    return law, sent


def stationary_law(flow: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Stationary law of a finite Markov chain in time from its rates (diagonal ignored)."""
    balance = flow - np.diag(np.diag(flow))
    balance = (balance - np.diag(balance.sum(axis=1))).T
    balance[-1] = 1.0
    right = np.zeros(len(flow))
    right[-1] = 1.0
    return np.asarray(np.linalg.solve(balance, right))


def _workloads(law: np.ndarray[Any, Any], units: int, line: float) -> list[float]:
    states = np.arange(len(law))
    return [float(law[(states >> i & 1) == 1].sum() + line) for i in range(units)]


def _with_line(law: np.ndarray[Any, Any], units: int, load: float) -> Names:
    line = float(law[-1]) * load / (1 - load)
    whole = 1 + line
    return {
        "infinite_line_P_wait": (float(law[-1]) + line) / whole,
        "infinite_line_workloads": [v / whole for v in _workloads(law, units, line)],
        "infinite_line_Lq": float(law[-1]) * load / (1 - load) ** 2 / whole,
    }
