"""The shape of a spectrum in single numbers a frame: centroid, bandwidth, rolloff, flatness, flux, crest, zero crossings,
level; [workshop] (Peeters 2004; Lerch, An Introduction to Audio Content Analysis 2012)."""

from __future__ import annotations

import numpy as np

from export.features.feature import Feature, by_name
from export.features.sound import FRAME, HOP, Sound
from export.features.spectrum import stft

ROLLOFF_SHARE = 0.85
SILENCE_DB = -70.0


def spectral_shape(sound: Sound, spectrum: Feature | None = None) -> dict[str, Feature]:
    """centroid, bandwidth and rolloff in Hz, flatness 0 (a tone) .. 1 (white noise), crest (peak over mean of the
    magnitudes, 1 .. bins), flux (rise of the normalised spectrum from frame to frame, 0..1). Frames of silence are
    nan."""
    spectrum = spectrum or stft(sound)
    magnitude, frequencies = spectrum.values, np.asarray(spectrum.rows)[:, None]
    total = magnitude.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = magnitude / total
        centroid = (share * frequencies).sum(axis=0)
        bandwidth = np.sqrt((share * (frequencies - centroid) ** 2).sum(axis=0))
        power = magnitude**2
        below = np.cumsum(power, axis=0) >= ROLLOFF_SHARE * power.sum(axis=0)
        rolloff = frequencies[:, 0][np.argmax(below, axis=0)]
        floored = np.maximum(power, 1e-12)
        flatness = np.exp(np.log(floored).mean(axis=0)) / floored.mean(axis=0)
        crest = magnitude.max(axis=0) / magnitude.mean(axis=0)
        rise = np.maximum(np.diff(np.nan_to_num(share), axis=1, prepend=np.nan_to_num(share[:, :1])), 0.0)
    flux = rise.sum(axis=0)
    silent = rms_db(sound).values[: len(total)] < SILENCE_DB
    features = [
        ("centroid", centroid, "Hz"),
        ("bandwidth", bandwidth, "Hz"),
        ("rolloff", rolloff, "Hz"),
        ("flatness", flatness, "share"),
        ("crest", crest, "ratio"),
        ("flux", flux, "share"),
    ]
    return by_name(
        Feature(name, np.where(silent, np.nan, values), unit, spectrum.times_s) for name, values, unit in features
    )


def _frames(sound: Sound) -> np.ndarray:
    """(frames, FRAME) views, centred as the spectra are."""
    padded = np.pad(sound.samples, FRAME // 2)
    return np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]


def rms_db(sound: Sound) -> Feature:
    """Level of each frame in dB, 0 dB a square wave at full scale."""
    level = np.sqrt(np.mean(_frames(sound).astype(np.float64) ** 2, axis=1))
    return Feature("level", 20.0 * np.log10(np.maximum(level, 1e-6)), "dB", sound.times_s(len(level)))


def zero_crossings(sound: Sound) -> Feature:
    """Crossings of zero a second: twice the frequency of a sine; nan in silence."""
    frames = _frames(sound)
    signs = np.signbit(frames)
    rate = np.count_nonzero(signs[:, 1:] != signs[:, :-1], axis=1) * sound.rate_hz / (FRAME - 1)
    silent = rms_db(sound).values < SILENCE_DB
    return Feature("zero_crossings", np.where(silent, np.nan, rate), "1/s", sound.times_s(len(rate)))
