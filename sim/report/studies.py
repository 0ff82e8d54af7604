"""What a notebook shows of a ranking of inputs, or of designs against their price: sentences, a table, and the folder.

A mediator reads the sentences first; every number in the tables stands with its interval and its replications.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.experiment.findings import CAVEAT
from sim.experiment.frontier import KINDS
from sim.experiment.frontier import TABLE as MIXTURES
from sim.experiment.sensitivity import TABLE as INPUTS
from sim.experiment.sensitivity import meaning_of
from sim.experiment.tables import STATUS

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

    import pandas as pd

    from sim.experiment import frontier, sensitivity

_HEAD = ("rank", "input", "input_low", "input_high", "figure", "estimate", "low", "high")


class Sensitivity:
    """A finished ranking of inputs: `.table`, `.ranking`, `.findings`, `.stable`, `.folder`."""

    def __init__(self, found: sensitivity.Sensitivity, keep: TemporaryDirectory[str] | None = None) -> None:
        self._keep, self.summary, self.folder = keep, found.summary, found.path

    @property
    def table(self) -> pd.DataFrame:
        """One row for each measure, input and figure, with its interval, rows and replications."""
        return _read(self.folder / INPUTS)

    @property
    def ranking(self) -> pd.DataFrame:
        """Inputs by their rank for the measure that was asked for, one row for each figure."""
        whole = self.table
        mine: pd.DataFrame = whole.loc[whole["measure"] == self.summary["measure"], list(_HEAD)].reset_index(drop=True)
        return mine

    @property
    def findings(self) -> list[str]:
        """What the study says, and what it had to leave out."""
        return [*self.summary["told"], *_left_out(self.summary)]

    @property
    def stable(self) -> bool:
        """Whether the ranking stood still at the last two sizes."""
        return bool(self.summary["stable"])

    def _repr_html_(self) -> str:
        return _html(self.findings, [self.ranking.to_html(index=False)], meaning_of(self.summary["method"]))

    def __repr__(self) -> str:
        return f"<Sensitivity of {self.summary['measure']} to {len(self.summary['inputs'])} inputs in {self.folder}>"


class Frontier:
    """Designs against their price: `.table` of all mixtures, `.best` on the frontier, `.kinds`, `.findings`, `.folder`."""

    def __init__(self, found: frontier.Frontier, keep: TemporaryDirectory[str] | None = None) -> None:
        self._keep, self.summary, self.folder = keep, found.summary, found.path

    @property
    def table(self) -> pd.DataFrame:
        """One row for each mixture: levers, price and measures with intervals, and its place."""
        return _read(self.folder / MIXTURES)

    @property
    def best(self) -> pd.DataFrame:
        """Mixtures on the frontier, the cheapest first."""
        whole = self.table
        return whole[whole["place"] == "frontier"].sort_values("cost_eur_year", kind="stable").reset_index(drop=True)

    @property
    def kinds(self) -> pd.DataFrame:
        """For each kind and grade the cheapest mixture that reaches it in its worst side and month."""
        return _read(self.folder / KINDS)

    @property
    def findings(self) -> list[str]:
        """What the study says, and what it had to leave out."""
        return [*self.summary["told"], *_left_out(self.summary)]

    def _repr_html_(self) -> str:
        return _html(self.findings, [self.best.to_html(index=False), self.kinds.to_html(index=False)])

    def __repr__(self) -> str:
        return f"<Frontier of {self.summary['mixtures']} mixtures in {self.folder}>"


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd

    frame: pd.DataFrame = pd.read_csv(path)
    return frame


def _left_out(summary: dict[str, Any]) -> list[str]:
    if not summary["capped"] and not summary["failed"]:
        return []
    return [f"Left out: {summary['capped']} replications over a limit, {summary['failed']} given up."]


def _html(said: Sequence[str], shown: Sequence[str], notes: Sequence[str] = ()) -> str:
    text = [f"<p>{escape(one)}</p>" for one in (STATUS, *said)]
    return "".join((*text, *shown, *(f"<p>{escape(one)}</p>" for one in (*notes, CAVEAT))))
