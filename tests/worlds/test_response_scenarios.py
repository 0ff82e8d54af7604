"""Shipped scenarios of the response: each runs, changes what its name says, and nothing before the hour at which it begins."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from small_worlds import SEED, ready, rows_that_differ, world

from sim.engine import replicate
from sim.ledger import History

NEVER_H, END_H = "999999.0", "1000000.0"
HOUR = 30.0
BUSY = (("response.posture_threshold", "1"), ("verification.attribution.delay_median_h", "1.0"))
"""Findings soon and postures often, so that three days show what thirty would."""


@cache
def told(name: str, more: tuple[tuple[str, str], ...] = (), days: int = 3, replication: int = 0) -> History:
    return replicate(ready(world(name, days=days, more=(*BUSY, *more))), seed=SEED, replication=replication)


def moment(keys: tuple[str, ...], *, on: bool, at: float = HOUR) -> tuple[tuple[str, str], ...]:
    """Drill keys at the hour, or at one that never comes."""
    return tuple((key, str(at / 24 if key.endswith("_d") else at) if on else ("3650.0" if key.endswith("_d") else NEVER_H))
                 for key in keys)


DRILLS: dict[str, tuple[tuple[str, ...], tuple[tuple[str, str], ...]]] = {
    "us-withdrawn-day-30": (
        ("agreement.chair_vacant.until-a-successor.from_h", "monitoring.operators.backing-state.withdrawn_from_h",
         "monitoring.release.backing-state.embargo_from_h", "response.contributions.backing-state.withdrawn_d"),
        (("agreement.chair_vacant.until-a-successor.to_h", END_H), ("monitoring.release.backing-state.embargo_to_h", END_H))),
    "us-data-embargo-7d": (("monitoring.release.backing-state.embargo_from_h",),
                           (("monitoring.release.backing-state.embargo_to_h", END_H),)),
    "us-chair-vacant": (("agreement.chair_vacant.one-week.from_h",), (("agreement.chair_vacant.one-week.to_h", END_H),)),
}


@pytest.mark.parametrize("name", DRILLS)
def test_a_drill_changes_nothing_before_its_hour_and_much_after_it(name: str) -> None:
    keys, rest = DRILLS[name]
    drill, twin = (told(name, (*rest, *moment(keys, on=on))) for on in (True, False))
    # Looks and flights that end after the hour began before it; what is stamped before it is settled.
    assert rows_that_differ(drill, twin, HOUR, but=frozenset({"coverage"})) == {}
    assert rows_that_differ(drill, twin, 1e5, but=frozenset({"coverage"})) != {}


def test_without_a_chair_no_finding_is_made_and_all_wait_for_the_next() -> None:
    at = (("agreement.chair_vacant.one-week.from_h", "30.0"), ("agreement.chair_vacant.one-week.to_h", "50.0"))
    found = told("us-chair-vacant", at).tables["findings"]["found_h"]
    free = told("technical-means").tables["findings"]["found_h"]
    assert not ((found >= 30) & (found < 50)).any() and ((free >= 30) & (free < 50)).sum() > 5
    assert (found == 50.0).sum() >= ((free >= 30) & (free < 50)).sum() * 0.7
    orders = told("us-chair-vacant", at).tables["orders"]
    chaired = np.isin(orders["procedure"], ("co-chairs", "coalition"))
    assert chaired.any() and not ((orders["decided_h"] >= 30) & (orders["decided_h"] < 50))[chaired].any()


def test_the_means_of_the_state_that_withdrew_are_gone() -> None:
    keys, rest = DRILLS["us-withdrawn-day-30"]
    drill, twin = (told("us-withdrawn-day-30", (*rest, *moment(keys, on=on))) for on in (True, False))
    for history, flies in ((drill, False), (twin, True)):
        flights = history.tables["assets"]
        mine = (flights["unit"] == "large-eo") & (flights["airframe"] >= 0)
        assert (flights["start_h"][mine] >= HOUR).any() == flies
        seen = history.tables["observations"]
        assert flies or not ((seen["means"] == "air-picture") & (seen["seen_h"] >= HOUR)).any()
    assert drill.facts["planned_h"] < twin.facts["planned_h"] and drill.facts["flown_h"] < twin.facts["flown_h"]
    sent = drill.tables["responses"]
    backing = sent["unit"] == "backing-air"
    assert not (sent["ordered_h"][backing] >= HOUR).any() and (sent["left_h"][backing] <= HOUR).all()


def test_an_embargo_lets_nothing_through_until_it_ends() -> None:
    at = (("monitoring.release.backing-state.embargo_from_h", "6.0"), ("monitoring.release.backing-state.embargo_to_h", "66.0"))
    often = (("monitoring.timetables.air-picture.gap_h", "12.0"), ("monitoring.release.backing-state.mission_share", "1.0"))
    scenario = world("us-data-embargo-7d", more=(*BUSY, *at))
    means = {t.means for t in scenario.monitoring.timetables if t.owner == "backing-state"}
    late, free = (told("us-data-embargo-7d", keys).tables["observations"]
                  for keys in ((*often, *at), often + moment(("monitoring.release.backing-state.embargo_from_h",), on=False)
                               + (("monitoring.release.backing-state.embargo_to_h", END_H),)))
    mine, other = (np.isin(table["means"], sorted(means)) for table in (late, free))
    inside = (free["reported_h"] >= 6) & (free["reported_h"] < 66) & other
    assert inside.sum() >= 2 and not ((late["reported_h"] >= 6) & (late["reported_h"] < 66) & mine).any()
    assert (late["reported_h"][mine] == 66.0).sum() == inside.sum()


def test_the_hotline_does_not_answer_once_it_is_cut() -> None:
    cut, whole = (told("liaison-cut-day-10", (("response.liaison.outages.cut.from_h", hour),)) for hour in (str(HOUR), NEVER_H))
    assert 0 < cut.facts["contacted"] < whole.facts["contacted"]
    before = (cut.tables["cases"]["opened_h"] < HOUR).sum()
    assert cut.facts["contacted"] <= before and abs(cut.facts["contacted"] / before - 0.9) < 4 * (0.09 / before) ** 0.5


def answered(history: History) -> float:
    """Share of counted acts that were answered."""
    acts = history.tables["violations"]
    return float(np.isfinite(acts["answered_h"])[acts["counted"] == 1].mean())


def test_procedures_differ_by_their_law_on_the_same_findings() -> None:
    one, chairs, all_, willing = (told(n) for n in ("delegated", "co-chairs", "unanimity-of-35", "opt-in"))
    for other in (chairs, all_, willing):
        assert other.tables["findings"]["found_h"].tobytes() == one.tables["findings"]["found_h"].tobytes()
    waits = [h.tables["orders"]["decided_h"] - h.tables["orders"]["triggered_h"] for h in (one, chairs, willing)]
    assert np.median(waits[0]) < 2 < np.median(waits[1]) < 12
    assert answered(one) > answered(chairs) > answered(all_)
    # All of 35 take 11.7 days on average; hardly an answer comes within the two days of this run.
    assert answered(all_) < 0.1 * answered(one)


def test_all_of_35_take_twelve_days() -> None:
    name = "unanimity-of-35"
    # Findings of two days; orders of later ones are decided after the run. A calm month after them costs little.
    calm = (("conduct.path", '[{ id = "silence", from_h = 48.0, regime = "calm" }]'), ("conduct.regimes.calm.factor", "0.001"))
    prepared = ready(world(name, days=2, follow_up_h=720, more=(*BUSY, *calm)))
    table = replicate(prepared, seed=SEED, replication=0).tables["orders"]
    waits = (table["decided_h"] - table["triggered_h"])[table["triggered_h"] < 48] / 24
    # 30 days are enough for all but a hundredth of the decisions.
    assert len(waits) > 30 and abs(waits.mean() - 11.7) < 4 * waits.std() / len(waits) ** 0.5


def test_opt_in_sends_two_battalions_of_those_that_take_part() -> None:
    fit = tuple((f"response.units.battalion-{k}.caveat_share", "0.0") for k in (1, 2, 3))
    history = told("opt-in", (*fit, ("response.units.brigade-reserve.caveat_share", "0.0")), days=5)
    sent, orders = history.tables["responses"], history.tables["orders"]
    land = orders["order"][orders["rung"] == "land-posture"].tolist()
    assert land and {int((sent["order"] == key).sum()) for key in land} == {2}
    assert all(len(set(sent["unit"][sent["order"] == key].tolist())) == 2 for key in land)


@pytest.mark.parametrize("name", ["slow-build-up", "force-only-after-agreement"])
def test_nobody_moves_before_the_contribution_is_there(name: str) -> None:
    scenario = world(name, days=2)
    begin = {c.id: c.from_d * 24 for c in scenario.response.contributions}
    late = {u.id: begin[u.contribution] for u in scenario.response.units if u.role == "posture"}
    soon = tuple((f"response.contributions.{c.id}.from_d", "1.5") for c in scenario.response.contributions if c.from_d)
    fast = (*soon, *((f"response.units.{u}.{key}", "0.0") for u in late for key in ("ready_d", "notice_h")))
    if name == "slow-build-up":
        starts = ("monitoring.start_up.drones", "monitoring.start_up.posts", "monitoring.start_up.commercial_imagery")
        fast = (*fast, *((f"{start}.{key}", "0.0") for start in starts for key in ("from_d", "ramp_d")))
    else:
        fast = (*fast, ("conduct.path.agreement.from_h", "50.0"), ("conduct.path.relapse.from_h", "60.0"))
    assert min(late.values()) >= 480 and len(late) == 10
    table = told(name, fast).tables["responses"]
    posture = table["domain"] != "team"
    assert posture.any() and (table["moved_h"][posture] >= 36.0).all() and (table["ordered_h"][posture] < 36.0).any()


def test_a_relapse_after_the_agreement_brings_more_acts_and_answers_from_units_that_are_there() -> None:
    keys = (("conduct.path.agreement.from_h", "30.0"), ("conduct.path.relapse.from_h", "50.0"))
    onset = told("force-only-after-agreement", keys).tables["violations"]["onset_h"]
    rate = [float(((onset >= a) & (onset < b)).sum()) / (b - a) for a, b in ((0, 30), (30, 50), (50, 72))]
    assert rate[1] < 0.6 * rate[0] < rate[2]


def test_deadlines_of_24_and_72_hours_count_from_the_act() -> None:
    history = told("ladder-24-72")
    orders, found = history.tables["orders"], history.tables["findings"]
    onset = dict(zip(found["case"].tolist(), found["onset_h"].tolist(), strict=True))
    due = [d - onset[c] for c, d in zip(orders["case"].tolist(), orders["due_h"].tolist(), strict=True) if c in onset]
    assert set(np.round(due, 6).tolist()) == {24.0, 72.0}
