"""The verb trace: the life of one violation or finding of a finished run.

A mediator reads in plain words who could have seen an act, what each look did, and what came of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.cli import screen
from sim.cli.work import data_dirs, given, load, one_thread
from sim.experiment.refusals import BadUsage


def trace_one(run: Path, violation: str | None, finding: str | None, replication: int | None, data: Sequence[str], *,
              as_json: bool) -> None:
    """Print the life of one violation or finding."""
    if (violation is None) == (finding is None):
        raise BadUsage("trace needs exactly one of --violation ID and --finding ID")
    one_thread()
    from sim.experiment.place import verify
    from sim.experiment.trace import Asked, plain, trace

    verify(run)
    resolved = str(run / "scenario.resolved.toml")
    scenario = load(resolved, (), data).scenario
    asked = Asked("violation", violation, replication) if violation is not None else Asked("finding", finding or "", replication)
    document = given(lambda: trace(run, asked, scenario, data_dirs=data_dirs(resolved, data)))
    if as_json:
        screen.say_json(document)
        return
    for line in plain(document):
        screen.say(line)
