"""Five ledgers of one run: each loss has one reason, reasons sum exactly, and the ledgers agree with the measures."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from sim.engine import prepare, replicate
from sim.ledger import History
from sim.measure.ledgers import LOSSES, MISSED, NEVER, STEPS, Ledger, ledgers
from sim.measure.measures import measure
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


def test_without_means_everything_is_out_of_reach() -> None:
    """Emptied of looks, the same history puts every unseen act down to reach; with looks it does not."""
    scenario, history = run("technical-means", SHORT)
    coverage = {name: column[:0] for name, column in history.tables["coverage"].items()}
    blind = lost(ledgers(history._replace(tables=history.tables | {"coverage": coverage}), scenario), "detected")
    seeing = lost(ledgers(history, scenario), "detected")
    assert {reason for reason, n in blind.items() if n} == {NEVER}
    assert seeing[MISSED] > 0
    assert sum(blind.values()) == sum(seeing.values())
