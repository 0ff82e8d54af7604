"""Tables beside the measures: losses sum to what is lost, in each replication and over all; ends are worked out by hand."""

from __future__ import annotations

import csv
import io
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from sim.engine import prepare, replicate
from sim.experiment.journal import Outcome
from sim.experiment.ledger_tables import (
    Funnel,
    assurance_of,
    counted_beside,
    funnel_of,
    recapture_of,
    written,
)
from sim.measure.ledgers import LOSSES, NO_SIDE, STEPS
from sim.measure.measures import measure
from sim.scenario.reader import read

ROOT = Path(__file__).parents[2]


@cache
def outcomes(name: str, *more: tuple[str, str]) -> tuple[Outcome, ...]:
    """Three replications of four days, with the rows that a run keeps."""
    short = (("days", "4.0"), ("follow_up_h", "72.0"), ("verification.verdicts.ghosts", "2"), *more)
    scenario = read(ROOT / "scenarios" / f"{name}.toml", overrides=short).scenario
    ready = prepare(scenario)
    found = []
    for number in range(3):
        history = replicate(ready, seed=7, replication=number)
        measured = measure(history, scenario)
        rows = (*(tuple(row) for row in measured.rows), *measured.aside, *counted_beside(history, scenario))
        found.append(Outcome("p", number, "done", rows=rows))
    return tuple(found)


COMMISSION = ("commission-boycott", ("verification.commission.every_h", "24.0"))


def by_place(found: list[Funnel]) -> dict[tuple[str, str], dict[tuple[str, str], Funnel]]:
    places: dict[tuple[str, str], dict[tuple[str, str], Funnel]] = {}
    for one in found:
        places.setdefault((one.kind, one.side), {})[one.ledger, one.reason] = one
    return places


@pytest.mark.parametrize("asked", [("technical-means",), COMMISSION, ("terms-narrow",), ("complaint-flood",)])
def test_reasons_sum_exactly_to_the_losses(asked: tuple[str, ...]) -> None:
    places = by_place(funnel_of(outcomes(*asked)))
    assert len(places) > 8
    for place, rows in places.items():
        if place[1] == NO_SIDE:  # only findings name no side: no act is without one
            assert {step for step, _ in rows} <= {"findings", "false"}
            assert rows["findings", ""].acts > 0
            continue
        for before, after in pairwise(STEPS):
            told = [rows[after, reason] for reason in LOSSES[after] if (after, reason) in rows]
            assert sum(one.acts for one in told) == rows[before, ""].acts - rows[after, ""].acts, (place, after)
            assert all(one.share.n == 3 for one in told)
    for step in STEPS:
        assert places["all", "all"][step, ""].acts == sum(
            rows[step, ""].acts for at, rows in places.items() if at[0] != "all" and (step, "") in rows)


def test_funnel_agrees_with_the_measures() -> None:
    """Shares of the funnel are the measures of the same run, interval and all."""
    from sim.experiment.summary import lines
    from sim.measure.measures import CATALOGUE

    kept = outcomes(*COMMISSION)
    rows = by_place(funnel_of(kept))["all", "all"]
    told = {line.measure: line for line in lines(kept, CATALOGUE) if line.by == "all"}
    for step, name in (("detected", "detected_share"), ("reported", "attributed_share"), ("agreed", "agreed_share")):
        line, share = told[name], rows[step, ""].share
        assert (line.estimate, line.noise_low, line.noise_high) == (share.estimate, share.low, share.high)
    assert rows["findings", ""].acts / rows["true", ""].acts == pytest.approx(told["reported_ratio"].estimate, rel=1e-12)


def table(whole: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(whole.decode())))


def test_tables_as_written() -> None:
    """Each ledger row falls from left to right; claims are in the table where there are any; every row says SIMULATED."""
    kept = outcomes("complaint-flood")
    files = written(kept)
    assert set(files) == {"ledgers.csv", "funnel.csv", "recapture.csv", "assurance.csv"}
    rows = {name: table(whole) for name, whole in files.items()}
    assert all(row["status"] == "SIMULATED" for each in rows.values() for row in each)
    assert {row["replication"] for row in rows["ledgers.csv"]} == {"0", "1", "2"}
    for row in rows["ledgers.csv"]:
        counts = [int(row[step]) for step in STEPS]
        assert counts == sorted(counts, reverse=True)
    claimed = sum(int(row["claimed"]) for row in rows["ledgers.csv"])
    value = [row for one in kept for row in one.rows if row[:3] == ("claimed_ratio", "all", "")]
    assert claimed == sum(row[3] for row in value) > 0
    assert sum(int(row["true"]) for row in rows["ledgers.csv"]) == sum(row[4] for row in value)


def test_capped_and_failed_replications_are_left_out() -> None:
    kept = outcomes("technical-means")
    more = (*kept, kept[0]._replace(replication=3, status="capped"), Outcome("p", 4, "failed"))
    assert written(more) == written(kept)


def rows_by_hand(*counts: tuple[str, float, float]) -> tuple[tuple[str, str, str, float, float], ...]:
    return tuple(("assured", "kind/side/light/season", group, hit, n) for group, hit, n in counts)


def test_worst_side_light_and_season_by_hand() -> None:
    """Groups of under ten acts cannot be the worst; the kind as a whole is the sum of its groups."""
    kept = [Outcome("p", r, "done", rows=rows_by_hand(("strike/A/day/winter", 9, 10), ("strike/A/night/winter", 4 + r, 10),
                                                      ("strike/B/night/summer", 0, 2), ("mine/A/day/winter", 9, 10)))
            for r in range(3)]
    found = {(one.kind, one.side, one.light, one.season): one for one in assurance_of(kept)}
    whole = found["strike", "all", "all", "all"]
    assert (whole.acts, whole.share.estimate, whole.grade) == (66, (27 + 4 + 5 + 6) / 66, "medium")
    worst = found["strike", "A", "night", "winter"]
    assert [key for key, one in found.items() if one.worst] == [("mine", "A", "day", "winter"),
                                                                ("strike", "A", "night", "winter")]
    assert (worst.share.estimate, worst.grade) == (0.5, "medium")
    assert worst.grade_at_low == "low"
    assert found["mine", "all", "all", "all"].grade == "high"


def test_recapture_over_replications_by_hand() -> None:
    """The ratio is that of sums, the share of intervals that hold counts replications, dependence is Σ mN / Σ n₁n₂."""
    def rows(first: int, second: int, both: int, true: int, low: float,
             high: float) -> tuple[tuple[str, str, str, float, float], ...]:
        values = {"first": first, "second": second, "both": both, "estimate": first * second / both, "low": low, "high": high,
                  "holds": true * float(low <= true <= high)}
        return tuple((f"pair.{name}", "acts", "optical+radar", float(value), float(true)) for name, value in values.items())

    kept = [Outcome("p", 0, "done", rows=rows(20, 30, 10, 100, 50.0, 90.0)),
            Outcome("p", 1, "done", rows=rows(40, 30, 15, 120, 70.0, 130.0))]
    (one,) = recapture_of(kept)
    assert (one.basis, one.means, one.counts) == ("acts", "optical+radar", (30.0, 30.0, 12.5))
    assert (one.estimate, one.low, one.high, one.true) == (70.0, 60.0, 110.0, 110.0)
    assert one.ratio.estimate == pytest.approx(140 / 220)
    assert one.holds.estimate == 0.5
    assert one.dependence.estimate == pytest.approx((10 * 100 + 15 * 120) / (20 * 30 + 40 * 30))
