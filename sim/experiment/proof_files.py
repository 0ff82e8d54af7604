"""Proof files: small ordinary scenarios, and which key of a known answer stands for which key of the scenario.

A mediator can check here that a proof holds no code of its own: data and plain arithmetic, nothing else.
"""
from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sim.experiment.stages import STAGES
from sim.measure.theory.coverage import directions_in_words, fleet_name, fleets_in_words
from sim.measure.theory.names import ordinal, short
from sim.measure.theory.orbits import read_cycle, repeat_cycle
from sim.measure.theory.queues import queue_cases
from sim.measure.theory.rhythm import gap_laws
from sim.measure.theory.search import sky_in_words
from sim.scenario.scenario import Scenario
from sim.scenario.shape import Fault, shaped

Values = dict[str, Any]

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow}


def _nth(values: Any, place: float) -> Any:
    """Member of a list by its place, counted from 0; 0 where the list is shorter, or the value of a setup that has no list."""
    items = list(values) if isinstance(values, list | tuple) else [values]
    return items[int(place)] if 0 <= place < len(items) else 0.0


def _angle(of: Callable[..., float]) -> Callable[..., float]:
    return lambda *values: math.degrees(of(*values))


def _listed(values: Any) -> list[Any]:
    return list(values) if isinstance(values, list | tuple) else [values]


def _each(values: Any, place: float) -> Any:
    """Member of a list by its place, 0 where it is shorter; a value that is no list stands for all members."""
    return _nth(values, place) if isinstance(values, list | tuple) else values


def _dot(left: Any, right: Any) -> float:
    """Sum of the products of the members of a list and of those of another, or of one value for all."""
    return math.fsum(item * _each(right, i) for i, item in enumerate(_listed(left)))


def _parts(means: Any, shapes: Any) -> list[float]:
    """Each mean as so many equal parts as its shape says."""
    return [mean / _each(shapes, i) for i, mean in enumerate(_listed(means)) for _ in range(int(_each(shapes, i)))]
def _units(prefs: Any, rates: Any) -> int:
    """Number of units that a setup speaks of: those in its orders of preference, else one for each district."""
    return len(prefs[0]) if isinstance(prefs, list) and prefs else len(rates)


def _turn(prefs: Any, district: float, unit: float, units: float) -> int:
    """Turn of a unit in a district: its place in the order of preference, by default the district's own unit, then the others."""
    j, i, n = int(district), int(unit), int(units)
    if not isinstance(prefs, list) or not prefs:
        own = j % n
        return 0 if i == own else i + 1 if i < own else i
    return list(prefs[j]).index(i) if j < len(prefs) and i in prefs[j] else n


def _states(units: float) -> str:
    """States of the units as the exact answers name them: the first figure is the first unit, which changes fastest."""
    n = int(units)
    return "_".join("".join(str(state >> i & 1) for i in range(n)) for state in range(1 << n))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sqrt": math.sqrt, "ln": math.log, "min": min, "max": max, "ceil": math.ceil, "floor": math.floor, "nth": _nth,
    "count": lambda values: len(values) if isinstance(values, list | tuple) else 1,
    "each": _each, "dot": _dot, "parts": _parts, "listed": lambda *values: list(values),
    "sum": lambda values: math.fsum(_listed(values)), "otherwise": lambda value, other: value or other,
    "sin": lambda deg: math.sin(math.radians(deg)), "cos": lambda deg: math.cos(math.radians(deg)),
    "units": _units, "turn": _turn, "states": _states,
    "acos": _angle(math.acos), "atan2": _angle(math.atan2)}
"""What arithmetic of a proof may call; angles are degrees."""
_RUN_KEYS = frozenset({"id", "stage", "unit", "given", "any", "absent", "over", "equals", "when", "n", "batch", "values", "keys",
                       "set", "simulated", "only", "fresh", "pooled"})
_PROOF_KEYS = frozenset({"title", "exact_only", "n", "batch", "unit", "aliases", "defaults", "members", "values", "keys", "runs"})
UNITS = ("violation", "cell", "replication")


class Run(NamedTuple):
    """One world of a proof: when it applies, what it sets, and which names are read off it."""

    id: str
    stage: str
    unit: str
    n: int
    batch: int
    data: Mapping[str, Any]


class ProofFile(NamedTuple):
    """A proof file: the scenario as its tree, the table `proof`, and its runs."""

    scenario: dict[str, Any]
    proof: dict[str, Any]
    runs: tuple[Run, ...]


class Member(NamedTuple):
    """One member of a setup with lists: its values, and the table in which its names stand."""

    values: Values
    within: str


def read_proof(file: Path) -> ProofFile:
    """Read a proof file; raises ValueError for a key that is not data of a proof."""
    import tomllib

    whole = tomllib.loads(file.read_text(encoding="utf-8"))
    _known(whole, {"proof", "scenario"}, file.name)
    proof = whole["proof"]
    _known(proof, _PROOF_KEYS, f"{file.name}: proof")
    runs = tuple(_run(proof, data, file.name) for data in proof.get("runs", ()))
    return ProofFile(whole.get("scenario", {}), proof, runs)


def _known(table: Mapping[str, Any], keys: set[str] | frozenset[str], where: str) -> None:
    for key in table:
        if key not in keys:
            raise ValueError(f"{where}: {key} is no key of a proof; the keys are {', '.join(sorted(keys))}")


def _run(proof: Mapping[str, Any], data: Mapping[str, Any], where: str) -> Run:
    _known(data, _RUN_KEYS, f"{where}: proof.runs.{data.get('id')}")
    run = Run(data["id"], data["stage"], data.get("unit", proof.get("unit", "violation")),
              data.get("n", proof.get("n", 100_000)), data.get("batch", proof.get("batch", 5000)), data)
    if run.stage not in STAGES or run.unit not in UNITS:
        raise ValueError(f"{where}: proof.runs.{run.id}: stage is one of {', '.join(STAGES)}, unit one of {', '.join(UNITS)}")
    return run


def members(file: ProofFile, run: Run, setup: Values) -> Iterator[Member]:
    """Members of a setup for one run: one for each item of the list keys that the run goes over."""
    listed = [key for key in run.data.get("over", ()) if key in setup or "default" in file.proof["members"][key]]
    tables = [value for value in setup.values() if isinstance(value, dict)]
    aliases = {other: key for key, others in file.proof.get("aliases", {}).items() for other in others}
    rows = [Member({aliases.get(key, key): item for table in (*tables, setup) for key, item in table.items()}, "")]
    for key in listed:
        rule = file.proof["members"][key]
        rows = [Member({k: v for k, v in row.values.items() if k != key} | item, _word(rule.get("within", ""), item))
                for row in rows for item in _items(key, row.values, rule)]
    yield from rows


def _items(key: str, values: Values, rule: Mapping[str, Any]) -> list[Values]:
    value: Any = values.get(key, rule.get("default"))
    if key == "gaps":
        return [{"gap_law": law.name, "law": law.name.removesuffix("2"), "T_h": law.mean_h, "cycle_h": list(law.cycle_h)}
                for law in gap_laws(value, values.get("T_h"))]
    if key == "weather":
        return [sky_in_words(value)]
    if key == "repeat":
        revolutions, days = read_cycle(value)
        ways = directions_in_words(values.get("passes"))
        way = "both" if len(ways) == 2 else {"up": "ascending", "down": "descending"}[ways[0]]
        return [{"revolutions": revolutions, "cycle_d": days, "way": way,
                 "axis_km": repeat_cycle(revolutions=revolutions, days=days).a_km}]
    if key == "sats":
        return [{"number": number, "fleet": fleet_name(number)} for number in fleets_in_words(value)]
    if "turned_with" in rule:
        ends = values.get(rule["turned_with"], rule["turned_default"])
        return [{"i": i, key: _turned(value, i, square=True), rule["turned_with"]: _turned(ends, i, square=False)}
                for i in range(len(value))]
    if "columns" in rule:
        rows = [*queue_cases(value), *rule.get("also", ())]
        return [dict(zip(rule["columns"], row, strict=True)) | {"letter": chr(ord("a") + i)} for i, row in enumerate(rows)]
    return [{"i": i, key: item} for i, item in enumerate(value if isinstance(value, list | tuple) else [value])]


def _turned(rows: Any, first: int, *, square: bool) -> list[list[float]]:
    """Rows of a table, and its columns where it is square, in the same round but from another first state on."""
    moved = [*rows[first:], *rows[:first]]
    return [[*row[first:], *row[:first]] if square else list(row) for row in moved]


def applies(run: Run, setup: Values, values: Values) -> bool:
    """Whether a run belongs to a setup, and can be run for one member of it."""
    data = run.data
    if any(key in setup for key in data.get("absent", ())):
        return False
    # A list that the run does not go over is a setup of another kind.
    if any(key not in setup or isinstance(values.get(key), list) for key in data.get("given", ())):
        return False
    if "any" in data and not any(key in setup for key in data["any"]):
        return False
    if any(not _among(values.get(key, "absent"), wanted) for key, wanted in data.get("equals", {}).items()):
        return False
    return "when" not in data or bool(worked(data["when"], values))


def _among(value: Any, wanted: list[Any]) -> bool:
    if isinstance(value, int | float):
        return any(isinstance(w, int | float) and math.isclose(value, w, rel_tol=1e-3) for w in wanted)
    return value in wanted


def completed(file: ProofFile, run: Run, member: Values, *, n: int) -> Values:
    """Values of a member with the defaults, the size and the worked values of the proof and of the run."""
    # Replications are the units where nothing else is independent: at least 16 of them; cells are many in each.
    least = {"violation": 1, "cell": 2, "replication": 16}[run.unit]
    per_replication = max(1, min(run.batch, n // least))
    values: Values = {"pi": math.pi} | member | {"events": per_replication}
    open_ = {**file.proof.get("defaults", {}), **file.proof.get("values", {}), **run.data.get("values", {})}
    while ready := [key for key, given in open_.items() if key in values or _can(given, values)]:
        for key in ready:
            given = open_.pop(key)
            if key not in values:
                values[key] = worked(given, values) if isinstance(given, str) else given
    return {"unit_h": 1.0} | values


def _can(given: Any, values: Values) -> bool:
    return not isinstance(given, str) or names_in(given) <= set(values)


def names_in(text: str) -> set[str]:
    """Names that an arithmetic expression refers to."""
    return {node.id for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Name)} - set(_FUNCTIONS)


def worked(text: str, values: Values) -> Any:
    """Value of an arithmetic expression: numbers, names of keys, + - * / **, and the functions of `_FUNCTIONS`.

    Raises ValueError for anything else, so that a proof file cannot hold code.
    """
    try:
        return _worked(ast.parse(text, mode="eval").body, values)
    except ZeroDivisionError:
        raise ValueError(f"{text}: division by zero") from None


def _worked(node: ast.expr, values: Values) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.Name) and node.id in values:
        return values[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _worked(node.left, values), _worked(node.right, values)
        if isinstance(left, list):
            return [_OPERATORS[type(node.op)](item, right) for item in left]
        if isinstance(right, list):
            return [_OPERATORS[type(node.op)](left, item) for item in right]
        return _OPERATORS[type(node.op)](left, right)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Lt | ast.LtE):
        left, right = _worked(node.left, values), _worked(node.comparators[0], values)
        return left < right or (isinstance(node.ops[0], ast.LtE) and left == right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS and not node.keywords:
        return _FUNCTIONS[node.func.id](*(_worked(item, values) for item in node.args))
    raise ValueError(f"{ast.unparse(node)}: a proof file holds arithmetic of its keys only")


def _short(value: Any) -> str:
    return short(value) if isinstance(value, int | float) else str(value)


def _word(text: str, values: Values) -> str:
    """Name with the values of a member written into it as names do; `{k:th}` is 3rd, or all of n."""
    words = {key: ",".join(_short(item) for item in (v if isinstance(v, list) else [v])) for key, v in values.items()}
    words |= {f"{key}_float": str(float(v)) for key, v in values.items() if isinstance(v, int | float)}
    words |= {f"{key}th": ordinal(v) for key, v in values.items() if isinstance(v, int)}
    if isinstance(values.get("k"), int):
        words["kth"] = ordinal(values["k"]) if values["k"] < values.get("n", 0) else str(values["k"])
    return text.format_map(words) if "{" in text else text


def named(text: str, values: Values) -> str:
    """Name of an answer, with the values of a member written into it."""
    return _word(text, values)


def scenario_of(file: ProofFile, run: Run, values: Values) -> Scenario:
    """Scenario of one run: the file's own, with the keys of the setup laid on it.

    Raises ValueError, with the scenario key and its rule, where a setup leaves what a scenario may hold.
    """
    from sim.scenario.canonical import inline
    from sim.scenario.merge import Place, Table, plain, planted
    from sim.scenario.overrides import overridden

    laid = {**_laid(file.proof.get("keys", {}), values), **run.data.get("set", {}), **_laid(run.data.get("keys", {}), values)}
    tree = planted(file.scenario, Place(0, ("scenario",)))
    assert isinstance(tree, Table)
    whole = plain(overridden(tree, [(key, inline(value)) for key, value in laid.items()]))
    shape = shaped(whole)
    if shape.scenario is None:
        raise ValueError("; ".join(map(_told, shape.faults[:5])))
    return shape.scenario


def _told(fault: Fault) -> str:
    rule = fault.words()[0] if fault.words else fault.rule
    return f"{'.'.join(map(str, fault.path))} = {fault.value}: {rule}"


def _laid(keys: Mapping[str, str], values: Values) -> Values:
    """Scenario keys whose arithmetic can be worked out from the keys given; the others keep what the file says."""
    laid = {key: worked(text, values) for key, text in keys.items() if names_in(text) <= set(values)}
    return {key: int(v) if isinstance(v, float) and v.is_integer() else v for key, v in laid.items()}
