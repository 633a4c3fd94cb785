"""Recordings: every frame once, in order; whole up to the last half second after a kill, and after a disk that is full."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import soundfile

from realtime.engine.engine import Engine
from realtime.engine.growing_file import GrowingFile
from realtime.engine.rack import Rack, Slot, Track
from realtime.engine.recorder import Recorder
from realtime.native.errors import AntiphonError
from realtime.native.jit import audio
from realtime.native.quiesce import enter, leave
from tests.engine.small_devices import sine
from tests.rig.waiting import wait_until

RATE = 48000


def playing() -> Engine:
    engine = Engine(RATE)
    engine.swap(engine.compile(Rack([Track("t", [Slot(sine)])])), 0.0)
    engine.midi_in(1, b"\x90\x3c\x64", 0)
    return engine


@pytest.mark.parametrize(("suffix", "error"), [(".wav", 0.0), (".flac", 2e-7)])
def test_what_was_heard_is_what_is_written(tmp_path, suffix, error):
    engine = playing()
    recorder = Recorder(engine, tmp_path / f"take{suffix}").start()
    heard = [engine.process(frames=n) for n in (64, 1000, 17, 20000, 9999)]
    path = recorder.stop()
    written, rate = soundfile.read(path, dtype="float32")
    assert rate == RATE and recorder.lost == 0
    np.testing.assert_allclose(written.T, np.concatenate(heard, axis=1), atol=error)


def test_a_wrong_name_or_place_is_one_sentence(tmp_path):
    with pytest.raises(AntiphonError, match=r"end the name in \.wav, \.flac"):
        Recorder(playing(), tmp_path / "take.mp3")
    (tmp_path / "file").touch()
    with pytest.raises(AntiphonError, match="choose another folder"):
        Recorder(playing(), tmp_path / "file" / "take.wav")


def test_no_frame_is_lost_or_doubled_where_a_recording_begins_and_ends(tmp_path):
    """The callback runs on while takes start and stop: each is one stretch of what was heard, to the bit."""
    engine = playing()
    heard, end = [], threading.Event()

    def callback() -> None:
        while not end.is_set():
            heard.append(engine.process(frames=48, block=48))

    thread = threading.Thread(target=callback)
    thread.start()
    paths = []
    try:
        for _ in range(4):
            recorder = Recorder(engine, tmp_path / "take.wav").start()
            wait_until(lambda recorder=recorder: recorder.frames > 2000, "a stretch of sound")
            paths.append(recorder.stop())
            engine.collect()
    finally:
        end.set()
        thread.join()
    whole = np.concatenate(heard, axis=1)
    begins = [0]
    for path in paths:
        take = soundfile.read(path, dtype="float32", always_2d=True)[0].T
        starts = range(begins[-1], whole.shape[1] - take.shape[1] + 1, 48)
        at = next((at for at in starts if np.array_equal(whole[:, at : at + take.shape[1]], take)), None)
        assert at is not None, f"{path.name} is no stretch of what was heard"
        begins.append(at + take.shape[1])
    assert [path.name for path in paths] == ["take.wav", "take-2.wav", "take-3.wav", "take-4.wav"]


def noise(frames: int, channels: int = 2) -> np.ndarray:
    return (np.random.default_rng(7).standard_normal((frames, channels)) * 0.1).astype(np.float32)


KINDS = [(".wav", 0), (".w64", 0), (".rf64", 0), (".flac", 4096)]


@pytest.mark.parametrize(("suffix", "block"), KINDS)
def test_a_file_that_grows_is_whole_at_every_moment(tmp_path, suffix, block):
    """Any reader, at any time, without its end: what a kill leaves. FLAC ends at a whole block of its encoder."""
    path, sound = tmp_path / f"night{suffix}", noise(60_000)
    file = GrowingFile(path, RATE, 2)
    for at in range(0, 60_000, 7_000):
        file.write(sound[at : at + 7_000])
        file.secure()
        read = soundfile.read(path, dtype="float32")[0]
        written = min(60_000, at + 7_000)
        assert written - len(read) <= block
        np.testing.assert_allclose(read, sound[: len(read)], atol=2e-7)
    file.close()
    np.testing.assert_allclose(soundfile.read(path, dtype="float32")[0], sound, atol=2e-7)


def test_a_wav_is_a_plain_one_until_it_cannot_be(tmp_path):
    """Below 4 GiB every reader knows it; above, the sizes are RF64's (a hole stands for the sound here)."""
    file = GrowingFile(tmp_path / "long.wav", RATE, 8)
    file.write(noise(1000, 8))
    file.secure()
    assert (tmp_path / "long.wav").read_bytes()[:4] == b"RIFF" and soundfile.info(file.path).frames == 1000
    frames = 1000 + (1 << 27) + 12_345  # 4 GiB and a little
    head = os.path.getsize(file.path) - 1000 * 32
    os.truncate(file.path, head + frames * 32)
    file._sound.seek(0, 2)
    file.write(noise(1000, 8))
    file.secure()
    with open(file.path, "rb") as raw:
        assert raw.read(4) == b"RF64"
    assert soundfile.info(file.path).frames >= frames
    file.close()


FULL = """
import resource, signal, sys, time
from tests.engine.test_recorder import playing
from realtime.engine.recorder import Recorder
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
engine = playing()
recorder = Recorder(engine, sys.argv[1]).start()
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, -1))
heard, deadline = 0, time.monotonic() + 60
while not recorder.error and time.monotonic() < deadline:
    heard += engine.process(frames=4800).shape[1]
sound = engine.process(frames=4800)
print(recorder.error)
print(abs(sound).max() > 0.01)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a limit to a file's size stands for the full disk")
@pytest.mark.parametrize(("suffix", "least"), [(".wav", 15_000), (".w64", 15_000), (".flac", 15_000)])
def test_a_full_disk_costs_only_what_was_not_yet_written(tmp_path, suffix, least):
    path = tmp_path / f"take{suffix}"
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, timeout=120)
    sentence, sounds = done.stdout.splitlines()
    assert f"the recording {path} stopped after" in sentence and "the music goes on" in sentence
    assert sounds == "True" and "Traceback" not in done.stderr
    sound, _ = soundfile.read(path, dtype="float32")
    assert len(sound) >= least and np.abs(sound).max() > 0.01


def test_a_broken_file_is_told_and_the_engine_plays_on(tmp_path, monkeypatch):
    monkeypatch.setattr(GrowingFile, "write", lambda *_: 1 / 0)
    engine = playing()
    recorder = Recorder(engine, tmp_path / "take.wav").start()
    engine.process(frames=512)
    wait_until(lambda: recorder.error, "the error")
    assert "division by zero" in recorder.error and engine.record["record_ring"][0] == 0
    with pytest.raises(AntiphonError, match="the music goes on"):
        recorder.stop()
    assert np.abs(engine.process(frames=4096)).max() > 0.01


def test_the_ring_is_kept_until_the_callback_has_left_it(tmp_path):
    """A callback held inside its block (here: entered and not left) still has the ring's memory."""
    engine = playing()
    recorder = Recorder(engine, tmp_path / "take.wav").start()
    engine.process(frames=64)
    _enter_block(engine.quiesce.address)
    held = threading.Thread(target=lambda: (time.sleep(0.2), _leave_block(engine.quiesce.address)))
    held.start()
    recorder.stop()
    assert not held.is_alive() or engine.quiesce.passed(engine.quiesce.mark()), "the stop waited for the block's end"
    held.join()
    assert engine._recording is None and engine.quiesce.collect() == 0


@audio
def _enter_block(address):
    enter(address)


@audio
def _leave_block(address):
    leave(address)


def test_a_killed_engine_leaves_a_whole_file(tmp_path):
    path = tmp_path / "night.wav"
    child = subprocess.Popen(
        [sys.executable, "-m", "realtime.cli", "play", "--headless", "--driver", "null", "--midi", "none", "--demo",
         "--record", str(path)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 200
        frames = 0
        while frames < 2 * RATE and time.monotonic() < deadline:
            time.sleep(0.2)
            if path.exists() and path.stat().st_size > 1000:
                frames = soundfile.info(path).frames
        os.kill(child.pid, signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
    sound, _ = soundfile.read(path, dtype="float32")
    assert len(sound) >= 2 * RATE and np.abs(sound).max() > 0.01
