"""Humanise: notes a little late, never early, and not all alike; a midi device, stands before an instrument; [audio]."""

import numpy as np

from realtime.contract.block import event, pass_on, transport, value
from realtime.contract.device import Param, device, ids
from realtime.contract.events import NOTE_ON
from realtime.devices.delayed_notes import DELAYED, delay_note, hear_ends, passes_late, play_delayed
from realtime.devices.held_keys import throw
from realtime.devices.notes import inner

PARAMS = (
    Param("late_ms", "Late", "ms", 0.0, 60.0, 12.0, doc="The latest that a note comes."),
    Param("velocity", "Velocity", "", 0.0, 0.5, 0.08, doc="How far velocities stray to either side."),
    Param("together", "Chords together", curve="bool", default=1.0, doc="What is struck at once is equally late."),
)
P = ids(PARAMS)
STATE = np.dtype([("dice", "i8"), ("last", "i8"), ("late", "f8"), *DELAYED], align=True)
"""last: sample of the note before, late: samples by which it was."""
_TOGETHER_S = 0.004


@inner
def _delay(block, state, e):
    """Samples: the mean of two throws, so that most notes are near the middle."""
    now = transport(block).sample + e.offset
    if value(block, P.together) < np.float32(0.5) or now - state.last > _TOGETHER_S * block.sample_rate:
        share = 0.5 * (throw(state) + throw(state))
        state.late = np.floor(share * np.float64(value(block, P.late_ms)) * 0.001 * block.sample_rate)
    state.last = now
    return state.late


@device(name="humanise", title="Humanise", kind="midi", params=PARAMS, state=STATE)
def process(block, state):
    """Lengths are kept: a note ends as late as it began."""
    for index in range(block.n_events):
        e = event(block, index)
        if e.kind == NOTE_ON and e.key >= 0:
            late = _delay(block, state, e)
            stray = np.float64(value(block, P.velocity)) * (2.0 * throw(state) - 1.0)
            on = transport(block).sample + e.offset + late
            delay_note(state, e.channel, e.key, e.value * (1.0 + stray), e.note_id, e.note_id, on, late)
        else:
            hear_ends(block, state, e)
            if passes_late(e):
                pass_on(block, index)
    play_delayed(block, state)
