"""What the joint commission agreed: of each act, when a finding that names the right side was accepted by both parties.

A mediator sees how far the shared record stays behind what the mission itself holds.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.ledger import Columns, History


def agreed_hours(history: History, acts: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """First hour at which a finding about each act that names its side was agreed, NaN where none was; shape (acts,).

    An act is in a finding when one of its observations went into the case; this is the rule of `attributed_share` too.
    """
    agreed = _agreed_findings(history.tables["findings"])
    seen = history.tables["observations"]
    side = dict(zip(acts["violation"].tolist(), acts["side"].tolist(), strict=True))
    first: dict[str, float] = {}
    for act, case in zip(seen["violation"].tolist(), seen["case"].tolist(), strict=True) if agreed else ():
        known = agreed.get(case)
        if known is not None and side.get(act) == known[0]:
            first[act] = min(known[1], first.get(act, np.inf))
    return np.array([first.get(act, np.nan) for act in acts["violation"].tolist()], dtype=np.float64)


def _agreed_findings(table: Columns) -> dict[str, tuple[str, float]]:
    """Side named, and hour, of each case whose finding was agreed."""
    keep = table["commission"] == "agreed"
    return {case: (side, when) for case, side, when in zip(table["case"][keep].tolist(), table["side"][keep].tolist(),
                                                           table["agreed_h"][keep].tolist(), strict=True)}
