"""The sixteen kinds as data: each on both sides of the wall, each number with source, grade and range, each seen by something."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenario.check import remarks, strict_faults
from sim.scenario.reader import read
from sim.scenario.resolved import Sources, values

ROOT = Path(__file__).parents[2]
OLD = ("small-arms", "indirect-fire", "direct-fire", "drone-strike", "missile", "advance", "heavy-weapons", "sea-attack")
NEW = ("drone-overflight", "fortification", "mine-laying", "air-incursion", "jamming", "obstruction", "build-up", "deployment")
SHIPPED = ("sixteen-kinds", "terms-narrow", "terms-broad", "no-baseline-declarations", "energy-truce", "sea-truce",
           "window-of-silence")
LOADED = read(ROOT / "scenarios" / "sixteen-kinds.toml")


def test_sixteen_kinds_on_both_sides() -> None:
    scenario = LOADED.scenario
    assert {kind.id for kind in scenario.agreement.kinds} == {kind.id for kind in scenario.conduct.kinds} == {*OLD, *NEW}
    assert len(scenario.agreement.kinds) == 16
    assert {kind.domain for kind in scenario.agreement.kinds} == {"land", "air", "sea"}


def test_the_eight_keep_their_numbers() -> None:
    tense = {kind.id: kind for kind in read(ROOT / "scenarios" / "technical-means.toml").scenario.conduct.kinds}
    added = ("harm_share", "weapon_shares", "depth_limit_km")
    for kind in LOADED.scenario.conduct.kinds:
        if kind.id in OLD:
            assert kind.model_dump(exclude=set(added)) == tense[kind.id].model_dump(exclude=set(added))


def test_every_number_of_the_new_kinds_has_source_grade_and_range() -> None:
    """What a file sets lies within the range of its source."""
    sources, seen = Sources(LOADED.scenario.sources), 0
    for value in values(LOADED.scenario):
        mine = value.path[:2] == ("agreement", "kinds") or (value.path[:2] == ("conduct", "kinds") and value.path[2] in NEW)
        if mine and value.numeric and LOADED.origins[value.key] != "default":
            sourced = sources.of(value.path)
            assert sourced is not None, value.key
            low, high = sourced.source.low, sourced.source.high
            assert low is not None and high is not None and low <= value.value <= high, (value.key, value.value, low, high)
            seen += 1
    assert seen > 120


def test_something_in_use_notices_every_kind() -> None:
    means = LOADED.scenario.monitoring.means
    for kind in (*OLD, *NEW):
        assert max((m.pd.get(kind, 0.0) for m in means), default=0.0) > 0
        assert kind in LOADED.scenario.monitoring.targets
    assert not [line for line in remarks(LOADED) if "no means in use notices" in line]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_scenarios_are_strict_and_have_a_question(name: str) -> None:
    loaded = read(ROOT / "scenarios" / f"{name}.toml")
    assert strict_faults(loaded) == [] and loaded.scenario.question.endswith("?") and loaded.scenario.agenda
    assert [line for line in remarks(loaded) if "reach is not coverage" not in line] == []


def test_start_up_ramp_is_sourced_beside_any_design(tmp_path: Path) -> None:
    for name in ("technical-means", "observers", "mixed"):
        text = (ROOT / "scenarios" / f"{name}.toml").read_text(encoding="utf-8")
        head, tail = text.split("include = [", 1)
        end = tail.index("]")
        (tmp_path / "ramp.toml").write_text(
            f'{head}include = [{tail[:end].rstrip().rstrip(",")}, "parts/start-up-ramp.toml"{tail[end:]}', encoding="utf-8")
        loaded = read(tmp_path / "ramp.toml")
        assert strict_faults(loaded) == [] and loaded.scenario.monitoring.start_up.drones is not None
