"""Regimes: dated and hidden paths thin one stream of candidates, kind by kind, from the hour on which they change."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from sim.area.line import Cells
from sim.foundation.streams import streams_of
from sim.records import Acts
from sim.scenario.agreement import Agreement, Kind
from sim.scenario.conduct import Chain, Conduct, KindConduct, Regime, Step
from sim.scenario.errors import ScenarioErrors
from sim.scenario.reader import read
from sim.truth.regimes import in_force, reachable, spells_of
from sim.truth.violations import expected_candidates, truth_of

DAY = 86_400_000_000
BASE = Path(__file__).parents[1] / "scenario" / "base" / "base.toml"
TERMS = Agreement(kinds=(Kind(id="fire"), Kind(id="fatal")))
# The factors of July 2020: counts fell 19-fold and fatal events 3-fold.
REGIMES = (Regime(id="calm", factor=1 / 19, kind_factors={"fatal": 19 / 3}), Regime(id="tense"), Regime(id="failing", factor=3.0))
KINDS = (KindConduct(id="fire", incidents_per_day=400.0, duration_median_h=0.5),
         KindConduct(id="fatal", incidents_per_day=60.0, duration_median_h=0.5))
CHAIN = Chain(mean_stay_d={"calm": 14.0, "tense": 30.0, "failing": 5.0}, recommitment_factor=0.5,
              next_share={"calm": {"tense": 1.0}, "tense": {"calm": 0.4, "failing": 0.6}, "failing": {"calm": 1.0}})


def cells(land: int = 40) -> Cells:
    n = land
    return Cells(np.arange(n) // 10, (np.arange(n) + 0.5) * 5.0, np.full(n, 5.0), np.full(n, 48.0), np.full(n, 37.0),
                 np.zeros(n, dtype=bool), ("s1", "s2", "s3", "s4"), 4, land * 5.0)


def conduct(regime: str = "tense", **keys: object) -> Conduct:
    return Conduct(**({"regime": regime, "regimes": REGIMES, "kinds": KINDS} | keys))  # type: ignore[arg-type]


def drawn(how: Conduct, *, days: int = 20, replication: int = 0) -> Acts:
    return truth_of(how, TERMS, cells(), streams_of(7, replication), days=days, local_start_h=2.0, all_candidates=True).acts


def path(*steps: tuple[float, str]) -> tuple[Step, ...]:
    return tuple(Step(id=f"s{i}", from_h=hour, regime=regime) for i, (hour, regime) in enumerate(steps))


def test_one_regime_holds_since_ever() -> None:
    spells = spells_of(conduct(), streams_of(1, 0), days=10)
    assert spells.regime.tolist() == [1] and in_force(spells, np.array([-DAY, 0, 99 * DAY])).tolist() == [0, 0, 0]


def test_dated_path_holds_from_its_microsecond() -> None:
    spells = spells_of(conduct(path=path((36.0, "calm"), (240.0, "failing"))), streams_of(1, 0), days=5)
    at = np.array([0, int(1.5 * DAY) - 1, int(1.5 * DAY), 10 * DAY - 1, 10 * DAY])
    assert spells.regime[in_force(spells, at)].tolist() == [1, 1, 0, 0, 2]


def test_factors_by_kind_hold_the_day_after_a_fall() -> None:
    """Ten replications: counts of the day before and after; the fall is 19-fold in one kind and 3-fold in the other."""
    fall = conduct(path=path((240.0, "calm")))
    runs = [drawn(fall, days=12, replication=r) for r in range(10)]
    for kind, (before, after) in enumerate(((400.0, 400 / 19), (60.0, 20.0))):
        for day, mean in ((9, before), (10, after), (11, after)):
            count = sum(int((a.happens & (a.kind == kind) & (a.onset_us // DAY == day)).sum()) for a in runs)
            assert abs(count - 10 * mean) < 4 * math.sqrt(10 * mean), (kind, day, count)


def test_a_fall_leaves_what_came_before_and_only_thins_what_comes_after() -> None:
    tense, fall = drawn(conduct()), drawn(conduct(path=path((240.0, "calm"))))
    calm = drawn(conduct("calm"))
    for column in range(len(Acts._fields) - 1):
        assert tense[column].tolist() == fall[column].tolist()
    before = tense.onset_us < 10 * DAY
    assert fall.happens[before].tolist() == tense.happens[before].tolist()
    assert fall.happens[~before].tolist() == calm.happens[~before].tolist()


def test_calm_acts_are_tense_acts_are_failing_acts() -> None:
    calm, tense, failing = (drawn(conduct(name)) for name in ("calm", "tense", "failing"))
    assert (calm.happens <= tense.happens).all() and (tense.happens <= failing.happens).all()
    assert 0 < calm.happens.sum() < tense.happens.sum() < failing.happens.sum() == len(failing.id)


def test_hidden_chain_has_its_stays_and_followers() -> None:
    """About 18,000 spells of one path; stays are exponential, their means within 4 standard errors."""
    spells = spells_of(conduct(chain=CHAIN), streams_of(3, 0), days=300_000)
    stay = np.diff(spells.from_us[1:]) / DAY
    regime, after = spells.regime[1:-1], spells.regime[2:]
    for row, mean in ((0, 14.0), (1, 30.0), (2, 5.0)):
        mine = stay[regime == row]
        assert abs(mine.mean() - mean) < 4 * mean / math.sqrt(len(mine))
        assert abs((mine > mean).mean() - math.exp(-1)) < 4 * math.sqrt(math.exp(-1) * (1 - math.exp(-1)) / len(mine))
    follows = after[regime == 1]
    assert abs((follows == 0).mean() - 0.4) < 4 * math.sqrt(0.24 / len(follows)) and not (follows == 1).any()
    assert (after[regime == 0] == 1).all() and (after[regime == 2] == 0).all()


def test_recommitment_lowers_the_spell_that_it_begins() -> None:
    spells = spells_of(conduct(chain=CHAIN), streams_of(3, 0), days=20_000)
    factor = np.array([r.factor for r in REGIMES])[spells.regime]
    fell = np.diff(factor) < 0
    assert spells.factor[0] == 1.0 and fell.any()
    assert spells.factor[1:].tolist() == np.where(fell, 0.5, 1.0).tolist()


def test_hidden_chain_and_its_acts_keep_their_first_days() -> None:
    how = conduct(chain=CHAIN.model_copy(update={"mean_stay_d": {"calm": 2.0, "tense": 3.0, "failing": 1.0}}))
    one, two = (spells_of(how, streams_of(3, 0), days=days) for days in (30, 60))
    n = len(one.from_us)
    assert 5 < n < len(two.from_us) and two.from_us[n] >= 30 * DAY
    assert all(a.tolist() == b[:n].tolist() for a, b in zip(one, two, strict=True))
    short, long = drawn(how, days=10), drawn(how, days=20)
    assert all(a.tolist() == b[: len(short.id)].tolist() for a, b in zip(short, long, strict=True))
    assert spells_of(how, streams_of(3, 1), days=30).from_us.tolist() != one.from_us.tolist()


def test_reachable_regimes() -> None:
    assert reachable(conduct()) == [1]
    assert reachable(conduct(path=path((5.0, "calm")))) == [0, 1]
    assert reachable(conduct(chain=CHAIN)) == [0, 1, 2]
    assert expected_candidates(conduct(path=path((5.0, "calm"))), days=10) == pytest.approx((400 * 3 + 60 * 3) * 10)


def refused(*overrides: tuple[str, str]) -> list[str]:
    with pytest.raises(ScenarioErrors) as caught:
        read(BASE, overrides=overrides)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(("key", "text", "told"), [
    ("conduct.path", '[{ id = "a", from_h = 48, regime = "calm" }, { id = "b", from_h = 24, regime = "tense" }]',
     "conduct.path.b.from_h = 24: must be > 48: changes of the regime stand in order of time"),
    ("conduct.path", '[{ id = "a", from_h = 0, regime = "calm" }]', "conduct.path.a.from_h = 0: must be > 0"),
    ("conduct.path", '[{ id = "a", from_h = 48, regime = "clam" }]',
     'conduct.path.a.regime = "clam": no such regime in conduct.regimes (did you mean calm?)'),
    ("conduct.chain", "{ mean_stay_d = { tense = 3.0, calm = 2.0 }, "
     "next_share = { tense = { calm = 0.9 }, calm = { tense = 1.0 } } }",
     "conduct.chain.next_share.tense: the shares must sum to 1, they sum to 0.9"),
    ("conduct.chain", "{ mean_stay_d = { tense = 3.0 }, next_share = { tense = { calm = 1.0 } } }",
     "conduct.chain.mean_stay_d: calm is missing: the chain can be in this regime"),
    ("conduct.chain", "{ mean_stay_d = { tense = 0.0, calm = 1.0 }, "
     "next_share = { tense = { calm = 1.0 }, calm = { tense = 1.0 } } }",
     "conduct.chain.mean_stay_d.tense = 0.0: must be >= 0.04"),
    ("conduct.chain", "{ mean_stay_d = { tense = 3.0 }, next_share = { tense = { tense = 1.0 } } }",
     "conduct.chain.next_share.tense.tense: a regime does not follow itself"),
])
def test_paths_that_make_no_sense_are_refused(key: str, text: str, told: str) -> None:
    lines = refused((key, text))
    assert any(told in line for line in lines), lines


def test_path_and_chain_exclude_one_another() -> None:
    chain = "{ mean_stay_d = { tense = 3.0, calm = 2.0 }, next_share = { tense = { calm = 1.0 }, calm = { tense = 1.0 } } }"
    read(BASE, overrides=[("conduct.chain", chain)])
    step = '[{ id = "a", from_h = 48, regime = "calm" }]'
    read(BASE, overrides=[("conduct.path", step)])
    assert any("not both" in line for line in refused(("conduct.chain", chain), ("conduct.path", step)))


def test_truce_that_alternates() -> None:
    """C29: truces of 14 days and spells of 5 days between them: in truce 0.7368 of the time, on day 7 with chance 0.7762."""
    chain = Chain(mean_stay_d={"tense": 14.0, "failing": 5.0},
                  next_share={"tense": {"failing": 1.0}, "failing": {"tense": 1.0}})
    how, n = conduct(chain=chain), 4000
    runs = [spells_of(how, streams_of(5, r), days=8) for r in range(n)]
    in_truce = np.array([run.regime[in_force(run, np.array([7 * DAY]))[0]] == 1 for run in runs])
    exact = 0.7762022682164829
    assert exact == pytest.approx(14 / 19 + 5 / 19 * math.exp(-7 * (1 / 14 + 1 / 5)))
    assert abs(in_truce.mean() - exact) < 4 * math.sqrt(exact * (1 - exact) / n)
    spells = spells_of(how, streams_of(6, 0), days=200_000)
    stay = np.diff(spells.from_us[1:])
    cycles = np.add.reduceat(stay, np.arange(0, len(stay) - 1, 2))[:-1] / DAY
    share = stay[spells.regime[1:-1] == 1].sum() / stay.sum()
    # Delta method over independent cycles: sd of (truce − share × cycle) over mean cycle 19 d.
    error = math.sqrt(((5 / 19) ** 2 * 14**2 + (14 / 19) ** 2 * 5**2) / len(cycles)) / 19
    assert abs(share - 0.7368421052631579) < 4 * error
