"""One replication of full size stays within its bound of CPU time, with slack for a noisy machine.

The figures are printed; only the script beside this test, on a quiet machine, is a measurement.
"""

from __future__ import annotations

import pytest
from full_size import full_size, measure, sentences, size_of

CPU_MAX_S = 1.6
"""The goal is 1 s; a quiet machine of two cores took 0.92 to 0.95 s. A busy one may take the goal over 0.6."""
RATIO_MAX = 70.0
"""Quiet: 39 to 41."""


def test_full_size(capsys: pytest.CaptureFixture[str]) -> None:
    world = full_size()
    size = size_of(world)
    assert size[1:4] == (60, 60, 35)
    assert size.line_km == pytest.approx(1_190, rel=0.01)
    assert size.incidents_per_day == pytest.approx(200, rel=0.01)
    assert size.days == 30
    speed = measure(world)
    with capsys.disabled():
        print("\n" + "\n".join(sentences(size, speed)))
    assert len(speed.digests) == 1, "the same replication gave other bytes"
    assert speed.cpu_s <= CPU_MAX_S
    assert speed.ratio <= RATIO_MAX
