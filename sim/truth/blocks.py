"""Events drawn in day blocks: a Poisson number a day with its draws, each block from a stream of its own name.

A mediator gets a world in which thirty days are the first thirty of sixty, and in which swapped parties swap their luck.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.foundation.streams import F64, I64, U64, Streams, mix64


class Source(NamedTuple):
    """One source of events: its row and side, the names of its stream, and its rate on each day."""

    row: int
    side: int
    names: tuple[str, ...]
    per_day: F64


class Block(NamedTuple):
    """Events by identity, row, side and day, with their draws, shape (events, columns)."""

    id: U64
    row: I64
    side: I64
    day: I64
    draws: F64


def drawn(purpose: str, sources: Sequence[Source], streams: Streams, *, columns: int) -> Block:
    """Draw the events of all sources, source by source and day by day.

    The generator of a day is that of `Streams.generator(purpose, *names, day)`; new columns of draws must come last and
    change all worlds, a longer run changes no day.
    """
    heads: list[tuple[int, int, int, int, int]] = []
    draws = [np.zeros((0, columns))]
    philox = np.random.Philox(key=0)
    state, generator = philox.state, np.random.Generator(philox)
    for source in sources:
        for day in np.flatnonzero(source.per_day > 0).tolist():
            state["state"]["key"][0] = streams.key(purpose, *source.names, day)
            philox.state = state
            count = int(generator.poisson(source.per_day[day]))
            if count:
                heads.append((streams.key(purpose, "id", *source.names, day), source.row, source.side, day, count))
                draws.append(generator.random((count, columns)))
    table = np.array(heads, dtype=np.uint64).reshape(len(heads), 5)
    row, side, day_of, many = (table[:, column].astype(np.int64) for column in range(1, 5))
    number = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    ids = mix64(np.repeat(table[:, 0], many), number) if heads else table[:, 0]
    return Block(ids, np.repeat(row, many), np.repeat(side, many), np.repeat(day_of, many), np.concatenate(draws))


def by_party(row: int, name: str, parties: tuple[str, str], share_a: float, per_day: F64) -> list[Source]:
    """Sources of one row for both parties, each under the party's own name."""
    return [Source(row, side, (name, party), per_day * share)
            for side, (party, share) in enumerate(zip(parties, (share_a, 1 - share_a), strict=True))]
