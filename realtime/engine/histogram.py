"""Histogram of durations with logarithmic bins of 1.1 %, written on [audio] in a few instructions, read anywhere."""

from __future__ import annotations

import math

import numpy as np

from realtime.native.jit import audio
from realtime.native.memory import load_i64, store_i64

STEPS = 64
"""Bins an octave."""
BINS = 34 * STEPS
"""From 1 ns to 17 s."""


@audio
def count(histogram, nanoseconds):
    """Add one duration to the int64[BINS] at that address."""
    octave = 0
    rest = max(1, nanoseconds)
    while rest >= 2 * STEPS:
        rest >>= 1
        octave += 1
    # below 128 ns the bins are single nanoseconds; above, 64 a doubling
    index = rest if octave == 0 else octave * STEPS + rest
    index = min(index, BINS - 1)
    store_i64(histogram + 8 * index, load_i64(histogram + 8 * index) + 1)


def edges_ns() -> np.ndarray:
    """Upper edge of each bin in nanoseconds, shape (BINS,)."""
    index = np.arange(BINS)
    octave = np.maximum(0, index // STEPS - 1)
    rest = index - octave * STEPS
    return (rest + 1.0) * 2.0**octave


def percentile_us(histogram: np.ndarray, percent: float) -> float:
    """Duration in µs that `percent` of the entries do not exceed (upper edge of the bin); 0 if there are none."""
    total = int(histogram.sum())
    if total == 0:
        return 0.0
    wanted = max(1, math.ceil(total * percent / 100.0))
    index = int(np.searchsorted(np.cumsum(histogram), wanted))
    return float(edges_ns()[index]) / 1000.0
