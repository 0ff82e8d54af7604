"""Grades of assurance: the bars, and acts sorted by kind, side, light and season."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hand_made import act, history, scenario

from sim.measure.assurance import assured, grade


@pytest.mark.parametrize(("share", "name"), [(1.0, "high"), (0.9, "high"), (0.8999, "medium"), (0.5, "medium"), (0.4999, "low"),
                                             (0.2, "low"), (0.1999, "below low"), (0.0, "below low"), (None, "")])
def test_bars(share: float | None, name: str) -> None:
    assert grade(share) == name


def test_only_significant_acts_in_time_by_side_light_and_season() -> None:
    """Goal of a strike: one hour. The run begins on 27 February: its third day is spring."""
    rows = [act("v1", 1.0, kind="strike", verified_h=1.9), act("v2", 1.0, kind="strike", verified_h=2.1),
            act("v3", 1.0, kind="strike"), act("v4", 1.0, kind="fire", verified_h=1.5),
            act("v5", 1.0, kind="strike", verified_h=1.5, counted=0),
            act("v6", 49.0, kind="strike", side="B", light="night", verified_h=50.0)]
    found = assured(history(violations=rows), scenario(start=datetime(2026, 2, 27, tzinfo=UTC)))
    assert found == [("assured", "kind/side/light/season", "strike/A/day/winter", 1.0, 3.0),
                     ("assured", "kind/side/light/season", "strike/B/night/spring", 1.0, 1.0)]
