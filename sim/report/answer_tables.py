"""Answers by clock, rung, procedure and domain, right ones beside wrong ones; and what and whom they waited for longest.

A mediator never reads a share of answers in time without the answers to nothing and to the wrong side in the next rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from sim.report.cells import Table, cells_of, table_of
from sim.report.languages import Words
from sim.report.results import Run

MEASURES = ("deadline_met_share", "true_answers_per_30d", "false_answers_per_30d", "wrong_side_answers_per_30d")
GROUPS = ("clock", "domain", "rung", "procedure")
_MEMBERS = 3
"""Members shown of each procedure, those most waited for."""
_COLUMNS = ("group", "measure", "estimate", "noise", "replications")


def answer_tables(run: Run, words: Words) -> tuple[Table, ...]:
    """Two tables: answers by group, and the stages and members that were critical; empty ones where there are no answers."""
    if not {"measure", "by", "group", "estimate"} <= set(run.groups.columns):
        return ()
    rows = run.groups.copy()
    for column in ("estimate", "noise_low", "noise_high"):
        rows[column] = pd.to_numeric(rows[column], errors="coerce")
    return (table_of(words("response.answers"), _COLUMNS, list(_answers(run, rows, words)), words),
            table_of(words("response.critical"), _COLUMNS, list(_critical(rows, words)), words))


def _answers(run: Run, rows: pd.DataFrame, words: Words) -> Iterator[tuple[str, ...]]:
    """Rows of all groups, measure beside measure."""
    titles = {r.id: r.title or r.id for r in run.scenario.response.ladder}
    titles |= {f"{p.id}": p.title or p.id for p in run.scenario.response.procedures}
    for by in GROUPS:
        mine = rows[(rows["by"] == by) & rows["measure"].isin(MEASURES)]
        for group in dict.fromkeys(mine["group"].tolist()):
            for measure in MEASURES:
                for found in mine[(mine["group"] == group) & (mine["measure"] == measure)].to_dict("records"):
                    yield _row(f"{words(f'response.by_{by}')}: {_title(by, str(group), titles, words)}", found, words)


def _title(by: str, group: str, titles: Mapping[str, str], words: Words) -> str:
    if by == "clock":
        return words(f"response.{group}")
    return words(f"domains.{group}") if by == "domain" else titles.get(group, group)


def _critical(rows: pd.DataFrame, words: Words) -> Iterator[tuple[str, ...]]:
    """Stages by the share of cases in which each took longest; then the members most waited for, by procedure."""
    for found in rows[(rows["measure"] == "critical_stage_share") & (rows["by"] == "stage")].to_dict("records"):
        yield _row(words(f"figures.stages.{found['group']}_h"), found, words)
    members = rows[(rows["measure"] == "critical_member_share") & (rows["by"] == "member")].copy()
    members["procedure"] = members["group"].astype(str).str.split("/").str[0]
    for _, some in members.groupby("procedure", sort=True):
        for found in some.sort_values(["estimate", "group"], ascending=[False, True]).head(_MEMBERS).to_dict("records"):
            yield _row(str(found["group"]), found, words)


def _row(group: str, found: Mapping[Any, Any], words: Words) -> tuple[str, ...]:
    return (group, words(f"measures.{found['measure']}"), *cells_of({str(k): v for k, v in found.items()}, words))
