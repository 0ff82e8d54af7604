"""The veil over one replication: obstruction, complaints, deception and confusers, drawn beside the acts and never into them.

A mediator who lifts it finds the same acts beneath, bit for bit; where a scenario has none of these nothing here is run.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.area.line import Cells
from sim.area.owed import obstructed_share
from sim.foundation.streams import F64, I64, Streams
from sim.monitoring.decoys import disguised, with_decoys
from sim.monitoring.design import Layout, Watch
from sim.monitoring.hindrance import Cost, Fire, crowd_of, hindered, met_by, watched_of
from sim.monitoring.library import Library
from sim.monitoring.misled_door import Mischief
from sim.records import Acts, Filed, Observation, Obstructions
from sim.scenario.scenario import Scenario
from sim.truth.complaints import filed_of, none_filed
from sim.truth.confusers import Confusers, confusers_of
from sim.truth.deception import false_flags, staged_of
from sim.truth.obstruction import nothing, obstructions_of
from sim.truth.regimes import Spells

_HOUR_US = 3_600_000_000


class Hindered(NamedTuple):
    """Spells of obstruction, what they cost in looks, and what the mission learns of them."""

    spells: Obstructions
    cost: Cost
    met: list[Observation]


class Veil(NamedTuple):
    """What the parties do beside their acts, and what merely resembles one."""

    hindered: Hindered
    filed: Filed
    confusers: Confusers
    staged: Acts


def veiled(scenario: Scenario) -> bool:
    """Whether a scenario has any of this."""
    conduct = scenario.conduct
    return bool(conduct.obstruction or conduct.complaints or conduct.confusers or conduct.deception)


def spells_drawn(scenario: Scenario, cells: Cells, streams: Streams, regimes: Spells, *, days: int) -> Obstructions:
    """Spells of obstruction of a run."""
    if not scenario.conduct.obstruction:
        return nothing()
    watched = watched_of(scenario.monitoring, cells)
    return obstructions_of(scenario.conduct, cells, streams, regimes, watched, days=days)


def hindered_watch(scenario: Scenario, layout: Layout, cells: Cells, watch: Watch, spells: Obstructions,
                   fire: Fire | None) -> tuple[Watch, Hindered]:
    """Watch with the looks that obstruction prevents, and what the mission learns of it."""
    if fire is None:
        none = np.zeros(0, dtype=np.int64)
        return watch, Hindered(spells, Cost(none, none, none, none), [])
    crowd = crowd_of(scenario.monitoring, layout.first, len(layout.sensing.names), cells)
    looks, flight, cost = hindered(watch.looks, watch.flight, crowd, spells, scenario.conduct.obstruction, cells)
    return watch._replace(looks=looks, flight=flight), Hindered(spells, cost, met_by(spells, cost, fire.met))


def veil_of(scenario: Scenario, cells: Cells, streams: Streams, acts: Acts, hindered: Hindered, *, days: int,
            months: tuple[I64, I64], local_start_h: float, horizon_us: int) -> Veil:
    """Draw complaints, deception and confusers of one replication."""
    conduct, agreement = scenario.conduct, scenario.agreement
    confusers = confusers_of(conduct, cells, streams, days=days, months=months, local_start_h=local_start_h)
    staged = staged_of(conduct.deception, acts, cells, horizon_us=horizon_us)
    filed = filed_of(conduct, agreement, acts, staged, cells, streams, days=days) if conduct.complaints else none_filed()
    return Veil(hindered, filed, confusers, staged)


def shown_by(scenario: Scenario, library: Library, acts: Acts, veil: Veil) -> tuple[Acts, Library]:
    """What the door is given to show: the acts, then decoys, and a library that knows the decoys too."""
    kinds, confusers = [kind.id for kind in scenario.agreement.kinds], scenario.conduct.confusers
    shown = with_decoys(acts, veil.confusers.acts, ~veil.confusers.notified, veil.staged, kinds=len(kinds),
                        confuser_kinds=len(confusers))
    return shown, disguised(library, scenario.monitoring, kinds, confusers)


def mischief_of(scenario: Scenario, layout: Layout, acts: Acts, shown: Acts, veil: Veil) -> Mischief:
    """What the parties do to the door."""
    fooled = np.zeros(len(shown.id), dtype=bool)
    fooled[: len(acts.id)] = false_flags(scenario.conduct.deception, acts)
    fooled[len(fooled) - len(veil.staged.id) :] = True
    return Mischief(fooled, len(acts.id), veil.hindered.spells, veil.hindered.met, veil.filed,
                    tuple(how.place_error_km for how in scenario.conduct.complaints), layout.first.get("team"))


def obstruction_in_force(scenario: Scenario, spells: Obstructions, cells: Cells, *, periods: int, local_start_h: float) -> F64:
    """Share of the owed hours that each party obstructs in each sector and period, seen or not, shape (2, sectors, periods)."""
    return obstructed_share(spells.side, spells.sector, np.stack((spells.from_us, spells.to_us), axis=1), scenario.agreement,
                            sectors=len(cells.sectors), periods=periods, local_start_h=local_start_h,
                            period_us=round(scenario.agreement.period_h * _HOUR_US))
