"""Named studies: questions, the designs that each sets side by side, and what each design gains and loses against the others.

A mediator never reads that a design is better: where it wins and where it loses stand side by side, with what each costs.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.experiment import tables
from sim.experiment.identity import identify
from sim.experiment.journal import Outcome
from sim.experiment.outputs import put_results
from sim.experiment.place import SUMS, opened, settled, verify
from sim.experiment.points import Labour, lacking, outcomes_of, run_points
from sim.experiment.refusals import BadInput, BadUsage, LimitReached
from sim.experiment.run_folder import as_json
from sim.experiment.summary import LEVEL, NO_RANGE, Difference, Line, collected, differences, lines, usable

COST = "cost_eur_year"
WITHIN = 0.05
TABLE, DESIGNS, ONLY, SUMMARY = "study.csv", "designs.csv", "kinds.csv", "study.json"
_CONFIRMED, _BY = "confirmed", "kind-side"
_LESS = ("time_to_", "wrong_", "false_", "undetermined", "missed_", "unattributed", "response_time", "exposure", COST)
Pairs = tuple[tuple[str, str], ...]


class Arm(NamedTuple):
    """One design under one condition: the scenario, the values laid on it, and the budget that it is to meet."""

    design: str
    title: str
    scenario: str
    arm: str
    budget_meur: float | None
    values: Pairs

    @property
    def label(self) -> str:
        """Name in the journal: designs of equal content are run once."""
        return json.dumps([self.scenario, *self.values])


class Question(NamedTuple):
    """What is asked, of which designs, in which pairs and by which measures."""

    id: str
    title: str
    agenda: tuple[str, ...]
    condition: str
    arms: tuple[Arm, ...]
    pairs: str
    measures: tuple[str, ...]


class StudyFile(NamedTuple):
    """A study as its file says it."""

    name: str
    title: str
    replications: int
    seed: int
    questions: tuple[Question, ...]


class StudyPlan(NamedTuple):
    """What is asked for: questions, who does the work, where it is written, and who draws the page."""

    study: StudyFile
    labour: Labour
    path: Path
    force: bool = False
    draw: Callable[[Path, dict[str, Any]], object] | None = None


class Studied(NamedTuple):
    """A finished study as its summary says it, and where it lies."""

    path: Path
    already: bool
    summary: dict[str, Any]

    @property
    def code(self) -> int:
        """Exit code: 4 if replications were given up or cut short."""
        return LimitReached.code if self.summary["failed_or_capped"] else 0


# ---- the file ------------------------------------------------------------------------------------------


def read_study(file: Path, *, sets: Sequence[tuple[str, str]] = (), only: Sequence[str] = ()) -> StudyFile:
    """Read a study; `sets` go over all its values, `only` keeps some questions.

    Raises
    ------
    BadInput, BadUsage : naming what is wrong
    """
    try:
        tree = tomllib.loads(file.read_text(encoding="utf-8"))
        whole = _study(tree, dict(sets))
    except OSError as error:
        raise BadInput(f"{file.name}: {error.strerror}") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise BadInput(f"{file.name}: {error}") from None
    except KeyError as error:
        raise BadInput(f"{file.name}: {error} is missing, or named and not there") from None
    for one in only:
        if one not in {question.id for question in whole.questions}:
            raise BadUsage(f"--only {one}: is no question of {whole.name}; it asks {', '.join(q.id for q in whole.questions)}")
    return whole._replace(questions=tuple(q for q in whole.questions if not only or q.id in only))


def _study(tree: Mapping[str, Any], sets: Mapping[str, str]) -> StudyFile:
    designs = {one["id"]: one for one in tree["designs"]}
    conditions = {one["id"]: one for one in tree.get("conditions", ())}
    fixed = {"days": str(tree["days"])}
    questions = tuple(_question(one, tree, designs, conditions, fixed, sets) for one in tree["questions"])
    return StudyFile(tree["name"], tree["title"], int(tree["replications"]), int(tree["seed"]), questions)


def _question(one: Any, tree: Any, designs: Any, conditions: Any, fixed: Mapping[str, str], sets: Mapping[str, str]) -> Question:
    condition: Any = conditions[one["condition"]] if one.get("condition") else {"set": {}, "title": ""}
    arms = tuple(_arm(designs[name], condition["set"], fixed, sets) for name in one["designs"])
    measures = tuple(one.get("measures", tree["measures"]))
    return Question(one["id"], one["title"], tuple(one["agenda"]), condition["title"], arms, one.get("pairs", "all"), measures)


def _arm(one: Any, condition: Any, fixed: Mapping[str, str], sets: Mapping[str, str]) -> Arm:
    own = {key: _text(value) for key, value in (*one.get("set", {}).items(), *condition.items())}
    return Arm(one["id"], one["title"], one["scenario"], one.get("arm", ""), one.get("budget_meur"),
               tuple({**fixed, **own, **sets}.items()))


def _text(value: Any) -> str:
    if isinstance(value, str) and value.startswith("@"):
        return value
    from sim.scenario.canonical import inline

    return inline(value)


# ---- what is counted beside the measures ---------------------------------------------------------------


def confirmed_by_kind(history: Any, scenario: Any) -> list[tuple[str, str, str, float, float]]:
    """Counted acts of each kind and side, and those that were ever confirmed."""
    table = history.tables["violations"]
    counted = np.asarray(table["counted"]).astype(bool)
    done = np.isfinite(np.asarray(table["verified_h"], dtype=np.float64)[counted])
    both = zip(table["kind"][counted].tolist(), table["side"][counted].tolist(), strict=True)
    names, member = np.unique(np.array(["/".join(one) for one in both], dtype="U140"), return_inverse=True)
    hits, every = np.bincount(member, weights=done, minlength=len(names)), np.bincount(member, minlength=len(names))
    return [(_CONFIRMED, _BY, str(n), float(a), float(b)) for n, a, b in zip(names, hits, every, strict=True)]


# ---- running -------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """An arm as a point of the machinery: the scenario goes before the values."""

    values: Pairs
    label: str


def study(plan: StudyPlan) -> Studied:
    """Run what is missing and write the tables; the same call again goes on, or just reads."""
    arms = (arm for question in plan.study.questions for arm in question.arms)
    places = {arm.label: Place((("scenario", arm.scenario), *arm.values), arm.label) for arm in arms}
    loaded = {label: plan.labour.read(place.values) for label, place in places.items()}  # bad keys write nothing
    first = next(iter(loaded.values()))
    asked = _asked(plan, loaded)
    identity = identify(first.scenario, seed=plan.labour.seed, digests=first.digests)
    with opened(plan.path, identity, force=plan.force, kind="study") as folder:
        if folder.journal.about().get("asked") == asked and (plan.path / SUMS).exists():
            verify(plan.path)
            return Studied(plan.path, True, json.loads((plan.path / SUMMARY).read_bytes()))
        folder.begin_change()
        folder.journal.tell({"state": "running"})
        known, count = folder.journal.points(), plan.labour.replications
        labour = plan.labour._replace(extra=confirmed_by_kind)
        todo = lacking(list(places.values()), folder, known, count)
        run_points(labour, folder, todo, known, every=count * len(places), seen=loaded)
        found = {label: outcomes_of(place, folder, known, count) for label, place in places.items()}
        summary = summarised(plan, found)
        put_results(folder, identity, {**_tables(summary), SUMMARY: as_json(summary)})
        if plan.draw is not None:
            plan.draw(plan.path, summary)
        settled(folder, {"state": "complete", "asked": asked})
        return Studied(plan.path, False, summary)


def _asked(plan: StudyPlan, loaded: Mapping[str, Any]) -> str:
    """What a finished study is known by: its questions and the content of every scenario in them."""
    from sim.experiment.identity import point_digest

    points = [point_digest(one.scenario, seed=plan.labour.seed, digests=one.digests) for one in loaded.values()]
    return sha256(repr((plan.study, plan.labour.replications, points)).encode()).hexdigest()


# ---- what comes out ------------------------------------------------------------------------------------


def summarised(plan: StudyPlan, found: Mapping[str, Sequence[Outcome]]) -> dict[str, Any]:
    """All numbers of a study; `found` holds the outcomes by the label of the arm."""
    catalogue = plan.labour.machinery.catalogue()
    for question in plan.study.questions:
        for name in question.measures:
            if name not in catalogue:
                raise BadInput(f"{plan.study.name}: {question.id}: measures = {name}: there is no such measure")
    answers = [_answer(question, found, catalogue) for question in plan.study.questions]
    lost = sum(o.status != "done" for outcomes in found.values() for o in outcomes)
    return {"status": tables.STATUS, "name": plan.study.name, "title": plan.study.title, "seed": plan.labour.seed,
            "replications": plan.labour.replications, "level": LEVEL, "inputs": NO_RANGE, "failed_or_capped": lost,
            "questions": answers, "flips": flips(answers)}


def _answer(question: Question, found: Mapping[str, Sequence[Outcome]], catalogue: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": question.id, "title": question.title, "agenda": list(question.agenda), "condition": question.condition,
            "designs": [_design(arm, found[arm.label], question, catalogue) for arm in question.arms],
            "comparisons": [_compared(a, b, question, found, catalogue) for a, b in _pairs(question)],
            "only": _only(question, found)}


def _pairs(question: Question) -> Iterator[tuple[Arm, Arm]]:
    if question.pairs == "first":
        return ((question.arms[0], other) for other in question.arms[1:])
    return combinations(question.arms, 2)


def _design(arm: Arm, outcomes: Sequence[Outcome], question: Question, catalogue: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {name: catalogue[name] for name in (COST, *question.measures) if name in catalogue}
    numbers = {line.measure: _number(line) for line in lines(outcomes, wanted) if line.by == "all"}
    cost = numbers[COST]["estimate"] if COST in numbers else None
    meets = None if cost is None or arm.budget_meur is None else abs(cost / 1e6 / arm.budget_meur - 1) <= WITHIN
    return {"id": arm.design, "title": arm.title, "arm": arm.arm, "scenario": arm.scenario, "budget_meur": arm.budget_meur,
            "within_budget": meets, "values": dict(arm.values), "measures": numbers}


def _number(line: Line) -> dict[str, Any]:
    return {"unit": line.unit, "estimate": line.estimate, "noise_low": line.noise_low, "noise_high": line.noise_high,
            "replications": line.replications, "reason": line.reason}


def gain(row: Difference) -> str:
    """Which of two designs does better in one measure, `a` or `b`; empty where the simulation shows no clear difference."""
    if not row.clear or not row.difference:
        return ""
    return "b" if (row.difference < 0) == row.measure.startswith(_LESS) else "a"


def _compared(a: Arm, b: Arm, question: Question, found: Mapping[str, Sequence[Outcome]], catalogue: Mapping[str, Any]) -> Any:
    wanted = {name: catalogue[name] for name in question.measures}
    rows = differences(found[a.label], found[b.label], wanted)
    marked = [{**row._asdict(), "wins": gain(row)} for row in rows]
    return {"a": a.design, "b": b.design, "arm_a": a.arm, "arm_b": b.arm, "rows": marked, "verdict": said(rows, a.title, b.title)}


def said(rows: Sequence[Difference], a: str, b: str) -> str:
    """Where each wins, in words; never that one is better."""
    wins = {side: [row.measure for row in rows if gain(row) == side] for side in ("a", "b")}
    parts = [f"{name} wins in {', '.join(wins[side])}" for side, name in (("a", a), ("b", b)) if wins[side]]
    left = len(rows) - len(wins["a"]) - len(wins["b"])
    return "; ".join([*parts, f"no clear difference in {left} of {len(rows)}"])


def _only(question: Question, found: Mapping[str, Sequence[Outcome]]) -> list[dict[str, Any]]:
    """Kinds and sides of which one design alone confirmed any act, with the counts of all designs."""
    counts = {arm.design: {group: (float(p.top.sum()), float(p.bottom.sum()))
                           for (_, group), p in collected(usable(found[arm.label])).get(_CONFIRMED, {}).items()}
              for arm in question.arms}  # fmt: skip
    rows = []
    for group in sorted({group for one in counts.values() for group in one}):
        some = [name for name, one in counts.items() if one.get(group, (0.0, 0.0))[0] > 0]
        if len(some) == 1:
            hits, acts = counts[some[0]][group]
            others = max((one[group][1] for name, one in counts.items() if name != some[0] and group in one), default=0.0)
            kind, _, side = group.partition("/")
            rows.append({"kind": kind, "side": side, "only": some[0], "confirmed": hits, "acts": acts, "others_confirmed": 0,
                         "others_acts": others})
    return rows


def flips(answers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Two arms and a measure in which one wins clearly under one question and the other under another."""
    seen: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    for answer in answers:
        for pair in answer["comparisons"]:
            for row in pair["rows"]:
                if row["wins"] and pair["arm_a"] and pair["arm_b"]:
                    key = (pair["arm_a"], pair["arm_b"], row["measure"])
                    seen.setdefault(key, {"a": [], "b": []})[row["wins"]].append(answer["id"])
    return [{"a": a, "b": b, "measure": measure, "a_wins_in": won["a"], "b_wins_in": won["b"]}
            for (a, b, measure), won in seen.items() if won["a"] and won["b"]]


def _tables(summary: Mapping[str, Any]) -> dict[str, bytes]:
    head = ("question", "a", "b", *Difference._fields, "wins", "level", "status")
    rows = [(q["id"], pair["a"], pair["b"], *(int(v) if isinstance(v, bool) else v for v in row.values()), LEVEL, tables.STATUS)
            for q in summary["questions"] for pair in q["comparisons"] for row in pair["rows"]]
    designs = [(q["id"], d["id"], d["arm"], d["scenario"], d["budget_meur"], name, *m.values(), LEVEL, tables.STATUS)
               for q in summary["questions"] for d in q["designs"] for name, m in d["measures"].items()]
    only = [(q["id"], *row.values(), tables.STATUS) for q in summary["questions"] for row in q["only"]]
    return {
        TABLE: tables.csv_bytes(head, rows),
        DESIGNS: tables.csv_bytes(("question", "design", "arm", "scenario", "budget_meur", "measure", "unit", "estimate",
                                   "noise_low", "noise_high", "replications", "reason", "level", "status"), designs),
        ONLY: tables.csv_bytes(("question", "kind", "side", "only", "confirmed", "acts", "others_confirmed", "others_acts",
                                "status"), only),
    }  # fmt: skip
