"""The study of contributions: shares of known games through its rows and its estimates, its folder, its refusals."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.cli import door
from sim.experiment.contributions import figure, players_of, rows_of
from sim.experiment.drills import drills_of
from sim.experiment.journal import Outcome
from sim.experiment.machinery import catalogue
from sim.experiment.worths import NO_VALUE, Found, by_label, found_of
from sim.ledger import Columns
from sim.measure.coalitions import orders_of
from sim.measure.measures import Measured, Row
from sim.measure.posture import posture_rows
from sim.scenario.scenario import Scenario

COSTS = (8.0, 11.0, 13.0, 18.0)
NAMES = ("a", "b", "c", "d")
SMALL = ["--set", "days=4", "--set", "follow_up_h=24", "--set", "area.cell_km=25", "--pairs", "1", "--workers", "1"]
Game = Callable[[frozenset[int]], tuple[float, float]]


def _shapley_airport() -> list[float]:
    steps = np.diff([0.0, *COSTS])
    return [float(sum(steps[j] / (len(COSTS) - j) for j in range(i + 1))) for i in range(len(COSTS))]


def _found(game_of: Callable[[int], Game], *, replications: int = 60, pairs: int = 2) -> Found:
    """Estimates of one game a replication, through the rows and estimates of the study."""
    outcomes = []
    for r in range(replications):
        game = game_of(r)
        rows = rows_of(lambda coalition, game=game: np.array(game(coalition)), NAMES, ["answered_share"],  # type: ignore[misc]
                       orders_of(players=4, pairs=pairs, seed=1, replication=r))
        outcomes.append(Outcome("p", r, "done", rows=tuple(rows)))
    return found_of(outcomes, measures=["answered_share"], contributions=[*NAMES, "idle"], players=NAMES, catalogue=catalogue(),
                    drills={})


def _within(found: Found, known: list[float]) -> None:
    for one, value in zip(found.worths, [*known, 0.0], strict=True):
        assert one.share is not None
        assert one.share_low is not None
        assert one.share_high is not None
        se = (one.share_high - one.share_low) / (2 * 2.0)  # t is at least 2 here: this errs on the strict side
        assert abs(one.share - value) <= 4 * se + 1e-12
    whole = found.wholes[0]
    assert whole.holds
    assert whole.sum_of_shares == pytest.approx(whole.gain, abs=1e-12)


def test_noisy_airport_games_give_the_known_shares_and_losses() -> None:
    """Each replication scales the game by luck of its own; shares are those of the ratio of sums."""
    rng = np.random.Generator(np.random.Philox(key=7))
    scale, weight = rng.uniform(0.5, 1.5, 60), rng.integers(50, 150, 60).astype(float)

    def game_of(r: int) -> Game:
        return lambda coalition: (scale[r] * max((COSTS[i] for i in coalition), default=0.0), float(weight[r]))

    found = _found(game_of)
    ratio = scale.sum() / weight.sum()
    _within(found, [ratio * v for v in _shapley_airport()])
    assert [one.loss for one in found.worths[:4]] == pytest.approx([0.0, 0.0, 0.0, ratio * 5.0])
    assert found.worths[4].reason == "brings neither unit nor sensor"


def test_where_denominators_differ_each_replication_gives_its_own_ratio() -> None:
    """Value of a coalition of size s: s² over s + 1, alike for all players: each has a quarter of 16/5."""
    found = _found(lambda r: lambda coalition: (float(len(coalition) ** 2), len(coalition) + 1.0))
    _within(found, [0.8] * 4)
    assert found.wholes[0].gain == pytest.approx(3.2)
    assert (found.wholes[0].everyone, found.wholes[0].nobody) == (pytest.approx(3.2), 0.0)


def test_a_measure_without_value_for_some_coalition_has_no_shares() -> None:
    found = _found(lambda r: lambda coalition: (1.0, 1.0) if coalition else (0.0, 0.0), replications=3)
    assert {one.share for one in found.worths[:4]} == {None}
    assert found.worths[0].reason == NO_VALUE
    assert found.worths[0].loss == 0.0
    assert not found.wholes[0].holds


def test_shares_by_label_are_sums_with_an_interval_of_their_own() -> None:
    values = (("a", 1.0), ("b", 2.0), ("c", 5.0))
    outcomes = [Outcome("p", r, "done", rows=tuple(("m", "share", name, v + r, 10.0) for name, v in values)) for r in range(3)]
    found = by_label(outcomes, measures=["m"], labels={"a": "X", "b": "X", "c": "not named"})
    assert [(one.contribution, one.share) for one in found] == [("X", pytest.approx(0.5)), ("not named", pytest.approx(0.6))]
    assert found[0].share_high is not None
    assert found[0].share_high - 0.5 == pytest.approx(4.302653 * 0.2 / math.sqrt(3), rel=1e-5)


def test_figures_of_one_history_by_estimator() -> None:
    rows = (Row("answered_share", "all", "", 3.0, 4.0), *(Row("significant_confirmed_in_time_share", "kind-side-light", g, h, n)
                                                          for g, h, n in (("x", 6.0, 10.0), ("y", 3.0, 12.0), ("z", 0.0, 2.0))))
    times = {"time_to_detect": np.array([1.0, 2.0, 3.0, np.inf]), "response_time": np.array([np.inf, 5.0, np.inf])}
    measured = Measured(rows, times)
    known = catalogue()
    assert figure(measured, known["answered_share"]) == (3.0, 4.0)
    assert figure(measured, known["significant_confirmed_in_time_worst"]) == (0.25, 1.0)
    assert figure(measured, known["time_to_detect_median_h"]) == (2.0, 1.0)
    assert figure(measured, known["response_time_median_h"]) == (0.0, 0.0)
    assert figure(measured, known["skill"]) == (0.0, 0.0)


def _orders(scenario: Scenario) -> dict[str, Columns]:
    rungs = [rung.id for rung in scenario.response.ladder if rung.action == "posture"]
    land, sea = "land-posture", "sea-posture"
    assert {land, sea} <= set(rungs)
    orders: Columns = {"order": np.array(["1", "2", "3", "4", "5"]), "rung": np.array([land, land, sea, "notice", land]),
                       "domain": np.array(["land", "land", "sea", "land", "land"]),
                       "due_h": np.array([10.0, 20.0, 30.0, 5.0, 900.0]),
                       "triggered_h": np.array([1.0, 2.0, 3.0, 4.0, 800.0])}
    sent: Columns = {"order": np.array(["1", "2", "5"]), "on_station_h": np.array([10.0, 20.5, 850.0])}
    return {"orders": orders, "responses": sent}


def test_posture_in_time_counts_orders_for_which_nobody_was_left() -> None:
    scenario = sim.load("contributions-35").scenario
    rows = {row.measure: row[3:] for row in posture_rows(_orders(scenario), scenario)}
    assert rows["posture_in_time_share"] == (1.0, 3.0)
    assert rows["posture_in_time_land_share"] == (1.0, 2.0)
    assert rows["posture_in_time_sea_share"] == (0.0, 1.0)
    assert rows["posture_in_time_air_share"] == (0.0, 0.0)


def test_drills_cover_the_roles_an_operator_each_side_navigation_and_the_desk() -> None:
    scenario = sim.load("contributions-35").scenario
    drills = {one.id: one.scenario for one in drills_of(scenario)}
    assert {"backing-means", "backing-data", "backing-forces", "access-a", "access-b", "navigation", "data-centre"} <= set(drills)
    assert any(name.startswith("operator-") for name in drills)
    assert [t.id for t in drills["backing-means"].monitoring.timetables] == []
    assert {c.side for c in drills["access-a"].monitoring.consent} == {"B"}
    assert drills["data-centre"].verification.staff.analysts == scenario.verification.staff.analysts // 2
    assert all(one.monitoring == scenario.monitoring for name, one in drills.items() if name in ("backing-forces", "data-centre"))


# ---- the verb --------------------------------------------------------------------------------------------


def _run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    code = door(["contributions", "contributions-35", *args])
    return code, capsys.readouterr().out


@pytest.mark.slow
def test_the_verb_writes_resumes_and_reads_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One replication first, a second one added, then nothing run at all; the bytes are those of two at once."""
    out, both = tmp_path / "grown", tmp_path / "both"
    assert _run(capsys, *SMALL, "--replications", "1", "--out", str(out), "--quiet")[0] == 0
    assert _run(capsys, *SMALL, "--replications", "2", "--out", str(out), "--quiet")[0] == 0
    assert _run(capsys, *SMALL, "--replications", "2", "--out", str(both), "--quiet")[0] == 0
    for name in ("contributions.csv", "wholes.csv", "contributions.html", "SHA256SUMS"):
        assert (out / name).read_bytes() == (both / name).read_bytes()
    code, text = _run(capsys, *SMALL, "--replications", "2", "--out", str(out), "--json")
    told = json.loads(text)
    assert (code, told["already_done"], told["replications"]) == (0, True, 2)
    assert all(one["holds"] or one["reason"] for one in told["wholes"])
    assert "no answer changes what is found" in told["method"]
    assert len({one["contribution"] for one in told["contributions"]}) == 27


def test_the_table_by_state_is_refused_where_too_much_is_assumed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert door(["contributions", "contributions-35", "--by", "state", "--out", str(tmp_path / "out"), "--quiet"]) == 3
    said = capsys.readouterr().err
    assert "numbers of contributions and units" in said
    assert "at most a tenth may be" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("more", "code", "said"), [
    (["--measure", "happiness"], 2, "--measure happiness: is no measure"),
    (["--by", "flag"], 2, "--by flag: is state"),
    (["--pairs", "0"], 2, "0"),
])
def test_bad_options_are_refused(more: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert door(["contributions", "contributions-35", *more, "--quiet"]) == code
    assert said in capsys.readouterr().err


def test_players_bring_something() -> None:
    scenario = sim.load("contributions-35").scenario
    assert len(players_of(scenario)) == 27
    assert players_of(sim.load("technical-means").scenario)[:1] == ("verification-teams-1",)
