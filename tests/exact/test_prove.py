"""Proofs: the engine's answers beside those that others know, for the cases of the cases file and for worlds of our own."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.experiment.prove import list_families, prove
from sim.measure.theory import FAMILIES

CASES_FILE = Path(__file__).parents[2].parent / "shared" / "cases" / "cases_developer.json"
# Cases of each family, the events of the quick suite, and the names that a simulation must give.
CASES: dict[str, dict[str, int]] = {
    "random-search": {"A01": 20_000, "A02": 4_000},
    "looks": {"A10": 20_000, "A16": 20_000},
    "revisit": {"A11": 10_000, "A13": 10_000, "A14": 10_000, "A15": 6_000},
    "patrol": {"A09": 20_000},
    "cloud": {"A18": 10_000},
    "queue": {"C01": 6_000, "C02": 5_000, "C03": 6_000, "C04": 4_000, "C05": 16_000, "C06": 20_000, "C07": 6_000, "C10": 6_000},
    "decision": {"C19": 4_000, "C20": 4_000, "C22": 4_000},
    "race": {"G02": 20_000},
    "fusion": {"A21": 20_000},
    "ground-cover": {"A24": 20_000},
    "random-tasking": {"A25": 20_000},
    "duty": {"G05": 20_000},
    "daylight": {"G04": 20_000},
    "lateral-range": {"A03": 20_000},
    "barrier": {"A06": 20_000, "A07": 20_000},
    "moving-target": {"A04": 20_000},
    "fleet": {"C12": 20_000, "C13": 20_000},
    "orbit-fleet": {"C30": 3_200},
    "hypercube": {"C15": 8_000, "C16": 8_000},
    "escalation": {"C29": 2_000},
    "revisit-orbit": {"B09": 80, "B12": 400},
    "point-process": {"D02": 20_000},
    "belief": {"A22": 20_000, "E03": 20_000},
}
FORMULAS = {"distance": "C25 C26 C27", "swath": "B01 B02", "repeat-orbit": "B03 B04", "sgp4": "B05", "passes": "B06",
            "sun": "B16 B17", "metrics": "E01 E02 E04 E06 E07"}
# Other sensors' laws; an integral; gaps of a repeat cycle, which are steps; and trees of descent, which acts do not show.
NOT_SIMULATED = {"P_exhaustive", "P_inverse_cube_parallel", "inverse_cube_parallel", "definite", "integral", "max_gap",
                 "min_gap", "med_gap", "equator_overlap_deg", "mean_cluster", "P_cluster_size_1", "mean_looks_sliding",
                 "posterior"}
# Worlds of our own, with parameters that no case has: family, setup, events.
OWN: list[tuple[str, dict[str, Any], int]] = [
    ("random-search", {"W_km": 0.3, "v_kmh": 160.0, "t_h": 60.0, "A_km2": 5000.0}, 20_000),
    ("looks", {"p": 0.3, "n": 6, "hidden_share": 0.2, "look_correlation": 0.4}, 20_000),
    ("looks", {"p": 0.45, "n": 7, "m": 2, "hidden_share": 0.1, "look_correlation": 0.3}, 20_000),
    ("revisit", {"gaps": [2.0, 5.0], "p": 0.6, "d_h": 3.0, "mean_dur_h": 3.0}, 8_000),
    ("revisit", {"gaps": "erlang2", "T_h": 6.0, "d_h": 2.0, "p": 0.8, "mean_dur_h": 5.0}, 8_000),
    ("revisit", {"T_h": 6.0, "d_h": 7.0, "tau_h": 1.0, "mean_dur_h": 2.0, "median_h": 3.0, "sigma": 0.6}, 8_000),
    ("revisit", {"T_h": 6.0, "K": 4, "phase": "random", "d_h": 2.0, "p": 0.6}, 6_000),
    ("patrol", {"L_km": 400.0, "v_kmh": 90.0, "x_km": 390.0, "dwell_h": 3.5}, 20_000),
    ("patrol", {"L_km": 37.0, "v_kmh": 110.0, "x_km": 0.0, "dwell_h": 0.4}, 20_000),
    ("queue", {"lam": 1.3, "mu": 0.5, "c": 4}, 6_000),
    ("queue", {"lam": 9.0, "mu": 1.0, "c": 6, "theta": 0.5}, 6_000),
    ("queue", {"lam": 3.0, "mu": 1.0, "c": 2, "K": 4, "theta": 0.7}, 6_000),
    ("queue", {"lam": 0.5, "mu": 1.25, "service": "lognormal", "cv": 0.8}, 6_000),
    ("queue", {"lam": 0.5, "mu": 1.25, "service": "erlang2"}, 6_000),
    ("queue", {"lam_per_d": 1.5, "ES_d": 1.2}, 20_000),
    ("decision", {"means": [1.0, 3.0, 4.0, 7.0], "k": 3}, 4_000),
    ("decision", {"n": 5, "k": 2, "law": "exponential", "mean": 3.0, "p": 0.6}, 4_000),
    ("decision", {"n": 9, "k": [5, 9], "law": "lognormal", "median_d": 3.0, "sigma": 0.5, "p": 0.9}, 4_000),
    ("on-off", {"a": 8.0, "b": 4.0, "d": 2.0, "mean_dur_h": 3.0}, 20_000),
    ("cloud", {"mean_clear_h": 20.0, "mean_cloud_h": 30.0, "T_h": 12.0, "n": 4}, 10_000),
    ("race", {"T_h": 24.0, "p": 0.7, "rate_per_h": 0.02, "p_poisson": 0.8, "mean_dur_h": 12.0}, 20_000),
    ("race", {"T_h": 12.0, "p": 0.9, "mean_gap_h": 30.0, "d_h": 15.0}, 20_000),
    ("fusion", {"p": [0.1, 0.25, 0.4, 0.15, 0.3]}, 20_000),
    ("fusion", {"clear": 0.3, "optical": [0.5, 0.6]}, 20_000),
    ("fusion", {"weather": "clear .45; optical .7; radar .2,.35"}, 20_000),
    ("ground-cover", {"density_per_km2": 0.004, "r_km": 11.0, "k": 3}, 20_000),
    ("random-tasking", {"K": 5, "N": 30, "days": 4}, 20_000),
    ("duty", {"on_h": 3.0, "cycle_h": 10.0, "n": 3, "d_h": [0.2, 0.3]}, 20_000),
    ("daylight", {"daylight_h": 8.0, "d_h": 3.0, "mean_dur_h": 4.0}, 20_000),
    ("daylight", {"daylight_h": 16.0, "d_h": 1.0, "mean_dur_h": 6.0, "p": 0.7}, 20_000),
    ("daylight", {"daylight_h": 12.0, "night_share": 0.7, "p": 0.8}, 20_000),
    ("lateral-range", {"W": 5.0, "x": [1.0, 3.0]}, 20_000),
    ("barrier", {"L_km": 60.0, "R_km": 8.0, "v_kmh": 70.0, "u_kmh": 35.0}, 20_000),
    ("barrier", {"L_km": 60.0, "W_km": 9.0, "v_kmh": 90.0, "u_kmh": 18.0}, 20_000),
    ("moving-target", {"u_kmh": 20.0, "v_kmh": 20.0, "R_km": 3.0, "A_km2": 5000.0}, 5_000),
    ("moving-target", {"u_kmh": 45.0, "v_kmh": 9.0, "R_km": 12.0, "A_km2": 40_000.0}, 5_000),
    ("daylight", {"daylight_h": 9.0, "cloud": 0.6, "p": 0.9, "d_h": 2.0, "mean_dur_h": 4.0}, 20_000),
    ("daylight", {"daylight_h": 12.0, "cloud": 0.3, "night_share": 0.6}, 20_000),
    ("fleet", {"N": 4, "crews": 1, "mtbf_h": 30.0, "mttr_h": 12.0, "need": 2, "spares": 1}, 20_000),
    ("hypercube", {"rates": [0.5, 0.3, 0.9, 0.2], "mu": 0.8}, 8_000),
    ("hypercube", {"N": 2, "rates": [0.6, 0.5, 0.7], "prefs": [[1, 0], [0, 1], [1, 0]], "mu": 0.7}, 8_000),
    ("orbit-fleet", {"on": 9.0, "transit": 1.5, "turn": 7.3, "stations": 3}, 3_200),
    ("escalation", {"Q": [[0.1, 0.6], [0.3, 0.2]], "R": [[0.2, 0.05, 0.05], [0.1, 0.2, 0.2]], "mean_truce": 30.0,
                    "mean_violence": 12.0, "t": 4.0}, 2_000),
    ("revisit-orbit", {"repeat": "233/16", "swath_km": 185, "passes": "ascending only", "sats": 3, "lats": [30, 52]}, 80),
    ("revisit-orbit", {"repeat": "175/12", "swath_km": 250, "lats": [48]}, 80),
    ("revisit-orbit", {"repeat": "412/29", "swath_km": 2670, "passes": "descending only", "lats": [10, 60]}, 80),
    ("looks", {"p": 0.4, "n": 6, "m": 2, "window": 3}, 20_000),
    ("looks", {"p": 0.3, "n": 9, "m": 3, "window": 5}, 20_000),
    ("belief", {"prior": [0.2, 0.8], "POD_cell1": 0.5}, 20_000),
    ("belief", {"prior": 0.3, "se": 0.6, "sp": 0.8, "se2": 0.7, "sp2": 0.6}, 20_000),
    ("point-process", {"mu": 1.0, "n": 0.4, "beta": 0.8, "T": 5.0}, 20_000),
]


def _case(name: str) -> dict[str, Any]:
    if not CASES_FILE.exists():
        pytest.skip("the cases file lies outside the project")
    known = {case["id"]: case for case in json.loads(CASES_FILE.read_text(encoding="utf-8"))["cases"]}
    if name not in known:
        pytest.skip(f"{name} is not among the cases at hand")
    found: dict[str, Any] = known[name]
    return found


def _pairs(exact: dict[str, Any], simulated: dict[str, Any], within: str = "") -> Iterator[tuple[str, float, dict[str, float]]]:
    for name, found in simulated.items():
        if isinstance(found, list):
            yield from ((f"{within}{name}[{i}]", exact[name][i], item) for i, item in enumerate(found) if item)
        elif "estimate" in found:
            yield f"{within}{name}", exact[name], found
        else:
            yield from _pairs(exact[name], found, f"{within}{name}/")


def _leaves(table: dict[str, Any], within: str = "") -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, dict) and "estimate" not in value:
            yield from _leaves(value, f"{within}{name}/")
        else:
            yield f"{within}{name}"


def _holds(found: dict[str, Any]) -> None:
    """Every simulated value lies within 4 standard errors of its exact one."""
    pairs = list(_pairs(found["exact"], found["simulated"]))
    assert pairs
    for name, exact, simulated in pairs:
        apart = abs(simulated["estimate"] - exact)
        assert math.isfinite(simulated["se"]), name
        assert apart <= 4 * simulated["se"] + 1e-9, (name, exact, simulated)


@pytest.mark.parametrize(("family", "case", "n"), [(f, c, n) for f, cases in CASES.items() for c, n in cases.items()])
def test_the_engine_gives_the_known_answers(family: str, case: str, n: int) -> None:
    known = _case(case)
    found = prove(family, known["setup"], n=n, seed=20260106)
    assert found["exact"] == FAMILIES[family.replace("-", "_")](**known["setup"])
    assert (found["family"], found["setup"], found["n"]) == (family, known["setup"], n)
    _holds(found)
    missing = {name for name in _leaves(known["expected"]) if name.rpartition("/")[2] not in NOT_SIMULATED}
    assert missing <= set(_leaves(found["simulated"])) | {"busy_period"}


@pytest.mark.slow
@pytest.mark.parametrize(("family", "case"), [(f, c) for f, cases in CASES.items() for c in cases])
def test_the_engine_gives_the_known_answers_at_full_size(family: str, case: str) -> None:
    _holds(prove(family, _case(case)["setup"], seed=20260107))


@pytest.mark.parametrize(("family", "setup", "n"), OWN)
def test_the_engine_gives_answers_that_no_case_holds(family: str, setup: dict[str, Any], n: int) -> None:
    found = prove(family, setup, n=n, seed=20260108)
    assert found["exact"] == FAMILIES[family.replace("-", "_")](**setup)
    _holds(found)


@pytest.mark.parametrize(("family", "case"), [(f, c) for f, cases in FORMULAS.items() for c in cases.split()])
def test_formulas_are_given_alone(family: str, case: str) -> None:
    setup = _case(case)["setup"]
    found = prove(family, setup, seed=1)
    assert found["simulated"] == {} and found["n"] == 0
    assert found["exact"] == FAMILIES[family.replace("-", "_")](**setup)


def test_the_same_seed_gives_the_same_estimate_and_another_seed_another() -> None:
    setup = {"p": 0.3, "n": 5}
    first, again, other = (prove("looks", setup, n=2000, seed=seed)["simulated"] for seed in (1, 1, 2))
    assert first == again != other


def test_more_events_make_the_error_smaller() -> None:
    few, many = (prove("looks", {"p": 0.3, "n": 5}, n=n, seed=1)["simulated"]["P"]["se"] for n in (2_000, 32_000))
    assert 3 < few / many < 5


def test_the_list_names_keys_and_simulated_names_of_every_family() -> None:
    families = list_families()
    assert sorted(families) == sorted(name.replace("_", "-") for name in FAMILIES)
    assert families["patrol"]["keys"] == ["L_km", "v_kmh", "x_km", "dwell_h"]
    assert families["patrol"]["simulated"] == ["mean_wait_h", "P"]
    assert families["distance"]["simulated"] == []
    json.dumps(families, allow_nan=False)


@pytest.mark.parametrize(("family", "setup", "words"), [
    ("queue", {"lamb": 2.0}, ["lamb = 2.0", "lam, mu, c"]),
    ("queue", {"lam": -1.0, "mu": 2.0}, ["lam = -1.0"]),
    ("queue", {"lam": 3.0, "mu": 1.0, "c": 2}, ["lam = 3.0", "c = 2"]),
    ("queue", {"lam": float("nan"), "mu": 2.0}, ["lam = nan", "finite"]),
    ("queue", {"lam": "many", "mu": 2.0}, ["lam = 'many'", "lam, mu, c"]),
    ("looks", {"p": 80, "n": 5}, ["p = 80"]),
    ("revisit", {"gaps": "sometimes", "T_h": 3.0}, ["sometimes"]),
    ("patrol", {"L_km": 10.0}, ["L_km = 10.0", "L_km, v_kmh, x_km, dwell_h"]),
    ("decision", {"n": 5, "k": 6}, ["k = 6"]),
    ("mystery", {}, ["mystery", "random-search"]),
])
def test_bad_setups_are_named_with_what_is_known(family: str, setup: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ValueError) as refused:
        prove(family, setup, n=100, seed=1)
    assert all(word in str(refused.value) for word in words), str(refused.value)


@pytest.mark.parametrize("n", [0, 1, -5, 2.5, True])
def test_a_size_that_is_none_is_refused(n: Any) -> None:
    with pytest.raises(ValueError, match="n = "):
        prove("looks", {"p": 0.3, "n": 5}, n=n, seed=1)
