"""The survey of a corpus: counts that can be counted by hand, a file and a picture a corpus."""

from __future__ import annotations

import json

import pytest

from export.corpora import survey
from export.corpora.piece import Piece
from export.corpora.statistics import chord_symbols, picture, statistics
from realtime.native.errors import AntiphonError
from tests.export.test_corpora import piece, write_lines


def test_a_survey_counts_every_corpus_and_draws_it(tmp_path):
    chart = {"id": "c", "split": "valid", "bars": [["Cm7", "F7"], ["/"], ["Bbmaj7"]], "key": "-2", "tempo": "180.0"}
    write_lines(tmp_path / "tunes.jsonl.gz", [piece(1, tempo=[[0, 90.0]]), piece(2, split="valid"), "{broken"])
    write_lines(tmp_path / "charts.jsonl.gz", [chart])
    write_lines(tmp_path / "grids.jsonl.gz", [{"id": "g", "split": "train", "steps": {"bd": [1, 0, 1, 0] * 4}}])
    found = survey(tmp_path, tmp_path / "out")
    assert found["pieces"] == 4 and found["notes"] == 128 + 8 and len(found["damaged"]) == 1
    tunes, charts, grids = (found["corpora"][n] for n in ("tunes", "charts", "grids"))
    assert tunes["splits"] == {"train": 1, "valid": 1} and tunes["lengths"] == {"1/8": 128}
    assert tunes["keys"] == {"Am": 2} and tunes["metres"] == {"4/4": 2} and tunes["tempo_bpm"] == [90.0] * 5
    assert (
        tunes["notes_a_beat"][2] == 2.0 and tunes["voices_at_once"][2] == 1.0 and sum(tunes["pitches"].values()) == 128
    )
    assert tunes["hours"] == pytest.approx((32 / 90 + 32 / 120) / 60, abs=0.006)
    assert (
        charts["chords"] == 3 and charts["chord_qualities"] == {"min7": 1, "7": 1, "maj7": 1} and charts["notes"] == 0
    )
    assert grids["drums"] == {"kick": 8} and grids["keys"] == {}
    assert json.loads((tmp_path / "out" / "corpora.json").read_text()) == json.loads(json.dumps(found))
    pictures = sorted(p.name for p in (tmp_path / "out").glob("*.png"))
    assert pictures == ["charts.png", "grids.png", "tunes.png"]
    assert all(p.stat().st_size <= 60_000 for p in (tmp_path / "out").glob("*.png"))


def test_chords_of_charts_are_read_from_bars_and_from_lines():
    lines = [[0.0, "silence"], [0.1, "A, intro, | A:min | C:maj G:7 |, (voice"], [4.0, "| F:maj | . |"]]
    assert chord_symbols(Piece("x", "", "", "", [], extra={"lines": lines})) == ["A:min", "C:maj", "G:7", "F:maj"]


def test_an_empty_corpus_has_an_empty_picture(tmp_path):
    stats = statistics([Piece("x", "train", "", "", [])])
    picture("nothing", stats, tmp_path / "x.png")
    assert stats["notes"] == 0 and (tmp_path / "x.png").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    write_lines(tmp_path / "tunes.jsonl.gz", [piece(1)])
    (tmp_path / "file").write_text("")
    with pytest.raises(AntiphonError, match="cannot be written"):
        survey(tmp_path / "tunes.jsonl.gz", tmp_path / "file")
