"""Corpora: good tunes come in whole, damaged ones are counted and named, repeats and doubles go."""

from __future__ import annotations

import gzip
import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.corpora import Tune, load_tunes
from export.corpora.tune import family, fold_repeats, one_voice, shape, split_by_family
from realtime.music.midifile import write_midi
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError


def scale_tune(seed: int, bars: int = 8) -> list[tuple[int, int, int]]:
    random = Random(seed)
    return [(i * 12, 12, 60 + random.choice((0, 2, 4, 5, 7, 9, 11, 12))) for i in range(bars * 8)]


def piece(seed: int, **more) -> dict:
    notes = [[o * 2, d * 2, p, 90] for o, d, p in scale_tune(seed)]
    return {"id": f"t{seed}", "tpq": 48, "ts": [[0, 4, 4]], "key": [[0, 1, "dorian"]], "split": "train",
            "tracks": [{"name": "melody", "drum": False, "n": notes}], **more}  # fmt: skip


def write_lines(path, rows) -> None:
    with gzip.open(path, "wt") as file:
        file.writelines((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


def test_damaged_lines_are_named_and_the_rest_is_read(tmp_path):
    rows = [
        piece(1),
        "{broken",
        piece(2, tracks=[]),
        piece(3, tpq="x"),
        piece(1, id="again"),
        piece(4, split="valid"),
        "[]",
        piece(5),
    ]
    write_lines(tmp_path / "folk.jsonl.gz", rows)
    corpus = load_tunes(tmp_path)
    assert [t.id for t in corpus.tunes] == ["t1", "t4", "t5"]
    assert corpus.duplicates == 1 and len(corpus.damaged) == 4
    assert all("folk.jsonl.gz line" in place for place in corpus.damaged)
    assert "4 damaged" in corpus.describe() and (corpus.tunes[0].tonic, corpus.tunes[0].mode) == (9, "minor")


def test_a_truncated_archive_gives_what_is_whole(tmp_path):
    write_lines(tmp_path / "whole.jsonl.gz", [piece(i) for i in range(60)])
    data = (tmp_path / "whole.jsonl.gz").read_bytes()
    (tmp_path / "whole.jsonl.gz").unlink()
    (tmp_path / "cut.jsonl.gz").write_bytes(data[: len(data) // 2])
    corpus = load_tunes(tmp_path)
    assert 0 < len(corpus.tunes) < 60 and "cut.jsonl.gz" in corpus.damaged[0]


def test_a_folder_of_midi(tmp_path):
    for i in range(3):
        melody = [Note(o / 24, d / 24, p) for o, d, p in scale_tune(i)]
        bass = [Note(b * 1.0, 4.0, p, 0.7, 1) for b in range(0, 32, 2) for p in (36, 40, 43)]
        drums = [Note(b * 0.5, 0.1, 38, 0.9, 9) for b in range(64)]
        write_midi(NoteSequence(melody + bass + drums, metres=[Metre(0, 4, 4)]), tmp_path / f"{i}.mid")
    (tmp_path / "broken.mid").write_bytes((tmp_path / "0.mid").read_bytes()[:60])
    (tmp_path / "text.midi").write_text("not music")
    corpus = load_tunes(tmp_path)
    assert len(corpus.tunes) == 3 and len(corpus.damaged) == 2
    assert shape(corpus.tunes[0].notes) == shape(fold_repeats(Tune("", one_voice(scale_tune(0)))).notes)
    assert all(t.split in ("train", "valid") for t in corpus.tunes)


@pytest.mark.parametrize("content", [None, "empty", "text"])
def test_nothing_usable_is_told(tmp_path, content):
    folder = tmp_path / "data"
    if content:
        folder.mkdir()
    if content == "text":
        (folder / "x.mid").write_text("no")
    with pytest.raises(AntiphonError, match="data"):
        load_tunes(folder)


def test_literal_repeats_of_sections_are_folded():
    a, b = scale_tune(1, 4), [(o + 8 * 96, d, p) for o, d, p in scale_tune(2, 4)]
    again = [(o + 4 * 96, d, p) for o, d, p in a]
    folded = fold_repeats(Tune("aab", a + again + b))
    assert shape(folded.notes) == shape(a + [(o - 4 * 96, d, p) for o, d, p in b])


@given(st.integers(0, 500), st.integers(-12, 12))
def test_a_transposed_or_varied_setting_stays_in_its_family(seed, shift):
    tune = scale_tune(seed)
    moved = [(o, d, p + shift) for o, d, p in tune]
    assert family(moved) == family(tune) and split_by_family(moved) == split_by_family(tune)
