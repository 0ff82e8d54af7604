"""Tables of a run beside its measures: the five ledgers, the funnel of losses, capture–recapture, grades of assurance.

A mediator finds in each row how many replications stand behind it, and its simulation noise; losses sum to what is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.experiment.findings import counted_goals
from sim.experiment.journal import Outcome
from sim.experiment.summary import FEWEST, LEVEL, Floats, Pairs, collected, usable
from sim.experiment.tables import csv_bytes
from sim.measure.assurance import assured, grade
from sim.measure.ledgers import LOSSES, NO_SIDE, OUTSIDE, STEPS, Ledger, ledgers
from sim.measure.statistics import Estimate, mean_interval, ratio_interval
from sim.scenario.scenario import Scenario

LEDGER, ALL = "ledger", "all"
BESIDE = ("outside", "claimed", "findings", "false")
"""What stands beside the ledgers: acts that the terms do not forbid, claims of the parties, findings, and false ones."""
Rows = list[tuple[str, str, str, float, float]]


def counted_beside(history: Any, scenario: Scenario) -> Rows:
    """Counts of one replication for the sentences and for the tables of this module."""
    return [*counted_goals(history, scenario), *ledger_rows(ledgers(history, scenario)), *assured(history, scenario)]


def ledger_rows(found: Iterable[Ledger]) -> Rows:
    """Rows (ledger, step, kind/side/reason, how many, true acts of that kind and side) of one replication."""
    rows: Rows = []
    for one in found:
        true, place = float(one.counts["true"]), f"{one.kind}/{one.side}"
        counts = {(step, ""): n for step, n in one.counts.items()}
        counts |= {(step, reason): n for step, told in one.lost.items() for reason, n in told.items()}
        counts |= {("outside", terms): n for terms, n in one.outside.items()}
        counts |= {("claimed", ""): one.claimed, ("findings", ""): one.findings, ("false", ""): one.false}
        rows += [(LEDGER, step, f"{place}/{reason}", float(n), true) for (step, reason), n in counts.items()
                 if n or (step == "true" and one.side != NO_SIDE)]
    return rows


class Funnel(NamedTuple):
    """How many acts were in one ledger (no reason), or lost before it for one reason, over all replications."""

    kind: str
    side: str
    ledger: str
    reason: str
    acts: int
    share: Estimate
    """Of the true acts of that kind and side."""
    per_replication: Estimate


def funnel_of(outcomes: Iterable[Outcome]) -> list[Funnel]:
    """Ledgers and losses of all acts, then by kind and side; `acts` are whole numbers, so that losses sum exactly."""
    kept = usable(outcomes)
    counts = _counts(kept)
    places = sorted({place for place, _, _ in counts}, key=lambda place: (place != (ALL, ALL), place))
    order = [(STEPS[0], ""), *((step, reason) for step in STEPS[1:] for reason in (*LOSSES[step], "")),
             *(("outside", terms) for terms in OUTSIDE), *((name, "") for name in BESIDE[1:])]
    return [_funnel(place, step, reason, counts[place, step, reason], counts[place, "true", ""])
            for place in places for step, reason in order
            if (place, step, reason) in counts or (step in STEPS and not reason and place[1] != NO_SIDE)]


class _Missing(dict[Any, Floats]):
    """Counts by replication; none where nothing was told."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __missing__(self, key: Any) -> Floats:
        return np.zeros(self.n)


def _counts(kept: Sequence[Outcome]) -> _Missing:
    """Counts of each replication by place (kind and side, or all), ledger and reason."""
    found = _Missing(len(kept))
    for (step, group), pairs in collected(kept).get(LEDGER, {}).items():
        kind, side, reason = group.split("/", 2)
        for place in ((ALL, ALL), (kind, side)):
            found[place, step, reason] = found[place, step, reason] + pairs.top
    return found


def _funnel(place: tuple[str, str], step: str, reason: str, acts: Floats, true: Floats) -> Funnel:
    mean = mean_interval(acts)
    mean = mean if mean.low is None else mean._replace(low=max(0.0, mean.low))
    return Funnel(*place, step, reason, round(float(acts.sum())), ratio_interval(acts, true, share=step in STEPS), mean)


# ---- the ledgers themselves --------------------------------------------------------------------------------


def ledger_table(outcomes: Iterable[Outcome]) -> bytes:
    """Five ledgers, one row for each replication, kind and side, with what stands beside them."""
    header = ("replication", "kind", "side", *STEPS, "claimed", "outside", "findings", "false_findings", "status")
    lines: list[tuple[Any, ...]] = []
    for outcome in usable(outcomes):
        counts: dict[tuple[str, str], dict[str, int]] = {}
        for measure, step, group, top, _ in outcome.rows:
            if measure == LEDGER:
                kind, side, reason = group.split("/", 2)
                row = counts.setdefault((kind, side), {})
                if not reason or step == "outside":
                    row[step] = row.get(step, 0) + round(top)
        names = (*STEPS, "claimed", "outside", "findings", "false")
        lines += [(outcome.replication, *place, *(row.get(name, 0) for name in names), "SIMULATED")
                  for place, row in sorted(counts.items())]
    return csv_bytes(header, lines)


def funnel_table(found: Sequence[Funnel]) -> bytes:
    """The funnel as a table: acts over all replications, a replication, and as share of the true acts, with noise."""
    header = ("kind", "side", "ledger", "reason", "acts", "per_replication", "per_replication_low", "per_replication_high",
              "share_of_true", "noise_low", "noise_high", "level", "replications", "remark", "status")
    return csv_bytes(header, [(*one[:5], *one.per_replication[:3], *one.share[:3], LEVEL, one.share.n,
                               _remark(one.share), "SIMULATED") for one in found])


def _remark(found: Estimate) -> str:
    return found.reason or ""


# ---- capture–recapture -------------------------------------------------------------------------------------


class Again(NamedTuple):
    """One estimator by capture–recapture over all replications: means of counts, estimate, own interval and truth."""

    basis: str
    means: str
    kind: str
    counts: tuple[float, float, float]
    """Caught by the first, the second and both; or by one, by two and by any kind of evidence."""
    estimate: float
    low: float | None
    high: float | None
    true: float
    ratio: Estimate
    """Estimate over truth, with the noise between replications."""
    holds: Estimate
    """Share of replications in which the estimator's own 95 % interval holds the truth."""
    dependence: Estimate


def recapture_of(outcomes: Iterable[Outcome]) -> list[Again]:
    """Every pair of kinds of evidence (Lincoln–Petersen in Chapman's form), then all together (Chao), by basis."""
    rows = collected(usable(outcomes))
    keys = [("pair", key) for key in rows.get("pair.estimate", {})] + [("many", key) for key in rows.get("many.estimate", {})]
    keys.sort(key=lambda one: (one[1][0] != "cases", one[0] != "pair", one[1]))
    return [_again(name, key, rows) for name, key in keys]


def _again(name: str, key: tuple[str, str], rows: Mapping[str, Mapping[tuple[str, str], Pairs]]) -> Again:
    def pairs(what: str) -> Pairs | None:
        return rows.get(f"{name}.{what}", {}).get(key)

    basis, group = key
    made = rows[f"{name}.estimate"][key]
    told = made.bottom > 0
    names = ("first", "second", "both") if name == "pair" else ("once", "twice", "seen")
    counts = [_mean(pairs(what), told) or 0.0 for what in names]
    nothing = Estimate(None, None, None, int(told.sum()), "")
    dependence, held = nothing, pairs("holds")
    if name == "pair":
        first, second, both = (rows[f"pair.{what}"][key] for what in names)
        dependence = ratio_interval(both.top * both.bottom, first.top * second.top, share=False)
    holds = nothing if held is None else ratio_interval(np.divide(held.top, held.bottom, out=np.zeros_like(held.top),
                                                                  where=held.bottom > 0), (held.bottom > 0).astype(float))
    means, kind = (group, "") if name == "pair" else (ALL, group or ALL)
    return Again(basis, means, kind, (counts[0], counts[1], counts[2]),
                 _mean(made, told) or 0.0, _mean(pairs("low"), told), _mean(pairs("high"), told),
                 float(made.bottom[told].mean()), ratio_interval(made.top, made.bottom, share=False), holds, dependence)


def _mean(pairs: Pairs | None, told: Any) -> float | None:
    """Mean over the replications that have a value."""
    if pairs is None or not (pairs.bottom > 0).any():
        return None
    return float(pairs.top[pairs.bottom > 0].mean())


def recapture_table(found: Sequence[Again]) -> bytes:
    """Capture–recapture as a table, scored against the truth of the assumed world; no estimate is corrected by it."""
    header = ("basis", "estimator", "means", "kind", "first_or_once", "second_or_twice", "both_or_any", "estimate",
              "interval_low", "interval_high", "true", "ratio", "noise_low", "noise_high", "interval_holds_share",
              "dependence", "dependence_low", "dependence_high", "level", "replications", "remark", "status")
    return csv_bytes(header, [(one.basis, "chao" if one.means == ALL else "chapman", one.means, one.kind, *one.counts,
                               one.estimate, one.low, one.high, one.true, *one.ratio[:3], one.holds.estimate,
                               *one.dependence[:3], LEVEL, one.ratio.n, _remark(one.ratio), "SIMULATED") for one in found])


# ---- grades of assurance -----------------------------------------------------------------------------------


class Assurance(NamedTuple):
    """Significant violations of one kind confirmed in time, of all or of one side, light and season."""

    kind: str
    side: str
    light: str
    season: str
    acts: int
    share: Estimate
    worst: bool
    """Least share among the groups of its kind that have acts enough to tell."""

    @property
    def grade(self) -> str:
        """Grade that the share reaches; empty where there is none."""
        return grade(self.share.estimate)

    @property
    def grade_at_low(self) -> str:
        """Grade that the low end of the noise interval still reaches."""
        return grade(self.share.low)


def assurance_of(outcomes: Iterable[Outcome]) -> list[Assurance]:
    """Each kind as a whole, then by side, light and season; the worst of these is the least with `FEWEST` acts or more."""
    groups = {group: pairs for (_, group), pairs in collected(usable(outcomes)).get("assured", {}).items()}
    found: list[Assurance] = []
    for kind in dict.fromkeys(group.split("/")[0] for group in sorted(groups)):
        mine = {group: pairs for group, pairs in sorted(groups.items()) if group.split("/")[0] == kind}
        parts = [_assurance(group.split("/"), pairs) for group, pairs in mine.items()]
        enough = [one for one in parts if one.acts >= FEWEST and one.share.estimate is not None]
        worst = min(enough, key=lambda one: one.share.estimate or 0.0) if enough else None
        whole = Pairs(np.sum([p.top for p in mine.values()], axis=0), np.sum([p.bottom for p in mine.values()], axis=0))
        found.append(_assurance([kind, ALL, ALL, ALL], whole))
        found += [one._replace(worst=one is worst) for one in parts]
    return found


def _assurance(place: Sequence[str], pairs: Pairs) -> Assurance:
    kind, side, light, season = place
    return Assurance(kind, side, light, season, round(float(pairs.bottom.sum())),
                     ratio_interval(pairs.top, pairs.bottom, share=True), False)


def assurance_table(found: Sequence[Assurance]) -> bytes:
    """Grades of assurance as a table."""
    header = ("kind", "side", "light", "season", "acts", "confirmed_in_time_share", "noise_low", "noise_high", "grade",
              "grade_at_low", "worst", "level", "replications", "remark", "status")
    return csv_bytes(header, [(*one[:5], *one.share[:3], one.grade, one.grade_at_low, int(one.worst), LEVEL, one.share.n,
                               _remark(one.share), "SIMULATED") for one in found])


def written(outcomes: Sequence[Outcome]) -> dict[str, bytes]:
    """All tables of this module by file name; without what a fault in every replication left nothing of."""
    return {"ledgers.csv": ledger_table(outcomes), "funnel.csv": funnel_table(funnel_of(outcomes)),
            "recapture.csv": recapture_table(recapture_of(outcomes)), "assurance.csv": assurance_table(assurance_of(outcomes))}
