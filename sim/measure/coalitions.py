"""What each member of a coalition is worth: by leaving it out, and by its mean share over all orders of arrival.

A mediator reads two numbers for each contribution: what breaks without it, and a fair share of what all achieve together.
"""
from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sim.foundation.streams import F64, I64, name_key

Worth = Callable[[frozenset[int]], F64]
"""Value of a coalition, given by the numbers of its players: one or several figures, shape (figures,)."""


class Shares(NamedTuple):
    """Shapley value of each player and figure, shape (players, figures), with the values of nobody and of all."""

    value: F64
    nobody: F64
    everyone: F64


def orders_of(*, players: int, pairs: int, seed: int, replication: int) -> I64:
    """Orders of arrival in antithetic pairs, shape (2 pairs, players): each drawn order is followed by its reverse.

    Whoever comes early in one comes late in the other, which takes most of the spread out of their mean (Mitchell and others
    2022, "Sampling permutations for Shapley value estimation", section 4.2). The luck is keyed by seed, replication and number,
    so that more pairs keep the first ones.
    """
    rows = []
    for number in range(pairs):
        key = name_key("orders of arrival", seed, replication, number)
        order = np.random.Generator(np.random.Philox(key=key)).permutation(players)
        rows += [order, order[::-1]]
    return np.array(rows, dtype=np.int64).reshape(2 * pairs, players)


def shapley(worth: Worth, orders: I64) -> Shares:
    """Mean gain that each player brings over the orders given (Shapley 1953; Castro and others 2009 for sampled orders).

    In each order the gains sum to the value of all less that of nobody, and so do their means, whatever the orders.

    Parameters
    ----------
    orders : players in their order of arrival, shape (orders, players); all orders of n players give the exact value
    """
    kept = lru_cache(maxsize=4)(worth)
    players = orders.shape[1]
    nobody, everyone = kept(frozenset()), kept(frozenset(range(players)))
    gains = np.zeros((players, len(nobody)))
    for order in orders.tolist():
        before = nobody
        for place, player in enumerate(order):
            after = everyone if place == players - 1 else worth(frozenset(order[:place + 1]))
            gains[player] += after - before
            before = after
    return Shares(gains / max(len(orders), 1), nobody, everyone)


def left_out(worth: Worth, players: int) -> F64:
    """Value of all but one, for each player, shape (players, figures)."""
    whole = frozenset(range(players))
    return np.array([worth(whole - {player}) for player in range(players)])
