"""A morph under a knob: learned as any other, it moves while the interpreter stands; what it moved is seen and undone."""

import ctypes
import json

import pytest

from realtime.engine.layout import PORT_SOURCE
from tests.session.live import settled, until
from tests.session.mapping import SCENE, hands

BAND = (
    SCENE
    + """
[[player]]
player = "clip"
"""
)
CUTOFF, GAIN, SEND, BYPASS = "/rack/1/cutoff_hz", "/mix/keys/gain_db", "/mix/keys/send_hall", "/rack/2/bypass"


def two_snapshots(hand, player=False):
    client = hand.client
    first = {
        CUTOFF: 500.0,
        GAIN: -2.0,
        SEND: -12.0,
        BYPASS: False,
        "/transport/tempo_bpm": 100.0,
        "/mix/master/gain_db": -3.0,
    }
    last = {
        CUTOFF: 8000.0,
        GAIN: -20.0,
        SEND: -4.0,
        BYPASS: True,
        "/transport/tempo_bpm": 140.0,
        "/mix/master/gain_db": -9.0,
    }
    for name, values in (("A", first), ("B", last)):
        for address, value in values.items():
            client.set(address, value)
        if player:
            client.set("/player/1/density", 0.25 if name == "A" else 0.75)
        client.set("/snapshot/store", name)
        assert until(hand.session, lambda name=name: name in json.loads(client.get("/snapshot/list")))
    client.set("/morph/from", "A")
    client.set("/morph/to", "B")
    assert until(hand.session, lambda: hand.session.editor.morph._table is not None)
    return first, last


def shows(hand, values):
    """The tree says so, once all has been noted."""

    def seen():
        found = {address: hand.client.get(address) for address in values}
        return all(found[address] == pytest.approx(value, abs=1e-3) for address, value in values.items())

    return until(hand.session, seen)


@pytest.fixture
def hand(tmp_path):
    with hands(tmp_path) as found:
        yield found


def test_a_knob_moves_everything_while_the_interpreter_stands(hand):
    _, last = two_snapshots(hand)
    hand.map(source={"number": 21}, targets=[{"address": "/morph/position"}], takeover="jump")
    session = hand.session
    engine, node = session.engine, session.plan.ordered()[0]
    usleep = ctypes.PyDLL(None).usleep  # keeps the interpreter's lock
    assert engine.midi_in(PORT_SOURCE, bytes((0xB0, 21, 127)), 0)
    usleep(300_000)
    # what is read now nobody but the callback can have written
    cutoff, tempo = float(node.target[node.row("cutoff_hz")]), float(engine.record[0]["transport"]["tempo_bpm"])
    gain, bypass = (
        session.plan.strips["keys"].get("gain_db"),
        float(session.plan.ordered()[1].record["bypass_target"][0]),
    )
    assert (cutoff, tempo, gain, bypass) == (8000.0, 140.0, -20.0, 1.0)
    assert shows(hand, last) and hand.get("/morph/position") == 1.0
    hand.cc(21, 64)
    assert shows(hand, {CUTOFF: 500.0 * 16.0 ** (64 / 127), "/transport/tempo_bpm": 100.0 + 40.0 * 64 / 127})


def test_it_is_learned_as_any_other_and_goes_to_the_scene(hand):
    two_snapshots(hand)
    hand.set("/learn/start", "/morph/position")
    hand.cc(30, 10)
    hand.cc(30, 90)
    hand.set("/learn/keep")
    (found,) = hand.maps()
    assert found["targets"][0]["address"] == "/morph/position" and found["scope"] != "rig"


def test_the_tree_moves_it_too_and_undo_takes_it_back(hand):
    first, last = two_snapshots(hand)
    hand.client.set("/morph/position", 0.0)
    assert shows(hand, first)
    hand.client.set("/morph/position", 1.0)
    assert shows(hand, last)
    assert until(hand.session, lambda: "Morph A - B" in hand.client.get("/history"))
    hand.session.editor.observe()
    hand.client.set("/undo")
    settled(hand.session)
    assert shows(hand, {CUTOFF: last[CUTOFF]}) or shows(hand, {CUTOFF: first[CUTOFF]})
    assert "Morph A - B" not in json.loads(hand.client.get("/history"))[-1:]


def test_what_is_moved_by_hand_stays_and_an_edit_of_the_rack_changes_nothing_of_that(hand):
    two_snapshots(hand)
    hand.client.set("/morph/position", 0.5)
    assert shows(hand, {GAIN: -11.0})
    hand.client.set(GAIN, -1.0)
    hand.client.set("/transport/tempo_bpm", 66.0)
    hand.client.set("/edit/add_device", json.dumps({"chain": "track:keys", "at": 2, "device": "eq"}))
    assert until(hand.session, lambda: len(hand.session.plan.ordered()) == 5)
    settled(hand.session)
    hand.client.set("/morph/position", 1.0)
    assert shows(hand, {CUTOFF: 8000.0, GAIN: -1.0, "/transport/tempo_bpm": 66.0, SEND: -4.0})


def test_another_sample_rate_keeps_the_morph(hand):
    _, last = two_snapshots(hand)
    session, former = hand.session, hand.session.engine
    session.do(lambda: session.driver.attach(session.renewal.rebuild(48000)))
    settled(session)
    assert session.engine is not former
    session.editor.observe()
    hand.client.set("/morph/position", 1.0)
    assert shows(hand, {CUTOFF: last[CUTOFF], GAIN: last[GAIN]})


def test_players_go_with_it(tmp_path):
    with hands(tmp_path, BAND, players=True) as hand:
        two_snapshots(hand, player=True)
        hand.client.set("/morph/position", 0.5)
        assert shows(hand, {"/player/1/density": 0.25 * 3.0**0.5})
        hand.client.set("/player/1/density", 0.9)
        assert until(hand.session, lambda: hand.session.links[0].values["density"] == pytest.approx(0.9))
        hand.session.editor.observe()
        hand.client.set("/morph/position", 1.0)
        assert shows(hand, {CUTOFF: 8000.0, "/player/1/density": 0.9})
