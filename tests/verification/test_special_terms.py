"""Findings, verdicts and ghosts under special terms: what was announced, undeclared or not forbidden gives no points."""

from __future__ import annotations

import numpy as np
import pytest
from test_power import CELLS, FIELD, beliefs
from test_power import TERMS as FULL

from sim.area.line import Cells
from sim.area.terms import UNDECLARED, Announced, Terms, owed_kinds, terms_of
from sim.foundation.streams import streams_of
from sim.records import Finding
from sim.scenario.agreement import Agreement, Kind, Zone
from sim.scenario.special import Declaration, Notification, Special
from sim.verification.power import Field, ghosts_of, power_of, winnable, worth_of
from sim.verification.verdicts import BREACH, COMPLIANT, UNDETERMINED, called, points_found

H = 3_600_000_000
DAY = 24 * H
FIRE, GUNS, SEA = 0, 1, 2


def cells() -> Cells:
    """The cells of the field of ghosts: four, six, and three at sea."""
    sector = np.concatenate([np.full(len(rows), s) for s, rows in enumerate(CELLS)])
    n = len(sector)
    return Cells(sector, np.arange(n) * 5.0 + 2.5, np.full(n, 5.0), np.full(n, 48.0), np.full(n, 37.0), sector == 2,
                 ("west", "east", "bay"), 2, 50.0)


def ruled(agreement: Agreement) -> Terms:
    return terms_of(agreement, cells(), start_hour=0.0)


def terms(**keys: object) -> Agreement:
    return FULL.model_copy(update=keys)


def finding(*, kind: int = GUNS, side: int = 0, cell: int = 0, onset_h: float = 1.0, depth_km: float = float("nan")) -> Finding:
    return Finding(1, kind, side, cell, round(onset_h * H), 30 * H, 30 * H, 3, depth_km)


def points(agreement: Agreement, *found: Finding, announced: Announced | None = None, **keys: int) -> np.ndarray:
    return points_found(found, agreement, cells().sector, sectors=3, periods=3, period_us=DAY, delay_us=72 * H,
                        terms=ruled(agreement), announced=announced, **keys)


def test_findings_deeper_than_the_zone_do_not_count() -> None:
    zone = terms(zones=(Zone(id="back", kinds=("zone",), depth_km=25.0),))
    for depth, gained in ((24.9, 6.0), (-24.9, 6.0), (25.1, 0.0), (-25.1, 0.0), (float("nan"), 6.0)):
        assert points(zone, finding(depth_km=depth)).sum() == gained
    assert points(zone, finding(kind=FIRE, depth_km=90.0)).sum() == 1.0


def test_an_announced_act_gives_no_points_and_an_unannounced_one_beside_it_does() -> None:
    drill = terms(notifications=(Notification(id="drill", kinds=("zone",), notice_h=24.0, near_km=5.0, slack_h=1.0),))
    told = Announced(*(np.array([v]) for v in (GUNS, 0, 2.5, 0, 10 * H, -30 * H)))
    assert points(drill, finding(), announced=told).sum() == 0
    assert points(drill, finding(side=1), announced=told).sum() == 6
    assert points(drill, finding(cell=3), announced=told).sum() == 6
    assert points(drill, finding(onset_h=20.0), announced=told).sum() == 6
    assert points(drill, finding(), announced=told._replace(told_us=np.array([-23 * H]))).sum() == 6


def test_before_its_baseline_a_party_is_neither_in_breach_nor_compliant() -> None:
    late = terms(declarations=(Declaration(id="a", side="A", kinds=("zone",), declared_h=20.0),))
    found = (finding(), finding(cell=5, onset_h=21.0))
    counted, open_ = points(late, *found), points(late, *found, standing=UNDECLARED)
    assert counted[0, :, 0].tolist() == [0, 6, 0] and open_[0, :, 0].tolist() == [6, 0, 0]
    verdict = called(counted, np.ones(counted.shape), breach_points=6.0, required_power=0.5, pending=open_)
    assert verdict[0, :, 0].tolist() == [UNDETERMINED, BREACH, COMPLIANT]
    assert called(counted, np.ones(counted.shape), breach_points=6.0, required_power=0.5)[0, 0, 0] == COMPLIANT


def test_plain_terms_count_as_no_terms_do() -> None:
    found = tuple(finding(kind=k, side=s, cell=c, onset_h=h) for k, s, c, h in
                  ((0, 0, 1, 1.0), (1, 1, 5, 30.0), (2, 0, 11, 50.0), (0, 2, 1, 1.0)))
    without = points_found(found, FULL, cells().sector, sectors=3, periods=3, period_us=DAY, delay_us=72 * H)
    assert (points(FULL, *found) == without).all() and without.sum() == 19


# ---- ghosts -------------------------------------------------------------------------------------------------------------


def test_ghosts_of_plain_terms_are_the_same_with_and_without_them() -> None:
    one = ghosts_of(FULL, beliefs(), FIELD, streams_of(1, 0))
    other = ghosts_of(FULL, beliefs(), FIELD, streams_of(1, 0), terms=ruled(FULL))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


def test_ghosts_are_of_kinds_that_are_owed_where_and_when_they_are_owed() -> None:
    """By day only fire in the west is forbidden, to B; and the sea truce: no ghost elsewhere, and each reaches its breach."""
    war = (FULL.kinds[0].model_copy(update={"binds": ()}), FULL.kinds[1].model_copy(update={"binds": ()}), FULL.kinds[2])
    silent = Special(id="day", kinds=("fire",), sides=("B",), sectors=("west",), daily_from_h=6.0, daily_to_h=18.0, points=2.0)
    agreement = terms(kinds=war, special=(silent,))
    rules = ruled(agreement)
    field = Field(CELLS, np.array([False, False, True]), 4, DAY, 50)
    owed = owed_kinds(rules, cells(), periods=4, period_us=DAY)
    made = ghosts_of(agreement, beliefs(), field, streams_of(1, 0), terms=rules, owed=owed)
    sector, side = cells().sector[made.cell], made.place // (3 * 4 * 50)
    assert set(zip(made.kind.tolist(), sector.tolist(), side.tolist(), strict=True)) == {(0, 0, 1), (2, 2, 0), (2, 2, 1)}
    hour = made.onset_us[made.kind == 0] % DAY / H
    assert hour.min() >= 6 and hour.max() < 18
    worth = worth_of(agreement, made, field, rules)
    gained = np.bincount(made.place, weights=worth, minlength=2 * 3 * 4 * 50)
    expected = owed.any(axis=3)[:, :, :, None].repeat(50, axis=3).ravel()
    assert (gained[~expected] == 0).all() and (gained[expected] >= 6).all()
    sure = winnable(agreement, beliefs(), made, worth=worth)
    seen = np.tile(made.onset_us[:, None] + H, (1, 3)) if len(sure.key) == len(made.key) else None
    assert seen is not None
    power = power_of(agreement, beliefs(), field, sure, seen, kinds=1, lag_us=np.zeros(4, dtype=np.int64), delay_us=72 * H,
                     terms=rules)
    assert (power == owed.any(axis=3)).all()


@pytest.mark.parametrize("declared_h", [None, 48.0])
def test_ghosts_before_a_baseline_are_of_other_kinds(declared_h: float | None) -> None:
    agreement = terms(declarations=(Declaration(id="a", side="A", kinds=("zone",), declared_h=declared_h),))
    rules = ruled(agreement)
    owed = owed_kinds(rules, cells(), periods=10, period_us=DAY)
    made = ghosts_of(agreement, beliefs(share=(0.3, 0.6, 0.1)), FIELD, streams_of(1, 0), terms=rules, owed=owed)
    guns_of_a = (made.kind == GUNS) & (made.place // (3 * 10 * 8) == 0)
    first = made.onset_us[guns_of_a].min(initial=10**18)
    assert first >= (10**18 if declared_h is None else 48 * H)
    assert ((made.kind == GUNS) & ~guns_of_a).any()


def test_kinds_that_nobody_forbids_wait_behind_all_others() -> None:
    from sim.scenario.agreement import ever_forbidden

    free = Kind(id="fire", binds=())
    assert ever_forbidden(terms(), FULL.kinds[0]) and not ever_forbidden(terms(kinds=(free,)), free)
    assert ever_forbidden(terms(kinds=(free,), special=(Special(id="x", kinds=("fire",)),)), free)
    assert not ever_forbidden(terms(kinds=(free,), special=(Special(id="x", kinds=("fire",), rule="only"),)), free)
