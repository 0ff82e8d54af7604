"""What the mission of one replication knows of its means and of the parties: the library, disturbed, and what it was given.

A mediator gets from here the same mission in two worlds: what it holds true does not change with what is.
"""
from __future__ import annotations

import numpy as np

from sim.engine.preparation import Prepared
from sim.foundation.streams import F64, Streams
from sim.scenario.conduct import KindConduct
from sim.scenario.monitoring import PHYSICS
from sim.verification.beliefs import Beliefs, disturbed, disturbed_size, held, held_by_kind


def correlation_of(prepared: Prepared) -> float:
    """Correlation that the mission assumes between looks at one act."""
    given = prepared.scenario.verification.beliefs.look_correlation
    return prepared.library.correlation if given is None else given


def believed(prepared: Prepared, streams: Streams, *, sd: float | None = None) -> Beliefs:
    """Give the mission the values of the library, disturbed once per replication on log-odds, and those of its section.

    `sd` takes the place of the disturbance of the scenario; one mission keeps its luck whatever it is.
    """
    scenario, library = prepared.scenario, prepared.library
    given = scenario.verification.beliefs
    sd = given.disturbance_log_odds_sd if sd is None else sd
    kinds, means = [kind.id for kind in scenario.agreement.kinds], [row.id for row in scenario.monitoring.means]
    wrong_side = float(library.wrong_side.mean()) if len(library.wrong_side) else 0.0
    return Beliefs(
        held(disturbed(library.pd, sd, streams, "pd"), given.pd, means, kinds),
        held(disturbed(library.trace_pd, sd, streams, "trace_pd"), given.trace_pd, means, kinds),
        held(disturbed(library.hidden, sd, streams, "hidden"), {str(name): row for name, row in given.hidden_share.items()},
             PHYSICS, kinds),
        _shares(rates_of(prepared, streams, sd=sd)),
        _sizes(prepared, streams, "duration_median_h", sd=sd), _sizes(prepared, streams, "trace_median_h", sd=sd),
        _sizes(prepared, streams, "depth_median_km", sd=sd),
        np.array([-1.0 if row is not None and row.trace_side == "other" else 1.0 for row in _committed(prepared)]),
        held_by_kind(disturbed(1 - _column(prepared, "unattributed_share"), sd, streams, "attributed"), given.attributed_share,
                     kinds),
        disturbed(np.array([wrong_side]), sd, streams, "wrong_side").item() if given.wrong_side_share is None
        else given.wrong_side_share)


def rates_of(prepared: Prepared, streams: Streams, *, sd: float) -> F64:
    """Acts a day that the mission expects of each kind, both sides and the whole area together: as in the first regime."""
    conduct, agreement = prepared.scenario.conduct, prepared.scenario.agreement
    first = next(regime for regime in conduct.regimes if regime.id == conduct.regime)
    factor = np.array([first.factor * first.kind_factors.get(kind.id, 1.0) for kind in agreement.kinds])
    mean = disturbed_size(_column(prepared, "incidents_per_day") * factor, sd, streams, "incidents_per_day")
    return held_by_kind(mean, prepared.scenario.verification.beliefs.incidents_per_day, [kind.id for kind in agreement.kinds])


def false_alarms_of(prepared: Prepared, streams: Streams, *, sd: float) -> F64:
    """False sightings a day that the mission expects of each means, by the kind that they claim; (means, kinds)."""
    monitoring = prepared.scenario.monitoring
    kinds, means = [kind.id for kind in prepared.scenario.agreement.kinds], [row.id for row in monitoring.means]
    true = np.array([[row.false_alarms_per_day.get(kind, 0.0) for kind in kinds] for row in monitoring.means])
    return held(disturbed_size(true.reshape(len(means), len(kinds)), sd, streams, "false_alarms"),
                prepared.scenario.verification.beliefs.false_alarms_per_day, means, kinds)


def nights_of(prepared: Prepared, streams: Streams, *, sd: float) -> F64:
    """Share of the acts of each kind that the mission expects by night."""
    return held_by_kind(disturbed(_column(prepared, "night_share"), sd, streams, "night_share"),
                        prepared.scenario.verification.beliefs.night_share,
                        [kind.id for kind in prepared.scenario.agreement.kinds])


def sectors_of(prepared: Prepared, streams: Streams, *, sd: float) -> F64:
    """Weight of each sector and sea area among the acts that the mission expects: by its cells, or as it was given."""
    cells, given = prepared.cells, prepared.scenario.verification.beliefs.sector_share
    size = np.bincount(cells.sector, minlength=len(cells.sectors)).astype(np.float64)
    weight = disturbed_size(size, sd, streams, "sector_share")
    named = np.array([name in given for name in cells.sectors])
    rest = max(1 - sum(given.values()), 0.0)
    weight = weight * (rest if given else 1.0) / max(weight[~named].sum(), 1e-12)
    return np.where(named, [given.get(name, 0.0) for name in cells.sectors], weight)


def _shares(rates: F64) -> F64:
    return np.asarray(rates / max(rates.sum(), 1e-12), dtype=np.float64)


def _sizes(prepared: Prepared, streams: Streams, name: str, *, sd: float) -> F64:
    """One time, distance or rate of each kind."""
    scenario = prepared.scenario
    given: dict[str, float] = getattr(scenario.verification.beliefs, name)
    return held_by_kind(disturbed_size(_column(prepared, name), sd, streams, name), given,
                        [kind.id for kind in scenario.agreement.kinds])


def _committed(prepared: Prepared) -> list[KindConduct | None]:
    """Conduct of each kind of the agreement; None where nobody commits it."""
    how = {kind.id: kind for kind in prepared.scenario.conduct.kinds}
    return [how.get(kind.id) for kind in prepared.scenario.agreement.kinds]


def _column(prepared: Prepared, name: str) -> F64:
    return np.array([0.0 if row is None else float(getattr(row, name)) for row in _committed(prepared)])
