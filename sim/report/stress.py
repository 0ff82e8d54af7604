"""The STRESS-DES checklist of a run, every item filled in from the run folder itself.

A mediator, or a reviewer, can check by it that the study reports what a simulation study should report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.report.chapters import design_rows, facts, grade_counts
from sim.report.languages import Words
from sim.report.numbers import exact, known
from sim.report.results import Run

ITEMS: tuple[tuple[str, str], ...] = (
    *((item, "objectives") for item in ("1.1", "1.2", "1.3")),
    *((item, "logic") for item in ("2.1", "2.2", "2.3", "2.4", "2.5.1", "2.5.2", "2.5.3", "2.5.4", "2.5.5")),
    *((item, "data") for item in ("3.1", "3.2", "3.3", "3.4")),
    *((item, "experimentation") for item in ("4.1", "4.2", "4.3")),
    *((item, "implementation") for item in ("5.1", "5.2", "5.3", "5.4")),
    ("6.1", "access"),
)
"""Items of Monks et al. 2019 (J. Simulation 13, 55-67), with the section that each belongs to."""


def stress_des(run: Run, words: Words) -> str:
    """Checklist as Markdown."""
    values = _values(run, words)
    lines = [
        f"# {words('stress.title')}",
        "",
        f"**{words('disclaimer.text')}**",
        "",
        words("stress.intro"),
        "",
    ]
    section = ""
    for item, name in ITEMS:
        if name != section:
            section = name
            lines += [
                f"## {words(f'stress.{name}')}",
                "",
                f"| {words('stress.item')} | {words('stress.answer')} |",
                "|---|---|",
            ]
        key = item.replace(".", "_")
        lines.append(f"| {item} {words(f'stress.i{key}')} | {_cell(words(f'stress.a{key}', **values))} |")
        if item in ("1.3", "2.5.5", "3.4", "4.3", "5.4"):
            lines.append("")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Text as one cell of a Markdown table, in which nothing of the text is taken for markup."""
    for mark in ("\\", "|", "<", ">", "`", "*", "_", "[", "]", "$"):
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def _values(run: Run, words: Words) -> Mapping[str, Any]:
    s, counts = run.scenario, grade_counts(run)
    total = sum(counts.values())
    return {
        "question": s.question or words("page.no_question"),
        "agenda": ", ".join(s.agenda) or "—",
        "name": s.name,
        "measures": len(run.measures),
        "numbers": sum(known(m.get("estimate")) for m in run.measures.values()),
        "replications": run.replications,
        "range": range_text(run, words),
        "kinds": len(s.agreement.kinds),
        "period": _n(s.agreement.period_h),
        "evidence": s.verification.standard.kinds,
        "delay": _n(s.verification.verdicts.delay_h),
        "rungs": len(s.response.ladder),
        "days": _n(s.days),
        "follow_up": _n(s.follow_up_h),
        "warm_up": _n(s.warm_up_h),
        "regime": s.conduct.regime,
        "design": "; ".join(row[0] for row in design_rows(run, words)) or words("monitoring.nothing"),
        "airframes": sum(d.airframes for d in s.monitoring.drones),
        "members": sum(f.members for f in s.monitoring.satellites),
        "sites": sum(p.sites for p in s.monitoring.posts),
        "analysts": s.verification.staff.analysts,
        "night": s.verification.staff.night_analysts,
        "units": sum(u.count for u in s.response.units),
        "total": total,
        "weak": counts["C"] + counts["D"],
        "grades": ", ".join(f"{grade} {n}" for grade, n in counts.items()),
        "start": s.start.isoformat(),
        **_origin(run, words),
    }


def _origin(run: Run, words: Words) -> dict[str, str]:
    """Versions, machine, seed and digest, wherever the provenance keeps them."""
    known_facts = dict(facts(run.provenance))
    unknown = words("stress.unknown")
    versions = ", ".join(f"{key.split('.')[-1]} {value}" for key, value in known_facts.items() if "version" in key)
    return {
        "versions": versions or unknown,
        "machine": _first(known_facts, ("machine", "platform")) or unknown,
        "seed": _first(known_facts, ("seed", "root_seed")) or str(run.scenario.study.seed),
        "digest": _first(known_facts, ("scenario", "scenario_hash", "scenario_digest")) or unknown,
    }


def _first(found: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((found[key] for name in names for key in found if key.split(".")[-1] == name), "")


def _n(value: float) -> str:
    return exact(value)


def range_text(run: Run, words: Words) -> str:
    """Whether the range over the assumptions was computed, in a sentence."""
    points = max((int(m["input_points"]) for m in run.measures.values() if known(m.get("input_points"))), default=0)
    return words("limits.range_some", points=points) if points else words("limits.range_none")
