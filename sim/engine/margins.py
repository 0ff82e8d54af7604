"""Tables beside the chain from act to answer: obstruction, claims of the parties, and what was no violation.

A mediator reads here what the mission was up against; a scenario without it leaves these tables empty.
"""
from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.engine.columns import hex_keys, hours, names_of
from sim.foundation.streams import F64, I64, mix64, uniform
from sim.ledger import Columns
from sim.records import SIDES, UNATTRIBUTED
from sim.scenario.hidden import FORMS
from sim.verification.evidence import side_of

if TYPE_CHECKING:
    from sim.engine.chronicle import Chronicle

_DAY_US = 86_400_000_000
_SHARES = ("own_share", "exact_share", "half_share", "whole_share")
"""Posteriors of a case: the mission's own, then at the disturbances of `CALIBRATED_AT`."""


def obstruction_table(chronicle: Chronicle) -> Columns:
    """Spells of obstruction that were in force, what each cost in looks, and whether and to whom the mission gives it."""
    veil = chronicle.opened.veil
    if veil is None or not len(veil.hindered.spells.id):
        return _empty(("obstruction", "kind", "side", "sector", "named"), ("from_h", "to_h", "met_h"),
                      ("looks_lost", "flights_fired_on"))
    spells, cost = veil.hindered.spells, veil.hindered.cost
    n = len(spells.id)
    met = _first_met(chronicle, n)
    lost = np.bincount(cost.spell, weights=cost.looks, minlength=n).astype(np.int64)
    fired = Counter(spell for spell, _, _ in chronicle.opened.shots)
    named = np.where(spells.anonymous | (met < 0), UNATTRIBUTED, spells.side)
    return {"obstruction": hex_keys(spells.id), "kind": names_of(spells.form, FORMS), "side": names_of(spells.side, SIDES),
            "sector": _sectors(chronicle, spells.cell), "from_h": hours(spells.from_us), "to_h": hours(spells.to_us),
            "met_h": hours(met), "looks_lost": lost, "flights_fired_on": np.array([fired[s] for s in range(n)], dtype=np.int64),
            "named": names_of(named, SIDES)}


def _first_met(chronicle: Chronicle, n: int) -> I64:
    """When the mission first learned of each spell, −1 = never."""
    first = np.full(n, -1, dtype=np.int64)
    veil = chronicle.opened.veil
    assert veil is not None
    row_of = {key: row for row, key in enumerate(veil.hindered.spells.id.tolist())}
    for seen in sorted(chronicle.mission.obstructed, key=lambda s: s.reported_us, reverse=True):
        first[row_of[seen.case]] = seen.reported_us
    return first


def claims_table(chronicle: Chronicle) -> Columns:
    """Complaints filed and totals published, by day of the alleged act, party accused, kind and sector; a ledger that verifies
    nothing.
    """
    veil, scenario = chronicle.opened.veil, chronicle.prepared.scenario
    if veil is None or not len(veil.filed.id):
        return _empty(("claim", "kind", "side", "sector"), ("from_h",), ("filed", "untrue", "claimed"))
    filed, cells = veil.filed, chronicle.prepared.cells
    kinds, sectors, rows = len(scenario.agreement.kinds), len(cells.sectors), scenario.conduct.complaints
    day = filed.onset_us // _DAY_US
    place = ((filed.row * (chronicle.prepared.days + 1) + day) * kinds + filed.kind) * sectors + cells.sector[filed.cell]
    _, first, where, count = np.unique(place, return_index=True, return_inverse=True, return_counts=True)
    untrue = np.bincount(where, weights=filed.act < 0).astype(np.int64)
    factor = np.array([how.claimed_factor for how in rows])[filed.row[first]]
    return {"claim": _claim_names(chronicle, first), "kind": names_of(filed.kind[first], _kind_names(chronicle)),
            "side": names_of(filed.about[first], SIDES), "sector": _sectors(chronicle, filed.cell[first]),
            "from_h": day[first] * 24.0, "filed": count.astype(np.int64), "untrue": untrue,
            "claimed": np.floor(factor * count + _rounding(chronicle, first)).astype(np.int64)}


def _claim_names(chronicle: Chronicle, first: I64) -> np.ndarray[Any, Any]:
    """Names of the rows of claims: who claims, then day, kind and sector by number."""
    veil = chronicle.opened.veil
    assert veil is not None
    filed, rows = veil.filed, chronicle.prepared.scenario.conduct.complaints
    sector = chronicle.prepared.cells.sector[filed.cell[first]].tolist()
    parts = zip(filed.row[first].tolist(), (filed.onset_us[first] // _DAY_US).tolist(), filed.kind[first].tolist(), sector,
                strict=True)
    return np.array([f"{rows[row].id}-{day:04d}-{kind:02d}-{place:03d}" for row, day, kind, place in parts], dtype="U80")


def _rounding(chronicle: Chronicle, first: I64) -> F64:
    """Luck by which a published total is rounded, by the name of the row and the party that publishes it."""
    veil, conduct = chronicle.opened.veil, chronicle.prepared.scenario.conduct
    assert veil is not None
    filed = veil.filed
    keys = np.array([chronicle.opened.streams.key("claim", how.id, conduct.key_a if how.side == "A" else conduct.key_b)
                     for how in conduct.complaints], dtype=np.uint64)[filed.row[first]]
    for part in (filed.onset_us[first] // _DAY_US, filed.kind[first], chronicle.prepared.cells.sector[filed.cell[first]]):
        keys = mix64(keys, part)
    return uniform(keys)


def _sectors(chronicle: Chronicle, cells: I64) -> np.ndarray[Any, Any]:
    """Names of the sectors of cells."""
    known = chronicle.prepared.cells
    return names_of(known.sector[cells], known.sectors)


def decoy_names(chronicle: Chronicle) -> tuple[str, ...]:
    """Names of what is no violation, in the order of the door's kinds."""
    return (*(how.id for how in chronicle.prepared.scenario.conduct.confusers),
            *(f"staged {kind}" for kind in _kind_names(chronicle)))


def _kind_names(chronicle: Chronicle) -> tuple[str, ...]:
    return tuple(kind.id for kind in chronicle.prepared.scenario.agreement.kinds)


def confusers_table(chronicle: Chronicle) -> Columns:
    """Events that are no violations, staged acts among them, and how often each was reported as one."""
    veil = chronicle.opened.veil
    if veil is None or not len(veil.confusers.acts.id) + len(veil.staged.id):
        return _empty(("confuser", "kind", "side", "sector"), ("onset_h", "end_h", "km"), ("notified", "reports"))
    names = decoy_names(chronicle)
    events, staged = veil.confusers.acts, veil.staged
    offset = len(chronicle.prepared.scenario.conduct.confusers)
    join = [np.concatenate(pair) for pair in zip(events, staged._replace(kind=staged.kind + offset), strict=True)]
    all_ = type(events)._make(join)
    ids = chronicle.door_acts.id.tolist()
    reports = Counter(ids[seen.act] for seen in getattr(chronicle.door, "seen", ())
                      if seen.act >= len(chronicle.opened.acts.id))
    notified = np.concatenate((veil.confusers.notified, np.zeros(len(staged.id), dtype=bool)))
    return {"confuser": hex_keys(all_.id), "kind": names_of(all_.kind, names), "side": names_of(all_.side, SIDES),
            "sector": _sectors(chronicle, all_.cell), "onset_h": hours(all_.onset_us), "end_h": hours(all_.end_us),
            "km": np.round(all_.km, 3), "notified": notified.astype(np.int64),
            "reports": np.array([reports[key] for key in all_.id.tolist()], dtype=np.int64)}


def posteriors_table(chronicle: Chronicle, behind: dict[int, int]) -> Columns:
    """Cases that a mission which confirms by posterior has closed: how sure it was in the end, how sure it would have been
    with its beliefs disturbed by 0, 0.5 and 1, and whether a violation is behind the case (`behind`, −1 = none).
    """
    weighed, book = chronicle.mission.weighed, chronicle.mission.book
    if not weighed:
        return _empty(("posterior", "kind", "side", "sector"), ("closed_h", *_SHARES), ("true",))
    cases = [book.cases[key] for key in weighed]
    share = np.array(list(weighed.values()))
    return {"posterior": hex_keys([case.key for case in cases]),
            "kind": names_of([case.kind for case in cases], _kind_names(chronicle)),
            "side": names_of([side_of(case.evidence) for case in cases], SIDES),
            "sector": _sectors(chronicle, np.array([case.cell for case in cases], dtype=np.int64)),
            "closed_h": hours(np.array([case.closed_us for case in cases], dtype=np.int64)),
            **{name: share[:, column] for column, name in enumerate(_SHARES)},
            "true": np.array([behind.get(case.key, -1) >= 0 for case in cases], dtype=np.int64)}


def _empty(texts: tuple[str, ...], reals: tuple[str, ...], whole: tuple[str, ...]) -> Columns:
    """Columns of a table without rows."""
    return ({name: np.zeros(0, dtype="U1") for name in texts} | {name: np.zeros(0) for name in reals}
            | {name: np.zeros(0, dtype=np.int64) for name in whole})
