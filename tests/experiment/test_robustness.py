"""Which inputs turn a comparison around: found where there is one, not found where chance alone is at work, told in words."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from small_world import SMALL, Command

from sim.measure.flips import LEAST, leaves

NOISE = '"conduct.kinds.small-arms.incidents_per_day" = { source = "assumed", grade = "D", low = 10.0, high = 60.0 }\n'
STAFF = '"verification.staff.analysts" = { source = "assumed", grade = "C", low = 2.0, high = 9.0 }\n'


def test_the_input_that_turns_it_around_is_found_among_a_hundred() -> None:
    rng = np.random.default_rng(1)
    x = rng.random((64, 100))
    flipped = (x[:, 37] > 0.7) & (rng.random(64) < 0.9)
    found = leaves(x, flipped, rng=rng)
    assert found[0].cuts[0].column == 37 and found[0].cuts[0].above and 0.6 < found[0].cuts[0].place < 0.8
    assert found[0].p < 0.01 and found[0].flipped / found[0].worlds > 0.8
    assert sum(leaf.worlds for leaf in found) == 64 and sum(leaf.flipped for leaf in found) == flipped.sum()


def test_two_inputs_together_are_found() -> None:
    rng = np.random.default_rng(2)
    x = rng.random((400, 10))
    found = leaves(x, (x[:, 3] > 0.5) & (x[:, 8] < 0.5), rng=rng)
    assert {cut.column for cut in found[0].cuts} == {3, 8} and found[0].flipped == found[0].worlds


def test_chance_alone_splits_in_one_of_twenty() -> None:
    """Hundred sets of worlds that are turned around at random: at most 5 % + 4 standard errors are split."""
    split = 0
    for n in range(100):
        rng = np.random.default_rng(1000 + n)
        split += len(leaves(rng.random((40, 20)), rng.random(40) < 0.3, rng=rng)) > 1
    assert split <= 5 + 4 * np.sqrt(100 * 0.05 * 0.95)


def test_too_few_worlds_are_not_split() -> None:
    rng = np.random.default_rng(3)
    x = rng.random((2 * LEAST - 1, 2))
    assert len(leaves(x, x[:, 0] > 0.5, rng=rng)) == 1


def test_a_comparison_says_where_it_turns_around(ceasefire: Command, small: Path) -> None:
    """Five analysts against six that may be two to nine: it turns around in the lower part of their range."""
    text = SMALL.replace("analysts = 6", "analysts = 5")
    small.write_text(text.replace('name = "small"', 'name = "five"') + "[sources]\n" + NOISE, encoding="utf-8")
    other = SMALL.replace('name = "small"', 'name = "six"') + "[sources]\n" + NOISE + STAFF
    (small.parent / "six.toml").write_text(other, encoding="utf-8")
    args = ("compare", "small.toml", "six.toml", "--inputs", "32", "--replications", "10", "--out", "c")
    answer = ceasefire(*args, "--json")
    assert answer.code == 0, answer.err
    found = {one["measure"]: one for one in json.loads(answer.out)["robustness"]}["detected_share"]
    assert found["worlds"] == 32 and 12 <= found["same_sign"] <= 22
    where = found["leaves"][0]["where"][0]
    assert where["input"] == "verification.staff.analysts" and where["side"] == "below" and 0.35 < where["place"] < 0.5
    assert "It turns around mostly where verification.staff.analysts lies in the lower" in found["told"]
    with open(small.parent / "c" / "robustness.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["measure"] == "detected_share"]
    assert sum(int(row["in_worlds"]) for row in rows) == 32 and float(rows[0]["p"]) < 0.05
    assert "verification.staff.analysts lies in the lower" in ceasefire(*args).out.replace("\n", " ")


def test_without_worlds_nothing_is_said(ceasefire: Command, small: Path) -> None:
    (small.parent / "six.toml").write_text(SMALL.replace('name = "small"', 'name = "six"'), encoding="utf-8")
    assert "robustness" not in json.loads(ceasefire("compare", "small.toml", "six.toml", "--json").out)
