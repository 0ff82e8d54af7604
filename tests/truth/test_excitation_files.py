"""Excitation from files: what can never end or is too much is refused with its numbers, and what is shipped keeps the level."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from processes import BASE, DAY, ROOT, within

from sim.area.line import cells_of
from sim.engine.history import replicate
from sim.engine.preparation import TooManyCandidates, prepare
from sim.experiment.prove import prove
from sim.foundation.streams import streams_of
from sim.scenario.check import remarks
from sim.scenario.errors import ScenarioErrors
from sim.scenario.explain import unsourced
from sim.scenario.reader import read
from sim.truth.violations import truth_of

KERNEL = '[{{ id = "local", side = "same", ratio = {0}, memory_h = 168 }}, ' \
         '{{ id = "reply", side = "cross", ratio = {1}, memory_h = 4 }}]'


def refused(*overrides: tuple[str, str]) -> list[str]:
    with pytest.raises(ScenarioErrors) as caught:
        read(BASE, overrides=overrides)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(("local", "reply"), [("0.7", "0.3"), ("1.2", "0.1")])
def test_endless_replies_are_refused(local: str, reply: str) -> None:
    lines = refused(("conduct.excitation", KERNEL.format(local, reply)))
    radius = f"{float(local) + float(reply):.6g}"
    told = f"conduct.excitation: the spectral radius of the branching matrix must be < 1, it is {radius}: replies would never end"
    assert any(told in line and f"local.ratio {local}, reply.ratio {reply}" in line for line in lines), lines


def test_radius_of_a_loop_of_two_kinds() -> None:
    """Ratios of 4 and 0.25 in turn have radius 1, 4 and 0.2 have 0.894; a ratio above 1 that leads nowhere has 0."""
    def loop(back: str) -> str:
        return ('[{ id = "up", kinds = ["shelling"], to_kind = "incursion", side = "same", ratio = 4, memory_h = 4 }, '
                f'{{ id = "down", kinds = ["incursion"], to_kind = "shelling", side = "cross", ratio = {back}, memory_h = 4 }}]')

    off = ("conduct.rates_count_offspring", "false")
    assert any("it is 1: replies" in line for line in refused(("conduct.excitation", loop("0.25")), off))
    read(BASE, overrides=[("conduct.excitation", loop("0.2")), off])
    read(BASE, overrides=[("conduct.excitation", loop("0.0")), off])
    assert any("counts offspring, of which alone" in line for line in refused(("conduct.excitation", loop("0.2"))))


def test_near_critical_replies_are_remarked() -> None:
    loaded = read(BASE, overrides=[("conduct.excitation", KERNEL.format("0.85", "0.1"))])
    assert any("spectral radius of the branching matrix is 0.95, close to 1" in line for line in remarks(loaded))
    loaded = read(BASE, overrides=[("conduct.excitation", KERNEL.format("0.2", "0.1"))])
    assert not any("spectral radius" in line for line in remarks(loaded))


def test_too_many_acts_with_offspring_are_refused() -> None:
    """Without offspring the cap is met, with them it is passed."""
    cap = [("conduct.max_candidates", "150"), ("conduct.rates_count_offspring", "false")]
    read(BASE, overrides=cap)
    lines = refused(*cap, ("conduct.excitation", KERNEL.format("0.4", "0.2")))
    assert any("conduct.max_candidates" in line and "about 260 acts" in line and "cap is 150" in line for line in lines), lines
    scenario = read(BASE, overrides=[("conduct.excitation", KERNEL.format("0.4", "0.2")), cap[1]]).scenario
    low = scenario.model_copy(update={"conduct": scenario.conduct.model_copy(update={"max_candidates": 150})})
    with pytest.raises(TooManyCandidates, match=r"conduct\.max_candidates = 150"):
        prepare(low)


def test_unknown_kinds_are_refused() -> None:
    text = '[{ id = "x", kinds = ["sheling"], side = "same", ratio = 0.1, memory_h = 4 }]'
    assert any("shelling" in line for line in refused(("conduct.excitation", text)))


def test_capped_run_says_so() -> None:
    scenario = read(BASE, overrides=[("conduct.max_acts", "20")]).scenario
    history = replicate(prepare(scenario), seed=1, replication=0)
    assert history.capped.startswith("conduct.max_acts = 20: reached after ")
    assert len(history.tables["violations"]["violation"]) == 20
    assert replicate(prepare(read(BASE).scenario), seed=1, replication=0).capped == ""


def with_excitation(tmp_path: Path) -> Any:
    """The main scenario with the shipped excitation."""
    text = (ROOT / "scenarios" / "technical-means.toml").read_text(encoding="utf-8")
    assert '"parts/conduct-tense.toml"' in text
    file = tmp_path / "excited.toml"
    file.write_text(text.replace('"parts/conduct-tense.toml"', '"parts/conduct-tense.toml", "parts/conduct-excitation.toml"'),
                    encoding="utf-8")
    return read(file)


def test_shipped_excitation_keeps_the_level(tmp_path: Path) -> None:
    """Ten replications of 30 days of the main scenario: 200 incidents a day, sourced, and more uneven than Poisson."""
    loaded = with_excitation(tmp_path)
    assert unsourced(loaded) == []
    how = loaded.scenario.conduct
    per_day = sum(kind.incidents_per_day for kind in how.kinds)
    where = cells_of(loaded.scenario.area)
    runs = [truth_of(how, loaded.scenario.agreement, where, streams_of(11, r), days=30, local_start_h=2.0) for r in range(10)]
    within([len(truth.acts.id) / 30 for truth in runs], per_day)
    for part in (slice(0, 3), slice(27, 30)):
        daily = [np.bincount(truth.acts.onset_us // DAY, minlength=30)[part].mean() for truth in runs]
        within(daily, per_day)


def test_proof_through_the_engine() -> None:
    """D02 as the engine finds it, from the proof file."""
    found = prove("point-process", {"mu": 2.0, "n": 0.6, "beta": 1.5, "T": 10.0}, n=40_000)
    for name in ("rate", "mean_count_from_empty"):
        assert abs(found["simulated"][name]["estimate"] - found["exact"][name]) < 4 * found["simulated"][name]["se"]
