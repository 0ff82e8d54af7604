"""Tables of a run whose parties choose times and places: bins of 6 h and sectors, while measures still know better."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
from small_worlds import ROOT, SEED, ready, world

from sim.engine import replicate
from sim.experiment.withheld import OF_ACTS, Counts, guarded, notes, published
from sim.measure.measures import CATALOGUE, measure


def test_chosen_times_and_places_are_not_written() -> None:
    """Times of acts are written in bins of 6 h, places as the middles of sectors; measures still know better."""
    scenario = world("adaptive-parties")
    history = replicate(ready(scenario), seed=SEED, replication=0)
    written = published(history, scenario)
    middle = {s.id: (s.from_km + s.to_km) / 2 for s in scenario.area.sectors}
    for name in OF_ACTS:
        for column, values in written.tables[name].items():
            if column.endswith("_h"):
                known = values[~np.isnan(values)]
                assert (known % 6 == 0).all(), (name, column)
                exact = history.tables[name][column]
                assert ((exact - values)[~np.isnan(values)] < 6).all()
        for km, sector in zip(written.tables[name].get("km", ()), written.tables[name]["sector"], strict=False):
            assert np.isnan(km) if str(sector) not in middle else km == middle[str(sector)]
    assert len(np.unique(history.tables["violations"]["onset_h"] % 6)) > 300
    assert {r.measure for r in measure(history, scenario).rows} >= {"timely_share", "detected_share"}
    assert any("6 h bins" in note for note in notes(scenario, []))


def test_other_histories_are_written_whole() -> None:
    scenario = world()
    history = replicate(ready(scenario), seed=SEED, replication=0)
    assert published(history, scenario) is history
    counts = Counts([], {}, [])
    assert guarded(counts, scenario, lambda: CATALOGUE, {}) is counts
    assert notes(scenario, []) == []


def test_the_run_folder_of_adaptive_parties(tmp_path: Path) -> None:
    """What lies in the folder is what is tested above."""
    asked = ["--out", str(tmp_path / "out"), "--workers", "1", "--replications", "1", "--set", "days=1.0", "--set",
             "follow_up_h=12.0"]
    done = subprocess.run([sys.executable, "-m", "sim", "run", "adaptive-parties", *asked], cwd=ROOT, capture_output=True,
                          timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    with open(tmp_path / "out" / "violations.csv", encoding="utf-8", newline="") as file:
        acts = list(csv.DictReader(file))
    assert len(acts) > 50 and all(float(row["onset_h"]) % 6 == 0 for row in acts)
    assert "what was chosen is not kept" in " ".join(done.stdout.decode().split())
