"""The verb `frontier`: levers and a budget in, the mixtures that no other beats out.

A mediator sets what is confirmed against what is paid, kind by kind.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.cli import screen, work
from sim.cli.work import Asked

if TYPE_CHECKING:
    from sim.experiment.frontier import Frontier
    from sim.scenario.reader import Loaded

PRICES = "include=@library/costs.toml"


class FrontierAsked(NamedTuple):
    """Options of the verb: the sweep over the levers, what is bought, and the budget."""

    sweep: work.SweepAsked
    measures: str | None = None
    budget_meur: int | None = None


def frontier_file(file: str, what: FrontierAsked, asked: Asked) -> Frontier | None:
    """Run the mixtures of a scenario; prices of the library are laid on where it states none."""
    work.one_thread()
    work.checked_files([file])
    base = work.load(file, asked.sets, asked.data)
    if base.scenario.study.costs is None:
        asked = asked._replace(sets=[PRICES, *asked.sets])
        base = work.load(file, asked.sets, asked.data)
        if not asked.quiet:
            screen.warn("the scenario states no prices: those of library/costs.toml are used")
    seed, count = work.luck(asked, base)
    number, make = work.points_of(file, base, what.sweep)
    size = work.size_of(base, number, count)
    if what.sweep.dry_run:
        screen.say(f"{size}; nothing was run")
        make()
        return None
    if not asked.quiet:
        screen.warn(size)
    axes, points = make()
    return _run(file, base, axes, points, what, seed, count, asked)


def _run(
    file: str, base: Loaded, axes: Any, points: Any, what: FrontierAsked, seed: int, count: int, asked: Asked
) -> Frontier:
    from sim.experiment import frontier
    from sim.experiment.identity import identify
    from sim.experiment.points import Loaded
    from sim.experiment.precision import MEASURE

    whole = Loaded(base.scenario, work.digests_of(base))
    name = f"frontier-{identify(base.scenario, seed=seed, digests=whole.digests).folder}"
    path = work.RUNS / name if asked.out is None else Path(asked.out)
    budget = None if what.budget_meur is None else what.budget_meur * 1e6
    with screen.progress(name, quiet=asked.quiet) as tell, TemporaryDirectory(prefix="ceasefire-") as spare:
        labour = work.labour(file, asked, seed, count, Path(spare), tell)
        measures = (what.measures or MEASURE).split(",")
        plan = frontier.FrontierPlan(whole, axes, points, measures, budget, labour, path, asked.force)
        return work.given(lambda: frontier.frontier(plan))


def show_frontier(found: Frontier | None, asked: Asked) -> int:
    """The frontier on the screen; its exit code."""
    if found is None:
        return 0
    if asked.json:
        screen.say_json({"folder": str(found.path), "already_done": found.already, "code": found.code, **found.summary})
    elif not asked.quiet:
        for line in _screen(found):
            screen.say(line)
    return found.code


def _screen(found: Frontier) -> list[str]:
    from sim.experiment.findings import CAVEAT, figure
    from sim.experiment.frontier import COST, KINDS, TABLE

    summary = found.summary
    head = ["already done: nothing was run, nothing was written"] if found.already else []
    lines = [*head, *(screen.folded(text) for text in summary["told"])]
    if summary["frontier"]:
        keys = list(summary["levers"])
        names = [n for n in summary["frontier"][0] if n not in ("point", "values", COST)]
        rows: list[tuple[str, ...]] = [("mixture", *keys, "million EUR a year", *(f"{n} (95 % interval)" for n in names))]
        for one in summary["frontier"]:
            cells = (f"{figure(one[n]['estimate'])} ({_end(one[n]['low'])} to {_end(one[n]['high'])})" for n in names)
            cost = f"{one[COST]['estimate'] / 1e6:.1f}"
            rows.append((str(one["point"]), *(one["values"][key] for key in keys), cost, *cells))
        lines += ["", *screen.columns(rows)]
    if summary["capped"] or summary["failed"]:
        lines += ["", f"Left out: {summary['capped']} replications over a limit, {summary['failed']} given up."]
    return [*lines, "", screen.folded(CAVEAT), f"tables: {found.path / TABLE}, {found.path / KINDS}"]


def _end(value: float | None) -> str:
    from sim.experiment.findings import figure

    return "?" if value is None else figure(value)
