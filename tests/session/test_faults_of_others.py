"""Faults that players of other instruments report, tried on the session: buttons over a switch, first notes, tempo, panic."""

import numpy as np
import pytest

from tests.session.live import settled, stage, until, wrote
from tests.session.mapping import hands

SCENE = '[[track]]\nname = "keys"\nmute = {mute}\n[[track.device]]\ndevice = "{device}"\n'
SETLIST = '[[song]]\nname = "{folder}/one.toml"\n[[song]]\nname = "{folder}/two.toml"\n'
SONG = 'title = "{title}"\n[[part]]\nname = "all"\nscene = "{folder}/{title}_scene.toml"\n'


def scene(mute=False, device="poly"):
    return SCENE.format(mute=str(mute).lower(), device=device)


@pytest.mark.parametrize("mode", ["toggle", "latched"])
def test_a_button_that_is_on_does_not_mute_the_next_scene_and_works_there_at_its_next_press(tmp_path, mode):
    """The scene decides what is on after a switch; a toggle counts from there, a latched button from its own next message."""
    wrote(tmp_path, scene(device="fm"), "next.toml")
    with hands(tmp_path, scene()) as hand:
        hand.map(
            source={"kind": "cc", "channel": 1, "number": 80},
            targets=[{"address": "/mix/keys/mute"}],
            mode=mode,
            scope="rig",
        )

        def press(value):
            hand.cc(80, value)
            if mode == "toggle":
                hand.cc(80, 0)
            return hand.get("/mix/keys/mute")

        assert press(127) is True
        hand.client.set("/scene", str(tmp_path / "next.toml"))
        hand.client.get("/scene")
        assert until(hand.session, lambda: hand.session.scene.name == "next")
        hand.heard()
        assert hand.get("/mix/keys/mute") is False, "what was latched in one scene mutes another"
        if mode == "latched":
            assert press(0) is False
        assert press(127) is True
        assert press(0 if mode == "latched" else 127) is False


def test_when_the_new_name_is_shown_the_first_note_has_the_new_sound(tmp_path):
    """Whoever reads the name and then plays hears that scene: the old one gets none of the note."""
    for title, device in (("one", "poly"), ("two", "fm")):
        wrote(tmp_path, scene(device=device).replace("keys", title), f"{title}_scene.toml")
        wrote(tmp_path, SONG.format(title=title, folder=tmp_path), f"{title}.toml")
    evening = wrote(tmp_path, SETLIST.format(folder=tmp_path), "evening.toml")
    with stage(evening) as (session, client):
        settled(session)
        former = session.plan
        for step, title in (("next", "two"), ("previous", "one"), ("next", "two")):
            client.set(f"/setlist/{step}")
            assert until(session, lambda title=title: client.get("/song/title") == title)
            client.set("/midi", 0x90, 60, 100)
            client.get("/song/title")
            settled(session)
            now = session.plan
            assert now.rack.tracks[0].name == title
            assert until(session, lambda now=now, title=title: now.strips[title].peak > 1e-3)
            assert now is not former and former.strips[former.rack.tracks[0].name].peak < 1e-4
            client.set("/panic")
            client.get("/song/title")
            settled(session)
            assert until(session, lambda now=now, title=title: now.strips[title].peak < 1e-4)
            former = now


def test_a_tempo_that_changes_while_keys_are_held_hangs_none(tmp_path):
    """By hand, by the metre and by a jump, with everything that counts in beats between the keys and the ear."""
    text = scene() + 'lfo1_sync = "1/8"\n[[track.device]]\ndevice = "delay"\nsync = "1/16"\nfeedback = 0.0\n'
    with stage(wrote(tmp_path, text, "held.toml")) as (session, client):
        session.driver.stop()  # offline from here on
        engine = session.engine
        for key in (60, 64, 67):
            client.set("/midi", 0x90, key, 100)
        client.get("/engine/frames")
        for tempo in (40.0, 300.0, 999.0, 10.0, 120.0):
            client.set("/transport/tempo_bpm", tempo)
            client.set("/transport/numerator", int(tempo) % 7 + 1)
            client.set("/transport/rewind")
            client.get("/engine/frames")
            assert np.abs(engine.process(frames=12_000)).max() > 1e-2, tempo
        for key in (60, 64, 67):
            client.set("/midi", 0x80, key, 0)
        client.get("/engine/frames")
        engine.process(frames=5 * 48_000)
        assert np.abs(engine.process(frames=4_800)).max() < 1e-5
        session.driver.start()


@pytest.mark.parametrize("pedal", [64, 66])
def test_a_panic_ends_what_a_pedal_holds_and_the_pedal_holds_anew(tmp_path, pedal):
    with stage(wrote(tmp_path, scene(), "held.toml")) as (session, client):
        session.driver.stop()
        engine = session.engine

        def play(*messages):
            for message in messages:
                client.set("/midi", *message)
            client.get("/engine/frames")
            session.tick()

        play((0x90, 60, 100), (0xB0, pedal, 127), (0x80, 60, 0))
        engine.process(frames=4_800)
        assert np.abs(engine.process(frames=48_000)[:, -4_800:]).max() > 1e-2, "the pedal does not hold"
        client.set("/panic")
        client.get("/engine/frames")
        session.tick()
        engine.process(frames=48_000)
        assert np.abs(engine.process(frames=4_800)).max() == 0.0
        play((0xB0, pedal, 0), (0x90, 62, 100), (0xB0, pedal, 127), (0x80, 62, 0))
        assert np.abs(engine.process(frames=48_000)[:, -4_800:]).max() > 1e-2
        play((0xB0, pedal, 0))
        engine.process(frames=3 * 48_000)
        assert np.abs(engine.process(frames=4_800)).max() < 1e-5
        session.driver.start()
