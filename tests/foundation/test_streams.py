"""Luck by name: whole arrays and single entities draw alike, certain events are certain, and impossible ones never happen."""

from __future__ import annotations

import numpy as np
import pytest

from sim.foundation.streams import (
    Streams,
    key_of,
    luck_of,
    mix64,
    mix_name,
    mix_one,
    name_key,
    streams_of,
    succeeds,
    uniform,
    words,
)

PAIRS = 20_000


def _pairs() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.Generator(np.random.PCG64(11))
    first, second = (rng.integers(0, 2**64, PAIRS, dtype=np.uint64) for _ in range(2))
    edges = [0, 1, 2**63, 2**64 - 1]
    first[:4], second[:4], second[4:8] = edges, edges, edges[::-1]
    return first, second


def test_vector_and_single_mixes_agree() -> None:
    first, second = _pairs()
    assert mix64(first, second).tolist() == [mix_one(a, b) for a, b in zip(first.tolist(), second.tolist(), strict=True)]


def test_vector_and_single_names_agree() -> None:
    keys, _ = _pairs()
    mixed = mix_name(keys, "hidden", 3)
    assert mixed.tolist() == [key_of(k, "hidden", 3) for k in keys.tolist()]
    assert uniform(mixed).tolist() == [luck_of(k, "hidden", 3) for k in keys.tolist()]


def test_mix_of_zeros_is_splitmix64() -> None:
    """First three outputs of splitmix64 from state 0, as its authors publish them."""
    golden = 0x9E3779B97F4A7C15
    published = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    inner = published[0]  # of a second word 0: finish(0 + golden)
    state = [(n * golden - golden - inner) % 2**64 for n in (1, 2, 3)]  # first words that lead to these states
    assert [mix_one(s, 0) for s in state] == published


def test_order_of_a_mix_matters() -> None:
    first, second = _pairs()
    assert (mix64(first, second) != mix64(second, first))[8:].all()


def test_one_is_certain_and_zero_never_happens() -> None:
    mixed = np.concatenate((mix64(*_pairs()), words([0, 2**64 - 1])))
    assert succeeds(mixed, np.ones(len(mixed))).all()
    assert not succeeds(mixed, np.zeros(len(mixed))).any()


def test_smallest_chance_takes_only_the_smallest_word() -> None:
    assert succeeds(words([0, 1 << 11, 2**11 - 1]), np.full(3, 2.0**-60)).tolist() == [True, False, True]


@pytest.mark.parametrize("chance", [0.003, 0.3, 0.97])
def test_chance_is_kept(chance: float) -> None:
    n = 200_000
    found = succeeds(mix64(name_key("trial"), np.arange(n)), np.full(n, chance)).mean()
    assert abs(found - chance) < 4 * np.sqrt(chance * (1 - chance) / n)


def test_lucks_of_neighbours_are_unrelated() -> None:
    n = 100_000
    a, b = (uniform(mix64(np.arange(n), second)) for second in (7, 8))
    for other in (b, np.roll(a, 1), uniform(mix64(7, np.arange(n)))):
        assert abs(np.corrcoef(a, other)[0, 1]) < 4 / np.sqrt(n)
    assert abs(a.mean() - 0.5) < 4 / np.sqrt(12 * n)


def test_replications_and_seeds_do_not_meet() -> None:
    roots = {streams_of(seed, replication).root for seed in range(40) for replication in range(40)}
    assert len(roots) == 1600


def test_names_do_not_run_together() -> None:
    assert len({name_key("a", "bc"), name_key("ab", "c"), name_key("abc"), name_key("a", "b", "c")}) == 4


def test_generators_are_found_by_name() -> None:
    streams = streams_of(1, 0)
    again = streams.generator("sky", "front").random(3).tolist()
    assert streams.generator("sky", "front").random(3).tolist() == again
    assert streams.generator("sky", "local").random(3).tolist() != again
    assert Streams(streams.root + 1).generator("sky", "front").random(3).tolist() != again
