"""Drawing from logits inside the callback: the same choices as `drawing.draw` with the same dice, without allocation;
[audio] (splitmix64: Steele, Lea and Flood, OOPSLA 2014)."""

from __future__ import annotations

import math

import numpy as np

from realtime.native.jit import audio
from realtime.native.memory import f64_view, load_i64, store_i64
from realtime.sampling.drawing import FORBIDDEN

_STEP, _MIX_1, _MIX_2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_HALF = FORBIDDEN / 2


@audio
def throw(state):
    """The next number 0..1 of the dice whose int64 lies at address `state`."""
    at = np.uint64(load_i64(state)) + _STEP
    store_i64(state, np.int64(at))
    x = (at ^ (at >> _30)) * _MIX_1
    x = (x ^ (x >> _27)) * _MIX_2
    return np.float64((x ^ (x >> _31)) >> _11) * 1.1102230246251565e-16


class Dice:
    """The same dice for Python: `random()`, as random.Random has it."""

    def __init__(self, seed: int = 0):
        self._state = np.array([seed], np.int64)

    def random(self) -> float:
        """The next number 0..1."""
        return float(throw(self._state.ctypes.data))


@audio
def draw_at(logits, n, scratch, temperature, top_p, dice):
    """An index drawn from float64[n] at address `logits`, or -1 if all are forbidden.

    scratch: address of float64[2 n]. temperature, top_p: as `drawing.probabilities`. dice: 0..1.
    """
    x, p, kept = f64_view(logits, n), f64_view(scratch, n), f64_view(scratch + 8 * n, n)
    best = np.int64(0)
    for i in range(n):
        if x[i] > x[best]:
            best = np.int64(i)
    if x[best] <= _HALF:
        return np.int64(-1)
    if temperature <= 1e-3:
        return best
    total = 0.0
    for i in range(n):
        p[i] = math.exp((x[i] - x[best]) / temperature) if x[i] > _HALF else 0.0
        kept[i] = 1.0 if top_p < 1.0 else 0.0
        total += p[i]
    if top_p < 1.0:
        total = _nucleus(p, kept, n, top_p * total)
    goal, mass, last = dice * total, 0.0, best
    for i in range(n):
        if kept[i] > 0.0 or p[i] <= 0.0:
            continue
        mass += p[i]
        last = np.int64(i)
        if mass > goal:
            return last
    return last


@audio
def _nucleus(p, kept, n, wanted):
    """Marks by 0 the likeliest, the first of equal ones first, until they have the wanted mass; returns what they have."""
    mass = 0.0
    for _ in range(n):
        best = np.int64(-1)
        for i in range(n):
            if kept[i] > 0.0 and p[i] > 0.0 and (best < 0 or p[i] > p[best]):
                best = np.int64(i)
        if best < 0:
            break
        kept[best] = 0.0
        mass += p[best]
        if mass >= wanted:
            break
    return mass
