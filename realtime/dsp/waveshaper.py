"""Saturation curves with first-order antiderivative antialiasing (ADAA), all in closed form; [audio].

Source: Parker, Zavalishin, Le Bivic, "Reducing the aliasing of nonlinear waveshaping using continuous-time
convolution", DAFx 2016: the output is the mean of the curve over the straight line between two samples, (F(a) - F(b))
/ (a - b). Each curve here has that quotient in a form without cancellation, so float32 is enough and no sample needs
a special case.
"""

import numpy as np

from realtime.dsp.fastmath import sin_half_turns
from realtime.native.jit import audio

TAPE, TUBE, HARD, FOLD = 0, 1, 2, 3
"""Curves: soft and symmetric, soft and asymmetric (even harmonics), clipped at 1, folded as a sine."""

_F = np.float32
_ONE, _HALF, _ZERO = _F(1.0), _F(0.5), _F(0.0)
_TINY = _F(1e-9)
_TUBE = _F(0.4)  # the negative half-wave clips at this height, and with the same slope at 0


@audio
def _root(x):
    return np.sqrt(_ONE + x * x)


@audio
def _tube_integral(x, scale):
    u = x / scale
    return scale * x * u / (_root(u) + _ONE)


@audio
def tape_mean(a, b):
    """Mean over a..b of x / sqrt(1 + x^2)."""
    return (a + b) / (_root(a) + _root(b))


@audio
def tube_mean(a, b):
    """Mean over a..b of the soft curve that clips at 1 above zero and at 0.4 below."""
    above = tape_mean(a, b)
    below = _TUBE * tape_mean(a / _TUBE, b / _TUBE)
    # Signs differ: both integrals are positive and the step is as long as either sample, nothing cancels.
    step = a - b
    across = _tube_integral(a, _ONE if a > _ZERO else _TUBE) - _tube_integral(b, _ONE if b > _ZERO else _TUBE)
    across = across / (step if abs(step) > _TINY else _ONE)
    same = above if a > _ZERO else below
    return same if (a > _ZERO) == (b > _ZERO) else across


@audio
def hard_mean(a, b):
    """Mean over a..b of the curve clipped at -1 and 1."""
    ca, cb = min(max(a, -_ONE), _ONE), min(max(b, -_ONE), _ONE)
    step = a - b
    inside = _HALF * (ca - cb) * (ca + cb)
    outside = (abs(a) - abs(ca)) - (abs(b) - abs(cb))
    quotient = (inside + outside) / (step if abs(step) > _TINY else _ONE)
    return quotient if abs(step) > _F(1e-4) else _HALF * (ca + cb)


@audio
def _sin_quarter_turns(x):
    """sin(pi/2 x) for any moderate x."""
    turns = x * _F(0.25)
    turns = turns - np.floor(turns + _HALF)  # -0.5..0.5 of a turn
    half = turns + turns
    folded = min(abs(half), _ONE - abs(half))
    return np.copysign(sin_half_turns(folded), half)


@audio
def fold_mean(a, b):
    """Mean over a..b of sin(pi/2 x): the sine of the middle times the sinc of half the step."""
    half_step = _HALF * (a - b)
    sinc = _sin_quarter_turns(half_step) / (half_step * _F(np.pi / 2.0) if abs(half_step) > _F(1e-3) else _ONE)
    return _sin_quarter_turns(_HALF * (a + b)) * (sinc if abs(half_step) > _F(1e-3) else _ONE)


@audio
def shape_value(curve, x):
    """The curve itself at one point."""
    if curve == TAPE:
        return tape_mean(x, x)
    if curve == TUBE:
        return tube_mean(x, x)
    if curve == HARD:
        return hard_mean(x, x)
    return fold_mean(x, x)


@audio
def shape(curve, x, target, rows, row, first, frames):
    """target row p = mean of the curve between rows p and p + 1 of x, for `rows` rows of `row` floats each.

    x: float32[(rows + 1) * row]: in each row stands the next sample in time of the row before. first, frames: columns.
    """
    for p in range(rows):
        a = p * row + first
        former, now, shaped = x[a : a + frames], x[a + row : a + row + frames], target[a : a + frames]
        if curve == TAPE:
            for t in range(frames):
                shaped[t] = tape_mean(now[t], former[t])
        elif curve == TUBE:
            for t in range(frames):
                shaped[t] = tube_mean(now[t], former[t])
        elif curve == HARD:
            for t in range(frames):
                shaped[t] = hard_mean(now[t], former[t])
        else:
            for t in range(frames):
                shaped[t] = fold_mean(now[t], former[t])
