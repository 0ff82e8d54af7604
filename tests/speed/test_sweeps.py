"""A sweep costs little beside its points, a finished one opens at once, and passes of satellites are worked out once.

The figures are printed; only the script beside this test, on a quiet machine, is a measurement.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sweeps import efficiency, price, sentences

import sim
from sim.engine import prepare
from sim.monitoring import access

CPU_MAX_MS = 4.5
"""The goal is 1.5 ms on a quiet machine; this bound only stops a fall back by a factor."""


def test_price_of_a_sweep(capsys: pytest.CaptureFixture[str]) -> None:
    found = price(1000)
    with capsys.disabled():
        print("\n" + "\n".join(sentences(found, float("nan"), 1000)[:2]))
    assert found.cpu_ms <= CPU_MAX_MS
    assert found.resume_s <= 2.0 and found.read_s <= 0.5


@pytest.mark.slow
def test_two_workers_work(capsys: pytest.CaptureFixture[str]) -> None:
    """On a quiet machine with two cores; points wait rather than compute, so that a busy one disturbs little."""
    share = max(efficiency(400, length_s=0.05) for _ in range(3))
    with capsys.disabled():
        print(f"\nshare of the time of two workers that is work: {share:.3f}")
    assert share >= 0.95


def test_points_that_do_not_touch_the_fleet_share_its_timeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    solved: list[int] = []
    real = access._of_satellite

    def counted(*args: Any, **keys: Any) -> Any:
        solved.append(1)
        return real(*args, **keys)

    monkeypatch.setattr(access, "_of_satellite", counted)
    base = sim.load("technical-means", days=2)
    prepare(base.scenario, cache_dir=tmp_path)
    whole = len(solved)
    assert whole > 20
    for key, value in (("verification.staff.analysts", 5), ("monitoring.drones.north.airframes", 9),
                       ("monitoring.satellites.iceye-class.scenes_per_day", 7)):  # fmt: skip
        prepare(base.vary(key, value).scenario, cache_dir=tmp_path)
    assert len(solved) == whole, "passes were worked out again"
    prepare(base.vary("monitoring.satellites.iceye-class.off_nadir_max_deg", 30.0).scenario, cache_dir=tmp_path)
    family = next(f for f in base.scenario.monitoring.satellites if f.id == "iceye-class")
    assert len(solved) == whole + family.members, "only the family that changed"
