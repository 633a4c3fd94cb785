"""The sound is chosen while it plays: driver, rate, block, channels; what fails goes back to what worked."""

import json

import numpy as np
import pytest

from realtime.drivers import jack
from realtime.native.errors import AntiphonError
from realtime.session import audio_rig, audio_wish
from realtime.session.options import Options
from realtime.session.rig_file import RigFile
from tests.rig.fixtures import jack_clients, jack_server, make_jack, pipewire  # noqa: F401
from tests.session.live import put, settled, stage, until

TWO = """
tempo_bpm = 97
[[track]]
name = "you"
output = 1
[[track.device]]
device = "poly"
[[track.device]]
device = "saturator"
"""


@pytest.fixture
def rig(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(TWO)
    with stage(path, rig_file=tmp_path / "rig.toml") as found:
        yield found


def ask(session, client, **wish):
    """Change the sound; the sentences that were said, once all is done."""
    said = len(session.messages)
    client.set("/audio/set", json.dumps(wish))
    assert until(session, lambda: len(session.messages) > said and not session.audio.changing.is_set())
    settled(session)
    return list(session.messages)[said:]


def state(session):
    session.audio._next = 0.0
    session.tick()
    return json.loads(session.audio.state)


def play(session, key=60):
    session.note(0x90, key, 100)
    assert until(session, lambda: session.engine._memory.arrays["keepers"]["sounding"].sum() > 0)
    assert until(session, lambda: max(session.engine.record[0]["peaks"]) > 0.01)


@pytest.mark.parametrize(
    "wish",
    [{"frames": 512}, {"sample_rate": 96000}, {"outputs": 4}, {"inputs": 2}, {"sample_rate": 44100, "frames": 32, "outputs": 1}],
    ids=str,
)  # fmt: skip
def test_everything_that_is_set_goes_on(rig, wish):
    session, client = rig
    client.set("/mix/you/gain_db", -5.0)
    client.set("/mix/master/gain_db", -3.0)
    client.set("/rack/2/drive_db", 7.0)
    client.set("/transport/tempo_bpm", 133.0)
    put(session, client, "/transport/loop_end", 12.0)
    play(session)
    beat = client.get("/transport/beat")
    assert any("sound: no sound device" in line for line in ask(session, client, **wish))
    found = state(session)
    assert {name: found[name] for name in wish} == wish and session.driver.running
    assert client.get("/mix/you/gain_db") == -5.0 and client.get("/mix/master/gain_db") == -3.0
    assert client.get("/rack/2/drive_db") == 7.0 and client.get("/transport/tempo_bpm") == pytest.approx(133.0)
    assert client.get("/transport/playing") and beat < client.get("/transport/beat") < beat + 40
    assert client.get("/transport/loop_end") == 12.0
    assert until(session, lambda: abs(session.engine.record[0]["master_now"] - 10 ** (-3 / 20)) < 1e-3)
    session.note(0x90, 72, 100)
    assert until(session, lambda: session.engine._memory.arrays["keepers"]["sounding"].sum() == 1)


def test_a_key_held_through_a_change_ends(rig):
    session, client = rig
    play(session, 60)
    session.note(0xB0, 64, 127)
    ask(session, client, frames=256)
    keepers = session.engine._memory.arrays["keepers"]
    assert keepers["sounding"].sum() == 0 and keepers["sustain"].sum() == 0
    assert until(session, lambda: max(session.engine.record[0]["peaks"]) < 1e-3)


def test_the_sound_is_faded_out_and_in(rig):
    """A held note is silent before the old clock stops, and the new one begins at nothing."""
    session, client = rig
    play(session)
    session.audio._fade_out()
    assert session.engine.record["master_now"][0] <= 1e-4 and np.abs(session.driver.outputs).max() < 1e-3
    made = session.renewal.make(96000.0, 0, 2)
    session.renewal.carry(made)
    assert made.engine.record["master_now"][0] == 0.0
    first = made.engine.process(frames=16)
    assert np.abs(first).max() < 1e-3
    made.engine.dispose()
    session.set_master_db(0.0)


def test_what_cannot_be_opened_goes_back_to_what_worked(rig, monkeypatch):
    session, client = rig
    put(session, client, "/mix/you/gain_db", -9.0)
    play(session)
    former, engine = session.driver, session.engine
    real = audio_rig.AudioRig.open

    def refuse(self, driver, engine, choice, options, patch=None):
        if options.frames == 1024:
            raise AntiphonError("the device does not take 1024 frames: try another block")
        real(self, driver, engine, choice, options, patch)

    monkeypatch.setattr(audio_rig.AudioRig, "open", refuse)
    for wish in ({"frames": 1024}, {"frames": 1024, "sample_rate": 96000}):
        said = ask(session, client, **wish)
        assert said == [said[0]] and said[0].endswith("the device does not take 1024 frames: try another block")
        assert session.driver is former and session.engine is engine and session.driver.running
        assert state(session)["frames"] != 1024
        play(session)
        assert client.get("/mix/you/gain_db") == -9.0
    assert not session.rig.get("audio")


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ('{"driver": "jakc"}', "did you mean 'jack'"),
        ('{"rate": 48000}', "there is no 'rate'"),
        ('{"frames": 7}', "choose 16 to 2048 frames"),
        ('{"frames": 64.5}', "out of range"),
        ('{"frames": true}', "out of range"),
        ('{"frames": "64"}', "out of range"),
        ('{"outputs": 0}', "choose 1 to 8 outputs"),
        ('{"device": 3}', "device is a text"),
        ('{"resize_server": "yes"}', "true or false"),
        ("[1]", "takes a JSON object"),
        ("{", "takes a JSON object"),
        ("[" * 100000, "takes a JSON object"),
    ],
)  # fmt: skip
def test_a_wish_that_means_nothing_is_one_sentence(wish, why):
    with pytest.raises(AntiphonError) as caught:
        audio_wish.read_wish(wish)
    assert why in str(caught.value) and "\n" not in str(caught.value)


def test_a_driver_that_is_not_there_changes_nothing(rig):
    session, client = rig
    former = session.driver
    for wish, why in (
        ({"driver": "jack", "server": "nobody"}, "No JACK server named 'nobody'"),
        ({"driver": "portaudio", "device": "Unheard 18i20"}, "no audio device that is called 'Unheard 18i20'"),
    ):
        said = ask(session, client, **wish)
        assert why in said[-1] and session.driver is former and session.driver.running


def test_the_choice_is_kept_in_the_rig_file(rig, tmp_path):
    session, client = rig
    (tmp_path / "rig.toml").write_text("# the big stage\n[audio]\nframes = 64 # tight\n[other]\nx = 1\n")
    session.rig = RigFile(tmp_path / "rig.toml", session.say)
    ask(session, client, frames=256, outputs=4)
    text = (tmp_path / "rig.toml").read_text()
    assert "# the big stage" in text and "# tight" in text and "x = 1" in text
    kept = RigFile(tmp_path / "rig.toml", session.say).get("audio")
    assert kept == {"driver": "null", "frames": 256, "outputs": 4}


def test_two_instruments_keep_one_rig(tmp_path):
    path = tmp_path / "rig.toml"
    one, two = RigFile(path, print), RigFile(path, print)
    one.put(("audio",), {"frames": 64})
    two.put(("midi",), {"ask": True})
    one.put(("midi", "ports"), {"Stage Piano": {"octave": 1}})
    kept = RigFile(path, print)
    assert kept.get("audio") == {"frames": 64} and kept.get("midi", "ports") == {"Stage Piano": {"octave": 1}}
    assert kept.get("midi")["ask"] is True


def test_a_broken_rig_file_is_said_and_put_aside(tmp_path):
    path, said = tmp_path / "rig.toml", []
    path.write_text("[audio\nframes = 64\n")
    rig = RigFile(path, said.append)
    assert len(said) == 1 and "line 1" in said[0] and rig.get("audio") == {}
    rig.put(("audio",), {"frames": 128})
    assert RigFile(path, said.append).get("audio") == {"frames": 128} and len(said) == 1
    assert (tmp_path / "rig.unread.toml").read_text().startswith("[audio\n")


# -- real servers -----------------------------------------------------------------------------------------------------


def test_from_no_device_to_jack_and_back(rig, jack_server, jack_clients):  # noqa: F811
    session, client = rig
    put(session, client, "/mix/you/gain_db", -5.0)
    said = ask(session, client, driver="jack")
    assert any("sample-accurate MIDI" in line for line in said)
    found = state(session)
    assert (found["driver"], found["sample_rate"], found["frames"], found["inputs"]) == ("jack", 48000, 64, 2)
    assert "antiphon:out_1" in jack_clients.connections()["system:playback_1"]
    assert client.get("/mix/you/gain_db") == -5.0
    play(session)
    ask(session, client, driver="null", sample_rate=44100)
    found = state(session)
    assert (found["driver"], found["sample_rate"]) == ("null", 44100)
    assert until(session, lambda: not [port for port in jack_clients.ports() if port.startswith("antiphon:")])
    play(session)


def test_a_shared_servers_block_is_left_unless_asked_and_given_back(rig, jack_server, jack_clients):  # noqa: F811
    session, client = rig
    ask(session, client, driver="jack")
    said = ask(session, client, frames=256)
    assert "all its programs share them" in said[-1] and jack.probe().frames == 64
    ask(session, client, frames=256, resize_server=True)
    assert jack.probe().frames == 256 and state(session)["frames"] == 256 and session.driver.running
    ask(session, client, frames=128)
    assert jack.probe().frames == 128
    session.close()
    assert jack.probe().frames == 64


def test_cables_of_a_patchbay_outlive_more_outputs(rig, make_jack, tmp_path):  # noqa: F811
    from tests.rig.jack_clients import JackClients

    server = make_jack(channels=4)
    clients = JackClients(server, tmp_path)
    session, client = rig
    ask(session, client, driver="jack")
    clients._run("jack_disconnect", "antiphon:out_1", "system:playback_1")
    clients.connect("antiphon:out_1", "system:playback_4")
    ask(session, client, outputs=3)
    assert until(session, lambda: "antiphon:out_3" in clients.connections()["system:playback_3"])
    cables = clients.connections()
    assert cables["antiphon:out_1"] == ["system:playback_4"] and cables["antiphon:out_2"] == ["system:playback_2"]


def test_the_device_of_a_jack_rig_is_where_it_plays_to(rig, jack_server, jack_clients):  # noqa: F811
    session, client = rig
    ask(session, client, driver="jack", device="none")
    assert session.driver.running and jack_clients.connections()["antiphon:out_1"] == []
    said = ask(session, client, device="Scarlett")
    assert "no audio device 'Scarlett'" in said[-1] and "system" in said[-1] and session.driver.running
    ask(session, client, device="system")
    assert until(session, lambda: jack_clients.connections()["antiphon:out_1"] == ["system:playback_1"])


def test_devices_are_listed_outside_the_process(rig, jack_server):  # noqa: F811
    session, client = rig
    client.set("/audio/look")
    assert until(session, lambda: session.audio._survey)
    ask(session, client, driver="jack")
    found = state(session)
    assert "system" in found["devices"] and found["rates"] == [48000] and found["shared_block"]
    assert found["drivers"][0] == "jack" and found["drivers"][-1] == "null"


def test_pipewire_gives_us_a_block_of_our_own(rig, pipewire):  # noqa: F811
    session, client = rig
    assert any("PipeWire" in line for line in ask(session, client, driver="jack"))
    assert until(session, lambda: state(session)["frames"] == pipewire.frames)
    ask(session, client, frames=128)
    assert until(session, lambda: state(session)["frames"] == 128) and session.driver.running
    assert until(session, lambda: "antiphon:out_1" in pipewire.ports())
    play(session)
    ask(session, client, driver="null")
    assert state(session)["driver"] == "null" and session.driver.running


# -- the next evening -------------------------------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path):
    def write(text, **flags):
        path, said = tmp_path / "rig.toml", []
        path.write_text(text)
        options = Options(**{"rig_file": path} | flags)
        return audio_wish.remembered(options, said.append, any_outputs="outputs" not in flags), said

    return write


def test_the_next_evening_begins_with_the_rig_of_the_last(kept):
    found, said = kept('[audio]\ndriver = "null"\nframes = 256\nsample_rate = 96000\noutputs = 4\ninputs = 2\n')
    assert (found.driver, found.frames, found.sample_rate, found.outputs, found.inputs) == ("null", 256, 96000, 4, 2)
    assert not said


def test_a_flag_says_otherwise(kept):
    text = '[audio]\ndriver = "null"\nframes = 256\nsample_rate = 96000\noutputs = 4\n'
    found, _ = kept(text, frames=64, outputs=2)
    assert (found.driver, found.frames, found.sample_rate, found.outputs) == ("null", 64, 96000, 2)
    found, _ = kept(text.replace("null", "jack"), driver="null")
    assert (found.driver, found.frames, found.sample_rate, found.outputs) == ("null", None, None, 4)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[audio]\ndriver = "portaudio"\ndevice = "left at home"\n', "not to be had now"),
        ('[audio]\ndriver = "jack"\nserver = "gone"\n', "not to be had now"),
        ("[audio]\nframes = 7\n", "[audio]: frames 7 is out of range"),
        ('[audio]\ndriver = "aska"\n', "there is no driver 'aska'"),
        ("[audio\n", "is not used"),
    ],
)
def test_a_rig_that_is_not_there_tonight_stops_nobody(kept, text, why):
    found, said = kept(text)
    assert len(said) == 1 and why in said[0]
    assert (found.driver, found.device, found.server, found.frames) == (None, None, None, None)


def test_a_server_of_another_block_is_taken_as_it_is(kept, jack_server):  # noqa: F811
    found, said = kept('[audio]\ndriver = "jack"\nframes = 512\nsample_rate = 44100\n')
    assert (found.driver, found.frames, found.sample_rate) == ("jack", None, None) and not said
