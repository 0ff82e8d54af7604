"""Contributions on the face: the tables of a study, and worlds in which sensors are away priced by what is left."""

from __future__ import annotations

import pytest

import sim
from sim.experiment.contributions import Asked, Game, prepare
from sim.experiment.drills import drills_of

FEW = {"days": 2, "follow_up_h": 24}


def test_a_world_without_the_radar_drones_is_measured() -> None:
    scenario = sim.load("contributions-35", **FEW).scenario
    drill = next(one for one in drills_of(scenario) if one.id == "backing-means")
    game = Game(Asked(("drone_hours_flown",), 1, True, (drill,)), prepare(scenario), 1, 0)
    everyone, nobody = game.worth(frozenset(range(len(game.players)))), game.worth(frozenset())
    assert 0 < nobody[0] < everyone[0]
    assert game.drilled(drill)[0, 0] <= everyone[0]


@pytest.mark.slow
def test_the_face_values_contributions() -> None:
    found = sim.contributions(sim.load("contributions-35", **FEW), measures=("drone_hours_flown",), pairs=1, replications=2)
    whole = found.wholes.iloc[0]
    assert whole["holds"]
    assert found.table["share"].sum() == pytest.approx(whole["gain"]) and whole["gain"] > 0
    assert (found.folder / "contributions.csv").exists() and found.drills.empty


def test_an_unknown_measure_is_refused() -> None:
    with pytest.raises(ValueError, match="measures = 'happiness': no such measure"):
        sim.contributions("contributions-35", measures=("happiness",))
