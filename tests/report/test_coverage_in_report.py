"""The report of a run shows when each sector is watched, the gaps, the line against time and the wait, from its folder alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.engine import prepare
from sim.experiment.coverage import SIDES, study
from sim.experiment.coverage_kept import FILE, SHOWN_H, kept, study_of
from sim.measure.coverage_figures import Figures
from sim.report.document import write_report
from sim.report.results import RunUnreadable

PICTURES = ("coverage_hours", "coverage_gaps", "marey", "wait_map_a", "wait_map_b")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "run"
    sim.run(sim.load("observers", days=4, follow_up_h=24), replications=1, seed=5, out=path)
    return path


def test_the_folder_keeps_what_the_study_of_its_first_history_finds() -> None:
    prepared = prepare(sim.load("observers", days=4, follow_up_h=24).scenario)
    whole, again = (study_of(data, prepared.cells, "observers") for data in
                    (kept(prepared, 5)[FILE], kept(prepared, 5)[FILE]))
    full = study(prepared, seed=5, replications=1)
    assert whole.arms == full.arms and [r.id for r in whole.regions] == [r.id for r in full.regions]
    assert all(np.array_equal(a.cells, b.cells) for a, b in zip(whole.regions, full.regions, strict=True))
    wait = Figures._fields.index("wait_for_look_h")
    for s, side in enumerate(SIDES[1:], 1):
        assert np.allclose(whole.watched[s], full.watched[s], atol=1e-4), side
        assert np.allclose(whole.gap_hours[s, :, :, -1], full.gap_hours[s, :, :, -1], atol=1e-4)
        assert np.allclose(whole.values[:, s, 0, 0, :, wait], full.values[:, s, 0, 0, :, wait], atol=1e-4)
    shown = full.marey.onset_h < SHOWN_H
    assert shown.any() and whole.watched[1].any() and np.allclose(whole.marey.km, full.marey.km[shown], atol=1e-4)
    assert whole.marey.side.tolist() == full.marey.side[shown].tolist()
    assert np.array_equal(whole.watched, again.watched)


def test_every_picture_is_in_the_report_with_its_data_beside_it(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert len(page) < 1_500_000
    for name in PICTURES:
        assert (folder / "figures" / f"{name}.svg").exists()
        part = page.partition(f'<figure id="figure-{name}">')[2].partition("</figure>")[0]
        assert "<svg" in part and "<details>" in part and part.count("<tr>") > 3, name
    assert not re.search(r'(src|href)="(?!#|data:image/png;base64,)', page) and "<script" not in page


def test_both_sides_differ_where_the_design_does(folder: Path) -> None:
    """Observers of side A see less of the other side."""
    sides: Any = json.loads((folder / FILE).read_text(encoding="utf-8"))["sides"]
    assert np.sum(sides["A"]["watched"]) > np.sum(sides["B"]["watched"])


def test_a_folder_without_it_has_a_report_and_a_broken_one_is_named(folder: Path, tmp_path: Path) -> None:
    import shutil

    other = tmp_path / "run"
    shutil.copytree(folder, other)
    (other / FILE).write_text('{"regions": 3', encoding="utf-8")
    with pytest.raises(RunUnreadable, match=FILE):
        write_report(other)
    (other / FILE).unlink()
    page = write_report(other).read_text(encoding="utf-8")
    assert 'id="figure-marey"' not in page and 'id="figure-losses"' in page
