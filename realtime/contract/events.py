"""The event record: notes, controllers and parameter changes, sorted by their offset in the quantum; [any]."""

from __future__ import annotations

import numpy as np

NOTE_ON, NOTE_OFF, NOTE_CHOKE, PRESSURE, BEND, CHANNEL_PRESSURE, CC, TIMBRE, PROGRAM, RESET = range(1, 11)
"""Event kinds. RESET asks an instrument to drop all voices; hosts of single devices send it (on a panic
the engine restores every device's first state instead)."""

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
