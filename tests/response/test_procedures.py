"""Seven ways to decide, each against its closed form: order statistics, binomial tails, weighted majorities, working hours."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from sim.foundation.streams import name_key
from sim.response.decision import decided
from sim.response.office import worked_until
from sim.response.optin import Asked, opted_in
from sim.scenario.response import Contribution, Procedure, Rung

H = 3_600_000_000
N = 3000
KEYS = [name_key("case", k) for k in range(N)]


def body(**keys: Any) -> Procedure:
    calm: dict[str, Any] = {"id": "body", "members": 5, "needed": 3, "median_h": 6.0, "law": "exponential"}
    return Procedure(**(calm | keys))


def rung(**keys: Any) -> Rung:
    return Rung(**({"id": "rung", "procedure": "body", "action": "posture", "deadline_h": 48.0} | keys))


def hours(how: Procedure, **keys: Any) -> np.ndarray:
    """Hours of N decisions; inf where there is none."""
    found = [decided(how, key, **keys) for key in KEYS]
    return np.array([math.inf if f is None else f.after_us / H for f in found])


def near(found: float, expected: float, n: int = N, share: bool = True, sd: float = 0.0) -> None:
    spread = math.sqrt(max(expected * (1 - expected), 1e-9)) if share else sd
    assert abs(found - expected) < 4 * spread / math.sqrt(n), (found, expected)


def test_unanimity_is_the_slowest_member() -> None:
    """The last of n exponential times: (median / ln 2) times the harmonic number of n."""
    found = hours(body(members=35, needed=35, rule="unanimity"))
    expected = 6 / math.log(2) * sum(1 / k for k in range(1, 36))
    near(found.mean(), expected, share=False, sd=found.std())


def test_an_automatic_answer_takes_its_time_and_asks_nobody() -> None:
    how = body(members=1, needed=1, rule="automatic", median_h=2.0)
    found = [decided(how, key) for key in KEYS[:20]]
    assert {(f.after_us / H, f.member) for f in found if f} == {(2.0, "")} and None not in found


def test_the_median_of_an_action_takes_the_place_of_that_of_the_body() -> None:
    """Ten days for a mandate where a notice takes an hour: times scale with the median, case by case."""
    how = body(medians_h=(1.0, 2.0), law="lognormal")
    assert hours(how, median_h=240.0) == pytest.approx(hours(how, median_h=1.0) * 240.0, rel=1e-6)
    assert set(hours(body(law="fixed", medians_h=(1.0, 2.0)), median_h=3.0).tolist()) == {3.0}


def test_weighted_votes_with_equal_votes_are_k_of_n() -> None:
    """Three fifths of five equal votes are three of five, case by case; the count needed beside it can only delay."""
    equal = body(rule="weighted", needed=1, needed_weight_share=0.6, weights=(2.0,) * 5)
    assert hours(equal).tolist() == hours(body(needed=3)).tolist()
    double = body(rule="weighted", needed=4, needed_weight_share=0.6, weights=(2.0,) * 5)
    assert hours(double).tolist() == hours(body(needed=4)).tolist()


def test_weighted_votes_against_all_orders_of_consent() -> None:
    """Votes 5, 3, 2, 1, 1 and 7 needed, each refusing with chance 0.3: the chance is the sum over all coalitions that reach 7,
    and the mean time that of exponential members over all subsets (inclusion and exclusion through the survival function)."""
    votes, refuse = (5.0, 3.0, 2.0, 1.0, 1.0), 0.3
    how = body(rule="weighted", needed=1, weights=votes, needed_weight_share=7 / 12, refusal_share=refuse)
    wins = [w for k in range(6) for w in combinations(range(5), k) if sum(votes[i] for i in w) >= 7]
    chance = sum((1 - refuse) ** len(w) * refuse ** (5 - len(w)) for w in wins)
    near(float(np.isfinite(hours(how)).mean()), chance)
    surely = hours(how.model_copy(update={"refusal_share": 0.0}))
    step = np.linspace(0, 400, 40_001)
    came = 1 - np.exp(-math.log(2) / 6 * step)
    stands = sum(came ** len(w) * (1 - came) ** (5 - len(w)) for w in wins)
    near(surely.mean(), float(np.trapezoid(1 - stands, step)), share=False, sd=surely.std())


def test_the_member_named_is_the_last_one_needed() -> None:
    """All of three must consent: an exponential member with rate r is last with chance by inclusion and exclusion."""
    medians = (12.0, 6.0, 3.0)
    rate = [math.log(2) / m for m in medians]
    found = [decided(body(members=3, needed=3, medians_h=medians), key) for key in KEYS]
    for i in range(3):
        a, b = (rate[j] for j in range(3) if j != i)
        last = a / (a + rate[i]) + b / (b + rate[i]) - (a + b) / (a + b + rate[i])
        near(float(np.mean([f is not None and f.member == f"member-{i + 1}" for f in found])), last)


def pool(n: int, share: float, **keys: Any) -> list[Asked]:
    return [Asked(Contribution(id=f"c-{k}", accept_share=share, **keys), 1.0) for k in range(n)]


def opted(how: Procedure, what: Rung, asked: list[Asked], due_h: float = 48.0) -> list[Any]:
    return [opted_in(how, what, key, asked, due_h=due_h) for key in KEYS]


def test_opt_in_lapses_where_too_few_are_willing() -> None:
    """Five contributors, each willing with chance 0.6, three needed: a binomial tail; it starts when the third has answered."""
    how = body(rule="opt-in", needed=1, law="fixed", on_shortfall="lapse")
    found = opted(how, rung(strength=3.0), pool(5, 0.6))
    chance = sum(math.comb(5, k) * 0.6**k * 0.4 ** (5 - k) for k in (3, 4, 5))
    near(float(np.mean([f is not None for f in found])), chance)
    assert {f.after_us / H for f in found if f} == {6.0} and {len(f.accepted) for f in found if f} == {3}


def test_opt_in_starts_with_the_third_of_five_exponential_answers() -> None:
    """All willing and no deadline in the way: the mean of the third of five exponential times."""
    found = opted(body(rule="opt-in", needed=1), rung(strength=3.0), pool(5, 1.0), due_h=1e5)
    times = np.array([f.after_us / H for f in found])
    near(times.mean(), 6 / math.log(2) * (1 / 5 + 1 / 4 + 1 / 3), share=False, sd=times.std())


def test_opt_in_shrinks_to_what_was_accepted_by_the_deadline() -> None:
    """Where three of five are needed and one or two willing, the answer starts at its deadline with these."""
    how = body(rule="opt-in", needed=1, law="fixed", on_shortfall="shrink")
    found = opted(how, rung(strength=3.0), pool(5, 0.6))
    small = [f for f in found if f and f.strength < 3]
    assert {f.after_us / H for f in small} == {48.0} and all(len(f.accepted) == f.strength for f in small)
    near(len(small) / N, sum(math.comb(5, k) * 0.6**k * 0.4 ** (5 - k) for k in (1, 2)))
    near(float(np.mean([f is None for f in found])), 0.4**5)


def test_opt_in_waits_and_asks_again() -> None:
    """One contributor, asked every 24 h, willing with chance 0.3 each time: a geometric number of rounds."""
    how = body(rule="opt-in", needed=1, law="fixed", on_shortfall="wait", ask_again_h=24.0, wait_h=240.0)
    found = opted(how, rung(), pool(1, 0.3))
    rounds = np.array([math.inf if f is None else (f.after_us / H - 6) / 24 for f in found])
    for k in range(4):
        near(float((rounds == k).mean()), 0.7**k * 0.3)
    near(float(np.isinf(rounds).mean()), 0.7**10)  # asked at 0, 24, … 240 h; an answer to the eleventh would come too late


def test_opt_in_follows_the_rung_and_the_contributor() -> None:
    asked = [Asked(Contribution(id="a", accept_share=0.0, accept_shares={"rung": 1.0}, answer_median_h=2.0), 1.0)]
    how = body(rule="opt-in", needed=1, law="fixed")
    assert opted_in(how, rung(decision_median_h=9.0), 1, asked, due_h=48.0).after_us == 2 * H  # type: ignore[union-attr]
    assert opted_in(how, rung(id="other"), 1, asked, due_h=48.0) is None
    plain = [Asked(Contribution(id="a"), 1.0)]
    assert opted_in(how, rung(decision_median_h=9.0), 1, plain, due_h=48.0).after_us == 9 * H  # type: ignore[union-attr]


def test_a_contributor_keeps_its_luck_when_others_are_asked_too() -> None:
    how = body(rule="opt-in", needed=1, on_shortfall="lapse")
    few, more = (opted(how, rung(strength=2.0), pool(n, 0.7), due_h=1e5) for n in (4, 7))
    assert all(b is not None and b.after_us <= a.after_us for a, b in zip(few, more, strict=True) if a is not None)


@pytest.mark.parametrize(("begin_h", "work_h", "ends_h", "weekends"), [
    (9.0, 2.0, 11.0, True), (3.0, 2.0, 10.0, True), (17.0, 2.0, 33.0, True), (20.0, 10.0, 42.0, True), (9.0, 21.0, 58.0, True),
    (4 * 24 + 17.0, 2.0, 5 * 24 + 9.0, True), (4 * 24 + 17.0, 2.0, 7 * 24 + 9.0, False), (5 * 24.0, 1.0, 7 * 24 + 9.0, False)])
def test_nights_and_weekends_do_not_count(begin_h: float, work_h: float, ends_h: float, weekends: bool) -> None:
    """Work from 8 to 18 h, day 0 a Monday: by hand."""
    how = body(working_from_h=8.0, working_to_h=18.0, weekends=weekends)
    assert worked_until(how, round(begin_h * H), round(work_h * H), midnight_us=0, weekday=0) == round(ends_h * H)


def test_the_share_of_working_hours_stretches_long_decisions() -> None:
    """A hundred hours of work at ten a day take ten days, from Monday to the next Friday but one without weekends."""
    how = body(working_from_h=8.0, working_to_h=18.0, weekends=False)
    assert worked_until(how, 8 * H, 100 * H, midnight_us=0, weekday=0) == (11 * 24 + 18) * H
    assert worked_until(body(), 8 * H, 100 * H, midnight_us=0, weekday=0) == 108 * H
