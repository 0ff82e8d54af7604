"""The worth of contributions: what breaks without each of them, and its fair share of what all achieve together.

A mediator reads for every measure asked for how much each contribution brings, with intervals over replications.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.experiment.drills import Drill
from sim.experiment.machinery import Machinery
from sim.experiment.summary import FEWEST, WORST_BY, pool, pooled_quantiles
from sim.foundation.streams import F64
from sim.measure.coalitions import left_out, orders_of, shapley
from sim.measure.posture import POSTURE, posture_rows
from sim.scenario.participation import contributing, without
from sim.scenario.scenario import Scenario

Rows = list[tuple[str, str, str, float, float]]
_WORLDS = 9
"""Most worlds of one replication kept at hand."""


class Asked(NamedTuple):
    """What a study of contributions is about."""

    measures: tuple[str, ...]
    pairs: int
    """Antithetic pairs of orders of arrival, in each replication."""
    replay: bool
    """Contributions that bring no sensor are valued by answering the findings of a run anew."""
    drills: tuple[Drill, ...] = ()


class Played(NamedTuple):
    """What one replication of a study leaves behind, in the places of a history."""

    replication: int
    rows: Rows
    facts: Mapping[str, float]
    events: int
    capped: str
    tables: Mapping[str, Any] = {}


class Engine(NamedTuple):
    """The stages of the engine that a study calls."""

    prepare: Callable[[Scenario], Any]
    replicate: Callable[..., Any]
    recorded: Callable[..., Any]
    answered_anew: Callable[..., Any]
    measure: Callable[..., Any]


class Ready(NamedTuple):
    """A scenario with all that was prepared for its worlds so far, by the contributions whose sensors are away."""

    scenario: Scenario
    engine: Engine
    worlds: dict[frozenset[str], Any]
    drilled: dict[str, Any]


def feeds_back(scenario: Scenario, *, seed: int, data_dirs: tuple[Path, ...] = (), cache_dir: Path | None = None) -> str:
    """Why answers change what is found in this scenario; empty where none does.

    Beside what the scenario declares, replication 0 is run with everyone and with nobody that sends units alone: where the
    ladder is not asked the very same, something feeds back.
    """
    from sim.engine import prepare as prepared
    from sim.engine.replaying import feedback, recorded, same_questions

    declared = feedback(scenario)
    if declared:
        return declared
    bringing = {one.id for one in scenario.response.contributions if one.brings}
    silent = without(scenario, [name for name in players_of(scenario) if name not in bringing])
    runs = [recorded(prepared(one, data_dirs=data_dirs, cache_dir=cache_dir), seed=seed, replication=0)
            for one in (scenario, silent)]
    return "" if same_questions(*runs) else "without any unit the ladder is asked otherwise in replication 0"


# ---- what is played --------------------------------------------------------------------------------------


def players_of(scenario: Scenario) -> tuple[str, ...]:
    """Contributions that are there and bring a unit or a sensor; all others are worth nothing, whatever the measure."""
    sending = {unit.contribution for unit in scenario.response.units}
    bringing = {one.id for one in scenario.response.contributions if one.brings}
    return tuple(name for name in contributing(scenario) if name in sending or name in bringing)


def machinery_of(asked: Asked) -> Machinery:
    """The machinery that plays one replication of a study with all its coalitions, for the journal and its workers."""
    from sim.experiment.machinery import columns

    return Machinery(prepare, partial(_play, asked), _measured, _digest, measures_known, columns)


def measures_known() -> dict[str, Any]:
    """Measures that a study can value by: all of the catalogue, and posture in time."""
    from sim.experiment.machinery import catalogue

    return {**catalogue(), **POSTURE}


def prepare(scenario: Scenario, *, data_dirs: tuple[Path, ...] = (), cache_dir: Path | None = None) -> Ready:
    """Make a study ready; the world of each set of sensors is prepared when it is first asked for."""
    from sim.engine import prepare as prepared
    from sim.engine import replicate
    from sim.engine.replaying import answered_anew, recorded
    from sim.measure.measures import measure

    stages = Engine(partial(prepared, data_dirs=data_dirs, cache_dir=cache_dir), replicate, recorded, answered_anew, measure)
    return Ready(scenario, stages, {}, {})


def _play(asked: Asked, ready: Ready, *, seed: int, replication: int) -> Played:
    """Play all coalitions of one replication under the same luck."""
    game = Game(asked, ready, seed, replication)
    rows = rows_of(game.worth, game.players, asked.measures,
                   orders_of(players=len(game.players), pairs=asked.pairs, seed=seed, replication=replication))
    rows += [(measure, "drill", drill.id, top, bottom) for drill in asked.drills
             for measure, (top, bottom) in zip(asked.measures, game.drilled(drill).tolist(), strict=True)]
    return Played(replication, rows, game.facts, game.events, game.capped)


def _measured(played: Played, scenario: Scenario) -> Any:
    from sim.measure.measures import Measured, Row

    return Measured(tuple(Row(*row) for row in played.rows), {})


def _digest(played: Played) -> str:
    return blake2b(repr(played.rows).encode(), digest_size=16).hexdigest()


class Game:
    """One replication as a game: the value of a coalition is what its measures come to when all others stay away."""

    def __init__(self, asked: Asked, ready: Ready, seed: int, replication: int) -> None:
        self.asked, self.ready, self.luck = asked, ready, {"seed": seed, "replication": replication}
        self.players = players_of(ready.scenario)
        self.bringing = frozenset(one.id for one in ready.scenario.response.contributions if one.brings)
        self.records: OrderedDict[frozenset[str], Any] = OrderedDict()
        self.facts: Mapping[str, float] = {}
        self.events, self.capped = 0, ""

    def worth(self, coalition: frozenset[int]) -> F64:
        """Numerators and denominators of the measures, shape (measures, 2), flat."""
        absent = frozenset(name for number, name in enumerate(self.players) if number not in coalition)
        history = self._replayed(absent) if self.asked.replay else self._run(absent)
        return self._figures(history, self._world(absent & self.bringing).scenario).ravel()

    def drilled(self, drill: Drill) -> F64:
        """Measures of a run in which a drill befalls, shape (measures, 2)."""
        known = self.ready.drilled
        if drill.id not in known:
            known[drill.id] = self.ready.engine.prepare(drill.scenario)
        return self._figures(self._kept(self.ready.engine.replicate(known[drill.id], **self.luck)), known[drill.id].scenario)

    def _figures(self, history: Any, world: Scenario) -> F64:
        # Sensors that stay away cost nothing: the design is that of the world that was run.
        scenario = self.ready.scenario.model_copy(update={"monitoring": world.monitoring})
        entries = measures_known()
        measured = self.ready.engine.measure(history, scenario)
        if any(name in POSTURE for name in self.asked.measures):
            measured = measured._replace(rows=(*measured.rows, *posture_rows(history.tables, scenario)))
        return np.array([figure(measured, entries[name]) for name in self.asked.measures])

    def _kept(self, history: Any) -> Any:
        self.capped = self.capped or history.capped
        self.events += history.events
        self.facts = self.facts or history.facts
        return history

    def _world(self, away: frozenset[str]) -> Any:
        known = self.ready.worlds
        if away not in known:
            known[away] = self.ready.engine.prepare(without(self.ready.scenario, away))
        return known[away]

    def _replayed(self, absent: frozenset[str]) -> Any:
        """Findings of the run without the sensors that are away, answered by the units that are there."""
        away = absent & self.bringing
        if away not in self.records:
            self.records[away] = self.ready.engine.recorded(self._world(away), **self.luck)
            self._kept(self.records[away].history)
            if len(self.records) > _WORLDS:
                self.records.popitem(last=False)
        return self.ready.engine.answered_anew(self.records[away], absent)

    def _run(self, absent: frozenset[str]) -> Any:
        """A whole run of the coalition; what needs no luck is prepared once for each set of sensors."""
        from sim.scenario.participation import as_contributed

        world = self._world(absent & self.bringing)
        response = as_contributed(without(self.ready.scenario, absent)).response
        world = world._replace(scenario=world.scenario.model_copy(update={"response": response}))
        return self._kept(self.ready.engine.replicate(world, **self.luck))


def figure(measured: Any, entry: Any) -> tuple[float, float]:
    """One measure of one history as numerator and denominator; 0 of 0 where it has no value."""
    if entry.estimator == "quantile":
        value = float(pooled_quantiles(pool([measured.times.get(entry.of, np.zeros(0))]), np.ones((1, 1)), q=entry.quantile)[0])
        return (value, 1.0) if np.isfinite(value) else (0.0, 0.0)
    if entry.estimator == "worst":
        groups = [row for row in measured.rows if row[0] == entry.of and row[1] == WORST_BY and row[4] >= FEWEST]
        return (min(row[3] / row[4] for row in groups), 1.0) if groups else (0.0, 0.0)
    return next(((row[3], row[4]) for row in measured.rows if row[0] == entry.name and row[1] == "all"), (0.0, 0.0))


# ---- rows of one replication -----------------------------------------------------------------------------


def rows_of(worth: Callable[[frozenset[int]], F64], players: Sequence[str], measures: Sequence[str], orders: Any) -> Rows:
    """Play a game and write down, for each measure, the whole, nobody, all but one, and each share.

    A share has the denominator of the measure where that is the same for every coalition, so that shares over replications
    are those of the ratio of sums; else it is the share in the replication's own ratio (`by` = own), over 1. A measure that
    has no value for some coalition gets no shares.
    """
    seen: list[F64] = []

    def told(coalition: frozenset[int]) -> F64:
        values = worth(coalition).reshape(-1, 2)
        seen.append(values)
        defined = values[:, 1] != 0
        own = np.divide(values[:, 0], values[:, 1], out=np.full(len(values), np.nan), where=defined)
        return np.concatenate((values[:, 0], own, values.ravel()))

    found, count = shapley(told, orders), len(measures)
    alone = left_out(told, len(players))[:, 2 * count:].reshape(len(players), count, 2)
    ends = [values[2 * count:].reshape(count, 2) for values in (found.everyone, found.nobody)]
    bottoms = np.array(seen)[:, :, 1]
    rows: Rows = []
    for m, measure in enumerate(measures):
        rows += [(measure, by, "", *end[m].tolist()) for by, end in zip(("everyone", "nobody"), ends, strict=True)]
        rows += [(measure, "without", player, *alone[p, m].tolist()) for p, player in enumerate(players)]
        same, defined = bool((bottoms[:, m] == bottoms[0, m]).all()), bool((bottoms[:, m] != 0).all())
        by, place, bottom = ("share", m, float(bottoms[0, m])) if same else ("own", count + m, 1.0)
        rows += [(measure, by, player, float(found.value[p, place]), bottom) for p, player in enumerate(players) if defined]
    return rows
