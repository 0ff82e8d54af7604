"""The tables of measures, family by family in the order of the contract, each number with noise, n and remark.

A mediator finds no empty cell: a measure without a number says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.experiment.summary import NO_RANGE
from sim.report.cells import Table, table_of
from sim.report.languages import Words
from sim.report.numbers import interval, known, percent, with_unit
from sim.report.results import Run

HEADLINE = (
    "skill",
    "power_median",
    "power_worst",
    "wrong_accusations_per_30d",
    "undetermined_share",
    "significant_confirmed_in_time_share",
    "significant_confirmed_in_time_worst",
)
BY_SIDE = ("wrong_accusations_per_30d", "undetermined_share")
_WAITS = tuple(f"time_to_{what}_{q}_h" for what in ("detect", "verify", "attribute") for q in ("median", "p90"))
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "headline": HEADLINE,
    "chain": (
        "violations_per_day",
        "detected_share",
        "timely_share",
        "verified_share",
        "attributed_share",
        "agreed_share",
        "answered_share",
        "answered_24h_share",
        "answered_72h_share",
        "deadline_met_share",
        "true_answers_per_30d",
        "false_answers_per_30d",
        "wrong_side_answers_per_30d",
        *_WAITS,
        "contacted_before_reply_share",
    ),
    "errors": (
        "false_findings_per_day",
        "detected_share",
        "precision",
        "wrong_attribution_share",
        "unattributed_share",
        "false_answers_per_30d",
        "wrong_side_answers_per_30d",
        "wrong_findings_per_30d",
        "missed_breach_share",
        "wrong_accusation_share",
        "true_breach_share",
        "brier",
        "posterior_brier",
        "posterior_log_score",
        "posterior_true_share",
        "posterior_mean",
    ),
    "record": (
        "reported_ratio",
        "recorded_counts_per_day",
        "capture_share",
        "publication_p05_h",
        "publication_p95_h",
        "claimed_ratio",
        "chapman_ratio",
        "chao_ratio",
        "capture_dependence",
        "published_trend",
        "true_trend",
        "trend_error",
        "trend_error_effort",
        "parity_opportunity",
        "parity_error",
    ),
    "coverage": (
        "coverage_share",
        "revisit_mean_h",
        "revisit_max_h",
        "wait_for_look_h",
        "time_average_gap_h",
        "age_of_information_h",
    ),
    "response": (
        "response_time_median_h",
        "response_time_p90_h",
        *(f"response_time_{q}_h_{d}" for q in ("median", "p90") for d in ("land", "sea", "air")),
        "detection_h",
        "verification_h",
        "attribution_h",
        "decision_h",
        "notice_h",
        "transit_h",
        "critical_stage_share",
        "critical_member_share",
        "answer_effect_share",
        "acts_spared_share",
    ),
    "load": (
        "staff_utilisation",
        "backlog_p90",
        "drone_hours_planned",
        "drone_hours_flown",
        "scenes_taken",
        "cost_eur_year",
        "exposure_h",
        "break_even_ratio",
    ),
}


def measure_row(name: str, measure: Mapping[str, Any], words: Words, *, title: str = "") -> tuple[str, ...]:
    """A measure as cells: name, number, noise, range over the assumptions, replications, remark."""
    unit = str(measure.get("unit") or "")
    value = measure.get("estimate")
    remark = without_range(str(measure.get("reason") or ""))
    if not known(value) and not remark:
        remark = words("measures_table.no_reason")
    inputs = interval(measure.get("input_low"), measure.get("input_high"), unit, words)
    return (
        title or words.get(f"measures.{name}", name.replace("_", " ")),
        with_unit(value, unit, words) if known(value) else words("measures_table.null"),
        interval(measure.get("noise_low"), measure.get("noise_high"), unit, words),
        words("measures_table.not_computed") if inputs == "—" else inputs,
        _count_of(measure.get("replications")),
        remark,
    )


def _count_of(n: Any) -> str:
    return str(int(n)) if known(n) else "0"


def without_range(reason: str) -> str:
    """Reason without the standing remark on the range, which has a column of its own."""
    return "; ".join(part for part in reason.split("; ") if part and part != NO_RANGE)


def measures_table(names: Sequence[str], run: Run, title: str, words: Words) -> Table:
    """Table of measures; some of them by side below."""
    columns = ("measure", "estimate", "noise", "inputs", "replications", "remark")
    rows = [row for name in names if name in run.measures for row in _with_sides(name, run, words)]
    level = next((m["level"] for m in run.measures.values() if known(m.get("level"))), 0.95)
    table = table_of(title, columns, rows, words)
    header = list(table.header)
    header[2] = words("columns.noise_level", level=words("units.percent", value=percent(level).removesuffix(".0")))
    return table._replace(header=tuple(header))


def _with_sides(name: str, run: Run, words: Words) -> Iterator[tuple[str, ...]]:
    yield measure_row(name, run.measures[name], words)
    if name in BY_SIDE and {"measure", "by", "group"} <= set(run.groups.columns):
        rows = run.groups[(run.groups["measure"] == name) & (run.groups["by"] == "side")]
        for row in rows.to_dict("records"):
            label = words("measures_table.by_side", measure=words(f"measures.{name}"), side=row["group"])
            yield measure_row(name, {str(k): _value(v) for k, v in row.items()}, words, title=label)


def _value(cell: Any) -> Any:
    """Cell of summary.csv: a number where it is one."""
    if isinstance(cell, str):
        try:
            return float(cell)
        except ValueError:
            return cell
    return cell if known(cell) else None
