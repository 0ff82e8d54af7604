"""Release: each audience hears after its delay and with its share, and those trusted less never hear more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import short_line as world
from short_line import H

from sim.engine import play, prepare, replicate
from sim.engine.history import as_released
from sim.foundation.streams import mix_one
from sim.monitoring.release import ACCUSED, MISSION, released, shown_share, terms_of
from sim.records import NEVER, Observation
from sim.scenario.monitoring import Posts, Timetable
from sim.scenario.reader import read
from sim.scenario.sharing import Release

ROOT = Path(__file__).parents[2]
N = 4000
NATIONAL = Release(id="contributor", mission_h=4.0, mission_share=0.9, coalition_h=12.0, coalition_share=0.7, accused_h=72.0,
                   accused_share=0.3, public_share=0.0)


def seen(number: int, at_h: float = 5.0) -> Observation:
    return Observation(mix_one(7, number), round(at_h * H), 0, round((at_h + 0.5) * H), 1, 5.0, 0, 2, 0, 0, True, 0.0, 0)


def design(*rows: Release, **keys: Any) -> Any:
    post = Posts(id="mast", means="eye", side="A", sites=1, reach_km=4.0, owner="contributor")
    table = Timetable(id="images", means="eye", gap_h=24.0, owner="company")
    return world.monitoring(posts=(post,), timetables=(table,), release=rows, **keys)


FIRST = {"posts.mast": 0, "timetables.images": 1}


def test_without_terms_nothing_is_held_back() -> None:
    assert terms_of(design(), FIRST, 2) is None


@pytest.mark.parametrize(("audience", "share", "delay_h"), [
    ("reported_us", 0.9, 4), ("coalition_us", 0.7, 12), ("shown_us", 0.3, 72)])
def test_national_means_release_by_their_terms(audience: str, share: float, delay_h: float) -> None:
    """Shares lie within four standard errors; delays are exact where they have no spread, from the report on."""
    terms = terms_of(design(NATIONAL), FIRST, 2)
    assert terms is not None
    when = np.array([getattr(released(seen(n), terms, 0), audience) for n in range(N)])
    told = when < NEVER
    assert abs(told.mean() - share) < 4 * (share * (1 - share) / N) ** 0.5
    assert set(when[told].tolist()) == {round((5.5 + delay_h) * H)}
    assert all(released(seen(n), terms, 0).public_us == NEVER for n in range(50))


def test_who_is_trusted_less_hears_no_more() -> None:
    terms = terms_of(design(NATIONAL), FIRST, 2)
    assert terms is not None
    found = [released(seen(n), terms, 0) for n in range(N)]
    assert all(r.reported_us <= r.coalition_us and r.reported_us <= r.shown_us for r in found)
    assert all(r.coalition_us < NEVER for r in found if r.shown_us < NEVER)


def test_delays_have_their_median() -> None:
    """Half of the lognormal delays lie below the median, within four standard errors."""
    terms = terms_of(design(NATIONAL.model_copy(update={"delay_log_sd": 0.6})), FIRST, 2)
    assert terms is not None
    times = [released(seen(n), terms, 0).reported_us for n in range(N)]
    waits = np.array([t for t in times if t < NEVER]) - round(5.5 * H)
    assert abs((waits < 4 * H).mean() - 0.5) < 4 * (0.25 / len(waits)) ** 0.5
    assert waits.std() > H


def test_an_owner_without_a_row_holds_nothing_back() -> None:
    terms = terms_of(design(NATIONAL), FIRST, 2)
    assert terms is not None
    assert released(seen(1), terms, 1) == seen(1)._replace(coalition_us=round(5.5 * H), shown_us=round(5.5 * H),
                                                           public_us=round(5.5 * H))


def test_a_host_that_forbids_to_publish() -> None:
    """What a post sees on its side while publication is forbidden reaches the mission, and never the accused or the public."""
    quiet = world.allowed(id="quiet", may_publish=False, from_h=24.0)
    terms = terms_of(design(consent=(world.allowed(to_h=24.0), quiet)), FIRST, 2)
    assert terms is not None
    before, after = released(seen(1, 5.0), terms, 0), released(seen(1, 30.0), terms, 0)
    assert before.shown_us < NEVER and before.public_us < NEVER
    assert after.reported_us < NEVER and after.shown_us == after.public_us == NEVER
    assert released(seen(1, 30.0), terms, 1).shown_us < NEVER


def test_share_of_images_that_may_be_shown() -> None:
    """Nine in ten reach the mission and three in ten the accused: one in three of those it has; weighted by looks."""
    terms = terms_of(design(NATIONAL), FIRST, 2)
    assert terms is not None
    assert shown_share(terms, np.array([5.0, 0.0])) == pytest.approx(0.3 / 0.9)
    assert shown_share(terms, np.array([1.0, 1.0])) == pytest.approx(1.3 / 1.9)
    assert terms.share[0, MISSION] == 0.9 and terms.share[0, ACCUSED] == 0.3


@pytest.fixture(scope="module")
def chronicles() -> Any:
    """Technical means with open sources, with and without terms of release, one short replication each."""
    keys = [("days", "4.0"), ("follow_up_h", "96.0"), ("verification.verdicts.ghosts", "2")]
    scenario = read(ROOT / "scenarios" / "evidence-release.toml", overrides=keys).scenario
    free = scenario.model_copy(update={"monitoring": scenario.monitoring.model_copy(update={"release": ()})})
    return [play(prepare(s), seed=3, replication=0) for s in (free, scenario)]


def test_the_mission_hears_later_and_less(chronicles: Any) -> None:
    """Every report with terms is one that the free world has or would have had, no earlier; some are withheld."""
    free, bound = ({s.id: s for c in one.mission.book.cases.values() for s in c.reports} for one in chronicles)
    both = set(free) & set(bound)
    assert len(both) > 100
    assert all(bound[i].reported_us >= free[i].reported_us for i in both)
    owners = {s.withheld for s in chronicles[1].door.seen}
    assert owners == {True, False}
    assert not any(s.withheld for s in chronicles[0].door.seen)
    withheld = {s.observation for s in chronicles[1].door.seen if s.withheld}
    assert not withheld & set(bound)


def test_after_a_withheld_sight_the_next_one_counts(chronicles: Any) -> None:
    """An act that one owner keeps to itself is seen again by the same physics where others look."""
    physics = chronicles[1].prepared.library.physics[chronicles[1].prepared.layout.sensing.means]
    told: dict[tuple[int, int], list[bool]] = {}
    for s in chronicles[1].door.seen:
        told.setdefault((s.act, int(physics[s.sensor])), []).append(s.withheld)
    again = [fates for fates in told.values() if True in fates and False in fates]
    assert again
    assert all(fates.index(False) > fates.index(True) for fates in again if not fates[-1] and fates[0])


def test_withheld_looks_are_in_the_table_as_such(chronicles: Any) -> None:
    from sim.engine.chronicle import history_of

    table = history_of(chronicles[1]).tables["looks"]
    mine = table["lost"] == "withheld"
    assert mine.sum() == sum(s.withheld for s in chronicles[1].door.seen)
    assert (table["reported"][mine] == 0).all() and (table["met"][mine] == 1).all()


def test_confirmed_remotely_waits_for_the_accused(chronicles: Any) -> None:
    """No finding of that grade rests on images that may not be shown yet."""
    bound = chronicles[1]
    for found in bound.mission.findings:
        if found.grade == 2:
            evidence = bound.mission.book.cases[found.case].evidence
            assert any(s.images and s.shown_us <= found.found_us for s in evidence)


def test_power_counts_on_released_sights_only(chronicles: Any) -> None:
    free, bound = chronicles
    for one, least in ((free, 1.0), (bound, 0.9)):
        tables, shown = as_released(one.door.tables, one.prepared.layout, one.prepared.library)
        factors = {round(float(a), 6) for t, u in zip(tables, one.door.tables.tables, strict=True)
                   for a in np.unique(t.condition[u.condition > 0] / u.condition[u.condition > 0])}
        assert min(factors) == least and max(factors) == 1.0
        assert shown == 1.0 if least == 1.0 else 0.3 < shown < 1.0
    assert bound.power.mean() < free.power.mean()


def test_both_paths_write_the_same_bytes() -> None:
    keys = [("days", "2.0"), ("follow_up_h", "24.0"), ("verification.verdicts.ghosts", "2")]
    prepared = prepare(read(ROOT / "scenarios" / "evidence-release.toml", overrides=keys).scenario)
    one, other = (replicate(prepared, seed=5, replication=0, path=path) for path in ("array", "event"))
    assert all(one.tables[t][c].tobytes() == other.tables[t][c].tobytes() for t in one.tables for c in one.tables[t])
