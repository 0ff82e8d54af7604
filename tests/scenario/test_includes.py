"""Scenarios built from parts: merging by key and by id, removals, contradictions, and the folders that are never left."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sim.scenario.errors import ScenarioErrors
from sim.scenario.reader import Loaded, read

BASE = Path(__file__).parent / "base"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The base scenario in the current folder, and no shipped ones."""
    shutil.copytree(BASE, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sim.scenario.includes.shipped", lambda kind: tmp_path / "none")
    return tmp_path


def child(text: str, include: str = '["base.toml"]') -> Loaded:
    """A scenario that includes the base and says this."""
    Path("child.toml").write_text(f"include = {include}\n{text}", encoding="utf-8")
    return read("child.toml")


def errors(text: str, include: str = '["base.toml"]') -> str:
    """Text of the faults of such a scenario."""
    with pytest.raises(ScenarioErrors) as caught:
        child(text, include)
    return str(caught.value)


def test_items_merge_by_id(folder: Path) -> None:
    """One key of one item changes; its other keys, its place in the list and all other items stay."""
    base = read("base.toml").scenario
    loaded = child('[[area.sectors]]\nid = "west"\nname = "West"\n')
    west, east = loaded.scenario.area.sectors
    assert (west.id, west.name, west.to_km) == ("west", "West", 50)
    assert east == base.area.sectors[1]
    assert loaded.scenario.model_copy(update={"area": base.area}) == base


def test_new_items_are_added_at_the_end(folder: Path) -> None:
    """An id that was not inherited adds an item."""
    loaded = child('[[monitoring.means]]\nid = "ear"\nphysics = "acoustic"\npd = {}\n')
    assert [means.id for means in loaded.scenario.monitoring.means] == ["camera", "heat", "radar", "ear"]


def test_plain_lists_are_replaced(folder: Path) -> None:
    """A list without ids is not merged; an empty list empties a list of items."""
    loaded = child('[[monitoring.drones]]\nid = "north"\npatrols = ["east"]\n')
    assert loaded.scenario.monitoring.drones[0].patrols == ("east",)
    assert child("monitoring.satellites = []").scenario.monitoring.satellites == ()


def test_origins_name_the_file_that_set_each_value(folder: Path) -> None:
    """The last file that set a leaf is its origin, however deep the includes."""
    origins = child('days = 20\n[[monitoring.drones]]\nid = "north"\n\nairframes = 9\n').origins
    assert origins["days"] == "child.toml:2"
    assert origins["monitoring.drones.north.airframes"] == "child.toml:6"
    assert origins["monitoring.drones.north.endurance_h"] == "base.toml:14"
    assert origins["area.line"] == "parts/situation.toml:3"
    assert origins["monitoring.means.camera.confusion.shelling.incursion"] == "parts/means.toml:8"
    assert origins["monitoring.drones.north.crews"] == "default"


def test_remove_drops_inherited_items(folder: Path) -> None:
    """An id of a removed item may be given anew; nothing of the old item is left."""
    assert child('monitoring.remove = ["sar"]').scenario.monitoring.satellites == ()
    text = '[monitoring]\nremove = ["heat"]\n[[monitoring.means]]\nid = "heat"\nphysics = "thermal"\npd = {}\n'
    means = child(text).scenario.monitoring.means
    assert [m.id for m in means] == ["camera", "radar", "heat"]
    assert (means[2].pd, means[2].stopped_by_cloud) == ({}, False)


def test_remove_names_the_list_where_two_hold_the_id(folder: Path) -> None:
    """`drones.north` where a satellite is called north as well."""
    Path("mid.toml").write_text(
        'include = ["base.toml"]\n[[monitoring.satellites]]\nid = "north"\nmeans = "radar"\noff_nadir_max_deg = 45\n'
        'orbit = { type = "repeat", revolutions = 175, days = 12, descending_time_h = 6 }\n', encoding="utf-8")
    assert errors('monitoring.remove = ["north"]', '["mid.toml"]') == (
        'child.toml:2:22: monitoring.remove = "north": 2 lists hold an item of this id (name the list, as in drones.north)'
    )
    loaded = child('monitoring.remove = ["drones.north"]', '["mid.toml"]')
    assert loaded.scenario.monitoring.drones == ()
    assert [family.id for family in loaded.scenario.monitoring.satellites] == ["sar", "north"]


def test_includes_that_disagree(folder: Path) -> None:
    """Both places are named; equal values, a settled key, and a removed item are no contradiction."""
    Path("a.toml").write_text('include = ["base.toml"]\ndays = 20\n', encoding="utf-8")
    Path("b.toml").write_text('include = ["base.toml"]\n\nmonitoring.drones = [{ id = "north", airframes = 9 }]\n', "utf-8")
    assert errors("", '["a.toml", "b.toml"]') == (
        "base.toml:5:1: days = 10: includes disagree: a.toml:2 and base.toml:5 set it differently "
        "(set it in the including file)\n"
        "b.toml:3:38: monitoring.drones.north.airframes = 9: includes disagree: base.toml:13 and b.toml:3 set it differently "
        "(set it in the including file)"
    )
    settled = child('days = 30\n[[monitoring.drones]]\nid = "north"\nairframes = 12\n', '["a.toml", "b.toml"]')
    assert (settled.scenario.days, settled.scenario.monitoring.drones[0].airframes) == (30, 12)
    assert child('days = 30\nmonitoring.remove = ["north"]', '["a.toml", "b.toml"]').scenario.monitoring.drones == ()
    assert child("days = 30", '["a.toml", "base.toml", "a.toml"]').scenario.days == 30


def test_command_line_settles(folder: Path) -> None:
    """`--set` decides between includes."""
    Path("a.toml").write_text('include = ["base.toml"]\ndays = 20\n', encoding="utf-8")
    Path("child.toml").write_text('include = ["a.toml", "base.toml"]\n', encoding="utf-8")
    loaded = read("child.toml", overrides=[("days", "7")])
    assert (loaded.scenario.days, loaded.origins["days"]) == (7, "--set")


@pytest.mark.parametrize("length", [1, 2, 50])
def test_cycles_are_named(folder: Path, length: int) -> None:
    """A circle of includes of any length ends at once and names its files."""
    for i in range(length):
        Path(f"c{i}.toml").write_text(f'include = ["c{(i + 1) % length}.toml"]\n', encoding="utf-8")
    with pytest.raises(ScenarioErrors) as caught:
        read("c0.toml")
    rule = "include cycle: c0.toml" if length < 9 else "includes go deeper than 8 files"
    assert rule in str(caught.value)


def test_fan_out_is_capped(folder: Path) -> None:
    """64 files are read, no more; a ladder of doubled includes reads each file once."""
    names = [f"f{i}.toml" for i in range(70)]
    for name in names:
        Path(name).write_text("days = 10\n", encoding="utf-8")
    for i in range(2):
        part = ", ".join(f'"{name}"' for name in names[35 * i:35 * (i + 1)])
        Path(f"half{i}.toml").write_text(f"include = [{part}]\n", encoding="utf-8")
    assert "at most 64 files" in errors("", '["half0.toml", "half1.toml"]')
    for i in range(5):
        Path(f"step{i}.toml").write_text(f'include = ["step{i + 1}.toml", "./step{i + 1}.toml"]\n', encoding="utf-8")
    Path("step5.toml").write_text('include = ["base.toml"]\n', encoding="utf-8")
    assert read("step0.toml").scenario == read("base.toml").scenario


def test_links_out_of_the_folder_are_not_followed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Not a byte of the target is told; a link that stays inside is fine."""
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.toml"
    secret.write_text('password = "hunter2"\n', encoding="utf-8")
    os.symlink(secret, "parts/link.toml")
    os.symlink(secret.parent, "away")
    for name in ("parts/link.toml", "away/secret.toml"):
        text = errors("", f'["{name}"]')
        assert text == (
            f'child.toml:1:12: include = "{name}": lies outside the scenario directory and the shipped scenarios '
            "(a link leads out of it)"
        )
    os.symlink("means.toml", "parts/inner.toml")
    assert child("", '["base.toml", "parts/inner.toml"]').scenario == read("base.toml").scenario


def test_shipped_scenarios_are_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that does not lie beside the scenario is taken from the shipped ones, and its origin says so."""
    store = folder / "store"
    store.mkdir()
    Path("base.toml").rename(store / "base.toml")
    Path("parts").rename(store / "parts")
    desk = folder / "desk"
    desk.mkdir()
    monkeypatch.chdir(desk)
    monkeypatch.setattr("sim.scenario.includes.shipped", lambda kind: store)
    loaded = child("days = 11")
    assert loaded.scenario.days == 11
    assert loaded.origins["area.line"] == "shipped:parts/situation.toml:3"
    assert errors("", '["parts/mean.toml"]').endswith("(did you mean parts/means.toml?)")


def test_json_scenarios(folder: Path) -> None:
    """JSON is accepted, includes TOML, has places, and refuses keys given twice."""
    Path("x.json").write_text('{"include": ["base.toml"],\n "days": 12}', encoding="utf-8")
    loaded = read("x.json")
    assert (loaded.scenario.days, loaded.origins["days"]) == (12, "x.json:2")
    Path("x.json").write_text('{"include": ["base.toml"],\n "days": 12, "título": 1,\n "days": [NaN]}', encoding="utf-8")
    with pytest.raises(ScenarioErrors, match=r"x.json:3:11: NaN is not JSON: numbers must be finite"):
        read("x.json")
    Path("x.json").write_text('{"include": ["base.toml"],\n "í": 1, "days": 12,\n "days": 13}', encoding="utf-8")
    with pytest.raises(ScenarioErrors, match=r'x.json:3:2: key "days" is set twice \(line 3, first on line 2\)'):
        read("x.json")
    Path("x.json").write_text('{"include": ["base.toml"],\n "í": 1, "days": "12"}', encoding="utf-8")
    with pytest.raises(ScenarioErrors) as caught:
        read("x.json")
    assert str(caught.value) == (
        'x.json:2:2: "í": unknown key\n'
        'x.json:2:18: days = "12": expected number, found text (write 12 without quotes)'
    )
