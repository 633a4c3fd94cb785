"""Spectra of a sound and their cepstra: STFT, mel, MFCC, gammatone, GFCC, cepstrum; [workshop] (Davis and Mermelstein
1980; Shao, Jin, Wang and Srinivasan 2009; Bogert, Healy and Tukey 1963)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.fft import dct, irfft

from export.features.feature import Feature
from export.features.sound import FRAME, HOP, Sound, librosa

COEFFICIENTS = 13
FLOOR = 1e-10


def stft(sound: Sound) -> Feature:
    """Magnitudes (1 + FRAME / 2, frames) of a Hann-windowed short-time Fourier transform; a sine of amplitude 1 has
    1."""
    magnitude = np.abs(librosa().stft(sound.samples, n_fft=FRAME, hop_length=HOP)) * (4.0 / FRAME)
    frequencies = np.arange(magnitude.shape[0]) * sound.rate_hz / FRAME
    return Feature("stft", magnitude, "amplitude", sound.times_s(magnitude.shape[1]), frequencies)


def mel(sound: Sound, spectrum: Feature | None = None, bands: int = 128) -> Feature:
    """Power in mel bands in dB (bands, frames), 0 dB a sine of amplitude 1 on a band's middle."""
    spectrum = spectrum or stft(sound)
    module = librosa()
    weights = module.filters.mel(sr=sound.rate_hz, n_fft=FRAME, n_mels=bands, norm=None)
    power = weights @ spectrum.values**2
    centres = module.mel_frequencies(n_mels=bands + 2, fmin=0.0, fmax=sound.rate_hz / 2)[1:-1]
    return Feature("mel", 10.0 * np.log10(np.maximum(power, FLOOR)), "dB", spectrum.times_s, centres)


def mfcc(sound: Sound, mel_bands: Feature | None = None, count: int = COEFFICIENTS) -> Feature:
    """Mel-frequency cepstral coefficients (count, frames) of the band levels in dB; the first is the level."""
    bands = mel_bands or mel(sound)
    values = dct(bands.values, type=2, axis=0, norm="ortho")[:count]
    return Feature("mfcc", values, "dB", bands.times_s, tuple(str(i) for i in range(count)))


def erb_hz(frequency_hz):
    """Equivalent rectangular bandwidth of the ear's filter (Glasberg and Moore 1990)."""
    return 24.7 * (4.37 * np.asarray(frequency_hz) / 1000.0 + 1.0)


@lru_cache(maxsize=4)
def _gammatone_weights(rate_hz: int, bands: int, lowest_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """(bands, bins) power response of fourth-order gammatone filters, peak 1, evenly spaced on the ERB scale."""
    highest_hz = 0.45 * rate_hz
    scale = 9.26449 * 24.7  # of the ERB-rate scale
    low, high = np.log(1 + lowest_hz / scale), np.log(1 + highest_hz / scale)
    centres = scale * (np.exp(np.linspace(low, high, bands)) - 1)
    frequencies = np.arange(FRAME // 2 + 1) * rate_hz / FRAME
    apart = (frequencies[None, :] - centres[:, None]) / (1.019 * erb_hz(centres)[:, None])
    weights = (1.0 + apart**2) ** -4.0
    # narrow low filters between two bins of the transform would miss what lies between: same area a filter
    return centres, weights / weights.sum(axis=1, keepdims=True)


def gammatone(sound: Sound, spectrum: Feature | None = None, bands: int = 64, lowest_hz: float = 50.0) -> Feature:
    """Power in gammatone bands in dB (bands, frames), the ear's filters on the ERB scale."""
    spectrum = spectrum or stft(sound)
    centres, weights = _gammatone_weights(sound.rate_hz, bands, lowest_hz)
    power = weights @ spectrum.values**2
    return Feature("gammatone", 10.0 * np.log10(np.maximum(power, FLOOR)), "dB", spectrum.times_s, centres)


def gfcc(sound: Sound, spectrum: Feature | None = None, count: int = COEFFICIENTS, bands: int = 64) -> Feature:
    """Gammatone-frequency cepstral coefficients (count, frames): cosine transform of the cube root of the band
    amplitudes (Shao et al. 2009: the root, like the ear, keeps loud bands from drowning soft ones)."""
    heard = gammatone(sound, spectrum, bands)
    roots = 10.0 ** (heard.values / 60.0)  # cube root of the amplitude
    values = dct(roots, type=2, axis=0, norm="ortho")[:count]
    return Feature("gfcc", values, "amplitude^(1/3)", heard.times_s, tuple(str(i) for i in range(count)))


def cepstrum(sound: Sound, spectrum: Feature | None = None) -> Feature:
    """Real cepstrum (1 + FRAME / 2, frames): inverse transform of the log magnitudes; rows are quefrencies in
    seconds. A harmonic sound has a peak at its period."""
    spectrum = spectrum or stft(sound)
    values = irfft(np.log(np.maximum(spectrum.values, 1e-5)), axis=0)[: FRAME // 2 + 1]
    return Feature("cepstrum", values, "log amplitude", spectrum.times_s, np.arange(len(values)) / sound.rate_hz)
