"""MIDI ports on a real JACK server: plugging, floods, dumps, clocks and the death of the server."""

import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import mido
import numpy as np
import pytest
import rtmidi

from realtime.bench.servers import JackServer
from realtime.contract.events import NOTE_OFF, NOTE_ON
from realtime.midi.backend import alsa_peers, choose_api, lasting_names, matches
from realtime.midi.port_list import list_ports
from realtime.midi.ports import MidiPorts
from realtime.midi.source import Source
from realtime.native.cache import ROOT
from realtime.native.errors import AntiphonError
from tests.rig.waiting import wait_until

pytestmark = pytest.mark.timeout(120)
PERIOD_NS = 256 * 10**9 // 48_000


class Ear:
    """A sink with one keeper per source, as the engine has them."""

    def __init__(self):
        self.messages, self.dumps, self.released = [], [], []
        self.keepers, self.names, self.begun, self.ended = {}, {}, 0, 0
        Source().feed(b"\x90\x3c\x00")  # compiled here, not while somebody waits for a note
        Source().release_all()

    def _count(self, events):
        self.begun += int((events["kind"] == NOTE_ON).sum())
        self.ended += int((events["kind"] == NOTE_OFF).sum())

    def midi_in(self, source, data, when_ns):
        self.messages.append((source, data, when_ns))
        self._count(self.keepers.setdefault(source, Source()).feed(data))

    def sysex(self, source, data):
        self.dumps.append((source, data))

    def closed(self, source, name):
        self.gone = [*getattr(self, "gone", []), name]

    def opened(self, source, name):
        self.names[source] = name

    def release_all(self, source):
        if source in self.keepers:
            self._count(self.keepers[source].release_all())
        self.released.append(source)

    @property
    def sounding(self):
        return sum(keeper.sounding for keeper in self.keepers.values())


def until(condition, timeout_s=25.0):
    """Wait for something that another program does, however busy the machine is."""
    wait_until(condition, "the ports", timeout_s)


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

    plugged: ClassVar[list["Keyboard"]] = []

    def __init__(self, name="Stage Piano"):
        self.port = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name)
        self.port.open_virtual_port("keys")
        Keyboard.plugged.append(self)

    def play(self, *data):
        self.port.send_message(list(data))

    def unplug(self):
        if self in Keyboard.plugged:
            Keyboard.plugged.remove(self)
            self.port.delete()


def names(ports):
    return [port["name"] for port in ports.status()["inputs"]]


def plugged(ports):
    """A keyboard that the ports have found."""
    keyboard = Keyboard()
    until(lambda: "Stage Piano:keys" in names(ports))
    return keyboard


@pytest.fixture
def rack(jack):
    """Ports on the private server, an ear behind them. Nothing of a test that failed reaches the next one."""
    ear, said = Ear(), []
    ports = MidiPorts(ear, inputs=("stage*",), api="jack", scan_s=0.1, say=said.append).start()
    try:
        until(lambda: len(ports.status()["outputs"]) == 1 and names(ports))
        assert all("matches 'stage*' yet" in text for text in said)  # no keyboard is there
        said.clear()
        yield SimpleNamespace(ports=ports, ear=ear, said=said, server=jack)
    finally:
        while Keyboard.plugged:
            Keyboard.plugged[0].unplug()
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
    assert stamps == sorted(stamps) and before <= stamps[0] and stamps[-1] <= time.monotonic_ns() + PERIOD_NS
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
    heard = listener.hear(1 + 16 * 6)
    assert heard[0] == bytes((0x80, 60, 64)) and heard[-1] == bytes((0xBF, 120, 0))
    assert {(data[0], data[1]) for data in heard[1:]} == {
        (0xB0 | channel, number) for channel in range(16) for number in (64, 66, 69, 121, 123, 120)
    }
    assert all(data[2] == 0 for data in heard[1:])
    time.sleep(0.4)
    assert listener.hear(0) == []
    listener.close()


def test_a_keyboard_is_found_lost_and_found_again_under_its_number(rack):
    keyboard = plugged(rack.ports)
    number = next(n for n, name in rack.ports.sources.items() if name == "Stage Piano:keys")
    assert number == 1
    keyboard.play(0x90, 60, 100)
    keyboard.play(0x91, 64, 100)
    until(lambda: rack.ear.begun == 2)
    keyboard.unplug()
    until(lambda: number in rack.ear.released)
    assert rack.ear.ended == 2 and rack.ear.sounding == 0
    keyboard = plugged(rack.ports)
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


def flood(rack, keyboard, count=20_000):
    """Ten thousand messages a second; returns those sent, once what JACK has left of them has been heard."""
    random = np.random.default_rng(7)
    choices = [(0x90, 100), (0x90, 0), (0x80, 64), (0xB0, 100), (0xE0, 3)]
    sent, start = [], time.monotonic()
    while len(sent) < count:
        for _ in range(min(50, int((time.monotonic() - start) * 10_000) - len(sent))):
            status, value = choices[random.integers(len(choices))]
            data = (status | int(random.integers(4)), 64 if status == 0xB0 else int(random.integers(128)), value)
            keyboard.play(*data)
            sent.append(bytes(data))
        time.sleep(0.0005)
    keyboard.play(0xAF, 1, 1)  # the last one, alone, after JACK has handed on all others
    until(lambda: rack.ear.messages and rack.ear.messages[-1][1] == bytes((0xAF, 1, 1)))
    return sent


def lost_cycles(server):
    """Cycles in which the machine was too busy for JACK: what clients sent then is lost before anybody can hear it."""
    return server.text().count("XRun")


def test_ten_thousand_messages_a_second_for_two_seconds(rack):
    for _ in range(5):
        keyboard = plugged(rack.ports)
        rack.ear.messages.clear()
        before = lost_cycles(rack.server)
        sent = flood(rack, keyboard)
        undisturbed = lost_cycles(rack.server) == before
        assert rack.ear.sounding > 0 and rack.ear.begun > 1000
        heard = [data for _, data, _ in rack.ear.messages[:-1]]
        rack.ear.released.clear()
        keyboard.unplug()
        until(lambda: 1 in rack.ear.released)
        assert rack.ear.sounding == 0 and rack.ear.begun == rack.ear.ended
        until(lambda: "Stage Piano:keys" not in names(rack.ports))
        if undisturbed:
            assert heard == sent  # nothing lost, nothing out of order
            return
    pytest.fail("the machine lost blocks in each of five tries: it is too busy for a JACK server of 256 frames")


def test_a_dump_that_was_cut_off_leaves_no_port_deaf(rack):
    keyboard = plugged(rack.ports)
    keyboard.play(0xF0, 1, 2)  # its end is missing
    keyboard.play(0x90, 60, 100)
    keyboard.play(0xF8)
    keyboard.play(0x80, 60, 64)
    until(lambda: len(rack.ear.messages) == 3)
    assert [data for _, data, _ in rack.ear.messages] == [b"\x90\x3c\x64", b"\xf8", b"\x80\x3c\x40"]
    assert rack.ear.dumps == []


def test_a_clock_ticks_through_the_middle_of_a_dump_that_comes_in_pieces(rack):
    keyboard = plugged(rack.ports)
    for piece in ((0xF0, 1, 2), (0xF8,), (3, 4), (0xFE,), (5, 0xF7), (0x90, 60, 1)):
        keyboard.play(*piece)
    until(lambda: len(rack.ear.messages) == 2)
    assert rack.ear.dumps == [(1, bytes((0xF0, 1, 2, 3, 4, 5, 0xF7)))]
    assert [data for _, data, _ in rack.ear.messages] == [b"\xf8", b"\x90\x3c\x01"]


def test_noise_leaves_a_port_that_hears_and_no_note(rack):
    keyboard = plugged(rack.ports)
    random = np.random.default_rng(11)
    for _ in range(3000):
        data = random.integers(0, 256, random.integers(1, 9))
        if len(data) > 3:
            data[0] = 0xF0  # rtmidi sends nothing else that is so long; its end may be missing, or stand in the middle
        elif random.integers(2):
            data[0] |= 0x80
        keyboard.play(*(int(byte) for byte in data))
    keyboard.play(0x9F, 1, 77)
    until(lambda: any(data == b"\x9f\x01\x4d" for _, data, _ in rack.ear.messages))
    keyboard.unplug()
    until(lambda: 1 in rack.ear.released)
    assert rack.ear.sounding == 0


def test_a_keyboard_that_stops_sensing_lets_go_of_its_notes(rack):
    keyboard = plugged(rack.ports)
    keyboard.play(0xFE)
    keyboard.play(0x90, 60, 100)
    until(lambda: rack.ear.begun == 1)
    until(lambda: rack.ear.released == [1])
    assert rack.ear.sounding == 0 and "Stage Piano:keys" in names(rack.ports)
    keyboard.play(0x90, 62, 100)
    until(lambda: rack.ear.begun == 2)
    assert all(data != b"\xfe" for _, data, _ in rack.ear.messages)


def test_a_fault_of_the_engine_is_said_once_and_ends_nothing(rack):
    keyboard = plugged(rack.ports)
    hear, faults = rack.ear.midi_in, []

    def broken(*message):
        faults.append(message)
        raise ValueError("no room in the house")

    rack.ear.midi_in = broken
    for key in range(3):
        keyboard.play(0x90, key, 1)
    until(lambda: len(faults) == 3)
    assert rack.said == ["MIDI goes on after a fault: ValueError no room in the house."]
    rack.ear.midi_in = hear
    keyboard.play(0x90, 60, 1)
    until(lambda: rack.ear.begun == 1)


def test_a_port_that_does_not_open_is_told_once_and_tried_again(rack, monkeypatch):
    backend, tries = rack.ports._backend, []
    open_input = type(backend.watch).open_input

    def held(watch, *arguments):
        tries.append(arguments)
        raise OSError("held by another program")

    monkeypatch.setattr(type(backend.watch), "open_input", held)
    Keyboard()
    until(lambda: len(tries) >= 3)
    assert rack.said == [
        "MIDI input 'Stage Piano:keys' cannot be opened (held by another program); it is tried again every second."
    ]
    monkeypatch.setattr(type(backend.watch), "open_input", open_input)
    until(lambda: "Stage Piano:keys" in names(rack.ports))


def test_more_ports_than_sources_are_told(jack):
    said = []
    keyboards = [Keyboard(f"Stage {n}") for n in range(3)]
    ports = MidiPorts(Ear(), inputs=("stage*",), api="jack", scan_s=0.1, max_sources=2, say=said.append).start()
    try:
        until(lambda: len(names(ports)) == 2 and len(said) == 2)
        assert all(text.endswith("is left closed: 2 sources are in use already.") for text in said)
    finally:
        for keyboard in keyboards:
            keyboard.unplug()
        ports.stop()


def test_a_reader_that_falls_behind_loses_messages_but_leaves_no_note(rack):
    """The MIDI thread stands still while more comes than the port can keep: what was lost may have been a note-off."""
    keyboard = plugged(rack.ports)
    hear, held, resume = rack.ear.midi_in, threading.Event(), threading.Event()

    def slow(*message):
        held.set()
        resume.wait(60.0)
        hear(*message)

    rack.ear.midi_in = slow
    keyboard.play(0x90, 60, 100)
    until(held.is_set)
    ring = next(port for port in rack.ports._ins if port.name == "Stage Piano:keys").port._ring
    while not ring.refused:
        for key in range(100):
            keyboard.play(0x91, key, 100)
            keyboard.play(0x81, key, 64)
        time.sleep(0.01)
    until(lambda: len(ring) == ring.capacity)
    refused = ring.refused
    keyboard.play(0x80, 60, 64)
    until(lambda: ring.refused > refused)
    resume.set()
    until(lambda: rack.ear.released == [1])
    assert rack.ear.sounding == 0 and rack.ear.begun > 1000
    assert rack.said == ["MIDI port 'Stage Piano:keys' sends faster than it can be read; what it held is released."]
    rack.ear.midi_in = hear
    keyboard.play(0x9F, 60, 100)
    until(lambda: rack.ear.messages[-1][1] == b"\x9f\x3c\x64")


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
    keyboard = plugged(rack.ports)
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
    keyboard = plugged(rack.ports)
    for data in ((0xF2, 8, 0), (0xFA,), (0xF8,), (0xFC,), (0xFB,)):
        keyboard.play(*data)
    until(lambda: len(rack.ear.messages) == 5)
    assert [data[0] for _, data, _ in rack.ear.messages] == [0xF2, 0xFA, 0xF8, 0xFC, 0xFB]
    keyboard.unplug()


def play_while_the_server_dies():
    server = JackServer(frames=256)
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
        assert "jack" in ports.note.lower()
        server.start()
        until(lambda: ports.status()["inputs"] and ports.status()["outputs"])
        keyboard = plugged(ports)
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
        [sys.executable, "-X", "faulthandler", "-c", script], capture_output=True, text=True, timeout=110
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


def test_a_pattern_without_a_port_is_told_once(rack):
    said: list[str] = []
    ports = MidiPorts(Ear(), inputs=("KORG*",), api="jack", name="Lonely", scan_s=0.05, say=said.append)
    ports.start()
    try:
        until(lambda: any("KORG*" in line for line in said))
        assert ports.rescan() and ports.rescan()
    finally:
        ports.stop()
    assert len([line for line in said if "KORG*" in line]) == 1
