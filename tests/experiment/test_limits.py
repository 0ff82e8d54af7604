"""What can never end, or would be too much, is refused before anything is run; a cap inside the run ends it and is told."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from small_world import command

TABLES = ("violations", "observations", "looks", "cases", "findings", "verdicts", "orders", "responses", "assets", "coverage")
REPLY = 'conduct.excitation=[{{id="reply",side="cross",ratio={ratio},memory_h=3.0}}]'

REFUSED = [
    ((REPLY.format(ratio=1.0),), ("conduct.excitation", "spectral radius", "< 1, it is 1:", "reply.ratio 1")),
    ((REPLY.format(ratio=1.2),), ("conduct.excitation", "spectral radius", "it is 1.2", "reply.ratio 1.2")),
    (("conduct.kinds.advance.duration_median_h=0",), ("conduct.kinds.advance.duration_median_h = 0", "must be > 0")),
    (("conduct.chain={mean_stay_d={tense=0},next_share={tense={}}}",), ("conduct.chain.mean_stay_d.tense = 0", ">= 0.04")),
    (('conduct.path=[{id="a",from_h=3,regime="tense"},{id="b",from_h=3,regime="tense"}]',),
     ("conduct.path.b.from_h = 3", "must be > 3")),
    (("conduct.kinds.small-arms.incidents_per_day=1e5", "days=60"),
     ("conduct.max_candidates", "6.3e+06", "5000000", "conduct.kinds.small-arms.incidents_per_day = 100000", "days = 60")),
    (("conduct.max_candidates=5000001",), ("conduct.max_candidates = 5000001", "5000000")),
    (("conduct.max_candidates=20",), ("conduct.max_candidates", "cap is 20", "small-arms.incidents_per_day = 30", "days = 1")),
]  # fmt: skip


@pytest.mark.parametrize("verb", ["run", "truth"])
@pytest.mark.parametrize(("sets", "words"), REFUSED, ids=[rows[0][0][:44] for rows in REFUSED])
def test_refused_before_the_run(small: Path, verb: str, sets: tuple[str, ...], words: tuple[str, ...]) -> None:
    options = [part for one in sets for part in ("--set", one)]
    found = command(small.parent, verb, "small.toml", "--out", "out", *options, real=True)
    assert found.code == 3, (found.out, found.err)
    for word in words:
        assert word in found.err
    assert not (small.parent / "out").exists()


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_cap_inside_the_run_ends_it_and_every_table_says_so(small: Path) -> None:
    """Eight replications of 40 acts to be expected, capped at 40: some end, and exactly these are named in every table."""
    sets = [part for one in ("conduct.max_acts=40", "follow_up_h=0") for part in ("--set", one)]
    found = command(small.parent, "run", "small.toml", "--out", "out", "--replications", "8", *sets, real=True)
    folder = small.parent / "out"
    assert found.code == 4
    ended = {row["replication"]: row["reason"] for row in rows(folder / "replications.csv") if row["outcome"] == "capped"}
    assert 0 < len(ended) < 8 and f"{len(ended)} capped, left out of every number" in found.out
    assert all(reason.startswith("conduct.max_acts = 40: reached after ") for reason in ended.values())
    for name in TABLES:
        table = rows(folder / f"{name}.csv")
        said = {row["replication"]: row["status"] for row in table if row["status"] != "SIMULATED"}
        assert said == {number: f"SIMULATED, CAPPED: {reason}" for number, reason in ended.items()}, name
        assert not {row["replication"] for row in table if row["status"] == "SIMULATED"} & set(ended)
    summary = {row["status"] for row in rows(folder / "summary.csv")}
    assert summary == {f"SIMULATED, CAPPED: {len(ended)} of 8 replications, left out of every number"}
    assert "capped" in (folder / "report.html").read_text(encoding="utf-8")
    assert command(small.parent, "run", "small.toml", "--out", "out", "--replications", "8", *sets, real=True).code == 4
    more = command(small.parent, "run", "small.toml", "--out", "out", "--replications", "9", *sets, real=True)
    assert more.code == 4
    kept = {row["replication"] for row in rows(folder / "findings.csv") if row["status"] != "SIMULATED"}
    assert set(ended) <= kept
    more_staff = [*sets, "--set", "verification.staff.analysts=9"]
    command(small.parent, "run", "small.toml", "--out", "other", "--replications", "9", *more_staff, real=True)
    assert command(small.parent, "compare", "out", "other", "--out", "pair", "--quiet", real=True).code == 0
    lost = 2 * sum(row["status"] != "SIMULATED" for row in rows(folder / "findings.csv"))
    assert {row["status"] for row in rows(small.parent / "pair" / "compare.csv")} == {
        f"SIMULATED, CAPPED: {lost} replications capped or given up, left out"}


def test_a_cap_in_the_world_alone(small: Path) -> None:
    found = command(small.parent, "truth", "small.toml", "--out", "t", "--set", "conduct.max_acts=30", real=True)
    assert found.code == 4 and "CAPPED: world 0: conduct.max_acts = 30 reached after" in found.out
    for path in (small.parent / "t").glob("*.csv"):
        assert all(row["status"].startswith("SIMULATED, CAPPED: 4 of 4 worlds") for row in rows(path)), path.name


def test_a_run_without_a_cap_says_simulated_alone(small: Path) -> None:
    assert command(small.parent, "run", "small.toml", "--out", "out", "--quiet", real=True).code == 0
    for path in (small.parent / "out").glob("*.csv"):
        assert {row["status"] for row in rows(path)} <= {"SIMULATED"}, path.name
