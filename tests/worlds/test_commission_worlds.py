"""The joint commission over whole worlds: it moves the agreed ledger, and nothing that the mission holds itself."""

from __future__ import annotations

from functools import cache

import numpy as np
from small_worlds import SEED, ready, same_columns, world

from sim.engine import replicate
from sim.ledger import COLUMNS, History
from sim.measure.measures import measure
from sim.scenario.commission import Commission
from sim.scenario.scenario import Scenario

DAILY = Commission(every_h=24.0, cases_per_sitting=40)
EASY = Commission(every_h=6.0, cases_per_sitting=100_000, attend_share=1.0, contest_share=(0.0,) * 4, not_shown_extra_share=0.0)


def with_commission(how: Commission | None) -> Scenario:
    plain = world()
    return plain.model_copy(update={"verification": plain.verification.model_copy(update={"commission": how})})


@cache
def history(how: Commission | None) -> History:
    return replicate(ready(with_commission(how)), seed=SEED, replication=0)


def test_the_chairs_findings_stay_apart() -> None:
    """Every table is the same bit for bit with and without, but for the two columns of the commission."""
    plain, daily = history(None), history(DAILY)
    for table in COLUMNS:
        odd = same_columns(plain.tables[table], daily.tables[table])
        assert odd == (["agreed_h", "commission"] if table == "findings" else []), table
    assert set(plain.tables["findings"]["commission"].tolist()) == {""}
    assert {"agreed", "contested", ""} <= set(daily.tables["findings"]["commission"].tolist())


def test_only_findings_that_name_a_side_and_carry_points_are_heard() -> None:
    found = history(DAILY).tables["findings"]
    assert ((found["commission"] != "") == ((found["side"] != "") & (found["points"] > 0))).all()
    agreed = found["commission"] == "agreed"
    assert (found["agreed_h"][agreed] >= found["found_h"][agreed]).all()
    assert np.isnan(found["agreed_h"][~agreed]).all()


def test_agreed_share() -> None:
    """Null with its reason without a commission; at most the share attributed; nearly that where nobody contests."""
    shares = {}
    for name, how in (("none", None), ("daily", DAILY), ("easy", EASY)):
        rows = {r.measure: r.numerator for r in measure(history(how), with_commission(how)).rows if r.by == "all"}
        shares[name] = rows.get("agreed_share"), rows["attributed_share"]
    assert shares["none"][0] is None
    daily, easy = shares["daily"][0], shares["easy"][0]
    assert daily is not None and easy is not None
    assert 0 < daily < easy <= shares["easy"][1]
    assert easy > 0.9 * shares["easy"][1]
