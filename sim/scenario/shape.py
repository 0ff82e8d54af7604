"""The third pass: has every key the type, the bounds and the place that its declaration asks for; all faults
at once.

A mediator who writes 80 for a share, a decimal comma or a date where a name belongs is told what would be
right.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any, NamedTuple, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sim.scenario.errors import Key, did_you_mean, printable, quoted, show
from sim.scenario.keys import Slot, meant_key, model_of, options, slot
from sim.scenario.merge import MAX_REMOVED
from sim.scenario.scenario import Scenario

_KINDS = {
    "float_type": "number",
    "float_parsing": "number",
    "int_type": "integer",
    "int_parsing": "integer",
    "int_from_float": "integer",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "tuple_type": "list",
    "list_type": "list",
    "dict_type": "table",
    "model_type": "table",
    "model_attributes_type": "table",
}
_RESOLUTION = 1e-6


class Fault(NamedTuple):
    """A broken rule at a path whose list items are numbered; `at` tells which place to point at.

    `words` gives rule and hint where they are costly: it is asked only for the faults that are shown.
    """

    path: Key
    rule: str
    hint: str = ""
    value: str = ""
    at: str = "value"
    words: Callable[[], tuple[str, str]] | None = None


class Shaped(NamedTuple):
    """The scenario, if its shape is right, and what is wrong with it."""

    scenario: Scenario | None
    faults: tuple[Fault, ...]


def shaped(tree: dict[str, Any]) -> Shaped:
    """Check the merged tree against the declarations."""
    faults: list[Fault] = []
    clean = _clean(tree, (), faults)
    try:
        scenario = Scenario.model_validate_json(json.dumps(clean))
        return Shaped(None if faults else scenario, tuple(faults))
    except ValidationError as error:
        found = [f for f in map(_fault_of(tree), error.errors(include_url=False)) if f]
        return Shaped(None, tuple(_first_at_each(faults, found)))


def _clean(node: Any, path: Key, faults: list[Fault]) -> Any:
    """Copy as JSON; a value that JSON cannot carry, or would carry as another type, is reported and
    becomes null.
    """
    if isinstance(node, dict):
        return {_clean_key(k, (*path, k), faults): _clean(v, (*path, k), faults) for k, v in node.items()}
    if isinstance(node, list):
        return [_clean(item, (*path, i), faults) for i, item in enumerate(node)]
    if isinstance(node, datetime) and path == ("start",) and node.tzinfo is not None:
        return node.isoformat()
    rule = _unfit(node, path)
    if rule:
        faults.append(Fault(path, rule, "", show(node)))
        return None
    return node


def _clean_key(key: str, path: Key, faults: list[Fault]) -> str:
    if not key.isascii() and any(0xD800 <= ord(letter) < 0xE000 for letter in key):
        faults.append(Fault(path, "holds a lone surrogate, which is no letter", "", "", "key"))
    return key.encode("utf-8", "backslashreplace").decode("utf-8")


def _unfit(node: Any, path: Key) -> str:
    if isinstance(node, float) and not math.isfinite(node):
        return "must be finite"
    if isinstance(node, int) and not -(2**63) <= node < 2**63:
        return "too large: whole numbers must fit in 64 bits"
    if isinstance(node, date | time | datetime):
        return "needs a time and an offset, as in 2026-02-01T00:00:00Z" if path == ("start",) else "a date has no place here"
    if isinstance(node, str) and not node.isascii() and any(0xD800 <= ord(letter) < 0xE000 for letter in node):
        return "holds a lone surrogate, which is no letter"
    return ""


def _first_at_each(first: list[Fault], then: list[Fault]) -> Iterator[Fault]:
    """One fault at a path; an unfit value hides what follows from its absence, an unknown table all in it."""
    unknown = {f.path for f in then if f.at == "key"}
    kept = [f for f in first if not any(f.path[:n] in unknown for n in range(1, len(f.path) + 1))]
    seen = {f.path for f in kept}
    yield from kept
    for fault in then:
        if fault.path not in seen:
            seen.add(fault.path)
            yield fault


def _fault_of(tree: dict[str, Any]) -> Any:
    return lambda error: _fault(error, tree)


def _fault(error: ErrorDetails, tree: dict[str, Any]) -> Fault | None:
    kind, at_key = error["type"], error["loc"][-1:] == ("[key]",)
    path, node = _path(error["loc"][:-1] if at_key else error["loc"], tree)
    if kind == "missing":
        return _missing(path, tree)
    if kind == "extra_forbidden":
        return Fault(path, "", "", "", "key", lambda: ("unknown key", _unknown(path, tree)))
    if at_key:
        return Fault(path, "", "", "", "key", lambda: _words(kind, str(path[-1]), error, None))
    if kind in ("too_short", "too_long"):
        return _length(error, path, node)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _tag(error, path, node)
    return Fault(path, "", "", show(node), "value", lambda: _words(kind, node, error, slot(path, tree)))


def _path(loc: tuple[int | str, ...], tree: Any) -> tuple[Key, Any]:
    """Path without the names that pydantic gives to members of a union, and what stands there."""
    path: list[str | int] = []
    node = tree
    for i, part in enumerate(loc):
        last = i == len(loc) - 1
        if isinstance(node, dict) and (part in node or last) and part != node.get("type", ...):
            path.append(part)
            node = node.get(cast(str, part))
        elif isinstance(node, list) and isinstance(part, int):
            path.append(part)
            node = node[part] if part < len(node) else None
    return tuple(path), node


def _missing(path: Key, tree: Any) -> Fault:
    last = path[-1]
    if isinstance(last, int):
        return Fault(path[:-1], f"needs an item at place {last + 1}")
    return Fault(path, "", "", "", "parent", lambda: ("missing", _absent(path, tree)))


def _absent(path: Key, tree: Any) -> str:
    """What a missing key would mean."""
    here = slot(path, tree)
    if path[-1] == "id":
        return "every item has an id of its own"
    if len(path) == 1 and here and model_of(here.annotation, None):
        return f"the table [{path[0]}], in this file or in one that it includes"
    return here.meaning if here else ""


def _unknown(path: Key, tree: Any) -> str:
    name = str(path[-1])
    if name == "remove":
        return f'remove takes a list of at most {MAX_REMOVED} ids, as in remove = ["north"]'
    if name == "include":
        return "include stands at the top of a file, before the first table"
    return meant_key(name, path, tree)


def _length(error: ErrorDetails, path: Key, node: Any) -> Fault | None:
    context = error.get("ctx", {})
    size = len(node) if isinstance(node, list | dict) else 0
    low, high = context.get("min_length"), context.get("max_length")
    if low is not None and size < low:
        return Fault(path, f"needs at least {low} item{'s' * (low != 1)}, has {size}")
    if high is not None and size > high:
        return Fault(path, f"may hold at most {high} items, has {size}")
    return None


def _tag(error: ErrorDetails, path: Key, node: Any) -> Fault:
    tags = str(error.get("ctx", {}).get("expected_tags", "")).replace("'", "").split(", ")
    if error["type"] == "union_tag_not_found":
        return Fault((*path, "type"), "missing", "it tells which keys follow", "", "parent")
    tag = node.get("type")
    return Fault((*path, "type"), f"must be one of {', '.join(tags)}", did_you_mean(str(tag), tags), show(tag))


def _words(kind: str, node: Any, error: ErrorDetails, here: Slot | None) -> tuple[str, str]:
    """Rule and hint in our own words."""
    context = error.get("ctx", {})
    if kind in _KINDS:
        return _wrong_type(kind, node, here)
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal") and here:
        return _out_of_bounds(kind, float(node), here)
    if kind == "literal_error":
        words = [w.strip("'") for w in str(context["expected"]).replace(" or ", ", ").split(", ")]
        return f"must be one of {', '.join(words)}", did_you_mean(str(node), words)
    if kind == "string_pattern_mismatch":
        return "an id has small letters, digits, - and _, starts with a letter or digit, at most 64", _slug(str(node))
    if kind == "string_too_long":
        return f"at most {context['max_length']} characters, has {len(str(node))}", ""
    if kind.startswith("datetime"):
        return "expected an instant such as 2026-02-01T00:00:00Z", ""
    return printable(error["msg"].removeprefix("Value error, ")), ""


def _wrong_type(kind: str, node: Any, here: Slot | None) -> tuple[str, str]:
    wanted = _KINDS[kind]
    if here is not None and len(options(here.annotation)) > 2:
        wanted = "number, text or true or false"
    return f"expected {wanted}, found {_kind(node)}", _instead(wanted, node)


def _instead(wanted: str, node: Any) -> str:
    if isinstance(node, str) and wanted in ("number", "integer"):
        text = node.strip().replace(",", ".")
        try:
            number = float(text)
        except ValueError:
            return ""
        return f"write {text} without quotes" if math.isfinite(number) and text.isascii() else ""
    if wanted == "integer" and isinstance(node, float) and node.is_integer() and abs(node) < 2**53:
        return f"write {int(node)}"
    return "write it in [ ]" if wanted == "list" and isinstance(node, str | int | float) else ""


def _kind(node: Any) -> str:
    names = {
        bool: "a boolean",
        str: "text",
        int: "an integer",
        float: "a number with a point",
        list: "a list",
        dict: "a table",
    }
    return names.get(type(node), "nothing" if node is None else "a date")


def _out_of_bounds(kind: str, value: float, here: Slot) -> tuple[str, str]:
    low, high, open_low, _ = here.bounds
    if low == 0 and high == 1 and not open_low:
        percent = f"is this a percentage? {value:g} % is {round(value / 100, 12):g}"
        return "must lie in 0..1", percent if 2 <= value <= 100 else ""
    if kind == "less_than" and high is not None:
        return f"must be < {_plain(high)}", ""
    if kind == "less_than_equal" and high is not None:
        return f"must be <= {_plain(high)}, the maximum", ""
    if low is not None and 0 < low < _RESOLUTION:
        return f"must be > 0 and above {low:g} h, the resolution of waiting times", ""
    ends = f"at most {_plain(high)}" if high is not None else ""
    return f"must be {'>' if open_low else '>='} {_plain(low or 0.0)}", ends


def _plain(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _slug(text: str) -> str:
    slug = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in text.lower()).strip("-_")[:64]
    return f"such as {quoted(slug)}" if slug else ""
