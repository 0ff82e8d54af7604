"""One long run in batches: intervals against a process whose noise is known, and a start that does not count."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import act, history, scenario

from sim.measure.measures import measure
from sim.measure.steady import batch_rows, judged, mser, neighbour_correlation


def ar1(rng: np.random.Generator, n: int, phi: float) -> np.ndarray:
    noise = rng.normal(0, 1, n)
    out = np.empty(n)
    out[0] = noise[0] / np.sqrt(1 - phi * phi)
    for i in range(1, n):
        out[i] = phi * out[i - 1] + noise[i]
    return out


def test_neighbours_of_a_first_order_process_are_correlated_as_its_law_says() -> None:
    series = ar1(np.random.Generator(np.random.Philox(key=1)), 20_000, 0.6)
    assert neighbour_correlation(series) == pytest.approx(0.6, abs=4 * np.sqrt((1 - 0.36) / 20_000))
    assert neighbour_correlation([1.0, 1.0, 1.0]) == 0.0


def test_short_batches_are_called_short_and_long_ones_are_not() -> None:
    series = ar1(np.random.Generator(np.random.Philox(key=2)), 4_000, 0.9)
    short, long = series[:400].reshape(200, 2).mean(axis=1), series.reshape(20, 200).mean(axis=1)
    assert judged(short, np.ones(200)).correlated and "too short" in judged(short, np.ones(200)).told
    assert not judged(long, np.ones(20)).correlated


def test_a_start_that_is_no_steady_state_is_found() -> None:
    rng = np.random.Generator(np.random.Philox(key=3))
    series = np.concatenate((10 + rng.normal(0, 1, 6), rng.normal(0, 1, 54)))
    assert mser(series) in (6, 7) and judged(series, np.ones(60)).warm_up in (6, 7)
    assert judged(rng.normal(0, 1, 60), np.ones(60)).warm_up == 0


def test_a_history_is_cut_by_onset_and_the_pieces_add_up() -> None:
    world = scenario()
    world = world.model_copy(update={"study": world.study.model_copy(update={"batches": 4})})
    acts = [act("a", 1.0, detected_h=2.0), act("b", 23.9, detected_h=25.0), act("c", 24.0), act("d", 95.0),
            act("late", 97.0, counted=0)]  # fmt: skip
    rows = {(m, g): (a, b) for m, by, g, a, b in batch_rows(measure, history(violations=acts), world) if by == "batch"}
    assert [rows["detected_share", f"{i:04d}"] for i in range(4)] == [(2, 2), (0, 1), (0, 0), (0, 1)]
    assert [rows["violations_per_day", f"{i:04d}"] for i in range(4)] == [(2, 1), (1, 1), (0, 1), (1, 1)]
    assert rows["timely_share", "0000"] == (2, 2), "hours from onset are those of the whole run"
    names = {name for name, _ in rows}
    assert "coverage_share" not in names and "staff_utilisation" not in names, "known for the whole run only"


def test_the_interval_of_batch_means_covers_as_often_as_it_says() -> None:
    """400 long runs of a first-order process, 20 batches each: 95 % ± 4 standard errors, for rates of a day."""
    from sim.experiment.journal import Outcome
    from sim.experiment.summary import lines
    from sim.measure.measures import Measure

    rng, hits = np.random.Generator(np.random.Philox(key=9)), 0
    for _ in range(400):
        batches = 10 + ar1(rng, 2_000, 0.5).reshape(20, 100).mean(axis=1)
        rows = [("rate", "all", "", float(batches.sum()), 20.0)]
        rows += [("rate", "batch", f"{i:04d}", float(v), 1.0) for i, v in enumerate(batches)]
        line = lines([Outcome("p", 0, "done", rows=tuple(rows))], {"rate": Measure("rate", "a day")})[0]
        assert line.noise_low is not None and line.noise_high is not None and "20 batch means" in line.reason
        hits += line.noise_low <= 10 <= line.noise_high
    assert 0.95 - 4 * np.sqrt(0.05 * 0.95 / 400) <= hits / 400 <= 0.99
