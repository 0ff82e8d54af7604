"""Work: how long one piece of work takes by its law, from one number of luck.

A mediator chooses the law of work in the scenario; all desks of the mission share these five.
"""
from __future__ import annotations

from math import exp, log1p
from statistics import NormalDist

_NORMAL = NormalDist()


def service_factor(law: str, luck: float, log_sd: float) -> float:
    """Quantile of a law of work with median 1 (fixed, lognormal) or mean 1 (exponential, uniform, Erlang of two parts).

    Parameters
    ----------
    luck
        Uniform on 0 to 1.
    log_sd
        Standard deviation of the logarithm, for the lognormal law alone.
    """
    luck = min(max(luck, 1e-16), 1 - 1e-16)
    if law == "lognormal":
        return exp(log_sd * _NORMAL.inv_cdf(luck))
    if law == "exponential":
        return -log1p(-luck)
    if law == "uniform":
        return 2 * luck
    if law == "fixed":
        return 1.0
    from scipy.special import gammaincinv

    return float(gammaincinv(2.0, luck)) / 2
