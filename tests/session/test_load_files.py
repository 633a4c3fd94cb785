"""Recordings and MIDI files that are dropped into a running scene: what comes of them, what is told, and the way back."""

import json

import numpy as np
import pytest
import soundfile

from realtime.music.midifile import write_midi
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.session import scene as scenes
from realtime.session.document.load import root_key
from tests.session.editing_rig import order, refused, rig
from tests.session.live import settled, stage, until, wrote

SCENE = """
[[track]]
name = "keys"
[[track.device]]
device = "poly"
cutoff_hz = 900   # warm
[[track.device]]
device = "chorus"
[[track]]
name = "voice"
audio_input = [1]
[[track.device]]
device = "eq"
"""


@pytest.fixture
def show(tmp_path):
    with stage(wrote(tmp_path, SCENE, "plain.toml"), inputs=1) as found:
        yield found


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "Glass C5.wav"
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * 523.25 * np.arange(96000) / 48000), 48000)
    return path


def tune(tmp_path, metre=(4, 4), programs=None, notes=None):
    path = tmp_path / "tune.mid"
    notes = notes or [Note(0.5 * at, 0.4, 60 + at % 5, 0.8, at % 2) for at in range(16)] + [Note(0.0, 0.1, 36, 0.9, 9)]
    music = NoteSequence(notes, TempoMap([(0.0, 100.0)]), [Metre(0.0, *metre)], "tune", programs or {0: 4, 1: 33})
    write_midi(music, path)
    return path


def peak(session):
    return float(np.max(session.engine.record[0]["peaks"]))


def test_a_recording_becomes_a_track_of_its_own_that_the_keys_play(show, sound):
    session, client = show
    order(session, client, "/edit/load", {"path": str(sound)})
    track = rig(client)["tracks"][-1]
    assert (track["name"], [one["device"] for one in track["devices"]]) == ("Glass C5", ["sampler"])
    assert client.get(f"/rack/{track['devices'][0]['number']}/root_key") == 72, "as its name says"
    client.set("/mix/keys/mute", True)
    client.send("/midi", 0x90, 72, 110)
    assert until(session, lambda: peak(session) > 0.02)
    for _ in range(2):  # the mute, and the load
        order(session, client, "/undo")
    assert session.editor.text() == SCENE


def test_a_recording_takes_the_place_of_the_instrument_of_the_track_that_it_is_dropped_on(show, sound):
    session, client = show
    order(session, client, "/edit/load", {"path": str(sound), "chain": "track:keys", "at": 1})
    assert [one["device"] for one in rig(client)["tracks"][0]["devices"]] == ["sampler", "chorus"]
    order(session, client, "/edit/load", {"path": str(sound), "chain": "track:voice"})
    assert [track["name"] for track in rig(client)["tracks"]] == ["keys", "voice", "Glass C5"], "a voice stays a voice"
    for _ in range(2):
        order(session, client, "/undo")
    assert session.editor.text() == SCENE


def test_a_midi_file_becomes_a_player_with_a_track_for_each_of_its_channels(tmp_path):
    with stage(wrote(tmp_path, SCENE, "plain.toml"), players=True, inputs=1) as (session, client):
        path = tune(tmp_path)
        order(session, client, "/edit/load", {"path": str(path)})
        tracks = rig(client)["tracks"][2:]
        assert [(track["name"], track["devices"][0]["device"]) for track in tracks] == [
            ("piano", "fm"), ("bass", "poly"), ("drums", "drums"),
        ]  # fmt: skip
        assert client.get("/player/1/name") == "clip"
        scene = scenes.parse(session.editor.text(), "plain", tmp_path)
        assert scene.rack.tracks[0].keys.sources == ("keys",), "the tracks that there are do not play along"
        assert scene.rack.tracks[2].keys.sources == ("player 1 channel_1",)
        assert until(session, lambda: peak(session) > 0.02, 60), "it sounds from the next bar on"
        assert not any("is in" in line for line in session.messages)
        order(session, client, "/undo")
        assert session.editor.text() == SCENE and not session.links


def test_a_midi_file_on_a_track_plays_that_track_and_another_metre_is_told(tmp_path):
    with stage(wrote(tmp_path, SCENE, "plain.toml"), players=True, inputs=1) as (session, client):
        order(session, client, "/edit/load", {"path": str(tune(tmp_path, (3, 4))), "chain": "track:keys"})
        assert len(rig(client)["tracks"]) == 2
        assert any("tune.mid is in 3/4, the transport in 4/4" in line for line in session.messages)
        assert scenes.parse(session.editor.text(), "plain", tmp_path).rack.tracks[0].keys.sources == (
            "keys",
            "player 1",
        )
        client.set("/player/1/transpose", 5.0)
        settled(session)
        assert until(session, lambda: peak(session) > 0.02, 60)


def test_what_is_no_sound_and_no_music_is_refused_in_a_sentence_and_nothing_changes(show, tmp_path):
    session, client = show
    (tmp_path / "odd.wav").write_text("no sound")
    (tmp_path / "odd.mid").write_text("no music")
    said = refused(session, client, "/edit/load", {"path": str(tmp_path / "odd.wav")})
    assert "convert it to WAV or FLAC" in said
    assert "MIDI file" in refused(session, client, "/edit/load", {"path": str(tmp_path / "odd.mid")})
    assert "no such file" in refused(session, client, "/edit/load", {"path": str(tmp_path / "gone.wav")})
    assert "MIDI file" in refused(session, client, "/edit/load", {"path": str(tmp_path / "gone.mid")})
    client.set("/lock", True)
    client.get("/lock")
    before = session.editor.text()
    client.set("/edit/load", json.dumps({"path": str(tmp_path / "odd.wav")}))
    client.get("/log")
    settled(session)
    assert session.editor.text() == before


@pytest.mark.parametrize(
    ("name", "key"), [("Cello C#3.wav", 49), ("pad_F4.wav", 65), ("Bb2.wav", 46), ("take 4.wav", None), ("demo_a.wav", None),
                      ("MacC4.wav", None), ("kick-A8.wav", 117)]
)  # fmt: skip
def test_the_root_key_is_read_from_the_name(tmp_path, name, key):
    assert root_key(tmp_path / name) == key
