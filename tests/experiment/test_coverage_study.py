"""Coverage of a design: it agrees with the measures of a run, keeps the limits, and shows both sides and both conventions."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.cli import door
from sim.engine import Prepared, prepare, replicate
from sim.experiment.coverage import ALL, BIN_H, LEAST_KM, SIDES, Study, gap_table, regions_of, study, table, watched_table
from sim.experiment.refusals import BadInput
from sim.measure.coverage_figures import CONVENTIONS, Figures
from sim.measure.measures import measure
from sim.report.coverage_page import SHOWN

MEASURES = ("coverage_share", "revisit_mean_h", "revisit_max_h", "wait_for_look_h", "time_average_gap_h", "age_of_information_h")


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return prepare(sim.load("technical-means", days=4, follow_up_h=24).scenario)


@pytest.fixture(scope="module")
def found(prepared: Prepared) -> Study:
    return study(prepared, seed=7, replications=2)


def _values(found: Study, side: str, means: str, convention: str) -> dict[str, Any]:
    row = found.values[:, SIDES.index(side), found.means.index(means), CONVENTIONS.index(convention), -1]  # type: ignore[arg-type]
    return dict(zip(Figures._fields, row.T, strict=True))


def test_all_looks_under_the_boundary_convention_are_the_measures_of_the_run(prepared: Prepared, found: Study) -> None:
    mine = _values(found, "both", ALL, "boundary")
    for replication in range(2):
        history = replicate(prepared, seed=7, replication=replication)
        rows = {r.measure: r.numerator / r.denominator for r in measure(history, prepared.scenario).rows
                if r.measure in MEASURES and r.by == "all"}
        assert len(rows) == len(MEASURES)
        for name in MEASURES:
            assert mine[name][replication] == pytest.approx(rows[name], rel=1e-9), name


def test_the_conventions_and_the_sides_differ_where_they_must(found: Study) -> None:
    drones = {c: _values(found, "both", "all drones", c) for c in CONVENTIONS}
    assert (drones["boundary"]["gaps"] > drones["interior"]["gaps"]).all()
    assert (drones["boundary"]["wait_for_look_h"] > drones["interior"]["wait_for_look_h"]).all()
    # Radars stand 6 km behind the line on side A; the disc of 25 km of each is wider on their own side, 5 km off the line.
    near, far = (_values(found, side, "weapon-locating-radar", "boundary") for side in ("A", "B"))
    assert (near["coverage_share"] > far["coverage_share"]).all() and (far["coverage_share"] > 0).all()
    # Cameras 1 km behind it see 4 km: they touch cells of the line, and a place 5 km off only where it lies behind the mast.
    both, own, far = (_values(found, side, "camera-thermal", "boundary")["coverage_share"] for side in SIDES)
    assert (both > 0.5).all() and (own == 0).all() and (far == 0).all()
    above = [_values(found, side, "all satellites", "boundary")["accesses"].tolist() for side in SIDES]
    assert above[0] == above[1] == above[2]


def test_an_arm_is_the_looks_of_its_means(found: Study) -> None:
    parts = [_values(found, "both", m, "boundary")["accesses"] for m in found.means if m != ALL and " " not in m]
    arms = [_values(found, "both", m, "boundary")["accesses"] for m in found.arms if m != ALL]
    whole = _values(found, "both", ALL, "boundary")["accesses"]
    assert np.sum(parts, axis=0).tolist() == np.sum(arms, axis=0).tolist() == whole.tolist()


# ---- limit 1: sectors of 20 km or more, bins of 6 h ---------------------------------------------------------


def _with_sectors(prepared: Prepared, ends_km: list[float]) -> Prepared:
    """The same line with sectors of other lengths; the last runs to the end."""
    cells = prepared.cells
    land = int((~cells.sea).sum())
    number = np.searchsorted(ends_km, cells.km[:land], side="right")
    sectors = (*(f"t{i}" for i in range(len(ends_km) + 1)), *cells.sectors[cells.land_sectors :])
    sector = np.concatenate((number, cells.sector[land:] - cells.land_sectors + len(ends_km) + 1))
    return prepared._replace(cells=cells._replace(sector=sector, sectors=sectors, land_sectors=len(ends_km) + 1))


def test_short_sectors_are_joined_with_their_neighbours(prepared: Prepared) -> None:
    regions = regions_of(_with_sectors(prepared, [5.0, 10.0, 60.0, 70.0, 900.0, 908.0]))
    assert [r.id for r in regions] == ["t0+t1+t2", "t3+t4+t5+t6", "odesa-approaches", ALL]
    assert all(r.length_km >= LEAST_KM for r in regions)
    joined = np.concatenate([r.cells for r in regions[:-1]])
    assert sorted(joined.tolist()) == regions[-1].cells.tolist() == list(range(len(prepared.cells.km)))


def test_a_line_shorter_than_20_km_has_no_table(prepared: Prepared) -> None:
    few = prepared.cells._replace(**{name: getattr(prepared.cells, name)[:3] for name in ("sector", "km", "size_km", "sea")},
                                  sectors=("s01",), land_sectors=1)
    with pytest.raises(BadInput, match=r"the line is 1\d\.\d km long; coverage is told by sectors of 20 km or more"):
        regions_of(prepared._replace(cells=few))


def test_tables_hold_sectors_and_bins_of_six_hours_only(found: Study) -> None:
    names = {r.id for r in found.regions}
    assert all(r.length_km >= LEAST_KM for r in found.regions)
    rows = list(table(found))
    assert len(rows) == len(found.regions) * len(found.means) * 3 * 2 * len(Figures._fields)
    assert {row[0] for row in rows} <= names and {row[-1] for row in rows} == {"SIMULATED"}
    for row in watched_table(found):
        assert row[0] in names and row[2] % BIN_H == 0 and row[3] - row[2] == BIN_H == 6  # type: ignore[operator]
    for one in gap_table(found):
        assert one[0] in names and one[4] % BIN_H == 0 and (one[5] is None or one[5] - one[4] == 6)  # type: ignore[operator]


def test_gap_table_adds_up_to_the_figures(found: Study) -> None:
    for side in SIDES:
        for convention in CONVENTIONS:
            gaps = sum(float(r[6]) for r in gap_table(found)  # type: ignore[arg-type]
                       if r[:4] == (ALL, "all drones", side, convention))
            assert gaps == pytest.approx(float(_values(found, side, "all drones", convention)["gaps"].mean()))


# ---- verb and notebook -------------------------------------------------------------------------------------

SMALL = ["--set", "days=2", "--set", "follow_up_h=24", "--replications", "2", "--quiet"]


def test_the_verb_writes_a_page_that_opens_no_connection(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "coverage"
    assert door(["coverage", "observers", *SMALL, "--means", "all observers", "--out", str(out)]) == 0
    assert sorted(p.name for p in out.iterdir()) == ["coverage.csv", "coverage.html", "figures", "gaps.csv", "watched.csv"]
    page = (out / "coverage.html").read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="(?!#|data:image/png;base64,)', page) and "<script" not in page and "SIMULATED" in page
    names = ["coverage_hours", "coverage_gaps", "marey", "wait_map_a", "wait_map_b"]
    assert re.findall(r'<figure id="figure-(\w+)"', page) == names
    assert page.count("<details>") == len(names) == len(list((out / "figures").glob("*.svg")))
    assert set(SHOWN) <= set(Figures._fields) and all(page.count(f"<th scope=\"col\">{head}</th>") == 2 for head in (
        "Days with looks of two means", "Revisit, 90 %", "Time-average gap", "Wait for a look", "Age of information"))
    rows = list(csv.DictReader((out / "coverage.csv").open(encoding="utf-8")))
    assert {r["side"] for r in rows} == set(SIDES) and {r["convention"] for r in rows} == set(CONVENTIONS)
    capfd.readouterr()
    before = {p: p.read_bytes() for p in out.rglob("*.*")}
    assert door(["coverage", "observers", *SMALL, "--out", str(out)]) == 5
    assert "holds other files" in capfd.readouterr().err and {p: p.read_bytes() for p in out.rglob("*.*")} == before
    again = tmp_path / "again"
    assert door(["coverage", "observers", *SMALL, "--means", "all observers", "--out", str(again)]) == 0
    assert {p.relative_to(again): p.read_bytes() for p in again.rglob("*.*")} == {
        p.relative_to(out): b for p, b in before.items()}


def test_the_verb_prints_a_table_or_one_document(capfd: pytest.CaptureFixture[str]) -> None:
    assert door(["coverage", "technical-means", *SMALL[:-1], "--json"]) == 0
    whole = json.loads(capfd.readouterr().out)
    assert whole["status"] == "SIMULATED" and whole["replications"] == 2
    assert door(["coverage", "technical-means", *SMALL[:-1]]) == 0
    text = capfd.readouterr().out
    one = next(r for r in whole["figures"] if (r["sector"], r["means"], r["side"], r["convention"], r["figure"]) == (
        ALL, ALL, "both", "boundary", "coverage_share"))
    assert re.search(rf"^all +both +{one['estimate']:.3g}", text, re.MULTILINE)
    assert door(["coverage", "technical-means", *SMALL, "--means", "kites"]) == 2
    assert "no such looks; there are all, all satellites, all drones" in capfd.readouterr().err


def test_a_notebook_gets_tables_and_pictures(tmp_path: Path) -> None:
    found = sim.coverage(sim.load("observers", days=2, follow_up_h=24), replications=2, seed=3)
    assert {"all observers", ALL} <= set(found.table["means"])
    assert set(found.watched["side"]) == set(SIDES) and (found.gaps["gaps"] > 0).all()
    assert "SIMULATED" in found._repr_html_() and found.figures["marey"].svg.startswith("<?xml")
    assert found.save(tmp_path / "page").read_text(encoding="utf-8").count("<figure") == 5
    with pytest.raises(ValueError, match="kites: no such group of looks"):
        sim.coverage(sim.load("observers", days=2, follow_up_h=24), replications=1, means="kites")
