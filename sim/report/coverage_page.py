"""The page of coverage: the field's figures by sector, means and side, under both conventions, and the pictures.

A mediator can open, print and pass on the folder; it opens no connection, and the tables beside the page hold every number.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.area.line import Cells
from sim.experiment import coverage as law
from sim.experiment.coverage import ALL, BIN_H, DEPTH_KM, LEAST_KM, SIDES, UNITS, Study
from sim.experiment.tables import csv_bytes, put
from sim.measure.coverage_figures import CONVENTIONS
from sim.report.cells import Table
from sim.report.coverage_figures import Seen, coverage_figures, seen_of
from sim.report.document import POLICY, _environment, _shown
from sim.report.drawing import Drawn
from sim.report.languages import Words, words
from sim.report.numbers import exact, known, with_unit
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

SHOWN = ("coverage_share", "coverage_2_share", "covered_share", "revisit_mean_h", "revisit_median_h", "revisit_p90_h",
         "revisit_max_h", "time_average_gap_h", "wait_for_look_h", "age_of_information_h")  # fmt: skip


def write_coverage(folder: Path, study: Study, cells: Cells, scenario: Scenario, *, means: str = ALL, lang: str = "en") -> Path:
    """Write `coverage.html`, `coverage.csv`, `watched.csv`, `gaps.csv` and the figures into a folder.

    Returns the path of the page. Raises ValueError for a group of looks or a language that there is not, OSError if the folder
    cannot be written.
    """
    catalogue = words(lang)
    seen = seen_of(study, cells, scenario, means=means)
    drawn = coverage_figures(seen, catalogue)
    page = render(seen, drawn, catalogue)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for figure in drawn.values():
        put(folder / "figures" / f"{figure.name}.svg", figure.svg.encode())
    put(folder / "coverage.csv", csv_bytes(law.HEADER, law.table(study)))
    put(folder / "watched.csv", csv_bytes(law.WATCHED_HEADER, law.watched_table(study)))
    put(folder / "gaps.csv", csv_bytes(law.GAP_HEADER, law.gap_table(study)))
    put(folder / "coverage.html", page.encode())
    return folder / "coverage.html"


def render(seen: Seen, drawn: dict[str, Drawn], catalogue: Words) -> str:
    """The page as text."""
    scenario, study = seen.run.scenario, seen.study
    return (
        _environment()
        .get_template("coverage.html.j2")
        .render(
            t=catalogue,
            policy=POLICY,
            title=catalogue("coverage.title", title=scenario.title or scenario.name),
            paragraphs=catalogue(
                "coverage.text",
                days=exact(study.hours / 24),
                n=study.replications,
                depth=exact(DEPTH_KM),
                km=exact(LEAST_KM),
                bin=BIN_H,
                means=seen.means,
            ).split("\n"),
            tables=(by_means(seen, catalogue), by_sector(seen, catalogue)),
            shown=[_shown(one, number) for number, one in enumerate(drawn.values(), start=1)],
        )
    )


def by_sector(seen: Seen, catalogue: Words) -> Table:
    """Figures of the chosen looks by sector, side and convention."""
    rows = [(seen.title(r), side, convention, *_cells(seen.study, r, seen.means, side, convention, catalogue))
            for r in range(len(seen.study.regions)) for side in SIDES for convention in CONVENTIONS]  # fmt: skip
    return Table(catalogue("coverage.by_sector", means=seen.means), _head("sector", catalogue), tuple(rows))


def by_means(seen: Seen, catalogue: Words) -> Table:
    """Figures of the whole line and sea by means, side and convention."""
    last = len(seen.study.regions) - 1
    rows = [(means, side, convention, *_cells(seen.study, last, means, side, convention, catalogue))
            for means in seen.study.means for side in SIDES for convention in CONVENTIONS]  # fmt: skip
    return Table(catalogue("coverage.by_means"), _head("means", catalogue), tuple(rows))


def _head(first: str, catalogue: Words) -> tuple[str, ...]:
    names = (catalogue(f"columns.{c}") for c in (first, "side", "convention"))
    return (*names, *(catalogue(f"coverage.{figure}") for figure in SHOWN))


def _cells(study: Study, region: int, means: str, side: str, convention: str, catalogue: Words) -> Sequence[str]:
    found = (study.estimate(side, means, convention, region, figure).estimate for figure in SHOWN)
    return [with_unit(v, UNITS[f], catalogue) if known(v) else "—" for v, f in zip(found, SHOWN, strict=True)]


# ---- notebooks -----------------------------------------------------------------------------------------------


class Coverage:
    """Coverage of a design: `.table`, `.watched`, `.gaps` as DataFrames, `.figures` by name, `.save(folder)`."""

    def __init__(self, study: Study, cells: Cells, scenario: Scenario, means: str = ALL) -> None:
        self._seen = seen_of(study, cells, scenario, means=means)
        self.study = study

    @property
    def table(self) -> pd.DataFrame:
        """Every figure by sector, means, side and convention, with its noise interval."""
        import pandas as pd

        return pd.DataFrame(list(law.table(self.study)), columns=list(law.HEADER))

    @property
    def watched(self) -> pd.DataFrame:
        """Means watching each sector in each bin of 6 h, by side."""
        import pandas as pd

        return pd.DataFrame(list(law.watched_table(self.study)), columns=list(law.WATCHED_HEADER))

    @property
    def gaps(self) -> pd.DataFrame:
        """Gaps by length in bins of 6 h, by sector, arm, side and convention."""
        import pandas as pd

        return pd.DataFrame(list(law.gap_table(self.study)), columns=list(law.GAP_HEADER))

    @property
    def figures(self) -> dict[str, Drawn]:
        """Pictures by name; a notebook shows each."""
        return coverage_figures(self._seen, words())

    def save(self, folder: Path | str) -> Path:
        """Write the page, the tables and the figures; returns the page."""
        seen = self._seen
        return write_coverage(Path(folder), self.study, seen.cells, seen.run.scenario, means=seen.means)

    def _repr_html_(self) -> str:
        shown = self.table[(self.table["sector"] == ALL) & (self.table["means"] == self._seen.means)]
        wide = shown.pivot(index=["side", "convention"], columns="figure", values="estimate")
        return f"<p>SIMULATED</p>{wide[list(SHOWN)].to_html()}"
