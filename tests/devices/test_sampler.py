"""The sampler as a musician hears it: pitch, no aliasing, loops without a seam, gates and one-shots, files that are none."""

import numpy as np
import pytest
import soundfile

from realtime.contract.events import BEND, NOTE_CHOKE, NOTE_OFF, NOTE_ON, RESET
from realtime.devices import sampler
from realtime.devices.sampler import LANES, copies
from realtime.engine.solo import Rig
from realtime.native.errors import AntiphonError

RATE = 48000
GAIN = 0.35
STILL = dict(velocity_amp=0.0, attack_s=0.001)


def on(at, key, value=0.787):
    return (at, NOTE_ON, dict(key=key, value=value, channel=0))


def off(at, key):
    return (at, NOTE_OFF, dict(key=key, channel=0))


@pytest.fixture
def made(tmp_path):
    """made(samples, rate) -> a Rig that plays them; samples: (n,) or (n, channels)."""

    def make(samples, rate=RATE, play_rate=RATE, block=64, **values):
        path = tmp_path / f"s{len(list(tmp_path.iterdir()))}.wav"
        soundfile.write(path, np.asarray(samples, np.float32), rate, subtype="FLOAT")
        return Rig("sampler", play_rate, STILL | values, {"file": str(path)}, block=block)

    return make


def tone(hz, seconds=1.0, rate=RATE, level=0.5):
    return level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def partials(x, rate=RATE):
    """(frequency, dB under the strongest) of a steady sound, Kaiser-windowed."""
    bins = np.abs(np.fft.rfft(x * np.kaiser(len(x), 18)))
    return np.arange(len(bins)) * rate / len(x), 20 * np.log10(bins / bins.max() + 1e-12)


def strongest(x, rate=RATE):
    size = 1 << 20
    bins = np.abs(np.fft.rfft(x * np.hanning(len(x)), size))
    return np.argmax(bins) * rate / size


def steps(x):
    """Largest step from sample to sample."""
    return float(np.abs(np.diff(x)).max())


def test_on_its_root_key_it_is_the_recording_to_the_bit_of_its_floats(made):
    sound = np.random.default_rng(3).uniform(-0.5, 0.5, (RATE // 2, 2)).astype(np.float32)
    x = made(sound).run(seconds=0.4, events=[on(0, 60)])
    later = slice(480, RATE * 4 // 10)
    assert x[0][later] == pytest.approx(GAIN * sound[later, 0], abs=2e-6)
    assert x[1][later] == pytest.approx(GAIN * sound[later, 1], abs=2e-6), "both sides as they were"


@pytest.mark.parametrize("key", [36, 48, 55, 61, 67, 72, 79, 84, 96])
def test_every_key_is_in_tune(made, key):
    x = made(tone(440.0, 3.0), mode="loop").run(seconds=0.9, events=[on(0, key)])[0][4800:]
    wanted = 440.0 * 2 ** ((key - 60) / 12)
    assert abs(1200 * np.log2(strongest(x) / wanted)) < 1.0
    assert np.sqrt(np.mean(x**2)) == pytest.approx(GAIN * 0.5 / np.sqrt(2), rel=0.06)


def test_bend_tune_root_and_tracking_move_the_pitch(made):
    def pitch(key, events=(), **values):
        x = made(tone(440.0, 3.0), **values).run(seconds=0.6, events=[on(0, key), *events])[0]
        return 12 * np.log2(strongest(x[9600:]) / 440.0)

    assert pitch(60, tune_semitones=7, tune_cents=-50) == pytest.approx(6.5, abs=0.02)
    assert pitch(64, root_key=62) == pytest.approx(2.0, abs=0.02)
    assert pitch(72, key_track=0.0) == pytest.approx(0.0, abs=0.02)
    assert pitch(60, [(0, BEND, dict(value=2.0, channel=0))]) == pytest.approx(2.0, abs=0.02)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 96000])
def test_a_recording_of_another_rate_keeps_its_pitch_and_length(made, rate):
    x = made(tone(440.0, 0.5, rate), rate).run(seconds=1.0, events=[on(0, 60)])[0]
    assert abs(1200 * np.log2(strongest(x[2400:21600]) / 440.0)) < 1.0
    assert np.abs(x[: round(0.49 * RATE)]).max() > 0.1 and np.abs(x[round(0.51 * RATE) :]).max() < 1e-4


@pytest.mark.parametrize("semitones", [1, 5, 7, 11, 14, 19, 26, 31])
def test_played_up_nothing_folds_back_below_20_khz(made, semitones):
    """A comb of partials to 20 kHz: what must be heard is heard within 1 dB to 80 % of the band, all else is 55 dB down."""
    hz = np.arange(500.0, 20000.0, 500.0)
    sound = sum(np.sin(2 * np.pi * f * np.arange(4 * RATE) / RATE + f) for f in hz) * (0.5 / len(hz))
    ratio = 2 ** (semitones / 12)
    x = made(sound).run(seconds=min(0.5, 3.5 / ratio), events=[on(0, 60 + semitones)])[0][2400:]
    at, db = partials(x)
    wanted = hz * ratio
    near = np.abs(at[:, None] - wanted[None, :]).min(axis=1) < 60.0
    assert db[~near & (at > 100) & (at < 20000)].max() < -55.0
    for f in wanted[wanted < 14000]:
        assert db[np.abs(at - f) < 60].max() > -1.5, f


@pytest.mark.parametrize("semitones", [-1, -5, -12, -24])
def test_played_down_there_are_no_images(made, semitones):
    x = made(tone(15000.0, 2.0)).run(seconds=1.0, events=[on(0, 60 + semitones)])[0][2400:]
    at, db = partials(x)
    assert db[np.abs(at - 15000.0 * 2 ** (semitones / 12)) > 100.0].max() < -60.0


def test_the_copies_of_lower_octaves_lie_over_the_recording():
    sound = tone(200.0, 0.2)[None].astype(np.float32)
    for level, one in enumerate(copies(sound)[:4]):
        inner = one[0, sampler.PAD + 200 : sampler.PAD + 400]
        assert inner == pytest.approx(sound[0, 200 << level : 400 << level : 1 << level][: len(inner)], abs=1e-3)


def test_gate_one_shot_and_loop(made):
    sound = tone(300.0, 0.5)
    events = [on(0, 60), off(4800, 60)]
    gate = made(sound, release_s=0.05).run(seconds=0.5, events=events)[0]
    assert np.abs(gate[:4800]).max() > 0.1 and np.abs(gate[9600:]).max() < 1e-3
    shot = made(sound, mode="one-shot", release_s=0.05).run(seconds=1.0, events=events)[0]
    assert np.abs(shot[20000:23900]).max() > 0.1 and np.abs(shot[24100:]).max() == 0.0
    loop = made(sound, mode="loop", release_s=0.05)
    x = loop.run(seconds=3.0, events=[on(0, 60)])[0]
    assert np.abs(x[-4800:]).max() > 0.1, "round and round while it is held"
    assert np.abs(loop.run(seconds=0.5, events=[off(0, 60)])[0][9600:]).max() < 1e-3


@pytest.mark.parametrize("place", [(0.0, 1.0), (0.31, 0.77), (0.5, 0.56)])
def test_a_loop_of_any_place_has_no_seam(made, place):
    sound = tone(311.3, 1.0)  # never whole periods
    x = made(sound, mode="loop", loop_start=place[0], end=place[1], crossfade_s=0.02).run(
        seconds=3.0, events=[on(0, 60)]
    )[0]
    assert steps(x[200:]) <= 1.5 * GAIN * steps(sound)
    noise = np.random.default_rng(1).normal(0, 0.1, RATE)
    y = made(noise, mode="loop", loop_start=0.2, end=0.9, crossfade_s=0.1).run(seconds=4.0, events=[on(0, 60)])[0]
    level = [20 * np.log10(np.std(y[at : at + 2400])) for at in range(4800, len(y) - 2400, 2400)]
    assert max(level) - min(level) < 1.5, "a crossfade of what is not alike keeps its loudness"


def test_start_and_end_cut_without_a_click(made):
    sound = np.concatenate([tone(200.0, 0.5), tone(900.0, 0.5), tone(200.0, 0.5)])
    x = made(sound, start=1 / 3, end=2 / 3, mode="one-shot").run(seconds=1.0, events=[on(0, 60)])[0]
    assert abs(strongest(x[1000:23000]) - 900.0) < 2.0 and np.abs(x[24200:]).max() == 0.0
    steady = np.full(RATE, 0.5)
    y = made(steady, start=0.2, end=0.6, mode="one-shot").run(seconds=1.0, events=[on(0, 60)])[0]
    assert steps(y) < 0.006, "a cut in the middle of a recording is faded"


def test_velocity_polyphony_and_stealing(made):
    sound = np.full(4 * RATE, 0.5)
    soft, loud = (made(sound, velocity_amp=1.0).run(seconds=0.2, events=[on(0, 60, v)])[0][4800] for v in (0.5, 1.0))
    assert loud == pytest.approx(4.0 * soft, rel=1e-3)
    rig = made(sound, voices=1)
    x = rig.run(seconds=0.4, events=[on(0, 60), on(9600, 67)])[0]
    assert x[9000] == pytest.approx(x[12000], rel=1e-3), "one voice: the new note ends the one before"
    assert steps(x[9000:12000]) < 0.01, "without a click"
    many = made(sound).run(seconds=0.3, events=[on(20 * n, 30 + n % 60) for n in range(200)])
    assert np.isfinite(many).all()
    state = rig.instance.state[: sampler.STATE.itemsize].view(sampler.STATE)[0]
    assert int(state["count"]) <= LANES


def test_choke_reset_and_block_size(made):
    sound = tone(300.0, 2.0)
    for kind in (NOTE_CHOKE, RESET):
        x = made(sound, mode="one-shot").run(seconds=0.5, events=[on(0, 60), (4800, kind, dict(key=-1, channel=-1))])[0]
        assert np.abs(x[6000:]).max() == 0.0 and steps(x) < 0.02
    usual, odd = (made(sound, mode="loop", block=b).run(seconds=0.5, events=[on(5, 64)])[0] for b in (64, 7))
    assert usual == pytest.approx(odd, abs=1e-3)


def test_a_stereo_file_keeps_its_sides_and_one_of_six_channels_is_told(made):
    sides = np.stack([tone(300.0), np.zeros(RATE)], axis=1)
    x = made(sides).run(seconds=0.3, events=[on(0, 60)])
    assert np.abs(x[0]).max() > 0.1 and np.abs(x[1]).max() == 0.0
    rig = made(np.stack([tone(100.0 * n) for n in range(1, 7)], axis=1))
    assert "the first two" in rig.instance.report["warnings"][0]


def bad(tmp_path):
    (tmp_path / "text.wav").write_text("this is no sound")
    (tmp_path / "empty.wav").write_bytes(b"")
    soundfile.write(tmp_path / "silent.wav", np.zeros(4800), RATE)
    soundfile.write(tmp_path / "short.wav", np.ones(3) * 0.5, RATE)
    soundfile.write(tmp_path / "long.wav", tone(100.0, 2.0), RATE)
    broken = tone(100.0, 0.1).astype(np.float32)
    broken[200] = np.nan
    soundfile.write(tmp_path / "nan.wav", broken, RATE, subtype="FLOAT")


@pytest.mark.parametrize(
    ("name", "said"),
    [("text.wav", "convert it to WAV or FLAC"), ("empty.wav", "convert it"), ("silent.wav", "silence only"), ("", "a folder"),
     ("short.wav", "no sound yet"), ("nan.wav", "not finite"), ("gone.wav", "no such file"), ("long.wav", "a sampler holds")],
)  # fmt: skip
def test_a_file_that_is_none_is_told_in_a_sentence(tmp_path, monkeypatch, name, said):
    bad(tmp_path)
    monkeypatch.setattr(sampler, "LONGEST_S", 1.0)
    with pytest.raises(AntiphonError, match=said) as told:
        Rig("sampler", options={"file": str(tmp_path / name)})
    assert str(tmp_path) in str(told.value) and "\n" not in str(told.value)


def test_without_a_file_it_says_what_it_needs():
    with pytest.raises(AntiphonError, match="needs the option 'file'"):
        Rig("sampler", options={})
