"""The worth of contributions for a notebook: tables of shares, wholes and drills.

A mediator reads here what each contribution brings and what breaks in each drill, with intervals over replications.
"""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiment.contribution_study import Study


class Contributions:
    """A finished study of contributions: `.table`, `.wholes`, `.drills`, `.method`, `.folder`."""

    def __init__(self, found: Study, keep: TemporaryDirectory[str] | None = None) -> None:
        self._found, self._keep = found, keep
        self.folder, self.method = found.path, found.method

    @property
    def table(self) -> pd.DataFrame:
        """One row for each measure and contribution: its share (Shapley) and what is lost without it, with intervals."""
        import pandas as pd

        from sim.experiment.worths import Worth

        return pd.DataFrame(self._found.found.worths, columns=list(Worth._fields))

    @property
    def wholes(self) -> pd.DataFrame:
        """One row for each measure: with all, with nobody, and whether the shares sum to the gain."""
        import pandas as pd

        from sim.experiment.worths import Whole

        frame = pd.DataFrame(self._found.found.wholes, columns=list(Whole._fields))
        frame["holds"] = [one.holds for one in self._found.found.wholes]
        return frame

    @property
    def drills(self) -> pd.DataFrame:
        """One row for each measure and drill: what it changes, with its interval; empty where no drill was asked for."""
        import pandas as pd

        from sim.experiment.worths import Drilled

        return pd.DataFrame(self._found.found.drilled, columns=list(Drilled._fields))

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>SIMULATED. {escape(self.method)}</p>{self.wholes.to_html()}{self.table.to_html()}"
