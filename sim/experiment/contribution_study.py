"""A study of contributions in a folder of its own: played replication by replication, kept at once, finished where it stopped.

A mediator may stop it at any moment and go on later; what the folder holds is checked before it is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sim.experiment import tables
from sim.experiment.contributions import Asked, feeds_back, machinery_of, measures_known, players_of
from sim.experiment.executors import run_jobs, worker_count
from sim.experiment.identity import Identity, identify, machine, versions
from sim.experiment.journal import Outcome
from sim.experiment.place import SUMS, Folder, digest_of, fault_of, opened, settled, verify
from sim.experiment.refusals import BadInput, LimitReached
from sim.experiment.replicate import Done, Job, Work
from sim.experiment.run_folder import Tell, as_json
from sim.experiment.summary import LEVEL
from sim.experiment.worths import Drilled, Found, Whole, Worth, by_label, found_of
from sim.scenario.participation import contributing, grades_of
from sim.scenario.scenario import Scenario

MOST_ASSUMED = 0.1
"""Most of the numbers of contributions and units that may be assumed for a table by state."""
REPLAYED = ("Contributions that bring units alone were valued by answering the findings of each run anew: no answer changes what "
            "is found here (declared by the scenario, and replication 0 asks its ladder the same with and without them).")


@dataclass(frozen=True)
class StudyPlan:
    """What is asked for: a scenario, its luck, what to value, where to write and how to share the work."""

    scenario: Scenario
    digests: dict[str, str]
    seed: int
    replications: int
    asked: Asked
    path: Path
    workers: int | None = 1
    data_dirs: tuple[Path, ...] = ()
    cache_dir: Path | None = None
    force: bool = False
    by_state: bool = False
    draw: Callable[[Path, Study], object] | None = None
    tell: Tell = lambda finished, every, done: None


class Study(NamedTuple):
    """A finished study of contributions."""

    path: Path
    already: bool
    name: str
    seed: int
    replications: int
    orders: int
    method: str
    found: Found
    states: tuple[Worth, ...]
    failures: tuple[tuple[int, str, str], ...]

    @property
    def code(self) -> int:
        """Exit code: 4 if some replications had to be given up or cut short."""
        return LimitReached.code if self.failures else 0


def refuse_states(scenario: Scenario) -> None:
    """Refuse a table by state that would rest on assumptions; raises BadInput with their number."""
    grades = grades_of(scenario)
    if grades.share > MOST_ASSUMED:
        raise BadInput(f"--by state: refused: {grades.assumed} of {grades.inputs} numbers of contributions and units "
                       f"({grades.share:.0%}) are assumed (grade D); at most a tenth may be")
    if not any(one.state for one in scenario.response.contributions):
        raise BadInput("--by state: no contribution names a state (response.contributions.*.state)")


def study(plan: StudyPlan) -> Study:
    """Play what is not played yet, and write all tables; raises as `run_folder.run` does, BadInput where nobody contributes."""
    if plan.by_state:
        refuse_states(plan.scenario)
    if not players_of(plan.scenario):
        raise BadInput(f"{plan.scenario.name}: no contribution brings a unit or a sensor: there is nothing to value")
    identity = _identity(plan)
    with opened(plan.path, identity, force=plan.force, kind="contributions") as folder:
        have = folder.journal.replications(identity.digest)
        lacking = tuple(r for r in range(plan.replications) if r not in have)
        about = folder.journal.about()
        if not lacking and (plan.path / SUMS).exists() and about.get("replications") == str(plan.replications):
            verify(plan.path)
            return _result(plan, identity, folder, about["feedback"], already=True)
        folder.begin_change()
        return _finished(plan, identity, folder, lacking, about.get("feedback"))


def _identity(plan: StudyPlan) -> Identity:
    """The scenario's own name, with all that changes a number of this study."""
    bare = identify(plan.scenario, seed=plan.seed, digests=plan.digests)
    listed = ", ".join(one.id for one in plan.asked.drills) or "none"
    what = (f"contributions to {', '.join(plan.asked.measures)}; {plan.asked.pairs} pairs of orders; "
            f"drills: {listed}; by {'state' if plan.by_state else 'contribution'}")
    return bare._replace(scenario=f"{bare.scenario}, {what}", resolved=f"# {what}\n{bare.resolved}")


def _finished(plan: StudyPlan, identity: Identity, folder: Folder, lacking: Sequence[int], known: str | None) -> Study:
    plan.tell(plan.replications - len(lacking), plan.replications, None)
    back = known if known is not None else feeds_back(plan.scenario, seed=plan.seed, data_dirs=plan.data_dirs,
                                                      cache_dir=plan.cache_dir)
    folder.journal.tell({"state": "running", "feedback": back})
    _run(plan, identity, folder, lacking, replay=not back)
    found = _result(plan, identity, folder, back, already=False)
    _write(plan, identity, folder, found)
    settled(folder, {"state": "complete", "replications": str(plan.replications)})
    return found


def _run(plan: StudyPlan, identity: Identity, folder: Folder, lacking: Sequence[int], *, replay: bool) -> None:
    work = Work(machinery_of(plan.asked._replace(replay=replay)), plan.seed, plan.data_dirs, plan.cache_dir)
    single = plan.scenario.model_copy(update={"study": plan.scenario.study.model_copy(update={"batches": 1})})
    finished = plan.replications - len(lacking)

    def take(done: Done) -> None:
        nonlocal finished
        folder.journal.record(done.outcomes)
        finished += len(done.outcomes)
        plan.tell(finished, plan.replications, done)

    if lacking:
        jobs = (Job(identity.digest, single, (r,)) for r in lacking)
        run_jobs(jobs, work, take, workers=worker_count(plan.workers, len(lacking)))


def _result(plan: StudyPlan, identity: Identity, folder: Folder, back: str, *, already: bool) -> Study:
    outcomes = [one for one in folder.journal.outcomes(identity.digest) if one.replication < plan.replications]
    asked, scenario = plan.asked, plan.scenario
    found = found_of(outcomes, measures=asked.measures, contributions=contributing(scenario), players=players_of(scenario),
                     catalogue=measures_known(), drills={one.id: one.title for one in asked.drills})
    return Study(plan.path, already, scenario.name, plan.seed, plan.replications, 2 * asked.pairs, method(back), found,
                 _states(plan, outcomes), tuple((o.replication, o.status, o.reason) for o in outcomes if o.status != "done"))


def method(back: str) -> str:
    """How contributions were valued, in words."""
    return f"Answers feed back ({back}): every coalition was run whole." if back else REPLAYED


def _states(plan: StudyPlan, outcomes: Sequence[Outcome]) -> tuple[Worth, ...]:
    if not plan.by_state:
        return ()
    players = players_of(plan.scenario)
    labels = {one.id: one.state or "not named" for one in plan.scenario.response.contributions if one.id in players}
    return by_label(outcomes, measures=plan.asked.measures, labels=labels)


# ---- files -----------------------------------------------------------------------------------------------


def table_bytes(rows: Sequence[Any], fields: Sequence[str]) -> bytes:
    """Rows as a CSV table with the level of its intervals."""
    return tables.csv_bytes((*fields, "level", "status"), ((*row, LEVEL, tables.STATUS) for row in rows))


def document(found: Study) -> dict[str, Any]:
    """All numbers of a study as one JSON document."""
    return {"status": tables.STATUS, "name": found.name, "seed": found.seed, "replications": found.replications,
            "orders_of_arrival": found.orders, "method": found.method, "level": LEVEL,
            "wholes": [one._asdict() | {"holds": one.holds} for one in found.found.wholes],
            "contributions": [one._asdict() for one in found.found.worths],
            "states": [one._asdict() for one in found.states],
            "drills": [one._asdict() for one in found.found.drilled]}


def _write(plan: StudyPlan, identity: Identity, folder: Folder, found: Study) -> None:
    path = folder.path
    with fault_of(path):
        tables.put(path / "contributions.csv", table_bytes(found.found.worths, Worth._fields))
        tables.put(path / "wholes.csv", table_bytes(found.found.wholes, Whole._fields))
        if found.states:
            tables.put(path / "states.csv", table_bytes(found.states, Worth._fields))
        if found.found.drilled:
            tables.put(path / "drills.csv", table_bytes(found.found.drilled, Drilled._fields))
        tables.put(path / "contributions.json", as_json(document(found)))
        tables.put(path / "scenario.resolved.toml", identity.resolved.encode())
        rows = ((*row, tables.STATUS) for row in found.failures)
        tables.put(path / "failures.csv", tables.csv_bytes(("replication", "outcome", "reason", "status"), rows))
        if plan.draw is not None:
            plan.draw(path, found)
        _provenance(identity, folder)


def _provenance(identity: Identity, folder: Folder) -> None:
    names = ("contributions.csv", "wholes.csv", "contributions.json", "scenario.resolved.toml", "failures.csv")
    whole = as_json({"status": tables.STATUS, "name": identity.name, "run": identity.digest, "scenario": identity.scenario,
                     "seed": identity.seed, "code": identity.code, "versions": versions(), "platform": machine(),
                     "files": {name: digest_of(folder.path / name) for name in names}})
    tables.put(folder.path / "provenance.json", whole)
    folder.journal.tell({"provenance": sha256(whole).hexdigest()})
