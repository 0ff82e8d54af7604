"""Detectability: mean, correlation of looks, what is hidden, and errors of reports, each against its formula."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import short_line as world

from sim.foundation.streams import mix64, succeeds
from sim.monitoring.library import Library, detectability, library_of
from sim.scenario.agreement import Agreement, Kind
from sim.scenario.monitoring import PHYSICS, Monitoring

N = 40_000
KEYS = mix64(21, np.arange(N))
KIND = np.zeros(N, dtype=np.int64)
TERMS = Agreement(kinds=(Kind(id="fire"), Kind(id="move")))


def library(*, correlation: float = 0.5, hidden: float | None = None, **keys: Any) -> Library:
    means = (world.means("a", "optical", 0.5), world.means("b", "optical", 0.2), world.means("c", "thermal", 0.7))
    given: dict[str, Any] = {} if hidden is None else {"hidden_share": {p: {"fire": hidden, "move": hidden} for p in PHYSICS}}
    return library_of(world.monitoring(means=means, look_correlation=correlation, **given, **keys), TERMS)


def theta(of: Library) -> np.ndarray:
    return detectability(of.pd, of.hidden, of.physics, KIND, KEYS, of.correlation)


def _within(sample: np.ndarray, expected: float) -> None:
    assert abs(sample.mean() - expected) < 4 * sample.std() / math.sqrt(len(sample)) + 1e-12


@pytest.mark.parametrize("correlation", [0.0, 0.2, 0.5, 0.8])
@pytest.mark.parametrize("hidden", [0.0, 0.25])
def test_mean_over_acts_is_pd_and_two_looks_correlate_as_stated(correlation: float, hidden: float) -> None:
    """Given not hidden: mean m = Pd/(1 − h), E[θ²] = m² + ρ m (1 − m), so two looks at one act correlate by ρ."""
    found = theta(library(correlation=correlation, hidden=hidden))
    for row, pd in enumerate((0.5, 0.2, 0.7)):
        m = pd / (1 - hidden)
        _within(found[row], pd)
        _within(found[row] ** 2, (1 - hidden) * (m**2 + correlation * m * (1 - m)))
        seldom = 1e-3 if correlation > 0.4 else 0.0  # quantiles so small that they are 0 in doubles
        assert abs((found[row] == 0).mean() - hidden) <= 4 * math.sqrt(hidden * (1 - hidden) / N) + seldom


def test_pairs_of_looks_by_their_luck() -> None:
    """Two looks with luck of their own: intra-class correlation ρ where nothing is hidden, found from hits and misses."""
    found = theta(library(correlation=0.5, hidden=0.0))[0]
    one, two = (succeeds(mix64(look, KEYS), found).astype(float) for look in (101, 102))
    product = (one - 0.5) * (two - 0.5) / 0.25
    _within(product, 0.5)


def test_textbook_looks_are_independent() -> None:
    found = theta(library(correlation=0.0, hidden=0.0))
    assert np.unique(found, axis=1).tolist() == [[0.5], [0.2], [0.7]]
    seen = np.array([succeeds(mix64(look, KEYS), found[0]) for look in range(4)])
    assert abs((~seen).all(axis=0).mean() - 0.5**4) < 4 * math.sqrt(0.0625 * 0.9375 / N)


def test_means_of_one_physics_share_what_they_cannot_see() -> None:
    found = theta(library(hidden=0.25))
    hidden = found == 0
    assert (hidden[0] <= hidden[1]).all() and abs(hidden[0].mean() - 0.25) < 0.02
    # Ranks agree within a class; other classes are drawn apart.
    order = np.argsort(found[0], kind="stable")
    assert (np.diff(found[1][order]) >= -1e-12).all()
    assert abs(np.corrcoef(found[0], found[2])[0, 1]) < 4 / math.sqrt(N)


def test_default_of_hidden_is_half_of_what_the_best_means_misses() -> None:
    of = library()
    assert of.hidden[PHYSICS.index("optical")].tolist() == [0.25, 0.5]
    assert of.hidden[PHYSICS.index("thermal"), 0] == pytest.approx(0.15)
    found = theta(of)
    for row, pd in enumerate((0.5, 0.2, 0.7)):
        _within(found[row], pd)


def test_certain_means_always_sees() -> None:
    of = library_of(world.monitoring(means=(world.means(pd=1.0), world.means("z", "radar", 0.0))), TERMS)
    found = detectability(of.pd, of.hidden, of.physics, KIND, KEYS, of.correlation)
    assert (found[0] == 1).all() and (found[1] == 0).all()


def test_rough_quantiles_are_near_the_exact_ones() -> None:
    of = library(hidden=0.25)
    rough = detectability(of.pd, of.hidden, of.physics, KIND, KEYS, of.correlation, nodes=256)
    assert np.abs(rough - theta(of)).max() < 0.04
    assert np.abs(rough.mean(axis=1) - theta(of).mean(axis=1)).max() < 1e-3


def test_an_act_keeps_its_detectability_whatever_else_there_is() -> None:
    few, many = library(), library_of(world.monitoring(means=(world.means("a", "optical", 0.5),)), TERMS)
    one = detectability(many.pd, many.hidden, many.physics, KIND[:50], KEYS[:50], many.correlation)
    assert one[0].tolist() == theta(few)[0][:50].tolist()


def test_confusion_and_targets_are_read_by_name() -> None:
    means = (world.means(confusion={"fire": {"move": 0.2, "fire": 0.5}, "nothing": {"fire": 1.0}}),)
    of = library_of(Monitoring(means=means, targets={"move": "vehicles"}), TERMS)
    assert of.confusion[0].tolist() == [[0.8, 1.0], [0.0, 1.0]]
    assert of.target.tolist() == [1, 0]
