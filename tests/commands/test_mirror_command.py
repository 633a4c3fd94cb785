"""`antiphon mirror`: learns from files, shows, measures and forgets; mistakes are one sentence."""

import json

import pytest

from realtime.commands.mirror import forget, learn, list_performers, score, show
from realtime.music.midifile import write_midi
from realtime.music.sequence import NoteSequence
from realtime.native.errors import AntiphonError
from realtime.players.manner import performer_file
from tests.players.test_manner import fiddler, singer
from tests.players.test_mirror import notes_of


@pytest.fixture
def files(tmp_path):
    for name, rows in (("fiddle", fiddler(64, 1)), ("more", fiddler(8, 2)), ("song", singer(64, 1))):
        write_midi(NoteSequence(notes_of(rows)), tmp_path / f"{name}.mid")
    yield {name: tmp_path / f"{name}.mid" for name in ("fiddle", "more", "song")}
    for name in ("pat", "kim"):
        performer_file(name).unlink(missing_ok=True)


def bits(capsys, name, file) -> dict:
    score(name, file, as_json=True)
    return json.loads(capsys.readouterr().out)["bits_a_note"]


def test_what_is_learned_of_files_is_shown_and_makes_more_like_them_likelier(files, capsys):
    learn("pat", [files["fiddle"]])
    learn("kim", [files["song"], files["more"]])
    show("pat", as_json=True)
    list_performers(as_json=True)
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"{len(fiddler(64, 1)):,} notes in 1 take of pat"
    text = "\n".join(out)
    assert '"kim"' in text and '"pat"' in text
    found = bits(capsys, "pat", files["more"])
    assert found["learned"] < found["nothing"] - 3.0 and found["blended"] < 0.85 * found["taught"]
    learn("kim", [files["song"]])
    capsys.readouterr()
    forget("kim")
    assert capsys.readouterr().out == "Forgotten: kim.\n" and not performer_file("kim").exists()


def test_mistakes_are_told(files, tmp_path):
    for call, sentence in (
        (lambda: show("nobody"), "nothing is kept of them"),
        (lambda: forget("nobody"), "nothing is kept of them"),
        (lambda: forget("../x"), "must be a name of letters"),
        (lambda: learn("pat", [tmp_path / "none.mid"]), "none.mid"),
        (lambda: score("nobody", files["song"]), "nothing is kept of them"),
    ):
        with pytest.raises(AntiphonError, match=sentence):
            call()
    write_midi(NoteSequence(), tmp_path / "empty.mid")
    with pytest.raises(AntiphonError, match="no melody"):
        learn("pat", [tmp_path / "empty.mid"])
