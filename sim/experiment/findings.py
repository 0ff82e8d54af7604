"""What a run says in plain sentences, always about an assumed world and always with its simulation noise.

A mediator can read them aloud: of a hundred acts of one kind, by one side, by day or night, so many would be
noticed,
confirmed, attributed and answered.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.experiment.journal import Outcome
from sim.experiment.summary import NO_RANGE, Line, Pairs, collected, usable
from sim.measure.statistics import ratio_interval
from sim.scenario.scenario import Scenario

CAVEAT = (
    "SIMULATED under stated assumptions. Not evidence about any real incident, party or site; the line "
    "drawn is a modelling input and implies no position on status or borders."
)
RANGE = f"{NO_RANGE[0].upper()}{NO_RANGE[1:]}."
BY = "kind.side.light"
STEPS = ("noticed", "confirmed", "attributed_right", "attributed_wrong", "answered_in_goal")
KEY_MEASURES = (
    "skill",
    "power_median",
    "power_worst",
    "wrong_accusations_per_30d",
    "undetermined_share",
    "significant_confirmed_in_time_share",
    "significant_confirmed_in_time_worst",
    "violations_per_day",
    "detected_share",
    "timely_share",
    "verified_share",
    "attributed_share",
    "wrong_attribution_share",
    "wrong_findings_per_30d",
    "published_trend",
    "trend_error",
    "answered_share",
    "deadline_met_share",
    "true_answers_per_30d",
    "false_answers_per_30d",
    "wrong_side_answers_per_30d",
    "time_to_detect_median_h",
    "time_to_verify_median_h",
    "response_time_median_h",
    "coverage_share",
    "cost_eur_year",
)
_GRAVITY = {"minor": 0, "significant": 1, "grave": 2}


class Goals:
    """Counts of one replication by kind, side and light; a callable that workers can be handed."""

    def __init__(self, scenario: Scenario) -> None:
        self.goal_h = {kind.id: kind.goal_h for kind in scenario.agreement.kinds}

    def __call__(self, history: Any) -> list[tuple[str, str, str, float, float]]:
        """Rows (step, by, group, how many, of how many) over counted acts."""
        table = history.tables["violations"]
        counted = np.asarray(table["counted"]).astype(bool)
        names, member = _joined([np.asarray(table[c])[counted] for c in ("kind", "side", "light")])
        met = _steps(history.tables, self.goal_h)
        total = np.bincount(member, minlength=len(names))
        rows = []
        for step in STEPS:
            hits = np.bincount(member, weights=met[step][counted], minlength=len(names))
            rows += [(step, BY, str(name), float(a), float(b)) for name, a, b in zip(names, hits, total, strict=True)]
        return rows


def _joined(columns: Sequence[Any]) -> tuple[list[str], Any]:
    """Names of the groups by several columns, joined by dots and in order, and the group of each row."""
    parts = [np.unique(column.astype(str), return_inverse=True) for column in columns]
    code = np.zeros(len(columns[0]), dtype=np.int64)
    for known, where in parts:
        code = code * len(known) + where
    met, member = np.unique(code, return_inverse=True)
    names = []
    for one in met.tolist():
        words: list[str] = []
        for known, _ in reversed(parts):
            one, at = divmod(one, len(known))
            words.insert(0, str(known[at]))
        names.append(".".join(words))
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names), dtype=np.int64)
    place[order] = np.arange(len(names))
    return [names[at] for at in order], place[member] if len(names) else member


def counted_goals(history: Any, scenario: Scenario) -> list[tuple[str, str, str, float, float]]:
    """Counts of one replication by kind, side and light, under the goals of its own scenario."""
    return Goals(scenario)(history)


def _steps(tables: Mapping[str, Any], goal_h: Mapping[str, float]) -> dict[str, Any]:
    """For each act, whether it was noticed, confirmed, attributed rightly or wrongly, and answered within its
    goal.
    """
    table = tables["violations"]
    goals = np.array([goal_h.get(str(kind), math.inf) for kind in table["kind"]])
    right = _is(np.asarray(table["attributed"]), right=True)
    return {
        "noticed": np.isfinite(table["detected_h"]),
        "confirmed": np.isfinite(table["verified_h"]),
        "attributed_right": right,
        "attributed_wrong": _accused_wrongly(tables) & ~right,
        "answered_in_goal": np.nan_to_num(table["answered_h"] - table["onset_h"], nan=np.inf) <= goals,
    }


def _is(named: Any, *, right: bool) -> Any:
    """Flags of an attribution column: 1 right, -1 wrong, 0 none; or in words."""
    if named.dtype.kind in "iufb":
        return named == (1 if right else -1)
    return named == ("right" if right else "wrong")


def _accused_wrongly(tables: Mapping[str, Any]) -> Any:
    """Acts for which the attribution column, or a finding that they caused, names the other side."""
    table = tables["violations"]
    wrong = _is(np.asarray(table["attributed"]), right=False)
    found = tables.get("findings", {})
    if "violation" in table and len(found.get("violation", ())):
        side = dict(zip(map(str, table["violation"]), map(str, table["side"]), strict=True))
        named = zip(map(str, found["violation"]), map(str, found["side"]), strict=True)
        accused = [act for act, by in named if by and act in side and by != side[act]]
        wrong = wrong | np.isin(np.asarray(table["violation"]).astype(str), accused)
    return wrong


class Sentence(NamedTuple):
    """One statement in the frame of the contract, with the group it is about."""

    kind: str
    side: str
    light: str
    acts: float
    text: str


def sentences(
    scenario: Scenario, outcomes: Iterable[Outcome], *, most: int = 2, ranges: Mapping[tuple[str, str, str], Any] | None = None
) -> list[Sentence]:
    """Statements about the most frequent group of a grave kind and the most frequent of all.

    `ranges`: range over the sampled worlds by step, kind of group and group.
    """
    kept = usable(outcomes)
    counts = {step: groups for step, groups in collected(kept).items() if step in STEPS}
    chosen = _chosen(scenario, counts.get("noticed", {}))
    return [_sentence(scenario, group, counts, (ranges or {}).get(("confirmed", BY, group))) for group in chosen[:most]]


def _chosen(scenario: Scenario, groups: Mapping[tuple[str, str], Pairs]) -> list[str]:
    kinds = {kind.id: kind for kind in scenario.agreement.kinds}
    acts = {group: float(pairs.bottom.sum()) for (_, group), pairs in groups.items()}
    ranked = sorted(acts, key=lambda g: (-acts[g], g))
    grave = [g for g in ranked if (k := kinds.get(g.split(".")[0])) and _GRAVITY[k.severity] > 0]
    return list(dict.fromkeys([*grave[:1], *ranked]))


def _sentence(
    scenario: Scenario, group: str, counts: Mapping[str, Mapping[tuple[str, str], Pairs]], spread: Any
) -> Sentence:
    kind, side, light = group.split(".")
    found = {step: _of_hundred(counts[step][BY, group]) for step in STEPS}
    entry = next((k for k in scenario.agreement.kinds if k.id == kind), None)
    title, goal_h = (entry.title or kind, entry.goal_h) if entry else (kind, math.nan)
    noise = max((half for _, half in found.values() if half is not None), default=None)
    n, c, right, wrong, answered = (share for share, _ in found.values())
    text = (
        f"In the assumed world {world(scenario)}, of 100 {_acts(title)} by side {side} at {_when(light)}, "
        f"design {design(scenario)} would notice {n:.0f}, confirm {c:.0f}, attribute {right:.0f} rightly and "
        f"{wrong:.0f} wrongly, and {answered:.0f} would be answered within {goal_h:g} h "
        f"(simulation noise ± {_noise(noise)})."
    )
    if spread is not None:
        low, high = 100 * spread.low, 100 * spread.high
        over = f"lies between {low:.0f} and {high:.0f} ({spread.points} sampled worlds)"
        text += f" Over the assumptions the number confirmed {over}."
    return Sentence(kind, side, light, float(counts["noticed"][BY, group].bottom.sum()), text)


def _of_hundred(pairs: Pairs) -> tuple[float, float | None]:
    found = ratio_interval(pairs.top, pairs.bottom)
    if found.estimate is None or found.low is None or found.high is None:
        return 100 * (found.estimate or 0.0), None
    return 100 * found.estimate, 100 * max(found.estimate - found.low, found.high - found.estimate)


def _noise(half: float | None) -> str:
    return "not known from one replication" if half is None else f"{max(1, math.ceil(half))}"


def _acts(title: str) -> str:
    return f"acts of {title}"


def _when(light: str) -> str:
    return {"day": "daylight", "light": "daylight", "dark": "night"}.get(light, light)


def world(scenario: Scenario) -> str:
    """Name of the assumed world: the scenario and the regime in force."""
    return f"“{scenario.name}, {scenario.conduct.regime} regime”"


def design(scenario: Scenario) -> str:
    """Name of the design: its title, else its name."""
    return f"“{scenario.title or scenario.name}”"


def shown(line: Line) -> tuple[str, str, str, str]:
    """A measure as four cells: name, number, noise interval, remark."""
    if line.estimate is None:
        return line.measure, "none", "", line.reason
    interval = "" if line.noise_low is None else f"{figure(line.noise_low)} to {figure(line.noise_high)}"
    return line.measure, f"{figure(line.estimate)} {_unit(line)}".rstrip(), interval, line.reason


def _unit(line: Line) -> str:
    return "" if line.unit.startswith("share") or line.unit == "ratio" else line.unit


def figure(value: float | None) -> str:
    """Number with three significant digits, thousands apart."""
    if value is None:
        return "open"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def key_lines(lines: Sequence[Line]) -> list[Line]:
    """The measures of the findings screen, in its order."""
    whole = {line.measure: line for line in lines if line.by == "all"}
    return [whole[name] for name in KEY_MEASURES if name in whole]
