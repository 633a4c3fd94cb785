"""Undo and redo: of everything, named, back to the first scene's text to the byte and its sound."""

import json
import random

import pytest

from realtime.native.errors import AntiphonError
from tests.session.editing_rig import HAND, order, rig, uid_of
from tests.session.live import settled, stage, wrote


@pytest.fixture
def show(tmp_path):
    with stage(wrote(tmp_path, HAND, "house.toml"), inputs=1) as found:
        yield found


def turn(session, client, address, *values):
    for value in values:
        client.set(address, value)
        client.get(address)
        session.editor.observe()
    session.editor.history.seal()


def names(client):
    return json.loads(client.get("/history"))


def test_every_kind_of_change_is_a_named_step_and_comes_back(show):
    session, client = show
    addresses = ("/rack/2/cutoff_hz", "/rack/1/bypass", "/mix/low/gain_db", "/mix/low/send_room", "/mix/high/mute",
                 "/transport/tempo_bpm", "/transport/numerator", "/mix/master/gain_db")  # fmt: skip
    first = {address: client.get(address) for address in addresses}
    turn(session, client, "/rack/2/cutoff_hz", 1500.0, 1800.0, 2000.0)
    turn(session, client, "/rack/1/bypass", True)
    turn(session, client, "/mix/low/gain_db", -20.0)
    turn(session, client, "/mix/low/send_room", -90.0)
    turn(session, client, "/mix/high/mute", True)
    turn(session, client, "/transport/tempo_bpm", 120.0)
    turn(session, client, "/transport/numerator", 3)
    turn(session, client, "/mix/master/gain_db", -6.0)
    order(session, client, "/edit/add_device", {"chain": "track:low", "device": "chorus"})
    assert names(client) == [
        "Cutoff 1.2 kHz -> 2 kHz", "Bypass Saturator", "low: Gain -3 dB -> -20 dB", "low to room: Gain -12 dB -> off",
        "high: Mute off -> on", "Tempo 96 bpm -> 120 bpm", "Beats a bar 4 -> 3", "Master: Gain 0 dB -> -6 dB",
        "Add Chorus to low",
    ]  # fmt: skip
    last = {address: client.get(address) for address in addresses}
    for way, text, values in (("/undo", HAND, first), ("/redo", session.editor.text(), last), ("/undo", HAND, first)):
        for _ in range(9):
            order(session, client, way)
        assert session.editor.text() == text
        assert {address: client.get(address) for address in addresses} == values
    assert names(client) == [] and client.get("/redo/name") == "Cutoff 1.2 kHz -> 2 kHz"


def test_moves_of_two_knobs_at_once_are_two_steps_and_a_way_there_and_back_is_none(show):
    session, client = show
    for step in range(5):
        client.set("/rack/2/cutoff_hz", 1300.0 + step)
        client.set("/mix/low/gain_db", -4.0 - step)
        client.get("/mix/low/gain_db")
        session.editor.observe()
    assert len(names(client)) == 2
    client.set("/mix/low/gain_db", -3.0)
    client.get("/mix/low/gain_db")
    session.editor.observe()
    assert len(names(client)) == 1


def test_an_edit_brings_the_unsaved_scene_back_over_a_scene_change(show):
    session, client = show
    turn(session, client, "/rack/2/cutoff_hz", 555.0)
    order(session, client, "/edit/add_device", {"chain": "master", "device": "eq", "at": 0})
    text = session.editor.text()
    order(session, client, "/scene", "tide")
    turn(session, client, "/mix/pad/gain_db", -9.0)
    assert names(client)[-2:] == ["Load Tide", "pad: Gain 6 dB -> -9 dB"]
    order(session, client, "/undo")
    order(session, client, "/undo")
    assert session.scene.title == "House" and session.editor.text() == text and client.get("/rack/2/cutoff_hz") == 555.0
    assert session.editor.changed
    order(session, client, "/redo")
    order(session, client, "/redo")
    assert session.scene.title == "Tide" and client.get("/mix/pad/gain_db") == -9.0


def test_a_removed_device_comes_back_as_it_was_set(show):
    session, client = show
    turn(session, client, "/rack/2/cutoff_hz", 432.1)
    order(session, client, "/edit/remove_device", {"uid": uid_of(client, "low", 1)})
    order(session, client, "/undo")
    assert client.get("/rack/2/cutoff_hz") == pytest.approx(432.1, abs=0.01)


def test_a_hundred_steps_deep_and_no_deeper(show):
    session, client = show
    for number in range(105):
        session.editor.edit("set_scene", {"notes": f"note {number}"})
    assert len(names(client)) == 100
    for _ in range(100):
        session.editor.undo()
    with pytest.raises(AntiphonError, match="nothing to undo"):
        session.editor.undo()
    assert 'notes = "note 4"' in session.editor.text()


def test_players_go_on_through_edits_and_undo(tmp_path):
    text = HAND + '\n[[player]]\nplayer = "answer"\n[[player]]\nplayer = "answer"\nhears = ["keys", "player 1"]\n'
    with stage(wrote(tmp_path, text), inputs=1, players=True) as (session, client):
        first, second = session.links
        client.set("/player/2/level", 1.5)
        client.get("/player/2/level")
        order(session, client, "/edit/add_track",
              {"name": "bells", "devices": [{"device": "eq"}], "hears": ["player 2"]})  # fmt: skip
        assert session.links == [first, second], "an edit of tracks must not touch players"
        memory = second.memory
        order(session, client, "/edit/remove_player", {"number": 1})
        assert session.links == [second] and second.number == 0 and second.memory is memory
        assert client.get("/player/1/level") == 1.5 and rig(client)["players"][0]["hears"] == ["keys"]
        assert next(t for t in rig(client)["tracks"] if t["name"] == "bells")["hears"] == ["player 1"]
        order(session, client, "/undo")
        assert [link.number for link in session.links] == [0, 1] and session.links[1] is second
        assert client.get("/player/2/level") == 1.5
        first = session.links[0]
        order(session, client, "/edit/move_player", {"number": 1, "at": 1})
        assert session.links == [second, first] and second.memory is memory, "both play on"
        assert client.get("/player/1/level") == 1.5
        assert next(t for t in rig(client)["tracks"] if t["name"] == "bells")["hears"] == ["player 1"]
        order(session, client, "/undo")
        assert session.links == [first, second] and client.get("/player/2/level") == 1.5
        while json.loads(client.get("/history")):
            order(session, client, "/undo")
        assert session.editor.text() == text


class Hand:
    """Edits at random what a panel could edit."""

    def __init__(self, session, seed):
        self.session, self.chance = session, random.Random(seed)

    def step(self):
        session, chance = self.session, self.chance
        rack = session.plan.rack
        tracks, buses = [t.name for t in rack.tracks], [b.name for b in rack.buses]
        chains = [f"track:{name}" for name in tracks] + [f"bus:{name}" for name in buses] + ["master"]
        uids = [slot.uid for slot in rack.slots()]
        effect = {"device": chance.choice(("eq", "saturator", "filter", "limiter"))}
        edit, what = chance.choice([
            ("add_device", {"chain": chance.choice(chains), "at": chance.randint(-1, 3), **effect}),
            ("remove_device", {"uid": chance.choice(uids)}),
            ("move_device", {"uid": chance.choice(uids), "chain": chance.choice(chains), "at": chance.randint(-1, 3)}),
            ("duplicate_device", {"uid": chance.choice(uids)}),
            ("replace_device", {"uid": chance.choice(uids), **effect}),
            ("set_device", {"uid": chance.choice(uids), "title": "Dark", "bypass": chance.random() < 0.5}),
            ("add_track", {"at": chance.randint(-1, 4), "devices": [effect], "sends": dict.fromkeys(buses[:1], -6)}),
            ("remove_track", {"name": chance.choice(tracks)}), ("move_track", {"name": chance.choice(tracks), "at": 0}),
            ("duplicate_track", {"name": chance.choice(tracks)}),
            ("set_track", {"track": chance.choice(tracks), "name": f"t {chance.randint(0, 30)}", "transpose": 7}),
            ("add_bus", {"devices": [effect]}), ("remove_bus", {"name": chance.choice(buses or ["?"])}),
            ("set_bus", {"bus": chance.choice(buses or ["?"]), "name": f"b {chance.randint(0, 30)}", "gain_db": -4}),
            ("set_send", {"track": chance.choice(tracks), "bus": chance.choice(buses or ["?"]), "gain_db": -7}),
            ("set_scene", {"tempo_bpm": chance.randint(60, 180), "title": f"x {chance.random()}"}),
            ("undo", None), ("redo", None), ("knob", None), ("knob", None),
        ])  # fmt: skip
        if len(tracks) > 8 and edit in ("add_track", "duplicate_track"):
            return
        try:
            if edit == "knob":
                node = chance.choice(list(session.plan.nodes.values()))
                param = chance.choice(node.instance.params)
                node.set(param.id, chance.uniform(param.minimum, param.maximum))
                session.editor.observe()
                session.editor.history.seal()
            elif what is None:
                getattr(session.editor, edit)()
            else:
                session.editor.edit(edit, what)
        except AntiphonError:
            pass  # a refusal is an answer; that it leaves no trace is tested elsewhere


def sounds(session):
    """All that is set, by place: what a save would write, and the values behind it."""
    return [
        (node.name, node.slot.bypass, node.slot.sidechain, [float(v) for v in node.target])
        for node in session.plan.ordered()
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_any_edits_undone_to_the_beginning_give_the_first_scene_to_the_byte(show, seed):
    session, client = show
    first, hand = sounds(session), Hand(session, seed)
    for number in range(90):
        hand.step()
        if number % 10 == 0:
            settled(session)
    assert len(session.editor.history.done) < 100, "else the beginning is out of reach"
    last, text = sounds(session), session.editor.text()
    depth = len(session.editor.history.done)
    for _ in range(depth):
        session.editor.undo()
    assert session.editor.text() == HAND and sounds(session) == first and not session.editor.changed
    for _ in range(depth):
        session.editor.redo()
    assert session.editor.text() == text and sounds(session) == last
    settled(session)
    assert int(session.engine.record[0]["faults"]) == 0
