"""What undo over scenes does to the ear: it switches as a song does, and never edits what was left meanwhile."""

import pytest

from realtime.engine.layout import PORT_SOURCE
from realtime.native.errors import AntiphonError
from tests.session.editing_rig import order
from tests.session.live import settled, stage, until, wrote
from tests.session.test_show import evening

SHARED = '[[track]]\nname = "pad"\nhears = ["panel"]\n[[track.device]]\ndevice = "poly"\namp_release_s = 0.2\n'
OWN = '[[track]]\nname = "{name}"\n[[track.device]]\ndevice = "{device}"\n'


@pytest.fixture
def pair(tmp_path):
    """Two scenes that have one track alike."""
    first = wrote(tmp_path, SHARED + OWN.format(name="keys", device="poly"), "first.toml")
    second = wrote(tmp_path, SHARED + OWN.format(name="bells", device="fm"), "second.toml")
    with stage(first) as (session, client):
        yield session, client, second


def held(session):
    return sum(ringing.held for ringing in session.engine.switches.ringing())


def track_node(session, name):
    track = next(track for track in session.plan.rack.tracks if track.name == name)
    return session.plan.nodes[track.slots[0].uid]


def test_undoing_a_scene_load_leaves_equal_tracks_and_held_notes_alone(pair):
    session, client, second = pair
    pad = track_node(session, "pad")
    order(session, client, "/scene", str(second))
    assert track_node(session, "pad") is pad
    session.engine.midi_in(PORT_SOURCE, bytes((0x90, 60, 100)), 0)
    settled(session)
    order(session, client, "/undo")
    assert session.scene.title == "first" and track_node(session, "pad") is pad, "an equal track was built anew"
    assert held(session) == 1, "the held note was cut"
    session.engine.midi_in(PORT_SOURCE, bytes((0x80, 60, 0)), 0)
    assert until(session, lambda: held(session) == 0)
    order(session, client, "/redo")
    assert session.scene.title == "second" and track_node(session, "pad") is pad


def test_undo_brings_values_back_on_a_track_that_goes_on(pair):
    session, client, second = pair
    client.set("/rack/1/cutoff_hz", 777.0)
    client.get("/rack/1/cutoff_hz")
    order(session, client, "/scene", str(second))
    assert client.get("/rack/1/cutoff_hz") != pytest.approx(777.0)
    order(session, client, "/undo")
    assert client.get("/rack/1/cutoff_hz") == pytest.approx(777.0)
    settled(session)
    session.editor.observe()
    assert session.editor.history.names == ["Cutoff 1.6 kHz -> 777 Hz"]


def test_an_edit_that_a_program_change_overtakes_is_refused_and_the_part_sounds(tmp_path, monkeypatch):
    with stage(evening(tmp_path)) as (session, client):
        assert until(session, lambda: len(session.show.preload.all) >= 2 and session.programs.cues())
        settled(session)
        compiled = session.engine.compile

        def compile_late(rack, edit=False):
            made = compiled(rack, edit)
            former = session.engine.sounding()
            session.engine.midi_in(PORT_SOURCE, bytes((0xC0, 1)), 0)  # the second song, in this very moment
            assert until_taken(session.engine, former)
            return made

        monkeypatch.setattr(session.engine, "compile", compile_late)
        with pytest.raises(AntiphonError, match="was left at that moment"):
            session.editor.edit("add_device", {"chain": "track:keys", "device": "chorus"})
        monkeypatch.undo()
        assert not any("Add" in name for name in session.editor.history.names)
        settled(session)
        assert client.get("/setlist/song") == 2 and session.plan is session.engine.sounding()
        assert all(
            node.slot is not None and node.slot.uid in session.plan.nodes for node in session.plan.nodes.values()
        )
        order(session, client, "/edit/add_device", {"chain": "track:keys", "device": "chorus"})
        assert len(session.plan.rack.tracks[0].slots) == 2


def until_taken(engine, former):
    import time

    end = time.monotonic() + 10.0
    while engine.sounding() is former and time.monotonic() < end:
        time.sleep(0.001)
    return engine.sounding() is not former
