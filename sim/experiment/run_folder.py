"""From a scenario to a finished run folder: run what is missing, write all tables in one go, have the report
made.

A mediator may interrupt, repeat or extend a run; what is finished is never run again and never changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from sim.experiment import findings, ledger_tables, tables, twin
from sim.experiment.executors import run_jobs, worker_count
from sim.experiment.identity import Identity, identify, machine, versions, with_study
from sim.experiment.journal import FILE, Outcome
from sim.experiment.machinery import Machinery
from sim.experiment.place import (
    SHARDS,
    STAGING,
    SUMS,
    Folder,
    digest_of,
    fault_of,
    moved_in,
    opened,
    removed,
    settled,
    verify,
)
from sim.experiment.precision import FEWEST, Reached, Target, Widths, next_count
from sim.experiment.refusals import BadIntegrity, LimitReached
from sim.experiment.replicate import Done, Job, Work, prepared
from sim.experiment.sampled_worlds import Over, run_worlds
from sim.experiment.summary import HEADER, LEVEL, Line, as_record, as_row, lines
from sim.experiment.withheld import notes, reasons
from sim.scenario.scenario import Scenario

REPLICATIONS = (
    "replication",
    "measure",
    "unit",
    "value",
    "numerator",
    "denominator",
    "events",
    "digest",
    "outcome",
    "reason",
    "status",
)
Report = Callable[[Path], object]
Tell = Callable[[int, int, Done | None], None]


class Plan(NamedTuple):
    """What is asked for: a scenario, its luck, where to write and how to share the work.

    `rows` is the most rows a table keeps, None = all; `workers` None = all cores; `report` makes the report
    from the folder; `tell(finished, all, done)` hears of progress.
    """

    scenario: Scenario
    machinery: Machinery
    seed: int
    replications: int
    path: Path
    workers: int | None = 1
    data_dirs: tuple[Path, ...] = ()
    cache_dir: Path | None = None
    force: bool = False
    rows: int | None = tables.ROW_LIMIT
    report: Report | None = None
    digests: Mapping[str, str] | None = None
    tell: Tell = lambda finished, every, done: None
    precision: Target | None = None
    """Run on until it is reached; `replications` is then the most that are run."""
    dask: str | None = None
    inputs: int = 0
    """Worlds to sample from the ranges of the assumptions."""
    read: Callable[[Sequence[tuple[str, str]]], Any] | None = None
    """Turns overrides into a checked scenario and the digests of its data files; needed for `inputs`."""


class Finished(NamedTuple):
    """A finished run: where, what it says, and whether anything had to be done for it."""

    path: Path
    already: bool
    replications: int
    failed: int
    capped: int
    summary: dict[str, Any]
    precision: Reached | None = None

    @property
    def code(self) -> int:
        """Exit code: 4 if some replications had to be given up or cut short, or the precision was not reached."""
        short = self.precision is not None and self.precision.at is None
        return LimitReached.code if self.failed or self.capped or short else 0


def run(plan: Plan) -> Finished:
    """Run a scenario into its folder, or finish, extend or just read what is there.

    Raises
    ------
    BadPlace, BadIntegrity, InUse about the folder; ScenarioErrors from preparation, before anything is
    written.
    """
    identity = identify(plan.scenario, seed=plan.seed, digests=plan.digests)
    with ExitStack() as stack:
        if plan.cache_dir is None:
            plan = plan._replace(cache_dir=Path(stack.enter_context(TemporaryDirectory(prefix="ceasefire-"))))
        ready = None if (plan.path / FILE).exists() else _prepared(plan)  # bad input writes nothing
        folder = stack.enter_context(opened(plan.path, identity, force=plan.force))
        return _run(plan, identity, folder, ready)


def _prepared(plan: Plan) -> Any:
    return prepared(_work(plan), plan.scenario)


def _work(plan: Plan) -> Work:
    return Work(
        plan.machinery,
        plan.seed,
        plan.data_dirs,
        plan.cache_dir,
        plan.path / SHARDS,
        _counted_beside,
    )


def _counted_beside(history: Any, scenario: Any) -> list[tuple[str, str, str, float, float]]:
    """Counts for the ledgers and for the formulas beside the run, which the measures do not hold."""
    return [*ledger_tables.counted_beside(history, scenario), *twin.counted(history, scenario)]


def _run(plan: Plan, identity: Identity, folder: Folder, ready: Any) -> Finished:
    about = folder.journal.about()
    if about["state"] == "staged":
        _installed(folder, plan.report)
        about = folder.journal.about()
    widths = None if plan.precision is None else Widths(plan.precision, plan.machinery.catalogue())
    target = _target(plan, identity, folder, widths)
    missing = _missing(folder, identity, target)
    points = max(plan.inputs, int(about.get("inputs", 0)))
    same = about.get("inputs", "0") == str(points) and (not plan.inputs or about.get("inputs_replications") == str(target))
    if about["state"] == "complete" and not missing and same:
        reached = _reached(folder, identity, widths)
        _reinstalled(folder)
        verify(folder.path)
        return _finished(folder.path, already=True)._replace(precision=reached)
    _begin(folder)
    tried: set[int] = set()
    while missing:
        tried |= set(missing)
        ready = _replicated(plan._replace(replications=target), identity, folder, missing, ready)
        target = _target(plan, identity, folder, widths)
        missing = [r for r in _missing(folder, identity, target) if r not in tried]
    plan = plan._replace(replications=target)
    reached = _reached(folder, identity, widths)
    over = None if not points else run_worlds(plan, folder, points, target if plan.inputs else 0)
    _staged(plan, identity, folder, reached, over, ready)
    _installed(folder, plan.report)
    return _finished(folder.path, already=False)._replace(precision=reached)


def _missing(folder: Folder, identity: Identity, target: int) -> list[int]:
    recorded = dict(folder.journal.statuses(identity.digest))
    return [r for r in range(target) if recorded.get(r, "failed") == "failed"]


def _target(plan: Plan, identity: Identity, folder: Folder, widths: Widths | None) -> int:
    """Replications to have: as many as asked for or recorded, or what the precision needs next."""
    recorded = max((r + 1 for r, _ in folder.journal.statuses(identity.digest)), default=0)
    if widths is None:
        return max(plan.replications, recorded)
    if recorded < min(FEWEST, plan.replications):
        return min(FEWEST, plan.replications)
    found = _reached(folder, identity, widths)
    if found is None or found.at is not None or recorded >= plan.replications:
        return recorded
    return next_count(found, recorded, most=plan.replications)


def _reached(folder: Folder, identity: Identity, widths: Widths | None) -> Reached | None:
    return None if widths is None else widths.read(folder.journal.outcomes(identity.digest))


def _reinstalled(folder: Folder) -> None:
    """A crash after the last word of the journal may have left the list of digests unwritten."""
    if not (folder.path / SUMS).exists():
        _installed(folder, None)


def _begin(folder: Folder) -> None:
    """From here on the folder counts as unfinished; tables that are there stay until new ones take their
    place.
    """
    folder.begin_change()
    folder.journal.tell({"state": "running"})
    with fault_of(folder.path):
        removed(folder.path / STAGING)
        (folder.path / SHARDS).mkdir(exist_ok=True)


def _replicated(plan: Plan, identity: Identity, folder: Folder, missing: Sequence[int], ready: Any) -> Any:
    every, finished = plan.replications, plan.replications - len(missing)
    workers = worker_count(plan.workers, len(missing))
    work = _work(plan)
    if missing and ready is None:
        ready = prepared(work, plan.scenario)
    traces: list[str] = []

    def take(done: Done) -> None:
        nonlocal finished
        folder.journal.record(done.outcomes)
        finished += len(done.outcomes)
        traces.append(done.trace)
        plan.tell(finished, every, done)

    plan.tell(finished, every, None)
    jobs = [Job(identity.digest, plan.scenario, (r,)) for r in missing]
    run_jobs(jobs, work, take, workers=workers, first=(identity.digest, ready), dask=plan.dask)
    if all(status == "failed" for _, status in folder.journal.statuses(identity.digest)):
        raise AllFailed(next((trace for trace in traces if trace), "no replication could be finished"))
    return ready


class AllFailed(Exception):
    """Not one replication could be finished; the text is the traceback of the first."""


# ---- writing -------------------------------------------------------------------------------------------


def _staged(plan: Plan, identity: Identity, folder: Folder, precision: Reached | None, over: Over | None, ready: Any) -> None:
    """Write everything aside, then say so in the journal in one step."""
    staging = folder.path / STAGING
    outcomes = list(folder.journal.outcomes(identity.digest))
    found = lines(outcomes, reasons(plan.machinery.catalogue(), plan.scenario, outcomes))
    about = folder.journal.about()
    with fault_of(folder.path):
        staging.mkdir(exist_ok=True)
        kept, rows = _write_tables(plan, folder, outcomes, about)
        _put(staging, "replications.csv", _replication_rows(plan, outcomes))
        spread = {} if over is None else over.ranges
        rows_of = (as_row(line, spread.get(line[:3]), _status(outcomes)) for line in found)
        tables.put(staging / "summary.csv", tables.csv_bytes(HEADER, rows_of))
        for name, whole in ledger_tables.written(outcomes).items():
            tables.put(staging / name, whole)
        kept_rows = {"kept_replications": kept, "limit": plan.rows, "rows": rows}
        summary = _summary(plan, identity, outcomes, found, kept_rows, over)
        if over is not None:
            tables.put(staging / "inputs.csv", over.table)
            tables.put(staging / "worlds.csv", over.worlds)
        for name, data in _beside(plan, outcomes, ready).items():
            tables.put(staging / name, data)
        if precision is not None:
            summary["precision"] = as_entry(precision)
        tables.put(staging / "summary.json", as_json(summary))
        tables.put(staging / "scenario.resolved.toml", _resolved(plan).encode())
        listed = {p.name: digest_of(p) for p in sorted(staging.iterdir())}
        provenance = as_json(_provenance(identity, outcomes, listed))
        tables.put(staging / "provenance.json", provenance)
    base = json.dumps({f"{name}.csv": listed[f"{name}.csv"] for name in plan.machinery.columns()})
    told = {"state": "staged", "base": base}
    folder.journal.tell({**told, "provenance": sha256(provenance).hexdigest()})


def _beside(plan: Plan, outcomes: Sequence[Outcome], ready: Any) -> Mapping[str, bytes]:
    """Files that the report of a run needs beside its tables."""
    make = plan.machinery.beside
    if make is None or plan.report is None or not any(o.replication == 0 and o.status == "done" for o in outcomes):
        return {}
    return make(_prepared(plan) if ready is None else ready, plan.seed)


def _status(outcomes: Sequence[Outcome]) -> str:
    """SIMULATED, and how many replications were left out where a declared cap ended them."""
    capped = sum(o.status == "capped" for o in outcomes)
    if not capped:
        return tables.STATUS
    return tables.capped_status(f"{capped} of {len(outcomes)} replications, left out of every number")


def _put(staging: Path, name: str, rows: list[tuple[Any, ...]]) -> None:
    tables.put(staging / name, tables.csv_bytes(REPLICATIONS, rows))


def as_json(whole: Mapping[str, Any]) -> bytes:
    """JSON as our files hold it: no NaN, one entry a line, UTF-8."""
    return (json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _resolved(plan: Plan) -> str:
    from sim.scenario.canonical import dump_toml

    return dump_toml(with_study(plan.scenario, seed=plan.seed, replications=plan.replications))


def _installed(folder: Folder, report: Report | None) -> None:
    """Put staged files in place, have the report made, close the books."""
    path = folder.path
    about = folder.journal.about()
    with fault_of(path):
        moved_in(path / STAGING, path)
        if digest_of(path / "provenance.json") != about.get("provenance"):
            raise BadIntegrity(f"{path / 'provenance.json'}: does not match its digest in the journal; it was changed")
        listed = json.loads((path / "provenance.json").read_bytes())["files"]
        for name, digest in listed.items():
            if digest_of(path / name) != digest:
                raise BadIntegrity(f"{path / name}: does not match its digest in provenance.json; it was changed")
        if report is not None:
            report(path)
    settled(folder, {"state": "complete"})


def _write_tables(
    plan: Plan, folder: Folder, outcomes: Sequence[Outcome], about: Mapping[str, str]
) -> tuple[int, dict[str, int]]:
    """Tables of the largest number of whole replications within the limit; returns it and the rows of each.

    Rows come from what replications wrote aside, or from the tables of an earlier finish; those beyond the
    limit were let go of then, so the tables end where they would have to be run again.
    """
    names = plan.machinery.columns()
    done = [o for o in outcomes if o.status == "done"]
    counts = [o.shard[2] if o.shard else {} for o in done]
    earlier = {name: _earlier(folder.path / f"{name}.csv", about) for name in names} if "base" in about else {}
    there = [_has_rows(folder.path / SHARDS, o, earlier) for o in done]
    kept = min(tables.kept_replications(counts, plan.rows), there.index(False) if False in there else len(done))
    with ExitStack() as stack:
        files = {n: stack.enter_context(open(folder.path / STAGING / f"{n}.csv", "wb")) for n in names}
        for name, file in files.items():
            file.write(tables.header(names[name]))
        for outcome in done[:kept]:
            for name, piece in _pieces(folder.path / SHARDS, outcome, earlier).items():
                files[name].write(piece)
        for outcome in (o for o in outcomes if o.status == "capped"):
            for name, file in files.items():
                file.write(tables.capped_row(outcome.replication, names[name], outcome.reason))
    return kept, {name: sum(c.get(name, 0) for c in counts[:kept]) for name in names}


Earlier = Mapping[str, Mapping[int, bytes]]


def _has_rows(shards: Path, outcome: Outcome, earlier: Earlier) -> bool:
    if not outcome.shard or not any(outcome.shard[2].values()) or (shards / outcome.shard[0]).exists():
        return True
    return any(outcome.replication in pieces for pieces in earlier.values())


def _pieces(shards: Path, outcome: Outcome, earlier: Earlier) -> dict[str, bytes]:
    """Rows of one replication by table."""
    if not outcome.shard or not (shards / outcome.shard[0]).exists():
        return {name: pieces.get(outcome.replication, b"") for name, pieces in earlier.items()}
    name, digest, _ = outcome.shard
    whole = (shards / name).read_bytes()
    if sha256(whole).hexdigest() != digest:
        raise BadIntegrity(f"{shards / name}: does not match its digest in the journal; it was changed")
    return tables.read_shard(whole)


def _earlier(path: Path, about: Mapping[str, str]) -> dict[int, bytes]:
    """Rows by replication of a table written earlier, once it is known to be unchanged."""
    whole = path.read_bytes()
    if sha256(whole).hexdigest() != json.loads(about["base"])[path.name]:
        raise BadIntegrity(f"{path}: does not match its digest, so it cannot be extended; it was changed")
    return tables.by_replication(whole)


def _replication_rows(plan: Plan, outcomes: Sequence[Outcome]) -> list[tuple[Any, ...]]:
    catalogue = plan.machinery.catalogue()
    rows: list[tuple[Any, ...]] = []
    for o in outcomes:
        status = tables.capped_status("this replication") if o.status == "capped" else tables.STATUS
        end = (o.events, o.digest, o.status, o.reason, status)
        values = {m: (top, bottom) for m, by, _, top, bottom in o.rows if by == "all"}
        if not o.rows:
            rows.append((o.replication, "", "", None, None, None, *end))
        for name, entry in catalogue.items():
            if entry.estimator == "quantile" and (entry.of or name) in o.times:
                value = lines([o], {name: entry})[0].estimate
                rows.append((o.replication, name, entry.unit, value, None, None, *end))
            elif name in values:
                top, bottom = values[name]
                value = top / bottom if bottom else None
                rows.append((o.replication, name, entry.unit, value, top, bottom, *end))
    return rows


def _summary(
    plan: Plan,
    identity: Identity,
    outcomes: Sequence[Outcome],
    found: Sequence[Line],
    rows: Mapping[str, Any],
    over: Over | None,
) -> dict[str, Any]:
    told = notes(plan.scenario, outcomes)
    spread = {} if over is None else over.ranges
    said = findings.sentences(plan.scenario, outcomes, ranges=spread)
    return {
        "status": tables.STATUS,
        "caveat": findings.CAVEAT,
        "name": plan.scenario.name,
        "title": plan.scenario.title,
        "run": identity.digest,
        "scenario": identity.scenario,
        "seed": plan.seed,
        "level": LEVEL,
        "replications": _counts(outcomes),
        "tables": dict(rows),
        "findings": [s.text for s in said],
        **({"notes": told} if told else {}),
        **({} if over is None else {"sentences": [s.text for s in said], "inputs": over.facts}),
        "range": findings.RANGE if over is None else over.told,
        "failures": [
            {"replication": o.replication, "outcome": o.status, "reason": o.reason} for o in outcomes if o.status != "done"
        ],
        "twin": twin.records(twin.twins(plan.scenario, outcomes)),
        **_parts(found),
        "measures": {line.measure: as_record(line, spread.get(line[:3])) for line in found if line.by == "all"},
    }


def _parts(found: Sequence[Line]) -> dict[str, Any]:
    """Skill of the verdicts that need no monitoring and, where there are several regimes, skill and power in each."""
    blind = {x.group: as_record(x) for x in found if x.measure == "skill" and x.by == "blind"}
    regimes: dict[str, dict[str, Any]] = {}
    for line in (x for x in found if x.by == "regime"):
        regimes.setdefault(line.group, {})[line.measure] = as_record(line)
    return ({"blind": blind} if blind else {}) | ({"regimes": regimes} if len(regimes) > 1 else {})


def as_entry(found: Reached) -> dict[str, Any]:
    """Entry of summary.json on the precision that was asked for."""
    return {
        "asked": found.target.text,
        "measure": found.target.measure,
        "reached": found.at is not None,
        "half_width": found.half_width,
        "replications": found.replications,
        "holds_from": found.at,
    }


def _counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    counts = {status: sum(o.status == status for o in outcomes) for status in ("done", "capped", "failed")}
    return {"asked": len(outcomes), **counts}


def _provenance(identity: Identity, outcomes: Sequence[Outcome], listed: Mapping[str, str]) -> dict[str, Any]:
    return {
        "status": tables.STATUS,
        "name": identity.name,
        "run": identity.digest,
        "scenario": identity.scenario,
        "seed": identity.seed,
        "code": identity.code,
        "replications": _counts(outcomes),
        "versions": versions(),
        "platform": machine(),
        "platform_note": "for information; not part of the name of the run",
        "files": dict(listed),
    }


def _finished(path: Path, *, already: bool) -> Finished:
    summary = json.loads((path / "summary.json").read_bytes())
    counts = summary["replications"]
    return Finished(path, already, counts["done"], counts["failed"], counts["capped"], summary)


def read_back(path: Path) -> tuple[Finished, list[Outcome], dict[str, str]]:
    """A finished run with its measured replications and what its journal says of it; every digest is checked
    first.

    Raises BadInput, BadIntegrity as `verify` does.
    """
    from sim.experiment.journal import reading

    verify(path)
    with reading(path) as journal:
        about = journal.about()
        point = json.loads((path / "provenance.json").read_bytes())["run"]
        return _finished(path, already=True), list(journal.outcomes(point)), about
