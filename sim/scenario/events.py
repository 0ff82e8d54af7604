"""Tables of real events: each row read strictly, with file, line, column and value where it cannot be, and nothing guessed.

A mediator learns how many events of a table were used and why the others were not: too coarse, elsewhere, of an unknown kind.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from sim.scenario.errors import Problem, ScenarioErrors, alone, did_you_mean, show
from sim.scenario.replay import Replay, day_of

_COARSE = re.compile(r"\d{4}(-\d{2})?")
_MOST = 500_000
OUTSIDE, COARSE_DATE, COARSE_PLACE, UNKNOWN_KIND, UNKNOWN_SIDE, OFF_AREA = (
    "outside_days", "coarse_dates", "coarse_places", "unknown_kinds", "unknown_sides", "off_area")
REASONS = {OUTSIDE: "outside the days asked for", COARSE_DATE: "with coarse dates", COARSE_PLACE: "with coarse places",
           UNKNOWN_KIND: "of unknown kinds", UNKNOWN_SIDE: "by unknown sides", OFF_AREA: "off the area"}
"""Why an event is not used, in the order in which it is asked."""


class Event(NamedTuple):
    """One row of a table that can be used, if it lies in the area."""

    row: int
    """Number of the row, the first below the header being 1."""
    day: int
    """Days after the first day of the replay."""
    hour: float
    """Local hour of the day; NaN where only the day is known."""
    latitude_deg: float
    longitude_deg: float
    km: float
    """Kilometre along the line, NaN where latitude and longitude tell the place."""
    kind: str
    side: int
    """0 or 1, the place of its side in `sides`; −1 where no column tells it."""


class EventTable(NamedTuple):
    """Events of a table that can be used, and how many cannot, by reason."""

    events: tuple[Event, ...]
    counts: dict[str, int]


class _Fault(Exception):
    """A cell that cannot be read: its field, value and rule."""


class _Row(NamedTuple):
    """One row of a table: its cells by name, and where it stands."""

    number: int
    line: int
    cells: dict[str, str]


def read_events(path: Path, replay: Replay, *, label: str = "") -> EventTable:
    """Read a table of events.

    Raises
    ------
    ScenarioErrors
        All rows and columns that cannot be read, each with file, line, column and value.
    """
    label = label or path.name
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise alone(label, f"not UTF-8: byte 0x{error.object[error.start]:02x} at byte {error.start + 1}",
                    "save the file as UTF-8") from None
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines, strict=True)
    names: list[str] = next(reader, [])
    problems: list[Problem] = []
    first = _header(names, replay, label)
    if first:
        raise ScenarioErrors(first)
    events: list[Event] = []
    counts = dict.fromkeys(REASONS, 0)
    for row in _rows(reader, names, label, problems):
        try:
            found = _event(row, replay)
        except _Fault as fault:
            field, value, rule = fault.args
            problems.append(Problem(label, row.line, _column(lines[row.line - 1], names.index(field)), field, show(value), rule))
            continue
        if isinstance(found, str):
            counts[found] += 1
        else:
            events.append(found)
    if problems:
        raise ScenarioErrors(problems)
    return EventTable(tuple(events), counts)


def _header(names: Sequence[str], replay: Replay, label: str) -> list[Problem]:
    """Columns that a table lacks or has twice."""
    if not names:
        return [Problem(label, 0, 0, "", "", "the table is empty")]
    wanted = [name for name in replay.columns.model_dump().values() if name is not None]
    lacking = [Problem(label, 1, 1, name, "", "no such column in the table", did_you_mean(name, names) or
                       f"columns: {', '.join(names[:12])}") for name in dict.fromkeys(wanted) if name not in names]
    return lacking + [Problem(label, 1, 1, name, "", "this column stands twice in the table")
                      for name in dict.fromkeys(wanted) if names.count(name) > 1]


def _rows(reader: Iterator[list[str]], names: Sequence[str], label: str, problems: list[Problem]) -> Iterator[_Row]:
    """Rows below the header, blank ones left out; a row of another length is a fault."""
    number, before = 0, 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.append(Problem(label, before + 1, 1, "", "", f"not CSV: {error}"))
            return
        line, before, number = before + 1, reader.line_num, number + 1  # type: ignore[attr-defined]
        if number > _MOST:
            problems.append(Problem(label, line, 1, "", "", f"more than {_MOST} rows, the limit for a table of events"))
            return
        if cells and len(cells) != len(names):
            problems.append(Problem(label, line, 1, "", f"{len(cells)} cells", f"the header has {len(names)} columns"))
        elif cells:
            yield _Row(number, line, dict(zip(names, cells, strict=True)))


def _column(line: str, field: int) -> int:
    """Where a field begins in its line, from 1; quoted commas do not count."""
    quoted, at = False, 0
    for place, letter in enumerate(line):
        if at == field:
            return place + 1
        quoted ^= letter == '"'
        at += letter == "," and not quoted
    return 1


def _event(row: _Row, replay: Replay) -> Event | str:
    """The event of a row, or the reason why it is not used."""
    columns, cells = replay.columns, row.cells
    day, hour, coarse = _when(cells, replay)
    if not coarse and not 0 <= day <= last_day(replay):
        return OUTSIDE
    if coarse or (columns.date_precision is not None and cells[columns.date_precision].strip() not in replay.exact_dates):
        return COARSE_DATE
    place = _where(cells, replay)
    if place is None or (columns.place_precision is not None
                         and cells[columns.place_precision].strip() not in replay.exact_places):
        return COARSE_PLACE
    kind = replay.kind if columns.kind is None else replay.kinds.get(cells[columns.kind].strip())
    if kind is None:
        return UNKNOWN_KIND
    side = -1 if columns.side is None else cells[columns.side].strip()
    if isinstance(side, str) and side not in replay.sides:
        return UNKNOWN_SIDE
    return Event(row.number, day, hour, *place, kind, side if isinstance(side, int) else replay.sides.index(side))


def last_day(replay: Replay) -> int:
    """Number of the last day of a replay, the first being 0."""
    first, last = day_of(replay.from_), day_of(replay.to)
    assert first is not None and last is not None
    return (last - first).days


def _when(cells: dict[str, str], replay: Replay) -> tuple[int, float, bool]:
    """Day of a row, its hour, and whether its date is too coarse to tell the day."""
    field = replay.columns.date
    text = cells[field].strip()
    if not text or _COARSE.fullmatch(text):
        return 0, math.nan, True
    first = day_of(replay.from_)
    assert first is not None
    try:
        instant = datetime.fromisoformat(text) if len(text) > 10 else None
        day = date.fromisoformat(text) if instant is None else instant.date()
    except ValueError:
        raise _Fault(field, cells[field], "is not a day such as 2015-06-01, with or without a time") from None
    if instant is not None and instant.tzinfo is not None:
        raise _Fault(field, cells[field], "has an offset: times of a table are local times of the area")
    hour = math.nan if instant is None else instant.hour + instant.minute / 60 + instant.second / 3600
    return (day - first).days, _hour(cells, replay.columns.time, hour), False


def _hour(cells: dict[str, str], field: str | None, known: float) -> float:
    """Hour of the day from a column of its own."""
    text = "" if field is None else cells[field].strip()
    if field is None or not text:
        return known
    found = re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", text)
    parts = [int(part or 0) for part in found.groups()] if found else [99, 0, 0]
    if parts[0] > 23 or parts[1] > 59 or parts[2] > 59:
        raise _Fault(field, cells[field], "is not a time of day such as 14:30")
    return parts[0] + parts[1] / 60 + parts[2] / 3600


def _where(cells: dict[str, str], replay: Replay) -> tuple[float, float, float] | None:
    """Latitude, longitude and kilometre of a row, NaN for what is not told; None where the place is left empty."""
    columns = replay.columns
    if columns.km is not None:
        km = _number(cells, columns.km, 0.0, 20040.0)
        return None if km is None else (math.nan, math.nan, km)
    assert columns.latitude is not None and columns.longitude is not None
    latitude, longitude = _number(cells, columns.latitude, -90.0, 90.0), _number(cells, columns.longitude, -180.0, 180.0)
    return None if latitude is None or longitude is None else (latitude, longitude, math.nan)


def _number(cells: dict[str, str], field: str, low: float, high: float) -> float | None:
    """A number within bounds; None for an empty cell."""
    text = cells[field].strip()
    if not text:
        return None
    try:
        value = float(text) if re.fullmatch(r"[-+0-9.eE]+", text) else math.nan
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        hint = ", with a point and not a comma" if "," in text else ""
        raise _Fault(field, cells[field], f"must be a number in {low:g}..{high:g}{hint}")
    return value
