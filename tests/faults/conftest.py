"""The small world of the tests of experiments, for the tests of faults."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "experiment"))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    from small_world import SMALL

    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "small.toml").write_text(SMALL, encoding="utf-8")
    return folder / "small.toml"
