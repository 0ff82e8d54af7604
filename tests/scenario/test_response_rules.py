"""Rules of decision, contributions and spells that contradict themselves are told with key, value and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenario.errors import ScenarioErrors
from sim.scenario.reader import read

ROOT = Path(__file__).parents[2]
BODY = "response.procedures.co-chairs"


def told(*keys: tuple[str, str]) -> str:
    """Text of the faults of technical means with other keys; empty where there are none."""
    try:
        read(ROOT / "scenarios" / "technical-means.toml", overrides=keys)
    except ScenarioErrors as errors:
        return str(errors)
    return ""


@pytest.mark.parametrize(("keys", "text"), [
    ((("rule", '"unanimity"'),), "co-chairs.needed = 2: unanimity needs the consent of all members, 3"),
    ((("rule", '"delegated"'),), "co-chairs.members = 3: delegated means that one authority decides: members = 1"),
    ((("rule", '"automatic"'), ("members", "1"), ("needed", "1")), "co-chairs.refusal_share = 0.02: an automatic answer asks"),
    ((("rule", '"co-chairs"'), ("members", "1"), ("needed", "1")), "co-chairs.members = 1: co-chairs are at least 2"),
    ((("weights", "[1.0, 2.0]"),), 'co-chairs.weights = a list of 2: votes count only where rule = "weighted"'),
    ((("rule", '"weighted"'), ("weights", "[1.0, 2.0, 1.0, 1.0]")), "has votes of 4 members, the body has 3"),
    ((("working_from_h", "18.0"), ("working_to_h", "8.0")), "working_from_h must be < working_to_h"),
    ((("rule", '"opt in"'),), "co-chairs.rule"),
])
def test_a_body_that_contradicts_its_rule(keys: tuple[tuple[str, str], ...], text: str) -> None:
    assert text in told(*((f"{BODY}.{key}", value) for key, value in keys))


@pytest.mark.parametrize(("key", "value", "text"), [
    ("response.contributions.backing-state.withdrawn_d", "5000.0", "withdrawn_d = 5000.0: must be <= 3650"),
    ("response.contributions.frigate-1.accept_shares", "{ sea-postur = 0.5 }", "no such rung in response.ladder (did you mean"),
    ("response.units.frigate-1.caveat_rungs", '["sea-postur"]', "no such rung in response.ladder (did you mean"),
    ("response.units.frigate-1.caveat_sectors", '["s99"]', "no such sector or sea area"),
    ("monitoring.drones.large-eo.operator", '"nobody"', "no such operator"),
    ("agreement.chair_vacant", '[{ id = "gap", from_h = 9.0, to_h = 9.0 }]', "from_h must be < to_h"),
    ("response.liaison.outages", '[{ id = "cut", from_h = 9.0, to_h = 3.0 }]', "from_h must be < to_h"),
])
def test_other_contradictions(key: str, value: str, text: str) -> None:
    assert text in told((key, value))


def test_a_contribution_is_there_before_it_is_withdrawn() -> None:
    keys = (("response.contributions.frigate-1.from_d", "20.0"), ("response.contributions.frigate-1.withdrawn_d", "10.0"))
    assert "frigate-1.withdrawn_d = 10: must be >= from_d, 20" in told(*keys)


@pytest.mark.parametrize("keys", [
    (("rule", '"unanimity"'), ("needed", "3")),
    (("rule", '"weighted"'), ("weights", "[3.0, 1.0]"), ("needed_weight_share", "0.5")),
    (("rule", '"opt-in"'),),
    (("rule", '"automatic"'), ("members", "1"), ("needed", "1"), ("refusal_share", "0.0")),
])
def test_bodies_that_hold_together(keys: tuple[tuple[str, str], ...]) -> None:
    assert told(*((f"{BODY}.{key}", value) for key, value in keys)) == ""
