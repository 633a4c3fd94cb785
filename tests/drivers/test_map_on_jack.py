"""A controller on a real JACK server: what it sends moves what it is mapped to, and it sees what has moved."""

import json
import subprocess
import time
from contextlib import contextmanager

import pytest
import rtmidi

from realtime.bench.servers import JackServer
from realtime.control.client import ControlClient
from realtime.session.session import Options, Session
from tests.session.live import until, wrote
from tests.session.mapping import SCENE

pytestmark = pytest.mark.timeout(180)
BOX = "nanoKONTROL2"


@pytest.fixture(scope="module")
def jack():
    with JackServer(frames=128) as server:
        yield server


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    for name, folder in (
        ("ANTIPHON_RUNTIME_DIR", "run"), ("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "state"), ("XDG_MUSIC_DIR", "music"),
        ("XDG_CONFIG_HOME", "config"),
    ):  # fmt: skip
        (tmp_path / folder).mkdir(mode=0o700)
        monkeypatch.setenv(name, str(tmp_path / folder))


class Box:
    """A controller as JACK sees it: a client with a port out and one in."""

    def __init__(self, name=BOX):
        self.name = name
        self.out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name)
        self.out.open_virtual_port("CTRL")
        self.ear = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=f"{name} in", queue_size_limit=4096)
        self.ear.open_virtual_port("CTRL")
        self.heard = []

    def send(self, *data):
        self.out.send_message(list(data))

    def shows(self):
        """All that has come so far."""
        while item := self.ear.get_message():
            self.heard.append(tuple(item[0]))
        return self.heard

    def forget(self):
        self.shows()
        self.heard = []

    def unplug(self):
        for port in (self.out, self.ear):
            port.delete()


def connect(source, target):
    end = time.monotonic() + 20.0
    while subprocess.run(["jack_connect", source, target], capture_output=True).returncode != 0:
        assert time.monotonic() < end, f"{source} cannot be connected with {target}"
        time.sleep(0.05)


class Show:
    def __init__(self, session, client):
        self.session, self.client = session, client

    def until(self, condition, what):
        assert until(self.session, condition, 30.0), what

    def maps(self):
        return json.loads(self.client.get("/map/list"))

    def map(self, **table):
        count = len(self.maps())
        self.client.set("/map/set", json.dumps(table))
        self.until(lambda: len(self.maps()) > count, "the assignment")
        done = []
        self.session.maps.order(lambda: self.session.maps.order(lambda: done.append(1)))
        self.until(lambda: done, "the map")

    def port(self, name):
        found = [one for one in json.loads(self.client.get("/controllers/list")) if name in one["port"]]
        return found[0] if found else {"connected": False, "lights": False, "profile": ""}

    def pass_by(self, blocks):
        """Let some blocks pass."""
        until = self.session.driver.callbacks + blocks
        self.until(lambda: self.session.driver.callbacks > until, "blocks")

    def near(self, address, value, tolerance=0.02):
        self.until(lambda: abs(self.client.get(address) - value) <= tolerance, f"{address} = {value}")


@contextmanager
def show(tmp_path, text=SCENE, **options):
    chosen = {"players": False, "scene": str(wrote(tmp_path, text, "mapped.toml"))} | options
    with Session(Options(**chosen)) as session, ControlClient(session.control.server.port) as client:
        yield Show(session, client)


# -- the driver's own ports


@pytest.fixture
def native(jack, tmp_path):
    """(show, box): the box is connected with the driver's own MIDI ports, and its profile is chosen."""
    with show(tmp_path, driver="jack", server=jack.name) as found:
        box = Box()
        try:
            name = found.session.driver.client_name
            connect(f"{BOX}:CTRL", f"{name}:midi_in")
            connect(f"{name}:midi_out", f"{BOX} in:CTRL")
            found.until(lambda: found.port("midi_in")["connected"], "the driver's port")
            found.client.set("/controllers/profile", json.dumps({"port": "midi_in", "profile": "nanokontrol2"}))
            found.until(lambda: found.port("midi_in")["profile"] == "nanokontrol2", "the profile")
            yield found, box
        finally:
            box.unplug()


def test_every_kind_of_message_moves_what_it_should(native):
    found, box = native
    pan, lead = "/mix/keys/pan", "/mix/lead/pan"
    for source, messages, value in (
        ({"number": 20}, [(0xB0, 20, 127)], 1.0),
        ({"number": 2, "wide": True}, [(0xB0, 2, 0), (0xB0, 34, 0)], -1.0),
        (
            {"kind": "nrpn", "number": 300, "wide": True},
            [(0xB0, 99, 2), (0xB0, 98, 44), (0xB0, 6, 127), (0xB0, 38, 127)],
            1.0,
        ),
        ({"kind": "rpn", "number": 7}, [(0xB0, 101, 0), (0xB0, 100, 7), (0xB0, 6, 0)], -1.0),
        ({"kind": "bend"}, [(0xE0, 127, 127)], 1.0),
        ({"kind": "pressure"}, [(0xD0, 0)], -1.0),
        ({"kind": "poly_pressure", "number": 60}, [(0xA0, 60, 127)], 1.0),
        ({"kind": "velocity", "number": 61}, [(0x90, 61, 1), (0x80, 61, 0)], -1.0 + 2 / 127),
        ({"kind": "program"}, [(0xC0, 127)], 1.0),
    ):
        found.map(source=source, targets=[{"address": pan, "low": -1, "high": 1}, {"address": lead, "invert": True}],
                  takeover="jump")  # fmt: skip
        for message in messages:
            box.send(*message)
        found.near(pan, value)
        found.near(lead, -value)
    for number, coding, up in ((70, "twos", 1), (71, "offset", 65), (72, "sign", 1)):
        found.client.set("/mix/hall/pan", 0.0)
        found.map(source={"number": number, "coding": coding}, targets=[{"address": "/mix/hall/pan"}])
        for _ in range(8):
            box.send(0xB0, number, up)
        found.near("/mix/hall/pan", 8 * 2 / 128)


def test_takeover_is_seen_by_the_client(native):
    found, box = native
    found.map(source={"control": "fader 1"}, targets=[{"address": "/mix/keys/pan"}], takeover="pickup")
    box.send(0xB0, 0, 127)
    found.until(lambda: found.session.maps._runner is not None and len(found.session.engine.controls) == 0, "the map")
    assert found.client.get("/mix/keys/pan") == 0.0 and found.maps()[0]["state"] == "waiting"
    box.send(0xB0, 0, 40)
    found.near("/mix/keys/pan", 2 * 40 / 127 - 1)
    found.until(lambda: found.maps()[0]["state"] == "caught", "it is caught")


def test_lights_show_what_changed_and_nothing_goes_round(native):
    found, box = native
    found.map(source={"control": "button 1"}, targets=[{"address": "/mix/keys/mute"}], mode="toggle")
    found.until(lambda: (0xB0, 32, 0) in box.shows(), "the light is out")
    box.forget()
    found.client.set("/mix/keys/mute", True)  # from the panel
    found.until(lambda: (0xB0, 32, 127) in box.shows(), "the light is on")
    box.forget()
    box.send(0xB0, 32, 127)  # a press
    found.until(lambda: found.client.get("/mix/keys/mute") is False, "the mute is off")
    box.send(0xB0, 32, 0)
    found.until(lambda: box.shows()[-1:] == [(0xB0, 32, 0)], "the light is out again")
    found.pass_by(400)
    assert (
        set(box.shows()) == {(0xB0, 32, 0)} and len(box.shows()) <= 2
    )  # once more after the release, which may put it out
    box.forget()
    found.pass_by(400)
    assert box.shows() == []  # nothing goes in circles


def test_a_page_is_shown_whole_and_its_lights_go_out_with_it(native):
    found, box = native
    found.map(source={"control": "button 2"}, targets=[{"address": "/mix/keys/mute"}], mode="toggle", page=1)
    found.client.set("/mix/keys/mute", True)
    found.client.set("/map/page", 1)
    found.until(lambda: (0xB0, 33, 127) in box.shows(), "the light of page 1")
    found.client.set("/map/page", 2)
    found.until(lambda: box.shows()[-1:] == [(0xB0, 33, 0)], "it is out on page 2")


def test_a_scene_change_lights_what_the_new_scene_says(native, tmp_path):
    found, box = native
    found.map(source={"control": "button 3"}, targets=[{"address": "/mix/keys/mute"}], mode="toggle", scope="rig")
    found.until(lambda: (0xB0, 34, 0) in box.shows(), "the light is out")
    other = wrote(tmp_path, SCENE.replace('name = "keys"', 'name = "keys"\nmute = true'), "muted.toml")
    found.session.do(lambda: found.session.load_scene(other))
    found.until(lambda: (0xB0, 34, 127) in box.shows(), "the light is on")


def test_a_cable_that_is_put_back_brings_everything_to_light(native):
    found, box = native
    found.map(source={"control": "button 4"}, targets=[{"address": "/mix/keys/mute"}], mode="toggle")
    found.until(lambda: (0xB0, 35, 0) in box.shows(), "the light is out")
    ours = f"{found.session.driver.client_name}:midi_out"
    subprocess.run(["jack_disconnect", ours, f"{BOX} in:CTRL"], check=True)
    found.until(lambda: not any(port == "midi_out" for port, _ in found.session.driver.cables), "the cable is out")
    found.client.set("/mix/keys/mute", True)
    found.pass_by(200)
    box.forget()
    connect(ours, f"{BOX} in:CTRL")
    found.until(lambda: (0xB0, 35, 127) in box.shows(), "the light is on")


def test_a_motor_fader_follows_but_rests_under_a_finger(native):
    found, box = native
    found.client.set("/controllers/profile", json.dumps({"port": "midi_in", "profile": "motor_mixer"}))
    found.until(lambda: found.port("midi_in")["profile"] == "motor_mixer", "the profile")
    found.map(source={"control": "fader 1"}, targets=[{"address": "/mix/keys/pan"}])
    found.until(lambda: (0xE0, 0, 64) in box.shows(), "the fader goes to the middle")
    box.send(0x90, 104, 127)  # a finger
    found.until(lambda: found.session.maps.lights._touched, "the touch")
    box.forget()
    found.client.set("/mix/keys/pan", 1.0)
    found.pass_by(200)
    assert box.shows() == []
    box.send(0x90, 104, 0)
    found.until(lambda: (0xE0, 127, 127) in box.shows(), "it goes where the value is")


def test_a_learned_control_is_named_by_its_box(native):
    found, box = native
    found.client.set("/learn/start", "/mix/keys/pan")
    found.until(lambda: json.loads(found.client.get("/learn/state"))["learning"], "learning")
    for value in range(0, 100, 10):
        box.send(0xB0, 16, value)
    found.until(lambda: "knob 1: CC 16 ch 1" in found.client.get("/learn/state"), "what was heard")
    found.client.set("/learn/keep")
    found.until(lambda: found.maps(), "the assignment")
    source = found.maps()[0]["source"]
    assert (source["control"], source["port"], source["number"]) == ("knob 1", "midi_in", 16)


# -- hardware, which comes and goes


@pytest.fixture
def hardware(jack, tmp_path):
    with show(tmp_path, driver="null", midi_ports=("nano*", "x-touch*")) as found:
        found.session.midi.ports.scan_s = 0.1
        boxes = []

        def plug(name=BOX):
            boxes.append(Box(name))
            found.until(lambda: found.port(name)["connected"], f"{name} is seen")
            found.until(lambda: found.port(name)["lights"], f"the way to {name}'s lights")
            return boxes[-1]

        yield found, plug
        for box in boxes:
            box.unplug()


def test_a_map_survives_unplug_and_replug(hardware):
    found, plug = hardware
    box = plug()
    assert found.port(BOX)["profile"] == "nanokontrol2"
    port = found.port(BOX)["port"]
    found.map(source={"control": "knob 1", "port": port}, targets=[{"address": "/rack/1/cutoff_hz"}], takeover="jump")
    found.map(source={"control": "button 1", "port": port}, targets=[{"address": "/mix/keys/mute"}], mode="toggle")
    box.send(0xB0, 16, 0)
    found.near("/rack/1/cutoff_hz", 20.0, 1.0)
    box.unplug()
    found.until(lambda: not found.port(BOX)["connected"], "it has gone")
    found.until(lambda: {row["state"] for row in found.maps()} == {"absent"}, "its assignments wait")
    found.client.set("/mix/keys/mute", True)
    again = plug()
    found.until(lambda: (0xB0, 32, 127) in again.shows(), "it is shown what happened meanwhile")
    again.send(0xB0, 16, 127)
    found.until(lambda: found.client.get("/rack/1/cutoff_hz") > 15000.0, "it moves again")


def test_a_map_goes_on_with_other_hardware(hardware):
    found, plug = hardware
    first = plug()
    port = found.port(BOX)["port"]
    found.map(source={"control": "fader 1", "port": port}, targets=[{"address": "/mix/keys/pan"}], takeover="jump")
    first.send(0xB0, 0, 127)
    found.near("/mix/keys/pan", 1.0)
    first.unplug()
    found.until(lambda: not found.port(BOX)["connected"], "it has gone")
    other = plug("X-TOUCH MINI")
    assert found.port("X-TOUCH MINI")["profile"] == "xtouch_mini"
    other.send(0xBA, 9, 0)  # its fader 1
    found.near("/mix/keys/pan", -1.0)
