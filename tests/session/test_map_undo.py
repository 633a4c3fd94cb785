"""Assignments are part of the scene: in its text, in the history, and with the things that they move through every edit."""

import json

import pytest

from realtime.session import scene as scenes
from tests.session.editing_rig import order, uid_of
from tests.session.live import settled, stage, until
from tests.session.mapping import SCENE, Hand, hands

DRIVE = {"address": "/rack/2/drive_db"}
HAND_WRITTEN = (
    SCENE
    + """
# the expression pedal of the old keyboard
[[map]]
id = "pedal"
source = { kind = "cc", number = 11 }
targets = [{ address = "/mix/lead/gain_db", low = -40.0 }]  # never silent
"""
)


@pytest.fixture
def hand(tmp_path):
    with hands(tmp_path, HAND_WRITTEN) as found:
        yield found


def ask(hand, address, what=None):
    order(hand.session, hand.client, address, what)
    hand.turned()


def targets(hand):
    return [target["address"] for row in hand.maps() for target in row["targets"]]


def text_agrees(hand):
    """The scene as it would be saved says what is in force."""
    hand.session.editor.observe()
    written = scenes.parse(hand.session.editor.text()).map
    return [one["id"] for one in written] == [
        row["id"] for row in hand.maps() if row["scope"] != "rig"
    ] and hand.session.scene.map == written


def test_making_changing_and_removing_are_steps_and_in_the_text(hand):
    first = hand.session.editor.text()
    hand.map(id="a", source={"number": 21}, targets=[DRIVE], scope="song")
    hand.map(id="a", source={"number": 22}, targets=[DRIVE], scope="song")
    hand.set("/map/remove", "pedal")
    assert text_agrees(hand)
    assert json.loads(hand.client.get("/history")) == [
        "Map CC 21 to /rack/2/drive_db",
        "Change map of CC 22",
        "Unmap CC 11",
    ]
    assert "# never silent" not in hand.session.editor.text()
    ask(hand, "/undo")
    assert "# never silent" in hand.session.editor.text() and text_agrees(hand)
    ask(hand, "/undo")
    assert [row["source"]["number"] for row in hand.maps()] == [11, 21]
    ask(hand, "/undo")
    assert hand.session.editor.text() == first == HAND_WRITTEN and [row["id"] for row in hand.maps()] == ["pedal"]
    for _ in range(3):
        ask(hand, "/redo")
    assert [row["source"]["number"] for row in hand.maps()] == [22] and text_agrees(hand)


def test_what_was_learned_is_saved_with_the_scene_and_put_aside(hand):
    hand.set("/learn/start", "/rack/2/drive_db")
    for value in (10, 30, 60, 88):
        hand.cc(21, value)
    hand.set("/learn/keep")
    hand.session.editor.observe()
    hand.session.recovery.write()
    assert "/rack/2/drive_db" in json.loads(hand.session.recovery._file.read_text())["scenes"][0]["text"]
    path = hand.session.scene.path
    ask(hand, "/save", "")
    assert scenes.load(path).map[-1]["targets"] == [DRIVE] and "# never silent" in path.read_text()
    with stage(path) as (session, client):
        again = Hand(session, client)
        again.turned()
        assert targets(again) == ["/mix/lead/gain_db", "/rack/2/drive_db"]


def test_the_rig_s_assignments_come_back_by_undo_too(hand):
    text = hand.session.editor.text()
    hand.map(id="mine", source={"number": 30}, targets=[{"address": "/panic"}])
    hand.set("/map/remove", "mine")
    ask(hand, "/undo")
    assert [row["id"] for row in hand.maps()] == ["mine", "pedal"] and hand.session.editor.text() == text
    ask(hand, "/undo")
    assert [row["id"] for row in hand.maps()] == ["pedal"]
    ask(hand, "/redo")
    assert [row["id"] for row in hand.maps()] == ["mine", "pedal"]


def test_controls_stay_with_what_they_move_through_every_edit(hand):
    hand.map(id="a", source={"number": 21}, targets=[DRIVE], scope="song", takeover="jump")
    ask(hand, "/edit/move_device", {"uid": uid_of(hand.client, "keys", 1), "chain": "track:keys", "at": 0})
    assert targets(hand) == ["/mix/lead/gain_db", "/rack/1/drive_db"] and text_agrees(hand)
    hand.cc(21, 127)
    assert hand.get("/rack/1/drive_db") == pytest.approx(hand.client.describe("/rack/1/drive_db")["RANGE"][0]["MAX"])
    before = hand.get("/rack/2/cutoff_hz")
    ask(hand, "/edit/remove_device", {"uid": uid_of(hand.client, "keys", 0)})
    assert targets(hand) == ["/mix/lead/gain_db"] and text_agrees(hand)
    assert any("went with it" in line for line in hand.session.messages)
    hand.cc(21, 0)
    assert hand.get("/rack/1/cutoff_hz") == before, "what took its number is not touched"
    ask(hand, "/undo")
    assert targets(hand) == ["/mix/lead/gain_db", "/rack/1/drive_db"] and text_agrees(hand)
    hand.cc(21, 0)
    assert hand.get("/rack/1/drive_db") == pytest.approx(hand.client.describe("/rack/1/drive_db")["RANGE"][0]["MIN"])


def test_a_renamed_track_and_bus_keep_their_faders(hand):
    hand.map(
        id="send", source={"number": 7}, targets=[{"address": "/mix/keys/send_hall"}], scope="song", takeover="jump"
    )
    ask(hand, "/edit/set_track", {"track": "lead", "name": "Lead [L]"})
    ask(hand, "/edit/set_bus", {"bus": "hall", "name": "cave"})
    assert targets(hand) == ["/mix/Lead_L/gain_db", "/mix/keys/send_cave"] and text_agrees(hand)
    assert "lost" not in {row["state"] for row in hand.maps()}
    hand.cc(7, 0)
    assert hand.get("/mix/keys/send_cave") == pytest.approx(-90.0)
    for _ in range(3):  # the move of the fader is a step as well
        ask(hand, "/undo")
    assert targets(hand) == ["/mix/lead/gain_db", "/mix/keys/send_hall"]


def test_what_takes_a_device_s_place_takes_over_what_it_has_as_well(hand):
    hand.map(id="a", source={"number": 21}, targets=[DRIVE, {"address": "/rack/2/mix"}], scope="song")
    ask(hand, "/edit/replace_device", {"uid": uid_of(hand.client, "keys", 1), "device": "chorus"})
    assert targets(hand) == ["/mix/lead/gain_db", "/rack/2/mix"] and text_agrees(hand)


def test_what_the_rig_maps_means_whatever_has_the_address(hand):
    hand.map(id="mine", source={"number": 30}, targets=[{"address": "/rack/1/mix"}, {"address": "/mix/lead/pan"}])
    ask(hand, "/edit/move_device", {"uid": uid_of(hand.client, "keys", 1), "chain": "track:keys", "at": 0})
    ask(hand, "/edit/set_track", {"track": "lead", "name": "solo"})
    assert [t["address"] for t in hand.maps()[0]["targets"]] == ["/rack/1/mix", "/mix/lead/pan"]


def test_a_scene_that_comes_back_by_undo_brings_its_assignments(hand):
    hand.map(id="a", source={"number": 21}, targets=[DRIVE], scope="song")
    ask(hand, "/scene", "tide")
    assert until(hand.session, lambda: hand.session.scene.title == "Tide" and targets(hand) == [])
    ask(hand, "/undo")
    assert until(hand.session, lambda: targets(hand) == ["/mix/lead/gain_db", "/rack/2/drive_db"])
    settled(hand.session)
    assert text_agrees(hand)
