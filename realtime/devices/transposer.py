"""Transposer: plays what it hears some semitones away; a midi device, stands before an instrument; [audio]."""

import numpy as np

from realtime.contract.block import emit, event, pass_on, value
from realtime.contract.device import Param, device, ids
from realtime.contract.events import NOTE_CHOKE, NOTE_OFF, NOTE_ON, PRESSURE

PARAMS = (
    Param("semitones", "Semitones", "st", -48, 48, 0, stepped=True, doc="Heard with the next note; held ones stay."),
    Param("octaves", "Octaves", "oct", -4, 4, 0, stepped=True),
)
P = ids(PARAMS)
STATE = np.dtype([("shift", "i2", (16, 128))], align=True)
"""By channel and key: how far the note that is held there was moved when it began."""


@device(name="transposer", title="Transposer", kind="midi", params=PARAMS, state=STATE)
def process(block, state):
    """Notes that would leave the keyboard keep their octave inside it; a note keeps its id, so its end always finds it."""
    shift = np.int64(np.round(value(block, P.semitones))) + 12 * np.int64(np.round(value(block, P.octaves)))
    for index in range(block.n_events):
        e = event(block, index)
        of_key = e.kind == NOTE_ON or e.kind == NOTE_OFF or e.kind == NOTE_CHOKE or e.kind == PRESSURE
        if not of_key or e.key < 0:
            # "end every note" is for devices that begin notes of their own: these here end by their ids
            if e.kind != NOTE_OFF:
                pass_on(block, index)
            continue
        channel = max(0, min(15, np.int64(e.channel)))
        if e.kind == NOTE_ON:
            key = np.int64(e.key) + shift
            while key > 127:
                key -= 12
            while key < 0:
                key += 12
            state.shift[channel, e.key] = key - e.key
        moved = np.int64(e.key) + np.int64(state.shift[channel, e.key])
        emit(block, e.offset, e.kind, e.channel, moved, e.note_id, e.number, e.value)
