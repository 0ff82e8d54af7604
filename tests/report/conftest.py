"""A run folder with its report, made once for all tests of the report."""

from __future__ import annotations

from pathlib import Path

import pytest
import synthetic_run

from sim.report.document import write_report
from sim.scenario.scenario import Scenario

HOSTILE = (
    "<script>alert(1)</script>", r"$\frac{$ unclosed", "=cmd|' /C calc'!A0", '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)", "{{ 7*7 }} {title}", "</style></svg></title>--> ]]> &amp; <!--", "%(x)s {0} \\N \\includegraphics",
    "https://example.invalid/x?a=1&b=2", "' onload='alert(1)", "x" * 300,
)  # fmt: skip


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = synthetic_run.write_run(tmp_path_factory.mktemp("report") / "run", synthetic_run.scenario())
    write_report(folder)
    return folder


def hostile_scenario() -> Scenario:
    """The shipped scenario in which every text that a reader sees is an attack."""
    world = synthetic_run.scenario()
    bad = iter(HOSTILE * 50)
    area = world.area.model_copy(update={
        "sectors": tuple(s.model_copy(update={"name": next(bad)}) for s in world.area.sectors),
        "places": tuple(p.model_copy(update={"name": next(bad)}) for p in world.area.places),
        "seas": tuple(s.model_copy(update={"name": next(bad)}) for s in world.area.seas)})  # fmt: skip
    kinds = tuple(k.model_copy(update={"title": next(bad)}) for k in world.agreement.kinds)
    means = tuple(m.model_copy(update={"title": next(bad)}) for m in world.monitoring.means)
    drones = tuple(d.model_copy(update={"title": next(bad)}) for d in world.monitoring.drones)
    units = tuple(u.model_copy(update={"title": next(bad)}) for u in world.response.units)
    first = next(iter(world.sources))
    attacked = world.sources[first].model_copy(update={"source": HOSTILE[0], "note": HOSTILE[3]})
    return world.model_copy(update={
        "title": HOSTILE[0] + HOSTILE[3], "question": " ".join(HOSTILE[:9]), "agenda": (HOSTILE[0], HOSTILE[9]),
        "area": area, "agreement": world.agreement.model_copy(update={"kinds": kinds, "title": HOSTILE[6]}),
        "monitoring": world.monitoring.model_copy(update={"means": means, "drones": drones}),
        "response": world.response.model_copy(update={"units": units}),
        "sources": {**world.sources, first: attacked, HOSTILE[5]: attacked}})  # fmt: skip


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "run"
    synthetic_run.write_run(folder, hostile_scenario(), replications=2, acts_per_day=8.0)
    write_report(folder)
    return folder
