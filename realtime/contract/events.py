"""The event record: notes, controllers and parameter changes, sorted by their offset in the quantum; [any]."""

from __future__ import annotations

import numpy as np

from realtime.native.jit import audio
from realtime.native.memory import copy_memory, load_i32

NOTE_ON, NOTE_OFF, NOTE_CHOKE, PRESSURE, BEND, CHANNEL_PRESSURE, CC, TIMBRE, PROGRAM, RESET, PARAMETER = range(1, 12)
"""Event kinds. RESET asks an instrument to drop all voices; hosts of single devices send it (on a panic
the engine calls every device's reset instead). NOTE_OFF with key -1 ends every note. PARAMETER: row `number` of the table
goes to `value` at this very frame; only devices that ask for them (`parameter_events`) get these, the others glide there."""

EVENT = np.dtype(
    [
        ("offset", "i4"),  # frames from the start of the quantum
        ("kind", "i2"),
        ("channel", "i2"),  # 0..15, -1 = all (an MPE zone's master channel)
        ("key", "i2"),  # 0..127, -1 = all
        ("number", "i2"),  # controller or program number
        ("note_id", "i4"),  # > 0, the same at note-on and note-off
        ("value", "f4"),  # velocity, pressure, controller: 0..1; bend: semitones
        ("value2", "f4"),
        ("time", "i8"),  # engine clock, samples
    ],
    align=True,
)

EVENT_BYTES = EVENT.itemsize


@audio
def sorted_place(events, count, offset):
    """Make room for an event among `count` sorted ones at address `events`, behind those of the same offset; its index."""
    at = count
    while at > 0 and load_i32(events + EVENT_BYTES * (at - 1)) > offset:
        copy_memory(events + EVENT_BYTES * at, events + EVENT_BYTES * (at - 1), EVENT_BYTES)
        at -= 1
    return at
