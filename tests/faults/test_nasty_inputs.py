"""The hostile inputs of the reliability list, N01 to N40, through the command itself: exit code, words, nothing left behind.

Keys are those of our scenario files, where the list names those of a sketch. N08, N39 and N40 (run folders, places and
environments) have files of their own beside this one; here they are met once each, so that the list is whole.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from sim.cli import door

DRONES = """
[monitoring]
means = [{ id = "eo", physics = "optical", pd = { small-arms = 0.5 } }]
[[monitoring.drones]]
id = "north"
base = "field"
means_by_day = "eo"
means_by_night = "eo"
airframes = 4
endurance_h = 6.0
speed_kmh = 90.0
turnaround_h = 2.0
reach_km = 5.0
patrols = ["s01"]
"""
KERNEL = """
[[conduct.excitation]]
id = "reply"
side = "cross"
ratio = {ratio}
memory_h = 4.0
"""
PLACES = 'sectors = ['
FIELD = 'places = [{ id = "field", lon_deg = 36.0, lat_deg = 48.2 }]\nsectors = ['


class Nasty(NamedTuple):
    """A file made from the small world by one replacement and an addition, its exit code, and words that must be said."""

    id: str
    old: str
    new: str
    more: str
    code: int
    words: tuple[str, ...]


FILES = (
    Nasty("N01", "", "", DRONES.replace("airframes", "airfames"), 3,
          ("monitoring.drones.north.airfames", "unknown key", "airframes")),
    Nasty("N01 misplaced", "days = 1\n", "", "[monitoring]\ndays = 1\n", 3, ("monitoring.days", "unknown key", "days")),
    Nasty("N03", "days = 1\n", "", "", 3, ("days", "missing")),
    Nasty("N04", "days = 1\n", "days = true\n", DRONES.replace("= 4", "= true").replace("6.0", '"1,5"'), 3,
          ("days", "monitoring.drones.north.airframes", "integer", "monitoring.drones.north.endurance_h", "number")),
    Nasty("N06", "", "", DRONES.replace("turnaround_h = 2.0", "turnaround_h = nan"), 3,
          ("monitoring.drones.north.turnaround_h", "finite")),
    Nasty("N07", "days = 1\n", "days = inf\n", DRONES.replace("6.0", "1e400"), 3,
          ("days", "monitoring.drones.north.endurance_h", "finite")),
    Nasty("N09", "incidents_per_day = 30.0", "incidents_per_day = -3", "", 3,
          ("conduct.kinds.small-arms.incidents_per_day", ">= 0")),
    Nasty("N10", "", "", DRONES.replace("small-arms = 0.5", "small-arms = 80"), 3,
          ("monitoring.means.eo.pd.small-arms", "0..1", "percent")),
    Nasty("N10 rounding", "", "", DRONES.replace("small-arms = 0.5", "small-arms = 1.0000001"), 3,
          ("monitoring.means.eo.pd.small-arms",)),
    Nasty("N11", "seed = 1", "seed = " + "9" * 5000, "", 3, ("seed", "too large")),
    Nasty("N12", "", "", DRONES.replace("airframes = 4", "airframes = 1000000000"), 3,
          ("monitoring.drones.north.airframes", "1000")),
    Nasty("N13", "", "", KERNEL.format(ratio=1.05), 3, ("conduct.excitation", "spectral radius", "< 1", "1.05")),
    Nasty("N13 edge", "", "", KERNEL.format(ratio=1.0), 3, ("conduct.excitation", "< 1")),
    Nasty("N14", "", "", DRONES.replace("6.0", "0.0").replace("turnaround_h = 2.0", "turnaround_h = 0.0"), 3,
          ("monitoring.drones.north.endurance_h", "monitoring.drones.north.turnaround_h", "> 0")),
    Nasty("N15", "", "", '[[monitoring.timetables]]\nid = "t"\nmeans = "eo"\ngap_h = 1e-12\n', 3,
          ("monitoring.timetables.t.gap_h", "2e-07", "resolution")),
    Nasty("N16", "days = 1\n", "days = 1\ndays = 40\n", "", 3, ("days", "7")),
    Nasty("N17", '\nschema = 1', '\ufeffschema = 1', "", 0, ()),
    Nasty("N19", "[study]\nreplications = 4\nseed = 1\n", "[study]\nrepli", "", 3, ("small.toml:35",)),
    Nasty("N21", "", "", "a" + ".a" * 40_000 + " = 1\n", 3, ("too deep", "64")),
    Nasty("N22", "", "", "a = " + "[" * 100_000 + "]" * 100_000 + "\n", 3, ("nested too deeply",)),
    Nasty("N26", "A small test world", "<script>alert(1)</script><img src=x onerror=alert(1)>", "", 0, ()),
    Nasty("N27", "A small test world", "=cmd|' /C calc'!A0", "", 0, ()),
    Nasty("N28", '"A small test world"', "'$\\frac{$ ceasefire $5'", "", 0, ()),
    Nasty("N29", "A small test world", "\\u001b[2J\\u202egnp.exe", "", 3, ("title", "control character")),
    Nasty("N30", 'name = "small"', 'name = "small"\ninclude = ["../../../../etc/passwd", "/etc/shadow", '
          '"C:\\\\Windows\\\\win.ini", "file:///etc/passwd"]', "", 3, ("include", "outside")),
    Nasty("N31", 'name = "small"', 'name = "../../evil"', "", 3, ("name", "../../evil")),
    Nasty("N31 long", 'name = "small"', f'name = "{"x" * 300}"', "", 3, ("name",)),
    Nasty("N32", 'name = "small"', 'name = "small"\ninclude = ["small.toml"]', "", 3, ("include", "small.toml")),
    Nasty("N33", "", "", '[conduct.replay]\nfile = "events.csv.gz"\n', 3, ("conduct.replay",)),
    Nasty("N35", "", "", DRONES.replace('base = "field"', 'base = "feild"'), 3,
          ("monitoring.drones.north.base", "feild", "did you mean", "field")),
    Nasty("N35 twice", '{ id = "s02", from_km = 50', '{ id = "s01", from_km = 50', "", 3, ("area.sectors", "s01")),
    Nasty("N36 sector", "from_km = 50, to_km = 90", "from_km = 50, to_km = 50", "", 3, ("area.sectors.s02",)),
    Nasty("N36 warm-up", "days = 1\n", "days = 1\nwarm_up_h = 48\n", "", 3, ("warm_up_h", "48")),
    Nasty("N36 no sensors", "", "", "[monitoring]\n", 0, ("monitoring",)),
)


def write(small: Path, nasty: Nasty) -> None:
    """The small world with one thing wrong."""
    text = small.read_text(encoding="utf-8").replace(PLACES, FIELD, 1)
    assert nasty.old in text, f"{nasty.id}: nothing to replace"
    text = text.replace(nasty.old, nasty.new, 1) if nasty.old else text
    # Loose keys must stand before the first table.
    loose = nasty.more.startswith("a")
    small.write_text(nasty.more + text if loose else text + nasty.more, encoding="utf-8")


@pytest.mark.parametrize("nasty", FILES, ids=lambda nasty: nasty.id.replace(" ", "-"))
def test_files(nasty: Nasty, small: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    write(small, nasty)
    monkeypatch.chdir(small.parent)
    before = sorted(small.parent.rglob("*"))
    code = door(["check", "small.toml"])
    out, err = capfd.readouterr()
    assert (code, "Traceback" in out + err) == (nasty.code, False), out + err
    missing = [word for word in nasty.words if word not in out + err]
    assert not missing, f"{missing} not in: {out}{err}"
    assert sorted(small.parent.rglob("*")) == before


@pytest.mark.parametrize("text", [b'a = "\xff"', 'name = "Київ"'.encode("cp1251"), 'name = "x"'.encode("utf-16"), b'a = "\0"'])
def test_n18_bytes_that_are_no_text(text: bytes, small: Path, capfd: pytest.CaptureFixture[str]) -> None:
    small.write_bytes(text)
    assert door(["check", str(small)]) == 3
    err = "".join(capfd.readouterr())
    assert "Traceback" not in err and ("UTF-8" in err or "control character" in err or "NUL" in err)


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_n20_empty_files(text: str, small: Path, capfd: pytest.CaptureFixture[str]) -> None:
    small.write_text(text, encoding="utf-8")
    assert door(["run", str(small), "--out", str(small.parent / "out")]) == 3
    assert "empty" in "".join(capfd.readouterr())
    assert not (small.parent / "out").exists()
    assert door(["run", "/dev/zero"]) == 3
    assert door(["run", str(small.parent)]) == 3


@pytest.mark.parametrize("name", ["s.yaml", "s.yml"])
def test_n23_n24_yaml(name: str, small: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (small.parent / name).write_text("members: [NO, SE, DK]\na0: &a0 [lol]\n", encoding="utf-8")
    assert door(["check", str(small.parent / name)]) == 3
    err = "".join(capfd.readouterr())
    assert "YAML" in err and "NO" in err and "aliases are not allowed" in err


def test_n25_names_that_readers_turn_into_gaps(small: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A kind called NA stays NA in every table that a run writes and reads again."""
    text = small.read_text(encoding="utf-8").replace('"small-arms"', '"na"').replace('"s01"', '"007"')
    small.write_text(text, encoding="utf-8")
    out = small.parent / "out"
    assert door(["run", str(small), "--out", str(out), "--replications", "1", "--quiet"]) == 0
    capfd.readouterr()
    from sim.report.results import read_run

    table = read_run(out).table("violations")
    assert set(table["kind"]) == {"na", "advance"}
    assert set(table["sector"]) == {"007", "s02"}


def test_n05_arguments(small: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(small.parent)
    for args in (["run", "-"], ["run", "small.toml", "small.toml"], ["run", "nothing*.toml"], ["run"]):
        assert door(args) in {2, 3}, args
        err = "".join(capfd.readouterr())
        assert "Traceback" not in err and err
    assert not (small.parent / "runs").exists()


def test_n34_pickles(small: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (small.parent / "s.pkl").write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    assert door(["run", str(small.parent / "s.pkl")]) == 3
    assert "pickle" in "".join(capfd.readouterr())
    assert not Path("pwned").exists()


def test_n38_grid_explosion(small: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(small.parent)
    vary = ["--vary", "verification.staff.analysts=1:1000000:1", "--vary", "verification.staff.night_analysts=1:1000000:1"]
    assert door(["sweep", "small.toml", *vary]) == 3
    err = "".join(capfd.readouterr())
    assert "1000000000000" in err.replace(",", "").replace(" ", "") and "--max-points" in err


def test_n39_places(small: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(small.parent)
    (small.parent / "full").mkdir()
    (small.parent / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    (small.parent / "file").write_text("mine", encoding="utf-8")
    for place in ("full", "file", "."):
        assert door(["run", "small.toml", "--out", place, "--quiet"]) == 5, place
        assert "--out" in "".join(capfd.readouterr())
    assert (small.parent / "full" / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_every_input_of_the_list_has_its_test() -> None:
    listed = Path(__file__).parents[2].parent / "shared" / "cases" / "nasty_inputs.json"
    if not listed.exists():
        pytest.skip("the list of hostile inputs is not on this machine")
    here = Path(__file__).read_text(encoding="utf-8")
    elsewhere = {"N02": "test_options_are_never_guessed", "N37": "test_numbers_are_whole_in_plain_digits_and_in_range",
                 "N08": "test_500_flipped_bits_are_all_found", "N40": "test_the_same_bytes"}
    others = "".join(p.read_text(encoding="utf-8") for p in Path(__file__).parents[1].rglob("test_*.py"))
    for one in json.loads(listed.read_text(encoding="utf-8"))["inputs"]:
        name = one["id"]
        assert f'"{name}' in here or f"test_{name.lower()}" in here or f"_{name.lower()}_" in here or elsewhere[name] in others
