"""Small kernels over [frame, lane] buffers shared by the instruments: gather, noise, drive, stereo sum; [audio]."""

import numpy as np

from realtime.native.jit import audio

_F = np.float32
DRIVE_ROWS = 2
"""State of `drive_lanes`: former input and its root."""


@audio
def gather_lanes(source, stride, first, x, n, frames):
    """x[frame, lane] = source[lane * stride + first + frame]: from voice after voice to side by side."""
    for i in range(frames):
        start, hop = np.uint64(first + i), np.uint64(stride)  # unsigned: no test for negative indices
        for v in range(n):
            x[i, v] = source[start + np.uint64(v) * hop]


@audio
def spread_lanes(x, y, n, frames, near, far):
    """Turn two groups of oscillators into left (x) and right (y) in place."""
    for i in range(frames):
        for v in range(n):
            a, b = x[i, v], y[i, v]
            x[i, v] = near * a + far * b
            y[i, v] = far * a + near * b


@audio
def noise_lanes(seeds, x, n, frames, gain, step):
    """Add white noise (a linear congruential generator per lane: Numerical Recipes, ch. 7.1) with a gain line."""
    for i in range(frames):
        level = (gain + step * _F(i)) * _F(1.0 / 2147483648.0)
        for v in range(n):
            seed = np.int32(seeds[v] * np.int32(1664525) + np.int32(1013904223))
            seeds[v] = seed
            x[i, v] += _F(seed) * level


@audio
def drive_lanes(lanes, first, x, n, frames, gain, step, blend):
    """Saturate x / sqrt(1 + x^2), antialiased by its first antiderivative (Parker et al., DAFx 2016), in place.

    For this curve the difference quotient is (a + b) / (sqrt(1 + a^2) + sqrt(1 + b^2)): no division by a small number.
    gain: in front of the curve, taken back by its square root behind. blend: 0 (clean) to 1.
    """
    past, root = first, first + 1
    one = _F(1.0)
    for i in range(frames):
        g = gain + step * _F(i)
        back = blend * (one / np.sqrt(g))
        dry = one - blend
        for v in range(n):
            a = lanes[past, v]
            b = x[i, v] * g
            root_b = np.sqrt(one + b * b)
            lanes[past, v] = b
            x[i, v] = dry * x[i, v] + back * (a + b) / (lanes[root, v] + root_b)
            lanes[root, v] = root_b


@audio
def sum_lanes(x, y, envelope, lanes, amp, fade, left, right, n, frames, out_left, out_right, at):
    """Sum n lanes into two outputs from sample `at`: x and y times envelope, amplitude line, fade and pan.

    lanes rows: amp (and its step below), fade (and its step below), left, right.
    """
    for i in range(frames):
        sum_left, sum_right = _F(0.0), _F(0.0)
        line = _F(i)
        for v in range(n):
            gone = lanes[fade, v] - line * lanes[fade + 1, v]
            gain = envelope[i, v] * (lanes[amp, v] + line * lanes[amp + 1, v]) * max(gone, _F(0.0))
            sum_left += x[i, v] * gain * lanes[left, v]
            sum_right += y[i, v] * gain * lanes[right, v]
        out_left[at + i] += sum_left
        out_right[at + i] += sum_right
