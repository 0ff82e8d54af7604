"""Proof files hold data only, and every simulated answer passes through the stages of the engine."""

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest

from sim.experiment import proof_files, prove, readings, stages
from sim.experiment.proof_files import names_in, read_proof, worked
from sim.experiment.readings import READINGS, Ratio, ratio
from sim.measure.theory import FAMILIES, keys_of
from sim.scenario.shipped import shipped

FOLDER = shipped("scenarios") / "proofs"
FILES = sorted(FOLDER.iterdir())
SETUPS: dict[str, dict[str, Any]] = {
    "random-search": {"W_km": 2.0, "v_kmh": 100.0, "t_h": 3.0, "A_km2": 1000.0}, "looks": {"p": 0.3, "n": 5},
    "revisit": {"T_h": 24.0, "p": 0.7}, "patrol": {"L_km": 100.0, "v_kmh": 50.0, "x_km": 20.0, "dwell_h": 1.0},
    "queue": {"lam": 2.0, "mu": 3.0}, "decision": {"n": 5, "k": 2}, "on-off": {"on_h": 8.0, "off_h": 4.0, "d_h": 2.0},
    "cloud": {"P_clear_to_cloud": 0.2, "P_cloud_to_clear": 0.3}, "point-process": {"mu": 2.0, "n": 0.6, "beta": 1.5, "T": 10.0},
    "race": {"T_h": 24.0, "mean_dur_h": 12.0}, "fusion": {"p": [0.3, 0.5]}, "duty": {"on_h": 10.0, "cycle_h": 24.0, "n": 2},
    "ground-cover": {"density_per_km2": 0.01, "r_km": 8.0}, "random-tasking": {"K": 12, "N": 80, "days": 10},
    "daylight": {"daylight_h": 8.0}, "lateral-range": {"W": 3.0, "x": [1.0]}, "escalation": {},
    "hypercube": {"rates": [0.5, 1.0]}, "belief": {"prior": 0.3, "se": 0.6, "sp": 0.8, "se2": 0.7, "sp2": 0.6},
    "barrier": {"L_km": 100.0, "R_km": 5.0, "v_kmh": 100.0, "u_kmh": 10.0}, "orbit-fleet": {"on": 14, "transit": 3, "turn": 24},
    "fleet": {"N": 10, "crews": 3, "mtbf_h": 50.0, "mttr_h": 8.0, "need": 8},
    "moving-target": {"u_kmh": 10.0, "v_kmh": 20.0, "R_km": 1.0, "A_km2": 10000.0},
    "revisit-orbit": {"repeat": "143/10", "swath_km": 290, "lats": [48]},
    "priority": {"lams": [0.2, 0.6], "mu": 3.0}, "tandem": {"lam": 2.0, "mus": [3.0, 4.0]}, "chain": {},
    "load": {"per_day": 30.0, "hours_per_case": 2.0}, "metrics": {"rates": [1, 1]},
    "pipeline": {"tp_per_day": 1.0, "fp_per_day": 0.5, "se": 0.95, "sp": 0.9},
}


def test_there_is_one_file_for_each_family_and_nothing_else() -> None:
    assert [file.name for file in FILES] == sorted(f"{family.replace('_', '-')}.toml" for family in FAMILIES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_proof_file_holds_a_scenario_and_arithmetic_of_the_family_s_keys(file: Path) -> None:
    proof = read_proof(file)
    family = file.stem.replace("-", "_")
    if not proof.runs:
        assert proof.scenario == {} and proof.proof["exact_only"]
        return
    own = {"events", "pi", "unit_h", "law", "cycle_h", "letter", "median_h", "sigma", "i"}
    own |= {"direction_deg"}  # ways in which targets move
    own |= {"revolutions", "cycle_d", "axis_km", "number"}  # what the words of a repeat cycle and of a fleet say
    columns = [c for rule in proof.proof.get("members", {}).values() for c in rule.get("columns", ())]
    worked_out = {key for run in proof.runs for key in run.data.get("values", {})}
    worked_out |= {*proof.proof.get("values", {}), *proof.proof.get("defaults", {})}
    for run in proof.runs:
        tables = [proof.proof.get(name, {}) for name in ("defaults", "values", "aliases", "keys")]
        known = {*keys_of(family), *own, *columns, *worked_out}
        texts = [t for table in (*tables, run.data.get("values", {}), run.data.get("keys", {})) for t in table.values()
                 if isinstance(t, str)]
        for text in [*texts, *([run.data["when"]] if "when" in run.data else [])]:
            assert names_in(text) <= known, (run.id, text)
        for reading in run.data["simulated"].values():
            assert (reading if isinstance(reading, str) else reading["reading"]) in READINGS


@pytest.mark.parametrize("text", ["__import__('os')", "lam.real", "[1, 2]", "lambda: 1", "open('x')", "exp(lam)", "'text'",
                                  "lam if lam else 1", "(lam := 3)"])
def test_what_is_not_arithmetic_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="arithmetic"):
        worked(text, {"lam": 2.0})


def test_arithmetic_is_worked_out() -> None:
    assert worked("sqrt(a) * (b - 1) ** 2 / 4 + max(1, ln(1))", {"a": 4.0, "b": 3.0}) == 3.0
    assert worked("gaps * 2", {"gaps": [1.0, 3.0]}) == [2.0, 6.0]
    with pytest.raises(ValueError, match="zero"):
        worked("1 / a", {"a": 0.0})


@pytest.mark.parametrize("text", ["[proof]\ntitle = 'x'\ncode = 'y'\n", "[proof]\n[tricks]\n",
                                  "[proof]\n[[proof.runs]]\nid = 'a'\nstage = 'own'\n[proof.runs.simulated]\n",
                                  "[proof]\n[[proof.runs]]\nid = 'a'\nstage = 'door'\nrun = 'x'\n[proof.runs.simulated]\n"])
def test_a_file_with_anything_else_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError):
        read_proof(file)


class Asked(Exception):
    """The engine was asked."""


@pytest.mark.parametrize("family", sorted(SETUPS))
def test_no_simulated_answer_comes_from_anywhere_but_the_engine(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise Asked

    for stage in ("open_world", "play"):
        monkeypatch.setattr(stages, stage, refuse)
    with pytest.raises(Asked):
        prove.prove(family, SETUPS[family], n=50, seed=1)


def test_the_simulated_families_are_those_tested_here() -> None:
    assert {file.stem for file in FILES if read_proof(file).runs} == set(SETUPS)


@pytest.mark.parametrize("module", [prove, proof_files, readings, stages], ids=lambda module: module.__name__)
def test_proofs_bring_no_luck_of_their_own(module: Any) -> None:
    """No random numbers, no clock and no closed form inside the machinery that reads the engine."""
    tree = ast.parse(inspect.getsource(module))
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not names & {"random", "default_rng", "Generator", "Philox", "standard_exponential", "poisson", "normal"}
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    banned = ("random", "simpy", "scipy", "sim.foundation.clock", "sim.foundation.desk")
    assert not {m for m in imported if m and m.startswith(banned)}
    if module is not prove:
        assert "FAMILIES" not in inspect.getsource(module)


def test_the_door_alone_sees_what_the_whole_run_sees() -> None:
    """First sights found at the door are the detections of the full replication."""
    from sim.engine import prepare, replicate

    file = read_proof(FOLDER / "queue.toml")
    run = next(run for run in file.runs if run.id == "waiting")
    values = proof_files.completed(file, run, {"lam": 2.0, "mu": 3.0}, n=3200)
    prepared = prepare(proof_files.scenario_of(file, run, values))
    whole = replicate(prepared, seed=3, replication=0).tables["violations"]
    counted = whole["counted"] == 1
    alone = stages.door(prepared, seed=3, replication=0, unit="violation", only=None).items["delay_h"]
    assert len(alone) == counted.sum() > 100
    assert whole["detected_h"][counted] - whole["onset_h"][counted] == pytest.approx(alone, abs=1e-9)


def test_a_ratio_of_clusters_has_the_error_of_its_clusters() -> None:
    import numpy as np

    value, unit = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 0.0]), np.array([0, 0, 1, 1, 2, 2])
    found = ratio(Ratio(value, np.ones(6), unit, 3))
    means = np.array([1.0, 0.0, 0.5])
    assert found.estimate == 0.5
    assert found.se == pytest.approx(means.std(ddof=1) / np.sqrt(3))




def test_a_share_that_is_none_everywhere_is_not_certain() -> None:
    import numpy as np

    nothing = stages.Sample({"delay_h": np.full(50, np.nan)}, np.arange(50), 50, (0.0, 1.0), 0)
    found = readings.read_off([nothing, nothing], {"reading": "seen"}, at=0, unit_h=1.0)
    assert found == (0.0, 0.01)
    assert readings.read_off([nothing], {"reading": "delay"}, at=0, unit_h=1.0) is None


def test_levels_are_averaged_over_the_window_with_empty_units() -> None:
    import numpy as np

    columns = {"from_h": np.array([-1.0, 1.0, 3.0]), "to_h": np.array([2.0, 4.0, 99.0])}
    sample = stages.Sample(columns, np.array([0, 0, 0]), 2, (0.0, 10.0), 0)
    mean = readings.read_off([sample], {"reading": "under_way"}, at=0, unit_h=1.0)
    none = readings.read_off([sample], {"reading": "none_under_way"}, at=0, unit_h=1.0)
    two = readings.read_off([sample], {"reading": "under_way_at_least"}, at=2, unit_h=1.0)
    assert mean is not None and none is not None and two is not None
    assert (mean.estimate, none.estimate, two.estimate) == pytest.approx(((2 + 3 + 7) / 20, 0.5, 2 / 20))
