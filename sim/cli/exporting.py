"""The verb export: a finished run as files for maps, globes, spreadsheets and notebooks, at sector level.

A mediator names the run and the formats; nothing that is there already is overwritten.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path

from sim.cli import screen
from sim.cli.work import given
from sim.experiment.refusals import BadPlace, BadUsage

DEFAULT = "geojson,kml,czml,csv"


def export_run(run: Path, to: str, out: str | None, published: str | None, *, as_json: bool, quiet: bool) -> None:
    """Check the run, write the files of each format and an RO-Crate into a new or empty folder, and name them."""
    formats = _formats(to)
    if published is not None and not _is_date(published):
        raise BadUsage(f"--published {published!a} is not a date such as 2026-02-01")
    from sim.experiment.place import SUMS, fault_of, verify
    from sim.experiment.tables import put

    verify(run)
    folder = Path(out) if out is not None else run.resolve().with_name(f"{run.resolve().name}-export")
    _free(folder, run)
    from sim.report.export_files import export_files
    from sim.report.results import read_run

    when = published or datetime.fromtimestamp((run / SUMS).stat().st_mtime, UTC).date().isoformat()
    files = given(lambda: export_files(read_run(run), formats, published=when))
    with fault_of(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            put(folder / name, data)
    if as_json:
        screen.say_json({"status": "SIMULATED", "folder": str(folder), "files": list(files)})
    elif not quiet:
        for name in files:
            screen.say(str(folder / name))


def _formats(to: str) -> list[str]:
    """Formats asked for; each known, once, and with its package installed."""
    known = ("geojson", "kml", "czml", "csv", "parquet")
    names = to.split(",")
    for place, name in enumerate(names):
        if name not in known:
            raise BadUsage(f"--to {to!a}: {name!a} is none of {', '.join(known)}")
        if name in names[:place]:
            raise BadUsage(f"--to {to!a}: {name} is given twice")
    if "parquet" in names and find_spec("pyarrow") is None:
        raise BadUsage("--to parquet needs a package that is not installed: python -m pip install 'ceasefire-sim[parquet]'")
    return names


def _is_date(text: str) -> bool:
    try:
        return re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _free(path: Path, run: Path) -> None:
    """Refuse a place that is not a new or empty folder, or that lies in the run folder, whose files are sealed."""
    if path.resolve().is_relative_to(run.resolve()):
        raise BadPlace(f"--out {path}: lies in the run folder {run}; choose a place beside it")
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise BadPlace(f"--out {path}: is not a folder")
    try:
        inside = sorted(os.listdir(path)) if path.exists() else []
    except OSError as error:
        raise BadPlace(f"--out {path}: {error.strerror}") from None
    if inside:
        raise BadPlace(f"--out {path}: holds other files ({inside[0]}, …) and nothing is overwritten; choose a new folder")
