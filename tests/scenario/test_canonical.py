"""A scenario written back and read again is the same scenario, with the same digest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.scenario.canonical import canonical_json, dump_toml, scenario_hash
from sim.scenario.errors import ScenarioErrors
from sim.scenario.reader import read
from sim.scenario.scenario import Scenario
from sim.scenario.starter import json_schema, starter

BASE = Path(__file__).parent / "base" / "base.toml"
ROOT = Path(__file__).parents[2]
SHARE = st.floats(0, 1)
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf"), exclude_characters="\x7f"), max_size=40)
KIND = st.sampled_from(["shelling", "incursion"])

CHANGES = st.fixed_dictionaries({
    "title": TEXT,
    "start": st.integers(-(10**9), 10**9).map(lambda s: datetime(2026, 2, 1, tzinfo=UTC) + timedelta(seconds=s)),
    "days": st.floats(0.01, 3650),
    "agenda": st.lists(TEXT, max_size=3),
    "follow_up_h": st.floats(0, 1e5) | st.integers(0, 100),
    "area.climate.cloud_share": st.lists(SHARE, min_size=12, max_size=12),
    "area.places.port.name": TEXT,
    "conduct.regimes.calm.kind_factors": st.dictionaries(KIND, st.floats(0, 100)),
    "conduct.kinds.incursion.duration_median_h": st.floats(1e-6, 1e5),
    "monitoring.means.radar.pd": st.dictionaries(KIND, SHARE),
    "monitoring.look_correlation": st.floats(0, 0.99),
    "verification.staff.queue_limit": st.integers(1, 10**6),
    "study.seed": st.integers(0, 2**63 - 1),
    "study.vary": st.dictionaries(st.just("days"), st.lists(st.floats(1, 2) | st.integers(1, 2) | TEXT, min_size=1)),
    "sources": st.dictionaries(TEXT, st.fixed_dictionaries({"source": TEXT, "grade": st.sampled_from("ABCD")}), max_size=3),
})


def changed(changes: dict[str, object]) -> Scenario:
    """The base scenario with these values, checked again."""
    tree = read(BASE).scenario.model_dump(mode="json", by_alias=True)
    for key, value in changes.items():
        *above, last = key.split(".")
        node = tree
        for part in above:
            node = node[part] if isinstance(node, dict) else next(item for item in node if item["id"] == part)
        node[last] = value.isoformat() if isinstance(value, datetime) else value
    return Scenario.model_validate_json(json.dumps(tree))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(CHANGES)
def test_round_trip(tmp_path: Path, changes: dict[str, object]) -> None:
    """read(dump(s)) is s, its dump the same text, its digest the same."""
    scenario = changed(changes)
    file = tmp_path / "again.toml"
    file.write_text(dump_toml(scenario), encoding="utf-8")
    again = read(file, overrides=[("conduct.max_candidates", "5000000")])
    assert again.scenario == scenario
    assert dump_toml(again) == dump_toml(scenario)
    assert scenario_hash(again.scenario) == scenario_hash(scenario)


def test_digest_ignores_comments_order_and_what_does_not_count(tmp_path: Path) -> None:
    """One scenario, however it is written; replications and seed are no part of it, all else is."""
    base = read(BASE)
    (tmp_path / "x.toml").write_text("# remark\n" + dump_toml(base).replace(" = ", "   =  "), encoding="utf-8")
    same = read(tmp_path / "x.toml", overrides=[("study.replications", "7"), ("study.seed", "9"), ("warm_up_h", "-0.0")])
    assert scenario_hash(same.scenario) == scenario_hash(base.scenario)
    other = [("days", "10.5"), ("name", '"other"'), ("monitoring.drones.north.airframes", "7"), ("area.side_a", '"right"')]
    digests = {scenario_hash(read(BASE, overrides=[pair]).scenario) for pair in other}
    assert len(digests | {scenario_hash(base.scenario)}) == 5
    assert scenario_hash(base.scenario, digests={"sar.tle": "00"}) not in digests | {scenario_hash(base.scenario)}


def test_same_instant_same_digest() -> None:
    """An instant is the same in every offset."""
    base = read(BASE).scenario
    moved = base.model_copy(update={"start": base.start.astimezone(timezone(timedelta(hours=3)))})
    assert canonical_json(moved) == canonical_json(base)


@pytest.mark.parametrize("seed", ["0", "77"])
def test_digest_does_not_depend_on_the_process(seed: str) -> None:
    """Another hash seed, another process, the same digest."""
    program = ("import sys; from sim.scenario.reader import read; from sim.scenario.canonical import scenario_hash;"
               "print(scenario_hash(read(sys.argv[1]).scenario))")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "TZ": "Pacific/Apia", "LC_ALL": "C"}
    command = [sys.executable, "-c", program, str(BASE)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == scenario_hash(read(BASE).scenario)


def test_starter_reads_as_its_base(tmp_path: Path) -> None:
    """A new scenario is its base under another name until a comment is opened; opened, all its lines are right."""
    text = starter("technical-means", "mine")
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    base, mine = read("technical-means").scenario, read(tmp_path / "mine.toml").scenario
    assert mine.model_copy(update={"name": base.name, "title": base.title}) == base
    head, rest = text.split("include =")
    opened = "\n".join(line.removeprefix("# ") for line in rest.splitlines() if "remove =" not in line)
    (tmp_path / "mine.toml").write_text(head + "include =" + opened, encoding="utf-8")
    assert read(tmp_path / "mine.toml").scenario == mine


def test_starter_refuses_bad_names() -> None:
    """Neither a base that is not shipped nor a name that is no id."""
    with pytest.raises(ScenarioErrors, match=r"no shipped scenario has this name \(did you mean technical-means\?\)"):
        starter("technical-mean", "mine")
    with pytest.raises(ScenarioErrors, match=r'"\.\./x": a name has small letters'):
        starter("technical-means", "../x")


def test_schema_for_editors() -> None:
    """Keys with their meaning, `include` at the top, `remove` in each section, nothing required of a part."""
    schema = json_schema()
    assert {"include", "schema", "area", "monitoring"} <= set(schema["properties"])
    assert "required" not in schema
    drones = schema["$defs"]["Drones"]["properties"]
    assert drones["airframes"]["description"] == "airframes of the unit"
    assert drones["airframes"]["maximum"] == 1000
    assert "remove" in schema["$defs"]["Monitoring"]["properties"]
