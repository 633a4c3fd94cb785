"""The follower in a session as it runs, on the null driver: what is played is named to players and devices."""

from __future__ import annotations

import os
import signal
import time

import pytest

from realtime.control.client import ControlClient
from realtime.control.discovery import Endpoint
from realtime.control.tree import ControlError
from realtime.engine.engine import Engine
from realtime.engine.layout import FOLLOWER
from realtime.native.errors import AntiphonError
from realtime.players.follower.held import GATHER_S
from realtime.session.follower_link import wanted
from realtime.session.scene import load, parse
from realtime.session.scene_write import dumps
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

    def open_scene(text: str, head: str = "", control: bool = False) -> FollowerStage:
        path = tmp_path / "scene.toml"
        path.write_text(head + SCENE + text)
        session = Session(Options(scene=str(path), driver="null", control=control, midi=False)).open()
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
    (pid,) = stage.session.cast.ears.pids
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
    assert stage.session.follower is None and not stage.session.cast.ears.pids
    stage.until(lambda: stage.chord() == (-1, -1), "silence")
    assert int(stage.engine.record[0]["player_in"][FOLLOWER]) == 0


CHART = '''
chart = """
key: C
[intro]
| C | G7 |
[chorus]
| F | % |
"""
'''


def test_a_chart_leads_and_says_what_comes(stage):
    stage = stage('[[player]]\nplayer = "answer"\n', head=CHART)
    link = stage.session.links[0]
    stage.ready()
    stage.session.engine.locate(0.0)
    stage.until(lambda: stage.chord() == (0, 0) and stage.music("section") == 1, "the first bar")
    stage.until(lambda: stage.chord() == (7, 7), "the second")
    assert stage.session.engine.record[0]["transport"]["bar"] == 1
    stage.until(lambda: stage.music("section") == 3, "the chorus")
    assert stage.chord() == (5, 5) and stage.session.engine.record[0]["transport"]["bar"] == 2
    assert link.running


def test_only_a_scene_with_use_for_it_has_a_follower():
    scale = SCENE.replace('device = "pluck"', 'device = "scale"\n[[track.device]]\ndevice = "pluck"')
    assert not wanted(parse(SCENE)) and wanted(parse(scale)), "a device that keeps to the key"
    assert wanted(parse(SCENE + '[[player]]\nplayer = "answer"\n')) and wanted(parse(CHART + SCENE))


def test_a_wrong_chart_is_told_with_its_line(tmp_path):
    path = tmp_path / "scene.toml"
    path.write_text('chart = """\n| C | Hx |\n"""\n' + SCENE)
    with pytest.raises(AntiphonError, match="scene, chart, line 1, bar 2: Chord 'Hx'"):
        load(path)


def test_a_scene_with_follower_and_chart_is_written_as_it_is_read(tmp_path):
    text = CHART + SCENE + '[follower]\nchords = "left hand"\nzone = ["C2", 50]\nhears = ["port 1"]\ntranspose = -2\n'
    scene = parse(text)
    assert scene.follower is not None and scene.follower.zone == (36, 50) and scene.follower.transpose == -2
    assert '"""\n' in dumps(scene)
    again = parse(dumps(scene))
    assert (again.follower, again.chart) == (scene.follower, scene.chart)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ('chords = "right foot"', "scene, follower: chords = 'right foot' must be \"all\""),
        ('chords = "channel 17"', 'must be "all", "left hand", "channel 1" to "channel 16"'),
        ('zone = ["C4", "C2"]', "the lowest comes first"),
        ("lag_beats = 9", "lag_beats = 9 must be a number from 0 to 4"),
        ('beat = "foot"', "beat = 'foot' must be one of off, left hand, all"),
        ("lag = 1", "'lag' is unknown here"),
        ('hears = ["player 3"]', "scene, follower: source 'player 3': there is no such player"),
    ],
)
def test_a_wrong_follower_is_told_in_one_sentence(table, sentence):
    with pytest.raises(AntiphonError) as caught:
        parse(SCENE + f"[follower]\n{table}\n")
    assert sentence in str(caught.value)


def test_the_tree_shows_the_music_and_takes_sections_and_charts(stage):
    on = stage("[follower]\n", head='chart = "| C | Am | F | G7 |"\nkey = "C major"\n', control=True)
    server = on.session.control.server
    client = ControlClient(endpoint=Endpoint("127.0.0.1", server.port, server.http_port, 0, ""))
    try:
        client.subscribe("/stream/music")
        on.session.engine.locate(0.0)
        on.until(lambda: client.get("/follower/chord") == "C" and client.get("/follower/next") == "Am", "the chart")
        assert client.get("/follower/key") == "C major" and 0.0 < client.get("/follower/next_beat") <= 4.0
        assert 1.0 <= client.get("/follower/beat") < 5.0
        client.send("/band/section", "chorus")
        bar = on.music("bar")
        on.until(lambda: client.get("/follower/section") == "chorus", "the chorus")
        assert on.music("bar") > bar
        client.send("/band/intensity", 0.9)
        on.until(lambda: client.get("/follower/intensity") == pytest.approx(0.9), "the push")
        told: list[tuple] = []

        def journal() -> bool:
            told.extend(tuple(m.args[:2]) for m in client.poll() if m.address == "/stream/music")
            return {("chord", "F"), ("chord", "Am")} <= set(told)

        on.until(journal, "the journal")
        with pytest.raises(ControlError, match="section 'refrain' is unknown"):
            server.tree.set("/band/section", "refrain")
        client.send("/chart/text", "| Eb |")
        on.until(lambda: client.get("/follower/chord") == "Eb", "another chart")
        assert client.get("/chart/text") == "| Eb |" and on.session.editor.changed
        client.send("/chart/text", "| Hx |")
        on.until(lambda: on.heard("Hx"), "the sentence")
        assert client.get("/chart/text") == "| Eb |" and on.session.follower.running
    finally:
        client.close()
