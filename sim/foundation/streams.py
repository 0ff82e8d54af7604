"""Random numbers found by name (purpose, entity), never by the order in which they are asked for.

Two designs that a mediator compares meet the same violations, the same weather and the same luck of every look they share.
"""
from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_TWO53 = 9007199254740992.0


def name_key(*parts: str | int) -> int:
    """64-bit key of a name, the same on every machine and under every hash seed."""
    return int.from_bytes(blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest(), "little")


def _finish(word: U64) -> U64:
    """Output function of splitmix64 (Steele, Lea and Flood 2014, doi 10.1145/2660193.2660195)."""
    mixed = word >> _S30  # a new array, on which the rest is done in place
    mixed ^= word
    mixed *= _FIRST
    mixed ^= mixed >> _S27
    mixed *= _SECOND
    mixed ^= mixed >> _S31
    return mixed


def words(values: Any) -> U64:
    """Turn whole numbers into an array of 64-bit words, at least one long (scalars would warn on overflow)."""
    return np.atleast_1d(np.asarray(values, dtype=np.uint64))


def mix64(first: Any, second: Any) -> U64:
    """Mix two 64-bit words, element by element; the order of the two matters."""
    return _finish(words(first) + _GOLDEN + _finish(words(second) + _GOLDEN))


def mix_name(keys: Any, *parts: str | int) -> U64:
    """Mix an array of entity keys with the name of a purpose."""
    return mix64(keys, name_key(*parts))


def uniform(mixed: U64) -> F64:
    """Fractions in [0, 1) from mixed words, on the grid of 2**-53."""
    return (mixed >> _S11).astype(np.float64) / _TWO53


def succeeds(mixed: U64, probability: F64) -> NDArray[np.bool_]:
    """Decide in whole numbers: probability 1 always succeeds, 0 never."""
    return (mixed >> _S11).astype(np.int64) < np.ceil(probability * _TWO53).astype(np.int64)


def numbered(key: int, numbers: U64) -> U64:
    """`mix64` of one key with numbers that `steps` has prepared, where the same numbers are asked for again and again."""
    return _finish(numbers + np.uint64(key))


def steps(count: int) -> U64:
    """What the numbers 0, 1, … add to a key before the last mixing step."""
    return _GOLDEN + _finish(np.arange(count, dtype=np.uint64) + _GOLDEN)


_MASK = 2**64 - 1


def _finish_one(word: int) -> int:
    """Same function for one Python whole number, twenty times faster than a one-element array."""
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK
    return word ^ (word >> 31)


def mix_one(first: int, second: int) -> int:
    """`mix64` of two Python whole numbers."""
    golden = 0x9E3779B97F4A7C15
    return _finish_one((first + golden + _finish_one((second + golden) & _MASK)) & _MASK)


@lru_cache(maxsize=4096)
def purpose(*name: str | int) -> int:
    """What the name of a purpose adds to a key before the last mixing step: that of `mix_one`, done once a name."""
    golden = 0x9E3779B97F4A7C15
    return golden + _finish_one((name_key(*name) + golden) & _MASK)


def luck_for(key: int, purpose: int) -> float:
    """Fraction in [0, 1) for one entity and `purpose(…)`, where luck is drawn so often that the name is looked up once."""
    word = (key + purpose) & _MASK
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((word ^ (word >> 31)) >> 11) / _TWO53


def luck_of(key: int, *name: str | int) -> float:
    """Fraction in [0, 1) for one entity and purpose; equal to `uniform(mix_name(key, *name))`."""
    return luck_for(key, purpose(*name))


def key_of(key: int, *name: str | int) -> int:
    """64-bit key for one entity and purpose; equal to `mix_name(key, *name)`."""
    return _finish_one((key + purpose(*name)) & _MASK)


class Streams(NamedTuple):
    """The luck of one replication; `root` mixes the root seed and the number of the replication."""

    root: int

    def key(self, *name: str | int) -> int:
        """64-bit key of a purpose and entity in this replication."""
        return name_key(self.root, *name)

    def generator(self, *name: str | int) -> np.random.Generator:
        """Return the generator of a purpose and entity (Philox; about 30 µs, so one a table and not one a draw)."""
        return np.random.Generator(np.random.Philox(key=self.key(*name)))


class Rekeyed:
    """One generator that takes the place of many: each name puts it where `Streams.generator` would begin, five times faster."""

    def __init__(self, streams: Streams) -> None:
        self._streams, self._source = streams, np.random.Philox(key=0)
        self._state, self._generator = self._source.state, np.random.Generator(self._source)

    def at(self, *name: str | int) -> np.random.Generator:
        """Generator of a purpose and entity, good until the next name."""
        self._state["state"]["key"][0] = self._streams.key(*name)
        self._source.state = self._state
        return self._generator


def streams_of(seed: int, replication: int) -> Streams:
    """Luck of replication r of root seed N: a hash of (N, r), never N + r."""
    return Streams(name_key("replication", seed, replication))
