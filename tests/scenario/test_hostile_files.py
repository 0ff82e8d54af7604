"""Cut, mutated, oversized and hostile files: a scenario or a list of faults, never anything else, and soon."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.scenario.errors import ScenarioErrors
from sim.scenario.reader import read

BASE = Path(__file__).parent / "base"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The base scenario in the current folder."""
    shutil.copytree(BASE, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def faults(path: str) -> str:
    """Text of the faults, empty if there are none; any other exception fails the test."""
    try:
        read(path)
    except ScenarioErrors as errors:
        return str(errors)
    return ""


def test_cut_at_every_byte(folder: Path) -> None:
    """A half-copied file is a scenario or is refused with a place in it."""
    data = Path("base.toml").read_bytes()
    accepted = 0
    for length in range(len(data)):
        Path("cut.toml").write_bytes(data[:length])
        text = faults("cut.toml")
        accepted += not text
        assert not text or re.match(r"cut\.toml(:\d+:\d+: |: the scenario file is empty)", text), text
    assert 0 < accepted < 200


def test_byte_order_mark_and_line_ends(folder: Path) -> None:
    """Windows editors are forgiven; places stay right."""
    data = Path("base.toml").read_bytes()
    Path("bom.toml").write_bytes(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"))
    assert read("bom.toml").scenario == read("base.toml").scenario
    assert read("bom.toml").origins["name"] == "bom.toml:2"
    Path("bom.toml").write_bytes(b"\xef\xbb\xbfnaem = 1\r\n" + data.replace(b"\n", b"\r\n"))
    assert faults("bom.toml") == "bom.toml:1:1: naem: unknown key (did you mean name?)"


Mutation = Callable[[random.Random, list[str], int], tuple[list[str], str]]


def _key(line: str) -> str:
    return line.split("=")[0].strip()


def _misspelt(rng: random.Random, lines: list[str], i: int) -> tuple[list[str], str]:
    key = _key(lines[i])
    wrong = key[:-1] + "q" + key[-1]
    return [*lines[:i], lines[i].replace(key, wrong, 1), *lines[i + 1:]], wrong


def _doubled(rng: random.Random, lines: list[str], i: int) -> tuple[list[str], str]:
    return [*lines[:i], lines[i], lines[i], *lines[i + 1:]], _key(lines[i])


def _valued(value: str) -> Mutation:
    def mutation(rng: random.Random, lines: list[str], i: int) -> tuple[list[str], str]:
        return [*lines[:i], f"{_key(lines[i])} = {value}", *lines[i + 1:]], _key(lines[i])

    return mutation


def _unclosed(rng: random.Random, lines: list[str], i: int) -> tuple[list[str], str]:
    return [*lines[:i], f'{_key(lines[i])} = "', *lines[i + 1:]], f"line {i + 1}"


MUTATIONS: dict[str, Mutation] = {
    "misspelt": _misspelt,
    "doubled": _doubled,
    "unclosed": _unclosed,
    "nan": _valued("nan"),
    "infinite": _valued("-inf"),
    "table": _valued("{ a = 1 }"),
    "huge": _valued("1" + "0" * 30),
    "date": _valued("2026-02-30T00:00:00Z"),
    "negative": _valued("-1e9"),
    "control": _valued('"a\\u0000b"'),
}


def test_labelled_mutations(folder: Path) -> None:
    """300 files, each with one known fault: the fault is found, and the text names the key or the line."""
    rng = random.Random(20260201)
    files = ["base.toml", "parts/situation.toml", "parts/means.toml"]
    texts = {name: Path(name).read_text(encoding="utf-8").splitlines() for name in files}
    for number in range(300):
        name = files[number % 3]
        label = list(MUTATIONS)[number // 3 % len(MUTATIONS)]
        lines = texts[name]
        i = rng.choice([i for i, line in enumerate(lines) if re.match(r"[a-z_0-9.]+ = ", line)])
        changed, named = MUTATIONS[label](rng, lines, i)
        Path(name).write_text("\n".join(changed) + "\n", encoding="utf-8")
        text = faults("base.toml")
        Path(name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        assert text, (label, name, lines[i])
        if label != "date":
            assert named.split(".")[-1] in text, (label, lines[i], text)
        assert re.search(rf"^{name}:{i + (1 if label != 'doubled' else 2)}:", text, re.MULTILINE) or label == "misspelt", text


def test_random_damage(folder: Path) -> None:
    """Bytes changed, dropped and swapped at random: never anything but a scenario or a list of faults."""
    rng = random.Random(7)
    data = Path("base.toml").read_bytes()
    for _ in range(300):
        broken = bytearray(data)
        for _ in range(rng.randint(1, 6)):
            place = rng.randrange(len(broken))
            broken[place:place + rng.randint(0, 3)] = bytes(rng.choices(b'[]{}"\'=.,\n#\\0a\xff\xc3', k=rng.randint(0, 3)))
        Path("base.toml").write_bytes(bytes(broken))
        faults("base.toml")


MIB = 2**20 - 200
BOMBS: dict[str, Callable[[], str]] = {
    "brackets.toml": lambda: "a = [" + "[]," * (MIB // 3) + "]",
    "open.toml": lambda: "a = " + "[" * MIB,
    "key.toml": lambda: "a" + ".a" * (MIB // 2 - 10) + " = 1",
    "header.toml": lambda: "[a" + ".a" * (MIB // 2 - 10) + "]",
    "keys.toml": lambda: "".join(f"a{i} = 1\n" for i in range(29_000)),
    "items.toml": lambda: "".join(f'[[monitoring.drones]]\nid = "d{i}"\n' for i in range(9_600)),
    "vertices.toml": lambda: "area.line = [" + "[1, 2]," * 9_900 + "]",
    "patrols.toml": lambda: '[[monitoring.drones]]\nid = "a"\npatrols = [' + '"x",' * 29_000 + "]",
    "deep.toml": lambda: "".join(".".join("a" * 62) + f".b{i} = 1\n" for i in range(470)),
    "quotes.toml": lambda: 'a = """' + '\\"""' * (MIB // 4),
    "lines.toml": lambda: "a = 1" + "\n" * MIB,
    "digits.toml": lambda: "study.seed = " + "9" * MIB,
    "word.toml": lambda: 'title = "' + "a" * MIB + '"',
    "wide.toml": lambda: 'title = "' + "ž" * (MIB // 2) + '"',
    "bells.toml": lambda: 'title = "' + "\\u0007" * (MIB // 6) + '"',
    "open.json": lambda: "[" * MIB,
    "twice.json": lambda: "{" + '"a":1,' * 14_000 + '"a":1}',
    "digits.json": lambda: '{"a":' + "9" * MIB + "}",
    "surrogates.json": lambda: '{"title":"' + "\\ud800" * (MIB // 6) + '"}',
    "big.toml": lambda: "#" * (MIB + 300),
}

MEASURED = """
import sys, time
from sim.scenario.reader import read
from sim.scenario.errors import ScenarioErrors
start = time.process_time()
try:
    read(sys.argv[1])
    raise SystemExit("accepted")
except ScenarioErrors as errors:
    text = str(errors)
spent = time.process_time() - start
# Not ru_maxrss: that of a child begins at the size of the process that started it.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(spent, int(peak.split()[1]) / 1024, len(text))
"""


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name: str, tmp_path: Path) -> None:
    """Refused within 2 s of CPU, 300 MB and a page of text."""
    (tmp_path / name).write_text(BOMBS[name](), encoding="utf-8")
    result = run(MEASURED, name, tmp_path)
    assert not result.stderr
    seconds, megabytes, length = map(float, result.stdout.split())
    assert seconds < 2
    assert megabytes < 300
    assert length < 5000


def run(program: str, argument: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own, in that folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", textwrap.dedent(program), argument]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


WATCHED = """
import os, sys
from sim.scenario.reader import read
from sim.scenario.errors import ScenarioErrors
from sim.scenario.shipped import shipped
read("base.toml")
opened = []
sys.addaudithook(lambda event, args: opened.append(args[0]) if event in ("open", "os.listdir", "os.scandir") else None)
try:
    read(sys.argv[1])
except ScenarioErrors as errors:
    print(errors)
roots = (os.path.realpath("."), os.path.realpath(shipped("scenarios")))
print(len(opened))
print([name for name in opened if isinstance(name, (str, os.PathLike)) and
       not os.path.realpath(name).startswith(tuple(root + os.sep for root in roots) + roots)])
print([name for name in ("numpy", "simpy", "pandas", "scipy", "matplotlib") if name in sys.modules])
"""


def test_nothing_outside_is_opened(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever a file asks for, only the scenario's folder and the shipped ones are opened or listed."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.toml").write_text("hunter2 = 1\n", encoding="utf-8")
    os.symlink(outside, "link")
    names = ["../secret.toml", str(outside / "secret.toml"), "link/secret.toml", "/etc/passwd", "parts/none.toml"]
    names.append("link/none.toml")
    listed = ", ".join(f'"{name}"' for name in names)
    orbit = '{ type = "file", elements = "link/secret.txt" }'
    text = Path("base.toml").read_text(encoding="utf-8")
    old = '{ type = "repeat", revolutions = 175, days = 12, descending_time_h = 6 }'
    (outside / "secret.txt").write_text("hunter2", encoding="utf-8")
    Path("greedy.toml").write_text(text.replace('include = [', f"include = [{listed}, "), encoding="utf-8")
    Path("elements.toml").write_text(text.replace(old, orbit), encoding="utf-8")
    for name, lines in (("greedy.toml", len(names)), ("elements.toml", 1)):
        result = run(WATCHED, name, folder)
        assert not result.stderr
        *told, number, strays, heavy = result.stdout.splitlines()
        assert len(told) == lines
        assert int(number) > 0
        assert (strays, heavy) == ("[]", "[]")
        assert "hunter2" not in result.stdout


@pytest.mark.parametrize(("name", "text"), [
    ("parts", "parts: is a directory, not a scenario file"),
    ("pipe.toml", "pipe.toml: is a device, pipe or socket, not a scenario file"),
    ("/dev/zero", "/dev/zero: is a device, pipe or socket, not a scenario file"),
    ("bsae.toml", "bsae.toml: no such file (did you mean base.toml?)"),
    ("base.toml/x.toml", "base.toml/x.toml: no such file"),
    ("a\0b.toml", "a\\u0000b.toml: cannot be read: embedded null byte"),
    ("x.yaml", "x.yaml: YAML is not accepted: common readers turn Norway's unquoted NO into false; "
               "aliases are not allowed here (write TOML)"),
    ("x.pkl", "x.pkl: pickle files are not accepted: reading one can run code (write TOML)"),
    ("x.csv", "x.csv: a scenario file ends in .toml or .json"),
    ("no-such-scenario-at-all", '"no-such-scenario-at-all": no shipped scenario has this name '
                                "(a file needs its suffix, .toml or .json)"),
])
def test_arguments_that_are_no_files(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    """Refused by name before anything is opened."""
    monkeypatch.setattr("sim.scenario.shipped.shipped", lambda kind: folder / "none")
    os.mkfifo("pipe.toml")
    for other in ("x.yaml", "x.pkl", "x.csv"):
        Path(other).write_text("a: NO\n", encoding="utf-8")
    assert faults(name) == text
