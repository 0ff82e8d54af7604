"""Every notebook runs from top to bottom at small size, and is committed without outputs.

A mediator who opens one sees only what their own machine computed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SMALL = "replications = 2\ndays = 3"


def test_there_are_notebooks() -> None:
    assert [one.name for one in NOTEBOOKS][:1] == ["01-first-look.ipynb"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_committed_without_outputs(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs"), f"{path.name}: cell {cell.id} has outputs"
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_at_small_size(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", "")))))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(path, as_version=4)
    sizes = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(sizes) == 1, f"{path.name} needs one cell with the tag `parameters`"
    assert {line.split(" =")[0] for line in SMALL.splitlines()} <= {line.split(" =")[0] for line in sizes[0].source.splitlines()}
    sizes[0].source = SMALL
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert all(cell.outputs for cell in notebook.cells if cell.cell_type == "code" and cell not in sizes)
    assert not [name for name in os.listdir(tmp_path) if name != "ipython"], "a notebook leaves files beside it"
