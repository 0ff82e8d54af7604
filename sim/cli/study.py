"""The verb `study`: a named study in, what each design gains and loses out.

A mediator sees for every question where one design wins and where it loses, and what it costs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sim.cli import screen, work
from sim.cli.options import pair
from sim.cli.work import Asked
from sim.experiment.refusals import BadInput, BadUsage
from sim.experiment.studies import COST, SUMMARY, TABLE, Studied, StudyPlan, read_study, study


def study_named(name: str, only: Sequence[str], asked: Asked) -> Studied:
    """Run a study that comes with the project, or one in a file of its own."""
    work.one_thread()
    whole = read_study(_file(name), sets=[pair(one) for one in asked.sets], only=only)
    if asked.seeds is not None:
        from sim.experiment.seeds import seed_set

        if asked.seed is not None:
            raise BadUsage("--seeds and --seed exclude one another: a seed set holds its own seed")
        _, seed, count = seed_set(asked.seeds)
    else:
        seed, count = asked.seed if asked.seed is not None else whole.seed, whole.replications
    count = asked.replications if asked.replications is not None else count
    path = work.RUNS / f"study-{whole.name}" if asked.out is None else Path(asked.out)
    with screen.progress(f"study {whole.name}", quiet=asked.quiet) as tell, TemporaryDirectory(prefix="ceasefire-") as spare:
        base = work.labour("technical-means", asked, seed, count, Path(spare), tell)
        return work.given(lambda: study(StudyPlan(whole, base._replace(read=_reader(asked)), path, asked.force, _draw)))


def _file(name: str) -> Path:
    from sim.scenario.shipped import shipped

    given = Path(name)
    if given.suffix == ".toml":
        return given
    folder = shipped("scenarios") / "studies"
    there = sorted(file.stem for file in folder.glob("*.toml"))
    if name not in there:
        raise BadInput(f"study {name}: no study has this name; there is {', '.join(there) or 'none'}")
    return folder / f"{name}.toml"


def _reader(asked: Asked) -> Callable[[Sequence[tuple[str, str]]], Any]:
    """Function that reads the scenario that the first value names, with the others laid on it; `*` stands for every item."""
    plain, known = asked._replace(sets=[]), {}

    def read(values: Sequence[tuple[str, str]]) -> Any:
        name = values[0][1]
        if name not in known:
            known[name] = work.reader(name, plain)
        return known[name](list(_spread(values[1:], known[name])))

    return read


def _spread(values: Sequence[tuple[str, str]], read: Callable[..., Any]) -> Any:
    for key, value in values:
        before, star, after = key.partition(".*.")
        if not star:
            yield key, value
            continue
        items = read([]).scenario
        for part in before.split("."):
            items = getattr(items, part)
        yield from ((f"{before}.{item.id}.{after}", value) for item in items)


def _draw(path: Path, summary: dict[str, Any]) -> object:
    from sim.report.study_page import write_study

    return write_study(path, summary)


def show_study(found: Studied, asked: Asked) -> int:
    """The study on the screen; its exit code."""
    if asked.json:
        screen.say_json({"folder": str(found.path), "already_done": found.already, "code": found.code, **found.summary})
    elif not asked.quiet:
        for line in _screen(found):
            screen.say(line)
    return found.code


def _screen(found: Studied) -> list[str]:
    from sim.experiment.findings import CAVEAT

    summary = found.summary
    told = ["already done: nothing was run, nothing was written"] if found.already else []
    told += [f"{summary['title']}: {summary['replications']} replications, seed {summary['seed']}; {summary['inputs']}"]
    for question in summary["questions"]:
        told += ["", f"{question['id']}: {question['title']}"]
        told += [f"  {one['title']}: {_cost(one)}" for one in question["designs"]]
        told += [screen.folded(f"- {one['a']} against {one['b']}: {one['verdict']}.") for one in question["comparisons"]]
    told += ["", f"{len(summary['flips'])} rankings of two arms flip between questions"]
    return [*told, "", screen.folded(CAVEAT), f"tables: {found.path / TABLE}, {found.path / SUMMARY}; page: study.html"]


def _cost(one: dict[str, Any]) -> str:
    cost = one["measures"].get(COST, {}).get("estimate")
    budget = "" if one["budget_meur"] is None else f" of a budget of {one['budget_meur']:g}"
    off = "" if one["within_budget"] in (None, True) else ", MORE THAN 5 % OFF"
    return "no cost" if cost is None else f"{cost / 1e6:.1f} million EUR a year{budget}{off}"
