"""One history of a ceasefire: prepared without luck, opened with arrays of luck, run by the clock.

A mediator gets from here what happened, what was seen, found and answered in one replication; the same seed gives the same bytes.
"""
from __future__ import annotations

from sim.engine.history import play, replicate
from sim.engine.preparation import Opened, Prepared, TooManyCandidates, open_world, prepare, true_door

__all__ = ["Opened", "Prepared", "TooManyCandidates", "open_world", "play", "prepare", "replicate", "true_door"]
