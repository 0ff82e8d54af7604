"""Values from the command line: ids name items, unknown keys are errors, and each such value is known as --set."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenario.errors import ScenarioErrors
from sim.scenario.reader import read

BASE = Path(__file__).parent / "base" / "base.toml"


def told(*overrides: tuple[str, str]) -> str:
    """Text of the faults of these values."""
    with pytest.raises(ScenarioErrors) as caught:
        read(BASE, overrides=overrides)
    return str(caught.value)


def test_values_are_laid_on_last() -> None:
    """Numbers, text, list items, whole tables, keys that were a default, keys in tables not yet there."""
    loaded = read(BASE, overrides=[
        ("monitoring.drones.north.airframes", "9"), ("title", '"Other"'), ("area.line.1.0", "0.6"),
        ("monitoring.means.heat.pd", "{ incursion = 0.2 }"), ("monitoring.drones.north.search_km2_per_h.crews", "80"),
        ("study.replications", "3"), ('sources."monitoring.drones.*".note', '"set"'), ("area.climate.icing_share.11", "0.9"),
    ])
    scenario = loaded.scenario
    north = scenario.monitoring.drones[0]
    assert (north.airframes, scenario.title, scenario.area.line[1]) == (9, "Other", (0.6, 0.0))
    assert scenario.monitoring.means[1].pd == {"shelling": 0.5, "incursion": 0.2}
    assert (north.search_km2_per_h.crews, north.search_km2_per_h.vehicles) == (80, 1000)
    assert scenario.study.replications == 3
    assert scenario.sources["monitoring.drones.*"].note == "set"
    assert scenario.area.climate.icing_share[10:] == (0.2, 0.9)
    assert loaded.origins["monitoring.drones.north.airframes"] == "--set"
    assert loaded.origins["area.line"] == "--set"
    assert loaded.origins["monitoring.means.heat.pd.shelling"] == "parts/means.toml:13"


@pytest.mark.parametrize(("key", "value", "text"), [
    ("monitoring.drones.north.airframs", "9", "unknown key (did you mean airframes?)"),
    ("monitoring.drones.nroth.airframes", "9", 'monitoring.drones holds no item "nroth" (did you mean north?)'),
    ("monitoring.posts.north.sites", "9", 'monitoring.posts holds no item "north"'),
    ("monitoring.airframes", "9", "unknown key (right key, wrong table? airframes belongs in monitoring.drones.ID)"),
    ("area.line.1.2", "9", "unknown key"),
    ("area.line.7", "[1, 2]", "the list has 3 items, counted from 0"),
    ("title", "Other", '"Other" is not a TOML value (text needs quotes: title="Other")'),
    ("days", "1\nseed = 2", '"1\\u000aseed = 2" is more than one TOML value'),
    ("days", "", '"" is not a TOML value'),
    ("days", "[" * 100, f'"{"[" * 59}…" is not a TOML value'),
    ("include", '["/etc/passwd"]', "include cannot be set"),
    ("schema", "2", "schema cannot be set"),
    ("a..b", "1", "not a key (write names joined by points, as in monitoring.drones.north.airframes)"),
    ("", "1", "not a key (write names joined by points, as in monitoring.drones.north.airframes)"),
])
def test_text(key: str, value: str, text: str) -> None:
    """Exactly these words."""
    shown = "7" if key == "area.line.7" else key
    assert told((key, value)) == (f"--set: {shown}: {text}" if shown else f"--set: {text}")


def test_values_are_checked_as_those_of_files() -> None:
    """Shape and meaning, all at once."""
    assert told(("monitoring.drones.north.airframes", "0"), ("monitoring.drones.north.base", '"prot"')) == (
        "--set: monitoring.drones.north.airframes = 0: must be >= 1 (at most 1000)\n"
        '--set: monitoring.drones.north.base = "prot": no such place in area.places (did you mean port?)'
    )


def test_all_wrong_keys_are_told() -> None:
    """Not only the first."""
    assert told(("dyas", "1"), ("tilte", "1")).count("\n") == 1
