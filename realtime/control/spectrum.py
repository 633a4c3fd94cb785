"""Short-time spectrum of the output for eyes: Hann window, real FFT, dBFS per log-spaced band; never audio thread.

Source: J. O. Smith, "Spectral Audio Signal Processing", W3K 2011 (window gain). A full-scale sine reads 0 dB.
"""

from functools import lru_cache

import numpy as np

FLOOR_DB = -120.0


@lru_cache(maxsize=16)
def bands_hz(count: int, low_hz: float = 20.0, high_hz: float = 20000.0) -> np.ndarray:
    """Centre frequencies of `count` bands, evenly spaced in octaves."""
    return np.geomspace(low_hz, high_hz, count)


@lru_cache(maxsize=16)
def _window(size: int) -> np.ndarray:
    return np.hanning(size + 1)[:-1]


def spectrum_db(samples: np.ndarray, sample_rate: float, bands: int) -> np.ndarray:
    """Level in dBFS at `bands` log-spaced frequencies of mono `samples` (n,): the largest bin of each band.

    Between bins (low bands are narrower than a bin) the level is interpolated, so that a curve through it is smooth.
    """
    size = len(samples)
    level = np.abs(np.fft.rfft(np.nan_to_num(samples) * _window(size))) * (4.0 / size)
    level_db = 20.0 * np.log10(np.maximum(level, 10 ** (FLOOR_DB / 20.0)))
    centres = bands_hz(bands)
    half = (centres[1] / centres[0]) ** 0.5
    at = np.arange(level_db.size) * (sample_rate / size)
    smooth = np.interp(centres, at, level_db, right=FLOOR_DB)
    first = np.searchsorted(at, centres / half)
    last = np.searchsorted(at, centres * half)
    wide = last - first >= 2
    edges = np.minimum(np.stack([first[wide], last[wide]], 1).ravel(), level_db.size - 1)
    if edges.size:
        smooth[wide] = np.maximum.reduceat(level_db, edges)[::2]
    smooth[centres > sample_rate / 2] = FLOOR_DB
    return smooth.astype(np.float32)
