"""A commented first file for an analyst's own scenario, and a schema with which an editor completes keys.

A mediator starts from a shipped scenario, changes three lines, and can see in comments what else could be
changed.
"""

from __future__ import annotations

import re
from typing import Any

from sim.scenario.canonical import inline, resolved_tree
from sim.scenario.errors import alone, quoted
from sim.scenario.reader import Loaded, read
from sim.scenario.scenario import Scenario
from sim.scenario.shipped import find_scenario

_ITEMS = {
    "drones": ("airframes", "crews", "endurance_h", "reach_km"),
    "satellites": ("members", "scenes_per_day", "delivery_median_h"),
    "posts": ("sites", "reach_km", "available_share"),
    "observers": ("monitors", "patrol_h", "access_share"),
}
_STAFF = ("analysts", "night_analysts")


def starter(base_name: str, new_name: str) -> str:
    """Text of a scenario that includes a shipped one and shows, commented out, what is most often changed.

    Raises ScenarioErrors if there is no such shipped scenario or the new name is no id.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", new_name):
        raise alone(
            "",
            "a name has small letters, digits, - and _, at most 64",
            "such as my-scenario",
            value=quoted(new_name),
        )
    loaded = read(find_scenario(base_name))
    tree = resolved_tree(loaded.scenario)
    lines = [*_head(base_name, new_name, loaded), *_staff(tree), *_items(tree), *_response(tree)]
    return "\n".join(lines).rstrip() + "\n"


def _head(base_name: str, new_name: str, loaded: Loaded) -> list[str]:
    scenario = loaded.scenario
    regimes = [regime.id for regime in scenario.conduct.regimes]
    return [
        f"# {new_name}: a variant of the shipped scenario {base_name}.",
        "# Every key not set here comes from there. Remove a # to change a value.",
        f"# `ceasefire check {new_name}.toml` tells what is wrong,",
        f"# `ceasefire explain {new_name}.toml` where each number comes from.",
        "schema = 1",
        f'name = "{new_name}"',
        f"title = {inline(f'Variant of {base_name}')}",
        f'include = ["{base_name}.toml"]',
        f"# days = {inline(scenario.days)}",
        f"# start = {inline(scenario.start)}",
        "",
        "# [conduct]",
        f"# regime = {inline(scenario.conduct.regime)}   # one of {', '.join(regimes)}",
        "",
    ]


def _staff(tree: dict[str, Any]) -> list[str]:
    staff = tree["verification"]["staff"]
    return ["# [verification.staff]", *(f"# {key} = {inline(staff[key])}" for key in _STAFF), ""]


def _items(tree: dict[str, Any]) -> list[str]:
    """Designs of the base, one commented item for each; ids name what is changed."""
    lines: list[str] = []
    ids: list[str] = []
    for kind, keys in _ITEMS.items():
        for item in tree["monitoring"][kind]:
            ids.append(item["id"])
            lines += [f"# [[monitoring.{kind}]]   # {item['title']}".rstrip(" #"), f'# id = "{item["id"]}"']
            lines += [f"# {key} = {inline(item[key])}" for key in keys]
            lines.append("")
    drop = [f'# [monitoring]\n# remove = ["{ids[0]}"]   # drops what is inherited\n'] if ids else []
    return [*drop, *lines]


def _response(tree: dict[str, Any]) -> list[str]:
    lines = []
    for item in tree["response"]["procedures"]:
        lines += ["# [[response.procedures]]", f'# id = "{item["id"]}"']
        lines += [f"# {key} = {inline(item[key])}" for key in ("members", "needed", "median_h")]
        lines.append("")
    return lines


def json_schema() -> dict[str, Any]:
    """JSON Schema of a scenario file for editors; sections may come from included files, so none is
    required.
    """
    schema = Scenario.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "ceasefire-sim scenario"
    schema.pop("required", None)
    names = {"type": "array", "items": {"type": "string"}}
    schema["properties"]["include"] = {
        **names,
        "description": "files that this one builds on, in order; this file wins",
    }
    for definition in schema["$defs"].values():
        definition.pop("required", None)
    for section in ("Area", "Agreement", "Conduct", "Monitoring", "Response"):
        removed = {**names, "description": "ids of inherited items to drop"}
        schema["$defs"][section]["properties"]["remove"] = removed
    return schema
