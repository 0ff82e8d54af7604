"""Proofs at the sizes that the cases themselves ask for: 20,000 to 400,000 independent events, fixed before any was run."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.experiment.prove import prove

CASES_FILE = Path(__file__).parents[2].parent / "shared" / "cases" / "cases_developer.json"
CASES = {"random-search": "A01 A02", "looks": "A10 A16", "revisit": "A11 A13 A14 A15", "patrol": "A09", "cloud": "A18",
         "queue": "C01 C02 C03 C04 C05 C06 C07 C10", "decision": "C19 C20 C22", "fleet": "C12", "hypercube": "C15", "race": "G02",
         "point-process": "D02"}
USUAL = 100_000
"""Size where a case names none."""
SEED = 20260106


def _case(name: str) -> dict[str, Any]:
    if not CASES_FILE.exists():
        pytest.skip("the cases file lies outside the project")
    known = {case["id"]: case for case in json.loads(CASES_FILE.read_text(encoding="utf-8"))["cases"]}
    if name not in known:
        pytest.skip(f"{name} is not among the cases at hand")
    found: dict[str, Any] = known[name]
    return found


def size_of(case: dict[str, Any]) -> int:
    """Independent events that a case asks for in its tolerance, else the usual number."""
    found = re.search(r">= (\d+) independent", case["tolerance"])
    return int(found.group(1)) if found else USUAL


def _pairs(exact: dict[str, Any], simulated: dict[str, Any], within: str = "") -> Iterator[tuple[str, float, float, float]]:
    for name, found in simulated.items():
        if "estimate" in found:
            yield f"{within}{name}", exact[name], found["estimate"], found["se"]
        else:
            yield from _pairs(exact[name], found, f"{within}{name}/")


@pytest.mark.slow
@pytest.mark.parametrize(("family", "case"), [(f, c) for f, cases in CASES.items() for c in cases.split()])
def test_the_engine_gives_the_known_answers_at_the_size_of_the_case(family: str, case: str) -> None:
    known = _case(case)
    found = prove(family, known["setup"], n=size_of(known), seed=SEED)
    rows = list(_pairs(found["exact"], found["simulated"]))
    assert rows
    for name, exact, estimate, se in rows:
        z = (estimate - exact) / se if se else 0.0
        print(f"{case} n={size_of(known)} {name}: exact {exact:.6g}, simulated {estimate:.6g} ± {se:.2g}, z = {z:+.2f}")
    far = [row for row in rows if abs(row[2] - row[1]) > 4 * row[3] + 1e-9]
    assert not far, far
