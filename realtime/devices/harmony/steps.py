"""Sixteenths of the bar as the chorale net counts them, from the transport or from a clock of its own while that stands
still; [audio]. The counting is `models.chorale.grid.phases`.

A step k is open from half a sixteenth before its place until half a sixteenth after: a note played a little early belongs
to the beat that it means. POINT is its place itself, or a grace later (held voices may move there, if you play nothing),
TURN the moment it closes.
"""

from __future__ import annotations

import math

import numpy as np

from realtime.contract.block import transport
from realtime.native.jit import audio

NOTHING, POINT, TURN = range(3)
FAR_STEPS = 0.25
"""A place this far from where the last quantum ended is a jump, not a rounding."""

MOST_GRACE = 0.4

STEPS = np.dtype(
    [
        ("place", "f8"),  # sixteenths at the start of the quantum
        ("rate", "f8"),  # sixteenths a frame
        ("grace", "f8"),  # sixteenths by which POINT waits for a note of yours
        ("step", "i8"),  # the open one
        ("pointed", "i8"),  # 1: the open step's place has been passed
        ("jumped", "i8"),
        ("fresh", "i8"),
    ],
    align=True,
)


@audio
def steps_begin(s, block, grace_s):
    """At the start of a quantum. s: a STEPS record; s.jumped is 1 if the time is another than it was."""
    t = transport(block)
    s.rate = 4.0 * t.tempo_bpm / (60.0 * block.sample_rate)
    s.grace = min(MOST_GRACE, grace_s * block.sample_rate * s.rate)
    s.jumped = 0
    if t.playing != 0:
        place = 4.0 * t.beat
        if abs(place - s.place) > FAR_STEPS:
            s.jumped = 1
        s.place = place
    if s.fresh == 0 or s.jumped != 0:
        s.step = np.int64(math.floor(s.place + 0.5))
        s.pointed = 1 if s.place > s.step else 0
        s.fresh = 1


@audio
def _frame(s, place):
    # a hundredth of a frame, so that rounding in the beat's sum does not move an edge
    return math.ceil((place - s.place) / s.rate - 0.01)


@audio
def steps_next(s, frames):
    """(kind, frame) of the next edge of the open step inside this quantum; NOTHING if there is none."""
    at = _frame(s, s.step + s.grace)
    if s.pointed == 0 and at < frames:
        return POINT, np.int64(max(at, 0))
    at = _frame(s, s.step + 0.5)
    if at < frames:
        return TURN, np.int64(max(at, 0))
    return NOTHING, np.int64(frames)


@audio
def steps_pass(s, kind, frames):
    """The edge that `steps_next` named has been served; the one after it, as `steps_next`."""
    if kind == POINT:
        s.pointed = 1
    else:
        s.step += 1
        s.pointed = 0
    return steps_next(s, frames)


@audio
def steps_strike(s, block, frame):
    """The clock of its own begins a bar at a frame: what is played after a silence means one."""
    if transport(block).playing != 0:
        return
    s.step = 0
    s.place = -s.rate * frame
    s.pointed = 1


@audio
def steps_end(s, frames):
    """At the end of a quantum."""
    s.place += s.rate * frames


@audio
def phase_of(s, block, phase):
    """Write (sixteenth of four beats, of three beats) of the open step into phase[0..1]; True if it is on a beat."""
    t = transport(block)
    length = max(1, np.int64(round(16.0 * t.numerator / t.denominator)))
    if t.playing != 0:
        place, bar = s.step - np.int64(round(4.0 * t.bar_start_beat)), np.int64(t.bar)
    else:
        place, bar = s.step, np.int64(0)
    bar += place // length
    place = place % length
    if t.denominator == 8 and t.numerator % 3 == 0 and t.numerator > 3:
        count, number, within = length // 6, place // 6, place % 6
    elif length <= 4:
        count, number, within = np.int64(1), np.int64(0), place
    else:
        count = length // 4
        number = min(place // 4, count - 1)
        within = place - 4 * number
    counted = 4 * (bar * count + number + 1) + (within if within < 4 else 2 + within % 2)
    phase[0] = counted % 16
    phase[1] = counted % 12
    return within == 0
