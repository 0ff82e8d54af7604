"""Element sets of real satellites (TLE, or OMM as JSON, CSV or XML), and whether they are still fresh.

Whoever relies on the passes of a real satellite learns here how far off they may be, and which satellites
of a file cannot be flown at all.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers import expat

import numpy as np

from sim.foundation.sky_mechanics import DAY_S, TROPICAL_YEAR_D
from sim.monitoring.orbits import ElementSet, SatelliteError, motion_ecef, outside_domain, secular_of

WARN_AGE_D = 14.0
LIMIT_AGE_D = 60.0
ERROR_AT_EPOCH_KM, ERROR_KM_PER_DAY = 1.0, 2.0
"""Along-track error of SGP4 in low orbit: about 1 km at the epoch, growing by 1 to 3 km a day (rule of thumb
of the field, grade D; more under strong drag). Divided by 7.5 km/s it is the error of the hour of a pass."""
_SPEED_KM_S = 7.5
_MARGIN_S = 4 * 3600.0

_ONE = re.compile(r"1 (?P<number>[A-Z0-9 ]{5})[A-Z ] .{8} (?P<epoch>[ \d]{2}[ \d]{3}\.[\d ]{8}) "
                  r"(?P<ndot>[ +-]\.[\d ]{8}) (?P<nddot>[ +-][\d ]{5}[+-]\d) (?P<bstar>[ +-][\d ]{5}[+-]\d) "
                  r"[\d ] [\d ]{4}\d")
_TWO = re.compile(r"2 (?P<number>[A-Z0-9 ]{5}) (?P<incl>[ \d]{3}\.[\d ]{4}) (?P<node>[ \d]{3}\.[\d ]{4}) "
                  r"(?P<ecc>[\d ]{7}) (?P<perigee>[ \d]{3}\.[\d ]{4}) (?P<anomaly>[ \d]{3}\.[\d ]{4}) "
                  r"(?P<motion>[ \d]{2}\.[\d ]{8})[\d ]{5}\d")
# Keys of an OMM in the order of the fields of an ElementSet.
_OMM = ("MEAN_MOTION", "ECCENTRICITY", "INCLINATION", "RA_OF_ASC_NODE", "ARG_OF_PERICENTER", "MEAN_ANOMALY",
        "BSTAR", "MEAN_MOTION_DOT", "MEAN_MOTION_DDOT")
_OPTIONAL = ("BSTAR", "MEAN_MOTION_DOT", "MEAN_MOTION_DDOT")


class ElementFileError(ValueError):
    """A file of element sets that cannot be read; the message names file and line."""


class Refused(NamedTuple):
    """A satellite that is left out, and why."""

    name: str
    reason: str


class Fleet(NamedTuple):
    """Satellites of a file that can be flown, those that were left out, and what the reader must be told."""

    orbits: tuple[ElementSet, ...]
    refused: tuple[Refused, ...]
    warnings: tuple[str, ...]


def read_orbits(path: Path, *, start_unix_s: float, days: float, words: tuple[str, ...] = (),
                rebase: bool = False) -> Fleet:
    """Satellites of an element file, fit for a horizon.

    Parameters
    ----------
    words : take the satellites whose name holds one of these (upper and lower case alike); empty takes all
    rebase : move old sets to the start: shapes, local times of the nodes and relative phases kept, drag zero

    Raises
    ------
    ElementFileError
        For a line that cannot be read, words that no satellite answers to, or (without `rebase`) a set over
        60 days from its epoch at some instant of the horizon.
    """
    sets = read_element_sets(path)
    if words:
        sets = tuple(s for s in sets if any(word.casefold() in s.name.casefold() for word in words))
        if not sets:
            raise ElementFileError(f"{path.name}: no satellite whose name holds one of {', '.join(words)}")
    warnings: tuple[str, ...] = ()
    if rebase:
        sets = rebased(sets, start_unix_s=start_unix_s)
        warnings = (f"{path.name}: elements moved to the start; orbits typical, passes not real",)
    else:
        warnings = _judge_age(path.name, sets, start_unix_s, days)
    return _flyable(sets, warnings, start_unix_s, days)


def element_age_d(elements: ElementSet, *, start_unix_s: float, days: float) -> float:
    """Longest time between the epoch and an instant of the horizon."""
    ends = (start_unix_s, start_unix_s + days * DAY_S)
    return max(abs(end - elements.epoch_unix_s) for end in ends) / DAY_S


def along_track_error_km(*, age_d: float) -> float:
    """Error to expect along the track of an element set of that age: 1 km and 2 km a day (rule of thumb)."""
    return ERROR_AT_EPOCH_KM + ERROR_KM_PER_DAY * age_d


def _judge_age(file: str, sets: tuple[ElementSet, ...], start_unix_s: float, days: float) -> tuple[str, ...]:
    ages = [element_age_d(one, start_unix_s=start_unix_s, days=days) for one in sets]
    worst = max(range(len(sets)), key=ages.__getitem__)
    if ages[worst] > LIMIT_AGE_D:
        raise ElementFileError(
            f"{file}: {sets[worst].name} is up to {ages[worst]:.0f} days from its epoch in this run, over "
            f"{LIMIT_AGE_D:.0f}; take newer elements or set rebase = true")
    if ages[worst] <= WARN_AGE_D:
        return ()
    error_km = along_track_error_km(age_d=ages[worst])
    old = sum(age > WARN_AGE_D for age in ages)
    return (f"{file}: {old} of {len(sets)} element sets are over {WARN_AGE_D:.0f} days from their epoch in "
            f"this run (up to {ages[worst]:.0f}, {sets[worst].name}): expect up to {error_km:.0f} km "
            f"({error_km / _SPEED_KM_S:.0f} s) along the track",)


def _flyable(sets: tuple[ElementSet, ...], warnings: tuple[str, ...], start_unix_s: float,
             days: float) -> Fleet:
    kept, refused = [], []
    # A satellite that decays later in the run must be found now, not by a run that stops half-way.
    instants = start_unix_s + np.linspace(-_MARGIN_S, days * DAY_S + _MARGIN_S, 2 + 8 * math.ceil(days))
    for one in sets:
        reason = outside_domain(one) or _refusal(one, instants)
        if reason is None:
            kept.append(one)
        else:
            refused.append(Refused(one.name, reason))
    return Fleet(tuple(kept), tuple(refused), warnings)


def _refusal(one: ElementSet, instants: Any) -> str | None:
    try:
        motion_ecef(one, instants)
    except SatelliteError as error:
        return str(error)
    return None


def rebased(sets: tuple[ElementSet, ...], *, start_unix_s: float) -> tuple[ElementSet, ...]:
    """Element sets moved to a new start: typical orbits, not real passes.

    All sets are first brought to the latest epoch among them by their secular J2 rates, so that phases stay
    relative; then the nodes turn with the mean sun (360° a tropical year) to the start. Mean motion,
    eccentricity and inclination are kept, drag is zero.
    """
    common = max((one.epoch_unix_s for one in sets), default=0.0)
    sun_deg = 360 * (start_unix_s - common) / (TROPICAL_YEAR_D * DAY_S)
    return tuple(_moved(one, common, sun_deg, start_unix_s) for one in sets)


def _moved(one: ElementSet, common: float, sun_deg: float, start_unix_s: float) -> ElementSet:
    mean, since = secular_of(one), common - one.epoch_unix_s
    anomaly_rate = one.mean_motion_rev_day * 360 / DAY_S
    perigee_rate = math.degrees(mean.argument_rate) - anomaly_rate
    return one._replace(
        epoch_unix_s=start_unix_s, bstar=0.0, ndot=0.0, nddot=0.0,
        node_deg=(one.node_deg + math.degrees(mean.node_rate) * since + sun_deg) % 360,
        perigee_deg=(one.perigee_deg + perigee_rate * since) % 360,
        anomaly_deg=(one.anomaly_deg + anomaly_rate * since) % 360)


# ---- formats -----------------------------------------------------------------------------------------------


def read_element_sets(path: Path) -> tuple[ElementSet, ...]:
    """All element sets of a file: OMM by the ending .json, .csv or .xml, else two- or three-line sets.

    Raises ElementFileError, naming file and line, for what cannot be read, and for a file without any set.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[:error.start].count(b"\n") + 1
        raise ElementFileError(f"{path.name}:{line}: not UTF-8 text") from None
    reader = {".json": _json_rows, ".csv": _csv_rows, ".xml": _xml_rows}.get(path.suffix.lower())
    if reader is None:
        sets = tuple(_two_line_sets(path.name, text))
    else:
        sets = tuple(_from_omm(path.name, line, row) for line, row in reader(path.name, text))
    if not sets:
        raise ElementFileError(f"{path.name}:1: no element set in the file")
    return sets


def _two_line_sets(file: str, text: str) -> Iterator[ElementSet]:
    name, first, first_at = "", "", 0
    for at, raw in enumerate(text.splitlines(), start=1):
        line = raw.rstrip()
        if first and not line.startswith("2 "):
            raise ElementFileError(f"{file}:{at}: line 2 of an element set was due here, not {line[:24]!r}")
        if first:
            yield _of_lines(file, first_at, (name, first, line))
            name, first = "", ""
        elif line.startswith("1 ") and len(line) > 60:
            first, first_at = line, at
        elif line.startswith("2 ") and len(line) > 60:
            raise ElementFileError(f"{file}:{at}: line 2 of an element set without its line 1")
        elif line:
            if name:
                raise ElementFileError(f"{file}:{at}: line 1 of {name!r} was due here, not {line[:24]!r}")
            name = line.removeprefix("0 ").strip()
    if first or name:
        raise ElementFileError(f"{file}:{len(text.splitlines())}: the file ends inside an element set")


def _of_lines(file: str, at: int, lines: tuple[str, str, str]) -> ElementSet:
    name, *pair = lines
    one, two = (_matched(file, at + k, pair[k], law) for k, law in enumerate((_ONE, _TWO)))
    if one["number"] != two["number"]:
        raise ElementFileError(f"{file}:{at + 1}: satellite {two['number']} after line 1 of {one['number']}")
    numbers = (_plain(two["motion"]), float(f".{_zeros(two['ecc'])}"), *map(_plain, (
        two["incl"], two["node"], two["perigee"], two["anomaly"])), _powered(one["bstar"]),
        float(one["ndot"].replace(" ", "") or 0), _powered(one["nddot"]))
    number = one["number"].strip()
    made = ElementSet(name or number, number, _tle_epoch(file, at, one["epoch"]), *numbers)
    return _checked(file, at, made)


def _matched(file: str, at: int, line: str, law: re.Pattern[str]) -> dict[str, str]:
    found = law.fullmatch(line)
    if not found:
        raise ElementFileError(f"{file}:{at}: not line {line[:1]} of an element set: {line[:80]!r}")
    total = sum(int(c) if c.isdigit() else c == "-" for c in line[:68]) % 10
    if total != int(line[68]):
        raise ElementFileError(f"{file}:{at}: checksum {line[68]} does not fit the line (it gives {total})")
    return found.groupdict()


def _zeros(digits: str) -> str:
    return digits.replace(" ", "0")


def _plain(digits: str) -> float:
    return float(digits.strip().replace(" ", "0"))


def _powered(field: str) -> float:
    """Read ` 18200-3` as 0.18200e-3."""
    return float(f"{field[0].strip()}.{_zeros(field[1:6])}e{field[6:]}")


def _tle_epoch(file: str, at: int, field: str) -> float:
    year, day = int(_zeros(field[:2])), _plain(field[2:])
    if not 1 <= day < 367:
        raise ElementFileError(f"{file}:{at}: epoch day {day} is not a day of a year")
    first = datetime(year + (1900 if year >= 57 else 2000), 1, 1, tzinfo=UTC)
    return first.timestamp() + (day - 1) * DAY_S


def _from_omm(file: str, at: int, row: Mapping[str, Any]) -> ElementSet:
    name = str(row.get("OBJECT_NAME") or row.get("NORAD_CAT_ID") or "unnamed").strip()
    values = []
    for key in _OMM:
        raw = row.get(key)
        if raw in (None, "") and key in _OPTIONAL:
            raw = 0.0
        values.append(_number(file, at, name, key, raw))
    number, epoch = str(row.get("NORAD_CAT_ID", "")).strip(), _omm_epoch(file, at, name, row.get("EPOCH"))
    return _checked(file, at, ElementSet(name, number, epoch, *values))


def _number(file: str, at: int, name: str, key: str, raw: Any) -> float:
    try:
        value = math.nan if isinstance(raw, bool) else float(raw)
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise ElementFileError(f"{file}:{at}: {name}: {key} = {raw!r} is not a number")
    return value


def _omm_epoch(file: str, at: int, name: str, raw: Any) -> float:
    try:
        moment = datetime.fromisoformat(str(raw).strip())
    except ValueError:
        raise ElementFileError(f"{file}:{at}: {name}: EPOCH = {raw!r} is not an instant") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _checked(file: str, at: int, made: ElementSet) -> ElementSet:
    limits = (("mean motion", made.mean_motion_rev_day, 1e-8, 20.0),
              ("eccentricity", made.eccentricity, 0.0, 0.999),
              ("inclination", made.inclination_deg, 0.0, 180.0))
    for what, value, low, high in limits:
        if not low <= value <= high:
            raise ElementFileError(f"{file}:{at}: {made.name}: {what} {value} is outside {low} to {high}")
    return made


def _json_rows(file: str, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Objects of a list (or one object) with the line on which each starts."""
    space, decoder = re.compile(r"[\s,\[]*"), json.JSONDecoder()
    at = _end(space, text, 0)
    while at < len(text) and text[at] != "]":
        line = text.count("\n", 0, at) + 1
        try:
            row, after = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError) as error:
            where = getattr(error, "lineno", line)
            why = getattr(error, "msg", "too deep")
            raise ElementFileError(f"{file}:{where}: not JSON ({why})") from None
        if not isinstance(row, dict):
            raise ElementFileError(f"{file}:{line}: an OMM object was due here, not {str(row)[:40]!r}")
        yield line, row
        at = _end(space, text, after)


def _end(law: re.Pattern[str], text: str, at: int) -> int:
    found = law.match(text, at)
    return found.end() if found else at


def _csv_rows(file: str, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    due = [key for key in ("EPOCH", *_OMM) if key not in _OPTIONAL]
    missing = [key for key in due if key not in (reader.fieldnames or ())]
    if missing:
        raise ElementFileError(f"{file}:1: the heading lacks {', '.join(missing)}")
    for row in reader:
        if None in row:
            raise ElementFileError(f"{file}:{reader.line_num}: more fields than the heading has")
        yield reader.line_num, row


def _xml_rows(file: str, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Leaves of each <segment>; a document type is refused, so that no entity can swell."""
    rows: list[tuple[int, dict[str, str]]] = []
    words: list[str] = []
    parser = expat.ParserCreate()

    def opened(tag: str, _attributes: dict[str, str]) -> None:
        words.clear()
        if tag.rpartition(":")[2] == "segment":
            rows.append((parser.CurrentLineNumber, {}))

    def closed(tag: str) -> None:
        if rows and words:
            rows[-1][1].setdefault(tag.rpartition(":")[2], "".join(words).strip())
        words.clear()

    def doctype(*_rest: object) -> None:
        raise ElementFileError(f"{file}:{parser.CurrentLineNumber}: a document type is not allowed")

    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = words.append, doctype
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise ElementFileError(f"{file}:{error.lineno}: not XML ({error})") from None
    yield from rows
