"""The verb export: files of a real run, and each refusal with its exit code and the value that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_world import SMALL, command


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    (folder / "small.toml").write_text(SMALL, encoding="utf-8")
    assert command(
        folder, "run", "technical-means", "--set", "days=1", "--replications", "2", "--out", "run", "--quiet", real=True
    ).code == 0
    return folder


def test_the_default_place_is_beside_the_run_and_is_never_overwritten(place: Path) -> None:
    found = command(place, "export", "run", "--published", "2026-02-01")
    assert found.code == 0, found.err
    names = [Path(line).name for line in found.out.split()]
    assert names == ["sectors.geojson", "sectors.kml", "sectors.czml", "sectors.csv", "sector-days.csv", "ro-crate-metadata.json"]
    before = {p.name: p.read_bytes() for p in (place / "run-export").iterdir()}
    assert sorted(before) == sorted(names)
    again = command(place, "export", "run", "--to", "csv")
    assert again.code == 5 and "nothing is overwritten" in again.err
    assert {p.name: p.read_bytes() for p in (place / "run-export").iterdir()} == before
    assert command(place, "report", "run", "--quiet", real=True).code == 0  # the run folder is as it was


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("run", "--to", "geojson,shp"), 2, "'shp' is none of geojson, kml, czml, csv, parquet"),
        (("run", "--to", ""), 2, "'' is none of geojson"),
        (("run", "--to", "csv,csv"), 2, "csv is given twice"),
        (("run", "--published", "2026-13-01"), 2, "'2026-13-01' is not a date"),
        (("absent",), 3, "absent: there is no such run folder"),
        (("run", "--out", "run/inside"), 5, "lies in the run folder"),
        (("run", "--out", "small.toml"), 5, "is not a folder"),
    ],
)
def test_refusals_name_the_value(place: Path, args: tuple[str, ...], code: int, said: str) -> None:
    found = command(place, "export", *args)
    assert found.code == code and said in " ".join(found.err.split()), found.err
    assert not (place / "run" / "inside").exists()


def test_json_names_folder_and_files(place: Path) -> None:
    found = command(place, "export", "run", "--to", "csv", "--out", "tables", "--json")
    assert json.loads(found.out) == {"status": "SIMULATED", "folder": "tables",
                                     "files": ["sectors.csv", "sector-days.csv", "ro-crate-metadata.json"]}  # fmt: skip


def test_help_teaches(place: Path) -> None:
    text = " ".join(command(place, "export", "--help").out.split())
    assert "geojson and kml open in a map, czml plays day by day on a globe" in text and "Example: ceasefire export" in text
