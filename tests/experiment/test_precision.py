"""Runs that go on until a number is known as exactly as was asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_engine import CATALOGUE
from small_world import Command, digests

from sim.experiment.journal import Outcome
from sim.experiment.precision import FEWEST, LOOK_AHEAD, Widths, look_ahead, next_count, target
from sim.experiment.refusals import BadUsage


def shares(hits: list[float], of: float = 100.0) -> list[Outcome]:
    return [Outcome("p", i, "done", rows=(("detected_share", "all", "", hit, of),)) for i, hit in enumerate(hits)]


@pytest.mark.parametrize("text", ["2", "2pp:nothing", "-1pp", "pp", "0pp:detected_share", "2h:detected_share",
                                  "2pp:time_to_detect_median_h", "1e9pp", "2min:time_to_detect_median_h", "٢pp"])  # fmt: skip
def test_what_is_no_precision_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadUsage, match="--precision"):
        target(text, CATALOGUE)


def test_units_of_a_precision() -> None:
    assert target("2pp:detected_share", CATALOGUE)[1:] == ("detected_share", 0.02, False)
    assert target("5%:violations_per_day", CATALOGUE)[1:] == ("violations_per_day", 0.05, True)
    assert target("0.5h:time_to_detect_median_h", CATALOGUE)[1:] == ("time_to_detect_median_h", 0.5, False)


def test_the_target_must_go_on_to_hold() -> None:
    """Ten equal replications are narrow; one that is far off widens the interval before the look-ahead is over."""
    asked = target("2pp:detected_share", CATALOGUE)
    calm = [50.0, 51.0] * 5
    assert Widths(asked, CATALOGUE).read(shares(calm)).at is None, "the look-ahead was left out"
    assert Widths(asked, CATALOGUE).read(shares([*calm, 50, 51, 50, 51, 50])).at == FEWEST
    late = Widths(asked, CATALOGUE).read(shares([*calm, 50, 51, 90, *[50, 51] * 60]))
    assert late.at is not None and late.at > 13
    assert look_ahead(100) == LOOK_AHEAD and look_ahead(200) == 10


def test_never_fewer_than_ten_and_failed_ones_do_not_count() -> None:
    asked = target("50pp:detected_share", CATALOGUE)
    runs = shares([50.0, 51.0] * 8)
    runs[3] = runs[3]._replace(status="failed", rows=())
    found = Widths(asked, CATALOGUE).read(runs)
    assert (found.at, found.replications) == (10, 15)


def test_the_next_number_depends_on_results_only_and_stays_within_bounds() -> None:
    rng = np.random.Generator(np.random.Philox(key=4))
    asked = target("1pp:detected_share", CATALOGUE)
    found = Widths(asked, CATALOGUE).read(shares(list(rng.integers(20, 80, 10).astype(float))))
    assert found.half_width is not None and found.half_width > 0.05
    assert next_count(found, 10, most=1000) == 20 and next_count(found, 10, most=12) == 12


def test_the_rule_stops_near_the_number_that_theory_gives() -> None:
    """Shares with standard deviation 0.1 need about (1.96 · 0.1 / 0.02)² = 96 replications for two points."""
    asked = target("2pp:detected_share", CATALOGUE)
    stops = []
    for key in range(20):
        rng = np.random.Generator(np.random.Philox(key=key))
        found = Widths(asked, CATALOGUE).read(shares(list(rng.normal(50, 10, 250))))
        assert found.at is not None
        stops.append(found.at)
    assert 80 < float(np.mean(stops)) < 115


def _run(ceasefire: Command, *args: str) -> tuple[int, dict[str, Any]]:
    answer = ceasefire("run", "small.toml", "--json", *args)
    return answer.code, json.loads(answer.out)


def test_a_run_goes_on_until_the_precision_is_reached(ceasefire: Command, small: Path) -> None:
    code, found = _run(ceasefire, "--precision", "5pp:detected_share", "--out", "out", "--workers", "1")
    line = found["measures"]["detected_share"]
    width = max(line["estimate"] - line["noise_low"], line["noise_high"] - line["estimate"])
    assert code == 0 and found["precision"]["reached"] and width <= 0.05 and line["replications"] >= 15
    before = digests(small.parent / "out")
    again = ceasefire("run", "small.toml", "--precision", "5pp:detected_share", "--out", "out")
    assert again.code == 0 and "already done" in again.out and digests(small.parent / "out") == before
    other = ceasefire("run", "small.toml", "--precision", "5pp:detected_share", "--out", "two", "--workers", "2")
    assert other.code == 0 and digests(small.parent / "two") == before
    assert "precision 5pp:detected_share of detected_share reached" in " ".join(other.out.split())


def test_a_precision_that_is_not_reached_is_told_with_code_4(ceasefire: Command, small: Path) -> None:
    code, found = _run(ceasefire, "--precision", "1pp:detected_share", "--replications", "12", "--out", "out")
    assert code == 4 and not found["precision"]["reached"] and found["replications"]["done"] == 12
    answer = ceasefire("run", "small.toml", "--precision", "1pp:detected_share", "--replications", "12", "--out", "out")
    assert answer.code == 4 and "was not reached" in answer.out
    assert ceasefire("run", "small.toml", "--precision", "nonsense").code == 2
