"""Where the scenarios and seed sets that come with the project lie, from a checkout or from an installed
copy.

A mediator names a shipped scenario by its bare name and need not know where it was installed.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Literal

from sim.scenario.errors import alone, did_you_mean, quoted

PROJECT = "ceasefire-sim"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}(/[a-z0-9][a-z0-9_-]{0,63}){0,3}")


@lru_cache(maxsize=4)
def shipped(kind: Literal["scenarios", "seeds"]) -> Path:
    """Folder of shipped files: of the checkout if the package lies in one, else inside the package."""
    package = Path(__file__).resolve().parents[1]
    above = package.parent
    return (above if _is_project(above / "pyproject.toml") else package) / kind


def _is_project(file: Path) -> bool:
    """Whether a pyproject.toml is this project's own; another project may happen to lie above the package."""
    try:
        head = file.read_text(encoding="utf-8", errors="replace")[:4096]
    except OSError:
        return False
    return re.search(rf'^name\s*=\s*"{PROJECT}"', head, re.MULTILINE) is not None


def find_scenario(name: str) -> Path:
    """File of a shipped scenario: `technical-means`, `studies/weather`.

    Raises ScenarioErrors, with the nearest shipped name, if there is none.
    """
    folder = shipped("scenarios")
    if _NAME.fullmatch(name) and (folder / f"{name}.toml").is_file():
        return folder / f"{name}.toml"
    hint = did_you_mean(name, shipped_names()) or "a file needs its suffix, .toml or .json"
    raise alone("", "no shipped scenario has this name", hint, value=quoted(name))


def shipped_names() -> tuple[str, ...]:
    """Names of the shipped scenarios that can be run as they are."""
    try:
        files = sorted(os.listdir(shipped("scenarios")))
    except OSError:
        return ()
    return tuple(file.removesuffix(".toml") for file in files if file.endswith(".toml"))
