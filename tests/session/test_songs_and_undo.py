"""Songs go on without a step in the history, and what was built in a part is found again when the part comes back."""

import json

import pytest

from realtime.engine.layout import PORT_SOURCE
from realtime.session.editing.recovery import folder
from tests.session.editing_rig import order
from tests.session.live import put, settled, stage, until
from tests.session.test_show import at, evening, press

CHORUS = {"chain": "track:keys", "device": "chorus"}


@pytest.fixture
def show(tmp_path):
    with stage(evening(tmp_path)) as found:
        settled(found[0])
        found[0].editor.observe()
        yield found


def names(client):
    return json.loads(client.get("/history"))


def devices(session):
    return [slot.device for slot in session.plan.rack.tracks[0].slots]


def test_switches_are_no_steps_and_no_edits_whoever_makes_them(show):
    session, client = show
    for _ in range(4):
        press(session, client, "next")
        assert names(client) == [] and not session.editor.changed
    press(session, client, "previous")
    assert until(session, lambda: session.show.preload.is_ready((2, 1)) or at(client) == (2, 1))
    session.engine.midi_in(PORT_SOURCE, bytes((0xC0, 2)), 0)
    assert until(session, lambda: at(client) == (3, 1))
    settled(session)
    session.editor.observe()
    assert names(client) == [] and not session.editor.changed
    assert session.recovery.offer == "" and not list(folder().glob("*.json"))


def test_what_was_built_in_a_part_comes_back_with_it_its_history_too(show):
    session, client = show
    order(session, client, "/edit/add_device", CHORUS)
    text = session.editor.text()
    assert press(session, client, "next") == (1, 2)
    assert devices(session) == ["poly"] and names(client) == [] and not session.editor.changed
    assert any("unsaved edits are kept" in line for line in session.messages)
    session.recovery.write()
    put_aside = json.loads(session.recovery._file.read_text())["scenes"]
    assert [(one["name"], one["text"]) for one in put_aside] == [("a", text)]
    assert press(session, client, "next") == (1, 3)  # another part of the same scene
    assert devices(session) == ["poly", "chorus"] and session.editor.changed and session.editor.text() == text
    assert names(client) == ["Add Chorus to keys"]
    order(session, client, "/undo")
    assert devices(session) == ["poly"] and not session.editor.changed
    order(session, client, "/redo")
    order(session, client, "/save", "")
    assert not session.editor.changed
    press(session, client, "previous")
    press(session, client, "previous")
    assert at(client) == (1, 1) and devices(session) == ["poly", "chorus"] and not session.editor.changed


def test_a_part_made_ready_before_the_edit_is_made_ready_anew(show):
    session, client = show
    press(session, client, "next")
    assert until(session, lambda: session.show.preload.is_ready((1, 3)) and session.show.preload.is_ready((1, 1)))
    press(session, client, "previous")
    order(session, client, "/edit/add_device", CHORUS)
    press(session, client, "next")
    press(session, client, "next")
    assert at(client) == (1, 3) and devices(session) == ["poly", "chorus"]


@pytest.mark.parametrize(("controls", "cutoff"), [("reset", 700.0), ("keep", 1234.0)])
def test_knobs_go_by_the_song_s_controls_and_are_no_edit_left_behind(tmp_path, controls, cutoff):
    path = evening(tmp_path)
    for song in tmp_path.glob("song*.toml"):
        song.write_text(song.read_text().replace('key = "G"', f'key = "G"\ncontrols = "{controls}"'))
    with stage(path) as (session, client):
        settled(session)
        put(session, client, "/rack/1/cutoff_hz", 1234.0)
        session.editor.observe()
        assert names(client) == ["Cutoff 700 Hz -> 1.23 kHz"] and session.editor.changed
        press(session, client, "next")
        press(session, client, "previous")
        assert client.get("/rack/1/cutoff_hz") == pytest.approx(cutoff)
        assert names(client) == []


def test_opening_a_setlist_can_be_undone(tmp_path):
    with stage("tide") as (session, client):
        put(session, client, "/mix/pad/gain_db", -9.0)
        session.editor.observe()
        text = session.editor.text()
        client.set("/setlist/name", str(evening(tmp_path)))
        assert until(session, lambda: at(client) == (1, 1))
        settled(session)
        assert names(client)[-1] == "Load a" and not session.editor.changed
        order(session, client, "/undo")
        assert session.scene.title == "Tide" and session.editor.text() == text


def test_a_controller_mapped_in_a_part_is_there_when_the_part_comes_back(show):
    session, client = show
    client.set(
        "/map/set",
        json.dumps({"source": {"number": 21}, "targets": [{"address": "/rack/1/cutoff_hz"}], "scope": "song"}),
    )
    assert until(session, lambda: len(session.scene.map) == 1)
    press(session, client, "next")
    assert until(session, lambda: json.loads(client.get("/map/list")) == [])
    press(session, client, "previous")
    assert until(session, lambda: len(json.loads(client.get("/map/list"))) == 1)
    assert session.editor.changed and names(client) == ["Map CC 21 to /rack/1/cutoff_hz"]
