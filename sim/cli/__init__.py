"""The door: one command with a verb for each question, and an exit code that scripts can trust.

A mediator types `ceasefire run FILE` and reads one screen; `ceasefire VERB --help` shows an example of every
verb.
"""

from __future__ import annotations

import gc
import os
import shlex
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli import options as o
from sim.cli import screen
from sim.experiment.refusals import BadInput, BadPlace, BadUsage, Refusal

HELP = """How well can a ceasefire be checked from drones and satellites, and how fast can a force answer?

Start with: ceasefire run scenarios/technical-means.toml"""
RESUMABLE = ("run", "compare", "sweep", "sensitivity", "frontier", "contributions", "study")
_EPILOG = "Exit codes: 0 done, 2 usage, 3 input, 4 limit, 5 place, 6 integrity, 75 in use, 130 interrupted."

app = typer.Typer(
    help=HELP,
    epilog=_EPILOG,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
    context_settings={"help_option_names": ["--help"]},
)

Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", show_default=False, help="Scenario files, or names of shipped ones."),
]
File = Annotated[str, typer.Argument(metavar="FILE", show_default=False, help="Scenario file, or name of a shipped one.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        screen.say(f"ceasefire-sim {version('ceasefire-sim')}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    pass


@app.command(short_help="Validate scenarios; runs nothing.")
def check(
    files: Files,
    strict: Annotated[bool, typer.Option("--strict", help="A number without a source is an error.")] = False,
    sets: o.Set = [],  # noqa: B006  typer copies it
    data: o.Data = [],  # noqa: B006
    as_json: o.Json = False,
    json_errors: o.JsonErrors = False,
) -> None:
    """Validate scenarios, remark on what may mislead, tell the rough run time; runs nothing.

    \b
    Example: ceasefire check scenarios/technical-means.toml --strict
    """
    from sim.cli.reading import check_files

    raise typer.Exit(check_files(files, sets, data, strict=strict, as_json=as_json, json_errors=json_errors))


@app.command(short_help="Every value: unit, meaning, origin, source.")
def explain(
    file: File,
    key: Annotated[
        str | None,
        typer.Argument(metavar="[KEY]", show_default=False, help="Only this key and those below it."),
    ] = None,
    sets: o.Set = [],  # noqa: B006
    data: o.Data = [],  # noqa: B006
    as_json: o.Json = False,
    json_errors: o.JsonErrors = False,
) -> None:
    """Every value with its unit, meaning, origin, source and grade, one key a line.

    \b
    Example: ceasefire explain scenarios/technical-means.toml verification.staff
    """
    from sim.cli.reading import explain_file

    explain_file(file, key, sets, data, as_json=as_json)


@app.command(short_help="The world alone: acts, regimes, hot spots, sky.")
def truth(
    file: File,
    sets: o.Set = [],  # noqa: B006
    seed: o.Seed = None,
    seeds: o.Seeds = None,
    replications: o.Replications = None,
    out: o.Out = None,
    force: o.Force = False,
    data: o.Data = [],  # noqa: B006
    as_json: o.Json = False,
    json_errors: o.JsonErrors = False,
    quiet: o.Quiet = False,
) -> None:
    """Draw the world alone, seen by no monitor: acts by kind and side, regimes, hot spots, sky and daylight.

    \b
    Example: ceasefire truth scenarios/technical-means.toml --replications 40
    """
    from sim.cli import work
    from sim.cli.truth import show_truth

    asked = work.Asked(sets, seed, seeds, replications, None, out, None, force, None, data, as_json, quiet)
    raise typer.Exit(show_truth(file, asked))


@app.command(short_help="Run a scenario: findings, tables, report.")
def run(
    files: Files,
    sets: o.Set = [],  # noqa: B006
    seed: o.Seed = None,
    seeds: o.Seeds = None,
    replications: o.Replications = None,
    precision: o.Precision = None,
    inputs: o.Inputs = None,
    workers: o.Workers = None,
    dask: o.Dask = None,
    out: o.Out = None,
    cache: o.Cache = None,
    resume: o.Resume = False,
    force: o.Force = False,
    keep_rows: o.KeepRows = None,
    data: o.Data = [],  # noqa: B006
    as_json: o.Json = False,
    json_errors: o.JsonErrors = False,
    quiet: o.Quiet = False,
) -> None:
    """Run replications, print one screen of findings, write a run folder with a report.

    \b
    Example: ceasefire run scenarios/technical-means.toml --replications 40 --out results
    """
    from sim.cli import work

    asked = work.Asked(sets, seed, seeds, replications, workers, out, cache, force, keep_rows, data, as_json, quiet, precision)
    asked = asked._replace(inputs=inputs or 0, dask=dask)
    raise typer.Exit(work.show_runs(work.run_files(files, asked), asked))


@app.command(short_help="Compare designs in pairs that share their luck.")
def compare(
    designs: Annotated[
        list[str],
        typer.Argument(metavar="A B...", show_default=False, help="Scenario files, shipped names or run folders."),
    ],
    sets: o.Set = [],  # noqa: B006
    seed: o.Seed = None,
    seeds: o.Seeds = None,
    replications: o.Replications = None,
    inputs: o.Inputs = None,
    best: o.Best = None,
    least: o.Least = False,
    workers: o.Workers = None,
    dask: o.Dask = None,
    out: o.Out = None,
    cache: o.Cache = None,
    resume: o.Resume = False,
    force: o.Force = False,
    data: o.Data = [],  # noqa: B006
    as_json: o.Json = False,
    json_errors: o.JsonErrors = False,
    quiet: o.Quiet = False,
) -> None:
    """Compare designs in pairs that share their luck: B less A, with its noise interval.

    \b
    Example: ceasefire compare technical-means observers --seeds standard
    """
    from sim.cli import work

    asked = work.Asked(sets, seed, seeds, replications, workers, out, cache, force, None, data, as_json, quiet)
    asked = asked._replace(inputs=inputs or 0, dask=dask, best=best, least=least)
    found = work.compare_all(designs, asked)
    if as_json:
        screen.say_json(screen.comparison_document(found))
    elif not quiet:
        for line in screen.comparisons_screen(found):
            screen.say(line)
    raise typer.Exit(found.code)


@app.command(short_help="Run a grid of designs.")
def sweep(
    file: File,
    vary: o.Vary = [],  # noqa: B006
    design: o.Design = None,
    points: o.Points = None,
    csv: o.Csv = None,
    dry_run: o.DryRun = False,
    max_points: o.MaxPoints = None,
    point_s: o.PointTime = None,
    point_mb: o.PointMemory = None,
    sets: o.Set = [],  # noqa: B006
    seed: o.Seed = None,
    seeds: o.Seeds = None,
    replications: o.Replications = None,
    workers: o.Workers = None,
    dask: o.Dask = None,
    out: o.Out = None,
    cache: o.Cache = None,
    resume: o.Resume = False,
    force: o.Force = False,
    data: o.Data = [],  # noqa: B006
    as_json: o.Json = False,
    json_errors: o.JsonErrors = False,
    quiet: o.Quiet = False,
) -> None:
    """Run a grid of designs: a table of all points, and a heat map for two keys.

    \b
    Example: ceasefire sweep technical-means --vary verification.staff.analysts=6,12,24 --replications 10
    """
    from sim.cli import work
    from sim.experiment.limits import Limits

    asked = work.Asked(sets, seed, seeds, replications, workers, out, cache, force, None, data, as_json, quiet, dask=dask)
    asked = asked._replace(limits=Limits(point_s, point_mb))
    found = work.sweep_file(file, work.SweepAsked(vary, design, points, csv, dry_run, max_points), asked)
    raise typer.Exit(work.show_sweep(found, asked))


@app.command(short_help="Which input moves a result most.")
def sensitivity(
    file: File,
    vary: o.Vary = [],  # noqa: B006
    only: o.Only = None,
    method: o.Method = "morris",
    measure: o.OneMeasure = None,
    rows: o.Rows = None,
    dry_run: o.DryRun = False,
    point_s: o.PointTime = None,
    point_mb: o.PointMemory = None,
    sets: o.Set = [],  # noqa: B006
    seed: o.Seed = None,
    seeds: o.Seeds = None,
    replications: o.Replications = None,
    workers: o.Workers = None,
    dask: o.Dask = None,
    out: o.Out = None,
    cache: o.Cache = None,
    resume: o.Resume = False,
    force: o.Force = False,
    data: o.Data = [],  # noqa: B006
    as_json: o.Json = False,
    json_errors: o.JsonErrors = False,
    quiet: o.Quiet = False,
) -> None:
    """Rank inputs by how much they move a measure: all assumptions of grade C and D, or keys named with --vary KEY=a:b.

    \b
    Example: ceasefire sensitivity technical-means --only verification. --measure detected_share
    """
    from sim.cli import work
    from sim.cli.sensitivity import SensitivityAsked, sensitivity_file, show_sensitivity
    from sim.experiment.limits import Limits

    asked = work.Asked(sets, seed, seeds, replications, workers, out, cache, force, None, data, as_json, quiet, dask=dask)
    asked = asked._replace(limits=Limits(point_s, point_mb))
    found = sensitivity_file(file, SensitivityAsked(vary, method, measure, rows, dry_run, only), asked)
    raise typer.Exit(show_sensitivity(found, asked))


@app.command(short_help="Mixtures that give most for their price.")
def frontier(
    file: File,
    vary: o.Vary = [],  # noqa: B006
    measures: o.Measures = None,
    budget: o.Budget = None,
    design: o.Design = None,
    points: o.Points = None,
    csv: o.Csv = None,
    dry_run: o.DryRun = False,
    max_points: o.MaxPoints = None,
    point_s: o.PointTime = None,
    point_mb: o.PointMemory = None,
    sets: o.Set = [],  # noqa: B006
    seed: o.Seed = None,
    seeds: o.Seeds = None,
    replications: o.Replications = None,
    workers: o.Workers = None,
    dask: o.Dask = None,
    out: o.Out = None,
    cache: o.Cache = None,
    resume: o.Resume = False,
    force: o.Force = False,
    data: o.Data = [],  # noqa: B006
    as_json: o.Json = False,
    json_errors: o.JsonErrors = False,
    quiet: o.Quiet = False,
) -> None:
    """Set what is confirmed against what is paid: mixtures of levers (--vary) within a budget, and the cheapest for each kind.

    \b
    Example: ceasefire frontier technical-means --vary monitoring.drones.north.orbits=1:3:1 --budget 750
    """
    from sim.cli import work
    from sim.cli.frontier import FrontierAsked, frontier_file, show_frontier
    from sim.experiment.limits import Limits

    asked = work.Asked(sets, seed, seeds, replications, workers, out, cache, force, None, data, as_json, quiet, dask=dask)
    asked = asked._replace(limits=Limits(point_s, point_mb))
    levers = work.SweepAsked(vary, design, points, csv, dry_run, max_points)
    raise typer.Exit(show_frontier(frontier_file(file, FrontierAsked(levers, measures, budget), asked), asked))


@app.command(short_help="Gaps, revisits and waits by sector, means and side.")
def coverage(
    file: File,
    means: Annotated[
        str,
        typer.Option("--means", metavar="NAME", help="Looks shown and drawn: all, 'all drones', … or a means of the design."),
    ] = "all",
    sets: o.Set = [],  # noqa: B006
    seed: o.Seed = None,
    replications: o.Replications = None,
    out: o.Out = None,
    cache: o.Cache = None,
    data: o.Data = [],  # noqa: B006
    as_json: o.Json = False,
    json_errors: o.JsonErrors = False,
    quiet: o.Quiet = False,
) -> None:
    """Coverage of a design by sector, means and side, under both conventions for cut gaps; pictures with --out.

    \b
    Example: ceasefire coverage technical-means --means 'all drones' --replications 5 --out coverage
    """
    from sim.cli.coverage import coverage_file, show_coverage
    from sim.cli.work import Asked

    asked = Asked(sets, seed, None, replications, None, out, cache, False, None, data, as_json, quiet)
    show_coverage(coverage_file(file, means, asked), means, asked)


@app.command(short_help="Worth of each contribution, with intervals.")
def contributions(
    file: File,
    measure: o.MeasureNames = [],  # noqa: B006
    pairs: o.Pairs = None,
    drills: Annotated[bool, typer.Option("--drills", help="Also what breaks in each drill: a whole run for each.")] = False,
    everyone: Annotated[bool, typer.Option("--all", help="Those who only attend contribute too.")] = False,
    by: Annotated[str | None, typer.Option("--by", metavar="state", show_default=False, help="Also a table by state.")] = None,
    sets: o.Set = [],  # noqa: B006
    seed: o.Seed = None,
    seeds: o.Seeds = None,
    replications: o.Replications = None,
    workers: o.Workers = None,
    out: o.Out = None,
    cache: o.Cache = None,
    resume: o.Resume = False,
    force: o.Force = False,
    data: o.Data = [],  # noqa: B006
    as_json: o.Json = False,
    json_errors: o.JsonErrors = False,
    quiet: o.Quiet = False,
) -> None:
    """What breaks without each contribution, and its fair share of what all achieve (Shapley), on any measure.

    \b
    Example: ceasefire contributions contributions-35 --measure answered_72h_share --replications 20
    """
    from sim.cli.contributions import PAIRS, Wanted, show_contributions, value_contributions
    from sim.cli.work import Asked

    asked = Asked(sets, seed, seeds, replications, workers, out, cache, force, None, data, as_json, quiet)
    found = value_contributions(file, Wanted(measure, pairs or PAIRS, drills, everyone, by), asked)
    raise typer.Exit(show_contributions(found, asked))


@app.command(short_help="A named study: who wins where, at what cost.")
def study(
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="Name of a shipped study, or its file.")],
    only: Annotated[str, typer.Option("--only", metavar="A,B", show_default=False, help="Only these questions.")] = "",
    sets: o.Set = [],  # noqa: B006
    seed: o.Seed = None,
    seeds: o.Seeds = None,
    replications: o.Replications = None,
    workers: o.Workers = None,
    out: o.Out = None,
    cache: o.Cache = None,
    resume: o.Resume = False,
    force: o.Force = False,
    data: o.Data = [],  # noqa: B006
    as_json: o.Json = False,
    json_errors: o.JsonErrors = False,
    quiet: o.Quiet = False,
) -> None:
    """Run a named study in pairs: for each question where one design wins, where it loses, and what it costs.

    \b
    Example: ceasefire study agenda --only budget-350 --replications 4
    """
    from sim.cli.study import show_study, study_named
    from sim.cli.work import Asked

    asked = Asked(sets, seed, seeds, replications, workers, out, cache, force, None, data, as_json, quiet)
    raise typer.Exit(show_study(study_named(name, [one for one in only.split(",") if one], asked), asked))


@app.command(short_help="Prove the engine against known answers.")
def prove(
    family: Annotated[
        str | None,
        typer.Argument(metavar="FAMILY", show_default=False, help="Family of proofs, as --list names them."),
    ] = None,
    sets: o.Set = [],  # noqa: B006
    n: Annotated[
        int | None,
        typer.Option("--n", parser=o.whole(2, 10**8), metavar="N", show_default=False, help="Size of the simulation."),
    ] = None,
    seed: o.Seed = None,
    list_all: Annotated[bool, typer.Option("--list", help="List families, their keys and their names.")] = False,
    as_json: o.Json = False,
    json_errors: o.JsonErrors = False,
) -> None:
    """Prove the engine against answers that others know: simulated beside exact.

    \b
    Example: ceasefire prove queue --set lam=0.8 --set mu=1.0 --set c=1 --n 100000 --json
    """
    from sim.cli.reading import prove_family

    prove_family(family, sets, n, seed, list_all=list_all, as_json=as_json)


@app.command(short_help="Write the report of a finished run again.")
def report(
    run_folder: Annotated[str, typer.Argument(metavar="RUN", show_default=False, help="Folder of a finished run.")],
    lang: Annotated[str, typer.Option("--lang", metavar="LANG", help="Language of the report.")] = "en",
    json_errors: o.JsonErrors = False,
    quiet: o.Quiet = False,
) -> None:
    """Write the report of a finished run again, after checking every file against its digest.

    \b
    Example: ceasefire report runs/technical-means-0123456789ab
    """
    from sim.cli.reading import report_run

    report_run(Path(run_folder), lang, quiet=quiet)


@app.command(short_help="A finished run as files for other tools.")
def export(
    run_folder: Annotated[str, typer.Argument(metavar="RUN", show_default=False, help="Folder of a finished run.")],
    to: Annotated[
        str,
        typer.Option("--to", metavar="NAME[,NAME…]", help="Formats: geojson, kml, czml, csv, parquet (needs pyarrow)."),
    ] = "geojson,kml,czml,csv",
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="DIR", show_default=False, help="New or empty folder. Default: RUN-export beside RUN."),
    ] = None,
    published: Annotated[
        str | None,
        typer.Option("--published", metavar="DATE", show_default=False,
                     help="Date that the RO-Crate states. Default: the day on which the run was finished."),
    ] = None,
    as_json: o.Json = False,
    json_errors: o.JsonErrors = False,
    quiet: o.Quiet = False,
) -> None:
    """Write a finished run for other tools: by sector, side and day, never finer, each file marked SIMULATED.

    geojson and kml open in a map, czml plays day by day on a globe, csv and parquet hold the tables with n and intervals.
    An ro-crate-metadata.json lists the files with their digests. Nothing is overwritten.

    \b
    Example: ceasefire export runs/technical-means-0123456789ab --to geojson,csv --out for-the-map
    """
    from sim.cli.exporting import export_run

    export_run(Path(run_folder), to, out, published, as_json=as_json, quiet=quiet)


@app.command(short_help="The life of one violation or finding.")
def trace(
    run_folder: Annotated[str, typer.Argument(metavar="RUN", show_default=False, help="Folder of a finished run.")],
    violation: Annotated[
        str | None, typer.Option("--violation", metavar="ID", show_default=False, help="Violation, as violations.csv names it.")
    ] = None,
    finding: Annotated[
        str | None, typer.Option("--finding", metavar="ID", show_default=False, help="Finding, as findings.csv names it.")
    ] = None,
    replication: Annotated[
        int | None,
        typer.Option("--replication", parser=o.whole(0, o.MAX_REPLICATIONS), metavar="N", show_default=False,
                     help="Replication to look into, where its rows are not in the tables."),
    ] = None,
    data: o.Data = [],  # noqa: B006
    as_json: o.Json = False,
    json_errors: o.JsonErrors = False,
) -> None:
    """Why one violation was or was not seen, confirmed, answered; or how one finding, true or false, came about.

    The replication is run again with recording on; nothing is told unless its digest matches.

    \b
    Example: ceasefire trace runs/technical-means-0123456789ab --violation 0123456789abcdef
    """
    from sim.cli.tracing import trace_one

    trace_one(Path(run_folder), violation, finding, replication, data, as_json=as_json)


@app.command(short_help="Write a commented starter scenario.")
def new(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", show_default=False, help="Name of the new scenario; the file is NAME.toml."),
    ],
    base: Annotated[str, typer.Option("--from", metavar="NAME", help="Shipped scenario to start from.")] = "technical-means",
    json_errors: o.JsonErrors = False,
) -> None:
    """Write a commented starter scenario that builds on a shipped one.

    \b
    Example: ceasefire new my-mission --from observers
    """
    from sim.cli.reading import write_starter

    write_starter(name, base)


@app.command(short_help="JSON Schema of scenario files, for editors.")
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors.

    \b
    Example: ceasefire schema > scenario.schema.json
    """
    from sim.scenario.starter import json_schema

    screen.say_json(json_schema())


# ---- exit codes ----------------------------------------------------------------------------------------


def main(args: Sequence[str] | None = None) -> None:
    """Carry out a command line and leave with its exit code."""
    screen.tolerant_streams()
    given = list(sys.argv[1:] if args is None else args)
    if given[:1] == ["check"]:
        gc.disable()  # a process so short has nothing to collect, and looking costs it a tenth of its time
    sys.exit(door(given))


def door(args: list[str]) -> int:
    """Exit code of a command line."""
    as_json = "--json-errors" in args
    try:
        repeated = o.twice(args)
        if repeated:
            raise BadUsage(f"{repeated} is ambiguous or repeated: give it once")
        single = o.one_dash(args)
        if single:
            raise BadUsage(f"{single}: options are written with two dashes, as in -{single}")
        app(o.with_inputs(args, 64), prog_name="ceasefire")
    except SystemExit as left:
        return _left(left, args)
    except BadUsage as error:
        _usage(args)
        screen.say_error(error, as_json=as_json)
        return error.code
    except Refusal as error:
        screen.say_error(error, as_json=as_json)
        return error.code
    except KeyboardInterrupt:
        return _interrupted(args)
    except Exception as error:
        return _fault(error, as_json=as_json)
    return 0


def _left(left: SystemExit, args: list[str]) -> int:
    code = left.code if isinstance(left.code, int) else 0
    if code == 130:
        return _interrupted(args)
    return 0 if code == 1 and isinstance(left.__context__, BrokenPipeError) else code


def _usage(args: Sequence[str]) -> None:
    verb = next((word for word in args if not word.startswith("-")), "")
    named = f" {verb}" if verb.isalpha() else ""
    screen.warn(f"Usage: ceasefire{named} [OPTIONS] …\nTry 'ceasefire{named} --help' for help.\n")


def _interrupted(args: Sequence[str]) -> int:
    if args and args[0] in RESUMABLE:
        more = [] if "--resume" in args else ["--resume"]
        screen.warn(f"interrupted; what was finished is kept. Resume with:\n  ceasefire {shlex.join([*args, *more])}")
    else:
        screen.warn("interrupted")
    return 130


def _fault(error: Exception, *, as_json: bool) -> int:
    from sim.scenario.errors import ScenarioErrors

    if isinstance(error, ScenarioErrors):
        screen.say_faults(error, as_json=as_json)
        return BadInput.code
    if isinstance(error, OSError) and error.filename is not None and _is_ours(error):
        screen.say_error(BadPlace(f"{error.filename}: {error.strerror}"), as_json=as_json)
        return BadPlace.code
    return _bug(error)


def _is_ours(error: OSError) -> bool:
    """Whether the disk, not our code, is to blame."""
    import errno

    return error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO)


def _bug(error: Exception) -> int:
    text = str(error) if type(error).__name__ == "AllFailed" else "".join(traceback.format_exception(error))
    with tempfile.NamedTemporaryFile("w", prefix="ceasefire-bug-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(text)
    last = text.strip().splitlines()[-1] if text.strip() else type(error).__name__
    screen.warn(f"internal error: {last[:200]}; this is a bug of ours, details are in {os.fspath(file.name)}")
    return 1


__all__: list[Any] = ["app", "door", "main"]
