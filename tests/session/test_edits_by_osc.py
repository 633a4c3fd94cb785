"""Every edit as a panel orders it, by OSC into a session that sounds; and what is refused, without a trace."""

import json

import numpy as np
import pytest

from tests.session.editing_rig import HAND, order, refused, rig, uid_of
from tests.session.live import settled, stage, until, wrote


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    patch = pytest.MonkeyPatch()
    for name in ("ANTIPHON_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        (folder / name).mkdir(mode=0o700)
        patch.setenv(name, str(folder / name))
    with stage(wrote(folder, HAND, "house.toml"), inputs=1) as found:
        yield (*found, folder / "house.toml")
    patch.undo()


@pytest.fixture
def show(house):
    """The house rig, anew."""
    session, client, path = house
    path.write_text(HAND, "utf-8")
    client.set("/lock", False)
    client.get("/lock")
    session.load_scene(path)
    settled(session)
    session.editor.history.done.clear()
    return session, client


def devices(client, track="low"):
    return [one["device"] for one in next(t for t in rig(client)["tracks"] if t["name"] == track)["devices"]]


def test_the_layout_is_what_sounds(show):
    session, client = show
    layout = rig(client)
    assert [track["name"] for track in layout["tracks"]] == ["low", "high"]
    assert layout["tracks"][0]["keys"] == [0, 59] and layout["tracks"][1]["devices"][0]["sidechain"] == "low"
    for device in (
        [d for t in layout["tracks"] for d in t["devices"]] + layout["buses"][0]["devices"] + layout["master"]
    ):
        assert client.get(f"/rack/{device['number']}/name") == device["device"]
    assert client.get(f"{layout['buses'][0]['mix']}/name") == "room"


def test_devices_come_go_move_and_keep_what_was_set(show):
    session, client = show
    client.set("/rack/2/cutoff_hz", 777.0)
    kept = uid_of(client, "low", 1)
    node = session.plan.nodes[kept]
    order(session, client, "/edit/add_device", {"chain": "track:low", "at": 0, "device": "eq", "values": {}})
    assert devices(client) == ["eq", "saturator", "filter"] and client.get("/rack/3/cutoff_hz") == 777.0
    order(session, client, "/edit/move_device", {"uid": kept, "chain": "track:low", "at": 0})
    assert devices(client) == ["filter", "eq", "saturator"] and client.get("/rack/1/cutoff_hz") == 777.0
    order(session, client, "/edit/duplicate_device", {"uid": kept})
    assert devices(client) == ["filter", "filter", "eq", "saturator"] and client.get("/rack/2/cutoff_hz") == 777.0
    order(session, client, "/edit/remove_device", {"uid": uid_of(client, "low", 2)})
    order(
        session,
        client,
        "/edit/replace_device",
        {"uid": uid_of(client, "low", 1), "device": "reverb", "values": {"mix": 1}},
    )
    assert devices(client) == ["filter", "reverb", "saturator"] and client.get("/rack/2/mix") == 1.0
    assert session.plan.nodes[kept] is node and uid_of(client, "low", 0) == kept, "the device was built anew"
    order(session, client, "/edit/set_device", {"uid": kept, "title": "Dark", "bypass": True})
    assert client.get("/rack/1/title") == "Dark" and client.get("/rack/1/bypass") is True
    assert int(session.engine.record[0]["faults"]) == 0


def test_a_new_name_keeps_fader_sends_and_sidechain(show):
    session, client = show
    client.set("/mix/low/gain_db", -20.0)
    client.set("/mix/low/send_room", -30.0)
    order(session, client, "/edit/set_track", {"track": "low", "name": "Left hand"})
    order(session, client, "/edit/set_bus", {"bus": "room", "name": "Hall"})
    assert client.get("/mix/Left_hand/gain_db") == -20.0 and client.get("/mix/Left_hand/send_Hall") == -30.0
    assert rig(client)["tracks"][1]["devices"][0]["sidechain"] == "Left hand"
    with pytest.raises(Exception, match="no /mix/low"):
        client.get("/mix/low/gain_db")


def test_tracks_buses_and_sends_come_and_go(show):
    session, client = show
    order(session, client, "/edit/add_track",
          {"name": "bells", "at": 0, "devices": [{"device": "fm"}], "sends": {"room": -9}, "keys": ["C4", "C6"]})  # fmt: skip
    assert [t["name"] for t in rig(client)["tracks"]] == ["bells", "low", "high"]
    assert client.get("/mix/bells/send_room") == -9.0 and rig(client)["tracks"][0]["keys"] == [60, 84]
    order(session, client, "/edit/add_bus", {"name": "echo", "devices": [{"device": "delay"}]})
    order(session, client, "/edit/set_send", {"track": "bells", "bus": "echo", "gain_db": -3})
    assert client.get("/mix/bells/send_echo") == -3.0
    order(session, client, "/edit/duplicate_track", {"name": "bells"})
    assert [t["name"] for t in rig(client)["tracks"]] == ["bells", "bells 2", "low", "high"]
    assert client.get("/mix/bells_2/send_echo") == -3.0
    order(session, client, "/edit/move_track", {"name": "low", "at": 0})
    order(session, client, "/edit/remove_bus", {"name": "room"})
    assert [b["name"] for b in rig(client)["buses"]] == ["echo"] and "room" not in session.editor.text().replace(
        "bedroom", ""
    )
    order(session, client, "/edit/remove_track", {"name": "low"})
    assert [t["name"] for t in rig(client)["tracks"]] == ["bells", "bells 2", "high"]
    assert rig(client)["tracks"][2]["devices"][0]["sidechain"] == ""


def test_what_cannot_be_is_refused_without_a_trace(show):
    session, client = show
    uid = uid_of(client, "high")
    for address, what, sentence in [
        ("add_device", {"chain": "track:low", "device": "chorsu"}, "did you mean 'chorus'"),
        ("add_device", {"chain": "track:lo", "device": "chorus"}, "did you mean 'low'"),
        ("add_device", {"chain": "low", "device": "chorus"}, "track:NAME"),
        ("add_device", {"chain": "track:low", "device": "chorus", "values": {"mixx": 1}}, "did you mean 'mix'"),
        ("add_device", {"chain": "track:low", "device": "chorus", "values": {"mix": 99}}, "outside"),
        ("add_device", {"chain": "track:low", "device": "chorus", "valuse": {}}, "did you mean 'values'"),
        ("remove_device", {"uid": 10**9}, "no device of this scene"),
        ("remove_device", {"uid": True}, "no device of this scene"),
        ("remove_device", {"uid": uid}, "last device"),
        ("move_device", {"uid": uid, "chain": "master"}, "last device"),
        ("set_device", {"uid": uid, "sidechain": "nobody"}, "no track"),
        ("set_device", {"uid": uid, "sidechain": "high"}, "circle"),
        ("set_track", {"track": "low", "name": "high"}, "of that name already"),
        ("set_track", {"track": "low", "name": "room"}, "of that name already"),
        ("set_track", {"track": "low", "keys": [60, 20]}, "lowest comes first"),
        ("set_track", {"track": "low", "gain_db": 100}, "a number from"),
        ("set_track", {"track": "low", "sends": {"rom": 0}}, "did you mean 'room'"),
        ("set_send", {"track": "low", "bus": "room", "gain_db": 1e9}, "a number from"),
        ("add_track", {"name": "x"}, "at least one device"),
        ("add_player", {"player": "anser"}, "answer"),
        ("remove_player", {"number": 1}, "no player"),
        ("set_scene", {"tempo_bpm": "fast"}, "a number from"),
        ("set_scene", {"signature": [4]}, "like [4, 4]"),
        ("load", {"path": "/nowhere/x.nam"}, "no file"),
        ("load", {"path": "song.doc"}, "nothing that a device here plays"),
        ("paste", {"text": "x = ["}, "TOML"),
        ("paste", {"text": "[[track]]\nname = 'a'\n"}, "no device"),
        ("paste", {"text": "a = " + "[" * 5000}, "paste"),
        ("paste", {"text": "title = 'x'"}, "holds no"),
    ]:  # fmt: skip
        said = refused(session, client, f"/edit/{address}", what)
        assert sentence in said and "Traceback" not in said, f"{address} {str(what)[:80]}: {said}"


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"uid": NaN}', "{" * 3000])
def test_what_is_no_order_is_refused_at_the_door(show, text):
    session, client = show
    before = session.editor.text()
    client.set("/edit/remove_device", text)
    client.get("/lock")
    settled(session)
    assert session.editor.text() == before


def test_the_last_track_stays(show):
    session, client = show
    order(session, client, "/edit/remove_track", {"name": "low"})
    assert "last track" in refused(session, client, "/edit/remove_track", {"name": "high"})


def test_an_edit_that_waits_behind_a_scene_load_touches_the_scene_that_came(show):
    """It was meant for a device that is gone by then: refused, and the new scene is whole."""
    session, client = show
    uid = uid_of(client, "low")
    client.set("/scene", "tide")
    client.set("/edit/remove_device", json.dumps({"uid": uid}))
    order(session, client, "/edit/add_track", {"name": "late", "devices": [{"device": "poly"}]})
    assert until(session, lambda: session.scene.title == "Tide")
    settled(session)
    assert [t["name"] for t in rig(client)["tracks"]] == ["drums", "pad", "late"]
    assert any("no device of this scene" in line for line in session.messages)


def test_a_copy_goes_into_another_scene(show):
    session, client = show
    client.set("/rack/2/cutoff_hz", 432.0)
    client.get("/rack/2/cutoff_hz")
    order(session, client, "/edit/copy", {"track": "low"})
    client.set("/scene", "tide")
    order(session, client, "/edit/paste", {})
    low = rig(client)["tracks"][-1]
    assert low["name"] == "low" and client.get(f"/rack/{low['devices'][1]['number']}/cutoff_hz") == 432.0
    order(session, client, "/edit/copy", {"uid": low["devices"][1]["uid"]})
    order(session, client, "/edit/paste", {"chain": "track:pad", "at": 1})
    assert [d["device"] for d in rig(client)["tracks"][1]["devices"]] == ["poly", "filter", "reverb", "compressor"]


def test_an_edit_does_not_click(show):
    """A tone through the track that is edited, offline from here on: no step is larger than the tone's own."""
    session, client = show
    order(session, client, "/edit/set_track", {"track": "high", "mute": True})
    for number in (0, 1):
        order(session, client, "/edit/set_device", {"uid": uid_of(client, "low", number), "bypass": True})
    session.driver.stop()
    time = np.arange(48000 * 4)
    tone = (0.3 * np.sin(2 * np.pi * 330 * time / session.engine.sample_rate)).astype(np.float32)
    steady = session.engine.process(tone[None, :48000])[:, 24000:]
    largest, last, at = np.abs(np.diff(steady)).max(), steady[:, -1:], 48000
    swap = session.engine.swap
    try:
        session.engine.swap = lambda plan, wait_s=1.0: swap(plan, 0.0)
        for address, what in (
            ("add_device", {"chain": "track:low", "device": "eq"}), ("add_device", {"chain": "master", "device": "eq"}),
            ("add_bus", {"name": "b", "devices": [{"device": "eq"}]}), ("set_track", {"track": "low", "name": "n"}),
            ("remove_bus", {"name": "room"}),
        ):  # fmt: skip
            session.editor.edit(address, what)
            sound = session.engine.process(tone[None, at : at + 9600])
            at += 9600
            assert np.abs(np.diff(np.concatenate([last, sound], axis=1))).max() <= 1.01 * largest, address
            last = sound[:, -1:]
    finally:
        session.engine.swap = swap
        session.driver.start()


def test_sixty_four_tracks_and_not_one_more(show):
    session, client = show
    for number in range(3, 65):
        session.editor.edit("add_track", {"name": f"t{number}", "devices": [{"device": "saturator"}]})
    assert len(session.plan.rack.tracks) == 64
    assert "at most 64" in refused(session, client, "/edit/add_track", {"name": "x", "devices": [{"device": "eq"}]})


def test_several_edits_are_one_step_and_all_or_none(show):
    session, client = show
    before = session.editor.text()
    split = [["set_track", {"track": "low", "keys": [0, 47]}], ["set_track", {"track": "high", "keys": [48, 127]}]]
    order(session, client, "/edit/together", {"name": "Split at C3", "edits": split})
    assert [track["keys"] for track in rig(client)["tracks"]] == [[0, 47], [48, 127]]
    assert json.loads(client.get("/history")) == ["Split at C3"]
    order(session, client, "/undo")
    assert session.editor.text() == before
    order(session, client, "/redo")
    wrong = [["set_track", {"track": "low", "keys": [0, 30]}], ["set_track", {"track": "lwo"}]]
    said = refused(session, client, "/edit/together", {"edits": wrong})
    assert "together, edit 2, set track: there is no track 'lwo'; did you mean 'low'" in said
    assert "did you mean 'set_track'" in refused(session, client, "/edit/together", {"edits": [["set_trakc", {}]]})
    assert "1 to 64 pairs" in refused(session, client, "/edit/together", {"edits": []})
    assert "must be a pair" in refused(session, client, "/edit/together", {"edits": [3]})
