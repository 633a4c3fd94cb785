"""The JACK driver against a real jackd: what is heard, when, and what happens when the server dies."""

from __future__ import annotations

import signal

import numpy as np
import pytest
import soundfile

from realtime.drivers.choose import choose
from realtime.drivers.jack import JackDriver
from realtime.native.errors import AntiphonError
from tests.rig.click_engine import ClickEngine
from tests.rig.jack_clients import JackClients
from tests.rig.note_sender import NoteSender
from tests.rig.waiting import wait_until


@pytest.fixture
def driver():
    driver = JackDriver()
    yield driver
    driver.close()


def test_a_tone_reaches_the_loudspeakers_and_a_recorder(jack_server, jack_clients, driver, tmp_path):
    driver.open(ClickEngine(tone_hz=440.0, tone_level=0.5))
    driver.start()
    connections = jack_clients.connections()
    assert connections["system:playback_1"] == ["antiphon:out_1"]
    assert connections["system:playback_2"] == ["antiphon:out_2"]
    jack_clients.record(tmp_path / "heard.wav", 1, "antiphon:out_1", "antiphon:out_2").wait(15)
    heard, rate = soundfile.read(tmp_path / "heard.wav")
    assert rate == 48_000 and heard.shape[1] == 2
    heard = heard[: rate // 2]
    assert np.max(np.abs(heard[:, 0])) == pytest.approx(0.5, abs=0.001)
    spectrum = np.abs(np.fft.rfft(heard[:, 1] * np.hanning(len(heard))))
    assert np.argmax(spectrum) * rate / len(heard) == pytest.approx(440.0, abs=2.0)


def without_xruns(server, driver, measure):
    """Measure again if the machine itself lost a block meanwhile (JACK's clock then jumps for everyone)."""
    for _ in range(5):
        before = driver.xruns, server.own_xruns()
        result = measure()
        if (driver.xruns, server.own_xruns()) == before:
            return result
    pytest.fail("the machine lost blocks in each of five tries: it is too busy for a JACK server of 256 frames")


def test_a_thousand_notes_sound_at_exactly_the_same_distance(make_jack, driver):
    server = make_jack(frames=256)
    driver.open(ClickEngine(), connect=False)
    driver.start()

    def measure():
        sender = NoteSender(notes=1000)
        try:
            sender.start("antiphon:midi_in", "antiphon:out_1", "antiphon:midi_out")
            wait_until(lambda: sender.finished, "1,000 clicks and echoes", 30)
        finally:
            sender.close()
        return sender

    sender = without_xruns(server, driver, measure)
    # the sender hears us one period later, always; no sample more or less
    assert np.all(sender.clicks - sender.sent == 256)
    assert np.all(sender.echoes - sender.sent == 256)


def test_the_midi_latency_test_of_jack_shows_no_jitter(make_jack, driver, tmp_path):
    server = make_jack(frames=256)
    clients = JackClients(server, tmp_path)
    driver.open(ClickEngine())
    driver.start()
    result = without_xruns(
        server, driver, lambda: clients.midi_latency_test("antiphon:midi_in", "antiphon:midi_out", messages=300)
    )
    assert result["received"] == 300, result["text"]
    assert result["jitter"] == 0 and result["lowest"] == result["highest"] == 256


def test_sound_returns_by_itself_after_the_server_was_killed(jack_server, jack_clients, driver):
    engine = ClickEngine(tone_level=0.5)
    said = []
    driver.on_lost = lambda why: said.append(("lost", why))
    driver.on_back = lambda what: said.append(("back", what))
    driver.open(engine)
    driver.start()
    # a connection that the musician made by hand
    driver.connect("out_1", "system:playback_2")
    wait_until(lambda: ("out_1", "system:playback_2") in driver._connections, "the patchbay to be noted")
    jack_server.kill()
    wait_until(lambda: driver.state == "lost", "the loss to be noticed")
    runs = int(engine.state["runs"])
    assert runs > 0 and not driver.running
    jack_server.start()
    wait_until(lambda: driver.running and engine.state["runs"] > runs + 100, "sound to return")
    wait_until(lambda: len(said) == 2, "the news of its return")
    assert [word for word, _ in said] == ["lost", "back"]
    connections = jack_clients.connections()
    assert set(connections["antiphon:out_1"]) == {"system:playback_1", "system:playback_2"}
    assert connections["antiphon:out_2"] == ["system:playback_2"]


def test_a_server_that_returns_at_another_rate_gets_a_new_engine(jack_server, driver):
    made = []

    def rebuild(sample_rate):
        made.append(ClickEngine(sample_rate, tone_level=0.5))
        return made[-1]

    driver.on_rate_change = rebuild
    first = ClickEngine()
    driver.open(first)
    driver.start()
    wait_until(lambda: first.state["runs"] > 10, "sound")
    jack_server.kill()
    jack_server.start(sample_rate=96_000, frames=256)
    wait_until(lambda: made and made[0].state["runs"] > 10, "sound at the new rate")
    runs = int(first.state["runs"])
    assert made[0].sample_rate == driver.sample_rate == 96_000
    assert driver.frames == 256
    wait_until(lambda: made[0].state["runs"] > 50, "more sound")
    assert first.state["runs"] == runs, "the old engine must not be touched again"


def test_the_period_may_change_while_it_plays(jack_server, jack_clients, driver):
    changes = []
    driver.on_frames_change = changes.append
    engine = ClickEngine()
    driver.open(engine)
    driver.start()
    jack_clients.start("jack_bufsize", "256").wait(10)
    wait_until(lambda: changes == [256], "news of the new period")
    runs = int(engine.state["runs"])
    wait_until(lambda: engine.state["runs"] > runs + 10, "sound at the new period")


@pytest.mark.parametrize(("sample_rate", "frames", "inputs", "outputs"), [(44_100, 16, 1, 1), (192_000, 2048, 8, 8)])
def test_rates_periods_and_channels(make_jack, driver, sample_rate, frames, inputs, outputs):
    make_jack(sample_rate, frames, channels=8)
    choice = choose()
    assert (choice.name, choice.sample_rate, choice.frames) == ("jack", sample_rate, frames)
    engine = ClickEngine(sample_rate, inputs, outputs)
    driver.open(engine)
    driver.start()
    wait_until(lambda: engine.state["runs"] > 10, "sound")
    assert engine.state["sample"] == engine.state["runs"] * frames


def test_inputs_reach_the_engine(jack_server, jack_clients, driver, tmp_path):
    """One client's tone goes in at our input and out at our output."""
    source = JackDriver()
    try:
        source.open(ClickEngine(tone_level=0.5), client_name="source", connect=False)
        source.start()
        driver.open(ClickEngine(inputs=2, outputs=2), connect=False)
        driver.start()
        driver.connect("in_2", "source:out_1")
        jack_clients.record(tmp_path / "heard.wav", 1, "antiphon:out_1", "antiphon:out_2").wait(15)
    finally:
        source.close()
    heard, _ = soundfile.read(tmp_path / "heard.wav")
    assert np.max(np.abs(heard[:, 0])) == 0.0
    assert np.max(np.abs(heard[:, 1])) == pytest.approx(0.5, abs=0.001)


def test_a_keyboard_is_heard_when_it_is_plugged_in(jack_server, jack_clients, driver):
    engine = ClickEngine()
    driver.open(engine, midi_connect="midiseq")
    driver.start()
    for _ in range(2):  # plugged in, out and in again
        notes = int(engine.state["notes"])
        keyboard = jack_clients.midi_sequence(4800, (0, 60, 1000))
        wait_until(lambda notes=notes: engine.state["notes"] > notes, "a note of the new keyboard")
        keyboard.stop()


def test_long_sysex_passes_through(jack_server, jack_clients, driver):
    """The echo of a message longer than 16 bytes goes by pointer; jack_midi_latency_test compares its bytes."""
    driver.open(ClickEngine())
    driver.start()
    result = jack_clients.midi_latency_test("antiphon:midi_in", "antiphon:midi_out", messages=50, size=100)
    assert result["received"] == 50, result["text"]


def test_the_engine_may_be_exchanged_while_it_plays(jack_server, driver):
    first, second = ClickEngine(tone_level=0.5), ClickEngine(tone_level=0.25)
    driver.open(first)
    driver.start()
    wait_until(lambda: first.state["runs"] > 10, "sound")
    driver.attach(second)
    runs = int(first.state["runs"])
    wait_until(lambda: second.state["runs"] > 10, "sound of the second engine")
    assert first.state["runs"] == runs


def test_a_hung_server_is_left_and_found_again(jack_server, driver):
    engine = ClickEngine()
    driver.open(engine)
    driver.start()
    wait_until(lambda: engine.state["runs"] > 10, "sound")
    jack_server.program.signal(signal.SIGSTOP)
    wait_until(lambda: not driver.running, "the silence to be noticed")
    jack_server.kill()
    runs = int(engine.state["runs"])
    jack_server.start()
    wait_until(lambda: engine.state["runs"] > runs + 10, "sound to return", 30)


def test_what_cannot_be_opened_is_said_in_one_sentence(jack_server, driver, monkeypatch):
    with pytest.raises(AntiphonError, match="48000 Hz and the engine at 44100 Hz"):
        driver.open(ClickEngine(44_100))
    with pytest.raises(AntiphonError, match="16 to 2048"):
        driver.open(ClickEngine(), frames=7)
    with pytest.raises(AntiphonError, match="0 to 8"):
        driver.open(ClickEngine(outputs=9))
    with pytest.raises(AntiphonError, match="'no-such-server' is running"):
        driver.open(ClickEngine(), server="no-such-server")
    assert driver.state == "closed"
    driver.open(ClickEngine())
    with pytest.raises(AntiphonError, match="already open"):
        driver.open(ClickEngine())


def test_the_report_tells_the_scheduling(jack_server, driver):
    driver.open(ClickEngine())
    driver.start()
    wait_until(lambda: driver.callbacks > 10, "sound")
    report = driver.realtime_report()
    assert report.thread_id > 1
    if "-R" in jack_server.program.command:
        assert report.policy == "FIFO" and report.priority > 0
    else:
        assert report.missing
    assert driver.wake_histogram().sum() > 0
