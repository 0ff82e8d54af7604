"""What a drone with a reach of 12 km can meet unasked: an act of two minutes, by class of target, as the formula says."""

import math

import numpy as np
import pytest

from sim.engine import prepare
from sim.experiment.proof_files import Run, read_proof, scenario_of
from sim.experiment.stages import door
from sim.measure.theory import FAMILIES
from sim.scenario.shipped import shipped

REACH_KM, ACT_H = 12.0, 1 / 30
AREA_KM2 = math.pi * REACH_KM**2
ACTS, BATCH = 100_000, 25_000


def met(target: str, law: str) -> tuple[float, float]:
    """Share of acts that a drone in the air meets, and its standard error, through the engine's own scan."""
    # The drone of the lateral-range proof, made slow, so that the place never leaves its reach, and kept in the air by relief.
    laid = {"monitoring.drones.flier.reach_km": REACH_KM, "monitoring.drones.flier.speed_kmh": 0.5,
            "monitoring.drones.flier.search_law": law, "monitoring.drones.flier.search_km2_per_h.crews": 75.0,
            "monitoring.drones.flier.search_km2_per_h.vehicles": 1000.0, "monitoring.drones.flier.patrols": ["place"],
            "monitoring.drones.flier.airframes": 4, "monitoring.drones.flier.turnaround_h": 0.001,
            "monitoring.drones.flier.endurance_h": 40.0, "monitoring.drones.flier.available_from_d": 0.0,
            "area.places.strip.lon_deg": 36 + 1005 / 111.31949079327357, "monitoring.targets.act": target,
            "conduct.kinds.act.duration_median_h": ACT_H, "conduct.kinds.act.depth_median_km": 0.0,
            "conduct.kinds.act.incidents_per_day": float(3 * BATCH), "follow_up_h": 1.0}
    file = read_proof(shipped("scenarios") / "proofs" / "lateral-range.toml")
    world = prepare(scenario_of(file._replace(proof={}), Run("drone", "door", "violation", 1, 1, {"set": laid}), {}))
    delays = [door(world, seed=12, replication=r, unit="violation", only="place").items["delay_h"] for r in range(ACTS // BATCH)]
    seen = ~np.isnan(np.concatenate(delays))
    share = float(seen.mean())
    return share, math.sqrt(share * (1 - share) / len(seen))


@pytest.mark.parametrize(("target", "rate_km2_per_h", "about"), [("crews", 75.0, 0.006), ("vehicles", 1000.0, 0.074)])
def test_a_drone_in_rounds_meets_an_act_with_its_length_over_the_round(target: str, rate_km2_per_h: float, about: float) -> None:
    """0.6 % of acts of crews and 7.4 % of those of vehicles: length of the act over the time of a round, area over rate."""
    formula = min(1.0, ACT_H * rate_km2_per_h / AREA_KM2)
    assert round(formula, 3) == about
    share, se = met(target, "systematic")
    assert abs(share - formula) < 4 * se


@pytest.mark.parametrize(("target", "rate_km2_per_h"), [("crews", 75.0), ("vehicles", 1000.0)])
def test_a_drone_at_random_meets_a_little_less(target: str, rate_km2_per_h: float) -> None:
    """Koopman's random search, which counts no place twice: 0.55 % and 7.1 %."""
    formula = FAMILIES["random_search"](W_km=rate_km2_per_h / 100, v_kmh=100.0, t_h=ACT_H, A_km2=AREA_KM2)["P_random"]
    assert formula == pytest.approx(-math.expm1(-ACT_H * rate_km2_per_h / AREA_KM2), rel=1e-12)
    share, se = met(target, "random")
    assert abs(share - formula) < 4 * se


def test_reach_alone_would_promise_a_hundred_times_as_much() -> None:
    assert met("crews", "systematic")[0] < 0.01
