"""Broken scenario files and the exact text that the analyst reads; the texts stand in broken_texts.txt."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from sim.scenario.errors import ScenarioErrors
from sim.scenario.reader import read

HERE = Path(__file__).parent
B, S, M = "base.toml", "parts/situation.toml", "parts/means.toml"
ORBIT = '{ type = "repeat", revolutions = 175, days = 12, descending_time_h = 6 }'
TABLE = "[verification.staff]"
GATE = '[[conduct.obstruction]]\nid = "gate"\nform = "denial"\nspells_per_day = 2\nduration_median_h = 3\n'
COMPLAINT = '[[conduct.complaints]]\nid = "by-a"\nside = "A"\n'
FIRES = (
    '[[conduct.confusers]]\nid = "fires"\nper_day = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\nduration_median_h = 2\n'
    "taken_for = { shelling = 0.6, incursion = 0.4 }\n"
)


class Case(NamedTuple):
    """One fault: in which file of the base which text is replaced; no old text = the whole file."""

    name: str
    file: str
    old: str | None
    new: str | bytes


CASES = (
    Case("empty", B, None, b""),
    Case("only-comments", B, None, b"# nothing\n\n  # here\n"),
    Case("utf-16", B, None, "schema = 1\n".encode("utf-16")),
    Case("utf-16-without-mark", B, None, "schema = 1\n".encode("utf-16-le")),
    Case("latin-1", B, 'title = "A small truce"', b'title = "Zaporizhzhia, Dni\xe9pr"'),
    Case("nul", B, 'title = "A small truce"', b'title = "A\x00B"'),
    Case("too-large", B, None, b"#" * (2**20 + 1)),
    Case("key-of-many-parts", B, "days = 10", "a" + ".a" * 40000 + " = 1"),
    Case("deep-nesting", B, "days = 10", "days = " + "[" * 100000 + "]" * 100000),
    Case("deep-inline-tables", B, "days = 10", "days = " + "{a=" * 200 + "1" + "}" * 200),
    Case("half-copied", B, None, b"schema = 1\n[monitoring]\ndro"),
    Case("unquoted-text", B, 'name = "base"', "name = base"),
    Case("decimal-comma", B, "turnaround_h = 4", "turnaround_h = 4,5"),
    Case("yaml-manners", B, "days = 10", "days: 10"),
    Case("unclosed-text", B, 'title = "A small truce"', 'title = "A small truce'),
    Case("unclosed-list", B, 'patrols = ["west", "east"]', 'patrols = ["west", "east"'),
    Case("key-twice", B, "airframes = 6", "airframes = 6\nairframes = 60"),
    Case("table-twice", B, "[sources]", "[verification.staff]\nanalysts = 3\n[sources]"),
    Case("list-over-table", B, TABLE, "[[verification.staff]]\nanalysts = 1\n[verification.staff]"),
    Case("control-character-in-text", B, '"A small truce"', '"A \\u001b[2J\\u202egnp.exe"'),
    Case("integer-of-5000-digits", B, "[sources]", "[study]\nseed = " + "9" * 5000 + "\n[sources]"),
    Case("integer-beyond-64-bits", B, "[sources]", "[study]\nseed = 0x" + "f" * 5000 + "\n[sources]"),
    Case("misspelt-key", B, "airframes = 6", "airframs = 6"),
    Case("right-key-wrong-table", B, "days = 10", "days = 10\nairframes = 6"),
    Case("misspelt-section", B, TABLE, "[verfication.staff]"),
    Case("misspelt-key-in-union", B, "revolutions = 175", "revolution = 175"),
    Case("missing-key", B, "endurance_h = 20\n", ""),
    Case("missing-section", B, "[verification.staff]\nanalysts = 6\n", ""),
    Case("boolean-for-number", B, "airframes = 6", "airframes = true"),
    Case("quoted-number", B, "speed_kmh = 150.0", 'speed_kmh = "150,5"'),
    Case("point-in-integer", B, "airframes = 6", "airframes = 6.0"),
    Case("number-for-text", B, 'base = "airfield"', "base = 3"),
    Case("text-for-list", B, 'patrols = ["west", "east"]', 'patrols = "west"'),
    Case("number-for-table", B, "[verification.staff]\nanalysts = 6", "[verification]\nstaff = 6"),
    Case("table-for-number", B, "airframes = 6", "airframes = { day = 6 }"),
    Case("date-for-text", B, 'title = "A small truce"', "title = 2026-02-01"),
    Case("start-without-offset", B, "start = 2026-02-01T00:00:00Z", "start = 2026-02-01T00:00:00"),
    Case("start-as-words", B, "start = 2026-02-01T00:00:00Z", 'start = "tomorrow"'),
    Case("nan", B, "turnaround_h = 4", "turnaround_h = nan"),
    Case("infinity", B, "days = 10", "days = inf"),
    Case("overflow", S, "incidents_per_day = 4", "incidents_per_day = 1e400"),
    Case("negative-rate", S, "incidents_per_day = 4", "incidents_per_day = -3"),
    Case("percent", M, "shelling = 0.4", "shelling = 80"),
    Case("share-below-0", M, "shelling = 0.4", "shelling = -0.1"),
    Case("share-by-rounding", M, "shelling = 0.4", "shelling = 1.0000001"),
    Case("huge-count", B, "airframes = 6", "airframes = 1000000000"),
    Case("zero-duration", B, "turnaround_h = 4", "turnaround_h = 0"),
    Case("below-clock-resolution", S, "duration_median_h = 0.5", "duration_median_h = 1e-8"),
    Case("local-time-24", B, "descending_time_h = 6", "descending_time_h = 24"),
    Case("wrong-word", S, 'severity = "significant"', 'severity = "signifcant"'),
    Case("wrong-orbit", B, 'type = "repeat"', 'type = "repeated"'),
    Case("orbit-without-type", B, 'type = "repeat", ', ""),
    Case("bad-id", B, 'id = "north"', 'id = "North Side"'),
    Case("bad-name", B, 'name = "base"', 'name = "../../evil"'),
    Case("eleven-months", S, "icing_share = [0.3, ", "icing_share = ["),
    Case("vertex-of-one", S, "[0.5, 0.0]", "[0.5]"),
    Case("longitude", S, "[0.5, 0.0]", "[500, 0.0]"),
    Case("markup-key", B, TABLE, '[monitoring."<script>\\u001b"]\n[verification.staff]'),
    Case("item-without-id", B, 'id = "north"\n', ""),
    Case(
        "id-twice",
        B,
        TABLE,
        f'[[monitoring.satellites]]\nid = "sar"\nmeans = "radar"\norbit = {ORBIT}\noff_nadir_max_deg = 45\n\n{TABLE}',
    ),
    Case("sea-named-like-sector", S, 'id = "gulf"', 'id = "west"'),
    Case("dangling-base", B, 'base = "airfield"\nmeans', 'base = "airfeld"\nmeans'),
    Case("dangling-means", B, 'means_by_day = "camera"', 'means_by_day = "telescope"'),
    Case("dangling-sector", B, '["west", "east"]', '["west", "esat"]'),
    Case("dangling-kind", M, "pd.shelling = 0.5", "pd.sheling = 0.5"),
    Case("dangling-regime", S, 'regime = "tense"', 'regime = "tens"'),
    Case("dangling-procedure", B, 'procedure = "council"', 'procedure = "counsel"'),
    Case("dangling-contribution", B, 'contribution = "one"', 'contribution = "two"'),
    Case("sector-turned", S, "to_km = 50", "to_km = 0.5\nfrom_km_ = 1"),
    Case("sector-backwards", S, "from_km = 0\nto_km = 50", "from_km = 50\nto_km = 50"),
    Case("sector-off-line", S, "to_km = 100", "to_km = 100.3"),
    Case("sectors-overlap", S, "from_km = 50", "from_km = 49"),
    Case("same-vertex-twice", S, "[0.5, 0.0]", "[0.0, 0.0]"),
    Case("sea-backwards", S, "west_deg = 1", "west_deg = 3"),
    Case("off-nadir-turned", B, "off_nadir_min_deg = 20", "off_nadir_min_deg = 50"),
    Case("consent-turned", M, 'means = ["drones"]', 'means = ["drones"]\nfrom_h = 48\nto_h = 24'),
    *(Case(name, S, "[conduct]\n", f"{text}\n[conduct]\n") for name, text in (
        ("notice-of-unknown-kind", '[[agreement.notifications]]\nid = "drill"\nkinds = ["shelling", "exercize"]\n'),
        ("exemption-in-unknown-sector", '[[agreement.exemptions]]\nid = "range"\nsectors = ["wets", "gulf"]\n'),
        ("regime-of-unknown-kind", '[[agreement.special]]\nid = "quiet"\nkinds = ["sheling"]\n'),
        ("regime-turned", '[[agreement.special]]\nid = "quiet"\nfrom_h = 54\nto_h = 24\nstart_km = 8\nstop_km = 8\n'),
        ("regime-without-an-hour", '[[agreement.special]]\nid = "quiet"\ndaily_from_h = 6\ndaily_to_h = 6\n'),
        ("regime-twice", '[[agreement.special]]\nid = "quiet"\n[[agreement.special]]\nid = "quiet"\n'),
        ("partial-truce-of-nothing", '[[agreement.special]]\nid = "sea"\nrule = "only"\n'),
        ("baseline-twice", '[[agreement.declarations]]\nid = "one"\nside = "A"\nkinds = ["shelling"]\n'
                           '[[agreement.declarations]]\nid = "two"\nside = "A"\nkinds = ["incursion", "shelling"]\n'),
        ("baseline-of-nobody", '[[agreement.declarations]]\nid = "one"\nside = "C"\nkinds = []\n'),
    )),
    Case("nobody-bound", S, 'points = 6\n\n[[agreement.kinds]]\nid = "incursion"\n',
         'points = 6\nbinds = []\n\n[[agreement.kinds]]\nid = "incursion"\nbinds = []\n'),
    Case("weapons-of-no-class", S, "duration_median_h = 3",
         "duration_median_h = 3\nweapon_shares = { guns = 0.5, mortars = 0.4 }"),
    Case("harm-of-unknown-settlement", S, "duration_median_h = 3", "duration_median_h = 3\nharm_share = { city = 0.5 }"),
    Case("needs-more-than-members", B, "needed = 3", "needed = 6"),
    Case("contact-turned", B, "[[response.procedures]]", "[response.liaison]\ncontact_min = 90\n[[response.procedures]]"),
    Case("ground-does-not-sum", S, "[area.climate]", "[area.ground]\nopen_share = 0.5\n[area.climate]"),
    Case(
        "confusion-above-1",
        M,
        "confusion = { shelling = { incursion = 0.1 } }",
        "confusion = { shelling = { incursion = 1.0 }, incursion = { shelling = 0.6, incursion = 0.5 } }",
    ),
    Case("warm-up-too-long", B, "days = 10", "days = 10\nwarm_up_h = 240"),
    Case("too-many-acts", S, 'regime = "tense"', 'regime = "tense"\nmax_candidates = 50'),
    Case("light-and-dark", M, "needs_light = true", "needs_light = true\nneeds_dark = true"),
    Case(
        "hidden-too-often",
        M,
        "[monitoring.targets]",
        "[monitoring.hidden_share]\nthermal = { shelling = 0.6 }\n[monitoring.targets]",
    ),
    Case(
        "planes-above-members",
        B,
        ORBIT,
        '{ type = "elements", mean_motion_rev_day = 15, inclination_deg = 97, planes = 3, descending_times_h = [1, 2] }',
    ),
    Case(
        "walker-of-three-planes",
        B,
        ORBIT,
        '{ type = "walker", mean_motion_rev_day = 15, inclination_deg = 97, planes = 3, phasing = 3 }',
    ),
    Case(
        "planes-without-members",
        B,
        ORBIT,
        '{ type = "planes", mean_motion_rev_day = 15, inclination_deg = 97, nodes_deg = [1, 2, 3], arguments_deg = [0, 180] }',
    ),
    Case("search-without-lanes", B, "turnaround_h = 4", 'turnaround_h = 4\npattern = "search"'),
    Case("lanes-without-search", B, "turnaround_h = 4", "turnaround_h = 4\nlanes_km = [5, 25]"),
    Case("ring-beyond-reach", B, "turnaround_h = 4", 'turnaround_h = 4\npattern = "orbit"\nring_km = 12'),
    Case("ring-without-passing", B, "turnaround_h = 4", 'turnaround_h = 4\npattern = "orbit"\nsearch_law = "inverse-cube"'),
    Case("watch-of-no-hours", B, "turnaround_h = 4", "turnaround_h = 4\ndaily_from_h = 24"),
    Case("told-to-the-accused-only", B, TABLE, f'[[monitoring.release]]\nid = "company"\nmission_share = 0.5\n\n{TABLE}'),
    Case("owner-unknown", B, TABLE, f'[[monitoring.release]]\nid = "press"\n\n{TABLE}'),
    Case("spell-turned", B, TABLE, f'[[monitoring.navigation_lost]]\nid = "week"\nfrom_h = 48\nto_h = 24\n\n{TABLE}'),
    Case("dangling-operator", B, "off_nadir_max_deg = 45", 'off_nadir_max_deg = 45\noperator = "acme"'),
    Case("dangling-danger", B, TABLE, f'[monitoring.security]\nkinds = ["sheling"]\n\n{TABLE}'),
    Case(
        "post-without-port",
        B,
        TABLE,
        '[[monitoring.posts]]\nid = "p"\nmeans = "radar"\nside = "A"\nsites = 1\nreach_km = 9\nplace = "prt"\n' + TABLE,
    ),
    Case("patrol-mixed", B, '["west", "east"]', '["west", "gulf"]'),
    Case("no-patrol", B, '["west", "east"]', "[]"),
    Case(
        "timetable-without-list",
        B,
        TABLE,
        '[[monitoring.timetables]]\nid = "t"\nmeans = "radar"\nlaw = "list"\ngap_h = 3\n[verification.staff]',
    ),
    Case("rungs-that-follow-too-often", B, '[[response.ladder]]\n',
         '[[response.ladder]]\nfollow_share = { nowhere = 0.7 }\nend_share = { settled = 0.5 }\n'),
    Case("posture-without-station", B, 'role = "team"\n', ""),
    Case("elements-missing", B, ORBIT, '{ type = "file", elements = "sar.tle" }'),
    Case("elements-outside", B, ORBIT, '{ type = "file", elements = "../sar.tle" }'),
    Case("elements-compressed", B, ORBIT, '{ type = "file", elements = "sar.csv.gz" }'),
    Case("elements-pickled", B, ORBIT, '{ type = "file", elements = "sar.pkl" }'),
    Case(
        "adaptation-twice",
        S,
        "[sources]",
        "[[conduct.adaptation]]\nid = \"one\"\nside = \"A\"\nstake_ratio = 1\nlearning_share = 0.1\n"
        "[[conduct.adaptation]]\nid = \"two\"\nside = \"A\"\nstake_ratio = 0\nlearning_share = 10\n[sources]",
    ),
    Case(
        "chosen-places-in-short-sectors",
        S,
        "from_km = 50\nto_km = 100",
        "from_km = 50\nto_km = 60\n[[conduct.adaptation]]\nid = \"one\"\nside = \"A\"\nstake_ratio = 1\n"
        "learning_share = 0.1\nshift_share = 0.5",
    ),
    Case(
        "adaptation-under-a-veil",
        S,
        "[sources]",
        "[conduct.deception]\nshare = 0.1\n"
        "[[conduct.adaptation]]\nid = \"one\"\nside = \"A\"\nstake_ratio = 1\nlearning_share = 0.1\n[sources]",
    ),
    Case("replay-of-nothing", S, "[sources]", "[conduct.replay]\nfile = \"events.csv\"\nfrom = \"June\"\n[sources]"),
    Case(
        "replay-half-told",
        S,
        "[sources]",
        "[conduct.replay]\nfile = \"events.xlsx\"\nfrom = \"2015-06-01\"\nto = \"2015-05-01\"\nkind = \"sheling\"\n"
        "columns = { latitude = \"lat\", side = \"who\", date_precision = \"how\" }\n[sources]",
    ),
    Case("sweep-key-unknown", B, "[sources]", '[study.vary]\n"monitoring.drones.nroth.airframes" = [1, 2]\ndays = []\n[sources]'),
    Case(
        "include-outside",
        B,
        '"parts/means.toml"]',
        '"../../etc/passwd", "/etc/shadow", "C:\\\\Windows\\\\win.ini", "file:///etc/passwd", "~/x.toml", "a\\u0000b", ""]',
    ),
    Case("include-missing", B, '"parts/means.toml"]', '"parts/mean.toml"]'),
    Case("include-not-a-list", B, 'include = ["parts/situation.toml", "parts/means.toml"]', 'include = "parts/means.toml"'),
    Case(
        "include-cycle", M, '[[monitoring.means]]\nid = "camera"', 'include = ["base.toml"]\n[[monitoring.means]]\nid = "camera"'
    ),
    Case("include-below-a-table", B, TABLE, '[verification.staff]\ninclude = ["x.toml"]'),
    Case("broken-include", M, "needs_light = true", "needs_light = yes"),
    Case("remove-unknown", B, "include = [", 'monitoring.remove = ["radr"]\ninclude = ['),
    Case("remove-text", B, "include = [", 'monitoring.remove = "radar"\ninclude = ['),
    Case("remove-nothing-inherited", B, "include = [", 'response.remove = ["council"]\ninclude = ['),
    Case("remove-in-use", B, "include = [", 'monitoring.remove = ["radar"]\ninclude = ['),
    Case("wide-letters-before-the-fault", S, 'name = "Al-Zārah"\nlon_deg = 0.4', 'name = "Al-Zārah"\nlon_deg = 400'),
    Case("wide-letters-on-the-line", B, 'orbit = { type = "repeat", ', 'title = "😀"\norbit = { "ā" = 1, type = "repeat", '),
    Case("obstruction-of-another-form", S, "[sources]", f'{GATE}loss_share = 0.5\nsectors = ["wst"]\n[sources]'),
    Case("obstruction-without-end", S, "[sources]", GATE.replace("= 2\n", "= 90000\n") + "[sources]"),
    Case("obstruction-in-no-regime", S, "[sources]", f"{GATE}regime_factors = {{ tens = 2.0 }}\n[sources]"),
    Case("complains-twice", S, "[sources]", f'{COMPLAINT}{COMPLAINT.replace("by-a", "by-b")}[sources]'),
    Case("deception-percent", S, "[sources]", "[conduct.deception]\nshare = 2\n[sources]"),
    Case("confuser-does-not-sum", S, "[sources]", FIRES.replace("0.6", "0.5") + "[sources]"),
    Case("confuser-hours-turned", S, "[sources]", FIRES + "from_hour_h = 20\nto_hour_h = 9\n[sources]"),
    Case("confuser-at-sea", S, "[sources]", FIRES + "at_sea = true\n[sources]"),
    Case("confuser-dangling", S, "[sources]", FIRES.replace("shelling", "sheling") + "means_pd = { camra = 0.1 }\n[sources]"),
    Case("confuser-of-eleven-months", S, "[sources]", FIRES.replace("[1, ", "[") + "[sources]"),
    Case("belief-of-unknown-means", B, TABLE, f"[verification.beliefs.pd.camra]\nshelling = 0.5\nsheling = 0.4\n{TABLE}"),
    Case("belief-in-places-beyond-one", B, TABLE,
         f"[verification.beliefs]\nsector_share = {{ west = 0.8, east = 0.4 }}\n{TABLE}"),
    Case("belief-percent", B, TABLE, f"[verification.beliefs]\nattributed_share = {{ shelling = 60 }}\n{TABLE}"),
    Case("posterior-of-one", B, TABLE, f'[verification.standard]\nrule = "posteriors"\nposterior_share = 1.0\n{TABLE}'),
    Case(
        "many-faults",
        S,
        "cloud_share = [0.7, 0.7, 0.6, 0.6, 0.5, 0.4, 0.4, 0.4, 0.5, 0.6, 0.7, 0.8]\n"
        "strong_wind_share = [0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2]",
        "cloud_share = [7, 7, 6, 6, 5, 4, 4, 4, 5, 6, 7, 8]\nstrong_wind_share = [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 200]",
    ),
)


def texts() -> dict[str, str]:
    """Expected text by name of the case."""
    sections = (HERE / "broken_texts.txt").read_text(encoding="utf-8").split("## ")[1:]
    return {name: text.rstrip("\n") for name, text in (section.split("\n", 1) for section in sections)}


def broken(case: Case) -> None:
    """The base scenario with one fault, in the current folder."""
    shutil.copytree(HERE / "base", ".", dirs_exist_ok=True)
    file = Path(case.file)
    data, new = file.read_bytes(), case.new if isinstance(case.new, bytes) else case.new.encode()
    assert case.old is None or case.old.encode() in data, "the case no longer fits the base"
    file.write_bytes(new if case.old is None else data.replace(case.old.encode(), new, 1))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_text(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fault of the file is told, in exactly these words."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sim.scenario.includes.shipped", lambda kind: tmp_path / "none")
    broken(case)
    with pytest.raises(ScenarioErrors) as caught:
        read(B)
    assert str(caught.value) == texts()[case.name]


def test_every_text_has_its_case() -> None:
    """No text is left over."""
    assert list(texts()) == [case.name for case in CASES]
    assert len(CASES) >= 35


def test_base_is_sound() -> None:
    """The base of all cases is free of faults."""
    assert read(HERE / "base" / B).scenario.name == "base"


def test_first_line_tells_where() -> None:
    """Half of the texts need at most two lines, and no text shows a raw control character."""
    shown = sorted(text.count("\n") + 1 for text in texts().values())
    assert shown[len(shown) // 2] <= 2
    assert all(letter == "\n" or letter.isprintable() for text in texts().values() for letter in text)
