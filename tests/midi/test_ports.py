"""MIDI ports on a real JACK server: plugging, floods, dumps, clocks and the death of the server."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import mido
import numpy as np
import pytest
import rtmidi

from realtime.bench.servers import JackServer
from realtime.contract.events import NOTE_OFF, NOTE_ON
from realtime.midi.backend import alsa_peers, choose_api, lasting_names, matches
from realtime.midi.ports import MidiPorts, list_ports
from realtime.midi.source import Source
from realtime.native.cache import ROOT
from realtime.native.errors import AntiphonError

pytestmark = pytest.mark.timeout(60)


class Ear:
    """A sink with one keeper per source, as the engine has them."""

    def __init__(self):
        self.messages, self.dumps, self.released = [], [], []
        self.keepers, self.names, self.begun, self.ended = {}, {}, 0, 0

    def _count(self, events):
        self.begun += int((events["kind"] == NOTE_ON).sum())
        self.ended += int((events["kind"] == NOTE_OFF).sum())

    def midi_in(self, source, data, when_ns):
        self.messages.append((source, data, when_ns))
        self._count(self.keepers.setdefault(source, Source()).feed(data))

    def sysex(self, source, data):
        self.dumps.append((source, data))

    def opened(self, source, name):
        self.names[source] = name

    def release_all(self, source):
        if source in self.keepers:
            self._count(self.keepers[source].release_all())
        self.released.append(source)

    @property
    def sounding(self):
        return sum(keeper.sounding for keeper in self.keepers.values())


def until(condition, timeout_s=8.0):
    """Wait for something that another program does."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def link(source, target):
    until(lambda: subprocess.run(["jack_connect", source, target], capture_output=True).returncode == 0)


class Listener:
    """Another program's MIDI input, connected to `Antiphon out`."""

    count = 0

    def __init__(self):
        Listener.count += 1  # JACK renames a client whose name is still taken
        name = f"listener {Listener.count}"
        self.port = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=name, queue_size_limit=32768)
        self.port.ignore_types(False, False, False)
        self.port.open_virtual_port("ear")
        link("Antiphon out:Antiphon out", f"{name}:ear")

    def hear(self, count):
        """The next messages, once there are that many."""
        heard = []
        until(lambda: self._drain(heard) >= count)
        return heard

    def _drain(self, heard):
        while item := self.port.get_message():
            heard.append(bytes(item[0]))
        return len(heard)

    def close(self):
        self.port.delete()


class Keyboard:
    """A hardware keyboard, as far as JACK can tell: a port that comes and goes."""

    def __init__(self, name="Stage Piano"):
        self.port = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name)
        self.port.open_virtual_port("keys")

    def play(self, *data):
        self.port.send_message(list(data))

    def unplug(self):
        self.port.delete()


@pytest.fixture
def rack(jack):
    """Ports on the private server, an ear behind them."""
    ear = Ear()
    ports = MidiPorts(ear, inputs=("stage*",), api="jack", scan_s=0.1).start()
    until(lambda: len(ports.status()["outputs"]) == 1 and ports.status()["inputs"])
    yield SimpleNamespace(ports=ports, ear=ear)
    ports.stop()


def test_notes_reach_the_virtual_port_in_order_and_stamped(rack):
    keyboard = Keyboard("elsewhere")
    link("elsewhere:keys", "Antiphon in:Antiphon in")
    before = time.monotonic_ns()
    for key in range(60, 72):
        keyboard.play(0x90, key, 100)
        time.sleep(0.01)
    until(lambda: len(rack.ear.messages) == 12)
    assert [(source, data) for source, data, _ in rack.ear.messages] == [
        (0, bytes((0x90, k, 100))) for k in range(60, 72)
    ]
    stamps = [when for _, _, when in rack.ear.messages]
    assert stamps == sorted(stamps) and before <= stamps[0] and stamps[-1] <= time.monotonic_ns()
    # the player's cable is pulled with all keys down
    keyboard.unplug()
    until(lambda: 0 in rack.ear.released)
    assert rack.ear.sounding == 0 and rack.ear.ended == 12


def test_mido_hears_antiphon_out_and_a_note_never_outlives_the_port(rack):
    with mido.Backend("mido.backends.rtmidi/UNIX_JACK").open_input(
        "ear", virtual=True, client_name="listener"
    ) as listener:
        link("Antiphon out:Antiphon out", "listener:ear")
        start = time.monotonic_ns()
        rack.ports.send(bytes((0x90, 62, 90)), start + 60_000_000)
        rack.ports.send(bytes((0x90, 60, 80)))
        rack.ports.send(bytes((0xB0, 64, 127)))
        heard = []
        until(lambda: heard.extend(listener.iter_pending()) or len(heard) == 3)
        assert time.monotonic_ns() - start >= 60_000_000
        assert [str(m).rsplit(" time", 1)[0] for m in heard] == [
            "note_on channel=0 note=60 velocity=80",
            "control_change channel=0 control=64 value=127",
            "note_on channel=0 note=62 velocity=90",
        ]
        heard.clear()
        rack.ports.stop()
        until(lambda: heard.extend(listener.iter_pending()) or len(heard) == 3)
        assert [m.type for m in heard] == ["note_off", "note_off", "control_change"]


def test_panic_forgets_what_was_planned(rack):
    listener = Listener()
    rack.ports.send(bytes((0x90, 60, 80)))
    rack.ports.send(bytes((0x90, 64, 80)), time.monotonic_ns() + 300_000_000)
    listener.hear(1)
    rack.ports.panic()
    heard = listener.hear(49)
    assert heard[0] == bytes((0x80, 60, 64)) and heard[-1] == bytes((0xBF, 123, 0))
    time.sleep(0.4)
    assert listener.hear(0) == []
    listener.close()


def test_a_keyboard_is_found_lost_and_found_again_under_its_number(rack):
    keyboard = Keyboard()
    until(lambda: len(rack.ports.status()["inputs"]) == 2)
    number = next(n for n, name in rack.ports.sources.items() if name == "Stage Piano:keys")
    assert number == 1
    keyboard.play(0x90, 60, 100)
    keyboard.play(0x91, 64, 100)
    until(lambda: rack.ear.begun == 2)
    keyboard.unplug()
    until(lambda: number in rack.ear.released)
    assert rack.ear.ended == 2 and rack.ear.sounding == 0
    keyboard = Keyboard()
    until(lambda: len(rack.ports.status()["inputs"]) == 2)
    keyboard.play(0x90, 60, 100)
    until(lambda: rack.ear.begun == 3)
    assert rack.ear.messages[-1][0] == number
    keyboard.unplug()


def test_ports_that_nobody_asked_for_stay_closed(rack):
    keyboard = Keyboard("some synth")
    rack.ports.rescan()
    assert [i["name"] for i in rack.ports.status()["inputs"]] == ["Antiphon in"]
    names = {(p["name"], p["direction"]) for p in list_ports("jack")}
    assert names == {
        ("some synth:keys", "in"),
        ("Antiphon out:Antiphon out", "in"),  # another program's view of us
        ("Antiphon in:Antiphon in", "out"),
    }
    keyboard.unplug()


def test_ten_thousand_messages_a_second_for_two_seconds(rack):
    keyboard = Keyboard()
    until(lambda: len(rack.ports.status()["inputs"]) == 2)
    random = np.random.default_rng(7)
    choices = [(0x90, 100), (0x90, 0), (0x80, 64), (0xB0, 100), (0xE0, 3)]
    sent, start = [], time.monotonic()
    while len(sent) < 20_000:
        for _ in range(min(50, int((time.monotonic() - start) * 10_000) - len(sent))):
            status, value = choices[random.integers(len(choices))]
            data = (status | int(random.integers(4)), 64 if status == 0xB0 else int(random.integers(128)), value)
            keyboard.play(*data)
            sent.append(bytes(data))
        time.sleep(0.0005)
    until(lambda: len(rack.ear.messages) == len(sent))
    assert [data for _, data, _ in rack.ear.messages] == sent  # nothing lost, nothing out of order
    assert rack.ear.sounding > 0
    keyboard.unplug()
    until(lambda: 1 in rack.ear.released)
    assert rack.ear.sounding == 0 and rack.ear.begun == rack.ear.ended > 1000


def test_a_flood_out_arrives_whole_and_too_long_a_dump_is_counted(rack):
    listener = Listener()
    sent = [[0xB0 | n % 16, n // 128 % 120, n % 128] for n in range(6000)]
    for data in sent:
        rack.ports.send(bytes(data))
    rack.ports.send(bytes([0xF0, *([1] * 20_000), 0xF7]))
    assert listener.hear(len(sent)) == [bytes(data) for data in sent]
    until(lambda: rack.ports.lost == 1)
    listener.close()


def test_a_dump_of_three_thousand_bytes_passes_both_ways(rack):
    keyboard = Keyboard()
    until(lambda: len(rack.ports.status()["inputs"]) == 2)
    dump = bytes([0xF0, *(n % 128 for n in range(3000)), 0xF7])
    keyboard.play(*dump)
    until(lambda: rack.ear.dumps)
    assert rack.ear.dumps == [(1, dump)] and rack.ear.messages == []
    listener = Listener()
    rack.ports.send(dump)
    assert listener.hear(1) == [dump]
    keyboard.unplug()
    listener.close()


def test_clock_and_transport_come_through(rack):
    keyboard = Keyboard()
    until(lambda: len(rack.ports.status()["inputs"]) == 2)
    for data in ((0xF2, 8, 0), (0xFA,), (0xF8,), (0xFC,), (0xFB,)):
        keyboard.play(*data)
    until(lambda: len(rack.ear.messages) == 5)
    assert [data[0] for _, data, _ in rack.ear.messages] == [0xF2, 0xFA, 0xF8, 0xFC, 0xFB]
    keyboard.unplug()


def play_while_the_server_dies():
    server = JackServer(frames=256, name=f"midi-{os.getpid()}-mortal")
    server.start()
    server.use()
    ear = Ear()
    ports = MidiPorts(ear, inputs=("stage*",), api="jack", scan_s=0.1).start()
    try:
        until(lambda: ports.status()["inputs"])
        server.kill()
        for n in range(4000):  # more than RtMidi's ring holds: it would wait for ever
            ports.send(bytes((0x90, n % 128, 100)))
        list_ports("jack")  # looking for ports at the worst moment does no harm
        until(lambda: not ports.status()["inputs"] and 0 in ear.released)
        assert "JACK" in ports.note
        server.start()
        until(lambda: ports.status()["inputs"] and ports.status()["outputs"], 15.0)
        keyboard = Keyboard()
        until(lambda: len(ports.status()["inputs"]) == 2)
        keyboard.play(0x90, 60, 100)
        until(lambda: ear.begun == 1)
        keyboard.unplug()
    finally:
        ports.stop()
        server.stop()


def test_the_server_dies_while_we_play_and_comes_back():
    # in a process of its own: libjack frees all clients of a process when one server dies, our fixtures' too
    script = f"import sys; sys.path[:0] = {[str(ROOT), str(Path(__file__).parent)]}\n"
    script += "import test_ports\ntest_ports.play_while_the_server_dies()\n"
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", script], capture_output=True, text=True, timeout=55
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_without_any_midi_system_there_is_a_sentence_and_no_harm(monkeypatch):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "antiphon-no-such-server")
    ports = MidiPorts(Ear(), api="jack", scan_s=0.05).start()
    assert ports.rescan()
    assert "appears" in ports.note and ports.status()["api"] is None
    ports.send(b"\x90\x3c\x01")
    ports.stop()


def test_wrong_words_are_refused_in_one_sentence():
    with pytest.raises(AntiphonError, match="use one of: auto, alsa, jack"):
        MidiPorts(Ear(), api="oss")
    with pytest.raises(AntiphonError, match="write a regular expression"):
        MidiPorts(Ear(), inputs=("/[/",))
    assert choose_api("none") is None and list_ports("none") == []


@pytest.mark.parametrize(
    "name,pattern,expected",
    [
        ("Launchkey Mini MK3:Launchkey Mini MIDI 1", "launchkey", True),
        ("Launchkey Mini MK3:Launchkey Mini MIDI 1", "launchkey*", True),
        ("Launchkey Mini MK3:Launchkey Mini MIDI 1", "*MIDI 2", False),
        ("Launchkey Mini MK3:Launchkey Mini MIDI 1", "/mini.*midi [12]$/", True),
        ("Stage", "", False),
    ],
)
def test_name_patterns(name, pattern, expected):
    assert matches(name, (pattern,)) is expected


def test_names_that_last_over_replugging():
    assert lasting_names(["Keys:Keys MIDI 1 20:0", "Keys:Keys MIDI 1 24:0"], "alsa") == {
        "Keys:Keys MIDI 1": "Keys:Keys MIDI 1 20:0",
        "Keys:Keys MIDI 1 #2": "Keys:Keys MIDI 1 24:0",
    }
    assert list(lasting_names(["Keys 3"], "winmm")) == ["Keys"] and list(lasting_names(["Keys 3"], "core")) == [
        "Keys 3"
    ]


ALSA_CLIENTS = """Client info
Client   0 : "System" [Kernel]
  Port   0 : "Timer" (Rwe-)
Client 128 : "Antiphon" [User]
  Port   0 : "Antiphon in" (-WE-)
    Connected From: 20:0, 24:1[r:0]
  Port   1 : "Antiphon out" (R-E-)
    Connecting To: 129:0
"""


def test_the_peers_of_an_alsa_port():
    assert alsa_peers(ALSA_CLIENTS, "Antiphon in") == {"20:0", "24:1"}
    assert alsa_peers(ALSA_CLIENTS, "Antiphon out") == {"129:0"} and alsa_peers(ALSA_CLIENTS, "x") == frozenset()
