"""Grids: exact decimal steps, counted before they are made."""

from __future__ import annotations

import pytest

from sim.experiment.grid import axes_of, axis, points, size
from sim.experiment.refusals import BadInput, BadUsage


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("k=0:1:0.1", ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.0"]),
        ("k=6:24:6", ["6", "12", "18", "24"]),
        ("k=1:0:-0.5", ["1.0", "0.5", "0.0"]),
        ("k=0:1:0.4", ["0.0", "0.4", "0.8"]),
        ("k=2:2:1", ["2"]),
        ("k=6,12,24", ["6", "12", "24"]),
        ("k=calm,tense", ['"calm"', '"tense"']),
        ('k="a,b","c"', ['"a,b"', '"c"']),
        ("k=[1,2],[3]", ["[1,2]", "[3]"]),
        ("k=true,false", ["true", "false"]),
        ("k=5", ["5"]),
    ],
)
def test_values_of_an_axis(text: str, values: list[str]) -> None:
    assert list(axis(text).values()) == values


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("k", "write KEY"), ("k=", "write KEY"), ("=1", "write KEY"), ("k=0:1:0", "step is 0"),
        ("k=0:1:-1", "away from"), ("k=a b,c", "not a list"), ("k=1,,2", "not a list"), ("k=1,1", "given twice"),
        ("k=٣:٥:١", "not a list"),
    ],
)  # fmt: skip
def test_anything_else_is_a_fault_of_usage(text: str, said: str) -> None:
    with pytest.raises(BadUsage, match=said):
        axis(text)


def test_a_grid_is_counted_before_it_is_made() -> None:
    axes = axes_of(["a=0:1:1e-6", "b=0:1:1e-6"], {})
    assert size(axes) == 1000001**2
    with pytest.raises(BadInput, match="1000002000001 points, above --max-points 10000"):
        points(axes)


def test_points_name_themselves_whatever_the_order_of_the_axes() -> None:
    one, other = (points(axes_of(texts, {})) for texts in (["b=1,2", "a=3"], ["a=3", "b=1,2"]))
    assert [p.label for p in one] == [p.label for p in other] == ["a = 3, b = 1", "a = 3, b = 2"]


def test_a_key_twice_and_nothing_to_vary_are_refused() -> None:
    with pytest.raises(BadUsage, match="given twice"):
        axes_of(["a=1", "a=2"], {})
    with pytest.raises(BadUsage, match="nothing to vary"):
        axes_of([], {})


def test_the_scenario_may_hold_the_grid() -> None:
    assert [list(a.values()) for a in axes_of([], {"a": (1, 2.5, "x")})] == [["1", "2.5", '"x"']]
