"""The verb `sensitivity`: which assumption, or which key of a design, moves a result most.

A mediator hears first how many runs the question takes, then the order of the inputs and how far to trust it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from sim.cli import screen, work
from sim.cli.work import Asked
from sim.experiment.refusals import BadUsage

if TYPE_CHECKING:
    from sim.experiment.factors import Factor
    from sim.experiment.sensitivity import Sensitivity
    from sim.scenario.reader import Loaded


class SensitivityAsked(NamedTuple):
    """Options of the verb: keys with their ranges, method, measure, most rows, and limits of a point."""

    vary: Sequence[str] = ()
    method: str = "morris"
    measure: str | None = None
    rows: int | None = None
    dry_run: bool = False
    only: str | None = None


def sensitivity_file(file: str, what: SensitivityAsked, asked: Asked) -> Sensitivity | None:
    """Rank the inputs of a scenario; the size is said first, with `dry_run` nothing else is done."""
    from sim.experiment.exploring import MOST, points_of
    from sim.experiment.sensitivity import REPLICATIONS

    work.one_thread()
    work.checked_files([file])
    base = work.load(file, asked.sets, asked.data)
    seed, count = work.luck(asked, base)
    if asked.replications is None and asked.seeds is None:
        count = REPLICATIONS
    factors, most = _factors(base, what), what.rows or MOST[what.method]
    size = work.size_of(base, points_of(what.method, len(factors), most), count)
    if what.dry_run:
        screen.say(f"{len(factors)} inputs, at most {size}; nothing was run")
        return None
    if not asked.quiet:
        screen.warn(f"{len(factors)} inputs, at most {size}; fewer if the ranking is stable before")
    return _run(file, base, factors, what, most, seed, count, asked)


def _factors(base: Loaded, what: SensitivityAsked) -> list[Factor]:
    from sim.experiment.factors import of_assumptions, of_axes
    from sim.experiment.grid import axes_of

    if not what.vary:
        return of_assumptions(base.scenario, only=tuple((what.only or "").split(",")))
    if what.only is not None:
        raise BadUsage(f"--only {what.only}: is for assumptions; --vary names the keys itself")
    return of_axes(axes_of(what.vary, {}))


def _run(
    file: str, base: Loaded, factors: list[Factor], what: SensitivityAsked, most: int, seed: int, count: int, asked: Asked
) -> Sensitivity:
    from sim.experiment import sensitivity
    from sim.experiment.identity import identify
    from sim.experiment.points import Loaded
    from sim.experiment.precision import MEASURE

    whole = Loaded(base.scenario, work.digests_of(base))
    name = f"sensitivity-{identify(base.scenario, seed=seed, digests=whole.digests).folder}"
    path = work.RUNS / name if asked.out is None else Path(asked.out)
    with screen.progress(name, quiet=asked.quiet) as tell, TemporaryDirectory(prefix="ceasefire-") as spare:
        labour = work.labour(file, asked, seed, count, Path(spare), tell)
        measure = what.measure or MEASURE
        plan = sensitivity.SensitivityPlan(whole, factors, what.method, measure, most, labour, path, asked.force)
        return work.given(lambda: sensitivity.sensitivity(plan))


def show_sensitivity(found: Sensitivity | None, asked: Asked) -> int:
    """The ranking on the screen; its exit code."""
    if found is None:
        return 0
    if asked.json:
        screen.say_json({"folder": str(found.path), "already_done": found.already, "code": found.code, **found.summary})
    elif not asked.quiet:
        for line in _screen(found):
            screen.say(line)
    return found.code


def _screen(found: Sensitivity) -> list[str]:
    from sim.experiment.findings import CAVEAT
    from sim.experiment.sensitivity import TABLE, meaning_of, screen_rows

    summary = found.summary
    head = ["already done: nothing was run, nothing was written"] if found.already else []
    lines = [*head, *(screen.folded(text) for text in summary["told"])]
    if summary["ranking"]:
        lines += ["", *screen.columns(screen_rows(summary)), "", *meaning_of(summary["method"])]
    if summary["rows_left_out"] or summary["capped"] or summary["failed"]:
        lines += ["", screen.folded(f"Left out: {summary['rows_left_out']} rows ({summary['capped']} replications over a limit, "
                                    f"{summary['failed']} given up): {'; '.join(summary['reasons'][:3])}")]  # fmt: skip
    return [*lines, "", screen.folded(CAVEAT), f"table: {found.path / TABLE}"]
