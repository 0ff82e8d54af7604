"""The second pass: TOML or JSON text into plain tables, or the one place where the text breaks its grammar.

A mediator gets the line and column of the break, the line itself, and what is usually meant.
"""

from __future__ import annotations

import json
import re
import tomllib
from bisect import bisect_right
from typing import Any

from sim.scenario.errors import Problem, ScenarioErrors, dotted, printable
from sim.scenario.scan import MAX_DEPTH, TOKEN, check_nesting, located

_PLACE = re.compile(r"(.*?)(?: in a key/value pair)? \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_LONG_NUMBER = re.compile(r"[0-9][0-9_]{4300,}")
_TWICE = (
    "Cannot overwrite a value",
    "Cannot declare",
    "Cannot mutate",
    "Duplicate inline table key",
    "Cannot redefine",
)
_WIDTH = 78


def parse(text: str, label: str, *, is_json: bool) -> tuple[dict[str, Any], int]:
    """Tables of one file, and the number of marks that open or part values.

    Raises ScenarioErrors with a single fault: the first place where the text breaks the grammar.
    """
    marks = check_nesting(text, label, is_json=is_json)
    try:
        tree = _json(text, label) if is_json else _toml(text, label)
    except (RecursionError, MemoryError):
        raise located(text, 0, label, f"nested too deeply: more than {MAX_DEPTH} levels") from None
    _check_depth(tree, label)
    return tree, marks


def _toml(text: str, label: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _grammar(text, label, str(error)) from None
    except ValueError:
        return _toml(_shortened(text, label), label)  # Python refuses integers over 4,300 digits, without a place


def _shortened(text: str, label: str) -> str:
    """Text whose overlong digit runs are cut to a number still too large, so that the shape pass can name
    its key.
    """
    cut = _LONG_NUMBER.sub(lambda run: ("9" * 4300).ljust(len(run.group())), text)
    if cut == text:
        raise located(text, 0, label, "holds a number that is too large")
    return cut


def _grammar(text: str, label: str, message: str) -> ScenarioErrors:
    found = _PLACE.fullmatch(message)
    what = found[1] if found else message
    line, column = (int(found[2]), int(found[3])) if found and found[2] else _end(text)
    if what.startswith(_TWICE):
        return _twice(text, label, line, column)
    rows = text.split("\n")
    row = rows[line - 1] if line <= len(rows) else ""
    rule = f"TOML syntax error at line {line}, column {column}: {what[:1].lower() + what[1:]}"
    return ScenarioErrors(
        [Problem(printable(label), line, column, "", "", rule, _meant(what, row, column), _excerpt(row, column))]
    )


def _end(text: str) -> tuple[int, int]:
    body = text.rstrip("\n")
    return body.count("\n") + 1, len(body) - body.rfind("\n")


def _excerpt(row: str, column: int) -> str:
    start = 0 if len(row) <= _WIDTH else max(0, min(column - _WIDTH // 2, len(row) - _WIDTH))
    return printable(row[start : start + _WIDTH].rstrip())


def _meant(what: str, row: str, column: int) -> str:
    """What an analyst usually meant by a line that is not TOML."""
    rest = row[max(column - 1, 0) :]
    if re.match(r"\s*[A-Za-z_-]+\s*:", row):
        return "TOML writes key = value"
    if re.search(r"=\s*[-+]?\d+,\d+\s*(#|$)", row):
        return "a decimal comma? write a point"
    if re.search(r"=\s*$", row[: column - 1]) and re.match(r"[A-Za-z]", rest):
        return "text needs double quotes"
    if what.startswith("Illegal character '\\n'"):
        return "the text is not closed on this line"
    return ""


def _twice(text: str, label: str, line: int, column: int) -> ScenarioErrors:
    """A key or table given twice: name it, where it stands and where it stood first."""
    starts = _statements(text)
    rows = text.split("\n")
    place = sum(len(row) + 1 for row in rows[: line - 1]) + column - 2
    here = max(bisect_right(starts, place) - 1, 0)
    name = _name(text, starts[here])
    line = text.count("\n", 0, starts[here]) + 1
    first = next((s for s in _same_table(text, starts, here) if _name(text, s) == name), None)
    before = f", first on line {text.count(chr(10), 0, first) + 1}" if first is not None else ""
    rule = f"key {printable(name)} is set twice (line {line}{before})"
    return located(text, starts[here], label, rule, "", _excerpt(rows[line - 1], 1))


def _same_table(text: str, starts: list[int], here: int) -> list[int]:
    """Statements before this one that may have set the same key."""
    if text[starts[here]] == "[":
        return [start for start in starts[:here] if text[start] == "["]
    head = max((i for i in range(here) if text[starts[i]] == "["), default=-1)
    return starts[head + 1 : here]


def _statements(text: str) -> list[int]:
    """Places at which key-value pairs and table headers begin."""
    starts, depth, fresh = [], 0, 0
    for match in TOKEN.finditer(text + "\n"):
        mark = match.group()
        depth += (mark in ("[", "{")) - (mark in ("]", "}"))
        if mark == "\n" and depth <= 0:
            row = text[fresh : match.start()]
            body = row.lstrip()
            if body and body[0] != "#":
                starts.append(fresh + len(row) - len(body))
            fresh, depth = match.end(), 0
    return starts or [0]


def _name(text: str, start: int) -> str:
    row = text[start : start + 400].split("\n", 1)[0]
    if row.startswith("["):
        return row.split("#")[0].strip().strip("[]").strip()
    return row.split("=")[0].strip()


def _json(text: str, label: str) -> dict[str, Any]:
    try:
        tree = json.loads(text)
    except json.JSONDecodeError as error:
        what = error.msg[:1].lower() + error.msg[1:]
        rule = f"JSON syntax error at line {error.lineno}, column {error.colno}: {what}"
        row = text.split("\n")[error.lineno - 1]
        raise located(text, min(error.pos, len(text)), label, rule, "", _excerpt(row, error.colno)) from None
    except ValueError:
        return _json(_shortened(text, label), label)
    if not isinstance(tree, dict):
        raise located(text, 0, label, "a JSON scenario is one object, { … }")
    return tree


def _check_depth(tree: dict[str, Any], label: str) -> None:
    """Headers, dotted keys and brackets add up; walked without recursion."""
    layer: list[tuple[tuple[str | int, ...], Any]] = [((), tree)]
    for _ in range(MAX_DEPTH):
        layer = [(path[:1] or (key,), value) for path, node in layer for key, value in _children(node)]
        if not layer:
            return
    rule = f"nested too deeply: more than {MAX_DEPTH} levels"
    raise ScenarioErrors([Problem(printable(label), 1, 1, dotted(layer[0][0]), "", rule)])


def _children(node: Any) -> list[tuple[str | int, Any]]:
    if isinstance(node, dict):
        return [(key, value) for key, value in node.items() if isinstance(value, dict | list)]
    return [(i, value) for i, value in enumerate(node) if isinstance(value, dict | list)]
