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
def _step(now, end, goal, jumps, reach, coefficient):
    start = load_f32(end)
    store_f32(now, start)
    if jumps != 0:
        store_f32(now, goal)
        store_f32(end, goal)
    elif abs(goal - start) <= _SETTLED * reach:
        store_f32(end, goal)
    else:
        store_f32(end, start + coefficient * (goal - start))


@audio
def advance_params(now, end, target, jumps, ranges, count, coefficient):
    """Move `count` parameters one quantum on.

    now, end, target: addresses of float32[count]; jumps: uint8[count]; ranges: float32[count], the width of each range
    (a value within a hundred-thousandth of it has arrived).
    """
    for index in range(count):
        at = 4 * index
        _step(now + at, end + at, load_f32(target + at), load_u8(jumps + index), load_f32(ranges + at), coefficient)


@audio
def advance_modulated(now, end, target, jumps, lows, ranges, offsets, count, coefficient):
    """The same with an offset added to each target, in real units, held to the range; nothing of it stays in the target.

    lows, offsets: float32[count], the lower end of each range and what modulates the parameter now.
    """
    for index in range(count):
        at = 4 * index
        low = load_f32(lows + at)
        goal = load_f32(target + at) + load_f32(offsets + at)
        goal = min(low + load_f32(ranges + at), max(low, goal))
        _step(now + at, end + at, goal, load_u8(jumps + index), load_f32(ranges + at), coefficient)
