"""Sound files: what was written comes back and carries no time of writing; wrong headers cost nothing of the sound."""

from __future__ import annotations

import resource

import numpy as np
import pytest
import soundfile

from realtime.music.sound_file import SoundWriter, read_sound, write_sound
from realtime.native.errors import AntiphonError

RATE_HZ = 48000


def noise(channels=2, frames=10_000):
    return (0.2 * np.random.default_rng(0).standard_normal((channels, frames))).astype(np.float32)


def test_a_float_wav_comes_back_to_the_last_bit_and_carries_no_time_stamp(tmp_path):
    write_sound(tmp_path / "x.wav", noise(), RATE_HZ)
    content = (tmp_path / "x.wav").read_bytes()
    assert b"PEAK" not in content and content[:4] == b"RIFF"
    back = read_sound(tmp_path / "x.wav")
    assert back.rate_hz == RATE_HZ and np.array_equal(back.samples, noise()) and not back.damage


def test_flac_keeps_24_bits_and_other_endings_are_refused(tmp_path):
    sound = np.linspace(-0.9, 0.9, 500, dtype=np.float32)[None]
    write_sound(tmp_path / "x.flac", sound, 44100)
    assert np.abs(read_sound(tmp_path / "x.flac").samples - sound).max() < 2**-22
    with pytest.raises(AntiphonError, match=r"\.wav or \.flac"):
        write_sound(tmp_path / "x.mp3", sound, 44100)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 96000, 192000])
@pytest.mark.parametrize("channels", [1, 2, 6, 8])
@pytest.mark.parametrize(("kind", "subtype", "step"), [
    ("WAV", "PCM_U8", 2**-7), ("WAV", "PCM_24", 2**-22), ("WAV", "DOUBLE", 0.0), ("AIFF", "PCM_16", 2**-14),
    ("W64", "FLOAT", 0.0), ("RF64", "PCM_32", 2**-24),
])  # fmt: skip
def test_every_width_rate_and_container(tmp_path, rate, channels, kind, subtype, step):
    sound = np.clip(noise(channels, 700), -0.9, 0.9)
    soundfile.write(tmp_path / "x", sound.T, rate, format=kind, subtype=subtype)
    back = read_sound(tmp_path / "x")
    assert back.rate_hz == rate and back.samples.shape == sound.shape
    assert np.abs(back.samples - sound).max() <= step


def patched(path, mark, offset, content):
    data = bytearray(path.read_bytes())
    at = data.find(mark) + offset
    data[at : at + len(content)] = content
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("length", [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f"])
def test_a_wav_whose_recorder_was_killed_is_read_to_its_end(tmp_path, length):
    soundfile.write(tmp_path / "x.wav", noise().T, RATE_HZ, subtype="FLOAT")
    patched(tmp_path / "x.wav", b"data", 4, length)
    patched(tmp_path / "x.wav", b"RIFF", 4, length)
    assert np.array_equal(read_sound(tmp_path / "x.wav").samples, noise())


def test_a_flac_of_unknown_length_is_read_to_its_end(tmp_path):
    write_sound(tmp_path / "x.flac", noise(), RATE_HZ)
    whole = read_sound(tmp_path / "x.flac").samples
    data = bytearray((tmp_path / "x.flac").read_bytes())
    data[21] &= 0xF0  # the 36 bits of the number of samples in STREAMINFO
    data[22:26] = b"\0\0\0\0"
    (tmp_path / "x.flac").write_bytes(bytes(data))
    assert np.array_equal(read_sound(tmp_path / "x.flac").samples, whole)


def test_what_lies_before_the_damage_is_read_and_the_damage_told(tmp_path):
    write_sound(tmp_path / "x.flac", noise(2, 60_000), RATE_HZ)
    whole = read_sound(tmp_path / "x.flac").samples
    data = (tmp_path / "x.flac").read_bytes()
    (tmp_path / "x.flac").write_bytes(data[: len(data) // 2])
    part = read_sound(tmp_path / "x.flac")
    frames = part.samples.shape[1]
    assert frames > 20_000 and np.array_equal(part.samples, whole[:, :frames])
    assert "damaged after" in part.damage


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\x24\0\0\0WAVE", b"no sound at all" * 50])
def test_what_is_no_sound_is_told_in_a_sentence(tmp_path, content):
    (tmp_path / "x.wav").write_bytes(content)
    with pytest.raises(AntiphonError, match=r"x\.wav"):
        read_sound(tmp_path / "x.wav")


@pytest.mark.parametrize(("value", "words"), [(np.nan, "not finite"), (np.inf, "not finite"), (1e30, r"\+600 dBFS")])
def test_samples_that_are_no_sound_are_told_with_their_place(tmp_path, value, words):
    sound = noise()
    sound[1, 4800] = value
    soundfile.write(tmp_path / "x.wav", sound.T, RATE_HZ, subtype="FLOAT")
    with pytest.raises(AntiphonError, match=f"{words}.* 0.100 s"):
        read_sound(tmp_path / "x.wav")


def test_nothing_and_folders_are_told(tmp_path):
    soundfile.write(tmp_path / "x.wav", np.zeros((0, 2)), RATE_HZ)
    for path, words in ((tmp_path / "x.wav", "no sound"), (tmp_path, "folder"), (tmp_path / "y.wav", "no such file")):
        with pytest.raises(AntiphonError, match=words):
            read_sound(path)


@pytest.mark.parametrize("ending", [".wav", ".flac"])
def test_a_full_disk_leaves_the_earlier_file_and_no_half_one(tmp_path, ending):
    path = tmp_path / f"take{ending}"
    write_sound(path, noise(2, 100), RATE_HZ)
    earlier = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(AntiphonError, match=r"too large.*earlier file"):
            write_sound(path, noise(), RATE_HZ)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == earlier and [p.name for p in tmp_path.iterdir()] == [path.name]


def test_sound_that_is_no_number_is_not_written(tmp_path):
    sound = noise()
    sound[0, 480] = np.nan
    with pytest.raises(AntiphonError, match=r"0\.010 s"):
        write_sound(tmp_path / "x.wav", sound, RATE_HZ)
    assert not list(tmp_path.iterdir())


def test_the_writer_tells_peak_and_clipping(tmp_path):
    sound = np.array([[0.5, -2.0, 1.5, 0.0]], np.float32)
    assert write_sound(tmp_path / "x.wav", sound, RATE_HZ).clipped == 0
    written = write_sound(tmp_path / "x.flac", sound, RATE_HZ)
    assert written.clipped == 2 and written.peak == 2.0


def test_a_wav_that_may_outgrow_4_gib_has_a_header_that_can_tell(tmp_path):
    with SoundWriter(tmp_path / "x.wav", RATE_HZ, 2, most_frames=1 << 30) as file:
        file.write(noise())
    assert (tmp_path / "x.wav").read_bytes()[:4] == b"RF64"
    assert np.array_equal(read_sound(tmp_path / "x.wav").samples, noise())


def test_a_wav_above_4_gib_with_a_header_of_32_bits_is_read_to_its_end(tmp_path):
    from realtime.music import sound_file

    soundfile.write(tmp_path / "x.wav", noise(1, 1000).T, RATE_HZ, subtype="FLOAT")
    size = (1 << 32) + 4096
    with open(tmp_path / "x.wav", "rb+") as file:
        file.truncate(size)  # a hole: no disk is used
        data_at = file.seek(0) + file.read(4096).find(b"data")
        patched_length = (size - data_at - 8) & 0xFFFFFFFF
        file.seek(data_at + 4)
        file.write(patched_length.to_bytes(4, "little"))
    with sound_file.ExitStack() as stack:
        file = stack.enter_context(sound_file._opened(tmp_path / "x.wav", stack))
        assert file.frames == (size - data_at - 8) // 4
