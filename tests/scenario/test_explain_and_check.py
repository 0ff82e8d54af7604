"""What the analyst is told of a sound scenario: every number with its source, and what the design cannot see."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.scenario.check import remarks, run_time_s, strict_faults
from sim.scenario.errors import ScenarioErrors
from sim.scenario.explain import drawn_length_km, explain, unsourced
from sim.scenario.reader import Loaded, read
from sim.scenario.resolved import values

BASE = Path(__file__).parent / "base" / "base.toml"
ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "scenarios").glob("*.toml"))


def base(*overrides: tuple[str, str]) -> Loaded:
    """The base scenario with these values."""
    return read(BASE, overrides=overrides)


@pytest.mark.parametrize(("key", "line"), [
    ("monitoring.drones.north.endurance_h",
     "monitoring.drones.north.endurance_h = 20.0 h · time in the air, transit included · base.toml:14 · grade B: brochure"),
    ("monitoring.drones.north.crews",
     "monitoring.drones.north.crews = 4 · crews; each flight takes one · default · grade B: brochure"),
    ("conduct.kinds.shelling.incidents_per_day",
     "conduct.kinds.shelling.incidents_per_day = 4.0 a day · incidents a day of this kind on the whole line (or all sea "
     "areas), both sides together, at a regime factor of 1 · parts/situation.toml:65 · grade C: made up as well (1 to 8)"),
    ("agreement.kinds.shelling.goal_h",
     "agreement.kinds.shelling.goal_h = 24.0 h · timeliness goal: hours from onset within which it should be known · default "
     "· no source"),
    ("days", "days = 12.0 d · days whose incidents count · --set"),
    ("start", "start = 2026-02-01T00:00:00Z · instant at which the ceasefire takes effect · base.toml:4"),
    ("area.places.airfield.name", 'area.places.airfield.name = "Al-Zārah" · name as published · parts/situation.toml:24'),
    ("monitoring.means.heat.pd.shelling",
     "monitoring.means.heat.pd.shelling = 0.5 · probability that one proper look notices an act or trace of a kind; absent = 0 "
     "· parts/means.toml:13 · no source"),
])
def test_one_value(key: str, line: str) -> None:
    """Value, unit, meaning, origin, source and grade on one line."""
    assert explain(base(("days", "12")), key) == [line]


def test_line_as_drawn_and_digitised() -> None:
    """One degree of the equator is 2π·6378.137/360 km."""
    length = 0.9 * 6378.137 * 3.141592653589793 / 180
    assert drawn_length_km(base()) == pytest.approx(length, abs=1e-6)
    assert explain(base(), "area.line")[1:] == [
        f"area.line.drawn_length_km = {length:.1f} km · length of the line as drawn · computed",
        f"area.line.digitised_length_km = {1.31 * length:.1f} km · drawn length × length_factor 1.31; rates per km go by it "
        "· computed",
    ]


def test_every_value_is_explained_once() -> None:
    """All leaves, a key each; below a table only its own."""
    loaded = base()
    keys = [line.split(" = ")[0] for line in explain(loaded)]
    assert len(set(keys)) == len(keys)
    assert {value.key for value in values(loaded.scenario) if value.path[0] != "sources"} <= set(keys)
    assert all(line.startswith("monitoring.drones.north.") for line in explain(loaded, "monitoring.drones.north"))
    with pytest.raises(ScenarioErrors, match=r"holds no such key \(did you mean monitoring.drones.north\?\)"):
        explain(loaded, "monitoring.drones.nroth")


def test_longest_source_wins() -> None:
    """A pattern for a key beats one for its table; fewer stars beat more."""
    source = '{{ source = "{}", grade = "A" }}'
    loaded = base(
        ("sources", f'{{ "monitoring.*.*.airframes" = {source.format("stars")}, '
                    f'"monitoring.drones.north.airframes" = {source.format("exact")}, "monitoring" = {source.format("all")} }}'),
    )
    told = [explain(loaded, f"monitoring.{key}")[0].split(" · ")[-1] for key in
            ("drones.north.airframes", "drones.north.reach_km", "look_correlation")]
    assert told == ["grade A: exact", "grade B: brochure", "grade A: all"]


def test_unsourced_numbers() -> None:
    """Numbers set in files; with defaults many more; none once all is sourced."""
    loaded = base()
    assert "agreement.kinds.shelling.points" in unsourced(loaded)
    assert "agreement.kinds.shelling.goal_h" not in unsourced(loaded)
    assert "agreement.kinds.shelling.goal_h" in unsourced(loaded, defaults=True)
    assert not any(key.startswith(("area.", "days", "study.")) for key in unsourced(loaded))
    assert strict_faults(loaded)[0] == "agreement.kinds.shelling.points: no source"
    everything = ", ".join(f'{name} = {{ source = "x", grade = "D" }}' for name in
                           ("area", "agreement", "conduct", "monitoring", "verification", "response"))
    assert unsourced(base(("sources", f"{{ {everything} }}")), defaults=True) == []


BLIND = ("monitoring.satellites", "[]")


@pytest.mark.parametrize(("overrides", "remark"), [
    ([BLIND, ("monitoring.drones", "[]")],
     "monitoring: no sensors: at least one is needed to see anything; only the truth is simulated"),
    ([BLIND], "monitoring: no sensor works in cloud, which covers up to 80% of the sky in a month"),
    ([BLIND, ("monitoring.means.heat.needs_light", "true")], "monitoring: no sensor works at night"),
    ([("monitoring.drones.north.means_by_night", '"camera"')],
     "monitoring.drones.north.means_by_night = camera works by daylight only"),
    ([("monitoring.drones", "[]")], "conduct.kinds.shelling: no means in use notices this kind"),
    ([("monitoring.drones", "[]")], "monitoring.means: carried by nothing in this design: camera, heat"),
    ([("monitoring.drones.north.search_km2_per_h.flashes", "50")],
     "monitoring.drones.north.reach_km = 12: reach is not coverage: searching it takes 9.0 h, shelling lasts 0.5 h (median): "
     "about 6% are met by one airframe"),
    ([("monitoring.consent", "[]")], "monitoring.consent: no party allows drones"),
    ([("monitoring.satellites.sar.mode", '"tasked"')],
     "monitoring.satellites.sar.scenes_per_day = 0: without scenes it never looks"),
    ([("conduct.kinds.shelling.incidents_per_day", "9")],
     "conduct.kinds.shelling.incidents_per_day = 9 lies outside the range of its source, 1.0 to 8.0"),
    ([("sources", '{ "monitoring.drones.north.airframs" = { source = "x", grade = "A" } }')],
     "sources: monitoring.drones.north.airframs can name no key (did you mean airframes?)"),
    ([], "sources: 25 numbers have no source: agreement.kinds.shelling.points, agreement.zones.belt.depth_km, "
         "conduct.regimes.calm.factor and 22 more"),
])
def test_remarks(overrides: list[tuple[str, str]], remark: str) -> None:
    """Each remark appears when there is cause, and without cause it does not."""
    assert remark in remarks(base(*overrides))
    assert not overrides or remark not in remarks(base())


def test_run_time_grows_with_the_work() -> None:
    """Each replication adds the same time to that of starting up and preparing."""
    one, more, most = (run_time_s(base(("study.replications", n))) for n in ("1", "101", "201"))
    assert most - more == pytest.approx(more - one) and more - one > 100 * 0.02


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_shipped_scenarios_are_sound(path: Path) -> None:
    """Read by name, all numbers sourced, no source that can name nothing."""
    loaded = read(path.stem, absent_data="remark")  # a table of real events is not shipped
    assert unsourced(loaded) == []
    assert not [line for line in remarks(loaded) if line.startswith("sources:") or "lies outside the range" in line]


CHECK = """
import sys, time
from sim.scenario.reader import read
from sim.scenario.check import remarks, run_time_s
start = time.process_time()
loaded = read(sys.argv[1])
reading = time.process_time() - start
remarks(loaded), run_time_s(loaded)
print(reading, time.process_time(), [n for n in ("numpy", "simpy", "pandas", "scipy", "matplotlib") if n in sys.modules])
"""


def test_speed() -> None:
    """Reading the main scenario takes 0.25 s of CPU, checking it 0.4 s in all, without any heavy package."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CHECK, "technical-means"]
    rows = [subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split(maxsplit=2)
            for _ in range(3)]
    assert min(float(row[0]) for row in rows) < 0.25
    assert min(float(row[1]) for row in rows) < 0.4
    assert all(row[2].strip() == "[]" for row in rows)
