"""The first pass over a scenario file: is it a regular file of a sane size, in UTF-8, nested no deeper than a
person would.

A mediator who hands over a folder, a Word file or a half-copied file is told so at once, and nothing large is
opened.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from sim.scenario.errors import Problem, ScenarioErrors, alone, did_you_mean, printable

MAX_BYTES = 2**20
MAX_DEPTH = 64
MAX_VALUES = 30_000
_WIDE = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_REFUSED = {
    ".yaml": "YAML is not accepted: common readers turn Norway's unquoted NO into false; aliases are not allowed here",
    ".pkl": "pickle files are not accepted: reading one can run code",
    ".gz": "compressed files are not accepted: their uncompressed size is not known before they are read",
}
_REFUSED = _REFUSED | {
    ".yml": _REFUSED[".yaml"],
    ".pickle": _REFUSED[".pkl"],
    ".zip": _REFUSED[".gz"],
    ".xz": _REFUSED[".gz"],
}
# Strings and comments are one token each, an unclosed one runs to its end: no text makes this scan go back.
TOKEN = re.compile(
    r'"""(?:[^"\\]++|\\.|"(?!""))*+(?:"{3,5}|\Z)|'
    r"'''(?:[^']++|'(?!''))*+(?:'{3,5}|\Z)|"
    r'"(?:[^"\\\n]++|\\.)*+"?|'
    r"'[^'\n]*+'?|#[^\n]*+|[\[\]{}\n=,.]",
    re.DOTALL,
)
_JSON = re.compile(r'"(?:[^"\\\n]++|\\.)*+"?|[\[\]{},:]|-?\b(?:NaN|Infinity)\b', re.DOTALL)


def read_text(path: Path, label: str) -> str:
    """Text of a scenario file with plain line ends and no byte-order mark.

    Raises ScenarioErrors for whatever is not a regular UTF-8 file of at most 1 MiB with some content.
    """
    readable(path, label)
    suffix = path.suffix.lower()
    if suffix not in (".toml", ".json"):
        rule = refusal(suffix) or "a scenario file ends in .toml or .json"
        raise alone(label, rule, "write TOML" if refusal(suffix) else "")
    text = _decoded(read_regular(path, label, limit=MAX_BYTES), label).replace("\r\n", "\n")
    if suffix == ".toml" and not re.sub(r"#[^\n]*|\s", "", text):
        raise alone(label, "the scenario file is empty" + (": it holds only comments" if "#" in text else ""))
    if not text.strip():
        raise alone(label, "the scenario file is empty")
    return text


def refusal(suffix: str) -> str:
    """Why files of this suffix are never read, or nothing."""
    return _REFUSED.get(suffix, "")


def read_regular(path: Path, label: str, *, limit: int) -> bytes:
    """Bytes of a regular file of at most `limit` bytes; a pipe or device is refused before it can block."""
    readable(path, label)
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(handle, "rb") as stream:
            _regular(os.fstat(handle), label)
            data = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, ScenarioErrors):
            raise
        raise alone(label, *_reason(error, path)) from None
    if len(data) > limit:
        raise alone(label, f"larger than {limit} bytes, the limit for one file")
    return data


def readable(path: Path, label: str) -> None:
    """Refuse what is missing, a directory or a device before opening it.

    Raises ScenarioErrors.
    """
    try:
        _regular(os.stat(path), label)
    except (OSError, ValueError) as error:
        if isinstance(error, ScenarioErrors):
            raise
        raise alone(label, *_reason(error, path)) from None


def _reason(error: Exception, path: Path) -> tuple[str, str]:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "no such file", did_you_mean(path.name, _beside(path))
    if isinstance(error, PermissionError):
        return "cannot be read: permission denied", ""
    return f"cannot be read: {(getattr(error, 'strerror', None) or str(error)).lower()}", ""


def _beside(path: Path) -> list[str]:
    try:
        return [name for name in sorted(os.listdir(path.parent))[:500] if name.endswith((".toml", ".json"))]
    except OSError:
        return []


def _regular(status: os.stat_result, label: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise alone(label, "is a directory, not a scenario file")
    if not stat.S_ISREG(status.st_mode):
        raise alone(label, "is a device, pipe or socket, not a scenario file")


def _decoded(data: bytes, label: str) -> str:
    for mark, name in _WIDE:
        if data.startswith(mark):
            raise alone(label, f"not UTF-8: this file is {name}", "save it as UTF-8")
    data = data.removeprefix(b"\xef\xbb\xbf")
    zero = data.find(b"\0")
    if zero >= 0:
        raise _at_byte(data, zero, label, "NUL byte", "is this UTF-16? save it as UTF-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        rule = f"not UTF-8: byte 0x{data[error.start]:02x}"
        raise _at_byte(data, error.start, label, rule, "save the file as UTF-8") from None


def _at_byte(data: bytes, place: int, label: str, rule: str, hint: str) -> ScenarioErrors:
    before = data[:place]
    column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
    return ScenarioErrors([Problem(printable(label), before.count(b"\n") + 1, column, "", "", rule, hint)])


def check_nesting(text: str, label: str, *, is_json: bool) -> int:
    """Refuse keys of more than 64 parts, nesting deeper than 64 and masses of values before a parser meets them.

    Returns the number of marks that open or part values.

    Python's own parsers take memory by the square of a key's parts and a stack frame for each bracket.
    """
    depth = parts = marks = 0
    for match in (_JSON if is_json else TOKEN).finditer(text):
        mark = match.group()
        if mark == ".":
            parts, marks = parts + 1, marks + 1
        elif mark in ("[", "{"):
            depth, parts, marks = depth + 1, 0, marks + 1
        elif mark in ("]", "}"):
            depth, parts = depth - 1, 0
        elif mark in ("=", ",", ":"):
            parts, marks = 0, marks + 1
        elif mark == "\n":
            parts = 0
        elif mark[0] in "NI-":
            raise located(text, match.start(), label, f"{mark} is not JSON: numbers must be finite")
        if marks > MAX_VALUES:
            rule = f"more than {MAX_VALUES} keys and values, the limit for one file"
            raise located(text, match.start(), label, rule)
        if depth > MAX_DEPTH or parts >= MAX_DEPTH:
            raise _too_deep(text, match.start(), label, "a key" if parts >= MAX_DEPTH else "a value")
    return marks


def _too_deep(text: str, place: int, label: str, what: str) -> ScenarioErrors:
    line = text.count("\n", 0, place) + 1
    rule = f"{what} on line {line} is nested too deeply: more than {MAX_DEPTH} levels"
    return located(text, place, label, rule)


def located(text: str, place: int, label: str, rule: str, hint: str = "", quote: str = "") -> ScenarioErrors:
    """One fault at a place in a text."""
    line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    return ScenarioErrors([Problem(printable(label), line, column, "", "", rule, hint, quote)])
