"""Contributions: thirty-five participants, their totals, their grades, and who may be named."""

import pytest

import sim
from sim.scenario.check import remarks
from sim.scenario.errors import ScenarioErrors
from sim.scenario.participation import as_contributed, contributing, grades_of, totals_of, without
from sim.scenario.reader import read


def _refused(key: str, value: str) -> str:
    with pytest.raises(ScenarioErrors) as refused:
        read("contributions-35", overrides=[(key, value)])
    return str(refused.value)


def test_thirty_five_take_part_and_twenty_six_contribute_within_the_published_totals() -> None:
    scenario = sim.load("contributions-35").scenario
    members = [one for one in scenario.response.contributions if not one.backing]
    assert (len(members), sum(one.contributes for one in members)) == (35, 26)
    assert [one.members for one in scenario.response.procedures if one.id == "coalition"] == [26]
    total = totals_of(scenario)
    assert {t.id: t.low <= total[t.id] <= t.high for t in scenario.response.totals} == dict.fromkeys(total, True)
    assert total["soldiers"] == 2 * 5000 + 6 * 600
    assert all(any(unit.contribution == one.id for unit in scenario.response.units) or one.brings for one in members)


def test_totals_outside_the_published_range_are_remarked() -> None:
    loaded = read("contributions-35", overrides=[("response.contributions.brigade-2.strength.soldiers", "7000")])
    assert any("15,600 soldiers, outside the published range of 10,000 to 15,000" in line for line in remarks(loaded))
    assert not any("published range" in line for line in remarks(read("contributions-35")))


def test_every_number_of_the_library_has_a_source_or_grade_d() -> None:
    loaded = read("contributions-35")
    assert not any(line.startswith("sources:") for line in remarks(loaded))
    grades = grades_of(loaded.scenario)
    assert grades.inputs > 300
    assert 0.1 < grades.share < 1


def test_a_state_is_named_only_with_its_pledge() -> None:
    named = [one for one in sim.load("contributions-35").scenario.response.contributions if one.state]
    assert [one.id for one in named] == ["brigade-2", "brigade-3"]
    assert 'needs sources."response.contributions.frigate-1.state" of grade A, B or C' in _refused(
        "response.contributions.frigate-1.state", '"Ruritania"')


def test_what_a_contribution_brings_is_there_and_brought_once() -> None:
    assert "did you mean drones.sea?" in _refused("response.contributions.frigate-1.brings", '["drones.see"]')
    assert "maritime-patrol-1 brings it already" in _refused(
        "response.contributions.radar-drones-1.brings", '["drones.sea"]')


def test_whoever_stays_away_takes_sensors_along_and_moves_for_no_order() -> None:
    scenario = sim.load("contributions-35").scenario
    assert len(contributing(scenario)) == 27
    run = as_contributed(without(scenario, ["backing-state"]))
    assert {"large-eo"} == {d.id for d in scenario.monitoring.drones} - {d.id for d in run.monitoring.drones}
    assert [t.id for t in scenario.monitoring.timetables] == ["air-picture"]
    assert run.monitoring.timetables == ()
    still = {unit.contribution for unit in run.response.units if unit.caveat_share == 1.0}
    attending = {one.id for one in scenario.response.contributions if not one.contributes}
    assert still == attending | {"backing-state"}
    assert [unit.id for unit in run.response.units] == [unit.id for unit in scenario.response.units]
    plain = sim.load("technical-means").scenario
    assert as_contributed(plain) is plain
