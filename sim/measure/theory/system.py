"""Closed forms of a whole small mission: looks against the end of acts, false alarms through
verification, load, light.
They are the yardstick for runs in which all parts work together but each is kept simple.
"""

import math
from itertools import pairwise
from typing import Any

import numpy as np

from sim.measure.theory.names import Names, above_zero, need, share
from sim.measure.theory.queues import chance_of_wait
from sim.measure.theory.rhythm import met_at_rhythm


def race(
    *,
    T_h: float,
    p: float = 1.0,
    rate_per_h: float | None = None,
    mean_gap_h: float | None = None,
    p_poisson: float = 1.0,
    mean_dur_h: float | None = None,
    d_h: float | None = None,
) -> Names:
    """Which comes first: a periodic look, a Poisson look, or the end of the event (G02)?

    Periodic looks T apart at uniform phase succeed with p; Poisson looks of ``rate_per_h`` (or one per
    ``mean_gap_h``) with ``p_poisson``. The event lasts ``mean_dur_h`` (exponential) or ``d_h`` (fixed). Own
    derivation: periodic first = p (1 - exp(-sT))/(sT)/(1 - (1-p) exp(-sT)), s all other rates together; the
    others share the rest as their rates. Fixed end: survival of the periodic look is linear between looks;
    quadrature.
    """
    above_zero(T_h=T_h)
    share(p=p, p_poisson=p_poisson)
    gap_rate = 1 / mean_gap_h if mean_gap_h is not None else 0.0
    hazard = p_poisson * (rate_per_h if rate_per_h is not None else gap_rate)
    if mean_dur_h is not None:
        return _race_exponential(T_h, p, hazard, mean_dur_h)
    return _race_fixed(T_h, p, hazard, *need(d_h=d_h))


def _named(periodic: float, poisson: float, end: float, mean: float) -> Names:
    return {
        "P_periodic_first": periodic,
        "P_poisson_first": poisson,
        "P_end_first": end,
        "P_periodic": periodic,
        "P_poisson": poisson,
        "P_end": end,
        "P_detect": periodic + poisson,
        "mean_time_h": mean,
    }


def _race_exponential(T_h: float, p: float, hazard: float, mean_dur_h: float) -> Names:
    others = hazard + 1 / mean_dur_h
    s = others * T_h
    periodic = p * -math.expm1(-s) / s / (1 - (1 - p) * math.exp(-s))
    rest = 1 - periodic
    return _named(periodic, rest * hazard / others, rest / mean_dur_h / others, rest / others)


def _race_fixed(T_h: float, p: float, hazard: float, d_h: float) -> Names:
    edges = [0.0, *np.arange(T_h, d_h, T_h).tolist(), d_h]
    nodes, weights = np.polynomial.legendre.leggauss(48)
    waited = 0.0
    for low, high in pairwise(edges):
        t = low + (high - low) / 2 * (nodes + 1)
        left = np.array([1 - met_at_rhythm(T_h=T_h, p=p, d_h=float(v)) for v in t])
        waited += (high - low) / 2 * float(np.dot(weights, np.exp(-hazard * t) * left))
    end = math.exp(-hazard * d_h) * (1 - met_at_rhythm(T_h=T_h, p=p, d_h=d_h))
    return _named(1 - end - hazard * waited, hazard * waited, end, waited)


def pipeline(
    *,
    tp_per_day: float | None = None,
    fp_per_day: float = 0.0,
    se: float = 1.0,
    sp: float = 1.0,
    violations_per_day: float = 2.0,
    mean_dur_h: float | None = None,
    T_h: float | None = None,
    look_rate_per_h: float | None = None,
    p: float = 1.0,
    staff: int | None = None,
    service_h: float | None = None,
    response_h: Any = None,
) -> Names:
    """Acts seen, checked and answered (G01), and false alarms through the same check (G06).

    ``mean_dur_h`` with Poisson looks one per ``T_h`` (or ``look_rate_per_h``) of chance p: seen share r/(r +
    1/d), time to sight 1/(r + 1/d) given seen (competing exponentials). ``staff service_h`` M/M/c check of
    all reports; ``response_h`` mean times of later stages, added. The check passes ``se`` of the true and 1 -
    ``sp`` of the false.
    """
    found: Names = {}
    if mean_dur_h is not None:
        found = _seen(violations_per_day, mean_dur_h, T_h, look_rate_per_h, p)
        tp_per_day = found["tp_per_day"]
    (true,) = need(tp_per_day=tp_per_day)
    right, wrong = true * se, fp_per_day * (1 - sp)
    found |= {
        "verified precision": right / (right + wrong) if right + wrong else None,
        "false findings/yr": 365 * wrong,
        "raw precision": true / (true + fp_per_day) if true + fp_per_day else None,
        "end-to-end recall": right / violations_per_day,
    }
    return found | _checked(
        true + fp_per_day, staff, service_h, found.get("mean_time_to_detect_h", 0.0), response_h
    )


def _seen(
    per_day: float, mean_dur_h: float, T_h: float | None, look_rate_per_h: float | None, p: float
) -> Names:
    rate = p * (look_rate_per_h if look_rate_per_h is not None else 1 / need(T_h=T_h)[0])
    both = rate + 1 / mean_dur_h
    return {
        "P_detect": rate / both,
        "detected_share": rate / both,
        "mean_time_to_detect_h": 1 / both,
        "tp_per_day": per_day * rate / both,
        "concurrent": per_day / 24 * mean_dur_h,
    }


def _checked(
    per_day: float, staff: int | None, service_h: float | None, before_h: float, response_h: Any
) -> Names:
    if staff is None or service_h is None:
        return {}
    load = per_day / 24 * service_h
    wait = chance_of_wait(staff, load) * service_h / (staff - load)
    later = math.fsum(response_h) if isinstance(response_h, list | tuple) else float(response_h or 0.0)
    return {
        "staff_utilisation": load / staff,
        "Wq_h": wait,
        "W_h": wait + service_h,
        "mean_total_h": before_h + wait + service_h + later,
    }


def load(
    *,
    per_day: float,
    hours_per_case: float,
    staff: float | None = None,
    shift_h: float = 8.0,
    target: float = 0.85,
) -> Names:
    """Work that comes against work that can be done (G03): Little's law for servers (Little 1961).

    Names: offered load (cases in hand at any time), utilisation of ``staff`` working ``shift_h`` a day, and
    the staff that keeps it at or under ``target``.
    """
    hours = per_day * hours_per_case
    found: Names = {"offered_load": hours / 24, "hours_per_day": hours}
    found["staff_needed"] = math.ceil(hours / (target * shift_h) - 1e-12)
    if staff is not None:
        found["utilisation"] = hours / (staff * shift_h)
        found["growth_per_day"] = max(0.0, per_day - staff * shift_h / hours_per_case)
    return found


def daylight(
    *,
    daylight_h: float,
    d_h: float = 0.0,
    mean_dur_h: float | None = None,
    night_share: float | None = None,
    cloud: float = 0.0,
    p: float = 1.0,
) -> Names:
    """Does an event meet daylight (G04)? Light is on ``daylight_h`` of 24 h, one spell a day.

    Uniform onset, fixed length: (light + d)/24, at most 1. Exponential length: 1 - integral over the dark of
    the chance to end before dawn. ``night_share``: an instant act by night with that chance. ``cloud p``
    multiply.
    """
    if not 0 <= daylight_h <= 24:
        raise ValueError(f"daylight_h = {daylight_h} must lie in 0 to 24")
    dark = 24 - daylight_h
    clear = (1 - cloud) * p
    found: Names = {"light_share": daylight_h / 24, "P": min(1.0, (daylight_h + d_h) / 24) * clear}
    if mean_dur_h is not None:
        ended = dark + mean_dur_h * math.expm1(-dark / mean_dur_h)
        found["P_exp"] = (1 - ended / 24) * clear if daylight_h else 0.0
    if night_share is not None:
        found["P_instant"] = (1 - night_share) * clear
    return found
