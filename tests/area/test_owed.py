"""Hours of access owed, and the share of them that obstruction takes, on cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sim.area.owed import obstructed_share, owed_windows
from sim.scenario.agreement import Agreement, Kind

H = 3_600_000_000
DAY = 24 * H


def terms(owed_h: float) -> Agreement:
    return Agreement(kinds=(Kind(id="fire"),), observation_owed_h=owed_h)


def shares(rows: list[tuple[int, int, float, float]], owed_h: float, *, period_h: int = 24, start_h: float = 0.0) -> np.ndarray:
    """Spells as (side, sector, from, to) in hours."""
    table = np.array(rows).reshape(len(rows), 4)
    spells = (table[:, 2:] * H).astype(np.int64)
    return obstructed_share(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), spells, terms(owed_h), sectors=2,
                            periods=48 // period_h, period_us=period_h * H, local_start_h=start_h)


def test_owed_hours_lie_about_local_noon() -> None:
    assert (owed_windows(terms(8.0), horizon_us=2 * DAY, local_start_h=2.0) // H).tolist() == [[6, 14], [30, 38]]
    assert owed_windows(terms(24.0), horizon_us=2 * DAY, local_start_h=2.0).tolist() == [[0, 2 * DAY]]
    assert len(owed_windows(terms(0.0), horizon_us=2 * DAY, local_start_h=2.0)) == 0


def test_share_round_the_clock() -> None:
    """5 h of 24 on the first day; overlaps count once; a spell over midnight is shared out."""
    found = shares([(0, 1, 3, 6), (0, 1, 5, 8), (0, 1, 22, 27), (1, 0, -5, 1)], 24.0)
    assert found[0, 1].tolist() == pytest.approx([7 / 24, 3 / 24])
    assert found[1, 0].tolist() == pytest.approx([1 / 24, 0.0])
    assert found[0, 0].sum() == found[1, 1].sum() == 0


def test_only_owed_hours_count() -> None:
    """Twelve hours owed, 6 to 18: of 4 to 9 three hours count; nights do not."""
    found = shares([(0, 0, 4, 9), (0, 0, 20, 24)], 12.0)
    assert found[0, 0].tolist() == pytest.approx([3 / 12, 0.0])


def test_where_nothing_is_owed_nothing_is_obstructed() -> None:
    assert shares([(0, 0, 0, 48)], 0.0).sum() == 0
    found = shares([(0, 0, 0, 48)], 12.0, period_h=6)
    assert found[0, 0].tolist() == [0, 1, 1, 0, 0, 1, 1, 0]
