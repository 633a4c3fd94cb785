"""Players in a scene's text: read as written; what is wrong is told with its place before anything is touched."""

from __future__ import annotations

import pytest

from realtime.engine.layout import MAX_PLAYERS
from realtime.native.errors import AntiphonError
from realtime.session import scene as scenes
from realtime.session.player_slot import Lane, heard_mask
from realtime.session.scene_write import dumps
from tests.players.small_players import STEADY, install

TRACK = '[[track]]\nname = "t"\n[[track.device]]\ndevice = "pluck"\n'


def scene(*players: str, track: str = TRACK):
    return scenes.parse(track + "".join(f"[[player]]\n{player}\n" for player in players), "scene")


@pytest.fixture(autouse=True)
def steady(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    install(tmp_path, steady=STEADY)


def test_lanes_are_read_and_those_not_named_take_the_free_channels():
    found = scene('player = "steady"\nlanes = { chime = { channel = 1, midi = false, program = 9 } }').players[0]
    assert found.lanes == (Lane("bass", 2), Lane("chime", 1, False, 9))
    assert scene('player = "steady"').players[0].lanes == (Lane("bass", 1), Lane("chime", 2))
    routed = scene('player = "steady"\nlanes = { bass = { port = "Digitone*" } }')
    assert routed.players[0].lanes[0] == Lane("bass", 1, port="Digitone*")
    assert scenes.parse(dumps(routed), "scene").players[0].lanes == routed.players[0].lanes


def test_as_many_players_as_wanted_and_one_more_is_told():
    assert len(scene(*['player = "answer"'] * MAX_PLAYERS).players) == MAX_PLAYERS >= 16
    with pytest.raises(AntiphonError, match=f"scene: {MAX_PLAYERS + 1} players; a scene has at most {MAX_PLAYERS}"):
        scene(*['player = "answer"'] * (MAX_PLAYERS + 1))


def test_a_player_hears_others_and_their_lanes_never_itself():
    found = scene('player = "steady"\nhears = ["keys", "player 2"]', 'player = "answer"\nhears = "players"').players
    assert heard_mask(found, 0) == 0b10_1111_1111_1111 and heard_mask(found, 1) >> 12 & 0b11 == 0b01


def test_tracks_hear_players_and_lanes_by_name():
    found = scene(
        'player = "steady"', track=TRACK.replace("[[track.device]]", 'hears = ["player 1 chime"]\n[[track.device]]')
    )
    assert found.rack.lanes == [("bass", "chime")]


@pytest.mark.parametrize(
    ("player", "sentence"),
    [
        ("", "say which player"),
        ("player = 4", "player = 4 must be a text"),
        ('player = "anser"', "Player anser: there is none"),
        ('player = "answer"\nseed = "x"', "seed: 'x' is not a number"),
        ('player = "answer"\nseed = 0.5', "seed = 0.5 must be a whole number"),
        ('player = "answer"\nheat = 1', "it has no parameter 'heat'"),
        ('player = "answer"\ntemperature = 99', "temperature = 99 is outside"),
        ('player = "answer"\noptions = 4', "options = 4 must be a table"),
        ('player = "answer"\noptions = { flie = "x" }', "option 'flie' is unknown"),
        ('player = "answer"\noptions = { file = 5 }', "file = 5 must be a text"),
        ('player = "answer"\noptions = { file = "none.onnx" }', "there is no file 'none.onnx'"),
        ('player = "answer"\nhears = 5', "hears = 5 must be a list of texts"),
        ('player = "answer"\nhears = ["nobody"]', "source 'nobody' is unknown"),
        ('player = "answer"\nhears = ["player 2"]', "there is no such player; the scene has 1"),
        ('player = "answer"\nhears = ["player 1"]', "a player does not hear itself"),
        ('player = "answer"\nhears = ["port 77"]', "source 'port 77' is unknown"),
        ('player = "steady"\nlanes = ["bass"]', "lanes = \\['bass'\\] must be a table"),
        ('player = "steady"\nlanes = { snare = {} }', "lane 'snare' is unknown; player steady has: bass, chime"),
        ('player = "steady"\nlanes = { bass = 2 }', "lane 'bass' = 2 must be a table"),
        ('player = "steady"\nlanes = { bass = { channel = 17 } }', "channel = 17 must be a whole number from 1 to 16"),
        ('player = "steady"\nlanes = { bass = { channel = "two" } }', "channel = 'two' must be a whole number"),
        (
            'player = "steady"\nlanes = { bass = { program = 128 } }',
            "program = 128 must be a whole number from 0 to 127",
        ),
        ('player = "steady"\nlanes = { bass = { midi = 1 } }', "midi = 1 must be true or false"),
        (
            'player = "steady"\nlanes = { bass = { device = 1 } }',
            "'device' is unknown; it may have: channel, midi, program, port",
        ),
        ('player = "steady"\nlanes = { bass = { port = 1 } }', "port = 1 must be the name of a MIDI output"),
        (
            'player = "steady"\nlanes = { bass = { port = "/(/" } }',
            "write a regular expression",
        ),
        (
            'player = "steady"\nlanes = { bass = { channel = 3 }, chime = { channel = 3 } }',
            "lanes 'bass' and 'chime' share channel 3",
        ),
    ],
)
def test_what_is_wrong_with_a_player_is_told_with_its_place(player, sentence):
    with pytest.raises(AntiphonError, match=f"^scene, player 1: .*{sentence}"):
        scene(player)
