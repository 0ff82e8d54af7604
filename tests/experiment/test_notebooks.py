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
    assert [one.stem for one in NOTEBOOKS] == [
        "01-first-look", "02-coverage", "03-detection-and-verification", "04-response", "05-designs-compared",
        "06-sweep-and-sensitivity", "07-replay-of-real-events",
    ]  # fmt: skip


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_are_short_and_name_no_place_of_a_machine(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        assert len(cell.source.splitlines()) <= 12, f"{path.name}: cell {cell.id} is long"
        assert not any(place in cell.source for place in ("/home", "/work", "/Users", "/tmp", ":\\")), f"{path.name}: {cell.id}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_committed_without_outputs(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs"), f"{path.name}: cell {cell.id} has outputs"
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_at_small_size(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CEASEFIRE_EVENTS", raising=False)
    told = run_small(path, tmp_path, monkeypatch)
    if path.stem.startswith("07"):
        assert told.count("Not run:") == 3 and "conduct.replay.file" in told


def test_real_events_are_replayed_where_they_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = ROOT.parent / "shared" / "data" / "events"
    if not (events / "ucdp_ged_23_1_ukraine_2014_2019.csv").exists():
        pytest.skip("the table of real events does not lie beside this checkout")
    monkeypatch.setenv("CEASEFIRE_EVENTS", str(events))
    told = run_small(NOTEBOOKS[-1], tmp_path, monkeypatch, sizes=SMALL.replace("days = 3", "days = 92"))
    assert "Not run" not in told and "violations_per_day" in told


def run_small(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: str = SMALL) -> str:
    """Run a notebook and return the text that it printed."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", "")))))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(path, as_version=4)
    stated = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(stated) == 1, f"{path.name} needs one cell with the tag `parameters`"
    assert {line.split(" =")[0] for line in sizes.splitlines()} <= {line.split(" =")[0] for line in stated[0].source.splitlines()}
    stated[0].source = sizes
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell not in stated]
    silent = [cell.id for cell in code if not cell.outputs and cell.id not in ("designs", "sweep", "load", "run")]
    assert not silent, f"{path.name}: {silent} show nothing"
    assert not [name for name in os.listdir(tmp_path) if name != "ipython"], "a notebook leaves files beside it"
    return "".join(str(output.get("text", "")) for cell in code for output in cell.outputs)
