"""The wheel works from an empty folder, an editable install finds the live files, and a source archive holds named files only.

A mediator can install the tool anywhere and still name a shipped scenario without its folder.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("sim", "scenarios", "seeds", "notebooks", "tests", "docs", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md",
          "CITATION.cff", "CONTRIBUTING.md", "requirements.lock")
WHERE = """
import importlib.util as u, json, sim
from sim.scenario.shipped import shipped, shipped_names
top = [name for name in ("tests", "scenarios", "seeds", "notebooks") if u.find_spec(name)]
print(json.dumps([sim.__file__, str(shipped("scenarios")), str(shipped("seeds")), shipped_names(), top]))
"""
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
HATCHLING = importlib.util.find_spec("hatchling") is not None
EDITABLES = HATCHLING and importlib.util.find_spec("editables") is not None


class Where(NamedTuple):
    """What an installed copy says about itself."""

    package: Path
    scenarios: Path
    seeds: Path
    names: list[str]
    importable: list[str]


def said(args: list[str], folder: Path, **more: str) -> str:
    """Standard output of a command that must succeed; the checkout is not on its path."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | more
    done = subprocess.run(args, cwd=folder, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, f"{args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def isolation(*, off: bool) -> list[str]:
    """Build with what is installed here; else pip fetches the build tools."""
    return ["--no-build-isolation"] if off else []


def where(python: Path, folder: Path) -> Where:
    """Ask an installed copy, from an empty folder."""
    package, scenarios, seeds, names, importable = json.loads(said([str(python), "-c", WHERE], folder))
    return Where(Path(package), Path(scenarios), Path(seeds), names, importable)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, with rubbish in it that must not be packed."""
    folder = tmp_path_factory.mktemp("clone")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy(source, folder / name)
    for rubbish in (".venv/lib/planted.py", "venv/planted.py", "runs/planted/looks.csv", "planted.txt"):
        (folder / rubbish).parent.mkdir(parents=True, exist_ok=True)
        (folder / rubbish).write_text("planted\n", encoding="utf-8")
    return folder


@pytest.fixture
def fresh(tmp_path: Path) -> tuple[Path, Path]:
    """Site folder and interpreter of a fresh environment that borrows only the other packages of this one."""
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    python = tmp_path / "env" / "bin" / "python"
    site = Path(said([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], tmp_path).strip())
    # A path in a .pth file is added as it is: .pth files in it, such as that of an editable install, are not read.
    (site / "zz_borrowed.pth").write_text("\n".join({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}) + "\n")
    (tmp_path / "empty").mkdir()
    return site, python


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    said([*PIP, "wheel", "-q", "--no-deps", *isolation(off=HATCHLING), "-w", str(out), str(checkout)], out)
    return next(out.glob("*.whl"))


def test_wheel_holds_the_package_and_its_files(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        info = next(name.split("/")[0] for name in names if ".dist-info/" in name)
        assert "ceasefire = sim.cli:main" in archive.read(f"{info}/entry_points.txt").decode()
    assert {name.split("/")[0] for name in names} == {"sim", info}
    for kind in ("scenarios", "seeds"):
        want = {f"sim/{file.relative_to(ROOT).as_posix()}" for file in (ROOT / kind).rglob("*.toml")}
        assert want and want <= names
    assert {f"sim/{f.relative_to(ROOT / 'sim').as_posix()}" for f in (ROOT / "sim").rglob("*.py")} <= names
    assert not [name for name in names if "planted" in name]


def test_wheel_works_from_an_empty_folder(wheel: Path, fresh: tuple[Path, Path], tmp_path: Path) -> None:
    site, python = fresh
    said([*PIP, "install", "-q", "--no-deps", "--target", str(site), str(wheel)], tmp_path)
    found = where(python, tmp_path / "empty")
    assert found.package == site / "sim" / "__init__.py"
    assert (found.scenarios, found.seeds) == (site / "sim" / "scenarios", site / "sim" / "seeds")
    assert "technical-means" in found.names
    assert found.importable == []
    assert "technical-means: valid" in said([str(python), "-m", "sim", "check", "technical-means"], tmp_path / "empty")
    small = ["--set", "days=2", "--replications", "1", "--seeds", "quick", "--out", "out", "--quiet"]
    said([str(python), "-m", "sim", "run", "technical-means", *small], tmp_path / "empty")
    assert "SIMULATED" in (tmp_path / "empty" / "out" / "report.html").read_text(encoding="utf-8")


def test_editable_install_finds_the_live_files_from_elsewhere(checkout: Path, fresh: tuple[Path, Path], tmp_path: Path) -> None:
    _, python = fresh
    borrowed = {"PYTHONPATH": sysconfig.get_path("purelib")} if EDITABLES else {}
    said([*PIP, "--python", str(python), "install", "-q", "--no-deps", "--ignore-installed", *isolation(off=EDITABLES), "-e",
          str(checkout)], tmp_path, **borrowed)
    found = where(python, tmp_path / "empty")
    assert found.package == checkout / "sim" / "__init__.py"
    assert (found.scenarios, found.seeds) == (checkout / "scenarios", checkout / "seeds")
    command = python.parent / "ceasefire"
    assert "technical-means: valid" in said([str(command), "check", "technical-means"], tmp_path / "empty")


def test_checkout_finds_its_own_files() -> None:
    from sim.scenario.shipped import shipped

    assert (shipped("scenarios"), shipped("seeds")) == (ROOT / "scenarios", ROOT / "seeds")


def test_another_project_above_the_package_is_not_taken_for_ours(wheel: Path, fresh: tuple[Path, Path], tmp_path: Path) -> None:
    site, python = fresh
    said([*PIP, "install", "-q", "--no-deps", "--target", str(site), str(wheel)], tmp_path)
    (site / "pyproject.toml").write_text('[project]\nname = "another"\n', encoding="utf-8")
    assert where(python, tmp_path / "empty").scenarios == site / "sim" / "scenarios"


@pytest.mark.skipif(not HATCHLING, reason="hatchling is not installed here: .ci/run installs it")
def test_source_archive_holds_named_files_only(checkout: Path, tmp_path: Path) -> None:
    build = f"from hatchling.build import build_sdist; print(build_sdist({str(tmp_path)!r}))"
    said([sys.executable, "-c", build], checkout)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        names = {Path(member.name).relative_to(Path(member.name).parts[0]) for member in archive if member.isfile()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    include = {one.strip("/") for one in project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]}
    assert {name.parts[0] for name in names} <= include | {"PKG-INFO", ".gitignore"}
    assert {Path("LICENSE"), Path("README.md"), Path("scenarios/technical-means.toml"), Path("seeds/agenda.toml")} <= names
    assert not [name for name in names if "planted" in str(name)]
