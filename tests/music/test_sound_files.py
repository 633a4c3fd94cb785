"""Rendered files: what was written comes back, and carries no time of writing."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.native.errors import AntiphonError
from realtime.session.render import read_audio, write_audio


def test_a_float_wav_comes_back_to_the_last_bit_and_carries_no_time_stamp(tmp_path):
    sound = np.random.default_rng(0).standard_normal((2, 1000)).astype(np.float32)
    write_audio(tmp_path / "x.wav", sound, 48000)
    content = (tmp_path / "x.wav").read_bytes()
    assert b"PEAK" not in content and content[:4] == b"RIFF"
    back, rate = read_audio(tmp_path / "x.wav")
    assert rate == 48000 and np.array_equal(back, sound)


def test_flac_keeps_24_bits_and_other_endings_are_refused(tmp_path):
    sound = np.linspace(-0.9, 0.9, 500, dtype=np.float32)[None]
    write_audio(tmp_path / "x.flac", sound, 44100)
    assert np.abs(read_audio(tmp_path / "x.flac")[0] - sound).max() < 2**-22
    with pytest.raises(AntiphonError, match=r"\.wav or \.flac"):
        write_audio(tmp_path / "x.mp3", sound, 44100)
