"""The published record: what owners and sides do not let go stays out of it, and changes nothing else."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from small_worlds import SEED, monitored, ready, world

from sim.engine import play
from sim.engine.chronicle import Chronicle, history_of
from sim.engine.published import public_acts_us
from sim.ledger import digest
from sim.measure.measures import measure
from sim.records import NEVER

OWNERS = ("mission", "contributor", "backing-state", "company", "party", "open-source")
RECORD = {"reported_ratio", "trend_error", "published_trend"}
"""Measures of the published record that a rule of publication may change."""


@cache
def told(rule: str) -> Chronicle:
    """The world with its releases, under one rule of publication."""
    daily = "{ closes_h = 19.0, issued_from_h = 12.0, issued_to_h = 18.0 }"
    scenario = world("evidence-release", more=(("verification.publication", daily),))
    design = scenario.monitoring
    rows = {"as shipped": design.release,
            "all": tuple(r.model_copy(update={"public_share": r.mission_share, "public_h": r.mission_h}) for r in design.release),
            "nothing": tuple(r.model_copy(update={"public_share": 0.0}) for r in design.release)}
    if rule in rows:
        return play(ready(monitored(scenario, release=rows[rule])), seed=SEED, replication=0)
    shut = tuple(c.model_copy(update={"may_publish": False}) for c in design.consent)
    return play(ready(monitored(scenario, release=rows["all"], consent=shut)), seed=SEED, replication=0)


@cache
def rows(rule: str) -> dict[Any, tuple[float, float]]:
    found = measure(history_of(told(rule)), told(rule).prepared.scenario)
    return {(r.measure, r.by, r.group): (r.numerator, r.denominator) for r in found.rows}


@pytest.mark.parametrize("rule", ["all", "nothing"])
def test_publication_changes_the_public_record_and_nothing_else(rule: str) -> None:
    """All tables have the same bytes whatever the public is told; of the measures only those of the record differ."""
    assert digest(history_of(told(rule))) == digest(history_of(told("as shipped")))
    differ = {name for (name, by, group), value in rows(rule).items() if rows("as shipped")[name, by, group] != value}
    assert {"reported_ratio"} <= differ <= RECORD


def test_what_may_not_be_published_is_not_counted_as_published() -> None:
    key = ("reported_ratio", "all", "")
    assert rows("nothing")[key][0] == 0 < rows("as shipped")[key][0] < rows("all")[key][0]
    assert rows("nothing")[key][1] == rows("all")[key][1]


def test_a_finding_is_published_with_the_first_of_its_evidence() -> None:
    chronicle = told("as shipped")
    public_h, cases = history_of(chronicle).public_h, chronicle.mission.book.cases
    assert public_h is not None and np.isinf(public_h).any() and np.isfinite(public_h).any()
    for found, when in zip(chronicle.mission.findings, public_h.tolist(), strict=True):
        open_ = [seen.public_us for seen in cases[found.case].evidence if seen.public_us < NEVER]
        assert when == (max(found.found_us, min(open_)) / 3.6e9 if open_ else np.inf)


def test_a_side_that_forbids_publication_keeps_what_was_seen_from_it_out() -> None:
    """With all owners willing, only what is seen from no side, from orbit or in the open, is left to publish."""
    key = ("reported_ratio", "all", "")
    assert 0 < rows("shut")[key][0] < rows("all")[key][0]
    chronicle = told("shut")
    owners = {row for item, row in chronicle.prepared.layout.first.items() if item.startswith(("satellites.", "timetables."))}
    means = {int(chronicle.prepared.layout.sensing.means[row]) for row in owners}
    seen = [one for case in chronicle.mission.book.cases.values() for one in case.reports if one.id in chronicle.cause]
    assert {one.means for one in seen if one.public_us < NEVER} <= means
    assert {one.means for one in seen if one.public_us == NEVER} - means


def test_the_daily_report_waits_until_it_may_tell() -> None:
    """An act enters the daily report once a report of it may be published, not when the mission knows of it."""
    chronicle = told("as shipped")
    detected = np.full(len(chronicle.opened.acts.id), -1, dtype=np.int64)
    for case in chronicle.mission.book.cases.values():
        for seen in case.reports:
            act = chronicle.door.cause.get(seen.id, -1)  # type: ignore[attr-defined]
            if act >= 0 and (detected[act] < 0 or seen.reported_us < detected[act]):
                detected[act] = seen.reported_us
    public = public_acts_us(chronicle, detected)
    assert (public[public >= 0] >= detected[public >= 0]).all() and (public > detected).any() and (public[detected < 0] < 0).all()
    first, later = (history_of(told(rule)).published_h for rule in ("all", "as shipped"))
    assert first is not None and later is not None
    assert len(later) < len(first) and np.median(later) > np.median(first)
    assert history_of(told("nothing")).published_h is not None and len(history_of(told("nothing")).published_h) == 0  # type: ignore[arg-type]
