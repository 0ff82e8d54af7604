"""The tables of a run as CSV text that every program reads alike, and the pieces in which replications hand
them in.

A mediator can open each table in a spreadsheet: no cell is ever taken for a formula, no number is rounded.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROW_LIMIT = 300_000
STATUS = "SIMULATED"
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_LENGTH_BYTES = 8


class Shard(NamedTuple):
    """The rows of one replication on disk: file name, its sha256, rows by table."""

    name: str
    digest: str
    rows: dict[str, int]


def cell(text: str) -> str:
    """Text as one CSV cell that no spreadsheet takes for a formula (CWE-1236) and no reader splits."""
    safe = f"'{text}" if text.startswith(_RISKY) else text
    if any(mark in safe for mark in ',"\n\r'):
        return '"' + safe.replace('"', '""') + '"'
    return safe


def number(value: float | int | None) -> str:
    """Number in its shortest exact form; nothing for None and NaN."""
    return "" if value is None or value != value else repr(value)


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Whole table: text is guarded, numbers are exact, UTF-8 with \\n."""
    lines = [",".join(header), *(",".join(map(_any, row)) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def _any(value: Any) -> str:
    return cell(value) if isinstance(value, str) else number(value)


def _column(values: np.ndarray[Any, Any]) -> list[str]:
    """One column as cells; text is guarded once for each distinct value."""
    if values.dtype.kind == "f":
        return ["" if v != v else repr(v) for v in values.tolist()]
    if values.dtype.kind in "iu":
        return list(map(str, values.tolist()))
    if values.dtype.kind == "b":
        return ["1" if v else "0" for v in values.tolist()]
    texts = values.astype(str).tolist()
    cells = {text: cell(text) for text in dict.fromkeys(texts)}
    return [cells[text] for text in texts]


def header(columns: Sequence[str]) -> bytes:
    """First line of a table."""
    return (",".join(("replication", *columns, "status")) + "\n").encode()


def piece(replication: int, columns: Mapping[str, np.ndarray[Any, Any]], names: Sequence[str]) -> bytes:
    """Rows of one replication in one table, without the first line."""
    count = len(columns[names[0]])
    if not count:
        return b""
    cells = [_column(np.asarray(columns[name])) for name in names]
    rows = zip([str(replication)] * count, *cells, [STATUS] * count, strict=True)
    return ("\n".join(map(",".join, rows)) + "\n").encode()


def capped_status(reason: str) -> str:
    """Status of a row that a declared cap has touched."""
    return f"{STATUS}, CAPPED: {reason}"


def capped_row(replication: int, columns: Sequence[str], reason: str) -> bytes:
    """The one row by which a table says that this replication ended by a declared cap and its rows were left out."""
    return (",".join((str(replication), *[""] * len(columns), cell(capped_status(reason)))) + "\n").encode()


def shard_of(
    replication: int,
    tables: Mapping[str, Mapping[str, np.ndarray[Any, Any]]],
    names: Mapping[str, Sequence[str]],
) -> tuple[Shard, bytes]:
    """Rows of all tables of a replication as one piece, to be written aside, synced and put in place in one step."""
    pieces = {name: piece(replication, tables[name], columns) for name, columns in names.items()}
    index = json.dumps({name: len(text) for name, text in pieces.items()}).encode()
    whole = b"".join((len(index).to_bytes(_LENGTH_BYTES, "little"), index, *pieces.values()))
    rows = {table: len(tables[table][columns[0]]) for table, columns in names.items()}
    return Shard(f"r{replication:06d}.rows", sha256(whole).hexdigest(), rows), whole


def read_shard(whole: bytes) -> dict[str, bytes]:
    """Pieces of a shard by table."""
    start = int.from_bytes(whole[:_LENGTH_BYTES], "little") + _LENGTH_BYTES
    lengths: dict[str, int] = json.loads(whole[_LENGTH_BYTES:start])
    pieces = {}
    for name, length in lengths.items():
        pieces[name] = whole[start : start + length]
        start += length
    return pieces


def put(path: Path, content: bytes) -> None:
    """Write a file aside, sync it, and put it in place in one step: readers meet the old or the new, never a
    half.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(aside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def by_replication(whole: bytes) -> dict[int, bytes]:
    """Rows of a table by replication, its first line left out; rows of one replication stand together."""
    found: dict[int, list[bytes]] = {}
    for row in whole.splitlines(keepends=True)[1:]:
        found.setdefault(int(row[: row.index(b",")]), []).append(row)
    return {replication: b"".join(rows) for replication, rows in found.items()}


def kept_replications(rows: Sequence[Mapping[str, int]], limit: int | None = ROW_LIMIT) -> int:
    """Largest number of whole replications whose rows stay within the limit in every table, at least one."""
    totals: dict[str, int] = {}
    for kept, counts in enumerate(rows):
        for name, count in counts.items():
            totals[name] = totals.get(name, 0) + count
        if limit is not None and kept and max(totals.values(), default=0) > limit:
            return kept
    return len(rows)
