"""The figures: the numbers below them are right, labels stay inside and apart, and maps hold no border."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import synthetic_run
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim.report import drawing
from sim.report import figures as shown
from sim.report.drawing import SERIES, Drawn, inline
from sim.report.languages import words
from sim.report.maps import COAST, base_map, bases, sector_lines, sector_map
from sim.report.results import Run, read_run

SHARED = Path(__file__).parents[2].parent / "shared"
W = words("en")


@pytest.fixture(scope="module")
def run(run_folder: Path) -> Run:
    return read_run(run_folder)


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with open(folder / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ---- the numbers ---------------------------------------------------------------------------------------


def test_the_funnel_shows_the_measures_of_the_summary(run: Run, run_folder: Path) -> None:
    measures = json.loads((run_folder / "summary.json").read_text())["measures"]
    rows = shown.funnel(run, W).data.rows
    assert rows[0][1] == "100\u00a0%"
    for row, name in zip(rows[1:], shown.STEPS, strict=True):
        assert row[1] == f"{100 * measures[name]['estimate']:.1f}\u00a0%"
        assert row[3] == "6"


def test_shares_by_kind_and_side_are_counts_of_the_table(run: Run, run_folder: Path) -> None:
    table = rows_of(run_folder, "violations")
    kind = run.scenario.agreement.kinds[0]
    some = [r for r in table if r["kind"] == kind.id and r["side"] == "B"]
    found = [row for row in shown.shares(run, W).data.rows if row[:2] == (kind.title, "B")]
    hits = [sum(r["detected_h"] != "" for r in some), sum(r["verified_h"] != "" for r in some),
            sum(r["attributed"] == "1" for r in some)]  # fmt: skip
    assert [row[2] for row in found] == [str(len(some))] * 3
    assert [row[4] for row in found] == [f"{100 * hit / len(some):.1f}\u00a0%" for hit in hits]


def test_incidence_is_the_share_by_each_time(run: Run, run_folder: Path) -> None:
    kind = run.scenario.agreement.kinds[1]
    some = [r for r in rows_of(run_folder, "violations") if r["kind"] == kind.id]
    by_6 = sum(r["verified_h"] != "" and float(r["verified_h"]) - float(r["onset_h"]) <= 6.0 for r in some)
    cell = [r for r in shown.incidence(run, W).data.rows if r[0] == kind.title and r[1] == "confirmed" and r[2] == "6.00"]
    assert [row[3] for row in cell] == [f"{100 * by_6 / len(some):.1f}\u00a0%"]


def test_verdicts_are_counted_over_all_replications(run: Run, run_folder: Path) -> None:
    counts = Counter((r["side"], r["truth"], r["called"]) for r in rows_of(run_folder, "verdicts"))
    for side, truth, *cells in shown.verdict_calendar(run, W).data.rows:
        for called, cell in zip(("compliant", "breach", "undetermined"), cells, strict=True):
            assert int(cell.replace("\u202f", "")) == counts[side, truth, called]


def test_coverage_counts_the_means_that_looked(run: Run, run_folder: Path) -> None:
    sector = run.scenario.area.sectors[4]
    some = [r for r in rows_of(run_folder, "coverage") if r["sector"] == sector.id and float(r["from_h"]) == 24.0 * 2]
    looked = {(r["replication"], r["means"]) for r in some if int(r["made"]) > 0}
    row = next(r for r in shown.coverage_map(run, W).data.rows if r[0] == sector.name)
    assert len(looked) < len(some)
    assert float(row[3]) == pytest.approx(len(looked) / 6, rel=0.006)


def test_looks_lost_add_up_to_looks_due(run: Run) -> None:
    for _, due, *parts in shown.losses(run, W).data.rows:
        numbers = [float(p.replace("\u202f", "")) for p in (due, *parts)]
        assert sum(numbers[1:]) == pytest.approx(numbers[0], rel=0.02)


def test_stages_by_domain_come_from_the_summary_table(run: Run) -> None:
    rows = shown.stages(run, W).data.rows
    assert {row[0] for row in rows} == {"all answered", "land", "sea", "air"}
    assert ("sea", "detection", "4.00 h", "3.00 to 8.00 h", "6") in rows


# ---- looks ---------------------------------------------------------------------------------------------


def difference_rows() -> pd.DataFrame:
    rows = [("detected_share", "share", 0.12, 0.09, 0.15), ("skill", "ratio", 0.1, -0.2, 0.3),
            ("brier", "ratio", None, None, None),
            ("time_to_detect_median_h", "h", -3.0, -4.0, -2.0)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["measure", "unit", "difference", "noise_low", "noise_high"])
    return table.assign(replications=20, reason="nothing was counted")


def sweep_rows() -> pd.DataFrame:
    points = [(a, b, min(1.0, 0.02 * a + 0.01 * b)) for a in (6, 12, 24, 36) for b in (6, 12, 24)]
    table = pd.DataFrame(points, columns=["monitoring.drones.north.airframes", "verification.staff.analysts", "power_median"])
    table.loc[3, "power_median"] = np.nan
    return table


def forest(_run: Run) -> Drawn:
    return shown.forest(difference_rows(), W, left="a design with a long name", right="the other")


def heatmap(_run: Run) -> Drawn:
    x, y, value = sweep_rows().columns
    return shown.heatmap(sweep_rows(), x, y, value, words=W, replications=20)


MAKERS: list[Callable[..., Drawn]] = [
    shown.funnel, shown.shares, shown.incidence, shown.verdict_calendar, shown.coverage_map, shown.losses, shown.stages,
    sector_map, base_map,
]  # fmt: skip


@pytest.mark.parametrize("make", [*MAKERS, forest, heatmap], ids=lambda f: f.__name__)
@pytest.mark.parametrize("which", ["run_folder", "hostile_folder"])
def test_labels_lie_inside_the_figure_and_ticks_apart(
    make: Callable[..., Drawn], which: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Figure] = []
    write = drawing._svg
    monkeypatch.setattr(drawing, "_svg", lambda figure, name: (kept.append(figure), write(figure, name))[1])
    run = read_run(request.getfixturevalue(which))
    drawn = make(run) if make in (forest, heatmap) else make(run, W)
    with drawing.style():
        outside, touching = _misplaced(kept[0])
    assert (outside, touching) == ([], [])
    assert drawn._repr_svg_() == drawn.svg


def _misplaced(figure: Figure) -> tuple[list[str], list[tuple[str, str]]]:
    FigureCanvasAgg(figure).draw()
    frame, hidden = figure.bbox.padded(1.5), _never_drawn(figure)
    texts = [t for t in figure.findobj(match=_is_text) if t.get_visible() and t.get_text().strip()]
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts if id(t) not in hidden]
    outside = [t for t, b in boxes if b.x0 < frame.x0 or b.y0 < frame.y0 or b.x1 > frame.x1 or b.y1 > frame.y1]
    touching = []
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            labels = [t for t in axis.get_ticklabels() if t.get_visible() and t.get_text() and _within(t, axes, axis)]
            spots = sorted(((t.get_text(), t.get_window_extent()) for t in labels), key=lambda p: (p[1].y0, p[1].x0))
            touching += [(a[0], b[0]) for a, b in pairwise(spots) if a[1].padded(-1).overlaps(b[1].padded(-1))]
    return outside, touching


def _is_text(artist: Any) -> bool:
    return hasattr(artist, "get_window_extent") and type(artist).__name__ in ("Text", "Annotation")


def _never_drawn(figure: Figure) -> set[int]:
    """Ticks beyond the limits of their axis and parts of hidden axes are in the tree but never drawn."""
    hidden: set[int] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            labels = [label for t in (*axis.majorTicks, *axis.minorTicks) for label in (t.label1, t.label2)]
            hidden |= {id(label) for label in labels if not axes.axison or not _within(label, axes, axis)}
            hidden |= set() if axes.axison else {id(axis.label)}
    return hidden


def _within(text: Any, axes: Any, axis: Any) -> bool:
    box, place = axes.bbox.padded(1), text.get_transform().transform(text.get_position())
    along = 0 if axis is axes.xaxis else 1
    return bool(box.min[along] <= place[along] <= box.max[along])


def test_every_axis_label_of_a_quantity_names_its_unit() -> None:
    texts = W.texts
    axes = {
        key: text for key, text in texts.items() if key.startswith("figures.") and key.split(".")[-1] in ("x", "y", "bar", "unit")
    }
    assert len(axes) >= 12
    assert [key for key, text in axes.items() if not (text.endswith(")") and "(" in text)] == []


def test_neighbouring_colours_differ_in_lightness() -> None:
    grey = [0.2126 * int(c[1:3], 16) + 0.7152 * int(c[3:5], 16) + 0.0722 * int(c[5:7], 16) for c in SERIES]
    assert len(set(SERIES)) == len(SERIES)
    assert all(abs(a - b) > 18 for a, b in pairwise(grey))


def test_figures_leave_the_callers_settings_alone(run: Run) -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    first = shown.funnel(run, W)
    assert dict(matplotlib.rcParams) == before
    assert shown.funnel(run, W) == first
    assert "matplotlib.pyplot" not in drawing.__dict__


def test_inline_figures_have_ids_of_their_own(run: Run) -> None:
    one, two = inline(shown.funnel(run, W)), inline(shown.shares(run, W))
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (one, two)]
    assert ids[0] and ids[1] and not ids[0] & ids[1]
    for svg, own in zip((one, two), ids, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) | set(re.findall(r'href="#([^"]+)"', svg)) <= own


# ---- maps ----------------------------------------------------------------------------------------------


def test_the_map_holds_bases_only_and_says_what_the_line_is(run: Run) -> None:
    drawn, based = sector_map(run, W), base_map(run, W)
    for figure in (drawn, based):
        assert W("disclaimer.map") in figure.svg
        assert not [p.title for p in run.scenario.monitoring.posts if p.title in figure.svg]
        assert not [u.title for u in run.scenario.response.units if u.title in figure.svg]
    names = {name for base in bases(run) for name in base.names}
    used = {d.base for d in run.scenario.monitoring.drones} | {u.base for u in run.scenario.response.units}
    assert names == {p.name for p in run.scenario.area.places if p.id in used}


def test_sectors_follow_one_another_along_the_line() -> None:
    pieces = list(sector_lines(synthetic_run.scenario().area).values())
    assert all(a[-1] == pytest.approx(b[0], abs=1e-9) for a, b in pairwise(pieces))
    assert pieces[0][0] == pytest.approx((32.44, 46.50)) and pieces[-1][-1] == pytest.approx((37.63, 50.18), abs=0.01)


def test_the_coast_is_a_coast_and_no_border() -> None:
    source = SHARED / "data/geography/naturalearth_10m_countries_clip.geojson"
    if not source.exists():
        pytest.skip("the outline that the coast was thinned from is not here")
    edges: Counter[tuple[Any, ...]] = Counter()
    for feature in json.loads(source.read_text())["features"]:
        shape = feature["geometry"]
        for polygon in shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]:
            for ring in polygon:
                ends = [(round(p[0], 5), round(p[1], 5)) for p in ring]
                edges.update(tuple(sorted(pair)) for pair in pairwise(ends))
    coast = np.array([end for edge, times in edges.items() if times == 1 for end in edge])
    for x, y in (point for line in COAST for point in line):
        assert np.hypot((coast[:, 0] - x) * 0.7, coast[:, 1] - y).min() < 0.13, (x, y)
        assert (round(x * 20), round(y * 20)) == (pytest.approx(x * 20), pytest.approx(y * 20))
