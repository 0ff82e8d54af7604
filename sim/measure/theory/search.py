"""Closed forms of search: how likely a sensor that looks here and there meets what happens.
Each function answers one proof family and returns the names that the simulation returns.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.measure.theory.names import Names, above_zero, given, many, need, numbers_in, ordinal, share


def _inverse_cube(coverage: float) -> float:
    """Parallel sweeps of an inverse-cube sensor: erf(sqrt(pi)/2 C) (Koopman 1946, OEG 56)."""
    return math.erf(math.sqrt(math.pi) / 2 * coverage)


def random_search(
    *,
    W_km: float | None = None,
    v_kmh: float | None = None,
    t_h: float | None = None,
    A_km2: float | None = None,
    coverage: Any = None,
) -> Names:
    """Random, exhaustive and inverse-cube search of an area (Koopman 1956; USCG, The Theory of Search, 1996).

    ``W_km v_kmh t_h A_km2`` give one search (A01); ``coverage``, a number or a list, gives the table (A02).
    The mean time is that of a random search, exponential with rate W v / A.
    """
    if coverage is not None:
        return {str(float(c)): _by_coverage(float(c)) for c in many(coverage)}
    width, speed, time, area = need(W_km=W_km, v_kmh=v_kmh, t_h=t_h, A_km2=A_km2)
    above_zero(W_km=width, v_kmh=speed, A_km2=area)
    found = _by_coverage(width * speed * time / area)
    return {
        "P_random": found["random"],
        "mean_time_h": area / (width * speed),
        "P_exhaustive": found["definite"],
        "P_inverse_cube_parallel": found["inverse_cube_parallel"],
    }


def _by_coverage(c: float) -> dict[str, float]:
    return {
        "random": -math.expm1(-c),
        "inverse_cube_parallel": _inverse_cube(c),
        "definite": min(1.0, c),
    }


def lateral_range(*, W: float, x: Any) -> Names:
    """Chance of detection by distance of closest approach for an inverse-cube sensor (A03; Koopman 1946).

    p(x) = 1 - exp(-W^2 / (4 pi x^2)), whose integral over all x is the sweep width W.
    """
    above_zero(W=W)
    scale = W * W / (4 * math.pi)
    return {"p": [-math.expm1(-scale / (v * v)) if v else 1.0 for v in many(x)], "integral": float(W)}


def moving_target(*, u_kmh: float, v_kmh: float, R_km: float, A_km2: float) -> Names:
    """Contacts of a moving searcher with targets of speed u in random directions (A04; Koopman 1956).

    Mean relative speed = 2/pi (u + v) E(m), m = 4uv/(u + v)^2; contact rate = 2 R times it over A.
    """
    from scipy.special import ellipe

    above_zero(A_km2=A_km2)
    total = u_kmh + v_kmh
    speed = 2 / math.pi * total * float(ellipe(4 * u_kmh * v_kmh / total**2)) if total else 0.0
    return {"mean_rel_speed_kmh": speed, "contact_rate_per_h": 2 * R_km * speed / A_km2}


def barrier(
    *,
    L_km: float,
    v_kmh: float,
    u_kmh: float,
    R_km: float | None = None,
    W_km: float | None = None,
) -> Names:
    """Chance that a crosser of a guarded line of length L is met.

    ``R_km``: a patroller goes back and forth, turning at the edges or one R inside them (A06). Derivation: in
    the crossers' frame the patroller draws a zigzag; the chance is the share of the strip within R of it.
    ``W_km``: Koopman's crossover barrier (W/L) sqrt(1 + (v/u)^2), at most 1 (A07).
    """
    above_zero(L_km=L_km, v_kmh=v_kmh, u_kmh=u_kmh)
    if R_km is None:
        (width,) = need(W_km=W_km)
        return {"P": min(1.0, width / L_km * math.hypot(1.0, v_kmh / u_kmh))}
    inside = min(R_km, L_km / 2)
    return {
        "turn_at_edges": _zigzag_cover(L_km, R_km, u_kmh / v_kmh, 0.0),
        "turn_R_inside": _zigzag_cover(L_km, R_km, u_kmh / v_kmh, inside),
    }


def _zigzag_cover(length: float, reach: float, slope: float, inset: float, columns: int = 400_000) -> float:
    """Share of the strip 0..length within ``reach`` of a zigzag that turns ``inset`` from its edges."""
    x = (np.arange(columns) + 0.5) * (length / columns)
    run = length - 2 * inset
    period = 2 * run * slope
    if period <= 0:
        return float(np.mean(np.abs(x - length / 2) <= reach))
    low, high = _leg_slice(x - inset, run, run * slope, reach)
    size = np.maximum(high - low, 0.0)
    # The way back is the mirror image: its slice is the same interval turned over, y -> period - y.
    there, back = (low + high) / 2, period - (low + high) / 2
    apart = np.mod(back - there, period)
    shared = np.maximum(size - apart, 0) + np.maximum(size - (period - apart), 0)
    return float(np.mean(np.clip(np.minimum(2 * size - shared, period), 0, None)) / period)


def _leg_slice(x: Any, run: float, rise: float, reach: float) -> tuple[Any, Any]:
    """Lowest and highest y within ``reach`` of the segment (0,0)-(run,rise), for each column x.

    The neighbourhood of a segment is convex, so each column holds one interval; empty ones come out reversed.
    """
    lengthwise = math.hypot(run, rise)
    sine, cosine = rise / lengthwise, run / lengthwise
    lows, highs = [], []
    for end_x, end_y in ((0.0, 0.0), (run, rise)):
        half = np.sqrt(np.clip(reach**2 - (x - end_x) ** 2, 0, None))
        near = np.abs(x - end_x) <= reach
        lows.append(np.where(near, end_y - half, np.inf))
        highs.append(np.where(near, end_y + half, -np.inf))
    line = x * sine / cosine
    upper, lower = x + reach * sine, x - reach * sine
    highs.append(np.where((upper >= 0) & (upper <= run), line + reach / cosine, -np.inf))
    lows.append(np.where((lower >= 0) & (lower <= run), line - reach / cosine, np.inf))
    low, high = np.min(lows, axis=0), np.max(highs, axis=0)
    empty = ~(np.isfinite(low) & np.isfinite(high))
    return np.where(empty, 0.0, low), np.where(empty, 0.0, high)


def patrol(*, L_km: float, v_kmh: float, x_km: float, dwell_h: float) -> Names:
    """Waiting at x for a patroller that goes back and forth along L (A09).

    Visits come with gaps 2x/v and 2(L - x)/v in turn: mean wait E[G^2]/(2 E[G]); an event of length
    ``dwell_h`` is met with chance E[min(G, d)]/E[G] (renewal theory, Cox 1962).
    """
    above_zero(L_km=L_km, v_kmh=v_kmh)
    if not 0 <= x_km <= L_km:
        raise ValueError(f"x_km = {x_km} must lie on the patrol of L_km = {L_km}")
    gaps = (2 * x_km / v_kmh, 2 * (L_km - x_km) / v_kmh)
    cycle = sum(gaps)
    return {
        "mean_wait_h": sum(g * g for g in gaps) / (2 * cycle),
        "P": sum(min(g, dwell_h) for g in gaps) / cycle,
    }


def looks(
    *,
    p: Any,
    n: int,
    m: int = 1,
    hidden_share: float = 0.0,
    look_correlation: float = 0.0,
    window: int | None = None,
) -> Names:
    """At least m successes in n looks (A10: m = 1; A16: m of n), and the mean number of looks to the m-th.

    Binomial when looks are independent. With ``look_correlation`` r the detectability follows a beta law of
    mean p/(1 - hidden_share) and correlation r (Skellam 1948); a share ``hidden_share`` is never seen. ``p``
    as a list gives each look its own chance (independent looks only). With ``window``, sliding confirmation: m
    successes among the last ``window`` looks, within n looks and the mean number until then (independent looks).
    """
    if isinstance(p, list | tuple):
        return {"P": _at_least([float(q) for q in p], m)}
    share(p=p, hidden_share=hidden_share)
    if look_correlation == 0:
        seen = p / (1 - hidden_share)
        found = (1 - hidden_share) * _binomial_tail(seen, n, m)
    else:
        seen = p / (1 - hidden_share)
        found = (1 - hidden_share) * _beta_binomial_tail(seen, look_correlation, n, m)
    mean = m / p if p > 0 and hidden_share == 0 and look_correlation == 0 else None
    sliding = {} if window is None else _sliding(p, n, m, window, independent=hidden_share == 0 and look_correlation == 0)
    return {"P": found, f"mean_looks_to_{ordinal(m)}": mean} | sliding


_LONGEST_WINDOW = 12


def _sliding(p: float, n: int, m: int, window: int, *, independent: bool) -> Names:
    """Chance that m of the last `window` looks succeed by the n-th, and the mean number of looks until they do: a Markov
    chain on the outcomes of the last window - 1 looks."""
    if not independent:
        return {}
    if not 1 <= m <= window <= _LONGEST_WINDOW:
        raise ValueError(f"window = {window}: must lie in m = {m} .. {_LONGEST_WINDOW}")
    size = 1 << (window - 1)
    step, last = np.zeros((size, size)), size - 1
    for state in range(size):
        for hit, chance in ((0, 1 - p), (1, p)):
            if state.bit_count() + hit < m:
                step[state, (state << 1 | hit) & last] += chance
    left = np.zeros(size)
    left[0] = 1.0
    mean = float(np.linalg.solve(np.eye(size) - step, np.ones(size))[0]) if p > 0 else None
    for _ in range(n):
        left = left @ step
    return {"P_sliding": 1 - math.fsum(left), "mean_looks_sliding": mean}


def _binomial_tail(p: float, n: int, m: int) -> float:
    return math.fsum(math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(m, n + 1))


def _beta_binomial_tail(mean: float, correlation: float, n: int, m: int) -> float:
    from scipy.special import betaln

    if not 0 < mean < 1:
        return _binomial_tail(mean, n, m)
    size = (1 - correlation) / correlation
    a, b = mean * size, (1 - mean) * size
    logs = (
        math.log(math.comb(n, j)) + float(betaln(a + j, b + n - j) - betaln(a, b)) for j in range(m, n + 1)
    )
    return math.fsum(math.exp(v) for v in logs)


def _at_least(chances: Sequence[float], m: int) -> float:
    """Poisson-binomial tail by adding one look at a time."""
    mass = np.zeros(len(chances) + 1)
    mass[0] = 1.0
    for p in chances:
        mass[1:] = mass[1:] * (1 - p) + mass[:-1] * p
        mass[0] *= 1 - p
    return float(math.fsum(mass[m:]))


def cloud(
    *,
    P_clear_to_cloud: float | None = None,
    P_cloud_to_clear: float | None = None,
    n: int = 5,
    mean_clear_h: float | None = None,
    mean_cloud_h: float | None = None,
    gap_h: float | None = None,
    T_h: float | None = None,
    d_h: float | None = None,
) -> Names:
    """Looks through a sky that remembers: two-state Markov chain (A18) or on/off spells in time (A19).

    ``P_clear_to_cloud P_cloud_to_clear`` are chances from look to look. ``mean_clear_h mean_cloud_h`` are
    mean lengths of exponential spells; looks are then ``gap_h`` (or ``T_h``) apart and the state after a gap
    decays with exp(-(1/clear + 1/cloud) gap). Names: share clear, mean looks to the first clear one from a
    random start, chance of none in n; the same if looks were independent (Feller 1968, XV; Gabriel & Neumann
    1962).
    """
    timed = _spells(mean_clear_h, mean_cloud_h, d_h) if mean_clear_h is not None else {}
    if P_clear_to_cloud is None and timed:
        gap = gap_h if gap_h is not None else T_h
        if gap is None:
            return timed
        moved = -math.expm1(-gap * timed["rate_per_h"])
        P_clear_to_cloud, P_cloud_to_clear = (1 - timed["clear"]) * moved, timed["clear"] * moved
    to_cloud, to_clear = need(P_clear_to_cloud=P_clear_to_cloud, P_cloud_to_clear=P_cloud_to_clear)
    above_zero(P_cloud_to_clear=to_clear)
    clear = to_clear / (to_cloud + to_clear)
    return timed | {
        "clear": clear,
        "mean_looks_to_clear": 1 + (1 - clear) / to_clear,
        "iid_mean": 1 / clear,
        f"P_none_{n}": (1 - clear) * (1 - to_clear) ** (n - 1),
        f"iid_P_none_{n}": (1 - clear) ** n,
        "correlation": 1 - to_cloud - to_clear,
    }


def _spells(clear_h: float | None, cloud_h: float | None, d_h: float | None) -> Names:
    on, off = need(mean_clear_h=clear_h, mean_cloud_h=cloud_h)
    above_zero(mean_clear_h=on, mean_cloud_h=off)
    found: Names = {"clear": on / (on + off), "rate_per_h": 1 / on + 1 / off}
    found["mean_wait_h"] = off * off / (on + off)
    if d_h is not None:
        found["P"] = 1 - off / (on + off) * math.exp(-d_h / off)
    return found


def on_off(
    *,
    on_h: float | None = None,
    off_h: float | None = None,
    d_h: float | None = None,
    mean_on_h: float | None = None,
    mean_off_h: float | None = None,
    a_h: float | None = None,
    b_h: float | None = None,
    a: float | None = None,
    b: float | None = None,
    d: float | None = None,
    mean_dur_h: float | None = None,
) -> Names:
    """An event of length d meets a sensor that is on for mean a and off for mean b, exponential (A20).

    P = 1 - b/(a + b) exp(-d/b): missed only if off at the onset and off throughout (no memory). With
    ``mean_dur_h`` the event's length is exponential too: P = 1 - b/(a + b) * b/(b + mean).
    """
    on = given(on_h=on_h, mean_on_h=mean_on_h, a_h=a_h, a=a)
    off = given(off_h=off_h, mean_off_h=mean_off_h, b_h=b_h, b=b)
    above_zero(on_h=on, off_h=off)
    found: Names = {"availability": on / (on + off)}
    length = d_h if d_h is not None else d
    if length is not None:
        found["P"] = 1 - off / (on + off) * math.exp(-length / off)
    if mean_dur_h is not None:
        found["P_exp"] = 1 - off / (on + off) * off / (off + mean_dur_h)
        found.setdefault("P", found["P_exp"])
    return found


def fusion(
    *,
    p: Any = None,
    weather: str | None = None,
    clear: float | None = None,
    optical: Any = None,
    radar: Any = None,
) -> Names:
    """At least one of several sensors reports (A21): independent, and with one sky shared by the optical
    ones.

    ``p`` lists independent chances: 1 - prod(1 - p). ``weather``, words such as ``clear .6; optical .9,.8;
    SAR .5``, or the typed keys ``clear optical radar``: condition on the sky, common to all optical sensors.
    """
    if weather is not None:
        sky = sky_in_words(weather)
        clear, optical, radar = sky["clear"], sky["optical"], sky["radar"]
    found: Names = {}
    if p is not None:
        found["union"] = _union(many(p))
    if clear is not None:
        blind = _union(many(radar if radar is not None else []))
        found["common_cause"] = clear * _union(many(optical) + many(radar or [])) + (1 - clear) * blind
    return found


def sky_in_words(weather: str) -> Names:
    """Share of clear sky and the chances of optical and radar sensors, from words such as ``clear .6; optical .9,.8; SAR .5``."""
    parts = {text.split()[0].lower(): numbers_in(text) for text in weather.split(";") if text.strip()}
    return {"clear": parts["clear"][0], "optical": parts["optical"], "radar": parts.get("sar", parts.get("radar", []))}


def _union(chances: list[float]) -> float:
    return 1 - math.prod(1 - q for q in chances)


def belief(
    *,
    prior: Any,
    POD_cell1: float | None = None,
    POD: Any = None,
    se: float | None = None,
    sp: float | None = None,
    se2: float | None = None,
    sp2: float | None = None,
) -> Names:
    """Bayes after looks: where it may be after a failed look (A22), what a positive test is worth (E03).

    ``prior`` as a list of cells with ``POD_cell1`` (cell 1 searched) or ``POD`` (one per cell): posterior by
    cell (Stone 1975). ``prior`` as a number with ``se sp`` (and ``se2 sp2`` of an independent second test).
    """
    if isinstance(prior, list | tuple):
        return _after_failed_look(list(prior), POD_cell1, POD)
    first = _bayes(prior, *need(se=se, sp=sp))
    found = {"ppv": first, "npv": 1 - _bayes(prior, 1 - _f(se), 1 - _f(sp))}
    if se2 is not None and sp2 is not None:
        found["after_second_pos"] = _bayes(first, se2, sp2)
        found["after_second_neg"] = _bayes(first, 1 - se2, 1 - sp2)
    return found


def _f(value: float | None) -> float:
    return 0.0 if value is None else value


def _bayes(prior: float, se: float, sp: float) -> float:
    """Chance of the state after a positive test with sensitivity se and specificity sp."""
    return prior * se / (prior * se + (1 - prior) * (1 - sp))


def _after_failed_look(prior: list[float], first: float | None, pod: Any) -> Names:
    chances = [first] + [0.0] * (len(prior) - 1) if first is not None else many(given(POD=pod))
    left = [w * (1 - q) for w, q in zip(prior, chances, strict=True)]
    total = math.fsum(left)
    found: Names = {f"posterior_cell{i}": w / total for i, w in enumerate(left, 1)}
    found["posterior"] = [w / total for w in left]
    return found
