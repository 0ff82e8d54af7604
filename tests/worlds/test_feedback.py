"""What answers do to conduct: nothing where they may do nothing, thinning by the factor stated, and never before they come."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from small_worlds import HOUR_US, SEED, differing, door_of, ready, rows_that_differ, world

from sim.engine import play, replicate
from sim.engine.chronicle import Chronicle, history_of
from sim.ledger import COLUMNS
from sim.measure.measures import measure
from sim.scenario.errors import ScenarioErrors

F = "response.feedback."
IDLE = ((f"{F}end_share", "0.0"), (f"{F}calm_share", "0.0"), (f"{F}reply_factor", "1.0"))
SURE = (("response.liaison.available_share", "1.0"), ("response.liaison.contact_min", "0.0"),
        ("response.liaison.contact_max_min", "0.0"))
OFTEN = (("conduct.excitation.reply.ratio", "0.5"), ("conduct.excitation.reply.memory_h", "12.0"))


@cache
def told(*more: tuple[str, str], days: int = 3, replication: int = 0) -> Chronicle:
    return play(ready(world("answers-feed-back", days=days, more=more)), seed=SEED, replication=replication)


def test_answers_that_may_do_nothing_leave_every_byte() -> None:
    scenario = world("answers-feed-back", more=IDLE)
    plain = scenario.model_copy(update={"response": scenario.response.model_copy(update={"feedback": None})})
    first, second = (replicate(ready(one), seed=SEED, replication=0) for one in (scenario, plain))
    assert differing(first, second, COLUMNS) == []
    assert first.facts["acts spared"] == 0 and first.facts["answers failed"] == first.facts["answers effective"] > 20


def test_both_paths_write_the_same() -> None:
    prepared = ready(world("answers-feed-back"))
    first, second = (replicate(prepared, seed=SEED, replication=0, path=path) for path in ("array", "event"))
    assert differing(first, second, COLUMNS) == []


def test_nothing_changes_before_the_first_answer_or_contact() -> None:
    acting = history_of(told((f"{F}end_share", "1.0"), (f"{F}calm_share", "0.0"), (f"{F}reply_factor", "1.0")))
    idle = history_of(told(*IDLE))
    orders, sent = idle.tables["orders"], idle.tables["responses"]
    first = min(orders["decided_h"][orders["rung"] == "notice"].min(), sent["on_station_h"].min())
    assert first > 2 and rows_that_differ(acting, idle, first - 1e-6, but=frozenset({"coverage"})) == {}
    assert rows_that_differ(acting, idle, 1e5, but=frozenset({"coverage"})) != {}


def calm_cells(chronicle: Chronicle, hours: float) -> list[tuple[int, int, int]]:
    """Cell, begin and end in µs of each spell of calm that a notice brought, within the run."""
    reach, cells = chronicle.prepared.scenario.response.feedback.reach_km, chronicle.prepared.cells  # type: ignore[union-attr]
    rungs = chronicle.prepared.scenario.response.ladder
    found = []
    for order in chronicle.mission.ladder.orders:
        if rungs[order.rung].action == "notice":
            near = [order.cell] if cells.sea[order.cell] else np.flatnonzero(
                ~cells.sea & (np.abs(cells.km - cells.km[order.cell]) <= reach)).tolist()
            found += [(cell, order.decided_us, order.decided_us + round(hours * HOUR_US)) for cell in near]
    return found


def within(chronicle: Chronicle, spells: list[tuple[int, int, int]]) -> np.ndarray:
    """Rows of the acts that come due in a place while it is calm."""
    acts = chronicle.opened.acts
    inside = np.zeros(len(acts.id), dtype=bool)
    for cell, begin, end in spells:
        inside |= (acts.cell == cell) & (acts.onset_us > begin) & (acts.onset_us < end)
    return np.flatnonzero(inside)


CALM = ((f"{F}actions", '["notice"]'), (f"{F}end_share", "0.0"), (f"{F}calm_share", "1.0"), (f"{F}reach_km", "20.0"),
        (f"{F}reply_factor", "1.0"), ("verification.standard.kinds", "1"), ("verification.attribution.delay_median_h", "0.5"))


def test_no_act_happens_in_a_place_that_is_calmed_altogether() -> None:
    chronicle = told(*CALM, (f"{F}calm_factor", "0.0"))
    rows = within(chronicle, calm_cells(chronicle, 24.0))
    assert len(rows) > 50 and not chronicle.opened.acts.happens[rows].any()
    assert chronicle.opened.acts.happens.any() and chronicle.mission.effects["acts spared"] >= len(rows) * 0.5


def test_calm_thins_acts_by_its_factor_while_it_lasts() -> None:
    """Each act that comes due in a calm place happens with chance 0.4: binomial, offspring of spared acts left aside."""
    chronicle = told(*CALM, (f"{F}calm_factor", "0.4"), (f"{F}calm_h", "12.0"), ("conduct.excitation.flare-up.ratio", "0.0"),
                     ("conduct.excitation.reply.ratio", "0.0"))
    acts, rows = chronicle.opened.acts, within(chronicle, calm_cells(chronicle, 12.0))
    rows = rows[acts.onset_us[rows] < chronicle.prepared.horizon_us]
    share = acts.happens[rows].mean()
    assert len(rows) > 60 and abs(share - 0.4) < 4 * np.sqrt(0.24 / len(rows))
    rest = np.setdiff1d(np.flatnonzero(acts.onset_us < chronicle.prepared.horizon_us), rows)
    assert acts.happens[rest].all()
    effects = chronicle.mission.effects
    assert effects["acts spared"] == (~acts.happens[rows]).sum() and effects["acts due"] == len(rows) + len(rest)


def test_an_answer_ends_what_is_under_way_in_its_reach() -> None:
    chronicle = told(*CALM[:1], (f"{F}end_share", "1.0"), (f"{F}calm_share", "0.0"), (f"{F}reach_km", "30.0"), *CALM[5:])
    acts, door = chronicle.opened.acts, door_of(chronicle)
    shortened = np.flatnonzero(door.until_us[0] < acts.end_us)
    given = {order.decided_us for order in chronicle.mission.ladder.orders}
    assert len(shortened) > 3 and {int(t) for t in door.until_us[0, shortened]} <= given
    # The trace begins when the act ends, and lives as long as it would have.
    assert (door.until_us[1, shortened] - door.until_us[0, shortened] == (acts.trace_us - acts.end_us)[shortened]).all()


def test_answers_end_calm_or_fail_by_their_shares() -> None:
    effects: dict[str, float] = {}
    for replication in range(3):
        chronicle = told((f"{F}end_share", "0.2"), (f"{F}calm_share", "0.3"), replication=replication)
        for name, count in chronicle.mission.effects.items():
            effects[name] = effects.get(name, 0.0) + count
    n = effects["answers effective"]
    for name, share in (("ended", 0.2), ("calmed", 0.3), ("failed", 0.5)):
        assert abs(effects[f"answers {name}"] / n - share) < 4 * np.sqrt(share * (1 - share) / n)
    history = history_of(told((f"{F}end_share", "0.2"), (f"{F}calm_share", "0.3")))
    rows = {(r.measure, r.group): (r.numerator, r.denominator) for r in measure(history, world("answers-feed-back")).rows}
    parts = [rows["answer_effect_share", name] for name in ("ended", "calmed", "failed")]
    assert sum(part for part, _ in parts) == parts[0][1] > 0


def test_contact_before_the_reply_damps_it_by_its_factor() -> None:
    """A hotline that always answers at once: of the replies to acts seen before, 0.6 happen; of all others each one does."""
    spared = contacted = due = 0.0
    for replication in range(3):
        effects = told(*SURE, *OFTEN, (f"{F}end_share", "0.0"), (f"{F}calm_share", "0.0"), (f"{F}reply_factor", "0.6"),
                       replication=replication).mission.effects
        spared, due = spared + effects["acts spared"], due + effects["replies due"]
        contacted += effects["replies contacted"]
    assert contacted > 60 and contacted < due
    assert abs(spared / contacted - 0.4) < 4 * np.sqrt(0.24 / contacted)


def test_a_hotline_that_is_cut_damps_nothing() -> None:
    effects = told(*OFTEN, ("response.liaison.available_share", "0.0"), (f"{F}calm_share", "0.0")).mission.effects
    assert effects["replies due"] > 20 and effects["replies contacted"] == effects["acts spared"] == 0


@pytest.mark.parametrize(("keys", "text"), [
    (((f"{F}end_share", "0.8"),), "shares must sum to 1 at most, they sum to 1.1"),
    ((("conduct.complaints", '[{ id = "by-a", side = "A" }]'),), "is not modelled together with conduct.complaints"),
])
def test_effects_that_contradict(keys: tuple[tuple[str, str], ...], text: str) -> None:
    with pytest.raises(ScenarioErrors, match=text.replace(".", r"\.")):
        world("answers-feed-back", more=keys)
