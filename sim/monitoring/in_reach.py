"""The ground that a look can reach: which looks serve a place so deep on one side of the line, and for how long.

A mediator sees by this that a patrol over one side is no watch on the other, though both count as looks at the line.
"""
from __future__ import annotations

import numpy as np

from sim.foundation.scan import GLANCE
from sim.foundation.streams import F64, I64
from sim.monitoring.looks import Looks
from sim.monitoring.sightings import Sensing

_HOUR_US = 3.6e9


def within_reach(looks: Looks, sensing: Sensing, *, depth_km: F64, km: F64) -> tuple[I64, I64, I64]:
    """Looks that reach a place off the line, cut to the time for which they do.

    A moving sensor has a place at distance d from its track in reach over a chord 2 √(reach² − d²) of the track. A sensor
    that stands at a known place, a post or a drone over a ring, has the disc of its range around it.

    Parameters
    ----------
    depth_km : signed depth of the place of each look (n), positive on side B
    km : place of each look along the line (n)

    Returns
    -------
    Rows of the looks that reach it, and their first and last instants in µs.
    """
    across = np.abs(depth_km - sensing.offset_km[looks.sensor])
    reach = sensing.reach_km[looks.sensor]
    stands = (looks.law != GLANCE) & (looks.centre_us >= 0) & (sensing.speed_kmh[looks.sensor] <= 0)
    along = np.where(stands, km - np.where(stands, looks.centre_us, 0) / 1000, 0.0)
    rows = np.flatnonzero(np.where(along == 0, across, np.hypot(across, along)) <= reach)
    speed = sensing.speed_kmh[looks.sensor[rows]]
    half_km = np.sqrt(np.maximum(reach[rows] ** 2 - across[rows] ** 2, 0.0))
    half_us = (half_km / np.where(speed > 0, speed, 1.0) * _HOUR_US).astype(np.int64)
    start, end, centre = looks.start_us[rows], looks.end_us[rows], looks.centre_us[rows]
    start = np.where(speed > 0, np.maximum(start, centre - half_us), start)
    end = np.where(speed > 0, np.minimum(end, centre + half_us), end)
    keep = start <= end
    return rows[keep], start[keep], end[keep]
