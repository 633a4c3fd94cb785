"""The backing track: a recording that starts, stops, jumps and loops with the transport, sample by sample; [audio].

It keeps its own pace: a tempo that is turned while it runs leaves it alone, a jump finds its place by the song's tempi. A jump
fades from the old place to the new one within five milliseconds, so that a loop is heard and no click.
"""

import math

import numpy as np

from realtime.contract.block import MAX_FRAMES
from realtime.native.jit import audio
from realtime.native.memory import f32_view

_FADE_S = 0.005
_GLIDE_S = 0.010


@audio
def second_of(backing, beat):
    """The time of the recording at a beat of the song."""
    at = 0
    while at + 1 < backing.n_segments and backing.beats[at + 1] <= beat:
        at += 1
    return backing.seconds[at] + (beat - backing.beats[at]) * backing.pace_s[at]


@audio
def _jump(backing, beat, sample_rate):
    """Go on from a beat; what sounds fades away from where it is."""
    target = int(math.floor(second_of(backing, beat) * sample_rate + 0.5))
    backing.pending = 0
    backing.ended = 0
    if backing.running != 0 and backing.fade > 0.0:
        backing.former = backing.position
        backing.cross = 0.0
    else:
        backing.cross = 1.0
        backing.fade = 1.0 if target == 0 else 0.0  # the first stroke of a recording is not to be dulled
    backing.position = target


@audio
def _read(backing, channel, frame):
    if frame < 0 or frame >= backing.frames:
        return np.float32(0.0)
    return f32_view(backing.samples + 4 * backing.frames * channel, backing.frames)[frame]


@audio
def play_backing(backing, mix, beat, moved, runs, frames, sample_rate):
    """Add one quantum of it to the mix; True if it made any sound. runs: whether the transport does."""
    if runs and (moved or backing.running == 0):
        backing.pending = 1
    if runs and backing.pending != 0 and backing.cross >= 1.0:
        _jump(backing, beat, sample_rate)
        backing.running = 1
    if backing.running == 0:
        return False
    goal = 1.0 if runs else 0.0
    rate = 1.0 / (_FADE_S * sample_rate)
    glide = 1.0 - math.exp(-1.0 / (_GLIDE_S * sample_rate))
    left = f32_view(mix + 4 * MAX_FRAMES * backing.pair, MAX_FRAMES)
    right = f32_view(mix + 4 * MAX_FRAMES * (backing.pair + 1), MAX_FRAMES)
    for i in range(frames):
        backing.fade = min(goal, backing.fade + rate) if goal > backing.fade else max(goal, backing.fade - rate)
        backing.level += (backing.gain - backing.level) * glide
        gain = np.float32(backing.fade * backing.level)
        new = np.float32(backing.cross)
        left[i] += gain * new * _read(backing, 0, backing.position)
        right[i] += gain * new * _read(backing, 1, backing.position)
        if backing.cross < 1.0:
            old = np.float32(1.0) - new
            left[i] += gain * old * _read(backing, 0, backing.former)
            right[i] += gain * old * _read(backing, 1, backing.former)
            backing.former += 1
            backing.cross = min(1.0, backing.cross + rate)
        backing.position += 1
    if backing.position >= backing.frames:
        backing.ended = 1
    if not runs and backing.fade <= 0.0:
        backing.running = 0
    return True
