"""Designs against each other: two runs in pairs that share their luck, and a grid of designs in a sweep.

A mediator learns which of two designs does better and by how much, or that the simulation shows no clear
difference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from sim.experiment import tables
from sim.experiment.grid import Axis, Point
from sim.experiment.identity import Identity, identify, machine, versions
from sim.experiment.journal import FILE, Outcome
from sim.experiment.limits import Limits
from sim.experiment.machinery import Machinery
from sim.experiment.place import SUMS, Folder, digest_of, fault_of, opened, settled, verify
from sim.experiment.points import Labour, Loaded, Read, lacking, outcomes_of, run_points
from sim.experiment.refusals import BadIntegrity, LimitReached
from sim.experiment.run_folder import Tell, as_json
from sim.experiment.sampled_worlds import judged
from sim.experiment.summary import LEVEL, Difference, Line, differences, lines
from sim.experiment.withheld import reasons
from sim.scenario.errors import ScenarioErrors

_TRIED = 8
_QUICK_S = 0.02
Draw = Callable[[Path, "Sweep"], object]


# ---- two runs ------------------------------------------------------------------------------------------


class Comparison(NamedTuple):
    """One design against another: names, and the difference in every measure."""

    a: str
    b: str
    rows: list[Difference]
    capped: int = 0
    """Replications of either that a declared cap ended; they and their partners are left out."""
    blind: tuple[tuple[str, Line, Line], ...] = ()
    """Skill of each verdict that needs no monitoring, in either, each by its own truth."""

    def clear(self) -> list[Difference]:
        """Measures whose interval leaves 0 out."""
        return [row for row in self.rows if row.clear]


def compare(
    a: tuple[str, Sequence[Outcome], Mapping[str, str]],
    b: tuple[str, Sequence[Outcome], Mapping[str, str]],
    catalogue: Mapping[str, Any],
    worlds: Sequence[tuple[list[Outcome], list[Outcome]]] = (),
) -> Comparison:
    """Difference B − A of every measure between two runs, given by name, replications and what their journals
    say.

    Raises BadIntegrity if the runs do not share seed, code and the days that count: then nothing pairs them.
    """
    for what in ("seed", "code", *sorted(key for key in a[2] if key.startswith("version "))):
        if a[2].get(what) != b[2].get(what):
            raise BadIntegrity(f"{b[0]}: its {what} is {b[2].get(what)}, that of {a[0]} {a[2].get(what)}: not comparable")
    for what in ("start", "days", "warm_up_h", "follow_up_h"):
        left, right = (_top(side[2].get("resolved", ""), what) for side in (a, b))
        if left != right:
            raise BadIntegrity(f"{b[0]}: {what} = {right}, in {a[0]} {left}: different horizons cannot be compared")
    capped = sum(o.status == "capped" for o in (*a[1], *b[1]))
    rows = judged(differences(a[1], b[1], catalogue), list(worlds), catalogue)
    return Comparison(a[0], b[0], rows, capped, _blind(a[1], b[1], catalogue))


def _blind(a: Sequence[Outcome], b: Sequence[Outcome], catalogue: Mapping[str, Any]) -> tuple[tuple[str, Line, Line], ...]:
    """Verdicts that need no monitoring and that both runs score, over the replications that both have."""
    both = {o.replication for o in a if o.status == "done"} & {o.replication for o in b if o.status == "done"}
    sides = [{line.group: line for line in lines([o for o in side if o.replication in both], {"skill": catalogue["skill"]})
              if line.by == "blind"} for side in (a, b)] if "skill" in catalogue else [{}, {}]
    return tuple((name, line, sides[1][name]) for name, line in sides[0].items() if name in sides[1])


def _top(resolved: str, key: str) -> str:
    """Value of a key at the top of a resolved scenario."""
    return next((row.partition(" = ")[2] for row in resolved.splitlines() if row.startswith(f"{key} = ")), "")


def comparison_bytes(found: Sequence[Comparison]) -> bytes:
    """All comparisons as one CSV table."""
    header = ("a", "b", *Difference._fields, "level", "status")
    rows = [
        (one.a, one.b, *(int(v) if isinstance(v, bool) else v for v in row), LEVEL, _status(one.capped))
        for one in found
        for row in one.rows
    ]
    return tables.csv_bytes(header, rows)


def _status(left_out: int) -> str:
    """SIMULATED, and how many replications are missing where some were capped or given up."""
    return tables.capped_status(f"{left_out} replications capped or given up, left out") if left_out else tables.STATUS


def verdict(row: Difference) -> str:
    """A difference in words."""
    if row.difference is None:
        return row.reason
    if row.noise_low is None:
        return row.reason or "noise not known"
    said = ("B higher" if row.difference > 0 else "B lower") if row.clear else "no clear difference"
    said = f"{said}; {row.reason}" if row.reason.startswith("rests on") else said
    if row.same_sign is None:
        return said
    return f"{said}; {'higher' if row.difference > 0 else 'lower'} in {row.same_sign} of {row.input_points} sampled worlds"


# ---- a grid of designs ---------------------------------------------------------------------------------


class SweepPlan(NamedTuple):
    """What is asked for: a base scenario, the axes over it, its luck, where to write and how to share the
    work.
    """

    base: Loaded
    read: Read
    axes: Sequence[Axis]
    points: Sequence[Point]
    machinery: Machinery
    seed: int
    replications: int
    path: Path
    workers: int | None = 1
    data_dirs: tuple[Path, ...] = ()
    cache_dir: Path | None = None
    force: bool = False
    draw: Draw | None = None
    tell: Tell = lambda finished, every, done: None
    dask: str | None = None
    check: str = "axes"
    """What must be a scenario before anything runs: each value of the `axes`, all `points`, or `some` of them."""
    limits: Limits = Limits()
    """Time and memory that a point may take."""

    @property
    def labour(self) -> Labour:
        """What all points share."""
        return Labour(self.read, self.machinery, self.seed, self.replications, self.workers, self.data_dirs, self.cache_dir,
                      self.tell, self.dask, self.limits)


class Sweep(NamedTuple):
    """A finished sweep: estimates by point, in the order of the grid."""

    path: Path
    already: bool
    axes: Sequence[Axis]
    estimates: list[tuple[Point, list[Line]]]
    failed: int
    lost: Mapping[int, tuple[int, int]] = {}
    """Replications by number of the point that reached a limit, and that failed."""
    failures: Sequence[tuple[int, int, str, str]] = ()
    """Point, replication, outcome and reason of each of these."""

    @property
    def code(self) -> int:
        """Exit code: 4 if some replications had to be given up or cut short."""
        return LimitReached.code if self.failed else 0


def checked_axes(plan_axes: Sequence[Axis], read: Read) -> dict[str, Loaded]:
    """Read one scenario for each value of each axis, so that a bad value is found before anything runs.

    Returns those that were quick to read, by the label of their point; the others would take room for little time.
    Raises ScenarioErrors for the first value that a scenario may not hold.
    """
    first = [(one.key, next(one.values())) for one in plan_axes]
    found: dict[str, Loaded] = {}
    for number, one in enumerate(plan_axes):
        for value in one.values():
            point = Point((*first[:number], (one.key, value), *first[number + 1 :]))
            begin = perf_counter()
            loaded = read(point.values)
            if perf_counter() - begin < _QUICK_S:
                found[point.label] = loaded
    return found


def _checked(plan: SweepPlan) -> dict[str, Loaded]:
    """Read what must be a scenario: every value of a grid, every row of a table; of a spread design only some point."""
    if plan.check == "axes":
        return checked_axes(plan.axes, plan.read)
    tried = plan.points if plan.check == "points" else plan.points[:_TRIED]
    faults: list[ScenarioErrors] = []
    for point in tried:
        try:
            plan.read(point.values)
        except ScenarioErrors as errors:
            faults.append(errors)
        if faults and plan.check == "points":
            raise faults[0]
    if tried and len(faults) == len(tried):
        raise faults[0]
    return {}


def sweep(plan: SweepPlan) -> Sweep:
    """Run all points that are not finished yet, and write the table of all.

    A point is known by the content of its scenario, so that its numbers are the same in every sweep, and
    adding points
    or replications runs nothing twice. Raises as `run_folder.run` does.
    """
    identity = identify(plan.base.scenario, seed=plan.seed, digests=plan.base.digests)
    grid = _asked(plan)
    seen = {} if (plan.path / FILE).exists() else _checked(plan)  # bad input writes nothing
    with opened(plan.path, identity, force=plan.force, kind="sweep") as folder:
        about, known = folder.journal.about(), folder.journal.points()
        todo = lacking(plan.points, folder, known, plan.replications)
        same = about.get("grid") == grid and about.get("replications") == str(plan.replications)
        if not todo and same and (plan.path / SUMS).exists():
            verify(plan.path)
            return _read_back(plan)
        folder.begin_change()
        folder.journal.tell({"state": "running"})
        run_points(plan.labour, folder, todo, known, every=plan.replications * len(plan.points), seen=seen)
        found = _result(plan, folder, known)
        told = {"state": "complete", "grid": grid, "replications": str(plan.replications)}
        _write(plan, identity, folder, found)
        settled(folder, told)
        return found


def _asked(plan: SweepPlan) -> str:
    """What a finished sweep is known by: its keys and points in order."""
    keys = [one.key for one in plan.axes]
    return json.dumps({"keys": keys, "points": sha256("\n".join(p.label for p in plan.points).encode()).hexdigest()})


def _read_back(plan: SweepPlan) -> Sweep:
    """Estimates of a finished sweep from its own table, which is many times faster than working them out."""
    import csv

    estimates: list[tuple[Point, list[Line]]] = [(point, []) for point in plan.points]
    with open(plan.path / "sweep.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            a, b, c = (float(row[n]) if row[n] else None for n in ("estimate", "noise_low", "noise_high"))
            line = Line(row["measure"], "all", "", row["unit"], a, b, c, int(row["replications"]), row["reason"])
            if row["measure"]:
                estimates[int(row["point"])][1].append(line)
    summary = json.loads((plan.path / "sweep.json").read_bytes())
    return Sweep(plan.path, True, plan.axes, estimates, summary["failed_or_capped"])


def _result(plan: SweepPlan, folder: Folder, known: Mapping[str, str]) -> Sweep:
    estimates, lost = [], {}
    failures: list[tuple[int, int, str, str]] = []
    for number, point in enumerate(plan.points):
        outcomes = outcomes_of(point, folder, known, plan.replications)
        failures += [(number, o.replication, o.status, o.reason) for o in outcomes if o.status != "done"]
        lost[number] = (sum(o.status == "capped" for o in outcomes), sum(o.status == "failed" for o in outcomes))
        catalogue = reasons(plan.machinery.catalogue(), plan.base.scenario, outcomes)
        whole = [line for line in lines(outcomes, catalogue) if line.by == "all"]
        estimates.append((point, whole))
    return Sweep(plan.path, False, plan.axes, estimates, len(failures), lost, failures)


def sweep_bytes(found: Sweep) -> bytes:
    """Table of a sweep: one row for each point and measure, a column for each key."""
    keys = [one.key for one in found.axes]
    header = (
        "point",
        *keys,
        "measure",
        "unit",
        "estimate",
        "noise_low",
        "noise_high",
        "level",
        "replications",
        "capped",
        "failed",
        "reason",
        "status",
    )
    rows: list[tuple[Any, ...]] = []
    for number, (point, whole) in enumerate(found.estimates):
        values = [plain(dict(point.values)[key]) for key in keys]
        rows += [
            (
                number,
                *values,
                x.measure,
                x.unit,
                x.estimate,
                x.noise_low,
                x.noise_high,
                LEVEL,
                x.replications,
                *found.lost.get(number, (0, 0)),
                x.reason,
                _status(found.failed),
            )
            for x in whole
        ]
    return tables.csv_bytes(header, rows)


def plain(text: str) -> Any:
    """Value of TOML text for a table: numbers as numbers, all else as text."""
    import tomllib

    if text.startswith("@"):
        return text
    value = tomllib.loads(f"v = {text}")["v"]
    return value if isinstance(value, int | float | str) and not isinstance(value, bool) else text


def _write(plan: SweepPlan, identity: Identity, folder: Folder, found: Sweep) -> None:
    path = folder.path
    with fault_of(path):
        tables.put(path / "sweep.csv", sweep_bytes(found))
        tables.put(path / "scenario.resolved.toml", identity.resolved.encode())
        summary = {
            "status": tables.STATUS,
            "name": identity.name,
            "seed": plan.seed,
            "axes": {one.key: [plain(v) for v in one.values()] for one in plan.axes},
            "points": len(plan.points),
            "replications": plan.replications,
            "failed_or_capped": found.failed,
        }
        tables.put(path / "sweep.json", as_json(summary))
        header = ("point", "replication", "outcome", "reason", "status")
        rows = ((*row, tables.STATUS) for row in found.failures)
        tables.put(path / "failures.csv", tables.csv_bytes(header, rows))
        if plan.draw is not None:
            plan.draw(path, found)
        provenance = {
            "status": tables.STATUS,
            "name": identity.name,
            "run": identity.digest,
            "scenario": identity.scenario,
            "seed": identity.seed,
            "code": identity.code,
            "versions": versions(),
            "platform": machine(),
            "files": {n: digest_of(path / n) for n in ("sweep.csv", "sweep.json", "failures.csv", "scenario.resolved.toml")},
        }
        whole = as_json(provenance)
        tables.put(path / "provenance.json", whole)
    folder.journal.tell({"provenance": sha256(whole).hexdigest(), "axes": json.dumps([a.key for a in plan.axes])})
