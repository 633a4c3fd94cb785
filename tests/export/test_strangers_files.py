"""Corpora and checkpoints of strangers: bombs and damage are named in bounded memory, and nothing in a file is run."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zipfile

import numpy as np
import pytest

from export.corpora.pieces import load_pieces
from export.pattern import checkpoint
from realtime.native.errors import AntiphonError

torch = pytest.importorskip("torch")
PIECE = {"id": "a", "tpq": 1, "tracks": [{"n": [[0, 1, 60, 80], [1, 1, 62, 80]]}]}


def refused(path) -> str:
    with pytest.raises(AntiphonError) as told:
        load_pieces(path)
    return str(told.value)


@pytest.mark.parametrize("filling", [b"a", b" ", b"\n", b"[", b'{"a":'])
def test_a_gzip_bomb_is_named_in_bounded_memory(tmp_path, filling):
    with gzip.open(tmp_path / "a.jsonl.gz", "wb") as file:
        for _ in range(300):
            file.write(filling * ((1 << 20) // len(filling)))
    tracemalloc.start()
    try:
        assert "a.jsonl.gz" in refused(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 300 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "line",
    ["[" * 100_000, '{"id":' * 50_000, "1e999", '{"id": "b", "tpq": 1, "tracks": [{"n": [[0, 1e300, 60, 80]]}]}',
     '{"id": "b", "tpq": 1, "tracks": [{"n": [[0, Infinity, 60, 80]]}]}',
     '{"id": "b", "tpq": 1, "tracks": [{"prog": Infinity, "n": [[0, 1, 60, 80]]}]}',
     '{"id": "b", "tpq": NaN, "tracks": []}', "null"],
)  # fmt: skip
def test_a_damaged_line_costs_itself_alone(tmp_path, line):
    (tmp_path / "a.jsonl").write_text(f"{line}\n{json.dumps(PIECE)}\n")
    pieces = load_pieces(tmp_path)
    assert [p.id for p in pieces.pieces] == ["a"] and len(pieces.damaged) == 1


def test_absurd_metres_and_tempi_are_left_out_and_a_byte_order_mark_is_no_damage(tmp_path):
    piece = PIECE | {"ts": [[0, 0, 4], [0, 3, 0], [2, 3, 4]], "tempo": [[0, 0], [0, 90], [1, 1e999]]}
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + json.dumps(piece).encode())
    (found,) = load_pieces(tmp_path).pieces
    assert found.metres == [(2.0, 3, 4)] and found.tempo == [(0.0, 90.0)]


def test_a_gzip_that_ends_or_breaks_in_the_middle_keeps_what_came_before(tmp_path):
    lines = "".join(json.dumps(PIECE | {"id": str(n)}) + "\n" for n in range(3000)).encode()
    whole = gzip.compress(lines)
    for name, data in (("cut", whole[: len(whole) // 2]), ("broken", whole[:-3000] + b"\xff" * 2000)):
        path = tmp_path / f"{name}.jsonl.gz"
        path.write_bytes(data)
        found = load_pieces(path)
        assert found.pieces and any("after line" in place for place in found.damaged)


def test_scores_that_unpack_to_a_bomb_are_named(tmp_path):
    pytest.importorskip("music21")
    with zipfile.ZipFile(tmp_path / "a.mxl", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.xml", b"<score-partwise>" + b" " * (40 << 20))
    assert "more than any score" in refused(tmp_path / "a.mxl")
    (tmp_path / "b.musicxml").write_bytes(b"<a>" * 100_000)
    assert "b.musicxml" in refused(tmp_path / "b.musicxml")


class Caller:
    """What a stranger's pickle can be: a call on loading."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("place", ["config", "extra", "rng"])
def test_a_checkpoint_runs_no_code(tmp_path, place):
    content = {"name": "groove", "model": {}, "config": {}} | {place: Caller(tmp_path / "ran")}
    torch.save(content, tmp_path / "best.pt")
    (tmp_path / "ran").unlink(missing_ok=True)
    with pytest.raises(AntiphonError, match="not run"):
        checkpoint.load(tmp_path / "best.pt", "groove")
    assert not (tmp_path / "ran").exists()


def test_a_checkpoint_of_numbers_and_plain_values_comes_back(tmp_path):
    rng = np.random.default_rng(3)
    content = {
        "name": "x", "model": {"a": torch.arange(3.0)}, "config": {"sizes": (1, 2)}, "rng": rng.bit_generator.state,
        "row": {"valid": np.float64(2.5), "step": np.int64(3)}, "array": np.arange(4, dtype=np.int16), "none": None,
    }  # fmt: skip
    checkpoint.save(tmp_path / "x.pt", content)
    back = checkpoint.load(tmp_path / "x.pt", "x")
    assert back["rng"] == content["rng"] and back["row"] == content["row"] and back["config"] == content["config"]
    assert np.array_equal(back["array"], content["array"]) and torch.equal(back["model"]["a"], content["model"]["a"])
