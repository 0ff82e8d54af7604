"""The whole scenario: situation, design and study in one frozen tree.

A mediator's file becomes this tree or a list of its errors; nothing in a file is ever run.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.agreement import Agreement
from sim.scenario.area import Area
from sim.scenario.conduct import Conduct
from sim.scenario.costs import Costs
from sim.scenario.fields import Hours, Id, Part, Text, key
from sim.scenario.monitoring import Monitoring
from sim.scenario.response import Response
from sim.scenario.verification import Verification


class Study(Part):
    """Seeds, replications and the sweep of a scenario."""

    replications: Annotated[int, Field(ge=1, le=100_000)] = key("replications", 20)
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = key("root seed", 1)
    batches: Annotated[int, Field(ge=1, le=10_000)] = key("batch means: stretches of one long run that stand for replications", 1)
    design: Literal["grid", "lhs", "sobol"] = key("sweep: full grid, Latin hypercube or Sobol sequence over `vary`", "grid")
    points: Annotated[int, Field(ge=1, le=10_000_000)] = key("sweep: points of a Latin hypercube or Sobol sequence", 64)
    points_file: Text = key("sweep: CSV table of points, in the scenario's folder", "")
    costs: Costs | None = key("prices by which designs are compared; absent = costs are not counted", None)
    vary: Annotated[dict[Text, tuple[float | int | str | bool, ...]], Field(max_length=64)] = key(
        "sweep: dotted key -> values", {})


class Source(Part):
    """Where a number comes from and how sure it is."""

    source: Text = key("document, dataset or assumption, in words that a reader can follow up")
    grade: Literal["A", "B", "C", "D"] = key("A measured for this use, B published, C analogous, D assumed")
    low: float | None = key("low end of the plausible range", None)
    high: float | None = key("high end of the plausible range", None)
    note: Text = key("remark", "")


class Scenario(Part):
    """One scenario: a situation, a design and a study."""

    schema_: Literal[1] = Field(alias="schema", description="version of the file format")
    name: Id = key("name of the scenario, used for folders")
    title: Text = key("title, in plain words", "")
    question: Text = key("the question that the scenario answers", "")
    agenda: tuple[Text, ...] = key("rows of the agenda that it carries", ())
    start: datetime = key("instant at which the ceasefire takes effect")
    days: Annotated[float, Field(gt=0.0, le=3650.0)] = key("days whose incidents count")
    warm_up_h: Hours = key("hours before incidents count", 0.0)
    follow_up_h: Hours = key("hours that the clock runs on, so that late ones can reach their goal", 72.0)
    area: Area
    agreement: Agreement
    conduct: Conduct
    monitoring: Monitoring = key("the monitoring design", Monitoring())
    verification: Verification
    response: Response = key("the response", Response())
    study: Study = key("seeds, replications and sweep", Study())
    sources: dict[Text, Source] = key("dotted key -> source", {})
