"""Parameter motion: every control glides to its target by a one-pole filter, linear inside a quantum; [audio]."""

from __future__ import annotations

import math

import numpy as np

from realtime.native.jit import audio
from realtime.native.memory import load_f32, load_u8, store_f32

GLIDE_S = 0.005
"""Time constant of a parameter's way to its target."""

_SETTLED = np.float32(1e-5)


@audio
def glide_coefficient(frames, sample_rate):
    """Share of the way to the target gone in a quantum."""
    return np.float32(1.0 - math.exp(-frames / (GLIDE_S * sample_rate)))


@audio
def advance_params(now, end, target, jumps, ranges, count, coefficient):
    """Move `count` parameters one quantum on.

    now, end, target: addresses of float32[count]; jumps: uint8[count]; ranges: float32[count], the width of each range
    (a value within a hundred-thousandth of it has arrived).
    """
    for index in range(count):
        at = 4 * index
        start = load_f32(end + at)
        goal = load_f32(target + at)
        store_f32(now + at, start)
        distance = goal - start
        if load_u8(jumps + index) != 0 or abs(distance) <= _SETTLED * load_f32(ranges + at):
            store_f32(end + at, goal)
            if load_u8(jumps + index) != 0:
                store_f32(now + at, goal)
        else:
            store_f32(end + at, start + coefficient * distance)
