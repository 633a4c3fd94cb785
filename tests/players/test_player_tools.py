"""`generate` and `bench players` take any player that there is, also one that a user adds as a file."""

from __future__ import annotations

import pytest

from realtime.bench.players import bench_players
from realtime.music.midifile import read_midi, write_midi
from realtime.music.sequence import Metre, NoteSequence
from realtime.native.errors import AntiphonError
from realtime.players.rehearsal import generate_file
from tests.players.small_players import STEADY, install
from tests.players.stage import line

TUNE = [62, 64, 66, 67, 69, 71, 69, 66, 67, 64, 62, 61]


@pytest.fixture(autouse=True)
def steady(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    install(tmp_path, steady=STEADY)


@pytest.mark.parametrize("player", ["answer", "steady"])
def test_a_player_answers_a_file_in_a_file_in_its_metre(tmp_path, player):
    call, reply = tmp_path / "call.mid", tmp_path / "reply.mid"
    write_midi(NoteSequence(line(TUNE), metres=[Metre(0.0, 3, 4)]), call)
    found = generate_file(player, reply, call, bars=2, seed=4)
    music = read_midi(reply)
    assert len(music.notes) == len(found["notes"]) > 3 and "warning" not in found
    assert music.metres[0][1:] == (3, 4) and all(0.0 <= n.beat < 6.0 for n in music.notes)
    again = generate_file(player, reply, call, bars=2, seed=4)
    assert again["notes"] == found["notes"]


def test_nothing_played_is_told(tmp_path):
    with pytest.raises(AntiphonError, match="answer: it played nothing to that"):
        generate_file("answer", tmp_path / "x.mid")
    assert not (tmp_path / "x.mid").exists()
    with pytest.raises(AntiphonError, match="Player answer: it has no parameter 'fuzz'"):
        generate_file("answer", tmp_path / "x.mid", fuzz=1)


def test_every_player_can_be_measured():
    rows = bench_players(["answer", "steady"], seeds=1)
    assert [row["player"] for row in rows] == ["answer"] * 3 + ["steady"] * 3
    assert [row["by"] for row in rows[::3]] == ["phrase.onnx", "rules"]
    assert all(row["first_note_beats"] > 0.0 for row in rows[:3]) and all(row["note_on_us"] >= 0.0 for row in rows)
    with pytest.raises(AntiphonError, match="nobody: there is none"):
        bench_players(["nobody"])
