"""Several designs at once: intervals that hold together, and the best within a stated gap."""

from __future__ import annotations

import json
from pathlib import Path

from small_world import SMALL, Command


def designs(small: Path) -> list[str]:
    names = []
    for analysts in (6, 7, 9):
        text = SMALL.replace('name = "small"', f'name = "d{analysts}"').replace("analysts = 6", f"analysts = {analysts}")
        (small.parent / f"d{analysts}.toml").write_text(text, encoding="utf-8")
        names.append(f"d{analysts}.toml")
    return names


def _share(answer: str, number: int) -> dict[str, float]:
    rows = json.loads(answer)["comparisons"][number]["differences"]
    return next(row for row in rows if row["measure"] == "detected_share")


def test_intervals_of_several_designs_are_wider_than_of_one(ceasefire: Command, small: Path) -> None:
    a, b, c = designs(small)
    alone = ceasefire("compare", a, b, "--replications", "12", "--out", "o", "--json").out
    both = ceasefire("compare", "o/d6", "o/d7", c, "--replications", "12", "--out", "p", "--json")
    assert both.code == 0, both.err
    one, two = _share(alone, 0), _share(both.out, 0)
    assert one["difference"] == two["difference"]
    ratio = (two["noise_high"] - two["noise_low"]) / (one["noise_high"] - one["noise_low"])
    assert 1.02 < ratio < 1.25, "between one and the bound of Bonferroni"
    told = ceasefire("compare", "o/d6", "o/d7", "p/d9")
    assert "hold for all 2 comparisons" in " ".join(told.out.split())


def test_the_best_is_selected_with_as_many_replications_as_it_takes(ceasefire: Command, small: Path) -> None:
    names = designs(small)
    answer = ceasefire("compare", *names, "--replications", "10", "--best", "5pp:detected_share", "--json")
    assert answer.code == 0, answer.err
    best = json.loads(answer.out)["best"]
    assert best["best"] == "d9" and best["kept"] and best["replications"] >= best["needed"]
    least = ceasefire("compare", *names, "--replications", "10", "--best", "5pp:detected_share", "--least")
    assert least.code == 0 and "least detected_share: d6" in " ".join(least.out.split())


def test_folders_cannot_be_extended_and_bad_measures_are_refused(ceasefire: Command, small: Path) -> None:
    names = designs(small)
    for name in names:
        assert ceasefire("run", name, "--replications", "4", "--out", name[:2], "--quiet").code == 0
    answer = ceasefire("compare", "d6", "d7", "d9", "--best", "0.5pp:detected_share")
    assert answer.code == 4 and "not yet sure" in answer.out
    for bad in ("2pp", "2pp:nothing", "1h:time_to_detect_median_h", "5%:detected_share"):
        assert ceasefire("compare", "d6", "d7", "--best", bad).code == 2, bad
