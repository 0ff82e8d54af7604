"""Tables of answers: every share in time has the answers to nothing and to the wrong side beside it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from sim.report.answer_tables import answer_tables
from sim.report.languages import words
from sim.scenario.reader import read

ROWS = [("deadline_met_share", "all", "", 0.8), ("deadline_met_share", "clock", "onset", 0.8),
        ("deadline_met_share", "rung", "notice", 0.9), ("true_answers_per_30d", "rung", "notice", 60.0),
        ("false_answers_per_30d", "rung", "notice", 4.0), ("wrong_side_answers_per_30d", "rung", "notice", 2.0),
        ("critical_stage_share", "all", "", None), ("critical_stage_share", "stage", "decision", 0.7),
        ("critical_member_share", "all", "", None),
        *(("critical_member_share", "member", f"body/member-{k}", k / 10) for k in range(5))]


def run_of(rows: list[tuple[str, str, str, Any]]) -> Any:
    frame = pd.DataFrame(rows, columns=["measure", "by", "group", "estimate"])
    frame["noise_low"], frame["noise_high"], frame["unit"], frame["replications"], frame["reason"] = "", "", "share", 3, ""
    return SimpleNamespace(groups=frame, scenario=read(Path(__file__).parents[2] / "scenarios" / "ladder-24-72.toml").scenario)


def test_wrong_answers_stand_beside_right_ones() -> None:
    answers, critical = answer_tables(run_of(ROWS), words("en"))
    notice = [row[1] for row in answers.rows if row[0] == "rung: notice to the party"]
    assert notice == ["answers given by their deadline", "answers to real acts that name no wrong side",
                      "answers to what never happened", "answers to the wrong side"]
    assert answers.rows[0][0] == "counted from: onset"
    assert [row[0] for row in critical.rows] == ["decision", "body/member-4", "body/member-3", "body/member-2"]
    assert all(row[4] == "3" for row in (*answers.rows, *critical.rows))


def test_a_run_without_groups_has_no_such_table() -> None:
    assert answer_tables(SimpleNamespace(groups=pd.DataFrame()), words("en")) == ()  # type: ignore[arg-type]
