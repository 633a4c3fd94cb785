"""The arranger in a session on the null driver: the left hand leads it, style and section change on the bar."""

from __future__ import annotations

import pytest

from realtime.players.styles.notation import DRUM_KEYS
from realtime.session.session import Options, Session
from tests.session.test_session_players import Stage

SCENE = """
tempo_bpm = 240
[follower]
chords = "left hand"
zone = ["A0", "B3"]
[[track]]
name = "band"
hears = ["players"]
[[track.device]]
device = "pluck"
[[player]]
player = "arranger"
style = "pop_eighths"
fills = 0
lanes = { drums = { channel = 10 } }
"""


@pytest.fixture
def stage(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = tmp_path / "scene.toml"
    path.write_text(SCENE)
    session = Session(Options(scene=str(path), driver="null", control=False, midi=False)).open()
    yield Stage(session, tmp_path)
    session.close()


def test_the_left_hand_leads_style_and_section_change_and_the_end_is_silence(stage):
    session, planned = stage.session, stage.watch_plans()
    stage.until(lambda: session.links[0].running and session.follower.running, "player and follower")

    def strike(*keys: int) -> None:
        for key in keys:
            session.engine.midi_in(1, bytes((0x90, key, 90)), 0)

    def notes(lane: str) -> list[int]:
        return [row[6] for row in planned if row[1] == lane and row[2] == "note"]

    strike(36, 43, 52)
    session.engine.play()
    stage.until(lambda: 0 in {key % 12 for key in notes("bass")}, "a bass on C")
    for key in (36, 43, 52):
        session.engine.midi_in(1, bytes((0x80, key, 0)), 0)
    strike(44, 51, 48)
    stage.until(lambda: 8 in {key % 12 for key in notes("bass")}, "a bass on A flat")
    session.music.call_section("chorus")
    stage.until(lambda: DRUM_KEYS["open"] in notes("drums"), "the chorus")
    table = [param.id for param in session.links[0].params]
    styles = session.links[0].params[table.index("style")].labels
    session.links[0].set(table.index("style"), float(styles.index("samba")))
    stage.until(lambda: DRUM_KEYS["surdo"] in notes("drums"), "a samba")
    session.music.call_section("ending")

    def over() -> bool:
        before = len(planned)
        beat = float(session.engine.record[0]["clock_beat"])
        stage.until(lambda: float(session.engine.record[0]["clock_beat"]) > beat + 8.0, "two bars")
        return len(planned) == before

    stage.until(over, "the end")
    stage.silent()
