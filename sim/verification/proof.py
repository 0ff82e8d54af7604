"""What sights of a ghost breach would prove to a mission that confirms by posterior, one physics class after another.

A mediator sees power under the standard in force: a lone report confirms where false ones are rare, and not where they are many.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.foundation.scan import NEVER
from sim.foundation.streams import F64, I64
from sim.verification.posterior import Knowledge

_LEAST_PER_DAY = 1e-6


class Proof(NamedTuple):
    """Logarithms of odds that a report of each physics class gives, by kind; and those that confirm."""

    founding: F64
    """Of the report that opens a case, (physics, kinds)."""
    further: F64
    """Factor of one that joins it, (physics, kinds)."""
    needed: float


def proof_of(know: Knowledge, physics: I64, used: I64, *, classes: int, patch: float, posterior_share: float) -> Proof:
    """Worth of reports by the mission's own beliefs (the first set), of the sharpest means in use in each class.

    Acts are taken as met by one proper look, at the mean rate of a cell, and silence as telling nothing; `patch` are the days
    × cells in which reports are merged.
    """
    chance = np.maximum(know.act[0], know.trace[0]).mean(axis=2)
    best = np.zeros((classes, chance.shape[1], 2))
    best[..., 1] = 1.0
    for means in used.tolist():
        sharper = chance[means] > best[physics[means], :, 0]
        best[physics[means], sharper, 0] = chance[means, sharper]
        best[physics[means], sharper, 1] = np.maximum(know.false_per_day[0, means, sharper], _LEAST_PER_DAY)
    seen, false = np.maximum(best[..., 0], 1e-12), best[..., 1]
    able = know.rate_per_day[0] > 0
    rate = know.rate_per_day[0].sum(axis=0) / np.maximum(able.sum(axis=0), 1)
    return Proof(np.log(np.maximum(rate, 1e-12) * seen / false), np.log(seen / np.minimum(false * patch, 1 - 1e-9)),
                 float(np.log(posterior_share / (1 - posterior_share))))


def proven(proof: Proof, times: I64, kind: I64, least: I64) -> I64:
    """When the sights of each ghost act, (acts, physics), would confirm it: odds, and at least so many kinds of evidence."""
    order = np.argsort(times, axis=1, kind="stable")
    when = np.take_along_axis(times, order, axis=1)
    worth = proof.further[order, kind[:, None]]
    worth[:, 0] = proof.founding[order[:, 0], kind]
    met = (np.cumsum(worth, axis=1) >= proof.needed) & (np.arange(times.shape[1]) + 1 >= least[:, None]) & (when < NEVER)
    return np.where(met.any(axis=1), when[np.arange(len(when)), met.argmax(axis=1)], NEVER)
