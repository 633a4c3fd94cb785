"""Reads a recording at any speed without images or aliasing: windowed-sinc filters over octaves of the recording; [audio].

Source: Smith, Digital Audio Resampling (CCRMA): a Kaiser-windowed sinc, its phases interpolated in a straight line. Speeds
up to 1 use the filter that passes whole samples unchanged. From 1 to 2 the filter's cutoff falls with the speed in quarter
octaves, so that what would fold back below 0.42 of the rate (20 kHz) is gone before; above, the recording is read from a
copy of half the rate, or a quarter, and so on.
"""

from __future__ import annotations

import math

import numpy as np

from realtime.native.jit import audio
from realtime.native.memory import f32_view

TAPS, PHASES = 32, 128
BANKS = 5
"""For speeds up to 1, 2^1/4, 2^1/2, 2^3/4 and 2."""
BETA = 5.65
"""60 dB of rejection."""
HALF_TRANSITION, CLEAN = 0.06, 0.58
"""Shares of the rate: from a cutoff to full rejection; where what folds back lies above 0.42."""
PAD = 2 * TAPS
"""Silent frames before and behind every copy."""
BANK_FLOATS = (PHASES + 1) * TAPS
LEVELS = 7
"""Copies: the whole rate to 1/64; six octaves up."""
_F = np.float32


def kernels() -> np.ndarray:
    """float32 (BANKS, PHASES + 1, TAPS); each phase passes a constant unchanged. [main]"""
    phases = np.arange(PHASES + 1)[:, None] / PHASES
    time = np.arange(TAPS)[None, :] - (TAPS // 2 - 1) - phases
    window = np.i0(BETA * np.sqrt(np.maximum(0.0, 1.0 - (time / (TAPS / 2)) ** 2))) / np.i0(BETA)
    speeds = 2.0 ** (np.arange(BANKS)[:, None, None] / (BANKS - 1))
    cutoffs = np.where(speeds > 1.0, CLEAN / speeds - HALF_TRANSITION, 0.5)
    made = np.sinc(2.0 * cutoffs * time) * window
    return (made / made.sum(axis=2, keepdims=True)).astype(np.float32)


@audio
def level_of(speed):
    """Which copy to read at a speed (frames a sample): below 2 the first."""
    level = 0
    while speed >= 2.0 and level < LEVELS - 1:
        speed *= 0.5
        level += 1
    return level


@audio
def bank_of(speed):
    """Which filter to use at a speed of 0..2 frames of the copy a sample."""
    if speed <= 1.0:
        return 0
    return min(BANKS - 1, int(math.ceil((BANKS - 1) * math.log2(speed) - 1e-9)))


@audio
def read_sinc(bank, copy, frames, stride, position):
    """(left, right) at a position in frames of a copy. bank: address of a filter's phases; copy: address of the left
    channel's first pad; stride: floats from left to right, 0 for one channel. Silence before and behind."""
    base = math.floor(position)
    at = int(base)
    if at < -TAPS or at > frames + TAPS:
        return _F(0.0), _F(0.0)
    phase = (position - base) * PHASES
    whole = int(phase)
    share = _F(phase - whole)
    table = f32_view(bank, BANK_FLOATS)
    sound = f32_view(copy, frames + 2 * PAD + stride)
    row = np.uint64(whole * TAPS)
    first = np.uint64(PAD + at - (TAPS // 2 - 1))
    left, right = _F(0.0), _F(0.0)
    for tap in range(TAPS):
        j = np.uint64(tap)
        near, far = table[row + j], table[row + np.uint64(TAPS) + j]
        weight = near + share * (far - near)
        left += weight * sound[first + j]
        right += weight * sound[first + np.uint64(stride) + j]
    return left, right
