"""The measures: what counts as seen, confirmed, attributed, answered, wrong or missed, each defined once.

A mediator can look up here exactly what a number in the report means, and why some are not given.
"""
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.ledger import Columns, History
from sim.measure.agreed import agreed_hours
from sim.measure.answers import answer_counts
from sim.measure.calibration import calibration
from sim.measure.costs import yearly_costs
from sim.measure.effort import effort_part
from sim.measure.recapture import ratios, recapture, told
from sim.measure.stages import stage_hours
from sim.measure.verdict_scores import scored_by_part
from sim.scenario.scenario import Scenario

F64 = NDArray[np.float64]


class Measure(NamedTuple):
    """One measure: how values of single replications become an estimate, or why there is none.

    `ratio`: Σ numerator / Σ denominator over replications. `quantile`: of the pooled times, at `quantile`. `worst`: the
    group with the least ratio among the rows of measure `of` by `kind-side-light`.
    """

    name: str
    unit: str
    estimator: str = "ratio"
    quantile: float | None = None
    of: str = ""
    reason: str = ""


class Row(NamedTuple):
    """Value of a measure in one replication: numerator over denominator, for all or for one group."""

    measure: str
    by: str
    group: str
    numerator: float
    denominator: float


class Measured(NamedTuple):
    """All rows of one replication, and times to event in hours (inf = never) for the quantiles."""

    rows: tuple[Row, ...]
    times: dict[str, F64]
    aside: tuple[tuple[str, str, str, float, float], ...] = ()
    """Rows of counts for tables of their own, which are no measures."""


_NO_EFFECT = "answers do nothing to conduct in this scenario, or it is given by effect only"
_BY_STAGE = "given by stage only: which stage took longest"
_BY_MEMBER = "given by member only: whose consent came last"
_NO_COMMISSION = "this scenario has no joint commission"
_NO_REPLY = "told only where replies are decided as they come due (response.feedback)"
_NO_CLAIMS = "the parties publish no claims in this scenario"
_NO_COSTS = "this scenario states no prices (study.costs)"
_ONE_LIST = "fewer than two kinds of evidence caught anything, so none can be held against another"
_NO_COSTS = "costs are not modelled yet"
_NO_POSTERIOR = "the mission of this scenario does not confirm by posterior"
_NO_REPORT = "no daily report is published in this scenario"

_LIST = (
    Measure("skill", "share of the loss of the best blind verdict"),
    Measure("power_median", "share"), Measure("power_worst", "share"),
    Measure("wrong_accusations_per_30d", "verdicts in 30 days"), Measure("undetermined_share", "share of verdicts"),
    Measure("significant_confirmed_in_time_share", "share of significant incidents"),
    Measure("significant_confirmed_in_time_worst", "share of significant incidents", "worst",
            of="significant_confirmed_in_time_share"),
    Measure("violations_per_day", "incidents a day"), Measure("detected_share", "share of incidents"),
    Measure("timely_share", "share of incidents"), Measure("verified_share", "share of incidents"),
    Measure("attributed_share", "share of incidents"), Measure("agreed_share", "share of incidents", reason=_NO_COMMISSION),
    Measure("answered_share", "share of incidents"), Measure("answered_24h_share", "share of incidents"),
    Measure("answered_72h_share", "share of incidents"),
    Measure("time_to_detect_median_h", "h", "quantile", 0.5, "time_to_detect"),
    Measure("time_to_detect_p90_h", "h", "quantile", 0.9, "time_to_detect"),
    Measure("time_to_verify_median_h", "h", "quantile", 0.5, "time_to_verify"),
    Measure("time_to_verify_p90_h", "h", "quantile", 0.9, "time_to_verify"),
    Measure("time_to_attribute_median_h", "h", "quantile", 0.5, "time_to_attribute"),
    Measure("time_to_attribute_p90_h", "h", "quantile", 0.9, "time_to_attribute"),
    Measure("contacted_before_reply_share", "share of incidents", reason=_NO_REPLY),
    Measure("false_findings_per_day", "findings a day"), Measure("precision", "share of findings"),
    Measure("wrong_attribution_share", "share of attributed true findings"),
    Measure("unattributed_share", "share of true findings"), Measure("false_answers_per_30d", "answers in 30 days"),
    Measure("wrong_side_answers_per_30d", "answers in 30 days"),
    Measure("wrong_findings_per_30d", "findings in 30 days"), Measure("missed_breach_share", "share of true breaches"),
    Measure("wrong_accusation_share", "share of compliant states"), Measure("true_breach_share", "share of states"),
    Measure("brier", "squared error"),
    Measure("posterior_brier", "squared error", reason=_NO_POSTERIOR),
    Measure("posterior_log_score", "nats", reason=_NO_POSTERIOR),
    Measure("posterior_true_share", "share of closed cases", reason=_NO_POSTERIOR),
    Measure("posterior_mean", "share of closed cases", reason=_NO_POSTERIOR),
    Measure("reported_ratio", "incidents found over true"),
    Measure("recorded_counts_per_day", "counts a day"), Measure("capture_share", "share of counts"),
    Measure("publication_p05_h", "h", "quantile", 0.05, "publication", _NO_REPORT),
    Measure("publication_p95_h", "h", "quantile", 0.95, "publication", _NO_REPORT),
    Measure("claimed_ratio", "incidents claimed over true", reason=_NO_CLAIMS),
    Measure("chapman_ratio", "incidents estimated over true", reason=_ONE_LIST),
    Measure("chao_ratio", "incidents estimated over true", reason=_ONE_LIST),
    Measure("capture_dependence", "shared catches over those of independent means", reason=_ONE_LIST),
    Measure("published_trend", "log ratio of the halves"), Measure("true_trend", "log ratio of the halves"),
    Measure("trend_error", "log ratio"), Measure("trend_error_effort", "log ratio"),
    Measure("parity_opportunity", "detected share of B over A"), Measure("parity_error", "wrong accusation share of A less B"),
    Measure("coverage_share", "share of cell-days"), Measure("revisit_mean_h", "h"), Measure("revisit_max_h", "h"),
    Measure("wait_for_look_h", "h"), Measure("time_average_gap_h", "h"), Measure("age_of_information_h", "h"),
    Measure("response_time_median_h", "h", "quantile", 0.5, "response_time"),
    Measure("response_time_p90_h", "h", "quantile", 0.9, "response_time"),
    *(Measure(f"response_time_{q}_h_{domain}", "h", "quantile", p, f"response_time_{domain}")
      for domain in ("land", "sea", "air") for q, p in (("median", 0.5), ("p90", 0.9))),
    *(Measure(f"{stage}_h", "h") for stage in ("detection", "verification", "attribution", "decision", "notice", "transit")),
    Measure("deadline_met_share", "share of answers asked for"), Measure("true_answers_per_30d", "answers in 30 days"),
    Measure("critical_stage_share", "share of answered incidents", reason=_BY_STAGE),
    Measure("critical_member_share", "share of decisions", reason=_BY_MEMBER),
    Measure("answer_effect_share", "share of answers", reason=_NO_EFFECT),
    Measure("acts_spared_share", "share of acts that came due", reason=_NO_EFFECT),
    Measure("staff_utilisation", "share of staffed hours"), Measure("backlog_p90", "reports"),
    Measure("drone_hours_planned", "h"), Measure("drone_hours_flown", "h"), Measure("scenes_taken", "scenes"),
    Measure("cost_eur_year", "EUR a year", reason=_NO_COSTS), Measure("exposure_h", "h"), Measure("break_even_ratio", "ratio"),
)
CATALOGUE: dict[str, Measure] = {measure.name: measure for measure in _LIST}
"""All measures in the order of the report."""

_GROUPS = ("kind", "domain", "sector", "side", "light")


def measure(history: History, scenario: Scenario) -> Measured:
    """Measure one history.

    Counted are incidents with onset in the counted days; times run from onset. What a measure means is stated in the
    functions below, one a family.
    """
    incidents = _counted(history, scenario)
    again = recapture(history, scenario)
    rows = [*_chain(incidents, scenario), *_agreed(history, incidents, scenario),
            *_verdicts(history.tables["verdicts"], scenario, history.tables["claims"], history.regimes),
            *_findings(history, scenario), *_record(history, incidents, scenario), *_coverage(history, scenario),
            *(Row(f"{stage}_h", "all", "", total, count)
              for stage, (total, count) in stage_hours(history.tables, history.joined).items()),
            *(Row(*count) for count in answer_counts(history, scenario)),
            *(Row(*row) for row in calibration(history.tables.get("posteriors", {"true": np.zeros(0)}))),
            *_load(history), *_costs(history, scenario), *(Row(*row) for row in ratios(again)),
            *_claims(history.tables["claims"], incidents, scenario)]
    times = {f"time_to_{verb}": _since(incidents, column) for verb, column in
             (("detect", "detected_h"), ("verify", "verified_h"), ("attribute", "attributed_h"))}
    times["publication"] = np.zeros(0) if history.published_h is None else history.published_h
    aside = (*told(again.pairs), *told(again.many))
    return Measured(tuple(rows), times | _response_times(history.tables["responses"], scenario), aside)


def _counted(history: History, scenario: Scenario) -> dict[str, NDArray[Any]]:
    """Counted incidents with the terms of their kinds beside them."""
    table = history.tables["violations"]
    keep = table["counted"] == 1
    terms = {kind.id: kind for kind in scenario.agreement.kinds}
    incidents = {name: values[keep] for name, values in table.items()}
    incidents["goal_h"] = np.array([terms[k].goal_h for k in incidents["kind"].tolist()], dtype=np.float64)
    incidents["domain"] = np.array([terms[k].domain for k in incidents["kind"].tolist()], dtype="U4")
    incidents["significant"] = np.array([terms[k].severity != "minor" for k in incidents["kind"].tolist()], dtype=bool)
    return incidents


def _since(incidents: dict[str, NDArray[Any]], column: str) -> F64:
    """Hours from onset to an event; inf where it never came."""
    hours = incidents[column] - incidents["onset_h"]
    return np.where(np.isnan(hours), np.inf, hours)


_Groups = dict[str, tuple[NDArray[Any], NDArray[np.int64]]]
"""Names of the groups of each grouping, and the group of each incident."""


def _groups_of(incidents: dict[str, NDArray[Any]], groups: tuple[str, ...] = _GROUPS) -> _Groups:
    """Groups of incidents; sorting their names takes most of the time of a share, so it is done once."""
    return {by: np.unique(incidents[by], return_inverse=True) for by in groups}


def _grouped(name: str, hit: NDArray[np.bool_], groups: _Groups) -> list[Row]:
    """Share of incidents that were hit: of all, and by each group."""
    rows = [Row(name, "all", "", float(hit.sum()), float(len(hit)))]
    for by, (keys, where) in groups.items():
        hits, totals = np.bincount(where, weights=hit, minlength=len(keys)), np.bincount(where, minlength=len(keys))
        rows += [Row(name, by, str(k), float(h), float(t)) for k, h, t in zip(keys.tolist(), hits, totals, strict=True)]
    return rows


def _chain(incidents: dict[str, NDArray[Any]], scenario: Scenario) -> list[Row]:
    """Seen (an observation caused by it), timely (within the kind's goal), verified (a finding of the required grade),
    attributed (to the right side), answered (above liaison), in 24 h and in 72 h of onset."""
    seen, held, named, answered = (_since(incidents, c) for c in ("detected_h", "verified_h", "attributed_h", "answered_h"))
    hits = {"detected_share": np.isfinite(seen), "timely_share": seen <= incidents["goal_h"],
            "verified_share": np.isfinite(held), "attributed_share": np.isfinite(named),
            "answered_share": np.isfinite(answered), "answered_24h_share": answered <= 24, "answered_72h_share": answered <= 72}
    whole = _groups_of(incidents)
    rows = [row for name, hit in hits.items() for row in _grouped(name, hit, whole)]
    significant = incidents["significant"]
    grave = {name: values[significant] for name, values in incidents.items()}
    grave["kind-side-light"] = np.array([f"{k}/{s}/{light}" for k, s, light in
                                         zip(grave["kind"], grave["side"], grave["light"], strict=True)], dtype="U140")
    in_time = held[significant] <= grave["goal_h"]
    rows += _grouped("significant_confirmed_in_time_share", in_time, _groups_of(grave, (*_GROUPS, "kind-side-light")))
    days = scenario.days - scenario.warm_up_h / 24
    rows += [Row("violations_per_day", r.by, r.group, r.denominator, days) for r in rows if r.measure == "detected_share"]
    hit, n = float((held <= incidents["goal_h"])[np.isfinite(named)].sum()), float(len(held))
    return [*rows, Row("break_even_ratio", "all", "", hit, n - hit)]


def _agreed(history: History, incidents: dict[str, NDArray[Any]], scenario: Scenario) -> list[Row]:
    """Share of incidents of which a finding that names the right side was agreed in the joint commission."""
    if scenario.verification.commission is None:
        return []
    return _grouped("agreed_share", np.isfinite(agreed_hours(history, incidents)), _groups_of(incidents))


def _verdicts(table: Columns, scenario: Scenario, claims: Columns | None = None, regimes: tuple[str, ...] = ()) -> list[Row]:
    """Skill (also where a wrong accusation costs 1, 3 or 10), power and errors of the verdicts, for all and part by part."""
    losses = scenario.verification.verdicts
    breach, called, side = table["truth"] == "breach", table["called"], table["side"]
    missed, wrong, open_ = breach & (called == "compliant"), ~breach & (called == "breach"), called == "undetermined"
    power, blamed = table["power"], most_complained_of(table, claims, scenario.agreement.period_h)
    rows = [_skill(table, breach, scenario, blamed, loss_wrong=losses.loss_wrong),
            *(_skill(table, breach, scenario, blamed, loss_wrong=price, by="loss_wrong", group=f"{price:g}")
              for price in (1.0, 3.0, 10.0)),
            *_blind(table, breach, scenario, blamed),
            Row("power_median", "all", "", _median(power), 1.0 if len(power) else 0.0),
            Row("power_worst", "all", "", float(power.min(initial=1.0)), 1.0 if len(power) else 0.0)]
    forecast = np.where(called == "breach", 1.0, (1 - power) / np.maximum(2 - power, 1e-12))
    for by, group, mine in (("all", "", np.ones(len(side), dtype=bool)), ("side", "A", side == "A"), ("side", "B", side == "B")):
        n = float(mine.sum())
        rows += [Row("wrong_accusations_per_30d", by, group, 30 * float((wrong & mine).sum()), scenario.days),
                 Row("undetermined_share", by, group, float((open_ & mine).sum()), n),
                 Row("missed_breach_share", by, group, float((missed & mine).sum()), float((breach & mine).sum())),
                 Row("wrong_accusation_share", by, group, float((wrong & mine).sum()), float((~breach & mine).sum())),
                 Row("true_breach_share", by, group, float((breach & mine).sum()), n),
                 Row("brier", by, group, float(((forecast - breach) ** 2)[mine].sum()), n)]
    shares = [_share(wrong & (side == s), ~breach & (side == s)) for s in ("A", "B")]
    known = all(s is not None for s in shares)
    rows.append(Row("parity_error", "all", "", (shares[0] or 0.0) - (shares[1] or 0.0), 1.0 if known else 0.0))
    loss = missed * losses.loss_missed + wrong * losses.loss_wrong + open_ * losses.loss_undetermined
    blind = {name: (breach & ~says) * losses.loss_missed + (~breach & says) * losses.loss_wrong
             for name, says in _blind_calls(table, breach, blamed).items()}
    parts = scored_by_part(table, loss, blind, regimes, period_h=scenario.agreement.period_h, days=scenario.days)
    return [*rows, *(Row(*row) for row in parts)]


def _median(values: F64) -> float:
    """Median, 0 where there is nothing."""
    return float(np.median(values)) if len(values) else 0.0


def _share(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float | None:
    """Part of a whole; None for 0 of 0."""
    return float(part.sum() / whole.sum()) if whole.any() else None


def most_complained_of(table: Columns, claims: Columns | None, period_h: float) -> NDArray[np.bool_] | None:
    """For each verdict, whether its party is the one of which more was complained in that sector and period; None where
    nobody complains. Complaints count by the day of the alleged act; of two parties complained of alike, neither is.
    """
    if claims is None or not len(claims["claim"]):
        return None
    filed: dict[tuple[str, str, float], int] = {}
    period = np.floor(claims["from_h"] / period_h) * period_h
    for side, sector, begin, count in zip(claims["side"].tolist(), claims["sector"].tolist(), period.tolist(),
                                          claims["filed"].tolist(), strict=True):
        filed[side, sector, begin] = filed.get((side, sector, begin), 0) + count
    places = zip(table["side"].tolist(), table["sector"].tolist(), table["from_h"].tolist(), strict=True)
    return np.array([filed.get((side, sector, begin), 0) > filed.get(("B" if side == "A" else "A", sector, begin), 0)
                     for side, sector, begin in places], dtype=bool)


def _claims(table: Columns, incidents: dict[str, NDArray[Any]], scenario: Scenario) -> list[Row]:
    """Incidents that the parties claim over those that were, for all, by side accused and by kind; a ledger of its own."""
    rows = [] if not len(table["claim"]) else [Row("claimed_ratio", "all", "", *_claimed(table, incidents, scenario, None, ""))]
    for by in ("side", "kind") if rows else ():
        groups = np.unique(np.concatenate((table[by].astype(str), incidents[by].astype(str)))).tolist()
        rows += [Row("claimed_ratio", by, group, *_claimed(table, incidents, scenario, by, group)) for group in groups]
    return rows


def _claimed(table: Columns, incidents: dict[str, NDArray[Any]], scenario: Scenario, by: str | None,
             group: str) -> tuple[float, float]:
    """Claims about days that count, and incidents, of all or of one group."""
    counted = (table["from_h"] >= scenario.warm_up_h) & (table["from_h"] < scenario.days * 24)
    mine = counted if by is None else counted & (table[by] == group)
    true = len(incidents["onset_h"]) if by is None else int((incidents[by] == group).sum())
    return float(table["claimed"][mine].sum()), float(true)


def _skill(table: Columns, breach: NDArray[np.bool_], scenario: Scenario, blamed: NDArray[np.bool_] | None = None, *,
           loss_wrong: float, by: str = "all", group: str = "") -> Row:
    """Skill = 1 − loss / loss of the best blind verdict: always breach, always compliant, the true state of the
    previous period (compliant before the first) or, where there are complaints, breach by the party most complained of."""
    losses, called = scenario.verification.verdicts, table["called"]
    loss = ((breach & (called == "compliant")).sum() * losses.loss_missed + (~breach & (called == "breach")).sum() * loss_wrong
            + (called == "undetermined").sum() * losses.loss_undetermined)
    blind = list(_blind_losses(table, breach, scenario, blamed, loss_wrong=loss_wrong).values())
    best = float(min(blind))
    return Row("skill", by, group, best - float(loss), best)


def _blind_losses(table: Columns, breach: NDArray[np.bool_], scenario: Scenario, blamed: NDArray[np.bool_] | None, *,
                  loss_wrong: float) -> dict[str, float]:
    """Loss of each verdict that needs no monitoring, by its name."""
    missed = scenario.verification.verdicts.loss_missed
    return {name: float((breach & ~says).sum() * missed + (~breach & says).sum() * loss_wrong)
            for name, says in _blind_calls(table, breach, blamed).items()}


def _blind_calls(table: Columns, breach: NDArray[np.bool_], blamed: NDArray[np.bool_] | None) -> dict[str, NDArray[np.bool_]]:
    """Where each verdict that needs no monitoring says breach, by its name."""
    blind = {"always breach": np.ones(len(breach), dtype=bool), "always compliant": np.zeros(len(breach), dtype=bool),
             "state of the previous period": np.concatenate(([False], breach[:-1])) & _follows(table)}
    if blamed is not None:
        blind["party most complained of"] = blamed
    return blind


def _blind(table: Columns, breach: NDArray[np.bool_], scenario: Scenario, blamed: NDArray[np.bool_] | None) -> list[Row]:
    """Score of each blind verdict on the scale of skill: 1 − its loss / loss of the best of them, so the best scores 0."""
    losses = _blind_losses(table, breach, scenario, blamed, loss_wrong=scenario.verification.verdicts.loss_wrong)
    best = min(losses.values())
    return [Row("skill", "blind", name, best - loss, best) for name, loss in losses.items()]


def _follows(table: Columns) -> NDArray[np.bool_]:
    """Rows before which stands the period before, of the same party and sector."""
    same = np.zeros(len(table["side"]), dtype=bool)
    same[1:] = (table["side"][1:] == table["side"][:-1]) & (table["sector"][1:] == table["sector"][:-1])
    same[1:] &= table["from_h"][1:] > table["from_h"][:-1]
    return same


def _findings(history: History, scenario: Scenario) -> list[Row]:
    """Errors of findings and answers: nothing behind them, or the wrong side named."""
    found = _during(_of_violations(history.tables["findings"]), "onset_h", scenario)
    orders = _during(history.tables["orders"], "triggered_h", scenario)
    acts, days = history.tables["violations"], scenario.days - scenario.warm_up_h / 24
    side_of = dict(zip(acts["violation"].tolist(), acts["side"].tolist(), strict=True))
    true, named, wrong = _against(found, side_of)
    false_orders, _, wrong_orders = _against(orders, side_of)
    n_true = float(true.sum())
    accused = (~true | wrong) & named
    against = [Row("wrong_findings_per_30d", "side", side, 30 * float((accused & (found["side"] == side)).sum()), days)
               for side in ("A", "B")]
    return [Row("wrong_findings_per_30d", "all", "", 30 * float(accused.sum()), days), *against,
            Row("false_findings_per_day", "all", "", float((~true).sum()), days),
            Row("precision", "all", "", n_true, float(len(true))),
            Row("wrong_attribution_share", "all", "", float(wrong.sum()), float((true & named).sum())),
            Row("unattributed_share", "all", "", float((true & ~named).sum()), n_true),
            Row("false_answers_per_30d", "all", "", 30 * float((~false_orders).sum()), days),
            Row("wrong_side_answers_per_30d", "all", "", 30 * float(wrong_orders.sum()), days)]


def _of_violations(found: Columns) -> Columns:
    """Findings that carry points: what the terms allow is no part of the record of violations."""
    keep = found["points"] > 0
    return found if keep.all() else {name: values[keep] for name, values in found.items()}


def _during(table: Columns, column: str, scenario: Scenario) -> Columns:
    """Rows whose time lies in the counted days; what the follow-up brings is not set against days that it is not part of."""
    keep = (table[column] >= scenario.warm_up_h) & (table[column] < scenario.days * 24)
    return {name: values[keep] for name, values in table.items()}


def _against(table: Columns, side_of: dict[str, str]) -> tuple[NDArray[np.bool_], ...]:
    """Rows with an act behind them, rows that name a side, and rows with an act behind them that name the wrong one."""
    true, named = table["violation"] != "", table["side"] != ""
    truth = np.array([side_of.get(v, "") for v in table["violation"].tolist()], dtype="U1")
    return true, named, true & named & (table["side"] != truth)


def _published(history: History, scenario: Scenario) -> Columns:
    """Findings that are published by the end of the run."""
    table = history.tables["findings"]
    if history.public_h is None:
        return table
    keep = history.public_h <= scenario.days * 24 + scenario.follow_up_h
    return {name: values[keep] for name, values in table.items()}


def _record(history: History, incidents: dict[str, NDArray[Any]], scenario: Scenario) -> list[Row]:
    """Would the published record tell the truth: its level, its trend, and alike for both sides?

    A finding is published by the end of the run where any of the evidence behind it may be.
    """
    half = scenario.days * 12 + scenario.warm_up_h / 2
    true, found = incidents["onset_h"], _during(_of_violations(_published(history, scenario)), "onset_h", scenario)["onset_h"]
    halves = [float(x) for x in ((true < half).sum(), (true >= half).sum(), (found < half).sum(), (found >= half).sum())]
    known = min(halves) > 0
    (true_trend, told), (published, tells) = (_trend(*halves[:2]), _trend(*halves[2:]))
    error = published - true_trend if known else 0.0
    seen = np.isfinite(_since(incidents, "detected_h"))
    a, b = incidents["side"] == "A", incidents["side"] == "B"
    counts = incidents["counts"].astype(np.float64)
    recorded = float(counts[seen].sum())
    return [Row("reported_ratio", "all", "", float(len(found)), float(len(true))),
            Row("recorded_counts_per_day", "all", "", recorded, scenario.days - scenario.warm_up_h / 24),
            Row("capture_share", "all", "", recorded, float(counts.sum())),
            Row("published_trend", "all", "", published, tells), Row("true_trend", "all", "", true_trend, told),
            Row("trend_error", "all", "", error, float(known)),
            Row("trend_error_effort", "all", "", *effort_part(incidents, true >= half)),
            Row("parity_opportunity", "all", "", float((seen & b).sum() * a.sum()), float((seen & a).sum() * b.sum()))]


def _trend(before: float, after: float) -> tuple[float, float]:
    """Log ratio of two halves, and 1; or none where one of them is empty."""
    return (float(np.log(after / before)), 1.0) if min(before, after) > 0 else (0.0, 0.0)


def _coverage(history: History, scenario: Scenario) -> list[Row]:
    """Coverage by effective looks: share of cell-days, gaps between looks, and waits: Σg²/2T for a look, Σg²/T on average."""
    facts, hours = history.facts, float(np.ceil(scenario.days)) * 24
    wait = facts["gap_square_h2"] / (2 * hours)
    return [Row("coverage_share", "all", "", facts["cell_days_seen"], facts["cells"]),
            Row("revisit_mean_h", "all", "", facts["gap_mean_h"], 1.0), Row("revisit_max_h", "all", "", facts["gap_max_h"], 1.0),
            Row("wait_for_look_h", "all", "", wait, 1.0), Row("time_average_gap_h", "all", "", 2 * wait, 1.0),
            Row("age_of_information_h", "all", "", wait, 1.0)]


def _response_times(table: Columns, scenario: Scenario) -> dict[str, F64]:
    """Hours from order to on station, of all and by domain; verification teams are counted apart."""
    hours = np.where(np.isnan(table["on_station_h"]), np.inf, table["on_station_h"] - table["ordered_h"])
    inside = table["ordered_h"] < scenario.days * 24
    posture = inside & (table["domain"] != "team")
    by_domain = {f"response_time_{domain}": hours[inside & (table["domain"] == domain)] for domain in ("land", "sea", "air")}
    return {"response_time": hours[posture]} | by_domain


def _load(history: History) -> list[Row]:
    """Load on staff and means, and hours that people stand within sight of the line."""
    facts = history.facts
    return [Row("staff_utilisation", "all", "", facts["busy_h"], facts["staffed_h"]),
            Row("backlog_p90", "all", "", facts["backlog_p90"], 1.0),
            Row("drone_hours_planned", "all", "", facts["planned_h"], 1.0),
            Row("drone_hours_flown", "all", "", facts["flown_h"], 1.0), Row("scenes_taken", "all", "", facts["scenes"], 1.0),
            Row("exposure_h", "all", "", facts["exposure_h"], 1.0)]


def _costs(history: History, scenario: Scenario) -> list[Row]:
    """Costs a year: the total, and by payer and by what is paid for; none without prices."""
    costs = yearly_costs(history.facts, scenario)
    if not costs:
        return []
    groups: dict[tuple[str, str], float] = {("all", ""): 0.0}
    for cost in costs:
        for group in (("all", ""), ("payer", cost.payer), ("line", cost.line)):
            groups[group] = groups.get(group, 0.0) + cost.eur_year
    return [Row("cost_eur_year", by, group, value, 1.0) for (by, group), value in groups.items()]
