"""What the README claims is done here: its commands, its Python, its files, its table of the agenda.

A mediator can rely on the first page, because a claim that no longer holds fails a test.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRACT = ROOT.parent / "shared" / "design" / "contract.md"
TWO = [
    f'python3 -m venv .venv && .venv/bin/python -m pip install -e ".[test]" && .venv/bin/{command}'
    for command in ("ceasefire run scenarios/technical-means.toml", "python -m pytest")
]
SMALL = {"run": ("--replications", "1", "--set", "days=2"), "compare": ("--replications", "2", "--set", "days=2"),
         "sweep": ("--replications", "2", "--set", "days=2")}


def blocks(language: str) -> list[str]:
    """Text of the code blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    """Text below one heading, up to the next."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"README has no section {title}"
    return found.group(1)


def ceasefire(args: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as the README does, in a folder that holds the scenarios."""
    if not (folder / "scenarios").exists():
        shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    return python(["-m", "sim", *args], folder)


def python(args: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run this Python with the checkout on its path."""
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    done = subprocess.run([sys.executable, *args], cwd=folder, env={**os.environ, "PYTHONPATH": paths}, capture_output=True,
                          text=True, timeout=300, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, f"{args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


# ---- the two commands ----------------------------------------------------------------------------------


def test_two_commands_word_for_word() -> None:
    assert blocks("")[0].splitlines() == TWO


def test_two_commands_are_those_of_the_contract() -> None:
    if not CONTRACT.is_file():
        pytest.skip("shared/design/contract.md is not beside this checkout")
    assert "```\n" + "\n".join(TWO) + "\n```" in CONTRACT.read_text(encoding="utf-8")


def test_first_command_writes_what_is_listed(tmp_path: Path) -> None:
    args = shlex.split(TWO[0].rsplit("/ceasefire ", 1)[1])
    said = ceasefire([*args, *SMALL["run"]], tmp_path).stdout
    folder = next((tmp_path / "runs").iterdir())
    listed = re.findall(r"`([\w.-]+)`", section("How to").split("A run folder holds:")[1])
    assert len(listed) > 15
    assert {one for one in listed if not (folder / one).exists()} == set()
    unlisted = {one.name for one in folder.iterdir() if not one.name.startswith(".")} - set(listed) - {"journal.sqlite"}
    assert unlisted == set()
    assert (folder / "figures" / "shares.svg").is_file()
    assert "SIMULATED" in said
    assert "In the assumed world" in said
    assert "not computed" in said
    assert "already done" in ceasefire([*args, *SMALL["run"]], tmp_path).stdout


# ---- how to --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", "".join(blocks("sh")).splitlines())
def test_command_line(line: str, tmp_path: Path) -> None:
    words = shlex.split(line)
    assert words[0] == "ceasefire"
    assert ceasefire([*words[1:], *SMALL.get(words[1], ())], tmp_path).stdout.strip()


def test_python_blocks_one_after_the_other(tmp_path: Path) -> None:
    code = re.sub(r'load\("([\w-]+)"\)', r'load("\1", days=2)', "".join(blocks("python")))
    code = re.sub(r'replications=\d+|seeds="\w+"', "replications=2", code)
    tail = "\nassert len(run.summary) > 20 and len(pair.table) > 20 and run.figures.funnel() and len(run.tables['findings'])"
    done = python(["-c", code + tail], tmp_path)
    assert "Error" not in done.stderr


def test_verbs() -> None:
    from sim.cli import app

    there = {one.name or one.callback.__name__ for one in app.registered_commands if one.callback}
    said = set(re.findall(r"`(\w+)`", re.findall(r"^Verbs: (.*?);", TEXT, re.MULTILINE)[0]))
    assert said == there


def test_seed_sets() -> None:
    files = [ROOT / "seeds" / f"{name}.toml" for name in ("quick", "standard", "audit")]
    assert [tomllib.loads(file.read_text(encoding="utf-8"))["replications"] for file in files] == [10, 40, 200]
    assert "`--seeds quick`, `standard` and `audit` (10, 40 and 200 replications)" in TEXT


def test_zero_of_n() -> None:
    from sim.measure.statistics import clopper_pearson

    said = re.findall(r"([\d.]+) % for N = (\d+)", TEXT)
    assert len(said) == 3
    for percent, n in said:
        high = clopper_pearson(hits=0, n=int(n))[1]
        assert high == pytest.approx(1 - 0.025 ** (1 / int(n)), abs=1e-12)
        assert float(percent) == pytest.approx(100 * high, abs=0.5 if "." not in percent else 0.05)


# ---- files, picture, agenda ----------------------------------------------------------------------------


def test_named_files_exist() -> None:
    named = {*re.findall(r"\]\(([^)#]+)\)", TEXT), *re.findall(r"`([\w./-]+/[\w./-]*)`", TEXT)}
    plain = re.findall(r"`([\w.-]+)`", section("Where things are") + section("The agenda"))
    named |= {one for one in plain if "." in one or one.isupper()}
    assert len(named) >= 10
    assert {one for one in named if not (ROOT / one).exists()} == set()


def test_picture_says_simulated() -> None:
    picture = (ROOT / "docs" / "first-look.svg").read_text(encoding="utf-8")
    assert "SIMULATED" in picture
    assert "<script" not in picture


def test_caveat_word_for_word() -> None:
    from sim.experiment.findings import CAVEAT

    assert CAVEAT in TEXT


def test_agenda_table() -> None:
    rows = tomllib.loads((ROOT / "seeds" / "agenda.toml").read_text(encoding="utf-8"))["rows"]
    want = [
        f"| {row['id']} | {row['source']} | {', '.join(f'`{name}`' for name in row['scenarios']) or 'none yet'} | "
        f"{row['open'] or 'nothing'} |"
        for row in rows
    ]
    assert [row["id"] for row in rows] == [f"A{number}" for number in range(1, 11)]
    assert [line for line in section("The agenda").splitlines() if re.match(r"\| A\d", line)] == want
    for name in {name for row in rows for name in row["scenarios"]}:
        assert (ROOT / "scenarios" / f"{name}.toml").is_file()
