"""The rack's layout as the panel reads it, and names out of addresses."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.model import Parameter
from ui.state import layout, names, reading

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
KNOWN = ("tracks", "buses", "master", "players", "devices", "keys", "name", "uid", "number", "channels", "output")


def told():
    """A rack as the tree tells of it."""
    poly = {"uid": "a", "number": 1, "device": "poly", "title": "", "kind": "instrument", "bypass": False,
            "options": {}, "sidechain": ""}  # fmt: skip
    nam = poly | {"uid": "b", "number": 2, "device": "nam", "title": "Clean valve", "kind": "neural", "bypass": True,
                  "options": {"file": "clean.nam"}}  # fmt: skip
    return {
        "tracks": [
            {"uid": "t1", "name": "you", "mix": "/mix/you", "title": "You", "hears": ["keys"], "channels": [1],
             "keys": [48, 108], "velocities": [1, 127], "transpose": 0, "audio_input": [], "audio_from": "", "width": 2,
             "output": 1, "devices": [poly, nam]},
            {"uid": "t2", "name": "gtr", "mix": "/mix/gtr", "title": "", "audio_input": [1],
             "channels": list(range(1, 17)), "devices": []},
        ],
        "buses": [{"uid": "u", "name": "hall", "mix": "/mix/hall",
                   "devices": [poly | {"uid": "c", "number": 3, "device": "reverb", "title": "Reverb"}]}],
        "master": [poly | {"uid": "d", "number": 4, "device": "limiter", "title": "Limiter"}],
        "players": [{"number": 1, "player": "roll", "title": "Roll", "hears": ["keys"], "lanes": ["solo"]}],
    }  # fmt: skip


@pytest.fixture
def rack():
    return layout.read(json.dumps(told()))


def test_chains_come_in_order_with_their_devices(rack):
    assert [chain.key for chain in rack.chains] == ["track:you", "track:gtr", "bus:hall", "master"]
    assert [slot.title for slot in rack.chains[0].devices] == ["poly", "Clean valve"]
    assert rack.slot("b").bypass and rack.slot("b").options == {"file": "clean.nam"}
    assert rack.slot("b").root == "/rack/2"
    assert rack.place("c") == (rack.chain("bus:hall"), 0)
    assert rack.place("nothing") is None and rack.chain("track:none") is None
    assert rack.players[0].lanes == ("solo",)


def test_what_a_track_plays(rack):
    you, guitar = rack.tracks()
    assert you.zoned and you.keys == (48, 108) and you.channels == (1,)
    assert guitar.channels == (), "all sixteen channels are no choice"
    assert you.plays_keys and not guitar.plays_keys
    assert you.output == (1, 2)


def test_addresses_are_said_as_a_person_would(rack):
    cutoff = Parameter("/rack/1/cutoff_hz", "Cutoff", "f", 20.0, 20000.0, unit="Hz", curve="log")
    known = {cutoff.address: cutoff}
    assert names.spoken("/rack/1/cutoff_hz", rack, known) == "You / poly / Cutoff"
    assert names.spoken("/mix/hall/gain_db", rack, known) == "hall / gain db"
    assert names.spoken("/player/1/density", rack, known) == "Roll / density"
    assert names.spoken("/setlist/next", rack, known) == "next song"
    assert names.spoken("/rack/9/gone", rack, known) == "/rack/9/gone"


@given(st.dictionaries(st.sampled_from(KNOWN), JSON_VALUES) | JSON_VALUES)
def test_no_json_of_others_breaks_the_reading(found):
    text = json.dumps(found)
    for chain in layout.read(text).chains:
        assert 0 <= chain.keys[0] <= chain.keys[1] <= 127
    reading.listed(text), reading.table(text), reading.names(text)


@given(st.lists(st.dictionaries(st.sampled_from(KNOWN), JSON_VALUES), max_size=3))
def test_no_chain_of_others_breaks_the_reading(chains):
    found = layout.read(json.dumps({"tracks": chains, "buses": chains, "master": chains, "players": chains}))
    assert len(found.tracks()) == len(found.buses()) == len(chains)


def test_a_text_that_is_no_json_is_an_empty_rack():
    for value in ("", "{", None, 3, "[1]", "\x00", "[" * 5000):
        assert layout.read(value) == layout.Layout()
