"""What each option of the command line may be, and what is said when it is not.

A mediator who types 1_000, -1 or 1e9 is told the range; nothing is ever guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, NoReturn

import typer

MAX_SEED = 2**63 - 1
MAX_REPLICATIONS = 100_000
MAX_WORKERS = 1024
REPEATABLE = frozenset({"--set", "--vary", "--data", "--measure", "--help"})
_DIGITS = re.compile(r"[0-9]{1,30}")
_ASSIGNMENT = re.compile(r"([^=\s][^=]*)=(.*)", re.DOTALL)


def refuse(text: str) -> NoReturn:
    """End with exit code 2 and the usage line."""
    raise typer.BadParameter(text)


def whole(low: int, high: int) -> Callable[[str], int]:
    """Parser of a whole number in plain ASCII digits within a range."""

    def parse(text: str) -> int:
        if not _DIGITS.fullmatch(text) or not low <= int(text) <= high:
            refuse(f"{text!a} is not a whole number in {low}..{high}, in plain digits")
        return int(text)

    return parse


def one_of(*names: str) -> Callable[[str], str]:
    """Parser of one of a few words."""

    def parse(text: str) -> str:
        if text not in names:
            refuse(f"{text!a} is none of {', '.join(names)}")
        return text

    return parse


def assignment(text: str) -> str:
    """KEY=VALUE, checked for its shape only."""
    if not _ASSIGNMENT.fullmatch(text):
        refuse(f"{text!a} is not KEY=VALUE, as in --set monitoring.drones.north.airframes=24")
    return text


def pair(text: str) -> tuple[str, str]:
    """Key and value of KEY=VALUE."""
    key, _, value = text.partition("=")
    return key.strip(), value


def rows(text: str) -> int:
    """`all` (as 0) or the most rows that a table keeps."""
    return 0 if text == "all" else whole(1, 10**9)(text)


def one_dash(args: Sequence[str]) -> str:
    """First long option written with one dash; empty if there is none."""
    for arg in args:
        if arg == "--":
            break
        if re.fullmatch(r"-[a-zA-Z]{2}[a-zA-Z-]*(=.*)?", arg, re.DOTALL):
            return arg
    return ""


def with_inputs(args: Sequence[str], default: int) -> list[str]:
    """Arguments with the number of worlds written out where `--inputs` stands alone."""
    found = list(args)
    for i, arg in enumerate(found):
        if arg == "--":
            break
        if arg == "--inputs" and not (i + 1 < len(found) and re.fullmatch(r"[-+]?[0-9_.]+", found[i + 1])):
            found[i] = f"--inputs={default}"
    return found


def twice(args: Sequence[str]) -> str:
    """First option that is given twice though it may be given once; empty if there is none."""
    seen: list[str] = []
    for arg in args:
        if arg == "--":
            break
        name = arg.partition("=")[0]
        if name.startswith("--") and name not in REPEATABLE:
            if name in seen:
                return name
            seen.append(name)
    return ""


def _option(*names: str, **more: Any) -> Any:
    return typer.Option(*names, show_default=False, **more)


Set = Annotated[
    list[str],
    _option(
        "--set",
        parser=assignment,
        metavar="KEY=VALUE",
        help="Change one number of the scenario for this call, in TOML: --set verification.staff.analysts=12",
    ),
]
Seed = Annotated[
    int | None,
    _option(
        "--seed",
        parser=whole(0, MAX_SEED),
        metavar="N",
        help="Root seed, 0..2^63-1. Replication r draws from a hash of (N, r). Default: the scenario's.",
    ),
]
Seeds = Annotated[
    str | None,
    _option(
        "--seeds",
        metavar="SET",
        help="Named seed set: quick (10 replications), standard (40), audit (200), or FILE.",
    ),
]
Replications = Annotated[
    int | None,
    _option(
        "--replications",
        parser=whole(1, MAX_REPLICATIONS),
        metavar="N",
        help="How many histories, 1..100000. Asking for more later adds to what is there.",
    ),
]
Precision = Annotated[
    str | None,
    _option(
        "--precision",
        metavar="TARGET",
        help="Run on until the 95 % noise interval is so narrow: 2pp[:MEASURE], 5%:MEASURE, 0.5h:MEASURE. At least 10 "
        "replications, at most --replications (1000); exit code 4 if it is not reached.",
    ),
]
Inputs = Annotated[
    int | None,
    _option(
        "--inputs",
        parser=whole(1, 10_000),
        metavar="[N]",
        help="Range over the assumptions: N sampled worlds of all inputs of grade C and D (64 if N is left out).",
    ),
]
Workers = Annotated[
    int | None,
    _option(
        "--workers",
        parser=whole(1, MAX_WORKERS),
        metavar="N",
        help="Processes to share the work, 1..1024. Default: all cores. Results do not depend on it.",
    ),
]
Best = Annotated[
    str | None,
    _option(
        "--best",
        metavar="GAP:MEASURE",
        help="Select the best design, right with 95 % if it leads by the gap (2pp:detected_share); adds the replications "
        "that this takes, at most 1000; exit code 4 if they do not suffice.",
    ),
]
Least = Annotated[bool, _option("--least", help="With --best: the smallest value is the best.")]
Dask = Annotated[
    str | None,
    _option(
        "--dask",
        metavar="ADDRESS|local",
        help="Let the workers of a Dask scheduler (tcp://HOST:PORT) do the work, or start a cluster on this machine.",
    ),
]
Out = Annotated[
    str | None,
    _option("--out", metavar="DIR", help="Folder to write to; new, empty, or holding this very run."),
]
Cache = Annotated[
    str | None,
    _option("--cache", metavar="DIR", help="Folder that keeps satellite passes and the like between runs."),
]
Resume = Annotated[bool, _option("--resume", help="Finish what an earlier call left unfinished (done anyway).")]
Force = Annotated[bool, _option("--force", help="First move a run that is in the way to NAME-HASH.1, then start anew.")]
KeepRows = Annotated[
    int | None,
    _option(
        "--keep-rows",
        parser=rows,
        metavar="all|N",
        help="Most rows a table keeps, in whole replications. Default 300000. Measures use all replications.",
    ),
]
Data = Annotated[
    list[str],
    _option("--data", metavar="DIR", help="A further folder in which data files of the scenario may lie."),
]
Json = Annotated[bool, _option("--json", help="Print one JSON document instead of the screen.")]
JsonErrors = Annotated[bool, _option("--json-errors", help="Print errors as JSON on stderr.")]
Quiet = Annotated[bool, _option("--quiet", help="No progress and no findings, only errors.")]
MeasureNames = Annotated[
    list[str], _option("--measure", metavar="NAME", help="Measure to value contributions by; may be repeated.")
]
Pairs = Annotated[
    int | None, _option("--pairs", parser=whole(1, 1000), metavar="N", help="Pairs of orders of arrival, in each replication.")
]
Vary = Annotated[
    list[str],
    _option(
        "--vary",
        parser=assignment,
        metavar="KEY=VALUES",
        help="KEY=a:b:step (0:1:0.1 has 11 points), KEY=a,b,c, or KEY=@FILE,@FILE (a section from a file; include=@FILE "
        "lays whole files on); repeat it for a grid. KEY=a:b for --design lhs and sobol.",
    ),
]
Design = Annotated[
    str | None,
    _option(
        "--design",
        parser=one_of("grid", "lhs", "sobol"),
        metavar="grid|lhs|sobol",
        help="Full grid, or N points (--points) of a Latin hypercube or Sobol sequence over --vary KEY=a:b.",
    ),
]
Points = Annotated[
    int | None,
    _option("--points", parser=whole(1, 10_000_000), metavar="N", help="Points of --design lhs or sobol. Default 64."),
]
Csv = Annotated[
    str | None,
    _option("--csv", metavar="FILE", help="Points from a table: keys in the first row, a point in every other."),
]
DryRun = Annotated[bool, _option("--dry-run", help="Say how many points and how long, and run nothing.")]
MaxPoints = Annotated[
    int | None,
    _option("--max-points", parser=whole(1, 10_000_000), metavar="N", help="Largest grid. Default 10000."),
]
PointTime = Annotated[
    int | None,
    _option(
        "--point-s",
        parser=whole(1, 10_000_000),
        metavar="N",
        help="Processor seconds that a point may take on a worker; over it, it is ended, and counted as such in every table.",
    ),
]
PointMemory = Annotated[
    int | None,
    _option(
        "--point-mb",
        parser=whole(1, 10_000_000),
        metavar="N",
        help="Megabytes that a point may take on a worker; over it, it is ended, and counted as such in every table.",
    ),
]
Budget = Annotated[
    int | None,
    _option("--budget", parser=whole(1, 1_000_000), metavar="N", help="Budget in million EUR a year; dearer mixtures are out."),
]
Measures = Annotated[
    str | None,
    _option("--measures", metavar="NAME[,NAME…]", help="What the money buys. Default significant_confirmed_in_time_share."),
]
Method = Annotated[
    str,
    typer.Option(
        "--method",
        parser=one_of("morris", "sobol"),
        metavar="morris|sobol",
        help="morris: effects, few points, to sort out what matters; sobol: shares of the variance, many points.",
    ),
]
OneMeasure = Annotated[
    str | None,
    _option("--measure", metavar="NAME", help="Measure to rank by. Default significant_confirmed_in_time_share."),
]
Only = Annotated[
    str | None,
    _option(
        "--only",
        metavar="KEY[,KEY…]",
        help="Only assumptions whose key begins so, as in --only verification.,conduct.kinds",
    ),
]
Rows = Annotated[
    int | None,
    _option(
        "--rows",
        parser=whole(2, 1_000_000),
        metavar="N",
        help="Most trajectories (morris, 64) or rows (sobol, 512); fewer are run once the ranking is stable.",
    ),
]
