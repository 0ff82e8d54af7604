"""The loss of satellite navigation: drones search badly, acoustic timing fails and ships report false places.

A mediator sees which means depend on one signal from space and which do not: passes and images stay as they are.
"""
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.foundation.streams import I64, mix_name, uniform
from sim.monitoring.looks import JAMMED, MADE, Looks
from sim.scenario.drills import NavigationLost

_HOUR_US = 3_600_000_000


def spells_us(spells: tuple[NavigationLost, ...]) -> tuple[tuple[int, int], ...]:
    """Spells without navigation in µs."""
    return tuple((round(s.from_h * _HOUR_US), round(s.to_h * _HOUR_US)) for s in spells)


def lost_at(spells: tuple[NavigationLost, ...], time_us: I64) -> NDArray[np.bool_]:
    """Times at which navigation is lost."""
    lost = np.zeros(time_us.shape, dtype=bool)
    for begin, end in spells_us(spells):
        lost |= (time_us >= begin) & (time_us < end)
    return lost


def without_navigation(looks: Looks, spells: tuple[NavigationLost, ...]) -> Looks:
    """Search legs of drones: in each spell a share of them is lost, by the key of the leg; those under way at its begin end."""
    for spell, (begin, end) in zip(spells, spells_us(spells), strict=True):
        hit = uniform(mix_name(looks.luck, "navigation")) < spell.drone_watch_lost_share
        hit &= (looks.lost == MADE) & (looks.end_us > begin) & (looks.start_us < end)
        under_way = hit & (looks.start_us < begin)
        looks = looks._replace(lost=np.where(hit & ~under_way, np.int8(JAMMED), looks.lost),
                               end_us=np.where(under_way, begin, looks.end_us))
    return looks


def silent(looks: Looks, spells: tuple[NavigationLost, ...]) -> Looks:
    """Looks of a means that cannot do without navigation: lost in each spell, ended where they are under way at its begin."""
    for begin, end in spells_us(spells):
        made = looks.lost == MADE
        inside, under_way = made & (looks.start_us >= begin) & (looks.start_us < end), made & (looks.start_us < begin)
        looks = looks._replace(lost=np.where(inside, np.int8(JAMMED), looks.lost),
                               end_us=np.where(under_way, np.minimum(looks.end_us, begin), looks.end_us))
    return looks
