"""The ledgers in the report: figure and tables hold the numbers of the run's own tables, with noise and replications."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sim.experiment.journal import Outcome
from sim.experiment.ledger_tables import written
from sim.experiment.summary import HEADER, as_row, lines
from sim.experiment.tables import csv_bytes
from sim.measure.measures import CATALOGUE
from sim.report.cells import Table
from sim.report.languages import words
from sim.report.ledgers import assurance_tables, ledger_losses, ledger_tables, recapture_tables, told, verdict_tables
from sim.report.results import Run, read_run

W = words("en")
LEDGER = {("true", ""): 100, ("detected", "hidden"): 10, ("detected", "looked and missed"): 30, ("detected", ""): 60,
          ("reported", "not confirmed"): 40, ("reported", ""): 20, ("agreed", "boycotted"): 15, ("agreed", ""): 5,
          ("claimed", ""): 250}


def rows(r: int) -> tuple[tuple[str, str, str, float, float], ...]:
    """One replication: everything by side A, and a little more of it in each further replication."""
    ledger = [("ledger", step, f"small-arms/A/{reason}", float(n * (1 + r)), 100.0 * (1 + r))
              for (step, reason), n in LEDGER.items()]
    pair = {"first": 20, "second": 30, "both": 10, "estimate": 60, "low": 50, "high": 90, "holds": 0}
    again = [(f"pair.{name}", "acts", "optical+radar", float(value), 100.0) for name, value in pair.items()]
    sure = [("assured", "kind/side/light/season", f"missile-strike/{side}/night/winter", hit, 20.0)
            for side, hit in (("A", 18.0), ("B", 6.0 + r))]
    verdicts = [("skill", "all", "", 4.0 + r, 10.0), ("skill", "blind", "always breach", -3.0 - r, 10.0),
                ("skill", "regime", "tense", 4.0 + r, 10.0), ("power_median", "regime", "tense", 0.25, 1.0),
                ("skill", "side/sector", "A/s01", 1.0 + r, 4.0), ("power_median", "side/sector", "A/s01", 0.5, 1.0)]
    return (*ledger, *again, *sure, *verdicts)


@pytest.fixture
def run(run_folder: Path, tmp_path: Path) -> Run:
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    kept = [Outcome("p", r, "done", rows=rows(r)) for r in range(4)]
    for name, whole in written(kept).items():
        (folder / name).write_bytes(whole)
    (folder / "summary.csv").write_bytes(csv_bytes(HEADER, [as_row(line) for line in lines(kept, CATALOGUE)]))
    return read_run(folder)


def test_figure_steps_down_and_its_table_is_whole(run: Run) -> None:
    drawn = ledger_losses(run, W)
    cells = {(row[0], row[2], row[3]): row for row in drawn.data.rows}
    assert cells["all", W("ledger_names.detected"), W("loss_reasons.looked and missed")][4:6] == ("300", "30.0\u00a0%")
    assert cells["all", W("ledger_names.claimed"), W("figures.ledger_losses.in")][4] == "2\u202f500"
    assert {row[-1] for row in drawn.data.rows} == {"4"}
    for reason in ("hidden", "looked and missed", "not confirmed", "boycotted"):
        assert W(f"loss_reasons.{reason}") in drawn.svg
    assert W("loss_reasons.jammed") not in drawn.svg
    assert "n = 4 replications" in drawn.caption


def test_every_reason_has_words() -> None:
    from sim.measure.ledgers import LOSSES, OUTSIDE

    for reason in (*OUTSIDE, *(one for each in LOSSES.values() for one in each)):
        assert W(f"loss_reasons.{reason}")


def row_of(table: Table, first: str) -> tuple[str, ...]:
    return next(row for row in table.rows if row[0] == first)


def test_blind_verdicts_stand_beside_the_mission(run: Run) -> None:
    blind, regime, place = verdict_tables(run, W)
    assert row_of(blind, W("verdict_parts.mission"))[1] == "0.550"
    assert row_of(blind, "always breach")[1] == "−0.450"
    assert [row[:3] for row in regime.rows] == [("tense", W("measures.skill"), "0.550"),
                                                ("tense", W("measures.power_median"), "25.0\u00a0%")]
    assert place.rows[0][1].startswith("0.625 (")
    assert place.rows[0][2].startswith("50.0\u00a0%")
    assert {row[-1] for table in (blind, regime, place) for row in table.rows} == {"4"}


def test_recapture_is_scored_and_never_called_unbiased(run: Run) -> None:
    (table,) = recapture_tables(run, W)
    (row,) = table.rows
    assert row[3:7] == ("60.0", "50.0 to 90.0", "100", "0.600")
    assert row[8:] == ("0\u00a0%", "1.67 (1.67 to 1.67)", "4")
    whole = " ".join((*told(run, W), table.title, *table.header, *row))
    assert "not corrected" in whole
    assert "unbiased" not in whole


def test_grades_of_the_whole_and_of_the_worst(run: Run) -> None:
    (table,) = assurance_tables(run, W)
    whole, worst = table.rows
    assert whole[1:4] == ("all", "160", "63.7\u00a0%")
    assert whole[5] == W("assurance.medium")
    assert worst[1] == "worst: side B, by night, winter"
    assert worst[5] == W("assurance.low")


def test_a_run_without_these_tables_is_still_told(run_folder: Path) -> None:
    """An older or smaller run: no tables, a figure that says so, no words about what is not there."""
    run = read_run(run_folder)
    assert told(run, W) == ()
    assert W("figures.nothing_counted") in ledger_losses(run, W).svg
    assert all(table.title not in (W("recapture.title"), W("assurance.title")) for table in ledger_tables(run, W))
