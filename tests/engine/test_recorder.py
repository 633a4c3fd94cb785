"""Recordings: every frame, in order, in WAV and FLAC; whole up to the last half second after a kill."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile

from realtime.engine.engine import Engine
from realtime.engine.rack import Rack, Slot, Track
from realtime.engine.recorder import Recorder
from realtime.native.errors import AntiphonError
from tests.engine.small_devices import sine

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
