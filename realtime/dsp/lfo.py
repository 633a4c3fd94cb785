"""Low-frequency oscillators: five shapes as functions of phase, and tempo-synced rates; [audio]."""

import numpy as np

from realtime.dsp.oscillator import sine_of_half_turns
from realtime.native.jit import audio

_F = np.float32
SHAPES = ("sine", "triangle", "saw", "square", "random")
DIVISIONS = (
    "free",
    "8 bars",
    "4 bars",
    "2 bars",
    "1 bar",
    "1/2",
    "1/4",
    "1/4.",
    "1/4t",
    "1/8",
    "1/8.",
    "1/8t",
    "1/16",
    "1/16t",
    "1/32",
)
_BEATS = np.array([0, 32, 16, 8, 4, 2, 1, 1.5, 2 / 3, 0.5, 0.75, 1 / 3, 0.25, 1 / 6, 0.125], np.float64)


@audio
def division_beats(division):
    """Length of a tempo division in quarter notes; 0 for "free"."""
    return _BEATS[division]


@audio
def random_bipolar(seed):
    """A number in -1..1 that depends on the integer `seed` alone (a 32-bit finaliser: Steele et al., OOPSLA 2014)."""
    x = np.uint32(seed)
    x = np.uint32((x ^ np.uint32(x >> np.uint32(16))) * np.uint32(0x7FEB352D))
    x = np.uint32((x ^ np.uint32(x >> np.uint32(15))) * np.uint32(0x846CA68B))
    return _F(np.int32(x ^ np.uint32(x >> np.uint32(16)))) * _F(1.0 / 2147483648.0)


@audio
def lfo_value(shape, phase, cycle):
    """The LFO at phase 0..1 of a cycle: -1..1, rising from 0 (sine, triangle), from -1 (saw), at 1 first (square)."""
    if shape == 0:
        return -sine_of_half_turns(_F(2.0) * phase - _F(1.0))
    if shape == 1:
        shifted = phase + _F(0.25)
        shifted -= _F(1.0) if shifted >= _F(1.0) else _F(0.0)
        return _F(1.0) - abs(_F(4.0) * shifted - _F(2.0))
    if shape == 2:
        return _F(2.0) * phase - _F(1.0)
    if shape == 3:
        return _F(1.0) if phase < _F(0.5) else _F(-1.0)
    return random_bipolar(cycle)
