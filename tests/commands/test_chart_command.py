"""`antiphon chart` prints a chart as bars that can be read again, in another key, or as JSON."""

import json

import pytest

from realtime.commands.chart import chart
from realtime.music.chart_text import read_text
from realtime.native.errors import AntiphonError

TEXT = "key: C\n[verse]\n|: C | Am7 D7 |1 G7 :|2 3/4 F |\n"


def test_bars_are_printed_and_read_again(tmp_path, capsys):
    path = tmp_path / "song.txt"
    path.write_text(TEXT)
    chart(path, key="Bb")
    printed = read_text(capsys.readouterr().out)
    assert [str(bar.chords[0][0]) for bar in printed.bars] == ["Bb", "Gm7", "F7", "Bb", "Gm7", "Eb"]
    chart(path, as_json=True)
    data = json.loads(capsys.readouterr().out)
    assert data["bars"][1] == {"metre": [4, 4], "chords": [[0.0, "Am7"], [2.0, "D7"]]}
    assert data["sections"] == [{"name": "verse", "kind": "verse", "bar": 1, "bars": 6}] and data["key"] == "C major"


def test_a_key_that_cannot_be_is_told(tmp_path):
    path = tmp_path / "song.txt"
    path.write_text("| C |")
    for key, sentence in (("H", "it is no key"), ("Bb", "does not say its own key")):
        with pytest.raises(AntiphonError, match=sentence):
            chart(path, key=key)
