"""What the verbs of the command line do, once their options are known to be sound.

A mediator's call ends with results on the screen and in a folder, or with one clear reason why not.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sim.cli import screen
from sim.cli.options import pair
from sim.experiment.limits import Limits
from sim.experiment.refusals import BadInput, BadPlace, BadUsage, LimitReached

if TYPE_CHECKING:
    from sim.experiment.design import Comparison, Sweep
    from sim.experiment.journal import Outcome
    from sim.experiment.points import Labour
    from sim.experiment.ranking import Choice
    from sim.experiment.robustness import Robust
    from sim.experiment.run_folder import Finished
    from sim.scenario.reader import Loaded

T = TypeVar("T")
RUNS = Path("runs")
MOST = 1000
"""Most replications of a run that goes on until a precision is reached, unless --replications says otherwise."""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Asked(NamedTuple):
    """Options that run, compare and sweep share."""

    sets: Sequence[str] = ()
    seed: int | None = None
    seeds: str | None = None
    replications: int | None = None
    workers: int | None = None
    out: str | None = None
    cache: str | None = None
    force: bool = False
    keep_rows: int | None = None
    data: Sequence[str] = ()
    json: bool = False
    quiet: bool = False
    precision: str | None = None
    inputs: int = 0
    dask: str | None = None
    best: str | None = None
    least: bool = False
    limits: Limits = Limits()


# ---- what is read --------------------------------------------------------------------------------------


def checked_files(files: Sequence[str]) -> None:
    """Refuse what is no scenario file, and the same file twice, before anything is read."""
    seen: dict[str, str] = {}
    for name in files:
        if name == "-":
            raise BadUsage("-: a scenario is read from a file, not from standard input")
        real = os.path.realpath(name.split("\0")[0])
        if real in seen:
            raise BadUsage(f"{name}: the same scenario is given twice (also as {seen[real]})")
        seen[real] = name
        try:
            mode = os.stat(real).st_mode
        except OSError:
            continue
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            raise BadUsage(f"{name}: a scenario is a regular file, not a pipe or a socket")


def load(name: str, sets: Sequence[str] = (), data: Sequence[str] = (), *, to_run: bool = True) -> Loaded:
    """Read and check a scenario."""
    from sim.scenario.reader import read

    for folder in data:
        if not os.path.isdir(folder):
            raise BadInput(f"--data {folder}: is not a folder")
    return read(name, overrides=[pair(one) for one in sets], data_dirs=data, absent_data="error" if to_run else "remark")


def digests_of(loaded: Loaded) -> dict[str, str]:
    """Digests of the data files that a scenario names."""
    from sim.experiment.place import digest_of

    return {key: digest_of(file) for key, file in sorted(loaded.data_files.items())}


def data_dirs(name: str, data: Sequence[str]) -> tuple[Path, ...]:
    """Folders in which the engine looks for data files: beside the scenario, and those named."""
    from sim.scenario.shipped import shipped

    own = [Path(name).resolve().parent] if os.path.exists(name) else []
    return (*own, shipped("scenarios"), *(Path(folder).resolve() for folder in data))


def luck(asked: Asked, loaded: Loaded) -> tuple[int, int]:
    """Root seed and number of replications: from the command, a seed set, or the scenario."""
    seed, count = loaded.scenario.study.seed, loaded.scenario.study.replications
    if asked.seeds is not None:
        from sim.experiment.seeds import seed_set

        if asked.seed is not None:
            raise BadUsage("--seeds and --seed exclude one another: a seed set holds its own seed")
        _, seed, count = seed_set(asked.seeds)
    count = MOST if asked.precision is not None else count
    return (
        asked.seed if asked.seed is not None else seed,
        asked.replications if asked.replications is not None else count,
    )


# ---- run -----------------------------------------------------------------------------------------------


def one_thread() -> None:
    """One thread for linear algebra, before numpy opens: results must not depend on the number of cores."""
    if "numpy" not in sys.modules:
        os.environ.update(dict.fromkeys(_THREADS, "1"))


def run_files(files: Sequence[str], asked: Asked) -> list[Finished]:
    """Run scenarios one after the other, each in its own folder; all are read before the first is run."""
    one_thread()
    checked_files(files)
    loaded = [load(name, asked.sets, asked.data) for name in files]
    names = [one.scenario.name for one in loaded]
    twice = next((n for i, n in enumerate(names) if n in names[:i]), None)
    if twice is not None and asked.out is not None:
        raise BadUsage(f"two scenarios are called {twice}: both would be written to {Path(asked.out) / twice}")
    every = [luck(asked, one) for one in loaded]
    several = len(files) > 1
    return [
        _run(name, one, seed, count, asked, several=several)
        for name, one, (seed, count) in zip(files, loaded, every, strict=True)
    ]


def _run(name: str, loaded: Loaded, seed: int, count: int, asked: Asked, *, several: bool) -> Finished:
    from sim.experiment.identity import identify
    from sim.experiment.machinery import real
    from sim.experiment.precision import target
    from sim.experiment.run_folder import Plan, run
    from sim.experiment.tables import ROW_LIMIT

    machinery = real()
    precision = None if asked.precision is None else target(asked.precision, machinery.catalogue())
    scenario, digests = loaded.scenario, digests_of(loaded)
    if asked.out is None:
        path = RUNS / identify(scenario, seed=seed, digests=digests).folder
    else:
        path = Path(asked.out) / scenario.name if several else Path(asked.out)
    rows = ROW_LIMIT if asked.keep_rows is None else asked.keep_rows or None
    with screen.progress(scenario.name, quiet=asked.quiet) as tell:
        plan = Plan(
            scenario,
            machinery,
            seed,
            count,
            path,
            asked.workers,
            data_dirs(name, asked.data),
            _cache(asked),
            asked.force,
            rows,
            reporter(),
            digests,
            tell,
            precision,
            _dask(asked),
            asked.inputs,
            reader(name, asked),
        )
        return given(lambda: run(plan))


def labour(file: str, asked: Asked, seed: int, count: int, spare: Path, tell: Any) -> Labour:
    """What all points of an experiment over a scenario share; `spare` keeps passes if no --cache was given."""
    from sim.experiment.machinery import real
    from sim.experiment.points import Labour

    read, cache = reader(file, asked), _cache(asked) or spare
    limits = asked.limits
    return Labour(read, real(), seed, count, asked.workers, data_dirs(file, asked.data), cache, tell, _dask(asked), limits)


def _dask(asked: Asked) -> str | None:
    if asked.dask is None:
        return None
    from sim.experiment.cluster import address

    return address(asked.dask)


def reader(file: str, asked: Asked) -> Callable[[Sequence[tuple[str, str]]], Any]:
    """Function that reads a scenario with further values laid on it."""
    from sim.experiment.place import digest_of
    from sim.experiment.points import Loaded
    from sim.scenario.reader import Base

    base, fixed = Base(file), [pair(one) for one in asked.sets]
    known: dict[Path, str] = {}

    def digest(path: Path) -> str:
        if path not in known:
            known[path] = digest_of(path)
        return known[path]

    def read(values: Sequence[tuple[str, str]]) -> Loaded:
        one = base.read([*fixed, *values], asked.data, origins=False)
        return Loaded(one.scenario, {key: digest(path) for key, path in sorted(one.data_files.items())})

    return read


def _cache(asked: Asked) -> Path | None:
    if asked.cache is None:
        return None
    try:
        os.makedirs(asked.cache, exist_ok=True)
    except OSError as error:
        raise BadPlace(f"--cache {asked.cache}: {error.strerror}") from None
    return Path(asked.cache)


def given(work: Callable[[], T]) -> T:
    """Do the work; what the engine refuses by a declared limit or for its input is told as such."""
    try:
        return work()
    except ValueError as error:
        name, module = type(error).__name__, type(error).__module__
        if name == "ScenarioErrors" or not module.startswith("sim."):
            raise
        raise (LimitReached if name.startswith("TooMany") else BadInput)(str(error)) from None


def reporter(lang: str = "en") -> Callable[[Path], object]:
    """Function that writes the report of a run folder."""

    def write(path: Path) -> object:
        from sim.report.document import write_report

        return write_report(path, lang=lang)

    return write


def show_runs(found: Sequence[Finished], asked: Asked) -> int:
    """Findings of each run; the worst exit code."""
    if asked.json:
        screen.say_json(screen.run_document(found))
    elif not asked.quiet:
        for number, one in enumerate(found):
            for line in ([""] if number else []) + screen.findings_screen(one):
                screen.say(line)
    return max(one.code for one in found)


# ---- compare -------------------------------------------------------------------------------------------

Side = tuple[str, "list[Outcome]", dict[str, str]]


class Compared(NamedTuple):
    """Comparisons with the first design, and the best of all if that was asked."""

    found: list[Comparison]
    choice: Choice | None = None
    robust: Sequence[Robust] = ()
    """How far they hold over the sampled worlds, where there are some."""

    @property
    def code(self) -> int:
        """Exit code: 4 if the choice would take more replications than were allowed."""
        return LimitReached.code if self.choice is not None and not self.choice.kept else 0


def compare_all(names: Sequence[str], asked: Asked) -> Compared:
    """Compare the first with each of the others: run folders as they are, scenarios after running them."""
    from sim.experiment.design import compare
    from sim.experiment.machinery import catalogue
    from sim.experiment.precision import target
    from sim.experiment.ranking import choose, together
    from sim.experiment.robustness import robustness
    from sim.experiment.sampled_worlds import paired_worlds

    one_thread()
    if len(names) < 2:
        raise BadUsage(f"compare needs at least two scenarios or run folders, not only {' '.join(names) or 'none'}")
    checked_files(names)
    best = None if asked.best is None else target(asked.best, catalogue())
    folders = _folders(names, asked)
    sides = [_side(name, folder) for name, folder in zip(names, folders, strict=True)]
    if best is not None:
        entry, files = catalogue()[best.measure], all(not os.path.isdir(name) for name in names)
        first = choose(names, [side[1] for side in sides], best, entry, least=asked.least)
        if files and not first.kept and first.replications < MOST:  # two stages: now as many as the promise takes
            folders = _folders(names, asked._replace(replications=min(first.needed, MOST), force=False))
            sides = [_side(name, folder) for name, folder in zip(names, folders, strict=True)]
    labels = [side[0] for side in sides]
    if len(dict.fromkeys(labels)) < len(labels):
        sides = [(name, *side[1:]) for name, side in zip(names, sides, strict=True)]
    found = [
        compare(sides[0], other, catalogue(), paired_worlds(folders[0], folder))
        for other, folder in zip(sides[1:], folders[1:], strict=True)
    ]
    outcomes = [side[1] for side in sides]
    found = together(found, outcomes, catalogue())
    choice = None
    if best is not None:
        choice = choose([side[0] for side in sides], outcomes, best, catalogue()[best.measure], least=asked.least)
    robust = [
        row
        for one, folder in zip(found, folders[1:], strict=True)
        for row in robustness(folders[0], folder, (one.a, one.b), one.rows, catalogue())
    ]
    compared = Compared(found, choice, robust)
    if asked.out is not None:
        _write_comparison(Path(asked.out), compared)
    return compared


def _folders(names: Sequence[str], asked: Asked) -> list[Path]:
    files = [name for name in names if not os.path.isdir(name)]
    if asked.out is not None:
        _free_for_comparison(Path(asked.out))
    nested = asked._replace(out=None) if asked.out is None else asked
    found = dict(zip(files, _run_each(files, nested), strict=True)) if files else {}
    return [Path(name) if os.path.isdir(name) else found[name].path for name in names]


def _run_each(files: Sequence[str], asked: Asked) -> list[Finished]:
    """Scenarios in DIR/NAME even if there is but one."""
    if len(files) > 1 or asked.out is None:
        return run_files(files, asked)
    name = load(files[0], asked.sets, asked.data).scenario.name
    return run_files(files, asked._replace(out=str(Path(asked.out) / name)))


def _side(name: str, folder: Path) -> Side:
    from sim.experiment.run_folder import read_back

    finished, outcomes, about = read_back(folder)
    return str(finished.summary["name"]), outcomes, about


def _free_for_comparison(path: Path) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        raise BadPlace(f"--out {path}: is not a folder")
    inside = sorted(os.listdir(path))
    if inside and "compare.csv" not in inside and not all((path / n / "journal.sqlite").exists() for n in inside):
        raise BadPlace(f"--out {path}: holds other files ({inside[0]}, …) (--resume is for a folder of ours)")


def _write_comparison(path: Path, found: Compared) -> None:
    from sim.experiment.design import comparison_bytes
    from sim.experiment.place import fault_of
    from sim.experiment.robustness import robustness_bytes
    from sim.experiment.run_folder import as_json
    from sim.experiment.tables import put

    with fault_of(path):
        path.mkdir(parents=True, exist_ok=True)
        put(path / "compare.csv", comparison_bytes(found.found))
        if found.robust:
            put(path / "robustness.csv", robustness_bytes(found.robust))
        put(path / "compare.json", as_json(screen.comparison_document(found)))


# ---- sweep ---------------------------------------------------------------------------------------------

HEAT = ("power_median", "significant_confirmed_in_time_share", "verified_share", "detected_share")


class SweepAsked(NamedTuple):
    """Options of a sweep: keys with values, design, number of points, table of points."""

    vary: Sequence[str] = ()
    design: str | None = None
    points: int | None = None
    csv: str | None = None
    dry_run: bool = False
    max_points: int | None = None


def sweep_file(file: str, what: SweepAsked, asked: Asked) -> Sweep | None:
    """Run a set of designs; its size and cost are said first, with `dry_run` nothing else is done."""
    one_thread()
    checked_files([file])
    base = load(file, asked.sets, asked.data)
    seed, count = luck(asked, base)
    number, make = points_of(file, base, what)
    if what.dry_run:
        _say_size(base, number, count, asked)
        make()
        return None
    axes, points = make()
    if not asked.quiet:
        screen.warn(size_of(base, len(points), count))
    study = base.scenario.study
    listed = what.csv or (study.points_file and not what.vary)
    check = "points" if listed else "axes" if (what.design or study.design) == "grid" else "some"
    return _sweep(file, base, axes, points, seed, count, asked, check)


def points_of(file: str, base: Loaded, what: SweepAsked) -> tuple[int, Callable[[], Any]]:
    """Number of points, and the function that makes them."""
    from sim.experiment.grid import MAX_POINTS, axes_of
    from sim.experiment.sampling import as_range, count_of, from_csv, spread

    study, most = base.scenario.study, what.max_points or MAX_POINTS
    table = what.csv if what.csv or what.vary else _beside(file, study.points_file)
    if table:
        if what.vary or what.design or what.points:
            raise BadUsage("--csv holds all points: it excludes --vary, --design and --points")
        found = from_csv(Path(table), most=most)
        return len(found.points), lambda: found
    axes, design, count = axes_of(what.vary, study.vary), what.design or study.design, what.points or study.points
    if design != "grid" and not what.vary:
        axes = [as_range(one) for one in axes]
    if design == "grid" and what.points:
        raise BadUsage("--points is for --design lhs and sobol; a grid has as many points as it has")
    return count_of(axes, design, count), lambda: spread(axes, design, count, most=most)


def _beside(file: str, name: str) -> str:
    """File of points that a scenario names, in its folder or among the shipped ones; never elsewhere."""
    from sim.scenario.folders import Folders, Refusal
    from sim.scenario.shipped import find_scenario, shipped

    if not name:
        return ""
    own = (Path(file) if os.path.exists(file) else find_scenario(file)).resolve().parent
    target = Folders(own, shipped("scenarios").resolve()).target(name, own)
    if isinstance(target, Refusal):
        raise BadInput(f"study.points_file = {name}: {target.rule}")
    return str(target)


def size_of(base: Loaded, points: int, count: int) -> str:
    """Points, runs and rough time, in words."""
    each = _each_s(base)
    return f"{points} points of {count} replications: {points * count} runs, about {_time(each * points * count)} on one core"


def _each_s(base: Loaded) -> float:
    from sim.scenario.check import run_time_s

    return run_time_s(base) / base.scenario.study.replications


def _say_size(base: Loaded, points: int, count: int, asked: Asked) -> None:
    if asked.json:
        cpu_s = _each_s(base) * points * count
        screen.say_json({"points": points, "replications": count, "runs": points * count, "cpu_s": cpu_s})
        return
    screen.say(f"{size_of(base, points, count)}; nothing was run")


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def _sweep(file: str, base: Loaded, axes: Any, points: Any, seed: int, count: int, asked: Asked, check: str) -> Sweep:
    from tempfile import TemporaryDirectory

    from sim.experiment import design
    from sim.experiment.grid import size
    from sim.experiment.identity import identify
    from sim.experiment.machinery import real
    from sim.experiment.points import Loaded

    read = reader(file, asked)
    whole = Loaded(base.scenario, digests_of(base))
    name = f"sweep-{identify(base.scenario, seed=seed, digests=whole.digests).folder}"
    path = RUNS / name if asked.out is None else Path(asked.out)
    with screen.progress(name, quiet=asked.quiet) as tell, TemporaryDirectory(prefix="ceasefire-") as spare:
        plan = design.SweepPlan(
            whole,
            read,
            axes,
            points,
            real(),
            seed,
            count,
            path,
            asked.workers,
            data_dirs(file, asked.data),
            _cache(asked) or Path(spare),
            asked.force,
            draw_heatmap if len(axes) == 2 and size(axes) == len(points) else None,
            tell,
            _dask(asked),
            check,
            asked.limits,
        )
        return given(lambda: design.sweep(plan))


def heat_measure(found: Sweep) -> str:
    """The first headline measure that differs between points, else the first that has a number at all."""
    values: dict[str, set[float]] = {}
    for _, lines in found.estimates:
        for line in lines:
            if line.estimate is not None:
                values.setdefault(line.measure, set()).add(line.estimate)
    ranked = [*(name for name in HEAT if name in values), *values]
    return next((name for name in ranked if len(values[name]) > 1), next(iter(ranked), HEAT[0]))


def draw_heatmap(path: Path, found: Sweep) -> None:
    """Heat map of a grid of two keys, in the folder of the sweep."""
    import sim

    (path / "figures").mkdir(exist_ok=True)
    drawn = sim.heatmap_of(found, heat_measure(found))
    from sim.experiment.tables import put

    put(path / "figures" / "heatmap.svg", drawn.svg.encode())


def show_sweep(found: Sweep | None, asked: Asked) -> int:
    """The table of a sweep on the screen; its exit code."""
    if found is None:
        return 0
    if asked.json:
        screen.say_json(screen.sweep_document(found))
    elif not asked.quiet:
        for line in screen.sweep_screen(found, heat_measure(found)):
            screen.say(line)
    return found.code
