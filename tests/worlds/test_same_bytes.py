"""One seed, one history: whichever path the engine takes, and wherever and however the process was started.

An analyst who repeats a run gets the same bytes, or this test says what made the difference.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from small_worlds import ROOT, SEED, differing, door_of, more_drones, ready, world

from sim.engine import Prepared, play
from sim.engine.chronicle import history_of
from sim.ledger import COLUMNS, digest
from sim.scenario.scenario import Scenario

ANSWERED = (("response.answers_end_acts", "true"),)


def eager(scenario: Scenario) -> Scenario:
    """Teams that leave at once, so that they find acts under way and end them."""
    units = tuple(unit.model_copy(update={"notice_h": 0.0, "speed_kmh": 5000.0, "count": 50, "rest_h": 0.0, "task_h": 1.0})
                  if unit.role == "team" else unit for unit in scenario.response.units)
    quick = tuple(p.model_copy(update={"median_h": 0.01}) for p in scenario.response.procedures)
    return scenario.model_copy(update={"response": scenario.response.model_copy(update={"units": units, "procedures": quick})})


@cache
def cued() -> Prepared:
    return ready(more_drones(world()))


@cache
def answered() -> Prepared:
    return ready(eager(world("technical-with-teams", more=ANSWERED)))


@pytest.mark.parametrize("seed", [SEED, SEED + 1, SEED + 2])
def test_both_paths_write_the_same_bytes(seed: int) -> None:
    first = play(cued(), seed=seed, replication=0, path="array")
    second = play(cued(), seed=seed, replication=0, path="event")
    assert sum(cue.flight >= 0 for cue, _ in first.mission.looked) > 10
    assert differing(history_of(first), history_of(second), COLUMNS) == []
    assert digest(history_of(first)) == digest(history_of(second))


def test_both_paths_where_answers_end_acts() -> None:
    first = play(answered(), seed=SEED, replication=0, path="array")
    second = play(answered(), seed=SEED, replication=0, path="event")
    ended = (door_of(first).until_us[0] < first.opened.acts.end_us).sum()
    assert ended > 0, "no team ended an act, so nothing was tried"
    assert any(prepared_team(answered(), seen.sensor) for seen in door_of(first).seen)
    assert differing(history_of(first), history_of(second), COLUMNS) == []
    assert digest(history_of(first)) == digest(history_of(second))


def prepared_team(prepared: Prepared, sensor: int) -> bool:
    """Whether a sensor row is that of a verification team."""
    return prepared.layout.sensing.names[sensor] == "team"


def test_a_longer_answer_changes_the_history() -> None:
    """The test above would say nothing if ending acts left no mark."""
    idle = ready(eager(world("technical-with-teams")))
    first, second = (history_of(play(p, seed=SEED, replication=0)) for p in (answered(), idle))
    assert "violations.end_h" in differing(first, second, COLUMNS)


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from sim.engine import prepare, replicate
from sim.ledger import digest
from sim.scenario.reader import read
thin = [("days", "1.0"), ("follow_up_h", "24.0"), ("verification.verdicts.ghosts", "2"),
        ("verification.verdicts.delay_h", "24.0"),
        ("monitoring.posts.impulse-nodes.sites", "150"), ("monitoring.posts.engine-mics.sites", "100"),
        ("verification.tasking.min_points", "1.0")]
scenario = read(Path(sys.argv[1]) / "scenarios" / "technical-with-teams.toml", overrides=thin).scenario
prepared = prepare(scenario)
print(digest(replicate(prepared, seed=20260201, replication=0)))
"""
ELSEWHERE = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Auckland", "LC_ALL": "de_DE.UTF-8", "OMP_NUM_THREADS": "1"},
    {"PYTHONHASHSEED": "random", "TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8", "OMP_NUM_THREADS": "4"},
)


def test_same_bytes_in_other_processes(tmp_path: Path) -> None:
    """Hash seed, time zone, locale, working folder and threads leave no mark."""
    for number in range(len(ELSEWHERE)):
        (tmp_path / str(number)).mkdir()
    started = [subprocess.Popen([sys.executable, "-c", SCRIPT, str(ROOT)], cwd=tmp_path / str(number),
                                env={**os.environ, **where}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
               for number, where in enumerate(ELSEWHERE)]
    told = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], told
    here = ready(world("technical-with-teams", days=1))
    assert {out.strip() for out, _ in told} == {digest(history_of(play(here, seed=SEED, replication=0)))}
