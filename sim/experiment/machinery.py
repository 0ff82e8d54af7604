"""What turns one scenario and one seed into one measured history: the engine and the measures, handed over as
functions.

A mediator need not look here; tests hand over a small world of their own instead of the real one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple


class Machinery(NamedTuple):
    """The stages that an experiment calls; all of them are module-level functions, so that workers find them
    by name.

    prepare(scenario, data_dirs=, cache_dir=) → prepared; replicate(prepared, seed=, replication=) → History;
    measure(history, scenario) → Measured; digest(history) → text; `catalogue`: measure by name, in the
    contract's order;
    `columns`: columns of each table.
    """

    prepare: Callable[..., Any]
    replicate: Callable[..., Any]
    measure: Callable[..., Any]
    digest: Callable[..., str]
    catalogue: Callable[[], Mapping[str, Any]]
    columns: Callable[[], Mapping[str, Sequence[str]]]
    beside: Callable[..., Mapping[str, bytes]] | None = None
    """More files for a run's folder, for its report: beside(prepared, seed); called if the first replication was done."""


def real() -> Machinery:
    """The engine and the measures of this package; opens numpy and SimPy."""
    from sim.engine import prepare, replicate
    from sim.experiment.coverage_kept import kept
    from sim.ledger import digest
    from sim.measure.measures import measure

    return Machinery(prepare, replicate, measure, digest, catalogue, columns, kept)


def catalogue() -> Mapping[str, Any]:
    """Measures by name, in the contract's order."""
    from sim.measure.measures import CATALOGUE

    return CATALOGUE


def columns() -> Mapping[str, Sequence[str]]:
    """Columns of each table after `replication`."""
    from sim.ledger import COLUMNS

    return COLUMNS
