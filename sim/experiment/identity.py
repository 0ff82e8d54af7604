"""Which run this is: the scenario, the seed and the code, boiled down to one short name for its folder.

A mediator who gets a folder from a stranger can tell whether it holds the run that it claims to hold.
"""

from __future__ import annotations

import difflib
import platform
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from sim.scenario.scenario import Scenario, Study

FORMAT = "1"
PACKAGES = ("ceasefire-sim", "numpy", "scipy", "simpy", "sgp4", "geographiclib", "pydantic")
_SHOWN = 20
_UNASKED = {name: getattr(Study(), name) for name in ("replications", "design", "points", "points_file", "vary")}


class Identity(NamedTuple):
    """A run: scenario less its number of replications, root seed, and code."""

    name: str
    scenario: str
    seed: int
    code: str
    resolved: str

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that stand for scenario, seed and code."""
        whole = f"{self.scenario} {self.seed} {self.code}"
        return blake2b(whole.encode(), digest_size=6).hexdigest()

    @property
    def folder(self) -> str:
        """Name of the run folder."""
        return f"{self.name}-{self.digest}"


def identify(scenario: Scenario, *, seed: int, digests: Mapping[str, str] | None = None) -> Identity:
    """Name a run by its content; the number of replications is left out, so that adding some is the same run.

    `digests`: digests of the data files that the scenario names, by key.
    """
    from sim.scenario.canonical import dump_toml, scenario_hash

    bare = with_bare_study(scenario, seed=seed)
    return Identity(scenario.name, scenario_hash(bare, digests=digests), seed, code_digest(), dump_toml(bare))


def point_digest(scenario: Scenario, *, seed: int, digests: Mapping[str, str] | None = None) -> str:
    """Digest that `identify` gives, without the text of the resolved scenario: a sweep needs it for every point."""
    from sim.scenario.canonical import scenario_hash

    return Identity("", scenario_hash(with_bare_study(scenario, seed=seed), digests=digests), seed, code_digest(), "").digest


def with_bare_study(scenario: Scenario, *, seed: int) -> Scenario:
    """Scenario whose study says nothing on how often and over what it is run."""
    study = scenario.study.model_copy(update={**_UNASKED, "seed": seed})
    return scenario.model_copy(update={"study": study})


def with_study(scenario: Scenario, *, seed: int, replications: int) -> Scenario:
    """Scenario that says which seed and how many replications were run."""
    study = scenario.study.model_copy(update={"seed": seed, "replications": replications})
    return scenario.model_copy(update={"study": study})


def code_digest() -> str:
    """Digest of the code that a run is known by."""
    return package_digest()


@lru_cache(maxsize=1)
def package_digest() -> str:
    """Digest of every Python file of the package, by name and content."""
    package = Path(__file__).resolve().parents[1]
    whole = blake2b(digest_size=16)
    for file in sorted(package.rglob("*.py"), key=lambda f: f.relative_to(package).as_posix()):
        content = file.read_bytes()
        whole.update(f"{file.relative_to(package).as_posix()}:{len(content)}\n".encode())
        whole.update(content)
    return whole.hexdigest()


def versions() -> dict[str, str]:
    """Versions of what computes the numbers."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def machine() -> str:
    """Kind of machine, for information only; never part of a digest that names a run."""
    return f"{platform.system()} {platform.machine()}"


def facts(identity: Identity) -> dict[str, str]:
    """What a journal remembers of its run."""
    return {
        "format": FORMAT,
        "name": identity.name,
        "scenario": identity.scenario,
        "seed": str(identity.seed),
        "code": identity.code,
        "resolved": identity.resolved,
        **{f"version {package}": text for package, text in versions().items()},
    }


def unlike(there: dict[str, str], here: dict[str, str]) -> str:
    """What differs between the run in a folder and the run asked for; empty if nothing that matters does."""
    rows = [
        f"  {key}: there {there.get(key, 'nothing')}, asked for {here[key]}"
        for key in ("format", "seed", "code", *(key for key in here if key.startswith("version ")))
        if there.get(key) != here[key]
    ]
    if there.get("scenario") != here["scenario"]:
        rows += _scenario_rows(there.get("resolved", ""), here["resolved"])
    return "\n".join(rows)


def _scenario_rows(there: str, here: str) -> list[str]:
    changed = difflib.unified_diff(there.splitlines(), here.splitlines(), "there", "asked for", lineterm="", n=0)
    rows = [f"  {row}" for row in changed if not row.startswith(("---", "+++"))]
    return rows[:_SHOWN] + ([f"  and {len(rows) - _SHOWN} more lines"] if len(rows) > _SHOWN else [])
