"""Scenes from files: what is right is read as written, what is wrong is told in one sentence with the place."""

import pytest

from realtime.engine.engine import Engine
from realtime.native.errors import AntiphonError
from realtime.session import scene as scenes
from realtime.session.paths import scene_files

GOOD = """
title = "Two hands"
tempo_bpm = 96.5
signature = [6, 8]
tags = ["split"]
[[track]]
name = "left"
keys = ["C1", "B3"]
transpose = 12
channels = [1, 2]
sends = { room = -9.0 }
[[track.device]]
device = "saturator"
drive_db = 6
[[bus]]
name = "room"
[[bus.device]]
device = "reverb"
[[player]]
player = "answer"
temperature = 0.8
seed = 5
"""


def test_a_scene_is_read_as_written():
    scene = scenes.parse(GOOD, "two_hands")
    track = scene.rack.tracks[0]
    assert (scene.title, scene.tempo_bpm, scene.signature) == ("Two hands", 96.5, (6, 8))
    assert (track.keys.key_low, track.keys.key_high, track.keys.transpose) == (24, 59, 12)
    assert track.keys.channels == (1, 2) and track.sends == {"room": -9.0}
    assert track.slots[0].values == {"drive_db": 6}
    assert scene.players[0].values == {"temperature": 0.8, "seed": 5}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("title =", "title ="), None),
        (('keys = ["C1", "B3"]', 'keys = ["C1", "H3"]'), "scene, track 'left': keys: 'H3' is no key"),
        (('keys = ["C1", "B3"]', 'keys = ["C5", "B3"]'), "the lowest comes first"),
        (("tempo_bpm = 96.5", "tempo_bpm = 9000"), "tempo_bpm = 9000 must be a number from 10 to 999"),
        (("tempo_bpm = 96.5", "tempo = 96"), "'tempo' is unknown here; did you mean 'tempo_bpm'"),
        (("signature = [6, 8]", "signature = [6, 7]"), "must be like \\[4, 4\\] or \\[7, 8\\]"),
        (('device = "saturator"', ""), "scene, track 'left', device 1: say which device"),
        (("channels = [1, 2]", "channels = [0, 17]"), "channels = \\[0, 17\\] must be numbers from 1 to 16"),
        (("[[bus]]", "[[bus"), "scene: this is not TOML: .*line 15"),
        (('player = "answer"', ""), "scene, player 1: say which player"),
        (("sends = { room = -9.0 }", "sends = { room = 'loud' }"), "must be a number from -90 to 12"),
        (("sends = { room = -9.0 }", "sends = { rom = -9.0 }"), "sends to 'rom', which is no bus; did you mean 'room'"),
    ],
)
def test_a_wrong_scene_is_told_with_its_place(change, sentence):
    text = GOOD.replace(*change)
    if sentence is None:
        scenes.parse(text, "scene")
        return
    with pytest.raises(AntiphonError, match=sentence):
        scenes.parse(text, "scene")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('device = "saturator"', 'device = "saturater"'), "device 1: there is no device 'saturater'; did you mean 'saturator'"),
        (("drive_db = 6", "drive_db = 600"), "device 'saturator': drive_db = 600 is outside 0..42 dB"),
        (("drive_db = 6", "drive_db = 'much'"), "drive_db: 'much' is not a number"),
        (("drive_db = 6", 'sidechain = "right"'), "has no sidechain input; take `sidechain` out"),
    ],
)  # fmt: skip
def test_a_wrong_rack_is_told_when_it_is_built(change, sentence):
    scene = scenes.parse(GOOD.replace(*change), "scene")
    with pytest.raises(AntiphonError, match=sentence):
        Engine(48000.0).compile(scene.rack)


def test_an_unknown_scene_names_its_neighbour():
    with pytest.raises(AntiphonError, match="did you mean 'first_light'"):
        scenes.load("first_ligth")


def test_every_factory_scene_is_sound():
    files = scene_files()
    assert len(files) >= 10
    for path in files.values():
        scene = scenes.load(path)
        assert scene.title and scene.description and scene.tags
        Engine(48000.0, inputs=2).compile(scene.rack)


def test_an_unknown_player_or_its_parameter_is_told_at_once():
    with pytest.raises(AntiphonError, match="scene, player 1: Player anser: there is none; did you mean 'answer'"):
        scenes.parse(GOOD.replace('player = "answer"', 'player = "anser"'), "scene")
    with pytest.raises(AntiphonError, match="scene, player 1: it has no parameter 'heat'"):
        scenes.parse(GOOD.replace("temperature = 0.8", "heat = 0.8"), "scene")
