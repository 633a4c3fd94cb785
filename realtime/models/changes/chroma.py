"""Chroma of a stretch of audio: which pitch classes its spectral peaks have; [player process] (Fujishima 1999; peaks as
in Gomez 2006)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

LOWEST_HZ, HIGHEST_HZ = 120.0, 2200.0  # below, neighbouring semitones cannot be told apart in half a beat
BASS_HZ = (40.0, 210.0)
BASS_SHARE = 0.3  # of the strongest low peak, for a peak to be the bass
FLOOR = 0.02  # peaks under this share of the largest are left out
SILENCE = 1e-3  # peak amplitude of a sine; below, nothing sounds


def chroma(samples: np.ndarray, sample_rate: float) -> tuple[np.ndarray, int]:
    """(12,) float32, 0..1: strength of each pitch class in mono samples (some 0.2 to 1 s), the strongest 1, zeros for
    silence; and the MIDI pitch of the lowest strong peak, -1 if there is none. Magnitudes are square-rooted, so that soft
    notes count."""
    result = np.zeros(12, np.float32)
    samples = np.asarray(samples, np.float32)
    if len(samples) < 64:
        return result, -1
    size = 1 << max(13, int(len(samples) * 2 - 1).bit_length())
    window = np.hanning(len(samples)).astype(np.float32)
    spectrum = np.abs(np.fft.rfft(samples * window, size)) / (window.sum() / 2)
    step = sample_rate / size
    top = float(spectrum.max())
    pitch, strength = _peaks(spectrum, step, LOWEST_HZ, HIGHEST_HZ, max(FLOOR * top, SILENCE))
    if not len(pitch):
        return result, -1
    nearest = np.round(pitch)
    np.add.at(result, nearest.astype(int) % 12, np.sqrt(strength) * np.exp(-(((pitch - nearest) / 0.25) ** 2)))
    low_pitch, low_strength = _peaks(spectrum, step, *BASS_HZ, max(FLOOR * top, SILENCE))
    strong = low_pitch[low_strength > BASS_SHARE * low_strength.max()] if len(low_pitch) else low_pitch
    return result / max(float(result.max()), 1e-9), int(round(float(strong[0]))) if len(strong) else -1


def _peaks(
    spectrum: np.ndarray, step: float, lowest_hz: float, highest_hz: float, floor: float
) -> tuple[np.ndarray, np.ndarray]:
    """MIDI pitches (not rounded, ascending) and magnitudes of the spectrum's peaks above a floor."""
    low, high = max(1, int(lowest_hz / step)), min(int(highest_hz / step), len(spectrum) - 2)
    if high <= low:
        return np.zeros(0), np.zeros(0)
    middle = spectrum[low : high + 1]
    k = low + np.flatnonzero(
        (middle > spectrum[low - 1 : high]) & (middle >= spectrum[low + 1 : high + 2]) & (middle > floor)
    )
    a, b, c = (np.log(spectrum[k + i] + 1e-12) for i in (-1, 0, 1))
    offset = np.clip(0.5 * (a - c) / np.minimum(a - 2 * b + c, -1e-9), -0.5, 0.5)  # parabola through the peak
    return 69 + 12 * np.log2((k + offset) * step / 440.0), spectrum[k]


def chroma_frames(samples: np.ndarray, sample_rate: float, starts_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(frames, 12) chroma and (frames,) lowest pitches between neighbouring times in seconds (one more than frames)."""
    edges = np.clip(np.round(np.asarray(starts_s) * sample_rate).astype(int), 0, len(samples))
    rows = [chroma(samples[a:b], sample_rate) for a, b in pairwise(edges)]
    return np.stack([r[0] for r in rows]), np.array([r[1] for r in rows], np.int64)
