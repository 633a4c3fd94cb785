"""Tapping by the tree: the second tap is heard by the callback as a tempo, and the song goes on."""

from __future__ import annotations

from realtime.session.session import Options, Session
from tests.session.test_session_players import Stage


def test_two_taps_by_the_tree_are_a_tempo(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("ANTIPHON_RUNTIME_DIR", str(tmp_path / "run"))
    empty = Stage.__new__(Stage)
    empty.folder = tmp_path
    session = Session(Options(scene=Stage.scene(empty, "first"), driver="null", frames=128, midi=False, control=True))
    stage = Stage(session, tmp_path)
    session.open()
    try:
        tree, engine = session.control.tree, session.engine

        def sample() -> int:
            return int(engine.record[0]["transport"]["sample"])

        session.engine.play()
        stage.until(lambda: sample() > 0, "the callback")
        tree.set("/transport/tap", None)
        stage.until(lambda: engine.record[0]["tap_count"] == 1.0, "the first tap")
        first = sample()
        stage.until(lambda: sample() >= first + 0.7 * engine.sample_rate, "a while")
        tree.set("/transport/tap", None)
        stage.until(lambda: tree.get("/transport/tempo_bpm") != 240.0, "the tempo")
        assert 18.0 <= tree.get("/transport/tempo_bpm") <= 90.0 and tree.get("/transport/playing")
    finally:
        session.close()
