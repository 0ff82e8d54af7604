"""Decoys: what confusers and staged acts look like to each means, as further rows of the library.

A mediator sees that a fire and a shelling pass the same door, and that a means which senses the origin sees through a staging.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.foundation.streams import F64
from sim.monitoring.library import TARGETS, Library
from sim.records import Acts
from sim.scenario.hidden import Confuser
from sim.scenario.monitoring import Monitoring


def disguised(library: Library, monitoring: Monitoring, kinds: Sequence[str], confusers: Sequence[Confuser]) -> Library:
    """Library with a column more for each confuser, then one for each kind as staged.

    A look takes a confuser for a violation with its own chance; staged acts are seen as acts of their kind by means that sense
    impact, and their traces by all. What is seen is reported as a kind of the agreement.
    """
    own, trace = _chances(monitoring, confusers)
    impact = ~library.origin[:, None]
    staged = library.pd * impact
    target = np.array([TARGETS.index(how.target) for how in confusers], dtype=np.int64)
    open_ = np.zeros((len(library.hidden), len(confusers)))
    return library._replace(
        pd=np.hstack((library.pd, own, staged)), trace_pd=np.hstack((library.trace_pd, trace, library.trace_pd)),
        hidden=np.hstack((library.hidden, open_, library.hidden)),
        target=np.concatenate((library.target, target, library.target)),
        confusion=_taken(library.confusion, kinds, confusers))


def _chances(monitoring: Monitoring, confusers: Sequence[Confuser]) -> tuple[F64, F64]:
    """Chances that a look takes a confuser, or its trace, for a violation, shape (means, confusers)."""
    own = [[how.means_pd.get(means.id, how.pd.get(means.physics, 0.0)) for how in confusers] for means in monitoring.means]
    trace = [[how.trace_pd.get(means.physics, 0.0) for how in confusers] for means in monitoring.means]
    shape = (len(monitoring.means), len(confusers))
    return np.array(own, dtype=np.float64).reshape(shape), np.array(trace, dtype=np.float64).reshape(shape)


def _taken(confusion: F64, kinds: Sequence[str], confusers: Sequence[Confuser]) -> F64:
    """Cumulative shares of the kind as reported for all rows; they reach 1 at the last kind of the agreement."""
    means, k = confusion.shape[0], len(kinds)
    plain = np.array([[how.taken_for.get(kind, 0.0) for kind in kinds] for how in confusers]).reshape(len(confusers), k)
    of_confusers = np.broadcast_to(np.cumsum(plain, axis=1), (means, *plain.shape))
    rows = np.concatenate((confusion, of_confusers, confusion), axis=1)
    rows[:, k:, -1] = 1.0
    beyond = np.ones((means, rows.shape[1], len(confusers) + k))
    return np.concatenate((rows, beyond), axis=2)


def with_decoys(acts: Acts, confusers: Acts, unnotified: NDArray[np.bool_], staged: Acts, *, kinds: int,
                confuser_kinds: int) -> Acts:
    """Acts, then confusers of which nobody was notified, then staged acts, with kinds that are columns of `disguised`."""
    seen = Acts._make(column[unnotified] for column in confusers)
    parts = (acts, seen._replace(kind=seen.kind + kinds), staged._replace(kind=staged.kind + kinds + confuser_kinds))
    return Acts._make(np.concatenate(column) for column in zip(*parts, strict=True))
