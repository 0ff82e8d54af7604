"""What is wrong with a scenario: each fault with its file, line, column, key, value, rule and what would be
right.

A mediator reads one list of all faults at once, sorted by line, in words that name the value and the rule it
breaks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from typing import NamedTuple

from sim.scenario.fields import CONTROL

Key = tuple[str | int, ...]
SHOWN = 20
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST = 60
_BIG = 2**64


class Problem(NamedTuple):
    """One fault; line and column count from 1, in characters; 0 = the fault has no place in a text."""

    file: str
    line: int
    column: int
    key: str
    value: str
    rule: str
    hint: str = ""
    quote: str = ""

    def __str__(self) -> str:
        subject = f"{self.key} = {self.value}" if self.key and self.value else self.key or self.value
        parts = [part for part in (self._where(), subject, self.rule) if part]
        text = ": ".join(parts) + (f" ({self.hint})" if self.hint else "")
        return f"{text}\n    {self.quote}" if self.quote else text

    def _where(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class ScenarioErrors(ValueError):
    """The first 20 faults of a scenario and how many more there are; its text is what the analyst reads."""

    def __init__(self, problems: Iterable[Problem], more: int = 0) -> None:
        found = tuple(problems)
        self.problems = found[:SHOWN]
        self.more = more + len(found[SHOWN:])
        lines = [str(problem) for problem in self.problems]
        super().__init__("\n".join([*lines, f"and {self.more} more"] if self.more else lines))


def alone(file: str, rule: str, hint: str = "", *, key: str = "", value: str = "") -> ScenarioErrors:
    """One fault of a file as a whole, or of a name."""
    return ScenarioErrors([Problem(printable(file), 0, 0, key, value, rule, hint)])


def dotted(path: Key) -> str:
    """Key path as written on the command line: ids name items, numbers in brackets name items without one."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        text += f".{_named(part)}" if text else _named(part)
    return text


@lru_cache(maxsize=4096)
def _named(part: str) -> str:
    """One part of a key, in quotes where it needs them; a scenario writes the same few parts thousands of times."""
    return part if _BARE.fullmatch(part) else quoted(part, len(part))


def quoted(text: str, longest: int = _LONGEST) -> str:
    """Text in double quotes, cut to a readable length, with everything escaped that would rewrite a
    screen.
    """
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return json.dumps(printable(cut), ensure_ascii=False).replace("\\\\u", "\\u").replace("\\\\U", "\\U")


def printable(text: str) -> str:
    """Text with control characters, bidirectional overrides and lone surrogates written as escapes."""
    if text.isascii() and text.isprintable():  # nearly all text; the letters need not be looked at one by one
        return text
    return "".join(_escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    code = ord(letter)
    return f"\\u{code:04x}" if code in CONTROL or 0xD800 <= code < 0xE000 else letter


def show(value: object) -> str:
    """A value as its author wrote it, cut to a readable length."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) >= _BIG:
        return "an integer of thousands of digits" if value.bit_length() > 9999 else f"{str(abs(value))[:6]}…"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, Mapping):
        return "a table"
    return "null" if value is None else str(value)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest known word as a question, or nothing."""
    near = nearest(word, known)
    return f"did you mean {near}?" if near else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """The nearest of the known words, by letters alike or as a part; nothing where none is near."""
    words = sorted(known)
    close = get_close_matches(word[:64].lower(), words, n=1, cutoff=0.6)
    if close:
        return close[0]
    holding = [w for w in words if len(word) > 2 and (word in w or (len(w) > 2 and w in word))]
    return max(holding, key=lambda w: SequenceMatcher(None, word, w).ratio(), default="")
