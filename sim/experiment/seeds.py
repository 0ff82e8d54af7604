"""Named sets of random seeds: a root seed and a number of replications under one name.

A mediator who reports "standard" tells everybody exactly which forty histories stand behind a number.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

from sim.experiment.refusals import BadInput
from sim.scenario.shipped import shipped

SETS = ("quick", "standard", "audit")
MAX_SEED = 2**63 - 1
MAX_REPLICATIONS = 100_000


class SeedSet(NamedTuple):
    """Root seed and number of replications."""

    name: str
    seed: int
    replications: int


def seed_set(name: str) -> SeedSet:
    """Read a set by its shipped name or from a TOML file with `name`, `seed` and `replications`.

    Raises BadInput, naming file, key and value, if it cannot be read or a number is out of range.
    """
    path = shipped("seeds") / f"{name}.toml" if name in SETS else Path(name)
    try:
        tree = tomllib.loads(path.read_bytes()[:65536].decode())
    except FileNotFoundError:
        raise BadInput(f"--seeds {name}: is neither one of {', '.join(SETS)} nor a file") from None
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"--seeds {path}: cannot be read ({error})") from None
    unknown = sorted(set(tree) - {"name", "seed", "replications"})
    if unknown:
        raise BadInput(f"{path}: unknown key {unknown[0]}; a seed set has name, seed and replications")
    return SeedSet(
        str(tree.get("name", path.stem)),
        _whole(path, tree, "seed", 0, MAX_SEED),
        _whole(path, tree, "replications", 1, MAX_REPLICATIONS),
    )


def _whole(path: Path, tree: dict[str, object], key: str, low: int, high: int) -> int:
    value = tree.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadInput(f"{path}: {key} = {value}: must be a whole number in {low}..{high}")
    return value
