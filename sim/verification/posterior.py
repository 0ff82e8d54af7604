"""The posterior of a case: how sure a mission may be that an act is behind it, after looks that saw and looks that did not.

A mediator sees what a report is worth: a sharp sensor that cries wolf proves little, and the silence of a good one counts too.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.foundation.streams import F64, I64

NODES = 8
"""Even chances at which the law of detectability is taken, and lives of the act."""
_SURE = 1 - 1e-9
_LEAST_PER_DAY = 1e-6
"""False sightings a day that a mission expects at least: nobody is certain that a means never errs."""
_DAY_US = 8.64e10


class Knowledge(NamedTuple):
    """What a mission holds true, for several sets of beliefs at once: the first axis of every array is the set."""

    act: F64
    """Detectability of an act under way in one proper look, (sets, means, kinds, nodes); each node is as likely as another."""
    trace: F64
    """The same of its trace."""
    hidden: F64
    """Share of acts hidden from a physics class, (sets, physics, kinds)."""
    false_per_day: F64
    """False sightings a day in one cell, (sets, means, kinds)."""
    rate_per_day: F64
    """Acts a day expected in each cell, (sets, cells, kinds)."""
    night_share: F64
    """Share of onsets by night, (sets, kinds)."""
    act_us: F64
    """Time for which an act just begun goes on, (sets, kinds, nodes)."""
    trace_us: F64
    """Time for which its trace lives after it, (sets, kinds, nodes)."""


class Hits(NamedTuple):
    """Reports of a case, one row each, in the order in which they were made."""

    means: I64
    physics: I64
    trace: I64
    """1 where a trace was seen, 0 where an act under way was."""
    asked: I64
    """1 for the reply to a look that the case had ordered, 0 for what came by itself."""


class Glimpses(NamedTuple):
    """Looks at a place, one row each: `trials` of chance θ × `clarity`, or `contacts` expected at θ = 1 in a search."""

    means: I64
    physics: I64
    begin_us: F64
    """From the estimated onset of the case."""
    end_us: F64
    trials: F64
    clarity: F64
    contacts: F64


def misses(know: Knowledge, kind: int, looks: Glimpses) -> tuple[F64, F64]:
    """Logarithm of the chance that each look does not notice an act, or its trace, that is there; (sets, looks, nodes)."""
    chance = [np.minimum(law[:, looks.means, kind] * looks.clarity[:, None], _SURE) for law in (know.act, know.trace)]
    act, trace = (looks.trials[:, None] * np.log1p(-c) - looks.contacts[:, None] * c for c in chance)
    return act, trace


def silence(know: Knowledge, kind: int, looks: Glimpses) -> F64:
    """Logarithm of the chance that none of some looks notices an act; (sets, lives, nodes). A glance meets what lives at its
    begin, a stare or search what part of it the act or its trace lives through."""
    act, trace = misses(know, kind, looks)
    end = know.act_us[:, kind, :, None]
    gone = end + know.trace_us[:, kind, :, None]
    of_act = _part(looks, np.zeros_like(end), end)
    return np.asarray(np.einsum("svi,siu->svu", of_act, act) + np.einsum("svi,siu->svu", _part(looks, end, gone), trace))


def _part(looks: Glimpses, low: F64, high: F64) -> F64:
    """Part of each look, from 0 to 1, between two instants of each life; (sets, lives, looks)."""
    length = looks.end_us - looks.begin_us
    inside = np.minimum(looks.end_us, high) - np.maximum(looks.begin_us, low)
    share = inside / np.maximum(length, 1.0) + _first_trial(looks)
    glance = (looks.begin_us >= low) & (looks.begin_us < high)
    return np.where(length > 0, np.where(inside > 0, np.minimum(share, 1.0), 0.0), glance)


def _first_trial(looks: Glimpses) -> F64:
    """Part of a stare that is its one trial of whatever it meets, however short."""
    stare = (looks.end_us > looks.begin_us) & (looks.trials > 0)
    return np.asarray(stare / np.maximum(looks.trials, 1.0))


def noticed(know: Knowledge, kind: int, looks: Glimpses, *, span_us: float) -> F64:
    """Chance that an act is noticed at all by looks as frequent as those given for a span of time; (sets, lives, nodes)."""
    missed = misses(know, kind, looks)
    act, trace = (-part.sum(axis=1)[:, None] / span_us for part in missed)
    hazard = act * know.act_us[:, kind, :, None] + trace * know.trace_us[:, kind, :, None]
    at_onset = _first_trial(looks) * (looks.end_us - looks.begin_us) / span_us
    if at_onset.any():
        lasts = know.trace_us[:, kind, :, None] > 0
        first, second = (-(part * at_onset[:, None]).sum(axis=1)[:, None] for part in missed)
        hazard = hazard + first + second * lasts
    return np.asarray(-np.expm1(-hazard))


class Setting(NamedTuple):
    """Where and when a case lies, for its prior and for chance meetings of two false reports."""

    kind: int
    cell: int
    night: bool
    patch: float
    """Days × cells within which a further report would have been merged into the case."""


def posterior(know: Knowledge, setting: Setting, hits: Hits, usual: tuple[F64, ...], quiet: dict[int, F64]) -> F64:
    """Posterior that an act is behind a case, for each set of beliefs.

    The report that founds a case is worth its rate where acts are expected over its rate as a false one; every further one
    its chance from an act over that of a false one in the same place and time; a physics class that only looked and saw
    nothing, its silence. Looks of one class share a detectability, all looks share the life of the act, and an act that is
    hidden from a class is silent to it (Bayes; Stone 1975 for looks that fail).

    Parameters
    ----------
    usual
        For each report, the chance that an act is noticed at all by looks of its means there; (sets, lives, nodes).
    quiet
        By physics class, the logarithm of the chance of its silence; (sets, lives, nodes).
    """
    kind, sets = setting.kind, len(know.hidden)
    false = np.maximum(know.false_per_day[:, hits.means, kind], _LEAST_PER_DAY)
    when = 2 * (know.night_share[:, kind] if setting.night else 1 - know.night_share[:, kind])
    odds = np.maximum(know.rate_per_day[:, setting.cell, kind] * when, 1e-12) / false[:, 0]
    odds = odds / np.minimum(false[:, 1:] * setting.patch, _SURE).prod(axis=1)
    lives = np.ones((sets, NODES))
    for physics in sorted({*hits.physics.tolist(), *quiet}):
        mine = np.flatnonzero(hits.physics == physics)
        seen = np.exp(quiet[physics]) if physics in quiet else np.ones((sets, NODES, NODES))
        for row in mine.tolist():
            seen = seen * _chance(know, kind, hits, usual, row)
        hidden = know.hidden[:, physics, kind, None]
        lives = lives * ((1 - hidden) * seen.mean(axis=2) + (0.0 if len(mine) else hidden))
    odds = odds * lives.mean(axis=1)
    return np.asarray(odds / (1 + odds), dtype=np.float64)


def _chance(know: Knowledge, kind: int, hits: Hits, usual: tuple[F64, ...], row: int) -> F64:
    """Chance of one report from an act; (sets, lives, nodes). An act that was met under way goes on as if it had just begun,
    so that the report which founds the case tells nothing of the rest of its life."""
    if hits.asked[row]:
        law = know.trace if hits.trace[row] else know.act
        return law[:, int(hits.means[row]), kind][:, None]
    if row == 0 and not hits.trace[row]:
        return np.asarray(usual[row].mean(axis=1, keepdims=True))
    return usual[row]


def lifetimes(median: F64) -> F64:
    """Lives of an exponential law with a median, at even chances; values × nodes."""
    quantile = (np.arange(NODES) + 0.5) / NODES
    return np.asarray(median[..., None] * -np.log2(1 - quantile))


def spread_over(median: F64) -> F64:
    """The same lives in another order, so that a long act need not leave a long trace."""
    return lifetimes(median)[..., [3, 6, 1, 4, 7, 2, 5, 0]]
