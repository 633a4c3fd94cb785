"""Zero-delay-feedback four-pole ladder with pole mixing and saturation, voices side by side; [audio].

Zavalishin, The Art of VA Filter Design (2018), ch. 5 (topology-preserving ladder) and ch. 5.5 (pole mixing, after the
Oberheim Xpander). The cutoff is prewarped, so the four poles turn the phase by exactly 180 degrees at cutoff_hz: it
rings and oscillates there. Only the fed-back signal saturates; with drive off and no resonance the filter is linear. A
memoryless saturation inside the instantaneous loop bends no phase, so the pitch of self-oscillation does not depend on
its level.
"""

import numpy as np

from realtime.dsp.fastmath import tan_half_turns
from realtime.native.jit import audio

_F = np.float32
GAIN, GAIN_STEP, POLE1, POLE2, POLE3, POLE4 = range(6)
"""Rows: G = g / (1 + g) and its step per sample; the four integrators."""
FILTER_ROWS = 6
LP24, LP12, BP12, HP12 = range(4)
MODES = ("lp24", "lp12", "bandpass", "highpass")
MAX_FEEDBACK = 4.4
"""Feedback at full resonance; oscillation begins at 4."""
_LIMIT = _F(0.55)
"""Level at which the feedback saturates."""

# Mixes of (input of the ladder, pole 1 .. pole 4). The bandpass is doubled: 1 at its centre.
_MIXES = np.array(
    [[0, 0, 0, 0, 1], [0, 0, 1, 0, 0], [0, 2, -2, 0, 0], [1, -2, 1, 0, 0]],
    np.float32,
)


@audio
def one_pole_gain(cutoff_over_rate):
    """G of a zero-delay one-pole at cutoff / sample rate (0..0.49)."""
    g = tan_half_turns(cutoff_over_rate)
    return g / (_F(1.0) + g)


@audio
def ladder_lanes(lanes, first, x, n, frames, feedback, feedback_step, mode):
    """Filter n lanes of x[frame, lane] in place for `frames` samples (one buffer: two that overlap would stay scalar).

    feedback: 0..MAX_FEEDBACK at sample 0 and its step. mode: LP24 .. HP12.
    """
    gain_row, step_row = first + GAIN, first + GAIN_STEP
    pole1, pole2, pole3, pole4 = first + POLE1, first + POLE2, first + POLE3, first + POLE4
    one = _F(1.0)
    mix0, mix1, mix2, mix3, mix4 = _MIXES[mode, 0], _MIXES[mode, 1], _MIXES[mode, 2], _MIXES[mode, 3], _MIXES[mode, 4]
    for i in range(frames):
        k = feedback + feedback_step * _F(i)
        makeup = one + _F(0.5) * k  # resonance takes from the bass: give half of it back
        for v in range(n):
            g = lanes[gain_row, v]
            lanes[gain_row, v] = g + lanes[step_row, v]
            s1, s2, s3, s4 = lanes[pole1, v], lanes[pole2, v], lanes[pole3, v], lanes[pole4, v]
            h = one - g
            # What the four poles will add to the feedback whatever the input is now.
            rest = h * (s4 + g * (s3 + g * (s2 + g * s1)))
            g2 = g * g
            g4 = g2 * g2
            driven = makeup * x[i, v]
            # Saturation z (27 + z^2) / (27 + 9 z^2), which follows tanh and ends at +-1 for z = +-3. With
            # z = top / bottom one division serves both this and the instantaneous loop.
            bottom = _LIMIT * (one + k * g4)
            top = rest + g4 * driven
            end = _F(3.0) * bottom
            top = min(max(top, -end), end)
            t2, b2 = top * top, bottom * bottom
            fed = _LIMIT * top * (_F(27.0) * b2 + t2) / (bottom * (_F(27.0) * b2 + _F(9.0) * t2))
            u = driven - k * fed
            d1 = (u - s1) * g
            y1 = d1 + s1
            lanes[pole1, v] = y1 + d1
            d2 = (y1 - s2) * g
            y2 = d2 + s2
            lanes[pole2, v] = y2 + d2
            d3 = (y2 - s3) * g
            y3 = d3 + s3
            lanes[pole3, v] = y3 + d3
            d4 = (y3 - s4) * g
            y4 = d4 + s4
            lanes[pole4, v] = y4 + d4
            x[i, v] = mix0 * u + mix1 * y1 + mix2 * y2 + mix3 * y3 + mix4 * y4
