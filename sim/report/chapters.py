"""The chapters of the report, from the area to reproducibility, in the order of the house.

A mediator finds in each what the scenario says and what the run showed, as in the scenario file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sim.report import ledgers
from sim.report.answer_tables import answer_tables
from sim.report.cells import Table, table_of
from sim.report.drawing import Drawn
from sim.report.languages import Words
from sim.report.measure_tables import FAMILIES, measures_table
from sim.report.numbers import exact, figures, interval, with_unit
from sim.report.results import Run, count, counted

GRADES = ("A", "B", "C", "D")
COVERAGE = ("coverage_hours", "coverage_gaps", "marey", "wait_map_a", "wait_map_b")
"""Pictures of the first history's coverage, where the run keeps it."""


class Chapter(NamedTuple):
    """A chapter: paragraphs, then tables and figures."""

    key: str
    title: str
    paragraphs: tuple[str, ...]
    blocks: tuple[Table | Drawn, ...]


def chapters(run: Run, drawn: Mapping[str, Drawn], words: Words) -> list[Chapter]:
    """All chapters in the order of the house."""
    makers = {
        "area": _area,
        "agreement": _agreement,
        "truth": _truth,
        "monitoring": _monitoring,
        "verification": _verification,
        "response": _response,
        "measures": _measures,
        "assumptions": _assumptions,
        "reproducibility": _reproducibility,
    }
    return [Chapter(key, words(f"chapters.{key}"), *make(run, drawn, words)) for key, make in makers.items()]


Parts = tuple[tuple[str, ...], tuple[Table | Drawn, ...]]


def _number(value: float) -> str:
    return exact(float(value))


def _share(value: float, words: Words) -> str:
    """A share that the scenario gives, as it was written."""
    return words("units.percent", value=exact(round(100 * value, 6)))


def _span(low: float | None, high: float | None, words: Words) -> str:
    ends = [exact(v) for v in (low, high) if v is not None]
    return words("units.range", low=ends[0], high=ends[1]) if len(ends) == 2 else "".join(ends) or "—"


# ---- situation ---------------------------------------------------------------------------------------------


def _area(run: Run, drawn: Mapping[str, Drawn], words: Words) -> Parts:
    area = run.scenario.area
    length_km = max(s.to_km for s in area.sectors)
    cloud = area.climate.cloud_share[run.scenario.start.month - 1]
    rows = [(s.name or s.id, _number(s.from_km), _number(s.to_km)) for s in area.sectors]
    rows += [(s.name or s.id, "—", "—") for s in area.seas]
    texts = (
        words("area.intro", km=figures(length_km, digits=4), factor=_number(area.length_factor)),
        words("area.cloud", cloud=_share(cloud, words)),
    )
    return texts, (
        drawn["sector_map"],
        drawn["base_map"],
        table_of(words("area.sectors"), ("sector", "from_km", "to_km"), rows, words),
    )


def _agreement(run: Run, _drawn: Mapping[str, Drawn], words: Words) -> Parts:
    terms = run.scenario.agreement
    rows = [
        (
            k.title or k.id,
            words(f"domains.{k.domain}"),
            words(f"severity.{k.severity}"),
            _number(k.points),
            _number(k.goal_h),
            words(f"grades.{k.grade}"),
        )
        for k in terms.kinds
    ]
    title = f"{terms.title.rstrip('.')}." if terms.title else ""
    intro = words(
        "agreement.intro",
        title=title,
        period=_number(terms.period_h),
        points=_number(terms.breach.points),
        obstruction=_share(terms.breach.obstruction_share, words),
    ).strip()
    zones = [
        words(
            "agreement.zone",
            id=z.id,
            kinds=", ".join(run.kind_title(k) for k in z.kinds),
            depth=_number(z.depth_km),
        )
        for z in terms.zones
    ]
    columns = ("kind", "domain", "severity", "points", "goal_h", "grade")
    return (intro, *zones, *_special_terms(run, words)), (table_of(words("agreement.kinds"), columns, rows, words),)


def _special_terms(run: Run, words: Words) -> Iterator[str]:
    """Sentences about terms that hold for some kinds, parties, places or hours only."""
    terms = run.scenario.agreement
    free = ", ".join(k.title or k.id for k in terms.kinds if not k.binds)
    if free:
        yield words("agreement.free", kinds=free)
    for form in ("special", "exemptions", "notifications", "declarations"):
        for term in getattr(terms, form):
            kinds = ", ".join(run.kind_title(k) for k in term.kinds) or words("agreement.every_kind")
            rule = f"{form}_{term.rule}" if form == "special" else form
            side, hour = getattr(term, "side", ""), getattr(term, "declared_h", None)
            yield words(f"agreement.{rule}", id=getattr(term, "title", "") or term.id, kinds=kinds, side=side,
                        hour=words("agreement.never") if hour is None else _number(hour))


def _truth(run: Run, _drawn: Mapping[str, Drawn], words: Words) -> Parts:
    rows = counted(run, ("replication", "kind", "side"))
    kept = run.kept()
    cells = []
    for kind in run.kinds:
        for side in ("A", "B"):
            e = count(rows["replication"][(rows["kind"] == kind) & (rows["side"] == side)], kept)
            cells.append(
                (
                    run.kind_title(kind),
                    side,
                    with_unit(e.estimate, "", words),
                    interval(e.low, e.high, "", words),
                    str(e.n),
                )
            )
    columns = ("kind", "side", "per_replication", "noise", "replications")
    return (words("truth.intro"),), (table_of(words("truth.counts"), columns, cells, words),)


# ---- design ------------------------------------------------------------------------------------------------


def design_rows(run: Run, words: Words) -> list[tuple[str, str, str, str]]:
    """What looks: its name, what it is, how many, and from which day."""
    m = run.scenario.monitoring
    rows = [
        (s.title or s.id, words("monitoring.satellites"), _number(s.members), _number(s.available_from_d)) for s in m.satellites
    ]
    rows += [(d.title or d.id, words("monitoring.drones"), _number(d.airframes), _number(d.available_from_d)) for d in m.drones]
    rows += [(p.title or p.id, words("monitoring.posts"), _number(p.sites), _number(p.available_from_d)) for p in m.posts]
    rows += [
        (o.title or o.id, words("monitoring.observers"), _number(o.monitors), _number(o.available_from_d)) for o in m.observers
    ]
    return rows + [(t.title or t.id, words("monitoring.timetables"), _number(t.members), "0") for t in m.timetables]


def _monitoring(run: Run, drawn: Mapping[str, Drawn], words: Words) -> Parts:
    rows = design_rows(run, words)
    texts = (words("monitoring.intro"), *(() if rows else (words("monitoring.nothing"),)))
    consent = [
        (
            c.id,
            c.side,
            ", ".join(c.means),
            words("page.yes" if c.may_base else "page.no"),
            words("page.yes" if c.may_overfly else "page.no"),
            _number(c.depth_km),
        )
        for c in run.scenario.monitoring.consent
    ]
    tables = (
        table_of(words("monitoring.design"), ("means", "what", "number", "available"), rows, words),
        table_of(
            words("monitoring.consent"),
            ("key", "side", "means", "basing", "overflight", "depth_km"),
            consent,
            words,
        ),
    )
    kept = tuple(drawn[name] for name in COVERAGE if name in drawn)
    return texts, (*(t for t in tables if t.rows), drawn["coverage_map"], drawn["losses"], *kept)


def _verification(run: Run, drawn: Mapping[str, Drawn], words: Words) -> Parts:
    v = run.scenario.verification
    intro = words(
        "verification.intro",
        kinds=v.standard.kinds,
        analysts=v.staff.analysts,
        night=v.staff.night_analysts,
        delay=_number(v.verdicts.delay_h),
        power=_share(v.verdicts.required_power, words),
    )
    texts = [intro]
    if v.standard.rule == "posterior":
        texts.append(words("verification.posterior", share=_share(v.standard.posterior_share, words)))
    names = ("funnel", "ledger_losses", "shares", "incidence", "reliability", "verdict_calendar")
    shown = (drawn[name] for name in names if name in drawn)
    return (*texts, *ledgers.told(run, words)), (*shown, *ledgers.ledger_tables(run, words))


def _response(run: Run, drawn: Mapping[str, Drawn], words: Words) -> Parts:
    r = run.scenario.response
    decided = {p.id: p.title or p.id for p in r.procedures}
    rungs = [
        (
            g.title or g.id,
            words(f"response.{g.action}"),
            words(f"severity.{g.severity}"),
            words(f"grades.{g.grade}"),
            decided.get(g.procedure, g.procedure),
            _number(g.deadline_h),
            words(f"response.{g.clock}"),
        )
        for g in r.ladder
    ]
    asked = [(p.title or p.id, str(p.members), str(p.needed), _number(p.median_h)) for p in r.procedures]
    places = {p.id: p.name or p.id for p in run.scenario.area.places}
    units = [
        (
            u.title or u.id,
            words(f"domains.{u.domain}"),
            places.get(u.base, u.base),
            str(u.count),
            _number(u.notice_h),
        )
        for u in r.units
    ]
    tables = (
        table_of(
            words("response.ladder"),
            ("rung", "action", "least_severity", "least_grade", "procedure", "deadline_h", "clock"),
            rungs,
            words,
        ),
        table_of(words("response.procedures"), ("procedure", "members", "needed", "median_h"), asked, words),
        table_of(words("response.units"), ("what", "domain", "base", "number", "notice_h"), units, words),
    )
    texts = (words("response.intro"), *(() if rungs else (words("response.none"),)))
    return texts, (*(t for t in (*tables, *answer_tables(run, words)) if t.rows), drawn["deadlines"], drawn["stages"],
                   drawn["units_gantt"], drawn["reach_map"])


# ---- measures ----------------------------------------------------------------------------------------------


def _measures(run: Run, _drawn: Mapping[str, Drawn], words: Words) -> Parts:
    tables = [measures_table(names, run, words(f"measures_chapter.{family}"), words) for family, names in FAMILIES.items()]
    placed = {name for names in FAMILIES.values() for name in names}
    rest = [name for name in run.measures if name not in placed]
    tables.append(measures_table(rest, run, words("measures_chapter.more"), words))
    tables.append(_twin(run, words))
    return (words("measures_chapter.intro"),), tuple(t for t in tables if t.rows)


def _twin(run: Run, words: Words) -> Table:
    """Formulas beside the simulation, with a flag where the two part."""
    rows = []
    for one in run.notes.get("twin", ()):
        known = one["formula"] is not None and one["simulated"] is not None
        numbers = [f"{one[name]:.4g}" if one[name] is not None else "" for name in ("formula", "simulated", "se")]
        verdict = words("twin.parts" if one["parts"] else "twin.agrees") if known else f"{words('twin.none')}: {one['reason']}"
        rows.append((one["name"], one["unit"], *numbers, str(one["replications"]), verdict, one["law"]))
    columns = ("measure", "unit", "formula", "simulated", "standard_error", "n", "verdict", "law")
    return table_of(words("measures_chapter.twin"), columns, rows, words)


# ---- where it comes from -----------------------------------------------------------------------------------


def grade_counts(run: Run) -> dict[str, int]:
    """Rows of sources by grade."""
    found = Counter[str](s.grade for s in run.scenario.sources.values())
    return {grade: found[grade] for grade in GRADES}


def _assumptions(run: Run, _drawn: Mapping[str, Drawn], words: Words) -> Parts:
    counts, sources = grade_counts(run), run.scenario.sources
    if not sources:
        return (words("assumptions.none"),), ()
    total = sum(counts.values())
    grades = [(words(f"assumptions.{g.lower()}"), str(n), with_unit(n / total, "share", words)) for g, n in counts.items()]
    rows = [(key, s.grade, _span(s.low, s.high, words), s.source, s.note) for key, s in sorted(sources.items())]
    columns = ("key", "source_grade", "range", "source", "note")
    return (words("assumptions.intro"),), (
        table_of(words("assumptions.grades"), ("source_grade", "count", "share"), grades, words),
        table_of(words("assumptions.register"), columns, rows, words),
    )


def facts(tree: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """Leaves of the provenance as dotted key and text."""
    if isinstance(tree, Mapping):
        for key in sorted(tree, key=str):
            yield from facts(tree[key], f"{above}.{key}" if above else str(key))
    elif isinstance(tree, list) and any(isinstance(item, Mapping | list) for item in tree):
        for i, item in enumerate(tree):
            yield from facts(item, f"{above}.{i}")
    else:
        yield above, ", ".join(map(str, tree)) if isinstance(tree, list) else str(tree)


def _reproducibility(run: Run, _drawn: Mapping[str, Drawn], words: Words) -> Parts:
    rows = list(facts(run.provenance))
    if not rows:
        return (words("reproducibility.none"),), ()
    return (words("reproducibility.intro"),), (
        Table(words("reproducibility.facts"), (words("columns.key"), words("columns.value")), tuple(rows)),
    )
