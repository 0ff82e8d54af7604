"""The verb `contributions`: what each contribution is worth to a measure, and what breaks without it.

A mediator reads one table on the screen, and finds a page with bars and intervals in the folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.cli import screen, work
from sim.experiment.refusals import BadUsage

if TYPE_CHECKING:
    from sim.experiment.contribution_study import Study
    from sim.experiment.worths import Worth
    from sim.scenario.scenario import Scenario

MEASURES = ("posture_in_time_share", "answered_72h_share", "significant_confirmed_in_time_share", "false_answers_per_30d",
            "wrong_side_answers_per_30d")
"""Measures unless others are named; false and wrong-side answers stand beside every success."""
PAIRS = 4
_SHOWN = 36
_EACH_S, _RUN_S = 0.09, 1.2
"""Rough seconds of an answer anew with its measures, and of a run of technical-means."""


class Wanted(NamedTuple):
    """Options of the verb that others do not have."""

    measures: Sequence[str] = ()
    pairs: int = PAIRS
    drills: bool = False
    attending: bool = False
    by: str | None = None


def value_contributions(file: str, wanted: Wanted, asked: work.Asked) -> Study:
    """Value the contributions of a scenario in a folder of their own."""
    work.one_thread()
    work.checked_files([file])
    if wanted.by not in (None, "state"):
        raise BadUsage(f"--by {wanted.by}: is state, or left out for a table by contribution")
    loaded = work.load(file, asked.sets, asked.data)
    seed, count = work.luck(asked, loaded)
    from sim.experiment.contribution_study import StudyPlan, study
    from sim.experiment.identity import identify

    scenario = everyone(loaded.scenario) if wanted.attending else loaded.scenario
    digests = work.digests_of(loaded)
    name = f"contributions-{identify(scenario, seed=seed, digests=digests).folder}"
    path = work.RUNS / name if asked.out is None else Path(asked.out)
    what = _asked(scenario, wanted)
    if not asked.quiet:
        screen.warn(_size(scenario, what, count))
    with screen.progress(name, quiet=asked.quiet) as tell:
        plan = StudyPlan(scenario, digests, seed, count, what, path, asked.workers, work.data_dirs(file, asked.data),
                         work._cache(asked), asked.force, wanted.by == "state", _draw(scenario), tell)
        return work.given(lambda: study(plan))


def everyone(scenario: Scenario) -> Scenario:
    """The scenario in which those who only attend contribute too."""
    kept = tuple(one.model_copy(update={"contributes": True}) for one in scenario.response.contributions)
    return scenario.model_copy(update={"response": scenario.response.model_copy(update={"contributions": kept})})


def _asked(scenario: Scenario, wanted: Wanted) -> Any:
    from sim.experiment.contributions import Asked, measures_known
    from sim.experiment.drills import drills_of

    known = measures_known()
    for name in wanted.measures:
        if name not in known:
            raise BadUsage(f"--measure {name}: is no measure; such as {', '.join(MEASURES)}; summary.json of a run names all")
    measures = tuple(dict.fromkeys(wanted.measures)) or MEASURES
    return Asked(measures, wanted.pairs, True, drills_of(scenario) if wanted.drills else ())


def _size(scenario: Scenario, asked: Any, count: int) -> str:
    """How much there is to play, and for how long, if no answer feeds back."""
    from sim.experiment.contributions import players_of

    players = players_of(scenario)
    sensing = sum(1 for one in scenario.response.contributions if one.brings and one.id in players)
    coalitions = len(players) * (2 * asked.pairs + 1)
    runs = min(2**sensing, (sensing + 1) * 2 * asked.pairs) + len(asked.drills)
    seconds = count * (coalitions * _EACH_S + runs * _RUN_S)
    return (f"{len(players)} contributions, {2 * asked.pairs} orders of arrival in each of {count} replications: "
            f"{coalitions} coalitions and {runs} whole runs a replication; about {work._time(seconds)} on one core where no "
            "answer feeds back")


def _draw(scenario: Scenario) -> Any:
    def draw(path: Path, found: Study) -> object:
        from sim.report.contribution_page import write_contributions

        return write_contributions(path, found, scenario)

    return draw


# ---- the screen ------------------------------------------------------------------------------------------


def show_contributions(found: Study, asked: work.Asked) -> int:
    """Print the tables, or all numbers as one JSON document; the exit code."""
    if asked.json:
        from sim.experiment.contribution_study import document

        screen.say_json(document(found) | {"folder": str(found.path), "already_done": found.already, "code": found.code})
    elif not asked.quiet:
        for line in lines(found):
            screen.say(line)
    return found.code


def lines(found: Study) -> list[str]:
    """One screen: for the first measure every contribution, for the others the whole, then drills."""
    from sim.experiment.findings import CAVEAT

    head = (f"{found.name}: {found.replications} replications, seed {found.seed}, {found.orders} orders of arrival in each"
            + (", already done: nothing was run" if found.already else ""))
    first = found.found.wholes[0].measure
    told = [head, screen.folded(found.method), "", *screen.columns(_wholes(found)), ""]
    told += [f"{first}: worth of each contribution, largest first", *screen.columns(_worths(found, first)), ""]
    if found.states:
        rows = [("state", "share of the whole", "95 % interval"),
                *((one.contribution, _number(one.share), _range(one.share_low, one.share_high))
                  for one in found.states if one.measure == first)]
        told += [f"{first} by state", *screen.columns(rows), ""]
    if found.found.drilled:
        told += [f"{first}: what a drill changes", *screen.columns(_drills(found, first)), ""]
    files = [f"tables: {found.path / 'contributions.csv'}", f"page: {found.path / 'contributions.html'}"]
    return [*told, screen.folded(CAVEAT), *files]


def _number(value: float | None) -> str:
    from sim.experiment.findings import figure

    return "none" if value is None else figure(value)


def _range(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{_number(low)} to {_number(high)}"


def _wholes(found: Study) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("measure", "with all", "with nobody", "gain", "sum of shares", "n", "")]
    for one in found.found.wholes:
        said = one.reason or ("" if one.holds else "the shares do not sum to the gain within 4 standard errors")
        rows.append((one.measure, *map(_number, (one.everyone, one.nobody, one.gain, one.sum_of_shares)),
                     str(one.replications), said))
    return rows


def _ranked(found: Study, measure: str) -> list[Worth]:
    mine = [one for one in found.found.worths if one.measure == measure]
    return sorted(mine, key=lambda one: -abs(one.share if one.share is not None else one.loss or 0.0))


def _worths(found: Study, measure: str) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("contribution", "share (Shapley)", "95 % interval", "lost without it", "95 % interval", "")]
    for one in _ranked(found, measure)[:_SHOWN]:
        rows.append((one.contribution, _number(one.share), _range(one.share_low, one.share_high), _number(one.loss),
                     _range(one.loss_low, one.loss_high), one.reason))
    return rows


def _drills(found: Study, measure: str) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("drill", "change", "95 % interval", "")]
    rows += [(one.title, _number(one.change), _range(one.low, one.high), one.reason)
             for one in found.found.drilled if one.measure == measure]
    return rows
