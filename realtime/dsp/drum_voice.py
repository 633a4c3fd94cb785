"""One drum hit: swept sine pair, filtered noise and detuned squares, voices side by side; [audio].

The noise filters are trapezoidal state-variable filters (Simper, Solving the Continuous SVF Equations, Cytomic 2013).
"""

import numpy as np

from realtime.dsp.fm_operator import sine_of_turns
from realtime.native.jit import audio

_F = np.float32
(
    PHASE, STEP, SWEEP, SWEEP_KEEP, TONE, TONE_KEEP, PHASE2, STEP2, SECOND, DRIVE, NOISE, NOISE_KEEP, STRIKE, BURSTS,
    TIMER, PERIOD, A1, A2, A3, IC1, IC2, LOW, BAND, HIGH, METAL, METAL_KEEP, M1, M2, M3, MC1, MC2, MK,
) = range(32)  # fmt: skip
"""Rows: sine phase (turns), step, relative sweep and what it keeps per sample, level and keep; second sine; saturation;
noise level, keep, level of a strike, strikes to come, samples to the next and between; filter coefficients, states and
mix; metal level and keep, its highpass."""
DRUM_ROWS = 32
SQUARES = 6


@audio
def tone_lanes(lanes, x, n, frames):
    """x[frame, lane] = two sines on one sweep, saturated."""
    one = _F(1.0)
    for i in range(frames):
        for v in range(n):
            sweep, level, drive = lanes[SWEEP, v], lanes[TONE, v], lanes[DRIVE, v]
            phase, phase2 = lanes[PHASE, v], lanes[PHASE2, v]
            tone = sine_of_turns(phase) + lanes[SECOND, v] * sine_of_turns(phase2)
            phase += lanes[STEP, v] * (one + sweep)
            phase2 += lanes[STEP2, v] * (one + sweep)
            bent = drive * tone
            x[i, v] = level * (one + drive) * tone / np.sqrt(one + bent * bent)
            lanes[PHASE, v] = phase - np.floor(phase)
            lanes[PHASE2, v] = phase2 - np.floor(phase2)
            lanes[SWEEP, v] = sweep * lanes[SWEEP_KEEP, v]
            lanes[TONE, v] = level * lanes[TONE_KEEP, v]


@audio
def burst_lanes(lanes, seeds, x, n, frames):
    """x[frame, lane] = white noise under the hits' envelopes, struck again while bursts remain. seeds: int32[lanes]."""
    one, per_half = _F(1.0), _F(1.0 / 2147483648.0)
    for i in range(frames):
        for v in range(n):
            former, bursts = lanes[NOISE, v], lanes[BURSTS, v]
            timer = max(lanes[TIMER, v] - one, _F(0.0))
            due = one if timer <= _F(0.0) else _F(0.0)
            due = due if bursts > _F(0.5) else _F(0.0)
            level = former + due * (lanes[STRIKE, v] - former)
            lanes[BURSTS, v] = bursts - due
            lanes[TIMER, v] = timer + due * lanes[PERIOD, v]
            lanes[NOISE, v] = level * lanes[NOISE_KEEP, v]
            seed = np.int32(seeds[v] * np.int32(1664525) + np.int32(1013904223))
            seeds[v] = seed
            x[i, v] = _F(seed) * per_half * level


@audio
def noise_filter_lanes(lanes, x, y, n, frames):
    """y[frame, lane] += x through the noise filter."""
    two = _F(2.0)
    for i in range(frames):
        for v in range(n):
            hiss, ic1, ic2, a2 = x[i, v], lanes[IC1, v], lanes[IC2, v], lanes[A2, v]
            v3 = hiss - ic2
            v1 = lanes[A1, v] * ic1 + a2 * v3
            v2 = ic2 + a2 * ic1 + lanes[A3, v] * v3
            lanes[IC1, v] = two * v1 - ic1
            lanes[IC2, v] = two * v2 - ic2
            y[i, v] += lanes[LOW, v] * v2 + lanes[BAND, v] * v1 + lanes[HIGH, v] * hiss


@audio
def metal_lanes(lanes, phases, x, n, frames):
    """Add six squares through a highpass to x[frame, lane]. phases: int32 (2 * SQUARES, lanes): phases, then steps."""
    for i in range(frames):
        for v in range(n):
            ring = _F(0.0)
            for square in range(SQUARES):
                phase = phases[square, v]
                phases[square, v] = np.int32(phase + phases[SQUARES + square, v])
                ring += _F(phase >> 31)  # 0 or -1
            ring = (ring + _F(3.0)) * (lanes[METAL, v] * _F(1.0 / 3.0))
            lanes[METAL, v] *= lanes[METAL_KEEP, v]
            w3 = ring - lanes[MC2, v]
            w1 = lanes[M1, v] * lanes[MC1, v] + lanes[M2, v] * w3
            w2 = lanes[MC2, v] + lanes[M2, v] * lanes[MC1, v] + lanes[M3, v] * w3
            lanes[MC1, v] = _F(2.0) * w1 - lanes[MC1, v]
            lanes[MC2, v] = _F(2.0) * w2 - lanes[MC2, v]
            x[i, v] += ring - lanes[MK, v] * w1 - w2
