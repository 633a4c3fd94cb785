"""Mixer, master, tempo, metre and parameters stay as they were set, and the lowest level is silence."""

import numpy as np
import pytest

from realtime.session import scene as scenes
from realtime.session.scene_write import dumps
from tests.session.live import settled, stage, wrote

SCENE = """
master_db = -3
tempo_bpm = 90
[[track]]
name = "keys"
sends = { hall = -12 }
[[track.device]]
device = "filter"
[[track.device]]
device = "saturator"
[[track]]
name = "Lead [L]"
[[track.device]]
device = "saturator"
[[bus]]
name = "hall"
[[bus.device]]
device = "reverb"
"""
SET = {
    "/mix/keys/gain_db": -17.0, "/mix/keys/pan": 0.5, "/mix/keys/mute": True, "/mix/keys/send_hall": -3.0,
    "/mix/Lead_L/gain_db": -90.0, "/mix/Lead_L/send_hall": -40.0, "/mix/hall/mute": True, "/mix/hall/pan": -0.25,
    "/mix/master/gain_db": -11.0, "/rack/1/cutoff_hz": 777.0, "/rack/2/bypass": True, "/transport/tempo_bpm": 77.0,
    "/transport/numerator": 3, "/transport/denominator": 8, "/transport/looping": True, "/transport/loop_start": 2.0,
    "/transport/loop_end": 9.0,
}  # fmt: skip


@pytest.fixture
def show(tmp_path):
    with stage(wrote(tmp_path, SCENE, "mix.toml")) as found:
        yield found


def turn_all(session, client):
    for address, value in SET.items():
        client.set(address, value)
        client.get(address)
    settled(session)
    assert {address: client.get(address) for address in SET} == pytest.approx(SET)


def test_another_sample_rate_keeps_what_was_set(show):
    session, client = show
    turn_all(session, client)
    client.set("/transport/playing", False)
    settled(session)
    beat = client.get("/transport/beat")
    former = session.engine
    session.do(lambda: session.driver.attach(session.renewal.rebuild(48000)))
    settled(session)
    assert session.engine is not former and session.driver.running
    assert {address: client.get(address) for address in SET} == pytest.approx(SET)
    assert client.get("/transport/playing") is False and client.get("/transport/beat") == pytest.approx(beat, abs=1e-6)


def test_a_snapshot_is_the_whole_state_and_disturbs_nothing(show):
    session, client = show
    scene, slots = session.scene, session.scene.rack.slots()
    turn_all(session, client)
    taken = session.snapshot()
    assert session.scene is scene and session.scene.rack.slots() == slots and scene.master_db == -3
    again = scenes.parse(dumps(taken), "again")
    assert (again.master_db, again.tempo_bpm, again.signature) == (-11.0, 77.0, (3, 8))
    keys, lead = again.rack.tracks
    assert (keys.gain_db, keys.pan, keys.mute, keys.sends) == (-17.0, 0.5, True, {"hall": -3.0})
    assert (lead.gain_db, lead.sends) == (-90.0, {"hall": -40.0})
    assert again.rack.buses[0].mute and again.rack.buses[0].pan == -0.25
    assert again.rack.tracks[0].slots[0].values["cutoff_hz"] == 777.0 and again.rack.tracks[0].slots[1].bypass


def test_the_master_follows_the_scene(show, tmp_path):
    session, client = show
    assert client.get("/mix/master/gain_db") == -3.0
    client.set("/scene", str(wrote(tmp_path, SCENE.replace("-3", "-20", 1), "other.toml")))
    settled(session)
    assert client.get("/mix/master/gain_db") == -20.0
    assert float(session.engine.record[0]["master_target"]) == pytest.approx(0.1)


@pytest.mark.parametrize("fader", ["/mix/t/gain_db", "/mix/master/gain_db", "/mix/t/send_b"])
def test_a_fader_at_the_bottom_of_its_range_is_silent(tmp_path, fader):
    """The track sounds by its strip or, where that goes to the unused outputs 3 and 4, by its send alone."""
    out = 3 if "send" in fader else 1
    text = (f'[[track]]\nname = "t"\noutput = {out}\naudio_input = [1]\nsends = {{ b = 0 }}\n'
            '[[track.device]]\ndevice = "saturator"\n[[bus]]\nname = "b"\n[[bus.device]]\ndevice = "saturator"\n')  # fmt: skip
    tone = np.sin(np.arange(24000) * 0.05, dtype=np.float32)[None] * np.float32(0.5)
    with stage(wrote(tmp_path, text), inputs=1) as (session, client):
        low = client.describe(fader)["RANGE"][0]["MIN"]
        if fader == "/mix/t/gain_db":
            client.set("/mix/b/mute", True)
        settled(session)
        session.driver.stop()
        assert np.abs(session.engine.process(tone)[:, -4096:]).max() > 0.1
        client.set(fader, low - 1000.0)
        assert client.get(fader) == low
        assert np.abs(session.engine.process(tone)[:, -4096:]).max() < 1e-9


def test_names_that_no_address_may_hold_get_one_and_keep_their_title(show):
    _, client = show
    assert client.get("/mix/Lead_L/name") == "Lead [L]"
    assert client.describe("/mix/Lead_L/gain_db")["ANTIPHON"]["group"] == "Lead [l]"
