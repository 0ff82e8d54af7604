"""Power: the chance that a breach would have been found, measured with ghost breaches planted by the mission itself.

A mediator needs this number before silence may be read as compliance: no power, no verdict.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.area.terms import Terms, deeds, points_of
from sim.foundation.scan import NEVER, LookTable, Sensors, Targets, first_contacts
from sim.foundation.streams import F64, I64, U64, Streams, mix64, mix_name, uniform
from sim.scenario.agreement import GRADES, Agreement
from sim.verification.beliefs import Beliefs
from sim.verification.evidence import CONFIRMED_ON_SITE, CONFIRMED_REMOTE, INDICATIVE
from sim.verification.proof import Proof, proven

_HOUR_US = 3_600_000_000.0
_SPARE = 4
"""Acts drawn for one that is needed where special terms may give an act no points."""


class Ghosts(NamedTuple):
    """Acts of ghost breaches, one row each: `place` is the party × sector × period × ghost that it belongs to."""

    key: U64
    place: I64
    kind: I64
    cell: I64
    depth_km: F64
    trace_depth_km: F64
    onset_us: I64
    end_us: I64
    trace_us: I64


class Field(NamedTuple):
    """Where and when ghosts are planted."""

    cells_of_sector: tuple[I64, ...]
    sea_sector: NDArray[np.bool_]
    periods: int
    period_us: int
    ghosts: int


def ghosts_of(agreement: Agreement, beliefs: Beliefs, field: Field, streams: Streams, *, terms: Terms | None = None,
              owed: NDArray[np.bool_] | None = None) -> Ghosts:
    """Draw believed acts for every ghost until the points of a breach are reached.

    With `terms` that know special places and times, acts are of kinds that are `owed` there (2, sectors, periods, kinds), and
    count what the terms give them at their place and onset.
    """
    sectors = len(field.cells_of_sector)
    places = np.arange(2 * sectors * field.periods * field.ghosts)
    points = np.array([kind.points for kind in agreement.kinds])
    least = points[points > 0].min(initial=agreement.breach.points)
    special = terms is not None and not terms.plain
    acts = int(min(np.ceil(agreement.breach.points / least), 12)) * (_SPARE if special else 1)
    sector, period = places // (field.periods * field.ghosts) % sectors, places // field.ghosts % field.periods
    key = mix64(_identity(streams, sector, period, places % field.ghosts)[:, None], np.arange(acts))
    kind = _kinds(agreement, beliefs, field, uniform(mix_name(key, "kind")), sector,
                  owed.reshape(-1, len(points))[places // field.ghosts] if special and owed is not None else None)
    limit = None if terms is None else terms.limit_km[:, -1]
    worth = points[kind]
    if special and terms is not None:
        row = np.repeat(places, acts)
        drawn = _acts(beliefs, field, key.ravel(), row, kind.ravel(), sector[row], limit)
        worth = worth_of(agreement, drawn, field, terms).reshape(kind.shape)
    gained = np.cumsum(worth, axis=1)
    wanted = np.hstack([np.zeros((len(places), 1)), gained[:, :-1]]) < agreement.breach.points
    row, act = np.nonzero(wanted & (worth > 0) if special else wanted)
    return _acts(beliefs, field, key[row, act], row, kind[row, act], sector[row], limit)


def worth_of(agreement: Agreement, ghosts: Ghosts, field: Field, terms: Terms | None) -> F64:
    """Points of each ghost act: those of its kind, or what special terms give it at its place and onset."""
    if terms is None or terms.plain:
        return np.array([kind.points for kind in agreement.kinds])[ghosts.kind]
    side = ghosts.place // (len(field.cells_of_sector) * field.periods * field.ghosts)
    return points_of(terms, deeds(ghosts.kind, side, ghosts.cell, ghosts.onset_us, depth_km=ghosts.depth_km))


def _identity(streams: Streams, sector: I64, period: I64, ghost: I64) -> U64:
    """Luck of a ghost by where and when it is planted: the same for both parties, and however many periods there are."""
    return mix64(mix64(mix64(streams.key("ghost"), sector), period), ghost)


def _kinds(agreement: Agreement, beliefs: Beliefs, field: Field, luck: F64, sector: I64,
           owed: NDArray[np.bool_] | None) -> I64:
    """Kinds of ghost acts by their believed shares, acts at sea in sea sectors and all others on the line.

    Where only some kinds are `owed` (ghosts × kinds), the others have no share.
    """
    at_sea = np.array([kind.domain == "sea" for kind in agreement.kinds])
    kinds = np.zeros(luck.shape, dtype=np.int64)
    for sea in (False, True):
        share = np.where(at_sea == sea, beliefs.share, 0.0)
        mine = field.sea_sector[sector] == sea
        if owed is not None:
            for able in np.unique(owed[mine], axis=0):
                left, these = share * able, np.flatnonzero(mine & (owed == able).all(axis=1))
                if left.sum() > 0:
                    row = np.searchsorted(np.cumsum(left) / left.sum(), luck[these], side="right")
                    kinds[these] = row.clip(0, len(share) - 1)
        elif share.sum() > 0:
            kinds[mine] = np.searchsorted(np.cumsum(share) / share.sum(), luck[mine], side="right").clip(0, len(share) - 1)
    return kinds


def _acts(beliefs: Beliefs, field: Field, key: U64, place: I64, kind: I64, sector: I64, limit_km: F64 | None) -> Ghosts:
    """Places and times of ghost acts: cell and onset evenly, durations and depths at their believed medians."""
    draw = [uniform(mix_name(key, name)) for name in ("cell", "onset")]
    sizes = np.array([len(cells) for cells in field.cells_of_sector])
    firsts = np.array([cells[0] for cells in field.cells_of_sector])
    cell = firsts[sector] + np.minimum((draw[0] * sizes[sector]).astype(np.int64), sizes[sector] - 1)
    period = place // field.ghosts % field.periods
    onset = period * field.period_us + (draw[1] * field.period_us).astype(np.int64)
    end = onset + np.maximum((beliefs.duration_h[kind] * _HOUR_US).astype(np.int64), 1)
    side = place // (len(field.cells_of_sector) * field.periods * field.ghosts)
    deep = beliefs.depth_km if limit_km is None else np.minimum(beliefs.depth_km, limit_km)  # a breach lies in its zone
    depth = np.where(field.sea_sector[sector], 0.0, np.where(side == 1, 1, -1) * deep[kind])
    trace = end + (beliefs.trace_h[kind] * _HOUR_US).astype(np.int64)
    return Ghosts(key, place, kind, cell, depth, depth * beliefs.trace_sign[kind], onset, end, trace)


def winnable(agreement: Agreement, beliefs: Beliefs, ghosts: Ghosts, *, worth: F64 | None = None) -> Ghosts:
    """Leave out acts that nobody would attribute, and all acts of ghosts that cannot reach a breach without them.

    Attribution is drawn by the key of the act and does not wait for a sight, so nothing is lost by asking it first.
    """
    points = np.array([kind.points for kind in agreement.kinds])[ghosts.kind] if worth is None else worth
    named = _named(beliefs, ghosts)
    within_reach = np.bincount(ghosts.place, weights=np.where(named, points, 0.0)) >= agreement.breach.points
    keep = named & within_reach[ghosts.place] if len(ghosts.place) else named
    return Ghosts._make(column[keep] for column in ghosts)


def _named(beliefs: Beliefs, ghosts: Ghosts) -> NDArray[np.bool_]:
    """Ghost acts that would be given to the right side, if they were confirmed."""
    luck = uniform(mix_name(ghosts.key, "attribution"))
    return np.asarray(luck < beliefs.attributed[ghosts.kind] * (1 - beliefs.wrong_side))


def sighted(ghosts: Ghosts, tables: tuple[LookTable, ...], sensors: Sensors, physics: NDArray[np.int8],
            deadline_us: I64, km: F64 | None = None) -> I64:
    """First sight of each ghost act by each physics class before its deadline, shape (acts, physics).

    `km` is the place of each act along the line; without it posts see as far along the line as their cells reach.
    """
    n = len(ghosts.key)
    times = np.full((n, len(tables)), NEVER)
    for number, table in enumerate(tables):
        useful = (sensors.theta[physics == number] > 0).any(axis=0) if (physics == number).any() else np.zeros(2 * n, dtype=bool)
        phases = ((ghosts.onset_us, ghosts.end_us, ghosts.depth_km), (ghosts.end_us, ghosts.trace_us, ghosts.trace_depth_km))
        for phase, (begin, end, depth_km) in enumerate(phases):
            rows = np.flatnonzero(useful[phase * n : (phase + 1) * n])
            targets = Targets(ghosts.key[rows], ghosts.cell[rows], begin[rows], np.minimum(end, deadline_us)[rows],
                              depth_km[rows], rows + phase * n, 0, None if km is None else km[rows])
            times[rows, number] = np.minimum(times[rows, number], first_contacts(table, sensors, targets)[0])
    return times


def power_of(agreement: Agreement, beliefs: Beliefs, field: Field, ghosts: Ghosts, times: I64, *, kinds: int,
             lag_us: I64, delay_us: int, cued: bool = True, teams: bool = False, terms: Terms | None = None,
             shown: float = 1.0, proof: Proof | None = None) -> F64:
    """Share of ghost breaches that the rule would have called in time, shape (2, sectors, periods).

    A ghost act counts when enough kinds of evidence saw it `lag_us` (one for each period) before the verdict, and it would
    be given to the right side; the points of the acts that count must reach the points of a breach. A grade of
    confirmed-remote needs a third look: a cued one, or else a third kind of evidence, and an image that may be shown to the
    accused (share `shown`); confirmed-on-site needs teams. With `proof`, the odds that sights give take the place of `kinds`.
    """
    grade = np.array([GRADES.index(kind.grade) for kind in agreement.kinds])[ghosts.kind]
    needed = np.array([1, kinds, max(kinds, 2 if cued else 3), kinds])[grade]
    ranked = np.sort(times, axis=1)
    known = ranked[np.arange(len(needed)), np.minimum(needed, ranked.shape[1]) - 1]
    if proof is not None:
        sure = proven(proof, times, ghosts.kind, np.array([1, 1, 2 if cued else 3, 1])[grade])
        known = np.where(grade == INDICATIVE, known, sure)
    known = np.where((grade == CONFIRMED_ON_SITE) & (not teams), NEVER, known)
    if shown < 1:
        known = np.where((grade == CONFIRMED_REMOTE) & (uniform(mix_name(ghosts.key, "shown")) >= shown), NEVER, known)
    period = ghosts.place // field.ghosts % field.periods
    due = (period + 1) * field.period_us + delay_us
    named = _named(beliefs, ghosts)
    points = worth_of(agreement, ghosts, field, terms)
    sectors = len(field.cells_of_sector)
    shape = (2, sectors, field.periods, field.ghosts)
    counts = np.where((known + lag_us[period] <= due) & named, points, 0.0)
    gained = np.bincount(ghosts.place, weights=counts, minlength=int(np.prod(shape))).reshape(shape)
    return np.asarray((gained >= agreement.breach.points).mean(axis=3), dtype=np.float64)
