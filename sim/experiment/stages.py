"""The stages of the engine as a proof asks them: what one replication leaves behind of acts, sights, the desk and decisions.

A mediator can be sure that every number of a proof passed through the machine that judges a ceasefire.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.engine import Opened, Prepared, open_world, play, true_door
from sim.foundation.scan import NEVER
from sim.foundation.streams import F64, I64
from sim.monitoring.looks import MADE

_HOUR_US = 3.6e9
_DAY_US = 86_400_000_000


class Sample(NamedTuple):
    """What one replication left: items with the unit that each belongs to, their columns in hours, and the window."""

    items: dict[str, F64]
    unit: I64
    units: int
    window_h: tuple[float, float]
    servers: int


def counted(prepared: Prepared, opened: Opened) -> I64:
    """Rows of the acts that happen in the counted days."""
    acts, scenario = opened.acts, prepared.scenario
    inside = (acts.onset_us >= scenario.warm_up_h * _HOUR_US) & (acts.onset_us < scenario.days * _DAY_US)
    return np.flatnonzero(acts.happens & inside)


def _unit(prepared: Prepared, cell: I64, unit: str) -> tuple[I64, int]:
    """Independent unit of each item: itself, its cell, or the replication."""
    if unit == "violation":
        return np.arange(len(cell)), len(cell)
    return (cell, len(prepared.cells.km)) if unit == "cell" else (np.zeros(len(cell), dtype=np.int64), 1)


def _window(prepared: Prepared) -> tuple[float, float]:
    return prepared.scenario.warm_up_h, prepared.scenario.days * 24


def truth(prepared: Prepared, *, seed: int, replication: int, unit: str, only: str | None) -> Sample:
    """Acts as they were: each is under way from its onset to its end."""
    acts = open_world(prepared, seed=seed, replication=replication).acts
    rows = np.flatnonzero(acts.happens)
    which, units = _unit(prepared, acts.cell[rows], unit)
    columns = {"from_h": acts.onset_us[rows] / _HOUR_US, "to_h": acts.end_us[rows] / _HOUR_US}
    return Sample(columns, which, units, _window(prepared), 0)


def door(prepared: Prepared, *, seed: int, replication: int, unit: str, only: str | None) -> Sample:
    """Acts of the counted days with the time to their first sight; never is NaN."""
    opened = open_world(prepared, seed=seed, replication=replication)
    rows = counted(prepared, opened)
    if only is not None:
        rows = rows[prepared.cells.sector[opened.acts.cell[rows]] == prepared.cells.sectors.index(only)]
    through = true_door(prepared, opened)
    through.sights.search(rows, 0)
    physics = through.sights.time[rows].argmin(axis=1)
    first, look = through.sights.time[rows, physics], through.sights.row[rows, physics]
    onset = opened.acts.onset_us[rows]
    delay = np.where(first < NEVER, (first - onset) / _HOUR_US, np.nan)
    by = np.where(look >= 0, opened.watch.looks.sensor[np.maximum(look, 0)] if len(opened.watch.looks.sensor) else -1, -1)
    which, units = _unit(prepared, opened.acts.cell[rows], unit)
    columns = {"delay_h": delay, "by": by.astype(np.float64), "lasted_h": (opened.acts.end_us[rows] - onset) / _HOUR_US}
    return Sample(columns, which, units, _window(prepared), 0)


def shown(prepared: Prepared, *, seed: int, replication: int, unit: str, only: str | None) -> Sample:
    """All that the door shows, violations and what merely resembles one: its sector, and whether each of two physics classes,
    optical and thermal, ever sees it."""
    opened = open_world(prepared, seed=seed, replication=replication)
    through = true_door(prepared, opened)
    acts = through.acts
    through.sights.search(np.arange(len(acts.id)), 0)
    low, high = _window(prepared)
    rows = np.flatnonzero(acts.happens & (acts.onset_us >= low * _HOUR_US) & (acts.onset_us < high * _HOUR_US))
    columns = {"sector": prepared.cells.sector[acts.cell[rows]], "true": rows < len(opened.acts.id),
               **{name: through.sights.time[rows, number] < NEVER for number, name in enumerate(("first", "second"))}}
    return Sample({name: column.astype(np.float64) for name, column in columns.items()}, np.arange(len(rows)), len(rows),
                  (low, high), 0)


def successes(prepared: Prepared, *, seed: int, replication: int, unit: str, only: str | None) -> Sample:
    """Acts of the counted days with the number of looks that met them up to each success, of all looks."""
    opened = open_world(prepared, seed=seed, replication=replication)
    rows, acts = counted(prepared, opened), opened.acts
    through = true_door(prepared, opened)
    act, _, time = through.all_successes()
    # Looks lie sorted by cell and start: one search serves all cells.
    looks, span = opened.watch.looks, prepared.horizon_us + 1
    order = looks.cell * span + np.minimum(looks.start_us, span - 1)
    before = np.searchsorted(order, acts.cell * span + np.minimum(acts.onset_us, span - 1))
    number = np.searchsorted(order, acts.cell[act] * span + time, side="right") - before[act]
    start = np.searchsorted(act, rows)
    found = np.searchsorted(act, rows, side="right") - start
    which, units = _unit(prepared, acts.cell[rows], unit)
    most = int(found.max(initial=0))
    columns = {
        f"look_{m + 1}": np.where(found > m, number[np.minimum(start + m, max(len(number) - 1, 0))], np.nan)
        if len(number)
        else np.full(len(rows), np.nan)
        for m in range(min(most, 64))
    }
    return Sample(columns | {"successes": found.astype(np.float64)}, which, units, _window(prepared), 0)


def mission(prepared: Prepared, *, seed: int, replication: int, unit: str, only: str | None) -> Sample:
    """Reports that came to the desk in the counted days, and what became of them; never is NaN."""
    chronicle = play(prepared, seed=seed, replication=replication)
    book, orders = chronicle.mission.book, {order.case: order for order in chronicle.mission.ladder.orders}
    found = {finding.case: finding.found_us for finding in chronicle.mission.findings}
    never = (np.nan, np.nan)
    rows = []
    for case in book.cases.values():
        order = orders.get(case.key)
        decision = np.nan if order is None else order.decided_us - order.triggered_us
        for seen in case.reports:
            waited, done = book.served.get(seen.id, never)
            reason, gone = book.lost.get(seen.id, ("", np.nan))
            rows.append((seen.reported_us, waited, done, gone, reason == "refused", found.get(case.key, np.nan), decision,
                         case.kind))
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 8)
    names = ("from_h", "wait_h", "done_h", "gone_h", "refused", "found_h", "decision_h", "kind")
    columns = {name: table[:, i] / (1.0 if name in ("refused", "kind") else _HOUR_US) for i, name in enumerate(names)}
    return Sample(
        columns,
        np.zeros(len(rows), dtype=np.int64) if unit == "replication" else np.arange(len(rows)),
        1 if unit == "replication" else len(rows),
        _window(prepared),
        prepared.scenario.verification.staff.analysts,
    )


def flights(prepared: Prepared, *, seed: int, replication: int, unit: str, only: str | None) -> Sample:
    """Watches that drones kept, and how long the airframe of each was taken up, turnaround included."""
    flying = open_world(prepared, seed=seed, replication=replication).watch.flying
    flown = [(sortie, own.unit) for own in flying for sortie in own.sorties if sortie.airframe >= 0]
    rows = [(s.on_us, s.off_us, s.start_us, s.end_us + drones.turnaround_h * _HOUR_US) for s, drones in flown]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 4) / _HOUR_US
    columns = {name: table[:, i] for i, name in enumerate(("from_h", "to_h", "taken_h", "free_h"))}
    return Sample(columns, np.zeros(len(rows), dtype=np.int64), 1, _window(prepared), sum(own.unit.orbits for own in flying))


def regimes(prepared: Prepared, *, seed: int, replication: int, unit: str, only: str | None) -> Sample:
    """Spells of the regime named by `only` (all, if none), each from its begin to its end."""
    spells = open_world(prepared, seed=seed, replication=replication).spells
    begin = spells.from_us / _HOUR_US
    end = np.append(begin[1:], prepared.horizon_us / _HOUR_US)
    names = [regime.id for regime in prepared.scenario.conduct.regimes]
    mine = np.flatnonzero(spells.regime == names.index(only)) if only is not None else np.arange(len(begin))
    begin = np.maximum(begin, 0.0)
    return Sample({"from_h": begin[mine], "to_h": end[mine]}, np.zeros(len(mine), dtype=np.int64), 1, _window(prepared), 0)


def gaps(prepared: Prepared, *, seed: int, replication: int, unit: str, only: str | None) -> Sample:
    """Looks that were made at each cell in the window; each lasts until the next one at the same cell."""
    looks = open_world(prepared, seed=seed, replication=replication).watch.looks
    low, high = _window(prepared)
    sector = prepared.cells.sector
    here = np.arange(len(sector)) if only is None else np.flatnonzero(sector == prepared.cells.sectors.index(only))
    made = np.flatnonzero((looks.lost == MADE) & np.isin(looks.cell, here))
    cell, begin = looks.cell[made], looks.start_us[made] / _HOUR_US
    follows = np.append(cell[1:] == cell[:-1], False) if len(made) else np.zeros(0, dtype=bool)
    until = np.where(follows, np.append(begin[1:], 0.0), np.nan)
    mine = np.flatnonzero((begin >= low) & (begin < high))
    cell, begin, until = cell[mine], begin[mine], until[mine]
    return Sample({"from_h": begin, "to_h": until}, np.searchsorted(here, cell), len(here), (low, high), 0)


def ladder(prepared: Prepared, *, seed: int, replication: int, unit: str, only: str | None) -> Sample:
    """Cases that climbed the ladder in the counted days: answers given, and the end that each came to (-1: none yet)."""
    climbs = play(prepared, seed=seed, replication=replication).mission.ladder.climbs
    ends = list(dict.fromkeys(end for rung in prepared.scenario.response.ladder for end in rung.end_share))
    rows = [(climb.begun_us / _HOUR_US, len(climb.rungs), -1 if climb.end is None else ends.index(climb.end),
             np.nan if climb.end is None else (climb.ended_us - climb.begun_us) / _HOUR_US) for climb in climbs.values()]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 4)
    columns = {name: table[:, i] for i, name in enumerate(("from_h", "answers", "end", "took_h"))}
    return Sample(columns, np.arange(len(rows)), len(rows), _window(prepared), 0)


def stations(prepared: Prepared, *, seed: int, replication: int, unit: str, only: str | None) -> Sample:
    """Visits of cases to the desks of the mission, 1 that of the analysts, 2 and on the reviews; 0 is the whole way, from the
    report to the finding."""
    book = play(prepared, seed=seed, replication=replication).mission.book
    waited = dict.fromkeys(book.cases, 0)
    rows = []
    for case in book.cases.values():
        for seen in case.reports:
            wait, done = book.served.get(seen.id, (np.nan, np.nan))
            rows.append((seen.reported_us, wait, done, 1))
            waited[case.key] += 0 if wait != wait else int(wait)
    for visit in () if book.reviews is None else book.reviews.visits:
        rows.append((visit.came_us, visit.waited_us, visit.left_us, visit.desk + 2))
        waited[visit.case] += visit.waited_us
    rows += [(case.opened_us, waited[key], case.closed_us, 0) for key, case in book.cases.items() if case.outcome == "finding"]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 4)
    columns = {name: table[:, i] / (1.0 if name == "station" else _HOUR_US)
               for i, name in enumerate(("from_h", "wait_h", "done_h", "station"))}
    return Sample(columns, np.zeros(len(rows), dtype=np.int64), 1, _window(prepared), 0)
def force(prepared: Prepared, *, seed: int, replication: int, unit: str, only: str | None) -> Sample:
    """Orders that were decided, with the unit that went (-1: none was free), its turn for the kind of act, and from when to when
    it was out."""
    ladder = play(prepared, seed=seed, replication=replication).mission.ladder
    units, kinds = prepared.scenario.response.units, prepared.scenario.agreement.kinds
    sent = {answer.order: answer for answer in ladder.answers}
    rows = []
    for order in ladder.orders:
        answer = sent.get(order.id)
        gone = (np.nan, np.nan) if answer is None else (answer.moved_us / _HOUR_US, answer.left_us / _HOUR_US)
        number = -1 if answer is None else answer.unit
        turn = -1 if number < 0 else units[number].turns.get(kinds[order.kind].id, 0)
        rows.append((order.decided_us / _HOUR_US, *gone, number, turn))
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 5)
    columns = {name: table[:, i] for i, name in enumerate(("from_h", "moved_h", "left_h", "by", "turn"))}
    return Sample(columns, np.zeros(len(rows), dtype=np.int64), 1, _window(prepared), len(units))


def checks(prepared: Prepared, *, seed: int, replication: int, unit: str, only: str | None) -> Sample:
    """Acts (what = 0) and cases (what = 1): whether an act is behind a case, and whether a finding came of it."""
    chronicle = play(prepared, seed=seed, replication=replication)
    acts, cause = chronicle.opened.acts, chronicle.cause
    found = {one.case for one in chronicle.mission.findings}
    behind = {key: cause.get(key, -1) for key in chronicle.mission.book.cases}
    known = {behind[key] for key in found}
    happened = np.flatnonzero(acts.happens)
    rows = [(acts.onset_us.item(act), 0, 1, act in known) for act in happened.tolist()]
    rows += [(case.reports[0].seen_us, 1, behind[key] >= 0, key in found) for key, case in chronicle.mission.book.cases.items()]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 4)
    columns = {name: table[:, i] / (_HOUR_US if name == "from_h" else 1.0)
               for i, name in enumerate(("from_h", "what", "true", "found"))}
    return Sample(columns, np.zeros(len(rows), dtype=np.int64), 1, _window(prepared), 0)


STAGES: dict[str, Callable[..., Sample]] = {"truth": truth, "door": door, "successes": successes, "shown": shown,
                                            "mission": mission, "flights": flights, "regimes": regimes, "gaps": gaps,
                                            "ladder": ladder, "stations": stations, "force": force, "checks": checks}
