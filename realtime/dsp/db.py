"""Decibels and time constants for kernels; [audio].

A level of 20 log10(x) dB is 6.0206 log2(x): the base-2 functions of fastmath do the work.
"""

import math

import numpy as np

from realtime.dsp.fastmath import exp2, log2
from realtime.native.jit import audio

DB_PER_OCTAVE = np.float32(20.0 * math.log10(2.0))
"""dB in a factor of two of amplitude."""
_PER_DB = np.float32(1.0 / (20.0 * math.log10(2.0)))


@audio
def db_to_gain(level_db):
    """Amplitude of a level in dB (float32); -120 dB and below is silence."""
    gain = exp2(level_db * _PER_DB)
    return gain if level_db > np.float32(-120.0) else np.float32(0.0)


@audio
def gain_to_db(gain):
    """Level in dB of an amplitude (float32); 0 gives about -758 dB."""
    return DB_PER_OCTAVE * log2(gain)


@audio
def one_pole(time_s, sample_rate):
    """Step coefficient of y += c (x - y) with a time constant (to 63.2 %) of time_s; time 0 gives 1."""
    samples = time_s * sample_rate
    if samples < 0.1:
        return np.float32(1.0)
    return np.float32(-math.expm1(-1.0 / samples))


@audio
def low_pass_ramp(start_hz, step_hz, frames, sample_rate):
    """A line of corner frequencies as a line of one-pole coefficients: (at sample 0, step per sample)."""
    last_hz = start_hz + step_hz * np.float32(frames)
    first = np.float32(-math.expm1(-2.0 * math.pi * start_hz / sample_rate))
    if last_hz == start_hz:
        return first, np.float32(0.0)
    return first, (np.float32(-math.expm1(-2.0 * math.pi * last_hz / sample_rate)) - first) / np.float32(frames)


@audio
def block_gain_ramp(start_db, step_db, frames):
    """A dB line as a line of amplitudes: (gain at sample 0, gain step per sample) over a quantum."""
    first = db_to_gain(start_db)
    return first, (db_to_gain(start_db + step_db * np.float32(frames)) - first) / np.float32(frames)
