"""Sets are known by what their pieces call themselves, whatever their files are called; evaluation needs no file's name."""

from __future__ import annotations

import gzip
import json

import pytest

from export.corpora.known import SET_OF_IDS, files_of_sets, set_of, set_of_file
from export.corpora.pieces import load_pieces
from export.models.accompany.evaluate import evaluate as evaluate_accompany
from export.models.changes.evaluate import evaluate as evaluate_changes
from export.models.chorale.evaluate import folk_tunes
from export.models.disguise.data import load_styles, style_of
from export.models.disguise.evaluate import evaluate as evaluate_disguise
from export.models.grade.data import kind_of
from export.models.grade.evaluate import evaluate as evaluate_grade
from export.models.phrase.songs import FOLK, POP, load_songs
from realtime.models.disguise.code import STYLES
from realtime.music.midifile import write_midi
from realtime.music.sequence import Note, NoteSequence
from realtime.native.errors import AntiphonError


def piece(name: str, split: str = "valid", steps=(0, 4, 7, 12, 7, 4)) -> dict:
    rows = [[24 * k, 24, 60 + steps[k % len(steps)] + k % 3, 80] for k in range(48)]
    track = {"name": "melody", "prog": 0, "drum": False, "n": rows}
    return {"id": name, "split": split, "lic": "made", "tpq": 48, "ts": [[0, 4, 4]], "tracks": [track]}


def write(path, *names):
    path.parent.mkdir(exist_ok=True)
    with gzip.open(path, "wt") as file:
        file.writelines(json.dumps(piece(name, steps=(0, 2, 4, 5 + k, 7))) + "\n" for k, name in enumerate(names))
    return path


@pytest.mark.parametrize(("head", "name"), SET_OF_IDS.items())
def test_ids_tell_and_names_tell_with_whatever_was_added(head, name):
    assert set_of(f"{head}/a/1", "my music") == name
    for file in (name, name.upper(), f"{name}-train", f"{name} (1)", f"{name}_old"):
        assert set_of("t1", file) == name
    assert set_of("t1", f"{name}x") == f"{name}x" and set_of(head, "my music") == "my music"


def test_a_folder_is_searched_by_what_is_in_it(tmp_path):
    mine = write(tmp_path / "deep" / "mine.jsonl.gz", "pop909/1", "pop909/2")
    write(tmp_path / "others.jsonl.gz", "x1", "x2")
    (tmp_path / "damaged.jsonl").write_text("{\n")
    (tmp_path / "broken.jsonl.gz").write_bytes(b"\x1f\x8b none")
    assert files_of_sets(tmp_path, ("pop909",)) == [mine] and files_of_sets(tmp_path, ("openewld",)) == []
    assert set_of_file(tmp_path / "damaged.jsonl") == "damaged"
    assert {p.source for p in load_pieces(tmp_path, only=("pop909",)).pieces} == {"pop909"}


def test_a_file_of_many_sets_keeps_them_apart(tmp_path):
    path = write(tmp_path / "everything.jsonl.gz", "pop909/1", "nottingham/a", "m21bach/1", "openscore_lieder/1", "own")
    pieces = load_pieces(path).pieces
    assert [kind_of(p) for p in pieces] == [2, 0, 1, 2, -1]
    assert [style_of(p) for p in pieces] == ["pop", "folk", "baroque", "classical", ""]
    assert {style_of(p) for p in load_styles(path)["held_out"]} == {"pop", "folk", "baroque", "classical"}
    assert [p.id for p in folk_tunes(path)] == ["nottingham/a"]


def test_songs_have_the_style_of_their_set_under_any_name(tmp_path):
    write(tmp_path / "tunes.jsonl.gz", "ryans/1")
    write(tmp_path / "songs.jsonl.gz", "pop909/1")
    assert {(s.id, s.style) for s in load_songs(tmp_path).songs} == {("ryans/1", FOLK), ("pop909/1", POP)}


def test_folders_named_after_styles_tell_them(tmp_path):
    for style, pitches in (("Baroque", (48, 55, 64)), ("jazz", (50, 60, 65))):
        (tmp_path / style).mkdir()
        notes = [Note(float(k), 1.0, p + k % 5) for k in range(32) for p in pitches]
        write_midi(NoteSequence(notes), tmp_path / style / "a.mid")
    found = [p for part in load_styles(tmp_path).values() for p in part]
    assert {style_of(p) for p in found} == {"baroque", "jazz"}


@pytest.mark.parametrize(
    ("evaluate", "remedy"),
    [
        (evaluate_disguise, "|".join(STYLES)),
        (evaluate_grade, "folk_nottingham"),
        (evaluate_accompany, "POP909"),
        (evaluate_changes, "chord symbols"),
    ],
)
def test_music_of_no_known_set_is_told_with_the_remedy(tmp_path, evaluate, remedy):
    path = write(tmp_path / "own.jsonl.gz", "a", "b")
    with pytest.raises(AntiphonError, match=remedy) as caught:
        evaluate(None, path)
    assert "\n" not in str(caught.value)


def test_chords_of_the_training_alone_are_no_evaluation(tmp_path):
    rows = [piece("pop909/1", "train") | {"chords": [[0, "C:maj"], [192, "G:maj"]]}, piece("pop909/2", "valid")]
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(AntiphonError, match="held-out"):
        evaluate_changes(None, tmp_path / "x.jsonl")
