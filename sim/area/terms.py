"""The terms of the agreement as one rule: what an act of a kind, by a party, at a place and an hour, is worth in points.

A mediator can trust that truth, findings and ghost breaches are judged alike: all three are asked here.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.area.line import Cells
from sim.foundation.streams import F64, I64
from sim.scenario.agreement import Agreement, weapon_classes, zone_depth_km
from sim.scenario.special import PARTIES, Stretch

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
_EVER_US = 2**62
FORBIDDEN, ALLOWED, EXEMPT, NOTIFIED, UNDECLARED = range(5)
STANDINGS = ("forbidden", "allowed", "exempt", "notified", "undeclared")
"""What the terms say of an act: a violation; not forbidden; exempt; announced in time; measured against no baseline yet."""
Bools = NDArray[np.bool_]


class Deeds(NamedTuple):
    """Acts, findings or ghosts as the terms see them, one row each.

    `side` may be 2, unattributed: the act is then judged as that of either party. `depth_km` may be negative (side A), or
    NaN where nobody knows it: the act is then taken to lie inside. `weapon` is the number of its class, −1 = not known.
    """

    kind: I64
    side: I64
    cell: I64
    depth_km: F64
    onset_us: I64
    weapon: I64
    notified: Bools


class Scope(NamedTuple):
    """Kinds, parties (two and unattributed), cells, depth and time for which a term holds."""

    kinds: Bools
    sides: Bools
    cells: Bools
    depth_km: float
    from_us: int
    to_us: int
    daily_from_h: float
    daily_to_h: float


class Regime(NamedTuple):
    """A special regime: where and when, whether only its kinds are forbidden there, and their points."""

    scope: Scope
    only: bool
    points: F64


class Notice(NamedTuple):
    """What makes an announced act lawful, and how far a finding may miss what was announced."""

    kinds: Bools
    sides: Bools
    notice_us: int
    slack_us: int
    near_km: float


class Terms(NamedTuple):
    """An agreement as arrays."""

    points: F64
    binds: Bools
    """Kinds × parties (two and unattributed)."""
    limit_km: F64
    """Kinds × classes of weapons, the last column where the class is not known."""
    regimes: tuple[Regime, ...]
    exemptions: tuple[Scope, ...]
    notices: tuple[Notice, ...]
    declared_us: I64
    """Kinds × parties: when the baseline is declared."""
    start_hour: float
    km: F64
    """Middle of each cell along the line."""
    at_sea: Bools
    """Kinds of acts at sea; all others happen on the line."""
    untouched: Bools
    """Kinds of which no special term says anything."""
    plain: bool
    """No special term: every act within its zone carries the points of its kind."""


class Announced(NamedTuple):
    """Acts that a party announced, as the mission knows them."""

    kind: I64
    side: I64
    km: F64
    from_us: I64
    to_us: I64
    told_us: I64


def terms_of(agreement: Agreement, cells: Cells, *, start_hour: float) -> Terms:
    """Turn an agreement into arrays; `start_hour` is the local hour of the day at the start of the run."""
    names = tuple(kind.id for kind in agreement.kinds)
    binds = _either(np.array([[side in kind.binds for side in PARTIES] for kind in agreement.kinds], dtype=bool))
    limit = np.array([[1e9 if (depth := zone_depth_km(agreement, name, weapon)) is None else depth
                       for weapon in (*weapon_classes(agreement), "")] for name in names])
    points = np.array([kind.points for kind in agreement.kinds])
    regimes = tuple(Regime(_scope(term, names, cells), term.rule == "only", np.maximum(
        points, points * term.points_factor if term.points is None else term.points)) for term in agreement.special)
    exemptions = tuple(_scope(term, names, cells) for term in agreement.exemptions)
    notices = tuple(Notice(_named(term.kinds, names), _sides(term.sides), round(term.notice_h * _HOUR_US),
                           round(term.slack_h * _HOUR_US), term.near_km) for term in agreement.notifications)
    plain = bool(binds.all()) and not (regimes or exemptions or notices or agreement.declarations)
    return Terms(points, binds, limit, regimes, exemptions, notices, _declared_us(agreement, names), start_hour, cells.km,
                 np.array([kind.domain == "sea" for kind in agreement.kinds], dtype=bool),
                 _untouched(binds, regimes, exemptions, notices, agreement, names), plain)


def _untouched(binds: Bools, regimes: tuple[Regime, ...], exemptions: tuple[Scope, ...], notices: tuple[Notice, ...],
               agreement: Agreement, names: tuple[str, ...]) -> Bools:
    """Kinds that bind both parties and that no special term names."""
    free = binds.all(axis=1)
    for kinds in (*(r.scope.kinds | r.only for r in regimes), *(s.kinds for s in exemptions), *(n.kinds for n in notices),
                  *(_named(term.kinds, names) for term in agreement.declarations)):
        free &= ~kinds
    return np.asarray(free)


def _named(chosen: Sequence[str], names: tuple[str, ...]) -> Bools:
    """Names that are chosen; none chosen = all."""
    return np.array([not chosen or name in chosen for name in names], dtype=bool)


def _sides(chosen: Sequence[str]) -> Bools:
    return np.array([not chosen or side in chosen for side in PARTIES] + [True], dtype=bool)


def _either(table: Bools) -> Bools:
    """Two parties and a third column: either of them."""
    return np.column_stack((table, table.any(axis=1)))


def _scope(term: Stretch, names: tuple[str, ...], cells: Cells) -> Scope:
    inside = _named(term.sectors, cells.sectors)[cells.sector]
    if term.start_km is not None:
        inside &= cells.km >= term.start_km
    if term.stop_km is not None:
        inside &= cells.km < term.stop_km
    return Scope(_named(term.kinds, names), _sides(term.sides), inside, np.inf if term.depth_km is None else term.depth_km,
                 round(term.from_h * _HOUR_US), round(term.to_h * _HOUR_US), term.daily_from_h, term.daily_to_h)


def _declared_us(agreement: Agreement, names: tuple[str, ...]) -> I64:
    """When the baseline of each kind and party is declared; 0 where none is asked for."""
    when = np.zeros((len(names), 2), dtype=np.int64)
    for term in agreement.declarations:
        hour = _EVER_US if term.declared_h is None else round(term.declared_h * _HOUR_US)
        when[[names.index(kind) for kind in term.kinds], PARTIES.index(term.side)] = hour
    return np.column_stack((when, when.min(axis=1)))


def deeds(kind: I64, side: I64, cell: I64, onset_us: I64, *, depth_km: F64 | None = None, weapon: I64 | None = None,
          notified: Bools | None = None) -> Deeds:
    """Put columns together; what is not given is not known, and not announced."""
    n = len(kind)
    return Deeds(kind, side, cell, np.full(n, np.nan) if depth_km is None else depth_km, onset_us,
                 np.full(n, -1, dtype=np.int64) if weapon is None else weapon,
                 np.zeros(n, dtype=bool) if notified is None else notified)


def judged(terms: Terms, of: Deeds) -> tuple[NDArray[np.int8], F64]:
    """What the terms say of each act (a number of `STANDINGS`), and its points if it is forbidden.

    An act before the baseline declaration of its party is `undeclared`, for the truth as for the mission: without a
    baseline there is no agreed fact against which a weapon or a trench would be new, so the rule, which is part of the
    agreement, cannot be applied to it by anybody. It counts by its onset, and the mission's verdict is undetermined where
    such findings would have made a breach.
    """
    points, forbidden = terms.points[of.kind], terms.binds[of.kind, of.side]
    forbidden &= ~(np.abs(of.depth_km) > terms.limit_km[of.kind, of.weapon])
    standing = np.where(forbidden, np.int8(FORBIDDEN), np.int8(ALLOWED))
    if terms.plain:
        return standing, points
    for regime in terms.regimes:
        there = _inside(regime.scope, of, terms.start_hour)
        mine = there & regime.scope.kinds[of.kind]
        if regime.only:
            forbidden &= mine | ~there
        else:
            forbidden, points = forbidden | mine, np.where(mine, np.maximum(points, regime.points[of.kind]), points)
    exempt = np.zeros(len(forbidden), dtype=bool)
    for scope in terms.exemptions:
        exempt |= _inside(scope, of, terms.start_hour) & scope.kinds[of.kind]
    standing = np.where(forbidden, np.int8(FORBIDDEN), np.int8(ALLOWED))
    for number, spared in ((UNDECLARED, of.onset_us < terms.declared_us[of.kind, of.side]), (NOTIFIED, of.notified),
                           (EXEMPT, exempt)):
        standing[forbidden & spared] = number
    return standing, points


def _inside(scope: Scope, of: Deeds, start_hour: float) -> Bools:
    """Acts in the area and time of a term and by a party that it holds for, of any kind."""
    there = scope.sides[of.side] & scope.cells[of.cell] & (of.onset_us >= scope.from_us) & (of.onset_us < scope.to_us)
    there &= ~(np.abs(of.depth_km) > scope.depth_km)
    if (scope.daily_from_h, scope.daily_to_h) != (0.0, 24.0):
        hour = (of.onset_us / _HOUR_US + start_hour) % 24
        after, before = hour >= scope.daily_from_h, hour < scope.daily_to_h
        there &= after & before if scope.daily_from_h < scope.daily_to_h else after | before
    return np.asarray(there)


def points_of(terms: Terms, of: Deeds) -> F64:
    """Points of each act: those of its kind and place where it is forbidden, else none."""
    standing, points = judged(terms, of)
    return np.where(standing == FORBIDDEN, points, 0.0)


def lawful_notice(terms: Terms, kind: I64, side: I64, onset_us: I64, told_us: I64) -> Bools:
    """Whether acts announced at `told_us` were announced in time by a party that may announce acts of this kind."""
    lawful = np.zeros(len(kind), dtype=bool)
    for notice in terms.notices:
        lawful |= notice.kinds[kind] & notice.sides[side] & (told_us <= onset_us - notice.notice_us)
    return lawful


def covered(terms: Terms, announced: Announced, *, kind: int, side: int, km: float, onset_us: int, now_us: int) -> bool:
    """Whether the mission takes a finding for an act announced in time: same kind and party, near enough in place and time."""
    for notice in terms.notices:
        if not (notice.kinds[kind] and notice.sides[side]):
            continue
        near = (announced.kind == kind) & ((announced.side == side) | (side == len(PARTIES))) & notice.sides[announced.side]
        near &= (announced.told_us <= np.minimum(announced.from_us - notice.notice_us, now_us))
        near &= (np.abs(announced.km - km) <= notice.near_km) & (onset_us >= announced.from_us - notice.slack_us)
        if (near & (onset_us <= announced.to_us + notice.slack_us)).any():
            return True
    return False


def owed_kinds(terms: Terms, cells: Cells, *, periods: int, period_us: int) -> Bools:
    """Kinds that can be a violation at some instant, shape (2, sectors, periods, kinds).

    Terms change only at the edges of their times, so one instant between each two edges tells all; cells that all terms
    treat alike are tried once.
    """
    scopes = (*(regime.scope for regime in terms.regimes), *terms.exemptions)
    classes, first = np.unique(np.column_stack([cells.sector, *(scope.cells for scope in scopes)]), axis=0, return_index=True)
    instants = _instants(terms, scopes, periods * period_us, period_us)
    kinds = len(terms.points)
    side, place, when, kind = (axis.ravel() for axis in np.indices((2, len(first), len(instants), kinds)))
    worth = points_of(terms, deeds(kind, side, first[place], instants[when])) > 0
    owed = np.zeros((2, len(cells.sectors), periods, kinds), dtype=bool)
    period = np.minimum(instants // period_us, periods - 1)
    np.logical_or.at(owed, (side, classes[place, 0], period[when], kind), worth)
    sea = np.arange(len(cells.sectors)) >= cells.land_sectors
    return np.asarray(owed & (sea[:, None] == terms.at_sea)[None, :, None, :])


def _instants(terms: Terms, scopes: Sequence[Scope], end_us: int, period_us: int) -> I64:
    """One instant between each two edges at which any term, or the day, changes."""
    fixed = np.array([t for s in scopes for t in (s.from_us, s.to_us)], dtype=np.int64)
    edges = [np.arange(0, end_us + 1, period_us), fixed, terms.declared_us.ravel()]
    for scope in scopes:
        hours = np.array([scope.daily_from_h, scope.daily_to_h]) - terms.start_hour
        days = np.arange(-1, end_us // _DAY_US + 1)[:, None] * _DAY_US
        edges.append((days + np.round(hours * _HOUR_US).astype(np.int64)).ravel())
    marks = np.unique(np.clip(np.concatenate(edges), 0, end_us))
    return np.asarray((marks[:-1] + marks[1:]) // 2, dtype=np.int64)
