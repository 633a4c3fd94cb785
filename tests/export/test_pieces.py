"""Pieces: every reader gives the same music, damage is named, notes are cleaned, families stay together."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.corpora.cache import cached
from export.corpora.clean import clean_notes, quantised, transposed
from export.corpora.piece import Piece, Track
from export.corpora.pieces import held_out, load_pieces, unique_pieces
from export.corpora.splits import families, split_of_piece, work_of
from export.corpora.tunes import tune_of_piece
from realtime.music.midifile import write_midi
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError
from tests.export.test_corpora import piece, scale_tune, write_lines

ABC = """X:1
T:The Scale
M:4/4
L:1/4
K:G
D|GABc|dBG2|"Am7"A2"D7/F#"D2|G4|

X:2
T:Broken
M:2/4
L:1/8
K:Dm
d2 e2|f2 z2|(3ded c2|
"""
MUSICXML = """<?xml version="1.0"?>
<score-partwise version="3.1">
<part-list><score-part id="P1"><part-name>Voice</part-name></score-part></part-list>
<part id="P1">
<measure number="1"><attributes><divisions>2</divisions><key><fifths>-1</fifths><mode>minor</mode></key>
<time><beats>3</beats><beat-type>4</beat-type></time></attributes>
<direction><direction-type><words>Andante</words></direction-type><sound tempo="72"/></direction>
<note><pitch><step>D</step><octave>4</octave></pitch><duration>2</duration></note>
<note><grace/><pitch><step>E</step><octave>4</octave></pitch></note>
<note><pitch><step>F</step><octave>4</octave></pitch><duration>4</duration><tie type="start"/></note></measure>
<measure number="2"><note><pitch><step>F</step><octave>4</octave></pitch><duration>2</duration><tie type="stop"/></note>
<note><rest/><duration>2</duration></note>
<note><pitch><step>A</step><octave>4</octave></pitch><duration>2</duration>
<notations><fermata/></notations></note></measure>
</part></score-partwise>
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr("export.corpora.cache.cache_folder", lambda: folder)
    return folder


def one(notes, drum=False, **more) -> Piece:
    return Piece(
        more.pop("id", "x"), more.pop("split", ""), "", "", [Track("melody", 0, drum, np.array(notes, float))], **more
    )


def test_abc_and_musicxml_are_read_with_their_key_metre_chords_and_words(tmp_path):
    pytest.importorskip("music21")
    (tmp_path / "tunes.abc").write_text(ABC)
    (tmp_path / "song.musicxml").write_text(MUSICXML)
    (tmp_path / "broken.xml").write_text("<score-partwise><part>")
    loaded = load_pieces(tmp_path)
    by_id = {p.id: p for p in loaded.pieces}
    assert set(by_id) == {"tunes.abc/1", "tunes.abc/2", "song.musicxml"}
    assert len(loaded.damaged) == 1 and "broken.xml" in loaded.damaged[0]
    scale = by_id["tunes.abc/1"]
    assert scale.tracks[0].notes[:5, :3].tolist() == [[0, 1, 62], [1, 1, 67], [2, 1, 69], [3, 1, 71], [4, 1, 72]]
    assert scale.key == (7, "major") and scale.title == "The Scale" and scale.bars[:3] == [0, 1, 5]
    assert [c for _, c in scale.chords] == ["A:min7", "D:7/F#"]
    song = by_id["song.musicxml"]
    assert song.tracks[0].notes[:, :3].tolist() == [
        [0, 1, 62],
        [1, 3, 65],
        [5, 1, 69],
    ]  # tied is one, the grace is gone
    assert song.key == (2, "minor") and song.metres == [(0, 3, 4)] and song.tempo[0][1] == 72
    assert (0.0, "Andante") in song.words
    assert load_pieces(tmp_path).damaged == loaded.damaged  # from the cache: the same


def test_an_upbeat_is_moved_before_the_bar_line(tmp_path):
    pytest.importorskip("music21")
    (tmp_path / "tunes.abc").write_text(ABC)
    tune = tune_of_piece(load_pieces(tmp_path / "tunes.abc").pieces[0])
    assert tune.notes[0] == (72, 24, 62) and tune.notes[1][0] == 96 and (tune.tonic, tune.mode) == (7, "major")


def test_midi_keeps_tracks_programs_and_what_is_damaged(tmp_path):
    notes = [Note(i * 0.5, 0.5, 60 + i % 7, 0.5, 0) for i in range(20)] + [
        Note(float(i), 0.1, 36, 0.9, 9) for i in range(10)
    ]
    write_midi(NoteSequence(notes, metres=[Metre(0.0, 7, 8)], programs={0: 33}), tmp_path / "a.mid")
    (tmp_path / "cut.mid").write_bytes((tmp_path / "a.mid").read_bytes()[:50])
    loaded = load_pieces(tmp_path)
    bass, drums = loaded.pieces[0].tracks
    assert (bass.program, bass.drum, len(bass.notes), drums.drum, len(drums.notes)) == (33, False, 20, True, 10)
    assert loaded.pieces[0].metres == [(0, 7, 8)] and loaded.pieces[0].id == "a.mid" and len(loaded.damaged) == 1
    again = loaded.pieces[0].sequence()
    assert [(n.beat, n.pitch, n.channel) for n in again.notes] == sorted((n.beat, n.pitch, n.channel) for n in notes)


def test_lines_out_of_range_or_not_numbers_are_damaged(tmp_path):
    rows = [
        piece(1),
        piece(2, tracks=[{"n": [[0, 1, 200, 90]]}]),
        piece(3, tracks=[{"n": [[0, float("nan"), 60, 90]]}]),
    ]
    write_lines(tmp_path / "x.jsonl.gz", rows)
    loaded = load_pieces(tmp_path)
    assert [p.id for p in loaded.pieces] == ["t1"] and len(loaded.damaged) == 2
    assert all("x.jsonl.gz line" in place for place in loaded.damaged)


@pytest.mark.parametrize("content", [None, "empty", "text", "lines"])
def test_a_folder_with_nothing_usable_is_one_sentence(tmp_path, content):
    folder = tmp_path / "data"
    if content:
        folder.mkdir()
    if content == "text":
        (folder / "x.mid").write_text("no")
    if content == "lines":
        (folder / "x.jsonl").write_text("{\n")
    with pytest.raises(AntiphonError, match="data") as error:
        load_pieces(folder)
    assert str(error.value).count(".\n") == 0


def test_drum_grids_become_drum_tracks(tmp_path):
    steps = {"bd": [1, 0, 0, 0] * 4, "sn": [0, 0, 0, 0, 1, 0, 0, 0] * 2, "ac": [1] + [0] * 15}
    pattern = {"title": "Rock", "signature": "12/8", "length": 12, "tracks": {"BassDrum": ["Note"] + ["Rest"] * 11}}
    rows = [{"id": "t", "split": "train", "steps": steps}, {"id": "p", "split": "valid", "pattern": pattern}]
    (tmp_path / "x.jsonl").write_text("\n".join(json.dumps(r) for r in rows))
    tidal, machine = load_pieces(tmp_path).pieces
    notes = tidal.notes(drums=True)
    assert notes[:2, [0, 2, 3]].tolist() == [[0, 36, 115], [1, 36, 90]] and (notes[:, 2] == 38).sum() == 2
    assert machine.metres == [(0, 12, 8)] and held_out([tidal, machine]) == [machine]


rows = st.lists(
    st.tuples(st.integers(0, 16), st.integers(-1, 8), st.integers(58, 62), st.integers(-5, 140)), max_size=25
)


@given(rows)
@settings(max_examples=200, deadline=None)
def test_clean_notes_can_be_played_on_one_keyboard(raw):
    notes = np.array(raw, float).reshape(-1, 4)
    faults: Counter = Counter()
    out = clean_notes(notes.copy(), False, faults)
    assert {(o, p) for o, _, p, _ in out} == {(o, p) for o, d, p, _ in raw if d > 0}
    for pitch in set(out[:, 2].tolist()):
        line = out[out[:, 2] == pitch]
        assert (line[:-1, 0] + line[:-1, 1] <= line[1:, 0] + 1e-9).all()
    assert (out[:, 1] > 0).all() and ((out[:, 3] >= 0) & (out[:, 3] <= 127)).all()
    assert len(notes) - len(out) == faults["zero"] + faults["duplicate"]
    again: Counter = Counter()
    assert np.array_equal(clean_notes(out.copy(), False, again), out) and not again


def test_drum_hits_without_length_stay():
    assert len(clean_notes(np.array([[0, 0, 36, 90.0]]), True, Counter())) == 1


@given(st.integers(-30, 30))
def test_transposing_moves_notes_chords_and_key_and_nothing_falls_out(shift):
    original = one(
        [[0, 1, 2, 90], [1, 1, 64, 90], [2, 1, 120, 90]], key=(9, "minor"), chords=[(0.0, "Am7"), (1.0, "?")]
    )
    moved = transposed(original, shift)
    assert ((moved.tracks[0].notes[:, 2] - original.tracks[0].notes[:, 2] - shift) % 12 == 0).all()
    assert moved.tracks[0].notes[:, 2].min() >= 0 and moved.tracks[0].notes[:, 2].max() <= 127
    assert moved.key == ((9 + shift) % 12, "minor") and moved.chords[1][1] == "N"
    back = transposed(moved, -shift)
    assert back.chords[0][1] == "A:min7" and original.tracks[0].notes[0, 2] == 2


def test_quantising_puts_onsets_and_ends_on_the_grid():
    notes = quantised(one([[0.02, 0.01, 60, 90], [0.35, 0.4, 62, 90]]), 12).tracks[0].notes
    assert notes[:, :2].tolist() == [[0, 1 / 12], [4 / 12, 5 / 12]]


def melody(seed: int, shift: int = 0, name: str = "", split: str = "train", more: int = 0) -> Piece:
    tune = scale_tune(seed) + [(768 + i * 12, 12, 60 + i % 3) for i in range(more)]
    return one([[o / 24, d / 24, p + shift, 90] for o, d, p in tune], id=name or f"{seed}", split=split)


def test_settings_of_one_tune_are_one_family_and_one_is_kept():
    pieces = [melody(1), melody(2), melody(1, 5, "1 in F", more=4), melody(3), melody(3, -2, "held", "valid")]
    groups = families(pieces)
    assert groups[0] == groups[2] != groups[1] and groups[3] == groups[4] and len(set(groups)) == 3
    assert [p.id for p in unique_pieces(pieces)] == ["2", "1 in F", "held"]
    assert split_of_piece(pieces[0]) == split_of_piece(melody(1, 7, "elsewhere"))


def test_editions_of_one_work_are_one_family():
    assert work_of("chopin_first_editions/kern/001-1a-HO.krn") == work_of("chopin_first_editions/kern/001-1-BRZ.krn")
    ids = ["004-1-HAc-001", "004-1a-COC-001", "004-1-HAc-002", "003-1-Sm-piano", "003-1a-ME-violino", "010-12-KI"]
    works = [work_of(f"chopin_first_editions/kern/{i}.krn") for i in ids]
    assert works[0] == works[1] and len(set(works)) == 5
    assert work_of("pop909/001") == "pop909/001"


def test_the_cache_is_written_whole_and_a_damaged_one_is_made_again(own_cache):
    calls = []

    def make(faults):
        calls.append(1)
        faults.append("a place")
        yield {"id": "x"}

    damaged: list[str] = []
    assert cached("name", make, damaged) == [{"id": "x"}] == cached("name", make, damaged)
    assert len(calls) == 1 and damaged == ["a place", "a place"]
    file = next(own_cache.iterdir())
    file.write_bytes(file.read_bytes()[:20])
    assert cached("name", make, []) == [{"id": "x"}] and len(calls) == 2
    assert len(list(own_cache.iterdir())) == 1


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("export.corpora.cache.cache_folder", lambda: tmp_path / "file")
    assert cached("name", lambda faults: [{"id": "x"}], []) == [{"id": "x"}]
