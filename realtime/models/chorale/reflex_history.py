"""`code.History` inside the callback: four voices so far and their features for what comes next, number for number the
same; [audio]. What the features mean, and their sources, is written in code.py.

The memory is bounded: when CAPACITY steps are full, the oldest quarter is forgotten.
"""

from __future__ import annotations

import numpy as np

from realtime.models.chorale.code import (
    BELOW_SOPRANO,
    CENTRES,
    DECAYS,
    DRAWN,
    HEAD_OFFSETS,
    HIGH,
    LOW,
    OTHERS,
    PITCHES,
    REST,
    TRUNK_OFFSETS,
)
from realtime.native.jit import audio
from realtime.native.memory import f32_view, i64_view, record_view

CAPACITY, FORGOTTEN = 1024, 256
UNKNOWN, NO_MOTION = -2, -1000
"""Where code.py has None."""

HISTORY = np.dtype(
    [
        ("length", "i8"),
        ("codes", "i8", (CAPACITY,)),
        ("joint", "i4", (CAPACITY,)),
        ("melody", "i4", (CAPACITY,)),
        ("slices", "i2", (CAPACITY, 4)),
        ("copy_length", "i8"),
        ("copy_place", "i8"),
        ("now", "i8", (4,)),
        ("reference", "i8", (4,)),
        ("age", "i8", (4,)),
        ("motion", "i8", (4,)),
        ("motion_before", "i8", (4,)),
        ("phase", "i8", (3,)),
        ("histogram", "f4", (24,)),
        ("normed", "f4", (24,)),
        ("chosen", "i8", (4,)),  # this step's pitches, UNKNOWN where not drawn yet
    ],
    align=True,
)
history_at = record_view(HISTORY)

_TRUNK = tuple(int(x) for x in TRUNK_OFFSETS)
_HEAD = tuple(int(x) for x in HEAD_OFFSETS)
_OTHERS = np.array(OTHERS, np.int64)
_IS_DRAWN = np.array([[u in DRAWN[v] for u in range(4)] for v in range(4)], np.int64)
_CENTRES, _BELOW = np.array(CENTRES, np.int64), np.array(BELOW_SOPRANO, np.int64)
_KEEP = np.array(DECAYS, np.float32)
_MOVE_ROWS = 27


@audio
def history_start(h):
    """As before the first step."""
    h.length = 0
    h.copy_length = 0
    h.copy_place = -1
    for v in range(4):
        h.now[v] = REST
        h.reference[v] = UNKNOWN
        h.age[v] = 0
        h.motion[v] = NO_MOTION
        h.motion_before[v] = NO_MOTION
    history_unchoose(h)
    for i in range(24):
        h.histogram[i] = np.float32(0.0)


@audio
def history_unchoose(h):
    """The coming step's notes are unknown."""
    for v in range(4):
        h.chosen[v] = UNKNOWN


@audio
def _bucket(length):
    if length < 16:
        return np.int64(0) if length == 0 else 1 + length // 4
    return np.int64(5) if length < 24 else np.int64(6) if length < 32 else np.int64(7)


@audio
def _age(steps):
    if steps <= 16:
        return steps - 1 if steps > 0 else np.int64(19)
    return np.int64(16) if steps <= 24 else np.int64(17) if steps <= 32 else np.int64(18)


@audio
def _clipped(semitones):
    return max(np.int64(-12), min(np.int64(12), semitones)) + 12


@audio
def _move(semitones):
    return np.int64(26) if semitones == NO_MOTION else _clipped(semitones)


@audio
def _class(difference, sounding):
    return difference % 12 if sounding else np.int64(12)


@audio
def _copied(h, voice, length, place):
    if place < 0:
        return np.int64(26)
    pitch = np.int64(h.slices[place, voice])
    reference = h.reference[voice]
    if pitch == REST:
        move = np.int64(25)
    elif reference == UNKNOWN:
        move = np.int64(26)
    else:
        move = _clipped(pitch - reference)
    return _bucket(length) * _MOVE_ROWS + move


@audio
def _normalise(h):
    for d in range(2):
        total = np.float32(0.0)
        for i in range(12):
            total += h.histogram[12 * d + i]
        total = max(total, np.float32(1e-6))
        for i in range(12):
            h.normed[12 * d + i] = h.histogram[12 * d + i] / total


@audio
def trunk_features(h, rows, classes):
    """Write `History.trunk()`: int64[TRUNK_COLUMNS] at address `rows`, float32[24] at `classes`."""
    out = i64_view(rows, 23)
    started = h.length > 0
    now = h.now
    for v in range(4):
        pitch = now[v]
        out[v] = PITCHES + 1 if not started else PITCHES if pitch == REST else pitch - LOW
        out[5 + v] = _age(h.age[v])
        out[9 + v] = _move(h.motion[v])
        out[19 + v] = _copied(h, v, h.copy_length, h.copy_place)
    bass = now[3]
    out[4] = 12 if bass == REST else bass % 12
    over_0 = _class(now[0] - bass, now[0] != REST and bass != REST)
    over_1 = _class(now[1] - bass, now[1] != REST and bass != REST)
    over_2 = _class(now[2] - bass, now[2] != REST and bass != REST)
    out[13] = over_1 * 13 + over_2
    out[14] = over_0 * 13 + over_2
    out[15] = over_0 * 13 + over_1
    for i in range(3):
        out[16 + i] = h.phase[i]
    for i in range(23):
        out[i] += _TRUNK[i]
    _normalise(h)
    to = f32_view(classes, 24)
    for i in range(24):
        to[i] = h.normed[i]


@audio
def reference_of(h, voice):
    """The pitch that a voice's moves are counted from."""
    own = h.reference[voice]
    if own != UNKNOWN:
        return own
    soprano = h.chosen[0]
    if voice == 0 or soprano < 0:
        return _CENTRES[voice]
    return max(np.int64(LOW), min(np.int64(HIGH), soprano - _BELOW[voice]))


@audio
def head_features(h, voice, rows, classes):
    """Write `History.head()` for a voice, given h.chosen: int64[HEAD_COLUMNS] and float32[24]; returns its reference."""
    out = i64_view(rows, 17)
    reference = reference_of(h, voice)
    started = h.length > 0
    beat = h.phase[0] % 4
    moved, known = np.int64(0), np.int64(0)
    first, second, third = np.int64(12), np.int64(12), np.int64(12)
    for i in range(3):
        u = _OTHERS[voice, i]
        drawn, before = _IS_DRAWN[voice, u] != 0, h.now[u]
        pitch = h.chosen[u] if drawn else before
        if not drawn and not started:
            out[i] = 62
        elif pitch == REST:
            out[i] = 61
        else:
            out[i] = max(np.int64(-30), min(np.int64(30), pitch - reference)) + 30
        out[3 + i] = 12 * _MOVE_ROWS + 26
        if not drawn:
            continue
        relative = _class(pitch - reference, pitch != REST)
        if known == 0:
            first = relative
        elif known == 1:
            second = relative
        else:
            third = relative
        known += 1
        if not started:
            continue
        if pitch != before:
            moved |= np.int64(1) << i
        step = np.int64(25) if pitch == REST or before == REST else _clipped(pitch - before)
        out[3 + i] = _class(before - reference, before != REST) * _MOVE_ROWS + step
    out[6] = _age(h.age[voice]) * 4 + beat
    out[7] = _move(h.motion[voice])
    out[8] = _move(h.motion_before[voice])
    out[9] = moved * 4 + beat
    out[10] = h.phase[0]
    out[11] = first * 13 + second if known >= 2 else 168
    out[12] = first * 13 + third if known == 3 else 168
    out[13] = second * 13 + third if known == 3 else 168
    out[14] = _copied(h, voice, h.copy_length, h.copy_place)
    if voice == 0:
        out[15] = 26
    else:
        length, place = _melody_repeat(h, h.chosen[0])
        out[15] = _copied(h, voice, length, place)
    own = h.reference[voice]
    out[16] = PITCHES + 1 if own == UNKNOWN else max(np.int64(0), min(np.int64(PITCHES - 1), reference - LOW))
    for i in range(17):
        out[i] += _HEAD[i]
    to = f32_view(classes, 24)
    turn = reference % 12
    for d in range(2):
        for i in range(12):
            to[12 * d + i] = h.normed[12 * d + (i + turn) % 12]
    return reference


@audio
def _melody_repeat(h, soprano):
    """Where the melody, this step's note included, was longest the same before: (length, place)."""
    best, place = np.int64(0), np.int64(-1)
    for j in range(h.length):
        if h.slices[j, 0] == soprano:
            length = np.int64(1 + (h.melody[j - 1] if j > 0 else 0))
            if length >= best:
                best = length
                place = np.int64(j)
    return best, place


@audio
def _forget_oldest(h):
    left = h.length - FORGOTTEN
    for j in range(left):
        h.codes[j] = h.codes[j + FORGOTTEN]
        h.joint[j] = h.joint[j + FORGOTTEN]
        h.melody[j] = h.melody[j + FORGOTTEN]
        for v in range(4):
            h.slices[j, v] = h.slices[j + FORGOTTEN, v]
    h.length = left


@audio
def history_push(h):
    """h.chosen becomes history; the next step's notes are unknown."""
    if h.length == CAPACITY:
        _forget_oldest(h)
    t = h.length
    code = np.int64(0)
    for v in range(4):
        code = code * 256 + h.chosen[v] + 1
    soprano = h.chosen[0]
    best, place = np.int64(0), np.int64(-1)
    for back in range(t):
        j = t - 1 - back
        before = h.joint[j - 1] if j > 0 else 0
        same = before + 1 if h.codes[j] == code else 0
        h.joint[j] = same
        if same > best:
            best = np.int64(same)
            place = np.int64(j)
        tune = h.melody[j - 1] if j > 0 else 0
        h.melody[j] = tune + 1 if h.slices[j, 0] == soprano else 0
    h.codes[t] = code
    h.joint[t] = 0
    h.melody[t] = 0
    h.copy_length = best
    h.copy_place = place + 1 if best > 0 else np.int64(-1)
    for d in range(2):
        for i in range(12):
            h.histogram[12 * d + i] *= _KEEP[d]
    for v in range(4):
        pitch = h.chosen[v]
        h.slices[t, v] = pitch
        h.age[v] = h.age[v] + 1 if pitch == h.now[v] and t > 0 else 1
        h.now[v] = pitch
        if pitch == REST:
            continue
        last = h.reference[v]
        if last != UNKNOWN and last != pitch:
            h.motion_before[v] = h.motion[v]
            h.motion[v] = pitch - last
        h.reference[v] = pitch
        for d in range(2):
            h.histogram[12 * d + pitch % 12] += np.float32(1.0)
    h.length = t + 1
    history_unchoose(h)
