"""Five ledgers of one run: each loss has one reason, reasons sum exactly, and the ledgers agree with the measures."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sim.engine import prepare, replicate
from sim.engine.chronicle import link
from sim.engine.recording import opportunities, record
from sim.engine.unseen import losses_of
from sim.ledger import UNSEEN, History
from sim.measure.ledgers import LOSSES, MISSED, NEVER, STEPS, Ledger, ledgers
from sim.measure.measures import measure
from sim.scenario.monitoring import Monitoring
from sim.scenario.reader import read
from sim.scenario.scenario import Scenario

ROOT = Path(__file__).parents[2]
SHORT = (("days", "4.0"), ("follow_up_h", "72.0"), ("verification.verdicts.ghosts", "2"))
WEEKLY = (*SHORT, ("verification.commission.every_h", "24.0"))


@cache
def run(name: str, more: tuple[tuple[str, str], ...]) -> tuple[Scenario, History]:
    scenario = read(ROOT / "scenarios" / f"{name}.toml", overrides=more).scenario
    return scenario, replicate(prepare(scenario), seed=5, replication=0)


@pytest.mark.parametrize(("name", "more"), [("technical-means", SHORT), ("commission-boycott", WEEKLY)])
def test_losses_sum_exactly(name: str, more: tuple[tuple[str, str], ...]) -> None:
    scenario, history = run(name, more)
    found = ledgers(history, scenario)
    assert len(found) > 10
    for one in found:
        for before, after in pairwise(STEPS):
            assert sum(one.lost[after].values()) == one.counts[before] - one.counts[after], (one, after)
            assert set(one.lost[after]) <= set(LOSSES[after])
    value = {r.measure: r.numerator for r in measure(history, scenario).rows if r.by == "all"}
    total = {step: sum(one.counts[step] for one in found) for step in STEPS}
    assert total["true"] == history.tables["violations"]["counted"].sum()
    assert total["detected"] == value["detected_share"]
    assert total["reported"] == value["attributed_share"]
    assert total["agreed"] == value.get("agreed_share", 0)
    assert all(sum(one.lost[step].values()) > 0 for step in LOSSES for one in found if one.counts["true"] > 200
               and one.counts[step] < one.counts[STEPS[STEPS.index(step) - 1]])


def lost(found: tuple[Ledger, ...], step: str) -> dict[str, int]:
    """Acts lost before a ledger, by reason, over all kinds and sides."""
    return {reason: sum(one.lost[step].get(reason, 0) for one in found) for reason in LOSSES[step]}


def test_the_commission_has_reasons_of_its_own() -> None:
    without, with_ = (lost(ledgers(run(n, m)[1], run(n, m)[0]), "agreed") for n, m in
                      (("technical-means", SHORT), ("commission-boycott", WEEKLY)))
    assert {reason for reason, n in without.items() if n} == {"no commission"}
    assert with_["contested"] > 0
    assert with_["no commission"] == 0


def test_without_means_nobody_ever_looks() -> None:
    """Without any means the same acts are all in no look; with means most were looked at in vain."""
    scenario, history = run("technical-means", SHORT)
    blind = scenario.model_copy(update={"monitoring": Monitoring()})
    nothing = lost(ledgers(replicate(prepare(blind), seed=5, replication=0), blind), "detected")
    assert {reason for reason, n in nothing.items() if n} == {NEVER}
    assert sum(nothing.values()) == history.tables["violations"]["counted"].sum()
    assert lost(ledgers(history, scenario), "detected")[MISSED] > 0


LOST = ("night", "cloud", "weather", "jammed", "consent", "diverted", "other")


@pytest.mark.parametrize("name", ["technical-means", "observers"])
def test_reasons_are_those_of_the_looks_one_by_one(name: str) -> None:
    """The recording follows each look at one act; the array search over all acts must come to the same reason."""
    scenario = read(ROOT / "scenarios" / f"{name}.toml", overrides=SHORT).scenario
    chronicle = record(prepare(scenario), seed=5, replication=0).chronicle
    losses = losses_of(chronicle, link(chronicle).detected)
    assert losses.unseen is not None
    acts = np.flatnonzero(chronicle.opened.acts.happens & (chronicle.opened.acts.onset_us < chronicle.prepared.horizon_us))
    told = Counter[str]()
    for place in np.flatnonzero(losses.unseen)[::9].tolist():
        why, act = UNSEEN[losses.unseen[place]], int(acts[place])
        met = Counter(one.outcome for one in opportunities(chronicle, act) if not one.tasked)
        told[why] += 1
        assert "reported" not in met, (why, met)
        assert (why == MISSED) <= (met["missed"] > 0), (why, met)
        assert (why == "hidden") <= (met["hidden"] > 0), (why, met)
        assert (why in LOST) <= (met[why] == max(met[reason] for reason in LOST)), (why, met)
        assert (why in ("between looks", NEVER)) <= (not met.keys() - {"cannot sense it"}), (why, met)
    assert sum(told.values()) > 20
    assert len(told) >= 3


def test_boycotts_and_want_of_time_are_told_apart() -> None:
    """Findings that wait count as boycotted only where a sitting after them failed because a party stayed away."""
    scenario, history = run("commission-boycott", (*WEEKLY, ("verification.commission.cases_per_sitting", "1")))
    assert history.losses is not None
    kept = history.losses()
    found = ledgers(history._replace(losses=lambda: kept._replace(failed_sittings=((1e9, "boycott"),))), scenario)
    assert lost(found, "agreed")["boycotted"] > 0
    assert lost(found, "agreed")["waiting"] == 0
    none = ledgers(history._replace(losses=lambda: kept._replace(failed_sittings=((0.0, "boycott"),))), scenario)
    assert lost(none, "agreed")["boycotted"] == 0
    assert lost(none, "agreed")["waiting"] == lost(found, "agreed")["boycotted"]


def test_acts_that_the_terms_allow_are_in_no_ledger() -> None:
    """The narrow and the broad agreement share the same acts; what one forbids and the other does not is outside its rules."""
    found, acts = {}, {}
    for name in ("terms-narrow", "terms-broad"):
        scenario, history = run(name, SHORT)
        found[name] = ledgers(history, scenario)
        acts[name] = set(history.tables["violations"]["violation"].tolist())
    assert acts["terms-narrow"] == acts["terms-broad"]
    whole = {name: sum(one.counts["true"] + sum(one.outside.values()) for one in each) for name, each in found.items()}
    outside = {name: sum(sum(one.outside.values()) for one in each) for name, each in found.items()}
    assert whole["terms-narrow"] == whole["terms-broad"]
    assert outside["terms-narrow"] > outside["terms-broad"] >= 0
