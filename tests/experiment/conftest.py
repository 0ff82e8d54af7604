"""Fixtures of the tests of experiments: a small scenario in a folder of its own, and the command there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_world import SMALL, Command, command


@pytest.fixture
def small(tmp_path: Path) -> Path:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "small.toml").write_text(SMALL, encoding="utf-8")
    return folder / "small.toml"


@pytest.fixture
def loaded(small: Path) -> Any:
    from sim.scenario.reader import read

    return read(small)


@pytest.fixture
def ceasefire(small: Path) -> Command:
    """The command in the folder of the small scenario."""
    return lambda *args, **more: command(small.parent, *args, **more)
