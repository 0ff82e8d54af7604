"""The replay of the monitoring mission of 2019 and 2020 against its published record, fitted and checked figures told apart.

The short form runs 40 replications of 2020 and 10 of 2019 at the central capture share; the slow suite 100 and 40 of them, and
the ends of the range of the capture share.
"""
from __future__ import annotations

import tomllib
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from sim.engine import prepare, replicate
from sim.ledger import History
from sim.measure.record import dispersion_k, hot_spot_share, lag_1, record_of
from sim.scenario.reader import read

ROOT = Path(__file__).parents[2]
TARGETS = tomllib.loads((ROOT / "scenarios" / "validation" / "smm.toml").read_text(encoding="utf-8"))
FITTED = [f for f in TARGETS["figure"] if f["role"] == "fitted"]
CHECKED = [f for f in TARGETS["figure"] if f["role"] == "checked" and f["figure"] != "effort_ratio"]
CAPTURES = {row["id"]: row for row in TARGETS["capture"]}
SHORT, LONG = {"smm-2020": 40, "smm-2019": 10}, {"smm-2020": 100, "smm-2019": 40}


class Kept(NamedTuple):
    """What the figures need of one replication."""

    violations: dict[str, Any]
    published_h: Any
    jammed_h: Any


def kept(history: History) -> Kept:
    wanted = ("onset_h", "detected_h", "counts", "km", "kind")
    assets = history.tables["assets"]
    jammed = assets["start_h"][np.isin(assets["lost"], ["jammed", "loss"])]
    return Kept({name: history.tables["violations"][name] for name in wanted}, history.published_h, jammed)


@cache
def runs(name: str, count: int, sets: tuple[str, ...] = ()) -> tuple[Kept, ...]:
    overrides = [(one.partition("=")[0], one.partition("=")[2]) for one in sets]
    ready = prepare(read(ROOT / "scenarios" / f"{name}.toml", overrides=overrides).scenario)
    return tuple(kept(replicate(ready, seed=1, replication=r)) for r in range(count))


def values(figure: dict[str, Any], made: tuple[Kept, ...]) -> np.ndarray[Any, Any]:
    name = figure["figure"]
    if name.startswith("publication"):
        return np.array([np.quantile(one.published_h, int(name[13:15]) / 100) for one in made])
    span = figure["from_h"], figure["to_h"]
    if name == "interference_per_fortnight":
        inside = [((one.jammed_h >= span[0]) & (one.jammed_h < span[1])).sum() for one in made]
        return np.array(inside) * 336 / (span[1] - span[0])
    return np.array([getattr(record_of(one.violations, from_h=span[0], to_h=span[1]), name) for one in made], dtype=float)


def mean_and_error(figure: dict[str, Any], made: tuple[Kept, ...]) -> tuple[float, float]:
    found = values(figure, made)
    return float(found.mean()), float(found.std(ddof=1) / sqrt(len(found)))


def hold_fitted(figure: dict[str, Any], made: tuple[Kept, ...]) -> None:
    mean, error = mean_and_error(figure, made)
    assert abs(mean - figure["target"]) <= max(0.011 * figure["target"], 4 * error), (figure["id"], mean, error)


@pytest.mark.parametrize("figure", FITTED, ids=[f["id"] for f in FITTED])
def test_fitted(figure: dict[str, Any]) -> None:
    """Within max(1.1 %, 4 standard errors) of what was published, at the central capture share."""
    hold_fitted(figure, runs(figure["scenario"], SHORT[figure["scenario"]]))


@pytest.mark.parametrize("figure", CHECKED, ids=[f["id"] for f in CHECKED])
def test_checked_is_as_told(figure: dict[str, Any]) -> None:
    """Met figures lie where the source allows, missed ones do not; both are what the file says, within 4 standard errors."""
    mean, error = mean_and_error(figure, runs(figure["scenario"], SHORT[figure["scenario"]]))
    assert abs(mean - figure["simulated"]) <= 4 * sqrt(2) * error + 0.003 * abs(figure["simulated"]), (figure["id"], mean, error)
    inside = figure["low"] <= mean <= figure["high"]
    if figure["outcome"] == "met":
        assert inside or min(abs(mean - figure["low"]), abs(mean - figure["high"])) <= 2 * error, (figure["id"], mean, error)
    else:
        assert figure["outcome"] == "missed" and not inside, (figure["id"], mean, error)


def test_fewer_patrols_record_less_of_the_same_truth() -> None:
    """As in spring 2017: the record falls with the effort, replication by replication, while the truth stays the same."""
    figure = next(f for f in TARGETS["figure"] if f["figure"] == "effort_ratio")
    full, less = runs("smm-2019", 10)[:4], runs("smm-2019", 4, tuple(figure["set"]))
    for one, other in zip(full, less, strict=True):
        assert np.array_equal(one.violations["onset_h"], other.violations["onset_h"])
        a, b = (record_of(k.violations, from_h=0, to_h=8760) for k in (one, other))
        assert figure["low"] < b.counts / a.counts < figure["high"]


def test_the_capture_share_is_the_one_stated() -> None:
    made = [record_of(k.violations, from_h=0, to_h=8784).capture_share for k in runs("smm-2020", 40)]
    assert np.mean(made) == pytest.approx(CAPTURES["central"]["share"], abs=4 * np.std(made, ddof=1) / sqrt(40))


def test_every_figure_says_what_it_is_and_where_it_comes_from() -> None:
    assert {f["role"] for f in TARGETS["figure"]} == {"fitted", "checked"}
    assert len({f["id"] for f in TARGETS["figure"]}) == len(TARGETS["figure"])
    for figure in TARGETS["figure"]:
        assert len(figure["source"]) > 20
        assert ("outcome" in figure) == (figure["role"] == "checked"), "only what was not fitted can be met or missed"


def test_figures_of_a_record_by_hand() -> None:
    violations = {"onset_h": np.array([1.0, 2.0, 25.0, 80.0, 200.0]), "detected_h": np.array([2.0, np.nan, 26.0, 81.0, 201.0]),
                  "counts": np.array([10, 30, 20, 40, 500]), "km": np.array([1.0, 1.0, 1.0, 300.0, 2.0]),
                  "kind": np.array(["casualty", "a", "a", "casualty", "a"])}
    found = record_of(violations, from_h=0, to_h=96)
    assert (found.counts, found.per_day, found.zero_day_share, found.fatal_per_day) == (70, 17.5, 0.25, 0.5)
    assert found.capture_share == pytest.approx(0.7)
    daily = np.array([10.0, 20.0, 0.0, 40.0])
    assert found.dispersion_k == pytest.approx(17.5**2 / (daily.var(ddof=1) - 17.5)) == dispersion_k(daily)
    assert lag_1(np.array([5.0, 5.0])) is None and dispersion_k(np.array([5.0, 5.0, 5.0])) is None
    assert lag_1(np.expm1(np.array([1.0, -0.0, 1.0, 0.0]))) == pytest.approx(-0.75)
    km, counts = np.array([2.0, 7.0, 52.0, 90.0, 120.0]), np.array([4.0, 1.0, 3.0, 1.0, 1.0])
    assert hot_spot_share(km, counts, stretches=2, stretch_km=10.0, cell_km=5.0) == pytest.approx(0.8)


@pytest.mark.slow
@pytest.mark.parametrize("capture", CAPTURES, ids=list(CAPTURES))
@pytest.mark.parametrize("name", ["smm-2019", "smm-2020"])
def test_the_full_check_over_the_range_of_the_capture_share(name: str, capture: str) -> None:
    made = runs(name, LONG[name], tuple(CAPTURES[capture][name.replace("-", "_")]))
    for figure in FITTED:
        if figure["scenario"] == name:
            hold_fitted(figure, made)
    shares = [record_of(k.violations, from_h=0, to_h=8784).capture_share for k in made]
    error = float(np.std(shares, ddof=1)) / sqrt(len(made))
    assert np.mean(shares) == pytest.approx(CAPTURES[capture]["share"], abs=4 * error + 0.005)
