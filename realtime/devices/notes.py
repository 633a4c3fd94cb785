"""What the instruments share: the walk over a quantum's events, and how a lane gets its note and fades away; [audio]."""

import numpy as np

from realtime.contract.block import event
from realtime.dsp.voice import BORN, CHANNEL, DYING, HELD, KEY, NOTE_ID
from realtime.native.jit import audio

FADE_S = 0.004
"""What a stolen or choked voice has left."""
_F = np.float32
inner = audio(no_cpython_wrapper=True)
"""Compiles what compiled code alone calls: without a Python entry it compiles faster."""


@inner
def event_is_due(block, index, at):
    """True when event number `index` exists and falls on frame `at` or before."""
    return index < block.n_events and event(block, index).offset <= at


@inner
def frames_to_event(block, index, at, limit):
    """Frames from `at` to event number `index` or the end of the quantum, at most `limit`."""
    until = block.frames
    if index < block.n_events:
        until = min(until, np.int64(event(block, index).offset))
    return min(np.int64(limit), until - at)


@inner
def channel_slot(note):
    """Where an event's channel is kept: 0..15, 16 for all channels (an MPE zone's master)."""
    return 16 if note.channel < 0 else note.channel & 15


@inner
def enter_note(notes, lane, note, born):
    """Write a note-on into a lane, its key down."""
    notes[KEY, lane] = note.key
    notes[CHANNEL, lane] = max(0, min(15, note.channel))
    notes[NOTE_ID, lane] = note.note_id
    notes[BORN, lane] = born
    notes[HELD, lane] = 1
    notes[DYING, lane] = 0


@inner
def fade_out(notes, lanes, step_row, lane, sample_rate):
    """Let a lane die in a few milliseconds; `step_row` of `lanes` is what its fade loses a frame."""
    if notes[DYING, lane] == 0:
        notes[DYING, lane] = 1
        lanes[step_row, lane] = _F(1.0 / (FADE_S * sample_rate))
