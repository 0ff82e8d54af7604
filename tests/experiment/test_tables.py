"""Tables: guarded text, exact numbers, whole replications within the limit."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.experiment import tables


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "=cmd|' /C calc'!A0"])
def test_text_that_a_spreadsheet_would_run_is_guarded(text: str) -> None:
    row = next(csv.reader(io.StringIO(tables.cell(text) + "\n", newline="")))
    assert row == ["'" + text]


@pytest.mark.parametrize("text", ["a,b", 'say "x"', "two\nlines", "نقطة", "s01", ""])
def test_other_text_comes_back_as_it_was(text: str) -> None:
    assert next(csv.reader(io.StringIO(tables.cell(text) + ",x\n", newline="")))[0] == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_back_exactly_and_are_never_guarded(value: float) -> None:
    whole = tables.piece(0, {"a_h": np.array([value])}, ("a_h",)).decode()
    text = whole.split(",")[1]
    assert float(text) == value and not text.startswith("'")
    assert np.signbit(float(text)) == np.signbit(value)


def test_never_is_an_empty_cell_and_ids_stay_text() -> None:
    columns = {"id": np.array(["007", "NA"]), "t_h": np.array([np.nan, 1.5]), "n": np.array([1, -2])}
    assert tables.piece(3, columns, ("id", "t_h", "n")) == b"3,007,,1,SIMULATED\n3,NA,1.5,-2,SIMULATED\n"


def test_a_shard_gives_back_its_pieces(tmp_path: Path) -> None:
    names = {"one": ("a",), "two": ("b",)}
    columns = {"one": {"a": np.arange(3)}, "two": {"b": np.zeros(0)}}
    shard, whole = tables.shard_of(5, columns, names)
    tables.put(tmp_path / shard.name, whole)
    assert shard.rows == {"one": 3, "two": 0}
    pieces = tables.read_shard((tmp_path / shard.name).read_bytes())
    assert pieces == {"one": b"5,0,SIMULATED\n5,1,SIMULATED\n5,2,SIMULATED\n", "two": b""}
    assert [p.name for p in tmp_path.iterdir()] == [shard.name]


@pytest.mark.parametrize(
    ("rows", "limit", "kept"),
    [([4, 4, 4], 12, 3), ([4, 4, 4], 11, 2), ([40, 1], 11, 1), ([], 5, 0), ([9, 9, 9], None, 3), ([5, 5], 5, 1)],
)
def test_the_largest_number_of_whole_replications_is_kept(rows: list[int], limit: int | None, kept: int) -> None:
    assert tables.kept_replications([{"a": n, "b": 1} for n in rows], limit) == kept
