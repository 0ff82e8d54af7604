"""The journal of a run: one small database that says what is finished, safe against a crash at any instant.

A mediator who loses power loses at most the replication under way; what the journal holds is checked before
it is used.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.experiment.refusals import BadIntegrity, BadPlace

Rows = tuple[tuple[str, str, str, float, float], ...]
Times = dict[str, np.ndarray[Any, Any]]
FILE = "journal.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS points (label TEXT PRIMARY KEY, point TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outcomes (
  point TEXT NOT NULL, replication INTEGER NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, digest TEXT
  NOT NULL,
  events INTEGER NOT NULL, shard TEXT NOT NULL, measured BLOB NOT NULL, seal TEXT NOT NULL,
  PRIMARY KEY (point, replication)) WITHOUT ROWID;
"""
_TABLES = {"about": 2, "points": 2, "outcomes": 9}


class Outcome(NamedTuple):
    """What one replication of one point gave; `status` is done, capped or failed.

    `rows`: (measure, by, group, numerator, denominator); `times`: hours by measure, inf = never;
    `shard`: file name, sha256 and rows by table of what was written aside, or empty.
    """

    point: str
    replication: int
    status: str
    reason: str = ""
    digest: str = ""
    events: int = 0
    rows: Rows = ()
    times: Times = {}  # noqa: RUF012  a default that nobody fills
    shard: tuple[str, str, dict[str, int]] | tuple[()] = ()


def packed(outcome: Outcome) -> bytes:
    """Measured rows and times as bytes: a JSON head, then 64-bit floats, all deflated."""
    times = {name: np.ascontiguousarray(values, dtype="<f8") for name, values in outcome.times.items()}
    head = json.dumps({"rows": outcome.rows, "times": {k: len(v) for k, v in times.items()}}).encode()
    whole = b"".join((len(head).to_bytes(8, "little"), head, *(v.tobytes() for v in times.values())))
    return zlib.compress(whole, 1)


def unpacked(deflated: bytes) -> tuple[Rows, Times]:
    """Undo `packed`."""
    whole = zlib.decompress(deflated)
    start = int.from_bytes(whole[:8], "little") + 8
    head = json.loads(whole[8:start])
    times = {}
    for name, count in head["times"].items():
        times[name] = np.frombuffer(whole, dtype="<f8", count=count, offset=start)
        start += 8 * count
    return tuple((m, b, g, n, d) for m, b, g, n, d in head["rows"]), times


def _seal(*parts: Any) -> str:
    whole = blake2b(digest_size=16)
    for part in parts:
        whole.update(part if isinstance(part, bytes) else f"{part}\x1f".encode())
    return whole.hexdigest()


class Journal:
    """One writer's journal; every change is one transaction."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.path = folder / FILE
        with self._trouble():
            if read_only:  # immutable: no lock, no side file, not a byte of the folder changes
                self._db = sqlite3.connect(f"{self.path.resolve().as_uri()}?immutable=1", uri=True)
                return
            self._db = sqlite3.connect(self.path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Fold the log into the file and let go of it."""
        self._db.close()

    def tell(self, facts: Mapping[str, str]) -> None:
        """Set facts about the run."""
        with self._change() as db:
            db.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", sorted(facts.items()))

    def about(self) -> dict[str, str]:
        """All facts about the run."""
        with self._trouble():
            return dict(self._db.execute("SELECT key, value FROM about ORDER BY key"))

    def name_points(self, labels: Mapping[str, str]) -> None:
        """Remember which content each label of a sweep stands for."""
        with self._change() as db:
            db.executemany("INSERT OR REPLACE INTO points VALUES (?, ?)", sorted(labels.items()))

    def points(self) -> dict[str, str]:
        """Content by label."""
        with self._trouble():
            return dict(self._db.execute("SELECT label, point FROM points ORDER BY label"))

    def record(self, outcomes: Iterable[Outcome], labels: Mapping[str, str] | None = None) -> None:
        """Add or replace outcomes, and what labels stand for, in one transaction."""
        with self._change() as db:
            db.executemany("INSERT OR REPLACE INTO points VALUES (?, ?)", sorted((labels or {}).items()))
            db.executemany("INSERT OR REPLACE INTO outcomes VALUES (?,?,?,?,?,?,?,?,?)", map(_row, outcomes))

    def statuses(self, point: str | None = None) -> list[tuple[int, str]]:
        """Replication and status of all that is recorded, of a point or of all."""
        where, values = ("", ()) if point is None else (" WHERE point = ?", (point,))
        with self._trouble():
            return list(self._db.execute(f"SELECT replication, status FROM outcomes{where} ORDER BY 1", values))

    def finished(self) -> dict[str, set[int]]:
        """Replications by point of all that need not be run again."""
        found: dict[str, set[int]] = {}
        with self._trouble():
            for point, replication in self._db.execute("SELECT point, replication FROM outcomes WHERE status != 'failed'"):
                found.setdefault(point, set()).add(replication)
        return found

    def replications(self, point: str) -> set[int]:
        """Replications of a point that need not be run again."""
        return {replication for replication, status in self.statuses(point) if status != "failed"}

    def outcomes(self, point: str | None = None) -> Iterator[Outcome]:
        """Recorded outcomes by point and replication; each is checked against its seal before it is handed
        out.
        """
        where, values = ("", ()) if point is None else (" WHERE point = ?", (point,))
        with self._trouble():
            for row in self._db.execute(f"SELECT * FROM outcomes{where} ORDER BY point, replication", values):
                yield _outcome(row, self.path)

    def write_copy(self, target: Path) -> None:
        """Copy whose bytes depend on what is recorded only, not on the order or the number of runs it came
        from.
        """
        target.unlink(missing_ok=True)
        with self._trouble():
            copy = sqlite3.connect(target, isolation_level=None)
            try:
                copy.executescript(_SCHEMA)
                copy.execute("BEGIN")
                for table, width in _TABLES.items():
                    rows = self._db.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
                    copy.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * width)})", rows)
                copy.execute("COMMIT")
            finally:
                copy.close()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._trouble():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        """Full disks are the place's fault (5), broken files a matter of integrity (6)."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "malformed" in str(error) or "no such" in str(error):
                raise BadIntegrity(f"{self.path}: the journal is damaged ({error})") from None
            raise BadPlace(f"{self.path}: cannot be written or read ({error})") from None
        except sqlite3.DatabaseError as error:
            raise BadIntegrity(f"{self.path}: the journal is damaged ({error})") from None


@contextmanager
def reading(folder: Path) -> Iterator[Journal]:
    """Journal of a finished folder, opened without changing a byte of it."""
    journal = Journal(folder, read_only=True)
    try:
        yield journal
    finally:
        journal.close()


def _row(o: Outcome) -> tuple[Any, ...]:
    shard, measured = json.dumps(o.shard), packed(o)
    seal = _seal(o.point, o.replication, o.status, o.reason, o.digest, o.events, shard, measured)
    return (o.point, o.replication, o.status, o.reason, o.digest, o.events, shard, measured, seal)


def _outcome(row: tuple[Any, ...], path: Path) -> Outcome:
    point, replication, status, reason, digest, events, shard, measured, seal = row
    if _seal(point, replication, status, reason, digest, events, shard, measured) != seal:
        raise BadIntegrity(f"{path}: replication {replication} does not match its digest")
    rows, times = unpacked(measured)
    return Outcome(point, replication, status, reason, digest, events, rows, times, tuple(json.loads(shard)))
