"""Nothing that happens later is known, used or written earlier.

Thirty days are the first thirty of sixty, and two worlds that part at noon have one and the same morning.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from small_worlds import DAY_US, HOUR_US, SEED, monitored, ready, rows_that_differ, rows_up_to, world

import sim.engine.history as history_room
from sim.engine import Opened, Prepared, open_world, play, replicate
from sim.foundation.streams import mix64
from sim.ledger import History
from sim.monitoring.cueing import Cueing, Flying
from sim.monitoring.design import watch_of
from sim.records import Acts

PATIENT = (("verification.standard.close_after_h", "24.0"), ("verification.verdicts.ghosts", "24"),
           ("agreement.breach.points", "1.0"))


@cache
def plain() -> Prepared:
    return ready(world())


@cache
def told() -> History:
    return replicate(plain(), seed=SEED, replication=0)


@pytest.mark.parametrize(("name", "short", "long"), [("technical-means", 3, 6), ("mixed", 2, 4)])
def test_a_short_run_is_the_beginning_of_a_long_one(name: str, short: int, long: int) -> None:
    """All rows settled before the shorter run's last counted day are equal, verdicts given by then included.

    An open case may order a scene as far ahead as it stays open, so the clock must run on for that long.
    """
    first, second = (replicate(ready(world(name, days=days, more=PATIENT)),
                               seed=SEED, replication=0) for days in (short, long))
    assert rows_that_differ(first, second, 24.0 * short) == {}
    for table in ("violations", "observations", "looks", "cases", "findings", "verdicts", "orders", "assets", "coverage"):
        assert len(rows_up_to(table, first.tables[table], 24.0 * short)) > 5, table
    assert len(second.tables["violations"]["violation"]) > 1.5 * len(first.tables["violations"]["violation"])


def other_after(acts: Acts, at_us: int) -> Acts:
    """The acts, but from an instant on: other places, kinds and sides, some called off, and acts under way end otherwise."""
    later, luck = acts.onset_us > at_us, mix64(acts.id, 17)
    under_way = (acts.onset_us <= at_us) & (acts.end_us > at_us)
    lasting = (acts.end_us <= at_us) & (acts.trace_us > at_us)
    end = np.where(under_way, at_us + 1 + (acts.end_us - at_us) // 3, acts.end_us)
    trace = np.where(lasting, at_us + 1 + (acts.trace_us - at_us) // 3, np.maximum(acts.trace_us, end))
    changed = acts._replace(id=np.where(later, luck, acts.id), kind=np.where(later, acts.kind[::-1], acts.kind),
                            side=np.where(later, 1 - acts.side, acts.side),
                            depth_km=np.where(later, -acts.depth_km, acts.depth_km), end_us=end, trace_us=trace)
    keep = ~later | (luck % np.uint64(3) > 0)
    return Acts._make(column[keep] for column in changed)


@pytest.mark.parametrize("hour", [20.0, 31.0, 50.0])
def test_what_parties_do_later_is_not_known_earlier(hour: float, monkeypatch: pytest.MonkeyPatch) -> None:
    before = told()

    def parted(prepared: Prepared, *, seed: int, replication: int) -> Opened:
        opened = open_world(prepared, seed=seed, replication=replication)
        return opened._replace(acts=other_after(opened.acts, round(hour * HOUR_US)))

    monkeypatch.setattr(history_room, "open_world", parted)
    other = replicate(plain(), seed=SEED, replication=0)
    assert rows_that_differ(before, other, hour, but=frozenset({"verdicts"})) == {}
    assert {"observations", "cases", "findings"} <= set(rows_that_differ(before, other, 90.0))


def test_verdicts_use_nothing_that_is_found_after_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls and power of a verdict stand, whatever is done after the day on which it is given."""
    before = told()

    def parted(prepared: Prepared, *, seed: int, replication: int) -> Opened:
        opened = open_world(prepared, seed=seed, replication=replication)
        return opened._replace(acts=other_after(opened.acts, 2 * DAY_US))

    monkeypatch.setattr(history_room, "open_world", parted)
    other = replicate(plain(), seed=SEED, replication=0)
    rows = rows_up_to("verdicts", before.tables["verdicts"], 48.0)
    assert rows == rows_up_to("verdicts", other.tables["verdicts"], 48.0)
    assert len(rows) == 2 * len(plain().cells.sectors)


def test_delay_of_findings_is_taken_from_those_known_at_the_verdict() -> None:
    """Power allows for the mission's own delay: the median of what had been found when the verdict is given."""
    given_us = (np.arange(2) + 1) * DAY_US
    short, long = (play(ready(world(days=days, more=PATIENT[:1])), seed=SEED, replication=0) for days in (2, 5))
    lags = [history_room._lags_us(one.mission, world(), given_us) for one in (short, long)]
    assert len(long.mission.findings) > 1.5 * len(short.mission.findings)
    assert lags[0].tolist() == lags[1].tolist()
    assert lags[0][0] != lags[0][1]


@pytest.mark.parametrize("hour", [15.0, 26.0, 45.0])
def test_weather_to_come_is_not_known(hour: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another sky from an instant on: no flight, order, cue or report before it differs."""
    before, at_us = told(), round(hour * HOUR_US)

    def parted(prepared: Prepared, *, seed: int, replication: int) -> Opened:
        opened = open_world(prepared, seed=seed, replication=replication)
        mine = opened.sky
        local = mine.local_us % mine.span_us > at_us
        fresh = {name: np.where(times > at_us, 1 - mine.spell[name], mine.spell[name]) for name, times in mine.spell_us.items()}
        mixed = mine._replace(front=np.where((mine.front_us > at_us)[:, None], -mine.front, mine.front), spell=fresh,
                              local=np.where(local, -mine.local, mine.local), fate=np.where(local, 1 - mine.fate, mine.fate))
        watch = watch_of(prepared.scenario.monitoring, prepared.layout, prepared.cells, mixed, prepared.light, opened.streams,
                         horizon_us=prepared.horizon_us)
        return opened._replace(sky=mixed, watch=watch)

    monkeypatch.setattr(history_room, "open_world", parted)
    other = replicate(plain(), seed=SEED, replication=0)
    assert rows_that_differ(before, other, hour, but=frozenset({"coverage"})) == {}
    assert {"looks", "assets"} <= set(rows_that_differ(before, other, 90.0))


def doomed(flying: Flying, at_us: int) -> Flying:
    """The unit with another fate for its flights from an instant on: jammed first, then gone a little later."""
    return flying._replace(sorties=[
        s._replace(off_us=max(at_us + 40 * 60_000_000, s.on_us), jam_from_us=at_us + 1, jam_to_us=at_us + 20 * 60_000_000)
        if s.off_us > at_us and not s.jam_from_us <= at_us < s.jam_to_us else s for s in flying.sorties])


@pytest.mark.parametrize("share", [0.1, 0.4, 0.7])
def test_jamming_and_failures_to_come_are_not_known(share: float) -> None:
    """At one instant of each flight, every cell is offered the same look, whatever will befall the flight after it."""
    prepared = plain()
    flying = open_world(prepared, seed=SEED, replication=0).watch.flying
    physics = prepared.library.physics[prepared.layout.sensing.means]
    offers, later = 0, 0
    for one in flying:
        for sortie in one.sorties:
            now = round(sortie.on_us + share * (sortie.off_us - sortie.on_us))
            mine, other = (Cueing([unit], [], prepared.cells, prepared.light, physics, dwell_us=HOUR_US // 2)
                           for unit in (one, doomed(one, now)))
            for cell in one.patrol.cell.tolist():
                first, second = (cueing.drone(1, 1, cell, frozenset(), now) for cueing in (mine, other))
                assert repr(first) == repr(second)
                offers += first is not None
                later += first is not None and first.cue.start_us > now
    assert offers > 100
    assert later > 50


def test_a_flight_that_is_jammed_or_gone_by_then_makes_no_look() -> None:
    """What was not known when the look was ordered decides whether it is made."""
    cut = {u.id: u.model_copy(update={"interference_share": 1.0, "watch_lost_share": 0.5, "loss_share": 0.3})
           for u in world().monitoring.drones}
    history = replicate(ready(monitored(world(), drones=tuple(cut.values()))), seed=SEED, replication=0)
    looks = history.tables["looks"]
    mine = np.isin(looks["unit"], sorted(cut)) & (looks["tasked"] == 1)
    assert (looks["lost"][mine] == "jammed").sum() > 0
    assert not looks["reported"][mine & (looks["lost"] != "")].any()


def test_relief_does_not_know_of_a_failure_before_it_happens() -> None:
    """A flight that replaces one that broke down, was lost or had to leave takes off no earlier than that."""
    prepared = ready(monitored(world(days=6), drones=tuple(
        u.model_copy(update={"failure_mean_h": 8.0, "wind_limited": False, "icing_limited": False, "airframes": 12})
        for u in world().monitoring.drones)))
    flights = 0
    for flying in open_world(prepared, seed=SEED, replication=0).watch.flying:
        after = {(s.slot, s.number): s for s in flying.sorties}
        for sortie in flying.sorties:
            following = after.get((sortie.slot, sortie.number + 1))
            if sortie.lost in ("failure", "loss", "consent") and following is not None:
                flights += 1
                assert following.start_us >= sortie.off_us, (flying.unit.id, sortie, following)
    assert flights > 20
