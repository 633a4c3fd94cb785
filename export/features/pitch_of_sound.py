"""What pitch a sound has: chroma, constant-Q transform, fundamental frequency; [workshop] (Fujishima 1999; Brown 1991;
de Cheveigné and Kawahara 2002)."""

from __future__ import annotations

import numpy as np

from export.features.feature import Feature
from export.features.shape import rms_db
from export.features.sound import HOP, Sound, librosa
from export.features.spectrum import stft

CLASSES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
LOWEST_CQT_HZ = 32.703  # C1
F0_LOWEST_HZ, F0_HIGHEST_HZ = 55.0, 2000.0
F0_FRAME = 2048
VOICED_DB, VOICED_SHARE = -50.0, 0.7


def chroma(sound: Sound, spectrum: Feature | None = None) -> Feature:
    """Pitch-class energy from the STFT (12, frames), C first, each frame's greatest 1 (silence: 0)."""
    spectrum = spectrum or stft(sound)
    weights = librosa().filters.chroma(sr=sound.rate_hz, n_fft=2 * (len(spectrum.values) - 1))
    return Feature("chroma", _scaled(weights @ spectrum.values**2), "share", spectrum.times_s, CLASSES)


def cqt(sound: Sound, octaves: int = 7) -> Feature:
    """Constant-Q magnitudes (12 * octaves, frames) from C1 up, in dB, 0 dB a sine of amplitude 1; rows are frequencies
    in Hz."""
    module = librosa()
    # the highest filters must lie below half the sample rate
    while LOWEST_CQT_HZ * 2**octaves > 0.49 * sound.rate_hz:
        octaves -= 1
    values = np.abs(
        module.cqt(sound.samples, sr=sound.rate_hz, hop_length=HOP, fmin=LOWEST_CQT_HZ, n_bins=12 * octaves)
    )
    frequencies = LOWEST_CQT_HZ * 2.0 ** (np.arange(12 * octaves) / 12)
    # librosa keeps the energy of a filter: back to amplitude
    lengths, _ = module.filters.wavelet_lengths(freqs=frequencies, sr=sound.rate_hz)
    levels = 20.0 * np.log10(np.maximum(2.0 * values / np.sqrt(lengths)[:, None], 1e-5))
    return Feature("cqt", levels, "dB", sound.times_s(values.shape[1]), frequencies)


def chroma_cqt(sound: Sound, transform: Feature | None = None) -> Feature:
    """Pitch-class energy from the constant-Q transform (12, frames), C first: as fine in the bass as above."""
    transform = transform or cqt(sound)
    power = 10.0 ** (transform.values / 10.0)
    folded = power.reshape(-1, 12, power.shape[1]).sum(axis=0)
    return Feature("chroma_cqt", _scaled(folded), "share", transform.times_s, CLASSES)


def _scaled(energy: np.ndarray) -> np.ndarray:
    peak = energy.max(axis=0, keepdims=True)
    return np.where(peak > 1e-8, energy / np.maximum(peak, 1e-12), 0.0)


def f0(sound: Sound) -> Feature:
    """Fundamental frequency in Hz by YIN (frames,), nan where the sound is silent or has no period."""
    module = librosa()
    found = module.yin(
        sound.samples,
        fmin=F0_LOWEST_HZ,
        fmax=F0_HIGHEST_HZ,
        sr=sound.rate_hz,
        frame_length=F0_FRAME,
        hop_length=HOP,
    )
    refined, periodicity = _periods(sound, found)
    voiced = (rms_db(sound).values[: len(found)] > VOICED_DB) & (periodicity > VOICED_SHARE)
    values = np.where(voiced, refined, np.nan)
    return Feature("f0", np.where(_lonely(values), np.nan, values), "Hz", sound.times_s(len(found)))


def _lonely(values: np.ndarray, semitones: float = 1.0) -> np.ndarray:
    """Frames that agree with neither neighbour: slips of an octave between two notes."""
    with np.errstate(invalid="ignore"):
        apart = np.abs(np.diff(12.0 * np.log2(values))) <= semitones
    return ~(np.append(apart, False) | np.insert(apart, 0, False))


def _periods(sound: Sound, frequencies_hz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """YIN's estimates refined, and how well (0..1) each frame agrees with itself one period later.

    Up to four periods are compared: their correlation's peak, by a parabola, is four times as sharp.
    """
    padded = np.pad(sound.samples.astype(np.float64), F0_FRAME)
    refined, periodicity = frequencies_hz.copy(), np.zeros(len(frequencies_hz))
    width = F0_FRAME // 2
    for i, frequency in enumerate(frequencies_hz):
        period = sound.rate_hz / frequency
        start = i * HOP + F0_FRAME // 2
        periodicity[i] = _correlation(padded, start, max(1, round(period)), width)
        periods = int(min(4, max(1, 500 // period)))
        lag = round(periods * period)
        left, middle, right = (_correlation(padded, start, lag + d, width) for d in (-1, 0, 1))
        bend = left - 2 * middle + right
        if bend < -1e-12 and abs(left - right) < -2 * bend:
            refined[i] = sound.rate_hz * periods / (lag + 0.5 * (left - right) / bend)
    return refined, periodicity


def _correlation(samples: np.ndarray, start: int, lag: int, width: int) -> float:
    a, b = samples[start : start + width], samples[start + lag : start + lag + width]
    if lag < 1 or len(b) < width:
        return 0.0
    energy = float(np.sqrt(np.dot(a, a) * np.dot(b, b)))
    return float(np.dot(a, b)) / energy if energy > 1e-12 else 0.0
