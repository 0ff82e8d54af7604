"""The page of a study of contributions: how each was valued, bars with intervals, and every number.

A mediator can open, print and pass on the folder; the page opens no connection and says SIMULATED.
"""

from __future__ import annotations

from pathlib import Path

from sim.experiment.contribution_study import Study
from sim.experiment.tables import put
from sim.experiment.worths import Worth
from sim.report.cells import Table
from sim.report.contribution_figures import Named, between, contribution_figures, scale_of, told
from sim.report.document import POLICY, _environment, _shown
from sim.report.drawing import Drawn
from sim.report.languages import Words, words
from sim.report.numbers import with_unit
from sim.scenario.participation import grades_of
from sim.scenario.scenario import Scenario


def write_contributions(folder: Path, study: Study, scenario: Scenario, *, lang: str = "en") -> Path:
    """Write `contributions.html` and the figures into a folder; returns the page.

    Raises ValueError for a language that there is not, OSError if the folder cannot be written.
    """
    catalogue = words(lang)
    named = Named(study.found, {one.id: one.title or one.id for one in scenario.response.contributions}, study.orders)
    drawn = contribution_figures(named, catalogue)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for figure in drawn.values():
        put(folder / "figures" / f"{figure.name}.svg", figure.svg.encode())
    put(folder / "contributions.html", render(study, named, scenario, drawn, catalogue).encode())
    return folder / "contributions.html"


def render(study: Study, named: Named, scenario: Scenario, drawn: dict[str, Drawn], catalogue: Words) -> str:
    """The page as text."""
    grades = grades_of(scenario)
    text = catalogue("contributions.text", n=study.replications, orders=study.orders, method=study.method,
                     assumed=grades.assumed, inputs=grades.inputs)
    tables = (wholes(study, catalogue), worths(study, named, catalogue), *_states(study, catalogue), *_drills(study, catalogue))
    return _environment().get_template("study.html.j2").render(
        t=catalogue, policy=POLICY, title=catalogue("contributions.title", title=scenario.title or scenario.name),
        paragraphs=text.split("\n"), tables=tables, how=catalogue("contributions.how"),
        pictures=catalogue("contributions.pictures"), numbers=catalogue("contributions.tables"),
        shown=[_shown(one, number) for number, one in enumerate(drawn.values(), start=1)])


def _measure(name: str, catalogue: Words) -> str:
    return catalogue.get(f"measures.{name}", name)


def _head(catalogue: Words, *names: str) -> tuple[str, ...]:
    return tuple(catalogue("columns.noise") if name == "noise" else catalogue("columns.replications") if name == "n"
                 else catalogue(f"contributions.{name}") for name in names)


def wholes(study: Study, catalogue: Words) -> Table:
    """Each measure with everyone, with nobody, the gain and the sum of shares."""
    rows = []
    for one in study.found.wholes:
        factor, unit = scale_of(one.unit, catalogue)
        rows.append((_measure(one.measure, catalogue), with_unit(one.everyone, one.unit, catalogue),
                     with_unit(one.nobody, one.unit, catalogue), f"{told(one.gain, factor)} {unit}",
                     f"{told(one.sum_of_shares, factor)} {unit}", str(one.replications), one.reason or "—"))
    head = _head(catalogue, "measure", "everyone", "nobody", "gain", "sum", "n", "remark")
    return Table(catalogue("contributions.wholes"), head, tuple(rows))


def worths(study: Study, named: Named, catalogue: Words) -> Table:
    """Each contribution by measure, with both intervals."""
    head = _head(catalogue, "contribution", "measure", "share", "noise", "loss", "noise", "n", "remark")
    return Table(catalogue("contributions.worths"), head, tuple(
        (named.titles.get(one.contribution, one.contribution), *_row(study, one, catalogue)) for one in study.found.worths))


def _row(study: Study, one: Worth, catalogue: Words) -> tuple[str, ...]:
    unit = next(whole.unit for whole in study.found.wholes if whole.measure == one.measure)
    factor, name = scale_of(unit, catalogue)
    return (f"{_measure(one.measure, catalogue)} ({name})", told(one.share, factor),
            between(one.share_low, one.share_high, factor, catalogue), told(one.loss, factor),
            between(one.loss_low, one.loss_high, factor, catalogue), str(one.replications), one.reason or "—")


def _states(study: Study, catalogue: Words) -> tuple[Table, ...]:
    """Shares by state, where these were asked for and not refused."""
    if not study.states:
        return ()
    head = _head(catalogue, "state", "measure", "share", "noise", "n")
    rows = []
    for one in study.states:
        whole = _row(study, one, catalogue)
        rows.append((one.contribution, whole[0], whole[1], whole[2], whole[5]))
    return (Table(catalogue("contributions.states"), head, tuple(rows)),)


def _drills(study: Study, catalogue: Words) -> tuple[Table, ...]:
    """What each drill changes."""
    if not study.found.drilled:
        return ()
    units = {one.measure: one.unit for one in study.found.wholes}
    rows = []
    for one in study.found.drilled:
        factor, unit = scale_of(units[one.measure], catalogue)
        rows.append((one.title, f"{_measure(one.measure, catalogue)} ({unit})", told(one.change, factor),
                     between(one.low, one.high, factor, catalogue), str(one.replications), one.reason or "—"))
    head = _head(catalogue, "drill", "measure", "change", "noise", "n", "remark")
    return (Table(catalogue("contributions.drills"), head, tuple(rows)),)
