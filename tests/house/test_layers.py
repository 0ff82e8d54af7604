"""The rules of the house, read from the source: who imports whom, what a monitor may know, what is banned.

Each rule is also shown a small bad source, so that a rule that can no longer fail is found out.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]


class Import(NamedTuple):
    """One imported module; `top` if it opens with the importing module, `name` the name taken from it."""

    target: str
    line: int
    top: bool
    typing_only: bool
    name: str | None


class Module(NamedTuple):
    """A source file under its dotted name."""

    name: str
    tree: ast.Module
    imports: tuple[Import, ...]


Breach = tuple[int, str]
Rule = Callable[[Module], Iterator[Breach]]

WINGS = ("truth", "monitoring", "verification", "response")
_BASE = {"records", "foundation"}
_BELOW_WING = {"area", "scenario", *_BASE}
_BELOW_ENGINE = {*WINGS, "ledger", *_BELOW_WING}
_BELOW_EXPERIMENT = {"engine", "measure", *_BELOW_ENGINE}
MAY_IMPORT: dict[str, set[str]] = {
    "foundation": set(),
    "records": {"foundation"},
    "scenario": _BASE,
    "area": {"scenario", *_BASE},
    **dict.fromkeys(WINGS, _BELOW_WING),
    "ledger": {"scenario", *_BASE},
    "measure": {"ledger", "scenario", *_BASE},
    "engine": _BELOW_ENGINE,
    "experiment": _BELOW_EXPERIMENT,
    "report": {"experiment", *_BELOW_EXPERIMENT},
    "face": {"report", "experiment", *_BELOW_EXPERIMENT},
    "cli": {"face", "report", "experiment", *_BELOW_EXPERIMENT},
}
HIDDEN_FROM_BELIEF = {"sim.scenario.conduct", "sim.scenario.scenario", "sim.scenario.reader", "sim.scenario.adaptation",
                      "sim.scenario.replay", "sim.scenario.events", "sim.scenario.parties", "sim.scenario.hidden"}
HIDDEN_NAMES = {"conduct", "Conduct", "adaptation", "replay", "events", "parties", "hidden", "scenario", "reader", "Scenario"}


def layer(module: str) -> str:
    """Room of a dotted module name: its second part, with the face and the door named."""
    parts = module.split(".")
    if len(parts) == 1:
        return "face"
    return "cli" if parts[1] in ("cli", "__main__") else parts[1]


def read(name: str, source: str, *, package: bool = False, known: frozenset[str] = frozenset()) -> Module:
    """Parse a source; `known` are the modules of the tree, to tell a submodule from a name."""
    tree = ast.parse(source)
    return Module(name, tree, tuple(_imports(name, tree, package, known)))


def _imports(name: str, tree: ast.Module, package: bool, known: frozenset[str]) -> Iterator[Import]:
    here = name.split(".") if package else name.split(".")[:-1]
    for node, top, typing_only in _walk(tree, True, False):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, top, typing_only, None)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else []
            target = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                deeper = f"{target}.{alias.name}"
                is_module = deeper in known or target in ("sim", "scipy", "matplotlib")
                found, taken = (deeper, None) if is_module else (target, alias.name)
                yield Import(found, node.lineno, top, typing_only, taken)


def _walk(node: ast.AST, top: bool, typing_only: bool) -> Iterator[tuple[ast.AST, bool, bool]]:
    for child in ast.iter_child_nodes(node):
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typed = typing_only or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test))
        yield child, top, typed
        yield from _walk(child, top and not inside, typed)


def _of(target: str, *names: str) -> bool:
    return any(target == name or target.startswith(f"{name}.") for name in names)


# ---- imports -------------------------------------------------------------------------------------------


def imports_go_down(module: Module) -> Iterator[Breach]:
    """Imports go down only, wings never meet, measure sees no engine."""
    mine = layer(module.name)
    for i in module.imports:
        theirs = layer(i.target)
        if not _of(i.target, "sim") or theirs == mine:
            continue
        if mine in WINGS and theirs in WINGS:
            yield i.line, f"wings never import one another: {mine} imports {i.target}"
        elif theirs not in MAY_IMPORT.get(mine, set()):
            may = ", ".join(sorted(MAY_IMPORT.get(mine, set()))) or "nothing of sim"
            yield i.line, f"imports go down only: {mine} imports {i.target}, but may import {may}"


def belief_never_sees_truth(module: Module) -> Iterator[Breach]:
    """Verification and response know neither the truth nor the conduct section nor the whole Scenario."""
    if layer(module.name) not in ("verification", "response"):
        return
    for i in module.imports:
        hidden = _of(i.target, "sim.truth", *HIDDEN_FROM_BELIEF)
        if hidden or (_of(i.target, "sim.scenario") and i.name in HIDDEN_NAMES):
            what = i.target if i.name is None else f"{i.name} from {i.target}"
            yield i.line, f"a monitor never sees the truth: {module.name} imports {what}"


def heavy_libraries_stay_in_their_rooms(module: Module) -> Iterator[Breach]:
    """SimPy in clock and desk, pandas in face, report and results, matplotlib in report, scipy late."""
    mine = layer(module.name)
    clockwork = module.name in ("sim.foundation.clock", "sim.foundation.desk")
    for i in module.imports:
        late = not i.top or i.typing_only
        if _of(i.target, "simpy") and not clockwork:
            yield i.line, "SimPy is imported in foundation/clock.py and desk.py only"
        if _of(i.target, "pandas") and not (mine == "report" or (mine in ("face", "experiment") and late)):
            yield i.line, "pandas opens in report, and inside functions of the face and of experiment, only"
        if _of(i.target, "matplotlib") and mine != "report":
            yield i.line, "matplotlib lives in report"
        if _of(i.target, "scipy.special", "scipy.stats") and not late:
            yield i.line, f"{i.target} opens inside functions: it costs half a second"


def check_stays_light(module: Module) -> Iterator[Breach]:
    """What `check` and `--help` load at once holds no numpy, and the door and the face no pydantic."""
    mine = layer(module.name)
    door = mine in ("cli", "face")
    light = door or mine == "scenario" or module.name == "sim.foundation.geodesy"
    for i in module.imports:
        if not i.top or i.typing_only:
            continue
        if light and _of(i.target, "numpy", "scipy", "simpy", "pandas", "matplotlib"):
            yield i.line, f"check loads no {i.target}: open it inside a function of {module.name}"
        if door and _of(i.target, "pydantic"):
            yield i.line, "pydantic opens inside verbs, so that --help stays fast"


def nothing_imports_what_is_beside_the_package(module: Module) -> Iterator[Breach]:
    """The package stands alone."""
    for i in module.imports:
        if _of(i.target, "tests", "scenarios", "seeds", "notebooks"):
            yield i.line, f"nothing imports {i.target}: it is not in the wheel"


def rooms_have_a_purpose(module: Module) -> Iterator[Breach]:
    """No room for odds and ends."""
    for part in module.name.split("."):
        if part.strip("_") in {"util", "utils", "helper", "helpers", "common", "misc"}:
            yield 1, f"no room is called {part}: name it after what it is for"


# ---- what modules hold ---------------------------------------------------------------------------------

_AT_TOP = (
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign
)
_READS = {"open", "read_text", "read_bytes", "load", "loads", "print", "input", "default_rng", "Generator"}


def nothing_happens_at_import(module: Module) -> Iterator[Breach]:
    """At the top of a module stand imports, definitions, assignments and a docstring."""
    for node in module.tree.body:
        if isinstance(node, ast.If) and ("TYPE_CHECKING" in ast.dump(node.test) or _is_main(module, node)):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if not isinstance(node, _AT_TOP):
            yield node.lineno, f"nothing happens at import: a {type(node).__name__} stands at the top"
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for call in ast.walk(node.value):
                if isinstance(call, ast.Call) and _last(call.func) in _READS:
                    yield call.lineno, f"nothing happens at import: {_last(call.func)}() is called"


def _is_main(module: Module, node: ast.If) -> bool:
    return module.name.endswith("__main__") and "__name__" in ast.dump(node.test)


def classes_are_short(module: Module) -> Iterator[Breach]:
    """Data in, data out: no class over 150 lines."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef) and (size := (node.end_lineno or 0) - node.lineno + 1) > 150:
            yield node.lineno, f"no class over 150 lines: {node.name} has {size}"


# ---- banned constructs ---------------------------------------------------------------------------------

BANNED_MODULES = {
    "pickle": "results are data, never code", "cPickle": "results are data, never code",
    "dill": "results are data, never code", "cloudpickle": "results are data, never code",
    "marshal": "results are data, never code", "shelve": "results are data, never code",
    "random": "luck is asked for by name", "secrets": "luck is asked for by name",
    "uuid": "ids are made from what they name",
}
BANNED_CALLS = {
    "eval": "nothing read is run", "exec": "nothing read is run", "os.system": "nothing read is run",
    "os.popen": "nothing read is run", "yaml.load": "nothing read is run",
    "yaml.unsafe_load": "nothing read is run", "yaml.full_load": "nothing read is run",
    "hash": "hash() differs between processes", "os.urandom": "luck is asked for by name",
    "time.time": "no wall clock", "time.time_ns": "no wall clock", "time.localtime": "no wall clock",
    "time.gmtime": "no wall clock", "datetime.datetime.now": "no wall clock",
    "datetime.datetime.utcnow": "no wall clock", "datetime.datetime.today": "no wall clock",
    "datetime.date.today": "no wall clock",
}
_LUCK = {"Generator", "BitGenerator", "SeedSequence", "PCG64", "PCG64DXSM", "Philox", "SFC64", "default_rng"}
_LISTINGS = {"os.listdir", "os.scandir", "os.walk", "glob.glob", "glob.iglob"}
_LIST_METHODS = {"glob", "rglob", "iterdir"}
_ANY_ORDER = {"sorted", "any", "all", "len", "min", "max"}


def banned_modules(module: Module) -> Iterator[Breach]:
    """Modules that no file imports, whatever for."""
    for i in module.imports:
        root = i.target.split(".")[0]
        if root in BANNED_MODULES:
            yield i.line, f"{root} is banned: {BANNED_MODULES[root]}"


def banned_calls(module: Module) -> Iterator[Breach]:
    """Names that no file uses, under whatever alias; and arguments that open a shell or a pickle."""
    alias = _aliases(module.tree)
    for node in ast.walk(module.tree):
        dotted = _dotted(node, alias)
        if dotted in BANNED_CALLS:
            yield getattr(node, "lineno", 0), f"{dotted} is banned: {BANNED_CALLS[dotted]}"
        if dotted.startswith("numpy.random.") and dotted.split(".")[2] not in _LUCK:
            yield getattr(node, "lineno", 0), f"{dotted} is banned: luck is asked for by name"
        if isinstance(node, ast.Call):
            if _dotted(node.func, alias) == "numpy.random.default_rng" and not (node.args or node.keywords):
                yield node.lineno, "default_rng() without a seed is banned: no run could be repeated"
            for word in node.keywords:
                if word.arg in ("shell", "allow_pickle") and not _is_false(word.value):
                    yield node.lineno, f"{word.arg}=True is banned: nothing read is run"


def order_is_never_left_to_chance(module: Module) -> Iterator[Breach]:
    """Folders are listed sorted, and loops never run over sets."""
    alias = _aliases(module.tree)
    parents = {child: node for node in ast.walk(module.tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            method = isinstance(node.func, ast.Attribute) and node.func.attr in _LIST_METHODS
            listing = _dotted(node.func, alias) in _LISTINGS or method
            if listing and not _order_is_settled(node, parents):
                yield node.lineno, f"{_last(node.func)} without sorted() is banned: its order is the disk's"
        looped = node.iter if isinstance(node, ast.For | ast.comprehension) else None
        if looped is not None and _is_set(looped) and not _order_is_settled(node, parents):
            yield looped.lineno, "a loop over a set is banned: its order differs between processes"


def _is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("set", "frozenset")
    return isinstance(node, ast.Set | ast.SetComp)


def _order_is_settled(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> bool:
    while not isinstance(node, ast.stmt) and node in parents:
        node = parents[node]
        if isinstance(node, ast.SetComp):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ANY_ORDER:
            return True
    return False


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _aliases(tree: ast.Module) -> dict[str, str]:
    alias: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            alias |= {a.asname: a.name for a in node.names if a.asname}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            alias |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return alias


def _dotted(node: ast.AST, alias: Mapping[str, str]) -> str:
    """Full dotted name of a name or attribute, aliases undone; empty for anything else."""
    if isinstance(node, ast.Name):
        return alias.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value, alias)
        return f"{base}.{node.attr}" if base else ""
    return ""


RULES: tuple[Rule, ...] = (
    imports_go_down, belief_never_sees_truth, heavy_libraries_stay_in_their_rooms, check_stays_light,
    nothing_imports_what_is_beside_the_package, rooms_have_a_purpose, nothing_happens_at_import,
    classes_are_short, banned_modules, banned_calls, order_is_never_left_to_chance,
)


# ---- the house as it stands ----------------------------------------------------------------------------


def _house() -> list[tuple[Path, Module]]:
    paths = sorted((ROOT / "sim").rglob("*.py"))
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths}
    names = {path: name.removesuffix(".__init__") for path, name in names.items()}
    known = frozenset(names.values())
    return [
        (path, read(name, path.read_text(encoding="utf-8"), package=path.stem == "__init__", known=known))
        for path, name in names.items()
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.__name__))
def test_the_house_keeps_its_rules(rule: Rule) -> None:
    breaches = [
        f"{path.relative_to(ROOT)}:{line}: {reason}"
        for path, module in _house()
        for line, reason in rule(module)
    ]
    assert not breaches, "\n" + "\n".join(breaches)


def test_no_module_imports_itself_in_a_circle() -> None:
    modules = {module.name: module for _, module in _house()}
    opens = {name: _opened_by(module, set(modules)) for name, module in modules.items()}
    assert (circle := _circle(opens)) is None, f"these import one another in a circle: {circle}"


def _opened_by(module: Module, known: set[str]) -> list[str]:
    targets = [i.target for i in module.imports if i.top and not i.typing_only]
    return [target for target in targets if target in known and target != module.name]


def _circle(opens: Mapping[str, list[str]]) -> str | None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> str | None:
        if name in path:
            return " → ".join((*path[path.index(name) :], name))
        if name in done:
            return None
        done.add(name)
        return next(filter(None, (visit(child, (*path, name)) for child in opens.get(name, []))), None)

    return next(filter(None, (visit(name, ()) for name in opens)), None)


@pytest.mark.parametrize("module", ["engine", "measure", "experiment", "foundation.clock"])
def test_importing_the_engine_loads_neither_pandas_nor_matplotlib(module: str) -> None:
    room = ROOT / "sim" / module.replace(".", "/")
    if not room.with_suffix(".py").exists() and not (room / "__init__.py").exists():
        pytest.skip(f"sim.{module} is not built yet")
    heavy = ("pandas", "matplotlib", "scipy.stats")
    code = f"import sys, sim.{module}; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.stderr) == ("[]", "")


# ---- every rule can fail -------------------------------------------------------------------------------

BAD: list[tuple[Rule, str, str]] = [
    *((imports_go_down, name, source) for name, source in (
        ("sim.foundation.clock", "from sim.records import Look"),
        ("sim.records", "import sim.scenario.agreement"),
        ("sim.scenario.reader", "from sim import area"),
        ("sim.area.line", "from ..monitoring import posts"),
        ("sim.monitoring.drones", "from sim.truth.violations import Violation"),
        ("sim.verification.cases", "def f():\n    from sim import monitoring"),
        ("sim.response.force", "from ..verification.cases import Case"),
        ("sim.truth.violations", "import sim.engine"),
        ("sim.truth.violations", "from sim.ledger import History"),
        ("sim.measure.measures", "from sim import engine"),
        ("sim.measure.measures", "from sim.monitoring import detection"),
        ("sim.engine", "from sim.measure import measures"),
        ("sim.engine", "import sim.experiment.replicate"),
        ("sim.experiment.replicate", "from sim.report import figures"),
        ("sim.report.figures", "import sim"),
        ("sim", "from .cli import main"),
        ("sim.verification.cases",
         "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sim.truth.violations import V"),
    )),
    *((belief_never_sees_truth, name, source) for name, source in (
        ("sim.verification.cases", "from sim.truth.violations import Violation"),
        ("sim.verification.cases", "from sim.scenario.conduct import Kind"),
        ("sim.verification.cases", "def f():\n    from ..scenario import conduct"),
        ("sim.response.ladder", "from sim.scenario import Scenario"),
        ("sim.response.ladder", "import sim.scenario.scenario as s"),
        ("sim.response.ladder", "from sim.scenario.reader import load"),
    )),
    *((heavy_libraries_stay_in_their_rooms, name, source) for name, source in (
        ("sim.engine", "import simpy"),
        ("sim.response.force", "def f():\n    from simpy.events import Event"),
        ("sim.experiment.results", "import pandas as pd"),
        ("sim.measure.measures", "def f():\n    import pandas"),
        ("sim", "import pandas"),
        ("sim.experiment.frontier", "def f():\n    from matplotlib import pyplot"),
        ("sim.measure.statistics", "from scipy import special"),
        ("sim.measure.statistics", "from scipy.stats import norm"),
    )),
    *((check_stays_light, name, source) for name, source in (
        ("sim.cli", "import numpy as np"),
        ("sim.scenario.reader", "import numpy"),
        ("sim.foundation.geodesy", "from numpy.typing import NDArray"),
        ("sim.__main__", "import pydantic"),
    )),
    (nothing_imports_what_is_beside_the_package, "sim.engine", "from tests import worlds"),
    (nothing_imports_what_is_beside_the_package, "sim.cli", "import scenarios.parts"),
    *((rooms_have_a_purpose, f"sim.{name}", "") for name in ("utils", "area.helpers", "common.x", "misc")),
    *((nothing_happens_at_import, "sim.engine", source) for source in (
        "print(1)", "for i in range(3):\n    pass", "with open('x') as f:\n    pass", "x = open('x').read()",
        "try:\n    import numpy\nexcept ImportError:\n    pass",
        "import numpy as np\nr = np.random.default_rng(1)",
        "if __name__ == '__main__':\n    pass", "x: int = 0\nx += 1",
    )),
    (classes_are_short, "sim.engine", "class Long:\n" + "    x = 1\n" * 150),
    *((banned_modules, "sim.engine", source) for source in (
        "import pickle", "from pickle import loads", "def f():\n    import random", "import secrets",
        "from random import random", "import uuid", "import shelve",
    )),
    *((banned_calls, "sim.engine", source) for source in (
        "x = eval('1')", "exec('1')", "import os\nos.system('ls')", "from os import system\nsystem('ls')",
        "import subprocess as s\ns.run('ls', shell=True)", "import yaml\nyaml.load('x')",
        "import numpy as np\nnp.random.rand(3)", "from numpy import random as r\nr.seed(1)",
        "from numpy.random import normal\nnormal()", "import numpy\nnumpy.random.default_rng()",
        "import time\ntime.time()", "from time import time\nf = time", "import time as t\nt.time_ns()",
        "from datetime import datetime\ndatetime.now()", "import datetime as d\nd.datetime.utcnow()",
        "from datetime import date\ndate.today()", "x = hash('a')", "d = sorted('ab', key=hash)",
        "import numpy as np\nnp.load('x', allow_pickle=True)",
    )),
    *((order_is_never_left_to_chance, "sim.engine", source) for source in (
        "import os\nx = os.listdir('.')", "from os import listdir\nx = list(listdir('.'))",
        "import glob\nfor f in glob.glob('*'):\n    pass", "x = [p for p in folder.rglob('*.toml')]",
        "for p in folder.iterdir():\n    sorted(p)", "for x in {1, 2}:\n    pass",
        "y = [x for x in set('ab')]",
    )),
]

GOOD: list[tuple[str, str]] = [
    ("sim.engine", "from sim.truth import violations\nfrom sim.verification.cases import Case"),
    ("sim.monitoring.drones", "from sim.area import line\nfrom sim.foundation.clock import Clock"),
    ("sim.verification.cases", "from sim.scenario.agreement import Agreement\nfrom . import evidence"),
    ("sim.foundation.clock", "import simpy"),
    ("sim.report.figures", "import pandas\nimport matplotlib.pyplot as plt"),
    ("sim", "def load():\n    import pandas\n    from sim.experiment import replicate"),
    ("sim.measure.theory", "def f():\n    from scipy.special import betaincinv"),
    ("sim.__main__", "from sim.cli import main\nif __name__ == '__main__':\n    main()"),
    ("sim.foundation.streams", "import numpy as np\ndef f(k: int) -> np.random.Generator:\n"
                               "    return np.random.Generator(np.random.Philox(k))"),
    ("sim.experiment.journal", "import time\ndef f(p):\n    t = time.perf_counter()\n    import re\n"
                               "    re.compile('x')\n    return sorted(q.name for q in p.glob('*'))"),
    ("sim.area.line", "def f(x):\n    return sorted(y for y in set(x)), any(q for q in p.iterdir())"),
]


def _id(value: object) -> str:
    return str(getattr(value, "__name__", value))


@pytest.mark.parametrize(("rule", "name", "source"), BAD, ids=_id)
def test_each_rule_can_fail(rule: Rule, name: str, source: str) -> None:
    module = read(name, source, package=name == "sim")
    assert list(rule(module)), f"{_id(rule)} let this pass:\n{source}"


@pytest.mark.parametrize(("name", "source"), GOOD)
def test_good_sources_pass_every_rule(name: str, source: str) -> None:
    assert [breach for rule in RULES for breach in rule(read(name, source))] == []


def test_every_rule_is_shown_something_bad() -> None:
    assert {_id(rule) for rule, _, _ in BAD} == {_id(rule) for rule in RULES}


def test_a_circle_is_found_and_named() -> None:
    assert _circle({"a": ["b"], "b": ["c"], "c": ["b"]}) == "b → c → b"
    assert _circle({"a": ["b", "c"], "b": ["c"], "c": []}) is None
