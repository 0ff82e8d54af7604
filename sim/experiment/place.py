"""The folder of a run: opened by one process at a time, never overwritten, and checked before anything in it
is believed.

A mediator can pass the folder on; whoever receives it can check with any sha256sum program that it is as it
was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from sim.experiment.identity import Identity, facts, unlike
from sim.experiment.journal import FILE, Journal
from sim.experiment.refusals import BadInput, BadIntegrity, BadPlace, InUse
from sim.experiment.tables import put

SUMS = "SHA256SUMS"
LOCK = ".lock"
SHARDS = "shards"
STAGING = ".staging"
_OURS = {LOCK, SHARDS, STAGING, FILE, f"{FILE}-wal", f"{FILE}-shm", f"{FILE}-journal"}


@contextmanager
def fault_of(path: Path) -> Iterator[None]:
    """Whatever the disk refuses is the fault of the place (exit 5)."""
    try:
        yield
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else str(path)
        raise BadPlace(f"--out {where}: {error.strerror or error}; nothing earlier was changed") from None


class Folder:
    """An open run folder with its lock and its journal."""

    def __init__(self, path: Path, lock: IO[bytes], journal: Journal) -> None:
        self.path, self.lock, self.journal = path, lock, journal

    def begin_change(self) -> None:
        """From here on the folder counts as unfinished; a finished one is checked first and then opened for
        writing.
        """
        if (self.path / SUMS).exists():
            verify(self.path)
            with fault_of(self.path):
                (self.path / SUMS).unlink()
            self.journal.close()
            self.journal = Journal(self.path)

    def close(self) -> None:
        """Fold the journal and free the folder."""
        self.journal.close()
        self.lock.close()


@contextmanager
def opened(path: Path, identity: Identity, *, force: bool = False, kind: str = "run") -> Iterator[Folder]:
    """Open a run's folder, or make it; only one process can have it open.

    Raises
    ------
    BadPlace if the path cannot be a run folder or holds something else; InUse if another process works in it;
    BadIntegrity, with what differs, if it holds another run.
    """
    folder = _open(path, {**facts(identity), "kind": kind}, force=force)
    try:
        yield folder
    finally:
        folder.close()


def _open(path: Path, here: Mapping[str, str], *, force: bool) -> Folder:
    _usable(path)
    with fault_of(path):
        path.mkdir(parents=True, exist_ok=True)
        lock = open(path / LOCK, "ab")  # noqa: SIM115  held until the folder is closed
    _lock(lock, path)
    try:
        if force and (path / FILE).exists():
            with fault_of(path):
                os.rename(path, _free_name(path))
            lock.close()
            return _open(path, here, force=False)
        return _admitted(Folder(path, lock, Journal(path, read_only=(path / SUMS).exists())), here)
    except BaseException:
        lock.close()
        raise


def _usable(path: Path) -> None:
    """Refuse what is not an empty folder or one of ours, before anything is written."""
    if path.is_symlink():
        raise BadPlace(f"--out {path}: is a symbolic link; name the folder itself")
    with fault_of(path):
        if not path.exists():
            return
        if not path.is_dir():
            raise BadPlace(f"--out {path}: is not a folder")
        names = sorted(os.listdir(path))
    if FILE not in names and {SUMS, "provenance.json"} <= set(names):
        raise BadIntegrity(f"{path / FILE}: is missing, though the manifest {SUMS} lists it")
    if FILE not in names and not set(names) <= _OURS:
        raise BadPlace(
            f"--out {path}: holds other files ({names[0]}, …) and no run of ours; choose an empty or new "
            "folder (--resume and --force are for folders that hold a run)"
        )


def _lock(lock: IO[bytes], path: Path) -> None:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise InUse(f"{path}: another run is working in this folder; wait for it or choose another --out") from None


def _free_name(path: Path) -> Path:
    number = 1
    while path.with_name(f"{path.name}.{number}").exists():
        number += 1
    return path.with_name(f"{path.name}.{number}")


def _admitted(folder: Folder, here: Mapping[str, str]) -> Folder:
    there = folder.journal.about()
    if not there:
        folder.journal.tell({**here, "state": "running"})
        return folder
    kinds = (there.get("kind"), here.get("kind"))
    different = unlike(there, dict(here)) if kinds[0] == kinds[1] else f"  kind: there {kinds[0]}, asked for {kinds[1]}"
    if different:
        folder.close()
        raise BadIntegrity(f"{folder.path}: holds another run, so it was left alone; --force moves it aside\n{different}")
    return folder


# ---- digests -------------------------------------------------------------------------------------------


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    whole = sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            whole.update(block)
    return whole.hexdigest()


def files_in(folder: Path) -> list[str]:
    """Names of all result files, relative, sorted; locks and work in progress left out."""
    hidden = {LOCK, SUMS, SHARDS, STAGING, f"{FILE}-wal", f"{FILE}-shm"}
    found = (p.relative_to(folder) for p in sorted(folder.rglob("*")) if p.is_file())
    return sorted(p.as_posix() for p in found if p.parts[0] not in hidden)


def write_sums(folder: Path) -> None:
    """List the digest of every result file, as `sha256sum -c` reads it."""
    rows = [f"{digest_of(folder / name)}  {name}" for name in files_in(folder)]
    put(folder / SUMS, ("\n".join(rows) + "\n").encode())


def verify(folder: Path) -> None:
    """Check every result file of a finished folder against its digest.

    Raises BadInput if there is no such folder, BadIntegrity naming the file that is missing or changed.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder}: there is no such run folder")
    try:
        # Only a line feed ends a row: other line breaks would hide a changed byte.
        rows = (folder / SUMS).read_bytes().decode("utf-8").removesuffix("\n").split("\n")
    except FileNotFoundError:
        why = "not finished: run it again to finish it" if (folder / FILE).exists() else "no run folder"
        raise BadIntegrity(f"{folder}: {why} (its manifest {SUMS} is missing)") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadIntegrity(f"{folder / SUMS}: the manifest cannot be read ({error})") from None
    names = [_checked(folder, row, number) for number, row in enumerate(rows, 1)]
    for needed in (FILE, "provenance.json"):
        if needed not in names:
            raise BadIntegrity(f"{folder / SUMS}: the manifest does not list {needed}")


def _checked(folder: Path, row: str, number: int) -> str:
    digest, gap, name = row[:64], row[64:66], row[66:]
    if gap != "  " or not name or name.startswith("/") or ".." in Path(name).parts or "\0" in name:
        raise BadIntegrity(f"{folder / SUMS}: line {number} of the manifest is damaged")
    try:
        found = digest_of(folder / name)
    except OSError as error:
        raise BadIntegrity(f"{folder / name}: {error.strerror or error}, though the manifest lists it") from None
    if found != digest:
        raise BadIntegrity(f"{folder / name}: does not match its digest in the manifest {SUMS}; it was changed")
    return name


def moved_in(staging: Path, folder: Path) -> None:
    """Put staged files in place one by one; doing it twice does no harm."""
    for name in sorted(os.listdir(staging)) if staging.exists() else []:
        os.replace(staging / name, folder / name)


def removed(folder: Path) -> None:
    """Remove a folder of work in progress and its files, which are all ours."""
    for name in sorted(os.listdir(folder)) if folder.exists() else []:
        (folder / name).unlink()
    if folder.exists():
        folder.rmdir()


def settled(folder: Folder, told: Mapping[str, Any]) -> None:
    """Last step: the journal rewritten in a fixed order, work in progress removed, all digests listed."""
    path = folder.path
    with fault_of(path):
        folder.journal.tell({key: str(value) for key, value in told.items()})
        copy = path / f".{FILE}.part"
        folder.journal.write_copy(copy)
        folder.journal.close()
        for side in (f"{FILE}-wal", f"{FILE}-shm"):  # whoever looks on may have kept them; the copy has it all
            (path / side).unlink(missing_ok=True)
        os.replace(copy, path / FILE)
        removed(path / SHARDS)
        removed(path / STAGING)
        write_sums(path)


def refreshed(path: Path, make: Callable[[Path], object]) -> None:
    """Make the report of a finished folder again, and list the digests anew; all digests are checked first.

    Raises as `verify` does, InUse if a run is working there, BadPlace if it cannot be written.
    """
    verify(path)
    with fault_of(path), open(path / LOCK, "ab") as lock:
        _lock(lock, path)
        make(path)
        write_sums(path)
