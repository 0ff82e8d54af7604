"""The keys that a scenario may hold: their types, bounds, units and meaning, read from the declarations
themselves.

A mediator who misspells a key, or puts it in the wrong table, is shown the key that was meant.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sim.scenario.errors import Key, did_you_mean, dotted, nearest
from sim.scenario.scenario import Scenario

UNITS = (
    ("_km2_per_h", "km²/h"),
    ("_per_monitor_day", "a day and monitor"),
    ("_per_day", "a day"),
    ("_rev_day", "a day"),
    ("_eur", "EUR"),
    ("_kmh", "km/h"),
    ("_km2", "km²"),
    ("_km", "km"),
    ("_h", "h"),
    ("_min", "min"),
    ("_deg", "°"),
    ("_share", "share"),
    ("_log_sd", "ln units"),
    ("_sd", "logit units"),
    ("_d", "d"),
    ("_m", "m"),
    ("_us", "µs"),
    ("_ms", "ms"),
)


class Bounds(NamedTuple):
    """Least and greatest value; None = unbounded; `open_low` where the least itself is excluded."""

    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False


class Slot(NamedTuple):
    """What one path may hold."""

    annotation: Any
    meaning: str
    bounds: Bounds


def slot(path: Key, tree: Any) -> Slot | None:
    """What a path may hold; the tree tells which member of a union stands there. List items by number."""
    here: Slot | None = Slot(Scenario, "", Bounds())
    node: Any = tree
    for part in path:
        if here is None:
            return None
        here = _step(here, part, node)
        node = _descend(node, part)
    return here


def _descend(node: Any, part: str | int) -> Any:
    if isinstance(node, dict):
        return node.get(part)
    return node[part] if isinstance(node, list) and isinstance(part, int) and part < len(node) else None


def _step(here: Slot, part: str | int, node: Any) -> Slot | None:
    model = model_of(here.annotation, node)
    if model is not None:
        return _field(model, str(part))
    for option in options(here.annotation):
        inner = _inside(option, part)
        if inner is not None:
            return _slot_of(inner, here.meaning, ())
    return None


@lru_cache(maxsize=4096)
def _field(model: type[BaseModel], name: str) -> Slot | None:
    """What a key of a table may hold; a sweep asks for the same few keys at every point."""
    info = fields(model).get(name)
    return None if info is None else _slot_of(info.annotation, info.description or "", info.metadata)


def _inside(annotation: Any, part: str | int) -> Any:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is dict and isinstance(part, str):
        return args[1]
    if origin is tuple and isinstance(part, int):
        return args[0] if args[-1] is Ellipsis else args[part] if part < len(args) else None
    return None


def _slot_of(annotation: Any, meaning: str, metadata: Any) -> Slot:
    """Slot of a declaration; bounds may sit at the key, in the type, or in the type beside None."""
    marks = list(metadata)
    for option in options(annotation, keep_marks=True):
        if get_origin(option) is Annotated:
            for mark in get_args(option)[1:]:
                marks += mark.metadata if isinstance(mark, FieldInfo) else [mark]
    return Slot(annotation, meaning, _bounds(marks))


def _bounds(marks: list[Any]) -> Bounds:
    def one(name: str) -> float | None:
        return next((float(getattr(m, name)) for m in marks if getattr(m, name, None) is not None), None)

    ge, gt, le, lt = one("ge"), one("gt"), one("le"), one("lt")
    return Bounds(ge if gt is None else gt, le if lt is None else lt, gt is not None, lt is not None)


def options(annotation: Any, *, keep_marks: bool = False) -> list[Any]:
    """Members of a union, without None and, unless asked, without annotations."""
    inner = annotation
    while get_origin(inner) is Annotated and not (keep_marks and get_origin(get_args(inner)[0]) not in _UNIONS):
        inner = get_args(inner)[0]
    if get_origin(inner) not in _UNIONS:
        return [inner]
    return [o for arg in get_args(inner) if arg is not type(None) for o in options(arg, keep_marks=keep_marks)]


_UNIONS = (Union, types.UnionType)


def model_of(annotation: Any, node: Any) -> type[BaseModel] | None:
    """Model that a table at this place must follow; in a union its `type` chooses."""
    models = _models(annotation)
    if len(models) < 2:
        return models[0] if models else None
    tag = node.get("type") if isinstance(node, dict) else getattr(node, "type", None)
    return next((m for m in models if get_args(m.model_fields["type"].annotation) == (tag,)), None)


@lru_cache(maxsize=1024)
def _models(annotation: Any) -> list[type[BaseModel]]:
    return [o for o in options(annotation) if isinstance(o, type) and issubclass(o, BaseModel)]


def default_of(path: Key, tree: Any) -> Any:
    """Default of the key at a path, None where it has none or the path leads nowhere."""
    parent = slot(path[:-1], tree)
    node = tree
    for part in path[:-1]:
        node = _descend(node, part)
    model = model_of(parent.annotation, node) if parent else None
    info = fields(model).get(str(path[-1])) if model else None
    return None if info is None or info.is_required() else info.get_default(call_default_factory=True)


@lru_cache(maxsize=512)
def fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Fields of a model by the name they have in a file."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


@lru_cache(maxsize=1)
def homes() -> dict[str, list[str]]:
    """For every key name, the tables that have it: `airframes` → `monitoring.drones.ID`."""
    found: dict[str, list[str]] = {}
    for table, name in _declared(Scenario, ()):
        found.setdefault(name, []).append(dotted(table))
    return found


def _declared(model: type[BaseModel], path: Key) -> Iterator[tuple[Key, str]]:
    for name, info in fields(model).items():
        yield path, name
        for option, below in _nested(info.annotation, (*path, name)):
            yield from _declared(option, below)


def _nested(annotation: Any, path: Key) -> Iterator[tuple[type[BaseModel], Key]]:
    for option in options(annotation):
        if isinstance(option, type) and issubclass(option, BaseModel):
            yield option, path
        elif get_origin(option) is tuple and "id" in getattr(_only_model(option), "model_fields", {}):
            yield from _nested(get_args(option)[0], (*path, "ID"))
        elif get_origin(option) is dict:
            yield from _nested(get_args(option)[1], (*path, "KEY"))


def _only_model(annotation: Any) -> Any:
    return options(get_args(annotation)[0])[0]


def meant_key(name: str, path: Key, tree: Any) -> str:
    """Hint for an unknown key: a sibling spelt alike, else the table that it belongs in."""
    parent = slot(path[:-1], tree)
    node = tree
    for part in path[:-1]:
        node = _descend(node, part)
    model = model_of(parent.annotation, node) if parent else None
    siblings = list(fields(model)) if model else []
    elsewhere = [table for table in homes().get(name, []) if not _same_table(table, path[:-1])]
    if elsewhere:
        return f"right key, wrong table? {name} belongs in {_tables(elsewhere)}"
    near = nearest(name, siblings)
    if near:
        return f"did you mean {near}?"
    far = nearest(name, homes())
    return f"did you mean {far}, in {_tables(homes()[far])}?" if far else ""


def _same_table(table: str, path: Key) -> bool:
    parts = table.split(".") if table else []
    return len(parts) == len(path) and all(a in ("ID", "KEY") or a == b for a, b in zip(parts, path, strict=True))


def _tables(names: list[str]) -> str:
    shown = [name or "the top of the file" for name in sorted(dict.fromkeys(names))]
    return " or ".join(shown[:3]) + (" or others" if len(shown) > 3 else "")


def unknown_pattern(pattern: str) -> str | None:
    """Hint if a dotted pattern (any id, `*` for one part) can name no key of any scenario; None if it can."""
    layer: list[Any] = [Scenario]
    for part in pattern.split("."):
        below = [inner for annotation in layer for inner in _all_inside(annotation, part)]
        if not below:
            models = [o for annotation in layer for o in options(annotation) if hasattr(o, "model_fields")]
            return did_you_mean(part, [name for model in models for name in fields(model)])
        layer = below
    return None


def _all_inside(annotation: Any, part: str) -> Iterator[Any]:
    """What may stand below a type under that name."""
    for option in options(annotation):
        if isinstance(option, type) and issubclass(option, BaseModel):
            yield from (info.annotation for name, info in fields(option).items() if part in ("*", name))
        elif get_origin(option) in (dict, tuple):
            yield get_args(option)[get_origin(option) is dict]


def unit(name: str) -> str:
    """Unit that a key's suffix tells, or nothing."""
    whole = f"_{name}"
    return "d" if name == "days" else next((text for suffix, text in UNITS if whole.endswith(suffix)), "")


__all__ = [
    "Bounds",
    "Slot",
    "default_of",
    "fields",
    "homes",
    "meant_key",
    "model_of",
    "options",
    "slot",
    "unit",
]
