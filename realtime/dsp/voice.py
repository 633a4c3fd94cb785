"""Voices kept densely side by side: which lane takes a note, which is stolen, and how a lane moves; [audio].

Playing voices occupy lanes 0 .. n-1, so that silent ones cost nothing. A stolen or choked voice fades out in a few
milliseconds in a spare lane while its successor already sounds; when a voice ends, the last one moves into its place.
`notes` is int64 (NOTE_ROWS, lanes).
"""

import numpy as np

from realtime.native.jit import audio
from realtime.native.memory import load_f32

_F = np.float32
KEY, CHANNEL, NOTE_ID, BORN, HELD, DYING = range(6)
"""Rows: key, channel, note id, order of birth, 1 while the key is down, 1 while the voice fades to make room."""
NOTE_ROWS = 6


@audio
def load_knobs(block, knobs, start, end):
    """knobs[0] and knobs[1] = all parameters at two frames of the quantum (the engine's straight lines)."""
    per_frame = _F(1.0) / _F(block.frames)
    for index in range(knobs.shape[1]):
        now = load_f32(block.params_now + 4 * index)
        step = (load_f32(block.params_end + 4 * index) - now) * per_frame
        knobs[0, index] = now + step * _F(start)
        knobs[1, index] = now + step * _F(end)


@audio
def move_lane(lanes, to, source):
    """Copy a lane of a (rows, lanes) array."""
    for row in range(lanes.shape[0]):
        lanes[row, to] = lanes[row, source]


@audio
def clear_lane(lanes, lane):
    """Zero a lane."""
    for row in range(lanes.shape[0]):
        lanes[row, lane] = 0


@audio
def matches(notes, lane, event):
    """True when a lane plays the note an event speaks of (by note id, else by channel and key; -1 means all)."""
    if event.note_id > 0:
        return notes[NOTE_ID, lane] == event.note_id
    key = event.key < 0 or notes[KEY, lane] == event.key
    return key and (event.channel < 0 or notes[CHANNEL, lane] == event.channel)


@audio
def voice_to_steal(notes, levels, n, limit):
    """The lane to fade out for a new note, or -1 while fewer than `limit` voices sound.

    A released voice goes before a held one, the quietest released first, the oldest held first. levels: float32[lanes].
    """
    sounding, held, quiet = 0, -1, -1
    for lane in range(n):
        if notes[DYING, lane] == 0:
            sounding += 1
            if notes[HELD, lane] == 0:
                if quiet < 0 or levels[lane] < levels[quiet]:
                    quiet = lane
            elif held < 0 or notes[BORN, lane] < notes[BORN, held]:
                held = lane
    if sounding < limit:
        return -1
    return quiet if quiet >= 0 else held


@audio
def most_faded(notes, fades, n):
    """The dying lane nearest to silence (to be cut when even the spare lanes are full), else lane 0."""
    best = 0
    for lane in range(n):
        if notes[DYING, lane] != 0 and (notes[DYING, best] == 0 or fades[lane] < fades[best]):
            best = lane
    return np.int64(best)
