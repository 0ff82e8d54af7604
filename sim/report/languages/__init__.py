"""The words of the report in each language, one catalogue a language.

A mediator reads the same report, figure by figure, in any language whose catalogue lies beside this file.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, NamedTuple

_PACKAGE = "sim.report.languages"


class Words(NamedTuple):
    """Visible strings of one language by dotted key."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, /, **values: Any) -> str:
        """Text of a key with its `{names}` filled in; KeyError names a key that the catalogue lacks."""
        if key not in self.texts:
            raise KeyError(f"language {self.language} has no text for {key!r}")
        return self.texts[key].format_map(values) if values else self.texts[key]

    def get(self, key: str, default: str) -> str:
        """Text of a key, or the default: for names that a scenario may add."""
        return self.texts.get(key, default)

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return self("language.direction")


def languages() -> tuple[str, ...]:
    """Languages that have a catalogue."""
    names = sorted(entry.name for entry in files(_PACKAGE).iterdir())
    return tuple(os.path.splitext(name)[0] for name in names if name.endswith(".toml"))


@lru_cache(maxsize=8)
def words(language: str = "en") -> Words:
    """Catalogue of a language.

    Raises ValueError, with the languages there are, if it has none.
    """
    if language not in languages():
        raise ValueError(f"no catalogue for language {language!r}: there are {', '.join(languages())}")
    tree = tomllib.loads(files(_PACKAGE).joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    return Words(language, MappingProxyType(_flat(tree)))


def _flat(tree: Mapping[str, Any], above: str = "") -> dict[str, str]:
    texts: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            texts |= _flat(value, f"{above}{key}.")
        else:
            texts[above + key] = str(value)
    return texts
