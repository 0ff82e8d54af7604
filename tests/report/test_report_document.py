"""The page: safe whatever the names are, complete, honest about gaps, readable, small, and the same bytes twice."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
import synthetic_run

from sim.report.document import POLICY, write_report
from sim.report.languages import languages, words
from sim.report.measure_tables import HEADLINE
from sim.report.numbers import exact, figures, interval, percent, with_unit
from sim.report.results import RunUnreadable
from sim.report.stress import ITEMS

ROOT = Path(__file__).parents[2]
VOID = {"meta", "wbr", "br", "img", "link", "hr", "input"}
LINKS = {
    "href",
    "src",
    "srcset",
    "action",
    "formaction",
    "poster",
    "data",
    "xlink:href",
    "background",
    "ping",
}


class Page(HTMLParser):
    """Tags with attributes, nesting, visible text, and the cells of every table."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.unclosed: list[str] = []
        self.words: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.comments: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unclosed.append(tag)

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)
        if self.open and {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def page_of(folder: Path) -> Page:
    return Page((folder / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=["run_folder", "hostile_folder"])
def page(request: pytest.FixtureRequest) -> Page:
    folder: Path = request.getfixturevalue(request.param)
    return page_of(folder)


# ---- safe ----------------------------------------------------------------------------------------------


def test_nothing_runs_and_nothing_leaves_the_page(page: Page) -> None:
    banned = {"script", "iframe", "object", "embed", "link", "base", "form", "img", "foreignobject"}
    assert not [tag for tag, _ in page.tags if tag.lower() in banned]
    for tag, attrs in page.tags:
        assert not [name for name in attrs if name.lower().startswith("on")], (tag, attrs)
        for name, value in attrs.items():
            if name in LINKS:  # pixels of a picture lie in the page itself
                assert value.startswith("data:image/png;base64," if tag.lower() == "image" else "#"), (tag, name, value)
            assert "javascript:" not in value.lower() or name == "aria-label", (tag, name, value)
            if name != "aria-label":
                assert not re.search(r"url\((?!#)", value), (tag, name, value)
    assert page.comments == []


def test_the_policy_of_the_page_is_strict(page: Page) -> None:
    policies = [a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [POLICY]
    assert POLICY.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")


def test_every_element_is_closed_whatever_the_names(page: Page) -> None:
    assert (page.open, page.unclosed) == ([], [])


def test_hostile_names_are_shown_as_they_are(hostile_folder: Path) -> None:
    text = "".join(page_of(hostile_folder).words)
    for name in (
        "<script>alert(1)</script>",
        r"$\frac{$ unclosed",
        "=cmd|' /C calc'!A0",
        "{{ 7*7 }} {title}",
    ):
        assert name in text


def test_the_checks_find_what_they_look_for() -> None:
    bad = Page("<p onclick='x'><a href='https://a.b'>x</a><script></script>")
    assert {"script"} & {t for t, _ in bad.tags}
    assert bad.tags[0][1] == {"onclick": "x"} and bad.open == ["p"]


# ---- complete and honest -------------------------------------------------------------------------------


def test_every_headline_measure_is_shown_with_interval_and_n(run_folder: Path) -> None:
    measures = json.loads((run_folder / "summary.json").read_text())["measures"]
    table = page_of(run_folder).tables[0]
    w = words("en")
    rows = {row[0]: row for row in table[1:]}
    for name in HEADLINE:
        measure, row = measures[name], rows[w(f"measures.{name}")]
        assert row[4] == str(measure["replications"])
        assert row[3] == w("measures_table.not_computed")
        if measure["estimate"] is None:
            assert row[1] == w("measures_table.null")
            assert row[5] == measure["reason"].split("; ")[0] != ""
        else:
            assert row[1] == with_unit(measure["estimate"], measure["unit"], w)
            assert row[2] == interval(measure["noise_low"], measure["noise_high"], measure["unit"], w) != "—"


def test_every_measure_of_the_run_stands_in_the_chapter_of_measures(run_folder: Path) -> None:
    measures = json.loads((run_folder / "summary.json").read_text())["measures"]
    shown = {row[0] for table in page_of(run_folder).tables for row in table}
    w = words("en")
    assert {w.get(f"measures.{name}", name.replace("_", " ")) for name in measures} <= shown


def test_no_number_is_ever_nan(page: Page) -> None:
    text = " ".join(page.words)
    assert not re.search(r"\b(nan|NaN|None|inf|NaT)\b", text)


def test_simulated_stands_at_the_top_and_in_every_figure(page: Page) -> None:
    text = "".join(page.words)
    assert text.split("SIMULATED")[0].strip().count("\n") < 12
    assert text.count("SIMULATED") >= 1 + sum(tag == "svg" for tag, _ in page.tags)


def test_every_caption_says_n(run_folder: Path) -> None:
    html = (run_folder / "report.html").read_text(encoding="utf-8")
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", html, re.DOTALL)
    assert len(captions) == 13
    assert all(re.search(r"n = \d+", caption) for caption in captions)


def test_chapters_come_in_the_order_of_the_house(run_folder: Path) -> None:
    ids = [a["id"] for t, a in page_of(run_folder).tags if t == "section"]
    house = ("area", "agreement", "truth", "monitoring", "verification", "response", "measures", "assumptions",
             "reproducibility")  # fmt: skip
    assert ids == ["asked", "findings", "limits", *(f"chapter-{name}" for name in house)]


def test_every_source_and_every_digest_is_in_the_page(run_folder: Path) -> None:
    text = "".join(page_of(run_folder).words)
    assert all(key in text for key in synthetic_run.scenario().sources)
    provenance = json.loads((run_folder / "provenance.json").read_text())
    assert all(digest in text for digest in provenance["files"].values())


def test_stress_des_fills_in_every_item(run_folder: Path) -> None:
    text = (run_folder / "stress-des.md").read_text(encoding="utf-8")
    assert len(ITEMS) == 24  # 20 items of the checklist, 2.5 in its five parts
    assert all(f"| {item} " in text for item, _ in ITEMS)
    assert "{" not in text and "SIMULATED" in text and "6 replications" in text


def test_stated_sentences_are_taken_as_they_are(run_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(run_folder, tmp_path / "run"))
    summary = json.loads((folder / "summary.json").read_text())
    counts = {"asked": 8, "done": 6, "capped": 1, "failed": 1}
    (folder / "summary.json").write_text(json.dumps({**summary, "sentences": ["A <b> B."], "replications": counts}))
    text = " ".join("".join(Page(write_report(folder).read_text(encoding="utf-8")).words).split())
    assert "A <b> B." in text
    assert words("en")("page.incomplete", asked=8, failed=1, capped=1) in text


# ---- readable ------------------------------------------------------------------------------------------


def test_headings_are_in_order_and_tables_have_headers(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert all(attrs.get("scope") in ("col", "row") for tag, attrs in page.tags if tag == "th")
    assert all(len({len(row) for row in table}) == 1 for table in page.tables)


def test_pictures_have_words_and_ids_are_unique(page: Page) -> None:
    assert dict(page.tags)["html"]["lang"] == "en" and dict(page.tags)["html"]["dir"] == "ltr"
    pictures = [a for t, a in page.tags if t == "svg"]
    assert len(pictures) == 13
    assert all(a["role"] == "img" and len(a["aria-label"]) > 40 for a in pictures)
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    wanted = [a["href"][1:] for tag, a in page.tags if "href" in a and tag != "image"]
    assert set(wanted) <= set(ids)
    assert all(a["aria-labelledby"] in ids for _, a in page.tags if "aria-labelledby" in a)


def _luminance(colour: str) -> float:
    if len(colour) == 4:
        colour = "#" + "".join(2 * c for c in colour[1:])
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(a: str, b: str) -> float:
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_text_stands_out(run_folder: Path) -> None:
    assert _contrast("#000", "#ffffff") == pytest.approx(21.0)
    css = dict(re.findall(r"--(\w+): (#[0-9a-f]+)", (run_folder / "report.html").read_text(encoding="utf-8")))
    for ink in ("ink", "muted", "link"):
        for ground in ("#ffffff", css["pale"], "#fff6d6"):
            assert _contrast(css[ink], ground) >= 4.5
    html = (run_folder / "report.html").read_text(encoding="utf-8")
    fills = set(re.findall(r"<text[^>]*fill: (#[0-9a-f]{6})", html))
    assert fills and all(_contrast(fill, "#ffffff") >= 4.5 for fill in fills)


# ---- small and the same bytes twice --------------------------------------------------------------------


def test_the_page_is_small(run_folder: Path, hostile_folder: Path) -> None:
    for folder in (run_folder, hostile_folder):
        assert 100_000 < (folder / "report.html").stat().st_size < 1_500_000


def test_same_bytes_elsewhere_and_with_another_hash_seed(run_folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "other place"
    shutil.copytree(run_folder, copy, ignore=shutil.ignore_patterns("report.html", "figures", "stress-des.md"))
    code = f"from sim.report.document import write_report; write_report({str(copy)!r})"
    env = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], check=True, env=env, cwd=tmp_path)
    made = sorted(p.relative_to(copy) for p in copy.rglob("*") if p.is_file())
    assert made == sorted(p.relative_to(run_folder) for p in run_folder.rglob("*") if p.is_file())
    assert [p for p in made if (copy / p).read_bytes() != (run_folder / p).read_bytes()] == []


# ---- gaps ----------------------------------------------------------------------------------------------


def test_a_quiet_run_and_a_single_replication_have_reports(tmp_path: Path) -> None:
    quiet = synthetic_run.write_run(tmp_path / "quiet", synthetic_run.scenario(), replications=1, acts_per_day=0.0)
    text = "".join(Page(write_report(quiet).read_text(encoding="utf-8")).words)
    assert words("en")("page.no_findings") in text
    assert words("en")("figures.nothing_counted") in text


def test_a_run_without_tables_has_a_report(run_folder: Path, tmp_path: Path) -> None:
    for name in ("summary.json", "scenario.resolved.toml"):
        shutil.copy(run_folder / name, tmp_path / name)
    text = "".join(Page(write_report(tmp_path).read_text(encoding="utf-8")).words)
    assert words("en")("reproducibility.none") in text
    assert words("en")("figures.losses.none") in text


@pytest.mark.parametrize("name", ["summary.json", "scenario.resolved.toml"])
def test_what_is_missing_or_broken_is_named(run_folder: Path, tmp_path: Path, name: str) -> None:
    for file in ("summary.json", "scenario.resolved.toml"):
        shutil.copy(run_folder / file, tmp_path / file)
    (tmp_path / name).write_text("[", encoding="utf-8")
    with pytest.raises(RunUnreadable, match=re.escape(name)):
        write_report(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(RunUnreadable, match=re.escape(name)):
        write_report(tmp_path)


# ---- words and numbers ---------------------------------------------------------------------------------


def test_every_text_that_the_code_asks_for_is_in_every_catalogue() -> None:
    sources = [*sorted((ROOT / "sim/report").glob("*.py")), ROOT / "sim/report/templates/report.html.j2"]
    asked = {k for p in sources for k in re.findall(r'\b(?:words|catalogue|t)\(\s*"([\w.]+)"', p.read_text())}
    assert len(asked) > 80
    for language in languages():
        assert asked <= set(words(language).texts), language
        assert set(words(language).texts) == set(words("en").texts), language


def test_every_contract_measure_has_a_title() -> None:
    from sim.report.measure_tables import FAMILIES

    titles = words("en").texts
    assert all(f"measures.{name}" in titles for names in FAMILIES.values() for name in names)


def test_unknown_languages_and_keys_are_named(run_folder: Path) -> None:
    with pytest.raises(ValueError, match=r"'xx': there are .*en"):
        write_report(run_folder, lang="xx")
    with pytest.raises(KeyError, match=r"no\.such\.key"):
        words("en")("no.such.key")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (12345.678, "12\u202f300"),
        (0.12345, "0.123"),
        (-0.02, "\u22120.0200"),
        (9.999, "10.0"),
        (7, "7.00"),
    ],
)
def test_three_figures(value: float, text: str) -> None:
    assert figures(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (100.0, "100"), (1.31, "1.31"), (1234.5, "1\u202f234.5"), (1e-12, "1e\u221212")],
)
def test_inputs_are_shown_as_written(value: float, text: str) -> None:
    assert exact(value) == text


@pytest.mark.parametrize(("share", "text"), [(0.0, "0"), (1.0, "100"), (0.5, "50.0"), (0.0042, "0.42"), (0.99, "99.0")])
def test_shares_in_per_cent(share: float, text: str) -> None:
    assert percent(share) == text
    assert with_unit(float("nan"), "share", words("en")) == "—"


# ---- in a browser --------------------------------------------------------------------------------------

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync")  # fmt: skip


@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium here")
def test_the_page_renders_in_a_browser(run_folder: Path, tmp_path: Path) -> None:
    from matplotlib.image import imread

    shot = tmp_path / "page.png"
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={shot}",
               "--window-size=1200,3000", (run_folder / "report.html").as_uri()]  # fmt: skip
    subprocess.run(command, check=True, timeout=120, capture_output=True)
    pixels = imread(shot)[..., :3]
    assert pixels.shape == (3000, 1200, 3)
    dark = (pixels.min(axis=2) < 0.5).mean(axis=1)
    assert 0.005 < float((pixels.min(axis=2) < 0.5).mean()) < 0.5
    assert all(float(band.max()) > 0.01 for band in dark[:2700].reshape(9, 300))  # no blank third of a screen


# ---- figures on disk -----------------------------------------------------------------------------------


def test_figures_are_well_formed_and_hold_text_not_outlines(run_folder: Path, hostile_folder: Path) -> None:
    for folder in (run_folder, hostile_folder):
        files = sorted((folder / "figures").glob("*.svg"))
        assert len(files) == 13
        for file in files:
            root = ET.fromstring(file.read_text(encoding="utf-8"))
            texts = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
            assert "SIMULATED" in texts
            assert "<dc:date>" not in file.read_text(encoding="utf-8")
    page = (hostile_folder / "report.html").read_text(encoding="utf-8")
    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ET.fromstring(svg)
