"""The plucked string's loop: fractional delay, damping, stiffness and excitation; [audio].

Karplus & Strong, Digital Synthesis of Plucked-String and Drum Timbres (CMJ 1983); Jaffe & Smith, Extensions of the
Karplus-Strong Plucked-String Algorithm (CMJ 1983). The delay line of a voice is a tape: written forwards, and moved
back to its start when it runs out, so that reads are contiguous and vectorise. As a period passes before a written
sample is read again, a whole chunk shorter than the period is read at once.
"""

import math

import numpy as np

from realtime.dsp.lfo import random_bipolar
from realtime.native.jit import audio

_F = np.float32
TAPS = 6
"""Taps of the fractional delay (Lagrange, order 5; Laakso et al., Splitting the Unit Delay, 1996)."""
DAMP, LOSS, DAMP_STATE, STIFF, STIFF_X, STIFF_Y, PEAK = 0, 1, 2, 3, 4, 8, 12
"""Rows: one-pole coefficient and gain of the loop, their state; allpass coefficient and states (4 sections); level."""
STRING_ROWS = 13
SECTIONS = 4
MARGIN = 4
"""Samples of excitation before the period proper, for the interpolator to reach into."""


@audio
def lagrange(delay, tap):
    """Weight of a tap (0..5) for a delay of 2..3 samples."""
    weight = 1.0
    for other in range(TAPS):
        if other != tap:
            weight *= (delay - other) / (tap - other)
    return _F(weight)


@audio
def one_pole_for(gain, cosine):
    """Coefficient of the one-pole lowpass whose gain is `gain` (0..1) where the frequency has that cosine."""
    g2 = min(gain, 0.999999) ** 2
    b = 1.0 - g2 * cosine
    return (b - math.sqrt(max(0.0, b * b - (1.0 - g2) ** 2))) / (1.0 - g2)


@audio
def damping(period_s, decay_s, bright_decay_s, bright_hz, sample_rate):
    """One-pole coefficient and gain of a loop: 60 dB in decay_s at the fundamental, in bright_decay_s at bright_hz."""
    turn = 2.0 * math.pi / sample_rate
    f0 = 1.0 / period_s
    high = min(max(bright_hz, 2.0 * f0), 0.45 * sample_rate)
    low_gain = 10.0 ** (-3.0 * period_s / decay_s)
    at_high = 10.0 ** (-3.0 * period_s / min(bright_decay_s, 0.999 * decay_s)) / low_gain
    # The loop must also lose what lies below the fundamental: at 0 Hz within four times decay_s.
    bottom = 10.0 ** (-0.75 * period_s / decay_s)
    cosine = math.cos(turn * f0)
    pole = min(one_pole_for(at_high, math.cos(turn * high)), one_pole_for(low_gain / bottom, cosine))
    at_f0 = (1.0 - pole) / math.sqrt(1.0 - 2.0 * pole * cosine + pole * pole)
    return _F(pole), _F(min(low_gain / at_f0, bottom))


@audio
def one_pole_delay(pole, w):
    """Phase delay in samples of a one-pole lowpass at w radians per sample."""
    return math.atan2(pole * math.sin(w), 1.0 - pole * math.cos(w)) / w


@audio
def allpass_delay(c, w):
    """Phase delay in samples of the allpass (c + z^-1) / (1 + c z^-1) at w radians per sample."""
    return 1.0 - 2.0 * math.atan2(c * math.sin(w), 1.0 + c * math.cos(w)) / w


@audio
def read_tape(tape, at, delay, x, first, lane, n, weight_start, weight_step, add):
    """x[first + frame, lane] = the tape `delay` samples before at + frame, times a weight line; added to x if `add`."""
    base = np.int64(delay) - 2
    d = delay - base
    c0, c1, c2 = lagrange(d, 0), lagrange(d, 1), lagrange(d, 2)
    c3, c4, c5 = lagrange(d, 3), lagrange(d, 4), lagrange(d, 5)
    t = tape[at - base - 5 : at - base + n]
    for i in range(n):
        y = c5 * t[i] + c4 * t[i + 1] + c3 * t[i + 2] + c2 * t[i + 3] + c1 * t[i + 4] + c0 * t[i + 5]
        y *= weight_start + weight_step * _F(i)
        x[first + i, lane] = x[first + i, lane] + y if add else y


@audio
def string_lanes(lanes, first, x, looped, n, frames, fall):
    """looped[frame, lane] = x through loss, damping and stiffness; row PEAK follows |x|, falling by `fall` a sample."""
    damp, loss, state = first + DAMP, first + LOSS, first + DAMP_STATE
    stiff, past_x, past_y, peak = first + STIFF, first + STIFF_X, first + STIFF_Y, first + PEAK
    for i in range(frames):
        for v in range(n):
            y = x[i, v]
            lanes[peak, v] = max(lanes[peak, v] * fall, abs(y))
            y *= lanes[loss, v]
            y += lanes[damp, v] * (lanes[state, v] - y)
            lanes[state, v] = y
            c = lanes[stiff, v]
            for section in range(SECTIONS):
                z = c * (y - lanes[past_y + section, v]) + lanes[past_x + section, v]
                lanes[past_x + section, v] = y
                lanes[past_y + section, v] = z
                y = z
            looped[i, v] = y


@audio
def excite(tape, first, period, seed, noise, smooth, shift, level):
    """Lay one period of excitation on tape[first : first + period]: zero mean, a level between RMS and peak.

    noise: 0 (one smooth bump) .. 1 (noise). smooth: pole of the lowpass, 0..1. shift: samples (1 .. period - 1) between
    the two waves that leave the pick: a share of the period where harmonics with a node at the pick stay silent.
    """
    state = _F(0.0)
    for turn in range(2):  # twice round, so that the lowpass has no seam
        for i in range(period):
            bump = _F(1.0) if i == MARGIN + 1 else _F(0.0)
            raw = noise * random_bipolar(seed + i) + (_F(1.0) - noise) * bump * np.sqrt(_F(period)) * _F(0.35)
            state += (_F(1.0) - smooth) * (raw - state)
            if turn == 1:
                tape[first + period + i] = state
    mean, power, peak = _F(0.0), _F(0.0), _F(0.0)
    for i in range(period):
        back = i - shift if i >= shift else i - shift + period
        y = tape[first + period + i] - tape[first + period + back]
        tape[first + i] = y
        mean += y
    mean /= _F(period)
    for i in range(period):
        y = tape[first + i] - mean
        tape[first + i] = y
        power += y * y
        peak = max(peak, abs(y))
    # Loudness lies between RMS and peak: a clean bump is all peak, noise all RMS.
    rms = np.sqrt(power / _F(period))
    scale = level / (np.sqrt(np.sqrt(rms * peak) * peak) + _F(1e-9))
    for i in range(period):
        tape[first + i] *= scale
