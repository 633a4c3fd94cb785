"""`antiphon practice` writes an exercise that can be played, and says what a take of it is worth."""

import json
from pathlib import Path

import pytest

from realtime.commands.practice import practice
from realtime.music.midifile import read_midi, write_midi
from realtime.native.errors import AntiphonError


@pytest.fixture
def files(tmp_path, capsys):
    practice(style="waltz", key="D", level=2.0, bars=4, out=tmp_path, as_json=True)
    return json.loads(capsys.readouterr().out)


def test_the_exercise_its_score_and_its_backing_are_written(files):
    music, band = read_midi(files["exercise"]), read_midi(files["backing"])
    assert files["metre"] == [3, 4] and music.metres[0][1:] == (3, 4) and len(files["chords"]) == 4
    assert len(music.notes) == files["notes"] and {n.channel for n in music.notes} == {0, 1}
    assert [n.beat for n in band.notes if n.pitch in (76, 77)][:3] == [0.0, 1.0, 2.0] and band.end_beat <= 15.0
    assert Path(files["score"]).read_text("utf-8").count("<measure ") == 4


def test_a_take_is_scored_with_its_faults_and_drawn(files, tmp_path, capsys):
    music = read_midi(files["exercise"])
    at = next(i for i, n in enumerate(music.notes) if n.channel == 0 and n.beat >= 3.0)
    music.notes[at] = music.notes[at]._replace(pitch=music.notes[at].pitch + 1)
    write_midi(music, tmp_path / "take.mid")
    scored = {"score": Path(files["exercise"]), "played": tmp_path / "take.mid", "picture": tmp_path / "take.svg"}
    practice(**scored, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert [(f["kind"], f["bar"], f["beat"], f["hand"]) for f in told["faults"]] == [("wrong", 2, 1.0, "right")]
    assert 80.0 < told["score"] < 100.0 and "<svg" in (tmp_path / "take.svg").read_text()
    practice(**scored)
    said = capsys.readouterr().out
    assert "of 100" in said and "bar 2, beat 1, right hand" in said


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"key": "H"}, "it is no key"), ({"style": "polka"}, "no style 'polka'"), ({"hands": "feet"}, "--hands 'feet'"),
        ({"skill": "jumping"}, "--skill 'jumping'"), ({"out": None}, "say where"), ({"score": "a.mid"}, "needs both"),
        ({"picture": "a.svg"}, "shows a take"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told(tmp_path, asked, sentence):
    with pytest.raises(AntiphonError, match=sentence):
        practice(**({"out": tmp_path} | asked))
