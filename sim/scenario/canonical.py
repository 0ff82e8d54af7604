"""A scenario written back as one complete file, and the digest by which two equal scenarios are known.

A mediator can archive what was really run: all includes merged, all defaults written out, nothing left to
look up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from pydantic import BaseModel

from sim.scenario.keys import fields
from sim.scenario.reader import Loaded
from sim.scenario.scenario import Scenario


def dump_toml(loaded: Loaded | Scenario) -> str:
    """Resolved scenario as TOML: reading it again gives an equal scenario.

    Values that are absent (no station, no queue limit) are left out. Data files are still named relative to
    the scenario's folder: reading the text from elsewhere needs `data_dirs`.
    """
    tree = resolved_tree(loaded.scenario if isinstance(loaded, Loaded) else loaded)
    return "\n".join(_table(tree, ())).strip() + "\n"


def resolved_tree(scenario: Scenario) -> dict[str, Any]:
    """Plain tables of a scenario, defaults included, absent values left out, instants in UTC."""
    return {key: _plain(value) for key, value in _items(scenario)}


def _items(model: BaseModel) -> list[tuple[str, Any]]:
    named = [(key, getattr(model, key if key in type(model).model_fields else f"{key}_")) for key in fields(type(model))]
    return [(key, value) for key, value in named if value is not None]


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return {key: _plain(item) for key, item in _items(value)}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value + 0.0 if isinstance(value, float) else value  # −0.0 equals 0.0 and must be written alike


def _table(table: dict[str, Any], path: tuple[str, ...]) -> list[str]:
    """Lines of a table: plain values first, then tables, then lists of items."""
    lines = [f"{_key(key)} = {inline(value)}" for key, value in table.items() if not _is_block(value)]
    for key, value in table.items():
        head = (*path, key)
        if isinstance(value, dict):
            body = _table(value, head)
            lines += ["", f"[{'.'.join(map(_key, head))}]", *body] if (body and body[0]) or not value else body
        elif _is_block(value):
            for item in value:
                lines += [
                    "",
                    f"[[{'.'.join(map(_key, head))}]]",
                    *(f"{_key(k)} = {inline(v)}" for k, v in item.items()),
                ]
    return lines


def _is_block(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def inline(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{_key(key)} = {inline(item)}" for key, item in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else repr(value)


def canonical_json(scenario: Scenario) -> str:
    """The scenario as one line of JSON with sorted keys, without `study.replications` and `study.seed`."""
    parts = {key: _text(value) for key, value in _items(scenario) if key != "study"}
    study = _plain(scenario.study)
    parts["study"] = _json({key: value for key, value in study.items() if key not in ("replications", "seed")})
    return "{" + ",".join(f"{json.dumps(key)}:{parts[key]}" for key in sorted(parts)) + "}"


def _json(tree: Any) -> str:
    return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=_instant)


_MOST_TEXTS = 32
_TEXTS: dict[int, tuple[BaseModel, str]] = {}


def _text(value: Any) -> str:
    """JSON of a part; that of a section is kept, since the points of a sweep share most of theirs."""
    if not isinstance(value, BaseModel):
        return _json(_plain(value))
    known = _TEXTS.get(id(value))
    if known is None or known[0] is not value:
        if len(_TEXTS) >= _MOST_TEXTS:
            _TEXTS.clear()
        known = _TEXTS[id(value)] = (value, _json(_plain(value)))
    return known[1]


def _instant(value: datetime) -> str:
    return value.isoformat()


def scenario_hash(scenario: Scenario, *, digests: Mapping[str, str] | None = None) -> str:
    """BLAKE2b of the canonical JSON, 32 hexadecimal digits.

    `digests` adds the digests of whatever else decides the results: data files, program text.
    """
    more = json.dumps(dict(digests or {}), sort_keys=True, separators=(",", ":"))
    return blake2b(f"{canonical_json(scenario)}\n{more}".encode(), digest_size=16).hexdigest()
