"""Whole runs under special terms: one truth for all terms, one rule for truth and mission, and means that start up slowly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_worlds import DAY_US, ROOT, SEED, ready, same_columns, world

from sim.engine import play
from sim.engine.chronicle import Chronicle, history_of
from sim.ledger import History
from sim.measure.measures import measure
from sim.scenario.reader import read
from sim.scenario.scenario import Scenario

TRUTH = ("violation", "kind", "side", "sector", "onset_h", "end_h", "trace_end_h", "km", "depth_km", "counts", "light", "harmed")


def played(scenario: Scenario) -> tuple[Chronicle, History]:
    chronicle = play(ready(scenario), seed=SEED, replication=0)
    return chronicle, history_of(chronicle)


def share(history: History, scenario: Scenario, name: str) -> float:
    row = next(r for r in measure(history, scenario).rows if r.measure == name and r.by == "all")
    return row.numerator / row.denominator


def test_narrow_and_broad_terms_judge_the_same_truth() -> None:
    """Byte for byte the same acts, of which narrow terms call fewer a violation and broad ones find graver ones."""
    names = ("terms-narrow", "sixteen-kinds", "terms-broad")
    worlds = [world(name) for name in names]
    runs = [played(scenario) for scenario in worlds]
    for chronicle, history in runs[1:]:
        first = runs[0][0].opened.acts
        assert all(a.tobytes() == b.tobytes() for a, b in zip(first, chronicle.opened.acts, strict=True))
        changed = same_columns(runs[0][1].tables["violations"], history.tables["violations"])
        assert not set(changed) & set(TRUTH) and "terms" in changed
    counted = [int(history.tables["violations"]["counted"].sum()) for _, history in runs]
    assert counted[0] < counted[1] < counted[2]
    breaches = [share(history, scenario, "true_breach_share") for (_, history), scenario in zip(runs, worlds, strict=True)]
    assert breaches[0] < breaches[1] < breaches[2]


@pytest.mark.parametrize("name", ["technical-means", "sixteen-kinds"])
def test_tense_regime_keeps_true_breaches_between_30_and_70_per_cent(name: str) -> None:
    scenario = world(name, days=8)
    assert scenario.conduct.regime == "tense"
    assert 0.3 <= share(played(scenario)[1], scenario, "true_breach_share") <= 0.7


def test_mission_with_perfect_knowledge_of_an_act_gives_it_the_points_of_the_truth() -> None:
    """Every finding that tells kind, side, cell, depth and onset of its act truly is worth what the act is worth."""
    from sim.area.terms import FORBIDDEN
    from sim.engine.chronicle import judged_acts
    from sim.records import Finding
    from sim.verification.verdicts import found_points

    chronicle, _ = played(world("no-baseline-declarations", days=4))
    acts, mission = chronicle.opened.acts, chronicle.mission
    standing, points = judged_acts(chronicle)
    sure = [Finding(0, int(acts.kind[a]), int(acts.side[a]), int(acts.cell[a]), int(acts.onset_us[a]), 0, 2**60, 3,
                    float(acts.depth_km[a])) for a in range(len(acts.id))]
    worth = found_points(sure, mission.terms, mission.announced)
    names = [kind.id for kind in chronicle.prepared.scenario.agreement.kinds]
    by_class = acts.kind == names.index("heavy-weapons")
    told = np.isin(acts.kind, [names.index(k) for k in ("drone-overflight", "build-up", "deployment")])
    true = np.where(standing == FORBIDDEN, points, 0.0)
    assert (worth[~by_class & ~told] == true[~by_class & ~told]).all()
    assert (worth[by_class] <= true[by_class]).all()  # the mission does not know the class of a weapon
    assert (worth[told] <= true[told]).all()  # it may take one act for another that was announced
    assert (standing != FORBIDDEN).any() and (worth > 0).any()


def test_lawful_acts_are_seen_and_filed_but_not_answered_or_counted() -> None:
    scenario = world("window-of-silence", days=3)
    _, history = played(scenario)
    acts, found, orders = (history.tables[name] for name in ("violations", "findings", "orders"))
    silent = (acts["onset_h"] >= 24) & (acts["onset_h"] < 54) & (acts["kind"] != "heavy-weapons")
    assert (acts["terms"] == np.where(silent, "forbidden", "allowed")).all() and 0 < silent.sum() < len(silent)
    assert not acts["counted"][~silent].any() and (~np.isnan(acts["detected_h"][~silent])).any()
    window = (found["onset_h"] >= 24) & (found["onset_h"] < 54)
    assert ((found["points"] > 0) <= window).all() and 0 < (found["points"] > 0).sum() < len(window)
    assert len(orders["order"]) and (orders["triggered_h"] >= 24).all()
    verdicts = history.tables["verdicts"]
    owed = verdicts["to_h"] > 24
    assert owed.all() and (verdicts["from_h"] < 54).all()


def test_sea_truce_asks_for_verdicts_at_sea_alone() -> None:
    _, history = played(world("sea-truce", more=(("agreement.period_h", "24.0"),)))
    verdicts = history.tables["verdicts"]
    assert set(verdicts["sector"].tolist()) == {"odesa-approaches"} and len(verdicts["side"]) == 2 * 3
    counted = history.tables["violations"]
    assert set(counted["kind"][counted["counted"] == 1].tolist()) <= {"sea-attack"}


def test_undeclared_arms_leave_a_party_neither_in_breach_nor_compliant() -> None:
    chronicle, history = played(world("no-baseline-declarations", days=4))
    acts = history.tables["violations"]
    lasting = np.isin(acts["kind"], ["heavy-weapons", "fortification", "build-up", "deployment"])
    inside = acts["terms"] != "allowed"
    assert (acts["terms"][lasting & inside & (acts["terms"] != "notified")] == "undeclared").all() and lasting.any()
    assert not acts["counted"][lasting].any()
    assert chronicle.mission.terms.declared_us.max() > 0


def test_ramp_of_any_design_lets_coverage_rise(tmp_path: Path) -> None:
    """Commercial imagery comes between day 2 and day 7, posts on the days asked for here, open satellites at once."""
    text = (ROOT / "scenarios" / "technical-means.toml").read_text(encoding="utf-8")
    with_ramp = text.replace('"parts/response-ladder.toml",', '"parts/response-ladder.toml", "parts/start-up-ramp.toml",')
    days = (("days", "10.0"), ("follow_up_h", "0.0"), ("verification.verdicts.ghosts", "1"))
    posts = (("monitoring.start_up.posts.from_d", "1.0"), ("monitoring.start_up.posts.ramp_d", "6.0"))
    runs = {}
    for name, content, more in (("whole", text, ()), ("ramp", with_ramp, posts)):
        (tmp_path / f"{name}.toml").write_text(content, encoding="utf-8")
        runs[name] = played(read(tmp_path / f"{name}.toml", overrides=(*days, *more)).scenario)

    def due(name: str, means: str) -> np.ndarray:
        table = runs[name][1].tables["coverage"]
        mine = table["means"] == means
        return np.bincount((table["from_h"][mine] / 24).astype(int), weights=table["due"][mine], minlength=10)

    def passes(name: str, family: int) -> np.ndarray:
        return np.bincount(runs[name][0].prepared.layout.passes[family].time_us // DAY_US, minlength=10)[:10]

    for family, item in enumerate(runs["whole"][0].prepared.scenario.monitoring.satellites):
        share = passes("ramp", family) / np.maximum(passes("whole", family), 1)
        if item.owner == "company":
            assert (share[:2] == 0).all() and (share[7:] == 1).all() and 0 < share[2:7].mean() < 1
        else:
            assert (passes("ramp", family) == passes("whole", family)).all()
    assert due("ramp", "optical-vhr")[:2].sum() == 0 < due("ramp", "optical-vhr")[7:].sum()
    share = due("ramp", "camera-thermal") / due("whole", "camera-thermal")
    assert share[0] == 0 and (np.diff(share[:7]) > 0).all() and (share[7:] == 1).all()
    assert due("ramp", "drone-eo").sum() == 0 < due("whole", "drone-eo").sum()
    waits = [runs[name][1].facts["gap_square_h2"] for name in ("ramp", "whole")]
    assert waits[0] > 2 * waits[1]  # cells wait longer for an effective look
