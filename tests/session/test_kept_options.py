"""What a player finds on stage and keeps is its scene's: in the player when it comes back, in the file, in undo and redo,
through edits."""

from __future__ import annotations

import json

import pytest

from realtime.control.client import ControlClient
from realtime.session.session import Options, Session
from tests.players.small_players import install
from tests.session.live import settled, until

FINDER = '''
"""`finder` keeps the last key that it has heard."""

from realtime.contract.option import Option
from realtime.contract.param import Param
from realtime.players.player import Player


class Finder(Player):
    PARAMS = (Param("find", "Find", curve="bool"),)
    OPTIONS = (Option("found", "", doc="Found on stage."), Option("manner", "soft", choices=("soft", "loud")))

    def __init__(self, package=None, **common):
        super().__init__(package, **common)
        self.key = 0

    def note_on(self, beat, key, velocity, channel=0):
        if self.key != key:
            self.key = key
            self.keep("found", f"key {key}")

    def play(self):
        self.warning = self.options.get("found", "")


PLAYER = Finder
'''
SCENE = """
[[track]]
name = "t"
[[track.device]]
device = "pluck"
[[player]]
player = "finder"
options = { manner = "loud" }
"""


@pytest.fixture
def show(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("ANTIPHON_RUNTIME_DIR", str(tmp_path / "run"))
    install(tmp_path / "data", finder=FINDER)
    path = tmp_path / "s.toml"
    path.write_text(SCENE)
    options = Options(scene=str(path), driver="null", midi=False)
    with Session(options) as session, ControlClient(session.control.server.port) as client:
        assert until(session, lambda: session.links[0].memory.vitals["turns"][0] > 0, 60)
        yield session, client, path


def found(session) -> str:
    return session.links[0].slot.options.get("found", "")


def hear(session, client, key: int) -> None:
    client.send("/midi", 0x90, key, 100)
    client.send("/midi", 0x80, key, 0)
    assert until(session, lambda: found(session) == f"key {key}"), "the player keeps it"
    settled(session)


def says(session, text: str) -> bool:
    return bool(until(session, lambda: session.links[0].warning == text, 60))


def test_what_it_keeps_is_saved_with_its_other_options(show):
    session, client, path = show
    hear(session, client, 60)
    assert until(session, lambda: client.get("/save/changed") is True)
    client.set("/save", "")
    assert until(session, lambda: "key 60" in path.read_text())
    assert 'manner = "loud"' in path.read_text()


def test_a_player_that_is_lost_comes_back_with_it(show):
    session, client, _ = show
    hear(session, client, 60)
    session.links[0].lost("was lost", False)
    assert says(session, "key 60")


def test_an_edit_of_the_scene_leaves_the_player_and_what_it_kept(show):
    session, client, _ = show
    hear(session, client, 60)
    memory = session.links[0].memory
    client.set("/edit/add_track", json.dumps({"name": "more", "devices": [{"device": "pluck"}]}))
    assert until(session, lambda: len(session.scene.rack.tracks) == 2)
    settled(session)
    assert session.links[0].memory is memory and found(session) == "key 60", "it went on"


def test_it_can_be_undone_and_done_again(show):
    session, client, _ = show
    hear(session, client, 60)
    assert until(session, lambda: session.editor.history.done)
    session.editor.history.seal()
    hear(session, client, 64)
    assert until(session, lambda: len(session.editor.history.done) == 2)
    client.send("/undo")
    assert until(session, lambda: found(session) == "key 60")
    assert says(session, "key 60")
    client.send("/redo")
    assert until(session, lambda: found(session) == "key 64")
    assert says(session, "key 64")


def test_an_edit_of_its_options_is_stronger_than_what_it_kept(show):
    session, client, _ = show
    hear(session, client, 60)
    client.set("/edit/set_player", json.dumps({"number": 1, "options": {"found": "by hand"}}))
    assert until(session, lambda: found(session) == "by hand")
    assert says(session, "by hand")
