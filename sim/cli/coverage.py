"""The verb `coverage`: how often, how long and from which side each sector is watched.

A mediator reads one table on the screen, and with --out gets a page with pictures and every number beside it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.cli import screen, work
from sim.experiment.refusals import BadPlace, BadUsage

if TYPE_CHECKING:
    from sim.experiment.coverage import Study

REPLICATIONS = 5
COLUMNS = ("coverage_share", "covered_share", "revisit_mean_h", "revisit_p90_h", "revisit_max_h", "wait_for_look_h")


def coverage_file(file: str, means: str, asked: work.Asked) -> Study:
    """Study the coverage of a scenario; with `--out`, write its page and tables into a new or empty folder."""
    work.one_thread()
    work.checked_files([file])
    if asked.out is not None:
        _free(Path(asked.out))
    loaded = work.load(file, asked.sets, asked.data)
    seed, _ = work.luck(asked, loaded)
    count = REPLICATIONS if asked.replications is None else asked.replications
    from sim.engine import prepare
    from sim.experiment.coverage import study

    with screen.progress(loaded.scenario.name, quiet=asked.quiet) as tell:
        prepared = work.given(lambda: prepare(
            loaded.scenario, data_dirs=work.data_dirs(file, asked.data), cache_dir=work._cache(asked)))  # fmt: skip
        found = study(prepared, seed=seed, replications=count, tell=lambda done, every: tell(done, every, None))
    if means not in found.means:
        raise BadUsage(f"--means {means}: the design has no such looks; there are {', '.join(found.means)}")
    if asked.out is not None:
        from sim.experiment.place import fault_of
        from sim.report.coverage_page import write_coverage

        with fault_of(Path(asked.out)):
            write_coverage(Path(asked.out), found, prepared.cells, loaded.scenario, means=means)
    return found


def _free(path: Path) -> None:
    """Refuse a place that is not a new or empty folder."""
    if path.exists() and not path.is_dir():
        raise BadPlace(f"--out {path}: is not a folder")
    inside = sorted(os.listdir(path)) if path.exists() else []
    if inside:
        raise BadPlace(f"--out {path}: holds other files ({inside[0]}, …)")


def show_coverage(found: Study, means: str, asked: work.Asked) -> None:
    """Print the table by sector and side, or all figures as one JSON document."""
    if asked.json:
        screen.say_json(document(found, asked.out))
    elif not asked.quiet:
        for line in lines(found, means):
            screen.say(line)
        if asked.out is not None:
            screen.say(f"page: {Path(asked.out) / 'coverage.html'}")


def document(found: Study, out: str | None) -> dict[str, Any]:
    """All figures as one JSON document."""
    from sim.experiment.coverage import HEADER, table

    rows = [dict(zip(HEADER, row, strict=True)) for row in table(found)]
    return {"status": "SIMULATED", "name": found.name, "replications": found.replications, "folder": out, "figures": rows}


def lines(found: Study, means: str) -> list[str]:
    """One screen: figures of the looks asked for, by sector and side, under both conventions where they differ."""
    from sim.experiment.coverage import SIDES
    from sim.experiment.findings import CAVEAT

    rows: list[tuple[str, ...]] = [("sector", "side", *(name for name in COLUMNS))]
    for r, region in enumerate(found.regions):
        rows += [(region.id, side, *(_pair(found, side, means, r, figure) for figure in COLUMNS)) for side in SIDES]
    head = (f"{found.name}: looks of {means}, {found.replications} replications, {found.hours / 24:g} days; "
            "boundary / interior where the conventions for cut gaps differ")  # fmt: skip
    return [head, "", *screen.columns(rows), "", screen.folded(CAVEAT)]


def _pair(found: Study, side: str, means: str, region: int, figure: str) -> str:
    from sim.experiment.findings import figure as number
    from sim.measure.coverage_figures import CONVENTIONS

    both = [found.estimate(side, means, convention, region, figure).estimate for convention in CONVENTIONS]
    text = ["none" if value is None else number(value) for value in both]
    return text[0] if text[0] == text[1] else " / ".join(text)
