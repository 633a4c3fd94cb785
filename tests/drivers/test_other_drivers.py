"""PipeWire, the null clock, offline renders and PortAudio."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from realtime.drivers.choose import choose, create
from realtime.drivers.jack import JackDriver
from realtime.drivers.null import NullDriver
from realtime.drivers.offline import OfflineDriver
from realtime.drivers.portaudio import PortAudioDriver
from realtime.native.cache import ROOT
from realtime.native.errors import AntiphonError
from tests.rig.click_engine import ClickEngine
from tests.rig.waiting import wait_until

# -- PipeWire --------------------------------------------------------------------------------------------------------


def test_pipewire_plays_to_its_sink_and_returns_after_a_crash(pipewire):
    choice = choose()
    assert choice.name == "jack" and "PipeWire" in choice.why and choice.sample_rate == 48_000
    engine = ClickEngine(tone_level=0.5)
    driver = JackDriver()
    try:
        driver.open(engine, frames=128)
        driver.start()
        wait_until(lambda: engine.state["runs"] > 50, "sound")
        assert driver.frames == 128
        assert "nullsink:playback_FL\n   antiphon:out_1" in pipewire.ports()
        pipewire.kill()
        wait_until(lambda: driver.state == "lost", "the loss to be noticed")
        runs = int(engine.state["runs"])
        pipewire.start()
        wait_until(lambda: engine.state["runs"] > runs + 50, "sound to return")
        wait_until(lambda: "nullsink:playback_FR\n   antiphon:out_2" in pipewire.ports(), "the connection to return")
    finally:
        driver.close()


# -- null ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sample_rate", "frames"), [(44_100, 16), (48_000, 64), (192_000, 2048)])
def test_the_null_clock_neither_gains_nor_loses(sample_rate, frames):
    engine = ClickEngine(sample_rate, tone_level=0.25)
    driver = NullDriver()
    driver.open(engine, frames)
    driver.start()
    wait_until(lambda: driver.callbacks * frames >= sample_rate // 4, "a quarter of a second of blocks")
    # between two looks at the clock the count must lie where the clock says, to the block
    record = driver.control.record
    before = time.monotonic_ns()
    blocks = driver.callbacks + driver.skipped
    after = time.monotonic_ns()
    driver.stop()
    start = int(record["start_ns"])
    period_ns = frames * 1e9 / sample_rate
    slack = 1 + driver.skipped + 20e6 / period_ns  # a thread may be held up, but never loses its place
    assert (before - start) / period_ns - slack <= blocks <= (after - start) / period_ns + 1
    assert engine.state["sample"] == driver.callbacks * frames
    assert np.max(np.abs(driver.outputs)) <= 0.25
    driver.close()


def test_the_null_clock_starts_again_after_a_stop():
    engine, driver = ClickEngine(), NullDriver()
    driver.open(engine, 64)
    for _ in range(2):
        driver.start()
        runs = int(engine.state["runs"])
        wait_until(lambda runs=runs: engine.state["runs"] > runs + 10, "blocks")
        driver.stop()
        assert not driver.running
    driver.close()
    driver.close()
    with pytest.raises(AntiphonError, match="closed: open it"):
        driver.start()


def test_the_null_clock_goes_on_while_the_interpreter_is_held():
    """A C call that keeps the interpreter lock for 0.3 s stops every Python thread, and no block."""
    import ctypes

    engine, driver = ClickEngine(), NullDriver()
    driver.open(engine, 64)
    driver.start()
    wait_until(lambda: driver.callbacks > 10, "blocks")
    usleep = ctypes.PyDLL(None).usleep
    before = driver.callbacks
    usleep(300_000)
    played = driver.callbacks + driver.skipped - before
    driver.close()
    assert played >= 0.25 * 48_000 / 64


# -- offline ---------------------------------------------------------------------------------------------------------

SYSEX = bytes([0xF0, *range(100), 0xF7])
SONG = [(0, 0, b"\x90\x3c\x40"), (1001, 1, b"\x90\x40\x40"), (63, 0, b"\x90\x43\x40"), (30_000, 0, SYSEX)]


def render(frames: int, parts=(48_000,)) -> tuple[bytes, list]:
    driver = OfflineDriver()
    driver.open(ClickEngine(inputs=1, tone_level=0.3), frames)
    audio, played, done = [], [], 0
    noise = np.random.default_rng(1).uniform(-0.1, 0.1, (1, sum(parts))).astype(np.float32)
    for part in parts:
        song = [(at - done, source, data) for at, source, data in SONG if done <= at < done + part]
        sound, messages = driver.render(part, noise[:, done : done + part], song)
        audio.append(sound)
        played += [(at + done, port, data) for at, port, data in messages]
        done += part
    driver.close()
    return np.concatenate(audio, axis=1).tobytes(), played


def test_offline_is_bit_exact_whatever_the_blocks():
    sound, played = render(64)
    assert render(64) == (sound, played)
    assert played == sorted(SONG)
    heard = np.frombuffer(sound, np.float32).reshape(2, -1)
    assert np.flatnonzero(heard[0] == 1.0).tolist() == [0, 63, 1001]
    for frames in (16, 100, 2048):
        assert render(frames) == (sound, played)
    assert render(64, (1, 999, 47_000)) == (sound, played)


def test_offline_says_what_is_wrong_with_its_input():
    driver = OfflineDriver()
    with pytest.raises(AntiphonError, match="open it before rendering"):
        driver.render(64)
    driver.open(ClickEngine(inputs=2))
    with pytest.raises(AntiphonError, match=r"shape \(1, 64\), the engine wants \(2, 64\)"):
        driver.render(64, np.zeros((1, 64)))
    driver.close()


def test_offline_renders_on_its_own_until_stopped():
    engine, driver = ClickEngine(), OfflineDriver()
    driver.open(engine)
    driver.start()
    wait_until(lambda: driver.position > 48_000, "a second of music")
    driver.close()
    assert engine.state["sample"] == driver.position


# -- PortAudio and the choice ----------------------------------------------------------------------------------------


def test_a_device_that_does_not_exist_is_one_clear_sentence():
    driver = PortAudioDriver()
    with pytest.raises(AntiphonError, match=r"No audio device with outputs matches 'Focusrite \('. There are: "):
        driver.open(ClickEngine(), device="Focusrite (")
    assert driver.state == "closed"
    with pytest.raises(AntiphonError, match="no driver 'alsa': choose one of jack, portaudio, null, offline"):
        create("alsa")


PORTAUDIO = """
import sys
from realtime.drivers.portaudio import PortAudioDriver, devices, sounddevice
from tests.rig.click_engine import ClickEngine
from tests.rig.waiting import wait_until
from realtime.native.errors import AntiphonError
[device] = [d for d in devices() if d["name"] == "system"]
assert (device["inputs"], device["outputs"], device["default"]) == (8, 8, True), device
for inputs, outputs, frames in ((0, 2, 64), (1, 1, 256), (8, 8, 64)):
    engine, driver = ClickEngine(inputs=inputs, outputs=outputs, tone_level=.5), PortAudioDriver()
    driver.open(engine, frames, device="^sys")
    driver.start()
    wait_until(lambda: engine.state["runs"] > 10, "sound")
    driver.stop()
    assert engine.state["sample"] == engine.state["runs"] * frames
    driver.start()
    runs = int(engine.state["runs"])
    wait_until(lambda: engine.state["runs"] > runs + 10, "sound after a stop")
    driver.close()
try:
    PortAudioDriver().open(ClickEngine(44100), device="system")
except AntiphonError as error:
    assert "can not be opened at 44100 Hz" in str(error), error
else:
    raise SystemExit("44100 Hz should not open")
sounddevice()._terminate()
print("fine")
"""


def test_portaudio_plays_mono_stereo_and_eight_channels(make_jack):
    """Over PortAudio's JACK host API, the only one on a machine without sound; it wants a process of its own."""
    make_jack(channels=8)
    answer = subprocess.run([sys.executable, "-c", PORTAUDIO], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert answer.stdout.strip().endswith("fine"), answer.stdout + answer.stderr


def test_without_a_server_or_a_device_the_null_clock_is_chosen(monkeypatch):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody-home")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nonexistent")
    monkeypatch.setenv("PIPEWIRE_RUNTIME_DIR", "/nonexistent")
    with pytest.raises(AntiphonError, match="'nobody-home' is running"):
        choose("jack")
    choice = choose()
    assert choice.name in ("null", "portaudio")  # a developer's machine may have a sound card
    assert choice.why.startswith("no JACK or PipeWire server is running")
    assert choose("null", sample_rate=96_000).sample_rate == 96_000
    assert choose("offline").create().name == "offline"
