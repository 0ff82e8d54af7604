"""One changed byte in any result file is found before a number is shown, and the file is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_world import command, digests

from sim.experiment.place import SUMS, files_in, verify
from sim.experiment.refusals import BadInput, BadIntegrity


@pytest.fixture
def finished(small: Path) -> Path:
    assert command(small.parent, "run", "small.toml", "--out", "out", "--quiet").code == 0
    return small.parent / "out"


def test_500_flipped_bits_are_all_found(finished: Path) -> None:
    luck = np.random.Generator(np.random.Philox(key=3))
    names = [*files_in(finished), SUMS]
    verify(finished)
    for _ in range(500):
        path = finished / names[int(luck.integers(len(names)))]
        whole = path.read_bytes()
        place = int(luck.integers(len(whole)))
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << int(luck.integers(8)))]) + whole[place + 1 :])
        with pytest.raises(BadIntegrity) as caught:
            verify(finished)
        assert str(finished) in str(caught.value)
        path.write_bytes(whole)
    verify(finished)


@pytest.mark.parametrize("name", ["summary.csv", "violations.csv", "journal.sqlite", "provenance.json", SUMS])
def test_missing_and_cut_files_are_found_by_every_verb(finished: Path, small: Path, name: str) -> None:
    whole = (finished / name).read_bytes()
    for content in (None, whole[: len(whole) // 2]):
        if content is None:
            (finished / name).unlink()
        else:
            (finished / name).write_bytes(content)
        before = digests(finished)
        assert command(small.parent, "report", "out").code == 6
        assert command(small.parent, "compare", "out", "small.toml").code == 6
        if name != SUMS or content is not None:
            answer = command(small.parent, "run", "small.toml", "--out", "out")
            assert answer.code == 6 and "Traceback" not in answer.err, (name, content is None, answer)
        assert digests(finished) == before
        (finished / name).write_bytes(whole)


def test_a_lost_list_of_digests_is_made_again_only_from_files_that_match(finished: Path, small: Path) -> None:
    before = digests(finished)
    (finished / SUMS).unlink()
    assert command(small.parent, "run", "small.toml", "--out", "out").code == 0
    assert digests(finished) == before
    (finished / SUMS).unlink()
    (finished / "summary.csv").write_bytes(b"forged\n")
    answer = command(small.parent, "run", "small.toml", "--out", "out")
    assert answer.code == 6 and "summary.csv" in answer.err


def test_what_is_no_run_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such run folder"):
        verify(tmp_path / "nowhere")
    with pytest.raises(BadIntegrity, match="manifest"):
        verify(tmp_path)


def test_a_changed_shard_of_an_unfinished_run_is_found(small: Path) -> None:
    from test_kills import done_in, start

    process = start(small.parent, "run", "small.toml", "--out", "out", "--workers", "1", FAKE_SECONDS="0.2")
    while done_in(small.parent / "out" / "journal.sqlite") < 1:
        assert process.poll() is None
    process.kill()
    process.communicate()
    shard = small.parent / "out" / "shards" / "r000000.rows"
    shard.write_bytes(shard.read_bytes()[:-2] + b"x\n")
    answer = command(small.parent, "run", "small.toml", "--out", "out")
    assert answer.code == 6 and "r000000.rows" in answer.err
