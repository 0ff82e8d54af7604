"""Coverage by hand: counts by reason, cell-days with a look, and the gaps between looks."""

from __future__ import annotations

import numpy as np
import pytest
import short_line as world
from short_line import DAY, H

from sim.monitoring.coverage import coverage_of
from sim.monitoring.looks import CLOUD, MADE, NIGHT, Looks, glances, joined, no_looks, stares

CELLS = world.cells(4)


def looks(*rows: tuple[int, float, float, int], means: int = 0, stare: bool = False) -> Looks:
    """Looks from (cell, start, end, reason), times in hours."""
    cell, start, end, lost = (np.array([r[i] for r in rows]) for i in range(4))
    make = stares if stare else glances
    return make(
        np.arange(len(rows), dtype=np.uint64),
        cell.astype(np.int64),
        (start * H).astype(np.int64),
        (end * H).astype(np.int64),
        0,
        means,
        lost.astype(np.int8),
    )


def test_counts_by_sector_day_means_and_reason() -> None:
    table, _ = joined([looks((0, 1, 1, MADE), (0, 30, 30, CLOUD), (3, 5, 5, MADE)), looks((3, 6, 6, NIGHT), means=1)])
    found = coverage_of(table, CELLS, days=2, means=2, bin_us=H).counts
    assert found.sum() == 4
    assert found[0, 0, 0, MADE] == found[0, 1, 0, CLOUD] == found[1, 0, 0, MADE] == found[1, 0, 1, NIGHT] == 1


def test_a_stare_counts_once_a_bin() -> None:
    found = coverage_of(looks((0, 0, 10, MADE), (1, 0, 0.5, MADE), stare=True), CELLS, days=1, means=1, bin_us=H)
    assert found.counts[0, 0, 0, MADE] == 11


def test_share_of_cell_days_with_a_look() -> None:
    found = coverage_of(
        looks((0, 1, 1, MADE), (0, 2, 2, MADE), (1, 30, 30, MADE), (2, 3, 3, CLOUD)), CELLS, days=2, means=1, bin_us=H
    )
    assert found.seen_share.tolist() == [0.5, 0.0]


def test_gaps_with_the_ends_counted() -> None:
    """Looks at 6–8 h and at 20 h of one day: gaps 6, 12 and 4 h; a cell without looks has one gap of 24 h."""
    found = coverage_of(looks((0, 6, 8, MADE), (0, 20, 20, MADE), (0, 12, 12, CLOUD)), CELLS, days=1, means=1, bin_us=H)
    assert found.gap_mean_h[0] == pytest.approx(22 / 3) and found.gap_mean_h[1] == 24
    assert found.gap_max_h.tolist() == [12, 24, 24, 24]
    assert found.gap_square_h2.tolist() == [36 + 144 + 16, 576, 576, 576]


def test_overlapping_looks_leave_no_gap() -> None:
    found = coverage_of(looks((1, 0, 10, MADE), (1, 2, 4, MADE), (1, 9, 24, MADE)), CELLS, days=1, means=1, bin_us=H)
    assert found.gap_square_h2[1] == 0 and found.gap_max_h[1] == 0


def test_looks_after_the_days_do_not_count() -> None:
    found = coverage_of(looks((0, 23, 30, MADE), (0, 40, 41, MADE)), CELLS, days=1, means=1, bin_us=H)
    assert found.counts.sum() == 1 and found.gap_max_h[0] == 23


def test_nobody_looks() -> None:
    found = coverage_of(no_looks(), CELLS, days=3, means=2, bin_us=H)
    assert found.counts.sum() == 0 and found.gap_max_h.tolist() == [72.0] * 4 and found.seen_share.tolist() == [0.0, 0.0]


def test_even_looks_have_the_textbook_wait() -> None:
    """Looks every 6 h over ten days: Σg²/2T = 3 h."""
    found = coverage_of(looks(*[(0, 6 * k, 6 * k, MADE) for k in range(40)]), CELLS, days=10, means=1, bin_us=H)
    assert found.gap_square_h2[0] / (2 * DAY * 10 / H) == pytest.approx(3.0)
