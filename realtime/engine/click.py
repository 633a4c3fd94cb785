"""The metronome: a short tone on every unit of the bar, higher where a group and highest where the bar begins; [audio]."""

import math

import numpy as np

from realtime.contract.block import MAX_FRAMES
from realtime.native.jit import audio
from realtime.native.memory import f32_view

_BAR_HZ, _GROUP_HZ, _UNIT_HZ = 1760.0, 1318.5, 880.0
"""A6, E6, A5: an octave and a fifth are told apart through drums."""
_BAR_LEVEL, _GROUP_LEVEL, _UNIT_LEVEL = 1.0, 0.8, 0.6
_DECAY_S = 0.012
_SILENT = 1e-4
_EDGE = 1e-7
"""Of a unit: two quanta must agree on which of them a stroke at their border belongs to."""


@audio
def _strike(side, unit, sample_rate):
    hz, level = _UNIT_HZ, _UNIT_LEVEL
    if unit == 0:
        hz, level = _BAR_HZ, _BAR_LEVEL
    elif (side.accents >> unit) & 1 != 0:
        hz, level = _GROUP_HZ, _GROUP_LEVEL
    side.phase = 0.0
    side.step = 2.0 * math.pi * hz / sample_rate
    side.level = level


@audio
def _sound(side, mix, start, end, sample_rate):
    """The tone from one frame of the quantum to another."""
    if side.level < _SILENT:
        return
    left = f32_view(mix + 4 * MAX_FRAMES * side.click_pair, MAX_FRAMES)
    right = f32_view(mix + 4 * MAX_FRAMES * (side.click_pair + 1), MAX_FRAMES)
    fall = math.exp(-1.0 / (_DECAY_S * sample_rate))
    for i in range(start, end):
        value = np.float32(side.click_gain * side.level * math.sin(side.phase))
        left[i] += value
        right[i] += value
        side.phase += side.step
        side.level *= fall
    side.used = 1


@audio
def click(
    side, mix, beat_in_bar, beats_per_sample, numerator, denominator, frames, sample_rate, slack, left_beats, strikes
):
    """One quantum. beat_in_bar: quarter notes since the bar line; slack: units by which the first stroke may be late;
    left_beats: quarter notes until the count or the loop is over, which has no stroke of its own there; strikes: 0, and the last
    stroke only dies away."""
    unit = 4.0 / denominator
    at = beat_in_bar / unit
    end = at + min(left_beats, frames * beats_per_sample) / unit
    number = math.ceil(at - max(_EDGE, slack))
    done = 0
    while strikes != 0 and number < end - _EDGE:
        offset = min(frames - 1, max(done, int(round((number - at) * unit / beats_per_sample))))
        _sound(side, mix, done, offset, sample_rate)
        _strike(side, int(number) % numerator, sample_rate)
        done = offset
        number += 1.0
    _sound(side, mix, done, frames, sample_rate)
