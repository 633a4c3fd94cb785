"""The players as the tree tells of them, and the ways between lanes and tracks."""

import json

from ui.model import Device, Parameter
from ui.state.band import COMMON, FRONT, members, rerouted, sources, tracks_of
from ui.state.keepsakes import Kept
from ui.state.layout import TRACK, Chain, Layout

ROWS = {"players": [
    {"number": 1, "player": "comp", "title": "Comp", "hears": ["keys"], "lanes": [
        {"name": "bass", "channel": 1, "midi": True}, {"name": "piano", "channel": 2, "midi": False}]},
    {"number": 2, "player": "drummer", "title": "Drummer", "hears": ["keys", "player 1"], "lanes": [
        {"name": "kick", "channel": 10, "midi": True}]},
]}  # fmt: skip
LISTED = [{"player": "comp", "drums": []}, {"player": "drummer", "drums": ["kick"]}]


def band(rows=ROWS, listed=LISTED, **values):
    tree = {"/rack/layout": json.dumps(rows), "/players/list": json.dumps(listed), **values}
    ids = ("mute", "guard", "swing", "x", "y", "wild")
    devices = [
        Device(f"/player/{n}", title, "player", n, title.lower(),
               tuple(Parameter(f"/player/{n}/{one}", one) for one in ids))
        for n, title in ((1, "Comp"), (2, "Drummer"))
    ]  # fmt: skip
    return members([*devices, Device("/rack/1", "Poly", "instrument")], tree.get)


def track(name, *hears):
    return Chain(TRACK, name, name, hears=hears)


def test_players_are_read_with_lanes_channels_and_drums():
    comp, drummer = band(**{"/player/1/lanes/piano/channel": 5, "/player/1/lanes/piano/program": 3})
    assert [lane.name for lane in comp.lanes] == ["bass", "piano"]
    assert (comp.lanes[1].channel, comp.lanes[1].midi, comp.lanes[1].program) == (5, False, 3)
    assert drummer.hears == ("keys", "player 1") and drummer.lanes[0].drums and not comp.lanes[0].drums
    assert comp.tint != drummer.tint


def test_an_instrument_that_does_not_tell_of_drums_has_them_on_their_channel():
    _, drummer = band(listed=[])
    assert drummer.lanes[0].drums


def test_broken_json_is_no_harm():
    for text in ("", "[1]", '{"players": 3}', '{"players": [4, {"number": ["x"], "lanes": 3}]}'):
        tree = {"/rack/layout": text, "/players/list": "nonsense"}
        (found,) = members([Device("/player/1", "Comp", "player", 1, "comp")], tree.get)
        assert found.title == "Comp" and found.lanes == ()


def test_knobs_are_in_front_common_or_its_own_and_none_twice():
    comp, _ = band()
    assert [one.id for one in comp.common] == ["guard", "swing"]
    assert [one.id for one in comp.own] == ["x", "y", "wild"]
    assert comp.axes == ("x", "y")
    assert not set(FRONT) & set(COMMON)


def test_a_lane_is_put_on_a_track_and_taken_off_and_the_others_stay():
    lanes = ["bass", "piano"]
    low = track("low")
    assert rerouted(low, 1, "bass", lanes) == ["player 1 bass"]
    assert rerouted(track("low", "player 1 bass"), 1, "bass", lanes) == []
    assert rerouted(track("low", "keys", "player 1"), 1, "bass", lanes) == ["keys", "player 1 piano"]
    assert rerouted(track("low", "players"), 1, "bass", lanes) == ["players"], "all players cannot be all but one"
    found = Layout((track("a", "players"), track("b", "player 1 bass"), track("c", "player 2")))
    assert [chain.name for chain in tracks_of(found, 1, "bass")] == ["a", "b"]


def test_a_player_can_hear_all_but_itself():
    assert sources(band(), but=2) == ["keys", "players", "player 1", "player 1 bass", "player 1 piano"]


def test_what_the_panel_keeps_is_there_after_a_start_and_a_broken_file_is_none(tmp_path):
    path = tmp_path / "panel" / "settings.json"
    Kept(path).put("xy morph", ["x", "y"])
    assert Kept(path).get("xy morph") == ["x", "y"] and Kept(path).get("xy other") == []
    Kept(path).put("xy morph", [])
    assert Kept(path).get("xy morph") == []
    path.write_text('{"a": 3, "b": ["c", 4]}')
    assert Kept(path).get("a") == [] and Kept(path).get("b") == ["c"]
    path.write_bytes(b"\xff\xfe")
    assert Kept(path).get("a") == []


def test_a_player_without_a_voice_has_only_what_steers_and_a_pad_of_its_mood():
    rows = {"players": [{"number": 1, "player": "mood", "title": "Mood", "hears": ["keys"], "lanes": []}]}
    ids = ("mute", "solo", "playing", "density", "guard", "range", "valence", "arousal", "glide_s")
    device = Device("/player/1", "Mood", "player", 1, "mood", tuple(Parameter(f"/player/1/{one}", one) for one in ids))
    (mood,) = members([device], {"/rack/layout": json.dumps(rows), "/players/list": "[]"}.get)
    assert [one.id for one in mood.parameters] == ["mute", "playing", "valence", "arousal", "glide_s"]
    assert mood.axes == ("valence", "arousal")
