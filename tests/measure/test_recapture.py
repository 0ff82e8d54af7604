"""Capture–recapture: published examples, closed forms, known laws under independence, and a history counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import act, history, scenario

from sim.measure.measures import measure
from sim.measure.recapture import chao, chapman, dependence, lincoln_petersen, ratios, recapture, told


def test_turtles_of_the_textbook() -> None:
    """Ten marked, fifteen caught, five of them marked: 30 by Lincoln–Petersen, 28 by Chapman, 22 to 65 (Sadinle 2009)."""
    assert lincoln_petersen(first=10, second=15, both=5) == 30.0
    found = chapman(first=10, second=15, both=5)
    assert found.estimate == pytest.approx(11 * 16 / 6 - 1, rel=1e-12)
    assert (round(found.low or 0), round(found.high or 0)) == (22, 65)


def test_rabbits_of_edwards_and_eberhardt() -> None:
    """76 of a known 135 cottontails caught in 18 nights, 43 once and 16 twice: Chao (1987) finds 134, s.e. 24."""
    found = chao(once=43, twice=16, seen=76)
    assert found.estimate == pytest.approx(76 + 43**2 / 32, rel=1e-12)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 135 < found.high
    spread = np.log(found.high - 76) - np.log(found.low - 76)
    variance = (np.exp((spread / 2 / 1.959963984540054) ** 2) - 1) * (43**2 / 32) ** 2
    assert np.sqrt(variance) == pytest.approx(24.0, abs=0.1)


def test_two_lists_alike_give_the_same_by_both_ways() -> None:
    """With two lists of the same size Chao's bound is Lincoln–Petersen's number."""
    assert chao(once=40, twice=10, seen=50, lists=2).estimate == pytest.approx(lincoln_petersen(first=30, second=30, both=10))


def test_no_item_on_both_lists() -> None:
    """Lincoln–Petersen has no number; Chapman's and the bias-corrected bound have."""
    assert lincoln_petersen(first=7, second=4, both=0) is None
    assert chapman(first=7, second=4, both=0).estimate == 8 * 5 - 1
    assert chao(once=11, twice=0, seen=11) == (11 + 11 * 10 / 2, None, None)


@pytest.mark.parametrize(("first", "second", "both"), [(3, 5, 4), (3, 5, -1)])
def test_impossible_counts_are_refused_by_value(first: int, second: int, both: int) -> None:
    with pytest.raises(ValueError, match=rf"both = {both}.*first = {first}"):
        chapman(first=first, second=second, both=both)
    with pytest.raises(ValueError, match=r"once = 5, twice = 3.*seen = 7"):
        chao(once=5, twice=3, seen=7)


def test_interval_holds_under_independence_and_not_under_dependence() -> None:
    """N = 400, p = 0.3 and 0.4: Chapman's mean is N and its interval holds N in 95 %; half of the acts hidden from both
    lists alike halve the number found, and the measure of dependence says 2."""
    rng = np.random.Generator(np.random.Philox(key=5))
    runs, n = 2000, 400
    caught = rng.random((2, runs, n)) < np.array([0.3, 0.4])[:, None, None]
    independent = [_two_lists(a, b) for a, b in zip(*caught, strict=True)]
    found = np.array([chapman(first=a, second=b, both=m).estimate for a, b, m in independent], dtype=float)
    assert abs(found.mean() - n) < 4 * found.std() / np.sqrt(runs)
    ends = [chapman(first=a, second=b, both=m) for a, b, m in independent]
    held = np.mean([(e.low or 0) <= n <= (e.high or 0) for e in ends])
    assert abs(held - 0.95) < 4 * np.sqrt(0.95 * 0.05 / runs)
    shown = [_two_lists(a[: n // 2], b[: n // 2]) for a, b in zip(*caught, strict=True)]
    found = np.array([chapman(first=a, second=b, both=m).estimate for a, b, m in shown], dtype=float)
    assert abs(found.mean() - n / 2) < 4 * found.std() / np.sqrt(runs)
    first, second, both = (sum(column) for column in zip(*shown, strict=True))
    assert (dependence(first=first, second=second, both=both * runs, true=n) or 0) == pytest.approx(2, rel=0.02)


def _two_lists(a: np.ndarray, b: np.ndarray) -> tuple[int, int, int]:
    return int(a.sum()), int(b.sum()), int((a & b).sum())


def seen(name: str, of: str, case: str, physics: str) -> dict[str, object]:
    return {"observation": name, "violation": of, "case": case, "physics": physics, "reported_h": 3.0}


def by_hand() -> object:
    """Four acts; v1 and v2 wrongly merged into one case, a false alarm makes a case of its own, one act comes too late."""
    return history(
        violations=[act("v1", 1.0), act("v2", 2.0), act("v3", 3.0), act("v4", 4.0, counted=0), act("late", 97.0, counted=0)],
        cases=[{"case": c, "kind": "fire", "opened_h": h} for c, h in (("c1", 3.0), ("c3", 3.0), ("c4", 4.0), ("no", 5.0),
                                                                       ("after", 97.0))],
        observations=[seen("o1", "v1", "c1", "optical"), seen("o2", "v2", "c1", "radar"), seen("o3", "v3", "c3", "optical"),
                      seen("o4", "v3", "c3", "radar"), seen("o5", "v4", "c4", "radar"), seen("o6", "", "no", "radar"),
                      seen("o7", "late", "after", "radar"), seen("o8", "v1", "c1", "complaint")])


def test_lists_of_a_history_by_hand() -> None:
    found = recapture(by_hand(), scenario())  # type: ignore[arg-type]
    cases, acts = found.pairs
    assert (cases.first, cases.second, cases.both, cases.true) == (2, 4, 2, 4)
    assert (acts.first, acts.second, acts.both, acts.true) == (2, 3, 1, 4)
    assert {(m.basis, m.kind): (m.once, m.twice, m.seen, m.lists) for m in found.many} == {
        ("cases", ""): (2, 2, 4, 2), ("cases", "fire"): (2, 2, 4, 2), ("acts", ""): (3, 1, 4, 2)}
    rows = {(m, by, group): (top, bottom) for m, by, group, top, bottom in ratios(found)}
    assert rows["chapman_ratio", "basis", "acts"] == (3 * 4 / 2 - 1, 4)
    assert rows["chao_ratio", "basis", "acts"] == (4 + 9 / 4, 4)
    assert rows["capture_dependence", "all", ""] == (1 * 4, 2 * 3)
    aside = {(m, basis, group): value for m, basis, group, value, _ in told(found.pairs)}
    assert aside["pair.both", "acts", "optical+radar"] == 1
    assert measure(by_hand(), scenario()).aside[: len(aside)] == tuple(told(found.pairs))  # type: ignore[arg-type]


def test_one_kind_of_evidence_gives_no_number() -> None:
    """One list cannot be held against another: no row, and the catalogue says why."""
    whole = history(violations=[act("v1", 1.0)], cases=[{"case": "c", "kind": "fire", "opened_h": 3.0}],
                    observations=[seen("o1", "v1", "c", "optical")])
    assert ratios(recapture(whole, scenario())) == []
