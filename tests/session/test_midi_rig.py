"""The MIDI ports of a running session: used, ignored, set up, watched; with real JACK clients as keyboards and listeners."""

import json
import subprocess

import pytest
import rtmidi

from realtime.session.rig_file import RigFile
from tests.rig.fixtures import make_jack  # noqa: F401
from tests.session.live import put, settled, stage, until, wrote

SCENE = '[[track]]\nname = "you"\n[[track.device]]\ndevice = "poly"\n'
PIANO, PADS = "Stage Piano:keys", "Pad Box:keys"


class Keyboard:
    """A hardware keyboard, as far as JACK can tell."""

    def __init__(self, name="Stage Piano"):
        self.port = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name)
        self.port.open_virtual_port("keys")

    def play(self, *messages):
        for message in messages:
            self.port.send_message(list(message))

    def unplug(self):
        if self.port is not None:
            self.port.delete()
            self.port = None


@pytest.fixture
def jack(make_jack):  # noqa: F811
    return make_jack(frames=256)


@pytest.fixture
def keyboards(jack):
    made = []

    def plug(name="Stage Piano"):
        made.append(Keyboard(name))
        return made[-1]

    yield plug
    for keyboard in made:
        keyboard.unplug()


@pytest.fixture
def rig(jack, tmp_path):
    path = wrote(tmp_path, SCENE)
    with stage(path, midi=True, midi_ports=("*Piano*", "*Pad*"), rig_file=tmp_path / "rig.toml") as found:
        yield found


def rows(session, direction="in"):
    session.midi_rig._next = 0.0
    session.tick()
    return {row["name"]: row for row in json.loads(session.midi_rig.ports) if row["direction"] == direction}


def opened(session, name, is_open=True):
    def look():
        session.midi.ports.rescan(1.0)
        return rows(session).get(name, {"open": None})["open"] is is_open

    assert until(session, look, 30)


def held(session):
    """(source, channel from 1, key) of all that sounds."""
    keepers = session.engine._memory.arrays["keepers"]["note_id"].copy()
    return [(int(s), int(c) + 1, int(k)) for s, c, k in zip(*keepers.nonzero())]


def source_of(session, name):
    return next(source for source, one in session.midi_rig.names().items() if one == name)


def test_a_port_that_comes_and_goes_is_told_and_shown(rig, keyboards):
    session, _ = rig
    piano = keyboards()
    opened(session, PIANO)
    assert any(f"'{PIANO}' is there and used" in line for line in session.messages)
    piano.play((0x92, 64, 99))
    assert until(session, lambda: rows(session)[PIANO]["activity"] > 0)
    row = rows(session)[PIANO]
    assert row["last"] == "note on E4 velocity 99 ch 3" and row["seen"][2] == ":" and not row["ignored"]
    assert until(session, lambda: rows(session)[PIANO]["activity"] == 0)
    piano.unplug()
    opened(session, PIANO, False)
    row = rows(session)[PIANO]
    assert row["seen"].startswith("not seen since ") and not row["present"]
    assert any(f"'{PIANO}' has gone" in line for line in session.messages)
    assert until(session, lambda: held(session) == [])
    assert rows(session, "out")["Antiphon out"]["open"]


def test_a_port_that_is_ignored_is_closed_and_stays_so(rig, keyboards, tmp_path):
    session, client = rig
    piano = keyboards()
    opened(session, PIANO)
    piano.play((0x90, 60, 100))
    assert until(session, lambda: held(session))
    put(session, client, "/midi/ignore", PIANO)
    opened(session, PIANO, False)
    assert until(session, lambda: held(session) == []) and rows(session)[PIANO]["ignored"]
    piano.unplug()
    keyboards()
    for _ in range(3):
        session.midi.ports.rescan()
        assert rows(session)[PIANO]["open"] is False
    assert RigFile(tmp_path / "rig.toml", print).get("midi")["ignore"] == [PIANO]
    put(session, client, "/midi/use", PIANO)
    opened(session, PIANO)
    assert RigFile(tmp_path / "rig.toml", print).get("midi")["ignore"] == []


def test_an_unknown_port_is_asked_about(rig, keyboards):
    session, client = rig
    put(session, client, "/midi/ask", True)
    keyboards("Pad Box")
    assert until(session, lambda: session.midi.ports.rescan(1.0) and rows(session).get(PADS, {}).get("asked"), 30)
    assert rows(session)[PADS]["open"] is False
    assert sum("use it or ignore it" in line for line in session.messages) == 1
    put(session, client, "/midi/use", PADS)
    opened(session, PADS)
    assert not rows(session)[PADS]["asked"]


def test_a_port_is_set_up_by_name_and_keeps_it(rig, keyboards, tmp_path):
    session, client = rig
    client.set(
        "/midi/port", json.dumps({"port": PIANO, "channels": {"3": 1}, "octave": 1, "curve": [[1, 90], [127, 91]]})
    )
    settled(session)  # before it is there
    piano = keyboards()
    opened(session, PIANO)
    piano.play((0x92, 60, 1))
    source = source_of(session, PIANO)
    assert until(session, lambda: held(session) == [(source, 1, 72)])
    put(session, client, "/midi/port", json.dumps({"port": PIANO, "octave": 0}))
    piano.play((0x82, 60, 0), (0x92, 61, 1))
    assert until(session, lambda: held(session) == [(source, 1, 61)])
    kept = json.loads(client.get("/midi/settings"))[PIANO]
    assert kept == {"channels": {"3": 1}, "curve": [[1, 90], [127, 91]]}
    assert RigFile(tmp_path / "rig.toml", print).get("midi", "ports")[PIANO] == kept


def test_the_whole_rig_is_transposed_while_a_key_is_held(rig, keyboards):
    session, client = rig
    piano = keyboards()
    opened(session, PIANO)
    source = source_of(session, PIANO)
    piano.play((0x90, 60, 100), (0x99, 36, 100))
    assert until(session, lambda: len(held(session)) == 2)
    put(session, client, "/midi/transpose", -2)
    piano.play((0x90, 64, 100), (0x80, 60, 0), (0x99, 38, 100))
    assert until(session, lambda: held(session) == [(source, 1, 62), (source, 10, 36), (source, 10, 38)])
    session.note(0x90, 60, 100)
    assert until(session, lambda: (0, 1, 58) in held(session))
    client.set("/audio/set", '{"sample_rate": 44100}')
    assert until(session, lambda: session.engine.sample_rate == 44100 and not session.audio.changing.is_set())
    session.note(0x90, 60, 100)
    assert until(session, lambda: (0, 1, 58) in held(session))  # the new engine knows it too


def test_wrong_words_are_sentences(rig):
    session, client = rig
    for text, why in (('{"octave": 1}', '"port" names the port'), ('{"port": "x", "octav": 1}', "octave")):
        with pytest.raises(Exception, match="/midi/port") as caught:
            session.midi_rig.request_port(text)
        assert why in str(caught.value)
    client.set("/midi/ignore", "nobody's")
    put(session, client, "/midi/use", "")


class Listener:
    def __init__(self):
        self.port = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="listener", queue_size_limit=32768)
        self.port.ignore_types(False, False, False)
        self.port.open_virtual_port("ear")
        self.heard = []

    def hear(self):
        while item := self.port.get_message():
            self.heard.append(bytes(item[0]))
        return self.heard


def link(source, target):
    return subprocess.run(["jack_connect", source, target], capture_output=True).returncode == 0


@pytest.mark.parametrize("driver", ["null", "jack"])
def test_thru_and_a_panic_that_reaches_outside(jack, keyboards, tmp_path, driver):
    keyboard, listener = keyboards(), None
    try:
        with stage(wrote(tmp_path, SCENE), driver=driver, midi=True, midi_ports=("*Piano*",)) as (session, client):
            listener = Listener()
            native = driver == "jack"
            out = "antiphon:midi_out" if native else "Antiphon out:Antiphon out"
            if native:
                assert until(session, lambda: link(PIANO, "antiphon:midi_in"))
            else:
                opened(session, PIANO)
            assert until(session, lambda: link(out, "listener:ear"))
            name = "midi_in" if native else PIANO
            keyboard.play((0x90, 50, 100))
            assert until(session, lambda: held(session))
            put(session, client, "/midi/thru", True)
            keyboard.play((0x90, 60, 100), (0xB0, 64, 127), (0x93, 70, 90))
            assert until(session, lambda: len(listener.hear()) == 3)
            assert listener.heard == [b"\x90\x3c\x64", b"\xb0\x40\x7f", b"\x93\x46\x5a"]
            put(session, client, "/midi/port", json.dumps({"port": name, "thru": False}))
            keyboard.play((0x90, 62, 100), (0x83, 70, 0))
            assert until(session, lambda: b"\x83\x46\x00" in listener.hear())
            assert b"\x90\x3e\x64" not in listener.heard
            before = len(listener.hear())
            client.set("/panic")
            wanted = {b"\x80\x3c\x40"} | {bytes((0xB0 | c, n, 0)) for c in range(16) for n in (64, 66, 121, 123, 120)}
            assert until(session, lambda: wanted <= set(listener.hear()[before:]))
            assert until(session, lambda: held(session) == [])
    finally:
        if listener is not None:
            listener.port.delete()


def test_our_output_cabled_into_our_input_is_no_loop(jack, keyboards, tmp_path):
    keyboard = keyboards()
    with stage(wrote(tmp_path, SCENE), driver="jack", midi=True) as (session, client):
        assert until(session, lambda: link(PIANO, "antiphon:midi_in") and link("antiphon:midi_out", "antiphon:midi_in"))
        put(session, client, "/midi/thru", True)
        assert until(session, lambda: any("comes in again" in line for line in session.messages), 30)
        count = session.engine.record["out_count"][0]
        keyboard.play((0x90, 60, 100), (0x80, 60, 0))
        assert until(session, lambda: session.engine.port_states["last"][1] & 0xFFFF == 0x3C80)
        settled(session)
        assert session.engine.record["out_count"][0] == count


@pytest.mark.parametrize("driver", ["null", "jack"])
def test_the_monitor_tells_what_comes_and_goes(jack, keyboards, tmp_path, driver):
    keyboard = keyboards()
    with stage(wrote(tmp_path, SCENE), driver=driver, midi=True, midi_ports=("*Piano*",)) as (session, client):
        if driver == "jack":
            assert until(session, lambda: link(PIANO, "antiphon:midi_in"))
        else:
            opened(session, PIANO)
        name = "midi_in" if driver == "jack" else PIANO
        assert session.engine.record["monitor"][0] == 0  # nobody watches
        put(session, client, "/midi/watch", True)
        keyboard.play((0xB0, 1, 64), (0xB0, 33, 5), (0x90, 69, 80), (0xE0, 0, 0), (0xF0, *range(40), 0xF7), (0xC4, 6))

        def lines():
            return [line for line in json.loads(client.get("/midi/monitor")) if line["port"] == name]

        assert until(session, lambda: len(lines()) >= 6)
        texts = [line["text"] for line in lines()]
        for text in (
            "CC 1 modulation = 64 ch 1", "CC 1+33 modulation = 8197 (14 bit) ch 1", "note on A4 velocity 80 ch 1",
            "bend -8192 ch 1", "SysEx, 42 bytes, maker 00 01 02", "program 7 ch 5",
        ):  # fmt: skip
            assert text in texts
        assert {line["direction"] for line in lines()} == {"in"}
        assert next(line for line in lines() if "A4" in line["text"])["bytes"] == "90 45 50"
        put(session, client, "/midi/watch", False)
        session.midi_rig.monitor._glance = 0.0
        session.tick()
        assert session.engine.record["monitor"][0] == 0


C_MAJOR = (0, 2, 4, 5, 7, 9, 11, 12)


def wait_for_step(session, step):
    assert until(session, lambda: json.loads(session.keyboard.state)["step"] == step, 30)
    return json.loads(session.keyboard.state)


def test_a_rented_keyboard_is_set_up_by_playing_it(rig, keyboards, tmp_path):
    """It sends on channel 4, an octave and a tone too high, from 30 to 100, with its pedal wired the other way round."""
    session, client = rig
    piano = keyboards()
    opened(session, PIANO)
    put(session, client, "/keyboard/setup", "start")
    assert "C major scale" in json.loads(client.get("/keyboard/state"))["title"]
    session.note(0x90, 1, 1)
    session.note(0x80, 1, 1)  # the screen's keys are not the keyboard's
    for step in C_MAJOR:
        piano.play((0x93, 74 + step, 70), (0x83, 74 + step, 0))
    wait_for_step(session, "touch")
    for velocity in (30, 32, 36, 40, 45, 50, 80, 90, 95, 100):
        piano.play((0x93, 80, velocity), (0x83, 80, 0))
    wait_for_step(session, "pedals")
    piano.play((0xB3, 64, 0), (0xB3, 64, 127), *((0xB3, 67, value) for value in (20, 60, 100, 127, 80, 30, 0)))
    piano.play((0xB3, 11, 90))
    state = wait_for_step(session, "done")
    assert (state["port"], state["channel"], state["shift"], state["velocities"]) == (PIANO, 4, -14, [30, 100])
    assert (state["lowest"], state["highest"]) == (74, 86) and sum(state["histogram"]) == 10
    pedals = {pedal["name"]: (pedal["inverted"], pedal["continuous"]) for pedal in state["pedals"]}
    assert pedals == {"sustain": (True, False), "soft": (False, True), "expression": (False, False)}
    put(session, client, "/keyboard/setup", "keep")
    kept = RigFile(tmp_path / "rig.toml", print).get("midi", "ports")[PIANO]
    assert kept["channels"] == {"4": 1} and (kept["octave"], kept["transpose"]) == (-1, -2)
    assert kept["pedal_inverted"] == [64] and kept["curve"][-1] == [100, 127]
    assert "moved by -14 semitones" in session.messages[-1] and session.engine.record["monitor"][0] == 0
    source = source_of(session, PIANO)
    for velocity in (30, 60, 100):  # the lowest key that was C: as the rig was made for
        piano.play((0x93, 74, velocity))
        assert until(session, lambda: held(session) == [(source, 1, 60)])
        piano.play((0x83, 74, 0))
        assert until(session, lambda: held(session) == [])
    table = session.engine._port_maps[source]["velocity"][0]
    heard = [int(table[velocity]) for velocity in (30, 60, 100)]
    assert heard[0] == 1 and 50 < heard[1] < 80 and heard[2] == 127


def test_what_cannot_be_told_is_left_as_it_is(rig, keyboards):
    session, client = rig
    piano = keyboards()
    opened(session, PIANO)
    put(session, client, "/keyboard/setup", "start")
    for key in (60, 61, 65, 64, 70):
        piano.play((0x90, key, 64))
    wait_for_step(session, "touch")
    for key in range(10):
        piano.play((0x90, 40 + key, 64))
    wait_for_step(session, "pedals")
    put(session, client, "/keyboard/setup", "keep")
    assert "no major scale" in session.messages[-1] and "alike" in session.messages[-1]
    assert json.loads(client.get("/midi/settings"))[PIANO] == {}


def test_setup_can_be_left_at_any_step(rig):
    session, client = rig
    for words in (
        ("cancel",),
        ("start", "cancel"),
        ("start", "pedals", "touch", "cancel"),
        ("keep",),
        ("start", "keep"),
    ):
        for word in words:
            put(session, client, "/keyboard/setup", word)
    assert "nothing to keep" in session.messages[-1]
    put(session, client, "/keyboard/setup", "cancel")
    assert json.loads(client.get("/keyboard/state"))["step"] == "idle" and session.engine.record["monitor"][0] == 0


def test_the_monitor_keeps_two_hundred_lines(tmp_path):
    with stage(wrote(tmp_path, SCENE)) as (session, client):
        put(session, client, "/midi/watch", True)
        for number in range(300):
            session.note(0xB0, 20, number % 128)
        assert until(session, lambda: "= 43" in json.loads(session.midi_rig.monitor.read() or "[]")[-1:][0]["text"]
                     if json.loads(session.midi_rig.monitor.read()) else False)  # fmt: skip
        found = json.loads(client.get("/midi/monitor"))
        assert len(found) == 200 and found[0]["port"] == "panel" and found[-1]["text"] == "CC 20 = 43 ch 1"


def test_the_clock_of_one_port_leads_and_no_other(jack, keyboards, tmp_path):
    piano, pads = keyboards(), keyboards("Pad Box")
    options = {"midi": True, "midi_ports": ("*Piano*", "*Pad*"), "clock_from": "pad*"}
    with stage(wrote(tmp_path, SCENE), **options) as (session, _):
        opened(session, PIANO)
        opened(session, PADS)
        leader = source_of(session, PADS) + 1

        def tick(*senders):
            for sender in senders:
                sender.play((0xF8,))
            return int(session.engine.record["clock_leader"][0])

        assert not until(session, lambda: tick(piano), 1.0)
        assert until(session, lambda: tick(piano, pads) == leader)
        for _ in range(50):
            assert until(session, lambda: tick(piano, pads) == leader)


def test_the_clock_of_the_drivers_own_port_leads(jack, keyboards, tmp_path):
    piano = keyboards()
    with stage(wrote(tmp_path, SCENE), driver="jack", midi=True, clock_from="midi_in") as (session, _):
        assert until(session, lambda: link(PIANO, "antiphon:midi_in"))
        assert until(session, lambda: piano.play((0xF8,)) or session.engine.record["clock_leader"][0] == 2)


def test_messages_out_that_found_no_room_are_told(jack, tmp_path):
    with stage(wrote(tmp_path, SCENE), driver="jack", midi=True) as (session, _):
        session.driver.control.record["midi_lost"] += 3
        assert until(session, lambda: any("3 messages found no room" in line for line in session.messages))
        session.midi.ports._sender.lost += 1
        assert until(session, lambda: any("1 message found no room" in line for line in session.messages))
