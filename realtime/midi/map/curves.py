"""From where a control stands (0..1) to a value in real units and back, exactly; [any], compiled for the callback too.

A curve bends the way, a law says what lies on it: `own` and `s` run along the parameter's own scale (equal ratios where
that is logarithmic), `lin`, `log` and `exp` along its real units. log is quick first and slow at the end, exp the other
way round; they are each other's inverse: exp(x) = (B^x - 1) / (B - 1) with B = 50, about an audio taper.
"""

from __future__ import annotations

import math

from realtime.native.jit import audio

CURVES = ("own", "lin", "log", "exp", "s")
OWN, LIN, LOG, EXP, S = range(5)
STRAIGHT, RATIOS = 0, 1
"""Laws: equal steps, equal ratios (both ends of the range above 0)."""
_BASE = 50.0


@audio
def bend(curve, x):
    """The share of the range at a control's position; x, result: 0..1."""
    if curve == LOG:
        return math.log(1.0 + (_BASE - 1.0) * x) / math.log(_BASE)
    if curve == EXP:
        return (math.pow(_BASE, x) - 1.0) / (_BASE - 1.0)
    if curve == S:
        return x * x * (3.0 - 2.0 * x)
    return x


@audio
def unbend(curve, y):
    """The inverse of `bend`."""
    if curve == LOG:
        return (math.pow(_BASE, y) - 1.0) / (_BASE - 1.0)
    if curve == EXP:
        return math.log(1.0 + (_BASE - 1.0) * y) / math.log(_BASE)
    if curve == S:
        return 0.5 - math.sin(math.asin(1.0 - 2.0 * y) / 3.0)
    return y


@audio
def value_at(curve, law, low, high, x):
    """Value in real units at a control's position. low may be above high: the way back."""
    y = bend(curve, min(1.0, max(0.0, x)))
    if law == RATIOS:
        return low * math.pow(high / low, y)
    return low + (high - low) * y


@audio
def position_of(curve, law, low, high, value):
    """Where a control would stand for a value; the nearer end for one outside the range."""
    if high == low:
        return 0.0
    if law == RATIOS:
        value = min(max(value, min(low, high)), max(low, high))
        y = math.log(value / low) / math.log(high / low)
    else:
        y = (value - low) / (high - low)
    return unbend(curve, min(1.0, max(0.0, y)))


def law_of(curve: int, own: str, low: float, high: float) -> int:
    """The law of an assignment: own is the parameter's own curve (lin, log, enum, bool)."""
    along = curve in (OWN, S) and own == "log"
    return RATIOS if along and min(low, high) > 0.0 else STRAIGHT
