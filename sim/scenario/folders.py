"""The folders that a scenario may use, its own and the shipped ones, and the names that would lead out of
them.

A mediator can open a scenario from a stranger: it reads nothing but what lies beside it and what was shipped.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from sim.scenario.errors import did_you_mean

SHIPPED = "shipped:"
_OUTSIDE = "lies outside the scenario directory and the shipped scenarios"
_PARTS = ("", "parts", "library")


class Refusal(NamedTuple):
    """Why a name cannot be used, and what would be right."""

    rule: str
    hint: str


class Folders(NamedTuple):
    """The scenario's folder, the folder of shipped scenarios, and those named by `--data`; links resolved."""

    own: Path
    shipped: Path
    data: tuple[Path, ...] = ()

    def allowed(self, file: Path) -> bool:
        """Whether a file, links followed, lies in one of the folders."""
        real = file.resolve()
        return any(real.is_relative_to(root) for root in (self.own, self.shipped, *self.data))

    def target(self, name: str, beside: Path) -> Path | Refusal:
        """File of that name, looked for in the folder `beside` and then in these; never one outside them."""
        where = _OUTSIDE + (" and --data" if self.data else "")
        if leads_out(name):
            return Refusal(where, "name a file below it, with forward slashes")
        folders = dict.fromkeys((beside, self.own, self.shipped, *self.data))
        there = [folder / name for folder in folders if os.path.lexists(folder / name)]
        inside = [file for file in there if self.allowed(file)]
        if inside:
            return inside[0]
        if there:
            return Refusal(where, "a link leads out of it")
        rule = "no such file in the scenario directory or among the shipped scenarios"
        return Refusal(rule + (" or below --data" if self.data else ""), did_you_mean(name, self._names(name)))

    def _names(self, name: str) -> list[str]:
        """Names that could have been meant."""
        suffix, names = os.path.splitext(name)[1], []
        for root in (self.own, self.shipped, *self.data):
            for part in dict.fromkeys((os.path.dirname(name), *_PARTS)):
                if (root / part).is_dir() and self.allowed(root / part):
                    files = sorted(os.listdir(root / part))[:500]
                    names += [os.path.join(part, file) for file in files if file.endswith(suffix)]
        return names

    def origin(self, real: Path) -> str:
        """Name of a file relative to the scenario's folder, else to the shipped ones."""
        if real.is_relative_to(self.own):
            return real.relative_to(self.own).as_posix()
        return SHIPPED + real.relative_to(self.shipped).as_posix()


def leads_out(name: str) -> bool:
    """Whether a name could lead out of its folder on any system."""
    odd = not name or len(name) > 400 or any(letter in name for letter in "\\\0:~")
    return odd or name.startswith("/") or ".." in name.split("/")
