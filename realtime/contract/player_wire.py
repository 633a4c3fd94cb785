"""The records exchanged between the engine and a planning player, over two SPSC rings in shared memory; [any].

In-ring (engine -> player): LISTEN records, written by the audio thread. Out-ring (player -> engine): PLAN records,
read by it.

The clock. `beat` is one running count of quarter notes that both sides share. It must go on counting at the current
tempo while the transport stands still (a player answers in rehearsal too); when it jumps (locate, loop, new scene)
the engine sends LOCATE and drops every planned note: what was planned belongs to a time that will not come.

The engine sends a TRANSPORT record at least every 20 ms, so that the player can plan ahead of the beat.
A PLAN_NOTE that arrives after its beat is played at once if it is less than LATE_BEATS late, else dropped, and its
end stays where it was. Notes of `serial` n are cancelled by PLAN_CANCEL or PLAN_RELEASE of the same or a higher
serial.
"""

from __future__ import annotations

import numpy as np

# kinds of LISTEN
NOTE_ON = 1  # channel, key, velocity 0..1, beat
NOTE_OFF = 2  # channel, key, beat
TRANSPORT = 3  # beat, tempo_bpm, numerator, denominator, bar_start_beat, playing, sample
LOCATE = 4  # as TRANSPORT; the beat has jumped: forget what was planned and what is held
PANIC = 5  # all notes off, stop answering
PARAMETER = 6  # number = index in the player's parameter table, value = new value in its own unit
QUIT = 7  # end the process

# kinds of PLAN
PLAN_NOTE = 1  # beat, duration_beats, channel, key, velocity, serial
PLAN_CANCEL = 2  # forget planned notes of serial <= this that start at or after `beat`; sounding ones end as planned
PLAN_RELEASE = 3  # forget every planned note of serial <= this and end the sounding ones now
PLAN_STATUS = 4  # number = one of STATUS_*; for the panel, not for sound

STATUS_LISTENING, STATUS_PREPARING, STATUS_ANSWERING, STATUS_RULES = range(4)

LATE_BEATS = 0.25

LISTEN = np.dtype(
    [
        ("beat", "f8"),
        ("tempo_bpm", "f8"),
        ("bar_start_beat", "f8"),
        ("sample", "i8"),
        ("kind", "i4"),
        ("channel", "i4"),
        ("key", "i4"),
        ("velocity", "f4"),
        ("numerator", "i4"),
        ("denominator", "i4"),
        ("playing", "i4"),
        ("number", "i4"),
        ("value", "f8"),
        ("note_id", "i4"),
        ("reserved", "i4"),
    ],
    align=True,
)

PLAN = np.dtype(
    [
        ("beat", "f8"),
        ("duration_beats", "f8"),
        ("value", "f8"),
        ("kind", "i4"),
        ("serial", "i4"),
        ("channel", "i4"),
        ("key", "i4"),
        ("velocity", "f4"),
        ("number", "i4"),
    ],
    align=True,
)

assert LISTEN.itemsize % 8 == 0 and PLAN.itemsize % 8 == 0
