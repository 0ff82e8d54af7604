"""What appears on the terminal: one screen of findings, a progress bar with the time left, and errors in one
place.

A mediator reads results on standard output; everything else goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sim.experiment.refusals import Refusal

if TYPE_CHECKING:
    from sim.cli.work import Compared
    from sim.experiment.design import Comparison, Sweep
    from sim.experiment.replicate import Done
    from sim.experiment.run_folder import Finished

WIDTH = 100
TABLE_WIDTH = 120


def tolerant_streams() -> None:
    """A terminal that lacks a letter shows another instead of ending the run."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def say(text: str = "") -> None:
    """Print on standard output; a reader that has gone away ends the output, not the run."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        _close_quietly()


def _close_quietly() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def warn(text: str) -> None:
    """Print on standard error."""
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        return


def say_json(whole: Any) -> None:
    """Print one JSON document."""
    say(json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False))


def say_error(error: Refusal, *, as_json: bool) -> None:
    """Print why nothing more was done."""
    warn(json.dumps({"code": error.code, "errors": [{"rule": str(error)}]}) if as_json else f"error: {error}")


def say_faults(error: Any, *, as_json: bool) -> None:
    """Print all faults of a scenario."""
    if as_json:
        warn(json.dumps({"code": 3, "errors": [problem._asdict() for problem in error.problems]}, ensure_ascii=False))
        return
    warn(str(error))
    count = len(error.problems)
    warn(f"error: {count} fault{'s' if count > 1 else ''} in what was read; nothing was run, nothing written")


# ---- progress ------------------------------------------------------------------------------------------


@contextmanager
def progress(title: str, *, quiet: bool) -> Iterator[Callable[[int, int, Done | None], None]]:
    """A bar on standard error with what is done, what there is and the time left."""
    if quiet:
        yield lambda finished, every, done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False, emoji=False)
    parts = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("time left"),
        TimeRemainingColumn(),
    )
    with Progress(*parts, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)

        def tell(finished: int, every: int, done: Done | None) -> None:
            bar.update(task, completed=finished, total=every)
            for outcome in done.outcomes if done else ():
                if outcome.status != "done":
                    bar.console.print(f"replication {outcome.replication} {outcome.status}: {outcome.reason}", markup=False)

        yield tell


# ---- findings ------------------------------------------------------------------------------------------


def folded(text: str, *, indent: str = "") -> str:
    """Text in lines of a screen's width."""
    import textwrap

    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def columns(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Rows as aligned columns; the last one is cut to the screen."""
    if not rows:
        return []
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        line = "  ".join(cells).rstrip()
        lines.append(line if len(line) <= TABLE_WIDTH else f"{line[: TABLE_WIDTH - 1]}…")
    return lines


def findings_screen(found: Finished) -> list[str]:
    """One screen: the sentences, the key measures with their noise, the caveat."""
    from sim.experiment import twin
    from sim.experiment.findings import CAVEAT

    summary = found.summary
    counts = summary["replications"]
    head = f"{summary['title'] or summary['name']}: {counts['done']} replications, seed {summary['seed']}"
    lost = [f"{counts[s]} {s}" for s in ("capped", "failed") if counts[s]]
    lines = [head + (f" ({', '.join(lost)}, left out of every number)" if lost else "")]
    if found.already:
        lines.append("already done: nothing was run, nothing was written")
    lines += [folded(found.precision.told)] if found.precision is not None else []
    for sentence in summary["findings"]:
        lines += ["", folded(sentence)]
    for note in summary.get("notes", ()):
        lines += ["", folded(note)]
    told = twin.sentence(summary.get("twin", ()))
    lines += [
        folded(summary["range"]),
        *([folded(told)] if told else []),
        "",
        *key_table(summary["measures"]),
        *verdict_parts(summary),
        "",
        folded(CAVEAT),
        f"folder: {found.path}",
    ]
    report = found.path / "report.html"
    return [*lines, f"report: {report}"] if report.exists() else lines


def key_table(measures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The measures of the findings screen with their noise intervals and numbers of replications."""
    from sim.experiment.findings import KEY_MEASURES, figure
    from sim.experiment.summary import NO_RANGE

    ranged = any(m.get("input_low") is not None for m in measures.values())
    rows = [("measure", "estimate", "95 % noise interval", *(["range over worlds"] if ranged else []), "n", "")]
    none: list[str] = []
    for name in (name for name in KEY_MEASURES if name in measures):
        m = measures[name]
        reason = m["reason"].removesuffix(NO_RANGE).removesuffix("; ")
        if m["estimate"] is None:
            none += [name, reason]
            continue
        unit = "" if m["unit"].startswith("share") or m["unit"] in ("ratio", "") else f" {m['unit']}"
        noise = "" if m["noise_low"] is None else f"{figure(m['noise_low'])} to {figure(m['noise_high'])}"
        wide = "" if m.get("input_low") is None else f"{figure(m['input_low'])} to {figure(m['input_high'])}"
        rows.append((name, f"{figure(m['estimate'])}{unit}", noise, *([wide] if ranged else []), str(m["replications"]), reason))
    nulls = list(zip(none[::2], (f"none: {why}" for why in none[1::2]), strict=True))
    return [*columns(rows, right=(4 if ranged else 3,)), *columns(nulls)]


def verdict_parts(summary: Mapping[str, Any]) -> list[str]:
    """Verdicts that need no monitoring beside the mission's, and skill and power by regime where there are several."""
    lines: list[str] = []
    blind, regimes = summary.get("blind", {}), summary.get("regimes", {})
    if blind:
        rows = [_part(f"  {name}", m) for name, m in blind.items()]
        head = "verdicts that need no monitoring, on the scale of skill (the best of them is 0):"
        lines += ["", head, *columns(rows, right=(3,))]
    if regimes:
        rows = [_part(f"  {name}: {measure}", m) for name, each in regimes.items() for measure, m in each.items()
                if measure in ("skill", "power_median", "power_worst", "undetermined_share")]
        lines += ["", "verdicts in each regime:", *columns(rows, right=(3,))]
    return lines


def _part(name: str, m: Mapping[str, Any]) -> tuple[str, ...]:
    """A record of the summary as name, number, noise interval and replications."""
    from sim.experiment.findings import figure

    noise = "" if m["noise_low"] is None else f"{figure(m['noise_low'])} to {figure(m['noise_high'])}"
    return name, "none" if m["estimate"] is None else figure(m["estimate"]), noise, str(m["replications"])


def run_document(found: Sequence[Finished]) -> dict[str, Any]:
    """One run as its summary with folder and state, several as a list."""
    whole = [{"folder": str(one.path), "already_done": one.already, "code": one.code, **one.summary} for one in found]
    return whole[0] if len(whole) == 1 else {"status": "SIMULATED", "runs": whole}


# ---- comparisons and sweeps ----------------------------------------------------------------------------


def comparison_screen(found: Comparison) -> list[str]:
    """Differences of the key measures, then of all others that are clear."""
    from sim.experiment.design import verdict
    from sim.experiment.findings import CAVEAT, KEY_MEASURES, figure

    shown = [row for row in found.rows if row.measure in KEY_MEASURES or row.clear]
    rows: list[tuple[str, ...]] = [("measure", "A", "B", "B - A", "95 % noise interval", "", "noise")]
    for row in (row for row in shown if row.difference is not None):
        noise = "" if row.noise_low is None else f"{figure(row.noise_low)} to {figure(row.noise_high)}"
        less = "" if row.noise_reduction is None else f"÷ {row.noise_reduction:.1f}"
        cells = ("none" if v is None else figure(v) for v in (row.a, row.b, row.difference))
        rows.append((row.measure, *cells, noise, verdict(row), less))
    nulls = [(row.measure, f"none: {row.reason}") for row in shown if row.difference is None]
    for name, a, b in found.blind:
        cells = ("none" if one.estimate is None else figure(one.estimate) for one in (a, b))
        noise = ", ".join(f"{side} {figure(one.noise_low)} to {figure(one.noise_high)}" for side, one in (("A", a), ("B", b))
                          if one.noise_low is not None)
        rows.append((f"skill of “{name}”", *cells, "", noise, "needs no monitoring", ""))
    n = max((row.replications for row in found.rows), default=0)
    head = f"A = {found.a}, B = {found.b}: {n} pairs of replications that share their luck"
    return [head, "", *columns(rows), *columns(nulls), "", folded(CAVEAT)]


def comparisons_screen(found: Compared) -> list[str]:
    """All comparisons; several say that their intervals hold together; then the best, if it was asked for."""
    lines = [line for one in found.found for line in comparison_screen(one)]
    if len(found.found) > 1:
        lines += ["", folded(f"The noise intervals hold for all {len(found.found)} comparisons of a measure together.")]
    for row in found.robust:
        lines += ["", folded(row.told)]
    return lines if found.choice is None else [*lines, "", folded(found.choice.told)]


def comparison_document(found: Compared) -> dict[str, Any]:
    """All comparisons as one JSON document."""
    from sim.experiment.robustness import record

    whole = [{"a": one.a, "b": one.b, "differences": [row._asdict() for row in one.rows],
              "blind": {name: {"a": _numbers(a), "b": _numbers(b)} for name, a, b in one.blind}} for one in found.found]
    best: dict[str, Any] = {} if found.choice is None else {"best": {**found.choice._asdict(), "kept": found.choice.kept}}
    best |= {"robustness": [record(row) for row in found.robust]} if found.robust else {}
    return {"status": "SIMULATED", "joint": len(whole), "comparisons": whole, **best}


def sweep_screen(found: Sweep, measure: str) -> list[str]:
    """One measure at every point, at most a screen of points."""
    from sim.experiment.findings import CAVEAT, figure

    rows: list[tuple[str, ...]] = [(*(one.key for one in found.axes), measure, "95 % noise interval", "n", "")]
    for point, lines in found.estimates[:25]:
        line = next((x for x in lines if x.measure == measure), None)
        values = [dict(point.values)[one.key] for one in found.axes]
        if line is None or line.estimate is None:
            rows.append((*values, "none", "", "", "" if line is None else line.reason))
        else:
            noise = "" if line.noise_low is None else f"{figure(line.noise_low)} to {figure(line.noise_high)}"
            rows.append((*values, figure(line.estimate), noise, str(line.replications), line.reason))
    more = [f"and {len(found.estimates) - 25} more points in sweep.csv"] if len(found.estimates) > 25 else []
    head = f"{len(found.estimates)} points" + (", already done: nothing was run" if found.already else "")
    return [head, "", *columns(rows), *more, "", folded(CAVEAT), f"table: {found.path / 'sweep.csv'}"]


def sweep_document(found: Sweep) -> dict[str, Any]:
    """All points and measures as one JSON document."""
    points = [
        {"values": dict(point.values), "measures": {x.measure: _numbers(x) for x in lines}} for point, lines in found.estimates
    ]
    return {
        "status": "SIMULATED",
        "folder": str(found.path),
        "already_done": found.already,
        "code": found.code,
        "points": points,
    }


def _numbers(line: Any) -> dict[str, Any]:
    names = ("unit", "estimate", "noise_low", "noise_high", "replications", "reason")
    return {name: getattr(line, name) for name in names}
