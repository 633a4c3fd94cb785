"""Phase-modulation operators, voices side by side; [audio].

Chowning, The Synthesis of Complex Audio Spectra by Means of Frequency Modulation (JAES 1973), in the DX7's form: the
modulator is added to the phase; an operator that feeds itself hears the mean of its last two samples (Tomisawa, US
4249447).
"""

import numpy as np

from realtime.native.jit import audio

_F = np.float32
DEPTH = _F(2.0)
"""Turns of phase a modulator at full level adds (index 4 pi, about the DX7's 13)."""
_PER_TURN = _F(1.0 / 4294967296.0)


@audio
def sine_of_turns(x):
    """sin(2 pi x) for any x of moderate size, absolute error below 1e-6 plus the rounding of x."""
    x = x - np.floor(x + _F(0.5))
    folded = abs(x)
    folded = min(folded, _F(0.5) - folded) * _F(2.0)
    u = folded * folded
    y = folded * (
        _F(3.1415926) + u * (_F(-5.1677097) + u * (_F(2.5500766) + u * (_F(-0.59826373) + u * _F(0.077603156))))
    )
    return np.copysign(y, x)


@audio
def add_lanes(target, source, n, frames):
    """target += source over [frame, lane]."""
    for i in range(frames):
        for v in range(n):
            target[i, v] += source[i, v]


@audio
def operator_lanes(lanes, amp, phases, row, modulation, envelope, out, n, frames):
    """One operator: out = sin(phase + modulation) * envelope * level line (lanes rows amp, amp + 1).

    phases: int32 (rows, lanes), phase at `row`, its step at row + 1. modulation: in units of DEPTH turns.
    """
    for i in range(frames):
        line = _F(i)
        for v in range(n):
            phase = phases[row, v]
            phases[row, v] = np.int32(phase + phases[row + 1, v])
            level = envelope[i, v] * (lanes[amp, v] + line * lanes[amp + 1, v])
            out[i, v] = level * sine_of_turns(_F(phase) * _PER_TURN + DEPTH * modulation[i, v])


@audio
def feedback_operator_lanes(lanes, amp, phases, row, modulation, envelope, out, n, frames, past, feedback):
    """An operator whose phase also hears the mean of the samples in lanes rows past, past + 1, which it renews."""
    for i in range(frames):
        line = _F(i)
        for v in range(n):
            phase = phases[row, v]
            phases[row, v] = np.int32(phase + phases[row + 1, v])
            level = envelope[i, v] * (lanes[amp, v] + line * lanes[amp + 1, v])
            heard = feedback * (lanes[past, v] + lanes[past + 1, v])
            y = level * sine_of_turns(_F(phase) * _PER_TURN + (DEPTH * modulation[i, v] + heard))
            out[i, v] = y
            lanes[past + 1, v] = lanes[past, v]
            lanes[past, v] = y
