"""The scene and the song that README shows are read as they stand there."""

import re

import numpy as np
import soundfile

from realtime.session import scene as scenes
from realtime.session.paths import ROOT
from realtime.session.songs.song_file import parse

BLOCKS = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)


def shown(key: str) -> str:
    (text,) = [block for block in BLOCKS if key in block]
    return text


def test_the_scene_is_read_and_has_what_it_says(tmp_path):
    (tmp_path / "amps").mkdir()
    (tmp_path / "amps" / "NAME.nam").write_text("{}")
    scene = scenes.parse(shown("[[track]]"), "readme", tmp_path)
    assert [track.name for track in scene.rack.tracks] == ["left hand", "right hand"]
    assert scene.rack.tracks[0].keys.key_high == 59 and scene.players[0].lanes[0].channel == 2


def test_the_song_is_read_and_has_what_it_says(tmp_path):
    soundfile.write(tmp_path / "last_light.wav", np.zeros((4800, 2), np.float32), 48000)
    song = parse(shown("[[part]]"), "readme", tmp_path)
    assert [part.name for part in song.parts] == ["Verse", "Chorus"] and song.parts[1].program == 12
    assert "quay" in song.lyrics and song.count_in == 1 and song.tail_s == 6
