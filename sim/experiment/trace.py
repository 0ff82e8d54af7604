"""The life of one violation, or of one finding, from a finished run: the replication is run again and must match its digest.

A mediator can ask why an act was not seen, or how a finding with nothing behind it came about, and gets every step.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from sim.experiment.journal import Outcome
from sim.experiment.refusals import BadInput, BadIntegrity
from sim.experiment.tables import STATUS
from sim.experiment.withheld import published, untraceable
from sim.scenario.scenario import Scenario


class Asked(NamedTuple):
    """What is to be traced: `what` is violation or finding; without `replication` the tables of the run tell it."""

    what: str
    id: str
    replication: int | None = None


def trace(run: Path, asked: Asked, scenario: Scenario, *, data_dirs: tuple[Path, ...] = ()) -> dict[str, Any]:
    """One violation or finding of a finished run, as a document that JSON can hold.

    Raises
    ------
    BadInput if the run or the id is unknown, or if the scenario holds back single acts; BadIntegrity if files or the
    replication that is run again do not match their digests.
    """
    from sim.experiment.run_folder import read_back

    why = untraceable(scenario)
    if why:
        raise BadInput(f"{run}: {why}")
    finished, outcomes, _ = read_back(run)
    number = asked.replication if asked.replication is not None else _replication_of(run, asked)
    outcome = next((o for o in outcomes if o.replication == number), None)
    if outcome is None or not outcome.digest:
        raise BadInput(f"{run}: replication {number} is not among the {len(outcomes)} of this run, or was not finished")
    recording, tables = _again(run, scenario, int(finished.summary["seed"]), outcome, data_dirs)
    head = {"status": STATUS, "name": finished.summary["name"], "run": finished.summary["run"], "seed": finished.summary["seed"],
            "replication": number, "digest": outcome.digest, "digest_matches": True, "traced": asked.what, "id": asked.id}
    ids = tables[f"{asked.what}s"][asked.what].tolist()
    if asked.id not in ids:
        raise BadInput(_unknown(asked, ids, f"replication {number} of {run}"))
    return {**head, **(_violation if asked.what == "violation" else _finding)(recording, tables, asked.id)}


def _replication_of(run: Path, asked: Asked) -> int:
    """Replication in whose rows an id stands."""
    ids: list[str] = []
    for row in _rows(run / f"{asked.what}s.csv"):
        if row[asked.what] == asked.id:
            return int(row["replication"])
        ids.append(row[asked.what])
    raise BadInput(_unknown(asked, ids, f"{run / (asked.what + 's.csv')}"))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read ({error})") from None


def _unknown(asked: Asked, ids: Sequence[str], where: str) -> str:
    """That an id is not there, with the one that is most like it."""
    near = max(ids, key=lambda one: sum(a == b for a, b in zip(one, asked.id, strict=False)), default="")
    hint = f"did you mean {near}? " if near else ""
    return (f"--{asked.what} {asked.id[:64]}: not in {where} ({hint}Tables keep only so many replications; "
            "--replication N looks into another one)")


def _again(run: Path, scenario: Scenario, seed: int, outcome: Outcome, data_dirs: tuple[Path, ...]) -> tuple[Any, Any]:
    """Run the replication again with recording on, and check its digest before anything is told."""
    from tempfile import TemporaryDirectory

    from sim.engine import prepare
    from sim.engine.chronicle import history_of
    from sim.engine.recording import record
    from sim.ledger import digest

    with TemporaryDirectory(prefix="ceasefire-") as spare:
        ready = prepare(scenario, data_dirs=data_dirs, cache_dir=Path(spare))
        recording = record(ready, seed=seed, replication=outcome.replication)
    history = published(history_of(recording.chronicle), scenario)
    found = digest(history)
    if found != outcome.digest:
        raise BadIntegrity(f"{run}: replication {outcome.replication} run again gives digest {found}, the run holds "
                           f"{outcome.digest}; it was made by other code, packages or data, so nothing is told of it")
    return recording, history.tables


# ---- what is told ----------------------------------------------------------------------------------------


def _violation(recording: Any, tables: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Life of one violation: looks, cases, findings, verdict and answers."""
    from sim.engine.recording import causes, name_of, opportunities

    chronicle = recording.chronicle
    row = _row(tables["violations"], "violation", key)
    act = next(n for n, one in enumerate(chronicle.opened.acts.id.tolist()) if name_of(one) == key)
    behind = causes(chronicle)
    cases = [case for case in chronicle.mission.book.cases.values() if any(behind.get(r.id, -1) == act for r in case.reports)]
    title = _title(chronicle, row["kind"])
    looks = [one._asdict() for one in opportunities(chronicle, act)]
    return {"title": title, "violation": row, "looks": looks, **_followed(recording, tables, cases, behind),
            "verdict": _verdict(chronicle, tables, row["side"], row["sector"], row["onset_h"])}


def _finding(recording: Any, tables: Mapping[str, Any], key: str) -> dict[str, Any]:
    """How one finding came about, and what was behind it."""
    from sim.engine.recording import causes, name_of

    chronicle = recording.chronicle
    row = _row(tables["findings"], "finding", key)
    case = next(one for number, one in chronicle.mission.book.cases.items() if name_of(number) == key)
    return {"title": _title(chronicle, row["kind"]), "finding": row,
            "false": not row["violation"], **_followed(recording, tables, [case], causes(chronicle)),
            "verdict": _verdict(chronicle, tables, row["side"], row["sector"], row["onset_h"])}


def _followed(recording: Any, tables: Mapping[str, Any], cases: Sequence[Any], behind: Mapping[int, int]) -> dict[str, Any]:
    """Cases with their steps, and the findings, orders and responses that came of them."""
    from sim.engine.recording import case_record

    told = [case_record(recording, case, dict(behind)) for case in cases]
    keys = {one["case"] for one in told}
    return {"cases": told, **{name: [row for row in _all(tables[name]) if row["case"] in keys]
                              for name in ("findings", "orders", "responses")}}


def _title(chronicle: Any, kind: str) -> str:
    return str(next(one.title for one in chronicle.prepared.scenario.agreement.kinds if one.id == kind))


def _verdict(chronicle: Any, tables: Mapping[str, Any], side: str, sector: str, onset_h: float) -> dict[str, Any] | None:
    """Verdict on the party, sector and period of an act; None for no named side or a period that is not judged."""
    period = int(onset_h // chronicle.prepared.scenario.agreement.period_h)
    key = f"{side}-{sector}-{period:04d}"
    return next((row for row in _all(tables["verdicts"]) if row["verdict"] == key), None)


def _row(table: Mapping[str, Any], name: str, key: str) -> dict[str, Any]:
    return next(row for row in _all(table) if row[name] == key)


def _all(table: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows of a table as plain values, None for never."""
    names = list(table)
    for values in zip(*(table[name].tolist() for name in names), strict=True):
        yield {name: None if value != value else round(value, 4) if isinstance(value, float) else value
               for name, value in zip(names, values, strict=True)}


# ---- in plain words --------------------------------------------------------------------------------------

_WHY = {"night": "it was dark", "cloud": "cloud was in the way", "weather": "the weather forbade it", "jammed": "it was jammed",
        "consent": "consent was withheld", "diverted": "it had been sent elsewhere", "other": "it was not there",
        "cannot sense it": "this means cannot sense such a thing", "hidden": "the act was hidden from this kind of sensor",
        "out of reach": "it was out of reach", "missed": "looked and missed it",
        "repeat": "noticed it, when this kind of evidence had been told already or the case was closed"}


def plain(document: Mapping[str, Any]) -> list[str]:
    """A traced life in sentences, one a line, in order of time within each part."""
    head = (f"{document['status']}. {document['name']}, seed {document['seed']}, replication {document['replication']}, run "
            "again; its digest matches.")
    begin = _of_violation(document) if "violation" in document else _of_finding(document)
    cases = list(chain.from_iterable(map(_of_case, document["cases"])))
    return [head, *begin, *cases, *_of_findings(document), _of_verdict(document), *_of_answers(document)]


def _of_violation(document: Mapping[str, Any]) -> list[str]:
    row, looks = document["violation"], document["looks"]
    lines = [f"Violation {row['violation']}: {document['title']} by side {row['side']}, {row['sector']}, km {row['km']:.1f}, by "
             f"{row['light']}. It began at {_t(row['onset_h'])}, ended at {_t(row['end_h'])}; its trace lasted until "
             f"{_t(row['trace_end_h'])}.", "Who could have seen it:"]
    able = [one for one in looks if one["outcome"] != "cannot sense it"]
    if not able:
        lines.append("  nobody: no look by a means that senses such a thing fell within its life at this place.")
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for one in able:
        unit = one["observation"] if one["outcome"] == "reported" else ""
        groups.setdefault((one["unit"], one["of"], one["outcome"], str(one["tasked"]), unit), []).append(one)
    lines += [_of_looks(group) for group in groups.values()]
    blind = len(looks) - len(able)
    return [*lines, *([f"  {blind} more looks by means that cannot sense such a thing."] if blind else []),
            *([] if document["cases"] else ["No case was opened on it: the mission never knew."])]


def _of_looks(group: Sequence[Mapping[str, Any]]) -> str:
    first, many = group[0], len(group)
    when = _t(first["start_h"]) if many == 1 else f"{_t(first['start_h'])} to {_t(group[-1]['end_h'])}"
    who = f"  {when}: {first['unit']} ({first['means']}, {first['physics']}), {many} look{'s' * (many > 1)} at the {first['of']}"
    ordered = ", ordered by a case" if first["tasked"] else ""
    if first["outcome"] == "reported":
        return f"{who}{ordered}: noticed it at {_t(first['seen_h'])}; observation {first['observation']}."
    chances = [one["detectability"] for one in group]
    chance = f" (chance of noticing {min(chances):.2f} to {max(chances):.2f})" if first["outcome"] == "missed" else ""
    return f"{who}{ordered}: {_WHY[first['outcome']]}{chance}."


def _of_finding(document: Mapping[str, Any]) -> list[str]:
    row = document["finding"]
    what = "FALSE: no violation is behind it" if document["false"] else f"behind it is violation {row['violation']}"
    return [f"Finding {row['finding']}: {document['title']} in {row['sector']}, side {row['side'] or 'not named'}; {what}."]


def _of_case(case: Mapping[str, Any]) -> list[str]:
    lines = [f"Case {case['case']}, opened {_t(case['opened_h'])}, needs the grade {case['required']}:"]
    for one in case["reports"]:
        behind = one["behind"] + (f" {one['violation']}" if one["violation"] else "")
        lines.append(f"  {_t(one['reported_h'])}: {one['means']} reports {one['kind']}, side {one['side'] or 'not told'}, seen "
                     f"at {_t(one['seen_h'])} (behind it: {behind}); {_of_desk(one['desk'])}")
    lines += [f"  {_t(one['start_h'])}: ordered look by {one['unit']}: "
              + ("made." if one["fate"] == "made" else f"lost, {_WHY[one['fate']]}.") for one in case["ordered"]]
    if case["confirmed_h"] is not None:
        lines.append(f"  {_t(case['confirmed_h'])}: the standard is met, the act is held to have happened.")
    end = "open at the end of the run" if case["closed_h"] is None else f"closed {_t(case['closed_h'])}: {case['outcome']}"
    return [*lines, f"  {end}."]


def _of_desk(desk: Mapping[str, Any]) -> str:
    if desk["state"] != "assessed":
        return f"{desk['state']}{'' if desk.get('at_h') is None else ' at ' + _t(desk['at_h'])}."
    return (f"waited {desk['waited_h']:.2f} h, assessed {_t(desk['at_h'])}: {desk['kinds_of_evidence']} kind(s) of evidence, "
            f"grade {desk['grade']}, standard {'met' if desk['standard_met'] else 'not met'}.")


def _of_findings(document: Mapping[str, Any]) -> list[str]:
    found = [f"Finding {one['finding']} at {_t(one['found_h'])}: grade {one['grade']}, side {one['side'] or 'not attributed'}, "
             f"{one['points']:g} points." for one in document["findings"]]
    return found or ["No finding came of it."]


def _of_verdict(document: Mapping[str, Any]) -> str:
    row = document["verdict"]
    if row is None:
        return "No verdict rests on it: no side is named, or its period is not judged."
    return (f"Verdict on side {row['side']}, {row['sector']}, {_t(row['from_h'])} to {_t(row['to_h'])}, given "
            f"{_t(row['given_h'])}: {row['called']} (points found {row['points_found']:g}, power {row['power']:.2f}); "
            f"the true state was {row['truth']} ({row['points_true']:g} points).")


def _of_answers(document: Mapping[str, Any]) -> list[str]:
    lines = [f"Answer {one['rung']} decided {_t(one['decided_h'])}, {'in time' if one['in_time'] else 'late'}."
             for one in document["orders"]]
    lines += [f"{one['unit']} sent {_t(one['ordered_h'])}, on station {_t(one['on_station_h'])}."
              for one in document["responses"]]
    return lines or ["No answer followed."]


def _t(hours: float | None) -> str:
    return "never" if hours is None else f"{hours:.2f} h"
