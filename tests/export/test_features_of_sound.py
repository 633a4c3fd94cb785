"""Descriptors of sound, of signals whose values are known: sines, chords, clicks, noise, a sweep, silence."""

from __future__ import annotations

import json

import numpy as np
import pytest

from realtime.native.errors import AntiphonError

pytest.importorskip("librosa")
soundfile = pytest.importorskip("soundfile")

from export.features import onsets, pitch_of_sound, shape, spectrum  # noqa: E402
from export.features.sound import RATE_HZ, as_sound, load_sound  # noqa: E402
from export.features.table import describe, describe_audio  # noqa: E402

INNER = slice(6, -6)  # frames that lie wholly in the sound


def sine(frequency_hz: float, seconds: float = 1.5, amplitude: float = 0.5):
    return amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)


def harmonic(frequency_hz: float, seconds: float = 1.5, partials: int = 8):
    return sum(sine(k * frequency_hz, seconds, 0.3 / k) for k in range(1, partials + 1))


def clicks(bpm: float, seconds: float = 8.0):
    draw = np.random.default_rng(1)
    samples = 0.0002 * draw.normal(size=int(seconds * RATE_HZ))
    times = np.arange(0.2, seconds - 0.1, 60.0 / bpm)
    for t in times:
        start = int(t * RATE_HZ)
        samples[start : start + 600] += 0.4 * np.exp(-np.arange(600) / 100) * draw.normal(size=600)
    return samples, times


@pytest.mark.parametrize("frequency", [220.0, 1000.0, 4000.0])
def test_a_sine_has_its_frequency_as_centroid_rolloff_and_half_its_crossings(frequency):
    sound = as_sound(sine(frequency), RATE_HZ)
    found = shape.spectral_shape(sound)
    bin_hz = RATE_HZ / 2048
    assert np.nanmean(found["centroid"].values[INNER]) == pytest.approx(frequency, rel=0.005)
    assert np.nanmean(found["rolloff"].values[INNER]) == pytest.approx(frequency, abs=1.5 * bin_hz)
    assert np.nanmean(found["bandwidth"].values[INNER]) < 3 * bin_hz
    assert np.nanmax(found["flatness"].values[INNER]) < 1e-4
    assert np.nanmean(found["flux"].values[INNER]) < 0.02
    assert np.nanmin(found["crest"].values[INNER]) > 200
    assert np.nanmean(shape.zero_crossings(sound).values[INNER]) == pytest.approx(2 * frequency, rel=0.002)
    assert np.nanmean(shape.rms_db(sound).values[INNER]) == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.05)
    assert spectrum.stft(sound).values[:, 20].max() == pytest.approx(0.5, rel=0.16)


@pytest.mark.parametrize("frequency", [98.0, 220.0, 440.0, 987.77])
@pytest.mark.parametrize("wave", [sine, harmonic])
def test_pitch_within_five_cents(frequency, wave):
    found = pitch_of_sound.f0(as_sound(wave(frequency), RATE_HZ)).values[INNER]
    assert np.isfinite(found).mean() > 0.95
    assert abs(1200 * np.log2(np.nanmedian(found) / frequency)) < 5


def test_noise_is_flat_and_has_no_pitch():
    sound = as_sound(0.2 * np.random.default_rng(2).normal(size=RATE_HZ * 2), RATE_HZ)
    found = shape.spectral_shape(sound)
    # the mean log of a chi-squared power lies 2.5 dB under its mean: flatness 0.56
    assert np.nanmean(found["flatness"].values[INNER]) == pytest.approx(0.56, abs=0.03)
    assert np.nanmean(found["centroid"].values[INNER]) == pytest.approx(RATE_HZ / 4, rel=0.03)
    assert np.isfinite(pitch_of_sound.f0(sound).values).mean() < 0.05


def test_a_sweep_is_followed():
    t = np.arange(3 * RATE_HZ) / RATE_HZ
    sweep = 0.5 * np.sin(2 * np.pi * (200 * t + 100 * t**2))  # 200 Hz rising by 200 Hz a second
    sound = as_sound(sweep, RATE_HZ)
    f0 = pitch_of_sound.f0(sound)
    known = np.isfinite(f0.values)
    known[:6] = known[-6:] = False
    expected = 200 + 200 * f0.times_s[known]
    assert np.median(np.abs(1200 * np.log2(f0.values[known] / expected))) < 30
    centroid = shape.spectral_shape(sound)["centroid"]
    assert np.polyfit(centroid.times_s[INNER], centroid.values[INNER], 1)[0] == pytest.approx(200, rel=0.02)


@pytest.mark.parametrize("bpm", [75.0, 100.0, 120.0, 138.5])
def test_tempo_beats_and_onsets_of_clicks(bpm):
    samples, times = clicks(bpm)
    sound = as_sound(samples, RATE_HZ)
    found = onsets.beat(sound)
    assert float(found["tempo"].values) == pytest.approx(bpm, rel=0.002)
    nearest = [np.abs(times - b).min() for b in found["beats"].values]
    assert len(found["beats"].values) >= len(times) - 2 and max(nearest) < 0.02
    heard = onsets.onset_times(sound).values
    assert len(heard) == len(times)
    assert np.abs(heard - times).max() < 0.01


def test_chroma_of_a_chord():
    chord = sum(harmonic(f, partials=3) for f in (261.63, 329.63, 392.0)) / 3
    sound = as_sound(chord, RATE_HZ)
    for feature in (pitch_of_sound.chroma(sound), pitch_of_sound.chroma_cqt(sound)):
        assert set(np.argsort(feature.values[:, INNER].mean(axis=1))[-3:]) == {0, 4, 7}
        assert feature.values.max() == pytest.approx(1.0)


@pytest.mark.parametrize("pitch", [36, 57, 69, 81])
def test_constant_q_has_its_peak_at_the_note(pitch):
    frequency = 440.0 * 2 ** ((pitch - 69) / 12)
    transform = pitch_of_sound.cqt(as_sound(sine(frequency, 2.0, 1.0), RATE_HZ))
    middle = transform.values[:, transform.values.shape[1] // 2]
    assert int(np.argmax(middle)) == pitch - 24
    assert middle.max() == pytest.approx(0.0, abs=1.0)
    assert transform.rows[pitch - 24] == pytest.approx(frequency, rel=1e-3)


def test_cepstrum_has_a_peak_at_the_period():
    cepstrum = spectrum.cepstrum(as_sound(harmonic(200.0, partials=30), RATE_HZ))
    column = cepstrum.values[:, 20]
    first, last = int(0.002 * RATE_HZ), int(0.012 * RATE_HZ)
    assert cepstrum.rows[first + int(np.argmax(column[first:last]))] == pytest.approx(1 / 200, abs=1e-4)


def test_mel_and_gammatone_bands_lie_where_the_sine_is():
    sound = as_sound(sine(1000.0, amplitude=1.0), RATE_HZ)
    for feature in (spectrum.mel(sound), spectrum.gammatone(sound)):
        peak = int(np.argmax(feature.values[:, 20]))
        neighbours = np.asarray(feature.rows)[max(0, peak - 1) : peak + 2]
        assert neighbours[0] < 1000 < neighbours[-1]
    assert spectrum.erb_hz(1000.0) == pytest.approx(132.6, abs=0.1)


def test_cepstral_coefficients_tell_timbres_apart_not_loudness():
    soft, loud, other = (
        as_sound(s, RATE_HZ) for s in (harmonic(220.0), 2 * harmonic(220.0), harmonic(220.0, partials=2))
    )
    for cepstra in (spectrum.mfcc, spectrum.gfcc):
        a, b, c = (cepstra(s).values[1:, INNER].mean(axis=1) for s in (soft, loud, other))
        a, b, c = (v / np.linalg.norm(v) for v in (a, b, c))
        assert np.linalg.norm(a - b) < 0.25 * np.linalg.norm(a - c)
        assert cepstra(soft).values.shape[0] == 13


def test_the_table_is_flat_finite_and_drawn(tmp_path):
    samples = np.stack([clicks(120, 3.0)[0] + sine(440.0, 3.0, 0.2)] * 2, axis=1)
    soundfile.write(tmp_path / "x.wav", samples, RATE_HZ)
    text = describe(tmp_path / "x.wav", json=True, picture=tmp_path / "x.png")
    numbers = json.loads(text)["numbers"]
    assert all(isinstance(v, float) and np.isfinite(v) for v in numbers.values())
    assert numbers["duration"] == pytest.approx(3.0, abs=0.01)
    assert {"tempo", "mfcc_1_mean", "gfcc_12_spread", "chroma_A_mean", "centroid_mean"} <= set(numbers)
    assert numbers["chroma_A_mean"] > 0.5
    assert (tmp_path / "x.png").read_bytes()[:4] == b"\x89PNG"
    assert "tempo" in describe(tmp_path / "x.wav")


def test_silence_has_a_level_and_nothing_else():
    numbers = describe_audio(as_sound(np.zeros(RATE_HZ), RATE_HZ))
    assert numbers["level_mean"] == pytest.approx(-120.0)
    assert numbers["voiced_share"] == 0.0 and numbers["beats"] == 0.0 and "tempo" not in numbers
    assert "centroid_mean" not in numbers


def test_bad_files_are_told_in_one_sentence(tmp_path):
    with pytest.raises(AntiphonError, match="no such file"):
        load_sound(tmp_path / "none.wav")
    (tmp_path / "bad.wav").write_bytes(b"RIFF not a sound")
    with pytest.raises(AntiphonError, match="WAV or FLAC"):
        load_sound(tmp_path / "bad.wav")
    with pytest.raises(AntiphonError, match="shorter"):
        as_sound(np.zeros(10), RATE_HZ)
    with pytest.raises(AntiphonError, match="no numbers"):
        as_sound(np.full(RATE_HZ, np.nan), RATE_HZ)
    soundfile.write(tmp_path / "ok.wav", sine(440.0), RATE_HZ)
    with pytest.raises(AntiphonError, match="another place"):
        describe(tmp_path / "ok.wav", picture=tmp_path / "no" / "x.png")
    assert load_sound(tmp_path / "ok.wav", 16000).rate_hz == 16000
