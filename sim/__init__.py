"""The face of ceasefire-sim for notebooks: load a scenario, run it, compare designs, sweep a grid.

A mediator needs three lines for the common question; everything heavy opens only when it is first used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

    import pandas as pd

    from sim.experiment import design, points
    from sim.experiment.ranking import Choice
    from sim.experiment.run_folder import Finished
    from sim.report.studies import Frontier, Sensitivity
    from sim.scenario.scenario import Scenario

__all__ = [
    "Comparison", "Design", "Run", "Sweep", "compare", "coverage", "frontier", "load", "run", "sensitivity", "sweep", "theory",
]  # fmt: skip
__all__ = ["Comparison", "Design", "Run", "Sweep", "compare", "contributions", "coverage", "load", "run", "sweep", "theory"]


def __getattr__(name: str) -> Any:
    """`sim.theory`: the closed forms, opened on first use."""
    if name == "theory":
        from sim.measure import theory

        return theory
    raise AttributeError(f"module 'sim' has no attribute {name!r}")


class Design:
    """A checked scenario that can be varied; it never changes, `vary` gives a new one."""

    def __init__(self, path: str, values: tuple[tuple[str, str], ...] = (), data: tuple[str, ...] = ()) -> None:
        from sim.scenario.reader import read

        self._path, self._values, self._data = path, values, data
        self._loaded = read(path, overrides=values, data_dirs=data)

    @property
    def scenario(self) -> Scenario:
        """The scenario as checked data."""
        return self._loaded.scenario

    @property
    def name(self) -> str:
        """Name of the scenario, with the values that differ from its file."""
        return ", ".join((self.scenario.name, *(f"{key} = {value}" for key, value in self._values)))

    def vary(self, key: str, value: Any) -> Design:
        """Design with one value changed; raises ScenarioErrors if the scenario may not hold it."""
        return self._with([(key, _toml(value))])

    def _with(self, values: Sequence[tuple[str, str]]) -> Design:
        return Design(self._path, (*self._values, *values), self._data)

    def explain(self, key: str | None = None) -> list[str]:
        """Every value with unit, meaning, origin and source, or those at and below a key."""
        from sim.scenario.explain import explain

        return explain(self._loaded, key)

    def _content(self) -> points.Loaded:
        from sim.experiment.place import digest_of
        from sim.experiment.points import Loaded

        return Loaded(self.scenario, {k: digest_of(f) for k, f in sorted(self._loaded.data_files.items())})

    def _data_dirs(self) -> tuple[Path, ...]:
        from sim.scenario.shipped import shipped

        own = [Path(self._path).resolve().parent] if os.path.exists(self._path) else []
        return (*own, shipped("scenarios"), *(Path(folder).resolve() for folder in self._data))

    def __repr__(self) -> str:
        return f"<Design {self.name}>"


def _toml(value: Any) -> str:
    from sim.scenario.canonical import inline

    return inline(list(value) if isinstance(value, tuple) else value)


def load(path: str | os.PathLike[str], *, data: Sequence[str] = (), **values: Any) -> Design:
    """Load a scenario file or a shipped scenario by name.

    Raises ScenarioErrors with everything that is wrong.
    """
    return Design(os.fspath(path), tuple((key, _toml(value)) for key, value in values.items()), tuple(data))


class Tables(Mapping[str, "pd.DataFrame"]):
    """Tables of a run by name; each is read when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        import pandas as pd

        if name not in iter(self):
            raise KeyError(f"{name}: the tables are {', '.join(self)}")
        if name not in self._read:
            self._read[name] = pd.read_csv(self._folder / f"{name}.csv", keep_default_na=False, na_values={})
            frame = self._read[name]
            for column in frame.columns[frame.columns.str.endswith("_h")]:
                frame[column] = pd.to_numeric(frame[column])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        from sim.experiment.machinery import columns

        return iter(columns())

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Figures:
    """Figures of a run: `figures.funnel()` and the others that `dir(run.figures)` lists."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __dir__(self) -> list[str]:
        return sorted(p.stem for p in (self._folder / "figures").glob("*.svg"))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in dir(self):
            raise AttributeError(f"no figure {name}: there are {', '.join(dir(self))}")
        return lambda: Picture((self._folder / "figures" / f"{name}.svg").read_text(encoding="utf-8"))


class Picture:
    """A figure that a notebook shows."""

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def _repr_svg_(self) -> str:
        return self.svg


class Run:
    """A finished run: `.summary`, `.tables[...]`, `.figures`, `.findings`, `.folder`."""

    def __init__(self, finished: Finished, keep: TemporaryDirectory[str] | None = None) -> None:
        self._finished, self._keep = finished, keep
        self.folder = finished.path
        self.tables = Tables(self.folder)
        self.figures = Figures(self.folder)

    @property
    def findings(self) -> list[str]:
        """Findings in sentences, with what was not computed."""
        return [*self._finished.summary["findings"], self._finished.summary["range"]]

    @property
    def summary(self) -> pd.DataFrame:
        """One row for each measure and group, with noise interval, replications and reason."""
        import pandas as pd

        text = {"measure": str, "by": str, "group": str, "unit": str, "reason": str}
        frame = pd.read_csv(self.folder / "summary.csv", dtype=text)
        return frame.fillna(dict.fromkeys(text, ""))

    def _repr_html_(self) -> str:
        from html import escape

        whole = self.summary
        shown = whole[whole["by"] == "all"].set_index("measure")
        table = shown[["unit", "estimate", "noise_low", "noise_high", "replications", "reason"]].to_html()
        said = "".join(f"<p>{escape(text)}</p>" for text in self.findings)
        return f"<p>SIMULATED</p>{said}{table}<p>{escape(self._finished.summary['caveat'])}</p>"

    def __repr__(self) -> str:
        return f"<Run of {self._finished.replications} replications in {self.folder}>"


def _luck(base: Design, seed: int | None, seeds: str | None, replications: int | None) -> tuple[int, int]:
    root, count = base.scenario.study.seed, base.scenario.study.replications
    if seeds is not None:
        from sim.experiment.seeds import seed_set

        _, root, count = seed_set(seeds)
    return root if seed is None else seed, count if replications is None else replications


def run(
    base: Design | str,
    *,
    replications: int | None = None,
    seed: int | None = None,
    seeds: str | None = None,
    workers: int = 1,
    out: str | os.PathLike[str] | None = None,
    cache: str | os.PathLike[str] | None = None,
    report: bool = True,
    precision: str | None = None,
    inputs: int = 0,
    dask: str | None = None,
) -> Run:
    """Run a design; in a temporary folder that goes with the result, unless `out` names one.

    Raises ScenarioErrors, or a Refusal if the folder cannot be used.
    """
    from tempfile import TemporaryDirectory

    from sim.experiment.machinery import real
    from sim.experiment.precision import MOST, target
    from sim.experiment.run_folder import Plan
    from sim.experiment.run_folder import run as run_plan

    one = load(base) if isinstance(base, str) else base
    root, count = _luck(one, seed, seeds, replications)
    machinery = real()
    asked = None if precision is None else target(precision, machinery.catalogue())
    if asked is not None and replications is None:
        count = MOST
    keep = TemporaryDirectory(prefix="ceasefire-run-") if out is None else None
    path = Path(keep.name) / "run" if keep else Path(os.fspath(out or ""))
    content = one._content()
    plan = Plan(
        content.scenario,
        machinery,
        root,
        count,
        path,
        workers,
        one._data_dirs(),
        Path(cache) if cache else None,
        report=_report if report else None,
        digests=content.digests,
        precision=asked,
        dask=dask,
        inputs=inputs,
        read=lambda values: one._with(values)._content(),
    )
    return Run(run_plan(plan), keep)


def _report(path: Path) -> object:
    from sim.report.document import write_report

    return write_report(path)


class Comparison:
    """One design against another, or several against the first: `.table` with every measure, `.choice` of the best."""

    def __init__(self, found: Sequence[design.Comparison], choice: Choice | None = None) -> None:
        self._found, self.choice = found, choice

    @property
    def table(self) -> pd.DataFrame:
        """B less A for each measure, with noise interval, whether it is clear, and the gain from pairing.

        Of several designs each has rows of its own, under its name, and the intervals of a measure hold for all together.
        """
        import pandas as pd

        from sim.experiment.design import verdict
        from sim.experiment.summary import Difference

        rows = [(one.b, *row, verdict(row)) for one in self._found for row in one.rows]
        frame = pd.DataFrame(rows, columns=["design", *Difference._fields, "verdict"])
        if len(self._found) > 1:
            return frame.set_index(["design", "measure"])
        return frame.drop(columns="design").set_index("measure")

    def _repr_html_(self) -> str:
        from html import escape

        others = "; ".join(one.b for one in self._found)
        said = [f"SIMULATED. A = {self._found[0].a}, B = {others}"]
        if len(self._found) > 1:
            said.append(f"The intervals of a measure hold for all {len(self._found)} comparisons together.")
        said += [self.choice.told] if self.choice else []
        return "".join(f"<p>{escape(text)}</p>" for text in said) + self.table.to_html()

    def __repr__(self) -> str:
        return f"<Comparison of {'; '.join(one.b for one in self._found)} with {self._found[0].a}>"


def compare(
    base: Design | str,
    *others: Design | str,
    seeds: str | None = None,
    replications: int | None = None,
    seed: int | None = None,
    workers: int = 1,
    inputs: int = 0,
    best: str | None = None,
    least: bool = False,
) -> Comparison:
    """Run designs with the same luck and give the paired difference of each of the others from the first, in every measure.

    `best`, such as `2pp:verified_share`, also chooses the design with the greatest (`least`: the smallest) value, with that gap
    as indifference zone. Raises ValueError without a second design, BadUsage for a measure that no choice can be made by.
    """
    from sim.experiment import design, ranking
    from sim.experiment.machinery import catalogue
    from sim.experiment.precision import target
    from sim.experiment.run_folder import read_back
    from sim.experiment.sampled_worlds import paired_worlds

    every = [load(one) if isinstance(one, str) else one for one in (base, *others)]
    if not others:
        raise ValueError(f"compare needs a second design beside {every[0].name}")
    known = catalogue()
    asked = None if best is None else target(best, known)
    root, count = _luck(every[0], seed, seeds, replications)
    runs = [run(one, replications=count, seed=root, workers=workers, report=False, inputs=inputs) for one in every]
    sides = [(one.name, *read_back(done.folder)[1:]) for one, done in zip(every, runs, strict=True)]
    outcomes = [side[1] for side in sides]
    found = [
        design.compare(sides[0], side, known, paired_worlds(runs[0].folder, done.folder))
        for side, done in zip(sides[1:], runs[1:], strict=True)
    ]
    choice = None
    if asked is not None:
        choice = ranking.choose([side[0] for side in sides], outcomes, asked, known[asked.measure], least=least)
    return Comparison(ranking.together(found, outcomes, known), choice)


def coverage(base: Design | str, *, replications: int = 5, seed: int | None = None, means: str = "all") -> Any:
    """Coverage of a design: `.table` by sector, means, side and convention, `.watched`, `.gaps`, `.figures`, `.save(folder)`.

    Raises ScenarioErrors, or a Refusal where the line is shorter than 20 km; ValueError for looks that the design has not.
    """
    from sim.experiment.coverage import study
    from sim.experiment.machinery import real
    from sim.report.coverage_page import Coverage

    one = load(base) if isinstance(base, str) else base
    prepared = real().prepare(one.scenario, data_dirs=one._data_dirs())
    root = one.scenario.study.seed if seed is None else seed
    return Coverage(study(prepared, seed=root, replications=replications), prepared.cells, one.scenario, means)


def contributions(base: Design | str, *, measures: Sequence[str] = ("posture_in_time_share",), pairs: int = 4,
                  drills: bool = False, replications: int | None = None, seed: int | None = None, seeds: str | None = None,
                  workers: int = 1, out: str | os.PathLike[str] | None = None) -> Any:
    """What each contribution is worth to measures (`.table`, `.wholes`), and what breaks in each drill (`.drills`).

    Raises ValueError for a measure that is not known, ScenarioErrors, or a Refusal where nobody contributes.
    """
    from tempfile import TemporaryDirectory

    from sim.experiment.contribution_study import StudyPlan, study
    from sim.experiment.contributions import Asked, measures_known
    from sim.experiment.drills import drills_of
    from sim.report.valued import Contributions

    known = measures_known()
    for name in measures:
        if name not in known:
            raise ValueError(f"measures = {name!r}: no such measure; there are {', '.join(known)}")
    one = load(base) if isinstance(base, str) else base
    root, count = _luck(one, seed, seeds, replications)
    keep = TemporaryDirectory(prefix="ceasefire-contributions-") if out is None else None
    path = Path(keep.name) / "study" if keep else Path(os.fspath(out or ""))
    content = one._content()
    asked = Asked(tuple(measures), pairs, True, drills_of(content.scenario) if drills else ())
    plan = StudyPlan(content.scenario, dict(content.digests), root, count, asked, path, workers, one._data_dirs())
    return Contributions(study(plan), keep)


class Sweep:
    """A finished sweep: `.table`, one row for each point and measure; `.heatmap(measure)` for two keys."""

    def __init__(self, found: design.Sweep, keep: TemporaryDirectory[str] | None = None) -> None:
        self._found, self._keep = found, keep

    @property
    def table(self) -> pd.DataFrame:
        """One row for each point and measure."""
        import pandas as pd

        return pd.read_csv(self._found.path / "sweep.csv")

    def heatmap(self, measure: str) -> Any:
        """One measure over the two keys, for a notebook."""
        return heatmap_of(self._found, measure)

    def _repr_html_(self) -> str:
        return f"<p>SIMULATED</p>{self.table.head(200).to_html()}"


def heatmap_of(found: design.Sweep, measure: str) -> Any:
    """Heat map of one measure over the two keys of a sweep.

    Raises ValueError unless there are two keys and the measure is known.
    """
    import pandas as pd

    from sim.experiment.design import plain
    from sim.report.figures import heatmap
    from sim.report.languages import words

    if len(found.axes) != 2:
        raise ValueError(f"a heat map needs two keys, this sweep has {len(found.axes)}")
    keys = [axis.key for axis in found.axes]
    rows, units, n = [], {}, 0
    for point, lines in found.estimates:
        line = {x.measure: x for x in lines}.get(measure)
        if line is None:
            raise ValueError(f"{measure}: no such measure; there are {', '.join(x.measure for x in lines)}")
        rows.append([*(plain(dict(point.values)[key]) for key in keys), line.estimate])
        units[measure], n = line.unit, max(n, line.replications)
    frame = pd.DataFrame(rows, columns=[*keys, measure]).astype({measure: float})
    return heatmap(frame, keys[0], keys[1], measure, words=words("en"), unit=units[measure], replications=n)


def sweep(
    base: Design | str,
    grid: Mapping[str, Sequence[Any]],
    *,
    replications: int | None = None,
    seed: int | None = None,
    seeds: str | None = None,
    workers: int = 1,
    out: str | os.PathLike[str] | None = None,
    dask: str | None = None,
    design: str = "grid",
    points: int = 64,
    point_s: float | None = None,
    point_mb: int | None = None,
) -> Sweep:
    """Run a set of designs: each key with its values, or, for `lhs` and `sobol`, with the two ends of its range.

    A point that takes more than `point_s` seconds of processor time or `point_mb` megabytes is ended and counted as such in
    the columns `capped`, `failed` and `status` of the table.
    """
    from tempfile import TemporaryDirectory

    from sim.experiment.design import SweepPlan
    from sim.experiment.design import sweep as run_sweep
    from sim.experiment.limits import Limits
    from sim.experiment.machinery import real

    one = load(base) if isinstance(base, str) else base
    root, count = _luck(one, seed, seeds, replications)
    chosen = _spread(grid, design, points)
    keep, path = _place(out)
    with TemporaryDirectory(prefix="ceasefire-") as spare:
        plan = SweepPlan(
            one._content(),
            lambda values: one._with(values)._content(),
            chosen.axes,
            chosen.points,
            real(),
            root,
            count,
            path,
            workers,
            one._data_dirs(),
            Path(spare),
            dask=dask,
            check="axes" if design == "grid" else "some",
            limits=Limits(point_s, point_mb),
        )
        return Sweep(run_sweep(plan), keep)


def _axes(grid: Mapping[str, Sequence[Any]]) -> list[Any]:
    from sim.experiment.grid import Axis

    return [Axis(key, tuple(_toml(value) for value in values)) for key, values in grid.items()]


def _spread(grid: Mapping[str, Sequence[Any]], design: str, points: int) -> Any:
    from sim.experiment.sampling import DESIGNS, as_range, spread

    if design not in DESIGNS:
        raise ValueError(f"design = {design!r}: must be one of {', '.join(DESIGNS)}")
    axes = _axes(grid)
    return spread(axes if design == "grid" else [as_range(a) for a in axes], design, points)


def _place(out: str | os.PathLike[str] | None) -> tuple[TemporaryDirectory[str] | None, Path]:
    """Where a study is written: a temporary folder that goes with the result, unless one is named."""
    from tempfile import TemporaryDirectory

    keep = TemporaryDirectory(prefix="ceasefire-study-") if out is None else None
    return keep, Path(keep.name) / "study" if keep else Path(os.fspath(out or ""))


def _labour(one: Design, seed: int, count: int, workers: int, dask: str | None, spare: str, limits: Any) -> points.Labour:
    from sim.experiment.machinery import real
    from sim.experiment.points import Labour

    read = lambda values: one._with(values)._content()  # noqa: E731
    return Labour(read, real(), seed, count, workers, one._data_dirs(), Path(spare), dask=dask, limits=limits)


def sensitivity(
    base: Design | str,
    ranges: Mapping[str, Sequence[Any]] | None = None,
    *,
    measure: str | None = None,
    method: str = "morris",
    only: str = "",
    rows: int | None = None,
    replications: int | None = None,
    seed: int | None = None,
    seeds: str | None = None,
    workers: int = 1,
    out: str | os.PathLike[str] | None = None,
    dask: str | None = None,
    point_s: float | None = None,
    point_mb: int | None = None,
) -> Sensitivity:
    """Rank what moves a measure most: the assumptions of grade C and D over their stated ranges, or keys with two ends each.

    Rows are added until the ranking stands still, at most `rows`. Raises ScenarioErrors, BadUsage naming the value that cannot
    be asked for, or another Refusal if the folder cannot be used.
    """
    from tempfile import TemporaryDirectory

    from sim.experiment import exploring, factors
    from sim.experiment import sensitivity as law
    from sim.experiment.limits import Limits
    from sim.experiment.precision import MEASURE
    from sim.report.studies import Sensitivity

    if method not in exploring.METHODS:
        raise ValueError(f"method = {method!r}: must be one of {', '.join(exploring.METHODS)}")
    one = load(base) if isinstance(base, str) else base
    root, count = _luck(one, seed, seeds, law.REPLICATIONS if replications is None and seeds is None else replications)
    found = factors.of_axes(_axes(ranges)) if ranges else factors.of_assumptions(one.scenario, only=tuple(only.split(",")))
    keep, path = _place(out)
    with TemporaryDirectory(prefix="ceasefire-") as spare:
        labour = _labour(one, root, count, workers, dask, spare, Limits(point_s, point_mb))
        plan = law.SensitivityPlan(
            one._content(), found, method, measure or MEASURE, rows or exploring.MOST[method], labour, path
        )
        return Sensitivity(law.sensitivity(plan), keep)


def frontier(
    base: Design | str,
    levers: Mapping[str, Sequence[Any]],
    *,
    measures: Sequence[str] = (),
    budget_meur: float | None = None,
    replications: int | None = None,
    seed: int | None = None,
    seeds: str | None = None,
    workers: int = 1,
    out: str | os.PathLike[str] | None = None,
    dask: str | None = None,
    design: str = "grid",
    points: int = 64,
    point_s: float | None = None,
    point_mb: int | None = None,
) -> Frontier:
    """Set what mixtures of levers give against what they cost a year; prices of the library where the scenario states none.

    Raises ScenarioErrors, BadUsage for a measure that there is not, or another Refusal if the folder cannot be used.
    """
    from tempfile import TemporaryDirectory

    from sim.experiment import frontier as law
    from sim.experiment.limits import Limits
    from sim.experiment.precision import MEASURE
    from sim.report.studies import Frontier

    one = load(base) if isinstance(base, str) else base
    if one.scenario.study.costs is None:
        one = one._with([("include", "@library/costs.toml")])
    root, count = _luck(one, seed, seeds, replications)
    chosen = _spread(levers, design, points)
    keep, path = _place(out)
    budget = None if budget_meur is None else budget_meur * 1e6
    bought = list(measures) or [MEASURE]
    with TemporaryDirectory(prefix="ceasefire-") as spare:
        labour = _labour(one, root, count, workers, dask, spare, Limits(point_s, point_mb))
        plan = law.FrontierPlan(one._content(), chosen.axes, chosen.points, bought, budget, labour, path)
        return Frontier(law.frontier(plan), keep)
