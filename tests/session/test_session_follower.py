"""The follower in a session as it runs, on the null driver: what is played is named to players and devices."""

from __future__ import annotations

import os
import signal
import time

import pytest

from realtime.engine.engine import Engine
from realtime.engine.layout import FOLLOWER
from realtime.players.follower.held import GATHER_S
from realtime.session.session import Options, Session
from tests.session.test_session_players import Stage

PATIENCE_S = 60.0
SCENE = """
tempo_bpm = 120
[[track]]
name = "keys"
[[track.device]]
device = "pluck"
"""
C, G, AM_OVER_C = (48, 64, 67), (43, 59, 62, 67), (48, 57, 64)


@pytest.fixture
def stage(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    opened = []

    def open_scene(text: str) -> FollowerStage:
        path = tmp_path / "scene.toml"
        path.write_text(SCENE + text)
        session = Session(Options(scene=str(path), driver="null", control=False, midi=False)).open()
        opened.append(session)
        return FollowerStage(session, tmp_path)

    yield open_scene
    for session in opened:
        session.close()


class FollowerStage(Stage):
    @property
    def engine(self) -> Engine:
        return self.session.engine

    def music(self, name: str) -> int:
        return int(self.engine.record[0]["transport"][name])

    def ready(self) -> None:
        link = self.session.follower
        assert link is not None
        self.until(lambda: link.running and link.memory.vitals["turns"][0] > 0, "the follower")

    def strike(self, *keys: int, channel: int = 1) -> None:
        for key in keys:
            self.engine.midi_in(1, bytes((0x8F + channel, key, 90)), 0)

    def lift(self, *keys: int, channel: int = 1) -> None:
        for key in keys:
            self.engine.midi_in(1, bytes((0x7F + channel, key, 0)), 0)

    def chord(self) -> tuple[int, int]:
        return (self.music("chord_root"), self.music("chord_bass")) if self.music("chord_classes") else (-1, -1)


def test_a_chord_that_is_held_is_named_at_once_and_holds_until_another_comes(stage):
    stage = stage('[follower]\nchords = "channel 2"\n')
    stage.ready()
    stage.strike(*C, channel=2)
    struck = time.monotonic()
    stage.until(lambda: stage.chord() == (0, 0), "C")
    assert time.monotonic() - struck < 5.0 and GATHER_S < 0.05
    stage.lift(*C, channel=2)
    stage.strike(50, 54, 57)  # another channel's notes are none of it
    stage.strike(*AM_OVER_C, channel=2)
    stage.until(lambda: stage.chord() == (9, 0), "A minor over C")


def test_the_left_hand_leads(stage):
    stage = stage('[follower]\nchords = "left hand"\nzone = ["A0", "B3"]\n')
    stage.ready()
    stage.strike(*(key - 12 for key in G), 76, 79, 84)
    stage.until(lambda: stage.chord() == (7, 7), "G")
    stage.lift(*(key - 12 for key in G), 76, 79, 84)
    stage.strike(72, 76, 79)
    stage.strike(41, 45, 48)
    stage.until(lambda: stage.chord() == (5, 5), "F")


def test_a_follower_that_is_killed_comes_back(stage):
    stage = stage("[follower]\n")
    stage.ready()
    stage.strike(*C)
    stage.until(lambda: stage.chord()[0] == 0, "C")
    (pid,) = stage.session.ears.pids
    os.kill(pid, signal.SIGKILL)
    stage.until(lambda: stage.heard("follower", "starting it again"), "the loss")
    assert stage.chord()[0] == 0, "what it said goes on"
    stage.ready()
    stage.lift(*C)
    stage.strike(*G)
    stage.until(lambda: stage.chord()[0] == 7, "G")


def test_a_scene_without_use_for_it_has_none_and_knows_nothing(stage, tmp_path):
    stage = stage("[follower]\n")
    stage.ready()
    stage.strike(*C)
    stage.until(lambda: stage.chord()[0] == 0, "C")
    other = tmp_path / "other.toml"
    other.write_text(SCENE)
    stage.session.load_scene(str(other))
    assert stage.session.follower is None and not stage.session.ears.pids
    stage.until(lambda: stage.chord() == (-1, -1), "silence")
    assert int(stage.engine.record[0]["player_in"][FOLLOWER]) == 0
