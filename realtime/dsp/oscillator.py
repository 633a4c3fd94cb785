"""Band-limited saw, pulse, triangle and sine with hard sync, one voice at a time and vectorised over time; [audio].

Naive waveforms in 32-bit phase (exact, no drift) plus band-limited corners (blep.py). The corners are found by integer
division, so the cost of a corner is paid once per period, not per sample. A pulse is the difference of two saws.
Phases are int64 holding 0 .. 2**32-1, `inc` is the phase step per sample. A function renders the samples at phase,
phase + inc, ...; its last step has length `tail` (= inc, or less when a sync resets the phase inside the step). Gains
are lines: gain at the first sample and its step per sample.
"""

import numpy as np

from realtime.dsp.blep import DELAY, RAMP, STEP, add_corner
from realtime.native.jit import audio

_F = np.float32
TURN = 1 << 32
HALF = 1 << 31
MASK = TURN - 1
SINE, TRIANGLE, SAW, PULSE = range(4)
"""The order of the shape knob."""
MAX_INCREMENT = int(0.45 * TURN)

_PER_HALF = _F(1.0 / HALF)
_PER_TURN = _F(1.0 / TURN)


@audio
def signed_phase(phase):
    """The phase as a rising ramp from -1 to 1 (float32)."""
    return _F(np.int32(phase - HALF)) * _PER_HALF


@audio
def sine_of_half_turns(x):
    """sin(pi x) for x in -1..1, absolute error below 1e-6: an odd polynomial folded at the quarter turns."""
    folded = abs(x)
    folded = min(folded, _F(1.0) - folded)
    u = folded * folded
    y = folded * (
        _F(3.1415926)
        + u * (_F(-5.1677097) + u * (_F(2.5500766) + u * (_F(-0.59826373) + u * _F(0.077603156))))
    )  # fmt: skip
    return np.copysign(y, x)


@audio
def add_corners(out, at, n, phase, inc, tail, amount, slope, table, first):
    """Insert a corner wherever the phase passes a whole turn; amount + slope*k is its size at sample k."""
    room = TURN - phase
    k = (room + inc - 1) // inc
    per_inc = _F(1.0) / _F(inc)
    while k < n:
        add_corner(out, at + k, _F(k * inc - room) * per_inc, amount + slope * _F(k), table, first)
        room += TURN
        k = (room + inc - 1) // inc
    total = (n - 1) * inc + tail
    if total >= room:
        late = _F(total - room) * per_inc + (_F(1.0) - _F(tail) * per_inc)
        add_corner(out, at + n, late, amount + slope * _F(n), table, first)


@audio
def add_saw(out, at, n, phase, inc, tail, gain, step, table):
    """Add a rising saw, -1..1, to out[at : at + n]; the corners ring on TAPS samples past the end."""
    offset = (_F(inc) * _PER_HALF) * table[DELAY]
    target = out[at : at + n]  # indexing with a sum would cost a test for negative indices, and the vectoriser
    start, hop = np.int32(phase - HALF), np.int32(inc)
    for i in range(n):
        naive = _F(np.int32(start + np.int32(i) * hop)) * _PER_HALF
        target[i] += (naive - offset) * (gain + step * _F(i))
    add_corners(out, at, n, phase, inc, tail, _F(-2.0) * gain, _F(-2.0) * step, table, np.int64(STEP))


@audio
def add_triangle(out, at, n, phase, inc, tail, gain, step, table):
    """Add a triangle, 1 at phase 0 and -1 half a turn later."""
    slope = _F(4.0) * _F(inc) * _PER_TURN
    offset = slope * table[DELAY]
    target = out[at : at + n]
    start, hop = np.int32(phase - HALF), np.int32(inc)
    for i in range(n):
        ramp = _F(np.int32(start + np.int32(i) * hop)) * _PER_HALF
        naive = _F(2.0) * abs(ramp) - _F(1.0) - np.copysign(offset, ramp)
        target[i] += naive * (gain + step * _F(i))
    corner = _F(2.0) * slope
    add_corners(out, at, n, phase, inc, tail, -corner * gain, -corner * step, table, np.int64(RAMP))
    add_corners(out, at, n, (phase + HALF) & MASK, inc, tail, corner * gain, corner * step, table, np.int64(RAMP))


@audio
def add_sine(out, at, n, phase, inc, gain, step, table):
    """Add a sine, late by the kernel's delay so that it stays in phase with the other shapes."""
    target = out[at : at + n]
    start, hop = np.int32(phase - np.int64(_F(inc) * table[DELAY])), np.int32(inc)
    for i in range(n):
        ramp = _F(np.int32(start + np.int32(i) * hop)) * _PER_HALF
        target[i] += sine_of_half_turns(ramp) * (gain + step * _F(i))


@audio
def add_wave(out, at, n, phase, width, inc, winc, tail, wtail, gains, table):
    """Add a mix of the four shapes. gains: float32[8], gain and step of SINE, TRIANGLE, SAW, PULSE.

    width: the phase of the pulse's falling edge, with its own step `winc` (pulse-width modulation without clicks).
    """
    if gains[0] != 0.0 or gains[1] != 0.0:
        add_sine(out, at, n, phase, inc, gains[0], gains[1], table)
    if gains[2] != 0.0 or gains[3] != 0.0:
        add_triangle(out, at, n, phase, inc, tail, gains[2], gains[3], table)
    # Saw and the pulse's rising edge share phase and corners.
    gain, step = gains[4] + gains[6], gains[5] + gains[7]
    if gain != 0.0 or step != 0.0:
        add_saw(out, at, n, phase, inc, tail, gain, step, table)
    if gains[6] != 0.0 or gains[7] != 0.0:
        add_saw(out, at, n, width, winc, wtail, -gains[6], -gains[7], table)


@audio
def add_synced_wave(out, n, phase, width, inc, winc, master, master_inc, gains, table):
    """Add n samples of a mix that restarts whenever the master's phase passes a whole turn; returns (phase, width).

    The jumps of value and slope at a restart are band-limited like any other corner.
    """
    at = np.int64(0)
    room = TURN - master
    offset = (width - phase) & MASK
    offset_step = winc - inc
    k = (room + master_inc - 1) // master_inc
    while k <= n:
        late = _F(k * master_inc - room) / _F(master_inc)
        before = k - at
        tail = np.int64((_F(1.0) - late) * _F(inc))
        wtail = np.int64((_F(1.0) - late) * _F(winc))
        add_wave(out, at, before, phase, width, inc, winc, tail, wtail, gains, table)
        end = (phase + (before - 1) * inc + tail) & MASK
        wend = (width + (before - 1) * winc + wtail) & MASK
        offset = (offset + before * offset_step) & MASK
        step = wave_value(np.int64(0), offset, gains) - wave_value(end, wend, gains)
        bend = wave_slope(np.int64(0), inc, gains) - wave_slope(end, inc, gains)
        add_corner(out, k, late, step, table, np.int64(STEP))
        add_corner(out, k, late, bend, table, np.int64(RAMP))
        phase = np.int64(late * _F(inc)) & MASK
        width = (phase + offset) & MASK
        at = k
        room += TURN
        k = (room + master_inc - 1) // master_inc
    if at < n:
        add_wave(out, at, n - at, phase, width, inc, winc, inc, winc, gains, table)
        phase = (phase + (n - at) * inc) & MASK
        width = (width + (n - at) * winc) & MASK
    return phase, width


@audio
def wave_value(phase, width, gains):
    """The naive value of the mix at a phase."""
    ramp = signed_phase(phase)
    return (
        -gains[0] * sine_of_half_turns(ramp)
        + gains[2] * (_F(2.0) * abs(ramp) - _F(1.0))
        + gains[4] * ramp
        + gains[6] * (ramp - signed_phase(width))
    )


@audio
def wave_slope(phase, inc, gains):
    """The naive slope of the mix per sample at a phase (the pulse's two slopes cancel)."""
    ramp = signed_phase(phase)
    step = _F(inc) * _PER_TURN
    # d sin(2 pi p)/dp = 2 pi cos(2 pi p); the cosine is the sine a quarter turn on.
    quarter = signed_phase((phase + HALF // 2 + HALF) & MASK)
    return step * (
        gains[0] * _F(2.0 * np.pi) * sine_of_half_turns(quarter)
        + np.copysign(_F(4.0) * gains[2], ramp)
        + gains[4] * _F(2.0)
    )
