"""What a drop becomes, and what a search finds."""

import json

import pytest

from tests.ui.state.test_rack_layout_reading import told
from ui import strings
from ui.state import browse, drops, layout
from ui.state.drops import Item, Target, plan


@pytest.fixture
def rack():
    return layout.read(json.dumps(told()))


@pytest.mark.parametrize(
    ("uid", "chain", "gap", "at"),
    [("a", "track:you", 2, 1), ("a", "track:you", -1, 1), ("b", "track:you", 0, 0), ("a", "bus:hall", 0, 0),
     ("c", "track:you", 1, 1), ("d", "track:gtr", -1, 0)],
)  # fmt: skip
def test_a_dropped_device_stands_in_the_gap_it_was_dropped_into(rack, uid, chain, gap, at):
    found = plan(Item("slot", uid), Target(chain, gap), rack)
    assert (found.address, found.body) == ("/edit/move_device", {"uid": uid, "chain": chain, "at": at})


@pytest.mark.parametrize(("uid", "gap"), [("a", 0), ("a", 1), ("b", 1), ("b", 2), ("b", -1)])
def test_a_device_dropped_where_it_stands_is_no_edit(rack, uid, gap):
    found = plan(Item("slot", uid), Target("track:you", gap), rack)
    assert not found.address and not found.refusal


def test_tracks_move_among_tracks_and_the_master_not_at_all(rack):
    assert plan(Item("chain", "track:gtr"), Target("", 0), rack).body == {"name": "gtr", "at": 0}
    assert plan(Item("chain", "track:you"), Target("", 2), rack).body == {"name": "you", "at": 1}
    assert not plan(Item("chain", "track:you"), Target("", 1), rack).address
    assert plan(Item("chain", "master"), Target("", 0), rack).refusal == strings.MASTER_STAYS


def test_browser_items_become_devices_tracks_and_scenes(rack):
    chorus = Item("device", "chorus", "Chorus")
    assert plan(chorus, Target("track:gtr", 0), rack).body == {"chain": "track:gtr", "at": 0, "device": "chorus"}
    assert plan(chorus, Target("track:you", 1, onto="b"), rack).address == "/edit/replace_device"
    fresh = plan(Item("device", "poly", "you"), Target("", 1), rack)
    assert fresh.address == "/edit/add_track"
    assert fresh.body["name"] == "you 2" and fresh.body["devices"] == [{"device": "poly"}]
    assert plan(Item("scene", "tide", "Tide"), Target(), rack).argument == "tide"


@pytest.mark.parametrize(
    ("path", "body"),
    [("/a/Crunch.NAM", {"path": "/a/Crunch.NAM", "chain": "track:gtr", "at": 0}), ("/a/x.mid", {"path": "/a/x.mid"}),
     ("/a/hall.wav", {"path": "/a/hall.wav", "chain": "track:gtr", "at": 0}), ("/a/s.toml", {"path": "/a/s.toml"})],
)  # fmt: skip
def test_files_go_to_load_with_their_place(rack, path, body):
    found = plan(drops.of_file(path), Target("track:gtr", 0), rack)
    assert (found.address, found.body) == ("/edit/load", body)


def test_strangers_are_refused(rack):
    assert drops.of_file("/a/letter.docx") is None and drops.of_file("/a/none") is None
    assert plan(Item("slot", "gone"), Target("track:you", 0), rack).refusal == strings.GONE
    assert plan(Item("slot", "a"), Target("track:gone", 0), rack).refusal == strings.GONE
    assert plan(Item("slot", "a"), Target("", 0), rack).refusal == strings.INTO_A_CHAIN
    assert plan(Item("hat", "a"), Target(), rack).refusal
    for text in ("", "{}", '{"kind": 3, "name": "x"}', "[]"):
        assert drops.loaded(text) is None
    assert drops.loaded(Item("device", "poly", "Poly ü").dumped()) == Item("device", "poly", "Poly ü")


SCENES = json.dumps(
    [
        {"name": "tide", "title": "Tide", "tags": ["pad", "slow"], "description": "Long waves.", "factory": True,
         "favourite": True, "key": "D minor", "tempo_bpm": 72.0, "players": 2},
        {"name": "mine", "title": "Été", "tags": ["lead"], "description": "slow attack", "factory": False},
        {"name": "slow_weather", "title": "Slow weather", "tags": [], "description": "", "factory": True},
    ]
)  # fmt: skip


def test_search_finds_words_anywhere_and_titles_first():
    entries = browse.read(browse.SCENES, SCENES)
    assert [one.title for one in browse.search(entries, "slow")] == ["Slow weather", "Été", "Tide"]
    assert [one.name for one in browse.search(entries, "ETE")] == ["mine"]
    assert [one.name for one in browse.search(entries, "slow attack")] == ["mine"]
    assert [one.name for one in browse.search(entries, tags=["pad"])] == ["tide"]
    assert [one.name for one in browse.search(entries, favourites=True)] == ["tide"]
    assert browse.search(entries, "no such") == []
    assert {one.name: one.origin for one in entries} == {"tide": "factory", "mine": "user", "slow_weather": "factory"}
    assert browse.tags(entries)[0] in ("lead", "pad", "slow") and len(browse.tags(entries)) == 3
    assert browse.search(entries, "tide")[0].detail == "D minor · 72 bpm · 2 players"


def test_devices_and_captures_are_items_that_can_be_dropped():
    devices = browse.read(browse.DEVICES, json.dumps([{"device": "poly", "title": "Poly", "kind": "instrument",
                                                       "doc": "Two oscillators.", "params": 63}]))  # fmt: skip
    assert devices[0].item == Item("device", "poly", "Poly") and devices[0].tags == ("instrument",)
    assets = json.dumps([{"path": "/x/clean.nam", "name": "Clean valve", "kind": "nam", "tags": "amp, clean",
                          "factory": True}, {"path": "/x/s.toml", "name": "s", "kind": "scene"}])  # fmt: skip
    models = browse.read(browse.MODELS, assets, frozenset({"nam:/x/clean.nam"}))
    assert [one.title for one in models] == ["Clean valve"], "scenes have a shelf of their own"
    assert models[0].favourite and models[0].tags == ("amp", "clean", "amp capture")
    assert browse.read(browse.SONGS, "nonsense") == []
